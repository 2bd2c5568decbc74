package quality

import (
	"slices"
	"strings"

	"mednum/internal/place"
)

// Engine scores places against one version. It is immutable and safe for
// concurrent use.
type Engine struct {
	ref      *Referentiel
	hash     string
	criteria []criterion
	model    Model
	fresh    freshness
}

// criterion is a Critere made ready.
type criterion struct {
	*Critere
	applies *test
	rule    rule
	reads   columns // of the rule
}

// freshness is how evidence ages: whole numerators over one denominator.
type freshness struct {
	whole      int64 // what is fresh
	old        int64 // what is old, or of unknown date
	from, to   int64 // days × 16: fresh up to from, old after to
	slope      int64 // lost a sixteenth of a day
	verified   int64
	computed   int64
	declared   int64
	constant   int64
	contested  int64
	reconsider int64 // of a contested criterion that is unknown, were it known
}

// Compile makes a version ready. A document that Parse gave compiles; of
// another one every fault is told.
func Compile(r *Referentiel) (*Engine, error) {
	own, err := Parse(r.Canonical()) // checked, and ours alone: the caller may go on editing
	if err != nil {
		return nil, err
	}
	return compile(own), nil
}

// Load reads a version, makes it ready and runs its examples.
func Load(text []byte) (*Engine, error) {
	r, err := Parse(text)
	if err != nil {
		return nil, err
	}
	e := compile(r)
	if faults := e.runExamples(); len(faults) > 0 {
		return nil, faults
	}
	return e, nil
}

// Referentiel is the version; callers do not change it.
func (e *Engine) Referentiel() *Referentiel { return e.ref }

// Hash is the identity of the version.
func (e *Engine) Hash() string { return e.hash }

// Model is how the version adds up: a copy, to be changed.
func (e *Engine) Model() Model {
	m := e.model
	m.Poids = slices.Clone(m.Poids)
	m.Dimension = slices.Clone(m.Dimension)
	m.Essentiel = slices.Clone(m.Essentiel)
	m.Niveaux = slices.Clone(m.Niveaux)
	return m
}

func compile(r *Referentiel) *Engine {
	p := &r.Parametres
	c := &p.Confiance
	e := &Engine{ref: r, hash: r.Hash()}
	span := int64(c.AncienMois-c.FraicheurMois) * monthDays
	e.fresh = freshness{
		whole:    span * int64(Entier),
		old:      span * int64(c.AncienValeur),
		from:     int64(c.FraicheurMois) * monthDays,
		to:       int64(c.AncienMois) * monthDays,
		slope:    int64(Entier - c.AncienValeur),
		verified: int64(c.Verifie), computed: int64(c.Calcule), declared: int64(c.Declare), constant: int64(c.Constante),
		contested: int64(c.Conteste),
	}
	e.fresh.reconsider = e.fresh.whole * e.fresh.computed * e.fresh.contested
	e.model = Model{
		Rho: p.Rho, Partiel: p.Partiel, Confirme: p.Confirme, Provisoire: p.Provisoire,
		Niveaux: p.Niveaux, Surete: e.fresh.whole * int64(Entier) * int64(Entier),
	}
	dimensions := map[string]uint8{}
	for i := range r.Dimensions {
		dimensions[r.Dimensions[i].Code] = uint8(i)
	}
	for i := range r.Criteres {
		k := &r.Criteres[i]
		x := criterion{Critere: k, reads: k.Regle.columns()}
		x.rule.compile(&k.Regle, r, k.SiAbsent == Zero)
		if k.ApplicableSi != nil {
			x.applies = new(test)
			x.applies.compile(k.ApplicableSi, r)
		}
		e.criteria = append(e.criteria, x)
		e.model.Poids = append(e.model.Poids, int32(k.Poids/tenth))
		e.model.Dimension = append(e.model.Dimension, dimensions[k.Dimension])
		e.model.Essentiel = append(e.model.Essentiel, k.Essentiel)
	}
	return e
}

// tenth of a point: the grain of weights.
const tenth = Entier / 10

func (x *rule) compile(r *Regle, ref *Referentiel, lenient bool) {
	*x = rule{Regle: r, column: columnIndex[r.Champ], set: columnSet(r.Champs), lenient: lenient}
	if f, ok := factNamed(r.Fait); ok {
		x.fact, x.factSet = f, columnSet(f.Champs)
	}
	x.cas = make([]test, len(r.Cas))
	for i := range r.Cas {
		x.cas[i].compile(&r.Cas[i].Si, ref)
	}
	for _, value := range Contexts[r.Contexte] {
		b, ok := r.Profils[value]
		if !ok && r.Bornes != nil {
			b = *r.Bornes
		}
		x.profiles = append(x.profiles, profile{value, b})
	}
	for value, field := range r.Correspondances {
		x.linked = append(x.linked, link{value: value, name: field, field: columnSet([]string{field})})
	}
	slices.SortFunc(x.linked, func(a, b link) int { return strings.Compare(a.value, b.value) })
	if q := ref.question(r.Question); q != nil {
		x.months = q.ValiditeMois
	}
	if p := ref.preuve(r.Preuve); p != nil {
		x.months = p.ValiditeMois
	}
	for i := range r.Parts {
		x.parts = append(x.parts, rule{})
		x.parts[i].compile(&r.Parts[i].Regle, ref, lenient)
		x.partOf = append(x.partOf, int64(r.Parts[i].Poids))
	}
	for i := range r.Regles {
		x.parts = append(x.parts, rule{})
		x.parts[i].compile(&r.Regles[i], ref, lenient)
	}
}

func (x *test) compile(p *Predicat, ref *Referentiel) {
	*x = test{Predicat: p, column: columnIndex[p.Champ]}
	if f, ok := factNamed(p.Fait); ok {
		x.fact, x.factSet = f, columnSet(f.Champs)
	}
	if q := ref.question(p.Question); q != nil {
		x.months = q.ValiditeMois
	}
	x.of = make([]test, len(p.De))
	for i := range p.De {
		x.of[i].compile(&p.De[i], ref)
	}
}

func (r *Referentiel) question(code string) *Question {
	for i := range r.Questions {
		if r.Questions[i].Code == code {
			return &r.Questions[i]
		}
	}
	return nil
}

func (r *Referentiel) preuve(code string) *Preuve {
	for i := range r.Preuves {
		if r.Preuves[i].Code == code {
			return &r.Preuves[i]
		}
	}
	return nil
}

// columns that a rule reads, those of its facts and conditions included.
func (r *Regle) columns() columns {
	set := columnSet(r.Champs)
	if r.Champ != "" {
		set |= columnSet([]string{r.Champ})
	}
	if f, ok := factNamed(r.Fait); ok {
		set |= columnSet(f.Champs)
	}
	for _, field := range r.Correspondances {
		set |= columnSet([]string{field})
	}
	for i := range r.Cas {
		set |= r.Cas[i].Si.columns()
	}
	for i := range r.Parts {
		set |= r.Parts[i].Regle.columns()
	}
	for i := range r.Regles {
		set |= r.Regles[i].columns()
	}
	return set
}

func (p *Predicat) columns() columns {
	var set columns
	if p.Champ != "" {
		set = columnSet([]string{p.Champ})
	}
	if f, ok := factNamed(p.Fait); ok {
		set |= columnSet(f.Champs)
	}
	for i := range p.De {
		set |= p.De[i].columns()
	}
	return set
}

// ChampsLus are the columns that a rule reads, those of its facts and conditions
// included, in the standard's order.
func (r *Regle) ChampsLus() []string { return r.columns().names() }

// ChampsLus are the columns that a condition reads, in the standard's order.
func (p *Predicat) ChampsLus() []string { return p.columns().names() }

func (set columns) names() []string {
	var list []string
	for i := range place.Columns {
		if set&(1<<i) != 0 {
			list = append(list, place.Columns[i].Name)
		}
	}
	return list
}

// judge gives a criterion its value.
func (c *criterion) judge(v *view, t *tracer) found {
	if c.applies != nil {
		var out found
		start := t.mark()
		k := c.applies.eval(v, &out, t)
		if k == faux {
			t.say(c.Textes.SansObjet)
			out.value = ValeurSansObjet
			return out
		}
		t.back(start)
	}
	out := c.rule.eval(v, t)
	if out.absent {
		if c.SiAbsent == Zero {
			out.value = 0
		}
		t.say(c.Textes.Absent)
	}
	if out.value == ValeurSansObjet && t != nil && len(t.phrases) == 0 {
		t.say(c.Textes.SansObjet)
	}
	return out
}

// Values gives the value of each criterion, in the version's order, in dst
// when it is large enough: nothing is then allocated.
func (e *Engine) Values(in *Entree, dst []Valeur) []Valeur {
	var v view
	v.read(in)
	dst = slices.Grow(dst[:0], len(e.criteria))
	for i := range e.criteria {
		dst = append(dst, e.criteria[i].judge(&v, nil).value)
	}
	return dst
}

// Assurances gives how sure the value of each criterion is, of Model.Surete, in
// dst when it is large enough.
func (e *Engine) Assurances(in *Entree, dst []int64) []int64 {
	var v view
	v.read(in)
	dst = slices.Grow(dst[:0], len(e.criteria))
	constant := columnSet(in.Contexte.Constantes)
	for i := range e.criteria {
		c := &e.criteria[i]
		out := c.judge(&v, nil)
		dst = append(dst, e.assurance(c, &v, &out, constant))
	}
	return dst
}

// assurance is strength × freshness × contest of what decided a criterion: of
// several pieces of evidence the weakest and the least fresh.
func (e *Engine) assurance(c *criterion, v *view, out *found, constant columns) int64 {
	if out.value < 0 {
		return 0
	}
	f := &e.fresh
	strength, fresh := int64(Entier), f.whole
	weaken := func(s, at int64) { strength, fresh = min(strength, s), min(fresh, at) }
	if out.answer != nil {
		weaken(f.declared, f.at(out.answer.Date, v.in.Date))
	}
	if out.proof != nil {
		weaken(f.verified, f.at(out.proof.Date, v.in.Date))
	}
	if out.measure {
		weaken(f.computed, f.whole)
	}
	if out.record || out.answer == nil && out.proof == nil && !out.measure {
		s := f.computed
		if filled := v.filled & c.reads; filled != 0 && filled&^constant == 0 {
			s = f.constant
		}
		weaken(s, f.at(v.in.Fiche.DateMaj, v.in.Date))
	}
	contest := int64(Entier)
	if slices.Contains(v.in.Contestes, c.Code) {
		contest = f.contested
	}
	return strength * fresh * contest
}

// at is how fresh a date is on the day of reference, of whole.
func (f *freshness) at(date, day Jour) int64 {
	if !date.Known() {
		return f.old
	}
	d := daysBetween(date, day) * monthOver
	switch {
	case d <= f.from:
		return f.whole
	case d >= f.to:
		return f.old
	}
	return f.whole - f.slope*(d-f.from)
}

// Evaluate scores a place.
func (e *Engine) Evaluate(in *Entree) Resultat {
	p := &e.ref.Parametres
	var v view
	v.read(in)
	n := len(e.criteria)
	values, sure := make([]Valeur, n), make([]int64, n)
	decimals := make([]Nombre, 2*n+len(e.ref.Dimensions)) // one array for all the optional numbers
	number := func(x Nombre) *Nombre {
		q := &decimals[0]
		decimals = decimals[1:]
		*q = x
		return q
	}
	constant := columnSet(in.Contexte.Constantes)
	r := Resultat{
		Version: e.ref.Version, Referentiel: e.hash, Moteur: Moteur, Derivation: Derivation,
		Entree: in.Hash(), Date: in.Date,
		Criteres: make([]ResultatCritere, n),
		Socle:    Socle{Tenues: []string{}, Manquantes: []string{}, Inconnues: []string{}},
	}
	contests := false
	for i := range e.criteria {
		c := &e.criteria[i]
		out := c.judge(&v, nil)
		values[i], sure[i] = out.value, e.assurance(c, &v, &out, constant)
		x := ResultatCritere{Code: c.Code, Statut: p.statut(out.value), Poids: c.Poids, Expire: out.expired, Conteste: slices.Contains(in.Contestes, c.Code)}
		contests = contests || x.Conteste
		if out.value >= 0 {
			x.Valeur = number(Nombre(out.value))
			x.Points = number(Nombre(halfUp(int64(c.Poids)*int64(out.value), int64(Entier))))
		}
		r.Criteres[i] = x
		if c.Essentiel && out.value != ValeurSansObjet {
			switch {
			case out.value == ValeurInconnue:
				r.Socle.Inconnues = append(r.Socle.Inconnues, c.Code)
			case Nombre(out.value) < p.Partiel:
				r.Socle.Manquantes = append(r.Socle.Manquantes, c.Code)
			default:
				r.Socle.Tenues = append(r.Socle.Tenues, c.Code)
			}
		}
	}
	t := e.model.Aggregate(values, sure)
	r.Couverture = t.Couverture()
	r.Strict, r.Observe, r.Potentiel = t.Strict(p.Decimales), t.Observe(p.Decimales), t.Potentiel(p.Decimales)
	r.Score, r.Confiance = t.Score(p.Decimales), t.Confiance(p.Decimales)
	r.Etat, r.Niveau, r.NiveauMin, r.NiveauMax = t.Etat, p.niveau(t.Niveau), p.niveau(t.NiveauMin), p.niveau(t.NiveauMax)
	r.Dimensions = make([]ResultatDimension, len(e.ref.Dimensions))
	for i := range r.Dimensions {
		d := &t.Dimensions[i]
		r.Dimensions[i] = ResultatDimension{Code: e.ref.Dimensions[i].Code, Couverture: ratio(d.Evalue, d.Applicable, 4)}
		if d.Evalue > 0 {
			r.Dimensions[i].Observe = number(ratio(100*d.Acquis, int64(Entier)*d.Evalue, p.Decimales))
		}
	}
	if contests {
		r.EnReexamen = e.couldChange(in, &t, values, sure)
	}
	return r
}

func (p *Parametres) statut(v Valeur) Statut {
	switch {
	case v == ValeurSansObjet:
		return StatutSansObjet
	case v < 0:
		return StatutInconnu
	case Nombre(v) >= p.Satisfait:
		return StatutSatisfait
	case Nombre(v) >= p.Partiel:
		return StatutPartiel
	}
	return StatutNonSatisfait
}

func (p *Parametres) niveau(i int) string {
	if i < 0 {
		return ""
	}
	return p.Niveaux[i].Code
}

// couldChange: were a contested criterion 0, 1 or unknown, each alone or all
// together, would the place be shown otherwise?
func (e *Engine) couldChange(in *Entree, now *Total, values []Valeur, sure []int64) bool {
	values, sure = slices.Clone(values), slices.Clone(sure)
	changes := func(of []int) bool {
		before := make([]Valeur, len(of))
		certain := make([]int64, len(of))
		for j, i := range of {
			before[j], certain[j] = values[i], sure[i]
		}
		defer func() {
			for j, i := range of {
				values[i], sure[i] = before[j], certain[j]
			}
		}()
		for _, v := range [...]Valeur{0, Valeur(Entier), ValeurInconnue} {
			for j, i := range of {
				if values[i] = v; certain[j] == 0 {
					sure[i] = e.fresh.reconsider
				}
			}
			t := e.model.Aggregate(values, sure)
			if t.Etat != now.Etat || t.Niveau != now.Niveau || t.NiveauMin != now.NiveauMin || t.NiveauMax != now.NiveauMax {
				return true
			}
		}
		return false
	}
	var all []int
	for i := range e.criteria {
		if slices.Contains(in.Contestes, e.criteria[i].Code) {
			if all = append(all, i); changes([]int{i}) {
				return true
			}
		}
	}
	return len(all) > 1 && changes(all)
}

// Outcome is what decided the value of a criterion.
type Outcome struct {
	Code      string
	Valeur    Valeur
	Statut    Statut
	Phrase    string            // sentence about this place, {names} not yet replaced; "" when nothing tells (INCONNU)
	Params    map[string]string // {names} and what they are here, in French
	Champs    []string          // filled columns that decided, in the order met
	Faits     []string          // facts that decided
	Question  string            // whose answer decided, the oldest of several; ""
	Preuve    string            // that decided, the oldest of several; ""
	Nature    Nature            // of the evidence that decided; the criterion's when nothing did
	Date      Jour              // of that evidence: date_maj, of the answer, of the proof
	Expire    Jour              // the last day on which it holds; unknown when it does not end
	Constante bool              // the source gives one value to all its places
	Absent    bool              // the information is not given
	Perime    bool              // an answer or evidence that no longer holds was left out
	Conteste  bool
	Assurance int64 // of Model.Surete
}

// Trace is Evaluate told criterion by criterion.
func (e *Engine) Trace(in *Entree) []Outcome {
	var v view
	v.read(in)
	constant := columnSet(in.Contexte.Constantes)
	list := make([]Outcome, len(e.criteria))
	for i := range e.criteria {
		c := &e.criteria[i]
		t := tracer{params: map[string]string{}}
		out := c.judge(&v, &t)
		o := Outcome{
			Code: c.Code, Valeur: out.value, Statut: e.ref.Parametres.statut(out.value),
			Phrase: strings.Join(t.phrases, " "), Params: t.params,
			Champs: unique(t.fields), Faits: unique(t.facts),
			Nature: c.Nature, Absent: out.absent, Perime: out.expired,
			Conteste:  slices.Contains(in.Contestes, c.Code),
			Assurance: e.assurance(c, &v, &out, constant),
		}
		switch {
		case out.answer != nil:
			o.Nature, o.Date, o.Question = Declare, out.answer.Date, out.answer.Question
			if q := e.ref.question(out.answer.Question); q != nil {
				o.Expire = expiry(o.Date, out.answer.Expire, q.ValiditeMois)
			}
		case out.proof != nil:
			o.Nature, o.Date, o.Preuve = Verifie, out.proof.Date, out.proof.Preuve
			if p := e.ref.preuve(out.proof.Preuve); p != nil {
				o.Expire = expiry(o.Date, out.proof.Expire, p.ValiditeMois)
			}
		case out.measure:
			o.Nature, o.Date = Calcule, in.Date
		case out.value >= 0:
			o.Nature, o.Date = Calcule, in.Fiche.DateMaj
			filled := v.filled & c.reads
			o.Constante = filled != 0 && filled&^constant == 0
		}
		list[i] = o
	}
	return list
}

func unique(list []string) []string {
	var out []string
	for _, s := range list {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}
