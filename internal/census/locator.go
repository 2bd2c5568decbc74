package census

import (
	"context"
	"fmt"
	"math"
	"strconv"

	"mednum/internal/french"
	"mednum/internal/place"
	"mednum/internal/territory"
)

// locator asks where addresses are. Its failures cost no row: they are counted,
// and told once.
type locator struct {
	geocoder Geocoder
	failures int // in a row
	unasked  int // places that had no answer because of them
}

const (
	// A service that fails so many times in a row is left alone.
	toleratedFailures = 2
	// What it takes to put an answer in the place of a position that was given.
	replaceFrom = 0.8
	// How far from its commune an answer may be: as for positions that are given.
	nearContour, nearPoint, nearPointLarge = 2_000.0, 20_000.0, 120_000.0
)

// locate gives a position to the records that have none, or a doubtful one.
func (l *locator) locate(ctx context.Context, rows []cleaned) error {
	if l.geocoder == nil {
		return nil
	}
	var asked []*cleaned
	var addresses []place.Address
	for i := range rows {
		r := &rows[i].record
		if rows[i].left != "" || r.Adresse == "" || r.Position.Known() && r.Doubt == "" || r.Commune == "" && r.CodePostal == "" && r.CodeInsee == "" || r.Blocked() {
			continue
		}
		asked = append(asked, &rows[i])
		addresses = append(addresses, place.Address{Adresse: r.Adresse, CodePostal: r.CodePostal, Commune: r.Commune, CodeInsee: r.CodeInsee})
	}
	if len(asked) == 0 {
		return nil
	}
	if l.failures >= toleratedFailures {
		l.unasked += len(asked)
		return nil
	}
	found, err := l.geocoder.Locate(ctx, addresses)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		l.failures++
		l.unasked += len(asked) - min(len(found), len(asked))
	} else {
		l.failures = 0
	}
	for i := range min(len(found), len(asked)) {
		asked[i].put(&found[i])
	}
	return nil
}

// note says, once, what the service failed to answer.
func (l *locator) note() string {
	if l.unasked == 0 {
		return ""
	}
	return fmt.Sprintf("La recherche d’adresses n’a pas répondu pour %s : leur position reste celle du fichier, ou le milieu de leur commune. Un nouvel import les cherchera.", french.Line(l.unasked, "lieu", "lieux"))
}

// put gives a record the position of its address, when that is better than what
// it has.
func (c *cleaned) put(found *place.Located) {
	r := &c.record
	if !found.Position.Known() || found.Precision != place.AtNumber && found.Precision != place.AtStreet {
		return
	}
	inside, near := c.nearness(found)
	code := "position_geocoded"
	before := ""
	switch {
	case !near:
		return
	case r.Position.Known():
		if r.Doubt == "" || found.Score < replaceFrom || found.Precision != place.AtNumber || !inside {
			return
		}
		code, before = "position_replaced", say(r.Position)
	}
	r.Position, r.Precision, r.Approximate, r.Doubt = found.Position, found.Precision, place.Position{}, ""
	precision := "au numéro"
	if found.Precision == place.AtStreet {
		precision = "à la rue"
	}
	r.Findings = append(r.Findings, finding(code, "latitude", r.Line, before, say(found.Position),
		"trouve", clip(found.Label, 120), "precision", precision, "score", strconv.Itoa(int(math.Round(found.Score*100)))))
}

// nearness compares an answer with the communes that the row names. Where none
// is known, the code of the answer must be of the département.
func (c *cleaned) nearness(found *place.Located) (inside, near bool) {
	for i := range c.communes {
		commune := &c.communes[i]
		if commune.Distance != nil {
			if metres, ok := commune.Distance(found.Position.Latitude(), found.Position.Longitude()); ok {
				inside, near = inside || metres == 0, near || metres <= nearContour
				continue
			}
		}
		if commune.Code == found.CodeInsee {
			inside, near = true, true
		}
		if commune.HasPoint {
			limit := nearPoint
			switch commune.Departement {
			case "973", "986", "987", "988":
				limit = nearPointLarge
			}
			near = near || metresBetween(commune.Latitude, commune.Longitude, found.Position) <= limit
		}
	}
	if len(c.communes) == 0 {
		near = c.record.Departement == "" || territory.DepartementOf(found.CodeInsee) == c.record.Departement
	}
	return inside, near
}

func metresBetween(latitude, longitude float64, p place.Position) float64 {
	const radius, rad = 6_371_008.8, math.Pi / 180
	lat, lon := (p.Latitude()-latitude)*rad/2, (p.Longitude()-longitude)*rad/2
	a := math.Pow(math.Sin(lat), 2) + math.Cos(latitude*rad)*math.Cos(p.Latitude()*rad)*math.Pow(math.Sin(lon), 2)
	return 2 * radius * math.Asin(min(1, math.Sqrt(a)))
}

func say(p place.Position) string {
	return strconv.FormatFloat(p.Latitude(), 'f', -1, 64) + ", " + strconv.FormatFloat(p.Longitude(), 'f', -1, 64)
}
