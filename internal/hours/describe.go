package hours

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

const nbsp = "\u00a0"

var weekdayNames = [...]string{"lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"}

// Describe says the value in French: the ordinary week first, days with the same
// hours together, then a line a rule.
func (h *Hours) Describe() []string {
	if h == nil {
		return nil
	}
	// Two ways to write one meaning ("Dec 25 2026", "2026 Dec 25") are said as
	// one: what is said is the exact form.
	if exact, err := Parse(h.String()); err == nil {
		h = exact
	}
	var lines []string
	n := h.ordinary()
	if n > 1 {
		lines = h.sayWeek(n)
	} else {
		n = 0
	}
	if n > 0 && len(lines) == 0 {
		lines = []string{"Fermé"} // each rule undid the one before
	}
	for i := n; i < len(h.rules); i++ {
		lines = append(lines, h.rules[i].describe(len(h.rules) == 1))
	}
	return lines
}

// ordinary counts the rules at the head of the value that say nothing but
// weekdays and hours: one does not repeat them as they are written, with each
// replacing a part of the last, but says what comes of them.
func (h *Hours) ordinary() int {
	for i := range h.rules {
		r := &h.rules[i]
		if !r.plain || r.sep == fallback || r.state == Unknown || r.comment != "" || r.state == Open && r.allDay {
			return i
		}
		for _, s := range r.times {
			if s.openEnd || s.from.event != clock || s.to.event != clock {
				return i
			}
		}
	}
	return len(h.rules)
}

// sayWeek says the week that the first n rules make.
func (h *Hours) sayWeek(n int) []string {
	part := Hours{rules: append([]rule(nil), h.rules[:n]...)}
	part.settle()
	week := part.Week(time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC), Zone{}) // a week like another
	said := map[string]uint8{}
	var order []string
	for i, day := range week {
		what := "fermé"
		if len(day.Spans) > 0 {
			var list []string
			for _, s := range day.Spans {
				list = append(list, sayRange(s.From, s.To))
			}
			what = join(list)
		} else if !part.closes(i) {
			continue
		}
		if said[what] == 0 {
			order = append(order, what)
		}
		said[what] |= 1 << i
	}
	var lines []string
	for _, what := range order {
		lines = append(lines, capital(sayDays(daysOf(said[what])))+nbsp+": "+what)
	}
	return lines
}

// closes says whether some rule names the weekday only to close it.
func (h *Hours) closes(weekday int) bool {
	for i := range h.rules {
		r := &h.rules[i]
		if r.state == Closed && r.allDay && r.week&(1<<weekday) != 0 {
			return true
		}
	}
	return false
}

// daysOf writes a set of weekdays as a list, three or more in a row as a range.
func daysOf(week uint8) []daySelector {
	var list []daySelector
	for d := 0; d < 7; d++ {
		if week&(1<<d) == 0 {
			continue
		}
		to := d
		for to+1 < 7 && week&(1<<(to+1)) != 0 {
			to++
		}
		if to < d+2 {
			to = d
		}
		list = append(list, daySelector{from: d, to: to})
		d = to
	}
	return list
}

// sayRange writes "9 h – 12 h".
func sayRange(from, to int) string {
	if from == 0 && to == dayMinutes {
		return "jour et nuit"
	}
	text := (moment{minutes: from}).say() + " – " + (moment{minutes: to}).say()
	if to > dayMinutes {
		text += " (le lendemain)"
	}
	return text
}

// describe says one rule; alone, it may leave out that it holds every day.
func (r *rule) describe(alone bool) string {
	var when []string
	add := func(s string) {
		if s != "" {
			when = append(when, s)
		}
	}
	add(sayYears(r.years))
	add(sayDates(r.dates))
	add(sayWeeks(r.weeks))
	add(sayDays(r.holidays))
	add(sayDays(r.days))
	what := r.sayWhat()
	day := strings.Join(when, ", ")
	if r.sep == fallback {
		if day == "" {
			return "Le reste du temps" + nbsp + ": " + what
		}
		return "Le reste du temps, " + day + nbsp + ": " + what
	}
	if day == "" {
		if len(r.times) == 0 || alone && r.allDay {
			return capital(what)
		}
		day = "tous les jours"
	}
	return capital(day) + nbsp + ": " + what
}

// sayWhat says hours, state and comment.
func (r *rule) sayWhat() string {
	times := r.sayTimes()
	var s string
	switch {
	case r.modifier == modOff && (times == "" || r.allDay):
		s = "fermé"
	case r.modifier == modOff:
		s = "fermé " + times
	case times == "" && r.modifier == modUnknown && r.comment == "":
		return "horaires à vérifier"
	case times == "" && r.state == Unknown:
		return r.comment
	case times == "":
		s = "ouvert"
		if r.always {
			s = "ouvert jour et nuit"
		}
	case r.modifier == modUnknown && r.comment == "":
		return times + ", à vérifier"
	default:
		s = times
	}
	if r.comment == "" || r.comment == s {
		return s
	}
	if r.state == Unknown || r.modifier == modOpen {
		return s + ", " + r.comment
	}
	return s + " (" + r.comment + ")"
}

func (r *rule) sayTimes() string {
	if r.always {
		if r.state != Open {
			return ""
		}
		return "ouvert jour et nuit"
	}
	var list []string
	for i := range r.times {
		s := &r.times[i]
		switch {
		case s.extended:
			list[len(list)-1] += " ou plus tard"
		case s.openEnd && s.from.event == clock:
			list = append(list, "à partir de "+s.from.say())
		case s.openEnd:
			list = append(list, "à partir "+s.from.of())
		case s.from.event == clock && s.to.event == clock:
			list = append(list, sayRange(s.from.minutes, s.to.minutes))
		case s.from.event == clock:
			list = append(list, "de "+s.from.say()+" "+s.to.to())
		default:
			list = append(list, s.from.of()+" "+s.to.to())
		}
	}
	return join(list)
}

// say writes "9 h" or "17 h 30".
func (t moment) say() string {
	if t.event != clock {
		return t.sun()
	}
	m := t.minutes
	if m > dayMinutes {
		m -= dayMinutes
	}
	switch m {
	case 0, dayMinutes:
		return "minuit"
	}
	s := strconv.Itoa(m/60) + nbsp + "h"
	if m%60 != 0 {
		s += nbsp + pad(m%60, 2)
	}
	return s
}

// of and to say the moment after "de" and "à".
func (t moment) of() string {
	if t.event == clock {
		return "de " + t.say()
	}
	return strings.Replace("de "+t.sun(), "de le ", "du ", 1)
}

func (t moment) to() string {
	if t.event == clock {
		return "à " + t.say()
	}
	return strings.Replace("à "+t.sun(), "à le ", "au ", 1)
}

func (t moment) sun() string {
	s := [...]string{"", "l’aube", "le lever du soleil", "le coucher du soleil", "le crépuscule"}[t.event]
	if t.minutes == 0 {
		return s
	}
	m, side := t.minutes, "après "
	if m < 0 {
		m, side = -m, "avant "
	}
	d := strconv.Itoa(m) + nbsp + "minutes "
	if m >= 60 {
		d = (moment{minutes: m}).say() + " "
	}
	return d + side + s
}

func sayYears(list []yearRange) string {
	var parts []string
	for _, y := range list {
		from := strconv.Itoa(y.from)
		switch {
		case y.every > 1 && y.to != 0:
			parts = append(parts, "une année sur "+strconv.Itoa(y.every)+" de "+from+" à "+strconv.Itoa(y.to))
		case y.every > 1:
			parts = append(parts, "une année sur "+strconv.Itoa(y.every)+" à partir de "+from)
		case y.to != 0:
			parts = append(parts, "de "+from+" à "+strconv.Itoa(y.to))
		case y.open:
			parts = append(parts, "à partir de "+from)
		default:
			parts = append(parts, "en "+from)
		}
	}
	return join(parts)
}

func sayDates(list []dateRange) string {
	var parts []string
	for _, d := range list {
		switch {
		case d.months && d.from.month == 1 && d.to.month == 12:
			parts = append(parts, "toute l’année")
		case d.months && d.from.month == d.to.month:
			parts = append(parts, "en "+monthNames[d.from.month])
		case d.months && d.to.month == d.from.month%12+1:
			parts = append(parts, "en "+monthNames[d.from.month]+" et "+monthNames[d.to.month])
		case d.months:
			parts = append(parts, ofMonth(d.from.month)+" à "+monthNames[d.to.month])
		case d.open:
			parts = append(parts, "à partir "+contract("de "+d.from.say(d.from.year != 0)))
		case d.from == d.to:
			parts = append(parts, d.from.say(d.from.year != 0))
		default:
			year := d.to.year != 0 && d.to.year != d.from.year
			sameMonth := d.from.kind == fixed && d.to.kind == fixed && d.from.month == d.to.month && !year
			from := d.from.say(year)
			if sameMonth && d.from.offset == 0 {
				from = "le " + ordinal(d.from.day)
			}
			s := contract("de "+from) + " " + contract("à "+d.to.say(d.from.year != 0))
			if d.to.year == 0 && d.from.year != 0 {
				// The year is that of the first date: say it there.
				s = contract("de "+d.from.say(true)) + " " + contract("à "+d.to.say(false))
			}
			if d.every > 1 {
				s = "un jour sur " + strconv.Itoa(d.every) + " " + s
			}
			parts = append(parts, s)
		}
	}
	return join(parts)
}

// contract writes "du" for "de le", "au" for "à le".
func contract(s string) string {
	s = strings.Replace(s, "de le ", "du ", 1)
	s = strings.Replace(s, "à le ", "au ", 1)
	return s
}

func ofMonth(m int) string {
	if name := monthNames[m]; strings.ContainsAny(name[:1], "ao") {
		return "d’" + name
	}
	return "de " + monthNames[m]
}

func ordinal(n int) string {
	if n == 1 {
		return "1er"
	}
	return strconv.Itoa(n)
}

// say writes "le 24 décembre 2026", "le dimanche de Pâques".
func (f dateRef) say(withYear bool) string {
	var s string
	switch f.kind {
	case easter:
		s = "le dimanche de Pâques"
		switch f.offset {
		case 1:
			s = "le lundi de Pâques"
		case -2:
			s = "le Vendredi saint"
		case 39:
			s = "le jeudi de l’Ascension"
		case 50:
			s = "le lundi de Pentecôte"
		default:
			s = moved(s, f.offset)
		}
	case nth:
		s = moved(sayNth([]int{f.nth}, f.weekday, ofMonth(f.month)), f.offset)
	default:
		s = moved("le "+ordinal(f.day)+" "+monthNames[f.month], f.offset)
	}
	if withYear && f.year != 0 {
		s += " " + strconv.Itoa(f.year)
	}
	return s
}

// moved says a day some days after or before another.
func moved(s string, days int) string {
	switch {
	case days == 0:
		return s
	case days == 1:
		return contract("le lendemain de " + s)
	case days == -1:
		return contract("la veille de " + s)
	case days > 0:
		return strconv.Itoa(days) + " jours après " + s
	}
	return strconv.Itoa(-days) + " jours avant " + s
}

// rank writes "1er", "dernier".
func rank(n int) string {
	switch {
	case n > 0:
		return ordinal(n) + map[bool]string{true: "e"}[n > 1]
	case n == -1:
		return "dernier"
	case n == -2:
		return "avant-dernier"
	}
	return strconv.Itoa(-n) + "e"
}

// sayNth writes "le 1er lundi du mois", "l’avant-dernier dimanche de mars",
// "les 1er et 3e lundis du mois", where of is "du mois" or a month's.
func sayNth(ranks []int, weekday int, of string) string {
	var words []string
	for _, n := range ranks {
		words = append(words, rank(n))
	}
	name := weekdayNames[weekday]
	if len(ranks) > 0 && ranks[0] < -2 {
		of += " en partant de la fin"
	}
	switch {
	case len(words) > 1:
		return "les " + join(words) + " " + name + "s " + of
	case ranks[0] == -2:
		return "l’" + words[0] + " " + name + " " + of
	}
	return "le " + words[0] + " " + name + " " + of
}

func sayWeeks(list []weekRange) string {
	var parts []string
	for _, w := range list {
		from, to := strconv.Itoa(w.from), strconv.Itoa(w.to)
		switch {
		case w.every == 2 && w.from == 1 && w.to >= 52:
			parts = append(parts, "semaines impaires")
		case w.every == 2 && w.from == 2 && w.to >= 52:
			parts = append(parts, "semaines paires")
		case w.every == 2 && w.from%2 == 1:
			parts = append(parts, "semaines impaires de la "+from+" à la "+to)
		case w.every == 2:
			parts = append(parts, "semaines paires de la "+from+" à la "+to)
		case w.every > 0:
			parts = append(parts, "une semaine sur "+strconv.Itoa(w.every)+" de la semaine "+from+" à la semaine "+to)
		case w.from == w.to:
			parts = append(parts, "semaine "+from)
		case w.from == 1 && w.to == 53:
			parts = append(parts, "toutes les semaines")
		default:
			parts = append(parts, "semaines "+from+" à "+to)
		}
	}
	return join(parts)
}

func sayDays(list []daySelector) string {
	var parts []string
	for i := range list {
		s := &list[i]
		switch s.kind {
		case weekdays:
			switch {
			case s.from == s.to:
				parts = append(parts, weekdayNames[s.from])
			case (s.to+1)%7 == s.from:
				parts = append(parts, "tous les jours")
			case (s.from+1)%7 == s.to:
				parts = append(parts, weekdayNames[s.from], weekdayNames[s.to])
			default:
				parts = append(parts, "du "+weekdayNames[s.from]+" au "+weekdayNames[s.to])
			}
		case publicDay:
			switch {
			case s.offset == 0:
				parts = append(parts, "jours fériés")
			case s.offset == 1:
				parts = append(parts, "lendemains de jours fériés")
			case s.offset == -1:
				parts = append(parts, "veilles de jours fériés")
			case s.offset > 0:
				parts = append(parts, strconv.Itoa(s.offset)+" jours après un jour férié")
			default:
				parts = append(parts, strconv.Itoa(-s.offset)+" jours avant un jour férié")
			}
		case schoolDay:
			parts = append(parts, "vacances scolaires")
		case nthWeekday:
			parts = append(parts, s.say())
		}
	}
	if len(parts) == 2 && parts[0] == "tous les jours" && list[1].kind == publicDay && list[1].offset == 0 {
		return "tous les jours, jours fériés compris"
	}
	return join(parts)
}

// say says a weekday of the month.
func (s *daySelector) say() string {
	var ranks []int
	for _, n := range s.nths {
		for k := n.from; k <= n.to; k++ {
			ranks = append(ranks, k)
		}
	}
	return moved(sayNth(ranks, s.from, "du mois"), s.offset)
}

// join writes "a, b et c".
func join(list []string) string {
	switch len(list) {
	case 0:
		return ""
	case 1:
		return list[0]
	}
	return strings.Join(list[:len(list)-1], ", ") + " et " + list[len(list)-1]
}

// capital begins a line.
func capital(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	if r == utf8.RuneError {
		return s
	}
	return strings.ToUpper(string(r)) + s[size:]
}
