package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// csvOutcome counts the rows of a results file by their status.
func csvOutcome(path string) (outcome, error) {
	file, err := os.Open(path)
	if err != nil {
		return outcome{}, err
	}
	defer func() { _ = file.Close() }() // it was only read
	return countStatuses(file)
}

// countStatuses counts the rows of a CSV file with results by its column "status".
func countStatuses(r io.Reader) (outcome, error) {
	var o outcome
	rows := csv.NewReader(r)
	rows.ReuseRecord = true
	header, err := rows.Read()
	if err != nil {
		return o, fmt.Errorf("read the header: %w", err)
	}
	column := slices.Index(header, "status")
	if column < 0 {
		return o, errors.New("the results have no column named status")
	}
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return o, nil
		}
		if err != nil {
			return o, fmt.Errorf("read the results: %w", err)
		}
		switch status := row[column]; status {
		case "active":
			o.active++
		case "inactive":
			o.inactive++
		case "error":
			o.failed++
		default:
			return o, fmt.Errorf("a result has the status %q", status)
		}
	}
}

// rawOutcome reads what the raw loop prints.
func rawOutcome(printed string) (outcome, error) {
	var ok, answered, failed int
	if _, err := fmt.Sscanf(printed, "ok=%d answered=%d failed=%d", &ok, &answered, &failed); err != nil {
		return outcome{}, fmt.Errorf("the raw loop printed %q: %w", printed, err)
	}
	return outcome{active: ok, inactive: answered - ok, failed: failed}, nil
}
