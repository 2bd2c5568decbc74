package demo

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"mednum/internal/hours"
	"mednum/internal/place"
	"mednum/internal/territory"
)

var today = place.Date{Year: 2026, Month: 6, Day: 15}

// communes are a few of each sort: large, small, overseas, with a contour,
// with arrondissements, without a point.
func communes() []territory.Commune {
	square := func(x, y, half float64) orb.Polygon {
		return orb.Polygon{{{x - half, y - half}, {x + half, y - half}, {x + half, y + half}, {x - half, y + half}, {x - half, y - half}}}
	}
	return []territory.Commune{
		{Code: "51454", Nom: "Reims", CodesPostaux: []string{"51100"}, Departement: "51", Region: "44", Population: 180000, Point: orb.Point{4.0347, 49.2577}, HasPoint: true, Contour: square(4.0347, 49.2577, 0.01)},
		{Code: "76351", Nom: "Le Havre", CodesPostaux: []string{"76600", "76610", "76620"}, Departement: "76", Region: "28", Population: 166000, Point: orb.Point{0.1079, 49.4938}, HasPoint: true},
		{Code: "85194", Nom: "Les Sables-d'Olonne", CodesPostaux: []string{"85100"}, Departement: "85", Region: "52", Population: 48000, Point: orb.Point{-1.7797, 46.4969}, HasPoint: true},
		{Code: "97411", Nom: "Saint-Denis", CodesPostaux: []string{"97400"}, Departement: "974", Region: "04", Population: 155000, Point: orb.Point{55.4486, -20.8823}, HasPoint: true},
		{Code: "75056", Nom: "Paris", CodesPostaux: []string{"75011", "75012"}, Departement: "75", Region: "11", Population: 2100000, Point: orb.Point{2.3488, 48.8534}, HasPoint: true},
		{Code: "75111", Nom: "Paris 11e Arrondissement", CodesPostaux: []string{"75011"}, Departement: "75", Region: "11", Parent: "75056", Population: 142000, Point: orb.Point{2.3795, 48.8596}, HasPoint: true},
		{Code: "34172", Nom: "Montpellier", CodesPostaux: []string{"34000"}, Departement: "34", Region: "76", Population: -1, Point: orb.Point{3.8767, 43.6108}, HasPoint: true},
		{Code: "01001", Nom: "L'Abergement-Clémenciat", CodesPostaux: []string{"01400"}, Departement: "01", Region: "84", Population: 860},
	}
}

func places(t testing.TB, from []territory.Commune, n int, seed uint64) []*place.Record {
	t.Helper()
	seq, err := Places(from, n, seed, today)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]*place.Record, 0, n)
	for r, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

// cells writes a place as a row of the standard's CSV.
func cells(p *place.Place) []string {
	out := make([]string, len(place.Columns))
	for i, c := range place.Columns {
		switch {
		case c.Text != nil:
			out[i] = *c.Text(p)
		case c.List != nil:
			out[i] = strings.Join(*c.List(p), "|")
		case c.Kind == place.Latitude && p.Position.Known():
			out[i] = fmt.Sprint(p.Position.Latitude())
		case c.Kind == place.Longitude && p.Position.Known():
			out[i] = fmt.Sprint(p.Position.Longitude())
		case c.Kind == place.Day && p.DateMaj.Known():
			out[i] = p.DateMaj.String()
		}
	}
	return out
}

// Written as a file and read back, a place is the same, and nothing is wrong
// with it: the demonstration shows what a good file looks like.
func TestPlacesAreWhatAFileWouldGive(t *testing.T) {
	headers := make([]string, len(place.Columns))
	for i, c := range place.Columns {
		headers[i] = c.Name
	}
	schema, findings := place.ReadHeader(headers, 1)
	if len(findings) > 0 {
		t.Fatal(findings)
	}
	said := map[string]int{}
	for _, r := range places(t, communes(), 5000, 7) {
		again := schema.Read(cells(&r.Place), r.Line, place.Context{Today: today})
		for _, f := range again.Findings {
			said[f.Code+" "+f.Field]++
			if f.Severity == place.Blocking {
				t.Fatalf("%s: %s", r.Key, f.Message)
			}
		}
		if slices.Contains(freeHours, r.Horaires) {
			again.Horaires = r.Horaires // words are there to be read as well as may be
		}
		if diff := cmp.Diff(r.Place, again.Place, cmp.AllowUnexported(place.Position{})); diff != "" {
			t.Fatalf("%s reads otherwise than made (-made +read):\n%s", r.Key, diff)
		}
		if again.Departement != "" && r.Departement != again.Departement {
			t.Fatalf("%s: département %q, read as %q", r.Key, r.Departement, again.Departement)
		}
	}
	// What is left unknown on purpose, as in real files.
	for about, n := range said {
		if !slices.Contains([]string{"missing pivot", "missing date_maj", "missing latitude", "horaires_unreadable horaires", "horaires_from_french horaires"}, about) {
			t.Errorf("%d times %s", n, about)
		}
	}
}

func TestMarkedAsDemonstration(t *testing.T) {
	for _, r := range places(t, communes(), 2000, 3) {
		p := r.Place
		if p.Source != Source || !strings.HasPrefix(p.PresentationResume, "Lieu de démonstration") || p.Pivot != "" {
			t.Fatalf("%s does not say that it is made up: %+v", r.Key, p)
		}
		if len([]rune(p.PresentationResume)) > 280 {
			t.Errorf("summary longer than the standard's 280 characters: %s", p.PresentationResume)
		}
		for _, address := range slices.Concat(p.Courriels, p.SiteWeb, []string{p.PriseRdv}) {
			if address != "" && !strings.HasSuffix(strings.TrimSuffix(address, "/"), ".example") {
				t.Errorf("%s could be somebody's", address)
			}
		}
		if p.Telephone != "" && !slices.ContainsFunc([]string{"+3319900", "+3326191", "+3335301", "+3346571", "+3353649"}, func(b string) bool { return strings.HasPrefix(p.Telephone, b) && len(p.Telephone) == 12 }) {
			t.Errorf("%s could be somebody's", p.Telephone)
		}
		if p.Telephone != "" && p.Commune == "Saint-Denis" {
			t.Errorf("%s in La Réunion, where no range is kept for fiction", p.Telephone)
		}
	}
}

func TestWhereThePlacesAre(t *testing.T) {
	of := map[string]int{}
	known := 0
	for _, r := range places(t, communes(), 20000, 11) {
		p := r.Place
		of[p.Commune]++
		if p.DateMaj.Known() && p.DateMaj.Compare(today) > 0 {
			t.Fatalf("updated on %s, after today", p.DateMaj)
		}
		if !p.Position.Known() {
			continue
		}
		known++
		lon, lat := p.Position.Longitude(), p.Position.Latitude()
		switch p.Commune {
		case "Reims":
			if math.Abs(lon-4.0347) > 0.01 || math.Abs(lat-49.2577) > 0.01 {
				t.Fatalf("%v, %v is outside the contour of Reims", lon, lat)
			}
		case "Paris":
			// Near the arrondissement whose postal code it has, never in the one that has no point.
			if p.CodePostal != "75011" || math.Hypot((lon-2.3795)*73, (lat-48.8596)*111) > 1 {
				t.Fatalf("%v, %v, %s is not in the 11e", lon, lat, p.CodePostal)
			}
		case "L'Abergement-Clémenciat":
			t.Fatal("a place in a commune that nobody knows where it is")
		}
	}
	if of["Reims"] < 4*of["Montpellier"] || of["Reims"] < 2*of["Les Sables-d'Olonne"] || of["Les Sables-d'Olonne"] == 0 {
		t.Errorf("not spread by population: %v", of)
	}
	if known < 19000 || known == 20000 {
		t.Errorf("%d positions known of 20000", known)
	}
	if _, err := Places(communes()[7:], 1, 1, today); err == nil {
		t.Error("places without any point")
	}
}

func TestSameSeedSamePlaces(t *testing.T) {
	sum := func(n int, seed uint64) string {
		h := sha256.New()
		for _, r := range places(t, communes(), n, seed) {
			text, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			h.Write(place.AppendFeature(text, &r.Place, r.Absent, place.Published{ID: r.Key}))
		}
		return fmt.Sprintf("%x", h.Sum(nil))
	}
	first, again, other := sum(3000, 42), sum(3000, 42), sum(3000, 43)
	if first != again {
		t.Error("the same seed gave other places")
	}
	if first == other {
		t.Error("another seed gave the same places")
	}
	few, more := places(t, communes(), 100, 5), places(t, communes(), 1000, 5)
	if diff := cmp.Diff(few, more[:100], cmp.AllowUnexported(place.Position{})); diff != "" {
		t.Errorf("a larger n changes the first places:\n%s", diff)
	}
}

func TestOpeningHours(t *testing.T) {
	values := openings(1)
	for _, v := range slices.Concat(values, rareHours) {
		if _, err := hours.Parse(v); err != nil {
			t.Errorf("%q: %v", v, err)
		}
	}
	for _, v := range freeHours {
		if _, err := hours.Parse(v); err == nil {
			t.Errorf("%q is to be words, and is read as opening hours", v)
		}
	}
	met := map[string]bool{}
	missing := 0
	for _, r := range places(t, communes(), 30000, 1) {
		met[r.Horaires] = true
		if r.Horaires == "" {
			missing++
		}
	}
	if len(met) < 2500 || len(met) > distinct+100 {
		t.Errorf("%d different opening hours", len(met))
	}
	if missing < 5000 || missing > 8500 {
		t.Errorf("%d of 30000 without opening hours", missing)
	}
}

func TestNamesReadWell(t *testing.T) {
	for nom, want := range map[string]string{
		"Reims": "de Reims", "Amiens": "d’Amiens", "Le Havre": "du Havre", "Les Sables-d'Olonne": "des Sables-d'Olonne",
		"La Rochelle": "de La Rochelle", "L'Haÿ-les-Roses": "de L'Haÿ-les-Roses", "Évry-Courcouronnes": "d’Évry-Courcouronnes", "Yerres": "d’Yerres", "Œting": "d’Œting",
	} {
		if got := of(nom); got != want {
			t.Errorf("of(%q) = %q, want %q", nom, got, want)
		}
	}
}

// A million places pass one by one: nothing accumulates.
func TestMemoryDoesNotGrow(t *testing.T) {
	if testing.Short() {
		t.Skip("300,000 places")
	}
	seq, err := Places(communes(), 300_000, 1, today)
	if err != nil {
		t.Fatal(err)
	}
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	n := 0
	for range seq {
		if n++; n == 299_999 {
			break
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&now)
	if grown := int64(now.HeapAlloc) - int64(before.HeapAlloc); grown > 8<<20 {
		t.Errorf("%d MB kept after 300,000 places", grown>>20)
	}
}

func BenchmarkPlaces(b *testing.B) {
	from := communes()
	if set, _, err := territory.Read(os.DirFS("../../../shared/data/geo")); err == nil {
		from = set.Communes
	}
	b.ReportAllocs()
	b.ResetTimer()
	seq, err := Places(from, b.N, 1, today)
	if err != nil {
		b.Fatal(err)
	}
	for range seq {
	}
}
