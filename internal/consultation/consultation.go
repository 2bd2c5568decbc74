// Package consultation is how a version of the référentiel comes to be: its
// life from draft to replacement, the remontées of the collectivités, the
// contests of a score, and the log of all that. It is pure: it says what may
// happen and what it makes; the clock is an argument, storage is elsewhere.
package consultation

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"mednum/internal/access"
	"mednum/internal/place"
)

// State of a version.
type State string

const (
	Brouillon         State = "BROUILLON"
	EnConsultation    State = "EN_CONSULTATION"
	Arbitrage         State = "ARBITRAGE"
	SimulationValidee State = "SIMULATION_VALIDEE"
	Publiee           State = "PUBLIEE"
	Remplacee         State = "REMPLACEE"
	Abandonnee        State = "ABANDONNEE"
)

// Version is a version of the référentiel and where it is in its life.
type Version struct {
	Version       string          `json:"version"`
	State         State           `json:"etat"`
	Hash          string          `json:"hash"` // SHA-256 of the canonical document, hexadecimal
	Document      json.RawMessage `json:"document,omitempty"`
	Parent        string          `json:"parent,omitempty"` // the version that it was forked from
	Author        Party           `json:"auteur"`
	Created       time.Time       `json:"cree_le"`
	Changed       time.Time       `json:"modifie_le"`
	Opened        time.Time       `json:"consultation_ouverte_le,omitzero"`
	Closes        time.Time       `json:"consultation_close_le,omitzero"` // 30 days after Opened, at least
	Published     time.Time       `json:"publie_le,omitzero"`
	Effective     place.Date      `json:"-"`
	Justification string          `json:"justification,omitempty"` // where a simulation is beyond the thresholds
	Approvals     []Approval      `json:"approbations"`
}

// Party is an organisation in public: never a person.
type Party struct {
	Organisation string      `json:"organisation"`
	Siren        string      `json:"siren,omitempty"`
	Role         access.Role `json:"role"`
	Key          string      `json:"-"` // public part of the key, for the log
}

type Approval struct {
	By   Party     `json:"par"`
	At   time.Time `json:"le"`
	Vote string    `json:"vote"` // "pour", "contre"
	Note string    `json:"motif,omitempty"`
}

// Kind of a remontée.
type Kind string

const (
	Commentaire        Kind = "commentaire"
	ProposeCritere     Kind = "proposition-critere"
	ProposeParametre   Kind = "proposition-parametre" // a weight, a threshold
	Soutien            Kind = "soutien"
	Opposition         Kind = "opposition"
	EffetTerritorial   Kind = "effet-territorial"
	PieceJustificative Kind = "preuve"
)

// Decision on a remontée: each has a public written reason.
type Decision string

const (
	Retenue    Decision = "retenue"
	Partielle  Decision = "partielle"
	NonRetenue Decision = "non-retenue"
	Reportee   Decision = "reportee"
)

// Remontee is what an organisation says about a version, in public.
type Remontee struct {
	Number    int64           `json:"numero"`
	Version   string          `json:"version"`
	Kind      Kind            `json:"nature"`
	Critere   string          `json:"critere,omitempty"` // code; "" about the whole
	About     int64           `json:"sur,omitempty"`     // the remontée that a soutien or an opposition is about; 0: the criterion or the version
	Text      string          `json:"texte"`
	Proposal  json.RawMessage `json:"proposition,omitempty"` // a Critere, or {"chemin": "poids", "valeur": 4}
	Territory string          `json:"territoire,omitempty"`  // code of the département of an effet-territorial
	Evidence  string          `json:"piece,omitempty"`       // an address
	By        Party           `json:"par"`
	At        time.Time       `json:"le"`
	For       int             `json:"pour"`   // organisations
	Against   int             `json:"contre"` // organisations
	Decision  Decision        `json:"decision,omitempty"`
	Reason    string          `json:"motif,omitempty"`
	Decided   time.Time       `json:"decide_le,omitzero"`
	Decider   *Party          `json:"decide_par,omitempty"`
}

// Ground of a contest.
type Ground string

const (
	Donnee Ground = "donnee" // the record: corrected and scored again at once
	Preuve Ground = "preuve"
	Regle  Ground = "regle" // becomes a remontée
)

// ContestState: DEPOSEE → ACCUSEE (2 working days) → DECIDEE (30 days) →
// APPEL (one, to somebody else) → CLOSE.
type ContestState string

const (
	Deposee ContestState = "DEPOSEE"
	Accusee ContestState = "ACCUSEE"
	Decidee ContestState = "DECIDEE"
	Appel   ContestState = "APPEL"
	Close   ContestState = "CLOSE"
	// Reponse is only of a Step: the right of reply, which changes no state.
	Reponse ContestState = "REPONSE"
)

// Contest of a criterion's result for a place.
type Contest struct {
	Number  int64        `json:"numero"`
	Lieu    string       `json:"lieu"` // our identifier
	Critere string       `json:"critere"`
	Ground  Ground       `json:"motif"`
	Text    string       `json:"texte"`
	By      Party        `json:"par"`
	At      time.Time    `json:"le"`
	State   ContestState `json:"etat"`
	Due     time.Time    `json:"echeance,omitzero"` // of the next step
	Steps   []Step       `json:"etapes"`

	Remontee int64 `json:"remontee,omitempty"` // what a contest of a rule became
}

// Step of a contest: what was done, by whom, with what reason; the right of
// reply is one.
type Step struct {
	State   ContestState `json:"etat"`
	By      Party        `json:"par"`
	At      time.Time    `json:"le"`
	Text    string       `json:"texte"`
	Granted *bool        `json:"accueillie,omitempty"` // of a decision
}

// Entry of the log. Hash = SHA-256 of the canonical JSON of the others; a
// changed, missing or inserted entry breaks the chain where it is.
type Entry struct {
	Number   int64           `json:"numero"`
	At       time.Time       `json:"le"`
	Kind     string          `json:"fait"`  // "version-forkee", "etat-change", …
	Subject  string          `json:"objet"` // a version, "remontee 12", "contestation 3"
	By       Party           `json:"par"`
	Key      string          `json:"cle,omitempty"`
	Payload  json.RawMessage `json:"contenu"`
	Previous string          `json:"precedent"` // hexadecimal; 64 zeros for the first
	Hash     string          `json:"hash"`
}

// Move is a step asked of a version.
type Move struct {
	To        State
	Reason    string     // public
	Closes    time.Time  // of the consultation; zero: 30 days from now
	Effective place.Date // of a publication
}

// What is asked for and is not there, or not as it was.
var (
	ErrNoVersion    = errors.New("no such version")
	ErrNoRemontee   = errors.New("no such remontée")
	ErrNoContest    = errors.New("no such contest")
	ErrNoSimulation = errors.New("no simulation")
	ErrChanged      = errors.New("changed meanwhile")
)

// Refusal is what a guard says: every reason at once, in French.
type Refusal struct{ Reasons []string }

func (r *Refusal) Error() string { return strings.Join(r.Reasons, " ; ") }
