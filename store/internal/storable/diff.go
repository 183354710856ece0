package storable

import wsc "github.com/website-status-checker/wsc"

// NoResult stands in a DiffPlace for the result that a job does not have.
const NoResult = -1

// DiffPlace names one URL of a comparison by the seqs of its results.
type DiffPlace struct {
	Change  wsc.Change
	Later   int64
	Earlier int64
}

// DiffSeqs returns the seqs of the results that the places name.
func DiffSeqs(places []DiffPlace) (later, earlier []int64) {
	for _, place := range places {
		if place.Later != NoResult {
			later = append(later, place.Later)
		}
		if place.Earlier != NoResult {
			earlier = append(earlier, place.Earlier)
		}
	}
	return later, earlier
}

// DiffEntries makes the entries of a comparison from its places and the results that they name. A place with a result
// that was deleted meanwhile is left out.
func DiffEntries(places []DiffPlace, later, earlier []wsc.Result) []wsc.DiffEntry {
	after, before := bySeq(later), bySeq(earlier)
	entries := make([]wsc.DiffEntry, 0, len(places))
	for _, place := range places {
		entry := wsc.DiffEntry{Change: place.Change}
		if place.Earlier != NoResult {
			result, found := before[place.Earlier]
			if !found {
				continue
			}
			entry.NormalizedURL, entry.Before = result.NormalizedURL, diffResult(result)
		}
		if place.Later != NoResult {
			result, found := after[place.Later]
			if !found {
				continue
			}
			entry.NormalizedURL, entry.After = result.NormalizedURL, diffResult(result)
		}
		entries = append(entries, entry)
	}
	return entries
}

func bySeq(results []wsc.Result) map[int64]*wsc.Result {
	found := make(map[int64]*wsc.Result, len(results))
	for i := range results {
		found[results[i].Seq] = &results[i]
	}
	return found
}

func diffResult(r *wsc.Result) *wsc.DiffResult {
	return &wsc.DiffResult{
		Seq: r.Seq, Line: r.Line, Status: r.Status, HTTPStatus: r.HTTPStatus, ErrorKind: r.ErrorKind,
		FinalURL: r.FinalURL, ResponseTimeMS: r.ResponseTimeMS,
	}
}
