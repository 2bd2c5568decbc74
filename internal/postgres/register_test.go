package postgres_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"mednum/internal/access"
	"mednum/internal/place"
	"mednum/internal/postgres"
	"mednum/internal/quality"
)

const france = "France Services"

// declaring is a record that says that it has the label.
func declaring(t testing.TB, n int) *place.Record {
	r := record(t, n)
	r.DispositifProgrammesNationaux = []string{france}
	return r
}

func labelledIDs(t testing.TB, c *postgres.Census) []string {
	t.Helper()
	list, err := c.LabelledPlaces(context.Background(), france, france)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, p := range list {
		ids = append(ids, p.Identifier)
	}
	return ids
}

func TestLabelledPlaces(t *testing.T) {
	ctx := context.Background()
	c, _ := scoredCensus(t)
	first, named, labelled, other := declaring(t, 1), record(t, 2), record(t, 3), record(t, 4)
	first.Doubt, first.Departement = "loin de sa commune", "51"
	named.Nom = "Espace France-Services de Reims"
	labelled.FormationsLabels = []string{france}
	other.Nom = "La France au service des 100 %"
	if _, err := c.Load(ctx, place.Load{Source: "test"}, file(first, named, labelled, other)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Load(ctx, place.Load{Source: "démonstration", Demonstration: true}, file(declaring(t, 5))); err != nil {
		t.Fatal(err)
	}
	want := []string{place.Identifier(1), place.Identifier(2), place.Identifier(3)}
	if got := labelledIDs(t, c); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	list, _ := c.LabelledPlaces(ctx, france, france)
	if p := list[0]; p.Producteur != "test" || p.Departement != "51" || !p.Doubt || p.Nom != first.Nom || p.Position != first.Position || !p.Since.Known() {
		t.Errorf("%+v", p)
	}
	// A withdrawn place has nothing to prove.
	if _, err := c.Load(ctx, place.Load{Source: "test", AllowRemovals: true}, file(named)); err != nil {
		t.Fatal(err)
	}
	if got := labelledIDs(t, c); !slices.Equal(got, want[1:2]) {
		t.Errorf("after a withdrawal: %v", got)
	}
}

// The life of verdicts: written, read again without a change, corrected, replaced
// by a newer edition, taken back, and never over what was found later.
func TestSaveRegister(t *testing.T) {
	ctx := context.Background()
	c, url := scoredCensus(t)
	if _, err := c.Load(ctx, place.Load{Source: "test"}, file(declaring(t, 1), declaring(t, 2), declaring(t, 3))); err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC()
	day := func(months int) place.Date {
		at := now.AddDate(0, months, 0)
		d, _ := place.NewDate(at.Year(), at.Month(), min(at.Day(), 28))
		return d
	}
	verdicts := func(resultats ...string) (list []postgres.RegisterVerdict) {
		for i, s := range resultats {
			list = append(list, postgres.RegisterVerdict{Identifier: place.Identifier(int64(i + 1)), Resultat: s, Reasons: []string{"Parce que " + s + "."}})
		}
		return list
	}
	save := func(on place.Date, dryRun bool, list []postgres.RegisterVerdict) postgres.RegisterChanges {
		t.Helper()
		changes, err := c.SaveRegister(ctx, postgres.RegisterFindings{
			Source: "Liste", Organisation: "Agence", Preuve: "registre_label", Against: "contredit", Date: on, Months: 12, Verdicts: list, DryRun: dryRun,
		})
		if err != nil {
			t.Fatal(err)
		}
		return changes
	}
	// com02 is what COM-02 says of each place: S, N, or I when it is unknown.
	com02 := func() string {
		t.Helper()
		out := ""
		for seq := range int64(3) {
			for _, k := range getScored(t, c, seq+1).Resultat.Criteres {
				if k.Code == "COM-02" {
					out += string(k.Statut[0])
				}
			}
		}
		return out
	}
	evidence := func() int64 { return asked[int64](t, url, `SELECT count(*) FROM evidence`) }
	version := func() int64 { v, _, _ := c.Versions(ctx); return v }
	is := func(what string, got postgres.RegisterChanges, want string, statuses string, rows int64) {
		t.Helper()
		text := fmt.Sprintf("confirme %d contredit %d unchanged %d undecided %d back %d newer %d gone %d", got.Written["confirme"], got.Written["contredit"], got.Unchanged, got.Undecided, got.TakenBack, got.Newer, got.Gone)
		if text != want {
			t.Errorf("%s:\n got %s\nwant %s", what, text, want)
		}
		if s := com02(); s != statuses {
			t.Errorf("%s: COM-02 %s, want %s", what, s, statuses)
		}
		if n := evidence(); n != rows {
			t.Errorf("%s: %d rows of evidence, want %d", what, n, rows)
		}
	}

	first := verdicts("confirme", "contredit", "")
	v := version()
	is("a dry run", save(day(-3), true, first), "confirme 1 contredit 1 unchanged 0 undecided 1 back 0 newer 0 gone 0", "III", 0)
	if version() != v {
		t.Error("a dry run gave a new version")
	}
	is("first", save(day(-3), false, first), "confirme 1 contredit 1 unchanged 0 undecided 1 back 0 newer 0 gone 0", "SNI", 2)
	if version() == v {
		t.Error("new verdicts gave no new version")
	}
	v = version()
	is("again", save(day(-3), false, first), "confirme 0 contredit 0 unchanged 2 undecided 1 back 0 newer 0 gone 0", "SNI", 2)
	if version() != v {
		t.Error("nothing new gave a new version")
	}
	is("an older edition", save(day(-9), false, verdicts("contredit", "confirme", "confirme")), "confirme 1 contredit 0 unchanged 0 undecided 0 back 0 newer 2 gone 0", "SNS", 3)
	is("read otherwise", save(day(-3), false, verdicts("confirme", "confirme", "")), "confirme 1 contredit 0 unchanged 1 undecided 1 back 0 newer 0 gone 0", "SSS", 4)
	is("a newer edition", save(day(-2), false, verdicts("contredit", "contredit", "contredit")), "confirme 0 contredit 3 unchanged 0 undecided 0 back 0 newer 0 gone 0", "NNN", 7)
	is("a newer one that does not say", save(day(-1), false, verdicts("", "confirme", "")), "confirme 1 contredit 0 unchanged 0 undecided 2 back 2 newer 0 gone 0", "ISI", 10)

	silent := save(day(-1), false, verdicts("", "confirme", ""))
	is("and again", silent, "confirme 0 contredit 0 unchanged 1 undecided 2 back 0 newer 0 gone 0", "ISI", 10)

	// Somebody went and looked after that edition.
	found := quality.Evidence{Preuve: "registre_label", Resultat: "contredit", Date: quality.Jour{Date: dayOf(now)}}
	if err := c.Verify(ctx, place.Identifier(1), found, "Visite", nil, access.Key{Organisation: "Hub"}, now); err != nil {
		t.Fatal(err)
	}
	list := append(verdicts("confirme", "confirme", "confirme"), postgres.RegisterVerdict{Identifier: place.Identifier(99), Resultat: "confirme"})
	is("after a visit", save(day(-1), false, list), "confirme 1 contredit 0 unchanged 1 undecided 0 back 0 newer 1 gone 1", "NSS", 12)

	reasons := asked[string](t, url, `SELECT reasons::text FROM evidence WHERE seq = 2 ORDER BY evidence_id DESC LIMIT 1`)
	if reasons != `["Parce que confirme."]` {
		t.Errorf("reasons %s", reasons)
	}
	if _, err := c.SaveRegister(ctx, postgres.RegisterFindings{Source: "Liste", Preuve: "registre_label"}); err == nil {
		t.Error("a register without a date")
	}
}

func dayOf(at time.Time) place.Date {
	d, _ := place.NewDate(at.Year(), at.Month(), at.Day())
	return d
}
