package apiserver

import (
	"net/http"

	wsc "github.com/website-status-checker/wsc"
)

// problemExample is the problem document that the description shows for a code. Its detail is a sentence that the
// server really says. Without a sentence for the code the detail is empty, which a test finds.
func problemExample(code wsc.Code) wsc.Problem {
	status := statusOf(code)
	said := problemDetails()[code]
	return wsc.Problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status, Code: code,
		Detail: said.detail, Place: said.Place, RequestID: "UE32GRIAGY7ZEHJCZZU2YWHZYZ",
	}
}

// problemDetail is a sentence for people and the place that comes with it.
type problemDetail struct {
	detail string
	wsc.Place
}

func problemDetails() map[wsc.Code]problemDetail {
	return map[wsc.Code]problemDetail{
		wsc.CodeEmptyUpload:          {"The file is empty.", wsc.Place{Field: "file"}},
		wsc.CodeMissingFile:          {"Form field 'file' is required.", wsc.Place{Field: "file"}},
		wsc.CodeNoURLs:               {"The file holds no URLs, only blank lines.", wsc.Place{}},
		wsc.CodeNoValidURLs:          {"None of the 2 lines holds a URL that can be checked. Line 1: \"n/a\" is not a web address; write it like example.com or https://example.com/.", wsc.Place{Line: 1, Column: "A"}},
		wsc.CodeTooManyURLs:          {"The list has more than 1000000 lines, which is the most that is accepted; split it.", wsc.Place{Line: 1_000_001}},
		wsc.CodeUploadTooLarge:       {"The upload is larger than the limit of 100 MiB. Split the list, or leave out columns that are not needed.", wsc.Place{}},
		wsc.CodeDecompressedTooLarge: {"The workbook unpacks to more than 1024 MiB; save the list as .csv.", wsc.Place{}},
		wsc.CodeUnsupportedType:      {"Files with the extension “.pdf” are not read. Upload one of: csv, tsv, txt, xlsx, json, ndjson, jsonl.", wsc.Place{Field: "file"}},
		wsc.CodeUnsupportedEncoding:  {"The file is encoded as UTF-32. Save the file as UTF-8.", wsc.Place{}},
		wsc.CodeUnsupportedMediaType: {"Send the list as multipart/form-data with the field file, or the URLs as application/json.", wsc.Place{}},
		wsc.CodeInvalidFilename:      {"The file name must not contain folders such as “..”.", wsc.Place{Field: "file"}},
		wsc.CodeInvalidXLSX:          {"The file is not an XLSX workbook, or only a part of one.", wsc.Place{}},
		wsc.CodeInvalidCSV:           {"The quote that opens a cell of this line is never closed.", wsc.Place{Line: 12}},
		wsc.CodeInvalidJSON:          {"The JSON has an unexpected end after 57 bytes.", wsc.Place{}},
		wsc.CodeLineTooLong:          {"One value of the JSON is longer than 1024 KiB.", wsc.Place{}},
		wsc.CodeMissingColumn:        {"There is no column \"website\". The columns are \"name\", \"site\".", wsc.Place{Line: 1, Column: "website"}},
		wsc.CodeMissingSheet:         {"There is no sheet \"Leads\". The sheets are \"Q1\", \"Q2\".", wsc.Place{Sheet: "Leads"}},
		wsc.CodeInvalidOptions:       {"retries must be between 0 and 5, not 9.", wsc.Place{Field: "options.retries"}},
		wsc.CodeInvalidRequest:       {"query.pages: unknown query parameter.", wsc.Place{Field: "query.pages"}},
		wsc.CodeMalformedBody:        {"The multipart form is malformed or breaks off.", wsc.Place{}},
		wsc.CodeInvalidCursor:        {"The cursor does not belong to this list and order. Begin again without it.", wsc.Place{Field: "cursor"}},
		wsc.CodeRequestTimeout:       {"The upload came to a halt; it must make progress at least every 30s.", wsc.Place{}},
		wsc.CodeForbidden:            {"Requests that change something are not taken from other sites' pages.", wsc.Place{}},
		wsc.CodeUnauthorized:         {"The API key is mistyped or incomplete. Keys have 40 characters and begin with wsc_.", wsc.Place{}},
		wsc.CodeInsufficientScope:    {"This API key lacks the scope write, which this operation needs.", wsc.Place{}},
		wsc.CodeRateLimited:          {"This API key has used up its 1000 requests of this hour. They are renewed in 1260 seconds.", wsc.Place{}},
		wsc.CodeQuotaExceeded:        {"This API key has 10 jobs that have not ended, as many as it may. Wait for one of them, or cancel it.", wsc.Place{}},
		wsc.CodeNotFound:             {"There is no such job. It may have been deleted after its retention time.", wsc.Place{}},
		wsc.CodeMethodNotAllowed:     {"This address takes only GET, HEAD, PATCH, DELETE.", wsc.Place{}},
		wsc.CodeJobFinished:          {"The job is already completed.", wsc.Place{}},
		wsc.CodeConflict:             {"The job is still processing. Wait until it has ended, or cancel it; then what is not active can be checked again.", wsc.Place{}},
		wsc.CodeIdempotencyConflict:  {"This Idempotency-Key was already used for another list or other options. Use a new key for a new submission.", wsc.Place{}},
		wsc.CodeStorageUnavailable:   {"The database is not available at the moment; try again later.", wsc.Place{}},
		wsc.CodeTemporalUnavailable:  {"The workflow engine does not answer; try again in a minute.", wsc.Place{}},
		wsc.CodeInternal:             {"Something went wrong on the server. Quote the request id when you report it.", wsc.Place{}},
	}
}
