package client_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/client"
)

// Example uploads a list, waits until every line has a result, and prints what is not active.
func Example() {
	server := httptest.NewServer(exampleAPI())
	defer server.Close()
	ctx := context.Background()

	c, err := client.New(server.URL, client.WithKey("wsc_example"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()

	job, err := c.SubmitFile(ctx, "list.txt", strings.NewReader("example.com\nexample.org\n"), wsc.Options{TimeoutMS: 5000})
	if err != nil {
		fmt.Println(err)
		return
	}
	err = c.Watch(ctx, job.ID, func(p wsc.Progress) error {
		fmt.Printf("%s: %d of %d\n", p.Phase, p.ProcessedURLs, p.TotalURLs)
		return nil
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	down := client.ResultQuery{ResultFilter: client.ResultFilter{Statuses: []wsc.Status{wsc.StatusInactive, wsc.StatusError}}}
	for result, err := range c.AllResults(ctx, job.ID, down) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(result.URL, result.Status, result.HTTPStatus)
	}
	// Output:
	// checking: 1 of 2
	// done: 2 of 2
	// example.org inactive 404
}

// exampleAPI answers the few requests of the example.
func exampleAPI() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/v1/jobs", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusAccepted)
		fmt.Fprint(w, `{"id":"0197","status":"pending"}`)
	})
	mux.HandleFunc("GET /api/v1/jobs/0197/events", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, "id: 1\nevent: progress\ndata: {\"phase\":\"checking\",\"processed_urls\":1,\"total_urls\":2}\n\n")
		fmt.Fprint(w, "id: 2\nevent: done\ndata: {\"phase\":\"done\",\"processed_urls\":2,\"total_urls\":2}\n\n")
	})
	mux.HandleFunc("GET /api/v1/jobs/0197/results", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"results":[{"seq":1,"url":"example.org","status":"inactive","http_status":404}]}`)
	})
	return mux
}
