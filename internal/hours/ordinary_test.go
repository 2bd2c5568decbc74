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
