package jobs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/google/uuid"
	"gocloud.dev/blob"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/internal/blobfolder"
)

const (
	// orphanAge is how old blobs without a job must be to be deleted. An upload is stored moments before its job's row,
	// and the last export of a deleted job moments after.
	orphanAge = 6 * time.Hour
	// sweepInterval is how often one process looks for such blobs.
	sweepInterval = time.Hour
	// sweepTimeout bounds one sweep.
	sweepTimeout = 2 * time.Minute
	// sweepFolders is the most folders that a sweep looks at; the next one goes on behind them.
	sweepFolders = 10_000
	// sweepDeletes is the most folders that a sweep deletes.
	sweepDeletes = 100
	// sweepPage is how many folders are listed at once.
	sweepPage = 1000
)

// sweep is how far the search for orphaned blobs has come.
type sweep struct {
	last time.Time
	// page is where the next sweep goes on; nil is the beginning.
	page []byte
}

// sweepOrphans deletes the blobs of jobs that there are not: of submissions whose process died between storing the
// upload and the row, and of activities that ended after their job was deleted. It touches nothing but folders with
// exactly the name of a job's.
func (s *Service) sweepOrphans(ctx context.Context, now time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, sweepTimeout)
	defer cancel()
	root := strings.TrimSuffix(wsc.JobFolder(""), "/")
	if s.reconciler.sweep.page == nil {
		s.reconciler.sweep.page = blob.FirstPageToken
	}
	looked, deleted := 0, 0
	for looked < sweepFolders {
		folders, next, err := s.blobs.ListPage(ctx, s.reconciler.sweep.page, sweepPage, &blob.ListOptions{Prefix: root, Delimiter: "/"})
		if err != nil {
			s.reconciler.sweep.page = nil // the token may have become invalid
			return fmt.Errorf("list the folders of jobs: %w", err)
		}
		for _, folder := range folders {
			looked++
			gone, err := s.sweepFolder(ctx, folder, root, now)
			if err != nil {
				return err
			}
			if !gone {
				continue
			}
			if deleted++; deleted == sweepDeletes {
				return nil // the next sweep looks at the rest of this page
			}
		}
		if s.reconciler.sweep.page = next; len(next) == 0 {
			s.reconciler.sweep.page = nil
			return nil
		}
	}
	return nil
}

// sweepFolder deletes a folder if it is an orphan.
func (s *Service) sweepFolder(ctx context.Context, folder *blob.ListObject, root string, now time.Time) (deleted bool, err error) {
	name, isFolder := strings.CutSuffix(strings.TrimPrefix(folder.Key, root), "/")
	if id, err := uuid.Parse(name); !isFolder || !folder.IsDir || err != nil || id.String() != name {
		return false, nil //nolint:nilerr // it is not a job's folder
	}
	if err := s.lookFor(ctx, name); wsc.CodeOf(err) != wsc.CodeNotFound {
		return false, err // there is such a job, or nobody knows
	}
	if old, err := s.allOlder(ctx, folder.Key, now.Add(-orphanAge)); !old || err != nil {
		return false, err
	}
	if err := blobfolder.Delete(ctx, s.blobs, folder.Key); err != nil {
		return false, err
	}
	s.logger.InfoContext(ctx, "deleted the files of a job that does not exist", slog.String("job_id", name))
	return true, nil
}

// allOlder reports whether the folder has blobs and all of them were last written before a time.
func (s *Service) allOlder(ctx context.Context, folder string, limit time.Time) (bool, error) {
	blobs, found := s.blobs.List(&blob.ListOptions{Prefix: folder}), false
	for {
		object, err := blobs.Next(ctx)
		if errors.Is(err, io.EOF) {
			return found, nil
		}
		if err != nil {
			return false, fmt.Errorf("list blobs below %s: %w", folder, err)
		}
		if found = true; !object.ModTime.Before(limit) {
			return false, nil
		}
	}
}
