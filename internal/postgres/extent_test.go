package postgres_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mednum/internal/place"
	"mednum/internal/postgres/pgtest"
)

func TestExtentFollowsTheCensus(t *testing.T) {
	ctx := context.Background()
	c := pgtest.New(t)
	if box, dates, err := c.PlacesExtent(ctx); box != nil || dates != (place.DateRange{}) || err != nil {
		t.Fatal(box, dates, err)
	}
	later := record(t, 2)
	later.DateMaj.Year = 2025
	lost := record(t, 3)
	lost.Position, lost.DateMaj = place.Position{}, place.Date{}
	gone := record(t, 50)
	if _, err := c.Load(ctx, place.Load{Source: "test"}, file(record(t, 1), later, lost, gone)); err != nil {
		t.Fatal(err)
	}
	if n, made, err := c.CountPlaces(ctx); n != 4 || made != 0 || err != nil {
		t.Fatal(n, made, err)
	}
	if _, err := c.Load(ctx, place.Load{Source: "test"}, file(record(t, 1), later, lost)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Load(ctx, place.Load{Source: "made up", Demonstration: true}, file(record(t, 1))); err != nil {
		t.Fatal(err)
	}
	if n, made, err := c.CountPlaces(ctx); n != 4 || made != 1 || err != nil {
		t.Fatal(n, made, err)
	}
	if _, err := c.Load(ctx, place.Load{Source: "made up", Demonstration: true, AllowRemovals: true}, file()); err != nil {
		t.Fatal(err)
	}
	if n, made, err := c.CountPlaces(ctx); n != 3 || made != 0 || err != nil {
		t.Fatal(n, made, err)
	}
	box, dates, err := c.PlacesExtent(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&place.BBox{West: 4.03, South: 49.251, East: 4.03, North: 49.252}, box); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(place.DateRange{From: record(t, 1).DateMaj, To: later.DateMaj}, dates); diff != "" {
		t.Error(diff)
	}
}
