package web_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

// What programs are told of a field, people are told in words.
func TestProblemsOfAnAddressAreSaidInWords(t *testing.T) {
	t.Parallel()
	server := start(t)
	b := signedIn(t, server, member(t, server).Secret)
	require.Equal(t, http.StatusSeeOther, b.post("/check", map[string][]string{"urls": {"a.example\nb.example"}}).status)
	path := "/jobs/" + jobsOf(t, server)[0].ID
	for address, want := range map[string]string{
		path + "/compare":           "Choose another run to compare with.",
		path + "/export?format=exe": "The address has a wrong value for “format”. Choose one of these: csv, json, ndjson, xlsx.",
	} {
		page := b.get(address)
		require.Equal(t, http.StatusUnprocessableEntity, page.status, address)
		require.Contains(t, page.body, "<h1>This can&#39;t be done as it was asked</h1>", address)
		require.Contains(t, page.body, want, address)
		for _, never := range []string{"Unprocessable", "Where:", "query.", "expected value"} {
			require.NotContains(t, page.body, never, address)
		}
	}
	table := b.get(b.uploaded("people.csv", "Name,Town\nAnn,Oslo\nBo,Rome\n")).body
	require.Contains(t, table, "Choose it here; the columns are")
	require.NotContains(t, table, "url_column;")
}

func TestTextsOfOthersShowWhatIsHidden(t *testing.T) {
	t.Parallel()
	server := start(t)
	const name = "<b>ro</b> \u202eevil\x1b[31m"
	key := server.CreateKey(t, wsc.KeyRequest{Name: name, Scopes: []wsc.Scope{wsc.ScopeAdmin}})
	b := signedIn(t, server, key.Secret)
	upload := b.uploaded("odd.csv", "url,he\u202ead\na.example,\u202eabc\x1b[31m\n")
	for path, wants := range map[string][]string{
		"/keys":           {"&lt;b&gt;ro&lt;/b&gt; ⟨U&#43;202E⟩evil␛[31m</a>"},
		"/keys/" + key.ID: {"<title>&lt;b&gt;ro&lt;/b&gt; ⟨U&#43;202E⟩evil␛[31m", "⟨U&#43;202E⟩evil␛[31m</h1>"},
		"/account":        {`<dd class="raw wrap">&lt;b&gt;ro&lt;/b&gt; ⟨U&#43;202E⟩evil␛[31m</dd>`},
		"/audit":          {"⟨U&#43;202E⟩evil␛[31m"},
		upload:            {"he⟨U&#43;202E⟩ad</span>", "⟨U&#43;202E⟩abc␛[31m</span>"},
	} {
		body := b.get(path).body
		for _, want := range wants {
			require.Contains(t, body, want, path)
		}
	}
	rotated := b.post("/keys/"+key.ID+"/rotate", map[string][]string{"grace_seconds": {"3600"}}).body
	require.Contains(t, rotated, "⟨U&#43;202E⟩evil␛[31m</strong>")
}
