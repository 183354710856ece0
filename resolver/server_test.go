package resolver

import (
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/dns/dnsmessage"
)

// nameServer is a DNS server on a loopback port, over UDP and TCP.
type nameServer struct {
	address netip.AddrPort
	// handle answers a query by calling send with any number of packets.
	handle func(q query, send func([]byte))

	mu    sync.Mutex
	asked []query
}

// query is one that has arrived.
type query struct {
	dnsmessage.Message
	name    string // without the final dot
	network string
	source  netip.AddrPort
}

func (q *query) isAAAA() bool { return q.Questions[0].Type == dnsmessage.TypeAAAA }

func (q *query) hasEDNS() bool { return len(q.Additionals) > 0 }

// serve starts a name server, which ends with the test.
func serve(t testing.TB, handle func(q query, send func([]byte))) *nameServer {
	t.Helper()
	s := &nameServer{handle: handle}
	packets, streams := listenBoth(t)
	s.address = packets.LocalAddr().(*net.UDPAddr).AddrPort()
	var running sync.WaitGroup
	t.Cleanup(func() {
		_ = packets.Close()
		_ = streams.Close()
		running.Wait()
	})
	running.Go(func() {
		for {
			packet := make([]byte, 4096)
			n, client, err := packets.ReadFromUDPAddrPort(packet)
			if err != nil {
				return
			}
			running.Go(func() {
				s.answer(packet[:n], "udp", client, func(reply []byte) { _, _ = packets.WriteToUDPAddrPort(reply, client) })
			})
		}
	})
	running.Go(func() {
		for {
			conn, err := streams.Accept()
			if err != nil {
				return
			}
			running.Go(func() { s.stream(conn) })
		}
	})
	return s
}

// listenBoth opens the same port for UDP and TCP.
func listenBoth(t testing.TB) (*net.UDPConn, net.Listener) {
	t.Helper()
	for range 20 {
		streams, err := net.Listen("tcp4", "127.0.0.1:0")
		require.NoError(t, err)
		packets, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(streams.Addr().(*net.TCPAddr).AddrPort()))
		if err == nil {
			return packets, streams
		}
		require.NoError(t, streams.Close())
	}
	require.Fail(t, "no port is free for UDP and TCP")
	return nil, nil
}

func (s *nameServer) stream(conn net.Conn) {
	defer conn.Close()
	var length [2]byte
	if _, err := io.ReadFull(conn, length[:]); err != nil {
		return
	}
	packet := make([]byte, binary.BigEndian.Uint16(length[:]))
	if _, err := io.ReadFull(conn, packet); err != nil {
		return
	}
	s.answer(packet, "tcp", conn.RemoteAddr().(*net.TCPAddr).AddrPort(), func(reply []byte) {
		_, _ = conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(reply))), reply...))
	})
}

func (s *nameServer) answer(packet []byte, network string, source netip.AddrPort, send func([]byte)) {
	q := query{network: network, source: source}
	if q.Unpack(packet) != nil || len(q.Questions) != 1 {
		return
	}
	q.name = strings.TrimSuffix(q.Questions[0].Name.String(), ".")
	s.mu.Lock()
	s.asked = append(s.asked, q)
	s.mu.Unlock()
	s.handle(q, send)
}

// queries returns those that have arrived.
func (s *nameServer) queries() []query {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]query(nil), s.asked...)
}

// reply packs an answer to a query; change alters it before.
func (q *query) reply(t testing.TB, change func(*dnsmessage.Message)) []byte {
	t.Helper()
	m := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: q.ID, Response: true, RecursionDesired: true, RecursionAvailable: true},
		Questions: q.Questions,
	}
	if change != nil {
		change(&m)
	}
	packed, err := m.Pack()
	if err != nil {
		t.Errorf("pack a reply: %v", err)
	}
	return packed
}

// addresses packs an answer with those addresses that are of the asked family.
func (q *query) addresses(t testing.TB, ttl uint32, addresses ...string) []byte {
	t.Helper()
	return q.reply(t, func(m *dnsmessage.Message) {
		for _, text := range addresses {
			if address := netip.MustParseAddr(text); address.Is6() == q.isAAAA() {
				m.Answers = append(m.Answers, record(q.name, ttl, text))
			}
		}
	})
}

func (q *query) rcode(t testing.TB, code dnsmessage.RCode) []byte {
	t.Helper()
	return q.reply(t, func(m *dnsmessage.Message) { m.RCode = code })
}

// record is an address record, or an alias if data is no address.
func record(name string, ttl uint32, data string) dnsmessage.Resource {
	r := dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: dnsmessage.MustNewName(name + "."), Class: dnsmessage.ClassINET, TTL: ttl}}
	address, err := netip.ParseAddr(data)
	switch {
	case err != nil:
		r.Header.Type = dnsmessage.TypeCNAME
		r.Body = &dnsmessage.CNAMEResource{CNAME: dnsmessage.MustNewName(data + ".")}
	case address.Is4():
		r.Header.Type = dnsmessage.TypeA
		r.Body = &dnsmessage.AResource{A: address.As4()}
	default:
		r.Header.Type = dnsmessage.TypeAAAA
		r.Body = &dnsmessage.AAAAResource{AAAA: address.As16()}
	}
	return r
}

// soa is the record that says how long nothing may be remembered.
func soa(ttl, minimum uint32) dnsmessage.Resource {
	zone := dnsmessage.MustNewName("test.")
	return dnsmessage.Resource{
		Header: dnsmessage.ResourceHeader{Name: zone, Type: dnsmessage.TypeSOA, Class: dnsmessage.ClassINET, TTL: ttl},
		Body:   &dnsmessage.SOAResource{NS: zone, MBox: zone, MinTTL: minimum},
	}
}
