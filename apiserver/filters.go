package apiserver

import (
	"slices"
	"strconv"
	"strings"

	wsc "github.com/website-status-checker/wsc"
)

// ResultQuery selects results; lists and exports share it. It is exported because Huma looks into embedded types only
// if they are.
type ResultQuery struct {
	Status     []string `query:"status,explode" doc:"Only results with one of these statuses: active, inactive, error. Repeat the parameter or separate by commas." example:"error"`
	ErrorKind  []string `query:"error_kind,explode" doc:"Only results with one of these error kinds. Repeat or separate by commas." example:"dns_nxdomain"`
	HTTPStatus []string `query:"http_status,explode" doc:"Only results with one of these HTTP status codes. Repeat or separate by commas." example:"404"`
	Slow       string   `query:"slow" enum:"true,false" doc:"true: only slow results; false: only others." example:"true"`
	Host       string   `query:"host" maxLength:"255" doc:"Only results of this host." example:"example.com"`
	Query      string   `query:"q" maxLength:"200" doc:"Only results whose URL or title contains this, ignoring case." example:"pricing"`
	Sort       string   `query:"sort" enum:"seq,url,host,status,http_status,response_time,-seq,-url,-host,-status,-http_status,-response_time" default:"seq" doc:"Order; a leading - reverses it. seq is the order of the upload; of URLs, the first 256 characters count."`
}

// filter checks the parameters and makes a filter of them.
func (in *ResultQuery) filter() (wsc.ResultFilter, error) {
	var f wsc.ResultFilter
	var err error
	if f.Statuses, err = choices("status", in.Status, wsc.Statuses()); err != nil {
		return f, err
	}
	if f.ErrorKinds, err = choices("error_kind", in.ErrorKind, wsc.ErrorKinds()); err != nil {
		return f, err
	}
	if f.HTTPStatuses, err = httpStatuses(in.HTTPStatus); err != nil {
		return f, err
	}
	if in.Slow != "" {
		f.Slow = new(in.Slow == "true")
	}
	if f.Host, err = asciiHost(in.Host); err != nil {
		return f, err
	}
	if err := checkText("q", in.Query); err != nil {
		return f, err
	}
	f.Query = in.Query
	name, desc := strings.CutPrefix(in.Sort, "-")
	f.Sort, f.Desc = wsc.ResultSort(name), desc
	return f, nil
}

// unfiltered reports whether the filter selects every result in the order of the upload.
func unfiltered(f wsc.ResultFilter) bool {
	return selectsAll(f) && !f.Desc && (f.Sort == "" || f.Sort == wsc.SortSeq)
}

func selectsAll(f wsc.ResultFilter) bool {
	return len(f.Statuses) == 0 && len(f.ErrorKinds) == 0 && len(f.HTTPStatuses) == 0 && f.Slow == nil && f.Host == "" && f.Query == ""
}

// matches is the filter's selection for a result that is at hand; it says what the store's selection says.
func matches(f wsc.ResultFilter, r *wsc.Result) bool {
	switch {
	case len(f.Statuses) > 0 && !slices.Contains(f.Statuses, r.Status),
		len(f.ErrorKinds) > 0 && !slices.Contains(f.ErrorKinds, r.ErrorKind),
		len(f.HTTPStatuses) > 0 && !slices.Contains(f.HTTPStatuses, r.HTTPStatus),
		f.Slow != nil && *f.Slow != r.Slow,
		f.Host != "" && f.Host != r.Host:
		return false
	case f.Query == "":
		return true
	}
	query := strings.ToLower(f.Query)
	return strings.Contains(strings.ToLower(r.URL), query) || strings.Contains(strings.ToLower(r.Title), query)
}

func httpStatuses(values []string) ([]int, error) {
	var codes []int
	for _, value := range values {
		for part := range strings.SplitSeq(value, ",") {
			code, err := strconv.Atoi(strings.TrimSpace(part))
			if err != nil || code < 100 || code > 599 {
				return nil, wsc.Errorf(wsc.CodeInvalidRequest, "http_status must be HTTP status codes between 100 and 599.").At(wsc.Place{Field: "http_status"})
			}
			codes = append(codes, code)
		}
	}
	return codes, nil
}

// asciiHost brings a host into the form in which results have it.
func asciiHost(host string) (string, error) {
	if host == "" {
		return "", nil
	}
	bracketed := host
	if strings.Count(host, ":") > 1 && !strings.HasPrefix(host, "[") {
		bracketed = "[" + host + "]"
	}
	normalized, err := wsc.NormalizeURL("https://" + bracketed + "/")
	if err != nil || normalized.Port != 443 {
		return "", wsc.Errorf(wsc.CodeInvalidRequest, "host must be a host name or an IP address.").At(wsc.Place{Field: "host"})
	}
	return normalized.Host, nil
}
