package web

import (
	"net/http"
	"net/url"

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
	if view.Change != "" {
		wanted.Changes = []wsc.Change{view.Change}
	}
	if view.Diff, err = s.client.Diff(r.Context(), id, with, wanted); err != nil {
		s.failJob(w, r, err)
		return
	}
	s.render(w, r, http.StatusOK, "compare", page{Title: "What changed · " + view.Later.Filename, Nav: "jobs", Body: view})
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
			Name: changeWords(change), Hint: changeHint(change), Tone: changeTone(change), Link: v.Link(change, ""),
			Current: v.Change == change, Count: counts[change],
		})
	}
	return append(cards, comparedCard{Name: "The same", Hint: "active in both, nothing to see", Tone: "calm", Count: v.Diff.Counts.Same})
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
