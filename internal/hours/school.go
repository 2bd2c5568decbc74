package hours

import "time"

// The school calendars of zones A, B and C as the ministry's orders of 7
// December 2022 (2024-2025, 2025-2026), 22 October 2025 (2026-2027) and 21 July
// 2026 (2027-2028) fix them. A holiday begins on the day after the last day of
// class ("après la classe") and ends on the eve of the return; the Ascension
// bridge counts from the Thursday on.
//
// The day of the return of September 2027 is not certain to us (sources give the
// 1st and the 2nd): 1 September 2027 is in no calendar, so Unknown. Corsica and the
// overseas academies fix their own, of which none is in the table.
var schoolCalendars = []struct{ from, to string }{
	{"2024-09-02", "2027-08-31"},
	{"2027-09-02", "2028-08-31"},
}

var schoolHolidays = []struct{ zones, from, to string }{
	{"ABC", "2024-10-20", "2024-11-03"},
	{"ABC", "2024-12-22", "2025-01-05"},
	{"B", "2025-02-09", "2025-02-23"},
	{"C", "2025-02-16", "2025-03-02"},
	{"A", "2025-02-23", "2025-03-09"},
	{"B", "2025-04-06", "2025-04-21"},
	{"C", "2025-04-13", "2025-04-27"},
	{"A", "2025-04-20", "2025-05-04"},
	{"ABC", "2025-05-29", "2025-06-01"},
	{"ABC", "2025-07-06", "2025-08-31"},

	{"ABC", "2025-10-19", "2025-11-02"},
	{"ABC", "2025-12-21", "2026-01-04"},
	{"A", "2026-02-08", "2026-02-22"},
	{"B", "2026-02-15", "2026-03-01"},
	{"C", "2026-02-22", "2026-03-08"},
	{"A", "2026-04-05", "2026-04-19"},
	{"B", "2026-04-12", "2026-04-26"},
	{"C", "2026-04-19", "2026-05-03"},
	{"ABC", "2026-05-14", "2026-05-17"},
	{"ABC", "2026-07-05", "2026-08-31"},

	{"ABC", "2026-10-18", "2026-11-01"},
	{"ABC", "2026-12-20", "2027-01-03"},
	{"C", "2027-02-07", "2027-02-21"},
	{"A", "2027-02-14", "2027-02-28"},
	{"B", "2027-02-21", "2027-03-07"},
	{"C", "2027-04-04", "2027-04-18"},
	{"A", "2027-04-11", "2027-04-25"},
	{"B", "2027-04-18", "2027-05-02"},
	{"ABC", "2027-05-06", "2027-05-09"},
	{"ABC", "2027-07-04", "2027-08-31"},

	{"ABC", "2027-10-24", "2027-11-07"},
	{"ABC", "2027-12-19", "2028-01-02"},
	{"B", "2028-02-06", "2028-02-20"},
	{"C", "2028-02-13", "2028-02-27"},
	{"A", "2028-02-20", "2028-03-05"},
	{"B", "2028-04-09", "2028-04-23"},
	{"C", "2028-04-16", "2028-05-01"},
	{"A", "2028-04-23", "2028-05-08"},
	{"ABC", "2028-05-25", "2028-05-28"},
	{"ABC", "2028-07-05", "2028-08-31"},
}

// schoolDays holds, for each day from schoolFirst on, a bit a zone (A 1, B 2,
// C 4) and a bit that says that the calendars are known.
var (
	schoolFirst int
	schoolDays  []uint8
)

const schoolKnown = 1 << 7

func init() {
	number := func(s string) int {
		t, err := time.Parse(time.DateOnly, s)
		if err != nil {
			panic("hours: " + err.Error()) // a slip in the table above
		}
		return dayNumber(t.Year(), int(t.Month()), t.Day())
	}
	last := len(schoolCalendars) - 1
	schoolFirst = number(schoolCalendars[0].from)
	schoolDays = make([]uint8, number(schoolCalendars[last].to)-schoolFirst+1)
	mark := func(from, to string, bits uint8) {
		for d := number(from); d <= number(to); d++ {
			schoolDays[d-schoolFirst] |= bits
		}
	}
	for _, c := range schoolCalendars {
		mark(c.from, c.to, schoolKnown)
	}
	for _, h := range schoolHolidays {
		for _, zone := range h.zones {
			mark(h.from, h.to, 1<<(zone-'A'))
		}
	}
}

// schoolHoliday says whether the day is a school holiday in the zone: Open
// when it is, Closed when it is not, Unknown when no calendar says.
func (z Zone) schoolHoliday(day int) State {
	i := day - schoolFirst
	if i < 0 || i >= len(schoolDays) || schoolDays[i]&schoolKnown == 0 {
		return Unknown
	}
	bits := schoolDays[i] &^ schoolKnown
	switch school := z.row().school; {
	case school != "":
		return guess(bits&(1<<(school[0]-'A')) != 0)
	case z.index != 0:
		return Unknown
	case bits == 0: // the zone is not known, but all three agree
		return Closed
	case bits == 7:
		return Open
	}
	return Unknown
}
