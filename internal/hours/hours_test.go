package hours

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func mustParse(t testing.TB, value string) *Hours {
	t.Helper()
	h, err := Parse(value)
	if err != nil {
		t.Fatalf("%q: %v", value, err)
	}
	return h
}

// TestAnswers holds the answers that people read: where, when, what.
func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		value, departement, at string // the clock of the place
		state                  State
		reason, until          string
		next                   State
	}{
		// The clock of the place, not the server's.
		{"Mo-Fr 09:00-12:00", "75", "2026-11-23 09:30", Open, "", "2026-11-23 12:00", Closed},
		{"Mo-Fr 09:00-12:00", "974", "2026-11-23 09:30", Open, "", "2026-11-23 12:00", Closed},
		{"Mo-Fr 09:00-12:00", "988", "2026-11-23 08:59", Closed, "", "2026-11-23 09:00", Open},
		{"Mo-Fr 09:00-12:00", "987", "2026-11-20 12:00", Closed, "", "2026-11-23 09:00", Open}, // the 20th is only noted where a rule speaks

		// Public holidays, named.
		{"Mo-Fr 09:00-17:00; PH off", "75", "2026-07-14 10:00", Closed, "jour férié : 14 juillet", "2026-07-15 09:00", Open},
		{"Mo-Fr 09:00-17:00", "75", "2026-07-14 10:00", Open, "jour férié : 14 juillet (les horaires ne précisent pas ce jour : mieux vaut vérifier)", "2026-07-14 17:00", Closed},
		{"Mo-Fr 09:00-17:00; PH 10:00-12:00", "75", "2026-07-14 10:00", Open, "jour férié : 14 juillet", "2026-07-14 12:00", Closed},
		{"Mo-Sa 09:00-17:00; PH off", "67", "2026-12-26 10:00", Closed, "jour férié : Saint-Étienne", "2026-12-28 09:00", Open},
		{"Mo-Sa 09:00-17:00; PH off", "54", "2026-12-26 10:00", Open, "", "2026-12-26 17:00", Closed},
		{"Mo-Fr 09:00-17:00; PH off", "57", "2026-04-03 10:00", Closed, "jour férié : Vendredi saint", "2026-04-07 09:00", Open},
		{"Mo-Fr 09:00-17:00; PH off", "972", "2026-05-22 10:00", Closed, "jour férié : abolition de l’esclavage", "2026-05-26 09:00", Open},
		{"Mo-Fr 09:00-17:00; PH off", "988", "2026-09-24 10:00", Closed, "jour férié : fête de la Citoyenneté", "2026-09-25 09:00", Open},
		{"Mo-Fr 09:00-17:00; PH off", "987", "2026-11-20 10:00", Closed, "jour férié : Matari’i", "2026-11-23 09:00", Open},
		{"Mo-Fr 09:00-17:00; PH off", "987", "2024-11-20 10:00", Open, "", "2024-11-20 17:00", Closed},
		{"Mo-Fr 09:00-17:00; PH +1 day off", "75", "2026-07-15 10:00", Closed, "jour férié : 14 juillet (lendemain)", "2026-07-16 09:00", Open},

		// School holidays: known, then not.
		{"Mo-Fr 09:00-17:00; SH off", "69", "2026-02-09 10:00", Closed, "vacances scolaires", "2026-02-23 09:00", Open},
		{"Mo-Fr 09:00-17:00; SH off", "67", "2026-02-09 10:00", Open, "", "2026-02-09 17:00", Closed},
		{"Mo-Fr 09:00-17:00; SH off", "67", "2031-02-10 10:00", Unknown, "le calendrier des vacances scolaires n’est pas connu en zone B à cette date", "2031-02-10 17:00", Closed},
		{"Mo-Fr 09:00-17:00; SH off", "67", "2031-02-10 18:00", Closed, "", "2031-02-11 09:00", Unknown},
		{"Mo-Fr 09:00-17:00; SH off", "2A", "2026-02-09 10:00", Unknown, "le calendrier des vacances scolaires n’est pas connu en Corse à cette date", "2026-02-09 17:00", Closed},
		{"Mo-Fr 09:00-17:00; SH 09:00-17:00", "2A", "2026-02-09 10:00", Open, "", "2026-02-09 17:00", Closed},

		// On appointment, and what is not said.
		{"Mo-Fr 09:00-12:00 \"sur rendez-vous\"", "75", "2026-11-23 09:30", Unknown, "à vérifier : « sur rendez-vous »", "2026-11-23 12:00", Closed},
		{"Mo-Fr 09:00-12:00 open \"sur rendez-vous\"", "75", "2026-11-23 09:30", Open, "", "2026-11-23 12:00", Closed},
		{"Mo-Fr 14:00+", "75", "2026-11-23 15:00", Unknown, "l’heure de fermeture n’est pas précisée", "2026-11-24 00:00", Closed},
		{"Mo-Fr 09:00-12:00 unknown", "75", "2026-11-23 09:30", Unknown, "horaires indiqués comme incertains", "2026-11-23 12:00", Closed},
		{"sunrise-sunset", "75", "2026-11-23 12:00", Open, "", "2026-11-23 16:00", Unknown},
		{"sunrise-sunset", "75", "2026-11-23 17:00", Unknown, "dépend de l’heure du soleil à cet endroit", "2026-11-23 22:45", Closed},

		// Never, for ever, far.
		{"24/7", "75", "2026-11-23 09:30", Open, "", "", 0},
		{"off", "75", "2026-11-23 09:30", Closed, "", "", 0},
		{"Mo-Su 00:00-24:00", "75", "2026-11-23 09:30", Open, "", "", 0},
		{"2029 Dec 24 10:00-12:00", "75", "2026-11-23 09:30", Closed, "", "2029-12-24 10:00", Open},
		{"2025 Mo-Fr 10:00-12:00", "75", "2026-11-23 09:30", Closed, "", "", 0},

		// The clock jumps: 29 March 2026 has no 02:30, 25 October two.
		{"Su 02:15-02:45", "75", "2026-03-28 12:00", Closed, "", "2026-04-05 02:15", Open},
		{"Su 01:30-02:30", "75", "2026-03-29 01:45", Open, "", "2026-03-29 03:00", Closed},
		{"Su 02:30-04:00", "75", "2026-03-29 01:45", Closed, "", "2026-03-29 03:00", Open},
		{"Sa 20:00-06:00", "75", "2026-03-28 21:00", Open, "", "2026-03-29 06:00", Closed},
	} {
		zone := ZoneOf(c.departement)
		when, err := time.ParseInLocation("2006-01-02 15:04", c.at, zone.Location())
		if err != nil {
			t.Fatal(err)
		}
		h := mustParse(t, c.value)
		a := h.At(when, zone)
		until := ""
		if !a.Until.IsZero() {
			until = a.Until.Format("2006-01-02 15:04")
		}
		if a.State != c.state || a.Reason != c.reason || until != c.until || a.Next != c.next {
			t.Errorf("%q, %s, %s:\n got %s %q until %q then %s\nwant %s %q until %q then %s", c.value, zone.Key(), c.at,
				stateWords[a.State], a.Reason, until, stateWords[a.Next], stateWords[c.state], c.reason, c.until, stateWords[c.next])
		}
		if got := h.StateAt(when, zone); got != a.State {
			t.Errorf("%q: StateAt says %s, At %s", c.value, stateWords[got], stateWords[a.State])
		}
		if a.State == Unknown && a.Reason == "" {
			t.Errorf("%q: unknown without a reason", c.value)
		}
	}
}

func TestClockGoesBack(t *testing.T) {
	h, zone := mustParse(t, "Su 02:30-04:00"), ZoneOf("75")
	// 00:45 UTC is 02:45 in summer time; at 01:00 UTC the clock shows 02:00 again.
	a := h.At(time.Date(2026, 10, 25, 0, 45, 0, 0, time.UTC), zone)
	if a.State != Open || !a.Until.Equal(time.Date(2026, 10, 25, 1, 0, 0, 0, time.UTC)) {
		t.Errorf("first 02:45: %v until %v", a.State, a.Until)
	}
	a = h.At(a.Until, zone)
	if a.State != Closed || !a.Until.Equal(time.Date(2026, 10, 25, 1, 30, 0, 0, time.UTC)) {
		t.Errorf("second 02:00: %v until %v", a.State, a.Until)
	}
}

func TestNoHours(t *testing.T) {
	var h *Hours
	if a := h.At(time.Now(), Zone{}); a.State != Unknown || a.Reason == "" {
		t.Errorf("nil Hours: %+v", a)
	}
	if h.Describe() != nil || h.Week(time.Now(), Zone{})[0].Unknown == "" || h.String() != "" {
		t.Error("nil Hours say something")
	}
	if _, ok := h.WeeklyMinutes(); ok {
		t.Error("nil Hours have a length")
	}
}

func TestZones(t *testing.T) {
	for departement, want := range map[string][2]string{
		"01": {"metropole-A", "Europe/Paris"}, "75": {"metropole-C", "Europe/Paris"}, "59": {"metropole-B", "Europe/Paris"},
		"57": {"alsace-moselle", "Europe/Paris"}, "67": {"alsace-moselle", "Europe/Paris"}, "68": {"alsace-moselle", "Europe/Paris"},
		"2A": {"corse", "Europe/Paris"}, "2b": {"corse", "Europe/Paris"},
		"971": {"971", "America/Guadeloupe"}, "972": {"972", "America/Martinique"}, "973": {"973", "America/Cayenne"},
		"974": {"974", "Indian/Reunion"}, "975": {"975", "America/Miquelon"}, "976": {"976", "Indian/Mayotte"},
		"977": {"977", "America/St_Barthelemy"}, "978": {"978", "America/Marigot"}, "986": {"986", "Pacific/Wallis"},
		"987": {"987", "Pacific/Tahiti"}, "988": {"988", "Pacific/Noumea"},
		"98731": {"987-marquises", "Pacific/Marquesas"}, "98719": {"987-gambier", "Pacific/Gambier"}, "98735": {"987", "Pacific/Tahiti"},
		"": {"metropole", "Europe/Paris"}, "99": {"metropole", "Europe/Paris"},
	} {
		z := ZoneOf(departement)
		if z.Key() != want[0] || z.Location().String() != want[1] {
			t.Errorf("%q: %s, %s", departement, z.Key(), z.Location())
		}
		if back, ok := ZoneFromKey(z.Key()); !ok || back != z {
			t.Errorf("%q: key %q does not lead back", departement, z.Key())
		}
	}
	if _, ok := ZoneFromKey("atlantide"); ok {
		t.Error("an unknown key has a zone")
	}
	// Each of the 96 départements of Europe has its school zone, once.
	count := 0
	seen := map[string]bool{}
	for key, list := range zoneCodes {
		for code := range strings.FieldsSeq(list) {
			if code == "20" || len(code) == 5 {
				continue // Corsica's former code; communes
			}
			if seen[code] {
				t.Errorf("%s: %s is in two zones", key, code)
			}
			seen[code] = true
			count++
		}
	}
	if count != 96 {
		t.Errorf("%d départements have a school zone, not 96", count)
	}
}

// TestPublicHolidays holds the holidays of a year in every territory.
func TestPublicHolidays(t *testing.T) {
	var b strings.Builder
	for i := range zones {
		z := Zone{uint8(i)}
		fmt.Fprintf(&b, "%s\n", z.Key())
		for day := dayNumber(2026, 1, 1); day < dayNumber(2027, 1, 1); day++ {
			d := dayAt(day, z)
			if k := d.publicHoliday(z); k >= 0 {
				fmt.Fprintf(&b, "    %04d-%02d-%02d %s\n", d.year, d.month, d.day, holidays[k].name)
			}
		}
	}
	golden(t, "holidays-2026.txt", b.String())
}

func TestCalendar(t *testing.T) {
	for day := dayNumber(1890, 1, 1); day < dayNumber(2110, 1, 1); day++ {
		y, m, d := civil(day)
		want := time.Unix(int64(day)*86400, 0).UTC()
		_, week := want.ISOWeek()
		date := date{number: day, year: y, month: m, day: d, weekday: weekdayOf(day)}
		if want.Year() != y || int(want.Month()) != m || want.Day() != d || dayNumber(y, m, d) != day ||
			int(want.Weekday()+6)%7 != date.weekday || date.isoWeek() != week {
			t.Fatalf("day %d: %d-%d-%d, weekday %d, week %d; want %v, week %d", day, y, m, d, date.weekday, date.isoWeek(), want, week)
		}
	}
	for year, want := range map[int]string{1954: "04-18", 1981: "04-19", 2000: "04-23", 2008: "03-23", 2011: "04-24", 2024: "03-31", 2025: "04-20", 2026: "04-05", 2027: "03-28", 2038: "04-25", 2049: "04-18", 2076: "04-19", 2285: "03-22"} {
		_, m, d := civil(easterDay(year))
		if got := fmt.Sprintf("%02d-%02d", m, d); got != want {
			t.Errorf("Easter %d: %s, want %s", year, got, want)
		}
	}
}

// TestSchoolCalendars checks the table for slips: holidays are within a known
// year, begin on the day after a class and never overlap in one zone.
func TestSchoolCalendars(t *testing.T) {
	for _, zone := range "ABC" {
		last := ""
		total := 0
		for _, h := range schoolHolidays {
			if !strings.ContainsRune(h.zones, zone) {
				continue
			}
			if h.from <= last || h.to < h.from {
				t.Errorf("zone %c: %s–%s is out of order", zone, h.from, h.to)
			}
			last = h.to
			from, _ := time.Parse(time.DateOnly, h.from)
			to, _ := time.Parse(time.DateOnly, h.to)
			total += int(to.Sub(from).Hours()/24) + 1
			if d := from.Weekday(); d != time.Sunday && d != time.Thursday && h.from != "2028-07-05" {
				t.Errorf("zone %c: %s begins on a %s", zone, h.from, d)
			}
		}
		if total < 4*110 || total > 4*125 {
			t.Errorf("zone %c: %d days of holidays in four years", zone, total)
		}
	}
	if z := ZoneOf("75"); z.schoolHoliday(dayNumber(2027, 9, 1)) != Unknown || z.schoolHoliday(dayNumber(2024, 9, 1)) != Unknown {
		t.Error("a day that no calendar has is not unknown")
	}
	if (Zone{}).schoolHoliday(dayNumber(2026, 2, 9)) != Unknown || (Zone{}).schoolHoliday(dayNumber(2026, 12, 22)) != Open {
		t.Error("without a zone, only what all three have is known")
	}
}

func TestWeeks(t *testing.T) {
	var b strings.Builder
	for _, c := range []struct{ value, departement, monday string }{
		{"Mo-Fr 09:00-12:00,14:00-17:30; PH off", "75", "2026-07-13"},
		{"Mo-Fr 09:00-12:00,14:00-17:30", "75", "2026-07-13"},
		{"Mo-Fr 09:00-17:00; PH off", "974", "2026-12-14"},
		{"week 1-53/2 Mo 09:30-12:30,13:30-15:30; PH off", "16", "2026-11-23"},
		{"week 1-53/2 Mo 09:30-12:30,13:30-15:30; PH off", "16", "2026-11-16"},
		{"Mo-Th 18:00-24:00; Fr,Sa 18:00-02:00", "75", "2026-11-16"},
		{"24/7; We off", "75", "2026-11-16"},
		{"Mo-Su 00:00-26:00", "75", "2026-11-16"},
		{"\"sur rendez-vous\"", "75", "2026-11-16"},
		{"Mo-Fr 09:00-12:00 || \"sur rendez-vous\"", "75", "2026-11-16"},
		{"Mo-Fr 09:00-12:00; Sa 09:00-12:00 \"sur rendez-vous\"", "75", "2026-11-16"},
		{"Mo-Fr 14:00+", "75", "2026-11-16"},
		{"We 14:00-18:00; SH Mo-Fr 10:00-18:00; PH off", "75", "2026-04-27"},
		{"We 14:00-18:00; SH Mo-Fr 10:00-18:00; PH off", "971", "2026-04-27"},
		{"Mo-Fr 09:00-12:00; Aug off \"congés\"", "75", "2026-08-10"},
		{"Mo-Sa sunrise-12:00", "75", "2026-11-16"},
	} {
		zone := ZoneOf(c.departement)
		monday, _ := time.ParseInLocation(time.DateOnly, c.monday, zone.Location())
		fmt.Fprintf(&b, "%s — %s\n", c.value, zone.Key())
		for _, d := range mustParse(t, c.value).Week(monday, zone) {
			fmt.Fprintf(&b, "    %s", d.Date.Format("Mon 2006-01-02"))
			for _, s := range d.Spans {
				fmt.Fprintf(&b, " | %02d:%02d-%02d:%02d %s", s.From/60, s.From%60, s.To/60, s.To%60, stateWords[s.State])
				if s.Comment != "" {
					fmt.Fprintf(&b, " (%s)", s.Comment)
				}
			}
			if len(d.Spans) == 0 && d.Unknown == "" {
				b.WriteString(" | closed")
			}
			if d.Unknown != "" {
				fmt.Fprintf(&b, " | unknown: %s", d.Unknown)
			}
			if d.Note != "" {
				fmt.Fprintf(&b, " | note: %s", d.Note)
			}
			b.WriteString("\n")
		}
	}
	golden(t, "weeks.txt", b.String())
}

// anyValue draws values from all of the grammar.
func anyValue() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		pick := func(label string, of ...string) string { return rapid.SampledFrom(of).Draw(t, label) }
		moment := func(label string, days int) string {
			m := rapid.IntRange(0, days*dayMinutes/15-1).Draw(t, label) * 15
			return fmt.Sprintf("%02d:%02d", m/60, m%60)
		}
		var b strings.Builder
		timed := true
		for i := range rapid.IntRange(1, 4).Draw(t, "rules") {
			if i > 0 {
				separators := []string{"; ", " || ", "; ", ", "}
				if !timed {
					separators = separators[:3] // a comma after days is a list of days
				}
				b.WriteString(pick("separator", separators...))
			}
			var parts []string
			if rapid.IntRange(0, 3).Draw(t, "wide") == 0 {
				parts = append(parts, pick("dates", "Jan-Mar", "Nov-Feb", "Dec 24-Jan 02", "Jan 01-31/8", "2026-2027", "2026 Dec 20-Jan 05", "easter -2 days-easter +1 day", "week 1-53/2", "week 2-52/2", "week 50-2", "Mar Su[-1]-Oct Su[-1]", "Feb 29", "2026+", "Oct 25", "Mar 29"))
			}
			parts = append(parts, pick("days", "", "Mo-Fr", "Mo", "Su", "Sa-Mo", "Tu,Th", "PH", "PH,Su", "SH", "SH Mo-Fr", "Mo[1]", "Su[-1] +1 day", "PH -1 day", "Mo-Su"))
			var times []string
			for range rapid.IntRange(0, 3).Draw(t, "spans") {
				times = append(times, pick("shape", moment("from", 1)+"-"+moment("to", 2), moment("from", 1)+"-"+moment("to", 1), moment("from", 1)+"-"+moment("to", 1), moment("from", 1)+"+", "sunrise-sunset", "sunset-02:00"))
			}
			parts = append(parts, strings.Join(times, ","))
			parts = append(parts, pick("modifier", "", "", "", "off", "off", "unknown", "\"rdv\"", "open \"rdv\""))
			parts = slices.DeleteFunc(parts, func(s string) bool { return s == "" })
			timed = len(times) > 0 || len(parts) > 0 && slices.Contains([]string{"off", "unknown", "\"rdv\"", "open \"rdv\""}, parts[len(parts)-1])
			if len(parts) == 0 {
				parts, timed = append(parts, "24/7"), true
			}
			b.WriteString(strings.Join(parts, " "))
		}
		return b.String()
	})
}

func anyZone() *rapid.Generator[Zone] {
	return rapid.Custom(func(t *rapid.T) Zone {
		return rapid.SampledFrom([]Zone{ZoneOf("75"), ZoneOf("75"), ZoneOf("67"), ZoneOf("974"), ZoneOf("975"), ZoneOf("987"), {}}).Draw(t, "zone")
	})
}

// anyInstant draws moments, those around the jumps of the clock more often.
func anyInstant() *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time {
		base := rapid.SampledFrom([]time.Time{
			time.Date(2026, 3, 27, 0, 0, 0, 0, time.UTC), time.Date(2026, 10, 23, 0, 0, 0, 0, time.UTC), time.Date(2026, 12, 29, 0, 0, 0, 0, time.UTC),
			time.Date(2026, 3, 7, 0, 0, 0, 0, time.UTC), time.Date(2026, 10, 31, 0, 0, 0, 0, time.UTC), time.Date(2026, 4, 30, 0, 0, 0, 0, time.UTC), time.Date(2027, 6, 1, 0, 0, 0, 0, time.UTC),
		}).Draw(t, "around")
		return base.Add(time.Duration(rapid.IntRange(0, 3*86400).Draw(t, "seconds")) * time.Second)
	})
}

// TestUntilIsTheFirstChange walks minute by minute, as nobody would.
func TestUntilIsTheFirstChange(t *testing.T) {
	const days = 9
	rapid.Check(t, func(t *rapid.T) {
		value, zone, now := anyValue().Draw(t, "value"), anyZone().Draw(t, "place"), anyInstant().Draw(t, "now")
		h, err := Parse(value)
		if err != nil {
			t.Fatalf("%q: %v", value, err)
		}
		a := h.At(now, zone)
		if a.State == Unknown && a.Reason == "" {
			t.Fatalf("%q: unknown without a reason", value)
		}
		for at, end := now.Truncate(time.Minute).Add(time.Minute), now.AddDate(0, 0, days); at.Before(end); at = at.Add(time.Minute) {
			if s := h.StateAt(at, zone); s != a.State {
				if !a.Until.Equal(at) || a.Next != s {
					t.Fatalf("%q at %v (%s): becomes %s at %v, Until says %v, %s", value, now.In(zone.Location()), stateWords[a.State], stateWords[s], at.In(zone.Location()), a.Until, stateWords[a.Next])
				}
				return
			}
		}
		if !a.Until.IsZero() && a.Until.Before(now.AddDate(0, 0, days)) {
			t.Fatalf("%q at %v (%s): Until says %v and nothing changes", value, now.In(zone.Location()), stateWords[a.State], a.Until)
		}
	})
}

// TestWeekHoldsEveryMinute: a minute is open exactly when one span of the table
// has it.
func TestWeekHoldsEveryMinute(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value, zone := anyValue().Draw(t, "value"), anyZone().Draw(t, "place")
		h, err := Parse(value)
		if err != nil {
			t.Fatalf("%q: %v", value, err)
		}
		// Weeks without a jump of the clock, the second with two holidays.
		monday := time.Date(2026, 5, 4, 0, 0, 0, 0, zone.Location())
		if rapid.Bool().Draw(t, "other week") {
			monday = time.Date(2026, 12, 28, 0, 0, 0, 0, zone.Location())
		}
		before, week := h.Week(monday.AddDate(0, 0, -7), zone), h.Week(monday, zone)
		held := make([]int, 9*dayMinutes)
		for i, day := range append(before[6:], week[:]...) {
			last := 0
			for _, s := range day.Spans {
				if s.From < last || s.To <= s.From {
					t.Fatalf("%q: spans of %v out of order: %v", value, day.Date, day.Spans)
				}
				last = s.To
				if s.State == Open {
					for m := s.From; m < s.To; m++ {
						held[i*dayMinutes+m]++
					}
				}
			}
		}
		for m := range 7 * dayMinutes {
			at := monday.Add(time.Duration(m) * time.Minute)
			want := 0
			if h.StateAt(at, zone) == Open {
				want = 1
			}
			if held[dayMinutes+m] != want {
				t.Fatalf("%q: %v is in %d spans, want %d\n%v", value, at, held[dayMinutes+m], want, week)
			}
		}
	})
}

// TestManyReaders runs under the race detector in CI.
func TestManyReaders(t *testing.T) {
	h := mustParse(t, "Mo-Fr 09:00-12:00; PH off; SH 10:00-12:00 || \"sur rendez-vous\"")
	now := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for k := range 50 {
				h.At(now.Add(time.Duration(i*k)*time.Hour), ZoneOf("75"))
				h.Week(now, ZoneOf("974"))
				h.Describe()
				h.WeeklyMinutes()
				_ = h.String()
			}
		})
	}
	group.Wait()
}

// TestRealValues: every real value that parses keeps its meaning in its exact
// form, and can be said.
func TestRealValues(t *testing.T) {
	refused := 0
	for _, value := range realValues(t) {
		h, err := Parse(value)
		if err != nil {
			refused++
			t.Logf("%q: %v", value, err)
			continue
		}
		if h.String() != value {
			if again := mustParse(t, h.String()); again.String() != h.String() {
				t.Errorf("%q: %q reads as %q", value, h.String(), again.String())
			}
		}
		if lines := h.Describe(); len(lines) == 0 {
			t.Errorf("%q: nothing to say", value)
		}
		if m, ok := h.WeeklyMinutes(); !ok || m <= 0 {
			t.Errorf("%q: %d minutes a week, %v", value, m, ok)
		}
	}
	if refused > 0 {
		t.Errorf("%d real values refused; the census-dev file has none that are wrong", refused)
	}
}

var benchmarkValues = []string{"Mo-Fr 09:00-17:00", "Mo 14:00-16:30; Tu,Th,Fr 09:00-12:00,14:00-16:30; We,Sa 09:00-12:00", "week 1-53/2 Mo 09:30-12:30,13:30-15:30; PH off", "Mo-Fr 09:00-12:00,14:00-17:00; PH off; SH 10:00-12:00"}

func BenchmarkParse(b *testing.B) {
	for _, value := range benchmarkValues {
		b.Run(value, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Parse(value)
			}
		})
	}
}

// BenchmarkAt is the state and its next change, over the hours of a week.
func BenchmarkAt(b *testing.B) {
	zone := ZoneOf("75")
	for _, value := range benchmarkValues {
		h := mustParse(b, value)
		b.Run(value, func(b *testing.B) {
			b.ReportAllocs()
			t := time.Date(2026, 11, 16, 0, 30, 0, 0, time.UTC)
			for i := 0; b.Loop(); i++ {
				h.At(t.Add(time.Duration(i%168)*time.Hour), zone)
			}
		})
	}
}

func BenchmarkStateAt(b *testing.B) {
	zone := ZoneOf("75")
	for _, value := range benchmarkValues {
		h := mustParse(b, value)
		b.Run(value, func(b *testing.B) {
			b.ReportAllocs()
			t := time.Date(2026, 11, 16, 0, 30, 0, 0, time.UTC)
			for i := 0; b.Loop(); i++ {
				h.StateAt(t.Add(time.Duration(i%168)*time.Hour), zone)
			}
		})
	}
}

// BenchmarkUntilFar is the dearest search of ordinary values: years ahead.
func BenchmarkUntilFar(b *testing.B) {
	zone := ZoneOf("75")
	t := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	for _, value := range []string{"2029 Dec 24 10:00-12:00", "2025 Mo-Fr 10:00-12:00", "Feb 29 10:00-12:00"} {
		h := mustParse(b, value)
		b.Run(value, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				h.At(t, zone)
			}
		})
	}
}
