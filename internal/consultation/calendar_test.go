package consultation

import (
	"testing"
	"time"
)

func TestEaster(t *testing.T) {
	// From the almanacs; the earliest and latest that there can be among them.
	for year, want := range map[int]string{
		1818: "03-22", 1943: "04-25", 1954: "04-18", 1981: "04-19", 2000: "04-23", 2019: "04-21", 2024: "03-31", 2025: "04-20", 2026: "04-05",
		2027: "03-28", 2028: "04-16", 2029: "04-01", 2030: "04-21", 2038: "04-25", 2049: "04-18", 2076: "04-19", 2285: "03-22",
	} {
		if got := easter(year); got.Format("01-02") != want || got.Weekday() != time.Sunday {
			t.Errorf("%d: %s, not %s", year, got.Format("Mon 01-02"), want)
		}
	}
}

func TestHolidaysAreNotWorked(t *testing.T) {
	for _, day := range []string{
		"2026-01-01", "2026-04-06", "2026-05-01", "2026-05-08", "2026-05-14", "2026-05-25", "2026-07-14", "2027-11-01", "2026-11-11", "2026-12-25",
		"2028-08-15", "2028-04-17", "2028-05-25", "2028-06-05", // a leap year
		"2026-03-07", "2026-03-08",
	} {
		if d, _ := time.Parse(time.DateOnly, day); working(d) {
			t.Errorf("%s is a working day", day)
		}
	}
	for _, day := range []string{"2026-01-02", "2026-04-03", "2026-04-07", "2026-05-15", "2026-12-24", "2026-12-26", "2028-04-18"} {
		if d, _ := time.Parse(time.DateOnly, day); working(d) != (d.Weekday() != time.Saturday) {
			t.Errorf("%s: %v", day, working(d))
		}
	}
	n := 0
	for d := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC); d.Year() == 2026; d = d.AddDate(0, 0, 1) {
		if working(d) {
			n++
		}
	}
	if n != 252 {
		t.Errorf("2026 has %d working days, not 252", n)
	}
}

// Two working days to acknowledge: the end of the second, in Paris.
func TestTwoWorkingDays(t *testing.T) {
	for from, want := range map[string]string{
		"2026-03-02T09:30:00Z": "2026-03-04T23:00:00Z", // Monday → Wednesday
		"2026-03-05T09:30:00Z": "2026-03-09T23:00:00Z", // Thursday → Monday
		"2026-03-06T09:30:00Z": "2026-03-10T23:00:00Z", // Friday → Tuesday
		"2026-03-07T09:30:00Z": "2026-03-10T23:00:00Z", // Saturday → Tuesday
		"2026-03-02T23:30:00Z": "2026-03-05T23:00:00Z", // already Tuesday in Paris
		"2026-04-02T09:30:00Z": "2026-04-07T22:00:00Z", // Maundy Thursday → Tuesday after Easter
		"2026-05-06T09:30:00Z": "2026-05-11T22:00:00Z", // 8 May is a Friday
		"2026-12-24T09:30:00Z": "2026-12-29T23:00:00Z", // Christmas, a weekend
		"2026-12-31T09:30:00Z": "2027-01-05T23:00:00Z",
	} {
		at, _ := time.Parse(time.RFC3339, from)
		if got := afterWorkingDays(at, 2).Format(time.RFC3339); got != want {
			t.Errorf("from %s: %s, not %s", from, got, want)
		}
	}
}

func TestDaysAreThoseOfParis(t *testing.T) {
	at := time.Date(2026, 3, 28, 23, 30, 0, 0, time.UTC) // 00:30 on the 29th, the day summer time begins
	if d := DayOf(at); d.String() != "2026-03-29" {
		t.Error(d)
	}
	if end := EndOfDay(DayOf(at)); !end.Equal(time.Date(2026, 3, 29, 22, 0, 0, 0, time.UTC)) {
		t.Error(end)
	}
	if end := afterDays(at, 30); !end.Equal(time.Date(2026, 4, 28, 22, 0, 0, 0, time.UTC)) {
		t.Error(end)
	}
}
