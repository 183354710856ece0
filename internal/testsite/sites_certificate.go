package testsite

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"net"
	"time"
)

// underIntermediate issues from an intermediate authority that is sent along, and that change altered before the
// farm's authority signed it.
func underIntermediate(change func(*x509.Certificate), leaf func(*x509.Certificate)) func(*authority, *placed) (*tls.Config, error) {
	return func(a *authority, p *placed) (*tls.Config, error) {
		intermediate, err := alteredAuthority("Intermediate Authority", a, change)
		if err != nil {
			return nil, err
		}
		config, err := intermediate.config(p, leaf)
		if err == nil {
			config.Certificates[0].Certificate = append(config.Certificates[0].Certificate, intermediate.certificate.Raw)
		}
		return config, err
	}
}

// uselessChain sends certificates along that have nothing to do with the site's.
func uselessChain(count int) func(*authority, *placed) (*tls.Config, error) {
	return func(a *authority, p *placed) (*tls.Config, error) {
		config, err := a.config(p, nil)
		for i := 0; i < count && err == nil; i++ {
			var other *authority
			if other, err = authorityNamed(fmt.Sprintf("Useless Authority %d", i), nil); err == nil {
				config.Certificates[0].Certificate = append(config.Certificates[0].Certificate, other.certificate.Raw)
			}
		}
		return config, err
	}
}

// rsaKey is a configuration with an RSA key of that many bits.
func rsaKey(bits int) func(*authority, *placed) (*tls.Config, error) {
	return func(a *authority, p *placed) (*tls.Config, error) {
		key, err := rsa.GenerateKey(rand.Reader, bits)
		if err != nil {
			return nil, fmt.Errorf("make a key: %w", err)
		}
		certificate, err := a.issue(template(p), key)
		if err != nil {
			return nil, err
		}
		return &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}, nil
	}
}

// shortKey is a configuration with an RSA key of 512 bits, which need TLS 1.2 to be used at all.
func shortKey(a *authority, p *placed) (*tls.Config, error) {
	key, err := newShortRSA()
	if err != nil {
		return nil, err
	}
	certificate, err := a.issue(template(p), key)
	if err != nil {
		return nil, err
	}
	return &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS12}, nil
}

// afterHandshake serves a connection that has completed its handshake.
func afterHandshake(then func(f *Farm, c *tls.Conn)) func(*Farm, net.Conn) {
	return func(f *Farm, c net.Conn) {
		if secure, ok := c.(*tls.Conn); ok && secure.Handshake() == nil {
			then(f, secure)
		}
	}
}

// certificateSites differ in their certificates' chains, keys and names, and in handshakes that end early.
func certificateSites() []site {
	ok := page(200, nil, "ok")
	named := func(names ...string) func(*x509.Certificate) {
		return func(c *x509.Certificate) { c.DNSNames = names }
	}
	past := func(c *x509.Certificate) {
		c.NotBefore, c.NotAfter = time.Now().AddDate(-2, 0, 0), time.Now().AddDate(0, 0, -5)
	}
	// The start of a server's hello.
	const beginsHello = "\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03"
	return []site{
		{name: "tls_intermediate", handler: ok, tls: underIntermediate(nil, nil)},
		{name: "tls_expired_chain", handler: ok, tls: underIntermediate(past, nil)},
		{name: "tls_not_yet_valid_chain", handler: ok, tls: underIntermediate(func(c *x509.Certificate) { c.NotBefore = time.Now().AddDate(0, 0, 3) }, nil)},
		{name: "tls_not_a_ca", handler: ok, tls: underIntermediate(func(c *x509.Certificate) { c.IsCA, c.KeyUsage = false, x509.KeyUsageDigitalSignature }, nil)},
		{name: "tls_name_constraints", handler: ok, tls: underIntermediate(func(c *x509.Certificate) {
			c.PermittedDNSDomains, c.PermittedDNSDomainsCritical = []string{"elsewhere.test"}, true
		}, nil)},
		{name: "tls_sha1", handler: ok, tls: changed(func(c *x509.Certificate) { c.SignatureAlgorithm = x509.ECDSAWithSHA1 })},
		{name: "tls_rsa512", handler: ok, tls: shortKey},
		{name: "tls_rsa1024", handler: ok, tls: rsaKey(1024)},
		{name: "tls_too_many_certs", handler: ok, tls: uselessChain(100)},
		{name: "tls_empty_subject", handler: ok, tls: changed(func(c *x509.Certificate) { c.Subject = pkix.Name{} })},
		{name: "tls_valid_for_a_minute", handler: ok, tls: changed(func(c *x509.Certificate) { c.NotAfter = time.Now().Add(time.Minute) })},
		{name: "tls_wildcard", url: "https://any.wild.site.test:{port}/", handler: ok, tls: changed(named("*.wild.site.test"))},
		{name: "tls_wildcard_too_deep", url: "https://too.deep.wild.site.test:{port}/", handler: ok, tls: changed(named("*.wild.site.test"))},
		{name: "tls_wildcard_bare", url: "https://wild.site.test:{port}/", handler: ok, tls: changed(named("*.wild.site.test"))},
		{name: "tls_close_notify", conn: afterHandshake(func(_ *Farm, c *tls.Conn) { _ = c.Close() }), tls: plainTLS},
		{name: "tls_reset_after_handshake", conn: afterHandshake(func(_ *Farm, c *tls.Conn) { reset(c.NetConn()) }), tls: plainTLS},
		{name: "tls_eof_in_body", conn: afterHandshake(func(f *Farm, c *tls.Conn) {
			header("Content-Length: 100")(f, c)
			_ = c.NetConn().Close() // without the goodbye that TLS asks for
		}), tls: plainTLS},
		{name: "tls_half_handshake", url: "https://{host}/", conn: afterHello(beginsHello)},
		{name: "tls_eof_in_handshake", url: "https://{host}/", conn: func(f *Farm, c net.Conn) {
			greets(beginsHello)(f, halfClosing{c})
		}},
		{name: "tls_alpn_refused", url: "https://{host}/", conn: afterHello("\x15\x03\x03\x00\x02\x02\x78")},
		{name: "tls_alert_protocol_version", url: "https://{host}/", conn: afterHello("\x15\x03\x03\x00\x02\x02\x46")},
		{name: "tls_alert_handshake_failure", url: "https://{host}/", conn: afterHello("\x15\x03\x03\x00\x02\x02\x28")},
		{name: "tls_alert_close_notify", url: "https://{host}/", conn: afterHello("\x15\x03\x03\x00\x02\x01\x00")},
		{name: "tls_ssh_banner", url: "https://{host}/", conn: greets("SSH-2.0-OpenSSH_9.6\r\n")},
	}
}

// halfClosing ends its own direction after the first write.
type halfClosing struct{ net.Conn }

func (c halfClosing) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	if tcp, ok := c.Conn.(*net.TCPConn); ok && err == nil {
		err = tcp.CloseWrite()
	}
	return n, err
}
