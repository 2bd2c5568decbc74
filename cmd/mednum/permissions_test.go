package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"mednum/api"
	"mednum/internal/access"
	"mednum/internal/consultation"
	"mednum/internal/postgres"
	"mednum/internal/postgres/pgtest"
)

// realm is a real server with keys of every role: some whose territory holds
// what the addresses name, others whose territory is elsewhere.
type realm struct {
	t       *testing.T
	address string
	inside  map[access.Role]string
	outside map[access.Role]string
	expired map[access.Role]string
	revoked map[access.Role]string
	objects map[string]string // what {featureId}, {version}… stand for, by the beginning of the address
	reims   string            // a place of the territory
	lyon    string            // one that is not
}

func newRealm(t *testing.T) *realm {
	ctx := context.Background()
	url := pgtest.URL(t)
	succeeds(t, url, "territories", "import", "../../web-map/tests/territories")
	succeeds(t, url, "import", "../../web-map/tests/fixture.csv", "--source", "essai")
	// Another network writes of a place of Reims in other words: a person has to say.
	succeeds(t, url, "import", file(t, "reseau.csv", header+"reseau-1,,Médiathèque,Reims,51100,51454,5 place des Tilleuls,,49.2592,4.0342,BIB,,,,,,,,,,2026-01-02,,,,,,,,,,,\n"), "--source", "réseau")
	_, address := serving(t, url, "--trusted-proxies", "127.0.0.1/32")
	w := &realm{t: t, address: address, inside: map[access.Role]string{}, outside: map[access.Role]string{}, expired: map[access.Role]string{}, revoked: map[access.Role]string{}}
	w.reims, w.lyon = w.first("code_insee=51454"), w.first("code_insee=69123")

	c, err := postgres.Open(ctx, url, postgres.Options{MaxConns: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	sirens := []string{"732829320", "356000000", "552100554", "542065479", "775670417", "784671695", "180089013", "130005481", "110046018", "217500016"}
	others := []string{"215104548", "216901231", "225100015", "226900019", "200067213", "246900245", "200046977", "226300010", "217402809", "224500017"}
	now := time.Now()
	key := func(role access.Role, siren, territory string, change func(*access.Key)) string {
		secret, id, hash, err := access.NewSecret(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		k := access.Key{ID: id, Role: role, Organisation: "Organisation " + siren, Siren: siren, Territory: access.ParseTerritory(territory), Created: now.AddDate(0, -2, 0), Expires: now.AddDate(1, 0, 0)}
		if faults := k.Faults(now); len(faults) > 0 && !strings.Contains(fmt.Sprint(faults), "siren") {
			t.Fatal(faults)
		}
		change(&k)
		if err := c.CreateKey(ctx, k, hash, consultation.Platform); err != nil {
			t.Fatal(err)
		}
		if !k.Revoked.IsZero() {
			if _, err := c.RevokeKey(ctx, k.ID, consultation.Platform, now); err != nil {
				t.Fatal(err)
			}
		}
		return secret
	}
	for i, role := range access.Roles() {
		in, out := "", ""
		switch role {
		case access.PlaceContributor:
			in, out = "lieux:"+w.reims, "lieux:"+w.lyon
		case access.Contributor:
			in, out = "commune:51454", "commune:69123"
		case access.Hub, access.Verifier:
			in, out = "departement:51", "departement:69"
		}
		siren := sirens[i]
		if role == access.Hub { // of the same organisation: files are an organisation's
			siren = sirens[slices.Index(access.Roles(), access.Contributor)]
		}
		w.inside[role] = key(role, siren, in, func(*access.Key) {})
		if in != "" {
			w.outside[role] = key(role, others[i], out, func(*access.Key) {})
		}
		w.expired[role] = key(role, sirens[i], in, func(k *access.Key) { k.Expires = now.AddDate(0, 0, -1) })
		w.revoked[role] = key(role, sirens[i], in, func(k *access.Key) { k.Revoked = now })
	}
	w.furnish()
	return w
}

// furnish makes one of each thing that an address may name, in Reims.
func (w *realm) furnish() {
	lieu := "/collections/lieux/items/" + w.reims
	w.objects = map[string]string{
		"/collections/lieux": w.reims, "/collections/communes": "51454", "/referentiels": "1.0.0", "/remontees": "1", "/revisions": "1",
		"/connexion": "lien-invente", "/revendications": "lien-invente", "/comptes": "1", "/sources": "1", "/contestations": "1", "/depots": "1",
	}
	w.must("POST", lieu+"/contestations", w.inside[access.Contributor], `{"critere":"INF-02","motif":"donnee","texte":"Nous avons un téléphone et un courriel."}`)
	w.must("POST", "/depots", w.inside[access.Contributor], `{"adresse":"https://exemple.invalid/lieux.csv","source":"Ville","partiel":true}`)
	var queue struct {
		Doublons []struct{ Numero json.Number }
	}
	if err := json.Unmarshal(w.must("GET", "/doublons", w.inside[access.Contributor], ""), &queue); err != nil || len(queue.Doublons) == 0 {
		w.t.Fatalf("no pair to decide: %v", err)
	}
	w.objects["/doublons"] = queue.Doublons[0].Numero.String()
	w.objects["/signalements"] = w.numbered(w.must("POST", "/signalements", "", `{"lieu":"`+w.reims+`","nature":"horaires","texte":"Fermé le jeudi."}`))
	w.objects["/sources"] = w.numbered(w.must("POST", "/sources", w.inside[access.Hub], `{"nom":"Réseau de la Marne","adresse":"https://exemple.invalid/marne.csv","heures":24}`))
}

func (w *realm) numbered(text []byte) string {
	var v struct{ Numero any }
	if err := json.Unmarshal(text, &v); err != nil || v.Numero == nil {
		w.t.Fatalf("no number in %s: %v", text, err)
	}
	return fmt.Sprint(v.Numero)
}

func (w *realm) first(query string) string {
	var v struct{ Features []struct{ ID string } }
	status, text := w.ask("GET", "/collections/lieux/items?limit=1&"+query, "", "", nil)
	if err := json.Unmarshal(text, &v); status != 200 || err != nil || len(v.Features) == 0 {
		w.t.Fatalf("%d %s %v", status, text, err)
	}
	return v.Features[0].ID
}

func (w *realm) must(method, path, key, body string) []byte {
	w.t.Helper()
	status, text := w.ask(method, path, key, body, nil)
	if status >= 300 {
		w.t.Fatalf("%s %s: %d %s", method, path, status, text)
	}
	return text
}

// ask sends a request as a program does, each from a network of its own: how
// many keys are refused a minute is another test's matter.
func (w *realm) ask(method, path, key, body string, headers []string) (int, []byte) {
	w.t.Helper()
	ctx, stop := context.WithTimeout(w.t.Context(), 20*time.Second)
	defer stop()
	r, err := http.NewRequestWithContext(ctx, method, w.address+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Accept", "application/json, */*;q=0.1")
	r.Header.Set("X-Forwarded-For", fmt.Sprintf("198.%d.%d.%d", 18+mathrand.IntN(2), mathrand.IntN(256), mathrand.IntN(256)))
	switch {
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
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	got, err := client.Do(r)
	if err != nil {
		w.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer got.Body.Close()
	if strings.HasPrefix(got.Header.Get("Content-Type"), "text/event-stream") {
		return got.StatusCode, nil // it lasts
	}
	text, err := io.ReadAll(got.Body)
	if err != nil {
		w.t.Fatalf("%s %s: %v", method, path, err)
	}
	return got.StatusCode, text
}

// concrete is an address of the table with things that exist.
func (w *realm) concrete(path string) string {
	for {
		from := strings.IndexByte(path, '{')
		if from < 0 {
			return path
		}
		to := strings.IndexByte(path, '}')
		object := ""
		for begin, name := range w.objects {
			if strings.HasPrefix(path, begin+"/") {
				object = name
			}
		}
		if object == "" {
			w.t.Fatalf("%s: the test has nothing to put there", path)
		}
		path = path[:from] + object + path[to+1:]
	}
}

// beyond is how what is of another territory or organisation is kept from who
// may do it at home: by 403, or by 404 where nothing is told. Lists only leave it
// out. Each operation whose handler looks has a line.
var beyond = map[string]struct {
	body    string
	says    string              // what a form that comes back says
	leaves  func(*realm) string // of a list: what it leaves out
	nothing string              // why there is nothing to keep: another test shows where it is
}{
	"GET /depots":                                         {leaves: func(*realm) string { return `exemple.invalid/lieux.csv` }},
	"POST /depots":                                        {nothing: "a file may be given by all who may give; what lies outside blocks its publication (internal/intake, TestGuardsTellEverythingAtOnce)"},
	"GET /depots/{numero}":                                {},
	"GET /depots/{numero}/suivi":                          {},
	"GET /depots/{numero}/correspondance":                 {},
	"PUT /depots/{numero}/correspondance":                 {body: `{"correspondance":1,"champs":{"nom":{"colonne":"Nom"}}}`},
	"POST /depots/{numero}/correspondance":                {body: `geste=enregistrer&c.0=nom`},
	"POST /depots/{numero}/apercu":                        {body: `{"correspondance":1,"champs":{"nom":{"colonne":"Nom"}}}`},
	"GET /depots/{numero}/rapport":                        {},
	"GET /depots/{numero}/changements":                    {},
	"POST /depots/{numero}/etapes":                        {body: `{"etape":"abandonner"}`},
	"GET /sources":                                        {leaves: func(*realm) string { return `exemple.invalid/marne.csv` }},
	"POST /sources":                                       {body: `{"nom":"Réseau de la Marne","heures":0}`},
	"GET /sources/{numero}":                               {},
	"PUT /sources/{numero}":                               {body: `{"heures":0}`},
	"POST /sources/{numero}":                              {body: `{"heures":0}`},
	"POST /sources/{numero}/tirages":                      {body: `{}`},
	"GET /doublons":                                       {leaves: func(*realm) string { return `place des Tilleuls` }},
	"POST /doublons/{numero}/decision":                    {body: `{"decision":"meme"}`},
	"POST /collections/lieux/items":                       {body: `{"type":"Feature","geometry":{"type":"Point","coordinates":[4.03,49.25]},"properties":{"nom":"Atelier du Jard","adresse":"8 boulevard du Jard","code_postal":"51100","commune":"Reims","code_insee":"51454"}}`},
	"POST /collections/lieux/items/{featureId}/fermeture": {body: `{"geste":"fermer","raison":"Ce n’est pas notre lieu."}`},
	"GET /lieux/ajout":                                    {nothing: "an empty form"},
	"POST /lieux/ajout":                                   {says: "territoire", body: "geste=publier&nom=Atelier+du+Jard&adresse=8+boulevard+du+Jard&code_postal=51100&commune=Reims&code_insee=51454"},
	"GET /territoire":                                     {leaves: func(*realm) string { return "Reims" }},
	"GET /territoire/lieux":                               {leaves: func(w *realm) string { return w.reims }},
	"GET /signalements":                                   {leaves: func(w *realm) string { return w.objects["/signalements"] }},
	"POST /signalements/lot":                              {body: `{"numeros":["{signalement}"],"texte":"Non."}`},
	"POST /signalements/{numero}/etapes":                  {body: `{"etape":"prendre"}`},
	"POST /contestations/{numero}/etapes":                 {body: `{"etat":"APPEL","texte":"Ce n’est pas notre lieu."}`},
}

// idle are the bodies of operations of which an empty one would do something.
var idle = map[string]string{
	"POST /collections/lieux/items/{featureId}/fermeture":    `{"geste":"rire"}`,
	"POST /collections/lieux/items/{featureId}/confirmation": `{"version":"rien"}`,
}

// known are pages for whoever signed in, in whatever role.
var known = map[string]bool{"GET /compte": true, "POST /compte": true}

// stages are the bodies of an operation that asks for another right at each step:
// one of them at least must pass.
var stages = map[string][]string{
	"POST /contestations/{numero}/etapes": {`{"texte":"Nous répondons."}`, `{"etat":"ACCUSEE"}`, `{"etat":"APPEL","texte":"Non."}`},
}

// TestPermissions runs every role at every door of the real server: without a
// key, with one that ended, inside its territory and outside.
func TestPermissions(t *testing.T) {
	w := newRealm(t)
	looked := map[string]bool{}
	for _, p := range api.Permissions() {
		name, path := p.Method+" "+p.Path, w.concrete(p.Path)
		body := ""
		if p.Method != http.MethodGet && p.Method != http.MethodDelete {
			body = cmp.Or(idle[name], "{}")
		}
		status, text := w.ask(p.Method, path, "", body, nil)
		if len(p.May) == 0 {
			// What is for anybody never asks who comes.
			if known[name] {
				if status != http.StatusUnauthorized && status != http.StatusSeeOther {
					t.Errorf("%s without signing in: %d %s", name, status, text)
				}
				continue
			}
			if status == http.StatusUnauthorized || status == http.StatusForbidden || status >= 500 && p.Path != "/readyz" {
				t.Errorf("%s is for anybody: %d %s", name, status, text)
			}
			continue
		}
		if status != http.StatusUnauthorized {
			t.Errorf("%s without a key: %d %s", name, status, text)
		}
		if p.Method == http.MethodGet {
			status, _ := w.ask(p.Method, path, "", "", []string{"Accept", "text/html"})
			if status != http.StatusSeeOther && status != http.StatusUnauthorized && status != http.StatusNotAcceptable {
				t.Errorf("%s in a browser, without a key: %d", name, status)
			}
		}
		for _, role := range access.Roles() {
			allowed := slices.ContainsFunc(p.May, func(op access.Operation) bool { return access.Allows(role, op) })
			for what, ended := range map[string]string{"expired": w.expired[role], "revoked": w.revoked[role]} {
				if status, text := w.ask(p.Method, path, ended, body, nil); status != http.StatusUnauthorized {
					t.Errorf("%s by an %s key of %s: %d %s", name, what, role, status, text)
				}
			}
			status, text := w.ask(p.Method, path, w.inside[role], body, nil)
			for _, step := range stages[name] {
				if allowed && status == http.StatusForbidden {
					status, text = w.ask(p.Method, path, w.inside[role], step, nil)
				}
			}
			switch {
			case !allowed && status != http.StatusForbidden:
				t.Errorf("%s by %s, who may not: %d %s", name, role, status, text)
			case allowed && (status == http.StatusUnauthorized || status == http.StatusForbidden || status >= 500):
				t.Errorf("%s by %s, who may: %d %s", name, role, status, text)
			}
			outside, bound := w.outside[role]
			if !allowed || !bound {
				continue
			}
			switch line, known := beyond[name]; {
			case p.Place:
				if status, text := w.ask(p.Method, path, outside, body, nil); status != http.StatusForbidden || !bytes.Contains(text, []byte("territoire")) {
					t.Errorf("%s by %s of elsewhere: %d %s", name, role, status, text)
				}
			case p.Territory && !known:
				t.Errorf("%s looks at the territory in its handler: how does it keep others out?", name)
			case p.Territory && line.nothing != "":
				looked[name] = true
			case p.Territory && line.leaves != nil:
				looked[name] = true
				mark := []byte(line.leaves(w))
				if status, text := w.ask(p.Method, path, outside, "", nil); status != http.StatusOK || bytes.Contains(text, mark) {
					t.Errorf("%s by %s of elsewhere shows %s: %d %s", name, role, mark, status, text)
				}
			case p.Territory:
				looked[name] = true
				if status, text := w.ask(p.Method, path, outside, strings.ReplaceAll(line.body, "{signalement}", w.objects["/signalements"]), nil); status != http.StatusForbidden && status != http.StatusNotFound && !(status == http.StatusUnprocessableEntity && line.says != "" && bytes.Contains(text, []byte(line.says))) {
					t.Errorf("%s by %s of elsewhere: %d %s", name, role, status, text)
				}
			}
		}
	}
	for name := range beyond {
		if !looked[name] {
			t.Errorf("%s is in the table of the test, and at no door that looks", name)
		}
	}
}
