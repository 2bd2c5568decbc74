package api_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mednum/api"
	"mednum/internal/access"
	"mednum/internal/consultation"
	"mednum/internal/place"
	"mednum/internal/postgres"
	"mednum/internal/postgres/pgtest"
)

// bureau is a server on a real census, and keys of people of the Marne.
type bureau struct {
	t      testing.TB
	server *api.Server
	census *postgres.Census
}

func newBureau(t testing.TB) *bureau {
	t.Helper()
	c := pgtest.New(t)
	ctx := context.Background()
	if _, err := c.SaveTerritories(ctx, api.ModelSet()); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Load(ctx, place.Load{Source: "essai"}, api.ModelRecords(false)); err != nil {
		t.Fatal(err)
	}
	b := &bureau{t: t, census: c}
	b.server = api.ServerOn(t, c, c, func(config *api.Config) {
		config.Scores, config.Consultations, config.Edits = c, c, c
		config.VersionAge = -1
	})
	return b
}

func (b *bureau) key(role access.Role, territory, siren string) string {
	b.t.Helper()
	secret, id, hash, err := access.NewSecret(rand.Reader)
	if err != nil {
		b.t.Fatal(err)
	}
	now := time.Now()
	k := access.Key{ID: id, Role: role, Organisation: "Organisation " + siren, Siren: siren, Territory: access.ParseTerritory(territory), Created: now, Expires: now.AddDate(1, 0, 0)}
	if err := b.census.CreateKey(context.Background(), k, hash, consultation.Platform); err != nil {
		b.t.Fatal(err)
	}
	return secret
}

type reply struct {
	*http.Response
	text []byte
}

func (r reply) json(t testing.TB) (v map[string]any) {
	t.Helper()
	if err := json.Unmarshal(r.text, &v); err != nil {
		t.Fatalf("%s: %v", r.text, err)
	}
	return v
}

func (b *bureau) ask(method, path, key, body string, headers ...string) reply {
	b.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Accept", "application/json, application/geo+json")
	switch {
	case method == http.MethodPatch:
		r.Header.Set("Content-Type", "application/merge-patch+json")
	case strings.HasPrefix(body, "{"):
		r.Header.Set("Content-Type", "application/json")
	case body != "":
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	b.server.ServeHTTP(w, r)
	got := w.Result()
	text, err := io.ReadAll(got.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	api.CheckContract(b.t, r, got.StatusCode, got.Header, text)
	return reply{got, text}
}

// must is ask, of what has one answer.
func (b *bureau) must(status int, method, path, key, body string, headers ...string) reply {
	b.t.Helper()
	r := b.ask(method, path, key, body, headers...)
	if r.StatusCode != status {
		b.t.Fatalf("%s %s: %d, not %d: %s", method, path, r.StatusCode, status, r.text)
	}
	return r
}

func (b *bureau) first(query string) string {
	b.t.Helper()
	features := b.must(200, "GET", "/collections/lieux/items?limit=1&"+query, "", "").json(b.t)["features"].([]any)
	if len(features) == 0 {
		b.t.Fatalf("no place of %s", query)
	}
	return "/collections/lieux/items/" + features[0].(map[string]any)["id"].(string)
}

func property(t testing.TB, r reply, name string) any {
	t.Helper()
	return r.json(t)["properties"].(map[string]any)[name]
}

func pointers(t testing.TB, r reply) (out []string) {
	t.Helper()
	errors, _ := r.json(t)["errors"].([]any)
	for _, e := range errors {
		out = append(out, e.(map[string]any)["parameter"].(string))
	}
	return out
}

// One place, as a program writes it: what GET gave changes nothing, an ETag
// holds the second of two editors, both versions are told.
func TestAProgramCorrectsAPlace(t *testing.T) {
	b := newBureau(t)
	agent := b.key(access.Contributor, "departement:51", "225100015")
	lieu := b.first("code_insee=51454")

	read := b.must(200, "GET", lieu, "", "")
	version, _, err := b.census.Versions(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	same := b.must(200, "PUT", lieu, agent, string(read.text), "If-Match", read.Header.Get("ETag"))
	if after, _, _ := b.census.Versions(context.Background()); after != version {
		t.Error("what GET gave made a revision")
	}
	if d := cmp.Diff(string(read.text), string(same.text)); d != "" {
		t.Error(d)
	}
	b.must(428, "PUT", lieu, agent, string(read.text))
	b.must(428, "DELETE", lieu, agent, "")
	b.must(412, "PUT", lieu, agent, string(read.text), "If-Match", `"inconnu"`)
	b.must(415, "PUT", lieu, agent, "nom=x", "If-Match", "*")

	one := b.must(200, "PATCH", lieu, agent, `{"properties":{"horaires":"du lundi au vendredi de 9h à 12h","telephone":null},"raison":"appel du lieu"}`, "If-Match", read.Header.Get("ETag"))
	if property(t, one, "horaires") != "Mo-Fr 09:00-12:00" || property(t, one, "telephone") != nil {
		t.Errorf("%s", one.text)
	}
	if one.json(t)["remarques"] == nil {
		t.Errorf("no remark on what was read otherwise: %s", one.text)
	}
	if one.Header.Get("ETag") == read.Header.Get("ETag") || one.Header.Get("ETag") != b.must(200, "GET", lieu, "", "").Header.Get("ETag") {
		t.Errorf("ETag %s", one.Header.Get("ETag"))
	}

	late := b.must(412, "PATCH", lieu, agent, `{"properties":{"horaires":"Sa 10:00-12:00","nom":"Autre nom"}}`, "If-Match", read.Header.Get("ETag"))
	conflict := late.json(t)["conflit"].(map[string]any)
	if d := cmp.Diff([]any{"horaires"}, conflict["en_conflit"]); d != "" || conflict["organisation"] != "Organisation 225100015" {
		t.Errorf("%s %v", d, conflict)
	}
	if len(conflict["leurs_changements"].([]any)) < 2 || len(conflict["vos_changements"].([]any)) != 2 {
		t.Errorf("%v", conflict)
	}
	// Who reads again goes on.
	b.must(200, "PATCH", lieu, agent, `{"properties":{"horaires":"Sa 10:00-12:00","nom":"Autre nom"}}`, "If-Match", one.Header.Get("ETag"))

	// PUT empties what it leaves out.
	last := b.must(200, "GET", lieu, "", "")
	bare := b.must(200, "PUT", lieu, agent, `{"type":"Feature","geometry":null,"properties":{"nom":"Médiathèque","commune":"Reims","code_postal":"51100","code_insee":"51454","publics_specifiquement_adresses":[]}}`, "If-Match", last.Header.Get("ETag"))
	p := bare.json(t)["properties"].(map[string]any)
	if p["horaires"] != nil || p["services"] != nil || p["nom"] != "Médiathèque" || p["date_maj"] == nil || p["position_precision"] == "donnee" {
		t.Errorf("%s", bare.text)
	}
	if list, ok := p["publics_specifiquement_adresses"].([]any); !ok || len(list) != 0 {
		t.Errorf("publics: %v", p["publics_specifiquement_adresses"])
	}
	// The middle of the commune that GET now shows is no position.
	again := b.must(200, "PUT", lieu, agent, string(bare.text), "If-Match", bare.Header.Get("ETag"))
	if again.Header.Get("ETag") != bare.Header.Get("ETag") {
		t.Error("what PUT gave changes the place")
	}
}

// Everything wrong at once, each where it is.
func TestFaultsOfAFeature(t *testing.T) {
	b := newBureau(t)
	agent := b.key(access.Contributor, "departement:51", "225100015")
	lieu := b.first("code_insee=51454")
	tag := b.must(200, "GET", lieu, "", "").Header.Get("ETag")
	for _, c := range []struct {
		body string
		want []string
	}{
		{`{"type":"FeatureCollection","titre":"x","properties":{"horaire":"x","nom":12,"services":"Repassage","telephone":"douze","latitude":4,"score":101}}`,
			[]string{"/properties/horaire", "/properties/latitude", "/properties/nom", "/properties/score", "/properties/services", "/properties/telephone", "/titre", "/type"}},
		{`{"geometry":{"type":"Point","coordinates":[1]},"properties":{"typologie":["A|B"],"courriels":["pas une adresse"]}}`, []string{"/geometry", "/properties/courriels", "/properties/typologie/0"}},
		{`{"id":"autre","geometry":{"type":"Point","coordinates":[49.2,200]},"raison":3}`, []string{"/geometry", "/id", "/raison"}},
		{`{"properties":{"nom":"","date_maj":"demain"}}`, []string{"/properties/date_maj", "/properties/nom"}},
		{`{"properties":[]}`, []string{"/properties"}},
	} {
		r := b.must(422, "PATCH", lieu, agent, c.body, "If-Match", tag)
		got := pointers(t, r)
		slices.Sort(got)
		if d := cmp.Diff(c.want, slices.Compact(got)); d != "" {
			t.Errorf("%s: %s\n%s", c.body, d, r.text)
		}
	}
	if r := b.must(422, "PATCH", lieu, agent, `{"properties":{"horaire":"x"}}`, "If-Match", tag); !strings.Contains(string(r.text), `"suggestion":"horaires"`) {
		t.Errorf("%s", r.text)
	}
	b.must(400, "PATCH", lieu, agent, `[1]`, "If-Match", tag)
	b.must(400, "PATCH", lieu, agent, `{"properties":`, "If-Match", tag)
	if b.must(200, "GET", lieu, "", "").Header.Get("ETag") != tag {
		t.Error("something was written")
	}
}

// Nobody writes out of their territory, nor moves a place into it or out of it.
// At a border the declared commune decides, and the point is told.
func TestTheTerritoryHoldsBeforeAndAfter(t *testing.T) {
	b := newBureau(t)
	reims, marne := b.key(access.Contributor, "commune:51454", "215104548"), b.key(access.Contributor, "departement:51", "225100015")
	lieu, elsewhere := b.first("code_insee=51454"), b.first("code_insee=33063")
	own := b.key(access.PlaceContributor, "lieux:"+strings.TrimPrefix(lieu, "/collections/lieux/items/"), "732829320")
	patch := func(status int, lieu, key, body string) reply {
		t.Helper()
		return b.must(status, "PATCH", lieu, key, body, "If-Match", "*")
	}
	for _, key := range []string{reims, marne, own} {
		patch(403, elsewhere, key, `{"properties":{"nom":"x"}}`)
		b.must(403, "DELETE", elsewhere, key, "", "If-Match", "*")
		b.must(403, "POST", elsewhere+"/confirmation", key, "{}")
		b.must(403, "POST", elsewhere+"/fermeture", key, "{}")
		b.must(403, "POST", elsewhere+"/restauration", key, `{"revision":1}`)
	}
	// Out of the commune, out of the département, to nowhere.
	patch(403, lieu, reims, `{"properties":{"commune":"Paris","code_postal":"75001","code_insee":"75101"}}`)
	patch(403, lieu, marne, `{"properties":{"commune":"Bordeaux","code_postal":"33000","code_insee":"33063"}}`)
	patch(403, lieu, reims, `{"properties":{"commune":null,"code_postal":null,"code_insee":null}}`)
	patch(200, lieu, own, `{"properties":{"nom":"Son nouveau nom"}}`)
	// The point may cross the border: its keeper is told.
	r := patch(200, lieu, reims, `{"geometry":{"type":"Point","coordinates":[-0.5874,44.8624]}}`)
	if !strings.Contains(string(r.text), "/geometry") {
		t.Errorf("nothing is said of a point in Bordeaux: %s", r.text)
	}
	place := `{"type":"Feature","geometry":null,"properties":{"nom":"Nouveau lieu","commune":"%","code_postal":"%p","code_insee":"%i"}}`
	in := strings.NewReplacer("%i", "51454", "%p", "51100", "%", "Reims").Replace(place)
	out := strings.NewReplacer("%i", "33063", "%p", "33000", "%", "Bordeaux").Replace(place)
	b.must(403, "POST", "/collections/lieux/items", reims, out)
	b.must(403, "POST", "/collections/lieux/items", own, in)
	b.must(401, "POST", "/collections/lieux/items", "", in)
	b.must(201, "POST", "/collections/lieux/items", reims, in)
}

// A new place, those that it resembles, and the same request twice.
func TestAProgramAddsAPlace(t *testing.T) {
	b := newBureau(t)
	agent := b.key(access.Contributor, "departement:51", "225100015")
	body := `{"type":"Feature","geometry":{"type":"Point","coordinates":[4.0312,49.2541]},"properties":{"nom":"Atelier des bords de Vesle","adresse":"3 quai de Vesle","commune":"Reims","code_postal":"51100","telephone":"03 26 11 22 33"}}`
	made := b.must(201, "POST", "/collections/lieux/items", agent, body, "Idempotency-Key", "un")
	at := made.Header.Get("Location")
	lieu := at[strings.Index(at, "/collections"):]
	if got := b.must(200, "GET", lieu, "", ""); property(t, got, "producteur") != "Saisies de Organisation 225100015" || property(t, got, "telephone") != "+33326112233" || property(t, got, "code_insee") != "51454" {
		t.Errorf("%s", got.text)
	}
	if again := b.must(201, "POST", "/collections/lieux/items", agent, body, "Idempotency-Key", "un"); again.Header.Get("Location") != at {
		t.Error(again.Header.Get("Location"))
	}
	b.must(422, "POST", "/collections/lieux/items", agent, strings.Replace(body, "Atelier", "Autre", 1), "Idempotency-Key", "un")
	twin := b.must(409, "POST", "/collections/lieux/items", agent, body, "Idempotency-Key", "deux")
	twins := twin.json(t)["jumeaux"].([]any)
	if len(twins) != 1 || !strings.HasSuffix(lieu, twins[0].(map[string]any)["lieu"].(string)) {
		t.Errorf("%s", twin.text)
	}
	other := b.must(201, "POST", "/collections/lieux/items?autre_lieu=true", agent, body, "Idempotency-Key", "trois")
	if other.Header.Get("Location") == at {
		t.Error("the same place")
	}
	b.must(400, "POST", "/collections/lieux/items?autre_lieu=peut-etre", agent, body)
	b.must(422, "POST", "/collections/lieux/items", agent, `{"type":"Feature","id":"0g3xkz9a","properties":{"nom":"x y z","commune":"Reims","producteur":"moi"}}`)
}

// One gesture: nothing changed, it closed, it opens again, it was right before.
func TestGestures(t *testing.T) {
	b := newBureau(t)
	agent := b.key(access.Contributor, "departement:51", "225100015")
	lieu := b.first("code_insee=51454")
	const today = "2026-04-15" // of the model's clock
	if r := b.must(200, "POST", lieu+"/confirmation", agent, "{}"); property(t, r, "date_maj") != today {
		t.Errorf("%s", r.text)
	}
	form := b.must(303, "POST", lieu+"/confirmation", agent, "retour=%2Fterritoire%2Flieux%3Fliste%3Danciens%26fait%3Dvieux", "Accept", "text/html")
	if form.Header.Get("Location") != "/territoire/lieux?liste=anciens&fait=confirme" {
		t.Error(form.Header.Get("Location"))
	}
	b.must(422, "POST", lieu+"/confirmation", agent, "retour=%2F%2Fmechant.example", "Accept", "text/html")

	b.must(422, "POST", lieu+"/fermeture", agent, `{"depuis":"2999-01-01"}`)
	b.must(204, "POST", lieu+"/fermeture", agent, `{"depuis":"2026-01-31","raison":"a déménagé"}`)
	gone := b.must(410, "GET", lieu, "", "")
	if d := cmp.Diff(map[string]any{"depuis": "2026-01-31", "raison": "a déménagé"}, gone.json(t)["fermeture"]); d != "" || !strings.Contains(string(gone.text), "31/01/2026") {
		t.Errorf("%s %s", d, gone.text)
	}
	b.must(410, "PATCH", lieu, agent, `{"properties":{"nom":"x"}}`, "If-Match", "*")
	other := b.key(access.Contributor, "departement:33", "213300635")
	b.must(403, "POST", lieu+"/fermeture", other, `{"geste":"rouvrir"}`)
	back := b.must(200, "POST", lieu+"/fermeture", agent, `{"geste":"rouvrir"}`)
	b.must(204, "DELETE", lieu, agent, "", "If-Match", back.Header.Get("ETag"))
	b.must(200, "POST", lieu+"/fermeture", agent, `{"geste":"rouvrir","raison":"par erreur"}`)
	b.must(404, "POST", lieu+"/fermeture", agent, `{"geste":"rouvrir"}`)

	before := b.must(200, "GET", lieu, "", "")
	revisions, err := b.census.Revisions(context.Background(), 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	b.must(200, "PATCH", lieu, agent, `{"properties":{"nom":"Une erreur"}}`, "If-Match", "*")
	number, _ := json.Marshal(revisions[0].Number)
	restored := b.must(200, "POST", lieu+"/restauration", agent, `{"revision":`+string(number)+`,"raison":"une erreur"}`)
	if property(t, restored, "nom") != property(t, before, "nom") {
		t.Errorf("%s", restored.text)
	}
	b.must(200, "PATCH", lieu, agent, `{"properties":{"horaires":"Mo 10:00-12:00"}}`, "If-Match", "*")
	b.must(422, "POST", lieu+"/restauration", agent, `{"champs":["horaire"]}`)
	b.must(422, "POST", lieu+"/restauration", agent, `{}`)
	b.must(422, "POST", lieu+"/restauration", agent, `{"revision":999999}`)
	taken := b.must(200, "POST", lieu+"/restauration", agent, `{"champs":["horaires"]}`)
	if property(t, taken, "horaires") != property(t, before, "horaires") {
		t.Errorf("%s", taken.text)
	}
}

// Ten editors who read the same, at once: one is taken, the others are told, and
// each goes on once they have read again.
func TestNobodysWorkIsLost(t *testing.T) {
	b := newBureau(t)
	lieu := b.first("code_insee=51454")
	sirens := []string{"225100015", "215104548", "732829320", "356000000", "552100554"}
	tag := b.must(200, "GET", lieu, "", "").Header.Get("ETag")
	columns := []string{"presentation_resume", "presentation_detail", "structure_parente", "complement_adresse", "prise_rdv"}
	values := []string{"A", "B", "C", "D", "https://exemple.fr/rdv"}
	var mu sync.Mutex
	first, told := 0, 0
	var wg sync.WaitGroup
	for i, siren := range sirens {
		key := b.key(access.Contributor, "departement:51", siren)
		wg.Go(func() {
			tag := tag
			for range 20 {
				r := b.ask("PATCH", lieu, key, `{"properties":{"`+columns[i]+`":"`+values[i]+`"}}`, "If-Match", tag)
				mu.Lock()
				switch {
				case r.StatusCode == 200:
					first++
					mu.Unlock()
					return
				case r.StatusCode == 412:
					told++
				default:
					t.Errorf("%d %s", r.StatusCode, r.text)
				}
				mu.Unlock()
				tag = b.ask("GET", lieu, "", "").Header.Get("ETag")
			}
		})
	}
	wg.Wait()
	last := b.must(200, "GET", lieu, "", "")
	for i, name := range columns {
		if property(t, last, name) != values[i] {
			t.Errorf("%s: %v", name, property(t, last, name))
		}
	}
	if first != len(sirens) || told < len(sirens)-1 {
		t.Errorf("%d taken, %d told", first, told)
	}
}

func TestWritesAreAnnounced(t *testing.T) {
	b := newBureau(t)
	classes := string(b.must(200, "GET", "/conformance", "", "").text)
	for _, class := range []string{"create-replace-delete", "update", "optimistic-locking-etags"} {
		if !strings.Contains(classes, "/spec/ogcapi-features-4/1.0/conf/"+class) {
			t.Errorf("%s is not announced", class)
		}
	}
	lieu := b.first("code_insee=51454")
	for path, methods := range map[string][]string{"/collections/lieux/items": {"GET", "POST"}, lieu: {"GET", "PUT", "PATCH", "DELETE"}} {
		r := b.ask("OPTIONS", path, "", "", "Origin", "https://ailleurs.example", "Access-Control-Request-Method", "PATCH")
		for _, m := range methods {
			if !strings.Contains(r.Header.Get("Allow"), m) || !strings.Contains(r.Header.Get("Access-Control-Allow-Methods"), m) {
				t.Errorf("%s: %s, %s", path, r.Header.Get("Allow"), r.Header.Get("Access-Control-Allow-Methods"))
			}
		}
	}
	if !strings.Contains(b.ask("OPTIONS", lieu, "", "").Header.Get("Access-Control-Allow-Headers"), "If-Match") {
		t.Error("If-Match from elsewhere")
	}
}

// Whatever is sent is answered, and never by a failure of ours.
func FuzzWrites(f *testing.F) {
	b := newBureau(f)
	agent := b.key(access.Contributor, "departement:51", "225100015")
	lieu := b.first("code_insee=51454")
	tag := b.must(200, "GET", lieu, "", "").Header.Get("ETag")
	for _, body := range []string{
		`{"type":"Feature","geometry":{"type":"Point","coordinates":[4.03,49.25]},"properties":{"nom":"A","services":["x"],"date_maj":"2026-01-01"}}`,
		`{"properties":{"nom":null,"horaires":"` + "\\u0000" + `"}}`, `{"geometry":{"coordinates":[1e999,"2"]}}`, `{"properties":{"":"","a/b~":1}}`, `{"id":[],"links":{}}`, `{"revision":1}`, `{"champs":["nom"],"raison":"x"}`,
		`{"geste":"rouvrir","depuis":"2026-13-45","version":9e99}`, `null`, `[]`, ``, `{"properties":{"commune":"Paris","code_postal":"75001","latitude":"1"}}`, "nom=x&nom=y",
	} {
		for op := range uint8(7) {
			f.Add(op, []byte(body), tag)
		}
	}
	f.Fuzz(func(t *testing.T, op uint8, body []byte, match string) {
		if strings.ContainsAny(match, "\r\n\x00") {
			return
		}
		b := &bureau{t: t, server: b.server, census: b.census}
		method, path := "POST", lieu
		switch op % 7 {
		case 0:
			path = "/collections/lieux/items"
		case 1:
			method = "PUT"
		case 2:
			method = "PATCH"
		case 3:
			method = "DELETE"
		case 4:
			path += "/confirmation"
		case 5:
			path += "/fermeture"
		case 6:
			path += "/restauration"
		}
		r := b.ask(method, path, agent, string(bytes.TrimSpace(body)), "If-Match", match)
		if r.StatusCode >= 500 {
			t.Fatalf("%s %s %q: %d %s", method, path, body, r.StatusCode, r.text)
		}
		if r.StatusCode == 204 { // closed: the next one finds it open
			b.must(200, "POST", lieu+"/fermeture", agent, `{"geste":"rouvrir"}`)
		}
	})
}
