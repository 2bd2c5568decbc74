package postgres

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5"

	"mednum/internal/intake"
)

const sourceColumns = `s.source_id, s.name, COALESCE(s.siren, ''), COALESCE(s.url, ''), COALESCE(s.refresh_seconds, 0), s.mapping, s.precedence,
	(SELECT count(*) FROM places p WHERE p.source_id = s.source_id AND p.withdrawn_at IS NULL),
	s.last_pull, s.next_pull, COALESCE(s.last_state, ''), s.failures, s.columns, COALESCE(s.territory_kind, ''), s.territory_codes,
	COALESCE(s.etag, ''), COALESCE(s.last_modified, ''), s.content_hash`

// sourceLock is of the pairs of 32 bits: no other lock of the house is.
const sourceLock = 0x6d65646e

func scanSource(row pgx.Row, k *intake.KeptSource) error {
	var number int32
	var seconds int64
	var last, next *time.Time
	err := row.Scan(&number, &k.Name, &k.Siren, &k.URL, &seconds, (*text)(&k.Mapping), &k.Precedence, &k.Places, &last, &next, &k.LastState, &k.Failures,
		&k.Columns, &k.Territory.Kind, &k.Territory.Codes, &k.ETag, &k.LastModified, &k.ContentHash)
	if errors.Is(err, pgx.ErrNoRows) {
		return intake.ErrNoSource
	}
	k.Number, k.Every = int64(number), time.Duration(seconds)*time.Second
	if last != nil {
		k.LastPull = last.UTC()
	}
	if next != nil {
		k.NextPull = next.UTC()
	}
	return err
}

// Sources implements intake.Store.
func (s *Intake) Sources(ctx context.Context, siren string) ([]intake.KeptSource, error) {
	condition, args := `NOT s.demonstration`, []any{}
	if siren != "" {
		condition, args = condition+` AND s.siren = $1`, []any{siren}
	}
	rows, err := s.census.pool.Query(ctx, `SELECT `+sourceColumns+` FROM sources s WHERE `+condition+` ORDER BY s.name`, args...)
	if err != nil {
		return nil, fmt.Errorf("list sources: %w", explain(err))
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (k intake.KeptSource, err error) { return k, scanSource(row, &k) })
	if err != nil {
		return nil, fmt.Errorf("list sources: %w", explain(err))
	}
	return all, nil
}

func readSource(ctx context.Context, q queryer, condition string, args ...any) (k intake.KeptSource, err error) {
	if err = scanSource(q.QueryRow(ctx, `SELECT `+sourceColumns+` FROM sources s WHERE `+condition, args...), &k); err != nil {
		err = fmt.Errorf("read source: %w", explain(err))
	}
	return k, err
}

// Source implements intake.Store.
func (s *Intake) Source(ctx context.Context, number int64) (intake.KeptSource, error) {
	if number > math.MaxInt32 {
		return intake.KeptSource{}, intake.ErrNoSource
	}
	return readSource(ctx, s.census.pool, `s.source_id = $1`, number)
}

// SourceNamed implements intake.Store.
func (s *Intake) SourceNamed(ctx context.Context, name string) (intake.KeptSource, error) {
	return readSource(ctx, s.census.pool, `s.name = $1`, clean(name))
}

// UpdateSource implements intake.Store.
func (s *Intake) UpdateSource(ctx context.Context, name string, change func(*intake.KeptSource) error) (k intake.KeptSource, err error) {
	outranked := false
	err = s.within(ctx, "save source", func(tx pgx.Tx) error {
		k, err = updateSource(ctx, tx, clean(name), func(k *intake.KeptSource) error {
			before := k.Precedence
			err := change(k)
			outranked = k.Precedence != before
			return err
		})
		return err
	})
	if err == nil && outranked {
		// Apart: loads take their lock before they touch sources.
		err = s.census.ApplyPrecedence(ctx)
	}
	return k, err
}

func updateSource(ctx context.Context, tx pgx.Tx, name string, change func(*intake.KeptSource) error) (k intake.KeptSource, err error) {
	// Locked before it is read: a row that waits would be read as it was. By its
	// name first, since two may be making it.
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1::int, hashtext($2))`, sourceLock, name); err != nil {
		return k, err
	}
	if _, err := tx.Exec(ctx, `SELECT FROM sources WHERE name = $1 FOR NO KEY UPDATE`, name); err != nil {
		return k, err
	}
	k, err = readSource(ctx, tx, `s.name = $1`, name)
	if errors.Is(err, intake.ErrNoSource) {
		k, err = intake.KeptSource{Source: intake.Source{Name: name}}, nil
	}
	if err != nil {
		return k, err
	}
	if err := change(&k); err != nil {
		return k, err
	}
	if k.Number == 0 {
		var number int32
		err := tx.QueryRow(ctx, `
			INSERT INTO sources (name, demonstration) VALUES ($1, false)
			ON CONFLICT (name) DO UPDATE SET name = sources.name RETURNING source_id`, name).Scan(&number)
		if err != nil {
			return k, err
		}
		k.Number = int64(number)
	}
	codes := k.Territory.Codes
	if codes == nil {
		codes = []string{}
	}
	_, err = tx.Exec(ctx, `
		UPDATE sources SET siren = @siren, precedence = @precedence, mapping = @mapping, columns = @columns, url = @url, refresh_seconds = @seconds,
			territory_kind = @kind, territory_codes = @codes, etag = @etag, last_modified = @modified, content_hash = @hash,
			last_pull = @last, next_pull = @next, last_state = @state, failures = @failures
		WHERE source_id = @number`, pgx.NamedArgs{
		"number": k.Number, "siren": unknown(k.Siren), "precedence": k.Precedence, "mapping": textOrNil(k.Mapping), "columns": cleaned(k.Columns),
		"url": unknown(clean(k.URL)), "seconds": seconds(k.Every), "kind": unknown(k.Territory.Kind), "codes": codes,
		"etag": unknown(clean(k.ETag)), "modified": unknown(clean(k.LastModified)), "hash": orNull(k.ContentHash),
		"last": timeOrNil(k.LastPull), "next": timeOrNil(k.NextPull), "state": unknown(clean(k.LastState)), "failures": k.Failures,
	})
	return k, err
}

func seconds(d time.Duration) any {
	if d <= 0 {
		return nil
	}
	return int64(d / time.Second)
}

func timeOrNil(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}

// DueSource implements intake.Store.
func (s *Intake) DueSource(ctx context.Context, at, until time.Time) (intake.KeptSource, error) {
	var number int64
	err := s.census.pool.QueryRow(ctx, `
		UPDATE sources SET next_pull = $2
		WHERE source_id = (
			SELECT source_id FROM sources s
			WHERE next_pull <= $1 AND url IS NOT NULL
				AND NOT EXISTS (SELECT FROM deposits d WHERE d.source = s.name AND d.automatic AND d.task IS NOT NULL)
			ORDER BY next_pull LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED)
		RETURNING source_id`, at, until).Scan(&number)
	if errors.Is(err, pgx.ErrNoRows) {
		return intake.KeptSource{}, intake.ErrNoSource
	}
	if err != nil {
		return intake.KeptSource{}, fmt.Errorf("find due source: %w", explain(err))
	}
	return s.Source(ctx, number)
}

// Live implements intake.Store.
func (s *Intake) Live(ctx context.Context, source string) (n int, err error) {
	err = s.census.pool.QueryRow(ctx, `
		SELECT count(*) FROM places p JOIN sources s USING (source_id) WHERE s.name = $1 AND p.withdrawn_at IS NULL`, clean(source)).Scan(&n)
	if err != nil {
		err = fmt.Errorf("count places: %w", explain(err))
	}
	return n, err
}

// Whereabouts implements intake.Store.
func (s *Intake) Whereabouts(ctx context.Context, ids []string) (map[string]intake.Whereabouts, error) {
	rows, err := s.census.pool.Query(ctx, `SELECT identifier, COALESCE(code_insee, ''), COALESCE(departement, '') FROM places WHERE identifier = ANY($1)`, ids)
	if err != nil {
		return nil, fmt.Errorf("read whereabouts: %w", explain(err))
	}
	all := make(map[string]intake.Whereabouts, len(ids))
	var id string
	var w intake.Whereabouts
	if _, err := pgx.ForEachRow(rows, []any{&id, &w.CodeInsee, &w.Departement}, func() error { all[id] = w; return nil }); err != nil {
		return nil, fmt.Errorf("read whereabouts: %w", explain(err))
	}
	return all, nil
}
