package postgres

import (
	"context"
	"strings"

	"github.com/golang-migrate/migrate/v4"
	"github.com/jackc/pgx/v5"

	"mednum/internal/place"
)

// Explain gives the plan of the statement that Find would run.
func (c *Census) Explain(ctx context.Context, f place.Find) (string, error) {
	w := where{asOf: f.AsOf}
	if err := w.places(f); err != nil {
		return "", err
	}
	sql, args := inOrderSQL(f, w)
	if f.Near.Known() {
		by := outwards
		if len(w.conditions) > 1 {
			var err error
			if by, err = c.wayOf(ctx, w); err != nil {
				return "", err
			}
		}
		sql, args = nearestSQL(f, w, by, place.Cursor{Distance: -1}, f.Limit, f.Limit+f.Limit/8+8)
	}
	rows, err := c.pool.Query(ctx, "EXPLAIN "+sql, append([]any{planned}, args...)...)
	if err != nil {
		return "", err
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return strings.Join(lines, "\n"), err
}

// MigrateDown takes every migration back.
func MigrateDown(ctx context.Context, url string) error {
	return migrateTo(ctx, url, func(m *migrate.Migrate) error { return m.Down() })
}

// BlockLimit sets how many records may share a key that brings them together.
func (c *Census) BlockLimit(n int) { c.blockLimit = n }

// Sortable sets how many places are fetched and sorted rather than walked to.
func (c *Census) Sortable(n int) { c.sortable = n }

// Keep sets how many profiles, blocks and keys are in memory, until what it gives
// is called.
func Keep(n int) (restore func()) {
	profiles, blocks, keys := profilesKept, blocksKept, keysKept
	profilesKept, blocksKept, keysKept = n, n, n
	return func() { profilesKept, blocksKept, keysKept = profiles, blocks, keys }
}
