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
		publish(b, url, lenient(b), "2024-01-01")
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
		{"near20/niveau-E", func(i int) place.Find { return place.Find{Near: anywhere(i), Limit: 20, Niveau: []string{"E"}} }},
		{"near20/niveau-A", func(i int) place.Find { return place.Find{Near: anywhere(i), Limit: 20, Niveau: []string{"A"}} }},
		{"near20/score-50", func(i int) place.Find { return place.Find{Near: anywhere(i), Limit: 20, ScoreMin: 5000} }},
		{"near20/score-80", func(i int) place.Find { return place.Find{Near: anywhere(i), Limit: 20, ScoreMin: 8000} }},
		{"near20/socle", func(i int) place.Find {
			return place.Find{Near: anywhere(i), Limit: 20, Socle: place.Socle{Complete: true}}
		}},
		{"near20/socle-codes", func(i int) place.Find {
			return place.Find{Near: anywhere(i), Limit: 20, Socle: place.Socle{Codes: []string{"ACC-01", "CON-01"}}}
		}},
		{"near20/departement+niveau-B", func(i int) place.Find {
			return place.Find{Near: anywhere(i), Limit: 20, Departement: []string{"35"}, Niveau: []string{"B"}}
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
		{"departement+niveau-B", func(i int) place.Find {
			return place.Find{Departement: []string{"35"}, Niveau: []string{"B"}, Limit: 100}
		}},
		{"departement+niveau-A", func(i int) place.Find {
			return place.Find{Departement: []string{"35"}, Niveau: []string{"A"}, Limit: 100}
		}},
		{"niveau-A", func(i int) place.Find { return place.Find{Niveau: []string{"A"}, Limit: 100} }},
		{"score-80", func(i int) place.Find { return place.Find{ScoreMin: 8000, Limit: 100} }},
		{"score-99", func(i int) place.Find { return place.Find{ScoreMin: 9900, Limit: 100} }},
		{"bbox100/departement+niveau-A", func(i int) place.Find {
			return place.Find{BBox: around(i, 0.4), Limit: 100, Niveau: []string{"A"}}
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

// BenchmarkScore is a whole scoring of the census, of which a day changes much
// (another version's would change all of it) or nothing.
func BenchmarkScore(b *testing.B) {
	c := benchCensus(b)
	ctx := context.Background()
	for _, bench := range []struct {
		name  string
		years int
		dry   bool
	}{{"years-go-by", 1, false}, {"same-day", 0, false}, {"dry-run", 0, true}} {
		b.Run(bench.name, func(b *testing.B) {
			places := 0
			day := place.Date{Year: 2100, Month: 1, Day: 1}
			for b.Loop() {
				day.Year -= bench.years
				r, err := c.Rescore(ctx, postgres.RescoreOptions{Date: day, DryRun: bench.dry})
				if err != nil {
					b.Fatal(err)
				}
				places += r.Places
			}
			b.ReportMetric(float64(places)/b.Elapsed().Seconds(), "places/s")
		})
	}
	b.Run("verify", func(b *testing.B) {
		results := 0
		for b.Loop() {
			r, err := c.VerifyScores(ctx, nil)
			if err != nil || r.Different > 0 {
				b.Fatalf("%v %+v", err, r)
			}
			results += r.Results + r.History
		}
		b.ReportMetric(float64(results)/b.Elapsed().Seconds(), "results/s")
	})
	b.Run("population", func(b *testing.B) {
		for b.Loop() {
			if _, err := c.Population(ctx, 20_000); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkLoad is a file's way into an empty census, with and without a version
// in force.
func BenchmarkLoad(b *testing.B) {
	for _, scored := range []bool{false, true} {
		b.Run(map[bool]string{false: "unscored", true: "scored"}[scored], func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				url := pgtest.URL(b)
				if scored {
					publish(b, url, initial(b), "2024-01-01")
				}
				c := pgtest.Open(b, url, postgres.Options{})
				b.StartTimer()
				if _, err := c.Load(context.Background(), place.Load{Source: "banc d’essai"}, newGenerator(1).file(5000)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
