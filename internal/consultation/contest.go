package consultation

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"mednum/internal/access"
	"mednum/internal/quality"
)

// Label is the state in French, as after "la contestation est …".
func (s ContestState) Label() string {
	switch s {
	case Deposee:
		return "déposée"
	case Accusee:
		return "à l’étude"
	case Decidee:
		return "décidée"
	case Appel:
		return "en appel"
	case Close:
		return "close"
	case Reponse:
		return "droit de réponse"
	}
	return string(s)
}

// Label is the ground in French.
func (g Ground) Label() string {
	switch g {
	case Donnee:
		return "une donnée de la fiche"
	case Preuve:
		return "une preuve"
	case Regle:
		return "une règle du référentiel"
	}
	return string(g)
}

// UnderReview tells whether the result is in doubt meanwhile: its criterion
// counts half as sure.
func (c *Contest) UnderReview() bool {
	return c.State == Deposee || c.State == Accusee || c.State == Appel
}

// Open makes a contest of what somebody sends, or says why not: an
// *access.Denial or quality.Faults. held tells whether the place is on the key's
// territory. A contest of a rule is no doubt about the place: it is closed at
// once, and the caller makes a remontée of it (BecomeRemontee).
func Open(c Contest, criteres []string, held bool, by access.Key, at time.Time) (Contest, error) {
	at = Instant(at)
	if err := onTerritory(by, access.Contest, held, at); err != nil {
		return Contest{}, err
	}
	c.Critere, c.Text, c.Ground = strings.TrimSpace(c.Critere), strings.TrimSpace(c.Text), Ground(strings.TrimSpace(string(c.Ground)))
	var faults quality.Faults
	if !slices.Contains(criteres, c.Critere) {
		faults = append(faults, quality.Fault{Where: "critere", Found: cut(c.Critere), Message: "Le référentiel en vigueur n’a pas ce critère." + near(c.Critere, criteres)})
	}
	if grounds := []string{string(Donnee), string(Preuve), string(Regle)}; !slices.Contains(grounds, string(c.Ground)) {
		faults = append(faults, quality.Fault{Where: "motif", Found: cut(string(c.Ground)), Message: "Dites ce que vous contestez : " + strings.Join(grounds, ", ") + "." + near(string(c.Ground), grounds)})
	}
	faults = append(faults, textFaults(c.Text)...)
	if len(faults) > 0 {
		return Contest{}, faults
	}
	c.By, c.At, c.State, c.Steps, c.Number, c.Remontee = PartyOf(by), at, Deposee, nil, 0, 0
	c.Due = afterWorkingDays(at, acknowledgeDays)
	if c.Ground == Regle {
		c.State, c.Due = Close, time.Time{}
	}
	return c, nil
}

// BecomeRemontee makes the remontée of a contest of a rule, on a version under
// consultation; "" is the next draft.
func (c *Contest) BecomeRemontee(version string) Remontee {
	return Remontee{Version: version, Kind: Commentaire, Critere: c.Critere, Text: c.Text, By: c.By, At: c.At}
}

func textFaults(text string) quality.Faults {
	switch n := utf8.RuneCountInString(text); {
	case !legible(text):
		return quality.Faults{{Where: "texte", Message: illegible}}
	case n < 10:
		return quality.Faults{{Where: "texte", Found: text, Message: "Écrivez pourquoi, en une phrase : au moins 10 lettres."}}
	case n > longestText:
		return quality.Faults{{Where: "texte", Found: cut(text), Message: tooLong("Le texte", text)}}
	}
	return nil
}

func onTerritory(by access.Key, op access.Operation, held bool, at time.Time) error {
	if err := by.Check(op, at); err != nil {
		return err
	}
	if !held {
		return &access.Denial{Reason: "Ce lieu n’est pas sur votre territoire.", Err: access.ErrForbidden}
	}
	return nil
}

// Step takes a contest further, or says why not: an *access.Denial, a *Refusal
// or quality.Faults. held tells whether the place is on the key's territory.
//
//	ACCUSEE  by who decides: received, under study
//	DECIDEE  by who decides, not the organisation that contests
//	APPEL    by the organisation that contests, once, within 30 days
//	CLOSE    of an appeal: by an organisation other than the one that decided
//	         first; else by the organisation that contests, which withdraws or
//	         accepts, or by who decides once the delay of appeal has passed
//	REPONSE  by the place, its territory or who contests, while it is not closed
func (c Contest) Step(s Step, held bool, by access.Key, at time.Time) (Contest, error) {
	at = Instant(at)
	if err := by.Valid(at); err != nil {
		return Contest{}, err
	}
	party := PartyOf(by)
	theirs := c.By.same(party)
	judge := by.Check(access.Judge, at)
	s.Text = strings.TrimSpace(s.Text)
	next := c
	var reasons []string
	refuse := func(format string, args ...any) { reasons = append(reasons, fmt.Sprintf(format, args...)) }
	from := func(states ...ContestState) {
		if !slices.Contains(states, c.State) {
			refuse("La contestation n° %d est %s : cette étape n’est pas possible.", c.Number, c.State.Label())
		}
	}
	wantText, wantGranted := true, false
	switch s.State {
	case Accusee:
		if judge != nil {
			return Contest{}, judge
		}
		from(Deposee)
		wantText = false
		next.State, next.Due = Accusee, afterDays(c.At, decideDays)
	case Decidee:
		if judge != nil {
			return Contest{}, judge
		}
		from(Deposee, Accusee)
		if theirs {
			refuse("Votre organisation conteste : une autre décide.")
		}
		wantGranted = true
		next.State, next.Due = Decidee, afterDays(at, appealDays)
	case Appel:
		if err := onTerritory(by, access.Contest, held, at); err != nil {
			return Contest{}, err
		}
		from(Decidee)
		if !theirs {
			refuse("Seule l’organisation qui conteste fait appel.")
		}
		if c.State == Decidee && !at.Before(c.Due) {
			refuse("Le délai d’appel est passé depuis le %s.", DayOf(c.Due).French())
		}
		next.State, next.Due = Appel, afterDays(at, decideDays)
	case Close:
		if theirs && by.Check(access.Contest, at) == nil {
			from(Deposee, Accusee, Decidee, Appel)
			wantText = false
		} else {
			if judge != nil {
				return Contest{}, judge
			}
			from(Decidee, Appel)
			if theirs {
				refuse("Votre organisation conteste : une autre décide.")
			}
			switch c.State {
			case Appel:
				wantGranted = true
				if first := c.decision(); first != nil && (first.By.same(party) || first.By.Key != "" && first.By.Key == party.Key) {
					refuse("Votre organisation a rendu la première décision : une autre tranche l’appel.")
				}
			case Decidee:
				wantText = false
				if at.Before(c.Due) {
					refuse("Le délai d’appel court jusqu’au %s inclus : la contestation se clôt après.", DayOf(c.Due.Add(-1)).French())
				}
			}
		}
		next.State, next.Due = Close, time.Time{}
	case Reponse:
		if !theirs {
			if err := onTerritory(by, access.Declare, held, at); err != nil {
				return Contest{}, err
			}
		}
		from(Deposee, Accusee, Decidee, Appel)
	default:
		names := []string{string(Accusee), string(Decidee), string(Appel), string(Close), string(Reponse)}
		return Contest{}, quality.Faults{{Where: "etat", Found: cut(string(s.State)), Message: "Écrivez l’une de : " + strings.Join(names, ", ") + "." + near(string(s.State), names)}}
	}
	var faults quality.Faults
	if wantText || s.Text != "" {
		faults = textFaults(s.Text)
	}
	if wantGranted && s.Granted == nil {
		faults = append(faults, quality.Fault{Where: "accueillie", Message: "Dites si la contestation est accueillie : true ou false."})
	}
	switch {
	case len(reasons) > 0:
		return Contest{}, &Refusal{reasons}
	case len(faults) > 0:
		return Contest{}, faults
	}
	if !wantGranted {
		s.Granted = nil
	}
	s.By, s.At = party, at
	next.Steps = append(slices.Clone(c.Steps), s)
	return next, nil
}

// decision is the first one.
func (c *Contest) decision() *Step {
	for i := range c.Steps {
		if c.Steps[i].State == Decidee {
			return &c.Steps[i]
		}
	}
	return nil
}
