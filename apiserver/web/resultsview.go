package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/client"
)

// resultsView is what the part "results" of a page shows: the filters, the table and the way to other pages.
type resultsView struct {
	Job *wsc.Job
	// Embedded is true where the part stands on the job's own page, and not on one of its own.
	Embedded bool
	Columns  []resultColumn
	Rows     []resultRow
	// Total is how many results match, nil while that is not known.
	Total *int64
	// First is the number of the first row, from 1; 0 if that is not known.
	First int64
	// Problems are what is wrong with the fields of the form, in words, by their names. There are no rows then.
	Problems map[string]string
	// Hints are sentences about what was left out of the address.
	Hints []string

	query              *resultsQuery
	page, fragment     string
	previous, next     *resultsLink
	beginning, ending  *resultsLink
	reachable, atStart bool
}

// resultsLink is a link to another view of the results: a page to visit, and the fragment that a script takes.
type resultsLink struct{ Href, Fragment string }

// results reads the parameters of the address and the page of results that they ask for: with one call of the API. What
// people can get wrong is told in the view, so that an error is one of the server or of the job.
func (s *Site) results(r *http.Request, job *wsc.Job) (*resultsView, error) {
	values := r.URL.Query()
	q := parseResultsQuery(values)
	own := "/jobs/" + url.PathEscape(job.ID)
	v := &resultsView{
		Job: job, Embedded: r.URL.Path == own || values.Get("on") == "job", query: q, Problems: q.problems, Hints: q.hints,
		page: own, fragment: own + "/results",
	}
	if !v.Embedded {
		v.page = v.fragment
	}
	chosen := q.columnsOf(r)
	v.Columns = slices.DeleteFunc(resultColumns(), func(c resultColumn) bool { return !c.Fixed && !slices.Contains(chosen, c.Name) })
	if len(v.Problems) > 0 {
		return v, nil
	}
	page, err := s.resultPage(r, v)
	if err != nil || page == nil {
		return v, err
	}
	v.fill(page)
	return v, nil
}

// resultPage asks for the page; it is nil if a field turned out to be wrong, which the view then says.
func (s *Site) resultPage(r *http.Request, v *resultsView) (*wsc.ResultPage, error) {
	q := v.query
	ask := client.ResultQuery{ResultFilter: q.filter(), Limit: q.limit, Cursor: q.cursor}
	ask.Desc = q.desc != q.back
	page, err := s.client.Results(r.Context(), v.Job.ID, ask)
	if wsc.CodeOf(err) == wsc.CodeInvalidCursor && q.cursor != "" {
		v.Hints = append(v.Hints, "The address names a page that does not fit this order. Here is the first one.")
		q.cursor, q.back, q.at = "", false, 0
		ask.Cursor, ask.Desc = "", q.desc
		page, err = s.client.Results(r.Context(), v.Job.ID, ask)
	}
	if err == nil {
		return page, nil
	}
	if wsc.CodeOf(err) == wsc.CodeInvalidRequest {
		switch problem := s.problemOf(r, err); problem.Field {
		case "host":
			v.Problems["host"] = hostProblem
			return nil, nil
		case "q":
			v.Problems["q"] = "The text holds a character that can't be searched for."
			return nil, nil
		}
	}
	return nil, err
}

// fill takes over the results of a page and makes the links to its neighbours.
func (v *resultsView) fill(page *wsc.ResultPage) {
	q := v.query
	before, after := page.PrevCursor, page.NextCursor
	if q.back {
		slices.Reverse(page.Results)
		before, after = after, before
	}
	for i := range page.Results {
		v.Rows = append(v.Rows, resultRow{Result: &page.Results[i], Job: v.Job})
	}
	v.Total = v.total(page)
	shown, limit := int64(len(v.Rows)), int64(q.limit)
	if q.back && q.cursor == "" && v.Total != nil && q.at < 0 {
		q.at = max(*v.Total-shown, 0)
	}
	if q.at >= 0 && shown > 0 && (q.at == 0 || v.Job.Status.Terminal()) {
		v.First = q.at + 1
	}
	if before != "" {
		at := int64(-1)
		if q.at >= 0 {
			at = max(q.at-limit, 0)
		}
		v.previous = v.link(q.valuesAt(before, q.back, at))
	}
	if after != "" {
		at := int64(-1)
		if q.at >= 0 {
			at = q.at + shown
		}
		v.next = v.link(q.valuesAt(after, q.back, at))
	}
	if v.atStart = !q.back && q.cursor == "" || q.back && before == ""; !v.atStart {
		v.beginning = v.link(q.values())
	}
	if atEnd := !q.back && after == "" || q.back && q.cursor == ""; !atEnd {
		v.ending = v.link(q.valuesAt("", true, -1))
	}
}

// total is how many results match, as far as that is known without counting.
func (v *resultsView) total(page *wsc.ResultPage) *int64 {
	q, counts := v.query, v.Job.JobCounts
	if page.Matching != nil {
		return page.Matching
	}
	if q.cursor == "" && page.NextCursor == "" {
		return new(int64(len(page.Results)))
	}
	if q.unfiltered() {
		return &counts.ProcessedURLs
	}
	if only := q.filterValues(); len(only) == 1 && only.Has("status") {
		var sum int64
		for _, status := range q.statuses {
			sum += countOf(counts, status)
		}
		return &sum
	}
	return nil
}

func countOf(counts wsc.JobCounts, status wsc.Status) int64 {
	switch status {
	case wsc.StatusActive:
		return counts.ActiveCount
	case wsc.StatusInactive:
		return counts.InactiveCount
	case wsc.StatusError:
		return counts.ErrorCount
	default:
		return 0
	}
}

// link leads to the view with these parameters.
func (v *resultsView) link(values url.Values) *resultsLink {
	link := &resultsLink{v.page, v.fragment}
	if query := values.Encode(); query != "" {
		link.Href += "?" + query
		link.Fragment += "?" + query
	}
	if v.Embedded {
		link.Href += "#results"
	}
	return link
}

// Address is where the view as it is can be visited again.
func (v *resultsView) Address() string {
	address, _, _ := strings.Cut(v.Here().Href, "#")
	return address
}

// Here leads to the same page of results.
func (v *resultsView) Here() *resultsLink { return v.link(v.query.pageValues()) }

// Action is where the form is sent to.
func (v *resultsView) Action() *resultsLink { return v.link(nil) }

// Previous leads to the page before this one, nil if there is none; Next, Beginning and Ending likewise.
func (v *resultsView) Previous() *resultsLink { return v.previous }

// Next leads to the page behind this one.
func (v *resultsView) Next() *resultsLink { return v.next }

// Beginning leads to the first page.
func (v *resultsView) Beginning() *resultsLink { return v.beginning }

// Ending leads to the last page.
func (v *resultsView) Ending() *resultsLink { return v.ending }

// Paged reports whether the results do not fit on one page.
func (v *resultsView) Paged() bool {
	return v.previous != nil || v.next != nil || v.beginning != nil || v.ending != nil
}

// FromTheTop reports whether the first page is shown, which new results may change.
func (v *resultsView) FromTheTop() bool { return v.atStart }

// FilterQuery are the parameters of the filters alone, as an export takes them; "" without any.
func (v *resultsView) FilterQuery() string { return v.query.filterValues().Encode() }

// Filtered reports whether some results are left out.
func (v *resultsView) Filtered() bool { return !v.query.unfiltered() }

// Wide reports whether the table has more columns than a page has room for.
func (v *resultsView) Wide() bool { return len(v.Columns) > len(usualColumns())+3 }

// Last is the number of the last row, 0 if that is not known.
func (v *resultsView) Last() int64 {
	if v.First == 0 {
		return 0
	}
	return v.First + int64(len(v.Rows)) - 1
}

// Count is how many rows are shown.
func (v *resultsView) Count() int { return len(v.Rows) }

// Sorting is the order by a column: ascending, descending or none, for aria-sort.
func (v *resultsView) Sorting(c resultColumn) string {
	switch {
	case c.Sort == "" || c.Sort != v.query.sort:
		return "none"
	case v.query.desc:
		return "descending"
	default:
		return "ascending"
	}
}

// SortLink orders by the column, or turns its order round. Times begin with the longest.
func (v *resultsView) SortLink(c resultColumn) *resultsLink {
	q := *v.query
	q.desc = c.Sort == wsc.SortResponseTime
	if c.Sort == v.query.sort {
		q.desc = !v.query.desc
	}
	q.sort = c.Sort
	return v.link(q.values())
}

// Clear leaves the filters out and keeps the rest.
func (v *resultsView) Clear() *resultsLink {
	values := v.query.values()
	for name := range v.query.filterValues() {
		values.Del(name)
	}
	return v.link(values)
}

// Host is the text of the field for a host.
func (v *resultsView) Host() string { return v.query.host }

// Text is the text of the search field.
func (v *resultsView) Text() string { return v.query.text }

// HTTPStatus is the text of the field for HTTP statuses.
func (v *resultsView) HTTPStatus() string { return v.query.httpStatus }

// Filename is the name of the list.
func (v *resultsView) Filename() string { return cell(v.Job.Filename) }
