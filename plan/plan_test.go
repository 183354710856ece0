package plan_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/plan"
)

const folder = "jobs/1/"

func openBucket(t *testing.T) *blob.Bucket {
	t.Helper()
	bucket, err := fileblob.OpenBucket(t.TempDir(), &fileblob.Options{CreateDir: true, NoTempDir: true, Metadata: fileblob.MetadataDontWrite})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, bucket.Close()) })
	return bucket
}

// build stores a plan in which host h has counts[h] targets, in turns.
func build(t *testing.T, bucket *blob.Bucket, hostRate float64, counts []int) (wsc.PlanShape, int) {
	t.Helper()
	builder, err := plan.NewBuilder(t.TempDir())
	require.NoError(t, err)
	defer builder.Close()
	left, total := append([]int(nil), counts...), 0
	for more := true; more; {
		more = false
		for host := range left {
			if left[host] == 0 {
				continue
			}
			left[host]--
			more = true
			target := wsc.Target{Seq: int64(total), Line: int64(total + 2), URL: fmt.Sprint("u", total), NormalizedURL: fmt.Sprintf("https://host%d.test/%d", host, total), Host: fmt.Sprintf("host%d.test", host)}
			require.NoError(t, builder.Add(plan.Record{Target: target}))
			total++
		}
	}
	require.Equal(t, total, builder.Len())
	shape, err := builder.Store(t.Context(), bucket, folder, 0, hostRate)
	require.NoError(t, err)
	return shape, total
}

func repeat(count, hosts int) []int {
	counts := make([]int, hosts)
	for i := range counts {
		counts[i] = count
	}
	return counts
}

func TestEveryTargetIsInOneBatchAndEveryHostInOneLane(t *testing.T) {
	tests := []struct {
		name     string
		hostRate float64
		counts   []int
	}{
		{"one target", 10, []int{1}},
		{"a small list", 10, repeat(1, 30)},
		{"many hosts with one target each", 10, repeat(1, 3000)},
		{"one host with many targets", 10, []int{3000}},
		{"one big host among small ones", 10, append(repeat(1, 700), 5000)},
		{"hosts of equal size", 10, repeat(100, 60)},
		{"no rate limit", 0, []int{2000, 1, 1, 700}},
		{"a very slow rate", 0.05, []int{40, 3, 3}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bucket := openBucket(t)
			shape, total := build(t, bucket, test.hostRate, test.counts)
			require.EqualValues(t, total, shape.Targets)
			seen, laneOf := map[int64]bool{}, map[string]int{}
			batches := 0
			for lane := range shape.LaneCount() {
				first, count := shape.Lane(lane)
				require.Equal(t, batches, first, "lanes take the batches in order")
				for batch := first; batch < first+count; batch++ {
					records, err := plan.ReadBatch(t.Context(), bucket, folder, 0, batch)
					require.NoError(t, err)
					require.NotEmpty(t, records)
					require.LessOrEqual(t, len(records), 500)
					perHost := map[string]int{}
					for _, record := range records {
						require.False(t, seen[record.Seq], "seq %d twice", record.Seq)
						seen[record.Seq] = true
						perHost[record.Host]++
						if other, known := laneOf[record.Host]; known {
							require.Equal(t, other, lane, "host %s is in two lanes", record.Host)
						}
						laneOf[record.Host] = lane
					}
					if test.hostRate > 0 {
						for host, n := range perHost {
							require.LessOrEqual(t, float64(n), max(test.hostRate*30, 1), "host %s would stretch its batch", host)
						}
					}
					batches++
				}
			}
			require.Len(t, seen, total)
			require.Equal(t, batches, shape.Batches)
			_, err := plan.ReadBatch(t.Context(), bucket, folder, 0, batches)
			require.Error(t, err, "there is no batch behind the last")
		})
	}
}

func TestABatchOfBigHostsTakesAFewTargetsOfEach(t *testing.T) {
	bucket := openBucket(t)
	shape, _ := build(t, bucket, 10, repeat(1000, 50))
	require.Equal(t, []wsc.LaneRun{{Count: 1, Batches: 100}}, shape.Lanes)
	records, err := plan.ReadBatch(t.Context(), bucket, folder, 0, 7)
	require.NoError(t, err)
	perHost := map[string]int{}
	for _, record := range records {
		perHost[record.Host]++
	}
	require.Len(t, perHost, 50)
	for host, n := range perHost {
		require.Equal(t, 10, n, host)
	}
}

func TestRecordsSurviveUnchanged(t *testing.T) {
	bucket := openBucket(t)
	builder, err := plan.NewBuilder(t.TempDir())
	require.NoError(t, err)
	defer builder.Close()
	want := plan.Record{
		Target:   wsc.Target{Seq: 1 << 40, Line: 7, URL: "\x00ü\n", NormalizedURL: "https://xn--bcher-kva.example/", Host: "xn--bcher-kva.example"},
		Attempts: 2, NotBefore: time.Date(2026, 5, 1, 12, 0, 0, 123e6, time.UTC),
	}
	require.NoError(t, builder.Add(want))
	_, err = builder.Store(t.Context(), bucket, folder, 3, 0)
	require.NoError(t, err)
	got, err := plan.ReadBatch(t.Context(), bucket, folder, 3, 0)
	require.NoError(t, err)
	require.Equal(t, []plan.Record{want}, got)
}

func TestADamagedPlanIsAnError(t *testing.T) {
	bucket := openBucket(t)
	build(t, bucket, 10, repeat(1, 30))
	data, err := bucket.ReadAll(t.Context(), folder+"plan-0")
	require.NoError(t, err)
	data[len(data)/2] ^= 1
	require.NoError(t, bucket.WriteAll(t.Context(), folder+"plan-0", data, nil))
	var failed bool
	for batch := range 2 {
		_, err := plan.ReadBatch(t.Context(), bucket, folder, 0, batch)
		failed = failed || err != nil
	}
	require.True(t, failed)
}

func TestAnEmptyPlanHasNoLanes(t *testing.T) {
	shape, total := build(t, openBucket(t), 10, nil)
	require.Zero(t, total)
	require.Zero(t, shape.Batches)
	require.Zero(t, shape.LaneCount())
}
