package postgres

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"

	"mednum"

	"github.com/golang-migrate/migrate/v4"
	driver "github.com/golang-migrate/migrate/v4/database/pgx/v5"
	"github.com/golang-migrate/migrate/v4/source"
	"github.com/golang-migrate/migrate/v4/source/iofs"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// Migrate brings the schema to this binary's version; it does nothing when it
// is there. Several starting at once wait for each other. A cancelled ctx stops
// between two migrations.
func Migrate(ctx context.Context, url string) error {
	return migrateTo(ctx, url, func(m *migrate.Migrate) error { return m.Up() })
}

const migrateLock = loadLock + 2

func migrateTo(ctx context.Context, url string, run func(*migrate.Migrate) error) error {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return explain(err)
	}
	db := stdlib.OpenDB(*config)
	defer db.Close()
	if err := postgisAvailable(ctx, db); err != nil {
		return err
	}
	// One at a time, from the first look on: a migration under way looks like one
	// that was killed. The lock ends with the connection.
	guard, err := db.Conn(ctx)
	if err != nil {
		return explain(err)
	}
	defer guard.Close()
	if _, err := guard.ExecContext(ctx, `SELECT pg_advisory_lock($1)`, int64(migrateLock)); err != nil {
		return fmt.Errorf("migrate: %w", explain(err))
	}
	at, dirty, err := schemaVersion(ctx, db)
	if err != nil {
		return err
	}
	wanted, err := wantedVersion()
	if err != nil {
		return err
	}
	if at > wanted {
		return newer(at, wanted)
	}
	files, err := iofs.New(mednum.Migrations, "migrations")
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	database, err := driver.WithInstance(db, &driver.Config{})
	if err != nil {
		return fmt.Errorf("migrate: %w", explain(err))
	}
	m, err := migrate.NewWithInstance("iofs", files, "pgx5", database)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	defer m.Close()
	if dirty {
		// A migration is one simple query, so one transaction: it was killed
		// before its end and left nothing, or after it. Its objects tell.
		if err := mend(ctx, db, m, at); err != nil {
			return err
		}
	}
	done := make(chan struct{})
	defer close(done)
	go func() {
		select {
		case <-ctx.Done():
			m.GracefulStop <- true
		case <-done:
		}
	}()
	if err := run(m); err != nil && !errors.Is(err, migrate.ErrNoChange) {
		return fmt.Errorf("migrate: %w", explainMigration(err))
	}
	return ctx.Err()
}

// firstObject is a table that each migration creates: it is there exactly when
// the migration was committed.
var firstObject = map[int]string{1: "places", 2: "communes", 3: "scores", 4: "declarations", 5: "access_keys", 6: "deposits", 7: "match_pairs", 8: "revisions",
	9: "corrections", 10: "accounts", 11: "tickets", 12: "criteria", 13: "deposit_pages"}

func mend(ctx context.Context, db *sql.DB, m *migrate.Migrate, at int) error {
	object, known := firstObject[at]
	if !known {
		return &Fault{fmt.Sprintf("la migration %d a été interrompue : voyez dans la base ce qu’elle a fait, puis corrigez schema_migrations", at), nil}
	}
	var there bool
	if err := db.QueryRowContext(ctx, `SELECT to_regclass($1) IS NOT NULL`, object).Scan(&there); err != nil {
		return fmt.Errorf("migrate: %w", explain(err))
	}
	was := at
	if !there {
		was = at - 1
		if was == 0 {
			was = -1 // migrate's word for none
		}
	}
	if err := m.Force(was); err != nil {
		return fmt.Errorf("migrate: %w", explainMigration(err))
	}
	return nil
}

func newer(at, wanted int) error {
	return &Fault{fmt.Sprintf("la base a été préparée par une version plus récente de mednum (schéma %d, ce programme connaît %d) : mettez mednum à jour", at, wanted), nil}
}

func postgisAvailable(ctx context.Context, db *sql.DB) error {
	var available bool
	err := db.QueryRowContext(ctx, `SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'postgis')`).Scan(&available)
	if err != nil {
		return explain(err)
	}
	if !available {
		return &Fault{"PostGIS n’est pas installé sur ce serveur PostgreSQL : installez le paquet postgresql-NN-postgis-3 (NN : la version de PostgreSQL), ou servez-vous de l’image postgis/postgis", nil}
	}
	return nil
}

func explainMigration(err error) error {
	var server *pgconn.PgError
	if errors.As(err, &server) && server.Code == "42501" {
		return &Fault{"cet utilisateur PostgreSQL ne peut pas créer l’extension ou les tables : donnez-lui la base (ALTER DATABASE … OWNER TO …), et créez PostGIS une fois comme superutilisateur (CREATE EXTENSION postgis; CREATE EXTENSION pg_trgm)", err}
	}
	return explain(err)
}

// wantedVersion is the number of the last migration in the binary.
func wantedVersion() (int, error) {
	names, err := fs.Glob(mednum.Migrations, "migrations/*.up.sql")
	if err != nil || len(names) == 0 {
		return 0, fmt.Errorf("read migrations: none found (%v)", err)
	}
	last, err := source.Parse(names[len(names)-1][len("migrations/"):])
	if err != nil {
		return 0, fmt.Errorf("read migrations: %w", err)
	}
	return int(last.Version), nil
}

// SchemaHash is another for every set of migrations, in hexadecimal: it names
// the template of the test databases.
func SchemaHash() (string, error) {
	names, err := fs.Glob(mednum.Migrations, "migrations/*.sql")
	if err != nil {
		return "", fmt.Errorf("read migrations: %w", err)
	}
	h := sha256.New()
	for _, name := range names {
		text, err := fs.ReadFile(mednum.Migrations, name)
		if err != nil {
			return "", fmt.Errorf("read migrations: %w", err)
		}
		fmt.Fprintf(h, "%s %d\n%s", name, len(text), text)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// schemaVersion is 0 in a database that was never migrated.
func schemaVersion(ctx context.Context, db *sql.DB) (version int, dirty bool, err error) {
	var there bool
	if err := db.QueryRowContext(ctx, `SELECT to_regclass('schema_migrations') IS NOT NULL`).Scan(&there); err != nil || !there {
		return 0, false, explain(err)
	}
	err = db.QueryRowContext(ctx, `SELECT version, dirty FROM schema_migrations`).Scan(&version, &dirty)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	return version, dirty, explain(err)
}

// Ready reports whether requests can be served: the server answers and its
// schema is this binary's.
func (c *Census) Ready(ctx context.Context) error {
	wanted, err := wantedVersion()
	if err != nil {
		return err
	}
	var at int
	var dirty bool
	err = c.pool.QueryRow(ctx, `SELECT version, dirty FROM schema_migrations`).Scan(&at, &dirty)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return &Fault{"les tables manquent : lancez d’abord « mednum migrate »", err}
	case err != nil:
		return fmt.Errorf("read schema version: %w", explain(err))
	case at > wanted:
		return newer(at, wanted)
	case at < wanted || dirty:
		return &Fault{fmt.Sprintf("le schéma de la base (%d) est en retard sur ce programme (%d) : lancez « mednum migrate »", at, wanted), nil}
	}
	return nil
}
