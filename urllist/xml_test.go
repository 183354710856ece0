package urllist

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// xmlTokens reads all tokens of a document, with the pieces of a text joined.
func xmlTokens(src io.Reader) ([]string, error) {
	var tokens []string
	var text strings.Builder
	reader := newXMLReader(src)
	for {
		token, err := reader.next()
		if err != nil || token.kind != xmlText {
			if text.Len() > 0 {
				tokens = append(tokens, fmt.Sprintf("text %q", text.String()))
				text.Reset()
			}
		}
		if errors.Is(err, io.EOF) {
			return tokens, nil
		}
		if err != nil {
			return tokens, err
		}
		switch token.kind {
		case xmlStart:
			start := "start " + string(token.name)
			for _, a := range reader.attributes {
				start += fmt.Sprintf(" %s=%q", a.name, a.value)
			}
			tokens = append(tokens, start)
		case xmlEnd:
			tokens = append(tokens, "end "+string(token.name))
		case xmlText:
			text.Write(token.text)
		}
	}
}

// encodingXML does the same with encoding/xml.
func encodingXML(document []byte) ([]string, error) {
	var tokens []string
	var text strings.Builder
	decoder := xml.NewDecoder(bytes.NewReader(document))
	flush := func() {
		if text.Len() > 0 {
			tokens = append(tokens, fmt.Sprintf("text %q", text.String()))
			text.Reset()
		}
	}
	for {
		token, err := decoder.RawToken()
		if errors.Is(err, io.EOF) {
			flush()
			return tokens, nil
		}
		if err != nil {
			flush()
			return tokens, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			flush()
			start := "start " + token.Name.Local
			for _, a := range token.Attr {
				start += fmt.Sprintf(" %s=%q", a.Name.Local, a.Value)
			}
			tokens = append(tokens, start)
		case xml.EndElement:
			flush()
			tokens = append(tokens, "end "+token.Name.Local)
		case xml.CharData:
			text.Write(token)
		case xml.Directive:
			flush()
			return tokens, errDocumentType
		}
	}
}

func TestXMLReader(t *testing.T) {
	for _, test := range []struct {
		document string
		tokens   []string
	}{
		{`<a x="1" y:z='2"'>t</a>`, []string{`start a x="1" z="2\""`, `text "t"`, "end a"}},
		{"<a/><b c='&lt;&#65;&#x42;'/>", []string{"start a", "end a", `start b c="<AB"`, "end b"}},
		{"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- x - y -->a\r\nb\rc&amp;<![CDATA[<d>&amp;]]e]]>f", []string{`text "\na\nb\nc&<d>&amp;]]ef"`}},
	} {
		tokens, err := xmlTokens(strings.NewReader(test.document))
		require.NoError(t, err, test.document)
		require.Equal(t, test.tokens, tokens)
		tokens, err = xmlTokens(iotest.OneByteReader(strings.NewReader(test.document)))
		require.NoError(t, err, test.document)
		require.Equal(t, test.tokens, tokens, "byte by byte")
	}
	for _, document := range []string{
		"<", "<a", "<a ", "<a b", "<a b=", "<a b=c>", `<a b="c`, `<a b="<">`, "< a>", "<1>", "</>", "</a b>", "<a/ >", "<!DOCTYPE x>", "<!-- a -- b -->", "<!--",
		"&", "&x;", "&#0;", "&#xD800;", "&amp", "a\x00", "a\xff", "\xed\xa0\x80", "]]>", "<![CDATA[", "<?", "<? a?>", "<?xml encoding=\"latin1\"?>", "<a b=\"&x;\"/>", "<a\x01/>",
	} {
		_, err := xmlTokens(strings.NewReader(document))
		require.Error(t, err, "%q", document)
		require.NotErrorIs(t, err, io.EOF)
	}
	_, err := xmlTokens(strings.NewReader("<a " + strings.Repeat(`b="" `, 20_000) + "/>"))
	require.ErrorIs(t, err, errLongLine)
}

// What stands at the edge of the buffer is read like anything else.
func TestXMLReaderAtTheEdgeOfItsBuffer(t *testing.T) {
	for _, piece := range []string{"é", "&amp;", "\r\n", "<![CDATA[x]]>", "<b c='d'/>", "<!-- c -->", "<?p i?>", "]]", "€", "😀"} {
		for shift := range 24 {
			document := "<a>" + strings.Repeat("x", xmlBuffer-3-shift) + piece + strings.Repeat("y", 10) + "</a>"
			expected, err := encodingXML([]byte(document))
			require.NoError(t, err)
			tokens, err := xmlTokens(strings.NewReader(document))
			require.NoError(t, err, "%q, %d from the edge", piece, shift)
			require.True(t, slices.Equal(expected, tokens), "%q, %d from the edge", piece, shift)
		}
	}
}

// Whatever encoding/xml reads is read as it does, and what it refuses is refused. The exception are names, which
// encoding/xml looks at more closely; workbooks are asked for elements and attributes by name, so a wrong one is none of
// those.
func FuzzXMLReader(f *testing.F) {
	for _, seed := range []string{
		`<a x="1">t</a>`, "<a/>", "<!-- c --><?p?><![CDATA[x]]>", "&lt;&#65;", "a\r\nb", "<a b='&amp;'/>", "]]>", "<!DOCTYPE x>", "<x:a y:b='c'/>", "é\xff",
		`<?xml version="1.0" encoding="utf-8"?><a/>`, "<a b = \"c\" d='e'/>", "<![CDATA[]]]]>", "-->", "<a></b>", "<a b='\r\n'/>",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		if len(document) > 4096 || bytes.Contains(document, []byte("<?xml")) {
			return
		}
		theirs, theirErr := encodingXML(document)
		tokens, err := xmlTokens(bytes.NewReader(document))
		byByte, byteErr := xmlTokens(iotest.OneByteReader(bytes.NewReader(document)))
		require.Equal(t, err == nil, byteErr == nil)
		if err == nil {
			require.Equal(t, tokens, byByte)
		}
		names := theirErr != nil && (strings.Contains(theirErr.Error(), "name") || strings.Contains(theirErr.Error(), "attribute"))
		switch {
		case theirErr == nil:
			require.NoError(t, err)
			require.Equal(t, theirs, tokens)
		case !names && utf8.Valid(document):
			require.Error(t, err, "encoding/xml: %v", theirErr)
		}
	})
}
