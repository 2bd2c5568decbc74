package mapping

import (
	"regexp"
	"strconv"
	"strings"

	"mednum/internal/hours"
	"mednum/internal/place"
)

var horaires = at["horaires"]

// week is a Horaires that knows where its columns are.
type week struct {
	text   *rule
	days   [7]*rule
	bounds [7][]int // columns of the file; -1 where it has none
	remark *rule
	from   string // names of the columns of days and bounds
}

func (c *compiler) hours(h *Horaires) {
	out := &week{}
	there := false
	var names []string
	if h.Texte != nil {
		out.text = c.rule(h.Texte, "horaires.texte", nil)
		there = out.text != nil
	}
	for d, day := range days {
		if r, ok := h.Jours[day]; ok {
			out.days[d] = c.rule(&r, "horaires.jours."+day, nil)
			if out.days[d] != nil {
				there, names = true, append(names, out.days[d].names...)
			}
		}
		for _, name := range h.Bornes[day] {
			i, ok := c.column(name, "horaires.bornes."+day)
			if ok {
				there, names = true, append(names, c.mapper.columns[i])
			} else {
				i = -1
			}
			out.bounds[d] = append(out.bounds[d], i)
		}
	}
	if h.Remarque != nil {
		out.remark = c.rule(h.Remarque, "horaires.remarque", nil)
		there = there || out.remark != nil
	}
	if there {
		out.from = strings.Join(names, " + ")
		c.mapper.hours = out
	}
}

// write makes the cell of the hours: OSM where every word is understood,
// otherwise a French text that has them all.
func (k *week) write(w *row) {
	osm, text, constant := "", "", false
	if k.text != nil {
		text, w.Columns[horaires], constant, _ = k.text.value(w)
		if place.Blank(text) {
			text = ""
		} else if h, err := hours.Parse(text); err == nil {
			osm = h.String()
		} else if k.remark != nil {
			osm, _ = hours.FromFrench(text)
		}
	} else {
		w.Columns[horaires] = k.from
		osm, text = k.spell(w)
	}
	remark := ""
	if k.remark != nil {
		var from string
		if remark, from, _, _ = k.remark.value(w); place.Blank(remark) {
			remark = ""
		} else if text == "" {
			w.Columns[horaires] = from
		} else if w.Columns[horaires] != "" && from != "" {
			w.Columns[horaires] += " + " + from
		}
		remark = strings.Join(strings.Fields(remark), " ")
	}
	value := text
	switch {
	case remark == "":
		if osm != "" && k.text == nil {
			value = osm // of a text, place says itself what it read
		}
	case text == "":
		value = remark
	default:
		value = remarked(osm, text, remark)
	}
	w.Cells[horaires] = value
	if constant && value != "" {
		w.Defaults = append(w.Defaults, "horaires")
	}
}

// spell reads the columns of days or of bounds: the OSM form, "" when a day is
// uncertain, and the text that says the same in full.
func (k *week) spell(w *row) (osm, text string) {
	var read [7]dayHours
	var said []string
	certain := true
	for d := range days {
		var cell string
		switch {
		case k.days[d] != nil:
			cell, _, _, _ = k.days[d].value(w)
			read[d] = readDay(cell)
		case k.bounds[d] != nil:
			cells := make([]string, len(k.bounds[d]))
			for i, column := range k.bounds[d] {
				if column >= 0 {
					cells[i] = w.cell(column)
				}
			}
			cell, read[d] = readBounds(cells)
		}
		if read[d].kind == unsaid {
			continue
		}
		certain = certain && read[d].kind != uncertain
		said = append(said, strings.ToUpper(days[d][:1])+days[d][1:]+" : "+strings.Join(strings.Fields(cell), " "))
	}
	text = strings.Join(said, " ; ")
	if certain {
		osm = writeWeek(&read)
	}
	return osm, text
}

// dayKind is what is known of a day.
type dayKind byte

const (
	unsaid    dayKind = iota // nothing: not "closed"
	closed                   // said to be closed
	open                     // at certain hours
	booked                   // on appointment, at any hour
	uncertain                // a text that is not understood
)

// dayHours is a day as its column says it.
type dayHours struct {
	kind  dayKind
	spans [4]daySpan // as many as count
	count int
}

// daySpan is from when to when, in minutes; on appointment or not.
type daySpan struct {
	from, to int
	rdv      bool
}

// readDay reads what people write in a day's column: "9h-12h / 14h-17h30",
// "de 9h à 12h et de 14h à 17h", "09:00 12:00", "fermé", "sur RDV". All words
// must be understood, and all hours ascend.
func readDay(cell string) dayHours {
	if place.Blank(cell) {
		return dayHours{}
	}
	if len(cell) > 200 {
		return dayHours{kind: uncertain}
	}
	s := place.Fold(strings.ReplaceAll(cell, "\n", " ; "))
	if nothingKnown[strings.Trim(s, " .")] {
		return dayHours{}
	}
	r := dayReader{text: s}
	if !r.read() || r.label && r.since == 0 || len(r.times)%2 != 0 || len(r.times) > 2*len(dayHours{}.spans) {
		return dayHours{kind: uncertain}
	}
	var d dayHours
	for i := 0; i < len(r.times); i += 2 {
		if !d.add(daySpan{r.times[i], r.times[i+1], r.booked&(1<<i) != 0}) {
			return dayHours{kind: uncertain}
		}
	}
	switch {
	case d.count == 0 && len(r.times) > 0 && !r.rdv && !r.closed:
		d.kind = unsaid
	case d.count == 0 && r.closed && !r.rdv:
		d.kind = closed
	case d.count == 0 && r.rdv && !r.closed:
		d.kind = booked
	case d.count == 0, r.rdv && (d.count > 1 || r.closed || r.booked != 0):
		d.kind = uncertain // which of them is on appointment?
	default:
		d.kind = open
		d.spans[0].rdv = d.spans[0].rdv || r.rdv
	}
	return d
}

// nothingKnown are the texts, folded, that say that the hours are not known.
var nothingKnown = map[string]bool{
	"horaires non communiques": true, "horaire non communique": true, "non communiques": true, "horaires inconnus": true,
	"horaires non renseignes": true, "non renseignes": true, "non precise": true, "non precises": true, "a preciser": true,
}

// add adds a span; false when it does not follow the others. What touches is
// one, what comes twice too; midnight to midnight is how programs write nothing.
func (d *dayHours) add(span daySpan) bool {
	if span.from == 0 && span.to == 0 {
		return true
	}
	if span.to == 0 {
		span.to = 24 * 60
	}
	if span.from >= span.to || span.to > 24*60 {
		return false
	}
	if d.count > 0 {
		last := &d.spans[d.count-1]
		switch {
		case span == *last:
			return true
		case last.to > span.from:
			return false
		case last.to == span.from && last.rdv == span.rdv:
			last.to = span.to
			return true
		}
	}
	if d.count == len(d.spans) {
		return false
	}
	d.spans[d.count] = span
	d.count++
	return true
}

// dayReader reads the words of a day.
type dayReader struct {
	text   string
	times  []int
	booked uint32 // of the times that open, those under "sur RDV :"
	closed bool
	rdv    bool // "sur RDV" beside the hours, or alone
	label  bool // under "sur RDV :" now
	since  int  // hours since
}

// dayPhrases are said in several words, dayWords in one: t(o), n(ext span),
// x closed, r on appointment, s without, m a half of the day, "." nothing of their own.
var dayPhrases = []struct {
	words string
	kind  byte
}{
	{"uniquement sur rendez-vous", 'r'}, {"sur rendez-vous uniquement", 'r'}, {"uniquement sur rdv", 'r'}, {"sur rdv uniquement", 'r'},
	{"sur rendez-vous", 'r'}, {"sur rendez vous", 'r'}, {"sur rdv", 'r'}, {"rendez-vous", 'r'},
	{"sans rendez-vous", 's'}, {"sans rendez vous", 's'}, {"sans rdv", 's'}, {"accueil libre", 's'}, {"acces libre", 's'},
	{"apres-midi", 'm'}, {"apres midi", 'm'}, {"sans interruption", '.'}, {"non stop", '.'}, {"non-stop", '.'}, {"en continu", '.'}, {"journee continue", '.'},
	{"jusqu'a", 't'}, {"24h/24h", 'd'}, {"24h/24", 'd'}, {"24h sur 24", 'd'}, {"24/24", 'd'},
}

var dayWords = map[string]byte{
	"a": 't', "au": 't', "et": 'n', "puis": 'n', "ferme": 'x', "fermee": 'x', "fermes": 'x', "fermeture": 'x', "closed": 'x', "off": 'x', "rdv": 'r',
	"matin": 'm',
	"de":    '.', "des": '.', "du": '.', "le": '.', "la": '.', "l": '.', "ouvert": '.', "ouverte": '.', "ouverture": '.', "horaires": '.', "horaire": '.',
	"h": '.',
}

// read cuts the text into words and hours; false when something is not
// understood.
func (r *dayReader) read() bool {
	s := r.text
	between := byte(' ') // what stands before the next hour
	after := byte(0)     // 'x' just after "fermé", until something parts it from what follows
	for len(s) > 0 {
		kind, n := byte(0), 1
		switch c := s[0]; {
		case c == ' ':
			kind = ' '
		case c == '-' || c == '>':
			kind = 't'
		case c == '/':
			kind = '/'
		case c == ',' || c == ';' || c == '|' || c == '&' || c == '+' || c == '.':
			kind = 'n'
		case c == ':' || c == '(' || c == ')' || c == '\'' || c == '"':
			kind = '.'
		case strings.HasPrefix(s, "→"):
			kind, n = 't', len("→")
		case strings.HasPrefix(s, "•"):
			kind, n = 'n', len("•")
		default:
			for _, p := range dayPhrases {
				if p.words[0] == c && strings.HasPrefix(s, p.words) && (len(s) == len(p.words) || !wordByte(s[len(p.words)])) {
					kind, n = p.kind, len(p.words)
					break
				}
			}
			if kind != 0 {
				break
			}
			if c >= '0' && c <= '9' {
				var minutes int
				if minutes, n = clock(s); n == 0 {
					return false
				}
				// Opens and closes are tied by "-", "à", "/" or a space; after a
				// closing, what opens next may follow anything.
				if len(r.times)%2 == 1 && between == 'n' || after == 'x' {
					return false
				}
				r.time(minutes)
				between, s = ' ', s[n:]
				continue
			}
			for n = 0; n < len(s) && wordByte(s[n]) && (s[n] < '0' || s[n] > '9'); n++ {
			}
			if n == 0 {
				return false
			}
			if s[:n] == "midi" || s[:n] == "minuit" {
				if len(r.times)%2 == 1 && between == 'n' || after == 'x' {
					return false
				}
				r.time(map[string]int{"midi": 12 * 60, "minuit": 24 * 60}[s[:n]])
				between, s = ' ', s[n:]
				continue
			}
			if kind = dayWords[s[:n]]; kind == 0 {
				return false
			}
		}
		switch kind {
		case 'x':
			r.closed, after = true, 'x'
		case 'r', 's':
			if len(r.times)%2 == 1 || r.label && r.since == 0 {
				return false
			}
			if strings.HasPrefix(strings.TrimLeft(s[n:], " "), ":") {
				// A label: of what follows it.
				if r.rdv {
					return false
				}
				r.label, r.since = kind == 'r', 0
				break
			}
			if kind == 's' {
				break
			}
			if between == 'n' && len(r.times) > 0 {
				return false // "9h-12h et sur rendez-vous": at other hours too
			}
			r.rdv, after = true, 0
		case 'd':
			r.time(0)
			r.time(24 * 60)
		case 'n', '/', 't':
			after = 0
			if between != 'n' {
				between = kind
			}
		}
		s = s[n:]
	}
	return true
}

// time takes an hour.
func (r *dayReader) time(minutes int) {
	if r.label && len(r.times) < 32 {
		r.booked |= 1 << len(r.times)
	}
	r.since++
	r.times = append(r.times, minutes)
}

// wordByte: of a word, in folded text.
func wordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c >= 0x80
}

// clock reads an hour at the beginning of a folded text: "9h", "9 h 30", "9:30",
// "09.30", "0930", "9"; n is its length, 0 when there is none.
func clock(s string) (minutes, n int) {
	digits := func(i int) int {
		j := i
		for j < len(s) && s[j] >= '0' && s[j] <= '9' {
			j++
		}
		return j
	}
	n = digits(0)
	number, _ := strconv.Atoi(s[:min(n, 5)])
	switch n {
	case 1, 2:
	case 3, 4: // 900, 0930
		hour, minute := number/100, number%100
		if n = wholeHour(s, n); n == 0 || hour > 24 || minute > 59 || hour == 24 && minute > 0 {
			return 0, 0
		}
		return hour*60 + minute, n
	default:
		return 0, 0
	}
	i := n
	for i < len(s) && s[i] == ' ' {
		i++
	}
	for _, mark := range [...]string{"heures", "heure", "hrs", "hr", "h", ":", "."} {
		if !strings.HasPrefix(s[i:], mark) {
			continue
		}
		sign := mark == ":" || mark == "."
		if mark == "." && i > n {
			break
		}
		j := i + len(mark)
		for mark != "." && j < len(s) && s[j] == ' ' {
			j++
		}
		k := digits(j)
		switch {
		case k-j == 2 && (k == len(s) || !wordByte(s[k]) || strings.HasPrefix(s[k:], "min") || strings.HasPrefix(s[k:], "mn")):
			minute, _ := strconv.Atoi(s[j:k])
			if number > 24 || minute > 59 || number == 24 && minute > 0 {
				return 0, 0
			}
			for _, unit := range [...]string{"min", "mn"} {
				if strings.HasPrefix(s[k:], unit) {
					k += len(unit)
				}
			}
			if sign && strings.HasPrefix(s[k:], ":00") {
				k += 3
			}
			return number*60 + minute, k
		case mark == ":" && k == j && i == n && number <= 24:
			return number * 60, n + 1 // "9: à 18:"
		case mark == ":" || k > j && k-j != 2 && j == i+len(mark):
			return 0, 0 // "9:3", "9h5"
		case sign:
			return bare(number, n)
		}
		if number > 24 {
			return 0, 0
		}
		return number * 60, i + len(mark)
	}
	return bare(number, wholeHour(s, n))
}

// bare is an hour that nothing says to be one: a number of a day's column.
func bare(number, n int) (int, int) {
	if n == 0 || number > 24 {
		return 0, 0
	}
	return number * 60, n
}

// wholeHour refuses digits that a letter follows.
func wholeHour(s string, n int) int {
	if n < len(s) && wordByte(s[n]) {
		return 0
	}
	return n
}

// readBounds reads the bounds of a day: opens, closes, opens, closes. The text
// says the same in full.
func readBounds(cells []string) (text string, d dayHours) {
	var said []string
	shut := false
	bounds := make([]int, len(cells)) // minutes; -1 nothing
	for i, cell := range cells {
		bounds[i] = -1
		if place.Blank(cell) {
			continue
		}
		said = append(said, strings.TrimSpace(cell))
		if word := dayWords[place.Fold(cell)]; word == 'x' {
			shut = true
			continue
		}
		minutes, ok := bound(cell)
		if !ok {
			d.kind = uncertain
		}
		bounds[i] = minutes
	}
	text = strings.Join(said, " - ")
	if d.kind == uncertain || text == "" {
		return text, d
	}
	nil0 := true // midnight to midnight is how a program writes nothing
	for _, b := range bounds {
		nil0 = nil0 && b <= 0
	}
	if nil0 {
		if shut {
			d.kind = closed
		}
		return text, d
	}
	d.kind = open
	// Open at noon, a day is 9:00, nothing, nothing, 17:00.
	if len(bounds) == 4 && bounds[0] >= 0 && bounds[1] < 0 && bounds[2] < 0 && bounds[3] >= 0 {
		bounds = []int{bounds[0], bounds[3]}
	}
	for i := 0; i+1 < len(bounds); i += 2 {
		from, to := bounds[i], bounds[i+1]
		switch {
		case from < 0 && to < 0:
		case from < 0 || to < 0 || !d.add(daySpan{from: from, to: to}):
			return text, dayHours{kind: uncertain}
		}
	}
	return text, d
}

// bound reads one hour alone in its cell: as people write it, as a spreadsheet
// does (0.375 of a day), as a database does (1900-01-01 09:00:00).
func bound(cell string) (minutes int, ok bool) {
	s := place.Fold(strings.TrimSpace(cell))
	if len(s) > 30 {
		return -1, false
	}
	if x, err := strconv.ParseFloat(strings.Replace(s, ",", ".", 1), 64); err == nil && strings.ContainsAny(s, ".,") && x >= 0 && x <= 1 && len(s) > 4 || s == "0.5" || s == "0,5" || s == "0.75" || s == "0,75" || s == "0.25" || s == "0,25" {
		if s[0] == '0' || s[0] == '1' {
			minutes = int(x*24*60 + 0.5)
			return minutes, minutes%5 == 0
		}
	}
	if i := strings.LastIndexAny(s, " t"); i >= 8 && strings.Count(s[:i], "-")+strings.Count(s[:i], "/") == 2 {
		s = strings.TrimSuffix(s[i+1:], "z")
	}
	if s == "midi" {
		return 12 * 60, true
	}
	if s == "minuit" {
		return 24 * 60, true
	}
	minutes, n := clock(s)
	if n != len(s) || n == 0 {
		return -1, false
	}
	return minutes, true
}

var osmDays = [7]string{"Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"}

// writeWeek gives the OSM form, days with the same hours together; "" when no
// day says anything.
func writeWeek(week *[7]dayHours) string {
	var rules []string
	done := [7]bool{}
	for d := range week {
		if week[d].kind == unsaid || done[d] {
			continue
		}
		var b strings.Builder
		for from := d; from < 7; from++ {
			if done[from] || week[from] != week[d] {
				continue
			}
			to := from
			for to+1 < 7 && week[to+1] == week[d] {
				to++
			}
			if b.Len() > 0 {
				b.WriteByte(',')
			}
			b.WriteString(osmDays[from])
			if to > from {
				b.WriteString(map[bool]string{true: "-", false: ","}[to > from+1] + osmDays[to])
			}
			for ; from <= to; from++ {
				done[from] = true
			}
			from--
		}
		selector := b.String()
		switch h := &week[d]; h.kind {
		case closed:
			b.WriteString(" off")
		case booked:
			b.WriteString(` "sur rendez-vous"`)
		default:
			// Hours on appointment are a rule of their own, added to the others.
			written := 0
			for _, rdv := range [2]bool{false, true} {
				first := true
				for _, span := range h.spans[:h.count] {
					if span.rdv != rdv {
						continue
					}
					switch {
					case !first:
						b.WriteByte(',')
					case written > 0:
						b.WriteString(", " + selector + " ")
					default:
						b.WriteByte(' ')
					}
					first = false
					written++
					b.WriteString(two(span.from/60) + ":" + two(span.from%60) + "-" + two(span.to/60) + ":" + two(span.to%60))
				}
				if rdv && !first {
					b.WriteString(` "sur rendez-vous"`)
				}
			}
		}
		rules = append(rules, b.String())
	}
	h, err := hours.Parse(strings.Join(rules, "; "))
	if err != nil {
		return ""
	}
	return h.String()
}

func two(n int) string {
	if n < 10 {
		return "0" + strconv.Itoa(n)
	}
	return strconv.Itoa(n)
}

// harmless are remarks, folded and without the ways to make contact, that leave
// the hours as they are.
var harmless = map[string]bool{
	"": true, "contact": true,
	"prise de rendez-vous": true, "prise de rendez vous": true, "prise de rdv": true, "pour prise de rdv": true, "pour prise de rendez-vous": true, "renseignements prise de rendez-vous": true,
	"prise de rendez-vous conseillee": true, "prise de rdv conseillee": true, "rendez-vous conseille": true, "rdv conseille": true, "prise de rendez-vous recommandee": true,
	"possibilite de prendre rendez-vous": true, "possibilite de prendre rdv": true, "possibilite de rendez-vous": true, "possibilite de rdv": true, "rendez-vous possible": true,
	"avec sans rendez-vous": true, "avec sans rdv": true, "accueil avec sans rendez-vous": true, "sans rendez-vous": true, "sans rdv": true,
	"acces libre": true, "entree libre": true, "libre acces": true, "accueil flux continu": true,
}

var (
	contactText  = regexp.MustCompile(`\S+@\S+|(?:\+33 ?|0)\d(?:[ .-]?\d{2}){4}`)
	contactWords = map[string]bool{"au": true, "ou": true, "a": true, "et": true, "en": true, "par": true, "telephone": true, "tel": true, "mail": true, "courriel": true, "l'adresse": true,
		"egalement": true, "fortement": true, ":": true, "-": true, "/": true}
)

// isHarmless reports a remark that says nothing of when the place is open.
func isHarmless(folded string) bool {
	var kept []string
	for _, word := range strings.Fields(contactText.ReplaceAllString(folded, " ")) {
		if word = strings.Trim(word, ".,;:()"); word != "" && !contactWords[word] {
			kept = append(kept, word)
		}
	}
	return harmless[strings.Join(kept, " ")]
}

// weeks are remarks, folded, that OSM can say: the weeks of the year (ISO).
var weeks = map[string]string{
	"semaine paire": "week 2-53/2 ", "semaines paires": "week 2-53/2 ", "les semaines paires": "week 2-53/2 ",
	"semaine impaire": "week 1-53/2 ", "semaines impaires": "week 1-53/2 ", "les semaines impaires": "week 1-53/2 ",
}

// remarked joins the hours and what is said beside them. A remark that is not
// understood may mean that the place is closed: as a comment of the hours, it
// makes them "to be checked", and is shown. Where OSM cannot hold both, the
// text has all the words.
func remarked(osm, text, remark string) string {
	whole := text + " ; " + remark
	key := strings.Trim(place.Fold(remark), " .;")
	if osm == "" {
		return whole
	}
	comment := ` "` + strings.ReplaceAll(remark, `"`, "’’") + `"`
	prefix := weeks[key]
	switch {
	case prefix != "":
		comment = ""
	case isHarmless(key):
		comment = " open" + comment
	default:
		if certain, ok := hours.FromFrench(whole); ok {
			return certain
		}
	}
	if strings.ContainsAny(osm, `"|`) {
		return whole
	}
	rules := strings.Split(osm, "; ")
	for i, rule := range rules {
		weekly := false
		for _, d := range osmDays {
			weekly = weekly || strings.HasPrefix(rule, d)
		}
		switch {
		case strings.HasSuffix(rule, " off"), strings.HasSuffix(rule, " closed"):
		case prefix != "" && !weekly:
			return whole
		default:
			rules[i] = prefix + rule + comment
		}
	}
	h, err := hours.Parse(strings.Join(rules, "; "))
	if err != nil {
		return whole
	}
	return h.String()
}
