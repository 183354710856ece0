package checker

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestExtractTitle(t *testing.T) {
	for name, test := range map[string]struct{ page, contentType, want string }{
		"plain":               {"<title>Hello</title>", "text/html", "Hello"},
		"upper case":          {"<HTML><HEAD><TITLE>Hello</TITLE>", "TEXT/HTML; charset=UTF-8", "Hello"},
		"attributes":          {`<title lang="en" data-x='>'>Hello</title>`, "text/html", "Hello"},
		"entities":            {"<title>a &amp; b &lt;c&gt; &eacute; &#x1F600; &nbsp; d</title>", "text/html", "a & b <c> é 😀 d"},
		"white space":         {"<title>\r\n a\t\tb \n\n c </title>", "text/html", "a b c"},
		"not closed":          {"<title>cut off he", "text/html", "cut off he"},
		"in a comment":        {"<!-- <title>no</title> --><title>yes</title>", "text/html", "yes"},
		"in a script":         {"<script>'<title>no</title>'</script><title>yes</title>", "text/html", "yes"},
		"in a picture":        {"<svg><title>no</title></svg><title>yes</title>", "text/html", "yes"},
		"empty":               {"<title></title><p>x", "text/html", ""},
		"none":                {"<p>x", "text/html", ""},
		"no HTML":             {"<title>no</title>", "text/plain", ""},
		"XHTML":               {"<?xml version='1.0'?><html><head><title>x</title>", "application/xhtml+xml", "x"},
		"no type":             {"<!doctype html><title>guessed</title>", "", "guessed"},
		"malformed parameter": {"<title>x</title>", "text/html; charset", "x"},
		"charset of header":   {"<title>\xfc</title>", "text/html; charset=iso-8859-1", "ü"},
		"charset of meta":     {"<meta charset='windows-1251'><title>\xdf</title>", "text/html", "Я"},
		"unknown charset":     {"<title>x\xfc</title>", "text/html; charset=klingon", "xü"},
		"UTF-16 with BOM":     {"\xff\xfe<\x00t\x00i\x00t\x00l\x00e\x00>\x00h\x00i\x00<\x00/\x00t\x00i\x00t\x00l\x00e\x00>\x00", "text/html", "hi"},
		"UTF-8 with BOM":      {"\xef\xbb\xbf<title>hi</title>", "text/html", "hi"},
		"NUL":                 {"<title>a\x00b</title>", "text/html", "ab"},
		"entity for NUL":      {"<title>a&#0;b</title>", "text/html", "a\ufffdb"},
		"control characters":  {"<title>a\x1b[31m\x07b&#x202e;c</title>", "text/html", "a[31mbc"},
		"tags are text":       {"<title>a<b>c</b></title>", "text/html", "a<b>c</b>"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, test.want, extractTitle([]byte(test.page), test.contentType))
		})
	}
}

func TestLongTitlesAreCutBetweenCharacters(t *testing.T) {
	title := extractTitle([]byte("<title>"+strings.Repeat("ü ", 5000)+"</title>"), "text/html; charset=utf-8")
	require.LessOrEqual(t, utf8.RuneCountInString(title), maxTitleRunes)
	require.Greater(t, utf8.RuneCountInString(title), maxTitleRunes-3)
	require.Equal(t, strings.TrimSpace(title), title)
}

func FuzzExtractTitle(f *testing.F) {
	for _, page := range []string{"<title>a</title>", "<title>", "\xff\xfe<\x00t\x00", "<meta charset=shift_jis><title>\x93\xfa", "<svg><title>x</svg><title>&#0;&#xd800;", "<title>\x00\u202e</title>"} {
		f.Add([]byte(page), "text/html")
		f.Add([]byte(page), "text/html; charset=utf-16le")
		f.Add([]byte(page), "")
	}
	f.Fuzz(func(t *testing.T, page []byte, contentType string) {
		title := extractTitle(page, contentType)
		require.True(t, utf8.ValidString(title))
		require.LessOrEqual(t, utf8.RuneCountInString(title), maxTitleRunes)
		for _, r := range title {
			require.False(t, unicode.IsControl(r), "%q", title)
		}
		require.Equal(t, strings.TrimSpace(title), title)
		require.NotContains(t, title, "  ")
	})
}
