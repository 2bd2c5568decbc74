package quality

import (
	"compress/gzip"
	"encoding/csv"
	"errors"
	"os"
	"strconv"
	"sync"
	"testing"

	"mednum/internal/place"
	"mednum/internal/territory"
)

const sharedGeo = "../../../shared/data/geo"

// real is a real place of the test data beside the project, as it is scored
// with no answer and no evidence: a census at its beginning.
type real struct {
	place.Record
	opening Opening
	densite string
}

// entree scores p, which is r or r with something changed.
func (r *real) entree(p *place.Place, day Jour) Entree {
	var gap *int
	if p.Position.Known() && p.CodeInsee != "" {
		gap = new(int)
		if r.Doubt != "" {
			*gap = 10_000
		}
	}
	o := r.opening
	if p.Horaires != r.Horaires {
		o = HoursFacts(p.Horaires)
	}
	return Entree{Fiche: DeriveOpening(p, r.Absent, r.Departement, gap, o), Contexte: Contexte{Densite: r.densite}, Date: day}
}

// gazetteer answers internal/place's questions.
type gazetteer struct{ *territory.Gazetteer }

func (g gazetteer) Commune(code string) (place.Commune, bool) { return told(g.Gazetteer.Commune(code)) }
func (g gazetteer) Resolve(nom, codePostal string) (place.Commune, bool) {
	return told(g.Gazetteer.Resolve(nom, codePostal))
}

func told(c *territory.Commune, ok bool) (place.Commune, bool) {
	if !ok {
		return place.Commune{}, false
	}
	return place.Commune{Code: c.Code, Nom: c.Nom, Departement: c.Departement, CodesPostaux: c.CodesPostaux, AnciensNoms: c.AnciensNoms,
		Latitude: c.Point.Lat(), Longitude: c.Point.Lon(), HasPoint: c.HasPoint}, true
}

var realPlaces = sync.OnceValues(func() ([]real, error) {
	set, _, err := territory.Read(territory.File(os.DirFS(sharedGeo), "communes.csv.gz"))
	if err != nil {
		return nil, err
	}
	classes, err := classesOfCommunes()
	if err != nil {
		return nil, err
	}
	records, err := readCensus(place.Context{Today: place.Date{Year: 2024, Month: 6, Day: 1}, Communes: gazetteer{territory.NewGazetteer(set)}})
	if err != nil {
		return nil, err
	}
	facts := map[string]Opening{}
	var out []real
	for _, r := range records {
		if r.Blocked() {
			continue
		}
		if _, ok := facts[r.Horaires]; !ok {
			facts[r.Horaires] = HoursFacts(r.Horaires)
		}
		out = append(out, real{Record: r, opening: facts[r.Horaires], densite: classes[r.CodeInsee]})
	}
	return out, nil
})

func classesOfCommunes() (map[string]string, error) {
	f, err := os.Open(sharedGeo + "/communes.csv.gz")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	rows, err := csv.NewReader(z).ReadAll()
	if err != nil {
		return nil, err
	}
	at := map[string]int{}
	for i, name := range rows[0] {
		at[name] = i
	}
	classes := map[string]string{}
	for _, row := range rows[1:] {
		people, err := strconv.Atoi(row[at["population"]])
		if err != nil {
			people = -1
		}
		km2, _ := strconv.ParseFloat(row[at["superficie_km2"]], 64)
		classes[row[at["code"]]] = territory.Densite(people, km2)
	}
	return classes, nil
}

func reals(t testing.TB) []real {
	t.Helper()
	places, err := realPlaces()
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("census-dev.csv and geo/communes.csv.gz are not there: the test data lie beside the project, in ../shared/data")
	}
	if err != nil {
		t.Fatal(err)
	}
	if len(places) < 3_000 {
		t.Fatalf("only %d places", len(places))
	}
	return places
}
