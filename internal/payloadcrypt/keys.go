package payloadcrypt

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// keyBytes is the length of a key: AES-256.
const keyBytes = 32

// key is one key, ready for use.
type key struct {
	id   string
	aead cipher.AEAD
}

// Parse reads keys in the form id:base64[,id:base64…], each of 32 bytes, and returns the codec that encrypts with the
// first and decrypts with any of them. Blanks and line ends around a key do not matter. An id is what payloads name
// their key by: 1 to 64 letters, digits, dots, underscores and hyphens.
//
// An error names a key by its position and never quotes it, since what stands in the wrong place may be a secret.
func Parse(text string) (*Codec, error) {
	c := &Codec{byID: map[string]key{}}
	for i, entry := range strings.Split(text, ",") {
		parsed, err := parseKey(strings.TrimSpace(entry))
		if err != nil {
			return nil, fmt.Errorf("key %d: %w", i+1, err)
		}
		if _, twice := c.byID[parsed.id]; twice {
			return nil, fmt.Errorf("key %d: its id is that of an earlier key; every key needs an id of its own", i+1)
		}
		c.byID[parsed.id] = parsed
		if i == 0 {
			c.active = parsed
		}
	}
	return c, nil
}

func parseKey(entry string) (key, error) {
	id, encoded, found := strings.Cut(entry, ":")
	if !found {
		return key{}, errors.New("it is not of the form id:key")
	}
	if !regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`).MatchString(id) {
		return key{}, errors.New("its id is not 1 to 64 letters, digits, dots, underscores and hyphens")
	}
	secret, err := decodeBase64(encoded)
	if err != nil || len(secret) != keyBytes {
		return key{}, fmt.Errorf("what follows its id is not %d bytes in base64", keyBytes)
	}
	block, err := aes.NewCipher(secret)
	if err != nil {
		return key{}, fmt.Errorf("set up AES: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return key{}, fmt.Errorf("set up AES-GCM: %w", err)
	}
	return key{id: id, aead: aead}, nil
}

// decodeBase64 reads either alphabet of base64 (RFC 4648), padded or not.
func decodeBase64(text string) ([]byte, error) {
	text = strings.NewReplacer("+", "-", "/", "_").Replace(strings.TrimRight(text, "="))
	return base64.RawURLEncoding.DecodeString(text)
}
