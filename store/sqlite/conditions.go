package sqlite

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/website-status-checker/wsc/store/internal/storable"
)

// conditions collects the parts of a WHERE clause and their arguments.
type conditions struct {
	parts     []string
	arguments []any
}

// add appends a condition with a ? for each argument.
func (c *conditions) add(condition string, arguments ...any) {
	c.parts = append(c.parts, condition)
	c.arguments = append(c.arguments, arguments...)
}

func (c *conditions) sql() string {
	if len(c.parts) == 0 {
		return ""
	}
	return "WHERE " + strings.Join(c.parts, " AND ")
}

// oneOf is a condition that the column has one of the values in the JSON array that ? stands for.
func oneOf(column string) string { return column + ` IN (SELECT value FROM json_each(?))` }

// numbers is the JSON array of the numbers.
func numbers[T int | int64](values []T) string {
	if len(values) == 0 {
		return "[]"
	}
	return strings.ReplaceAll(fmt.Sprint(values), " ", ",")
}

// texts is the JSON array of the strings.
func texts[T ~string](values []T) (string, error) {
	list := make([]string, len(values))
	for i, value := range values {
		list[i] = storable.Text(string(value))
	}
	data, err := json.Marshal(list)
	if err != nil {
		return "", fmt.Errorf("encode a list of values: %w", err)
	}
	return string(data), nil
}

// stamp is the stored form of a time, microseconds since 1970.
func stamp(t time.Time) int64 { return t.UnixMicro() }

// optionalStamp is nil for no time and for the zero time.
func optionalStamp(t *time.Time) any {
	if t == nil || t.IsZero() {
		return nil
	}
	return stamp(*t)
}

// fromStamp is the reverse of stamp, in UTC.
func fromStamp(micros int64) time.Time { return time.UnixMicro(micros).UTC() }

// fromOptionalStamp is the reverse of optionalStamp.
func fromOptionalStamp(micros *int64) *time.Time {
	if micros == nil {
		return nil
	}
	t := fromStamp(*micros)
	return &t
}

// text is a JSON part as SQLite wants it: text, or NULL for none.
func text(data []byte) any {
	if data == nil {
		return nil
	}
	return string(data)
}
