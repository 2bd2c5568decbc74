package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"mednum/internal/access"
	"mednum/internal/history"
	"mednum/internal/place"
	"mednum/internal/postgres"
	"mednum/internal/postgres/pgtest"
)

func whole(t testing.TB, c *postgres.Census) postgres.Audit {
	t.Helper()
	a, err := c.VerifyJournal(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Findings) > 0 {
		t.Fatalf("the journal is not whole: %q", a.Findings)
	}
	return a
}

func lastRevision(t testing.TB, c *postgres.Census) history.Revision {
	t.Helper()
	list, err := c.Revisions(context.Background(), 0, 1)
	if err != nil || len(list) != 1 {
		t.Fatalf("%v: %v", list, err)
	}
	return list[0]
}

// Every way of writing makes one revision, signed; nothing makes none.
func TestEveryChangeIsARevision(t *testing.T) {
	ctx := context.Background()
	c, url := scoredCensus(t)
	if r := lastRevision(t, c); r.Number != 1 || r.Cause != history.Beginning || r.Places != 0 {
		t.Fatalf("the journal begins with %+v", r)
	}
	load(t, c, "Ville", library(t, 0, nil), library(t, 1, nil))
	load(t, c, "Ville", library(t, 0, nil), library(t, 1, nil)) // the same again
	load(t, c, "Réseau", library(t, 0, func(r *place.Record) { r.Key = "r" }), library(t, 2, nil))
	by := history.By(access.Key{ID: "compte-3", Role: access.Hub, Organisation: "Hub d’essai", Siren: "200067213"}, history.Splitting, "Deux portes.")
	if err := c.Split(history.With(ctx, by), place.Identifier(1), place.Identifier(3), "Deux portes, j’y suis allé.", matcherKey, time.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Rescore(ctx, postgres.RescoreOptions{Date: place.Date{Year: 2031, Month: 1, Day: 1}}); err != nil {
		t.Fatal(err)
	}
	run(t, url, `UPDATE features SET feature = replace(feature, 'Jean Zay', 'Jean-Zay') WHERE seq = 1`)
	run(t, url, `UPDATE features SET feature = feature; DELETE FROM places WHERE seq = 999; UPDATE sources SET name = name`)
	run(t, url, `SET session_replication_role = replica; UPDATE places SET search = ' a' WHERE seq = 2`)
	run(t, url, `COPY scores (seq, score, complete, socle, published) FROM PROGRAM 'printf "77\t1\tf\t{}\t"'`)
	run(t, url, `SET mednum.author = 'ceci n’est pas du JSON'; DELETE FROM scores WHERE seq = 77`)
	list, err := c.Revisions(ctx, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(list)
	var got []string
	var data int64
	for _, r := range list {
		got = append(got, fmt.Sprintf("%d %s %q %s %d", r.Number, r.Cause, r.Subject, r.Organisation, r.Places))
		if r.Data <= data && r.Number > 1 {
			t.Errorf("revision %d is of version %d, the one before of %d", r.Number, r.Data, data)
		}
		data = r.Data
	}
	want := []string{
		`1 debut ""  0`, `2 import "source:Ville"  2`, `3 import "source:Réseau"  3`, `4 separation "" Hub d’essai 2`, `5 evaluation ""  4`,
		`6 hors-programme ""  1`, `7 hors-programme ""  1`, `8 hors-programme ""  1`, `9 hors-programme ""  1`,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("revisions (-want +got):\n%s", d)
	}
	if now, _, err := c.Versions(ctx); now != data || err != nil {
		t.Errorf("the data are of version %d, the last revision of %d: %v", now, data, err)
	}
	if a := whole(t, c); a.Revisions != int64(len(want)) || a.Rows == 0 {
		t.Errorf("%+v", a)
	}
}

// Nobody writes over the journal.
func TestTheJournalOnlyGrows(t *testing.T) {
	ctx := context.Background()
	c, url := scoredCensus(t)
	load(t, c, "Ville", library(t, 0, nil), library(t, 1, nil))
	load(t, c, "Ville", library(t, 0, func(r *place.Record) { r.Nom = "Médiathèque du Parc" }))
	before := whole(t, c)
	for _, table := range []string{"revisions", "journal_parts", "journal_births", "places_past", "features_past", "records_past", "members_past", "scores_past"} {
		for _, sql := range []string{`DELETE FROM ` + table, `TRUNCATE ` + table, `UPDATE ` + table + ` SET change = change + 1`,
			`SET session_replication_role = replica; DELETE FROM ` + table, `SET session_replication_role = replica; TRUNCATE ` + table} {
			refusedBy(ctx, t, url, sql)
		}
	}
	for _, table := range []string{"places", "features", "records", "members", "scores"} {
		refusedBy(ctx, t, url, `SET session_replication_role = replica; TRUNCATE `+table+` CASCADE`)
	}
	if after := whole(t, c); after.Head != before.Head {
		t.Errorf("the journal moved from %s to %s", before.Head, after.Head)
	}
}

func refusedBy(ctx context.Context, t *testing.T, url, sql string) {
	t.Helper()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, sql)
	var server *pgconn.PgError
	if !errors.As(err, &server) || server.Code != "MN001" {
		t.Errorf("%s: %v", sql, err)
	}
}

// With the triggers off, what was changed is told: revision, table, place.
func TestWhatIsChangedBesideTheJournalIsLocated(t *testing.T) {
	ctx := context.Background()
	first, second := place.Identifier(1), place.Identifier(2)
	for _, test := range []struct{ name, sql, want string }{
		{"a row", `UPDATE features SET feature = replace(feature, 'Reims', 'Nancy') WHERE seq = 1`, "table features, lieu " + first + " : la ligne a changé après la révision 4 sans que le journal le note"},
		{"a row of places", `UPDATE places SET position = NULL WHERE seq = 2`, "table places, lieu " + second + " : la ligne a changé après la révision 3 sans que le journal le note"},
		{"a row taken away", `DELETE FROM records WHERE seq = 2`, "table records, lieu " + second + " : la ligne a disparu après la révision 2 sans que le journal le note"},
		{"a row added", `INSERT INTO features VALUES (9, '{}')`, "table features, lieu " + place.Identifier(9) + " : la ligne est venue sans que le journal le note"},
		{"the past", `UPDATE features_past SET former = ROW(seq, 'autre chose')::features WHERE seq = 1 AND change = (SELECT change FROM revisions WHERE number = 4)`,
			"révision 4, table features, lieu " + first + " : ce qu’elle était avant n’est plus ce qui a été noté"},
		{"the past taken away", `DELETE FROM features_past WHERE seq = 1`, "révision 4, table features, lieu " + first + " : ce qu’elle était avant n’est plus gardé"},
		{"a past made up", `INSERT INTO places_past VALUES (7, (SELECT change FROM revisions WHERE number = 3), NULL)`,
			"révision 3, table places, lieu " + place.Identifier(7) + " : une ligne du passé qu’aucun changement n’a laissée"},
		{"a birth put later", `UPDATE journal_births SET change = (SELECT change FROM revisions WHERE number = 3) WHERE rows = 'places' AND first = 1`,
			"révision 3, table places, lieu " + first + " : une première fois qu’aucun changement n’a notée"},
		{"who", `UPDATE revisions SET organisation = 'Quelqu’un d’autre' WHERE number = 3`, "révision 3 : son contenu, ou celui de la précédente, n’est plus celui qui a été écrit"},
		{"when", `UPDATE revisions SET at = at - interval '1 second' WHERE number = 3`, "révision 3 : "},
		{"a revision taken away", `DELETE FROM revisions WHERE number = 3`, "révision 3 : elle manque"},
		{"the end cut off", `DELETE FROM revisions WHERE number = 4`, "le changement"},
		{"the beginning cut off", `DELETE FROM revisions`, "le journal est vide"},
		{"what it touched", `UPDATE journal_parts SET seqs = seqs || 5::bigint WHERE rows = 'features' AND change = (SELECT change FROM revisions WHERE number = 4)`,
			"révision 4, table features : la liste des lignes qu’elle a touchées a été retouchée"},
		{"a digest of parts", `UPDATE journal_parts SET digest = '\x00' WHERE change = (SELECT change FROM revisions WHERE number = 4)`,
			"révision 4 : ce qui est noté des lignes qu’elle a touchées n’est plus ce qu’elle a noté"},
		{"a guard", `ALTER TABLE places DISABLE TRIGGER journal_update`, "le garde-fou journal_update de la table places est désactivé ou absent"},
		{"a guard that replicas skip", `ALTER TABLE journal_parts ENABLE TRIGGER journal_commit`, "le garde-fou journal_commit de la table journal_parts est désactivé ou absent"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, url := scoredCensus(t)
			load(t, c, "Ville", library(t, 0, nil), library(t, 1, nil))
			run(t, url, `UPDATE places SET search = search || ' ici'`)
			run(t, url, `UPDATE features SET feature = replace(feature, 'Zay', 'Zaï') WHERE seq = 1`)
			noted := whole(t, c).Head
			var off, on strings.Builder
			for _, table := range []string{"places", "features", "records", "members", "scores", "places_past", "features_past", "revisions", "journal_parts", "journal_births"} {
				fmt.Fprintf(&off, "ALTER TABLE %s DISABLE TRIGGER USER;", table)
			}
			rows := asked[[]string](t, url, `
				SELECT array_agg(format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', tgrelid::regclass, tgname)) FROM pg_trigger WHERE tgenabled = 'A' AND NOT tgisinternal`)
			fmt.Fprint(&on, strings.Join(rows, ";"))
			if strings.HasPrefix(test.sql, "ALTER") {
				run(t, url, test.sql)
			} else {
				run(t, url, off.String()+test.sql+";"+on.String())
			}
			a, err := c.VerifyJournal(ctx, noted)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.ContainsFunc(a.Findings, func(f string) bool { return strings.HasPrefix(f, test.want) }) {
				t.Errorf("%q does not tell %q", a.Findings, test.want)
			}
			if strings.Contains(test.sql, "FROM revisions WHERE number = 4") && strings.HasPrefix(test.sql, "DELETE") {
				if !slices.ContainsFunc(a.Findings, func(f string) bool { return strings.Contains(f, noted) }) {
					t.Errorf("%q does not tell that the hash %s is gone", a.Findings, noted)
				}
			}
		})
	}
}

// Writers side by side: one order, no revision lost nor numbered twice, and a
// long change under way holds up nobody.
func TestWritersSideBySideMakeOneOrder(t *testing.T) {
	ctx := context.Background()
	c, url := scoredCensus(t)
	var records []*place.Record
	for n := range 12 {
		records = append(records, library(t, n, func(r *place.Record) { r.Nom = fmt.Sprintf("Lieu %d", n) }))
	}
	load(t, c, "Ville", records...)
	begun := lastRevision(t, c).Number

	// Somebody has changed a place, and goes on thinking.
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	long, err := conn.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := long.Exec(ctx, `UPDATE features SET feature = replace(feature, 'Lieu', 'Grand lieu') WHERE seq = 12`); err != nil {
		t.Fatal(err)
	}
	const writers, each = 6, 8
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			conn, err := pgx.Connect(ctx, url)
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close(ctx)
			for i := range each {
				seq := 1 + (w+i)%8 // several on one row
				if _, err := conn.Exec(ctx, `UPDATE features SET feature = feature || ' ' WHERE seq = $1`, seq); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if n := lastRevision(t, c).Number; n != begun+writers*each {
		t.Errorf("revision %d, not %d: the long one holds the others, or some are lost", n, begun+writers*each)
	}
	if err := long.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	if n := lastRevision(t, c).Number; n != begun+writers*each+1 {
		t.Errorf("revision %d", n)
	}
	whole(t, c)
	// As of each of them, one more space.
	for n := begun; n <= begun+writers*each; n++ {
		spaces := 0
		err := c.Find(ctx, place.Find{Limit: 100, AsOf: n}, func(h place.Hit) error {
			spaces += len(h.Feature) - len(strings.TrimRight(string(h.Feature), " "))
			return nil
		})
		if err != nil || spaces != int(n-begun) {
			t.Errorf("as of revision %d: %d changes, not %d: %v", n, spaces, n-begun, err)
		}
	}
}

// What a transaction does after its revision was made is another one.
func TestConstraintsSetImmediateMakeSeveralRevisions(t *testing.T) {
	c, url := scoredCensus(t)
	load(t, c, "Ville", library(t, 0, nil))
	n := lastRevision(t, c).Number
	run(t, url, `BEGIN; UPDATE places SET search = ' a'; SET CONSTRAINTS ALL IMMEDIATE; UPDATE places SET search = ' b'; UPDATE features SET feature = feature || ' '; COMMIT`)
	if last := lastRevision(t, c); last.Number < n+2 {
		t.Errorf("revision %d after %d", last.Number, n)
	}
	whole(t, c)
}

// A process killed in the middle of a publication leaves nothing of it.
func TestAKilledPublicationLeavesNoHalfRevision(t *testing.T) {
	if os.Getenv("MEDNUM_TEST_KILLED") != "" {
		c, err := postgres.Open(context.Background(), os.Getenv("MEDNUM_TEST_KILLED"), postgres.Options{AppName: "mednum killed"})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Load(context.Background(), place.Load{Source: "Ville"}, newGenerator(3).file(1_000_000))
		t.Fatalf("it came to an end: %v", err)
	}
	c, url := scoredCensus(t)
	load(t, c, "Autre", library(t, 0, nil))
	before := whole(t, c)
	cmd := exec.Command(os.Args[0], "-test.run=^TestAKilledPublicationLeavesNoHalfRevision$")
	cmd.Env = append(os.Environ(), "MEDNUM_TEST_KILLED="+url)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, url, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'mednum killed' AND backend_xid IS NOT NULL AND now() - xact_start > interval '700 milliseconds'`)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	waitFor(t, url, `SELECT (count(*) = 0)::int FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'mednum killed'`)
	if after := whole(t, c); after.Head != before.Head || after.Rows != before.Rows {
		t.Errorf("%+v, not %+v", after, before)
	}
	load(t, c, "Autre", library(t, 0, func(r *place.Record) { r.Nom = "Médiathèque du Parc" }))
	if r := lastRevision(t, c); r.Number != before.Revisions+1 {
		t.Errorf("revision %d after %d", r.Number, before.Revisions)
	}
	whole(t, c)
}

// The story of a place that two sources tell of: what, who, when it was joined,
// withdrawn, and what it was.
func TestHistoryOfAPlace(t *testing.T) {
	ctx := context.Background()
	c, _ := scoredCensus(t)
	load(t, c, "Ville", library(t, 0, nil))
	load(t, c, "Réseau", library(t, 0, func(r *place.Record) {
		r.Key, r.DateMaj.Year, r.Horaires = "r-0", 2025, "Mo-Fr 09:00-12:00"
	}))
	_, err := c.Edit(signedMarne(history.Correction, "Vu sur place."), history.Edit{ID: place.Identifier(1), Cells: map[string]string{"telephone": "+33326000999"}, On: place.Date{Year: 2026, Month: 1, Day: 2}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Rescore(ctx, postgres.RescoreOptions{Date: place.Date{Year: 2031, Month: 1, Day: 1}}); err != nil {
		t.Fatal(err)
	}
	load(t, c, "Ville") // both withdrawn, one by one
	load(t, c, "Réseau")
	steps, err := c.History(ctx, place.Identifier(1), 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range steps {
		line := fmt.Sprintf("%d %s %s %s", s.Number, s.Cause, s.State, s.Organisation)
		for _, x := range s.Changes {
			if x.Column != "id" && s.Number > 2 {
				line += fmt.Sprintf(" [%s %q %q]", x.Column, x.Before, x.After)
			}
		}
		got = append(got, line)
	}
	want := []string{
		"7 import retire ",
		"6 import publie ",
		`4 correction publie Département de la Marne [telephone "+33326000000" "+33326000999"] [date_maj "2025-04-02" "2026-01-02"]`,
		`3 import publie  [horaires "" "Mo-Fr 09:00-12:00"] [date_maj "2024-04-02" "2025-04-02"]`,
		"2 import publie ",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("steps (-want +got):\n%s", d)
	}
	if some, err := c.History(ctx, place.Identifier(1), steps[0].Number, 1); err != nil || len(some) != 1 || some[0].Number != steps[1].Number {
		t.Errorf("before the last: %+v, %v", some, err)
	}
	v, err := c.VersionAt(ctx, place.Identifier(1), 2)
	if err != nil || v.Number != 2 || v.State != history.Shown || v.Cells["horaires"] != "" || v.Cells["telephone"] != "+33326000000" || v.Place.Nom != "Médiathèque Jean Zay" {
		t.Errorf("%+v, %v", v, err)
	}
	if v, err = c.VersionAt(ctx, place.Identifier(1), 1_000_000); err != nil || v.State != history.Withdrawn {
		t.Errorf("%+v, %v", v, err)
	}
	for _, id := range []string{place.Identifier(99), "rien", ""} {
		if _, err := c.History(ctx, id, 0, 10); !errors.Is(err, place.ErrNotFound) {
			t.Errorf("%q: %v", id, err)
		}
	}
	if _, err := c.VersionAt(ctx, place.Identifier(1), 1); !errors.Is(err, place.ErrNotFound) {
		t.Error(err)
	}
	joined, err := c.TouchedBy(ctx, 3, "", 10)
	if err != nil || len(joined) != 2 || joined[1].State != history.Joined || joined[1].Into != place.Identifier(1) || !joined[1].New || joined[0].New || len(joined[0].Changes) == 0 {
		t.Errorf("%+v, %v", joined, err)
	}
}

func TestInstantsOutsideTheJournal(t *testing.T) {
	ctx := context.Background()
	c, url := scoredCensus(t)
	begun := asked[time.Time](t, url, `SELECT at FROM revisions WHERE number = 1`)
	var outside *history.Outside
	for _, at := range []time.Time{begun.Add(-time.Microsecond), {}, time.Now().Add(time.Minute), time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)} {
		if r, err := c.Instant(ctx, at); !errors.As(err, &outside) || !errors.Is(err, history.ErrInstant) || !outside.From.Equal(begun) {
			t.Errorf("%v: %+v, %v", at, r, err)
		}
	}
	if r, err := c.Instant(ctx, begun); err != nil || r.Number != 1 {
		t.Errorf("%+v, %v", r, err)
	}
}

// Places that were there before the journal: it begins with them.
func TestAJournalThatBeginsLateAnswersOfItsBeginning(t *testing.T) {
	ctx := context.Background()
	c, url := scoredCensus(t)
	load(t, c, "Ville", library(t, 0, nil), library(t, 1, nil), library(t, 3, nil))
	run(t, url, `DELETE FROM scores WHERE seq = 2`)
	text := func(name string) string {
		b, err := os.ReadFile("../../migrations/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	run(t, url, text("000008_journal.down.sql"))
	run(t, url, text("000008_journal.up.sql"))
	a := whole(t, c)
	if r := lastRevision(t, c); r.Number != 1 || r.Places != 3 || r.Cause != history.Beginning || a.Rows != 11 {
		t.Errorf("%+v, %+v", r, a)
	}
	then := photograph(t, c, 1, 3)
	load(t, c, "Ville", library(t, 0, func(r *place.Record) { r.Nom = "Médiathèque du Parc" }))
	if csv, err := exported(ctx, c, 1); csv != then.csv || err != nil {
		t.Errorf("%v\n%s", err, cmp.Diff(then.csv, csv))
	}
	whole(t, c)
}

// A copy of the database is as whole, and goes on.
func TestADumpKeepsTheJournal(t *testing.T) {
	dump, err := exec.LookPath("pg_dump")
	if err != nil {
		t.Skip("no pg_dump here")
	}
	ctx := context.Background()
	c, url := scoredCensus(t)
	load(t, c, "Ville", library(t, 0, nil), library(t, 1, nil))
	load(t, c, "Ville", library(t, 0, func(r *place.Record) { r.Nom = "Médiathèque du Parc" }))
	before := whole(t, c)
	out, err := exec.Command(dump, "--no-owner", "--dbname", url).Output()
	if err != nil {
		t.Fatal(err)
	}
	copied := pgtest.EmptyURL(t)
	restore := exec.Command("psql", "--quiet", "--no-psqlrc", "-v", "ON_ERROR_STOP=1", copied)
	restore.Stdin = strings.NewReader(string(out))
	if said, err := restore.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	d := pgtest.Open(t, copied, postgres.Options{})
	if after := whole(t, d); after.Head != before.Head || after.Rows != before.Rows {
		t.Errorf("%+v, not %+v", after, before)
	}
	load(t, d, "Ville", library(t, 0, nil))
	if r := lastRevision(t, d); r.Number != before.Revisions+1 {
		t.Errorf("revision %d", r.Number)
	}
	whole(t, d)
	a, err := exported(ctx, c, 2)
	b, err2 := exported(ctx, d, 2)
	if a != b || err != nil || err2 != nil {
		t.Error(err, err2, cmp.Diff(a, b))
	}
}
