package api

import (
	"context"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"mednum"
)

// definition is openapi.yaml as an independent reader understands it.
func definition(t testing.TB) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(mednum.OpenAPI)
	if err != nil {
		t.Fatalf("openapi.yaml: %v", err)
	}
	return doc
}

func TestDefinitionIsValid(t *testing.T) {
	doc := definition(t)
	if err := doc.Validate(context.Background()); err != nil {
		t.Fatal(err)
	}
	if doc.OpenAPI != "3.0.3" {
		t.Errorf("OpenAPI %s: clients and the official test suite read 3.0", doc.OpenAPI)
	}
}
