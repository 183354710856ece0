package expect_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/website-status-checker/wsc/expect"
)

func TestCacheCompilesAnExpressionOnce(t *testing.T) {
	cache := expect.NewCache(newCompiler(t), 2)
	first, err := cache.Get("status == 200")
	require.NoError(t, err)
	again, err := cache.Get("status == 200")
	require.NoError(t, err)
	require.Same(t, first, again)
}

func TestCacheKeepsErrors(t *testing.T) {
	cache := expect.NewCache(newCompiler(t), 2)
	_, first := cache.Get("status")
	_, again := cache.Get("status")
	require.Error(t, first)
	require.Same(t, first, again)
}

func TestCacheForgetsWhatWasNotUsedForTheLongestTime(t *testing.T) {
	cache := expect.NewCache(newCompiler(t), 2)
	get := func(status int) *expect.Expectation {
		expectation, err := cache.Get(fmt.Sprintf("status == %d", status))
		require.NoError(t, err)
		return expectation
	}
	one, two := get(1), get(2)
	require.Same(t, one, get(1))
	get(3)
	require.Same(t, one, get(1), "was used after 2")
	require.NotSame(t, two, get(2), "was forgotten for 3")
}
