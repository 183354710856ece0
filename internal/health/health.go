// Package health says whether a process lives and whether what it stands on answers: the database, Temporal and the blob
// store. API and worker say it in the same words.
package health

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"gocloud.dev/blob"
)

// probeTimeout bounds the question to one service.
const probeTimeout = 2 * time.Second

// probeKey is the blob that is overwritten to find out whether the store takes any.
const probeKey = "readiness"

// State is ok or error.
type State string

// The states.
const (
	OK    State = "ok"
	Error State = "error"
)

// Liveness is the answer of a process that lives.
type Liveness struct {
	Status  State  `json:"status" enum:"ok" doc:"ok when the process answers."`
	Version string `json:"version" doc:"Version of the server."`
}

// Readiness is the state of each service that a process stands on.
type Readiness struct {
	Status    State             `json:"status" enum:"ok,error" doc:"ok when all are."`
	Database  State             `json:"database" enum:"ok,error" doc:"The database."`
	Temporal  State             `json:"temporal" enum:"ok,error" doc:"The workflow engine."`
	BlobStore State             `json:"blob_store" enum:"ok,error" doc:"The store of uploads and exports."`
	Details   *ReadinessDetails `json:"details,omitempty" doc:"More about each service, if asked for with verbose."`
}

// ReadinessDetails is what an operator wants to know besides. Nothing of it is secret: no address, no name of a machine.
type ReadinessDetails struct {
	Version   string          `json:"version" doc:"Version of the server."`
	Database  DatabaseDetail  `json:"database" doc:"The database."`
	Temporal  TemporalDetail  `json:"temporal" doc:"The workflow engine."`
	BlobStore BlobStoreDetail `json:"blob_store" doc:"The store of uploads and exports."`
}

// DatabaseDetail is about the database.
type DatabaseDetail struct {
	LatencyMS     float64 `json:"latency_ms" doc:"Time until its answer, in milliseconds."`
	SchemaVersion int64   `json:"schema_version,omitempty" doc:"Version that it is migrated to; absent when it does not answer."`
}

// TemporalDetail is about the workflow engine.
type TemporalDetail struct {
	LatencyMS float64 `json:"latency_ms" doc:"Time until its answer, in milliseconds."`
	Namespace string  `json:"namespace" doc:"Namespace that the server works in."`
}

// BlobStoreDetail is about the blob store.
type BlobStoreDetail struct {
	LatencyMS float64 `json:"latency_ms" doc:"Time until it took a few bytes, in milliseconds."`
	Kind      string  `json:"kind" doc:"What it is: file, s3 or gs." example:"file"`
}

// Database is what is asked of the database.
type Database interface {
	Ping(ctx context.Context) error
	SchemaVersion(ctx context.Context) (int64, error)
}

// Pinger reports whether a service answers.
type Pinger interface {
	Ping(ctx context.Context) error
}

// Facts are what is known of the services without asking them.
type Facts struct {
	// Namespace is Temporal's.
	Namespace string
	// BlobStore is the kind of blob store: file, s3 or gs.
	BlobStore string
}

// Config is what a Checker asks. All services and the logger are required.
type Config struct {
	Database Database
	Temporal Pinger
	Blobs    *blob.Bucket
	Facts    Facts
	Version  string
	Logger   *slog.Logger
}

// Checker asks the services of a process.
type Checker struct{ cfg Config }

// New returns a Checker.
func New(cfg Config) *Checker { return &Checker{cfg: cfg} }

// Live is the liveness of this process, which looks at nothing else.
func (c *Checker) Live() Liveness { return Liveness{Status: OK, Version: c.cfg.Version} }

// Ready asks all services at once, each for at most 2 seconds. Why one is not ready stands in the log only.
func (c *Checker) Ready(ctx context.Context, verbose bool) Readiness {
	var database, temporal, blobs answer
	var wait sync.WaitGroup
	wait.Go(func() { database = c.ask(ctx, "database", c.cfg.Database.Ping) })
	wait.Go(func() { temporal = c.ask(ctx, "temporal", c.cfg.Temporal.Ping) })
	wait.Go(func() { blobs = c.ask(ctx, "blob store", c.writeBlob) })
	wait.Wait()
	ready := Readiness{Status: OK, Database: database.state, Temporal: temporal.state, BlobStore: blobs.state}
	for _, each := range []answer{database, temporal, blobs} {
		if each.state != OK {
			ready.Status = Error
		}
	}
	if verbose {
		ready.Details = &ReadinessDetails{
			Version:   c.cfg.Version,
			Database:  DatabaseDetail{LatencyMS: database.latency, SchemaVersion: c.schemaVersion(ctx, database.state)},
			Temporal:  TemporalDetail{LatencyMS: temporal.latency, Namespace: c.cfg.Facts.Namespace},
			BlobStore: BlobStoreDetail{LatencyMS: blobs.latency, Kind: c.cfg.Facts.BlobStore},
		}
	}
	return ready
}

// answer is what a service said, and after how many milliseconds.
type answer struct {
	state   State
	latency float64
}

func (c *Checker) ask(ctx context.Context, service string, question func(context.Context) error) answer {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	began := time.Now()
	err := question(ctx)
	latency := float64(time.Since(began).Microseconds()) / 1000
	if err != nil {
		c.cfg.Logger.WarnContext(ctx, "not ready", slog.String("service", service), slog.Any("error", err))
		return answer{Error, latency}
	}
	return answer{OK, latency}
}

// schemaVersion is 0 when the database does not tell it.
func (c *Checker) schemaVersion(ctx context.Context, database State) int64 {
	if database != OK {
		return 0
	}
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	version, err := c.cfg.Database.SchemaVersion(ctx)
	if err != nil {
		return 0 // it answered a moment ago; the next question will tell
	}
	return version
}

// writeBlob writes a few bytes: reading alone does not tell a folder that is missing, full or read-only.
func (c *Checker) writeBlob(ctx context.Context) error {
	return c.cfg.Blobs.WriteAll(ctx, probeKey, []byte("ok\n"), nil)
}
