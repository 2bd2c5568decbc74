package postgres_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"mednum/internal/place"
	"mednum/internal/postgres"
	"mednum/internal/postgres/pgtest"
)

// Whatever a census holds, a dry run tells all that the load then does, word for
// word, but the identifiers that nobody has yet; and leaves no trace. Profiles,
// blocks and keys that are not kept in memory change nothing.
func TestADryRunTellsWhatTheLoadDoes(t *testing.T) {
	ctx := context.Background()
	url := pgtest.URL(t)
	c := pgtest.Open(t, url, postgres.Options{})
	n := 0
	kinds, outer := map[string]int{}, t
	rapid.Check(t, func(t *rapid.T) {
		n++
		w := &world{n: n, limit: rapid.SampledFrom([]int{3, 60}).Draw(t, "limit")}
		c.BlockLimit(w.limit)
		defer postgres.Keep(rapid.SampledFrom([]int{4, 30_000}).Draw(t, "kept"))()
		last := map[string]map[string]place.Record{}
		for range rapid.IntRange(2, 4).Draw(t, "loads") {
			source := w.source(rapid.IntRange(0, 1).Draw(t, "source"))
			var file []place.Record
			now := map[string]place.Record{}
			for _, key := range rapid.SliceOfNDistinct(rapid.IntRange(1, 6), 0, 5, rapid.ID[int]).Draw(t, "keys") {
				r, was := last[source][fmt.Sprint(key)]
				if !was || rapid.Bool().Draw(t, "another") {
					r = *w.record(t, key)
				}
				r.Line = len(file) + 2
				file, now[r.Key] = append(file, r), r
			}
			last[source] = now
			known := map[string]bool{}
			for _, id := range asked[[]string](outer, url, `SELECT COALESCE(array_agg(identifier), '{}') FROM places JOIN sources USING (source_id) WHERE name LIKE '% ' || $1::text`, fmt.Sprint(n)) {
				known[id] = true
			}
			load := func(dry bool) (place.Changes, []place.LoadChange) {
				var told []place.LoadChange
				changes, err := c.Load(ctx, place.Load{Source: source, AllowRemovals: true, DryRun: dry, Told: func(l place.LoadChange) error {
					if !known[l.ID] {
						l.ID = ""
					}
					if !known[l.With] {
						l.With = ""
					}
					told = append(told, l)
					return nil
				}}, copies(file))
				if err != nil {
					t.Fatal(err)
				}
				slices.SortFunc(told, func(a, b place.LoadChange) int { return cmp.Compare(fmt.Sprintf("%+v", a), fmt.Sprintf("%+v", b)) })
				return changes, told
			}
			var before, after string
			look := func(s *string) {
				if n%8 == 1 { // it reads everything
					*s = asked[string](outer, url, traces)
				}
			}
			look(&before)
			changes, told := load(true)
			if look(&after); after != before {
				t.Fatalf("the dry run changed something: %s, after %s", after, before)
			}
			done, did := load(false)
			if diff := gocmp.Diff(done, changes); diff != "" {
				t.Fatal("the load (-) and its dry run (+):", diff)
			}
			if diff := gocmp.Diff(did, told); diff != "" {
				t.Fatal("the load (-) and its dry run (+):", diff)
			}
			for _, l := range did {
				kinds[l.Kind]++
			}
		}
	})
	for _, kind := range []string{place.LoadAdded, place.LoadChanged, place.LoadWithdrawn, place.LoadRestored, place.LoadMerged, place.LoadDoubtful} {
		if kinds[kind] == 0 {
			t.Errorf("never told: %s", kind)
		}
	}
}

// traces is what a load cannot but change.
const traces = `
	SELECT concat_ws(' ', (SELECT data FROM data_version), (SELECT count(*) FROM places), (SELECT last_value FROM places_seq), (SELECT count(*) FROM sources), (SELECT count(*) FROM hours),
		(SELECT sum(hashtextextended(p::text, 0)) FROM places p), (SELECT sum(hashtextextended(f::text, 0)) FROM features f), (SELECT sum(hashtextextended(r::text, 0)) FROM records r),
		(SELECT sum(hashtextextended(m::text, 0)) FROM members m), (SELECT sum(hashtextextended(k::text, 0)) FROM match_keys k), (SELECT sum(hashtextextended(p::text, 0)) FROM match_pairs p))`

// What a dry run found is only told: the census may change before the load.
func TestALoadComparesWithTheCensusOfItsOwnTime(t *testing.T) {
	ctx := context.Background()
	c := pgtest.New(t)
	load := func(source string, dry bool, want place.Changes, records ...*place.Record) {
		t.Helper()
		got, err := c.Load(ctx, place.Load{Source: source, DryRun: dry, AllowRemovals: true}, file(records...))
		if diff := gocmp.Diff(want, got); err != nil || diff != "" {
			t.Fatal(err, diff)
		}
	}
	elsewhere := record(t, 9)
	elsewhere.Nom, elsewhere.Commune, elsewhere.CodePostal, elsewhere.Departement, elsewhere.Key = "Mairie", "Brest", "29200", "29", "lieu-1"
	elsewhere.Position = at(t, 48.39, -4.48)
	load("Reims", true, place.Changes{Added: 1}, record(t, 1))
	load("Épernay", false, place.Changes{Added: 1}, record(t, 1))
	load("Reims", false, place.Changes{Added: 1, Merged: 1}, record(t, 1))

	load("Ay", true, place.Changes{Added: 1, Merged: 1}, record(t, 1))
	load("Épernay", false, place.Changes{Changed: 1}, elsewhere)
	load("Reims", false, place.Changes{Changed: 1, Merged: 1}, elsewhere)
	load("Ay", false, place.Changes{Added: 1}, record(t, 1))
}
