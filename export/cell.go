package export

import (
	"math"
	"strconv"
	"time"

	wsc "github.com/website-status-checker/wsc"
)

// cellKind says which of a cell's fields hold its value.
type cellKind uint8

const (
	// cellEmpty has no value.
	cellEmpty cellKind = iota
	// cellText is a text that may come from anywhere.
	cellText
	// cellUploaded is the text of a cell of the upload.
	cellUploaded
	// cellStatus is a wsc.Status in text.
	cellStatus
	// cellInteger is number.
	cellInteger
	// cellDecimal is number thousandths, so milliseconds with microsecond precision.
	cellDecimal
	// cellTime is number milliseconds since 1970, UTC.
	cellTime
)

// cell is one value of a table, before a format writes it.
type cell struct {
	kind   cellKind
	text   string
	number int64
}

func textCell(text string) cell {
	if text == "" {
		return cell{}
	}
	return cell{kind: cellText, text: text}
}

func statusCell(status wsc.Status) cell { return cell{kind: cellStatus, text: string(status)} }

func integerCell(number int64) cell { return cell{kind: cellInteger, number: number} }

// positiveCell is empty for 0, which means "not known" in the fields that use it.
func positiveCell(number int64) cell {
	if number == 0 {
		return cell{}
	}
	return integerCell(number)
}

// decimalCell rounds to thousandths. What is no number, or too large to be exact, is empty.
func decimalCell(value float64) cell {
	thousandths := math.Round(value * 1000)
	const exact = 1 << 53
	if !(math.Abs(thousandths) < exact) {
		return cell{}
	}
	return cell{kind: cellDecimal, number: int64(thousandths)}
}

func timeCell(moment time.Time) cell {
	if moment.IsZero() {
		return cell{}
	}
	return cell{kind: cellTime, number: moment.UnixMilli()}
}

// appendDecimal appends thousandths as a decimal number without trailing zeros.
func appendDecimal(dst []byte, thousandths int64) []byte {
	if thousandths < 0 {
		dst = append(dst, '-')
		thousandths = -thousandths
	}
	dst = strconv.AppendInt(dst, thousandths/1000, 10)
	rest := thousandths % 1000
	if rest == 0 {
		return dst
	}
	dst = append(dst, '.', byte('0'+rest/100), byte('0'+rest/10%10), byte('0'+rest%10))
	for dst[len(dst)-1] == '0' {
		dst = dst[:len(dst)-1]
	}
	return dst
}

// appendTime appends a time in RFC 3339, in UTC, in whole seconds.
func appendTime(dst []byte, milliseconds int64) []byte {
	return time.UnixMilli(milliseconds).UTC().AppendFormat(dst, time.RFC3339)
}
