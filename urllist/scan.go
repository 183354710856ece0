package urllist

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	wsc "github.com/website-status-checker/wsc"
)

// maxProblems is how many problems a Summary holds.
const maxProblems = 10

// Summary is what a whole list holds.
type Summary struct {
	List wsc.List
	// URLs, Invalid and Blank count the lines by kind; a URL that stands in several lines counts for each.
	URLs, Invalid, Blank int64
	// Problems are the first invalid lines, at most ten.
	Problems []Problem
}

// Problem is an invalid line of a list.
type Problem struct {
	// Line is the number of the line, row or element.
	Line int64
	// Text is what the line holds, at most 100 characters of it.
	Text   string
	Kind   wsc.ErrorKind
	Reason string
}

// Scan reads a whole list, to find out whether it can be accepted, and reports what it holds.
//
// Besides the errors of Open and Reader.Next it returns *wsc.Error with CodeNoURLs if all lines are blank, and
// CodeNoValidURLs, naming the first problems, if none of them holds a URL. The Summary is then filled in as well.
func Scan(ctx context.Context, src io.ReaderAt, size int64, opts Options) (Summary, error) {
	opts.KeepCells = false
	reader, err := Open(src, size, opts)
	if err != nil {
		return Summary{}, err
	}
	summary := Summary{List: reader.List()}
	err = summary.count(ctx, reader)
	if closeErr := reader.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return summary, err
	}
	return summary, summary.verdict()
}

func (s *Summary) count(ctx context.Context, reader *Reader) error {
	for n := 0; ; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		line, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch line.Kind {
		case LineURL:
			s.URLs++
		case LineBlank:
			s.Blank++
		case LineInvalid:
			s.Invalid++
			if len(s.Problems) < maxProblems {
				s.Problems = append(s.Problems, Problem{line.Number, clip(line.Text), line.Problem.Kind, line.Problem.Reason})
			}
		}
	}
}

func clip(text string) string { return clipTo(text, 100) }

// verdict is the error for a list without a single URL.
func (s *Summary) verdict() error {
	if s.URLs > 0 {
		return nil
	}
	if s.Invalid == 0 {
		message := "The file holds no URLs, only blank lines."
		if s.List.HasHeader {
			message = "The file holds no URLs, only a header."
		}
		return wsc.Errorf(wsc.CodeNoURLs, "%s", message).At(wsc.Place{Sheet: s.List.Sheet})
	}
	const shown = 3
	var first []string
	for _, problem := range s.Problems[:min(shown, len(s.Problems))] {
		first = append(first, fmt.Sprintf("Line %d: %s", problem.Line, problem.Reason))
	}
	return wsc.Errorf(wsc.CodeNoValidURLs, "None of the %d lines holds a URL that can be checked. %s", s.Invalid, strings.Join(first, " ")).
		At(wsc.Place{Sheet: s.List.Sheet, Line: s.Problems[0].Line, Column: s.List.URLColumn})
}
