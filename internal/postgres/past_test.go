package postgres_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"mednum/internal/consultation"
	"mednum/internal/history"
	"mednum/internal/match"
	"mednum/internal/place"
	"mednum/internal/postgres"
)

// seen is all that a reader is told for a question.
func seen(ctx context.Context, c *postgres.Census, f place.Find) (string, error) {
	var b bytes.Buffer
	if f.Limit == 0 {
		f.Limit = 1000
	}
	err := c.Find(ctx, f, func(h place.Hit) error {
		fmt.Fprintf(&b, "%d %s %.3f %s %s\n", h.Seq, h.ID, h.Distance, h.Feature, h.Quality)
		return nil
	})
	return b.String(), err
}

// exported is the census as the CSV of the standard.
func exported(ctx context.Context, c *postgres.Census, asOf int64) (string, error) {
	out := place.AppendCSVHeader(nil)
	err := c.Find(ctx, place.Find{Limit: 10_000, AsOf: asOf}, func(h place.Hit) error {
		p, _, err := place.ParseFeature(h.Feature)
		p.ID = h.ID
		out = place.AppendCSV(out, &p)
		return err
	})
	return string(out), err
}

// picture is what the census answered at an instant, to several questions.
type picture struct {
	at       time.Time
	revision int64
	csv      string
	answers  []string
	places   map[int64]string // by number: what asking for the place answers
}

// questions are searches of every kind.
func questions(t testing.TB, n int) []place.Find {
	latitude, longitude := 43+float64(n%60)/10, -1+float64(n/60%60)/10
	noon := place.Moment{Time: time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC), Local: true}
	near := at(t, latitude, longitude)
	return []place.Find{
		{},
		{BBox: &place.BBox{West: longitude - 0.01, South: latitude - 0.01, East: longitude + 0.0013, North: latitude + 0.01}},
		{Near: near}, {Near: near, Radius: 120}, {Near: near, In: map[string][]string{"typologie": {"BIB", "RFS"}}},
		{Near: near, Limit: 2, OpenAt: &noon},
		{Q: "espace"}, {NoPosition: true}, {Departement: []string{"51"}}, {CodePostal: []string{fmt.Sprintf("51%03d", n%1000)}},
		{In: map[string][]string{"typologie": {"BIB"}}}, {OpenAt: &noon},
		{DateMaj: place.DateRange{From: place.Date{Year: 2024, Month: 5, Day: 2}}},
		{ScoreMin: 1}, {ScoreMin: 2500, Near: near}, {Niveau: []string{"A", "B", "C", "D", "E"}}, {Socle: place.Socle{Complete: true}},
		{Limit: 3}, {Limit: 3, After: place.Cursor{Seq: 2}},
	}
}

func photograph(t testing.TB, c *postgres.Census, n int, last int64) picture {
	t.Helper()
	ctx := context.Background()
	p := picture{places: map[int64]string{}}
	var err error
	if p.csv, err = exported(ctx, c, 0); err != nil {
		t.Fatal(err)
	}
	for _, f := range questions(t, n) {
		answer, err := seen(ctx, c, f)
		if err != nil {
			t.Fatal(err)
		}
		p.answers = append(p.answers, answer)
	}
	for seq := int64(1); seq <= last; seq++ {
		p.places[seq] = lookedUp(c.Place(ctx, place.Identifier(seq)))
	}
	return p
}

func lookedUp(h place.Hit, err error) string {
	for err != nil && errors.Unwrap(err) != nil {
		err = errors.Unwrap(err)
	}
	return fmt.Sprintf("%d %s %s %v", h.Seq, h.Feature, h.Quality, err)
}

// Random loads, edits by hand, joinings, splittings, withdrawals, scorings and
// corrections; after each, what people saw is kept. Later, the census as of each
// of those instants must answer the same, to the byte.
func TestAsOfAnyInstantEqualsWhatWasThen(t *testing.T) {
	ctx := context.Background()
	c, url := scoredCensus(t)
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(ctx) })
	// Each is some hundred statements.
	if checks := flag.Lookup("rapid.checks"); checks.Value.String() == checks.DefValue {
		t.Cleanup(func() { _ = checks.Value.Set(checks.DefValue) })
		_ = checks.Value.Set("15")
	}
	n := 0
	seenOps, filled := map[string]int{}, map[int]bool{}
	rapid.Check(t, func(rt *rapid.T) {
		n++
		w := &world{n: n}
		exec := func(sql string, args ...any) {
			if _, err := conn.Exec(ctx, sql, args...); err != nil {
				rt.Fatalf("%s: %v", sql, err)
			}
		}
		// What is asked may be impossible: a place that is gone, or is none.
		settled := func(err error) {
			for _, known := range []error{place.ErrNotFound, place.ErrGone, pgx.ErrNoRows} {
				if errors.Is(err, known) {
					return
				}
			}
			if err != nil && !errors.As(err, new(*place.Moved)) && !errors.As(err, new(*history.Refused)) && !errors.As(err, new(*consultation.Refusal)) {
				rt.Fatal(err)
			}
		}
		var last int64
		anyone := func() int64 {
			return rapid.Int64Range(max(last-12, 1), max(last, 1)).Draw(rt, "who")
		}
		var kept []picture
		for range rapid.IntRange(3, 9).Draw(rt, "steps") {
			op := rapid.SampledFrom([]string{"load", "load", "load", "load", "decide", "split", "sql", "sql", "score", "edit", "close", "rolled back", "delete"}).Draw(rt, "op")
			seenOps[op]++
			switch op {
			case "load":
				var records []*place.Record
				for _, key := range rapid.SliceOfNDistinct(rapid.IntRange(0, 5), 0, 5, rapid.ID).Draw(rt, "keys") {
					records = append(records, w.record(rt, key))
				}
				l := place.Load{Source: w.source(rapid.IntRange(0, 2).Draw(rt, "source")), AllowRemovals: true, Partial: rapid.IntRange(0, 2).Draw(rt, "partial") == 0}
				if _, err := c.Load(ctx, l, file(records...)); err != nil {
					rt.Fatal(err)
				}
			case "decide":
				rows, _ := conn.Query(ctx, `SELECT number FROM match_pairs ORDER BY number DESC LIMIT 4`)
				if numbers, err := pgx.CollectRows(rows, pgx.RowTo[int64]); err != nil {
					rt.Fatal(err)
				} else if len(numbers) > 0 {
					o := rapid.SampledFrom([]match.Outcome{match.Same, match.Different, match.Undecided}).Draw(rt, "outcome")
					_, err := c.Decide(ctx, rapid.SampledFrom(numbers).Draw(rt, "pair"), o, "Vu sur place, c’est certain.", matcherKey, time.Now())
					settled(err)
				}
			case "split":
				var lead, seq int64
				err := conn.QueryRow(ctx, `SELECT merged_into, seq FROM places WHERE merged_into IS NOT NULL ORDER BY seq DESC LIMIT 1`).Scan(&lead, &seq)
				if err == nil {
					err = c.Split(ctx, place.Identifier(lead), place.Identifier(seq), "Ce sont deux lieux, j’y suis allé.", matcherKey, time.Now())
				}
				settled(err)
			case "sql":
				exec(rapid.SampledFrom([]string{
					`UPDATE places SET shown = NOT shown WHERE seq = $1`,
					`UPDATE places SET position = ST_Translate(position, 0.0001, 0) WHERE seq >= $1`,
					`UPDATE features SET feature = replace(feature, 'Espace', 'Grand espace') WHERE seq >= $1`,
					`UPDATE scores SET published = published || ' ', score = 9000, niveau = 'A' WHERE seq = $1`,
					`UPDATE places SET search = ' espace', typologie = '{BIB}', departement = '51' WHERE seq = $1`,
					`UPDATE places SET changed_at = changed_at WHERE seq >= $1`,
					`UPDATE scores SET niveau = 'B', complete = true WHERE seq >= $1`,
					`UPDATE places SET position = NULL, position_precision = NULL WHERE seq >= $1 AND seq % 2 = 0`,
					`DELETE FROM scores WHERE seq = $1`,
				}).Draw(rt, "sql"), anyone())
			case "delete": // and back, in one transaction or two
				who := anyone()
				tx, err := conn.Begin(ctx)
				if err != nil {
					rt.Fatal(err)
				}
				for _, sql := range []string{
					`CREATE TEMP TABLE aside ON COMMIT DROP AS SELECT * FROM scores WHERE seq = $1`, `DELETE FROM scores WHERE seq = $1`,
					`INSERT INTO scores SELECT * FROM aside`, `UPDATE scores SET score = score + 1 WHERE seq = $1`} {
					args := []any{who}
					if !strings.Contains(sql, "$1") {
						args = nil
					}
					if strings.HasPrefix(sql, "CREATE") {
						sql, args = strings.Replace(sql, "$1", fmt.Sprint(who), 1), nil
					}
					if _, err := tx.Exec(ctx, sql, args...); err != nil {
						rt.Fatalf("%s: %v", sql, err)
					}
				}
				if err := tx.Commit(ctx); err != nil {
					rt.Fatal(err)
				}
			case "score":
				if _, err := c.Rescore(ctx, postgres.RescoreOptions{Date: place.Date{Year: 2025 + rapid.IntRange(0, 3).Draw(rt, "year"), Month: 3, Day: 1}}); err != nil {
					rt.Fatal(err)
				}
			case "edit":
				_, err := c.Edit(signedMarne(history.Correction, "Sur place."), history.Edit{ID: place.Identifier(anyone()), On: place.Date{Year: 2026, Month: 1, Day: 2},
					Cells: map[string]string{"nom": "Médiathèque " + fmt.Sprint(rapid.IntRange(0, 9).Draw(rt, "nom")), "horaires": "Mo-Fr 09:00-12:00"}})
				settled(err)
			case "close":
				_, err := c.ClosePlace(signedMarne(history.Closing, "Fermé."), place.Identifier(anyone()), 0, history.Closure{Since: place.Date{Year: 2026, Month: 1, Day: 1}, Reason: "Le lieu a fermé."})
				settled(err)
			case "rolled back":
				tx, err := conn.Begin(ctx)
				if err != nil {
					rt.Fatal(err)
				}
				if _, err := tx.Exec(ctx, `UPDATE features SET feature = 'rien'`); err != nil {
					rt.Fatal(err)
				}
				if _, err := tx.Exec(ctx, `SAVEPOINT s; UPDATE places SET shown = false; ROLLBACK TO s; UPDATE features SET feature = 'encore'`); err != nil {
					rt.Fatal(err)
				}
				if err := tx.Rollback(ctx); err != nil {
					rt.Fatal(err)
				}
			}
			if err := conn.QueryRow(ctx, `SELECT COALESCE(max(seq), 0) FROM places`).Scan(&last); err != nil {
				rt.Fatal(err)
			}
			p := photograph(t, c, n, last)
			if err := conn.QueryRow(ctx, `SELECT max(number), clock_timestamp() FROM revisions`).Scan(&p.revision, &p.at); err != nil {
				rt.Fatal(err)
			}
			kept = append(kept, p)
		}
		// What chance seldom brings, and what it becomes: every question finds something.
		for _, sql := range []string{
			`UPDATE places SET position = NULL, shown = true WHERE merged_into IS NULL AND seq > $1 - 6`,
			`UPDATE scores SET niveau = 'B', complete = true, score = 5000 WHERE seq > $1 - 6`,
			`UPDATE places SET shown = false WHERE seq > $1 - 6`,
		} {
			exec(sql, last)
			p := photograph(t, c, n, last)
			if err := conn.QueryRow(ctx, `SELECT max(number), clock_timestamp() FROM revisions`).Scan(&p.revision, &p.at); err != nil {
				rt.Fatal(err)
			}
			kept = append(kept, p)
		}
		for i, p := range kept {
			r, err := c.Instant(ctx, p.at)
			if err != nil || r.Number != p.revision {
				rt.Fatalf("instant %d: revision %d, not %d: %v", i, r.Number, p.revision, err)
			}
			csv, err := exported(ctx, c, r.Number)
			if err != nil {
				rt.Fatal(err)
			}
			if csv != p.csv {
				rt.Fatalf("export as of revision %d (-then +now):\n%s", r.Number, cmp.Diff(strings.Split(p.csv, "\n"), strings.Split(csv, "\n")))
			}
			for k, f := range questions(t, n) {
				f.AsOf = r.Number
				answer, err := seen(ctx, c, f)
				if err != nil {
					rt.Fatal(err)
				}
				if answer != "" {
					filled[k] = true
				}
				if answer != p.answers[k] {
					rt.Fatalf("question %d %+v as of revision %d (-then +now):\n%s", k, f, r.Number, cmp.Diff(strings.Split(p.answers[k], "\n"), strings.Split(answer, "\n")))
				}
			}
			for seq := range last + 1 {
				want, there := p.places[seq]
				if !there {
					want = lookedUp(place.Hit{}, place.ErrNotFound)
				}
				if got := lookedUp(c.PlaceAsOf(ctx, place.Identifier(seq), r.Number)); got != want {
					rt.Fatalf("place %d as of revision %d: %s, not %s", seq, r.Number, got, want)
				}
			}
		}
		exec(`UPDATE places SET shown = false WHERE shown`)
		exec(`DELETE FROM match_pairs`)
	})
	for k, f := range questions(t, 1) {
		// Records drawn at random rarely say enough for a confirmed level.
		if rare := len(f.Niveau) > 0 || f.Socle.Complete; !filled[k] && !rare {
			t.Errorf("nothing was ever found by %+v", f)
		}
	}
	for _, op := range []string{"load", "decide", "split", "sql", "score", "edit", "close"} {
		if seenOps[op] == 0 {
			t.Errorf("no %s ever: %v", op, slices.Sorted(maps.Keys(seenOps)))
		}
	}
}
