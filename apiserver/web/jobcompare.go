package web

import (
	"net/http"
	"net/url"
	"slices"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/client"
)

// comparedPage is how many URLs a page of a comparison has.
const comparedPage = 100

// compareView is what the comparison of two jobs shows.
type compareView struct {
	Earlier, Later *wsc.Job
	Diff           *wsc.Diff
	// Change is the change whose URLs are listed, "" for all.
	Change wsc.Change
	// Further is whether the page is not the first one.
	Further bool
}

// comparePage shows how the results of a job differ from those of another one. The younger one is the later one, in
// whatever order they are named.
func (s *Site) comparePage(w http.ResponseWriter, r *http.Request) {
	id, query := r.PathValue("id"), r.URL.Query()
	with := query.Get("with")
	if with == "" || with == id {
		s.fail(w, r, wsc.Errorf(wsc.CodeInvalidRequest, "Choose another run to compare with.").At(wsc.Place{Field: "with"}))
		return
	}
	if with > id { // ids begin with the time
		query.Set("with", id)
		s.redirect(w, r, "/jobs/"+url.PathEscape(with)+"/compare?"+query.Encode())
		return
	}
	view := &compareView{Change: wsc.Change(query.Get("change")), Further: query.Get("cursor") != ""}
	var err error
	if view.Later, err = s.client.Job(r.Context(), id); err == nil {
		view.Earlier, err = s.client.Job(r.Context(), with)
	}
	if err != nil {
		s.failJob(w, r, err)
		return
	}
	wanted := client.DiffQuery{Limit: comparedPage, Cursor: query.Get("cursor")}
	switch {
	case view.Change != "":
		wanted.Changes = []wsc.Change{view.Change}
	case view.Repeats():
		wanted.Changes = slices.DeleteFunc(wsc.Changes(), func(change wsc.Change) bool { return change == wsc.ChangeRemoved })
	}
	if view.Diff, err = s.client.Diff(r.Context(), id, with, wanted); err != nil {
		s.failJob(w, r, err)
		return
	}
	s.render(w, r, http.StatusOK, "compare", page{Title: "What changed · " + view.Later.Filename, Nav: "jobs", Body: view})
}

// Repeats reports whether the later job checks again what was not active in the earlier one. What only the earlier job has
// was left out on purpose then, and is no change.
func (v *compareView) Repeats() bool { return v.Later.RetryOf == v.Earlier.ID }

// LeftOut is how many URLs a repetition left out because they were active.
func (v *compareView) LeftOut() int64 { return min(v.Diff.Counts.Removed, v.Earlier.ActiveCount) }

// NotReached is how many URLs a repetition should have checked and did not: it was ended early, or still runs.
func (v *compareView) NotReached() int64 { return v.Diff.Counts.Removed - v.LeftOut() }

// Words name a change between the two jobs.
func (v *compareView) Words(change wsc.Change) string {
	if change == wsc.ChangeRemoved && v.Repeats() {
		return "Not checked again"
	}
	return changeWords(change)
}

// Hint says what a change between the two jobs means.
func (v *compareView) Hint(change wsc.Change) string {
	switch {
	case change != wsc.ChangeRemoved || !v.Repeats():
		return changeHint(change)
	case v.NotReached() == 0:
		return "were active"
	default:
		return grouped(v.LeftOut()) + " active, " + grouped(v.NotReached()) + " not reached"
	}
}

// Absent says why a result of the earlier job has none beside it.
func (v *compareView) Absent(before *wsc.DiffResult) string {
	switch {
	case !v.Repeats():
		return "not in this run"
	case before.Status == wsc.StatusActive:
		return "not checked again: was active"
	default:
		return "not reached"
	}
}

// comparedCard is a count of a comparison.
type comparedCard struct {
	Name, Hint, Tone string
	// Link leads to the URLs; "" if they are not listed.
	Link    string
	Current bool
	Count   int64
}

// Cards are the counts, those first that need attention.
func (v *compareView) Cards() []comparedCard {
	counts := map[wsc.Change]int64{
		wsc.ChangeNew: v.Diff.Counts.New, wsc.ChangeStillBroken: v.Diff.Counts.StillBroken, wsc.ChangeFixed: v.Diff.Counts.Fixed,
		wsc.ChangeChanged: v.Diff.Counts.Changed, wsc.ChangeAdded: v.Diff.Counts.Added, wsc.ChangeRemoved: v.Diff.Counts.Removed,
	}
	cards := make([]comparedCard, 0, len(counts)+1)
	for _, change := range wsc.Changes() {
		cards = append(cards, comparedCard{
			Name: v.Words(change), Hint: v.Hint(change), Tone: changeTone(change), Link: v.Link(change, ""),
			Current: v.Change == change, Count: counts[change],
		})
	}
	return append(cards, comparedCard{Name: "The same", Hint: "active in both, as before", Tone: "calm", Count: v.Diff.Counts.Same})
}

func changeTone(change wsc.Change) string {
	switch change {
	case wsc.ChangeNew:
		return "bad"
	case wsc.ChangeStillBroken:
		return "warn"
	case wsc.ChangeFixed:
		return "good"
	case wsc.ChangeChanged, wsc.ChangeAdded, wsc.ChangeRemoved:
	}
	return "calm"
}

// Link is the address of the comparison with one change ("" for all), from a cursor on.
func (v *compareView) Link(change wsc.Change, cursor string) string {
	query := url.Values{"with": {v.Earlier.ID}}
	if change != "" {
		query.Set("change", string(change))
	}
	if cursor != "" {
		query.Set("cursor", cursor)
	}
	return "/jobs/" + v.Later.ID + "/compare?" + query.Encode()
}

// resultsAt is the address of a job's results with one filter.
func resultsAt(jobID, name, value string) string {
	return "/jobs/" + jobID + "?" + url.Values{name: {value}}.Encode() + "#results"
}
