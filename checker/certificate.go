package checker

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math"
	"strings"
	"time"

	wsc "github.com/website-status-checker/wsc"
)

// describeTLS is what a result says about a connection.
func describeTLS(state *tls.ConnectionState, now time.Time) *wsc.TLSInfo {
	info := &wsc.TLSInfo{}
	if len(state.PeerCertificates) > 0 {
		info = describeCertificate(state.PeerCertificates[0], now)
	}
	info.Version = tls.VersionName(state.Version)
	return info
}

func describeCertificate(leaf *x509.Certificate, now time.Time) *wsc.TLSInfo {
	subject := leaf.Subject.CommonName
	if subject == "" && len(leaf.DNSNames) > 0 {
		subject = leaf.DNSNames[0]
	}
	issuer := leaf.Issuer.CommonName
	if len(leaf.Issuer.Organization) > 0 && !strings.Contains(issuer, leaf.Issuer.Organization[0]) {
		issuer = strings.TrimPrefix(leaf.Issuer.Organization[0]+" "+issuer, " ")
	}
	return &wsc.TLSInfo{
		Subject:  storable(subject),
		Issuer:   storable(issuer),
		NotAfter: leaf.NotAfter.UTC(),
		DaysLeft: int(math.Floor(leaf.NotAfter.Sub(now).Hours() / 24)),
	}
}

// rejectedCertificate describes the certificate that a handshake failed over; nil if it failed over something else.
func rejectedCertificate(err error, now time.Time) *wsc.TLSInfo {
	var verification *tls.CertificateVerificationError
	if !errors.As(err, &verification) || len(verification.UnverifiedCertificates) == 0 {
		return nil
	}
	info := describeCertificate(verification.UnverifiedCertificates[0], now)
	info.Problem = problemOf(err)
	return info
}

// problemOf says in words what is wrong with a certificate or its chain.
func problemOf(err error) string {
	if f := classifyCertificate(err); f != nil {
		return f.message
	}
	return wsc.KindTLSError.Sentence()
}

// certificateProblem verifies a chain that was accepted unverified, and returns what is wrong with it in words.
func certificateProblem(state *tls.ConnectionState, host string, roots *x509.CertPool) string {
	if len(state.PeerCertificates) == 0 {
		return ""
	}
	intermediates := x509.NewCertPool()
	for _, certificate := range state.PeerCertificates[1:] {
		intermediates.AddCert(certificate)
	}
	_, err := state.PeerCertificates[0].Verify(x509.VerifyOptions{DNSName: host, Roots: roots, Intermediates: intermediates})
	if err == nil {
		return ""
	}
	return problemOf(&tls.CertificateVerificationError{UnverifiedCertificates: state.PeerCertificates, Err: err})
}

// certificateNames lists the first few names that a certificate is for.
func certificateNames(c *x509.Certificate) string {
	var names []string
	if c != nil {
		names = append(names, c.DNSNames...)
		for _, address := range c.IPAddresses {
			names = append(names, address.String())
		}
		if len(names) == 0 && c.Subject.CommonName != "" {
			names = append(names, c.Subject.CommonName)
		}
	}
	more := ""
	if len(names) > 3 {
		names, more = names[:3], " and others"
	}
	if len(names) == 0 {
		return "no host name"
	}
	return printable(clip(strings.Join(names, ", "), 200)) + more
}

// storable makes a text of a site valid UTF-8 without control characters, at most 255 bytes long.
func storable(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\ufffd"))
	if len(text) > 255 {
		text = strings.ToValidUTF8(text[:255], "")
	}
	return text
}
