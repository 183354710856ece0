package web

import wsc "github.com/website-status-checker/wsc"

// phaseWords says what a job is doing.
func phaseWords(status wsc.JobStatus, phase wsc.JobPhase) string {
	switch status {
	case wsc.JobPaused:
		return "Paused"
	case wsc.JobCompleted:
		if phase == wsc.PhaseDone {
			return "Completed"
		}
		return "Checked, writing the downloads"
	case wsc.JobFailed:
		return "Failed"
	case wsc.JobCancelled:
		return "Cancelled"
	case wsc.JobPending:
		return "Waiting to start"
	case wsc.JobProcessing:
	}
	switch phase {
	case wsc.PhaseParsing, wsc.PhaseValidating:
		return "Reading the list"
	case wsc.PhaseWaitingToRetry:
		return "Waiting to try failures again"
	case wsc.PhaseExporting:
		return "Writing the downloads"
	case wsc.PhaseChecking, wsc.PhaseDone:
	}
	return "Checking"
}

// statusTone is the tone of colour of a job's or a result's status: good, warn, bad, busy or calm. It never stands alone:
// words say the same.
func statusTone(status any) string {
	switch status {
	case wsc.JobCompleted, wsc.StatusActive:
		return "good"
	case wsc.JobFailed, wsc.StatusError:
		return "bad"
	case wsc.JobPaused, wsc.StatusInactive:
		return "warn"
	case wsc.JobProcessing:
		return "busy"
	default:
		return "calm"
	}
}

// scopeWords says what a scope allows.
func scopeWords(scope wsc.Scope) string {
	switch scope {
	case wsc.ScopeRead:
		return "see its own jobs"
	case wsc.ScopeWrite:
		return "start and change its own jobs"
	case wsc.ScopeAdmin:
		return "everything, for the jobs and keys of all"
	default:
		return string(scope)
	}
}
