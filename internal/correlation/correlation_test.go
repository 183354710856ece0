package correlation_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/website-status-checker/wsc/internal/correlation"
)

func TestAContextKnowsNothingAtFirst(t *testing.T) {
	ctx := t.Context()
	correlation.SetKeyID(ctx, "key") // there is no request to note it for
	correlation.SetJobID(ctx, "job")
	require.Empty(t, correlation.RequestID(ctx))
	require.Empty(t, correlation.KeyID(ctx))
	require.Empty(t, correlation.JobID(ctx))
}

func TestKeyAndJobAreKnownToThoseWhoSawTheRequestBegin(t *testing.T) {
	outer := correlation.WithRequest(t.Context(), "request")
	inner := correlation.WithJobID(outer, "job")
	correlation.SetKeyID(inner, "key")
	require.Equal(t, "request", correlation.RequestID(inner))
	require.Equal(t, "job", correlation.JobID(inner))
	require.Equal(t, "key", correlation.KeyID(inner))
	require.Equal(t, "key", correlation.KeyID(outer))
	require.Empty(t, correlation.JobID(outer))
	correlation.SetJobID(inner, "the request's job")
	require.Equal(t, "the request's job", correlation.JobID(outer))
	require.Equal(t, "job", correlation.JobID(inner), "what is worked on is more particular")
	another := correlation.WithRequest(outer, "another")
	require.Empty(t, correlation.KeyID(another))
	require.Empty(t, correlation.JobID(another))
}
