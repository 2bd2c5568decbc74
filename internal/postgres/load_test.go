package postgres_test

import (
	"context"
	"fmt"
	"iter"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mednum/internal/place"
	"mednum/internal/postgres/pgtest"
)

// file is what a reader of a source's file hands over.
func file(records ...*place.Record) iter.Seq2[*place.Record, error] {
	return func(yield func(*place.Record, error) bool) {
		for _, r := range records {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func at(t testing.TB, latitude, longitude float64) place.Position {
	t.Helper()
	p, err := place.NewPosition(latitude, longitude)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func record(t testing.TB, n int) *place.Record {
	return &place.Record{
		Place: place.Place{
			ID: fmt.Sprintf("lieu-%d", n), Nom: fmt.Sprintf("Médiathèque n° %d", n), Commune: "Reims", CodePostal: "51100",
			Position: at(t, 49.25+float64(n)/1000, 4.03), Horaires: "Mo-Fr 09:00-12:00", Services: []string{"Accès internet et matériel informatique"},
			DateMaj: place.Date{Year: 2024, Month: 4, Day: 2},
		},
		Key: fmt.Sprintf("lieu-%d", n), Line: n + 1, Departement: "51",
		Raw: map[string]string{"id": fmt.Sprintf("lieu-%d", n)},
	}
}

func TestLoadThenFindThenGet(t *testing.T) {
	ctx := context.Background()
	c := pgtest.New(t)
	changes, err := c.Load(ctx, place.Load{Source: "Reims"}, file(record(t, 1), record(t, 2), record(t, 3)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(place.Changes{Added: 3}, changes); diff != "" {
		t.Fatal(diff)
	}
	var ids []string
	err = c.Find(ctx, place.Find{Near: at(t, 49.2521, 4.03), Limit: 10}, func(h place.Hit) error {
		p, pub, err := place.ParseFeature(h.Feature)
		if err != nil {
			return err
		}
		if pub.ID != h.ID || h.Distance <= 0 {
			t.Errorf("%s: %+v", h.ID, h)
		}
		ids = append(ids, p.ID)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"lieu-2", "lieu-3", "lieu-1"}, ids); diff != "" {
		t.Fatal(diff)
	}
	hit, err := c.Place(ctx, place.Identifier(1))
	if err != nil {
		t.Fatal(err)
	}
	if p, _, err := place.ParseFeature(hit.Feature); err != nil || p.ID != "lieu-1" {
		t.Fatal(p, err)
	}
}
