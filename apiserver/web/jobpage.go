package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/client"
)

const (
	// statsAtOnce is the number of results up to which the page comes with its statistics; those of more are loaded after
	// it.
	statsAtOnce = 20_000
	// otherRuns is how many jobs are offered to compare with.
	otherRuns = 50
	// longestSearch is the longest file name that can be searched for.
	longestSearch = 200
)

// jobView is what the page of a job shows.
type jobView struct {
	*wsc.Job
	// Now is when the page was made.
	Now time.Time
	// CanWrite is whether the person may change the job.
	CanWrite bool
	// Filter are the parameters of the page's address that select and order results.
	Filter url.Values
	// Workflow is the address of the workflow in the Temporal UI, "" if that is not known.
	Workflow string
	// Stats are nil while they are still to be loaded.
	Stats *statsView
	// Results are the table below, only in the whole page.
	Results *resultsView
	// Others are the finished jobs of the same owner, those with the same file name first.
	Others []wsc.Job
}

// jobPage shows a job, or only the part above its charts and results if a script asks for that.
func (s *Site) jobPage(w http.ResponseWriter, r *http.Request) {
	job, err := s.client.Job(r.Context(), r.PathValue("id"))
	if err != nil {
		s.failJob(w, r, err)
		return
	}
	view, err := s.viewJob(r, job)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	if isFragment(r) && r.Header.Get("HX-Target") == "job" {
		s.renderFragment(w, r, http.StatusOK, "job", "job", view)
		return
	}
	if job.ProcessedURLs > 0 && job.ProcessedURLs <= statsAtOnce {
		stats, err := s.client.Stats(r.Context(), job.ID)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		view.Stats = &statsView{Stats: stats, Job: job}
	}
	if view.Results, err = s.results(r, job); err != nil {
		s.fail(w, r, err)
		return
	}
	s.render(w, r, http.StatusOK, "job", page{
		Title: view.Title(), Nav: "jobs", Icon: view.Icon(), Scripts: []string{"charts.js", "jobcharts.js", "job.js", "jobactions.js", "results.js"}, Body: view,
	})
}

// viewJob collects what the part of the page above charts and results shows.
func (s *Site) viewJob(r *http.Request, job *wsc.Job) (*jobView, error) {
	view := &jobView{Job: job, Now: time.Now(), CanWrite: keyOf(r).Can(wsc.ScopeWrite), Filter: filterOf(r.URL.Query()), Workflow: s.temporal.Workflow(job.ID)}
	if !job.Status.Terminal() {
		return view, nil
	}
	var err error
	view.Others, err = s.otherRuns(r, job)
	return view, err
}

// failJob shows an error; of a job that is not there the page says what may have happened to it.
func (s *Site) failJob(w http.ResponseWriter, r *http.Request, err error) {
	if wsc.CodeOf(err) != wsc.CodeNotFound {
		s.fail(w, r, err)
		return
	}
	if wholePageGone(r) {
		w.Header().Set("HX-Retarget", "#main")
		w.Header().Set("HX-Reswap", "innerHTML")
		w.Header().Set("HX-Push-Url", "false")
		s.renderFragment(w, r, http.StatusNotFound, "job", "job-gone", nil)
		return
	}
	problem := s.problemOf(r, err)
	problem.Title = "There is no such job"
	problem.Detail = "The job was deleted, by somebody or when its retention time was over, or its address is mistyped."
	s.renderProblem(w, r, problem)
}

// wholePageGone reports whether a script of the page of a job asks for a part of it: without the job, nothing on that page
// works any more.
func wholePageGone(r *http.Request) bool {
	target := r.Header.Get("HX-Target")
	return isFragment(r) && (target == "job" || target == "stats" || target == "results-list" && r.URL.Query().Get("on") == "job")
}

// runChoice is a job to compare with.
type runChoice struct{ wsc.Job }

// Runs are the jobs to compare with.
func (v *jobView) Runs() []runChoice {
	runs := make([]runChoice, 0, len(v.Others))
	for _, other := range v.Others {
		runs = append(runs, runChoice{other})
	}
	return runs
}

// Begun is when the list was accepted, for scripts.
func (c runChoice) Begun() string { return c.CreatedAt.UTC().Format(time.RFC3339) }

// Words name the run. An option holds text only: a script writes time and number in the reader's own form.
func (c runChoice) Words() string {
	results := "results"
	if c.ProcessedURLs == 1 {
		results = "result"
	}
	return fmt.Sprintf("%s · %s · %s %s", c.CreatedAt.UTC().Format("2006-01-02 15:04 UTC"), c.Filename, grouped(c.ProcessedURLs), results)
}

// otherRuns are the jobs to compare with: those of the same owner that have results, newest first, and before all others
// those of the same file.
func (s *Site) otherRuns(r *http.Request, job *wsc.Job) ([]wsc.Job, error) {
	ended := []wsc.JobStatus{wsc.JobCompleted, wsc.JobCancelled}
	queries := []client.JobQuery{{Statuses: ended, Limit: otherRuns}}
	if len(job.Filename) <= longestSearch {
		queries = append(queries, client.JobQuery{Statuses: ended, Query: job.Filename, Limit: otherRuns})
	}
	var others []wsc.Job
	seen := map[string]bool{job.ID: true}
	for _, query := range queries {
		found, err := s.client.Jobs(r.Context(), query)
		if err != nil {
			return nil, err
		}
		for _, other := range found.Jobs {
			if !seen[other.ID] && other.Owner == job.Owner && other.ProcessedURLs > 0 {
				seen[other.ID] = true
				others = append(others, other)
			}
		}
	}
	rank := func(other wsc.Job) int {
		if other.ID == job.RetryOf || other.RetryOf == job.ID {
			return 0
		}
		if other.Filename == job.Filename {
			return 1
		}
		return 2
	}
	slices.SortStableFunc(others, func(a, b wsc.Job) int {
		if byRank := rank(a) - rank(b); byRank != 0 {
			return byRank
		}
		return b.CreatedAt.Compare(a.CreatedAt)
	})
	return others[:min(len(others), otherRuns)], nil
}

// filterOf are the parameters that select and order results, without those of pages.
func filterOf(query url.Values) url.Values {
	filter := url.Values{}
	for _, name := range []string{"status", "error_kind", "http_status", "host", "q", "slow", "sort"} {
		if values := slices.DeleteFunc(slices.Clone(query[name]), func(value string) bool { return value == "" }); len(values) > 0 {
			filter[name] = values
		}
	}
	return filter
}

// Title is what the tab says.
func (v *jobView) Title() string {
	if v.Running() {
		return fmt.Sprintf("%d%% · %s", v.WholePercent(), v.Filename)
	}
	return fmt.Sprintf("%s · %s", phaseWords(v.Status, v.Phase), v.Filename)
}

// Icon is the state that the tab shows.
func (v *jobView) Icon() string {
	switch {
	case v.Running():
		return "running"
	case v.Status == wsc.JobFailed:
		return "bad"
	case v.Status == wsc.JobCompleted:
		return "good"
	default:
		return ""
	}
}

// Running reports whether the job's counters may still change.
func (v *jobView) Running() bool { return !v.Status.Terminal() }

// Finishing reports whether only the files are still to be written.
func (v *jobView) Finishing() bool {
	return v.Status == wsc.JobCompleted && v.Phase != wsc.PhaseDone && v.DeleteAt == nil
}

// SlowWords is the time from which a result counts as slow.
func (v *jobView) SlowWords() string { return milliseconds(float64(v.Options.SlowMS)) }

// WholePercent is the share that is checked, in whole percent; 100 only when all are.
func (v *jobView) WholePercent() int64 {
	if v.TotalURLs == 0 {
		return 0
	}
	return 100 * v.ProcessedURLs / v.TotalURLs
}

// Remaining is how many results are still to come, or never came.
func (v *jobView) Remaining() int64 { return max(v.TotalURLs-v.ProcessedURLs, 0) }

// Age is the time since the list was accepted.
func (v *jobView) Age() time.Duration { return v.Now.Sub(v.CreatedAt) }

// Took is the time from the begin of the work to its end or to now, 0 before it began.
func (v *jobView) Took() time.Duration {
	switch {
	case v.StartedAt == nil:
		return 0
	case v.FinishedAt != nil:
		return v.FinishedAt.Sub(*v.StartedAt)
	default:
		return v.Now.Sub(*v.StartedAt)
	}
}

// Rate is the mean of results per second so far.
func (v *jobView) Rate() float64 {
	if took := v.Took().Seconds(); took >= 1 {
		return float64(v.ProcessedURLs) / took
	}
	return 0
}

// Left is the estimated time to the end, 0 if it can't be told.
func (v *jobView) Left() time.Duration {
	if rate := v.Rate(); rate > 0 && v.Status == wsc.JobProcessing {
		return time.Duration(float64(v.Remaining()) / rate * float64(time.Second))
	}
	return 0
}

// DeletedIn is the time to the deletion that was asked for.
func (v *jobView) DeletedIn() time.Duration {
	if v.DeleteAt == nil {
		return 0
	}
	return max(v.DeleteAt.Sub(v.Now), 0)
}

// CanPause, CanRetry and the like say what makes sense in the job's state.
func (v *jobView) CanPause() bool {
	return v.DeleteAt == nil && (v.Status == wsc.JobPending || v.Status == wsc.JobProcessing)
}

// CanResume reports whether the job is paused.
func (v *jobView) CanResume() bool { return v.DeleteAt == nil && v.Status == wsc.JobPaused }

// CanCancel reports whether there is something to stop.
func (v *jobView) CanCancel() bool { return v.DeleteAt == nil && v.Running() }

// CanRetry reports whether something can be checked again: invalid lines can't.
func (v *jobView) CanRetry() bool {
	return v.DeleteAt == nil && v.Status.Terminal() && v.TotalURLs > 0 && v.ActiveCount+v.InvalidCount < v.TotalURLs
}

// CanKeep reports whether the time of the deletion can be moved.
func (v *jobView) CanKeep() bool { return v.DeleteAt == nil && v.Status.Terminal() }

// Phases are the words for every phase of the running job as a JSON object, for the script that follows it.
func (v *jobView) Phases() (string, error) {
	words := map[wsc.JobPhase]string{}
	for _, phase := range []wsc.JobPhase{wsc.PhaseValidating, wsc.PhaseParsing, wsc.PhaseChecking, wsc.PhaseWaitingToRetry, wsc.PhaseExporting, wsc.PhaseDone} {
		words[phase] = phaseWords(v.Status, phase)
	}
	text, err := json.Marshal(words)
	return string(text), err
}

// Export is the address of a download in a format and layout, with the page's filter. The original layout keeps the order
// of the upload.
func (v *jobView) Export(format, layout string) string {
	query := url.Values{}
	for name, values := range v.Filter {
		if name != "sort" || layout != client.LayoutOriginal {
			query[name] = values
		}
	}
	query.Set("format", format)
	if layout != client.LayoutResults {
		query.Set("layout", layout)
	}
	return "/jobs/" + v.ID + "/export?" + query.Encode()
}

// Filtered reports whether the page's address selects some of the results only.
func (v *jobView) Filtered() bool {
	return len(v.Filter) > 1 || len(v.Filter) == 1 && !v.Filter.Has("sort")
}
