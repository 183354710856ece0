package wsc

// MaskedHeaderValue stands in the options of a job for the value of each request header. The values themselves are
// secrets more often than not; they are stored apart and nobody is told them.
const MaskedHeaderValue = "***"

// WithMaskedHeaders returns the options with MaskedHeaderValue for every header value.
func (o Options) WithMaskedHeaders() Options {
	if len(o.Headers) == 0 {
		return o
	}
	masked := make(map[string]string, len(o.Headers))
	for name := range o.Headers {
		masked[name] = MaskedHeaderValue
	}
	o.Headers = masked
	return o
}

// RefuseMaskedHeaders returns an error with CodeInvalidOptions if a header has MaskedHeaderValue for its value, as when
// the options of an earlier job are submitted again: the sites would be sent the mask.
func (o Options) RefuseMaskedHeaders() error {
	for name, value := range o.Headers {
		if value == MaskedHeaderValue {
			return invalidOption("headers", "The value of header "+name+" is "+MaskedHeaderValue+
				", which stands for a value that is not shown. Give the value itself.")
		}
	}
	return nil
}

// JobHeadersPurpose is the purpose for which the header values of a job are sealed.
func JobHeadersPurpose(jobID string) string { return "job/" + jobID + "/headers" }
