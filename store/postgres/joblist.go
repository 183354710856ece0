package postgres

import (
	"context"
	"slices"
	"strconv"

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
	query := selectJobSQL + where.sql() + orderBy + ` LIMIT ` + strconv.Itoa(max(filter.Limit, 1))
	jobs, err := collect(ctx, s, "list jobs", query, where.arguments, scanJob)
	if filter.After != nil && filter.Back {
		slices.Reverse(jobs)
	}
	return jobs, err
}

// jobConditions are the conditions of the filter without its position.
func jobConditions(filter *wsc.JobFilter) *conditions {
	where := &conditions{}
	if filter.Owner != "" {
		where.add(`owner = %s`, storable.Text(filter.Owner))
	}
	if len(filter.IDs) > 0 {
		ids := make([][16]byte, 0, len(filter.IDs))
		for _, text := range filter.IDs {
			if id, err := parseID(text); err == nil { // what is not an id names no job
				ids = append(ids, id)
			}
		}
		where.add(`id = ANY(%s)`, ids)
	}
	if len(filter.Statuses) > 0 {
		where.add(`status = ANY(%s)`, texts(filter.Statuses))
	}
	if filter.Query != "" {
		where.add(`strpos(lower(filename), lower(%s)) > 0`, storable.Text(filter.Query))
	}
	return where
}

// jobOrder returns the ORDER BY clause of the filter and adds its position to the conditions. In the collation C, lower
// knows A to Z only, as in SQLite.
func jobOrder(where *conditions, filter *wsc.JobFilter) (string, error) {
	key, desc, err := filter.Sort.Key()
	if err != nil {
		return "", err
	}
	after := filter.After
	if after != nil && filter.Back {
		desc = !desc
	}
	column, place := key, "%s"
	if key == "filename" {
		column, place = `lower(filename COLLATE "C")`, `lower(%s::text COLLATE "C")`
	}
	direction, compare := " ASC", ">"
	if desc {
		direction, compare = " DESC", "<"
	}
	if after != nil {
		id, err := parseID(after.ID)
		if err != nil {
			return "", wsc.Errorf(wsc.CodeInvalidCursor, "The cursor is not valid; begin with the first page.")
		}
		value := map[string]any{"created_at": after.CreatedAt, "filename": storable.Text(after.Filename), "total_urls": after.TotalURLs}[key]
		where.add(`(`+column+`, id) `+compare+` (`+place+`, %s)`, value, id)
	}
	return ` ORDER BY ` + column + direction + `, id` + direction, nil
}
