package expect_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/website-status-checker/wsc/expect"
)

const tooExpensive = "the expression is too expensive for what this website sent"

// hostile is as much as a website can send, chosen to be slow.
func hostile(text string) *expect.Observation {
	fill := func(size int) string { return strings.Repeat(text, size/len(text)) }
	o := &expect.Observation{
		Status: 200, Body: fill(expect.MaxBodyBytes), Title: fill(8 << 10), FinalURL: fill(8 << 10),
		Header: map[string][]string{},
	}
	for i := range 1000 {
		o.Header[fmt.Sprintf("X-%05d", i)] = []string{o.Title}
	}
	for range 40 {
		o.Redirects = append(o.Redirects, expect.Hop{URL: o.Title, Status: 301})
	}
	return o
}

// attacks are expressions that try to take long or to fill the memory.
func attacks() []string {
	repeat := func(text string, times int, between string) string {
		return strings.TrimSuffix(strings.Repeat(text+between, times), between)
	}
	numbers := "[" + repeat("1", 300, ",") + "]"
	bodies := "[" + repeat("body", 100, ",") + "]"
	return []string{
		"headers.all(a, headers.all(b, a != ''))",
		"headers.all(a, headers.all(b, headers[a] == headers[b]))",
		"headers.all(a, headers.all(b, headers[body] == a || true))",
		"headers.all(a, headers.all(b, title in headers || true))",
		"headers.all(a, headers.all(b, headers.server != '' || true))",
		"headers.all(a, headers.all(b, tls_days_left > 1 || true))",
		"headers.all(a, headers.all(b, 1 / 0 > 1 || true))",
		"headers.all(a, headers.all(b, redirects[3].url != ''))",
		"headers.all(a, headers.all(b, redirects.size() > 0 && headers.size() > 0))",
		"headers.all(a, headers.filter(b, true).size() > 0)",
		"headers.all(a, headers.all(b, body.size() > 3))",
		"headers.all(a, headers.all(b, string(body) != ''))",
		"headers.all(a, headers.all(b, double(body) != 1.0 || true))",
		"headers.all(a, headers.all(b, body.lowerAscii() == body.upperAscii() || true))",
		"headers.all(a, headers.all(b, body.trim() != ''))",
		"headers.all(a, headers.all(b, body <= body && body.startsWith(body)))",
		"headers.all(a, headers.all(b, ('q' + body).contains(b + body) || true))",
		"headers.all(a, headers.all(b, 'q' in ['a', body + 'x'] || true))",
		"headers.exists(a, headers.exists(b, body.contains(b + a)))",
		"headers.exists(a, body.matches('(x?){15}y'))",
		numbers + ".all(a, headers.all(b, a > 0 && b != ''))",
		bodies + ".all(a, " + bodies + ".all(b, a == b))",
		bodies + ".all(a, headers.all(b, int(a) == 1 || true))",
		"[body]" + repeat(".map(x, x + x)", 50, "") + ".all(x, x == '')",
		repeat("body", 90, " + ") + " == ''",
		"headers.map(a, body + a).map(a, a + a).map(a, a + a).exists(a, a == '')",
		repeat("body.matches('(x?){15}y')", 20, " || "),
		`body.matches('(?:\\pL){15}y')`,
		"body.matches('(x+x+)+y') || body.matches('(x*)*y')",
		repeat("body.contains('"+strings.Repeat("x", 30)+"y')", 30, " || "),
	}
}

func TestAttacksEndSoon(t *testing.T) {
	// An evaluation takes up to 50 ms of a processor. Tests share theirs, and the race detector is slow.
	const patience = 5 * time.Second
	compiler := newCompiler(t)
	for _, expression := range attacks() {
		t.Run(fmt.Sprintf("%.70s", expression), func(t *testing.T) {
			expectation, err := compiler.Compile(expression)
			require.NoError(t, err)
			for _, text := range []string{"x", "ü"} {
				start := time.Now()
				verdict := expectation.Check(hostile(text))
				took := time.Since(start)
				t.Logf("%s: %v, met: %v, error: %q", text, took.Round(time.Microsecond), verdict.Met, verdict.Err)
				require.Less(t, took, patience)
			}
		})
	}
}

func TestCostOverrunIsNotMet(t *testing.T) {
	expectation, err := newCompiler(t).Compile("headers.all(a, headers.all(b, a != '')) && status == 200")
	require.NoError(t, err)
	verdict := expectation.Check(hostile("x"))
	require.Equal(t, expect.Verdict{Seen: tooExpensive + "; status = 200", Err: tooExpensive}, verdict)

	small := shop()
	require.True(t, expectation.Check(small).Met, "a website that sends little can still be checked")
}

func TestUsualExpressionsNeverRunOutOfBudget(t *testing.T) {
	compiler := newCompiler(t)
	for _, expression := range []string{
		"status == 200 && body.contains('x') && !body.contains('maintenance') && title == '' || true",
		"body.lowerAscii().contains('add to cart') || body.lowerAscii().contains('in stock') || true",
		"body.matches('(?i)sold out|out of stock|unavailable') || true",
		`body.matches('\\d{2,5} results') || body.matches('(?i)no\\s+results') || true`,
		"redirects.all(r, r.url != '' && r.status in [301, 302, 307, 308])",
		"headers.all(name, headers[name].size() > 0 && !name.startsWith('x-powered'))",
	} {
		t.Run(expression, func(t *testing.T) {
			expectation, err := compiler.Compile(expression)
			require.NoError(t, err)
			for _, text := range []string{"x", "ü", "Aa "} {
				require.Equal(t, expect.Verdict{Met: true}, expectation.Check(hostile(text)))
			}
		})
	}
}
