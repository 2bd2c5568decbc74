package quality

import (
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// official is how version 1.0.0 adds up, on criteria of equal weight in one
// dimension: what tests change one thing of.
func official(weights ...int32) Model {
	zero, one, sixty, forty := 0, 1, 60*Entier, 40*Entier
	return Model{
		Poids: weights, Dimension: make([]uint8, len(weights)), Essentiel: make([]bool, len(weights)),
		Rho: 5_000, Partiel: 5_000, Confirme: 7_000, Provisoire: 5_000, Surete: 1_000,
		Niveaux: []Niveau{
			{Code: "A", Score: 80 * Entier, Couverture: 8_500, EssentielsManquants: &zero, EssentielsInconnus: &zero, Confiance: &sixty, DimensionPlancher: &forty},
			{Code: "B", Score: 65 * Entier, Couverture: 7_000, EssentielsManquants: &zero, EssentielsInconnus: &one},
			{Code: "C", Score: 50 * Entier, Couverture: 7_000, EssentielsManquants: &one},
			{Code: "D", Score: 35 * Entier, Couverture: 7_000},
			{Code: "E", Couverture: 7_000},
		},
	}
}

func sure(n int, q int64) []int64 { return slices.Repeat([]int64{q}, n) }

// Levels and ranges, each gate by itself. Ten criteria of weight 10.
func TestLevels(t *testing.T) {
	const x, so = ValeurInconnue, ValeurSansObjet
	for _, c := range []struct {
		name       string
		values     []Valeur
		essentials int // the first ones
		assurance  int64
		change     func(*Model)
		want       string
	}{
		{"everything", []Valeur{1e4, 1e4, 1e4, 1e4, 1e4, 1e4, 1e4, 1e4, 1e4, 1e4}, 2, 1000, nil, "A"},
		{"80 exactly", []Valeur{8e3, 8e3, 8e3, 8e3, 8e3, 8e3, 8e3, 8e3, 8e3, 8e3}, 2, 1000, nil, "A"},
		{"just under 80", []Valeur{7999, 8e3, 8e3, 8e3, 8e3, 8e3, 8e3, 8e3, 8e3, 8e3}, 2, 1000, nil, "B"},
		{"confidence 60 exactly", []Valeur{1e4, 1e4, 1e4, 1e4, 1e4, 1e4, 1e4, 1e4, 1e4, 1e4}, 0, 600, nil, "A"},
		{"confidence just under 60", []Valeur{1e4, 1e4, 1e4, 1e4, 1e4, 1e4, 1e4, 1e4, 1e4, 1e4}, 0, 599, nil, "B"},
		{"confidence is not asked", []Valeur{1e4, 1e4, 1e4, 1e4, 1e4, 1e4, 1e4, 1e4, 1e4, 1e4}, 0, -1, nil, "A"},
		{"coverage 0.9", []Valeur{x, 1e4, 1e4, 1e4, 1e4, 1e4, 1e4, 1e4, 1e4, 1e4}, 0, 1000, nil, "A"},
		{"coverage 0.8 is too little for A", []Valeur{x, x, 1e4, 1e4, 1e4, 1e4, 1e4, 1e4, 1e4, 1e4}, 0, 1000, nil, "B"},
		{"one essential unknown is too many for A", []Valeur{x, 1e4, 1e4, 1e4, 1e4, 1e4, 1e4, 1e4, 1e4, 1e4}, 1, 1000, nil, "B"},
		{"two essentials unknown are too many for B", []Valeur{x, x, 1e4, 1e4, 1e4, 1e4, 1e4, 1e4, 1e4, 1e4}, 2, 1000, nil, "C"},
		{"one essential missing is too many for B", []Valeur{4999, 1e4, 1e4, 1e4, 1e4, 1e4, 1e4, 1e4, 1e4, 1e4}, 2, 1000, nil, "C"},
		{"an essential at one half holds", []Valeur{5e3, 1e4, 1e4, 1e4, 1e4, 1e4, 1e4, 1e4, 1e4, 1e4}, 2, 1000, nil, "A"},
		{"two essentials missing are too many for C", []Valeur{0, 0, 1e4, 1e4, 1e4, 1e4, 1e4, 1e4, 1e4, 1e4}, 2, 1000, nil, "D"},
		{"a dimension under 40", []Valeur{3999, 1e4, 1e4, 1e4, 1e4, 1e4, 1e4, 1e4, 1e4, 1e4}, 0, 1000, func(m *Model) { m.Dimension[0] = 1 }, "B"},
		{"a dimension at 40", []Valeur{4000, 1e4, 1e4, 1e4, 1e4, 1e4, 1e4, 1e4, 1e4, 1e4}, 0, 1000, func(m *Model) { m.Dimension[0] = 1 }, "A"},
		{"a dimension of which nothing is known", []Valeur{x, 1e4, 1e4, 1e4, 1e4, 1e4, 1e4, 1e4, 1e4, 1e4}, 0, 1000, func(m *Model) { m.Dimension[0] = 1 }, "A"},
		{"nothing good", []Valeur{0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 0, 1000, nil, "E"},
		{"35 exactly", []Valeur{3500, 3500, 3500, 3500, 3500, 3500, 3500, 3500, 3500, 3500}, 0, 1000, nil, "D"},
		{"sans objet is out of the sum", []Valeur{so, so, so, so, so, 8e3, 8e3, 8e3, 8e3, 8e3}, 2, 1000, nil, "A"},
		// Coverage 0.6: strict 60, observed 100.
		{"a range", []Valeur{x, x, x, x, 1e4, 1e4, 1e4, 1e4, 1e4, 1e4}, 0, 1, nil, "C–A"},
		{"a range does not mind unknown essentials", []Valeur{x, x, x, x, 1e4, 1e4, 1e4, 1e4, 1e4, 1e4}, 4, 1, nil, "C–A"},
		// strict 50, observed 83.3; one essential missing: C at best.
		{"a range minds missing essentials", []Valeur{0, x, x, x, x, 1e4, 1e4, 1e4, 1e4, 1e4}, 1, 1, nil, "C–C"},
		// strict 53.9, observed 89.8
		{"a range minds the floor of dimensions", []Valeur{3900, x, x, x, x, 1e4, 1e4, 1e4, 1e4, 1e4}, 0, 1, func(m *Model) { m.Dimension[0] = 1 }, "C–B"},
		{"coverage 0.5", []Valeur{x, x, x, x, x, 1e4, 1e4, 1e4, 1e4, 1e4}, 0, 1, nil, "C–A"},
		{"coverage 0.4", []Valeur{x, x, x, x, x, x, 1e4, 1e4, 1e4, 1e4}, 0, 1, nil, ""},
		{"nothing known", []Valeur{x, x, x, x, x, x, x, x, x, x}, 0, 1, nil, ""},
		{"nothing applicable", []Valeur{so, so, so, so, so, so, so, so, so, so}, 0, 1, nil, ""},
	} {
		m := official(10, 10, 10, 10, 10, 10, 10, 10, 10, 10)
		for i := range c.essentials {
			m.Essentiel[i] = true
		}
		if c.change != nil {
			c.change(&m)
		}
		var q []int64
		if c.assurance >= 0 {
			q = sure(10, c.assurance)
		}
		r := m.Aggregate(c.values, q)
		got := ""
		switch r.Etat {
		case Confirme:
			if got = m.Niveaux[r.Niveau].Code; r.NiveauMin != r.Niveau || r.NiveauMax != r.Niveau {
				t.Errorf("%s: a confirmed level has a range", c.name)
			}
		case Provisoire:
			if got = m.Niveaux[r.NiveauMin].Code + "–" + m.Niveaux[r.NiveauMax].Code; r.Niveau >= 0 {
				t.Errorf("%s: a provisional level has a letter", c.name)
			}
		default:
			if r.Niveau >= 0 || r.NiveauMin >= 0 || r.NiveauMax >= 0 {
				t.Errorf("%s: no level is due", c.name)
			}
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s (score %s)", c.name, got, c.want, r.Score(1))
		}
	}
}

// The one rounding: half up, on the exact ratio.
func TestRounding(t *testing.T) {
	m := official(1)
	m.Rho = 0
	for _, c := range []struct {
		value    Valeur
		decimals int
		want     string
	}{
		{5625, 1, "56.3"}, // 56.25
		{5624, 1, "56.2"}, {5635, 1, "56.4"}, {8005, 1, "80.1"}, {7995, 1, "80"}, {7994, 1, "79.9"},
		{5650, 0, "57"}, {5649, 0, "56"}, {5625, 2, "56.25"}, {9995, 1, "100"}, {5, 1, "0.1"}, {4, 1, "0"}, {0, 1, "0"}, {10000, 1, "100"},
	} {
		r := m.Aggregate([]Valeur{c.value}, nil)
		for name, got := range map[string]Nombre{"score": r.Score(c.decimals), "observed": r.Observe(c.decimals), "strict": r.Strict(c.decimals), "potential": r.Potentiel(c.decimals)} {
			if got.String() != c.want {
				t.Errorf("%s of %d at %d decimals is %s, want %s", name, c.value, c.decimals, got, c.want)
			}
		}
	}
	// Thirds: strict 100/3 = 33.33…, observed 100, score 66.66…
	r := official(1, 1, 1)
	if got := r.Aggregate([]Valeur{1e4, -1, -1}, nil); got.Strict(1) != 333_000 || got.Score(1) != 667_000 || got.Couverture() != 3333 || got.Potentiel(1) != 100*Entier {
		t.Errorf("thirds: %s %s %s", got.Strict(1), got.Score(1), got.Couverture())
	}
}

// Sums against exact fractions of any size, up to the bounds.
func TestAggregateIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 40).Draw(t, "n")
		m := official(make([]int32, n)...)
		m.Rho = Nombre(rapid.IntRange(0, 10_000).Draw(t, "rho"))
		m.Surete = rapid.Int64Range(1, 600_000_000_000_000_000).Draw(t, "surete")
		values, q := make([]Valeur, n), make([]int64, n)
		for i := range n {
			m.Poids[i] = int32(rapid.IntRange(1, MaxWeight/n).Draw(t, "w"))
			m.Dimension[i] = uint8(rapid.IntRange(0, MaxDimensions-1).Draw(t, "d"))
			values[i] = Valeur(rapid.IntRange(-2, 10_000).Draw(t, "v"))
			q[i] = rapid.Int64Range(0, m.Surete).Draw(t, "q")
		}
		got := m.Aggregate(values, q)
		frac := func(a, b int64) *big.Rat {
			if b == 0 {
				return new(big.Rat)
			}
			return big.NewRat(a, b)
		}
		var a, e, total int64
		confidence := new(big.Rat)
		for i, v := range values {
			if v == ValeurSansObjet {
				continue
			}
			total += int64(m.Poids[i])
			if v >= 0 {
				a += int64(m.Poids[i]) * int64(v)
				e += int64(m.Poids[i])
				confidence.Add(confidence, new(big.Rat).Mul(big.NewRat(int64(m.Poids[i]), 1), big.NewRat(q[i], m.Surete)))
			}
		}
		if e == 0 {
			total = 0 // nothing known: no score at all
		}
		observed, strict := frac(a, 100*e), frac(a, 100*total)
		rho := big.NewRat(int64(m.Rho), 10_000)
		score := new(big.Rat).Add(new(big.Rat).Mul(new(big.Rat).Sub(big.NewRat(1, 1), rho), observed), new(big.Rat).Mul(rho, strict))
		potential := frac(a+10_000*(total-e), 100*total)
		confidence.Mul(confidence, frac(100, total))
		for d := range maxDecimales + 1 {
			for name, x := range map[string]struct {
				got  Nombre
				want *big.Rat
			}{
				"score": {got.Score(d), score}, "strict": {got.Strict(d), strict}, "observed": {got.Observe(d), observed},
				"potential": {got.Potentiel(d), potential}, "confidence": {got.Confiance(d), confidence},
			} {
				if want := roundedHalfUp(x.want, d); x.got != want {
					t.Fatalf("%s at %d decimals: %s, want %s of %s", name, d, x.got, want, x.want.RatString())
				}
			}
		}
		if total > 0 {
			if want := roundedHalfUp(frac(e, total), 4); got.Couverture() != want {
				t.Fatalf("coverage %s, want %s", got.Couverture(), want)
			}
		}
		// Levels compare the exact fraction.
		s := Nombre(rapid.IntRange(0, 1_000_000).Draw(t, "s"))
		if e > 0 {
			threshold := big.NewRat(int64(s), 10_000)
			if got.reachesScore(s) != (score.Cmp(threshold) >= 0) || got.reachesStrict(s) != (strict.Cmp(threshold) >= 0) ||
				got.reachesObserve(s) != (observed.Cmp(threshold) >= 0) || got.sureOf(s) != (confidence.Cmp(threshold) >= 0) {
				t.Fatalf("thresholds at %s", s)
			}
		}
	})
}

func roundedHalfUp(x *big.Rat, decimals int) Nombre {
	scaled := new(big.Rat).Mul(x, big.NewRat(pow10(decimals), 1))
	scaled.Add(scaled, big.NewRat(1, 2))
	n := new(big.Int).Quo(scaled.Num(), scaled.Denom()) // floor: never negative
	return Nombre(n.Int64() * pow10(4-decimals))
}

// By dimension, a small dimension weighs what it asks, however little of it is
// known.
func TestByDimension(t *testing.T) {
	m := official(10, 10, 20)
	m.Dimension = []uint8{0, 0, 1}
	values := []Valeur{1e4, -1, 0}
	if r := m.Aggregate(values, nil); r.Observe(1) != 333_000 { // 10 of 30
		t.Errorf("flat: %s", r.Observe(1))
	}
	m.ParDimension = true
	if r := m.Aggregate(values, nil); r.Observe(1) != 50*Entier { // (20·100 + 20·0)/40
		t.Errorf("by dimension: %s", r.Observe(1))
	}
}

// What a simulation does a million times allocates nothing.
func TestAggregateAllocatesNothing(t *testing.T) {
	m := official(10, 10, 20)
	values, q := []Valeur{1e4, -1, 0}, []int64{1, 2, 3}
	if n := testing.AllocsPerRun(100, func() { m.Aggregate(values, q) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
