package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/client"
)

const (
	// resultsLimit is how many results a page shows unless another size is asked for.
	resultsLimit = 100
	// maxSearch is the most characters of a search, which is the API's limit.
	maxSearch = 200
	// maxHostLength is the most bytes of a host, which is the API's limit.
	maxHostLength = 255
)

// resultsLimits are the page sizes to choose from.
func resultsLimits() []int { return []int{50, resultsLimit, 250} }

// resultSorts are the orders of results.
func resultSorts() []wsc.ResultSort {
	return []wsc.ResultSort{wsc.SortSeq, wsc.SortURL, wsc.SortHost, wsc.SortStatus, wsc.SortHTTPStatus, wsc.SortResponseTime}
}

// resultsQuery is what the address of a results page asks for: the API's filters under their names, and the page.
type resultsQuery struct {
	statuses []wsc.Status
	kinds    []wsc.ErrorKind
	// httpStatus is the text of the field, which is kept when it is wrong.
	httpStatus   string
	httpStatuses []int
	host         string
	text         string
	slow         *bool
	sort         wsc.ResultSort
	desc         bool
	limit        int
	// cursor continues the list, or, if back is true, the list in the reverse order: from its end to its begin. Without
	// a cursor these are the first page and the last one.
	cursor string
	back   bool
	// at is how many results stand before the page, -1 if that is not known.
	at int64
	// columns are those that the address names; nil if it names none.
	columns []string

	// problems are what is wrong with the fields of the form, in words, by the field's name.
	problems map[string]string
	// hints are what was left out of an address that nobody typed into a field.
	hints []string
}

// parseResultsQuery reads the parameters of an address. It never fails: what is wrong with a field is told there, and what
// can't be typed into one is left out with a hint.
func parseResultsQuery(values url.Values) *resultsQuery {
	q := &resultsQuery{problems: map[string]string{}, sort: wsc.SortSeq, limit: resultsLimit, at: -1}
	q.statuses = chosen(q, values["status"], wsc.Statuses(), "an outcome")
	q.kinds = chosen(q, values["error_kind"], wsc.ErrorKinds(), "a kind of error")
	q.parseHTTPStatus(values["http_status"])
	if q.host = strings.TrimSpace(values.Get("host")); len(q.host) > maxHostLength {
		q.problems["host"] = hostProblem
	}
	q.text = strings.TrimSpace(values.Get("q"))
	if utf8.RuneCountInString(q.text) > maxSearch {
		q.problems["q"] = "Search for at most 200 characters."
	}
	if slow, err := strconv.ParseBool(values.Get("slow")); err == nil {
		q.slow = &slow
	} else if values.Get("slow") != "" {
		q.hint("a speed")
	}
	if order := values.Get("sort"); order != "" {
		name, desc := strings.CutPrefix(order, "-")
		if slices.Contains(resultSorts(), wsc.ResultSort(name)) {
			q.sort, q.desc = wsc.ResultSort(name), desc
		} else {
			q.hint("an order")
		}
	}
	if limit, err := strconv.Atoi(values.Get("limit")); err == nil && slices.Contains(resultsLimits(), limit) {
		q.limit = limit
	} else if values.Get("limit") != "" {
		q.hint("a page size")
	}
	q.cursor, q.back = values.Get("cursor"), values.Get("back") == "1"
	if at, err := strconv.ParseInt(values.Get("at"), 10, 64); err == nil && at >= 0 {
		q.at = at
	}
	if q.cursor == "" && !q.back {
		q.at = 0
	}
	if names := values["cols"]; len(names) > 0 {
		q.columns = knownColumns(split(names))
	}
	return q
}

const (
	hostProblem       = "Write one host name or IP address, such as www.example.com."
	httpStatusProblem = "Write HTTP statuses from 100 to 599 with commas between them, such as 404, 500."
)

func (q *resultsQuery) hint(what string) {
	q.hints = append(q.hints, "The address asks for "+what+" that does not exist; it was left out.")
}

func (q *resultsQuery) parseHTTPStatus(values []string) {
	q.httpStatus = strings.TrimSpace(strings.Join(values, ","))
	for _, text := range split(values) {
		code, err := strconv.Atoi(text)
		if err != nil || code < 100 || code > 599 {
			q.problems["http_status"] = httpStatusProblem
			return
		}
		q.httpStatuses = append(q.httpStatuses, code)
	}
}

// chosen are the values of a fixed list that the parameters name.
func chosen[T ~string](q *resultsQuery, values []string, known []T, what string) []T {
	var list []T
	for _, text := range split(values) {
		switch {
		case !slices.Contains(known, T(text)):
			q.hint(what)
		case !slices.Contains(list, T(text)):
			list = append(list, T(text))
		}
	}
	return list
}

// split takes repeated parameters and commas apart.
func split(values []string) []string {
	var list []string
	for _, value := range values {
		for text := range strings.SplitSeq(value, ",") {
			if text = strings.TrimSpace(text); text != "" {
				list = append(list, text)
			}
		}
	}
	return list
}

// filter is the selection and the order for the API.
func (q *resultsQuery) filter() client.ResultFilter {
	return client.ResultFilter{
		Statuses: q.statuses, ErrorKinds: q.kinds, HTTPStatuses: q.httpStatuses, Slow: q.slow, Host: q.host, Query: q.text,
		Sort: q.sort, Desc: q.desc,
	}
}

// unfiltered reports whether the query selects every result.
func (q *resultsQuery) unfiltered() bool { return len(q.filterValues()) == 0 }

// filterValues are the parameters of the selection alone, which a download takes as well.
func (q *resultsQuery) filterValues() url.Values {
	values := url.Values{}
	set := func(name, value string) {
		if value != "" {
			values.Set(name, value)
		}
	}
	set("status", joined(q.statuses))
	set("error_kind", joined(q.kinds))
	set("http_status", q.httpStatus)
	set("host", q.host)
	set("q", q.text)
	if q.slow != nil {
		set("slow", strconv.FormatBool(*q.slow))
	}
	return values
}

// values are the parameters of the first page of the query; what has its default is left out.
func (q *resultsQuery) values() url.Values {
	values := q.filterValues()
	if order := q.order(); order != string(wsc.SortSeq) {
		values.Set("sort", order)
	}
	if q.limit != resultsLimit {
		values.Set("limit", strconv.Itoa(q.limit))
	}
	if q.columns != nil {
		values.Set("cols", columnsText(q.columns))
	}
	return values
}

// order is the sort parameter.
func (q *resultsQuery) order() string {
	if q.desc {
		return "-" + string(q.sort)
	}
	return string(q.sort)
}

// pageValues are the parameters of the page that the query is at.
func (q *resultsQuery) pageValues() url.Values { return q.valuesAt(q.cursor, q.back, q.at) }

// valuesAt are the parameters of another page of the query.
func (q *resultsQuery) valuesAt(cursor string, back bool, at int64) url.Values {
	values := q.values()
	if cursor != "" {
		values.Set("cursor", cursor)
	}
	if back {
		values.Set("back", "1")
	}
	if (cursor != "" || back) && at >= 0 {
		values.Set("at", strconv.FormatInt(at, 10))
	}
	return values
}

func joined[T ~string](list []T) string {
	texts := make([]string, len(list))
	for i, value := range list {
		texts[i] = string(value)
	}
	return strings.Join(texts, ",")
}

// columnsCookie holds the columns that the browser's user chose; a script writes it, since it is about looks only.
const columnsCookie = "wsc_columns"

// columnsOf are the columns to show: those that the address names, those that the browser remembers, or the usual ones.
func (q *resultsQuery) columnsOf(r *http.Request) []string {
	if q.columns != nil {
		return q.columns
	}
	if cookie, err := r.Cookie(columnsCookie); err == nil && cookie.Value != "" {
		return knownColumns(strings.Split(cookie.Value, "."))
	}
	return usualColumns()
}
