package main

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/apiserver"
	"github.com/website-status-checker/wsc/internal/apitest"
)

func TestRevokingAsksOnATerminal(t *testing.T) {
	server := apitest.Start(t, apiserver.Limits{})
	env := map[string]string{"WSC_SERVER": server.URL, "WSC_KEY": apitest.AdminKey}
	for _, test := range []struct {
		name, typed string
		revoked     bool
	}{
		{"yes", "yes\n", true},
		{"y", " Y \n", true},
		{"n", "n\n", false},
		{"just Enter", "\n", false},
		{"anything else", "revoke\n", false},
		{"the end of the input", "\x04", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			key := server.CreateKey(t, wsc.KeyRequest{Name: "hostile " + hostile})
			tty := newPTY(t, 200)
			_, err := tty.other.WriteString(test.typed)
			require.NoError(t, err)
			err = run(t.Context(), []string{"key", "revoke", key.Prefix}, func(name string) string { return env[name] }, tty.program, tty.program, tty.program)
			shown := tty.text()
			require.Contains(t, shown, "Revoke key "+key.ID+" ("+key.Prefix+"…, \"hostile ")
			require.NotContains(t, shown, "\x1b")
			found, keyErr := server.Keys.Get(t.Context(), key.ID)
			require.NoError(t, keyErr)
			require.Equal(t, test.revoked, !found.IsActive)
			if test.revoked {
				require.NoError(t, err)
				require.Contains(t, shown, "was revoked; within 10 seconds all servers refuse it")
				return
			}
			require.ErrorIs(t, err, errNotAllWell)
			require.Contains(t, shown, "Nothing was changed.")
		})
	}
}

func TestTheQuestionCanBeInterrupted(t *testing.T) {
	server := apitest.Start(t, apiserver.Limits{})
	key := server.CreateKey(t, wsc.KeyRequest{})
	env := map[string]string{"WSC_SERVER": server.URL, "WSC_KEY": apitest.AdminKey}
	ctx, cancel := context.WithCancel(t.Context())
	tty := newPTY(t, 200)
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, []string{"key", "revoke", key.ID}, func(name string) string { return env[name] }, tty.program, tty.program, tty.program)
	}()
	require.Eventually(t, func() bool { return tty.soFar() != "" }, 20*time.Second, 5*time.Millisecond)
	cancel()
	require.ErrorIs(t, <-ended, context.Canceled)
	_, err := tty.other.WriteString("\n") // lets the abandoned read end
	require.NoError(t, err)
	found, err := server.Keys.Get(t.Context(), key.ID)
	require.NoError(t, err)
	require.True(t, found.IsActive)
}
