package postgres

import "database/sql"

// PoolStats says how much the store's connections are in use, by pool: there is one, "main". The numbers mean what those
// of package database/sql do; a wait is a query that found no idle connection, also one that then opened another.
func (s *Store) PoolStats() map[string]sql.DBStats {
	stat := s.pool.Stat()
	return map[string]sql.DBStats{"main": {
		MaxOpenConnections: int(stat.MaxConns()),
		OpenConnections:    int(stat.TotalConns()),
		InUse:              int(stat.AcquiredConns()),
		Idle:               int(stat.IdleConns()),
		WaitCount:          stat.EmptyAcquireCount(),
		WaitDuration:       stat.EmptyAcquireWaitTime(),
		MaxIdleTimeClosed:  stat.MaxIdleDestroyCount(),
		MaxLifetimeClosed:  stat.MaxLifetimeDestroyCount(),
	}}
}
