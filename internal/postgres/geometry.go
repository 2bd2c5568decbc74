package postgres

import (
	"encoding/binary"
	"fmt"

	"github.com/paulmach/orb"
	"github.com/twpayne/go-geom"
	"github.com/twpayne/go-geom/encoding/ewkb"
	"github.com/twpayne/go-geom/encoding/wkbcommon"

	"mednum/internal/place"
)

// srid of everything that is stored: longitude and latitude in degrees, WGS 84.
const srid = 4326

// Some ten times the largest contour of France: a length that lies must not
// reserve memory before the bytes turn out to be missing.
func init() { wkbcommon.MaxGeometryElements = [4]int{0, 1 << 20, 1 << 16, 1 << 16} }

// pointEWKB is what the database takes for a position; nil when unknown.
func pointEWKB(p place.Position) ([]byte, error) {
	if !p.Known() {
		return nil, nil
	}
	return ewkb.Marshal(geom.NewPointFlat(geom.XY, []float64{p.Longitude(), p.Latitude()}).SetSRID(srid), binary.LittleEndian)
}

// toEWKB takes points, polygons and multipolygons; nil gives nil.
func toEWKB(g orb.Geometry) ([]byte, error) {
	var t geom.T
	switch g := g.(type) {
	case nil:
		return nil, nil
	case orb.Point:
		t = geom.NewPointFlat(geom.XY, []float64{g[0], g[1]}).SetSRID(srid)
	case orb.Polygon:
		flat, ends := flatten(nil, nil, g)
		t = geom.NewPolygonFlat(geom.XY, flat, ends).SetSRID(srid)
	case orb.MultiPolygon:
		var flat []float64
		var endss [][]int
		for _, polygon := range g {
			var ends []int
			flat, ends = flatten(flat, nil, polygon)
			endss = append(endss, ends)
		}
		t = geom.NewMultiPolygonFlat(geom.XY, flat, endss).SetSRID(srid)
	default:
		return nil, fmt.Errorf("a %s cannot be stored", g.GeoJSONType())
	}
	return ewkb.Marshal(t, binary.LittleEndian)
}

func flatten(flat []float64, ends []int, p orb.Polygon) ([]float64, []int) {
	for _, ring := range p {
		for _, point := range ring {
			flat = append(flat, point[0], point[1])
		}
		ends = append(ends, len(flat))
	}
	return flat, ends
}

// fromEWKB is the inverse of toEWKB; a geometry in another reference system is
// an error, not a guess.
func fromEWKB(b []byte) (orb.Geometry, error) {
	if len(b) == 0 {
		return nil, nil
	}
	t, err := ewkb.Unmarshal(b)
	if err != nil {
		return nil, fmt.Errorf("read geometry: %w", err)
	}
	if t.SRID() != srid {
		return nil, fmt.Errorf("read geometry: SRID %d instead of %d", t.SRID(), srid)
	}
	if t.Layout() != geom.XY {
		return nil, fmt.Errorf("read geometry: layout %v", t.Layout())
	}
	switch t := t.(type) {
	case *geom.Point:
		return orb.Point{t.X(), t.Y()}, nil
	case *geom.Polygon:
		return polygon(t), nil
	case *geom.MultiPolygon:
		m := make(orb.MultiPolygon, t.NumPolygons())
		for i := range m {
			m[i] = polygon(t.Polygon(i))
		}
		return m, nil
	}
	return nil, fmt.Errorf("read geometry: %T is not expected", t)
}

func polygon(t *geom.Polygon) orb.Polygon {
	p := make(orb.Polygon, t.NumLinearRings())
	for i := range p {
		ring := t.LinearRing(i)
		p[i] = make(orb.Ring, ring.NumCoords())
		for j := range p[i] {
			c := ring.Coord(j)
			p[i][j] = orb.Point{c.X(), c.Y()}
		}
	}
	return p
}
