package quality

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// replayed is an entry in which every kind of evidence decides something.
func replayed(t testing.TB) *Entree {
	in := ask(t, "+nom", "+adresse", "+commune", "+code_postal", "+code_insee", "+latitude", "+longitude", "+telephone", "+horaires", "+presentation_resume", "+pivot", "+date_maj",
		"services=Aide aux démarches administratives|Utilisation sécurisée du numérique", "modalites_acces=Se présenter|Contacter par mail", "frais_a_charge=Payant",
		"dispositif_programmes_nationaux=France Services", "itinerance=Fixe", "-fiche_acces_libre",
		"horaires:lisibles", "minutes_semaine:1050", "hors_bureau:non", "presentation:131", "ecart_commune:420", "pivot:siret", "date_maj:2025-02-03", "@densite=intermediaire",
		"?TAR-03=oui@2025-06-30", "?ACP-04=parfois@2025-11-02", "?COM-03=professionnel@2019-01-01", "!registre_label=confirme@2025-08-01", "#signalements_traites=5/7")
	in.Contexte.Constantes = []string{"frais_a_charge"}
	in.Contestes = []string{"ACC-01"}
	return in
}

// The same version and the same entry give the same bytes, on any machine, any
// day. These change only with Moteur, Derivation or the version shipped, never
// by the way: a stored score is replayed by its hashes.
func TestReplay(t *testing.T) {
	e := engineOf(t, small)
	in := ask(t, "+telephone", "services=Insertion professionnelle via le numérique", "?pass=non@2025-10-01", "date_maj:2025-03-09")
	r := e.Evaluate(in)
	for _, x := range []struct{ name, got, want string }{
		{"version", e.Hash(), "8577c323a4ace6eb43eb7c1840bde75e3e244385ee9add635b50872599ce3b6f"},
		{"entry", in.Hash(), "4fb4c7e8e83285e7e98e4a0ee3a6613798b7f600f230019ccf11fe69a0250153"},
		{"result", r.Hash(), "646222fdc4e5bb5263eb43012d7bd94824e538bb8a41035f2b890c1d4e454b30"},
	} {
		if x.got != x.want {
			t.Errorf("small: %s has the hash %s, not %s", x.name, x.got, x.want)
		}
	}
	shippedEngine := engineOf(t, string(Initial()))
	in = replayed(t)
	r = shippedEngine.Evaluate(in)
	if got, want := in.Hash(), "243894384f575515e37613dca38b2e2639edb2c0c73b4071e381129554f26875"; got != want {
		t.Errorf("entry: %s, not %s", got, want)
	}
	for range 3 {
		again := engineOf(t, string(shippedEngine.Referentiel().Canonical()))
		var stored Entree
		if err := json.Unmarshal(in.Canonical(), &stored); err != nil {
			t.Fatal(err)
		}
		if result := again.Evaluate(&stored); result.Hash() != r.Hash() {
			t.Fatalf("replayed, the result is another:\n%s\n%s", r.Canonical(), result.Canonical())
		}
	}
}

// Confidence by hand: weights 4, 2.5 and 3.5.
func TestConfidence(t *testing.T) {
	e := engineOf(t, small)
	const services = "services=Insertion professionnelle via le numérique"
	for _, x := range []struct {
		name  string
		words []string
		with  func(*Entree)
		want  string
	}{
		// (4·0.8 + 2.5·0.8 + 3.5·0.6)/10
		{"fresh", []string{"+telephone", services, "?pass=non@2025-10-01", "date_maj:2025-06-01"}, nil, "73"},
		{"365 days is fresh: twelve months are 365.25", []string{"+telephone", services, "?pass=non@2025-10-01", "date_maj:2025-01-01"}, nil, "73"},
		// 731 days: 1 − 0.5·(731 − 365.25)/730.5 = 0.749657…; (6.5·0.8·0.749657 + 2.1)/10
		{"two years", []string{"+telephone", services, "?pass=non@2025-10-01", "date_maj:2024-01-01"}, nil, "60"},
		{"old", []string{"+telephone", services, "?pass=non@2025-10-01", "date_maj:2015-01-01"}, nil, "47"},
		{"of unknown date", []string{"+telephone", services, "?pass=non@2025-10-01"}, nil, "47"},
		{"unknown counts for nothing", []string{"+telephone", "date_maj:2025-06-01"}, nil, "32"},
		{"a missing field is known, as the record is", []string{"date_maj:2025-06-01"}, nil, "32"},
		{"sans objet is out", []string{"+telephone", services, "@aide_locale=non", "date_maj:2025-06-01"}, nil, "80"},
		{"constant", []string{"+telephone", services, "?pass=non@2025-10-01", "date_maj:2025-06-01"}, func(in *Entree) { in.Contexte.Constantes = []string{"services"} }, "63"},
		{"contested", []string{"+telephone", services, "?pass=non@2025-10-01", "date_maj:2025-06-01"}, func(in *Entree) { in.Contestes = []string{"INF-01"} }, "57"},
		{"an answer of two years ago that still holds", []string{"+telephone", services, "?pass=non@2024-01-01/2026-12-31", "date_maj:2025-06-01"}, nil, "67.7"},
	} {
		in := ask(t, x.words...)
		if x.with != nil {
			x.with(in)
		}
		if r := e.Evaluate(in); r.Confiance.String() != x.want {
			t.Errorf("%s: %s, want %s", x.name, r.Confiance, x.want)
		}
	}
}

func TestExpiredAndContestedAreFlagged(t *testing.T) {
	e := engineOf(t, small)
	in := ask(t, "+telephone", "?pass=oui@2020-01-01")
	in.Contestes = []string{"INF-01"}
	r := e.Evaluate(in)
	if c := r.Criteres[2]; c.Statut != StatutInconnu || !c.Expire || c.Conteste || c.Valeur != nil || c.Points != nil {
		t.Errorf("an expired answer: %+v", c)
	}
	if c := r.Criteres[0]; !c.Conteste || c.Statut != StatutSatisfait || *c.Points != 4*Entier {
		t.Errorf("a contested criterion: %+v", c)
	}
}

// En réexamen only when the outcome of the contest could show.
func TestReexamination(t *testing.T) {
	e := engineOf(t, small)
	all := []string{"+telephone", "services=Insertion professionnelle via le numérique|Loisirs et créations numériques", "?pass=oui@2025-10-01", "date_maj:2025-12-01"}
	for _, x := range []struct {
		contested string
		words     []string
		want      bool
	}{
		{"", all, false},
		{"INF-01", all, true},                                          // an essential
		{"INF-02", all, true},                                          // 75 without it
		{"XXX-01", all, false},                                         // not of this version
		{"INF-02", []string{"@aide_locale=oui"}, true},                 // nothing is attributed without it
		{"INF-02", []string{"?pass=non@2025-10-01"}, false},            // 25 with it: E all the same
		{"ACC-01", append([]string{"@aide_locale=non"}, all...), true}, // sans objet now: it could be refused
	} {
		in := ask(t, x.words...)
		if x.contested != "" {
			in.Contestes = []string{x.contested}
		}
		if got := e.Evaluate(in).EnReexamen; got != x.want {
			t.Errorf("%q contested, %v: %v", x.contested, x.words, got)
		}
	}
	// A tenth of a point among a hundred changes nothing.
	light := strings.Replace(small, `"poids": 2.5`, `"poids": 0.1`, 1)
	light = light[:strings.Index(light, ` "exemples"`)] + `"exemples": []}`
	in := ask(t, all...)
	in.Contestes = []string{"INF-02"}
	if engineOf(t, light).Evaluate(in).EnReexamen {
		t.Error("a criterion too light to change anything keeps the place under review")
	}
}

// Whatever the entry: values are 0 to 1 or say why not, sums hold together,
// Values and Trace tell what Evaluate does, and nobody else's evaluation shows.
func TestEvaluateHoldsTogether(t *testing.T) {
	engines := []*Engine{engineOf(t, small), engineOf(t, string(Initial()))}
	rapid.Check(t, func(r *rapid.T) {
		in := anyEntree(r)
		for _, e := range engines {
			holdsTogether(r, e, &in)
		}
	})
}

type failer interface{ Fatalf(string, ...any) }

func holdsTogether(t failer, e *Engine, in *Entree) {
	before := in.Hash()
	result := e.Evaluate(in)
	values, trace, assurances := e.Values(in, nil), e.Trace(in), e.Assurances(in, nil)
	model := e.Model()
	total := model.Aggregate(values, assurances)
	d := e.ref.Parametres.Decimales
	if in.Hash() != before || result.Entree != before {
		t.Fatalf("evaluating changed the entry")
	}
	if total.Score(d) != result.Score || total.Confiance(d) != result.Confiance || total.Etat != result.Etat || e.ref.Parametres.niveau(total.Niveau) != result.Niveau {
		t.Fatalf("the model gives another score")
	}
	for i, c := range result.Criteres {
		v := values[i]
		switch {
		case trace[i].Valeur != v || trace[i].Statut != c.Statut || trace[i].Assurance != assurances[i] || trace[i].Code != c.Code:
			t.Fatalf("%s: Trace %+v, Values %d, result %+v", c.Code, trace[i], v, c)
		case v < ValeurSansObjet || v > Valeur(Entier):
			t.Fatalf("%s: value %d", c.Code, v)
		case (c.Valeur == nil) != (v < 0) || (c.Points == nil) != (v < 0):
			t.Fatalf("%s: %d and %v", c.Code, v, c.Valeur)
		case assurances[i] < 0 || assurances[i] > model.Surete || v < 0 && assurances[i] != 0:
			t.Fatalf("%s: assurance %d", c.Code, assurances[i])
		}
	}
	hundred := 100 * Entier
	if result.Strict > result.Score || result.Score > result.Observe || result.Strict > result.Potentiel || result.Observe > hundred || result.Confiance > hundred || result.Couverture > Entier || result.Strict < 0 {
		t.Fatalf("strict %s ≤ score %s ≤ observed %s; potential %s", result.Strict, result.Score, result.Observe, result.Potentiel)
	}
}

// An engine is shared: many at once give what one gives.
func TestEngineIsConcurrent(t *testing.T) {
	e := engineOf(t, string(Initial()))
	in := replayed(t)
	first := e.Evaluate(in)
	want := first.Hash()
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 50 {
				r := e.Evaluate(in)
				e.Trace(in)
				if r.Hash() != want {
					t.Error("another result")
				}
			}
		})
	}
	wait.Wait()
}

// Compile keeps a document of its own: an editor may go on.
func TestCompileKeepsItsOwnDocument(t *testing.T) {
	r := referentielOf(t, small)
	e, err := Compile(r)
	if err != nil {
		t.Fatal(err)
	}
	before, hash := e.Evaluate(ask(t, "+telephone")), e.Hash()
	r.Criteres[0].Poids = 1
	r.Criteres[0].Regle.Oui.Valeur = 0
	m := e.Model()
	m.Poids[0], m.Niveaux[0].Score = 0, 0
	if after := e.Evaluate(ask(t, "+telephone")); after.Hash() != before.Hash() || e.Referentiel().Hash() != hash {
		t.Error("editing the document changed the engine")
	}
	r.Criteres[0].Regle.Champs[0] = "tel"
	if _, err := Compile(r); err == nil {
		t.Error("a wrong document compiles")
	}
}

func FuzzEvaluate(f *testing.F) {
	add := func(doc, in string) { f.Add([]byte(doc), []byte(in)) }
	add(small, `{"fiche":{"presents":["telephone"],"listes":{"services":["x"]}},"date":"2026-01-01"}`)
	add(string(Initial()), string(replayed(f).Canonical()))
	add(nestedRules(2), `{"reponses":[{"question":"pass","reponse":"oui","date":null}],"contestes":["INF-01","INF-01"],"mesures":[{"mesure":"signalements_traites","numerateur":-1,"denominateur":9}]}`)
	f.Fuzz(func(t *testing.T, document, entry []byte) {
		r, err := Parse(document)
		if err != nil {
			return
		}
		e, err := Compile(r)
		if err != nil {
			t.Fatal(err)
		}
		var in Entree
		if json.Unmarshal(entry, &in) != nil {
			return
		}
		holdsTogether(t, e, &in)
	})
}

// anyReferentiel draws a version whose rules are any that the grammar allows,
// one inside another.
func anyReferentiel(t *rapid.T) *Referentiel {
	r := new(Referentiel)
	if err := json.Unmarshal([]byte(small), r); err != nil {
		panic(err)
	}
	r.Exemples = nil
	template := r.Criteres[2]
	r.Criteres = nil
	for i := range rapid.IntRange(1, 6).Draw(t, "criteria") {
		c := template
		c.Code = "ACC-0" + string(rune('1'+i))
		c.Dimension = rapid.SampledFrom([]string{"INF", "ACC"}).Draw(t, "dimension")
		c.Poids = Nombre(rapid.IntRange(1, 1000).Draw(t, "poids")) * tenth
		c.SiAbsent = rapid.SampledFrom([]SiAbsent{Zero, Inconnu}).Draw(t, "absent")
		c.Essentiel = rapid.Bool().Draw(t, "essentiel")
		c.Textes.Tenue, c.Textes.Manque, c.Textes.Confirmer = "t", "m", "c"
		c.ApplicableSi = nil
		if rapid.Bool().Draw(t, "conditional") {
			p := anyPredicat(t, 2)
			c.ApplicableSi = &p
		}
		c.Regle = anyRegle(t, 2)
		r.Criteres = append(r.Criteres, c)
	}
	return r
}

func anyIssue(t *rapid.T) Issue {
	i := Issue{Phrase: "p"}
	switch rapid.IntRange(0, 6).Draw(t, "issue") {
	case 0:
		i.Inconnu = true
	case 1:
		i.SansObjet = true
	default:
		i.Valeur = Nombre(rapid.IntRange(0, 10_000).Draw(t, "valeur"))
	}
	return i
}

var someLists = map[string][]string{
	"frais_a_charge": {"Gratuit", "Gratuit sous condition", "Payant"},
	"itinerance":     {"Itinérant", "Fixe"},
}

func anyWords(t *rapid.T, column string, least int) []string {
	words := rapid.SliceOfNDistinct(rapid.SampledFrom(someLists[column]), least, len(someLists[column])-1, rapid.ID[string]).Draw(t, "words")
	if len(words) == 0 {
		return nil
	}
	return words
}

func anyRegle(t *rapid.T, depth int) Regle {
	types := ruleTypes
	if depth == 0 {
		types = types[:11] // those that hold no other
	}
	r := Regle{Type: rapid.SampledFrom(types).Draw(t, "type")}
	issue := func() *Issue { i := anyIssue(t); return &i }
	list := func() { r.Champ = rapid.SampledFrom(sortedNames(someLists)).Draw(t, "champ") }
	bounds := func() Bornes {
		de := Nombre(rapid.IntRange(-100, 100).Draw(t, "de")) * Entier
		return Bornes{De: de, A: de + Nombre(rapid.SampledFrom([]int{-200_000, -1, 1, 7, 500_000}).Draw(t, "width"))}
	}
	if slices.Contains(ruleGrammar[r.Type].allowed, "hors_schema") && rapid.Bool().Draw(t, "hors") {
		r.HorsSchema = issue()
	}
	switch r.Type {
	case "present":
		r.Champs, r.Oui, r.Non = rapid.SliceOfNDistinct(rapid.SampledFrom(columnNames), 1, 3, rapid.ID[string]).Draw(t, "champs"), issue(), issue()
	case "table":
		list()
		r.Lignes, r.Sinon = []Ligne{{anyWords(t, r.Champ, 1), *issue()}}, issue()
	case "contient":
		list()
		r.Valeurs, r.Sauf, r.Oui, r.Sinon = anyWords(t, r.Champ, 1), anyWords(t, r.Champ, 0), issue(), issue()
	case "decompte":
		list()
		r.Paliers, r.Sinon = []Palier{{2, *issue()}, {1, *issue()}}, issue()
	case "rampe":
		r.Fait, r.Phrase = rapid.SampledFrom([]string{"minutes_semaine", "heures_semaine", "presentation", "ecart_commune"}).Draw(t, "fait"), "p"
		b := bounds()
		if r.Bornes = &b; rapid.Bool().Draw(t, "profils") {
			r.Contexte, r.Profils = "territoire", map[string]Bornes{"rural": bounds(), "itinerant": bounds()}
		}
	case "age":
		r.Champ, r.Plein, r.Phrase = "date_maj", rapid.IntRange(0, 24).Draw(t, "plein"), "p"
		r.Nul = r.Plein + rapid.IntRange(1, 36).Draw(t, "nul")
	case "coherence":
		r.Champ, r.Phrase = "frais_a_charge", "p"
		r.Correspondances = map[string]string{"Gratuit": "telephone", "Payant": "nom"}
	case "decision":
		for range rapid.IntRange(1, 3).Draw(t, "cas") {
			r.Cas = append(r.Cas, Cas{anyPredicat(t, 2), *issue()})
		}
		r.Sinon = issue()
		if r.HorsSchema != nil {
			r.Champs = []string{"services"}
		}
	case "declaration":
		r.Question, r.Resultats = "pass", map[string]Issue{"oui": *issue(), "non": *issue(), "aucun_dispositif": *issue()}
	case "verification":
		r.Preuve, r.Resultats = "visite", map[string]Issue{"bien": *issue()}
	case "ratio_plateforme":
		r.Mesure, r.NMin, r.Phrase = "signalements_traites", rapid.IntRange(1, 5).Draw(t, "n_min"), "p"
	case "somme_ponderee":
		w := Nombre(rapid.IntRange(1, 9_999).Draw(t, "part"))
		r.Parts = []Part{{w, anyRegle(t, depth-1)}, {Entier - w, anyRegle(t, depth-1)}}
	default:
		for range rapid.IntRange(1, 3).Draw(t, "regles") {
			r.Regles = append(r.Regles, anyRegle(t, depth-1))
		}
	}
	return r
}

func anyPredicat(t *rapid.T, depth int) Predicat {
	types := predicateTypes
	if depth == 0 {
		types = types[:5]
	}
	p := Predicat{Type: rapid.SampledFrom(types).Draw(t, "predicate")}
	switch p.Type {
	case "present", "schema":
		p.Champ = rapid.SampledFrom(columnNames).Draw(t, "champ")
	case "egal":
		switch rapid.IntRange(0, 3).Draw(t, "of") {
		case 0:
			p.Champ, p.Valeur = "itinerance", "Fixe"
		case 1:
			p.Fait, p.Valeur = "hors_bureau", "oui"
		case 2:
			p.Question, p.Valeur = "pass", "non"
		case 3:
			p.Contexte, p.Valeur = "territoire", "itinerant"
		}
	case "contient":
		p.Champ = rapid.SampledFrom(sortedNames(someLists)).Draw(t, "champ")
		p.Valeurs, p.Sauf = anyWords(t, p.Champ, 1), anyWords(t, p.Champ, 0)
	case "compare":
		n := Nombre(rapid.Int32().Draw(t, "nombre"))
		p.Fait, p.Operateur, p.Nombre = rapid.SampledFrom([]string{"heures_semaine", "presentation", "ecart_commune"}).Draw(t, "fait"), rapid.SampledFrom(operators).Draw(t, "operateur"), &n
	case "non":
		p.De = []Predicat{anyPredicat(t, depth-1)}
	default:
		for range rapid.IntRange(1, 3).Draw(t, "de") {
			p.De = append(p.De, anyPredicat(t, depth-1))
		}
	}
	return p
}

func sortedNames(m map[string][]string) []string { return slices.Sorted(maps.Keys(m)) }

// Any document that the grammar allows is taken, by the schema too, and scores
// any entry within bounds.
func TestAnyRulesOnAnyEntry(t *testing.T) {
	schema := schemaOf(t)
	seen := map[Statut]int{}
	rapid.Check(t, func(r *rapid.T) {
		document := anyReferentiel(r)
		e, err := Compile(document)
		if err != nil {
			r.Fatalf("%s\n%s", toldBy(err), document.Canonical())
		}
		if err := schemaSays(t, schema, document.Canonical()); err != nil {
			r.Fatalf("the schema refuses what Parse takes: %v", err)
		}
		in := anyEntree(r)
		for i := range in.Reponses {
			in.Reponses[i].Question = "pass"
			in.Reponses[i].Reponse = rapid.SampledFrom([]string{"oui", "non", "aucun_dispositif"}).Draw(r, "reponse")
			in.Preuves[i].Preuve, in.Preuves[i].Resultat = "visite", "bien"
			in.Mesures[i].Mesure = "signalements_traites"
		}
		for name := range in.Fiche.Listes {
			if values := someLists[name]; values != nil {
				in.Fiche.Listes[name] = anyWords(r, name, 0)
			}
		}
		for i := range e.criteria {
			if rapid.Bool().Draw(r, "contested") {
				in.Contestes = append(in.Contestes, e.criteria[i].Code)
			}
		}
		holdsTogether(r, e, &in)
		for _, c := range e.Trace(&in) {
			seen[c.Statut]++
		}
	})
	for _, s := range []Statut{StatutSatisfait, StatutPartiel, StatutNonSatisfait, StatutInconnu, StatutSansObjet} {
		if seen[s] == 0 {
			t.Errorf("no criterion was ever %s: the test tests little", s)
		}
	}
}
