package quality

import (
	"bytes"
	"encoding/json"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"mednum/internal/place"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

func schemaOf(t testing.TB) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("referentiel.json", document); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("referentiel.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func schemaSays(t testing.TB, s *jsonschema.Schema, text []byte) error {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(v)
}

func TestSchemaTakesTheShippedVersion(t *testing.T) {
	if err := schemaSays(t, schemaOf(t), Initial()); err != nil {
		t.Error(err)
	}
	if err := schemaSays(t, schemaOf(t), referentielOf(t, small).Canonical()); err != nil {
		t.Error(err)
	}
}

// The schema repeats lists that the code knows: here they are held together.
func TestSchemaKnowsTheSameNames(t *testing.T) {
	var s struct {
		Defs map[string]struct {
			Enum  []string `json:"enum"`
			AllOf []struct {
				Then struct {
					Ref string `json:"$ref"`
				} `json:"then"`
			} `json:"allOf"`
			Properties map[string]struct {
				Const string   `json:"const"`
				Enum  []string `json:"enum"`
			} `json:"properties"`
			Required []string `json:"required"`
		} `json:"$defs"`
	}
	if err := json.Unmarshal(Schema, &s); err != nil {
		t.Fatal(err)
	}
	same := func(what string, got, want []string) {
		t.Helper()
		got, want = slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))
		if !slices.Equal(got, want) {
			t.Errorf("%s: the schema has %v, the code %v", what, got, want)
		}
	}
	var lists, numbers, texts, contexts []string
	for i := range place.Columns {
		if isList(&place.Columns[i]) == "" {
			lists = append(lists, place.Columns[i].Name)
		}
	}
	for _, f := range Facts {
		if f.Values == nil {
			numbers = append(numbers, f.Name)
		} else {
			texts = append(texts, f.Name)
		}
	}
	for name := range Contexts {
		contexts = append(contexts, name)
	}
	same("champ", s.Defs["champ"].Enum, columnNames)
	same("champ_liste", s.Defs["champ_liste"].Enum, lists)
	same("fait_nombre", s.Defs["fait_nombre"].Enum, numbers)
	same("fait", s.Defs["predicat_egal"].Properties["fait"].Enum, texts)
	same("contexte", s.Defs["predicat_egal"].Properties["contexte"].Enum, contexts)
	same("contexte", contextNames, contexts)
	same("mesure", s.Defs["regle_ratio_plateforme"].Properties["mesure"].Enum, Measures)
	same("operateur", s.Defs["predicat_compare"].Properties["operateur"].Enum, operators)
	for kind, types := range map[string][]string{"regle": ruleTypes, "predicat": predicateTypes} {
		var refs []string
		for _, r := range s.Defs[kind].AllOf {
			refs = append(refs, strings.TrimPrefix(r.Then.Ref, "#/$defs/"+kind+"_"))
		}
		same(kind+" types", s.Defs[kind].Properties["type"].Enum, types)
		same(kind, refs, types)
		for _, name := range types {
			g := ruleGrammar[name]
			if kind == "predicat" {
				g = predicateGrammar[name]
			}
			var members []string
			for m := range s.Defs[kind+"_"+name].Properties {
				members = append(members, m)
			}
			same(name, members, slices.Concat([]string{"type"}, g.needed, g.allowed))
			same(name+" needs", s.Defs[kind+"_"+name].Required, slices.Concat([]string{"type"}, g.needed))
		}
	}
}

// mutation changes one thing of a document; the schema can tell those that are
// plain.
type mutation struct {
	name  string
	plain bool
	apply func(r *rand.Rand, v any) (any, bool) // false: does not apply there
}

var mutations = []mutation{
	{"unknown member", true, func(r *rand.Rand, v any) (any, bool) {
		m, ok := v.(map[string]any)
		if ok {
			m["champx"] = 1
		}
		return v, ok
	}},
	{"text for anything else", true, func(r *rand.Rand, v any) (any, bool) {
		_, text := v.(string)
		return "x", !text
	}},
	{"number for a text", true, func(r *rand.Rand, v any) (any, bool) {
		_, ok := v.(string)
		return 7, ok
	}},
	{"null", true, func(r *rand.Rand, v any) (any, bool) { return nil, v != nil }},
	{"empty text", true, func(r *rand.Rand, v any) (any, bool) {
		_, ok := v.(string)
		return "", ok
	}},
	{"too fine", true, func(r *rand.Rand, v any) (any, bool) {
		_, ok := v.(json.Number)
		return json.Number("0.33333"), ok
	}},
	{"great number", true, func(r *rand.Rand, v any) (any, bool) {
		_, ok := v.(json.Number)
		return json.Number("214749"), ok
	}},
	{"missing member", false, func(r *rand.Rand, v any) (any, bool) {
		m, ok := v.(map[string]any)
		if !ok || len(m) == 0 {
			return v, false
		}
		names := sortedKeys(m)
		delete(m, names[r.Intn(len(names))])
		return m, true
	}},
	{"misspelt word", false, func(r *rand.Rand, v any) (any, bool) {
		s, ok := v.(string)
		return s + "x", ok
	}},
	{"negative", false, func(r *rand.Rand, v any) (any, bool) {
		_, ok := v.(json.Number)
		return json.Number("-1"), ok
	}},
	{"half", false, func(r *rand.Rand, v any) (any, bool) {
		_, ok := v.(json.Number)
		return json.Number("0.5"), ok
	}},
	{"emptied list", false, func(r *rand.Rand, v any) (any, bool) {
		_, ok := v.([]any)
		return []any{}, ok
	}},
	{"repeated element", false, func(r *rand.Rand, v any) (any, bool) {
		l, ok := v.([]any)
		if !ok || len(l) == 0 {
			return v, false
		}
		return append(slices.Clone(l), l[0]), true
	}},
	{"contrary", false, func(r *rand.Rand, v any) (any, bool) {
		b, ok := v.(bool)
		return !b, ok
	}},
}

// places are the ways to set each value inside v, with where it is.
func places(v any, where string, set func(any), visit func(where string, v any, set func(any))) {
	visit(where, v, set)
	switch x := v.(type) {
	case map[string]any:
		for _, name := range sortedKeys(x) {
			places(x[name], join(where, name), func(y any) { x[name] = y }, visit)
		}
	case []any:
		for i := range x {
			places(x[i], index(where, i), func(y any) { x[i] = y }, visit)
		}
	}
}

// What the schema refuses, Parse refuses; a plain mistake, both refuse.
func TestSchemaAndParseJudgeAlike(t *testing.T) {
	s := schemaOf(t)
	for name, text := range map[string][]byte{"shipped": Initial(), "small": []byte(small)} {
		r := rand.New(rand.NewSource(1))
		var root any
		count, rounds := 0, 400
		if err := decode(text, &root); err != nil {
			t.Fatal(err)
		}
		places(root, "", func(any) {}, func(string, any, func(any)) { count++ })
		if name == "shipped" {
			rounds = 60 // it is large: judging it takes milliseconds
		}
		both, semantic := 0, 0
		for range rounds {
			if err := decode(text, &root); err != nil {
				t.Fatal(err)
			}
			target, seen, where := r.Intn(count), 0, ""
			var m mutation
			places(root, "", func(v any) { root = v }, func(at string, v any, set func(any)) {
				if seen == target {
					for _, i := range r.Perm(len(mutations)) {
						if w, ok := mutations[i].apply(r, v); ok {
							set(w)
							m, where = mutations[i], at
							break
						}
					}
				}
				seen++
			})
			mutant, err := json.Marshal(root)
			if err != nil {
				t.Fatal(err)
			}
			_, parsed := Parse(mutant)
			judged := schemaSays(t, s, mutant)
			if judged != nil && parsed == nil {
				t.Errorf("%s at %s: Parse takes what the schema refuses: %v", m.name, where, judged)
			}
			if m.plain && !free(where, m.name) && (judged == nil || parsed == nil) {
				t.Errorf("%s at %s: schema says %v, Parse says %v", m.name, where, judged, parsed)
			}
			if judged != nil {
				both++
			} else if parsed != nil {
				semantic++
			}
		}
		t.Logf("%s: %d refused by both, %d by Parse alone", name, both, semantic)
		if both < rounds/4 {
			t.Errorf("%s: only %d mutants were refused: the test tests little", name, both)
		}
	}
}

// free: places where such a value is allowed, or means something else.
func free(where, mutation string) bool {
	switch {
	case strings.Contains(where, ".attendu") || strings.HasSuffix(where, "aide"):
		return true
	case strings.Contains(where, ".entree") || strings.HasSuffix(where, "applicable_si"):
		return mutation != "unknown member"
	case strings.HasSuffix(where, "dimension"), strings.HasSuffix(where, ".question"), strings.HasSuffix(where, ".preuve"):
		return mutation == "empty text" || mutation == "text for anything else"
	case strings.HasSuffix(where, ".nombre"), strings.HasSuffix(where, ".de"), strings.HasSuffix(where, ".a"), strings.HasSuffix(where, "n_min"):
		return true
	case strings.Contains(where, "resultats") || strings.Contains(where, "correspondances") || strings.Contains(where, "profils"):
		return mutation == "unknown member" // a name there is data
	}
	return false
}
