// Package telemetrytest receives what a process tells about itself, in tests: traces as a collector of OpenTelemetry does,
// and reports as Sentry does, on loopback addresses.
package telemetrytest

import (
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	"google.golang.org/protobuf/proto"
)

// patience is how long a test waits for what must arrive.
const patience = 20 * time.Second

// Span is a span that arrived. Ids are in hexadecimal digits; Parent is "" for the first of a trace.
type Span struct {
	Service, Name      string
	TraceID, ID        string
	Parent             string
	Attributes         map[string]string
	Status, StatusText string
	// Raw is the whole span as text, for looking for what must not be in it.
	Raw string
}

// Collector receives traces by OTLP over HTTP.
type Collector struct {
	// Endpoint is the value for OTEL_EXPORTER_OTLP_ENDPOINT.
	Endpoint string

	t     testing.TB
	mu    sync.Mutex
	spans []Span
}

// StartCollector starts a collector that lives as long as the test.
func StartCollector(t testing.TB) *Collector {
	t.Helper()
	c := &Collector{t: t}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/traces", c.receive)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	c.Endpoint = server.URL
	return c
}

func (c *Collector) receive(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	request := &collector.ExportTraceServiceRequest{}
	if err == nil {
		err = proto.Unmarshal(body, request)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, resource := range request.GetResourceSpans() {
		service := attributes(resource.GetResource().GetAttributes())["service.name"]
		for _, scope := range resource.GetScopeSpans() {
			for _, span := range scope.GetSpans() {
				c.spans = append(c.spans, Span{
					Service: service, Name: span.GetName(), TraceID: hex.EncodeToString(span.GetTraceId()),
					ID: hex.EncodeToString(span.GetSpanId()), Parent: hex.EncodeToString(span.GetParentSpanId()),
					Attributes: attributes(span.GetAttributes()), Raw: span.String(),
					Status: strings.TrimPrefix(span.GetStatus().GetCode().String(), "STATUS_CODE_"), StatusText: span.GetStatus().GetMessage(),
				})
			}
		}
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
}

func attributes(pairs []*common.KeyValue) map[string]string {
	values := map[string]string{}
	for _, pair := range pairs {
		switch value := pair.GetValue().GetValue().(type) {
		case *common.AnyValue_StringValue:
			values[pair.GetKey()] = value.StringValue
		case *common.AnyValue_IntValue:
			values[pair.GetKey()] = fmt.Sprint(value.IntValue)
		default:
			values[pair.GetKey()] = pair.GetValue().String()
		}
	}
	return values
}

// Spans returns what has arrived so far.
func (c *Collector) Spans() []Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]Span(nil), c.spans...)
}

// Await waits until a span has arrived for which the condition holds, and returns the first.
func (c *Collector) Await(what string, condition func(Span) bool) Span {
	c.t.Helper()
	var found Span
	require.Eventually(c.t, func() bool {
		for _, span := range c.Spans() {
			if condition(span) {
				found = span
				return true
			}
		}
		return false
	}, patience, 20*time.Millisecond, what)
	return found
}

// Ancestors returns the names of the spans from the first that arrived down to the given one.
func (c *Collector) Ancestors(span Span) []string {
	c.t.Helper()
	byID := map[string]Span{}
	for _, each := range c.Spans() {
		byID[each.ID] = each
	}
	names := []string{span.Name}
	for parent, found := byID[span.Parent]; found; parent, found = byID[parent.Parent] {
		require.Equal(c.t, span.TraceID, parent.TraceID)
		names = append([]string{parent.Name}, names...)
	}
	return names
}
