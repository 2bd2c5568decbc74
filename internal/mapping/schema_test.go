package mapping

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"mednum/internal/place"
)

// judge compiles the published schema, its formats asserted.
func judge(t testing.TB) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	pattern := func(needsGroup bool) func(any) error {
		return func(v any) error {
			if s, ok := v.(string); ok {
				if why := badPattern(s, needsGroup); why != "" {
					return errors.New(why)
				}
			}
			return nil
		}
	}
	c.RegisterFormat(&jsonschema.Format{Name: "motif", Validate: pattern(true)})
	c.RegisterFormat(&jsonschema.Format{Name: "regex", Validate: pattern(false)})
	if err := c.AddResource("correspondance.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("correspondance.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// agree fails when the schema and Parse do not judge a JSON text alike; it
// tells whether they accept it.
func agree(t interface {
	Fatalf(string, ...any)
}, schema *jsonschema.Schema, text string) bool {
	instance, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	bySchema := schema.Validate(instance)
	m, byParse := Parse([]byte(text))
	if (bySchema == nil) != (byParse == nil) {
		t.Fatalf("%s\nby the schema: %v\nby Parse: %v", text, bySchema, byParse)
	}
	if byParse == nil {
		again, err := Parse(m.YAML())
		if err != nil || fmt.Sprint(again.JSON()) != fmt.Sprint(m.JSON()) {
			t.Fatalf("%s\nwritten\n%s\nand read again: %v", text, m.YAML(), err)
		}
	}
	return byParse == nil
}

// TestSchemaAndParseJudgeAlike: what stands in { "correspondance": 1, … }.
func TestSchemaAndParseJudgeAlike(t *testing.T) {
	schema := judge(t)
	long := strings.Repeat("é", maxString)
	for text, want := range map[string]bool{
		``:                           true,
		`"source": "", "note": "x"`:  true,
		`"source": 1`:                false,
		`"sourc": "x"`:               false,
		`"note": "` + long + `"`:     true,
		`"note": "` + long + `é"`:    false,
		`"lecture": {}`:              true,
		`"lecture": null`:            false,
		`"lecture": {"feuille": ""}`: false,
		`"lecture": {"separateur": ";", "encodage": "UTF-8", "ligne_entetes": 2}`: true,
		`"lecture": {"separateur": ";;"}`:                                         false,
		`"lecture": {"encodage": "utf8"}`:                                         false,
		`"lecture": {"ligne_entetes": 0}`:                                         false,
		`"lecture": {"ligne_entetes": 2.0}`:                                       true,
		`"lecture": {"ligne_entetes": 2.5}`:                                       false,
		`"lecture": {"ligne_entetes": "2"}`:                                       false,

		`"lignes": []`: false,
		`"lignes": [{"colonne": "a", "garder": [""]}]`:               true,
		`"lignes": [{"colonne": "a"}]`:                               false,
		`"lignes": [{"garder": ["x"]}]`:                              false,
		`"lignes": [{"colonne": "", "garder": ["x"]}]`:               false,
		`"lignes": [{"colonne": "a", "garder": []}]`:                 false,
		`"lignes": [{"colonne": "a", "garder": [1]}]`:                false,
		`"lignes": [{"colonne": "a", "garder":["x"], "motif": "x"}]`: false,
		`"lignes": [{"colonne": "a", "motif": "^x", "raison": ""}]`:  true,
		`"lignes": [{"colonne": "a", "motif": "("}]`:                 false,
		`"lignes": [{"colonne": "a", "motif": ""}]`:                  false,
		`"lignes": ["a"]`: false,

		`"champs": {}`:                                                                                        false,
		`"champs": {"nom": {"colonne": "x"}}`:                                                                 true,
		`"champs": {"nom": "x"}`:                                                                              false,
		`"champs": {"nom": {}}`:                                                                               false,
		`"champs": {"nom": {"colonne": ""}}`:                                                                  false,
		`"champs": {"nom": {"colonne": null}}`:                                                                false,
		`"champs": {"name": {"colonne": "x"}}`:                                                                false,
		`"champs": {"latitude": {"colonne": "x"}}`:                                                            false,
		`"champs": {"horaires": {"colonne": "x"}}`:                                                            false,
		`"champs": {"nom": {"colonne":"x","premier":["y"]}}`:                                                  false,
		`"champs": {"nom": {"premier": ["x", "y"]}}`:                                                          true,
		`"champs": {"nom": {"premier": []}}`:                                                                  false,
		`"champs": {"nom": {"premier": [""]}}`:                                                                false,
		`"champs": {"nom": {"joindre": ["x"], "avec": ""}}`:                                                   true,
		`"champs": {"nom": {"colonne": "x", "avec": "-"}}`:                                                    false,
		`"champs": {"nom": {"constante": "x"}}`:                                                               true,
		`"champs": {"nom": {"constante": ""}}`:                                                                false,
		`"champs": {"nom": {"constante": "x", "motif": "(?P<valeur>x)"}}`:                                     false,
		`"champs": {"nom": {"constante": "x", "avant": "y"}}`:                                                 false,
		`"champs": {"nom": {"colonne": "x", "avant": "y"}}`:                                                   true,
		`"champs": {"nom": {"colonne": "x", "avant": ""}}`:                                                    false,
		`"champs": {"services": {"colonne": "x", "avant": "y"}}`:                                              false,
		`"champs": {"id": {"constante": "x"}}`:                                                                false,
		`"champs": {"id": {"colonne": "x", "a_defaut": [{"constante": "x"}]}}`:                                false,
		`"champs": {"id": {"colonne": "x", "a_defaut": [{"colonne": "y"}]}}`:                                  true,
		`"champs": {"nom": {"colonne": "x", "motif": "(?P<valeur>.*)"}}`:                                      true,
		`"champs": {"nom": {"colonne": "x", "motif": "(?<valeur>.*)"}}`:                                       true,
		`"champs": {"nom": {"colonne": "x", "motif": "(.*)"}}`:                                                false,
		`"champs": {"nom": {"colonne": "x", "motif": "(?P<valeur>"}}`:                                         false,
		`"champs": {"nom": {"colonne": "x", "motif": "(?P<valeur>a)(?=b)"}}`:                                  false,
		`"champs": {"nom": {"colonne": "x", "couper": ","}}`:                                                  false,
		`"champs": {"nom": {"colonne": "x", "a_defaut": [{"colonne": "y", "avant": "z"}]}}`:                   true,
		`"champs": {"nom": {"colonne": "x", "a_defaut": []}}`:                                                 false,
		`"champs": {"nom": {"colonne": "x", "a_defaut": [{}]}}`:                                               false,
		`"champs": {"nom": {"colonne": "x", "a_defaut": [{"colonne": "y", "a_defaut": [{"colonne": "z"}]}]}}`: false,
		`"champs": {"nom": {"colonne": "x", "aussi": [{"colonne": "y"}]}}`:                                    false,
		`"champs": {"nom": {"colonne": "x", "valeurs": {"a": "b", "": "c", "d": ""}, "sinon": "garder"}}`:     true,
		`"champs": {"nom": {"colonne": "x", "valeurs": {}}}`:                                                  false,
		`"champs": {"nom": {"colonne": "x", "valeurs": {"a": 1}}}`:                                            false,
		`"champs": {"nom": {"colonne": "x", "valeurs": {"a": null}}}`:                                         false,
		`"champs": {"nom": {"colonne": "x", "sinon": "garder"}}`:                                              false,
		`"champs": {"nom": {"colonne": "x", "valeurs": {"a": "b"}, "sinon": "jeter"}}`:                        false,

		`"champs": {"courriels": {"colonne": "x", "couper": ",; /"}}`:                                                               true,
		`"champs": {"courriels": {"colonne": "x", "couper": ""}}`:                                                                   false,
		`"champs": {"courriels": {"colonne": "x", "couper": "et"}}`:                                                                 false,
		`"champs": {"courriels": {"colonne": "x", "couper": "1"}}`:                                                                  false,
		`"champs": {"courriels": {"colonne": "x", "aussi": [{"colonne": "y", "couper": ","}]}}`:                                     true,
		`"champs": {"courriels": {"colonne": "x", "a_defaut": [{"colonne": "y"}]}}`:                                                 false,
		`"champs": {"services": {"colonne": "x", "valeurs": {"a": "Accès internet et matériel informatique"}, "sinon": "ecarter"}}`: true,
		`"champs": {"services": {"colonne": "x", "valeurs": {"a": "accès internet et matériel informatique"}}}`:                     false,
		`"champs": {"services": {"colonne": "x", "valeurs": {"a": "Wifi"}}}`:                                                        false,
		`"champs": {"services": {"colonne": "x", "valeurs": {"a": ""}}}`:                                                            true,
		`"champs": {"frais_a_charge": {"constante": "Gratuit|Payant"}}`:                                                             true,
		`"champs": {"frais_a_charge": {"constante": "Gratuit|"}}`:                                                                   false,
		`"champs": {"frais_a_charge": {"constante": "Gratuit\nPayant"}}`:                                                            false,
		`"champs": {"typologie": {"constante": "BIB|ASSO"}}`:                                                                        true,
		`"champs": {"typologie": {"constante": "BIBLIO"}}`:                                                                          false,
		`"champs": {"frais_a_charge": {"cases": [{"colonne": "x", "donne": "Gratuit"}]}}`:                                           true,
		`"champs": {"frais_a_charge": {"cases": [{"colonne": "x", "donne": "gratos"}]}}`:                                            false,
		`"champs": {"frais_a_charge": {"cases": [{"colonne": "x", "donne": ""}]}}`:                                                  true,
		`"champs": {"frais_a_charge": {"cases": [{"colonne": "x"}]}}`:                                                               false,
		`"champs": {"frais_a_charge": {"cases": []}}`:                                                                               false,
		`"champs": {"frais_a_charge": {"cases": [{"colonne": "x", "donne": "Gratuit", "vaut": ["o"], "sauf": ["n"]}]}}`:             false,
		`"champs": {"frais_a_charge": {"cases": [{"colonne": "x", "donne": "Gratuit", "sauf": [""]}], "couper": ","}}`:              false,
		`"champs": {"date_maj": {"constante": "2024-02-29"}}`:                                                                       true,
		`"champs": {"date_maj": {"constante": "2023-02-29"}}`:                                                                       false,
		`"champs": {"date_maj": {"constante": "29/02/2024"}}`:                                                                       false,

		`"adresse_entiere": {"colonne": "x", "motif": "(?P<valeur>x)", "a_defaut": [{"colonne": "y"}]}`: true,
		`"adresse_entiere": {"constante": "x"}`:                                                         false,
		`"adresse_entiere": {"cases": [{"colonne": "x", "donne": "y"}]}`:                                false,
		`"position": {}`:                false,
		`"position": {"latitude": "y"}`: false,
		`"position": {"latitude": "y", "longitude": "x", "crs": "EPSG:2154"}`:            true,
		`"position": {"latitude": "y", "longitude": "x", "crs": "2154"}`:                 false,
		`"position": {"latitude": "y", "longitude": "x", "crs": ""}`:                     false,
		`"position": {"latitude": "y", "longitude": "x", "ordre": "latitude longitude"}`: false,
		`"position": {"latitude": "", "longitude": "x"}`:                                 false,
		`"position": {"couple": "y", "ordre": "longitude latitude"}`:                     true,
		`"position": {"couple": "y", "ordre": "x y"}`:                                    false,
		`"position": {"couple": "y", "longitude": "x"}`:                                  false,

		`"horaires": {}`: false,
		`"horaires": {"texte": {"colonne": "x"}, "remarque": {"colonne": "y"}}`:                 true,
		`"horaires": {"remarque": {"colonne": "y"}}`:                                            false,
		`"horaires": {"texte": {"colonne": "x"}, "jours": {"lundi": {"colonne": "y"}}}`:         false,
		`"horaires": {"jours": {}}`:                                                             false,
		`"horaires": {"jours": {"lundi": {"colonne": "y"}, "dimanche": {"premier": ["y"]}}}`:    true,
		`"horaires": {"jours": {"Lundi": {"colonne": "y"}}}`:                                    false,
		`"horaires": {"bornes": {"lundi": ["a", "b"]}}`:                                         true,
		`"horaires": {"bornes": {"lundi": ["a"]}}`:                                              false,
		`"horaires": {"bornes": {"lundi": []}}`:                                                 false,
		`"horaires": {"bornes": {"lundi": ["a", ""]}}`:                                          false,
		`"horaires": {"bornes": {"lundi": ["a", "b", "c", "d", "e", "f", "g", "h"]}}`:           true,
		`"horaires": {"bornes": {"lundi": ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"]}}`: false,

		`"defauts": {}`: false,
		`"defauts": {"frais_a_charge": "Gratuit"}`:                                                    true,
		`"defauts": {"frais_a_charge": "gratuit"}`:                                                    false,
		`"defauts": {"commune": "Nantes", "horaires": "Mo-Fr 09:00-12:00", "date_maj": "2024-01-01"}`: true,
		`"defauts": {"commune": ""}`:                                                                  false,
		`"defauts": {"id": "1"}`:                                                                      false,
		`"defauts": {"latitude": "1"}`:                                                                false,
		`"defauts": {"date_maj": "hier"}`:                                                             false,
		`"ignorees": ["a"]`:                                                                           true,
		`"ignorees": [""]`:                                                                            false,
		`"ignorees": {"a": "b"}`:                                                                      false,
	} {
		whole := `{"correspondance": 1}`
		if text != "" {
			whole = `{"correspondance": 1, ` + text + `}`
		}
		if got := agree(t, schema, whole); got != want {
			t.Errorf("%s: accepted %v, want %v", text, got, want)
		}
	}
	for _, text := range []string{`{}`, `{"correspondance": 2}`, `{"correspondance": "1"}`, `{"correspondance": true}`, `{"correspondance": 1.5}`} {
		if agree(t, schema, text) {
			t.Errorf("%s is accepted", text)
		}
	}
	if !agree(t, schema, `{"correspondance": 1.0}`) {
		t.Error("1.0 is a whole number")
	}
}

// A random document is made of the format's own keys, and of what they hold,
// rightly or not.
func TestSchemaAndParseJudgeAlikeAtRandom(t *testing.T) {
	schema := judge(t)
	accepted := 0
	var keys []string
	for _, h := range Help() {
		keys = append(keys, h.Key[strings.LastIndexByte(h.Key, '.')+1:])
	}
	keys = append(keys, fieldNames[:12]...)
	keys = append(keys, "services", "frais_a_charge", "lundi", "mardi", "latitude", "inconnue", "")
	words := []string{"", "x", "Gratuit", "Gratuit|Payant", "BIB", "2024-04-02", "EPSG:2154", "longitude latitude", "garder", ",;", "(?P<valeur>x)", "(", "UTF-8", "é\n\t\"'\\: - #", "oui", "null", "1", " x ", "\u2028\x00"}
	var value func(depth int) *rapid.Generator[any]
	value = func(depth int) *rapid.Generator[any] {
		return rapid.Custom(func(t *rapid.T) any {
			kind := rapid.IntRange(0, 9).Draw(t, "kind")
			switch {
			case depth > 0 && kind < 4:
				o := map[string]any{}
				for range rapid.IntRange(0, 3).Draw(t, "members") {
					o[rapid.SampledFrom(keys).Draw(t, "key")] = value(depth-1).Draw(t, "value")
				}
				return o
			case depth > 0 && kind < 5:
				return rapid.SliceOfN(value(depth-1), 0, 2).Draw(t, "list")
			case kind < 9:
				return rapid.SampledFrom(words).Draw(t, "text")
			}
			return rapid.SampledFrom([]any{1, 2.5, true, nil}).Draw(t, "scalar")
		})
	}
	// Sound pieces, so that many documents are right but for one thing.
	sound := []string{
		`"champs": {"nom": {"colonne": "Nom"}, "frais_a_charge": {"colonne": "T", "couper": ",", "valeurs": {"g": "Gratuit"}, "sinon": "ecarter"}}`,
		`"champs": {"services": {"cases": [{"colonne": "w", "vaut": ["o"], "donne": "Accès internet et matériel informatique"}], "aussi": [{"colonne": "s"}]}}`,
		`"position": {"couple": "geo", "ordre": "longitude latitude", "crs": "EPSG:4326"}`,
		`"horaires": {"jours": {"lundi": {"joindre": ["a", "b"], "avec": " "}}, "remarque": {"colonne": "r", "motif": "(?P<valeur>.)"}}`,
		`"lignes": [{"colonne": "s", "ecarter": ["fermé", ""], "raison": "fermé"}]`,
		`"defauts": {"typologie": "RFS", "horaires": "Mo 09:00-12:00"}`,
		`"adresse_entiere": {"premier": ["a", "b"]}, "ignorees": ["z"]`,
	}
	rapid.Check(t, func(t *rapid.T) {
		doc := map[string]any{}
		for _, piece := range rapid.SliceOfN(rapid.SampledFrom(sound), 0, 4).Draw(t, "sound") {
			if err := json.Unmarshal([]byte("{"+piece+"}"), &doc); err != nil {
				t.Fatalf("%s: %v", piece, err)
			}
		}
		doc["correspondance"] = 1
		// Then one change, anywhere.
		if rapid.Bool().Draw(t, "change") {
			at := doc
			for {
				var inner []string
				for k, v := range at {
					if _, ok := v.(map[string]any); ok {
						inner = append(inner, k)
					}
				}
				slices.Sort(inner)
				if len(inner) == 0 || rapid.IntRange(0, 2).Draw(t, "deeper") == 0 {
					break
				}
				at = at[rapid.SampledFrom(inner).Draw(t, "into")].(map[string]any)
			}
			at[rapid.SampledFrom(keys).Draw(t, "key")] = value(3).Draw(t, "value")
		}
		text, err := json.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		if agree(t, schema, string(text)) {
			accepted++
		}
	})
	if accepted < 10 {
		t.Errorf("only %d documents were right: nothing is tested", accepted)
	}
}

// Every key is explained, in short sentences, and every example is right.
func TestHelp(t *testing.T) {
	var schema struct {
		Properties map[string]map[string]any `json:"properties"`
	}
	if err := json.Unmarshal(Schema(), &schema); err != nil {
		t.Fatal(err)
	}
	for name, p := range schema.Properties {
		if p["title"] == nil || p["description"] == nil || p["examples"] == nil {
			t.Errorf("%s has no words", name)
		}
	}
	for _, h := range Help() {
		for _, sentence := range strings.Split(h.Text, ". ") {
			if n := len(strings.FieldsFunc(sentence, func(r rune) bool { return r == ' ' || r == ':' || r == '«' || r == '»' })); n > 15 {
				t.Errorf("%s: %d words: %s", h.Key, n, sentence)
			}
		}
		of, _, nested := strings.Cut(h.Key, ".")
		text := h.Example
		if nested {
			inside := "\n  " + strings.ReplaceAll(text, "\n", "\n  ")
			switch {
			case of == "filtre":
				switch h.Key {
				case "filtre.colonne", "filtre.garder":
					text = "lignes:\n  - colonne: Statut\n    garder: [Ouvert, En service]"
				default:
					text = "lignes:\n  - colonne: x\n    " + strings.ReplaceAll(h.Example, "\n", "\n    ")
					if h.Key == "filtre.raison" {
						text += "\n    motif: x"
					}
				}
			case of == "regle":
				field := map[string]string{"regle.cases": "services", "regle.couper": "courriels", "regle.aussi": "services", "regle.valeurs": "typologie"}[h.Key]
				if field == "" {
					field = "nom"
				}
				text = "champs:\n  " + field + ":" + strings.ReplaceAll(inside, "\n", "\n  ")
				switch h.Key {
				case "regle.avec":
					text += "\n    joindre: [x]"
				case "regle.motif", "regle.couper", "regle.valeurs", "regle.avant", "regle.aussi", "regle.a_defaut", "regle.sinon":
					text += "\n    colonne: x"
				}
				if h.Key == "regle.sinon" {
					text += "\n    valeurs: {a: b}"
				}
			case of == "case":
				text = "champs:\n  services:\n    cases:\n      - " + h.Example
				if h.Key != "case.colonne" {
					text += "\n        colonne: x"
				}
				if h.Key != "case.donne" {
					text += "\n        donne: " + place.Columns[at["services"]].Vocabulary.Values()[0]
				}
			default:
				text = of + ":" + inside
				switch h.Key {
				case "position.latitude":
					text += "\n  longitude: X"
				case "position.longitude":
					text += "\n  latitude: Y"
				case "position.ordre", "position.crs":
					text += "\n  couple: x"
				case "horaires.remarque":
					text += "\n  texte: {colonne: x}"
				}
			}
		}
		if h.Key != "correspondance" {
			text = "correspondance: 1\n" + text
		}
		if _, err := Parse([]byte(text)); err != nil {
			t.Errorf("%s: %v\n%s", h.Key, err, text)
		}
	}
}
