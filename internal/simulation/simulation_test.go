package simulation

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/big"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mednum/internal/place"
	"mednum/internal/quality"
)

var update = flag.Bool("update", false, "write the golden files anew")

// small is a version that one can add up in one's head: four criteria of 40, 30,
// 20 and 10 points in two dimensions.
const small = `{
	"version": "1.0.0", "titre": "Petit", "presentation": "Pour les tests.",
	"parametres": {
		"rho": 0.5, "decimales": 1, "satisfait": 0.8, "partiel": 0.5, "confirme": 0.7, "provisoire": 0.5,
		"niveaux": [
			{"code": "A", "libelle": "bien", "score": 80, "couverture": 0.85, "essentiels_manquants": 0, "essentiels_inconnus": 0, "dimension_plancher": 40},
			{"code": "B", "libelle": "moyen", "score": 50, "couverture": 0.7, "essentiels_manquants": 0},
			{"code": "C", "libelle": "peu", "score": 0, "couverture": 0.7}
		],
		"confiance": {"verifie": 1, "calcule": 0.8, "declare": 0.6, "constante": 0.4, "fraicheur_mois": 12, "ancien_mois": 36, "ancien_valeur": 0.5, "conteste": 0.5, "haute": 60, "moyenne": 40},
		"alertes": {"changent_de_niveau": 0.1, "mediane_groupe": 5}
	},
	"dimensions": [{"code": "UN", "libelle": "Un"}, {"code": "DEUX", "libelle": "Deux"}],
	"criteres": [
		{"code": "UN-01", "dimension": "UN", "libelle": "Téléphone", "question": "?", "nature": "C", "poids": 40, "essentiel": true, "si_absent": "zero",
			"regle": {"type": "present", "champs": ["telephone"], "oui": {"valeur": 1, "phrase": "Oui."}, "non": {"valeur": 0, "phrase": "Non."}},
			"textes": {"regle": "R.", "absent": "Non.", "action": "Faites.", "tenue": "Oui.", "manque": "Non.", "confirmer": "?"}},
		{"code": "UN-02", "dimension": "UN", "libelle": "Services", "question": "?", "nature": "C", "poids": 30, "si_absent": "inconnu",
			"regle": {"type": "contient", "champ": "services", "valeurs": ["Utilisation sécurisée du numérique"], "oui": {"valeur": 1, "phrase": "Oui."}, "sinon": {"valeur": 0, "phrase": "Non."}},
			"textes": {"regle": "R.", "absent": "?", "action": "Faites."}},
		{"code": "DEUX-01", "dimension": "DEUX", "libelle": "Site", "question": "?", "nature": "C", "poids": 20, "si_absent": "zero",
			"regle": {"type": "present", "champs": ["site_web"], "oui": {"valeur": 1, "phrase": "Oui."}, "non": {"valeur": 0, "phrase": "Non."}},
			"textes": {"regle": "R.", "absent": "Non.", "action": "Faites."}},
		{"code": "DEUX-02", "dimension": "DEUX", "libelle": "Frais", "question": "?", "nature": "C", "poids": 10, "si_absent": "inconnu",
			"regle": {"type": "contient", "champ": "frais_a_charge", "valeurs": ["Gratuit"], "oui": {"valeur": 1, "phrase": "Oui."}, "sinon": {"valeur": 0.5, "phrase": "Non."}},
			"textes": {"regle": "R.", "absent": "?", "action": "Faites."}}
	],
	"questions": [], "preuves": [], "exemples": []
}`

func engine(t testing.TB, document string) *quality.Engine {
	t.Helper()
	r, err := quality.Parse([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	e, err := quality.Compile(r)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// heavier moves ten points from the telephone to the services.
func heavier(t testing.TB) *quality.Engine {
	t.Helper()
	return engine(t, strings.NewReplacer(`"1.0.0"`, `"2.0.0"`, `"poids": 40`, `"poids": 30`, `"poids": 30, "si_absent": "inconnu"`, `"poids": 40, "si_absent": "inconnu"`).Replace(small))
}

// lieu has the columns that are named, of one value each.
func lieu(id, departement, source string, fields ...string) Place {
	p := Place{ID: id, Departement: departement, Source: source, Porteur: "Bibliothèque"}
	var r place.Place
	for _, f := range fields {
		switch f {
		case "telephone":
			r.Telephone = "+33180059880"
		case "site_web":
			r.SiteWeb = []string{"https://example.org/"}
		case "services":
			r.Services = []string{"Utilisation sécurisée du numérique"}
		case "autres":
			r.Services = []string{"Aide aux démarches administratives"}
		case "gratuit":
			r.FraisACharge = []string{"Gratuit"}
		case "payant":
			r.FraisACharge = []string{"Payant"}
		case "fixe":
			r.Itinerance = []string{"Fixe"}
		}
	}
	p.Entree.Fiche = quality.Derive(&r, nil, departement, nil)
	p.Entree.Date = quality.Jour{Date: place.Date{Year: 2024, Month: 9, Day: 1}}
	return p
}

// village is nine places:
//
//	                      before (40 30 20 10)              after (30 40 20 10)
//	a  tel serv site free  100      A                        100      A
//	b  tel autres site free 70      B                        60       B
//	c  serv site free      60, essential missing: C          70       C
//	d  tel                 60 known: 100·40/60=66.7, strict 40: 53.3, range B–C     50 known: 60, 30: 45 → 50 % is enough for a range C-B
//	e  (nothing)           60 known: 0 → C–C                 50 known: 0 → C–C
//	f  tel site            60 known: 100, strict 60: 80, A–B 50 known: 100, 50: 75, A–B
//	g  serv                90 known: 30/90 33.3, 30 : 31.7 C 90: 44.4, 40: 42.2 C
//	h  tel autres          90: 44.4, 40: 42.2 C              90: 33.3, 30: 31.7 C
//	i  tel autres payant   45 C                              35 C
func village() []Place {
	return []Place{
		lieu("a", "51", "s", "telephone", "services", "site_web", "gratuit", "fixe"),
		lieu("b", "51", "s", "telephone", "autres", "site_web", "gratuit"),
		lieu("c", "51", "s", "services", "site_web", "gratuit"),
		lieu("d", "51", "s", "telephone"),
		lieu("e", "51", "s"),
		lieu("f", "08", "t", "telephone", "site_web"),
		lieu("g", "08", "t", "services"),
		lieu("h", "10", "t", "telephone", "autres"),
		lieu("i", "", "t", "telephone", "autres", "payant"),
	}
}

func simulate(t testing.TB, before, after *quality.Engine, places []Place, o Options) Report {
	t.Helper()
	r, err := Run(t.Context(), before, after, places, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The nine places by hand, and the rest of the report as it was reviewed.
func TestVillage(t *testing.T) {
	r := simulate(t, engine(t, small), heavier(t), village(), Options{Draws: 100})
	m := r.Moves
	if r.Places != 9 || m.Compared != 9 || m.Same != 2 || m.Winners.Count != 2 || m.Losers.Count != 5 || m.ChangeLevel != 0 {
		t.Errorf("moves: %+v", m)
	}
	if *m.MedianBefore != 53_3000 || *m.MedianAfter != 45_0000 || *m.Winners.Mean != 10_2500 || *m.Losers.Median != -10_0000 {
		t.Errorf("medians: %v %v %v %v", *m.MedianBefore, *m.MedianAfter, *m.Winners.Mean, *m.Losers.Median)
	}
	if want := [][]int{{1, 0, 0, 0, 0}, {0, 1, 0, 0, 0}, {0, 0, 4, 0, 0}, {0, 0, 0, 3, 0}, {0, 0, 0, 0, 0}}; !cmp.Equal(r.Levels.Counts, want) {
		t.Errorf("levels: %v", r.Levels.Counts)
	}
	e := m.Losers.Examples[0]
	if e.ID != "h" || e.Before != 42_2000 || e.After != 31_7000 || e.ShownBefore != "C" || !cmp.Equal(e.Criteria, []Change{{"UN-01", -10_0000}}) {
		t.Errorf("first loser: %+v", e)
	}
	// b hides that it does something else: 60 of 100 known, all gained: 80.
	if h := r.Hiding[1]; h.Field != "services" || h.Gain != 3 || *h.Most != 20_0000 || h.Example != "b" {
		t.Errorf("hiding: %+v", h)
	}
	text, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "village.json", append(text, '\n'))
	for _, s := range r.Summary {
		if !strings.HasSuffix(s, ".") {
			t.Errorf("not a sentence: %q", s)
		}
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := "testdata/" + name
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("%s (-want +got):\n%s", name, d)
	}
}

// What is shown changes: a threshold moved makes b an A, and takes the range of
// d from two letters to one.
func TestTransitions(t *testing.T) {
	before := engine(t, small)
	after := engine(t, strings.NewReplacer(`"1.0.0"`, `"2.0.0"`, `"score": 80`, `"score": 65`, `"dimension_plancher": 40`, `"dimension_plancher": 0`, `"score": 50`, `"score": 30`).Replace(small))
	r := simulate(t, before, after, village(), Options{Draws: 10})
	// Shown before → after:
	// a A→A, b B→A, c C→C (essential missing), d B-C→A-B (66.7 / 40), e C-C→C-C,
	// f A-B→A-B (100 / 60), g C→C (missing), h C→B (42.2), i C→B (45).
	if want := [][]int{{1, 0, 0, 0, 0}, {1, 0, 0, 0, 0}, {0, 2, 2, 0, 0}, {0, 0, 0, 3, 0}, {0, 0, 0, 0, 0}}; !cmp.Equal(r.Levels.Counts, want) {
		t.Errorf("levels: %v", r.Levels.Counts)
	}
	var codes []string
	for _, c := range r.Ranges.Classes {
		codes = append(codes, c.Code)
	}
	if !slices.Equal(codes, []string{"A-B", "B-C", "C-C"}) || !cmp.Equal(r.Ranges.Counts, [][]int{{1, 0, 0}, {1, 0, 0}, {0, 0, 1}}) {
		t.Errorf("ranges: %v %v", codes, r.Ranges.Counts)
	}
	m := r.Moves
	if m.ChangeLevel != 4 || m.ChangeLevelShare != 4444 || m.Raised != 4 || m.Lowered != 0 || m.Same != 9 {
		t.Errorf("moves: %+v", m)
	}
	if !r.JustificationRequired || len(r.Alerts) != 1 || r.Alerts[0].Code != "changent-de-niveau" ||
		r.Alerts[0].Text != "44,4\u00a0% des lieux changent de niveau affiché. Le seuil est de 10\u00a0%." {
		t.Errorf("alerts: %+v", r.Alerts)
	}
	back := simulate(t, after, before, village(), Options{Draws: 10}).Moves
	if back.Raised != 0 || back.Lowered != 4 {
		t.Errorf("the other way: %+v", back)
	}
}

// A draft that adds a level and takes one away is still compared, by codes.
func TestOtherLevels(t *testing.T) {
	after := engine(t, strings.NewReplacer(`"1.0.0"`, `"2.0.0"`, `{"code": "B", "libelle": "moyen"`, `{"code": "AA", "libelle": "fin", "score": 60, "couverture": 0.7}, {"code": "D", "libelle": "moyen"`).Replace(small))
	r := simulate(t, engine(t, small), after, village(), Options{Draws: 10})
	var codes []string
	for _, c := range r.Levels.Classes {
		codes = append(codes, c.Code)
	}
	if !slices.Equal(codes, []string{"A", "AA", "D", "C", "B", "provisoire", "non_attribue"}) {
		t.Errorf("classes: %v", codes)
	}
	sum := 0
	for i := range r.Levels.Counts {
		for _, n := range r.Levels.Counts[i] {
			sum += n
		}
	}
	if sum != 9 {
		t.Errorf("%d places in the matrix", sum)
	}
}

func TestNobody(t *testing.T) {
	r := simulate(t, engine(t, small), heavier(t), nil, Options{})
	if r.Places != 0 || r.JustificationRequired || len(r.Summary) != 1 || r.Moves.MedianBefore != nil || r.Sensitivity.Overall.Agreement != nil {
		t.Errorf("%+v", r)
	}
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, member := range []string{`"fourchettes":{"classes":[],"effectifs":[],"avant":[],"apres":[]}`, `"exemples":[]`, `"alertes":[]`, `"groupes":[]`} {
		if !bytes.Contains(text, []byte(member)) {
			t.Errorf("no %s: a list is never null", member)
		}
	}
	if _, err := Run(t.Context(), nil, heavier(t), nil, Options{}); err == nil {
		t.Error("one version is not two")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Run(ctx, engine(t, small), heavier(t), village(), Options{}); err == nil {
		t.Error("went on after being told to stop")
	}
}

// The same bytes whatever the machine: the number of cores, the order in which
// places come, what ran before.
func TestSameBytes(t *testing.T) {
	places := crowd(500)
	before, after := engine(t, small), heavier(t)
	run := func(places []Place, workers int) string {
		text, err := json.Marshal(simulate(t, before, after, places, Options{Draws: 50, Workers: workers}))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	want := run(places, 1)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(3))
	for _, workers := range []int{0, 2, 7} {
		shuffled := slices.Clone(places)
		rand.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if got := run(shuffled, workers); got != want {
			t.Errorf("%d workers: another report", workers)
		}
	}
	other := engine(t, strings.Replace(small, "Pour les tests.", "Pour d’autres tests.", 1))
	if a, b := simulate(t, before, before, places, Options{Draws: 10}), simulate(t, before, other, places, Options{Draws: 10}); a.Sensitivity.Seed == b.Sensitivity.Seed {
		t.Error("another draft, the same seed")
	}
}

// crowd is places of every kind, always the same ones.
func crowd(n int) []Place {
	source := rand.New(rand.NewPCG(1, 2))
	out := make([]Place, n)
	for i := range out {
		var fields []string
		for _, f := range []string{"telephone", "site_web", "services", "autres", "gratuit", "payant", "fixe"} {
			if source.IntN(2) == 0 {
				fields = append(fields, f)
			}
		}
		out[i] = lieu(fmt.Sprintf("%04d", i), []string{"51", "08", "10", ""}[i%4], "s", fields...)
	}
	return out
}

// What each draw is, and what it gives, against an evaluation that only knows
// the definitions: exact fractions, no shortcut.
func TestDrawsAgainstANaiveModel(t *testing.T) {
	e := engine(t, small)
	after := newSide(e)
	d := newDraws(&after, 200)
	if len(d.models) != 200 {
		t.Fatalf("%d draws", len(d.models))
	}
	both := map[bool]int{}
	for i := range d.models {
		m := &d.models[i].open
		for k, w := range m.Poids {
			if base := after.model.Poids[k]; int64(w)*100 < int64(base)*10*74 || int64(w)*100 > int64(base)*10*126 {
				t.Fatalf("draw %d: weight %d of %d", i, w, base)
			}
		}
		if m.Rho < 2_500 || m.Rho > 7_500 || m.Niveaux[0].Score < 77_0000 || m.Niveaux[0].Score > 83_0000 || m.Niveaux[2].Score != 0 {
			t.Fatalf("draw %d: rho %v, thresholds %v", i, m.Rho, m.Niveaux)
		}
		both[m.ParDimension]++
	}
	if both[true] != 100 || both[false] != 100 {
		t.Errorf("aggregations: %v", both)
	}
	if after.model.Poids[0] != 400 || after.model.Niveaux[0].Score != 80_0000 {
		t.Error("the draft itself was changed")
	}
	letters := map[int]int{}
	w := worker{run: &run{after: after, whole: newLetters(after.model), draws: d}}
	for _, p := range crowd(200) {
		w.values = e.Values(&p.Entree, nil)
		w.sure = e.Assurances(&p.Entree, nil)
		total := after.model.Aggregate(w.values, w.sure)
		if total.Evalue == 0 {
			continue
		}
		settled := total.Etat == quality.Confirme
		w.follow(settled)
		for i := range d.models {
			got := w.lean.letter(&d.models[i], settled, w.values, w.sure)
			if slow := d.models[i].of(settled, w.values, w.sure); got != slow {
				t.Fatalf("%s, draw %d: %d, by the model %d", p.ID, i, got, slow)
			}
			if want, close := naive(&d.models[i].open, after.ref, w.values, settled); got != want && !close {
				t.Fatalf("%s, draw %d: %d, naively %d", p.ID, i, got, want)
			}
			letters[got]++
		}
	}
	if len(letters) != 3 {
		t.Errorf("letters that came out: %v", letters)
	}
}

// naive gives the letter of a place under drawn numbers; close says that the
// score is a hair's breadth from a threshold.
func naive(m *quality.Model, ref *quality.Referentiel, values []quality.Valeur, settled bool) (letter int, close bool) {
	type sums struct{ a, e, t *big.Rat }
	all := sums{new(big.Rat), new(big.Rat), new(big.Rat)}
	parts := map[string]*sums{}
	missing, unknown := 0, 0
	for k, v := range values {
		if v == quality.ValeurSansObjet {
			continue
		}
		d := parts[ref.Criteres[k].Dimension]
		if d == nil {
			d = &sums{new(big.Rat), new(big.Rat), new(big.Rat)}
			parts[ref.Criteres[k].Dimension] = d
		}
		weight := big.NewRat(int64(m.Poids[k]), 1)
		for _, s := range []*sums{d, &all} {
			s.t.Add(s.t, weight)
			if v >= 0 {
				s.e.Add(s.e, weight)
				s.a.Add(s.a, new(big.Rat).Mul(weight, big.NewRat(int64(v), 10_000)))
			}
		}
		switch {
		case !ref.Criteres[k].Essentiel:
		case v < 0:
			unknown++
		case v < 5_000:
			missing++
		}
	}
	observed := new(big.Rat).Quo(all.a, all.e)
	if m.ParDimension {
		sum, weight := new(big.Rat), new(big.Rat)
		for _, d := range parts {
			if d.e.Sign() > 0 {
				mean := new(big.Rat).Quo(d.a, d.e)
				sum.Add(sum, mean.Mul(mean, d.t))
				weight.Add(weight, d.t)
			}
		}
		observed.Quo(sum, weight)
	}
	rho := big.NewRat(int64(m.Rho), 10_000)
	strict := new(big.Rat).Quo(all.a, all.t)
	score := new(big.Rat).Sub(big.NewRat(1, 1), rho)
	score.Mul(score, observed).Add(score, strict.Mul(strict, rho)).Mul(score, big.NewRat(100, 1))
	for i := range len(m.Niveaux) - 1 {
		n := &ref.Parametres.Niveaux[i]
		gap := new(big.Rat).Sub(score, big.NewRat(int64(m.Niveaux[i].Score), 10_000))
		if f, _ := gap.Float64(); f > -1e-3 && f < 1e-3 {
			close = true
		}
		if gap.Sign() < 0 || n.EssentielsManquants != nil && missing > *n.EssentielsManquants {
			continue
		}
		if n.DimensionPlancher != nil {
			under := false
			for _, d := range parts {
				if d.e.Sign() > 0 && new(big.Rat).Quo(d.a, d.e).Cmp(big.NewRat(int64(*n.DimensionPlancher), 1_000_000)) < 0 {
					under = true
				}
			}
			if under {
				continue
			}
		}
		if settled {
			covered := new(big.Rat).Quo(all.e, all.t)
			if n.Couverture > ref.Parametres.Confirme && covered.Cmp(big.NewRat(int64(n.Couverture), 10_000)) < 0 ||
				n.EssentielsInconnus != nil && unknown > *n.EssentielsInconnus {
				continue
			}
		}
		return i, close
	}
	return len(m.Niveaux) - 1, close
}

// With nothing drawn, the letter followed is the letter that is shown.
func TestLetterFollowedIsTheOneShown(t *testing.T) {
	e := engine(t, small)
	whole := newLetters(e.Model())
	for _, p := range crowd(300) {
		shown := e.Evaluate(&p.Entree)
		if shown.Etat != quality.Confirme {
			continue
		}
		i := whole.of(true, e.Values(&p.Entree, nil), e.Assurances(&p.Entree, nil))
		if got := e.Referentiel().Parametres.Niveaux[i].Code; got != shown.Niveau {
			t.Errorf("%s: %s, shown %s", p.ID, got, shown.Niveau)
		}
	}
}

// Leaving a criterion out is evaluating a version that does not have it.
func TestWithoutACriterion(t *testing.T) {
	var document map[string]any
	if err := json.Unmarshal([]byte(small), &document); err != nil {
		t.Fatal(err)
	}
	criteria := document["criteres"].([]any)
	whole, places := engine(t, small), crowd(120)
	r := simulate(t, whole, whole, places, Options{Draws: 10})
	for k := range criteria {
		document["criteres"] = slices.Delete(slices.Clone(criteria), k, k+1)
		text, err := json.Marshal(document)
		if err != nil {
			t.Fatal(err)
		}
		without := engine(t, string(text))
		sum, n := int64(0), int64(0)
		for _, p := range places {
			a, b := whole.Evaluate(&p.Entree), without.Evaluate(&p.Entree)
			if a.Etat == quality.NonAttribue {
				continue
			}
			n++
			sum += int64(b.Score - a.Score)
		}
		if got := r.Without[k]; int64(got.MeanMove) != rounded(sum, n) {
			t.Errorf("%s: %v, want %d/%d", got.Code, got.MeanMove, sum, n)
		}
	}
}

func TestUnchanged(t *testing.T) {
	before, places := engine(t, small), crowd(50)
	same := engine(t, strings.NewReplacer(`"1.0.0"`, `"1.0.1"`, `"libelle": "Téléphone"`, `"libelle": "Un téléphone"`).Replace(small))
	if n, examples, err := Unchanged(t.Context(), before, same, places); n != 0 || examples != nil || err != nil {
		t.Errorf("a text changed: %d results, %v, %v", n, examples, err)
	}
	// Only who is of that kind changes: half of one value for those who ask money.
	finer := engine(t, strings.NewReplacer(`"1.0.0"`, `"1.0.1"`, `"sinon": {"valeur": 0.5`, `"sinon": {"valeur": 0.6`).Replace(small))
	want := 0
	for _, p := range places {
		if list := p.Entree.Fiche.Listes["frais_a_charge"]; len(list) > 0 && !slices.Contains(list, "Gratuit") {
			want++
		}
	}
	n, examples, err := Unchanged(t.Context(), before, finer, places)
	if n != want || len(examples) != min(want, 10) || !slices.IsSorted(examples) || err != nil {
		t.Errorf("%d results changed, want %d: %v, %v", n, want, examples, err)
	}
	if n, _, _ := Unchanged(t.Context(), before, heavier(t), places); n != len(places) {
		t.Errorf("weights changed: %d of %d", n, len(places))
	}
}

// Emptying a field is what a record without it would be.
func TestEmptied(t *testing.T) {
	full := place.Place{
		Telephone: "+33180059880", SiteWeb: []string{"https://example.org/"}, Horaires: "Mo-Fr 09:00-12:00", Pivot: "43493312300029",
		Commune: "Reims", Services: []string{"Utilisation sécurisée du numérique"}, FicheAccesLibre: "https://acceslibre.beta.gouv.fr/app/x/",
		DateMaj: place.Date{Year: 2024, Month: 1, Day: 1}, Itinerance: []string{"Fixe"},
	}
	inside := 0
	in := quality.Entree{Fiche: quality.Derive(&full, nil, "51", &inside)}
	text := string(in.Canonical())
	for i := range place.Columns {
		c := &place.Columns[i]
		if !c.Known(&full) {
			continue
		}
		less := full
		switch {
		case c.Text != nil:
			*c.Text(&less) = ""
		case c.List != nil:
			*c.List(&less) = nil
		case c.Kind == place.Day:
			less.DateMaj = place.Date{}
		}
		var distance *int
		if c.Name != "commune" {
			distance = &inside
		}
		want := quality.Entree{Fiche: quality.Derive(&less, nil, "51", distance)}
		got, ok := emptied(&in, c.Name)
		if !ok || string(got.Canonical()) != string(want.Canonical()) {
			t.Errorf("%s:\n got %s\nwant %s", c.Name, got.Canonical(), want.Canonical())
		}
	}
	if string(in.Canonical()) != text {
		t.Error("the entry itself was changed")
	}
	if _, ok := emptied(&in, "prise_rdv"); ok {
		t.Error("nothing to empty")
	}
}
