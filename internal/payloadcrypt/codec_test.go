package payloadcrypt_test

import (
	"bytes"
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"

	"github.com/website-status-checker/wsc/internal/payloadcrypt"
)

// keyText is a key in the form of the setting; each byte of the secret is the same.
func keyText(id string, secret byte) string {
	return id + ":" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{secret}, 32))
}

func newCodec(t testing.TB, keys ...string) *payloadcrypt.Codec {
	t.Helper()
	codec, err := payloadcrypt.Parse(strings.Join(keys, ","))
	require.NoError(t, err)
	return codec
}

func payload(text string) *commonpb.Payload {
	return &commonpb.Payload{
		Metadata: map[string][]byte{converter.MetadataEncoding: []byte("json/plain"), "messageType": []byte("secret type")},
		Data:     []byte(text),
	}
}

func encode(t testing.TB, codec *payloadcrypt.Codec, payloads ...*commonpb.Payload) []*commonpb.Payload {
	t.Helper()
	encrypted, err := codec.Encode(payloads)
	require.NoError(t, err)
	require.Len(t, encrypted, len(payloads))
	return encrypted
}

func requireSame(t testing.TB, want, got []*commonpb.Payload) {
	t.Helper()
	require.True(t, slices.EqualFunc(want, got, func(a, b *commonpb.Payload) bool { return proto.Equal(a, b) }), "want %v, got %v", want, got)
}

func TestPayloadsComeBackAsTheyWere(t *testing.T) {
	codec := newCodec(t, keyText("a", 1))
	plain := []*commonpb.Payload{payload("secret text"), payload(""), {}, payload(strings.Repeat("x", 1<<20))}
	encrypted := encode(t, codec, plain...)
	for _, each := range encrypted {
		require.Equal(t, "binary/encrypted", string(each.GetMetadata()[converter.MetadataEncoding]))
		require.Equal(t, "a", string(each.GetMetadata()["encryption-key-id"]))
		require.Len(t, each.GetMetadata(), 2)
		require.NotContains(t, each.String(), "secret")
	}
	decrypted, err := codec.Decode(encrypted)
	require.NoError(t, err)
	requireSame(t, plain, decrypted)
}

func TestPayloadsThatAreNotEncryptedPass(t *testing.T) {
	codec := newCodec(t, keyText("a", 1))
	plain := []*commonpb.Payload{payload("from before"), {}}
	decrypted, err := codec.Decode(plain)
	require.NoError(t, err)
	requireSame(t, plain, decrypted)

	mixed := []*commonpb.Payload{plain[0], encode(t, codec, payload("from now"))[0]}
	decrypted, err = codec.Decode(mixed)
	require.NoError(t, err)
	requireSame(t, []*commonpb.Payload{plain[0], payload("from now")}, decrypted)
}

func TestKeysAreRotated(t *testing.T) {
	plain := []*commonpb.Payload{payload("text")}
	old := encode(t, newCodec(t, keyText("2025", 1)), plain...)

	both := newCodec(t, keyText("2026", 2), keyText("2025", 1))
	decrypted, err := both.Decode(old)
	require.NoError(t, err)
	requireSame(t, plain, decrypted)
	require.Equal(t, "2026", string(encode(t, both, plain...)[0].GetMetadata()["encryption-key-id"]), "the first key encrypts")

	_, err = newCodec(t, keyText("2026", 2)).Decode(old)
	require.ErrorContains(t, err, `key "2025" is not among those of WSC_TEMPORAL_KEYS`)

	var keyError *payloadcrypt.KeyError
	require.ErrorAs(t, err, &keyError)

	_, err = newCodec(t, keyText("2025", 3)).Decode(old)
	require.ErrorContains(t, err, `key "2025"`, "another key under the same id")
	require.ErrorAs(t, err, &keyError)
}

func TestWithoutKeysPayloadsStayAsTheyAre(t *testing.T) {
	none := &payloadcrypt.Codec{}
	require.False(t, none.Encrypts())
	plain := []*commonpb.Payload{payload("text"), {}}
	requireSame(t, plain, encode(t, none, plain...))
	decoded, err := none.Decode(plain)
	require.NoError(t, err)
	requireSame(t, plain, decoded)

	withKey := newCodec(t, keyText("2025", 1))
	require.True(t, withKey.Encrypts())
	_, err = none.Decode(encode(t, withKey, plain...))
	require.ErrorContains(t, err, `key "2025" is not among those of WSC_TEMPORAL_KEYS`)
}

func TestChangedPayloadsAreRefused(t *testing.T) {
	codec := newCodec(t, keyText("a", 1), keyText("same-secret", 1))
	for name, change := range map[string]func(*commonpb.Payload){
		"a bit of the nonce":      func(p *commonpb.Payload) { p.Data[0] ^= 1 },
		"a bit of the ciphertext": func(p *commonpb.Payload) { p.Data[14] ^= 1 },
		"a bit of the tag":        func(p *commonpb.Payload) { p.Data[len(p.GetData())-1] ^= 1 },
		"the end is missing":      func(p *commonpb.Payload) { p.Data = p.GetData()[:len(p.GetData())-1] },
		"shorter than a nonce":    func(p *commonpb.Payload) { p.Data = p.GetData()[:5] },
		"nothing is left":         func(p *commonpb.Payload) { p.Data = nil },
		"the id of another key":   func(p *commonpb.Payload) { p.Metadata["encryption-key-id"] = []byte("same-secret") },
		"no id":                   func(p *commonpb.Payload) { delete(p.GetMetadata(), "encryption-key-id") },
	} {
		t.Run(name, func(t *testing.T) {
			encrypted := encode(t, codec, payload("text"))
			change(encrypted[0])
			_, err := codec.Decode(encrypted)
			require.Error(t, err)
		})
	}
}

func TestEqualPayloadsEncryptDifferently(t *testing.T) {
	const n = 10_000
	codec := newCodec(t, keyText("a", 1))
	seen := make(map[string]bool, n)
	same := payload("the same")
	for range n {
		seen[string(encode(t, codec, same)[0].GetData()[:12])] = true
	}
	require.Len(t, seen, n, "every payload has a nonce of its own")
}

func TestKeysInAnyAlphabetOfBase64(t *testing.T) {
	secret := bytes.Repeat([]byte{0xfb, 0xff}, 16) // has + and / in it, or - and _
	old := encode(t, newCodec(t, "k:"+base64.StdEncoding.EncodeToString(secret)), payload("text"))
	for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
		decrypted, err := newCodec(t, "\n k:"+encoding.EncodeToString(secret)+" \n").Decode(old)
		require.NoError(t, err)
		requireSame(t, []*commonpb.Payload{payload("text")}, decrypted)
	}
}

func TestJunkIsNoKey(t *testing.T) {
	const secret = "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IDEyMzQ="
	for name, test := range map[string]struct{ text, want string }{
		"nothing":           {"", "key 1: it is not of the form id:key"},
		"no id":             {secret, "key 1: it is not of the form id:key"},
		"an empty id":       {":" + secret, "key 1: its id"},
		"key and id turned": {secret + ":a", "key 1: its id"},
		"an odd id":         {"a b:" + secret, "key 1: its id"},
		"an id too long":    {strings.Repeat("a", 65) + ":" + secret, "key 1: its id"},
		"no base64":         {"a:" + secret[:20] + "!" + secret[20:], "key 1: what follows its id is not 32 bytes in base64"},
		"too short":         {"a:" + secret[:40], "key 1: what follows its id is not 32 bytes in base64"},
		"too long":          {"a:AAAA" + secret, "key 1: what follows its id is not 32 bytes in base64"},
		"the second":        {"a:" + secret + ",b:", "key 2: what follows its id is not 32 bytes in base64"},
		"a comma at end":    {"a:" + secret + ",", "key 2: it is not of the form id:key"},
		"the same id twice": {"a:" + secret + ",a:" + secret, "key 2: its id is that of an earlier key"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := payloadcrypt.Parse(test.text)
			require.ErrorContains(t, err, test.want)
			require.NotContains(t, err.Error(), secret[:20], "an error never shows a key")
		})
	}
}

func TestErrorsStayReadable(t *testing.T) {
	codec := newCodec(t, keyText("a", 1))
	encrypted := encode(t, codec, payload("text"))
	encrypted[0].Metadata["encryption-key-id"] = []byte(strings.Repeat("é\n", 5000))
	_, err := codec.Decode(encrypted)
	require.Error(t, err)
	require.Less(t, len(err.Error()), 500)
	require.NotContains(t, err.Error(), "\n")
}

func FuzzDecode(f *testing.F) {
	codec := newCodec(f, keyText("a", 1))
	good := encode(f, codec, payload("text"))[0]
	f.Add("binary/encrypted", "a", good.GetData())
	f.Add("binary/encrypted", "a", good.GetData()[:20])
	f.Add("binary/encrypted", "b", []byte{})
	f.Add("json/plain", "", []byte("{}"))
	f.Fuzz(func(t *testing.T, encoding, id string, data []byte) {
		in := &commonpb.Payload{
			Metadata: map[string][]byte{converter.MetadataEncoding: []byte(encoding), "encryption-key-id": []byte(id)}, Data: data,
		}
		out, err := codec.Decode([]*commonpb.Payload{in})
		switch {
		case encoding != "binary/encrypted":
			require.NoError(t, err)
			requireSame(t, []*commonpb.Payload{in}, out)
		case err == nil:
			require.Equal(t, "a", id)
			requireSame(t, []*commonpb.Payload{payload("text")}, out)
		default:
			require.Nil(t, out)
		}
	})
}
