// Package keyring seals secrets before they are stored and opens them again: the request headers of jobs, and whatever
// else of that kind a store keeps.
//
// Each value is encrypted with a random key of its own by AES-256-GCM, and that key by one of the ring (envelope
// encryption), so that values may have any size and a key service sees 32 bytes of randomness only. The purpose for which
// a value was sealed is authenticated along with it: a value that was moved to another place does not open there.
package keyring

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"gocloud.dev/secrets"
)

const (
	// version begins every sealed value.
	version = "wsc1"
	// idBytes is the length of a key's id before it is written in hexadecimal.
	idBytes = 4
	// dataKeyBytes is the length of the key that a value is encrypted with: AES-256.
	dataKeyBytes = 32
)

// Keyring seals with its first key and opens with any of them. It is safe for concurrent use.
type Keyring struct {
	active string // the id of the key that seals
	keys   map[string]*secrets.Keeper
}

// Open connects to the keys; see ParseURLs. Close the keyring after use.
func Open(ctx context.Context, urls []KeyURL) (*Keyring, error) {
	if len(urls) == 0 {
		return nil, errors.New("open keyring: there is no key")
	}
	k := &Keyring{active: urls[0].id(), keys: map[string]*secrets.Keeper{}}
	for i, each := range urls {
		if _, taken := k.keys[each.id()]; taken {
			return nil, errors.Join(fmt.Errorf("open key %d: its id %s is that of another key; use a different key", i+1, each.id()), k.Close())
		}
		keeper, err := each.open(ctx)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("open key %d: %w", i+1, err), k.Close())
		}
		k.keys[each.id()] = keeper
	}
	return k, nil
}

// Close ends the connections to the keys' services.
func (k *Keyring) Close() error {
	var errs []error
	for _, keeper := range k.keys {
		errs = append(errs, keeper.Close())
	}
	return errors.Join(errs...)
}

// Seal encrypts a secret under the first key. The purpose is what the secret is for and whose it is, for example
// "job/<id>/headers"; Open wants the same. The sealed value is ASCII without blanks, about a third longer than the secret
// and up to 300 bytes:
//
//	wsc1.<id of the key>.<wrapped data key>.<nonce and ciphertext>
//
// An error is a fault of the key's service, and trying again later may help.
func (k *Keyring) Seal(ctx context.Context, purpose string, secret []byte) (string, error) {
	dataKey := make([]byte, dataKeyBytes)
	_, _ = rand.Read(dataKey) // it never fails
	wrapped, err := k.keys[k.active].Encrypt(ctx, dataKey)
	if err != nil {
		return "", fmt.Errorf("seal a secret under key %s: %w", k.active, err)
	}
	aead, err := newAEAD(dataKey)
	if err != nil {
		return "", fmt.Errorf("seal a secret: %w", err)
	}
	head := version + "." + k.active
	sealed := aead.Seal(nil, nil, secret, associated(head, purpose)) //nolint:gosec // G407: this AEAD makes its nonces itself
	return head + "." + encode(wrapped) + "." + encode(sealed), nil
}

// Open decrypts what Seal sealed under any of the keys for the same purpose. It is an error, which never shows a secret,
// when the key is not in the ring, when the value was changed or sealed for another purpose, and when the key's service
// does not answer.
func (k *Keyring) Open(ctx context.Context, purpose, sealed string) ([]byte, error) {
	parts := strings.Split(sealed, ".")
	if len(parts) != 4 || parts[0] != version {
		return nil, errors.New("open a sealed secret: it is not a value that a keyring sealed")
	}
	id := parts[1]
	wrapped, wrappedErr := decode(parts[2])
	ciphertext, ciphertextErr := decode(parts[3])
	if !isID(id) || wrappedErr != nil || ciphertextErr != nil {
		return nil, errors.New("open a sealed secret: it is damaged")
	}
	keeper, known := k.keys[id]
	if !known {
		return nil, fmt.Errorf("open a sealed secret: its key %s is not among those of WSC_SECRETS_URL; add it behind the first one", id)
	}
	dataKey, err := keeper.Decrypt(ctx, wrapped)
	if err != nil {
		return nil, fmt.Errorf("open a sealed secret with key %s: %w", id, err)
	}
	aead, err := newAEAD(dataKey)
	if err != nil {
		return nil, fmt.Errorf("open a sealed secret with key %s: %w", id, err)
	}
	secret, err := aead.Open(nil, nil, ciphertext, associated(version+"."+id, purpose))
	if err != nil {
		return nil, fmt.Errorf("open a sealed secret with key %s: it was changed, or sealed for another purpose: %w", id, err)
	}
	return secret, nil
}

func newAEAD(dataKey []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(dataKey)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// associated is what is authenticated along with a secret. The head has no NUL, so that no two pairs are the same.
func associated(head, purpose string) []byte { return []byte(head + "\x00" + purpose) }

func encode(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }

// decode is strict, so that a value has one spelling only.
func decode(text string) ([]byte, error) { return base64.RawURLEncoding.Strict().DecodeString(text) }

// isID reports whether a text may stand in an error as the id of a key.
func isID(text string) bool {
	return len(text) == 2*idBytes && strings.Trim(text, "0123456789abcdef") == ""
}
