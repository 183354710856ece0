package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/store/internal/storable"
)

const insertUploadSQL = `INSERT INTO uploads (id, owner, filename, size, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)`

// lockUploadsSQL makes those who create uploads of one owner take turns.
const lockUploadsSQL = `SELECT pg_advisory_xact_lock(hashtextextended('uploads of ' || $1, 0))`

const countWaitingSQL = `SELECT count(*) FROM uploads WHERE owner = $1 AND expires_at > $2`

// CreateUpload inserts an upload. A second one with the same id is refused with wsc.CodeConflict. It is refused with
// wsc.CodeQuotaExceeded if its owner has wsc.MaxWaitingUploads that have not expired; those of one owner take turns, so
// that none slips through.
func (s *Store) CreateUpload(ctx context.Context, upload *wsc.Upload) error {
	id, err := parseID(upload.ID)
	if err != nil {
		return fmt.Errorf("create upload: %q is not a UUID", upload.ID)
	}
	owner := storable.Text(upload.Owner)
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, lockUploadsSQL, owner); err != nil {
			return err
		}
		var waiting int64
		if err := tx.QueryRow(ctx, countWaitingSQL, owner, upload.CreatedAt).Scan(&waiting); err != nil {
			return err
		}
		if err := wsc.AllowUpload(waiting); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, insertUploadSQL, id, owner, storable.Text(upload.Filename), upload.Size, upload.CreatedAt, upload.ExpiresAt)
		return err
	})
	return failure(ctx, "create upload", err)
}

// useUpload removes the upload from which a job is made; "" is none. One that has expired, or has another owner, is not
// found.
func useUpload(ctx context.Context, tx pgx.Tx, uploadID, owner string, now time.Time) error {
	if uploadID == "" {
		return nil
	}
	tag, err := tx.Exec(ctx, `DELETE FROM uploads WHERE id = $1::uuid AND owner = $2 AND expires_at > $3`, uploadID, owner, now)
	if err == nil && tag.RowsAffected() == 0 {
		return wsc.UploadNotFound()
	}
	return err
}

const selectUploadSQL = `SELECT id::text, owner, filename, size, created_at, expires_at FROM uploads `

func scanUpload(row pgx.CollectableRow) (wsc.Upload, error) {
	var upload wsc.Upload
	err := row.Scan(&upload.ID, &upload.Owner, &upload.Filename, &upload.Size, &upload.CreatedAt, &upload.ExpiresAt)
	upload.CreatedAt, upload.ExpiresAt = upload.CreatedAt.UTC(), upload.ExpiresAt.UTC()
	return upload, err
}

// Upload returns an upload, also one that has expired. The error has wsc.CodeNotFound when there is none.
func (s *Store) Upload(ctx context.Context, uploadID string) (*wsc.Upload, error) {
	const what = "read upload"
	id, err := parseID(uploadID)
	if err != nil {
		return nil, wsc.UploadNotFound()
	}
	rows, err := s.pool.Query(ctx, selectUploadSQL+`WHERE id = $1`, id)
	if err != nil {
		return nil, failure(ctx, what, err)
	}
	upload, err := pgx.CollectExactlyOneRow(rows, scanUpload)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, wsc.UploadNotFound()
	}
	if err != nil {
		return nil, failure(ctx, what, err)
	}
	return &upload, nil
}

// WaitingUploads returns the uploads of an owner that expire after now, newest first.
func (s *Store) WaitingUploads(ctx context.Context, owner string, now time.Time) ([]wsc.Upload, error) {
	query := selectUploadSQL + `WHERE owner = $1 AND expires_at > $2 ORDER BY created_at DESC, id DESC`
	return collect(ctx, s, "list waiting uploads", query, []any{storable.Text(owner), now}, scanUpload)
}

// DeleteUpload removes an upload. The error has wsc.CodeNotFound when there is none.
func (s *Store) DeleteUpload(ctx context.Context, uploadID string) error {
	id, err := parseID(uploadID)
	if err != nil {
		return wsc.UploadNotFound()
	}
	tag, err := s.pool.Exec(ctx, `DELETE FROM uploads WHERE id = $1`, id)
	if err == nil && tag.RowsAffected() == 0 {
		return wsc.UploadNotFound()
	}
	return failure(ctx, "delete upload", err)
}

// ExpiredUploads returns uploads whose expiry is before the given time, the longest expired first.
func (s *Store) ExpiredUploads(ctx context.Context, expiredBefore time.Time, limit int) ([]wsc.Upload, error) {
	query := selectUploadSQL + `WHERE expires_at < $1 ORDER BY expires_at, id LIMIT $2`
	return collect(ctx, s, "list expired uploads", query, []any{expiredBefore, limit}, scanUpload)
}
