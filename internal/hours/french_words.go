package hours

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// frenchToken is a word of the text: its kind is one of
//
//	d day, t time, n bare number, - to, & and, / either of the two, O or,
//	: colon, ; end of a group, ( ) parentheses, m morning, a afternoon,
//	x closed, E except, p public holidays, v school holidays, s but school
//	holidays, r a note (on appointment …), o ordinal, M of the month,
//	T every, u one, D out of two, A now and then, w even or odd weeks,
//	j month, * round the clock
type frenchToken struct {
	kind  byte
	value int
}

// frenchNotes are what may be said of hours and OSM has no word for: comments.
// A state is written where the comment alone would leave a doubt.
var frenchNotes = []struct{ state, text string }{
	{},
	{"", "sur rendez-vous"},
	{"", "sur inscription"},
	{"", "sur réservation"},
	{"open", "sans rendez-vous"},
	{"open", "accès libre"},
	{"unknown", "une semaine sur deux"},
	{"unknown", "tous les quinze jours"},
	{"unknown", "toutes les trois semaines"},
	{"unknown", "une fois par mois"},
	{"unknown", "deux fois par mois"},
}

const firstAlternate = 6 // in frenchNotes

// frenchPhrases are said in several words; without accents, longest first
// among those that begin alike.
var frenchPhrases = func() []struct {
	words string
	token frenchToken
} {
	type phrase = struct {
		words string
		token frenchToken
	}
	var out []phrase
	add := func(kind byte, value int, words ...string) {
		for _, w := range words {
			out = append(out, phrase{w, frenchToken{kind, value}})
		}
	}
	for _, base := range [...]string{"rendez vous", "rdv", "rendezvous", "rendez vs"} {
		add('r', 1, "uniquement sur "+base, "seulement sur "+base, "sur "+base+" uniquement", "sur "+base, "avec "+base, "sur prise de "+base)
		add('r', 4, "sans "+base)
	}
	add('r', 2, "sur inscription uniquement", "uniquement sur inscription", "sur inscriptions", "sur inscription")
	add('r', 3, "uniquement sur reservation", "sur reservation")
	add('r', 5, "en acces libre", "en libre acces", "acces libre", "libre acces", "en accueil libre", "accueil libre")
	add('A', 6, "une semaine sur deux", "1 semaine sur 2", "toutes les deux semaines", "toutes les 2 semaines")
	add('A', 7, "tous les quinze jours", "tous les 15 jours")
	add('A', 8, "toutes les trois semaines", "toutes les 3 semaines")
	add('A', 9, "une fois par mois", "1 fois par mois")
	add('A', 10, "deux fois par mois", "2 fois par mois")
	add('p', 0, "les jours feries", "jours feries", "jour ferie", "jours ferie")
	add('s', 0, "en dehors des vacances scolaires", "hors periode de vacances scolaires", "hors des vacances scolaires", "hors vacances scolaires", "hors vacances",
		"pendant la periode scolaire", "en periode scolaire", "en periodes scolaires", "periode scolaire", "en temps scolaire")
	add('v', 0, "pendant les vacances scolaires", "durant les vacances scolaires", "pendant les vacances", "les vacances scolaires", "vacances scolaires")
	add('M', 0, "du mois", "de chaque mois", "dans le mois", "par mois", "de mois")
	add('D', 0, "sur deux", "sur 2")
	add('w', 0, "les semaines paires", "semaines paires", "semaine paire", "sem. paires", "sem. paire")
	add('w', 1, "les semaines impaires", "semaines impaires", "semaine impaire", "sem. impaires", "sem. impaire")
	add('*', 0, "24h/24 et 7j/7", "24h/24 - 7j/7", "24h/24, 7j/7", "24h/24 7j/7", "7j/7 24h/24", "7j/7 et 24h/24", "7j/7, 24h/24", "24/7", "7/7 24/24", "24/24 7/7")
	add('T', 0, "tous les", "toutes les")
	add('a', 0, "apres midi", "apres midis", "apres-midis")
	add('-', 0, "jusqu a", "jusqu au")
	// Words that say nothing of their own where they are accepted.
	add(0, 0, "ouvert au public", "ouverture au public", "ouverte au public", "accueil du public", "accueil au public", "jours et heures d'ouvertures",
		"jours et heures d'ouverture", "jours et horaires d'ouverture", "horaires d'ouverture au public", "horaires d'ouverture", "horaire d'ouverture", "heures d'ouverture",
		"journee continue", "en continu", "non stop", "sans interruption", "au public")
	slices.SortStableFunc(out, func(a, b phrase) int { return len(b.words) - len(a.words) })
	return out
}()

// frenchPhrasesBy gives the phrases by their first letter, longest first.
var frenchPhrasesBy = func() (by [256][]int) {
	for i := range frenchPhrases {
		c := frenchPhrases[i].words[0]
		by[c] = append(by[c], i)
	}
	return by
}()

var frenchWords = map[string]frenchToken{
	"au": {'-', 0}, "a": {'-', 0}, "jusqu'a": {'-', 0}, "jusqu'au": {'-', 0},
	"et": {'&', 0}, "puis": {'&', 0}, "ou": {'O', 0}, "matin": {'m', 0}, "matins": {'m', 0}, "matinee": {'m', 0},
	"ferme": {'x', 0}, "fermee": {'x', 0}, "fermes": {'x', 0}, "fermeture": {'x', 0},
	"sauf": {'E', 0}, "excepte": {'E', 0}, "hors": {'E', 0}, "hormis": {'E', 0},
	"midi": {'t', 12 * 60}, "minuit": {'t', dayMinutes}, "un": {'u', 0}, "chaque": {'T', 0},
	"lun": {'d', 0}, "mar": {'d', 1}, "mer": {'d', 2}, "jeu": {'d', 3}, "ven": {'d', 4}, "sam": {'d', 5}, "dim": {'d', 6},
	"lu": {'d', 0}, "ma": {'d', 1}, "me": {'d', 2}, "je": {'d', 3}, "ve": {'d', 4}, "sa": {'d', 5}, "di": {'d', 6},
	"premier": {'o', 1}, "premiers": {'o', 1}, "deuxieme": {'o', 2}, "deuxiemes": {'o', 2}, "second": {'o', 2}, "troisieme": {'o', 3}, "troisiemes": {'o', 3},
	"quatrieme": {'o', 4}, "quatriemes": {'o', 4}, "cinquieme": {'o', 5}, "dernier": {'o', -1}, "derniers": {'o', -1},
	"du": {}, "de": {}, "des": {}, "le": {}, "les": {}, "l": {}, "d": {}, "en": {}, "ouvert": {}, "ouverte": {}, "ouverture": {}, "horaires": {}, "horaire": {}, "d'ouverture": {},
	"accueil": {}, "permanence": {}, "permanences": {}, "inclus": {}, "compris": {}, "uniquement": {}, "seulement": {},
}

var frenchMonths = [...][]string{{"janvier", "janv"}, {"fevrier", "fev", "fevr"}, {"mars"}, {"avril", "avr"}, {"mai"}, {"juin"}, {"juillet", "juil"},
	{"aout"}, {"septembre", "sept"}, {"octobre", "oct"}, {"novembre", "nov"}, {"decembre", "dec"}}

func init() {
	for i, name := range weekdayNames {
		frenchWords[name] = frenchToken{'d', i}
		frenchWords[name+"s"] = frenchToken{'d', i}
	}
	for i, names := range frenchMonths {
		for _, name := range names {
			frenchWords[name] = frenchToken{'j', i}
		}
	}
}

var (
	frenchWeekdays = strings.NewReplacer("la semaine de ", "lundi-vendredi de ", "en semaine ", "lundi-vendredi ", "en semaine:", "lundi-vendredi:")
	frenchGlued    = regexp.MustCompile(`(\d) :(\d\d)(\D|$)`) // "12 :30"
	frenchTypos    = strings.NewReplacer("rendez-vous", "rendez vous", "apres-midi", "apres midi", "l'", "l ", "jusqu'a ", "jusqu a ", "d'ouv", "d'ouv", "d'", "d ", "r.d.v.", "rdv", "r.d.v", "rdv")
	frenchOrdinals = regexp.MustCompile(`^(\d)(?:ers?|eres?|emes?|nds?|e|es)\b`) // "1er", "3emes"
	frenchDate     = regexp.MustCompile(`^\d{1,2}[/.]\d{1,2}[/.]\d{2,4}`)
)

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
	s := frenchGlued.ReplaceAllString(frenchTypos.Replace(b.String()), "$1:$2$3")
	if strings.Contains(s, "samedi") { // told apart from the week, which then ends before it
		s = frenchWeekdays.Replace(s)
	}
	var tokens []frenchToken
	last := func() byte {
		if len(tokens) == 0 {
			return 0
		}
		return tokens[len(tokens)-1].kind
	}
	short := false // the last word was shortened: a point after it is its own
	for i := 0; i < len(s); {
		c := s[i]
		if n := phraseAt(s, i, &tokens); n > 0 {
			i, short = i+n, false
			continue
		}
		switch {
		case c == ' ':
			i++
			continue
		case c == '.' && short:
			i, short = i+1, false
			continue
		case (c == '-' || c == '/') && i+1 < len(s) && s[i+1] == c:
			tokens = append(tokens, frenchToken{kind: ';'})
			for i < len(s) && s[i] == c {
				i++
			}
			continue
		case strings.IndexByte("-:;/()", c) >= 0:
			tokens = append(tokens, frenchToken{kind: c})
			i++
			continue
		case c == '.' || c == '|':
			tokens = append(tokens, frenchToken{kind: ';'})
			i++
			continue
		case c == ',' || c == '&' || c == '+':
			tokens = append(tokens, frenchToken{kind: '&'})
			i++
			continue
		case c >= '0' && c <= '9':
			if frenchDate.MatchString(s[i:]) {
				return nil // a day of the calendar
			}
			if m := frenchOrdinals.FindStringSubmatch(s[i:]); m != nil {
				n, _ := strconv.Atoi(m[1])
				if n < 1 || n > 5 {
					return nil
				}
				tokens = append(tokens, frenchToken{'o', n})
				i += len(m[0])
				continue
			}
			t, n := frenchTime(s[i:])
			if n == 0 {
				return nil
			}
			if t.kind == 'n' && t.value == 60 && last() != '-' && strings.HasPrefix(s[i+n:], " ") && unicode.IsLetter(rune(s[min(i+n+1, len(s)-1)])) {
				t = frenchToken{kind: 'u'} // "1 lundi sur 2"
			}
			tokens = append(tokens, t)
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
		short = n <= 4 && (t.kind == 'd' || t.kind == 'j')
		if t.kind != 0 {
			tokens = append(tokens, t)
		}
		i += n
	}
	if len(tokens) == 0 {
		return nil
	}
	return tokens
}

func phraseAt(s string, at int, tokens *[]frenchToken) int {
	c := s[at]
	if at > 0 && (s[at-1] >= 'a' && s[at-1] <= 'z' || s[at-1] >= '0' && s[at-1] <= '9') {
		return 0
	}
	for _, i := range frenchPhrasesBy[c] {
		p := &frenchPhrases[i]
		if !strings.HasPrefix(s[at:], p.words) {
			continue
		}
		if end := at + len(p.words); end < len(s) && (unicode.IsLetter(rune(s[end])) || s[end] >= '0' && s[end] <= '9') {
			continue
		}
		if p.token.kind != 0 {
			*tokens = append(*tokens, p.token)
		}
		return len(p.words)
	}
	return 0
}

// frenchTime reads "9h", "9 h 30", "09:30", "9.30", "9 heures 30", or a bare hour.
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
	for _, word := range [...]string{"heures", "heure", "hrs", "h", ":", "."} {
		if strings.HasPrefix(rest, word) {
			mark = len(word)
			break
		}
	}
	if mark == 0 {
		return frenchToken{'n', hour * 60}, i
	}
	k := j + mark
	if sign := rest[0]; (sign == ':' || sign == '.') && (j > i || k >= len(s) || s[k] < '0' || s[k] > '9') {
		return frenchToken{'n', hour * 60}, i // "lundi 9 : …" is not an hour
	}
	if k < len(s) && s[k] == 'a' && (k+1 == len(s) || !unicode.IsLetter(rune(s[k+1]))) {
		return frenchToken{'t', hour * 60}, k // "14hà 17h"
	}
	if k < len(s) && unicode.IsLetter(rune(s[k])) {
		return frenchToken{}, 0
	}
	m := k
	if rest[0] == 'h' {
		m = spaces(k)
	}
	minute, after := number(m)
	switch {
	case minute < 0:
		minute, after = 0, k
	case after < len(s) && s[after] == 'h' || strings.HasPrefix(s[spaces(after):], "h") && m > k:
		minute, after = 0, k // "15h18h", "9h 12 h"
	case after-m != 2 || minute > 59:
		if m == k {
			return frenchToken{}, 0
		}
		minute, after = 0, k // "9 h 1er …": another number, which will be refused or not
	}
	for _, word := range [...]string{"min", "mn"} {
		if minute > 0 && strings.HasPrefix(s[after:], word) {
			after += len(word)
		}
	}
	if hour == 24 && minute > 0 {
		return frenchToken{}, 0
	}
	return frenchToken{'t', hour*60 + minute}, after
}
