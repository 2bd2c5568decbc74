package api_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"

	"mednum/api"
	"mednum/internal/place"
	"mednum/internal/postgres"
	"mednum/internal/postgres/pgtest"
)

// subject is a server under examination: all that the checks know of it is its
// address.
type subject struct {
	t   *testing.T
	url string
}

// onDatabase is a server on a real PostGIS that holds the model's places.
func onDatabase(t testing.TB) (*api.Server, *postgres.Census) {
	t.Helper()
	ctx := context.Background()
	c := pgtest.New(t)
	for _, withdrawn := range []bool{true, false} {
		if _, err := c.Load(ctx, place.Load{Source: "essai"}, api.ModelRecords(withdrawn)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.SaveTerritories(ctx, api.ModelSet()); err != nil {
		t.Fatal(err)
	}
	return api.ServerOn(t, c, c), c
}

func listen(t testing.TB, h http.Handler) string {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}

// TestOGC restates the checks of the official test suite, on the model and on
// the database.
func TestOGC(t *testing.T) {
	t.Run("model", func(t *testing.T) { checkOGC(t, listen(t, api.ModelServer(t))) })
	t.Run("database", func(t *testing.T) {
		s, _ := onDatabase(t)
		checkOGC(t, listen(t, s))
	})
}

type answer struct {
	*http.Response
	body []byte
}

func (a answer) into(t testing.TB, v any) {
	t.Helper()
	if err := json.Unmarshal(a.body, v); err != nil {
		t.Fatalf("%s: %v in %s", a.Request.URL, err, a.body)
	}
}

// ask asks an address of the server, or an absolute one that it gave.
func (s subject) ask(method, target string, headers ...string) answer {
	s.t.Helper()
	if !strings.HasPrefix(target, "http") {
		target = s.url + target
	}
	r, err := http.NewRequest(method, target, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	client := http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{DisableCompression: true}}
	defer client.CloseIdleConnections()
	got, err := client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer got.Body.Close()
	b, err := io.ReadAll(got.Body)
	if err != nil {
		s.t.Fatalf("%s: %v", target, err)
	}
	if got.Header.Get("Content-Encoding") == "" {
		api.CheckContract(s.t, r, got.StatusCode, got.Header, b)
	}
	return answer{got, b}
}

func (s subject) get(target string, headers ...string) answer {
	s.t.Helper()
	return s.ask(http.MethodGet, target, headers...)
}

func (s subject) json(target string) (v map[string]any) {
	s.t.Helper()
	a := s.get(target, "Accept", "application/geo+json, application/json;q=0.9")
	if a.StatusCode != http.StatusOK {
		s.t.Fatalf("%s: %d %s", target, a.StatusCode, a.body)
	}
	a.into(s.t, &v)
	return v
}

// link gives the address of the link with a relation and a type.
func (s subject) link(v map[string]any, rel, mediaType string) string {
	s.t.Helper()
	list, _ := v["links"].([]any)
	for _, one := range list {
		l := one.(map[string]any)
		if l["rel"] == rel && (mediaType == "" || l["type"] == mediaType) {
			href := l["href"].(string)
			if !strings.HasPrefix(href, s.url) {
				s.t.Errorf("%s: %s is not an absolute address of the server", rel, href)
			}
			return href
		}
	}
	s.t.Errorf("no link %s of type %q in %v", rel, mediaType, list)
	return s.url
}

func checkOGC(t *testing.T, address string) {
	check := func(name string, f func(subject)) {
		t.Run(name, func(t *testing.T) { f(subject{t, address}) })
	}
	check("1 landing page", checkLanding)
	check("2 definition", checkDefinition)
	check("3 and 4 parameters declared", checkDeclared)
	check("5 wrong requests", checkWrong)
	check("6 collections", checkCollections)
	check("7 items", checkItems)
	check("8 pages", checkPages)
	check("9 features", checkFeatures)
	check("11 methods and headers", checkHeaders)
}

func checkLanding(s subject) {
	for _, accept := range []string{"", "*/*", "application/json"} {
		a := s.get("/", "Accept", accept)
		if got := a.Header.Get("Content-Type"); got != "application/json" {
			s.t.Errorf("Accept %q gives %q", accept, got)
		}
	}
	root := s.json("/")
	s.link(root, "self", "application/json")
	s.link(root, "alternate", "text/html")
	for rel, mediaType := range map[string]string{"service-desc": "application/vnd.oai.openapi+json;version=3.0", "service-doc": "text/html", "conformance": "application/json", "data": "application/json"} {
		a := s.get(s.link(root, rel, mediaType), "Accept", mediaType)
		if a.StatusCode != http.StatusOK || !strings.HasPrefix(a.Header.Get("Content-Type"), mediaType) {
			s.t.Errorf("%s: %d %s", rel, a.StatusCode, a.Header.Get("Content-Type"))
		}
	}
	classes := s.json("/conformance")["conformsTo"].([]any)
	for _, class := range []string{"core", "geojson", "html", "oas30"} {
		if !slices.Contains(classes, any("http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/"+class)) {
			s.t.Errorf("class %s is not declared", class)
		}
	}
}

func (s subject) definition() *openapi3.T {
	s.t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(s.get("/api").body)
	if err != nil {
		s.t.Fatal(err)
	}
	return doc
}

func checkDefinition(s subject) {
	doc := s.definition()
	if err := doc.Validate(context.Background()); err != nil {
		s.t.Error(err)
	}
	if !strings.HasPrefix(doc.OpenAPI, "3.0.") {
		s.t.Errorf("OpenAPI %s", doc.OpenAPI)
	}
	if len(doc.Servers) != 1 || doc.Servers[0].URL != s.url {
		s.t.Errorf("servers %+v: want the absolute %s, without trailing slash", doc.Servers, s.url)
	}
	for _, path := range []string{"/", "/conformance", "/collections", "/collections/lieux", "/collections/lieux/items", "/collections/lieux/items/{featureId}", "/collections/communes/items"} {
		if doc.Paths.Value(path) == nil {
			s.t.Errorf("no %s", path)
		}
	}
}

func checkDeclared(s subject) {
	doc := s.definition()
	for _, collection := range []string{"lieux", "communes"} {
		parameters := doc.Paths.Value("/collections/" + collection + "/items").Get.Parameters
		limit := parameters.GetByInAndName("query", "limit")
		if sc := limit.Schema.Value; !sc.Type.Is("integer") || sc.Min == nil || *sc.Min != 1 || sc.Max == nil || *sc.Max < 10000 || sc.Default == nil || limit.Style != "form" || limit.Explode == nil || *limit.Explode || limit.Required {
			s.t.Errorf("limit: %+v", limit)
		}
		bbox := parameters.GetByInAndName("query", "bbox")
		if sc := bbox.Schema.Value; !sc.Type.Is("array") || sc.MinItems != 4 || sc.MaxItems == nil || *sc.MaxItems != 6 || !sc.Items.Value.Type.Is("number") || len(sc.OneOf) > 0 || bbox.Style != "form" || *bbox.Explode || bbox.Required {
			s.t.Errorf("bbox: %+v", bbox)
		}
		datetime := parameters.GetByInAndName("query", "datetime")
		if !datetime.Schema.Value.Type.Is("string") || datetime.Style != "form" || *datetime.Explode || datetime.Required {
			s.t.Errorf("datetime: %+v", datetime)
		}
	}
}

func checkWrong(s subject) {
	for _, query := range []string{
		"limit=unlimited", "limit=0", "limit=-1", "limit=10.5", "limit=", "inconnu=1", "bbox-crs=http://www.opengis.net/def/crs/EPSG/0/4326", "crs=x", "sortby=nom", "filter=1", "offset=10",
		"bbox=1,2,3", "bbox=1,2,3,4,5", "bbox=1,2,3,4,5,6,7", "bbox=a,b,c,d", "bbox=1;2;3;4", "bbox=4,50,5,49", "bbox=4,-91,5,49", "bbox=NaN,0,1,1", "bbox=Infinity,0,1,1", "bbox=",
		"datetime=hier", "datetime=2024-13-01", "datetime=2024-02-30T00:00:00Z", "datetime=2024-01-01/2023-01-01", "datetime=2024-01-01/2024-01-02/2024-01-03", "datetime=2024-01-01T00:00:00", "datetime=..", "datetime=",
		"f=xml", "cursor=abc", "cursor=%2B%2F%3D", "q=", "q=%00", "q=%FF", "q=%zz", "a;b=1", "code_insee=1", "code_postal=abc", "departement=20", "limit=1&limit=0", "bbox=1,2,3,4&bbox=1,2,3,5",
	} {
		for _, collection := range []string{"lieux", "communes"} {
			a := s.get("/collections/" + collection + "/items?" + query)
			if a.StatusCode != http.StatusBadRequest || a.Header.Get("Content-Type") != "application/problem+json" {
				s.t.Errorf("%s?%s: %d %s", collection, query, a.StatusCode, a.Header.Get("Content-Type"))
			}
		}
	}
	for _, path := range []string{"/", "/conformance", "/collections", "/collections/lieux", "/api", "/healthz", "/readyz", "/metrics", "/exports/lieux.csv", "/exports/lieux.geojson", "/outlines.geojson", "/robots.txt", "/api.html", "/openapi.yaml", "/suggestions"} {
		if a := s.get(path + "?inconnu=1"); a.StatusCode != http.StatusBadRequest {
			s.t.Errorf("%s?inconnu=1: %d", path, a.StatusCode)
		}
	}
	for _, bbox := range []string{"177,65,-177,70", "-180,85,180,90", "0,-90,180,-85", "-180,-90,180,90", "4,49,4,49"} {
		if a := s.get("/collections/lieux/items?bbox=" + bbox); a.StatusCode != http.StatusOK {
			s.t.Errorf("bbox %s: %d %s", bbox, a.StatusCode, a.body)
		}
	}
	if a := s.get("/collections/lieux/items?limit=10001"); a.StatusCode != http.StatusOK {
		s.t.Errorf("limit over the maximum: %d", a.StatusCode)
	}
	for _, path := range []string{"/collections/rien", "/collections/rien/items", "/rien", "/collections/lieux/items/rien", "/collections/lieux/items/00000000", "/collections/lieux/items/" + url.PathEscape("a'; DROP TABLE x--"), "/collections/lieux/items/%00", "/collections/communes/items/99999", "/assets/rien.js"} {
		a := s.get(path)
		if a.StatusCode != http.StatusNotFound || a.Header.Get("Content-Type") != "application/problem+json" {
			s.t.Errorf("%s: %d %s", path, a.StatusCode, a.Header.Get("Content-Type"))
		}
	}
}

func checkCollections(s subject) {
	all := s.json("/collections")
	s.link(all, "self", "application/json")
	s.link(all, "alternate", "text/html")
	list := all["collections"].([]any)
	if len(list) != 2 {
		s.t.Fatalf("%d collections", len(list))
	}
	for _, one := range list {
		c := one.(map[string]any)
		alone := s.json("/collections/" + c["id"].(string))
		for _, member := range []string{"id", "title", "description", "extent", "crs", "itemType"} {
			if d := cmp.Diff(c[member], alone[member]); d != "" {
				s.t.Errorf("%s of %s: %s", member, c["id"], d)
			}
		}
		for _, v := range []map[string]any{c, alone} {
			href := s.link(v, "items", "application/geo+json")
			if got := s.get(href).Header.Get("Content-Type"); got != "application/geo+json" {
				s.t.Errorf("%s is %s", href, got)
			}
			s.link(v, "items", "text/html")
			s.link(v, "self", "application/json")
		}
		s.link(alone, "alternate", "text/html")
	}
	// The extent is real: it holds every feature, and is no wider.
	extent := list[0].(map[string]any)["extent"].(map[string]any)
	box := extent["spatial"].(map[string]any)["bbox"].([]any)[0].([]any)
	want := []float64{180, 90, -180, -90}
	for _, f := range s.json("/collections/lieux/items")["features"].([]any) {
		if g, _ := f.(map[string]any)["geometry"].(map[string]any); g != nil {
			at := g["coordinates"].([]any)
			want[0], want[1] = min(want[0], at[0].(float64)), min(want[1], at[1].(float64))
			want[2], want[3] = max(want[2], at[0].(float64)), max(want[3], at[1].(float64))
		}
	}
	for i := range want {
		if diff := box[i].(float64) - want[i]; diff > 1e-5 || diff < -1e-5 {
			s.t.Errorf("extent %v, want %v", box, want)
			break
		}
	}
	interval := extent["temporal"].(map[string]any)["interval"].([]any)[0].([]any)
	if d := cmp.Diff([]any{"2024-04-02T00:00:00Z", "2026-03-02T23:59:59Z"}, interval); d != "" {
		s.t.Error(d)
	}
}

func checkItems(s subject) {
	for _, collection := range []string{"lieux", "communes"} {
		v := s.json("/collections/" + collection + "/items")
		if v["type"] != "FeatureCollection" {
			s.t.Errorf("type %v", v["type"])
		}
		features := v["features"].([]any)
		if got := v["numberReturned"].(float64); int(got) != len(features) || len(features) == 0 {
			s.t.Errorf("numberReturned %v of %d", got, len(features))
		}
		if n, ok := v["numberMatched"]; ok && int(n.(float64)) != len(features) {
			s.t.Errorf("numberMatched %v of %d", n, len(features))
		}
		if _, err := time.Parse(time.RFC3339, v["timeStamp"].(string)); err != nil || !strings.HasSuffix(v["timeStamp"].(string), "Z") {
			s.t.Errorf("timeStamp %v", v["timeStamp"])
		}
		if got := s.link(v, "self", "application/geo+json"); got != s.url+"/collections/"+collection+"/items" {
			s.t.Errorf("self is %s", got)
		}
		html := s.get(s.link(v, "alternate", "text/html"))
		if !strings.HasPrefix(html.Header.Get("Content-Type"), "text/html") || !bytes.Contains(html.body, []byte("<html")) {
			s.t.Errorf("alternate: %s %s", html.Header.Get("Content-Type"), html.body)
		}
		if list := fmt.Sprint(v["links"]); strings.Contains(list, "rel:next") {
			s.t.Errorf("a next page of a whole answer: %s", list)
		}
	}
}

func checkPages(s subject) {
	for _, path := range []string{"/collections/lieux/items?limit=1", "/collections/communes/items?limit=1", "/collections/lieux/items?limit=2&near=4.03,49.25", "/collections/lieux/items?limit=2&services=Aide+aux+d%C3%A9marches+administratives"} {
		var ids, whole []string
		for _, f := range s.json(path + "&limit=1000&limit=1000")["features"].([]any) {
			whole = append(whole, f.(map[string]any)["id"].(string))
		}
		next := s.url + path
		for range 20 {
			v := s.json(next)
			for _, f := range v["features"].([]any) {
				ids = append(ids, f.(map[string]any)["id"].(string))
			}
			if !strings.Contains(fmt.Sprint(v["links"]), "rel:next") {
				next = ""
				break
			}
			next = s.link(v, "next", "application/geo+json")
			u, _ := url.Parse(next)
			if cursor := u.Query().Get("cursor"); !regexp.MustCompile(`^[A-Za-z0-9_-]+$`).MatchString(cursor) {
				s.t.Errorf("cursor %q", cursor)
			}
		}
		if next != "" {
			s.t.Errorf("%s: pages without end", path)
		}
		if d := cmp.Diff(whole, ids); d != "" {
			s.t.Errorf("%s: -whole +pages: %s", path, d)
		}
	}
	// limit overridden on the next link, and a key repeated.
	first := s.json("/collections/lieux/items?limit=2")
	next := s.link(first, "next", "")
	u, _ := url.Parse(next)
	q := u.Query()
	q.Set("limit", "3")
	u.RawQuery = q.Encode()
	if v := s.json(u.String()); v["numberReturned"].(float64) != 3 {
		s.t.Errorf("limit overridden: %v features", v["numberReturned"])
	}
	if a := s.get(next + "&limit=2"); a.StatusCode != http.StatusOK {
		s.t.Errorf("limit repeated: %s", a.body)
	}
	if a := s.get(next + "&departement=51"); a.StatusCode != http.StatusBadRequest || !strings.Contains(string(a.body), "autre recherche") {
		s.t.Errorf("cursor with other conditions: %d %s", a.StatusCode, a.body)
	}
}

func checkFeatures(s subject) {
	for _, collection := range []string{"lieux", "communes"} {
		for _, one := range s.json("/collections/" + collection + "/items")["features"].([]any) {
			f := one.(map[string]any)
			id := f["id"].(string)
			alone := s.json("/collections/" + collection + "/items/" + id)
			if d := cmp.Diff(f["properties"], alone["properties"]); d != "" {
				s.t.Errorf("%s: %s", id, d)
			}
			if d := cmp.Diff(f["geometry"], alone["geometry"]); d != "" || alone["id"] != id || alone["type"] != "Feature" {
				s.t.Errorf("%s: %s", id, d)
			}
			if got := s.link(alone, "self", "application/geo+json"); got != s.url+"/collections/"+collection+"/items/"+id {
				s.t.Errorf("self is %s", got)
			}
			s.link(alone, "collection", "application/json")
			if html := s.get(s.link(alone, "alternate", "text/html")); html.StatusCode != http.StatusOK || !bytes.Contains(html.body, []byte("<html")) {
				s.t.Errorf("%s: page %d", id, html.StatusCode)
			}
		}
	}
	gone := s.get("/collections/lieux/items/" + place.Identifier(7))
	if gone.StatusCode != http.StatusGone || gone.Header.Get("Content-Type") != "application/problem+json" {
		s.t.Errorf("withdrawn: %d %s", gone.StatusCode, gone.body)
	}
	former := s.json("/collections/communes/items/51999")
	if former["id"] != "51454" {
		s.t.Errorf("a former code gives %v", former["id"])
	}
}

func checkHeaders(s subject) {
	for _, path := range []string{"/", "/collections", "/collections/lieux/items", "/collections/lieux/items/" + place.Identifier(1), "/api", "/conformance", "/exports/lieux.csv", "/collections/communes/items/51454"} {
		get, head := s.get(path), s.ask(http.MethodHead, path)
		if head.StatusCode != http.StatusOK || len(head.body) > 0 || head.Header.Get("Content-Type") != get.Header.Get("Content-Type") || head.Header.Get("ETag") != get.Header.Get("ETag") {
			s.t.Errorf("HEAD %s: %d %v", path, head.StatusCode, head.Header)
		}
		options := s.ask(http.MethodOptions, path, "Origin", "https://ailleurs.example", "Access-Control-Request-Method", "GET")
		if options.StatusCode != http.StatusNoContent || !strings.Contains(options.Header.Get("Allow"), "GET") || options.Header.Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(options.Header.Get("Access-Control-Allow-Methods"), "GET") {
			s.t.Errorf("OPTIONS %s: %d %v", path, options.StatusCode, options.Header)
		}
		if get.Header.Get("Access-Control-Allow-Origin") != "*" {
			s.t.Errorf("%s: no CORS", path)
		}
		vary := get.Header.Get("Vary")
		if !strings.Contains(vary, "Accept") || !strings.Contains(vary, "Accept-Encoding") {
			s.t.Errorf("%s: Vary %q", path, vary)
		}
		tag := get.Header.Get("ETag")
		if !strings.HasPrefix(tag, `W/"`) {
			s.t.Errorf("%s: ETag %q", path, tag)
		}
		for _, none := range []string{tag, strings.TrimPrefix(tag, "W/"), `"autre", ` + tag, "*"} {
			a := s.get(path, "If-None-Match", none)
			if a.StatusCode != http.StatusNotModified || len(a.body) > 0 || a.Header.Get("ETag") != tag || a.Header.Get("Vary") != vary {
				s.t.Errorf("%s with %s: %d", path, none, a.StatusCode)
			}
		}
		if a := s.get(path, "If-None-Match", `W/"autre"`); a.StatusCode != http.StatusOK {
			s.t.Errorf("%s with another version: %d", path, a.StatusCode)
		}
		// Part 4 adds there; where nobody keeps keys, as here, nothing is written.
		refused, allow := http.StatusMethodNotAllowed, true
		if path == "/collections/lieux/items" {
			refused, allow = http.StatusServiceUnavailable, false
		}
		if a := s.ask(http.MethodPost, path); a.StatusCode != refused || (a.Header.Get("Allow") != "") != allow || a.Header.Get("Content-Type") != "application/problem+json" {
			s.t.Errorf("POST %s: %d %v", path, a.StatusCode, a.Header)
		}
	}
	items := "/collections/lieux/items"
	for _, c := range []struct{ f, accept, want string }{
		{"", "text/html", "text/html; charset=utf-8"},
		{"", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html; charset=utf-8"},
		{"", "application/geo+json", "application/geo+json"},
		{"", "application/json", "application/geo+json"},
		{"", "text/html;q=0.1, application/json;q=0.2", "application/geo+json"},
		{"", "application/geo+json;q=0, */*", "text/html; charset=utf-8"},
		{"json", "text/html", "application/geo+json"},
		{"geojson", "text/html", "application/geo+json"},
		{"html", "application/json", "text/html; charset=utf-8"},
		{"", "application/xml", "application/problem+json"},
		{"json", "application/xml", "application/geo+json"},
	} {
		target := items
		if c.f != "" {
			target += "?f=" + c.f
		}
		a := s.get(target, "Accept", c.accept)
		if a.Header.Get("Content-Type") != c.want || (a.StatusCode == http.StatusNotAcceptable) != (c.want == "application/problem+json") {
			s.t.Errorf("f=%s Accept: %s: %d %s", c.f, c.accept, a.StatusCode, a.Header.Get("Content-Type"))
		}
	}
	a := s.get(items, "Accept-Encoding", "br;q=1, gzip;q=0.5")
	if a.Header.Get("Content-Encoding") != "gzip" {
		s.t.Errorf("not compressed: %v", a.Header)
	}
	unzipped, err := gzip.NewReader(bytes.NewReader(a.body))
	if err != nil {
		s.t.Fatal(err)
	}
	text, err := io.ReadAll(unzipped)
	if err != nil || !bytes.Equal(text, s.get(items).body) && len(text) != len(s.get(items).body) {
		s.t.Errorf("compressed answer differs: %v", err)
	}
	if a := s.get(items, "Accept-Encoding", "gzip;q=0"); a.Header.Get("Content-Encoding") != "" {
		s.t.Error("compressed although refused")
	}
}

// TestModelAndDatabaseAgree asks both the same questions: the fake that the
// other tests lean on is honest, and so is the SQL.
func TestModelAndDatabaseAgree(t *testing.T) {
	s, _ := onDatabase(t)
	model, database := subject{t, listen(t, api.ModelServer(t))}, subject{t, listen(t, s)}
	for _, query := range []string{
		"", "limit=3", "bbox=4,49,4.1,49.3", "bbox=177,65,-177,70", "bbox=55,-30,-170,-20", "bbox=-180,-90,180,90", "datetime=2024-04-02", "datetime=2026-01-01/..", "datetime=../2024-12-31",
		"frais_a_charge=Gratuit", "frais_a_charge=Gratuit,Payant", "frais_a_charge=Gratuit&services=Aide+aux+d%C3%A9marches+administratives", "typologie=BIB,CCAS", "modalites_acces=Se+pr%C3%A9senter",
		"code_insee=51454", "code_insee=51999", "code_insee=75056", "code_postal=33300", "departement=33,974", "q=mediatheque+REIMS", "q=%C5%93uvre", "q=%25", "q=_1", "q=a%5C", "q=rue",
		"ouvert=2026-04-15T11:00", "ouvert=2026-04-15T11:00:00Z", "ouvert=maintenant", "ouvert=2026-04-15T13:00", "near=4.0320,49.2530&radius=5000", "near=2.35,48.85", "near=2.35,48.85&frais_a_charge=Gratuit&limit=1", "near=55.4,-20.8&radius=1000",
		"near=-0.5,44.8&ouvert=maintenant", "near=-74,40.7&limit=2", "near=4.0317,49.2583&radius=100",
	} {
		ids := func(s subject) (out []string) {
			a := s.get("/collections/lieux/items?" + query)
			if a.StatusCode != http.StatusOK {
				return []string{fmt.Sprint(a.StatusCode)}
			}
			var v struct{ Features []struct{ ID string } }
			a.into(t, &v)
			for _, f := range v.Features {
				out = append(out, f.ID)
			}
			return out
		}
		if d := cmp.Diff(ids(model), ids(database)); d != "" {
			t.Errorf("%s: -model +database: %s", query, d)
		}
	}
}

// TestGDALReadsIt: a client written by others, from Debian, finds both
// collections and pages through all of them.
func TestGDALReadsIt(t *testing.T) {
	for _, tool := range []string{"ogrinfo", "ogr2ogr"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("CI") != "" || os.Getenv("MEDNUM_TEST_REQUIRE") != "" {
				t.Fatalf("%s is not installed: apt-get install gdal-bin", tool)
			}
			t.Skipf("%s is not installed (apt-get install gdal-bin)", tool)
		}
	}
	run := func(t *testing.T, command string, arguments ...string) string {
		t.Helper()
		ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
		defer cancel()
		c := exec.CommandContext(ctx, command, arguments...)
		c.Env = append(os.Environ(), "http_proxy=", "HTTP_PROXY=", "no_proxy=*")
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %v: %v\n%s", command, arguments, err, out)
		}
		if strings.Contains(string(out), "ERROR") || strings.Contains(string(out), "Warning") {
			t.Errorf("%s %v says:\n%s", command, arguments, out)
		}
		return string(out)
	}
	for name, h := range map[string]func(*testing.T) http.Handler{
		"model":    func(t *testing.T) http.Handler { return api.ModelServer(t) },
		"database": func(t *testing.T) http.Handler { s, _ := onDatabase(t); return s },
	} {
		t.Run(name, func(t *testing.T) {
			address := "OAPIF:" + listen(t, h(t))
			out := run(t, "ogrinfo", "-ro", "-al", "-so", address)
			for _, want := range []string{"Layer name: lieux", "Layer name: communes", "Feature Count: 6", "Feature Count: 4", "services: String", "Geometry: "} {
				if !strings.Contains(out, want) {
					t.Errorf("no %q in:\n%s", want, out)
				}
			}
			// Two features a page: it must turn them.
			file := t.TempDir() + "/lieux.geojson"
			run(t, "ogr2ogr", "-f", "GeoJSON", file, address, "lieux", "-oo", "PAGE_SIZE=2")
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var v struct {
				Features []struct{ Properties map[string]any }
			}
			if err := json.Unmarshal(text, &v); err != nil {
				t.Fatal(err)
			}
			names := map[string]bool{}
			for _, f := range v.Features {
				names[fmt.Sprint(f.Properties["nom"])] = true
			}
			if len(names) != 6 {
				t.Errorf("%v", slices.Collect(maps.Keys(names)))
			}
		})
	}
}

func gunzip(t testing.TB, a answer) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(a.body))
	if err != nil {
		t.Fatalf("%s: %d %v", a.Request.URL, a.StatusCode, err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
