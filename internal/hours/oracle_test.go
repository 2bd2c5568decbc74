package hours

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// oracle is a process that answers with the npm package opening_hours in one
// zone.
type oracle struct {
	in  io.WriteCloser
	out *bufio.Scanner
	cmd *exec.Cmd
}

// oraclePlace is a place of the zone as the package wants it told: its clock is
// the process's, its holidays come with the state's name.
type oraclePlace struct {
	Lat   string `json:"lat"`
	Lon   string `json:"lon"`
	State string `json:"state"`
}

var oraclePlaces = map[string]oraclePlace{
	"metropole-A":    {"45.76", "4.84", "Auvergne-Rhône-Alpes"},
	"metropole-B":    {"49.25", "4.03", "Grand Est"},
	"metropole-C":    {"48.85", "2.35", "Île-de-France"},
	"alsace-moselle": {"48.58", "7.75", "Bas-Rhin"},
	"corse":          {"42.15", "9.08", "Corse"},
	"971":            {"16.24", "-61.53", "Guadeloupe"},
	"972":            {"14.61", "-61.08", "Martinique"},
	"973":            {"4.93", "-52.33", "Guyane"},
	"974":            {"-20.88", "55.45", "La Réunion"},
	"975":            {"46.78", "-56.18", "Saint-Pierre-et-Miquelon"},
	"976":            {"-12.78", "45.23", "Mayotte"},
	"977":            {"17.90", "-62.85", "Saint-Barthélemy"},
	"978":            {"18.07", "-63.08", "Saint-Martin"},
	"986":            {"-13.28", "-176.17", "Wallis-et-Futuna"},
	"987":            {"-17.54", "-149.57", "Polynésie française"},
	"988":            {"-22.27", "166.46", "Nouvelle-Calédonie"},
}

type oracleAnswer struct {
	State   string `json:"state"`
	Next    *int64 `json:"next"`
	Failure string `json:"failure"`
}

// startOracle skips the test on a desk without node or its packages, and fails it
// where everything is required.
func startOracle(t *testing.T, zone Zone) *oracle {
	t.Helper()
	missing := func(what string) {
		if os.Getenv("CI") != "" || os.Getenv("MEDNUM_TEST_REQUIRE") != "" {
			t.Fatalf("%s: the oracle is required here (npm ci --prefix internal/hours/oracle)", what)
		}
		t.Skipf("%s: not compared with the oracle (npm ci --prefix internal/hours/oracle)", what)
	}
	if _, err := exec.LookPath("node"); err != nil {
		missing("no node")
	}
	if _, err := os.Stat("oracle/node_modules/opening_hours/package.json"); err != nil {
		missing("no oracle/node_modules")
	}
	cmd := exec.Command("node", "oracle/oracle.mjs")
	cmd.Env = append(os.Environ(), "TZ="+zone.row().clock)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	o := &oracle{in: in, out: bufio.NewScanner(out), cmd: cmd}
	o.out.Buffer(nil, 1<<20)
	t.Cleanup(func() {
		in.Close()
		cmd.Wait()
	})
	return o
}

// ask gives the oracle's answers, or the error with which it refuses the value.
func (o *oracle) ask(t *testing.T, value string, place oraclePlace, at, only []time.Time) ([]oracleAnswer, string) {
	t.Helper()
	milliseconds := func(list []time.Time) []int64 {
		ms := []int64{}
		for _, a := range list {
			ms = append(ms, a.UnixMilli())
		}
		return ms
	}
	question, _ := json.Marshal(map[string]any{"value": value, "place": place, "at": milliseconds(at), "only": milliseconds(only)})
	if _, err := o.in.Write(append(question, '\n')); err != nil {
		t.Fatal(err)
	}
	if !o.out.Scan() {
		t.Fatalf("the oracle fell silent on %q: %v", value, o.out.Err())
	}
	var reply struct {
		Answers []oracleAnswer
		Error   string
	}
	if err := json.Unmarshal(o.out.Bytes(), &reply); err != nil {
		t.Fatal(err)
	}
	return reply.Answers, reply.Error
}

var stateWords = [...]string{"unknown", "open", "closed"}

// compare says where we and the oracle differ on a value in a zone: "" when
// nowhere. What cannot be compared is no difference.
func (o *oracle) compare(t *testing.T, value string, zone Zone, seed uint64, draws int, only []time.Time) string {
	t.Helper()
	place := oraclePlaces[zone.Key()]
	h, err := Parse(value)
	if err != nil {
		if _, refused := o.ask(t, value, place, nil, nil); refused == "" {
			return "read by the oracle only: " + err.Error()
		}
		return ""
	}
	at := instants(h, zone, seed, draws)
	answers, refused := o.ask(t, value, place, at, only)
	if refused != "" {
		return "read by us only: " + refused
	}
	changes := len(at)
	at = append(at, only...)
	for i, theirs := range answers {
		local := at[i].In(zone.Location()).Format("Mon 2006-01-02 15:04:05 -07")
		ours := h.At(at[i], zone)
		if ours.State == Unknown && (h.sun || h.school) && ours.Comment == "" {
			continue // it knows the position, or a calendar that we do not trust
		}
		if theirs.Failure != "" && h.sun {
			continue // it finds no sunrise on the day on which the clock goes back
		}
		if stateWords[ours.State] != theirs.State {
			return fmt.Sprintf("%s: ours %s (%s), theirs %s", local, stateWords[ours.State], ours.Reason, theirs.State)
		}
		if i >= changes {
			continue
		}
		if theirs.Failure != "" {
			return fmt.Sprintf("%s: theirs fails: %s", local, theirs.Failure)
		}
		next := "never"
		if theirs.Next != nil {
			next = time.UnixMilli(*theirs.Next).In(zone.Location()).Format("Mon 2006-01-02 15:04:05 -07")
		}
		until := "never"
		if !ours.Until.IsZero() {
			until = ours.Until.Format("Mon 2006-01-02 15:04:05 -07")
		}
		if until != next && !h.sun && !(h.school && ours.Next == Unknown) {
			return fmt.Sprintf("%s: %s until: ours %s, theirs %s", local, theirs.State, until, next)
		}
	}
	return ""
}

// instants draws moments of the years whose school holidays both know, and adds
// the edges of the changes that follow them.
func instants(h *Hours, zone Zone, seed uint64, draws int) []time.Time {
	random := rand.New(rand.NewPCG(seed, 0))
	from := time.Date(2025, 9, 2, 0, 0, 0, 0, zone.Location())
	days := 8 * 365
	if h.school {
		days = 300
	}
	var starts []time.Time
	for range draws {
		starts = append(starts, from.Add(time.Duration(random.IntN(days*24*60))*time.Minute))
	}
	if _, jump := from.ZoneBounds(); draws > 1 && !jump.IsZero() {
		starts = append(starts, jump.Add(-75*time.Minute)) // the night on which the clock goes back
	}
	var list []time.Time
	for _, t := range starts {
		for range 3 {
			list = append(list, t)
			a := h.At(t, zone)
			if a.Until.IsZero() || h.school && a.Until.After(from.AddDate(0, 0, days)) {
				break
			}
			list = append(list, a.Until.Add(-time.Second), a.Until.Add(59*time.Second))
			t = a.Until
		}
	}
	return list
}

// trickyValues are the lines of testdata/tricky.txt.
func trickyValues(t testing.TB) []string {
	text, err := os.ReadFile("testdata/tricky.txt")
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if line != "" && !strings.HasPrefix(line, "#") {
			list = append(list, line)
		}
	}
	return list
}

// realValues are the distinct opening hours of the real files beside the
// project; the test that wants them skips where there are none.
func realValues(t testing.TB) []string {
	root := "../../../shared/data"
	if _, err := os.Stat(root); err != nil {
		t.Skipf("no real data beside the project (%v)", err)
	}
	seen := map[string]bool{}
	for _, name := range []string{"census-dev.csv", "conforme-v1-dev.csv"} {
		file, err := os.Open(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		rows, err := csv.NewReader(file).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		column := slices.Index(rows[0], "horaires")
		for _, row := range rows[1:] {
			seen[row[column]] = true
		}
	}
	for _, name := range []string{"bus-france-services-charente.json", "aix-en-provence.json"} {
		text, err := os.ReadFile(filepath.Join(root, "raw", name))
		if err != nil {
			t.Fatal(err)
		}
		var rows []struct{ Horaires string }
		if err := json.Unmarshal(text, &rows); err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			seen[row.Horaires] = true
		}
	}
	delete(seen, "")
	list := make([]string, 0, len(seen))
	for value := range seen {
		list = append(list, value)
	}
	slices.Sort(list)
	return list
}

func TestOracleRealValues(t *testing.T) {
	values := realValues(t)
	zone := ZoneOf("75")
	o := startOracle(t, zone)
	for i, value := range values {
		if d := o.compare(t, value, zone, uint64(i), 1, nil); d != "" {
			t.Errorf("%q: %s", value, d)
		}
	}
	t.Logf("%d distinct values", len(values))
}

// differences are the values on which we differ from the oracle on purpose.
var differences = map[string]string{
	"Mo-Fr 22:00-02:00 || Mo-Su 23:00-04:00 \"videur\"": "a fallback that runs past midnight stays a fallback: it may not overrule an opening",
	"Mo-Su 22:00-02:00; Tu 12:00-14:00":                 "Tuesday's own hours replace Tuesday's night: nothing of it is left on Wednesday",
	"Mo-Su 22:00-02:00; We off":                         "a night on which the place does not open has no small hours",
	"Mo-Su 20:00-02:00; PH off":                         "the same after a public holiday",

	"2026":               "it never sees the end of a single year",
	"Su 02:30-02:45":     clockGoesBack,
	"Sa 22:00-02:30":     clockGoesBack,
	"02:15-02:45":        clockGoesBack,
	"Mo-Fr 10:00-16:00+": "inside an open end its answer depends on the instant it is asked from: unknown at 16:00, closed a minute later",
	"Mo-Fr 10:00-19:00+": "the same",
	"Mo-Fr 10:00-23:00+": "the same",
	"07:00+,12:00-16:00": "the same, and what follows the open end is closed once written hours have followed it",

	"Feb 29 10:00-12:00":        "it gives up at the first year without a 29 February",
	"Feb 28-29 10:00-12:00":     "it finds no day in February that ends with the month",
	"Feb 01-28 10:00-12:00":     "the same",
	"Feb 20-29 10:00-12:00":     "the same",
	"Mar 01-Feb 28 10:00-12:00": "it takes the day after 28 February for 1 March of the same year and finds an empty range",
	"Mo[1] -1 day 10:00-12:00":  "it misses a month in which the moved day falls in the month itself",
	"Sa[5] +2 days 10:00-12:00": "it misses a moved day that falls in the next month",

	"2026 Jul 01-Aug 31 10:00-12:00":            "it refuses a second date without a year; it can mean one thing only",
	"2026 Dec 20-Jan 05 off; Mo-Fr 10:00-12:00": "the same",
	"week 50-2 Mo 10:00-12:00":                  "it refuses weeks over New Year's Day",
	"Mo-Fr 9h-12h30":                            "French hours are sure",
	"Mo-Fr 09h00-12h30,14h00-17h00":             "the same",

	"SH": "the bridge of the Ascension is in the ministry's calendar of 2025-2026, not in its",

	"Mo-Fr 9-12":                    "hours without minutes may be days of a month: refused, with what to write",
	"Lu-Ve 09:00-12:00":             "French days are refused here, with what to write: FromFrench reads them",
	"lundi 9h-12h":                  "the same",
	"Mo 10:00-12:00 Tu 14:00-16:00": "it reads it as both days at both hours; the writer meant otherwise",
	"Mo-Fr 09:00-12:00,":            "something may be missing at the end",
	"Mo 10:00-12:00 ||":             "the same",
}

func TestOracleTrickyValues(t *testing.T) {
	zone := ZoneOf("75")
	o := startOracle(t, zone)
	values := trickyValues(t)
	// Every hour of a fortnight with two public holidays and the end of school
	// holidays, and of the days around New Year.
	var hourly []time.Time
	for hour := range 12 * 24 {
		hourly = append(hourly, time.Date(2026, 4, 29, hour, 30, 0, 0, zone.Location()))
	}
	for hour := range 4 * 24 {
		hourly = append(hourly, time.Date(2026, 12, 30, hour, 30, 0, 0, zone.Location()))
	}
	for i, value := range values {
		why, listed := differences[value]
		d := o.compare(t, value, zone, uint64(i), 3, hourly)
		switch {
		case d != "" && !listed:
			t.Errorf("%q: %s", value, d)
		case d == "" && listed:
			t.Errorf("%q: no difference any more, yet one is listed: %s", value, why)
		}
	}
	for value := range differences {
		if !slices.Contains(values, value) {
			t.Errorf("%q is listed as a difference and is not in testdata/tricky.txt", value)
		}
	}
}

const clockGoesBack = "an hour that the clock shows twice comes twice: the package says so when asked at that hour, and forgets it when asked for the next change"

// zoneDifferences are those of one zone, by zone and value; "PH" is every day of
// two years.
var zoneDifferences = map[string]string{
	"metropole-A 02:15-02:45":    clockGoesBack,
	"metropole-B 02:15-02:45":    clockGoesBack,
	"metropole-C 02:15-02:45":    clockGoesBack,
	"alsace-moselle 02:15-02:45": clockGoesBack,
	"corse 02:15-02:45":          clockGoesBack,
	"977 PH":                     "Good Friday is no holiday of Saint-Barthélemy in law",
	"977 PH -1 day 10:00-12:00":  "the same",
	"978 PH":                     "the abolition of slavery is commemorated on 28 May in Saint-Martin, by the labour code",

	"975 Su 01:30-03:30": clockGoesBack,
}

func TestOracleInEveryZone(t *testing.T) {
	values := []string{
		"PH", "Mo-Fr 09:00-17:00; PH off", "Mo-Su 22:00-03:00", "Mo-Fr 08:00-12:00,13:30-16:00; PH 10:00-12:00",
		"Su 01:30-03:30", "02:15-02:45", "PH -1 day 10:00-12:00", "sunrise-sunset", "dawn-dusk", "sunset-sunrise", "week 2-52/2 Mo 09:00-12:00; PH off",
	}
	for key, place := range oraclePlaces {
		t.Run(key, func(t *testing.T) {
			zone, ok := ZoneFromKey(key)
			if !ok {
				t.Fatalf("no zone %q", key)
			}
			o := startOracle(t, zone)
			hours, _ := Parse("PH")
			var noons []time.Time
			for day := range 2 * 365 {
				noons = append(noons, time.Date(2026, 1, 1+day, 12, 0, 0, 0, zone.Location()))
			}
			for i, value := range values {
				var d string
				if value == "PH" {
					answers, refused := o.ask(t, value, place, nil, noons)
					if refused != "" {
						t.Fatal(refused)
					}
					for i, a := range answers {
						if stateWords[hours.StateAt(noons[i], zone)] != a.State {
							d = fmt.Sprintf("%s: theirs %s", noons[i].Format(time.DateOnly), a.State)
							break
						}
					}
				} else {
					d = o.compare(t, value, zone, uint64(i), 2, nil)
				}
				switch why, listed := zoneDifferences[key+" "+value]; {
				case d != "" && !listed:
					t.Errorf("%q: %s", value, d)
				case d == "" && listed:
					t.Errorf("%q: no difference any more, yet one is listed: %s", value, why)
				}
			}
		})
	}
}
