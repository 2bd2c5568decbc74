// Package history says what changed in the census: who, when, what and why, and
// what people ask to change. It is pure: no input or output, no clock.
package history

import (
	"context"
	"errors"
	"time"

	"mednum/internal/access"
	"mednum/internal/place"
)

// Cause is why something changed.
type Cause string

const (
	Import       Cause = "import"         // a source's file
	Creation     Cause = "creation"       // a place that somebody wrote down
	Correction   Cause = "correction"     // of fields, by somebody who knows
	Confirmation Cause = "confirmation"   // "rien n’a changé"
	Closing      Cause = "fermeture"      // the place no longer is
	Reopening    Cause = "reouverture"    // it is again
	Restoration  Cause = "restauration"   // fields as they were on a day
	Joining      Cause = "rapprochement"  // two records are one place
	Splitting    Cause = "separation"     // or are not
	Scoring      Cause = "evaluation"     // scores only
	Beginning    Cause = "debut"          // of the journal: what was there already
	Unsigned     Cause = "hors-programme" // straight in the database: nobody said who, nor why
)

// Author is who changes something, for whom, and why. It names organisations
// and keys or accounts by number, never a person.
type Author struct {
	Organisation string // "" when a source refreshed by itself, or nobody said
	Siren        string
	Role         access.Role
	Key          string // access.Key.ID
	Cause        Cause
	Reason       string // in their words; shown in public
	Subject      string // "depot:12", "signalement:K7QF-2M", "source:Hubik"; "" none
}

// By is the author that a key makes.
func By(k access.Key, cause Cause, reason string) Author {
	return Author{Organisation: k.Organisation, Siren: k.Siren, Role: k.Role, Key: k.ID, Cause: cause, Reason: reason}
}

type contextKey struct{}

// With signs what is written under ctx.
func With(ctx context.Context, a Author) context.Context {
	return context.WithValue(ctx, contextKey{}, a)
}

// From gives who signs what is written under ctx; the zero Author: nobody said.
func From(ctx context.Context) Author {
	a, _ := ctx.Value(contextKey{}).(Author)
	return a
}

// Revision is one transaction that changed the census, in the order in which
// they were committed. Each one is chained to the one before by its hash.
type Revision struct {
	Number int64
	At     time.Time
	Author
	Data   int64 // the version of the data that it made: what ETags begin with
	Places int   // places that it touched
	Hash   []byte
}

// Step is what one revision made of one place.
type Step struct {
	Revision
	State   State
	Changes []place.FieldChange // published fields: before, after
	Into    string              // Joined: the place that speaks for it
}

// State is what a place is after a step.
type State string

const (
	Shown     State = "publie"
	Withdrawn State = "retire" // its source no longer has it
	Closed    State = "ferme"
	Joined    State = "rapproche"
)

// Version is a place as it was published after a revision.
type Version struct {
	Step
	Place     place.Place
	Published place.Published
	Cells     map[string]string // by column of the standard, as in its CSV
}

// Edit is what somebody asks to change in a place.
type Edit struct {
	ID     string
	Base   int64             // version of the data that they had read; 0: they take it as it is
	Cells  map[string]string // by column of the standard, as in its CSV; "" empties; columns left out are not touched
	On     place.Date        // today: what date_maj becomes unless Cells says otherwise
	DryRun bool              // only tell
	Apart  bool              // of a new place: it is none of those that it resembles
}

// Edited is what an edit did, or would do.
type Edited struct {
	ID       string
	Data     int64 // version of the data after
	Place    place.Place
	Changes  []place.FieldChange
	Findings []place.Finding // corrected or odd; nothing blocking
	Twins    []Twin          // of a new place: those of the census that it may be
}

// Twin is a place that a new one may already be.
type Twin struct {
	ID, Nom, Commune string
	Why              []string // French
}

// Alike refuses a new place that the census may have already. Nothing is
// written: Edit.Apart says that it is another one.
type Alike struct{ Twins []Twin }

func (a *Alike) Error() string { return "the place may be known already" }

// Closure says that a place no longer is.
type Closure struct {
	Since  place.Date
	Reason string
}

// Refused is an edit that cannot be taken: every fault at once.
type Refused struct{ Findings []place.Finding }

func (r *Refused) Error() string { return "the edit is refused" }

// ErrStale: somebody else changed the place meanwhile. The error is a *Stale.
var ErrStale = errors.New("the place changed meanwhile")

// Stale is both versions: what the editor had read, and what is there now.
type Stale struct {
	Base, Now int64               // versions of the data
	Theirs    []place.FieldChange // what the others changed since
	Yours     []place.FieldChange // what the edit would change in what is there now
	Both      []string            // columns that both change, otherwise
	By        Revision            // the last of theirs
}

func (s *Stale) Error() string { return ErrStale.Error() }
func (s *Stale) Unwrap() error { return ErrStale }

// Gone: the place closed, since when and why.
type Gone struct{ Closure }

func (g *Gone) Error() string { return "the place is closed" }

// Unwrap: whoever asks for it is answered as for any place that is no more.
func (g *Gone) Unwrap() error { return place.ErrGone }

// ErrInstant: a date that the census cannot be shown at: before it began, or to come.
var ErrInstant = errors.New("the census is not known at that instant")
