package pages

import (
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"mednum/internal/french"
)

func TestFrench(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{french.Integer(0), "0"}, {french.Integer(999), "999"}, {french.Integer(6011), "6\u202f011"}, {french.Integer(1234567), "1\u202f234\u202f567"}, {french.Integer(-1500), "−1\u202f500"},
		{Distance(0), "moins de 10\u00a0m"}, {Distance(9.9), "moins de 10\u00a0m"}, {Distance(10), "10\u00a0m"}, {Distance(347), "350\u00a0m"}, {Distance(994), "990\u00a0m"},
		{Distance(995), "1\u00a0km"}, {Distance(1240), "1,2\u00a0km"}, {Distance(9949), "9,9\u00a0km"}, {Distance(9960), "10\u00a0km"}, {Distance(12_400), "12\u00a0km"}, {Distance(1_234_500), "1\u202f235\u00a0km"},
		{Distance(math.NaN()), ""}, {Distance(-1), ""},
		{Clock(0), "minuit"}, {Clock(540), "9\u00a0h"}, {Clock(570), "9\u00a0h\u00a030"}, {Clock(545), "9\u00a0h\u00a005"}, {Clock(1440), "minuit"}, {Clock(1560), "2\u00a0h"},
		{DayName(time.Date(2026, 7, 14, 0, 0, 0, 0, time.UTC)), "mardi 14 juillet"}, {DayName(time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC)), "samedi 1er août"},
		{longDate(2026, 2, 1), "1er février 2026"}, {longDate(0, 0, 0), ""},
		{french.Count(0, "lieu", "lieux"), "0\u00a0lieu"}, {french.Count(1, "lieu", "lieux"), "1\u00a0lieu"}, {french.Count(2, "lieu", "lieux"), "2\u00a0lieux"},
		{and(nil), ""}, {and([]string{"a"}), "a"}, {and([]string{"a", "b", "c"}), "a, b et c"}, {french.Capital("écrire"), "Écrire"}, {french.Capital(""), ""},
		{coordinate(4.0340000001), "4.034"}, {coordinate(-20), "-20"}, {coordinate(100), "100"},
		{host("https://www.reims.fr/a"), "reims.fr"}, {webAddress("ftp://x.fr"), ""}, {webAddress("https://x.fr/é"), "https://x.fr/%C3%A9"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

func TestPhone(t *testing.T) {
	for _, c := range []struct{ number, shown, dial string }{
		{"+33326000001", "03 26 00 00 01", "+33326000001"},
		{"+262262000001", "02 62 00 00 01", "+262262000001"},
		{"+687251234", "+687 25 12 34", "+687251234"},
		{"3949", "39 49", "3949"},
		{"115", "115", "115"},
		{"03 26 00 00 01", "03 26 00 00 01", "0326000001"},
		{"+4930123456", "+49 30 12 34 56", "+4930123456"},
		{"demander Léa", "demander Léa", ""}, {"", "", ""}, {"12", "12", ""},
	} {
		shown, dial := Phone(c.number)
		if strings.ReplaceAll(shown, nbsp, " ") != c.shown || dial != c.dial {
			t.Errorf("%s: %q %q, want %q %q", c.number, shown, dial, c.shown, c.dial)
		}
	}
}

// A link that dials holds digits and at most a leading plus, whatever the text.
func FuzzPhone(f *testing.F) {
	for _, s := range []string{"+33326000001", "3949", "javascript:alert(1)", "0 3+4", "++33", "\u00a0", "(0)3.26-00/00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		shown, dial := Phone(s)
		for i, r := range dial {
			if !(r >= '0' && r <= '9') && !(r == '+' && i == 0) {
				t.Errorf("%q dials %q", s, dial)
			}
		}
		if dial == "" && shown != s || utf8.ValidString(s) && !utf8.ValidString(shown) {
			t.Errorf("%q is shown as %q", s, shown)
		}
	})
}
