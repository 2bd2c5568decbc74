package api_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"mednum/api"
	"mednum/internal/access"
	"mednum/internal/consultation"
	"mednum/internal/mail"
	"mednum/internal/place"
	"mednum/internal/postgres"
	"mednum/internal/postgres/pgtest"
	"mednum/internal/ticket"
)

// counter is a server on a real database where people report, with a clock and a
// letter box of its own.
type counter struct {
	t       *testing.T
	s       *api.Server
	c       *postgres.Census
	now     time.Time
	letters *letters
}

type letters struct {
	mu  sync.Mutex
	all []mail.Message
}

func (l *letters) Send(_ context.Context, m mail.Message) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, m)
	return nil
}

// last waits for the n-th letter: answers leave behind.
func (l *letters) last(t *testing.T, n int) mail.Message {
	t.Helper()
	until(t, fmt.Sprint(n, " letters"), func() bool { l.mu.Lock(); defer l.mu.Unlock(); return len(l.all) >= n })
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.all) != n {
		t.Errorf("%d letters, expected %d: %v", len(l.all), n, l.all)
	}
	return l.all[n-1]
}

func newCounter(t *testing.T, change ...func(*api.Config)) *counter {
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
	k := &counter{t: t, c: c, now: time.Date(2026, time.July, 14, 10, 0, 0, 0, time.UTC), letters: &letters{}}
	k.s = api.ServerOn(t, c, c, append([]func(*api.Config){func(o *api.Config) {
		o.Scores, o.Consultations, o.Sessions, o.Edits, o.Tickets, o.Mail = c, c, c, c, c, k.letters
		o.PublicURL, o.Settings.PublicURL = "https://lieux.example", "https://lieux.example"
		o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
		o.Now = func() time.Time { return k.now }
	}}, change...)...)
	return k
}

func (k *counter) key(role access.Role, territory string) string {
	k.t.Helper()
	secret, id, hash, err := access.NewSecret(rand.Reader)
	if err != nil {
		k.t.Fatal(err)
	}
	one := access.Key{ID: id, Role: role, Organisation: "Agents " + territory, Siren: "732829320", Territory: access.ParseTerritory(territory), Created: k.now.AddDate(0, -1, 0), Expires: k.now.AddDate(1, 0, 0)}
	if err := k.c.CreateKey(context.Background(), one, hash, consultation.Party{Organisation: "essai", Role: access.Administrator}); err != nil {
		k.t.Fatal(err)
	}
	return secret
}

// ask sends a request from an address, and holds the answer against openapi.yaml:
// nothing that anybody sends is a failure of ours.
func (k *counter) ask(method, path, from, kind, body string, headers ...string) answer {
	k.t.Helper()
	r := httptest.NewRequest(method, "https://lieux.example"+path, strings.NewReader(body))
	r.RemoteAddr = "10.0.0.1:1234"
	r.Header.Set("X-Forwarded-For", from)
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	k.s.ServeHTTP(w, r)
	a := answer{Response: w.Result(), body: w.Body.Bytes()}
	if a.StatusCode >= 500 {
		k.t.Errorf("%s %s: %d %s", method, path, a.StatusCode, a.body)
	}
	r.Body = io.NopCloser(strings.NewReader(body))
	api.CheckContract(k.t, r, a.StatusCode, a.Header, a.body)
	return a
}

const (
	asJSON = "application/json"
	asForm = "application/x-www-form-urlencoded"
)

func (k *counter) post(path, from string, value any, headers ...string) answer {
	k.t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		k.t.Fatal(err)
	}
	return k.ask(http.MethodPost, path, from, asJSON, string(text), headers...)
}

var tokenField = regexp.MustCompile(`name="jeton" value="([^"]+)"`)

// form gets a page and its token, reads it, and sends it back filled in.
func (k *counter) form(page, to, from string, values url.Values, headers ...string) answer {
	k.t.Helper()
	a := k.ask(http.MethodGet, page, from, "", "", append([]string{"Accept", "text/html"}, headers...)...)
	found := tokenField.FindSubmatch(a.body)
	if found == nil {
		k.t.Fatalf("%s: %d has no token", page, a.StatusCode)
	}
	k.now = k.now.Add(10 * time.Second)
	values.Set("jeton", string(found[1]))
	return k.ask(http.MethodPost, to, from, asForm, values.Encode(), append([]string{"Accept", "text/html"}, headers...)...)
}

type seen struct {
	Numero, Nature, Etat string
	Lieu, Nom            *string
	Commune              string
	Voix                 int
	Reponse              *string
	Traitement           *struct {
		Messages       []struct{ Texte string }
		Valeurs        map[string]string
		Urgent, Afflux bool
	}
}

func (a answer) ticket(t *testing.T) (s seen) {
	t.Helper()
	if err := json.Unmarshal(a.body, &s); err != nil {
		t.Fatalf("%d %s: %v", a.StatusCode, a.body, err)
	}
	return s
}

func host(n int) string { return fmt.Sprintf("%d.%d.%d.7", 20+n%180, n/180%250, n%250) }

// TestAFloodFromOneAddress: it is told to wait, and nobody else is.
func TestAFloodFromOneAddress(t *testing.T) {
	k := newCounter(t)
	taken := 0
	for i := range 200 {
		a := k.post("/signalements", "20.0.0.1", map[string]any{"lieu": place.Identifier(1), "valeurs": map[string]string{"telephone": fmt.Sprint(i)}})
		switch a.StatusCode {
		case http.StatusCreated:
			taken++
		case http.StatusTooManyRequests:
			if a.Header.Get("Retry-After") == "" {
				t.Error("nobody is told when to come back")
			}
		default:
			t.Fatalf("%d %s", a.StatusCode, a.body)
		}
	}
	if taken != 12 {
		t.Errorf("%d are taken at once", taken)
	}
	if a := k.post("/signalements", "20.0.1.1", map[string]any{"lieu": place.Identifier(1), "nature": "ferme"}); a.StatusCode != http.StatusCreated {
		t.Errorf("somebody else: %d %s", a.StatusCode, a.body)
	}
	// A form that has to wait keeps what was written in it.
	a := k.form("/signalements/nouveau?lieu="+place.Identifier(1), "/signalements", "20.0.0.1", url.Values{"lieu": {place.Identifier(1)}, "nature": {"autre"}, "texte": {"L’entrée est derrière."}})
	if a.StatusCode != http.StatusTooManyRequests || !strings.Contains(string(a.body), "L’entrée est derrière.") {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
	k.now = k.now.Add(3 * time.Minute)
	if a := k.post("/signalements", "20.0.0.1", map[string]any{"lieu": place.Identifier(2), "nature": "ferme"}); a.StatusCode != http.StatusCreated {
		t.Errorf("three minutes later: %d %s", a.StatusCode, a.body)
	}
	// Nobody finds the numbers of others by trying.
	waits := 0
	for i := range 60 {
		n, err := ticket.NewNumber(strings.NewReader(strings.Repeat(string(rune('A'+i%20)), 3) + strings.Repeat(string(rune('a'+i/3)), 20)))
		if err != nil {
			t.Fatal(err)
		}
		if a := k.ask(http.MethodGet, "/signalements/"+n.String(), "20.0.2.1", "", ""); a.StatusCode == http.StatusTooManyRequests {
			waits++
		}
	}
	if waits < 25 {
		t.Errorf("sixty numbers are tried, and %d have to wait", waits)
	}
}

// TestAFloodFromMany: of hundreds of networks, each under its own limit, about one
// commune: a true report of another is the first that the agent sees; a true one
// of the same place counts; and the database holds some dozens of rows.
func TestAFloodFromMany(t *testing.T) {
	k := newCounter(t)
	for i := range 250 {
		a := k.post("/signalements", host(i), map[string]any{"lieu": place.Identifier(int64(1 + i%2)), "texte": "flot", "valeurs": map[string]string{"telephone": fmt.Sprint(i)}})
		if a.StatusCode != http.StatusCreated {
			t.Fatalf("%d: %d %s", i, a.StatusCode, a.body)
		}
	}
	for _, one := range []struct{ id, from string }{{place.Identifier(3), "90.0.0.1"}, {place.Identifier(1), "91.0.0.1"}, {place.Identifier(1), "92.0.0.1"}} {
		if a := k.post("/signalements", one.from, map[string]any{"lieu": one.id, "nature": "ferme", "texte": "vrai"}); a.StatusCode != http.StatusCreated {
			t.Fatalf("a true report: %d %s", a.StatusCode, a.body)
		}
	}
	var list struct {
		Total        int
		Signalements []seen
	}
	a := k.ask(http.MethodGet, "/signalements?limit=2", "93.0.0.1", "", "", "Authorization", "Bearer "+k.key(access.Moderator, ""))
	if err := json.Unmarshal(a.body, &list); err != nil {
		t.Fatal(err)
	}
	if list.Total > 60 {
		t.Errorf("%d rows are left by 253 reports", list.Total)
	}
	first := list.Signalements[0]
	if *first.Lieu != place.Identifier(1) || first.Nature != "ferme" || first.Voix != 2 || !first.Traitement.Urgent {
		t.Errorf("first: %s", a.body)
	}
	all := k.ask(http.MethodGet, "/signalements?limit=100", "93.0.0.1", "", "", "Authorization", "Bearer "+k.key(access.Moderator, ""))
	if err := json.Unmarshal(all.body, &list); err != nil {
		t.Fatal(err)
	}
	// Behind what the flood said before it was one: as much as a person reads.
	bordeaux := slices.IndexFunc(list.Signalements, func(s seen) bool { return s.Lieu != nil && *s.Lieu == place.Identifier(3) })
	if bordeaux < 0 || bordeaux > 2*ticket.PlaceMaximum+3 || list.Signalements[bordeaux].Traitement.Afflux {
		t.Errorf("the report of another commune is %d of %d", bordeaux, len(list.Signalements))
	}
}

// TestForms: a form that we did not give, or that nobody can have read, comes back
// with everything that was written in it.
func TestForms(t *testing.T) {
	k := newCounter(t)
	id := place.Identifier(1)
	page := "/signalements/nouveau?lieu=" + id
	token := func(of string) string {
		t.Helper()
		found := tokenField.FindSubmatch(k.ask(http.MethodGet, of, "20.0.0.9", "", "", "Accept", "text/html").body)
		return string(found[1])
	}
	mine, others := token(page), token("/signalements/nouveau?lieu="+place.Identifier(2))
	claimed := token("/collections/lieux/items/" + id + "/revendication")
	send := func(token, site string) answer {
		values := url.Values{"lieu": {id}, "nature": {"autre"}, "texte": {"Le code a <changé>."}, "courriel": {"anne@exemple.fr"}, "jeton": {token}, "site": {site}}
		return k.ask(http.MethodPost, "/signalements", "20.0.0.9", asForm, values.Encode(), "Accept", "text/html")
	}
	begun := k.now
	for _, one := range []struct {
		what, token, site string
		after             time.Duration
		says              string
	}{
		{"no token", "", "", time.Minute, "depuis longtemps"},
		{"garbage", strings.Repeat("A", 32), "", time.Minute, "depuis longtemps"},
		{"hostile", "é\"><script>", "", time.Minute, "depuis longtemps"},
		{"that of another place", others, "", time.Minute, "depuis longtemps"},
		{"that of another form", claimed, "", time.Minute, "depuis longtemps"},
		{"one sign changed", "B" + mine[1:], "", time.Minute, "depuis longtemps"},
		{"too old", mine, "", 25 * time.Hour, "depuis longtemps"},
		{"to come", mine, "", -time.Minute, "depuis longtemps"},
		{"too soon", mine, "", 2 * time.Second, "très rapide"},
		{"the hidden field", mine, "https://exemple.fr", time.Minute, "Laissez ce champ vide"},
		{"good", mine, "", time.Minute, ""},
	} {
		k.now = begun.Add(one.after)
		a := send(one.token, one.site)
		body := html.UnescapeString(string(a.body))
		switch {
		case one.says == "" && a.StatusCode == http.StatusCreated:
		case one.says != "" && a.StatusCode == http.StatusUnprocessableEntity && strings.Contains(body, one.says) && strings.Contains(body, "Le code a <changé>.") && strings.Contains(body, "anne@exemple.fr"):
		default:
			t.Errorf("%s: %d %s", one.what, a.StatusCode, body)
		}
		if strings.Contains(string(a.body), "<changé>") {
			t.Errorf("%s: what was written is not text", one.what)
		}
	}
	if a := k.ask(http.MethodPost, "/signalements", "20.0.0.9", asForm, "", "Accept", "text/html", "Sec-Fetch-Site", "cross-site", "Origin", "https://ailleurs.example"); a.StatusCode != http.StatusForbidden {
		t.Errorf("from another site's page: %d", a.StatusCode)
	}
}

// TestEveryFieldHostile: whatever is sent in whichever field is taken as text, or
// refused with its name.
func TestEveryFieldHostile(t *testing.T) {
	k := newCounter(t)
	hostile := []string{
		"", " ", "\x00", "a\x00b", "\xff\xfe", "'; DROP TABLE tickets; --", "<script>alert(1)</script>", "a@b.fr\r\nBcc: c@d.fr", "a@b.fr\nSubject: x", strings.Repeat("é", 2001), strings.Repeat("x", 300_000),
		"{{.}}", "%s%n", "-1", "99999999999999999999", "NaN", "../../etc/passwd", "\u202e", "null", "[]", "{}", "true",
	}
	fields := []string{"lieu", "nature", "texte", "courriel", "version", "jeton", "site", "valeurs", "valeur_telephone", "valeur_nom", "valeur_id", "valeur_inconnue", "inconnu"}
	from := 0
	for _, field := range fields {
		for _, text := range hostile {
			from++
			values := url.Values{"lieu": {place.Identifier(1)}, "nature": {"autre"}, "texte": {"x"}}
			values.Set(field, text)
			a := k.ask(http.MethodPost, "/signalements", host(from), asForm, values.Encode(), "Accept", "text/html")
			if strings.Contains(string(a.body), "<script>alert") {
				t.Errorf("%s: %q is run", field, text)
			}
			member := map[string]any{"lieu": place.Identifier(1), "nature": "autre", "texte": "x"}
			member[strings.Replace(field, "valeur_", "", 1)] = text
			if column, ok := strings.CutPrefix(field, "valeur_"); ok {
				member = map[string]any{"lieu": place.Identifier(1), "valeurs": map[string]any{column: text}}
			}
			k.post("/signalements", host(from), member)
		}
	}
	for _, body := range []string{`{"lieu":1}`, `{"valeurs":[]}`, `{"valeurs":{"telephone":{}}}`, `{"valeurs":{"telephone":null}}`, `[]`, `{`, `{"lieu":null}`, "\xff"} {
		if a := k.ask(http.MethodPost, "/signalements", "30.0.0.1", asJSON, body); a.StatusCode != 422 && a.StatusCode != 400 {
			t.Errorf("%s: %d %s", body, a.StatusCode, a.body)
		}
	}
	agent := []string{"Authorization", "Bearer " + k.key(access.Moderator, "")}
	one := k.post("/signalements", "31.0.0.1", map[string]any{"lieu": place.Identifier(2), "nature": "horaires"}).ticket(t)
	for _, field := range []string{"etape", "texte", "version", "depuis", "corrige", "autre_lieu", "doublon_de", "inconnu"} {
		for _, text := range hostile {
			values := url.Values{"etape": {"repondre"}}
			values.Set(field, text)
			k.ask(http.MethodPost, "/signalements/"+one.Numero+"/etapes", "31.0.0.1", asForm, values.Encode(), append(agent, "Accept", "text/html")...)
		}
	}
	for _, text := range hostile {
		if len(text) < 2000 {
			k.ask(http.MethodGet, "/signalements/"+url.PathEscape(text+"é"), host(from+len(text)), "", "")
			k.ask(http.MethodGet, "/signalements/suivi?numero="+url.QueryEscape(text), host(from+len(text)), "", "", "Accept", "text/html")
			for _, name := range []string{"etat", "nature", "code_insee", "sans_agent", "apres", "limit", "fait"} {
				k.ask(http.MethodGet, "/signalements?"+name+"="+url.QueryEscape(text), "32.0.0.1", "", "", agent...)
			}
			for _, name := range []string{"lieu", "ou", "nature"} {
				k.ask(http.MethodGet, "/signalements/nouveau?"+name+"="+url.QueryEscape(text), "32.0.0.1", "", "", "Accept", "text/html")
			}
		}
		k.post("/signalements/lot", "32.0.0.1", map[string]any{"numeros": []string{text}, "texte": text}, agent...)
	}
}

// TestWhatIsSaidStaysWithAgents: nobody else reads what somebody wrote, whichever
// way they ask; the agents of another territory neither.
func TestWhatIsSaidStaysWithAgents(t *testing.T) {
	k := newCounter(t)
	known := k.post("/signalements", "20.0.0.1", map[string]any{"lieu": place.Identifier(1), "texte": "Secret un", "courriel": "anne@exemple.fr", "valeurs": map[string]string{"telephone": "0326999999"}}).ticket(t)
	nouveau := k.post("/signalements", "20.0.0.1", map[string]any{"texte": "Secret deux", "valeurs": map[string]string{"nom": "Secret trois", "commune": "Reims", "adresse": "Secret quatre"}}).ticket(t)
	nowhere := k.post("/signalements", "20.0.0.1", map[string]any{"valeurs": map[string]string{"nom": "Secret cinq", "commune": "Secret six"}}).ticket(t)
	mine, theirs := k.key(access.Contributor, "departement:51"), k.key(access.Contributor, "departement:33")
	secret := regexp.MustCompile(`Secret|0326999999|anne@`)
	for _, n := range []string{known.Numero, nouveau.Numero, nowhere.Numero} {
		for _, headers := range [][]string{{}, {"Accept", "text/html"}, {"Authorization", "Bearer " + theirs}, {"Authorization", "Bearer " + theirs, "Accept", "text/html"}} {
			if a := k.ask(http.MethodGet, "/signalements/"+n, "20.0.0.2", "", "", headers...); a.StatusCode != http.StatusOK || secret.Match(a.body) {
				t.Errorf("%s %v: %d %s", n, headers, a.StatusCode, a.body)
			}
		}
	}
	if a := k.ask(http.MethodGet, "/signalements", "20.0.0.2", "", "", "Authorization", "Bearer "+theirs); strings.Contains(string(a.body), "Secret") {
		t.Errorf("%s", a.body)
	}
	if a := k.post("/signalements/"+known.Numero+"/etapes", "20.0.0.2", map[string]any{"etape": "prendre"}, "Authorization", "Bearer "+theirs); a.StatusCode != http.StatusForbidden {
		t.Errorf("another territory takes it: %d", a.StatusCode)
	}
	got := k.ask(http.MethodGet, "/signalements/"+known.Numero, "20.0.0.2", "", "", "Authorization", "Bearer "+mine)
	if s := got.ticket(t); s.Traitement == nil || s.Traitement.Messages[0].Texte != "Secret un" || s.Traitement.Valeurs["telephone"] != "0326999999" || strings.Contains(string(got.body), "anne@") {
		t.Errorf("%s", got.body)
	}
	if nouveau.Commune != "Reims" || nowhere.Commune != "" {
		t.Errorf("%q %q", nouveau.Commune, nowhere.Commune)
	}
}

// TestAnAnswerReachesWhoAskedForIt, once, in a letter that says it.
func TestAnAnswerReachesWhoAskedForIt(t *testing.T) {
	k := newCounter(t)
	ctx, stop := context.WithCancel(context.Background())
	var keeper sync.WaitGroup
	keeper.Go(func() { k.s.Keep(ctx) })
	defer keeper.Wait()
	defer stop()
	one := k.post("/signalements", "20.0.0.1", map[string]any{"lieu": place.Identifier(1), "texte": "x", "nature": "autre", "courriel": "Anne@Exemple.fr"}).ticket(t)
	agent := []string{"Authorization", "Bearer " + k.key(access.Contributor, "commune:51454")}
	if a := k.post("/signalements/"+one.Numero+"/etapes", "20.0.0.2", map[string]any{"etape": "repondre", "texte": "Merci, c’est exact."}, agent...); a.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", a.StatusCode, a.body)
	}
	m := k.letters.last(t, 1)
	if m.To != "anne@exemple.fr" || !strings.Contains(m.Subject, one.Numero) || !strings.Contains(m.Text, "Merci, c’est exact.") || !strings.Contains(m.Text, "https://lieux.example/signalements/"+one.Numero) {
		t.Errorf("%+v", m)
	}
	if again := k.post("/signalements/"+one.Numero+"/etapes", "20.0.0.2", map[string]any{"etape": "ecarter", "texte": "Non."}, agent...); again.StatusCode != http.StatusConflict {
		t.Errorf("a second answer: %d", again.StatusCode)
	}
}

// TestManyAreSetAsideAtOnce, with one reason; or none, when one cannot be.
func TestManyAreSetAsideAtOnce(t *testing.T) {
	k := newCounter(t)
	agent := []string{"Authorization", "Bearer " + k.key(access.Contributor, "departement:51")}
	var numbers []string
	for i, kind := range []string{"ferme", "horaires", "coordonnees"} {
		numbers = append(numbers, k.post("/signalements", host(i), map[string]any{"lieu": place.Identifier(1), "nature": kind}).ticket(t).Numero)
	}
	paris := k.post("/signalements", host(9), map[string]any{"lieu": place.Identifier(6), "nature": "ferme"}).ticket(t).Numero
	for what, body := range map[string]map[string]any{
		"no reason": {"numeros": numbers}, "no number": {"texte": "Canular."}, "a wrong one": {"numeros": append(slices.Clone(numbers), "K7QF"), "texte": "Canular."},
	} {
		if a := k.post("/signalements/lot", "20.0.0.2", body, agent...); a.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d %s", what, a.StatusCode, a.body)
		}
	}
	if a := k.post("/signalements/lot", "20.0.0.2", map[string]any{"numeros": append(slices.Clone(numbers), paris), "texte": "Canular."}, agent...); a.StatusCode != http.StatusForbidden {
		t.Errorf("one is of another territory: %d %s", a.StatusCode, a.body)
	}
	if a := k.post("/signalements/lot", "20.0.0.2", map[string]any{"numeros": numbers, "texte": "Canular."}, agent...); a.StatusCode != http.StatusOK || !strings.Contains(string(a.body), `"ecartes":3`) {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
	for _, n := range numbers {
		if got := k.ask(http.MethodGet, "/signalements/"+n, "20.0.0.3", "", "").ticket(t); got.Etat != "non-retenu" || *got.Reponse != "Canular." {
			t.Errorf("%+v", got)
		}
	}
}

// TestWhoMayCorrectIsPublishedAtOnce; who may not, or not there, is reviewed.
func TestWhoMayCorrectIsPublishedAtOnce(t *testing.T) {
	k := newCounter(t)
	here, there, reader := k.key(access.Contributor, "departement:51"), k.key(access.Contributor, "departement:33"), k.key(access.Reader, "")
	propose := func(key string, n int) seen {
		t.Helper()
		a := k.post("/signalements", fmt.Sprintf("20.0.%d.1", n), map[string]any{"lieu": place.Identifier(1), "valeurs": map[string]string{"telephone": fmt.Sprintf("03260000%02d", n)}}, "Authorization", "Bearer "+key)
		if a.StatusCode != http.StatusCreated {
			t.Fatalf("%d %s", a.StatusCode, a.body)
		}
		return a.ticket(t)
	}
	phone := func() string {
		var f struct{ Properties struct{ Telephone string } }
		if err := json.Unmarshal(k.ask(http.MethodGet, "/collections/lieux/items/"+place.Identifier(1), "20.0.0.1", "", "").body, &f); err != nil {
			t.Fatal(err)
		}
		return f.Properties.Telephone
	}
	before := phone()
	for n, key := range []string{there, reader} {
		if got := propose(key, n+1); got.Etat != "recu" || phone() != before {
			t.Errorf("%s is published unreviewed: %s", got.Etat, phone())
		}
	}
	if got := propose(here, 3); got.Etat != "publie" || phone() != "+33326000003" {
		t.Errorf("%s, %s", got.Etat, phone())
	}
	if a := k.post("/signalements", "20.0.0.4", map[string]any{"lieu": place.Identifier(1), "valeurs": map[string]string{"nom": ""}}, "Authorization", "Bearer "+here); a.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a place without a name: %d %s", a.StatusCode, a.body)
	}
}

var linkIn = regexp.MustCompile(`https://lieux\.example(/revendications/\S+)`)

// TestClaimingAPlace: a link goes to an address that the place publishes, opens
// once, and gives that place alone.
func TestClaimingAPlace(t *testing.T) {
	k := newCounter(t)
	id := place.Identifier(1)
	page := "/collections/lieux/items/" + id + "/revendication"
	for _, to := range []string{"pirate@exemple.fr", "bonjour@example.org, pirate@exemple.fr", "bonjour@example.org\r\nBcc: pirate@exemple.fr", "BONJOUR@example.org.pirate.fr"} {
		if a := k.form(page, page, "20.0.0.1", url.Values{"courriel": {to}}); a.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%q: %d", to, a.StatusCode)
		}
	}
	if len(k.letters.all) != 0 {
		t.Fatalf("%v", k.letters.all)
	}
	if a := k.form(page, page, "20.0.0.1", url.Values{"courriel": {"bonjour@example.org"}}); a.StatusCode != http.StatusSeeOther {
		t.Fatalf("%d %s", a.StatusCode, a.body)
	}
	m := k.letters.last(t, 1)
	found := linkIn.FindStringSubmatch(m.Text)
	if m.To != "bonjour@example.org" || found == nil {
		t.Fatalf("%+v", m)
	}
	link := found[1]
	for range 2 { // readers of mail open links too: nothing happens
		if a := k.ask(http.MethodGet, link, "20.0.0.3", "", "", "Accept", "text/html"); a.StatusCode != http.StatusOK || a.Header.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%d %v", a.StatusCode, a.Header)
		}
	}
	for _, other := range []string{link[:len(link)-2], link[:len(link)-1] + "_", "/revendications/x"} {
		if a := k.ask(http.MethodPost, other, "20.0.0.4", asForm, "", "Accept", "text/html"); a.StatusCode != http.StatusGone {
			t.Errorf("%s: %d", other, a.StatusCode)
		}
	}
	if a := k.ask(http.MethodPost, link, "20.0.0.5", asForm, "", "Accept", "text/html", "Sec-Fetch-Site", "cross-site", "Origin", "https://ailleurs.example"); a.StatusCode != http.StatusForbidden {
		t.Errorf("from another site: %d", a.StatusCode)
	}
	used := k.ask(http.MethodPost, link, "20.0.0.3", asForm, "", "Accept", "text/html")
	if used.StatusCode != http.StatusSeeOther || len(used.Cookies()) == 0 {
		t.Fatalf("%d %s", used.StatusCode, used.body)
	}
	if a := k.ask(http.MethodPost, link, "20.0.0.3", asForm, "", "Accept", "text/html"); a.StatusCode != http.StatusGone {
		t.Errorf("used twice: %d", a.StatusCode)
	}
	cookie := used.Cookies()[len(used.Cookies())-1]
	signed := []string{"Cookie", cookie.Name + "=" + cookie.Value}
	// What they say of their own place needs nobody; of another it is reviewed.
	if a := k.ask(http.MethodGet, "/collections/lieux/items/"+id, "20.0.0.9", "", "", "Accept", "text/html"); !strings.Contains(string(a.body), "Fiche tenue par le lieu lui-même, depuis le 14 juillet 2026.") {
		t.Error("its page does not say who keeps it")
	}
	a := k.form("/signalements/nouveau?lieu="+id, "/signalements", "20.0.0.3", url.Values{"lieu": {id}, "nature": {"coordonnees"}, "valeur_telephone": {"03 26 00 00 42"}}, signed...)
	if a.StatusCode != http.StatusCreated || !strings.Contains(string(a.body), "Corrigé") {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
	other := k.form("/signalements/nouveau?lieu="+place.Identifier(2), "/signalements", "20.0.0.3", url.Values{"lieu": {place.Identifier(2)}, "nature": {"coordonnees"}, "valeur_telephone": {"03 26 00 00 42"}}, signed...)
	if other.StatusCode != http.StatusCreated || strings.Contains(string(other.body), "Corrigé") {
		t.Errorf("%d %s", other.StatusCode, other.body)
	}
	if a := k.ask(http.MethodGet, "/collections/lieux/items/"+id, "20.0.0.9", "", "", "Accept", "text/html"); !strings.Contains(string(a.body), "Fiche tenue par le lieu lui-même, confirmée le ") {
		t.Error("its page does not say that they confirmed it")
	}
	k.now = k.now.AddDate(0, 0, 4)
	late := k.form(page, page, "20.0.0.6", url.Values{"courriel": {"bonjour@example.org"}})
	if late.StatusCode != http.StatusSeeOther {
		t.Fatalf("%d", late.StatusCode)
	}
	old := linkIn.FindStringSubmatch(k.letters.last(t, 2).Text)[1]
	k.now = k.now.AddDate(0, 0, 3)
	if a := k.ask(http.MethodGet, old, "20.0.0.6", "", "", "Accept", "text/html"); a.StatusCode != http.StatusGone {
		t.Errorf("after three days: %d", a.StatusCode)
	}
}

// TestAClaimWithoutAnAddress goes to an agent; and no Host of anybody is put in a
// letter.
func TestAClaimWithoutAnAddress(t *testing.T) {
	k := newCounter(t)
	id := place.Identifier(2)
	page := "/collections/lieux/items/" + id + "/revendication"
	a := k.form(page, page, "20.0.0.1", url.Values{"texte": {"Je dirige ce lieu : 03 26 00 00 00."}, "courriel": {"moi@exemple.fr"}})
	if a.StatusCode != http.StatusSeeOther || !strings.HasPrefix(a.Header.Get("Location"), "/signalements/") {
		t.Fatalf("%d %v %s", a.StatusCode, a.Header, a.body)
	}
	nameless := newCounter(t, func(o *api.Config) { o.PublicURL, o.Settings.PublicURL = "", "" })
	first := "/collections/lieux/items/" + place.Identifier(1) + "/revendication"
	if a := nameless.ask(http.MethodGet, first, "20.0.0.1", "", "", "Accept", "text/html"); strings.Contains(string(a.body), "bonjour@example.org") {
		t.Error("a server that does not know its own address offers to send a link")
	}
	if len(nameless.letters.all)+len(k.letters.all) != 0 {
		t.Error("a letter left")
	}
}
