package quality

import "math/bits"

// Bounds that keep every product of the aggregation inside 64 bits (128 for
// confidence): with weights of at most MaxWeight in all, values of at most
// 10,000 and two published decimals, the greatest is
// 2·10²·(10⁴·MaxWeight)·(10⁴·MaxWeight) = 8·10¹⁸ < 2⁶³.
const (
	MaxWeight     = 20_000 // of Model.Poids in all, whatever their unit
	MaxDimensions = 16
	maxDecimales  = 2
)

// Model is how values become a score and a level, and nothing else: what a
// simulation changes to aggregate the same values again. Engine.Model gives
// that of a version, with weights in tenths of a point; any other unit will do.
// It is read only while it aggregates, and then safe for concurrent use.
type Model struct {
	Poids        []int32 // of each criterion, none negative
	Dimension    []uint8 // of each criterion: its index
	Essentiel    []bool  // of each criterion
	Rho          Nombre
	Partiel      Nombre // an essential under it is missing
	Confirme     Nombre
	Provisoire   Nombre
	Niveaux      []Niveau // best first
	ParDimension bool     // observed is the mean of the dimensions, by weight applicable, rather than of the criteria
	Surete       int64    // what an assurance is of: 1
}

// Total is the aggregation of one place. Sums are exact: weights in the unit of
// the model, gains in its 1/10 000.
type Total struct {
	Acquis     int64 // Σ weight × value, over what is evaluated
	Evalue     int64 // Σ weights evaluated
	Applicable int64 // Σ weights applicable
	Dimensions [MaxDimensions]Sums

	Etat      Etat
	Niveau    int // index in Model.Niveaux; -1: none
	NiveauMin int // confirme: Niveau; provisoire: the lower end; -1: none
	NiveauMax int

	Tenues, Manquantes, Inconnues int // essentials

	observed   int64 // Acquis, or what stands for it by dimension
	rho        int64
	sure, most wide // confidence = sure/most
}

// Sums of a dimension, as those of a Total.
type Sums struct{ Acquis, Evalue, Applicable int64 }

// Aggregate adds up values, one a criterion. assurances are how sure each is,
// of m.Surete (Engine.Assurances); with none, no level asks for confidence.
func (m *Model) Aggregate(values []Valeur, assurances []int64) Total {
	var t Total
	m.aggregate(&t, values, assurances)
	return t
}

func (m *Model) aggregate(t *Total, values []Valeur, assurances []int64) {
	*t = Total{rho: int64(m.Rho), Niveau: -1, NiveauMin: -1, NiveauMax: -1}
	for i, v := range values {
		if v == ValeurSansObjet {
			continue
		}
		w := int64(m.Poids[i])
		d := &t.Dimensions[m.Dimension[i]]
		d.Applicable += w
		if v >= 0 {
			d.Evalue += w
			d.Acquis += w * int64(v)
		}
		if m.Essentiel[i] {
			switch {
			case v < 0:
				t.Inconnues++
			case Nombre(v) < m.Partiel:
				t.Manquantes++
			default:
				t.Tenues++
			}
		}
		if assurances != nil {
			t.most.addProduct(w, m.Surete)
			if v >= 0 {
				t.sure.addProduct(w, assurances[i])
			}
		}
	}
	weighed := int64(0)
	for i := range t.Dimensions {
		d := &t.Dimensions[i]
		t.Acquis += d.Acquis
		t.Evalue += d.Evalue
		t.Applicable += d.Applicable
		if d.Evalue > 0 {
			weighed += d.Applicable
		}
	}
	t.observed = t.Acquis
	if m.ParDimension && weighed > 0 {
		// Whole ten-thousandths: this way of adding up serves comparisons only.
		t.observed = 0
		for i := range t.Dimensions {
			if d := &t.Dimensions[i]; d.Evalue > 0 {
				t.observed += d.Acquis * d.Applicable / d.Evalue
			}
		}
		t.observed = t.observed * t.Evalue / weighed
	}
	switch {
	case t.Evalue == 0 || !t.covers(m.Provisoire):
		t.Etat = NonAttribue
	case t.covers(m.Confirme):
		t.Etat = Confirme
		t.Niveau = m.levelBy(t, byScore)
		t.NiveauMin, t.NiveauMax = t.Niveau, t.Niveau
	default:
		t.Etat = Provisoire
		t.NiveauMin = m.levelBy(t, byStrict)
		t.NiveauMax = m.levelBy(t, byObserve)
	}
}

// levelBy is the best whose conditions hold; the last takes what is left. Of a
// range, what is not known yet (coverage, unknown essentials, confidence) is
// not held against the place.
func (m *Model) levelBy(t *Total, by reading) int {
	last := len(m.Niveaux) - 1
	for i := range last {
		n := &m.Niveaux[i]
		if !t.reaches(by, n.Score) ||
			n.EssentielsManquants != nil && t.Manquantes > *n.EssentielsManquants ||
			n.DimensionPlancher != nil && t.anyDimensionUnder(*n.DimensionPlancher) {
			continue
		}
		if by == byScore && (!t.covers(n.Couverture) ||
			n.EssentielsInconnus != nil && t.Inconnues > *n.EssentielsInconnus ||
			n.Confiance != nil && !t.sureOf(*n.Confiance)) {
			continue
		}
		return i
	}
	return last
}

func (t *Total) covers(least Nombre) bool {
	return t.Evalue*int64(Entier) >= int64(least)*t.Applicable
}

// reading is the score that a level is read from: the blend for a letter, one
// of the two for either end of a range.
type reading int

const (
	byScore reading = iota
	byStrict
	byObserve
)

func (t *Total) reaches(by reading, score Nombre) bool {
	switch by {
	case byStrict:
		return t.reachesStrict(score)
	case byObserve:
		return t.reachesObserve(score)
	}
	return t.reachesScore(score)
}

func (t *Total) reachesStrict(score Nombre) bool {
	return 100*t.Acquis >= int64(score)*t.Applicable
}

func (t *Total) reachesObserve(score Nombre) bool {
	return 100*t.observed >= int64(score)*t.Evalue
}

// reachesScore compares (1−ρ)·observed + ρ·strict as a fraction, unrounded.
func (t *Total) reachesScore(score Nombre) bool {
	return t.blend() >= 100*int64(score)*t.Evalue*t.Applicable
}

// blend is score·10⁶·e·t.
func (t *Total) blend() int64 {
	return (int64(Entier)-t.rho)*t.Applicable*t.observed + t.rho*t.Evalue*t.Acquis
}

func (t *Total) anyDimensionUnder(floor Nombre) bool {
	for i := range t.Dimensions {
		if d := &t.Dimensions[i]; d.Evalue > 0 && 100*d.Acquis < int64(floor)*d.Evalue {
			return true
		}
	}
	return false
}

// sureOf: confidence ≥ least. With no assurances nothing is asked.
func (t *Total) sureOf(least Nombre) bool {
	if t.most == (wide{}) {
		return true
	}
	return t.sure.times(100*uint64(Entier)).compare(t.most.times(uint64(least))) >= 0
}

// Couverture is e/t, half up to 1/10 000.
func (t *Total) Couverture() Nombre { return ratio(t.Evalue, t.Applicable, 4) }

// Strict is 100·a/t, half up to so many decimals; 0 when nothing is evaluated.
func (t *Total) Strict(decimales int) Nombre {
	return ratio(100*t.Acquis, int64(Entier)*t.Applicable, decimales)
}

// Observe is 100·a/e, half up to so many decimals; 0 when nothing is evaluated.
func (t *Total) Observe(decimales int) Nombre {
	return ratio(100*t.observed, int64(Entier)*t.Evalue, decimales)
}

// Potentiel is 100·(a+t−e)/t, half up to so many decimals; 0 when nothing is evaluated.
func (t *Total) Potentiel(decimales int) Nombre {
	if t.Evalue == 0 {
		return 0
	}
	return ratio(100*(t.Acquis+int64(Entier)*(t.Applicable-t.Evalue)), int64(Entier)*t.Applicable, decimales)
}

// Score is (1−ρ)·observed + ρ·strict, half up to so many decimals; 0 when
// nothing is evaluated.
func (t *Total) Score(decimales int) Nombre {
	return ratio(t.blend(), 1_000_000*t.Evalue*t.Applicable, decimales)
}

// Confiance is 100·Σ w·q / Σ w, half up to so many decimals.
func (t *Total) Confiance(decimales int) Nombre {
	if t.most == (wide{}) || t.Evalue == 0 {
		return 0
	}
	// ⌊(2·100·10ᵈ·sure + most) / (2·most)⌋, whose quotient is small: by halving.
	n := t.sure.times(200 * uint64(pow10(decimales))).plus(t.most)
	low, high := int64(0), 100*pow10(decimales)
	for low < high {
		middle := (low + high + 1) / 2
		if n.compare(t.most.times(2*uint64(middle))) >= 0 {
			low = middle
		} else {
			high = middle - 1
		}
	}
	return Nombre(low * pow10(4-decimales))
}

// ratio is the one rounding: n/d, neither negative, half up to so many
// decimals; 0 when d is.
func ratio(n, d int64, decimales int) Nombre {
	if d == 0 {
		return 0
	}
	return Nombre(halfUp(n*pow10(decimales), d) * pow10(4-decimales))
}

// halfUp is n/d to the nearest integer, halves up; neither is negative.
func halfUp(n, d int64) int64 {
	q, r := n/d, n%d
	if r >= d-r {
		q++
	}
	return q
}

func pow10(n int) int64 { return [...]int64{1, 10, 100, 1_000, 10_000}[n] }

// wide is an unsigned integer of 128 bits: confidence multiplies a weight by
// three fractions.
type wide struct{ hi, lo uint64 }

func (w *wide) addProduct(a, b int64) {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	*w = w.plus(wide{hi, lo})
}

func (w wide) plus(v wide) wide {
	lo, carry := bits.Add64(w.lo, v.lo, 0)
	hi, _ := bits.Add64(w.hi, v.hi, carry)
	return wide{hi, lo}
}

func (w wide) times(k uint64) wide {
	hi, lo := bits.Mul64(w.lo, k)
	return wide{hi + w.hi*k, lo}
}

func (w wide) compare(v wide) int {
	switch {
	case w.hi > v.hi || w.hi == v.hi && w.lo > v.lo:
		return 1
	case w == v:
		return 0
	}
	return -1
}
