package place

import (
	"errors"
	"time"
)

// ErrNotFound: no place ever had this identifier.
var ErrNotFound = errors.New("place not found")

// ErrGone: the place existed and was withdrawn by its source.
var ErrGone = errors.New("place withdrawn")

// Moved is the error of a place that was found to be another one: ask for ID.
type Moved struct{ ID string }

func (m *Moved) Error() string { return "the place is known as " + m.ID }

// Find says which places are asked for. The zero Find asks for all of them, in
// the order in which they came. Conditions add up (AND); values of one
// condition are alternatives (OR).
type Find struct {
	BBox        *BBox
	Near        Position // known: nearest first, with distances
	Radius      float64  // metres around Near; 0 = no limit
	DateMaj     DateRange
	In          map[string][]string // column with a vocabulary → values exactly as the vocabulary writes them
	CodeInsee   []string            // current codes
	CodePostal  []string
	Departement []string
	Q           string // every word in the name, commune or address; case and accents forgiven
	OpenAt      *Moment
	NoPosition  bool     // only places whose position is unknown
	Niveau      []string // letters: only places whose level is confirmed
	ScoreMin    int      // hundredths of a point; 0 = no minimum. Places without a score are left out
	Socle       Socle
	AsOf        int64 // the census as it was after this revision of its journal; 0: as it is
	Limit       int   // > 0
	After       Cursor
}

// Socle asks for essential guarantees (codes of criteria of the référentiel in
// force). The zero Socle asks for nothing.
type Socle struct {
	Complete bool     // every one that applies holds
	Codes    []string // each of these holds
}

// BBox is in EPSG:4326 degrees. West > East crosses the antimeridian.
type BBox struct{ West, South, East, North float64 }

// DateRange includes both ends; an unknown end is open.
type DateRange struct{ From, To Date }

// Moment is an instant, or, when Local, the same wall-clock time wherever the
// place is (Time is then in UTC and only its clock reading counts).
type Moment struct {
	Time  time.Time
	Local bool
}

// Cursor is where the previous page ended. The zero Cursor is the beginning.
// Distance (metres) and ID order the nearest-first pages, Seq the others.
type Cursor struct {
	Seq      int64
	Distance float64
	ID       string
}

// Hit is a place found.
type Hit struct {
	ID       string  // ours: opaque, short, stable for ever
	Seq      int64   // order of arrival
	Feature  []byte  // GeoJSON Feature text, ending in "}}": its last member is properties. Valid until the callback returns
	Distance float64 // metres on the ellipsoid; only when Find.Near is known
	Quality  []byte  // members of properties, without braces: what quality.Published says; nil when the place has no score. Valid until the callback returns
}

// Load says how a source's file enters the census.
type Load struct {
	Source        string // who gives the file; records are known by (Source, Record.Key)
	DryRun        bool   // tell what would change, change nothing
	Partial       bool   // records that the file does not have stay
	Demonstration bool   // the places are made up and say so wherever they appear
	AllowRemovals bool   // accept a file that withdraws more than half of the source's places
	// Told, when not nil, is told each thing that the load does, or would do, to a
	// place; what does not change is left out. In no set order, and for a load that
	// then fails too.
	Told func(LoadChange) error
}

// What a load does to a place.
const (
	LoadAdded     = "ajoute"
	LoadChanged   = "modifie"
	LoadWithdrawn = "retire"
	LoadRestored  = "revenu"
	LoadMerged    = "doublon" // the record joins another place: With
	LoadDoubtful  = "doute"   // the record may be another place, With: a person has to say
)

// LoadChange is what a load does to one place. A record that is added and joins
// another place is told twice.
type LoadChange struct {
	Kind    string
	ID      string // ours; "" for an added one of a dry run, which has none yet
	Nom     string
	Commune string
	Line    int           // in the file; 0 for what the file no longer has
	Fields  []FieldChange // of LoadChanged and LoadRestored, in the order of the standard
	With    string        // the other place: ours, or "" where it has none yet
	WithNom string        // its name
	Why     []string      // French: the evidence of a duplicate
}

// FieldChange is one column of the standard, before and after, as it is written
// in a file; "" is unknown.
type FieldChange struct{ Column, Before, After string }

// Changes is what a load did, or would do.
type Changes struct {
	Added     int `json:"added"`
	Changed   int `json:"changed"`
	Unchanged int `json:"unchanged"`
	Withdrawn int `json:"withdrawn"` // in the census, no longer in the file
	Restored  int `json:"restored"`  // withdrawn once, and back
	Refused   int `json:"refused"`   // blocking findings; kept apart with their raw cells
	Merged    int `json:"merged"`    // records of the file, new, changed or restored, that join a place known otherwise
	Doubtful  int `json:"doubtful"`  // pairs, with such a record, that a person has to decide
}
