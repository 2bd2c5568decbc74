// Package simulation shows what a draft of the référentiel would do to the
// census before it is decided: who changes level, who wins and loses, where,
// and how sure that is. It is pure, and its chance comes from a seed.
package simulation

import "mednum/internal/quality"

// Place is a place of the census as a simulation sees it.
type Place struct {
	ID          string
	Entree      quality.Entree
	Departement string
	Porteur     string // kind of carrier, from typologie: "bibliothèque", "France Services", "association"…
	Source      string
}

// Options of a run. The zero Options suits a page.
type Options struct {
	Draws   int // of the Monte-Carlo; 0: DefaultDraws
	Workers int // at once; 0: one a core. The report is the same whatever it is
}

// DefaultDraws lets 20,000 places take a few seconds.
const DefaultDraws = 500
