package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/store/internal/storable"
)

const insertUploadSQL = `INSERT INTO uploads (id, owner, filename, size, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)`

const countWaitingSQL = `SELECT count(*) FROM uploads WHERE owner = ? AND expires_at > ?`

// CreateUpload inserts an upload. A second one with the same id is refused with wsc.CodeConflict. It is refused with
// wsc.CodeQuotaExceeded if its owner has wsc.MaxWaitingUploads that have not expired. There is one writer, so that none
// slips through.
func (s *Store) CreateUpload(ctx context.Context, upload *wsc.Upload) error {
	if id, err := uuid.Parse(upload.ID); err != nil || id.String() != upload.ID {
		return fmt.Errorf("create upload: %q is not a UUID", upload.ID)
	}
	owner := storable.Text(upload.Owner)
	return s.write(ctx, "create upload", func(tx *sql.Tx) error {
		var waiting int64
		if err := tx.QueryRowContext(ctx, countWaitingSQL, owner, stamp(upload.CreatedAt)).Scan(&waiting); err != nil {
			return err
		}
		if err := wsc.AllowUpload(waiting); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, insertUploadSQL, upload.ID, owner, storable.Text(upload.Filename), upload.Size, stamp(upload.CreatedAt), stamp(upload.ExpiresAt))
		return err
	})
}

// useUpload removes the upload from which a job is made; "" is none. One that has expired, or has another owner, is not
// found.
func useUpload(ctx context.Context, tx *sql.Tx, uploadID, owner string, now time.Time) error {
	if uploadID == "" {
		return nil
	}
	result, err := tx.ExecContext(ctx, `DELETE FROM uploads WHERE id = ? AND owner = ? AND expires_at > ?`, uploadID, owner, stamp(now))
	return requireUpload(result, err)
}

// requireUpload returns an error with wsc.CodeNotFound if a statement removed nothing.
func requireUpload(result sql.Result, err error) error {
	if err != nil {
		return err
	}
	if removed, err := result.RowsAffected(); err != nil || removed > 0 {
		return err
	}
	return wsc.UploadNotFound()
}

const selectUploadSQL = `SELECT id, owner, filename, size, created_at, expires_at FROM uploads `

func scanUpload(r row) (wsc.Upload, error) {
	var upload wsc.Upload
	var created, expires int64
	err := r.Scan(&upload.ID, &upload.Owner, &upload.Filename, &upload.Size, &created, &expires)
	upload.CreatedAt, upload.ExpiresAt = fromStamp(created), fromStamp(expires)
	return upload, err
}

// Upload returns an upload, also one that has expired. The error has wsc.CodeNotFound when there is none.
func (s *Store) Upload(ctx context.Context, id string) (*wsc.Upload, error) {
	upload, err := scanUpload(s.readers.QueryRowContext(ctx, selectUploadSQL+`WHERE id = ?`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, wsc.UploadNotFound()
	}
	if err != nil {
		return nil, failure(ctx, "read upload", err)
	}
	return &upload, nil
}

// WaitingUploads returns the uploads of an owner that expire after now, newest first.
func (s *Store) WaitingUploads(ctx context.Context, owner string, now time.Time) ([]wsc.Upload, error) {
	query := selectUploadSQL + `WHERE owner = ? AND expires_at > ? ORDER BY created_at DESC, id DESC`
	return collect(ctx, s.readers, "list waiting uploads", query, []any{storable.Text(owner), stamp(now)}, scanUpload)
}

// DeleteUpload removes an upload. The error has wsc.CodeNotFound when there is none.
func (s *Store) DeleteUpload(ctx context.Context, id string) error {
	return failure(ctx, "delete upload", requireUpload(s.writer.ExecContext(ctx, `DELETE FROM uploads WHERE id = ?`, id)))
}

// ExpiredUploads returns uploads whose expiry is before the given time, the longest expired first.
func (s *Store) ExpiredUploads(ctx context.Context, expiredBefore time.Time, limit int) ([]wsc.Upload, error) {
	query := selectUploadSQL + `WHERE expires_at < ? ORDER BY expires_at, id LIMIT ?`
	return collect(ctx, s.readers, "list expired uploads", query, []any{stamp(expiredBefore), limit}, scanUpload)
}
