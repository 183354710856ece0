package plan

import "slices"

const (
	maxBatch = 500
	minBatch = 20
	// batchesPerJob is how many batches a small job is cut into at least, so that its progress moves
	// and several workers share it.
	batchesPerJob = 20
	// targetsPerHost is how many targets of one host a full batch has when there are enough hosts:
	// with few of each, no host's rate limit holds the whole batch up.
	targetsPerHost = 10
	// batchSeconds bounds how long the rate limit of a host may stretch a batch.
	batchSeconds = 30
)

// batchSize is the number of targets in a full batch of a plan with the given total.
func batchSize(total int) int {
	return min(max(total/batchesPerJob, minBatch), maxBatch)
}

// maxPerHost is how many targets of one host a batch may have at a rate per second; a rate of 0 is no limit.
func maxPerHost(rate float64) int {
	if rate <= 0 {
		return maxBatch
	}
	return int(min(max(rate*batchSeconds, 1), maxBatch))
}

// layout orders targets, numbered from 0 and each with the number of its host in hostOf, into lanes and batches.
// It calls emit for each batch, in order; the slice is valid during the call.
func layout(hostOf []uint32, hosts int, hostRate float64, emit func(batch []uint32, newLane bool) error) error {
	ranked := rankHosts(hostOf, hosts)
	l := lane{size: batchSize(len(hostOf)), rounds: maxPerHost(hostRate), emit: emit}
	minHosts := max(l.size/targetsPerHost, 1)
	for len(ranked) > 0 {
		targets, end := 0, 0
		for end < len(ranked) && (targets < l.size || end < minHosts) {
			targets += len(ranked[end])
			end++
		}
		if err := l.write(ranked[:end]); err != nil {
			return err
		}
		ranked = ranked[end:]
	}
	return nil
}

// rankHosts returns the targets of each host in their order, hosts with more targets first.
func rankHosts(hostOf []uint32, hosts int) [][]uint32 {
	counts := make([]uint32, hosts)
	for _, host := range hostOf {
		counts[host]++
	}
	targets := make([]uint32, len(hostOf))
	byHost := make([][]uint32, hosts)
	for host, start := 0, uint32(0); host < hosts; host++ {
		byHost[host] = targets[start : start : start+counts[host]]
		start += counts[host]
	}
	for target, host := range hostOf {
		byHost[host] = append(byHost[host], uint32(target))
	}
	slices.SortStableFunc(byHost, func(a, b []uint32) int { return len(b) - len(a) })
	return byHost
}

// lane cuts the targets of a group of hosts into batches.
type lane struct {
	size   int // targets in a full batch
	rounds int // most targets of one host in a batch
	emit   func(batch []uint32, newLane bool) error
	batch  []uint32
}

// write takes one target of each host in turns. The hosts come with the most targets first.
func (l *lane) write(hosts [][]uint32) error {
	first := true
	flush := func() error {
		if len(l.batch) == 0 {
			return nil
		}
		err := l.emit(l.batch, first)
		first = false
		l.batch = l.batch[:0]
		return err
	}
	rounds := 0
	for round := 0; len(hosts) > 0; round++ {
		if rounds == l.rounds {
			if err := flush(); err != nil {
				return err
			}
			rounds = 0
		}
		for _, targets := range hosts {
			l.batch = append(l.batch, targets[round])
			if len(l.batch) == l.size {
				if err := flush(); err != nil {
					return err
				}
				rounds = 0
			}
		}
		if len(l.batch) > 0 {
			rounds++
		}
		for len(hosts) > 0 && len(hosts[len(hosts)-1]) == round+1 {
			hosts = hosts[:len(hosts)-1]
		}
	}
	return flush()
}
