package place

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // Europe/Paris on any machine
)

// String is the ISO form, YYYY-MM-DD; "" when unknown.
func (d Date) String() string {
	if !d.Known() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day)
}

var monthNames = [...]string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"}

// French is the date as people read it: "1er août 2024"; "une date inconnue"
// when there is none.
func (d Date) French() string {
	if d.Month < time.January || d.Month > time.December {
		return "une date inconnue"
	}
	day := strconv.Itoa(d.Day)
	if d.Day == 1 {
		day += "er"
	}
	return day + " " + monthNames[d.Month-1] + " " + strconv.Itoa(d.Year)
}

// Compare orders dates; an unknown date comes before all.
func (d Date) Compare(e Date) int {
	a, b := d.Year*10000+int(d.Month)*100+d.Day, e.Year*10000+int(e.Month)*100+e.Day
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// Time is the date's midnight in UTC; the zero time when unknown.
func (d Date) Time() time.Time {
	if !d.Known() {
		return time.Time{}
	}
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
}

// NewDate makes a date; false when there is no such day.
func NewDate(year int, month time.Month, day int) (Date, bool) {
	t := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	if year < 1 || year > 9999 || t.Year() != year || t.Month() != month || t.Day() != day {
		return Date{}, false
	}
	return Date{year, month, day}, true
}

// ParseDate reads YYYY-MM-DD and nothing else.
func ParseDate(s string) (Date, bool) {
	t, err := time.Parse("2006-01-02", s)
	if err != nil {
		return Date{}, false
	}
	return Date{t.Year(), t.Month(), t.Day()}, true
}

var (
	dateISO      = regexp.MustCompile(`^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ].*)?$`)
	dateFrench   = regexp.MustCompile(`^(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4}|\d{2})(?:[T ,].*)?$`)
	dateWords    = regexp.MustCompile(`^(?:le )?(?:(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lun|mar|mer|jeu|ven|sam|dim)[.,]* )?(?:le )?(\d{1,2})(?:er)?[ /-]([a-z]+)\.?[ /-](\d{4}|\d{2})(?:[ ,].*)?$`)
	dateEnglish  = regexp.MustCompile(`^(?:[a-z]{3,9},? )?([a-z]{3,9})\.? (\d{1,2}),? (\d{4})(?:[ ,].*)?$`)
	dateCompact  = regexp.MustCompile(`^(20\d{2})(\d{2})(\d{2})$`)
	dateNoDay    = regexp.MustCompile(`^(?:\d{4}|\d{1,2}[-/.]\d{4}|\d{4}[-/.]\d{1,2}|[a-z]+\.? \d{4})$`)
	frenchMonths = map[string]time.Month{
		"janvier": 1, "janv": 1, "jan": 1, "fevrier": 2, "fevr": 2, "fev": 2, "mars": 3, "avril": 4, "avr": 4, "mai": 5, "juin": 6,
		"juillet": 7, "juil": 7, "aout": 8, "septembre": 9, "sept": 9, "sep": 9, "octobre": 10, "oct": 10, "novembre": 11, "nov": 11,
		"decembre": 12, "dec": 12,
		"january": 1, "february": 2, "feb": 2, "march": 3, "mar": 3, "april": 4, "apr": 4, "may": 5, "june": 6, "jun": 6, "july": 7, "jul": 7, "august": 8, "aug": 8,
		"september": 9, "october": 10, "november": 11, "december": 12,
	}
)

// firstYear: nobody updated a record of digital mediation before; older dates
// are mistakes (0024, 1900, 1904, 1970).
const firstYear = 1995

// readDate reads a date forgivingly; code is the finding's, "" when it was
// exact. A date after today, which is unknown when the caller has no clock to
// go by, is a mistake; one day is left to places west of the clock.
func readDate(s string, today Date) (d Date, code string) {
	d, code = parseAnyDate(s, today)
	if !d.Known() {
		return d, code
	}
	year := d.Year
	switch {
	case d == Date{1970, 1, 1}, d == Date{1969, 12, 31}, d == Date{1900, 1, 1}, d == Date{1899, 12, 30}, d == Date{1899, 12, 31}, d == Date{1904, 1, 1}, d == Date{1, 1, 1}:
		return Date{}, "date_placeholder"
	case year < firstYear:
		return Date{}, "date_invalid"
	case today.Known() && d.Time().After(today.Time().AddDate(0, 0, 1)):
		return Date{}, "date_future"
	}
	return d, code
}

func parseAnyDate(s string, today Date) (Date, string) {
	if d, ok := ParseDate(s); ok {
		return d, ""
	}
	s = strings.TrimPrefix(s, "'") // a spreadsheet's mark of text
	f := Fold(s)
	if n, ok := dateNumber(s); ok {
		s, _, _ = strings.Cut(s, ".") // a time of the day
		switch {
		case dateCompact.MatchString(s):
			m := dateCompact.FindStringSubmatch(s)
			return newDate(m[1], m[2], m[3], "date_format")
		case n == 0 || n == -1 || n == -3600:
			return Date{}, "date_placeholder"
		case len(s) == 10 && n >= 8e8 || len(s) == 9 && n > 8e8: // seconds since 1970
			return dateIn(time.Unix(n, 0)), "date_serial"
		case len(s) >= 12 && len(s) <= 13 && n >= 8e11: // milliseconds
			return dateIn(time.UnixMilli(n)), "date_serial"
		case len(s) == 5 && n >= 40179 && (!today.Known() || n <= excelSerial(today)): // days since 1899-12-30, from 2010 on
			t := time.Date(1899, 12, 30+int(n), 0, 0, 0, 0, time.UTC)
			return Date{t.Year(), t.Month(), t.Day()}, "date_serial"
		case len(s) == 4 && n >= 1900 && n <= 2100:
			return Date{}, "date_incomplete"
		}
		return Date{}, "date_invalid"
	}
	if m := dateISO.FindStringSubmatch(s); m != nil {
		return newDate(m[1], m[2], m[3], "date_format")
	}
	if m := dateFrench.FindStringSubmatch(s); m != nil {
		year := m[3]
		if len(year) == 2 {
			year = "20" + year
			if d, _ := newDate(year, m[2], m[1], ""); today.Known() && d.Year > today.Year {
				year = "19" + m[3]
			}
		}
		if d, code := newDate(year, m[2], m[1], "date_format"); d.Known() {
			return d, code
		}
		return newDate(year, m[1], m[2], "date_american") // the first number can only be a month
	}
	if m := dateWords.FindStringSubmatch(f); m != nil {
		if month, ok := frenchMonths[m[2]]; ok {
			year := m[3]
			if len(year) == 2 {
				year = "20" + year
			}
			return newDate(year, strconv.Itoa(int(month)), m[1], "date_format")
		}
	}
	if m := dateEnglish.FindStringSubmatch(f); m != nil {
		if month, ok := frenchMonths[m[1]]; ok {
			return newDate(m[3], strconv.Itoa(int(month)), m[2], "date_format")
		}
	}
	if dateNoDay.MatchString(f) {
		return Date{}, "date_incomplete"
	}
	return Date{}, "date_invalid"
}

// dateNumber reads an integer, or one with a spreadsheet's decimals.
func dateNumber(s string) (int64, bool) {
	whole, _, _ := strings.Cut(s, ".")
	if whole != s && len(whole) != 5 && len(whole) != 10 {
		return 0, false
	}
	n, err := strconv.ParseInt(whole, 10, 64)
	return n, err == nil
}

// excelSerial is the number that a spreadsheet gives a day.
func excelSerial(d Date) int64 {
	return int64(d.Time().Sub(time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)).Hours() / 24)
}

// paris is the clock of the machines that write French epochs: midnight there
// is the eve in UTC.
var paris = func() *time.Location {
	if l, err := time.LoadLocation("Europe/Paris"); err == nil {
		return l
	}
	return time.UTC
}()

func dateIn(t time.Time) Date {
	y, m, d := t.In(paris).Date()
	return Date{y, m, d}
}

// newDate makes a date of digits; date_invalid when there is no such day.
func newDate(year, month, day, code string) (Date, string) {
	y, _ := strconv.Atoi(year)
	m, _ := strconv.Atoi(month)
	d, _ := strconv.Atoi(day)
	if y == 0 && m == 0 && d == 0 {
		return Date{}, "date_placeholder"
	}
	if date, ok := NewDate(y, time.Month(m), d); ok {
		return date, code
	}
	return Date{}, "date_invalid"
}
