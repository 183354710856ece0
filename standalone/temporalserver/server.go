// Package temporalserver runs a Temporal server and its web UI inside this process, on SQLite,
// so that the standalone product needs nothing else installed.
package temporalserver

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/membership/static"
	"go.temporal.io/server/common/metrics"
	sqliteplugin "go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
	"go.temporal.io/server/common/primitives"
	sqliteschema "go.temporal.io/server/schema/sqlite"
	"go.temporal.io/server/temporal"
	"google.golang.org/protobuf/types/known/durationpb"
)

const (
	loopback    = "127.0.0.1"
	clusterName = "active"
)

// Options configures an embedded server.
type Options struct {
	// Dir is the folder of the database file; it is created if missing.
	Dir string
	// Host and Port are where the gRPC frontend listens. Host is an IP address.
	Host string
	Port int
	// Namespace is created at the first start, with Retention and SearchAttributes.
	Namespace        string
	Retention        time.Duration
	SearchAttributes map[string]enumspb.IndexedValueType
	// Logger receives the server's own log lines; nil drops them.
	Logger log.Logger
}

// Server is a running Temporal server: frontend, history, matching and worker services in this process.
type Server struct {
	internal temporal.Server
	address  string
}

// Start opens (or creates) the database in opts.Dir, starts all services and returns when they accept calls.
func Start(opts Options) (*Server, error) {
	if err := os.MkdirAll(opts.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("temporal: create data folder: %w", err)
	}
	if opts.Logger == nil {
		opts.Logger = log.NewNoopLogger()
	}
	sqlConfig := sqlConfig(filepath.Join(opts.Dir, "temporal.db"))
	if err := setUpDatabase(sqlConfig, opts); err != nil {
		return nil, err
	}
	cfg, hosts, err := serverConfig(sqlConfig, opts)
	if err != nil {
		return nil, err
	}
	srv, err := temporal.NewServer(
		temporal.WithConfig(cfg),
		temporal.ForServices(temporal.DefaultServices),
		temporal.WithStaticHosts(hosts),
		temporal.WithLogger(opts.Logger),
		temporal.WithAuthorizer(authorization.NewNoopAuthorizer()),
		temporal.WithDynamicConfigClient(dynamicConfig()),
	)
	if err != nil {
		return nil, fmt.Errorf("temporal: configure server: %w", err)
	}
	if err := srv.Start(); err != nil {
		return nil, fmt.Errorf("temporal: start server: %w", err)
	}
	return &Server{internal: srv, address: net.JoinHostPort(opts.Host, strconv.Itoa(opts.Port))}, nil
}

// Address is the host:port of the gRPC frontend.
func (s *Server) Address() string { return s.address }

// Stop stops all services; running workflows go on at the next start on the same folder.
func (s *Server) Stop() error { return s.internal.Stop() }

// sqlConfig describes the database file. Keys that are no SQLite URI parameters become pragmas,
// so they carry no underscore. WAL with synchronous=NORMAL survives a killed process;
// only a power cut can lose the last transactions.
func sqlConfig(path string) *config.SQL {
	return &config.SQL{
		PluginName:   sqliteplugin.PluginName,
		DatabaseName: path,
		ConnectAttributes: map[string]string{
			"mode":         "rwc",
			"journal_mode": "WAL",
			"synchronous":  "NORMAL",
			"busy_timeout": "10000",
		},
	}
}

func setUpDatabase(sqlConfig *config.SQL, opts Options) error {
	if _, err := os.Stat(sqlConfig.DatabaseName); errors.Is(err, os.ErrNotExist) {
		// The schema is built under another name first, so that a kill in the middle leaves no half schema behind;
		// and with a rollback journal, so that it is one file to rename.
		building := *sqlConfig
		building.DatabaseName += ".new"
		building.ConnectAttributes = map[string]string{"mode": "rwc", "journal_mode": "DELETE"}
		for _, suffix := range []string{"", "-journal"} {
			if err := os.Remove(building.DatabaseName + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
				return fmt.Errorf("temporal: remove unfinished database: %w", err)
			}
		}
		if err := sqliteschema.SetupSchema(&building); err != nil {
			return fmt.Errorf("temporal: set up database: %w", err)
		}
		if err := createNamespace(&building, opts); err != nil {
			return err
		}
		if err := os.Rename(building.DatabaseName, sqlConfig.DatabaseName); err != nil {
			return fmt.Errorf("temporal: set up database: %w", err)
		}
		return nil
	} else if err != nil {
		return fmt.Errorf("temporal: open database: %w", err)
	}
	return createNamespace(sqlConfig, opts)
}

// createNamespace does nothing when the namespace exists.
func createNamespace(sqlConfig *config.SQL, opts Options) error {
	namespace, err := sqliteschema.NewNamespaceConfig(clusterName, opts.Namespace, false, opts.SearchAttributes)
	if err != nil {
		return fmt.Errorf("temporal: describe namespace %q: %w", opts.Namespace, err)
	}
	namespace.Detail.Config.Retention = durationpb.New(opts.Retention)
	if err := sqliteschema.CreateNamespaces(sqlConfig, namespace); err != nil {
		return fmt.Errorf("temporal: create namespace %q: %w", opts.Namespace, err)
	}
	return nil
}

func serverConfig(sqlConfig *config.SQL, opts Options) (*config.Config, map[primitives.ServiceName]static.Hosts, error) {
	services := map[string]config.Service{}
	hosts := map[primitives.ServiceName]static.Hosts{}
	for _, name := range []primitives.ServiceName{
		primitives.FrontendService, primitives.HistoryService, primitives.MatchingService, primitives.WorkerService,
	} {
		host, port := loopback, opts.Port
		if name == primitives.FrontendService {
			host = opts.Host
		} else {
			var err error
			if port, err = freePort(); err != nil {
				return nil, nil, err
			}
		}
		services[string(name)] = config.Service{RPC: config.RPC{GRPCPort: port, BindOnIP: host}}
		hosts[name] = static.SingleLocalHost(net.JoinHostPort(host, strconv.Itoa(port)))
	}
	frontend := net.JoinHostPort(opts.Host, strconv.Itoa(opts.Port))
	return &config.Config{
		Global: config.Global{
			Membership: config.Membership{MaxJoinDuration: 30 * time.Second, BroadcastAddress: loopback},
			Metrics:    &metrics.Config{},
		},
		Persistence: config.Persistence{
			DefaultStore:     sqliteplugin.PluginName,
			VisibilityStore:  sqliteplugin.PluginName,
			NumHistoryShards: 1,
			DataStores:       map[string]config.DataStore{sqliteplugin.PluginName: {SQL: sqlConfig}},
		},
		ClusterMetadata: &cluster.Config{
			FailoverVersionIncrement: 10,
			MasterClusterName:        clusterName,
			CurrentClusterName:       clusterName,
			ClusterInformation: map[string]cluster.ClusterInformation{
				clusterName: {Enabled: true, InitialFailoverVersion: 1, RPCAddress: frontend},
			},
		},
		DCRedirectionPolicy: config.DCRedirectionPolicy{Policy: "noop"},
		Services:            services,
		Archival: config.Archival{
			History:    config.HistoryArchival{State: "disabled"},
			Visibility: config.VisibilityArchival{State: "disabled"},
		},
		NamespaceDefaults: config.NamespaceDefaults{
			Archival: config.ArchivalNamespaceDefaults{
				History:    config.HistoryArchivalNamespaceDefaults{State: "disabled"},
				Visibility: config.VisibilityArchivalNamespaceDefaults{State: "disabled"},
			},
		},
		PublicClient: config.PublicClient{HostPort: frontend},
	}, hosts, nil
}

// dynamicConfig differs from the server's defaults where one process on one machine is better served otherwise.
func dynamicConfig() dynamicconfig.StaticClient {
	return dynamicconfig.StaticClient{
		dynamicconfig.MatchingEnableFairness.Key():                  true,
		dynamicconfig.MatchingNumTaskqueueReadPartitions.Key():      1,
		dynamicconfig.MatchingNumTaskqueueWritePartitions.Key():     1,
		dynamicconfig.ForceSearchAttributesCacheRefreshOnRead.Key(): true,
	}
}

// freePort asks the kernel for a TCP port that is free at the moment.
func freePort() (int, error) {
	listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.ParseIP(loopback)})
	if err != nil {
		return 0, fmt.Errorf("temporal: find a free port: %w", err)
	}
	defer listener.Close() //nolint:errcheck // nothing was sent over it
	address, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		return 0, fmt.Errorf("temporal: find a free port: %v is no TCP address", listener.Addr())
	}
	return address.Port, nil
}
