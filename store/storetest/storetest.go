package storetest

import "testing"

// Run runs the whole suite. Open returns a store on a fresh, migrated database that belongs to the test alone;
// it closes the store when the test ends.
func Run(t *testing.T, open func(t *testing.T) Store) {
	t.Helper()
	subjects := []struct {
		name string
		run  func(*testing.T, func(*testing.T) Store)
	}{
		{"jobs", testJobs},
		{"job list", testJobList},
		{"job counts", testJobCounts},
		{"pause", testPause},
		{"job actions", testJobActions},
		{"idempotency", testIdempotency},
		{"results", testResults},
		{"batches", testBatches},
		{"strings", testStrings},
		{"pagination", testPagination},
		{"filters", testFilters},
		{"stats", testStats},
		{"diff", testDiff},
		{"hosts and spans", testHostsAndSpans},
		{"search", testSearch},
		{"deferred", testDeferred},
		{"hosts", testHosts},
		{"delete", testDelete},
		{"quota", testQuota},
		{"keys", testKeys},
		{"request leases", testLeases},
		{"sessions", testSessions},
		{"security events", testEvents},
		{"errors", testErrors},
		{"operations", testOperations},
	}
	for _, subject := range subjects {
		t.Run(subject.name, func(t *testing.T) {
			t.Parallel()
			subject.run(t, open)
		})
	}
}
