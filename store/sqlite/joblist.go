package sqlite

import (
	"context"
	"slices"

	"github.com/google/uuid"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/store/internal/storable"
)

// Jobs returns a page of jobs under the filter, in its order and then by id in the same direction. A sort that does not
// exist is refused with wsc.CodeInvalidRequest.
func (s *Store) Jobs(ctx context.Context, filter wsc.JobFilter) ([]wsc.Job, error) {
	where := jobConditions(&filter)
	orderBy, err := jobOrder(where, &filter)
	if err != nil {
		return nil, err
	}
	query := selectJobSQL + where.sql() + orderBy + ` LIMIT ?`
	jobs, err := collect(ctx, s.readers, "list jobs", query, append(where.arguments, max(filter.Limit, 1)), scanJob)
	if filter.After != nil && filter.Back {
		slices.Reverse(jobs)
	}
	return jobs, err
}

// jobConditions are the conditions of the filter without its position.
func jobConditions(filter *wsc.JobFilter) *conditions {
	where := &conditions{}
	if filter.Owner != "" {
		where.add(`owner = ?`, storable.Text(filter.Owner))
	}
	if len(filter.IDs) > 0 {
		addOneOf(where, `id`, filter.IDs, storableText)
	}
	if len(filter.Statuses) > 0 {
		addOneOf(where, `status`, filter.Statuses, storableText)
	}
	if filter.Query != "" {
		where.add(`contains_fold(filename, ?)`, lowered(filter.Query))
	}
	return where
}

// jobOrder returns the ORDER BY clause of the filter and adds its position to the conditions. SQLite's lower knows A to Z
// only.
func jobOrder(where *conditions, filter *wsc.JobFilter) (string, error) {
	key, desc, err := filter.Sort.Key()
	if err != nil {
		return "", err
	}
	after := filter.After
	if after != nil && filter.Back {
		desc = !desc
	}
	column, place := key, "?"
	if key == "filename" {
		column, place = `lower(filename)`, `lower(?)`
	}
	direction, compare := " ASC", ">"
	if desc {
		direction, compare = " DESC", "<"
	}
	if after != nil {
		if _, err := uuid.Parse(after.ID); err != nil {
			return "", wsc.Errorf(wsc.CodeInvalidCursor, "The cursor is not valid; begin with the first page.")
		}
		value := map[string]any{"created_at": stamp(after.CreatedAt), "filename": storable.Text(after.Filename), "total_urls": after.TotalURLs}[key]
		where.add(`(`+column+`, id) `+compare+` (`+place+`, ?)`, value, after.ID)
	}
	return ` ORDER BY ` + column + direction + `, id` + direction, nil
}
