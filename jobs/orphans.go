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
	"gocloud.dev/gcerrors"

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
	// sweepEntries is the most folders or uploads that a sweep looks at; the next one goes on behind them.
	sweepEntries = 10_000
	// sweepDeletes is the most of them that a sweep deletes.
	sweepDeletes = 100
	// sweepPage is how many of them are listed at once.
	sweepPage = 1000
)

// sweep is how far the search for orphaned blobs below one prefix has come: the page where the next sweep goes on; nil is
// the beginning.
type sweep struct{ page []byte }

// sweepOrphans deletes the blobs of jobs and waiting uploads that there are not: of submissions whose process died between
// storing the upload and the row, of uploads whose process died after the row was deleted, and of activities that ended
// after their job was deleted. It touches nothing but what has exactly the name of a job's folder or of an upload.
func (s *Service) sweepOrphans(ctx context.Context, now time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, sweepTimeout)
	defer cancel()
	jobsRoot, uploadsRoot := strings.TrimSuffix(wsc.JobFolder(""), "/"), wsc.WaitingUploadPath("")
	return errors.Join(
		s.reconciler.jobsSweep.run(ctx, s.blobs, jobsRoot, func(entry *blob.ListObject) (bool, error) { return s.sweepFolder(ctx, entry, jobsRoot, now) }),
		s.reconciler.waitSweep.run(ctx, s.blobs, uploadsRoot, func(entry *blob.ListObject) (bool, error) { return s.sweepUpload(ctx, entry, uploadsRoot, now) }),
	)
}

// run lists what is below a prefix, a bounded part at a time, and deletes what remove takes for an orphan.
func (s *sweep) run(ctx context.Context, blobs *blob.Bucket, root string, remove func(*blob.ListObject) (deleted bool, err error)) error {
	if s.page == nil {
		s.page = blob.FirstPageToken
	}
	looked, deleted := 0, 0
	for looked < sweepEntries {
		entries, next, err := blobs.ListPage(ctx, s.page, sweepPage, &blob.ListOptions{Prefix: root, Delimiter: "/"})
		if err != nil {
			s.page = nil // the token may have become invalid
			return fmt.Errorf("list the blobs below %s: %w", root, err)
		}
		for _, entry := range entries {
			looked++
			gone, err := remove(entry)
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
		if s.page = next; len(next) == 0 {
			s.page = nil
			return nil
		}
	}
	return nil
}

// isID reports whether a name is an id as the service makes them.
func isID(name string) bool {
	id, err := uuid.Parse(name)
	return err == nil && id.String() == name
}

// sweepFolder deletes a folder if it is an orphan.
func (s *Service) sweepFolder(ctx context.Context, folder *blob.ListObject, root string, now time.Time) (deleted bool, err error) {
	name, isFolder := strings.CutSuffix(strings.TrimPrefix(folder.Key, root), "/")
	if !isFolder || !folder.IsDir || !isID(name) {
		return false, nil // it is not a job's folder
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

// sweepUpload deletes the blob of an upload if it is an orphan.
func (s *Service) sweepUpload(ctx context.Context, object *blob.ListObject, root string, now time.Time) (deleted bool, err error) {
	name := strings.TrimPrefix(object.Key, root)
	if object.IsDir || !isID(name) || !object.ModTime.Before(now.Add(-orphanAge)) {
		return false, nil
	}
	if _, err := s.readUpload(ctx, name); wsc.CodeOf(err) != wsc.CodeNotFound {
		return false, err // there is such an upload, or nobody knows
	}
	if err := s.blobs.Delete(ctx, object.Key); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
		return false, fmt.Errorf("delete blob %s: %w", object.Key, err)
	}
	s.logger.InfoContext(ctx, "deleted the blob of an upload that does not exist", slog.String("upload_id", name))
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
