package quality

import (
	"fmt"
	"maps"
	"math/bits"
	"slices"
	"strings"
	"time"

	"mednum/internal/french"
	"mednum/internal/place"
)

// What a rule can see of a place is finite: which fields are filled, which of
// the values that rules name a list holds, on which side of a threshold a
// number is. An explorer goes through all of it, so that what it says of a
// version is said of every place there can be.

// group is columns that facts tie together: hiding one changes what is known
// of the others.
type group struct {
	columns columns
	names   []string
}

var groups, groupAt = func() ([]group, []int) {
	var list []group
	at := make([]int, len(place.Columns))
	together := [][]string{{"presentation_resume", "presentation_detail"}, {"latitude", "longitude", "commune", "code_insee"}}
	for i := range place.Columns {
		name := place.Columns[i].Name
		names := []string{name}
		for _, t := range together {
			if slices.Contains(t, name) {
				names = t
			}
		}
		if k := slices.IndexFunc(list, func(g group) bool { return slices.Contains(g.names, name) }); k >= 0 {
			at[i] = k
			continue
		}
		at[i] = len(list)
		list = append(list, group{columnSet(names), names})
	}
	return list, at
}()

var (
	latitudeBit   = columnSet([]string{"latitude"})
	positionBits  = columnSet([]string{"latitude", "longitude"})
	communeBits   = columnSet([]string{"commune", "code_insee"})
	resumeBit     = columnSet([]string{"presentation_resume"})
	detailBit     = columnSet([]string{"presentation_detail"})
	hoursBit      = columnSet([]string{"horaires"})
	pivotBit      = columnSet([]string{"pivot"})
	accesLibreBit = columnSet([]string{"fiche_acces_libre"})
	dateBit       = columnSet([]string{"date_maj"})
)

// content is what the columns of a group hold, as rules see it.
type content struct {
	filled  columns
	list    []string // of the one list of the group
	hours   string
	minutes *int
	outside *bool
	letters [2]int // of presentation_resume and presentation_detail
	gap     *int   // ecart_commune
	pivot   string
	libre   bool
	date    Jour
}

// without is the same with a column taken away, and what came from it.
func (c content) without(column columns) content {
	c.filled &^= column
	c.list = nil
	if column&hoursBit != 0 {
		c.hours, c.minutes, c.outside = "", nil, nil
	}
	if column&resumeBit != 0 {
		c.letters[0] = 0
	}
	if column&detailBit != 0 {
		c.letters[1] = 0
	}
	if c.filled&positionBits != positionBits || c.filled&communeBits == 0 {
		c.gap = nil
	}
	if column&pivotBit != 0 {
		c.pivot = ""
	}
	if column&accesLibreBit != 0 {
		c.libre = false
	}
	if column&dateBit != 0 {
		c.date = Jour{}
	}
	return c
}

// put makes a group of the entry hold this, and nothing else.
func (c *content) put(g *group, in *Entree) {
	f := &in.Fiche
	f.Presents = slices.DeleteFunc(f.Presents, func(name string) bool { return slices.Contains(g.names, name) })
	for _, name := range g.names {
		i := columnIndex[name]
		if c.filled&(1<<i) != 0 {
			f.Presents = append(f.Presents, name)
		}
		if kept(&place.Columns[i]) {
			if delete(f.Listes, name); c.list != nil {
				f.Listes[name] = c.list
			}
		}
	}
	x := &f.Faits
	if g.columns&hoursBit != 0 {
		x.Horaires, x.MinutesSemaine, x.HorsBureau = c.hours, c.minutes, c.outside
	}
	if g.columns&resumeBit != 0 {
		x.Presentation = c.letters[0] + c.letters[1]
	}
	if g.columns&latitudeBit != 0 {
		x.EcartCommune = c.gap
	}
	if g.columns&pivotBit != 0 {
		x.Pivot = c.pivot
	}
	if g.columns&accesLibreBit != 0 {
		x.AccesLibre = c.libre
	}
	if g.columns&dateBit != 0 {
		f.DateMaj = c.date
	}
}

// says is the content as a clause: "le champ « services » contient « Loisirs »".
func (c *content) says(g *group) string {
	var clauses []string
	for _, name := range g.names {
		if c.filled&columnSet([]string{name}) == 0 {
			continue
		}
		clause := "le champ " + quoted(fieldLabel(name))
		if c.list != nil {
			clauses = append(clauses, clause+" contient seulement "+french.Enumerate(valueLabels(name, c.list), " et "))
			continue
		}
		clause += " est rempli"
		var details []string
		switch {
		case g.columns&hoursBit != 0:
			details = append(details, factWord("horaires", c.hours))
			if c.minutes != nil {
				details = append(details, duration(*c.minutes)+" par semaine")
			}
			if c.outside != nil {
				details = append(details, either(*c.outside, "hors des heures de bureau aussi", "aux heures de bureau seulement"))
			}
		case name == "latitude" && c.gap != nil:
			details = append(details, "à "+metres(*c.gap)+" de la commune")
		case name == "presentation_resume":
			details = append(details, french.Count(c.letters[0], "signe", "signes"))
		case name == "presentation_detail":
			details = append(details, french.Count(c.letters[1], "signe", "signes"))
		case g.columns&pivotBit != 0:
			details = append(details, factWord("pivot", orNone(c.pivot)))
		case g.columns&dateBit != 0:
			details = append(details, c.date.French())
		}
		if len(details) > 0 {
			clause += " (" + strings.Join(details, ", ") + ")"
		}
		clauses = append(clauses, clause)
	}
	return french.Enumerate(clauses, " et ")
}

// exploreDay is the day of reference of the places that an explorer makes up:
// none of their answers is ever out of date.
var exploreDay = Jour{place.Date{Year: 2024, Month: time.July, Day: 1}}

// maxCases is how many made-up places a check may look at: ten times what
// version 1.0.0 needs, and a fraction of a second.
const maxCases = 300_000

// maxStates of one thing that rules see; more, and only some are tried.
const maxStates = 600

// explorer makes up places.
type explorer struct {
	r      *Referentiel
	e      *Engine
	reads  []reads // of each criterion
	budget int     // cases left
	hiding bool    // what a place hides is its own: how dense its territory is, we know
}

func newExplorer(e *Engine) *explorer {
	x := &explorer{r: e.ref, e: e, budget: maxCases}
	for i := range x.r.Criteres {
		x.reads = append(x.reads, readsOf(&x.r.Criteres[i]))
	}
	return x
}

// variable is one thing that rules see, and all that it can be. The first of
// its states is nothing.
type variable struct {
	name   string
	group  *group // nil for what is not of the record
	states []state
}

type state struct {
	words   string // "" for nothing
	content content
	answer  *Declaration
	proof   *Evidence
	measure *Mesure
	density string
	aid     string
}

func (s *state) put(g *group, in *Entree) {
	switch {
	case g != nil:
		s.content.put(g, in)
	case s.answer != nil:
		in.Reponses = append(in.Reponses, *s.answer)
	case s.proof != nil:
		in.Preuves = append(in.Preuves, *s.proof)
	case s.measure != nil:
		in.Mesures = append(in.Mesures, *s.measure)
	case s.density != "":
		in.Contexte.Densite = s.density
	case s.aid != "":
		in.Contexte.AideLocale = s.aid
	}
}

// merged is what the given criteria read together.
func (x *explorer) merged(criteria []int) reads {
	read := noReads()
	for _, i := range criteria {
		r := x.reads[i]
		for _, m := range [...][2]map[string]bool{{read.champs, r.champs}, {read.faits, r.faits}, {read.questions, r.questions},
			{read.preuves, r.preuves}, {read.contextes, r.contextes}, {read.mesures, r.mesures}} {
			maps.Copy(m[0], m[1])
		}
	}
	return read
}

// variables are all that the given criteria see, by name.
func (x *explorer) variables(criteria []int) []variable {
	read := x.merged(criteria)
	var out []variable
	seen := map[int]bool{}
	for _, name := range slices.Sorted(maps.Keys(read.champs)) {
		i, ok := columnIndex[name]
		if !ok || seen[groupAt[i]] {
			continue
		}
		seen[groupAt[i]] = true
		g := &groups[groupAt[i]]
		v := variable{name: "champ:" + g.names[0], group: g, states: []state{{}}}
		for _, c := range x.contents(g, criteria, read) {
			v.states = append(v.states, state{content: c, words: c.says(g)})
		}
		out = append(out, v)
	}
	for _, code := range slices.Sorted(maps.Keys(read.questions)) {
		v := variable{name: "question:" + code, states: []state{{}}}
		if q := x.r.question(code); q != nil {
			for _, a := range q.Reponses {
				v.states = append(v.states, state{words: "la réponse à " + quoted(q.Texte) + " est " + quoted(a.Libelle), answer: &Declaration{Question: code, Reponse: a.Code, Date: exploreDay}})
			}
		}
		out = append(out, v)
	}
	for _, code := range slices.Sorted(maps.Keys(read.preuves)) {
		v := variable{name: "preuve:" + code, states: []state{{}}}
		if p := x.r.preuve(code); p != nil {
			for _, a := range p.Resultats {
				v.states = append(v.states, state{words: quoted(p.Libelle) + " dit " + quoted(a.Libelle), proof: &Evidence{Preuve: code, Resultat: a.Code, Date: exploreDay}})
			}
		}
		out = append(out, v)
	}
	for _, name := range slices.Sorted(maps.Keys(read.mesures)) {
		v := variable{name: "mesure:" + name, states: []state{{}}}
		for _, n := range [...]int{0, 500, 1000} {
			v.states = append(v.states, state{words: quoted(measureLabel(name)) + " : " + french.Count(n, "cas", "cas"), measure: &Mesure{name, n, 1000}})
		}
		out = append(out, v)
	}
	if read.contextes["densite"] || read.contextes["territoire"] {
		v := variable{name: "contexte:densite"}
		if !x.hiding {
			v.states = append(v.states, state{})
		}
		for i, d := range Contexts["densite"] {
			s := state{words: "en " + contextValue(d), density: d}
			if x.hiding && i == 0 {
				s.words = "" // the usual case, of which nothing need be said
			}
			v.states = append(v.states, s)
		}
		out = append(out, v)
	}
	if read.contextes["aide_locale"] {
		v := variable{name: "contexte:aide_locale", states: []state{{}}}
		for _, d := range Contexts["aide_locale"] {
			v.states = append(v.states, state{words: quoted(contextLabel("aide_locale")) + " : " + d, aid: d})
		}
		out = append(out, v)
	}
	return out
}

// sees are the names of the variables of a criterion.
func (x *explorer) sees(i int) map[string]bool {
	out := map[string]bool{}
	read := &x.reads[i]
	for name := range read.champs {
		if j, ok := columnIndex[name]; ok {
			out["champ:"+groups[groupAt[j]].names[0]] = true
		}
	}
	for kind, names := range map[string]map[string]bool{"question:": read.questions, "preuve:": read.preuves, "mesure:": read.mesures} {
		for name := range names {
			out[kind+name] = true
		}
	}
	for name := range read.contextes {
		if name == "territoire" {
			name = "densite"
		}
		out["contexte:"+name] = true
	}
	return out
}

// contents are what a group may hold, nothing apart, so far as criteria can
// tell: one content for all those that they cannot tell apart.
func (x *explorer) contents(g *group, criteria []int, read reads) []content {
	first := &place.Columns[columnIndex[g.names[0]]]
	switch {
	case g.columns&hoursBit != 0:
		out := []content{{filled: hoursBit, hours: "texte"}}
		minutes := []*int{nil}
		if read.faits["heures_semaine"] || read.faits["minutes_semaine"] {
			minutes = append(minutes, x.numbers(criteria, "heures_semaine", 60)...)
			minutes = append(minutes, x.numbers(criteria, "minutes_semaine", 1)...)
		}
		outside := []*bool{nil}
		if read.faits["hors_bureau"] {
			yes, no := true, false
			outside = append(outside, &yes, &no)
		}
		for _, m := range minutes {
			for _, o := range outside {
				out = append(out, content{filled: hoursBit, hours: "lisibles", minutes: m, outside: o})
			}
		}
		return out
	case g.columns&resumeBit != 0:
		lengths := []int{1}
		if read.faits["presentation"] {
			for _, n := range x.numbers(criteria, "presentation", 1) {
				lengths = append(lengths, max(1, *n))
			}
		}
		var out []content
		for _, n := range lengths {
			out = append(out, content{filled: resumeBit, letters: [2]int{n, 0}}, content{filled: detailBit, letters: [2]int{0, n}},
				content{filled: resumeBit | detailBit, letters: [2]int{n, n}})
		}
		return out
	case g.columns&latitudeBit != 0:
		var out []content
		insee := columnSet([]string{"code_insee"})
		for _, where := range [...]columns{0, communeBits &^ insee, insee, communeBits} {
			for _, position := range [...]columns{0, positionBits} {
				c := content{filled: where | position}
				if c.filled != 0 {
					out = append(out, c)
				}
				if where != 0 && position != 0 && read.faits["ecart_commune"] {
					for _, n := range x.numbers(criteria, "ecart_commune", 1) {
						c.gap = n
						out = append(out, c)
					}
				}
			}
		}
		return out
	case g.columns&pivotBit != 0 && read.faits["pivot"]:
		var out []content
		for _, kind := range [...]string{"siret", "rna", "ridet", "siren", ""} {
			out = append(out, content{filled: pivotBit, pivot: kind})
		}
		return out
	case g.columns&accesLibreBit != 0 && read.faits["acces_libre"]:
		return []content{{filled: accesLibreBit}, {filled: accesLibreBit, libre: true}}
	case g.columns&dateBit != 0:
		return x.ages(criteria)
	case kept(first):
		return x.lists(g, first, criteria)
	}
	return []content{{filled: g.columns}}
}

// numbers are those of a fact where a rule turns: at its bounds, between them,
// and on both sides of what it compares; unit is how many of the fact's own
// make one of the rule's.
func (x *explorer) numbers(criteria []int, fait string, unit int64) []*int {
	found := map[int]bool{0: true}
	add := func(n Nombre, beside int) {
		at := int(min(max(int64(n)*unit/int64(Entier), 0), 1_000_000))
		for _, m := range [...]int{at, at + beside, at - beside} {
			found[max(0, m)] = true
		}
	}
	bounds := func(b Bornes) {
		add(b.De, 0)
		add(b.A, 0)
		add(Nombre((int64(b.De)+int64(b.A))/2), 0)
	}
	compare := func(p *Predicat) {
		if p.Fait == fait && p.Nombre != nil {
			add(*p.Nombre, 1)
		}
	}
	for _, i := range criteria {
		c := &x.r.Criteres[i]
		if c.ApplicableSi != nil {
			walkPredicates(c.ApplicableSi, compare)
		}
		walkRules(&c.Regle, func(r *Regle) {
			if r.Fait == fait {
				if r.Bornes != nil {
					bounds(*r.Bornes)
				}
				for _, b := range r.Profils {
					bounds(b)
				}
			}
			for j := range r.Cas {
				walkPredicates(&r.Cas[j].Si, compare)
			}
		})
	}
	sorted := slices.Sorted(maps.Keys(found))
	for len(sorted) > 40 { // a document made to hurt: keep the ends and every other one
		for i := len(sorted) - 2; i > 0; i -= 2 {
			sorted = slices.Delete(sorted, i, i+1)
		}
	}
	out := make([]*int, len(sorted))
	for i := range sorted {
		out[i] = &sorted[i]
	}
	return out
}

// ages are dates where a rule turns.
func (x *explorer) ages(criteria []int) []content {
	months := map[int]bool{0: true}
	for _, i := range criteria {
		walkRules(&x.r.Criteres[i].Regle, func(r *Regle) {
			if r.Type == "age" {
				months[r.Plein], months[(r.Plein+r.Nul)/2], months[r.Nul+1] = true, true, true
			}
		})
	}
	var out []content
	for _, m := range slices.Sorted(maps.Keys(months)) {
		t := exploreDay.Time().AddDate(0, 0, -m*monthDays/monthOver)
		out = append(out, content{filled: dateBit, date: Jour{place.Date{Year: t.Year(), Month: t.Month(), Day: t.Day()}}})
	}
	return out
}

// lists are the contents of a list, one for all that rules cannot tell apart:
// values that the same rules name are interchangeable, only how many there are
// counts.
func (x *explorer) lists(g *group, column *place.Column, criteria []int) []content {
	classes, most := x.classes(column.Name, criteria)
	sizes := make([]int, len(classes))
	total := 1
	for i, class := range classes {
		sizes[i] = min(len(class), most)
		total = min(total*(sizes[i]+1), maxStates+1)
	}
	var out []content
	take := make([]int, len(classes))
	keep := func() {
		var list []string
		for j, n := range take {
			list = append(list, classes[j][:n]...)
		}
		if len(list) > 0 {
			out = append(out, content{filled: g.columns, list: list})
		}
	}
	if total > maxStates {
		// Too many to try all: each class alone, by twos, and all together.
		for i := range min(len(classes), 24) {
			for take[i] = 1; take[i] <= sizes[i]; take[i]++ {
				keep()
				for j := range i {
					take[j] = 1
					keep()
					take[j] = 0
				}
			}
			take[i] = 0
		}
		copy(take, sizes)
		keep()
		return out
	}
	for {
		i := 0
		for ; i < len(take); i++ {
			if take[i]++; take[i] <= sizes[i] {
				break
			}
			take[i] = 0
		}
		if i == len(take) {
			return out
		}
		keep()
	}
}

// classes are the values of a column that rules cannot tell apart, those that
// none names last; most is how many of one class may matter.
func (x *explorer) classes(champ string, criteria []int) (classes [][]string, most int) {
	signature := map[string]string{}
	most = 2
	n := 0
	named := func(values []string) {
		for _, v := range values {
			signature[v] += fmt.Sprintf("%d,", n)
		}
		n++
	}
	predicate := func(p *Predicat) {
		if p.Champ == champ {
			named(p.Valeurs)
			named(p.Sauf)
			if p.Valeur != "" {
				named([]string{p.Valeur})
			}
		}
		if p.Contexte == "territoire" && champ == "itinerance" {
			named([]string{"Itinérant"})
			named([]string{"Fixe"})
		}
	}
	for _, i := range criteria {
		c := &x.r.Criteres[i]
		if c.ApplicableSi != nil {
			walkPredicates(c.ApplicableSi, predicate)
		}
		walkRules(&c.Regle, func(r *Regle) {
			if r.Contexte == "territoire" && champ == "itinerance" {
				named([]string{"Itinérant"})
				named([]string{"Fixe"})
			}
			for j := range r.Cas {
				walkPredicates(&r.Cas[j].Si, predicate)
			}
			if r.Champ != champ {
				return
			}
			named(r.Valeurs)
			named(r.Sauf)
			for j := range r.Lignes {
				named(r.Lignes[j].Valeurs)
				most = max(most, len(r.Lignes[j].Valeurs))
			}
			for j := range r.Paliers {
				most = max(most, r.Paliers[j].Minimum)
			}
			byField := map[string][]string{}
			for v, f := range r.Correspondances {
				byField[f] = append(byField[f], v)
			}
			for _, f := range slices.Sorted(maps.Keys(byField)) {
				named(byField[f])
			}
		})
	}
	var others []string
	if v, ok := place.VocabularyOf(champ); ok {
		for _, value := range v.Values() {
			if signature[value] == "" {
				others = append(others, value)
			}
		}
	} else {
		others = []string{"autre", "autre encore"}
	}
	bySignature := map[string][]string{}
	var order []string
	for _, v := range slices.Sorted(maps.Keys(signature)) {
		s := signature[v]
		if bySignature[s] == nil {
			order = append(order, s)
		}
		bySignature[s] = append(bySignature[s], v)
	}
	for _, s := range order {
		classes = append(classes, bySignature[s])
	}
	if len(others) > 0 {
		classes = append(classes, others)
	}
	return classes, most
}

// entry is a place that holds these states.
func entry(vars []variable, at []int) *Entree {
	in := &Entree{Fiche: Fiche{Listes: map[string][]string{}}, Date: exploreDay}
	for i := range vars {
		vars[i].states[at[i]].put(vars[i].group, in)
	}
	return in
}

// each goes through all states of the variables; false when there are more
// than the budget allows, and then nothing was gone through.
func (x *explorer) each(vars []variable, visit func(at []int)) bool {
	total := 1
	for i := range vars {
		hi, lo := bits.Mul64(uint64(total), uint64(len(vars[i].states)))
		if hi != 0 || lo > uint64(x.budget) {
			return false
		}
		total = int(lo)
	}
	x.budget -= total
	at := make([]int, len(vars))
	for {
		visit(at)
		i := 0
		for ; i < len(at); i++ {
			if at[i]++; at[i] < len(vars[i].states) {
				break
			}
			at[i] = 0
		}
		if i == len(at) {
			return true
		}
	}
}

// judgeAll gives the values of some criteria for a place.
func (e *Engine) judgeAll(in *Entree, criteria []int, dst []Valeur) []Valeur {
	var v view
	v.read(in)
	dst = dst[:0]
	for _, i := range criteria {
		dst = append(dst, e.criteria[i].judge(&v, nil).value)
	}
	return dst
}

// readers are the criteria that see a column.
func (x *explorer) readers(column string) []int {
	return x.reading(func(r reads) bool { return r.champs[column] })
}

// reading are the criteria of which something holds.
func (x *explorer) reading(is func(reads) bool) []int {
	var out []int
	for i := range x.reads {
		if is(x.reads[i]) {
			out = append(out, i)
		}
	}
	return out
}
