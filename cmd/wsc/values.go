package main

import (
	"fmt"
	"net/netip"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

const day = 24 * time.Hour

// networkValue reads a network. An address without a length is refused, since it may stand for a whole network.
func networkValue(ctx *kong.DecodeContext, target reflect.Value) error {
	var text string
	if err := ctx.Scan.PopValueInto("CIDR", &text); err != nil {
		return err
	}
	network, err := netip.ParsePrefix(text)
	if err != nil {
		return fmt.Errorf("%q is no network such as 10.0.0.0/8 or, for a single address, 10.0.0.7/32", text)
	}
	target.Set(reflect.ValueOf(network))
	return nil
}

// portValue reads a port.
func portValue(ctx *kong.DecodeContext, target reflect.Value) error {
	var text string
	if err := ctx.Scan.PopValueInto("PORT", &text); err != nil {
		return err
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil || port == 0 {
		return fmt.Errorf("%q is not a port between 1 and 65535", text)
	}
	target.SetUint(port)
	return nil
}

// daysDuration is a duration that can also be given in days, such as 90d.
type daysDuration time.Duration

// UnmarshalText reads a number of days, or what time.ParseDuration reads.
func (d *daysDuration) UnmarshalText(text []byte) error {
	if number, isDays := strings.CutSuffix(string(text), "d"); isDays {
		if days, err := strconv.ParseUint(number, 10, 16); err == nil {
			*d = daysDuration(time.Duration(days) * day)
			return nil
		}
	}
	parsed, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("%q is no duration such as 90d, 12h or 45m", text)
	}
	*d = daysDuration(parsed)
	return nil
}

// expiry reads when something ends: after a duration, or at a date or time of UTC. It returns nil for "".
func expiry(text string, now time.Time) (*time.Time, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // it never ends
	}
	var after daysDuration
	if after.UnmarshalText([]byte(text)) == nil {
		if after <= 0 {
			return nil, usagef("--expires: %s is not in the future", text)
		}
		at := now.Add(time.Duration(after)).UTC().Truncate(time.Second)
		return &at, nil
	}
	if at, ok := dateOrTime(text); ok {
		return &at, nil
	}
	return nil, usagef("--expires: %q is neither a duration such as 90d or 12h nor a date such as 2027-01-31 or 2027-01-31T18:00:00Z", text)
}

// dateOrTime reads a date or a time, of UTC unless it says otherwise.
func dateOrTime(text string) (at time.Time, ok bool) {
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC(), true
		}
	}
	return at, false
}
