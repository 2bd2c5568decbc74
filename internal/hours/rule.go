package hours

import (
	"strconv"
	"strings"
)

const dayMinutes = 24 * 60

type separator uint8

const (
	normal     separator = iota // ";"
	additional                  // ","
	fallback                    // "||"
)

// modifier is what is written after the selectors.
type modifier uint8

const (
	bare modifier = iota
	modOpen
	modOff
	modUnknown
)

// rule is one rule of a value. Selectors of different kinds are joined by and,
// those of one kind by or; an empty kind selects everything.
type rule struct {
	sep      separator
	always   bool // 24/7
	years    []yearRange
	dates    []dateRange
	weeks    []weekRange
	holidays []daySelector // "PH Mo": holidays joined to weekdays by and
	days     []daySelector // "Mo,PH": one list
	times    []span
	modifier modifier
	comment  string

	// What follows is worked out once, by settle.
	state         State
	replaces      bool  // silences the rules before it on the days that it matches
	wraps         bool  // some span runs past midnight
	allDay        bool  // the times leave out no minute of the day
	plain         bool  // only weekdays select the day: week alone decides
	week          uint8 // the weekdays of days, Monday in bit 0
	commentReason string
}

type yearRange struct {
	from, to int // to is 0 for one year, or with open for ever
	every    int // 0: each
	open     bool
}

type weekRange struct{ from, to, every int }

// dateRange is from one date to another, or a range of whole months.
type dateRange struct {
	from, to dateRef
	months   bool // whole months, without day
	open     bool // "2026 Nov 02+": for ever
	every    int  // "Jan 01-31/8": one day in every
}

type refKind uint8

const (
	fixed refKind = iota // month and day
	nth                  // "Jan Su[1]"
	easter
)

// dateRef is a date of some year.
type dateRef struct {
	kind    refKind
	year    int // 0: each
	month   int
	day     int // of the month
	weekday int // Monday 0
	nth     int
	offset  int // days
}

type dayKind uint8

const (
	weekdays dayKind = iota
	nthWeekday
	publicDay
	schoolDay
)

// daySelector selects weekdays or holidays.
type daySelector struct {
	kind     dayKind
	from, to int // weekdays, Monday 0
	nths     []nthRange
	offset   int // days
}

type nthRange struct{ from, to int }

type event uint8

const (
	clock event = iota
	dawn
	sunrise
	sunset
	dusk
)

var eventNames = [...]string{"", "dawn", "sunrise", "sunset", "dusk"}

// usual orders the events within a day, to know which spans run past midnight.
var usual = [...]int{0, 5*60 + 30, 6 * 60, 18 * 60, 18*60 + 30}

// moment is a time of day in minutes, or a distance in minutes from an event.
type moment struct {
	event   event
	minutes int
}

func (t moment) usual() int { return usual[t.event] + t.minutes }

// span is a stretch of a day; to may run past midnight, up to 48:00.
type span struct {
	from, to moment
	openEnd  bool // the hour of closing is not said; to is then a guess
	extended bool // "10:00-12:00+": the open end goes on from a written one
}

type certainty uint8

const (
	no certainty = iota
	yes
	maybe
)

// covers says whether minute m, counted from the midnight on which the span's
// day begins, is in the span.
func (s *span) covers(m int, z Zone) certainty {
	if s.from.event == clock && s.to.event == clock {
		if s.from.minutes <= m && m < s.to.minutes {
			return yes
		}
		return no
	}
	fromLow, fromHigh := z.bounds(s.from)
	toLow, toHigh := z.bounds(s.to)
	if s.to.usual() <= s.from.usual() && s.to.event != clock {
		toLow, toHigh = toLow+dayMinutes, toHigh+dayMinutes
	}
	switch {
	case m < fromLow || m >= toHigh:
		return no
	case m >= fromHigh && m < toLow:
		return yes
	}
	return maybe
}

// runsOver says whether the span may run past midnight.
func (s *span) runsOver() bool {
	if s.to.event == clock {
		return s.to.minutes > dayMinutes
	}
	return s.to.usual() <= s.from.usual() || s.to.minutes > 0
}

// settle works out what the parts imply; before is the rule before this one.
func (r *rule) settle(before *rule) {
	switch r.modifier {
	case modOff:
		r.state = Closed
	case modUnknown:
		r.state = Unknown
	case modOpen:
		r.state = Open
	default:
		r.state = Open
		if r.comment != "" {
			r.state = Unknown // only a comment: it depends on what it says
		}
	}
	if r.comment != "" {
		r.commentReason = "à vérifier : « " + r.comment + " »"
	}
	r.replaces = r.sep == normal && r.state != Closed &&
		(r.dated() || before != nil && r.state == Open && !before.dated())
	for i := range r.times {
		s := &r.times[i]
		for _, other := range r.times {
			// "07:00+,12:00-16:00": what is written next ends the open end.
			if s.openEnd && other.from.usual() > s.from.usual() && other.from.usual() < s.to.minutes {
				s.to = moment{minutes: other.from.usual()}
			}
		}
		if s.runsOver() {
			r.wraps = true
		}
	}
	r.allDay = len(r.times) == 0
	for _, s := range r.times {
		if s.from == (moment{}) && s.to == (moment{minutes: dayMinutes}) && !s.openEnd {
			r.allDay = true
		}
	}
	r.plain = len(r.years)+len(r.dates)+len(r.weeks)+len(r.holidays) == 0
	for _, d := range r.days {
		if d.kind != weekdays {
			r.plain = false
		}
		r.week |= d.mask()
	}
	if len(r.days) == 0 {
		r.week = 1<<7 - 1
	}
}

// mask is the weekdays of a plain selector.
func (d *daySelector) mask() uint8 {
	var m uint8
	if d.kind == weekdays {
		for w := d.from; ; w = (w + 1) % 7 {
			m |= 1 << w
			if w == d.to {
				break
			}
		}
	}
	return m
}

// dated says whether the rule selects days at all.
func (r *rule) dated() bool {
	return len(r.years)+len(r.dates)+len(r.weeks)+len(r.holidays)+len(r.days) > 0
}

// namesHoliday says whether PH or SH is among the rule's selectors.
func (r *rule) namesHoliday() bool {
	for _, list := range [...][]daySelector{r.holidays, r.days} {
		for i := range list {
			if list[i].kind >= publicDay {
				return true
			}
		}
	}
	return false
}

// matches says whether the rule speaks of the day.
func (r *rule) matches(d *date) bool {
	if r.plain {
		return r.week&(1<<d.weekday) != 0
	}
	return anyOf(r.years, d, (*yearRange).matches) &&
		anyOf(r.dates, d, (*dateRange).matches) &&
		anyOf(r.weeks, d, (*weekRange).matches) &&
		anyOf(r.holidays, d, (*daySelector).matches) &&
		anyOf(r.days, d, (*daySelector).matches)
}

func anyOf[T any](list []T, d *date, matches func(*T, *date) bool) bool {
	for i := range list {
		if matches(&list[i], d) {
			return true
		}
	}
	return len(list) == 0
}

func (y *yearRange) matches(d *date) bool {
	switch {
	case d.year < y.from:
		return false
	case y.every > 0:
		return (y.to == 0 || d.year <= y.to) && (d.year-y.from)%y.every == 0
	case y.open:
		return true
	case y.to == 0:
		return d.year == y.from
	}
	return d.year <= y.to
}

func (w *weekRange) matches(d *date) bool {
	n := d.isoWeek()
	if w.from > w.to {
		return n >= w.from || n <= w.to
	}
	return w.from <= n && n <= w.to && (w.every == 0 || (n-w.from)%w.every == 0)
}

func (s *daySelector) matches(d *date) bool {
	switch s.kind {
	case weekdays:
		if s.from <= s.to {
			return s.from <= d.weekday && d.weekday <= s.to
		}
		return d.weekday >= s.from || d.weekday <= s.to
	case publicDay:
		if d.ordinary {
			return false
		}
		if s.offset == 0 {
			return d.isPublic()
		}
		e := dayAt(d.number-s.offset, d.zone)
		return e.isPublic()
	case schoolDay:
		return d.schoolState(d.zone) == Open
	}
	year, month, dom, weekday := d.year, d.month, d.day, d.weekday
	if s.offset != 0 {
		year, month, dom = civil(d.number - s.offset)
		weekday = weekdayOf(d.number - s.offset)
	}
	if weekday != s.from {
		return false
	}
	ahead := (dom-1)/7 + 1
	back := -((daysIn(year, month)-dom)/7 + 1)
	for _, n := range s.nths {
		if n.from <= ahead && ahead <= n.to || n.from <= back && back <= n.to {
			return true
		}
	}
	return false
}

func (r *dateRange) matches(d *date) bool {
	if r.months {
		if r.from.month <= r.to.month {
			return r.from.month <= d.month && d.month <= r.to.month
		}
		return d.month >= r.from.month || d.month <= r.to.month
	}
	if r.from.year != 0 {
		return r.holds(d.number, r.from.year)
	}
	if r.from.simple() && r.to.simple() && r.every == 0 {
		from, to, day := r.from.month<<5|r.from.day, r.to.month<<5|r.to.day, d.month<<5|d.day
		if from <= to {
			return from <= day && day <= to
		}
		return day >= from || day <= to
	}
	// A range may have begun last year, and an offset may carry it over New Year's Day.
	return r.holds(d.number, d.year) || r.holds(d.number, d.year-1) || r.holds(d.number, d.year+1)
}

// holds says whether the day is in the range that begins in the year.
func (r *dateRange) holds(day, year int) bool {
	from, ok := r.from.resolve(year)
	if r.from == r.to {
		return ok && (day == from || r.open && day >= from)
	}
	if day < from {
		return false
	}
	if r.open {
		return true
	}
	toYear := year
	if r.to.year != 0 {
		toYear = r.to.year
	}
	to, ok := r.to.resolve(toYear)
	if to < from && r.to.year == 0 {
		to, ok = r.to.resolve(toYear + 1)
	}
	if !ok {
		to-- // up to "Feb 29" in a year without one is up to the 28th
	}
	return day <= to && (r.every == 0 || (day-from)%r.every == 0)
}

// simple says whether the date is a month and a day, of any year.
func (f dateRef) simple() bool { return f.kind == fixed && f.offset == 0 && f.year == 0 }

// resolve gives the day of that date in the year; false when the year has no
// such day (29 February, a fifth Sunday), and then the day after it would be.
func (f dateRef) resolve(year int) (int, bool) {
	switch f.kind {
	case easter:
		return easterDay(year) + f.offset, true
	case nth:
		first := dayNumber(year, f.month, 1)
		length := daysIn(year, f.month)
		var day int
		if f.nth > 0 {
			day = first + (f.weekday-weekdayOf(first)+7)%7 + (f.nth-1)*7
		} else {
			last := first + length - 1
			day = last - (weekdayOf(last)-f.weekday+7)%7 + (f.nth+1)*7
		}
		if day < first || day >= first+length {
			return first + length + f.offset, false
		}
		return day + f.offset, true
	}
	return dayNumber(year, f.month, f.day) + f.offset, f.day <= daysIn(year, f.month)
}

// String writes the value in its exact OSM form.
func (h *Hours) String() string {
	if h == nil {
		return ""
	}
	var b strings.Builder
	for i := range h.rules {
		r := &h.rules[i]
		if i > 0 {
			b.WriteString([...]string{"; ", ", ", " || "}[r.sep])
		}
		r.write(&b)
	}
	return b.String()
}

var weekdayCodes = [...]string{"Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"}
var monthCodes = [...]string{"", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}

func (r *rule) write(b *strings.Builder) {
	begin := b.Len()
	space := func() {
		if b.Len() > begin {
			b.WriteByte(' ')
		}
	}
	if len(r.years) > 0 {
		writeList(b, r.years, (*yearRange).write)
	}
	if len(r.dates) > 0 {
		space()
		writeList(b, r.dates, (*dateRange).write)
	}
	if len(r.weeks) > 0 {
		space()
		b.WriteString("week ")
		writeList(b, r.weeks, (*weekRange).write)
	}
	if len(r.holidays) > 0 {
		space()
		writeList(b, r.holidays, (*daySelector).write)
	}
	if len(r.days) > 0 {
		space()
		writeList(b, r.days, (*daySelector).write)
	}
	if r.always {
		space()
		b.WriteString("24/7")
	} else if len(r.times) > 0 {
		space()
		first := true
		for i := range r.times {
			s := &r.times[i]
			if s.extended {
				b.WriteByte('+')
				continue
			}
			if !first {
				b.WriteByte(',')
			}
			first = false
			s.write(b)
		}
	}
	if m := [...]string{"", "open", "off", "unknown"}[r.modifier]; m != "" {
		space()
		b.WriteString(m)
	}
	if r.comment != "" {
		space()
		b.WriteByte('"')
		b.WriteString(r.comment)
		b.WriteByte('"')
	}
}

func writeList[T any](b *strings.Builder, list []T, write func(*T, *strings.Builder)) {
	for i := range list {
		if i > 0 {
			b.WriteByte(',')
		}
		write(&list[i], b)
	}
}

func (y *yearRange) write(b *strings.Builder) {
	b.WriteString(pad(y.from, 4))
	if y.to != 0 {
		b.WriteByte('-')
		b.WriteString(pad(y.to, 4))
	}
	if y.every > 0 {
		b.WriteByte('/')
		b.WriteString(strconv.Itoa(y.every))
	} else if y.open {
		b.WriteByte('+')
	}
}

func (w *weekRange) write(b *strings.Builder) {
	b.WriteString(pad(w.from, 2))
	if w.to != w.from {
		b.WriteByte('-')
		b.WriteString(pad(w.to, 2))
	}
	if w.every > 0 {
		b.WriteByte('/')
		b.WriteString(strconv.Itoa(w.every))
	}
}

func (r *dateRange) write(b *strings.Builder) {
	if r.months {
		b.WriteString(monthCodes[r.from.month])
		if r.to.month != r.from.month {
			b.WriteByte('-')
			b.WriteString(monthCodes[r.to.month])
		}
		return
	}
	r.from.write(b)
	if r.to != r.from {
		b.WriteByte('-')
		if r.from.kind == fixed && r.to.kind == fixed && r.from.offset == 0 && r.to.offset == 0 &&
			r.from.month == r.to.month && r.from.day < r.to.day && (r.to.year == 0 || r.to.year == r.from.year) {
			b.WriteString(pad(r.to.day, 2))
		} else {
			r.to.write(b)
		}
	}
	if r.open {
		b.WriteByte('+')
	}
	if r.every > 0 {
		b.WriteByte('/')
		b.WriteString(strconv.Itoa(r.every))
	}
}

func (f dateRef) write(b *strings.Builder) {
	if f.year != 0 {
		b.WriteString(pad(f.year, 4))
		b.WriteByte(' ')
	}
	switch f.kind {
	case easter:
		b.WriteString("easter")
	case nth:
		b.WriteString(monthCodes[f.month] + " " + weekdayCodes[f.weekday] + "[" + strconv.Itoa(f.nth) + "]")
	default:
		b.WriteString(monthCodes[f.month] + " " + pad(f.day, 2))
	}
	writeOffset(b, f.offset)
}

func (s *daySelector) write(b *strings.Builder) {
	switch s.kind {
	case publicDay:
		b.WriteString("PH")
	case schoolDay:
		b.WriteString("SH")
	case weekdays:
		b.WriteString(weekdayCodes[s.from])
		if s.to != s.from {
			b.WriteByte('-')
			b.WriteString(weekdayCodes[s.to])
		}
	case nthWeekday:
		b.WriteString(weekdayCodes[s.from])
		b.WriteByte('[')
		for i, n := range s.nths {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(strconv.Itoa(n.from))
			if n.to != n.from {
				b.WriteByte('-')
				b.WriteString(strconv.Itoa(n.to))
			}
		}
		b.WriteByte(']')
	}
	writeOffset(b, s.offset)
}

func writeOffset(b *strings.Builder, days int) {
	if days == 0 {
		return
	}
	if days > 0 {
		b.WriteString(" +")
	} else {
		b.WriteString(" -")
		days = -days
	}
	b.WriteString(strconv.Itoa(days))
	if days == 1 {
		b.WriteString(" day")
	} else {
		b.WriteString(" days")
	}
}

func (s *span) write(b *strings.Builder) {
	s.from.write(b)
	if s.openEnd {
		b.WriteByte('+')
		return
	}
	b.WriteByte('-')
	to := s.to
	if to.event == clock && to.minutes > dayMinutes && to.minutes-dayMinutes <= s.from.usual() {
		to.minutes -= dayMinutes // "22:00-02:00" rather than "22:00-26:00"
	}
	to.write(b)
}

func (t moment) write(b *strings.Builder) {
	if t.event == clock {
		b.WriteString(pad(t.minutes/60, 2) + ":" + pad(t.minutes%60, 2))
		return
	}
	if t.minutes == 0 {
		b.WriteString(eventNames[t.event])
		return
	}
	m, sign := t.minutes, "+"
	if m < 0 {
		m, sign = -m, "-"
	}
	b.WriteString("(" + eventNames[t.event] + sign + pad(m/60, 2) + ":" + pad(m%60, 2) + ")")
}

func pad(n, width int) string {
	s := strconv.Itoa(n)
	for len(s) < width {
		s = "0" + s
	}
	return s
}
