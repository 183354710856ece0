package app

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	_ "gocloud.dev/blob/gcsblob" // gs:// URLs
	_ "gocloud.dev/blob/s3blob"  // s3:// URLs

	"github.com/website-status-checker/wsc/internal/config"
)

// OpenBlobs opens the blob store that the settings name. A folder is created if it is missing.
func OpenBlobs(ctx context.Context, storage config.Storage) (*blob.Bucket, error) {
	folder := filepath.Join(storage.DataDir, "blobs")
	if storage.BlobURL != "" {
		parsed, err := url.Parse(storage.BlobURL)
		if err != nil || parsed.Scheme == "" {
			return nil, errors.New("WSC_BLOB_URL (--blob-url): not a URL like file:///folder or s3://bucket")
		}
		if parsed.Scheme != fileblob.Scheme {
			bucket, err := blob.OpenBucket(ctx, storage.BlobURL)
			if err != nil {
				return nil, fmt.Errorf("WSC_BLOB_URL (--blob-url): open blob store: %s", withoutSecrets(err, parsed))
			}
			return bucket, nil
		}
		folder = filepath.FromSlash(parsed.Path)
	}
	return openFolder(folder)
}

// withoutSecrets is the text of an error in which a URL, if it is quoted, has neither credentials nor parameters.
func withoutSecrets(err error, quoted *url.URL) string {
	return strings.ReplaceAll(err.Error(), quoted.String(), quoted.Scheme+"://"+quoted.Host)
}

// blobKind is the kind of the blob store that the settings name: file, s3 or gs.
func blobKind(storage config.Storage) string {
	if parsed, err := url.Parse(storage.BlobURL); err == nil && parsed.Scheme != "" {
		return parsed.Scheme
	}
	return fileblob.Scheme
}

// openFolder opens a folder as a blob store. Unfinished blobs stand beside the finished ones, so that finishing one
// is a rename on the same file system.
func openFolder(folder string) (*blob.Bucket, error) {
	bucket, err := fileblob.OpenBucket(folder, &fileblob.Options{
		CreateDir: true, DirFileMode: 0o700, NoTempDir: true, Metadata: fileblob.MetadataDontWrite,
	})
	if err != nil {
		return nil, fmt.Errorf("open blob folder: %w", err)
	}
	return bucket, nil
}

// SpoolDir creates and returns the folder for files that are under construction. Such files have no name, so it is
// always empty.
func SpoolDir(storage config.Storage) (string, error) {
	dir := filepath.Join(storage.DataDir, "spool")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("WSC_DATA_DIR (--data-dir): %w", err)
	}
	return dir, nil
}
