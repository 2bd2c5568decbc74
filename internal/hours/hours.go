// Package hours reads, judges and says OSM opening_hours in the conditions of
// French places: their own time zone, their own public and school holidays.
//
// It is pure: no clock, no input or output. A value that cannot be read is an
// error, never a guess; what cannot be known is Unknown, with the reason.
//
// # What a value means
//
// The grammar is that of the OpenStreetMap specification (version 0.7.2); the
// tolerances that [Parse] has beyond it are those that can be read in one way
// only, and [Hours.String] writes the exact form. Where the specification
// leaves a choice, the choice is that of the JavaScript package opening_hours,
// which the tests run as an oracle; the few differences are listed there, each
// with its reason.
//
//   - Rules are read in order. After ";" a rule that opens replaces all that the
//     rules before it said of the days that it matches; after "," it adds to
//     them; after "||" it speaks only where they leave the place closed.
//   - A rule with only a comment ("sur rendez-vous") says neither open nor
//     closed: Unknown, and the comment is kept.
//   - A weekday says nothing of public holidays: "Mo-Fr 09:00-17:00" is open on a
//     14 July that is a Tuesday. The answer is then Open and its Reason warns.
//   - A span belongs to the day on which it begins: what a holiday closes stays
//     closed past its midnight.
//   - The clock is the wall's: on the two days a year when it jumps, "02:30" may
//     not exist or come twice, and Until follows.
//   - School holidays outside the published calendars, and the sun's hours
//     (only the département is known here, not the position), are Unknown for
//     exactly those minutes where it matters.
package hours

import (
	"math/bits"
	"time"
	_ "time/tzdata" // a bare machine has no zone files, and an overseas place judged in UTC is wrong
)

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
	Until   time.Time // when State changes next, in the zone's clock; zero when it never does within five years, or cannot be known
	Next    State     // what State becomes at Until
}

// Hours is a parsed value. It is immutable and safe for concurrent use.
type Hours struct {
	rules []rule
	cost  int     // how many selectors and spans there are, dates weighing more
	cuts  []int16 // every minute of a day at which some rule may begin or end, ascending

	wraps  bool // some span runs past midnight: yesterday matters
	school bool // SH is named
	public bool // PH is named
	sun    bool // sunrise and the like are named
	weekly bool // every week is like the last one: only plain weekdays and times
}

const (
	maxText    = 2048 // bytes; OSM itself stops at 255 characters
	maxRules   = 128  // the width of a set
	horizon    = 5 * 366
	workBudget = 1_000_000 // selectors and spans, by weight, that a search for the next change may look at, ≈ 10 ms: only hostile values come near
)

// set is a set of rules by their number.
type set [maxRules / 64]uint64

func (s *set) add(i int)      { s[i>>6] |= 1 << (i & 63) }
func (s *set) has(i int) bool { return s[i>>6]&(1<<(i&63)) != 0 }

// dropBelow removes the rules before i.
func (s *set) dropBelow(i int) {
	for w := range s {
		switch {
		case i >= (w+1)*64:
			s[w] = 0
		case i > w*64:
			s[w] &^= 1<<(i-w*64) - 1
		}
	}
}

// plan is what decides every minute of one day: the rules that speak of the
// day itself, and those of the day before whose spans may run into it.
type plan struct {
	today, night set
}

// plans is one plan, or one for each way in which what is not known (is that
// day, is its eve, a school holiday?) may turn out.
type plans struct {
	list [4]plan
	n    int
}

// empty says that no rule speaks of the day: it is closed throughout.
func (p *plans) empty() bool {
	return p.n == 1 && p.list[0] == plan{}
}

// verdict is the state of one minute and the rule that decides it (-1: none).
type verdict struct {
	state State
	rule  int16
	cause cause
}

type cause uint8

const (
	byRule    cause = iota
	byOpenEnd       // past the last hour that is written
	bySchool        // the calendar of school holidays is not known
	bySun           // the sun's hour there is not known
)

// planOf fills p for the day.
func (h *Hours) planOf(p *plans, day int, z Zone) {
	p.n = 0
	d := dayAt(day, z)
	if !h.wraps && !h.school {
		h.fill(&p.list[0], &d, nil)
		p.n = 1
		return
	}
	var eve *date
	if h.wraps {
		e := dayAt(day-1, z)
		eve = &e
	}
	guessDay := h.school && d.schoolState(z) == Unknown
	guessEve := h.school && eve != nil && eve.schoolState(z) == Unknown
	for bit := range 4 {
		if bit&1 != 0 && !guessDay || bit&2 != 0 && !guessEve {
			continue
		}
		if guessDay {
			d.school = guess(bit&1 != 0)
		}
		if guessEve {
			eve.school = guess(bit&2 != 0)
		}
		h.fill(&p.list[p.n], &d, eve)
		p.n++
	}
}

func guess(b bool) State {
	if b {
		return Open
	}
	return Closed
}

// fill makes the plan of a day whose every condition is settled. eve is nil
// where no span runs past midnight.
func (h *Hours) fill(p *plan, d, eve *date) {
	*p = plan{}
	last := 0
	for i := range h.rules {
		r := &h.rules[i]
		if r.matches(d) {
			p.today.add(i)
			if r.replaces {
				last = i
			}
		}
	}
	if eve != nil {
		// Yesterday's spans live on only where yesterday itself let them begin.
		lastEve := 0
		for i := range h.rules {
			r := &h.rules[i]
			if !r.matches(eve) {
				continue
			}
			if r.replaces || r.state == Closed && r.allDay && r.sep != fallback {
				lastEve = i
			}
			if r.wraps {
				p.night.add(i)
			}
		}
		p.night.dropBelow(lastEve)
		p.night.dropBelow(last)
	}
	p.today.dropBelow(last)
}

// minute judges one minute (0 to 1439) of a day.
func (h *Hours) minute(p *plans, m int, z Zone) verdict {
	v := h.minuteOf(&p.list[0], m, z)
	for i := 1; i < p.n; i++ {
		if w := h.minuteOf(&p.list[i], m, z); w.state != v.state {
			return verdict{state: Unknown, rule: w.rule, cause: bySchool}
		}
	}
	return v
}

func (h *Hours) minuteOf(p *plan, m int, z Zone) verdict {
	v := verdict{state: Closed, rule: -1}
	for w := range p.today {
		for s := p.today[w] | p.night[w]; s != 0; s &= s - 1 {
			i := w<<6 + bits.TrailingZeros64(s)
			r := &h.rules[i]
			if p.today.has(i) {
				v = r.apply(v, i, m, z)
			}
			if p.night.has(i) {
				v = r.apply(v, i, m+dayMinutes, z)
			}
		}
	}
	return v
}

// apply is what the rule makes of the verdict of the rules before it.
func (r *rule) apply(v verdict, i, m int, z Zone) verdict {
	if r.sep == fallback && v.state != Closed {
		return v
	}
	if len(r.times) == 0 {
		if m >= dayMinutes {
			return v
		}
		return verdict{state: r.state, rule: int16(i)}
	}
	for k := range r.times {
		s := &r.times[k]
		switch s.covers(m, z) {
		case yes:
			if s.openEnd && r.state != Closed {
				v = verdict{state: Unknown, rule: int16(i), cause: byOpenEnd}
				continue // a span of the same rule may be surer
			}
			return verdict{state: r.state, rule: int16(i)}
		case maybe:
			if v.state != r.state {
				v = verdict{state: Unknown, rule: int16(i), cause: bySun}
			}
		}
	}
	return v
}

// At judges the instant t. It allocates nothing.
func (h *Hours) At(t time.Time, z Zone) Answer {
	if h == nil || len(h.rules) == 0 {
		return Answer{State: Unknown, Reason: "horaires non renseignés"}
	}
	local := t.In(z.Location())
	_, offset := local.Zone()
	day, m := wall(t, offset)
	var p plans
	h.planOf(&p, day, z)
	v := h.minute(&p, m, z)
	a := h.answer(v, day, z)
	a.Until, a.Next = h.until(local, day, m, v.state, &p, z)
	return a
}

// StateAt is the State of At alone, several times faster.
func (h *Hours) StateAt(t time.Time, z Zone) State {
	if h == nil || len(h.rules) == 0 {
		return Unknown
	}
	_, offset := t.In(z.Location()).Zone()
	day, m := wall(t, offset)
	var p plans
	h.planOf(&p, day, z)
	return h.minute(&p, m, z).state
}

// wall gives the day and the minute that a clock offset seconds from UTC shows.
func wall(t time.Time, offset int) (day, minute int) {
	seconds := t.Unix() + int64(offset)
	day = int(seconds / 86400)
	rest := int(seconds % 86400)
	if rest < 0 {
		day--
		rest += 86400
	}
	return day, rest / 60
}

// answer puts a verdict in words.
func (h *Hours) answer(v verdict, day int, z Zone) Answer {
	a := Answer{State: v.state}
	var r *rule
	if v.rule >= 0 {
		r = &h.rules[v.rule]
		a.Comment = r.comment
	}
	switch v.cause {
	case byOpenEnd:
		a.Reason = "l’heure de fermeture n’est pas précisée"
		return a
	case bySchool:
		a.Comment = ""
		a.Reason = z.row().schoolUnknown
		return a
	case bySun:
		a.Reason = "dépend de l’heure du soleil à cet endroit"
		return a
	}
	switch {
	case v.state == Unknown && r.comment != "":
		a.Reason = r.commentReason
	case v.state == Unknown:
		a.Reason = "horaires indiqués comme incertains"
	case r != nil && r.namesHoliday():
		d := dayAt(day, z)
		a.Reason = r.holidayReason(&d, z)
	case v.state == Open && !h.public:
		d := dayAt(day, z)
		if i := d.publicHoliday(z); i >= 0 {
			a.Reason = holidays[i].warning
		}
	}
	return a
}

// until finds when the state next differs from the one given, which is that of
// minute m of day.
func (h *Hours) until(local time.Time, day, m int, state State, p *plans, z Zone) (time.Time, State) {
	if len(h.cuts) == 0 {
		return time.Time{}, Unknown
	}
	_, offset := local.Zone()
	_, end := local.ZoneBounds() // end is zero where the zone's clock never jumps again
	jump := int64(1<<63 - 1)
	if !end.IsZero() {
		jump = end.Unix()
	}
	loc := local.Location()
	work := 0
	from := m + 1 // the first minute of the wall clock not yet looked at
	calm := false // all of the day before was looked at, and its state is this one
	var before plans
	for first := day; day < first+horizon; day++ {
		if day != first {
			before = *p
			h.planOf(p, day, z)
		}
		same := calm && *p == before
		calm = from == 0
		start := int64(day) * 86400
		// The day in pieces of constant offset: one, or two where the clock jumps.
		for {
			last := dayMinutes
			jumps := start+dayMinutes*60-int64(offset) > jump
			if jumps {
				last = int((jump + int64(offset) - start + 59) / 60)
				calm = false
			}
			if jumps || !same && !(state == Closed && p.empty()) {
				for _, c := range h.cuts {
					if int(c) < from {
						continue
					}
					if int(c) >= last {
						break
					}
					work += h.cost
					if next := h.minute(p, int(c), z).state; next != state {
						return time.Unix(start+int64(c)*60-int64(offset), 0).In(loc), next
					}
				}
			}
			from = 0
			if !jumps {
				break
			}
			at := time.Unix(jump, 0).In(loc)
			_, offset = at.Zone()
			now := int(jump+int64(offset)-start) / 60
			_, end = at.ZoneBounds()
			if !end.IsZero() && end.Unix() > jump { // tens of thousands of years away, the bounds stand still
				jump = end.Unix()
			} else {
				jump = 1<<63 - 1
			}
			if now >= dayMinutes {
				from = now - dayMinutes // the clock jumped over the rest of the day
				break
			}
			if next := h.minute(p, now, z).state; next != state {
				return at, next
			}
			from = now + 1
		}
		work += h.cost
		if work > workBudget || h.weekly && day > first+16 {
			return time.Time{}, Unknown
		}
	}
	return time.Time{}, Unknown
}
