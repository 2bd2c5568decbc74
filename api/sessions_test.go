package api_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"mednum/api"
	"mednum/internal/access"
	"mednum/internal/identity"
	"mednum/internal/mail"
	"mednum/internal/postgres"
	"mednum/internal/postgres/pgtest"
)

// lodge is a server on a real database, a provider that can be bent, and a
// letter box.
type lodge struct {
	t     *testing.T
	s     *api.Server
	store *postgres.Census
	local *identity.Local
	log   bytes.Buffer
	now   time.Time

	mu    sync.Mutex
	posts []mail.Message
}

func (l *lodge) Send(_ context.Context, m mail.Message) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.posts = append(l.posts, m)
	return nil
}

func newLodge(t *testing.T, change ...func(*api.Config)) *lodge {
	t.Helper()
	l := &lodge{t: t, store: pgtest.New(t), now: time.Now().UTC().Truncate(time.Second)}
	clock := func() time.Time { return l.now }
	if err := l.store.EnsureReferentiel(context.Background()); err != nil {
		t.Fatal(err)
	}
	l.local = &identity.Local{ClientID: "mednum", ClientSecret: "secret", Now: clock, Persons: []identity.LocalPerson{
		{Subject: "s-camille", Mail: "camille.martin@marne.example", GivenName: "Camille", UsualName: "Martin", Siret: "22510001500017"},
		{Subject: "s-alex", Mail: "alex@marne.example", GivenName: "Alex", UsualName: "Petit"},
	}}
	provider := httptest.NewServer(l.local)
	t.Cleanup(provider.Close)
	l.local.Issuer = provider.URL
	l.s = api.ServerOn(t, l.store, l.store, append([]func(*api.Config){func(c *api.Config) {
		c.Scores, c.Consultations, c.Sessions, c.Mail = l.store, l.store, l.store, l
		c.Identity = identity.New(identity.Settings{Issuer: provider.URL, ClientID: "mednum", ClientSecret: "secret", TrustMail: true, Now: clock})
		c.PublicURL, c.Settings.PublicURL, c.Now = "https://mednum.example", "https://mednum.example", clock
		c.Logger = slog.New(slog.NewTextHandler(&l.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}}, change...)...)
	return l
}

func (l *lodge) invite(address string, role access.Role, territory string) int64 {
	l.t.Helper()
	boss := access.Key{ID: "0123abcd", Role: access.Administrator, Organisation: "Exploitant", Expires: l.now.Add(time.Hour)}
	k := access.Key{Role: role, Organisation: "Département de la Marne", Siren: "225100015", Territory: access.ParseTerritory(territory), Expires: l.now.AddDate(1, 0, 0)}
	account, err := l.store.Invite(context.Background(), address, k, boss, l.now)
	if err != nil {
		l.t.Fatal(err)
	}
	return account
}

// browser keeps cookies, as browsers do, and says where its requests come from.
type browser struct {
	*lodge
	from    string
	cookies map[string]string
	set     []*http.Cookie // by the last answer
}

func (l *lodge) browser(from string) *browser {
	return &browser{lodge: l, from: from, cookies: map[string]string{}}
}

type glance struct {
	status int
	to     string // Location
	body   string
	header http.Header
}

func (b *browser) do(method, path string, form url.Values, headers ...string) glance {
	b.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	r.RemoteAddr = b.from + ":4000"
	r.Header.Set("Accept", "text/html")
	r.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
	if method == "POST" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	b.s.ServeHTTP(w, r)
	answer := w.Result()
	body, _ := io.ReadAll(answer.Body)
	api.CheckContract(b.t, r, answer.StatusCode, answer.Header, body)
	b.set = answer.Cookies()
	for _, c := range b.set {
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		} else {
			b.cookies[c.Name] = c.Value
		}
	}
	return glance{answer.StatusCode, answer.Header.Get("Location"), string(body), answer.Header}
}

func (b *browser) get(path string) glance { b.t.Helper(); return b.do("GET", path, nil) }
func (b *browser) post(path string, form url.Values) glance {
	b.t.Helper()
	return b.do("POST", path, form)
}

const sessionName = "__Host-mednum_id"

// away goes to the provider as a person and gives the address that it sends back
// to.
func (b *browser) away(person string) string {
	b.t.Helper()
	there := b.get("/connexion/oidc?retour=/compte")
	if there.status != http.StatusSeeOther || !strings.HasPrefix(there.to, b.local.Issuer+"/authorize?") {
		b.t.Fatalf("%d %s %s", there.status, there.to, there.body)
	}
	u, _ := url.Parse(there.to)
	form := u.Query()
	form.Set("personne", person)
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.PostForm(b.local.Issuer+"/authorize", form)
	if err != nil {
		b.t.Fatal(err)
	}
	answer.Body.Close()
	back, err := answer.Location()
	if err != nil || back.Host != "mednum.example" {
		b.t.Fatalf("%v %v", back, err)
	}
	return back.RequestURI()
}

func (b *browser) identify(person string) glance {
	b.t.Helper()
	return b.get(b.away(person))
}

// signedIn reports whether a page of one's own opens.
func (b *browser) signedIn() bool { b.t.Helper(); return b.get("/compte").status == http.StatusOK }

var linkPath = regexp.MustCompile(`https://mednum\.example(/connexion/lien/[A-Za-z0-9_-]{43})\n`)

// letter is the path of the last link posted to an address.
func (l *lodge) letter(address string) string {
	l.t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range slices.Backward(l.posts) {
		if found := linkPath.FindStringSubmatch(m.Text); m.To == address && found != nil {
			return found[1]
		}
	}
	l.t.Fatalf("nothing was posted to %s", address)
	return ""
}

// TestAPersonSignsIn by the identity provider, changes roles, and leaves.
func TestAPersonSignsIn(t *testing.T) {
	l := newLodge(t)
	l.invite("camille.martin@marne.example", access.Contributor, "departement:51")
	l.invite("camille.martin@marne.example", access.Moderator, "")
	b := l.browser("192.0.2.1")
	if page := b.get("/connexion"); !strings.Contains(page.body, "S’identifier avec ProConnect") || strings.Index(page.body, "/connexion/oidc") > strings.Index(page.body, "f-courriel") || !strings.Contains(page.body, "J’ai une clé d’API") {
		t.Error(page.body)
	}
	in := b.identify("s-camille")
	if in.status != http.StatusSeeOther || in.to != "/compte?fait=bienvenue" {
		t.Fatalf("%d %s %s", in.status, in.to, in.body)
	}
	i := slices.IndexFunc(b.set, func(c *http.Cookie) bool { return c.Name == sessionName })
	if c := b.set[i]; !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.MaxAge != 0 || len(c.Value) != 43 {
		t.Errorf("%+v", c)
	}
	first := b.cookies[sessionName]
	page := b.get("/compte")
	for _, want := range []string{"Camille Martin", "camille.martin@marne.example", "Prendre ce rôle", "Firefox sur Linux", "Celle-ci"} {
		if !strings.Contains(page.body, want) {
			t.Errorf("the account does not say %s", want)
		}
	}
	role := regexp.MustCompile(`name="role" value="(\d+)"`).FindAllStringSubmatch(page.body, -1)
	if len(role) != 2 {
		t.Fatalf("%d roles to take", len(role))
	}
	if r := b.post("/compte", url.Values{"faire": {"changer"}, "role": {role[1][1]}}); r.to != "/compte?fait=role" {
		t.Fatalf("%d %s", r.status, r.body)
	}
	if b.cookies[sessionName] == first {
		t.Error("the same token for another role")
	}
	stale := l.browser("192.0.2.1")
	stale.cookies[sessionName] = first
	if stale.signedIn() {
		t.Error("the former token still opens")
	}
	if r := b.get("/referentiels?f=html"); !strings.Contains(r.body, "Modérateur") || !strings.Contains(r.body, "Se déconnecter") || !strings.Contains(r.header.Get("Cache-Control"), "no-store") {
		t.Error("the header does not say who is signed in")
	}
	if r := b.get("/"); strings.Contains(r.body, "Se déconnecter") || strings.Contains(r.header.Get("Vary"), "Cookie") {
		t.Error("the citizen's page changes with the cookie")
	}
	out := b.post("/deconnexion", nil)
	if out.status != http.StatusSeeOther || !strings.HasPrefix(out.to, l.local.Issuer+"/session/end?") || b.signedIn() {
		t.Errorf("%d %s", out.status, out.to)
	}
	for _, word := range []string{"amille", "artin", first, "eyJ"} {
		if strings.Contains(l.log.String(), word) {
			t.Errorf("%s is in the log", word)
		}
	}
}

// What the provider answers wrong signs nobody in, and is said in plain French.
func TestTheProviderAnswersWrong(t *testing.T) {
	l := newLodge(t)
	for bend, want := range map[identity.Bend]struct {
		status int
		words  string
	}{
		identity.BentNonce: {401, "celle d’une autre demande"}, identity.BentAudience: {401, "n’est pas digne de foi"}, identity.BentIssuer: {401, "n’est pas digne de foi"},
		identity.BentExpired: {401, "a expiré"}, identity.BentUnsigned: {401, "n’est pas digne de foi"}, identity.BentSigned: {401, "n’est pas digne de foi"}, identity.BentSymmetric: {401, "n’est pas digne de foi"},
		identity.BentUser: {401, "pour une autre personne"}, identity.BentUserSigned: {401, "n’a pas dit qui vous êtes"}, identity.BentTokenAway: {503, "ne répond pas"},
	} {
		b := l.browser("192.0.2.1")
		l.local.Bent = ""
		back := b.away("s-camille")
		l.local.Bent = bend
		r := b.get(back)
		if r.status != want.status || !strings.Contains(r.body, want.words) || !strings.Contains(r.body, "<h1>Se connecter</h1>") || b.cookies[sessionName] != "" || b.signedIn() {
			t.Errorf("%s: %d %.300s", bend, r.status, r.body)
		}
		l.now = l.now.Add(time.Minute)
	}
	l.local.Bent = ""
	b := l.browser("192.0.2.1")
	if r := b.identify(""); r.status != 401 || !strings.Contains(r.body, "Vous avez renoncé") {
		t.Errorf("%d %s", r.status, r.body)
	}
	// Somebody else's answer, in a browser that asked for nothing, and in one that
	// asked for another: login CSRF.
	victim := l.browser("192.0.2.9")
	if r := victim.get(b.away("s-alex")); r.status != 401 || victim.cookies[sessionName] != "" {
		t.Errorf("somebody is signed in as another: %d", r.status)
	}
	victim.away("s-camille")
	if r := victim.get(b.away("s-alex")); r.status != 401 || victim.cookies[sessionName] != "" {
		t.Errorf("somebody is signed in as another: %d", r.status)
	}
	down := newLodge(t, func(c *api.Config) {
		c.Identity = identity.New(identity.Settings{Issuer: "http://127.0.0.1:1", ClientID: "mednum", ClientSecret: "secret"})
	})
	if r := down.browser("192.0.2.1").get("/connexion/oidc"); r.status != 503 || !strings.Contains(r.body, "ne répond pas") || !strings.Contains(r.body, "Recevoir un lien") {
		t.Errorf("%d %s", r.status, r.body)
	}
}

// An address that the provider did not verify is proved by a link first: nobody
// takes an account by writing its address in a profile.
func TestAnUnverifiedAddressIsProved(t *testing.T) {
	l := newLodge(t)
	account := l.invite("camille.martin@marne.example", access.Contributor, "departement:51")
	l.local.Bent = identity.BentUnverified
	b := l.browser("192.0.2.1")
	if r := b.identify("s-camille"); r.to != "/connexion?fait=verifier" || b.signedIn() {
		t.Fatalf("%d %s", r.status, r.to)
	}
	path := l.letter("camille.martin@marne.example")
	if r := b.get(path); !strings.Contains(r.body, "sera réunie à ce compte") {
		t.Error(r.body)
	}
	if r := b.post(path, nil); r.to != "/compte" || !b.signedIn() {
		t.Errorf("%d %s", r.status, r.to)
	}
	other := l.browser("192.0.2.1")
	if r := other.identify("s-camille"); r.to != "/compte" || !other.signedIn() {
		t.Errorf("the second time: %d %s", r.status, r.to)
	}
	list, err := l.store.SessionsOf(context.Background(), account, l.now)
	if err != nil || len(list) != 2 {
		t.Errorf("%+v %v", list, err)
	}
}

func TestALinkByMail(t *testing.T) {
	l := newLodge(t)
	l.invite("agent@marne.example", access.Contributor, "departement:51")
	ask := func(b *browser, address string) glance {
		return b.post("/connexion", url.Values{"courriel": {address}, "retour": {"/compte"}})
	}
	b := l.browser("192.0.2.1")
	known, unknown := ask(b, "Agent@Marne.example "), ask(b, "inconnue@marne.example")
	strip := func(s glance) string {
		for _, h := range []string{"X-Request-Id", "Date"} {
			s.header.Del(h)
		}
		return fmt.Sprint(s)
	}
	if known.status != 303 || strip(known) != strip(unknown) {
		t.Errorf("%s\n%s", strip(known), strip(unknown))
	}
	path := l.letter("agent@marne.example")
	machine := l.browser("198.51.100.7") // that watches over mail
	for _, method := range []string{"GET", "HEAD", "GET"} {
		if r := machine.do(method, path, nil); r.status != 200 || len(machine.cookies) > 0 || r.header.Get("Referrer-Policy") != "same-origin" {
			t.Errorf("%s: %d", method, r.status)
		}
	}
	if r := b.do("POST", path, nil, "Sec-Fetch-Site", "cross-site"); r.status != 403 || b.cookies[sessionName] != "" {
		t.Errorf("another site presses the button: %d", r.status)
	}
	phone := l.browser("203.0.113.5") // another machine than that which asked
	if r := phone.post(path, nil); r.status != 303 || r.to != "/compte" || !phone.signedIn() {
		t.Errorf("%d %s", r.status, r.to)
	}
	for _, method := range []string{"GET", "POST"} {
		if r := b.do(method, path, nil); r.status != 410 || !strings.Contains(r.body, "a déjà servi") {
			t.Errorf("%s again: %d", method, r.status)
		}
		if r := b.do(method, "/connexion/lien/"+strings.Repeat("B", 43), nil); r.status != 410 || !strings.Contains(r.body, "n’est pas connu") {
			t.Errorf("%s an unknown one: %d", method, r.status)
		}
	}
	ask(b, "agent@marne.example")
	path = l.letter("agent@marne.example")
	l.now = l.now.Add(access.LinkLife)
	if r := b.get(path); r.status != 410 || !strings.Contains(r.body, "a expiré") {
		t.Errorf("%d %s", r.status, r.body)
	}
	for _, odd := range []string{"", "agent", "a@b", "a@b.fr, c@d.fr", "a@b.fr\r\nBcc: c@d.fr", "<a@b.fr>"} {
		n := len(l.posts)
		if r := ask(b, odd); r.status != 422 || len(l.posts) != n {
			t.Errorf("%q: %d", odd, r.status)
		}
		l.now = l.now.Add(time.Minute)
	}
	if r := ask(b, "prenom.nom"); !strings.Contains(r.body, `value="prenom.nom"`) {
		t.Error("what was typed is lost")
	}
	for _, word := range []string{"marne.example", "prenom", path[len("/connexion/lien/"):]} {
		if strings.Contains(l.log.String(), word) {
			t.Errorf("%s is in the log", word)
		}
	}
}

// A flood keeps out neither its victim nor who is at work already.
func TestAFloodOfLinks(t *testing.T) {
	l := newLodge(t)
	l.invite("victime@marne.example", access.Contributor, "departement:51")
	worker := l.browser("192.0.2.50")
	l.invite("alex@marne.example", access.Contributor, "departement:51")
	if worker.identify("s-alex"); !worker.signedIn() {
		t.Fatal("not signed in")
	}
	refused := 0
	for range 40 {
		if l.browser("192.0.2.50").post("/connexion", url.Values{"courriel": {"victime@marne.example"}}).status == 429 {
			refused++
		}
	}
	if refused == 0 {
		t.Error("one address asks without end")
	}
	for i := range 60 { // from everywhere
		l.browser(fmt.Sprintf("10.%d.7.9", i)).post("/connexion", url.Values{"courriel": {"victime@marne.example"}})
	}
	l.mu.Lock()
	posted := 0
	for _, m := range l.posts {
		if m.To == "victime@marne.example" {
			posted++
		}
	}
	l.mu.Unlock()
	if posted != 3 {
		t.Errorf("%d messages in one mailbox", posted)
	}
	victim := l.browser("203.0.113.9")
	if r := victim.post("/connexion", url.Values{"courriel": {"victime@marne.example"}}); r.status != 303 {
		t.Errorf("the victim is told of it: %d", r.status)
	}
	if victim.post(l.letter("victime@marne.example"), nil); !victim.signedIn() {
		t.Error("the victim is kept out")
	}
	if !worker.signedIn() {
		t.Error("a session under way suffers from its network")
	}
	l.now = l.now.Add(access.LinkLife)
	if r := l.browser("192.0.2.50").post("/connexion", url.Values{"courriel": {"alex@marne.example"}}); r.status != 303 {
		t.Errorf("later: %d", r.status)
	}
}

func TestStolenAndFixedSessions(t *testing.T) {
	l := newLodge(t)
	account := l.invite("camille.martin@marne.example", access.Contributor, "departement:51")
	// Fixed: whoever plants a session in a browser gains nothing from its owner.
	thief := l.browser("192.0.2.66")
	thief.identify("s-alex")
	planted := thief.cookies[sessionName]
	b := l.browser("192.0.2.1")
	b.cookies[sessionName] = planted
	b.cookies["mednum_id"] = strings.Repeat("A", 43)
	b.cookies["mednum_session"] = "mednum_b9d5mpjtb9d5mpjtb9d5mpjtb9d5mpjtb9d5mpjtb9d5mpjtb9d5mpjtb9d0ep3k52" // of the old kind
	if b.identify("s-camille"); b.cookies[sessionName] == planted || !b.signedIn() {
		t.Error("the session keeps the token that was planted")
	}
	if thief.signedIn() {
		t.Error("the planted session goes on")
	}
	// A name that https does not protect opens nothing.
	plainly := l.browser("192.0.2.1")
	plainly.cookies["mednum_id"] = b.cookies[sessionName]
	if plainly.signedIn() {
		t.Error("a cookie without its prefix opens")
	}
	// Stolen: it works elsewhere, until its owner says so.
	stolen := l.browser("198.51.100.1")
	stolen.cookies[sessionName] = b.cookies[sessionName]
	if !stolen.signedIn() {
		t.Fatal("the test steals nothing")
	}
	again := l.browser("192.0.2.2")
	again.identify("s-camille")
	again.post("/deconnexion", url.Values{"partout": {"oui"}})
	for name, one := range map[string]*browser{"stolen": stolen, "first": b, "again": again} {
		if r := one.get("/compte"); r.status != 303 || r.to != "/connexion?retour=%2Fcompte" {
			t.Errorf("%s: %d %s", name, r.status, r.to)
		}
	}
	if r := stolen.post("/compte", url.Values{"faire": {"changer"}, "role": {"1"}}); r.status != 401 {
		t.Errorf("%d", r.status)
	}
	// Expired, then closed from above: at once.
	b.identify("s-camille")
	l.now = l.now.Add(access.SessionIdle)
	if b.signedIn() {
		t.Error("idle, and still signed in")
	}
	b.identify("s-camille")
	boss := access.Key{ID: "0123abcd", Role: access.Administrator, Expires: l.now.Add(time.Hour)}
	if err := l.store.Disable(context.Background(), account, true, boss, l.now); err != nil {
		t.Fatal(err)
	}
	if b.signedIn() {
		t.Error("closed, and still signed in")
	}
	if r := b.identify("s-camille"); r.status != 401 {
		t.Errorf("a closed account comes in: %d %s", r.status, r.to)
	}
}

// TestRolesAreAskedFor by who has none, and answered by who may.
func TestRolesAreAskedFor(t *testing.T) {
	l := newLodge(t)
	if _, err := l.store.SaveTerritories(context.Background(), api.ModelSet()); err != nil {
		t.Fatal(err)
	}
	l.invite("alex@marne.example", access.Administrator, "")
	b, boss := l.browser("192.0.2.1"), l.browser("192.0.2.2")
	if r := b.identify("s-camille"); r.to != "/compte?fait=bienvenue" {
		t.Fatal(r.to)
	}
	if r := b.do("GET", "/comptes", nil); r.status != 403 || !strings.Contains(r.body, "pas encore de rôle") {
		t.Errorf("%d %s", r.status, r.body)
	}
	form := url.Values{"faire": {"demander"}, "role": {"contributeur-collectivite"}, "organisation": {"Ville de Reims"}, "siret": {"21510454800012"}, "territoire": {"commune"}, "codes": {"51454"}, "pourquoi": {"Je suis les lieux de la ville."}}
	bad := url.Values{"faire": {"demander"}, "role": {"contributeur-collectivite"}, "organisation": {"Ville de Reims"}, "siret": {"12"}, "territoire": {"pays"}, "pourquoi": {""}}
	if r := b.post("/compte", bad); r.status != 422 || !strings.Contains(r.body, "SIREN (neuf chiffres)") || !strings.Contains(r.body, "choisissez lequel") || !strings.Contains(r.body, `value="Ville de Reims"`) {
		t.Errorf("%d %s", r.status, r.body)
	}
	// A name serves as a code does; one of several communes does not.
	form.Set("codes", "Saint-Remy, Reims")
	if r := b.post("/compte", form); r.status != 422 || !strings.Contains(r.body, "id=\"f-codes\"") || !strings.Contains(r.body, "Saint-Remy") {
		t.Errorf("%d %s", r.status, r.body)
	}
	form.Set("codes", "reims")
	if r := b.post("/compte", form); r.to != "/compte?fait=demande" {
		t.Fatalf("%d %s", r.status, r.body)
	}
	l.mu.Lock()
	if !slices.ContainsFunc(l.posts, func(m mail.Message) bool {
		return m.To == "alex@marne.example" && strings.Contains(m.Text, "contributeur d’une collectivité, pour Ville de Reims") && !strings.Contains(m.Text, "Camille")
	}) {
		t.Errorf("who gives roles was not told: %v", l.posts)
	}
	l.mu.Unlock()
	if r := b.get("/compte"); !strings.Contains(r.body, "En attente") {
		t.Error("the request is not shown")
	}
	if r := boss.identify("s-alex"); r.to != "/compte" {
		t.Fatal(r.to)
	}
	list := boss.get("/comptes")
	found := regexp.MustCompile(`href="(/comptes/\d+)">Camille Martin`).FindStringSubmatch(list.body)
	if found == nil || !strings.Contains(list.body, "Je suis les lieux de la ville.") || !strings.Contains(list.body, "Reims (51454)") {
		t.Fatal(list.body)
	}
	page := boss.get(found[1])
	number := regexp.MustCompile(`name="demande" value="(\d+)"`).FindStringSubmatch(page.body)
	if number == nil {
		t.Fatal(page.body)
	}
	if r := boss.post(found[1], url.Values{"faire": {"refuser"}, "demande": {number[1]}}); r.status != 422 {
		t.Errorf("refused without a word: %d", r.status)
	}
	if r := boss.post(found[1], url.Values{"faire": {"accepter"}, "demande": {number[1]}, "motif": {"Bienvenue."}}); r.to != found[1]+"?fait=accepte" {
		t.Fatalf("%d %s", r.status, r.body)
	}
	l.mu.Lock()
	told := slices.ContainsFunc(l.posts, func(m mail.Message) bool {
		return m.To == "camille.martin@marne.example" && strings.Contains(m.Text, "est acceptée") && strings.Contains(m.Text, "Bienvenue.")
	})
	l.mu.Unlock()
	if !told {
		t.Error("nobody told the person")
	}
	mine := regexp.MustCompile(`name="role" value="(\d+)"`).FindStringSubmatch(b.get("/compte").body)
	if mine == nil {
		t.Fatal("the role is not there to take")
	}
	b.post("/compte", url.Values{"faire": {"changer"}, "role": {mine[1]}})
	if r := b.get("/referentiels?f=html"); !strings.Contains(r.body, "Ville de Reims") {
		t.Error("the header does not say for whom")
	}
	// Taken back: at the next request.
	if r := b.get("/depots"); r.status == 403 {
		t.Fatalf("%d", r.status)
	}
	if r := boss.post(found[1], url.Values{"faire": {"retirer"}, "role": {mine[1]}, "motif": {"Autre service."}}); r.to != found[1]+"?fait=retire" {
		t.Fatalf("%d %s", r.status, r.body)
	}
	if r := b.get("/depots"); r.status != 403 || !strings.Contains(r.body, "pas encore de rôle") {
		t.Errorf("a role taken back still serves: %d", r.status)
	}
	// Nobody serves themselves, and nothing of it crosses sites.
	self := regexp.MustCompile(`href="(/comptes/\d+)">Alex Petit`).FindStringSubmatch(boss.get("/comptes").body)
	give := url.Values{"faire": {"donner"}, "role": {"redacteur-national"}, "organisation": {"Moi"}, "siret": {"225100015"}}
	if r := boss.post(self[1], give); r.status != 403 || !strings.Contains(r.body, "ses propres rôles") {
		t.Errorf("%d %s", r.status, r.body)
	}
	for _, path := range []string{"/comptes", found[1], "/compte", "/deconnexion", "/connexion"} {
		if r := boss.do("POST", path, give, "Sec-Fetch-Site", "same-site"); r.status != 403 {
			t.Errorf("%s from a sister site: %d", path, r.status)
		}
	}
	if !boss.signedIn() {
		t.Error("another site signed them out")
	}
}
