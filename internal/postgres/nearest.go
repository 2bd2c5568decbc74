package postgres

import (
	"context"
	"errors"
	"math"

	"mednum/internal/place"
)

// The index orders places by their distance on a sphere of the Earth's mean
// radius R = (2a+b)/3 = 6 371 008.77 m; the answer is ordered by the distance
// on the WGS 84 ellipsoid. A step of the same change in latitude and longitude
// has on the ellipsoid M/R (northward) to N/R (eastward) times its length on
// the sphere, where M and N, the radii of curvature, lie between
//
//	a(1-e²)    = 6 335 439.33 m (M at the equator) and
//	a/√(1-e²)  = 6 399 593.63 m (both at the poles).
//
// Every path is made of such steps, and a distance is the length of the
// shortest path, so for any two points
//
//	0.994417 ≤ on the ellipsoid / on the sphere ≤ 1.004487.
//
// Candidates are taken in the sphere's order; once the last is S metres away on
// the sphere, no place left out is nearer than S × 0.994417 on the ellipsoid:
// the candidates below that are final, in the ellipsoid's order.
const (
	ellipsoidLeast = 0.9944  // of the sphere's distance
	ellipsoidMost  = 1.0045  //
	slack          = 0.00001 // metres: PostGIS rounds distances to 10 nm
)

// errUnproven ends a round whose candidates did not go far enough.
var errUnproven = errors.New("unproven")

func (c *Census) nearest(ctx context.Context, f place.Find, w where, each func(place.Hit) error) error {
	left := f.Limit
	after := f.After
	if after == (place.Cursor{}) {
		after.Distance = -1
	}
	// A disc 1.01 times as wide holds about 2 % more places: an eighth more is
	// proven at the first round but for clusters.
	for candidates := left + left/8 + 8; ; candidates *= 4 {
		sent := 0
		more, err := c.nearestRound(ctx, f, w, after, left, candidates, func(h place.Hit) error {
			sent++
			after = place.Cursor{Distance: h.Distance, ID: h.ID}
			return each(h)
		})
		left -= sent
		if err != nil || !more || left <= 0 {
			return err
		}
	}
}

func nearestSQL(f place.Find, w where, after place.Cursor, limit, candidates int) (string, []any) {
	w.conditions = append([]string(nil), w.conditions...)
	w.args = append([]any(nil), w.args...)
	here := "ST_SetSRID(ST_MakePoint(" + w.arg(f.Near.Longitude()) + ", " + w.arg(f.Near.Latitude()) + "), 4326)::geography"
	w.add("position IS NOT NULL")
	if f.Radius > 0 && !math.IsInf(f.Radius, 1) {
		w.filter("ST_DWithin(position::geography, " + here + ", " + w.arg(f.Radius+0.001) + ")")
	}
	if after.Distance > 0 {
		w.add("position::geography <-> " + here + " >= " + w.arg(after.Distance/ellipsoidMost-slack))
	}
	conditions := w.sql()
	taken := planLimit(candidates)
	beyond := "(metres, identifier) > (" + w.arg(after.Distance) + "::float8, " + w.arg(after.ID) + `::text COLLATE "C")`
	if f.Radius > 0 && !math.IsInf(f.Radius, 1) {
		beyond += " AND metres <= " + w.arg(f.Radius)
	}
	return `
		WITH candidate AS MATERIALIZED (
			SELECT seq, identifier,
				position::geography <-> ` + here + ` AS sphere,
				ST_Distance(position::geography, ` + here + `) AS metres
			FROM places
			WHERE ` + conditions + `
			ORDER BY position::geography <-> ` + here + ` LIMIT ` + taken + `
		), reach AS (
			SELECT CASE WHEN count(*) < ` + taken + ` THEN 'Infinity'
				ELSE max(sphere) * ` + w.arg(ellipsoidLeast) + `::float8 - ` + w.arg(slack) + `::float8 END AS metres
			FROM candidate
		), found AS (
			SELECT seq, identifier, metres FROM candidate
			WHERE ` + beyond + `
			ORDER BY metres, identifier LIMIT ` + w.arg(limit) + `
		)
		SELECT p.seq, p.identifier, p.metres, f.feature, p.metres < r.metres, r.metres = 'Infinity'
		FROM reach r LEFT JOIN (found p JOIN features f USING (seq)) ON true
		ORDER BY p.metres, p.identifier`, w.args
}

// nearestRound sends what its candidates prove, and reports whether there is more to look for.
func (c *Census) nearestRound(ctx context.Context, f place.Find, w where, after place.Cursor, limit, candidates int, each func(place.Hit) error) (more bool, err error) {
	sql, args := nearestSQL(f, w, after, limit, candidates)
	err = c.hits(ctx, w.mode(), sql, args, func(h place.Hit, rest [][]byte) error {
		// The reach comes even with no place: every candidate may lie before the cursor.
		all := rest[1][0] == 1
		more = !all
		switch {
		case h.Seq == 0:
			return nil
		case rest[0][0] == 0:
			return errUnproven
		}
		return each(h)
	})
	if errors.Is(err, errUnproven) {
		err = nil
	}
	return more, err
}
