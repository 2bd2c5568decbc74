package simulation

import (
	"cmp"
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"sync"

	"mednum/internal/quality"
)

// block is how many places are simulated at once: enough to share the cost of
// starting, few enough to share the work between cores.
const block = 128

// hidingPlaces is how many places are searched for what hiding would gain: each
// is scored again for every field that it fills.
const hidingPlaces = 20_000

// scoreDecimals compares scores beyond what is published.
const scoreDecimals = 2

// outcome is what a simulation keeps of a place, whatever its number of draws.
type outcome struct {
	before, after shown
	coverage      quality.Nombre // under the draft
	agree, near   int32          // draws that give the letter of the draft, or its neighbour
	band          uint8
}

// shown is a place's result under a version, as people see it.
type shown struct {
	score  quality.Nombre // published decimals; meaningless when scored is false
	scored bool
	state  quality.Etat
	low    int16 // level indexes in the version, best first; -1: none
	high   int16
}

// tally is what adds up over places, whatever their order.
type tally struct {
	without []withoutTally
	bands   []varianceTally
	hiding  []hidingTally
}

type withoutTally struct {
	changed, up, down   int64
	move, abs           int64 // of the score, in Nombre's unit
	evaluated, applying int64
	compared            int64
}

// varianceTally sums, over places, what each factor explains of the variance of
// the letter over the draws; all in the same unit (Sensitivity).
type varianceTally struct {
	total    int64
	explains []int64 // by factor
}

type hidingTally struct {
	filled, gain int64
	most         quality.Nombre
	example      string
}

// side is a version made ready to be run.
type side struct {
	engine *quality.Engine
	ref    *quality.Referentiel
	model  quality.Model
}

func newSide(e *quality.Engine) side { return side{e, e.Referentiel(), e.Model()} }

// run is a simulation under way. What it holds is read only while places run.
type run struct {
	before, after side
	places        []Place
	draws         *draws
	drop          []letters // the draft without each criterion
	whole         letters   // the draft as it is
	fields        []field   // that could be hidden
	hideEvery     int       // one place in so many is looked at for that
	edges         []quality.Nombre
	outcomes      []outcome
}

// Run simulates: the places under the published version and under the draft.
// ctx only stops it.
func Run(ctx context.Context, before, after *quality.Engine, places []Place, o Options) (Report, error) {
	if before == nil || after == nil {
		return Report{}, errors.New("simulation: two versions are needed")
	}
	r := &run{before: newSide(before), after: newSide(after), places: slices.Clone(places)}
	slices.SortStableFunc(r.places, func(a, b Place) int { return strings.Compare(a.ID, b.ID) })
	r.outcomes = make([]outcome, len(r.places))
	r.whole = newLetters(r.after.model)
	r.draws = newDraws(&r.after, o.Draws)
	for i := range r.after.model.Poids {
		m := r.after.engine.Model()
		m.Poids[i], m.Essentiel[i] = 0, false
		r.drop = append(r.drop, newLetters(m))
	}
	r.fields = fieldsOf(r.after.ref)
	r.hideEvery = max(1, (len(r.places)+hidingPlaces-1)/hidingPlaces)
	r.edges = bandEdges(&r.after.ref.Parametres, r.after.model.Niveaux)

	sum, err := r.all(ctx, o.Workers)
	if err != nil {
		return Report{}, err
	}
	return r.report(sum), nil
}

// all runs the places on so many cores; what they add up to does not depend on
// who ran which.
func (r *run) all(ctx context.Context, workers int) (tally, error) {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	var next, done sync.Mutex
	at, total := 0, r.newTally()
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			w := r.newWorker()
			for ctx.Err() == nil {
				next.Lock()
				from := at
				at = min(at+block, len(r.places))
				to := at
				next.Unlock()
				if from == to {
					break
				}
				for i := from; i < to; i++ {
					w.place(i)
				}
			}
			done.Lock()
			defer done.Unlock()
			total.add(&w.sum)
		})
	}
	group.Wait()
	return total, ctx.Err()
}

func (r *run) newTally() tally {
	t := tally{
		without: make([]withoutTally, len(r.drop)),
		bands:   make([]varianceTally, len(r.edges)-1),
		hiding:  make([]hidingTally, len(r.fields)),
	}
	for i := range t.bands {
		t.bands[i].explains = make([]int64, len(r.draws.bins))
	}
	return t
}

func (t *tally) add(u *tally) {
	for i := range t.without {
		a, b := &t.without[i], &u.without[i]
		a.changed += b.changed
		a.up += b.up
		a.down += b.down
		a.move += b.move
		a.abs += b.abs
		a.evaluated += b.evaluated
		a.applying += b.applying
		a.compared += b.compared
	}
	for i := range t.bands {
		t.bands[i].add(&u.bands[i])
	}
	for i := range t.hiding {
		a, b := &t.hiding[i], &u.hiding[i]
		a.filled += b.filled
		a.gain += b.gain
		if b.example != "" && (a.example == "" || b.most > a.most || b.most == a.most && b.example < a.example) {
			a.most, a.example = b.most, b.example
		}
	}
}

func (v *varianceTally) add(u *varianceTally) {
	v.total += u.total
	for i := range v.explains {
		v.explains[i] += u.explains[i]
	}
}

// worker runs places one by one; its memory is used again.
type worker struct {
	*run
	sum    tally
	values []quality.Valeur
	hidden []quality.Valeur
	sure   []int64
	lean   lean
	moves  []int8 // letter of each draw, less that of the draft
	bins   []int64
}

func (r *run) newWorker() *worker {
	return &worker{run: r, sum: r.newTally(), moves: make([]int8, len(r.draws.models)), bins: make([]int64, len(r.draws.bins)*binsPerFactor)}
}

// show is how a place is seen under a version.
func (w *worker) show(s *side, in *quality.Entree) (shown, quality.Total) {
	w.values = s.engine.Values(in, w.values)
	w.sure = w.sure[:0]
	t := s.model.Aggregate(w.values, nil)
	if t.Etat == quality.Confirme { // a range asks for no confidence
		w.sure = s.engine.Assurances(in, w.sure)
		t = s.model.Aggregate(w.values, w.sure)
	}
	return shown{
		score: t.Score(s.ref.Parametres.Decimales), scored: t.Evalue > 0,
		state: t.Etat, low: int16(t.NiveauMin), high: int16(t.NiveauMax),
	}, t
}

func (w *worker) place(i int) {
	in := &w.places[i].Entree
	o := &w.outcomes[i]
	o.before, _ = w.show(&w.before, in)
	var total quality.Total
	o.after, total = w.show(&w.after, in) // values and assurances stay, of the draft
	o.coverage = total.Couverture()
	for int(o.band) < len(w.edges)-2 && o.coverage >= w.edges[o.band+1] {
		o.band++
	}
	for k, v := range w.values {
		if v != quality.ValeurSansObjet {
			w.sum.without[k].applying++
		}
		if v >= 0 {
			w.sum.without[k].evaluated++
		}
	}
	if !o.after.scored {
		return
	}
	settled := total.Etat == quality.Confirme
	letter := w.whole.of(settled, w.values, w.sure)
	w.follow(settled)
	w.draw(i, settled, letter)
	if total.Etat != quality.NonAttribue {
		w.leaveOut(settled, letter, &total)
	}
	if i%w.hideEvery == 0 {
		w.hide(i, &total)
	}
}

// leaveOut aggregates again without each criterion in turn.
func (w *worker) leaveOut(settled bool, letter int, total *quality.Total) {
	decimals := w.after.ref.Parametres.Decimales
	before := total.Score(decimals)
	for k := range w.drop {
		x := &w.sum.without[k]
		x.compared++
		if w.values[k] == quality.ValeurSansObjet {
			continue
		}
		t, without := w.drop[k].total(settled, w.values, w.sure)
		move := int64(t.Score(decimals) - before)
		x.move += move
		x.abs += max(move, -move)
		switch c := cmp.Compare(without, letter); {
		case c < 0 && without >= 0: // a better one
			x.changed++
			x.up++
		case c != 0:
			x.changed++
			x.down++
		}
	}
}

// letters is a way of giving a letter to any place that has a score.
type letters struct {
	settled quality.Model // to places that show one letter
	open    quality.Model // to the others: of the score alone
}

// newLetters follows a place by one letter whatever its coverage becomes. A
// coverage that every letter asks is then no condition; a greater one is.
func newLetters(m quality.Model) letters {
	confirmed := m.Confirme
	m.Confirme, m.Provisoire = 0, 0
	x := letters{m, m}
	x.settled.Niveaux, x.open.Niveaux = slices.Clone(m.Niveaux), slices.Clone(m.Niveaux)
	for i := range m.Niveaux {
		if x.settled.Niveaux[i].Couverture <= confirmed {
			x.settled.Niveaux[i].Couverture = 0
		}
		n := &x.open.Niveaux[i]
		n.Couverture, n.EssentielsInconnus, n.Confiance = 0, nil, nil
	}
	return x
}

func (x *letters) total(settled bool, values []quality.Valeur, sure []int64) (quality.Total, int) {
	if settled {
		t := x.settled.Aggregate(values, sure)
		return t, t.Niveau
	}
	t := x.open.Aggregate(values, nil)
	return t, t.Niveau
}

func (x *letters) of(settled bool, values []quality.Valeur, sure []int64) int {
	_, level := x.total(settled, values, sure)
	return level
}

// Unchanged tells whether two versions give every place the very same result,
// but for their own names: what a MINOR or a PATCH must do. The examples are
// the first places that do not, by identifier, at most ten.
func Unchanged(ctx context.Context, before, after *quality.Engine, places []Place) (changed int, examples []string, err error) {
	var group sync.WaitGroup
	different := make([]bool, len(places))
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		group.Go(func() {
			for i := w; i < len(places) && ctx.Err() == nil; i += workers {
				a, b := before.Evaluate(&places[i].Entree), after.Evaluate(&places[i].Entree)
				a.Version, a.Referentiel = "", ""
				b.Version, b.Referentiel = "", ""
				different[i] = a.Hash() != b.Hash()
			}
		})
	}
	group.Wait()
	if err := ctx.Err(); err != nil {
		return 0, nil, err
	}
	for i, d := range different {
		if d {
			examples = append(examples, places[i].ID)
		}
	}
	changed = len(examples)
	slices.Sort(examples)
	return changed, examples[:min(len(examples), maxExamples)], nil
}
