package quality

import (
	"cmp"
	"slices"

	"mednum/internal/place"
)

// gainer runs the aggregation again with something changed, to say what it
// would bring.
type gainer struct {
	e      *Engine
	in     *Entree
	values []Valeur
	sure   []int64
	now    Total
}

func newGainer(e *Engine, in *Entree, trace []Outcome) *gainer {
	g := &gainer{e: e, in: in}
	for i := range trace {
		g.values = append(g.values, trace[i].Valeur)
		g.sure = append(g.sure, trace[i].Assurance)
	}
	g.now = e.model.Aggregate(g.values, g.sure)
	return g
}

// known is how sure a criterion would be, were it answered today.
func (g *gainer) known(i int) int64 {
	strength := g.e.fresh.computed
	switch g.e.criteria[i].Nature {
	case Declare:
		strength = g.e.fresh.declared
	case Verifie:
		strength = g.e.fresh.verified
	}
	return max(g.sure[i], strength*g.e.fresh.whole*int64(Entier))
}

// with is the aggregation with other values of some criteria.
func (g *gainer) with(criteria []int, values []Valeur) Total {
	all, sure := slices.Clone(g.values), slices.Clone(g.sure)
	for n, i := range criteria {
		if values[n] != all[i] {
			if sure[i] = 0; values[n] >= 0 {
				sure[i] = g.known(i)
			}
		}
		all[i] = values[n]
	}
	return g.e.model.Aggregate(all, sure)
}

// gain is what a score moves by, to a decimal: from hundredths, half up.
func (g *gainer) gain(after *Total) Nombre {
	move := after.Score(2) - g.now.Score(2)
	if move <= 0 {
		return 0
	}
	return (move + tenth/2) / tenth * tenth
}

// levelAfter is the one letter that a place would have and has not; "" when it
// would have none, or the same.
func (g *gainer) levelAfter(after *Total) string {
	if after.Niveau < 0 || after.Niveau == g.now.Niveau {
		return ""
	}
	return g.e.ref.Parametres.niveau(after.Niveau)
}

// criterion is what a criterion brings when it is fully met; false when it
// already is, or does not concern the place.
func (g *gainer) criterion(i int) (gain Nombre, level string, ok bool) {
	if g.values[i] == ValeurSansObjet || g.values[i] == Valeur(Entier) {
		return 0, "", false
	}
	after := g.with([]int{i}, []Valeur{Valeur(Entier)})
	return g.gain(&after), g.levelAfter(&after), true
}

// better is a change of what is known of a place and what it brings.
type better struct {
	champ    string // first column of its group
	question string
	preuves  []string
	values   []string // to add to the list, or the answer's code
	criteria []int    // whose value it raises
	total    Total
	gain     Nombre
}

// fields are what filling each group of columns at its best would bring, over
// all the criteria that see it together, and answering each question, and
// having verified what each verified criterion asks. Nothing is ever taken
// away from a list: what a place said stays said.
func (g *gainer) fields() []better {
	x := newExplorer(g.e)
	var out []better
	done := map[*group]bool{}
	for i := range place.Columns {
		gr := &groups[groupAt[i]]
		if done[gr] {
			continue
		}
		done[gr] = true
		if b, ok := g.fill(x, gr); ok {
			out = append(out, b)
		}
	}
	for i := range g.e.ref.Questions {
		q := &g.e.ref.Questions[i]
		var best better
		criteria := x.reading(func(r reads) bool { return r.questions[q.Code] })
		for _, a := range q.Reponses {
			in := g.copied()
			in.Reponses = append(in.Reponses, Declaration{Question: q.Code, Reponse: a.Code, Date: g.in.Date})
			g.try(in, criteria, better{question: q.Code, values: []string{a.Code}}, &best)
		}
		if best.gain > 0 {
			out = append(out, best)
		}
	}
	told := map[string]bool{}
	for i := range g.e.criteria {
		proofs := x.reads[i].preuves
		if len(proofs) == 0 {
			continue
		}
		in := g.copied()
		b := better{}
		for j := range g.e.ref.Preuves {
			p := &g.e.ref.Preuves[j]
			if !proofs[p.Code] {
				continue
			}
			b.preuves = append(b.preuves, p.Code)
			in.Preuves = append(in.Preuves, Evidence{Preuve: p.Code, Resultat: g.bestResult(i, p), Date: g.in.Date})
		}
		key := encoded(b.preuves)
		if told[key] {
			continue
		}
		told[key] = true
		var best better
		g.try(in, x.reading(func(r reads) bool {
			return slices.ContainsFunc(b.preuves, func(code string) bool { return r.preuves[code] })
		}), b, &best)
		if best.gain > 0 {
			out = append(out, best)
		}
	}
	slices.SortStableFunc(out, func(a, b better) int { return cmp.Compare(b.gain, a.gain) })
	return out
}

// bestResult of a verification for a criterion: the greatest value that one of
// its rules gives it.
func (g *gainer) bestResult(i int, p *Preuve) string {
	best, most := "", Nombre(-1)
	walkRules(&g.e.criteria[i].Regle, func(x *Regle) {
		if x.Preuve != p.Code {
			return
		}
		for _, r := range p.Resultats {
			if issue, ok := x.Resultats[r.Code]; ok && !issue.Inconnu && !issue.SansObjet && issue.Valeur > most {
				best, most = r.Code, issue.Valeur
			}
		}
	})
	return best
}

// try judges criteria again on another entry, and keeps it when it is better:
// more score, or as much with less to say.
func (g *gainer) try(in *Entree, criteria []int, b better, best *better) {
	values := g.e.judgeAll(in, criteria, nil)
	for n, i := range criteria {
		if values[n] == ValeurSansObjet || values[n] == ValeurInconnue && g.values[i] >= 0 {
			values[n] = g.values[i] // to escape a criterion is no progress, nor is to be silent
		}
		if values[n] > g.values[i] {
			b.criteria = append(b.criteria, i)
		}
	}
	b.total = g.with(criteria, values)
	b.gain = g.gain(&b.total)
	if b.gain > best.gain || b.gain == best.gain && b.gain > 0 && len(b.values) < len(best.values) {
		*best = b
	}
}

// fill tries what a group of columns could hold besides what it does.
func (g *gainer) fill(x *explorer, gr *group) (better, bool) {
	var criteria []int
	for _, name := range gr.names {
		for _, i := range x.readers(name) {
			if !slices.Contains(criteria, i) {
				criteria = append(criteria, i)
			}
		}
	}
	if len(criteria) == 0 || !slices.ContainsFunc(criteria, func(i int) bool { return g.values[i] != ValeurSansObjet && g.values[i] != Valeur(Entier) }) {
		return better{}, false
	}
	slices.Sort(criteria)
	now := contentOf(gr, g.in)
	var best better
	for _, c := range x.contents(gr, criteria, x.merged(criteria)) {
		var added []string
		if c.list != nil {
			for _, v := range c.list {
				if !slices.Contains(now.list, v) {
					added = append(added, v)
				}
			}
			if len(added) == 0 && len(now.list) > 0 {
				continue
			}
			c.list = append(slices.Clone(now.list), added...)
		}
		c.filled |= now.filled
		c.letters = [2]int{max(c.letters[0], now.letters[0]), max(c.letters[1], now.letters[1])}
		if c.date.Known() {
			c.date = g.in.Date
		}
		in := g.copied()
		c.put(gr, in)
		g.try(in, criteria, better{champ: gr.names[0], values: added}, &best)
	}
	return best, best.gain > 0
}

// contentOf is what a group holds now.
func contentOf(gr *group, in *Entree) content {
	f, x := &in.Fiche, &in.Fiche.Faits
	c := content{filled: columnSet(f.Presents) & gr.columns, hours: x.Horaires, minutes: x.MinutesSemaine, outside: x.HorsBureau,
		gap: x.EcartCommune, pivot: x.Pivot, libre: x.AccesLibre, date: f.DateMaj}
	for _, name := range gr.names {
		if list, ok := f.Listes[name]; ok {
			c.list = list
		}
	}
	// Which of the two texts of the presentation is how long, facts do not tell.
	c.letters[0] = x.Presentation
	return c
}

// copied is the entry, to be changed.
func (g *gainer) copied() *Entree {
	in := *g.in
	in.Fiche.Listes = make(map[string][]string, len(g.in.Fiche.Listes)+1)
	for k, v := range g.in.Fiche.Listes {
		in.Fiche.Listes[k] = v
	}
	in.Fiche.Presents = slices.Clone(g.in.Fiche.Presents)
	in.Reponses = slices.Clone(g.in.Reponses)
	in.Preuves = slices.Clone(g.in.Preuves)
	return &in
}
