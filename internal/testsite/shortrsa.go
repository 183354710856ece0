package testsite

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"math/big"
)

// shortRSA signs with an RSA key of 512 bits, which crypto/rsa refuses to do.
type shortRSA struct {
	public  rsa.PublicKey
	private *big.Int
}

func newShortRSA() (*shortRSA, error) {
	one := big.NewInt(1)
	for range 100 {
		p, err := rand.Prime(rand.Reader, 256)
		if err != nil {
			return nil, fmt.Errorf("make a prime: %w", err)
		}
		q, err := rand.Prime(rand.Reader, 256)
		if err != nil {
			return nil, fmt.Errorf("make a prime: %w", err)
		}
		n := new(big.Int).Mul(p, q)
		phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
		if private := new(big.Int).ModInverse(big.NewInt(65537), phi); private != nil && n.BitLen() == 512 {
			return &shortRSA{public: rsa.PublicKey{N: n, E: 65537}, private: private}, nil
		}
	}
	return nil, errors.New("no RSA key of 512 bits was found")
}

// Public returns the public key.
func (k *shortRSA) Public() crypto.PublicKey { return &k.public }

// Sign signs a SHA-256 digest as RFC 8017 (section 8.2.1, RSASSA-PKCS1-v1_5) says.
func (k *shortRSA) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	if opts.HashFunc() != crypto.SHA256 {
		return nil, errors.New("a short RSA key signs SHA-256 digests only")
	}
	algorithm := []byte("\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20")
	padding := bytes.Repeat([]byte{0xff}, k.public.Size()-3-len(algorithm)-len(digest))
	message := bytes.Join([][]byte{{0, 1}, padding, {0}, algorithm, digest}, nil)
	signature := new(big.Int).Exp(new(big.Int).SetBytes(message), k.private, k.public.N)
	return signature.FillBytes(make([]byte, k.public.Size())), nil
}
