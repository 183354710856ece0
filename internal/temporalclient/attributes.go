package temporalclient

import (
	"context"
	"fmt"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"

	"github.com/website-status-checker/wsc/workflows"
)

// SearchAttributes lists the search attributes that the workflows set, with their types.
func SearchAttributes() map[string]enums.IndexedValueType {
	attributes := map[string]enums.IndexedValueType{}
	for _, name := range workflows.KeywordAttributes() {
		attributes[name] = enums.INDEXED_VALUE_TYPE_KEYWORD
	}
	for _, name := range workflows.IntAttributes() {
		attributes[name] = enums.INDEXED_VALUE_TYPE_INT
	}
	return attributes
}

// EnsureSearchAttributes registers the search attributes that the namespace lacks. Without them no job could start.
func (c *Connection) EnsureSearchAttributes(ctx context.Context) error {
	operator := c.Client.OperatorService()
	known, err := operator.ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: c.Namespace})
	if err != nil {
		return fmt.Errorf("list Temporal's search attributes: %w", err)
	}
	missing := SearchAttributes()
	for name := range known.GetCustomAttributes() {
		delete(missing, name)
	}
	if len(missing) == 0 {
		return nil
	}
	_, err = operator.AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{Namespace: c.Namespace, SearchAttributes: missing})
	if err != nil {
		return fmt.Errorf("register Temporal's search attributes %v (or let an operator register them): %w", missing, err)
	}
	return nil
}
