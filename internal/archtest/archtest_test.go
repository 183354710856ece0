// Package archtest holds the import rules of the project: a table, and a test that tries it on what `go list` says.
// .golangci.yml repeats the rules that concern direct imports, so that an editor shows them while one types.
package archtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/website-status-checker/wsc"

// pkg is what `go list -json` says about one package.
type pkg struct {
	ImportPath string
	Name       string
	// Imports are direct imports, without those of tests.
	Imports []string
	// Deps are all packages that end up in a binary of it.
	Deps []string
}

// rule says what some packages must not import. Package names are relative to the module ("." is its root);
// a name that ends in /... stands for the package and everything below it. Imports of other modules are written in
// full, and each stands for everything below it too; a trailing $ limits it to that package.
type rule struct {
	name string
	// packages are those that the rule is about.
	packages []string
	// own lists the packages of this module that they may import besides each other; nil means any.
	own []string
	// others lists the foreign packages that they may import besides the standard library; nil means any.
	others []string
	// deny lists what they never import directly.
	deny []string
	// denyLinked lists what they never import, not even through others.
	denyLinked []string
}

var (
	// postgres, temporal and api stand for the libraries that only their own layer may see.
	postgres = []string{"github.com/jackc/pgx", "github.com/lib/pq", "database/sql"}
	temporal = []string{"go.temporal.io"}
	api      = []string{"github.com/danielgtaylor/huma", "github.com/go-chi/chi"}
)

func rules() []rule {
	return []rule{
		{
			name:     "the domain imports the standard library and x/net only",
			packages: []string{"."},
			own:      []string{},
			others:   []string{"golang.org/x/net"},
			deny:     []string{"net/http", "os", "database/sql"},
		},
		{
			name:     "workflows are deterministic: domain, activities and the SDK's workflow packages",
			packages: []string{"workflows/..."},
			own:      []string{".", "activities"},
			others: []string{
				"go.temporal.io/sdk/workflow", "go.temporal.io/sdk/temporal", "go.temporal.io/sdk/log",
				"go.temporal.io/api/enums", "go.temporal.io/api/serviceerror",
			},
			deny: []string{
				"net$", "net/http", "os", "io/ioutil", "database/sql", "math/rand", "crypto/rand", "sync", "log",
			},
		},
		{
			name:     "activities work on interfaces of their own",
			packages: []string{"activities/..."},
			own:      []string{".", "export", "internal/blobfolder", "plan", "runner", "urllist"},
			deny:     slices.Concat(postgres, api, []string{"modernc.org/sqlite", "net/http"}),
		},
		{
			name:     "the worker registers workflows and activities",
			packages: []string{"worker/..."},
			own:      []string{".", "activities", "workflows"},
			deny:     slices.Concat(postgres, api),
		},
		{
			name:     "the API reaches storage and workflows through interfaces",
			packages: []string{"apiserver/..."},
			own:      []string{".", "audit", "client", "expect", "export", "jobs", "keys", "urllist", "internal/..."},
			deny:     slices.Concat(postgres, temporal, []string{"modernc.org/sqlite"}),
		},
		{
			name:     "the GUI knows the product through the client of the API",
			packages: []string{"apiserver/web/..."},
			own:      []string{".", "client"},
			deny:     slices.Concat(postgres, temporal, []string{"modernc.org/sqlite", "github.com/danielgtaylor/huma"}),
		},
		{
			name:     "jobs knows neither the API nor a store nor Temporal",
			packages: []string{"jobs/..."},
			own:      []string{".", "expect", "internal/blobfolder", "urllist"},
			deny:     slices.Concat(postgres, api, temporal, []string{"modernc.org/sqlite"}),
		},
		{
			name:     "keys and security events know neither the API nor a store",
			packages: []string{"audit/...", "keys/..."},
			own:      []string{"."},
			deny:     slices.Concat(postgres, api, temporal, []string{"modernc.org/sqlite", "net/http"}),
		},
		{
			name:     "the checker checks: no database, no Temporal, no package of ours but the domain and expectations",
			packages: []string{"checker/..."},
			own:      []string{".", "expect", "internal/version"},
			deny:     slices.Concat(postgres, api, temporal),
		},
		{
			name:     "expectations are a language: the standard library and CEL",
			packages: []string{"expect/..."},
			own:      []string{},
			others:   []string{"github.com/google/cel-go"},
			deny:     []string{"net$", "net/http", "os", "database/sql"},
		},
		{
			name:     "the resolver knows nothing of the product: the standard library and x/net only",
			packages: []string{"resolver/..."},
			own:      []string{},
			others:   []string{"golang.org/x/net"},
			deny:     []string{"net/http", "database/sql"},
		},
		{
			name:     "lists import the domain only",
			packages: []string{"urllist/..."},
			own:      []string{"."},
			deny:     slices.Concat(postgres, api, temporal, []string{"net/http"}),
		},
		{
			name:     "exports import the domain only",
			packages: []string{"export/..."},
			own:      []string{"."},
			deny:     slices.Concat(postgres, api, temporal, []string{"net/http"}),
		},
		{
			name:     "small tools know nothing of the product",
			packages: []string{"internal/blobfolder", "internal/correlation", "internal/keyring", "internal/outfile", "internal/version"},
			own:      []string{},
			deny:     slices.Concat(postgres, api, temporal, []string{"net/http"}),
		},
		{
			name:     "the codec of payloads knows Temporal's payloads and nothing of the product",
			packages: []string{"internal/payloadcrypt"},
			own:      []string{},
			others:   []string{"go.temporal.io/api/common", "go.temporal.io/sdk/converter", "google.golang.org/protobuf"},
			deny:     []string{"net/http", "os"},
		},
		{
			name:     "health asks through interfaces",
			packages: []string{"internal/health"},
			own:      []string{},
			deny:     slices.Concat(postgres, api, temporal, []string{"modernc.org/sqlite"}),
		},
		{
			name:     "telemetry watches through interfaces, and knows the names of jobs and workflows, not what they do",
			packages: []string{"internal/telemetry"},
			own:      []string{".", "internal/correlation", "internal/version", "workflows"},
			deny:     slices.Concat(api, []string{"github.com/jackc/pgx", "modernc.org/sqlite"}),
		},
		{
			name:     "what does the work knows no monitoring system",
			packages: []string{".", "activities/...", "audit/...", "checker/...", "jobs/...", "keys/...", "runner/...", "store/...", "workflows/...", "worker/..."},
			deny:     []string{"github.com/prometheus", module + "/internal/telemetry"},
		},
		{
			name:     "plan and runner import the domain only",
			packages: []string{"plan/...", "runner/..."},
			own:      []string{"."},
			deny:     slices.Concat(postgres, api, temporal, []string{"net/http"}),
		},
		{
			name:     "the client needs nothing of the server",
			packages: []string{"client/..."},
			own:      []string{".", "internal/version"},
			deny:     slices.Concat(postgres, api, temporal),
		},
		{
			name:     "the API for tests is the API on SQLite",
			packages: []string{"internal/apitest"},
			own:      []string{".", "apiserver", "audit", "expect", "jobs", "keys", "store/sqlite"},
			deny:     slices.Concat(postgres, temporal),
		},
		{
			name:     "wsc check needs no server",
			packages: []string{"localcheck/..."},
			own:      []string{".", "expect", "export", "runner", "urllist", "internal/..."},
			deny:     slices.Concat(postgres, api, temporal),
		},
		{
			name:     "the benchmark measures the product from outside",
			packages: []string{"bench"},
			own:      []string{"internal/pgserver", "internal/testsite"},
			others:   []string{},
		},
		{
			name:     "the load on the API shares no code with the product",
			packages: []string{"bench/apiload"},
			own:      []string{},
		},
		{
			name:     "a PostgreSQL server knows nothing of the product",
			packages: []string{"internal/pgserver"},
			own:      []string{},
			deny:     slices.Concat(api, temporal, []string{"net/http"}),
		},
		{
			name:     "what the product is compared with is the standard library alone",
			packages: []string{"bench/rawloop"},
			own:      []string{},
			others:   []string{},
		},
		{
			name:     "stores store",
			packages: []string{"store/..."},
			own:      []string{".", "schema"},
			deny:     slices.Concat(api, temporal, []string{"net/http"}),
		},
		{
			name:     "migrations know nothing",
			packages: []string{"schema/..."},
			own:      []string{},
			deny:     slices.Concat(api, temporal),
		},
		{
			name:       "the production binary links neither the Temporal server nor SQLite",
			packages:   []string{"cmd/wsc"},
			denyLinked: []string{"go.temporal.io/server", "github.com/temporalio/ui-server", "modernc.org/sqlite"},
		},
		{
			name:       "packages for tests stay out of the binary",
			packages:   []string{"cmd/wsc"},
			denyLinked: []string{module + "/store/storetest", module + "/internal/apitest", module + "/internal/pgserver", module + "/internal/pgtest", module + "/internal/telemetrytest", module + "/internal/testsite"},
		},
	}
}

func TestImportRulesHold(t *testing.T) {
	packages := goList(t)
	for _, r := range rules() {
		t.Run(r.name, func(t *testing.T) {
			violations, matched := check(r, packages)
			for _, name := range r.packages {
				require.Contains(t, matched, name, "the rule is about packages that do not exist")
			}
			require.Empty(t, violations)
		})
	}
}

func TestNamesSayWhatPackagesAreFor(t *testing.T) {
	require.Empty(t, vagueNames(goList(t)))
}

// TestRulesCanFail tries the check on a wrong example for each way to be wrong.
func TestRulesCanFail(t *testing.T) {
	base := pkg{ImportPath: module + "/checker", Name: "checker"}
	tests := []struct {
		name    string
		rule    rule
		imports []string
		deps    []string
		want    []string
	}{
		{
			name:    "allowed imports",
			rule:    rule{own: []string{"."}, others: []string{"golang.org/x/net"}, deny: []string{"net$"}},
			imports: []string{"fmt", "net/http", "golang.org/x/net/idna", module, module + "/checker/internal/phases"},
		},
		{
			name:    "an own package that is not listed",
			rule:    rule{own: []string{"."}},
			imports: []string{module + "/store/postgres"},
			want:    []string{"checker imports store/postgres"},
		},
		{
			name:    "a subtree of own packages",
			rule:    rule{own: []string{"internal/..."}},
			imports: []string{module + "/internal/version", module + "/internals"},
			want:    []string{"checker imports internals"},
		},
		{
			name:    "no own package at all",
			rule:    rule{own: []string{}},
			imports: []string{module},
			want:    []string{"checker imports ."},
		},
		{
			name:    "a foreign package that is not listed",
			rule:    rule{others: []string{"golang.org/x/net"}},
			imports: []string{"golang.org/x/network", "github.com/jackc/pgx/v5"},
			want:    []string{"checker imports golang.org/x/network", "checker imports github.com/jackc/pgx/v5"},
		},
		{
			name:    "a denied package and what is below it",
			rule:    rule{deny: []string{"os", "github.com/jackc/pgx"}},
			imports: []string{"os", "os/exec", "github.com/jackc/pgx/v5", "ossify"},
			want: []string{
				"checker imports os", "checker imports os/exec", "checker imports github.com/jackc/pgx/v5",
			},
		},
		{
			name:    "a denied package without what is below it",
			rule:    rule{deny: []string{"net$"}},
			imports: []string{"net", "net/netip"},
			want:    []string{"checker imports net"},
		},
		{
			name:    "a package that others bring in",
			rule:    rule{denyLinked: []string{"modernc.org/sqlite"}},
			imports: []string{"fmt"},
			deps:    []string{"fmt", "modernc.org/sqlite/lib"},
			want:    []string{"checker links modernc.org/sqlite/lib"},
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			p := base
			p.Imports, p.Deps = tc.imports, tc.deps
			tc.rule.packages = []string{"checker/..."}
			violations, matched := check(tc.rule, []pkg{p, {ImportPath: module + "/checkerboard", Imports: tc.imports}})
			require.Equal(t, []string{"checker/..."}, matched)
			require.Equal(t, tc.want, violations)
		})
	}

	_, matched := check(rule{packages: []string{"missing"}}, []pkg{base})
	require.Empty(t, matched, "a rule about nothing must be seen")
	require.Equal(t, []string{"store/util"}, vagueNames([]pkg{base, {ImportPath: module + "/store/util", Name: "util"}}))
}

// check returns what breaks the rule, and which of the rule's packages exist.
func check(r rule, packages []pkg) (violations, matched []string) {
	for _, p := range packages {
		name := relative(p.ImportPath)
		about := slices.IndexFunc(r.packages, func(pattern string) bool { return within(name, pattern) })
		if about < 0 {
			continue
		}
		if !slices.Contains(matched, r.packages[about]) {
			matched = append(matched, r.packages[about])
		}
		for _, imported := range p.Imports {
			if !r.allows(imported) {
				violations = append(violations, name+" imports "+relative(imported))
			}
		}
		for _, linked := range p.Deps {
			if below(linked, r.denyLinked) {
				violations = append(violations, name+" links "+relative(linked))
			}
		}
	}
	return violations, matched
}

// allows reports whether the rule's packages may import a package directly.
func (r rule) allows(imported string) bool {
	if below(imported, r.deny) {
		return false
	}
	switch {
	case imported == module || strings.HasPrefix(imported, module+"/"):
		matches := func(pattern string) bool { return within(relative(imported), pattern) }
		return r.own == nil || slices.ContainsFunc(r.own, matches) || slices.ContainsFunc(r.packages, matches)
	case isStandard(imported):
		return true
	default:
		return r.others == nil || below(imported, r.others)
	}
}

// relative is an import path without the module; the root is ".". Foreign paths stay as they are.
func relative(importPath string) string {
	if importPath == module {
		return "."
	}
	return strings.TrimPrefix(importPath, module+"/")
}

// within reports whether a package of this module matches a pattern such as "store/...".
func within(name, pattern string) bool {
	if tree, ok := strings.CutSuffix(pattern, "/..."); ok {
		return name == tree || strings.HasPrefix(name, tree+"/")
	}
	return name == pattern
}

// below reports whether a package is one of the given ones or below one that does not end in $.
func below(importPath string, paths []string) bool {
	return slices.ContainsFunc(paths, func(p string) bool {
		if exact, ok := strings.CutSuffix(p, "$"); ok {
			return importPath == exact
		}
		return importPath == p || strings.HasPrefix(importPath, p+"/")
	})
}

// isStandard reports whether a package belongs to the standard library, whose paths begin without a domain.
func isStandard(importPath string) bool {
	first, _, _ := strings.Cut(importPath, "/")
	return !strings.Contains(first, ".")
}

// vagueNames returns the packages whose name says nothing.
func vagueNames(packages []pkg) []string {
	vague := []string{"base", "common", "helper", "helpers", "lib", "misc", "shared", "util", "utils"}
	var found []string
	for _, p := range packages {
		if slices.Contains(vague, p.Name) || slices.Contains(vague, path.Base(p.ImportPath)) {
			found = append(found, relative(p.ImportPath))
		}
	}
	return found
}

// goList asks the go command for every package of the module.
func goList(t *testing.T) []pkg {
	t.Helper()
	lookAtSources(t)
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Name,Imports,Deps", module+"/...")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	output, err := cmd.Output()
	require.NoError(t, err, stderr.String())

	packages, err := decode(bytes.NewReader(output))
	require.NoError(t, err)
	require.NotEmpty(t, packages)
	return packages
}

// lookAtSources asks for the state of every source file. The go command caches a test by the files that the test itself
// looks at, and does not see what go list reads.
func lookAtSources(t *testing.T) {
	t.Helper()
	root := filepath.Join("..", "..")
	require.NoError(t, filepath.WalkDir(root, func(name string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(name) != ".go" {
			return err
		}
		_, err = os.Stat(name)
		return err
	}))
}

// decode reads the concatenated JSON objects of `go list -json`.
func decode(r io.Reader) ([]pkg, error) {
	var packages []pkg
	for decoder := json.NewDecoder(r); ; {
		var p pkg
		switch err := decoder.Decode(&p); { //nolint:musttag // go list writes the names of the fields
		case errors.Is(err, io.EOF):
			return packages, nil
		case err != nil:
			return nil, fmt.Errorf("read the output of go list: %w", err)
		}
		packages = append(packages, p)
	}
}
