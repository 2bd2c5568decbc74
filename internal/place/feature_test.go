package place

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"
	"pgregory.net/rapid"
)

// anyText draws texts that hurt: controls, quotes, bytes that are not UTF-8.
var anyText = rapid.OneOf(
	rapid.SampledFrom([]string{"", "é", "\"\\/\b\f\n\r\t\x00\x1f\x7f", "\xff\xc3", "a\u2028b\u2029", "</script>", "\U0001F600", "\xed\xa0\x80"}),
	rapid.String(),
	rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 20), func(b []byte) string { return string(b) }),
)

func drawPlace(t *rapid.T) (Place, Published) {
	var p Place
	for i := range Columns {
		c := &Columns[i]
		switch {
		case c.Text != nil:
			*c.Text(&p) = anyText.Draw(t, c.Name)
		case c.List != nil:
			switch n := rapid.IntRange(-1, 3).Draw(t, c.Name+" length"); n {
			case -1:
			default:
				*c.List(&p) = rapid.SliceOfN(anyText, n, n).Draw(t, c.Name)
			}
		}
	}
	if rapid.Bool().Draw(t, "position") {
		p.Position, _ = NewPosition(rapid.Float64Range(42.3, 51).Draw(t, "latitude"), rapid.Float64Range(-5, 8).Draw(t, "longitude"))
	}
	if rapid.Bool().Draw(t, "date") {
		d := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 20000).Draw(t, "day"))
		p.DateMaj = Date{d.Year(), d.Month(), d.Day()}
	}
	precision, approximate := Precision(""), Position{}
	switch {
	case p.Position.Known():
		precision = rapid.SampledFrom([]Precision{Given, AtNumber, AtStreet}).Draw(t, "precision")
	case rapid.Bool().Draw(t, "approximate"):
		precision = AtCommune
		approximate, _ = NewPosition(49.25, 4.03)
	}
	return p, Published{
		Precision: precision, Approximate: approximate, Sources: rapid.SliceOfN(anyText, 1, 3).Draw(t, "sources"),
		ID: Identifier(rapid.Int64Range(1, 1<<40-1).Draw(t, "seq")), Producteur: anyText.Draw(t, "producteur"), Departement: "51",
		PositionDoute: anyText.Draw(t, "doute"), Demonstration: rapid.Bool().Draw(t, "demonstration"), ModifieLe: "2024-04-02T10:00:00Z",
	}
}

// valid is what JSON can hold of a text: each byte that is not UTF-8 becomes U+FFFD.
func valid(s string) string { return string([]rune(s)) }

func validPlace(p Place, pub Published) (Place, Published) {
	for i := range Columns {
		switch c := &Columns[i]; {
		case c.Text != nil:
			*c.Text(&p) = valid(*c.Text(&p))
		case c.List != nil:
			list := slices.Clone(*c.List(&p))
			for j := range list {
				list[j] = valid(list[j])
			}
			*c.List(&p) = list
		}
	}
	pub.Producteur, pub.PositionDoute = valid(pub.Producteur), valid(pub.PositionDoute)
	pub.Sources = slices.Clone(pub.Sources)
	for i := range pub.Sources {
		pub.Sources[i] = valid(pub.Sources[i])
	}
	return p, pub
}

func TestFeatureIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, pub := drawPlace(t)
		text := AppendFeature([]byte("before"), &p, nil, pub)[len("before"):]
		if !json.Valid(text) {
			t.Fatalf("not JSON: %q", text)
		}
		wantPlace, wantPub := validPlace(p, pub)
		gotPlace, gotPub, err := ParseFeature(text)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(wantPlace, gotPlace, cmp.AllowUnexported(Position{})); diff != "" {
			t.Fatalf("place -want +got:\n%s", diff)
		}
		if diff := cmp.Diff(wantPub, gotPub, cmp.AllowUnexported(Position{})); diff != "" {
			t.Fatalf("published -want +got:\n%s", diff)
		}

		// What the API does: distance spliced in before the last two braces,
		// links after.
		spliced := append(slices.Clone(text[:len(text)-2]), `,"distance":12.5},"links":[]}`...)
		if again, _, err := ParseFeature(spliced); err != nil || !cmp.Equal(gotPlace, again, cmp.AllowUnexported(Position{})) {
			t.Fatalf("with a distance: %v", err)
		}

		// Readers of others.
		f, err := geojson.UnmarshalFeature(text)
		if err != nil {
			t.Fatal(err)
		}
		if f.ID != pub.ID || f.Properties.MustString("nom", "") != wantPlace.Nom || f.Properties["demonstration"] != pub.Demonstration {
			t.Fatalf("orb reads %v", f)
		}
		if shown, _ := pub.Shown(&p); shown.Known() {
			at := f.Geometry.(orb.Point)
			if at.Lon() != shown.Longitude() || at.Lat() != shown.Latitude() {
				t.Fatalf("orb reads %v, not %v", at, shown)
			}
		} else if f.Geometry != nil {
			t.Fatalf("orb reads %v", f.Geometry)
		}
	})
}

func TestFeatureGolden(t *testing.T) {
	p := read(t, with("services", "Aide aux démarches administratives|Loisirs et créations numériques", "telephone", "+33326777879")).Place
	pub := Published{ID: Identifier(1), Producteur: "essai", Departement: "51", ModifieLe: "2024-04-02T10:00:00Z"}
	want := `{"type":"Feature","id":"r36r1ftt","geometry":{"type":"Point","coordinates":[4.03187,49.25779]},"properties":{` +
		`"id":"structure-1","pivot":"43493312300029","nom":"Anonymal","commune":"Reims","code_postal":"51100","code_insee":"51454","adresse":"12 bis rue Leclercq",` +
		`"complement_adresse":null,"typologie":null,"telephone":"+33326777879","courriels":null,"site_web":null,"horaires":null,"presentation_resume":null,` +
		`"presentation_detail":null,"source":null,"itinerance":null,"structure_parente":null,"date_maj":"2024-04-02",` +
		`"services":["Aide aux démarches administratives","Loisirs et créations numériques"],"publics_specifiquement_adresses":[],"prise_en_charge_specifique":null,` +
		`"frais_a_charge":null,"dispositif_programmes_nationaux":null,"formations_labels":null,"autres_formations_labels":null,"modalites_acces":null,` +
		`"modalites_accompagnement":null,"fiche_acces_libre":null,"prise_rdv":null,` +
		`"producteur":"essai","departement":"51","position_doute":null,"modifie_le":"2024-04-02T10:00:00Z","position_precision":"donnee","sources":["essai"],"demonstration":false}}`
	if got := string(AppendFeature(nil, &p, nil, pub)); got != want {
		t.Errorf("-want +got:\n%s", cmp.Diff(strings.Split(want, ","), strings.Split(got, ",")))
	}
	// Without a position the map shows the middle of the commune; the columns of
	// the standard do not.
	p.Position, pub.Approximate, pub.Sources = Position{}, Position{49.2578, 4.0319, true}, []string{"autre", "essai"}
	text := string(AppendFeature(nil, &p, nil, pub))
	if !strings.Contains(text, `"geometry":{"type":"Point","coordinates":[4.0319,49.2578]}`) || !strings.Contains(text, `"position_precision":"commune","sources":["autre","essai"]`) {
		t.Error(text)
	}
	if back, beside, err := ParseFeature([]byte(text)); err != nil || back.Position.Known() || beside.Approximate != pub.Approximate || beside.Precision != AtCommune {
		t.Error(back.Position, beside, err)
	}
	pub.Approximate = Position{}
	if text := string(AppendFeature(nil, &p, nil, pub)); !strings.Contains(text, `"geometry":null`) || !strings.Contains(text, `"position_precision":null`) {
		t.Error(text)
	}
	// A column that the file's schema did not have is unknown, not empty.
	if got := string(AppendFeature(nil, &p, []string{"publics_specifiquement_adresses"}, pub)); !strings.Contains(got, `"publics_specifiquement_adresses":null`) {
		t.Error(got)
	}
}

func TestParseFeatureRefuses(t *testing.T) {
	for _, text := range []string{
		"", "null garbage", "[]", `{"id":3}`, `{"id":"x","geometry":{"coordinates":[1]}}`, `{"id":"x","geometry":{"coordinates":[0,0]}}`,
		`{"id":"x","properties":{"nom":3}}`, `{"id":"x","properties":{"date_maj":"hier"}}`, `{"id":"x","properties":{"services":"a"}}`,
		`{"id":"x","properties":{"demonstration":"oui"}}`, `{"id":"x","properties":{"position_precision":"exacte"}}`, `{"id":"x","properties":{"sources":"a"}}`,
	} {
		if p, _, err := ParseFeature([]byte(text)); err == nil {
			t.Errorf("%s: %+v", text, p)
		}
	}
}

func FuzzParseFeature(f *testing.F) {
	var p Place
	f.Add(AppendFeature(nil, &p, nil, Published{}))
	p = Place{Nom: "é\x00\"", Services: []string{"a", ""}, DateMaj: Date{2024, 4, 2}, Position: Position{48, 2, true}}
	f.Add(AppendFeature(nil, &p, nil, Published{ID: "x", Demonstration: true}))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, pub, err := ParseFeature(text)
		if err != nil {
			return
		}
		written := AppendFeature(nil, &p, nil, pub)
		again, pub2, err := ParseFeature(written)
		if err != nil {
			t.Fatalf("%s: %v", written, err)
		}
		if diff := cmp.Diff(p, again, cmp.AllowUnexported(Position{})); diff != "" || !cmp.Equal(settled(pub), pub2, cmp.AllowUnexported(Position{})) {
			t.Fatalf("%s\n%s", written, diff)
		}
	})
}

// settled is what writing makes of what was not said.
func settled(pub Published) Published {
	if pub.Sources == nil && pub.Producteur != "" {
		pub.Sources = []string{pub.Producteur}
	}
	return pub
}

func TestCoordinatesHaveSevenDecimalsAtMost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.Float64Range(-180, 180).Draw(t, "x")
		s := string(appendDegrees(nil, x))
		if _, decimals, _ := strings.Cut(s, "."); len(decimals) > 7 || strings.ContainsAny(s, "eE") || s == "-0" {
			t.Fatalf("%v is written %s", x, s)
		}
		var back float64
		if err := json.Unmarshal([]byte(s), &back); err != nil || math.Abs(back-x) > 0.5e-7+1e-12 {
			t.Fatalf("%v is written %s", x, s)
		}
	})
}

func benchmarkPlace() (Place, Published) {
	var p Place
	for i := range Columns {
		switch c := &Columns[i]; {
		case c.Text != nil:
			*c.Text(&p) = c.Example
		case c.List != nil:
			*c.List(&p) = strings.Split(c.Example, "|")
		}
	}
	p.PresentationDetail = strings.Repeat("Ateliers numériques et accès libre. ", 10)
	p.Position, _ = NewPosition(49.25779, 4.03187)
	p.DateMaj = Date{2024, 4, 2}
	return p, Published{ID: Identifier(1), Producteur: "essai", Departement: "51", ModifieLe: "2024-04-02T10:00:00Z"}
}

func BenchmarkAppendFeature(b *testing.B) {
	p, pub := benchmarkPlace()
	buffer := AppendFeature(nil, &p, nil, pub)
	b.SetBytes(int64(len(buffer)))
	b.ReportAllocs()
	for b.Loop() {
		buffer = AppendFeature(buffer[:0], &p, nil, pub)
	}
}

func BenchmarkParseFeature(b *testing.B) {
	p, pub := benchmarkPlace()
	text := AppendFeature(nil, &p, nil, pub)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := ParseFeature(text); err != nil {
			b.Fatal(err)
		}
	}
}
