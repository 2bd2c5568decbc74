package history

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"mednum/internal/place"
)

// Link is a revision with what ties it to the others.
type Link struct {
	Revision
	Change int64  // its number among the changes that were begun
	Digest []byte // SHA-256 of what it left in the tables
}

// Sum is the hash that a revision has after another one: SHA-256 of all that is
// said of it, each text with its length before it. Database and program compute
// it alike.
func (l *Link) Sum(previous []byte) []byte {
	h := sha256.New()
	for _, s := range []string{
		hex.EncodeToString(previous), strconv.FormatInt(l.Number, 10), strconv.FormatInt(l.Change, 10), l.At.UTC().Format("2006-01-02T15:04:05.000000Z"),
		l.Organisation, l.Siren, string(l.Role), l.Key, string(l.Cause), l.Reason, l.Subject,
		strconv.FormatInt(l.Data, 10), strconv.Itoa(l.Places), hex.EncodeToString(l.Digest),
	} {
		fmt.Fprintf(h, "%d:%s,", len(s), s)
	}
	return h.Sum(nil)
}

// Break says where the journal is not what was written.
type Break struct {
	Number int64  // of the revision
	Reason string // French
}

func (b *Break) Error() string { return fmt.Sprintf("révision %d : %s", b.Number, b.Reason) }

// VerifyChain checks the links that follow one already checked (the zero Link:
// from the beginning). The error is a *Break. Revisions cut off at the end leave
// a shorter journal that is whole: only a hash noted elsewhere tells.
func VerifyChain(after Link, links []Link) error {
	for i := range links {
		l := &links[i]
		switch wanted := after.Number + 1; {
		case l.Number > wanted:
			return &Break{wanted, "elle manque"}
		case l.Number < wanted:
			return &Break{l.Number, "elle n’est pas à sa place"}
		case !l.At.After(after.At):
			return &Break{l.Number, "elle n’est pas après la précédente dans le temps"}
		case !bytes.Equal(l.Hash, l.Sum(after.Hash)):
			return &Break{l.Number, "son contenu, ou celui de la précédente, n’est plus celui qui a été écrit"}
		}
		after = *l
	}
	return nil
}

// Outside is an instant at which the census is not known.
type Outside struct {
	From time.Time // it is known from then on, up to now
}

func (o *Outside) Error() string { return ErrInstant.Error() }
func (o *Outside) Unwrap() error { return ErrInstant }

// Touched is a place as a revision left it.
type Touched struct {
	ID           string
	Nom, Commune string
	New          bool // it was not there before
	State        State
	Into         string              // Joined: the place that speaks for it
	Changes      []place.FieldChange // published fields; none: only its score, or what lies beneath
}

// Compare tells the columns that two lists of cells have otherwise, in the order
// of the standard.
func Compare(before, after map[string]string) []place.FieldChange {
	var changes []place.FieldChange
	for i := range place.Columns {
		name := place.Columns[i].Name
		if b, a := before[name], after[name]; b != a {
			changes = append(changes, place.FieldChange{Column: name, Before: b, After: a})
		}
	}
	return changes
}
