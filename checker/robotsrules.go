package checker

import (
	"bytes"
	"strings"
)

// robotsRules are the rules of a robots.txt (RFC 9309). They take a few times the memory of its text at most, and
// trying them a time that is linear in it, whatever the text: those who write it are not to be trusted.
type robotsRules struct {
	groups []robotsGroup
	// size is about how much memory they take, in bytes.
	size int
}

// robotsGroup is what some agents are asked for.
type robotsGroup struct {
	agents []string // product tokens, "*" for all that are named nowhere
	rules  []robotsRule
}

type robotsRule struct {
	// pattern is the beginning of paths; * stands for anything, $ at the end for the end of the path.
	pattern string
	allow   bool
}

// parseRobots reads a robots.txt. Lines that it does not know are skipped, as the RFC demands.
func parseRobots(text []byte) *robotsRules {
	r := &robotsRules{size: len(text)}
	whole := string(bytes.TrimPrefix(text, []byte("\ufeff")))
	ruled := true // the next user-agent line begins a group
	for line := range strings.FieldsFuncSeq(whole, func(c rune) bool { return c == '\n' || c == '\r' }) {
		line, _, _ = strings.Cut(line, "#")
		key, value, found := strings.Cut(line, ":")
		if !found {
			continue
		}
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		switch {
		case strings.EqualFold(key, "user-agent"):
			if ruled {
				r.groups = append(r.groups, robotsGroup{})
				ruled = false
			}
			group := &r.groups[len(r.groups)-1]
			group.agents = append(group.agents, productToken(value))
		case len(r.groups) == 0:
		case strings.EqualFold(key, "allow"), strings.EqualFold(key, "disallow"):
			ruled = true
			if value == "" {
				continue // forbids nothing
			}
			if value[0] != '/' && value[0] != '*' {
				value = "/" + value
			}
			group := &r.groups[len(r.groups)-1]
			group.rules = append(group.rules, robotsRule{pattern: comparablePath(value), allow: len(key) == len("allow")})
		}
	}
	for _, group := range r.groups {
		r.size += 64 + 16*cap(group.agents) + 24*cap(group.rules)
	}
	return r
}

// allow reports whether the agent with this product token may request the target, a path with its query.
func (r *robotsRules) allow(target, token string) bool {
	target = comparablePath(target)
	named := false
	for _, group := range r.groups {
		named = named || group.names(token)
	}
	if !named {
		token = "*"
	}
	longest, allowed := 0, true
	for _, group := range r.groups {
		if !group.names(token) {
			continue
		}
		for _, rule := range group.rules {
			// Of two rules of the same length, the one that allows counts.
			length := len(rule.pattern)
			if (length > longest || length == longest && rule.allow) && matchesRobots(target, rule.pattern) {
				longest, allowed = length, rule.allow
			}
		}
	}
	return allowed
}

func (g *robotsGroup) names(token string) bool {
	for _, agent := range g.agents {
		if strings.EqualFold(agent, token) {
			return true
		}
	}
	return false
}

// matchesRobots reports whether a path begins with what the pattern describes.
func matchesRobots(target, pattern string) bool {
	pattern, anchored := strings.CutSuffix(pattern, "$")
	first, rest, wild := strings.Cut(pattern, "*")
	target, found := strings.CutPrefix(target, first)
	if !found {
		return false
	}
	// Each part is taken where it comes first, which leaves the most for those behind it.
	for wild {
		var part string
		part, rest, wild = strings.Cut(rest, "*")
		if !wild && anchored {
			return strings.HasSuffix(target, part)
		}
		_, after, found := strings.Cut(target, part)
		if !found {
			return false
		}
		target = after
	}
	return !anchored || target == ""
}

// comparablePath brings a path or a pattern into the form in which the RFC compares them (section 2.2.2): escaped where
// octets are not ASCII, not escaped where they need not be.
func comparablePath(path string) string {
	if strings.IndexFunc(path, func(c rune) bool { return c == '%' || c >= 0x80 }) < 0 {
		return path
	}
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(path); i++ {
		c, escaped := path[i], false
		if c == '%' && i+2 < len(path) && isHex(path[i+1]) && isHex(path[i+2]) {
			c, escaped = unhex(path[i+1])<<4|unhex(path[i+2]), true
			i += 2
		}
		if c >= 0x80 || escaped && !isUnreserved(c) {
			b.Write([]byte{'%', digits[c>>4], digits[c&15]})
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

func unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return (c | 0x20) - 'a' + 10
}

func isUnreserved(c byte) bool {
	return 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0
}

// productToken is the name in a User-Agent, or in a robots.txt, up to its version.
func productToken(agent string) string {
	agent = strings.TrimSpace(agent)
	if end := strings.IndexAny(agent, "/ \t"); end >= 0 {
		agent = agent[:end]
	}
	return agent
}
