package postgres_test

import (
	"context"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"mednum/internal/place"
	"mednum/internal/postgres"
	"mednum/internal/postgres/pgtest"
)

// benchCensus is a census of MEDNUM_BENCH_PLACES generated places (20,000 unless
// told). With MEDNUM_BENCH_DATABASE, an address, they are kept there from one
// run to the next: a million takes minutes to load.
func benchCensus(b *testing.B) *postgres.Census {
	b.Helper()
	n := 20_000
	if s := os.Getenv("MEDNUM_BENCH_PLACES"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			b.Fatalf("MEDNUM_BENCH_PLACES: %v", err)
		}
	}
	ctx := context.Background()
	url := os.Getenv("MEDNUM_BENCH_DATABASE")
	if url == "" {
		url = pgtest.URL(b)
	} else if err := postgres.Migrate(ctx, url); err != nil {
		b.Fatal(err)
	}
	c := pgtest.Open(b, url, postgres.Options{AppName: "mednum bench", MaxConns: 4})
	count := 0
	if err := c.Find(ctx, place.Find{Limit: 1}, func(place.Hit) error { count++; return nil }); err != nil {
		b.Fatal(err)
	}
	if count == 0 {
		begin := time.Now()
		changes, err := c.Load(ctx, place.Load{Source: "banc d’essai"}, newGenerator(1).file(n))
		if err != nil {
			b.Fatal(err)
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		b.Logf("loaded %d places in %s, %d MB from the system", changes.Added, time.Since(begin).Round(time.Millisecond), m.Sys>>20)
	}
	return c
}

func BenchmarkFind(b *testing.B) {
	c := benchCensus(b)
	ctx := context.Background()
	g := newGenerator(1)
	anywhere := func(i int) place.Position {
		t := g.towns[i*7919%3000]
		return at(b, t.latitude+float64(i%100)/1000, t.longitude)
	}
	around := func(i int, degrees float64) *place.BBox {
		p := anywhere(i)
		return &place.BBox{West: p.Longitude() - degrees, East: p.Longitude() + degrees, South: p.Latitude() - degrees, North: p.Latitude() + degrees}
	}
	workday := &place.Moment{Time: time.Date(2025, 3, 4, 10, 0, 0, 0, time.UTC), Local: true}
	sunday := &place.Moment{Time: time.Date(2025, 3, 2, 3, 30, 0, 0, time.UTC), Local: true}
	for _, bench := range []struct {
		name string
		find func(i int) place.Find
	}{
		{"near20", func(i int) place.Find { return place.Find{Near: anywhere(i), Limit: 20} }},
		{"near20/common", func(i int) place.Find {
			return place.Find{Near: anywhere(i), Limit: 20, In: map[string][]string{"services": {"Aide aux démarches administratives"}}}
		}},
		{"near20/rare", func(i int) place.Find {
			return place.Find{Near: anywhere(i), Limit: 20, In: map[string][]string{"formations_labels": {"SUD LABS (PACA)"}}}
		}},
		{"near20/common+common", func(i int) place.Find {
			return place.Find{Near: anywhere(i), Limit: 20, In: map[string][]string{"services": {"Aide aux démarches administratives"}, "frais_a_charge": {"Gratuit"}}}
		}},
		{"near20/far", func(i int) place.Find {
			return place.Find{Near: anywhere(i), Limit: 20, Departement: []string{"988"}}
		}},
		{"near20/departement", func(i int) place.Find {
			return place.Find{Near: anywhere(i), Limit: 20, Departement: []string{"35"}}
		}},
		{"near20/radius", func(i int) place.Find { return place.Find{Near: anywhere(i), Limit: 20, Radius: 10_000} }},
		{"near20/radius+rare", func(i int) place.Find {
			return place.Find{Near: anywhere(i), Limit: 20, Radius: 20_000, In: map[string][]string{"formations_labels": {"SUD LABS (PACA)"}}}
		}},
		{"near20/open", func(i int) place.Find { return place.Find{Near: anywhere(i), Limit: 20, OpenAt: workday} }},
		{"near20/hardly-open", func(i int) place.Find { return place.Find{Near: anywhere(i), Limit: 20, OpenAt: sunday} }},
		{"near20/q", func(i int) place.Find { return place.Find{Near: anywhere(i), Limit: 20, Q: "mediatheque"} }},
		{"near20/deep", func(i int) place.Find {
			return place.Find{Near: anywhere(i), Limit: 20, After: place.Cursor{Distance: 100_000, ID: ""}}
		}},
		{"bbox100/town", func(i int) place.Find { return place.Find{BBox: around(i, 0.05), Limit: 100} }},
		{"bbox100/departement", func(i int) place.Find { return place.Find{BBox: around(i, 0.4), Limit: 100} }},
		{"bbox100/region", func(i int) place.Find { return place.Find{BBox: around(i, 2), Limit: 100} }},
		{"bbox100/world", func(i int) place.Find {
			return place.Find{BBox: &place.BBox{West: -180, South: -90, East: 180, North: 90}, Limit: 100}
		}},
		{"bbox100/departement+rare", func(i int) place.Find {
			return place.Find{BBox: around(i, 0.4), Limit: 100, In: map[string][]string{"formations_labels": {"SUD LABS (PACA)"}}}
		}},
		{"bbox100/region+common", func(i int) place.Find {
			return place.Find{BBox: around(i, 2), Limit: 100, In: map[string][]string{"services": {"Aide aux démarches administratives"}}}
		}},
		{"q/rare", func(i int) place.Find { return place.Find{Q: "ville-" + strconv.Itoa(500+i%2000), Limit: 100} }},
		{"q/common", func(i int) place.Find { return place.Find{Q: "mediatheque", Limit: 100} }},
		{"q/none", func(i int) place.Find { return place.Find{Q: "zzzyx", Limit: 100} }},
		{"q/short", func(i int) place.Find { return place.Find{Q: "zz", Limit: 100} }},
		{"departement", func(i int) place.Find { return place.Find{Departement: []string{"35"}, Limit: 100} }},
		{"departement/deep", func(i int) place.Find {
			return place.Find{Departement: []string{"35"}, Limit: 100, After: place.Cursor{Seq: 15_000}}
		}},
		{"rare", func(i int) place.Find {
			return place.Find{In: map[string][]string{"formations_labels": {"SUD LABS (PACA)"}}, Limit: 100}
		}},
		{"date_maj", func(i int) place.Find {
			return place.Find{DateMaj: place.DateRange{From: place.Date{Year: 2024, Month: 12, Day: 28}}, Limit: 100}
		}},
		{"open", func(i int) place.Find { return place.Find{OpenAt: workday, Limit: 100} }},
		{"hardly-open", func(i int) place.Find { return place.Find{OpenAt: sunday, Limit: 100} }},
		{"all100", func(i int) place.Find { return place.Find{Limit: 100} }},
		{"all", func(i int) place.Find { return place.Find{Limit: 20_000} }},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			found := 0
			i := 0
			for b.Loop() {
				i++
				err := c.Find(ctx, bench.find(i), func(place.Hit) error { found++; return nil })
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(found)/float64(b.N), "places/op")
		})
	}
	b.Run("one", func(b *testing.B) {
		b.ReportAllocs()
		i := int64(0)
		for b.Loop() {
			i++
			if _, err := c.Place(ctx, place.Identifier(1+i*7919%10_000)); err != nil {
				b.Fatal(err)
			}
		}
	})
}
