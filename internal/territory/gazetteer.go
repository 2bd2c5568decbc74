package territory

import (
	"cmp"
	"math"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/paulmach/orb"
)

// Match is a commune found by the gazetteer.
type Match struct {
	*Commune
	Label      string  // "Reims (51100)": what to show
	CodePostal string  // the one asked for, when one was
	Score      float64 // higher is better; only comparable within one answer
}

// Gazetteer finds communes. It is immutable and safe for concurrent use.
type Gazetteer struct {
	communes  []Commune
	divisions map[[2]string]*Division
	byCode    map[string]int32 // current and former codes

	entries []entry // those of one commune are neighbours
	firstOf []int32 // commune → its first entry; one more than there are communes
	ids     []int32 // entries' words, by number in the dictionary, back to back

	dictionary []string  // every word, sorted: words with one beginning are neighbours
	masks      []uint64  // which letters each word has
	byLength   [][]int32 // words by their length, for those that resemble one
	postings   [][]int32 // entries that have the word

	keys []key // names without spaces, sorted

	postal []postalPair // sorted

	depOf     []int16 // commune → its département in deps
	deps      []context
	homonyms  map[string]bool // folded names that several communes have
	scratches sync.Pool
}

// kind of name, the best first.
type nameKind uint8

const (
	nameCurrent nameKind = iota
	nameArrondissement
	nameFormer
)

// entry is one name of one commune.
type entry struct {
	commune    int32
	from, to   int32 // its words in ids
	linking    uint32
	kind       nameKind
	number     int16 // of an arrondissement
	former     string
	popularity float32 // log10 of the population
}

type key struct {
	text  string
	entry int32
}

type postalPair struct {
	code    string
	commune int32
}

// context is a département as part of a query: the words that say where
// without being of the name.
type context struct {
	code   string
	names  [][]string // its own and its région's, without linking words
	places []int32    // its communes' current names, the most populated first
}

// NewGazetteer indexes the communes; contours are not needed and not kept.
func NewGazetteer(s Set) *Gazetteer {
	g := &Gazetteer{
		communes:  slices.Clone(s.Communes),
		divisions: make(map[[2]string]*Division, len(s.Divisions)),
		byCode:    make(map[string]int32, len(s.Communes)),
		homonyms:  map[string]bool{},
	}
	for i := range s.Divisions {
		d := s.Divisions[i]
		d.Contour = nil
		g.divisions[[2]string{d.Kind, d.Code}] = &d
	}
	for i := range g.communes {
		g.communes[i].Contour = nil
		for _, old := range g.communes[i].AnciensCodes {
			g.byCode[old] = int32(i)
		}
	}
	depIndex := map[string]int16{}
	numbers := map[string]int32{}
	var spelt [][]string // entry → words
	seen := map[string]int{}
	for i := range g.communes {
		c := &g.communes[i]
		g.byCode[c.Code] = int32(i) // a current code wins over a former one
		at, ok := depIndex[c.Departement]
		if !ok {
			at = int16(len(g.deps))
			depIndex[c.Departement] = at
			g.deps = append(g.deps, g.contextOf(c))
		}
		g.depOf = append(g.depOf, at)
		popularity := float32(math.Log10(float64(max(0, c.Population)) + 10))

		g.firstOf = append(g.firstOf, int32(len(g.entries)))
		add := func(kind nameKind, nom string) {
			w := words(nom)
			if len(w) == 0 || len(w) > 30 {
				return
			}
			e := entry{commune: int32(i), kind: kind, popularity: popularity}
			if kind == nameFormer {
				e.former = nom
			}
			if kind == nameArrondissement && len(w) > 1 {
				n, _ := ordinal(w[1])
				e.number = int16(n)
				w = w[:1]
			}
			for j, word := range w {
				if linking[word] {
					e.linking |= 1 << j
				}
				if _, ok := numbers[word]; !ok {
					numbers[word] = int32(len(numbers))
				}
			}
			if kind == nameCurrent {
				g.deps[at].places = append(g.deps[at].places, int32(len(g.entries)))
			}
			g.entries = append(g.entries, e)
			spelt = append(spelt, w)
			if kind == nameCurrent {
				seen[strings.Join(w, " ")]++
			}
		}
		if c.Parent != "" {
			add(nameArrondissement, c.Nom)
		} else {
			add(nameCurrent, c.Nom)
		}
		for _, old := range c.AnciensNoms {
			add(nameFormer, old)
		}
		for _, p := range c.CodesPostaux {
			g.postal = append(g.postal, postalPair{p, int32(i)})
		}
	}
	g.firstOf = append(g.firstOf, int32(len(g.entries)))
	for name, n := range seen {
		if n > 1 {
			g.homonyms[name] = true
		}
	}
	for _, d := range g.deps {
		slices.SortStableFunc(d.places, func(a, b int32) int { return cmp.Compare(g.entries[b].popularity, g.entries[a].popularity) })
	}
	slices.SortFunc(g.postal, func(a, b postalPair) int {
		return cmp.Or(strings.Compare(a.code, b.code), cmp.Compare(a.commune, b.commune))
	})

	// Numbers in the order of the alphabet, so that a beginning is a range of numbers.
	g.dictionary = make([]string, 0, len(numbers))
	for w := range numbers {
		g.dictionary = append(g.dictionary, w)
	}
	slices.Sort(g.dictionary)
	g.masks = make([]uint64, len(g.dictionary))
	for n, w := range g.dictionary {
		numbers[w] = int32(n)
		g.masks[n] = letters(w)
		for len(g.byLength) <= len(w) {
			g.byLength = append(g.byLength, nil)
		}
		g.byLength[len(w)] = append(g.byLength[len(w)], int32(n))
	}
	g.postings = make([][]int32, len(g.dictionary))
	for e, w := range spelt {
		g.entries[e].from = int32(len(g.ids))
		for _, word := range w {
			n := numbers[word]
			g.ids = append(g.ids, n)
			if p := g.postings[n]; len(p) == 0 || p[len(p)-1] != int32(e) {
				g.postings[n] = append(p, int32(e))
			}
		}
		g.entries[e].to = int32(len(g.ids))
		whole := strings.Join(w, "")
		if g.entries[e].kind == nameArrondissement {
			continue // "paris" alone means Paris
		}
		g.keys = append(g.keys, key{whole, int32(e)})
		if article(w[0]) && len(w) > 1 {
			g.keys = append(g.keys, key{strings.Join(w[1:], ""), int32(e)})
		}
	}
	slices.SortFunc(g.keys, func(a, b key) int {
		return cmp.Or(strings.Compare(a.text, b.text), cmp.Compare(a.entry, b.entry))
	})
	g.scratches.New = func() any {
		return &scratch{seen: make([]uint32, len(g.entries)), best: make([]int32, len(g.communes))}
	}
	return g
}

func (g *Gazetteer) contextOf(c *Commune) context {
	out := context{code: c.Departement}
	for _, d := range []*Division{g.divisions[[2]string{"departement", c.Departement}], g.divisions[[2]string{"region", c.Region}]} {
		if d == nil {
			continue
		}
		out.names = append(out.names, withoutLinking(words(d.Nom)))
	}
	return out
}

// Commune gives a commune by its INSEE code, current or former.
func (g *Gazetteer) Commune(code string) (*Commune, bool) {
	i, ok := g.byCode[code]
	if !ok {
		return nil, false
	}
	return &g.communes[i], true
}

// Division gives a division by kind and code.
func (g *Gazetteer) Division(kind, code string) (*Division, bool) {
	d, ok := g.divisions[[2]string{kind, code}]
	return d, ok
}

// Nearest gives the commune whose point is the nearest, and how far it is in
// metres (on the sphere); false when no commune has a point. It names a place on the map for people; it does
// not tell in which commune a point is.
func (g *Gazetteer) Nearest(lon, lat float64) (*Commune, float64, bool) {
	const radius = 6371008.8
	rad := math.Pi / 180
	best, at := math.Inf(1), -1
	cosLat := math.Cos(lat * rad)
	for i := range g.communes {
		c := &g.communes[i]
		if !c.HasPoint {
			continue
		}
		// Equal chords are equal arcs: the chord spares the arc of each commune.
		dLat := math.Abs(c.Point[1]-lat) * rad
		if dLat*dLat > best {
			continue
		}
		dLon := (c.Point[0] - lon) * rad
		s := math.Sin(dLat / 2)
		t := math.Sin(dLon / 2)
		if h := 4 * (s*s + cosLat*math.Cos(c.Point[1]*rad)*t*t); h < best {
			best, at = h, i
		}
	}
	if at < 0 {
		return nil, 0, false
	}
	return &g.communes[at], 2 * radius * math.Asin(math.Min(1, math.Sqrt(best)/2)), true
}

// Point gives where a commune is, an arrondissement without a point being
// where its commune is; false when nothing says.
func (g *Gazetteer) Point(c *Commune) (orb.Point, bool) {
	if c.HasPoint || c.Parent == "" {
		return c.Point, c.HasPoint
	}
	if p, ok := g.Commune(c.Parent); ok {
		return p.Point, p.HasPoint
	}
	return orb.Point{}, false
}

// withPostal gives the range of postal pairs whose code begins with prefix.
func (g *Gazetteer) withPostal(prefix string) []postalPair {
	from := sort.Search(len(g.postal), func(i int) bool { return g.postal[i].code >= prefix })
	to := from + sort.Search(len(g.postal)-from, func(i int) bool { return !strings.HasPrefix(g.postal[from+i].code, prefix) })
	return g.postal[from:to]
}

// inDepartement gives the communes and arrondissements of a département.
func (g *Gazetteer) inDepartement(code string) []int32 {
	var out []int32
	for d := range g.deps {
		if g.deps[d].code != code {
			continue
		}
		for i, dep := range g.depOf {
			if int(dep) == d {
				out = append(out, int32(i))
			}
		}
	}
	return out
}

// words with one beginning: a range of the dictionary.
func (g *Gazetteer) beginning(w string) (from, to int32) {
	f := sort.SearchStrings(g.dictionary, w)
	t := f + sort.Search(len(g.dictionary)-f, func(i int) bool { return !strings.HasPrefix(g.dictionary[f+i], w) })
	return int32(f), int32(t)
}

// Label is how people tell a commune from others: its postal code, or its
// département when it has several, and the département's name where homonyms exist.
func (g *Gazetteer) Label(c *Commune) string { return g.label(c, "", "") }

func (g *Gazetteer) label(c *Commune, codePostal, former string) string {
	where := codePostal
	switch {
	case where != "":
	case len(c.CodesPostaux) == 1:
		where = c.CodesPostaux[0]
	default:
		where = c.Departement
	}
	if g.homonyms[Fold(c.Nom)] {
		if d, ok := g.Division("departement", c.Departement); ok && d.Nom != "" {
			where += ", " + d.Nom
		}
	}
	label := c.Nom
	if former != "" {
		label = former + ", aujourd’hui " + c.Nom
	}
	if where == "" {
		return label
	}
	return label + " (" + where + ")"
}
