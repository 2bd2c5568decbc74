package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb"

	"mednum/internal/history"
	"mednum/internal/place"
	"mednum/internal/territory"
)

// SaveTerritories puts s in the place of whatever territories there were, in
// one transaction, and scores the places again. The same set again changes
// nothing, and says so.
func (c *Census) SaveTerritories(ctx context.Context, s territory.Set) (changed bool, err error) {
	changed, err = c.saveTerritories(ctx, s)
	if err != nil {
		return false, fmt.Errorf("save territories: %w", explain(err))
	}
	return changed, nil
}

// territoriesLock makes two imports of territories queue.
const territoriesLock = loadLock + 1

func (c *Census) saveTerritories(ctx context.Context, s territory.Set) (bool, error) {
	communes := make([][]any, len(s.Communes))
	divisions := make([][]any, len(s.Divisions))
	h := sha256.New()
	mix := func(row []any) {
		var n [8]byte
		for _, v := range row {
			b := fmt.Appendf(nil, "%T %v", v, v)
			binary.LittleEndian.PutUint64(n[:], uint64(len(b)))
			h.Write(n[:])
			h.Write(b)
		}
	}
	origin := clean(s.Origin)
	mix([]any{origin})
	for i := range s.Communes {
		m := &s.Communes[i]
		var point []byte
		var err error
		if m.HasPoint {
			if point, err = toEWKB(m.Point); err != nil {
				return false, fmt.Errorf("commune %s: %w", m.Code, err)
			}
		}
		contour, err := toEWKB(m.Contour)
		if err != nil {
			return false, fmt.Errorf("commune %s: %w", m.Code, err)
		}
		communes[i] = []any{
			clean(m.Code), clean(m.Nom), cleanList(m.CodesPostaux), clean(m.Departement), clean(m.Region), unknown(clean(m.Epci)), unknown(clean(m.Parent)),
			population(m.Population), cleanList(m.AnciensCodes), cleanList(m.AnciensNoms), orNull(point), orNull(contour), unknown(m.Densite()),
		}
		mix(communes[i])
	}
	for i := range s.Divisions {
		d := &s.Divisions[i]
		contour, err := toEWKB(d.Contour)
		if err != nil {
			return false, fmt.Errorf("%s %s: %w", d.Kind, d.Code, err)
		}
		divisions[i] = []any{d.Kind, clean(d.Code), clean(d.Nom), unknown(clean(d.Region)), population(d.Population), orNull(contour)}
		mix(divisions[i])
	}
	hash := h.Sum(nil)

	tx, err := c.pool.Begin(ctx)
	if err != nil {
		return false, err
	}
	defer tx.Rollback(context.WithoutCancel(ctx))
	if err := sign(signed(ctx, history.Author{Cause: history.Scoring, Subject: "territoires"}), tx); err != nil {
		return false, err
	}
	if _, err := tx.Exec(ctx, `SET LOCAL statement_timeout = 0`); err != nil {
		return false, err
	}
	for _, lock := range []int64{territoriesLock, loadLock} { // a load reads the communes to score
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, lock); err != nil {
			return false, err
		}
	}
	var had []byte
	err = tx.QueryRow(ctx, `SELECT hash FROM territories_origin`).Scan(&had)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return false, err
	}
	if string(had) == string(hash) {
		return false, nil
	}
	// DELETE, not TRUNCATE: readers go on reading the old ones until the commit.
	if _, err := tx.Exec(ctx, `DELETE FROM communes; DELETE FROM divisions; DELETE FROM territories_origin`); err != nil {
		return false, err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO territories_origin (origin, hash) VALUES ($1, $2)`, origin, hash); err != nil {
		return false, err
	}
	_, err = tx.CopyFrom(ctx, pgx.Identifier{"communes"}, []string{
		"code", "nom", "codes_postaux", "departement", "region", "epci", "parent", "population", "anciens_codes", "anciens_noms", "point", "contour", "densite",
	}, pgx.CopyFromRows(communes))
	if err != nil {
		return false, err
	}
	_, err = tx.CopyFrom(ctx, pgx.Identifier{"divisions"}, []string{"kind", "code", "nom", "region", "population", "contour"}, pgx.CopyFromRows(divisions))
	if err != nil {
		return false, err
	}
	if _, err := tx.Exec(ctx, `ANALYZE communes; ANALYZE divisions`); err != nil {
		return false, err
	}
	// Scores depend on the density of the commune, and on the distance to it.
	if err := measureEcarts(ctx, tx, "true"); err != nil {
		return false, err
	}
	scores := scoring{census: c, tx: tx, where: "true"}
	if err := scores.run(ctx); err != nil {
		return false, err
	}
	if scores.written > 0 {
		if err := settleScores(ctx, tx); err != nil {
			return false, err
		}
	}
	if err := bump(ctx, tx, true); err != nil {
		return false, err
	}
	return true, tx.Commit(ctx)
}

func population(n int) any {
	if n < 0 || n > math.MaxInt32 {
		return nil
	}
	return int32(n)
}

func cleanList(list []string) []string {
	cleaned := make([]string, len(list))
	for i, s := range list {
		cleaned[i] = clean(s)
	}
	return cleaned
}

// Territories gives everything but the contours: what a gazetteer needs.
func (c *Census) Territories(ctx context.Context) (s territory.Set, err error) {
	// One snapshot: the communes and the divisions of one import.
	err = pgx.BeginTxFunc(ctx, c.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		s, err = territoriesIn(ctx, tx)
		return err
	})
	if err != nil {
		return territory.Set{}, fmt.Errorf("read territories: %w", explain(err))
	}
	return s, nil
}

func territoriesIn(ctx context.Context, tx pgx.Tx) (s territory.Set, err error) {
	err = tx.QueryRow(ctx, `SELECT origin FROM territories_origin`).Scan(&s.Origin)
	if errors.Is(err, pgx.ErrNoRows) {
		return s, nil // none was ever imported
	}
	if err != nil {
		return s, err
	}
	rows, err := tx.Query(ctx, `SELECT `+communeColumns+`, NULL::bytea FROM communes ORDER BY code`)
	if err != nil {
		return s, err
	}
	if s.Communes, err = pgx.CollectRows(rows, scanCommune); err != nil {
		return s, err
	}
	rows, err = tx.Query(ctx, `SELECT kind, code, nom, COALESCE(region, ''), COALESCE(population, -1), NULL::bytea FROM divisions ORDER BY kind, code`)
	if err != nil {
		return s, err
	}
	s.Divisions, err = pgx.CollectRows(rows, scanDivision)
	return s, err
}

const communeColumns = `code, nom, codes_postaux, departement, region, COALESCE(epci, ''), COALESCE(parent, ''),
	COALESCE(population, -1), anciens_codes, anciens_noms, ST_X(point), ST_Y(point)`

func scanCommune(row pgx.CollectableRow) (m territory.Commune, err error) {
	var x, y *float64
	var contour []byte
	err = row.Scan(&m.Code, &m.Nom, &m.CodesPostaux, &m.Departement, &m.Region, &m.Epci, &m.Parent, &m.Population, &m.AnciensCodes, &m.AnciensNoms, &x, &y, &contour)
	if err != nil {
		return m, err
	}
	if x != nil && y != nil {
		m.Point, m.HasPoint = orb.Point{*x, *y}, true
	}
	m.Contour, err = fromEWKB(contour)
	return m, err
}

func scanDivision(row pgx.CollectableRow) (d territory.Division, err error) {
	var contour []byte
	if err = row.Scan(&d.Kind, &d.Code, &d.Nom, &d.Region, &d.Population, &contour); err != nil {
		return d, err
	}
	d.Contour, err = fromEWKB(contour)
	return d, err
}

// Communes hands the communes that satisfy f to each, by code, contours
// included, at most f.Limit, beginning after the code f.After.ID. Of f only
// BBox (meets the contour, or contains the point), CodeInsee, CodePostal and
// Departement count.
func (c *Census) Communes(ctx context.Context, f place.Find, each func(territory.Commune) error) error {
	if f.Limit <= 0 {
		return fmt.Errorf("find communes: limit %d", f.Limit)
	}
	var w where
	if f.After.ID != "" {
		w.add("code > " + w.arg(clean(f.After.ID)))
	}
	if len(f.CodeInsee) > 0 {
		w.add("code = ANY(" + w.arg(storable(f.CodeInsee)) + "::text[])")
	}
	if len(f.Departement) > 0 {
		w.add("departement = ANY(" + w.arg(storable(f.Departement)) + "::text[])")
	}
	if len(f.CodePostal) > 0 {
		w.add("codes_postaux && " + w.arg(storable(f.CodePostal)) + "::text[]")
	}
	if b := f.BBox; b != nil {
		box := func(west, east float64) string {
			envelope := fmt.Sprintf("ST_MakeEnvelope(%s, %s, %s, %s, 4326)", w.arg(west), w.arg(b.South), w.arg(east), w.arg(b.North))
			return "(COALESCE(contour, point) && " + envelope + " AND ST_Intersects(COALESCE(contour, point), " + envelope + "))"
		}
		if b.West <= b.East {
			w.add(box(b.West, b.East))
		} else {
			w.add("(" + box(b.West, 180) + " OR " + box(-180, b.East) + ")")
		}
	}
	if len(w.conditions) == 0 {
		w.add("true")
	}
	rows, err := c.pool.Query(ctx, `
		SELECT `+communeColumns+`, ST_AsEWKB(contour)
		FROM communes WHERE `+w.sql()+`
		ORDER BY code LIMIT `+w.arg(f.Limit), append([]any{planned}, w.args...)...)
	if err != nil {
		return fmt.Errorf("find communes: %w", explain(err))
	}
	defer rows.Close()
	for rows.Next() {
		m, err := scanCommune(rows)
		if err != nil {
			return fmt.Errorf("find communes: %w", explain(err))
		}
		if err := each(m); err != nil {
			return fmt.Errorf("find communes: %w", err)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("find communes: %w", explain(err))
	}
	return nil
}

// Outlines gives the départements that have a contour, by code, simplified to
// tolerance degrees. Borders are simplified one département at a time: along a
// border two neighbours may part by less than the tolerance.
func (c *Census) Outlines(ctx context.Context, tolerance float64) ([]territory.Division, error) {
	rows, err := c.pool.Query(ctx, `
		SELECT kind, code, nom, COALESCE(region, ''), COALESCE(population, -1),
			ST_AsEWKB(ST_SimplifyPreserveTopology(contour, $1))
		FROM divisions WHERE kind = 'departement' AND contour IS NOT NULL
		ORDER BY code`, tolerance)
	if err != nil {
		return nil, fmt.Errorf("read outlines: %w", explain(err))
	}
	divisions, err := pgx.CollectRows(rows, scanDivision)
	if err != nil {
		return nil, fmt.Errorf("read outlines: %w", explain(err))
	}
	return divisions, nil
}

// Contours gives the contours of communes by code; those without one are left out.
func (c *Census) Contours(ctx context.Context, codes []string) (map[string]orb.Geometry, error) {
	rows, err := c.pool.Query(ctx, `
		SELECT code, ST_AsEWKB(contour) FROM communes WHERE code = ANY($1) AND contour IS NOT NULL`, storable(codes))
	if err != nil {
		return nil, fmt.Errorf("read contours: %w", explain(err))
	}
	contours := map[string]orb.Geometry{}
	var code string
	var contour []byte
	_, err = pgx.ForEachRow(rows, []any{&code, &contour}, func() error {
		var err error
		contours[code], err = fromEWKB(contour)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read contours: %w", explain(err))
	}
	return contours, nil
}
