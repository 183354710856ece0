package web

import "net/url"

// temporalUI makes links to workflows.
type temporalUI struct{ address, namespace string }

// Workflow is the address of a job's workflow, "" if the Temporal UI's address is not known.
func (t temporalUI) Workflow(jobID string) string {
	if t.address == "" {
		return ""
	}
	return t.address + "/namespaces/" + url.PathEscape(t.namespace) + "/workflows/" + url.PathEscape("job/"+jobID)
}
