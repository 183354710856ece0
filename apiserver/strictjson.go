package apiserver

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// unmarshalStrict reads one JSON value. Unlike encoding/json alone it refuses keys that are repeated and keys that
// differ from the field's name in case, so that no two readers understand a request differently. It also bounds the
// number of values and their depth.
func unmarshalStrict(data []byte, target any) error {
	if err := boundedJSON(data); err != nil {
		return err
	}
	if err := json.Unmarshal(data, target); err != nil {
		return plainJSONError(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	return checkKeys(decoder, reflect.TypeOf(target).Elem(), "")
}

// plainJSONError says in words of JSON, not of Go, what is wrong.
func plainJSONError(err error) error {
	if wrongType, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("%s can't be a JSON %s", cmp.Or(wrongType.Field, "the value"), wrongType.Value)
	}
	return err
}

// checkKeys walks over one value that is known to be valid JSON. kind is the Go type that it was read into.
func checkKeys(decoder *json.Decoder, kind reflect.Type, path string) error {
	token, err := decoder.Token()
	if err != nil {
		return err
	}
	for kind != nil && kind.Kind() == reflect.Pointer {
		kind = kind.Elem()
	}
	switch token {
	case json.Delim('{'):
		return checkObject(decoder, kind, path)
	case json.Delim('['):
		var element reflect.Type
		if kind != nil && kind.Kind() == reflect.Slice {
			element = kind.Elem()
		}
		for decoder.More() {
			if err := checkKeys(decoder, element, path); err != nil {
				return err
			}
		}
		_, err = decoder.Token()
	}
	return err
}

func checkObject(decoder *json.Decoder, kind reflect.Type, path string) error {
	fields := fieldTypes(kind)
	seen := map[string]bool{}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return err
		}
		key, _ := token.(string) // a key is always a string
		name := strings.TrimPrefix(path+"."+key, ".")
		if seen[key] {
			return fmt.Errorf("%s is given twice", clip(name))
		}
		seen[key] = true
		fieldType, known := fields[key]
		if fields != nil && !known {
			return fmt.Errorf("%s is not a known field", clip(name))
		}
		if err := checkKeys(decoder, fieldType, name); err != nil {
			return err
		}
	}
	_, err := decoder.Token()
	return err
}

// fieldTypes lists the JSON fields of a struct type; nil for any other type, which may have any key.
func fieldTypes(kind reflect.Type) map[string]reflect.Type {
	if kind == nil || kind.Kind() != reflect.Struct {
		return nil
	}
	fields := map[string]reflect.Type{}
	for _, field := range reflect.VisibleFields(kind) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name != "" && name != "-" {
			fields[name] = field.Type
		}
	}
	return fields
}
