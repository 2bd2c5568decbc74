package territory

import (
	"math"
	"testing"

	"github.com/paulmach/orb"
	"pgregory.net/rapid"
)

// TestNearestIsTheNearest: as by looking at every point, in the middle of many
// and far from all.
func TestNearestIsTheNearest(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		spread := rapid.SampledFrom([]float64{0.1, 1, 8, 60}).Draw(rt, "spread")
		drawn := func(name string, n int) (points []orb.Point) {
			for range n {
				points = append(points, orb.Point{3 + spread*rapid.Float64Range(-1, 1).Draw(rt, name), 46 + spread/2*rapid.Float64Range(-1, 1).Draw(rt, name)})
			}
			return points
		}
		points := drawn("point", rapid.IntRange(0, 60).Draw(rt, "points"))
		near := NewNear(points)
		for _, from := range append(drawn("from", 5), orb.Point{-56.2, 46.8}, orb.Point{55.5, -21.1}) {
			best, at := math.Inf(1), -1
			for i, p := range points {
				if d := sphere(from, p); d < best {
					best, at = d, i
				}
			}
			i, metres, ok := near.Nearest(from)
			if ok != (at >= 0) || ok && (i != at || metres != best) {
				rt.Fatalf("from %v: %d at %f m, %d at %f m expected", from, i, metres, at, best)
			}
		}
	})
}

// Reims to Lyon is some 393 km as the crow flies.
func TestSphere(t *testing.T) {
	if d := sphere(orb.Point{4.0317, 49.2583}, orb.Point{4.8357, 45.7640}); math.Abs(d-393_000) > 3_000 {
		t.Errorf("%.0f m", d)
	}
}
