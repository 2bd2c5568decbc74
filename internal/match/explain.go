package match

import (
	"fmt"
	"math"
)

// Compare says whether two records are one place, and why. It is symmetric.
func Compare(a, b *Profile, shared Shared) Comparison {
	f := weigh(a, b, shared)
	c := Comparison{Outcome: f.outcome, Score: f.score, Guard: guardNames[f.guard].name, Evidence: make([]Evidence, 0, f.n+1)}
	if f.guard != none {
		c.Evidence = append(c.Evidence, Evidence{Kind: "garde", Text: guardNames[f.guard].text})
	}
	for _, s := range f.signals[:f.n] {
		text := weights[s].text
		if weights[s].kind == "distance" {
			text = fmt.Sprintf("À %d mètres.", int(math.Round(f.metres)))
		}
		c.Evidence = append(c.Evidence, Evidence{weights[s].kind, weights[s].weight, text})
	}
	return c
}
