package resolver

import (
	"fmt"
	"strings"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

const (
	// maxDatagram is the largest answer that is asked for over UDP; longer ones risk being cut into fragments.
	maxDatagram = 1232
	// maxLinks bounds a chain of aliases.
	maxLinks = 16
	// maxAddresses bounds what is kept of an answer.
	maxAddresses = 64
)

// question is a query in the forms in which it is sent; its id is chosen when that happens.
type question struct {
	name   dnsmessage.Name
	kind   dnsmessage.Type
	family family
	// message has an EDNS record (RFC 6891), plain has none.
	message, plain []byte
}

func newQuestion(name string, f family) (*question, error) {
	q := &question{kind: dnsmessage.TypeA, family: f}
	if f == ipv6 {
		q.kind = dnsmessage.TypeAAAA
	}
	var err error
	if q.name, err = dnsmessage.NewName(name + "."); err != nil {
		return nil, fmt.Errorf("name %q: %w", name, err)
	}
	message := dnsmessage.Message{
		Header:    dnsmessage.Header{RecursionDesired: true},
		Questions: []dnsmessage.Question{{Name: q.name, Type: q.kind, Class: dnsmessage.ClassINET}},
	}
	if q.plain, err = message.Pack(); err != nil {
		return nil, fmt.Errorf("name %q: %w", name, err)
	}
	var edns dnsmessage.ResourceHeader
	if err = edns.SetEDNS0(maxDatagram, dnsmessage.RCodeSuccess, false); err != nil {
		return nil, fmt.Errorf("EDNS: %w", err)
	}
	message.Additionals = []dnsmessage.Resource{{Header: edns, Body: &dnsmessage.OPTResource{}}}
	if q.message, err = message.Pack(); err != nil {
		return nil, fmt.Errorf("name %q: %w", name, err)
	}
	return q, nil
}

// reply is what a server said.
type reply struct {
	rcode     dnsmessage.RCode
	truncated bool
	// bad says in what way the message is no usable answer; empty if it is one.
	bad string
	// addresses are those of the name or of what it is an alias for, as in answer.
	addresses string
	// ttl is how long the reply may be kept.
	ttl time.Duration
}

// refusalError is a reply that does not answer the question.
type refusalError struct{ reason string }

func (e *refusalError) Error() string { return e.reason }

// noEDNS reports whether the server may have been confused by the EDNS record (RFC 6891, section 7).
func (r *reply) noEDNS() bool {
	return r.rcode == dnsmessage.RCodeFormatError || r.rcode == dnsmessage.RCodeNotImplemented
}

// refusal returns a *refusalError if another server should be asked.
func (r *reply) refusal() error {
	switch {
	case r.rcode != dnsmessage.RCodeSuccess && r.rcode != dnsmessage.RCodeNameError:
		return &refusalError{strings.TrimPrefix(r.rcode.String(), "RCode")}
	case r.bad != "":
		return &refusalError{r.bad}
	}
	return nil
}

// answer is the reply as the cache keeps it, and how long.
func (r *reply) answer() (answer, time.Duration) {
	if r.addresses == "" {
		return answer{failure: &failure{kind: notFound}}, r.ttl
	}
	return answer{addresses: r.addresses}, r.ttl
}

// parseReply parses a message. It reports whether that is the reply to the question: everything else, malformed or
// forged, was not sent by the server in answer to it.
func parseReply(message []byte, id uint16, q *question) (reply, bool) {
	var p dnsmessage.Parser
	header, err := p.Start(message)
	if err != nil || header.ID != id || !header.Response || header.OpCode != 0 {
		return reply{}, false
	}
	r := reply{rcode: header.RCode, truncated: header.Truncated}
	asked, err := p.Question()
	if err == dnsmessage.ErrSectionDone { //nolint:errorlint // the package documents it as a value to compare with
		// Servers that could not read the query can't repeat it.
		return r, header.RCode == dnsmessage.RCodeFormatError
	}
	if err != nil || asked.Type != q.kind || asked.Class != dnsmessage.ClassINET || !sameNames(&asked.Name, &q.name) {
		return reply{}, false
	}
	if _, err := p.Question(); err != dnsmessage.ErrSectionDone { //nolint:errorlint // as above
		return reply{}, false
	}
	switch {
	case header.Truncated:
	case header.RCode == dnsmessage.RCodeNameError:
		r.ttl = negativeTTL(p)
	case header.RCode == dnsmessage.RCodeSuccess:
		r.read(p, q, header.Authoritative || header.RecursionAvailable)
	}
	return r, true
}

// read follows the aliases from the name of the question and takes the addresses at their end. Records may stand in any
// order; those about other names count for nothing.
func (r *reply) read(p dnsmessage.Parser, q *question, responsible bool) {
	owner := q.name
	ttl := uint32(maxTTL / time.Second)
	for range maxLinks {
		found := chain{owner: owner, ttl: ttl}
		if err := found.read(p, q); err != nil {
			r.bad = "malformed answer"
			return
		}
		switch {
		case len(found.addresses) > 0:
			r.addresses = string(found.addresses)
			r.ttl = time.Duration(found.ttl) * time.Second
			return
		case !found.alias:
			var soa bool
			if r.ttl, soa = negative(p); !soa && !responsible && owner == q.name {
				r.bad = "referral"
			}
			return
		}
		owner, ttl = found.target, found.ttl
	}
	r.bad = "loop of aliases"
}

// chain is what an answer says about one owner.
type chain struct {
	owner     dnsmessage.Name
	ttl       uint32 // the least of those of the records so far, in seconds
	addresses []byte
	alias     bool
	target    dnsmessage.Name
}

// read reads the records of the owner from the answer section.
func (c *chain) read(p dnsmessage.Parser, q *question) error {
	for {
		header, err := p.AnswerHeader()
		if err == dnsmessage.ErrSectionDone { //nolint:errorlint // as above
			return nil
		}
		if err != nil {
			return err
		}
		if header.Class != dnsmessage.ClassINET || !sameNames(&header.Name, &c.owner) {
			err = p.SkipAnswer()
		} else {
			err = c.take(&p, header, q)
		}
		if err != nil {
			return err
		}
	}
}

func (c *chain) take(p *dnsmessage.Parser, header dnsmessage.ResourceHeader, q *question) error {
	switch {
	case header.Type == dnsmessage.TypeCNAME && !c.alias:
		record, err := p.CNAMEResource()
		if err != nil {
			return err
		}
		c.alias, c.target = true, record.CNAME
	case header.Type == q.kind && int(header.Length) == q.family.size() && len(c.addresses) < maxAddresses*q.family.size():
		if q.family == ipv4 {
			record, err := p.AResource()
			if err != nil {
				return err
			}
			c.addresses = append(c.addresses, record.A[:]...)
		} else {
			record, err := p.AAAAResource()
			if err != nil {
				return err
			}
			c.addresses = append(c.addresses, record.AAAA[:]...)
		}
	default:
		return p.SkipAnswer()
	}
	c.ttl = min(c.ttl, sane(header.TTL))
	return nil
}

// sane takes a TTL with its highest bit set for 0 (RFC 2181, section 8).
func sane(ttl uint32) uint32 {
	if ttl > 1<<31-1 {
		return 0
	}
	return ttl
}

// negative returns how long it may be remembered that there is nothing, from the SOA record of the authority section,
// and whether there was one (RFC 2308, section 5). Without one it is as long as a failure.
func negative(p dnsmessage.Parser) (time.Duration, bool) {
	if p.SkipAllAnswers() != nil {
		return failureTTL, false
	}
	for {
		header, err := p.AuthorityHeader()
		if err != nil {
			return failureTTL, false
		}
		if header.Type == dnsmessage.TypeSOA {
			record, err := p.SOAResource()
			if err != nil {
				return failureTTL, false
			}
			return min(time.Duration(min(sane(header.TTL), sane(record.MinTTL)))*time.Second, maxNegativeTTL), true
		}
		if p.SkipAuthority() != nil {
			return failureTTL, false
		}
	}
}

func negativeTTL(p dnsmessage.Parser) time.Duration {
	ttl, _ := negative(p)
	return ttl
}

func sameNames(a, b *dnsmessage.Name) bool {
	return sameName(a.Data[:a.Length], b.Data[:b.Length])
}
