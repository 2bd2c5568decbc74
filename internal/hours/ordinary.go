package hours

import "slices"

// evening is when the office hours of most people end.
const evening = 18 * 60

// OutOfOffice reports whether somebody who works can come: the place is open
// some time on a Saturday, on a Sunday or after 18:00, in some ordinary week
// (no holidays) of the year. It is false in its second answer when that cannot
// be known: nothing there is surely open and something may be, or the opening
// is of given years only.
func (h *Hours) OutOfOffice() (open, known bool) {
	if h == nil || len(h.rules) == 0 {
		return false, false
	}
	maybe := h.sun
	for i := range h.rules {
		r := &h.rules[i]
		if r.state != Closed && (len(r.years) > 0 || slices.ContainsFunc(r.dates, func(d dateRange) bool { return d.from.year != 0 })) {
			return false, false
		}
	}
	first := dayNumber(2024, 12, 30) // the 52 weeks of WeeklyMinutes
	days := 52 * 7
	if h.weekly {
		days = 7
	}
	var p plans
	p.n = 1
	for n := first; n < first+days; n++ {
		d, eve := ordinaryDay(n), ordinaryDay(n-1)
		h.fill(&p.list[0], &d, &eve)
		from := evening
		if d.weekday >= 5 {
			from = 0
		}
		judge := func(m int) bool {
			switch h.minute(&p, m, Zone{}).state {
			case Open:
				return true
			case Unknown:
				maybe = true
			}
			return false
		}
		if judge(from) {
			return true, true
		}
		for _, c := range h.cuts {
			if m := int(c); m > from && m < dayMinutes && judge(m) {
				return true, true
			}
		}
	}
	return false, !maybe
}
