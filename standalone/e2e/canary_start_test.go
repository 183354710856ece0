package e2e

import (
	"fmt"
	"maps"
	"net/url"
	"strings"

	"github.com/stretchr/testify/assert"
)

// wrongSetting is a setting that holds a secret and is wrong, or leads nowhere. SECRET stands for the secret, and ESCAPED
// for it in a URL.
type wrongSetting struct{ variable, value string }

// databaseURLs are for a database that takes no connections.
func databaseURLs(env map[string]string) []wrongSetting {
	return []wrongSetting{
		{"WSC_DATABASE_URL", "postgres://user:ESCAPED@127.0.0.1:port/wsc"},
		{"WSC_DATABASE_URL", "postgres://user:SECRET@127.0.0.1:1/wsc?sslmode=disable"},
		{"WSC_DATABASE_URL", "postgres://user:ESCAPED@127.0.0.1:1/wsc?sslmode=none"},
		{"WSC_DATABASE_URL", "postgres://user:ESCAPED@127.0.0.1:1/wsc?sslmode=disable"},
		{"WSC_DATABASE_URL", "postgres://user@127.0.0.1:port/wsc?password=ESCAPED"},
		{"WSC_DATABASE_URL", "host=127.0.0.1 port=none password=SECRET"},
		{"WSC_DATABASE_URL", "host=127.0.0.1 port=1 password='SECRET"},
		{"WSC_DATABASE_URL", env["WSC_DATABASE_URL"]},
	}
}

func otherSettings() []wrongSetting {
	return []wrongSetting{
		{"WSC_PROXY", "http://user:ESCAPED@127.0.0.1:port"},
		{"WSC_PROXY", "ftp://user:ESCAPED@127.0.0.1:1"},
		{"WSC_PROXY", "http://user:ESCAPED@127.0.0.1:1/path"},
		{"WSC_CONTROL_URL", "http://user:ESCAPED@127.0.0.1:port/"},
		{"WSC_CONTROL_URL", "http://user:ESCAPED@example.com/"},
		{"SENTRY_DSN", "https://SECRET@sentry.example.com/none"},
		{"SENTRY_DSN", "https://ESCAPED@sentry.example.com:port/1"},
		{"SENTRY_DSN", "SECRET"},
		{"WSC_TEMPORAL_KEYS", "first:SECRET"},
		{"WSC_TEMPORAL_KEYS", "SECRET"},
		{"WSC_SECRETS_URL", "base64key://ESCAPED"},
		{"WSC_SECRETS_URL", "SECRET"},
		{"WSC_ADMIN_KEY", "SECRET SECRET"},
		{"WSC_BLOB_URL", "s3://user:ESCAPED@bucket:port"},
		{"WSC_BLOB_URL", "s3://user:ESCAPED@bucket?region=none&secret_key=ESCAPED"},
		{"WSC_BLOB_URL", "azblob://user:ESCAPED@bucket?key=ESCAPED"},
		{"TEMPORAL_API_KEY", "SECRET"},
		{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://user:ESCAPED@127.0.0.1:port"},
	}
}

// failToStart starts every program that has one of the settings.
func (c *canary) failToStart(env map[string]string, settings []wrongSetting) {
	t := c.t
	secret := secretText()
	c.hide("secret in a wrong setting", secret)
	fill := strings.NewReplacer("SECRET", secret, "ESCAPED", url.PathEscape(secret))
	for n, setting := range settings {
		database := setting.variable == "WSC_DATABASE_URL"
		for name, command := range map[string][]string{
			"api": {built.wsc, "api"}, "worker": {built.wsc, "worker"}, "migrate": {built.wsc, "migrate"}, "standalone": {built.standalone},
		} {
			if name == "migrate" && !database || name == "standalone" && (database || setting.variable == "TEMPORAL_API_KEY") || name == "worker" && setting.variable == "WSC_ADMIN_KEY" {
				continue // it does not have that setting
			}
			wrong := maps.Clone(env)
			wrong["WSC_DATA_DIR"], wrong["WSC_LISTEN"], wrong[setting.variable] = t.TempDir(), "127.0.0.1:0", fill.Replace(setting.value)
			p := addRun(t, c.searcher, fmt.Sprintf("start/%d %s %s", n, name, setting.value), wrong, command[0], command[1:]...)
			assert.Error(t, p.err, "%s with %s=%s", name, setting.variable, setting.value)
		}
	}
}
