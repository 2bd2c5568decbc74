package mapping

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// All that is wrong is told at once, where it is, with what was meant.
func TestFaults(t *testing.T) {
	_, err := Parse([]byte(`correspondance: 1
sources: Ville
lignes:
  - colonne: État
    garder: [ouvert]
    ecarter: [fermé]
champs:
  nom:
    colone: Nom
  telephonne:
    colonne: Tél
  adresse: Rue
  latitude:
    colonne: Y
  services:
    colonne: Thèmes
    valeurs:
      wifi: Yoga du matin
      démarches: aide aux démarches administratives
    sinon: jeter
  code_postal:
    colonne: Adresse
    motif: '\d{5}'
  frais_a_charge:
    colonne: Tarif
    premier: [Prix]
position:
  latitude: X
  crs: Lambert 93
horaires:
  jours:
    lundy: {colonne: L}
defauts:
  date_maj: 1er mai
  nom:
`))
	var faults Faults
	if !errors.As(err, &faults) {
		t.Fatal(err)
	}
	want := strings.TrimSpace(`
ligne 2, colonne 1 : clé inconnue « sources » ; vouliez-vous dire « source » ?
ligne 6, colonne 14 : « lignes[1] » : « garder » et « ecarter » à la fois ; n’en garder qu’un.
ligne 9, colonne 5 : « champs.nom » : clé inconnue « colone » ; vouliez-vous dire « colonne » ?
ligne 10, colonne 3 : « champs » : « telephonne » n’est pas une colonne du standard admise ici ; vouliez-vous dire « telephone » ?
ligne 12, colonne 12 : « champs.adresse » : une règle dit d’où vient la valeur ; écrire « colonne: Rue » à la ligne suivante, en retrait.
ligne 13, colonne 3 : « champs » : « latitude » ne s’écrit pas ici ; le dire sous « position: ».
ligne 18, colonne 13 : « champs.services.valeurs.wifi » : « Yoga du matin » n’est pas une valeur de « services » ; écrire l’une de : « Aide aux démarches administratives », « Maîtrise des outils numériques du quotidien », « Insertion professionnelle via le numérique », « Utilisation sécurisée du numérique », « Parentalité et éducation avec le numérique », « Loisirs et créations numériques », « Compréhension du monde numérique », « Accès internet et matériel informatique », « Acquisition de matériel informatique à prix solidaire ».
ligne 19, colonne 18 : « champs.services.valeurs.démarches » : « aide aux démarches administratives » n’est pas une valeur de « services » ; vouliez-vous dire « Aide aux démarches administratives » ?
ligne 20, colonne 12 : « champs.services.sinon » : « jeter » n’est pas admis ; écrire l’un de : « garder », « ecarter ».
ligne 23, colonne 12 : « champs.code_postal.motif » : aucun groupe « valeur » ; entourer ce qu’il faut garder de (?P<valeur> … ).
ligne 26, colonne 14 : « champs.frais_a_charge » : « colonne » et « premier » à la fois ; n’en garder qu’un.
ligne 28, colonne 3 : « position » : clé « longitude » absente ; l’ajouter.
ligne 29, colonne 8 : « position.crs » : « Lambert 93 » n’est pas un système de coordonnées connu ; vouliez-vous dire « EPSG:2154 » ?
ligne 32, colonne 5 : « horaires.jours » : clé inconnue « lundy » ; vouliez-vous dire « lundi » ?
ligne 34, colonne 13 : « defauts.date_maj » : « 1er mai » n’est pas un jour ; écrire AAAA-MM-JJ, par exemple « 2024-04-02 ».
ligne 35, colonne 8 : « defauts.nom » : vide ; écrire un texte entre guillemets, ou retirer cette ligne.`)
	if diff := cmp.Diff(want, faults.Error()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// What is no mapping at all is told in a sentence, with where.
func TestUnreadableTexts(t *testing.T) {
	for text, want := range map[string]string{
		"":                                    "La correspondance est vide",
		"# rien":                              "La correspondance est vide",
		"\xff\xfe":                            "pas en UTF-8",
		strings.Repeat("#", MaxText+1):        "dépasse 512 Kio",
		"a: \"\\d{5}\"":                       "entre apostrophes",
		"a: b: c":                             "ligne 1, colonne 4 : Ce n’est pas du YAML : un texte qui contient « : »",
		"a: \"x":                              "n’est pas fermé",
		"a: 'x":                               "n’est pas fermée",
		"a: 'l'été'":                          "se double",
		"a: [x":                               "fermée par « ] »",
		"a: {x":                               "fermée par « } »",
		"a: @x":                               "ce signe",
		"a: *":                                "ce signe",
		"a:1\nb: 2":                           "puis une espace",
		"a: - b":                              "à la ligne suivante",
		"a:\n  b: 1\n c: 2":                   "aligner",
		"a: [":                                "ligne 1, colonne 4 : Ce n’est pas du YAML",
		"correspondance: 1\n\tchamps: {}":     "ligne 2, colonne 1 : Ce n’est pas du YAML",
		"correspondance: 1\n---\na: 1":        "plusieurs documents",
		`{"correspondance": 1,}`:              "ligne 1, colonne 21 : Ce n’est pas du JSON",
		"{\n \"a\": }":                        "ligne 2, colonne 6 : Ce n’est pas du JSON",
		`{"correspondance": 1} x`:             "Ce n’est pas du JSON",
		"[]":                                  "il faut des clés",
		"oui":                                 "il faut des clés",
		"correspondance: &a 1":                "Les ancres",
		"correspondance: 1\nnote: *x":         "Les ancres",
		"correspondance: 1\nnote: !!str x":    "étiquettes",
		"correspondance: 1\n<<: {note: x}":    "Les ancres",
		"correspondance: 1\nnote: a\nnote: b": "deux fois",
		`{"correspondance": 1, "note": "a", "note": "b"}`: "deux fois",
		strings.Repeat("[", 100_000):                      "trop profonde",
		strings.Repeat("- ", 100_000):                     "trop profonde",
		strings.Repeat(`{"a":`, 50_000):                   "trop profonde",
		"a: " + strings.Repeat("{a: ", 50) + "x":          "",
		"champs: {nom: {colonne: a}}":                     "« correspondance » : clé absente",
		"correspondance: 1\nchamps:\n":                    "vide ; écrire des clés",
		"correspondance: 1\nchamps: []":                   "trouvé une liste",
		"correspondance: 1\nignorees: Fax":                "trouvé « Fax » ; il faut une liste",
		"correspondance: 3":                               "version inconnue",
		"a: &a [x,x,x]\nb: &b [*a,*a,*a]\nc: [*b,*b]":     "Les ancres",
	} {
		_, err := Parse([]byte(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v, want %q", text, err, want)
		}
	}
}

// A number, a yes or a no of YAML where a text is wanted is what was written.
func TestYAMLScalarsAreTheirText(t *testing.T) {
	m, err := Parse([]byte("correspondance: 1\nchamps:\n  nom:\n    colonne: 2024\n    valeurs: {1: oui, 01000: 1.50, true: yes, 0x10: off}\ndefauts:\n  code_postal: 01000\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := Regle{Colonne: "2024", Valeurs: map[string]string{"1": "oui", "01000": "1.50", "true": "yes", "0x10": "off"}}
	if diff := cmp.Diff(want, m.Champs["nom"]); diff != "" || m.Defauts["code_postal"] != "01000" {
		t.Errorf("%s %q", diff, m.Defauts)
	}
}

// Any text survives being written: Parse(m.YAML()) is m.
func TestYAMLKeepsAnyText(t *testing.T) {
	text := rapid.OneOf(
		rapid.String(),
		rapid.StringOf(rapid.SampledFrom([]rune(" \t\n\r'\"\\:#-?&*!|>%@`{}[],~=<.0123456789eEtruefalsnoyïé\u00a0\u0085\u2028\ufeff\x00\x1f\x7f😀"))),
		rapid.SampledFrom([]string{"~", "null", "yes", "0x1f", "1_000", "1e3", ".inf", "2024-04-02", "12:30:45", "- a", "a: b", "a #b", "---", "...", "<<", "=", "'", "\"", "\\", " ", "a ", " a", "(?P<valeur>\\d+)'"}),
	)
	filled := rapid.Custom(func(t *rapid.T) string { return "x" + text.Draw(t, "rest") })
	rapid.Check(t, func(t *rapid.T) {
		m := &Mapping{
			Correspondance: 1, Note: text.Draw(t, "note"), Source: text.Draw(t, "source"),
			Lignes:   []Filtre{{Colonne: filled.Draw(t, "filter"), Garder: []string{text.Draw(t, "keep"), text.Draw(t, "keep")}, Raison: text.Draw(t, "why")}},
			Champs:   map[string]Regle{"nom": {Joindre: []string{filled.Draw(t, "join")}, Avec: text.Draw(t, "with"), Valeurs: map[string]string{text.Draw(t, "key"): text.Draw(t, "value"), text.Draw(t, "key"): text.Draw(t, "value")}}},
			Ignorees: []string{filled.Draw(t, "ignored")}, Privees: []string{filled.Draw(t, "private")},
			Defauts: map[string]string{"commune": filled.Draw(t, "commune")},
		}
		for _, written := range [][]byte{m.YAML(), m.JSON()} {
			again, err := Parse(written)
			if err != nil {
				t.Fatalf("%v\n%s", err, written)
			}
			if diff := cmp.Diff(m, again); diff != "" {
				t.Fatalf("-written +read:\n%s\n%s", diff, written)
			}
		}
	})
}

// FuzzParse: no text hurts, and what is accepted is written and read the same.
func FuzzParse(f *testing.F) {
	f.Add([]byte(example))
	f.Add([]byte(weekly))
	for _, h := range Help() {
		f.Add([]byte("correspondance: 1\n" + h.Example))
	}
	m, err := Parse([]byte(example))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(m.JSON())
	f.Add([]byte("a: &x [*x]\nb: !!map {? - x : |2-\n  y}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := Parse(text)
		if err != nil {
			var faults Faults
			if !errors.As(err, &faults) || len(faults) == 0 || len(faults) > maxFaults {
				t.Fatalf("%T %v", err, err)
			}
			for _, fault := range faults {
				if fault.Message == "" {
					t.Fatalf("%+v", fault)
				}
			}
			return
		}
		for _, written := range [][]byte{m.YAML(), m.JSON()} {
			again, err := Parse(written)
			if err != nil {
				t.Fatalf("%v\n%s", err, written)
			}
			if diff := cmp.Diff(m, again); diff != "" {
				t.Fatalf("%s\n%s", diff, written)
			}
		}
		if !json.Valid(m.JSON()) {
			t.Fatalf("%s", m.JSON())
		}
	})
}
