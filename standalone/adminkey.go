package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	wsc "github.com/website-status-checker/wsc"
)

// adminKeyFile is where the admin key is kept that the first start makes.
const adminKeyFile = "admin-key"

// adminKey returns the admin key of the settings, or the one in the data directory, which is made if it is missing.
// path is the file that it stands in, "" for a key of the settings.
func adminKey(s *settings) (secret, path string, err error) {
	if secret, err = s.Secret(); secret != "" || err != nil {
		return secret, "", err
	}
	path = filepath.Join(s.DataDir, adminKeyFile)
	data, err := os.ReadFile(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		secret = wsc.NewKeySecret()
		if err := os.WriteFile(path, []byte(secret+"\n"), 0o600); err != nil {
			return "", "", fmt.Errorf("store the admin key: %w", err)
		}
		return secret, path, nil
	case err != nil:
		return "", "", fmt.Errorf("read the admin key: %w", err)
	}
	secret = strings.TrimSpace(string(data))
	if !wsc.WellFormedKeySecret(secret) {
		return "", "", fmt.Errorf("%s does not hold an API key; delete it, and the next start makes a new one", path)
	}
	return secret, path, nil
}
