package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/website-status-checker/wsc/internal/app"
	"github.com/website-status-checker/wsc/internal/config"
	"github.com/website-status-checker/wsc/internal/keyring"
)

// secretsKeyFile is the file in the data directory with the key that seals secrets in the database, unless the settings
// name another. It has the form of WSC_SECRETS_URL_FILE.
const secretsKeyFile = "secrets.key"

// openSecrets opens the keys that the settings name, else the key in the data directory, which it makes at first.
func (p *program) openSecrets(ctx context.Context, s *settings) (*keyring.Keyring, error) {
	encryption := s.Encryption
	if encryption.SecretsURL == "" && encryption.SecretsURLFile == "" {
		path := filepath.Join(s.DataDir, secretsKeyFile)
		if err := ensureSecretsKey(path); err != nil {
			return nil, fmt.Errorf("make the key for secrets in the data directory (WSC_DATA_DIR, --data-dir): %w", err)
		}
		encryption = config.Encryption{SecretsURLFile: path}
	}
	ring, err := app.OpenSecrets(ctx, encryption)
	if err != nil {
		return nil, err
	}
	p.onStop(ring.Close)
	return ring, nil
}

// ensureSecretsKey writes a new key to a file that is not there yet. The file appears only when it is complete and on the
// disk, since what is sealed with half a key, or with one that a crash takes away, can't be opened again.
func ensureSecretsKey(path string) error {
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.part") // with mode 0600
	if err != nil {
		return err
	}
	_, err = file.WriteString(keyring.NewLocalURL() + "\n")
	err = errors.Join(err, file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes sure that the names of new files in a folder are on the disk.
func syncDir(dir string) error {
	folder, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
