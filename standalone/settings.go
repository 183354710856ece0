package main

import (
	"fmt"
	"net"

	"github.com/alecthomas/kong"

	"github.com/website-status-checker/wsc/internal/config"
)

// settings are the flags and variables of the standalone product.
type settings struct {
	config.Listen  `embed:"" group:"Addresses"`
	TemporalPort   int `help:"Port of the embedded Temporal server, on 127.0.0.1." default:"7233" env:"WSC_TEMPORAL_PORT" group:"Addresses" placeholder:"PORT"`
	TemporalUIPort int `name:"temporal-ui-port" help:"Port of the Temporal UI, on 127.0.0.1." default:"8233" env:"WSC_TEMPORAL_UI_PORT" group:"Addresses" placeholder:"PORT"`

	config.Access `embed:"" group:"Access"`

	config.Storage    `embed:"" group:"Storage"`
	config.Jobs       `embed:"" group:"Jobs"`
	config.Check      `embed:"" group:"Checks"`
	config.Encryption `embed:"" group:"Encryption"`
	config.Log        `embed:"" group:"Logging"`
	config.Sentry     `embed:"" group:"Logging"`

	config.Profiling `embed:"" group:"Addresses"`

	Version kong.VersionFlag `help:"Print the version and exit."`
}

// Validate checks the ports.
func (s *settings) Validate() error {
	for variable, port := range map[string]int{"WSC_TEMPORAL_PORT (--temporal-port)": s.TemporalPort, "WSC_TEMPORAL_UI_PORT (--temporal-ui-port)": s.TemporalUIPort} {
		if port < 1 || port > 65535 {
			return fmt.Errorf("%s: %d is not a port between 1 and 65535", variable, port)
		}
	}
	return nil
}

// checkPort reports whether nobody else listens on an address; setting is what a person can change about it.
func checkPort(address, setting string) error {
	listener, err := listen(address, setting)
	if err != nil {
		return err
	}
	return listener.Close()
}

// listen opens an address, or says in one line why it can't and what to do.
func listen(address, setting string) (net.Listener, error) {
	listener, err := net.Listen("tcp", address) //nolint:noctx // binding does not block
	if err != nil {
		return nil, fmt.Errorf("can't listen on %s: %w; stop the other program or choose another port with %s", address, reason(err), setting)
	}
	return listener, nil
}
