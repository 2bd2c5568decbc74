package territory

import (
	"math"
	"os"
	"testing"

	"github.com/paulmach/orb"
)

func TestDensite(t *testing.T) {
	for _, c := range []struct {
		nom        string
		population int
		km2        float64
		want       string
	}{
		{"Reims", 177_674, 46.74, "dense"},
		{"Nîmes", 151_839, 160.9, "dense"}, // 944 a square kilometre, and a great city
		{"Saint-Denis de La Réunion", 155_634, 141.98, "dense"},
		{"Mamoudzou", 71_437, 42, "dense"},
		{"Arles", 51_811, 755.72, "intermediaire"}, // most of it is the Camargue
		{"Saint-Laurent-du-Maroni", 54_429, 4300.86, "intermediaire"},
		{"Guéret", 12_955, 26.14, "intermediaire"},
		{"Mende", 12_464, 36.76, "intermediaire"},
		{"Ambazac", 5_556, 58.49, "intermediaire"},
		{"a suburb's village", 3_000, 10, "intermediaire"},
		{"a crowded village", 1_999, 0.5, "rural"},
		{"a vast commune", 4_999, 100, "rural"},
		{"L’Abergement-Clémenciat", 860, 15.62, "rural"},
		{"nobody", 0, 12, "rural"},
		{"on the bounds: dense", 5_000, 5_000.0 / 1500, "dense"},
		{"on the bounds: a city", 50_000, 50_000.0 / 300, "dense"},
		{"under the bounds: a city", 49_999, 50_000.0 / 300, "intermediaire"},
		{"on the bounds: a town", 2_000, 2_000.0 / 300, "intermediaire"},
		{"under the bounds: a town", 2_000, 6.67, "rural"},
		{"population unknown", -1, 12, ""},
		{"area unknown", 30_000, 0, ""},
		{"area unknown, a village", 300, 0, "rural"},
		{"area not a number", 30_000, math.NaN(), ""},
		{"area negative", 30_000, -4, ""},
	} {
		if got := Densite(c.population, c.km2); got != c.want {
			t.Errorf("%s (%d, %v km²): %q, want %q", c.nom, c.population, c.km2, got, c.want)
		}
	}
}

func TestDensiteOfCommunes(t *testing.T) {
	// A square of a tenth of a degree at 45° north: 7.87 × 11.12 km.
	square := orb.Polygon{{{2, 45}, {2.1, 45}, {2.1, 45.1}, {2, 45.1}, {2, 45}}}
	if got := Superficie(square); math.Abs(got-87.6) > 0.5 {
		t.Errorf("the square has %v km², want 87.6 within the sphere's error", got)
	}
	hole := orb.Polygon{square[0], {{2.02, 45.02}, {2.02, 45.08}, {2.08, 45.08}, {2.08, 45.02}, {2.02, 45.02}}}
	if whole, less := Superficie(square), Superficie(orb.MultiPolygon{hole}); math.Abs(less/whole-0.64) > 0.001 {
		t.Errorf("a hole of 36 %% leaves %v of %v km²", less, whole)
	}
	for _, c := range []struct {
		commune Commune
		want    string
	}{
		{Commune{Code: "75101", Parent: "75056", Population: 15_000}, "dense"},
		{Commune{Code: "13055", Population: 870_000}, ""}, // no contour
		{Commune{Code: "23001", Population: 400}, "rural"},
		{Commune{Code: "87001", Population: 30_000, Contour: square}, "intermediaire"},
		{Commune{Code: "87002", Population: -1, Contour: square}, ""},
		{Commune{Code: "87003", Population: 150_000, Contour: orb.MultiPolygon{square}}, "dense"},
	} {
		if got := c.commune.Densite(); got != c.want {
			t.Errorf("%s: %q, want %q", c.commune.Code, got, c.want)
		}
	}
}

// On the whole country each class has the share of the population that it has
// in the INSEE's grid.
func TestDensiteOfFrance(t *testing.T) {
	const dir = "../../../shared/data/geo"
	if _, err := os.Stat(dir + "/communes.geojson.gz"); err != nil {
		t.Skipf("the geography is not beside the project: %v", err)
	}
	if testing.Short() {
		t.Skip("reads every contour of France")
	}
	set, _, err := Read(File(os.DirFS(dir), "communes.geojson.gz"))
	if err != nil {
		t.Fatal(err)
	}
	people, total := map[string]int{}, 0
	for i := range set.Communes {
		c := &set.Communes[i]
		if c.Parent == "" && c.Population > 0 {
			people[c.Densite()] += c.Population
			total += c.Population
		}
	}
	if total < 60_000_000 {
		t.Fatalf("only %d people", total)
	}
	for class, want := range map[string]float64{"dense": 38, "intermediaire": 29, "rural": 33, "": 0} {
		if got := 100 * float64(people[class]) / float64(total); math.Abs(got-want) > 2 {
			t.Errorf("%q has %.1f %% of the population, %.0f in the grid", class, got, want)
		} else {
			t.Logf("%q: %.1f %%", class, got)
		}
	}
}
