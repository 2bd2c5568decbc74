package pages

import (
	"bytes"
	"encoding/json"
	"flag"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"mednum/internal/hours"
	"mednum/internal/place"
)

var update = flag.Bool("update", false, "write the golden files anew")

// wednesday is the clock of the tests: 15 April 2026, 12:30 in Paris.
var wednesday = time.Date(2026, time.April, 15, 10, 30, 0, 0, time.UTC)

// bare are pages before `npm run build`: golden files must not change with the
// hashes of built files.
func bare(t *testing.T) *Pages {
	t.Helper()
	p, err := New(Settings{PublicURL: "https://lieux.example", TileURL: "https://tuiles.example/{z}/{x}/{y}.png", TileAttribution: "© essai"})
	if err != nil {
		t.Fatal(err)
	}
	p.assets = Assets{}
	return p
}

func at(latitude, longitude float64) place.Position {
	p, err := place.NewPosition(latitude, longitude)
	if err != nil {
		panic(err)
	}
	return p
}

func cardOf(p place.Place, distance float64) Card {
	c := Card{ID: "r36r1ftt", Href: "/collections/lieux/items/r36r1ftt", Place: p, Distance: distance, Zone: hours.ZoneOf("51"), Now: wednesday,
		Properties: place.Published{ID: "r36r1ftt", Producteur: "essai", Departement: "51"}}
	if h, err := hours.Parse(p.Horaires); p.Horaires != "" && err == nil {
		c.Hours, c.Answer = h, h.At(wednesday, c.Zone)
	}
	return c
}

var library = place.Place{ID: "1", Nom: "Médiathèque des Tilleuls", Commune: "Reims", CodePostal: "51100", CodeInsee: "51454", Adresse: "3 place des Tilleuls",
	Position: at(49.259, 4.034), Typologie: []string{"BIB"}, Telephone: "+33326000001", Courriels: []string{"bonjour@tilleuls.example"}, SiteWeb: []string{"https://www.tilleuls.example/lieu?a=1&b=2"},
	Horaires: "Tu-Sa 10:00-19:00; PH off", PresentationResume: "Une équipe patiente.", Source: "Hubik", DateMaj: place.Date{Year: 2026, Month: 3, Day: 1},
	Services:                      []string{"Aide aux démarches administratives", "Maîtrise des outils numériques du quotidien", "Accès internet et matériel informatique", "Loisirs et créations numériques", "Utilisation sécurisée du numérique"},
	PublicsSpecifiquementAdresses: []string{}, FraisACharge: []string{"Gratuit"}, ModalitesAcces: []string{"Se présenter", "Téléphoner"}, ModalitesAccompagnement: []string{"Accompagnement individuel", "À distance"}}

var unknown = place.Place{Nom: "Point d’accueil", Commune: "Reims", CodePostal: "51100"}

func TestGolden(t *testing.T) {
	p := bare(t)
	doubtful := cardOf(unknown, 1240)
	doubtful.Properties.PositionDoute = "le point est à 12 km de la commune."
	doubtful.Properties.Demonstration = true
	full := cardOf(library, 350)
	sheet := Sheet{Card: full, Now: wednesday}
	sheet.Card.Distance = math.NaN()
	sheet.Week = full.Hours.Week(time.Date(2026, 4, 15, 0, 0, 0, 0, full.Zone.Location()), full.Zone)
	for name, render := range map[string]func(*bytes.Buffer) error{
		"accueil": func(b *bytes.Buffer) error {
			return p.Home(b, Home{Known: 6011, Asked: url.Values{"services": {"Accès internet et matériel informatique"}}})
		},
		"resultats": func(b *bytes.Buffer) error {
			return p.Home(b, Home{Asked: url.Values{"ou": {"Saint-Denis"}, "frais_a_charge": {"Gratuit"}, "rayon": {"5"}, "departement": {"93,974"}}, Where: "Saint-Denis (974, La Réunion)", Center: at(-20.933, 55.447),
				Cards: []Card{full, doubtful}, More: true, Apart: []Card{doubtful}, Commune: "Saint-Denis", Which: "Saint-Denis : laquelle ?",
				Choices: []Choice{{"Saint-Denis (974, La Réunion)", "155 600 habitants", "Saint-Denis (974, La Réunion)", true}, {"Saint-Denis (93, Seine-Saint-Denis)", "", "Saint-Denis (93, Seine-Saint-Denis)", false}},
				Notices: []string{"La recherche d’adresses ne répond pas en ce moment."}, Now: wednesday})
		},
		"rien": func(b *bytes.Buffer) error {
			return p.Home(b, Home{Asked: url.Values{"ou": {"Reims"}, "ouvert": {"maintenant"}, "rayon": {"2,5"}}, Where: "Reims", Center: at(49.25, 4.03), Nearest: &doubtful,
				Relax: []Relax{{"ouvert", "maintenant", 4, false, 350}, {"frais_a_charge", "Gratuit", 0, false, math.NaN()}}, Now: wednesday})
		},
		"inconnu": func(b *bytes.Buffer) error { return p.Home(b, Home{Asked: url.Values{"ou": {"Zzz <b>"}}}) },
		"lieu":    func(b *bytes.Buffer) error { return p.Sheet(b, sheet) },
		"lieu-inconnu": func(b *bytes.Buffer) error {
			return p.Sheet(b, Sheet{Card: doubtful, Now: wednesday})
		},
		"liste": func(b *bytes.Buffer) error {
			return p.Listing(b, Listing{Collection: "communes", Rows: []Row{{"/collections/communes/items/51454", "Reims", "code 51454"}}, Next: "/x?cursor=1"})
		},
		"document": func(b *bytes.Buffer) error {
			return p.Document(b, Document{Head: Head{Title: "Collections", Links: []Link{{"https://lieux.example/collections", "self", "application/json", "Ce document"}}}, Intro: "Deux.", Sections: []Section{{"Lire", []Row{{"/x", "Lieux", "Les lieux"}, {"", "Sans lien", ""}}}}})
		},
		"sans-cle": func(b *bytes.Buffer) error {
			return p.Problem(b, Problem{Status: 401, Message: "Cette demande veut une clé."})
		},
		"retire": func(b *bytes.Buffer) error { return p.Problem(b, Problem{Status: 410, Message: "Retiré."}) },
		"faux": func(b *bytes.Buffer) error {
			return p.Problem(b, Problem{Status: 400, Message: "Une erreur.", Details: []string{"rayon : <nombre>"}})
		},
		"aide":          func(b *bytes.Buffer) error { return p.Help(b, Head{}) },
		"accessibilite": func(b *bytes.Buffer) error { return p.Accessibility(b, Head{}) },
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := render(&b); err != nil {
				t.Fatal(err)
			}
			got := drawings.ReplaceAllString(b.String(), "<svg/>")
			file := filepath.Join("testdata", name+".html")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("go test ./api/pages -update writes it anew (-want +got):\n%s", diff)
			}
		})
	}
}

// drawings are the same everywhere and say nothing to a reader of a golden file.
var drawings = regexp.MustCompile(`(?s)<svg.*?</svg>`)

// hostile is a text that would do harm in each of the contexts of a page.
const hostile = `"><script>alert(1)</script><img src=x onerror=alert(2)>'` + "`" + `</script><!-- {{.}} javascript:alert(3)`

func TestHostileTextStaysText(t *testing.T) {
	p := bare(t)
	evil := place.Place{Nom: hostile, Commune: hostile, CodePostal: hostile, Adresse: hostile, ComplementAdresse: hostile, Position: at(49.25, 4.03), Typologie: []string{hostile}, Telephone: hostile,
		Courriels: []string{hostile, "a@b.example?bcc=x"}, SiteWeb: []string{"javascript:alert(4)", hostile, "https://x.example/\"onclick=alert(5)"}, Horaires: hostile, PresentationResume: hostile, PresentationDetail: hostile,
		Source: hostile, Services: []string{hostile}, PublicsSpecifiquementAdresses: []string{hostile}, PriseEnChargeSpecifique: []string{hostile}, FraisACharge: []string{hostile}, DispositifProgrammesNationaux: []string{hostile},
		ModalitesAcces: []string{hostile}, ModalitesAccompagnement: []string{hostile}, FicheAccesLibre: "javascript:alert(6)", PriseRdv: "data:text/html,<script>alert(7)</script>"}
	c := cardOf(evil, 10)
	c.Properties.PositionDoute, c.Answer.Comment, c.Answer.Reason = hostile, hostile, hostile
	settings := Settings{TileURL: hostile, TileAttribution: hostile}
	p.settings = settings
	pages := map[string]func(*bytes.Buffer) error{
		"sheet": func(b *bytes.Buffer) error { return p.Sheet(b, Sheet{Card: c, Now: wednesday}) },
		"home": func(b *bytes.Buffer) error {
			return p.Home(b, Home{Asked: url.Values{"ou": {hostile}, "services": {hostile}, hostile: {hostile}, "rayon": {hostile}}, Where: hostile, Cards: []Card{c}, Apart: []Card{c}, Commune: hostile, More: true,
				Choices: []Choice{{hostile, hostile, hostile, false}}, Which: hostile, Notices: []string{hostile}, Now: wednesday})
		},
		"nowhere": func(b *bytes.Buffer) error { return p.Home(b, Home{Asked: url.Values{"ou": {hostile}}}) },
		"problem": func(b *bytes.Buffer) error {
			return p.Problem(b, Problem{Head: Head{Title: hostile}, Status: 400, Message: hostile, Details: []string{hostile}})
		},
		"listing": func(b *bytes.Buffer) error {
			return p.Listing(b, Listing{Head: Head{Title: hostile, Links: []Link{{hostile, hostile, hostile, hostile}}}, Rows: []Row{{"javascript:alert(8)", hostile, hostile}}, Next: hostile})
		},
	}
	// html/template leaves no "<" or ">" of a text unescaped, so that a tag is what
	// stands between them; in it, quoted values are text.
	tag, quoted := regexp.MustCompile(`<[a-zA-Z][^<>]*>`), regexp.MustCompile(`"[^"]*"`)
	link := regexp.MustCompile(`(?i)(?:href|src|action)="\s*(?:javascript|data|vbscript):`)
	handler := regexp.MustCompile(`(?i)\son[a-z]+\s*=`)
	for name, render := range pages {
		var b bytes.Buffer
		if err := render(&b); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		html := b.String()
		for _, found := range tag.FindAllString(html, -1) {
			if strings.HasPrefix(found, "<img") || link.MatchString(found) || handler.MatchString(quoted.ReplaceAllString(found, `""`)) {
				t.Errorf("%s: %s", name, found)
			}
		}
		if n := strings.Count(html, "<script"); n != strings.Count(html, `<script type="application/ld+json">`) {
			t.Errorf("%s: %d script elements, some not ours", name, n)
		}
	}
	var b bytes.Buffer
	if err := pages["sheet"](&b); err != nil {
		t.Fatal(err)
	}
	_, data, ok := strings.Cut(b.String(), `<script type="application/ld+json">`)
	data, _, _ = strings.Cut(data, "</script>")
	var v map[string]any
	if err := json.Unmarshal([]byte(data), &v); !ok || err != nil || v["name"] != hostile {
		t.Errorf("JSON-LD: %v, %v in %s", err, v["name"], data)
	}
}

func TestEveryVocabularyIsSaidPlainly(t *testing.T) {
	for _, column := range []string{"services", "modalites_accompagnement", "publics_specifiquement_adresses", "prise_en_charge_specifique", "frais_a_charge", "modalites_acces", "itinerance"} {
		v, ok := place.VocabularyOf(column)
		if !ok {
			t.Fatalf("no vocabulary of %s", column)
		}
		for _, value := range v.Values() {
			if w := said(column, value); w.Plain == value && column != "frais_a_charge" {
				t.Errorf("%s: %q has no plain words", column, value)
			}
		}
	}
	for _, g := range groups {
		v, _ := place.VocabularyOf(g.Column)
		for _, w := range g.Words {
			if !slices.Contains(v.Values(), w.Value) {
				t.Errorf("%s: %q is not a value", g.Column, w.Value)
			}
		}
	}
}

func TestAssetsComeFromTheManifest(t *testing.T) {
	none, err := readAssets(fstest.MapFS{}, "dist")
	if err != nil || none.Script != "" {
		t.Errorf("no build: %+v, %v", none, err)
	}
	built := fstest.MapFS{"dist/.vite/manifest.json": {Data: []byte(`{
		"src/main.ts": {"file": "assets/main-1.js", "isEntry": true, "css": ["assets/main-2.css"]},
		"src/map.ts": {"file": "assets/map-3.js", "css": ["assets/map-4.css"]},
		"src/icon.svg": {"file": "assets/icon-5.svg"},
		"node_modules/f.woff2": {"file": "assets/f-6.woff2"}}`)}}
	got, err := readAssets(built, "dist")
	want := Assets{"/assets/main-1.js", []string{"/assets/main-2.css"}, "/assets/icon-5.svg", "/assets/f-6.woff2"}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	if _, err := readAssets(fstest.MapFS{"dist/.vite/manifest.json": {Data: []byte(`{`)}}, "dist"); err == nil {
		t.Error("a broken manifest is silent")
	}
}

func TestStates(t *testing.T) {
	for _, c := range []struct{ horaires, word, when string }{
		{"Mo-Fr 09:00-13:00", "Ouvert", "ferme à 13 h"},
		{"Mo-Fr 14:00-18:30", "Fermé", "ouvre à 14 h"},
		{"Th 09:30-12:00", "Fermé", "ouvre demain à 9 h 30"},
		{"Sa 09:00-12:00", "Fermé", "ouvre samedi à 9 h"},
		{"May 05 09:00-12:00", "Fermé", "ouvre le mardi 5 mai à 9 h"},
		{"24/7", "Ouvert", ""},
		{"off", "Fermé", ""},
		{"un lundi sur deux", "Horaires à vérifier", ""},
		{"", "Horaires inconnus", ""},
	} {
		card := cardOf(place.Place{Horaires: c.horaires}, 0)
		if got := card.StateWord(); got != c.word {
			t.Errorf("%q: %q, want %q", c.horaires, got, c.word)
		}
		if got := strings.ReplaceAll(card.When(), nbsp, " "); got != c.when {
			t.Errorf("%q: %q, want %q", c.horaires, got, c.when)
		}
	}
}
