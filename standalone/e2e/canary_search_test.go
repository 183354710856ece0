package e2e

import (
	"archive/zip"
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// searcher looks for marked secrets in everything that was written or sent.
type searcher struct {
	marks    []mark
	evidence []evidence
}

// mark is a secret that can be recognised.
type mark struct {
	name string
	// forms are the secret itself and what encoders make of it.
	forms map[string][]byte
	// own are the beginnings of the places where the secret stands by design.
	own []string
}

// evidence is something that was written or sent. The place is "KIND/…".
type evidence struct {
	place string
	data  []byte
}

// hide makes a secret one to look for, except in places that begin with one of own.
func (s *searcher) hide(name, secret string, own ...string) {
	s.marks = append(s.marks, mark{name: name, forms: formsOf(secret), own: own})
}

// formsOf are the forms in which a secret can stand in a text or a file, by name.
func formsOf(secret string) map[string][]byte {
	forms := map[string][]byte{"plain": []byte(secret)}
	for name, form := range map[string]string{
		"query": url.QueryEscape(secret), "path": url.PathEscape(secret), "quoted": strings.Trim(fmt.Sprintf("%q", secret), `"`),
		"hex": hex.EncodeToString([]byte(secret)), "HEX": strings.ToUpper(hex.EncodeToString([]byte(secret))),
	} {
		forms[name] = []byte(form)
	}
	// In base64, a text looks different behind each number of bytes modulo three. The characters at either end also hold
	// bits of what stands around it.
	for before := range 3 {
		for name, encoding := range map[string]*base64.Encoding{"base64": base64.RawStdEncoding, "base64url": base64.RawURLEncoding} {
			encoded := encoding.EncodeToString(append(make([]byte, before), secret...))
			start := (before*8 + 5) / 6
			forms[fmt.Sprintf("%s+%d", name, before)] = []byte(encoded[start : (before+len(secret))*8/6])
		}
	}
	return forms
}

// add takes something to search in. What is packed as a zip file, as workbooks are, is unpacked.
func (s *searcher) add(place string, data []byte) {
	s.evidence = append(s.evidence, evidence{place, data})
	if !bytes.HasPrefix(data, []byte("PK\x03\x04")) {
		return
	}
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return // it only begins like one
	}
	for _, file := range archive.File {
		var content bytes.Buffer
		if reader, err := file.Open(); err == nil {
			_, err = content.ReadFrom(reader)
			if err == nil {
				s.evidence = append(s.evidence, evidence{place + "!" + file.Name, content.Bytes()})
			}
		}
	}
}

// leaks says which secrets stand where they must not, one "NAME (FORM) in PLACE" each, sorted.
func (s *searcher) leaks() []string {
	var found []string
	for _, each := range s.evidence {
		for _, m := range s.marks {
			if slices.ContainsFunc(m.own, func(own string) bool { return strings.HasPrefix(each.place, own) }) {
				continue
			}
			for form, text := range m.forms {
				if bytes.Contains(each.data, text) {
					found = append(found, fmt.Sprintf("%s (%s) in %s", m.name, form, each.place))
				}
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// kinds are the kinds of places in which something was found.
func kinds(leaks []string) []string {
	var found []string
	for _, leak := range leaks {
		_, place, _ := strings.Cut(leak, ") in ")
		kind, _, _ := strings.Cut(place, "/")
		found = append(found, kind)
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// sizes are how many bytes of evidence there are of each kind.
func (s *searcher) sizes() map[string]int {
	sizes := map[string]int{}
	for _, each := range s.evidence {
		kind, _, _ := strings.Cut(each.place, "/")
		sizes[kind] += len(each.data)
	}
	return sizes
}

// secretText is a new secret of visible ASCII characters, some of which encoders change.
func secretText() string { return "k7/" + rand.Text() + "+=" + rand.Text()[:8] }

func TestCanarySearchFindsEveryForm(t *testing.T) {
	const secret = "s3cr3t/+=ZmFrZQ~ünd"
	var workbook bytes.Buffer
	archive := zip.NewWriter(&workbook)
	entry, err := archive.Create("xl/sheet1.xml")
	require.NoError(t, err)
	_, err = entry.Write(bytes.Repeat([]byte("<c>"+secret+"</c>"), 3))
	require.NoError(t, err)
	require.NoError(t, archive.Close())
	require.NotContains(t, workbook.String(), secret, "it is compressed")

	for name, text := range map[string]string{
		"plain": "before " + secret + " behind", "query": "a=" + url.QueryEscape(secret) + "&b", "path": "/" + url.PathEscape(secret),
		"quoted": fmt.Sprintf("%q", "a\t"+secret), "hexadecimal": hex.EncodeToString([]byte("ab" + secret)),
		"capital hexadecimal": fmt.Sprintf("%X", "a"+secret), "workbook": workbook.String(),
		"base64": base64.StdEncoding.EncodeToString([]byte(secret)), "base64 behind 1": base64.StdEncoding.EncodeToString([]byte("x" + secret + "behind")),
		"base64 behind 2": base64.URLEncoding.EncodeToString([]byte("Be" + secret + "b")), "base64 of a header": base64.StdEncoding.EncodeToString([]byte("Bearer " + secret)),
	} {
		t.Run(name, func(t *testing.T) {
			s := &searcher{}
			s.hide("the secret", secret, "own/")
			s.add("own/place", []byte(text))
			require.Empty(t, s.leaks(), "where it stands by design")
			s.add("log/api", []byte(text))
			require.NotEmpty(t, s.leaks())
			require.Equal(t, []string{"log"}, kinds(s.leaks()))
			s = &searcher{evidence: s.evidence}
			s.hide("another", "s3cr3t/+=ZmFrZQ~and")
			require.Empty(t, s.leaks(), "which is not there")
		})
	}
}
