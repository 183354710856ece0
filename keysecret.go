package wsc

import (
	"crypto/rand"
	"crypto/sha256"
	"hash/crc32"
	"strings"
)

// The secret of an API key is wsc_, 30 random base62 characters (178 bits) and 6 that are the CRC-32 of what stands
// before, so that a mistyped key is told from an unknown one without asking a database, and scanners of source code
// recognise keys.
const (
	keySecretMark     = "wsc_"
	keySecretRandom   = 30
	keySecretChecksum = 6
	keySecretLength   = len(keySecretMark) + keySecretRandom + keySecretChecksum
	// keyPrefixLength is how much of a secret is shown: 6 of the 30 random characters.
	keyPrefixLength = len(keySecretMark) + 6

	base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

// NewKeySecret makes the secret of a new key.
func NewKeySecret() string {
	var secret strings.Builder
	secret.WriteString(keySecretMark)
	// Bytes of 248 and more are left out, so that every character is equally likely.
	const fair = 256 - 256%len(base62)
	buffer := make([]byte, keySecretRandom)
	for secret.Len() < len(keySecretMark)+keySecretRandom {
		_, _ = rand.Read(buffer) // it never fails, and never reads less
		for _, value := range buffer {
			if int(value) < fair && secret.Len() < len(keySecretMark)+keySecretRandom {
				secret.WriteByte(base62[int(value)%len(base62)])
			}
		}
	}
	return secret.String() + keyChecksum(secret.String())
}

// WellFormedKeySecret reports whether a text has the form of a secret, with the right checksum.
func WellFormedKeySecret(text string) bool {
	if len(text) != keySecretLength || !strings.HasPrefix(text, keySecretMark) || strings.Trim(text[len(keySecretMark):], base62) != "" {
		return false
	}
	split := len(text) - keySecretChecksum
	return keyChecksum(text[:split]) == text[split:]
}

// HashKeySecret is what is stored of a secret. A plain hash is enough, since secrets are random and not chosen by people.
func HashKeySecret(secret string) [sha256.Size]byte { return sha256.Sum256([]byte(secret)) }

// KeyPrefix is the part of a secret that may be shown.
func KeyPrefix(secret string) string { return secret[:min(len(secret), keyPrefixLength)] }

func keyChecksum(text string) string {
	sum := crc32.ChecksumIEEE([]byte(text))
	digits := make([]byte, keySecretChecksum)
	for i := range digits {
		digits[len(digits)-1-i] = base62[sum%uint32(len(base62))]
		sum /= uint32(len(base62))
	}
	return string(digits)
}
