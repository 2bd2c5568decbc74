package postgres_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"mednum"
	"mednum/internal/intake"
	"mednum/internal/postgres"
	"mednum/internal/postgres/pgtest"
)

// What a deposit changes is listed as it was told, from any of them on, of all
// kinds or of one; and so it stays when the schema goes back and forth.
func TestTheChangesOfADepositAreListedAsTheyWereTold(t *testing.T) {
	ctx := t.Context()
	url := pgtest.URL(t)
	s := pgtest.Open(t, url, postgres.Options{}).Intake()
	now := time.Now()
	other := &intake.Kept{Deposit: intake.Deposit{Source: "autre", File: "a.csv", State: intake.Received, Created: now, Changed: now}}
	k := &intake.Kept{Deposit: intake.Deposit{Source: "essai", File: "b.csv", State: intake.Received, Created: now, Changed: now}}
	for _, k := range []*intake.Kept{other, k} {
		if err := s.CreateDeposit(ctx, k, strings.NewReader("nom\n"), intake.Step{At: now, State: intake.Received}, nil, ""); err != nil {
			t.Fatal(err)
		}
	}
	keep := func(k *intake.Kept, list []intake.Change) {
		t.Helper()
		w, err := s.ChangesOf(ctx, k.Number)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Discard()
		for _, c := range list {
			if err := w.Add(ctx, c); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Save(ctx, k, &intake.Step{At: now, State: intake.Received}, nil); err != nil {
			t.Fatal(err)
		}
	}
	var told []intake.Change
	tell := func(kind string, n int) {
		for range n {
			i := len(told)
			told = append(told, intake.Change{Kind: kind, Nom: fmt.Sprintf("Lieu « %d » \"\\,[", i), Lieu: "Reims", Line: i + 2,
				Fields: []intake.FieldChange{{Column: "nom", Before: "a", After: "b"}}[:i%2]})
		}
	}
	tell("ajoute", 1450)
	tell("modifie", 1)
	tell("ajoute", 199)
	for range 40 {
		tell("modifie", 1)
		tell("ajoute", 1)
	}
	tell("retire", 200)
	tell("doute", 201)
	keep(other, told[:3])
	keep(k, told[:700]) // forgotten: the next ones take their place
	keep(k, told)
	check := func() {
		t.Helper()
		for _, kind := range []string{"", "ajoute", "modifie", "retire", "doute", "revenu"} {
			var want []intake.Change
			for _, c := range told {
				if kind == "" || c.Kind == kind {
					want = append(want, c)
				}
			}
			for _, after := range []int{-1, 0, 1, 39, 199, 200, 201, 1449, 1450, 1451, 1649, 1700, len(want) - 1, len(want), len(want) + 1} {
				for _, limit := range []int{-1, 0, 1, 2, 200, 5000} {
					got, total, err := s.DepositChanges(ctx, k.Number, kind, after, limit)
					if err != nil || total != len(want) {
						t.Fatal(total, "instead of", len(want), err)
					}
					from := min(max(after, 0), len(want))
					some := want[from:min(from+max(limit, 0), len(want))]
					if !gocmp.Equal(got, some, cmpopts.EquateEmpty()) {
						t.Fatalf("%q after %d, %d at most: %s", kind, after, limit, gocmp.Diff(some, got, cmpopts.EquateEmpty()))
					}
				}
			}
		}
		if _, total, err := s.DepositChanges(ctx, other.Number, "", 0, 10); total != 3 || err != nil {
			t.Error("of the other deposit:", total, err)
		}
	}
	check()
	for _, direction := range []string{"down", "up"} {
		sql, err := mednum.Migrations.ReadFile("migrations/000013_speed." + direction + ".sql")
		if err != nil {
			t.Fatal(err)
		}
		run(t, url, string(sql))
	}
	check()
}
