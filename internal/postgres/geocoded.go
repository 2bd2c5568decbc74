package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"mednum/internal/place"
)

// Geocoded gives the answers of the address search that are young enough, by
// the hash of their address: those that found something, and those that did not.
func (s *Intake) Geocoded(ctx context.Context, hashes [][]byte, found, nothing time.Time) (map[string]place.Located, error) {
	all := make(map[string]place.Located, len(hashes))
	rows, err := s.census.pool.Query(ctx, `
		SELECT hash, ST_Y(position), ST_X(position), precision, score, label, code_insee
		FROM geocoded
		WHERE hash = ANY($1) AND located_at > CASE WHEN position IS NULL THEN $3::timestamptz ELSE $2::timestamptz END`, hashes, found, nothing)
	if err != nil {
		return nil, fmt.Errorf("read located addresses: %w", explain(err))
	}
	var hash []byte
	var latitude, longitude *float64
	var l place.Located
	if _, err := pgx.ForEachRow(rows, []any{&hash, &latitude, &longitude, &l.Precision, &l.Score, &l.Label, &l.CodeInsee}, func() error {
		one := l
		if latitude != nil && longitude != nil {
			position, err := place.NewPosition(*latitude, *longitude)
			if err != nil {
				return err
			}
			one.Position = position
		}
		all[string(hash)] = one
		return nil
	}); err != nil {
		return nil, fmt.Errorf("read located addresses: %w", explain(err))
	}
	return all, nil
}

// SaveGeocoded keeps answers, the last one of each address.
func (s *Intake) SaveGeocoded(ctx context.Context, hashes [][]byte, located []place.Located, at time.Time) error {
	return s.within(ctx, "keep located addresses", func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `CREATE TEMP TABLE new_geocoded (LIKE geocoded) ON COMMIT DROP`); err != nil {
			return err
		}
		rows := make([][]any, 0, len(hashes))
		for i, l := range located {
			position, err := pointEWKB(l.Position)
			if err != nil {
				return err
			}
			rows = append(rows, []any{hashes[i], orNull(position), string(l.Precision), l.Score, clean(l.Label), clean(l.CodeInsee), at})
		}
		_, err := tx.CopyFrom(ctx, pgx.Identifier{"new_geocoded"}, []string{"hash", "position", "precision", "score", "label", "code_insee", "located_at"}, pgx.CopyFromRows(rows))
		if err != nil {
			return err
		}
		// In one order everywhere: two imports at once wait for each other, not for ever.
		_, err = tx.Exec(ctx, `
			INSERT INTO geocoded SELECT * FROM new_geocoded ORDER BY hash
			ON CONFLICT (hash) DO UPDATE SET position = excluded.position, precision = excluded.precision, score = excluded.score,
				label = excluded.label, code_insee = excluded.code_insee, located_at = excluded.located_at`)
		return err
	})
}
