package hours

import "time"

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
