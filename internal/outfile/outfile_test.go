package outfile_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/website-status-checker/wsc/internal/outfile"
)

func names(t *testing.T, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	var list []string
	for _, entry := range entries {
		list = append(list, entry.Name())
	}
	return list
}

func TestAFileAppearsOnlyWhenItIsComplete(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "out.csv")
	require.NoError(t, os.WriteFile(path, []byte("old"), 0o600))

	file, err := outfile.Create(path)
	require.NoError(t, err)
	_, err = file.WriteString("new")
	require.NoError(t, err)
	old, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "old", string(old))

	require.NoError(t, file.Commit())
	require.NoError(t, file.Discard(), "a deferred Discard after Commit does nothing")
	current, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "new", string(current))
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), "the permissions of a replaced file stay")
	require.Equal(t, []string{"out.csv"}, names(t, folder))
}

func TestDiscardLeavesNothing(t *testing.T) {
	folder := t.TempDir()
	file, err := outfile.Create(filepath.Join(folder, "out.csv"))
	require.NoError(t, err)
	require.NoError(t, file.Discard())
	require.NoError(t, file.Discard())
	require.Empty(t, names(t, folder))
}

func TestASymbolicLinkStaysOne(t *testing.T) {
	folder := t.TempDir()
	target, link := filepath.Join(folder, "target.csv"), filepath.Join(folder, "link.csv")
	require.NoError(t, os.WriteFile(target, nil, 0o644))
	require.NoError(t, os.Symlink("target.csv", link))
	file, err := outfile.Create(link)
	require.NoError(t, err)
	_, err = file.WriteString("new")
	require.NoError(t, err)
	require.NoError(t, file.Commit())
	content, err := os.ReadFile(target)
	require.NoError(t, err)
	require.Equal(t, "new", string(content))
	require.Equal(t, []string{"link.csv", "target.csv"}, names(t, folder))
}

func TestADeviceIsWrittenToAndStaysADevice(t *testing.T) {
	file, err := outfile.Create(os.DevNull)
	require.NoError(t, err)
	_, err = file.WriteString("x")
	require.NoError(t, err)
	require.NoError(t, file.Commit())
	info, err := os.Stat(os.DevNull)
	require.NoError(t, err)
	require.False(t, info.Mode().IsRegular())
}

func TestCreateRefusesFoldersAndMissingOnes(t *testing.T) {
	_, err := outfile.Create(t.TempDir())
	require.ErrorContains(t, err, "is a directory")
	_, err = outfile.Create(filepath.Join(t.TempDir(), "no", "out.csv"))
	require.ErrorIs(t, err, os.ErrNotExist)
}
