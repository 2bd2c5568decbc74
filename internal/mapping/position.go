package mapping

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"mednum/internal/place"
)

var latitude, longitude = at["latitude"], at["longitude"]

// position is a Position that knows where its columns are.
type position struct {
	latitude, longitude         int // columns of the file
	latitudeName, longitudeName string
	couple                      int // -1 without
	coupleName                  string
	reversed                    bool // longitude first
	projection                  *place.Projection
}

func (p *checker) unknownCRS(n *node, crs string) {
	var known []string
	for _, projection := range place.Projections() {
		known = append(known, projection.Code+" ("+projection.Name+")")
	}
	message := "« " + clip(crs) + " » n’est pas un système de coordonnées connu"
	if near, ok := place.NearestProjection(crs); ok {
		message += " ; vouliez-vous dire « " + near + " » ?"
	} else {
		message += " ; écrire l’un de : " + strings.Join(known, ", ") + "."
	}
	p.fault(n, "position.crs", message)
}

func (c *compiler) position(pos *Position) {
	out := &position{couple: -1, reversed: pos.Ordre == orders[1]}
	out.projection, _ = place.ProjectionOf(pos.CRS)
	if pos.Couple != "" {
		i, ok := c.column(pos.Couple, "position.couple")
		if !ok {
			return
		}
		out.couple, out.coupleName = i, c.mapper.columns[i]
		c.mapper.position = out
		return
	}
	i, ok := c.column(pos.Latitude, "position.latitude")
	j, also := c.column(pos.Longitude, "position.longitude")
	if !ok || !also {
		return // half a position is none
	}
	out.latitude, out.latitudeName = i, c.mapper.columns[i]
	out.longitude, out.longitudeName = j, c.mapper.columns[j]
	c.mapper.position = out
}

// write makes the two cells. Degrees are left as they were written, for place
// to read and to say what is wrong; metres are converted.
func (p *position) write(w *row) {
	lat, lon := "", ""
	if p.couple >= 0 {
		cell := w.cell(p.couple)
		w.Columns[latitude], w.Columns[longitude] = p.coupleName, p.coupleName
		if place.Blank(cell) {
			return
		}
		var ok bool
		if lat, lon, ok = pairOf(cell, p.reversed); !ok {
			w.Cells[latitude] = cell // told as unreadable
			return
		}
	} else {
		lat, lon = w.cell(p.latitude), w.cell(p.longitude)
		w.Columns[latitude], w.Columns[longitude] = p.latitudeName, p.longitudeName
	}
	if p.projection.Metric() {
		lat, lon = p.metres(lat, lon)
	}
	w.Cells[latitude], w.Cells[longitude] = lat, lon
}

// metres converts; what is not metres of this system stays as it is: degrees
// strayed into the column, 0 and 0, a text.
func (p *position) metres(lat, lon string) (string, string) {
	north, ok := place.ReadNumber(lat)
	east, also := place.ReadNumber(lon)
	if !ok || !also || north >= -90 && north <= 90 && east >= -180 && east <= 180 {
		return lat, lon
	}
	for range 2 { // as declared, then easting for northing
		if y, x, ok := p.projection.Degrees(east, north); ok {
			if _, err := place.NewPosition(y, x); err == nil {
				return strconv.FormatFloat(y, 'f', 7, 64), strconv.FormatFloat(x, 'f', 7, 64)
			}
		}
		east, north = north, east
	}
	return lat, lon
}

var (
	pointText  = regexp.MustCompile(`(?i)^(?:SRID\s*=\s*\d+\s*;\s*)?POINT\s*Z?\s*\(([^()]*)\)$`)
	pointJSON  = regexp.MustCompile(`"coordinates"\s*:\s*\[([^\[\]]*)\]`)
	namedPair  = regexp.MustCompile(`(?i)["']?\b(lat(?:itude)?|lon(?:gitude)?|lng|long)["']?\s*[:=]\s*["']?(-?\d+(?:[.,]\d+)?)`)
	aroundPair = "()[]{}\"' \t\n\r\u00a0"
	pairSigns  = [...]string{";|", "\t\n", "/", " \u00a0\u202f", ","}
)

// maxPair is how long, in bytes, a cell with two coordinates may be.
const maxPair = 500

// pairOf cuts a cell that holds two coordinates. Well-known text and GeoJSON
// say longitude first, whatever the order; names say which is which.
func pairOf(cell string, reversed bool) (lat, lon string, ok bool) {
	s := strings.TrimSpace(cell)
	if len(s) > maxPair {
		return "", "", false
	}
	if strings.ContainsFunc(s, unicode.IsLetter) {
		if m := pointText.FindStringSubmatch(s); m != nil {
			s, reversed = m[1], true
		} else if m := pointJSON.FindStringSubmatch(s); m != nil {
			s, reversed = m[1], true
		} else if m := namedPair.FindAllStringSubmatch(s, 3); len(m) == 2 {
			first, second := m[0][1][1]|0x20 == 'a', m[1][1][1]|0x20 == 'a'
			switch {
			case first && !second:
				return m[0][2], m[1][2], true
			case second && !first:
				return m[1][2], m[0][2], true
			}
		}
	}
	s = strings.Trim(s, aroundPair)
	for _, signs := range pairSigns {
		found := 0
		for i, r := range s {
			if !strings.ContainsRune(signs, r) {
				continue
			}
			a, b := strings.Trim(s[:i], aroundPair+",;"), strings.Trim(s[i+len(string(r)):], aroundPair+",;")
			if _, ok := place.ReadNumber(a); !ok {
				continue
			}
			if _, ok := place.ReadNumber(b); !ok {
				continue
			}
			if found++; found > 1 && (a != lat || b != lon) {
				return "", "", false // "47,1,2": which comma is which?
			}
			lat, lon = a, b
		}
		if found > 0 {
			if reversed {
				lat, lon = lon, lat
			}
			return lat, lon, true
		}
	}
	return "", "", false
}
