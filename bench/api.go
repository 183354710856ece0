package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/website-status-checker/wsc/internal/pgserver"
)

const (
	// apiNamespace is the Temporal namespace of the measured API.
	apiNamespace = "bench"
	// Of the measurements of requests, at scale 1.
	apiWarmUp   = 2 * time.Second
	apiMeasured = 5 * time.Second
	// apiStreams is how many event streams are open at once, uploadBytes the size of the upload, at scale 1.
	apiStreams  = 2000
	uploadBytes = 100 << 20
	// resultCount is how many results the job has whose pages are read, at scale 1; below, the filters select nothing.
	resultCount, fewestResults = 1_000_000, 1000
)

// apiScenario is one kind of load on the API.
type apiScenario struct {
	name string
	// command is what apiload is asked to do.
	command string
}

// apiScenarios are in the order in which they run.
func apiScenarios() []apiScenario {
	return []apiScenario{
		{"api_get_job", "get-job"},
		{"api_list", "list"},
		{"sse", "events"},
		{"upload", "upload"},
		{"gui_results", "results"},
	}
}

// apiBench is everything that an API needs to run as in production.
type apiBench struct {
	*bench

	environment []string
	databaseURL string
	temporal    string
	// adminKey is the API's own; key is the one that the load is made with.
	adminKey, key string
}

// runAPI measures the API in the chosen scenarios, each with an API process that did nothing before.
func (b *bench) runAPI(ctx context.Context) (err error) {
	chosen := slices.DeleteFunc(apiScenarios(), func(s apiScenario) bool { return !b.chosen(s.name) })
	if len(chosen) == 0 {
		return nil
	}
	database, err := pgserver.Start(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, database.Stop()) }()
	a := &apiBench{bench: b, environment: environment(os.Environ()), databaseURL: database.URL(""), adminKey: rand.Text() + rand.Text()}
	temporal, err := a.startTemporal(ctx)
	if err != nil {
		return fmt.Errorf("start the Temporal server: %w", err)
	}
	defer func() { err = errors.Join(err, temporal.stop()) }()
	if err := a.prepare(ctx); err != nil {
		return err
	}
	for _, s := range chosen {
		printed, err := a.withAPI(ctx, a.key, s.command)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		if _, err := io.WriteString(a.stdout, printed); err != nil {
			return err
		}
	}
	return nil
}

// startTemporal starts the standalone product for its Temporal server. What else it does is idle.
func (a *apiBench) startTemporal(ctx context.Context) (*server, error) {
	addresses, err := freeAddresses(ctx, 3)
	if err != nil {
		return nil, err
	}
	a.temporal = addresses[1]
	variables := append(slices.Clone(a.environment),
		"WSC_LISTEN="+addresses[0], "WSC_TEMPORAL_PORT="+portOf(addresses[1]), "WSC_TEMPORAL_UI_PORT="+portOf(addresses[2]),
		"WSC_DATA_DIR="+filepath.Join(a.folder, "temporal"), "WSC_LOG_LEVEL=warn")
	return startServer(ctx, variables, filepath.Join(a.folder, "temporal.log"), addresses[0], a.standalone)
}

// prepare migrates the database and has the key and the jobs created that the measurements use.
func (a *apiBench) prepare(ctx context.Context) error {
	if _, _, err := measure(ctx, a.variables("", ""), 0, a.wsc, "migrate"); err != nil {
		return err
	}
	if _, _, err := measure(ctx, a.environment, 0, a.apiLoad, "-temporal", a.temporal, "-namespace", apiNamespace, "namespace"); err != nil {
		return err
	}
	printed, err := a.withAPI(ctx, a.adminKey, "prepare")
	a.key = strings.TrimSpace(printed)
	return err
}

// withAPI starts an API, has apiload do something to it and returns what that printed.
func (a *apiBench) withAPI(ctx context.Context, key, command string) (printed string, err error) {
	addresses, err := freeAddresses(ctx, 1)
	if err != nil {
		return "", err
	}
	address := addresses[0]
	api, err := startServer(ctx, a.variables(address, command), filepath.Join(a.folder, command+".log"), address, a.wsc, "api")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, api.stop()) }()
	_, printed, err = measure(ctx, a.environment, 0, a.apiLoad,
		"-server", "http://"+address, "-key", key, "-pid", strconv.Itoa(api.command.Process.Pid), "-database", a.databaseURL,
		"-warm-up", scaled(a.scale, apiWarmUp).String(), "-measured", scaled(a.scale, apiMeasured).String(),
		"-streams", strconv.Itoa(max(scaled(a.scale, apiStreams), 1)),
		"-upload-bytes", strconv.Itoa(min(scaled(a.scale, uploadBytes), uploadBytes)),
		"-results", strconv.Itoa(max(scaled(a.scale, resultCount), fewestResults)), command)
	if err != nil {
		return "", fmt.Errorf("%w\nthe log of the API ends with:\n%s", err, api.logTail())
	}
	return printed, nil
}

// variables are the environment of the product's programs.
func (a *apiBench) variables(listen, folder string) []string {
	return append(slices.Clone(a.environment),
		"WSC_LISTEN="+listen, "WSC_DATABASE_URL="+a.databaseURL, "WSC_DATA_DIR="+filepath.Join(a.folder, "api-"+folder),
		"WSC_ADMIN_KEY="+a.adminKey, "TEMPORAL_ADDRESS="+a.temporal, "TEMPORAL_NAMESPACE="+apiNamespace)
}

// scaled is a number of things at another scale.
func scaled[N ~int | ~int64](scale float64, n N) N { return N(float64(n) * scale) }
