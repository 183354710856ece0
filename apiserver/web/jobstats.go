package web

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"

	wsc "github.com/website-status-checker/wsc"
)

// topReasons is how many reasons of failures are listed.
const topReasons = 8

// statsView is what the charts of a job show.
type statsView struct {
	*wsc.Stats
	Job *wsc.Job
}

// jobStats shows the charts of a job: as a part of its page for scripts, and as a page of their own for others.
func (s *Site) jobStats(w http.ResponseWriter, r *http.Request) {
	job, err := s.client.Job(r.Context(), r.PathValue("id"))
	if err != nil {
		s.failJob(w, r, err)
		return
	}
	stats, err := s.client.Stats(r.Context(), job.ID)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	view := &statsView{Stats: stats, Job: job}
	if isFragment(r) {
		s.renderFragment(w, r, http.StatusOK, "job", "stats", view)
		return
	}
	s.render(w, r, http.StatusOK, "job-stats", page{
		Title: "Statistics · " + job.Filename, Nav: "jobs", Scripts: []string{"charts.js", "jobcharts.js"}, Body: view,
	})
}

// share is a part of a whole with a name.
type share struct {
	Name, Words, Tone string
	// Link leads to the results that were counted.
	Link  string
	Count int64
	// Start and Width are percents of the whole, for bars.
	Start, Width float64
}

// Outcomes are the shares of active, inactive and error.
func (v *statsView) Outcomes() []share {
	words := map[wsc.Status]string{
		wsc.StatusActive: "an accepted answer", wsc.StatusInactive: "an answer that is not accepted", wsc.StatusError: "no usable answer",
	}
	var shares []share
	start := 0.0
	for _, status := range wsc.Statuses() {
		part := share{
			Name: string(status), Words: words[status], Tone: statusTone(status), Link: v.link("status", string(status)),
			Count: v.ByStatus[string(status)], Start: start,
		}
		part.Width = ratio(part.Count, v.Total)
		start += part.Width
		shares = append(shares, part)
	}
	return shares
}

// Reasons are the most frequent error kinds.
func (v *statsView) Reasons() []share {
	var shares []share
	for kind, count := range v.ByErrorKind {
		if kind != "" {
			shares = append(shares, share{
				Name: kind, Words: wsc.ErrorKind(kind).Sentence(), Tone: "bad", Link: v.link("error_kind", kind), Count: count,
			})
		}
	}
	return top(shares)
}

// Answers are the most frequent HTTP statuses.
func (v *statsView) Answers() []share {
	var shares []share
	for code, count := range v.ByHTTPStatus {
		number, err := strconv.Atoi(code)
		if err != nil || number == 0 {
			continue // results without an answer
		}
		shares = append(shares, share{
			Name: code, Words: http.StatusText(number), Tone: answerTone(number), Link: v.link("http_status", code), Count: count,
		})
	}
	return top(shares)
}

func answerTone(code int) string {
	switch {
	case code < 300:
		return "good"
	case code < 400:
		return "calm"
	default:
		return "warn"
	}
}

// Failing are the hosts with the most failures.
func (v *statsView) Failing() []share {
	shares := make([]share, 0, len(v.FailingHosts))
	for _, host := range v.FailingHosts {
		shares = append(shares, share{
			Name: host.Host, Words: "of " + grouped(host.Count), Tone: "bad", Link: v.link("host", host.Host), Count: host.Failed,
		})
	}
	return measured(shares)
}

// top orders shares by their counts and keeps the first.
func top(shares []share) []share {
	slices.SortFunc(shares, func(a, b share) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Name, b.Name))
	})
	return measured(shares[:min(len(shares), topReasons)])
}

// measured sets the widths of bars: the largest is the whole width.
func measured(shares []share) []share {
	var most int64
	for _, part := range shares {
		most = max(most, part.Count)
	}
	for i := range shares {
		shares[i].Width = ratio(shares[i].Count, most)
	}
	return shares
}

// ratio is a part of a whole in percent.
func ratio(part, whole int64) float64 {
	if whole <= 0 {
		return 0
	}
	return 100 * float64(part) / float64(whole)
}

// link leads to the results of the job's page with one filter.
func (v *statsView) link(name, value string) string {
	return resultsAt(v.Job.ID, name, value)
}

// bucket is a bar of the histogram.
type bucket struct {
	Words string  `json:"words"`
	From  float64 `json:"from"`
	UpTo  float64 `json:"up_to"`
	Count int64   `json:"count"`
}

// Buckets are the bars of the histogram of response times; the last one has no upper bound.
func (v *statsView) Buckets() []bucket {
	from := 0.0
	buckets := make([]bucket, 0, len(v.ResponseTime.Histogram))
	for _, counted := range v.ResponseTime.Histogram {
		words := "up to " + milliseconds(counted.UpTo)
		if counted.UpTo == 0 {
			words = "above " + milliseconds(from)
		}
		buckets = append(buckets, bucket{words, from, counted.UpTo, counted.Count})
		from = counted.UpTo
	}
	return buckets
}

// Histogram is what the script draws of the response times, as JSON.
func (v *statsView) Histogram() (string, error) {
	times := v.ResponseTime
	return inJSON(map[string]any{
		"buckets": v.Buckets(), "max": times.Max,
		"lines": []map[string]any{{"name": "p50", "at": times.P50}, {"name": "p95", "at": times.P95}, {"name": "p99", "at": times.P99}},
	})
}

// Spans is what the script draws of the results over time, as JSON: begin (in seconds), length and the three counts.
func (v *statsView) Spans() (string, error) {
	spans := make([][5]float64, 0, len(v.Throughput))
	for _, span := range v.Throughput {
		spans = append(spans, [5]float64{
			float64(span.At.UnixMilli()) / 1000, span.Seconds, float64(span.Active), float64(span.Inactive), float64(span.Error),
		})
	}
	return inJSON(spans)
}

func inJSON(value any) (string, error) {
	text, err := json.Marshal(value)
	return string(text), err
}
