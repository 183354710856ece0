package expect_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/website-status-checker/wsc/expect"
)

// shop is a website that most examples are about.
func shop() *expect.Observation {
	return &expect.Observation{
		Status: 200,
		Header: map[string][]string{
			"Content-Type": {"text/html; charset=utf-8"},
			"Set-Cookie":   {"a=1", "b=2"},
			"X-Latin":      {"caf\xe9"},
		},
		Body:           "<html><title>Shop – Straße</title><button>Add to cart</button>\x00</html>",
		Title:          "Shop – Straße",
		FinalURL:       "https://shop.example/de",
		ResponseTimeMS: 312.5,
		TLSDaysLeft:    20,
		HasTLS:         true,
		Redirects: []expect.Hop{
			{URL: "http://shop.example/", Status: 301, TimeMS: 10},
			{URL: "https://shop.example/", Status: 302, TimeMS: 20.5},
		},
	}
}

func TestExpectationsThatAreMet(t *testing.T) {
	compiler := newCompiler(t)
	for _, expression := range []string{
		"true",
		"status == 200",
		"status in [200, 204]",
		"status >= 200 && status < 300",
		"status == 200 && body.contains('Add to cart')",
		"body.contains('\\x00')",
		"body.matches('(?i)add\\\\s+to\\\\s+cart')",
		"!body.matches('(?i)sold out|out of stock')",
		"body.size() > 50 && size(title) == 13",
		"title.startsWith('Shop') && title.endsWith('Straße')",
		"title.lowerAscii() == 'shop – straße'",
		"title.upperAscii() == 'SHOP – STRAßE'",
		"' x '.trim() == 'x'",
		"title + '!' == 'Shop – Straße!'",
		"headers['content-type'].startsWith('text/html')",
		"headers['Content-Type'] == headers['CONTENT-TYPE']",
		"headers['set-cookie'] == 'a=1, b=2'",
		"'set-cookie' in headers && !('x-none' in headers)",
		"!has(headers.server) && !('server' in headers && headers.server == 'x')",
		"headers.size() == 3 && headers.exists(name, name == 'x-latin')",
		"headers.map(name, name)[0] == 'content-type'",
		"headers.filter(name, name.startsWith('x-')).size() == 1",
		"final_url == 'https://shop.example/de'",
		"response_time_ms < 500 && response_time_ms > 312",
		"tls_days_left > 14",
		"redirects.size() == 2 && size(redirects) <= 2",
		"redirects[0].status == 301 && redirects[1].time_ms == 20.5",
		"redirects.all(r, r.status in [301, 302] && r.time_ms < 100)",
		"redirects.exists_one(r, r.url.startsWith('http://'))",
		"redirects.map(r, r.status).exists(s, s == 302)",
		"int(headers['set-cookie'].size() > 3 ? '1' : '2') == 1",
		"string(status) == '200' && double(status) == 200.0",
		"false || headers['x-none'] == '' || true",
	} {
		t.Run(expression, func(t *testing.T) {
			expectation, err := compiler.Compile(expression)
			require.NoError(t, err)
			require.Equal(t, expect.Verdict{Met: true}, expectation.Check(shop()))
		})
	}
}

func TestVerdictSaysWhatWasSeen(t *testing.T) {
	down := func() *expect.Observation {
		return &expect.Observation{
			Status: 503, Title: "Sorry", Body: "We are\r\n\tclosed\x00\x1b[31m " + strings.Repeat("ü", 200),
			FinalURL: "http://a.example/" + strings.Repeat("x", 200), ResponseTimeMS: 1234.5,
			Header:    map[string][]string{"Server": {"nginx"}, "X-Bad": {"caf\xe9\n"}},
			Redirects: []expect.Hop{{URL: "http://a.example", Status: 301}},
		}
	}
	tests := []struct{ expression, seen, err string }{
		{"false", "", ""},
		{"status == 200", "status = 503", ""},
		{"title == 'Shop' && status == 200 && title != ''", `title = "Sorry", status = 503`, ""},
		{"status == 200 ? title == '' : response_time_ms < 500", `status = 503, title = "Sorry", response_time_ms = 1234.5`, ""},
		{"body.contains('Add')", `body = "We are\r\n\tclosed\x00\x1b[31m ` + strings.Repeat("ü", 80-23) + `…"`, ""},
		{"final_url.startsWith('https://')", `final_url = "http://a.example/` + strings.Repeat("x", 82) + `…"`, ""},
		{"headers['SERVER'] == 'apache'", `headers["server"] = "nginx"`, ""},
		{"headers.server == 'apache' && 'X-Bad' in headers", `headers["server"] = "nginx", headers["x-bad"] = "caf\xe9\n"`, ""},
		{"headers['x-none'] == '1'", `no such key: x-none; headers["x-none"] is absent`, "no such key: x-none"},
		{"'x-none' in headers", `headers["x-none"] is absent`, ""},
		{"has(headers.etag)", `headers["etag"] is absent`, ""},
		{"headers[title] == '1'", `no such key: Sorry; title = "Sorry"`, "no such key: Sorry"},
		{"headers.exists(name, name == 'etag')", "", ""},
		{"tls_days_left > 14", "tls_days_left has no value without TLS; tls_days_left is absent", "tls_days_left has no value without TLS"},
		{"final_url.startsWith('http:') && tls_days_left > 1 && false", `final_url = "http://a.example/` + strings.Repeat("x", 82) + `…", tls_days_left is absent`, ""},
		{"redirects.size() == 0", `redirects = [301 "http://a.example"]`, ""},
		{"redirects[1].status == 301", `index out of bounds: 1; redirects = [301 "http://a.example"]`, "index out of bounds: 1"},
		{"status / 0 == 1", "division by zero; status = 503", "division by zero"},
		{"int(title) == 1", `type conversion error from 'string' to 'int'; title = "Sorry"`, "type conversion error from 'string' to 'int'"},
	}
	compiler := newCompiler(t)
	for _, tc := range tests {
		t.Run(tc.expression, func(t *testing.T) {
			expectation, err := compiler.Compile(tc.expression)
			require.NoError(t, err)
			require.Equal(t, expect.Verdict{Seen: tc.seen, Err: tc.err}, expectation.Check(down()))
		})
	}
}

func TestSeenIsShort(t *testing.T) {
	long := strings.Repeat("Ö\n", 40<<10)
	observation := &expect.Observation{
		Body: long, Title: long, FinalURL: long, Header: map[string][]string{"A": {long}, "B": {long}},
		Redirects: []expect.Hop{{URL: long}, {URL: long}},
	}
	expectation, err := newCompiler(t).Compile(
		"body.size() + title.size() + final_url.size() + headers.a.size() + headers.b.size() + redirects.size() == 0")
	require.NoError(t, err)
	verdict := expectation.Check(observation)
	require.False(t, verdict.Met)
	require.Equal(t, expect.MaxSeenLength, utf8.RuneCountInString(verdict.Seen))
	require.True(t, utf8.ValidString(verdict.Seen))
	require.NotContains(t, verdict.Seen, "\n")
	require.Contains(t, expectation.Describe(verdict), "Expected body.size() + title.size()")
}

func TestDescribeNamesTheExpressionAndWhatWasSeen(t *testing.T) {
	compiler := newCompiler(t)
	expectation, err := compiler.Compile("status == 200\n&& title != ''")
	require.NoError(t, err)
	require.Equal(t, `Expected status == 200 && title != '', but: status = 404, title = ""`,
		expectation.Describe(expectation.Check(&expect.Observation{Status: 404})))

	never, err := compiler.Compile("false")
	require.NoError(t, err)
	require.Equal(t, "Expected false.", never.Describe(never.Check(&expect.Observation{})))
}

func TestExpressionSeesTheBeginningOfLongTexts(t *testing.T) {
	observation := &expect.Observation{
		Body:  strings.Repeat("ü", 60<<10),
		Title: strings.Repeat("t", 60<<10),
	}
	for i := range 300 {
		observation.Redirects = append(observation.Redirects, expect.Hop{Status: i})
	}
	expectation, err := newCompiler(t).Compile("body.size() == 32768 && title.size() == 8192 && redirects.size() == 32")
	require.NoError(t, err)
	require.True(t, expectation.Check(observation).Met)
}

func TestExpectationWorksOnAnEmptyObservation(t *testing.T) {
	expectation, err := newCompiler(t).Compile(
		"status == 0 && body == '' && title == '' && final_url == '' && headers.size() == 0 && redirects.size() == 0 && response_time_ms == 0.0")
	require.NoError(t, err)
	require.True(t, expectation.Check(&expect.Observation{}).Met)
}

func TestExpectationIsSharedByGoroutines(t *testing.T) {
	cache := expect.NewCache(newCompiler(t), 4)
	var workers sync.WaitGroup
	failures := make(chan string, 100)
	for worker := range 100 {
		workers.Go(func() {
			for i := range 20 {
				status := 200 + (worker+i)%8
				expectation, err := cache.Get(fmt.Sprintf(
					"status == %d && body.contains('Add to cart') && headers.exists(n, headers[n] != '') && redirects.size() > 0", status))
				if err != nil {
					failures <- err.Error()
					return
				}
				observation := shop()
				observation.Status = status
				if verdict := expectation.Check(observation); !verdict.Met {
					failures <- verdict.Seen
					return
				}
			}
		})
	}
	workers.Wait()
	close(failures)
	for failure := range failures {
		t.Error(failure)
	}
}
