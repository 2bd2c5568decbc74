// Package hours reads, judges and says OSM opening_hours in the conditions of
// French places: their own time zone, their own public and school holidays.
//
// It is pure: no clock, no input or output. A value that cannot be read is an
// error, never a guess; what cannot be known is Unknown, with the reason.
package hours

import "time"

// State is what is known of a place at an instant.
type State int

const (
	Unknown State = iota
	Open
	Closed
)

// Answer is a state with what explains it.
type Answer struct {
	State   State
	Comment string    // the comment of the rule that applies ("sur rendez-vous"), as written
	Reason  string    // French: why unknown, or which rule decides ("jour férié : 14 juillet"); may be ""
	Until   time.Time // when the answer changes next; zero when it never does within the horizon, or cannot be known
}

// Hours is a parsed value. It is immutable and safe for concurrent use.
type Hours struct{}

// Parse reads an opening_hours value. The error is a *SyntaxError.
func Parse(s string) (*Hours, error) { return nil, &SyntaxError{Text: s} }

// SyntaxError says where and why a value cannot be read.
type SyntaxError struct {
	Text    string
	Offset  int    // in bytes
	Message string // French: what was found and what to write
}

func (e *SyntaxError) Error() string { return e.Message }

// Zone is where a place lives: its clock, its public holidays, its school holidays.
type Zone struct{}

// ZoneOf gives the zone of a département's or collectivité's code ("01",
// "2A", "57", "974", "988"). An unknown code gets metropolitan France.
func ZoneOf(departement string) Zone { return Zone{} }

// Key is the same for two zones exactly when every answer in them is the
// same; it is short and stable ("metropole-A", "974").
func (z Zone) Key() string { return "" }

// ZoneFromKey is the inverse of Key.
func ZoneFromKey(key string) (Zone, bool) { return Zone{}, false }

// Location is the zone's clock.
func (z Zone) Location() *time.Location { return time.UTC }

// At judges the instant t.
func (h *Hours) At(t time.Time, z Zone) Answer { return Answer{} }

// Describe says the value in French, a sentence or a line a rule.
func (h *Hours) Describe() []string { return nil }

// Week is the table of the seven days from the day of monday on, holidays of
// that very week included.
func (h *Hours) Week(monday time.Time, z Zone) [7]Day { return [7]Day{} }

// Day is a line of the week's table.
type Day struct {
	Date    time.Time // midnight where the place is
	Spans   []Span    // in order; empty and not Unknown: closed
	Unknown string    // French reason when the day cannot be known, else ""
	Note    string    // French: "jour férié : Assomption", "sur rendez-vous"
}

// Span is an opening within a day, in minutes since midnight. To may exceed
// 24*60 (past midnight).
type Span struct {
	From, To int
	State    State // Open, or Unknown ("sur rendez-vous")
	Comment  string
}

// WeeklyMinutes is how long the place is open in an ordinary week (no
// holidays, mean of odd and even weeks, of the year's seasons); false when it
// cannot be known.
func (h *Hours) WeeklyMinutes() (int, bool) { return 0, false }
