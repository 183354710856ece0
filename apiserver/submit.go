package apiserver

import (
	"bufio"
	"context"
	"mime"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/internal/correlation"
	"github.com/website-status-checker/wsc/jobs"
)

const (
	jsonType      = "application/json"
	multipartType = "multipart/form-data"
	// envelopeBytes is what a request may be larger than the list in it: form fields, part headers, JSON around URLs.
	envelopeBytes = 1 << 20
	// maxOptionsBytes is the longest options field.
	maxOptionsBytes = 64 << 10
	// maxKeyBytes is the longest Idempotency-Key.
	maxKeyBytes = 255
)

type submitInput struct {
	IdempotencyKey string `header:"Idempotency-Key" doc:"Any text of at most 255 visible ASCII characters. For 24 hours, a second submission with the same key and the same content answers with the first one's job; one that comes while the first is under way waits for it." example:"5f0c1a52-leads-monday"`
	streamed
}

type submitOutput struct {
	Location string `header:"Location" doc:"Address of the job."`
	Replayed string `header:"Idempotency-Replayed" enum:"true" doc:"true when an earlier submission with the same Idempotency-Key made the job; else absent."`
	Body     wsc.Job
}

func submitJobDoc() doc {
	return doc{
		id: "submit-job", tag: "Jobs", scope: wsc.ScopeWrite, summary: "Submit a list", status: http.StatusAccepted,
		description: "Upload a list as a file (CSV, TSV, TXT, XLSX, JSON or NDJSON) in the form field `file`, with options as JSON " +
			"in the form field `options`; or send the URLs, or the id of an upload that you looked at before, as JSON. The list is validated completely before the answer. " +
			"After 202 the job runs whatever happens; follow it by its events.",
		codes: append(fileCodes(), wsc.CodeNoURLs, wsc.CodeNoValidURLs, wsc.CodeTooManyURLs, wsc.CodeMissingColumn, wsc.CodeMissingSheet,
			wsc.CodeInvalidOptions, wsc.CodeIdempotencyConflict, wsc.CodeNotFound),
		unbounded: true,
	}
}

// documentSubmission adds the two forms of the body to the description of POST /jobs. Had they been there when the
// operation was registered, Huma would have read the body.
func documentSubmission(api *huma.OpenAPI) {
	registry := api.Components.Schemas
	options := registry.Schema(reflect.TypeFor[wsc.Options](), true, "Options")
	api.Paths[prefix+"/jobs"].Post.RequestBody = &huma.RequestBody{
		Required:    true,
		Description: "The list as a file, or the URLs or the id of an upload as JSON.",
		Content: map[string]*huma.MediaType{
			multipartType: {
				Schema: &huma.Schema{
					Type: huma.TypeObject, Required: []string{"file"}, AdditionalProperties: false,
					Properties: map[string]*huma.Schema{
						"file":    fileSchema(),
						"options": options,
					},
				},
				Encoding: map[string]*huma.Encoding{"options": {ContentType: jsonType}},
			},
			jsonType: {Schema: registry.Schema(reflect.TypeFor[wsc.SubmitRequest](), true, "SubmitRequest")},
		},
	}
}

func fileSchema() *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "binary", Description: "The list. Its name's extension, if any, is one of csv, tsv, txt, xlsx, json, ndjson, jsonl."}
}

func (s *Server) submitJob(ctx context.Context, in *submitInput) (*submitOutput, error) {
	if err := checkIdempotencyKey(in.IdempotencyKey); err != nil {
		return nil, err
	}
	upload, limit, err := s.spool(in.request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = upload.Close() }() // nothing depends on a file that has no name
	submission := jobs.Submission{Owner: callerOf(ctx).key.ID, IdempotencyKey: in.IdempotencyKey, Upload: upload}
	if err := s.receive(in, limit, &submission); err != nil {
		return nil, err
	}
	job, replayed, err := s.jobs.Submit(ctx, submission)
	if wsc.CodeOf(err) == wsc.CodeQuotaExceeded {
		s.security.Record(ctx, event(in.request, wsc.EventQuotaExceeded, submission.Owner))
	}
	if err != nil {
		return nil, err
	}
	correlation.SetJobID(ctx, job.ID)
	out := &submitOutput{Location: prefix + "/jobs/" + job.ID, Body: *job}
	if replayed {
		out.Replayed = "true"
	}
	return out, nil
}

// receive reads the body into the submission.
func (s *Server) receive(in *submitInput, limit int64, submission *jobs.Submission) error {
	body := newUploadBody(in.response, in.request, limit, envelopeBytes, s.limits.UploadStall)
	defer body.release()
	mediaType, params := mediaTypeOf(in.request)
	switch mediaType {
	case multipartType:
		return receiveForm(body, params["boundary"], submissionFields(submission))
	case jsonType:
		out := bufio.NewWriterSize(submission.Upload, 64<<10)
		if err := receiveJSON(body, out, submission); err != nil {
			return err
		}
		return out.Flush()
	default:
		return wsc.Errorf(wsc.CodeUnsupportedMediaType, "Send the list as multipart/form-data with the field file, or the URLs as application/json.")
	}
}

// mediaTypeOf is the type of a request's body, "" if its header can't be read.
func mediaTypeOf(r *http.Request) (mediaType string, params map[string]string) {
	mediaType, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return "", nil
	}
	return mediaType, params
}

func checkIdempotencyKey(key string) error {
	if len(key) <= maxKeyBytes && strings.IndexFunc(key, func(r rune) bool { return r < ' ' || r > '~' }) < 0 {
		return nil
	}
	return wsc.Errorf(wsc.CodeInvalidRequest, "Idempotency-Key must be at most %d visible ASCII characters.", maxKeyBytes).At(wsc.Place{Field: "Idempotency-Key"})
}

// parseOptions reads the options of a submission.
func parseOptions(data []byte) (wsc.Options, error) {
	var options wsc.Options
	if err := unmarshalStrict(data, &options); err != nil {
		return options, wsc.Errorf(wsc.CodeInvalidOptions, "The options can't be read: %s.", clipTo(err.Error(), maxMessageText)).At(wsc.Place{Field: "options"})
	}
	return options, nil
}
