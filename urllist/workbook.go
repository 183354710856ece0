package urllist

import "io"
import wsc "github.com/website-status-checker/wsc"

func openWorkbook(src io.ReaderAt, size int64, head []byte, opts Options) (*document, error) {
	return nil, wsc.Errorf(wsc.CodeInvalidXLSX, "x")
}
