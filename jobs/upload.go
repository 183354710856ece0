package jobs

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"os"

	wsc "github.com/website-status-checker/wsc"
)

// Upload is a list on its way in. It collects what is written to it in a temporary file that has no name, so that
// nothing is left behind when the process dies. It is for one goroutine.
type Upload struct {
	file  *os.File
	hash  hash.Hash
	size  int64
	limit int64
}

// NewUpload makes an empty Upload. The caller closes it. The error has wsc.CodeStorageUnavailable.
func (s *Service) NewUpload() (*Upload, error) { return s.newUpload(s.maxBytes) }

// newUpload makes an empty Upload that takes so many bytes, or any number if that is 0.
func (s *Service) newUpload(limit int64) (*Upload, error) {
	file, err := os.CreateTemp(s.spoolDir, "upload-*")
	if err != nil {
		return nil, spoolError("create", err)
	}
	if err := os.Remove(file.Name()); err != nil {
		return nil, spoolError("unlink", errors.Join(err, file.Close()))
	}
	return &Upload{file: file, hash: sha256.New(), limit: limit}, nil
}

// Write appends to the upload. It fails with wsc.CodeUploadTooLarge at the service's limit and with
// wsc.CodeStorageUnavailable when the disk is full or broken.
func (u *Upload) Write(data []byte) (int, error) {
	if u.limit > 0 && u.size+int64(len(data)) > u.limit {
		return 0, TooLarge(u.limit)
	}
	n, err := u.file.Write(data)
	u.size += int64(n)
	u.hash.Write(data[:n]) // a hash never fails
	if err != nil {
		return n, spoolError("write", err)
	}
	return n, nil
}

// Size is the number of bytes written.
func (u *Upload) Size() int64 { return u.size }

// Close frees the temporary file.
func (u *Upload) Close() error { return u.file.Close() }

// TooLarge is the error for an upload above the limit in bytes.
func TooLarge(limit int64) *wsc.Error {
	return wsc.Errorf(wsc.CodeUploadTooLarge, "The upload is larger than the limit of %s. Split the list, or leave out columns that are not needed.", byteSize(limit))
}

// byteSize writes a number of bytes for people.
func byteSize(n int64) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<10 && n%(1<<10) == 0:
		return fmt.Sprintf("%d KiB", n>>10)
	default:
		return fmt.Sprintf("%d bytes", n)
	}
}

func spoolError(action string, err error) *wsc.Error {
	return wsc.Errorf(wsc.CodeStorageUnavailable, "The server can't take the upload now; try again in a minute.").
		Because(fmt.Errorf("%s spool file: %w", action, err))
}
