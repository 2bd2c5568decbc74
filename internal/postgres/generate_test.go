package postgres_test

import (
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"time"

	"mednum/internal/place"
)

// generator makes records that strain searches: towns of very different sizes,
// several places at one point, overseas, on both sides of the antimeridian,
// positions unknown, rare and common values.
type generator struct {
	r     *rand.Rand
	towns []town
}

type town struct {
	latitude, longitude float64
	departement         string
	insee, postal, name string
	weight              float64 // cumulated
}

func newGenerator(seed uint64) *generator {
	g := &generator{r: rand.New(rand.NewPCG(seed, 1))}
	total := 0.0
	add := func(latitude, longitude float64, departement string, weight float64) {
		n := len(g.towns)
		total += weight
		g.towns = append(g.towns, town{latitude, longitude, departement,
			fmt.Sprintf("%.2s%03d", departement, n%1000), fmt.Sprintf("%.2s%03d", departement, n%400*2), fmt.Sprintf("Ville-%d", n), total})
	}
	for i := range 3000 {
		// A thousandth of the largest town's weight at the thousandth rank.
		add(42.5+8.3*g.r.Float64(), -4.5+12.5*g.r.Float64(), fmt.Sprintf("%02d", 1+g.r.IntN(95)), 1/float64(i+3))
	}
	for _, o := range []struct {
		latitude, longitude float64
		departement         string
	}{{16.2, -61.5, "971"}, {14.6, -61.0, "972"}, {4.9, -52.3, "973"}, {-21.1, 55.5, "974"}, {-12.8, 45.15, "976"}, {-13.3, -176.2, "986"}, {-17.6, -149.5, "987"}, {-22.2, 166.4, "988"}} {
		add(o.latitude, o.longitude, o.departement, 0.01)
	}
	return g
}

// some gives up to n values of a column's vocabulary, the first ones far more often.
func (g *generator) some(column string, fill float64, n int) []string {
	if g.r.Float64() > fill {
		return nil
	}
	v, ok := place.VocabularyOf(column)
	if !ok {
		panic(column)
	}
	values := v.Values()
	list := []string{}
	for range 1 + g.r.IntN(n) {
		x := values[int(math.Pow(g.r.Float64(), 3)*float64(len(values)))]
		if !contains(list, x) {
			list = append(list, x)
		}
	}
	return list
}

func contains(list []string, x string) bool {
	for _, y := range list {
		if x == y {
			return true
		}
	}
	return false
}

func (g *generator) record(n int) *place.Record {
	pick := g.r.Float64() * g.towns[len(g.towns)-1].weight
	t := &g.towns[len(g.towns)-1]
	for i := range g.towns {
		if g.towns[i].weight >= pick {
			t = &g.towns[i]
			break
		}
	}
	r := &place.Record{
		Place: place.Place{
			ID:  fmt.Sprintf("lieu-%07d", n),
			Nom: fmt.Sprintf("%s de %s n° %d", []string{"Médiathèque", "Espace numérique", "Mairie", "Centre social l’Étoile"}[g.r.IntN(4)], t.name, n), Commune: t.name,
			CodePostal: t.postal, CodeInsee: t.insee, Adresse: fmt.Sprintf("%d rue de l’Église", 1+g.r.IntN(200)),
			Typologie: g.some("typologie", 0.9, 2), Telephone: fmt.Sprintf("+33%09d", 100000000+g.r.IntN(500000000)),
			Courriels: []string{fmt.Sprintf("contact-%d@exemple.fr", n)}, SiteWeb: []string{fmt.Sprintf("https://exemple.fr/lieux/%d", n)},
			PresentationResume: "Un lieu pour se faire aider dans ses démarches en ligne, sans rendez-vous, par des personnes formées.",
			PresentationDetail: "Ateliers le mardi, accompagnement individuel le jeudi. Des ordinateurs, une imprimante et un accès à internet sont à disposition de toutes et tous, avec l’aide d’une conseillère numérique présente toute la semaine.",
			Itinerance:         g.some("itinerance", 0.5, 1), Services: g.some("services", 0.95, 4),
			PriseEnChargeSpecifique: g.some("prise_en_charge_specifique", 0.1, 2), FraisACharge: g.some("frais_a_charge", 0.6, 1),
			DispositifProgrammesNationaux: g.some("dispositif_programmes_nationaux", 0.3, 2), FormationsLabels: g.some("formations_labels", 0.02, 1),
			ModalitesAcces: g.some("modalites_acces", 0.5, 2), ModalitesAccompagnement: g.some("modalites_accompagnement", 0.5, 2),
		},
		Key: fmt.Sprintf("lieu-%07d", n), Line: n + 1, Departement: t.departement,
	}
	if g.r.IntN(3) > 0 {
		r.PublicsSpecifiquementAdresses = g.some("publics_specifiquement_adresses", 0.3, 2)
		if r.PublicsSpecifiquementAdresses == nil {
			r.PublicsSpecifiquementAdresses = []string{}
		}
	}
	if g.r.IntN(10) > 0 {
		r.DateMaj, _ = place.NewDate(2019+g.r.IntN(6), time.Month(1+g.r.IntN(12)), 1+g.r.IntN(28))
	}
	if g.r.IntN(20) > 0 {
		spread := 0.05 * g.r.NormFloat64()
		turn := g.r.Float64() * 2 * math.Pi
		latitude, longitude := t.latitude+spread*math.Cos(turn), t.longitude+spread*math.Sin(turn)
		if g.r.IntN(8) == 0 {
			latitude, longitude = t.latitude, t.longitude // the town hall, again and again
		}
		r.Position, _ = place.NewPosition(latitude, longitude)
	}
	if g.r.IntN(10) < 7 {
		from, to := 8+g.r.IntN(3), 16+g.r.IntN(4)
		r.Horaires = fmt.Sprintf("Mo-Fr %02d:%02d-12:00,14:00-%02d:%02d", from, 15*g.r.IntN(4), to, 15*g.r.IntN(4))
		switch g.r.IntN(200) {
		case 0:
			r.Horaires = "Su 03:00-04:00" // hardly ever open
		case 1:
			r.Horaires = "sur rendez-vous seulement"
		}
	}
	r.Raw = map[string]string{}
	for i := range place.Columns {
		if c := &place.Columns[i]; c.Text != nil && *c.Text(&r.Place) != "" {
			r.Raw[c.Name] = *c.Text(&r.Place)
		}
	}
	return r
}

// file hands over n records.
func (g *generator) file(n int) iter.Seq2[*place.Record, error] {
	return func(yield func(*place.Record, error) bool) {
		for i := range n {
			if !yield(g.record(i+1), nil) {
				return
			}
		}
	}
}
