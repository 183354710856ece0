package expect_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/website-status-checker/wsc/expect"
)

func newCompiler(t testing.TB) *expect.Compiler {
	t.Helper()
	compiler, err := expect.NewCompiler()
	require.NoError(t, err)
	return compiler
}

func TestCompileSaysWhatIsWrongAndWhere(t *testing.T) {
	const variables = "Known variables are status, headers, body, title, final_url, response_time_ms, tls_days_left and redirects"
	tests := []struct {
		name, expression string
		line, column     int
		want             string
	}{
		{"nothing", "", 1, 1, "the expression is empty"},
		{"blanks", " \n\t", 1, 1, "the expression is empty"},
		{"too long", "true" + strings.Repeat(" ", expect.MaxExpressionLength), 1, 1, "the expression has 2004 characters, at most 2000 are allowed"},
		{"not UTF-8", "title == '\xff'", 1, 1, "the expression is not valid UTF-8"},
		{"unknown variable", "statuss == 200", 1, 1, "undeclared reference to 'statuss'. " + variables},
		{"second line", "status == 200 &&\n  boddy.contains('x')", 2, 3, "undeclared reference to 'boddy'. " + variables},
		{"columns are characters", "title == 'Grüße 👋' && nope", 1, 23, "undeclared reference to 'nope'. " + variables},
		{"unknown function", "title.includes('x')", 1, 15, "undeclared reference to 'includes'. Known functions are size,"},
		{"unknown field", "redirects[0].code == 301", 1, 13, "undefined field 'code'"},
		{"unfinished", "status ==", 1, 10, "syntax error: unexpected end"},
		{"one ampersand", "status == 200 & true", 1, 15, "syntax error: unexpected '&'"},
		{"assignment", "status = 200", 1, 8, "syntax error: unexpected '='"},
		{"open quote", "title == \"abc", 1, 10, "syntax error: unexpected '\"abc'"},
		{"NUL", "status == 2\x0000", 1, 12, "syntax error: unexpected"},
		{"wrong type", "status == '200'", 1, 8, "'==' can't be applied to int and string"},
		{"wrong argument", "title.contains(1)", 1, 15, "'contains' can't be applied to string and int"},
		{"number", "status", 1, 1, "the result is a number, but an expectation has to be true or false"},
		{"text", "title", 1, 1, "the result is a text, but an expectation has to be true or false"},
		{"list", "redirects.map(r, r.url)", 1, 14, "the result is a list, but an expectation has to be true or false"},
		{"value of unknown type", "dyn(status)", 1, 4, "'dyn' can't be used here. Known functions are size,"},
		{"time", "timestamp(title) > timestamp(body)", 1, 10, "'timestamp' can't be used here"},
		{"map literal", "{'a': true}['a']", 1, 1, "{…} can't be used here"},
		{"message literal", "redirect{status: 301}.status == 301", 1, 9, "{…} can't be used here"},
		{"null", "null == null", 1, 1, "null can't be used here"},
		{"bytes", "b'a' == b'b'", 1, 1, "a value of type bytes can't be used here"},
		{"mixed list", "[1, 'a'].size() == 2", 1, 1, "a list of lists or of different things can't be used here"},
		{"list of lists", "[[1]].size() == 1", 1, 1, "a list of lists or of different things can't be used here"},
		{"sum of lists", "([1] + [2]).size() == 2", 1, 6, "lists can't be added"},
		{"comparison of lists", "redirects == []", 1, 11, "a list can't be compared"},
		{"comparison of redirects", "redirects[0] == redirects[1]", 1, 14, "a redirect can't be compared"},
		{"invalid pattern", "body.matches('(')", 1, 14, "invalid pattern: missing closing ): `(`"},
		{"pattern of the website", "body.matches(title)", 1, 14, "the pattern of matches has to be a text in quotes"},
		{"huge pattern", "body.matches('(x?){1000}')", 1, 14, "the pattern is too complex"},
		{"huge pattern, other form", "matches(body, '(x?){100}')", 1, 15, "the pattern is too complex"},
		{"three comprehensions", "headers.all(a, headers.all(b, headers.all(c, a != b)))", 1, 42, "can't be nested more than 2 times"},
		{"nested too deeply", strings.Repeat("(", 300) + "true" + strings.Repeat(")", 300), 1, 1, "expression recursion limit exceeded"},
		{"surely too expensive", "[" + strings.Repeat("1,", 400) + "1].map(a, [" + strings.Repeat("1,", 400) + "1].map(b, a + b).size()).size() > 0", 1, 1645, "too expensive"},
	}
	compiler := newCompiler(t)
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			_, err := compiler.Compile(tc.expression)
			var wrong *expect.Error
			require.ErrorAs(t, err, &wrong)
			require.Contains(t, wrong.Message, tc.want)
			require.Equal(t, []int{tc.line, tc.column}, []int{wrong.Line, wrong.Column}, wrong.Message)
			require.NotContains(t, wrong.Error(), "\n")
		})
	}
	_, err := compiler.Compile("statuss == 1")
	require.EqualError(t, err, "line 1, column 1: undeclared reference to 'statuss'. "+variables)
}

func TestCompileAcceptsTheLongestExpression(t *testing.T) {
	text := "title != '" + strings.Repeat("ü", expect.MaxExpressionLength-11) + "'"
	_, err := newCompiler(t).Compile(text)
	require.NoError(t, err)
}

func TestExpectationKnowsWhatItNeeds(t *testing.T) {
	tests := []struct {
		expression  string
		body, title bool
	}{
		{"status == 200", false, false},
		{"status == 200 && body.contains('x')", true, false},
		{"size(title) > 0", false, true},
		{"'body' in headers || headers.title == 'body'", false, false},
		{"redirects.all(body, body.status == 301)", false, false},
		{"redirects.all(r, body.contains(r.url) && title != r.url)", true, true},
		{".body == ''", true, false},
		{"redirects.all(body, .body == '')", true, false},
		{"headers[title] == ''", false, true},
	}
	compiler := newCompiler(t)
	for _, tc := range tests {
		t.Run(tc.expression, func(t *testing.T) {
			expectation, err := compiler.Compile(tc.expression)
			require.NoError(t, err)
			require.Equal(t, tc.body, expectation.NeedsBody(), "body")
			require.Equal(t, tc.title, expectation.NeedsTitle(), "title")
			require.Equal(t, tc.expression, expectation.String())
		})
	}
}
