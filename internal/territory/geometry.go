package territory

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"
)

// errProjected: coordinates that are not degrees, Lambert-93 metres most of the time.
var errProjected = errors.New("les coordonnées ne sont pas des degrés : convertissez le fichier en longitude et latitude (ogr2ogr -t_srs EPSG:4326)")

// parseGeometry reads a GeoJSON geometry: Point, Polygon or MultiPolygon, nil
// for null. Contours are nearly all of a file's bytes, so their numbers are
// read in place, without the intermediate slices of encoding/json.
// A ring that is not closed is closed.
func parseGeometry(text json.RawMessage) (orb.Geometry, error) {
	if len(text) == 0 || string(text) == "null" {
		return nil, nil
	}
	var g struct {
		Type        string          `json:"type"`
		Coordinates json.RawMessage `json:"coordinates"`
	}
	if err := json.Unmarshal(text, &g); err != nil {
		return nil, errors.New("la géométrie n’est pas du GeoJSON")
	}
	c := coordinates{text: g.Coordinates}
	var out orb.Geometry
	switch g.Type {
	case "Point":
		out = c.point()
	case "Polygon":
		out = c.polygon()
	case "MultiPolygon":
		m := orb.MultiPolygon{}
		c.list(func() { m = append(m, c.polygon()) })
		if c.err == nil && len(m) == 0 {
			return nil, nil
		}
		out = m
	default:
		return nil, fmt.Errorf("géométrie de type %q : un contour est un Polygon ou un MultiPolygon", g.Type)
	}
	if c.space(); c.err == nil && c.at != len(c.text) {
		c.fail("coordonnées en trop")
	}
	if c.err != nil {
		return nil, c.err
	}
	if p, ok := out.(orb.Polygon); ok && len(p) == 0 {
		return nil, nil
	}
	return out, nil
}

// coordinates reads nested JSON arrays of numbers.
type coordinates struct {
	text []byte
	at   int
	err  error
}

func (c *coordinates) fail(what string) {
	if c.err == nil {
		c.err = fmt.Errorf("coordonnées illisibles (%s, caractère %d)", what, c.at+1)
	}
}

func (c *coordinates) space() {
	for c.at < len(c.text) && (c.text[c.at] == ' ' || c.text[c.at] == '\n' || c.text[c.at] == '\t' || c.text[c.at] == '\r') {
		c.at++
	}
}

func (c *coordinates) take(b byte) bool {
	c.space()
	if c.at < len(c.text) && c.text[c.at] == b {
		c.at++
		return true
	}
	return false
}

// list reads an array, item reading each of its members.
func (c *coordinates) list(item func()) {
	if !c.take('[') {
		c.fail("une liste était attendue")
		return
	}
	if c.take(']') {
		return
	}
	for c.err == nil {
		item()
		if c.take(']') {
			return
		}
		if !c.take(',') {
			c.fail("une virgule ou un crochet était attendu")
		}
	}
}

func (c *coordinates) number() float64 {
	c.space()
	from := c.at
	for c.at < len(c.text) {
		switch b := c.text[c.at]; {
		case b >= '0' && b <= '9', b == '-', b == '+', b == '.', b == 'e', b == 'E':
			c.at++
			continue
		}
		break
	}
	f, err := strconv.ParseFloat(string(c.text[from:c.at]), 64)
	if err != nil {
		c.fail("un nombre était attendu")
	}
	return f
}

func (c *coordinates) point() orb.Point {
	var p orb.Point
	n := 0
	c.list(func() {
		f := c.number()
		if n < 2 {
			p[n] = f
		}
		n++
	})
	if c.err == nil && n < 2 {
		c.fail("un point a deux coordonnées")
	}
	if c.err == nil && !(math.Abs(p[0]) <= 180 && math.Abs(p[1]) <= 90) {
		c.err = errProjected
	}
	return p
}

func (c *coordinates) polygon() orb.Polygon {
	p := orb.Polygon{}
	c.list(func() {
		r := orb.Ring{}
		c.list(func() { r = append(r, c.point()) })
		if c.err != nil {
			return
		}
		if len(r) > 0 && r[0] != r[len(r)-1] {
			r = append(r, r[0])
		}
		if len(r) < 4 {
			c.fail("un anneau a quatre points au moins")
			return
		}
		p = append(p, slices.Clip(r))
	})
	return p
}

// contains reports whether a contour has p inside; false without a contour.
func contains(g orb.Geometry, p orb.Point) bool {
	switch g := g.(type) {
	case orb.Polygon:
		return planar.PolygonContains(g, p)
	case orb.MultiPolygon:
		return planar.MultiPolygonContains(g, p)
	}
	return false
}

// interiorPoint gives a point inside a contour: its centroid where that is
// inside, otherwise the middle of the widest stretch that a horizontal line
// cuts out of it.
func interiorPoint(g orb.Geometry) (orb.Point, bool) {
	if g == nil {
		return orb.Point{}, false
	}
	if c, area := planar.CentroidArea(g); area != 0 && contains(g, c) {
		return c, true
	}
	var polygons orb.MultiPolygon
	switch g := g.(type) {
	case orb.Polygon:
		polygons = orb.MultiPolygon{g}
	case orb.MultiPolygon:
		polygons = g
	}
	var best orb.Point
	width := 0.0
	for _, p := range polygons {
		b := p.Bound()
		// Several heights: one line may pass through a vertex or miss a thin contour's wide part.
		for _, part := range []float64{0.5, 0.37, 0.63, 0.21, 0.79} {
			y := b.Min[1] + (b.Max[1]-b.Min[1])*part
			var xs []float64
			for _, r := range p {
				for i := 1; i < len(r); i++ {
					a, z := r[i-1], r[i]
					if (a[1] > y) != (z[1] > y) {
						xs = append(xs, a[0]+(y-a[1])/(z[1]-a[1])*(z[0]-a[0]))
					}
				}
			}
			slices.Sort(xs)
			for i := 1; i < len(xs); i += 2 {
				m := orb.Point{(xs[i-1] + xs[i]) / 2, y}
				if w := xs[i] - xs[i-1]; w > width && contains(p, m) {
					best, width = m, w
				}
			}
		}
	}
	return best, width > 0
}
