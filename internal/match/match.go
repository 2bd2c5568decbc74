// Package match says when two records are one place. It is pure: no input or
// output, no clock. Every answer carries its evidence, each with its weight and
// a French sentence, so that a person can agree or not.
package match

import (
	"errors"
	"time"

	"mednum/internal/place"
)

// Outcome of a comparison.
type Outcome string

const (
	Same      Outcome = "meme"
	Different Outcome = "different"
	Undecided Outcome = "a_decider"
)

// Evidence is one thing that speaks for one place, or against.
type Evidence struct {
	Kind   string `json:"indice"` // "nom", "adresse", "distance", "telephone", "courriel", "site", "pivot", "typologie", "garde" …
	Weight int    `json:"poids"`  // hundredths of a unit of log-odds: positive for one place, negative against; a guard has none
	Text   string `json:"phrase"` // French, whole: « même téléphone, que 12 lieux partagent »
}

// Comparison is what two records tell together.
type Comparison struct {
	Outcome  Outcome    `json:"issue"`
	Score    int        `json:"score"`           // sum of the weights
	Guard    string     `json:"garde,omitempty"` // the rule that forbade Same, or settled it; "" none
	Evidence []Evidence `json:"indices"`
}

// Kind of a value that places share: one phone may be a switchboard's.
type Kind string

const (
	Phone  Kind = "telephone"
	Mail   Kind = "courriel"
	Site   Kind = "site"
	Pivot  Kind = "pivot"
	Siren  Kind = "siren"
	Domain Kind = "domaine" // of a mail
)

// Value is a value whose number of distinct places in the census tells how
// much it says.
type Value struct {
	Kind  Kind
	Value string
}

// Shared tells how many records of the census, at different addresses
// (Profile.Where), have a value; what the pair itself has counts too.
//
// Compare only asks it of values that both records have, and only for the
// value's class (ClassOf). So, when records come, change
// or go, the comparisons that may change are those of the records themselves,
// and, for each value whose class is no longer the same, those of the pairs of
// which both have that value. Nothing else depends on the census, and
// nothing on the order in which it came.
type Shared func(Value) int

// ClassOf a number of addresses: 0 alone, 1 few, 2 many. Two spellings of one
// address count as two, hence "alone" up to two. For Pivot and Siren, few and
// many weigh the same.
func ClassOf(addresses int) int {
	switch {
	case addresses < fewFrom:
		return 0
	case addresses < manyFrom:
		return 1
	}
	return 2
}

// Edge joins two records that were compared.
type Edge struct {
	A, B    int64
	Outcome Outcome
	Score   int
	Human   bool // somebody decided: it wins over what is computed
	Guard   bool // Different by a guard (Comparison.Guard): no chain of likeness gets round it
}

// ErrNoPair: no such pair was ever compared.
var ErrNoPair = errors.New("no such pair")

// Side is one record of a pair, or one behind a place.
type Side struct {
	ID        string        `json:"lieu"` // ours, for ever: of the record as if it were alone
	Source    string        `json:"producteur"`
	Key       string        `json:"cle"` // in its source
	Withdrawn bool          `json:"retire"`
	Record    *place.Record `json:"-"`
}

// Pair is two records that may be one place.
type Pair struct {
	Number     int64      `json:"numero"`
	A          Side       `json:"a"`
	B          Side       `json:"b"`
	Metres     *int       `json:"metres"` // between them; nil: one has no position of its own
	Comparison Comparison `json:"comparaison"`
	Decision   Outcome    `json:"decision,omitempty"` // of a person; "" none
	By         string     `json:"par,omitempty"`      // organisation
	Reason     string     `json:"raison,omitempty"`
	At         time.Time  `json:"-"` // of the decision
}

// Provenance says where a published field comes from, and why that one won.
type Provenance struct {
	Column string    `json:"colonne"`
	ID     string    `json:"fiche"` // Side.ID
	Source string    `json:"producteur"`
	Date   string    `json:"date,omitempty"` // YYYY-MM-DD: when its source last touched the record; "" unknown
	Why    string    `json:"raison"`         // French: « plus récente », « la seule », « vérifiée » …
	Others []Another `json:"autres,omitempty"`

	Corrected *Corrected `json:"correction,omitempty"` // somebody who knows said it, over all records; nil: nobody
}

// Corrected says who corrected a field, and what the records say of it.
type Corrected struct {
	Organisation string `json:"organisation"`
	On           string `json:"le"`                // YYYY-MM-DD
	Reason       string `json:"motif,omitempty"`   // in their words
	Value        string `json:"valeur"`            // "": emptied
	Said         string `json:"fiches"`            // what the records say today; "": nothing
	Anew         bool   `json:"fiches_ont_change"` // they said otherwise when it was corrected, and do not say Value
}

// Another is a value that another record has, and that is not shown.
type Another struct {
	ID     string `json:"fiche"`
	Source string `json:"producteur"`
	Value  string `json:"valeur"`
}

// Beneath is what stands behind a published place.
type Beneath struct {
	ID      string       `json:"lieu"`
	Nom     string       `json:"nom"`
	Sides   []Side       `json:"fiches"`
	Fields  []Provenance `json:"champs"`
	History []Pair       `json:"decisions"` // pairs among its records and with those split from it
}
