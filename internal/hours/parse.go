package hours

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// SyntaxError says where and why a value cannot be read.
type SyntaxError struct {
	Text    string
	Offset  int    // in bytes
	Message string // French: what was found and what to write
}

func (e *SyntaxError) Error() string { return e.Message }

// Parse reads an opening_hours value. The error is a *SyntaxError.
//
// Beyond the specification it reads what can mean one thing only: any case, one
// digit for an hour, "09h30", dashes and spaces of all kinds, no space between
// selectors, selectors in another order, curly quotes, a separator at the end.
func Parse(s string) (h *Hours, err error) {
	p := parser{text: s}
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(*SyntaxError)
			if !ok {
				panic(r)
			}
			h, err = nil, e
		}
	}()
	if len(s) > maxText {
		p.fail(maxText, "texte trop long (%d caractères, %d au plus)", len(s), maxText)
	}
	p.scan()
	h = &Hours{rules: p.value()}
	h.settle()
	return h, nil
}

// settle works out what the rules imply together.
func (h *Hours) settle() {
	h.weekly = true
	var before *rule
	for i := range h.rules {
		r := &h.rules[i]
		r.settle(before)
		before = r
		h.wraps = h.wraps || r.wraps
		h.cost += 1 + len(r.years) + 8*len(r.dates) + 2*len(r.weeks) + len(r.holidays) + len(r.days) + len(r.times)
		h.weekly = h.weekly && r.plain
		for _, list := range [...][]daySelector{r.holidays, r.days} {
			for _, d := range list {
				h.public = h.public || d.kind == publicDay
				h.school = h.school || d.kind == schoolDay
			}
		}
		for _, s := range r.times {
			h.cut(s.from, false)
			h.cut(s.to, s.to.event != clock && s.runsOver())
			h.sun = h.sun || s.from.event != clock || s.to.event != clock
		}
		if r.dated() {
			h.cuts = append(h.cuts, 0)
		}
	}
	if h.wraps {
		h.cuts = append(h.cuts, 0)
	}
	if len(h.cuts) > 0 {
		h.cuts = append(h.cuts, 0)
	}
	slices.Sort(h.cuts)
	h.cuts = slices.Clip(slices.Compact(h.cuts))
	h.weekly = h.weekly && !h.sun
}

// cut notes the minutes at which a moment may fall.
func (h *Hours) cut(t moment, over bool) {
	note := func(m int) {
		if over {
			m += dayMinutes
		}
		if m >= 0 && m <= 2*dayMinutes {
			h.cuts = append(h.cuts, int16(m%dayMinutes))
		}
	}
	if t.event == clock {
		note(t.minutes)
		return
	}
	for _, sun := range [...]*[5]bounds{&sunMetropole, &sunTropics} {
		note(sun[t.event].low + t.minutes)
		note(sun[t.event].high + t.minutes)
	}
}

type tokenKind uint8

const (
	end tokenKind = iota
	word
	number
	symbol // one of - , ; : / + [ ] ( ) and "||", kept in text
	quoted
)

type token struct {
	kind   tokenKind
	text   string // words in lower case
	value  int    // of a number
	at     int    // offset in the source
	spaced bool   // a space stands before it
}

type parser struct {
	text   string
	tokens []token
	pos    int
}

func (p *parser) fail(at int, format string, args ...any) {
	panic(&SyntaxError{Text: p.text, Offset: min(at, len(p.text)), Message: strings.ToValidUTF8(fmt.Sprintf(format, args...), "\uFFFD")})
}

// scan cuts the text into tokens.
func (p *parser) scan() {
	s := p.text
	p.tokens = make([]token, 0, len(s)/2+2)
	spaced := false
	add := func(k tokenKind, text string, value, at int) {
		p.tokens = append(p.tokens, token{k, text, value, at, spaced})
		spaced = false
	}
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		at := i
		switch {
		case r == utf8.RuneError && size == 1:
			p.fail(at, "caractère illisible : le texte n’est pas en UTF-8")
		case unicode.IsSpace(r) || r == '\ufeff' || r == '\u200b':
			spaced = true
			i += size
		case r >= '0' && r <= '9':
			for i < len(s) && s[i] >= '0' && s[i] <= '9' {
				i++
			}
			if i-at > 4 {
				p.fail(at, "« %s » : nombre trop long", clip(s[at:i]))
			}
			n, _ := strconv.Atoi(s[at:i])
			add(number, s[at:i], n, at)
		case r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || unicode.IsLetter(r):
			for i < len(s) {
				r, size := utf8.DecodeRuneInString(s[i:])
				if !unicode.IsLetter(r) && r != '.' {
					break
				}
				i += size
			}
			add(word, strings.ToLower(s[at:i]), 0, at)
		case r == '"' || r == '“' || r == '”' || r == '„' || r == '«':
			close := "\"“”"
			if r == '«' {
				close = "»"
			}
			n := strings.IndexAny(s[i+size:], close)
			if n < 0 {
				p.fail(at, "le commentaire n’est pas fermé : ajoutez un guillemet « \" » à la fin")
			}
			inside := s[i+size : i+size+n]
			_, last := utf8.DecodeRuneInString(s[i+size+n:])
			i += size + n + last
			add(quoted, clean(inside), 0, at)
		case r == '|':
			if !strings.HasPrefix(s[i:], "||") {
				p.fail(at, "« | » seul : pour une règle de repli, écrivez « || »")
			}
			add(symbol, "||", 0, at)
			i += 2
		default:
			i += size
			if r >= 0x2010 && r <= 0x2015 || r == 0x2212 || r == 0xFE58 || r == 0xFF0D {
				r = '-'
			}
			if r >= 0xFF01 && r <= 0xFF5E {
				r -= 0xFEE0 // full-width forms of ASCII
			}
			if !strings.ContainsRune("-,;:/+[]()", r) {
				p.fail(at, "caractère « %c » inattendu dans des horaires : exemple attendu « Mo-Fr 09:00-12:00,14:00-17:00 »", r)
			}
			add(symbol, string(r), 0, at)
		}
	}
	p.tokens = append(p.tokens, token{kind: end, at: len(s)})
}

// clean makes a comment fit to be written between straight quotes.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '"':
			return '\''
		case unicode.IsSpace(r) || unicode.IsControl(r):
			return ' '
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

func clip(s string) string {
	if utf8.RuneCountInString(s) <= 30 {
		return s
	}
	return string([]rune(s)[:30]) + "…"
}

func (p *parser) peek(n int) token {
	if p.pos+n < len(p.tokens) {
		return p.tokens[p.pos+n]
	}
	return p.tokens[len(p.tokens)-1]
}

func (p *parser) is(n int, text string) bool {
	t := p.peek(n)
	return t.kind == symbol && t.text == text
}

func (p *parser) accept(text string) bool {
	if p.is(0, text) {
		p.pos++
		return true
	}
	return false
}

// found says a token as an error shows it.
func (p *parser) found(t token) string {
	if t.kind == end {
		return "la fin du texte"
	}
	i := slices.IndexFunc(p.tokens, func(u token) bool { return u.at == t.at })
	last := i + 1
	if saved := p.pos; t.kind == number {
		p.pos = i
		if p.isTime(0) {
			last = i + 2
			if n := p.peek(2); n.kind == number && (!n.spaced || p.is(1, ":")) {
				last = i + 3
			}
		}
		p.pos = saved
	}
	stop := p.tokens[last].at
	return "« " + clip(strings.TrimSpace(p.text[t.at:stop])) + " »"
}

var weekdayIndex = map[string]int{"mo": 0, "tu": 1, "we": 2, "th": 3, "fr": 4, "sa": 5, "su": 6}
var monthIndex = map[string]int{"jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12}
var eventIndex = map[string]event{"dawn": dawn, "sunrise": sunrise, "sunset": sunset, "dusk": dusk}
var modifierIndex = map[string]modifier{"open": modOpen, "off": modOff, "closed": modOff, "unknown": modUnknown}

func (p *parser) weekday(n int) (int, bool) { return lookup(weekdayIndex, p.peek(n)) }
func (p *parser) month(n int) (int, bool)   { return lookup(monthIndex, p.peek(n)) }

func lookup[V any](index map[string]V, t token) (V, bool) {
	var zero V
	if t.kind != word {
		return zero, false
	}
	v, ok := index[t.text]
	return v, ok
}

func (p *parser) isWord(n int, text string) bool {
	t := p.peek(n)
	return t.kind == word && t.text == text
}

func (p *parser) isNumber(n int) bool { return p.peek(n).kind == number }

// isYear says whether a year is next: four digits that do not begin a time.
func (p *parser) isYear(n int) bool {
	t := p.peek(n)
	return t.kind == number && len(t.text) == 4 && t.value >= 1000 && !p.isTime(n)
}

// isTime says whether an hour is next: "09:00", "9h00", "9h".
func (p *parser) isTime(n int) bool {
	if !p.isNumber(n) || len(p.peek(n).text) > 2 {
		return false
	}
	return p.is(n+1, ":") && p.isNumber(n+2) || p.isWord(n+1, "h") && !p.peek(n+1).spaced
}

func (p *parser) isHoliday(n int) bool { return p.isWord(n, "ph") || p.isWord(n, "sh") }

// value reads the rules and what separates them.
func (p *parser) value() []rule {
	var rules []rule
	sep := normal
	for {
		for sep == normal && p.accept(";") {
		}
		t := p.peek(0)
		if t.kind == end {
			if len(rules) == 0 {
				p.fail(t.at, "horaires vides : écrivez par exemple « Mo-Fr 09:00-12:00,14:00-17:00 »")
			}
			if sep != normal {
				p.fail(t.at, "il manque une règle après %s", [...]string{"", "« , »", "« || »"}[sep])
			}
			return rules
		}
		if len(rules) == maxRules {
			p.fail(t.at, "trop de règles (%d au plus)", maxRules)
		}
		r := p.rule()
		r.sep = sep
		rules = append(rules, r)
		switch t := p.peek(0); {
		case t.kind == end:
			return rules
		case p.accept(";"):
			sep = normal
		case p.accept("||"):
			sep = fallback
		case p.is(0, ",") && !r.timed() && r.modifier == bare && r.comment == "":
			u := p.peek(1)
			p.fail(u.at, "%s : après « , » une autre date ou un autre jour est attendu ; les heures suivent une espace, une autre règle suit « ; »", p.found(u))
		case p.accept(","):
			sep = additional
		default:
			p.unexpected(t)
		}
	}
}

// unexpected explains a token that no rule can have where it stands.
func (p *parser) unexpected(t token) {
	if t.kind == word {
		if t.text == "semaine" || t.text == "semaines" {
			week := "week 10"
			switch next := p.peek(1).text; {
			case strings.HasPrefix(next, "pair"):
				week = "week 2-52/2"
			case strings.HasPrefix(next, "impair"):
				week = "week 1-53/2"
			}
			p.fail(t.at, "%s n’est pas un mot des horaires OSM : vouliez-vous dire « %s » ?", p.found(t), week)
		}
		if m := mistaken(t.text); m != "" {
			p.fail(t.at, "%s n’est pas un mot des horaires OSM : vouliez-vous dire « %s » ?", p.found(t), m)
		}
	}
	if t.kind == number && p.is(1, "-") && p.isNumber(2) && t.value <= 24 && p.peek(2).value <= 24 {
		p.fail(t.at, "« %s-%s » : écrivez les heures avec leurs minutes, « %s:00-%s:00 »", t.text, p.peek(2).text, pad(t.value, 2), pad(p.peek(2).value, 2))
	}
	if t.kind == number {
		p.fail(t.at, "%s : un intervalle d’heures s’écrit « 09:00-12:00 »", p.found(t))
	}
	if t.kind == quoted {
		p.fail(t.at, "%s : un commentaire se met à la fin de la règle", p.found(t))
	}
	p.fail(t.at, "%s inattendu : exemple attendu « Mo-Fr 09:00-12:00,14:00-17:00; PH off »", p.found(t))
}

// mistaken gives the OSM word for one that people write in its place.
func mistaken(w string) string {
	w = strings.TrimRight(w, ".")
	for _, list := range [...]struct{ osm, others string }{
		{"Mo", "lu lun lundi lundis mon monday"}, {"Tu", "ma mardi mardis tue tues tuesday"}, {"We", "me mer mercredi mercredis wed wednesday"},
		{"Th", "je jeu jeudi jeudis thu thur thurs thursday"}, {"Fr", "ve ven vendredi vendredis fri friday"}, {"Sa", "sam samedi samedis sat saturday"}, {"Su", "di dim dimanche dimanches sun sunday"},
		{"Jan", "janv janvier january"}, {"Feb", "fev fév fevr févr fevrier février february"}, {"Mar", "mars march"}, {"Apr", "avr avril april"}, {"May", "mai"},
		{"Jun", "juin june"}, {"Jul", "juil juillet july"}, {"Aug", "aou août aout august"}, {"Sep", "sept septembre september"}, {"Oct", "octobre october"},
		{"Nov", "novembre november"}, {"Dec", "déc décembre decembre december"},
		{"PH", "ferie férié feries fériés jf"}, {"SH", "vacances vs"}, {"off", "ferme fermé fermée fermeture close"}, {"open", "ouvert ouverte ouverture opened"},
		{"week", "semaine semaines weeks"}, {"easter", "paques pâques"},
		{"24/7", "toujours"}, {"\"sur rendez-vous\"", "rdv rendez"}, {"-", "à a au"}, {",", "et"},
	} {
		if slices.Contains(strings.Fields(list.others), w) {
			return list.osm
		}
	}
	return ""
}

// rule reads one rule: selectors, then a modifier, then a comment.
func (p *parser) rule() rule {
	var r rule
	begin := p.pos
	for {
		t := p.peek(0)
		switch {
		case t.kind == number && t.text == "24" && p.is(1, "/") && p.peek(2).kind == number && p.peek(2).text == "7":
			p.once(t, r.always || len(r.times) > 0, "des heures")
			p.pos += 3
			r.always = true
			continue
		case p.isTime(0) || p.isEvent(0):
			p.once(t, r.always || len(r.times) > 0, "des heures")
			if p.times(&r) {
				return r // the comma just read begins another rule
			}
			continue
		case p.isYear(0):
			if p.beginsDate(1) {
				p.once(t, len(r.dates) > 0, "des dates")
				p.dates(&r)
			} else {
				p.once(t, len(r.years) > 0, "des années")
				p.years(&r)
			}
			continue
		case p.isWord(0, "week"):
			p.once(t, len(r.weeks) > 0, "des semaines")
			p.weeks(&r)
			continue
		case p.isHoliday(0):
			p.once(t, len(r.holidays) > 0 || p.listsWeekdays() && len(r.days) > 0, "des jours fériés ou de vacances")
			if p.listsWeekdays() {
				p.days(&r.days)
			} else {
				p.days(&r.holidays)
			}
			continue
		case t.kind == symbol && t.text == ":" && p.pos > begin && !r.timed() && p.peek(1).kind != end:
			p.pos++ // the specification's separator for readability: "Jan-Mar: Mo 10:00-12:00"
			continue
		}
		if _, ok := p.weekday(0); ok {
			p.once(t, len(r.days) > 0, "des jours")
			p.days(&r.days)
			continue
		}
		if _, ok := p.month(0); ok || p.isWord(0, "easter") {
			p.once(t, len(r.dates) > 0, "des dates")
			p.dates(&r)
			continue
		}
		break
	}
	if r.always && r.dated() {
		r.always, r.times = false, []span{{to: moment{minutes: dayMinutes}}} // "Mo 24/7" can only mean all of Monday
	}
	if m, ok := lookup(modifierIndex, p.peek(0)); ok {
		r.modifier = m
		p.pos++
	}
	if t := p.peek(0); t.kind == quoted {
		if t.text == "" {
			p.fail(t.at, "commentaire vide : écrivez par exemple « \"sur rendez-vous\" »")
		}
		r.comment = t.text
		p.pos++
	}
	if p.pos == begin {
		p.unexpected(p.peek(0))
	}
	return r
}

func (r *rule) timed() bool { return r.always || len(r.times) > 0 }

func (p *parser) once(t token, already bool, what string) {
	if already {
		p.fail(t.at, "%s : cette règle donne déjà %s ; séparez deux règles par « ; »", p.found(t), what)
	}
}

func (p *parser) isEvent(n int) bool {
	if p.is(n, "(") {
		n++
	}
	_, ok := lookup(eventIndex, p.peek(n))
	return ok
}

// times reads a list of spans; true when the comma after it begins a rule.
func (p *parser) times(r *rule) bool {
	for {
		p.span(r)
		if !p.is(0, ",") {
			return false
		}
		if p.peek(1).kind == end {
			p.fail(p.peek(0).at, "il manque un intervalle d’heures après « , »")
		}
		p.pos++
		if !p.isTime(0) && !p.isEvent(0) {
			if p.isNumber(0) && !p.isYear(0) && !(p.peek(0).text == "24" && p.is(1, "/")) {
				p.unexpected(p.peek(0))
			}
			p.pos--
			return false
		}
	}
}

func (p *parser) span(r *rule) {
	t := p.peek(0)
	var s span
	s.from = p.moment()
	if s.from.event == clock && s.from.minutes >= dayMinutes {
		p.fail(t.at, "%s : une ouverture commence avant 24:00 ; après minuit, écrivez-la au jour suivant", p.found(t))
	}
	switch {
	case p.accept("+"):
		s.openEnd = true
		s.to = guessEnd(s.from)
		r.times = append(r.times, s)
		return
	case p.accept("-"):
	default:
		p.fail(t.at, "%s est une heure seule : écrivez un intervalle, « 09:00-12:00 », ou « 09:00+ » si l’heure de fermeture n’est pas connue", p.found(t))
	}
	u := p.peek(0)
	if !p.isTime(0) && !p.isEvent(0) {
		p.fail(u.at, "%s : une heure de fermeture est attendue après « - », par exemple « 12:00 »", p.found(u))
	}
	s.to = p.moment()
	if s.to.event == clock && s.to.minutes > 2*dayMinutes {
		p.fail(u.at, "%s : une ouverture finit au plus tard à 48:00, minuit du lendemain", p.found(u))
	}
	if s.to.event == clock && s.to.minutes <= s.from.usual() {
		s.to.minutes += dayMinutes
	}
	if p.is(0, "/") {
		p.fail(p.peek(0).at, "« / » après des heures dit des instants et non une ouverture : écrivez seulement l’intervalle")
	}
	r.times = append(r.times, s)
	if p.accept("+") {
		from := s.to
		if from.event != clock {
			p.fail(u.at, "%s : « + » ne se met qu’après une heure", p.found(u))
		}
		r.times = append(r.times, span{from: from, to: guessEnd(from), openEnd: true, extended: true})
	}
}

// guessEnd bounds an opening whose end is not said, as the oracle does: to
// midnight by day, ten hours in the evening, eight at night.
func guessEnd(from moment) moment {
	m := from.usual()
	switch {
	case m >= 22*60:
		m += 8 * 60
	case m >= 17*60:
		m += 10 * 60
	default:
		m = dayMinutes
	}
	return moment{minutes: min(m, 2*dayMinutes)}
}

// moment reads an hour, or an event of the sun with its distance.
func (p *parser) moment() moment {
	t := p.peek(0)
	if p.isTime(0) {
		hour := t.value
		minute := 0
		if p.is(1, ":") {
			m := p.peek(2)
			if len(m.text) != 2 || m.value > 59 {
				p.fail(m.at, "« %s » : les minutes s’écrivent en deux chiffres, de 00 à 59", m.text)
			}
			minute = m.value
			p.pos += 3
		} else {
			p.pos += 2
			if m := p.peek(0); m.kind == number && !m.spaced {
				if len(m.text) != 2 || m.value > 59 {
					p.fail(m.at, "« %s » : les minutes s’écrivent en deux chiffres, de 00 à 59", m.text)
				}
				minute = m.value
				p.pos++
			}
		}
		if hour*60+minute > 2*dayMinutes {
			p.fail(t.at, "« %s » : une heure va de 00:00 à 24:00 (48:00 pour une fermeture le lendemain)", t.text)
		}
		return moment{minutes: hour*60 + minute}
	}
	if e, ok := lookup(eventIndex, t); ok {
		p.pos++
		return moment{event: e}
	}
	p.pos++ // "("
	e, ok := lookup(eventIndex, p.peek(0))
	if !ok {
		p.fail(p.peek(0).at, "après « ( » : « sunrise », « sunset », « dawn » ou « dusk »")
	}
	p.pos++
	sign := 1
	switch {
	case p.accept("+"):
	case p.accept("-"):
		sign = -1
	default:
		p.fail(p.peek(0).at, "un décalage s’écrit « (sunset-01:00) » ou « (sunrise+00:30) »")
	}
	u := p.peek(0)
	if !p.isTime(0) {
		p.fail(u.at, "%s : un décalage s’écrit en heures et minutes, « (sunset-01:00) »", p.found(u))
	}
	d := p.moment()
	if d.minutes > 12*60 {
		p.fail(u.at, "%s : décalage trop grand (12:00 au plus)", p.found(u))
	}
	if !p.accept(")") {
		p.fail(p.peek(0).at, "il manque « ) » après le décalage")
	}
	return moment{event: e, minutes: sign * d.minutes}
}

// years reads "2026", "2026-2028", "2026-2030/2", "2026/2", "2026+".
func (p *parser) years(r *rule) {
	for {
		t := p.peek(0)
		if !p.isYear(0) {
			p.fail(t.at, "%s : une année en quatre chiffres est attendue", p.found(t))
		}
		y := yearRange{from: t.value}
		p.pos++
		if p.is(0, "-") && p.isYear(1) {
			p.pos++
			y.to = p.peek(0).value
			p.pos++
			if y.to <= y.from {
				p.fail(t.at, "« %d-%d » : la seconde année doit suivre la première", y.from, y.to)
			}
		}
		switch {
		case p.is(0, "/"):
			p.pos++
			y.every = p.period(1)
			y.open = y.to == 0
		case y.to == 0 && p.accept("+"):
			y.open = true
		}
		r.years = append(r.years, y)
		if !p.is(0, ",") || !p.isYear(1) || p.beginsDate(2) {
			return
		}
		p.pos++
	}
}

func (p *parser) period(least int) int {
	t := p.peek(0)
	if t.kind != number || t.value < least || t.value > 366 {
		p.fail(t.at, "%s : un nombre d’au moins %d est attendu après « / »", p.found(t), least)
	}
	p.pos++
	return t.value
}

// weeks reads "week 1-53/2,10,20-30".
func (p *parser) weeks(r *rule) {
	p.pos++
	for {
		t := p.peek(0)
		week := func() int {
			t := p.peek(0)
			if t.kind != number || len(t.text) > 2 || t.value < 1 || t.value > 53 || p.isTime(0) {
				p.fail(t.at, "%s : un numéro de semaine va de 1 à 53, « week 1-53/2 » dit les semaines impaires", p.found(t))
			}
			p.pos++
			return t.value
		}
		w := weekRange{from: week()}
		w.to = w.from
		if p.is(0, "-") {
			p.pos++
			w.to = week()
		}
		if p.is(0, "/") {
			p.pos++
			w.every = p.period(2)
			if w.to <= w.from {
				p.fail(t.at, "une semaine sur %d : écrivez un intervalle croissant, « week %d-53/%d »", w.every, w.from, w.every)
			}
		}
		r.weeks = append(r.weeks, w)
		if !p.is(0, ",") {
			return
		}
		if p.isWord(1, "week") {
			p.pos++
		} else if !p.isNumber(1) || p.isTime(1) || p.isYear(1) {
			return
		}
		p.pos++
	}
}

// listsWeekdays says whether the list that begins with a holiday also has
// weekdays ("PH,Mo") or more than one holiday ("SH,PH"): one list, joined by or.
func (p *parser) listsWeekdays() bool {
	i := 1
	if (p.is(i, "+") || p.is(i, "-")) && p.isNumber(i+1) {
		i += 3
	}
	if !p.is(i, ",") {
		return false
	}
	_, ok := p.weekday(i + 1)
	return ok || p.isHoliday(i+1)
}

// days reads "Mo,We-Fr,Sa[1],PH".
func (p *parser) days(list *[]daySelector) {
	for {
		t := p.peek(0)
		var s daySelector
		if p.isHoliday(0) {
			s.kind = publicDay
			if t.text == "sh" {
				s.kind = schoolDay
			}
			p.pos++
			s.offset = p.offset(366)
			if s.offset != 0 && s.kind == schoolDay {
				p.fail(t.at, "« SH » ne peut pas être décalé d’un jour : seul « PH » le peut")
			}
		} else if from, ok := p.weekday(0); ok {
			s.from, s.to = from, from
			p.pos++
			if p.is(0, "-") {
				to, ok := p.weekday(1)
				if !ok {
					u := p.peek(1)
					if u.kind == word {
						p.unexpected(u)
					}
					p.fail(u.at, "%s : un jour est attendu après « - », par exemple « Mo-Fr »", p.found(u))
				}
				s.to = to
				p.pos += 2
			} else if p.is(0, "[") {
				s.kind = nthWeekday
				s.nths = p.nths()
				s.offset = p.offset(6)
			}
		} else {
			p.unexpected(t)
		}
		*list = append(*list, s)
		if !p.is(0, ",") {
			return
		}
		if _, ok := p.weekday(1); !ok && !p.isHoliday(1) {
			u := p.peek(1)
			if u.kind == word || u.kind == end {
				if u.kind == word && mistaken(u.text) != "" {
					p.unexpected(u)
				}
				p.fail(u.at, "%s : un jour est attendu après « , » (une règle à part se sépare par « ; »)", p.found(u))
			}
			p.fail(u.at, "%s : les heures se séparent des jours par une espace, non par « , »", p.found(u))
		}
		p.pos++
	}
}

// nths reads "[1,3]", "[-1]", "[1-2]".
func (p *parser) nths() []nthRange {
	p.pos++
	one := func() int {
		sign := 1
		if p.accept("-") {
			sign = -1
		}
		t := p.peek(0)
		if t.kind != number || t.value < 1 || t.value > 5 {
			p.fail(t.at, "%s : le rang dans le mois va de 1 à 5, ou de -1 (dernier) à -5", p.found(t))
		}
		p.pos++
		return sign * t.value
	}
	var list []nthRange
	for {
		at := p.peek(0).at
		n := nthRange{from: one()}
		n.to = n.from
		if p.accept("-") {
			n.to = one()
			if n.from < 0 || n.to <= n.from {
				p.fail(at, "« %d-%d » : un intervalle de rangs va du plus petit au plus grand, « [1-2] »", n.from, n.to)
			}
		}
		list = append(list, n)
		if !p.accept(",") {
			break
		}
	}
	if !p.accept("]") {
		p.fail(p.peek(0).at, "il manque « ] » après le rang du jour dans le mois")
	}
	return list
}

// offset reads "+2 days" or "-1 day", if that is next.
func (p *parser) offset(limit int) int {
	if !p.is(0, "+") && !p.is(0, "-") || !p.isNumber(1) || !p.isWord(2, "day") && !p.isWord(2, "days") {
		return 0
	}
	n := p.peek(1)
	if n.value > limit || n.value == 0 {
		p.fail(n.at, "décalage de « %s » jours : de 1 à %d", n.text, limit)
	}
	sign := 1
	if p.is(0, "-") {
		sign = -1
	}
	p.pos += 3
	return sign * n.value
}

// beginsDate says whether a date with its day is at n: what a year before it
// then belongs to.
func (p *parser) beginsDate(n int) bool {
	if p.isWord(n, "easter") {
		return true
	}
	if _, ok := p.month(n); !ok {
		return false
	}
	if p.isNumber(n+1) && !p.isTime(n+1) && !p.isYear(n+1) && !p.isAlways(n+1) {
		return true
	}
	return p.beginsNth(n + 1)
}

func (p *parser) isAlways(n int) bool {
	return p.isNumber(n) && p.peek(n).text == "24" && p.is(n+1, "/") && p.peek(n+2).text == "7"
}

// beginsNth says whether "Su[1]" at n is the beginning or the end of a range of
// dates, rather than a weekday beside a month.
func (p *parser) beginsNth(n int) bool {
	if _, ok := p.weekday(n); !ok || !p.is(n+1, "[") {
		return false
	}
	i := n + 2
	if p.is(i, "-") {
		i++
	}
	if !p.isNumber(i) || !p.is(i+1, "]") {
		return false
	}
	i += 2
	if (p.is(i, "+") || p.is(i, "-")) && p.isNumber(i+1) && (p.isWord(i+2, "day") || p.isWord(i+2, "days")) {
		i += 3
	}
	if !p.is(i, "-") {
		return false
	}
	_, month := p.month(i + 1)
	return month || p.isWord(i+1, "easter") || p.isYear(i+1)
}

// dates reads months, ranges of months, dates and ranges of dates.
func (p *parser) dates(r *rule) {
	for {
		p.dateRange(r)
		if !p.is(0, ",") {
			return
		}
		_, month := p.month(1)
		last := &r.dates[len(r.dates)-1]
		switch {
		case month || p.isWord(1, "easter") || p.isYear(1) && p.beginsDate(2):
			p.pos++
		case p.isNumber(1) && !p.isTime(1) && !p.isYear(1) && !last.months && last.from.kind == fixed && last.to.kind == fixed && last.from.month == last.to.month:
			// "Dec 24,26": another day of the same month
			p.pos++
			from := dateRef{year: last.from.year, month: last.from.month, day: p.dayOfMonth(last.from.month)}
			p.finish(r, from)
			for p.is(0, ",") && p.isNumber(1) && !p.isTime(1) && !p.isYear(1) {
				p.pos++
				from.day = p.dayOfMonth(from.month)
				p.finish(r, from)
			}
			if !p.is(0, ",") {
				return
			}
			if _, month := p.month(1); !month {
				return
			}
			p.pos++
		default:
			return
		}
	}
}

func (p *parser) dateRange(r *rule) {
	month, isMonth := p.month(0)
	if isMonth && !p.beginsDate(0) {
		d := dateRange{months: true, from: dateRef{month: month}, to: dateRef{month: month}}
		p.pos++
		if p.is(0, "-") {
			to, ok := p.month(1)
			if !ok {
				u := p.peek(1)
				if u.kind == word {
					p.unexpected(u)
				}
				p.fail(u.at, "%s : un mois est attendu après « - », par exemple « Jul-Aug »", p.found(u))
			}
			p.pos += 2
			d.to.month = to
			if p.isNumber(0) && !p.isTime(0) && !p.isYear(0) && !p.isAlways(0) {
				p.fail(p.peek(0).at, "« %s-%s %s » : donnez un jour aux deux dates, « %s 01-%s %s »", monthCodes[month], monthCodes[to], p.peek(0).text, monthCodes[month], monthCodes[to], p.peek(0).text)
			}
		}
		r.dates = append(r.dates, d)
		return
	}
	p.finish(r, p.dateRef())
}

// finish reads what follows the first date of a range.
func (p *parser) finish(r *rule, from dateRef) {
	d := dateRange{from: from, to: from}
	at := p.peek(0).at
	switch {
	case p.is(0, "-"):
		p.pos++
		if p.isNumber(0) && !p.isYear(0) {
			if from.kind != fixed {
				p.fail(p.peek(0).at, "%s : donnez aussi le mois de la seconde date", p.found(p.peek(0)))
			}
			d.to = dateRef{year: from.year, month: from.month, day: p.dayOfMonth(from.month)}
			if d.to.day <= from.day {
				p.fail(at, "« %s %s-%s » : le second jour doit suivre le premier ; d’un mois à l’autre, écrivez « %s %s-%s %s »",
					monthCodes[from.month], pad(from.day, 2), pad(d.to.day, 2), monthCodes[from.month], pad(from.day, 2), monthCodes[from.month%12+1], pad(d.to.day, 2))
			}
		} else {
			d.to = p.dateRef()
			if d.to.year != 0 && from.year == 0 {
				p.fail(at, "la première date n’a pas d’année alors que la seconde en a une : « 2026 Dec 24-2027 Jan 02 »")
			}
			if d.to == from {
				p.fail(at, "les deux dates sont les mêmes : écrivez la date seule")
			}
			if d.to.year != 0 {
				a, _ := from.resolve(from.year)
				b, _ := d.to.resolve(d.to.year)
				if b < a {
					p.fail(at, "la seconde date doit suivre la première")
				}
			}
		}
	case from.year != 0 && p.is(0, "+"):
		p.pos++
		d.open = true
	}
	if !d.open && d.to != d.from && p.is(0, "/") {
		p.pos++
		d.every = p.period(1)
	}
	r.dates = append(r.dates, d)
}

// dateRef reads "2026 Dec 24", "Jan Su[1]", "easter -2 days".
func (p *parser) dateRef() dateRef {
	var f dateRef
	if p.isYear(0) {
		f.year = p.peek(0).value
		p.pos++
	}
	t := p.peek(0)
	month, ok := p.month(0)
	switch {
	case p.isWord(0, "easter"):
		p.pos++
		f.kind = easter
		f.offset = p.offset(200)
		return f
	case !ok:
		if t.kind == word {
			p.unexpected(t)
		}
		p.fail(t.at, "%s : une date est attendue, par exemple « Dec 24 »", p.found(t))
	}
	f.month = month
	p.pos++
	if wd, ok := p.weekday(0); ok && p.is(1, "[") {
		f.kind = nth
		f.weekday = wd
		p.pos++
		at := p.peek(0).at
		list := p.nths()
		if len(list) != 1 || list[0].from != list[0].to {
			p.fail(at, "une date ne peut avoir qu’un rang : « %s %s[1] »", monthCodes[month], weekdayCodes[wd])
		}
		f.nth = list[0].from
		f.offset = p.offset(6)
		return f
	}
	f.day = p.dayOfMonth(month)
	f.offset = p.offset(366)
	return f
}

func (p *parser) dayOfMonth(month int) int {
	t := p.peek(0)
	if t.kind != number || len(t.text) > 2 || t.value < 1 || t.value > daysIn(2024, month) {
		p.fail(t.at, "%s : en %s, le jour va de 1 à %d", p.found(t), monthNames[month], daysIn(2024, month))
	}
	p.pos++
	return t.value
}

var monthNames = [...]string{"", "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"}
