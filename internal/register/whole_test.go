package register

import (
	"bytes"
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mednum/internal/place"
)

func shared(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "data", name))
	if err != nil {
		t.Skipf("real data is not beside the project: %v", err)
	}
	return b
}

func census(t *testing.T) []Lieu {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(shared(t, "census-dev.csv"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	schema, _ := place.ReadHeader(rows[0], 1)
	var out []Lieu
	for i, row := range rows[1:] {
		r := schema.Read(row, i+2, place.Context{})
		source, _, _ := strings.Cut(r.ID, ":")
		out = append(out, Lieu{Place: r.Place, Identifier: r.ID, Producteur: source, Departement: departement(r.CodeInsee, r.CodePostal), Doubt: r.Doubt != ""})
	}
	return out
}

var august = place.Date{Year: 2024, Month: 8, Day: 1}

func realRegister(t *testing.T) *Register {
	t.Helper()
	reg, err := Read(bytes.NewReader(shared(t, "raw/liste-fs-20240801.csv")), august)
	if err != nil {
		t.Fatal(err)
	}
	return reg
}

// Both editions as they were published: every entry is read, or told.
func TestReadsTheRealLists(t *testing.T) {
	reg := realRegister(t)
	if len(reg.Entries) != 2845 || len(reg.Problems) != 0 {
		t.Errorf("2024: %d entries, %d problems", len(reg.Entries), len(reg.Problems))
	}
	mobile, multi := 0, 0
	for _, e := range reg.Entries {
		if e.State != Active || !e.Since.Known() || !e.Position.Known() || e.Departement == "" {
			t.Errorf("entry not read whole: %+v", e)
		}
		if e.Mobile {
			mobile++
		}
		if e.Multisite {
			multi++
		}
	}
	t.Logf("2024: %d mobile, %d multisites", mobile, multi)
	old, err := Read(bytes.NewReader(shared(t, "raw/liste-fs-20221201.csv")), place.Date{Year: 2022, Month: 12, Day: 1})
	if err != nil {
		t.Fatal(err)
	}
	// 26 entries of that edition say nothing of where they are.
	refused := 0
	for _, p := range old.Problems {
		if p.Refused {
			refused++
		}
	}
	if len(old.Entries) != 2657 || refused != 26 || len(old.Problems) != 28 {
		t.Errorf("2022: %d entries, %d refused, %d problems", len(old.Entries), refused, len(old.Problems))
	}
}

// The places that the census took from this very list, without the identifiers
// that would tell, against it: whom does it take them for?
func TestRecallOnTheRealCensus(t *testing.T) {
	reg, lieux := realRegister(t), census(t)
	for i := range lieux {
		lieux[i].ID = ""
	}
	found, right, others := 0, 0, map[string]map[Finding]int{}
	for _, v := range reg.Match(lieux).Verdicts {
		source, id, _ := strings.Cut(v.Identifier, ":")
		if source != "france-services" {
			if others[source] == nil {
				others[source] = map[Finding]int{}
			}
			others[source][v.Finding]++
			continue
		}
		if v.Finding == Confirme {
			found++
			if v.Entry == id {
				right++
			}
		}
		if len(v.Reasons) == 0 {
			t.Errorf("%s: %s without a reason", v.Identifier, v.Finding)
		}
	}
	t.Logf("of 2,845: %d confirmed, %d by their own entry", found, right)
	if found < 2820 || found-right > 10 {
		t.Errorf("recall %d, wrong entry %d", found, found-right)
	}
	// Of sources that wrote by themselves. Aix-en-Provence declares its ten
	// neighbourhood town halls, of which the register has one entry with several
	// sites, elsewhere: it does not say.
	t.Log(others)
	for source, least := range map[string]int{"maine-et-loire": 25, "corse": 33, "bus-france-services-charente": 8} {
		if others[source][Confirme] < least {
			t.Errorf("%s: %v", source, others[source])
		}
	}
	if n := others["aix-en-provence"]; n[Indecis] != 10 {
		t.Errorf("aix-en-provence: %v", n)
	}
	for source, n := range others {
		if n[Contredit] > 0 {
			t.Errorf("%s: %d places of a true label contradicted", source, n[Contredit])
		}
	}
}

// A place whose entry is taken off must not be confirmed by its neighbour's.
// What is left is the same label twice in the list (a town's desk and its twin).
func TestPrecisionWhenTheEntryIsGone(t *testing.T) {
	reg, lieux := realRegister(t), census(t)
	for i := range lieux {
		lieux[i].ID = ""
	}
	all, wrong, contradicted, tried := reg.Entries, 0, 0, 0
	for k := range 5 {
		gone, fewer := map[string]bool{}, *reg
		fewer.Entries = nil
		for i, e := range all {
			if i%5 == k {
				gone["france-services:"+e.ID] = true
			} else {
				fewer.Entries = append(fewer.Entries, e)
			}
		}
		var only []Lieu
		for _, l := range lieux {
			if gone[l.Identifier] {
				only = append(only, l)
			}
		}
		for _, v := range fewer.Match(only).Verdicts {
			tried++
			switch v.Finding {
			case Confirme:
				wrong++
				t.Logf("%s « %s » by %s: %s", v.Identifier, v.Nom, v.Entry, strings.Join(v.Reasons, " "))
			case Contredit:
				contradicted++
			}
		}
	}
	t.Logf("of %d places without their entry: %d confirmed by another, %d contradicted", tried, wrong, contradicted)
	if tried != 2845 || wrong*100 > 2*tried || contradicted*3 < tried {
		t.Errorf("%d confirmed by another, %d contradicted, of %d", wrong, contradicted, tried)
	}
}

// The edition of 2022, as if a source had written it, against that of 2024.
func TestOlderEditionAgainstTheNewer(t *testing.T) {
	reg := realRegister(t)
	old, err := Read(bytes.NewReader(shared(t, "raw/liste-fs-20221201.csv")), place.Date{Year: 2022, Month: 12, Day: 1})
	if err != nil {
		t.Fatal(err)
	}
	still := map[string]bool{}
	for _, e := range reg.Entries {
		still[e.ID] = true
	}
	var lieux []Lieu
	for _, e := range old.Entries {
		l := Lieu{Identifier: e.ID, Producteur: "2022", Departement: e.Departement}
		l.Nom, l.Adresse, l.CodeInsee, l.CodePostal, l.Position, l.Commune = e.Nom, e.Adresse, e.CodeInsee, e.CodePostal, e.Position, e.Commune
		l.DispositifProgrammesNationaux = []string{Label}
		if e.Mobile {
			l.Itinerance = []string{"Itinérant"}
		}
		lieux = append(lieux, l)
	}
	n := map[bool]map[Finding]int{true: {}, false: {}}
	other := 0
	for _, v := range reg.Match(lieux).Verdicts {
		n[still[v.Identifier]][v.Finding]++
		if v.Finding == Confirme && still[v.Identifier] && v.Entry != v.Identifier {
			other++
		}
		if v.Finding == Contredit {
			t.Logf("contradicted: %s « %s » %s", v.Identifier, v.Nom, strings.Join(v.Reasons, " "))
		}
	}
	t.Logf("still there: %v, %d by another entry; gone or renumbered: %v", n[true], other, n[false])
	if n[true][Confirme] < 2380 || other > 20 || n[true][Contredit] > 0 {
		t.Errorf("still there: %v, %d by another entry", n[true], other)
	}
}

// Places that other sources name France Services, or maison de services au
// public as it was before, written in 2019–2023 by other people: were they all
// to declare the label.
func TestPlacesOfThatNameElsewhere(t *testing.T) {
	reg := realRegister(t)
	var lieux []Lieu
	for _, l := range census(t) {
		if l.Producteur != "france-services" && l.Titled() && !l.Declares() {
			l.DispositifProgrammesNationaux = []string{Label}
			lieux = append(lieux, l)
		}
	}
	n := map[Finding]int{}
	for _, v := range reg.Match(lieux).Verdicts {
		n[v.Finding]++
		if v.Finding != Confirme {
			t.Logf("%s « %s » %s: %s", v.Identifier, v.Nom, v.Finding, strings.Join(v.Reasons, " "))
		}
	}
	t.Logf("of %d: %v", len(lieux), n)
	if len(lieux) < 80 || n[Confirme] < 70 || n[Contredit] > 0 {
		t.Errorf("of %d: %v", len(lieux), n)
	}
}
