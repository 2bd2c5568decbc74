package territory

import (
	"cmp"
	"slices"
	"sort"
	"strings"
)

// How a name answers a query, in decimal orders of population: Clermont comes
// before Clermont-Ferrand, which has fourteen times its people, but Évry after
// Évry-Courcouronnes, which has a hundred and sixty times its own.
const (
	gainExact     = 6.0 // the whole name
	gainWords     = 4.4 // its first words, whole
	gainWhole     = 3.0 // nothing of the name: the whole name of its département or région
	gainBeginning = 2.0 // its beginning, within a word
	gainInside    = 1.5 // words of it, whole, anywhere
	gainPieces    = 0.5 // beginnings of words of it, anywhere
	gainWhere     = -1  // some of theirs
	lossContext   = 2.0 // a word of it is only the département's: enough where nothing has all the words
	lossFormer    = 1.5 // a name that is no longer the commune's
	lossQuarter   = 1.5 // an arrondissement whose number was not said
	gainNumber    = 4.0 // the arrondissement whose number was said
	gainPostal    = 4.0 // has the postal code that was given
	lossPostal    = 3.0 // only its département agrees with the postal code
	lossEdit      = 1.5 // each letter that was mistyped
	lossLarger    = 4.0 // see lowerLarger: more than a large town's lead over a hamlet
	lossTypo      = 30  // anything mistyped: after all that was typed right
)

const maxWords = 12 // no name has more

const maxQuery = 200 // bytes: longer than any address, shorter than an attack

// query is what was understood of what was typed.
type query struct {
	words    []string // of a name, folded
	last     bool     // the last word may be unfinished
	code     string   // five digits: postal or INSEE
	begin    string   // the beginning of a postal code
	dep      string   // a département's number
	number   int      // of an arrondissement
	ordinal  bool     // the number was an ordinal: "11e"
	cedex    bool
	longest  [maxWords]int // the words' places, the longest word first
	whole    departements  // those whose name, or whose région's, is just what was typed
	quarters bool          // the words name Paris, Lyon or Marseille
}

// ordinal reads 11 in "11", "11e", "11eme", "1er"; the second result is true
// when it is more than a number.
func ordinal(w string) (int, bool) {
	n, i := 0, 0
	for i < len(w) && i < 3 && w[i] >= '0' && w[i] <= '9' {
		n = n*10 + int(w[i]-'0')
		i++
	}
	if i == 0 || i > 2 {
		return 0, false
	}
	switch w[i:] {
	case "":
		return n, false
	case "e", "er", "eme", "ieme", "em", "ere", "nd", "nde", "de":
		return n, true
	}
	return 0, false
}

// romans number the arrondissements on street signs.
var romans = []string{"i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii", "xiii", "xiv", "xv", "xvi", "xvii", "xviii", "xix", "xx"}

func understand(q string) query {
	if len(q) > maxQuery {
		q = q[:maxQuery]
	}
	var out query
	w := words(q)
	for i := 1; i < len(w); i++ {
		// "51 100" is how the code is read aloud.
		if len(w[i-1]) == 2 && len(w[i]) == 3 && digits(w[i-1]) && digits(w[i]) {
			w[i-1] += w[i]
			w = slices.Delete(w, i, i+1)
		}
	}
	out.last = len(w) > 0 && !strings.HasSuffix(q, " ")
	for _, word := range w {
		if word == "paris" || word == "lyon" || word == "marseille" {
			out.quarters = true
		}
	}
	for _, word := range w {
		if len(out.words) == maxWords {
			break
		}
		switch {
		case word == "cedex" || word == "cdx":
			out.cedex = true
			continue
		case out.cedex && len(word) <= 2 && digits(word):
			continue // "cedex 2"
		case out.quarters && out.number > 0 && (word == "e" || word == "er" || word == "eme" || word == "ieme"):
			out.ordinal = true // "11 ème"
			continue
		case out.quarters && len(w) > 1 && (strings.HasPrefix("arrondissements", word) && len(word) >= 3 || word == "ardt" || word == "arrt"):
			continue
		case len(word) == 5 && isInsee(strings.ToUpper(word)) || len(word) == 5 && digits(word):
			out.code = strings.ToUpper(word)
			continue
		case word == "2a" || word == "2b":
			out.dep = strings.ToUpper(word)
			continue
		case digits(word) && len(word) <= 4:
			if n, _ := ordinal(word); out.quarters && n >= 1 && n <= 20 {
				out.number = n
			}
			if d := departementByCodeHas(word); d {
				out.dep = word
			}
			out.begin = word
			continue
		}
		if n := slices.Index(romans, word); n >= 0 && out.quarters && len(out.words) > 0 {
			out.number, out.ordinal = n+1, true
			continue
		}
		if n, ok := ordinal(word); ok && out.quarters {
			out.number, out.ordinal = n, true
			continue
		}
		out.words = append(out.words, word)
	}
	if len(w) > 0 && len(out.words) > 0 && out.words[len(out.words)-1] != w[len(w)-1] {
		out.last = false // a number follows: the words are finished
	}
	return out
}

// term is one word of the query against the dictionary.
type term struct {
	word     string
	from, to int32 // words that begin with it
	exact    int32 // the word itself, -1 when no name has it
	linking  bool
	final    bool       // may be unfinished
	near     []nearWord // words like it, sorted by number; only in the second round
	cost     int        // how many entries have a word that begins with it
}

type nearWord struct {
	id    int32
	edits uint8
	begin bool // only the beginning of the word is like it
}

// scratch is what a search needs and the next one may use again.
type scratch struct {
	seen   []uint32 // entry → the round that judged it last
	round  uint32
	hits   []hit
	best   []int32 // commune → its place in chosen, plus one; zero between searches
	chosen []hit
}

type hit struct {
	entry int32
	score float64
	exact bool // the whole name of a commune
}

// Search finds communes as a person writes them, best first: a name or its
// beginning, a postal code or its beginning, both, with or without the département's
// name or number, the arrondissement's number, former names. It forgives
// accents, case, articles, abbreviations of saint, order, and a mistyped letter or two
// in longer words, after everything that was typed right.
func (g *Gazetteer) Search(q string, limit int) []Match {
	if limit <= 0 || len(g.communes) == 0 {
		return nil
	}
	asked := understand(q)
	if len(asked.words) == 0 {
		return g.searchNumbers(asked, limit)
	}
	sc := g.scratches.Get().(*scratch)
	defer g.scratches.Put(sc)
	sc.hits = sc.hits[:0]

	terms := g.terms(asked)
	for i := range terms {
		asked.longest[i] = i
	}
	slices.SortStableFunc(asked.longest[:len(terms)], func(a, b int) int { return cmp.Compare(len(terms[b].word), len(terms[a].word)) })
	asked.whole = g.wholeNames(terms)
	g.findWords(sc, terms, &asked, limit, false)
	g.findWhole(sc, &asked)
	hits := g.choose(sc, limit)
	if len(hits) < limit && (len(hits) == 0 || hits[0].score < gainExact) {
		// Only now, so that what is typed right never costs more.
		if g.forgive(terms) {
			g.findWords(sc, terms, &asked, limit, true)
		}
		if len(sc.hits) == 0 {
			g.findWholeLike(sc, &asked)
		}
		hits = g.choose(sc, limit)
	}
	out := make([]Match, 0, len(hits))
	for _, h := range hits {
		e := &g.entries[h.entry]
		c := &g.communes[e.commune]
		code := g.codeAsked(c, asked)
		former := ""
		if e.kind == nameFormer {
			former = e.former
		}
		out = append(out, Match{Commune: c, Label: g.label(c, code, former), CodePostal: code, Score: h.score})
	}
	return out
}

// codeAsked is the commune's postal code that the query gave, whole or by a
// beginning that leaves no choice.
func (g *Gazetteer) codeAsked(c *Commune, asked query) string {
	if asked.code != "" {
		if slices.Contains(c.CodesPostaux, asked.code) {
			return asked.code
		}
		return ""
	}
	if len(asked.begin) < 2 {
		return ""
	}
	found := ""
	for _, p := range c.CodesPostaux {
		if strings.HasPrefix(p, asked.begin) {
			if found != "" {
				return ""
			}
			found = p
		}
	}
	return found
}

// searchNumbers answers a postal code, its beginning, a département's number
// or an INSEE code.
func (g *Gazetteer) searchNumbers(asked query, limit int) []Match {
	var found []int32
	prefix := first(asked.code, asked.begin)
	if prefix != "" {
		for _, p := range g.withPostal(prefix) {
			found = append(found, p.commune)
		}
	}
	if asked.dep != "" && len(found) == 0 {
		found = append(found, g.inDepartement(asked.dep)...)
	}
	order := func(a, b int32) int {
		x, y := &g.communes[a], &g.communes[b]
		if asked.code != "" && (x.Parent != "") != (y.Parent != "") {
			// 75011 is the arrondissement before it is Paris.
			if x.Parent != "" {
				return -1
			}
			return 1
		}
		if asked.code == "" && (x.Parent != "") != (y.Parent != "") {
			if x.Parent != "" {
				return 1
			}
			return -1
		}
		return cmp.Or(cmp.Compare(y.Population, x.Population), strings.Compare(x.Code, y.Code))
	}
	slices.Sort(found)
	found = slices.Compact(found)
	slices.SortFunc(found, order)
	if asked.code != "" {
		if i, ok := g.byCode[asked.code]; ok && len(found) == 0 {
			found = append(found, i)
		}
		if len(found) == 0 {
			// A CEDEX or a mistaken code: where its digits lead, the largest first.
			for cut := 3; cut >= 2 && len(found) == 0; cut-- {
				for _, p := range g.withPostal(asked.code[:cut]) {
					found = append(found, p.commune)
				}
			}
			slices.Sort(found)
			found = slices.Compact(found)
			asked.code = ""
			slices.SortFunc(found, order)
		}
	}
	out := make([]Match, 0, min(limit, len(found)))
	for _, i := range found[:min(limit, len(found))] {
		c := &g.communes[i]
		code := g.codeAsked(c, asked)
		out = append(out, Match{Commune: c, Label: g.label(c, code, ""), CodePostal: code, Score: float64(len(found) - len(out))})
	}
	return out
}

func (g *Gazetteer) terms(asked query) []term {
	out := make([]term, len(asked.words))
	for i, w := range asked.words {
		t := term{word: w, exact: -1, linking: linking[w], final: asked.last && i == len(asked.words)-1}
		t.from, t.to = g.beginning(w)
		if t.from < t.to && g.dictionary[t.from] == w {
			t.exact = t.from
		}
		if w == "france" && i == len(asked.words)-1 && i > 0 {
			t.linking = true // "Reims, France"; Roissy-en-France has it and still gains from it
		}
		for id := t.from; id < t.to; id++ {
			t.cost += len(g.postings[id])
		}
		out[i] = t
	}
	allLinking := !slices.ContainsFunc(out, func(t term) bool { return !t.linking })
	if allLinking {
		for i := range out {
			out[i].linking = false
		}
	}
	return out
}

// findWords looks for names that have every word of the query, beginning with
// the names that have its rarest one.
func (g *Gazetteer) findWords(sc *scratch, terms []term, asked *query, limit int, forgiving bool) {
	sc.round++
	if sc.round == 0 { // wrapped around
		clear(sc.seen)
		sc.round = 1
	}
	order := make([]int, 0, len(terms))
	for i := range terms {
		if !terms[i].linking {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(terms[a].cost, terms[b].cost), cmp.Compare(a, b)) })
	try := func(e int32) {
		if sc.seen[e] == sc.round {
			return
		}
		sc.seen[e] = sc.round
		if h, ok := g.judge(e, terms, asked, forgiving); ok {
			sc.hits = append(sc.hits, h)
		}
	}
	// A name lacks the rarest word only where the département has it, and so on:
	// each further word has fewer départements left to look into.
	left := departements{}.all(len(g.deps))
	for _, i := range order {
		t := &terms[i]
		// A letter or two fit thousands of names, of which only the largest can be shown.
		least := float32(0)
		if len(terms) == 1 && t.cost > 20*limit && !asked.numbers() && len(t.near) == 0 {
			least = g.largest(t, 10*limit)
		}
		for id := t.from; id < t.to; id++ {
			for _, e := range g.postings[id] {
				if (g.entries[e].popularity >= least || id == t.exact) && left.has(g.depOf[g.entries[e].commune]) {
					try(e)
				}
			}
		}
		for _, n := range t.near {
			for _, e := range g.postings[n.id] {
				if left.has(g.depOf[g.entries[e].commune]) {
					try(e)
				}
			}
		}
		none := true
		for d := range g.deps {
			if left.has(int16(d)) && g.deps[d].has(t) {
				none = false
			} else {
				left.drop(d)
			}
		}
		if none {
			return
		}
	}
	// Every word is these départements': their largest communes are meant.
	for d := range g.deps {
		if left.has(int16(d)) {
			for _, e := range g.deps[d].places[:min(60, len(g.deps[d].places))] {
				try(e)
			}
		}
	}
}

// largest gives a popularity that at least n of a term's names reach, and not
// many more.
func (g *Gazetteer) largest(t *term, n int) float32 {
	const steps = 16 // to a decimal order
	var count [8 * steps]int
	for id := t.from; id < t.to; id++ {
		for _, e := range g.postings[id] {
			count[min(len(count)-1, int(g.entries[e].popularity*steps))]++
		}
	}
	for i := len(count) - 1; i >= 0; i-- {
		if n -= count[i]; n <= 0 {
			return float32(i) / steps
		}
	}
	return 0
}

// numbers reports whether the query has any.
func (q *query) numbers() bool { return q.code != "" || q.begin != "" || q.dep != "" || q.number > 0 }

// departements is a set of indexes in Gazetteer.deps, of which there are a hundred or so.
type departements []uint64

func (d departements) all(n int) departements {
	d = make(departements, (n+63)/64)
	for i := range n {
		d[i>>6] |= 1 << (i & 63)
	}
	return d
}

func (d departements) has(i int16) bool { return d[i>>6]&(1<<(i&63)) != 0 }
func (d departements) drop(i int)       { d[i>>6] &^= 1 << (i & 63) }

// has reports whether a term may be a word of the département's name or of its région's.
func (c *context) has(t *term) bool {
	for _, name := range c.names {
		for _, w := range name {
			if w == t.word || t.final && len(t.word) >= 3 && strings.HasPrefix(w, t.word) {
				return true
			}
		}
	}
	return false
}

// wholeNames gives the départements whose name the terms are, or whose région's.
func (g *Gazetteer) wholeNames(terms []term) departements {
	var typed []string
	for i := range terms {
		if !linking[terms[i].word] {
			typed = append(typed, terms[i].word)
		}
	}
	out := make(departements, (len(g.deps)+63)/64)
	for d := range g.deps {
		for _, name := range g.deps[d].names {
			if slices.Equal(name, typed) {
				out[d>>6] |= 1 << (d & 63)
			}
		}
	}
	return out
}

// how a word of the query is found in a name
const (
	wordExact = iota
	wordBeginning
	wordNear
	wordAbsent
)

func (t *term) in(id int32) (how, edits int) {
	if id == t.exact {
		return wordExact, 0
	}
	if id >= t.from && id < t.to {
		return wordBeginning, 0
	}
	if i, ok := slices.BinarySearchFunc(t.near, id, func(n nearWord, id int32) int { return cmp.Compare(n.id, id) }); ok {
		return wordNear, int(t.near[i].edits)
	}
	return wordAbsent, 0
}

// judge says how well a name answers.
func (g *Gazetteer) judge(at int32, terms []term, asked *query, forgiving bool) (hit, bool) {
	e := &g.entries[at]
	ids := g.ids[e.from:e.to]
	var used uint32
	edits, named, where := 0, 0, 0
	exact := true
	var spot [maxWords]int8 // term → its word in the name, -1 when it has none
	for i := range terms {
		spot[i] = -1
	}
	// The longest first: "b bo" is Bourg-en-Bresse, whose first word either could take.
	for _, i := range asked.longest[:len(terms)] {
		t := &terms[i]
		after := int8(-1) // the words before this one, where they are known already
		for k := range i {
			after = max(after, spot[k])
		}
		best, bestAt, bestEdits := wordAbsent, -1, 0
		for j, id := range ids {
			if used&(1<<j) != 0 {
				continue
			}
			how, n := t.in(id)
			if how == wordBeginning && t.linking {
				continue // "de" is not the beginning of Dehlingen, unless nothing else was typed
			}
			// The same word may come twice: the one that keeps the order is meant.
			if how < best || how == best && how != wordAbsent && (n < bestEdits || n == bestEdits && int8(bestAt) < after && int8(j) > after) {
				best, bestAt, bestEdits = how, j, n
			}
		}
		if best == wordAbsent {
			if t.linking {
				continue
			}
			if g.deps[g.depOf[e.commune]].has(t) {
				where++
				continue
			}
			return hit{}, false
		}
		used |= 1 << bestAt
		spot[i] = int8(bestAt)
		if best == wordBeginning {
			exact = false
		}
		if !t.linking {
			named++
		}
		edits += bestEdits
	}
	inOrder, last := true, int8(-1)
	for i := range terms {
		if p := spot[i]; p >= 0 {
			inOrder = inOrder && p > last
			last = p
		}
	}
	if forgiving && edits == 0 {
		return hit{}, false // found in the first round
	}
	gain := gainPieces
	content := uint32(1)<<len(ids) - 1 - e.linking
	if content == 0 {
		content = uint32(1)<<len(ids) - 1 // "Les Aux" of linking words only
	}
	missing := content &^ used
	switch {
	case named == 0 && used&content == 0:
		gain = gainWhere
	case exact && missing == 0 && inOrder:
		gain = gainExact
	case exact && missing == 0:
		gain = gainWords
	case inOrder && leading(used|e.linking, len(ids)) && used != 0:
		gain = gainBeginning
		if exact {
			gain = gainWords
		}
	case exact:
		gain = gainInside
	}
	if gain < gainWhole && e.kind == nameCurrent && asked.whole.has(g.depOf[e.commune]) {
		gain = gainWhole
	}
	score := gain + float64(e.popularity)
	if edits > 0 {
		score -= lossTypo + lossEdit*float64(edits)
	}
	if where > 0 && named > 0 {
		score -= lossContext
	}
	score, ok := g.adjust(e, score, asked)
	return hit{at, score, gain == gainExact && edits == 0 && e.kind == nameCurrent}, ok
}

// leading reports whether the words used are the first ones of n.
func leading(used uint32, n int) bool {
	for j := n - 1; j > 0; j-- {
		if used&(1<<j) != 0 && used&(1<<(j-1)) == 0 {
			return false
		}
	}
	return used&1 != 0
}

// adjust weighs the numbers of the query and the kind of name.
func (g *Gazetteer) adjust(e *entry, score float64, asked *query) (float64, bool) {
	c := &g.communes[e.commune]
	switch e.kind {
	case nameFormer:
		score -= lossFormer
	case nameArrondissement:
		switch {
		case asked.number == 0:
			score -= lossQuarter
			if asked.code == "" && asked.begin == "" {
				score -= gainExact - gainWords // "paris" is Paris, then its arrondissements
			}
		case int(e.number) != asked.number:
			return 0, false
		case asked.ordinal || asked.dep != c.Departement:
			score += gainNumber
		}
		if asked.code != "" && slices.Contains(c.CodesPostaux, asked.code) {
			score += lossQuarter
		}
	}
	if asked.code != "" {
		switch {
		case slices.Contains(c.CodesPostaux, asked.code), c.Code == asked.code:
			score += gainPostal
		case DepartementOfPostal(asked.code) == c.Departement:
			score -= lossPostal
		default:
			return score - 3*lossPostal, true
		}
		return score, true
	}
	if e.kind == nameArrondissement || asked.number > 0 && c.Parent == "" && asked.quarters {
		return score, true
	}
	if asked.begin != "" || asked.dep != "" {
		if asked.dep != "" && c.Departement == asked.dep ||
			asked.begin != "" && slices.ContainsFunc(c.CodesPostaux, func(p string) bool { return strings.HasPrefix(p, asked.begin) }) {
			return score + gainPostal, true
		}
		return score - 3*lossPostal, true
	}
	return score, true
}

// findWhole looks for the query written without its spaces among the names
// written without theirs: "larochelle", "mont pellier", "villeneuve dascq".
func (g *Gazetteer) findWhole(sc *scratch, asked *query) {
	whole := strings.Join(asked.words, "")
	if len(whole) < 2 {
		return
	}
	for i := sort.Search(len(g.keys), func(i int) bool { return g.keys[i].text >= whole }); i < len(g.keys) && strings.HasPrefix(g.keys[i].text, whole); i++ {
		e := &g.entries[g.keys[i].entry]
		gain := gainBeginning
		if len(g.keys[i].text) == len(whole) {
			gain = gainExact
		}
		if s, ok := g.adjust(e, gain+float64(e.popularity), asked); ok {
			sc.hits = append(sc.hits, hit{g.keys[i].entry, s, gain == gainExact && e.kind == nameCurrent})
		}
	}
}

// findWholeLike is findWhole with a mistyped letter or two, the last resort.
func (g *Gazetteer) findWholeLike(sc *scratch, asked *query) {
	whole := strings.Join(asked.words, "")
	allowed := allowedEdits(whole)
	if allowed == 0 {
		return
	}
	mask := letters(whole)
	for i := range g.keys {
		k := g.keys[i].text
		if d := len(k) - len(whole); d > allowed || d < -allowed || farApart(mask, letters(k), allowed) {
			continue
		}
		n, begin := distance(whole, k, allowed, false)
		if n > allowed || begin {
			continue
		}
		e := &g.entries[g.keys[i].entry]
		if s, ok := g.adjust(e, gainExact+float64(e.popularity)-lossTypo-lossEdit*float64(n), asked); ok {
			sc.hits = append(sc.hits, hit{g.keys[i].entry, s, false})
		}
	}
}

// forgive fills the words that resemble each term; false when none has any.
func (g *Gazetteer) forgive(terms []term) bool {
	any := false
	for i := range terms {
		t := &terms[i]
		allowed := allowedEdits(t.word)
		if allowed == 0 {
			continue
		}
		mask := letters(t.word)
		unfinished := t.final && len(t.word) >= 5
		longest := len(t.word) + allowed
		if unfinished {
			longest = len(g.byLength)
		}
		for length := max(1, len(t.word)-allowed); length <= longest && length < len(g.byLength); length++ {
			beyond := length > len(t.word)+allowed
			for _, id := range g.byLength[length] {
				// Letters that the query lacks only count where the word may not go on.
				if id >= t.from && id < t.to || onesBeyond(mask, g.masks[id]) > allowed || !beyond && onesBeyond(g.masks[id], mask) > allowed {
					continue
				}
				if n, begin := distance(t.word, g.dictionary[id], allowed, unfinished); n <= allowed {
					t.near = append(t.near, nearWord{id, uint8(n), begin})
					t.cost += len(g.postings[id])
					any = true
				}
			}
		}
		slices.SortFunc(t.near, func(a, b nearWord) int { return cmp.Compare(a.id, b.id) })
	}
	return any
}

// lowerLarger puts the communes whose whole name was typed before all others
// but two: who types "villeneuve" may mean Villeneuve-d'Ascq, and must
// still find the smallest Villeneuve.
func lowerLarger(hits []hit) {
	first, second := -1, -1 // the best that are not exact
	exact := false
	for i, h := range hits {
		switch {
		case h.exact:
			exact = true
		case first < 0 || h.score > hits[first].score:
			first, second = i, first
		case second < 0 || h.score > hits[second].score:
			second = i
		}
	}
	if !exact {
		return
	}
	for i := range hits {
		if !hits[i].exact && i != first && i != second {
			hits[i].score -= lossLarger
		}
	}
}

// choose keeps the best name of each commune, and of them the best few, in order.
func (g *Gazetteer) choose(sc *scratch, limit int) []hit {
	sc.chosen = sc.chosen[:0]
	for _, h := range sc.hits {
		at := &sc.best[g.entries[h.entry].commune]
		if *at == 0 {
			sc.chosen = append(sc.chosen, h)
			*at = int32(len(sc.chosen))
		} else if old := &sc.chosen[*at-1]; h.score > old.score || h.score == old.score && h.entry < old.entry {
			*old = h
		}
	}
	for _, h := range sc.chosen {
		sc.best[g.entries[h.entry].commune] = 0
	}
	lowerLarger(sc.chosen)
	order := func(a, b hit) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(g.entries[a.entry].commune, g.entries[b.entry].commune))
	}
	if len(sc.chosen) < 4*limit {
		slices.SortFunc(sc.chosen, order)
		return sc.chosen[:min(limit, len(sc.chosen))]
	}
	// "la" fits thousands: putting them all in order would cost more than finding them.
	best := sc.chosen[:0:limit]
	for i := range sc.chosen {
		h := sc.chosen[i]
		if len(best) == limit {
			if order(h, best[limit-1]) >= 0 {
				continue
			}
			best = best[:limit-1]
		}
		at, _ := slices.BinarySearchFunc(best, h, order)
		best = slices.Insert(best, at, h)
	}
	return best
}
