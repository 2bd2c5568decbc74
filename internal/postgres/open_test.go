package postgres_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"mednum/internal/hours"
	"mednum/internal/place"
	"mednum/internal/postgres/pgtest"
)

// The same wall clock everywhere, or the same instant: the judge is told where
// each place is.
func TestOpenIsJudgedWhereThePlaceIs(t *testing.T) {
	ctx := context.Background()
	c := pgtest.New(t)
	paris, reunion, unreadable, none := record(t, 1), record(t, 2), record(t, 3), record(t, 4)
	reunion.Departement, reunion.Position = "974", at(t, -21.1, 55.5)
	unreadable.Horaires, none.Horaires = "sur rendez-vous, ou pas", ""
	if _, err := c.Load(ctx, place.Load{Source: "test"}, file(paris, reunion, unreadable, none)); err != nil {
		t.Fatal(err)
	}
	if _, err := hours.Parse(paris.Horaires); err != nil {
		t.Fatal(err)
	}
	// Mo-Fr 09:00-12:00; 10:30 in Paris is 12:30 in Saint-Denis de la Réunion, in summer.
	tuesday := time.Date(2025, 7, 1, 10, 30, 0, 0, time.UTC)
	for _, test := range []struct {
		name   string
		moment place.Moment
		want   []int64
	}{
		{"wall clock", place.Moment{Time: tuesday, Local: true}, []int64{1, 2}},
		{"10:30 in Paris", place.Moment{Time: tuesday.Add(-2 * time.Hour)}, []int64{1}},
		{"10:30 in La Réunion", place.Moment{Time: tuesday.Add(-4 * time.Hour)}, []int64{2}},
		{"the last minute", place.Moment{Time: time.Date(2025, 7, 1, 11, 59, 59, 999, time.UTC), Local: true}, []int64{1, 2}},
		{"noon", place.Moment{Time: time.Date(2025, 7, 1, 12, 0, 0, 0, time.UTC), Local: true}, nil},
		{"Sunday", place.Moment{Time: time.Date(2025, 7, 6, 10, 30, 0, 0, time.UTC), Local: true}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got []int64
			for _, it := range pages(t, c, place.Find{OpenAt: &test.moment}, 10) {
				got = append(got, it.Seq)
			}
			if len(got) != len(test.want) {
				t.Fatal(got)
			}
			for i := range got {
				if got[i] != test.want[i] {
					t.Fatal(got)
				}
			}
		})
	}
}

// New places are judged at once, by readers who ask at the same time as others.
func TestOpenFollowsTheCensus(t *testing.T) {
	ctx := context.Background()
	c := pgtest.New(t)
	moment := &place.Moment{Time: time.Date(2025, 7, 1, 10, 30, 0, 0, time.UTC), Local: true}
	for n := 1; n <= 12; n++ {
		r := record(t, n)
		r.Horaires = fmt.Sprintf("Mo-Fr 08:%02d-12:00", n)
		if _, err := c.Load(ctx, place.Load{Source: "test", Partial: true}, file(r)); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				count := 0
				if err := c.Find(ctx, place.Find{OpenAt: moment, Limit: 100}, func(place.Hit) error { count++; return nil }); err != nil || count != n {
					t.Errorf("%d places open after %d: %v", count, n, err)
				}
			})
		}
		wg.Wait()
	}
}
