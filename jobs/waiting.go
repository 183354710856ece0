package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path"
	"strings"
	"time"

	"gocloud.dev/gcerrors"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/urllist"
)

// Reading says how a list is read for a preview. The zero value finds everything out.
type Reading struct {
	// They are those of wsc.Options.
	URLColumn, Sheet, Delimiter, Encoding string
}

// KeepUpload reads a list completely and keeps it for wsc.UploadLifetime, so that its owner can look at it and submit it.
// filename is the client's, see CleanFilename. The answer has a preview. A list that is readable is kept even if a
// submission of it as it is read would be refused; the preview says so.
//
// Errors: the codes of urllist.Preview and CleanFilename, wsc.CodeEmptyUpload, wsc.CodeQuotaExceeded when the owner has
// wsc.MaxWaitingUploads already, and wsc.CodeStorageUnavailable. After an error nothing is left, unless the database left
// open whether it stored the row: then the blob stays, for the upload or for the sweep of Reconcile.
func (s *Service) KeepUpload(ctx context.Context, owner, filename string, upload *Upload) (*wsc.Upload, error) {
	filename, err := CleanFilename(filename)
	if err != nil {
		return nil, err
	}
	preview, err := s.preview(ctx, upload, filename, Reading{})
	if err != nil {
		return nil, err
	}
	// Stores keep microseconds; the answer shall have what a later read has.
	now := s.now().UTC().Truncate(time.Microsecond)
	kept := &wsc.Upload{
		ID: s.newID(), Owner: owner, Filename: filename, Size: upload.size, CreatedAt: now, ExpiresAt: now.Add(wsc.UploadLifetime), Preview: preview,
	}
	// A database that is away is noticed before there is anything to take back.
	if _, err := s.readUpload(ctx, kept.ID); wsc.CodeOf(err) != wsc.CodeNotFound {
		return nil, fmt.Errorf("keep upload: %w", cmp.Or(err, errIDTaken))
	}
	if err := s.storeUpload(ctx, wsc.WaitingUploadPath(kept.ID), upload); err != nil {
		return nil, err
	}
	// From here on a client that goes away changes nothing: either the upload exists as a whole or not at all.
	if err := s.createUpload(context.WithoutCancel(ctx), kept); err != nil {
		return nil, err
	}
	return kept, nil
}

// createUpload stores the row of an upload whose blob is stored. If it is not there in the end, the blob is deleted.
func (s *Service) createUpload(ctx context.Context, kept *wsc.Upload) error {
	rowCtx, cancel := context.WithTimeout(ctx, rowTimeout)
	defer cancel()
	err := s.store.CreateUpload(rowCtx, kept)
	if err == nil {
		return nil
	}
	_, lookup := s.readUpload(ctx, kept.ID)
	switch {
	case lookup == nil && wsc.CodeOf(err) != wsc.CodeConflict:
		return nil // the row was stored, only the answer to that was lost
	case wsc.CodeOf(lookup) == wsc.CodeNotFound:
		s.dropUpload(ctx, wsc.WaitingUploadPath(kept.ID))
	default:
		s.logger.WarnContext(ctx, "the database does not tell whether an upload was stored; its blob stays", slog.String("upload_id", kept.ID), slog.Any("error", lookup))
	}
	return fmt.Errorf("keep upload: %w", err)
}

// PreviewUpload reads an upload once more, in the way asked for.
//
// Errors: wsc.CodeNotFound when the owner has no such upload or it has expired, those of urllist.Preview, and
// wsc.CodeStorageUnavailable.
func (s *Service) PreviewUpload(ctx context.Context, owner, id string, reading Reading) (*wsc.Upload, error) {
	kept, err := s.waitingUpload(ctx, owner, id)
	if err != nil {
		return nil, err
	}
	upload, err := s.NewUpload()
	if err != nil {
		return nil, err
	}
	defer func() { _ = upload.Close() }() // nothing depends on a file that has no name
	if err := s.fetchUpload(ctx, kept, upload); err != nil {
		return nil, err
	}
	kept.Preview, err = s.preview(ctx, upload, kept.Filename, reading)
	return kept, err
}

// WaitingUploads lists what the owner uploaded and has not submitted yet, newest first, without previews. The error has
// wsc.CodeStorageUnavailable.
func (s *Service) WaitingUploads(ctx context.Context, owner string) ([]wsc.Upload, error) {
	ctx, cancel := context.WithTimeout(ctx, rowTimeout)
	defer cancel()
	waiting, err := s.store.WaitingUploads(ctx, owner, s.now())
	if err != nil {
		return nil, fmt.Errorf("list uploads: %w", err)
	}
	return waiting, nil
}

// DropUpload deletes an upload that is not going to be submitted. The error has wsc.CodeNotFound when the owner has no such
// upload, else wsc.CodeStorageUnavailable.
func (s *Service) DropUpload(ctx context.Context, owner, id string) error {
	kept, err := s.waitingUpload(ctx, owner, id)
	if err != nil {
		return err
	}
	return s.deleteUpload(context.WithoutCancel(ctx), kept.ID)
}

// deleteUpload deletes the row and then the blob. A blob that stays is found by the sweep of Reconcile.
func (s *Service) deleteUpload(ctx context.Context, id string) error {
	rowCtx, cancel := context.WithTimeout(ctx, rowTimeout)
	defer cancel()
	if err := s.store.DeleteUpload(rowCtx, id); err != nil {
		return fmt.Errorf("delete upload: %w", err)
	}
	s.dropUpload(ctx, wsc.WaitingUploadPath(id))
	return nil
}

// preview reads a list for a person to look at.
func (s *Service) preview(ctx context.Context, upload *Upload, filename string, reading Reading) (*wsc.Preview, error) {
	if upload.size == 0 {
		return nil, emptyUpload()
	}
	preview, err := urllist.Preview(ctx, upload.file, upload.size, urllist.Options{
		Filename: filename, URLColumn: reading.URLColumn, Sheet: reading.Sheet, Delimiter: reading.Delimiter, Encoding: reading.Encoding,
		MaxURLs: s.maxURLs, TempDir: s.spoolDir,
	})
	if err != nil {
		return nil, err
	}
	return &preview, nil
}

func (s *Service) readUpload(ctx context.Context, id string) (*wsc.Upload, error) {
	ctx, cancel := context.WithTimeout(ctx, rowTimeout)
	defer cancel()
	return s.store.Upload(ctx, id)
}

// waitingUpload returns an upload of the owner that has not expired.
func (s *Service) waitingUpload(ctx context.Context, owner, id string) (*wsc.Upload, error) {
	kept, err := s.readUpload(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("read upload: %w", err)
	}
	if kept.Owner != owner || !kept.ExpiresAt.After(s.now()) {
		return nil, wsc.UploadNotFound()
	}
	return kept, nil
}

// fetchUpload copies the blob of an upload into a temporary file, since lists are read at random places.
func (s *Service) fetchUpload(ctx context.Context, kept *wsc.Upload, into *Upload) error {
	found, err := s.fetchBlob(ctx, wsc.WaitingUploadPath(kept.ID), into)
	if err == nil && !found {
		return wsc.UploadNotFound() // it was used up or deleted a moment ago
	}
	return err
}

// fetchBlob copies a blob into a temporary file, and reports whether there is one.
func (s *Service) fetchBlob(ctx context.Context, key string, into *Upload) (found bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	reader, err := s.blobs.NewReader(ctx, key, nil)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return false, nil
	}
	if err == nil {
		_, err = io.Copy(into, reader)
		err = errors.Join(err, reader.Close())
	}
	if known, ok := errors.AsType[*wsc.Error](err); ok {
		return false, known
	}
	if ctxErr := context.Cause(ctx); errors.Is(ctxErr, context.Canceled) {
		return false, fmt.Errorf("fetch upload: %w", ctxErr)
	}
	if err != nil {
		return false, blobError("fetch upload", err)
	}
	return true, nil
}

// takeUpload fetches the upload that a submission names and returns the file name for its job: the upload's, or the
// submission's name with the upload's extension, which says what the list is.
func (s *Service) takeUpload(ctx context.Context, sub Submission, name string) (string, error) {
	kept, err := s.waitingUpload(ctx, sub.Owner, sub.UploadID)
	if err != nil {
		return "", err
	}
	if err := s.fetchUpload(ctx, kept, sub.Upload); err != nil {
		return "", err
	}
	return renamed(kept.Filename, name)
}

// renamed gives a file another name with the same extension.
func renamed(filename, name string) (string, error) {
	extension := path.Ext(filename)
	switch {
	case strings.TrimSpace(name) == "":
		return filename, nil
	case extension == "", strings.EqualFold(path.Ext(name), extension):
		return CleanFilename(name)
	}
	return CleanFilename(name + extension)
}

func emptyUpload() *wsc.Error {
	return wsc.Errorf(wsc.CodeEmptyUpload, "The file is empty.").At(wsc.Place{Field: "file"})
}

// deleteExpiredUploads deletes uploads that were not submitted in time.
func (s *Service) deleteExpiredUploads(ctx context.Context, now time.Time) error {
	expired, err := s.store.ExpiredUploads(ctx, now.Add(-deleteAfter), expiredUploadsLimit)
	if err != nil {
		return fmt.Errorf("list expired uploads: %w", err)
	}
	var errs []error
	for i := range expired {
		if err := s.deleteUpload(ctx, expired[i].ID); err != nil && wsc.CodeOf(err) != wsc.CodeNotFound { // another process was faster
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
