package export

import (
	"strconv"
	"strings"
	"time"

	wsc "github.com/website-status-checker/wsc"
)

const (
	xmlDeclaration = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	sheetNamespace = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"

	documentRelations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	packageNamespace  = "http://schemas.openxmlformats.org/package/2006"
	spreadsheetType   = "application/vnd.openxmlformats-officedocument.spreadsheetml"
)

// The styles of cells, as positions in the list that styles writes.
const (
	styleNone = iota
	styleHeader
	styleDecimal
	styleTime
	styleQuoted
	styleActive
	styleInactive
	styleError
	styleBold
)

// styles is the part that says how cells look.
func styles() string {
	const (
		plain = `<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>`
		ms    = `<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>`
		date  = `<xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>`
		// quoted marks a text as typed with an apostrophe before it, so that editing the cell makes no formula of it.
		quoted = `<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" quotePrefix="1" applyNumberFormat="1"/>`
		head   = `<xf numFmtId="0" fontId="1" fillId="2" borderId="1" xfId="0" applyFont="1" applyFill="1" applyBorder="1"/>`
		good   = `<xf numFmtId="0" fontId="2" fillId="3" borderId="0" xfId="0" applyFont="1" applyFill="1"/>`
		middle = `<xf numFmtId="0" fontId="3" fillId="4" borderId="0" xfId="0" applyFont="1" applyFill="1"/>`
		bad    = `<xf numFmtId="0" fontId="4" fillId="5" borderId="0" xfId="0" applyFont="1" applyFill="1"/>`
		bold   = `<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>`
	)
	font := func(more string) string {
		return `<font>` + more + `<name val="Calibri"/><family val="2"/></font>`
	}
	fill := func(color string) string {
		return `<fill><patternFill patternType="solid"><fgColor rgb="FF` + color + `"/><bgColor indexed="64"/></patternFill></fill>`
	}
	return xmlDeclaration + `<styleSheet xmlns="` + sheetNamespace + `">` +
		`<numFmts count="2"><numFmt numFmtId="164" formatCode="0.0##"/><numFmt numFmtId="165" formatCode="yyyy\-mm\-dd\ hh:mm:ss"/></numFmts>` +
		`<fonts count="5">` + font(`<sz val="11"/>`) + font(`<b/><sz val="11"/>`) +
		font(`<sz val="11"/><color rgb="FF006100"/>`) + font(`<sz val="11"/><color rgb="FF7F6000"/>`) + font(`<sz val="11"/><color rgb="FF9C0006"/>`) + `</fonts>` +
		`<fills count="6"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>` +
		fill("D9E1F2") + fill("C6EFCE") + fill("FFEB9C") + fill("FFC7CE") + `</fills>` +
		`<borders count="2"><border><left/><right/><top/><bottom/><diagonal/></border>` +
		`<border><left/><right/><top/><bottom style="thin"><color rgb="FF8EA9DB"/></bottom><diagonal/></border></borders>` +
		`<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>` +
		`<cellXfs count="9">` + plain + head + ms + date + quoted + good + middle + bad + bold + `</cellXfs>` +
		`<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`
}

// coreProperties is the part with title and time, which programs show as the document's properties.
func coreProperties(job *wsc.Job) string {
	text := []byte(xmlDeclaration + `<cp:coreProperties xmlns:cp="` + packageNamespace + `/metadata/core-properties"` +
		` xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"` +
		` xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">`)
	if job != nil {
		text = append(text, `<dc:title>`...)
		text = appendXMLText(text, job.Filename)
		text = append(text, `</dc:title>`...)
	}
	text = append(text, `<dc:creator>Website Status Checker</dc:creator>`...)
	if job != nil && !job.CreatedAt.IsZero() {
		text = append(text, `<dcterms:created xsi:type="dcterms:W3CDTF">`...)
		text = job.CreatedAt.UTC().AppendFormat(text, time.RFC3339)
		text = append(text, `</dcterms:created>`...)
	}
	return string(append(text, `</cp:coreProperties>`...))
}

// workbookPart lists the sheets and, as spreadsheet programs do, the ranges of their filters.
func workbookPart(sheets []*sheet) string {
	text := []byte(xmlDeclaration + `<workbook xmlns="` + sheetNamespace + `" xmlns:r="` + documentRelations + `">` +
		`<bookViews><workbookView activeTab="0"/></bookViews><sheets>`)
	for n, s := range sheets {
		number := strconv.Itoa(n + 1)
		text = append(text, `<sheet name="`...)
		text = appendXMLAttribute(text, s.name)
		text = append(text, `" sheetId="`+number+`" r:id="rId`+number+`"/>`...)
	}
	text = append(text, `</sheets><definedNames>`...)
	for n, s := range sheets {
		if filter := s.filterRange(true); filter != "" {
			text = append(text, `<definedName name="_xlnm._FilterDatabase" localSheetId="`+strconv.Itoa(n)+`" hidden="1">`...)
			text = appendXMLText(text, "'"+s.name+"'!"+filter)
			text = append(text, `</definedName>`...)
		}
	}
	return string(append(text, `</definedNames></workbook>`...))
}

func workbookRelations(sheets int) string {
	var b strings.Builder
	b.WriteString(xmlDeclaration + `<Relationships xmlns="` + packageNamespace + `/relationships">`)
	for n := range sheets {
		b.WriteString(`<Relationship Id="rId` + strconv.Itoa(n+1) + `" Type="` + documentRelations + `/worksheet" Target="` +
			strings.TrimPrefix(sheetPath(n), "xl/") + `"/>`)
	}
	b.WriteString(`<Relationship Id="rId` + strconv.Itoa(sheets+1) + `" Type="` + documentRelations + `/styles" Target="styles.xml"/></Relationships>`)
	return b.String()
}

func packageRelations() string {
	return xmlDeclaration + `<Relationships xmlns="` + packageNamespace + `/relationships">` +
		`<Relationship Id="rId1" Type="` + documentRelations + `/officeDocument" Target="xl/workbook.xml"/>` +
		`<Relationship Id="rId2" Type="` + packageNamespace + `/relationships/metadata/core-properties" Target="docProps/core.xml"/></Relationships>`
}

func contentTypes(sheets int) string {
	var b strings.Builder
	override := func(part, contentType string) {
		b.WriteString(`<Override PartName="/` + part + `" ContentType="` + contentType + `"/>`)
	}
	b.WriteString(xmlDeclaration + `<Types xmlns="` + packageNamespace + `/content-types">` +
		`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
		`<Default Extension="xml" ContentType="application/xml"/>`)
	override("xl/workbook.xml", spreadsheetType+".sheet.main+xml")
	for n := range sheets {
		override(sheetPath(n), spreadsheetType+".worksheet+xml")
	}
	override("xl/styles.xml", spreadsheetType+".styles+xml")
	override("docProps/core.xml", "application/vnd.openxmlformats-package.core-properties+xml")
	b.WriteString(`</Types>`)
	return b.String()
}
