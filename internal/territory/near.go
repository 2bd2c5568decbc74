package territory

import (
	"math"

	"github.com/paulmach/orb"
)

// Near finds the nearest of many points, on the sphere: for each commune of a
// country at once, where a question of the database each would take minutes.
type Near struct {
	points []orb.Point
	cells  map[[2]int32][]int32
}

const (
	nearCell  = 0.05 // degrees: some 5 km
	nearRings = 40   // beyond, points are few: all are looked at
	meanEarth = 6371008.8
	radian    = math.Pi / 180
)

// NewNear keeps points, longitude first.
func NewNear(points []orb.Point) *Near {
	n := &Near{points, make(map[[2]int32][]int32, len(points))}
	for i, p := range points {
		c := cellOf(p)
		n.cells[c] = append(n.cells[c], int32(i))
	}
	return n
}

func cellOf(p orb.Point) [2]int32 {
	return [2]int32{int32(math.Floor(p[0] / nearCell)), int32(math.Floor(p[1] / nearCell))}
}

// Nearest gives the index of the nearest point, the first of equals, and how far
// it is in metres; false when there is none.
func (n *Near) Nearest(from orb.Point) (index int, metres float64, ok bool) {
	best, at := math.Inf(1), -1
	look := func(indexes []int32) {
		for _, i := range indexes {
			if d := sphere(from, n.points[i]); d < best || d == best && int(i) < at {
				best, at = d, int(i)
			}
		}
	}
	here := cellOf(from)
	for ring := int32(0); ; ring++ {
		if ring == nearRings {
			for i, p := range n.points {
				if d := sphere(from, p); d < best {
					best, at = d, i
				}
			}
			break
		}
		for x := -ring; x <= ring; x++ {
			step := int32(1)
			if x != -ring && x != ring {
				step = max(1, 2*ring) // the two ends only
			}
			for y := -ring; y <= ring; y += step {
				look(n.cells[[2]int32{here[0] + x, here[1] + y}])
			}
		}
		if best < Within(from, float64(ring)*nearCell) {
			break
		}
	}
	if at < 0 {
		return 0, 0, false
	}
	return at, best, true
}

// Within is a distance in metres from a point such that whatever is nearer lies
// less than so many degrees away, both in longitude and in latitude.
func Within(p orb.Point, degrees float64) float64 {
	east := math.Asin(math.Cos(p[1]*radian) * math.Sin(min(degrees, 90)*radian))
	return meanEarth * min(degrees*radian, east)
}

func sphere(a, b orb.Point) float64 {
	lat, lon := math.Sin((b[1]-a[1])*radian/2), math.Sin((b[0]-a[0])*radian/2)
	h := lat*lat + math.Cos(a[1]*radian)*math.Cos(b[1]*radian)*lon*lon
	return 2 * meanEarth * math.Asin(math.Sqrt(min(1, h)))
}
