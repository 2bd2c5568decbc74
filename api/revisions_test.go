package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"mednum/api"
	"mednum/internal/history"
	"mednum/internal/place"
	"mednum/internal/postgres"
	"mednum/internal/postgres/pgtest"
)

// A year in the life of a census, in a second: what was exported then is what
// as_of gives now, to the byte, and every page says of when it is.
func TestTheCensusAsItWas(t *testing.T) {
	ctx := context.Background()
	address := pgtest.URL(t)
	c := pgtest.Open(t, address, postgres.Options{})
	s := api.ServerOn(t, c, c, func(config *api.Config) { config.Journal, config.Now, config.VersionAge = c, time.Now, -1 })
	get := func(path string, accept ...string) *httptest.ResponseRecorder {
		t.Helper()
		r := httptest.NewRequest(http.MethodGet, path, nil)
		for _, a := range accept {
			r.Header.Set("Accept", a)
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w
	}
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	empty := time.Now()
	if _, err := c.Load(ctx, place.Load{Source: "essai"}, api.ModelRecords(true)); err != nil {
		t.Fatal(err)
	}
	type kept struct {
		at           time.Time
		csv, geojson string
		one          int
	}
	var all []kept
	keep := func() {
		k := kept{csv: get("/exports/lieux.csv").Body.String(), geojson: get("/exports/lieux.geojson").Body.String(), one: get("/collections/lieux/items/" + place.Identifier(1)).Code}
		if err := conn.QueryRow(ctx, `SELECT clock_timestamp()`).Scan(&k.at); err != nil {
			t.Fatal(err)
		}
		all = append(all, k)
	}
	keep()
	for _, sql := range []string{
		`UPDATE features SET feature = replace(feature, '"nom":"', '"nom":"Grand ') WHERE seq % 2 = 1`,
		`UPDATE places SET shown = false WHERE seq = 1`,
		`BEGIN; UPDATE places SET shown = true WHERE seq = 1; UPDATE places SET shown = false WHERE seq > 3; COMMIT`,
		`DELETE FROM places WHERE seq = 2`,
	} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
		keep()
	}
	for i, k := range all {
		query := "?as_of=" + url.QueryEscape(k.at.Format(time.RFC3339Nano))
		csv, geojson := get("/exports/lieux.csv"+query), get("/exports/lieux.geojson"+query)
		if csv.Code != 200 || csv.Body.String() != k.csv || strings.Count(k.csv, "\n") < 2 {
			t.Errorf("CSV as of %d: %d\n%.300s\nnot\n%.300s", i, csv.Code, csv.Body, k.csv)
		}
		if geojson.Code != 200 || geojson.Body.String() != k.geojson {
			t.Errorf("GeoJSON as of %d: %d", i, geojson.Code)
		}
		if n := csv.Header().Get("Mednum-Revision"); n != strconv.Itoa(i+2) {
			t.Errorf("as of %d: revision %q", i, n)
		}
		if at, err := http.ParseTime(csv.Header().Get("Memento-Datetime")); err != nil || at.After(k.at) {
			t.Errorf("as of %d: %v, %v", i, at, err)
		}
		if code := get("/collections/lieux/items/" + place.Identifier(1) + query).Code; code != k.one {
			t.Errorf("place as of %d: %d, not %d", i, code, k.one)
		}
		// Page by page, the same places.
		next, n := "/collections/lieux/items"+query+"&limit=2", 0
		for next != "" {
			var page struct {
				Features  []json.RawMessage
				TimeStamp time.Time
				Links     []struct{ Href, Rel string }
			}
			w := get(next)
			if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil || !page.TimeStamp.Equal(k.at.Truncate(time.Second)) {
				t.Fatalf("%s: %v, of %v", next, err, page.TimeStamp)
			}
			n += len(page.Features)
			next = ""
			today := false
			for _, l := range page.Links {
				u, _ := url.Parse(l.Href)
				if l.Rel == "next" {
					next = u.RequestURI()
				}
				today = today || l.Rel == "original" && !strings.Contains(l.Href, "as_of")
			}
			if !today {
				t.Errorf("%s: no link to today", w.Body)
			}
		}
		if n != strings.Count(k.csv, "\n")-1 {
			t.Errorf("as of %d: %d places page by page, %d in the export", i, n, strings.Count(k.csv, "\n")-1)
		}
	}
	// Before the load there was nothing, and the place was none.
	at := url.QueryEscape(empty.Format(time.RFC3339Nano))
	if w := get("/exports/lieux.csv?as_of=" + at); w.Code != 200 || strings.Count(w.Body.String(), "\n") != 1 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := get("/collections/lieux/items/" + place.Identifier(1) + "?as_of=" + at); w.Code != 404 {
		t.Errorf("%d", w.Code)
	}
	for value, want := range map[string]string{
		"hier": "Écrire un jour", "2026-13-01": "Écrire un jour", "2026-11-22T10:00": "Écrire un jour", "2999-01-01": "à venir", "2999-01-01T00:00:00Z": "à venir",
		"2019-01-01": "Le journal commence le ", "2019-01-01T00:00:00+01:00": "Le journal commence le ", "": "vide",
	} {
		for _, path := range []string{"/exports/lieux.csv", "/exports/lieux.geojson", "/collections/lieux/items", "/collections/lieux/items/" + place.Identifier(1)} {
			w := get(path+"?as_of="+url.QueryEscape(value), "application/json")
			var p struct {
				Errors []struct{ Parameter, Detail string }
			}
			if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != 400 || len(p.Errors) != 1 || p.Errors[0].Parameter != "as_of" || !strings.Contains(p.Errors[0].Detail, want) {
				t.Errorf("%s as of %q: %d %s", path, value, w.Code, w.Body)
			}
		}
	}
	if w := get("/collections/lieux/items?as_of=" + time.Now().UTC().Format(time.DateOnly)); w.Code != 200 || !strings.Contains(w.Header().Get("Cache-Control"), "max-age=0") {
		t.Errorf("today: %d, %v", w.Code, w.Header())
	}
	page := get("/collections/lieux/items/"+place.Identifier(1)+"?as_of="+url.QueryEscape(all[0].at.Format(time.RFC3339Nano)), "text/html").Body.String()
	if !strings.Contains(page, "Page du passé") || !strings.Contains(page, `href="/collections/lieux/items/`+place.Identifier(1)+`">Voir aujourd’hui`) {
		t.Error(page)
	}

	// What changed, and where.
	var list struct {
		Revisions []struct{ Revision, Lieux int }
	}
	if err := json.Unmarshal(get("/revisions").Body.Bytes(), &list); err != nil || len(list.Revisions) != 6 || list.Revisions[0].Revision != 6 {
		t.Fatalf("%+v, %v", list, err)
	}
	for _, r := range list.Revisions {
		var one struct {
			Lieux        int
			Cause        history.Cause
			LieuxTouches []struct {
				Lieu, Etat  string
				Nouveau     bool
				Changements []struct{ Champ, Avant, Apres string }
			} `json:"lieux_touches"`
		}
		w := get(fmt.Sprintf("/revisions/%d", r.Revision))
		if err := json.Unmarshal(w.Body.Bytes(), &one); err != nil || len(one.LieuxTouches) != one.Lieux {
			t.Errorf("%s: %v", w.Body, err)
		}
		if r.Revision == 3 {
			if x := one.LieuxTouches[0]; one.Cause != history.Unsigned || len(x.Changements) != 1 || x.Changements[0].Champ != "nom" || !strings.HasPrefix(x.Changements[0].Apres, "Grand ") {
				t.Errorf("%+v", one)
			}
		}
		if html := get(fmt.Sprintf("/revisions/%d", r.Revision), "text/html"); html.Code != 200 {
			t.Errorf("%d: %s", html.Code, html.Body)
		}
	}
	for path, code := range map[string]int{"/revisions/7": 404, "/revisions/0": 404, "/revisions/a": 404, "/revisions/99999999999999999999": 404, "/revisions?avant=2": 200,
		"/revisions?avant=0": 400, "/revisions?limit=1": 200, "/revisions/2?apres=rien": 400, "/revisions/2?limit=1": 200} {
		if w := get(path); w.Code != code {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	if html := get("/revisions?limit=2", "text/html").Body.String(); !strings.Contains(html, "Changement fait dans la base") || !strings.Contains(html, "avant=5") {
		t.Error(html)
	}
}
