package hours

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// FuzzParse: whatever comes in, no panic and no endless search; what is read keeps
// its meaning in its exact form; what is refused is refused in French, where it
// is wrong.
func FuzzParse(f *testing.F) {
	for _, value := range trickyValues(f) {
		f.Add(value, int64(1795255200))
	}
	f.Add(strings.Repeat("PH,", 600)+"PH 00:00-00:01 off", int64(0))
	f.Add(strings.Repeat("00:00-01:00;", 127)+"off", int64(-1<<40))
	f.Add(strings.Repeat("Jan 01-31/8,", 150)+"Dec 31", int64(1<<40))
	f.Fuzz(func(t *testing.T, value string, seconds int64) {
		h, err := Parse(value)
		if err != nil {
			e, ok := err.(*SyntaxError)
			if !ok || h != nil || e.Text != value || e.Offset < 0 || e.Offset > len(value) || !utf8.ValidString(e.Message) || e.Message == "" {
				t.Fatalf("%q: %#v", value, err)
			}
			return
		}
		exact := h.String()
		again, err := Parse(exact)
		if err != nil {
			t.Fatalf("%q: its exact form %q is refused: %v", value, exact, err)
		}
		if again.String() != exact {
			t.Fatalf("%q: exact form %q, then %q", value, exact, again.String())
		}
		if a, b := strings.Join(h.Describe(), "|"), strings.Join(again.Describe(), "|"); a != b || a == "" || !utf8.ValidString(a) {
			t.Fatalf("%q: described %q, exact form %q", value, a, b)
		}
		for _, zone := range []Zone{ZoneOf("75"), ZoneOf("975"), ZoneOf("987")} {
			when := time.Unix(seconds, 0)
			for range 3 {
				a, b := h.At(when, zone), again.At(when, zone)
				if a != b {
					t.Fatalf("%q at %v: %+v, exact form %+v", value, when, a, b)
				}
				if a.State == Unknown && a.Reason == "" {
					t.Fatalf("%q at %v: unknown without a reason", value, when)
				}
				if !a.Until.IsZero() && (!a.Until.After(when) || a.Next == a.State) {
					t.Fatalf("%q at %v: %+v", value, when, a)
				}
				when = when.Add(31 * time.Hour)
			}
			for _, d := range h.Week(when, zone) {
				if d.Date.IsZero() {
					t.Fatalf("%q: no week", value)
				}
			}
		}
		h.WeeklyMinutes()
	})
}

// TestHostileValues: values made to be dear stay cheap enough not to notice.
func TestHostileValues(t *testing.T) {
	for _, value := range []string{
		strings.Repeat("PH,", 600) + "PH 00:00-00:01 off",
		strings.Repeat("00:00-00:01,00:02-00:03,", 80) + "00:00-00:01 off",
		strings.Repeat("Jan 01-31/8,", 150) + "Dec 31 off",
		strings.Repeat("easter 12:00-13:00 off;", 80),
	} {
		h := mustParse(t, value)
		if n := testing.AllocsPerRun(20, func() { h.At(time.Unix(1795255200, 0), ZoneOf("75")) }); n != 0 {
			t.Errorf("%q…: %v allocations", value[:30], n)
		}
	}
	for _, value := range []string{
		strings.Repeat("Mo 10:00-12:00;", 200), strings.Repeat("a", 1<<20), strings.Repeat("Mo,", 5000), strings.Repeat("(", 3000),
	} {
		if _, err := Parse(value); err == nil {
			t.Errorf("%q… is read", value[:30])
		}
	}
}
