package intake

import (
	"context"
	"io"
	"time"

	"mednum/internal/access"
	"mednum/internal/place"
)

// Store keeps deposits, sources and located addresses. A deposit is written
// only by who read its last revision: others are told ErrState.
type Store interface {
	// CreateDeposit keeps a deposit, and its file when content is not nil, and
	// gives it a number. Those that it replaces are abandoned, with this reason.
	CreateDeposit(ctx context.Context, k *Kept, content io.Reader, step Step, replaces []int64, why string) error
	// SaveDeposit keeps a step, the file when content is not nil, and what the
	// step changes of its source when source is not nil: all or nothing.
	SaveDeposit(ctx context.Context, k *Kept, content io.Reader, step *Step, source func(*KeptSource)) error
	DeleteDeposit(ctx context.Context, k *Kept, source func(*KeptSource)) error
	Deposit(ctx context.Context, number int64) (*Kept, error)
	// DepositState is Deposit without all that is long: what progress needs.
	DepositState(ctx context.Context, number int64) (*Kept, error)
	// Deposits lists, newest first, without what is long.
	Deposits(ctx context.Context, by Givers, before int64, limit int) ([]Deposit, error)
	// Unfinished gives the deposits of a source that no one ended, and that are
	// not being published.
	Unfinished(ctx context.Context, source string) ([]*Kept, error)
	// Content reads the file again, piece by piece.
	Content(ctx context.Context, number int64) io.Reader
	// ChangesOf begins to keep the changes of a deposit in place of those that it
	// had; nothing is kept before Save.
	ChangesOf(ctx context.Context, number int64) (ChangeWriter, error)
	DepositChanges(ctx context.Context, number int64, kind string, after, limit int) ([]Change, int, error)
	// DropFiles forgets the files of deposits that ended before.
	DropFiles(ctx context.Context, before time.Time) (int, error)

	// Take gives a deposit that waits for long work (number 0: the first that
	// does), to whoever holds the lease until it expires; nil: there is none.
	Take(ctx context.Context, number int64, lease string, length time.Duration) (*Kept, error)
	// Beat keeps the lease, and tells how far the work is; false: it is lost.
	Beat(ctx context.Context, k *Kept, lease string, length time.Duration, p Progress) (bool, error)
	// Release gives the work back as if it had not begun.
	Release(ctx context.Context, k *Kept, lease string) error

	Sources(ctx context.Context, siren string) ([]KeptSource, error) // "": all
	Source(ctx context.Context, number int64) (KeptSource, error)
	SourceNamed(ctx context.Context, name string) (KeptSource, error)
	// UpdateSource changes a source, while nobody else does; one that does not
	// exist yet comes with its name alone, and is made.
	UpdateSource(ctx context.Context, name string, change func(*KeptSource) error) (KeptSource, error)
	// DueSource gives a source whose file is to be fetched again and is not being
	// so, and puts its next turn off until then; ErrNoSource: there is none.
	DueSource(ctx context.Context, at, until time.Time) (KeptSource, error)

	// Live counts the places of a source that the census shows.
	Live(ctx context.Context, source string) (int, error)
	// Whereabouts gives the commune and the département of places, by identifier.
	Whereabouts(ctx context.Context, ids []string) (map[string]Whereabouts, error)

	Geocoded(ctx context.Context, hashes [][]byte, found, nothing time.Time) (map[string]place.Located, error)
	SaveGeocoded(ctx context.Context, hashes [][]byte, located []place.Located, at time.Time) error
}

// ChangeWriter takes changes as they are told.
type ChangeWriter interface {
	Add(ctx context.Context, c Change) error
	// Save is SaveDeposit that keeps them too.
	Save(ctx context.Context, k *Kept, step *Step, source func(*KeptSource)) error
	// Discard forgets them; after Save it does nothing.
	Discard()
}

// Givers says whose deposits are meant: an organisation's, or a key's that
// speaks for none. The zero one means everybody's.
type Givers struct{ Siren, KeyID string }

// KeptSource is a source with what is kept of its last file.
type KeptSource struct {
	Source
	Columns      []string         // of the last file that was published
	Territory    access.Territory // of who had it fetched by itself
	ETag         string
	LastModified string
	ContentHash  []byte
}

// Whereabouts is where a place is.
type Whereabouts struct{ CodeInsee, Departement string }

// Locations is what Geocoder asks of the store.
type Locations interface {
	Geocoded(ctx context.Context, hashes [][]byte, found, nothing time.Time) (map[string]place.Located, error)
	SaveGeocoded(ctx context.Context, hashes [][]byte, located []place.Located, at time.Time) error
}
