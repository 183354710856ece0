package testsite

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
)

// addressIssuer issues one certificate for each address that somebody connects to, and keeps it.
type addressIssuer struct {
	authority *authority
	mu        sync.RWMutex
	issued    map[netip.Addr]*tls.Certificate
}

func newAddressIssuer() (*addressIssuer, error) {
	authority, err := newAuthority()
	if err != nil {
		return nil, err
	}
	return &addressIssuer{authority: authority, issued: map[netip.Addr]*tls.Certificate{}}, nil
}

// config is that of a server on any number of addresses.
func (i *addressIssuer) config() *tls.Config {
	return &tls.Config{GetCertificate: i.certificate, NextProtos: []string{"h2", "http/1.1"}, MinVersion: tls.VersionTLS12}
}

// certificate returns the certificate of the address that was connected to; clients name no host in the handshake when
// the URL has an address.
func (i *addressIssuer) certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	local, ok := hello.Conn.LocalAddr().(*net.TCPAddr)
	if !ok {
		return nil, errors.New("certificates are issued for TCP addresses only")
	}
	address := local.AddrPort().Addr().Unmap()
	i.mu.RLock()
	known := i.issued[address]
	i.mu.RUnlock()
	if known != nil {
		return known, nil
	}
	leaf := template(&placed{address: netip.AddrPortFrom(address, 0)})
	leaf.Subject.CommonName, leaf.DNSNames = address.String(), nil
	certificate, err := i.authority.issue(leaf, nil)
	if err != nil {
		return nil, fmt.Errorf("certificate for %s: %w", address, err)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.issued[address] = &certificate
	return &certificate, nil
}

// Authority returns the authority of the hosts' certificates, nil without TLS.
func (h *Hosts) Authority() *x509.Certificate {
	if h.issuer == nil {
		return nil
	}
	return h.issuer.authority.certificate
}

// AuthorityPEM returns the authority as a file of trusted authorities has it, nil without TLS.
func (h *Hosts) AuthorityPEM() []byte {
	if h.issuer == nil {
		return nil
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: h.Authority().Raw})
}
