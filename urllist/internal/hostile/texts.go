package main

import (
	"fmt"
	"io"
	"strings"
)

// textSize is the size of lists of plain text.
const textSize = 10 * mib

func texts() []list {
	plain := func(name, unit string) list {
		return list{name, func(w io.Writer) error { repeat(w, unit, textSize); return nil }}
	}
	json := func(name, before, unit, after string) list {
		return list{name, func(w io.Writer) error {
			put(w, before)
			repeat(w, unit, textSize)
			put(w, after)
			return nil
		}}
	}
	keys := func(count int) string {
		var object strings.Builder
		object.WriteString(`{"url":"a.com"`)
		for n := range count {
			fmt.Fprintf(&object, `,"%x":0`, n)
		}
		return object.String() + "}"
	}
	return []list{
		{"million_urls.csv", func(w io.Writer) error {
			put(w, "name,url,note\n")
			for n := range million - 1 {
				putf(w, "Company %d,https://www.%d.example.com/path/to/a/page,%s\n", n, n, "a note about the company of 40 bytes or so")
			}
			return nil
		}},
		plain("only_line_ends.csv", "\n"),
		plain("only_line_ends.txt", "\n"),
		plain("only_quotes.csv", "\"\n"),
		plain("only_delimiters.csv", strings.Repeat(",", 16000)+"\n"),
		plain("long_lines.txt", strings.Repeat("x", mib-1)+"\n"),
		plain("wide_header.csv", strings.Repeat(strings.Repeat("x", 60)+",", 16000)+"url\n"),
		json("empty_objects.json", `["a.com"`, `,{}`, `]`),
		json("wide_object_first.json", "["+keys(100_000), `,{}`, `]`),
		json("long_keys.json", `[{"url":"a.com"}`, `,{"url":"a.com","`+strings.Repeat("k", mib-100)+`":0}`, `]`),
		json("different_long_keys.json", longKeys(), `,{}`, `]`),
		json("deep.json", "[", "[", ""),
		plain("empty_objects.ndjson", "{}\n"),
		plain("numbers.ndjson", "1\n"),
	}
}

// longKeys is the beginning of an array whose first elements have a different key each, of nearly 1 MiB.
func longKeys() string {
	var array strings.Builder
	array.WriteString(`[{"url":"a.com"}`)
	for n := range 20 {
		fmt.Fprintf(&array, `,{"%d%s":0}`, n, strings.Repeat("k", mib-100))
	}
	return array.String()
}
