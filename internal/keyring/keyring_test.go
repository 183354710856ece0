package keyring_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/website-status-checker/wsc/internal/keyring"
)

const purpose = "job/1/headers"

func open(t testing.TB, urls ...string) *keyring.Keyring {
	t.Helper()
	parsed, err := keyring.ParseURLs(strings.Join(urls, ","))
	require.NoError(t, err)
	ring, err := keyring.Open(t.Context(), parsed)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, ring.Close()) })
	return ring
}

func seal(t testing.TB, ring *keyring.Keyring, secret string) string {
	t.Helper()
	sealed, err := ring.Seal(t.Context(), purpose, []byte(secret))
	require.NoError(t, err)
	return sealed
}

func TestASecretComesBackAsItWas(t *testing.T) {
	ring := open(t, keyring.NewLocalURL())
	for _, secret := range []string{"", "Bearer abc", "\x00é", strings.Repeat("x", 1<<20)} {
		sealed := seal(t, ring, secret)
		require.Regexp(t, `^wsc1\.[0-9a-f]{8}\.[\w-]+\.[\w-]+$`, sealed)
		require.NotContains(t, sealed, "Bearer")
		require.Less(t, len(sealed), len(secret)*4/3+300)
		opened, err := ring.Open(t.Context(), purpose, sealed)
		require.NoError(t, err)
		require.Equal(t, secret, string(opened))
	}
}

func TestEqualSecretsAreSealedDifferently(t *testing.T) {
	ring := open(t, keyring.NewLocalURL())
	seen := map[string]bool{}
	for range 1000 {
		parts := strings.Split(seal(t, ring, "the same"), ".")
		seen[parts[2]], seen[parts[3]] = true, true
	}
	require.Len(t, seen, 2000, "a data key and a nonce for each")
}

func TestKeysAreRotated(t *testing.T) {
	first, second := keyring.NewLocalURL(), keyring.NewLocalURL()
	old := seal(t, open(t, first), "secret")

	both := open(t, second, first)
	opened, err := both.Open(t.Context(), purpose, old)
	require.NoError(t, err)
	require.Equal(t, "secret", string(opened))
	fresh := seal(t, both, "secret")

	onlySecond := open(t, second)
	opened, err = onlySecond.Open(t.Context(), purpose, fresh)
	require.NoError(t, err, "the first key of the list seals")
	require.Equal(t, "secret", string(opened))
	_, err = onlySecond.Open(t.Context(), purpose, old)
	require.ErrorContains(t, err, "its key "+strings.Split(old, ".")[1]+" is not among those of WSC_SECRETS_URL")
}

func TestASecretOpensForItsPurposeOnly(t *testing.T) {
	ring := open(t, keyring.NewLocalURL())
	_, err := ring.Open(t.Context(), "job/2/headers", seal(t, ring, "secret"))
	require.ErrorContains(t, err, "sealed for another purpose")
}

func TestAChangedValueDoesNotOpen(t *testing.T) {
	first, second := keyring.NewLocalURL(), keyring.NewLocalURL()
	ring := open(t, first, second)
	parts := strings.Split(seal(t, ring, "secret"), ".")
	other := strings.Split(seal(t, ring, "secret"), ".")
	otherKey := strings.Split(seal(t, open(t, second), "secret"), ".")
	for name, changed := range map[string][]string{
		"another version":    {"wsc2", parts[1], parts[2], parts[3]},
		"another key":        {parts[0], otherKey[1], parts[2], parts[3]},
		"another data key":   {parts[0], parts[1], other[2], parts[3]},
		"another ciphertext": {parts[0], parts[1], parts[2], other[3]},
		"a bit":              {parts[0], parts[1], parts[2], flip(parts[3])},
		"a bit of the key":   {parts[0], parts[1], flip(parts[2]), parts[3]},
		"nothing inside":     {parts[0], parts[1], "", ""},
		"too few parts":      parts[:3],
		"an odd id":          {parts[0], "Authorization: secret", parts[2], parts[3]},
		"no base64":          {parts[0], parts[1], parts[2], "!"},
		"plain text":         {"Bearer abc"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ring.Open(t.Context(), purpose, strings.Join(changed, "."))
			require.Error(t, err)
			require.NotContains(t, err.Error(), "Authorization")
			require.NotContains(t, err.Error(), "Bearer")
		})
	}
}

// flip changes the first character of a text in base64.
func flip(text string) string {
	if text[0] == 'A' {
		return "B" + text[1:]
	}
	return "A" + text[1:]
}

func TestURLsOfKeys(t *testing.T) {
	local := keyring.NewLocalURL()
	for name, test := range map[string]struct{ text, err string }{
		"a local key":          {local, ""},
		"two, a line each":     {local + "\n" + keyring.NewLocalURL() + "\n", ""},
		"a key of a service":   {"awskms:///arn:aws:kms:eu-central-1:111122223333:key/1?region=eu-central-1, " + local, ""},
		"another service":      {"gcpkms://projects/p/locations/l/keyRings/r/cryptoKeys/k", ""},
		"nothing":              {" \n", "there is no key in it"},
		"no URL":               {"supersecret", "key 1: it is not a URL that begins with one of awskms://, base64key://, gcpkms://"},
		"a broken URL":         {"base64key://supersecret%zz", "key 1: it is not a URL"},
		"an unknown service":   {local + ",vault://supersecret", "key 2: it is not a URL"},
		"a local key, missing": {"base64key://", "key 1: what follows base64key:// is not 32 bytes"},
		"a local key, short":   {"base64key://c3VwZXJzZWNyZXQ=", "key 1: what follows base64key:// is not 32 bytes"},
		"a parameter":          {local + "?x=supersecret", "key 1: what follows base64key:// is not 32 bytes"},
		"one listed twice":     {local + "," + local, "key 2: it is listed twice"},
	} {
		t.Run(name, func(t *testing.T) {
			urls, err := keyring.ParseURLs(test.text)
			if test.err == "" {
				require.NoError(t, err)
				require.NotContains(t, fmt.Sprintf("%v %+v %#v %s", urls, urls, urls, urls), "base64key")
				return
			}
			require.ErrorContains(t, err, test.err)
			for _, secret := range []string{"supersecret", "c3VwZXJzZWNyZXQ", strings.TrimPrefix(local, "base64key://")} {
				require.NotContains(t, err.Error(), secret, "an error never shows a key")
			}
		})
	}
}

func FuzzOpen(f *testing.F) {
	ring := open(f, keyring.NewLocalURL())
	sealed := seal(f, ring, "secret")
	f.Add(sealed, purpose)
	f.Add(sealed, "other")
	f.Add(sealed[:len(sealed)-1], purpose)
	f.Add("wsc1.00000000.AAAA.AAAA", purpose)
	f.Add("...", "")
	f.Fuzz(func(t *testing.T, text, purposeOfText string) {
		secret, err := ring.Open(t.Context(), purposeOfText, text)
		if err == nil {
			require.Equal(t, "secret", string(secret))
			require.Equal(t, purpose, purposeOfText)
			return
		}
		require.Nil(t, secret)
		require.Less(t, len(err.Error()), 300)
	})
}
