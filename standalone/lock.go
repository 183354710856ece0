package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// lockDir makes sure that no other process works on the same data directory. The lock ends with the process,
// however it ends.
func lockDir(dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("can't create the data directory (WSC_DATA_DIR, --data-dir): %w", err)
	}
	file, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("can't write to the data directory (WSC_DATA_DIR, --data-dir): %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = errors.New("another wsc-standalone uses it")
		}
		return nil, errors.Join(fmt.Errorf("can't use the data directory %s: %w; choose another with --data-dir (WSC_DATA_DIR)", dir, err), file.Close())
	}
	return file, nil
}

// reason shortens a network error to what people need to know.
func reason(err error) error {
	for _, known := range []struct {
		errno syscall.Errno
		text  string
	}{
		{syscall.EADDRINUSE, "another program uses the port"},
		{syscall.EACCES, "no permission for this port"},
		{syscall.EADDRNOTAVAIL, "this machine does not have the address"},
	} {
		if errors.Is(err, known.errno) {
			return errors.New(known.text)
		}
	}
	return err
}
