package main

import (
	"fmt"
	"net/netip"
	"reflect"
	"strconv"

	"github.com/alecthomas/kong"
)

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
