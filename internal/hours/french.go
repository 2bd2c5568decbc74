package hours

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// FromFrench reads the opening hours that people write in free text ("Du lundi
// au vendredi de 9h à 12h et de 14h à 17h", "Lundi : 09h00 - 12h00 / 14h00 -
// 17h00") and gives them in OSM's form. It is false unless every word is
// understood: hours without a day, "un lundi sur deux", "tous les jours" (which
// rarely means Sunday) or a half-day without hours are left as they are.
func FromFrench(text string) (osm string, ok bool) {
	if len(text) > maxText {
		return "", false
	}
	f := french{tokens: frenchTokens(text)}
	if f.tokens == nil || !f.read() {
		return "", false
	}
	h, err := Parse(f.write())
	if err != nil { // cannot be: only valid hours are written
		return "", false
	}
	return h.String(), true
}

// frenchToken is a word of the text: its kind is one of
//
//	d day, t time, n bare number, - to, & and, : colon, ; end of a group,
//	m morning, a afternoon, x closed, r on appointment, p except public holidays
type frenchToken struct {
	kind  byte
	value int
}

// frenchPhrases are said in several words; without accents, longest first.
var frenchPhrases = []struct {
	words string
	kind  byte
}{
	{"uniquement sur rendez vous", 'r'}, {"uniquement sur rdv", 'r'}, {"sur rendez vous uniquement", 'r'}, {"sur rdv uniquement", 'r'},
	{"sur rendez vous", 'r'}, {"sur rdv", 'r'},
	{"sauf les jours feries", 'p'}, {"sauf jours feries", 'p'}, {"hors jours feries", 'p'},
	{"apres midi", 'a'}, {"jusqu a", '-'},
}

var frenchWords = map[string]frenchToken{
	"au": {'-', 0}, "a": {'-', 0}, "jusqu'a": {'-', 0}, "jusqu'au": {'-', 0},
	"et": {'&', 0}, "matin": {'m', 0}, "matins": {'m', 0}, "ferme": {'x', 0}, "fermee": {'x', 0}, "fermeture": {'x', 0},
	"midi": {'t', 12 * 60}, "minuit": {'t', dayMinutes},
	"lun": {'d', 0}, "mer": {'d', 2}, "jeu": {'d', 3}, "ven": {'d', 4}, "sam": {'d', 5}, "dim": {'d', 6},
	// Words that say nothing of their own where they are accepted.
	"du": {}, "de": {}, "des": {}, "le": {}, "les": {}, "l": {}, "ouvert": {}, "ouverte": {}, "ouverture": {}, "horaires": {}, "horaire": {}, "d'ouverture": {},
}

func init() {
	for i, name := range weekdayNames {
		frenchWords[name] = frenchToken{'d', i}
		frenchWords[name+"s"] = frenchToken{'d', i}
	}
}

// frenchTokens cuts the text; nil when some word is not known.
func frenchTokens(text string) []frenchToken {
	var b strings.Builder
	for _, r := range norm.NFKD.String(text) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case r == '’' || r == '‘' || r == '`':
			b.WriteByte('\'')
		case r >= 0x2010 && r <= 0x2015 || r == 0x2212:
			b.WriteByte('-')
		case r == '\n' || r == '\r':
			b.WriteByte(';')
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		default:
			b.WriteRune(unicode.ToLower(r))
		}
	}
	s := b.String()
	for _, old := range [...]string{"rendez-vous", "apres-midi", "l'", "jusqu'a "} {
		s = strings.ReplaceAll(s, old, map[string]string{"rendez-vous": "rendez vous", "apres-midi": "apres midi", "l'": "l ", "jusqu'a ": "jusqu a "}[old])
	}
	var tokens []frenchToken
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == ' ':
			i++
			continue
		case strings.IndexByte("-:;", c) >= 0:
			tokens = append(tokens, frenchToken{kind: c})
			i++
			continue
		case c == '.' || c == '|':
			tokens = append(tokens, frenchToken{kind: ';'})
			i++
			continue
		case c == ',' || c == '/' || c == '&':
			tokens = append(tokens, frenchToken{kind: '&'})
			i++
			continue
		case c >= '0' && c <= '9':
			t, n := frenchTime(s[i:])
			if n == 0 {
				return nil
			}
			tokens = append(tokens, t)
			i += n
			continue
		}
		if n := phraseAt(s[i:], &tokens); n > 0 {
			i += n
			continue
		}
		n := strings.IndexFunc(s[i:], func(r rune) bool { return !unicode.IsLetter(r) && r != '\'' })
		if n < 0 {
			n = len(s) - i
		}
		t, known := frenchWords[s[i:i+n]]
		if !known {
			return nil
		}
		if t.kind != 0 {
			tokens = append(tokens, t)
		}
		i += n
	}
	return tokens
}

func phraseAt(s string, tokens *[]frenchToken) int {
	for _, p := range frenchPhrases {
		if strings.HasPrefix(s, p.words) && (len(s) == len(p.words) || !unicode.IsLetter(rune(s[len(p.words)]))) {
			*tokens = append(*tokens, frenchToken{kind: p.kind})
			return len(p.words)
		}
	}
	return 0
}

// frenchTime reads "9h", "9 h 30", "09:30", "9 heures 30", or a bare hour.
func frenchTime(s string) (frenchToken, int) {
	number := func(i int) (value, after int) {
		for after = i; after < len(s) && s[after] >= '0' && s[after] <= '9'; after++ {
		}
		if after == i || after-i > 2 {
			return -1, i
		}
		value, _ = strconv.Atoi(s[i:after])
		return value, after
	}
	spaces := func(i int) int {
		for i < len(s) && s[i] == ' ' {
			i++
		}
		return i
	}
	hour, i := number(0)
	if hour < 0 || hour > 24 {
		return frenchToken{}, 0
	}
	j := spaces(i)
	rest := s[j:]
	mark := 0
	for _, word := range [...]string{"heures", "heure", "h", ":"} {
		if strings.HasPrefix(rest, word) {
			mark = len(word)
			break
		}
	}
	if mark == 0 {
		return frenchToken{'n', hour * 60}, i
	}
	k := j + mark
	if rest[0] == ':' && (j > i || k >= len(s) || s[k] < '0' || s[k] > '9') {
		return frenchToken{'n', hour * 60}, i // "lundi 9 : …" is not an hour
	}
	if k < len(s) && unicode.IsLetter(rune(s[k])) {
		return frenchToken{}, 0
	}
	m := k
	if rest[0] != ':' {
		m = spaces(k)
	}
	minute, after := number(m)
	if minute < 0 {
		minute, after = 0, k
	} else if after-m != 2 || minute > 59 {
		if m > k {
			minute, after = 0, k // "9 h 12 …": another number, which will be refused or not
		} else {
			return frenchToken{}, 0
		}
	}
	if hour == 24 && minute > 0 {
		return frenchToken{}, 0
	}
	return frenchToken{'t', hour*60 + minute}, after
}

// french reads tokens into a week.
type french struct {
	tokens []frenchToken
	pos    int
	groups int

	week        [7][][2]int
	closed      [7]bool
	exceptPH    bool
	appointment byte // 0, 'f' beside the hours, 'c' only so
}

func (f *french) peek() byte {
	if f.pos < len(f.tokens) {
		return f.tokens[f.pos].kind
	}
	return 0
}

func (f *french) accept(kinds string) bool {
	if k := f.peek(); k != 0 && strings.IndexByte(kinds, k) >= 0 {
		f.pos++
		return true
	}
	return false
}

// read reads everything, or says false.
func (f *french) read() bool {
	for {
		and := false
		for f.peek() == ';' || f.peek() == '&' {
			and = and || f.peek() == '&'
			f.pos++
		}
		switch f.peek() {
		case 0:
			return f.groups > 0 && !and || f.appointment == 'c' && f.groups == 0
		case 'd':
			if !f.group() {
				return false
			}
		case 'x':
			f.pos++
			days, ok := f.days()
			if !ok || !f.close(days) {
				return false
			}
		case 'p':
			f.pos++
			if f.groups == 0 || f.exceptPH {
				return false
			}
			f.exceptPH = true
		case 'r':
			f.pos++
			if f.appointment != 0 {
				return false
			}
			f.appointment = 'c'
			switch {
			case and && f.groups > 0:
				f.appointment = 'f'
			case f.groups > 1:
				return false // which of the groups is on appointment?
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

// days reads "lundi au vendredi", "lundi, mardi et jeudi".
func (f *french) days() (uint8, bool) {
	var set uint8
	for {
		if f.peek() != 'd' {
			return 0, false
		}
		from := f.tokens[f.pos].value
		to := from
		f.pos++
		if f.peek() == '-' && f.pos+1 < len(f.tokens) && f.tokens[f.pos+1].kind == 'd' {
			to = f.tokens[f.pos+1].value
			f.pos += 2
			if to <= from {
				return 0, false
			}
		}
		for d := from; d <= to; d++ {
			if set&(1<<d) != 0 {
				return 0, false
			}
			set |= 1 << d
		}
		if f.peek() != '&' || f.pos+1 >= len(f.tokens) || f.tokens[f.pos+1].kind != 'd' {
			return set, true
		}
		f.pos++
	}
}

func (f *french) close(days uint8) bool {
	f.groups++
	for d := range 7 {
		if days&(1<<d) != 0 {
			if f.closed[d] || len(f.week[d]) > 0 {
				return false
			}
			f.closed[d] = true
		}
	}
	return true
}

// group reads days and their hours.
func (f *french) group() bool {
	days, ok := f.days()
	if !ok {
		return false
	}
	f.accept(":&-")
	if f.accept("x") {
		return f.close(days)
	}
	f.groups++
	for {
		half := byte(0)
		if k := f.peek(); k == 'm' || k == 'a' {
			half = k
			f.pos++
			f.accept(":-")
		}
		from, ok := f.time()
		if !ok || !f.accept("-") {
			return false
		}
		to, ok := f.time()
		if !ok || f.tokens[f.pos-1].kind != 't' || to <= from {
			return false
		}
		if half == 'm' && to > 14*60 || half == 'a' && from < 12*60 {
			return false
		}
		for d := range 7 {
			if days&(1<<d) == 0 {
				continue
			}
			if f.closed[d] || len(f.week[d]) > 0 && f.week[d][len(f.week[d])-1][1] > from {
				return false
			}
			f.week[d] = append(f.week[d], [2]int{from, to})
		}
		mark := f.pos
		if k := f.peek(); k == 'm' || k == 'a' {
			continue
		}
		if !f.accept("&;-") {
			return true
		}
		if k := f.peek(); k != 't' && k != 'n' && k != 'm' && k != 'a' {
			if f.tokens[mark].kind == '-' {
				return k == 'd' // "lundi : 9h-12h - mardi : 14h-17h"
			}
			f.pos = mark
			return true
		}
	}
}

// time reads an hour; a bare number counts only before "-" and a true hour.
func (f *french) time() (int, bool) {
	switch f.peek() {
	case 't':
	case 'n':
		if f.pos+2 >= len(f.tokens) || f.tokens[f.pos+1].kind != '-' || f.tokens[f.pos+2].kind != 't' {
			return 0, false
		}
	default:
		return 0, false
	}
	f.pos++
	return f.tokens[f.pos-1].value, true
}

// write gives the week in OSM's form, days with the same hours together.
func (f *french) write() string {
	if f.groups == 0 {
		return `"sur rendez-vous"`
	}
	said := map[string]uint8{}
	var order []string
	for d := range 7 {
		var spans []string
		for _, s := range f.week[d] {
			spans = append(spans, pad(s[0]/60, 2)+":"+pad(s[0]%60, 2)+"-"+pad(s[1]/60, 2)+":"+pad(s[1]%60, 2))
		}
		what := strings.Join(spans, ",")
		if f.closed[d] {
			what = "off"
		}
		if what == "" {
			continue
		}
		if !slices.Contains(order, what) {
			order = append(order, what)
		}
		said[what] |= 1 << d
	}
	var rules []string
	for _, what := range order {
		var b strings.Builder
		writeList(&b, daysOf(said[what]), (*daySelector).write)
		rule := b.String() + " " + what
		if f.appointment == 'c' && what != "off" {
			rule += ` "sur rendez-vous"`
		}
		rules = append(rules, rule)
	}
	if f.exceptPH {
		rules = append(rules, "PH off")
	}
	s := strings.Join(rules, "; ")
	if f.appointment == 'f' {
		s += ` || "sur rendez-vous"`
	}
	return s
}
