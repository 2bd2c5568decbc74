package identity

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

const redirect = "https://mednum.example/connexion/retour"

var camille = LocalPerson{Subject: "p1", Mail: "camille@marne.example", GivenName: "Camille", UsualName: "Martin", Siret: "00000001800011", About: "agente"}

func pair(t *testing.T, trust bool) (*Local, *Provider) {
	t.Helper()
	l := &Local{ClientID: "mednum", ClientSecret: "secret", Persons: []LocalPerson{camille, {Subject: "p2", GivenName: "<b>Alex", UsualName: "\"'", About: "&"}}}
	server := httptest.NewServer(l)
	t.Cleanup(server.Close)
	l.Issuer = server.URL
	return l, New(Settings{Issuer: server.URL, ClientID: "mednum", ClientSecret: "secret", TrustMail: trust})
}

// walk goes where the browser goes: to the provider, chooses, and comes back.
func walk(t *testing.T, at, person string) url.Values {
	t.Helper()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	u, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	form := u.Query()
	form.Set("personne", person)
	u.RawQuery = ""
	answer, err := client.PostForm(u.String(), form)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	back, err := answer.Location()
	if err != nil {
		t.Fatalf("%d: %v", answer.StatusCode, err)
	}
	return back.Query()
}

func TestAPersonIsIdentified(t *testing.T) {
	for _, trust := range []bool{false, true} {
		_, p := pair(t, trust)
		f, at, err := p.Begin(context.Background(), redirect, "/territoire")
		if err != nil {
			t.Fatal(err)
		}
		kept, ok := ParseFlow(f.String())
		if !ok || kept != f {
			t.Fatalf("%+v read as %+v", f, kept)
		}
		got, err := p.Finish(context.Background(), kept, redirect, walk(t, at, "p1"))
		if err != nil {
			t.Fatal(err)
		}
		if got.IDToken == "" || p.End(got.IDToken, "https://mednum.example/connexion") == "" {
			t.Error("nothing to sign out with")
		}
		got.IDToken = ""
		if want := (Person{p.Issuer(), "p1", camille.Mail, trust, "Camille", "Martin", camille.Siret, ""}); got != want {
			t.Errorf("%+v, not %+v", got, want)
		}
	}
}

func TestTheDemonstrationSaysThatItIsOne(t *testing.T) {
	_, p := pair(t, false)
	_, at, err := p.Begin(context.Background(), redirect, "")
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.Get(at)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var b strings.Builder
	if err := answer.Write(&b); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for _, want := range []string{"ceci n’est pas ProConnect", "Ces personnes sont inventées", "Camille Martin", "&lt;b&gt;Alex", "Renoncer"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %s", want)
		}
	}
}

// What a provider, or whoever stands in its place, may do wrong: nobody is
// identified, and what people are told is in French, in short sentences.
func TestNobodyIsIdentifiedWrongly(t *testing.T) {
	const untrusted, other, away = "n’est pas digne de foi", "une autre personne", "ne répond pas"
	for bend, want := range map[Bend]struct {
		err    error
		reason string
	}{
		BentNonce: {ErrRefused, "celle d’une autre demande"}, BentAudience: {ErrRefused, untrusted}, BentIssuer: {ErrRefused, untrusted}, BentExpired: {ErrRefused, "a expiré"},
		BentUnsigned: {ErrRefused, untrusted}, BentSigned: {ErrRefused, untrusted}, BentSymmetric: {ErrRefused, untrusted}, BentHash: {ErrRefused, untrusted}, BentNoToken: {ErrRefused, untrusted},
		BentUser: {ErrRefused, other}, BentUserSite: {ErrRefused, other}, BentUserSigned: {ErrRefused, "n’a pas dit qui vous êtes"}, BentUserAway: {ErrRefused, "n’a pas dit qui vous êtes"},
		BentTokenAway: {ErrAway, away}, BentOtherIssuer: {ErrAway, away},
	} {
		l, p := pair(t, true)
		l.Bent = bend
		f, at, err := p.Begin(context.Background(), redirect, "")
		var got Person
		if err == nil {
			got, err = p.Finish(context.Background(), f, redirect, walk(t, at, "p1"))
		}
		var failure *Failure
		if !errors.As(err, &failure) || !errors.Is(err, want.err) || !strings.Contains(failure.Reason, want.reason) || got != (Person{}) {
			t.Errorf("%s: %+v, %v", bend, got, err)
		}
		if err != nil && (strings.Contains(err.Error(), camille.Mail) || strings.Contains(err.Error(), "eyJ")) {
			t.Errorf("%s: the log would name somebody: %v", bend, err)
		}
	}
	for bend, want := range map[Bend]Person{BentUnverified: {Mail: camille.Mail}, BentNameless: {}} {
		l, p := pair(t, true)
		l.Bent = bend
		f, at, err := p.Begin(context.Background(), redirect, "")
		if err != nil {
			t.Fatal(err)
		}
		got, err := p.Finish(context.Background(), f, redirect, walk(t, at, "p1"))
		if err != nil || got.Mail != want.Mail || got.MailVerified {
			t.Errorf("%s: %+v %v", bend, got, err)
		}
	}
}

func TestOnlyWhoLeftComesBack(t *testing.T) {
	_, p := pair(t, true)
	ctx := context.Background()
	begin := func() (Flow, url.Values) {
		f, at, err := p.Begin(ctx, redirect, "")
		if err != nil {
			t.Fatal(err)
		}
		return f, walk(t, at, "p1")
	}
	mine, answer := begin()
	others, othersAnswer := begin()
	for name, c := range map[string]struct {
		flow  Flow
		query url.Values
		want  string
	}{
		"somebody else's answer":  {mine, othersAnswer, "n’a pas commencé dans ce navigateur"},
		"no cookie":               {Flow{}, answer, "n’a pas commencé"},
		"no cookie, no state":     {Flow{}, url.Values{"code": answer["code"]}, "n’a pas commencé"},
		"a code of another":       {mine, url.Values{"state": answer["state"], "code": othersAnswer["code"]}, "n’a pas reconnu"},
		"no code":                 {mine, url.Values{"state": answer["state"]}, "n’a rien répondu"},
		"refused":                 {mine, url.Values{"state": answer["state"], "error": {"access_denied"}}, "renoncé"},
		"an error":                {mine, url.Values{"state": answer["state"], "error": {"invalid_scope"}}, "a refusé"},
		"another issuer's answer": {mine, url.Values{"state": answer["state"], "code": answer["code"], "iss": {"https://ailleurs.example"}}, "du bon service"},
	} {
		var failure *Failure
		got, err := p.Finish(ctx, c.flow, redirect, c.query)
		if !errors.As(err, &failure) || !strings.Contains(failure.Reason, c.want) || got != (Person{}) {
			t.Errorf("%s: %+v %v", name, got, err)
		}
	}
	if _, err := p.Finish(ctx, mine, redirect, answer); err != nil {
		t.Error("the right answer, after all those:", err)
	}
	if _, err := p.Finish(ctx, mine, redirect, answer); !errors.Is(err, ErrRefused) {
		t.Error("a code that served twice:", err)
	}
	_ = others
}

// We start without the provider, and find it when it comes back.
func TestAProviderThatIsAway(t *testing.T) {
	l := &Local{ClientID: "mednum", ClientSecret: "secret", Persons: []LocalPerson{camille}}
	up, asked := false, 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked++; !up {
			http.Error(w, "en panne", http.StatusBadGateway)
			return
		}
		l.ServeHTTP(w, r)
	}))
	defer server.Close()
	l.Issuer = server.URL
	now := time.Now()
	p := New(Settings{Issuer: server.URL, ClientID: "mednum", ClientSecret: "secret", Now: func() time.Time { return now }})
	for range 3 {
		if _, _, err := p.Begin(context.Background(), redirect, ""); !errors.Is(err, ErrAway) {
			t.Fatal(err)
		}
	}
	if asked != 1 {
		t.Errorf("asked %d times in a row while it is away", asked)
	}
	if p.End("eyJ", "https://mednum.example/connexion") != "" {
		t.Error("sends people to a provider that never answered")
	}
	up, now = true, now.Add(askAgain)
	if _, _, err := p.Begin(context.Background(), redirect, ""); err != nil {
		t.Error(err)
	}
}

func FuzzParseFlow(f *testing.F) {
	f.Add("")
	f.Add(Flow{"ABCDEFGHIJKLMNOPQRSTUVWXYZ", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", strings.Repeat("v", 43), "/territoire?a=é&b"}.String())
	f.Fuzz(func(t *testing.T, s string) {
		flow, ok := ParseFlow(s)
		if again, same := ParseFlow(flow.String()); ok && (!same || again != flow) {
			t.Errorf("%q: %+v, then %+v", s, flow, again)
		}
	})
}
