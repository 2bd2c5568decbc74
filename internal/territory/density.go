package territory

import (
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geo"
)

// The density of communes in three classes, after the INSEE's grid, which
// looks at squares of a kilometre: here only the whole commune is known. A
// commune is
//
//   - dense with 1,500 inhabitants a square kilometre and 5,000 in all, or with
//     50,000 and 300 a square kilometre: a city whose territory has fields too;
//   - intermediate with 300 a square kilometre and 2,000 in all, or with 5,000: a
//     town, however vast its territory;
//   - rural otherwise.
//
// The bounds are those with which each class has, within two points, the share
// of the population that it has in the grid: 38, 29 and 33 %.
const (
	densePerKm2, townPerKm2                 = 1_500.0, 300.0
	bigCityPeople, townPeople, leastOfTowns = 50_000, 5_000, 2_000
	leastArea                               = 0.01 // square kilometres: the smallest commune has 0.03

	classDense   = "dense"
	classBetween = "intermediaire"
	classRural   = "rural"
)

// Densite gives the class of a commune: "dense", "intermediaire", "rural", ""
// when that cannot be known. A negative population is unknown, and so is an
// area that no commune has; a village is rural whatever its area.
func Densite(population int, km2 float64) string {
	known := km2 >= leastArea // false for NaN
	density := float64(population) / km2
	switch {
	case population < 0:
		return ""
	case population < leastOfTowns:
		return classRural
	case !known:
		return ""
	case density >= densePerKm2 && population >= townPeople, density >= townPerKm2 && population >= bigCityPeople:
		return classDense
	case density >= townPerKm2, population >= townPeople:
		return classBetween
	}
	return classRural
}

// Densite gives the class of c. Its contour gives the area; the municipal
// arrondissements of Paris, Lyon and Marseille have none here, and are dense.
func (c *Commune) Densite() string {
	if c.Parent != "" {
		return classDense
	}
	return Densite(c.Population, Superficie(c.Contour))
}

// Superficie is the area of a contour in square kilometres, on a sphere: within
// half a hundredth of the ellipsoid's. 0 without a contour.
func Superficie(contour orb.Geometry) float64 {
	switch contour.(type) {
	case orb.Polygon, orb.MultiPolygon:
		return geo.Area(contour) / 1e6
	}
	return 0
}
