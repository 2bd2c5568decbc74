package postgres_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"mednum/internal/access"
	"mednum/internal/history"
	"mednum/internal/match"
	"mednum/internal/place"
	"mednum/internal/postgres"
	"mednum/internal/postgres/pgtest"
)

// amendment is what the model knows of a correction: of a column of a record.
type amendment struct {
	seq               int64
	column, cell, was string
	back              bool
}

// amendedWorld is a world whose places people correct too.
type amendedWorld struct {
	*world
	records    []knownRecord
	said       map[[2]int64]match.Outcome
	amendments []amendment // in order
	closings   []amendment // cell "oui" or "non"
	snapshots  []snapshot
}

// snapshot is what a place was after a revision.
type snapshot struct {
	seq, revision int64
	place         place.Place
}

// last is the last word on a column of any of some records.
func (w *amendedWorld) last(seqs []int64, column string) (a amendment, ok bool) {
	for _, one := range w.amendments {
		if one.column == column && slices.Contains(seqs, one.seq) {
			a, ok = one, true
		}
	}
	return a, ok && !a.back
}

// overlay says of a record what people said last, as simply as can be.
func (w *amendedWorld) overlay(seqs []int64, r *place.Record) (closed bool) {
	before := r.DateMaj
	moved, pointed := false, false
	for i := range place.Columns {
		c := &place.Columns[i]
		a, ok := w.last(seqs, c.Name)
		if !ok {
			continue
		}
		switch c.Name {
		case "date_maj":
			was, _ := place.ParseDate(a.was)
			said, _ := place.ParseDate(a.cell)
			if before.Compare(was) <= 0 || before.Compare(said) <= 0 {
				r.DateMaj = said
			}
		case "latitude":
			b, _ := w.last(seqs, "longitude")
			pointed = true
			r.Precision = ""
			if r.SayPosition(a.cell, b.cell); r.Position.Known() {
				r.Precision = place.Given
			}
		case "longitude":
		default:
			c.Say(&r.Place, a.cell)
			moved = moved || len(place.Together(c.Name)) == 5
		}
	}
	if moved || pointed {
		r.Approximate = place.Position{} // no territories here: nobody knows where the commune is
	}
	shut := false
	for _, one := range w.closings {
		if slices.Contains(seqs, one.seq) {
			shut = one.cell == "oui"
		}
	}
	return shut
}

// model is a place by its records alone, and with what people say.
func (w *amendedWorld) model(seqs []int64) (said, now place.Place) {
	var members []match.Member
	for _, k := range w.records {
		if slices.Contains(seqs, k.seq) {
			members = append(members, match.Member{
				Side: match.Side{ID: place.Identifier(k.seq), Source: k.source, Key: k.record.Key, Withdrawn: k.withdrawn, Record: &k.record}, Seq: k.seq,
			})
		}
	}
	r := match.Merge(members).Record
	said = r.Place
	w.overlay(seqs, &r)
	return said, r.Place
}

func cellsIn(p *place.Place) map[string]string {
	cells := map[string]string{}
	for i := range place.Columns {
		cells[place.Columns[i].Name] = place.Columns[i].Said(p)
	}
	return cells
}

// write keeps in the model the columns that a place says otherwise than now.
func (w *amendedWorld) write(p publicPlace, said, now *place.Place, target map[string]string, restoring bool) bool {
	was, is := cellsIn(said), cellsIn(now)
	changed := map[string]bool{}
	for name, cell := range target {
		if is[name] != cell {
			for _, other := range place.Together(name) {
				changed[other] = true
			}
		}
	}
	for i := range place.Columns {
		name := place.Columns[i].Name
		if !changed[name] {
			continue
		}
		a := amendment{seq: p.Lead, column: name, cell: is[name], was: was[name]}
		if cell, ok := target[name]; ok {
			a.cell = cell
		}
		if restoring && !slices.ContainsFunc(place.Together(name), func(other string) bool { return was[other] != target[other] }) {
			a.back = true
		}
		w.amendments = append(w.amendments, a)
	}
	return len(changed) > 0
}

// drawn is what somebody writes in a place.
func drawnCells(t *rapid.T, w *world) map[string]string {
	cells := map[string]string{}
	maybe := func(name string, of ...string) {
		if rapid.IntRange(0, 3).Draw(t, name+"?") == 0 {
			cells[name] = rapid.SampledFrom(of).Draw(t, name)
		}
	}
	maybe("nom", "Tiers-lieu", "Espace numérique 1", "CCAS")
	maybe("telephone", "", "+33326770000", "+33326880000")
	maybe("horaires", "", "Mo-Fr 09:00-12:00", "Sa 14:00-18:00")
	maybe("services", "", "Accès internet et matériel informatique", "Utilisation sécurisée du numérique|Insertion professionnelle via le numérique")
	maybe("adresse", "1 rue de l’Église", "9 rue Neuve", "")
	maybe("complement_adresse", "", "Bâtiment B")
	maybe("publics_specifiquement_adresses", "", place.Everybody, "Jeunes")
	maybe("presentation_resume", "", "Ouvert à tous.")
	if rapid.IntRange(0, 3).Draw(t, "point?") == 0 {
		at := rapid.SampledFrom([]string{"", "46.5 2.5", "47.25 3.125"}).Draw(t, "point")
		cells["latitude"], cells["longitude"] = "", ""
		if at != "" {
			fmt.Sscan(at, new(float64), new(float64))
			var a, b string
			fmt.Sscan(at, &a, &b)
			cells["latitude"], cells["longitude"] = a, b
		}
	}
	return cells
}

// Whatever is loaded, withdrawn, corrected, confirmed, closed, opened, restored,
// taken back, joined or split, in two worlds at once and in whatever order: each
// place is what its own records and its own people's words make of it.
func TestCorrectionsDependOnTheirPlaceOnly(t *testing.T) {
	ctx := context.Background()
	url := pgtest.URL(t)
	c := pgtest.Open(t, url, postgres.Options{})
	publish(t, url, initial(t), "2020-01-01")
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	sign := func(cause history.Cause) context.Context {
		return history.With(ctx, history.By(access.Key{ID: "hub", Role: access.Hub, Organisation: "Hub d’essai", Siren: "200067213"}, cause, "essai"))
	}
	steps := []string{"split", "load", "edit", "restore", "load", "edit", "reopen", "reopen", "decide", "back", "close", "edit", "confirm", "load", "restore"}
	n := 0
	done := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		var worlds [2]*amendedWorld
		for i := range worlds {
			n++
			w := &amendedWorld{world: &world{n: n, limit: 60}, said: map[[2]int64]match.Outcome{}}
			w.amend = w.overlay
			worlds[i] = w
		}
		c.BlockLimit(60)
		// rapid draws the first of a list far more often: steps come from a seed.
		at := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), uint64(n)))
		revision := func() (r int64) {
			if err := conn.QueryRow(ctx, `SELECT max(number) FROM revisions`).Scan(&r); err != nil {
				t.Fatal(err)
			}
			return r
		}
		// One world first has a corrected place joined by another source's record.
		begin := []string{"load", "edit", "load"}
		for i := range 10 {
			w := worlds[at.IntN(2)]
			if i < len(begin) {
				w = worlds[0]
			}
			places, _ := w.places(t, conn)
			shown := slices.DeleteFunc(slices.Clone(places), func(p publicPlace) bool { return !p.Shown })
			hidden := slices.DeleteFunc(slices.Clone(places), func(p publicPlace) bool { return p.Shown })
			step := steps[at.IntN(len(steps))]
			if i < len(begin) {
				step = begin[i]
			}
			if len(shown) == 0 && step != "reopen" {
				step = "load"
			}
			if len(w.records) == 0 {
				step = "load" // something of the first source, which the second may have too
			}
			var p publicPlace
			var id string
			if len(shown) > 0 {
				p = shown[at.IntN(len(shown))]
				if step == "split" { // the one that can be
					p = slices.MaxFunc(shown, func(a, b publicPlace) int { return len(a.Members) - len(b.Members) })
				}
				id = place.Identifier(p.Lead)
			}
			said, now := w.model(p.Members)
			on := place.Date{Year: 2024, Month: 5, Day: rapid.IntRange(1, 4).Draw(t, "on")}
			must := func(err error) {
				if err != nil {
					t.Fatalf("%s %s: %v", step, id, err)
				}
			}
			switch step {
			case "load":
				from, least := at.IntN(2), 0
				if len(w.records) == 0 {
					from, least = 0, 2
				} else if i < len(begin) {
					from, least = 1, 3
				}
				source := w.source(from)
				var file []place.Record
				for _, key := range at.Perm(3)[:max(least, at.IntN(4))] {
					i := slices.IndexFunc(w.records, func(k knownRecord) bool { return k.source == source && k.record.Key == fmt.Sprint(key) })
					switch {
					case i >= 0 && rapid.Bool().Draw(t, "as it was"):
						file = append(file, w.records[i].record)
					default:
						r := w.record(t, key)
						if at.IntN(5) > 0 { // any source says of it what tells it from others
							r.Nom, r.Adresse, r.Telephone = fmt.Sprintf("Espace numérique %d", key), fmt.Sprintf("%d rue de l’Église", key), fmt.Sprintf("+333%04d%04d", w.n, key)
							r.Courriels, r.Pivot = []string{fmt.Sprintf("lieu%d@essai-%d.fr", key, w.n)}, ""
							r.Position, _ = place.NewPosition(43+float64(w.n%60)/10, -1+float64(w.n/60%60)/10+float64(key)*0.0006)
							r.Precision, r.Approximate = place.Given, place.Position{}
						}
						file = append(file, *r)
					}
				}
				_, err := c.Load(ctx, place.Load{Source: source, AllowRemovals: true}, copies(file))
				must(err)
				_, seqs := w.places(t, conn)
				for i := range w.records {
					w.records[i].withdrawn = w.records[i].withdrawn || w.records[i].source == source
				}
				for _, r := range file {
					i := slices.IndexFunc(w.records, func(k knownRecord) bool { return k.source == source && k.record.Key == r.Key })
					if i < 0 {
						w.records = append(w.records, knownRecord{seq: seqs[source+"|"+r.Key], source: source})
						i = len(w.records) - 1
					}
					w.records[i].record, w.records[i].withdrawn = r, false
				}
				slices.SortFunc(w.records, func(a, b knownRecord) int { return int(a.seq - b.seq) })
			case "edit":
				cells := drawnCells(t, w.world)
				_, err := c.Edit(sign(history.Correction), history.Edit{ID: id, Cells: cells, On: on})
				must(err)
				asked := map[string]string{}
				is := cellsIn(&now)
				for name, cell := range cells {
					if is[name] != cell {
						asked[name] = cell
					}
				}
				if len(asked) > 0 {
					if on.Compare(now.DateMaj) > 0 {
						asked["date_maj"] = on.String()
					}
					w.write(p, &said, &now, asked, false)
				}
			case "confirm":
				_, err := c.Confirm(sign(history.Confirmation), id, on)
				must(err)
				if on.Compare(now.DateMaj) > 0 {
					w.write(p, &said, &now, map[string]string{"date_maj": on.String()}, false)
				}
			case "close":
				_, err := c.ClosePlace(sign(history.Closing), id, 0, history.Closure{Since: on})
				must(err)
				w.closings = append(w.closings, amendment{seq: p.Lead, cell: "oui"})
			case "reopen":
				if len(hidden) == 0 {
					continue
				}
				p = rapid.SampledFrom(hidden).Draw(t, "hidden place")
				if _, err := c.Reopen(sign(history.Reopening), place.Identifier(p.Lead), 0); err == nil {
					w.closings = append(w.closings, amendment{seq: p.Lead, cell: "non"})
				}
			case "restore":
				former := slices.DeleteFunc(slices.Clone(w.snapshots), func(s snapshot) bool { return s.seq != p.Lead })
				if len(former) == 0 {
					continue
				}
				s := rapid.SampledFrom(former).Draw(t, "snapshot")
				_, err := c.Restore(sign(history.Restoration), id, s.revision, 0, on)
				must(err)
				w.write(p, &said, &now, cellsIn(&s.place), true)
				if _, now := w.model(p.Members); !cmp.Equal(cellsIn(&now), cellsIn(&s.place)) {
					t.Fatal("the model does not restore")
				}
				hit, err := c.Place(ctx, id)
				must(err)
				restored, _, err := place.ParseFeature(hit.Feature)
				must(err)
				if diff := cmp.Diff(cellsIn(&s.place), cellsIn(&restored)); diff != "" {
					t.Fatal("restored:", diff)
				}
			case "back":
				columns := rapid.SampledFrom([][]string{nil, {"nom"}, {"horaires", "telephone"}, {"adresse"}, {"longitude"}, {"date_maj"}}).Draw(t, "columns")
				_, err := c.TakeBack(sign(history.Restoration), id, 0, columns)
				must(err)
				asked := map[string]bool{}
				for _, name := range columns {
					for _, other := range place.Together(name) {
						asked[other] = true
					}
				}
				left := false
				var back []amendment
				for i := range place.Columns {
					name := place.Columns[i].Name
					if _, ok := w.last(p.Members, name); !ok || name == "date_maj" {
						continue
					}
					if len(columns) > 0 && !asked[name] {
						left = true
						continue
					}
					back = append(back, amendment{seq: p.Lead, column: name, back: true})
				}
				if _, ok := w.last(p.Members, "date_maj"); ok && (asked["date_maj"] || !left) {
					back = append(back, amendment{seq: p.Lead, column: "date_maj", back: true})
				}
				w.amendments = append(w.amendments, back...)
			case "decide":
				var pairs [][3]int64
				rows, err := conn.Query(ctx, `
					SELECT number, a, b FROM match_pairs m JOIN places p ON p.seq = m.a JOIN sources USING (source_id)
					WHERE name LIKE '% ' || $1::text ORDER BY a, b`, fmt.Sprint(w.n))
				must(err)
				var pair [3]int64
				_, err = pgx.ForEachRow(rows, []any{&pair[0], &pair[1], &pair[2]}, func() error { pairs = append(pairs, pair); return nil })
				must(err)
				if len(pairs) == 0 {
					continue
				}
				pair = rapid.SampledFrom(pairs).Draw(t, "pair")
				o := rapid.SampledFrom([]match.Outcome{match.Same, match.Same, match.Different}).Draw(t, "outcome")
				_, err = c.Decide(ctx, pair[0], o, "", matcherKey, time.Now())
				must(err)
				w.said[[2]int64(pair[1:])] = o
			case "split":
				if len(p.Members) == 1 {
					continue
				}
				out := rapid.SampledFrom(p.Members).Draw(t, "record")
				must(c.Split(ctx, id, place.Identifier(out), "", matcherKey, time.Now()))
				for _, seq := range p.Members {
					if seq != out {
						w.said[[2]int64{min(seq, out), max(seq, out)}] = match.Different
					}
				}
			}
			done[step]++
			for _, w := range worlds {
				got, _ := w.places(t, conn)
				want := w.expected(w.records, w.said)
				for i := range want {
					if want[i].Feature = withoutDate(want[i].Feature); !want[i].Shown && i < len(got) {
						got[i].Feature, want[i].Feature = "", ""
					}
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Fatalf("after %s, the model (-) and the census (+): %s", step, diff)
				}
			}
			r := revision()
			for _, p := range w.expected(w.records, w.said) {
				if p.Shown {
					_, now := w.model(p.Members)
					w.snapshots = append(w.snapshots, snapshot{p.Lead, r, now})
				}
			}
		}
		if rapid.IntRange(0, 9).Draw(t, "all again") == 0 {
			if report, err := c.MatchAll(ctx, false, nil); err != nil || report.Changed > 0 {
				t.Fatalf("comparing all again: %+v %v", report, err)
			}
		}
	})
	for _, step := range []string{"load", "edit", "confirm", "close", "reopen", "restore", "back", "decide", "split"} {
		if done[step] == 0 {
			t.Errorf("%s: never", step)
		}
	}
	again, err := c.Rescore(ctx, postgres.RescoreOptions{DryRun: true})
	if err != nil || again.New+again.Changed > 0 {
		t.Errorf("scoring all again: %+v %v", again, err)
	}
	for _, sql := range []string{
		`SELECT count(*)::int FROM scores JOIN places USING (seq) WHERE NOT shown`,
		`SELECT count(*)::int FROM places LEFT JOIN scores s USING (seq) WHERE shown AND s.seq IS NULL`,
		// A row is in members when others have it as merged_into, or somebody said
		// something of it that counts.
		`WITH amended AS (
			SELECT seq FROM (SELECT DISTINCT ON (seq, field) seq, back FROM corrections ORDER BY seq, field, correction_id DESC) AS k WHERE NOT back
			UNION SELECT seq FROM (SELECT DISTINCT ON (seq) seq, closed FROM closures ORDER BY seq, closure_id DESC) AS x WHERE closed
		), led AS (
			SELECT merged_into AS seq FROM places WHERE merged_into IS NOT NULL
			UNION SELECT seq FROM amended JOIN places USING (seq) WHERE merged_into IS NULL
		) SELECT count(*)::int FROM members m FULL JOIN led l USING (seq) WHERE m.seq IS NULL OR l.seq IS NULL`,
	} {
		if n := asked[int](t, url, sql); n != 0 {
			t.Errorf("%d: %s", n, sql)
		}
	}
	if n := asked[int](t, url, `SELECT count(*)::int FROM corrections c WHERE EXISTS (SELECT FROM places p WHERE p.merged_into = c.seq OR p.seq = c.seq AND p.merged_into IS NOT NULL)`); n == 0 {
		t.Error("no corrected record joined a place")
	}
}
