package simulation

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"mednum/internal/french"
	"mednum/internal/quality"
)

const (
	maxExamples = 10 // of winners, of losers
	maxChanges  = 3  // criteria told of an example
	smallestOwn = 5  // places of a group that stands alone
	nbsp        = french.Space
)

func (r *run) report(sum tally) Report {
	out := Report{
		Before: Edition{r.before.ref.Version, r.before.engine.Hash()},
		After:  Edition{r.after.ref.Version, r.after.engine.Hash()},
		Places: len(r.places), Alerts: []Alert{}, Checks: []Check{},
	}
	for _, c := range quality.Check(r.after.ref, []*quality.Referentiel{r.before.ref}) {
		out.Checks = append(out.Checks, Check{Where: c.Ou, Message: c.Phrase, Blocking: c.Gravite == quality.Bloquant})
	}
	out.Levels, out.Ranges = r.matrices()
	out.Moves = r.moves()
	out.Axes = r.axes()
	out.Sensitivity = r.sensitivity(&sum)
	out.Without = r.withoutEach(&sum)
	out.Hiding = r.hiding(&sum)
	out.HidingPlaces = (len(r.places) + r.hideEvery - 1) / r.hideEvery
	out.Alerts = r.alerts(&out)
	out.JustificationRequired = len(out.Alerts) > 0
	out.Summary = r.summary(&out)
	return out
}

// code of what is shown: "B", "B-D" (the best end first), "non_attribue".
func (s *side) code(x shown) string {
	switch x.state {
	case quality.Confirme:
		return s.level(x.low)
	case quality.Provisoire:
		return s.level(x.high) + "-" + s.level(x.low)
	}
	return string(quality.NonAttribue)
}

func (s *side) level(i int16) string {
	if i < 0 || int(i) >= len(s.model.Niveaux) {
		return "?"
	}
	return s.model.Niveaux[i].Code
}

// changes reports whether what is shown does, and which way: 1 up, -1 down, 0
// when one cannot say. Levels are known by their codes: the draft may have
// others.
func (r *run) changes(o *outcome) (changed bool, way int) {
	if r.before.code(o.before) == r.after.code(o.after) && o.before.state == o.after.state {
		return false, 0
	}
	if o.before.state == quality.NonAttribue || o.after.state == quality.NonAttribue {
		return true, 0
	}
	low, high := r.rank(o.before.low), r.rank(o.before.high)
	if low < 0 || high < 0 {
		return true, 0
	}
	a, b := cmp.Compare(low, int(o.after.low)), cmp.Compare(high, int(o.after.high))
	switch {
	case a >= 0 && b >= 0 && a+b > 0:
		return true, 1
	case a <= 0 && b <= 0 && a+b < 0:
		return true, -1
	}
	return true, 0
}

// rank of a level of the published version among those of the draft; -1: none.
func (r *run) rank(i int16) int {
	code := r.before.level(i)
	return slices.IndexFunc(r.after.model.Niveaux, func(n quality.Niveau) bool { return n.Code == code })
}

func (r *run) matrices() (levels, ranges Matrix) {
	var codes []string
	for _, s := range []*side{&r.after, &r.before} {
		for i := range s.model.Niveaux {
			if c := s.model.Niveaux[i].Code; !slices.Contains(codes, c) {
				codes = append(codes, c)
			}
		}
	}
	order := func(code string) int { return slices.Index(codes, code) }
	for _, c := range codes {
		levels.Classes = append(levels.Classes, Class{c, "Niveau " + c})
	}
	levels.Classes = append(levels.Classes, Class{string(quality.Provisoire), "Provisoire"}, Class{string(quality.NonAttribue), "Non attribué"})
	class := func(s *side, x shown) string {
		if x.state == quality.Confirme {
			return s.code(x)
		}
		return string(x.state)
	}
	seen := map[string]bool{}
	both := func(o *outcome) bool {
		return o.before.state == quality.Provisoire && o.after.state == quality.Provisoire
	}
	for i := range r.outcomes {
		if o := &r.outcomes[i]; both(o) {
			seen[r.before.code(o.before)], seen[r.after.code(o.after)] = true, true
		}
	}
	for code := range seen {
		ranges.Classes = append(ranges.Classes, Class{Code: code})
	}
	slices.SortFunc(ranges.Classes, func(a, b Class) int {
		aHigh, aLow, _ := strings.Cut(a.Code, "-")
		bHigh, bLow, _ := strings.Cut(b.Code, "-")
		return cmp.Or(cmp.Compare(order(aHigh), order(bHigh)), cmp.Compare(order(aLow), order(bLow)))
	})
	for i := range ranges.Classes {
		c := &ranges.Classes[i]
		if high, low, _ := strings.Cut(c.Code, "-"); high == low {
			c.Label = high + ", à confirmer"
		} else {
			c.Label = "Entre " + low + " et " + high
		}
	}
	levels.empty()
	ranges.empty()
	for i := range r.outcomes {
		o := &r.outcomes[i]
		levels.count(class(&r.before, o.before), class(&r.after, o.after))
		if both(o) {
			ranges.count(r.before.code(o.before), r.after.code(o.after))
		}
	}
	return levels, ranges
}

func (m *Matrix) empty() {
	n := len(m.Classes)
	if n == 0 {
		m.Classes = []Class{}
	}
	m.Counts, m.Before, m.After = make([][]int, n), make([]int, n), make([]int, n)
	for i := range m.Counts {
		m.Counts[i] = make([]int, n)
	}
}

func (m *Matrix) count(before, after string) {
	at := func(code string) int {
		return slices.IndexFunc(m.Classes, func(c Class) bool { return c.Code == code })
	}
	i, j := at(before), at(after)
	m.Counts[i][j]++
	m.Before[i]++
	m.After[j]++
}

// compared: the place has a score under both versions.
func (o *outcome) compared() bool { return o.before.scored && o.after.scored }

func (o *outcome) move() quality.Nombre { return o.after.score - o.before.score }

func (r *run) moves() Moves {
	var m Moves
	var up, down []int
	var before, after []quality.Nombre
	for i := range r.outcomes {
		o := &r.outcomes[i]
		changed, way := r.changes(o)
		if changed {
			m.ChangeLevel++
		}
		switch way {
		case 1:
			m.Raised++
		case -1:
			m.Lowered++
		}
		if !o.compared() {
			continue
		}
		m.Compared++
		before, after = append(before, o.before.score), append(after, o.after.score)
		switch move := o.move(); {
		case move > 0:
			up = append(up, i)
		case move < 0:
			down = append(down, i)
		default:
			m.Same++
		}
	}
	m.ChangeLevelShare = share(m.ChangeLevel, len(r.places))
	m.MedianBefore, m.MedianAfter = median(before), median(after)
	m.Winners, m.Losers = r.camp(up, m.Compared), r.camp(down, m.Compared)
	return m
}

func (r *run) camp(list []int, of int) Camp {
	c := Camp{Count: len(list), Share: share(len(list), of), Examples: []Example{}}
	if len(list) == 0 {
		return c
	}
	var moves []quality.Nombre
	sum := int64(0)
	for _, i := range list {
		moves = append(moves, r.outcomes[i].move())
		sum += int64(r.outcomes[i].move())
	}
	mean := quality.Nombre(rounded(sum, int64(len(list))))
	c.Mean, c.Median = &mean, median(moves)
	// Places are in the order of their identifiers, and the sort is stable.
	slices.SortStableFunc(list, func(i, j int) int {
		a, b := r.outcomes[i].move(), r.outcomes[j].move()
		return cmp.Compare(max(b, -b), max(a, -a))
	})
	for _, i := range list[:min(len(list), maxExamples)] {
		c.Examples = append(c.Examples, r.example(i))
	}
	return c
}

func (r *run) example(i int) Example {
	p, o := &r.places[i], &r.outcomes[i]
	e := Example{
		ID: p.ID, Departement: p.Departement, Before: o.before.score, After: o.after.score,
		ShownBefore: r.before.code(o.before), ShownAfter: r.after.code(o.after), Criteria: []Change{},
	}
	worth := map[string]int64{} // points of 100
	for k, s := range []*side{&r.before, &r.after} {
		values := s.engine.Values(&p.Entree, nil)
		t := s.model.Aggregate(values, nil)
		for c, v := range values {
			if v > 0 && t.Applicable > 0 {
				points := rounded(100*int64(s.model.Poids[c])*int64(v), t.Applicable)
				if k == 0 {
					points = -points
				}
				worth[s.ref.Criteres[c].Code] += points
			}
		}
	}
	for code, points := range worth {
		if points != 0 {
			e.Criteria = append(e.Criteria, Change{code, quality.Nombre(points)})
		}
	}
	slices.SortFunc(e.Criteria, func(a, b Change) int {
		return cmp.Or(cmp.Compare(max(b.Points, -b.Points), max(a.Points, -a.Points)), strings.Compare(a.Code, b.Code))
	})
	e.Criteria = e.Criteria[:min(len(e.Criteria), maxChanges)]
	return e
}

// axes are the ways to divide the places. What is not known is a group too.
func (r *run) axes() []Axis {
	const unknown = "inconnu"
	or := func(s string) string { return cmp.Or(s, unknown) }
	named := func(names map[string]string) func(string) string {
		return func(code string) string { return cmp.Or(names[code], code) }
	}
	out := []Axis{
		r.axis("departement", "Par département", false, func(p *Place) string { return or(p.Departement) }, func(code string) string {
			if code == unknown {
				return "Département inconnu"
			}
			return code
		}),
		r.axis("densite", "Par densité de la commune", false, func(p *Place) string { return or(p.Entree.Contexte.Densite) },
			named(map[string]string{"dense": "Dense", "intermediaire": "Intermédiaire", "rural": "Rural", unknown: "Densité inconnue"})),
		r.axis("itinerance", "Par itinérance", false, roams,
			named(map[string]string{"fixe": "Fixe", "itinerant": "Itinérant", "les-deux": "Fixe et itinérant", unknown: "Itinérance inconnue"})),
		r.axis("porteur", "Par porteur", true, func(p *Place) string { return or(p.Porteur) }, named(map[string]string{unknown: "Porteur inconnu"})),
		r.axis("source", "Par source", true, func(p *Place) string { return or(p.Source) }, named(map[string]string{unknown: "Source inconnue"})),
	}
	return out
}

func roams(p *Place) string {
	list := p.Entree.Fiche.Listes["itinerance"]
	fixed, itinerant := slices.Contains(list, "Fixe"), slices.Contains(list, "Itinérant")
	switch {
	case fixed && itinerant:
		return "les-deux"
	case itinerant:
		return "itinerant"
	case fixed:
		return "fixe"
	}
	return "inconnu"
}

func (r *run) axis(code, label string, bySize bool, of func(*Place) string, name func(string) string) Axis {
	members := map[string][]int{}
	for i := range r.places {
		g := of(&r.places[i])
		members[g] = append(members[g], i)
	}
	small, merged := []int(nil), 0
	for g, list := range members {
		if len(list) < smallestOwn {
			small, merged = append(small, list...), merged+1
			delete(members, g)
		}
	}
	a := Axis{Code: code, Label: label, Groups: []Group{}}
	for g, list := range members {
		a.Groups = append(a.Groups, r.group(g, name(g), list))
	}
	slices.SortFunc(a.Groups, func(x, y Group) int {
		c := 0
		if bySize {
			c = cmp.Compare(y.Places, x.Places)
		}
		return cmp.Or(c, strings.Compare(x.Code, y.Code))
	})
	if merged > 0 {
		text := "Autres (1 groupe)"
		if merged > 1 {
			text = fmt.Sprintf("Autres (%d groupes)", merged)
		}
		a.Groups = append(a.Groups, r.group(Others, text, small))
	}
	return a
}

func (r *run) group(code, label string, list []int) Group {
	g := Group{Code: code, Label: label, Places: len(list)}
	var before, after []quality.Nombre
	agree, followed := int64(0), 0
	for _, i := range list {
		o := &r.outcomes[i]
		if changed, _ := r.changes(o); changed {
			g.ChangeLevel++
		}
		if o.after.state != quality.NonAttribue {
			followed++
			agree += int64(o.agree)
		}
		if !o.compared() {
			continue
		}
		before, after = append(before, o.before.score), append(after, o.after.score)
		switch move := o.move(); {
		case move > 0:
			g.Winners++
		case move < 0:
			g.Losers++
		}
	}
	g.ChangeLevelShare = share(g.ChangeLevel, g.Places)
	g.MedianBefore, g.MedianAfter = median(before), median(after)
	if g.MedianBefore != nil {
		move := *g.MedianAfter - *g.MedianBefore
		g.MedianMove = &move
	}
	g.Agreement = r.meanShare(agree, followed)
	return g
}

// meanShare of draws, over places; nil of nobody.
func (r *run) meanShare(sum int64, places int) *quality.Nombre {
	if places == 0 {
		return nil
	}
	n := quality.Nombre(rounded(sum*int64(quality.Entier), int64(places)*int64(len(r.draws.models))))
	return &n
}

// bandEdges cut coverage where it means something: where a range begins, where
// a letter does, where the best level may be.
func bandEdges(p *quality.Parametres, levels []quality.Niveau) []quality.Nombre {
	edges := []quality.Nombre{0, p.Provisoire, (p.Provisoire + p.Confirme) / 2, p.Confirme, quality.Entier}
	for i := range levels {
		edges = append(edges, levels[i].Couverture)
	}
	slices.Sort(edges)
	edges = slices.Compact(edges)
	return slices.DeleteFunc(edges, func(n quality.Nombre) bool { return n < 0 || n > quality.Entier })
}

func (r *run) sensitivity(sum *tally) Sensitivity {
	s := Sensitivity{
		Seed: r.draws.seed, Draws: len(r.draws.models), Weights: weightsSpread, RhoFrom: rhoLeast, RhoTo: rhoMost,
		Thresholds: thresholdsSpread, Robust: robustFrom, Bands: []Stability{},
	}
	all := varianceTally{explains: make([]int64, len(r.draws.bins))}
	overall := func(o *outcome) bool { return o.after.scored && o.after.state != quality.NonAttribue }
	for b := range len(r.edges) - 1 {
		low, high := r.edges[b], r.edges[b+1]
		x := r.stability(func(o *outcome) bool { return o.after.scored && int(o.band) == b }, &sum.bands[b])
		x.From, x.To = low, high
		x.Label = fmt.Sprintf("Couverture de %s à %s", (low * 100).French(0), percent(high, 0))
		s.Bands = append(s.Bands, x)
		if low >= r.after.ref.Parametres.Provisoire {
			all.add(&sum.bands[b])
		}
	}
	s.Overall = r.stability(overall, &all)
	s.Overall.Label, s.Overall.From, s.Overall.To = "Lieux qui montrent un niveau ou une fourchette", r.after.ref.Parametres.Provisoire, quality.Entier
	s.Text = s.say()
	return s
}

func (r *run) stability(in func(*outcome) bool, v *varianceTally) Stability {
	var x Stability
	var agree, near, coverage int64
	robust := 0
	for i := range r.outcomes {
		o := &r.outcomes[i]
		if !in(o) {
			continue
		}
		x.Places++
		agree += int64(o.agree)
		near += int64(o.near)
		coverage += int64(o.coverage)
		if int64(o.agree)*int64(quality.Entier) >= int64(robustFrom)*int64(len(r.draws.models)) {
			robust++
		}
	}
	x.Agreement, x.Near = r.meanShare(agree, x.Places), r.meanShare(near, x.Places)
	if x.Places > 0 {
		c, s := quality.Nombre(rounded(coverage, int64(x.Places))), share(robust, x.Places)
		x.Coverage, x.Robust = &c, &s
	}
	x.Variance = r.variance(v)
	return x
}

// variance turns sums of squares into shares. Bins of some draws explain a
// little of anything: what they would explain of pure chance is taken off (ε²).
func (r *run) variance(v *varianceTally) *Variance {
	if v.total == 0 {
		return nil
	}
	n := int64(len(r.draws.models))
	share := func(explained int64, degrees int64) quality.Nombre {
		// (explained·(n−1) − degrees·total) / (total·(n−1−degrees)), beyond 64 bits.
		top := new(big.Int).Mul(big.NewInt(explained), big.NewInt(n-1))
		top.Sub(top, new(big.Int).Mul(big.NewInt(degrees), big.NewInt(v.total)))
		bottom := new(big.Int).Mul(big.NewInt(v.total), big.NewInt(n-1-degrees))
		if top.Sign() <= 0 {
			return 0
		}
		top.Mul(top, big.NewInt(2*int64(quality.Entier))).Add(top, bottom)
		return quality.Nombre(top.Quo(top, bottom.Lsh(bottom, 1)).Int64())
	}
	out := &Variance{
		Rho:         share(v.explains[r.draws.rho()], binsPerFactor-1),
		Aggregation: share(v.explains[r.draws.aggregation()], 1),
	}
	for k := range r.draws.weights {
		x := share(v.explains[k], binsPerFactor-1)
		out.Weights += x
		if x > out.HeaviestValue {
			out.HeaviestCode, out.HeaviestValue = r.after.ref.Criteres[k].Code, x
		}
	}
	for k := range r.draws.thresholds {
		out.Thresholds += share(v.explains[r.draws.weights+k], binsPerFactor-1)
	}
	return out
}

func (r *run) withoutEach(sum *tally) []Without {
	out := make([]Without, len(r.drop))
	for k := range out {
		c, x := &r.after.ref.Criteres[k], &sum.without[k]
		out[k] = Without{
			Code: c.Code, Label: c.Libelle, Weight: c.Poids,
			ChangeShare: share(int(x.changed), int(x.compared)), Up: int(x.up), Down: int(x.down),
			Evaluated: share(int(x.evaluated), int(x.applying)),
		}
		if x.compared > 0 {
			out[k].MeanMove = quality.Nombre(rounded(x.move, x.compared))
			out[k].MeanAbs = quality.Nombre(rounded(x.abs, x.compared))
		}
	}
	return out
}

func (r *run) hiding(sum *tally) []Hiding {
	out := make([]Hiding, len(r.fields))
	for k := range out {
		x := &sum.hiding[k]
		out[k] = Hiding{Field: r.fields[k].name, Filled: int(x.filled), Gain: int(x.gain), Example: x.example}
		if x.gain > 0 {
			most := x.most
			out[k].Most = &most
		}
		for _, residu := range r.after.ref.Residus {
			if residu.Champ == out[k].Field {
				out[k].Accepted = residu.Pourquoi
			}
		}
	}
	return out
}

func (r *run) alerts(out *Report) []Alert {
	limits := r.after.ref.Parametres.Alertes
	alerts := []Alert{}
	if m := &out.Moves; m.ChangeLevelShare > limits.ChangentDeNiveau {
		alerts = append(alerts, Alert{
			Code: "changent-de-niveau", Measure: m.ChangeLevelShare, Limit: limits.ChangentDeNiveau,
			Text: fmt.Sprintf("%s des lieux changent de niveau affiché. Le seuil est de %s.", percent(m.ChangeLevelShare, 1), percent(limits.ChangentDeNiveau, 1)),
		})
	}
	for _, a := range out.Axes {
		for _, g := range a.Groups {
			if g.Places < smallestOwn || g.MedianMove == nil || max(*g.MedianMove, -*g.MedianMove) <= limits.MedianeGroupe {
				continue
			}
			verb := "monte"
			if *g.MedianMove < 0 {
				verb = "baisse"
			}
			move := max(*g.MedianMove, -*g.MedianMove)
			alerts = append(alerts, Alert{
				Code: "mediane-groupe", Axis: a.Code, Group: g.Code, Measure: *g.MedianMove, Limit: limits.MedianeGroupe,
				Text: fmt.Sprintf("%s, « %s » : la médiane %s de %s. Le seuil est de %s.", a.Label, g.Label, verb, points(move), points(limits.MedianeGroupe)),
			})
		}
	}
	return alerts
}

func (r *run) summary(out *Report) []string {
	if out.Places == 0 {
		return []string{"Aucun lieu à simuler : le recensement est vide."}
	}
	m := &out.Moves
	var s []string
	say := func(format string, args ...any) { s = append(s, fmt.Sprintf(format, args...)) }
	say("%s simulés, de la version %s à la version %s.", french.Count(out.Places, "lieu", "lieux"), out.Before.Version, out.After.Version)
	switch {
	case m.Compared > 0 && m.Same == m.Compared && m.ChangeLevel == 0:
		say("Aucun score ni niveau ne change.")
	default:
		say("%s des lieux changent de niveau affiché.", percent(m.ChangeLevelShare, 1))
		say("%s montent, %s descendent ; %s changent d’état ou de fourchette.", french.Integer(int64(m.Raised)), french.Integer(int64(m.Lowered)), french.Integer(int64(m.ChangeLevel-m.Raised-m.Lowered)))
		say("Le score monte pour %s et baisse pour %s.", french.Count(m.Winners.Count, "lieu", "lieux"), french.Count(m.Losers.Count, "lieu", "lieux"))
	}
	if m.MedianBefore != nil {
		say("Score médian : %s avant, %s après.", m.MedianBefore.French(1), m.MedianAfter.French(1))
	}
	paying := 0
	for _, h := range out.Hiding {
		if h.Gain > 0 && h.Accepted == "" {
			paying++
		}
	}
	switch paying {
	case 0:
		say("Aucun lieu ne gagne à taire une information, hors cas admis par la version.")
	case 1:
		say("Attention : taire un champ ferait gagner des points à certains lieux.")
	default:
		say("Attention : taire l’un de %d champs ferait gagner des points à certains lieux.", paying)
	}
	if out.Sensitivity.Text != "" {
		s = append(s, out.Sensitivity.Text)
	}
	if n := len(out.Alerts); n > 0 {
		say("Une justification écrite est requise : %s %s.", french.Integer(int64(n)), french.Plural(n, "seuil est dépassé", "seuils sont dépassés"))
	} else {
		say("Aucun seuil n’est dépassé : aucune justification n’est requise.")
	}
	return s
}

// say puts the sensitivity in words.
func (s *Sensitivity) say() string {
	o := &s.Overall
	if o.Agreement == nil {
		return ""
	}
	text := fmt.Sprintf("Avec des réglages voisins, %s des lettres restent les mêmes.", percent(*o.Agreement, 0))
	v := o.Variance
	if v == nil {
		return text
	}
	unknown, weight := percent(v.Rho, 0), percent(v.HeaviestValue, 0)
	if v.HeaviestCode == "" {
		return text + fmt.Sprintf(" Le traitement de l’inconnu explique %s des écarts.", unknown)
	}
	return text + fmt.Sprintf(" Le traitement de l’inconnu explique %s des écarts. Le poids le plus sensible n’en explique que %s.", unknown, weight)
}

// share of n in of, half up; 0 of none.
func share(n, of int) quality.Nombre {
	if of == 0 {
		return 0
	}
	return quality.Nombre(rounded(int64(n)*int64(quality.Entier), int64(of)))
}

// rounded is n/d to the nearest, halves away from zero; d is positive.
func rounded(n, d int64) int64 {
	if n < 0 {
		return -rounded(-n, d)
	}
	return (n + d/2) / d
}

// median of scores, the mean of the two middle ones when there are two; nil of
// none. It sorts what it is given.
func median(list []quality.Nombre) *quality.Nombre {
	if len(list) == 0 {
		return nil
	}
	slices.Sort(list)
	m := list[len(list)/2]
	if len(list)%2 == 0 {
		m = quality.Nombre(rounded(int64(list[len(list)/2-1])+int64(m), 2))
	}
	return &m
}

func percent(n quality.Nombre, places int) string { return (n * 100).French(places) + nbsp + "%" }

func points(n quality.Nombre) string {
	return n.French(1) + nbsp + french.Plural(int(n/quality.Entier), "point", "points")
}
