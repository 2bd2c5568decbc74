package api

import (
	"context"
	"io"
	"time"

	"mednum/internal/access"
	"mednum/internal/history"
	"mednum/internal/place"
	"mednum/internal/territory"
)

// Edits is what the API asks of the changes that people make to places. What is
// written is signed by the history.Author of the context. Errors:
// place.ErrNotFound, place.ErrGone, *history.Gone, *place.Moved,
// *history.Stale, *history.Refused.
type Edits interface {
	// Cells gives what a place publishes, by column of the standard as
	// place.Column.Said (« Tous publics » is told from unknown, ""), and the version
	// of the data that it was read in. Edit takes them back.
	Cells(ctx context.Context, id string) (map[string]string, int64, error)
	Edit(ctx context.Context, e history.Edit) (history.Edited, error)
	// Create writes a new place down, of the organisation that signs. What the census
	// may have already is refused (*history.Alike) unless Edit.Apart.
	Create(ctx context.Context, e history.Edit) (history.Edited, error)
	ClosePlace(ctx context.Context, id string, base int64, c history.Closure) (history.Edited, error)
	Reopen(ctx context.Context, id string, base int64) (history.Edited, error)
	// Confirm says that nothing changed: only the date of the place moves on.
	Confirm(ctx context.Context, id string, on place.Date) (history.Edited, error)
	// Restore makes a place again what it was after a revision: a new change, on
	// top of the others.
	Restore(ctx context.Context, id string, revision, base int64, on place.Date) (history.Edited, error)
	// TakeBack gives the sources the word again on columns that were corrected; on
	// all of them when none is named.
	TakeBack(ctx context.Context, id string, base int64, columns []string) (history.Edited, error)
	// Closure gives why and since when a place is closed; place.ErrNotFound when
	// it is not.
	Closure(ctx context.Context, id string) (history.Closure, error)
	// Formerly gives what a closed place published too.
	Formerly(ctx context.Context, id string) (place.Place, history.Closure, error)
}

// Journal is what the API asks of what changed, and of the census as it was.
type Journal interface {
	// History gives the steps of a place and of what joined it, the last first,
	// those before a revision (0: all). Scores alone are no step.
	History(ctx context.Context, id string, before int64, limit int) ([]history.Step, error)
	// VersionAt gives a place as it was after a revision.
	VersionAt(ctx context.Context, id string, revision int64) (history.Version, error)
	// Revisions gives what changed in the census, the last first.
	Revisions(ctx context.Context, before int64, limit int) ([]history.Revision, error)
	// Instant gives the last revision that was there at a time; a *history.Outside
	// (history.ErrInstant).
	Instant(ctx context.Context, at time.Time) (history.Revision, error)
	// TouchedBy gives the places that a revision touched, but for their scores, in
	// the order in which they came, after one of them ("": from the first).
	TouchedBy(ctx context.Context, revision int64, after string, limit int) ([]history.Touched, error)
	// PlaceAsOf gives a place as it was after a revision, with the errors of Place.
	PlaceAsOf(ctx context.Context, id string, revision int64) (place.Hit, error)
}

// Sessions is what the API asks of people: who they are, and what they may do.
// Errors: access.ErrKey, access.ErrForbidden, *access.Denial (with its reason in
// French).
type Sessions interface {
	// Session gives who holds a session's token: what they may do in the role that
	// they chose, as a key does.
	Session(ctx context.Context, token string, at time.Time) (access.Session, error)
}

// Work is what the API asks about the territory of an agent.
type Work interface {
	// Work tells what there is to do on a territory on a day.
	Work(ctx context.Context, t access.Territory, on place.Date) (territory.Work, error)
	// WorkList hands the places of a list to each, in order, and tells how many
	// there are on the whole.
	WorkList(ctx context.Context, t access.Territory, ask territory.Ask, on place.Date, each func(territory.Item) error) (int, error)
	// Within reports whether a territory is a part of another.
	Within(ctx context.Context, part, whole access.Territory) (bool, error)
	// Archive writes all that is known of a territory: places, what is beneath
	// them, their history.
	Archive(ctx context.Context, t access.Territory, w io.Writer) error
}
