package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"mednum/internal/place"
	"mednum/internal/postgres"
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

// state is everything that a load may touch, as text: equal means untouched.
func state(t testing.TB, url string) map[string]string {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	all := map[string]string{}
	for _, table := range []string{"places", "features", "records", "sources", "refused_rows", "hours", "data_version",
		"scores", "results", "score_history", "ecarts_commune", "declarations", "evidence", "members", "match_keys", "match_values", "match_rules", "match_pairs", "match_decisions"} {
		var text string
		err := conn.QueryRow(ctx, `SELECT COALESCE(string_agg(x::text, E'\n' ORDER BY x::text COLLATE "C"), '') FROM `+table+` x`).Scan(&text)
		if err != nil {
			t.Fatal(err)
		}
		all[table] = text
	}
	return all
}

func TestLoadLifeCycle(t *testing.T) {
	ctx := context.Background()
	url := pgtest.URL(t)
	c := pgtest.Open(t, url, postgres.Options{})
	refused := record(t, 9)
	refused.Nom = ""
	refused.Findings = []place.Finding{{Severity: place.Blocking, Code: "nom_manquant", Field: "nom", Line: 10, Message: "Le nom manque."}}
	version := func() int64 {
		t.Helper()
		v, _, err := c.Versions(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	load := func(l place.Load, want place.Changes, bump int64, records ...*place.Record) {
		t.Helper()
		l.Source = "Reims"
		before := version()
		dry := l
		dry.DryRun = true
		was := state(t, url)
		told, err := c.Load(ctx, dry, file(records...))
		if diff := cmp.Diff(want, told); err != nil || diff != "" {
			t.Fatal("dry run:", err, diff)
		}
		if diff := cmp.Diff(was, state(t, url)); diff != "" {
			t.Fatal("the dry run changed something:", diff)
		}
		got, err := c.Load(ctx, l, file(records...))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Fatal(err, diff)
		}
		if v := version(); v != before+bump {
			t.Fatalf("version %d after %d", v, before)
		}
		// The same again.
		was = state(t, url)
		if _, err := c.Load(ctx, l, file(records...)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(was, state(t, url)); diff != "" {
			t.Fatal("the same file again changed something:", diff)
		}
	}
	three := func() []*place.Record { return []*place.Record{record(t, 1), record(t, 2), record(t, 3)} }

	load(place.Load{}, place.Changes{Added: 3, Refused: 1}, 1, append(three(), refused)...)
	first, err := c.Place(ctx, place.Identifier(1))
	if err != nil {
		t.Fatal(err)
	}

	// Rows move in the file: nothing new.
	moved := three()
	for _, r := range moved {
		r.Line += 100
	}
	load(place.Load{}, place.Changes{Unchanged: 3, Refused: 1}, 0, append(moved, refused)...)

	// No longer refused, nor there.
	load(place.Load{}, place.Changes{Unchanged: 3}, 1, three()...)

	renamed := three()
	renamed[1].Nom = "Bibliothèque"
	renamed[1].Position = place.Position{}
	load(place.Load{}, place.Changes{Unchanged: 2, Changed: 1}, 1, renamed...)
	if p := get(t, c, 2); p.Nom != "Bibliothèque" || p.Position.Known() {
		t.Error(p)
	}
	if got := pages(t, c, place.Find{NoPosition: true}, 5); len(got) != 1 || got[0].Seq != 2 {
		t.Error(got)
	}

	// Refused now, usable before: kept as it was.
	broken := record(t, 2)
	broken.Nom, broken.Findings = "", refused.Findings
	load(place.Load{}, place.Changes{Unchanged: 2, Refused: 1}, 1, renamed[0], broken, renamed[2])
	if p := get(t, c, 2); p.Nom != "Bibliothèque" {
		t.Error(p)
	}

	load(place.Load{}, place.Changes{Unchanged: 2, Withdrawn: 1}, 1, renamed[:2]...)
	if _, err := c.Place(ctx, place.Identifier(3)); !errors.Is(err, place.ErrGone) {
		t.Error(err)
	}
	if got := pages(t, c, place.Find{}, 5); len(got) != 2 {
		t.Error(got)
	}
	load(place.Load{Partial: true}, place.Changes{Unchanged: 1}, 0, renamed[0])
	load(place.Load{}, place.Changes{Unchanged: 2, Restored: 1}, 1, renamed...)
	get(t, c, 3)

	// A file cut short.
	_, err = c.Load(ctx, place.Load{Source: "Reims"}, file(renamed[0]))
	var removals *postgres.Removals
	if !errors.As(err, &removals) || removals.Live != 3 || removals.Withdrawn != 2 {
		t.Fatal(err)
	}
	load(place.Load{AllowRemovals: true}, place.Changes{Unchanged: 1, Withdrawn: 2}, 1, renamed[0])

	// Through all this the first place never changed, not even a date.
	again, err := c.Place(ctx, place.Identifier(1))
	if err != nil || string(again.Feature) != string(first.Feature) {
		t.Errorf("%v\n%s\n%s", err, first.Feature, again.Feature)
	}

	load(place.Load{Demonstration: true}, place.Changes{Changed: 1}, 1, renamed[0])
	if hit, err := c.Place(ctx, place.Identifier(1)); err != nil || !strings.Contains(string(hit.Feature), `"demonstration":true`) {
		t.Error(err, string(hit.Feature))
	}
}

func get(t testing.TB, c *postgres.Census, seq int64) place.Place {
	t.Helper()
	hit, err := c.Place(context.Background(), place.Identifier(seq))
	if err != nil {
		t.Fatal(err)
	}
	p, _, err := place.ParseFeature(hit.Feature)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// One place that two sources list is one place; its keys are each source's own.
func TestSourcesMeetInPlacesOnly(t *testing.T) {
	ctx := context.Background()
	c := pgtest.New(t)
	for _, source := range []string{"Reims", "Épernay", "Reims"} {
		if _, err := c.Load(ctx, place.Load{Source: source}, file(record(t, 1))); err != nil {
			t.Fatal(err)
		}
	}
	if got := pages(t, c, place.Find{}, 5); len(got) != 1 || got[0].ID != place.Identifier(1) {
		t.Error(got)
	}
	var moved *place.Moved
	if _, err := c.Place(ctx, place.Identifier(2)); !errors.As(err, &moved) || moved.ID != place.Identifier(1) {
		t.Error(err)
	}
	for _, source := range []string{"", "  ", "\x00"} {
		if _, err := c.Load(ctx, place.Load{Source: source}, file(record(t, 1))); err == nil {
			t.Errorf("%q is a source", source)
		}
	}
}

// What the loader is given may be anything; what PostgreSQL cannot hold is left out.
func TestLoadHostileTexts(t *testing.T) {
	ctx := context.Background()
	c := pgtest.New(t)
	hostile := "a\x00b\xff'\"\\%_{}\u2028🛟 \r\n\t" + strings.Repeat("long ", 20_000)
	r := &place.Record{Key: hostile, Raw: map[string]string{hostile: hostile}, Absent: []string{hostile}, Doubt: hostile, Departement: "51"}
	for i := range place.Columns {
		if c := &place.Columns[i]; c.Text != nil {
			*c.Text(&r.Place) = hostile
		} else if c.List != nil {
			*c.List(&r.Place) = []string{hostile, "", "NULL"}
		}
	}
	r.Findings = []place.Finding{{Severity: place.Warning, Code: hostile, Field: hostile, Found: hostile, Made: hostile, Message: hostile}}
	bad := &place.Record{Key: "bad", Place: place.Place{ID: "twice on one line"}, Raw: r.Raw, Line: 1 << 40, Findings: []place.Finding{{Severity: place.Blocking, Found: hostile}}}
	if _, err := c.Load(ctx, place.Load{Source: hostile}, file(r, bad, bad)); err != nil {
		t.Fatal(err)
	}
	if changes, err := c.Load(ctx, place.Load{Source: hostile}, file(r, bad, bad)); err != nil || changes.Unchanged != 1 || changes.Refused != 2 {
		t.Fatal(changes, err)
	}
	p := get(t, c, 1)
	want := strings.ToValidUTF8(strings.ReplaceAll(hostile, "\x00", ""), "\uFFFD")
	if p.Nom != want || p.Services[0] != want {
		t.Errorf("%.60q", p.Nom)
	}
}

func TestARepeatedKeyIsAnError(t *testing.T) {
	c := pgtest.New(t)
	_, err := c.Load(context.Background(), place.Load{Source: "test"}, file(record(t, 1), record(t, 2), record(t, 1)))
	if err == nil || !strings.Contains(err.Error(), "lieu-1") {
		t.Fatal(err)
	}
	if got := pages(t, c, place.Find{}, 5); len(got) != 0 {
		t.Error(got)
	}
}

func TestAReadersErrorUndoesTheLoad(t *testing.T) {
	url := pgtest.URL(t)
	c := pgtest.Open(t, url, postgres.Options{})
	was := state(t, url)
	unreadable := errors.New("unreadable")
	_, err := c.Load(context.Background(), place.Load{Source: "test"}, func(yield func(*place.Record, error) bool) {
		g := newGenerator(1)
		for i := range 2500 {
			if !yield(g.record(i), nil) {
				return
			}
		}
		yield(nil, unreadable)
	})
	if !errors.Is(err, unreadable) {
		t.Fatal(err)
	}
	if diff := cmp.Diff(was, state(t, url)); diff != "" {
		t.Error(diff)
	}
}

func TestLoadsOfOneSourceQueue(t *testing.T) {
	ctx := context.Background()
	c := pgtest.New(t)
	var all place.Changes
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			changes, err := c.Load(ctx, place.Load{Source: "test"}, newGenerator(4).file(1200))
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			all.Added += changes.Added
			all.Unchanged += changes.Unchanged
		})
	}
	wg.Wait()
	if diff := cmp.Diff(place.Changes{Added: 1200, Unchanged: 5 * 1200}, all); diff != "" {
		t.Error(diff)
	}
}

// Loaded twice by two processes of which one dies: whole or not at all. The
// child is this very test, killed without warning.
func TestKilledAtAnyInstantTheCensusIsWhole(t *testing.T) {
	const total = 3000
	if url := os.Getenv("MEDNUM_TEST_LOAD_INTO"); url != "" {
		c := pgtest.Open(t, url, postgres.Options{AppName: "victim"})
		_, err := c.Load(context.Background(), place.Load{Source: "test"}, newGenerator(5).file(total))
		fmt.Println("loaded", err)
		return
	}
	ctx := context.Background()
	url := pgtest.URL(t)
	c := pgtest.Open(t, url, postgres.Options{})
	if _, err := c.Load(ctx, place.Load{Source: "other"}, file(record(t, 1))); err != nil {
		t.Fatal(err)
	}
	before := state(t, url)
	kills := 6
	if testing.Short() {
		kills = 2
	}
	for i := range kills {
		child := exec.Command(os.Args[0], "-test.run=^TestKilledAtAnyInstantTheCensusIsWhole$")
		child.Env = append(os.Environ(), "MEDNUM_TEST_LOAD_INTO="+url)
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		// Once it has begun to write, at some instant.
		waitFor(t, url, `SELECT count(*) FROM pg_stat_activity WHERE application_name = 'victim' AND backend_xid IS NOT NULL AND datname = current_database()`)
		time.Sleep(time.Duration(i*60) * time.Millisecond)
		_ = child.Process.Kill()
		_ = child.Wait()
		waitFor(t, url, `SELECT CASE WHEN count(*) = 0 THEN 1 ELSE 0 END FROM pg_stat_activity WHERE application_name = 'victim' AND datname = current_database()`)
		now := state(t, url)
		places := len(pages(t, c, place.Find{}, 10_000)) - 1
		if places == total {
			t.Skipf("killed %d times; the last load was faster than its killer", i)
		}
		if diff := cmp.Diff(before, now); diff != "" {
			t.Fatalf("kill %d left something: %s", i, diff)
		}
	}
	// And nothing stands in the way of the next.
	if changes, err := c.Load(ctx, place.Load{Source: "test"}, newGenerator(5).file(total)); err != nil || changes.Added != total {
		t.Fatal(changes, err)
	}
}

// The server, or the network, goes away instead.
func TestALostConnectionUndoesTheLoad(t *testing.T) {
	ctx := context.Background()
	url := pgtest.URL(t)
	c := pgtest.Open(t, url, postgres.Options{AppName: "cut"})
	before := state(t, url)
	g := newGenerator(5)
	_, err := c.Load(ctx, place.Load{Source: "test"}, func(yield func(*place.Record, error) bool) {
		for i := range 5000 {
			if i == 3500 {
				conn, err := pgx.Connect(ctx, url)
				if err != nil {
					t.Error(err)
					return
				}
				defer conn.Close(ctx)
				if _, err := conn.Exec(ctx, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'cut' AND datname = current_database()`); err != nil {
					t.Error(err)
				}
			}
			if !yield(g.record(i), nil) {
				return
			}
		}
	})
	if err == nil {
		t.Fatal("no error")
	}
	if diff := cmp.Diff(before, state(t, url)); diff != "" {
		t.Error(diff)
	}
	leaving, leave := context.WithCancel(ctx)
	_, err = c.Load(leaving, place.Load{Source: "test"}, func(yield func(*place.Record, error) bool) {
		for i := range 5000 {
			if i == 2500 {
				leave()
			}
			if !yield(g.record(i), nil) {
				return
			}
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, state(t, url)); diff != "" {
		t.Error(diff)
	}
}

// waitFor waits until a query answers something else than 0.
func waitFor(t testing.TB, url, sql string) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	for range 3000 {
		var n int
		if err := conn.QueryRow(ctx, sql).Scan(&n); err != nil {
			t.Fatal(err)
		}
		if n > 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("never true: %s", sql)
}

// A key that comes twice is said to, in a source's first file as in the next, by
// the dry run as by the load; and nothing else is taken for that.
func TestAKeyThatComesTwiceIsSaidTo(t *testing.T) {
	ctx := context.Background()
	url := pgtest.URL(t)
	c := pgtest.Open(t, url, postgres.Options{})
	for _, known := range []bool{false, true} {
		for _, dry := range []bool{true, false} {
			_, err := c.Load(ctx, place.Load{Source: "Reims", DryRun: dry}, file(record(t, 1), record(t, 2), record(t, 2)))
			wantFault(t, err, "lieu-2")
			wantFault(t, err, "revient dans le fichier")
		}
		if known {
			continue
		}
		if _, err := c.Load(ctx, place.Load{Source: "Reims"}, file(record(t, 1))); err != nil {
			t.Fatal(err)
		}
	}
	run(t, url, `SELECT setval('places_seq', 1, false)`)
	_, err := c.Load(ctx, place.Load{Source: "Épernay"}, file(record(t, 3)))
	if err == nil || strings.Contains(err.Error(), "revient dans le fichier") {
		t.Error("a number taken twice:", err)
	}
}
