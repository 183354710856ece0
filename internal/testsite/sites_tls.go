package testsite

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	_ "embed"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// rsa8192 is a private key that nothing but a test site uses; making one takes half a minute.
//
//go:embed testdata/rsa8192.pem
var rsa8192 []byte

// changed is a TLS configuration with a certificate that is altered before the authority signs it.
func changed(change func(*x509.Certificate)) func(*authority, *placed) (*tls.Config, error) {
	return func(a *authority, p *placed) (*tls.Config, error) { return a.config(p, change) }
}

// limited is a good configuration that is altered afterwards.
func limited(change func(*tls.Config)) func(*authority, *placed) (*tls.Config, error) {
	return func(a *authority, p *placed) (*tls.Config, error) {
		config, err := a.config(p, nil)
		if err == nil {
			change(config)
		}
		return config, err
	}
}

// otherAuthority issues from an authority that nobody trusts.
func otherAuthority(_ *authority, p *placed) (*tls.Config, error) {
	other, err := authorityNamed("Unknown Authority", nil)
	if err != nil {
		return nil, err
	}
	return other.config(p, nil)
}

// missingIntermediate issues from an intermediate authority that is not sent along.
func missingIntermediate(a *authority, p *placed) (*tls.Config, error) {
	intermediate, err := authorityNamed("Intermediate Authority", a)
	if err != nil {
		return nil, err
	}
	return intermediate.config(p, nil)
}

func selfSigned(a *authority, p *placed) (*tls.Config, error) {
	leaf := template(p)
	der, err := x509.CreateCertificate(rand.Reader, leaf, leaf, a.leafKey.Public(), a.leafKey)
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: a.leafKey}}, MinVersion: tls.VersionTLS12}, nil
}

func bigKey(a *authority, p *placed) (*tls.Config, error) {
	block, _ := pem.Decode(rsa8192)
	if block == nil {
		return nil, errors.New("the stored RSA key is no PEM file")
	}
	key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("read the stored RSA key: %w", err)
	}
	certificate, err := a.issue(template(p), key)
	if err != nil {
		return nil, err
	}
	return &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}, nil
}

// rsaOnly is a configuration with an RSA key, which the old cipher suites need.
func rsaOnly(suites ...uint16) func(*authority, *placed) (*tls.Config, error) {
	return func(a *authority, p *placed) (*tls.Config, error) {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			return nil, fmt.Errorf("make a key: %w", err)
		}
		certificate, err := a.issue(template(p), key)
		if err != nil {
			return nil, err
		}
		return &tls.Config{
			Certificates: []tls.Certificate{certificate}, CipherSuites: suites,
			MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS12,
		}, nil
	}
}

func manyNames(count int) func(*x509.Certificate) {
	return func(c *x509.Certificate) {
		for i := range count {
			c.DNSNames = append(c.DNSNames, fmt.Sprintf("name-%d.many.test", i))
		}
	}
}

// afterHello reads the first record of a client and sends raw bytes.
func afterHello(reply string) func(*Farm, net.Conn) {
	return func(f *Farm, c net.Conn) {
		head := make([]byte, 5)
		if _, err := io.ReadFull(c, head); err != nil {
			return
		}
		if _, err := io.CopyN(io.Discard, c, int64(head[3])<<8|int64(head[4])); err != nil {
			return
		}
		_, _ = io.WriteString(c, reply) // a client may leave earlier
		if reply != "" {
			f.untilGone(c)
		}
	}
}

// tlsSites differ in their certificate and handshake. All serve "ok" to those who come that far.
func tlsSites() []site {
	ok := page(200, nil, "ok")
	return []site{
		{name: "h2_200", handler: ok, tls: goodTLS},
		{name: "https_1_1", handler: ok, tls: plainTLS},
		{name: "tls_1_2", handler: ok, tls: limited(func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 })},
		{name: "tls_expired", handler: ok, tls: changed(func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = time.Now().AddDate(-1, 0, 0), time.Now().AddDate(0, 0, -3)
		})},
		{name: "tls_not_yet_valid", handler: ok, tls: changed(func(c *x509.Certificate) { c.NotBefore = time.Now().AddDate(0, 0, 3) })},
		{name: "tls_wrong_host", handler: ok, tls: changed(func(c *x509.Certificate) {
			c.DNSNames, c.IPAddresses = []string{"elsewhere.test", "www.elsewhere.test"}, nil
		})},
		{name: "tls_sni_missing", handler: ok, tls: changed(func(c *x509.Certificate) { c.IPAddresses = nil })},
		{name: "tls_no_names", handler: ok, tls: changed(func(c *x509.Certificate) { c.DNSNames, c.IPAddresses = nil, nil })},
		{name: "tls_untrusted_root", handler: ok, tls: otherAuthority},
		{name: "tls_self_signed", handler: ok, tls: selfSigned},
		{name: "tls_incomplete_chain", handler: ok, tls: missingIntermediate},
		{name: "tls_eku", handler: ok, tls: changed(func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} })},
		{name: "tls_1000_sans", handler: ok, tls: changed(manyNames(1000))},
		{name: "tls_10000_sans", handler: ok, tls: changed(manyNames(10_000))},
		{name: "tls_rsa8192", handler: ok, tls: bigKey},
		{name: "tls11", handler: ok, tls: limited(func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 })},
		{name: "tls_rc4_3des_null", handler: ok, tls: rsaOnly(tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA, tls.TLS_RSA_WITH_RC4_128_SHA)},
		{name: "tls_client_certificate", handler: ok, tls: limited(func(c *tls.Config) { c.ClientAuth = tls.RequireAnyClientCert })},
		{name: "tls_client_certificate_optional", handler: ok, tls: limited(func(c *tls.Config) { c.ClientAuth = tls.RequestClientCert })},
		{name: "tls_hsts", handler: page(200, map[string]string{"Strict-Transport-Security": "max-age=31536000; includeSubDomains; preload"}, "ok"), tls: goodTLS},
		{name: "tls_alert_unrecognized_name", url: "https://{host}/", conn: afterHello("\x15\x03\x03\x00\x02\x02\x70")},
		{name: "tls_alert_internal", url: "https://{host}/", conn: afterHello("\x15\x03\x03\x00\x02\x02\x50")},
		{name: "tls_garbage", url: "https://{host}/", conn: afterHello("this is not TLS at all")},
		{name: "tls_eof", url: "https://{host}/", conn: afterHello("")},
		{name: "tls_stalled", url: "https://{host}/", conn: func(f *Farm, c net.Conn) { f.untilGone(c) }},
		{name: "https_on_http_port", url: "http://{host}/", handler: ok, tls: goodTLS},
	}
}
