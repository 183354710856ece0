package config

import (
	"fmt"
	"os"
	"strings"

	"github.com/website-status-checker/wsc/internal/keyring"
	"github.com/website-status-checker/wsc/internal/payloadcrypt"
)

// Encryption holds the keys for what is stored: by Temporal, and in the database. Prefer the files: others on the
// machine can see flags.
type Encryption struct {
	TemporalKeys     string `help:"Keys that encrypt what Temporal stores of jobs: an id and 32 bytes in base64 each. The first encrypts, all decrypt. The same on all API servers and workers. Default: no encryption." env:"WSC_TEMPORAL_KEYS" placeholder:"ID:KEY,…"`
	TemporalKeysFile string `help:"File that holds the keys for Temporal." env:"WSC_TEMPORAL_KEYS_FILE" type:"path" placeholder:"FILE"`
	SecretsURL       string `help:"Keys that seal the values of request headers in the database: base64key://KEY, awskms://… or gcpkms://…, separated by commas. The first seals, all open. The same on all API servers and workers." env:"WSC_SECRETS_URL" placeholder:"URL,…"`
	SecretsURLFile   string `help:"File that holds the URLs of the keys for secrets." env:"WSC_SECRETS_URL_FILE" type:"path" placeholder:"FILE"`
}

// Validate checks the form of the keys.
func (e Encryption) Validate() error {
	if _, err := e.PayloadCodec(); err != nil {
		return err
	}
	_, err := e.SecretKeys()
	return err
}

// PayloadCodec returns the codec for what Temporal stores. Without keys it encrypts nothing.
func (e Encryption) PayloadCodec() (*payloadcrypt.Codec, error) {
	text, name, err := setting{"WSC_TEMPORAL_KEYS (--temporal-keys)", e.TemporalKeys, "WSC_TEMPORAL_KEYS_FILE (--temporal-keys-file)", e.TemporalKeysFile}.read()
	if err != nil {
		return nil, err
	}
	if text == "" {
		return &payloadcrypt.Codec{}, nil
	}
	codec, err := payloadcrypt.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return codec, nil
}

// SecretKeys returns the keys that seal secrets in the database, or nil if there are none.
func (e Encryption) SecretKeys() ([]keyring.KeyURL, error) {
	text, name, err := setting{"WSC_SECRETS_URL (--secrets-url)", e.SecretsURL, "WSC_SECRETS_URL_FILE (--secrets-url-file)", e.SecretsURLFile}.read()
	if err != nil || text == "" {
		return nil, err
	}
	urls, err := keyring.ParseURLs(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return urls, nil
}

// setting is a secret that is given itself or in a file; the file counts if both are.
type setting struct{ name, value, fileName, file string }

// read returns the text and the name of where it comes from. A file that is named must hold something.
func (s setting) read() (text, name string, err error) {
	if s.file == "" {
		return strings.TrimSpace(s.value), s.name, nil
	}
	data, err := os.ReadFile(s.file)
	if err != nil {
		return "", s.fileName, fmt.Errorf("%s: %w", s.fileName, err)
	}
	text = strings.TrimSpace(string(data))
	if text == "" {
		return "", s.fileName, fmt.Errorf("%s: %s is empty", s.fileName, s.file)
	}
	return text, s.fileName, nil
}
