package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/google/go-cmp/cmp"

	"mednum/internal/access"
	"mednum/internal/consultation"
	"mednum/internal/place"
	"mednum/internal/quality"
)

// call is a request that may write, and how it is made.
type call struct {
	method, path string
	key          string   // of the header; "" none
	form         bool     // body is a form's
	body         string   // JSON, or a form
	headers      []string // name, value
}

func (c call) request() *http.Request {
	r := httptest.NewRequest(c.method, c.path, strings.NewReader(c.body))
	switch {
	case c.form:
		r.Header.Set("Content-Type", typeForm)
		r.Header.Set("Accept", "text/html")
	case c.body != "":
		r.Header.Set("Content-Type", typeJSON)
	}
	if c.key != "" {
		r.Header.Set("Authorization", "Bearer "+c.key)
	}
	for i := 0; i+1 < len(c.headers); i += 2 {
		r.Header.Set(c.headers[i], c.headers[i+1])
	}
	return r
}

// do sends a call. What succeeds must be a request that openapi.yaml announces,
// as every answer must.
func do(t testing.TB, s *Server, c call) *http.Response {
	t.Helper()
	answer := serve(t, s, c.request())
	if answer.StatusCode < 400 {
		if err := validRequest(c.request()); err != nil {
			t.Errorf("%s %s succeeds and is not a request that openapi.yaml announces: %v", c.method, c.path, err)
		}
	}
	return answer
}

func validRequest(r *http.Request) error {
	_, router := contract()
	route, parameters, err := router.FindRoute(r)
	if err != nil {
		return err
	}
	return openapi3filter.ValidateRequest(context.Background(), &openapi3filter.RequestValidationInput{Request: r, PathParams: parameters, Route: route,
		Options: &openapi3filter.Options{MultiError: true, AuthenticationFunc: openapi3filter.NoopAuthenticationFunc}})
}

// clerks are keys of every role, each on a territory that holds Reims.
func clerks(t testing.TB, o *office) map[access.Role]string {
	t.Helper()
	out := map[access.Role]string{}
	for i, role := range access.Roles() {
		territory := ""
		switch role {
		case access.PlaceContributor:
			territory = "lieux:" + place.Identifier(1)
		case access.Contributor:
			territory = "departement:51"
		}
		out[role] = o.key(t, role, []string{"732829320", "356000000", "552100554", "542065479", "775670417", "784671695", "180089013", "130005481", "110046018", "217500016"}[i], territory)
	}
	return out
}

// scene is an office in which something of everything has happened: version
// 2.0.0 is a draft, 3.0.0 is under consultation with remontée 1, 4.0.0 is put to
// the vote, 9.0.0 is a draft that nobody wants; contest 1 is about the first
// place.
func scene(t testing.TB, change ...func(*Config)) (*Server, *office, map[access.Role]string) {
	t.Helper()
	s, o := officeOf(t, change...)
	keys := clerks(t, o)
	editor, reims := keys[access.Editor], "/collections/lieux/items/"+place.Identifier(1)
	must := func(c call) {
		t.Helper()
		if r := do(t, s, c); r.StatusCode >= 300 {
			t.Fatalf("%s %s: %d %s", c.method, c.path, r.StatusCode, body(t, r))
		}
	}
	for _, number := range []string{"2.0.0", "3.0.0", "4.0.0", "9.0.0"} {
		must(call{method: "POST", path: "/referentiels", key: editor, body: `{"depuis":"1.0.0","version":"` + number + `"}`})
	}
	must(call{method: "POST", path: "/referentiels/3.0.0/etapes", key: editor, body: `{"vers":"EN_CONSULTATION"}`})
	must(call{method: "POST", path: "/referentiels/3.0.0/remontees", key: keys[access.Contributor], body: `{"nature":"commentaire","critere":"INF-02","texte":"Le téléphone seul suffit souvent ici."}`})
	must(call{method: "POST", path: reims + "/contestations", key: keys[access.Contributor], body: `{"critere":"INF-02","motif":"donnee","texte":"Nous avons un téléphone et un courriel."}`})
	o.version("4.0.0").State = consultation.SimulationValidee
	o.port.given(t, "")
	return s, o, keys
}

// operations that write, with a request that succeeds and one that is refused
// for its body; the key's role is one that may.
type attempt struct {
	name      string // method and path of openapi.yaml
	role      access.Role
	good, bad string // bodies
	form      bool
	success   int
	failure   int
	path      string
	headers   []string
}

func attempts(o *office) []attempt {
	reims := "/collections/lieux/items/" + place.Identifier(1)
	at := "/collections/lieux/items/{featureId}"
	document := string(o.version("2.0.0").Document)
	hash := o.version("2.0.0").Hash
	return []attempt{
		{name: "POST " + at + "/declarations", role: access.PlaceContributor, path: reims + "/declarations", good: `{"reponses":[` + firstAnswer() + `]}`, bad: `{"reponses":[{"question":"rien","reponse":"oui"}]}`, success: 200, failure: 422},
		{name: "POST " + at + "/preuves", role: access.Verifier, path: reims + "/preuves", good: firstEvidence(), bad: `{"preuve":"rien","resultat":"rien"}`, success: 200, failure: 422},
		{name: "POST " + at + "/contestations", role: access.Hub, path: reims + "/contestations", good: `{"critere":"INF-01","motif":"regle","texte":"Un bus n’a pas d’adresse fixe."}`, bad: `{"critere":"INF-99","motif":"humeur","texte":""}`, success: 201, failure: 422},
		{name: "POST /contestations/{numero}/etapes", role: access.Moderator, path: "/contestations/1/etapes", good: `{"etat":"ACCUSEE"}`, bad: `{"etat":"OUVERTE"}`, success: 200, failure: 422},
		{name: "POST /referentiels", role: access.Editor, path: "/referentiels", good: `{"depuis":"1.0.0","version":"5.0.0"}`, bad: `{"depuis":"1.0.0","version":"5"}`, success: 201, failure: 422},
		{name: "PUT /referentiels/{version}", role: access.Editor, path: "/referentiels/2.0.0", good: document, bad: `{"version":"2.0.0"}`, success: 200, failure: 422, headers: []string{"If-Match", `"` + hash + `"`}},
		{name: "POST /referentiels/{version}/etapes", role: access.Editor, path: "/referentiels/9.0.0/etapes", good: `{"vers":"ABANDONNEE","motif":"Nous recommençons autrement."}`, bad: `{"vers":"PUBLIEE"}`, success: 200, failure: 409},
		{name: "POST /referentiels/{version}/approbations", role: access.Committee, path: "/referentiels/4.0.0/approbations", good: `{"vote":"pour"}`, bad: `{"vote":"peut-être"}`, success: 200, failure: 422},
		{name: "POST /referentiels/{version}/simulation", role: access.Editor, path: "/referentiels/3.0.0/simulation", bad: `{"tirages":3}`, success: 200, failure: 422},
		{name: "POST /referentiels/{version}/remontees", role: access.Hub, path: "/referentiels/3.0.0/remontees", good: `{"nature":"proposition-parametre","critere":"INF-02","texte":"Ce critère pèse trop chez nous.","proposition":{"chemin":"poids","valeur":3}}`, bad: `{"nature":"soutiens"}`, success: 201, failure: 422},
		{name: "POST /remontees/{numero}/reponse", role: access.Moderator, path: "/remontees/1/reponse", good: `{"decision":"retenue","motif":"Le poids est revu en ce sens."}`, bad: `{"decision":"oui","motif":""}`, success: 200, failure: 422},
		{name: "POST /referentiels/{version}/edition", role: access.Editor, path: "/referentiels/2.0.0/edition", form: true, good: "hash=" + hash + "&INF-02.poids=3&INF-03.poids=3", bad: "hash=" + hash + "&INF-02.poids=beaucoup", success: 303, failure: 422},
		{name: "POST /depots", role: access.Contributor, path: "/depots", good: `{"adresse":"https://exemple.fr/lieux.csv","source":"essai","partiel":true}`, bad: `{"adresse":"lieux.csv","partiel":"peut-être"}`, success: 201, failure: 422},
		{name: "PUT /depots/{numero}/correspondance", role: access.Contributor, path: "/depots/1/correspondance", good: smallMapping, bad: `{"correspondance":1,"champ":{}}`, success: 200, failure: 422},
		{name: "POST /depots/{numero}/correspondance", role: access.Contributor, path: "/depots/1/correspondance", form: true, good: "geste=enregistrer&c.4=services", bad: "geste=enregistrer&c.4=cuisine", success: 303, failure: 422},
		{name: "POST /depots/{numero}/apercu", role: access.Contributor, path: "/depots/1/apercu", good: smallMapping, bad: `{"correspondance":1,"champs":{"name":{"colonne":"Nom"}}}`, success: 200, failure: 422},
		{name: "POST /depots/{numero}/etapes", role: access.Contributor, path: "/depots/1/etapes", good: `{"etape":"lire"}`, bad: `{"etape":"rire"}`, success: 200, failure: 422},
		{name: "POST /sources", role: access.Hub, path: "/sources", good: `{"nom":"Ville","adresse":"https://exemple.fr/ville.csv","heures":24,"rang":10,"correspondance":` + smallMapping + `}`, bad: `{"heures":-1,"correspondance":{"champ":1}}`, success: 201, failure: 422},
		{name: "PUT /sources/{numero}", role: access.Hub, path: "/sources/1", good: `{"heures":0}`, bad: `{"adresse":"","heures":24,"rang":"haut"}`, success: 200, failure: 422},
		{name: "POST /sources/{numero}", role: access.Hub, path: "/sources/1", form: true, good: "heures=168&adresse=https://exemple.fr/autre.csv&rang=20", bad: "heures=parfois", success: 303, failure: 422},
		{name: "POST /sources/{numero}/tirages", role: access.Hub, path: "/sources/1/tirages", good: `{}`, bad: `{"vite":true}`, success: 201, failure: 422},
		{name: "POST /doublons/{numero}/decision", role: access.Contributor, path: "/doublons/1/decision", good: `{"decision":"meme","raison":"Même porte, même équipe."}`, bad: `{"decision":"peut-être"}`, success: 200, failure: 422},
		{name: "POST " + at + "/separation", role: access.Contributor, path: reims + "/separation", good: `{"fiche":"` + place.Identifier(2) + `"}`, bad: `{"fiche":"` + place.Identifier(5) + `"}`, success: 200, failure: 422},
		{name: "POST /connexion", path: "/connexion", form: true, good: "courriel=camille%40marne.example", bad: "cle=", success: 303, failure: 422},
		{name: "POST /connexion/lien/{jeton}", path: "/connexion/lien/" + personToken, form: true, good: "", bad: "x=1", success: 303, failure: 422},
		{name: "POST /compte", path: "/compte", form: true, headers: []string{"Cookie", "__Host-mednum_id=" + personToken}, good: "faire=demander&role=hub&organisation=Hub&siret=732829320&pourquoi=Oui", bad: "faire=demander&role=maire", success: 303, failure: 422},
		{name: "POST /comptes", role: access.Administrator, path: "/comptes", form: true, good: "courriel=a%40b.example&role=hub&organisation=Hub&siret=732829320", bad: "courriel=a&role=maire", success: 303, failure: 422},
		{name: "POST /comptes/{numero}", role: access.Administrator, path: "/comptes/7", form: true, good: "faire=fermer", bad: "faire=effacer", success: 303, failure: 422},
		{name: "POST /deconnexion", path: "/deconnexion", form: true, good: "", bad: "x=1", success: 303, failure: 422},
	}
}

const smallMapping = `{"correspondance":1,"champs":{"nom":{"colonne":"Nom"},"adresse":{"colonne":"Rue"},"code_postal":{"colonne":"CP"},"commune":{"colonne":"Ville"}}}`

func firstAnswer() string {
	q := initialEngine().Referentiel().Questions[0]
	return fmt.Sprintf(`{"question":%q,"reponse":%q}`, q.Code, q.Reponses[0].Code)
}

func firstEvidence() string {
	p := initialEngine().Referentiel().Preuves[0]
	return fmt.Sprintf(`{"preuve":%q,"resultat":%q,"date":"2026-04-01","source":"Visite du 1er avril","motifs":["Vu sur place."]}`, p.Code, p.Resultats[0].Code)
}

// triedElsewhere are operations that other tests try, on a real census.
var triedElsewhere = []string{
	// edits_test.go
	"POST /collections/lieux/items", "PUT /collections/lieux/items/{featureId}", "PATCH /collections/lieux/items/{featureId}", "DELETE /collections/lieux/items/{featureId}",
	// signalements_test.go
	"POST /signalements", "POST /signalements/lot", "POST /signalements/{numero}/etapes", "POST /collections/lieux/items/{featureId}/revendication", "POST /revendications/{jeton}",
	// edits_test.go
	"POST /collections/lieux/items/{featureId}/confirmation", "POST /collections/lieux/items/{featureId}/fermeture", "POST /collections/lieux/items/{featureId}/restauration",
	// forms_test.go
	"POST /collections/lieux/items/{featureId}/modification", "POST /lieux/ajout",
}

// TestEveryOperationThatWrites: openapi.yaml and the table above hold the same
// operations; each succeeds, and tells what is wrong when its body is.
func TestEveryOperationThatWrites(t *testing.T) {
	s, o, keys := scene(t)
	doc, _ := contract()
	var announced, tried []string
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			if method != http.MethodGet && !slices.Contains(triedElsewhere, method+" "+path) {
				announced = append(announced, method+" "+path)
			}
		}
	}
	for _, a := range attempts(o) {
		tried = append(tried, a.name)
	}
	slices.Sort(announced)
	slices.Sort(tried)
	if d := cmp.Diff(announced, tried); d != "" {
		t.Errorf("-openapi.yaml +tried: %s", d)
	}
	for i := range attempts(o) {
		a := attempts(o)[i]
		method, _, _ := strings.Cut(a.name, " ")
		c := call{method: method, path: a.path, key: keys[a.role], form: a.form, headers: a.headers}
		c.body = a.bad
		bad := do(t, s, c)
		text := body(t, bad)
		if bad.StatusCode != a.failure {
			t.Errorf("%s with %s: %d %s", a.name, a.bad, bad.StatusCode, text)
		}
		if !a.form {
			var p problem
			if err := json.Unmarshal(text, &p); err != nil || len(p.Errors) == 0 || p.Errors[0].Detail == "" {
				t.Errorf("%s with %s does not say what is wrong: %s", a.name, a.bad, text)
			}
		}
		c.body = a.good
		if good := do(t, s, c); good.StatusCode != a.success {
			t.Errorf("%s: %d %s", a.name, good.StatusCode, body(t, good))
		}
	}
}

// TestWhoMayDoWhat is the table of rights through HTTP: each role at each
// operation. What the table refuses is a 403 that names the roles that may; what
// it allows is never one; without a key it is a 401.
func TestWhoMayDoWhat(t *testing.T) {
	doc, _ := contract()
	s, o, keys := scene(t)
	for i := range attempts(o) {
		for _, role := range append(access.Roles(), "") {
			a := attempts(o)[i]
			method, path, _ := strings.Cut(a.name, " ")
			rights, _ := doc.Paths.Value(path).Operations()[method].Extensions["x-operation"].([]any)
			if len(rights) == 0 {
				continue
			}
			allowed := slices.ContainsFunc(rights, func(r any) bool { return access.Allows(role, access.Operation(fmt.Sprint(r))) })
			if allowed {
				s, o, keys = scene(t) // what is refused changes nothing
				a = attempts(o)[i]
			}
			r := do(t, s, call{method: method, path: a.path, key: keys[role], form: a.form, headers: a.headers, body: a.good})
			text := body(t, r)
			switch {
			case role == "":
				if r.StatusCode != http.StatusUnauthorized || r.Header.Get("WWW-Authenticate") == "" {
					t.Errorf("%s without a key: %d %s", a.name, r.StatusCode, text)
				}
			case !allowed:
				if r.StatusCode != http.StatusForbidden {
					t.Errorf("%s by %s: %d %s", a.name, role, r.StatusCode, text)
				}
				var p problem
				if json.Unmarshal(text, &p); !a.form && !strings.Contains(p.Detail, a.role.Label()) {
					t.Errorf("%s by %s does not say who may: %s", a.name, role, text)
				}
			case r.StatusCode == http.StatusUnauthorized || r.StatusCode == http.StatusForbidden && len(rights) == 1 && role != access.Verifier:
				t.Errorf("%s by %s, who may: %d %s", a.name, role, r.StatusCode, text)
			}
			if want := role == a.role; want && r.StatusCode != a.success {
				t.Errorf("%s by %s: %d %s", a.name, role, r.StatusCode, text)
			}
		}
	}
}

// TestTerritoryOfAKey: a right is one on a territory.
func TestTerritoryOfAKey(t *testing.T) {
	s, o := officeOf(t)
	elsewhere := "/collections/lieux/items/" + place.Identifier(5) // La Réunion
	for role, territory := range map[access.Role]string{access.PlaceContributor: "lieux:" + place.Identifier(1), access.Contributor: "departement:51", access.Hub: "region:44"} {
		key := o.key(t, role, "732829320", territory)
		for _, path := range []string{"/declarations", "/contestations"} {
			r := do(t, s, call{method: "POST", path: elsewhere + path, key: key, body: `{}`})
			if text := body(t, r); r.StatusCode != http.StatusForbidden || !bytes.Contains(text, []byte("territoire")) {
				t.Errorf("%s on %s writes %s of another: %d %s", role, territory, path, r.StatusCode, text)
			}
		}
	}
	// Nobody verifies what is its own.
	m := &o.census.places[0]
	m.place.Pivot = "73282932000074"
	key := o.key(t, access.Verifier, "732829320", "")
	r := do(t, s, call{method: "POST", path: "/collections/lieux/items/" + place.Identifier(1) + "/preuves", key: key, body: firstEvidence()})
	if text := body(t, r); r.StatusCode != http.StatusForbidden || !bytes.Contains(text, []byte("votre organisation")) {
		t.Errorf("verifies its own place: %d %s", r.StatusCode, text)
	}
}

// TestReadingNeedsNoKey: every page and document, as both forms, for anybody.
func TestReadingNeedsNoKey(t *testing.T) {
	s, o, keys := scene(t)
	if r := do(t, s, call{method: "POST", path: "/referentiels/3.0.0/simulation", key: keys[access.Editor]}); r.StatusCode != http.StatusOK {
		t.Fatal(body(t, r))
	}
	lieu := "/collections/lieux/items/" + place.Identifier(1)
	doc, _ := contract()
	tried := map[string]bool{}
	for template, target := range map[string]string{
		"/collections/lieux/items/{featureId}/score": lieu + "/score", "/collections/lieux/items/{featureId}/declarations": lieu + "/declarations",
		"/collections/lieux/items/{featureId}/contestations": lieu + "/contestations", "/contestations/{numero}": "/contestations/1", "/referentiels": "/referentiels",
		"/referentiels/{version}": "/referentiels/3.0.0", "/referentiels/{version}/differences": "/referentiels/3.0.0/differences", "/referentiels/{version}/questionnaire": "/referentiels/3.0.0/questionnaire",
		"/referentiels/{version}/simulation": "/referentiels/3.0.0/simulation", "/referentiels/{version}/remontees": "/referentiels/3.0.0/remontees", "/remontees/{numero}": "/remontees/1",
		"/referentiels/{version}/journal": "/referentiels/3.0.0/journal", "/journal": "/journal",
	} {
		tried[template] = true
		for _, accept := range []string{"application/json", "text/html"} {
			r := get(t, s, target, "Accept", accept)
			text := body(t, r)
			if r.StatusCode != http.StatusOK || !strings.HasPrefix(r.Header.Get("Content-Type"), accept) {
				t.Errorf("%s as %s: %d %s", target, accept, r.StatusCode, text[:min(len(text), 500)])
				continue
			}
			if tag := r.Header.Get("ETag"); tag == "" || get(t, s, target, "Accept", accept, "If-None-Match", tag).StatusCode != http.StatusNotModified {
				t.Errorf("%s as %s: ETag %q", target, accept, tag)
			}
			head := httptest.NewRequest(http.MethodHead, target, nil)
			head.Header.Set("Accept", accept)
			if h := serve(t, s, head); h.StatusCode != http.StatusOK || len(body(t, h)) > 0 || h.Header.Get("ETag") != r.Header.Get("ETag") {
				t.Errorf("HEAD %s as %s: %d %v", target, accept, h.StatusCode, h.Header)
			}
			if w := get(t, s, target+"?inconnu=1", "Accept", accept); w.StatusCode != http.StatusBadRequest {
				t.Errorf("%s?inconnu=1: %d", target, w.StatusCode)
			}
		}
		tag := get(t, s, target).Header.Get("ETag")
		o.census.version++
		if r := get(t, s, target, "If-None-Match", tag); r.StatusCode != http.StatusOK {
			t.Errorf("%s after a change: %d", target, r.StatusCode)
		}
	}
	for _, target := range []string{"/referentiels/2.0.0/edition", "/connexion", "/referentiels/schema.json"} {
		if r := get(t, s, target); r.StatusCode != http.StatusOK {
			t.Errorf("%s: %d %s", target, r.StatusCode, body(t, r))
		}
	}
	for path, item := range doc.Paths.Map() {
		if tag := item.Get; tag != nil && len(tag.Tags) == 1 && (tag.Tags[0] == "Qualité" || tag.Tags[0] == "Référentiel") && !tried[path] && !strings.HasSuffix(path, "/edition") && !strings.HasSuffix(path, "schema.json") {
			t.Errorf("%s is not tried", path)
		}
	}
	// A draft may be read by all, and found by none.
	for version, want := range map[string]string{"1.0.0": "", "2.0.0": "noindex"} {
		if got := get(t, s, "/referentiels/"+version+"?f=html").Header.Get("X-Robots-Tag"); got != want {
			t.Errorf("version %s: robots %q", version, got)
		}
	}
}

func TestWhatDoesNotExist(t *testing.T) {
	s, _, keys := scene(t)
	lieu := "/collections/lieux/items/"
	for target, want := range map[string]int{
		lieu + place.Identifier(3) + "/score": 404, lieu + place.Identifier(7) + "/score": 410, lieu + "rien/score": 404, lieu + place.Identifier(99) + "/declarations": 404, lieu + place.Identifier(7) + "/declarations": 410,
		lieu + "rien/contestations": 404, "/contestations/99": 404, "/contestations/01": 404, "/contestations/x": 404, "/contestations/99999999999999999999": 404, "/referentiels/9.9.9": 404, "/referentiels/v1": 404,
		"/referentiels/9.9.9/differences": 404, "/referentiels/1.0.0/differences": 400, "/referentiels/2.0.0/differences?avec=9.9.9": 400, "/referentiels/2.0.0/differences?avec=v1.0.0": 400, "/referentiels/1.0.0/simulation": 404,
		"/referentiels/9.9.9/questionnaire": 404, "/referentiels/9.9.9/remontees": 404, "/referentiels/9.9.9/journal": 404, "/referentiels/9.9.9/edition": 404, "/remontees/99": 404, "/remontees/-1": 404,
		"/journal?apres=-1": 400, "/journal?limit=0": 400, "/connexion?retour=//mal.example": 400, "/connexion?retour=https://mal.example": 400, "/referentiels/3.0.0/remontees?critere=inf-01": 400,
	} {
		r := get(t, s, target, "Accept", "application/json")
		if text := body(t, r); r.StatusCode != want {
			t.Errorf("%s: %d %s", target, r.StatusCode, text)
		}
	}
	for path, role := range map[string]access.Role{"/referentiels/9.9.9/etapes": access.Editor, "/referentiels/9.9.9/approbations": access.Committee, "/referentiels/9.9.9/simulation": access.Editor, "/referentiels/9.9.9/remontees": access.Hub,
		"/remontees/99/reponse": access.Moderator, "/contestations/99/etapes": access.Moderator, lieu + "rien/declarations": access.Hub, lieu + place.Identifier(99) + "/preuves": access.Verifier} {
		if r := do(t, s, call{method: "POST", path: path, key: keys[role], body: `{}`}); r.StatusCode != http.StatusNotFound {
			t.Errorf("POST %s: %d %s", path, r.StatusCode, body(t, r))
		}
	}
}

// TestBodies: what is not a body, and how much of it, is told.
func TestBodies(t *testing.T) {
	s, _, keys := scene(t)
	for _, c := range []struct {
		kind, text string
		want       int
		says       string
	}{
		{typeJSON, `{"depuis":`, 400, "ligne 1"},
		{typeJSON, `[1]`, 400, "objet JSON"},
		{typeJSON, `null`, 400, "objet JSON"},
		{typeJSON, "{\"depuis\":\"\xff\"}", 400, "UTF-8"},
		{"text/plain", `x`, 415, "application/json"},
		{"multipart/form-data; boundary=x", `x`, 415, "application/json"},
		{"", `x`, 415, ""},
		{"n'importe quoi;;", `x`, 415, ""},
		{typeJSON, `{"depuis":"1.0.0","version":"` + strings.Repeat("9", bodyMaximum) + `"}`, 413, "1 Mo"},
		{typeJSON, `{"depui":"1.0.0","versoin":"7.0.0"}`, 422, `"suggestion":"version"`},
		{typeJSON, `{"depuis":1,"version":null}`, 422, "guillemets"},
		{typeForm, `depuis=1.0.0&depuis=2.0.0&version=7.0.0`, 422, "plusieurs fois"},
		{typeForm, `depuis=%zz`, 400, ""},
		{typeJSON + "; charset=utf-8", `{"depuis":"1.0.0","version":"7.0.0"}`, 201, `"7.0.0"`},
	} {
		r := call{method: "POST", path: "/referentiels", key: keys[access.Editor], body: c.text}.request()
		r.Header.Set("Content-Type", c.kind)
		w := serve(t, s, r)
		if text := body(t, w); w.StatusCode != c.want || !bytes.Contains(text, []byte(c.says)) {
			t.Errorf("%s %.60q: %d %s", c.kind, c.text, w.StatusCode, text)
		}
	}
}

// TestSavingOverSomebody: both hashes are told, and nothing is lost.
func TestSavingOverSomebody(t *testing.T) {
	s, o, keys := scene(t)
	first := get(t, s, "/referentiels/2.0.0")
	tag := first.Header.Get("ETag")
	var v struct {
		Hash     string
		Document quality.Referentiel
	}
	into(t, first, &v)
	if !strings.HasPrefix(tag, `"`+v.Hash) {
		t.Fatalf("ETag %s of %s", tag, v.Hash)
	}
	put := func(title, match string) *http.Response {
		changed := v.Document
		changed.Titre = title
		c := call{method: "PUT", path: "/referentiels/2.0.0", key: keys[access.Editor], body: string(changed.Canonical())}
		if match != "" {
			c.headers = []string{"If-Match", match}
		}
		return do(t, s, c)
	}
	if r := put("Sans condition", ""); r.StatusCode != http.StatusPreconditionRequired {
		t.Errorf("without If-Match: %d %s", r.StatusCode, body(t, r))
	}
	saved := put("Le premier", tag)
	if saved.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", saved.StatusCode, body(t, saved))
	}
	now := o.version("2.0.0").Hash
	late := put("Le second", tag)
	text := body(t, late)
	if late.StatusCode != http.StatusPreconditionFailed || !bytes.Contains(text, []byte(v.Hash)) || !bytes.Contains(text, []byte(now)) {
		t.Errorf("%d %s", late.StatusCode, text)
	}
	if r := put("Le second", saved.Header.Get("ETag")); r.StatusCode != http.StatusOK {
		t.Errorf("%d %s", r.StatusCode, body(t, r))
	}
	// By form too.
	form := url.Values{"hash": {v.Hash}, "INF-02.poids": {"5"}}
	if r := do(t, s, call{method: "POST", path: "/referentiels/2.0.0/edition", key: keys[access.Editor], form: true, body: form.Encode()}); r.StatusCode != http.StatusPreconditionFailed {
		t.Errorf("%d %s", r.StatusCode, body(t, r))
	}
	if published := do(t, s, call{method: "PUT", path: "/referentiels/1.0.0", key: keys[access.Editor], body: string(o.version("1.0.0").Document), headers: []string{"If-Match", `"x"`}}); published.StatusCode != http.StatusConflict {
		t.Errorf("a published version is written to: %d %s", published.StatusCode, body(t, published))
	}
}

// TestADoubleClickIsOneRequest, and the same words later are not.
func TestADoubleClickIsOneRequest(t *testing.T) {
	now := noon
	s, o := officeOf(t, func(c *Config) { c.Now = func() time.Time { return now } })
	key := o.key(t, access.Contributor, "732829320", "departement:51")
	c := call{method: "POST", path: "/collections/lieux/items/" + place.Identifier(1) + "/contestations", key: key, body: `{"critere":"INF-02","motif":"donnee","texte":"Nous avons un téléphone."}`}
	count := func() int { return len(o.disputes) }
	first, second := do(t, s, c), do(t, s, c)
	if first.StatusCode != 201 || second.StatusCode != 201 || first.Header.Get("Location") != second.Header.Get("Location") || count() != 1 {
		t.Errorf("%d %d, %d contests", first.StatusCode, second.StatusCode, count())
	}
	other := c
	other.body = strings.Replace(c.body, "téléphone", "courriel", 1)
	if r := do(t, s, other); r.StatusCode != 201 || count() != 2 {
		t.Errorf("other words: %d, %d contests", r.StatusCode, count())
	}
	now = now.Add(repeatKept + time.Second)
	if r := do(t, s, c); r.StatusCode != 201 || count() != 3 {
		t.Errorf("the same words later: %d, %d contests", r.StatusCode, count())
	}
	// With a header, it says which requests are the same, whatever their bytes.
	c.headers = []string{"Idempotency-Key", "demande-1"}
	if a, b := do(t, s, c), do(t, s, c); a.StatusCode != 201 || b.StatusCode != 201 || count() != 4 {
		t.Errorf("%d %d, %d contests", a.StatusCode, b.StatusCode, count())
	}
	c.body = other.body
	if r := do(t, s, c); r.StatusCode != http.StatusUnprocessableEntity || count() != 4 {
		t.Errorf("another request under the same header: %d", r.StatusCode)
	}
}

// TestASecondClickDropsTheFirst: a browser leaves the first request when the
// second comes; what was begun is done, and the second is answered.
func TestASecondClickDropsTheFirst(t *testing.T) {
	s, o := officeOf(t)
	c := call{method: "POST", path: "/collections/lieux/items/" + place.Identifier(1) + "/contestations", key: o.key(t, access.Contributor, "732829320", "departement:51"),
		body: `{"critere":"INF-02","motif":"donnee","texte":"Nous avons un téléphone."}`}
	begun, hold := make(chan struct{}, 2), make(chan struct{})
	o.before = func(_ context.Context, question string) error {
		if question == "OpenContest" {
			begun <- struct{}{}
			<-hold
		}
		return nil
	}
	ctx, leave := context.WithCancel(context.Background())
	first := make(chan struct{})
	go func() {
		defer close(first)
		s.ServeHTTP(httptest.NewRecorder(), c.request().WithContext(ctx))
	}()
	<-begun
	leave()
	second := make(chan int, 1)
	go func() { second <- do(t, s, c).StatusCode }()
	close(hold)
	<-first
	if got := <-second; got != http.StatusCreated || len(o.disputes) != 1 {
		t.Errorf("%d, %d contests", got, len(o.disputes))
	}
}

// TestCallers: who asks is the peer, or what a trusted proxy says of it; of IPv6
// the network.
func TestCallers(t *testing.T) {
	s := serverOf(t, newCensus(), func(c *Config) { c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")} })
	for _, c := range []struct{ remote, forwarded, want string }{
		{"198.51.100.7:4", "", "198.51.100.7"},
		{"198.51.100.7:4", "203.0.113.9", "198.51.100.7"},
		{"10.0.0.1:4", "203.0.113.9", "203.0.113.9"},
		{"10.0.0.1:4", "1.2.3.4, 203.0.113.9, 10.0.0.2", "203.0.113.9"},
		{"10.0.0.1:4", "n’importe quoi", "10.0.0.1"},
		{"[2001:db8:1:2:3:4:5:6]:4", "", "2001:db8:1:2::"},
		{"[::ffff:198.51.100.7]:4", "", "198.51.100.7"},
		{"@", "", "invalid IP"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = c.remote
		r.Header.Set("X-Forwarded-For", c.forwarded)
		if got := s.caller(r).String(); got != c.want {
			t.Errorf("%s by %q is %s", c.remote, c.forwarded, got)
		}
	}
}

// TestSession: the cookie is for this site's pages only, and leaves with the
// session; a key never reaches the log.
func TestSession(t *testing.T) {
	var log bytes.Buffer
	s, o, keys := scene(t, func(c *Config) {
		c.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	key := keys[access.Editor]
	open := call{method: "POST", path: "/connexion", form: true, body: url.Values{"cle": {" " + key + " "}, "retour": {"/referentiels/2.0.0/edition"}}.Encode()}
	r := do(t, s, open)
	if r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != "/referentiels/2.0.0/edition" || len(r.Cookies()) != 1 {
		t.Fatalf("%d %v %s", r.StatusCode, r.Header, body(t, r))
	}
	cookie := r.Cookies()[0]
	if cookie.Name != "__Host-mednum_id" || strings.Contains(cookie.Value, key) || !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || !cookie.Secure || cookie.Path != "/" || cookie.MaxAge != 0 || cookie.Domain != "" {
		t.Errorf("%+v", cookie)
	}
	for _, back := range []string{"//mal.example", "https://mal.example", "/\\mal.example", "javascript:alert(1)"} {
		bad := open
		bad.body = url.Values{"cle": {key}, "retour": {back}}.Encode()
		if r := do(t, s, bad); r.Header.Get("Location") != "/referentiels" {
			t.Errorf("back to %q: %s", back, r.Header.Get("Location"))
		}
	}
	page := get(t, s, "/referentiels/2.0.0?f=html", "Cookie", cookie.Name+"="+cookie.Value)
	if page.StatusCode != http.StatusOK || !strings.Contains(page.Header.Get("Cache-Control"), "no-store") || !strings.Contains(page.Header.Get("Vary"), "Cookie") {
		t.Errorf("%d %v", page.StatusCode, page.Header)
	}
	if anybody := get(t, s, "/referentiels/2.0.0?f=html"); anybody.Header.Get("ETag") == page.Header.Get("ETag") || !strings.Contains(anybody.Header.Get("Vary"), "Cookie") {
		t.Error("the same page for who is signed in and for anybody")
	}
	post := call{method: "POST", path: "/referentiels", form: true, body: "depuis=1.0.0&version=6.0.0", headers: []string{"Cookie", cookie.Name + "=" + cookie.Value}}
	for name, headers := range map[string][]string{"another site": {"Sec-Fetch-Site", "cross-site"}, "a sister site": {"Sec-Fetch-Site", "same-site"}, "an old browser": {"Origin", "https://mal.example"}} {
		bad := post
		bad.headers = append(slices.Clone(post.headers), headers...)
		if r := do(t, s, bad); r.StatusCode != http.StatusForbidden || o.version("6.0.0") != nil {
			t.Errorf("%s: %d", name, r.StatusCode)
		}
		bad = open
		bad.headers = headers
		if r := do(t, s, bad); r.StatusCode != http.StatusForbidden || len(r.Cookies()) > 0 {
			t.Errorf("%s opens a session: %d", name, r.StatusCode)
		}
	}
	post.headers = append(post.headers, "Sec-Fetch-Site", "same-origin")
	if r := do(t, s, post); r.StatusCode != http.StatusSeeOther || !strings.HasPrefix(r.Header.Get("Location"), "/referentiels/6.0.0") {
		t.Errorf("%d %s", r.StatusCode, body(t, r))
	}
	gone := do(t, s, call{method: "POST", path: "/deconnexion", form: true, headers: post.headers})
	if gone.StatusCode != http.StatusSeeOther || len(gone.Cookies()) != 1 || gone.Cookies()[0].MaxAge >= 0 || gone.Cookies()[0].Value != "" {
		t.Errorf("%d %v", gone.StatusCode, gone.Header)
	}
	do(t, s, call{method: "POST", path: "/connexion", form: true, body: "cle=" + strings.Replace(key, "mednum_", "mednum_zz", 1)})
	if text := log.String(); strings.Contains(text, key[8:]) || strings.Contains(text, cookie.Value) {
		t.Errorf("a key is in the log:\n%s", text)
	}
	// The header wins over the cookie, and another site may use it: a page has a
	// key only when somebody gave it one.
	c := call{method: "POST", path: "/referentiels", key: keys[access.Reader], body: `{"depuis":"1.0.0","version":"8.0.0"}`, headers: post.headers}
	if r := do(t, s, c); r.StatusCode != http.StatusForbidden {
		t.Errorf("%d", r.StatusCode)
	}
	c.key, c.headers = key, []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://ailleurs.example"}
	if r := do(t, s, c); r.StatusCode != http.StatusCreated {
		t.Errorf("%d %s", r.StatusCode, body(t, r))
	}
}

// TestRefusedKeys: they are few by address; who has a good one is not locked
// out, nor is anybody at another address.
func TestRefusedKeys(t *testing.T) {
	now := noon
	s, o := officeOf(t, func(c *Config) { c.Now = func() time.Time { return now } })
	good, late := o.key(t, access.Editor, "732829320", ""), o.key(t, access.Editor, "732829320", "")
	from := func(address, key string) int {
		r := call{method: "POST", path: "/referentiels", key: key, body: `{}`}.request()
		r.RemoteAddr = address
		return serve(t, s, r).StatusCode
	}
	if got := from("198.51.100.7:1", good); got != http.StatusUnprocessableEntity {
		t.Fatal(got)
	}
	wrong, _, _, _ := access.NewSecret(bytes.NewReader(bytes.Repeat([]byte{7}, 64)))
	refused, stopped := 0, 0
	for range 50 {
		switch from("198.51.100.7:1", wrong) {
		case http.StatusUnauthorized:
			refused++
		case http.StatusTooManyRequests:
			stopped++
		}
	}
	if refused != refusalsMaximum || stopped != 50-refusalsMaximum {
		t.Errorf("%d refused, %d stopped", refused, stopped)
	}
	if got := from("198.51.100.7:2", good); got != http.StatusUnprocessableEntity {
		t.Errorf("who was there before is locked out: %d", got)
	}
	if got := from("198.51.100.8:1", late); got != http.StatusUnprocessableEntity {
		t.Errorf("somebody else is locked out: %d", got)
	}
	now = now.Add(refusalEvery + time.Second)
	if got := from("198.51.100.7:1", wrong); got != http.StatusUnauthorized {
		t.Errorf("later: %d", got)
	}
	// A key that its own sum refuses asks nothing of the database, and counts for
	// nothing.
	o.asked = nil
	for range 30 {
		if got := from("192.0.2.9:1", good[:len(good)-1]+"!"); got != http.StatusUnauthorized {
			t.Fatal(got)
		}
	}
	if len(o.asked) > 0 {
		t.Errorf("asked %v", o.asked)
	}
	expired := o.key(t, access.Editor, "732829320", "")
	_, hash, _ := access.ParseSecret(expired)
	k := o.keys[string(hash)]
	k.Expires = noon.Add(-time.Hour)
	o.keys[string(hash)] = k
	r := do(t, s, call{method: "POST", path: "/referentiels", key: expired, body: `{}`})
	if text := body(t, r); r.StatusCode != http.StatusUnauthorized || !bytes.Contains(text, []byte("expiré")) || !strings.Contains(r.Header.Get("WWW-Authenticate"), "invalid_token") {
		t.Errorf("%d %s", r.StatusCode, text)
	}
}

// TestOneSimulationAtATime: two who ask for the same one share it, another one
// is told to come back.
func TestOneSimulationAtATime(t *testing.T) {
	s, o, keys := scene(t, func(c *Config) { c.Writes = 8 })
	begun, hold := make(chan struct{}, 9), make(chan struct{})
	o.before = func(_ context.Context, question string) error {
		if question == "Population" {
			begun <- struct{}{}
			<-hold
		}
		return nil
	}
	run := func(version string) chan int {
		out := make(chan int, 1)
		go func() {
			r := do(t, s, call{method: "POST", path: "/referentiels/" + version + "/simulation", key: keys[access.Editor]})
			out <- r.StatusCode
		}()
		return out
	}
	first := run("3.0.0")
	<-begun
	second := run("3.0.0")
	if got := <-run("2.0.0"); got != http.StatusServiceUnavailable {
		t.Errorf("another one at the same time: %d", got)
	}
	close(hold)
	if a, b := <-first, <-second; a != http.StatusOK || b != http.StatusOK {
		t.Errorf("%d %d", a, b)
	}
	if r := do(t, s, call{method: "POST", path: "/referentiels/4.0.0/simulation", key: keys[access.Editor]}); r.StatusCode != http.StatusConflict {
		t.Errorf("of a version put to the vote: %d", r.StatusCode)
	}
}

// TestFormsAreShownAgain: a page that was refused is the form, with what was
// typed and what is wrong.
func TestFormsAreShownAgain(t *testing.T) {
	s, _, keys := scene(t)
	lieu := "/collections/lieux/items/" + place.Identifier(1)
	question := initialEngine().Referentiel().Questions[0].Code
	for _, c := range []struct {
		path, body string
		role       access.Role
		want       int
	}{
		{lieu + "/declarations", question + "=peut-%C3%AAtre&date=2026-04-01", access.Hub, 422},
		{lieu + "/preuves", "preuve=rien&resultat=rien&source=ici", access.Verifier, 422},
		{lieu + "/contestations", "critere=INF-01&motif=donnee&texte=non", access.Hub, 422},
		{"/contestations/1/etapes", "etat=DECIDEE&texte=Nous+avons+v%C3%A9rifi%C3%A9.&accueillie=", access.Moderator, 422},
		{"/contestations/1/etapes", "etat=APPEL&texte=Nous+ne+sommes+pas+d%E2%80%99accord.&accueillie=", access.Contributor, 409},
		{"/referentiels", "depuis=1.0.0&version=0.9.0", access.Editor, 409},
		{"/referentiels/3.0.0/etapes", "vers=ARBITRAGE&motif=&cloture=&effet=", access.Editor, 409},
		{"/referentiels/4.0.0/approbations", "vote=contre&motif=", access.Committee, 409},
		{"/referentiels/3.0.0/remontees", "nature=commentaire&texte=Bof", access.Hub, 422},
		{"/remontees/1/reponse", "decision=retenue&motif=Oui", access.Moderator, 422},
		{"/referentiels/2.0.0/edition", "hash=x&geste=retirer&critere=ZZZ-01", access.Editor, 422},
	} {
		r := do(t, s, call{method: "POST", path: c.path, key: keys[c.role], form: true, body: c.body})
		text := string(body(t, r))
		if r.StatusCode != c.want || !strings.HasPrefix(r.Header.Get("Content-Type"), "text/html") || strings.Contains(text, "page-probleme") || !strings.Contains(text, `method="post"`) {
			t.Errorf("%s %s: %d %s", c.path, c.body, r.StatusCode, text[:min(len(text), 1500)])
		}
		if !strings.Contains(r.Header.Get("Cache-Control"), "no-store") {
			t.Errorf("%s: %v", c.path, r.Header)
		}
	}
}

// TestFilters: levels, scores and guarantees select, and what is wrong in them
// is told with what was meant.
func TestFilters(t *testing.T) {
	s, o := officeOf(t)
	all := items(t, s, "")
	want := func(keep func(p map[string]any) bool) (out []string) {
		for _, f := range all.Features {
			if f.Properties["etat"] != nil && keep(f.Properties) {
				out = append(out, fmt.Sprint(f.Properties["nom"]))
			}
		}
		return out
	}
	has := func(list any, code string) bool { return slices.Contains(list.([]any), any(code)) }
	for query, keep := range map[string]func(p map[string]any) bool{
		"score_min=0.01":            func(p map[string]any) bool { return p["score"].(float64) > 0 },
		"score_min=30":              func(p map[string]any) bool { return p["score"].(float64) >= 30 },
		"niveau=A,B,C,D,E":          func(p map[string]any) bool { return p["niveau"] != nil },
		"socle=INF-02":              func(p map[string]any) bool { return has(p["socle"], "INF-02") },
		"socle=inf-02&socle=ACC-01": func(p map[string]any) bool { return has(p["socle"], "INF-02") && has(p["socle"], "ACC-01") },
		"socle=complet": func(p map[string]any) bool {
			return len(p["socle_manque"].([]any))+len(p["socle_inconnu"].([]any)) == 0
		},
		"socle=TAR-01,INF-02&q=reims": nil,
	} {
		if keep == nil {
			if r := get(t, s, "/collections/lieux/items?"+query); r.StatusCode != http.StatusBadRequest {
				t.Errorf("%s: %d (TAR-01 is not essential)", query, r.StatusCode)
			}
			continue
		}
		if d := cmp.Diff(want(keep), items(t, s, "?"+query).names()); d != "" {
			t.Errorf("%s: %s", query, d)
		}
	}
	for query, suggestion := range map[string]string{"niveau=b": "B", "niveau=AB": "A,B", "niveau=Z": "", "score_min=65,5": "65.5", "score_min=101": "", "score_min=60%25": "60", "socle=INF02": "INF-02", "socle=complete": "complet", "score=3": "score_min", "niveaux=A": "niveau"} {
		var p problem
		r := get(t, s, "/collections/lieux/items?"+query)
		into(t, r, &p)
		if r.StatusCode != http.StatusBadRequest || len(p.Errors) != 1 || p.Errors[0].Suggestion != suggestion {
			t.Errorf("%s: %d %+v", query, r.StatusCode, p.Errors)
		}
	}
	// The features carry what the stored result says.
	var p quality.Published
	m := o.census.places[0]
	if p, _ = quality.ParsePublished(o.published(m)); p.Score == nil || all.Features[0].Properties["score"] != *p.Score {
		t.Errorf("%v %v", p.Score, all.Features[0].Properties["score"])
	}
	if all.Features[2].Properties["score"] != nil || all.Features[2].Properties["socle"] == nil {
		t.Errorf("never scored: %v", all.Features[2].Properties)
	}
}

// TestScoreIsReplayed: what /score gives is enough to compute it again.
func TestScoreIsReplayed(t *testing.T) {
	s, _ := officeOf(t)
	var v struct {
		Resultat quality.Resultat
		Entree   quality.Entree
	}
	into(t, get(t, s, "/collections/lieux/items/"+place.Identifier(1)+"/score"), &v)
	var version struct{ Document json.RawMessage }
	into(t, get(t, s, "/referentiels/"+v.Resultat.Version), &version)
	e, err := quality.Load(version.Document)
	if err != nil {
		t.Fatal(err)
	}
	again := e.Evaluate(&v.Entree)
	if again.Hash() != v.Resultat.Hash() || v.Entree.Hash() != v.Resultat.Entree || e.Hash() != v.Resultat.Referentiel {
		t.Errorf("replayed %+v, was %+v", again, v.Resultat)
	}
}

// TestJournalPages: turned one by one they are the whole log, whose chain holds.
func TestJournalPages(t *testing.T) {
	s, o, _ := scene(t)
	var all []consultation.Entry
	for next := "https://lieux.example/journal?limit=2"; next != ""; {
		var page struct {
			Faits []consultation.Entry
			Links []link
		}
		into(t, get(t, s, next), &page)
		all = append(all, page.Faits...)
		next = ""
		for _, l := range page.Links {
			if l.Rel == "next" {
				next = l.Href
			}
		}
	}
	if err := consultation.VerifyChain(consultation.Entry{}, all); err != nil || len(all) != len(o.entries) {
		t.Errorf("%d of %d lines: %v", len(all), len(o.entries), err)
	}
	var of struct{ Faits []consultation.Entry }
	into(t, get(t, s, "/referentiels/3.0.0/journal"), &of)
	var subjects []string
	for _, e := range of.Faits {
		subjects = append(subjects, e.Kind+" "+e.Subject)
	}
	if d := cmp.Diff([]string{"version-creee 3.0.0", "etat-change 3.0.0", "remontee-deposee remontée 1"}, subjects); d != "" {
		t.Error(d)
	}
}

// TestWithoutReferentiel: a server without one says so, and serves the rest.
func TestWithoutReferentiel(t *testing.T) {
	s := serverOf(t, newCensus())
	for _, target := range []string{"/referentiels", "/journal", "/collections/lieux/items/" + place.Identifier(1) + "/score"} {
		if r := get(t, s, target); r.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("%s: %d", target, r.StatusCode)
		}
	}
	if r := do(t, s, call{method: "POST", path: "/referentiels", body: `{}`}); r.StatusCode != http.StatusServiceUnavailable {
		t.Error(r.StatusCode)
	}
}

// FuzzBodies sends any body to every operation that writes, by somebody who may
// do anything that anybody may: never a panic, never a 5xx, and every answer is
// one that openapi.yaml announces.
func FuzzBodies(f *testing.F) {
	s, o, keys := scene(f)
	for i, a := range attempts(o) {
		for _, text := range []string{a.good, a.bad, `{"a":{}}`} {
			f.Add(uint8(i), a.form, text)
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, form bool, text string) {
		all := attempts(o)
		a := all[int(which)%len(all)]
		method, _, _ := strings.Cut(a.name, " ")
		r := call{method: method, path: a.path, key: keys[a.role], form: form, body: text, headers: a.headers}.request()
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		CheckContract(t, r, w.Code, w.Header(), w.Body.Bytes())
		if w.Code >= 500 {
			t.Errorf("%s %q: %d %s", a.name, text, w.Code, w.Body)
		}
		if l := w.Header().Get("Location"); l != "" && !strings.HasPrefix(l, "/") && !strings.HasPrefix(l, "https://lieux.example/") {
			t.Errorf("%s %q leads to %q", a.name, text, l)
		}
	})
}

// FuzzEdition sends any form of a draft: what comes out is a text that a draft
// may hold, whose examples hold, or faults that say what to write.
func FuzzEdition(f *testing.F) {
	for _, seed := range []string{
		"INF-02.poids=3&INF-03.poids=3", "geste=equilibrer&garder=INF-01&garder=INF-02&INF-01.poids=9", "geste=retirer&critere=COM-03", "INF-02.poids=-1", "x=1", "geste=x", "niveaux.A.score=99,5",
		"geste=ajouter&genre=question&dimension=PUB&libelle=Accueil+des+enfants&question=Puis-je+venir+avec+mes+enfants+%3F&poids=1&demande=Accueillez-vous+les+enfants+%3F&reponses=Oui&reponses=Non&valeurs_reponses=1&valeurs_reponses=0",
		"geste=ajouter&genre=champ&dimension=INF&libelle=Site&question=Y+a-t-il+un+site+%3F&poids=0,5&champ=site_web&essentiel=oui", "geste=ajouter&genre=valeur&champ=services&valeurs=Couture%0Ax", "geste=ajouter",
	} {
		f.Add(seed)
	}
	document := initialEngine().Referentiel()
	f.Fuzz(func(t *testing.T, query string) {
		form, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		edited, err := readEdition(document, form)
		if err != nil {
			if wrong := told(err); len(wrong) == 0 || wrong[0].Message == "" {
				t.Fatalf("%q: %v", query, err)
			}
			return
		}
		again, err := quality.Parse(edited.Canonical())
		if err != nil {
			t.Skip(err) // told when it is saved
		}
		if e, err := quality.Load(again.Canonical()); err != nil || e.Referentiel().Version != document.Version {
			t.Errorf("%q: %v", query, err)
		}
	})
}

// FirstEvidence is a request that the story's verifier sends.
func FirstEvidence(day string) string { return strings.Replace(firstEvidence(), "2026-04-01", day, 1) }
