package correlation_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/website-status-checker/wsc/internal/correlation"
)

func TestAContextKnowsNothingAtFirst(t *testing.T) {
	ctx := t.Context()
	correlation.SetKeyID(ctx, "key") // there is no request to note it for
	require.Empty(t, correlation.RequestID(ctx))
	require.Empty(t, correlation.KeyID(ctx))
	require.Empty(t, correlation.JobID(ctx))
}

func TestTheKeyIsKnownToThoseWhoSawTheRequestBegin(t *testing.T) {
	outer := correlation.WithRequest(t.Context(), "request")
	inner := correlation.WithJobID(outer, "job")
	correlation.SetKeyID(inner, "key")
	require.Equal(t, "request", correlation.RequestID(inner))
	require.Equal(t, "job", correlation.JobID(inner))
	require.Equal(t, "key", correlation.KeyID(inner))
	require.Equal(t, "key", correlation.KeyID(outer))
	require.Empty(t, correlation.JobID(outer))
	require.Empty(t, correlation.KeyID(correlation.WithRequest(outer, "another")))
}
