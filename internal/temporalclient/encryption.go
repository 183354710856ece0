package temporalclient

import (
	"context"
	"errors"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/website-status-checker/wsc/internal/payloadcrypt"
)

// WithEncryption encrypts payloads with the codec: inputs and outputs of workflows and activities, heartbeats, answers of
// queries, summaries and details, and the messages and stack traces of errors. Ids, types, task queues, search attributes
// and times stay readable.
//
// A codec without keys encrypts nothing. It matters all the same: workflows whose payloads can't be decrypted wait until
// the key is there, where they would fail without the codec.
func WithEncryption(codec *payloadcrypt.Codec) Option {
	return func(opts *client.Options, connection *Connection) {
		opts.DataConverter = decrypting{converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), codec)}
		opts.FailureConverter = temporal.NewDefaultFailureConverter(temporal.DefaultFailureConverterOptions{
			DataConverter: opts.DataConverter, EncodeCommonAttributes: codec.Encrypts(),
		})
		connection.Encrypted = codec.Encrypts()
	}
}

// decrypting is a converter that treats missing keys differently in workflows.
type decrypting struct{ converter.DataConverter }

// WithContext returns the converter for clients and activities, whose errors are tried again.
func (d decrypting) WithContext(context.Context) converter.DataConverter { return d.DataConverter }

// WithWorkflowContext returns the converter for workflows.
func (d decrypting) WithWorkflowContext(workflow.Context) converter.DataConverter {
	return blocking(d)
}

// blocking panics for want of a key. An error would fail the workflow for good; a panic fails the workflow's current task,
// which the server gives out again until a worker has the key.
type blocking struct{ converter.DataConverter }

// FromPayload converts one payload to a value.
func (b blocking) FromPayload(payload *commonpb.Payload, value any) error {
	return awaitKey(b.DataConverter.FromPayload(payload, value))
}

// FromPayloads converts payloads to values.
func (b blocking) FromPayloads(payloads *commonpb.Payloads, values ...any) error {
	return awaitKey(b.DataConverter.FromPayloads(payloads, values...))
}

func awaitKey(err error) error {
	if missing, ok := errors.AsType[*payloadcrypt.KeyError](err); ok {
		panic(missing)
	}
	return err
}
