package telemetry

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// The standard variables of OpenTelemetry that this package reads itself; the exporters and the SDK read the others.
const (
	envDisabled       = "OTEL_SDK_DISABLED"
	envExporter       = "OTEL_TRACES_EXPORTER"
	envEndpoint       = "OTEL_EXPORTER_OTLP_ENDPOINT"
	envTracesEndpoint = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
	envProtocol       = "OTEL_EXPORTER_OTLP_PROTOCOL"
	envTracesProtocol = "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"
	envPropagators    = "OTEL_PROPAGATORS"
	envSampler        = "OTEL_TRACES_SAMPLER"
	envSamplerRatio   = "OTEL_TRACES_SAMPLER_ARG"
	protocolHTTP      = "http/protobuf"
	protocolGRPC      = "grpc"
	propagatorTraces  = "tracecontext"
)

// tracingSettings are what the standard variables say about tracing.
type tracingSettings struct {
	// on is whether traces are exported at all.
	on       bool
	protocol string
	// continueTraces is whether a request may continue the trace of its sender.
	continueTraces bool
}

// readTracing reads the standard variables. Without an endpoint, tracing is off. An error names the variable that is wrong
// and does not repeat the value, which may hold a password.
func readTracing(getenv func(string) string) (tracingSettings, error) {
	get := func(name string) string { return strings.TrimSpace(getenv(name)) }
	off := strings.EqualFold(get(envDisabled), "true") || strings.EqualFold(get(envExporter), "none")
	endpoint, endpointName := get(envTracesEndpoint), envTracesEndpoint
	if endpoint == "" {
		endpoint, endpointName = get(envEndpoint), envEndpoint
	}
	if off || endpoint == "" {
		return tracingSettings{}, nil
	}
	settings := tracingSettings{on: true, protocol: get(envTracesProtocol), continueTraces: true}
	protocolName := envTracesProtocol
	if settings.protocol == "" {
		settings.protocol, protocolName = get(envProtocol), envProtocol
	}
	if settings.protocol == "" {
		settings.protocol = protocolHTTP
	}
	if exporter := get(envExporter); exporter != "" && !strings.EqualFold(exporter, "otlp") {
		return tracingSettings{}, fmt.Errorf("%s: only otlp and none are supported", envExporter)
	}
	if parsed, err := url.Parse(endpoint); err != nil || parsed.Host == "" || (parsed.Scheme != "http" && parsed.Scheme != "https") {
		return tracingSettings{}, fmt.Errorf("%s: this is not a URL like http://collector:4318", endpointName)
	}
	if settings.protocol != protocolHTTP && settings.protocol != protocolGRPC {
		return tracingSettings{}, fmt.Errorf("%s: only %s and %s are supported", protocolName, protocolHTTP, protocolGRPC)
	}
	if propagators := get(envPropagators); propagators != "" {
		names := strings.Split(strings.ReplaceAll(strings.ToLower(propagators), " ", ""), ",")
		settings.continueTraces = slices.Contains(names, propagatorTraces)
		if !settings.continueTraces && !slices.Contains(names, "none") {
			return tracingSettings{}, fmt.Errorf("%s: only %s and none are supported", envPropagators, propagatorTraces)
		}
	}
	return settings, checkSampler(strings.ToLower(get(envSampler)), get(envSamplerRatio))
}

// checkSampler refuses what the SDK would only warn of.
func checkSampler(sampler, ratio string) error {
	switch sampler {
	case "", "always_on", "always_off", "parentbased_always_on", "parentbased_always_off":
		return nil
	case "traceidratio", "parentbased_traceidratio":
		if share, err := strconv.ParseFloat(ratio, 64); ratio != "" && (err != nil || share < 0 || share > 1) {
			return fmt.Errorf("%s: %q is not a share between 0 and 1", envSamplerRatio, ratio)
		}
		return nil
	}
	return fmt.Errorf("%s: %q is none of always_on, always_off, traceidratio, parentbased_always_on, parentbased_always_off, parentbased_traceidratio",
		envSampler, sampler)
}
