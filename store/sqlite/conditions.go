package sqlite

import (
	"strconv"
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

// addOneOf appends a condition that the column has one of the values. The values stand one by one, since SQLite uses an
// index for these better than for a JSON array.
func addOneOf[T any](c *conditions, column string, values []T, storable func(T) any) {
	places := strings.Repeat(`, ?`, len(values))[2:]
	c.parts = append(c.parts, column+` IN (`+places+`)`)
	for _, value := range values {
		c.arguments = append(c.arguments, storable(value))
	}
}

// storableText is the stored form of a named string.
func storableText[T ~string](value T) any { return storable.Text(string(value)) }

// seqIn is a condition on seq for the JSON array that ? stands for; there can be more seqs than parameters.
const seqIn = `seq IN (SELECT value FROM json_each(?))`

// jsonArray is the JSON array of the numbers.
func jsonArray(values []int64) string {
	text := []byte{'['}
	for i, value := range values {
		if i > 0 {
			text = append(text, ',')
		}
		text = strconv.AppendInt(text, value, 10)
	}
	return string(append(text, ']'))
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
