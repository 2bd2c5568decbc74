package api

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
	"github.com/google/go-cmp/cmp"

	"mednum"
	"mednum/internal/place"
)

// contract is openapi.yaml as an independent reader understands it.
var contract = sync.OnceValues(func() (*openapi3.T, routers.Router) {
	doc, err := openapi3.NewLoader().LoadFromData(mednum.OpenAPI)
	if err != nil {
		panic(err)
	}
	router, err := legacy.NewRouter(doc)
	if err != nil {
		panic(err)
	}
	for _, t := range []string{"application/schema+json", "application/vnd.oai.openapi+json", "application/geo+json", "application/problem+json", "application/merge-patch+json"} {
		openapi3filter.RegisterBodyDecoder(t, openapi3filter.JSONBodyDecoder)
	}
	for _, t := range []string{"text/html", "application/yaml", "text/csv", "text/plain", "text/event-stream", typeXLSX, typeZIP} {
		openapi3filter.RegisterBodyDecoder(t, openapi3filter.PlainBodyDecoder)
	}
	return doc, router
})

// CheckContract fails the test when an answer is not one that openapi.yaml
// announces: its address, its status, its type, every member of its body.
func CheckContract(t testing.TB, r *http.Request, status int, header http.Header, body []byte) {
	t.Helper()
	if r.Method == http.MethodHead || r.Method == http.MethodOptions || status == http.StatusMethodNotAllowed {
		return
	}
	_, router := contract()
	route, parameters, err := router.FindRoute(r)
	if err != nil {
		if status != http.StatusNotFound {
			t.Errorf("%s answers %d and is not in openapi.yaml: %v", r.URL.Path, status, err)
		}
		return
	}
	if strings.HasPrefix(r.URL.Path, "/assets/") || r.URL.Path == "/favicon.ico" {
		return // any type of file
	}
	input := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: r, PathParams: parameters, Route: route},
		Status:                 status, Header: header, Body: io.NopCloser(bytes.NewReader(body)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true},
	}
	if err := openapi3filter.ValidateResponse(context.Background(), input); err != nil {
		text := string(body)
		t.Errorf("%s: %d is not what openapi.yaml announces: %v\n%s", r.URL, status, err, text[:min(len(text), 2000)])
	}
	if header.Get("X-Request-Id") == "" {
		t.Errorf("%s: no X-Request-Id", r.URL)
	}
}

func TestDefinitionIsValid(t *testing.T) {
	doc, _ := contract()
	if err := doc.Validate(context.Background()); err != nil {
		t.Fatal(err)
	}
	if doc.OpenAPI != "3.0.3" {
		t.Errorf("OpenAPI %s: clients and the official test suite read 3.0", doc.OpenAPI)
	}
	if len(doc.Servers) > 0 {
		t.Error("servers are written in when it is served")
	}
}

func TestRoutesAreThoseOfTheDefinition(t *testing.T) {
	doc, _ := contract()
	var announced, served []string
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			announced = append(announced, method+" "+path)
		}
	}
	braces := regexp.MustCompile(`:([A-Za-z]+)`)
	for _, r := range serverOf(t, newCensus()).echo.Routes() {
		if r.Method != http.MethodHead {
			served = append(served, r.Method+" "+braces.ReplaceAllString(r.Path, "{$1}"))
		}
	}
	slices.Sort(announced)
	slices.Sort(served)
	if d := cmp.Diff(announced, served); d != "" {
		t.Errorf("-openapi.yaml +routes: %s", d)
	}
}

// TestEveryOperationHasADoor: each operation of openapi.yaml says who may, as the
// table of doors does, and asks for a key where the table does.
func TestEveryOperationHasADoor(t *testing.T) {
	doc, _ := contract()
	braces := regexp.MustCompile(`:([A-Za-z]+)`)
	doors := map[string]door{}
	for _, d := range serverOf(t, newCensus()).hung {
		name := d.method + " " + braces.ReplaceAllString(d.path, "{$1}")
		if _, twice := doors[name]; twice {
			t.Errorf("%s has two doors", name)
		}
		doors[name] = d
	}
	for path, item := range doc.Paths.Map() {
		for method, o := range item.Operations() {
			name := method + " " + path
			d, known := doors[name]
			if !known {
				t.Errorf("%s has no door", name)
			}
			var may []string
			for _, op := range d.may {
				may = append(may, string(op))
			}
			rights, _ := o.Extensions["x-operation"].([]any)
			var said []string
			for _, right := range rights {
				said = append(said, fmt.Sprint(right))
			}
			if !slices.Equal(may, said) || (len(may) > 0) != (o.Security != nil) {
				t.Errorf("%s: x-operation %v, security %v; the door lets pass %v", name, said, o.Security != nil, may)
			}
			if d.on != anywhere && len(may) == 0 {
				t.Errorf("%s asks for a territory, and for no key", name)
			}
		}
	}
}

func TestParametersAreThoseOfTheDefinition(t *testing.T) {
	doc, _ := contract()
	operations := map[string]operation{
		"/": documents, "/api": documents, "/conformance": documents, "/collections": documents, "/collections/lieux": documents, "/collections/communes": documents,
		"/collections/lieux/items": lieux, "/collections/communes/items": communes, "/suggestions": suggestions,
		"/collections/lieux/items/{featureId}": lieu, "/collections/communes/items/{featureId}": commune,
		"/collections/lieux/items/{featureId}/score": documents, "/collections/lieux/items/{featureId}/declarations": answered, "/collections/lieux/items/{featureId}/contestations": topics,
		"/contestations/{numero}": documents, "/remontees/{numero}": documents, "/referentiels": documents, "/referentiels/{version}": answered,
		"/referentiels/{version}/differences": compared, "/referentiels/{version}/questionnaire": documents, "/referentiels/{version}/simulation": answered,
		"/territoire": working, "/territoire/lieux": worklist, "/territoire/archive.zip": archiving,
		"/signalements": handling, "/signalements/nouveau": reportingOf, "/signalements/suivi": following, "/signalements/{numero}": answered, "/collections/lieux/items/{featureId}/revendication": saying,
		"/depots": filing, "/depots/{numero}": answered, "/depots/{numero}/correspondance": answered, "/depots/{numero}/rapport": telling, "/depots/{numero}/changements": changing,
		"/sources": answered, "/sources/{numero}": answered, "/doublons": queueing, "/doublons/{numero}": answered, "/collections/lieux/items/{featureId}/sources": answered,
		"/referentiels/{version}/remontees": topics, "/referentiels/{version}/journal": logbook, "/journal": logbook, "/referentiels/{version}/edition": drafting, "/collections/lieux/items/{featureId}/modification": amending, "/lieux/ajout": amending, "/collections/lieux/items/{featureId}/historique": recounted, "/connexion": signing,
		"/connexion/oidc": leaving, "/connexion/retour": returning, "/compte": saying, "/comptes": enrolling, "/comptes/{numero}": saying,
		"/exports/lieux.csv": exporting, "/exports/lieux.geojson": exporting, "/revisions": revisioning, "/revisions/{numero}": touching,
	}
	for path, item := range doc.Paths.Map() {
		for method, o := range item.Operations() {
			on, ok := operations[path]
			if !ok || method != http.MethodGet {
				on = plain
			}
			if path == "/depots" && method == http.MethodPost {
				on = giving
			}
			if path == "/collections/lieux/items" && method == http.MethodPost {
				on = entering
			}
			var announced, served []string
			for _, p := range o.Parameters {
				if p.Value.In == "query" {
					announced = append(announced, p.Value.Name)
				}
			}
			for _, p := range parameters {
				if p.on&on != 0 {
					served = append(served, p.name)
				}
			}
			slices.Sort(announced)
			slices.Sort(served)
			if d := cmp.Diff(announced, served); d != "" {
				t.Errorf("%s %s: -openapi.yaml +table: %s", method, path, d)
			}
		}
	}
}

func TestVocabulariesAreThoseOfTheStandard(t *testing.T) {
	doc, _ := contract()
	get := doc.Paths.Value("/collections/lieux/items").Get
	properties := doc.Components.Schemas["LieuProperties"].Value.Properties
	for _, column := range place.Columns {
		if column.Vocabulary == nil {
			continue
		}
		p := get.Parameters.GetByInAndName("query", column.Name)
		if p == nil {
			t.Errorf("%s is not a parameter", column.Name)
			continue
		}
		if p.Style != "form" || p.Explode == nil || *p.Explode {
			t.Errorf("%s: values are separated by commas: style form, explode false", column.Name)
		}
		if d := cmp.Diff(enum(p.Schema.Value.Items.Value), column.Vocabulary.Values()); d != "" {
			t.Errorf("%s: -openapi.yaml +standard: %s", column.Name, d)
		}
		if column.Vocabulary.Closed {
			if d := cmp.Diff(enum(properties[column.Name].Value.Items.Value), column.Vocabulary.Values()); d != "" {
				t.Errorf("property %s: -openapi.yaml +standard: %s", column.Name, d)
			}
		}
	}
}

func enum(s *openapi3.Schema) (values []string) {
	for _, v := range s.Enum {
		values = append(values, v.(string))
	}
	return values
}

// TestPropertiesAreThoseOfAFeature: the columns of the standard and what we add,
// no more and no less.
func TestPropertiesAreThoseOfAFeature(t *testing.T) {
	doc, _ := contract()
	var announced []string
	for name := range doc.Components.Schemas["LieuProperties"].Value.Properties {
		if name != "distance" {
			announced = append(announced, name)
		}
	}
	slices.Sort(announced)
	properties := items(t, serverOf(t, newCensus()), "?limit=1").Features[0].Properties
	if d := cmp.Diff(announced, slices.Sorted(maps.Keys(properties))); d != "" {
		t.Errorf("-openapi.yaml +feature: %s", d)
	}
}

func TestExamplesAreAccepted(t *testing.T) {
	doc, _ := contract()
	s := serverOf(t, newCensus())
	n := 0
	for _, path := range []string{"/collections/lieux/items", "/collections/communes/items", "/suggestions"} {
		for _, p := range doc.Paths.Value(path).Get.Parameters {
			example := p.Value.Example
			if example == nil {
				continue
			}
			query := p.Value.Name + "=" + inQuery(example)
			if p.Value.Name == "radius" {
				query += "&near=4,49"
			}
			if p.Value.Name == "limit" && path == "/suggestions" {
				query += "&q=a"
			}
			n++
			if r := get(t, s, path+"?"+strings.ReplaceAll(query, " ", "+")); r.StatusCode != http.StatusOK {
				t.Errorf("%s?%s: %s", path, query, body(t, r))
			}
		}
	}
	if n < 10 {
		t.Errorf("%d examples", n)
	}
}

// inQuery is a value in a query string, a list with commas.
func inQuery(v any) string {
	if list, ok := v.([]any); ok {
		var parts []string
		for _, one := range list {
			parts = append(parts, fmt.Sprint(one))
		}
		return strings.Join(parts, ",")
	}
	return fmt.Sprint(v)
}
