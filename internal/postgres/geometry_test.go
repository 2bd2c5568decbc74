package postgres

import (
	"encoding/binary"
	"testing"

	"github.com/paulmach/orb"
	"github.com/twpayne/go-geom"
	"github.com/twpayne/go-geom/encoding/ewkb"
)

func TestGeometriesGoThereAndBack(t *testing.T) {
	ring := orb.Ring{{0, 0}, {4, 0}, {4, 4}, {0, 4}, {0, 0}}
	hole := orb.Ring{{1, 1}, {1, 2}, {2, 2}, {2, 1}, {1, 1}}
	for _, g := range []orb.Geometry{
		nil,
		orb.Point{-61.5, 16.2},
		orb.Polygon{ring}, orb.Polygon{ring, hole},
		orb.MultiPolygon{{ring, hole}, {hole}, {ring}},
		orb.MultiPolygon{},
	} {
		b, err := toEWKB(g)
		if err != nil {
			t.Fatal(err)
		}
		back, err := fromEWKB(b)
		if err != nil {
			t.Fatal(err)
		}
		if g == nil != (back == nil) || g != nil && !orb.Equal(g, back) {
			t.Errorf("%v became %v", g, back)
		}
	}
}

func TestGeometriesOfAnotherKindAreRefused(t *testing.T) {
	if _, err := toEWKB(orb.LineString{{0, 0}, {1, 1}}); err == nil {
		t.Error("a line was stored")
	}
	for name, g := range map[string]geom.T{
		"Lambert-93":       geom.NewPointFlat(geom.XY, []float64{652469, 6862035}).SetSRID(2154),
		"no system":        geom.NewPointFlat(geom.XY, []float64{2, 48}),
		"three dimensions": geom.NewPointFlat(geom.XYZ, []float64{2, 48, 100}).SetSRID(srid),
		"a line":           geom.NewLineStringFlat(geom.XY, []float64{2, 48, 3, 48}).SetSRID(srid),
	} {
		b, err := ewkb.Marshal(g, binary.LittleEndian)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := fromEWKB(b); err == nil {
			t.Errorf("%s: read as %v", name, back)
		}
	}
}

func FuzzFromEWKB(f *testing.F) {
	b, err := toEWKB(orb.MultiPolygon{{{{0, 0}, {4, 0}, {4, 4}, {0, 0}}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte{1, 1, 0, 0, 0x20, 0xe6, 0x10, 0, 0})
	f.Fuzz(func(_ *testing.T, b []byte) {
		_, _ = fromEWKB(b) // must not panic
	})
}
