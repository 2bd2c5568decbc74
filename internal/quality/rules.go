package quality

import (
	"slices"
	"strconv"
	"time"

	"mednum/internal/french"
	"mednum/internal/place"
)

// kleene is a truth value. The order makes "et" the least, "ou" the greatest.
type kleene int8

const (
	faux kleene = iota
	peutEtre
	vrai
)

func kleeneOf(b bool) kleene {
	if b {
		return vrai
	}
	return faux
}

// columnIndex numbers the columns of the standard: sets of them are bits.
var columnIndex = func() map[string]int {
	m := make(map[string]int, len(place.Columns))
	for i := range place.Columns {
		m[place.Columns[i].Name] = i
	}
	return m
}()

// columns is a set of columns of the standard, by columnIndex.
type columns uint64

func columnSet(names []string) columns {
	var set columns
	for _, name := range names {
		if i, ok := columnIndex[name]; ok {
			set |= 1 << i
		}
	}
	return set
}

// view is an Entree laid out for the rules: no map is searched while they run.
type view struct {
	in      *Entree
	filled  columns
	absent  columns // the source's file has no such column
	known   columns // lists
	lists   [64][]string
	density string
	place   string // the context "territoire"
}

var itineranceColumn = columnIndex["itinerance"]

func (v *view) read(in *Entree) {
	v.in = in
	v.filled, v.absent, v.known = columnSet(in.Fiche.Presents), columnSet(in.Fiche.Absents), 0
	for name, list := range in.Fiche.Listes {
		if i, ok := columnIndex[name]; ok {
			v.known |= 1 << i
			v.lists[i] = list
			if len(list) > 0 {
				v.filled |= 1 << i
			}
		}
	}
	v.density, v.place = in.Contexte.Densite, in.Contexte.Densite
	if v.known&(1<<itineranceColumn) != 0 {
		if list := v.lists[itineranceColumn]; slices.Contains(list, "Itinérant") && !slices.Contains(list, "Fixe") {
			v.place = "itinerant"
		}
	}
}

func (v *view) context(name string) string {
	switch name {
	case "densite":
		return v.density
	case "territoire":
		return v.place
	}
	return v.in.Contexte.AideLocale
}

// number of a fact as a fraction; false when it is unknown.
func (f *Faits) number(name string) (n, d int64, ok bool) {
	var p *int
	d = 1
	switch name {
	case "minutes_semaine":
		p = f.MinutesSemaine
	case "heures_semaine":
		p, d = f.MinutesSemaine, 60
	case "ecart_commune":
		p = f.EcartCommune
	case "presentation":
		p = &f.Presentation
	}
	if p == nil {
		return 0, d, false
	}
	return min(max(int64(*p), -maxInteger), maxInteger), d, true
}

// text of a fact; "" when it is unknown.
func (f *Faits) text(name string) string {
	switch name {
	case "horaires":
		return orNone(f.Horaires)
	case "pivot":
		return orNone(f.Pivot)
	case "acces_libre":
		return yesNo(f.AccesLibre)
	case "hors_bureau":
		if f.HorsBureau != nil {
			return yesNo(*f.HorsBureau)
		}
	}
	return ""
}

func orNone(s string) string {
	if s == "" {
		return "aucun"
	}
	return s
}

func yesNo(b bool) string {
	if b {
		return "oui"
	}
	return "non"
}

func factNamed(name string) (*Fact, bool) {
	for i := range Facts {
		if Facts[i].Name == name {
			return &Facts[i], true
		}
	}
	return nil, false
}

// evidence is what an outcome rests on.
type evidence struct {
	record  bool         // a filled field of the record
	measure bool         // a count of the platform
	answer  *Declaration // the oldest
	proof   *Evidence    // the oldest
}

func (e *evidence) add(o evidence) {
	e.record = e.record || o.record
	e.measure = e.measure || o.measure
	if o.answer != nil && (e.answer == nil || o.answer.Date.Compare(e.answer.Date.Date) < 0) {
		e.answer = o.answer
	}
	if o.proof != nil && (e.proof == nil || o.proof.Date.Compare(e.proof.Date.Date) < 0) {
		e.proof = o.proof
	}
}

// found is what a rule says of a place.
type found struct {
	evidence
	value   Valeur
	absent  bool // unknown because the information is absent: si_absent decides
	expired bool // an answer or a proof that was read is out of date
}

var unknown = found{value: ValeurInconnue}

// tracer keeps what decided, for the explanation; scoring goes without (nil).
type tracer struct {
	phrases []string
	fields  []string
	facts   []string
	params  map[string]string
}

// mark and back drop what a rule that was not retained had noted.
type mark [3]int

func (t *tracer) mark() mark {
	if t == nil {
		return mark{}
	}
	return mark{len(t.phrases), len(t.fields), len(t.facts)}
}

func (t *tracer) back(m mark) {
	if t != nil {
		t.phrases, t.fields, t.facts = t.phrases[:m[0]], t.fields[:m[1]], t.facts[:m[2]]
	}
}

// swap puts what was noted since b before what was noted between a and b, and
// drops the latter: a later rule is better than an earlier one.
func (t *tracer) swap(a, b mark) {
	if t != nil {
		t.phrases = slices.Delete(t.phrases, a[0], b[0])
		t.fields = slices.Delete(t.fields, a[1], b[1])
		t.facts = slices.Delete(t.facts, a[2], b[2])
	}
}

func (t *tracer) say(phrase string) {
	if t != nil && phrase != "" {
		t.phrases = append(t.phrases, phrase)
	}
}

func (t *tracer) set(name, value string) {
	if t != nil {
		t.params[name] = value
	}
}

// rule is a Regle made ready: names are numbers, defaults are filled in.
type rule struct {
	*Regle
	column   int     // of Champ
	set      columns // of Champs
	fact     *Fact
	factSet  columns
	cas      []test // conditions of Cas
	parts    []rule
	partOf   []int64 // weights of parts
	profiles []profile
	linked   []link
	months   int // validity of the answers or proofs
	lenient  bool
}

type profile struct {
	value  string
	bounds Bornes
}

type link struct {
	value string
	name  string
	field columns
}

// test is a Predicat made ready.
type test struct {
	*Predicat
	column  int
	fact    *Fact
	factSet columns
	of      []test
	months  int
}

// eval: t is nil unless an explanation is wanted.
func (r *rule) eval(v *view, t *tracer) found {
	switch r.Type {
	case "present":
		return r.present(v, t)
	case "table":
		return r.onList(v, t, func(list []string) *Issue {
			for i := range r.Lignes {
				if sameSet(r.Lignes[i].Valeurs, list) {
					return &r.Lignes[i].Issue
				}
			}
			return r.Sinon
		})
	case "contient":
		return r.onList(v, t, func(list []string) *Issue {
			if holdsOne(list, r.Valeurs, r.Sauf) {
				return r.Oui
			}
			return r.Sinon
		})
	case "decompte":
		return r.onList(v, t, func(list []string) *Issue {
			n := count(list, r.Valeurs, r.Sauf)
			if t != nil {
				t.set("nombre", strconv.Itoa(n))
			}
			for i := range r.Paliers {
				if n >= r.Paliers[i].Minimum {
					return &r.Paliers[i].Issue
				}
			}
			return r.Sinon
		})
	case "rampe":
		return r.ramp(v, t)
	case "age":
		return r.age(v, t)
	case "coherence":
		return r.coherence(v, t)
	case "decision":
		return r.decide(v, t)
	case "declaration":
		return r.declared(v, t)
	case "verification":
		return r.verified(v, t)
	case "ratio_plateforme":
		return r.measured(v, t)
	case "somme_ponderee":
		return r.sum(v, t)
	case "premiere_evaluable":
		return r.first(v, t)
	case "meilleur_de":
		return r.best(v, t)
	}
	return unknown
}

// of makes an outcome of an issue.
func (i *Issue) of(e evidence, t *tracer) found {
	t.say(i.Phrase)
	return found{evidence: e, value: i.value()}
}

func (i *Issue) value() Valeur {
	switch {
	case i.SansObjet:
		return ValeurSansObjet
	case i.Inconnu:
		return ValeurInconnue
	}
	return Valeur(i.Valeur)
}

// lacking is the outcome of a rule whose fields are not filled.
func (r *rule) lacking(v *view, fields columns, t *tracer) found {
	if r.HorsSchema != nil && v.absent&fields == fields {
		return r.HorsSchema.of(evidence{}, t)
	}
	return found{value: ValeurInconnue, absent: true}
}

func (r *rule) present(v *view, t *tracer) found {
	t.read(v, r.set)
	e := evidence{record: v.filled&r.set != 0}
	switch {
	case v.filled&r.set == r.set:
		return r.Oui.of(e, t)
	case r.HorsSchema != nil && v.absent&^v.filled&r.set != 0 && (v.filled|v.absent)&r.set == r.set:
		return r.HorsSchema.of(e, t)
	}
	return r.Non.of(e, t)
}

func (r *rule) onList(v *view, t *tracer, issue func([]string) *Issue) found {
	field := columns(1) << r.column
	if v.known&field == 0 {
		return r.lacking(v, field, t)
	}
	t.read(v, field)
	return issue(v.lists[r.column]).of(evidence{record: v.filled&field != 0}, t)
}

func sameSet(a, b []string) bool {
	return !slices.ContainsFunc(a, func(s string) bool { return !slices.Contains(b, s) }) &&
		!slices.ContainsFunc(b, func(s string) bool { return !slices.Contains(a, s) })
}

// holdsOne: one of values, or (when only sauf is given) a value out of it.
func holdsOne(list, values, sauf []string) bool { return count(list, values, sauf) > 0 }

func count(list, values, sauf []string) int {
	n := 0
	for i, s := range list {
		if (len(values) == 0 || slices.Contains(values, s)) && !slices.Contains(sauf, s) && !slices.Contains(list[:i], s) {
			n++
		}
	}
	return n
}

func (r *rule) ramp(v *view, t *tracer) found {
	n, d, ok := v.in.Fiche.Faits.number(r.fact.Name)
	if !ok || n == 0 && v.filled&r.factSet == 0 {
		if v.filled&r.factSet == 0 {
			return r.lacking(v, r.factSet, t)
		}
		return unknown
	}
	b, known := r.bounds(v)
	value := b.at(n, d)
	if !known {
		// One value whatever the context is, or none.
		for _, p := range r.profiles {
			if p.bounds.at(n, d) != value {
				return unknown
			}
		}
	}
	t.readFact(v, r.fact)
	if t != nil {
		t.set("de", decimal(b.De))
		t.set("a", decimal(b.A))
		if r.Contexte != "" {
			t.set(r.Contexte, orNone(v.context(r.Contexte)))
		}
	}
	t.say(r.Phrase)
	return found{evidence: evidence{record: v.filled&r.factSet != 0}, value: value}
}

// bounds are those of the context; not known when the context is not.
func (r *rule) bounds(v *view) (Bornes, bool) {
	if r.Contexte == "" {
		return *r.Bornes, true
	}
	c := v.context(r.Contexte)
	for i := range r.profiles {
		if r.profiles[i].value == c {
			return r.profiles[i].bounds, true
		}
	}
	return r.profiles[0].bounds, false
}

// at is where n/d lies between De and A, half up to 1/10 000.
func (b Bornes) at(n, d int64) Valeur {
	x := n*int64(Entier) - int64(b.De)*d
	width := int64(b.A-b.De) * d
	if width < 0 {
		x, width = -x, -width
	}
	switch {
	case x <= 0:
		return 0
	case x >= width:
		return Valeur(Entier)
	}
	return Valeur(halfUp(x*int64(Entier), width))
}

// A month of age is 30.4375 days: 365.25/12, that is 487/16.
const (
	monthDays = 487
	monthOver = 16
)

func (r *rule) age(v *view, t *tracer) found {
	field := columns(1) << r.column
	if !v.in.Fiche.DateMaj.Known() {
		return r.lacking(v, field, t)
	}
	days := daysBetween(v.in.Fiche.DateMaj, v.in.Date)
	t.read(v, field)
	if t != nil {
		t.set("date_maj", v.in.Fiche.DateMaj.French())
		t.set("mois", strconv.FormatInt(days*monthOver/monthDays, 10))
	}
	t.say(r.Phrase)
	value := Valeur(0)
	// From nul down to plein: (nul·m − d) / ((nul−plein)·m).
	left, width := int64(r.Nul)*monthDays-days*monthOver, int64(r.Nul-r.Plein)*monthDays
	switch {
	case left >= width:
		value = Valeur(Entier)
	case left > 0:
		value = Valeur(halfUp(left*int64(Entier), width))
	}
	return found{evidence: evidence{record: true}, value: value}
}

// daysBetween counts days from a to b; a day after b is no age at all.
func daysBetween(a, b Jour) int64 {
	if !b.Known() {
		return 0
	}
	return max(0, int64(b.Time().Sub(a.Time())/(24*time.Hour)))
}

func (r *rule) coherence(v *view, t *tracer) found {
	field := columns(1) << r.column
	if v.known&field == 0 || len(v.lists[r.column]) == 0 {
		return r.lacking(v, field, t)
	}
	t.read(v, field)
	said, held := int64(0), int64(0)
	var lacking []string
	for _, value := range v.lists[r.column] {
		for i := range r.linked {
			if l := &r.linked[i]; l.value == value {
				said++
				if v.filled&l.field != 0 {
					held++
					t.read(v, l.field)
				} else if t != nil {
					lacking = append(lacking, value)
				}
			}
		}
	}
	if said == 0 {
		return found{evidence: evidence{record: true}, value: ValeurSansObjet}
	}
	if t != nil {
		t.set("annonces", strconv.FormatInt(said, 10))
		t.set("utilisables", strconv.FormatInt(held, 10))
		t.set("manquants", french.Enumerate(lacking, " et "))
	}
	t.say(r.Phrase)
	return found{evidence: evidence{record: true}, value: Valeur(halfUp(held*int64(Entier), said))}
}

func (r *rule) decide(v *view, t *tracer) found {
	if r.set != 0 && v.filled&r.set == 0 {
		return r.lacking(v, r.set, t)
	}
	var out found
	possible := false // an earlier case may hold
	value := ValeurInconnue
	start := t.mark()
	issue := r.Sinon
	for i := range r.cas {
		k := r.cas[i].eval(v, &out, t)
		if k == vrai {
			issue = &r.Cas[i].Issue
			break
		}
		if k == peutEtre {
			x := r.Cas[i].value()
			if possible && x != value {
				return r.undecided(out.expired, start, t)
			}
			possible, value = true, x
		}
	}
	if possible && issue.value() != value {
		return r.undecided(out.expired, start, t)
	}
	expired := out.expired
	out = issue.of(out.evidence, t)
	out.expired = expired
	return out
}

// undecided: several issues are possible. When the rule ends by saying that it
// does not know, that is its sentence here too.
func (r *rule) undecided(expired bool, start mark, t *tracer) found {
	t.back(start)
	if r.Sinon.Inconnu {
		t.say(r.Sinon.Phrase)
	}
	return found{value: ValeurInconnue, expired: expired}
}

// lookup finds the answer to a question that holds on the day of reference.
func (v *view) lookup(question string, months int) (d *Declaration, expired bool) {
	for i := len(v.in.Reponses) - 1; i >= 0; i-- {
		d := &v.in.Reponses[i]
		if d.Question != question || later(d.Date, v.in.Date) {
			continue
		}
		if later(v.in.Date, expiry(d.Date, d.Expire, months)) {
			return nil, true
		}
		return d, false
	}
	return nil, false
}

func (v *view) lookupProof(proof string, months int) (e *Evidence, expired bool) {
	for i := len(v.in.Preuves) - 1; i >= 0; i-- {
		e := &v.in.Preuves[i]
		if e.Preuve != proof || later(e.Date, v.in.Date) {
			continue
		}
		if later(v.in.Date, expiry(e.Date, e.Expire, months)) {
			return nil, true
		}
		return e, false
	}
	return nil, false
}

// later: a is after b; an unknown day is neither before nor after.
func later(a, b Jour) bool { return a.Known() && b.Known() && a.Compare(b.Date) > 0 }

// expiry is the last day on which an answer holds: the one that it was given,
// else so many calendar months after it was made.
func expiry(made, given Jour, months int) Jour {
	if given.Known() || !made.Known() {
		return given
	}
	return made.addMonths(months)
}

// addMonths keeps the day, or takes the last one of a shorter month.
func (j Jour) addMonths(n int) Jour {
	m := int(j.Month) - 1 + n
	year, month := j.Year+m/12, time.Month(m%12+1)
	last := time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
	return Jour{place.Date{Year: year, Month: month, Day: min(j.Day, last)}}
}

func (r *rule) declared(v *view, t *tracer) found {
	d, expired := v.lookup(r.Question, r.months)
	if d == nil {
		return found{value: ValeurInconnue, expired: expired}
	}
	issue, ok := r.Resultats[d.Reponse]
	if !ok {
		return unknown // an answer that this version does not offer
	}
	if t != nil {
		t.set("date", d.Date.French())
	}
	return issue.of(evidence{answer: d}, t)
}

func (r *rule) verified(v *view, t *tracer) found {
	e, expired := v.lookupProof(r.Preuve, r.months)
	if e == nil {
		return found{value: ValeurInconnue, expired: expired}
	}
	issue, ok := r.Resultats[e.Resultat]
	if !ok {
		return unknown
	}
	if t != nil {
		t.set("date", e.Date.French())
	}
	return issue.of(evidence{proof: e}, t)
}

func (r *rule) measured(v *view, t *tracer) found {
	for i := range v.in.Mesures {
		m := &v.in.Mesures[i]
		if m.Mesure != r.Mesure {
			continue
		}
		if m.Denominateur < max(1, r.NMin) || m.Denominateur > maxInteger {
			return unknown
		}
		held := int64(min(max(m.Numerateur, 0), m.Denominateur))
		if t != nil {
			t.set("numerateur", strconv.FormatInt(held, 10))
			t.set("denominateur", strconv.Itoa(m.Denominateur))
		}
		t.say(r.Phrase)
		return found{evidence: evidence{measure: true}, value: Valeur(halfUp(held*int64(Entier), int64(m.Denominateur)))}
	}
	return unknown
}

func (r *rule) sum(v *view, t *tracer) found {
	var out found
	start := t.mark()
	gained, weight := int64(0), int64(0)
	lost := false
	for i := range r.parts {
		p := r.parts[i].eval(v, t)
		out.expired = out.expired || p.expired
		switch {
		case p.value == ValeurSansObjet:
			continue
		case p.value == ValeurInconnue && p.absent && r.lenient:
			p.value = 0
		case p.value == ValeurInconnue:
			lost = true
			out.absent = out.absent || p.absent
			continue
		}
		out.add(p.evidence)
		gained += r.partOf[i] * int64(p.value)
		weight += r.partOf[i]
	}
	switch {
	case lost:
		t.back(start)
		return found{value: ValeurInconnue, absent: out.absent, expired: out.expired}
	case weight == 0:
		out.value = ValeurSansObjet
	default:
		out.value = Valeur(halfUp(gained, weight))
	}
	return out
}

func (r *rule) first(v *view, t *tracer) found {
	out := unknown
	for i := range r.parts {
		start := t.mark()
		p := r.parts[i].eval(v, t)
		expired := out.expired || p.expired
		if p.value != ValeurInconnue {
			p.expired = expired
			return p
		}
		t.back(start)
		out.absent, out.expired = out.absent || p.absent, expired
	}
	return out
}

func (r *rule) best(v *view, t *tracer) found {
	out := unknown
	outOfScope := len(r.parts) > 0
	kept := t.mark()
	for i := range r.parts {
		start := t.mark()
		p := r.parts[i].eval(v, t)
		outOfScope = outOfScope && p.value == ValeurSansObjet
		expired := out.expired || p.expired
		absent := out.absent || p.absent
		if p.value >= 0 && p.value > out.value {
			t.swap(kept, start)
			out = p
		} else {
			t.back(start)
		}
		out.expired, out.absent = expired, absent
		if out.value == Valeur(Entier) {
			break
		}
	}
	if outOfScope {
		out.value = ValeurSansObjet
	}
	out.absent = out.absent && out.value == ValeurInconnue
	return out
}

// eval adds to out what was read to tell.
func (p *test) eval(v *view, out *found, t *tracer) kleene {
	switch p.Type {
	case "present":
		field := columns(1) << p.column
		if v.filled&field == 0 {
			return faux
		}
		out.record = true
		t.read(v, field)
		return vrai
	case "schema":
		return kleeneOf(v.absent&(1<<p.column) == 0)
	case "contient":
		list, ok := p.list(v, out, t)
		if !ok {
			return peutEtre
		}
		return kleeneOf(holdsOne(list, p.Valeurs, p.Sauf))
	case "egal":
		return p.equal(v, out, t)
	case "compare":
		n, d, ok := v.in.Fiche.Faits.number(p.fact.Name)
		if !ok {
			return peutEtre
		}
		out.record = out.record || v.filled&p.factSet != 0
		t.readFact(v, p.fact)
		return kleeneOf(compares(n*int64(Entier)-int64(*p.Nombre)*d, p.Operateur))
	case "et":
		k := vrai
		for i := range p.of {
			if k = min(k, p.of[i].eval(v, out, t)); k == faux {
				break
			}
		}
		return k
	case "ou":
		k := faux
		for i := range p.of {
			if k = max(k, p.of[i].eval(v, out, t)); k == vrai {
				break
			}
		}
		return k
	case "non":
		return vrai - p.of[0].eval(v, out, t)
	}
	return peutEtre
}

func (p *test) list(v *view, out *found, t *tracer) ([]string, bool) {
	field := columns(1) << p.column
	if v.known&field == 0 {
		return nil, false
	}
	out.record = out.record || v.filled&field != 0
	t.read(v, field)
	return v.lists[p.column], true
}

func (p *test) equal(v *view, out *found, t *tracer) kleene {
	value := ""
	switch {
	case p.Champ != "":
		list, ok := p.list(v, out, t)
		if !ok {
			return peutEtre
		}
		return kleeneOf(len(list) > 0 && !slices.ContainsFunc(list, func(s string) bool { return s != p.Valeur }))
	case p.Fait != "":
		if value = v.in.Fiche.Faits.text(p.Fait); value != "" {
			out.record = out.record || v.filled&p.factSet != 0
			t.readFact(v, p.fact)
		}
	case p.Question != "":
		d, expired := v.lookup(p.Question, p.months)
		out.expired = out.expired || expired
		if d != nil {
			value = d.Reponse
			out.add(evidence{answer: d})
			if t != nil {
				t.set("date", d.Date.French())
			}
		}
	default:
		value = v.context(p.Contexte)
	}
	if value == "" {
		return peutEtre
	}
	return kleeneOf(value == p.Valeur)
}

func compares(difference int64, operator string) bool {
	switch operator {
	case "<":
		return difference < 0
	case "<=":
		return difference <= 0
	case ">":
		return difference > 0
	case ">=":
		return difference >= 0
	}
	return difference == 0
}

// read notes fields that are filled, and what they hold where rules see it.
func (t *tracer) read(v *view, set columns) {
	if t == nil {
		return
	}
	for i := range place.Columns {
		if set&v.filled&(1<<i) != 0 {
			name := place.Columns[i].Name
			t.fields = append(t.fields, name)
			if v.known&(1<<i) != 0 {
				t.set(name, french.Enumerate(valueLabels(name, v.lists[i]), " et "))
			}
		}
	}
}

func (t *tracer) readFact(v *view, f *Fact) {
	if t == nil {
		return
	}
	t.facts = append(t.facts, f.Name)
	t.read(v, columnSet(f.Champs))
	if f.Values != nil {
		t.set(f.Name, v.in.Fiche.Faits.text(f.Name))
	} else if n, _, ok := v.in.Fiche.Faits.number(f.Name); ok {
		if f.Name == "heures_semaine" {
			t.set(f.Name, duration(int(n)))
		} else {
			t.set(f.Name, french.Integer(n))
		}
	}
}
