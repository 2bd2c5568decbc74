package match

import (
	"encoding/csv"
	"flag"
	"os"
	"strings"
	"testing"

	"mednum/internal/place"
)

const sharedData = "../../../shared/data/"

// realCensus reads the places beside the project, or skips.
func realCensus(t testing.TB) []Listed {
	t.Helper()
	header, rows := table(t, sharedData+"census-dev.csv")
	schema, _ := place.ReadHeader(header, 1)
	census := make([]Listed, len(rows))
	for i, cells := range rows {
		r := schema.Read(cells, i+2, place.Context{})
		census[i] = Listed{Source: r.Source, ID: r.ID, Nom: r.Nom, Profile: NewProfile(&r.Place, r.Source, r.Departement)}
	}
	return census
}

func table(t testing.TB, name string) ([]string, [][]string) {
	t.Helper()
	f, err := os.Open(name)
	if os.IsNotExist(err) && strings.HasPrefix(name, sharedData) {
		t.Skipf("%s is not beside the project", name)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows[0], rows[1:]
}

// judgedPairs reads our own truth: the pairs of one half ("" both) that are
// beyond dispute.
func judgedPairs(t testing.TB, half string, disputed bool) []Judged {
	t.Helper()
	header, rows := table(t, "testdata/judged.csv")
	var kept [][]string
	for _, r := range rows {
		if (half == "" || r[6] == half) && (disputed || r[5] == "0") {
			kept = append(kept, r)
		}
	}
	pairs, err := ReadJudged(header, kept)
	if err != nil {
		t.Fatal(err)
	}
	return pairs
}

var showErrors = flag.String("show", "", "half of the judged pairs whose errors are listed")

func TestJudgedPairs(t *testing.T) {
	census := realCensus(t)
	for _, half := range []string{"reglage", "controle"} {
		e := Evaluate(judgedPairs(t, half, false), census)
		t.Logf("%s: %d pairs; precision %.3f, recall %.3f, kept %.3f, bother %.3f, missed %d; %v %v guards %v", half, e.Pairs, e.Precision(), e.Recall(), e.Kept(), e.Bother(), e.Missed, e.Counts[0], e.Counts[1], e.Guards)
		if half == *showErrors {
			for _, v := range e.Verdicts {
				if v.Wrong() || v.Comparison.Outcome == Undecided {
					t.Logf("%v %s %d %s | %s ↔ %s %s | %s", v.Duplicate, v.Comparison.Outcome, v.Comparison.Score, v.Comparison.Guard, v.IDA, v.IDB, v.NomA+" ↔ "+v.NomB, v.Why)
					for _, x := range v.Comparison.Evidence {
						t.Logf("      %+4d %s", x.Weight, x.Text)
					}
				}
			}
		}
	}
	e := Evaluate(judgedPairs(t, "", true), census)
	t.Logf("all, disputed too: precision %.3f, recall %.3f, kept %.3f, bother %.3f", e.Precision(), e.Recall(), e.Kept(), e.Bother())
}
