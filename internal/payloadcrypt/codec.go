// Package payloadcrypt encrypts the payloads that Temporal stores: inputs, outputs, heartbeats, errors, summaries.
// Temporal's server, its database and its UI then see ciphertext only.
package payloadcrypt

import (
	"fmt"
	"strings"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"
)

const (
	// encoding marks encrypted payloads; Temporal's own samples use the same.
	encoding = "binary/encrypted"
	// metadataKeyID is the metadata field with the id of the key.
	metadataKeyID = "encryption-key-id"
	// maxShownID is the longest key id that an error repeats of a payload.
	maxShownID = 64
)

// Codec encrypts payloads with AES-256-GCM. The plaintext is the whole payload, its metadata included; the id of the key
// is authenticated along with it. Nonces are random, so that a key is good for 2^32 payloads. It is safe for concurrent
// use. The zero Codec has no keys: it encrypts nothing, and says of encrypted payloads which key they want.
type Codec struct {
	active key
	byID   map[string]key
}

var _ converter.PayloadCodec = (*Codec)(nil)

// KeyError is the error for a payload that none of the keys decrypts. With the right key it could be.
type KeyError struct {
	message string
	cause   error
}

// Error says which key is missing, or that the payload was changed.
func (e *KeyError) Error() string { return e.message }

// Unwrap returns the cause, if any.
func (e *KeyError) Unwrap() error { return e.cause }

// Encrypts reports whether the codec has a key to encrypt with.
func (c *Codec) Encrypts() bool { return c.active.aead != nil }

// Encode encrypts the payloads with the active key. Without keys they stay as they are.
func (c *Codec) Encode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	if !c.Encrypts() {
		return payloads, nil
	}
	encrypted := make([]*commonpb.Payload, len(payloads))
	for i, payload := range payloads {
		plain, err := proto.Marshal(payload)
		if err != nil {
			return nil, fmt.Errorf("encrypt a payload: %w", err)
		}
		encrypted[i] = &commonpb.Payload{
			Metadata: map[string][]byte{
				converter.MetadataEncoding: []byte(encoding),
				metadataKeyID:              []byte(c.active.id),
			},
			Data: c.active.aead.Seal(nil, nil, plain, []byte(c.active.id)), //nolint:gosec // G407: this AEAD makes its nonces itself
		}
	}
	return encrypted, nil
}

// Decode decrypts what Encode encrypted under any of the keys. Payloads that are not encrypted stay as they are, so that
// workflows that began before encryption was switched on go on. It is a *KeyError when the key of a payload is unknown,
// which it then names, and when a payload was changed.
func (c *Codec) Decode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	decrypted := make([]*commonpb.Payload, len(payloads))
	for i, payload := range payloads {
		if string(payload.GetMetadata()[converter.MetadataEncoding]) != encoding {
			decrypted[i] = payload
			continue
		}
		var err error
		if decrypted[i], err = c.decrypt(payload); err != nil {
			return nil, err
		}
	}
	return decrypted, nil
}

func (c *Codec) decrypt(payload *commonpb.Payload) (*commonpb.Payload, error) {
	id := string(payload.GetMetadata()[metadataKeyID])
	used, known := c.byID[id]
	if !known {
		return nil, &KeyError{message: fmt.Sprintf("decrypt a payload: its key %q is not among those of WSC_TEMPORAL_KEYS; add it to them", clip(id))}
	}
	plain, err := used.aead.Open(nil, nil, payload.GetData(), []byte(id))
	if err != nil {
		return nil, &KeyError{message: fmt.Sprintf("decrypt a payload with key %q: it was changed, or the key is another one of that id", id), cause: err}
	}
	decrypted := &commonpb.Payload{}
	if err := proto.Unmarshal(plain, decrypted); err != nil {
		return nil, fmt.Errorf("decrypt a payload with key %q: %w", id, err)
	}
	return decrypted, nil
}

func clip(text string) string {
	if len(text) <= maxShownID {
		return text
	}
	return strings.ToValidUTF8(text[:maxShownID], "") + "…"
}
