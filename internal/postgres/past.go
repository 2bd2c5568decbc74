package postgres

import (
	"context"
	"fmt"

	"mednum/internal/place"
)

// The census as it was after a revision: a row is what the first change after it
// found there, or, where none touched it since, what is there now. Rows that came
// later are left out. Searches read the untouched ones by their indexes, and the
// others, few as a rule, beside them.

// since keeps the past rows of later changes; at is the argument of the revision.
func since(at string) string {
	return `JOIN revisions r USING (change) WHERE r.number > ` + at
}

// born are the numbers of rows that first came later.
func born(table, at string) string {
	return `COALESCE((SELECT range_agg(int8range(b.first, b.last, '[]')) FROM journal_births b ` + since(at) + ` AND b.rows = '` + table + `'), '{}')`
}

// untouched are the rows of a table that are what they were, as a condition.
func untouched(table, at string) string {
	return `NOT EXISTS (SELECT FROM ` + table + `_past x ` + since(at) + ` AND x.seq = ` + table + `.seq) AND NOT ` + table + `.seq <@ ` + born(table, at)
}

// touched are the rows of a table that are otherwise now, as they were, after a
// number.
func touched(table, at, after string) string {
	return `(SELECT (x.former).* FROM (
			SELECT DISTINCT ON (x.seq) x.seq, x.former FROM ` + table + `_past x ` + since(at) + ` AND x.seq > ` + after + ` ORDER BY x.seq, r.number
		) x WHERE (x.former).seq IS NOT NULL AND NOT x.seq <@ ` + born(table, at) + `)`
}

// rowAt is one row of a table as it was; NULL: there was none.
func rowAt(table, seq, at string) string {
	return `(SELECT CASE WHEN ` + seq + ` <@ ` + born(table, at) + ` THEN NULL WHEN x.change IS NULL THEN n ELSE x.former END
		FROM (SELECT) one
			LEFT JOIN ` + table + ` n ON n.seq = ` + seq + `
			LEFT JOIN LATERAL (SELECT x.change, x.former FROM ` + table + `_past x ` + since(at) + ` AND x.seq = ` + seq + ` ORDER BY r.number LIMIT 1) x ON true)`
}

// fromPast is from, of the census as it was.
func (w *where) fromPast(columns, order, limit string) string {
	at := w.arg(w.asOf)
	after := "0"
	if w.after > 0 {
		after = w.arg(w.after)
	}
	join := ""
	if w.scored {
		join = ` JOIN (SELECT * FROM scores WHERE ` + untouched("scores", at) + ` UNION ALL SELECT * FROM ` + touched("scores", at, after) + ` AS past) AS scores USING (seq)`
	}
	part := func(places, condition string) string {
		return `(SELECT ` + columns + ` FROM ` + places + ` AS places` + join + ` WHERE ` + w.sql() + condition + ` ORDER BY ` + order + ` LIMIT ` + limit + `)`
	}
	return `SELECT * FROM (` + part("places", ` AND `+untouched("places", at)) + ` UNION ALL ` + part(touched("places", at, after), "") + `) AS either ORDER BY ` + order + ` LIMIT ` + limit
}

// sentPast is sent, of the census as it was.
func (w *where) sentPast(seq string) string {
	at := w.arg(w.asOf)
	return `JOIN LATERAL (SELECT (` + rowAt("features", seq, at) + `).feature) f ON f.feature IS NOT NULL
		LEFT JOIN LATERAL (SELECT (` + rowAt("scores", seq, at) + `).published) s ON true`
}

// PlaceAsOf gives one place as it was after a revision, with the errors of Place.
func (c *Census) PlaceAsOf(ctx context.Context, id string, revision int64) (place.Hit, error) {
	seq, ok := place.Number(id)
	if !ok {
		return place.Hit{}, fmt.Errorf("get past place: %w", place.ErrNotFound)
	}
	h := place.Hit{ID: id, Seq: seq}
	var shown *bool
	var into *int64
	err := c.pool.QueryRow(ctx, `
		SELECT (p.row).shown, (p.row).merged_into, (f.row).feature, (s.row).published
		FROM (SELECT `+rowAt("places", "$1::bigint", "$2::bigint")+` AS row) p,
			(SELECT `+rowAt("features", "$1::bigint", "$2::bigint")+` AS row) f,
			(SELECT `+rowAt("scores", "$1::bigint", "$2::bigint")+` AS row) s`, seq, revision).Scan(&shown, &into, (*text)(&h.Feature), (*text)(&h.Quality))
	switch {
	case err != nil:
		return place.Hit{}, fmt.Errorf("get past place: %w", explain(err))
	case shown == nil || h.Feature == nil:
		return place.Hit{}, fmt.Errorf("get past place %s: %w", id, place.ErrNotFound)
	}
	if err := standing(*shown, into); err != nil {
		return place.Hit{}, fmt.Errorf("get past place %s: %w", id, err)
	}
	return h, nil
}
