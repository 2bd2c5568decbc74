// Package intake takes a file from whoever gives it to the census: received,
// mapped, read, told, and only then published. Nothing of it is lost when the
// machine stops: what was under way begins again.
package intake

import (
	"encoding/json"
	"errors"
	"time"

	"mednum/internal/access"
	"mednum/internal/census"
	"mednum/internal/place"
	"mednum/internal/sheet"
)

// State of a deposit.
type State string

const (
	Received   State = "recu"        // the file is here; its mapping is to be settled
	Reading    State = "lecture"     // being read and compared with the census
	Ready      State = "pret"        // the report is there: to be published, or not
	Held       State = "retenu"      // as Ready, of a source that refreshes itself: it shrank or moved, and a person must look
	Publishing State = "publication" // entering the census
	Published  State = "publie"
	Refused    State = "refuse"    // the file cannot be used, and Fault says why
	Abandoned  State = "abandonne" // by who gave it, or replaced by a newer one
)

// Deposit is a file that somebody gave.
type Deposit struct {
	Number       int64           `json:"numero"`
	Source       string          `json:"source"`
	File         string          `json:"fichier"` // its name, for people
	URL          string          `json:"adresse,omitempty"`
	Bytes        int64           `json:"octets"`
	State        State           `json:"etat"`
	Automatic    bool            `json:"automatique"`  // pulled by the schedule of the source
	KeyID        string          `json:"-"`            // of who gave it
	Organisation string          `json:"organisation"` // of who gave it
	Created      time.Time       `json:"cree_le"`
	Changed      time.Time       `json:"modifie_le"`
	Format       *sheet.Format   `json:"format,omitempty"`
	Columns      []string        `json:"colonnes,omitempty"`       // of the file
	Mapping      json.RawMessage `json:"correspondance,omitempty"` // null: the file has the standard's columns
	Suggestion   json.RawMessage `json:"proposition,omitempty"`    // what was proposed (mapping.Suggestion)
	Partial      bool            `json:"partiel"`                  // the file is a part of the source: withdraws nothing
	AllowRemoval bool            `json:"retraits_acceptes"`
	Busy         bool            `json:"en_cours"` // work goes on by itself: a download too, when the state is still Received
	Progress     Progress        `json:"avancement"`
	Report       *census.Report  `json:"rapport,omitempty"`
	Changes      *place.Changes  `json:"changements,omitempty"`
	Outside      int             `json:"hors_territoire"`   // places outside the territory of the key: not to be published by it
	Doubtful     int             `json:"doublons_douteux"`  // pairs that a person would have to decide
	Merged       int             `json:"doublons_certains"` // records that would join another place
	Reasons      []string        `json:"motifs,omitempty"`  // French: why it is held
	Fault        string          `json:"faute,omitempty"`   // French: why it is refused
	Steps        []Step          `json:"etapes,omitempty"`  // oldest first; not in lists
	Dropped      bool            `json:"fichier_efface"`    // the file is gone, long after the end: what was told of it stays
}

// Step is something that happened to a deposit.
type Step struct {
	At           time.Time `json:"le"`
	State        State     `json:"etat"`                   // from then on
	Organisation string    `json:"organisation,omitempty"` // who did it; "" it went on by itself
	Note         string    `json:"note,omitempty"`         // French
}

// Progress of long work.
type Progress struct {
	Step  string `json:"etape"` // French: "lecture du fichier", "comparaison", "notes" …
	Done  int64  `json:"fait"`
	Total int64  `json:"total"` // 0 unknown
}

// Change is what a deposit would do to one place.
type Change struct {
	Kind    string        `json:"genre"` // "ajoute", "modifie", "retire", "revenu", "doublon" (joins another place), "doute" (may be another place)
	ID      string        `json:"lieu,omitempty"`
	Nom     string        `json:"nom"`
	Lieu    string        `json:"commune"`
	Line    int           `json:"ligne,omitempty"`
	Fields  []FieldChange `json:"champs,omitempty"`   // of "modifie"
	With    string        `json:"avec,omitempty"`     // of a duplicate: the other place; "" where it has no identifier yet
	WithNom string        `json:"avec_nom,omitempty"` // its name
	Why     []string      `json:"indices,omitempty"`
}

// FieldChange is one field, before and after, as the standard writes them; ""
// is unknown.
type FieldChange struct {
	Column string `json:"colonne"`
	Before string `json:"avant"`
	After  string `json:"apres"`
}

// PreviewRow is a row of their file, and what a mapping makes of it.
type PreviewRow struct {
	Line     int               `json:"ligne"`
	Theirs   []string          `json:"lu"` // in the order of the file's columns
	Ours     map[string]string `json:"ecrit"`
	Left     string            `json:"ecarte,omitempty"` // French: why a filter leaves the row out
	Findings []place.Finding   `json:"constats"`
}

// Task is long work that a deposit waits for.
type Task string

const (
	Fetching Task = "telecharger"
	Read     Task = "lire"
	Publish  Task = "publier"
)

// Kept is a deposit with what is kept of it beside what is shown.
type Kept struct {
	Deposit
	Revision    int64            // another at each step
	Siren       string           // of who gave it
	Territory   access.Territory // of who gave it, or had it read
	Hash        []byte           // SHA-256 of the file; nil: it is not here yet
	Head        []sheet.Row      // its first rows
	ReportOf    []byte           // hash of the file and of the mapping that the report is of
	DataVersion int64            // of the census, when the report was made
	Lost        int              // places outside the territory that would be withdrawn or changed
	Live        int              // places of the source, when the report was made
	Task        Task             // "" none
	Attempts    int              // at the task, this one included
}

// Source is who gives files, and how its file is fetched again.
type Source struct {
	Number     int64           `json:"numero"`
	Name       string          `json:"nom"`
	Siren      string          `json:"siren,omitempty"` // of the organisation that may publish it; "" nobody claimed it
	URL        string          `json:"adresse,omitempty"`
	Every      time.Duration   `json:"-"` // 0: never by itself
	Mapping    json.RawMessage `json:"correspondance,omitempty"`
	Precedence int             `json:"rang"` // a higher one wins a field before freshness; 0 by default, 10 checked, 20 declared by the places themselves
	Places     int             `json:"lieux"`
	LastPull   time.Time       `json:"-"` // zero: never
	NextPull   time.Time       `json:"-"`
	LastState  string          `json:"dernier_tirage,omitempty"` // French: "rien de nouveau", "publié", "retenu", or what failed
	Failures   int             `json:"echecs"`                   // in a row
}

// StepOptions goes with a step.
type StepOptions struct {
	Partial      bool
	AllowRemoval bool
}

// Errors.
var (
	ErrNoDeposit = errors.New("no such deposit")
	ErrNoSource  = errors.New("no such source")
	ErrState     = errors.New("not in this state")
)

// Refusal says in French why something cannot be done now; all the reasons at once.
type Refusal struct{ Reasons []string }

func (r *Refusal) Error() string {
	text := ""
	for i, s := range r.Reasons {
		if i > 0 {
			text += " "
		}
		text += s
	}
	return text
}
