package wsc

// PlanShape is what a workflow needs to know of a plan: how many batches it has and which must run one after
// another. Batches are numbered from 0; the lanes take them in that order.
type PlanShape struct {
	// Targets is the number of targets in the plan.
	Targets int64
	// Batches is the number of batches.
	Batches int
	// Lanes lists the lanes in order, equal neighbours together.
	Lanes []LaneRun
}

// LaneRun stands for Count lanes one after another, each of Batches consecutive batches.
type LaneRun struct {
	Count   int
	Batches int
}

// LaneCount is the number of lanes.
func (s PlanShape) LaneCount() int {
	n := 0
	for _, run := range s.Lanes {
		n += run.Count
	}
	return n
}

// AddLane appends a lane of the given number of batches.
func (s *PlanShape) AddLane(batches int) {
	s.Batches += batches
	if last := len(s.Lanes) - 1; last >= 0 && s.Lanes[last].Batches == batches {
		s.Lanes[last].Count++
		return
	}
	s.Lanes = append(s.Lanes, LaneRun{Count: 1, Batches: batches})
}

// Lane returns the first batch of the lane with the given number, from 0, and how many batches it has;
// 0, 0 when there is no such lane.
func (s PlanShape) Lane(number int) (first, batches int) {
	for _, run := range s.Lanes {
		if number < run.Count {
			return first + number*run.Batches, run.Batches
		}
		number -= run.Count
		first += run.Count * run.Batches
	}
	return 0, 0
}
