package quality

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"mednum/internal/french"
	"mednum/internal/place"
)

// Constat is one thing that the checks say of a draft.
type Constat struct {
	Gravite Gravite `json:"gravite"`
	Regle   string  `json:"regle"`             // which check, for programs: "poids", "taire"…
	Ou      string  `json:"ou"`                // path in the document
	Critere string  `json:"critere,omitempty"` // code
	Champ   string  `json:"champ,omitempty"`   // column of the standard
	Phrase  string  `json:"phrase"`            // French: what is wrong and what to do
	Perdu   *Nombre `json:"perdu,omitempty"`   // taire: points of criteria that hiding loses
	Evite   *Nombre `json:"evite,omitempty"`   // taire: points that it would have to lose at least
	Gain    *Nombre `json:"gain,omitempty"`    // taire: points of score that hiding may bring
}

// Gravite of a Constat: a draft with a blocking one is not put to consultation.
type Gravite string

const (
	Bloquant      Gravite = "bloquant"
	Avertissement Gravite = "avertissement"
)

// Check examines a draft before it is put to consultation: what any version
// must respect, and what it owes to those published before it. The order is
// that of the document; what blocks and what only warns are mixed in it.
func Check(draft *Referentiel, published []*Referentiel) []Constat {
	k := &checks{r: draft}
	e := k.engine()
	k.weights()
	k.texts()
	k.order()
	k.unused()
	k.codes(published)
	k.number(published)
	if e != nil {
		k.examples(e)
		x := newExplorer(e)
		x.hiding = true
		k.hiding(x)
		x.hiding, x.budget = false, maxCases
		k.monotony(x)
	}
	return k.out
}

type checks struct {
	r   *Referentiel
	out []Constat
}

func (k *checks) block(rule, where, critere, format string, args ...any) {
	k.out = append(k.out, Constat{Gravite: Bloquant, Regle: rule, Ou: where, Critere: critere, Phrase: fmt.Sprintf(format, args...)})
}

func (k *checks) warn(rule, where, critere, format string, args ...any) {
	k.out = append(k.out, Constat{Gravite: Avertissement, Regle: rule, Ou: where, Critere: critere, Phrase: fmt.Sprintf(format, args...)})
}

// engine reads the document as strictly as a stored one: enum values, names,
// texts, types. nil when it does not compile; what can be said is said anyway.
func (k *checks) engine() *Engine {
	own := *k.r
	own.Exemples = slices.DeleteFunc(slices.Clone(k.r.Exemples), func(x Exemple) bool { return !json.Valid(x.Attendu) })
	if len(own.Exemples) != len(k.r.Exemples) {
		k.block("document", "exemples", "", "Le résultat attendu d’un exemple n’est pas du JSON. Corrigez-le ou retirez l’exemple.")
	}
	e, err := Compile(&own)
	var faults Faults
	if errors.As(err, &faults) {
		for _, f := range faults {
			k.block("document", f.Where, k.codeAt(f.Where), "%s", f.Message)
		}
	} else if err != nil {
		k.block("document", "document", "", "Ce document ne se lit pas.")
	}
	return e
}

// codeAt is the code of the criterion that a path leads to; "" none.
func (k *checks) codeAt(where string) string {
	var i int
	if n, _ := fmt.Sscanf(where, "criteres[%d]", &i); n == 1 && i >= 0 && i < len(k.r.Criteres) {
		return k.r.Criteres[i].Code
	}
	return ""
}

func (k *checks) weights() {
	if s := Sum(k.r); s.Points != 100*Entier {
		k.block("poids", "criteres", "", "%s Corrigez un poids, ou demandez un rééquilibrage.", s.Phrase)
	}
	for i := range k.r.Criteres {
		if c := &k.r.Criteres[i]; c.Poids%tenth != 0 {
			k.block("poids", fmt.Sprintf("criteres[%d].poids", i), c.Code, "Le poids de %s a plus d’une décimale : écrivez %s.", quoted(c.Libelle), decimals(c.Poids, 1))
		}
	}
	for _, d := range k.r.Dimensions {
		if !slices.ContainsFunc(k.r.Criteres, func(c Critere) bool { return c.Dimension == d.Code }) {
			k.warn("dimension", "dimensions", "", "La dimension %s n’a plus de critère.", quoted(d.Libelle))
		}
	}
}

// maxWords of a sentence: beyond, it is read twice.
const maxWords = 25

func (k *checks) texts() {
	for i := range k.r.Criteres {
		c := &k.r.Criteres[i]
		at := fmt.Sprintf("criteres[%d]", i)
		names := namesOf(c)
		sentence := func(where, s string, names []string) {
			if strings.TrimSpace(s) == "" {
				return // Compile tells what may not be empty
			}
			if message := wrongNames(s, names); message != "" {
				k.block("phrase", at+"."+where, c.Code, "Dans %s : %s", quoted(c.Libelle), message)
			}
			for _, part := range strings.FieldsFunc(s, func(r rune) bool { return r == '.' || r == '?' || r == '!' || r == ';' || r == '\n' }) {
				if n := len(strings.Fields(part)); n > maxWords {
					k.warn("phrase", at+"."+where, c.Code, "Dans %s, une phrase a %d mots. Coupez-la : 15 se lisent bien.", quoted(c.Libelle), n)
					break
				}
			}
		}
		sentence("textes.regle", c.Textes.Regle, nil)
		sentence("textes.absent", c.Textes.Absent, names)
		sentence("textes.sans_objet", c.Textes.SansObjet, names)
		sentence("textes.action", c.Textes.Action, names)
		sentence("textes.tenue", c.Textes.Tenue, nil)
		sentence("textes.manque", c.Textes.Manque, nil)
		sentence("textes.confirmer", c.Textes.Confirmer, nil)
		walkPaths(&c.Regle, "regle", func(x *Regle, path string) {
			sentence(path+".phrase", x.Phrase, names)
			for _, o := range outcomes(k.r, x) {
				if strings.TrimSpace(o.issue.Phrase) == "" {
					k.block("phrase", at+"."+path+"."+o.where, c.Code, "Dans %s, il manque la phrase dite %s.", quoted(c.Libelle), o.when)
				}
				sentence(path+"."+o.where+".phrase", o.issue.Phrase, names)
			}
		})
		if c.SiAbsent == Inconnu && c.Textes.Absent != "" && !strings.Contains(place.Fold(c.Textes.Absent), "absence de service") {
			k.warn("phrase", at+".textes.absent", c.Code, "%s peut être inconnu : dites que « Ce n’est pas compté comme une absence de service ».", quoted(c.Libelle))
		}
	}
}

// walkPaths visits a rule and those inside it, with where each is.
func walkPaths(x *Regle, path string, visit func(*Regle, string)) {
	visit(x, path)
	for i := range x.Parts {
		walkPaths(&x.Parts[i].Regle, fmt.Sprintf("%s.parts[%d].regle", path, i), visit)
	}
	for i := range x.Regles {
		walkPaths(&x.Regles[i], fmt.Sprintf("%s.regles[%d]", path, i), visit)
	}
}

// order: thresholds that must follow each other.
func (k *checks) order() {
	for _, f := range ordered(k.r, nil) {
		k.block("seuil", f.Where, "", "%s", f.Message)
	}
	for i := 1; i < len(k.r.Parametres.Niveaux); i++ {
		a, b := &k.r.Parametres.Niveaux[i-1], &k.r.Parametres.Niveaux[i]
		if b.Couverture > a.Couverture {
			k.warn("seuil", fmt.Sprintf("parametres.niveaux[%d].couverture", i), "", "Le niveau %s demande plus de couverture que le niveau %s, qui est meilleur.", b.Code, a.Code)
		}
		if a.EssentielsManquants != nil && b.EssentielsManquants != nil && *b.EssentielsManquants < *a.EssentielsManquants {
			k.warn("seuil", fmt.Sprintf("parametres.niveaux[%d].essentiels_manquants", i), "", "Le niveau %s admet moins d’essentiels manquants que le niveau %s, qui est meilleur.", b.Code, a.Code)
		}
	}
	for i := range k.r.Criteres {
		c := &k.r.Criteres[i]
		walkPaths(&c.Regle, fmt.Sprintf("criteres[%d].regle", i), func(x *Regle, path string) {
			for j := 1; j < len(x.Paliers); j++ {
				if x.Paliers[j].Minimum >= x.Paliers[j-1].Minimum {
					k.block("seuil", fmt.Sprintf("%s.paliers[%d].minimum", path, j), c.Code, "Dans %s, un palier ne sert jamais : rangez les paliers du plus grand au plus petit.", quoted(c.Libelle))
				}
			}
		})
	}
}

// unused: what is asked and that nothing reads tires people for nothing.
func (k *checks) unused() {
	for i := range k.r.Questions {
		q := &k.r.Questions[i]
		if !usesQuestion(k.r, q.Code) {
			k.warn("inutile", fmt.Sprintf("questions[%d]", i), "", "Aucun critère ne lit la question %s. Retirez-la, ou servez-vous-en.", quoted(q.Texte))
		}
	}
	for i := range k.r.Preuves {
		p := &k.r.Preuves[i]
		if !usesPreuve(k.r, p.Code) {
			k.warn("inutile", fmt.Sprintf("preuves[%d]", i), "", "Aucun critère ne lit la vérification %s. Retirez-la, ou servez-vous-en.", quoted(p.Libelle))
		}
	}
}

// codes: a code means one thing for ever, since stored results are read by it.
func (k *checks) codes(published []*Referentiel) {
	retired := map[string]string{} // code → libellé
	latest := map[string]*Critere{}
	questions := map[string]*Question{}
	byNumber := slices.Clone(published)
	slices.SortStableFunc(byNumber, func(a, b *Referentiel) int { return compareNumbers(a.Version, b.Version) })
	for _, p := range byNumber {
		for _, code := range p.CodesRetires {
			retired[code] = code
		}
		here := map[string]bool{}
		for i := range p.Criteres {
			latest[p.Criteres[i].Code] = &p.Criteres[i]
			here[p.Criteres[i].Code] = true
		}
		for code, c := range latest {
			if !here[code] {
				retired[code] = c.Libelle
			}
		}
		for i := range p.Questions {
			questions[p.Questions[i].Code] = &p.Questions[i]
		}
	}
	now := map[string]bool{}
	for i := range k.r.Criteres {
		c := &k.r.Criteres[i]
		at := fmt.Sprintf("criteres[%d]", i)
		now[c.Code] = true
		if label, ok := retired[c.Code]; ok {
			k.block("code", at+".code", c.Code, "Le code %s a servi à un critère retiré, %s. Un code ne sert qu’une fois : prenez-en un autre.", quoted(c.Code), quoted(label))
			continue
		}
		was := latest[c.Code]
		if was == nil || was.Libelle == c.Libelle || was.Question == c.Question {
			continue
		}
		// Other words and nothing in common in what is read: another criterion.
		if !shares(readsOf(was), readsOf(c)) {
			k.block("code", at+".code", c.Code, "Le code %s désignait %s et désigne maintenant %s. Donnez un code neuf au nouveau critère.", quoted(c.Code), quoted(was.Libelle), quoted(c.Libelle))
		} else {
			k.warn("code", at+".code", c.Code, "Le libellé et la question de %s changent ensemble. Si le sens change, donnez un code neuf.", quoted(c.Libelle))
		}
	}
	for _, code := range slices.Sorted(maps.Keys(latest)) {
		if !now[code] && !slices.Contains(k.r.CodesRetires, code) {
			k.block("code", "codes_retires", code, "Le critère %s est retiré : ajoutez son code %s aux codes retirés.", quoted(latest[code].Libelle), quoted(code))
		}
	}
	for _, code := range slices.Sorted(maps.Keys(retired)) {
		if latest[code] == nil && !now[code] && !slices.Contains(k.r.CodesRetires, code) {
			k.block("code", "codes_retires", code, "Le code %s a été retiré d’une version publiée : gardez-le aux codes retirés.", quoted(code))
		}
	}
	for i := range k.r.Questions {
		q := &k.r.Questions[i]
		if was := questions[q.Code]; was != nil && was.Texte != q.Texte {
			k.warn("code", fmt.Sprintf("questions[%d].texte", i), "", "La question %s est reformulée, et les réponses déjà données restent. Si le sens change, donnez-lui un code neuf.", quoted(q.Texte))
		}
	}
}

func shares(a, b reads) bool {
	common := func(x, y map[string]bool) bool {
		for name := range x {
			if y[name] {
				return true
			}
		}
		return false
	}
	return common(a.champs, b.champs) || common(a.questions, b.questions) || common(a.preuves, b.preuves) || common(a.mesures, b.mesures)
}

// number: the version's number tells how far its results are from the last one's.
func (k *checks) number(published []*Referentiel) {
	major, minor, patch, ok := numberOf(k.r.Version)
	if !ok || len(published) == 0 {
		return
	}
	last := slices.MaxFunc(published, func(a, b *Referentiel) int { return compareNumbers(a.Version, b.Version) })
	for _, p := range published {
		if p.Version == k.r.Version {
			k.block("version", "version", "", "La version %s est déjà publiée, et ne change plus. Prenez un autre numéro.", p.Version)
			return
		}
	}
	if compareNumbers(k.r.Version, last.Version) < 0 {
		k.block("version", "version", "", "La version %s vient après la %s : son numéro doit être plus grand.", k.r.Version, last.Version)
		return
	}
	m, n, p, _ := numberOf(last.Version)
	var jump Saut
	switch {
	case major > m:
		jump = Majeur
	case minor > n:
		jump = Mineur
	case patch > p:
		jump = Correctif
	}
	need := Bump(last, k.r)
	next, _ := Renumber(last, k.r, nil)
	switch {
	case need == Majeur && jump != Majeur:
		k.block("version", "version", "", "Cette version peut changer des scores : numérotez-la %s.", next.Version)
	case need == Mineur && jump == Correctif:
		k.block("version", "version", "", "Cette version ajoute des textes ou des questions : numérotez-la %s.", next.Version)
	case need == "":
		k.warn("version", "version", "", "Rien ne change depuis la version %s.", last.Version)
	case need != Majeur && jump == Majeur:
		k.warn("version", "version", "", "Aucun score ne change : le numéro %s suffirait.", next.Version)
	case need == Correctif && jump == Mineur:
		k.warn("version", "version", "", "Seuls des textes sont corrigés : le numéro %s suffirait.", next.Version)
	}
}

func compareNumbers(a, b string) int {
	i, j, k, _ := numberOf(a)
	x, y, z, _ := numberOf(b)
	switch {
	case i != x:
		return i - x
	case j != y:
		return j - y
	}
	return k - z
}

// examples: the golden cases of the version, run.
func (k *checks) examples(e *Engine) {
	if len(e.ref.Exemples) == 0 {
		k.warn("exemple", "exemples", "", "Cette version n’a aucun exemple vérifié. Ajoutez-en : ils montrent ce que les règles donnent.")
	}
	// One sentence an example, with the first difference: a changed weight makes many.
	var titles []int
	first := map[int]Fault{}
	count := map[int]int{}
	for _, f := range e.runExamples() {
		i := -1
		if _, err := fmt.Sscanf(f.Where, "exemples[%d]", &i); err != nil {
			continue
		}
		if count[i]++; count[i] == 1 {
			first[i] = f
			titles = append(titles, i)
		}
	}
	for _, i := range titles {
		more := ""
		if count[i] > 1 {
			more = fmt.Sprintf(" Il y a %d différences en tout.", count[i])
		}
		k.block("exemple", first[i].Where, "", "%s%s", first[i].Message, more)
	}
}

// Hiding must never pay. Without one column, criteria that saw it gain or lose
// value, become unknown, or do not concern the place any more. Let a be points
// gained, e weight evaluated, t weight applicable; α, ε, τ what hiding takes
// from each; o = a/e, c = e/t after it. The score then moves by
//
//	(1−ρ)·(o·ε − α)/e + ρ·(o·c·τ − α)/t
//
// which is greatest when all else is perfect (o = 1) and, where nothing stops
// concerning the place (τ = 0), when as little as possible is known: c is the
// coverage under which nothing is shown. With ρ and c at a half it is not
// positive just when α ≥ ⅔·ε, the design's inequality: what hiding loses is at
// least Σ w·(2/3 − v) over what it makes unknown. A rule is tried on every
// content that it can tell apart, so a draft that passes has no such case.
type loss struct {
	alpha, epsilon, tau int64 // in tenths of a point × 1/10 000
}

// lossOf is what a criterion loses; shown is what counts against a draft,
// all also counts a criterion that was unknown and no longer concerns the place.
func lossOf(weight int64, before, after Valeur) (shown, all loss) {
	unit := int64(Entier)
	at := func(v Valeur) (l loss) {
		if v != ValeurSansObjet {
			l.tau = weight * unit
		}
		if v >= 0 {
			l.epsilon, l.alpha = weight*unit, weight*int64(v)
		}
		return l
	}
	b, a := at(before), at(after)
	l := loss{b.alpha - a.alpha, b.epsilon - a.epsilon, b.tau - a.tau}
	switch {
	case before >= 0:
		return l, l
	case before == ValeurSansObjet:
		return l, l // see sampler.moves
	case before == ValeurInconnue && after == ValeurSansObjet:
		return loss{}, l
	}
	return loss{}, loss{} // what hiding reveals is no defect hidden
}

// samples of coverage, in hundredths: from the least at which anything is shown.
const samples = 5

type sampler struct {
	rho      int64
	coverage [samples]int64
}

func newSampler(p *Parametres) sampler {
	s := sampler{rho: int64(p.Rho)}
	low := max(1, (int64(p.Provisoire)+99)/100)
	for i := range s.coverage {
		s.coverage[i] = low + (100-low)*int64(i)/(samples-1)
	}
	return s
}

// moves is what the score moves by at a sample, all else perfect, up to a
// positive factor. Moves of criteria add up. A criterion that begins to
// concern the place (ε and τ are negative) may only cost: what hiding reveals is
// no defect hidden.
func (s *sampler) moves(l loss, i int) int64 {
	c := s.coverage[i]
	if l.tau < 0 {
		return min(0, s.move(l, c))
	}
	return s.move(l, c)
}

func (s *sampler) move(l loss, c int64) int64 {
	return (int64(Entier)-s.rho)*(l.epsilon-l.alpha)*100*100 + s.rho*(c*c*l.tau-100*c*l.alpha)
}

// worst is the case in which hiding pays most, so far.
type worst struct {
	moves int64
	at    []int // states of the variables
	found bool
}

// part is criteria that share something else than the column that is hidden.
type part struct {
	criteria []int
	vars     []variable   // the first holds the column
	gated    map[int]bool // essentials that hiding turns from missing to unknown
	best     [][]worst    // by content of the column, then by tally and sample
}

// tally numbers the ways to count: residues all accepted, or all but one; then
// what counts against a draft, or all.
func tally(way, all, sample int) int { return (way*2+all)*samples + sample }

func (k *checks) hiding(x *explorer) {
	s := newSampler(&k.r.Parametres)
	for i := range place.Columns {
		name := place.Columns[i].Name
		criteria := x.readers(name)
		var residues []int
		for j := range k.r.Residus {
			if k.r.Residus[j].Champ == name {
				residues = append(residues, j)
			}
		}
		if len(criteria) > 0 {
			k.hidingOne(x, &s, name, criteria, residues)
			continue
		}
		for _, j := range residues {
			k.oldResidue(j)
		}
	}
}

// paysToHide: does some content of a column pay to hide?
func paysToHide(r *Referentiel, name string) bool {
	bare := *r
	bare.Exemples = nil
	e, err := Compile(&bare)
	if err != nil {
		return false // Check tells why
	}
	x := newExplorer(e)
	x.hiding = true
	k, s := &checks{r: e.ref}, newSampler(&e.ref.Parametres)
	k.hidingOne(x, &s, name, x.readers(name), nil)
	return slices.ContainsFunc(k.out, func(c Constat) bool { return c.Regle == "taire" && c.Gravite == Bloquant })
}

func (k *checks) oldResidue(j int) {
	r := &k.r.Residus[j]
	k.out = append(k.out, Constat{Gravite: Avertissement, Regle: "residu", Ou: fmt.Sprintf("residus[%d]", j), Critere: r.Critere, Champ: r.Champ,
		Phrase: fmt.Sprintf("Le cas accepté sur %s et %s n’existe plus : retirez-le.", quoted(fieldLabel(r.Champ)), quoted(k.label(r.Critere)))})
}

func (k *checks) label(code string) string {
	if c := k.r.critere(code); c != nil {
		return c.Libelle
	}
	return code
}

func (k *checks) hidingOne(x *explorer, s *sampler, name string, criteria, residues []int) {
	column := columnSet([]string{name})
	g := &groups[groupAt[columnIndex[name]]]
	var own variable
	for _, v := range x.variables(criteria) {
		if v.group == g {
			own = v
		}
	}
	own.states = slices.DeleteFunc(own.states, func(st state) bool { return st.content.filled&column == 0 })
	parts := x.split(criteria, own)
	for i := range parts {
		if !k.tryPart(x, s, &parts[i], column, residues) {
			k.out = append(k.out, Constat{Gravite: Bloquant, Regle: "complexite", Ou: "criteres", Champ: name,
				Phrase: fmt.Sprintf("Les règles qui lisent %s ont trop de cas pour être vérifiées. Simplifiez-les.", quoted(fieldLabel(name)))})
			return
		}
	}
	// The worst content of the column, by way of counting.
	find := func(way, all int) (content, sample int, moves int64) {
		for i := range own.states {
			for j := range samples {
				sum := int64(0)
				for _, p := range parts {
					sum += p.best[i][tally(way, all, j)].moves
				}
				if sum > moves {
					content, sample, moves = i, j, sum
				}
			}
		}
		return content, sample, moves
	}
	for n, j := range residues {
		if _, _, moves := find(n+1, 1); moves <= 0 {
			k.oldResidue(j)
		}
	}
	for all, gravity := range [...]Gravite{Bloquant, Avertissement} {
		if i, j, moves := find(0, all); moves > 0 {
			k.pays(x, s, name, g, parts, i, j, all, gravity)
			break
		}
	}
	k.gates(name, parts)
}

// split makes parts of the criteria that see a column: two that see nothing
// else in common are at their worst whatever the other does.
func (x *explorer) split(criteria []int, own variable) []part {
	mine := own.name
	type set struct {
		criteria []int
		sees     map[string]bool
	}
	var sets []set
	for _, i := range criteria {
		merged := set{[]int{i}, x.sees(i)}
		delete(merged.sees, mine)
		var kept []set
		for _, other := range sets {
			common := false
			for v := range other.sees {
				common = common || merged.sees[v]
			}
			if !common {
				kept = append(kept, other)
				continue
			}
			merged.criteria = append(merged.criteria, other.criteria...)
			maps.Copy(merged.sees, other.sees)
		}
		slices.Sort(merged.criteria)
		sets = append(kept, merged)
	}
	out := make([]part, len(sets))
	for i, set := range sets {
		out[i] = part{criteria: set.criteria, vars: []variable{own}, gated: map[int]bool{}}
		for _, v := range x.variables(set.criteria) {
			if v.group != own.group {
				out[i].vars = append(out[i].vars, v)
			}
		}
	}
	return out
}

// tryPart goes through all that a part can see; false when that is too much.
func (k *checks) tryPart(x *explorer, s *sampler, p *part, column columns, residues []int) bool {
	ways := 1 + len(residues)
	p.best = make([][]worst, len(p.vars[0].states))
	for i := range p.best {
		p.best[i] = make([]worst, ways*2*samples)
	}
	g := p.vars[0].group
	var before, after []Valeur
	return x.each(p.vars, func(at []int) {
		in := entry(p.vars, at)
		before = x.e.judgeAll(in, p.criteria, before)
		hidden := p.vars[0].states[at[0]].content.without(column)
		hidden.put(g, in)
		after = x.e.judgeAll(in, p.criteria, after)
		for n, i := range p.criteria {
			if k.r.Criteres[i].Essentiel && before[n] >= 0 && Nombre(before[n]) < k.r.Parametres.Partiel && after[n] == ValeurInconnue {
				p.gated[i] = true
			}
		}
		for way := range ways {
			var moves [2][samples]int64
			for n, i := range p.criteria {
				c := &k.r.Criteres[i]
				shown, all := lossOf(int64(c.Poids/tenth), before[n], after[n])
				if k.accepted(residues, way, c.Code) {
					shown, all = loss{}, loss{}
					if c.SiAbsent == Zero {
						// What it would lose if its promise were kept.
						shown.alpha = int64(c.Poids/tenth) * int64(Entier)
						all = shown
					}
				}
				for j := range samples {
					moves[0][j] += s.moves(shown, j)
					moves[1][j] += s.moves(all, j)
				}
			}
			for all := range moves {
				for j, m := range moves[all] {
					if w := &p.best[at[0]][tally(way, all, j)]; !w.found || m > w.moves {
						*w = worst{m, slices.Clone(at), true}
					}
				}
			}
		}
	})
}

// accepted: the way leaves this criterion out, by a residue.
func (k *checks) accepted(residues []int, way int, code string) bool {
	for n, j := range residues {
		if n+1 != way && k.r.Residus[j].Critere == code {
			return true
		}
	}
	return false
}

// pays tells the worst case of a column, with its numbers and a place to see it on.
func (k *checks) pays(x *explorer, s *sampler, name string, g *group, parts []part, content, sample, all int, gravity Gravite) {
	column := columnSet([]string{name})
	c := s.coverage[sample]
	unit := int64(Entier)
	var lost, asked, kept int64 // ten-thousandths of a point
	var with, touched []string
	before, after := make([]Valeur, len(k.r.Criteres)), make([]Valeur, len(k.r.Criteres))
	for i := range before {
		before[i], after[i] = Valeur(Entier), Valeur(Entier)
	}
	spoken := map[int]bool{}
	for i := range parts {
		p := &parts[i]
		at := p.best[content][tally(0, all, sample)].at
		in := entry(p.vars, at)
		was := x.e.judgeAll(in, p.criteria, nil)
		hidden := p.vars[0].states[at[0]].content.without(column)
		hidden.put(g, in)
		is := x.e.judgeAll(in, p.criteria, nil)
		changed := !slices.Equal(was, is)
		for n, j := range p.criteria {
			if changed {
				before[j], after[j], spoken[j] = was[n], is[n], true
			}
			shown, full := lossOf(int64(k.r.Criteres[j].Poids/tenth), was[n], is[n])
			if all == 1 {
				shown = full
			}
			if shown == (loss{}) || shown.tau < 0 {
				continue
			}
			touched = append(touched, quoted(k.r.Criteres[j].Libelle))
			if shown.epsilon == 0 && shown.tau == 0 {
				lost += shown.alpha / 10
				continue
			}
			// What is as much as (1−ρ)·ε/c + ρ·c·τ loses to the rest: at a half, ⅔·ε.
			asked += (unit-s.rho)*shown.epsilon*100*100 + s.rho*c*c*shown.tau
			kept += shown.alpha / 10
		}
		for n := 1; n < len(at); n++ {
			if w := p.vars[n].states[at[n]].words; w != "" {
				with = append(with, w)
			}
		}
	}
	asked = (asked/((unit-s.rho)*100*100+s.rho*100*c)+5)/10 - kept
	gain := k.example(x, before, after, spoken)
	sentence := "Un lieu où " + parts[0].vars[0].states[content].words
	if held := parts[0].vars[0].states[content].content; held.list != nil {
		sentence = "Un lieu qui n’annonce que " + french.Enumerate(valueLabels(name, held.list), " et ") + " dans " + quoted(fieldLabel(name))
	}
	sentence += " gagnerait jusqu’à " + points(gain) + " en le taisant."
	if len(with) > 0 {
		sentence += " C’est le cas si " + french.Enumerate(with, " et si ") + "."
	}
	sentence += " Taire coûte " + points(Nombre(lost)) + " de critères ; il en faudrait au moins " + decimals(Nombre(asked), 2) + "."
	sentence += " Critères touchés : " + french.Enumerate(touched, " et ") + "."
	if gravity == Avertissement {
		sentence += " Un critère cesserait de concerner ce lieu."
	}
	l, a := Nombre(lost), Nombre(asked)
	k.out = append(k.out, Constat{Gravite: gravity, Regle: "taire", Ou: "criteres", Champ: name, Phrase: sentence, Perdu: &l, Evite: &a, Gain: &gain})
}

// example is what hiding brings to a place all else of which is perfect, and
// known just enough to be shown or more: the most of these, in hundredths.
func (k *checks) example(x *explorer, before, after []Valeur, spoken map[int]bool) Nombre {
	var most Nombre
	now, then := slices.Clone(before), slices.Clone(after)
	for i := range now {
		if spoken[i] {
			continue
		}
		b, a := x.e.model.Aggregate(now, nil), x.e.model.Aggregate(then, nil)
		if a.Etat == NonAttribue {
			break
		}
		most = max(most, a.Score(2)-b.Score(2))
		now[i], then[i] = ValeurInconnue, ValeurInconnue
	}
	return most
}

// gates: an essential that fails caps the level lower than one that is
// unknown, so hiding may raise the level even where it costs points.
func (k *checks) gates(name string, parts []part) {
	levels := k.r.Parametres.Niveaux
	ceiling := func(missing, unknown int) int {
		for i, l := range levels {
			if (l.EssentielsManquants == nil || *l.EssentielsManquants >= missing) && (l.EssentielsInconnus == nil || *l.EssentielsInconnus >= unknown) {
				return i
			}
		}
		return len(levels) - 1
	}
	failing, hidden := ceiling(1, 0), ceiling(0, 1)
	if len(levels) == 0 || hidden >= failing {
		return
	}
	told := map[int]bool{}
	for i := range parts {
		maps.Copy(told, parts[i].gated)
	}
	for i := range k.r.Criteres {
		c := &k.r.Criteres[i]
		accepted := slices.ContainsFunc(k.r.Residus, func(r Residu) bool { return r.Champ == name && r.Critere == c.Code })
		if told[i] && !accepted {
			k.out = append(k.out, Constat{Gravite: Avertissement, Regle: "taire-niveau", Ou: fmt.Sprintf("criteres[%d]", i), Critere: c.Code, Champ: name,
				Phrase: fmt.Sprintf("Taire %s rend %s inconnu au lieu de manquant. Le plafond passe du niveau %s au niveau %s, même si le score baisse.",
					quoted(fieldLabel(name)), quoted(c.Libelle), levels[failing].Code, levels[hidden].Code)})
		}
	}
}

// monotony: what serves people never lowers a criterion. A value of a list is
// favourable, for a place, when alone it is worth as much as any other; adding
// it to others then takes nothing away. Any other column, when it is filled at
// its best, is worth at least what it is worth empty.
func (k *checks) monotony(x *explorer) {
	for i := range k.r.Criteres {
		c := &k.r.Criteres[i]
		vars := x.variables([]int{i})
		told := map[string]bool{}
		for n := range vars {
			if vars[n].group == nil {
				continue
			}
			if !k.monotone(x, i, vars, n, told) {
				k.block("complexite", fmt.Sprintf("criteres[%d].regle", i), c.Code, "La règle de %s a trop de cas pour être vérifiée. Simplifiez-la.", quoted(c.Libelle))
				break
			}
		}
	}
}

func (k *checks) monotone(x *explorer, i int, vars []variable, n int, told map[string]bool) bool {
	c := &k.r.Criteres[i]
	own := vars[n]
	name := own.group.names[0]
	byList := map[string]int{} // canonical list → state
	for s := range own.states {
		byList[encoded(sortedList(own.states[s].content.list))] = s
	}
	lists := kept(&place.Columns[columnIndex[name]])
	var classes [][]string
	if lists {
		classes, _ = x.classes(name, []int{i})
	}
	others := slices.Clone(vars)
	others[n].states = own.states[:1]
	values := make([]Valeur, len(own.states))
	cases := 1
	for j := range vars {
		if cases *= len(vars[j].states); cases > x.budget {
			return false
		}
	}
	x.budget -= cases
	whole := *x
	whole.budget = maxCases
	var one []Valeur
	return whole.each(others, func(at []int) {
		here := slices.Clone(at)
		for s := range own.states {
			here[n] = s
			one = x.e.judgeAll(entry(vars, here), []int{i}, one)
			values[s] = one[0]
		}
		if !lists {
			best := ValeurSansObjet
			for s := 1; s < len(values); s++ {
				best = max(best, values[s])
			}
			if values[0] >= 0 && best >= 0 && best < values[0] && !told[name] {
				told[name] = true
				k.out = append(k.out, Constat{Gravite: Bloquant, Regle: "monotonie", Ou: fmt.Sprintf("criteres[%d].regle", i), Critere: c.Code, Champ: name,
					Phrase: fmt.Sprintf("Remplir %s ferait baisser %s de %s à %s.", quoted(fieldLabel(name)), quoted(c.Libelle), decimal(Nombre(values[0])), decimal(Nombre(best)))})
			}
			return
		}
		best := ValeurSansObjet
		for _, class := range classes {
			if s, ok := byList[encoded([]string{class[0]})]; ok {
				best = max(best, values[s])
			}
		}
		if best <= 0 {
			return // nothing is favourable here
		}
		for _, class := range classes {
			if s, ok := byList[encoded([]string{class[0]})]; !ok || values[s] != best {
				continue
			}
			for s := range own.states {
				list := own.states[s].content.list
				next := ""
				for _, v := range class {
					if !slices.Contains(list, v) {
						next = v
						break
					}
				}
				t, ok := byList[encoded(sortedList(append(slices.Clone(list), next)))]
				if next == "" || !ok || values[s] < 0 || values[t] < 0 || values[t] >= values[s] || told[next] {
					continue
				}
				told[next] = true
				k.out = append(k.out, Constat{Gravite: Bloquant, Regle: "monotonie", Ou: fmt.Sprintf("criteres[%d].regle", i), Critere: c.Code, Champ: name,
					Phrase: fmt.Sprintf("Ajouter %s à %s ferait baisser %s de %s à %s, alors que cette valeur seule vaut %s.", quoted(valueLabel(name, next)),
						or(french.Enumerate(valueLabels(name, list), " et "), "une liste vide"), quoted(c.Libelle), decimal(Nombre(values[s])), decimal(Nombre(values[t])), decimal(Nombre(best)))})
			}
		}
	})
}

func sortedList(list []string) []string {
	out := slices.Clone(list)
	slices.Sort(out)
	return out
}
