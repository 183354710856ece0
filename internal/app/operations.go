package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof" // it also adds itself to http.DefaultServeMux, which nobody serves
	"net/netip"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/website-status-checker/wsc/internal/health"
	"github.com/website-status-checker/wsc/internal/temporalclient"
	"github.com/website-status-checker/wsc/internal/version"
)

// Watch says where a process is watched; "" is nowhere.
type Watch struct {
	// Operations is the address of /healthz, /readyz and /metrics.
	Operations string
	// Profiling is the address of Go's profiles. It must be a loopback address.
	Profiling string
}

// StartWatch listens where it is told, until the returned function is called.
func StartWatch(ctx context.Context, w Watch, p Parts) (stop func(), err error) {
	var stops []func()
	stop = func() {
		for _, each := range slices.Backward(stops) {
			each()
		}
	}
	for _, each := range []struct {
		address, setting, what string
		handler                http.Handler
		writeTimeout           time.Duration
	}{
		{w.Operations, "--ops-listen, WSC_OPS_LISTEN", "health and metrics", p.operations(), 30 * time.Second},
		// A profile is written for as long as the client asks.
		{w.Profiling, "--pprof-listen, WSC_PPROF_LISTEN", "profiles", profiles(), 0},
	} {
		if each.address == "" {
			continue
		}
		var listenConfig net.ListenConfig
		listener, err := listenConfig.Listen(ctx, "tcp", each.address)
		if err != nil {
			stop()
			return nil, fmt.Errorf("can't listen on %s (%s): %w; choose another address, or off", each.address, each.setting, err)
		}
		p.Logger.InfoContext(ctx, "listening", slog.String("for", each.what), slog.String("address", "http://"+listener.Addr().String()))
		server := &http.Server{
			Handler:           localNames(listener, each.handler),
			ReadHeaderTimeout: 10 * time.Second,
			WriteTimeout:      each.writeTimeout,
			IdleTimeout:       2 * time.Minute,
			MaxHeaderBytes:    16 << 10,
			ErrorLog:          slog.NewLogLogger(p.Logger.Handler(), slog.LevelDebug),
		}
		stops = append(stops, serveBeside(server, listener, p.Logger))
	}
	return stop, nil
}

// serveBeside serves until the returned function is called. A failure is logged: it must not end the work itself.
func serveBeside(server *http.Server, listener net.Listener, logger *slog.Logger) (stop func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			logger.Error("health, metrics or profiles are no longer served", slog.Any("error", err))
		}
	}()
	return func() {
		// Who reads a page at this moment asks again; profiles under way would take as long as they like.
		if err := server.Close(); err != nil {
			logger.Warn("could not close a listener", slog.Any("error", err))
		}
		<-done
	}
}

// newHealth returns what is asked for the health of the process.
func (p Parts) newHealth() *health.Checker {
	return health.New(health.Config{
		Database: p.Store, Temporal: temporalclient.NewJobs(p.Temporal), Blobs: p.Blobs, Facts: p.facts(),
		Version: version.String(), Logger: p.Logger,
	})
}

func (p Parts) facts() health.Facts {
	return health.Facts{Namespace: p.Temporal.Namespace, BlobStore: blobKind(p.Storage)}
}

// operations is what a process shows of itself to those who run it.
func (p Parts) operations() http.Handler {
	mux, checks := http.NewServeMux(), p.newHealth()
	mux.HandleFunc("GET /healthz", checks.HandleLive)
	mux.HandleFunc("GET /readyz", checks.HandleReady)
	mux.Handle("GET /metrics", promhttp.HandlerFor(p.Metrics.Registry, promhttp.HandlerOpts{}))
	return mux
}

// profiles are the pages of package net/http/pprof.
func profiles() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return mux
}

// localNames refuses requests to a loopback listener by other names than those of this machine: a web page can make its
// own name resolve to 127.0.0.1 and have the browser read what is there.
func localNames(listener net.Listener, next http.Handler) http.Handler {
	if address, ok := listener.Addr().(*net.TCPAddr); !ok || !address.IP.IsLoopback() {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		if address, err := netip.ParseAddr(host); host != "localhost" && (err != nil || !address.IsLoopback()) {
			http.Error(w, "This listener answers for localhost only.", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}
