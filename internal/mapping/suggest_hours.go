package mapping

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var (
	dayWord     = regexp.MustCompile(`lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|monday|tuesday|wednesday|thursday|friday|saturday|sunday`)
	dayShort    = map[string]int{"lun": 0, "mar": 1, "mer": 2, "jeu": 3, "ven": 4, "sam": 5, "dim": 6, "mon": 0, "tue": 1, "wed": 2, "thu": 3, "fri": 4, "sat": 5, "sun": 6}
	dayLong     = map[string]int{"lundi": 0, "mardi": 1, "mercredi": 2, "jeudi": 3, "vendredi": 4, "samedi": 5, "dimanche": 6, "monday": 0, "tuesday": 1, "wednesday": 2, "thursday": 3, "friday": 4, "saturday": 5, "sunday": 6}
	opensWord   = regexp.MustCompile(`debut|ouv|open|start|from|^de$|^a?1$|^3$|^h1$|^h3$`)
	closesWord  = regexp.MustCompile(`fin|ferm|clos|end|^to$|^a$|^2$|^4$|^h2$|^h4$`)
	morning     = regexp.MustCompile(`matin|^am$|matinee|^m$`)
	afternoon   = regexp.MustCompile(`aprem|apres|midi|^pm$|soir|^ap$|^am2$`)
	betweenDays = ", "
)

// dayOf gives the days that a header names.
func dayOf(header string) []int {
	words := headerWords(splitCamel(header))
	var out []int
	for _, m := range dayWord.FindAllString(strings.Join(words, " "), -1) {
		out = append(out, dayLong[m])
	}
	if len(out) == 0 && len(words) > 0 && len(words) <= 4 {
		for _, w := range words {
			if d, ok := dayShort[strings.TrimRight(w, "0123456789")]; ok {
				out = append(out, d)
			}
		}
	}
	return out
}

// dayColumn is a column of one day.
type dayColumn struct {
	*column
	half, end int // 0 unknown, 1 morning or opening, 2 afternoon or closing
}

// hours finds hours told day by day, and what is said beside.
func (f *file) hours() {
	var byDay [7][]dayColumn
	n := 0
	for _, c := range f.columns {
		d := dayOf(c.name)
		if f.taken[c.at] || len(d) != 1 {
			continue
		}
		if len(c.filled) > 0 && c.share(func(v string) bool { return likeHours(v) || timeCell.MatchString(v) && !dateCell.MatchString(v) }) < 0.4 {
			continue
		}
		k := dayColumn{column: c}
		for _, w := range headerWords(splitCamel(c.name)) {
			switch {
			case afternoon.MatchString(w):
				k.half = 2
			case morning.MatchString(w):
				k.half = 1
			}
			switch {
			case closesWord.MatchString(w):
				k.end = 2
			case opensWord.MatchString(w) && w != "horaires":
				k.end = 1
			}
		}
		byDay[d[0]] = append(byDay[d[0]], k)
		if len(c.filled) > 0 {
			n++
		}
	}
	if n >= 2 || n == 1 && f.when == nil {
		f.byDay(byDay)
	}
	if c := f.roles[asNote]; c != nil {
		f.note(c, c.names[asNote])
	}
	// "Semaine paire" in a column of openings tells when, beside the hours.
	for _, c := range f.columns {
		if !f.taken[c.at] && c.names[asHours] > 0 && f.when != nil && f.when.Remarque == nil && len(c.filled) > 0 && c.letters < 80 && c.share(func(v string) bool { return whenWords.MatchString(v) }) > 0.5 {
			f.reasons[c.at].Text = ""
			f.note(c, 75)
		}
	}
}

var whenWords = regexp.MustCompile(`(?i)semaine|mois|vacances|rendez|rdv|pair|sauf|uniquement|été|hiver`)

// byDay writes the hours of each day: as bounds, where each column is one, or
// as the text that each day has.
func (f *file) byDay(byDay [7][]dayColumn) {
	bounds := true
	for d := range byDay {
		for _, c := range byDay[d] {
			if len(c.filled) > 0 && c.share(func(v string) bool { return timeCell.MatchString(v) }) < 0.7 {
				bounds = false
			}
		}
		slices.SortStableFunc(byDay[d], func(a, b dayColumn) int {
			return cmp.Or(a.half-b.half, a.end-b.end, a.at-b.at)
		})
		if len(byDay[d])%2 == 1 {
			bounds = false
		}
	}
	out := &Horaires{}
	for d, columns := range byDay {
		if len(columns) == 0 {
			continue
		}
		var names []string
		for _, c := range columns {
			names = append(names, c.name)
			f.claim(c.column, 92, fmt.Sprintf("Son nom dit « %s », ses valeurs des heures.", days[d]), "horaires")
		}
		switch {
		case bounds:
			if out.Bornes == nil {
				out.Bornes = map[string][]string{}
			}
			out.Bornes[days[d]] = names
		default:
			if out.Jours == nil {
				out.Jours = map[string]Regle{}
			}
			r := Regle{Colonne: names[0]}
			if len(names) > 1 {
				r = Regle{Joindre: names, Avec: betweenDays}
			}
			out.Jours[days[d]] = r
		}
	}
	if f.when != nil { // a text for all days is not as good, and only one can be
		for _, c := range f.columns {
			if f.when.Texte != nil && (c.name == f.when.Texte.Colonne || slices.Contains(f.when.Texte.Premier, c.name)) {
				f.reasons[c.at].Text = "Donne aussi des horaires ; les colonnes par jour les donnent mieux. Montrée en remarque."
				out.Remarque = &Regle{Colonne: c.name}
			}
		}
	}
	f.when = out
}

// note keeps a remark beside the hours.
func (f *file) note(c *column, score int) {
	if f.when == nil {
		f.when = &Horaires{Texte: &Regle{Colonne: c.name}}
	} else if f.when.Remarque == nil {
		f.when.Remarque = &Regle{Colonne: c.name}
	} else {
		f.leave(c, "Une autre remarque sur les horaires est déjà prise.")
		return
	}
	f.claim(c, max(score, sure), "Son nom dit une remarque sur les horaires.", "horaires")
}
