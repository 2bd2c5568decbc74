package consultation_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"mednum/internal/access"
	. "mednum/internal/consultation"
	"mednum/internal/quality"
)

var (
	codes  = []string{"INF-01", "ACC-04", "TAR-02"}
	marne  = key(access.Contributor, "51")
	open   = Version{Version: "2.0.0", State: EnConsultation, Opened: days(-1), Closes: days(29)}
	others = Remontee{Number: 7, Version: "2.0.0", Kind: Commentaire, Critere: "ACC-04", Text: "Un commentaire.", By: PartyOf(key(access.Hub, "8"))}
)

func TestRemonteesThatAreTaken(t *testing.T) {
	for name, r := range map[string]Remontee{
		"a comment":           {Kind: Commentaire, Text: "  Voici ce que nous pensons.  "},
		"on a criterion":      {Kind: Commentaire, Critere: " INF-01 ", Text: "Voici ce que nous pensons."},
		"a criterion":         {Kind: ProposeCritere, Text: "Il manque un critère.", Proposal: json.RawMessage(`{"libelle": "Garde d’enfants", "question": "Peut-on venir avec ses enfants ?", "poids": 1.5}`)},
		"a weight":            {Kind: ProposeParametre, Critere: "TAR-02", Text: "Trop peu pour la gratuité.", Proposal: json.RawMessage(`{"chemin": "poids", "valeur": 5}`)},
		"a voice, no words":   {Kind: Soutien, Critere: "INF-01"},
		"against the version": {Kind: Opposition, Text: "Pas maintenant, s’il vous plaît."},
		"about another's":     {Kind: Soutien, About: 7},
		"the same, repeated":  {Kind: Soutien, About: 7, Critere: "ACC-04"},
		"a territory":         {Kind: EffetTerritorial, Territory: "2a", Text: "En Corse, les horaires changent."},
		"a piece":             {Kind: PieceJustificative, Evidence: "https://marne.fr/enquete.pdf", Text: "Notre enquête de 2025."},
		"sent by somebody else": {Kind: Commentaire, Text: "Voici ce que nous pensons.", Number: 99, Version: "9.0.0", By: Party{Organisation: "Autre"}, For: 12, Decision: Retenue,
			Reason: "parce que", At: days(-100)},
	} {
		var about *Remontee
		if r.About != 0 {
			about = &others
		}
		got, err := open.Submit(r, codes, about, marne, now)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got.Version != "2.0.0" || got.By != PartyOf(marne) || !got.At.Equal(now) || got.Number != 0 || got.For != 0 || got.Decision != "" || got.Text != strings.TrimSpace(r.Text) {
			t.Errorf("%s: %+v", name, got)
		}
		if got.About != 0 && got.Critere != "" || got.Territory != strings.ToUpper(r.Territory) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestFaultsOfRemontees(t *testing.T) {
	voice := others
	voice.Kind = Soutien
	elsewhere := others
	elsewhere.Version = "1.5.0"
	for _, c := range []struct {
		name  string
		r     Remontee
		about *Remontee
		want  []string // "where: message", in part
	}{
		{"nothing", Remontee{}, nil, []string{"nature: Écrivez l’une de : commentaire, proposition-critere,", "texte: Écrivez ce que vous avez à dire"}},
		{"a misspelt kind", Remontee{Kind: "soutient", Text: "Nous soutenons ce critère."}, nil, []string{"nature: Écrivez l’une de : commentaire, proposition-critere, proposition-parametre, soutien, opposition, effet-territorial, preuve. Vouliez-vous dire « soutien » ?"}},
		{"a criterion that is not", Remontee{Kind: Commentaire, Critere: "ACC-40", Text: "Un commentaire."}, nil, []string{"critere: La version 2.0.0 n’a pas ce critère. Vouliez-vous dire « ACC-04 » ?"}},
		{"a text for nobody", Remontee{Kind: Commentaire, Text: strings.Repeat("a", 5001)}, nil, []string{"texte: Le texte a 5001 lettres"}},
		{"a text that no page shows", Remontee{Kind: Commentaire, Text: "Un commentaire \x00."}, nil, []string{"texte: Ce texte contient des signes illisibles"}},
		{"not UTF-8", Remontee{Kind: Commentaire, Text: "Un commentaire \xff."}, nil, []string{"texte: Ce texte contient des signes illisibles"}},
		{"a comment about another", Remontee{Kind: Commentaire, About: 7, Text: "Un commentaire."}, &others, []string{"sur: Seuls un soutien et une opposition"}},
		{"about nothing", Remontee{Kind: Soutien, About: 12}, nil, []string{"sur: Aucune remontée de la version 2.0.0 n’a ce numéro."}},
		{"about one of another version", Remontee{Kind: Soutien, About: 7}, &elsewhere, []string{"sur: Aucune remontée de la version 2.0.0 n’a ce numéro."}},
		{"about a voice", Remontee{Kind: Soutien, About: 7}, &voice, []string{"sur: Cette remontée est elle-même une voix"}},
		{"about two things", Remontee{Kind: Soutien, About: 7, Critere: "INF-01"}, &others, []string{"critere: Une voix porte sur une remontée ou sur un critère"}},
		{"an empty proposal", Remontee{Kind: ProposeCritere, Text: "Il manque un critère.", Proposal: json.RawMessage(`{"poids": 200}`)}, nil,
			[]string{"proposition.libelle: ", "proposition.question: ", "proposition.poids: "}},
		{"no proposal", Remontee{Kind: ProposeParametre, Text: "Il faut changer cela."}, nil, []string{"proposition: Dites quoi changer et en quoi"}},
		{"a proposal of nothing", Remontee{Kind: ProposeParametre, Text: "Il faut changer cela.", Proposal: json.RawMessage(`{"chemin": "poids", "valeur": null}`)}, nil, []string{"proposition.valeur: Donnez la valeur"}},
		{"a proposal that is no JSON", Remontee{Kind: ProposeParametre, Text: "Il faut changer cela.", Proposal: json.RawMessage(`poids=4`)}, nil, []string{"proposition: Dites quoi changer"}},
		{"a proposal in a comment", Remontee{Kind: Commentaire, Text: "Un commentaire.", Proposal: json.RawMessage(`{}`)}, nil, []string{"proposition: Seule la proposition"}},
		{"nowhere", Remontee{Kind: EffetTerritorial, Text: "Chez nous, rien ne va."}, nil, []string{"territoire: Dites où"}},
		{"somewhere else", Remontee{Kind: EffetTerritorial, Territory: "20", Text: "Chez nous, rien ne va."}, nil, []string{"territoire: Ce n’est pas le numéro d’un département"}},
		{"a territory in a comment", Remontee{Kind: Commentaire, Territory: "51", Text: "Un commentaire."}, nil, []string{"territoire: Seul un effet"}},
		{"no piece", Remontee{Kind: PieceJustificative, Text: "Notre enquête de 2025."}, nil, []string{"piece: Donnez l’adresse"}},
		{"a piece that runs", Remontee{Kind: PieceJustificative, Text: "Notre enquête de 2025.", Evidence: "javascript:alert(1)"}, nil, []string{"piece: Ce n’est pas une adresse"}},
		{"a piece nowhere", Remontee{Kind: PieceJustificative, Text: "Notre enquête de 2025.", Evidence: "https:///x"}, nil, []string{"piece: Ce n’est pas une adresse"}},
	} {
		_, err := open.Submit(c.r, codes, c.about, marne, now)
		var faults quality.Faults
		if !errors.As(err, &faults) || len(faults) != len(c.want) {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		for i, f := range faults {
			if !strings.HasPrefix(f.Where+": "+f.Message, c.want[i]) {
				t.Errorf("%s: %s: %s, not %s", c.name, f.Where, f.Message, c.want[i])
			}
		}
	}
}

func TestWhenAndByWhomRemonteesAreMade(t *testing.T) {
	r := Remontee{Kind: Commentaire, Text: "Voici ce que nous pensons."}
	for _, s := range states {
		v := open
		v.State = s
		_, err := v.Submit(r, codes, nil, marne, now)
		var refusal *Refusal
		if want := s == EnConsultation; want != (err == nil) || !want && !errors.As(err, &refusal) {
			t.Errorf("%s: %v", s, err)
		}
	}
	var refusal *Refusal
	if _, err := open.Submit(r, codes, nil, marne, open.Closes); !errors.As(err, &refusal) || !strings.HasPrefix(refusal.Reasons[0], "La consultation est close depuis le ") {
		t.Errorf("at the close: %v", err)
	}
	for _, role := range access.Roles() {
		_, err := open.Submit(r, codes, nil, key(role, "51"), now)
		if want := role == access.Contributor || role == access.Hub; want != (err == nil) {
			t.Errorf("%s: %v", role, err)
		}
	}
	if _, err := open.Submit(Remontee{Kind: Soutien, About: 7}, codes, &others, key(access.Contributor, "8"), now); !errors.As(err, &refusal) || refusal.Reasons[0] != "La remontée n° 7 est de votre organisation : elle porte déjà sa voix." {
		t.Errorf("an organisation supports itself: %v", err)
	}
	nobody := marne
	nobody.Siren = ""
	if _, err := open.Submit(r, codes, nil, nobody, now); !errors.As(err, &refusal) {
		t.Errorf("for nobody: %v", err)
	}
}

func TestOneVoiceAnOrganisationAndItem(t *testing.T) {
	submit := func(r Remontee, by access.Key) Remontee {
		t.Helper()
		var about *Remontee
		if r.About != 0 {
			about = &others
		}
		got, err := open.Submit(r, codes, about, by, now)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	colleague := marne
	colleague.ID, colleague.Organisation = "another", "Autre nom"
	first := submit(Remontee{Kind: Soutien, Critere: "INF-01"}, marne)
	for name, c := range map[string]struct {
		r    Remontee
		want bool
	}{
		"a change of mind":      {submit(Remontee{Kind: Opposition, Critere: "INF-01", Text: "Après réflexion, non."}, marne), true},
		"a colleague":           {submit(Remontee{Kind: Opposition, Critere: "INF-01"}, colleague), true},
		"another organisation":  {submit(Remontee{Kind: Opposition, Critere: "INF-01"}, key(access.Contributor, "52")), false},
		"another criterion":     {submit(Remontee{Kind: Soutien, Critere: "TAR-02"}, marne), false},
		"the version":           {submit(Remontee{Kind: Soutien}, marne), false},
		"a remontée":            {submit(Remontee{Kind: Soutien, About: 7}, marne), false},
		"a comment is no voice": {submit(Remontee{Kind: Commentaire, Critere: "INF-01", Text: "Un commentaire."}, marne), false},
	} {
		if got := c.r.ReplacesVoice(&first); got != c.want {
			t.Errorf("%s replaces: %v", name, got)
		}
	}
	if again := submit(Remontee{Kind: Soutien, Critere: "INF-01"}, colleague); !again.Repeats(&first) {
		t.Error("the same voice is not seen as a repetition")
	}
}

func TestAnswers(t *testing.T) {
	moderator := key(access.Moderator, "9")
	for _, s := range states {
		_, err := others.Answer(Version{Version: "2.0.0", State: s}, Retenue, "Parce que c’est mieux.", moderator, now)
		if want := s == Brouillon || s == EnConsultation || s == Arbitrage; want != (err == nil) {
			t.Errorf("%s: %v", s, err)
		}
	}
	for _, role := range access.Roles() {
		_, err := others.Answer(open, NonRetenue, "Parce que c’est mieux.", key(role, "9"), now)
		if want := role == access.Moderator || role == access.Editor; want != (err == nil) {
			t.Errorf("%s answers: %v", role, err)
		}
	}
	got, err := others.Answer(open, Partielle, "  En partie seulement. ", moderator, now)
	if err != nil || got.Decision != Partielle || got.Reason != "En partie seulement." || !got.Decided.Equal(now) || *got.Decider != PartyOf(moderator) || others.Decision != "" {
		t.Errorf("%+v, %v", got, err)
	}
	var faults quality.Faults
	if _, err := others.Answer(open, "retenu", "non", moderator, now); !errors.As(err, &faults) || len(faults) != 2 || faults[0].Message != "Écrivez l’une de : retenue, partielle, non-retenue, reportee. Vouliez-vous dire « retenue » ?" {
		t.Errorf("%v", err)
	}
	var refusal *Refusal
	voice := Remontee{Number: 8, Version: "2.0.0", Kind: Soutien, About: 7}
	if _, err := voice.Answer(open, Retenue, "Parce que c’est mieux.", moderator, now); !errors.As(err, &refusal) {
		t.Errorf("a voice is answered by itself: %v", err)
	}
	if _, err := (Remontee{Number: 8}).Answer(Version{}, Retenue, "Parce que c’est mieux.", moderator, now); !errors.As(err, &refusal) {
		t.Errorf("a remontée of no version: %v", err)
	}
	// A voice about an answered remontée has its answer at once.
	late, err := open.Submit(Remontee{Kind: Soutien, About: 7}, codes, &got, marne, now)
	if err != nil || late.Decision != Partielle || late.Reason != got.Reason {
		t.Errorf("%+v, %v", late, err)
	}
}

func TestEveryWordHasALabel(t *testing.T) {
	for _, s := range states {
		if s.Label() == string(s) {
			t.Error(s)
		}
	}
	for _, s := range []ContestState{Deposee, Accusee, Decidee, Appel, Close, Reponse} {
		if s.Label() == string(s) {
			t.Error(s)
		}
	}
	if !slices.Contains(Kinds(), EffetTerritorial) || len(Kinds()) != 7 || len(Decisions()) != 4 || EffetTerritorial.Label() == string(EffetTerritorial) || NonRetenue.Label() == string(NonRetenue) {
		t.Error(Kinds(), Decisions())
	}
}
