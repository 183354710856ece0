// Package blobfolder deletes folders of a blob store, which knows only keys.
package blobfolder

import (
	"context"
	"errors"
	"fmt"
	"io"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"
)

// Delete removes every blob whose key begins with the prefix. Blobs that somebody else removes meanwhile, and a
// folder with nothing in it, are no errors.
func Delete(ctx context.Context, bucket *blob.Bucket, prefix string) error {
	blobs := bucket.List(&blob.ListOptions{Prefix: prefix})
	for {
		object, err := blobs.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("list blobs below %s: %w", prefix, err)
		}
		if err := bucket.Delete(ctx, object.Key); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
			return fmt.Errorf("delete blob %s: %w", object.Key, err)
		}
	}
}
