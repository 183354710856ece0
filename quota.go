package wsc

import "time"

// JobQuota bounds what the jobs of one owner may take. Zero values are no limit.
type JobQuota struct {
	// ActiveJobs is the most jobs that have no final status.
	ActiveJobs int64
	// StoredURLs is the most lines with something in them that all jobs have together, until they are deleted.
	StoredURLs int64
}

// JobUse is what the jobs of one owner take.
type JobUse struct {
	ActiveJobs, StoredURLs int64
	// NextExpiry is when the first of the jobs will be deleted, the zero time if that is not known.
	NextExpiry time.Time
}

// activeJobRetry is when a refused submission may be tried again; nobody knows when a job will end.
const activeJobRetry = time.Minute

// Allow reports whether one more job with so many URLs fits. The error has CodeQuotaExceeded.
func (q JobQuota) Allow(use JobUse, urls int64, now time.Time) error {
	if q.ActiveJobs > 0 && use.ActiveJobs >= q.ActiveJobs {
		return Errorf(CodeQuotaExceeded, "This API key has %d jobs that are not done, as many as it may have at once. Wait until one is done, or cancel one.", use.ActiveJobs).
			RetryIn(activeJobRetry)
	}
	if q.StoredURLs > 0 && use.StoredURLs+urls > q.StoredURLs {
		retry := activeJobRetry
		if until := use.NextExpiry.Sub(now); !use.NextExpiry.IsZero() && until > retry {
			retry = until
		}
		return Errorf(CodeQuotaExceeded, "The jobs of this API key hold %d URLs; with the %d of this list they would be more than the %d that it may store. Delete jobs that are not needed any more.",
			use.StoredURLs, urls, q.StoredURLs).RetryIn(retry)
	}
	return nil
}
