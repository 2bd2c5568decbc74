package census

import (
	"context"
	"errors"
	"flag"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"mednum/internal/place"
	"mednum/internal/territory"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// today is the day of all tests: the youngest record of the test data is older.
var today = place.Date{Year: 2024, Month: 6, Day: 1}

const sharedData = "../../../shared/data"

// shared reads a file of the optional test data beside the project.
func shared(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(sharedData, name))
	if errors.Is(err, os.ErrNotExist) {
		t.Skipf("%s is not there: the test data lie beside the project, in ../shared/data", name)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// memory is a Territories without a database.
type memory struct {
	*territory.Gazetteer
	contours map[string]orb.Geometry
}

func (m memory) Contours(_ context.Context, codes []string) (map[string]orb.Geometry, error) {
	found := map[string]orb.Geometry{}
	for _, code := range codes {
		if g, ok := m.contours[code]; ok {
			found[code] = g
		}
	}
	return found, nil
}

func newMemory(set territory.Set) memory {
	m := memory{territory.NewGazetteer(set), map[string]orb.Geometry{}}
	for i := range set.Communes {
		if c := &set.Communes[i]; c.Contour != nil {
			m.contours[c.Code] = c.Contour
		}
	}
	return m
}

var france = sync.OnceValues(func() (memory, error) {
	set, _, err := territory.Read(os.DirFS(filepath.Join(sharedData, "geo")))
	if err != nil {
		return memory{}, err
	}
	return newMemory(set), nil
})

// realFrance is every commune, of the optional test data.
func realFrance(t testing.TB) memory {
	t.Helper()
	shared(t, "geo/regions.json")
	m, err := france()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// list is a Store that keeps what it is given.
type list struct {
	load    place.Load
	records []place.Record
	fail    error
}

func (s *list) Load(_ context.Context, load place.Load, records iter.Seq2[*place.Record, error]) (place.Changes, error) {
	s.load = load
	var c place.Changes
	for r, err := range records {
		if err != nil {
			return place.Changes{}, err
		}
		s.records = append(s.records, *r)
		if r.Blocked() {
			c.Refused++
		} else {
			c.Added++
		}
	}
	return c, s.fail
}

func importing(t testing.TB, r io.Reader, territories Territories) (Report, []place.Record, error) {
	t.Helper()
	var s list
	report, err := Import(context.Background(), Options{Source: "essai", Name: "essai.csv", Reader: r, Today: today}, &s, territories)
	return report, s.records, err
}

// golden compares a text with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s (-golden +now; -update rewrites it):\n%s", name, diff)
	}
}

// A value that no column names is never left out in silence, in text or in lists.
func TestARowThatIsTooLongIsToldAndKept(t *testing.T) {
	for text, code := range map[string]string{
		"id,nom,commune,code_postal\n1,Médiathèque,Reims,51100\n2,Mairie,Reims,51100,de trop\n3,Centre,Reims,51100,\n":                                          "row_long",
		`[["id","nom","commune","code_postal"],["1","Médiathèque","Reims","51100"],["2","Mairie","Reims","51100","de trop"],["3","Centre","Reims","51100",""]]`: "row_wide",
	} {
		_, records, err := importing(t, strings.NewReader(text), nil)
		if err != nil || len(records) != 3 {
			t.Fatalf("%q: %d records, %v", text, len(records), err)
		}
		for i, r := range records {
			told := slices.ContainsFunc(r.Findings, func(f place.Finding) bool { return f.Code == code })
			if told != (i == 1) || r.Blocked() != (i == 1) {
				t.Errorf("%s, row %d: blocked %v, %+v", code, i+1, r.Blocked(), r.Findings)
			}
		}
	}
}
