package api_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"mednum/api"
	"mednum/internal/access"
	"mednum/internal/consultation"
	"mednum/internal/history"
	"mednum/internal/place"
	"mednum/internal/postgres"
	"mednum/internal/postgres/pgtest"
)

// desk is a server on a real census, whose pages are used as people use them.
type desk struct {
	testing.TB
	server *api.Server
	census *postgres.Census
}

func deskOf(t testing.TB) desk {
	t.Helper()
	c := pgtest.New(t)
	if err := c.EnsureReferentiel(context.Background()); err != nil {
		t.Fatal(err)
	}
	if _, err := c.SaveTerritories(context.Background(), api.ModelSet()); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Load(context.Background(), place.Load{Source: "essai"}, api.ModelRecords(false)); err != nil {
		t.Fatal(err)
	}
	return desk{t, api.ServerOn(t, c, c, func(config *api.Config) {
		config.Scores, config.Consultations, config.Edits, config.Journal, config.VersionAge = c, c, c, c, -1
	}), c}
}

func (d desk) agent(role access.Role, organisation, siren, territory string) string {
	d.Helper()
	secret, id, hash, err := access.NewSecret(rand.Reader)
	if err != nil {
		d.Fatal(err)
	}
	k := access.Key{ID: id, Role: role, Organisation: organisation, Siren: siren, Territory: access.ParseTerritory(territory), Created: time.Now(), Expires: time.Now().AddDate(1, 0, 0)}
	if err := d.census.CreateKey(context.Background(), k, hash, consultation.Platform); err != nil {
		d.Fatal(err)
	}
	return secret
}

type shownPage struct {
	status   int
	location string
	text     string
}

// page asks for a page, or posts a form to it.
func (d desk) page(key, path string, form url.Values) shownPage {
	d.Helper()
	method, body := http.MethodGet, ""
	if form != nil {
		method, body = http.MethodPost, form.Encode()
	}
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Accept", "text/html")
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	w := httptest.NewRecorder()
	d.server.ServeHTTP(w, r)
	got := w.Result()
	text, err := io.ReadAll(got.Body)
	if err != nil {
		d.Fatal(err)
	}
	api.CheckContract(d, r, got.StatusCode, got.Header, text)
	return shownPage{got.StatusCode, got.Header.Get("Location"), string(text)}
}

// is checks a page: its status, and what people read in it.
func (d desk) is(p shownPage, status int, texts ...string) shownPage {
	d.Helper()
	if p.status != status {
		d.Fatalf("%d, not %d: %s", p.status, status, plainText(p.text))
	}
	words := plainText(p.text)
	for _, s := range texts {
		if !strings.Contains(words, s) {
			d.Errorf("« %s » is not in the page: %s", s, words)
		}
	}
	return p
}

var markup = regexp.MustCompile(`(?s)<head>.*?</head>|<[^>]*>`)

func plainText(page string) string {
	page = strings.NewReplacer("&#43;", "+", "&nbsp;", " ", "\u00a0", " ", "\u202f", " ", "&#34;", `"`).Replace(markup.ReplaceAllString(page, " "))
	return strings.Join(strings.Fields(page), " ")
}

func (d desk) form(p shownPage, id string) url.Values { return api.SentBack(d, []byte(p.text), id) }

func with(form url.Values, pairs ...string) url.Values {
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return form
}

// reims gives a place of the Marne.
func (d desk) reims() string {
	d.Helper()
	r := httptest.NewRequest(http.MethodGet, "/collections/lieux/items?departement=51&limit=1", nil)
	w := httptest.NewRecorder()
	d.server.ServeHTTP(w, r)
	var found struct {
		Features []struct{ ID string }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &found); err != nil || len(found.Features) == 0 {
		d.Fatalf("%v: %s", err, w.Body)
	}
	return "/collections/lieux/items/" + found.Features[0].ID
}

// TestAPlaceIsCorrectedByItsForm: seen before it is published, told afterwards,
// taken back.
func TestAPlaceIsCorrectedByItsForm(t *testing.T) {
	d := deskOf(t)
	marne := d.agent(access.Contributor, "Département de la Marne", "225100015", "departement:51")
	lieu := d.reims()

	page := d.is(d.page(marne, lieu+"/modification", nil), 200, "Modifier le lieu", "Rien n’a changé")
	form := d.form(page, "modification")
	d.is(d.page(marne, lieu+"/modification", with(form, "geste", "publier")), 200, "Vous n’avez rien changé")
	form = with(d.form(page, "modification"), "telephone", "03 26 77 00 00", "h.0.etat", "ouvert", "h.0.0.de", "09:00", "h.0.0.a", "12:00", "h.1.etat", "ferme", "geste", "verifier")
	confirm := d.is(d.page(marne, lieu+"/modification", form), 200, "Avant de publier", "03 26 77 00 00", "La qualité", "points sur 100")
	form = with(d.form(confirm, "publication"), "raison", "Appel du lieu ce matin", "geste", "publier")
	done := d.page(marne, lieu+"/modification", form)
	if done.status != http.StatusSeeOther || done.location != lieu+"/historique?fait=publie" {
		t.Fatalf("%d %s %s", done.status, done.location, plainText(done.text))
	}
	d.is(d.page("", done.location, nil), 200, "C’est publié", "Correction", "Par Département de la Marne, contributeur d’une collectivité.", "« Appel du lieu ce matin »", "03 26 77 00 00", "Ajout par un fichier")
	again := d.form(d.page(marne, lieu+"/modification", nil), "modification")
	if again.Get("telephone") != "03 26 77 00 00" || again.Get("h.0.0.de") != "09:00" {
		t.Errorf("the form says %q, %q", again.Get("telephone"), again.Get("h.0.0.de"))
	}

	// What became of it, for programs; one version, two compared, and back.
	r := httptest.NewRequest(http.MethodGet, lieu+"/historique?f=json", nil)
	w := httptest.NewRecorder()
	d.server.ServeHTTP(w, r)
	api.CheckContract(t, r, w.Code, w.Header(), w.Body.Bytes())
	var story struct {
		Etapes []struct {
			Revision    int64
			Cause, Role string
			Changements []struct{ Champ string }
		}
	}
	if err := json.Unmarshal(w.Body.Bytes(), &story); err != nil || len(story.Etapes) != 2 || story.Etapes[0].Cause != "correction" || story.Etapes[1].Cause != "import" {
		t.Fatalf("%v: %s", err, w.Body)
	}
	if strings.Contains(w.Body.String(), marne[7:15]) {
		t.Errorf("who holds the key is told: %s", w.Body)
	}
	first, last := story.Etapes[1].Revision, story.Etapes[0].Revision
	d.is(d.page("", fmt.Sprintf("%s/historique?revision=%d", lieu, first), nil), 200, "Revenir à cette version", "Depuis, ceci a changé")
	d.is(d.page("", fmt.Sprintf("%s/historique?revision=%d&avec=%d", lieu, last, first), nil), 200, "Ce qui a changé", "03 26 77 00 00")
	r = httptest.NewRequest(http.MethodGet, fmt.Sprintf("%s/historique?f=json&revision=%d&avec=%d", lieu, last, first), nil)
	w = httptest.NewRecorder()
	d.server.ServeHTTP(w, r)
	api.CheckContract(t, r, w.Code, w.Header(), w.Body.Bytes())
	back := d.page(marne, lieu+"/restauration", url.Values{"revision": {strconv.FormatInt(first, 10)}, "raison": {"Mauvais numéro"}})
	if back.status != http.StatusSeeOther {
		t.Fatalf("%d %s", back.status, plainText(back.text))
	}
	d.is(d.page("", back.location, nil), 200, "revenu à cette version", "Retour à une version", "« Mauvais numéro »")
	if now := d.form(d.page(marne, lieu+"/modification", nil), "modification").Get("telephone"); now == "03 26 77 00 00" {
		t.Errorf("still %s", now)
	}
	d.is(d.page("", lieu+"/historique?revision=999999999&avec=0", nil), 400)
	d.is(d.page("", lieu+"/historique?avec=1", nil), 400)
	d.is(d.page("", "/collections/lieux/items/zzzzzzzz/historique", nil), 404)
}

// TestTwoEditorsAtOnce: the second sees both, loses nothing, and goes on.
func TestTwoEditorsAtOnce(t *testing.T) {
	d := deskOf(t)
	marne, est := d.agent(access.Contributor, "Département de la Marne", "225100015", "departement:51"), d.agent(access.Hub, "Hub de l’Est", "732829320", "")
	lieu := d.reims()
	hers := d.form(d.page(marne, lieu+"/modification", nil), "modification")
	his := d.form(d.page(est, lieu+"/modification", nil), "modification")
	if p := d.page(marne, lieu+"/modification", with(hers, "telephone", "03 26 77 00 01", "complement_adresse", "Bâtiment B", "geste", "publier")); p.status != http.StatusSeeOther {
		t.Fatalf("%d %s", p.status, plainText(p.text))
	}
	refused := d.is(d.page(est, lieu+"/modification", with(his, "telephone", "03 26 77 00 02", "presentation_detail", "Porte verte.", "raison", "visite", "geste", "publier")), 412,
		"Quelqu’un d’autre a modifié ce lieu", "Département de la Marne", "Vous changez tous les deux : « Téléphone »", "03 26 77 00 01", "03 26 77 00 02", "Porte verte.", "Bâtiment B")
	kept := d.form(refused, "/modification")
	if kept.Get("telephone") != "03 26 77 00 02" || kept.Get("complement_adresse") != "Bâtiment B" || kept.Get("presentation_detail") != "Porte verte." || kept.Get("raison") != "visite" {
		t.Errorf("kept %v", kept)
	}
	d.is(d.page(est, lieu+"/modification", with(kept, "geste", "modifier")), 200, "Modifier le lieu")
	confirm := d.is(d.page(est, lieu+"/modification", with(kept, "geste", "verifier")), 200, "Avant de publier", "03 26 77 00 01", "03 26 77 00 02")
	if p := d.page(est, lieu+"/modification", with(d.form(confirm, "publication"), "geste", "publier")); p.status != http.StatusSeeOther {
		t.Fatalf("%d %s", p.status, plainText(p.text))
	}
	cells, _, err := d.census.Cells(context.Background(), lieu[strings.LastIndexByte(lieu, '/')+1:])
	if err != nil || cells["telephone"] != "+33326770002" || cells["complement_adresse"] != "Bâtiment B" || cells["presentation_detail"] != "Porte verte." {
		t.Errorf("%v %q", err, cells)
	}
}

// busy is a census of which a file is being published all the while.
type busy struct{ api.Edits }

func (busy) Edit(ctx context.Context, _ history.Edit) (history.Edited, error) {
	return history.Edited{}, fmt.Errorf("wait: %w", context.DeadlineExceeded)
}

// TestAFormWaitsForAPublication: what was written comes back when it waited too long.
func TestAFormWaitsForAPublication(t *testing.T) {
	d := deskOf(t)
	marne := d.agent(access.Contributor, "Département de la Marne", "225100015", "departement:51")
	lieu := d.reims()
	form := d.form(d.page(marne, lieu+"/modification", nil), "modification")
	d.server = api.ServerOn(t, d.census, d.census, func(config *api.Config) {
		config.Scores, config.Consultations, config.Journal, config.VersionAge = d.census, d.census, d.census, -1
		config.Edits = busy{d.census}
	})
	for _, button := range []string{"verifier", "publier"} {
		again := d.is(d.page(marne, lieu+"/modification", with(form, "presentation_detail", "Porte verte.", "geste", button)), http.StatusServiceUnavailable, "Un fichier est en cours de publication", "Votre texte est gardé")
		if kept := d.form(again, "modification"); kept.Get("presentation_detail") != "Porte verte." {
			t.Errorf("%s: kept %v", button, kept)
		}
	}
}

// TestARefusedFormComesBackFilledIn, all that is wrong told at once.
func TestARefusedFormComesBackFilledIn(t *testing.T) {
	d := deskOf(t)
	marne := d.agent(access.Contributor, "Département de la Marne", "225100015", "departement:51")
	lieu := d.reims()
	form := with(d.form(d.page(marne, lieu+"/modification", nil), "modification"),
		"nom", "Maison neuve", "telephone", "appelez-nous", "h.3.etat", "ouvert", "h.3.0.de", "9h", "h.3.0.a", "midi", "geste", "publier")
	refused := d.is(d.page(marne, lieu+"/modification", form), 422, "choses à corriger", "« appelez-nous » n’est pas un numéro", "Jeudi : « midi » n’est pas une heure", "Maison neuve")
	for _, s := range []string{`value="appelez-nous"`, `value="Maison neuve"`} {
		if !strings.Contains(refused.text, s) {
			t.Errorf("%s is lost", s)
		}
	}
	// Out of the territory: hers, but not there.
	form = with(d.form(d.page(marne, lieu+"/modification", nil), "modification"), "commune", "Paris", "code_postal", "75001", "code_insee", "75101", "geste", "verifier")
	d.is(d.page(marne, lieu+"/modification", form), 422, "hors de votre territoire")
	// Told as one types, for the script.
	r := httptest.NewRequest(http.MethodPost, lieu+"/modification", strings.NewReader(with(d.form(d.page(marne, lieu+"/modification", nil), "modification"), "telephone", "zéro", "h.texte", "lundi 9h-12h", "essai", "1").Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Authorization", "Bearer "+marne)
	w := httptest.NewRecorder()
	d.server.ServeHTTP(w, r)
	api.CheckContract(t, r, w.Code, w.Header(), w.Body.Bytes())
	if w.Code != 200 || !strings.Contains(w.Body.String(), `"champ":"telephone","gravite":"blocking"`) || !strings.Contains(w.Body.String(), "Lundi") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// TestNothingThatIsPostedBreaksTheForm.
func TestNothingThatIsPostedBreaksTheForm(t *testing.T) {
	d := deskOf(t)
	marne := d.agent(access.Contributor, "Département de la Marne", "225100015", "departement:51")
	lieu := d.reims()
	whole := d.form(d.page(marne, lieu+"/modification", nil), "modification")
	for _, form := range []url.Values{
		{}, {"geste": {"voler"}}, {"avant": {"[]"}}, {"avant": {`{"nom":3}`}}, {"avant": {"{"}, "geste": {"publier"}},
		{"version": {"99999999999999999999"}, "geste": {"publier"}}, {"version": {"-1"}, "nom": {"x"}},
		{"nom": {strings.Repeat("é", 100_000)}, "geste": {"publier"}}, {"nom": {"=cmd()"}, "geste": {"verifier"}}, {"nom": {"\x01\x02", "y"}, "geste": {"verifier"}},
		{"geste": {"plage:99"}}, {"geste": {"plage:0"}, "h.0.5.de": {"1"}, "h.0.9.de": {"2"}}, {"geste": {"point:1e9,1e9"}}, {"geste": {"point:;"}}, {"geste": {"situer"}},
		{"geste": {"texte"}, "h.texte": {strings.Repeat("Mo 00:00-01:00;", 5000)}}, {"geste": {"verifier"}, "h.reste": {strings.Repeat("PH,", 900)}},
		{"geste": {"verifier"}, "latitude": {"NaN"}, "longitude": {"1e400"}}, {"geste": {"copier"}}, {"geste": {"verifier"}, "raison": {strings.Repeat("x", 5000)}},
		{"essai": {"1"}}, {"essai": {"1"}, "services": {"a|b", "|", ""}, "typologie": {"<script>"}},
	} {
		for _, path := range []string{lieu + "/modification", "/lieux/ajout"} {
			filled := url.Values{}
			for name, values := range whole {
				filled[name] = values
			}
			for name, values := range form {
				filled[name] = values
			}
			for _, f := range []url.Values{form, filled} {
				if p := d.page(marne, path, f); p.status >= 500 {
					t.Errorf("%s %.200s: %d", path, f.Encode(), p.status)
				} else if strings.Contains(p.text, "<script>alert") {
					t.Error("a text entered the page as something else")
				}
			}
		}
	}
	d.is(d.page("", lieu+"/modification", nil), 303)
	d.is(d.page(d.agent(access.Contributor, "Département de l’Aisne", "220200026", "departement:02"), lieu+"/modification", nil), 403)
	d.is(d.page(d.agent(access.Reader, "Un lecteur", "", ""), lieu+"/modification", whole), 403)
	d.is(d.page(d.agent(access.PlaceContributor, "Un lieu", "732829320", "lieux:"+lieu[strings.LastIndexByte(lieu, '/')+1:]), "/lieux/ajout", nil), 403)
}

// TestANewPlaceAndOneThatClosed: added once, told, closed, and its page says so.
func TestANewPlaceAndOneThatClosed(t *testing.T) {
	d := deskOf(t)
	marne := d.agent(access.Contributor, "Département de la Marne", "225100015", "departement:51")
	form := with(d.form(d.is(d.page(marne, "/lieux/ajout", nil), 200, "Ajouter un lieu"), "modification"), "geste", "publier")
	d.is(d.page(marne, "/lieux/ajout", form), 422, "pas de nom")
	form = with(form, "nom", "Atelier des Coquelicots", "adresse", "3 rue des Coquelicots", "code_postal", "51100", "commune", "Reims", "publics", "tous", "geste", "verifier")
	confirm := d.is(d.page(marne, "/lieux/ajout", form), 200, "Ce que vous ajoutez", "Atelier des Coquelicots")
	made := d.page(marne, "/lieux/ajout", with(d.form(confirm, "publication"), "geste", "publier"))
	if made.status != http.StatusSeeOther || !strings.HasSuffix(made.location, "/historique?fait=ajoute") {
		t.Fatalf("%d %s %s", made.status, made.location, plainText(made.text))
	}
	lieu := strings.TrimSuffix(made.location, "/historique?fait=ajoute")
	d.is(d.page("", made.location, nil), 200, "Le lieu est ajouté", "Ajout du lieu", "Département de la Marne")
	// The same again may be the same.
	d.is(d.page(marne, "/lieux/ajout", with(d.form(d.page(marne, "/lieux/ajout", nil), "modification"), "nom", "Atelier des Coquelicots", "adresse", "3 rue des Coquelicots", "code_postal", "51100", "commune", "Reims", "telephone", "", "presentation_resume", "Encore.", "geste", "publier")),
		409, "Ce lieu est peut-être déjà connu", "C’est un autre lieu")

	edit := d.is(d.page(marne, lieu+"/modification", nil), 200, "Ce lieu a fermé")
	if p := d.page(marne, lieu+"/fermeture", with(d.form(edit, "/fermeture"), "depuis", "2026-01-15", "raison", "Fin du bail")); p.status != http.StatusSeeOther {
		t.Fatalf("%d %s", p.status, plainText(p.text))
	}
	d.is(d.page("", lieu, nil), 410, "Atelier des Coquelicots a fermé", "fermé depuis le 15 janvier 2026", "Fin du bail", "D’autres lieux peuvent vous aider", "près de Reims")
	d.is(d.page(marne, lieu+"/modification", nil), 410, "a fermé")
	d.is(d.page("", lieu+"/historique", nil), 200, "Fermeture", "fermé depuis le 15 janvier 2026")
	if p := d.page(marne, lieu+"/fermeture", url.Values{"geste": {"rouvrir"}}); p.status != http.StatusSeeOther {
		t.Fatalf("%d %s", p.status, plainText(p.text))
	}
	d.is(d.page("", lieu+"/historique", nil), 200, "Réouverture")
	d.is(d.page("", lieu, nil), 200, "Atelier des Coquelicots")
}

// TestAPlaceStaysOnItsTerritory: where the postal code alone says where a place
// is, it does not leave by it either.
func TestAPlaceStaysOnItsTerritory(t *testing.T) {
	d := deskOf(t)
	_, err := d.census.Load(context.Background(), place.Load{Source: "sans code"}, func(yield func(*place.Record, error) bool) {
		yield(&place.Record{Key: "1", Place: place.Place{Nom: "Point numérique du Lavoir", Commune: "Lieu-dit inconnu", CodePostal: "51100"}, Departement: "51"}, nil)
	})
	if err != nil {
		t.Fatal(err)
	}
	lieu := ""
	if err := d.census.Find(context.Background(), place.Find{Q: "lavoir", Limit: 1}, func(h place.Hit) error { lieu = "/collections/lieux/items/" + h.ID; return nil }); err != nil || lieu == "" {
		t.Fatal(err, lieu)
	}
	marne := d.agent(access.Contributor, "Département de la Marne", "225100015", "departement:51")
	form := d.form(d.page(marne, lieu+"/modification", nil), "modification")
	d.is(d.page(marne, lieu+"/modification", with(form, "code_postal", "33000", "geste", "publier")), http.StatusUnprocessableEntity, "hors de votre territoire : Marne (51)")
}
