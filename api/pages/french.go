package pages

import (
	"math"
	"strconv"
	"strings"
	"time"

	"mednum/internal/french"
	"mednum/internal/place"
	"mednum/internal/quality"
)

// Spaces that keep a number and what follows it on one line.
const (
	nbsp   = "\u00a0" // before units and double punctuation
	narrow = "\u202f" // between thousands
)

var (
	weekdays = [7]string{"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"}
	months   = [13]string{"", "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"}
)

// Distance writes metres as people say them: tens of metres below a
// kilometre, one decimal below ten, none above.
func Distance(metres float64) string {
	switch {
	case math.IsNaN(metres) || metres < 0:
		return ""
	case metres < 10:
		return "moins de 10" + nbsp + "m"
	case math.Round(metres/10)*10 < 1000:
		return french.Integer(int64(math.Round(metres/10)*10)) + nbsp + "m"
	case math.Round(metres/100)*100 < 10000:
		tenths := int64(math.Round(metres / 100))
		if tenths%10 == 0 {
			return french.Integer(tenths/10) + nbsp + "km"
		}
		return french.Integer(tenths/10) + "," + strconv.FormatInt(tenths%10, 10) + nbsp + "km"
	default:
		return french.Integer(int64(math.Round(metres/1000))) + nbsp + "km"
	}
}

// away puts the preposition: "à 350 m", "à moins de 10 m".
func away(metres float64) string {
	if d := Distance(metres); d != "" {
		return "à " + d
	}
	return ""
}

// Clock writes minutes since midnight: "9 h", "9 h 30", "minuit". Minutes past
// 24 h are those of the next day.
func Clock(minutes int) string {
	m := ((minutes % 1440) + 1440) % 1440
	if m == 0 {
		return "minuit"
	}
	s := strconv.Itoa(m/60) + nbsp + "h"
	if m%60 != 0 {
		s += nbsp + pad2(m%60)
	}
	return s
}

func pad2(n int) string {
	if n < 10 {
		return "0" + strconv.Itoa(n)
	}
	return strconv.Itoa(n)
}

// DayName writes "mardi 14 juillet", "samedi 1er août".
func DayName(t time.Time) string {
	return weekdays[t.Weekday()] + " " + dayOfMonth(t.Day()) + " " + months[t.Month()]
}

func dayOfMonth(d int) string {
	if d == 1 {
		return "1er"
	}
	return strconv.Itoa(d)
}

// longDate writes "14 juillet 2026".
func longDate(year int, month time.Month, day int) string {
	if month < 1 || month > 12 {
		return ""
	}
	return place.Date{Year: year, Month: month, Day: day}.French()
}

// moment says when t is, seen from now, both on the same clock: "à 14 h",
// "demain à 9 h", "lundi à 9 h", "le mardi 14 juillet à 9 h".
func moment(t, now time.Time) string {
	clock := Clock(t.Hour()*60 + t.Minute())
	prep := " à "
	switch days := daysBetween(now, t); {
	case days == 0:
		return "à " + clock
	case days == 1:
		return "demain" + prep + clock
	case days > 1 && days < 7:
		return weekdays[t.Weekday()] + prep + clock
	default:
		return "le " + DayName(t) + prep + clock
	}
}

func daysBetween(a, b time.Time) int {
	midnight := func(t time.Time) time.Time {
		return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	}
	return int(midnight(b).Sub(midnight(a)).Hours() / 24)
}

// and joins: "a", "a et b", "a, b et c".
func and(words []string) string { return french.Enumerate(words, " et ") }

// overseasNational are the prefixes inside which people dial 0 and nine digits,
// as in metropolitan France.
var overseasNational = []string{"+33", "+262", "+269", "+590", "+594", "+596"}

// Phone writes a number in pairs as people read it, and gives what to dial;
// dial is "" when the text is no number. Short numbers ("3949") stay short.
func Phone(number string) (shown, dial string) {
	for _, r := range number {
		switch {
		case r >= '0' && r <= '9', r == '+' && dial == "":
			dial += string(r)
		case strings.ContainsRune(" .-()/\u00a0\u202f", r):
		default:
			return number, ""
		}
	}
	if len(strings.TrimPrefix(dial, "+")) < 3 {
		return number, ""
	}
	digits := dial
	for _, prefix := range overseasNational {
		rest, ok := strings.CutPrefix(dial, prefix)
		if ok && len(rest) == 9 {
			digits = "0" + rest
		}
	}
	if rest, ok := strings.CutPrefix(digits, "+"); ok {
		for _, prefix := range []string{"508", "681", "687", "689"} {
			if local, ok := strings.CutPrefix(rest, prefix); ok {
				return "+" + prefix + nbsp + pairs(local), dial
			}
		}
		return "+" + pairs(rest), dial
	}
	return pairs(digits), dial
}

func pairs(digits string) string {
	var b strings.Builder
	for i := range len(digits) {
		// An odd count begins with a group of three: 0 8xx has none, "115" has.
		if i > 0 && (len(digits)-i)%2 == 0 && !(i == 1 && len(digits)%2 == 1) {
			b.WriteString(nbsp)
		}
		b.WriteByte(digits[i])
	}
	return b.String()
}

// Nombre writes a decimal of the référentiel with a comma and no useless zero:
// "3,2", "72".
func Nombre(n quality.Nombre) string { return n.French(4) }

// points writes "4 points", "0,5 point": French counts below two as singular.
func points(n quality.Nombre) string {
	return Nombre(n) + nbsp + french.Plural(int(n/quality.Entier), "point", "points")
}

// signed writes a move: "+1,4", "−0,6", "0".
func signed(n quality.Nombre) string {
	s := n.French(1)
	if n > 0 && s != "0" {
		s = "+" + s
	}
	return s
}

// percent writes a share: "77 %". One that is neither nothing nor all is never
// written 0 % or 100 %.
func percent(n quality.Nombre) string {
	switch whole := (int64(n) + 50) / 100; {
	case whole == 0 && n > 0:
		return "moins de 1" + nbsp + "%"
	case whole == 100 && n < quality.Entier:
		return "plus de 99" + nbsp + "%"
	default:
		return french.Integer(whole) + nbsp + "%"
	}
}
