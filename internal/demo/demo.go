// Package demo makes plausible places of digital mediation out of a seed, so
// that the product can be seen and measured without anybody's data.
//
// The communes are real, the places are not: each says that it is a
// demonstration, telephone numbers are of the ranges that the ARCEP keeps for
// fiction, addresses on the Internet end in ".example" (RFC 2606), and nothing
// pretends to an official identifier. It is pure: no input or output, no clock.
package demo

import (
	"errors"
	"iter"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"mednum/internal/place"
	"mednum/internal/territory"
)

// Source is the name under which the places enter the census.
const Source = "demonstration"

// ErrNoPoint: no commune has a point to put places around.
var ErrNoPoint = errors.New("aucune commune dont on sache où elle est : importez d’abord des territoires (mednum territories import)")

// Places makes n places in the communes whose point is known, spread by
// population, none of them updated after today. The same communes, seed and
// day give the same places, and a larger n only adds to them. Memory does not
// grow with n. Each record is its own: it may be kept.
func Places(communes []territory.Commune, n int, seed uint64, today place.Date) (iter.Seq2[*place.Record, error], error) {
	towns := townsOf(communes)
	if len(towns) == 0 {
		return nil, ErrNoPoint
	}
	total := towns[len(towns)-1].upTo
	return func(yield func(*place.Record, error) bool) {
		g := &maker{
			Rand:  rand.New(rand.NewPCG(seed, 0x6d65646e756d)),
			today: today,
			hours: openings(seed),
		}
		for i := range n {
			at := g.Float64() * total
			j, _ := slices.BinarySearchFunc(towns, at, func(t town, at float64) int {
				if t.upTo <= at {
					return -1
				}
				return 1
			})
			if !yield(g.record(i+1, &towns[min(j, len(towns)-1)]), nil) {
				return
			}
		}
	}, nil
}

// town is where places may be: a commune, or an arrondissement of one.
type town struct {
	commune *territory.Commune
	postal  []string
	point   orb.Point
	area    *area   // nil without a contour
	spread  float64 // metres around the point
	upTo    float64 // sum of the weights so far
	of      string  // "de Reims", "du Havre"
	slug    string  // "reims"
	zone    string  // of the telephone: "1" to "5", "" overseas
}

func townsOf(communes []territory.Commune) []town {
	parts := map[string]bool{} // communes whose arrondissements have points
	byCode := make(map[string]*territory.Commune, len(communes))
	for i := range communes {
		c := &communes[i]
		byCode[c.Code] = c
		if c.Parent != "" && c.HasPoint {
			parts[c.Parent] = true
		}
	}
	var out []town
	sum := 0.0
	for i := range communes {
		c := &communes[i]
		if !c.HasPoint || len(c.CodesPostaux) == 0 || parts[c.Code] {
			continue
		}
		if _, err := place.NewPosition(c.Point[1], c.Point[0]); err != nil {
			continue
		}
		people := float64(max(0, c.Population))
		t := town{
			commune: c, postal: c.CodesPostaux, point: c.Point, area: areaOf(c.Contour),
			// About the radius of a town of so many people; the cap is that of the largest.
			spread: min(5000, 200+8*math.Sqrt(people)),
		}
		if c.Parent != "" {
			parent, ok := byCode[c.Parent]
			if !ok {
				continue
			}
			t.commune = parent // people say Paris; the postal code says which arrondissement
			t.spread = min(t.spread, 900)
		}
		if c.Contour == nil {
			t.spread /= 2 // nothing keeps the places of a harbour out of the sea
		}
		t.of, t.slug, t.zone = of(t.commune.Nom), slug(t.commune.Nom), phoneZone(t.commune)
		sum += people + 150 // villages have their town hall
		t.upTo = sum
		out = append(out, t)
	}
	return out
}

// of puts "de" before the name of a commune: "de Reims", "d’Amiens", "du Havre".
func of(nom string) string {
	switch {
	case strings.HasPrefix(nom, "Le "):
		return "du " + nom[3:]
	case strings.HasPrefix(nom, "Les "):
		return "des " + nom[4:]
	}
	if first := territory.Fold(nom); first != "" && strings.ContainsRune("aeiouyh", rune(first[0])) && first != "y" {
		// An aspirated h would want "de": rarer than the mute one in these names.
		return "d’" + nom
	}
	return "de " + nom
}

func slug(nom string) string { return strings.ReplaceAll(territory.Fold(nom), " ", "-") }

// phoneZone is the digit after the zero in the numbering plan of the mainland.
func phoneZone(c *territory.Commune) string {
	switch c.Region {
	case "11":
		return "1"
	case "24", "28", "52", "53":
		return "2"
	case "27", "32", "44":
		return "3"
	case "84", "93", "94":
		return "4"
	case "75":
		return "5"
	case "76":
		switch c.Departement {
		case "11", "30", "34", "48", "66":
			return "4"
		}
		return "5"
	}
	return "" // no range is kept for fiction overseas
}

// fictional are the beginnings of the numbers that the ARCEP keeps for
// fiction (numbering plan, "numéros pour œuvres audiovisuelles").
var fictional = map[string]string{"1": "+3319900", "2": "+3326191", "3": "+3335301", "4": "+3346571", "5": "+3353649"}

type maker struct {
	*rand.Rand
	today place.Date
	hours []string
}

// chance is true p times out of one.
func (g *maker) chance(p float64) bool { return g.Float64() < p }

func pick[T any](g *maker, from []T) T { return from[g.IntN(len(from))] }

// some draws the values whose chances come up, in their order.
func (g *maker) some(from []likely) []string {
	var drawn uint64
	n := 0
	for i := range from {
		if g.chance(from[i].chance) {
			drawn |= 1 << i
			n++
		}
	}
	if n == 0 {
		return nil
	}
	out := make([]string, 0, n)
	for i := range from {
		if drawn&(1<<i) != 0 {
			out = append(out, from[i].value)
		}
	}
	return out
}

func (g *maker) record(n int, t *town) *place.Record {
	k := g.kind()
	id := "demo-" + strconv.Itoa(n)
	r := &place.Record{Key: id, Line: n + 1, Departement: t.commune.Departement}
	p := &r.Place
	p.ID = id
	p.Nom = g.name(k, t)
	p.Commune = t.commune.Nom
	p.CodePostal = pick(g, t.postal)
	p.Adresse = g.address()
	if g.chance(0.9) {
		p.CodeInsee = t.commune.Code
	}
	if g.chance(0.14) {
		p.ComplementAdresse = pick(g, complements)
	}
	if g.chance(0.97) {
		p.Position = g.position(t)
	}
	p.Typologie = k.typologie
	if g.chance(0.1) && len(k.typologie) == 1 && k.typologie[0] != "EPN" {
		p.Typologie = k.withEPN
	}
	if begin, ok := fictional[t.zone]; ok && g.chance(0.88) {
		p.Telephone = begin + fourDigits(g.IntN(10000))
	}
	domain := k.domain + "-" + t.slug + ".example"
	if g.chance(0.8) {
		p.Courriels = []string{pick(g, mailboxes) + "@" + domain}
	}
	if g.chance(0.4) {
		p.SiteWeb = []string{"https://www." + domain + "/"}
	}
	p.Horaires = g.opening(k)
	p.PresentationResume = "Lieu de démonstration, inventé. " + pick(g, k.resume)
	if g.chance(0.12) {
		p.PresentationDetail = "Ce lieu n’existe pas : il sert à essayer le service. " + pick(g, k.resume) + " " + pick(g, details)
	}
	p.Source = Source
	if g.chance(0.6) {
		p.Itinerance = fixed
		if k.mobile && g.chance(0.5) {
			p.Itinerance = itinerant
		}
	}
	if k.parent != "" && g.chance(0.3) {
		p.StructureParente = k.parent + " " + t.of
	}
	if g.chance(0.95) {
		p.DateMaj = g.updated()
	}
	if g.chance(0.9) {
		p.Services = g.some(k.services)
	}
	p.PublicsSpecifiquementAdresses = []string{} // everybody
	if g.chance(k.targeted) {
		p.PublicsSpecifiquementAdresses = k.publics
	}
	if g.chance(0.15) {
		p.PriseEnChargeSpecifique = g.some(specialCare)
	}
	if g.chance(0.7) {
		p.FraisACharge = k.fees[min(int(g.ExpFloat64()*0.8), len(k.fees)-1)]
	}
	p.DispositifProgrammesNationaux = g.some(k.programmes)
	p.FormationsLabels = g.some(labelsOf(t.commune.Region))
	if g.chance(0.06) {
		p.AutresFormationsLabels = pick(g, zonings)
	}
	if g.chance(0.65) {
		p.ModalitesAcces = g.some(access)
	}
	if g.chance(0.6) {
		p.ModalitesAccompagnement = g.some(guidance)
	}
	if g.chance(0.04) {
		p.PriseRdv = "https://rendez-vous." + domain + "/"
	}
	return r
}

func fourDigits(n int) string {
	return string([]byte{'0' + byte(n/1000), '0' + byte(n/100%10), '0' + byte(n/10%10), '0' + byte(n%10)})
}

// position draws a point around the town's, denser in the middle, inside the
// contour where there is one.
func (g *maker) position(t *town) place.Position {
	const metresPerDegree = 111_195
	for range 12 {
		distance, angle := t.spread*g.Float64(), 2*math.Pi*g.Float64()
		lat := t.point[1] + distance*math.Sin(angle)/metresPerDegree
		lon := t.point[0] + distance*math.Cos(angle)/metresPerDegree/math.Cos(t.point[1]*math.Pi/180)
		// Six decimals, ten centimetres: what a geocoder writes.
		lat, lon = math.Round(lat*1e6)/1e6, math.Round(lon*1e6)/1e6
		if !t.area.has(orb.Point{lon, lat}) {
			continue
		}
		if p, err := place.NewPosition(lat, lon); err == nil {
			return p
		}
	}
	p, _ := place.NewPosition(t.point[1], t.point[0]) // checked by townsOf
	return p
}

// area is a contour ready to be asked a million times.
type area struct {
	bound orb.Bound
	rings []orb.Ring
}

func areaOf(contour orb.Geometry) *area {
	a := &area{}
	switch c := contour.(type) {
	case orb.Polygon:
		a.rings = c
	case orb.MultiPolygon:
		for _, p := range c {
			a.rings = append(a.rings, p...)
		}
	}
	if len(a.rings) == 0 {
		return nil
	}
	a.bound = contour.Bound()
	return a
}

// has counts the borders east of p: odd inside, a hole's border being one more.
func (a *area) has(p orb.Point) bool {
	if a == nil {
		return true
	}
	if !a.bound.Contains(p) {
		return false
	}
	odd := false
	for _, r := range a.rings {
		for i := 1; i < len(r); i++ {
			u, v := r[i-1], r[i]
			if (u[1] > p[1]) != (v[1] > p[1]) && p[0] < u[0]+(p[1]-u[1])/(v[1]-u[1])*(v[0]-u[0]) {
				odd = !odd
			}
		}
	}
	return odd
}

// updated draws a day: most in the last two years, a tail of forgotten ones.
func (g *maker) updated() place.Date {
	days := int(min(g.ExpFloat64()*330, 2500))
	d := g.today.Time().AddDate(0, 0, -days)
	date, _ := place.NewDate(d.Year(), d.Month(), d.Day())
	return date
}

func (g *maker) address() string {
	number := 1 + int(g.ExpFloat64()*25)
	street := pick(g, streets)
	switch {
	case g.chance(0.12):
		return street
	case g.chance(0.06):
		return strconv.Itoa(number) + " bis " + street
	}
	return strconv.Itoa(number) + " " + street
}

// opening draws opening hours as they are met: a value of OSM most of the
// time, unknown for a quarter of the places, now and then words.
func (g *maker) opening(k *kind) string {
	switch x := g.Float64(); {
	case x < 0.22:
		return ""
	case x < 0.24:
		return pick(g, freeHours)
	case x < 0.27:
		return pick(g, rareHours)
	}
	// Few values are everybody's, most are one place's.
	return g.hours[int(float64(len(g.hours))*math.Pow(g.Float64(), 2.2))]
}

func (g *maker) kind() *kind {
	x := g.Float64() * kindsTotal
	for i := range kinds {
		if x -= kinds[i].weight; x < 0 {
			return &kinds[i]
		}
	}
	return &kinds[len(kinds)-1]
}

var kindsTotal = func() (sum float64) {
	for i := range kinds {
		sum += kinds[i].weight
	}
	return sum
}()

func (g *maker) name(k *kind, t *town) string {
	name := pick(g, k.names)
	before, after, ok := strings.Cut(name, "%")
	if !ok {
		return name
	}
	switch after[0] {
	case 'c':
		return before + t.of + after[1:]
	case 'q':
		return before + pick(g, quarters) + after[1:]
	}
	return before + pick(g, people) + after[1:]
}
