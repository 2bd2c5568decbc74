package mapping

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"mednum/internal/place"
)

// nearby is how far from the middle of its commune a place may be, in metres,
// for its coordinates to be believed: communes are large, and files round.
const nearby = 25_000.0

// position finds the coordinates: which columns, in which order, in which
// system. Headers are heard, values decide: the reading that puts most places
// in the commune that their row declares is right, whatever "X" was meant to be.
func (f *file) position() {
	type reading struct {
		where    Position
		columns  []*column
		named    int
		good     float64 // part of the rows that are where they say, or in France where they say nothing
		declared int     // rows whose commune is known
		read     int
		order    int
		swapped  bool
	}
	var all []reading
	consider := func(r reading, get func(i int) (lat, lon float64, ok bool)) {
		homes := f.homes()
		good, n, declared := 0, 0, 0
		var metres *place.Projection
		if p, ok := place.ProjectionOf(r.where.CRS); ok && p.Metric() {
			metres = p
		}
		for i := range homes {
			lat, lon, ok := get(i)
			if !ok || lat == 0 && lon == 0 {
				continue
			}
			n++
			if metres != nil {
				if lat, lon, ok = metres.Degrees(lon, lat); !ok {
					continue
				}
			}
			p, err := place.NewPosition(lat, lon)
			if err != nil {
				if homes[i] != nil {
					declared++
				}
				continue
			}
			if homes[i] == nil {
				good++
				continue
			}
			declared++
			if metresBetween(p.Latitude(), p.Longitude(), homes[i].Latitude, homes[i].Longitude) < reach(homes[i]) {
				good++
			}
		}
		if n == 0 {
			return
		}
		r.good, r.read, r.declared = float64(good)/float64(n), n, declared
		all = append(all, r)
	}
	var numeric []*column
	for _, c := range f.columns {
		if f.taken[c.at] || len(c.filled) == 0 {
			continue
		}
		lat, lon := c.names["latitude"], c.names["longitude"]
		isName := max(lat, lon)
		if s, _ := f.fit("latitude", c); s >= 0.8 || isName >= 90 && s >= 0.3 {
			whole := c.share(integerCell.MatchString)
			if isName > 0 || whole < 0.5 && c.unique() > 0.5 {
				numeric = append(numeric, c)
			}
			continue
		}
		pair, _ := f.fit(asPair, c)
		shape, _ := f.fit(asShape, c)
		if pair < 0.7 && shape < 0.7 || pair < 0.95 && c.names[asPair]+c.names[asShape] == 0 && shape < 0.9 {
			continue
		}
		named := max(c.names[asPair], c.names[asShape])
		for order, name := range orders {
			for _, crs := range systems(c, pair > 0 && c.share(metrePair.MatchString) > 0.5) {
				r := reading{where: Position{Couple: c.name, CRS: crs}, columns: []*column{c}, named: named, order: order}
				if order == 1 {
					r.where.Ordre = name
				}
				consider(r, func(i int) (float64, float64, bool) {
					if c.values[i] == "" {
						return 0, 0, false
					}
					a, b, ok := pairOf(c.values[i], order == 1)
					if !ok {
						return 0, 0, false
					}
					lat, okLat := place.ReadNumber(a)
					lon, okLon := place.ReadNumber(b)
					return lat, lon, okLat && okLon
				})
			}
		}
	}
	for i, a := range numeric {
		for j, b := range numeric {
			if i == j {
				continue
			}
			straight := a.names["latitude"] + b.names["longitude"]
			across := a.names["longitude"] + b.names["latitude"]
			if straight == 0 && across == 0 && j-i != 1 && i-j != 1 || max(straight, across) > 0 && min(max(a.names["latitude"], a.names["longitude"]), max(b.names["latitude"], b.names["longitude"])) == 0 {
				continue
			}
			big := a.share(func(v string) bool { x, ok := number(v); return ok && math.Abs(x) > 200 }) > 0.5
			for _, crs := range systems(a, big) {
				r := reading{where: Position{Latitude: a.name, Longitude: b.name, CRS: crs}, columns: []*column{a, b}, named: straight / 2, swapped: across > straight}
				if r.swapped {
					r.named = across/2 - 1
				}
				consider(r, func(i int) (float64, float64, bool) {
					lat, ok := place.ReadNumber(a.values[i])
					lon, also := place.ReadNumber(b.values[i])
					return lat, lon, ok && also
				})
			}
		}
	}
	all = slices.DeleteFunc(all, func(r reading) bool {
		// Numbers that no header calls coordinates must agree with the communes.
		return r.good < 0.3 || r.named == 0 && (r.good < 0.85 || r.declared*2 < r.read && r.declared < 5)
	})
	if len(all) == 0 {
		for _, c := range numeric {
			if c.names["latitude"]+c.names["longitude"] > 0 {
				f.leave(c, "Son nom dit une coordonnée, mais rien n’est en France, dans aucun système connu : laissée de côté.")
			}
		}
		return
	}
	slices.SortStableFunc(all, func(a, b reading) int {
		// Two readings as good as one another: the names decide, then how many
		// rows they locate.
		if d := cmp.Compare(math.Round(b.good*25), math.Round(a.good*25)); d != 0 {
			return d
		}
		if d := cmp.Compare(b.read*10/max(1, a.read), 10) - cmp.Compare(a.read*10/max(1, b.read), 10); d != 0 {
			return d
		}
		return cmp.Or(b.named-a.named, len(b.columns)-len(a.columns))
	})
	best := all[0]
	f.where = &best.where
	text := percent(best.good) + " des points sont dans leur commune, ou tout près."
	if best.declared*2 < best.read {
		text = percent(best.good) + " des points sont en France."
	}
	if best.where.CRS != "" {
		p, _ := place.ProjectionOf(best.where.CRS)
		text = "Mètres en " + p.Name + ". " + text
	}
	if best.swapped {
		text = "Le nom dit l’inverse, les valeurs décident. " + text
	}
	confidence := int(70 + 28*best.good)
	if best.named == 0 {
		confidence -= 12
	}
	for i, c := range best.columns {
		fields := []string{"latitude", "longitude"}
		if len(best.columns) == 2 {
			fields = fields[i : i+1]
		}
		f.claim(c, confidence, text, fields...)
	}
	for _, r := range all[1:] {
		for _, c := range r.columns {
			if !f.taken[c.at] && r.good >= 0.5 && r.named > 0 {
				f.leave(c, fmt.Sprintf("Donne aussi des coordonnées ; « %s » les donne mieux.", best.columns[0].name))
				f.ignored = append(f.ignored, c.name)
				f.taken[c.at] = true
			}
		}
	}
	// The same numbers in another system, or half of a pair.
	for _, c := range numeric {
		if !f.taken[c.at] && c.names["latitude"]+c.names["longitude"] > 0 {
			f.leave(c, fmt.Sprintf("Une autre coordonnée ; « %s » suffit.", best.columns[0].name))
			f.ignored = append(f.ignored, c.name)
			f.taken[c.at] = true
		}
	}
}

// systems are the coordinate systems to try, the likeliest first.
func systems(c *column, metres bool) []string {
	if !metres {
		return []string{""}
	}
	var out []string
	for _, p := range place.Projections() {
		if p.Metric() {
			out = append(out, p.Code)
		}
	}
	slices.SortStableFunc(out, func(a, b string) int {
		first := func(s string) int {
			if s == "EPSG:2154" {
				return 0
			}
			return 1
		}
		return first(a) - first(b)
	})
	return out
}

// homes gives the commune that each row declares, nil where it does not.
func (f *file) homes() []*place.Commune {
	if f.declared != nil {
		return f.declared
	}
	n := 0
	for _, c := range f.columns {
		n = max(n, len(c.values))
	}
	f.declared = make([]*place.Commune, n)
	if f.communes == nil {
		return f.declared
	}
	value := func(role string, i int) string {
		c := f.roles[role]
		if c == nil {
			return ""
		}
		v := c.values[i]
		if len(v) == 4 && integerCell.MatchString(v) {
			v = "0" + v
		}
		return v
	}
	known := map[string]*place.Commune{}
	for i := range f.declared {
		code, nom, postal := value("code_insee", i), value("commune", i), value("code_postal", i)
		if c := f.roles[asWhole]; c != nil && (nom == "" || postal == "") {
			if _, _, cp, commune, ok := place.SplitAddress(c.values[i], f.communes); ok {
				nom, postal = cmp.Or(nom, commune), cmp.Or(postal, cp)
			}
		}
		key := code + "|" + nom + "|" + postal
		c, ok := known[key]
		if !ok {
			if found, ok := f.communes.Commune(strings.ToUpper(code)); code != "" && ok && found.HasPoint {
				c = &found
			} else if found, ok := f.communes.Resolve(nom, postal); nom != "" && postal != "" && ok && found.HasPoint {
				c = &found
			}
			known[key] = c
		}
		f.declared[i] = c
	}
	return f.declared
}

// reach is how far from its commune's middle a place may be believed.
func reach(c *place.Commune) float64 {
	switch c.Departement {
	case "973", "986", "987", "988":
		return 5 * nearby
	}
	return nearby
}

// metresBetween is the distance on the sphere.
func metresBetween(lat1, lon1, lat2, lon2 float64) float64 {
	const radius, rad = 6_371_008.8, math.Pi / 180
	a, b := math.Sin((lat2-lat1)*rad/2), math.Sin((lon2-lon1)*rad/2)
	return 2 * radius * math.Asin(min(1, math.Sqrt(a*a+math.Cos(lat1*rad)*math.Cos(lat2*rad)*b*b)))
}
