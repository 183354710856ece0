package postgres

import (
	"strconv"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/store/internal/storable"
)

// resultOrder is an order of results r. Ties are broken by r.seq.
type resultOrder struct {
	sort wsc.ResultSort
	// key is what the results are ordered by.
	key string
	// ofClass is the column of the classes c that key equals, "" if it differs within a class.
	ofClass string
	// apartFromHost is whether the index of the order does not know the host.
	apartFromHost bool
}

// orderOf is the order by name.
func orderOf(sort wsc.ResultSort) (resultOrder, error) {
	order := resultOrder{sort: sort, key: "r." + string(sort)}
	switch sort {
	case "", wsc.SortSeq:
		order.sort, order.key = wsc.SortSeq, "r.seq"
	case wsc.SortStatus, wsc.SortHTTPStatus:
		order.ofClass = "c." + string(sort)
	case wsc.SortHost:
	case wsc.SortResponseTime:
		order.apartFromHost = true
	case wsc.SortURL:
		order.key, order.apartFromHost = "left(r.url, "+strconv.Itoa(wsc.SortedURLLength)+")", true
	default:
		return order, wsc.Errorf(wsc.CodeInvalidRequest, "Results can't be sorted by %q.", sort).At(wsc.Place{Field: "sort"})
	}
	return order, nil
}

// value is the position's value of the key.
func (o resultOrder) value(position *wsc.ResultCursor) any {
	switch o.sort {
	case wsc.SortResponseTime:
		return position.Number
	case wsc.SortHTTPStatus:
		return int64(position.Number)
	default:
		return storable.Text(position.Text)
	}
}

// sql is the ORDER BY clause.
func (o resultOrder) sql(filter *wsc.ResultFilter) string {
	direction := directionOf(filter)
	return ` ORDER BY ` + o.key + direction + `, r.seq` + direction
}

// addPosition adds the filter's position to the conditions.
func (o resultOrder) addPosition(where *conditions, filter *wsc.ResultFilter) {
	switch {
	case filter.After == nil:
	case o.sort == wsc.SortSeq:
		where.add(`r.seq`+behind(filter)+`%s`, filter.After.Seq)
	default:
		where.add(`(`+o.key+`, r.seq)`+behind(filter)+`(%s, %s)`, o.value(filter.After), filter.After.Seq)
	}
}

// within returns the filter's position as a condition on the results of one class, beginning with AND, so that an index
// which begins with the class leads there, and adds to where which classes have results behind it.
func (o resultOrder) within(where *conditions, filter *wsc.ResultFilter) string {
	if filter.After == nil {
		return ""
	}
	if o.ofClass == "" {
		position := &conditions{arguments: where.arguments}
		o.addPosition(position, filter)
		where.arguments = position.arguments
		return ` AND ` + position.parts[0]
	}
	before := `-1` // every seq is behind it
	if filter.Desc {
		before = `9223372036854775807`
	}
	value, seq := where.place(o.value(filter.After)), where.place(filter.After.Seq)
	where.parts = append(where.parts, o.ofClass+behind(filter)[:2]+`= `+value)
	return ` AND r.seq` + behind(filter) + `CASE WHEN ` + o.ofClass + ` = ` + value + ` THEN ` + seq + `::bigint ELSE ` + before + ` END`
}

func directionOf(filter *wsc.ResultFilter) string {
	if filter.Desc {
		return ` DESC`
	}
	return ` ASC`
}

// behind is the comparison with a position that what follows it in the filter's direction meets.
func behind(filter *wsc.ResultFilter) string {
	if filter.Desc {
		return ` < `
	}
	return ` > `
}
