package ticket

import (
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"mednum/internal/access"
)

// Act is what an agent does with a report.
type Act string

const (
	Take    Act = "prendre"
	Release Act = "rendre"
	Publish Act = "publier"
	Reply   Act = "repondre"
	Drop    Act = "ecarter"
	Repeat  Act = "doublon"
	Reopen  Act = "rouvrir"
)

// Acts lists them all.
func Acts() []Act { return []Act{Take, Release, Publish, Reply, Drop, Repeat, Reopen} }

// Label is what was done, as a history says it.
func (a Act) Label() string {
	switch a {
	case Take:
		return "Pris en charge"
	case Release:
		return "Rendu"
	case Publish:
		return "Publié"
	case Reply:
		return "Répondu sans changement"
	case Drop:
		return "Non retenu"
	case Repeat:
		return "Dit déjà signalé"
	case Reopen:
		return "Rouvert"
	}
	return string(a)
}

// Move is one act with its words.
type Move struct {
	Act   Act
	Words string  // the answer, in public; of a reopening, why
	Of    *Ticket // of Repeat: the other one
	Place string  // of Publish: the place that a new one became; "" the same
	// Trusted: of Publish, by who reports it and may correct the place themselves.
	Trusted bool
}

// Refusal is why a move cannot be made: every reason at once, in French.
type Refusal struct{ Reasons []string }

func (r *Refusal) Error() string { return strings.Join(r.Reasons, " ") }

// ErrHeld: another agent has it. The error is a *Refusal too.
var ErrHeld = errors.New("another agent has it")

type held struct{ Refusal }

func (h *held) Unwrap() []error { return []error{ErrHeld, &h.Refusal} }

// HeldBy says who has the report, when that is another than a key; "" when it is
// free to be taken.
func (t Ticket) HeldBy(key string, at time.Time) string {
	if t.State == Taken && t.By.Key != key && at.Before(t.Since.Add(TakenFor)) {
		return t.By.Organisation
	}
	return ""
}

// Move makes a move, or says why not: *Refusal, *access.Denial, or
// access.ErrForbidden outside of the territory. A move already made by the same
// agent changes nothing: moved is then false.
func (t *Ticket) Move(m Move, by access.Key, at time.Time) (moved bool, err error) {
	may := access.Handle
	if m.Trusted && m.Act == Publish {
		may = access.Amend
	}
	if err := by.Check(may, at); err != nil {
		return false, err
	}
	if !t.On(by.Territory) {
		return false, access.ErrForbidden
	}
	m.Words = strings.TrimSpace(m.Words)
	if who := t.HeldBy(by.ID, at); who != "" {
		return false, &held{Refusal{[]string{who + " s’occupe déjà de ce signalement. Attendez sa réponse, ou écrivez-lui."}}}
	}
	mine := t.State == Taken && t.By.Key == by.ID
	var reasons []string
	refuse := func(reason string) { reasons = append(reasons, reason) }
	if n := utf8.RuneCountInString(m.Words); n > AnswerMaximum {
		refuse("Votre réponse est trop longue : 1 000 signes au plus.")
	}
	switch {
	case m.Act == Reopen && t.State.Open():
		refuse("Ce signalement est déjà ouvert.")
	case m.Act != Reopen && !t.State.Open():
		refuse("Ce signalement a déjà sa réponse. Rouvrez-le d’abord.")
	case m.Act == Release && !mine && t.State != Taken:
		refuse("Personne ne s’occupe de ce signalement.")
	}
	switch m.Act {
	case Take, Release, Publish, Reopen:
	case Reply:
		if m.Words == "" {
			refuse("Écrivez votre réponse : elle sera publique.")
		}
	case Drop:
		if m.Words == "" {
			refuse("Dites pourquoi vous ne le retenez pas : ce sera public.")
		}
	case Repeat:
		switch {
		case m.Of == nil:
			refuse("Écrivez le numéro du premier signalement.")
		case m.Of.Number == t.Number:
			refuse("C’est le numéro de ce signalement. Écrivez celui de l’autre.")
		case m.Of.State == Duplicate:
			refuse("Le signalement " + m.Of.Number.String() + " en répète lui-même un autre. Écrivez le numéro du premier.")
		case m.Of.Place != t.Place:
			refuse("Le signalement " + m.Of.Number.String() + " parle d’un autre lieu.")
		}
	default:
		refuse("Cette étape n’existe pas.")
	}
	if len(reasons) > 0 {
		return false, &Refusal{reasons}
	}
	me := Agent{by.Organisation, by.Role, by.ID}
	switch m.Act {
	case Take:
		if mine {
			return false, nil
		}
		t.State, t.By, t.Since = Taken, me, at
	case Release:
		t.State, t.By, t.Since = Received, Agent{}, time.Time{}
	case Reopen:
		t.State, t.By, t.Since = Received, Agent{}, time.Time{}
		t.Answer, t.Closed, t.Of = "", time.Time{}, ""
	default:
		if !mine {
			t.By, t.Since = me, at
		}
		t.Answer, t.Closed = m.Words, at
		switch m.Act {
		case Publish:
			t.State = Published
			if m.Place != "" {
				t.Place = m.Place
			}
		case Reply:
			t.State = Answered
		case Drop:
			t.State = Dropped
		case Repeat:
			t.State, t.Of = Duplicate, m.Of.Number
		}
	}
	t.Steps = append(t.Steps, Step{at, m.Act, me, m.Words})
	return true, nil
}
