package hours

import (
	"encoding/csv"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func slots(minutes ...int) (out []Slot) {
	for i := 0; i+1 < len(minutes); i += 2 {
		out = append(out, Slot{From: minutes[i] * 60, To: minutes[i+1] * 60})
	}
	return out
}

var shut = TableDay{Closed: true}

func every(d TableDay, days ...TableDay) (out [7]TableDay) {
	for i := range out {
		out[i] = d
	}
	copy(out[7-len(days):], days)
	return out
}

// TestTableOf holds what people see of a value, and what is written when they
// send it back as it is.
func TestTableOf(t *testing.T) {
	day := TableDay{Slots: slots(9, 12, 14, 17)}
	rdv := TableDay{Note: "sur rendez-vous"}
	for _, c := range []struct {
		text  string
		table Table
		again string
	}{
		{"", Table{}, ""},
		{"Mo-Fr 09:00-12:00,14:00-17:00", Table{Days: every(day, shut, shut)}, "Mo-Fr 09:00-12:00,14:00-17:00"},
		{"Mo-Fr 09:00-12:00,14:00-17:00; Sa,Su off", Table{Days: every(day, shut, shut)}, "Mo-Fr 09:00-12:00,14:00-17:00"},
		{"Mo-Fr 09:00-12:00,14:00-17:00; Tu off", Table{Days: [7]TableDay{day, shut, day, day, day, shut, shut}}, "Mo,We-Fr 09:00-12:00,14:00-17:00"},
		{"Mo-Fr 09:00-12:00, Mo-Fr 14:00-17:00", Table{Days: every(day, shut, shut)}, "Mo-Fr 09:00-12:00,14:00-17:00"},
		{"Mo-Fr 09:00-17:00; 12:00-14:00 off", Table{Days: every(day, shut, shut)}, "Mo-Fr 09:00-12:00,14:00-17:00"},
		{"24/7", Table{Days: every(TableDay{Slots: slots(0, 24)})}, "Mo-Su 00:00-24:00"},
		{"off", Table{Days: every(shut)}, "Mo-Su off"},
		{`"sur rendez-vous"`, Table{Days: every(rdv)}, `Mo-Su "sur rendez-vous"`},
		{`Mo-Fr 09:00-12:00, Mo-Fr 14:00-17:00 "sur rendez-vous"; Sa "sur rendez-vous"`, Table{Days: every(TableDay{Slots: []Slot{{540, 720, ""}, {840, 1020, "sur rendez-vous"}}}, rdv, shut)},
			`Mo-Fr 09:00-12:00, Mo-Fr 14:00-17:00 "sur rendez-vous"; Sa "sur rendez-vous"`},
		// Friday's night ends where Saturday's rule begins.
		{"Fr 22:00-02:00; Sa 10:00-12:00", Table{Days: [7]TableDay{shut, shut, shut, shut, {Slots: slots(22, 24)}, {Slots: slots(10, 12)}, shut}}, "Fr 22:00-24:00; Sa 10:00-12:00"},
		{"Sa 10:00-12:00; Fr 22:00-02:00", Table{Days: [7]TableDay{shut, shut, shut, shut, {Slots: slots(22, 26)}, {Slots: slots(10, 12)}, shut}}, "Fr 22:00-02:00, Sa 10:00-12:00"},
		{"Mo-Fr 09:00-12:00,14:00-17:00; PH off", Table{Days: every(day, shut, shut), Public: shut}, "Mo-Fr 09:00-12:00,14:00-17:00; PH off"},
		{"Mo-Fr 09:00-12:00,14:00-17:00; PH,SH off", Table{Days: every(day, shut, shut), Public: shut, School: true}, "Mo-Fr 09:00-12:00,14:00-17:00; SH off; PH off"},
		{"Mo-Fr 09:00-12:00,14:00-17:00; SH off; PH 10:00-12:00", Table{Days: every(day, shut, shut), Public: TableDay{Slots: slots(10, 12)}, School: true}, "Mo-Fr 09:00-12:00,14:00-17:00; SH off; PH 10:00-12:00"},
		{"Mo-Fr 09:00-12:00,14:00-17:00; PH 10:00-12:00; SH off", Table{Days: every(day, shut, shut), Public: TableDay{Slots: slots(10, 12)}, Rest: "SH off"}, "Mo-Fr 09:00-12:00,14:00-17:00; PH 10:00-12:00; SH off"},
		{"PH off; Mo-Fr 09:00-17:00", Table{Public: shut, Rest: "Mo-Fr 09:00-17:00"}, "PH off; Mo-Fr 09:00-17:00"},
		{`Mo-Fr 09:00-12:00,14:00-17:00 || "sur rendez-vous"`, Table{Days: every(day, shut, shut), Otherwise: "sur rendez-vous"}, `Mo-Fr 09:00-12:00,14:00-17:00 || "sur rendez-vous"`},
		{`Mo-Fr 09:00-12:00,14:00-17:00; PH off; Aug off "congés"; Dec 24-26 off || Sa "sur rendez-vous"`, Table{Days: every(day, shut, shut), Public: shut, Rest: `Aug off "congés"; Dec 24-26 off || Sa "sur rendez-vous"`},
			`Mo-Fr 09:00-12:00,14:00-17:00; PH off; Aug off "congés"; Dec 24-26 off || Sa "sur rendez-vous"`},
		{"Mo-Fr 09:00-12:00,14:00-17:00, week 2-52/2 Sa 09:00-12:00", Table{Days: every(day, shut, shut), Rest: ", week 02-52/2 Sa 09:00-12:00"}, "Mo-Fr 09:00-12:00,14:00-17:00, week 02-52/2 Sa 09:00-12:00"},
		{"Jul-Aug Mo-Fr 10:00-12:00", Table{Rest: "Jul-Aug Mo-Fr 10:00-12:00"}, "Jul-Aug Mo-Fr 10:00-12:00"},
		{"Mo 09:00+", Table{Rest: "Mo 09:00+"}, "Mo 09:00+"},
	} {
		got, err := TableOf(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if d := cmp.Diff(c.table, got); d != "" {
			t.Errorf("%s: -want +got: %s", c.text, d)
		}
		if again, err := got.OSM(); err != nil || again != c.again {
			t.Errorf("%s: written %q, %v; want %q", c.text, again, err, c.again)
		}
	}
}

// unaltered holds what a value cut in two and joined again still means: every
// minute at which anything may change, of days of every kind.
func unaltered(t testing.TB, text string) (whole bool) {
	t.Helper()
	h, err := Parse(text)
	if err != nil {
		if _, err := TableOf(text); err == nil && strings.TrimSpace(text) != "" {
			t.Fatalf("%q is cut and cannot be read", text)
		}
		return false
	}
	table, err := TableOf(text)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	again, err := table.OSM()
	if err != nil {
		t.Fatalf("%q cut into %+v: %v", text, table, err)
	}
	back := mustParse(t, again)
	second, err := TableOf(again)
	if err != nil || !second.Equal(&table) {
		t.Fatalf("%q cut into %+v, joined into %q, cut into %+v, %v", text, table, again, second, err)
	}
	zone := ZoneOf("67")
	for _, from := range []int{dayNumber(2025, 12, 20), dayNumber(2026, 2, 5), dayNumber(2026, 4, 1), dayNumber(2026, 7, 10), dayNumber(2027, 1, 1)} {
		for day := from; day < from+18; day++ {
			y, m, d := civil(day)
			midnight := time.Date(y, time.Month(m), d, 0, 0, 0, 0, zone.Location())
			for _, cut := range append([]int16{0, 600, 1439}, h.cuts...) {
				at := midnight.Add(time.Duration(cut) * time.Minute)
				var a, b Answer
				a.State, b.State = h.StateAt(at, zone), back.StateAt(at, zone)
				if a.State == b.State && a.State == Unknown {
					a, b = h.At(at, zone), back.At(at, zone)
				}
				if a.State != b.State || a.Comment != b.Comment {
					t.Fatalf("%q cut into %+v, joined into %q: at %v %+v, then %+v", text, table, again, at, a, b)
				}
			}
		}
	}
	return table.Rest == ""
}

func TestTableAltersNothing(t *testing.T) {
	for _, value := range trickyValues(t) {
		unaltered(t, value)
	}
	if testing.Short() {
		return
	}
	f, err := os.Open("../../../shared/data/census-dev.csv")
	if err != nil {
		t.Skip("no real file here")
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column, seen, whole, read := 0, map[string]bool{}, 0, 0
	for i, name := range rows[0] {
		if strings.TrimPrefix(name, "\ufeff") == "horaires" {
			column = i
		}
	}
	for _, row := range rows[1:] {
		text := row[column]
		if seen[text] {
			continue
		}
		seen[text] = true
		if _, err := Parse(text); err == nil {
			read++
			if unaltered(t, text) {
				whole++
			}
		}
	}
	t.Logf("%d values, %d wholly in the table", read, whole)
	if read > 0 && whole*10 < read*8 {
		t.Errorf("the table holds only %d of %d real values", whole, read)
	}
}

// tables draws what a person may fill in.
var tables = rapid.Custom(func(t *rapid.T) Table {
	note := rapid.SampledFrom([]string{"", "", "sur rendez-vous", "entrée par la cour"})
	day := func(t *rapid.T) TableDay {
		switch rapid.IntRange(0, 4).Draw(t, "kind") {
		case 0:
			return TableDay{}
		case 1:
			return shut
		case 2:
			return TableDay{Note: "sur rendez-vous"}
		}
		var d TableDay
		at := rapid.IntRange(0, 20).Draw(t, "begin") * 30
		for range rapid.IntRange(1, 4).Draw(t, "slots") {
			to := at + rapid.IntRange(1, 8).Draw(t, "long")*30
			if to > dayMinutes {
				break
			}
			d.Slots = append(d.Slots, Slot{at, to, note.Draw(t, "note")})
			at = to + rapid.IntRange(1, 6).Draw(t, "pause")*30
		}
		return d
	}
	var table Table
	for i := range table.Days {
		table.Days[i] = day(t)
	}
	switch rapid.IntRange(0, 3).Draw(t, "public") {
	case 1:
		table.Public = shut
	case 2:
		table.Public = TableDay{Slots: slots(10, 12)}
	}
	table.School = rapid.Bool().Draw(t, "school")
	if table.Said() {
		table.Otherwise = note.Draw(t, "otherwise")
	}
	if table.Otherwise == "" && table.Said() {
		table.Rest = rapid.SampledFrom([]string{"", "", `Aug off "congés"`, ", week 02-52/2 Sa 19:00-20:00", `|| Sa "sur rendez-vous"`, "Dec 24,Dec 31 09:00-12:00"}).Draw(t, "rest")
	}
	return table
})

// TestTableComesBack: what a person fills in is what they see again.
func TestTableComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table := tables.Draw(t, "table")
		text, err := table.OSM()
		if err != nil {
			t.Fatalf("%+v: %v", table, err)
		}
		back, err := TableOf(text)
		if err != nil {
			t.Fatalf("%+v: %q: %v", table, text, err)
		}
		for i := range table.Days {
			if d := &table.Days[i]; !d.Said() && (&table).Said() {
				d.Closed = true // the others are spoken of
			}
		}
		if !back.Equal(&table) {
			t.Fatalf("%+v\nwritten %q\nread %+v", table, text, back)
		}
	})
}

func TestTableSaysWhatIsWrong(t *testing.T) {
	overlap := Table{Days: [7]TableDay{{Slots: slots(9, 12, 11, 15)}}}
	if _, err := overlap.OSM(); !errors.Is(err, ErrOverlap) {
		t.Errorf("overlap: %v", err)
	}
	var syntax *SyntaxError
	rest := Table{Days: [7]TableDay{{Slots: slots(9, 12)}}, Rest: "août fermé"}
	if text, err := rest.OSM(); !errors.As(err, &syntax) {
		t.Errorf("rest: %q %v", text, err)
	}
}

func TestClocks(t *testing.T) {
	for text, want := range map[string]int{"9h": 540, "9 h 30": 570, "09:30": 570, "9:05": 545, "0930": 570, "12": 720, "24:00": 1440, "00:00": 0, "9\u202fh\u202f30": 570, "09:30:00": 570,
		"": -1, "25:00": -1, "24:01": -1, "9:60": -1, "midi": -1, "-1": -1, "9:3:4": -1, "930": -1, "١٢": -1} {
		if got, ok := ParseClock(text); ok != (want >= 0) || ok && got != want {
			t.Errorf("%q: %d, %t", text, got, ok)
		}
	}
	for m := range 2 * dayMinutes {
		if got, ok := ParseClock(Clock(m)); !ok || got != m%dayMinutes {
			t.Fatalf("%d: %s, %d", m, Clock(m), got)
		}
	}
}

// FuzzTable: whatever comes in is cut and joined without a change of meaning.
func FuzzTable(f *testing.F) {
	for _, value := range trickyValues(f) {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) { unaltered(t, value) })
}
