package wsc

import "time"

// UploadLifetime is how long an upload waits to be submitted before it is deleted.
const UploadLifetime = 24 * time.Hour

// MaxWaitingUploads is how many uploads of one owner may wait at a time.
const MaxWaitingUploads = 20

// uploadRetry is when a refused upload may be tried again; nobody knows when one will be submitted or deleted.
const uploadRetry = time.Minute

// AllowUpload reports whether an owner with so many waiting uploads may have one more. The error has CodeQuotaExceeded.
func AllowUpload(waiting int64) error {
	if waiting < MaxWaitingUploads {
		return nil
	}
	return Errorf(CodeQuotaExceeded, "This API key has %d uploads that wait to be submitted, as many as it may have at once. Submit or delete one of them.", waiting).
		RetryIn(uploadRetry)
}

// UploadNotFound is the error for an upload that is not there, or not the caller's. It has CodeNotFound.
func UploadNotFound() *Error {
	return Errorf(CodeNotFound, "There is no such upload. It was submitted or deleted, or waited for more than %d hours; upload the list again.", int(UploadLifetime.Hours()))
}

// Upload is a list that was sent to be looked at, and waits to be submitted as a job.
type Upload struct {
	ID        string    `json:"id" format:"uuid" doc:"Identifier of the upload, a UUIDv7. Submit it as upload_id."`
	Owner     string    `json:"-"`
	Filename  string    `json:"filename" doc:"Name of the uploaded file, without folders." example:"websites.csv"`
	Size      int64     `json:"size" doc:"Bytes of the file."`
	CreatedAt time.Time `json:"created_at" doc:"When the file was uploaded (UTC)."`
	ExpiresAt time.Time `json:"expires_at" doc:"When the upload is deleted unless it is submitted before (UTC)."`
	Preview   *Preview  `json:"preview" doc:"What the list looks like, read in the way asked for."`
}

// WaitingUpload is an upload in a list of them: without its preview, for which the whole file would have to be read.
type WaitingUpload struct {
	ID        string    `json:"id" format:"uuid" doc:"Identifier of the upload. Submit it as upload_id."`
	Filename  string    `json:"filename" doc:"Name of the uploaded file, without folders." example:"websites.csv"`
	Size      int64     `json:"size" doc:"Bytes of the file."`
	CreatedAt time.Time `json:"created_at" doc:"When the file was uploaded (UTC)."`
	ExpiresAt time.Time `json:"expires_at" doc:"When the upload is deleted unless it is submitted before (UTC)."`
}

// UploadList is what a key has uploaded and not submitted yet.
type UploadList struct {
	Uploads []WaitingUpload `json:"uploads" doc:"The uploads that wait, newest first: all of them, at most 20."`
}

// Waiting is the upload without its preview.
func (u *Upload) Waiting() WaitingUpload {
	return WaitingUpload{ID: u.ID, Filename: u.Filename, Size: u.Size, CreatedAt: u.CreatedAt, ExpiresAt: u.ExpiresAt}
}

// Preview is how a list is understood, before anything of it is checked.
type Preview struct {
	List
	Sheets     []string        `json:"sheets,omitempty" doc:"Sheets of the workbook in their order."`
	Rows       []PreviewRow    `json:"rows" doc:"The first rows of the list, the header left out."`
	URLs       int64           `json:"urls" doc:"Lines with a URL that can be checked, duplicates included."`
	Duplicates int64           `json:"duplicates" doc:"Lines whose URL an earlier line already has."`
	Invalid    int64           `json:"invalid" doc:"Lines that hold no checkable URL."`
	Blank      int64           `json:"blank" doc:"Lines with nothing in them."`
	Problems   []PreviewRow    `json:"problems" doc:"The first invalid lines."`
	Warnings   []string        `json:"warnings" doc:"What is odd about the list, each in a sentence."`
	Refusal    *PreviewRefusal `json:"refusal,omitempty" doc:"Why the list can't be submitted as it is read now; another sheet, column, delimiter or encoding may help."`
}

// PreviewRow is a line of a list.
type PreviewRow struct {
	Line    int64    `json:"line" doc:"Line or row of the upload, from 1."`
	Cells   []string `json:"cells,omitempty" doc:"The cells of the row, each at most 200 characters."`
	URL     string   `json:"url" doc:"The text taken for a URL, at most 200 characters."`
	Problem string   `json:"problem,omitempty" doc:"Why the line holds no checkable URL, in a sentence."`
}

// PreviewRefusal is an error that a submission of the list would have.
type PreviewRefusal struct {
	Code   Code   `json:"code" doc:"Stable name of the error." example:"no_valid_urls"`
	Detail string `json:"detail" doc:"What is wrong and what to do, in a sentence."`
	Place
}
