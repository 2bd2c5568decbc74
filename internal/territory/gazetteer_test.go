package territory

import (
	"bytes"
	"encoding/csv"
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// whole is the real data beside the project.
const whole = "../../../shared/data/geo"

func read(t testing.TB, dir string) Set {
	t.Helper()
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("%s is not there", dir)
	}
	s, _, err := Read(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// readWhole takes seconds: once for all tests.
var readWhole = sync.OnceValues(func() (*Gazetteer, error) {
	s, _, err := Read(os.DirFS(whole))
	wholeSet = s
	return NewGazetteer(s), err
})

var wholeSet Set

// everything gives the gazetteer of all of France.
func everything(t testing.TB) (*Gazetteer, Set) {
	t.Helper()
	if _, err := os.Stat(whole); err != nil {
		t.Skip("the communes of the whole country are not beside the project")
	}
	g, err := readWhole()
	if err != nil {
		t.Fatal(err)
	}
	return g, wholeSet
}

// few is a gazetteer of some 900 communes: those that the queries of
// testdata/queries.txt find, what could be mistaken for them, and the largest.
func few(t testing.TB) *Gazetteer { return NewGazetteer(read(t, "testdata/geo")) }

func rankings(g *Gazetteer, queries []string) string {
	var b strings.Builder
	for _, q := range queries {
		fmt.Fprintf(&b, "%s\n", q)
		for _, m := range g.Search(q, 3) {
			fmt.Fprintf(&b, "\t%s %s\n", m.Code, m.Nom)
		}
	}
	return b.String()
}

// What people type, and the three communes that they are shown. Read the
// differences before -update: a ranking is judged, not computed.
func TestRankings(t *testing.T) {
	text, err := os.ReadFile("testdata/queries.txt")
	if err != nil {
		t.Fatal(err)
	}
	queries := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	const golden = "testdata/rankings.txt"
	if *update {
		excerpt(t, queries)
		if err := os.WriteFile(golden, []byte(rankings(few(t), queries)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	compare := func(t *testing.T, g *Gazetteer) {
		old, now := blocks(string(want)), blocks(rankings(g, queries))
		changed := 0
		for _, q := range queries {
			if old[q] != now[q] {
				changed++
				t.Errorf("%q\nwas:\n%sis:\n%s", q, old[q], now[q])
			}
		}
		if changed > 0 {
			t.Errorf("%d of %d rankings changed", changed, len(queries))
		}
	}
	t.Run("some", func(t *testing.T) { compare(t, few(t)) })
	t.Run("whole", func(t *testing.T) {
		g, _ := everything(t)
		compare(t, g)
	})
}

// excerpt writes testdata/geo anew: the communes that the queries find in the
// whole country, those that other tests name, and the largest.
func excerpt(t *testing.T, queries []string) {
	g, s := everything(t)
	keep := map[string]bool{"01138": true, "74010": true, "51108": true, "85194": true, "76351": true, "93066": true, "97411": true}
	for _, q := range queries {
		for _, m := range g.Search(q, 8) {
			keep[m.Code] = true
		}
	}
	byPopulation := slices.SortedFunc(slices.Values(s.Communes), func(a, b Commune) int { return b.Population - a.Population })
	for _, c := range byPopulation[:250] {
		keep[c.Code] = true
	}
	communes := [][]string{{"code", "nom", "codes_postaux", "departement", "region", "population"}}
	former := [][]string{{"code_ancien", "nom_ancien", "code_actuel"}}
	var quarters []string
	for _, c := range s.Communes {
		if c.Parent != "" {
			quarters = append(quarters, fmt.Sprintf(`{"code":%q,"nom":%q,"commune":%q,"departement":%q,"codesPostaux":["%s"],"population":%d}`,
				c.Code, c.Nom, c.Parent, c.Departement, strings.Join(c.CodesPostaux, `","`), c.Population))
		} else if keep[c.Code] {
			people := ""
			if c.Population >= 0 {
				people = strconv.Itoa(c.Population)
			}
			communes = append(communes, []string{c.Code, c.Nom, strings.Join(c.CodesPostaux, "|"), c.Departement, c.Region, people})
		}
	}
	f, err := os.Open(whole + "/communes-anciennes.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows[1:] {
		if keep[r[2]] && r[1] != "" {
			former = append(former, r[:3])
		}
	}
	for name, rows := range map[string][][]string{"communes.csv": communes, "communes-anciennes.csv": former} {
		var b bytes.Buffer
		if err := csv.NewWriter(&b).WriteAll(rows); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile("testdata/geo/"+name, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile("testdata/geo/arrondissements-municipaux.json", []byte("["+strings.Join(quarters, ",\n")+"]\n"), 0o644); err != nil {
		t.Fatal(err)
	}
}

func blocks(text string) map[string]string {
	out := map[string]string{}
	q := ""
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "\t") {
			out[q] += line
		} else {
			q = strings.TrimSuffix(line, "\n")
			out[q] = ""
		}
	}
	return out
}

func TestEveryCommuneIsFoundByItsName(t *testing.T) {
	g, s := everything(t)
	step := 1
	if testing.Short() {
		step = 37
	}
	for i := 0; i < len(s.Communes); i += step {
		c := &s.Communes[i]
		if c.Parent != "" {
			if m := g.Search(c.Nom, 3); len(m) == 0 || m[0].Code != c.Code {
				t.Errorf("%s is not the first answer to its name: %v", c.Nom, labelsOf(m))
			}
			continue
		}
		is := func(m Match) bool { return m.Code == c.Code }
		if m := g.Search(c.Nom, 20); !slices.ContainsFunc(m, is) {
			t.Errorf("%s (%s) is not found by its name: %v", c.Nom, c.Code, labelsOf(m))
		}
		if len(c.CodesPostaux) == 0 {
			continue
		}
		m := g.Search(c.Nom+" "+c.CodesPostaux[0], 3)
		// Homonyms in one postal code exist: the same label then, and the other one is first.
		if !slices.ContainsFunc(m, is) {
			t.Errorf("%s %s (%s) is not found: %v", c.Nom, c.CodesPostaux[0], c.Code, labelsOf(m))
		} else if m[0].CodePostal != c.CodesPostaux[0] {
			t.Errorf("%s: the postal code asked for is %s, the match says %q", c.Nom, c.CodesPostaux[0], m[0].CodePostal)
		}
	}
}

func labelsOf(m []Match) []string {
	var out []string
	for _, m := range m {
		out = append(out, m.Label)
	}
	return out
}

func TestResolve(t *testing.T) {
	g := few(t)
	for _, tt := range []struct{ nom, postal, want string }{
		{"Reims", "51100", "51454"},
		{"REIMS CEDEX 2", "51086", "51454"},
		{"reims cedex", "51 100", "51454"},
		{"Reims", "75011", ""},
		{"Reims", "13001", ""},
		{"Reims", "", ""},
		{"", "51100", ""},
		{"51100", "51100", ""},
		{"Reins", "51100", "51454"},
		{"ST DENIS", "93200", "93066"},
		{"Saint Denis", "97400", "97411"},
		{"Annecy-le-Vieux", "74940", "74010"},
		{"Culoz", "1350", "01138"},
		{"PARIS", "75011", "75056"},
		{"Paris", "75000", "75056"},
		{"Paris 11", "75011", "75111"},
		{"PARIS 11EME ARRONDISSEMENT", "75011", "75111"},
		{"Paris 12", "75011", ""},
		{"LYON 03", "69003", "69383"},
		{"Marseille Cedex 06", "13291", "13055"},
		{"Havre", "76600", "76351"},
		{"Le Havre", "76600", "76351"},
		{"LES SABLES D OLONNE", "85100", "85194"},
		{"Aix", "13100", "13001"},
		{"Châlons", "51000", "51108"},
		{"Monaco", "98000", ""},
		{"Reims", "99999", ""},
	} {
		c, ok := g.Resolve(tt.nom, tt.postal)
		got := ""
		if ok {
			got = c.Code
		}
		if got != tt.want {
			t.Errorf("Resolve(%q, %q) = %q, want %q", tt.nom, tt.postal, got, tt.want)
		}
	}
}

// Every commune resolves by its own name and each of its postal codes, unless
// a homonym shares it.
func TestEveryCommuneResolves(t *testing.T) {
	g, s := everything(t)
	shared := map[string]int{}
	for _, c := range s.Communes {
		if c.Parent == "" {
			for _, p := range c.CodesPostaux {
				shared[p+Fold(c.Nom)]++
			}
		}
	}
	for _, c := range s.Communes {
		if c.Parent != "" {
			continue
		}
		for _, p := range c.CodesPostaux {
			if shared[p+Fold(c.Nom)] > 1 {
				continue
			}
			if got, ok := g.Resolve(strings.ToUpper(c.Nom), p); !ok || got.Code != c.Code {
				t.Errorf("%s %s (%s) does not resolve: %v", c.Nom, p, c.Code, got)
			}
		}
	}
}

// Every name gives all those that bear it, and no other.
func TestNamed(t *testing.T) {
	g, s := everything(t)
	bearers := map[string]int{}
	for _, c := range s.Communes {
		if c.Parent == "" {
			bearers[strings.Join(words(c.Nom), "")]++
		}
	}
	for _, c := range s.Communes {
		if c.Parent != "" {
			continue
		}
		whole := strings.Join(words(c.Nom), "")
		found := g.Named(strings.ToUpper(strings.ReplaceAll(c.Nom, "-", " ")))
		same := 0
		for _, f := range found {
			if strings.Join(words(f.Nom), "") == whole {
				same++
			}
		}
		if same != bearers[whole] || !slices.ContainsFunc(found, func(f *Commune) bool { return f.Code == c.Code }) {
			t.Errorf("%s (%s): %d of %d", c.Nom, c.Code, same, bearers[whole])
		}
	}
	for nom, want := range map[string]string{"Bouscat": "33069", "LE BOUSCAT": "33069", "St Génès Champanelle": "63345", "Annecy le Vieux": "74010", "": "", "Reim": "", "Rei": ""} {
		got := ""
		if found := g.Named(nom); len(found) == 1 {
			got = found[0].Code
		}
		if got != want {
			t.Errorf("%q: %q, want %q", nom, got, want)
		}
	}
}

func TestCommuneByCode(t *testing.T) {
	g := few(t)
	for code, want := range map[string]string{"51454": "51454", "74011": "74010", "75111": "75111", "01039": "01138", "": "", "99999": ""} {
		c, ok := g.Commune(code)
		if ok != (want != "") || ok && c.Code != want {
			t.Errorf("Commune(%q) = %v, %v, want %q", code, c, ok, want)
		}
	}
}

func TestLabels(t *testing.T) {
	g := few(t)
	for q, want := range map[string]string{
		"reims":           "Reims (51100)",
		"paris":           "Paris (75)",
		"75011":           "Paris 11e Arrondissement (75011)",
		"le havre 76620":  "Le Havre (76620)",
		"saint-denis 93":  "Saint-Denis (93, Seine-Saint-Denis)",
		"annecy le vieux": "Annecy-le-Vieux, aujourd’hui Annecy (74)",
	} {
		m := g.Search(q, 1)
		if len(m) == 0 || m[0].Label != want {
			t.Errorf("%q is labelled %q, want %q", q, labelsOf(m), want)
		}
	}
}

func TestNearestCommune(t *testing.T) {
	g, s := everything(t)
	for _, tt := range []struct {
		lon, lat float64
		want     string
	}{{4.03, 49.25, "Reims"}, {2.343, 48.857, "Paris"}, {55.45, -20.93, "Saint-Denis"}, {-4.49, 48.4, "Brest"}} {
		c, metres, ok := g.Nearest(tt.lon, tt.lat)
		if !ok || c.Nom != tt.want || metres > 5000 {
			t.Errorf("nearest to %v, %v: %v at %v m, want %s", tt.lon, tt.lat, c, metres, tt.want)
		}
	}
	if _, _, ok := NewGazetteer(Set{Communes: s.Communes[:0]}).Nearest(2, 48); ok {
		t.Error("nearest of nothing")
	}
}

// A reader of every name, slow and plain, agrees with the index: whatever
// words or beginnings of words of a commune are typed, in whatever order, it is among the answers.
func TestSearchAgainstReadingEveryName(t *testing.T) {
	g := few(t)
	all := len(g.communes)
	rapid.Check(t, func(t *rapid.T) {
		c := &g.communes[rapid.IntRange(0, all-1).Draw(t, "commune")]
		name := words(c.Nom)
		if c.Parent != "" {
			name = name[:1]
		}
		var typed []string
		for _, at := range rapid.Permutation(indexes(len(name))).Draw(t, "order") {
			if rapid.Bool().Draw(t, "typed") || len(typed) == 0 {
				w := name[at]
				typed = append(typed, w[:rapid.IntRange(1, len(w)).Draw(t, "letters")])
			}
		}
		q := strings.Join(typed, " ")
		asked := understand(q)
		found := map[string]bool{}
		for _, m := range g.Search(q, all) {
			if found[m.Code] {
				t.Fatalf("%q gives %s twice", q, m.Code)
			}
			found[m.Code] = true
		}
		for i := range g.communes {
			c := &g.communes[i]
			if c.Parent == "" && beginsAll(words(c.Nom), asked.words) && !found[c.Code] {
				t.Fatalf("%q does not find %s", q, c.Nom)
			}
		}
	})
}

func indexes(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// beginsAll: each word typed begins another word of the name; a linking word is that word.
func beginsAll(name, typed []string) bool {
	if len(typed) == 0 {
		return false
	}
	for i, n := range name {
		w := typed[0]
		if n == w || !linking[w] && strings.HasPrefix(n, w) {
			rest := slices.Delete(slices.Clone(name), i, i+1)
			if len(typed) == 1 || beginsAll(rest, typed[1:]) {
				return true
			}
		}
	}
	return false
}

func TestDistanceAgainstTheDefinition(t *testing.T) {
	letter := rapid.SampledFrom([]byte("abc"))
	rapid.Check(t, func(t *rapid.T) {
		q := string(rapid.SliceOfN(letter, 1, 9).Draw(t, "q"))
		w := string(rapid.SliceOfN(letter, 1, 12).Draw(t, "w"))
		limit := rapid.IntRange(1, 3).Draw(t, "limit")
		want := min(plainDistance(q, w), limit+1)
		if got, _ := distance(q, w, limit, false); got != want {
			t.Fatalf("distance(%q, %q) = %d, want %d", q, w, got, want)
		}
		if farApart(letters(q), letters(w), want) {
			t.Fatalf("%q and %q are %d apart and said to be further", q, w, want)
		}
		for cut := range len(w) {
			want = min(want, plainDistance(q, w[:cut]))
		}
		if got, _ := distance(q, w, limit, true); got != want {
			t.Fatalf("distance(%q, beginning of %q) = %d, want %d", q, w, got, want)
		}
	})
}

func plainDistance(a, b string) int {
	switch {
	case a == "":
		return len(b)
	case b == "":
		return len(a)
	}
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		d[i][0] = i
		for j := range d[i] {
			switch {
			case i == 0:
				d[i][j] = j
			case j > 0:
				d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1)
				if a[i-1] == b[j-1] {
					d[i][j] = min(d[i][j], d[i-1][j-1])
				} else {
					d[i][j] = min(d[i][j], d[i-1][j-1]+1)
				}
				if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
					d[i][j] = min(d[i][j], d[i-2][j-2]+1)
				}
			}
		}
	}
	return d[len(a)][len(b)]
}

func FuzzSearch(f *testing.F) {
	text, err := os.ReadFile("testdata/queries.txt")
	if err != nil {
		f.Fatal(err)
	}
	for q := range strings.Lines(string(text)) {
		f.Add(strings.TrimSuffix(q, "\n"))
	}
	f.Add("\x00\xff\xfe")
	f.Add(strings.Repeat("saint ", 100))
	f.Add(strings.Repeat("a", 1000))
	f.Add("st/s/ s/ ss/ 2a 2b 2A004 11e paris paris cedex cedex 99")
	g := few(f)
	f.Fuzz(func(t *testing.T, q string) {
		first := g.Search(q, 10)
		again := g.Search(q, 10)
		if len(first) > 10 || len(first) != len(again) {
			t.Fatalf("%d then %d answers", len(first), len(again))
		}
		for i := range first {
			if first[i].Commune != again[i].Commune || first[i].Label != again[i].Label || first[i].Label == "" || !utf8.ValidString(first[i].Label) {
				t.Fatalf("answer %d: %+v then %+v", i, first[i], again[i])
			}
			if i > 0 && first[i].Score > first[i-1].Score {
				t.Fatalf("answer %d is better than the one before", i)
			}
		}
		if c, ok := g.Resolve(q, "51100"); ok && !slices.Contains(c.CodesPostaux, "51100") {
			t.Fatalf("Resolve(%q, 51100) = %s", q, c.Nom)
		}
		g.Resolve("Reims", q)
		DepartementOf(q)
		DepartementOfPostal(q)
	})
}

func TestFold(t *testing.T) {
	for s, want := range map[string]string{
		"L'Haÿ-les-Roses": "l hay les roses", "SAINT–ÉTIENNE": "saint etienne", "St. Étienne": "saint etienne", "Ste-Marie": "sainte marie",
		"Villefranche s/ Saône": "villefranche sur saone", "Œting": "oeting", "Bâgé lès Dombes": "bage les dombes", "Épinay-s/-Seine": "epinay sur seine",
		"Pré-en-Pail S": "pre en pail s", "": "", " -’ ": "", "Taha‘a ʻO": "taha a o",
	} {
		if got := Fold(s); got != want {
			t.Errorf("Fold(%q) = %q, want %q", s, got, want)
		}
		if again := Fold(Fold(s)); again != Fold(s) {
			t.Errorf("Fold is not stable on %q: %q", s, again)
		}
	}
}

func TestDepartements(t *testing.T) {
	for code, want := range map[string]string{
		"01001": "01", "2A004": "2A", "2B033": "2B", "75111": "75", "97411": "974", "97801": "978", "98818": "988", "98901": "989",
		"20004": "", "99100": "", "00001": "", "2C001": "", "5145": "", "514544": "", "": "", "2a004": "",
	} {
		if got := DepartementOf(code); got != want {
			t.Errorf("DepartementOf(%q) = %q, want %q", code, got, want)
		}
	}
	for code, want := range map[string]string{
		"01000": "01", "20000": "2A", "20137": "2A", "20200": "2B", "20620": "2B", "97133": "977", "97150": "978", "97400": "974", "98800": "988",
		"98000": "", "99999": "", "00100": "", "20900": "", "7501": "", "": "",
	} {
		if got := DepartementOfPostal(code); got != want {
			t.Errorf("DepartementOfPostal(%q) = %q, want %q", code, got, want)
		}
	}
}

// The commune's postal codes nearly always tell its département.
func TestPostalCodesTellTheDepartement(t *testing.T) {
	_, s := everything(t)
	other := 0
	for _, c := range s.Communes {
		for _, p := range c.CodesPostaux {
			if DepartementOfPostal(p) != c.Departement {
				other++
			}
		}
	}
	if other > 150 {
		t.Errorf("%d postal codes of another département", other)
	}
}

func BenchmarkSearch(b *testing.B) {
	g, _ := everything(b)
	for _, q := range []string{"reims", "saint-denis", "aix", "la", "s", "paris 11e", "51100", "marne", "montpelier", "vile franche sur soane", "xyzzyxyzzy"} {
		b.Run(q, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				g.Search(q, 8)
			}
		})
	}
}

func BenchmarkResolve(b *testing.B) {
	g, _ := everything(b)
	for _, q := range [][2]string{{"SAINT DENIS", "97400"}, {"REIMS CEDEX", "51086"}} {
		b.Run(q[1], func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				g.Resolve(q[0], q[1])
			}
		})
	}
}

func BenchmarkNewGazetteer(b *testing.B) {
	_, s := everything(b)
	for b.Loop() {
		NewGazetteer(s)
	}
}

// Run with -race: searches share the index and take turns with their scratch.
func TestSearchesAtOnce(t *testing.T) {
	g := few(t)
	queries := []string{"saint-denis", "la", "montpelier", "51100 reims", "paris 11e"}
	want := rankings(g, queries)
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for range 20 {
				if got := rankings(g, queries); got != want {
					t.Error("an answer changed while others were sought")
					return
				}
			}
		})
	}
	wait.Wait()
}
