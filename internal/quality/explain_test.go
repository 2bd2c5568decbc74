package quality

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// explained are places of the goldens: one known a little, with all that can
// be said of an answer; one known nearly whole; one of which nothing is known.
func explained(t testing.TB) (*Engine, map[string]*Entree) {
	t.Helper()
	e, err := Load(Initial())
	if err != nil {
		t.Fatal(err)
	}
	minutes, office, gap := 30*60+30, false, 1234
	some := &Entree{
		Fiche: Fiche{
			Listes: map[string][]string{
				"services": {"Aide aux démarches administratives"}, "frais_a_charge": {"Payant"}, "modalites_acces": {"Contacter par mail", "Se présenter"},
				"dispositif_programmes_nationaux": {"Conseillers numériques"}, "formations_labels": {"Étapes numériques(La Poste)"}, "itinerance": {"Fixe"}},
			Presents: []string{"adresse", "code_postal", "commune", "courriels", "date_maj", "dispositif_programmes_nationaux", "formations_labels", "frais_a_charge", "horaires", "itinerance",
				"latitude", "longitude", "modalites_acces", "pivot", "presentation_resume", "services"},
			DateMaj: day("2024-04-02"),
			Faits:   Faits{Horaires: "lisibles", MinutesSemaine: &minutes, HorsBureau: &office, Presentation: 1120, EcartCommune: &gap, Pivot: "siren"},
		},
		Contexte:  Contexte{Densite: "rural", Constantes: []string{"services"}},
		Contestes: []string{"COM-01"},
		Date:      day("2025-05-01"),
	}
	answer := func(critere, reponse, date string) {
		for code := range readsOf(e.ref.critere(critere)).questions {
			some.Reponses = append(some.Reponses, Declaration{Question: code, Reponse: reponse, Date: day(date)})
		}
	}
	answer("ACP-04", "parfois", "2025-03-01")
	answer("ACP-06", "partenaires", "2020-01-31") // out of date
	some.Preuves = []Evidence{{Preuve: "registre_label", Resultat: "contredit", Date: day("2025-04-01")}}
	some.Mesures = []Mesure{{"signalements_traites", 3, 4}}
	best := e.ref.Exemples[0].Entree
	return e, map[string]*Entree{"quelques": some, "presque_tout": &best, "rien": {Date: day("2025-05-01")}}
}

func TestExplanationsAreReadAloud(t *testing.T) {
	e, places := explained(t)
	for name, in := range places {
		r := e.Evaluate(in)
		x := Explain(e, in, &r, "Hubik")
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", " ")
		if err := enc.Encode(x); err != nil {
			t.Fatal(err)
		}
		asGolden(t, "explain_"+name+".json", b.String())
	}
}

// The numbers of the place that is known a little, by hand.
func TestExplanationByHand(t *testing.T) {
	e, places := explained(t)
	in := places["quelques"]
	r := e.Evaluate(in)
	x := Explain(e, in, &r, "Hubik")
	find := func(code string) CritereLu {
		i := slices.IndexFunc(x.Criteres, func(c CritereLu) bool { return c.Code == code })
		return x.Criteres[i]
	}
	for _, c := range []struct{ what, got, want string }{
		{"4 × 0.6", find("INF-02").PointsLus, "2,4 sur 4"},
		{"30 h 30", find("ACC-02").Phrase, "Ce lieu ouvre 30\u00a0h\u00a030 par semaine."},
		{"1 234 m", find("INF-01").Phrase, "L’adresse, la commune et le code postal sont donnés. La position est à 1\u202f234 mètres de la commune annoncée."},
		{"a date", find("INF-05").Phrase, "La fiche a été confirmée le 2 avril 2024."},
		{"unknown", find("ACP-03").Phrase, "Nous ne savons pas si quelqu’un accompagne. Ce n’est pas compté comme une absence de service."},
		{"unknown points", find("ACP-03").PointsLus, "inconnu, sur 5"},
		{"expired", strings.Join(find("ACP-06").Remarques, "|"), "La réponse à « " + questionText(e.ref, questionOf(e, "ACP-06")) + " » a expiré le 31 janvier 2022. Elle ne compte plus : répondez de nouveau."},
		{"contested", strings.Join(find("COM-01").Remarques, "|"), "Ce résultat est contesté et sera réexaminé. D’ici là, sa confiance est réduite."},
		{"constant", strings.Join(find("ACP-02").Remarques, "|"), "La source donne la même valeur à tous ses lieux. Confirmez-la pour celui-ci."},
		{"origin of a field", find("TAR-01").Origines[0].Phrase, "Frais à charge : « Payant », dans la fiche de Hubik du 2 avril 2024."},
		{"origin of an answer", find("ACP-04").Origines[0].Phrase, "« " + questionText(e.ref, questionOf(e, "ACP-04")) + " » : le lieu a répondu « Parfois » le 1er mars 2025, valable jusqu’au 1er mars 2027."},
		{"origin of a proof", find("COM-02").Origines[len(find("COM-02").Origines)-1].Phrase, "« Registre officiel du label » : vérifié, « Le lieu n’est pas au registre » le 1er avril 2025, valable jusqu’au 1er avril 2026."},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", c.what, c.got, c.want)
		}
	}
	// « 2 » sur la page, en mots et en nombre.
	if p := find("ACP-04"); *p.Points != 18000 || !p.Origines[0].Expire.Known() {
		t.Errorf("ACP-04: %+v", p)
	}
}

func questionOf(e *Engine, critere string) string {
	for code := range readsOf(e.ref.critere(critere)).questions {
		return code
	}
	return ""
}

// Filling services well touches the four criteria that see them.
func TestFieldGainsAreJoint(t *testing.T) {
	e, places := explained(t)
	in := *places["quelques"]
	in.Fiche.Listes = map[string][]string{"frais_a_charge": {"Gratuit"}}
	in.Fiche.Presents = []string{"frais_a_charge"}
	r := e.Evaluate(&in)
	x := Explain(e, &in, &r, "")
	i := slices.IndexFunc(x.Champs, func(c ActionChamp) bool { return c.Champ == "services" })
	if i < 0 {
		t.Fatalf("services are not advised: %+v", x.Champs)
	}
	got := x.Champs[i]
	if want := []string{"ACP-01", "ACP-02", "ACP-05", "CON-04"}; !slices.Equal(got.Criteres, want) {
		t.Errorf("services touch %v, want %v", got.Criteres, want)
	}
	// The same by the engine: the field filled, everything scored again.
	filled := in
	filled.Fiche.Listes = map[string][]string{"frais_a_charge": {"Gratuit"}, "services": {"Accès internet et matériel informatique", "Aide aux démarches administratives",
		"Maîtrise des outils numériques du quotidien", "Utilisation sécurisée du numérique"}}
	filled.Fiche.Presents = []string{"frais_a_charge", "services"}
	after := e.Evaluate(&filled)
	if gap := after.Score - r.Score - got.GainScore; gap < -tenth || gap > tenth {
		t.Errorf("gain %s, by the engine %s", got.GainScore, after.Score-r.Score)
	}
	for j := 1; j < len(x.Champs); j++ {
		if x.Champs[j].GainScore > x.Champs[j-1].GainScore {
			t.Errorf("%s before %s", x.Champs[j-1].Libelle, x.Champs[j].Libelle)
		}
	}
}

// What separates a place from the next level: with just that, it is reached.
func TestNextLevelIsExact(t *testing.T) {
	e, _ := explained(t)
	model := e.Model()
	model.Poids = []int32{40, 30, 20, 10}
	model.Dimension, model.Essentiel = []uint8{0, 0, 0, 0}, make([]bool, 4)
	rapid.Check(t, func(t *rapid.T) {
		values := make([]Valeur, 4)
		for i := range values {
			values[i] = Valeur(rapid.IntRange(-1, 10_000).Draw(t, "value"))
		}
		total := model.Aggregate(values, nil)
		if total.Evalue == 0 {
			t.Skip()
		}
		x := explainer{e: e, gainer: &gainer{now: total}}
		asked := Nombre(rapid.IntRange(1, 1000).Draw(t, "asked")) * tenth
		if total.reachesScore(asked) {
			t.Skip()
		}
		missing := x.missingScore(asked)
		if missing <= 0 || missing%tenth != 0 {
			t.Fatalf("missing %s", missing)
		}
		if !total.reachesScore(asked-missing) || total.reachesScore(asked-missing+tenth) {
			t.Fatalf("%s is not what is missing to %s", missing, asked)
		}
	})
}

var (
	ours        = regexp.MustCompile(`\b[A-Z]{2,5}-[0-9]{2}\b|[a-z]_[a-z]|\{|\}|SATISFAIT|INCONNU|SANS_OBJET`)
	sentenceEnd = regexp.MustCompile(`[.!?;:\n]`)
)

// Whatever the place is, nobody reads a name of ours, an empty sentence or one
// that must be read twice.
func TestNoCodeIsRead(t *testing.T) {
	e, places := explained(t)
	x := newExplorer(e)
	all := make([]int, len(e.criteria))
	for i := range all {
		all[i] = i
	}
	vars := x.variables(all)
	read := func(t rapid.TB, what, s string) {
		if strings.TrimSpace(s) == "" {
			t.Fatalf("%s: nothing is said", what)
		}
		if found := ours.FindString(s); found != "" {
			t.Fatalf("%s: a person reads %q in %q", what, found, s)
		}
		if strings.Contains(s, "'") && !strings.Contains(s, "n'accueille") && !strings.Contains(s, "d'accès") {
			t.Fatalf("%s: a typewriter’s apostrophe in %q", what, s)
		}
	}
	each := func(t rapid.TB, in *Entree) {
		r := e.Evaluate(in)
		y := e.Explain(&Scored{Entree: *in, Resultat: r, Source: "Hubik", Suivant: &r, SuivantLe: day("2026-01-01")})
		read(t, "résumé", y.Resume)
		read(t, "couverture", y.Couverture.Phrase)
		read(t, "confiance", y.Confiance.Phrase)
		read(t, "socle", y.Socle.Phrase)
		read(t, "à venir", y.AVenir.Phrase)
		read(t, "niveau", y.NiveauTexte)
		for _, s := range y.Confiance.Raisons {
			read(t, "raison", s)
		}
		for _, g := range y.Socle.Garanties {
			read(t, "garantie", g.Phrase)
		}
		for _, d := range y.Dimensions {
			read(t, "dimension", d.Phrase)
		}
		for _, a := range y.Actions {
			read(t, "action", a.Phrase)
		}
		for _, a := range y.Champs {
			read(t, "champ", a.Phrase)
			read(t, "champ", a.Libelle)
			if a.GainScore <= 0 || len(a.Criteres) == 0 {
				t.Fatalf("advice that brings nothing: %+v", a)
			}
		}
		if y.Prochain != nil {
			for _, s := range y.Prochain.Phrases {
				read(t, "prochain", s)
			}
		}
		for _, c := range y.Criteres {
			read(t, c.Code+" phrase", c.Phrase)
			read(t, c.Code+" règle", c.Regle)
			read(t, c.Code+" points", c.PointsLus)
			for _, s := range c.Remarques {
				read(t, c.Code+" remarque", s)
			}
			for _, o := range c.Origines {
				read(t, c.Code+" origine", o.Phrase)
				read(t, c.Code+" origine", o.Libelle)
			}
			if c.Statut == StatutInconnu && !strings.HasSuffix(c.Phrase, notHeld) {
				t.Fatalf("%s is unknown and does not say what that means: %q", c.Code, c.Phrase)
			}
			if (c.GainScore != nil) != (c.Action != "") {
				t.Fatalf("%s: an action without gain, or the other way: %+v", c.Code, c)
			}
			for _, s := range sentenceEnd.Split(c.Phrase, -1) {
				if n := len(strings.Fields(s)); n > maxWords {
					t.Fatalf("%s: %d words in %q", c.Code, n, s)
				}
			}
		}
	}
	for _, in := range places {
		each(t, in)
	}
	rapid.Check(t, func(t *rapid.T) {
		at := make([]int, len(vars))
		for i := range vars {
			at[i] = rapid.IntRange(0, len(vars[i].states)-1).Draw(t, vars[i].name)
		}
		in := entry(vars, at)
		if rapid.Bool().Draw(t, "contested") {
			in.Contestes = []string{rapid.SampledFrom(e.ref.Criteres).Draw(t, "criterion").Code}
		}
		each(t, in)
	})
}

// gain_score is the aggregation run again: the score of the place with that
// criterion met, less its score, to the decimal.
func TestGainIsTheAggregationAgain(t *testing.T) {
	e, places := explained(t)
	for name, in := range places {
		r := e.Evaluate(in)
		x := Explain(e, in, &r, "")
		values, model := e.Values(in, nil), e.Model()
		for i, c := range x.Criteres {
			if c.GainScore == nil {
				if values[i] >= 0 && values[i] != Valeur(Entier) || values[i] == ValeurInconnue {
					t.Errorf("%s %s: %d could gain", name, c.Code, values[i])
				}
				continue
			}
			before := model.Aggregate(values, nil)
			was := values[i]
			values[i] = Valeur(Entier)
			after := model.Aggregate(values, nil)
			values[i] = was
			want := (after.Score(2) - before.Score(2) + 500) / 1000 * 1000
			if *c.GainScore != want {
				t.Errorf("%s %s: gain %s, want %s", name, c.Code, *c.GainScore, want)
			}
		}
	}
}

func TestUpcomingVersion(t *testing.T) {
	e, places := explained(t)
	now := e.Evaluate(places["quelques"])
	draft, faults := Edit(e.Referentiel(), []Saisie{{"ACC-04.poids", "6"}, {"COM-02.poids", "2"}})
	if faults != nil {
		t.Fatal(faults)
	}
	draft.Version = "2.0.0"
	next, err := Compile(draft)
	if err != nil {
		t.Fatal(err)
	}
	then := next.Evaluate(places["quelques"])
	x := e.Explain(&Scored{Entree: *places["quelques"], Resultat: now, Suivant: &then, SuivantLe: day("2026-09-01")}).AVenir
	if x == nil || x.Version != "2.0.0" {
		t.Fatalf("%+v", x)
	}
	if want := fmt.Sprintf("À partir du 1er septembre 2026, le score passera de %s à %s sur 100. Le niveau ne change pas.", decimals(now.Score, 2), decimals(then.Score, 2)); x.Phrase != want {
		t.Errorf("%q, want %q", x.Phrase, want)
	}
	want := []string{"« Un chemin d’accès sans internet » : 5 sur 5, puis 6 sur 6.", "« Label confirmé par le registre officiel » : 0 sur 3, puis 0 sur 2."}
	if !slices.Equal(x.Ecarts, want) {
		t.Errorf("%q, want %q", x.Ecarts, want)
	}
}

func TestFrenchNumbers(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{decimal(6500), "0,65"}, {decimal(-15000), "−1,5"}, {decimals(-400, 1), "0"}, {decimals(32500, 1), "3,3"}, {decimals(12345678, 1), "1\u202f234,6"},
		{points(19999), "1,9999\u00a0point"}, {points(20000), "2\u00a0points"}, {percent(7000), "70\u00a0%"}, {percent(8550), "85,5\u00a0%"},
		{duration(2100), "35\u00a0h"}, {duration(2130), "35\u00a0h\u00a030"}, {duration(2105), "35\u00a0h\u00a005"}, {duration(45), "45\u00a0min"}, {duration(0), "0\u00a0min"},
		{metres(999), "999\u00a0m"}, {metres(1250), "1,3\u00a0km"}, {longDate(day("2024-05-01")), "1er mai 2024"}, {longDate(Jour{}), ""},
		{fillIn("À {ecart_commune} m, {rien}.", map[string]string{"ecart_commune": "12345"}), "À 12\u202f345 m, une valeur inconnue."},
		{valueLabel("formations_labels", "Étapes numériques(La Poste)"), "Étapes numériques (La Poste)"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

func BenchmarkExplain(b *testing.B) {
	e, places := explained(b)
	in := places["quelques"]
	r := e.Evaluate(in)
	for b.Loop() {
		Explain(e, in, &r, "Hubik")
	}
}
