package urllist

import (
	"hash/maphash"
	"math/bits"
)

// shardCount splits the table, so that growing it never needs a second copy of the whole.
const shardCount = 64

// Deduper tells whether a normalised URL was seen before. It keeps 20 bytes and some slack for each URL: its 128-bit
// hash under keys that differ from process to process, and its number. Two URLs share a hash with a probability of
// about n²/2^129, 10^-27 for a million. It is not safe for concurrent use.
type Deduper struct {
	seeds  [2]maphash.Seed
	shards [shardCount]shard
}

// shard is an open-addressing table. A slot whose hash is zero is free.
type shard struct {
	hashes [][2]uint64
	seqs   []uint32
	used   int
}

// NewDeduper returns a Deduper that has seen nothing.
func NewDeduper() *Deduper {
	return &Deduper{seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}}
}

// Add records a normalised URL under a number from 0 to 2^32-1. If the URL was added before, it reports the number that
// it had then; otherwise first is seq.
func (d *Deduper) Add(normalized string, seq int64) (first int64, duplicate bool) {
	hash := [2]uint64{maphash.String(d.seeds[0], normalized), maphash.String(d.seeds[1], normalized) | 1}
	return d.shards[hash[1]>>1%shardCount].add(hash, seq)
}

func (s *shard) add(hash [2]uint64, seq int64) (int64, bool) {
	if s.used*8 >= len(s.hashes)*7 {
		s.grow()
	}
	slot := s.slot(hash)
	if s.hashes[slot] == hash {
		return int64(s.seqs[slot]), true
	}
	s.hashes[slot], s.seqs[slot] = hash, uint32(seq)
	s.used++
	return seq, false
}

// slot finds the hash, or the free slot where it belongs.
func (s *shard) slot(hash [2]uint64) int {
	high, _ := bits.Mul64(hash[0], uint64(len(s.hashes)))
	slot := int(high)
	for s.hashes[slot] != hash && s.hashes[slot] != [2]uint64{} {
		if slot++; slot == len(s.hashes) {
			slot = 0
		}
	}
	return slot
}

func (s *shard) grow() {
	old := *s
	size := max(64, len(old.hashes)*3/2)
	s.hashes, s.seqs = make([][2]uint64, size), make([]uint32, size)
	for i, hash := range old.hashes {
		if hash != [2]uint64{} {
			slot := s.slot(hash)
			s.hashes[slot], s.seqs[slot] = hash, old.seqs[i]
		}
	}
}
