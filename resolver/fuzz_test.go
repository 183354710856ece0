package resolver

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/dns/dnsmessage"
)

// FuzzAnswer reads any bytes as the reply to a question. What is taken from them must be what a plain reading of the
// whole message finds under the name of the question, or under a name that an alias leads to.
func FuzzAnswer(f *testing.F) {
	q := query{Message: dnsmessage.Message{Header: dnsmessage.Header{ID: 7}}, name: "a.test"}
	for _, kind := range []dnsmessage.Type{dnsmessage.TypeA, dnsmessage.TypeAAAA} {
		q.Questions = []dnsmessage.Question{{Name: dnsmessage.MustNewName("a.test."), Type: kind, Class: dnsmessage.ClassINET}}
		f.Add(q.addresses(f, 60, "192.0.2.1", "2001:db8::1"))
		f.Add(q.rcode(f, dnsmessage.RCodeServerFailure))
		f.Add(q.reply(f, func(m *dnsmessage.Message) {
			m.Answers = []dnsmessage.Resource{record("b.test", 5, "192.0.2.1"), record("a.test", 9, "b.test"), record("b.test", 5, "2001:db8::1")}
		}))
		f.Add(q.reply(f, func(m *dnsmessage.Message) {
			m.Answers = []dnsmessage.Resource{record("b.test", 5, "a.test"), record("a.test", 9, "b.test")}
		}))
		f.Add(q.reply(f, func(m *dnsmessage.Message) {
			m.RCode, m.Authorities = dnsmessage.RCodeNameError, []dnsmessage.Resource{soa(60, 20)}
		}))
		f.Add(q.reply(f, func(m *dnsmessage.Message) { m.Truncated = true }))
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		for f := range family(families) {
			asked, err := newQuestion("a.test", f)
			require.NoError(t, err)
			got, ok := parseReply(message, 7, asked)
			if !ok {
				require.Empty(t, got.addresses)
				continue
			}
			answer, ttl := got.answer()
			require.GreaterOrEqual(t, ttl, 0*ttl)
			require.LessOrEqual(t, ttl, maxTTL)
			for _, address := range answer.appendTo(nil, f) {
				require.True(t, contains(message, address, "a.test.", maxLinks), "%s was not answered", address)
			}
		}
	})
}

// contains reports whether a message has an address for a name, after at most so many aliases.
func contains(message []byte, address netip.Addr, name string, links int) bool {
	var p dnsmessage.Parser
	if _, err := p.Start(message); err != nil || p.SkipAllQuestions() != nil || links == 0 {
		return false
	}
	for {
		header, err := p.AnswerHeader()
		if err != nil {
			return false
		}
		kind := header.Type
		if !sameName([]byte(header.Name.String()), []byte(name)) || header.Class != dnsmessage.ClassINET {
			kind = 0
		}
		found := false
		switch kind {
		case dnsmessage.TypeA:
			var body dnsmessage.AResource
			body, err = p.AResource()
			found = netip.AddrFrom4(body.A) == address
		case dnsmessage.TypeAAAA:
			var body dnsmessage.AAAAResource
			body, err = p.AAAAResource()
			found = netip.AddrFrom16(body.AAAA) == address
		case dnsmessage.TypeCNAME:
			var body dnsmessage.CNAMEResource
			body, err = p.CNAMEResource()
			found = err == nil && contains(message, address, body.CNAME.String(), links-1)
		default:
			err = p.SkipAnswer()
		}
		if err != nil || found {
			return err == nil
		}
	}
}
