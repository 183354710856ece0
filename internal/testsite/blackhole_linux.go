package testsite

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"
)

// blackhole is a listening socket whose queue is full: the kernel drops every further SYN, as a firewall does.
type blackhole struct {
	listener *os.File
	fillers  []net.Conn
}

func openBlackhole(address netip.AddrPort) (io.Closer, error) {
	family, bindTo := syscall.AF_INET, syscall.Sockaddr(&syscall.SockaddrInet4{Port: int(address.Port()), Addr: v4(address.Addr())})
	if address.Addr().Is6() {
		family, bindTo = syscall.AF_INET6, &syscall.SockaddrInet6{Port: int(address.Port()), Addr: address.Addr().As16()}
	}
	fd, err := syscall.Socket(family, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open a socket: %w", err)
	}
	hole := &blackhole{listener: os.NewFile(uintptr(fd), "blackhole")}
	err = errors.Join(
		syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1),
		syscall.Bind(fd, bindTo),
		syscall.Listen(fd, 0),
	)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("listen on %s: %w", address, err), hole.Close())
	}
	for range 8 {
		filler, err := net.DialTimeout("tcp", address.String(), 30*time.Millisecond)
		if err != nil {
			return hole, nil //nolint:nilerr // the queue is full, which was the aim
		}
		hole.fillers = append(hole.fillers, filler)
	}
	return nil, errors.Join(fmt.Errorf("the queue of %s does not fill up", address), hole.Close())
}

func v4(address netip.Addr) [4]byte {
	if address.Is4() {
		return address.As4()
	}
	return [4]byte{}
}

// Close ends the blackhole.
func (b *blackhole) Close() error {
	err := b.listener.Close()
	for _, filler := range b.fillers {
		err = errors.Join(err, filler.Close())
	}
	return err
}
