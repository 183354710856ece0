package testsite

import (
	"strconv"
	"strings"
)

func (p *placed) scheme() string {
	if p.tls != nil {
		return "https"
	}
	return "http"
}

// dnsName is the host name of a site.
func dnsName(name string) string {
	return strings.ReplaceAll(name, "_", "-") + ".site.test"
}

func (f *Farm) urlOf(p *placed) string {
	if p.url == "" {
		return p.scheme() + "://" + p.address.String() + "/"
	}
	return strings.NewReplacer(
		"{host}", p.address.String(),
		"{name}", p.dnsName+":"+strconv.Itoa(int(f.port)),
		"{port}", strconv.Itoa(int(f.port)),
	).Replace(p.url)
}
