package audit

const (
	// learnMinutes is how many minutes a detector only learns what is usual.
	learnMinutes = 5
	// usualWeight is the weight of a minute in what is usual: half of it is forgotten after about 20 minutes.
	usualWeight = 1.0 / 30
	// quietMinutes is how many minutes in a row must not be high before a jump is over and the next one is told of.
	quietMinutes = 5
)

// jump tells when a number that comes once a minute is suddenly much higher than usual. What is usual is the
// exponentially weighted mean of the minutes before.
type jump struct {
	// A minute is high if its number is at least floor and more than factor times the usual one.
	floor, factor float64

	usual   float64
	learnt  int
	alarmed bool
	quiet   int
}

// next takes the number of the next minute and reports whether a jump has begun with it. A minute that says nothing,
// since too little happened in it, is not known; nothing is learnt from it.
func (j *jump) next(number float64, known bool) (began bool) {
	if known && j.learnt < learnMinutes {
		j.learnt++
		j.usual += (number - j.usual) / float64(j.learnt)
		return false
	}
	high := known && number >= j.floor && number > j.factor*j.usual
	if known {
		// A high minute counts as much as one that just is not: an attack does not teach at once that it is usual.
		j.usual += (min(number, max(j.floor, j.factor*j.usual)) - j.usual) * usualWeight
	}
	switch {
	case high:
		began = !j.alarmed
		j.alarmed, j.quiet = true, 0
	case j.alarmed:
		if j.quiet++; j.quiet >= quietMinutes {
			j.alarmed = false
		}
	}
	return began
}
