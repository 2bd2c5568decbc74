package consultation

import (
	"time"
	_ "time/tzdata" // Europe/Paris on any machine

	"mednum/internal/place"
)

// Delays of the design, in days.
const (
	consultationDays = 30
	acknowledgeDays  = 2 // working days
	decideDays       = 30
	appealDays       = 30 // to ask for an appeal, once decided
)

// paris is the clock by which days are counted: the référentiel is national.
var paris = func() *time.Location {
	if l, err := time.LoadLocation("Europe/Paris"); err == nil {
		return l
	}
	return time.UTC
}()

// DayOf is the day in Paris.
func DayOf(t time.Time) place.Date {
	y, m, d := t.In(paris).Date()
	return place.Date{Year: y, Month: m, Day: d}
}

// EndOfDay is the instant at which a day ends in Paris: what closes on a day
// closes then.
func EndOfDay(d place.Date) time.Time {
	return time.Date(d.Year, d.Month, d.Day+1, 0, 0, 0, 0, paris).UTC()
}

// afterDays is the end of the nth day after t.
func afterDays(t time.Time, n int) time.Time {
	y, m, d := t.In(paris).Date()
	return time.Date(y, m, d+n+1, 0, 0, 0, 0, paris).UTC()
}

// afterWorkingDays is the end of the nth working day after t: neither Saturday,
// nor Sunday, nor one of the eleven national holidays.
func afterWorkingDays(t time.Time, n int) time.Time {
	y, m, d := t.In(paris).Date()
	for n > 0 {
		d++
		if working(time.Date(y, m, d, 12, 0, 0, 0, time.UTC)) {
			n--
		}
	}
	return time.Date(y, m, d+1, 0, 0, 0, 0, paris).UTC()
}

func working(day time.Time) bool {
	if w := day.Weekday(); w == time.Saturday || w == time.Sunday {
		return false
	}
	switch [2]int{int(day.Month()), day.Day()} {
	case [2]int{1, 1}, [2]int{5, 1}, [2]int{5, 8}, [2]int{7, 14}, [2]int{8, 15}, [2]int{11, 1}, [2]int{11, 11}, [2]int{12, 25}:
		return false
	}
	switch day.YearDay() - easter(day.Year()).YearDay() {
	case 1, 39, 50: // Easter Monday, Ascension, Whit Monday
		return false
	}
	return true
}

// easter is Easter Sunday of the Gregorian calendar: the Sunday after the full
// moon (by the tables of the Church, in a cycle of 19 years) that follows 20 March.
func easter(year int) time.Time {
	golden, century := year%19, year/100
	dropped := century - century/4 // leap years that centuries skip
	moon := (8*century + 13) / 25  // drift of the moon
	age := (dropped - moon + 19*golden + 15) % 30
	if age == 29 || age == 28 && golden > 10 {
		age--
	}
	full := time.Date(year, time.March, 21+age, 12, 0, 0, 0, time.UTC)
	return full.AddDate(0, 0, 7-int(full.Weekday()))
}
