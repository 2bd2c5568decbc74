package consultation_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"mednum/internal/access"
	. "mednum/internal/consultation"
	"mednum/internal/place"
)

var now = time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)

func days(n int) time.Time { return now.AddDate(0, 0, n) }

func day(n int) place.Date {
	y, m, d := days(n).Date()
	return place.Date{Year: y, Month: m, Day: d}
}

func key(role access.Role, siren string) access.Key {
	return access.Key{ID: "key" + siren + string(role)[:2], Role: role, Organisation: "Organisation " + siren, Siren: siren, Created: now, Expires: now.AddDate(3, 0, 0)}
}

var editor = key(access.Editor, "1")

// ready is a version that may make any move out of its state, with the move and
// what the guards look at.
func ready(from, to State) (Version, Move, Known) {
	v := Version{Version: "2.0.0", State: from, Hash: "aa", Parent: "1.0.0", Author: PartyOf(editor), Created: now, Changed: now, Approvals: []Approval{
		{By: PartyOf(key(access.Committee, "2")), At: now, Vote: Pour},
		{By: PartyOf(key(access.Committee, "3")), At: now, Vote: Pour},
	}}
	if from != Brouillon {
		v.Opened, v.Closes = days(-40), days(-10)
	}
	if from == Publiee || from == Remplacee {
		v.Published, v.Effective = days(-1), day(10)
	}
	m := Move{To: to, Reason: "Une raison écrite, assez longue pour être lue.", Effective: day(30)}
	k := Known{
		Remontees:  []Remontee{{Number: 1, Version: "2.0.0", Kind: Commentaire, Decision: Retenue, Reason: "Oui, pour cela."}},
		Simulation: &Simulation{Hash: "aa", Base: "1.0.0", BaseHash: "bb"}, Published: []string{"bb"}, Base: "1.0.0",
	}
	return v, m, k
}

var states = []State{Brouillon, EnConsultation, Arbitrage, SimulationValidee, Publiee, Remplacee, Abandonnee}

// Every state, every role, every move, with every guard satisfied: only these
// are made.
func TestEveryStateRoleAndMove(t *testing.T) {
	may := map[[2]State]access.Role{} // who, beside the editor
	for _, edge := range [][2]State{
		{Brouillon, EnConsultation}, {EnConsultation, Arbitrage}, {Arbitrage, SimulationValidee},
		{Brouillon, Abandonnee}, {EnConsultation, Abandonnee}, {Arbitrage, Abandonnee}, {SimulationValidee, Abandonnee},
	} {
		may[edge] = access.Editor
	}
	may[[2]State{SimulationValidee, Publiee}] = access.Committee
	made := 0
	for _, from := range states {
		for _, to := range append(slices.Clone(states), "", "PUBLIE") {
			for _, role := range access.Roles() {
				v, m, k := ready(from, to)
				got, err := v.Advance(m, key(role, "1"), now, k)
				other, edge := may[[2]State{from, to}]
				want := edge && (role == access.Editor || role == other)
				var refusal *Refusal
				switch {
				case want && (err != nil || got.State != to || !got.Changed.Equal(now)):
					t.Errorf("%s, from %s to %s: %v", role, from, to, err)
				case want:
					made++
				case err == nil:
					t.Errorf("%s took a version from %s to %s", role, from, to)
				case !edge && (role == access.Editor || role == access.Committee) && !errors.As(err, &refusal):
					t.Errorf("%s, from %s to %s: %v, no refusal", role, from, to, err)
				case (edge || role != access.Editor && role != access.Committee) && !errors.Is(err, access.ErrForbidden):
					t.Errorf("%s, from %s to %s: %v, not forbidden", role, from, to, err)
				}
			}
		}
	}
	if made != 9 {
		t.Errorf("%d moves were made, not 9", made)
	}
	expired := editor
	expired.Expires = now
	v, m, k := ready(Brouillon, EnConsultation)
	if _, err := v.Advance(m, expired, now, k); !errors.Is(err, access.ErrKey) {
		t.Errorf("an expired key: %v", err)
	}
}

// Each guard, alone: what it misses, in French.
func TestGuards(t *testing.T) {
	type set func(v *Version, m *Move, k *Known)
	for _, c := range []struct {
		name     string
		from, to State
		set      set
		want     []string
	}{
		{"a consultation of 29 days", Brouillon, EnConsultation, func(_ *Version, m *Move, _ *Known) { m.Closes = days(29) },
			[]string{"Une consultation dure au moins 30 jours : choisissez une clôture le 1er avril 2026 ou après."}},
		{"of 30 days less a second", Brouillon, EnConsultation, func(_ *Version, m *Move, _ *Known) { m.Closes = days(30).Add(-time.Second) },
			[]string{"Une consultation dure au moins 30 jours : choisissez une clôture le 1er avril 2026 ou après."}},
		{"of 30 days", Brouillon, EnConsultation, func(_ *Version, m *Move, _ *Known) { m.Closes = days(30) }, nil},
		{"a text that is wrong", Brouillon, EnConsultation, func(_ *Version, m *Move, k *Known) { k.Blocking = []string{"les poids font 101.", "taire paie."} },
			[]string{"Le texte est à corriger : les poids font 101.", "Le texte est à corriger : taire paie."}},
		{"both", Brouillon, EnConsultation, func(_ *Version, m *Move, k *Known) { m.Closes, k.Blocking = days(2), []string{"les poids font 101."} },
			[]string{"Une consultation dure au moins 30 jours : choisissez une clôture le 1er avril 2026 ou après.", "Le texte est à corriger : les poids font 101."}},

		{"before the close", EnConsultation, Arbitrage, func(v *Version, _ *Move, _ *Known) { v.Closes = now.Add(time.Second) },
			[]string{"La consultation est ouverte jusqu’au 2 mars 2026 inclus : l’arbitrage commence après."}},
		{"at the close", EnConsultation, Arbitrage, func(v *Version, _ *Move, _ *Known) { v.Closes = now }, nil},

		{"an unanswered remontée", Arbitrage, SimulationValidee, func(_ *Version, _ *Move, k *Known) { k.Remontees[0].Decision = "" },
			[]string{"Une remontée attend sa réponse motivée : n° 1."}},
		{"an answer without a reason", Arbitrage, SimulationValidee, func(_ *Version, _ *Move, k *Known) { k.Remontees[0].Reason = " \n" },
			[]string{"Une remontée attend sa réponse motivée : n° 1."}},
		{"several, voices too", Arbitrage, SimulationValidee, func(_ *Version, _ *Move, k *Known) {
			k.Remontees = append(k.Remontees, Remontee{Number: 4, Kind: Soutien}, Remontee{Number: 9, Kind: Opposition, Critere: "INF-01"})
		}, []string{"2 remontées attendent leur réponse motivée : n° 4, n° 9."}},
		{"no simulation", Arbitrage, SimulationValidee, func(_ *Version, _ *Move, k *Known) { k.Simulation = nil },
			[]string{"Aucune simulation n’a été faite sur le texte actuel : lancez-la."}},
		{"one of another text", Arbitrage, SimulationValidee, func(_ *Version, _ *Move, k *Known) { k.Simulation.Hash = "ab" },
			[]string{"Aucune simulation n’a été faite sur le texte actuel : lancez-la."}},
		{"one with what is no longer published", Arbitrage, SimulationValidee, func(_ *Version, _ *Move, k *Known) { k.Published = []string{"cc"} },
			[]string{"La simulation compare avec la version 1.0.0, qui n’est plus publiée : relancez-la."}},
		{"alerts without a justification", Arbitrage, SimulationValidee, func(_ *Version, m *Move, k *Known) {
			k.Simulation.Alerts, m.Reason = []string{"12 % des lieux changent de niveau."}, "C’est voulu."
		}, []string{"La simulation dépasse des seuils : écrivez une justification d’au moins 30 lettres. 12 % des lieux changent de niveau."}},
		{"alerts with one", Arbitrage, SimulationValidee, func(_ *Version, _ *Move, k *Known) {
			k.Simulation.Alerts = []string{"12 % des lieux changent de niveau."}
		}, nil},
		{"no alert, no justification", Arbitrage, SimulationValidee, func(_ *Version, m *Move, _ *Known) { m.Reason = "" }, nil},
		{"a text made wrong meanwhile", Arbitrage, SimulationValidee, func(_ *Version, _ *Move, k *Known) { k.Blocking = []string{"les poids font 99."} },
			[]string{"Le texte est à corriger : les poids font 99."}},

		{"nobody voted", SimulationValidee, Publiee, func(v *Version, _ *Move, _ *Known) { v.Approvals = nil },
			[]string{"Il faut l’accord d’au moins deux organisations du comité ; il y en a 0.", "Il faut plus de votes pour que de votes contre ; il y a 0 pour et 0 contre."}},
		{"only the author's organisation", SimulationValidee, Publiee, func(v *Version, _ *Move, _ *Known) {
			v.Approvals = v.Approvals[:1]
			v.Approvals[0].By = PartyOf(key(access.Committee, "1"))
		}, []string{"Il faut l’accord d’au moins deux organisations du comité ; il y en a 1.", "L’auteur de la version ne peut pas être seul à l’approuver."}},
		{"only the author's key, under two names", SimulationValidee, Publiee, func(v *Version, _ *Move, _ *Known) {
			for i := range v.Approvals {
				v.Approvals[i].By.Key = editor.ID
			}
		}, []string{"L’auteur de la version ne peut pas être seul à l’approuver."}},
		{"the author and another", SimulationValidee, Publiee, func(v *Version, _ *Move, _ *Known) { v.Approvals[0].By = PartyOf(key(access.Committee, "1")) }, nil},
		{"one organisation twice", SimulationValidee, Publiee, func(v *Version, _ *Move, _ *Known) { v.Approvals[1].By = v.Approvals[0].By },
			[]string{"Il faut l’accord d’au moins deux organisations du comité ; il y en a 1."}},
		{"as many against", SimulationValidee, Publiee, func(v *Version, _ *Move, _ *Known) {
			v.Approvals = append(v.Approvals, Approval{By: PartyOf(key(access.Committee, "4")), Vote: Contre}, Approval{By: PartyOf(key(access.Committee, "5")), Vote: Contre})
		}, []string{"Il faut plus de votes pour que de votes contre ; il y a 2 pour et 2 contre."}},
		{"effective today", SimulationValidee, Publiee, func(_ *Version, m *Move, _ *Known) { m.Effective = day(0) },
			[]string{"La date d’effet (2 mars 2026) doit être après aujourd’hui."}},
		{"effective tomorrow", SimulationValidee, Publiee, func(_ *Version, m *Move, _ *Known) { m.Effective = day(1) }, nil},
		{"effective never", SimulationValidee, Publiee, func(_ *Version, m *Move, _ *Known) { m.Effective = place.Date{} },
			[]string{"Il manque la date d’effet : un jour après aujourd’hui."}},
		{"a number that comes before", SimulationValidee, Publiee, func(_ *Version, _ *Move, k *Known) { k.Base = "2.1.0" },
			[]string{"La version 2.1.0 sera déjà en vigueur à cette date : donnez à celle-ci un numéro plus grand, dans une nouvelle version."}},
		{"before one that would take its place", SimulationValidee, Publiee, func(_ *Version, _ *Move, k *Known) {
			k.Upcoming = []Version{{Version: "1.0.1", Effective: day(40)}, {Version: "3.0.0", Effective: day(41)}}
		}, []string{"La version 1.0.1 prendra effet après, le 11 avril 2026 : choisissez ce jour ou un autre après lui."}},
		{"MINOR that was not compared", SimulationValidee, Publiee, func(v *Version, _ *Move, _ *Known) { v.Version = "1.1.0" },
			[]string{"Des lieux n’ont pas encore de score : les résultats ne peuvent pas être comparés sur tout le recensement. Lancez d’abord « mednum score »."}},
		{"MINOR that changes a result", SimulationValidee, Publiee, func(v *Version, _ *Move, k *Known) {
			v.Version, k.Compared, k.Different, k.Examples = "1.1.0", true, 1, []string{"0g3xkz9a"}
		}, []string{"Le numéro 1.1.0 annonce des résultats inchangés, mais 1\u00a0lieu change de résultat par rapport à la version 1.0.0 : il faut une version majeure. Par exemple : 0g3xkz9a."}},
		{"PATCH that changes results", SimulationValidee, Publiee, func(v *Version, _ *Move, k *Known) { v.Version, k.Compared, k.Different = "1.0.1", true, 1200 },
			[]string{"Le numéro 1.0.1 annonce des résultats inchangés, mais 1\u202f200\u00a0lieux changent de résultat par rapport à la version 1.0.0 : il faut une version majeure."}},
		{"PATCH that changes none", SimulationValidee, Publiee, func(v *Version, _ *Move, k *Known) { v.Version, k.Compared = "1.0.1", true }, nil},
		{"MAJOR that changes all", SimulationValidee, Publiee, func(_ *Version, _ *Move, k *Known) { k.Compared, k.Different = true, 99 }, nil},

		{"abandoned without a word", Arbitrage, Abandonnee, func(_ *Version, m *Move, _ *Known) { m.Reason = "bof" },
			[]string{"Dites pourquoi cette version est abandonnée : au moins 10 lettres."}},
		{"what a page cannot show", Brouillon, Abandonnee, func(_ *Version, m *Move, _ *Known) { m.Reason = "Une raison \x00 illisible" },
			[]string{"Ce texte contient des signes illisibles : écrivez-le en UTF-8."}},
		{"what nobody reads", Brouillon, Abandonnee, func(_ *Version, m *Move, _ *Known) { m.Reason = strings.Repeat("é", 5001) },
			[]string{"Le motif a 5001 lettres : écrivez-en 5000 au plus."}},
	} {
		v, m, k := ready(c.from, c.to)
		c.set(&v, &m, &k)
		_, err := v.Advance(m, editor, now, k)
		var refusal *Refusal
		errors.As(err, &refusal)
		var got []string
		if refusal != nil {
			got = refusal.Reasons
		}
		if !slices.Equal(got, c.want) || (err == nil) != (len(c.want) == 0) {
			t.Errorf("%s:\n %q, not\n %q (%v)", c.name, got, c.want, err)
		}
	}
}

func TestAConsultationClosesAtTheEndOfItsThirtiethDay(t *testing.T) {
	v, m, k := ready(Brouillon, EnConsultation)
	v, err := v.Advance(m, editor, now, k)
	if err != nil {
		t.Fatal(err)
	}
	// Midnight of 1 April in Paris, in summer time.
	if want := time.Date(2026, 4, 1, 22, 0, 0, 0, time.UTC); !v.Closes.Equal(want) || !v.Opened.Equal(now) {
		t.Errorf("from %s to %s, not %s", v.Opened, v.Closes, want)
	}
}

func TestVotes(t *testing.T) {
	v, _, _ := ready(SimulationValidee, Publiee)
	v.Approvals = nil
	member := key(access.Committee, "4")
	first, err := v.Approve(Pour, "", member, now)
	if err != nil || len(first.Approvals) != 1 || len(v.Approvals) != 0 {
		t.Fatal(first.Approvals, err)
	}
	colleague := member
	colleague.ID = "another"
	second, err := first.Approve(Contre, "Nous avons relu le texte.", colleague, days(1))
	if err != nil || len(second.Approvals) != 1 || second.Approvals[0].Vote != Contre || second.Approvals[0].By.Key != "another" || first.Approvals[0].Vote != Pour {
		t.Errorf("a second vote of one organisation: %+v, %v", second.Approvals, err)
	}
	for _, s := range states {
		v.State = s
		_, err := v.Approve(Pour, "", member, now)
		var refusal *Refusal
		if ok := s == SimulationValidee; ok != (err == nil) || !ok && !errors.As(err, &refusal) {
			t.Errorf("a vote on a version %s: %v", s, err)
		}
	}
	v.State = Brouillon
	var refusal *Refusal
	nobody := member
	nobody.Siren = ""
	if _, err := v.Approve("peut-être", "", nobody, now); !errors.As(err, &refusal) || len(refusal.Reasons) != 3 {
		t.Errorf("everything wrong: %v", err)
	}
	v.State = SimulationValidee
	if _, err := v.Approve(Contre, "non", member, now); !errors.As(err, &refusal) || refusal.Reasons[0] != "Un vote contre donne son motif : au moins 10 lettres." {
		t.Errorf("against, without a reason: %v", err)
	}
	for _, role := range access.Roles() {
		if _, err := v.Approve(Pour, "", key(role, "4"), now); (err == nil) != (role == access.Committee) {
			t.Errorf("%s votes: %v", role, err)
		}
	}
}

func TestTextsChangeOnlyInDraftAndArbitration(t *testing.T) {
	for _, s := range states {
		v := Version{Version: "2.0.0", State: s}
		if want := s == Brouillon || s == Arbitrage; v.Editable() != want || (v.Edit(editor, now) == nil) != want {
			t.Errorf("%s: %v", s, v.Edit(editor, now))
		}
		if want := s == Brouillon || s == EnConsultation || s == Arbitrage; v.Simulable() != want {
			t.Errorf("%s: simulable %v", s, !want)
		}
	}
	if err := (Version{State: Brouillon}).Edit(key(access.Committee, "2"), now); !errors.Is(err, access.ErrForbidden) {
		t.Error(err)
	}
}

func TestForks(t *testing.T) {
	published := Version{Version: "1.2.0", State: Publiee}
	for number, want := range map[string]string{
		"1.2.1": "", "1.3.0": "", "2.0.0": "", "10.0.0": "",
		"1.2.0": "Le numéro 1.2.0 a déjà servi : un numéro ne sert qu’une fois.", "1.4.0": "Le numéro 1.4.0 a déjà servi : un numéro ne sert qu’une fois.",
		"1.1.9": "Le numéro 1.1.9 ne vient pas après 1.2.0.", "0.9.0": "Le numéro 0.9.0 ne vient pas après 1.2.0.",
		"2": "« 2 » n’est pas un numéro de version : écrivez trois nombres, comme 2.0.0.", "v2.0.0": "« v2.0.0 » n’est pas un numéro de version : écrivez trois nombres, comme 2.0.0.",
		"02.0.0": "« 02.0.0 » n’est pas un numéro de version : écrivez trois nombres, comme 2.0.0.", "2.0.0\n": "« 2.0.0\n » n’est pas un numéro de version : écrivez trois nombres, comme 2.0.0.",
		"9999999.0.0": "« 9999999.0.0 » n’est pas un numéro de version : écrivez trois nombres, comme 2.0.0.", "": "«  » n’est pas un numéro de version : écrivez trois nombres, comme 2.0.0.",
	} {
		v, err := published.Fork(number, []string{"1.2.0", "1.4.0"}, editor, now)
		var refusal *Refusal
		switch {
		case want == "" && (err != nil || v.Version != number || v.Parent != "1.2.0" || v.State != Brouillon || v.Author.Key != editor.ID):
			t.Errorf("%q: %+v, %v", number, v, err)
		case want != "" && (!errors.As(err, &refusal) || refusal.Reasons[0] != want):
			t.Errorf("%q: %v, not %q", number, err, want)
		}
	}
	for _, s := range states {
		if _, err := (Version{Version: "1.0.0", State: s}).Fork("2.0.0", nil, editor, now); (err == nil) != (s == Publiee) {
			t.Errorf("from a version %s: %v", s, err)
		}
	}
}

func TestStanding(t *testing.T) {
	versions := func() []Version {
		return []Version{
			{Version: "3.0.0", State: Publiee, Effective: day(20), Published: days(1)},
			{Version: "2.0.0", State: Publiee, Effective: day(10), Published: now},
			{Version: "2.0.1", State: Publiee, Effective: day(10), Published: days(2)}, // the same day, published after
			{Version: "1.0.0", State: Publiee, Effective: day(0), Published: now},
			{Version: "0.9.0", State: Remplacee, Effective: day(-9), Published: days(-9)},
			{Version: "4.0.0", State: SimulationValidee},
			{Version: "5.0.0", State: Abandonnee, Effective: day(1)},
		}
	}
	for _, c := range []struct {
		on       int
		replaced string
		inForce  string
	}{
		{-10, "", ""}, {-1, "", "0.9.0"}, {0, "", "1.0.0"}, {9, "", "1.0.0"}, {10, "2.0.0 1.0.0", "2.0.1"}, {19, "2.0.0 1.0.0", "2.0.1"}, {20, "2.0.0 2.0.1 1.0.0", "3.0.0"},
	} {
		all := versions()
		replaced, inForce := Standing(all, day(c.on))
		if got := strings.Join(replaced, " "); got != c.replaced || inForce != c.inForce {
			t.Errorf("day %d: %q in force, %q replaced", c.on, inForce, got)
		}
		for i := range all {
			if before := versions()[i]; all[i].State != before.State && !slices.Contains(replaced, all[i].Version) {
				t.Errorf("day %d: %s became %s", c.on, all[i].Version, all[i].State)
			}
		}
	}
}

// However the steps follow each other, a version is published only when each
// guard held at some time that this test noted by itself.
func TestNothingIsPublishedWithoutItsGuards(t *testing.T) {
	published := 0
	rapid.Check(t, func(t *rapid.T) {
		v := Version{Version: rapid.SampledFrom([]string{"2.0.0", "1.1.0", "1.0.1"}).Draw(t, "number"), State: Brouillon, Hash: "h0", Author: PartyOf(editor), Created: now}
		at := now
		// What the naive ledger knows.
		var opened, closed time.Time
		clean, blocked, answered, asked, compared, differ := false, false, 0, 0, false, 0
		simulated, alerts, texts := "", 0, 0
		pour, contre := map[string]bool{}, map[string]bool{}
		roles := []access.Role{access.Editor, access.Editor, access.Editor, access.Committee, access.Contributor, access.Administrator}
		known := func() Known {
			k := Known{Published: []string{"base"}, Base: "1.0.0", Compared: compared, Different: differ}
			if blocked {
				k.Blocking = []string{"faux"}
			}
			for i := range asked {
				r := Remontee{Number: int64(i + 1)}
				if i < answered {
					r.Decision, r.Reason = Retenue, "Parce que oui."
				}
				k.Remontees = append(k.Remontees, r)
			}
			if simulated != "" {
				k.Simulation = &Simulation{Hash: simulated, Base: "1.0.0", BaseHash: "base", Alerts: make([]string, alerts)}
			}
			return k
		}
		for range rapid.IntRange(20, 150).Draw(t, "steps") {
			at = at.Add(time.Duration(rapid.IntRange(0, 12*24).Draw(t, "hours")) * time.Hour)
			switch rapid.IntRange(0, 12).Draw(t, "what") {
			case 0:
				blocked = rapid.IntRange(0, 3).Draw(t, "blocked") == 0
			case 1:
				if v.State == EnConsultation && at.Before(v.Closes) {
					asked++
				}
			case 2:
				answered = min(answered+1, asked)
			case 3:
				if v.Editable() && rapid.IntRange(0, 7).Draw(t, "edit") == 0 {
					texts++
					v.Hash = fmt.Sprint("h", texts)
				}
			case 4:
				if v.Simulable() {
					simulated, alerts = v.Hash, rapid.IntRange(0, 1).Draw(t, "alerts")
				}
			case 5:
				compared, differ = true, rapid.IntRange(0, 1).Draw(t, "differ")
			case 6:
				siren := rapid.SampledFrom([]string{"1", "2", "3", "4"}).Draw(t, "siren")
				vote := rapid.SampledFrom([]string{Pour, Pour, Contre}).Draw(t, "vote")
				w, err := v.Approve(vote, "Un motif écrit.", key(access.Committee, siren), at)
				if err == nil {
					delete(pour, siren)
					delete(contre, siren)
					map[string]map[string]bool{Pour: pour, Contre: contre}[vote][siren] = true
					v = w
				}
			default:
				next := append(v.Next(), states[rapid.IntRange(0, len(states)-1).Draw(t, "any")])
				m := Move{To: next[rapid.SampledFrom([]int{0, 0, 0, 0, 0, len(next) - 1}).Draw(t, "next")]}
				if m.To == Abandonnee && rapid.IntRange(0, 9).Draw(t, "give up") > 0 {
					continue
				}
				if rapid.Bool().Draw(t, "reason") {
					m.Reason = "Une raison écrite, assez longue pour être lue."
				}
				if rapid.Bool().Draw(t, "closes") {
					m.Closes = at.AddDate(0, 0, rapid.IntRange(0, 40).Draw(t, "days"))
				}
				y, mo, d := at.AddDate(0, 0, rapid.IntRange(-1, 3).Draw(t, "effective")).Date()
				m.Effective = place.Date{Year: y, Month: mo, Day: d}
				by := key(rapid.SampledFrom(roles).Draw(t, "role"), "1")
				w, err := v.Advance(m, by, at, known())
				if err != nil {
					continue
				}
				switch w.State {
				case EnConsultation:
					opened, clean = at, !blocked
				case Arbitrage:
					closed = at
				case SimulationValidee:
					if answered < asked || simulated != v.Hash || blocked || alerts > 0 && m.Reason == "" {
						t.Fatalf("validated: %d of %d answered, simulated %q, text %q, blocked %v, %d alerts", answered, asked, simulated, v.Hash, blocked, alerts)
					}
				case Publiee:
					published++
					switch {
					case !clean || opened.IsZero() || closed.Sub(opened) < 30*24*time.Hour-time.Hour: // an hour of summer time
						t.Fatalf("published: consulted from %s to %s, clean %v", opened, closed, clean)
					case simulated != v.Hash || answered < asked:
						t.Fatalf("published: text %s, simulated %s, %d of %d answered", v.Hash, simulated, answered, asked)
					case len(pour) < 2 || len(pour) <= len(contre):
						t.Fatalf("published with %d for and %d against", len(pour), len(contre))
					case !m.Effective.Time().After(at):
						t.Fatalf("published on %s, effective on %s", at, m.Effective)
					case v.Version != "2.0.0" && (!compared || differ > 0):
						t.Fatalf("%s published: compared %v, %d differ", v.Version, compared, differ)
					}
				}
				v = w
			}
		}
	})
	if published == 0 {
		t.Error("no sequence went as far as a publication: this test shows nothing")
	}
	t.Logf("%d publications", published)
}

func FuzzReadSimulation(f *testing.F) {
	f.Add([]byte(`{"avant": {"version": "1.0.0", "empreinte": "aa"}, "apres": {"version": "2.0.0", "empreinte": "bb"}, "alertes": [{"phrase": "12 %"}], "justification_requise": true}`))
	f.Add([]byte(`{"avant": null, "alertes": {}}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if s, ok := ReadSimulation(text); ok && (s.Hash == "" || s.BaseHash == "") {
			t.Errorf("%q: %+v", text, s)
		}
	})
}
