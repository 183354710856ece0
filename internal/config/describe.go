package config

import (
	"regexp"
	"strings"
)

// Describe turns an error of parsing or validation into one line that names the setting by flag and variable.
func Describe(err error) string {
	text := strings.ReplaceAll(err.Error(), "\n", " ")
	flag := regexp.MustCompile(`--([a-z-]+)`).FindStringSubmatch(text)
	if flag == nil || regexp.MustCompile(`\b(WSC|SENTRY)_[A-Z]`).MatchString(text) {
		return text
	}
	return text + " (environment variable WSC_" + strings.ToUpper(strings.ReplaceAll(flag[1], "-", "_")) + ")"
}
