package keyring

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"gocloud.dev/secrets"
	_ "gocloud.dev/secrets/awskms" // awskms:// URLs
	_ "gocloud.dev/secrets/gcpkms" // gcpkms:// URLs
	"gocloud.dev/secrets/localsecrets"
)

// KeyURL names one key: where it is kept, or for a local key itself. It is a secret then, so it never shows itself.
type KeyURL struct{ text string }

// String hides the URL.
func (KeyURL) String() string { return "***" }

// GoString hides the URL.
func (KeyURL) GoString() string { return "***" }

// id is what sealed values name the key by. It is a hash of the URL: of a local key it tells nothing, since that is random.
func (u KeyURL) id() string {
	sum := sha256.Sum256([]byte("wsc keyring\x00" + u.text))
	return hex.EncodeToString(sum[:idBytes])
}

// ParseURLs reads the URLs of keys, separated by commas, blanks or line ends: base64key://KEY for a local key of 32 bytes
// in the URL alphabet of base64, awskms://… and gcpkms://… for keys that never leave the service, in the forms of
// gocloud.dev/secrets. The first seals, all of them open.
//
// An error names a key by its position and never quotes it.
func ParseURLs(text string) ([]KeyURL, error) {
	var urls []KeyURL
	fields := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || unicode.IsSpace(r) })
	for i, field := range fields {
		if err := checkURL(field); err != nil {
			return nil, fmt.Errorf("key %d: %w", i+1, err)
		}
		if slices.Contains(urls, KeyURL{field}) {
			return nil, fmt.Errorf("key %d: it is listed twice", i+1)
		}
		urls = append(urls, KeyURL{field})
	}
	if len(urls) == 0 {
		return nil, errors.New("there is no key in it")
	}
	return urls, nil
}

func checkURL(text string) error {
	parsed, err := url.Parse(text)
	schemes := secrets.DefaultURLMux().KeeperSchemes()
	switch {
	case err != nil, !slices.Contains(schemes, parsed.Scheme):
		return fmt.Errorf("it is not a URL that begins with one of %s://", strings.Join(schemes, "://, "))
	case parsed.Scheme != localsecrets.Scheme:
		return nil
	}
	// The library takes a URL without a key for the wish of a random one, which nobody could open again after a restart.
	if _, err := localsecrets.Base64Key(strings.TrimPrefix(text, localsecrets.Scheme+"://")); err != nil {
		return errors.New("what follows base64key:// is not 32 bytes in the URL alphabet of base64 (with - and _ for + and /)")
	}
	return nil
}

// NewLocalURL makes a random local key.
func NewLocalURL() string {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // it never fails
	return localsecrets.Scheme + "://" + base64.URLEncoding.EncodeToString(secret)
}

// open connects to the key's service. That does not ask it for anything yet.
func (u KeyURL) open(ctx context.Context) (*secrets.Keeper, error) {
	encoded, local := strings.CutPrefix(u.text, localsecrets.Scheme+"://")
	if !local {
		return secrets.OpenKeeper(ctx, u.text)
	}
	secret, err := localsecrets.Base64Key(encoded)
	if err != nil {
		return nil, errors.New("the local key is not 32 bytes in base64") // the library's error might quote it
	}
	return localsecrets.NewKeeper(secret), nil
}
