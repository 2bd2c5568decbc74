package pages

import (
	"math"
	"net/url"
	"strconv"
	"strings"

	"mednum/internal/french"
)

// homeView is Home with what its templates ask.
type homeView struct {
	Home
	Settings
}

// Step and Most: how many places a page shows, and at most.
const (
	Step = 20
	Most = 100
)

// Radii are the limits of distance that the page offers, in kilometres.
var Radii = []int{1, 2, 5, 10, 20, 50}

// Choosable reports whether a parameter of the page is one that a chip shows
// and can remove: all but where one is and how many places are shown.
func choosable(key string) bool { return key != "ou" && key != "pres" && key != "nombre" }

func clone(v url.Values) url.Values {
	out := url.Values{}
	for k, values := range v {
		for _, s := range values {
			if s != "" {
				out.Add(k, s)
			}
		}
	}
	return out
}

func address(v url.Values) string {
	if len(v) == 0 {
		return "/"
	}
	return "/?" + v.Encode()
}

// values of a key, whether repeated or with commas.
func (h Home) values(key string) []string {
	var out []string
	for _, v := range h.Asked[key] {
		for _, one := range strings.Split(v, ",") {
			if one = strings.TrimSpace(one); one != "" {
				out = append(out, one)
			}
		}
	}
	return out
}

func (h Home) has(key, value string) bool {
	for _, v := range h.values(key) {
		if v == value {
			return true
		}
	}
	return false
}

// without is the page's address less one value, or a whole key.
func (h Home) without(key, value string) string {
	next := clone(h.Asked)
	next.Del("nombre")
	next.Del(key)
	for _, v := range h.values(key) {
		if value != "" && v != value {
			next.Add(key, v)
		}
	}
	return address(next)
}

// Query is what was typed.
func (h homeView) Query() string { return h.Asked.Get("ou") }

// Near is the shared position, as in the address.
func (h homeView) Near() string { return h.Asked.Get("pres") }

// Option is a box to tick.
type Option struct {
	Name, Value, Label string
	Checked            bool
}

// Choosing is a fieldset.
type Choosing struct {
	Column, Title, Hint string
	Options             []Option
	Checked             int
}

// Quick are the three choices that most people make.
func (h homeView) Quick() []Option {
	return []Option{
		{"ouvert", "maintenant", "Ouvert maintenant", h.has("ouvert", "maintenant")},
		{"frais_a_charge", "Gratuit", "Gratuit", h.has("frais_a_charge", "Gratuit")},
		{"modalites_acces", "Se présenter", "Sans rendez-vous", h.has("modalites_acces", "Se présenter")},
	}
}

// Choosings are the other choices, under a fold.
func (h homeView) Choosings() []Choosing {
	var out []Choosing
	for _, g := range groups {
		c := Choosing{Column: g.Column, Title: g.Title}
		if g.Column == "publics_specifiquement_adresses" {
			c.Title = "Un lieu d’abord pour…"
			c.Hint = "Ne choisissez rien ici pour voir aussi les lieux ouverts à tous."
		}
		for _, w := range g.Words {
			label := w.Plain
			if g.Column == "publics_specifiquement_adresses" {
				label = french.Capital(w.Short)
			}
			on := h.has(g.Column, w.Value)
			if on {
				c.Checked++
			}
			c.Options = append(c.Options, Option{g.Column, w.Value, label, on})
		}
		out = append(out, c)
	}
	return out
}

// Chosen is how many boxes under the fold are ticked.
func (h homeView) Chosen() int {
	n := 0
	for _, c := range h.Choosings() {
		n += c.Checked
	}
	if h.Asked.Get("rayon") != "" {
		n++
	}
	return n
}

// Carried are the choices that came by the address and that no box shows: the
// form keeps them.
func (h homeView) Carried() []Option {
	var out []Option
	shown := map[string]bool{"ou": true, "pres": true, "nombre": true, "rayon": true}
	boxes := h.Quick()
	for _, c := range h.Choosings() {
		boxes = append(boxes, c.Options...)
	}
	for _, key := range sortedKeys(h.Asked) {
		if shown[key] {
			continue
		}
	values:
		for _, v := range h.values(key) {
			for _, b := range boxes {
				if b.Name == key && b.Value == v {
					continue values
				}
			}
			out = append(out, Option{Name: key, Value: v})
		}
	}
	return out
}

// Hidden are all the choices that came by the address: the first page shows
// none of them, and its form keeps them.
func (h homeView) Hidden() []Option {
	var out []Option
	for _, key := range sortedKeys(h.Asked) {
		for _, v := range h.values(key) {
			if choosable(key) {
				out = append(out, Option{Name: key, Value: v})
			}
		}
	}
	return out
}

// RadiusOption is a limit of distance.
type RadiusOption struct {
	Value, Label string
	Selected     bool
}

// RadiusOptions are the limits, none first.
func (h homeView) RadiusOptions() []RadiusOption {
	asked := h.Asked.Get("rayon")
	out := []RadiusOption{{"", "Peu importe", asked == ""}}
	listed := asked == ""
	for _, km := range Radii {
		v := strconv.Itoa(km)
		out = append(out, RadiusOption{v, "À moins de " + v + nbsp + "km", asked == v})
		listed = listed || asked == v
	}
	if !listed {
		out = append(out, RadiusOption{asked, "À moins de " + strings.ReplaceAll(asked, ".", ",") + nbsp + "km", true})
	}
	return out
}

// Chip is a choice made, and the address without it.
type Chip struct{ Label, Href string }

// Chips are the choices made.
func (h homeView) Chips() []Chip {
	var out []Chip
	for _, key := range sortedKeys(h.Asked) {
		if !choosable(key) {
			continue
		}
		for _, v := range h.values(key) {
			out = append(out, Chip{chipLabel(key, v), h.without(key, v)})
		}
	}
	return out
}

// ClearHref is the same search without any choice.
func (h homeView) ClearHref() string {
	next := clone(h.Asked)
	for key := range next {
		if choosable(key) || key == "nombre" {
			next.Del(key)
		}
	}
	return address(next)
}

// chipLabel says a choice in the fewest words.
func chipLabel(key, value string) string {
	switch key {
	case "ouvert":
		if value == "maintenant" {
			return "Ouvert maintenant"
		}
		return "Ouvert : " + value
	case "rayon":
		return "À moins de " + strings.ReplaceAll(value, ".", ",") + nbsp + "km"
	case "modalites_acces":
		if value == "Se présenter" {
			return "Sans rendez-vous"
		}
		return said(key, value).Plain
	case "publics_specifiquement_adresses":
		return "D’abord pour " + said(key, value).short()
	case "q":
		return "« " + value + " »"
	case "departement":
		return "Département " + value
	case "code_insee", "code_postal":
		return "Commune " + value
	}
	return said(key, value).Plain
}

// MoreHref shows the next places too; "" when the page is full.
func (h homeView) MoreHref() string {
	if !h.More || len(h.Cards) >= Most {
		return ""
	}
	next := clone(h.Asked)
	next.Set("nombre", strconv.Itoa(min(Most, len(h.Cards)/Step*Step+Step)))
	return address(next) + "#lieu-" + h.Cards[len(h.Cards)-1].ID
}

// ChoiceHref searches another reading, choices kept.
func (h homeView) ChoiceHref(c Choice) string {
	next := clone(h.Asked)
	next.Del("nombre")
	next.Del("pres")
	next.Set("ou", c.Query)
	return address(next)
}

// Summary says how many places follow, and in which order.
func (h homeView) Summary() string {
	n := len(h.Cards)
	order := ", le plus proche en premier"
	if !h.Center.Known() || n < 2 {
		order = ""
	}
	if h.More && order != "" {
		return "Les " + french.Integer(int64(n)) + " lieux les plus proches"
	}
	return french.Count(n, "lieu", "lieux") + order
}

// Around says around what.
func (h homeView) Around() string {
	if h.Mine {
		return "autour de " + h.Where
	}
	return "près de " + h.Where
}

// Radius is the limit of distance as read, "" without one.
func (h homeView) Radius() string {
	km, err := strconv.ParseFloat(strings.ReplaceAll(h.Asked.Get("rayon"), ",", "."), 64)
	if err != nil || km <= 0 {
		return ""
	}
	return Distance(km * 1000)
}

// EmptyText says that there is nothing, and where the nearest is.
func (h homeView) EmptyText() string {
	if r := h.Radius(); r != "" {
		return "Aucun lieu à moins de " + r + "."
	}
	if len(h.Chips()) > 0 {
		return "Aucun lieu ne correspond à tous vos choix."
	}
	return "Aucun lieu n’est connu pour le moment."
}

// RelaxView is a way out of an empty list.
type RelaxView struct{ Label, Href, Gives string }

// Relaxing are the ways out, with what they give.
func (h homeView) Relaxing() []RelaxView {
	var out []RelaxView
	for _, r := range h.Relax {
		if r.Count == 0 {
			continue
		}
		gives := french.Count(r.Count, "lieu", "lieux")
		if r.Full {
			gives = "plus de " + gives
		}
		if !math.IsNaN(r.Nearest) {
			gives += ", le plus proche " + away(r.Nearest)
		}
		out = append(out, RelaxView{"Sans « " + chipLabel(r.Column, r.Value) + " »", h.without(r.Column, r.Value), gives})
	}
	return out
}

// Longitude and Latitude of the centre, for the map; "" when it has none.
func (h homeView) Longitude() string { return h.coordinate(h.Center.Longitude()) }

// Latitude: see Longitude.
func (h homeView) Latitude() string { return h.coordinate(h.Center.Latitude()) }

func (h homeView) coordinate(v float64) string {
	if !h.Center.Known() {
		return ""
	}
	return coordinate(v)
}

func sortedKeys(v url.Values) []string {
	// In the order of the form, then by name: chips must not move about.
	order := map[string]int{"ouvert": -9, "frais_a_charge": -8, "modalites_acces": -7, "services": -6, "modalites_accompagnement": -5, "publics_specifiquement_adresses": -4, "prise_en_charge_specifique": -3, "rayon": -2}
	var keys []string
	for k := range v {
		keys = append(keys, k)
	}
	for i := range keys {
		for j := i + 1; j < len(keys); j++ {
			if order[keys[j]] < order[keys[i]] || (order[keys[j]] == order[keys[i]] && keys[j] < keys[i]) {
				keys[i], keys[j] = keys[j], keys[i]
			}
		}
	}
	return keys
}
