package temporalclient

import (
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"github.com/website-status-checker/wsc/internal/payloadcrypt"
)

// Option changes how a connection is made.
type Option func(*client.Options, *Connection)

// WithEncryption encrypts payloads with the codec: inputs and outputs of workflows and activities, heartbeats, answers of
// queries, summaries and details, and the messages and stack traces of errors. Ids, types, task queues, search attributes
// and times stay readable. A nil codec changes nothing.
func WithEncryption(codec *payloadcrypt.Codec) Option {
	return func(opts *client.Options, connection *Connection) {
		if codec == nil {
			return
		}
		opts.DataConverter = converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), codec)
		opts.FailureConverter = temporal.NewDefaultFailureConverter(temporal.DefaultFailureConverterOptions{
			DataConverter: opts.DataConverter, EncodeCommonAttributes: true,
		})
		connection.Encrypted = true
	}
}
