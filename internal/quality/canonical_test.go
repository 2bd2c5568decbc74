package quality

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/gowebpki/jcs"
	"pgregory.net/rapid"
)

func TestNombre(t *testing.T) {
	for text, want := range map[string]Nombre{
		"0": 0, "1": 10000, "0.65": 6500, "4": 40000, "-1.5": -15000, "0.0001": 1, "100": 1_000_000, "2.50": 25000, "65e-2": 6500, "6.5E1": 650000, "0.00010": 1, "1e-4": 1, "0e9": 0, "-0": 0,
	} {
		var got Nombre
		if err := json.Unmarshal([]byte(text), &got); err != nil || got != want {
			t.Errorf("%s: %d, %v, want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"0.00001", "0.33333", "1e-5", "214748.3648", "1e300", `"1"`, "true"} {
		var got Nombre
		if err := json.Unmarshal([]byte(text), &got); err == nil {
			t.Errorf("%s is taken for %s", text, got)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		n := Nombre(rapid.Int32().Draw(t, "n"))
		text, err := json.Marshal(n)
		if err != nil {
			t.Fatal(err)
		}
		canonical, err := jcs.Transform([]byte("[" + string(text) + "]"))
		if err != nil || string(canonical) != "["+string(text)+"]" {
			t.Fatalf("%s is not canonical: %s, %v", text, canonical, err)
		}
		var back Nombre
		if err := json.Unmarshal(text, &back); err != nil || back != n {
			t.Fatalf("%d is read back %d, %v", n, back, err)
		}
	})
}

func TestJour(t *testing.T) {
	for text, want := range map[string]string{`"2026-01-02"`: "2026-01-02", "null": ""} {
		var j Jour
		if err := json.Unmarshal([]byte(text), &j); err != nil || j.String() != want {
			t.Errorf("%s: %s, %v", text, j, err)
		}
		if back, err := json.Marshal(j); err != nil || string(back) != text {
			t.Errorf("%s is written %s, %v", text, back, err)
		}
	}
	for _, text := range []string{`"2026-02-30"`, `"2026-1-2"`, `"02/01/2026"`, `""`, "1", `"2026-01-02T00:00:00Z"`} {
		var j Jour
		if err := json.Unmarshal([]byte(text), &j); err == nil {
			t.Errorf("%s is taken for %s", text, j)
		}
	}
}

// anyEntree draws an entry, hostile texts included.
func anyEntree(t *rapid.T) Entree {
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "é", "\u2028", "\x00\x1f\x7f", `"\`, "\xff", "😀", "<&>", "Gratuit"}))
	texts := rapid.SliceOfN(text, 0, 4)
	number := rapid.Ptr(rapid.Int(), true)
	date := rapid.Custom(func(t *rapid.T) Jour {
		if rapid.Bool().Draw(t, "unknown") {
			return Jour{}
		}
		return jour("2024-02-28").addMonths(rapid.IntRange(0, 60).Draw(t, "months"))
	})
	in := Entree{
		Fiche: Fiche{
			Listes:   rapid.MapOfN(rapid.SampledFrom(columnNames), texts, 0, 12).Draw(t, "listes"),
			Presents: rapid.SliceOfN(rapid.SampledFrom(columnNames), 0, 12).Draw(t, "presents"),
			Absents:  rapid.SliceOfN(rapid.SampledFrom(columnNames), 0, 3).Draw(t, "absents"),
			DateMaj:  date.Draw(t, "date_maj"),
			Faits: Faits{Horaires: text.Draw(t, "horaires"), MinutesSemaine: number.Draw(t, "minutes"), HorsBureau: rapid.Ptr(rapid.Bool(), true).Draw(t, "hors"),
				Presentation: rapid.Int().Draw(t, "presentation"), EcartCommune: number.Draw(t, "ecart"), Pivot: text.Draw(t, "pivot"), AccesLibre: rapid.Bool().Draw(t, "al")},
		},
		Contexte:  Contexte{Densite: text.Draw(t, "densite"), AideLocale: text.Draw(t, "aide"), Constantes: texts.Draw(t, "constantes")},
		Contestes: texts.Draw(t, "contestes"),
		Date:      date.Draw(t, "date"),
	}
	for range rapid.IntRange(0, 2).Draw(t, "n") {
		in.Reponses = append(in.Reponses, Declaration{text.Draw(t, "q"), text.Draw(t, "r"), date.Draw(t, "d"), date.Draw(t, "x")})
		in.Preuves = append(in.Preuves, Evidence{text.Draw(t, "q"), text.Draw(t, "r"), date.Draw(t, "d"), date.Draw(t, "x")})
		in.Mesures = append(in.Mesures, Mesure{text.Draw(t, "m"), rapid.IntRange(0, 99).Draw(t, "num"), rapid.IntRange(0, 99).Draw(t, "den")})
	}
	return in
}

// byLibrary is the canonical form as encoding/json and the RFC 8785 library
// make it.
func byLibrary(t testing.TB, v any) string {
	text, err := json.Marshal(v)
	if err == nil {
		text, err = jcs.Transform(text)
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Our writer by hand against encoding/json and the RFC 8785 library.
func TestCanonicalIsRFC8785(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		in := anyEntree(r)
		got := string(in.Canonical())
		if in.Fiche.Listes == nil {
			in.Fiche.Listes = map[string][]string{}
		}
		for name, list := range in.Fiche.Listes {
			fill(&list)
			in.Fiche.Listes[name] = list
		}
		fill(&in.Fiche.Presents)
		// Integers over 2⁵³ are not JSON's: no entry holds one.
		if outside(in.Fiche.Faits.MinutesSemaine) || outside(in.Fiche.Faits.EcartCommune) || outside(&in.Fiche.Faits.Presentation) {
			return
		}
		if want := byLibrary(t, in); got != want {
			r.Fatalf("got  %s\nwant %s", got, want)
		}
		var back Entree
		if err := json.Unmarshal([]byte(got), &back); err != nil {
			r.Fatal(err)
		}
		if back.Hash() != in.Hash() {
			r.Fatalf("read back, the entry has another hash")
		}
	})
}

func outside(n *int) bool { return n != nil && (*n > 1<<53 || *n < -1<<53) }

func TestCanonicalResultat(t *testing.T) {
	engines := []*Engine{engineOf(t, small), engineOf(t, string(Initial()))}
	rapid.Check(t, func(r *rapid.T) {
		in := anyEntree(r)
		for _, e := range engines {
			result := e.Evaluate(&in)
			got := string(result.Canonical())
			if want := byLibrary(t, result); got != want {
				r.Fatalf("got  %s\nwant %s", got, want)
			}
			var back Resultat
			if err := json.Unmarshal([]byte(got), &back); err != nil || back.Hash() != result.Hash() {
				r.Fatalf("read back, the result has another hash: %v", err)
			}
		}
	})
}

// nil and empty are one and the same entry.
func TestCanonicalOfNothing(t *testing.T) {
	empty := Entree{Fiche: Fiche{Listes: map[string][]string{}, Presents: []string{}, Absents: []string{}}, Reponses: []Declaration{}, Contestes: []string{}}
	none := Entree{}
	want := `{"contexte":{},"date":null,"fiche":{"date_maj":null,"faits":{"acces_libre":false,"horaires":"","pivot":"","presentation":0},"listes":{},"presents":[]}}`
	for _, in := range []Entree{empty, none} {
		if got := string(in.Canonical()); got != want {
			t.Errorf("got %s", got)
		}
	}
	if got := string((&Referentiel{}).Canonical()); strings.Contains(got, `:null`) {
		t.Errorf("a list that is nil is written null: %s", got)
	}
}
