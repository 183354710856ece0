package web

import (
	"errors"
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"
	"time"

	wsc "github.com/website-status-checker/wsc"
)

// functions are what templates can call. Numbers and times are written in a form that everybody can read and that
// scripts turn into the reader's own: see localise in app.js.
func (s *Site) functions() template.FuncMap {
	return template.FuncMap{
		"ago":         ago,
		"asset":       s.assets.address,
		"bytes":       func(n int64) template.HTML { return fractional(byteSize(n)) },
		"changeTone":  changeTone,
		"dict":        dict,
		"duration":    duration,
		"icon":        icon,
		"join":        strings.Join,
		"keepChoices": keepChoices,
		"kindWords":   wsc.ErrorKind.Sentence,
		"ms":          localMilliseconds,
		"num":         number,
		"percent":     func(part, whole int64) template.HTML { return fractional(percent(part, whole)) },
		"phaseWords":  phaseWords,
		"rate":        rate,
		"resultsAt":   resultsAt,
		"scopeWords":  scopeWords,
		"statusTone":  statusTone,
		"when":        when,
		"workflow":    s.temporal.Workflow,
	}
}

// dict makes a map of names and values, for parts of pages that take several.
func dict(pairs ...any) (map[string]any, error) {
	values := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("dict: %v is no name", pairs[i])
		}
		values[name] = pairs[i+1]
	}
	if len(pairs)%2 != 0 {
		return nil, errors.New("dict: a value without a name")
	}
	return values, nil
}

// number writes an integer with its thousands apart.
func number(value any) (template.HTML, error) {
	var n int64
	switch value := value.(type) {
	case int:
		n = int64(value)
	case int64:
		n = value
	case *int64:
		n = *value
	default:
		return "", fmt.Errorf("num: %T is no integer", value)
	}
	return template.HTML(fmt.Sprintf(`<data value="%d">%s</data>`, n, grouped(n))), nil //nolint:gosec // digits only
}

// fractional marks the number of a text like "9.5 ms", if it has a fraction, for scripts that write it as the reader does.
func fractional(text string) template.HTML {
	const digits = "0123456789"
	start, end := strings.IndexAny(text, digits), strings.LastIndexAny(text, digits)+1
	if start < 0 {
		start = 0
	}
	number := text[start:end]
	_, fraction, found := strings.Cut(number, ".")
	if !found {
		return template.HTML(template.HTMLEscapeString(text)) //nolint:gosec // escaped
	}
	//nolint:gosec // a number, and the rest is escaped
	return template.HTML(fmt.Sprintf(`%s<data value="%s" data-digits="%d">%s</data>%s`,
		template.HTMLEscapeString(text[:start]), template.HTMLEscapeString(number), len(fraction), template.HTMLEscapeString(number), template.HTMLEscapeString(text[end:])))
}

// localMilliseconds is milliseconds in the reader's own form.
func localMilliseconds(ms float64) template.HTML { return fractional(milliseconds(ms)) }

func grouped(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// when writes a time (a time.Time or a *time.Time) to the second; a pointer to nothing is a dash.
func when(value any) (template.HTML, error) {
	var t time.Time
	switch value := value.(type) {
	case time.Time:
		t = value
	case *time.Time:
		if value == nil {
			return "–", nil
		}
		t = *value
	default:
		return "", fmt.Errorf("when: %T is no time", value)
	}
	t = t.UTC()
	//nolint:gosec // digits only
	return template.HTML(fmt.Sprintf(`<time datetime="%s" title="%s" tabindex="0">%s</time>`,
		t.Format(time.RFC3339Nano), t.Format("2006-01-02 15:04:05.000 UTC"), t.Format("2006-01-02 15:04:05 UTC"))), nil
}

// ago writes how far a time (a time.Time or a *time.Time) is from now; the exact time stands in its title.
func ago(value any) (template.HTML, error) {
	t, ok := value.(time.Time)
	if pointer, isPointer := value.(*time.Time); isPointer && pointer != nil {
		t, ok = *pointer, true
	}
	if !ok {
		return "", fmt.Errorf("ago: %T is no time", value)
	}
	t = t.UTC()
	//nolint:gosec // digits and our own words only
	return template.HTML(fmt.Sprintf(`<time datetime="%s" title="%s" data-ago tabindex="0">%s</time>`,
		t.Format(time.RFC3339Nano), t.Format("2006-01-02 15:04:05.000 UTC"), distance(time.Since(t)))), nil
}

// distance is a time from now in its largest unit; what is ahead is negative.
func distance(d time.Duration) string {
	away := d.Abs()
	var words string
	switch {
	case away < time.Second:
		return "now"
	case away < time.Minute:
		words = fmt.Sprintf("%d s", int(away.Seconds()))
	case away < time.Hour:
		words = fmt.Sprintf("%d min", int(away.Minutes()))
	case away < 48*time.Hour:
		words = fmt.Sprintf("%d h", int(away.Hours()))
	default:
		words = fmt.Sprintf("%d days", int(away.Hours())/24)
	}
	if d < 0 {
		return "in " + words
	}
	return words + " ago"
}

// milliseconds writes a time in ms with three digits that count.
func milliseconds(ms float64) string {
	switch {
	case ms <= 0:
		return "0 ms"
	case ms < 10:
		return strconv.FormatFloat(ms, 'f', 1, 64) + " ms"
	case ms < 1000:
		return strconv.FormatFloat(ms, 'f', 0, 64) + " ms"
	default:
		return strconv.FormatFloat(ms/1000, 'f', 2, 64) + " s"
	}
}

// duration writes a duration in its two largest units.
func duration(d time.Duration) string {
	if d > 0 && d < time.Second {
		return "less than 1 s"
	}
	d = d.Round(time.Second)
	days, hours, minutes, seconds := int(d.Hours())/24, int(d.Hours())%24, int(d.Minutes())%60, int(d.Seconds())%60
	switch {
	case days > 0:
		return fmt.Sprintf("%d d %d h", days, hours)
	case hours > 0:
		return fmt.Sprintf("%d h %d min", hours, minutes)
	case minutes > 0:
		return fmt.Sprintf("%d min %d s", minutes, seconds)
	default:
		return fmt.Sprintf("%d s", seconds)
	}
}

// percent writes a share of a whole; only all is 100 %, and only none is 0 %.
func percent(part, whole int64) string {
	if whole <= 0 || part <= 0 {
		return "0%"
	}
	share := 100 * float64(part) / float64(whole)
	switch {
	case share < 0.1:
		return "<0.1%"
	case part < whole:
		share = math.Min(share, 99.9)
	}
	if share >= 10 {
		return strconv.FormatFloat(math.Floor(share), 'f', 0, 64) + "%"
	}
	return strconv.FormatFloat(share, 'f', 1, 64) + "%"
}

// byteSize writes a number of bytes.
func byteSize(n int64) string {
	switch {
	case n >= 1<<20:
		return strconv.FormatFloat(float64(n)/(1<<20), 'f', 1, 64) + " MiB"
	case n >= 1<<10:
		return strconv.FormatFloat(float64(n)/(1<<10), 'f', 1, 64) + " KiB"
	default:
		return strconv.FormatInt(n, 10) + " bytes"
	}
}

// icon is a picture of the sprite, which says nothing to those who can't see it.
func icon(name string) template.HTML {
	//nolint:gosec // names are constants of the templates
	return template.HTML(`<svg class="icon" aria-hidden="true" focusable="false"><use href="#icon-` + template.HTMLEscapeString(name) + `"></use></svg>`)
}
