package place

import (
	"math"
	"regexp"
	"strconv"
	"strings"
)

// Commune is what reading a row needs to know of a commune.
type Commune struct {
	Code, Nom, Departement string
	CodesPostaux           []string
	AnciensNoms            []string
	Latitude, Longitude    float64 // of a point in it; meaningful when HasPoint
	HasPoint               bool
	// Distance gives the metres from a point to the contour, 0 inside; nil or
	// ok false when the contour is unknown.
	Distance func(latitude, longitude float64) (metres float64, ok bool)
}

// Communes knows the communes. A nil Communes knows none.
type Communes interface {
	// Commune gives a commune by its INSEE code, current or former.
	Commune(code string) (Commune, bool)
	// Resolve gives the one commune that a name and a postal code mean together.
	Resolve(nom, codePostal string) (Commune, bool)
}

// Namer is a Communes that knows a commune by its name alone: all those that
// have exactly this one. Without it a name needs its postal code.
type Namer interface {
	Named(nom string) []Commune
}

// A position is doubtful when it is farther from its declared commune than
// people misplace a point by neighbouring a border, using an old name or
// rounding. With a contour: 2 km beyond it. With only a point, the size of the
// commune counts too: 20 km, and 120 km where communes are as large as
// départements (Guyane) or archipelagos (the Pacific).
const (
	doubtBeyondContour    = 2_000.0
	doubtBeyondPoint      = 20_000.0
	doubtBeyondPointLarge = 120_000.0
)

// farFrom gives the distance in metres from a commune, and whether it is too
// much; ok is false when the commune's place is unknown.
func (c *Commune) farFrom(p Position) (metres float64, far, ok bool) {
	if c.Distance != nil {
		if d, ok := c.Distance(p.latitude, p.longitude); ok {
			return d, d > doubtBeyondContour, true
		}
	}
	if !c.HasPoint {
		return 0, false, false
	}
	limit := doubtBeyondPoint
	switch c.Departement {
	case "973", "986", "987", "988":
		limit = doubtBeyondPointLarge
	}
	d := sphereDistance(p.latitude, p.longitude, c.Latitude, c.Longitude)
	return d, d > limit, true
}

// sphereDistance is the great-circle distance in metres; within 0.5 % of the
// ellipsoid's, which is enough to doubt.
func sphereDistance(lat1, lon1, lat2, lon2 float64) float64 {
	const radius, rad = 6_371_008.8, math.Pi / 180
	sinLat, sinLon := math.Sin((lat2-lat1)*rad/2), math.Sin((lon2-lon1)*rad/2)
	a := sinLat*sinLat + math.Cos(lat1*rad)*math.Cos(lat2*rad)*sinLon*sinLon
	return 2 * radius * math.Asin(min(1, math.Sqrt(a)))
}

var (
	decimalPattern = regexp.MustCompile(`^([+-]?)(\d{1,10})(?:([.,])(\d*))?(?:[eE]([+-]?\d{1,2}))?$`)
	dmsPattern     = regexp.MustCompile(`^([+-]?\d{1,3})\s*°\s*(\d{1,2})\s*['’′]\s*(?:(\d{1,2}(?:[.,]\d+)?)\s*(?:"|''|”|″))?$`)
	pairPattern    = regexp.MustCompile(`^\(?\s*([+-]?\d{1,3}\.\d{3,})\s*[,; ]\s*([+-]?\d{1,3}\.\d{3,})\s*\)?$`)
)

// readNumber reads degrees or metres; code is the finding's, "" when exact.
func readNumber(s string) (x float64, code string, ok bool) {
	if plainDecimal(s) { // most are
		x, err := strconv.ParseFloat(s, 64)
		return x, "", err == nil
	}
	t := numberMarks.Replace(s)
	t = strings.TrimSpace(t)
	sign := 1.0
	if n := len(t); n > 1 {
		switch t[n-1] {
		case 'S', 's', 'W', 'w', 'O', 'o':
			sign, t = -1, strings.TrimSpace(t[:n-1])
		case 'N', 'n', 'E', 'e':
			t = strings.TrimSpace(t[:n-1])
		}
	}
	if m := dmsPattern.FindStringSubmatch(t); m != nil {
		deg, _ := strconv.ParseFloat(m[1], 64)
		minutes, _ := strconv.ParseFloat(m[2], 64)
		seconds, _ := strconv.ParseFloat(strings.Replace(m[3], ",", ".", 1), 64)
		if minutes >= 60 || seconds >= 60 {
			return 0, "", false
		}
		if strings.HasPrefix(m[1], "-") {
			sign = -sign
		}
		return sign * (math.Abs(deg) + minutes/60 + seconds/3600), "coordinate_format", true
	}
	t = strings.TrimSpace(strings.TrimSuffix(t, "°"))
	t = strings.ReplaceAll(t, " ", "") // thousands of metres
	m := decimalPattern.FindStringSubmatch(t)
	if m == nil || len(m[4]) > 40 {
		return 0, "", false
	}
	x, err := strconv.ParseFloat(strings.Replace(t, ",", ".", 1), 64)
	if err != nil || math.IsInf(x, 0) {
		return 0, "", false
	}
	switch {
	case m[3] == ",":
		code = "decimal_comma"
	case t != s:
		code = "coordinate_format"
	}
	return sign * x, code, true
}

// plainDecimal recognises "48.8566" and "-1.55", which nothing has to be said of.
func plainDecimal(s string) bool {
	whole, fraction, ok := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	return ok && len(whole) <= 10 && len(fraction) <= 40 && isDigits(whole) && isDigits(fraction)
}

var numberMarks = strings.NewReplacer("−", "-", "–", "-", "\u00a0", "", "\u202f", "", "\u2009", "")

// likeLambert93: metres of metropolitan France, northing above 6,000 km.
func likeLambert93(x, y float64) bool {
	return x > 50_000 && x < 1_300_000 && y > 6_000_000 && y < 7_200_000
}

// coordinates are the two cells, read as numbers.
type coordinates struct {
	latitude, longitude float64
	written             string // "48.85, 2.35", as found
}

// position judges two numbers: as they are, swapped, as Lambert-93. The code
// is the finding's, "" when they are a position as they are. Where both orders
// are in France, the communes declare which; without them, as written.
func (c coordinates) position(near []Commune) (Position, string) {
	if c.latitude == 0 && c.longitude == 0 {
		return Position{}, "position_zero"
	}
	straight, err := NewPosition(c.latitude, c.longitude)
	swapped, swappedErr := NewPosition(c.longitude, c.latitude)
	switch {
	case err == nil && swappedErr == nil && closer(swapped, straight, near):
		return swapped, "position_swapped"
	case err == nil:
		return straight, ""
	case swappedErr == nil:
		return swapped, "position_swapped"
	}
	x, y := c.longitude, c.latitude
	if !likeLambert93(x, y) {
		x, y = y, x
	}
	if likeLambert93(x, y) {
		if p, err := NewPosition(lambert93(x, y)); err == nil && p.longitude > -6 && p.longitude < 10 && p.latitude > 41 {
			return p, "position_lambert93"
		}
	}
	return Position{}, "position_out_of_bounds"
}

// closer reports whether p is nearer than q to the declared communes.
func closer(p, q Position, near []Commune) bool {
	for i := range near {
		dp, _, ok := near[i].farFrom(p)
		if !ok {
			continue
		}
		dq, _, _ := near[i].farFrom(q)
		return dp < dq
	}
	return false
}

// territoryOf tells in which of the boxes of French territories a position is:
// a département's code overseas, "20" in Corsica, "" on the mainland.
func territoryOf(p Position) string {
	for _, b := range bounds {
		if p.latitude >= b.south && p.latitude <= b.north && p.longitude >= b.west && p.longitude <= b.east {
			return b.departement
		}
	}
	return ""
}

// sameTerritory reports whether a position can be in a département, going by
// boxes: Corsica and each overseas territory are far from all others.
func sameTerritory(p Position, departement string) bool {
	box := territoryOf(p)
	switch {
	case departement == "":
		return true
	case departement == "2A" || departement == "2B":
		return box == "20"
	case strings.HasPrefix(departement, "97") || strings.HasPrefix(departement, "98"):
		return box == departement
	}
	return box == ""
}

// sayDistance says metres to people.
func sayDistance(metres float64) string {
	if metres < 9_950 {
		return strings.Replace(strconv.FormatFloat(metres/1000, 'f', 1, 64), ".", ",", 1) + " km"
	}
	return strconv.FormatFloat(metres/1000, 'f', 0, 64) + " km"
}
