package checker

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"slices"
	"strings"
	"time"

	wsc "github.com/website-status-checker/wsc"
)

// classifyTLS explains why a handshake failed.
func classifyTLS(err error) *failure {
	if f := classifyCertificate(err); f != nil {
		return f
	}
	var record tls.RecordHeaderError
	var op *net.OpError
	switch {
	case errors.As(err, &record):
		if string(record.RecordHeader[:]) == "HTTP/" {
			return failuref(wsc.KindTLSError, "The host answers in plain HTTP on an https URL.")
		}
		return failuref(wsc.KindTLSError, "The host does not speak TLS on this port.")
	case errors.As(err, &op) && op.Op == "remote error":
		return failuref(wsc.KindTLSHandshake, "The host refused the TLS connection: %s.", alertText(op))
	case isTimeout(err):
		return failuref(wsc.KindTimeout, "The TLS handshake was not complete in time.")
	}
	if f := classifyBreak(err); f != nil {
		f.message = strings.TrimSuffix(f.message, ".") + " during the TLS handshake."
		return f
	}
	text := err.Error()
	if strings.Contains(text, "keys are insecure") {
		return failuref(wsc.KindTLSHandshake, "The key of the host's certificate is too short to be safe.")
	}
	for _, part := range []string{"protocol version", "cipher suite", "no supported versions", "handshake failure", "supported curves", "supported signature", "application protocol", "no mutually"} {
		if strings.Contains(text, part) {
			return failuref(wsc.KindTLSHandshake, "The host and this checker share no TLS version or cipher that is safe to use.")
		}
	}
	return plain(wsc.KindTLSError)
}

// alertText is the name that TLS gives to an alert, without the library's prefixes.
func alertText(op *net.OpError) string {
	return clip(printable(strings.TrimPrefix(op.Err.Error(), "tls: ")), 80)
}

// classifyCertificate explains why a certificate was not accepted; nil if that was not the reason.
func classifyCertificate(err error) *failure {
	var invalid x509.CertificateInvalidError
	var hostname x509.HostnameError
	var unknown x509.UnknownAuthorityError
	var roots x509.SystemRootsError
	var verification *tls.CertificateVerificationError
	var leaf *x509.Certificate
	if errors.As(err, &verification) && len(verification.UnverifiedCertificates) > 0 {
		leaf = verification.UnverifiedCertificates[0]
	}
	switch {
	case errors.As(err, &invalid):
		return invalidCertificate(invalid, leaf)
	case errors.As(err, &hostname):
		return failuref(wsc.KindTLSHostname, "The certificate is for %s, not for %s.", certificateNames(hostname.Certificate), clip(hostname.Host, 100))
	case errors.As(err, &unknown):
		return unknownAuthority(unknown, leaf)
	case errors.As(err, &roots):
		return failuref(wsc.KindInternalError, "The checker has no list of trusted authorities.")
	case verification != nil:
		return plain(wsc.KindTLSError)
	}
	return nil
}

// certificateInChain names one certificate of a site's chain, of which leaf is the site's own (nil if that is not known).
func certificateInChain(c, leaf *x509.Certificate) string {
	if c == nil || leaf == nil || c.Equal(leaf) {
		return "The certificate"
	}
	name := c.Subject.CommonName
	if name == "" {
		name = c.Subject.String()
	}
	return "The certificate of the issuer " + quote(storable(name))
}

func unknownAuthority(unknown x509.UnknownAuthorityError, leaf *x509.Certificate) *failure {
	c := unknown.Cert
	switch {
	case c != nil && c.Subject.String() == c.Issuer.String():
		return failuref(wsc.KindTLSUntrusted, "The certificate, or the authority that issued it, is self-signed and not trusted.")
	case c != nil && hasUnsafeSignature(c):
		return failuref(wsc.KindTLSUntrusted, "%s is signed with %s, which is no longer safe.", certificateInChain(c, leaf), c.SignatureAlgorithm)
	case strings.Contains(unknown.Error(), "parent certificate cannot sign"):
		return issuerMustNotIssue()
	}
	return failuref(wsc.KindTLSUntrusted, "The certificate is not issued by a trusted authority, or the host does not send the intermediate certificates.")
}

// hasUnsafeSignature reports whether a certificate is signed in a way that can be forged, so that no client accepts it.
func hasUnsafeSignature(c *x509.Certificate) bool {
	return slices.Contains([]x509.SignatureAlgorithm{
		x509.MD2WithRSA, x509.MD5WithRSA, x509.SHA1WithRSA, x509.DSAWithSHA1, x509.ECDSAWithSHA1,
	}, c.SignatureAlgorithm)
}

func issuerMustNotIssue() *failure {
	return failuref(wsc.KindTLSUntrusted, "The certificate is issued by one that must not issue any.")
}

func invalidCertificate(invalid x509.CertificateInvalidError, leaf *x509.Certificate) *failure {
	switch invalid.Reason {
	case x509.Expired:
		which := certificateInChain(invalid.Cert, leaf)
		if c := invalid.Cert; c != nil && time.Now().Before(c.NotBefore) {
			return failuref(wsc.KindTLSNotYetValid, "%s is not valid before %s.", which, c.NotBefore.UTC().Format(time.DateOnly))
		} else if c != nil {
			return failuref(wsc.KindTLSExpired, "%s expired on %s.", which, c.NotAfter.UTC().Format(time.DateOnly))
		}
		return plain(wsc.KindTLSExpired)
	case x509.IncompatibleUsage:
		return failuref(wsc.KindTLSError, "The certificate is not meant for web servers.")
	case x509.NotAuthorizedToSign:
		return issuerMustNotIssue()
	case x509.CANotAuthorizedForThisName, x509.NameConstraintsWithoutSANs:
		return failuref(wsc.KindTLSUntrusted, "The authority that issued the certificate is not allowed to do so for this name.")
	}
	return failuref(wsc.KindTLSUntrusted, "The chain of certificates is not valid.")
}
