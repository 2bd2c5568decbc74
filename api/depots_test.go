package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"mednum/internal/access"
	"mednum/internal/intake"
	"mednum/internal/match"
	"mednum/internal/place"
)

// harbour is a server that takes files, and keys of a collectivité and of a hub.
func harbour(t testing.TB, change ...func(*Config)) (*Server, *port, string, string) {
	t.Helper()
	s, o := officeOf(t, change...)
	return s, o.port, o.key(t, access.Contributor, "732829320", "departement:51"), o.key(t, access.Hub, "356000000", "")
}

func bearer(key string) []string { return []string{"Authorization", "Bearer " + key} }

// upload sends a file as a page or a program does.
func upload(t testing.TB, s *Server, key, accept string, fields map[string]string, name, content string) *http.Response {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for k, v := range fields {
		_ = w.WriteField(k, v)
	}
	if name != "" {
		part, _ := w.CreateFormFile("fichier", name)
		_, _ = io.WriteString(part, content)
	}
	w.Close()
	r := httptest.NewRequest(http.MethodPost, "/depots", &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.Header.Set("Authorization", "Bearer "+key)
	if accept != "" {
		r.Header.Set("Accept", accept)
	}
	return serve(t, s, r)
}

func TestAFileIsGivenInThreeWays(t *testing.T) {
	s, p, key, _ := harbour(t)
	r := upload(t, s, key, "", map[string]string{"source": "essai", "partiel": "oui"}, "lieux été.csv", smallFile)
	var d depotWire
	into(t, r, &d)
	if r.StatusCode != http.StatusCreated || d.Number != 1 || d.File != "lieux été.csv" || !d.Partial || p.received != smallFile || r.Header.Get("Location") != "https://lieux.example/depots/1" {
		t.Errorf("a form: %d %+v", r.StatusCode, d.Deposit)
	}
	raw := httptest.NewRequest(http.MethodPost, "/depots?source=essai&nom=autre.csv&partiel=non", strings.NewReader(smallFile+"x,y,z,t,u\n"))
	raw.Header.Set("Content-Type", "application/octet-stream")
	raw.Header.Set("Authorization", "Bearer "+key)
	r = serve(t, s, raw)
	into(t, r, &d)
	if r.StatusCode != http.StatusCreated || d.File != "autre.csv" || d.Partial || !strings.HasSuffix(p.received, "x,y,z,t,u\n") {
		t.Errorf("a body alone: %d %+v", r.StatusCode, d.Deposit)
	}
	r = do(t, s, call{method: "POST", path: "/depots", key: key, body: `{"source":"essai","adresse":"https://exemple.fr/a/b.json"}`})
	into(t, r, &d)
	if r.StatusCode != http.StatusCreated || d.URL != "https://exemple.fr/a/b.json" || d.File != "b.json" {
		t.Errorf("an address: %d %+v", r.StatusCode, d.Deposit)
	}
	// A page is led to the deposit; the same file sent twice is one deposit.
	for range 2 {
		r = upload(t, s, key, "text/html", map[string]string{"source": "essai", "adresse": ""}, "lieux.csv", smallFile)
		if r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != "/depots/4" {
			t.Errorf("a page: %d %s", r.StatusCode, r.Header.Get("Location"))
		}
	}
}

func TestAFileThatCannotBeTaken(t *testing.T) {
	s, p, key, _ := harbour(t, func(c *Config) { c.UploadMaximum = 1000 })
	for name, c := range map[string]struct {
		fields        map[string]string
		file, content string
		status        int
		says          string
	}{
		"nothing":       {nil, "", "", 422, "Choisissez un fichier"},
		"no source":     {nil, "a.csv", smallFile, 422, "nécessaire"},
		"both":          {map[string]string{"source": "x", "adresse": "https://exemple.fr/x"}, "a.csv", smallFile, 422, "pas les deux"},
		"empty":         {map[string]string{"source": "x"}, "a.csv", "", 422, "vide"},
		"no address":    {map[string]string{"source": "x", "adresse": "exemple.fr/x.csv"}, "", "", 422, "https://exemple.fr/x.csv"},
		"unknown field": {map[string]string{"source": "x", "sourse": "y"}, "a.csv", smallFile, 422, "source"},
		"too heavy":     {map[string]string{"source": "x"}, "a.csv", strings.Repeat("x", 1001), 413, "trop lourd"},
		"not a table":   {map[string]string{"source": "x"}, "a.exe", "\x00\x01", 422, "pas un tableau"},
	} {
		for _, accept := range []string{"", "text/html"} {
			r := upload(t, s, key, accept, c.fields, c.file, c.content)
			text := string(body(t, r))
			if r.StatusCode != c.status || !strings.Contains(text, c.says) {
				t.Errorf("%s as %q: %d %.600s", name, accept, r.StatusCode, text)
			}
			if accept != "" && !strings.Contains(text, `name="fichier"`) {
				t.Errorf("%s: the page does not have the form again", name)
			}
		}
	}
	if len(p.deposits) > 0 {
		t.Errorf("%d deposits", len(p.deposits))
	}
	// A body that says that it is too long is refused before it is read.
	r := httptest.NewRequest(http.MethodPost, "/depots?source=x", strings.NewReader("x"))
	r.ContentLength = 1 << 40
	r.Header.Set("Authorization", "Bearer "+key)
	if got := serve(t, s, r); got.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("announced: %d", got.StatusCode)
	}
}

func TestNoTemporaryFileStays(t *testing.T) {
	dir := t.TempDir()
	s, _, key, _ := harbour(t, func(c *Config) { c.TempDir = dir })
	upload(t, s, key, "", map[string]string{"source": "x"}, "a.csv", smallFile)
	upload(t, s, key, "", map[string]string{"source": "x"}, "a.exe", "\x00")
	do(t, s, call{method: "POST", path: "/depots/1/etapes", key: key, body: `{"etape":"lire"}`})
	if r := get(t, s, "/depots/1/rapport?f=xlsx", bearer(key)...); r.StatusCode != http.StatusOK || len(body(t, r)) != 300_002 || r.Header.Get("Content-Disposition") == "" {
		t.Errorf("annotated: %d %v", r.StatusCode, r.Header)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("%v", left)
	}
}

// TestTooManyUploads: a full quay is 503, and says when to come back.
func TestTooManyUploads(t *testing.T) {
	s, _, key, _ := harbour(t, func(c *Config) { c.Uploads = 1 })
	s.quay.uploads <- struct{}{}
	if r := upload(t, s, key, "", map[string]string{"source": "x"}, "a.csv", smallFile); r.StatusCode != http.StatusServiceUnavailable || r.Header.Get("Retry-After") == "" {
		t.Errorf("%d", r.StatusCode)
	}
}

// TestWithoutDepositsThoseAddressesAreNot: nil stores are 404, whatever is asked.
func TestWithoutDepositsThoseAddressesAreNot(t *testing.T) {
	s, o := officeOf(t, func(c *Config) { c.Deposits, c.Duplicates = nil, nil })
	key := o.key(t, access.Hub, "732829320", "")
	for _, path := range []string{"/depots", "/depots/1", "/depots/1/rapport", "/sources", "/doublons", "/doublons/1", "/collections/lieux/items/" + place.Identifier(1) + "/sources"} {
		if r := get(t, s, path, bearer(key)...); r.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", path, r.StatusCode)
		}
	}
	if r := do(t, s, call{method: "POST", path: "/depots/1/etapes", key: key, body: `{"etape":"lire"}`}); r.StatusCode != http.StatusNotFound {
		t.Errorf("a step: %d", r.StatusCode)
	}
}

// TestPagesOfAFile: every address, in both forms, at each state; what nobody may
// see without a key leads a browser to where it gives one.
func TestPagesOfAFile(t *testing.T) {
	s, p, key, hub := harbour(t)
	n := p.given(t, "732829320")
	if r := do(t, s, call{method: "POST", path: "/depots/1/etapes", key: key, body: `{"etape":"lire"}`}); r.StatusCode != http.StatusOK {
		t.Fatal(string(body(t, r)))
	}
	first := "/collections/lieux/items/" + place.Identifier(1)
	for path, open := range map[string]bool{"/depots": false, "/depots/1": false, "/depots/1/correspondance": false, "/depots/1/rapport": false, "/depots/1/changements": false, "/depots/1/changements?genre=modifie&limit=1": false,
		"/sources": false, "/sources/1": false, "/doublons": false, "/doublons?departement=51": false, "/doublons/1": true, first + "/sources": true, first + "/score": true} {
		for _, accept := range []string{"application/json", "text/html"} {
			r := get(t, s, path, append(bearer(hub), "Accept", accept)...)
			if r.StatusCode != http.StatusOK || !strings.HasPrefix(r.Header.Get("Content-Type"), accept) || !strings.Contains(r.Header.Get("Cache-Control"), "private") && !strings.HasSuffix(path, "/score") {
				t.Errorf("%s as %s: %d %v %.300s", path, accept, r.StatusCode, r.Header, body(t, r))
			}
			anybody := get(t, s, path, "Accept", accept)
			switch {
			case open && anybody.StatusCode != http.StatusOK:
				t.Errorf("%s for anybody: %d", path, anybody.StatusCode)
			case !open && accept == "text/html" && (anybody.StatusCode != http.StatusSeeOther || !strings.HasPrefix(anybody.Header.Get("Location"), "/connexion?retour=%2F")):
				t.Errorf("%s without a key: %d %s", path, anybody.StatusCode, anybody.Header.Get("Location"))
			case !open && accept != "text/html" && anybody.StatusCode != http.StatusUnauthorized:
				t.Errorf("%s without a key: %d", path, anybody.StatusCode)
			}
		}
	}
	for _, state := range []intake.State{intake.Received, intake.Reading, intake.Ready, intake.Held, intake.Publishing, intake.Published, intake.Refused, intake.Abandoned} {
		p.deposits[n-1].State, p.deposits[n-1].Fault = state, "Ce fichier est vide."
		for _, page := range []string{"", "/rapport"} {
			if r := get(t, s, "/depots/1"+page, append(bearer(key), "Accept", "text/html")...); r.StatusCode != http.StatusOK {
				t.Errorf("%s%s: %d", state, page, r.StatusCode)
			}
		}
	}
	p.deposits[n-1].Report, p.deposits[n-1].State = nil, intake.Reading
	if r := get(t, s, "/depots/1/rapport", bearer(key)...); r.StatusCode != http.StatusConflict {
		t.Errorf("a report that is not there: %d", r.StatusCode)
	}
	if r := get(t, s, "/depots/1/changements", bearer(key)...); r.StatusCode != http.StatusConflict {
		t.Errorf("changes that are not there: %d", r.StatusCode)
	}
	p.strict = true
	for path, want := range map[string]int{"/depots/1": 404, "/depots/99": 404, "/depots/01": 404, "/depots/x": 404, "/sources/99": 404, "/doublons/99": 404, "/depots?limit=x": 400, "/depots/1?inconnu=1": 400, "/doublons?departement=51,52": 400, "/doublons?departement=Marne": 400, "/depots/1/changements?genre=ajoutes": 400} {
		if r := get(t, s, path, bearer(hub)...); r.StatusCode != want {
			t.Errorf("%s of another organisation: %d", path, r.StatusCode)
		}
	}
}

// TestPublishingIsRefusedWithItsReasons: all at once, beside the report.
func TestPublishingIsRefusedWithItsReasons(t *testing.T) {
	s, p, key, _ := harbour(t)
	n := p.given(t, "732829320")
	d := &p.deposits[n-1]
	step := func(form bool, text string) (*http.Response, string) {
		r := do(t, s, call{method: "POST", path: "/depots/1/etapes", key: key, form: form, body: text})
		return r, string(body(t, r))
	}
	if r, text := step(false, `{"etape":"publier"}`); r.StatusCode != http.StatusConflict {
		t.Errorf("not read yet: %d %s", r.StatusCode, text)
	}
	step(false, `{"etape":"lire"}`)
	d.Outside = 2
	for _, form := range []bool{false, true} {
		text := `{"etape":"publier"}`
		if form {
			text = "etape=publier"
		}
		r, got := step(form, text)
		if r.StatusCode != http.StatusForbidden || !strings.Contains(got, "hors de votre territoire") || !strings.Contains(got, "Ôtez-les du fichier.") {
			t.Errorf("outside, form %v: %d %s", form, r.StatusCode, got)
		}
		if form && !strings.Contains(got, "<h1>Le rapport</h1>") {
			t.Error("the refusal does not stand beside the report")
		}
	}
	d.Outside, d.State = 0, intake.Held
	if r, text := step(false, `{"etape":"publier","retraits":false}`); r.StatusCode != http.StatusConflict || !strings.Contains(text, "moitié") {
		t.Errorf("held: %d %s", r.StatusCode, text)
	}
	if r, text := step(true, "etape=publier&retraits=oui"); r.StatusCode != http.StatusSeeOther || d.State != intake.Published {
		t.Errorf("accepted: %d %s", r.StatusCode, text)
	}
}

// TestTheFormOfColumns: the page shows, previews, saves and reads; what is wrong
// is said there, and nothing is kept.
func TestTheFormOfColumns(t *testing.T) {
	s, p, key, _ := harbour(t)
	n := p.given(t, "732829320")
	page := string(body(t, get(t, s, "/depots/1/correspondance", append(bearer(key), "Accept", "text/html")...)))
	for _, part := range []string{"Nom", "Médiathèque", "sûr, 95", "Colonne non reconnue.", `value="adresse" selected`, "Ligne 2", "2 rue des Fuseliers"} {
		if !strings.Contains(page, part) {
			t.Errorf("the page does not say %q", part)
		}
	}
	send := func(path, text string) (*http.Response, string) {
		r := do(t, s, call{method: "POST", path: path, key: key, form: true, body: text})
		return r, string(body(t, r))
	}
	if r, text := send("/depots/1/apercu", "c.4=services&v.services=D%C3%A9marches&w.services=%3D"); r.StatusCode != http.StatusOK || !strings.Contains(text, "Rien n’est encore enregistré") || p.deposits[n-1].Mapping != nil {
		t.Errorf("a preview: %d", r.StatusCode)
	}
	if r, text := send("/depots/1/correspondance", "geste=lire&c.4=cases:services"); r.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(text, "quelle valeur") {
		t.Errorf("a box that gives nothing: %d %s", r.StatusCode, text)
	}
	if r, text := send("/depots/1/correspondance", "geste=enregistrer&texte=champ:%20x"); r.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(text, "Ligne 1") || !strings.Contains(text, "champ: x") {
		t.Errorf("a text that is wrong: %d %s", r.StatusCode, text)
	}
	if r, _ := send("/depots/1/correspondance", "geste=lire&c.4=services"); r.StatusCode != http.StatusSeeOther || p.deposits[n-1].State != intake.Ready || !bytes.Contains(p.deposits[n-1].Mapping, []byte("Aide")) {
		t.Errorf("read: %d %s", r.StatusCode, p.deposits[n-1].Mapping)
	}
	// Programs: YAML as well as JSON, faults with their lines, "null" the standard.
	put := func(typ, text string) (*http.Response, string) {
		r := serve(t, s, call{method: "PUT", path: "/depots/1/correspondance", key: key, body: text, headers: []string{"Content-Type", typ}}.request())
		return r, string(body(t, r))
	}
	if r, text := put(typeYAML, "correspondance: 1\nchamps:\n  nom: {colonne: Nom}\n"); r.StatusCode != http.StatusOK {
		t.Errorf("YAML: %d %s", r.StatusCode, text)
	}
	if r, text := put(typeYAML, "correspondance: 1\nchamps:\n  nome: {colonne: Nom}\n"); r.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(text, "Ligne 3") {
		t.Errorf("wrong YAML: %d %s", r.StatusCode, text)
	}
	if r, _ := put("text/csv", "a,b"); r.StatusCode != http.StatusUnsupportedMediaType {
		t.Errorf("another type: %d", r.StatusCode)
	}
	if r, _ := put(typeJSON, ""); r.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("nothing: %d", r.StatusCode)
	}
	if r, _ := put(typeJSON, "null"); r.StatusCode != http.StatusOK || p.deposits[n-1].Mapping != nil {
		t.Errorf("null: %d", r.StatusCode)
	}
}

// TestFollowing: events until the end, and one connection each.
func TestFollowing(t *testing.T) {
	s, p, key, _ := harbour(t, func(c *Config) { c.FollowEvery = time.Millisecond; c.Followers = 1 })
	n := p.given(t, "732829320")
	d := &p.deposits[n-1]
	d.State, d.Progress = intake.Reading, intake.Progress{Step: "lecture du fichier", Done: 1, Total: 4}
	looks := 0
	p.before = func(_ context.Context, question string) error {
		if question != "GetDeposit" {
			return nil
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		if looks++; looks > 2 {
			p.deposits[n-1].Progress.Done = min(4, int64(looks))
		}
		if looks > 4 {
			p.deposits[n-1].State = intake.Ready
		}
		return nil
	}
	r := get(t, s, "/depots/1/suivi", append(bearer(key), "Accept", "text/event-stream", "Accept-Encoding", "gzip")...)
	text := string(body(t, r))
	if r.Header.Get("Content-Type") != typeEvents || r.Header.Get("Content-Encoding") != "" {
		t.Errorf("%v", r.Header)
	}
	for _, part := range []string{"event: avancement\ndata: {\"etat\":\"lecture\"", "Lecture du fichier : 1 sur 4.", "\"fait\":3", "event: fin\ndata: {\"etat\":\"pret\""} {
		if !strings.Contains(text, part) {
			t.Errorf("no %q in %s", part, text)
		}
	}
	s.quay.followers <- struct{}{}
	if r := get(t, s, "/depots/1/suivi", bearer(key)...); r.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("one too many: %d", r.StatusCode)
	}
}

// TestAnErrorOfTheStoreIsTold: nothing of its cause leaks.
func TestAnErrorOfTheStoreIsTold(t *testing.T) {
	s, p, key, _ := harbour(t)
	p.given(t, "732829320")
	for _, c := range []struct {
		failure error
		status  int
	}{
		{fmt.Errorf("read: %w", intake.ErrNoDeposit), 404}, {intake.ErrNoSource, 404}, {match.ErrNoPair, 404}, {intake.ErrState, 409}, {&intake.Refusal{Reasons: []string{"Plus tard."}}, 409},
		{&access.Denial{Reason: "Cette source est celle d’une autre organisation.", Err: access.ErrForbidden}, 403}, {context.DeadlineExceeded, 503}, {fmt.Errorf("secret: table absent"), 500},
	} {
		p.failure = nil
		p.before = func(_ context.Context, question string) error {
			if c.status == http.StatusConflict && question == "GetDeposit" {
				return nil
			}
			return c.failure
		}
		for _, path := range []string{"/depots", "/depots/1", "/depots/1/correspondance", "/sources", "/sources/1", "/doublons", "/doublons/1"} {
			// Nothing that is read depends on a state; a pair is anybody's to read.
			write := c.status == http.StatusConflict || c.status == http.StatusForbidden && path == "/doublons/1"
			request := call{method: "GET", path: path, key: key}
			if write {
				request = call{method: "POST", path: "/depots/1/etapes", key: key, body: `{"etape":"lire"}`}
			}
			r := do(t, s, request)
			if text := body(t, r); r.StatusCode != c.status || bytes.Contains(text, []byte("secret")) {
				t.Errorf("%s with %v: %d %s", path, c.failure, r.StatusCode, text)
			}
		}
	}
}

// TestAMovedPlaceIsFollowed: at every address under it, with the question asked.
func TestAMovedPlaceIsFollowed(t *testing.T) {
	s, o := officeOf(t)
	from, to := place.Identifier(2), place.Identifier(1)
	o.census.before = func(_ context.Context, question string) error {
		if question == "Place" {
			return fmt.Errorf("find: %w", &place.Moved{ID: to})
		}
		return nil
	}
	o.before = func(_ context.Context, question string) error {
		if question == "Scored" {
			return &place.Moved{ID: to}
		}
		return nil
	}
	o.port.moved[from] = to
	key := o.key(t, access.Hub, "732829320", "")
	for _, sub := range []string{"", "?f=html", "/score", "/declarations", "/contestations?critere=INF-02", "/sources"} {
		r := get(t, s, "/collections/lieux/items/"+from+sub)
		if r.StatusCode != http.StatusPermanentRedirect || r.Header.Get("Location") != "/collections/lieux/items/"+to+sub || len(body(t, r)) > 0 {
			t.Errorf("%s: %d %s", sub, r.StatusCode, r.Header.Get("Location"))
		}
	}
	for _, sub := range []string{"/separation", "/declarations", "/contestations"} {
		if r := serve(t, s, call{method: "POST", path: "/collections/lieux/items/" + from + sub, key: key, body: `{}`}.request()); r.StatusCode != http.StatusPermanentRedirect {
			t.Errorf("POST %s: %d", sub, r.StatusCode)
		}
	}
}

// TestDecidingOnPairs: the next one comes at once, and an answer is taken back.
func TestDecidingOnPairs(t *testing.T) {
	s, p, key, _ := harbour(t)
	send := func(n, text string) *http.Response {
		return do(t, s, call{method: "POST", path: "/doublons/" + n + "/decision", key: key, form: true, body: text})
	}
	if r := send("1", "decision=different&raison=Deux+portes."); r.Header.Get("Location") != "/doublons/2?fait=different-1" || p.pairs[0].Decision != match.Different || p.pairs[0].Reason != "Deux portes." {
		t.Errorf("%s %+v", r.Header.Get("Location"), p.pairs[0])
	}
	page := string(body(t, get(t, s, "/doublons/2?fait=different-1", append(bearer(key), "Accept", "text/html")...)))
	if !strings.Contains(page, "ce sont deux lieux") || !strings.Contains(page, `href="/doublons/1"`) {
		t.Error("what was just said is not told, or cannot be taken back")
	}
	if r := send("2", "decision=meme"); r.Header.Get("Location") != "/doublons?fait=meme-2" {
		t.Errorf("the last one: %s", r.Header.Get("Location"))
	}
	if r := send("1", "decision=a_decider"); r.Header.Get("Location") != "/doublons/1?fait=a_decider-1" || p.pairs[0].Decision != "" {
		t.Errorf("taken back: %s %s", r.Header.Get("Location"), p.pairs[0].Decision)
	}
	var w struct {
		Total    int
		Doublons []map[string]json.RawMessage
	}
	into(t, get(t, s, "/doublons", bearer(key)...), &w)
	if w.Total != 1 || len(w.Doublons) != 1 {
		t.Errorf("%+v", w)
	}
}
