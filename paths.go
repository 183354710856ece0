package wsc

// JobFolder is the prefix of everything in the blob store that belongs to a job: its upload, plans and exports.
func JobFolder(jobID string) string { return "jobs/" + jobID + "/" }

// UploadPath is where the uploaded list of a job is in the blob store.
func UploadPath(jobID string) string { return JobFolder(jobID) + "upload" }

// WaitingUploadPath is where an upload that waits to be submitted is in the blob store.
func WaitingUploadPath(uploadID string) string { return "uploads/" + uploadID }
