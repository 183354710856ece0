package wsc_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

func TestKeySecretsAreWellFormedAndDiffer(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		secret := wsc.NewKeySecret()
		require.Len(t, secret, 40)
		require.True(t, strings.HasPrefix(secret, "wsc_"))
		require.True(t, wsc.WellFormedKeySecret(secret), secret)
		require.False(t, seen[secret])
		seen[secret] = true
		require.Equal(t, secret[:10], wsc.KeyPrefix(secret))
	}
}

func TestEveryCharacterOfASecretIsUsed(t *testing.T) {
	used := map[rune]int{}
	const secrets = 2000
	for range secrets {
		for _, character := range wsc.NewKeySecret()[4:34] {
			used[character]++
		}
	}
	require.Len(t, used, 62)
	for character, times := range used {
		require.InDelta(t, secrets*30/62, times, 200, "%q", character) // more than 6 standard deviations
	}
}

func TestMistypedSecretsAreNotWellFormed(t *testing.T) {
	secret := wsc.NewKeySecret()
	swapped := []byte(secret)
	for i := 5; i < len(swapped); i++ {
		if swapped[i] != swapped[i-1] {
			swapped[i], swapped[i-1] = swapped[i-1], swapped[i]
			break
		}
	}
	other := byte('x')
	if secret[20] == other {
		other = 'y'
	}
	for name, text := range map[string]string{
		"empty":             "",
		"cut":               secret[:39],
		"longer":            secret + "0",
		"one letter":        secret[:20] + string(other) + secret[21:],
		"two letters":       string(swapped),
		"other mark":        "wsd_" + secret[4:],
		"upper case":        strings.ToUpper(secret),
		"space":             secret[:39] + " ",
		"not base62":        secret[:10] + "-" + secret[11:],
		"letters elsewhere": "wsc_" + strings.Repeat("é", 18),
	} {
		require.False(t, wsc.WellFormedKeySecret(text), name)
	}
	require.Equal(t, "wsc", wsc.KeyPrefix("wsc"))
}
