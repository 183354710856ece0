package export

// Flusher is implemented by the writers of the formats that grow row by row (CSV, JSON, NDJSON). A workbook has
// nothing to show before its end.
type Flusher interface {
	// Flush passes on what is buffered, so that a reader of the unfinished document sees every row so far.
	Flush() error
}

// Flush implements Flusher; for a workbook it does nothing.
func (w *resultWriter) Flush() error {
	if text, ok := w.table.(*csvTable); ok {
		return writing(text.out.Flush())
	}
	return nil
}

// Flush implements Flusher.
func (w *jsonWriter) Flush() error { return writing(w.list.out.Flush()) }
