package hours

import "time"

// Day is a line of the week's table.
type Day struct {
	Date    time.Time // midnight where the place is
	Spans   []Span    // in order; empty and not Unknown: closed
	Unknown string    // French reason when the day cannot be known, else ""
	Note    string    // French: "jour férié : Assomption", "sur rendez-vous"
}

// Span is an opening within a day, in minutes since midnight. To may exceed
// 24*60 (past midnight).
type Span struct {
	From, To int
	State    State // Open, or Unknown ("sur rendez-vous")
	Comment  string
}

// Week is the table of the seven days from the day of monday on (the calendar
// day that monday shows in its own location), holidays of that very week
// included. A span that runs past midnight stands on the day on which it
// begins; every minute that At finds open is in exactly one span.
func (h *Hours) Week(monday time.Time, z Zone) [7]Day {
	var week [7]Day
	year, month, dom := monday.Date()
	first := dayNumber(year, int(month), dom)
	var p, after plans
	for i := range week {
		y, mo, d := civil(first + i)
		week[i].Date = time.Date(y, time.Month(mo), d, 0, 0, 0, 0, z.Location())
		if h == nil || len(h.rules) == 0 {
			week[i].Unknown = "horaires non renseignés"
			continue
		}
		h.planOf(&p, first+i, z)
		if h.wraps {
			h.planOf(&after, first+i+1, z)
		}
		h.day(&week[i], &p, &after, first+i, z)
	}
	return week
}

// day fills a line of the table from the plan of the day and of the next one.
func (h *Hours) day(line *Day, p, after *plans, number int, z Zone) {
	for _, part := range [...]struct {
		plan  *plans
		start int
		night bool // the part of the plan that the day before owns
	}{{p, 0, false}, {after, dayMinutes, true}} {
		if part.night && !h.wraps {
			break
		}
		for k := -1; k < len(h.cuts); k++ {
			m, next := 0, dayMinutes
			if k >= 0 {
				m = int(h.cuts[k])
			} else if len(h.cuts) > 0 && h.cuts[0] == 0 {
				continue
			}
			if k+1 < len(h.cuts) {
				next = int(h.cuts[k+1])
			}
			v, night := h.owner(part.plan, m, z)
			if v.state == Closed || night != part.night {
				continue
			}
			line.add(h.span(v, part.start+m, part.start+next))
		}
	}
	line.finish(h, p, number, z)
}

// owner judges a minute, and says whether the day before owns it.
func (h *Hours) owner(p *plans, m int, z Zone) (verdict, bool) {
	v := h.minute(p, m, z)
	if !h.wraps || v.state == Closed {
		return v, false
	}
	alone := *p
	for i := range alone.n {
		alone.list[i].night = set{}
	}
	w := h.minute(&alone, m, z)
	return v, w.state != v.state || h.rules[max(w.rule, 0)].comment != h.rules[max(v.rule, 0)].comment
}

// span puts a verdict into a line of the table.
func (h *Hours) span(v verdict, from, to int) Span {
	s := Span{From: from, To: to, State: v.state}
	switch {
	case v.cause == byOpenEnd:
		s.Comment = "heure de fermeture non précisée"
	case v.cause == bySun:
		s.Comment = "selon l’heure du soleil"
	case v.cause == bySchool:
		s.Comment = "selon les vacances scolaires"
	case v.rule >= 0:
		s.Comment = h.rules[v.rule].comment
	}
	return s
}

// add puts a span at the end of the line, joined to the one before where it
// only goes on.
func (d *Day) add(s Span) {
	if n := len(d.Spans); n > 0 {
		last := &d.Spans[n-1]
		if last.To == s.From && last.State == s.State && last.Comment == s.Comment {
			last.To = s.To
			return
		}
	}
	d.Spans = append(d.Spans, s)
}

// finish says what the spans alone do not.
func (d *Day) finish(h *Hours, p *plans, number int, z Zone) {
	day := dayAt(number, z)
	if i := day.publicHoliday(z); i >= 0 {
		d.Note = holidays[i].reason
		if !h.public && len(d.Spans) > 0 {
			d.Note = holidays[i].warning
		}
	}
	known := d.Spans[:0]
	for _, s := range d.Spans {
		if s.State == Unknown && s.Comment == "selon les vacances scolaires" {
			d.Unknown = z.row().schoolUnknown
		}
		if s.State == Unknown && s.From == 0 && s.To >= dayMinutes {
			// Nothing is known of the hours of this day: no row of hours.
			d.Unknown = s.Comment
			if d.Unknown == "" {
				d.Unknown = "horaires indiqués comme incertains"
			}
			continue
		}
		known = append(known, s)
	}
	d.Spans = known
	// A fallback or a closing that has something to say.
	for i := range h.rules {
		r := &h.rules[i]
		if !p.list[0].today.has(i) || !r.allDay {
			continue
		}
		switch {
		case r.sep == fallback && r.state == Unknown && len(d.Spans) > 0 && d.Unknown == "":
			d.rest(r)
		case r.state == Closed && len(d.Spans) == 0 && d.Unknown == "":
			d.note(r.comment)
			if d.Note == "" && r.namesHoliday() {
				d.note(r.holidayReason(&day, z))
			}
		}
	}
}

// rest takes the spans of a fallback out of the line into a note: "le reste du
// temps : sur rendez-vous".
func (d *Day) rest(r *rule) {
	kept := d.Spans[:0]
	for _, s := range d.Spans {
		if s.State != Unknown || s.Comment != r.comment {
			kept = append(kept, s)
		}
	}
	d.Spans = kept
	if len(kept) == 0 {
		d.Unknown = r.comment
		return
	}
	what := r.comment
	if what == "" {
		what = "horaires incertains"
	}
	d.note("le reste du temps : " + what)
}

func (d *Day) note(s string) {
	switch {
	case s == "":
	case d.Note == "":
		d.Note = s
	default:
		d.Note += " ; " + s
	}
}

// WeeklyMinutes is how long the place is open in an ordinary week (no
// holidays, mean of odd and even weeks, of the year's seasons); false when it
// cannot be known: a span is uncertain, or belongs to given years only.
func (h *Hours) WeeklyMinutes() (int, bool) {
	if h == nil || len(h.rules) == 0 || h.sun {
		return 0, false
	}
	for i := range h.rules {
		r := &h.rules[i]
		if r.state == Closed {
			continue // a closing of one year is not of the ordinary week
		}
		if len(r.years) > 0 {
			return 0, false
		}
		for _, d := range r.dates {
			if d.from.year != 0 {
				return 0, false
			}
		}
	}
	// ISO year 2025: 52 whole weeks, as many odd as even.
	first := dayNumber(2024, 12, 30)
	days := 52 * 7
	if h.weekly {
		days = 7
	}
	var p plans
	p.n = 1
	open := 0
	for n := first; n < first+days; n++ {
		d, eve := ordinaryDay(n), ordinaryDay(n-1)
		h.fill(&p.list[0], &d, &eve)
		for k := -1; k < len(h.cuts); k++ {
			m, next := 0, dayMinutes
			if k >= 0 {
				m = int(h.cuts[k])
			}
			if k+1 < len(h.cuts) {
				next = int(h.cuts[k+1])
			}
			if m == next {
				continue
			}
			switch h.minute(&p, m, Zone{}).state {
			case Open:
				open += next - m
			case Unknown:
				return 0, false
			}
		}
	}
	weeks := days / 7
	return (open + weeks/2) / weeks, true
}

// ordinaryDay is a day that is no holiday of any kind.
func ordinaryDay(number int) date {
	d := date{number: number, weekday: weekdayOf(number), school: Closed, ordinary: true}
	d.year, d.month, d.day = civil(number)
	return d
}
