//go:build !linux

package testsite

import (
	"errors"
	"io"
	"net/netip"
)

func openBlackhole(netip.AddrPort) (io.Closer, error) {
	return nil, errors.New("a host that drops connections can only be played on Linux")
}
