package simulation

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math/bits"
	"math/rand/v2"
	"slices"

	"mednum/internal/quality"
)

// What is drawn around the draft's own numbers.
const (
	weightsSpread    quality.Nombre = 2_500              // ±25 %
	rhoLeast         quality.Nombre = 2_500              // 0.25
	rhoMost          quality.Nombre = 7_500              // 0.75
	thresholdsSpread                = 3 * quality.Entier // ±3 points
	robustFrom       quality.Nombre = 9_000              // a letter that nine draws of ten give
	binsPerFactor                   = 5                  // of what is drawn, to tell what it explains
	drawsUnit                       = 2 * binsPerFactor  // so that every bin has as many draws
	mostDraws                       = 10_000
)

// draws are the versions near the draft that a Monte-Carlo aggregates.
type draws struct {
	seed   string
	models []letters
	// bins[f][d] is where the factor f of the draw d lies among what f may be.
	// Factors: the weights in the draft's order, the thresholds, rho, the
	// aggregation (of two bins).
	bins       [][]uint8
	weights    int
	thresholds int
}

func (d *draws) rho() int         { return d.weights + d.thresholds }
func (d *draws) aggregation() int { return d.weights + d.thresholds + 1 }

// newDraws draws from a seed that is the draft's hash: nobody chose it. Each
// thing that varies is drawn once in every n-th of its range (a Latin hypercube),
// which says as much with fewer draws.
func newDraws(after *side, n int) *draws {
	if n <= 0 {
		n = DefaultDraws
	}
	n = min((n+drawsUnit-1)/drawsUnit*drawsUnit, mostDraws)
	sum := sha256.Sum256([]byte("mednum simulation " + after.engine.Hash()))
	source := rand.NewPCG(binary.BigEndian.Uint64(sum[:8]), binary.BigEndian.Uint64(sum[8:16]))
	// Only the generator is the library's: what is made of its numbers must not
	// change with it.
	below := func(n int) int {
		hi, _ := bits.Mul64(source.Uint64(), uint64(n))
		return int(hi)
	}
	base := after.model
	// To a hundredth of a point, as long as the sums hold in the model.
	finer, total := int64(10), int64(0)
	for _, w := range base.Poids {
		total += int64(w)
	}
	for finer > 1 && total*finer*5/4 > quality.MaxWeight {
		finer--
	}
	d := &draws{seed: hex.EncodeToString(sum[:16]), weights: len(base.Poids), thresholds: len(base.Niveaux) - 1}
	strata := make([][]int, d.aggregation()+1)
	for f := range strata {
		strata[f] = make([]int, n)
		for i := range n {
			strata[f][i] = i
		}
		for i := n - 1; i > 0; i-- {
			j := below(i + 1)
			strata[f][i], strata[f][j] = strata[f][j], strata[f][i]
		}
		bins := make([]uint8, n)
		for i, s := range strata[f] {
			if f == d.aggregation() {
				bins[i] = uint8(2 * s / n)
			} else {
				bins[i] = uint8(binsPerFactor * s / n)
			}
		}
		d.bins = append(d.bins, bins)
	}
	const grain = 1 << 20
	// between gives the draw i of the factor f in a range, to its unit.
	between := func(f, i int, low, high int64) int64 {
		within := int64(strata[f][i])*grain + int64(below(grain))
		return low + within*(high-low+1)/(int64(n)*grain)
	}
	for i := range n {
		m := base
		m.Poids = make([]int32, d.weights)
		for k := range m.Poids {
			factor := between(k, i, int64(quality.Entier-weightsSpread), int64(quality.Entier+weightsSpread))
			m.Poids[k] = int32((int64(base.Poids[k])*finer*factor + int64(quality.Entier)/2) / int64(quality.Entier))
		}
		m.Niveaux = slices.Clone(base.Niveaux)
		for k := range d.thresholds {
			m.Niveaux[k].Score += quality.Nombre(between(d.weights+k, i, -int64(thresholdsSpread), int64(thresholdsSpread)))
		}
		m.Rho = quality.Nombre(between(d.rho(), i, int64(rhoLeast), int64(rhoMost)))
		m.ParDimension = d.bins[d.aggregation()][i] == 1
		d.models = append(d.models, newLetters(m))
	}
	return d
}

// draw follows the letter of a place over the draws.
func (w *worker) draw(i int, settled bool, letter int) {
	o := &w.outcomes[i]
	moved := false
	for d := range w.draws.models {
		move := w.lean.letter(&w.draws.models[d], settled, w.values, w.sure) - letter
		w.moves[d] = int8(move)
		switch move {
		case 0:
			o.agree++
			o.near++
		case 1, -1:
			o.near++
			moved = true
		default:
			moved = true
		}
	}
	if moved {
		w.explain(&w.sum.bands[o.band])
	}
}

// explain adds to the tally the sums of squares of a place: of the letter over
// the draws, and of its means by bin of each factor. Every bin of a factor has
// as many draws n/k, so that all are whole numbers once times n:
// total = n·Σy² − (Σy)², explained = k·Σ(sum of a bin)² − (Σy)².
func (w *worker) explain(v *varianceTally) {
	sum, squares := int64(0), int64(0)
	clear(w.bins)
	for d, move := range w.moves {
		if move == 0 {
			continue
		}
		y := int64(move)
		sum += y
		squares += y * y
		for f := range w.draws.bins {
			w.bins[f*binsPerFactor+int(w.draws.bins[f][d])] += y
		}
	}
	v.total += int64(len(w.moves))*squares - sum*sum
	for f := range v.explains {
		k := int64(binsPerFactor)
		if f == w.draws.aggregation() {
			k = 2
		}
		s := int64(0)
		for _, x := range w.bins[f*binsPerFactor : (f+1)*binsPerFactor] {
			s += x * x
		}
		v.explains[f] += k*s - sum*sum
	}
}

// lean is a place prepared for many draws: what no weight, threshold or rho
// changes is settled once. It gives the letter that Model.Aggregate would.
type lean struct {
	evaluated []weighed
	unknown   []weighed
	allowed   []bool // levels, by the essentials
	asks      []bool // levels with a condition that weights change: those are left to Aggregate
}

type weighed struct {
	criterion, dimension int32
	value                int64
}

// follow prepares the place whose values the worker holds.
func (w *worker) follow(settled bool) {
	x := &w.lean
	x.evaluated, x.unknown, x.allowed, x.asks = x.evaluated[:0], x.unknown[:0], x.allowed[:0], x.asks[:0]
	m := &w.whole.open
	if settled {
		m = &w.whole.settled
	}
	missing, unknown := 0, 0
	for k, v := range w.values {
		c := weighed{int32(k), int32(m.Dimension[k]), int64(v)}
		switch {
		case v >= 0:
			x.evaluated = append(x.evaluated, c)
			if m.Essentiel[k] && quality.Nombre(v) < m.Partiel {
				missing++
			}
		case v == quality.ValeurInconnue:
			x.unknown = append(x.unknown, c)
			if m.Essentiel[k] {
				unknown++
			}
		}
	}
	for i := range m.Niveaux {
		n := &m.Niveaux[i]
		x.allowed = append(x.allowed, (n.EssentielsManquants == nil || missing <= *n.EssentielsManquants) &&
			(n.EssentielsInconnus == nil || unknown <= *n.EssentielsInconnus))
		x.asks = append(x.asks, n.Couverture > 0 || n.Confiance != nil || n.DimensionPlancher != nil)
	}
}

func (x *lean) letter(l *letters, settled bool, values []quality.Valeur, sure []int64) int {
	m := &l.open
	if settled {
		m = &l.settled
	}
	var a, e, t, observed int64
	weights := m.Poids
	if m.ParDimension {
		var dimensions [quality.MaxDimensions]quality.Sums
		for _, c := range x.evaluated {
			d, weight := &dimensions[c.dimension], int64(weights[c.criterion])
			d.Evalue += weight
			d.Acquis += weight * c.value
		}
		for _, c := range x.unknown {
			dimensions[c.dimension].Applicable += int64(weights[c.criterion])
		}
		known := int64(0)
		for i := range dimensions {
			d := &dimensions[i]
			d.Applicable += d.Evalue
			a, e, t = a+d.Acquis, e+d.Evalue, t+d.Applicable
			if d.Evalue > 0 {
				known += d.Applicable
				observed += d.Acquis * d.Applicable / d.Evalue
			}
		}
		observed = observed * e / known
	} else {
		for _, c := range x.evaluated {
			weight := int64(weights[c.criterion])
			e += weight
			a += weight * c.value
		}
		t = e
		for _, c := range x.unknown {
			t += int64(weights[c.criterion])
		}
		observed = a
	}
	rho := int64(m.Rho)
	blend, scale := (int64(quality.Entier)-rho)*t*observed+rho*e*a, 100*e*t
	last := len(m.Niveaux) - 1
	for i := range last {
		if !x.allowed[i] || blend < int64(m.Niveaux[i].Score)*scale {
			continue
		}
		if x.asks[i] {
			return l.of(settled, values, sure)
		}
		return i
	}
	return last
}
