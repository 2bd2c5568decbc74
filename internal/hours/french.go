package hours

import (
	"slices"
	"strconv"
	"strings"
)

// FromFrench reads the opening hours that people write in free text ("Du lundi
// au vendredi de 9h à 12h et de 14h à 17h", "Lundi : 09h00 - 12h00 / 14h00 -
// 17h00 ; 2e samedi du mois : 10h-12h") and gives them in OSM's form. It is
// false unless every word is understood: hours without a day, "tous les jours"
// (which rarely means Sunday) or a half-day without hours are left as they are.
//
// What OSM cannot say is kept as its comment: "sur rendez-vous", and "un lundi
// sur deux", whose hours are then unknown rather than open.
func FromFrench(text string) (osm string, ok bool) {
	if len(text) > maxText {
		return "", false
	}
	f := french{tokens: frenchTokens(text)}
	if f.tokens == nil || !f.read() {
		return "", false
	}
	written, ok := f.write()
	if !ok {
		return "", false
	}
	h, err := Parse(written)
	if err != nil { // longer than what is read, or than there are rules
		return "", false
	}
	return h.String(), true
}

// frenchWhen says to which of the weeks of the year hours belong.
type frenchWhen struct {
	scope    byte   // 0, 'v' school holidays, 's' the rest of the year
	parity   int    // 0, 1 even weeks, 2 odd weeks
	from, to int    // months, 1 to 12; 0 all
	nth      string // "1,3": of the month
}

type frenchSpan struct{ from, to, note int }

type frenchDay struct {
	spans     []frenchSpan
	closed    bool
	note      int    // without hours: "samedi sur rendez-vous"
	otherwise string // comment on the rest of the day
}

func (d *frenchDay) said() bool { return d.closed || d.note != 0 || len(d.spans) > 0 }

// french reads tokens into weeks.
type french struct {
	tokens []frenchToken
	pos    int
	groups int

	when  frenchWhen // of what is being read
	weeks []frenchWeek

	offs        []string // "PH off", "SH off", "Aug off"
	always      bool
	appointment int    // note on all that was read
	otherwise   int    // note on all the rest
	alternate   string // "un lundi sur deux": of the group being read
	alternates  []string
}

type frenchWeek struct {
	when frenchWhen
	days [7]frenchDay
}

func (f *french) peek() byte { return f.peekAt(0) }

func (f *french) peekAt(n int) byte {
	if f.pos+n < len(f.tokens) {
		return f.tokens[f.pos+n].kind
	}
	return 0
}

// after peeks past the signs of one kind.
func (f *french) after(kind byte) byte {
	n := 1
	for f.peekAt(n) == kind {
		n++
	}
	return f.peekAt(n)
}

func (f *french) accept(kinds string) bool {
	if k := f.peek(); k != 0 && strings.IndexByte(kinds, k) >= 0 {
		f.pos++
		return true
	}
	return false
}

// day gives the day of the week being read, to be filled.
func (f *french) day(when frenchWhen, d int) *frenchDay {
	for i := range f.weeks {
		if f.weeks[i].when == when {
			return &f.weeks[i].days[d]
		}
	}
	f.weeks = append(f.weeks, frenchWeek{when: when})
	return &f.weeks[len(f.weeks)-1].days[d]
}

func (f *french) off(what string) bool {
	if slices.Contains(f.offs, what) {
		return false
	}
	f.offs = append(f.offs, what)
	return true
}

// read reads everything, or says false.
func (f *french) read() bool {
	for {
		if f.pos == 0 {
			f.accept(":") // "horaires :"
		}
		sign := byte(0) // the weightiest sign before what follows
		for strings.IndexByte(";&/-O", f.peek()) >= 0 && f.peek() != 0 {
			if sign != ';' {
				sign = f.peek()
			}
			if f.peek() == '&' || f.peek() == '-' || f.peek() == 'O' {
				sign = f.peek()
			}
			f.pos++
		}
		if sign == 'O' && f.peek() != 'r' {
			return false
		}
		switch f.peek() {
		case 0:
			return sign != '&' && sign != '-' && (f.groups > 0 || f.appointment != 0 || f.always)
		case 'd':
			if !f.group("") {
				return false
			}
		case 'T':
			if f.pos++; f.peek() != 'd' && f.peek() != 'o' {
				return false
			}
		case 'u':
			if half := f.peekAt(2); f.peekAt(1) != 'd' || half != 'D' && !((half == 'm' || half == 'a') && f.peekAt(3) == 'D') {
				return false
			}
			f.pos++
			f.alternate = "un " + weekdayNames[f.tokens[f.pos].value] + " sur deux"
			if !f.group("") {
				return false
			}
		case 'A':
			f.alternate = frenchNotes[f.tokens[f.pos].value].text
			f.pos++
			f.accept(":&")
			if f.peek() == 'T' {
				f.pos++
			}
			if f.peek() != 'd' || !f.group("") {
				return false
			}
		case 'o':
			nth, ok := f.ordinals()
			if !ok || f.peek() != 'd' || !f.group(nth) {
				return false
			}
		case 't', 'n':
			if f.groups > 0 || !f.timesFirst() {
				return false
			}
		case 'x', 'E':
			f.pos++
			if !f.except() {
				return false
			}
		case 'p':
			return false // open, or closed?
		case 'v', 's', 'w', 'j':
			if !f.header(sign) {
				return false
			}
		case '*':
			f.pos++
			if f.groups > 0 || f.always {
				return false
			}
			f.always = true
		case '(':
			if !f.beside() {
				return false
			}
		case 'r':
			note := f.tokens[f.pos].value
			f.pos++
			if f.appointment != 0 || f.otherwise != 0 || f.peek() == ':' {
				return false
			}
			switch {
			case (sign == '&' || sign == 'O') && f.groups > 0:
				f.otherwise = note
			case f.groups > 1:
				return false // which of the groups is on appointment?
			default:
				f.appointment = note
			}
			for f.accept(";") {
			}
			if f.peek() != 0 {
				return false
			}
		default:
			return false
		}
	}
}

// header reads what says of the groups that follow in which weeks they are, or
// of those before that they are not in the school holidays.
func (f *french) header(sign byte) bool {
	when, ok := f.weeksOf()
	if !ok {
		return false
	}
	colon := f.accept(":&")
	for colon && f.accept(";") {
	}
	if f.peek() == 'x' && when == (frenchWhen{scope: 'v'}) {
		f.pos++
		return f.off("SH off")
	}
	starts := strings.IndexByte("dToAu", f.peek()) >= 0 && f.peek() != 0
	switch {
	case starts && (colon || f.groups == 0 || sign == ';'):
		if when.scope != 0 || when.parity != 0 {
			f.when = frenchWhen{} // one header ends the other
		}
		f.when.merge(when)
		return true
	case colon || starts:
		return false
	case when == (frenchWhen{scope: 's'}) && f.groups > 0 && (f.groups == 1 || sign == ';'):
		return f.off("SH off")
	case f.groups == 1 && len(f.weeks) == 1 && when.scope == 0:
		f.weeks[0].when.merge(when)
		return true
	}
	return false
}

// merge adds what b says to a.
func (a *frenchWhen) merge(b frenchWhen) {
	if b.scope != 0 {
		a.scope = b.scope
	}
	if b.parity != 0 {
		a.parity = b.parity
	}
	if b.from != 0 {
		a.from, a.to = b.from, b.to
	}
	if b.nth != "" {
		a.nth = b.nth
	}
}

// weeksOf reads "semaines paires", "hors vacances scolaires", "de septembre à juin".
func (f *french) weeksOf() (when frenchWhen, ok bool) {
	t := f.tokens[f.pos]
	f.pos++
	switch t.kind {
	case 'v', 's':
		when.scope = t.kind
	case 'w':
		when.parity = t.value + 1
	case 'j':
		when.from, when.to = t.value+1, t.value+1
		if f.peek() == '-' && f.peekAt(1) == 'j' {
			when.to = f.tokens[f.pos+1].value + 1
			f.pos += 2
		}
	default:
		return when, false
	}
	return when, true
}

// beside reads a parenthesis after the groups.
func (f *french) beside() bool {
	f.pos++
	switch f.peek() {
	case ')': // of words that say nothing
	case 'x', 'E':
		f.pos++
		if !f.except() {
			return false
		}
	case 'd':
		days, ok := f.days()
		half := f.half()
		if !ok || !f.accept("x") || !f.without(days, half) {
			return false
		}
	default:
		return false
	}
	return f.accept(")")
}

// half reads "matin" or "après-midi".
func (f *french) half() byte {
	if k := f.peek(); k == 'm' || k == 'a' {
		f.pos++
		return k
	}
	return 0
}

// except reads what is closed: days, half-days, holidays, months.
func (f *french) except() bool {
	f.accept(":")
	for {
		switch f.peek() {
		case 'p':
			f.pos++
			if f.groups == 0 || !f.off("PH off") {
				return false
			}
		case 'v':
			f.pos++
			if f.groups == 0 || !f.off("SH off") {
				return false
			}
		case 'j':
			when, _ := f.weeksOf()
			if f.groups == 0 || !f.off(osmMonths(when)+" off") {
				return false
			}
		case 'd':
			days, ok := f.days()
			if !ok || !f.without(days, f.half()) {
				return false
			}
		default:
			return false
		}
		if f.peek() == '&' && strings.IndexByte("pvjd", f.peekAt(1)) >= 0 {
			f.pos++
			if f.peek() == 'd' && f.closesNothing() {
				return true // the next group: "fermé le lundi, mardi 9h-12h"
			}
			continue
		}
		return true
	}
}

// closesNothing looks whether the days ahead have hours of their own.
func (f *french) closesNothing() bool {
	mark := f.pos
	defer func() { f.pos = mark }()
	if _, ok := f.days(); !ok {
		return false
	}
	f.half()
	f.accept(":")
	return f.peek() == 't' || f.peek() == 'n'
}

// without closes days, or their mornings or afternoons, which must have been open.
func (f *french) without(days uint8, half byte) bool {
	for d := range 7 {
		if days&(1<<d) == 0 {
			continue
		}
		day := f.day(f.when, d)
		if half == 0 {
			if day.closed || day.note != 0 {
				return false
			}
			*day = frenchDay{closed: true}
			f.groups++
			continue
		}
		kept := slices.DeleteFunc(slices.Clone(day.spans), func(s frenchSpan) bool {
			return half == 'm' && s.to <= 14*60 && s.from < 12*60 || half == 'a' && s.from >= 12*60
		})
		if len(kept) == len(day.spans) {
			return false
		}
		for _, s := range kept {
			if s.from < 12*60 && s.to > 14*60 {
				return false // open through noon: which hours go?
			}
		}
		day.spans = kept
		day.closed = len(kept) == 0
	}
	return true
}

// ordinals reads "1er et 3e".
func (f *french) ordinals() (string, bool) {
	var nth []string
	for f.peek() == 'o' {
		n := strconv.Itoa(f.tokens[f.pos].value)
		f.pos++
		if slices.Contains(nth, n) {
			return "", false
		}
		nth = append(nth, n)
		if strings.IndexByte("&/-", f.peek()) >= 0 && f.peekAt(1) == 'o' {
			f.pos++
		}
	}
	return strings.Join(nth, ","), len(nth) > 0
}

// days reads "lundi au vendredi", "lundi, mardi et jeudi", "lundi-mardi-jeudi".
func (f *french) days() (uint8, bool) {
	var set uint8
	add := func(d int) bool {
		fresh := set&(1<<d) == 0
		set |= 1 << d
		return fresh
	}
	for {
		if f.peek() != 'd' {
			return 0, false
		}
		from := f.tokens[f.pos].value
		f.pos++
		switch {
		case f.peek() == '-' && f.peekAt(1) == 'd' && f.peekAt(2) == '-' && f.peekAt(3) == 'd':
			// Three joined by dashes: a list, for no range has three ends.
			if !add(from) {
				return 0, false
			}
			for f.peek() == '-' && f.peekAt(1) == 'd' {
				if !add(f.tokens[f.pos+1].value) {
					return 0, false
				}
				f.pos += 2
			}
		case f.peek() == '-' && f.peekAt(1) == 'd':
			to := f.tokens[f.pos+1].value
			f.pos += 2
			if to <= from {
				return 0, false
			}
			for d := from; d <= to; d++ {
				if !add(d) {
					return 0, false
				}
			}
		default:
			if !add(from) {
				return 0, false
			}
		}
		if f.peek() == 'd' {
			continue // "lundi mardi jeudi"
		}
		if strings.IndexByte("&/", f.peek()) < 0 || f.peekAt(1) != 'd' {
			return set, true
		}
		f.pos++
	}
}

// put fills the days with hours.
func (f *french) put(when frenchWhen, days uint8, s frenchSpan) bool {
	for d := range 7 {
		if days&(1<<d) == 0 {
			continue
		}
		day := f.day(when, d)
		if day.closed || day.note != 0 {
			return false
		}
		for _, other := range day.spans {
			if s.from < other.to && other.from < s.to {
				return false
			}
		}
		day.spans = append(day.spans, s)
	}
	return true
}

// group reads days and their hours; nth are the ordinals before them.
func (f *french) group(nth string) bool {
	alternate := 0
	if f.alternate != "" {
		f.alternates = append(f.alternates, f.alternate)
		alternate = len(frenchNotes) - 1 + len(f.alternates)
		f.alternate = ""
	}
	single := f.peekAt(1) != 'd' && f.peekAt(1) != '-' || f.peekAt(2) != 'd'
	day := f.tokens[f.pos].value
	days, ok := f.days()
	if !ok || nth != "" && !single {
		return false
	}
	if alternate != 0 && f.peekAt(1) == 'D' {
		f.half() // "un lundi matin sur deux": the hours say which
	}
	f.accept("D")
	f.groups++
	when := f.when
	when.nth = nth
	if nth != "" {
		f.accept("M")
	} else if f.peek() == 'o' && single { // "samedi 1er et 3e du mois"
		mark := f.pos
		of, ok := f.ordinals()
		switch {
		case ok && f.accept("M"):
			when.nth = of
		case ok && f.peek() == 'd' && f.tokens[f.pos].value == day: // "mercredi : 1er mercredi du mois"
			f.pos = mark
		default:
			return false
		}
	}
	// Between the days and their hours.
	for done := false; !done; {
		switch k := f.peek(); {
		case (k == 'w' || k == 's') && f.peekAt(1) != ':', k == 'j' && f.peekAt(1) != ':' && f.peekAt(3) != ':':
			more, _ := f.weeksOf()
			when.merge(more)
		case k == '(' && (f.peekAt(1) == 'w' || f.peekAt(1) == 's') && f.peekAt(2) == ')':
			f.pos++
			more, _ := f.weeksOf()
			when.merge(more)
			f.pos++
		case k == '(' && f.peekAt(1) == 'r' && f.peekAt(2) == ')' && alternate == 0:
			alternate = f.tokens[f.pos+1].value
			f.pos += 3
		case k == '(' && f.peekAt(1) == ')':
			f.pos += 2
		case k == '(' && f.peekAt(1) == 'o' && single && when.nth == "":
			f.pos++
			of, ok := f.ownNth(day)
			if !ok {
				return false
			}
			when.nth = of
		case k == 'A' && alternate == 0:
			alternate = f.tokens[f.pos].value
			f.pos++
		case k == 'r' && alternate == 0 && f.peekAt(1) == ':' && f.peekAt(2) != 'm' && f.peekAt(2) != 'a' && f.pos > 0 && f.tokens[f.pos-1].kind == 'd':
			alternate = f.tokens[f.pos].value // "mardi sur rendez-vous : 14h-17h"
			f.pos++
		case k == ':' || k == '&' || k == '-' || k == ';':
			if strings.IndexByte("tnma(xrwsvoAju;", f.peekAt(1)) < 0 || f.peekAt(1) == 0 {
				done = true
				break
			}
			if (k == ';' || f.peekAt(1) == ';') && strings.IndexByte("tnx", f.after(';')) < 0 {
				done = true
				break
			}
			f.pos++
			for f.peek() == ';' && strings.IndexByte(";tn", f.peekAt(1)) >= 0 && f.peekAt(1) != 0 {
				f.pos++
			}
			done = (k == ':' || k == ';') && f.peek() != '('
		default:
			done = true
		}
	}
	if f.peek() == 'x' {
		if f.peekAt(1) != 'm' && f.peekAt(1) != 'a' {
			f.pos++
			return alternate == 0 && f.close(when, days)
		}
		f.pos += 2 // "fermé le matin, 14h-17h"
		f.accept("&/;:")
	}
	// "samedi sur rendez-vous": no hours.
	if f.peek() == 'r' && strings.IndexByte("tnma:", f.peekAt(1)) < 0 || alternate != 0 && strings.IndexByte("tnma(", f.peek()) < 0 || f.peek() == 'r' && f.peekAt(1) == 0 {
		note := alternate
		if f.peek() == 'r' {
			if note != 0 {
				return false
			}
			note = f.tokens[f.pos].value
			f.pos++
		}
		if note >= len(frenchNotes) || note == 0 || frenchNotes[note].state == "open" || note >= firstAlternate {
			return false // no hours, and nothing that says when
		}
		for d := range 7 {
			if days&(1<<d) != 0 {
				if to := f.day(when, d); to.said() {
					return false
				} else {
					to.note = note
				}
			}
		}
		return true
	}
	return f.spans(when, days, day, single, alternate)
}

// spans reads the hours of days, each with what is said of it.
func (f *french) spans(when frenchWhen, days uint8, day int, single bool, note int) bool {
	label, labelled := note, when // of the hours that follow
	count, last, holidays := 0, -1, 0
	type placed struct {
		when   frenchWhen
		span   frenchSpan
		closed bool
	}
	var read []placed
	for {
		half := byte(0)
		switch k := f.peek(); {
		case k == 'r' && f.peekAt(1) == ':' && (f.peekAt(2) == 'm' || f.peekAt(2) == 'a') && strings.IndexByte("tn", f.peekAt(3)) < 0,
			(k == 'm' || k == 'a') && f.peekAt(1) == 'r' && f.peekAt(2) != ':',
			k == 'r' && f.peekAt(1) != ':' && count > 0:
			// "Sur RDV : après-midi", "après-midi sur RDV", "9h-12h / sur RDV"
			kind := f.half()
			word := f.tokens[f.pos].value
			f.pos++
			if f.peek() == ':' {
				f.pos++
				kind = f.half()
			}
			text := frenchNotes[word].text
			if kind != 0 {
				text = map[byte]string{'m': "le matin ", 'a': "l’après-midi "}[kind] + text
			}
			if frenchNotes[word].state == "open" || count == 0 {
				return false
			}
			for d := range 7 {
				if days&(1<<d) != 0 {
					to := f.day(when, d)
					if to.otherwise != "" {
						return false
					}
					to.otherwise = text
				}
			}
			goto placing
		case (k == 'r' || k == 'A') && f.peekAt(1) == ':':
			if note != 0 {
				return false
			}
			label, last = f.tokens[f.pos].value, -1
			f.pos += 2
		case k == 'w' || k == 's' || k == 'v' || k == 'j':
			more, _ := f.weeksOf()
			if !f.accept(":") {
				return false
			}
			labelled, last = when, -1
			labelled.merge(more)
			if f.accept("x") { // "semaines impaires : fermé"
				read = append(read, placed{when: labelled, closed: true})
				goto next
			}
		case k == 'o' && single:
			nth, ok := f.ordinals()
			if !ok || f.peek() == 'd' && f.tokens[f.pos].value != day {
				return false
			}
			f.accept("d")
			if f.accept("M"); !f.accept(":") {
				return false
			}
			labelled, last = when, -1
			labelled.nth = nth
		case k == 'u' && single && f.peekAt(1) == 'd' && f.tokens[f.pos+1].value == day:
			f.pos += 2
			if !f.accept("D") || !f.accept(":") || note != 0 {
				return false
			}
			f.alternates = append(f.alternates, "un "+weekdayNames[day]+" sur deux")
			label, last = len(frenchNotes)-1+len(f.alternates), -1
		}
		half = f.half()
		if half != 0 {
			f.accept(":-")
		}
		{
			inside := f.accept("(")
			from, ok := f.time()
			if !ok {
				return false
			}
			if k := f.peek(); k == '-' || k == '/' {
				f.pos++
			} else if k != 't' {
				return false
			}
			to, ok := f.time()
			if !ok || f.tokens[f.pos-1].kind != 't' || to <= from || from < last {
				return false
			}
			if half == 'm' && to > 14*60 || half == 'a' && from < 12*60 || inside && !f.accept(")") {
				return false
			}
			last = to
			s := placed{when: labelled, span: frenchSpan{from, to, label}}
			count++
			// What is said of these hours alone, behind them.
			for f.peek() == '(' {
				k := f.peekAt(1)
				switch {
				case (k == 'r' || k == 'A') && f.peekAt(2) == ')' && s.span.note == 0:
					s.span.note = f.tokens[f.pos+1].value
					f.pos += 3
				case k == 'w' && f.peekAt(2) == ')':
					f.pos++
					more, _ := f.weeksOf()
					s.when.merge(more)
					f.pos++
				case k == ')':
					f.pos += 2
				case k == 's' && f.peekAt(2) == ')' || k == 'E' && f.peekAt(2) == 'v' && f.peekAt(3) == ')':
					for f.pos++; !f.accept(")"); f.pos++ {
					}
					if f.groups > 1 && f.peek() == 0 {
						return false // of this group, or of all?
					}
					s.when.scope = 's'
					for i := range read {
						read[i].when.scope = 's'
					}
				case k == 'o' && single:
					f.pos++
					nth, ok := f.ownNth(day)
					if !ok {
						return false
					}
					s.when.nth = nth
				case k == 't' && f.peekAt(2) == 'v' && f.peekAt(3) == ')': // "14h-17h30 (17h pendant les vacances)"
					holidays = f.tokens[f.pos+1].value
					f.pos += 4
					if holidays <= from || when != (frenchWhen{}) {
						return false
					}
				default:
					read = append(read, s)
					goto placing // an exception, which is read by itself
				}
			}
			if f.peek() == 'r' && s.span.note == 0 && f.peekAt(1) != ':' && (strings.IndexByte("&;/-", f.peekAt(1)) >= 0 && strings.IndexByte("tn", f.peekAt(2)) >= 0 && f.peekAt(2) != 0 ||
				len(read) > 0 && read[len(read)-1].span.note != 0) {
				s.span.note = f.tokens[f.pos].value
				f.pos++
			} else if f.peek() == 'r' && frenchNotes[f.tokens[f.pos].value].state == "open" && f.peekAt(1) != ':' && s.span.note == 0 && len(read) == 0 {
				s.span.note = f.tokens[f.pos].value
				f.pos++
			}
			read = append(read, s)
		}
	next:
		mark := f.pos
		if strings.IndexByte("tnma", f.peek()) >= 0 && f.peek() != 0 {
			continue
		}
		if !f.accept("&;/-") {
			break
		}
		for f.accept(";") {
		}
		switch k := f.peek(); {
		case k == 't', k == 'n', k == 'm', k == 'a',
			(k == 'r' || k == 'A') && f.peekAt(1) == ':',
			k == 'r' && f.tokens[mark].kind == '/',
			(k == 'w' || k == 's' || k == 'v') && f.peekAt(1) == ':' && strings.IndexByte("tnx", f.peekAt(2)) >= 0,
			k == 'j' && (f.peekAt(1) == ':' || f.peekAt(3) == ':') && strings.IndexByte("tn", f.peekAt(2)) >= 0,
			k == 'o' && single && f.ownOrdinal(day),
			k == 'u' && single && f.peekAt(1) == 'd' && f.tokens[f.pos+1].value == day && f.peekAt(3) == ':':
			continue
		}
		if f.tokens[mark].kind == '-' {
			if f.peek() != 'd' {
				return false // "lundi : 9h-12h - mardi : 14h-17h" and nothing else
			}
			break
		}
		f.pos = mark
		break
	}
placing:
	if n := len(read); holidays != 0 {
		for _, in := range read[:n] {
			if in.when != when || in.closed {
				return false
			}
			in.when.scope = 'v'
			read = append(read, in)
		}
		read[len(read)-1].span.to = holidays
	}
	for _, s := range read {
		if s.closed && !f.close(s.when, days) || !s.closed && !f.put(s.when, days, s.span) {
			return false
		}
	}
	return true
}

// ownNth reads "2e et 4e du mois)", perhaps with the name of the day itself.
func (f *french) ownNth(day int) (string, bool) {
	nth, ok := f.ordinals()
	if ok && f.peek() == 'd' {
		ok = f.tokens[f.pos].value == day
		f.pos++
	}
	f.accept("M")
	return nth, ok && f.accept(")")
}

// ownOrdinal looks whether the ordinals ahead are of this day: "3e mercredi du
// mois : 9h-12h" among Wednesday's hours.
func (f *french) ownOrdinal(day int) bool {
	mark := f.pos
	defer func() { f.pos = mark }()
	_, ok := f.ordinals()
	return ok && f.peek() == 'd' && f.tokens[f.pos].value == day && (f.peekAt(1) == ':' || f.peekAt(1) == 'M' && f.peekAt(2) == ':')
}

func (f *french) close(when frenchWhen, days uint8) bool {
	f.groups++
	for d := range 7 {
		if days&(1<<d) == 0 {
			continue
		}
		day := f.day(when, d)
		if day.said() {
			return false
		}
		day.closed = true
	}
	return true
}

// timesFirst reads "9h-12h et 14h-17h du lundi au vendredi, 9h-12h le samedi".
func (f *french) timesFirst() bool {
	for f.peek() != 0 {
		start := f.pos
		for f.peek() != 'd' {
			if k := f.peek(); k == 0 || strings.IndexByte("tnma&/-;:", k) < 0 {
				return false
			}
			f.pos++
		}
		times := slices.Clone(f.tokens[start:f.pos])
		for len(times) > 0 && strings.IndexByte("&/-;:", times[len(times)-1].kind) >= 0 {
			times = times[:len(times)-1]
		}
		days, ok := f.days()
		if !ok || len(times) == 0 {
			return false
		}
		inner := french{tokens: times}
		if !inner.spans(frenchWhen{}, days, 0, false, 0) || inner.pos != len(times) {
			return false
		}
		f.groups++
		for _, w := range inner.weeks {
			for d := range w.days {
				for _, s := range w.days[d].spans {
					if !f.put(f.when, 1<<d, s) {
						return false
					}
				}
			}
		}
		for strings.IndexByte("&/;", f.peek()) >= 0 && f.peek() != 0 {
			if k := f.peekAt(1); k != 't' && k != 'n' && k != 'm' && k != 'a' && k != 0 && f.peek() != ';' {
				return true
			}
			f.pos++
		}
		if k := f.peek(); k != 't' && k != 'n' {
			return true // an exception, a note
		}
	}
	return true
}

// time reads an hour; a bare number counts only before a true hour.
func (f *french) time() (int, bool) {
	switch f.peek() {
	case 't':
	case 'n':
		if f.peekAt(1) != '-' && f.peekAt(1) != '/' || f.peekAt(2) != 't' {
			return 0, false
		}
	default:
		return 0, false
	}
	f.pos++
	return f.tokens[f.pos-1].value, true
}
