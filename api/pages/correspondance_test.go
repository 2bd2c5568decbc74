package pages

import (
	"bytes"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"
	"pgregory.net/rapid"

	"mednum/internal/intake"
	"mednum/internal/mapping"
	"mednum/internal/place"
)

var theirColumns = []string{"Nom du lieu", "Rue", "Suite", "CP", "Ville", "Point", "Lundi", "Lundi soir", "Mardi", "Aide", "Wifi", "Imprimante", "Statut", "Divers"}

// everything is a mapping that uses all that one can say, what the form has no
// field for included.
const everything = `{
  "correspondance": 1, "source": "ville", "note": "Revu en mars.",
  "lecture": {"separateur": ";"},
  "lignes": [{"colonne": "Statut", "ecarter": ["Fermé"], "raison": "fermé"}, {"colonne": "CP", "motif": "^51"}],
  "champs": {
    "nom": {"colonne": "Nom du lieu", "motif": "^(?P<valeur>.*?)( - .*)?$"},
    "adresse": {"joindre": ["Rue", "Suite"], "avec": ", "},
    "code_postal": {"colonne": "CP"}, "commune": {"colonne": "Ville"},
    "services": {"cases": [{"colonne": "Wifi", "vaut": ["oui", "gratuit"], "donne": "Accès internet et matériel informatique"}, {"colonne": "Imprimante", "donne": "Accès internet et matériel informatique"}]},
    "modalites_accompagnement": {"colonne": "Aide", "couper": ",", "valeurs": {"seul": "En autonomie", "tout": "En autonomie|À distance", "rien": ""}, "sinon": "ecarter"},
    "frais_a_charge": {"constante": "Gratuit"}},
  "position": {"couple": "Point", "ordre": "longitude latitude", "crs": "EPSG:2154"},
  "horaires": {"bornes": {"lundi": ["Lundi", "Lundi soir"]}},
  "defauts": {"itinerance": "Fixe", "structure_parente": "Ville de Reims"},
  "ignorees": ["Divers"]}`

func parsed(t testing.TB, text string) *mapping.Mapping {
	t.Helper()
	m, err := mapping.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func rows() []intake.PreviewRow {
	return []intake.PreviewRow{{Line: 2, Theirs: []string{"Médiathèque - annexe", "3 place des Tilleuls", "Bât. B", "51100", "Reims", "774000 6907000", "09:00", "17:00", "fermé", "seul, aide", "oui", "", "Ouvert", "<b>note</b>"},
		Ours:     map[string]string{"nom": "Médiathèque", "commune": "Reims"},
		Findings: []place.Finding{{Severity: place.Warning, Code: "x", Field: "modalites_accompagnement", Line: 2, Message: "« aide » n’est pas connu."}, {Severity: place.Warning, Code: "y", Field: "date_maj", Message: "La date manque."}}}}
}

// posted is what a browser sends of a page's form: every field as it stands.
func posted(t testing.TB, page []byte) url.Values {
	t.Helper()
	tree, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{}
	get := func(n *html.Node, name string) (string, bool) {
		for _, a := range n.Attr {
			if a.Key == name {
				return a.Val, true
			}
		}
		return "", false
	}
	var walk func(n *html.Node, inside bool)
	walk = func(n *html.Node, inside bool) {
		if id, _ := get(n, "id"); id == "correspondance" {
			inside = true
		}
		name, named := get(n, "name")
		if inside && named && n.Type == html.ElementNode {
			switch n.Data {
			case "input":
				kind, _ := get(n, "type")
				_, checked := get(n, "checked")
				if value, _ := get(n, "value"); kind != "checkbox" && kind != "radio" || checked {
					form.Add(name, value)
				}
			case "select":
				chosen, some := "", false
				var look func(*html.Node)
				look = func(o *html.Node) {
					if o.Type == html.ElementNode && o.Data == "option" {
						value, _ := get(o, "value")
						if _, selected := get(o, "selected"); selected || !some {
							chosen, some = value, true
						}
					}
					for c := o.FirstChild; c != nil; c = c.NextSibling {
						look(c)
					}
				}
				look(n)
				form.Add(name, chosen)
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c, inside)
		}
	}
	walk(tree, false)
	return form
}

func formOf(t testing.TB, m *mapping.Mapping, columns []string, preview []intake.PreviewRow) url.Values {
	t.Helper()
	p, err := New(Settings{})
	if err != nil {
		t.Fatal(err)
	}
	var page bytes.Buffer
	if err := p.Correspondance(&page, Correspondance{Head: Head{Who: signedIn("hub")}, Depot: intake.Deposit{Number: 3, File: "lieux.csv", Columns: columns}, Mapping: m, Rows: preview}); err != nil {
		t.Fatal(err)
	}
	return posted(t, page.Bytes())
}

// TestFormKeepsWhatItCannotSay: the page of a mapping, sent back as it is, is that
// mapping, whatever it says.
func TestFormKeepsWhatItCannotSay(t *testing.T) {
	m := parsed(t, everything)
	got, faults := ReadCorrespondance(nil, theirColumns, formOf(t, m, theirColumns, rows()))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	// Filters of an expression come first: the others are the form's.
	m.Lignes[0], m.Lignes[1] = m.Lignes[1], m.Lignes[0]
	if d := cmp.Diff(string(m.JSON()), string(got.JSON())); d != "" {
		t.Errorf("-mapping +form: %s", d)
	}
}

// TestAnyFormRoundTrips: the same, of mappings drawn at random.
func TestAnyFormRoundTrips(t *testing.T) {
	p, err := New(Settings{})
	if err != nil {
		t.Fatal(err)
	}
	plain := []string{"nom", "adresse", "code_postal", "commune", "telephone", "services", "frais_a_charge", "typologie", "presentation_resume", "date_maj"}
	rapid.Check(t, func(r *rapid.T) {
		m := &mapping.Mapping{Correspondance: 1, Champs: map[string]mapping.Regle{}}
		free := rapid.Permutation(theirColumns).Draw(r, "columns")
		take := func(n int) (out []string) {
			n = min(n, len(free))
			out, free = free[:n:n], free[n:]
			return out
		}
		for _, name := range plain {
			switch rapid.IntRange(0, 4).Draw(r, name) {
			case 1:
				if c := take(1); len(c) == 1 {
					m.Champs[name] = mapping.Regle{Colonne: c[0]}
				}
			case 2:
				if c := take(2); len(c) == 2 {
					m.Champs[name] = mapping.Regle{Premier: c}
				}
			case 3:
				if c := take(2); len(c) == 2 {
					m.Champs[name] = mapping.Regle{Joindre: c, Avec: rapid.SampledFrom([]string{"", "|", " - "}).Draw(r, "with")}
				}
			}
		}
		if c := take(2); len(c) == 2 && rapid.Bool().Draw(r, "position") {
			m.Position = &mapping.Position{Latitude: c[0], Longitude: c[1], CRS: rapid.SampledFrom([]string{"EPSG:4326", "EPSG:2154"}).Draw(r, "crs")}
		}
		if c := take(1); len(c) == 1 && rapid.Bool().Draw(r, "hours") {
			m.Horaires = &mapping.Horaires{Texte: &mapping.Regle{Colonne: c[0]}}
		}
		var page bytes.Buffer
		if err := p.Correspondance(&page, Correspondance{Head: Head{Who: signedIn("hub")}, Depot: intake.Deposit{Number: 3, Columns: theirColumns}, Mapping: m, Rows: rows()}); err != nil {
			r.Fatal(err)
		}
		got, faults := ReadCorrespondance(nil, theirColumns, posted(t, page.Bytes()))
		if len(faults) > 0 {
			r.Fatal(faults)
		}
		if d := cmp.Diff(string(m.JSON()), string(got.JSON())); d != "" {
			r.Fatalf("-mapping +form: %s", d)
		}
	})
}

// TestFormChanges: what each change of the form does to the mapping.
func TestFormChanges(t *testing.T) {
	base := parsed(t, everything)
	column := func(name string) string { return strconv.Itoa(slices.Index(theirColumns, name)) }
	for _, c := range []struct {
		name   string
		change func(url.Values)
		want   func(*mapping.Mapping)
	}{
		{"another column is the name: its rule goes with it", func(f url.Values) {
			f.Set("c."+column("Nom du lieu"), "")
			f.Set("c."+column("Divers"), "nom")
		}, func(m *mapping.Mapping) {
			r := m.Champs["nom"]
			r.Colonne = "Divers"
			m.Champs["nom"] = r
			m.Ignorees = []string{"Nom du lieu"}
		}},
		{"a second column joins an address", func(f url.Values) { f.Set("c."+column("Divers"), "adresse") }, func(m *mapping.Mapping) {
			r := m.Champs["adresse"]
			r.Joindre = append(r.Joindre, "Divers")
			m.Champs["adresse"] = r
			m.Ignorees = nil
		}},
		{"one of two is left", func(f url.Values) { f.Set("c."+column("Suite"), "complement_adresse") }, func(m *mapping.Mapping) {
			m.Champs["adresse"] = mapping.Regle{Colonne: "Rue"}
			m.Champs["complement_adresse"] = mapping.Regle{Colonne: "Suite"}
		}},
		{"the first that is filled", func(f url.Values) { f.Set("combiner.adresse", "premier") }, func(m *mapping.Mapping) {
			m.Champs["adresse"] = mapping.Regle{Premier: []string{"Rue", "Suite"}}
		}},
		{"a value", func(f url.Values) {
			f.Add("v.modalites_accompagnement", "Aide")
			f.Add("w.modalites_accompagnement", "À distance")
		}, func(m *mapping.Mapping) { m.Champs["modalites_accompagnement"].Valeurs["Aide"] = "À distance" }},
		{"coordinates in two columns", func(f url.Values) {
			f.Set("c."+column("Point"), "latitude")
			f.Set("c."+column("Divers"), "longitude")
			f.Set("crs", "EPSG:4326")
		}, func(m *mapping.Mapping) {
			m.Position = &mapping.Position{Latitude: "Point", Longitude: "Divers", CRS: "EPSG:4326"}
			m.Ignorees = nil
		}},
		{"a bound of another day", func(f url.Values) { f.Set("c."+column("Mardi"), "bornes:lundi") }, func(m *mapping.Mapping) {
			m.Horaires.Bornes["lundi"] = []string{"Lundi", "Lundi soir", "Mardi"}
		}},
		{"a ticked box", func(f url.Values) {
			f.Set("c."+column("Divers"), "cases:services")
			f.Set("d."+column("Divers"), "Loisirs et créations numériques")
		}, func(m *mapping.Mapping) {
			r := m.Champs["services"]
			r.Cases = append(r.Cases, mapping.Case{Colonne: "Divers", Donne: "Loisirs et créations numériques"})
			m.Champs["services"] = r
			m.Ignorees = nil
		}},
		{"a filter less, a default more", func(f url.Values) {
			f["filtre.colonne"] = []string{"", "Ville"}
			f["filtre.genre"], f["filtre.valeurs"], f["filtre.raison"] = []string{"ecarter", "garder"}, []string{"", "Reims | Bétheny"}, []string{"", ""}
			f["defaut.frais_a_charge"] = []string{"Gratuit", "Payant"}
		}, func(m *mapping.Mapping) {
			m.Lignes = []mapping.Filtre{{Colonne: "CP", Motif: "^51"}, {Colonne: "Ville", Garder: []string{"Reims", "Bétheny"}}}
			m.Defauts["frais_a_charge"] = "Gratuit|Payant"
		}},
	} {
		form := formOf(t, base, theirColumns, rows())
		c.change(form)
		got, faults := ReadCorrespondance(base, theirColumns, form)
		if len(faults) > 0 {
			t.Errorf("%s: %v", c.name, faults)
			continue
		}
		want := copyOf(base)
		want.Lignes[0], want.Lignes[1] = want.Lignes[1], want.Lignes[0]
		c.want(want)
		if d := cmp.Diff(string(want.JSON()), string(got.JSON())); d != "" {
			t.Errorf("%s: -want +got: %s", c.name, d)
		}
	}
}

func TestFormFaults(t *testing.T) {
	base := parsed(t, everything)
	form := formOf(t, base, theirColumns, rows())
	form.Set("c.13", "cases:services")
	form.Set("c.0", "cuisine")
	m, faults := ReadCorrespondance(base, theirColumns, form)
	if len(faults) != 2 || m == nil || !strings.Contains(faults.Error(), "« Divers »") || !strings.Contains(faults.Error(), "« Nom du lieu »") {
		t.Errorf("%v", faults)
	}
	if _, faults := ReadCorrespondance(base, theirColumns, url.Values{FieldText: {"champs:\r\n  nome:\r\n    colonne: A\r\n"}}); len(faults) == 0 || faults[0].Line != 2 && faults[len(faults)-1].Line != 2 {
		t.Errorf("a text: %+v", faults)
	}
	if _, faults := ReadCorrespondance(base, theirColumns, url.Values{fieldBase: {"{"}}); len(faults) != 1 {
		t.Errorf("a broken page: %v", faults)
	}
}

// A file that has the standard's columns stays without mapping until somebody
// changes something.
func TestStandardColumnsNeedNoMapping(t *testing.T) {
	columns := []string{"id", "nom", "adresse", "latitude", "longitude", "horaires", "autre"}
	form := formOf(t, nil, columns, nil)
	if m, faults := ReadCorrespondance(nil, columns, form); m != nil || len(faults) > 0 {
		t.Errorf("%s %v", m.JSON(), faults)
	}
	form.Set("c.6", "telephone")
	m, faults := ReadCorrespondance(nil, columns, form)
	if len(faults) > 0 || m == nil || m.Champs["telephone"].Colonne != "autre" || m.Position == nil || m.Position.Latitude != "latitude" {
		t.Errorf("%v %v", m, faults)
	}
}

// TestFileCannotWriteInThePage: what a file holds is only ever text.
func TestFileCannotWriteInThePage(t *testing.T) {
	const hostile = `"><script>alert(1)</script><b x='`
	p := bare(t)
	m := parsed(t, `{"correspondance":1,"champs":{"nom":{"colonne":"A"}}}`)
	row := intake.PreviewRow{Line: 2, Theirs: []string{hostile, hostile}, Ours: map[string]string{"nom": hostile}, Left: hostile, Findings: []place.Finding{{Severity: place.Warning, Field: "nom", Message: hostile}}}
	suggestion := &mapping.Suggestion{Mapping: *m, Reasons: []mapping.Reason{{Column: "A", Text: hostile, Examples: []string{hostile}}}}
	var page bytes.Buffer
	d := intake.Deposit{Number: 1, File: hostile, Source: hostile, Columns: []string{"A", hostile}}
	if err := p.Correspondance(&page, Correspondance{Depot: d, Mapping: m, Suggestion: suggestion, Rows: []intake.PreviewRow{row}, Text: hostile}); err != nil {
		t.Fatal(err)
	}
	if err := p.Depot(&page, Depot{Depot: intake.Deposit{Number: 1, File: hostile, Source: hostile, State: intake.Refused, Fault: hostile, URL: hostile}}); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(page.Bytes(), []byte("<script>alert")) || regexp.MustCompile(`<b x=`).Match(page.Bytes()) {
		t.Error("a file writes in the page")
	}
}

func FuzzReadCorrespondance(f *testing.F) {
	f.Add("c.0=nom&c.1=cases%3Aservices&d.1=x&filtre.colonne=A&filtre.genre=garder&filtre.valeurs=a|b&filtre.raison=")
	f.Add("base={}&defauts=oui&defaut.services=x")
	f.Add("texte=correspondance%3A+1")
	base := parsed(f, everything)
	f.Fuzz(func(t *testing.T, query string) {
		form, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		before := string(base.JSON())
		m, faults := ReadCorrespondance(base, theirColumns, form)
		if m == nil && len(faults) == 0 {
			t.Error("no mapping, and nothing wrong")
		}
		if string(base.JSON()) != before {
			t.Error("the saved mapping was changed")
		}
		if m != nil {
			if _, err := json.Marshal(m); err != nil {
				t.Error(err)
			}
		}
	})
}
