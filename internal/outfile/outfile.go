// Package outfile writes files that appear under their name only when they are complete.
package outfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// File is written under a temporary name beside its own.
type File struct {
	*os.File
	path string
	mode fs.FileMode
	own  bool // the name is not a regular file's and is written to directly
	over bool
}

// Create begins a file. If something other than a regular file has the name already (a pipe, a device), it is opened
// and written to as it is. A symbolic link keeps pointing to the file.
func Create(path string) (*File, error) {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	mode := fs.FileMode(0o644)
	if info, err := os.Stat(path); err == nil {
		if info.IsDir() {
			return nil, &fs.PathError{Op: "open", Path: path, Err: errors.New("is a directory")}
		}
		if !info.Mode().IsRegular() {
			file, err := os.OpenFile(path, os.O_WRONLY, 0)
			if err != nil {
				return nil, err
			}
			return &File{File: file, path: path, own: true}, nil
		}
		mode = info.Mode().Perm()
	}
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.part")
	if err != nil {
		return nil, err
	}
	return &File{File: file, path: path, mode: mode}, nil
}

// Commit makes sure that everything is on the disk and gives the file its name, replacing a file that has it.
// When it fails, nothing is left behind.
func (f *File) Commit() error {
	if f.own {
		f.over = true
		return f.Close()
	}
	err := f.Chmod(f.mode)
	if err == nil {
		err = f.Sync()
	}
	if err != nil {
		return errors.Join(fmt.Errorf("writing %s: %w", f.path, err), f.Discard())
	}
	if err := f.Close(); err != nil {
		return errors.Join(fmt.Errorf("writing %s: %w", f.path, err), f.Discard())
	}
	if err := os.Rename(f.Name(), f.path); err != nil {
		return errors.Join(err, f.Discard())
	}
	f.over = true
	return nil
}

// Discard gives the file up and removes it. After Commit it does nothing, so it can be deferred.
func (f *File) Discard() error {
	if f.over {
		return nil
	}
	f.over = true
	err := f.Close()
	if errors.Is(err, os.ErrClosed) {
		err = nil
	}
	if f.own {
		return err
	}
	return errors.Join(err, os.Remove(f.Name()))
}
