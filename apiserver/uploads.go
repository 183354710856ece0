package apiserver

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/internal/terminal"
	"github.com/website-status-checker/wsc/jobs"
)

// streamed is the input of operations that read their body themselves, since Huma would hold all of it in memory.
type streamed struct {
	request  *http.Request
	response http.ResponseWriter
}

// Resolve is called by Huma with the request.
func (in *streamed) Resolve(ctx huma.Context) []error {
	in.request, in.response = humachi.Unwrap(ctx)
	return nil
}

// spool refuses a body that is known to be too large or compressed before any of it is read, and makes room for it. The
// caller closes the upload. limit is the largest list in bytes, 0 is no limit.
func (s *Server) spool(r *http.Request) (upload *jobs.Upload, limit int64, err error) {
	if encoding := r.Header.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return nil, 0, wsc.Errorf(wsc.CodeUnsupportedMediaType, "Send the body without Content-Encoding.")
	}
	limit = s.jobs.MaxUploadBytes()
	if limit > 0 && r.ContentLength > limit+envelopeBytes {
		return nil, 0, jobs.TooLarge(limit)
	}
	upload, err = s.jobs.NewUpload()
	return upload, limit, err
}

// fileCodes are what can be wrong with a file as a whole.
func fileCodes() []wsc.Code {
	return []wsc.Code{
		wsc.CodeEmptyUpload, wsc.CodeMissingFile, wsc.CodeUploadTooLarge, wsc.CodeDecompressedTooLarge, wsc.CodeUnsupportedType,
		wsc.CodeUnsupportedEncoding, wsc.CodeUnsupportedMediaType, wsc.CodeInvalidFilename, wsc.CodeInvalidXLSX, wsc.CodeInvalidCSV,
		wsc.CodeInvalidJSON, wsc.CodeLineTooLong, wsc.CodeMalformedBody, wsc.CodeRequestTimeout, wsc.CodeQuotaExceeded,
	}
}

// UploadPath names an upload in the path. It is exported because Huma looks into embedded types only if they are.
type UploadPath struct {
	ID string `path:"id" doc:"Identifier of the upload." example:"01980f5e-6c1d-7a2e-8b3f-4a5b6c7d8e9f"`
}

type createUploadOutput struct {
	Location string `header:"Location" doc:"Address of the upload."`
	Body     wsc.Upload
}

func createUploadDoc() doc {
	return doc{
		id: "create-upload", tag: "Uploads", scope: wsc.ScopeWrite, summary: "Upload a list to look at it first", status: http.StatusCreated,
		description: "Keeps a file (form field `file`) for 24 hours and answers with a preview of it: how it is read, its first rows, counts " +
			"and warnings. Nothing is checked yet; submit it with `upload_id` to `POST /jobs`. A file that can be read is kept even if it " +
			"would be refused there as it is read now: `preview.refusal` then says why, and another column, sheet, delimiter or encoding may help. " +
			"A key may have 20 uploads waiting.",
		codes: fileCodes(), unbounded: true,
	}
}

// documentUpload adds the form to the description of POST /uploads, see documentSubmission.
func documentUpload(api *huma.OpenAPI) {
	api.Paths[prefix+"/uploads"].Post.RequestBody = &huma.RequestBody{
		Required: true, Description: "The list as a file.",
		Content: map[string]*huma.MediaType{multipartType: {Schema: &huma.Schema{
			Type: huma.TypeObject, Required: []string{"file"}, AdditionalProperties: false,
			Properties: map[string]*huma.Schema{"file": fileSchema()},
		}}},
	}
}

func (s *Server) createUpload(ctx context.Context, in *streamed) (*createUploadOutput, error) {
	upload, limit, err := s.spool(in.request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = upload.Close() }() // nothing depends on a file that has no name
	filename, err := s.receiveUpload(in, limit, upload)
	if err != nil {
		return nil, err
	}
	owner := callerOf(ctx).key.ID
	kept, err := s.jobs.KeepUpload(ctx, owner, filename, upload)
	if wsc.CodeOf(err) == wsc.CodeQuotaExceeded {
		s.security.Record(ctx, event(in.request, wsc.EventQuotaExceeded, owner))
	}
	if err != nil {
		return nil, err
	}
	return &createUploadOutput{Location: prefix + "/uploads/" + kept.ID, Body: *shown(kept)}, nil
}

// receiveUpload reads a form with one file into the upload and returns its name.
func (s *Server) receiveUpload(in *streamed, limit int64, upload *jobs.Upload) (filename string, err error) {
	body := newUploadBody(in.response, in.request, limit, envelopeBytes, s.limits.UploadStall)
	defer body.release()
	mediaType, params := mediaTypeOf(in.request)
	if mediaType != multipartType {
		return "", wsc.Errorf(wsc.CodeUnsupportedMediaType, "Send the list as multipart/form-data with the field file.")
	}
	form := formFields{known: "The only field is file.", read: map[string]readPart{"file": fileInto(upload, &filename)}}
	return filename, receiveForm(body, params["boundary"], form)
}

type previewUploadInput struct {
	UploadPath
	URLColumn string `query:"url_column" maxLength:"255" doc:"Column with the URLs, by name or letter (A, B, …). Default is to find it." example:"Website"`
	Sheet     string `query:"sheet" maxLength:"255" doc:"Sheet of a workbook, by name. Default is the first with URLs in it." example:"Leads"`
	Delimiter string `query:"delimiter" maxLength:"16" doc:"Character between the cells of a CSV or text file, such as ; or ^; \\t is a tab. Default is to find it." example:";"`
	Encoding  string `query:"encoding" maxLength:"40" doc:"Character encoding of a CSV or text file, by its name in the Encoding Standard of the WHATWG. Default is to find it." example:"windows-1252"`
}

type uploadOutput struct {
	Body wsc.Upload
}

func previewUploadDoc() doc {
	return doc{
		id: "preview-upload", tag: "Uploads", scope: wsc.ScopeRead, summary: "Preview an upload",
		description: "Reads the upload once more, with the column, sheet, delimiter and encoding asked for, and describes it. Nothing of the upload is " +
			"changed: name them again, as `options`, when you submit it. If there is no such column or sheet, or the file can't be read with such a " +
			"delimiter or encoding, the answer shows what is found without asking, and `preview.refusal` says what is wrong.",
		codes: append(fileErrors(), wsc.CodeNotFound), unbounded: true,
	}
}

// fileErrors are those of reading a file that was accepted once; the server's limits may have changed since.
func fileErrors() []wsc.Code {
	return []wsc.Code{wsc.CodeUploadTooLarge, wsc.CodeDecompressedTooLarge, wsc.CodeInvalidXLSX, wsc.CodeInvalidJSON, wsc.CodeLineTooLong}
}

func (s *Server) previewUpload(ctx context.Context, in *previewUploadInput) (*uploadOutput, error) {
	id, err := uploadID(in.ID)
	if err != nil {
		return nil, err
	}
	owner := callerOf(ctx).key.ID
	release, err := s.previewSlots.acquire(ctx, owner)
	if err != nil {
		return nil, err
	}
	defer release()
	kept, err := s.jobs.PreviewUpload(ctx, owner, id, jobs.Reading{
		URLColumn: in.URLColumn, Sheet: in.Sheet, Delimiter: in.Delimiter, Encoding: in.Encoding,
	})
	if err != nil {
		return nil, err
	}
	return &uploadOutput{Body: *shown(kept)}, nil
}

type uploadListOutput struct {
	Body wsc.UploadList
}

func listUploadsDoc() doc {
	return doc{
		id: "list-uploads", tag: "Uploads", scope: wsc.ScopeRead, summary: "List uploads",
		description: "What this key uploaded and has not submitted yet, newest first, without previews. A key may have 20 of them, so that all " +
			"come at once. Uploads of other keys are not among them, whatever the scope.",
	}
}

func (s *Server) listUploads(ctx context.Context, _ *struct{}) (*uploadListOutput, error) {
	waiting, err := s.jobs.WaitingUploads(ctx, callerOf(ctx).key.ID)
	if err != nil {
		return nil, err
	}
	list := make([]wsc.WaitingUpload, len(waiting))
	for i := range waiting {
		list[i] = waiting[i].Waiting()
	}
	return &uploadListOutput{Body: wsc.UploadList{Uploads: list}}, nil
}

func deleteUploadDoc() doc {
	return doc{
		id: "delete-upload", tag: "Uploads", scope: wsc.ScopeWrite, summary: "Delete an upload", status: http.StatusNoContent,
		description: "Deletes an upload that is not going to be submitted. Without this it is deleted 24 hours after it was uploaded.",
		codes:       []wsc.Code{wsc.CodeNotFound},
	}
}

func (s *Server) deleteUpload(ctx context.Context, in *UploadPath) (*struct{}, error) {
	id, err := uploadID(in.ID)
	if err != nil {
		return nil, err
	}
	if err := s.jobs.DropUpload(ctx, callerOf(ctx).key.ID, id); err != nil {
		return nil, err
	}
	return &struct{}{}, nil
}

// uploadID checks the form of an upload's id. Whatever is no id of one is not found, like one of somebody else.
func uploadID(text string) (string, error) {
	if id, err := jobID(text); err == nil {
		return id, nil
	}
	return "", wsc.UploadNotFound()
}

// shown makes what the preview repeats of the list in sentences as harmless as in an error.
func shown(upload *wsc.Upload) *wsc.Upload {
	if refusal := upload.Preview.Refusal; refusal != nil {
		refusal.Detail = terminal.Escape(refusal.Detail)
		refusal.Sheet, refusal.Column = clip(refusal.Sheet), clip(refusal.Column)
	}
	for i, warning := range upload.Preview.Warnings {
		upload.Preview.Warnings[i] = terminal.Escape(warning)
	}
	return upload
}
