package resolver

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOnlyErrorsOfThisMachineAreWrapped(t *testing.T) {
	four, six := netip.MustParseAddrPort("192.0.2.1:53"), netip.MustParseAddrPort("[2001:db8::1]:53")
	tests := []struct {
		name   string
		err    error
		server netip.AddrPort
		want   outcome
	}{
		{"no file descriptor", syscall.EMFILE, four, local},
		{"no port", syscall.EADDRNOTAVAIL, four, local},
		{"no IPv6 address", syscall.EADDRNOTAVAIL, six, misbehaving},
		{"nobody listens", syscall.ECONNREFUSED, four, misbehaving},
		{"no route", syscall.ENETUNREACH, six, misbehaving},
		{"silence", os.ErrDeadlineExceeded, four, timeout},
		{"nonsense", &refusalError{"malformed answer"}, four, misbehaving},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			got := failureOf(fmt.Errorf("ask: %w", tc.err), tc.server)
			require.Equal(t, tc.want, got.kind)
			require.Equal(t, tc.want == local, errors.Is(got.error("a.test"), tc.err))
			require.Contains(t, got.error("a.test").Error(), tc.server.String())
		})
	}
}
