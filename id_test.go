package wsc_test

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

func TestNewIDIsARandomUUIDOfNow(t *testing.T) {
	const count = 2000
	var ones [128]int
	seen := map[string]bool{}
	for range count {
		before := time.Now().UnixMilli()
		text := wsc.NewID()
		id, err := uuid.Parse(text)
		require.NoError(t, err)
		require.Equal(t, text, id.String())
		require.EqualValues(t, 7, id.Version())
		require.Equal(t, uuid.RFC4122, id.Variant())
		made := int64(binary.BigEndian.Uint64(id[:8]) >> 16)
		require.GreaterOrEqual(t, made, before)
		require.LessOrEqual(t, made, time.Now().UnixMilli())
		require.False(t, seen[text])
		seen[text] = true
		for i := range ones {
			ones[i] += int(id[i/8]>>(7-i%8)) & 1
		}
	}
	random := 0
	for i, n := range ones {
		// 48 bits of time, 4 of the version, 2 of the variant; each other bit is set in about half of all.
		if i < 52 || i == 64 || i == 65 {
			continue
		}
		require.InDelta(t, count/2, n, count/8, "bit %d", i)
		random++
	}
	require.Equal(t, 74, random)
}
