package main

import (
	"archive/zip"
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
)

// list is a list that is made to exhaust its reader.
type list struct {
	// name has the extension that the file gets.
	name  string
	write func(io.Writer) error
}

// lists are small files, at most 20 MB, except those of plain text, which have no other way to be large.
func lists() []list {
	return append(workbooks(), texts()...)
}

const (
	relationKind = `http://schemas.openxmlformats.org/officeDocument/2006/relationships`
	million      = 1_000_000
	mib          = 1 << 20
)

func workbooks() []list {
	return []list{
		{"many_rows.xlsx", book(part{sheet1, rows(million/5, func(w io.Writer, n int) {
			putf(w, `<row r="%d"><c r="A%d" t="inlineStr"><is><t>https://www.%d.example.com/path</t></is></c></row>`, n, n, n)
		})})},
		{"far_right_cells.xlsx", book(part{sheet1, rows(million/5, func(w io.Writer, n int) {
			putf(w, `<row r="%d"><c r="A%d" t="str"><v>a.com</v></c><c r="XFD%d"><v>1</v></c></row>`, n, n, n)
		})})},
		{"far_right_cells_only.xlsx", book(part{sheet1, rows(million/5, func(w io.Writer, n int) {
			putf(w, `<row r="%d"><c r="XFD%d"><v>1</v></c></row>`, n, n)
		})})},
		{"full_rows.xlsx", book(part{sheet1, rows(150, func(w io.Writer, n int) {
			putf(w, `<row r="%d">%s</row>`, n, strings.Repeat(`<c t="str"><v>a.com</v></c>`, 16384))
		})})},
		{"a_million_shared_strings.xlsx", book(
			part{sheet1, rows(million/5, func(w io.Writer, n int) {
				putf(w, `<row r="%d"><c r="A%d" t="s"><v>%d</v></c></row>`, n, n, (n*7919)%million)
			})},
			part{shared, wrapped("sst", million, func(w io.Writer, n int) {
				putf(w, `<si><t>https://www.%d.example.com/path</t></si>`, n)
			})})},
		{"empty_shared_strings.xlsx", book(
			part{sheet1, rows(1, oneURL)},
			part{shared, wrapped("sst", 8<<20, func(w io.Writer, _ int) { put(w, `<si/>`) })})},
		{"huge_shared_strings.xlsx", book(
			part{sheet1, rows(1, oneURL)},
			part{shared, wrapped("sst", 200, func(w io.Writer, _ int) {
				putf(w, `<si><t>%s</t></si>`, strings.Repeat("x", mib))
			})})},
		{"huge_shared_strings_in_every_row.xlsx", book(
			part{sheet1, rows(million/5, func(w io.Writer, n int) {
				putf(w, `<row r="%d"><c r="A%d" t="str"><v>a.com</v></c><c r="B%d" t="s"><v>%d</v></c></row>`, n, n, n, n%50)
			})},
			part{shared, wrapped("sst", 50, func(w io.Writer, _ int) {
				putf(w, `<si><t>%s</t></si>`, strings.Repeat("x", mib-10))
			})})},
		{"one_giant_cell.xlsx", book(part{sheet1, func(w io.Writer) {
			put(w, `<worksheet><sheetData><row r="1"><c r="A1" t="str"><v>`)
			repeat(w, "x", 900*mib)
			put(w, `</v></c></row></sheetData></worksheet>`)
		}})},
		{"large_cells.xlsx", book(part{sheet1, rows(50, func(w io.Writer, n int) {
			putf(w, `<row r="%d"><c r="A%d" t="str"><v>%s</v></c></row>`, n, n, strings.Repeat("x", mib-200))
		})})},
		{"many_attributes.xlsx", book(part{sheet1, rows(300, func(w io.Writer, n int) {
			putf(w, `<row r="%d"><c r="A%d" t="str" %s><v>a.com</v></c></row>`, n, n, strings.Repeat(`a="" `, 2*mib/5-100))
		})})},
		{"many_sheets.xlsx", manySheets(20_000)},
		{"one_sheet_many_times.xlsx", oneSheetManyTimes},
		{"many_relations.xlsx", book(part{sheet1, rows(1, oneURL)}, part{"xl/_rels/workbook.xml.rels", func(w io.Writer) {
			putf(w, `<Relationships><Relationship Id="r1" Type="%s/worksheet" Target="worksheets/sheet1.xml"/>`, relationKind)
			repeat(w, `<Relationship/>`, 8*mib-1000)
			put(w, `</Relationships>`)
		}})},
		{"deep_elements.xlsx", book(part{sheet1, func(w io.Writer) {
			put(w, `<worksheet><sheetData>`)
			repeat(w, `<x>`, 20*mib)
			put(w, `</sheetData></worksheet>`)
		}})},
		{"deep_styles.xlsx", book(part{sheet1, rows(1, oneURL)}, part{"xl/styles.xml", func(w io.Writer) {
			put(w, `<styleSheet>`)
			repeat(w, `<x>`, 900*mib)
		}})},
		{"entities.xlsx", book(part{sheet1, rows(40, func(w io.Writer, n int) {
			putf(w, `<row r="%d"><c r="A%d" t="str"><v>a.com/%s</v></c></row>`, n, n, strings.Repeat("&#x10FFFF;", mib/20))
		})})},
		{"comments.xlsx", book(part{sheet1, func(w io.Writer) {
			put(w, `<worksheet>`)
			repeat(w, `<!--`+strings.Repeat("x", mib)+`-->`, 900*mib)
			put(w, `<sheetData><row r="1"><c r="A1" t="str"><v>a.com</v></c></row></sheetData></worksheet>`)
		}})},
		{"empty_rows.xlsx", book(part{sheet1, func(w io.Writer) {
			put(w, `<worksheet><sheetData><row r="1"><c r="A1" t="str"><v>a.com</v></c></row>`)
			repeat(w, `<c/>`, 10*mib)
			put(w, `</sheetData></worksheet>`)
		}})},
		{"many_parts.xlsx", manyParts},
	}
}

const (
	sheet1 = "xl/worksheets/sheet1.xml"
	shared = "xl/sharedStrings.xml"
)

type part struct {
	name  string
	write func(io.Writer)
}

func oneURL(w io.Writer, n int) {
	putf(w, `<row r="%d"><c r="A%d" t="str"><v>a.com</v></c></row>`, n, n)
}

func rows(count int, row func(io.Writer, int)) func(io.Writer) {
	return wrapped("worksheet><sheetData", count, row)
}

// wrapped writes elements from 1 to count within others.
func wrapped(outer string, count int, element func(io.Writer, int)) func(io.Writer) {
	return func(w io.Writer) {
		put(w, "<"+outer+">")
		for n := range count {
			element(w, n+1)
		}
		for _, name := range slices.Backward(strings.Split(outer, "><")) {
			put(w, "</"+name+">")
		}
	}
}

func repeat(w io.Writer, text string, size int) {
	block := strings.Repeat(text, max(1, (64<<10)/len(text)))
	for written := 0; written < size; written += len(block) {
		put(w, block)
	}
}

// book is a workbook of one sheet; parts replace those of the same name.
func book(parts ...part) func(io.Writer) error {
	all := []part{
		{"[Content_Types].xml", text(`<Types/>`)},
		{"_rels/.rels", text(`<Relationships><Relationship Id="r1" Type="` + relationKind + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`)},
		{"xl/workbook.xml", text(`<workbook xmlns:r="x"><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>`)},
		{"xl/_rels/workbook.xml.rels", text(`<Relationships><Relationship Id="r1" Type="` + relationKind + `/worksheet" Target="worksheets/sheet1.xml"/>` +
			`<Relationship Id="r2" Type="` + relationKind + `/sharedStrings" Target="/xl/sharedStrings.xml"/></Relationships>`)},
	}
	for _, p := range parts {
		if i := slices.IndexFunc(all, func(other part) bool { return other.name == p.name }); i >= 0 {
			all[i] = p
		} else {
			all = append(all, p)
		}
	}
	return func(out io.Writer) error {
		archive := zip.NewWriter(out)
		for _, p := range all {
			w, err := archive.Create(p.name)
			if err != nil {
				return err
			}
			buffered := bufio.NewWriterSize(w, 64<<10) // keeps the first error for Flush
			p.write(buffered)
			if err := buffered.Flush(); err != nil {
				return err
			}
		}
		return archive.Close()
	}
}

func text(s string) func(io.Writer) { return func(w io.Writer) { put(w, s) } }

// manySheets is a workbook of many sheets without a URL, so that each is looked into.
func manySheets(count int) func(io.Writer) error {
	parts := []part{
		{"xl/workbook.xml", wrapped("workbook><sheets", count, func(w io.Writer, n int) {
			putf(w, `<sheet name="S%d" id="r%d"/>`, n, n)
		})},
		{"xl/_rels/workbook.xml.rels", wrapped("Relationships", count, func(w io.Writer, n int) {
			putf(w, `<Relationship Id="r%d" Type="/worksheet" Target="s/%d"/>`, n, n)
		})},
	}
	for n := range count {
		parts = append(parts, part{fmt.Sprintf("xl/s/%d", n+1), rows(1, func(w io.Writer, _ int) {
			put(w, `<row><c><v>1</v></c></row>`)
		})})
	}
	return book(parts...)
}

// oneSheetManyTimes is a workbook whose sheets are all the same large part without a URL.
func oneSheetManyTimes(out io.Writer) error {
	return book(
		part{"xl/workbook.xml", wrapped("workbook><sheets", 100_000, func(w io.Writer, n int) {
			putf(w, `<sheet name="S%d" id="r1"/>`, n)
		})},
		part{sheet1, rows(100_000, func(w io.Writer, n int) { putf(w, `<row r="%d"/>`, n) })},
	)(out)
}

// manyParts has as many parts as a directory of the archive may hold.
func manyParts(out io.Writer) error {
	parts := []part{{sheet1, rows(1, oneURL)}}
	for n := range 70_000 {
		parts = append(parts, part{fmt.Sprintf("%x", n), func(io.Writer) {}})
	}
	return book(parts...)(out)
}

// put writes a text. Its error is kept by the buffer below, whose Flush returns it.
func put(w io.Writer, text string) { _, _ = io.WriteString(w, text) }

// putf is put with a format.
func putf(w io.Writer, format string, args ...any) { _, _ = fmt.Fprintf(w, format, args...) }
