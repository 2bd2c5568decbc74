// Package ticket says what people report of places, without an account, and what
// agents make of it: kinds, states, moves and their guards, texts. It is pure: no
// input or output, no clock.
package ticket

import (
	"crypto/sha256"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"mednum/internal/access"
	"mednum/internal/place"
)

// Kind is what is reported.
type Kind string

const (
	Closed  Kind = "ferme"            // for ever
	Shut    Kind = "ferme-aujourdhui" // the doors were closed when they should not
	Hours   Kind = "horaires"
	Contact Kind = "coordonnees"
	Other   Kind = "autre"
	Change  Kind = "modification" // of given fields
	New     Kind = "nouveau-lieu"
	Claim   Kind = "revendication" // a place that publishes no address to write to
)

// kinds in the order in which the form asks.
var kinds = []struct {
	kind     Kind
	label    string // to agents, in a list
	question string // to who reports; "" is not asked
}{
	{Closed, "Lieu fermé", "Ce lieu est fermé pour toujours"},
	{Shut, "Portes closes", "Les portes étaient closes aujourd’hui"},
	{Hours, "Horaires", "Les horaires sont faux"},
	{Contact, "Téléphone ou adresse", "Le téléphone ou l’adresse est faux"},
	{Other, "Autre erreur", "Autre chose"},
	{Change, "Modification proposée", ""},
	{New, "Nouveau lieu", ""},
	{Claim, "Demande du lieu", ""},
}

// Kinds lists them all.
func Kinds() []Kind {
	out := make([]Kind, len(kinds))
	for i := range kinds {
		out[i] = kinds[i].kind
	}
	return out
}

// Label is the kind in French; itself when nobody knows it.
func (k Kind) Label() string {
	for i := range kinds {
		if kinds[i].kind == k {
			return kinds[i].label
		}
	}
	return string(k)
}

// Question is how a form asks for it; "" when it does not.
func (k Kind) Question() string {
	for i := range kinds {
		if kinds[i].kind == k {
			return kinds[i].question
		}
	}
	return ""
}

// State is how far a report has come.
type State string

const (
	Received  State = "recu"
	Taken     State = "en-cours" // an agent looks at it; the others see who
	Published State = "publie"   // the place was changed as it says
	Answered  State = "repondu"  // nothing was to be changed
	Dropped   State = "non-retenu"
	Duplicate State = "doublon" // another one says the same
)

// States lists them all.
func States() []State { return []State{Received, Taken, Published, Answered, Dropped, Duplicate} }

// Open reports whether it still has to be answered.
func (s State) Open() bool { return s == Received || s == Taken }

// Label is the state as anybody reads it.
func (s State) Label() string {
	switch s {
	case Received:
		return "Reçu"
	case Taken:
		return "En cours d’examen"
	case Published:
		return "Corrigé"
	case Answered:
		return "Répondu"
	case Dropped:
		return "Non retenu"
	case Duplicate:
		return "Déjà signalé"
	}
	return string(s)
}

const (
	TextMaximum   = 2000 // signs of what somebody writes
	CellMaximum   = 1000 // and of a value that they propose
	AnswerMaximum = 1000 // and of what an agent answers

	// MailKept is how long the address for the answer outlives it.
	MailKept = 30 * 24 * time.Hour
	// MailLongest is how long it is kept of a report that nobody answers.
	MailLongest = 365 * 24 * time.Hour
	// ClaimFor is how long a link to claim a place opens.
	ClaimFor = 3 * 24 * time.Hour
	// ClaimsOfDay is how many such links one place is sent in a day.
	ClaimsOfDay = 3
	// TakenFor is how long a report stays with who took it: beyond, they are away.
	TakenFor = 48 * time.Hour
)

// What a flood may fill, whatever its size.
const (
	VoicesFirst    = 10     // messages of one report that are kept: the first,
	VoicesLast     = 10     // and the last
	PlaceMaximum   = 10     // open reports of one place whose proposals differ
	NetworkMaximum = 20     // open reports of one network
	TownMaximum    = 50     // open new places of one commune
	Maximum        = 20_000 // open reports that a flood brought
)

// Errors of reports.
var (
	ErrNone = errors.New("no such report")
	// ErrFull: what may wait for an agent does already.
	ErrFull = errors.New("too many reports wait")
	// ErrClaim: the link is of no claim, or no longer.
	ErrClaim = errors.New("the claim is unknown, used or expired")
	// ErrClaims: enough links were sent for one day.
	ErrClaims = errors.New("too many claims of one place")
)

// Where is the place of a report, as far as it is known: who answers it.
type Where struct {
	Commune     string `json:"commune,omitempty"` // its name
	CodeInsee   string `json:"code_insee,omitempty"`
	Parent      string `json:"-"` // the city of an arrondissement
	Epci        string `json:"epci,omitempty"`
	Departement string `json:"departement,omitempty"`
	Region      string `json:"region,omitempty"`
}

// On reports whether a place there is on a territory.
func (w Where) On(t access.Territory, lieu string) bool {
	return t.Holds(lieu, w.CodeInsee, w.Epci, w.Departement, w.Region) || t.Kind == access.Commune && t.Holds("", w.Parent, "", "", "")
}

// Report is what somebody sends.
type Report struct {
	Kind     Kind
	Place    string            // our identifier; "" of a new place
	Nom      string            // of the place
	Text     string            // what they wrote
	Mail     string            // where to answer; "" nowhere
	Cells    map[string]string // what they propose, by column of the standard; "" empties
	Base     int64             // version of the data that they had read
	Where    Where
	Network  []byte // of who sends it, unreadable; nil: nobody looked
	Own      bool   // the place's own people say so
	Doubtful bool   // it came with too many others
	At       time.Time
}

// Proposable reports whether people may propose a value of a column: those that
// say who speaks, or since when, are not theirs to write.
func Proposable(column string) bool {
	switch column {
	case "id", "source", "date_maj":
		return false
	}
	_, known := place.ColumnNamed(column)
	return known
}

// Fault is one thing wrong in a report.
type Fault struct {
	Where   string // "texte", "valeurs.telephone"…
	Found   string
	Message string // French
}

// Faults tells everything that is wrong in it.
func (r *Report) Faults() (faults []Fault) {
	fault := func(where, found, message string) { faults = append(faults, Fault{where, found, message}) }
	if !slices.Contains(Kinds(), r.Kind) {
		fault("nature", string(r.Kind), "Dites ce qui ne va pas.")
	}
	for _, column := range slices.Sorted(maps.Keys(r.Cells)) {
		if !Proposable(column) {
			suggestion := "Cette colonne ne se propose pas."
			if near, ok := place.Nearest(column, proposable()); ok {
				suggestion = "Cette colonne n’existe pas. Vouliez-vous dire « " + near + " » ?"
			}
			fault("valeurs."+column, r.Cells[column], suggestion)
		}
	}
	switch {
	case r.Kind == New && r.Place != "":
		fault("lieu", r.Place, "Un nouveau lieu n’a pas encore d’identifiant : laissez ce champ vide.")
	case r.Kind == New:
		if strings.TrimSpace(r.Cells["nom"]) == "" {
			fault("valeurs.nom", "", "Écrivez le nom du lieu.")
		}
		if strings.TrimSpace(r.Cells["commune"]) == "" && (r.Cells["latitude"] == "" || r.Cells["longitude"] == "") {
			fault("valeurs.commune", "", "Écrivez la commune : nous saurons à qui le dire.")
		}
	case r.Place == "":
		fault("lieu", "", "Dites de quel lieu il s’agit.")
	case r.Kind == Change && len(r.Cells) == 0:
		fault("valeurs", "", "Rien n’est changé. Corrigez au moins une ligne.")
	case (r.Kind == Other || r.Kind == Claim) && r.Text == "" && len(r.Cells) == 0:
		fault("texte", "", "Dites en quelques mots ce qui ne va pas.")
	}
	return faults
}

func proposable() (out []string) {
	for _, c := range place.Columns {
		if Proposable(c.Name) {
			out = append(out, c.Name)
		}
	}
	return out
}

// Subject is the same for reports that say the same of the same place: open ones
// are one report, said several times.
func (r *Report) Subject() [32]byte {
	h := sha256.New()
	put := func(parts ...string) {
		for _, s := range parts {
			h.Write([]byte(s))
			h.Write([]byte{0})
		}
	}
	put(string(r.Kind), r.Place)
	if r.Kind == New {
		// Under one name in one commune: whatever else they say of it.
		put(place.Fold(r.Cells["nom"]), r.Where.CodeInsee)
		if r.Where.CodeInsee == "" {
			put(place.Fold(r.Cells["commune"]), strings.TrimSpace(r.Cells["code_postal"]))
		}
	} else {
		for _, column := range slices.Sorted(maps.Keys(r.Cells)) {
			put(column, place.Fold(strings.Join(strings.Fields(r.Cells[column]), " ")))
		}
	}
	return [32]byte(h.Sum(nil))
}

// Agent is who takes a report, or answers it: an organisation and a role, never a
// person.
type Agent struct {
	Organisation string      `json:"organisation"`
	Role         access.Role `json:"role"`
	Key          string      `json:"-"` // access.Key.ID
}

// Voice is what one person said.
type Voice struct {
	At   time.Time `json:"le"`
	Text string    `json:"texte,omitempty"`
	Own  bool      `json:"du_lieu,omitempty"`
}

// Step is one move of the report.
type Step struct {
	At    time.Time `json:"le"`
	Act   Act       `json:"etape"`
	By    Agent     `json:"par"`
	Words string    `json:"texte,omitempty"`
}

// Ticket is a report, and what became of it.
type Ticket struct {
	Number   Number
	Kind     Kind
	State    State
	Place    string // our identifier; "" of a new place that is not published yet
	Nom      string // of the place, as it was
	Where    Where
	Cells    map[string]string
	Base     int64
	Made     time.Time
	Last     time.Time // when it was said last
	Voices   int       // how many times it was said, from how many networks
	Own      bool      // the place's own people said so
	Doubtful bool
	Orphan   bool // no agent answers for this territory
	By       Agent
	Since    time.Time // when By took it
	Answer   string    // in public, once it is closed
	Closed   time.Time
	Of       Number // the one that it repeats
	Mails    int    // addresses that wait for the answer
	Said     []Voice
	Steps    []Step
}

// Urgent reports whether agents see it first: doors that two people found closed
// for ever, or that the place itself says are.
func (t Ticket) Urgent() bool {
	return t.State.Open() && t.Kind == Closed && (t.Voices > 1 || t.Own)
}

// Publishes reports whether a button alone can make the change that it asks for.
func (t Ticket) Publishes() bool {
	return t.Kind == Closed || len(t.Cells) > 0
}

// On reports whether a territory holds its place.
func (t Ticket) On(territory access.Territory) bool { return t.Where.On(territory, t.Place) }

// Keeper is since when the people of a place keep what is said of it, and when
// they last said so.
type Keeper struct {
	Since     time.Time // zero: they do not
	Confirmed time.Time // zero: not yet
}

// Query is what an agent looks at.
type Query struct {
	State    State // "": those that are open
	Kind     Kind
	Communes []string // INSEE codes; nil all
	Orphans  bool     // only those of no agent
	On       access.Territory
	At       time.Time
	After    int
	Limit    int
}

// Counts are how many there are on a territory.
type Counts struct {
	Found  int // by the query
	States map[State]int
	Kinds  map[Kind]int // open ones
	Orphan int          // open ones
	Towns  []Town       // where there are open ones, by name
}

// Town is a commune with its open reports.
type Town struct {
	Code, Nom string
	Open      int
}
