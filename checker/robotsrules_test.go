package checker

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRobotsRules(t *testing.T) {
	for _, test := range []struct {
		name, text      string
		allowed, denied []string
	}{
		{"nothing", "", []string{"/"}, nil},
		{"rules of nobody", "Disallow: /\n", []string{"/"}, nil},
		{"everybody", "User-agent: *\nDisallow: /a\n", []string{"/", "/b"}, []string{"/a", "/a/b", "/ab?c"}},
		{"others", "User-agent: other\nDisallow: /\n", []string{"/"}, nil},
		{"own group instead of everybody's", "User-agent: *\nDisallow: /\nUser-agent: WSC/2.0\nDisallow: /x\n", []string{"/"}, []string{"/x"}},
		{"several groups count together", "user-agent:wsc\ndisallow:/a\n\nuser-agent:z\ndisallow:/b\nuser-agent:wsc\ndisallow:/c", []string{"/b"}, []string{"/a", "/c"}},
		{"several agents share a group", "User-agent: a\nSitemap: /s\n\nUser-agent: wsc\nDisallow: /a", []string{"/"}, []string{"/a"}},
		{"a longer name is another agent", "User-agent: wscx\nDisallow: /\nUser-agent: ws\nDisallow: /", []string{"/"}, nil},
		{"the longest counts, allowing ones first", "User-agent: *\nDisallow: /a\nAllow: /a/b\nDisallow: /c\nAllow: /c", []string{"/a/b", "/c"}, []string{"/a", "/a/c"}},
		{"no path", "User-agent: *\nDisallow:\n", []string{"/"}, nil},
		{"comments, marks and line ends", "\ufeffUser-agent: * # all\r\rDisallow : /a # b\r\nnonsense\nCrawl-delay: x\n", []string{"/b"}, []string{"/a"}},
		{"wildcards", "User-agent: *\nDisallow: /*.php$\nDisallow: /a*b*c\nDisallow: *q=", []string{"/x.php5", "/acb", "/q"}, []string{"/x.php", "/d/x.php.php", "/axxbc", "/a/b/c/d", "/?q=1"}},
		{"the end only", "User-agent: *\nDisallow: /$\nDisallow: /b*$\nDisallow: /c**", []string{"/a"}, []string{"/", "/b", "/bc", "/cd"}},
		{"escapes", "User-agent: *\nDisallow: /ü\nDisallow: /%7ea\nDisallow: /%2fb\nDisallow: /%", []string{"/u", "//b"}, []string{"/%c3%bc", "/%C3%BC/x", "/~a", "/%7Ea", "/%2Fb"}},
		{"no slash", "User-agent: *\nDisallow: a", []string{"/b"}, []string{"/a"}},
	} {
		rules := parseRobots([]byte(test.text))
		for _, path := range test.allowed {
			require.True(t, rules.allow(path, "wsc"), "%s: %s", test.name, path)
		}
		for _, path := range test.denied {
			require.False(t, rules.allow(path, "wsc"), "%s: %s", test.name, path)
		}
	}
}

// longRobots are the texts of at most maxBody bytes that are dearest to read or to try.
func longRobots() map[string]string {
	var agents strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&agents, "user-agent:%d\n", i)
	}
	texts := map[string]string{
		"many agents, many rules": agents.String() + strings.Repeat("allow:/\n", 8<<10),
		"many wildcards":          "user-agent:*\n" + strings.Repeat("allow:*a$\n", 8<<10),
		"one long wildcard":       "user-agent:*\nallow:/" + strings.Repeat("*a", 32<<10),
		"many groups":             strings.Repeat("user-agent:\nallow:/\n", 4<<10),
		"many escapes":            "user-agent:*\nallow:" + strings.Repeat("ü", 32<<10),
	}
	for name, text := range texts {
		texts[name] = text[:min(len(text), maxBody)]
	}
	return texts
}

func TestLongRobotsTakeLittleMemoryAndTime(t *testing.T) {
	target := "/" + strings.Repeat("ab", 1000)
	for name, text := range longRobots() {
		t.Run(name, func(t *testing.T) {
			body := []byte(text)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			began := time.Now()
			rules := parseRobots(body)
			took := time.Since(began)
			runtime.ReadMemStats(&after)
			allocated := after.TotalAlloc - before.TotalAlloc
			rules.allow(target, "wsc")
			tried := time.Since(began) - took
			t.Logf("parse %v, %d KiB allocated, %d KiB kept, try %v", took, allocated>>10, rules.size>>10, tried)
			require.Less(t, allocated, uint64(2<<20))
			require.Less(t, took+tried, time.Second)
		})
	}
}

func FuzzRobots(f *testing.F) {
	for _, text := range longRobots() {
		f.Add([]byte(text[:1<<10]), "/ab")
	}
	f.Add([]byte(robotsTxt), "/private/open")
	f.Add([]byte("user-agent:*\ndisallow:/*a*%2f$"), "/%2F")
	f.Fuzz(func(t *testing.T, text []byte, target string) {
		rules := parseRobots(text)
		allowed := rules.allow(target, "wsc")
		require.True(t, allowed || strings.Contains(strings.ToLower(string(text)), "disallow"))
	})
}
