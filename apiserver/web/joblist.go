package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"time"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/client"
)

// jobsOfPage is how many jobs a page of the list has.
const jobsOfPage = 25

// jobStates are the states that the list can be limited to, by the name that stands in the address.
func jobStates() []jobState {
	return []jobState{
		{"", "All", nil},
		{"running", "Running", []wsc.JobStatus{wsc.JobPending, wsc.JobProcessing}},
		{"paused", "Paused", []wsc.JobStatus{wsc.JobPaused}},
		{"completed", "Completed", []wsc.JobStatus{wsc.JobCompleted}},
		{"failed", "Failed", []wsc.JobStatus{wsc.JobFailed}},
		{"cancelled", "Cancelled", []wsc.JobStatus{wsc.JobCancelled}},
	}
}

type jobState struct {
	Name, Words string
	statuses    []wsc.JobStatus
}

// jobOrder is an order of the list and what comes first in it.
type jobOrder struct {
	Sort  wsc.JobSort
	Words string
}

func jobOrders() []jobOrder {
	return []jobOrder{
		{wsc.JobsNewest, "Newest first"},
		{wsc.JobsOldest, "Oldest first"},
		{wsc.JobsByName, "Name, A to Z"},
		{wsc.JobsByNameZ, "Name, Z to A"},
		{wsc.JobsLargest, "Largest first"},
		{wsc.JobsSmallest, "Smallest first"},
	}
}

// jobListView is what the list shows: the choices of the address.
type jobListView struct {
	State, Query, Key, Cursor string
	Sort                      wsc.JobSort
}

func readJobListView(query url.Values) jobListView {
	view := jobListView{
		State: query.Get("status"), Query: query.Get("q"), Key: query.Get("key"), Cursor: query.Get("cursor"), Sort: wsc.JobSort(query.Get("sort")),
	}
	if !slices.Contains(wsc.JobSorts(), view.Sort) {
		view.Sort = wsc.JobsNewest
	}
	if !slices.ContainsFunc(jobStates(), func(state jobState) bool { return state.Name == view.State }) {
		view.State = ""
	}
	return view
}

func (v jobListView) query() client.JobQuery {
	query := client.JobQuery{Query: v.Query, KeyID: v.Key, Sort: v.Sort, Limit: jobsOfPage, Cursor: v.Cursor}
	for _, state := range jobStates() {
		if state.Name == v.State {
			query.Statuses = state.statuses
		}
	}
	return query
}

// At is the address of the list as it is now, but at another cursor.
func (v jobListView) At(cursor string) string {
	v.Cursor = cursor
	return v.address()
}

// In is the address of the list in another state, from its beginning.
func (v jobListView) In(state string) string {
	v.State, v.Cursor = state, ""
	return v.address()
}

// Here is the address of the list as it is now.
func (v jobListView) Here() string { return v.address() }

// OfAllKeys is the address of the list without the limit to one key.
func (v jobListView) OfAllKeys() string {
	v.Key, v.Cursor = "", ""
	return v.address()
}

// Filtered reports whether jobs may be left out.
func (v jobListView) Filtered() bool { return v.State != "" || v.Query != "" || v.Key != "" }

func (v jobListView) address() string {
	values := url.Values{}
	for name, value := range map[string]string{"status": v.State, "q": v.Query, "key": v.Key, "cursor": v.Cursor} {
		if value != "" {
			values.Set(name, value)
		}
	}
	if v.Sort != wsc.JobsNewest {
		values.Set("sort", string(v.Sort))
	}
	if len(values) == 0 {
		return "/jobs"
	}
	return "/jobs?" + values.Encode()
}

// jobList is the page of the list.
type jobList struct {
	jobListView
	Rows       []jobRow
	Prev, Next string
	States     []jobState
	Orders     []jobOrder
	// KeyName is the name of the key that the list is limited to.
	KeyName string
}

// Astray reports whether the page lies where no jobs are any more.
func (l jobList) Astray() bool { return l.Cursor != "" && len(l.Rows) == 0 }

// Grows reports whether new jobs would stand on this page.
func (l jobList) Grows() bool { return l.Cursor == "" && l.Sort == wsc.JobsNewest }

// Blank reports whether there is nothing to be found in any way.
func (l jobList) Blank() bool { return len(l.Rows) == 0 && !l.Filtered() && l.Cursor == "" }

// jobRow is a job of the list.
type jobRow struct {
	wsc.Job
	// Owner is the name of the key that it belongs to, shown to those who see the jobs of several keys.
	Owner string
	// Here is the address of the page, where actions lead back to.
	Here     string
	CanWrite bool
}

// Live reports whether the row changes by itself.
func (r jobRow) Live() bool {
	return r.DeleteAt != nil || r.Speaks()
}

// Speaks reports whether what the job is doing says more than its status.
func (r jobRow) Speaks() bool {
	return r.Status == wsc.JobPending || r.Status == wsc.JobProcessing || r.Status == wsc.JobCompleted && r.Phase != wsc.PhaseDone
}

// Took is how long the job has been worked on.
func (r jobRow) Took() time.Duration {
	switch {
	case r.StartedAt == nil:
		return 0
	case r.FinishedAt != nil:
		return r.FinishedAt.Sub(*r.StartedAt)
	default:
		return time.Since(*r.StartedAt)
	}
}

// jobsPage lists jobs.
func (s *Site) jobsPage(w http.ResponseWriter, r *http.Request) {
	view := readJobListView(r.URL.Query())
	found, err := s.client.Jobs(r.Context(), view.query())
	if wsc.CodeOf(err) == wsc.CodeInvalidCursor && view.Cursor != "" {
		s.redirect(w, r, view.At("")) // an old or edited address
		return
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	list := jobList{jobListView: view, Prev: found.PrevCursor, Next: found.NextCursor, States: jobStates(), Orders: jobOrders()}
	if list.Rows, err = s.jobRows(r, found.Jobs, view.Here()); err != nil {
		s.fail(w, r, err)
		return
	}
	if view.Key != "" {
		if list.KeyName, err = s.keyName(r.Context(), view.Key); err != nil {
			s.fail(w, r, err)
			return
		}
	}
	p := page{Title: "Jobs", Nav: "jobs", Scripts: []string{"jobs.js"}, Body: list}
	if isFragment(r) {
		p.Key = keyOf(r)
		noteAddress(w, r, view.Here()) // without what the form sends and need not
		s.renderFragment(w, r, http.StatusOK, "jobs", "list", p)
		return
	}
	s.render(w, r, http.StatusOK, "jobs", p)
}

// jobRowsPart sends the rows of the jobs that the address names, for a list that is open: one request for all of them.
func (s *Site) jobRowsPart(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	ids := query["id"]
	ids = ids[:min(len(ids), jobsOfPage)]
	var rows []jobRow
	if len(ids) > 0 {
		found, err := s.client.Jobs(r.Context(), client.JobQuery{IDs: ids, Limit: jobsOfPage})
		if err != nil {
			s.fail(w, r, err)
			return
		}
		if rows, err = s.jobRows(r, found.Jobs, localTarget(query.Get("next"))); err != nil {
			s.fail(w, r, err)
			return
		}
	}
	s.renderFragment(w, r, http.StatusOK, "jobs", "rows", rows)
}

func (s *Site) jobRows(r *http.Request, jobs []wsc.Job, here string) ([]jobRow, error) {
	key := keyOf(r)
	var names map[string]string
	if key.Can(wsc.ScopeAdmin) && len(jobs) > 0 {
		var err error
		if names, err = s.keyNames(r.Context()); err != nil {
			return nil, err
		}
	}
	rows := make([]jobRow, len(jobs))
	for i := range jobs {
		rows[i] = jobRow{Job: jobs[i], Here: here, CanWrite: key.Can(wsc.ScopeWrite)}
		if names != nil {
			rows[i].Owner = names[jobs[i].Owner]
			if rows[i].Owner == "" {
				rows[i].Owner = jobs[i].Owner
			}
		}
	}
	return rows, nil
}

// configuredKeyName is what the key is called that no list of keys has.
const configuredKeyName = "admin key of the configuration"

// namedKeys is how many keys are read for their names, the newest; jobs of others are shown with the id of their key.
const namedKeys = 1000

// keyNames are the names of keys, by id.
func (s *Site) keyNames(ctx context.Context) (map[string]string, error) {
	found, err := s.client.Keys(ctx, client.KeyQuery{Limit: namedKeys})
	if err != nil {
		return nil, err
	}
	names := map[string]string{wsc.AdminKeyID: configuredKeyName}
	for i := range found.Keys {
		names[found.Keys[i].ID] = found.Keys[i].Name
	}
	return names, nil
}

// keyName is the name of a key, or its id if there is none of that id or it is not for this person to see.
func (s *Site) keyName(ctx context.Context, id string) (string, error) {
	if id == wsc.AdminKeyID {
		return configuredKeyName, nil
	}
	key, err := s.client.Key(ctx, id)
	switch wsc.CodeOf(err) {
	case wsc.CodeNotFound, wsc.CodeInsufficientScope:
		return id, nil
	}
	if err != nil {
		return "", err
	}
	return key.Name, nil
}
