package postgres

import (
	"fmt"
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

// add appends a condition in which each %s stands for the place of an argument.
func (c *conditions) add(condition string, arguments ...any) {
	c.parts = append(c.parts, c.format(condition, arguments...))
}

// format takes the arguments and returns the condition with their places, for the caller to put somewhere.
func (c *conditions) format(condition string, arguments ...any) string {
	places := make([]any, len(arguments))
	for i, argument := range arguments {
		places[i] = c.place(argument)
	}
	return fmt.Sprintf(condition, places...)
}

// place takes an argument and returns the parameter that stands for it.
func (c *conditions) place(argument any) string {
	c.arguments = append(c.arguments, argument)
	return "$" + strconv.Itoa(len(c.arguments))
}

func (c *conditions) sql() string {
	if len(c.parts) == 0 {
		return ""
	}
	return "WHERE " + strings.Join(c.parts, " AND ")
}

// texts converts named strings, for which the driver has no array type.
func texts[T ~string](values []T) []string {
	list := make([]string, len(values))
	for i, value := range values {
		list[i] = storable.Text(string(value))
	}
	return list
}

// optionalTime is nil for the zero time.
func optionalTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
