package postgres_test

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"mednum"
	"mednum/internal/place"
	"mednum/internal/postgres"
	"mednum/internal/postgres/pgtest"
)

func run(t testing.TB, url, sql string) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func TestMigrationsGoUpDownAndUp(t *testing.T) {
	ctx := context.Background()
	url := pgtest.EmptyURL(t)
	c := pgtest.Open(t, url, postgres.Options{})
	wantFault(t, c.Ready(ctx), "mednum migrate")
	for range 2 {
		if err := postgres.Migrate(ctx, url); err != nil {
			t.Fatal(err)
		}
		if err := c.Ready(ctx); err != nil {
			t.Fatal(err)
		}
		if err := postgres.MigrateDown(ctx, url); err != nil {
			t.Fatal(err)
		}
		wantFault(t, c.Ready(ctx), "mednum migrate")
	}
	if err := postgres.Migrate(ctx, url); err != nil {
		t.Fatal(err)
	}
	if err := postgres.Migrate(ctx, url); err != nil {
		t.Fatal("a second time:", err)
	}
	if _, err := c.Load(ctx, place.Load{Source: "test"}, file(record(t, 1))); err != nil {
		t.Fatal(err)
	}
}

// TestTheJournalBeginsWithWhatIsThere: a census that was there before the journal
// has a first revision of all its places, and goes on from there.
func TestTheJournalBeginsWithWhatIsThere(t *testing.T) {
	ctx := context.Background()
	url := pgtest.URL(t)
	c := pgtest.Open(t, url, postgres.Options{})
	if _, err := c.Load(ctx, place.Load{Source: "test"}, file(record(t, 1), record(t, 2), record(t, 3))); err != nil {
		t.Fatal(err)
	}
	down, err := fs.Glob(mednum.Migrations, "migrations/*.down.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Backward(down) {
		if name < "migrations/000008" {
			break
		}
		text, err := mednum.Migrations.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		run(t, url, string(text))
	}
	run(t, url, `UPDATE schema_migrations SET version = 7`)
	if err := postgres.Migrate(ctx, url); err != nil {
		t.Fatal(err)
	}
	first, err := c.Revisions(ctx, 0, 10)
	if err != nil || len(first) != 1 || first[0].Places != 3 {
		t.Fatalf("%+v %v", first, err)
	}
	if _, err := c.Load(ctx, place.Load{Source: "test", Partial: true}, file(record(t, 4))); err != nil {
		t.Fatal(err)
	}
	if all, err := c.Revisions(ctx, 0, 10); err != nil || len(all) != 2 || all[0].Places != 1 {
		t.Errorf("%+v %v", all, err)
	}
}

func TestStartsAtOnceWaitForEachOther(t *testing.T) {
	url := pgtest.EmptyURL(t)
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			if err := postgres.Migrate(context.Background(), url); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if err := pgtest.Open(t, url, postgres.Options{}).Ready(context.Background()); err != nil {
		t.Error(err)
	}
}

// Killed before its end a migration left nothing but the mark that it had
// begun, or it was whole and only the mark remains.
func TestAKilledMigrationIsMended(t *testing.T) {
	ctx := context.Background()
	for _, left := range []string{
		`CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL); INSERT INTO schema_migrations VALUES (1, true)`,
		"whole",
	} {
		url := pgtest.EmptyURL(t)
		if left == "whole" {
			if err := postgres.Migrate(ctx, url); err != nil {
				t.Fatal(err)
			}
			left = `UPDATE schema_migrations SET dirty = true`
		}
		run(t, url, left)
		if err := postgres.Migrate(ctx, url); err != nil {
			t.Fatal(err)
		}
		if err := pgtest.Open(t, url, postgres.Options{}).Ready(ctx); err != nil {
			t.Error(err)
		}
	}
}

func TestASchemaFromTheFutureIsRefused(t *testing.T) {
	ctx := context.Background()
	url := pgtest.URL(t)
	run(t, url, `UPDATE schema_migrations SET version = 999999`)
	wantFault(t, postgres.Migrate(ctx, url), "plus récente")
	wantFault(t, pgtest.Open(t, url, postgres.Options{}).Ready(ctx), "plus récente")
}

func TestFaultsOfTheServerAreSaidInFrench(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	server := pgtest.EmptyURL(t)
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := silent.Addr().String()
	silent.Close()
	for url, want := range map[string]string{
		"postgres://nobody@" + address + "/nothing": "ne répond pas",
		"mysql://x:y:z":      "n’est pas une adresse PostgreSQL",
		"postgres://a b:c@[": "n’est pas une adresse PostgreSQL",
		strings.Replace(server, "mednum_test_", "absent_", 1): "n’existe pas",
	} {
		_, err := postgres.Open(ctx, url, postgres.Options{})
		wantFault(t, err, want)
		wantFault(t, postgres.Migrate(ctx, url), want)
	}
}

func wantFault(t testing.TB, err error, want string) {
	t.Helper()
	var fault *postgres.Fault
	if !errors.As(err, &fault) || !strings.Contains(fault.Message, want) {
		t.Errorf("%v: no fault that says %q", err, want)
	}
}

func TestTheListenerHearsOfVersions(t *testing.T) {
	ctx := context.Background()
	url := pgtest.URL(t)
	c := pgtest.Open(t, url, postgres.Options{Listen: true, AppName: "listener"})
	writer := pgtest.Open(t, url, postgres.Options{})
	want, _, err := writer.Versions(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 3 {
		if _, err := writer.Load(ctx, place.Load{Source: "test"}, file(record(t, n))); err != nil && n == 0 {
			t.Fatal(err)
		}
		if _, err := writer.Load(ctx, place.Load{Source: "test", AllowRemovals: true}, file(record(t, n))); err != nil {
			t.Fatal(err)
		}
		want++
		if got := eventually(t, c, want); got != want {
			t.Fatalf("version %d instead of %d", got, want)
		}
		if n == 1 {
			// Deaf for a while: it asks instead.
			run(t, url, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'listener' AND query LIKE '%data_version%' AND datname = current_database()`)
		}
	}
}

func eventually(t testing.TB, c *postgres.Census, want int64) (got int64) {
	t.Helper()
	for range 300 {
		var err error
		if got, _, err = c.Versions(context.Background()); err == nil && got == want {
			return got
		}
		time.Sleep(10 * time.Millisecond)
	}
	return got
}

func TestReadOnlyRefusesToWrite(t *testing.T) {
	c := pgtest.Open(t, pgtest.URL(t), postgres.Options{ReadOnly: true})
	if _, err := c.Load(context.Background(), place.Load{Source: "test"}, file(record(t, 1))); err == nil {
		t.Error("written")
	}
}
