package quality

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func sentences(list []Changement) string {
	var b strings.Builder
	for _, c := range list {
		fmt.Fprintf(&b, "%s · %s\n", c.Saut, c.Phrase)
		if c.Avant != "" || c.Apres != "" {
			fmt.Fprintf(&b, "  avant : %s\n  après : %s\n", c.Avant, c.Apres)
		}
	}
	return b.String()
}

// What a committee reads of a new version, whole.
func TestCompareIsReadAloud(t *testing.T) {
	before := initialVersion(t)
	after, faults := Edit(before, []Saisie{
		{"TAR-02.poids", "5"}, {"INF-04.poids", "1"}, {"parametres.rho", "40"}, {"niveaux.B.score", "66,5"}, {"niveaux.A.essentiels_inconnus", "1"},
		{"parametres.confirme", "75"}, {"confiance.ancien_mois", "48"}, {"INF-04.regle.bornes.a", "300"}, {"INF-05.regle.plein_mois", "9"}, {"ACC-02.regle.profils.rural.a", "6"},
		{"ACP-02.regle.paliers[1].valeur", "0,75"}, {"ACP-01.regle.parts[0].poids", "70"}, {"ACP-01.regle.parts[1].poids", "30"},
		{"CON-04.essentiel", "oui"}, {"CON-04.textes.tenue", "Vous apprenez à vous protéger."}, {"CON-04.textes.manque", "Rien n’est prévu."}, {"CON-04.textes.confirmer", "Nous ne savons pas."},
		{"INF-01.libelle", "Adresse exacte"}, {"ACC-03.regle.cas[0].phrase", "Ce lieu ouvre aussi le soir ou le samedi."}, {"alertes.mediane_groupe", "4"},
	})
	if faults != nil {
		t.Fatal(faults)
	}
	after, faults = Withdraw(after, "AME-02")
	if faults != nil {
		t.Fatal(faults)
	}
	after, code, faults := AddCritere(after, Modele{Genre: GenreQuestion, Dimension: "AME", Libelle: "Accueil des enfants", Question: "Puis-je venir avec un enfant ?", Poids: Entier,
		Demande: "Accueillez-vous les personnes avec leurs enfants ?", Reponses: []ReponseModele{{"Oui, toujours", Entier}, {"Sur rendez-vous", 5000}, {"Non", 0}}})
	if faults != nil {
		t.Fatal(faults)
	}
	if code != "AME-05" {
		t.Errorf("the new criterion is %s", code)
	}
	asGolden(t, "compare_2.0.0.golden", sentences(Compare(before, after)))
	if Bump(before, after) != Majeur {
		t.Error("this changes results")
	}
	if got := Compare(before, before); len(got) != 0 || Bump(before, before) != "" {
		t.Errorf("nothing changed: %s", sentences(got))
	}
}

func TestBump(t *testing.T) {
	one := initialVersion(t)
	for _, c := range []struct {
		name   string
		change func(r *Referentiel)
		want   Saut
		says   string
	}{
		{"a word", func(r *Referentiel) { r.critere("INF-01").Textes.Action = "Donnez l’adresse." }, Correctif, "Seuls des textes"},
		{"a phrase of an answer", func(r *Referentiel) {
			x := r.critere("COM-03").Regle.Resultats
			i := x["benevoles"]
			i.Phrase = "Des bénévoles aident."
			x["benevoles"] = i
		}, Correctif, "un texte est reformulé"},
		{"a help that was not", func(r *Referentiel) { r.Questions[3].Aide = "Par exemple." }, Mineur, "Un texte est ajouté"},
		{"a question that nothing reads", func(r *Referentiel) {
			r.Questions = append(r.Questions, Question{Code: "the", Texte: "Aimez-vous le thé ?", ValiditeMois: 1})
		}, Mineur, "Une question est ajoutée : « Aimez-vous le thé ? »."},
		{"a validity", func(r *Referentiel) { r.Questions[0].ValiditeMois = 12 }, Majeur, "passe de 24 à 12 mois"},
		{"the value of an answer", func(r *Referentiel) {
			x := r.critere("COM-03").Regle.Resultats
			i := x["benevoles"]
			i.Valeur = 5000
			x["benevoles"] = i
		}, Majeur, "la valeur passe de 0,6 à 0,5 si la réponse est « Des bénévoles encadrés »."},
		{"a weight", func(r *Referentiel) { r.critere("TAR-02").Poids = 50000 }, Majeur, "Le poids de « Gratuité ou tarif adapté » passe de 4 à 5\u00a0points."},
		{"an order", func(r *Referentiel) { r.Criteres[0], r.Criteres[1] = r.Criteres[1], r.Criteres[0] }, Majeur, "rangés dans un autre ordre"},
		{"an order of cases", func(r *Referentiel) {
			c := r.critere("COM-01").Regle.Cas
			c[0], c[1] = c[1], c[0]
		}, Majeur, "dans un autre ordre"},
		{"who is concerned", func(r *Referentiel) { r.critere("CON-01").ApplicableSi = nil }, Majeur, "« Démarches faites en sécurité » concerne désormais tous les lieux."},
		{"an absence", func(r *Referentiel) { r.critere("INF-04").SiAbsent = Inconnu }, Majeur, "une information absente est désormais inconnue"},
		{"a whole rule", func(r *Referentiel) {
			r.critere("CON-04").Regle = Regle{Type: "present", Champs: []string{"services"}, Oui: &Issue{Valeur: Entier, Phrase: "Oui."}, Non: &Issue{Phrase: "Non."}}
		}, Majeur, "la règle de calcul change"},
		{"the last level's name", func(r *Referentiel) { r.Parametres.Niveaux[4].Libelle = "au départ" }, Correctif, "Seuls des textes"},
		{"a residue", func(r *Referentiel) { r.Residus[0].Pourquoi = "Autre raison." }, Mineur, "cas acceptés"},
		{"only the number", func(r *Referentiel) { r.Version = "9.9.9" }, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := copied(one)
			c.change(r)
			if got := Bump(one, r); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
			if text := sentences(Compare(one, r)); !strings.Contains(text, c.says) {
				t.Errorf("%q is not said:\n%s", c.says, text)
			}
		})
	}
}

// Whatever a form changes of a draft, alone: the number that Bump asks for is
// MAJEUR exactly when the engines may differ, the sentences say something, and
// where it is not, every made-up place has the values that it had.
func TestEverySetting(t *testing.T) {
	one := initialVersion(t)
	one.Exemples = nil
	e, err := Compile(one)
	if err != nil {
		t.Fatal(err)
	}
	x := newExplorer(e)
	all := make([]int, len(one.Criteres))
	for i := range all {
		all[i] = i
	}
	vars := x.variables(all)
	list := Reglages(one)
	paths := map[string]bool{}
	for _, s := range list {
		if paths[s.Chemin] {
			t.Errorf("two settings are called %s", s.Chemin)
		}
		paths[s.Chemin] = true
		if same, faults := Edit(one, []Saisie{{s.Chemin, s.Valeur}}); faults != nil || encoded(same) != encoded(one) {
			t.Errorf("%s: its own value %q changes something: %v", s.Chemin, s.Valeur, faults)
		}
	}
	if len(list) < 400 {
		t.Errorf("only %d settings", len(list))
	}
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.SampledFrom(list).Draw(t, "setting")
		var typed string
		switch s.Nature {
		case ReglageTexte:
			typed = rapid.SampledFrom([]string{"Une autre phrase.", "", "Le {rien}.", strings.Repeat("a", 6000), "a\x00b"}).Draw(t, "text")
		case ReglageOui:
			typed = rapid.SampledFrom([]string{"oui", "non", "peut-être"}).Draw(t, "yes")
		default:
			typed = rapid.SampledFrom([]string{"0", "1", "0,5", "3", "12", " 40 ", "70 %", "1e3", "x", "-1", "99999999999", "", "0,123456", "2,5"}).Draw(t, "number")
		}
		after, faults := Edit(one, []Saisie{{s.Chemin, typed}})
		if faults != nil {
			if after != nil || faults[0].Where == "" || !strings.Contains(faults[0].Message, ".") {
				t.Fatalf("%s = %q: %+v", s.Chemin, typed, faults)
			}
			return
		}
		jump, words := Bump(one, after), Compare(one, after)
		if (len(words) == 0) != (jump == "") || (encoded(one) == encoded(after)) != (jump == "") {
			t.Fatalf("%s = %q: %q and %s", s.Chemin, typed, jump, sentences(words))
		}
		if s.Nature == ReglageTexte && jump == Majeur {
			t.Fatalf("%s is a text, and would change results", s.Chemin)
		}
		if jump == Majeur {
			return
		}
		next, err := Compile(after)
		if err != nil {
			t.Fatal(err)
		}
		at := make([]int, len(vars))
		for i := range vars {
			at[i] = rapid.IntRange(0, len(vars[i].states)-1).Draw(t, vars[i].name)
		}
		in := entry(vars, at)
		a, b := e.Evaluate(in), next.Evaluate(in)
		a.Referentiel, b.Referentiel = "", ""
		if a.Hash() != b.Hash() {
			t.Fatalf("%s = %q is %q and changes a result", s.Chemin, typed, jump)
		}
	})
}

func TestEditTellsAllFaults(t *testing.T) {
	one := initialVersion(t)
	before := encoded(one)
	after, faults := Edit(one, []Saisie{
		{"INF-01.poids", "4,55"}, {"INF-02.poids", "quatre"}, {"INF-03.poids", "0"}, {"INF-04.poid", "3"}, {"INF-05.regle.phrase", "Le {date_mai}."}, {"INF-05.regle.plein_mois", "3,5"},
		{"INF-01.libelle", "  "}, {"parametres.rho", "120"},
	})
	if after != nil || encoded(one) != before {
		t.Error("something was changed")
	}
	want := []string{"Il y a trop de décimales. Écrivez 4,6.", "Ce n’est pas un nombre", "C’est trop peu. Écrivez au moins 0,1.", "Vouliez-vous dire « INF-04.poids » ?", "Vouliez-vous dire « {date_maj} » ?",
		"Écrivez un nombre entier, de 0 à 240.", "Rien n’est écrit. Écrivez une phrase.", "C’est trop. Écrivez au plus 100."}
	if len(faults) != len(want) {
		t.Fatalf("%d faults: %v", len(faults), faults)
	}
	for i, w := range want {
		if !strings.Contains(faults[i].Message, w) {
			t.Errorf("%s: %q, want %q", faults[i].Where, faults[i].Message, w)
		}
	}
	for path, c := range map[string]struct{ typed, says string }{
		"niveaux.B.score": {"81", "Le niveau B doit demander moins que le niveau A : écrivez un nombre sous 80."}, "parametres.provisoire": {"71", "au plus 70"},
		"INF-05.regle.nul_mois": {"6", "écrivez plus de 6"}, "INF-04.regle.bornes.de": {"200", "deux nombres différents"}, "parametres.partiel": {"0,9", "au plus 0,8"},
	} {
		if _, faults := Edit(one, []Saisie{{path, c.typed}}); len(faults) == 0 || !strings.Contains(faults[0].Message, c.says) {
			t.Errorf("%s = %s: %v", path, c.typed, faults)
		}
	}
}

// An edit computes the examples again: what it gives loads, weights apart.
func TestEditedDraftsLoad(t *testing.T) {
	one := initialVersion(t)
	heavier, faults := Edit(one, []Saisie{{"ACC-01.poids", "8"}})
	if faults != nil {
		t.Fatal(faults)
	}
	if s := Sum(heavier); s.Phrase != "Les poids font 103\u00a0points : il y en a 3 de trop." {
		t.Errorf("%s", s.Phrase)
	}
	balanced, faults := Rebalance(heavier, "ACC-01", "INF-03", "ACC-04")
	if faults != nil {
		t.Fatal(faults)
	}
	numbered, faults := Renumber(one, balanced, []string{"1.0.0", "2.0.0"})
	if faults != nil || numbered.Version != "3.0.0" {
		t.Fatalf("%s %v", numbered.Version, faults)
	}
	if _, err := Load(numbered.Canonical()); err != nil {
		t.Errorf("the edited draft does not load: %v", err)
	}
	for _, c := range Check(numbered, []*Referentiel{one}) {
		if c.Gravite == Bloquant {
			t.Errorf("%s: %s", c.Regle, c.Phrase)
		}
	}
	if balanced.critere("ACC-01").Poids != 8*Entier || encoded(one) != encoded(initialVersion(t)) {
		t.Error("what was to be kept moved, or the version that was given")
	}
}

func TestRebalance(t *testing.T) {
	one := initialVersion(t)
	one.Exemples = nil
	rapid.Check(t, func(t *rapid.T) {
		r := copied(one)
		var keep []string
		for i := range r.Criteres {
			r.Criteres[i].Poids = Nombre(rapid.IntRange(1, 200).Draw(t, "weight")) * tenth
			if rapid.IntRange(0, 9).Draw(t, "keep") == 0 {
				keep = append(keep, r.Criteres[i].Code)
			}
		}
		out, faults := Rebalance(r, keep...)
		if faults != nil {
			kept := Nombre(0)
			for _, code := range keep {
				kept += r.critere(code).Poids
			}
			if kept+Nombre(len(r.Criteres)-len(keep))*tenth <= 100*Entier {
				t.Fatalf("refused, and there was room: %v", faults)
			}
			return
		}
		if s := Sum(out); s.Points != 100*Entier {
			t.Fatal(s.Phrase)
		}
		for i := range out.Criteres {
			c := &out.Criteres[i]
			if c.Poids < tenth || c.Poids%tenth != 0 || slices.Contains(keep, c.Code) && c.Poids != r.Criteres[i].Poids {
				t.Fatalf("%s weighs %s, was %s", c.Code, c.Poids, r.Criteres[i].Poids)
			}
		}
	})
}

// The three templates make criteria that load, are explained, and block nothing.
func TestTemplates(t *testing.T) {
	one := initialVersion(t)
	for _, m := range []Modele{
		{Genre: GenreQuestion, Dimension: "AME", Libelle: "Accueil des enfants", Question: "Puis-je venir avec un enfant ?", Poids: Entier, Essentiel: true,
			Demande: "Accueillez-vous les enfants ?", Reponses: []ReponseModele{{"Oui, toujours", Entier}, {"Oui, toujours sur rendez-vous", 5000}, {"Non", 0}}},
		{Genre: GenreChamp, Dimension: "INF", Libelle: "Site web donné", Question: "Y a-t-il un site ?", Poids: Entier, Champ: "site_web"},
		{Genre: GenreValeur, Dimension: "PUB", Libelle: "Surdité prise en charge", Question: "Les personnes sourdes sont-elles accueillies ?", Poids: Entier, Champ: "publics_specifiquement_adresses", Valeurs: []string{"Seniors"}},
	} {
		r, code, faults := AddCritere(one, m)
		if faults != nil {
			t.Errorf("%s: %v", m.Genre, faults)
			continue
		}
		r, faults = Rebalance(r, code)
		if faults != nil {
			t.Fatal(faults)
		}
		r, _ = Renumber(one, r, nil)
		if r.Version != "2.0.0" {
			t.Errorf("%s: a new criterion makes version %s", m.Genre, r.Version)
		}
		e, err := Load(r.Canonical())
		if err != nil {
			t.Errorf("%s does not load: %v", m.Genre, err)
			continue
		}
		for _, c := range Check(r, []*Referentiel{one}) {
			if c.Gravite == Bloquant {
				t.Errorf("%s: %s", m.Genre, c.Phrase)
			}
		}
		in := &Entree{Date: day("2025-05-01")}
		result := e.Evaluate(in)
		x := Explain(e, in, &result, "")
		i := slices.IndexFunc(x.Criteres, func(c CritereLu) bool { return c.Code == code })
		if i < 0 || x.Criteres[i].Phrase == "" || x.Criteres[i].Action == "" {
			t.Errorf("%s is not explained", m.Genre)
		}
		if again, next, faults := AddCritere(r, Modele{Genre: GenreChamp, Dimension: m.Dimension, Libelle: "Autre", Question: "Autre ?", Poids: Entier, Champ: "site_web"}); faults != nil || next == code || again.critere(next) == nil {
			t.Errorf("a second criterion: %s %v", next, faults)
		}
	}
	_, _, faults := AddCritere(one, Modele{Genre: GenreValeur, Dimension: "XXX", Libelle: "Un contact direct", Question: "", Poids: 500, Champ: "service", Valeurs: []string{"Payant"}})
	if len(faults) < 5 {
		t.Errorf("not all is told: %v", faults)
	}
	_, _, faults = AddCritere(one, Modele{Genre: GenreValeur, Dimension: "PUB", Libelle: "Neuf", Question: "Quoi ?", Poids: Entier, Champ: "frais_a_charge", Valeurs: []string{"Gratuite"}})
	if len(faults) != 1 || !strings.Contains(faults[0].Message, "Vouliez-vous dire « Gratuit » ?") {
		t.Errorf("%v", faults)
	}
}

func TestWithdrawAndNumbers(t *testing.T) {
	one := initialVersion(t)
	two, faults := Withdraw(one, "ACP-04")
	if faults != nil {
		t.Fatal(faults)
	}
	if two.critere("ACP-04") != nil || !slices.Contains(two.CodesRetires, "ACP-04") || len(two.Questions) != len(one.Questions)-1 {
		t.Error("the criterion, or its question, is still there")
	}
	if _, err := Load(two.Canonical()); err != nil {
		t.Errorf("%v", err)
	}
	if _, faults := Withdraw(one, "ACP-4"); len(faults) != 1 || !strings.Contains(faults[0].Message, "Vouliez-vous dire « ACP-04 » ?") {
		t.Errorf("%v", faults)
	}
	again, code, faults := AddCritere(two, Modele{Genre: GenreChamp, Dimension: "AME", Libelle: "Site", Question: "Un site ?", Poids: Entier, Champ: "site_web"})
	if faults != nil || code != "AME-05" || again == nil {
		t.Errorf("%s %v", code, faults)
	}
	words := copied(one)
	words.Titre = "Un autre titre"
	for _, c := range []struct {
		draft  *Referentiel
		others []string
		want   string
	}{{words, nil, "1.0.1"}, {words, []string{"1.0.1"}, "1.0.2"}, {two, nil, "2.0.0"}, {two, []string{"2.0.0", "3.0.0"}, "4.0.0"}} {
		if got, faults := Renumber(one, c.draft, c.others); faults != nil || got.Version != c.want {
			t.Errorf("%s, want %s (%v)", got.Version, c.want, faults)
		}
	}
}
