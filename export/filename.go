package export

import (
	"strings"
	"unicode"
	"unicode/utf8"

	wsc "github.com/website-status-checker/wsc"
)

const (
	defaultBaseName  = "websites"
	maxBaseNameBytes = 150
)

// Filename is the name of a downloaded export: the job's file name with the suffix and the format's extension, for
// example "websites-results.xlsx" from "websites.csv". It has letters (of any script), digits, dots, hyphens and
// underscores only, is at most 200 bytes long if the suffix is short, and is a valid name on every common system.
// A nil job, or one without a usable name, counts as "websites".
func Filename(job *wsc.Job, format Format, suffix string) string {
	base := ""
	if job != nil {
		base = job.Filename[strings.LastIndexAny(job.Filename, `/\`)+1:]
		if dot := strings.LastIndexByte(base, '.'); dot > 0 {
			base = base[:dot]
		}
	}
	base = safeName(base)
	if base == "" {
		base = defaultBaseName
	}
	if suffix = safeName(suffix); suffix != "" {
		base += "-" + suffix
	} else if isDeviceName(base) {
		base = "_" + base
	}
	return base + "." + format.Extension()
}

// safeName replaces every run of characters that may trouble a file system by one hyphen.
func safeName(text string) string {
	var b strings.Builder
	for _, r := range text {
		safe := unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || r == '.' || r == '_'
		switch {
		case r == utf8.RuneError || !safe:
			if !strings.HasSuffix(b.String(), "-") {
				b.WriteByte('-')
			}
		case b.Len()+utf8.RuneLen(r) > maxBaseNameBytes:
			return strings.Trim(b.String(), "-.")
		default:
			b.WriteRune(r)
		}
	}
	return strings.Trim(b.String(), "-.")
}

// isDeviceName reports whether Windows reserves the name, with any extension, for a device.
func isDeviceName(name string) bool {
	name, _, _ = strings.Cut(strings.ToUpper(name), ".")
	switch name {
	case "CON", "PRN", "AUX", "NUL":
		return true
	}
	device := strings.HasPrefix(name, "COM") || strings.HasPrefix(name, "LPT")
	return device && len(name) == 4 && '0' <= name[3] && name[3] <= '9'
}

// ContentDisposition is the value of the header of the same name that makes a browser save a download under the file
// name, as RFC 6266 has it: an ASCII form of the name for old clients and the exact one in UTF-8. Whatever the name
// holds, the value is one valid header line.
func ContentDisposition(filename string) string {
	filename = strings.ToValidUTF8(filename, "_")
	var plain, encoded strings.Builder
	for _, r := range filename {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || strings.ContainsRune(`/\`, r) {
			r = '_'
		}
		if r > unicode.MaxASCII || strings.ContainsRune(`"%`, r) {
			plain.WriteByte('_')
		} else {
			plain.WriteRune(r)
		}
		for _, c := range []byte(string(r)) {
			if isAttributeByte(c) {
				encoded.WriteByte(c)
				continue
			}
			const hex = "0123456789ABCDEF"
			encoded.WriteByte('%')
			encoded.WriteByte(hex[c>>4])
			encoded.WriteByte(hex[c&15])
		}
	}
	return `attachment; filename="` + plain.String() + `"; filename*=UTF-8''` + encoded.String()
}

// isAttributeByte reports whether c is an attr-char of RFC 8187.
func isAttributeByte(c byte) bool {
	return isWordByte(c) || strings.IndexByte("!#$&+-.^_`|~", c) >= 0
}
