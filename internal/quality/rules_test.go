package quality

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mednum/internal/place"
)

// alone makes a version of one criterion of the rule.
func alone(t testing.TB, siAbsent, rule string) *Engine {
	t.Helper()
	head := small[:strings.Index(small, ` "criteres"`)]
	tail := small[strings.Index(small, ` "questions"`):]
	tail = tail[:strings.Index(tail, ` "exemples"`)] + `"exemples": []}`
	return engineOf(t, head+`"criteres": [{"code": "ACC-09", "dimension": "ACC", "libelle": "Un", "question": "Un ?", "nature": "C", "poids": 1, "si_absent": "`+siAbsent+`",
	 "regle": `+rule+`, "textes": {"regle": "r", "absent": "L’information manque.", "sans_objet": "Sans objet ici.", "action": "a"}}],`+tail)
}

// ask is an Entree of few words: "services=A|B" is a list, "+telephone" a filled
// column, "-services" a column that the source does not have, "horaires:texte"
// a fact, "?pass=oui@2025-06-01" an answer, "!visite=bien@2025-06-01/2025-07-01"
// a proof that expires, "@densite=rural" a context, "#signalements_traites=2/3".
func ask(t testing.TB, words ...string) *Entree {
	t.Helper()
	in := &Entree{Date: jour("2026-01-01"), Fiche: Fiche{Listes: map[string][]string{}}}
	dated := func(s string) (value string, date, expire Jour) {
		value, days, _ := strings.Cut(s, "@")
		from, to, _ := strings.Cut(days, "/")
		return value, jour(from), jour(to)
	}
	for _, w := range words {
		name, value, _ := strings.Cut(strings.TrimLeft(w, "+-?!@#"), "=")
		switch w[0] {
		case '+':
			in.Fiche.Presents = append(in.Fiche.Presents, name)
		case '-':
			in.Fiche.Absents = append(in.Fiche.Absents, name)
		case '?':
			v, date, expire := dated(value)
			in.Reponses = append(in.Reponses, Declaration{name, v, date, expire})
		case '!':
			v, date, expire := dated(value)
			in.Preuves = append(in.Preuves, Evidence{name, v, date, expire})
		case '@':
			if name == "densite" {
				in.Contexte.Densite = value
			} else {
				in.Contexte.AideLocale = value
			}
		case '#':
			m := Mesure{Mesure: name}
			if _, err := fmt.Sscanf(value, "%d/%d", &m.Numerateur, &m.Denominateur); err != nil {
				t.Fatal(err)
			}
			in.Mesures = append(in.Mesures, m)
		default:
			if fact, value, ok := strings.Cut(w, ":"); ok {
				setFact(t, in, fact, value)
				break
			}
			in.Fiche.Presents = append(in.Fiche.Presents, name)
			in.Fiche.Listes[name] = strings.Split(value, "|")
		}
	}
	return in
}

func setFact(t testing.TB, in *Entree, fact, value string) {
	t.Helper()
	f := &in.Fiche.Faits
	n := 0
	fmt.Sscanf(value, "%d", &n)
	switch fact {
	case "horaires":
		f.Horaires = value
	case "pivot":
		f.Pivot = value
	case "minutes_semaine":
		f.MinutesSemaine = &n
	case "ecart_commune":
		f.EcartCommune = &n
	case "presentation":
		f.Presentation = n
	case "hors_bureau":
		b := value == "oui"
		f.HorsBureau = &b
	case "acces_libre":
		f.AccesLibre = value == "oui"
	case "date_maj":
		in.Fiche.DateMaj = jour(value)
	default:
		t.Fatalf("no fact %q", fact)
	}
}

func jour(s string) Jour {
	d, _ := place.ParseDate(s)
	return Jour{d}
}

const (
	inconnue = ValeurInconnue
	sansObj  = ValeurSansObjet
)

func TestRules(t *testing.T) {
	yes, no := `{"valeur": 1, "phrase": "oui"}`, `{"valeur": 0, "phrase": "non"}`
	nothing := `{"inconnu": true, "phrase": "on ne sait pas"}`
	pass := `{"type": "declaration", "question": "pass", "resultats": {"oui": ` + yes + `, "non": ` + no + `, "aucun_dispositif": {"sans_objet": true, "phrase": "s.o."}}}`
	count := `{"type": "decompte", "champ": "frais_a_charge", "paliers": [{"minimum": 2, "valeur": 1, "phrase": "{nombre}"}, {"minimum": 1, "valeur": 0.3, "phrase": "un"}], "sinon": ` + no + `}`
	type c struct {
		words  string // separated by ";"
		want   Valeur
		phrase string
	}
	for _, x := range []struct {
		name, rule string
		absent     string
		cases      []c
	}{
		{"present", `{"type": "present", "champs": ["telephone", "courriels"], "oui": ` + yes + `, "non": ` + no + `, "hors_schema": ` + nothing + `}`, "inconnu", []c{
			{"+telephone;+courriels", 10000, "oui"}, {"+telephone", 0, "non"}, {"", 0, "non"}, {"+telephone;-courriels", inconnue, "on ne sait pas"},
			{"-courriels", 0, "non"}}},
		{"table", `{"type": "table", "champ": "frais_a_charge", "lignes": [{"valeurs": ["Gratuit"], "valeur": 1, "phrase": "gratuit"}, {"valeurs": ["Payant", "Gratuit"], "valeur": 0.8, "phrase": "les deux"}], "sinon": ` + no + `}`, "inconnu", []c{
			{"frais_a_charge=Gratuit", 10000, "gratuit"}, {"frais_a_charge=Gratuit|Payant", 8000, "les deux"}, {"frais_a_charge=Payant|Gratuit", 8000, "les deux"},
			{"frais_a_charge=Payant", 0, "non"}, {"frais_a_charge=Gratuit|Payant|Gratuit sous condition", 0, "non"}, {"", inconnue, "L’information manque."}}},
		{"table, absence is the defect", `{"type": "table", "champ": "frais_a_charge", "lignes": [{"valeurs": ["Gratuit"], "valeur": 1, "phrase": "gratuit"}], "sinon": {"valeur": 0.4, "phrase": "autre"}, "hors_schema": ` + nothing + `}`, "zero", []c{
			{"", 0, "L’information manque."}, {"-frais_a_charge", inconnue, "on ne sait pas"}, {"-frais_a_charge;frais_a_charge=Gratuit", 10000, "gratuit"}}},
		{"contient", `{"type": "contient", "champ": "modalites_acces", "valeurs": ["Se présenter", "Téléphoner"], "oui": ` + yes + `, "sinon": {"valeur": 0.3, "phrase": "non"}}`, "inconnu", []c{
			{"modalites_acces=Téléphoner", 10000, "oui"}, {"modalites_acces=Contacter par mail|Se présenter", 10000, "oui"}, {"modalites_acces=Contacter par mail", 3000, "non"}, {"", inconnue, "L’information manque."}}},
		{"contient sauf", `{"type": "contient", "champ": "autres_formations_labels", "sauf": ["QPV", "FRR"], "oui": ` + yes + `, "sinon": ` + nothing + `}`, "inconnu", []c{
			{"autres_formations_labels=QPV", inconnue, "on ne sait pas"}, {"autres_formations_labels=QPV|Autre", 10000, "oui"}, {"autres_formations_labels=Autre", 10000, "oui"}}},
		{"decompte", count, "inconnu", []c{
			{"frais_a_charge=Gratuit|Payant", 10000, "{nombre}"}, {"frais_a_charge=Gratuit|Gratuit", 3000, "un"}, {"frais_a_charge=Payant", 3000, "un"}, {"", inconnue, "L’information manque."}}},
		{"decompte of some", `{"type": "decompte", "champ": "frais_a_charge", "valeurs": ["Gratuit", "Payant"], "sauf": ["Payant"], "paliers": [{"minimum": 1, "valeur": 0.7, "phrase": "un"}], "sinon": ` + no + `}`, "inconnu", []c{
			{"frais_a_charge=Gratuit sous condition", 0, "non"}, {"frais_a_charge=Payant", 0, "non"}, {"frais_a_charge=Gratuit|Payant", 7000, "un"}}},
		{"rampe", `{"type": "rampe", "fait": "presentation", "bornes": {"de": 50, "a": 200}, "phrase": "{presentation}"}`, "zero", []c{
			{"+presentation_resume;presentation:50", 0, "{presentation}"}, {"+presentation_resume;presentation:200", 10000, "{presentation}"}, {"+presentation_resume;presentation:125", 5000, "{presentation}"},
			{"+presentation_resume;presentation:51", 67, "{presentation}"}, // 1/150 = 0.00666…
			{"+presentation_resume;presentation:900", 10000, "{presentation}"}, {"", 0, "L’information manque."}, {"+presentation_resume;presentation:0", 0, "{presentation}"}}},
		{"rampe downwards", `{"type": "rampe", "fait": "ecart_commune", "bornes": {"de": 1000, "a": 500}, "phrase": "p"}`, "zero", []c{
			{"+latitude;ecart_commune:0", 10000, "p"}, {"+latitude;ecart_commune:750", 5000, "p"}, {"+latitude;ecart_commune:1000", 0, "p"}, {"+latitude", inconnue, ""}, {"", 0, "L’information manque."}}},
		{"rampe by context", `{"type": "rampe", "fait": "heures_semaine", "contexte": "territoire", "profils": {"dense": {"de": 0, "a": 20}, "intermediaire": {"de": 0, "a": 16}, "rural": {"de": 0, "a": 8}, "itinerant": {"de": 0, "a": 3}}, "phrase": "p"}`, "inconnu", []c{
			{"+horaires;minutes_semaine:600;@densite=dense", 5000, "p"}, {"+horaires;minutes_semaine:600;@densite=intermediaire", 6250, "p"}, {"+horaires;minutes_semaine:600;@densite=rural", 10000, "p"},
			{"+horaires;minutes_semaine:90;itinerance=Itinérant", 5000, "p"}, {"+horaires;minutes_semaine:90;itinerance=Itinérant|Fixe;@densite=dense", 750, "p"},
			{"+horaires;minutes_semaine:600", inconnue, ""}, {"+horaires;minutes_semaine:1200", 10000, "p"}, {"+horaires;minutes_semaine:0", 0, "p"},
			{"+horaires", inconnue, ""}, {"", inconnue, "L’information manque."},
			{"+horaires;minutes_semaine:1;@densite=dense", 8, "p"}}}, // 1/1200 = 0.000833…
		{"rampe with bornes for the others", `{"type": "rampe", "fait": "minutes_semaine", "bornes": {"de": 0, "a": 100}, "contexte": "densite", "profils": {"rural": {"de": 0, "a": 50}}, "phrase": "p"}`, "inconnu", []c{
			{"+horaires;minutes_semaine:25;@densite=rural", 5000, "p"}, {"+horaires;minutes_semaine:25;@densite=dense", 2500, "p"}, {"+horaires;minutes_semaine:25", inconnue, ""}, {"+horaires;minutes_semaine:100", 10000, "p"}}},
		{"age", `{"type": "age", "champ": "date_maj", "plein_mois": 6, "nul_mois": 24, "phrase": "{date_maj}"}`, "zero", []c{
			{"date_maj:2026-01-01", 10000, "{date_maj}"}, {"date_maj:2026-02-01", 10000, "{date_maj}"},
			{"date_maj:2025-07-03", 10000, "{date_maj}"}, // 182 days ≤ 182.625
			{"date_maj:2025-07-02", 9993, "{date_maj}"},  // 183 days: (730.5 − 183)/547.875 = 0.99931…
			{"date_maj:2025-01-01", 6671, "{date_maj}"},  // 365 days: 365.5/547.875 = 0.66712…
			{"date_maj:2024-01-02", 9, "{date_maj}"},     // 730 days: 0.5/547.875 = 0.00091…
			{"date_maj:2024-01-01", 0, "{date_maj}"}, {"", 0, "L’information manque."}}},
		{"coherence", `{"type": "coherence", "champ": "modalites_acces", "correspondances": {"Téléphoner": "telephone", "Contacter par mail": "courriels", "Se présenter": "adresse"}, "hors_schema": ` + nothing + `, "phrase": "{utilisables}/{annonces}"}`, "zero", []c{
			{"modalites_acces=Téléphoner|Se présenter;+telephone;+adresse", 10000, "{utilisables}/{annonces}"}, {"modalites_acces=Téléphoner|Se présenter|Contacter par mail;+adresse", 3333, "{utilisables}/{annonces}"},
			{"modalites_acces=Téléphoner|Se présenter|Contacter par mail;+adresse;+courriels", 6667, "{utilisables}/{annonces}"}, {"modalites_acces=Téléphoner", 0, "{utilisables}/{annonces}"},
			{"modalites_acces=Ce lieu n'accueille pas de public", sansObj, "Sans objet ici."}, {"", 0, "L’information manque."}, {"-modalites_acces", inconnue, "on ne sait pas"}}},
		{"decision", `{"type": "decision", "cas": [{"si": {"type": "egal", "fait": "hors_bureau", "valeur": "oui"}, "valeur": 1, "phrase": "a"}, {"si": {"type": "present", "champ": "telephone"}, "valeur": 1, "phrase": "b"}], "sinon": {"valeur": 0.2, "phrase": "c"}}`, "zero", []c{
			{"hors_bureau:oui", 10000, "a"}, {"hors_bureau:non;+telephone", 10000, "b"}, {"hors_bureau:non", 2000, "c"},
			{"+telephone", 10000, "b"}, // unknown first, yet both give 1
			{"", inconnue, ""}}},       // 1 or 0.2: not an absent field, so si_absent has no say
		{"decision of a field", `{"type": "decision", "champs": ["services"], "cas": [{"si": {"type": "contient", "champ": "services", "valeurs": ["Insertion professionnelle via le numérique"]}, "valeur": 1, "phrase": "a"}], "sinon": {"valeur": 0.4, "phrase": "c"}, "hors_schema": ` + nothing + `}`, "zero", []c{
			{"services=Insertion professionnelle via le numérique", 10000, "a"}, {"services=Loisirs et créations numériques", 4000, "c"}, {"", 0, "L’information manque."}, {"-services", inconnue, "on ne sait pas"}}},
		{"decision that ends in doubt", `{"type": "decision", "cas": [{"si": {"type": "egal", "question": "pass", "valeur": "oui"}, "valeur": 1, "phrase": "a"}, {"si": {"type": "egal", "question": "pass", "valeur": "non"}, "valeur": 0, "phrase": "b"}], "sinon": ` + nothing + `}`, "zero", []c{
			{"", inconnue, "on ne sait pas"}, {"?pass=oui@2025-12-01", 10000, "a"}, {"?pass=non@2025-12-01", 0, "b"}, {"?pass=aucun_dispositif@2025-12-01", inconnue, "on ne sait pas"}}},
		{"declaration", pass, "zero", []c{
			{"", inconnue, ""}, {"?pass=oui@2025-12-01", 10000, "oui"}, {"?pass=non@2025-12-01", 0, "non"}, {"?pass=aucun_dispositif@2025-12-01", sansObj, "s.o."},
			{"?pass=oui@2025-01-01", 10000, "oui"},                                  // 12 months: the last day
			{"?pass=oui@2024-12-31", inconnue, ""},                                  // expired the day before
			{"?pass=oui@2020-01-01/2026-01-01", 10000, "oui"},                       // its own expiry, that day included
			{"?pass=oui@2025-12-01/2025-12-31", inconnue, ""},                       //
			{"?pass=oui@2026-01-02", inconnue, ""},                                  // not yet made
			{"?pass=non@2025-06-01;?pass=oui@2026-02-01", 0, "non"},                 // the one that held on that day
			{"?pass=non@2025-06-01;?pass=oui@2025-07-01", 10000, "oui"},             // the last one
			{"?pass=autre@2025-12-01", inconnue, ""}, {"?pass=oui", 10000, "oui"}}}, // of unknown date: nothing says that it expired
		{"verification", `{"type": "verification", "preuve": "visite", "resultats": {"bien": ` + yes + `}}`, "zero", []c{
			{"!visite=bien@2024-01-01", 10000, "oui"}, {"!visite=bien@2023-12-31", inconnue, ""}, {"", inconnue, ""}}},
		{"ratio_plateforme", `{"type": "ratio_plateforme", "mesure": "signalements_traites", "n_min": 3, "phrase": "{numerateur}"}`, "inconnu", []c{
			{"#signalements_traites=2/3", 6667, "{numerateur}"}, {"#signalements_traites=2/2", inconnue, ""}, {"", inconnue, ""}, {"#signalements_traites=0/4", 0, "{numerateur}"}, {"#signalements_traites=9/4", 10000, "{numerateur}"}}},
		{"somme_ponderee", `{"type": "somme_ponderee", "parts": [{"poids": 0.65, "regle": ` + count + `}, {"poids": 0.35, "regle": ` + pass + `}]}`, "inconnu", []c{
			{"frais_a_charge=Payant;?pass=oui@2025-12-01", 5450, "un oui"}, // 0.65·0.3 + 0.35
			{"frais_a_charge=Payant", inconnue, ""}, {"?pass=oui@2025-12-01", inconnue, "L’information manque."},
			{"frais_a_charge=Payant;?pass=aucun_dispositif@2025-12-01", 3000, "un s.o."}}},
		{"somme_ponderee, absence is the defect", `{"type": "somme_ponderee", "parts": [{"poids": 0.65, "regle": ` + count + `}, {"poids": 0.35, "regle": ` + pass + `}]}`, "zero", []c{
			{"?pass=oui@2025-12-01", 3500, "oui"}, {"", inconnue, ""}}},
		{"premiere_evaluable", `{"type": "premiere_evaluable", "regles": [` + pass + `, ` + count + `]}`, "inconnu", []c{
			{"frais_a_charge=Payant;?pass=oui@2025-12-01", 10000, "oui"}, {"frais_a_charge=Payant", 3000, "un"}, {"", inconnue, "L’information manque."},
			{"frais_a_charge=Payant;?pass=aucun_dispositif@2025-12-01", sansObj, "s.o."}}},
		{"premiere_evaluable, absence is the defect", `{"type": "premiere_evaluable", "regles": [` + pass + `, ` + count + `]}`, "zero", []c{{"", 0, "L’information manque."}}},
		{"meilleur_de", `{"type": "meilleur_de", "regles": [` + count + `, ` + pass + `]}`, "inconnu", []c{
			{"frais_a_charge=Payant;?pass=oui@2025-12-01", 10000, "oui"}, {"frais_a_charge=Payant;?pass=non@2025-12-01", 3000, "un"}, {"?pass=non@2025-12-01", 0, "non"},
			{"frais_a_charge=Payant|Gratuit", 10000, "{nombre}"}, {"", inconnue, "L’information manque."}, {"?pass=aucun_dispositif@2025-12-01", inconnue, "L’information manque."}}},
		{"meilleur_de, out of scope", `{"type": "meilleur_de", "regles": [` + pass + `]}`, "inconnu", []c{{"?pass=aucun_dispositif@2025-12-01", sansObj, "Sans objet ici."}}},
	} {
		e := alone(t, x.absent, x.rule)
		for _, c := range x.cases {
			in := ask(t, strings.FieldsFunc(c.words, func(r rune) bool { return r == ';' })...)
			got := e.Trace(in)[0]
			if got.Valeur != c.want || got.Phrase != c.phrase {
				t.Errorf("%s: %q gives %d %q, want %d %q", x.name, c.words, got.Valeur, got.Phrase, c.want, c.phrase)
			}
			if v := e.Values(in, nil)[0]; v != got.Valeur {
				t.Errorf("%s: %q: Values says %d, Trace %d", x.name, c.words, v, got.Valeur)
			}
		}
	}
}

// Kleene's tables, by predicates that are certain and one that is not.
func TestKleeneTables(t *testing.T) {
	predicates := map[kleene]string{
		faux:     `{"type": "present", "champ": "telephone"}`,
		peutEtre: `{"type": "egal", "question": "pass", "valeur": "oui"}`,
		vrai:     `{"type": "non", "de": [{"type": "present", "champ": "telephone"}]}`,
	}
	// A decision tells the truth value: 1, 0, or neither.
	truth := func(p string) kleene {
		e := alone(t, "inconnu", `{"type": "decision", "cas": [{"si": `+p+`, "valeur": 1, "phrase": "v"}], "sinon": {"valeur": 0, "phrase": "f"}}`)
		switch e.Values(ask(t), nil)[0] {
		case 0:
			return faux
		case 10000:
			return vrai
		}
		return peutEtre
	}
	F, U, V := faux, peutEtre, vrai
	and := [3][3]kleene{{F, F, F}, {F, U, U}, {F, U, V}}
	or := [3][3]kleene{{F, U, V}, {U, U, V}, {V, V, V}}
	not := [3]kleene{V, U, F}
	for a, pa := range predicates {
		if got := truth(`{"type": "non", "de": [` + pa + `]}`); got != not[a] {
			t.Errorf("non %d = %d, want %d", a, got, not[a])
		}
		for b, pb := range predicates {
			if got := truth(`{"type": "et", "de": [` + pa + `,` + pb + `]}`); got != and[a][b] {
				t.Errorf("%d et %d = %d, want %d", a, b, got, and[a][b])
			}
			if got := truth(`{"type": "ou", "de": [` + pa + `,` + pb + `]}`); got != or[a][b] {
				t.Errorf("%d ou %d = %d, want %d", a, b, got, or[a][b])
			}
		}
	}
}

func TestPredicates(t *testing.T) {
	for _, x := range []struct{ predicate, words, want string }{
		{`{"type": "present", "champ": "telephone"}`, "+telephone", "vrai"},
		{`{"type": "present", "champ": "services"}`, "", "faux"},
		{`{"type": "schema", "champ": "services"}`, "", "vrai"},
		{`{"type": "schema", "champ": "services"}`, "-services", "faux"},
		{`{"type": "egal", "champ": "itinerance", "valeur": "Fixe"}`, "itinerance=Fixe", "vrai"},
		{`{"type": "egal", "champ": "itinerance", "valeur": "Fixe"}`, "itinerance=Fixe|Itinérant", "faux"},
		{`{"type": "egal", "champ": "itinerance", "valeur": "Fixe"}`, "", "inconnu"},
		{`{"type": "egal", "fait": "horaires", "valeur": "aucun"}`, "", "vrai"},
		{`{"type": "egal", "fait": "horaires", "valeur": "lisibles"}`, "horaires:texte", "faux"},
		{`{"type": "egal", "fait": "pivot", "valeur": "siret"}`, "pivot:siret", "vrai"},
		{`{"type": "egal", "fait": "pivot", "valeur": "aucun"}`, "", "vrai"},
		{`{"type": "egal", "fait": "acces_libre", "valeur": "non"}`, "", "vrai"},
		{`{"type": "egal", "fait": "hors_bureau", "valeur": "non"}`, "", "inconnu"},
		{`{"type": "egal", "fait": "hors_bureau", "valeur": "non"}`, "hors_bureau:non", "vrai"},
		{`{"type": "egal", "question": "pass", "valeur": "non"}`, "?pass=non@2025-12-01", "vrai"},
		{`{"type": "egal", "question": "pass", "valeur": "non"}`, "?pass=non@2024-12-01", "inconnu"},
		{`{"type": "egal", "contexte": "densite", "valeur": "rural"}`, "@densite=rural", "vrai"},
		{`{"type": "egal", "contexte": "densite", "valeur": "rural"}`, "", "inconnu"},
		{`{"type": "egal", "contexte": "territoire", "valeur": "itinerant"}`, "itinerance=Itinérant", "vrai"},
		{`{"type": "egal", "contexte": "aide_locale", "valeur": "non"}`, "@aide_locale=oui", "faux"},
		{`{"type": "contient", "champ": "services", "valeurs": ["Loisirs et créations numériques"]}`, "services=Insertion professionnelle via le numérique|Loisirs et créations numériques", "vrai"},
		{`{"type": "contient", "champ": "services", "sauf": ["Loisirs et créations numériques"]}`, "services=Loisirs et créations numériques", "faux"},
		{`{"type": "contient", "champ": "services", "sauf": ["Loisirs et créations numériques"]}`, "", "inconnu"},
		{`{"type": "compare", "fait": "ecart_commune", "operateur": "<=", "nombre": 500}`, "ecart_commune:500", "vrai"},
		{`{"type": "compare", "fait": "ecart_commune", "operateur": "<", "nombre": 500}`, "ecart_commune:500", "faux"},
		{`{"type": "compare", "fait": "ecart_commune", "operateur": "=", "nombre": 500}`, "ecart_commune:500", "vrai"},
		{`{"type": "compare", "fait": "heures_semaine", "operateur": ">", "nombre": 17.5}`, "minutes_semaine:1050", "faux"},
		{`{"type": "compare", "fait": "heures_semaine", "operateur": ">=", "nombre": 17.5}`, "minutes_semaine:1050", "vrai"},
		{`{"type": "compare", "fait": "heures_semaine", "operateur": ">=", "nombre": 17.5}`, "", "inconnu"},
		{`{"type": "compare", "fait": "presentation", "operateur": ">", "nombre": 0}`, "", "faux"},
	} {
		e := alone(t, "inconnu", `{"type": "decision", "cas": [{"si": `+x.predicate+`, "valeur": 1, "phrase": "v"}], "sinon": {"valeur": 0, "phrase": "f"}}`)
		got := map[Valeur]string{0: "faux", 10000: "vrai", inconnue: "inconnu"}[e.Values(ask(t, strings.FieldsFunc(x.words, func(r rune) bool { return r == ';' })...), nil)[0]]
		if got != x.want {
			t.Errorf("%s of %q is %s, want %s", x.predicate, x.words, got, x.want)
		}
	}
}

// A trace says what decided: of a decision the case that held, of the best rule
// that one.
func TestTraceSaysWhatDecided(t *testing.T) {
	rule := `{"type": "meilleur_de", "regles": [
	 {"type": "contient", "champ": "services", "valeurs": ["Loisirs et créations numériques"], "oui": {"valeur": 0.5, "phrase": "Loisirs : {services}."}, "sinon": {"valeur": 0, "phrase": "non"}},
	 {"type": "decision", "cas": [
	  {"si": {"type": "present", "champ": "courriels"}, "valeur": 0.4, "phrase": "Courriel."},
	  {"si": {"type": "et", "de": [{"type": "present", "champ": "telephone"}, {"type": "egal", "question": "pass", "valeur": "oui"}]}, "valeur": 0.9, "phrase": "Pass depuis le {date}."}],
	  "sinon": {"inconnu": true, "phrase": "on ne sait pas"}},
	 {"type": "verification", "preuve": "visite", "resultats": {"bien": {"valeur": 0.2, "phrase": "Visité."}}}]}`
	e := alone(t, "inconnu", rule)
	in := ask(t, "services=Loisirs et créations numériques|Insertion professionnelle via le numérique", "+telephone", "?pass=oui@2025-08-01", "!visite=bien@2025-09-01", "date_maj:2025-01-01")
	got := e.Trace(in)[0]
	if got.Phrase != "Pass depuis le {date}." || !slices.Equal(got.Champs, []string{"telephone"}) || got.Question != "pass" || got.Preuve != "" ||
		got.Nature != Declare || got.Date != jour("2025-08-01") || got.Expire != jour("2026-08-01") || got.Params["date"] == "" {
		t.Errorf("decided by the answer: %+v", got)
	}
	in.Reponses = nil
	got = e.Trace(in)[0]
	if got.Phrase != "Loisirs : {services}." || !slices.Equal(got.Champs, []string{"services"}) || got.Question != "" || got.Nature != Calcule || got.Date != jour("2025-01-01") ||
		got.Params["services"] != "« Loisirs et créations numériques » et « Insertion professionnelle via le numérique »" {
		t.Errorf("decided by the list: %+v", got)
	}
	delete(in.Fiche.Listes, "services")
	in.Fiche.Presents = nil
	got = e.Trace(in)[0]
	if got.Phrase != "Visité." || got.Champs != nil || got.Preuve != "visite" || got.Nature != Verifie || got.Expire != jour("2027-09-01") {
		t.Errorf("decided by the visit: %+v", got)
	}
	in.Preuves[0].Expire = jour("2025-12-31")
	if got = e.Trace(in)[0]; got.Valeur != inconnue || !got.Perime || got.Preuve != "" {
		t.Errorf("out of date: %+v", got)
	}
}

// Months after a day: the last one of a shorter month.
func TestAddMonths(t *testing.T) {
	for _, x := range []struct {
		from string
		n    int
		want string
	}{{"2025-01-31", 1, "2025-02-28"}, {"2024-01-31", 1, "2024-02-29"}, {"2025-12-15", 1, "2026-01-15"}, {"2025-06-30", 12, "2026-06-30"}, {"2024-02-29", 12, "2025-02-28"}} {
		if got := jour(x.from).addMonths(x.n).String(); got != x.want {
			t.Errorf("%s + %d months = %s, want %s", x.from, x.n, got, x.want)
		}
	}
}

// What sentences are filled with is said as people say it.
func TestParametersAreFrench(t *testing.T) {
	e := alone(t, "inconnu", `{"type": "rampe", "fait": "heures_semaine", "bornes": {"de": 0.5, "a": 20}, "phrase": "{heures_semaine}"}`)
	got := e.Trace(ask(t, "+horaires", "minutes_semaine:1050"))[0].Params
	if diff := cmp.Diff(map[string]string{"heures_semaine": "17\u00a0h\u00a030", "de": "0,5", "a": "20"}, got); diff != "" {
		t.Error(diff)
	}
	e = alone(t, "inconnu", `{"type": "age", "champ": "date_maj", "plein_mois": 6, "nul_mois": 24, "phrase": "{date_maj}"}`)
	got = e.Trace(ask(t, "date_maj:2024-08-01"))[0].Params
	if diff := cmp.Diff(map[string]string{"date_maj": "1er août 2024", "mois": "17"}, got); diff != "" {
		t.Error(diff)
	}
}
