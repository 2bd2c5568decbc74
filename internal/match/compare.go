package match

import (
	"fmt"
	"math"
	"slices"
)

// Thresholds of the score, in hundredths of log-odds.
const (
	sameFrom      = 450
	undecidedFrom = 0
)

// signal is one thing that two records tell together: a line of weights.
type signal int

const (
	phoneSame signal = iota
	phoneFew
	phoneMany
	phoneOther
	mailSame
	mailFew
	mailMany
	mailOther
	siteSame
	siteMany
	addressSame
	addressStreet
	addressOther
	addressElsewhere
	near50
	near150
	near500
	near2000
	far
	nameSame
	nameLike
	nameSome
	nameOther
	kindsSame
	kindsOther
	pivotSame
	communeOther
	signals
)

// weights is what each signal is worth, and why.
var weights = [signals]struct {
	kind   string
	weight int
	text   string
}{
	phoneSame:        {"telephone", 250, "Même téléphone."},
	phoneFew:         {"telephone", 150, "Même téléphone, que quelques lieux partagent."},
	phoneMany:        {"telephone", 20, "Même téléphone, que beaucoup de lieux partagent."},
	phoneOther:       {"telephone", -50, "Téléphones différents."},
	mailSame:         {"courriel", 250, "Même courriel."},
	mailFew:          {"courriel", 150, "Même courriel, que quelques lieux partagent."},
	mailMany:         {"courriel", 20, "Même courriel, que beaucoup de lieux partagent."},
	mailOther:        {"courriel", -30, "Courriels différents."},
	siteSame:         {"site", 120, "Même page web."},
	siteMany:         {"site", 10, "Même page web, que beaucoup de lieux partagent."},
	addressSame:      {"adresse", 250, "Même adresse."},
	addressStreet:    {"adresse", 80, "Même rue."},
	addressOther:     {"adresse", -100, "Même rue, numéros différents."},
	addressElsewhere: {"adresse", -150, "Rues différentes."},
	near50:           {"distance", 150, "À moins de 50 mètres."},
	near150:          {"distance", 50, "À moins de 150 mètres."},
	near500:          {"distance", -50, "À moins de 500 mètres."},
	near2000:         {"distance", -150, "À moins de 2 kilomètres."},
	far:              {"distance", -300, "À plus de 2 kilomètres."},
	nameSame:         {"nom", 300, "Même nom."},
	nameLike:         {"nom", 150, "Noms proches."},
	nameSome:         {"nom", 0, "Noms qui ont peu en commun."},
	nameOther:        {"nom", -200, "Noms différents."},
	kindsSame:        {"typologie", 150, "Même sorte de lieu."},
	kindsOther:       {"typologie", -300, "Sortes de lieu différentes."},
	pivotSame:        {"pivot", 200, "Même SIRET."},
	communeOther:     {"commune", -250, "Communes différentes."},
}

// found is what a comparison found, without a word yet.
type found struct {
	signals [16]signal
	n       int
	score   int
	guard   string
	outcome Outcome
	metres  float64 // NaN unknown
}

func (f *found) add(s signal) {
	f.signals[f.n] = s
	f.n++
	f.score += weights[s].weight
}

// Weigh is Compare without the sentences: no allocation, for the many pairs
// that nobody will read.
func Weigh(a, b *Profile, shared Shared) (Outcome, int) {
	f := weigh(a, b, shared)
	return f.outcome, f.score
}

// Compare says whether two records are one place, and why. It is symmetric.
func Compare(a, b *Profile, shared Shared) Comparison {
	f := weigh(a, b, shared)
	c := Comparison{Outcome: f.outcome, Score: f.score, Guard: f.guard}
	for _, s := range f.signals[:f.n] {
		text := weights[s].text
		if weights[s].kind == "distance" {
			text = fmt.Sprintf("À %d mètres.", int(math.Round(f.metres)))
		}
		c.Evidence = append(c.Evidence, Evidence{weights[s].kind, weights[s].weight, text})
	}
	return c
}

func weigh(a, b *Profile, shared Shared) (f found) {
	f.metres = a.metres(b)
	if a.phone != "" && b.phone != "" {
		if a.phone == b.phone {
			f.add(pick(shared(Value{Phone, a.phone}), phoneSame, phoneFew, phoneMany))
		} else {
			f.add(phoneOther)
		}
	}
	if len(a.mails) > 0 && len(b.mails) > 0 {
		best := mailOther
		for _, m := range a.mails {
			if slices.Contains(b.mails, m) {
				best = min(best, pick(shared(Value{Mail, m}), mailSame, mailFew, mailMany))
			}
		}
		f.add(best)
	}
	for _, s := range a.sites {
		if slices.Contains(b.sites, s) {
			f.add(pick(shared(Value{Site, s}), siteSame, siteMany, siteMany))
			break
		}
	}
	if a.pivot != "" && a.pivot == b.pivot && len(a.pivot) == 14 {
		f.add(pivotSame)
	}
	if len(a.address.street) > 0 && len(b.address.street) > 0 {
		switch {
		case !slices.Equal(a.address.street, b.address.street):
			f.add(addressElsewhere)
		case len(a.address.numbers) == 0 || len(b.address.numbers) == 0:
			f.add(addressStreet)
		case slices.ContainsFunc(a.address.numbers, func(n string) bool { return slices.Contains(b.address.numbers, n) }):
			f.add(addressSame)
		default:
			f.add(addressOther)
		}
	}
	switch m := f.metres; {
	case math.IsNaN(m):
	case m <= 50:
		f.add(near50)
	case m <= 150:
		f.add(near150)
	case m <= 500:
		f.add(near500)
	case m <= 2000:
		f.add(near2000)
	default:
		f.add(far)
	}
	shares, all := 0.0, 0.0
	for _, w := range a.proper {
		all += w.weight
		if slices.ContainsFunc(b.proper, func(v word) bool { return v.text == w.text }) {
			shares += w.weight
		}
	}
	for _, w := range b.proper {
		all += w.weight
	}
	switch {
	case slices.Equal(a.name, b.name):
		f.add(nameSame)
	case all == 0:
	case shares*2 >= all*0.6:
		f.add(nameLike)
	case shares > 0:
		f.add(nameSome)
	default:
		f.add(nameOther)
	}
	if ka, kb := a.kinds|a.types, b.kinds|b.types; ka != 0 && kb != 0 {
		if ka&kb != 0 {
			f.add(kindsSame)
		} else {
			f.add(kindsOther)
		}
	}
	if a.commune != "" && b.commune != "" && a.commune != b.commune && a.postal != b.postal {
		f.add(communeOther)
	}
	switch {
	case a.departement != "" && b.departement != "" && a.departement != b.departement && !(f.metres < 1000):
		f.guard, f.outcome = "departements", Different
	case f.score >= sameFrom:
		f.outcome = Same
	case f.score >= undecidedFrom:
		f.outcome = Undecided
	default:
		f.outcome = Different
	}
	return f
}

// Classes of a value, by how many addresses have it. Two spellings of one
// address may count as two, hence "alone" up to two.
const (
	fewFrom  = 3
	manyFrom = 6
)

func pick(n int, alone, few, many signal) signal {
	switch {
	case n < fewFrom:
		return alone
	case n < manyFrom:
		return few
	}
	return many
}

// metres between two records, NaN when one has no position: on a sphere, and
// flat where that is exact enough.
func (f *Profile) metres(g *Profile) float64 {
	if !f.position.Known() || !g.position.Known() {
		return math.NaN()
	}
	const degree = 111_195
	dy := f.position.Latitude() - g.position.Latitude()
	dx := (f.position.Longitude() - g.position.Longitude()) * math.Cos((f.position.Latitude()+g.position.Latitude())/2*math.Pi/180)
	return degree * math.Sqrt(dx*dx+dy*dy)
}
