package hours

import "testing"

func TestOutOfOffice(t *testing.T) {
	for _, c := range []struct {
		value       string
		open, known bool
	}{
		{"Mo-Fr 09:00-18:00", false, true},
		{"Mo-Fr 09:00-18:01", true, true},
		{"Mo-Fr 09:00-12:00; Tu 17:00-20:00", true, true},
		{"Sa 09:00-12:00", true, true},
		{"Sa[1] 10:00-12:00", true, true},
		{"Su 23:00-24:00", true, true},
		{"24/7", true, true},
		{"off", false, true},
		{"Mo 22:00-02:00", true, true},
		{"PH 10:00-20:00", false, true}, // an ordinary week has no holiday
		{"Mo-Fr 09:00-17:00; SH 09:00-19:00", false, true},
		{"Mo-Fr 09:00-17:00; Sa off", false, true},
		{"Mo-Sa 09:00-17:00; Sa off", false, true},
		{"Jul-Aug Sa 10:00-12:00; Mo-Fr 09:00-12:00", true, true},
		{"week 1-53/2 Sa 09:00-12:00", true, true},
		// A Saturday by appointment may or may not be a slot.
		{`Mo-Fr 09:00-17:00; Sa "sur rendez-vous"`, false, false},
		{`"sur rendez-vous"`, false, false},
		{`Mo-Fr 09:00-17:00 "sur rendez-vous"`, false, true}, // a comment to an opening leaves it open
		{`Mo 09:00-17:00 unknown`, false, true},              // whatever it is, it is in office hours
		{"Mo-Fr 09:00+", false, false},
		{"Mo-Fr 09:00-17:00; Sa sunrise-sunset", true, true}, // at noon, whatever the season
		{"Mo-Fr sunrise-sunset", false, false},
		{"2024 Sa 10:00-12:00", false, false},
		{"2024 Jul 06-2024 Jul 31 Sa 10:00-12:00; Mo-Fr 09:00-12:00", false, false},
		{"Mo-Fr 09:00-12:00; 2024 Dec 25 off", false, true},
	} {
		h, err := Parse(c.value)
		if err != nil {
			t.Errorf("%s: %v", c.value, err)
			continue
		}
		if open, known := h.OutOfOffice(); open != c.open || known != c.known {
			t.Errorf("%s: OutOfOffice = %v, %v, want %v, %v", c.value, open, known, c.open, c.known)
		}
	}
	if _, known := (*Hours)(nil).OutOfOffice(); known {
		t.Error("no hours at all are known to be closed")
	}
}

// Minute by minute gives the same as cut by cut.
func TestOutOfOfficeMinuteByMinute(t *testing.T) {
	for _, value := range []string{
		"Mo-Fr 09:00-18:00", "Mo-Fr 17:59-18:01", "Sa 00:00-00:01", "Fr 23:59-24:00", "Mo 22:00-02:00", "Su 22:00-26:00; Mo off",
		`Mo-Fr 09:00-17:00; Sa "sur rendez-vous"`, `Mo-Fr 17:00-19:00 unknown`, "week 10 Sa 09:00-12:00", "Dec 24-26 10:00-12:00", "Mo-Fr 09:00+", "Sa[-1] 08:00-09:00",
		"SH Mo-Fr 17:00-20:00; Mo-Fr 09:00-12:00", "easter Su 10:00-11:00", "Mo-Su 18:00-18:30; Sa,Su off; We off", "Mo-Fr 08:00-12:00 || \"sur rendez-vous\"",
	} {
		h, err := Parse(value)
		if err != nil {
			t.Fatalf("%s: %v", value, err)
		}
		var p plans
		p.n = 1
		first := dayNumber(2024, 12, 30)
		open, maybe := false, h.sun
		for n := first; n < first+52*7; n++ {
			d, eve := ordinaryDay(n), ordinaryDay(n-1)
			h.fill(&p.list[0], &d, &eve)
			for m := range dayMinutes {
				if d.weekday < 5 && m < evening {
					continue
				}
				switch h.minute(&p, m, Zone{}).state {
				case Open:
					open = true
				case Unknown:
					maybe = true
				}
			}
		}
		if got, known := h.OutOfOffice(); got != open || known != (open || !maybe) {
			t.Errorf("%s: %v, %v; minute by minute open %v, maybe %v", value, got, known, open, maybe)
		}
	}
}
