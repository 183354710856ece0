package resolver

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/netip"
	"time"
)

// exchange asks one server once, and again in another way where the answer shows that it has to be: over TCP if it did
// not fit a datagram, without EDNS if the server does not know that. Each time it waits at most for the timeout.
func exchange(ctx context.Context, server netip.AddrPort, q *question, timeout time.Duration) (reply, error) {
	answer, err := exchangeOver(ctx, "udp", server, q, q.message, timeout)
	if err == nil && answer.noEDNS() {
		answer, err = exchangeOver(ctx, "udp", server, q, q.plain, timeout)
	}
	if err == nil && answer.truncated {
		answer, err = exchangeOver(ctx, "tcp", server, q, q.message, timeout)
	}
	if err != nil {
		return reply{}, err
	}
	return answer, answer.refusal()
}

// exchangeOver sends a message, under an id that nobody can guess and from a port that the system chooses at random,
// and returns the reply to it.
func exchangeOver(ctx context.Context, network string, server netip.AddrPort, q *question, message []byte, timeout time.Duration) (reply, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, network, server.String())
	if err != nil {
		return reply{}, fmt.Errorf("connect to the name server: %w", err)
	}
	defer conn.Close() //nolint:errcheck // all that matters has been read
	stop := context.AfterFunc(ctx, func() {
		_ = conn.SetDeadline(time.Unix(1, 0)) // wakes whoever reads; a connection that is closed already needs no waking
	})
	defer stop()
	buffer := make([]byte, 2+len(message), 2+maxDatagram)
	binary.BigEndian.PutUint16(buffer, uint16(len(message)))
	sent := append(buffer[:2], message...)[2:]
	if _, err := rand.Read(sent[:2]); err != nil {
		return reply{}, fmt.Errorf("choose an id: %w", err)
	}
	id := binary.BigEndian.Uint16(sent)
	if network == "tcp" {
		return overStream(conn, buffer, id, q)
	}
	return overDatagrams(conn, sent, id, q)
}

// overDatagrams passes over whatever arrives that is not the reply.
func overDatagrams(conn net.Conn, message []byte, id uint16, q *question) (reply, error) {
	if _, err := conn.Write(message); err != nil {
		return reply{}, fmt.Errorf("send a query: %w", err)
	}
	received := make([]byte, maxDatagram)
	for {
		n, err := conn.Read(received)
		if err != nil {
			return reply{}, fmt.Errorf("read the answer: %w", err)
		}
		if answer, ok := parseReply(received[:n], id, q); ok {
			return answer, nil
		}
	}
}

// overStream sends and reads messages with their length before them (RFC 1035, section 4.2.2).
func overStream(conn net.Conn, message []byte, id uint16, q *question) (reply, error) {
	if _, err := conn.Write(message); err != nil {
		return reply{}, fmt.Errorf("send a query: %w", err)
	}
	var length [2]byte
	if _, err := io.ReadFull(conn, length[:]); err != nil {
		return reply{}, fmt.Errorf("read the answer: %w", err)
	}
	received := make([]byte, binary.BigEndian.Uint16(length[:]))
	if _, err := io.ReadFull(conn, received); err != nil {
		return reply{}, fmt.Errorf("read the answer: %w", err)
	}
	answer, ok := parseReply(received, id, q)
	if !ok {
		return reply{}, &refusalError{"not an answer to the question"}
	}
	answer.truncated = false // there is nothing longer than this
	return answer, nil
}
