package expect_test

import (
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/website-status-checker/wsc/expect"
)

// Any text is either refused with a place in it or gives a verdict in bounded time, whatever a website sent.
func FuzzExpectation(f *testing.F) {
	for _, expression := range append(attacks(),
		"status == 200 && body.contains('Add to cart')", "headers['x'] == '1'", "redirects.all(r, r.status == 301)",
		"tls_days_left > 14 || !has(headers.server)", "title.matches('(?i)shop')", "", "\x00", "a.b.c", "[1,2].exists(x, x == 1)",
		"status == 200 ? true : title == ''", "-1 - -1 == 0", "'\\ud800' == title", "1u + 2u == 3u", "1e999 > 2.0", "`a`", "cel.bind(x, 1, x == 1)",
	) {
		f.Add(expression, "x")
	}
	compiler, err := expect.NewCompiler()
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, expression, text string) {
		start := time.Now()
		expectation, err := compiler.Compile(expression)
		if err != nil {
			var wrong *expect.Error
			require.ErrorAs(t, err, &wrong)
			require.NotEmpty(t, wrong.Message)
			require.True(t, utf8.ValidString(wrong.Message))
			require.NotContains(t, wrong.Message, "\n")
			require.Positive(t, wrong.Line)
			require.Positive(t, wrong.Column)
			return
		}
		if text == "" {
			text = " "
		}
		verdict := expectation.Check(hostile(text))
		require.Less(t, time.Since(start), 10*time.Second)
		require.True(t, utf8.ValidString(verdict.Seen))
		require.LessOrEqual(t, utf8.RuneCountInString(verdict.Seen), expect.MaxSeenLength)
		require.NotContains(t, verdict.Seen, "\n")
		require.False(t, verdict.Met && verdict.Err != "")
		require.True(t, utf8.ValidString(expectation.Describe(verdict)))
	})
}
