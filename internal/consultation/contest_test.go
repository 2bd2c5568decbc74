package consultation_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"mednum/internal/access"
	. "mednum/internal/consultation"
	"mednum/internal/quality"
)

var (
	yes, no   = true, false
	moderator = key(access.Moderator, "9")
	committee = key(access.Committee, "10")
	library   = key(access.PlaceContributor, "77")
)

func contested(t testing.TB, ground Ground) Contest {
	t.Helper()
	c, err := Open(Contest{Lieu: "0g3xkz9a", Critere: "ACC-04", Ground: ground, Text: "Le téléphone est bien indiqué."}, codes, true, marne, now)
	if err != nil {
		t.Fatal(err)
	}
	c.Number = 3
	return c
}

func TestContestsAreOpened(t *testing.T) {
	c := contested(t, Donnee)
	// A Monday at noon: the end of Wednesday, in Paris.
	if c.State != Deposee || !c.UnderReview() || !c.Due.Equal(time.Date(2026, 3, 4, 23, 0, 0, 0, time.UTC)) || c.By != PartyOf(marne) {
		t.Errorf("%+v", c)
	}
	rule := contested(t, Regle)
	if rule.State != Close || rule.UnderReview() || !rule.Due.IsZero() {
		t.Errorf("%+v", rule)
	}
	if r := rule.BecomeRemontee("2.0.0"); r.Kind != Commentaire || r.Critere != "ACC-04" || r.Text != rule.Text || r.By != rule.By || r.Version != "2.0.0" {
		t.Errorf("%+v", r)
	}
	var faults quality.Faults
	if _, err := Open(Contest{Critere: "ACC-4", Ground: "données", Text: "non"}, codes, true, marne, now); !errors.As(err, &faults) || len(faults) != 3 ||
		!strings.HasSuffix(faults[0].Message, "Vouliez-vous dire « ACC-04 » ?") || !strings.HasSuffix(faults[1].Message, "Vouliez-vous dire « donnee » ?") {
		t.Errorf("%v", err)
	}
	if _, err := Open(Contest{Critere: "ACC-04", Ground: Donnee, Text: "Le téléphone est bien indiqué."}, codes, false, marne, now); !errors.Is(err, access.ErrForbidden) {
		t.Errorf("out of its territory: %v", err)
	}
	for _, role := range access.Roles() {
		_, err := Open(Contest{Critere: "ACC-04", Ground: Donnee, Text: "Le téléphone est bien indiqué."}, codes, true, key(role, "51"), now)
		if want := slices.Contains([]access.Role{access.PlaceContributor, access.Contributor, access.Hub}, role); want != (err == nil) {
			t.Errorf("%s contests: %v", role, err)
		}
	}
}

// step takes a contest further, or fails.
func step(t testing.TB, c Contest, s Step, by access.Key, at time.Time) Contest {
	t.Helper()
	if s.Text == "" {
		s.Text = "Voici pourquoi, en une phrase."
	}
	next, err := c.Step(s, true, by, at)
	if err != nil {
		t.Fatal(err)
	}
	if len(next.Steps) != len(c.Steps)+1 || next.Steps[len(c.Steps)].By != PartyOf(by) {
		t.Errorf("%+v", next.Steps)
	}
	return next
}

func TestAContestToItsAppeal(t *testing.T) {
	c := contested(t, Donnee)
	c = step(t, c, Step{State: Accusee}, moderator, days(1))
	if want := time.Date(2026, 4, 1, 22, 0, 0, 0, time.UTC); c.State != Accusee || !c.UnderReview() || !c.Due.Equal(want) {
		t.Errorf("acknowledged: %s, due %s, not %s", c.State, c.Due, want)
	}
	c = step(t, c, Step{State: Reponse, Text: "La bibliothèque confirme son numéro."}, library, days(2))
	if c.State != Accusee {
		t.Errorf("a right of reply made it %s", c.State)
	}
	c = step(t, c, Step{State: Decidee, Granted: &no}, moderator, days(10))
	if c.State != Decidee || c.UnderReview() || !c.Due.Equal(EndOfDay(day(40))) {
		t.Errorf("decided: %s, due %s", c.State, c.Due)
	}
	c = step(t, c, Step{State: Appel}, marne, days(12))
	if c.State != Appel || !c.UnderReview() || !c.Due.Equal(EndOfDay(day(42))) {
		t.Errorf("in appeal: %s, due %s", c.State, c.Due)
	}
	var refusal *Refusal
	if _, err := c.Step(Step{State: Close, Granted: &no, Text: "La décision était bonne."}, true, moderator, days(13)); !errors.As(err, &refusal) || refusal.Reasons[0] != "Votre organisation a rendu la première décision : une autre tranche l’appel." {
		t.Errorf("the same organisation decides the appeal: %v", err)
	}
	if _, err := c.Step(Step{State: Appel, Text: "Encore une fois, s’il vous plaît."}, true, marne, days(13)); !errors.As(err, &refusal) {
		t.Errorf("a second appeal: %v", err)
	}
	c = step(t, c, Step{State: Close, Granted: &yes}, committee, days(14))
	if c.State != Close || c.UnderReview() || !c.Due.IsZero() || *c.Steps[len(c.Steps)-1].Granted != true {
		t.Errorf("closed: %+v", c)
	}
	for _, s := range []ContestState{Accusee, Decidee, Appel, Close, Reponse} {
		for _, by := range []access.Key{moderator, committee, marne, library} {
			if _, err := c.Step(Step{State: s, Granted: &yes, Text: "Voici pourquoi, en une phrase."}, true, by, days(20)); err == nil {
				t.Errorf("%s of a closed contest by %s", s, by.Role)
			}
		}
	}
}

// Every state, every role, every step: who may, when all else is as it should.
func TestEveryStepOfAContest(t *testing.T) {
	at := days(50) // after the delay of appeal of a decision of day 10
	made := map[ContestState]Contest{}
	made[Deposee] = contested(t, Donnee)
	made[Accusee] = step(t, made[Deposee], Step{State: Accusee}, moderator, days(1))
	made[Decidee] = step(t, made[Accusee], Step{State: Decidee, Granted: &no}, moderator, days(10))
	made[Appel] = step(t, made[Decidee], Step{State: Appel}, marne, days(12))
	made[Close] = step(t, made[Appel], Step{State: Close, Granted: &no}, committee, days(13))
	judges := "moderateur comite"
	// From state → step → who: "theirs" is a contributor of the organisation that contests.
	may := map[ContestState]map[ContestState]string{
		Deposee: {Accusee: judges, Decidee: judges, Close: "theirs", Reponse: "theirs contributeur-lieu contributeur-collectivite hub"},
		Accusee: {Decidee: judges, Close: "theirs", Reponse: "theirs contributeur-lieu contributeur-collectivite hub"},
		Decidee: {Close: judges + " theirs", Reponse: "theirs contributeur-lieu contributeur-collectivite hub"}, // the delay of appeal has passed
		Appel:   {Close: judges + " theirs", Reponse: "theirs contributeur-lieu contributeur-collectivite hub"},
		Close:   {},
	}
	for from, c := range made {
		for _, to := range []ContestState{Deposee, Accusee, Decidee, Appel, Close, Reponse, "", "ACCEPTEE"} {
			for _, role := range append(access.Roles(), "theirs") {
				by := key(role, "500")
				if role == "theirs" {
					by = marne
				}
				_, err := c.Step(Step{State: to, Granted: &no, Text: "Voici pourquoi, en une phrase."}, true, by, at)
				if want := slices.Contains(strings.Fields(may[from][to]), string(role)); want != (err == nil) {
					t.Errorf("%s → %s by %s: %v", from, to, role, err)
				}
				var refusal *Refusal
				var faults quality.Faults
				if err != nil && !errors.As(err, &refusal) && !errors.As(err, &faults) && !errors.Is(err, access.ErrForbidden) {
					t.Errorf("%s → %s by %s: %v", from, to, role, err)
				}
			}
		}
	}
	// In the delay: an appeal by who contests, no closing by who decides.
	if _, err := made[Decidee].Step(Step{State: Appel, Text: "Voici pourquoi, en une phrase."}, true, marne, days(39)); err != nil {
		t.Error(err)
	}
	var refusal *Refusal
	if _, err := made[Decidee].Step(Step{State: Close}, true, committee, days(39)); !errors.As(err, &refusal) || refusal.Reasons[0] != "Le délai d’appel court jusqu’au 11 avril 2026 inclus : la contestation se clôt après." {
		t.Errorf("closed in the delay: %v", err)
	}
	if _, err := made[Decidee].Step(Step{State: Appel, Text: "Voici pourquoi, en une phrase."}, true, marne, EndOfDay(day(40))); !errors.As(err, &refusal) || !strings.HasPrefix(refusal.Reasons[0], "Le délai d’appel est passé") {
		t.Errorf("too late: %v", err)
	}
	// Nobody judges its own cause, and decisions have words and a sense.
	if _, err := made[Accusee].Step(Step{State: Decidee, Granted: &yes, Text: "Nous avons raison, bien sûr."}, true, key(access.Moderator, "51"), at); !errors.As(err, &refusal) || refusal.Reasons[0] != "Votre organisation conteste : une autre décide." {
		t.Errorf("its own cause: %v", err)
	}
	var faults quality.Faults
	if _, err := made[Accusee].Step(Step{State: Decidee}, true, moderator, at); !errors.As(err, &faults) || len(faults) != 2 {
		t.Errorf("a decision without words: %v", err)
	}
	if _, err := made[Accusee].Step(Step{State: Reponse, Text: "Nous avons raison, bien sûr."}, false, library, at); !errors.Is(err, access.ErrForbidden) {
		t.Errorf("a reply from elsewhere: %v", err)
	}
	// Its own key never decides twice, whatever name it goes by.
	again := committee
	again.ID, again.Organisation, again.Siren = moderator.ID, "Un autre nom", "11"
	if _, err := made[Appel].Step(Step{State: Close, Granted: &no, Text: "La décision était bonne."}, true, again, at); !errors.As(err, &refusal) {
		t.Errorf("the same key: %v", err)
	}
}
