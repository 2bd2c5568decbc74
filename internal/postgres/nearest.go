package postgres

import (
	"context"
	"errors"
	"math"
	"strconv"
	"strings"

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

// A way to take the candidates. Which is fast depends on how much the filters
// keep, and where: a million places of which none of département 35 is near
// Paris cost a second when walked outwards, and a few milliseconds when those
// of the département are fetched and sorted; the contrary for what most have.
type way int

const (
	outwards way = iota // walk the index from the point on; filters discard on the way
	window              // the same, giving up after windowSize places
	sorted              // fetch all that the filters keep, and sort
)

const (
	// windowSize costs 2 ms at most, whatever the filters; enough for those that
	// keep one place in ten.
	windowSize = 512
	// sortable places are fetched and sorted in some 50 ms. Filters that keep more
	// of a million keep two in a hundred: they are met soon enough outwards.
	sortable = 20_000
)

// errUnproven ends a round whose candidates did not go far enough.
var errUnproven = errors.New("unproven")

func (c *Census) nearest(ctx context.Context, f place.Find, w where, each func(place.Hit) error) error {
	left := f.Limit
	after := f.After
	if after == (place.Cursor{}) {
		after.Distance = -1
	}
	var err error
	by := outwards
	filtered := len(w.conditions) > 1 // shown is always there
	if filtered && !(w.many && len(w.conditions) == 2) {
		w.filtered = true
		by = window
		if w.rare || w.asOf > 0 {
			if by, err = c.wayOf(ctx, w); err != nil {
				return err
			}
		}
	}
	// A disc 1.01 times as wide holds about 2 % more places: an eighth more is
	// proven at the first round but for clusters.
	for candidates := left + left/8 + 8; ; candidates *= 4 {
		sent := 0
		more, err := c.nearestRound(ctx, f, w, by, after, left, candidates, func(h place.Hit) error {
			sent++
			after = place.Cursor{Distance: h.Distance, ID: h.ID}
			return each(h)
		})
		left -= sent
		if err != nil || !more || left <= 0 {
			return err
		}
		if by == window {
			if by, err = c.wayOf(ctx, w); err != nil {
				return err
			}
		}
	}
}

// wayOf counts what the filters keep, up to what is sortable.
func (c *Census) wayOf(ctx context.Context, w where) (way, error) {
	var n int
	limit := strconv.Itoa(c.sortable + 1)
	kept := `SELECT FROM places` + w.join() + ` WHERE ` + w.sql() + ` LIMIT ` + limit
	if w.asOf > 0 {
		kept = w.from("seq", "seq", limit)
	}
	args := append([]any{planned}, w.args...)
	err := c.pool.QueryRow(ctx, `
		SELECT count(*) FROM (`+kept+`) AS kept`, args...).Scan(&n)
	if n > c.sortable {
		return outwards, err
	}
	return sorted, err
}

func nearestSQL(f place.Find, w where, by way, after place.Cursor, limit, candidates int) (string, []any) {
	w.conditions = append([]string(nil), w.conditions...)
	w.args = append([]any(nil), w.args...)
	here := "ST_SetSRID(ST_MakePoint(" + w.arg(f.Near.Longitude()) + ", " + w.arg(f.Near.Latitude()) + "), 4326)::geography"
	sphere := "position::geography <-> " + here
	near := []string{"shown", "position IS NOT NULL"}
	beyond := "(metres, identifier) > (" + w.arg(after.Distance) + "::float8, " + w.arg(after.ID) + `::text COLLATE "C")`
	if f.Radius > 0 && !math.IsInf(f.Radius, 1) {
		near = append(near, "ST_DWithin(position::geography, "+here+", "+w.arg(f.Radius+0.001)+")")
		beyond += " AND metres <= " + w.arg(f.Radius)
	}
	if after.Distance > 0 {
		near = append(near, sphere+" >= "+w.arg(after.Distance/ellipsoidMost-slack))
	}
	all := "'Infinity'::float8"
	metres := "ST_Distance(position::geography, " + here + ") AS metres"
	taken := planLimit(candidates)
	var candidate string
	switch by {
	case window:
		places := "(SELECT *, " + sphere + " AS sphere FROM places WHERE " + strings.Join(near, " AND ") + " ORDER BY " + sphere + " LIMIT " + planLimit(max(windowSize, 4*candidates)) + ") AS places"
		all = "COALESCE(max(sphere), 0)" // few in the window are not all
		candidate = "SELECT seq, identifier, sphere, " + metres + " FROM " + places + w.join() + " WHERE " + w.sql() + " ORDER BY sphere LIMIT " + taken
	default:
		w.conditions = append(w.conditions, near[1:]...)
		if by == sorted {
			sphere = "(" + sphere + ") + 0" // which no index has
		}
		candidate = w.from("seq, identifier, "+sphere+" AS sphere, "+metres, "sphere", taken)
	}
	return `
		WITH candidate AS MATERIALIZED (
			` + candidate + `
		), reach AS (
			SELECT CASE WHEN count(*) < ` + taken + ` THEN ` + all + ` ELSE max(sphere) END
				* ` + w.arg(ellipsoidLeast) + `::float8 - ` + w.arg(slack) + `::float8 AS metres
			FROM candidate
		), found AS (
			SELECT seq, identifier, metres FROM candidate
			WHERE ` + beyond + `
			ORDER BY metres, identifier LIMIT ` + w.arg(limit) + `
		)
		SELECT p.seq, p.identifier, p.metres, f.feature, s.published, p.metres < r.metres, r.metres = 'Infinity'
		FROM reach r LEFT JOIN (found p ` + w.sent("p.seq") + `) ON true
		ORDER BY p.metres, p.identifier`, w.args
}

// nearestRound sends what its candidates prove, and reports whether there is more to look for.
func (c *Census) nearestRound(ctx context.Context, f place.Find, w where, by way, after place.Cursor, limit, candidates int, each func(place.Hit) error) (more bool, err error) {
	sql, args := nearestSQL(f, w, by, after, limit, candidates)
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
