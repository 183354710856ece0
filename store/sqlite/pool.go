package sqlite

import "database/sql"

// PoolStats says how much the store's connections are in use, by pool: "writer" has the one connection for all writes,
// "readers" the others.
func (s *Store) PoolStats() map[string]sql.DBStats {
	return map[string]sql.DBStats{"writer": s.writer.Stats(), "readers": s.readers.Stats()}
}
