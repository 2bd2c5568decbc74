// Package place says what a place of digital mediation is: the 32 columns of
// the national standard "Lieux de médiation numérique" (Table Schema
// standard-mediation-num 1.0.2), their closed vocabularies, how a cell is read
// (forgiving) and written (exact), and what is said of it (findings).
//
// It is pure: no input or output, no clock. A value that exists is valid; what
// is unknown is the zero value, never a placeholder.
package place

import "time"

// Place is a cleaned record of the standard. The names are the standard's.
// A zero field is unknown, except PublicsSpecifiquementAdresses, whose empty
// (non-nil) list means "everybody".
type Place struct {
	ID                            string // the producer's own identifier
	Pivot                         string // SIRET, RNA or RIDET, or for want of better a SIREN; "" when unknown or a placeholder
	Nom                           string
	Commune                       string
	CodePostal                    string
	CodeInsee                     string
	Adresse                       string
	ComplementAdresse             string
	Position                      Position // latitude and longitude
	Typologie                     []string
	Telephone                     string
	Courriels                     []string
	SiteWeb                       []string
	Horaires                      string // OSM opening_hours, or the text as found
	PresentationResume            string
	PresentationDetail            string
	Source                        string
	Itinerance                    []string
	StructureParente              string
	DateMaj                       Date
	Services                      []string
	PublicsSpecifiquementAdresses []string
	PriseEnChargeSpecifique       []string
	FraisACharge                  []string
	DispositifProgrammesNationaux []string
	FormationsLabels              []string
	AutresFormationsLabels        []string
	ModalitesAcces                []string
	ModalitesAccompagnement       []string
	FicheAccesLibre               string
	PriseRdv                      string
}

// Record is a place as one row of a source's file gave it.
type Record struct {
	Place
	Key         string            // what identifies the record in its source: the id, or one made of the content when the id is missing or repeated
	Line        int               // line of the file where the row begins, 1 being the header
	Raw         map[string]string // non-empty cells by column name, exactly as found
	Absent      []string          // columns that the file's schema does not have: unknown, not empty
	Departement string            // code of the département ("01", "2A", "974"), "" when unknown
	Doubt       string            // French sentence: why the position is doubtful; "" when nothing says so
	Precision   Precision         // of Position; "" when it is unknown
	Approximate Position          // where Position is unknown: the middle of the commune, for want of better. It is on the map and in distances, never in the standard's columns nor in scores
	Defaults    []string          // columns that hold what the source says of all its places, not of this one; sorted
	Findings    []Finding
}

// Precision says what a position is of.
type Precision string

const (
	Given     Precision = "donnee"  // the source's own coordinates
	AtNumber  Precision = "adresse" // the address search's: the number in the street
	AtStreet  Precision = "voie"    // the address search's: the street, or a named place
	AtCommune Precision = "commune" // the middle of the commune
)

// Address is what an address search is asked.
type Address struct {
	Adresse    string
	CodePostal string
	Commune    string
	CodeInsee  string
}

// Located is what it answers. An unknown position: nothing good enough.
type Located struct {
	Position  Position
	Precision Precision
	Score     float64 // from 0 to 1
	Label     string  // the address that was found
	CodeInsee string
}

// Severity tells what a finding means for the record.
type Severity string

const (
	Blocking  Severity = "blocking"  // the record cannot be used and is kept apart
	Warning   Severity = "warning"   // something is wrong or missing; the record is kept
	Corrected Severity = "corrected" // read otherwise than written, and the raw value kept
)

// Finding is one thing said about one cell.
type Finding struct {
	Severity Severity `json:"severity"`
	Code     string   `json:"code"`              // stable, for programs: "position_swapped"
	Field    string   `json:"field"`             // column of the standard
	Column   string   `json:"colonne,omitempty"` // of the file, where it has another name there
	Line     int      `json:"line"`              // 1 is the header
	Found    string   `json:"found"`             // as in the file
	Made     string   `json:"made,omitempty"`    // what was made of it; "" when nothing was kept
	Message  string   `json:"message"`           // French, for people: what is wrong and what to write
}

// Date is a day without time zone. The zero Date is unknown.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// Known reports whether d is a real day.
func (d Date) Known() bool { return d != Date{} }
