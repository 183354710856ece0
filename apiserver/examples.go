package apiserver

import (
	"encoding/json"
	"fmt"
	"iter"

	"github.com/danielgtaylor/huma/v2"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/export"
	"github.com/website-status-checker/wsc/internal/health"
)

// examples are what the description shows of one operation: bodies by media type.
type examples struct {
	// request is nil for operations that take no body.
	request map[string]any
	// answer is that of success; nil for operations whose answer has no body.
	answer map[string]any
}

// examplesByOperation holds the examples under the operations' ids. Every operation with a body has its own; a test
// says which are missing.
func examplesByOperation() (map[string]examples, error) {
	exports, err := exampleExports()
	if err != nil {
		return nil, err
	}
	all := map[string]examples{
		"submit-job": {
			request: map[string]any{
				multipartType: map[string]any{"file": exampleList, "options": exampleOptions()},
				jsonType:      wsc.SubmitRequest{URLs: []string{"https://example.com/", "example.org"}, Name: "two sites", Options: exampleOptions()},
			},
			answer: inJSON(exampleJob()),
		},
		"create-upload": {
			request: map[string]any{multipartType: map[string]any{"file": exampleList}},
			answer:  inJSON(exampleUpload()),
		},
		"list-uploads":   {answer: inJSON(exampleUploadList())},
		"preview-upload": {answer: inJSON(exampleUpload())},
		"list-jobs": {answer: inJSON(wsc.JobPage{
			Jobs:       []wsc.Job{exampleFinishedJob()},
			NextCursor: encodeCursor(jobCursor{Sort: wsc.JobsNewest, JobCursor: wsc.JobCursor{CreatedAt: exampleTime(0), ID: exampleJobID}}),
		})},
		"get-job":    {answer: inJSON(exampleRunningJob())},
		"cancel-job": {answer: inJSON(exampleRunningJob())},
		"pause-job":  {answer: inJSON(examplePausedJob())},
		"resume-job": {answer: inJSON(exampleRunningJob())},
		"retry-job":  {answer: inJSON(exampleAgainJob())},
		"change-job": {
			request: inJSON(wsc.JobChange{ExpiresAt: new(exampleTime(0).AddDate(0, 1, 0))}),
			answer:  inJSON(exampleKeptJob()),
		},
		"delete-job":        {answer: inJSON(exampleDoomedJob())},
		"restore-job":       {answer: inJSON(exampleFinishedJob())},
		"stream-job-events": {answer: map[string]any{eventStreamType: exampleEvents()}},
		"get-result":        {answer: inJSON(exampleResult())},
		"list-results": {answer: inJSON(wsc.ResultPage{
			Results:    exampleResults(),
			NextCursor: encodeCursor(resultCursor{Sort: "seq", ResultCursor: wsc.ResultCursor{Seq: 2}}),
			Matching:   new(int64(4)),
		})},
		"get-job-stats": {answer: inJSON(exampleStats())},
		"diff-job":      {answer: inJSON(exampleDiff())},
		"export-job":    {answer: exports},
		"check-url": {
			request: inJSON(wsc.CheckRequest{URL: "example.com", Options: wsc.Options{TimeoutMS: 5000, CaptureTitle: true}}),
			answer:  inJSON(exampleCheck()),
		},
		"get-health":    {answer: inJSON(health.Liveness{Status: health.OK, Version: "v1.4.0"})},
		"get-readiness": {answer: inJSON(health.Readiness{Status: health.OK, Database: health.OK, Temporal: health.OK, BlobStore: health.OK})},
		"get-metrics":   {answer: map[string]any{metricsType: exampleMetrics}},
	}
	addKeyExamples(all)
	return all, nil
}

const exampleMetrics = `# HELP wsc_http_requests_total Requests by method, route and HTTP status.
# TYPE wsc_http_requests_total counter
wsc_http_requests_total{code="200",method="GET",route="/api/v1/jobs/{id}"} 1250
`

func inJSON(value any) map[string]any { return map[string]any{jsonType: value} }

// exampleCheck is the answer of a check: a result that belongs to no job.
func exampleCheck() wsc.Result {
	result := exampleResult()
	result.Line = 1
	return result
}

func exampleEvents() string {
	data, err := json.Marshal(exampleProgress())
	if err != nil {
		return "" // a test looks at it
	}
	return fmt.Sprintf("retry: 2000\n\nid: 1772440202000\nevent: progress\ndata: %s\n\n: ping\n\n", data)
}

// exampleExports are the results in each format that is text. JSON is shown as what it holds.
func exampleExports() (map[string]any, error) {
	answers := map[string]any{export.FormatJSON.ContentType(): exampleResults()}
	for _, format := range []export.Format{export.FormatCSV, export.FormatNDJSON} {
		text, err := exampleExport(format)
		if err != nil {
			return nil, fmt.Errorf("apiserver: make example of %s: %w", format, err)
		}
		answers[format.ContentType()] = text
	}
	return answers, nil
}

// addExamples puts the examples into the description. Examples of what the description does not have are an error.
func addExamples(api *huma.OpenAPI) error {
	all, err := examplesByOperation()
	if err != nil {
		return err
	}
	for _, operation := range operations(api) {
		shown := all[operation.OperationID]
		delete(all, operation.OperationID)
		if operation.RequestBody != nil {
			if err := showExamples(operation.RequestBody.Content, shown.request); err != nil {
				return fmt.Errorf("apiserver: examples of requests of %s: %w", operation.OperationID, err)
			}
		}
		for status, response := range operation.Responses {
			if status[0] != '2' {
				continue
			}
			if err := showExamples(response.Content, shown.answer); err != nil {
				return fmt.Errorf("apiserver: examples of answers of %s: %w", operation.OperationID, err)
			}
		}
	}
	for id := range all {
		return fmt.Errorf("apiserver: examples of %s, which is no operation", id)
	}
	return nil
}

func showExamples(content map[string]*huma.MediaType, shown map[string]any) error {
	if content == nil {
		return nil
	}
	for mediaType, value := range shown {
		described := content[mediaType]
		if described == nil {
			return fmt.Errorf("nothing of the type %s is described", mediaType)
		}
		described.Example = value
	}
	return nil
}

// operations are all operations of the description.
func operations(api *huma.OpenAPI) iter.Seq2[string, *huma.Operation] {
	return func(yield func(string, *huma.Operation) bool) {
		for path, item := range api.Paths {
			for _, operation := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
				if operation != nil && !yield(path, operation) {
					return
				}
			}
		}
	}
}
