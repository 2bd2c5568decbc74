package hours

import (
	"slices"
	"strings"
)

func osmMonths(w frenchWhen) string {
	names := [...]string{"", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}
	if w.from == w.to {
		return names[w.from]
	}
	return names[w.from] + "-" + names[w.to]
}

// selector is what OSM writes before the days.
func (w frenchWhen) selector() string {
	s := ""
	if w.from != 0 {
		s = osmMonths(w) + " "
	}
	switch w.parity {
	case 1:
		s += "week 2-52/2 "
	case 2:
		s += "week 1-53/2 "
	}
	if w.scope == 'v' {
		s += "SH "
	}
	return s
}

func (f *french) note(n int) string {
	switch {
	case n == 0:
		return ""
	case n >= len(frenchNotes):
		return ` unknown "` + f.alternates[n-len(frenchNotes)] + `"`
	case frenchNotes[n].state == "":
		return ` "` + frenchNotes[n].text + `"`
	}
	return " " + frenchNotes[n].state + ` "` + frenchNotes[n].text + `"`
}

// clash reports whether two weeks may both speak of one day: even and odd weeks
// never do, nor do different ordinals.
func clash(a, b frenchWhen) bool {
	return !(a.parity != 0 && b.parity != 0 && a.parity != b.parity || a.nth != "" && b.nth != "" && a.nth != b.nth || a.scope == 'v' != (b.scope == 'v'))
}

// write gives the weeks in OSM's form, days with the same hours together. It is
// false where one day is spoken of twice in a way that OSM, or we, would not
// add up.
func (f *french) write() (string, bool) {
	if f.always {
		return "24/7", f.groups == 0 && f.appointment == 0 && len(f.offs) == 0
	}
	if f.groups == 0 {
		return `"` + frenchNotes[f.appointment].text + `"`, frenchNotes[f.appointment].state == ""
	}
	// Outside the school holidays only: in them, closed unless more is said of them.
	shut := f.shut()
	closed := shut == ""
	// All of the year first, then what is special in it.
	weeks, ok := f.outside()
	if !ok {
		return "", false
	}
	slices.SortStableFunc(weeks, func(a, b frenchWeek) int { return special(a.when) - special(b.when) })
	rules, rests := "", ""
	for i := range weeks {
		w := &weeks[i]
		if w.when.scope == 'v' && !closed {
			rules, closed = rules+"; "+shut, true
		}
		if w.when.nth != "" && (w.when.scope == 'v' || w.when.parity != 0) {
			return "", false
		}
		added := uint8(0) // days of which a week before spoke
		for d := range w.days {
			if !w.days[d].said() {
				continue
			}
			for j := range i {
				other := &weeks[j].days[d]
				if !other.said() || !clash(w.when, weeks[j].when) {
					continue
				}
				if other.closed || other.note != 0 || len(w.days[d].spans) == 0 || w.when.from != weeks[j].when.from {
					return "", false
				}
				for _, s := range w.days[d].spans {
					for _, t := range other.spans {
						if s.from < t.to && t.from < s.to {
							return "", false
						}
					}
				}
				added |= 1 << d
			}
		}
		said := map[string]uint8{}
		var order []string
		for d := range w.days {
			what := f.what(&w.days[d])
			if what == "" {
				continue
			}
			if added&(1<<d) != 0 {
				what = "+" + what
			}
			if !slices.Contains(order, what) {
				order = append(order, what)
			}
			said[what] |= 1 << d
		}
		for _, what := range order {
			days := osmDays(said[what])
			if w.when.nth != "" {
				days = "" // each day with its ordinals
				for d := range 7 {
					if said[what]&(1<<d) != 0 {
						if days != "" {
							days += ","
						}
						days += weekdayCodes[d] + "[" + w.when.nth + "]"
					}
				}
			}
			separator := "; "
			what, plus := strings.CutPrefix(what, "+")
			if plus {
				separator = ", "
			}
			for _, part := range strings.Split(what, "+") {
				if rest, ok := strings.CutPrefix(part, "||"); ok {
					rests += " || " + w.when.selector() + days + rest
					continue
				}
				if rules != "" {
					rules += separator
				}
				rules += w.when.selector() + days + " " + part
				separator = ", "
			}
		}
	}
	if !closed {
		rules += "; " + shut
	}
	for _, off := range f.offs {
		rules += "; " + off
	}
	rules += rests
	if f.otherwise != 0 {
		if frenchNotes[f.otherwise].state != "" {
			return "", false
		}
		rules += ` || "` + frenchNotes[f.otherwise].text + `"`
	}
	return rules, true
}

// shut says what the school holidays close of the hours that are those of the
// rest of the year; "" nothing.
func (f *french) shut() string {
	term, whole := uint8(0), true
	for i := range f.weeks {
		for d := range f.weeks[i].days {
			if f.weeks[i].days[d].said() && f.weeks[i].when.scope == 's' {
				term |= 1 << d
			} else if f.weeks[i].days[d].said() && f.weeks[i].when.scope == 0 {
				whole = false
			}
		}
	}
	switch {
	case term == 0:
		return ""
	case whole:
		return "SH off"
	}
	return "SH " + osmDays(term) + " off"
}

// outside gives the weeks, those of school time being of all the year once what
// shut says of the holidays is written; false where one day is in both.
func (f *french) outside() ([]frenchWeek, bool) {
	var weeks []frenchWeek
	for _, w := range f.weeks {
		school := w.when.scope == 's'
		if school {
			w.when.scope = 0
		}
		i := slices.IndexFunc(weeks, func(other frenchWeek) bool { return other.when == w.when })
		if i < 0 {
			weeks = append(weeks, w)
			continue
		}
		for d := range w.days {
			if w.days[d].said() && weeks[i].days[d].said() {
				return nil, false
			}
			if w.days[d].said() {
				weeks[i].days[d] = w.days[d]
			}
		}
	}
	return weeks, true
}

func osmDays(set uint8) string {
	var b strings.Builder
	writeList(&b, daysOf(set), (*daySelector).write)
	return b.String()
}

// special orders weeks: all of the year, part of it, the school holidays.
func special(w frenchWhen) int {
	switch {
	case w.scope == 'v':
		return 2
	case w == frenchWhen{}:
		return 0
	}
	return 1
}

// what says the hours of a day, those with one note together; "+" between, and
// "||" before what is said of the rest of the day.
func (f *french) what(d *frenchDay) string {
	if d.closed {
		return "off"
	}
	if d.note != 0 {
		return strings.TrimSpace(f.note(d.note))
	}
	spans := slices.Clone(d.spans)
	slices.SortFunc(spans, func(a, b frenchSpan) int { return a.from - b.from })
	var notes []int
	for i := range spans {
		if spans[i].note == 0 && f.appointment != 0 {
			spans[i].note = f.appointment
		}
		if !slices.Contains(notes, spans[i].note) {
			notes = append(notes, spans[i].note)
		}
	}
	var parts []string
	for _, n := range notes {
		var times []string
		for _, s := range spans {
			if s.note == n {
				times = append(times, pad(s.from/60, 2)+":"+pad(s.from%60, 2)+"-"+pad(s.to/60, 2)+":"+pad(s.to%60, 2))
			}
		}
		parts = append(parts, strings.Join(times, ",")+f.note(n))
	}
	if d.otherwise != "" {
		parts = append(parts, `|| "`+d.otherwise+`"`)
	}
	return strings.Join(parts, "+")
}
