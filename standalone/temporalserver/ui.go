package temporalserver

import (
	uiserver "github.com/temporalio/ui-server/v2/server"
	uiconfig "github.com/temporalio/ui-server/v2/server/config"
	uioptions "github.com/temporalio/ui-server/v2/server/server_options"
)

// UIOptions configures the Temporal web UI.
type UIOptions struct {
	// Host and Port are where the UI listens.
	Host string
	Port int
	// TemporalAddress is the host:port of the frontend that it shows.
	TemporalAddress string
	// Namespace is shown first.
	Namespace string
}

// UI is a running Temporal web UI.
type UI struct{ server *uiserver.Server }

// StartUI starts the web UI. The library ends the process when the port is taken,
// so callers make sure that it is free.
func StartUI(opts UIOptions) *UI {
	server := uiserver.NewServer(uioptions.WithConfigProvider(&uiconfig.Config{
		TemporalGRPCAddress: opts.TemporalAddress,
		Host:                opts.Host,
		Port:                opts.Port,
		EnableUI:            true,
		DefaultNamespace:    opts.Namespace,
		DisableNewsFetch:    true,
		HideLogs:            true,
		CORS:                uiconfig.CORS{CookieInsecure: true},
	}))
	go func() { _ = server.Start() }() // returns nil after Stop, and exits the process on any other error
	return &UI{server: server}
}

// Stop closes the listener and all connections.
func (u *UI) Stop() { u.server.Stop() }
