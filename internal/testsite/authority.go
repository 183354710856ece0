package testsite

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"time"
)

// authority issues the farm's certificates.
type authority struct {
	certificate *x509.Certificate
	key         crypto.Signer
	leafKey     crypto.Signer
}

func newAuthority() (*authority, error) {
	return authorityNamed("Test Site Authority", nil)
}

// authorityNamed makes an authority, issued by another one or by itself.
func authorityNamed(name string, issuer *authority) (*authority, error) {
	return alteredAuthority(name, issuer, nil)
}

// alteredAuthority makes an authority whose certificate change (which may be nil) altered before it was signed.
func alteredAuthority(name string, issuer *authority, change func(*x509.Certificate)) (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name, Organization: []string{"Website Status Checker tests"}},
		NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: time.Now().Add(365 * 24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	if change != nil {
		change(template)
	}
	parent, signer := template, crypto.Signer(key)
	if issuer != nil {
		parent, signer = issuer.certificate, issuer.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		return nil, fmt.Errorf("issue the authority %s: %w", name, err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("read the authority %s: %w", name, err)
	}
	leafKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	return &authority{certificate: certificate, key: key, leafKey: leafKey}, nil
}

func (a *authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.certificate)
	return pool
}

// template is a good certificate for a site.
func template(p *placed) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: p.dnsName},
		DNSNames: []string{p.dnsName}, IPAddresses: []net.IP{p.address.Addr().AsSlice()},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(90 * 24 * time.Hour),
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
}

// issue signs a certificate for the key, or for the authority's own leaf key if that is nil.
func (a *authority) issue(template *x509.Certificate, key crypto.Signer) (tls.Certificate, error) {
	if key == nil {
		key = a.leafKey
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, key.Public(), a.key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("issue a certificate: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

// config is a server's configuration with a certificate that the authority issues after change (which may be nil)
// altered it.
func (a *authority) config(p *placed, change func(*x509.Certificate)) (*tls.Config, error) {
	leaf := template(p)
	if change != nil {
		change(leaf)
	}
	certificate, err := a.issue(leaf, nil)
	if err != nil {
		return nil, err
	}
	return &tls.Config{Certificates: []tls.Certificate{certificate}, NextProtos: []string{"h2", "http/1.1"}, MinVersion: tls.VersionTLS12}, nil
}

// goodTLS is the configuration of a site whose certificate is in order.
func goodTLS(a *authority, p *placed) (*tls.Config, error) { return a.config(p, nil) }

// plainTLS is a good configuration without HTTP/2.
func plainTLS(a *authority, p *placed) (*tls.Config, error) {
	config, err := a.config(p, nil)
	if err == nil {
		config.NextProtos = []string{"http/1.1"}
	}
	return config, err
}
