package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/apiserver"
	"github.com/website-status-checker/wsc/internal/apitest"
)

func TestASecretThatItsFileCannotTakeIsPrinted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	file, err := os.Open(path) // for reading only
	require.NoError(t, err)
	var stdout, stderr bytes.Buffer
	flags := secretFlags{Out: path, Format: formatTable}
	key := &wsc.KeyWithSecret{Key: wsc.Key{ID: "1", Name: "a", IsActive: true}, Secret: "the secret"}
	require.NoError(t, flags.deliver(&process{stdout: &stdout, stderr: &stderr}, key, file))
	require.Equal(t, "the secret\n", stdout.String())
	require.Contains(t, stderr.String(), "the secret goes to standard output instead")
	require.Contains(t, stderr.String(), "Its secret is shown only now.")
}

func TestExpiry(t *testing.T) {
	now := time.Date(2026, 5, 6, 7, 8, 9, 10, time.FixedZone("", 7200))
	for text, want := range map[string]string{
		"90d": "2026-08-04T05:08:09Z", "36h": "2026-05-07T17:08:09Z", "45m": "2026-05-06T05:53:09Z",
		"2027-01-31": "2027-01-31T00:00:00Z", "2027-01-31T18:00:00+02:00": "2027-01-31T16:00:00Z",
	} {
		at, err := expiry(text, now)
		require.NoError(t, err, text)
		require.Equal(t, want, at.Format(time.RFC3339Nano), text)
	}
	for _, text := range []string{"0d", "-1h", "90", "d", "-3d", "1.5d", "99999999d", "31.1.2027", "2027-02-30", "tomorrow"} {
		_, err := expiry(text, now)
		require.ErrorContains(t, err, "--expires: ", text)
	}
	never, err := expiry("", now)
	require.NoError(t, err)
	require.Nil(t, never)
}

func TestTheKeyOfANamedFileCountsMoreThanTheVariable(t *testing.T) {
	server := apitest.Start(t, apiserver.Limits{})
	inFile, inVariable := server.CreateKey(t, wsc.KeyRequest{Name: "file"}), server.CreateKey(t, wsc.KeyRequest{Name: "variable"})
	path := filepath.Join(t.TempDir(), "key")
	require.NoError(t, os.WriteFile(path, []byte(inFile.Secret+"\n"), 0o600))
	for name, test := range map[string]struct {
		args []string
		env  map[string]string
		want string
	}{
		"a file on the command line": {[]string{"--key-file", path}, map[string]string{"WSC_KEY": inVariable.Secret}, "file"},
		"both variables":             {nil, map[string]string{"WSC_KEY": inVariable.Secret, "WSC_KEY_FILE": path}, "variable"},
		"the file's variable":        {nil, map[string]string{"WSC_KEY_FILE": path}, "file"},
		"a key on the command line":  {[]string{"--key", inVariable.Secret, "--key-file=" + path}, nil, "variable"},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			err := run(t.Context(), append([]string{"me", "--server", server.URL}, test.args...),
				func(name string) string { return test.env[name] }, strings.NewReader(""), &stdout, &stderr)
			require.NoError(t, err)
			require.Regexp(t, `(?m)^name +`+test.want+`$`, stdout.String())
		})
	}
}
