package urllist

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"golang.org/x/net/publicsuffix"

	wsc "github.com/website-status-checker/wsc"
)

// sampleRows is how many rows that are not blank decide on header and URL column.
const sampleRows = 500

// sampleLimit is how many rows are looked at to find those, so that a file without any is not read an extra time.
const sampleLimit = 100_000

// sampleCells is how many cells are looked at; rows of thousands of columns are not sampled as deep.
const sampleCells = 200_000

// sample is what the first rows of a document say about its columns.
type sample struct {
	// first is the first row that is not blank; its cells are not counted in columns.
	first       []string
	firstNumber int64
	firstWhole  bool
	columns     []columnStats
	rows        int
	whole       int // rows that are URLs as a whole
	urls        int // cells that look like URLs, the first row included
	// names are the names of columns that are not in a row.
	names []string
}

// columnStats counts the cells of one column.
type columnStats struct{ filled, url, weak int }

// takeSample reads up to limit rows that are not blank, and at most sampleLimit in all.
func takeSample(src source, limit int) (*sample, error) {
	s := &sample{}
	cells := 0
	for seen := 0; s.rows <= limit && seen < sampleLimit && cells < sampleCells; seen++ {
		row, err := src.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if row.problem != "" || row.comment || allBlank(row.cells) {
			continue
		}
		s.rows++
		cells += len(row.cells)
		if row.whole {
			s.whole++
		}
		if s.rows == 1 {
			s.firstNumber, s.firstWhole = row.number, row.whole
			for _, cell := range row.cells {
				s.first = append(s.first, validText(cell))
				if likeness(cell) == likeURL {
					s.urls++
				}
			}
			continue
		}
		for i, cell := range row.cells {
			s.count(i, cell)
		}
	}
	return s, nil
}

// count adds a cell to its column.
func (s *sample) count(column int, cell []byte) {
	for len(s.columns) <= column {
		s.columns = append(s.columns, columnStats{})
	}
	if len(bytes.TrimSpace(cell)) == 0 {
		return
	}
	stats := &s.columns[column]
	stats.filled++
	switch likeness(cell) {
	case likeURL:
		stats.url++
		s.urls++
	case likeHost:
		stats.weak++
	case likeNothing:
	}
}

// like says how much a cell looks like a URL.
type like int

const (
	likeNothing like = iota
	// likeHost could be a host name: John.Smith, file.txt, server.corp.
	likeHost
	// likeURL has a scheme, a known top-level domain or an IP address.
	likeURL
)

func likeness(cell []byte) like {
	if len(cell) > wsc.MaxURLBytes+64 {
		return likeNothing
	}
	text := wsc.TrimURL(string(cell))
	url, err := wsc.ReadURL(text)
	if err != nil {
		return likeNothing
	}
	if strings.Contains(text, "://") || url.Host == "localhost" || strings.HasPrefix(url.Host, "www.") {
		return likeURL
	}
	if !strings.Contains(url.Host, ".") {
		return likeHost
	}
	if last := url.Host[len(url.Host)-1]; '0' <= last && last <= '9' {
		// Four numbers are an address, and sometimes a version.
		return likeURL
	}
	if suffix, managed := publicsuffix.PublicSuffix(url.Host); managed && suffix != url.Host {
		return likeURL
	}
	return likeHost
}

// rank orders the names of columns by how surely they hold URLs.
type rank int

const (
	rankNone rank = iota
	// rankPart has a word in it: "Website address", "Company domain", "Domain rating".
	rankPart
	// rankExact is just that word.
	rankExact
)

// wordsForURL are the words that name a URL column, the surest first.
const wordsForURL = "url urls website websites link links domain domains"

// nameRank says whether a column name is one for URLs.
func nameRank(name string) rank {
	name = foldName(name)
	best := rankNone
	for word := range strings.FieldsSeq(wordsForURL) {
		if name == word {
			return rankExact
		}
		for part := range strings.FieldsFuncSeq(name, func(r rune) bool { return strings.ContainsRune(" _-./()[]:#", r) }) {
			if part == word || word == "url" && strings.HasSuffix(part, word) {
				best = rankPart
			}
		}
	}
	return best
}

// namePriority is the position of an exact name among wordsForURL.
func namePriority(name string) int {
	name, i := foldName(name), 0
	for word := range strings.FieldsSeq(wordsForURL) {
		if name == word {
			break
		}
		i++
	}
	return i
}

// foldName makes names comparable: lower case, and single spaces instead of white space.
func foldName(name string) string {
	return strings.ToLower(strings.Join(strings.Fields(wsc.TrimURL(name)), " "))
}

// sameName compares a name that a person wrote with one of the file, ignoring case and white space.
func sameName(a, b string) bool {
	return strings.ReplaceAll(foldName(a), " ", "") == strings.ReplaceAll(foldName(b), " ", "")
}

// columnLetter names a column as a spreadsheet does: A, B, …, Z, AA, …
func columnLetter(index int) string {
	var letters []byte
	for n := index + 1; n > 0; n = (n - 1) / 26 {
		letters = append([]byte{byte('A' + (n-1)%26)}, letters...)
	}
	return string(letters)
}

// columnIndex is the inverse of columnLetter in either case; -1 if the text is not the letter of a possible column.
func columnIndex(letters string) int {
	n := 0
	for i := range len(letters) {
		c := letters[i] &^ 0x20
		if c < 'A' || c > 'Z' || i > 2 {
			return -1
		}
		n = n*26 + int(c-'A') + 1
	}
	if n > maxColumns {
		return -1
	}
	return n - 1
}
