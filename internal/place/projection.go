package place

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// Projection is a coordinate reference system in which French data are
// published: how its numbers become degrees of WGS84. RGF93 and the geodetic
// systems of the overseas territories are WGS84 within a metre; NTF is not, and
// is shifted.
type Projection struct {
	Code    string // "EPSG:2154"
	Name    string // French: "Lambert-93"
	inverse func(x, y float64) (latitude, longitude float64)
}

// Metric reports whether the numbers are metres: an easting and a northing.
func (p *Projection) Metric() bool { return p.inverse != nil }

// Degrees converts an easting and a northing. False: the numbers are none of
// this system.
func (p *Projection) Degrees(easting, northing float64) (latitude, longitude float64, ok bool) {
	if p.inverse == nil {
		return northing, easting, math.Abs(northing) <= 90 && math.Abs(easting) <= 180
	}
	latitude, longitude = p.inverse(easting, northing)
	// Not a number compares as false.
	return latitude, longitude, math.Abs(latitude) <= 90 && math.Abs(longitude) <= 180
}

// ProjectionOf gives a system by its code, exactly: "EPSG:2154". "" is degrees.
func ProjectionOf(code string) (*Projection, bool) {
	if code == "" {
		return &projections[0], true
	}
	i := slices.IndexFunc(projections, func(p Projection) bool { return p.Code == code })
	if i < 0 {
		return nil, false
	}
	return &projections[i], true
}

// Projections gives all the systems known, degrees first.
func Projections() []*Projection {
	out := make([]*Projection, len(projections))
	for i := range projections {
		out[i] = &projections[i]
	}
	return out
}

// ReadNumber reads a coordinate as people write it: a point or a comma, spaces
// between thousands, degrees, minutes and seconds, a letter for the hemisphere.
func ReadNumber(s string) (float64, bool) {
	s = unwrap(s)
	if plainNumber(s) {
		x, err := strconv.ParseFloat(s, 64)
		return x, err == nil
	}
	x, _, ok := readNumber(s)
	return x, ok
}

// plainNumber reports a decimal number with nothing to forgive: most are.
func plainNumber(s string) bool {
	s = strings.TrimPrefix(s, "-")
	point := -1
	for i := range len(s) {
		switch c := s[i]; {
		case c == '.' && point < 0:
			point = i
		case c < '0' || c > '9':
			return false
		}
	}
	if point < 0 {
		point = len(s)
	}
	return point > 0 && point <= 10 && len(s) < 40
}

// ellipsoid of revolution: half of its great axis in metres, its flattening.
type ellipsoid struct{ a, f float64 }

var (
	grs80   = ellipsoid{6_378_137, 1 / 298.257222101}
	wgs84   = ellipsoid{6_378_137, 1 / 298.257223563}
	clarke  = ellipsoid{6_378_249.2, 1 - 6_356_515/6_378_249.2} // Clarke 1880, of the IGN
	degrees = math.Pi / 180
)

func (e ellipsoid) eccentricity() float64 { return math.Sqrt(e.f * (2 - e.f)) }

// parisMeridian is how far east of Greenwich the meridian of Paris is.
const parisMeridian = 2 + 20.0/60 + 14.025/3600

// conic is Lambert's conformal conic projection: on two parallels, or on one
// with a scale (IOGP Guidance Note 7-2, 1.3.1).
func conic(e ellipsoid, lat0, lon0, lat1, lat2, scale, x0, y0 float64) func(x, y float64) (float64, float64) {
	ecc := e.eccentricity()
	m := func(lat float64) float64 { return math.Cos(lat) / math.Sqrt(1-ecc*ecc*math.Sin(lat)*math.Sin(lat)) }
	t := func(lat float64) float64 {
		s := ecc * math.Sin(lat)
		return math.Tan(math.Pi/4-lat/2) / math.Pow((1-s)/(1+s), ecc/2)
	}
	lat0, lat1, lat2 = lat0*degrees, lat1*degrees, lat2*degrees
	n := math.Sin(lat1)
	if lat1 != lat2 {
		n = (math.Log(m(lat1)) - math.Log(m(lat2))) / (math.Log(t(lat1)) - math.Log(t(lat2)))
	}
	af := scale * e.a * m(lat1) / (n * math.Pow(t(lat1), n))
	rho0 := af * math.Pow(t(lat0), n)
	return func(x, y float64) (latitude, longitude float64) {
		dx, dy := x-x0, rho0-(y-y0)
		if n < 0 { // the apex is in the south
			dx, dy = -dx, -dy
		}
		rho := math.Copysign(math.Hypot(dx, dy), n)
		small := math.Pow(rho/af, 1/n)
		lat := math.Pi/2 - 2*math.Atan(small)
		for range 8 { // the series gains three digits a turn
			s := ecc * math.Sin(lat)
			lat = math.Pi/2 - 2*math.Atan(small*math.Pow((1-s)/(1+s), ecc/2))
		}
		return lat / degrees, lon0 + math.Atan2(dx, dy)/n/degrees
	}
}

// transverse is the transverse Mercator projection from the equator, by
// Krüger's series to the fourth power (IOGP Guidance Note 7-2, 1.3.5.1): within
// a millimetre in a zone of the UTM.
func transverse(e ellipsoid, lon0, scale, x0, y0 float64) func(x, y float64) (float64, float64) {
	n := e.f / (2 - e.f)
	b := scale * e.a / (1 + n) * (1 + n*n/4 + n*n*n*n/64)
	h := [4]float64{
		n/2 - 2*n*n/3 + 37*n*n*n/96 - n*n*n*n/360,
		n*n/48 + n*n*n/15 - 437*n*n*n*n/1440,
		17*n*n*n/480 - 37*n*n*n*n/840,
		4397 * n * n * n * n / 161280,
	}
	ecc := e.eccentricity()
	return func(x, y float64) (latitude, longitude float64) {
		eta1, xi1 := (x-x0)/b, (y-y0)/b
		eta, xi := eta1, xi1
		for i, c := range h {
			k := 2 * float64(i+1)
			xi -= c * math.Sin(k*xi1) * math.Cosh(k*eta1)
			eta -= c * math.Cos(k*xi1) * math.Sinh(k*eta1)
		}
		beta := math.Asin(math.Sin(xi) / math.Cosh(eta))
		q1 := math.Asinh(math.Tan(beta))
		q := q1
		for range 8 {
			q = q1 + ecc*math.Atanh(ecc*math.Tanh(q))
		}
		return math.Atan(math.Sinh(q)) / degrees, lon0 + math.Asin(math.Tanh(eta)/math.Cos(beta))/degrees
	}
}

// utm is a zone of the universal transverse Mercator.
func utm(e ellipsoid, zone int, south bool) func(x, y float64) (float64, float64) {
	y0 := 0.0
	if south {
		y0 = 10_000_000
	}
	return transverse(e, float64(zone)*6-183, 0.9996, 500_000, y0)
}

// webMercator is the sphere of the map tiles.
func webMercator(x, y float64) (latitude, longitude float64) {
	return math.Atan(math.Sinh(y/wgs84.a)) / degrees, x / wgs84.a / degrees
}

// ntf gives WGS84 of a projection made on the old triangulation: the IGN's
// shift of the origin, within some metres of its grid.
func ntf(inverse func(x, y float64) (float64, float64)) func(x, y float64) (float64, float64) {
	return func(x, y float64) (latitude, longitude float64) {
		latitude, longitude = inverse(x, y)
		return shift(latitude, longitude, clarke, wgs84, -168, -60, 320)
	}
}

// shift moves a point on an ellipsoid to another whose centre is elsewhere.
func shift(latitude, longitude float64, from, to ellipsoid, dx, dy, dz float64) (float64, float64) {
	lat, lon := latitude*degrees, longitude*degrees
	e2 := from.f * (2 - from.f)
	v := from.a / math.Sqrt(1-e2*math.Sin(lat)*math.Sin(lat))
	x := v*math.Cos(lat)*math.Cos(lon) + dx
	y := v*math.Cos(lat)*math.Sin(lon) + dy
	z := v*(1-e2)*math.Sin(lat) + dz
	e2 = to.f * (2 - to.f)
	p := math.Hypot(x, y)
	lat = math.Atan2(z, p*(1-e2))
	for range 5 {
		v = to.a / math.Sqrt(1-e2*math.Sin(lat)*math.Sin(lat))
		lat = math.Atan2(z+e2*v*math.Sin(lat), p)
	}
	return lat / degrees, math.Atan2(y, x) / degrees
}

// projections: code, name, formula. Degrees have none.
var projections = func() []Projection {
	l93 := conic(grs80, 46.5, 3, 44, 49, 1, 700_000, 6_600_000)
	list := []Projection{
		{"EPSG:4326", "degrés (WGS84, GPS)", nil},
		{"EPSG:4171", "degrés (RGF93)", nil},
		{"EPSG:4258", "degrés (ETRS89)", nil},
		{"EPSG:3857", "Web Mercator", webMercator},
		{"EPSG:2154", "Lambert-93", l93},
	}
	for zone := 42; zone <= 50; zone++ {
		lat := float64(zone)
		list = append(list, Projection{"EPSG:" + strconv.Itoa(3900+zone), "Lambert CC" + strconv.Itoa(zone),
			conic(grs80, lat, 3, lat-0.75, lat+0.75, 1, 1_700_000, (lat-41)*1_000_000+200_000)})
	}
	old := func(code, name string, lat0, scale, x0, y0 float64) {
		list = append(list, Projection{code, name, ntf(conic(clarke, lat0, parisMeridian, lat0, lat0, scale, x0, y0))})
	}
	old("EPSG:27572", "Lambert II étendu", 46.8, 0.99987742, 600_000, 2_200_000)
	old("EPSG:27561", "Lambert I nord", 49.5, 0.999877341, 600_000, 200_000)
	old("EPSG:27562", "Lambert II centre", 46.8, 0.99987742, 600_000, 200_000)
	old("EPSG:27563", "Lambert III sud", 44.1, 0.999877499, 600_000, 200_000)
	old("EPSG:27564", "Lambert IV Corse", 42.165, 0.99994471, 234.358, 185_861.369)
	list = append(list,
		Projection{"EPSG:5490", "UTM 20 nord, Antilles (RGAF09)", utm(grs80, 20, false)},
		Projection{"EPSG:2972", "UTM 22 nord, Guyane (RGFG95)", utm(grs80, 22, false)},
		Projection{"EPSG:2975", "UTM 40 sud, La Réunion (RGR92)", utm(grs80, 40, true)},
		Projection{"EPSG:4471", "UTM 38 sud, Mayotte (RGM04)", utm(grs80, 38, true)},
		Projection{"EPSG:4467", "UTM 21 nord, Saint-Pierre-et-Miquelon (RGSPM06)", utm(grs80, 21, false)},
		Projection{"EPSG:3163", "Lambert Nouvelle-Calédonie (RGNC91-93)", conic(grs80, -21.5, 166, -20-40.0/60, -22-20.0/60, 1, 400_000, 300_000)},
		Projection{"EPSG:3296", "UTM 5 sud, Polynésie (RGPF)", utm(grs80, 5, true)},
		Projection{"EPSG:3297", "UTM 6 sud, Polynésie (RGPF)", utm(grs80, 6, true)},
		Projection{"EPSG:3298", "UTM 7 sud, Polynésie (RGPF)", utm(grs80, 7, true)},
	)
	for _, zone := range []int{20, 21, 22, 30, 31, 32} {
		list = append(list, Projection{"EPSG:326" + strconv.Itoa(zone), "UTM " + strconv.Itoa(zone) + " nord (WGS84)", utm(wgs84, zone, false)})
	}
	for _, zone := range []int{38, 40, 58} {
		list = append(list, Projection{"EPSG:327" + strconv.Itoa(zone), "UTM " + strconv.Itoa(zone) + " sud (WGS84)", utm(wgs84, zone, true)})
	}
	return list
}()

// lambert93 converts EPSG:2154 metres, which are met where degrees should be.
func lambert93(x, y float64) (latitude, longitude float64) {
	p, _ := ProjectionOf("EPSG:2154")
	return p.inverse(x, y)
}

// NearestProjection gives the code that a text may have meant: another way to
// write it ("2154", "epsg 2154") or its name ("Lambert 93").
func NearestProjection(text string) (string, bool) {
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, text)
	var names []string
	for i := range projections {
		if projections[i].Code == "EPSG:"+digits {
			return projections[i].Code, true
		}
		names = append(names, projections[i].Name)
	}
	for i, name := range names {
		if Fold(name) == "lambert "+Fold(text) { // "CC46"
			return projections[i].Code, true
		}
	}
	if name, ok := Nearest(text, names); ok {
		return projections[slices.Index(names, name)].Code, true
	}
	return "", false
}
