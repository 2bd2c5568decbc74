package api_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"mednum/api"
	"mednum/internal/place"
	"mednum/internal/postgres"
	"mednum/internal/postgres/pgtest"
)

// stuck is a server on a database whose places are locked by somebody else, so
// that every question about them waits.
func stuck(t *testing.T, o postgres.Options) (s *api.Server, waiting func() int) {
	t.Helper()
	ctx := context.Background()
	url := pgtest.URL(t)
	c := pgtest.Open(t, url, o)
	if _, err := c.Load(ctx, place.Load{Source: "essai"}, api.ModelRecords(true)); err != nil {
		t.Fatal(err)
	}
	connect := func() *pgx.Conn {
		conn, err := pgx.Connect(ctx, url)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close(ctx) })
		return conn
	}
	tx, err := connect().Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tx.Rollback(ctx) })
	if _, err := tx.Exec(ctx, `LOCK TABLE places IN ACCESS EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	watcher := connect()
	return api.ServerOn(t, c, c), func() (n int) {
		err := watcher.QueryRow(ctx, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&n)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
}

func until(t *testing.T, what string, f func() bool) {
	t.Helper()
	for begun := time.Now(); !f(); time.Sleep(5 * time.Millisecond) {
		if time.Since(begun) > 20*time.Second {
			t.Fatalf("still waiting for %s", what)
		}
	}
}

// TestLeavingCancelsTheSQL: the database stops working for a client that left.
func TestLeavingCancelsTheSQL(t *testing.T) {
	s, waiting := stuck(t, postgres.Options{})
	address := listen(t, s)
	for _, path := range []string{"/collections/lieux/items", "/collections/lieux/items?near=4,49", "/exports/lieux.csv", "/collections/lieux/items/" + place.Identifier(1)} {
		ctx, leave := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() {
			defer close(done)
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, address+path, nil)
			if err != nil {
				t.Error(err)
				return
			}
			if got, err := http.DefaultClient.Do(r); err == nil {
				got.Body.Close()
				t.Errorf("%s answered %d", path, got.StatusCode)
			}
		}()
		until(t, path+" to reach the database", func() bool { return waiting() == 1 })
		leave()
		<-done
		until(t, path+" to be cancelled", func() bool { return waiting() == 0 })
	}
}

// TestALongQuestionIsGivenUp: the database's own time-out is a 503 that says
// what to do.
func TestALongQuestionIsGivenUp(t *testing.T) {
	s, _ := stuck(t, postgres.Options{StatementTimeout: 200 * time.Millisecond})
	client := subject{t, listen(t, s)}
	for _, path := range []string{"/collections/lieux/items", "/collections/lieux/items/" + place.Identifier(1), "/exports/lieux.geojson"} {
		if a := client.get(path); a.StatusCode != http.StatusServiceUnavailable || a.Header.Get("Retry-After") == "" {
			t.Errorf("%s: %d %s", path, a.StatusCode, a.body)
		}
	}
}
