package census

import (
	"math"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"

	"mednum/internal/place"
	"mednum/internal/territory"
)

// Gazetteer names communes.
type Gazetteer interface {
	Commune(code string) (*territory.Commune, bool)
	Resolve(nom, codePostal string) (*territory.Commune, bool)
}

// Communes answers internal/place's questions without contours.
func Communes(g Gazetteer) place.Communes { return &gazetteer{territories: g} }

// gazetteer answers internal/place's questions about communes. Contours may come
// after a commune was asked for, and before how far from it anything is.
type gazetteer struct {
	territories Gazetteer
	contours    map[string]orb.Geometry
}

func (g *gazetteer) Commune(code string) (place.Commune, bool) {
	c, ok := g.territories.Commune(code)
	if !ok {
		return place.Commune{}, false
	}
	return g.commune(c), true
}

func (g *gazetteer) Resolve(nom, codePostal string) (place.Commune, bool) {
	c, ok := g.territories.Resolve(nom, codePostal)
	if !ok {
		return place.Commune{}, false
	}
	return g.commune(c), true
}

// Named gives the communes of one name, where the territories know them so.
func (g *gazetteer) Named(nom string) []place.Commune {
	known, ok := g.territories.(interface {
		Named(nom string) []*territory.Commune
	})
	if !ok {
		return nil
	}
	var out []place.Commune
	for _, c := range known.Named(nom) {
		out = append(out, g.commune(c))
	}
	return out
}

func (g *gazetteer) commune(c *territory.Commune) place.Commune {
	p := place.Commune{Code: c.Code, Nom: c.Nom, Departement: c.Departement, CodesPostaux: c.CodesPostaux, AnciensNoms: c.AnciensNoms,
		Latitude: c.Point.Lat(), Longitude: c.Point.Lon(), HasPoint: c.HasPoint}
	code := c.Code
	if c.Parent != "" { // the contour is that of the city
		code = c.Parent
	}
	p.Distance = func(latitude, longitude float64) (float64, bool) {
		contour, ok := g.contours[code]
		if !ok {
			return 0, false
		}
		return distanceToContour(contour, latitude, longitude)
	}
	return p
}

// contourOf is the code of the commune whose contour holds a commune: itself,
// or the city of an arrondissement.
func contourOf(t Gazetteer, code string) string {
	if c, ok := t.Commune(code); ok && c.Parent != "" {
		return c.Parent
	}
	return code
}

// distanceToContour gives the metres from a point to a contour, 0 inside, on a
// plane that touches the Earth at the point: exact to a thousandth within a few
// hundred kilometres.
func distanceToContour(contour orb.Geometry, latitude, longitude float64) (float64, bool) {
	const degree = 111_195.08 // metres, on the mean sphere
	east := degree * math.Cos(latitude*math.Pi/180)
	local := func(p orb.Point) orb.Point {
		lon := math.Mod(p[0]-longitude+540, 360) - 180
		return orb.Point{lon * east, (p[1] - latitude) * degree}
	}
	var polygons orb.MultiPolygon
	switch g := contour.(type) {
	case orb.Polygon:
		polygons = orb.MultiPolygon{g}
	case orb.MultiPolygon:
		polygons = g
	default:
		return 0, false
	}
	if planar.MultiPolygonContains(polygons, orb.Point{longitude, latitude}) {
		return 0, true
	}
	best := math.Inf(1)
	for _, polygon := range polygons {
		for _, ring := range polygon {
			for i := 1; i < len(ring); i++ {
				best = min(best, planar.DistanceFromSegment(local(ring[i-1]), local(ring[i]), orb.Point{}))
			}
		}
	}
	return best, !math.IsInf(best, 1)
}
