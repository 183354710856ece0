package export

import (
	wsc "github.com/website-status-checker/wsc"
)

// writeSummary adds the sheet that says what the workbook is about, what is in it, and what its error kinds mean.
func (b *workbook) writeSummary(counts *tally) error {
	if err := b.begin(summarySheet, []float64{28, 14, 100}, false); err != nil {
		return err
	}
	s := b.current()
	for _, line := range b.summary(counts) {
		if err := s.row(line.cells, line.style); err != nil {
			return err
		}
	}
	return s.close()
}

// summaryLine is a row of the summary.
type summaryLine struct {
	cells []cell
	style int
}

func (b *workbook) summary(counts *tally) []summaryLine {
	var lines []summaryLine
	add := func(style int, cells ...cell) { lines = append(lines, summaryLine{cells, style}) }
	count := func(label string, number int64) { add(styleNone, textCell(label), integerCell(number)) }

	add(styleBold, textCell("Website Status Checker"))
	if job := b.job; job != nil {
		add(styleNone, textCell("List"), textCell(job.Filename))
		add(styleNone, textCell("Job"), textCell(job.ID))
		add(styleNone, textCell("Job status"), textCell(string(job.Status)))
		add(styleNone, textCell("Submitted (UTC)"), timeCell(job.CreatedAt))
		if job.FinishedAt != nil {
			add(styleNone, textCell("Finished (UTC)"), timeCell(*job.FinishedAt))
		}
		add(styleNone)
		add(styleBold, textCell("The whole list"))
		count("URLs (unique or invalid)", job.TotalURLs)
		count("Invalid lines", job.InvalidCount)
		count("Duplicate lines", job.DuplicateCount)
		count("Blank lines", job.BlankCount)
	}
	add(styleNone)
	add(styleBold, textCell("In this file"))
	count("Results", counts.results)
	count("Active", counts.active)
	count("Inactive", counts.inactive)
	count("Error", counts.errors)
	if counts.duplicates+counts.blanks+counts.unchecked > 0 {
		count("Duplicate rows", counts.duplicates)
		count("Blank rows", counts.blanks)
		count("Rows not checked", counts.unchecked)
	}
	if len(counts.kinds) > 0 {
		add(styleNone)
		add(styleHeader, textCell("Error kind"), textCell("Results"), textCell("What it means"))
		for _, kind := range wsc.ErrorKinds() {
			if number := counts.kinds[kind]; number > 0 {
				add(styleNone, textCell(string(kind)), integerCell(number), textCell(kind.Sentence()))
			}
		}
	}
	return lines
}
