package quality

import (
	"slices"
	"strings"
	"unicode/utf8"

	"mednum/internal/hours"
	"mednum/internal/place"
)

// Opening is what the opening hours of a place give: members of Faits.
type Opening struct {
	Horaires       string // "" none, "lisibles", "texte"
	MinutesSemaine *int   // nil: cannot be known
	HorsBureau     *bool  // nil: cannot be known
}

// HoursFacts draws the facts from opening hours. It is nearly all the time
// that Derive takes and the values repeat: who derives many places keeps the
// answer by value and calls DeriveOpening.
func HoursFacts(horaires string) Opening {
	if horaires == "" {
		return Opening{}
	}
	h, err := hours.Parse(horaires)
	if err != nil {
		return Opening{Horaires: "texte"}
	}
	o := Opening{Horaires: "lisibles"}
	if m, ok := h.WeeklyMinutes(); ok {
		o.MinutesSemaine = &m
	}
	if out, ok := h.OutOfOffice(); ok {
		o.HorsBureau = &out
	}
	return o
}

// Derive makes what the rules read of a record. absent is the columns that its
// source's schema does not have, departement its code ("" unknown),
// ecartCommune the metres from its position to its declared commune, 0 inside
// (nil: no position, no commune or no contour).
//
// The order of a list says nothing, so lists are sorted: a record whose values
// are told in another order is the same one. The result shares nothing with
// the place that writing to either would change.
func Derive(p *place.Place, absent []string, departement string, ecartCommune *int) Fiche {
	return DeriveOpening(p, absent, departement, ecartCommune, HoursFacts(p.Horaires))
}

// DeriveOpening is Derive for who already has the facts of p.Horaires.
func DeriveOpening(p *place.Place, absent []string, departement string, ecartCommune *int, o Opening) Fiche {
	values, lists, filled := 0, 0, 0
	for i := range place.Columns {
		c := &place.Columns[i]
		if isFilled(c, p) {
			filled++
		}
		if kept(c) && *c.List(p) != nil {
			lists++
			values += len(*c.List(p))
		}
	}
	f := Fiche{
		Listes:   make(map[string][]string, lists),
		Presents: make([]string, 0, filled),
		DateMaj:  Jour{p.DateMaj},
		Faits: Faits{
			Horaires:       o.Horaires,
			MinutesSemaine: o.MinutesSemaine,
			HorsBureau:     o.HorsBureau,
			Presentation:   utf8.RuneCountInString(p.PresentationResume) + utf8.RuneCountInString(p.PresentationDetail),
			EcartCommune:   ecartCommune,
			Pivot:          pivotKind(p.Pivot, departement),
			AccesLibre:     isAccesLibre(p.FicheAccesLibre),
		},
	}
	all := make([]string, 0, values) // one array for every list
	for _, i := range byName {
		c := &place.Columns[i]
		if isFilled(c, p) {
			f.Presents = append(f.Presents, c.Name)
		}
		if kept(c) && *c.List(p) != nil {
			from := len(all)
			all = append(all, *c.List(p)...)
			list := all[from:len(all):len(all)]
			slices.Sort(list)
			f.Listes[c.Name] = list
		}
	}
	if len(absent) > 0 {
		f.Absents = slices.Clone(absent)
		slices.Sort(f.Absents)
		f.Absents = slices.Compact(f.Absents)
	}
	return f
}

// byName is the columns in the order of their names.
var byName = func() []int {
	order := make([]int, len(place.Columns))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(place.Columns[a].Name, place.Columns[b].Name) })
	return order
}()

// kept: the values of a list of contacts are nobody's business here, only
// whether there are any.
func kept(c *place.Column) bool {
	return c.List != nil && c.Kind != place.Email && c.Kind != place.URL
}

// isFilled: a list that is known to be empty ("everybody") fills nothing.
func isFilled(c *place.Column, p *place.Place) bool {
	if c.List != nil {
		return len(*c.List(p)) > 0
	}
	return c.Known(p)
}

// pivotKind tells a valid identifier by its form; validity (Luhn, La Poste's
// own rule) was settled when the record was read. The identifiers of the
// Pacific, RIDET and its Polynesian sister, count as one.
func pivotKind(pivot, departement string) string {
	digits := strings.Trim(pivot, "0123456789") == ""
	switch {
	case pivot == "":
	case digits && len(pivot) == 14:
		return "siret"
	case digits && len(pivot) == 9:
		return "siren"
	case pivot[0] == 'W' && len(pivot) == 10:
		return "rna"
	case departement == "" || departement == "986" || departement == "987" || departement == "988":
		return "ridet"
	}
	return ""
}

// isAccesLibre: the service has changed its domain and keeps its name.
func isAccesLibre(address string) bool {
	_, rest, ok := strings.Cut(address, "://")
	if !ok {
		return false
	}
	if i := strings.IndexAny(rest, "/?#:"); i >= 0 {
		rest = rest[:i]
	}
	rest = strings.TrimPrefix(strings.ToLower(rest), "www.")
	return strings.HasPrefix(rest, "acceslibre.")
}
