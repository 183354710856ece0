package testsite

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"

	"golang.org/x/net/dns/dnsmessage"
)

// answer is what the name server says about a name. Successive questions get successive answers; the last one stays.
type answer struct {
	a, aaaa [][]netip.Addr
	rcode   dnsmessage.RCode
	// silent names get no answer at all.
	silent bool
	// wrongID answers are none to the question that was asked.
	wrongID bool
	// cname is an alias that is put before the addresses.
	cname string
}

// nameServer is a DNS server over UDP on a loopback address.
type nameServer struct {
	conn    net.PacketConn
	serving sync.WaitGroup

	mu    sync.Mutex
	zone  map[string]answer
	asked map[string]int
}

func newNameServer() (*nameServer, error) {
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("open the name server: %w", err)
	}
	s := &nameServer{conn: conn, zone: map[string]answer{}, asked: map[string]int{}}
	s.serving.Go(s.serve)
	return s, nil
}

// Close ends the server.
func (s *nameServer) Close() error {
	err := s.conn.Close()
	s.serving.Wait()
	return err
}

func (s *nameServer) set(name string, a answer) {
	s.mu.Lock()
	s.zone[strings.ToLower(name)] = a
	s.mu.Unlock()
}

func (s *nameServer) serve() {
	packet := make([]byte, 1500)
	for {
		n, client, err := s.conn.ReadFrom(packet)
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			continue
		}
		if reply := s.reply(packet[:n]); reply != nil {
			_, _ = s.conn.WriteTo(reply, client) // lost packets are part of DNS
		}
	}
}

// reply returns the packed reply to a packed question, nil for none.
func (s *nameServer) reply(packet []byte) []byte {
	var query dnsmessage.Message
	if query.Unpack(packet) != nil || len(query.Questions) != 1 {
		return nil
	}
	question := query.Questions[0]
	known, addresses := s.find(question)
	if known.silent {
		return nil
	}
	reply := dnsmessage.Message{
		Header: dnsmessage.Header{
			ID: query.ID, Response: true, RecursionDesired: query.RecursionDesired, RecursionAvailable: true, RCode: known.rcode,
		},
		Questions: query.Questions,
	}
	if known.wrongID {
		reply.ID++
	}
	owner := question.Name
	if known.cname != "" {
		alias := dnsmessage.MustNewName(known.cname + ".")
		reply.Answers = append(reply.Answers, resource(owner, dnsmessage.TypeCNAME, &dnsmessage.CNAMEResource{CNAME: alias}))
		owner = alias
	}
	for _, address := range addresses {
		if address.Is4() {
			reply.Answers = append(reply.Answers, resource(owner, dnsmessage.TypeA, &dnsmessage.AResource{A: address.As4()}))
		} else {
			reply.Answers = append(reply.Answers, resource(owner, dnsmessage.TypeAAAA, &dnsmessage.AAAAResource{AAAA: address.As16()}))
		}
	}
	packed, err := reply.Pack()
	if err != nil {
		return nil
	}
	return packed
}

func resource(owner dnsmessage.Name, kind dnsmessage.Type, body dnsmessage.ResourceBody) dnsmessage.Resource {
	return dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: owner, Type: kind, Class: dnsmessage.ClassINET}, Body: body}
}

// find returns what the zone has for a question, and the addresses whose turn it is.
func (s *nameServer) find(question dnsmessage.Question) (answer, []netip.Addr) {
	name := strings.ToLower(strings.TrimSuffix(question.Name.String(), "."))
	s.mu.Lock()
	defer s.mu.Unlock()
	known, found := s.zone[name]
	if !found {
		if _, parent, cut := strings.Cut(name, "."); cut {
			known, found = s.zone["*."+parent]
		}
	}
	if !found {
		return answer{rcode: dnsmessage.RCodeNameError}, nil
	}
	turns := known.a
	if question.Type == dnsmessage.TypeAAAA {
		turns = known.aaaa
	} else if question.Type != dnsmessage.TypeA {
		turns = nil
	}
	if len(turns) == 0 {
		return known, nil
	}
	key := question.Type.String() + " " + name
	turn := min(s.asked[key], len(turns)-1)
	s.asked[key]++
	return known, turns[turn]
}

// Resolver looks names up at the farm's name server only.
type Resolver struct{ resolver net.Resolver }

// LookupNetIP looks a host up as an absolute name.
func (r *Resolver) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	return r.resolver.LookupNetIP(ctx, network, strings.TrimSuffix(host, ".")+".")
}

// Resolver returns a resolver that asks the farm's name server, with Go's own DNS client.
func (f *Farm) Resolver() *Resolver {
	server := f.dns.conn.LocalAddr().String()
	return &Resolver{net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var dialer net.Dialer
		return dialer.DialContext(ctx, "udp4", server)
	}}}
}

// NameServer returns the address and port of the farm's name server, which speaks UDP only.
func (f *Farm) NameServer() string { return f.dns.conn.LocalAddr().String() }

// SetName makes the farm's name server answer a name: one list of addresses per lookup, the last one stays.
func (f *Farm) SetName(name string, lookups ...[]netip.Addr) {
	var a answer
	for _, addresses := range lookups {
		var four, six []netip.Addr
		for _, address := range addresses {
			if address.Is4() {
				four = append(four, address)
			} else {
				six = append(six, address)
			}
		}
		a.a = append(a.a, four)
		a.aaaa = append(a.aaaa, six)
	}
	f.dns.set(name, a)
	f.dns.mu.Lock()
	clear(f.dns.asked)
	f.dns.mu.Unlock()
}
