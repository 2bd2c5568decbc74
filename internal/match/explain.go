package match

import (
	"math"
	"strconv"
	"strings"

	"mednum/internal/french"
)

// Compare says whether two records are one place, and why: each thing that
// they tell together, what it weighs, in a French sentence. It is symmetric.
// The weights of the evidence add up to the score; a guard weighs nothing, and
// decides.
func Compare(a, b *Profile, shared Shared) Comparison {
	f := weigh(a, b, shared)
	c := Comparison{Outcome: f.outcome, Score: f.score, Guard: guardNames[f.guard].name, Evidence: make([]Evidence, 0, f.n+1)}
	if f.guard != none {
		c.Evidence = append(c.Evidence, Evidence{Kind: "garde", Text: guardNames[f.guard].text})
	}
	for i, s := range f.signals[:f.n] {
		text := weights[s].text
		if strings.Contains(text, "{") {
			text = french.Fill(text, "{distance}", Distance(f.metres), "{adresses}", french.Count(f.shared[i], "adresse", "adresses"))
		}
		c.Evidence = append(c.Evidence, Evidence{weights[s].kind, weights[s].weight, text})
	}
	return c
}

// Distance says metres: "12 m", "1,2 km", "350 km".
func Distance(m float64) string {
	switch {
	case m < 995:
		return strconv.Itoa(int(math.Round(m))) + french.Space + "m"
	case m < 9_950:
		km := strings.TrimSuffix(strconv.FormatFloat(m/1000, 'f', 1, 64), ".0")
		return strings.Replace(km, ".", ",", 1) + french.Space + "km"
	}
	return french.Integer(int64(math.Round(m/1000))) + french.Space + "km"
}
