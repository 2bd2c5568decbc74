package quality

import (
	"encoding/json"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func initialVersion(t testing.TB) *Referentiel {
	t.Helper()
	r, err := Parse(Initial())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// asGolden compares with a file of testdata; REGOLD=1 writes it, to be read aloud.
func asGolden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("REGOLD") != "" {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is not what it was (REGOLD=1 writes it again):\n%s", name, firstDifference(string(want), got))
	}
}

func firstDifference(want, got string) string {
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("line %d\nwas %s\nis  %s", i+1, a[i], b[i])
		}
	}
	return fmt.Sprintf("%d lines, were %d", len(b), len(a))
}

func report(list []Constat) string {
	var b strings.Builder
	for _, c := range list {
		fmt.Fprintf(&b, "%s · %s · %s", c.Gravite, c.Regle, c.Ou)
		if c.Champ != "" {
			fmt.Fprintf(&b, " · %s", c.Champ)
		}
		fmt.Fprintf(&b, "\n  %s\n", c.Phrase)
		if c.Perdu != nil {
			fmt.Fprintf(&b, "  perdu %s, évité %s, gain %s\n", c.Perdu, c.Evite, c.Gain)
		}
	}
	return b.String()
}

func of(list []Constat, rule string, gravity Gravite) []Constat {
	var out []Constat
	for _, c := range list {
		if c.Regle == rule && c.Gravite == gravity {
			out = append(out, c)
		}
	}
	return out
}

func TestInitialIsGreen(t *testing.T) {
	list := Check(initialVersion(t), nil)
	for _, c := range list {
		if c.Gravite == Bloquant {
			t.Errorf("%s: %s", c.Regle, c.Phrase)
		}
	}
	asGolden(t, "check_1.0.0.golden", report(list))
}

// asDesigned is the table of the design before it was mended.
func asDesigned(t testing.TB) *Referentiel {
	r := initialVersion(t)
	r.Exemples = nil
	acp := r.critere("ACP-01")
	acp.Regle.Parts[0].Poids, acp.Regle.Parts[1].Poids = 4000, 6000
	// Fixe is worth nothing, and says so.
	r.critere("PUB-04").Regle = Regle{Type: "contient", Champ: "itinerance", Valeurs: []string{"Itinérant"},
		Oui: &Issue{Valeur: Entier, Phrase: "Ce lieu va vers les gens."}, Sinon: &Issue{Valeur: 0, Phrase: "Ce lieu est fixe."}}
	// Another scheme is worth less than a training that is declared: the best counts.
	com := r.critere("COM-01")
	i := slices.IndexFunc(com.Regle.Cas, func(c Cas) bool {
		return c.Si.Type == "present" && c.Si.Champ == "dispositif_programmes_nationaux"
	})
	record := com.Regle
	record.Cas = slices.Clone(record.Cas[:i+1])
	record.Cas[i].Valeur = 5000
	com.Regle = Regle{Type: "meilleur_de", Regles: []Regle{record, {Type: "declaration", Question: com.Regle.Cas[i+1].Si.Question, Resultats: map[string]Issue{
		"oui": {Valeur: 7000, Phrase: "Une autre formation."}, "non": {Valeur: 0, Phrase: "Personne n’est formé."}}}}}
	done := false
	walkRules(&r.critere("AME-03").Regle, func(x *Regle) {
		if x.Type == "present" && slices.Contains(x.Champs, "structure_parente") {
			x.Oui.Valeur, done = 5000, true
		}
	})
	if !done {
		t.Fatal("AME-03 does not look at structure_parente any more")
	}
	return r
}

// The design's table has four fields that pay to hide, and no other; each was
// mended in version 1.0.0. The numbers are those of its inequality, by hand:
// services 0.4 × 5 = 2 lost where 4(⅔−0.4) + 2·⅔ + 1·⅔ = 3.0667 is asked;
// itinerance 2·⅔ = 1.3333; dispositif 5(⅔−0.5) = 0.8333; structure 2(⅔−0.5) = 0.3333.
func TestDesignPaysToHideFourFields(t *testing.T) {
	list := Check(asDesigned(t), nil)
	got := map[string]string{}
	for _, c := range of(list, "taire", Bloquant) {
		got[c.Champ] = fmt.Sprintf("%s < %s", c.Perdu, c.Evite)
		if *c.Gain <= 0 {
			t.Errorf("%s: no place gains: %s", c.Champ, c.Phrase)
		}
	}
	want := map[string]string{
		"services":                        "2 < 3.0667",
		"itinerance":                      "0 < 1.3333",
		"dispositif_programmes_nationaux": "0 < 0.8333",
		"structure_parente":               "0 < 0.3333",
	}
	for field, numbers := range want {
		if got[field] != numbers {
			t.Errorf("%s: %s, by hand %s", field, got[field], numbers)
		}
	}
	for field := range got {
		if want[field] == "" {
			t.Errorf("%s pays to hide too: %s", field, got[field])
		}
	}
	asGolden(t, "check_tableau_initial.golden", report(list))
}

// Every residue is needed: without it the check blocks, and it alone. One that
// is not needed any more is told.
func TestResidues(t *testing.T) {
	full := initialVersion(t)
	if len(full.Residus) < 3 {
		t.Fatalf("only %d residues", len(full.Residus))
	}
	for i := range full.Residus {
		r := copied(full)
		gone := r.Residus[i]
		r.Residus = slices.Delete(r.Residus, i, i+1)
		blocked := of(Check(r, nil), "taire", Bloquant)
		if len(blocked) != 1 || blocked[0].Champ != gone.Champ {
			t.Errorf("without the residue of %s and %s: %s", gone.Champ, gone.Critere, report(blocked))
		}
	}
	r := copied(full)
	r.Residus = append(r.Residus, Residu{Champ: "telephone", Critere: "INF-02", Pourquoi: "Pour voir."})
	if old := of(Check(r, nil), "residu", Avertissement); len(old) != 1 || old[0].Champ != "telephone" {
		t.Errorf("a residue for nothing: %s", report(old))
	}
	// A residue excuses its criterion, not what else the field does: were a way
	// in without internet worth nothing, hiding would pay however kept the promise.
	r = copied(full)
	r.Exemples = nil
	r.critere("ACC-04").Regle.Sinon.Valeur = 0
	if b := of(Check(r, nil), "taire", Bloquant); len(b) != 1 || b[0].Champ != "modalites_acces" {
		t.Errorf("behind the residue: %s", report(b))
	}
}

// A place that is perfect but for what hides: exactly when the inequality says
// so does some such place gain, by the aggregation itself.
func TestInequalityIsTheAggregation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 4).Draw(t, "dependent")
		var m Model
		m.Rho = Nombre(rapid.IntRange(0, 20).Draw(t, "rho")) * 500
		m.Provisoire, m.Confirme = 5000, 7000
		m.Niveaux = []Niveau{{Code: "A"}}
		s := newSampler(&Parametres{Rho: m.Rho, Provisoire: 5000})
		lost := int32(rapid.IntRange(0, 60).Draw(t, "lost")) // tenths of a transparency criterion that falls from 1 to 0
		weights := []int32{lost}
		before, after := []Valeur{Valeur(Entier)}, []Valeur{0}
		shown, _ := lossOf(int64(lost), Valeur(Entier), 0)
		sum := shown
		for range n {
			w, v := int32(rapid.IntRange(1, 60).Draw(t, "weight")), Valeur(rapid.IntRange(0, 10).Draw(t, "value")*1000)
			weights, before, after = append(weights, w), append(before, v), append(after, ValeurInconnue)
			l, _ := lossOf(int64(w), v, ValeurInconnue)
			sum = loss{sum.alpha + l.alpha, sum.epsilon + l.epsilon, sum.tau + l.tau}
		}
		// A very long référentiel, so that what hides is little beside the rest and
		// the bound is reached: 18 of 20 thousand tenths, cut fine.
		for range 1000 {
			weights, before, after = append(weights, 18), append(before, Valeur(Entier)), append(after, Valeur(Entier))
		}
		m.Poids, m.Dimension, m.Essentiel = weights, make([]uint8, len(weights)), make([]bool, len(weights))
		gains := false
		for i := n + 1; i < len(weights); i++ {
			b, a := m.Aggregate(before, nil), m.Aggregate(after, nil)
			if a.Etat == NonAttribue {
				break
			}
			gains = gains || exactScore(&a).Cmp(exactScore(&b)) > 0
			before[i], after[i] = ValeurInconnue, ValeurInconnue
		}
		pays := false
		for i := range samples {
			pays = pays || s.moves(sum, i) > 0
		}
		if gains && !pays {
			t.Fatalf("a place gains that the inequality lets pass: ρ %s, %v %v", m.Rho, weights[:n+1], before[:n+1])
		}
		// The other way, but for what is so near that the rest blurs it.
		near := Nombre(sum.epsilon / 20)
		worse := sum
		worse.alpha += int64(near)
		for i := range samples {
			if s.moves(worse, i) > 0 && !gains {
				t.Fatalf("the inequality blocks and nobody gains: ρ %s, %v %v", m.Rho, weights[:n+1], before[:n+1])
			}
		}
	})
}

func exactScore(t *Total) *big.Rat {
	return new(big.Rat).SetFrac(big.NewInt(t.blend()), new(big.Int).Mul(big.NewInt(1_000_000*t.Evalue), big.NewInt(t.Applicable)))
}

// What is checked by going through all contents, against places drawn at
// random: none that the check let pass gains by hiding one field, were it
// otherwise perfect.
func TestNoMadeUpPlaceGainsByHiding(t *testing.T) {
	r := initialVersion(t)
	e, err := Compile(r)
	if err != nil {
		t.Fatal(err)
	}
	x := newExplorer(e)
	x.hiding = true
	all := make([]int, len(r.Criteres))
	for i := range all {
		all[i] = i
	}
	vars := x.variables(all)
	s := newSampler(&r.Parametres)
	rapid.Check(t, func(t *rapid.T) {
		at := make([]int, len(vars))
		for i := range vars {
			at[i] = rapid.IntRange(0, len(vars[i].states)-1).Draw(t, vars[i].name)
		}
		in := entry(vars, at)
		n := rapid.SampledFrom(slices.DeleteFunc(slices.Clone(in.Fiche.Presents), func(f string) bool { return f == "" })).Draw(t, "hidden")
		before := e.Values(in, nil)
		for i := range vars {
			if vars[i].group != nil && slices.Contains(vars[i].group.names, n) {
				c := vars[i].states[at[i]].content.without(columnSet([]string{n}))
				c.put(vars[i].group, in)
			}
		}
		after := e.Values(in, nil)
		var sum [samples]int64
		for i := range before {
			code := r.Criteres[i].Code
			if slices.ContainsFunc(r.Residus, func(x Residu) bool { return x.Champ == n && x.Critere == code }) {
				for j := range samples {
					if r.Criteres[i].SiAbsent == Zero {
						sum[j] += s.moves(loss{alpha: int64(r.Criteres[i].Poids/tenth) * int64(Entier)}, j)
					}
				}
				continue
			}
			l, _ := lossOf(int64(r.Criteres[i].Poids/tenth), before[i], after[i])
			for j := range samples {
				sum[j] += s.moves(l, j)
			}
		}
		for i := range samples {
			if sum[i] > 0 {
				t.Fatalf("hiding %s pays: %v then %v", n, before, after)
			}
		}
	})
}

func TestChecks(t *testing.T) {
	one := initialVersion(t)
	for name, c := range map[string]struct {
		change func(r *Referentiel)
		rule   string
		where  string
		says   string
	}{
		"weights":      {func(r *Referentiel) { r.critere("INF-01").Poids += Entier }, "poids", "criteres", "Les poids font 101\u00a0points : il y en a 1 de trop."},
		"two decimals": {func(r *Referentiel) { r.critere("INF-01").Poids += 500; r.critere("INF-02").Poids -= 500 }, "poids", "criteres[0].poids", "a plus d’une décimale : écrivez 4,1."},
		"twice":        {func(r *Referentiel) { r.critere("INF-02").Code = "INF-01" }, "document", "criteres[1].code", "déjà le code"},
		"withdrawn":    {func(r *Referentiel) { r.Criteres = slices.Delete(r.Criteres, 32, 33) }, "code", "codes_retires", "ajoutez son code « AME-04 » aux codes retirés"},
		"another meaning": {func(r *Referentiel) {
			c := r.critere("AME-04")
			c.Libelle, c.Question, c.Regle = "Accueil des enfants", "Puis-je venir avec un enfant ?", r.critere("AME-01").Regle
		}, "code", "criteres[32].code", "désignait « Structure porteuse identifiée »"},
		"no such value":                    {func(r *Referentiel) { r.critere("CON-04").Regle.Valeurs[0] = "Utilisation securisé du numérique" }, "document", "criteres[28].regle.valeurs[0]", "Vouliez-vous dire « Utilisation sécurisée du numérique »"},
		"no such name":                     {func(r *Referentiel) { r.critere("INF-05").Regle.Phrase = "Confirmée le {date_mai}." }, "phrase", "criteres[4].regle.phrase", "Vouliez-vous dire « {date_maj} »"},
		"a name in a text for all":         {func(r *Referentiel) { r.critere("INF-05").Textes.Regle = "Selon {date_maj}." }, "phrase", "criteres[4].textes.regle", "le même pour tous les lieux"},
		"an open brace":                    {func(r *Referentiel) { r.critere("INF-05").Regle.Phrase = "Le {date_maj." }, "phrase", "criteres[4].regle.phrase", "accolade"},
		"no sentence":                      {func(r *Referentiel) { r.critere("CON-04").Regle.Oui.Phrase = " " }, "phrase", "criteres[28].regle.oui", "il manque la phrase dite si le champ « services » contient « Utilisation sécurisée du numérique »"},
		"no text":                          {func(r *Referentiel) { r.critere("CON-04").Textes.Action = "" }, "document", "criteres[28].textes.action", "vide"},
		"steps":                            {func(r *Referentiel) { slices.Reverse(r.critere("ACP-02").Regle.Paliers) }, "seuil", "criteres[13].regle.paliers[1].minimum", "du plus grand au plus petit"},
		"levels":                           {func(r *Referentiel) { r.Parametres.Niveaux[1].Score = 85 * Entier }, "seuil", "niveaux.B.score", "moins que le niveau A"},
		"same number":                      {func(r *Referentiel) { r.Version = "1.0.0" }, "version", "version", "déjà publiée"},
		"a number before":                  {func(r *Referentiel) { r.Version = "0.9.0" }, "version", "version", "doit être plus grand"},
		"a correction that changes scores": {func(r *Referentiel) { r.Version = "1.0.1"; r.Parametres.Rho = 4000 }, "version", "version", "numérotez-la 2.0.0"},
		"a correction that adds":           {func(r *Referentiel) { r.Version = "1.0.1"; r.Questions[3].Aide = "Par exemple." }, "version", "version", "numérotez-la 1.1.0"},
		"example":                          {func(r *Referentiel) { r.critere("INF-01").Poids += Entier; r.critere("INF-02").Poids -= Entier }, "exemple", "exemples[0]", "attendu"},
	} {
		t.Run(name, func(t *testing.T) {
			r := copied(one)
			r.Version = "2.0.0"
			c.change(r)
			list := Check(r, []*Referentiel{one})
			for _, x := range list {
				if x.Gravite == Bloquant && x.Regle == c.rule && strings.HasPrefix(x.Ou, c.where) && strings.Contains(x.Phrase, c.says) {
					return
				}
			}
			t.Errorf("not told:\n%s", report(list))
		})
	}
}

func TestCodesNeverComeBack(t *testing.T) {
	one := initialVersion(t)
	two, faults := Withdraw(one, "AME-04")
	if faults != nil {
		t.Fatal(faults)
	}
	two.Version = "2.0.0"
	three := copied(one)
	three.Version = "3.0.0"
	list := of(Check(three, []*Referentiel{two, one}), "code", Bloquant) // in any order
	if len(list) == 0 || list[0].Critere != "AME-04" || !strings.Contains(list[0].Phrase, "Un code ne sert qu’une fois") {
		t.Errorf("a code came back: %s", report(list))
	}
	four := copied(two)
	four.Version, four.CodesRetires = "4.0.0", nil
	list = of(Check(four, []*Referentiel{one, two}), "code", Bloquant)
	if len(list) != 1 || !strings.Contains(list[0].Phrase, "aux codes retirés") {
		t.Errorf("a withdrawn code was forgotten: %s", report(list))
	}
}

func TestWarnings(t *testing.T) {
	r := initialVersion(t)
	r.Questions = append(r.Questions, Question{Code: "inutile", Texte: "Aimez-vous le thé ?", ValiditeMois: 12, Reponses: []Reponse{{"oui", "Oui"}, {"non", "Non"}}})
	r.critere("AME-01").Textes.Absent = "Nous ne savons pas."
	r.critere("AME-01").Textes.Regle = strings.Repeat("mot ", 30) + "."
	list := Check(r, nil)
	for _, says := range []string{"Aucun critère ne lit la question « Aimez-vous le thé ? »", "dites que « Ce n’est pas compté comme une absence de service »", "une phrase a 30 mots"} {
		if !slices.ContainsFunc(list, func(c Constat) bool { return c.Gravite == Avertissement && strings.Contains(c.Phrase, says) }) {
			t.Errorf("%q is not told", says)
		}
	}
}

func TestMonotony(t *testing.T) {
	for name, c := range map[string]struct {
		code string
		rule Regle
		says string
	}{
		"more needs are worth less": {"PUB-03", Regle{Type: "decompte", Champ: "prise_en_charge_specifique",
			Paliers: []Palier{{3, Issue{Valeur: 5000, Phrase: "Trois."}}, {2, Issue{Valeur: 10000, Phrase: "Deux."}}},
			Sinon:   &Issue{Valeur: 7000, Phrase: "Un."}}, "ferait baisser « Besoins particuliers pris en charge » de 1 à 0,5"},
		"exactly that one": {"ACC-04", Regle{Type: "table", Champ: "modalites_acces", Lignes: []Ligne{{[]string{"Se présenter"}, Issue{Valeur: 10000, Phrase: "Oui."}}, {[]string{"Téléphoner"}, Issue{Valeur: 10000, Phrase: "Oui."}}},
			Sinon: &Issue{Valeur: 3000, Phrase: "Non."}}, "ferait baisser « Un chemin d’accès sans internet » de"},
		"filled is worth less than empty": {"AME-03", Regle{Type: "present", Champs: []string{"structure_parente"}, Oui: &Issue{Valeur: 7000, Phrase: "Oui."}, Non: &Issue{Valeur: 10000, Phrase: "Non."}},
			"Remplir « structure parente » ferait baisser « Relié au réseau local » de 1 à 0,7."},
	} {
		t.Run(name, func(t *testing.T) {
			r := initialVersion(t)
			r.Exemples = nil
			r.critere(c.code).Regle = c.rule
			list := of(Check(r, nil), "monotonie", Bloquant)
			if len(list) == 0 || !strings.Contains(list[0].Phrase, c.says) {
				t.Errorf("%s", report(list))
			}
			for _, x := range list {
				if x.Critere != c.code {
					t.Errorf("another criterion is told: %s", x.Phrase)
				}
			}
		})
	}
}

// A document made to hurt is told to be too complicated, soon.
func TestCheckIsBounded(t *testing.T) {
	r := initialVersion(t)
	r.Exemples = nil
	var all []Predicat
	for _, f := range []string{"services", "prise_en_charge_specifique", "dispositif_programmes_nationaux", "formations_labels", "modalites_acces", "typologie"} {
		for _, v := range r.values(f) {
			all = append(all, Predicat{Type: "contient", Champ: f, Valeurs: []string{v}})
		}
	}
	for i := range r.Criteres {
		r.Criteres[i].Regle = Regle{Type: "decision", Cas: []Cas{{Si: Predicat{Type: "et", De: all}, Issue: Issue{Valeur: 5000, Phrase: "Oui."}}}, Sinon: &Issue{Valeur: 0, Phrase: "Non."}}
	}
	start := time.Now()
	list := Check(r, nil)
	if took := time.Since(start); took > 30*time.Second {
		t.Errorf("%s for one document", took)
	}
	if len(of(list, "complexite", Bloquant)) == 0 {
		t.Errorf("nothing says that it is too complicated:\n%.2000s", report(list))
	}
}

func (r *Referentiel) values(champ string) []string {
	classes, _ := (&explorer{r: &Referentiel{}}).classes(champ, nil)
	var out []string
	for _, c := range classes {
		out = append(out, c...)
	}
	return out
}

// Check takes any document, however wrong.
func FuzzCheck(f *testing.F) {
	f.Add(Initial())
	f.Add([]byte(`{"version":"1.0.0","criteres":[{"code":"A-1","regle":{"type":"rampe","fait":"x"}}]}`))
	f.Add([]byte(`{"criteres":[{"regle":{"type":"somme_ponderee","parts":[{"regle":{"type":"table","champ":"services"}}]}}],"exemples":[{"attendu":{}}]}`))
	one := initialVersion(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		var r Referentiel
		if json.Unmarshal(text, &r) != nil {
			return
		}
		Check(&r, []*Referentiel{one})
		for _, c := range Compare(one, &r) {
			if c.Phrase == "" {
				t.Error("a change without words")
			}
		}
		if _, faults := Edit(&r, []Saisie{{"parametres.rho", "40"}}); faults == nil {
			return
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	r := initialVersion(b)
	for b.Loop() {
		Check(r, nil)
	}
}
