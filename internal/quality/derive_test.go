package quality

import (
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mednum/internal/place"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// record reads one row in the standard's columns as an import does, cells
// given by name. Columns that are not named are empty, not absent.
func record(t testing.TB, cells map[string]string) place.Record {
	t.Helper()
	headers, row := make([]string, 0, len(place.Columns)), make([]string, 0, len(place.Columns))
	for i := range place.Columns {
		headers = append(headers, place.Columns[i].Name)
		row = append(row, cells[place.Columns[i].Name])
	}
	for name := range cells {
		if !slices.Contains(headers, name) {
			t.Fatalf("%q is no column of the standard", name)
		}
	}
	schema, _ := place.ReadHeader(headers, 1)
	return schema.Read(row, 2, place.Context{Today: place.Date{Year: 2030, Month: 1, Day: 1}})
}

func ptr[T any](v T) *T { return &v }

func TestDerive(t *testing.T) {
	r := record(t, map[string]string{
		"id": "s-1", "pivot": "43493312300029", "nom": "Anonymal", "commune": "Reims", "code_postal": "51100", "code_insee": "51454",
		"adresse": "12 bis rue Leclercq", "latitude": "49.25", "longitude": "4.03", "telephone": "+33326000000",
		"courriels": "contact@example.fr", "site_web": "https://example.fr", "horaires": "Mo-Fr 09:00-12:00,14:00-18:30; Sa 08:30-12:00",
		"presentation_resume": "Été à la médiathèque", "presentation_detail": "Œuvres",
		"services": "Utilisation sécurisée du numérique|Aide aux démarches administratives", "frais_a_charge": "Payant|Gratuit",
		"itinerance": "Fixe", "date_maj": "2026-04-02", "fiche_acces_libre": "https://acceslibre.beta.gouv.fr/app/51-reims/a/erp/b/",
		"autres_formations_labels": "QPV",
	})
	place := r.Place
	got := Derive(&place, []string{"prise_rdv", "modalites_acces", "prise_rdv"}, "51", ptr(0))
	want := Fiche{
		Listes: map[string][]string{
			"services":                        {"Aide aux démarches administratives", "Utilisation sécurisée du numérique"},
			"frais_a_charge":                  {"Gratuit", "Payant"},
			"itinerance":                      {"Fixe"},
			"autres_formations_labels":        {"QPV"},
			"publics_specifiquement_adresses": {},
		},
		Presents: []string{"adresse", "autres_formations_labels", "code_insee", "code_postal", "commune", "courriels", "date_maj", "fiche_acces_libre", "frais_a_charge",
			"horaires", "id", "itinerance", "latitude", "longitude", "nom", "pivot", "presentation_detail", "presentation_resume", "services", "site_web", "telephone"},
		Absents: []string{"modalites_acces", "prise_rdv"},
		DateMaj: Jour{r.DateMaj},
		// 5 × 7 h 30 and 3 h 30; Saturday is out of office.
		Faits: Faits{Horaires: "lisibles", MinutesSemaine: ptr(5*450 + 210), HorsBureau: ptr(true), Presentation: 20 + 6, EcartCommune: ptr(0), Pivot: "siret", AccesLibre: true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	// A list in another order is the same record, and the place is left alone.
	if cmp.Diff(place.Services, r.Services) != "" || place.Services[0] != "Utilisation sécurisée du numérique" {
		t.Errorf("Derive changed the place: %q", place.Services)
	}
	slices.Reverse(place.Services)
	slices.Reverse(place.FraisACharge)
	if again := Derive(&place, []string{"modalites_acces", "prise_rdv"}, "51", ptr(0)); cmp.Diff(got, again) != "" {
		t.Errorf("the order of values matters:\n%s", cmp.Diff(got, again))
	}
}

func TestDeriveHoldsNoContact(t *testing.T) {
	r := record(t, map[string]string{"nom": "Jeanne Martin", "telephone": "+33326001122", "courriels": "jeanne.martin@example.fr", "site_web": "https://jeanne-martin.example.fr",
		"prise_rdv": "https://rdv.example.fr/jeanne", "adresse": "1 rue Jeanne", "structure_parente": "Cabinet Jeanne Martin"})
	text := strings.ToLower(fmt.Sprintf("%+v", Derive(&r.Place, nil, "51", nil)))
	for _, secret := range []string{"jeanne", "martin", "326001122", "example"} {
		if strings.Contains(text, secret) {
			t.Errorf("%q is in the facts: %s", secret, text)
		}
	}
	for _, name := range []string{"telephone", "courriels", "site_web", "prise_rdv", "structure_parente"} {
		if !strings.Contains(text, name) {
			t.Errorf("that there is a %s is not in the facts", name)
		}
	}
}

func TestDeriveOfNothing(t *testing.T) {
	got := Derive(&place.Place{}, nil, "", nil)
	if diff := cmp.Diff(Fiche{Listes: map[string][]string{}, Presents: []string{}}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestPivotKind(t *testing.T) {
	for _, c := range []struct{ pivot, departement, want string }{
		{"", "51", ""},
		{"00000000000000", "51", ""}, // the standard's way to say unknown
		{"43493312300029", "51", "siret"},
		{"434933123", "51", "siren"},
		{"35600000000048", "75", "siret"}, // La Poste, by Luhn
		{"35600000049837", "75", "siret"}, // La Poste, by its own rule only
		{"43493312300028", "51", ""},      // Luhn says no
		{"W751234567", "75", "rna"},
		{"W9M1234567", "974", "rna"},
		{"123456", "988", "ridet"},
		{"1234567", "988", "ridet"},
		{"123456", "51", ""},
		{"A12345", "987", "ridet"},
	} {
		// As an import reads it, the département known by the postal code.
		postal := map[string]string{"51": "51100", "75": "75001", "974": "97400", "987": "98713", "988": "98800"}[c.departement]
		r := record(t, map[string]string{"pivot": c.pivot, "code_postal": postal})
		if got := Derive(&r.Place, nil, c.departement, nil).Faits.Pivot; got != c.want {
			t.Errorf("%q in %s, read %q: %q, want %q", c.pivot, c.departement, r.Pivot, got, c.want)
		}
	}
}

func TestAccesLibre(t *testing.T) {
	for address, want := range map[string]bool{
		"https://acceslibre.beta.gouv.fr/app/51-reims/a/bibliotheque/erp/b/": true,
		"http://acceslibre.info/app/1":                                       true,
		"https://www.acceslibre.beta.gouv.fr":                                true,
		"https://ACCESLIBRE.beta.gouv.fr:443/x":                              true,
		"https://example.fr/acceslibre.beta.gouv.fr":                         false,
		"https://example.fr?x=https://acceslibre.info":                       false,
		"https://pasacceslibre.info/":                                        false,
		"acceslibre.beta.gouv.fr":                                            false,
		"":                                                                   false,
	} {
		if got := isAccesLibre(address); got != want {
			t.Errorf("%q: %v", address, got)
		}
	}
}

func (o Opening) String() string {
	minutes, out := "?", "?"
	if o.MinutesSemaine != nil {
		minutes = fmt.Sprint(*o.MinutesSemaine)
	}
	if o.HorsBureau != nil {
		out = fmt.Sprint(*o.HorsBureau)
	}
	return fmt.Sprintf("%s minutes=%s hors_bureau=%s", o.Horaires, minutes, out)
}

// census reads the real places beside the project, as an import would.
func census(t testing.TB) []place.Record {
	t.Helper()
	records, err := readCensus(place.Context{Today: place.Date{Year: 2024, Month: 6, Day: 1}})
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("census-dev.csv is not there: the test data lie beside the project, in ../shared/data")
	}
	if err != nil {
		t.Fatal(err)
	}
	return records
}

func readCensus(c place.Context) ([]place.Record, error) {
	f, err := os.Open("../../../shared/data/census-dev.csv")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, err
	}
	schema, _ := place.ReadHeader(rows[0], 1)
	var out []place.Record
	for i, row := range rows[1:] {
		out = append(out, schema.Read(row, i+2, c))
	}
	return out, nil
}

// TestHoursFactsStay: a change of the opening-hours parser that changes a fact
// is a change of the derivation. The answers of each derivation are kept; raise
// the constant Derivation, run with -update, and the new ones lie beside the
// old. They are never rewritten.
func TestHoursFactsStay(t *testing.T) {
	values, err := os.ReadFile("testdata/horaires.txt")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for line := range strings.Lines(string(values)) {
		line = strings.TrimSuffix(line, "\n")
		fmt.Fprintf(&b, "%s\n\t%s\n", line, HoursFacts(line))
	}
	stays(t, "testdata/horaires-derivation-"+Derivation+".golden", b.String())
}

// The same over every value of the real places beside the project: only hashes
// are kept, of the values and of the answers.
func TestHoursFactsStayOnRealPlaces(t *testing.T) {
	var distinct []string
	for _, r := range census(t) {
		distinct = append(distinct, r.Horaires)
	}
	slices.Sort(distinct)
	distinct = slices.Compact(distinct)
	asked, answered := sha256.New(), sha256.New()
	for _, h := range distinct {
		fmt.Fprintln(asked, h)
		fmt.Fprintln(answered, HoursFacts(h))
	}
	got := fmt.Sprintf("values %d %s\nfacts %s\n", len(distinct), hex.EncodeToString(asked.Sum(nil)), hex.EncodeToString(answered.Sum(nil)))
	name := "testdata/horaires-reels-derivation-" + Derivation + ".golden"
	if want, err := os.ReadFile(name); err == nil {
		before, _, _ := strings.Cut(string(want), "\n")
		if now, _, _ := strings.Cut(got, "\n"); now != before {
			t.Skip("other values than those of the golden file: other data, or read otherwise")
		}
	}
	stays(t, name, got)
}

func stays(t *testing.T, name, got string) {
	t.Helper()
	want, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) && *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if err != nil {
		t.Fatalf("%v: run with -update to write it", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("the facts of derivation %s are not what they were: raise Derivation, then run with -update (-kept +now)\n%s", Derivation, diff)
	}
}

func BenchmarkDerive(b *testing.B) {
	r := record(b, map[string]string{
		"nom": "Médiathèque", "commune": "Reims", "code_postal": "51100", "adresse": "1 rue de Vesle", "latitude": "49.25", "longitude": "4.03",
		"telephone": "+33326000000", "horaires": "Mo-Fr 09:00-12:00,14:00-18:30; Sa 08:30-12:00",
		"services": "Utilisation sécurisée du numérique|Aide aux démarches administratives", "frais_a_charge": "Gratuit", "date_maj": "2026-04-02",
	})
	b.Run("whole", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			Derive(&r.Place, nil, "51", nil)
		}
	})
	b.Run("hours known", func(b *testing.B) {
		o := HoursFacts(r.Horaires)
		b.ReportAllocs()
		for b.Loop() {
			DeriveOpening(&r.Place, nil, "51", nil, o)
		}
	})
}
