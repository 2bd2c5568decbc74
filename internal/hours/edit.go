package hours

import (
	"errors"
	"slices"
	"strings"
)

// Table is an ordinary week as people fill it in, a line a day, and beside it
// the text of what no such table can say: dates, weeks, "semaine paire".
type Table struct {
	Days      [7]TableDay // Monday first
	Public    TableDay    // public holidays, when the text speaks of them
	School    bool        // closed during the school holidays
	Otherwise string      // what is said of the rest of the time: "sur rendez-vous"
	Rest      string      // OSM rules; those that are not begun by ";" keep their "," or "||"
}

// TableDay is a line. The zero one says nothing.
type TableDay struct {
	Slots  []Slot // in order
	Closed bool
	Note   string // of a day without hours: "sur rendez-vous"
}

// Slot is an opening of a day, in minutes since midnight; To runs past midnight
// beyond 24*60, and is at most a day after From.
type Slot struct {
	From, To int
	Note     string // "sur rendez-vous": neither open nor closed
}

// SlotsMaximum is how many openings a day of a table has.
const SlotsMaximum = 6

// Said reports whether the line says anything.
func (d *TableDay) Said() bool { return d.Closed || d.Note != "" || len(d.Slots) > 0 }

func (d *TableDay) equal(other *TableDay) bool {
	return d.Closed == other.Closed && d.Note == other.Note && slices.Equal(d.Slots, other.Slots)
}

// Equal reports whether two tables say the same.
func (t *Table) Equal(other *Table) bool {
	for i := range t.Days {
		if !t.Days[i].equal(&other.Days[i]) {
			return false
		}
	}
	return t.Public.equal(&other.Public) && t.School == other.School && t.Otherwise == other.Otherwise && t.Rest == other.Rest
}

// Said reports whether some day of the week is spoken of.
func (t *Table) Said() bool {
	return slices.ContainsFunc(t.Days[:], func(d TableDay) bool { return d.Said() })
}

// ErrOverlap: openings of a table run into each other, and would be read as others.
var ErrOverlap = errors.New("openings overlap")

// TableOf cuts a value into a table and the rest. Where the table cannot hold
// the ordinary week exactly, all of the value is the rest. The error is Parse's.
func TableOf(text string) (Table, error) {
	if strings.TrimSpace(text) == "" {
		return Table{}, nil
	}
	h, err := Parse(text)
	if err != nil {
		return Table{}, err
	}
	t, at := h.table()
	t.Rest = rest(h.rules[at:])
	// The table must give back the very week that it was cut from.
	if again, err := t.hours(); err == nil && (at == len(h.rules) || t.Rest != "") {
		if back, n := again.table(); n+len(h.rules)-at == len(again.rules) && back.same(&t) {
			return t, nil
		}
	}
	return Table{Rest: h.String()}, nil
}

// same is Equal but for the rest.
func (t *Table) same(other *Table) bool {
	a, b := *t, *other
	a.Rest, b.Rest = "", ""
	return a.Equal(&b)
}

// table gives what a table says of the first rules, and how many they are.
func (h *Hours) table() (t Table, at int) {
	for at < len(h.rules) && h.rules[at].tabular() {
		at++
	}
	if at > 0 {
		week := Hours{rules: slices.Clone(h.rules[:at])}
		week.settle()
		days, ok := week.lines()
		if !ok {
			return Table{}, 0
		}
		t.Days = days
	}
holidays:
	for at < len(h.rules) {
		r := &h.rules[at]
		school, public := r.closesHolidays()
		slots, ok := r.holidaySlots()
		switch {
		case school && !t.School || public && !t.Public.Said():
			// A rule that closes both is written as two.
			if school && t.Public.Slots != nil || public && t.Public.Said() || school && t.School {
				return t, at
			}
			t.School = t.School || school
			t.Public.Closed = t.Public.Closed || public
		case ok && !t.Public.Said():
			t.Public.Slots = slots
		default:
			break holidays
		}
		at++
	}
	if at == len(h.rules)-1 {
		if r := &h.rules[at]; r.sep == fallback && !r.dated() && !r.timed() && r.modifier == bare && r.comment != "" {
			t.Otherwise = r.comment
			at++
		}
	}
	// A rule without days replaces the one before it only where that one has none
	// either: what is before must stay as it is.
	if at < len(h.rules) && h.rules[at].sep == normal && !h.rules[at].dated() {
		return Table{}, 0
	}
	return t, at
}

// tabular reports whether a week can hold what the rule says.
func (r *rule) tabular() bool {
	if !r.plain || r.sep == fallback || slices.ContainsFunc(r.times, func(s span) bool {
		return s.openEnd || s.extended || s.from.event != clock || s.to.event != clock
	}) {
		return false
	}
	return (r.state == Unknown) == (r.comment != "")
}

// closesHolidays reports whether all that a rule does is to close on holidays.
func (r *rule) closesHolidays() (school, public bool) {
	if r.sep != normal || r.state != Closed || r.comment != "" || r.timed() || len(r.years)+len(r.dates)+len(r.weeks) > 0 || len(r.holidays)+len(r.days) == 0 || len(r.holidays) > 0 && len(r.days) > 0 {
		return false, false
	}
	for _, d := range append(slices.Clone(r.holidays), r.days...) {
		switch {
		case d.offset == 0 && d.kind == publicDay:
			public = true
		case d.offset == 0 && d.kind == schoolDay:
			school = true
		default:
			return false, false
		}
	}
	return school, public
}

// holidaySlots gives the hours of public holidays, of a rule that says no more.
func (r *rule) holidaySlots() ([]Slot, bool) {
	list := append(slices.Clone(r.holidays), r.days...)
	if r.sep != normal || r.state != Open || r.comment != "" || len(r.years)+len(r.dates)+len(r.weeks) > 0 || len(list) != 1 || list[0].kind != publicDay || list[0].offset != 0 {
		return nil, false
	}
	var out []Slot
	for _, s := range r.times {
		if s.openEnd || s.extended || s.from.event != clock || s.to.event != clock || s.to.minutes-s.from.minutes > dayMinutes {
			return nil, false
		}
		if n := len(out); n > 0 && out[n-1].To >= s.from.minutes {
			return nil, false
		}
		out = append(out, Slot{From: s.from.minutes, To: s.to.minutes})
	}
	return out, len(out) > 0 && len(out) <= SlotsMaximum
}

// lines gives the seven days of plain rules; false where a day is more than a
// line can hold.
func (h *Hours) lines() (days [7]TableDay, ok bool) {
	first := dayNumber(2024, 12, 30) // a Monday
	var p, after plans
	for i := range days {
		h.planOf(&p, first+i, Zone{})
		h.planOf(&after, first+i+1, Zone{})
		var line Day
		for _, part := range [...]struct {
			plan  *plans
			start int
			night bool
		}{{&p, 0, false}, {&after, dayMinutes, true}} {
			for k := -1; k < len(h.cuts); k++ {
				m, next := 0, dayMinutes
				if k >= 0 {
					m = int(h.cuts[k])
				}
				if k+1 < len(h.cuts) {
					next = int(h.cuts[k+1])
				}
				if m >= next {
					continue
				}
				if v, night := h.owner(part.plan, m, Zone{}); v.state != Closed && night == part.night {
					line.add(h.span(v, part.start+m, part.start+next))
				}
			}
		}
		d := &days[i]
		for _, s := range line.Spans {
			if s.To-s.From > dayMinutes || (s.State == Unknown) != (s.Comment != "") {
				return days, false
			}
			if s.State == Unknown && s.From == 0 && s.To == dayMinutes {
				d.Note = s.Comment
				continue
			}
			d.Slots = append(d.Slots, Slot{s.From, s.To, s.Comment})
		}
		if len(d.Slots) > SlotsMaximum || d.Note != "" && len(d.Slots) > 0 {
			return days, false
		}
		d.Closed = !d.Said()
	}
	return days, true
}

// rest writes rules, the separator of the first one included where it is not ";".
func rest(rules []rule) string {
	if len(rules) == 0 {
		return ""
	}
	s := (&Hours{rules: rules}).String()
	switch rules[0].sep {
	case additional:
		return ", " + s
	case fallback:
		return "|| " + s
	}
	return s
}

// OSM writes what the table and its rest say; "" when they say nothing. A day
// without a word is closed as soon as another has one. The error is ErrOverlap,
// or Parse's about the rest.
func (t *Table) OSM() (string, error) {
	if !t.Said() && !t.Public.Said() && !t.School && t.Otherwise == "" && strings.TrimSpace(t.Rest) == "" {
		return "", nil
	}
	h, err := t.hours()
	if err != nil {
		return "", err
	}
	want := *t
	for i := range want.Days {
		d := &want.Days[i]
		d.Closed = d.Closed && !(d.Note != "" || len(d.Slots) > 0) || want.Said() && !d.Said()
	}
	back, _ := h.table()
	for i := range want.Days {
		if t.Said() && !back.Days[i].equal(&want.Days[i]) {
			return "", ErrOverlap
		}
	}
	return h.String(), nil
}

// hours are the rules of the table and of its rest.
func (t *Table) hours() (*Hours, error) {
	var b strings.Builder
	then := func(separator, s string) {
		if b.Len() > 0 {
			b.WriteString(separator)
		}
		b.WriteString(s)
	}
	// Rules that replace each other would end a night at the next day's: they
	// are added up instead.
	between := "; "
	for i := range t.Days {
		if slices.ContainsFunc(t.Days[i].Slots, func(s Slot) bool { return s.To > dayMinutes }) {
			between = ", "
		}
	}
	var done [7]bool
	open := false
	for i := range t.Days {
		d := &t.Days[i]
		if done[i] || d.Note == "" && len(d.Slots) == 0 {
			continue
		}
		set := uint8(0)
		for j := i; j < 7; j++ {
			if other := &t.Days[j]; d.Note == other.Note && slices.Equal(d.Slots, other.Slots) {
				set |= 1 << j
				done[j] = true
			}
		}
		open = true
		days, separator := osmDays(set), between
		for _, part := range d.parts() {
			then(separator, days+" "+part)
			separator = ", "
		}
	}
	if !open && t.Said() {
		then("; ", "Mo-Su off")
	}
	if t.School {
		then("; ", "SH off")
	}
	switch {
	case len(t.Public.Slots) > 0:
		for _, part := range t.Public.parts() {
			then("; ", "PH "+part)
		}
	case t.Public.Closed:
		then("; ", "PH off")
	}
	if t.Otherwise != "" {
		then(" || ", `"`+clean(t.Otherwise)+`"`)
	}
	if r := strings.TrimSpace(t.Rest); r != "" {
		separator := "; "
		if strings.HasPrefix(r, "||") || strings.HasPrefix(r, ",") {
			if separator = " "; r[0] == ',' {
				separator = ""
			}
		}
		then(separator, r)
	}
	return Parse(b.String())
}

// parts are the rules of a day, those slots together that have one note.
func (d *TableDay) parts() (out []string) {
	if d.Note != "" {
		return []string{`"` + clean(d.Note) + `"`}
	}
	var notes []string
	for _, s := range d.Slots {
		if !slices.Contains(notes, s.Note) {
			notes = append(notes, s.Note)
		}
	}
	for _, note := range notes {
		var b strings.Builder
		for _, s := range d.Slots {
			if s.Note != note {
				continue
			}
			if b.Len() > 0 {
				b.WriteByte(',')
			}
			(&span{from: moment{minutes: s.From}, to: moment{minutes: s.To}}).write(&b)
		}
		if note != "" {
			b.WriteString(` "` + clean(note) + `"`)
		}
		out = append(out, b.String())
	}
	return out
}

// ParseClock reads the time of a day as people type it: "9h", "9 h 30", "09:30".
func ParseClock(s string) (minutes int, ok bool) {
	s = strings.ToLower(strings.Join(strings.Fields(strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace(s)), ""))
	hour, minute, cut := strings.Cut(strings.ReplaceAll(s, "h", ":"), ":")
	if !cut && len(hour) == 4 {
		hour, minute = hour[:2], hour[2:]
	}
	minute = strings.TrimSuffix(minute, ":00") // seconds, which some browsers add
	number := func(s string, most int) int {
		if len(s) == 0 || len(s) > 2 {
			return -1
		}
		n := 0
		for _, r := range s {
			if r < '0' || r > '9' {
				return -1
			}
			n = 10*n + int(r-'0')
		}
		if n > most {
			return -1
		}
		return n
	}
	h, m := number(hour, 24), 0
	if minute != "" {
		m = number(minute, 59)
	}
	if h < 0 || m < 0 || h == 24 && m > 0 {
		return 0, false
	}
	return 60*h + m, true
}

// Clock writes a time of the day as fields of forms do; what is past midnight is
// of the next day.
func Clock(minutes int) string {
	minutes %= dayMinutes
	return pad(minutes/60, 2) + ":" + pad(minutes%60, 2)
}
