package expect_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/website-status-checker/wsc/expect"
)

func BenchmarkNewCompiler(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		newCompiler(b)
	}
}

func BenchmarkCompile(b *testing.B) {
	compiler := newCompiler(b)
	b.ReportAllocs()
	for b.Loop() {
		_, err := compiler.Compile("status == 200 && body.contains('Add to cart')")
		require.NoError(b, err)
	}
}

func BenchmarkCheck(b *testing.B) {
	page := strings.Repeat("<div class=\"item\">Some text</div>\n", 1900) + "Add to cart"
	for _, expression := range []string{
		"status == 200",
		"status == 200 && body.contains('Add to cart')",
		"body.matches('(?i)add to cart')",
		"headers['content-type'].startsWith('text/html') && redirects.size() <= 2",
		"redirects.all(r, r.status == 301)",
	} {
		b.Run(expression, func(b *testing.B) {
			expectation, err := newCompiler(b).Compile(expression)
			require.NoError(b, err)
			observation := shop()
			observation.Body = page
			observation.Redirects[1].Status = 301
			b.ReportAllocs()
			for b.Loop() {
				if !expectation.Check(observation).Met {
					b.Fatal("not met")
				}
			}
		})
	}
	b.Run("not met", func(b *testing.B) {
		expectation, err := newCompiler(b).Compile("status == 404 && body.contains('Add to cart')")
		require.NoError(b, err)
		observation := &expect.Observation{Status: 200, Body: page}
		b.ReportAllocs()
		for b.Loop() {
			expectation.Check(observation)
		}
	})
}
