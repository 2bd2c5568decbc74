package api

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"mednum/internal/place"
)

// FuzzItems sends any query string: never a panic, never a 5xx, never places
// that a condition of the query excludes, and every answer is one that
// openapi.yaml announces.
func FuzzItems(f *testing.F) {
	for _, seed := range []string{
		"", "limit=10", "limit=-1", "limit=10&limit=20", "bbox=4,49,5,50", "bbox=177,65,-177,70", "bbox=1,2,3", "bbox=NaN,0,1,1", "bbox=4,49,5,50&bbox-crs=x",
		"datetime=2024-04-02/..", "datetime=../..", "datetime=%2F", "near=4.03,49.25&radius=5000", "near=49.25,4.03", "radius=5", "near=4,49&radius=1e9",
		"ouvert=maintenant", "ouvert=2026-07-14T09:30", "ouvert=2026-07-14T09:30:00+02:00", "ouvert=2026-07-14", "services=Couture", "services=Aide+aux+d%C3%A9marches+administratives,Couture",
		"frais_a_charge=gratuit", "frais_a_charge=Gratuit&frais_a_charge=Payant", "code_insee=51454,33063", "code_insee=%00", "code_postal=51100", "departement=2a", "q=%25_%5C'", "q=%FF", "q=a&q=b",
		"cursor=AXMAAAAAAQ", "cursor=%2B", "f=html", "f=csv", "a;b", "%zz", "=", "&&&", "Limit=1", "limit[]=1", "near=4.03,49.25&ouvert=maintenant&frais_a_charge=Gratuit&limit=1&q=reims",
		"q=" + strings.Repeat("a", 300), "services=" + strings.Repeat(",", 300), "bbox=" + strings.Repeat("1", 400) + ",2,3,4", "limit=" + strings.Repeat("9", 400), "filter=1&sortby=nom;DROP TABLE places",
	} {
		f.Add(seed)
	}
	s := serverOf(f, newCensus())
	every := newCensus().places
	f.Fuzz(func(t *testing.T, query string) {
		r := httptest.NewRequest(http.MethodGet, "/collections/lieux/items", nil)
		r.URL.RawQuery = query
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		CheckContract(t, r, w.Code, w.Header(), w.Body.Bytes())
		given, err := url.ParseQuery(query)
		switch {
		case w.Code == http.StatusBadRequest:
			return
		case w.Code != http.StatusOK:
			t.Fatalf("%q: %d %s", query, w.Code, w.Body)
		case err != nil:
			t.Fatalf("%q cannot be read and answers 200", query)
		}
		for name := range given {
			if !slices.ContainsFunc(parameters, func(p parameter) bool { return p.name == name && p.on&lieux != 0 }) {
				t.Fatalf("%q: %q is unknown and answers 200", query, name)
			}
		}
		if strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
			return
		}
		var c collectionOf
		if err := json.Unmarshal(w.Body.Bytes(), &c); err != nil {
			t.Fatalf("%q: %v", query, err)
		}
		// Judged again from the words of the query, without the parser.
		for _, feature := range c.Features {
			i := slices.IndexFunc(every, func(m modelPlace) bool { return m.published.ID == feature.ID })
			p := every[i]
			if p.withdrawn {
				t.Errorf("%q gives a withdrawn place", query)
			}
			for _, column := range place.Columns {
				values, ok := given[column.Name]
				if !ok || column.Vocabulary == nil {
					continue
				}
				wanted := strings.Split(place.Fold(strings.Join(values, ",")), ",")
				if !slices.ContainsFunc(*column.List(&p.place), func(has string) bool {
					return slices.ContainsFunc(wanted, func(w string) bool {
						v, ok := column.Vocabulary.Find(w)
						return ok && v == has
					})
				}) {
					t.Errorf("%q gives %s, which has %v", query, feature.ID, *column.List(&p.place))
				}
			}
			if v := given.Get("code_postal"); v != "" && !strings.Contains(strings.Join(given["code_postal"], ","), p.place.CodePostal) {
				t.Errorf("%q gives a place of %s", query, p.place.CodePostal)
			}
			if v := given.Get("departement"); v != "" && !strings.Contains(strings.ToUpper(strings.Join(given["departement"], ",")), p.published.Departement) {
				t.Errorf("%q gives a place of %s", query, p.published.Departement)
			}
			for _, needsPosition := range []string{"bbox", "near"} {
				if given.Has(needsPosition) && !p.place.Position.Known() {
					t.Errorf("%q gives a place without position", query)
				}
			}
			if given.Has("ouvert") && p.place.Horaires == "" {
				t.Errorf("%q gives a place without hours", query)
			}
			if _, has := feature.Properties["distance"]; has != given.Has("near") {
				t.Errorf("%q: distance %v", query, feature.Properties["distance"])
			}
		}
	})
}

// FuzzPaths sends any path and Accept: never a panic, never a 5xx.
func FuzzPaths(f *testing.F) {
	for _, seed := range []string{"/", "/collections/", "/collections/lieux/items/r36r1ftt", "/collections/lieux/items/..%2f", "/collections/communes/items/2A004", "/assets/../openapi.yaml", "/assets/%2e%2e/x", "//mal.example", "/collections/lieux/items/\x00", "/%zz"} {
		f.Add(seed, "text/html")
		f.Add(seed, "application/json;q=x, */*;q=2, ;;,")
	}
	s := serverOf(f, newCensus())
	f.Fuzz(func(t *testing.T, path, accept string) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.URL.Path, r.URL.RawPath = path, ""
		r.Header.Set("Accept", accept)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code >= 500 {
			t.Errorf("%q Accept %q: %d %s", path, accept, w.Code, w.Body)
		}
		if l := w.Header().Get("Location"); l != "" && !strings.HasPrefix(l, "/") {
			t.Errorf("%q leads to %q", path, l)
		}
	})
}

// FuzzCursor: what we write we read, and anything else is a sentence.
func FuzzCursor(f *testing.F) {
	f.Add("AXMAAAAAAQ", int64(1), 0.0, uint8(0))
	f.Add("", int64(1<<40), 12345.678, uint8(1))
	f.Add("AWQ", int64(3), 2e7, uint8(2))
	f.Fuzz(func(t *testing.T, text string, seq int64, distance float64, kind uint8) {
		a := &asked{operation: lieux, values: url.Values{"q": {"a"}}}
		switch kind % 3 {
		case 1:
			a.find.Near, _ = place.Anywhere(48, 2)
		case 2:
			a.operation = communes
		}
		if after, sentence := a.parseCursor(text); sentence == "" {
			if back := a.cursorAfter(after); back != text {
				t.Errorf("%q reads %+v, which is written %q", text, after, back)
			}
		}
		if seq <= 0 || !(distance >= 0 && distance <= radiusMaximum) {
			return
		}
		want := place.Cursor{Seq: seq}
		switch kind % 3 {
		case 1:
			want = place.Cursor{Distance: distance, ID: place.Identifier(seq)}
		case 2:
			want = place.Cursor{ID: "2A004"}
		}
		got, sentence := a.parseCursor(a.cursorAfter(want))
		if sentence != "" || got != want {
			t.Errorf("%+v came back as %+v: %s", want, got, sentence)
		}
		b := &asked{operation: a.operation, values: url.Values{"q": {"b"}}, find: a.find}
		if _, sentence := b.parseCursor(a.cursorAfter(want)); sentence == "" {
			t.Error("a cursor of other conditions is accepted")
		}
	})
}
