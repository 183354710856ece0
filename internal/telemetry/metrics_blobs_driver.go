package telemetry

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"gocloud.dev/blob"
	"gocloud.dev/blob/driver"
	"gocloud.dev/gcerrors"
)

// countedDriver is a driver on top of another bucket.
type countedDriver struct {
	bucket *blob.Bucket
	blobs  *Blobs
}

// bareError is an error of the bucket below without what it says of key and code: the bucket above says that again.
type bareError struct{ whole, bare error }

// Error is the driver's own text.
func (e bareError) Error() string { return e.bare.Error() }

// Unwrap gives callers everything, the code included.
func (e bareError) Unwrap() error { return e.whole }

// codedError is how the store's library gives an error a code: the first of what is in it is the driver's.
type codedError interface {
	error
	Unwrap() []error
}

func bareOf(err error) error {
	switch gcerrors.Code(err) {
	case gcerrors.OK, gcerrors.Unknown, gcerrors.Canceled, gcerrors.DeadlineExceeded: // these are passed on as they are
		return err
	default:
		coded, _ := errors.AsType[codedError](err)
		if coded == nil || len(coded.Unwrap()) == 0 || coded.Unwrap()[0] == nil {
			return err
		}
		return bareError{whole: err, bare: coded.Unwrap()[0]}
	}
}

// ErrorCode is part of driver.Bucket, as all of the following.
func (d *countedDriver) ErrorCode(err error) gcerrors.ErrorCode { return gcerrors.Code(err) }

// As asks the bucket below.
func (d *countedDriver) As(target any) bool { return d.bucket.As(target) }

// ErrorAs asks the bucket below.
func (d *countedDriver) ErrorAs(err error, target any) bool {
	if bare, ok := errors.AsType[bareError](err); ok {
		err = bare.whole
	}
	return d.bucket.ErrorAs(err, target)
}

// Attributes counts and asks the bucket below.
func (d *countedDriver) Attributes(ctx context.Context, key string) (_ *driver.Attributes, err error) {
	defer func(began time.Time) { d.blobs.done(ctx, "attributes", began, err) }(time.Now())
	a, err := d.bucket.Attributes(ctx, key)
	if err != nil {
		return nil, bareOf(err)
	}
	return &driver.Attributes{
		CacheControl: a.CacheControl, ContentDisposition: a.ContentDisposition, ContentEncoding: a.ContentEncoding,
		ContentLanguage: a.ContentLanguage, ContentType: a.ContentType, Metadata: a.Metadata, CreateTime: a.CreateTime,
		ModTime: a.ModTime, Size: a.Size, MD5: a.MD5, ETag: a.ETag, AsFunc: a.As,
	}, nil
}

// defaultPage is how many blobs a page has when nobody says.
const defaultPage = 1000

// ListPaged counts and asks the bucket below.
func (d *countedDriver) ListPaged(ctx context.Context, opts *driver.ListOptions) (_ *driver.ListPage, err error) {
	defer func(began time.Time) { d.blobs.done(ctx, "list", began, err) }(time.Now())
	token, size := opts.PageToken, opts.PageSize
	if len(token) == 0 {
		token = blob.FirstPageToken
	}
	if size == 0 {
		size = defaultPage
	}
	objects, next, err := d.bucket.ListPage(ctx, token, size, &blob.ListOptions{
		Prefix: opts.Prefix, Delimiter: opts.Delimiter, BeforeList: opts.BeforeList,
	})
	if err != nil {
		return nil, bareOf(err)
	}
	page := &driver.ListPage{NextPageToken: next}
	for _, o := range objects {
		page.Objects = append(page.Objects, &driver.ListObject{Key: o.Key, ModTime: o.ModTime, Size: o.Size, MD5: o.MD5, IsDir: o.IsDir, AsFunc: o.As})
	}
	return page, nil
}

// NewRangeReader asks the bucket below; the reading counts when it ends.
func (d *countedDriver) NewRangeReader(ctx context.Context, key string, offset, length int64, opts *driver.ReaderOptions) (driver.Reader, error) {
	began := time.Now()
	reader, err := d.bucket.NewRangeReader(ctx, key, offset, length, &blob.ReaderOptions{BeforeRead: opts.BeforeRead})
	if err != nil {
		d.blobs.done(ctx, "read", began, err)
		return nil, bareOf(err)
	}
	return &countedReader{Reader: reader, transfer: transfer{
		bytes: d.blobs.read, end: func(err error) { d.blobs.done(ctx, "read", began, err) },
	}}, nil
}

// NewTypedWriter asks the bucket below; the writing counts when it ends.
func (d *countedDriver) NewTypedWriter(ctx context.Context, key, contentType string, opts *driver.WriterOptions) (driver.Writer, error) {
	began := time.Now()
	writer, err := d.bucket.NewWriter(ctx, key, &blob.WriterOptions{
		BufferSize: opts.BufferSize, MaxConcurrency: opts.MaxConcurrency, CacheControl: opts.CacheControl,
		ContentDisposition: opts.ContentDisposition, ContentEncoding: opts.ContentEncoding, ContentLanguage: opts.ContentLanguage,
		ContentType: contentType, DisableContentTypeDetection: true, ContentMD5: opts.ContentMD5, Metadata: opts.Metadata,
		BeforeWrite: opts.BeforeWrite, IfNotExist: opts.IfNotExist,
	})
	if err != nil {
		d.blobs.done(ctx, "write", began, err)
		return nil, bareOf(err)
	}
	return &countedWriter{writer: writer, transfer: transfer{
		bytes: d.blobs.written, end: func(err error) { d.blobs.done(ctx, "write", began, err) },
	}}, nil
}

// Copy counts and asks the bucket below.
func (d *countedDriver) Copy(ctx context.Context, dstKey, srcKey string, opts *driver.CopyOptions) (err error) {
	defer func(began time.Time) { d.blobs.done(ctx, "copy", began, err) }(time.Now())
	return bareOf(d.bucket.Copy(ctx, dstKey, srcKey, &blob.CopyOptions{BeforeCopy: opts.BeforeCopy}))
}

// Delete counts and asks the bucket below.
func (d *countedDriver) Delete(ctx context.Context, key string) (err error) {
	defer func(began time.Time) { d.blobs.done(ctx, "delete", began, err) }(time.Now())
	return bareOf(d.bucket.Delete(ctx, key))
}

// SignedURL asks the bucket below. Signing touches no blob and is not counted.
func (d *countedDriver) SignedURL(ctx context.Context, key string, opts *driver.SignedURLOptions) (string, error) {
	signed, err := d.bucket.SignedURL(ctx, key, &blob.SignedURLOptions{
		Expiry: opts.Expiry, Method: opts.Method, ContentType: opts.ContentType,
		EnforceAbsentContentType: opts.EnforceAbsentContentType, BeforeSign: opts.BeforeSign,
	})
	return signed, bareOf(err)
}

// Close closes the bucket below.
func (d *countedDriver) Close() error { return bareOf(d.bucket.Close()) }

// transfer counts the bytes of a reader or writer and, once, how it ended.
type transfer struct {
	bytes prometheus.Counter
	end   func(err error)
	err   error // the first
}

func (t *transfer) moved(n int, err error) (int, error) {
	t.bytes.Add(float64(n))
	if t.err == nil && err != nil && !errors.Is(err, io.EOF) {
		t.err = err
	}
	return n, bareOf(err)
}

func (t *transfer) closed(err error) error {
	if t.err == nil {
		t.err = err
	}
	t.end(t.err)
	return bareOf(err)
}

// countedReader takes As from the reader below.
type countedReader struct {
	*blob.Reader
	transfer transfer
}

// Read counts the bytes.
func (r *countedReader) Read(p []byte) (int, error) { return r.transfer.moved(r.Reader.Read(p)) }

// Close counts the read.
func (r *countedReader) Close() error { return r.transfer.closed(r.Reader.Close()) }

// Attributes are those of the reader below.
func (r *countedReader) Attributes() *driver.ReaderAttributes {
	return &driver.ReaderAttributes{ContentType: r.ContentType(), ModTime: r.ModTime(), Size: r.Size()}
}

type countedWriter struct {
	writer   *blob.Writer
	transfer transfer
}

// Write counts the bytes.
func (w *countedWriter) Write(p []byte) (int, error) { return w.transfer.moved(w.writer.Write(p)) }

// Close counts the write.
func (w *countedWriter) Close() error { return w.transfer.closed(w.writer.Close()) }
