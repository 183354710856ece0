package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"

	"github.com/website-status-checker/wsc/internal/config"
	"github.com/website-status-checker/wsc/internal/keyring"
)

const temporalKey = "2026:c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IDEyMzQ="

func parseEncryption(t *testing.T, args ...string) (config.Encryption, error) {
	t.Helper()
	var e struct {
		config.Encryption `embed:""`
	}
	parser, err := kong.New(&e)
	require.NoError(t, err)
	_, err = parser.Parse(args)
	return e.Encryption, err
}

func TestEncryptionIsOffByDefault(t *testing.T) {
	e, err := parseEncryption(t)
	require.NoError(t, err)
	codec, err := e.PayloadCodec()
	require.NoError(t, err)
	require.False(t, codec.Encrypts())
	keys, err := e.SecretKeys()
	require.NoError(t, err)
	require.Nil(t, keys)
}

func TestKeysComeFromTheEnvironmentOrAFile(t *testing.T) {
	for _, suffix := range []string{"", "_FILE"} {
		t.Run("variables"+suffix, func(t *testing.T) {
			for variable, value := range map[string]string{"WSC_TEMPORAL_KEYS": temporalKey, "WSC_SECRETS_URL": keyring.NewLocalURL()} {
				if suffix != "" {
					path := filepath.Join(t.TempDir(), "key")
					require.NoError(t, os.WriteFile(path, []byte(value+"\n"), 0o600))
					value = path
				}
				t.Setenv(variable+suffix, value)
			}
			e, err := parseEncryption(t)
			require.NoError(t, err)
			codec, err := e.PayloadCodec()
			require.NoError(t, err)
			require.True(t, codec.Encrypts())
			keys, err := e.SecretKeys()
			require.NoError(t, err)
			require.Len(t, keys, 1)
		})
	}
}

func TestAWrongKeyIsOneLineThatNamesItsVariable(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty")
	require.NoError(t, os.WriteFile(empty, []byte(" \n"), 0o600))
	junk := filepath.Join(t.TempDir(), "junk")
	require.NoError(t, os.WriteFile(junk, []byte("hunter2\nhunter3\n"), 0o600))
	tests := []struct{ name, variable, value string }{
		{"no key for Temporal", "WSC_TEMPORAL_KEYS", "hunter2"},
		{"a short key for Temporal", "WSC_TEMPORAL_KEYS", "a:aHVudGVyMg=="},
		{"the second key for Temporal", "WSC_TEMPORAL_KEYS", temporalKey + ",b:hunter2"},
		{"a file that is not there", "WSC_TEMPORAL_KEYS_FILE", empty + "-not"},
		{"an empty file", "WSC_TEMPORAL_KEYS_FILE", empty},
		{"a file of junk", "WSC_TEMPORAL_KEYS_FILE", junk},
		{"no key for secrets", "WSC_SECRETS_URL", "hunter2"},
		{"a short key for secrets", "WSC_SECRETS_URL", "base64key://aHVudGVyMg=="},
		{"a random key that nobody could keep", "WSC_SECRETS_URL", "base64key://"},
		{"an empty file for secrets", "WSC_SECRETS_URL_FILE", empty},
		{"a file of junk for secrets", "WSC_SECRETS_URL_FILE", junk},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv(test.variable, test.value)
			_, err := parseEncryption(t)
			require.Error(t, err)
			text := config.Describe(err)
			require.Contains(t, text, test.variable+" (")
			require.NotContains(t, text, "\n")
			for _, secret := range []string{"hunter", "aHVudGVyMg", strings.TrimPrefix(temporalKey, "2026:")} {
				require.NotContains(t, text, secret)
			}
		})
	}
}
