package api_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mednum/api"
	"mednum/internal/access"
	"mednum/internal/consultation"
	"mednum/internal/place"
	"mednum/internal/postgres"
	"mednum/internal/postgres/pgtest"
	"mednum/internal/quality"
)

// town is where the story happens: a server, keys, and a clock that the story
// moves.
type town struct {
	subject
	key     func(role access.Role, siren, territory string) string
	now     *time.Time
	rescore func() // what the server's own calendar does at night
}

// TestStory: a version is forked, edited by somebody who does not program,
// consulted, answered, simulated, voted, published, and takes effect; a place
// declares, is verified, contests and is answered. On the model and on PostGIS.
func TestStory(t *testing.T) {
	t.Run("model", func(t *testing.T) {
		now := time.Date(2026, time.April, 15, 10, 30, 0, 0, time.UTC)
		s, key := api.ModelOffice(t, func() time.Time { return now })
		tell(town{subject{t, listen(t, s)}, key, &now, func() {}})
	})
	t.Run("database", func(t *testing.T) {
		ctx, now := context.Background(), time.Now().UTC().Truncate(time.Second)
		c := pgtest.New(t)
		if err := c.EnsureReferentiel(ctx); err != nil {
			t.Fatal(err)
		}
		if _, err := c.SaveTerritories(ctx, api.ModelSet()); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Load(ctx, place.Load{Source: "essai"}, api.ModelRecords(false)); err != nil {
			t.Fatal(err)
		}
		s := api.ServerOn(t, c, c, func(config *api.Config) {
			config.Scores, config.Consultations, config.Sessions, config.Now = c, c, c, func() time.Time { return now }
		})
		key := func(role access.Role, siren, territory string) string {
			secret, id, hash, err := access.NewSecret(rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			k := access.Key{ID: id, Role: role, Organisation: "Organisation " + siren, Siren: siren, Territory: access.ParseTerritory(territory), Created: now, Expires: now.AddDate(1, 0, 0)}
			if faults := k.Faults(now); len(faults) > 0 {
				t.Fatal(faults)
			}
			if err := c.CreateKey(ctx, k, hash, consultation.Platform); err != nil {
				t.Fatal(err)
			}
			return secret
		}
		tell(town{subject{t, listen(t, s)}, key, &now, func() {
			day, _ := place.NewDate(now.Date())
			if _, err := c.Rescore(ctx, postgres.RescoreOptions{Date: day}); err != nil {
				t.Fatal(err)
			}
		}})
	})
}

// session opens one with a key, as the page does, and gives its cookie.
func (s town) session(key string) string {
	s.t.Helper()
	if key == "" {
		return ""
	}
	client := http.Client{Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	got, err := client.PostForm(s.url+"/connexion", url.Values{"cle": {key}})
	if err != nil {
		s.t.Fatal(err)
	}
	got.Body.Close()
	if len(got.Cookies()) != 1 {
		return "" // the key opens nothing
	}
	return got.Cookies()[0].Name + "=" + got.Cookies()[0].Value
}

// send posts JSON, or a form from a page.
func (s town) send(method, key, target, contentType, text string, headers ...string) answer {
	s.t.Helper()
	r, err := http.NewRequest(method, s.url+target, strings.NewReader(text))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", contentType)
	if contentType == "application/json" {
		r.Header.Set("Authorization", "Bearer "+key)
	} else {
		r.Header.Set("Accept", "text/html")
		r.Header.Set("Cookie", s.session(key))
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	client := http.Client{Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	got, err := client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer got.Body.Close()
	b, err := io.ReadAll(got.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	if got.Header.Get("Content-Encoding") == "" {
		api.CheckContract(s.t, r, got.StatusCode, got.Header, b)
	}
	return answer{got, b}
}

func (s town) post(key, target, text string, want int) answer {
	s.t.Helper()
	a := s.send(http.MethodPost, key, target, "application/json", text)
	if a.StatusCode != want {
		s.t.Fatalf("POST %s %s: %d %s", target, text, a.StatusCode, a.body)
	}
	return a
}

// fill sends a page's form and opens the page that it leads to.
func (s town) fill(key, target string, form url.Values) string {
	s.t.Helper()
	a := s.send(http.MethodPost, key, target, "application/x-www-form-urlencoded", form.Encode())
	if a.StatusCode != http.StatusSeeOther {
		text := string(a.body)
		if i := strings.Index(text, "<main"); i > 0 {
			text = text[i:]
		}
		s.t.Fatalf("form %s %v: %d %s", target, form, a.StatusCode, text)
	}
	return s.page(key, a.Header.Get("Location"))
}

func (s town) page(key, target string) string {
	s.t.Helper()
	a := s.get(target, "Accept", "text/html", "Cookie", s.session(key))
	if a.StatusCode != http.StatusOK {
		s.t.Fatalf("%s: %d %s", target, a.StatusCode, a.body)
	}
	return string(a.body)
}

func (s town) holds(page string, words ...string) {
	s.t.Helper()
	for _, w := range words {
		if !strings.Contains(page, w) {
			if i := strings.Index(page, "<main"); i > 0 {
				page = page[i:]
			}
			s.t.Fatalf("no %q in %s", w, page)
		}
	}
}

type scoreAnswer struct {
	Resultat quality.Resultat
	Entree   quality.Entree
	Suivant  *struct {
		APartirDu quality.Jour `json:"a_partir_du"`
		Resultat  quality.Resultat
	}
}

func (s town) score(lieu string) (v scoreAnswer) {
	s.t.Helper()
	s.get(lieu+"/score").into(s.t, &v)
	return v
}

func (v scoreAnswer) critere(code string) quality.ResultatCritere {
	for _, c := range v.Resultat.Criteres {
		if c.Code == code {
			return c
		}
	}
	return quality.ResultatCritere{}
}

func tell(s town) {
	t := s.t
	lieu := "/collections/lieux/items/" + place.Identifier(1)
	editor := s.key(access.Editor, "110046018", "")
	marne := s.key(access.Contributor, "784671695", "departement:51")
	hub := s.key(access.Hub, "356000000", "region:44")
	moderator := s.key(access.Moderator, "180089013", "")
	one, two := s.key(access.Committee, "130005481", ""), s.key(access.Committee, "552100554", "")
	visitor := s.key(access.Verifier, "542065479", "")

	// A place declares, is visited, contests; its page says each.
	before := s.score(lieu)
	if before.Resultat.Version != "1.0.0" || before.Resultat.Entree != before.Entree.Hash() {
		t.Fatalf("%+v", before.Resultat)
	}
	var asked struct{ Questions []quality.Question }
	s.get(lieu+"/declarations").into(t, &asked)
	best := url.Values{"date": {s.now.Format(time.DateOnly)}}
	for _, q := range asked.Questions {
		best.Set(q.Code, q.Reponses[0].Code)
	}
	s.holds(s.fill(marne, lieu+"/declarations", best), asked.Questions[0].Texte)
	declared := s.score(lieu)
	if declared.Resultat.Couverture <= before.Resultat.Couverture || len(declared.Entree.Reponses) != len(asked.Questions) {
		t.Errorf("declared: %+v", declared.Resultat)
	}
	s.post(visitor, lieu+"/preuves", api.FirstEvidence(s.now.Format(time.DateOnly)), http.StatusOK)
	verified := s.score(lieu)
	if len(verified.Entree.Preuves) != 1 {
		t.Errorf("verified: %+v", verified.Entree.Preuves)
	}
	var contest consultation.Contest
	s.post(marne, lieu+"/contestations", `{"critere":"INF-02","motif":"donnee","texte":"Le courriel est exact, nous l’avons vérifié."}`, http.StatusCreated).into(t, &contest)
	contested := s.score(lieu)
	if !contested.critere("INF-02").Conteste || contested.Resultat.Confiance >= verified.Resultat.Confiance {
		t.Errorf("contested: %+v, confidence %v then %v", contested.critere("INF-02"), verified.Resultat.Confiance, contested.Resultat.Confiance)
	}
	follow := fmt.Sprintf("/contestations/%d", contest.Number)
	s.fill(moderator, follow+"/etapes", url.Values{"etat": {"ACCUSEE"}, "texte": {""}, "accueillie": {""}})
	s.holds(s.fill(moderator, follow+"/etapes", url.Values{"etat": {"DECIDEE"}, "texte": {"La fiche est corrigée en ce sens."}, "accueillie": {"oui"}}), "La fiche est corrigée en ce sens.")
	if again := s.score(lieu); again.critere("INF-02").Conteste {
		t.Error("still contested once decided")
	}

	// A draft, edited by forms only.
	s.fill(editor, "/referentiels", url.Values{"depuis": {"1.0.0"}, "version": {"2.0.0"}})
	draft := func() (v struct {
		Hash     string
		Etat     consultation.State
		Document quality.Referentiel
	}) {
		s.get("/referentiels/2.0.0").into(t, &v)
		return v
	}
	edition := "/referentiels/2.0.0/edition"
	s.fill(editor, edition, url.Values{"hash": {draft().Hash}, "geste": {"enregistrer"}, "COM-03.poids": {"3"}})
	s.fill(editor, edition, url.Values{"hash": {draft().Hash}, "geste": {"ajouter"}, "genre": {"question"}, "dimension": {"PUB"}, "libelle": {"Accueil des enfants"}, "question": {"Puis-je venir avec mes enfants ?"},
		"poids": {"1"}, "demande": {"Accueillez-vous les enfants pendant l’accompagnement ?"}, "reponses": {"Oui", "Non", ""}, "valeurs_reponses": {"1", "0", ""}})
	made := draft().Document
	if n := len(made.Criteres); n != 34 || len(made.Exemples) == 0 {
		t.Errorf("%d criteria, %d examples", n, len(made.Exemples))
	}
	var differences struct{ Differences []quality.Changement }
	s.get("/referentiels/2.0.0/differences").into(t, &differences)
	if text := fmt.Sprint(differences.Differences); !strings.Contains(text, "Accueil des enfants") || !strings.Contains(text, "COM-03") {
		t.Errorf("differences: %s", text)
	}
	s.holds(s.page(editor, "/referentiels/2.0.0/differences?avec=1.0.0"), "Accueil des enfants")

	// Consultation: thirty days in which anybody may speak once.
	steps := "/referentiels/2.0.0/etapes"
	s.fill(editor, steps, url.Values{"vers": {"EN_CONSULTATION"}, "motif": {""}, "cloture": {""}, "effet": {""}})
	if a := s.send(http.MethodPost, editor, edition, "application/x-www-form-urlencoded", url.Values{"hash": {draft().Hash}, "COM-03.poids": {"2"}}.Encode()); a.StatusCode != http.StatusConflict {
		t.Errorf("edited while it is consulted: %d", a.StatusCode)
	}
	s.fill(marne, "/referentiels/2.0.0/remontees", url.Values{"nature": {"proposition-parametre"}, "critere": {"ACC-02"}, "texte": {"Seize heures sont beaucoup dans nos bourgs."}, "chemin": {"regle.profils.rural.a"}, "valeur": {"6"}})
	s.fill(hub, "/referentiels/2.0.0/remontees", url.Values{"nature": {"soutien"}, "sur": {"1"}})
	s.fill(hub, "/referentiels/2.0.0/remontees", url.Values{"nature": {"soutien"}, "sur": {"1"}, "texte": {"Nous aussi."}})
	var remark consultation.Remontee
	s.get("/remontees/1").into(t, &remark)
	if remark.For != 1 || remark.Against != 0 {
		t.Errorf("one voice an organisation: %+v", remark)
	}
	s.post(editor, steps, `{"vers":"ARBITRAGE"}`, http.StatusConflict)
	*s.now = s.now.AddDate(0, 0, 32)

	// Arbitration: each has an answer; then the effects are looked at.
	s.fill(editor, steps, url.Values{"vers": {"ARBITRAGE"}})
	refused := s.post(editor, steps, `{"vers":"SIMULATION_VALIDEE"}`, http.StatusConflict)
	var p struct{ Errors []struct{ Detail string } }
	refused.into(t, &p)
	if len(p.Errors) < 2 {
		t.Errorf("everything that is missing is told at once: %s", refused.body)
	}
	s.holds(s.fill(moderator, "/remontees/1/reponse", url.Values{"decision": {"partielle"}, "motif": {"Le seuil passe à sept heures dès la prochaine version."}}), "sept heures")
	s.holds(s.fill(editor, "/referentiels/2.0.0/simulation", url.Values{}), "Simulation")
	var simulated struct {
		Perimee bool
		Rapport struct {
			Lieux    int
			Requise  bool              `json:"justification_requise"`
			Resume   []string          `json:"resume"`
			Alertes  []json.RawMessage `json:"alertes"`
			Avant    struct{ Version string }
			Apres    struct{ Version string }
			Matrices json.RawMessage `json:"niveaux"`
		}
	}
	s.get("/referentiels/2.0.0/simulation").into(t, &simulated)
	if r := simulated.Rapport; simulated.Perimee || r.Lieux < 5 || r.Avant.Version != "1.0.0" || r.Apres.Version != "2.0.0" || len(r.Resume) == 0 {
		t.Errorf("%+v", simulated)
	}
	s.post(editor, steps, `{"vers":"SIMULATION_VALIDEE","motif":"Les points viennent d’un critère que les collectivités demandent."}`, http.StatusOK)

	// Two organisations approve, neither being the author; it takes effect later.
	tomorrow := s.now.AddDate(0, 0, 10)
	publish := `{"vers":"PUBLIEE","effet":"` + tomorrow.Format(time.DateOnly) + `"}`
	s.post(one, "/referentiels/2.0.0/approbations", `{"vote":"pour"}`, http.StatusOK)
	s.post(editor, steps, publish, http.StatusConflict)
	s.fill(two, "/referentiels/2.0.0/approbations", url.Values{"vote": {"pour"}, "motif": {""}})
	s.post(editor, steps, publish, http.StatusOK)
	s.rescore()
	both := s.score(lieu)
	if both.Resultat.Version != "1.0.0" || both.Suivant == nil || both.Suivant.Resultat.Version != "2.0.0" || both.Suivant.APartirDu.String() != tomorrow.Format(time.DateOnly) {
		t.Fatalf("during the transition: %+v", both)
	}
	s.holds(s.page(editor, lieu+"/score"), "2.0.0")
	if a := s.send(http.MethodPut, editor, "/referentiels/2.0.0", "application/json", string(made.Canonical()), "If-Match", `"`+draft().Hash+`"`); a.StatusCode != http.StatusConflict {
		t.Errorf("a published version is written to: %d %s", a.StatusCode, a.body)
	}

	// The day comes.
	*s.now = tomorrow.AddDate(0, 0, 1)
	s.rescore()
	after := s.score(lieu)
	if after.Resultat.Version != "2.0.0" || after.Suivant != nil || len(after.Resultat.Criteres) != 34 {
		t.Errorf("in force: %+v", after.Resultat)
	}
	var feature struct{ Properties map[string]any }
	s.get(lieu).into(t, &feature)
	if feature.Properties["referentiel"] != "2.0.0" || feature.Properties["score"] == nil {
		t.Errorf("feature: %v %v", feature.Properties["referentiel"], feature.Properties["score"])
	}
	s.holds(s.page(marne, "/referentiels/2.0.0/journal"), "Organisation 110046018")
	var log struct{ Faits []consultation.Entry }
	s.get("/journal?limit=1000").into(t, &log)
	if err := consultation.VerifyChain(consultation.Entry{}, log.Faits); err != nil || len(log.Faits) < 12 {
		t.Errorf("%d lines: %v", len(log.Faits), err)
	}
	text, err := json.Marshal(log.Faits)
	if err != nil || strings.Contains(string(text), editor) {
		t.Errorf("the log holds a key: %v", err)
	}
}

// TestQualitySelects: what a filter keeps is what its words say of the features
// themselves, on the model and on PostGIS.
func TestQualitySelects(t *testing.T) {
	check := func(s subject) {
		type properties struct {
			Score        *float64
			Niveau, Etat *string
			Socle        []string
			SocleManque  []string `json:"socle_manque"`
			SocleInconnu []string `json:"socle_inconnu"`
		}
		type features struct {
			Features []struct {
				ID         string
				Properties properties
			}
		}
		var all features
		s.get("/collections/lieux/items").into(t, &all)
		scored := 0
		for _, f := range all.Features {
			if f.Properties.Score != nil {
				scored++
			}
		}
		if scored < 5 {
			t.Errorf("%d places have a score", scored)
		}
		for query, keep := range map[string]func(p properties) bool{
			"score_min=0.01":   func(p properties) bool { return p.Score != nil && *p.Score >= 0.01 },
			"score_min=25":     func(p properties) bool { return p.Score != nil && *p.Score >= 25 },
			"niveau=A,B,C,D,E": func(p properties) bool { return p.Niveau != nil },
			"socle=complet":    func(p properties) bool { return p.Etat != nil && len(p.SocleManque)+len(p.SocleInconnu) == 0 },
			"socle=INF-02":     func(p properties) bool { return slices.Contains(p.Socle, "INF-02") },
			"socle=INF-02,ACC-01": func(p properties) bool {
				return slices.Contains(p.Socle, "INF-02") && slices.Contains(p.Socle, "ACC-01")
			},
			"socle=ACC-01&score_min=9": func(p properties) bool { return slices.Contains(p.Socle, "ACC-01") && *p.Score >= 9 },
		} {
			var want, got []string
			for _, f := range all.Features {
				if keep(f.Properties) {
					want = append(want, f.ID)
				}
			}
			var kept features
			s.get("/collections/lieux/items?"+query).into(t, &kept)
			for _, f := range kept.Features {
				got = append(got, f.ID)
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("%s: %s", query, d)
			}
		}
	}
	t.Run("model", func(t *testing.T) {
		s, _ := api.ModelOffice(t, time.Now)
		check(subject{t, listen(t, s)})
	})
	t.Run("database", func(t *testing.T) {
		c := pgtest.New(t)
		if err := c.EnsureReferentiel(context.Background()); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Load(context.Background(), place.Load{Source: "essai"}, api.ModelRecords(false)); err != nil {
			t.Fatal(err)
		}
		check(subject{t, listen(t, api.ServerOn(t, c, c, func(config *api.Config) { config.Scores, config.Consultations, config.Sessions = c, c, c }))})
	})
}
