package apiserver

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	wsc "github.com/website-status-checker/wsc"
)

// eventStreamType is the media type of server-sent events.
const eventStreamType = "text/event-stream"

// doneSuffix marks the id of a stream's last event. A browser that reconnects with it is told to stop.
const doneSuffix = "-done"

type eventsInput struct {
	JobPath
	LastEventID string `header:"Last-Event-ID" doc:"Id of the last event that was received. Every event is a full snapshot, so that a stream goes on with where the job stands now. After the id of a done event the answer is 204." example:"1772440202000"`
}

// streamOutput is an answer that is written piece by piece.
type streamOutput struct {
	Body func(huma.Context)
}

func jobEventsDoc() doc {
	return doc{
		id: "stream-job-events", tag: "Jobs", scope: wsc.ScopeRead, summary: "Follow a job",
		description: "Server-sent events. `progress` comes at once and then at least every second while the job runs, `done` once at its end; " +
			"the data of both is the same snapshot. Comments keep the stream open in between. After `done` the stream ends.",
		codes:   []wsc.Code{wsc.CodeNotFound, wsc.CodeQuotaExceeded},
		content: map[string]*huma.MediaType{eventStreamType: {}},
	}
}

// documentEvents describes the events. OpenAPI 3.1 has no word for a stream; contentSchema is JSON Schema's for what
// a text holds.
func documentEvents(api *huma.OpenAPI) {
	progress := api.Components.Schemas.Schema(reflect.TypeFor[wsc.Progress](), true, "Progress")
	responses := api.Paths[prefix+"/jobs/{id}/events"].Get.Responses
	responses["204"] = &huma.Response{Description: "No Content: Last-Event-ID is that of a done event, nothing follows it"}
	responses["200"].Content[eventStreamType].Schema = &huma.Schema{
		Type: huma.TypeString, Description: "Events progress and done, each with a Progress object as data.",
		Extensions: map[string]any{"contentMediaType": eventStreamType, "contentSchema": progress},
	}
}

func (s *Server) jobEvents(ctx context.Context, in *eventsInput) (*streamOutput, error) {
	c := callerOf(ctx)
	job, err := s.job(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	//nolint:contextcheck // the stream goes on after this function, and its context, have ended
	return &streamOutput{Body: func(ctx huma.Context) {
		r, w := humachi.Unwrap(ctx)
		if strings.HasSuffix(in.LastEventID, doneSuffix) {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		release, err := s.streams.take(c.key.ID)
		if err != nil {
			s.security.Record(r.Context(), event(r, wsc.EventQuotaExceeded, c.key.ID))
			s.writeProblem(w, r, err)
			return
		}
		defer release()
		header := w.Header()
		header.Set("Content-Type", eventStreamType)
		header.Set("Cache-Control", "no-cache, no-store, no-transform, private")
		header.Set("X-Accel-Buffering", "no") // proxies of the nginx kind must not collect events
		w.WriteHeader(http.StatusOK)
		if r.Method != http.MethodHead {
			s.stream(r.Context(), w, job, c)
		}
	}}, nil
}

// stream writes events until the job ends, the client goes away or does not read, its key stops working, or the server
// closes.
func (s *Server) stream(ctx context.Context, w http.ResponseWriter, job *wsc.Job, c *caller) {
	watcher := s.hub.watch(ctx, job)
	defer s.hub.leave(job.ID, watcher)
	s.metrics.streams.Inc()
	defer s.metrics.streams.Dec()
	ping := time.NewTicker(s.limits.PingInterval)
	defer ping.Stop()

	out := &eventWriter{w: w, control: http.NewResponseController(w), stall: s.limits.WriteStall}
	err := out.write([]byte("retry: 2000\n\n"))
	for err == nil {
		select {
		case <-ctx.Done():
			return
		case <-ping.C:
			if !s.stillValid(ctx, c) {
				return
			}
			err = out.write([]byte(": ping\n\n"))
		case update, open := <-watcher.updates:
			if !open {
				return
			}
			err = out.write(update.text)
			if update.final {
				return
			}
		}
	}
	// A failed write is a client that is gone; net/http closes the connection.
}

// eventWriter writes to an event stream with a deadline for each piece.
type eventWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController
	stall   time.Duration
}

func (e *eventWriter) write(text []byte) error {
	if err := e.control.SetWriteDeadline(time.Now().Add(e.stall)); err != nil {
		return err
	}
	if _, err := e.w.Write(text); err != nil {
		return err
	}
	return e.control.Flush()
}

// newUpdate writes an update as a progress event, and the final one as a done event as well.
func newUpdate(id int64, progress wsc.Progress, final bool) update {
	data, err := json.Marshal(progress)
	if err != nil {
		data = []byte("null") // numbers and strings can always be written
	}
	text := fmt.Appendf(nil, "id: %d\nevent: progress\ndata: %s\n\n", id, data)
	if final {
		text = fmt.Appendf(text, "id: %d%s\nevent: done\ndata: %s\n\n", id, doneSuffix, data)
	}
	return update{id: id, text: text, final: final}
}
