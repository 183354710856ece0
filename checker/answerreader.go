package checker

import (
	"errors"
	"io"
	"time"
)

// fieldOverhead is what a header line counts besides its bytes, as in HTTP/2 (RFC 9113, section 6.5.2): in memory a field
// takes more than its text, so that very many short ones would be dearer than long ones.
const fieldOverhead = 32

// errHeadersTooLarge ends the reading of an answer whose headers are longer than maxHeaderBytes.
var errHeadersTooLarge = errors.New("headers too large")

// answerReader passes the answers of an HTTP/1 connection on and looks at their headers on the way.
//
//   - The headers of an answer, informational answers before it included, may have maxHeaderBytes, of which each line
//     takes fieldOverhead besides its own.
//   - Sites send control characters in header values that net/http refuses the whole answer for, although RFC 9110
//     (section 5.5) lets a recipient replace them; here they become question marks. NUL, which must be refused, is left
//     alone.
//   - net/http takes a header line that breaks off for a malformed one; here it is known to have broken off.
type answerReader struct {
	source io.Reader
	// first is when the first byte of the answer came, zero until then.
	first time.Time
	// cut is the error of a read, if the headers ended with it in the middle of a line.
	cut error

	inHeaders bool
	// left is how many bytes the headers may still have.
	left int
	// line is how many bytes the current line has, and status whether it is the status line.
	line   int
	status bool
	// code is the status as far as it was read, of digits characters.
	code   [3]byte
	digits int
	// informational counts the answers that another one follows.
	informational int
}

// expect says that the next byte begins an answer.
func (r *answerReader) expect() {
	*r = answerReader{source: r.source, inHeaders: true, left: maxHeaderBytes, status: true}
}

// answered reports whether any byte of the answer has come.
func (r *answerReader) answered() bool { return !r.first.IsZero() }

// Read reads from the connection.
func (r *answerReader) Read(p []byte) (int, error) {
	if r.inHeaders && r.left <= 0 {
		if r.line > 0 {
			r.cut = errHeadersTooLarge
		}
		return 0, errHeadersTooLarge
	}
	n, err := r.source.Read(p)
	if n > 0 && !r.answered() {
		r.first = time.Now()
	}
	if r.inHeaders {
		r.scan(p[:n])
		if r.inHeaders && err != nil && r.line > 0 {
			r.cut = err
		}
	}
	return n, err
}

// scan cleans the bytes that belong to headers and notices where those end.
func (r *answerReader) scan(p []byte) {
	for i, b := range p {
		r.left--
		switch {
		case b == '\n':
			if r.line == 0 && !r.status {
				if !isInformational(r.code) {
					r.inHeaders = false
					return
				}
				r.informational++
				r.status, r.digits = true, 0
				continue
			}
			r.line, r.status = 0, false
			r.left -= fieldOverhead
		case b == '\r':
		case r.status:
			r.lookAtStatus(b)
			r.line++
		case b < ' ' && b != '\t' && b != 0 || b == 0x7f:
			p[i] = '?'
			r.line++
		default:
			r.line++
		}
	}
}

// lookAtStatus picks the status out of its line as http.ReadResponse does, which allows more than one space before it.
func (r *answerReader) lookAtStatus(b byte) {
	const begin = len("HTTP/1.1 ")
	if r.line < begin || r.digits == len(r.code) || b == ' ' && r.digits == 0 {
		return
	}
	r.code[r.digits] = b
	r.digits++
}

// isInformational reports whether another answer follows the one with this status. Status 101 is final: what follows
// is no HTTP.
func isInformational(code [3]byte) bool { return code[0] == '1' && string(code[:]) != "101" }
