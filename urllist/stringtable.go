package urllist

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"unicode/utf8"
)

const (
	// stringPage is what the table keeps, writes and reads at once.
	stringPage = 256 << 10
	// stringsInMemory is how much text the table keeps in memory before it uses a temporary file.
	stringsInMemory = 16 << 20
	// maxStrings bounds the index of the table, which stays in memory: more than a sheet has rows.
	maxStrings = 8 << 20
	// stringBlock is how many strings the index makes room for at once.
	stringBlock = 64 << 10
	// maxShared bounds the text that is handed out over one reading of a workbook: a long string that many cells share
	// is small in the file and large in the list.
	maxShared = 4 << 30
)

// stringTable holds the shared strings of a workbook: 4 bytes each in memory, and the text in memory or, when it is
// long, in a temporary file.
type stringTable struct {
	tempDir string
	// inMemory is how much text is kept in memory.
	inMemory int64
	// starts holds where each string begins in the text, in blocks that never move; a string ends where the next one
	// begins. The text is shorter than maxUnpacked, so 32 bits are enough.
	starts [][]uint32
	count  int
	length int64
	// given is how much text was handed out.
	given int64
	pages [][]byte // of stringPage bytes each, while the text is in memory
	file  *os.File
	// removed says that the file has no name any more.
	removed bool
	// tail is text that is not in the file yet.
	tail []byte
	// window is a piece of the file, from windowAt on.
	window   []byte
	windowAt int64
}

// add appends a string.
func (t *stringTable) add(text []byte) error {
	if t.count >= maxStrings {
		return tooMuch()
	}
	if t.count%stringBlock == 0 {
		t.starts = append(t.starts, make([]uint32, 0, stringBlock))
	}
	last := len(t.starts) - 1
	t.starts[last] = append(t.starts[last], uint32(t.length))
	t.count++
	t.length += int64(len(text))
	if t.file == nil && t.length > t.inMemory {
		if err := t.spill(); err != nil {
			return err
		}
	}
	if t.file == nil {
		t.keep(text)
		return nil
	}
	t.tail = append(t.tail, text...)
	if len(t.tail) >= stringPage {
		return t.flush()
	}
	return nil
}

// keep appends text to the pages in memory.
func (t *stringTable) keep(text []byte) {
	for len(text) > 0 {
		last := len(t.pages) - 1
		if last < 0 || len(t.pages[last]) == stringPage {
			t.pages = append(t.pages, make([]byte, 0, stringPage))
			last++
		}
		n := min(len(text), stringPage-len(t.pages[last]))
		t.pages[last] = append(t.pages[last], text[:n]...)
		text = text[n:]
	}
}

// spill moves the text from memory to a temporary file.
func (t *stringTable) spill() error {
	file, err := os.CreateTemp(t.tempDir, "wsc-strings-*")
	if err != nil {
		return fmt.Errorf("unpacking the workbook: %w", err)
	}
	t.file = file
	// Where the system allows it the name goes at once, so that not even a crash leaves the file behind.
	t.removed = os.Remove(file.Name()) == nil
	for _, page := range t.pages {
		if _, err := file.Write(page); err != nil {
			return fmt.Errorf("unpacking the workbook: %w", err)
		}
	}
	t.pages = nil
	return nil
}

func (t *stringTable) flush() error {
	if _, err := t.file.Write(t.tail); err != nil {
		return fmt.Errorf("unpacking the workbook: %w", err)
	}
	t.tail = t.tail[:0]
	return nil
}

// appendString appends the string with an index to dst, and reports whether there is one.
func (t *stringTable) appendString(dst []byte, index int) ([]byte, bool, error) {
	if index < 0 || index >= t.count {
		return dst, false, nil
	}
	from, to := t.start(index), t.length
	if index+1 < t.count {
		to = t.start(index + 1)
	}
	if t.given += to - from; t.given > maxShared {
		return dst, false, tooMuch()
	}
	if t.file == nil {
		for from < to {
			page := t.pages[from/stringPage][from%stringPage:]
			n := min(int64(len(page)), to-from)
			dst = append(dst, page[:n]...)
			from += n
		}
		return dst, true, nil
	}
	if from < t.windowAt || to > t.windowAt+int64(len(t.window)) {
		if err := t.load(from, to); err != nil {
			return dst, false, err
		}
	}
	return append(dst, t.window[from-t.windowAt:to-t.windowAt]...), true, nil
}

func (t *stringTable) start(index int) int64 {
	return int64(t.starts[index/stringBlock][index%stringBlock])
}

// load reads a window of the file that holds the text between two positions, and what follows it.
func (t *stringTable) load(from, to int64) error {
	const ahead = 16 << 10
	size := min(max(to-from, ahead), t.length-from)
	if int64(cap(t.window)) < size {
		t.window = make([]byte, size)
	}
	t.window, t.windowAt = t.window[:size], from
	if _, err := t.file.ReadAt(t.window, from); err != nil {
		return fmt.Errorf("reading the unpacked workbook: %w", err)
	}
	return nil
}

// close removes the temporary file.
func (t *stringTable) close() error {
	if t.file == nil {
		return nil
	}
	err := t.file.Close()
	if !t.removed {
		err = errors.Join(err, os.Remove(t.file.Name()))
	}
	t.file = nil
	if err != nil {
		return fmt.Errorf("removing the unpacked workbook: %w", err)
	}
	return nil
}

// readStrings reads the part with the shared strings.
func (b *workbook) readStrings(name string) error {
	p, err := b.archive.part(name, maxUnpacked)
	if err != nil {
		return err
	}
	return alsoClose(b.addStrings(p), p.close)
}

func (b *workbook) addStrings(p *part) error {
	var text []byte
	inItem, inText, phonetic := false, false, false
	for {
		token, err := p.token()
		if errors.Is(err, io.EOF) {
			if b.strings.file != nil {
				return b.strings.flush()
			}
			return nil
		}
		if errors.Is(err, errLongLine) {
			return longCell()
		}
		if err != nil {
			return err
		}
		switch token.kind {
		case xmlStart:
			switch string(token.name) {
			case "si":
				inItem, text = true, text[:0]
			case "t":
				inText = inItem && !phonetic
			case "rPh": // how the text is pronounced
				phonetic = true
			}
		case xmlEnd:
			switch string(token.name) {
			case "si":
				inItem = false
				if err := b.strings.add(unescape(text)); err != nil {
					return err
				}
			case "t":
				inText = false
			case "rPh":
				phonetic = false
			}
		case xmlText:
			if inText {
				if text = append(text, token.text...); len(text) > maxLine {
					return longCell()
				}
			}
		}
	}
}

func longCell() error {
	return invalidXLSX("A cell of the workbook holds more than 1 MiB of text; a workbook can hold 32,767 characters.")
}

// unescape replaces _xHHHH_, by which workbooks write characters that XML can't hold, in place.
func unescape(text []byte) []byte {
	if !bytes.Contains(text, []byte("_x")) {
		return text
	}
	out := make([]byte, 0, len(text))
	for len(text) > 0 {
		if len(text) >= 7 && text[0] == '_' && text[1] == 'x' && text[6] == '_' {
			if code, err := strconv.ParseUint(string(text[2:6]), 16, 16); err == nil {
				out = utf8.AppendRune(out, rune(code))
				text = text[7:]
				continue
			}
		}
		out = append(out, text[0])
		text = text[1:]
	}
	return out
}
