package runner

// Limiter bounds how many checks run at once in the whole process, across all runs that share it.
type Limiter struct{ slots chan struct{} }

// NewLimiter returns a limiter for n checks at once; n below 1 counts as 1.
func NewLimiter(n int) *Limiter {
	return &Limiter{slots: make(chan struct{}, max(n, 1))}
}

// InUse is how many checks run now.
func (l *Limiter) InUse() int { return len(l.slots) }

// Capacity is how many checks can run at once.
func (l *Limiter) Capacity() int { return cap(l.slots) }

// acquire is the channel to send to for a slot; release gives it back.
func (l *Limiter) acquire() chan<- struct{} { return l.slots }

func (l *Limiter) release() { <-l.slots }
