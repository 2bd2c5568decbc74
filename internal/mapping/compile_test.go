package mapping

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"mednum/internal/place"
)

// TestRules: one rule at a time, on the cells of columns a, b and c.
func TestRules(t *testing.T) {
	const wifi = "Accès internet et matériel informatique"
	for _, test := range []struct {
		field, rule string
		cells       string // a/b/c
		want        string
		from        string // the columns that it came from
	}{
		{"nom", `{colonne: a}`, "x/y/z", "x", "a"},
		{"nom", `{colonne: a}`, "//", "", "a"},
		{"nom", `{colonne: " A "}`, "x/y/z", "x", "a"}, // case and spaces forgiven
		{"nom", `{premier: [a, b, c]}`, "/y/z", "y", "b"},
		{"nom", `{premier: [a, b, c]}`, "NC/ - /z", "z", "c"}, // words that say nothing
		{"nom", `{premier: [a, b]}`, "//", "", "b"},
		{"nom", `{joindre: [a, b, c]}`, "w//z", "w z", "a + b + c"},
		{"nom", `{joindre: [a, b], avec: ", "}`, "w/y/", "w, y", "a + b"},
		{"nom", `{joindre: [a, b], avec: ", "}`, "-/y/", "y", "a + b"},
		{"courriels", `{joindre: [a, b]}`, "x@y.fr/z@y.fr/", "x@y.fr|z@y.fr", "a + b"},
		{"nom", `{constante: x}`, "//", "x", ""},
		{"code_postal", `{colonne: a, motif: '(?P<valeur>\d{5})'}`, "3 rue 51100 Reims//", "51100", "a"},
		{"code_postal", `{colonne: a, motif: '(?P<valeur>\d{5})'}`, "Reims//", "", "a"},
		{"code_postal", `{colonne: a, motif: '^(?:x|(?P<valeur>y))'}`, "x//", "", "a"},
		{"nom", `{colonne: a, valeurs: {x: y}}`, "X//", "y", "a"},
		{"nom", `{colonne: a, valeurs: {Été: y}}`, " ete //", "y", "a"},
		{"nom", `{colonne: a, valeurs: {x: y}}`, "xx//", "xx", "a"}, // never a part
		{"nom", `{colonne: a, valeurs: {x: ""}}`, "x//", "", "a"},
		{"nom", `{colonne: a, avant: "France services "}`, "Reims//", "France services Reims", "a"},
		{"nom", `{colonne: a, avant: "France services "}`, "FRANCE SERVICES Reims//", "FRANCE SERVICES Reims", "a"},
		{"nom", `{colonne: a, avant: "France services "}`, "//", "", "a"},
		{"nom", `{colonne: a, a_defaut: [{colonne: b}, {constante: z}]}`, "/y/", "y", "b"},
		{"nom", `{colonne: a, motif: '(?P<valeur>\d+)', a_defaut: [{colonne: b}, {constante: z}]}`, "x//", "z", ""},
		{"services", `{colonne: a, couper: ",/", valeurs: {wifi: ` + wifi + `}}`, "Wifi, autre//", wifi + "|autre", "a"},
		{"services", `{colonne: a, couper: ",", valeurs: {wifi: ` + wifi + `}, sinon: ecarter}`, "Wifi, autre, wifi//", wifi + "|" + wifi, "a"},
		{"services", `{colonne: a, couper: ",", valeurs: {"wifi, fibre": ` + wifi + `, fibre: ""}}`, "x, Wifi, fibre, fibre//", "x|" + wifi, "a"},
		{"services", `{colonne: a, valeurs: {"wifi|fibre": ` + wifi + `}}`, "fibre|wifi|fibre//", "fibre|" + wifi, "a"},
		{"services", `{colonne: a, couper: ","}`, ", x ,,y,//", "x|y", "a"},
		{"services", `{colonne: a, couper: "\n"}`, "x\ny//", "x|y", "a"},
		{"services", `{colonne: a, couper: ",{}"}`, "{x,y}//", "x|y", "a"},
		{"services", `{cases: [{colonne: a, donne: ` + wifi + `}, {colonne: b, vaut: [souvent], donne: Aide aux démarches administratives}]}`, "X/Souvent/", wifi + "|Aide aux démarches administratives", "a + b"},
		{"services", `{cases: [{colonne: a, donne: ` + wifi + `}]}`, "non//", "", "a"},
		{"services", `{cases: [{colonne: a, sauf: [jamais], donne: ` + wifi + `}]}`, "parfois//", wifi, "a"},
		{"services", `{cases: [{colonne: a, sauf: [jamais], donne: ` + wifi + `}]}`, "Jamais//", "", "a"},
		{"services", `{cases: [{colonne: a, sauf: [jamais], donne: ` + wifi + `}]}`, "-//", "", "a"},
		{"services", `{cases: [{colonne: a, sauf: [jamais], donne: ` + wifi + `}]}`, "X//", wifi, "a"},
		{"services", `{colonne: a, aussi: [{colonne: b}, {constante: ` + wifi + `}]}`, "x/y/", "x|y|" + wifi, "a + b"},
		{"presentation_detail", `{cases: [{colonne: a, donne: Imprimante}, {colonne: b, donne: Scanner}]}`, "oui/oui/", "Imprimante, Scanner", "a + b"},
	} {
		text := "correspondance: 1\nchamps:\n  commune: {constante: Reims}\n  " + test.field + ": " + test.rule + "\n"
		if test.field != "nom" {
			text += "  nom: {constante: n}\n"
		}
		got := compiled(t, text, "a", "b", "c").Row(strings.Split(test.cells, "/"))
		if c := got.Cells[at[test.field]]; c != test.want || got.Columns[at[test.field]] != test.from {
			t.Errorf("%s %s of %q: %q from %q; want %q from %q", test.field, test.rule, test.cells, c, got.Columns[at[test.field]], test.want, test.from)
		}
	}
}

// What comes from the source and not from the row is marked, and only that.
func TestDefaultsAreMarked(t *testing.T) {
	mapper := compiled(t, `
correspondance: 1
champs:
  nom: {colonne: a}
  commune: {constante: Nantes}
  typologie: {colonne: b, aussi: [{constante: RFS}]}
  frais_a_charge: {colonne: c}
defauts:
  frais_a_charge: Gratuit
  horaires: Mo-Fr 09:00-12:00
  code_postal: "44000"
`, "a", "b", "c")
	for cells, want := range map[string]string{
		"x//":          "code_postal commune frais_a_charge horaires typologie",
		"x/BIB/Payant": "code_postal commune horaires",
		"x/BIB/NC":     "code_postal commune frais_a_charge horaires",
	} {
		got := mapper.Row(strings.Split(cells, "/"))
		if strings.Join(got.Defaults, " ") != want || got.Cells[horaires] != "Mo-Fr 09:00-12:00" || got.Cells[at["code_postal"]] != "44000" {
			t.Errorf("%s: %q %v", cells, got.Defaults, written(got))
		}
	}
}

// An empty cell of a file in its own words is unknown; "everybody" must be written.
func TestPublicsAreUnknownWhereTheFileIsEmpty(t *testing.T) {
	mapper := compiled(t, `
correspondance: 1
champs:
  nom: {colonne: a}
  commune: {colonne: a}
  publics_specifiquement_adresses: {colonne: b, valeurs: {Tout public: "", Ados: Jeunes}}
`, "a", "b")
	for cell, want := range map[string]string{"": "unknown", " ": "unknown", "Tout public": "", "ados": "Jeunes"} {
		got := mapper.Row([]string{"x", cell})
		said := got.Cells[publics]
		if slices.Contains(got.Unknown, "publics_specifiquement_adresses") {
			said = "unknown"
		}
		if said != want {
			t.Errorf("%q: %q, want %q", cell, said, want)
		}
	}
}

func TestFilters(t *testing.T) {
	mapper := compiled(t, `
correspondance: 1
lignes:
  - {colonne: état, garder: [Ouvert, ""], raison: lieu fermé}
  - {colonne: type, ecarter: [Test]}
  - {colonne: cp, motif: "^(51|08)"}
champs:
  nom: {colonne: nom}
  commune: {colonne: nom}
`, "nom", "ÉTAT", "type", "cp")
	for cells, want := range map[string]string{
		"a/ouvert/x/51100": "",
		"a//x/08000":       "",
		"a/Fermé/x/51100":  "lieu fermé",
		"a/ouvert/TEST/51": "« type » vaut « TEST »",
		"a/ouvert/x/33000": "« cp » vaut « 33000 »",
		"a/ouvert/x/":      "« cp » est vide",
		"a/ouvert":         "« cp » est vide",
	} {
		if got := mapper.Row(strings.Split(cells, "/")).Left; got != want {
			t.Errorf("%s: %q, want %q", cells, got, want)
		}
	}
}

// TestCompile: what the file lacks is told with the nearest; it is an error
// only where nothing sensible could be read.
func TestCompile(t *testing.T) {
	for _, test := range []struct {
		text, columns string
		fatal         bool
		told          string
		absent        int // columns of the standard that nothing feeds
		unread        string
	}{
		{"champs: {nom: {colonne: Nom}, commune: {colonne: Ville}}", "nom,ville,Fax", false, "", 30, "Fax"},
		{"champs: {nom: {colonne: Nom}, commune: {colonne: Ville}}\nignorees: [fax, Autre]", "nom,ville,Fax", false, "", 30, ""},
		{"champs: {nom: {colonne: Nom}, commune: {colonne: Ville}, telephone: {colonne: Téléfone}}", "nom,ville,Téléphone", false,
			"« champs.telephone » : la colonne « Téléfone » n’est pas dans le fichier ; vouliez-vous dire « Téléphone » ?", 30, "Téléphone"},
		{"champs: {nom: {premier: [Nom, Raison]}, commune: {colonne: Ville}}", "nom,ville", false,
			"« champs.nom » : la colonne « Raison » n’est pas dans le fichier.", 30, ""},
		{"champs: {nom: {colonne: Nom}, commune: {colonne: Ville}}", "a,ville", true,
			"« champs.nom » : la colonne « Nom » n’est pas dans le fichier.\n« champs.nom » : rien ne donne le nom des lieux : aucun ne pourrait être gardé.", 0, ""},
		{"champs: {nom: {colonne: Nom}, telephone: {colonne: Tel}}", "nom,tel", true,
			"« champs » : rien ne dit où sont les lieux : donner la commune, le code postal, l’adresse ou la position.", 0, ""},
		{"champs: {nom: {colonne: Nom}}\nposition: {couple: geo}", "nom,geo", false, "", 29, ""},
		{"champs: {nom: {colonne: Nom}}\nposition: {latitude: y, longitude: x}", "nom,y", true,
			"« position.longitude » : la colonne « x » n’est pas dans le fichier.\n« champs » : rien ne dit où sont les lieux : donner la commune, le code postal, l’adresse ou la position.", 0, ""},
		{"champs: {nom: {colonne: Nom}}\nadresse_entiere: {colonne: Adresse}", "nom,adresse", false, "", 27, ""},
		{"champs: {nom: {colonne: Nom}, commune: {colonne: Ville}}\nlignes: [{colonne: Statut, ecarter: [Fermé]}]", "nom,ville", true,
			"« lignes[1] » : la colonne « Statut » n’est pas dans le fichier.", 0, ""},
		{"champs: {nom: {colonne: Nom}, commune: {colonne: Ville}}\nhoraires: {bornes: {lundi: [o, f]}}", "nom,ville,o", false,
			"« horaires.bornes.lundi » : la colonne « f » n’est pas dans le fichier.", 29, ""},
		// The exact name wins over one that is alike, the first over the others.
		{"champs: {nom: {colonne: Nom}, commune: {colonne: Ville}}", "nom,Nom,Nom,Ville", false, "", 30, "nom,Nom"},
		{"correspondence: 1\nchamps: {nom: {colone: Nom}}", "nom", true, "", 0, ""},
	} {
		m, err := Parse([]byte("correspondance: 1\n" + test.text))
		if err != nil {
			if test.told != "" || !test.fatal {
				t.Error(err)
			}
			continue
		}
		mapper, err := Compile(m, strings.Split(test.columns, ","))
		var faults Faults
		if err != nil && !errors.As(err, &faults) {
			t.Error(err)
		}
		if (err != nil) != test.fatal {
			t.Errorf("%s: %v", test.text, err)
			continue
		}
		if err == nil {
			faults = mapper.Faults()
			if len(mapper.Absent()) != test.absent || strings.Join(mapper.Unread(), ",") != test.unread {
				t.Errorf("%s: %d absent %v, unread %v", test.text, len(mapper.Absent()), mapper.Absent(), mapper.Unread())
			}
		}
		if diff := cmp.Diff(test.told, faults.Error()); diff != "" {
			t.Errorf("%s: -want +got:\n%s", test.text, diff)
		}
	}
	if _, err := Compile(&Mapping{}, []string{"nom"}); err == nil {
		t.Error("a mapping that was not read from a text is not checked")
	}
}

// TestPositions: the cells that place will read.
func TestPositions(t *testing.T) {
	for _, test := range []struct{ position, cells, want string }{
		{"latitude: a, longitude: b", "48,85/2,35", "48,85 2,35"}, // place reads the comma, and says so
		{"latitude: a, longitude: b", "/", " "},
		{"latitude: a, longitude: b, crs: EPSG:2154", "6862035,26/652469,02", "48.8566000 2.3522000"},
		{"latitude: a, longitude: b, crs: EPSG:2154", "6 862 035,26/652 469,02", "48.8566000 2.3522000"},
		{"latitude: b, longitude: a, crs: EPSG:2154", "6862035.26/652469.02", "48.8566000 2.3522000"}, // easting for northing
		{"latitude: a, longitude: b, crs: EPSG:2154", "48.85/2.35", "48.85 2.35"},                     // degrees among metres
		{"latitude: a, longitude: b, crs: EPSG:2154", "0/0", "0 0"},
		{"latitude: a, longitude: b, crs: EPSG:2154", "x/652469", "x 652469"},
		{"latitude: a, longitude: b, crs: EPSG:2154", "1/652469", "1 652469"}, // nowhere: told by place
		{"latitude: a, longitude: b, crs: EPSG:3857", "6250564.35/261845.71", "48.8566000 2.3522000"},
		{"couple: a", "47.26,-1.57", "47.26 -1.57"},
		{"couple: a", "47.26, -1.57", "47.26 -1.57"},
		{"couple: a", "47,26 ; -1,57", "47,26 -1,57"},
		{"couple: a", "47,26, -1,57", "47,26 -1,57"},
		{"couple: a", "47,26,-1,57", "47,26 -1,57"},
		{"couple: a", "47.26 -1.57", "47.26 -1.57"},
		{"couple: a", "[47.26, -1.57]", "47.26 -1.57"},
		{"couple: a", "(47.26,-1.57)", "47.26 -1.57"},
		{"couple: a", "47.26 / -1.57", "47.26 -1.57"},
		{"couple: a, ordre: longitude latitude", "-1.57,47.26", "47.26 -1.57"},
		{"couple: a, ordre: longitude latitude", "[-1.57, 47.26]", "47.26 -1.57"},
		{"couple: a", "POINT (-1.57 47.26)", "47.26 -1.57"},
		{"couple: a", "SRID=4326;POINT(-1.57 47.26)", "47.26 -1.57"},
		{"couple: a", `{"coordinates": [-1.57, 47.26], "type": "Point"}`, "47.26 -1.57"},
		{"couple: a", `{"lat": 47.26, "lon": -1.57}`, "47.26 -1.57"},
		{"couple: a", `lon: -1.57, lat: 47.26`, "47.26 -1.57"},
		{"couple: a", `47°15'36"N 1°34'12"W`, `47°15'36"N 1°34'12"W`},
		{"couple: a, ordre: longitude latitude, crs: EPSG:2154", "652469.02,6862035.26", "48.8566000 2.3522000"},
		{"couple: a", "47,1,2", "47,1,2 "}, // which comma is which? told as unreadable
		{"couple: a", "à la mairie", "à la mairie "},
		{"couple: a", "NC", " "},
		{"couple: a", "47.26", "47.26 "},
	} {
		mapper := compiled(t, "correspondance: 1\nchamps: {nom: {constante: n}}\nposition: {"+test.position+"}\n", "a", "b")
		cells := []string{test.cells, ""}
		if !strings.HasPrefix(test.position, "couple") {
			cells = strings.Split(test.cells, "/")
		}
		got := mapper.Row(cells)
		if s := got.Cells[latitude] + " " + got.Cells[longitude]; s != test.want {
			t.Errorf("%s of %q: %q, want %q", test.position, test.cells, s, test.want)
		}
	}
}

// One text for a whole address fills what is empty, and no more.
func TestWholeAddress(t *testing.T) {
	mapper := compiled(t, `
correspondance: 1
champs:
  nom: {colonne: nom}
  commune: {colonne: ville}
adresse_entiere: {colonne: tout}
`, "nom", "ville", "tout")
	got := written(mapper.Row([]string{"n", "Pantin Centre", "3 rue Hoche, 93500 PANTIN"}))
	want := map[string]string{"nom": "n", "adresse": "3 rue Hoche", "code_postal": "93500", "commune": "Pantin Centre"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got := mapper.Row([]string{"n", "", "3 rue Hoche, 93500 PANTIN"}); got.Cells[at["commune"]] != "PANTIN" || got.Columns[at["commune"]] != "tout" {
		t.Errorf("%v", written(got))
	}
}

// A box may say that nobody is set apart: the list is empty, and known.
func TestABoxMaySayEverybody(t *testing.T) {
	mapper := compiled(t, `
correspondance: 1
champs:
  nom: {colonne: a}
  commune: {colonne: a}
  publics_specifiquement_adresses: {cases: [{colonne: tous, donne: ""}, {colonne: jeunes, donne: Jeunes}]}
`, "a", "tous", "jeunes")
	for cells, want := range map[string]string{"n//": "unknown", "n/x/": "", "n//x": "Jeunes", "n/x/x": "Jeunes"} {
		got := mapper.Row(strings.Split(cells, "/"))
		said := got.Cells[publics]
		if len(got.Unknown) > 0 {
			said = "unknown"
		}
		if said != want {
			t.Errorf("%s: %q, want %q", cells, said, want)
		}
	}
}

// A cell made to hurt costs little, and no row.
func TestHugeCells(t *testing.T) {
	mapper := compiled(t, `
correspondance: 1
champs:
  nom: {colonne: a, motif: '(?P<valeur>(?:a|b|ab){1,50}c)', a_defaut: [{constante: n}]}
  commune: {colonne: a}
  services: {colonne: a, couper: ",", valeurs: {"x, y": Aide aux démarches administratives}, sinon: ecarter}
position: {couple: a}
horaires: {jours: {lundi: {colonne: a}}}
`, "a")
	for _, cell := range []string{strings.Repeat("ab", 500_000), strings.Repeat("x,", 500_000), strings.Repeat("1 ", 500_000), strings.Repeat("é|", 300_000), strings.Repeat("9h-", 300_000)} {
		got := mapper.Row([]string{cell})
		sound(t, got, nil)
		if len(got.Findings) > 2*longest {
			t.Errorf("%.10q: %d findings", cell, len(got.Findings))
		}
	}
}

// everything is a mapping that uses each kind of rule.
const everything = `
correspondance: 1
lignes:
  - {colonne: c0, ecarter: [x]}
champs:
  id: {colonne: c1}
  nom: {premier: [c2, c3], avant: "Le ", a_defaut: [{joindre: [c4, c5], avec: " - "}]}
  commune: {colonne: c6, motif: '^(?:\d{5} )?(?P<valeur>.*)$'}
  services: {colonne: c7, couper: ",;", valeurs: {wifi: Accès internet et matériel informatique, "a, b": ""}, sinon: ecarter, aussi: [{cases: [{colonne: c8, donne: Aide aux démarches administratives}]}]}
  publics_specifiquement_adresses: {colonne: c9}
adresse_entiere: {colonne: c10}
position: {couple: c11, crs: EPSG:2154}
horaires:
  jours: {lundi: {colonne: c12}, mardi: {colonne: c13}}
  remarque: {colonne: c14}
defauts: {frais_a_charge: Gratuit, commune: Reims}
`

func everyColumn() (names []string) {
	for i := range 15 {
		names = append(names, fmt.Sprintf("c%d", i))
	}
	return names
}

// sound holds of any row, whatever its cells.
func sound(t interface {
	Fatalf(string, ...any)
}, got Mapped, cells []string) {
	if len(got.Cells) != len(place.Columns) || len(got.Columns) != len(place.Columns) {
		t.Fatalf("%d cells, %d columns", len(got.Cells), len(got.Columns))
	}
	if !slices.IsSorted(got.Defaults) || len(slices.Compact(slices.Clone(got.Defaults))) != len(got.Defaults) {
		t.Fatalf("defaults %q", got.Defaults)
	}
	for _, name := range got.Defaults {
		if got.Cells[at[name]] == "" {
			t.Fatalf("%q: a default that is empty", name)
		}
	}
	for _, f := range got.Findings {
		if f.Message == "" || f.Column == "" || f.Field == "" {
			t.Fatalf("%+v", f)
		}
	}
	for _, v := range strings.Split(got.Cells[at["services"]], "|") {
		if v != "" && !slices.Contains(place.Columns[at["services"]].Vocabulary.Values(), v) {
			t.Fatalf("services: %q of %q", v, cells)
		}
	}
}

func FuzzRow(f *testing.F) {
	m, err := Parse([]byte(everything))
	if err != nil {
		f.Fatal(err)
	}
	mapper, err := Compile(m, everyColumn())
	if err != nil {
		f.Fatal(err)
	}
	f.Add("ok\x1f1\x1fLieu\x1f\x1f\x1f\x1f51100 Reims\x1fwifi, a, b; c\x1foui\x1f\x1f3 rue X 51100 Reims\x1f6862035 652469\x1f9h-12h\x1ffermé\x1fsur rdv")
	f.Add("\x1f\x1f\x1f\x1f\x1f\x1f\x1f,,;|,\x1f\x1f\x1f\x1f{\"lat\":1}\x1f24h/24\x1f\xff\x1f\"")
	f.Fuzz(func(t *testing.T, row string) {
		cells := strings.Split(row, "\x1f")
		got := mapper.Row(cells)
		sound(t, got, cells)
		schema, _ := place.ReadHeader(columnNames(), 1)
		r := schema.Read(got.Cells, 2, place.Context{})
		_ = r
		if again := mapper.Row(cells); !cmp.Equal(got, again) {
			t.Fatalf("not the same twice: %s", cmp.Diff(got, again))
		}
	})
}

func columnNames() (names []string) {
	for i := range place.Columns {
		names = append(names, place.Columns[i].Name)
	}
	return names
}

// A list is cut as a naive reader would: at every separator, each element
// looked up whole, where no key of the table holds a separator.
func TestListsAgainstANaiveReader(t *testing.T) {
	table := map[string]string{"wifi": "Accès internet et matériel informatique", "démarches": "Aide aux démarches administratives", "rien": ""}
	mapper := compiled(t, `
correspondance: 1
champs:
  nom: {colonne: a}
  commune: {colonne: a}
  services: {colonne: b, couper: ",;", valeurs: {wifi: Accès internet et matériel informatique, démarches: Aide aux démarches administratives, rien: ""}, sinon: ecarter}
`, "a", "b")
	piece := rapid.SampledFrom([]string{"wifi", "WiFi", "démarches", "demarches", "rien", "autre", "wif", " ", ",", ";", "|", ", ", "wifi "})
	rapid.Check(t, func(t *rapid.T) {
		cell := strings.Join(rapid.SliceOfN(piece, 0, 12).Draw(t, "cell"), "")
		var want, lost []string
		for _, e := range strings.FieldsFunc(cell, func(r rune) bool { return r == ',' || r == ';' || r == '|' }) {
			e = strings.TrimSpace(e)
			found := false
			for k, v := range table {
				if place.Fold(k) == place.Fold(e) {
					found = true
					if v != "" {
						want = append(want, v)
					}
				}
			}
			if !found && e != "" {
				lost = append(lost, e)
			}
		}
		got := mapper.Row([]string{"x", cell})
		var told []string
		for _, f := range got.Findings {
			told = append(told, f.Found)
		}
		if s := strings.Join(want, "|"); got.Cells[at["services"]] != s || !slices.Equal(told, lost) {
			t.Fatalf("%q: %q, told %q; want %q, told %q", cell, got.Cells[at["services"]], told, s, lost)
		}
	})
}

// 20,000 rows of 40 columns, each rule and a position to convert.
func BenchmarkRow(b *testing.B) {
	m, err := Parse([]byte(everything))
	if err != nil {
		b.Fatal(err)
	}
	columns := everyColumn()
	for i := len(columns); i < 40; i++ {
		columns = append(columns, fmt.Sprintf("autre %d", i))
	}
	mapper, err := Compile(m, columns)
	if err != nil {
		b.Fatal(err)
	}
	cells := make([]string, 40)
	copy(cells, []string{"ok", "1", "Médiathèque", "", "", "", "51100 Reims", "Wifi, wifi", "oui", "Jeunes", "3 rue des Écoles, 51100 Reims", "6862035.26 652469.02", "9h-12h / 14h-17h", "9h-12h / 14h-17h", ""})
	b.ReportAllocs()
	for b.Loop() {
		if mapper.Row(cells).Left != "" {
			b.Fatal("left out")
		}
	}
}

// What is about a person is neither read, kept nor told; a column that is said
// private and serves all the same is told.
func TestPrivateColumns(t *testing.T) {
	m, err := Parse([]byte("correspondance: 1\nchamps: {nom: {colonne: Nom}, commune: {colonne: Ville}, telephone: {colonne: Portable}}\nprivees: [Référent, portable, Absente]"))
	if err != nil {
		t.Fatal(err)
	}
	mapper, err := Compile(m, []string{"Nom", "Ville", "Portable", "référent"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{3}, mapper.Private()); diff != "" {
		t.Error(diff)
	}
	if len(mapper.Unread()) != 0 {
		t.Errorf("unread: %v", mapper.Unread())
	}
	if f := mapper.Faults(); len(f) != 1 || f[0].Where != "privees" || f[0].Found != "portable" {
		t.Errorf("faults: %v", f)
	}
	s := Suggest([]string{"Nom", "Commune", "Code postal", "Nom et prénom du référent"},
		[][]string{{"Médiathèque", "Reims", "51100", "Jeanne Martin"}, {"Mairie", "Reims", "51100", "Paul Petit"}, {"Le Lieu", "Reims", "51100", "Anne Roy"}}, nil)
	if diff := cmp.Diff([]string{"Nom et prénom du référent"}, s.Mapping.Privees); diff != "" {
		t.Error(diff)
	}
}
