package quality

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mednum/internal/place"
)

// scoredPlace is a place with all that its score depends on, and its score worked out
// from the text of the référentiel, without the engine: points over weight
// known over weight applicable, dimension by dimension, in the comment.
type scoredPlace struct {
	nom       string
	cells     map[string]string // as in a file of the standard
	absents   []string
	ecart     *int
	contexte  Contexte
	reponses  []Declaration
	preuves   []Evidence
	mesures   []Mesure
	contestes []string
	date      string

	valeurs                                                  string // "?" unknown, "-" sans objet
	couverture, strict, observe, potentiel, score, confiance string
	etat                                                     Etat
	niveaux                                                  string // "B", "D-B", ""
	manquantes, inconnues                                    string
}

func (w *scoredPlace) entree(t testing.TB) Entree {
	r := record(t, w.cells)
	return Entree{Fiche: Derive(&r.Place, w.absents, r.Departement, w.ecart), Contexte: w.contexte, Reponses: w.reponses,
		Preuves: w.preuves, Mesures: w.mesures, Contestes: w.contestes, Date: day(w.date)}
}

func day(s string) Jour {
	d, ok := place.ParseDate(s)
	if !ok {
		panic("no day: " + s)
	}
	return Jour{d}
}

func shipped(t testing.TB) *Engine {
	t.Helper()
	e, err := Load(Initial())
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// said writes the values of a result as the cases have them.
func said(r *Resultat) map[string]string {
	m := map[string]string{}
	for _, c := range r.Criteres {
		switch c.Statut {
		case StatutInconnu:
			m[c.Code] = "?"
		case StatutSansObjet:
			m[c.Code] = "-"
		default:
			m[c.Code] = c.Valeur.String()
		}
	}
	return m
}

func TestWholeCases(t *testing.T) {
	e := shipped(t)
	for i := range scoredPlaces {
		w := &scoredPlaces[i]
		t.Run(fmt.Sprintf("%d %s", i+1, w.nom), func(t *testing.T) {
			in := w.entree(t)
			r := e.Evaluate(&in)
			want := map[string]string{}
			for _, pair := range strings.Fields(w.valeurs) {
				code, value, _ := strings.Cut(pair, "=")
				want[code] = value
			}
			if len(want) != 33 {
				t.Fatalf("%d criteria", len(want))
			}
			if diff := cmp.Diff(want, said(&r)); diff != "" {
				t.Errorf("values, -by hand +engine:\n%s", diff)
			}
			niveaux := r.Niveau
			if r.Etat == Provisoire {
				niveaux = r.NiveauMin + "-" + r.NiveauMax
			}
			type sums struct {
				Couverture, Strict, Observe, Potentiel, Score, Confiance, Niveaux, Manquantes, Inconnues string
				Etat                                                                                     Etat
			}
			if diff := cmp.Diff(
				sums{w.couverture, w.strict, w.observe, w.potentiel, w.score, w.confiance, w.niveaux, w.manquantes, w.inconnues, w.etat},
				sums{r.Couverture.String(), r.Strict.String(), r.Observe.String(), r.Potentiel.String(), r.Score.String(), r.Confiance.String(),
					niveaux, strings.Join(r.Socle.Manquantes, " "), strings.Join(r.Socle.Inconnues, " "), r.Etat}); diff != "" {
				t.Errorf("sums, -by hand +engine:\n%s", diff)
			}
			for _, c := range r.Criteres {
				if c.Conteste != slices.Contains(w.contestes, c.Code) {
					t.Errorf("%s contested: %v", c.Code, c.Conteste)
				}
			}
		})
	}
}

// TestReplayOnAnyMachine: the hashes of the version, of what each place is scored
// on and of its result are those of the day when they were first computed. They
// are public: who keeps them can have a score computed again. Where they change,
// scores already published are no longer replayed: raise Moteur or Derivation,
// or make a new version.
func TestReplayOnAnyMachine(t *testing.T) {
	e := shipped(t)
	var b strings.Builder
	fmt.Fprintf(&b, "version %s %s\n", e.Referentiel().Version, e.Hash())
	for i := range scoredPlaces {
		in := scoredPlaces[i].entree(t)
		r := e.Evaluate(&in)
		fmt.Fprintf(&b, "%s %s %s\n", in.Hash(), r.Hash(), scoredPlaces[i].nom)
	}
	name := "testdata/rejeu-" + Moteur + "-" + Derivation + ".golden"
	if *update {
		if err := os.WriteFile(name, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("-kept +now:\n%s", diff)
	}
}

// like is a place of the cases with cells, answers, evidence changed: "" takes
// one away.
func (w scoredPlace) like(cells map[string]string, changes ...func(*scoredPlace)) scoredPlace {
	w.cells = maps.Clone(w.cells)
	for name, value := range cells {
		w.cells[name] = value
	}
	w.reponses, w.preuves = slices.Clone(w.reponses), slices.Clone(w.preuves)
	for _, change := range changes {
		change(&w)
	}
	return w
}

func answers(question, answer string) func(*scoredPlace) {
	return func(w *scoredPlace) {
		w.reponses = slices.DeleteFunc(w.reponses, func(d Declaration) bool { return d.Question == question })
		if answer != "" {
			w.reponses = append(w.reponses, Declaration{Question: question, Reponse: answer, Date: day("2026-01-10")})
		}
	}
}

func proves(proof, result string) func(*scoredPlace) {
	return func(w *scoredPlace) {
		w.preuves = slices.DeleteFunc(w.preuves, func(e Evidence) bool { return e.Preuve == proof })
		if result != "" {
			w.preuves = append(w.preuves, Evidence{Preuve: proof, Resultat: result, Date: day("2025-09-15")})
		}
	}
}

func away(m int) func(*scoredPlace) { return func(w *scoredPlace) { w.ecart = &m } }
func noContour(w *scoredPlace)      { w.ecart = nil }
func density(class string) func(*scoredPlace) {
	return func(w *scoredPlace) { w.contexte.Densite = class }
}
func help(is string) func(*scoredPlace) { return func(w *scoredPlace) { w.contexte.AideLocale = is } }
func on(date string) func(*scoredPlace) { return func(w *scoredPlace) { w.date = date } }
func without(columns ...string) func(*scoredPlace) {
	return func(w *scoredPlace) {
		w.absents = columns
		for _, c := range columns {
			delete(w.cells, c)
		}
	}
}
func reports(n, of int) func(*scoredPlace) {
	return func(w *scoredPlace) {
		w.mesures = []Mesure{{Mesure: "signalements_traites", Numerateur: n, Denominateur: of}}
	}
}

type cells = map[string]string

// TestEachBranchOfEachRule changes one thing in the first of the places (whole,
// all answered, all checked, dense, on 1 June 2026) and reads one criterion.
func TestEachBranchOfEachRule(t *testing.T) {
	e := shipped(t)
	base := scoredPlaces[0]
	with := base.like
	letters := func(n int) string { return strings.Repeat("é", n) }
	for _, c := range []struct {
		critere string
		place   scoredPlace
		want    string
	}{
		// Address, commune and postal code are a half; the point within 500 m of the commune the other.
		{"INF-01", with(nil), "1"},
		{"INF-01", with(nil, away(500)), "1"},
		{"INF-01", with(nil, away(501)), "0.5"},
		{"INF-01", with(cells{"adresse": ""}), "0.5"},
		{"INF-01", with(cells{"code_postal": ""}), "0.5"},
		{"INF-01", with(cells{"adresse": ""}, away(9_000)), "0"},
		{"INF-01", with(cells{"latitude": "", "longitude": ""}, noContour), "0.5"},
		{"INF-01", with(cells{"latitude": "", "longitude": "", "adresse": ""}, noContour), "0"},
		{"INF-01", with(nil, noContour), "1"},
		{"INF-01", with(cells{"adresse": ""}, noContour), "0.5"},
		{"INF-01", with(cells{"commune": "", "code_insee": ""}, noContour), "0"},
		{"INF-01", with(cells{"commune": ""}), "0.5"},
		{"INF-01", with(cells{"adresse": "", "itinerance": "Itinérant"}), "1"},
		{"INF-01", with(cells{"adresse": "", "itinerance": "Itinérant|Fixe"}), "0.5"},
		{"INF-01", with(cells{"adresse": "", "itinerance": "Itinérant", "code_postal": ""}), "0.5"},
		{"INF-01", with(cells{"adresse": "", "itinerance": ""}), "0.5"},

		{"INF-02", with(nil), "1"},
		{"INF-02", with(cells{"courriels": "", "prise_rdv": "https://rdv.example.fr"}), "1"},
		{"INF-02", with(cells{"courriels": ""}), "0.8"},
		{"INF-02", with(cells{"telephone": ""}), "0.6"},
		{"INF-02", with(cells{"telephone": "", "courriels": "", "prise_rdv": "https://rdv.example.fr"}), "0.6"},
		{"INF-02", with(cells{"telephone": "", "courriels": ""}), "0"},
		{"INF-02", with(cells{"telephone": "", "courriels": "", "site_web": "https://example.fr"}), "0"},

		{"INF-03", with(nil), "1"},
		{"INF-03", with(cells{"courriels": ""}), "0.6667"}, // two of three
		{"INF-03", with(cells{"courriels": "", "telephone": ""}), "0.3333"},
		{"INF-03", with(cells{"modalites_acces": "Prendre un RDV en ligne"}), "0"},
		{"INF-03", with(cells{"modalites_acces": "Prendre un RDV en ligne", "prise_rdv": "https://rdv.example.fr"}), "1"},
		{"INF-03", with(cells{"modalites_acces": "Se présenter", "adresse": ""}), "0"},
		{"INF-03", with(cells{"modalites_acces": "Envoyer un mail avec une fiche de prescription"}), "-"},
		{"INF-03", with(cells{"modalites_acces": "Téléphoner|Envoyer un mail avec une fiche de prescription"}), "1"},
		{"INF-03", with(cells{"modalites_acces": ""}), "0"},
		{"INF-03", with(nil, without("modalites_acces")), "?"},

		{"INF-04", with(cells{"presentation_resume": ""}), "0"},
		{"INF-04", with(cells{"presentation_resume": letters(50)}), "0"},
		{"INF-04", with(cells{"presentation_resume": letters(51)}), "0.0067"}, // 1/150
		{"INF-04", with(cells{"presentation_resume": letters(60), "presentation_detail": letters(65)}), "0.5"},
		{"INF-04", with(cells{"presentation_resume": "", "presentation_detail": letters(199)}), "0.9933"},
		{"INF-04", with(cells{"presentation_detail": letters(200)}), "1"},

		// Six months are 182.625 days, twenty-four 730.5.
		{"INF-05", with(cells{"date_maj": "2026-06-01"}), "1"},
		{"INF-05", with(cells{"date_maj": "2026-06-15"}), "1"},      // after the day of reference
		{"INF-05", with(cells{"date_maj": "2025-12-01"}), "1"},      // 182 days
		{"INF-05", with(cells{"date_maj": "2025-11-30"}), "0.9993"}, // 183: 547.5/547.875
		{"INF-05", with(cells{"date_maj": "2025-06-01"}), "0.6671"}, // 365: 365.5/547.875 = 0.66712
		{"INF-05", with(cells{"date_maj": "2024-06-01"}), "0.0009"}, // 730: 0.5/547.875 = 0.00091
		{"INF-05", with(cells{"date_maj": "2024-05-31"}), "0"},
		{"INF-05", with(cells{"date_maj": ""}), "0"},

		{"ACC-01", with(nil), "1"},
		{"ACC-01", with(cells{"horaires": "24/7"}), "1"},
		{"ACC-01", with(cells{"horaires": "le lundi, parfois"}), "0.5"},
		{"ACC-01", with(cells{"horaires": ""}), "0"},
		{"ACC-01", with(cells{"horaires": "", "modalites_acces": ""}), "0"},
		{"ACC-01", with(cells{"modalites_acces": "Ce lieu n'accueille pas de public|Téléphoner"}), "-"},

		// Ten hours a week.
		{"ACC-02", with(cells{"horaires": "Mo-Fr 09:00-11:00"}), "0.5"},
		{"ACC-02", with(cells{"horaires": "Mo-Fr 09:00-11:00"}, density("intermediaire")), "0.625"},
		{"ACC-02", with(cells{"horaires": "Mo-Fr 09:00-11:00"}, density("rural")), "1"},
		{"ACC-02", with(cells{"horaires": "Mo-Fr 09:00-11:00"}, density("")), "?"},
		{"ACC-02", with(cells{"horaires": "Mo-Fr 09:00-13:00"}, density("")), "1"}, // 20 hours are enough anywhere
		{"ACC-02", with(cells{"horaires": "off"}, density("")), "0"},
		{"ACC-02", with(cells{"horaires": "Mo 09:00-10:00", "itinerance": "Itinérant"}), "0.3333"},
		{"ACC-02", with(cells{"horaires": "Mo 09:00-12:00", "itinerance": "Itinérant"}, density("")), "1"},
		{"ACC-02", with(cells{"horaires": "Mo 09:00-12:00", "itinerance": "Itinérant|Fixe"}), "0.15"},
		{"ACC-02", with(cells{"horaires": "Mo 09:00-12:00", "itinerance": ""}), "0.15"},
		{"ACC-02", with(cells{"horaires": ""}), "?"},
		{"ACC-02", with(cells{"horaires": "sur rendez-vous"}), "?"},
		{"ACC-02", with(cells{"horaires": "Mo-Fr 09:00+"}), "?"},

		{"ACC-02", with(cells{"modalites_acces": "Ce lieu n'accueille pas de public"}), "-"},
		{"ACC-02", with(cells{"modalites_acces": "Ce lieu n'accueille pas de public", "horaires": ""}), "?"},

		{"ACC-03", with(cells{"horaires": "Sa 09:00-12:00"}), "1"},
		{"ACC-03", with(cells{"horaires": "Su 09:00-12:00"}), "1"},
		{"ACC-03", with(cells{"horaires": "Mo 16:00-18:30"}), "1"},
		{"ACC-03", with(cells{"horaires": "Mo-Fr 09:00-18:00"}), "0"},
		{"ACC-03", with(cells{"horaires": "Mo-Fr 09:00-18:00", "itinerance": "Itinérant"}), "-"},
		{"ACC-03", with(cells{"horaires": "Mo-Fr 09:00-18:00", "itinerance": "Fixe|Itinérant"}), "0"},
		{"ACC-03", with(cells{"horaires": "Mo-Fr 09:00-18:00", "itinerance": ""}), "0"},
		{"ACC-03", with(cells{"horaires": ""}), "?"},
		{"ACC-03", with(cells{"horaires": "sur rendez-vous"}), "?"},

		{"ACC-03", with(cells{"modalites_acces": "Ce lieu n'accueille pas de public"}), "-"},
		{"ACC-03", with(cells{"modalites_acces": "Ce lieu n'accueille pas de public", "horaires": ""}), "?"},

		{"ACC-04", with(cells{"modalites_acces": "Se présenter"}), "1"},
		{"ACC-04", with(cells{"modalites_acces": "Téléphoner|Contacter par mail"}), "1"},
		{"ACC-04", with(cells{"modalites_acces": "Contacter par mail|Prendre un RDV en ligne"}), "0.3"},
		{"ACC-04", with(cells{"modalites_acces": "Ce lieu n'accueille pas de public"}), "0.3"},
		{"ACC-04", with(cells{"modalites_acces": ""}), "?"},

		{"TAR-01", with(cells{"frais_a_charge": "Payant"}), "1"},
		{"TAR-01", with(cells{"frais_a_charge": ""}), "0"},

		{"TAR-02", with(cells{"frais_a_charge": "Gratuit"}), "1"},
		{"TAR-02", with(cells{"frais_a_charge": "Gratuit|Gratuit sous condition"}), "0.8"},
		{"TAR-02", with(cells{"frais_a_charge": "Gratuit sous condition"}), "0.8"},
		{"TAR-02", with(cells{"frais_a_charge": "Payant|Gratuit"}), "0.8"},
		{"TAR-02", with(cells{"frais_a_charge": "Gratuit sous condition|Payant"}), "0.8"},
		{"TAR-02", with(cells{"frais_a_charge": "Payant|Gratuit|Gratuit sous condition"}), "0.8"},
		{"TAR-02", with(cells{"frais_a_charge": "Payant"}), "0.7"},
		{"TAR-02", with(cells{"frais_a_charge": "Payant"}, answers("TAR-03", "non")), "0.2"},
		{"TAR-02", with(cells{"frais_a_charge": "Payant"}, answers("TAR-03", "aucune_aide")), "0.2"},
		{"TAR-02", with(cells{"frais_a_charge": "Payant"}, answers("TAR-03", "")), "0.2"},
		{"TAR-02", with(cells{"frais_a_charge": ""}), "?"},
		{"TAR-02", with(cells{"frais_a_charge": ""}, answers("TAR-03", "non")), "?"},

		{"TAR-03", with(nil), "1"},
		{"TAR-03", with(nil, answers("TAR-03", "non")), "0"},
		{"TAR-03", with(nil, answers("TAR-03", "aucune_aide")), "-"},
		{"TAR-03", with(nil, answers("TAR-03", "")), "?"},
		{"TAR-03", with(nil, answers("TAR-03", ""), help("")), "?"},
		{"TAR-03", with(nil, help("")), "1"},
		{"TAR-03", with(nil, help("non")), "-"},
		{"TAR-03", with(nil, answers("TAR-03", ""), help("non")), "-"},

		{"ACP-01", with(nil), "1"},
		{"ACP-01", with(cells{"modalites_accompagnement": ""}), "0.65"},
		{"ACP-01", with(cells{"services": ""}), "0.35"},
		{"ACP-01", with(cells{"services": "", "modalites_accompagnement": ""}), "0"},
		{"ACP-01", with(nil, without("services", "modalites_accompagnement")), "0"},

		{"ACP-02", with(cells{"services": "Aide aux démarches administratives|Maîtrise des outils numériques du quotidien"}), "1"},
		{"ACP-02", with(cells{"services": "Aide aux démarches administratives|Loisirs et créations numériques"}), "0.7"},
		{"ACP-02", with(cells{"services": "Maîtrise des outils numériques du quotidien"}), "0.7"},
		{"ACP-02", with(cells{"services": "Loisirs et créations numériques"}), "0.4"},
		{"ACP-02", with(cells{"services": ""}), "?"},
		{"ACP-02", with(nil, answers("ACP-02", "oui")), "-"},
		{"ACP-02", with(nil, answers("ACP-02", "")), "1"},

		{"ACP-03", with(cells{"modalites_accompagnement": "Accompagnement individuel"}), "1"},
		{"ACP-03", with(cells{"modalites_accompagnement": "À distance|Dans un atelier collectif"}), "1"},
		{"ACP-03", with(cells{"modalites_accompagnement": "En autonomie|À distance"}), "0.6"},
		{"ACP-03", with(cells{"modalites_accompagnement": "En autonomie"}), "0.4"},
		{"ACP-03", with(cells{"modalites_accompagnement": ""}), "?"},

		{"ACP-04", with(nil, answers("ACP-04", "toujours")), "1"},
		{"ACP-04", with(nil, answers("ACP-04", "parfois")), "0.6"},
		{"ACP-04", with(nil, answers("ACP-04", "non")), "0"},
		{"ACP-04", with(nil, answers("ACP-04", "")), "?"},
		{"ACP-04", with(cells{"date_maj": ""}, on("2028-01-10")), "1"}, // answered on 10 January 2026, for 24 months
		{"ACP-04", with(cells{"date_maj": ""}, on("2028-01-11")), "?"},
		{"ACP-04", with(cells{"date_maj": ""}, on("2026-01-09")), "?"}, // not yet answered

		{"ACP-05", with(cells{"services": "Accès internet et matériel informatique"}), "1"},
		{"ACP-05", with(cells{"services": "Acquisition de matériel informatique à prix solidaire"}), "0"},
		{"ACP-05", with(cells{"services": ""}), "?"},

		{"ACP-06", with(nil, answers("ACP-06", "partenaires")), "1"},
		{"ACP-06", with(nil, answers("ACP-06", "informelle")), "0.6"},
		{"ACP-06", with(nil, answers("ACP-06", "non")), "0"},
		{"ACP-06", with(nil, answers("ACP-06", "")), "?"},

		{"PUB-01", with(nil), "1"},
		{"PUB-01", with(cells{"fiche_acces_libre": "https://example.fr/handicap"}), "0"},
		{"PUB-01", with(cells{"fiche_acces_libre": ""}), "0"},
		{"PUB-01", with(nil, without("fiche_acces_libre")), "0"},

		{"PUB-02", with(nil), "1"},
		{"PUB-02", with(nil, proves("visite_entree", "non_accessible")), "0.4"},
		{"PUB-02", with(nil, proves("visite_toilettes", "non_accessibles")), "0.8"},
		{"PUB-02", with(nil, proves("visite_personnel", "non_forme")), "0.8"},
		{"PUB-02", with(nil, proves("visite_toilettes", "non_accessibles"), proves("visite_personnel", "non_forme")), "0.6"},
		{"PUB-02", with(nil, proves("visite_entree", "non_accessible"), proves("visite_toilettes", "non_accessibles"), proves("visite_personnel", "non_forme")), "0"},
		{"PUB-02", with(nil, proves("visite_toilettes", "")), "?"},
		{"PUB-02", with(nil, proves("visite_entree", "")), "?"},
		{"PUB-02", with(nil, on("2027-09-15")), "1"},
		{"PUB-02", with(nil, on("2027-09-16")), "?"}, // the training of the staff is valid two years

		{"PUB-03", with(cells{"prise_en_charge_specifique": "Surdité|Handicaps moteurs"}), "1"},
		{"PUB-03", with(cells{"prise_en_charge_specifique": "Illettrisme"}), "1"},
		{"PUB-03", with(cells{"prise_en_charge_specifique": "Langues étrangères (anglais)"}), "1"},
		{"PUB-03", with(cells{"prise_en_charge_specifique": "Langues étrangères (autres)"}), "1"},
		{"PUB-03", with(cells{"prise_en_charge_specifique": "Handicaps mentaux"}), "0.7"},
		{"PUB-03", with(cells{"prise_en_charge_specifique": ""}), "?"},
		{"PUB-03", with(cells{"prise_en_charge_specifique": ""}, answers("PUB-03", "aucun")), "0"},
		{"PUB-03", with(cells{"prise_en_charge_specifique": ""}, answers("PUB-03", "oui")), "?"},
		{"PUB-03", with(cells{"prise_en_charge_specifique": "Handicaps mentaux"}, answers("PUB-03", "aucun")), "0.7"},

		{"PUB-04", with(nil, answers("PUB-04", "")), "?"}, // fixed says nothing of going out
		{"PUB-04", with(nil), "1"},
		{"PUB-04", with(nil, answers("PUB-04", "non")), "0"},
		{"PUB-04", with(cells{"itinerance": "Itinérant"}, answers("PUB-04", "")), "1"},
		{"PUB-04", with(cells{"itinerance": "Itinérant|Fixe"}, answers("PUB-04", "non")), "1"},
		{"PUB-04", with(cells{"itinerance": ""}, answers("PUB-04", "")), "?"},
		{"PUB-04", with(cells{"itinerance": ""}, answers("PUB-04", "non")), "0"},
		{"PUB-04", with(cells{"itinerance": ""}, answers("PUB-04", "oui")), "1"},

		{"COM-01", with(cells{"dispositif_programmes_nationaux": "Conseillers numériques"}), "1"},
		{"COM-01", with(cells{"dispositif_programmes_nationaux": "France Services|Certification PIX"}), "1"},
		{"COM-01", with(cells{"dispositif_programmes_nationaux": "Aidants Connect"}), "1"},
		{"COM-01", with(cells{"dispositif_programmes_nationaux": "Certification PIX"}), "0.7"},
		{"COM-01", with(cells{"dispositif_programmes_nationaux": "", "formations_labels": "ORDI 3.0"}), "0.7"},
		{"COM-01", with(cells{"dispositif_programmes_nationaux": "", "autres_formations_labels": "RedFabLab|QPV"}), "0.7"},
		{"COM-01", with(cells{"dispositif_programmes_nationaux": "", "autres_formations_labels": "QPV|FRR|ZRR"}), "?"},
		{"COM-01", with(cells{"dispositif_programmes_nationaux": ""}), "?"},
		{"COM-01", with(cells{"dispositif_programmes_nationaux": ""}, answers("COM-01", "non")), "0"},
		{"COM-01", with(cells{"dispositif_programmes_nationaux": ""}, answers("COM-01", "oui")), "0.7"},
		{"COM-01", with(cells{"dispositif_programmes_nationaux": "", "autres_formations_labels": "QPV"}, answers("COM-01", "non")), "0"},
		{"COM-01", with(cells{"dispositif_programmes_nationaux": "", "formations_labels": "ORDI 3.0"}, answers("COM-01", "non")), "0.7"},
		{"COM-01", with(nil, answers("COM-01", "non")), "1"},

		{"COM-02", with(nil), "1"},
		{"COM-02", with(nil, proves("registre_label", "contredit")), "0"},
		{"COM-02", with(nil, proves("registre_label", "")), "?"},
		{"COM-02", with(nil, on("2027-02-01")), "1"}, // found on 1 February 2026, for 12 months
		{"COM-02", with(nil, on("2027-02-02")), "?"},
		{"COM-02", with(cells{"dispositif_programmes_nationaux": "", "formations_labels": "ORDI 3.0"}), "1"},
		{"COM-02", with(cells{"dispositif_programmes_nationaux": ""}), "-"},
		{"COM-02", with(cells{"dispositif_programmes_nationaux": "", "autres_formations_labels": "RedFabLab"}), "-"},

		{"COM-03", with(nil, answers("COM-03", "professionnel")), "1"},
		{"COM-03", with(nil, answers("COM-03", "benevoles")), "0.6"},
		{"COM-03", with(nil, answers("COM-03", "personne")), "0"},
		{"COM-03", with(nil, answers("COM-03", "")), "?"},

		{"CON-01", with(nil), "1"},
		{"CON-01", with(cells{"dispositif_programmes_nationaux": "France Services|Aidants Connect"}), "1"},
		{"CON-01", with(cells{"dispositif_programmes_nationaux": "France Services"}), "0.9"},
		{"CON-01", with(cells{"dispositif_programmes_nationaux": "Conseillers numériques"}, answers("CON-01", "mandat")), "0.8"},
		{"CON-01", with(cells{"dispositif_programmes_nationaux": ""}, answers("CON-01", "mandat")), "0.8"},
		{"CON-01", with(cells{"dispositif_programmes_nationaux": ""}, answers("CON-01", "non")), "0"},
		{"CON-01", with(cells{"dispositif_programmes_nationaux": "France Services"}, answers("CON-01", "non")), "0.9"},
		{"CON-01", with(cells{"dispositif_programmes_nationaux": ""}), "?"},
		{"CON-01", with(cells{"services": ""}), "1"}, // whether it helps with procedures is unknown: it applies
		{"CON-01", with(cells{"services": "", "dispositif_programmes_nationaux": ""}), "?"},
		{"CON-01", with(cells{"services": "Utilisation sécurisée du numérique"}), "-"},

		{"CON-02", with(nil, proves("accueil_confidentiel", "piece_separee")), "1"},
		{"CON-02", with(nil, proves("accueil_confidentiel", "sur_rendez_vous")), "0.6"},
		{"CON-02", with(nil, proves("accueil_confidentiel", "non")), "0"},
		{"CON-02", with(nil, proves("accueil_confidentiel", "")), "?"},

		{"CON-03", with(nil, answers("CON-03", "engagement")), "1"},
		{"CON-03", with(nil, answers("CON-03", "partiel")), "0.5"},
		{"CON-03", with(nil, answers("CON-03", "non")), "0"},
		{"CON-03", with(nil, answers("CON-03", "")), "?"},

		{"CON-04", with(nil), "1"},
		{"CON-04", with(cells{"services": "Aide aux démarches administratives"}), "0"},
		{"CON-04", with(cells{"services": ""}), "?"},

		{"AME-01", with(nil, answers("AME-01", "publies")), "1"},
		{"AME-01", with(nil, answers("AME-01", "recueillis")), "0.6"},
		{"AME-01", with(nil, answers("AME-01", "non")), "0"},
		{"AME-01", with(nil, answers("AME-01", "")), "?"},

		{"AME-02", with(nil, reports(3, 3)), "1"},
		{"AME-02", with(nil, reports(2, 3)), "0.6667"},
		{"AME-02", with(nil, reports(0, 3)), "0"},
		{"AME-02", with(nil, reports(2, 2)), "?"},
		{"AME-02", with(nil, reports(0, 0)), "?"},

		{"AME-03", with(nil), "1"},
		{"AME-03", with(nil, answers("AME-03", "structure")), "0.7"},
		{"AME-03", with(nil, answers("AME-03", "non")), "0"},
		{"AME-03", with(nil, answers("AME-03", "")), "0.7"}, // the parent structure is known
		{"AME-03", with(cells{"structure_parente": ""}, answers("AME-03", "")), "?"},
		{"AME-03", with(cells{"structure_parente": ""}), "1"},

		{"AME-04", with(nil), "1"},
		{"AME-04", with(cells{"pivot": "W511234567"}), "1"},
		{"AME-04", with(cells{"pivot": "434933123"}), "0"}, // a SIREN
		{"AME-04", with(cells{"pivot": "00000000000000"}), "0"},
		{"AME-04", with(cells{"pivot": "43493312300028"}), "0"}, // Luhn
		{"AME-04", with(cells{"pivot": "35600000049837"}), "1"}, // La Poste's rule
		{"AME-04", with(cells{"pivot": "1234567", "code_postal": "98800", "code_insee": ""}), "1"},
		{"AME-04", with(cells{"pivot": ""}), "0"},
	} {
		in := c.place.entree(t)
		r := e.Evaluate(&in)
		if got := said(&r)[c.critere]; got != c.want {
			t.Errorf("%s: %s, want %s\n\t%+v", c.critere, got, c.want, changed(base, c.place))
		}
	}
}

// changed tells a case by what it changes.
func changed(base, w scoredPlace) map[string]string {
	out := map[string]string{}
	for i := range place.Columns {
		name := place.Columns[i].Name
		if w.cells[name] != base.cells[name] {
			out[name] = w.cells[name]
		}
	}
	return out
}

var scoredPlaces = []scoredPlace{
	// 1. Every criterion known: e = t = 100.
	//	INF 01: 4·1, 02: 4·1, 03: 2·1, 04: 2·1, 05: 2·1 → 14 of 14 of 14
	//	ACC 01: 5·1, 02: 3·1, 03: 2·1, 04: 5·1 → 15 of 15 of 15
	//	TAR 01: 4·1, 02: 4·1, 03: 2·1 → 10 of 10 of 10
	//	ACP 01: 5·1, 02: 4·1, 03: 5·1, 04: 3·1, 05: 2·1, 06: 2·1 → 21 of 21 of 21
	//	PUB 01: 3·1, 02: 2·1, 03: 4·1, 04: 2·1 → 11 of 11 of 11
	//	COM 01: 5·1, 02: 3·1, 03: 4·1 → 12 of 12 of 12
	//	CON 01: 4·1, 02: 3·1, 03: 2·1, 04: 1·1 → 10 of 10 of 10
	//	AME 01: 2·1, 02: 1·0.9, 03: 2·1, 04: 2·1 → 6.9 of 7 of 7
	//	a = 99.9, e = 100, t = 100
	{
		nom: "a whole record, every question answered and everything checked",
		cells: map[string]string{
			"nom":                             "Médiathèque Jean-Falala",
			"pivot":                           "43493312300029",
			"commune":                         "Reims",
			"code_postal":                     "51100",
			"code_insee":                      "51454",
			"adresse":                         "2 rue des Fuseliers",
			"latitude":                        "49.2535",
			"longitude":                       "4.0335",
			"telephone":                       "+33326356800",
			"courriels":                       "accueil@mediatheque.example.fr",
			"horaires":                        "Tu-Fr 10:00-18:30; Sa 10:00-18:00",
			"presentation_resume":             "Un médiateur vous accompagne pour vos démarches, l’ordinateur, le téléphone et la sécurité. Des postes sont en libre accès. Venez avec vos questions, seul ou en groupe : nous avançons à votre rythme, pas à pas, autant de fois que nécessaire.",
			"itinerance":                      "Fixe",
			"structure_parente":               "Ville de Reims",
			"date_maj":                        "2026-03-02",
			"services":                        "Aide aux démarches administratives|Maîtrise des outils numériques du quotidien|Utilisation sécurisée du numérique|Accès internet et matériel informatique",
			"prise_en_charge_specifique":      "Illettrisme|Surdité",
			"frais_a_charge":                  "Gratuit",
			"dispositif_programmes_nationaux": "Aidants Connect|Conseillers numériques",
			"modalites_acces":                 "Se présenter|Téléphoner|Contacter par mail",
			"modalites_accompagnement":        "Accompagnement individuel|Dans un atelier collectif|En autonomie",
			"fiche_acces_libre":               "https://acceslibre.beta.gouv.fr/app/51-reims/a/mediatheque/erp/jf/",
		},
		ecart:    ptr(0),
		contexte: Contexte{Densite: "dense", AideLocale: "oui"},
		reponses: []Declaration{
			{Question: "ACP-02", Reponse: "non", Date: day("2026-01-10")},
			{Question: "ACP-04", Reponse: "toujours", Date: day("2026-01-10")},
			{Question: "ACP-06", Reponse: "partenaires", Date: day("2026-01-10")},
			{Question: "AME-01", Reponse: "publies", Date: day("2026-01-10")},
			{Question: "AME-03", Reponse: "hub", Date: day("2026-01-10")},
			{Question: "COM-03", Reponse: "professionnel", Date: day("2026-01-10")},
			{Question: "CON-03", Reponse: "engagement", Date: day("2026-01-10")},
			{Question: "PUB-04", Reponse: "oui", Date: day("2026-01-10")},
			{Question: "TAR-03", Reponse: "oui", Date: day("2026-01-10")},
		},
		preuves: []Evidence{
			{Preuve: "accueil_confidentiel", Resultat: "piece_separee", Date: day("2025-09-15")},
			{Preuve: "registre_label", Resultat: "confirme", Date: day("2026-02-01")},
			{Preuve: "visite_entree", Resultat: "accessible", Date: day("2025-09-15")},
			{Preuve: "visite_personnel", Resultat: "forme", Date: day("2025-09-15")},
			{Preuve: "visite_toilettes", Resultat: "accessibles", Date: day("2025-09-15")},
		},
		mesures: []Mesure{{Mesure: "signalements_traites", Numerateur: 9, Denominateur: 10}},
		date:    "2026-06-01",
		valeurs: `
			INF-01=1 INF-02=1 INF-03=1 INF-04=1 INF-05=1
			ACC-01=1 ACC-02=1 ACC-03=1 ACC-04=1
			TAR-01=1 TAR-02=1 TAR-03=1
			ACP-01=1 ACP-02=1 ACP-03=1 ACP-04=1 ACP-05=1 ACP-06=1
			PUB-01=1 PUB-02=1 PUB-03=1 PUB-04=1
			COM-01=1 COM-02=1 COM-03=1
			CON-01=1 CON-02=1 CON-03=1 CON-04=1
			AME-01=1 AME-02=0.9 AME-03=1 AME-04=1`,
		couverture: "1", strict: "99.9", observe: "99.9", potentiel: "99.9", score: "99.9", confiance: "77.8",
		etat: Confirme, niveaux: "A",
		manquantes: "", inconnues: "",
	},
	// 2. The list says nothing of services, of prices or of ways to come.
	//	INF 01: 4·1, 02: 4·1, 03: ?, 04: 2·0, 05: 2·0 → 8 of 12 of 14
	//	ACC 01: 5·1, 02: 3·1, 03: 2·0, 04: ? → 8 of 10 of 15
	//	TAR 01: 4·0, 02: ?, 03: ? → 0 of 4 of 10
	//	ACP 01: 5·0, 02: ?, 03: ?, 04: ?, 05: ?, 06: ? → 0 of 5 of 21
	//	PUB 01: 3·0, 02: ?, 03: ?, 04: ? → 0 of 3 of 11
	//	COM 01: 5·1, 02: ?, 03: ? → 5 of 5 of 12
	//	CON 01: 4·0.9, 02: ?, 03: ?, 04: ? → 3.6 of 4 of 10
	//	AME 01: ?, 02: ?, 03: ?, 04: 2·0 → 0 of 2 of 7
	//	a = 24.6, e = 45, t = 100
	{
		nom: "a France Services from the list of the State: a name, hours, a label",
		cells: map[string]string{
			"nom":                             "France Services de Felletin",
			"commune":                         "Felletin",
			"code_postal":                     "23500",
			"code_insee":                      "23079",
			"adresse":                         "4 place Quinault",
			"latitude":                        "45.8836",
			"longitude":                       "2.1747",
			"telephone":                       "+33555664510",
			"courriels":                       "felletin@france-services.example.fr",
			"horaires":                        "Mo-Fr 09:00-12:30,13:30-16:30",
			"itinerance":                      "Fixe",
			"dispositif_programmes_nationaux": "France Services",
		},
		absents:  []string{"frais_a_charge", "modalites_acces", "modalites_accompagnement", "prise_en_charge_specifique", "services"},
		ecart:    ptr(0),
		contexte: Contexte{Densite: "rural", Constantes: []string{"dispositif_programmes_nationaux"}},
		date:     "2024-06-01",
		valeurs: `
			INF-01=1 INF-02=1 INF-03=? INF-04=0 INF-05=0
			ACC-01=1 ACC-02=1 ACC-03=0 ACC-04=?
			TAR-01=0 TAR-02=? TAR-03=?
			ACP-01=0 ACP-02=? ACP-03=? ACP-04=? ACP-05=? ACP-06=?
			PUB-01=0 PUB-02=? PUB-03=? PUB-04=?
			COM-01=1 COM-02=? COM-03=?
			CON-01=0.9 CON-02=? CON-03=? CON-04=?
			AME-01=? AME-02=? AME-03=? AME-04=0`,
		couverture: "0.45", strict: "24.6", observe: "54.7", potentiel: "79.6", score: "39.6", confiance: "16.2",
		etat: NonAttribue, niveaux: "",
		manquantes: "", inconnues: "ACC-04 ACP-03",
	},
	// 3. An old extract: half of it is unknown.
	//	INF 01: 4·1, 02: 4·1, 03: ?, 04: 2·0, 05: 2·0 → 8 of 12 of 14
	//	ACC 01: 5·0, 02: ?, 03: ?, 04: ? → 0 of 5 of 15
	//	TAR 01: 4·0, 02: ?, 03: ? → 0 of 4 of 10
	//	ACP 01: 5·1, 02: 4·0.4, 03: 5·0.4, 04: ?, 05: 2·1, 06: ? → 10.6 of 16 of 21
	//	PUB 01: 3·0, 02: ?, 03: ?, 04: ? → 0 of 3 of 11
	//	COM 01: ?, 02: s.o., 03: ? → 0 of 0 of 9
	//	CON 01: s.o., 02: ?, 03: ?, 04: 1·0 → 0 of 1 of 6
	//	AME 01: ?, 02: ?, 03: 2·0.7, 04: 2·0 → 1.4 of 4 of 7
	//	a = 20, e = 45, t = 93
	{
		nom: "a small association of 2020: an address, a phone, a way of helping",
		cells: map[string]string{
			"nom":                      "Action numérique",
			"pivot":                    "409769312",
			"commune":                  "Orléans",
			"code_postal":              "45100",
			"adresse":                  "1 place Sainte-Beuve",
			"latitude":                 "47.8375",
			"longitude":                "1.9359",
			"telephone":                "+33238694598",
			"courriels":                "direction@actionnumerique.example.fr",
			"structure_parente":        "ACTION",
			"date_maj":                 "2020-06-30",
			"services":                 "Accès internet et matériel informatique",
			"modalites_accompagnement": "En autonomie",
		},
		absents:  []string{"modalites_acces"},
		ecart:    ptr(0),
		contexte: Contexte{Densite: "dense"},
		date:     "2024-06-01",
		valeurs: `
			INF-01=1 INF-02=1 INF-03=? INF-04=0 INF-05=0
			ACC-01=0 ACC-02=? ACC-03=? ACC-04=?
			TAR-01=0 TAR-02=? TAR-03=?
			ACP-01=1 ACP-02=0.4 ACP-03=0.4 ACP-04=? ACP-05=1 ACP-06=?
			PUB-01=0 PUB-02=? PUB-03=? PUB-04=?
			COM-01=? COM-02=- COM-03=?
			CON-01=- CON-02=? CON-03=? CON-04=0
			AME-01=? AME-02=? AME-03=0.7 AME-04=0`,
		couverture: "0.4839", strict: "21.5", observe: "44.4", potentiel: "73.1", score: "33", confiance: "19.4",
		etat: NonAttribue, niveaux: "",
		manquantes: "ACC-01 ACP-03", inconnues: "ACC-04 COM-01",
	},
	// 4. Itinerant: 3 hours are enough, evenings do not count, an area is an address.
	//	INF 01: 4·1, 02: 4·0.8, 03: 2·0.5, 04: 2·0, 05: 2·0.9792 → 10.1584 of 14 of 14
	//	ACC 01: 5·1, 02: 3·1, 03: s.o., 04: 5·1 → 13 of 13 of 13
	//	TAR 01: 4·1, 02: 4·1, 03: ? → 8 of 8 of 10
	//	ACP 01: 5·1, 02: 4·1, 03: 5·1, 04: ?, 05: 2·0, 06: ? → 14 of 16 of 21
	//	PUB 01: 3·0, 02: ?, 03: ?, 04: 2·1 → 2 of 5 of 11
	//	COM 01: 5·1, 02: ?, 03: ? → 5 of 5 of 12
	//	CON 01: 4·0.9, 02: ?, 03: ?, 04: 1·0 → 3.6 of 5 of 10
	//	AME 01: ?, 02: ?, 03: ?, 04: 2·1 → 2 of 2 of 7
	//	a = 57.7584, e = 68, t = 98
	{
		nom: "a bus that stops three hours a week",
		cells: map[string]string{
			"nom":                             "Bus France Services, arrêt de Brie",
			"pivot":                           "20007182700014",
			"commune":                         "Brie",
			"code_postal":                     "16590",
			"code_insee":                      "16061",
			"latitude":                        "45.7380",
			"longitude":                       "0.2440",
			"telephone":                       "+33545000000",
			"horaires":                        "week 1-53/2 Tu 09:00-12:00; week 2-53/2 Tu 14:00-17:00",
			"itinerance":                      "Itinérant",
			"date_maj":                        "2023-11-20",
			"services":                        "Aide aux démarches administratives|Maîtrise des outils numériques du quotidien",
			"frais_a_charge":                  "Gratuit",
			"dispositif_programmes_nationaux": "France Services",
			"modalites_acces":                 "Se présenter|Téléphoner",
			"modalites_accompagnement":        "Accompagnement individuel",
		},
		ecart:    ptr(320),
		contexte: Contexte{Densite: "rural"},
		date:     "2024-06-01",
		valeurs: `
			INF-01=1 INF-02=0.8 INF-03=0.5 INF-04=0 INF-05=0.9792
			ACC-01=1 ACC-02=1 ACC-03=- ACC-04=1
			TAR-01=1 TAR-02=1 TAR-03=?
			ACP-01=1 ACP-02=1 ACP-03=1 ACP-04=? ACP-05=0 ACP-06=?
			PUB-01=0 PUB-02=? PUB-03=? PUB-04=1
			COM-01=1 COM-02=? COM-03=?
			CON-01=0.9 CON-02=? CON-03=? CON-04=0
			AME-01=? AME-02=? AME-03=? AME-04=1`,
		couverture: "0.6939", strict: "58.9", observe: "84.9", potentiel: "89.5", score: "71.9", confiance: "55.5",
		etat: Provisoire, niveaux: "C-A",
		manquantes: "", inconnues: "",
	},
	// 5. Specialised by its own word; a member of its network.
	//	INF 01: 4·1, 02: 4·0.6, 03: 2·1, 04: 2·0.2933, 05: 2·0.6653 → 10.3172 of 14 of 14
	//	ACC 01: 5·1, 02: 3·1, 03: 2·1, 04: 5·0.3 → 11.5 of 15 of 15
	//	TAR 01: 4·1, 02: 4·0.8, 03: 2·0 → 7.2 of 10 of 10
	//	ACP 01: 5·1, 02: s.o., 03: 5·1, 04: ?, 05: 2·0, 06: ? → 10 of 12 of 17
	//	PUB 01: 3·0, 02: ?, 03: ?, 04: ? → 0 of 3 of 11
	//	COM 01: 5·0.7, 02: s.o., 03: 4·0.6 → 5.9 of 9 of 9
	//	CON 01: s.o., 02: ?, 03: ?, 04: 1·0 → 0 of 1 of 6
	//	AME 01: ?, 02: ?, 03: 2·1, 04: 2·1 → 4 of 4 of 7
	//	a = 48.9172, e = 68, t = 89
	{
		nom: "a fab lab that one pays for, open in the evening",
		cells: map[string]string{
			"nom":                      "FabLab du canal",
			"pivot":                    "W311234567",
			"commune":                  "Toulouse",
			"code_postal":              "31000",
			"code_insee":               "31555",
			"adresse":                  "10 allée du Canal",
			"latitude":                 "43.6100",
			"longitude":                "1.4600",
			"courriels":                "bonjour@fablab.example.fr",
			"prise_rdv":                "https://rdv.example.fr/fablab",
			"horaires":                 "We-Fr 14:00-22:00; Sa 10:00-18:00",
			"presentation_resume":      "Machines, prototypes, ateliers : fabriquez avec nous. Formations aux machines sur rendez-vous.",
			"date_maj":                 "2025-02-14",
			"services":                 "Loisirs et créations numériques|Acquisition de matériel informatique à prix solidaire",
			"frais_a_charge":           "Payant|Gratuit sous condition",
			"itinerance":               "Fixe",
			"modalites_acces":          "Prendre un RDV en ligne",
			"modalites_accompagnement": "Dans un atelier collectif",
			"autres_formations_labels": "QPV|RedFabLab",
			"fiche_acces_libre":        "https://fablab.example.fr/acces",
		},
		ecart:    ptr(0),
		contexte: Contexte{Densite: "dense", AideLocale: "oui"},
		reponses: []Declaration{
			{Question: "ACP-02", Reponse: "oui", Date: day("2025-10-01")},
			{Question: "ACP-04", Reponse: "parfois", Date: day("2023-10-01")},
			{Question: "AME-03", Reponse: "hub", Date: day("2025-10-01")},
			{Question: "COM-03", Reponse: "benevoles", Date: day("2025-10-01")},
			{Question: "TAR-03", Reponse: "non", Date: day("2025-10-01")},
		},
		date: "2026-02-15",
		valeurs: `
			INF-01=1 INF-02=0.6 INF-03=1 INF-04=0.2933 INF-05=0.6653
			ACC-01=1 ACC-02=1 ACC-03=1 ACC-04=0.3
			TAR-01=1 TAR-02=0.8 TAR-03=0
			ACP-01=1 ACP-02=- ACP-03=1 ACP-04=? ACP-05=0 ACP-06=?
			PUB-01=0 PUB-02=? PUB-03=? PUB-04=?
			COM-01=0.7 COM-02=- COM-03=0.6
			CON-01=- CON-02=? CON-03=? CON-04=0
			AME-01=? AME-02=? AME-03=1 AME-04=1`,
		couverture: "0.764", strict: "55", observe: "71.9", potentiel: "78.6", score: "63.5", confiance: "59.3",
		etat: Confirme, niveaux: "C",
		manquantes: "ACC-04", inconnues: "",
	},
	// 6. Text hours, one means announced without its field, the point 12 km away.
	//	INF 01: 4·0.5, 02: 4·0.8, 03: 2·0.6667, 04: 2·0, 05: 2·0.4262 → 7.3858 of 14 of 14
	//	ACC 01: 5·0.5, 02: ?, 03: ?, 04: 5·1 → 7.5 of 10 of 15
	//	TAR 01: 4·1, 02: 4·0.8, 03: ? → 7.2 of 8 of 10
	//	ACP 01: 5·1, 02: 4·0.7, 03: 5·0.6, 04: ?, 05: 2·0, 06: ? → 10.8 of 16 of 21
	//	PUB 01: 3·0, 02: ?, 03: 4·0.7, 04: ? → 2.8 of 7 of 11
	//	COM 01: 5·0, 02: s.o., 03: ? → 0 of 5 of 9
	//	CON 01: 4·0, 02: ?, 03: ?, 04: 1·0 → 0 of 5 of 10
	//	AME 01: ?, 02: ?, 03: ?, 04: 2·1 → 2 of 2 of 7
	//	a = 37.6858, e = 67, t = 97
	{
		nom: "a town hall's desk whose hours nobody can read",
		cells: map[string]string{
			"nom":                        "Mairie de Vallon",
			"pivot":                      "21070300500012",
			"commune":                    "Vallon-Pont-d’Arc",
			"code_postal":                "07150",
			"code_insee":                 "07330",
			"adresse":                    "1 place de l’Hôtel-de-Ville",
			"latitude":                   "44.3",
			"longitude":                  "4.39",
			"telephone":                  "+33475880206",
			"horaires":                   "Lundi matin, et un jeudi sur deux",
			"date_maj":                   "2025-01-20",
			"services":                   "Aide aux démarches administratives",
			"frais_a_charge":             "Gratuit|Gratuit sous condition",
			"modalites_acces":            "Se présenter|Contacter par mail|Téléphoner",
			"modalites_accompagnement":   "À distance",
			"prise_en_charge_specifique": "Handicaps moteurs",
		},
		ecart:    ptr(12040),
		contexte: Contexte{Densite: "rural"},
		reponses: []Declaration{
			{Question: "COM-01", Reponse: "non", Date: day("2026-05-01")},
			{Question: "CON-01", Reponse: "non", Date: day("2026-05-01")},
			{Question: "PUB-03", Reponse: "aucun", Date: day("2026-05-01")},
		},
		date: "2026-06-01",
		valeurs: `
			INF-01=0.5 INF-02=0.8 INF-03=0.6667 INF-04=0 INF-05=0.4262
			ACC-01=0.5 ACC-02=? ACC-03=? ACC-04=1
			TAR-01=1 TAR-02=0.8 TAR-03=?
			ACP-01=1 ACP-02=0.7 ACP-03=0.6 ACP-04=? ACP-05=0 ACP-06=?
			PUB-01=0 PUB-02=? PUB-03=0.7 PUB-04=?
			COM-01=0 COM-02=- COM-03=?
			CON-01=0 CON-02=? CON-03=? CON-04=0
			AME-01=? AME-02=? AME-03=? AME-04=1`,
		couverture: "0.6907", strict: "38.9", observe: "56.2", potentiel: "69.8", score: "47.5", confiance: "49.1",
		etat: Provisoire, niveaux: "D-D",
		manquantes: "COM-01 CON-01", inconnues: "",
	},
	// 7. The position cannot be checked for want of a contour, which is our fault: it counts.
	//	INF 01: 4·1, 02: 4·0.8, 03: ?, 04: 2·0, 05: 2·0.8496 → 8.8992 of 12 of 14
	//	ACC 01: 5·1, 02: 3·1, 03: 2·0, 04: ? → 8 of 10 of 15
	//	TAR 01: 4·1, 02: 4·1, 03: s.o. → 8 of 8 of 8
	//	ACP 01: 5·1, 02: 4·0.7, 03: 5·1, 04: ?, 05: 2·1, 06: ? → 14.8 of 16 of 21
	//	PUB 01: 3·0, 02: ?, 03: 4·1, 04: 2·0 → 4 of 9 of 11
	//	COM 01: ?, 02: s.o., 03: ? → 0 of 0 of 9
	//	CON 01: s.o., 02: ?, 03: ?, 04: 1·1 → 1 of 1 of 6
	//	AME 01: ?, 02: ?, 03: ?, 04: 2·1 → 2 of 2 of 7
	//	a = 46.6992, e = 58, t = 91
	{
		nom: "a place overseas, whose commune has no contour here",
		cells: map[string]string{
			"nom":                        "Espace public numérique de Koné",
			"pivot":                      "1234567",
			"commune":                    "Koné",
			"code_postal":                "98860",
			"code_insee":                 "98812",
			"adresse":                    "Lot 12, rue du Village",
			"latitude":                   "-21.0595",
			"longitude":                  "164.8658",
			"telephone":                  "+687471234",
			"horaires":                   "Mo-Fr 07:30-11:30,12:30-16:30",
			"date_maj":                   "2023-09-10",
			"services":                   "Accès internet et matériel informatique|Maîtrise des outils numériques du quotidien|Utilisation sécurisée du numérique",
			"frais_a_charge":             "Gratuit",
			"modalites_accompagnement":   "En autonomie|Accompagnement individuel",
			"prise_en_charge_specifique": "Langues étrangères (autres)",
			"itinerance":                 "Fixe",
		},
		absents:  []string{"modalites_acces"},
		contexte: Contexte{AideLocale: "non"},
		reponses: []Declaration{
			{Question: "PUB-04", Reponse: "non", Date: day("2024-01-05")},
		},
		date: "2024-06-01",
		valeurs: `
			INF-01=1 INF-02=0.8 INF-03=? INF-04=0 INF-05=0.8496
			ACC-01=1 ACC-02=1 ACC-03=0 ACC-04=?
			TAR-01=1 TAR-02=1 TAR-03=-
			ACP-01=1 ACP-02=0.7 ACP-03=1 ACP-04=? ACP-05=1 ACP-06=?
			PUB-01=0 PUB-02=? PUB-03=1 PUB-04=0
			COM-01=? COM-02=- COM-03=?
			CON-01=- CON-02=? CON-03=? CON-04=1
			AME-01=? AME-02=? AME-03=? AME-04=1`,
		couverture: "0.6374", strict: "51.3", observe: "80.5", potentiel: "87.6", score: "65.9", confiance: "50.5",
		etat: Provisoire, niveaux: "C-A",
		manquantes: "", inconnues: "ACC-04 COM-01",
	},
	// 8. No public: hours are sans objet. 65 of 93 points are known, a hair under what a letter asks for.
	//	INF 01: 4·1, 02: 4·0.8, 03: 2·1, 04: 2·1, 05: 2·1 → 13.2 of 14 of 14
	//	ACC 01: s.o., 02: ?, 03: ?, 04: 5·1 → 5 of 5 of 10
	//	TAR 01: 4·1, 02: 4·1, 03: s.o. → 8 of 8 of 8
	//	ACP 01: 5·1, 02: 4·1, 03: 5·0.6, 04: ?, 05: 2·0, 06: 2·0.6 → 13.2 of 18 of 21
	//	PUB 01: 3·0, 02: ?, 03: ?, 04: ? → 0 of 3 of 11
	//	COM 01: 5·0.7, 02: ?, 03: ? → 3.5 of 5 of 12
	//	CON 01: 4·0.8, 02: ?, 03: 2·0.5, 04: 1·1 → 5.2 of 7 of 10
	//	AME 01: 2·0.6, 02: 1·0.6667, 03: ?, 04: 2·1 → 3.8667 of 5 of 7
	//	a = 51.9667, e = 65, t = 93
	{
		nom: "a place that receives nobody: a helpline",
		cells: map[string]string{
			"nom":                             "Solidarité numérique",
			"pivot":                           "83419824600029",
			"commune":                         "Paris",
			"code_postal":                     "75010",
			"code_insee":                      "75110",
			"adresse":                         "9 rue Martel",
			"latitude":                        "48.8730",
			"longitude":                       "2.3530",
			"telephone":                       "3949",
			"site_web":                        "https://solidarite.example.fr",
			"date_maj":                        "2026-05-30",
			"services":                        "Aide aux démarches administratives|Maîtrise des outils numériques du quotidien|Utilisation sécurisée du numérique",
			"frais_a_charge":                  "Gratuit",
			"modalites_acces":                 "Ce lieu n'accueille pas de public|Téléphoner",
			"modalites_accompagnement":        "À distance",
			"dispositif_programmes_nationaux": "Certification PIX",
			"presentation_detail":             "Ateliers et rendez-vous individuels pour apprendre à se servir d’un ordinateur, d’un téléphone et d’Internet, et pour faire ses démarches avec quelqu’un. Sans inscription, gratuit, les mardis et jeudis.",
		},
		ecart:    ptr(0),
		contexte: Contexte{Densite: "dense", AideLocale: "non"},
		reponses: []Declaration{
			{Question: "ACP-06", Reponse: "informelle", Date: day("2025-12-01")},
			{Question: "AME-01", Reponse: "recueillis", Date: day("2025-12-01")},
			{Question: "CON-01", Reponse: "mandat", Date: day("2025-12-01")},
			{Question: "CON-03", Reponse: "partiel", Date: day("2025-12-01")},
		},
		mesures: []Mesure{{Mesure: "signalements_traites", Numerateur: 2, Denominateur: 3}},
		date:    "2026-06-01",
		valeurs: `
			INF-01=1 INF-02=0.8 INF-03=1 INF-04=1 INF-05=1
			ACC-01=- ACC-02=? ACC-03=? ACC-04=1
			TAR-01=1 TAR-02=1 TAR-03=-
			ACP-01=1 ACP-02=1 ACP-03=0.6 ACP-04=? ACP-05=0 ACP-06=0.6
			PUB-01=0 PUB-02=? PUB-03=? PUB-04=?
			COM-01=0.7 COM-02=? COM-03=?
			CON-01=0.8 CON-02=? CON-03=0.5 CON-04=1
			AME-01=0.6 AME-02=0.6667 AME-03=? AME-04=1`,
		couverture: "0.6989", strict: "55.9", observe: "79.9", potentiel: "86", score: "67.9", confiance: "53.8",
		etat: Provisoire, niveaux: "C-B",
		manquantes: "", inconnues: "",
	},
	// 9. Nothing that counts is known, but what is missing is known to be.
	//	INF 01: 4·0, 02: 4·0, 03: ?, 04: 2·0, 05: 2·0 → 0 of 12 of 14
	//	ACC 01: 5·0, 02: ?, 03: ?, 04: ? → 0 of 5 of 15
	//	TAR 01: 4·0, 02: ?, 03: ? → 0 of 4 of 10
	//	ACP 01: 5·0, 02: ?, 03: ?, 04: ?, 05: ?, 06: ? → 0 of 5 of 21
	//	PUB 01: 3·0, 02: ?, 03: ?, 04: ? → 0 of 3 of 11
	//	COM 01: ?, 02: s.o., 03: ? → 0 of 0 of 9
	//	CON 01: ?, 02: ?, 03: ?, 04: ? → 0 of 0 of 10
	//	AME 01: ?, 02: ?, 03: ?, 04: 2·0 → 0 of 2 of 7
	//	a = 0, e = 31, t = 97
	{
		nom: "only a name and a commune",
		cells: map[string]string{
			"nom":         "Point d’accueil",
			"commune":     "Guéret",
			"code_postal": "23000",
		},
		absents:  []string{"modalites_acces"},
		contexte: Contexte{Densite: "intermediaire"},
		date:     "2026-06-01",
		valeurs: `
			INF-01=0 INF-02=0 INF-03=? INF-04=0 INF-05=0
			ACC-01=0 ACC-02=? ACC-03=? ACC-04=?
			TAR-01=0 TAR-02=? TAR-03=?
			ACP-01=0 ACP-02=? ACP-03=? ACP-04=? ACP-05=? ACP-06=?
			PUB-01=0 PUB-02=? PUB-03=? PUB-04=?
			COM-01=? COM-02=- COM-03=?
			CON-01=? CON-02=? CON-03=? CON-04=?
			AME-01=? AME-02=? AME-03=? AME-04=0`,
		couverture: "0.3196", strict: "0", observe: "0", potentiel: "68", score: "0", confiance: "12.8",
		etat: NonAttribue, niveaux: "",
		manquantes: "INF-01 INF-02 ACC-01", inconnues: "ACC-04 ACP-03 COM-01 CON-01",
	},
	// 10. The record alone: what the first census asks for.
	//	INF 01: 4·1, 02: 4·1, 03: 2·1, 04: 2·1, 05: 2·0.6671 → 13.3342 of 14 of 14
	//	ACC 01: 5·1, 02: 3·1, 03: 2·1, 04: 5·1 → 15 of 15 of 15
	//	TAR 01: 4·1, 02: 4·1, 03: ? → 8 of 8 of 10
	//	ACP 01: 5·1, 02: 4·1, 03: 5·1, 04: ?, 05: 2·1, 06: ? → 16 of 16 of 21
	//	PUB 01: 3·1, 02: ?, 03: 4·0.7, 04: ? → 5.8 of 7 of 11
	//	COM 01: 5·0.7, 02: ?, 03: ? → 3.5 of 5 of 12
	//	CON 01: ?, 02: ?, 03: ?, 04: 1·0 → 0 of 1 of 10
	//	AME 01: ?, 02: ?, 03: 2·0.7, 04: 2·1 → 3.4 of 4 of 7
	//	a = 65.0342, e = 70, t = 100
	{
		nom: "a library with everything in the record and not one answer",
		cells: map[string]string{
			"nom":                        "Bibliothèque de Lens",
			"pivot":                      "21620498800010",
			"commune":                    "Lens",
			"code_postal":                "62300",
			"code_insee":                 "62498",
			"adresse":                    "3 place Jean-Jaurès",
			"latitude":                   "50.4290",
			"longitude":                  "2.8310",
			"telephone":                  "+33321000000",
			"courriels":                  "biblio@lens.example.fr",
			"horaires":                   "Tu,Th,Fr 14:00-18:00; We 10:00-12:00,14:00-18:00; Sa 10:00-17:00",
			"presentation_resume":        "Ateliers et rendez-vous individuels pour apprendre à se servir d’un ordinateur, d’un téléphone et d’Internet, et pour faire ses démarches avec quelqu’un. Sans inscription, gratuit, les mardis et jeudis.",
			"itinerance":                 "Fixe",
			"structure_parente":          "Ville de Lens",
			"date_maj":                   "2025-06-01",
			"services":                   "Aide aux démarches administratives|Maîtrise des outils numériques du quotidien|Accès internet et matériel informatique",
			"prise_en_charge_specifique": "Déficience visuelle",
			"frais_a_charge":             "Gratuit",
			"formations_labels":          "Fabriques de Territoire",
			"modalites_acces":            "Se présenter|Téléphoner",
			"modalites_accompagnement":   "Accompagnement individuel|En autonomie",
			"fiche_acces_libre":          "https://acceslibre.beta.gouv.fr/app/51-reims/a/mediatheque/erp/jf/",
		},
		ecart:    ptr(0),
		contexte: Contexte{Densite: "intermediaire"},
		date:     "2026-06-01",
		valeurs: `
			INF-01=1 INF-02=1 INF-03=1 INF-04=1 INF-05=0.6671
			ACC-01=1 ACC-02=1 ACC-03=1 ACC-04=1
			TAR-01=1 TAR-02=1 TAR-03=?
			ACP-01=1 ACP-02=1 ACP-03=1 ACP-04=? ACP-05=1 ACP-06=?
			PUB-01=1 PUB-02=? PUB-03=0.7 PUB-04=?
			COM-01=0.7 COM-02=? COM-03=?
			CON-01=? CON-02=? CON-03=? CON-04=0
			AME-01=? AME-02=? AME-03=0.7 AME-04=1`,
		couverture: "0.7", strict: "65", observe: "92.9", potentiel: "95", score: "79", confiance: "56",
		etat: Confirme, niveaux: "B",
		manquantes: "", inconnues: "CON-01",
	},
	// 11. Age costs points of INF-05 and confidence, which stays over 60.
	//	INF 01: 4·1, 02: 4·1, 03: 2·1, 04: 2·1, 05: 2·0.501 → 13.002 of 14 of 14
	//	ACC 01: 5·1, 02: 3·1, 03: 2·1, 04: 5·1 → 15 of 15 of 15
	//	TAR 01: 4·1, 02: 4·1, 03: 2·1 → 10 of 10 of 10
	//	ACP 01: 5·1, 02: 4·1, 03: 5·1, 04: 3·1, 05: 2·1, 06: 2·1 → 21 of 21 of 21
	//	PUB 01: 3·1, 02: 2·1, 03: 4·1, 04: 2·1 → 11 of 11 of 11
	//	COM 01: 5·1, 02: 3·1, 03: 4·1 → 12 of 12 of 12
	//	CON 01: 4·1, 02: 3·1, 03: 2·1, 04: 1·1 → 10 of 10 of 10
	//	AME 01: 2·1, 02: 1·0.9, 03: 2·1, 04: 2·1 → 6.9 of 7 of 7
	//	a = 98.902, e = 100, t = 100
	{
		nom: "A: the first, a year and a half later",
		cells: map[string]string{
			"nom":                             "Médiathèque Jean-Falala",
			"pivot":                           "43493312300029",
			"commune":                         "Reims",
			"code_postal":                     "51100",
			"code_insee":                      "51454",
			"adresse":                         "2 rue des Fuseliers",
			"latitude":                        "49.2535",
			"longitude":                       "4.0335",
			"telephone":                       "+33326356800",
			"courriels":                       "accueil@mediatheque.example.fr",
			"horaires":                        "Tu-Fr 10:00-18:30; Sa 10:00-18:00",
			"presentation_resume":             "Un médiateur vous accompagne pour vos démarches, l’ordinateur, le téléphone et la sécurité. Des postes sont en libre accès. Venez avec vos questions, seul ou en groupe : nous avançons à votre rythme, pas à pas, autant de fois que nécessaire.",
			"itinerance":                      "Fixe",
			"structure_parente":               "Ville de Reims",
			"date_maj":                        "2026-03-02",
			"services":                        "Aide aux démarches administratives|Maîtrise des outils numériques du quotidien|Utilisation sécurisée du numérique|Accès internet et matériel informatique",
			"prise_en_charge_specifique":      "Illettrisme|Surdité",
			"frais_a_charge":                  "Gratuit",
			"dispositif_programmes_nationaux": "Aidants Connect|Conseillers numériques",
			"modalites_acces":                 "Se présenter|Téléphoner|Contacter par mail",
			"modalites_accompagnement":        "Accompagnement individuel|Dans un atelier collectif|En autonomie",
			"fiche_acces_libre":               "https://acceslibre.beta.gouv.fr/app/51-reims/a/mediatheque/erp/jf/",
		},
		ecart:    ptr(0),
		contexte: Contexte{Densite: "dense", AideLocale: "oui"},
		reponses: []Declaration{
			{Question: "ACP-02", Reponse: "non", Date: day("2026-01-10")},
			{Question: "ACP-04", Reponse: "toujours", Date: day("2026-01-10")},
			{Question: "ACP-06", Reponse: "partenaires", Date: day("2026-01-10")},
			{Question: "AME-01", Reponse: "publies", Date: day("2026-01-10")},
			{Question: "AME-03", Reponse: "hub", Date: day("2026-01-10")},
			{Question: "COM-03", Reponse: "professionnel", Date: day("2026-01-10")},
			{Question: "CON-03", Reponse: "engagement", Date: day("2026-01-10")},
			{Question: "PUB-04", Reponse: "oui", Date: day("2026-01-10")},
			{Question: "TAR-03", Reponse: "oui", Date: day("2026-01-10")},
		},
		preuves: []Evidence{
			{Preuve: "accueil_confidentiel", Resultat: "piece_separee", Date: day("2025-09-15")},
			{Preuve: "registre_label", Resultat: "confirme", Date: day("2026-08-01")},
			{Preuve: "visite_entree", Resultat: "accessible", Date: day("2025-09-15")},
			{Preuve: "visite_personnel", Resultat: "forme", Date: day("2025-09-15")},
			{Preuve: "visite_toilettes", Resultat: "accessibles", Date: day("2025-09-15")},
		},
		mesures: []Mesure{{Mesure: "signalements_traites", Numerateur: 9, Denominateur: 10}},
		date:    "2027-06-01",
		valeurs: `
			INF-01=1 INF-02=1 INF-03=1 INF-04=1 INF-05=0.501
			ACC-01=1 ACC-02=1 ACC-03=1 ACC-04=1
			TAR-01=1 TAR-02=1 TAR-03=1
			ACP-01=1 ACP-02=1 ACP-03=1 ACP-04=1 ACP-05=1 ACP-06=1
			PUB-01=1 PUB-02=1 PUB-03=1 PUB-04=1
			COM-01=1 COM-02=1 COM-03=1
			CON-01=1 CON-02=1 CON-03=1 CON-04=1
			AME-01=1 AME-02=0.9 AME-03=1 AME-04=1`,
		couverture: "1", strict: "98.9", observe: "98.9", potentiel: "98.9", score: "98.9", confiance: "72.2",
		etat: Confirme, niveaux: "A",
		manquantes: "", inconnues: "",
	},
	// 12. Every record field comes from a source that gives one value everywhere, and its day is unknown.
	//	INF 01: 4·1, 02: 4·1, 03: 2·1, 04: 2·1, 05: 2·0 → 12 of 14 of 14
	//	ACC 01: 5·1, 02: 3·1, 03: 2·1, 04: 5·1 → 15 of 15 of 15
	//	TAR 01: 4·1, 02: 4·1, 03: 2·1 → 10 of 10 of 10
	//	ACP 01: 5·1, 02: 4·1, 03: 5·1, 04: 3·1, 05: 2·1, 06: 2·1 → 21 of 21 of 21
	//	PUB 01: 3·1, 02: 2·1, 03: 4·1, 04: 2·1 → 11 of 11 of 11
	//	COM 01: 5·1, 02: 3·1, 03: 4·1 → 12 of 12 of 12
	//	CON 01: 4·1, 02: 3·1, 03: 2·1, 04: 1·1 → 10 of 10 of 10
	//	AME 01: 2·1, 02: 1·0.9, 03: 2·1, 04: 2·1 → 6.9 of 7 of 7
	//	a = 97.9, e = 100, t = 100
	{
		nom: "B, not A: confidence under 60",
		cells: map[string]string{
			"nom":                             "Médiathèque Jean-Falala",
			"pivot":                           "43493312300029",
			"commune":                         "Reims",
			"code_postal":                     "51100",
			"code_insee":                      "51454",
			"adresse":                         "2 rue des Fuseliers",
			"latitude":                        "49.2535",
			"longitude":                       "4.0335",
			"telephone":                       "+33326356800",
			"courriels":                       "accueil@mediatheque.example.fr",
			"horaires":                        "Tu-Fr 10:00-18:30; Sa 10:00-18:00",
			"presentation_resume":             "Un médiateur vous accompagne pour vos démarches, l’ordinateur, le téléphone et la sécurité. Des postes sont en libre accès. Venez avec vos questions, seul ou en groupe : nous avançons à votre rythme, pas à pas, autant de fois que nécessaire.",
			"itinerance":                      "Fixe",
			"structure_parente":               "Ville de Reims",
			"services":                        "Aide aux démarches administratives|Maîtrise des outils numériques du quotidien|Utilisation sécurisée du numérique|Accès internet et matériel informatique",
			"prise_en_charge_specifique":      "Illettrisme|Surdité",
			"frais_a_charge":                  "Gratuit",
			"dispositif_programmes_nationaux": "Aidants Connect|Conseillers numériques",
			"modalites_acces":                 "Se présenter|Téléphoner|Contacter par mail",
			"modalites_accompagnement":        "Accompagnement individuel|Dans un atelier collectif|En autonomie",
			"fiche_acces_libre":               "https://acceslibre.beta.gouv.fr/app/51-reims/a/mediatheque/erp/jf/",
		},
		ecart:    ptr(0),
		contexte: Contexte{Densite: "dense", AideLocale: "oui", Constantes: []string{"adresse", "code_insee", "code_postal", "commune", "courriels", "dispositif_programmes_nationaux", "fiche_acces_libre", "frais_a_charge", "horaires", "itinerance", "latitude", "longitude", "modalites_acces", "modalites_accompagnement", "pivot", "presentation_resume", "prise_en_charge_specifique", "services", "structure_parente", "telephone"}},
		reponses: []Declaration{
			{Question: "ACP-02", Reponse: "non", Date: day("2026-01-10")},
			{Question: "ACP-04", Reponse: "toujours", Date: day("2026-01-10")},
			{Question: "ACP-06", Reponse: "partenaires", Date: day("2026-01-10")},
			{Question: "AME-01", Reponse: "publies", Date: day("2026-01-10")},
			{Question: "AME-03", Reponse: "hub", Date: day("2026-01-10")},
			{Question: "COM-03", Reponse: "professionnel", Date: day("2026-01-10")},
			{Question: "CON-03", Reponse: "engagement", Date: day("2026-01-10")},
			{Question: "PUB-04", Reponse: "oui", Date: day("2026-01-10")},
			{Question: "TAR-03", Reponse: "oui", Date: day("2026-01-10")},
		},
		preuves: []Evidence{
			{Preuve: "accueil_confidentiel", Resultat: "piece_separee", Date: day("2025-09-15")},
			{Preuve: "registre_label", Resultat: "confirme", Date: day("2026-02-01")},
			{Preuve: "visite_entree", Resultat: "accessible", Date: day("2025-09-15")},
			{Preuve: "visite_personnel", Resultat: "forme", Date: day("2025-09-15")},
			{Preuve: "visite_toilettes", Resultat: "accessibles", Date: day("2025-09-15")},
		},
		mesures: []Mesure{{Mesure: "signalements_traites", Numerateur: 9, Denominateur: 10}},
		date:    "2026-06-01",
		valeurs: `
			INF-01=1 INF-02=1 INF-03=1 INF-04=1 INF-05=0
			ACC-01=1 ACC-02=1 ACC-03=1 ACC-04=1
			TAR-01=1 TAR-02=1 TAR-03=1
			ACP-01=1 ACP-02=1 ACP-03=1 ACP-04=1 ACP-05=1 ACP-06=1
			PUB-01=1 PUB-02=1 PUB-03=1 PUB-04=1
			COM-01=1 COM-02=1 COM-03=1
			CON-01=1 CON-02=1 CON-03=1 CON-04=1
			AME-01=1 AME-02=0.9 AME-03=1 AME-04=1`,
		couverture: "1", strict: "97.9", observe: "97.9", potentiel: "97.9", score: "97.9", confiance: "34.2",
		etat: Confirme, niveaux: "B",
		manquantes: "", inconnues: "",
	},
	// 13. Everything of AME but the SIRET is answered no: 2 of 7 points.
	//	INF 01: 4·1, 02: 4·1, 03: 2·1, 04: 2·1, 05: 2·1 → 14 of 14 of 14
	//	ACC 01: 5·1, 02: 3·1, 03: 2·1, 04: 5·1 → 15 of 15 of 15
	//	TAR 01: 4·1, 02: 4·1, 03: 2·1 → 10 of 10 of 10
	//	ACP 01: 5·1, 02: 4·1, 03: 5·1, 04: 3·1, 05: 2·1, 06: 2·1 → 21 of 21 of 21
	//	PUB 01: 3·1, 02: 2·1, 03: 4·1, 04: 2·1 → 11 of 11 of 11
	//	COM 01: 5·1, 02: 3·1, 03: 4·1 → 12 of 12 of 12
	//	CON 01: 4·1, 02: 3·1, 03: 2·1, 04: 1·1 → 10 of 10 of 10
	//	AME 01: 2·0, 02: 1·0, 03: 2·0, 04: 2·1 → 2 of 7 of 7
	//	a = 95, e = 100, t = 100
	{
		nom: "B, not A: a dimension under 40",
		cells: map[string]string{
			"nom":                             "Médiathèque Jean-Falala",
			"pivot":                           "43493312300029",
			"commune":                         "Reims",
			"code_postal":                     "51100",
			"code_insee":                      "51454",
			"adresse":                         "2 rue des Fuseliers",
			"latitude":                        "49.2535",
			"longitude":                       "4.0335",
			"telephone":                       "+33326356800",
			"courriels":                       "accueil@mediatheque.example.fr",
			"horaires":                        "Tu-Fr 10:00-18:30; Sa 10:00-18:00",
			"presentation_resume":             "Un médiateur vous accompagne pour vos démarches, l’ordinateur, le téléphone et la sécurité. Des postes sont en libre accès. Venez avec vos questions, seul ou en groupe : nous avançons à votre rythme, pas à pas, autant de fois que nécessaire.",
			"itinerance":                      "Fixe",
			"structure_parente":               "Ville de Reims",
			"date_maj":                        "2026-03-02",
			"services":                        "Aide aux démarches administratives|Maîtrise des outils numériques du quotidien|Utilisation sécurisée du numérique|Accès internet et matériel informatique",
			"prise_en_charge_specifique":      "Illettrisme|Surdité",
			"frais_a_charge":                  "Gratuit",
			"dispositif_programmes_nationaux": "Aidants Connect|Conseillers numériques",
			"modalites_acces":                 "Se présenter|Téléphoner|Contacter par mail",
			"modalites_accompagnement":        "Accompagnement individuel|Dans un atelier collectif|En autonomie",
			"fiche_acces_libre":               "https://acceslibre.beta.gouv.fr/app/51-reims/a/mediatheque/erp/jf/",
		},
		ecart:    ptr(0),
		contexte: Contexte{Densite: "dense", AideLocale: "oui"},
		reponses: []Declaration{
			{Question: "ACP-02", Reponse: "non", Date: day("2026-01-10")},
			{Question: "ACP-04", Reponse: "toujours", Date: day("2026-01-10")},
			{Question: "ACP-06", Reponse: "partenaires", Date: day("2026-01-10")},
			{Question: "AME-01", Reponse: "non", Date: day("2026-01-10")},
			{Question: "AME-03", Reponse: "non", Date: day("2026-01-10")},
			{Question: "COM-03", Reponse: "professionnel", Date: day("2026-01-10")},
			{Question: "CON-03", Reponse: "engagement", Date: day("2026-01-10")},
			{Question: "PUB-04", Reponse: "oui", Date: day("2026-01-10")},
			{Question: "TAR-03", Reponse: "oui", Date: day("2026-01-10")},
		},
		preuves: []Evidence{
			{Preuve: "accueil_confidentiel", Resultat: "piece_separee", Date: day("2025-09-15")},
			{Preuve: "registre_label", Resultat: "confirme", Date: day("2026-02-01")},
			{Preuve: "visite_entree", Resultat: "accessible", Date: day("2025-09-15")},
			{Preuve: "visite_personnel", Resultat: "forme", Date: day("2025-09-15")},
			{Preuve: "visite_toilettes", Resultat: "accessibles", Date: day("2025-09-15")},
		},
		mesures: []Mesure{{Mesure: "signalements_traites", Numerateur: 0, Denominateur: 5}},
		date:    "2026-06-01",
		valeurs: `
			INF-01=1 INF-02=1 INF-03=1 INF-04=1 INF-05=1
			ACC-01=1 ACC-02=1 ACC-03=1 ACC-04=1
			TAR-01=1 TAR-02=1 TAR-03=1
			ACP-01=1 ACP-02=1 ACP-03=1 ACP-04=1 ACP-05=1 ACP-06=1
			PUB-01=1 PUB-02=1 PUB-03=1 PUB-04=1
			COM-01=1 COM-02=1 COM-03=1
			CON-01=1 CON-02=1 CON-03=1 CON-04=1
			AME-01=0 AME-02=0 AME-03=0 AME-04=1`,
		couverture: "1", strict: "95", observe: "95", potentiel: "95", score: "95", confiance: "77.8",
		etat: Confirme, niveaux: "B",
		manquantes: "", inconnues: "",
	},
	// 14. Nothing is said of the ways to come, in a file without that column.
	//	INF 01: 4·1, 02: 4·1, 03: ?, 04: 2·1, 05: 2·1 → 12 of 12 of 14
	//	ACC 01: 5·1, 02: 3·1, 03: 2·1, 04: ? → 10 of 10 of 15
	//	TAR 01: 4·1, 02: 4·1, 03: 2·1 → 10 of 10 of 10
	//	ACP 01: 5·1, 02: 4·1, 03: 5·1, 04: 3·1, 05: 2·1, 06: 2·1 → 21 of 21 of 21
	//	PUB 01: 3·1, 02: 2·1, 03: 4·1, 04: 2·1 → 11 of 11 of 11
	//	COM 01: 5·1, 02: 3·1, 03: 4·1 → 12 of 12 of 12
	//	CON 01: 4·1, 02: 3·1, 03: 2·1, 04: 1·1 → 10 of 10 of 10
	//	AME 01: 2·1, 02: 1·0.9, 03: 2·1, 04: 2·1 → 6.9 of 7 of 7
	//	a = 92.9, e = 93, t = 100
	{
		nom: "B, not A: an essential is unknown",
		cells: map[string]string{
			"nom":                             "Médiathèque Jean-Falala",
			"pivot":                           "43493312300029",
			"commune":                         "Reims",
			"code_postal":                     "51100",
			"code_insee":                      "51454",
			"adresse":                         "2 rue des Fuseliers",
			"latitude":                        "49.2535",
			"longitude":                       "4.0335",
			"telephone":                       "+33326356800",
			"courriels":                       "accueil@mediatheque.example.fr",
			"horaires":                        "Tu-Fr 10:00-18:30; Sa 10:00-18:00",
			"presentation_resume":             "Un médiateur vous accompagne pour vos démarches, l’ordinateur, le téléphone et la sécurité. Des postes sont en libre accès. Venez avec vos questions, seul ou en groupe : nous avançons à votre rythme, pas à pas, autant de fois que nécessaire.",
			"itinerance":                      "Fixe",
			"structure_parente":               "Ville de Reims",
			"date_maj":                        "2026-03-02",
			"services":                        "Aide aux démarches administratives|Maîtrise des outils numériques du quotidien|Utilisation sécurisée du numérique|Accès internet et matériel informatique",
			"prise_en_charge_specifique":      "Illettrisme|Surdité",
			"frais_a_charge":                  "Gratuit",
			"dispositif_programmes_nationaux": "Aidants Connect|Conseillers numériques",
			"modalites_accompagnement":        "Accompagnement individuel|Dans un atelier collectif|En autonomie",
			"fiche_acces_libre":               "https://acceslibre.beta.gouv.fr/app/51-reims/a/mediatheque/erp/jf/",
		},
		absents:  []string{"modalites_acces"},
		ecart:    ptr(0),
		contexte: Contexte{Densite: "dense", AideLocale: "oui"},
		reponses: []Declaration{
			{Question: "ACP-02", Reponse: "non", Date: day("2026-01-10")},
			{Question: "ACP-04", Reponse: "toujours", Date: day("2026-01-10")},
			{Question: "ACP-06", Reponse: "partenaires", Date: day("2026-01-10")},
			{Question: "AME-01", Reponse: "publies", Date: day("2026-01-10")},
			{Question: "AME-03", Reponse: "hub", Date: day("2026-01-10")},
			{Question: "COM-03", Reponse: "professionnel", Date: day("2026-01-10")},
			{Question: "CON-03", Reponse: "engagement", Date: day("2026-01-10")},
			{Question: "PUB-04", Reponse: "oui", Date: day("2026-01-10")},
			{Question: "TAR-03", Reponse: "oui", Date: day("2026-01-10")},
		},
		preuves: []Evidence{
			{Preuve: "accueil_confidentiel", Resultat: "piece_separee", Date: day("2025-09-15")},
			{Preuve: "registre_label", Resultat: "confirme", Date: day("2026-02-01")},
			{Preuve: "visite_entree", Resultat: "accessible", Date: day("2025-09-15")},
			{Preuve: "visite_personnel", Resultat: "forme", Date: day("2025-09-15")},
			{Preuve: "visite_toilettes", Resultat: "accessibles", Date: day("2025-09-15")},
		},
		mesures: []Mesure{{Mesure: "signalements_traites", Numerateur: 9, Denominateur: 10}},
		date:    "2026-06-01",
		valeurs: `
			INF-01=1 INF-02=1 INF-03=? INF-04=1 INF-05=1
			ACC-01=1 ACC-02=1 ACC-03=1 ACC-04=?
			TAR-01=1 TAR-02=1 TAR-03=1
			ACP-01=1 ACP-02=1 ACP-03=1 ACP-04=1 ACP-05=1 ACP-06=1
			PUB-01=1 PUB-02=1 PUB-03=1 PUB-04=1
			COM-01=1 COM-02=1 COM-03=1
			CON-01=1 CON-02=1 CON-03=1 CON-04=1
			AME-01=1 AME-02=0.9 AME-03=1 AME-04=1`,
		couverture: "0.93", strict: "92.9", observe: "99.9", potentiel: "99.9", score: "96.4", confiance: "72.2",
		etat: Confirme, niveaux: "B",
		manquantes: "", inconnues: "ACC-04",
	},
	// 15. One comes only by an online appointment: 0.3.
	//	INF 01: 4·1, 02: 4·1, 03: 2·0, 04: 2·1, 05: 2·1 → 12 of 14 of 14
	//	ACC 01: 5·1, 02: 3·1, 03: 2·1, 04: 5·0.3 → 11.5 of 15 of 15
	//	TAR 01: 4·1, 02: 4·1, 03: 2·1 → 10 of 10 of 10
	//	ACP 01: 5·1, 02: 4·1, 03: 5·1, 04: 3·1, 05: 2·1, 06: 2·1 → 21 of 21 of 21
	//	PUB 01: 3·1, 02: 2·1, 03: 4·1, 04: 2·1 → 11 of 11 of 11
	//	COM 01: 5·1, 02: 3·1, 03: 4·1 → 12 of 12 of 12
	//	CON 01: 4·1, 02: 3·1, 03: 2·1, 04: 1·1 → 10 of 10 of 10
	//	AME 01: 2·1, 02: 1·0.9, 03: 2·1, 04: 2·1 → 6.9 of 7 of 7
	//	a = 94.4, e = 100, t = 100
	{
		nom: "C, not A: an essential fails",
		cells: map[string]string{
			"nom":                             "Médiathèque Jean-Falala",
			"pivot":                           "43493312300029",
			"commune":                         "Reims",
			"code_postal":                     "51100",
			"code_insee":                      "51454",
			"adresse":                         "2 rue des Fuseliers",
			"latitude":                        "49.2535",
			"longitude":                       "4.0335",
			"telephone":                       "+33326356800",
			"courriels":                       "accueil@mediatheque.example.fr",
			"horaires":                        "Tu-Fr 10:00-18:30; Sa 10:00-18:00",
			"presentation_resume":             "Un médiateur vous accompagne pour vos démarches, l’ordinateur, le téléphone et la sécurité. Des postes sont en libre accès. Venez avec vos questions, seul ou en groupe : nous avançons à votre rythme, pas à pas, autant de fois que nécessaire.",
			"itinerance":                      "Fixe",
			"structure_parente":               "Ville de Reims",
			"date_maj":                        "2026-03-02",
			"services":                        "Aide aux démarches administratives|Maîtrise des outils numériques du quotidien|Utilisation sécurisée du numérique|Accès internet et matériel informatique",
			"prise_en_charge_specifique":      "Illettrisme|Surdité",
			"frais_a_charge":                  "Gratuit",
			"dispositif_programmes_nationaux": "Aidants Connect|Conseillers numériques",
			"modalites_acces":                 "Prendre un RDV en ligne",
			"modalites_accompagnement":        "Accompagnement individuel|Dans un atelier collectif|En autonomie",
			"fiche_acces_libre":               "https://acceslibre.beta.gouv.fr/app/51-reims/a/mediatheque/erp/jf/",
		},
		ecart:    ptr(0),
		contexte: Contexte{Densite: "dense", AideLocale: "oui"},
		reponses: []Declaration{
			{Question: "ACP-02", Reponse: "non", Date: day("2026-01-10")},
			{Question: "ACP-04", Reponse: "toujours", Date: day("2026-01-10")},
			{Question: "ACP-06", Reponse: "partenaires", Date: day("2026-01-10")},
			{Question: "AME-01", Reponse: "publies", Date: day("2026-01-10")},
			{Question: "AME-03", Reponse: "hub", Date: day("2026-01-10")},
			{Question: "COM-03", Reponse: "professionnel", Date: day("2026-01-10")},
			{Question: "CON-03", Reponse: "engagement", Date: day("2026-01-10")},
			{Question: "PUB-04", Reponse: "oui", Date: day("2026-01-10")},
			{Question: "TAR-03", Reponse: "oui", Date: day("2026-01-10")},
		},
		preuves: []Evidence{
			{Preuve: "accueil_confidentiel", Resultat: "piece_separee", Date: day("2025-09-15")},
			{Preuve: "registre_label", Resultat: "confirme", Date: day("2026-02-01")},
			{Preuve: "visite_entree", Resultat: "accessible", Date: day("2025-09-15")},
			{Preuve: "visite_personnel", Resultat: "forme", Date: day("2025-09-15")},
			{Preuve: "visite_toilettes", Resultat: "accessibles", Date: day("2025-09-15")},
		},
		mesures: []Mesure{{Mesure: "signalements_traites", Numerateur: 9, Denominateur: 10}},
		date:    "2026-06-01",
		valeurs: `
			INF-01=1 INF-02=1 INF-03=0 INF-04=1 INF-05=1
			ACC-01=1 ACC-02=1 ACC-03=1 ACC-04=0.3
			TAR-01=1 TAR-02=1 TAR-03=1
			ACP-01=1 ACP-02=1 ACP-03=1 ACP-04=1 ACP-05=1 ACP-06=1
			PUB-01=1 PUB-02=1 PUB-03=1 PUB-04=1
			COM-01=1 COM-02=1 COM-03=1
			CON-01=1 CON-02=1 CON-03=1 CON-04=1
			AME-01=1 AME-02=0.9 AME-03=1 AME-04=1`,
		couverture: "1", strict: "94.4", observe: "94.4", potentiel: "94.4", score: "94.4", confiance: "77.8",
		etat: Confirme, niveaux: "C",
		manquantes: "ACC-04", inconnues: "",
	},
	// 16. Neither how one comes nor how one is helped.
	//	INF 01: 4·1, 02: 4·1, 03: ?, 04: 2·1, 05: 2·1 → 12 of 12 of 14
	//	ACC 01: 5·1, 02: 3·1, 03: 2·1, 04: ? → 10 of 10 of 15
	//	TAR 01: 4·1, 02: 4·1, 03: 2·1 → 10 of 10 of 10
	//	ACP 01: 5·0.65, 02: 4·1, 03: ?, 04: 3·1, 05: 2·1, 06: 2·1 → 14.25 of 16 of 21
	//	PUB 01: 3·1, 02: 2·1, 03: 4·1, 04: 2·1 → 11 of 11 of 11
	//	COM 01: 5·1, 02: 3·1, 03: 4·1 → 12 of 12 of 12
	//	CON 01: 4·1, 02: 3·1, 03: 2·1, 04: 1·1 → 10 of 10 of 10
	//	AME 01: 2·1, 02: 1·0.9, 03: 2·1, 04: 2·1 → 6.9 of 7 of 7
	//	a = 86.15, e = 88, t = 100
	{
		nom: "C, not A: two essentials are unknown",
		cells: map[string]string{
			"nom":                             "Médiathèque Jean-Falala",
			"pivot":                           "43493312300029",
			"commune":                         "Reims",
			"code_postal":                     "51100",
			"code_insee":                      "51454",
			"adresse":                         "2 rue des Fuseliers",
			"latitude":                        "49.2535",
			"longitude":                       "4.0335",
			"telephone":                       "+33326356800",
			"courriels":                       "accueil@mediatheque.example.fr",
			"horaires":                        "Tu-Fr 10:00-18:30; Sa 10:00-18:00",
			"presentation_resume":             "Un médiateur vous accompagne pour vos démarches, l’ordinateur, le téléphone et la sécurité. Des postes sont en libre accès. Venez avec vos questions, seul ou en groupe : nous avançons à votre rythme, pas à pas, autant de fois que nécessaire.",
			"itinerance":                      "Fixe",
			"structure_parente":               "Ville de Reims",
			"date_maj":                        "2026-03-02",
			"services":                        "Aide aux démarches administratives|Maîtrise des outils numériques du quotidien|Utilisation sécurisée du numérique|Accès internet et matériel informatique",
			"prise_en_charge_specifique":      "Illettrisme|Surdité",
			"frais_a_charge":                  "Gratuit",
			"dispositif_programmes_nationaux": "Aidants Connect|Conseillers numériques",
			"fiche_acces_libre":               "https://acceslibre.beta.gouv.fr/app/51-reims/a/mediatheque/erp/jf/",
		},
		absents:  []string{"modalites_acces"},
		ecart:    ptr(0),
		contexte: Contexte{Densite: "dense", AideLocale: "oui"},
		reponses: []Declaration{
			{Question: "ACP-02", Reponse: "non", Date: day("2026-01-10")},
			{Question: "ACP-04", Reponse: "toujours", Date: day("2026-01-10")},
			{Question: "ACP-06", Reponse: "partenaires", Date: day("2026-01-10")},
			{Question: "AME-01", Reponse: "publies", Date: day("2026-01-10")},
			{Question: "AME-03", Reponse: "hub", Date: day("2026-01-10")},
			{Question: "COM-03", Reponse: "professionnel", Date: day("2026-01-10")},
			{Question: "CON-03", Reponse: "engagement", Date: day("2026-01-10")},
			{Question: "PUB-04", Reponse: "oui", Date: day("2026-01-10")},
			{Question: "TAR-03", Reponse: "oui", Date: day("2026-01-10")},
		},
		preuves: []Evidence{
			{Preuve: "accueil_confidentiel", Resultat: "piece_separee", Date: day("2025-09-15")},
			{Preuve: "registre_label", Resultat: "confirme", Date: day("2026-02-01")},
			{Preuve: "visite_entree", Resultat: "accessible", Date: day("2025-09-15")},
			{Preuve: "visite_personnel", Resultat: "forme", Date: day("2025-09-15")},
			{Preuve: "visite_toilettes", Resultat: "accessibles", Date: day("2025-09-15")},
		},
		mesures: []Mesure{{Mesure: "signalements_traites", Numerateur: 9, Denominateur: 10}},
		date:    "2026-06-01",
		valeurs: `
			INF-01=1 INF-02=1 INF-03=? INF-04=1 INF-05=1
			ACC-01=1 ACC-02=1 ACC-03=1 ACC-04=?
			TAR-01=1 TAR-02=1 TAR-03=1
			ACP-01=0.65 ACP-02=1 ACP-03=? ACP-04=1 ACP-05=1 ACP-06=1
			PUB-01=1 PUB-02=1 PUB-03=1 PUB-04=1
			COM-01=1 COM-02=1 COM-03=1
			CON-01=1 CON-02=1 CON-03=1 CON-04=1
			AME-01=1 AME-02=0.9 AME-03=1 AME-04=1`,
		couverture: "0.88", strict: "86.2", observe: "97.9", potentiel: "98.2", score: "92", confiance: "68.2",
		etat: Confirme, niveaux: "C",
		manquantes: "", inconnues: "ACC-04 ACP-03",
	},
	// 17. No way without internet, autonomy only.
	//	INF 01: 4·1, 02: 4·1, 03: 2·1, 04: 2·1, 05: 2·1 → 14 of 14 of 14
	//	ACC 01: 5·1, 02: 3·1, 03: 2·1, 04: 5·0.3 → 11.5 of 15 of 15
	//	TAR 01: 4·1, 02: 4·1, 03: 2·1 → 10 of 10 of 10
	//	ACP 01: 5·1, 02: 4·1, 03: 5·0.4, 04: 3·1, 05: 2·1, 06: 2·1 → 18 of 21 of 21
	//	PUB 01: 3·1, 02: 2·1, 03: 4·1, 04: 2·1 → 11 of 11 of 11
	//	COM 01: 5·1, 02: 3·1, 03: 4·1 → 12 of 12 of 12
	//	CON 01: 4·1, 02: 3·1, 03: 2·1, 04: 1·1 → 10 of 10 of 10
	//	AME 01: 2·1, 02: 1·0.9, 03: 2·1, 04: 2·1 → 6.9 of 7 of 7
	//	a = 93.4, e = 100, t = 100
	{
		nom: "D, not A: two essentials fail",
		cells: map[string]string{
			"nom":                             "Médiathèque Jean-Falala",
			"pivot":                           "43493312300029",
			"commune":                         "Reims",
			"code_postal":                     "51100",
			"code_insee":                      "51454",
			"adresse":                         "2 rue des Fuseliers",
			"latitude":                        "49.2535",
			"longitude":                       "4.0335",
			"telephone":                       "+33326356800",
			"courriels":                       "accueil@mediatheque.example.fr",
			"horaires":                        "Tu-Fr 10:00-18:30; Sa 10:00-18:00",
			"presentation_resume":             "Un médiateur vous accompagne pour vos démarches, l’ordinateur, le téléphone et la sécurité. Des postes sont en libre accès. Venez avec vos questions, seul ou en groupe : nous avançons à votre rythme, pas à pas, autant de fois que nécessaire.",
			"itinerance":                      "Fixe",
			"structure_parente":               "Ville de Reims",
			"date_maj":                        "2026-03-02",
			"services":                        "Aide aux démarches administratives|Maîtrise des outils numériques du quotidien|Utilisation sécurisée du numérique|Accès internet et matériel informatique",
			"prise_en_charge_specifique":      "Illettrisme|Surdité",
			"frais_a_charge":                  "Gratuit",
			"dispositif_programmes_nationaux": "Aidants Connect|Conseillers numériques",
			"modalites_acces":                 "Contacter par mail",
			"modalites_accompagnement":        "En autonomie",
			"fiche_acces_libre":               "https://acceslibre.beta.gouv.fr/app/51-reims/a/mediatheque/erp/jf/",
		},
		ecart:    ptr(0),
		contexte: Contexte{Densite: "dense", AideLocale: "oui"},
		reponses: []Declaration{
			{Question: "ACP-02", Reponse: "non", Date: day("2026-01-10")},
			{Question: "ACP-04", Reponse: "toujours", Date: day("2026-01-10")},
			{Question: "ACP-06", Reponse: "partenaires", Date: day("2026-01-10")},
			{Question: "AME-01", Reponse: "publies", Date: day("2026-01-10")},
			{Question: "AME-03", Reponse: "hub", Date: day("2026-01-10")},
			{Question: "COM-03", Reponse: "professionnel", Date: day("2026-01-10")},
			{Question: "CON-03", Reponse: "engagement", Date: day("2026-01-10")},
			{Question: "PUB-04", Reponse: "oui", Date: day("2026-01-10")},
			{Question: "TAR-03", Reponse: "oui", Date: day("2026-01-10")},
		},
		preuves: []Evidence{
			{Preuve: "accueil_confidentiel", Resultat: "piece_separee", Date: day("2025-09-15")},
			{Preuve: "registre_label", Resultat: "confirme", Date: day("2026-02-01")},
			{Preuve: "visite_entree", Resultat: "accessible", Date: day("2025-09-15")},
			{Preuve: "visite_personnel", Resultat: "forme", Date: day("2025-09-15")},
			{Preuve: "visite_toilettes", Resultat: "accessibles", Date: day("2025-09-15")},
		},
		mesures: []Mesure{{Mesure: "signalements_traites", Numerateur: 9, Denominateur: 10}},
		date:    "2026-06-01",
		valeurs: `
			INF-01=1 INF-02=1 INF-03=1 INF-04=1 INF-05=1
			ACC-01=1 ACC-02=1 ACC-03=1 ACC-04=0.3
			TAR-01=1 TAR-02=1 TAR-03=1
			ACP-01=1 ACP-02=1 ACP-03=0.4 ACP-04=1 ACP-05=1 ACP-06=1
			PUB-01=1 PUB-02=1 PUB-03=1 PUB-04=1
			COM-01=1 COM-02=1 COM-03=1
			CON-01=1 CON-02=1 CON-03=1 CON-04=1
			AME-01=1 AME-02=0.9 AME-03=1 AME-04=1`,
		couverture: "1", strict: "93.4", observe: "93.4", potentiel: "93.4", score: "93.4", confiance: "77.8",
		etat: Confirme, niveaux: "D",
		manquantes: "ACC-04 ACP-03", inconnues: "",
	},
	// 18. No visit and no answer about the help given: everything known is good.
	//	INF 01: 4·1, 02: 4·1, 03: 2·1, 04: 2·1, 05: 2·1 → 14 of 14 of 14
	//	ACC 01: 5·1, 02: 3·1, 03: 2·1, 04: 5·1 → 15 of 15 of 15
	//	TAR 01: 4·1, 02: 4·1, 03: 2·1 → 10 of 10 of 10
	//	ACP 01: 5·1, 02: 4·1, 03: 5·1, 04: ?, 05: 2·1, 06: ? → 16 of 16 of 21
	//	PUB 01: 3·1, 02: ?, 03: 4·1, 04: 2·1 → 9 of 9 of 11
	//	COM 01: 5·1, 02: 3·1, 03: ? → 8 of 8 of 12
	//	CON 01: 4·1, 02: ?, 03: ?, 04: 1·1 → 5 of 5 of 10
	//	AME 01: 2·1, 02: 1·0.9, 03: 2·1, 04: 2·1 → 6.9 of 7 of 7
	//	a = 83.9, e = 84, t = 100
	{
		nom: "B, not A: coverage under 0.85",
		cells: map[string]string{
			"nom":                             "Médiathèque Jean-Falala",
			"pivot":                           "43493312300029",
			"commune":                         "Reims",
			"code_postal":                     "51100",
			"code_insee":                      "51454",
			"adresse":                         "2 rue des Fuseliers",
			"latitude":                        "49.2535",
			"longitude":                       "4.0335",
			"telephone":                       "+33326356800",
			"courriels":                       "accueil@mediatheque.example.fr",
			"horaires":                        "Tu-Fr 10:00-18:30; Sa 10:00-18:00",
			"presentation_resume":             "Un médiateur vous accompagne pour vos démarches, l’ordinateur, le téléphone et la sécurité. Des postes sont en libre accès. Venez avec vos questions, seul ou en groupe : nous avançons à votre rythme, pas à pas, autant de fois que nécessaire.",
			"itinerance":                      "Fixe",
			"structure_parente":               "Ville de Reims",
			"date_maj":                        "2026-03-02",
			"services":                        "Aide aux démarches administratives|Maîtrise des outils numériques du quotidien|Utilisation sécurisée du numérique|Accès internet et matériel informatique",
			"prise_en_charge_specifique":      "Illettrisme|Surdité",
			"frais_a_charge":                  "Gratuit",
			"dispositif_programmes_nationaux": "Aidants Connect|Conseillers numériques",
			"modalites_acces":                 "Se présenter|Téléphoner|Contacter par mail",
			"modalites_accompagnement":        "Accompagnement individuel|Dans un atelier collectif|En autonomie",
			"fiche_acces_libre":               "https://acceslibre.beta.gouv.fr/app/51-reims/a/mediatheque/erp/jf/",
		},
		ecart:    ptr(0),
		contexte: Contexte{Densite: "dense", AideLocale: "oui"},
		reponses: []Declaration{
			{Question: "ACP-02", Reponse: "non", Date: day("2026-01-10")},
			{Question: "AME-01", Reponse: "publies", Date: day("2026-01-10")},
			{Question: "AME-03", Reponse: "hub", Date: day("2026-01-10")},
			{Question: "PUB-04", Reponse: "oui", Date: day("2026-01-10")},
			{Question: "TAR-03", Reponse: "oui", Date: day("2026-01-10")},
		},
		preuves: []Evidence{
			{Preuve: "registre_label", Resultat: "confirme", Date: day("2026-02-01")},
		},
		mesures: []Mesure{{Mesure: "signalements_traites", Numerateur: 9, Denominateur: 10}},
		date:    "2026-06-01",
		valeurs: `
			INF-01=1 INF-02=1 INF-03=1 INF-04=1 INF-05=1
			ACC-01=1 ACC-02=1 ACC-03=1 ACC-04=1
			TAR-01=1 TAR-02=1 TAR-03=1
			ACP-01=1 ACP-02=1 ACP-03=1 ACP-04=? ACP-05=1 ACP-06=?
			PUB-01=1 PUB-02=? PUB-03=1 PUB-04=1
			COM-01=1 COM-02=1 COM-03=?
			CON-01=1 CON-02=? CON-03=? CON-04=1
			AME-01=1 AME-02=0.9 AME-03=1 AME-04=1`,
		couverture: "0.84", strict: "83.9", observe: "99.9", potentiel: "99.9", score: "91.9", confiance: "66.2",
		etat: Confirme, niveaux: "B",
		manquantes: "", inconnues: "",
	},
	// 19. A dull place: paid, silent, alone; no essential fails.
	//	INF 01: 4·1, 02: 4·1, 03: 2·1, 04: 2·0, 05: 2·0 → 10 of 14 of 14
	//	ACC 01: 5·1, 02: 3·1, 03: 2·1, 04: 5·1 → 15 of 15 of 15
	//	TAR 01: 4·1, 02: 4·0.2, 03: 2·0 → 4.8 of 10 of 10
	//	ACP 01: 5·1, 02: 4·0.7, 03: 5·1, 04: 3·0, 05: 2·0, 06: 2·0 → 12.8 of 21 of 21
	//	PUB 01: 3·0, 02: 2·0.4, 03: 4·0, 04: 2·0 → 0.8 of 11 of 11
	//	COM 01: 5·1, 02: 3·1, 03: 4·0.6 → 10.4 of 12 of 12
	//	CON 01: 4·1, 02: 3·0.6, 03: 2·1, 04: 1·0 → 7.8 of 10 of 10
	//	AME 01: 2·0, 02: 1·0.3333, 03: 2·0, 04: 2·1 → 2.3333 of 7 of 7
	//	a = 63.9333, e = 100, t = 100
	{
		nom: "C: score between 50 and 65",
		cells: map[string]string{
			"nom":                             "Médiathèque Jean-Falala",
			"pivot":                           "43493312300029",
			"commune":                         "Reims",
			"code_postal":                     "51100",
			"code_insee":                      "51454",
			"adresse":                         "2 rue des Fuseliers",
			"latitude":                        "49.2535",
			"longitude":                       "4.0335",
			"telephone":                       "+33326356800",
			"courriels":                       "accueil@mediatheque.example.fr",
			"horaires":                        "Tu-Fr 10:00-18:30; Sa 10:00-18:00",
			"itinerance":                      "Fixe",
			"structure_parente":               "Ville de Reims",
			"date_maj":                        "2023-01-01",
			"services":                        "Aide aux démarches administratives",
			"frais_a_charge":                  "Payant",
			"dispositif_programmes_nationaux": "Aidants Connect|Conseillers numériques",
			"modalites_acces":                 "Se présenter|Téléphoner|Contacter par mail",
			"modalites_accompagnement":        "Accompagnement individuel|Dans un atelier collectif|En autonomie",
		},
		ecart:    ptr(0),
		contexte: Contexte{Densite: "dense", AideLocale: "oui"},
		reponses: []Declaration{
			{Question: "ACP-02", Reponse: "non", Date: day("2026-01-10")},
			{Question: "ACP-04", Reponse: "non", Date: day("2026-01-10")},
			{Question: "ACP-06", Reponse: "non", Date: day("2026-01-10")},
			{Question: "AME-01", Reponse: "non", Date: day("2026-01-10")},
			{Question: "AME-03", Reponse: "non", Date: day("2026-01-10")},
			{Question: "COM-03", Reponse: "benevoles", Date: day("2026-01-10")},
			{Question: "CON-03", Reponse: "engagement", Date: day("2026-01-10")},
			{Question: "PUB-03", Reponse: "aucun", Date: day("2026-01-10")},
			{Question: "PUB-04", Reponse: "non", Date: day("2026-01-10")},
			{Question: "TAR-03", Reponse: "non", Date: day("2026-01-10")},
		},
		preuves: []Evidence{
			{Preuve: "accueil_confidentiel", Resultat: "sur_rendez_vous", Date: day("2025-09-15")},
			{Preuve: "registre_label", Resultat: "confirme", Date: day("2026-02-01")},
			{Preuve: "visite_entree", Resultat: "non_accessible", Date: day("2025-09-15")},
			{Preuve: "visite_personnel", Resultat: "forme", Date: day("2025-09-15")},
			{Preuve: "visite_toilettes", Resultat: "accessibles", Date: day("2025-09-15")},
		},
		mesures: []Mesure{{Mesure: "signalements_traites", Numerateur: 1, Denominateur: 3}},
		date:    "2026-06-01",
		valeurs: `
			INF-01=1 INF-02=1 INF-03=1 INF-04=0 INF-05=0
			ACC-01=1 ACC-02=1 ACC-03=1 ACC-04=1
			TAR-01=1 TAR-02=0.2 TAR-03=0
			ACP-01=1 ACP-02=0.7 ACP-03=1 ACP-04=0 ACP-05=0 ACP-06=0
			PUB-01=0 PUB-02=0.4 PUB-03=0 PUB-04=0
			COM-01=1 COM-02=1 COM-03=0.6
			CON-01=1 CON-02=0.6 CON-03=1 CON-04=0
			AME-01=0 AME-02=0.3333 AME-03=0 AME-04=1`,
		couverture: "1", strict: "63.9", observe: "63.9", potentiel: "63.9", score: "63.9", confiance: "49.2",
		etat: Confirme, niveaux: "C",
		manquantes: "", inconnues: "",
	},
	// 20. The same, with a label that the register denies and hours nobody reads; one essential fails.
	//	INF 01: 4·1, 02: 4·0.8, 03: 2·0.6667, 04: 2·0, 05: 2·0 → 8.5334 of 14 of 14
	//	ACC 01: 5·0.5, 02: ?, 03: ?, 04: 5·1 → 7.5 of 10 of 15
	//	TAR 01: 4·1, 02: 4·0.2, 03: 2·0 → 4.8 of 10 of 10
	//	ACP 01: 5·1, 02: 4·0.7, 03: 5·0.4, 04: 3·0, 05: 2·0, 06: 2·0 → 9.8 of 21 of 21
	//	PUB 01: 3·0, 02: 2·0, 03: 4·0, 04: 2·0 → 0 of 11 of 11
	//	COM 01: 5·1, 02: 3·0, 03: 4·0 → 5 of 12 of 12
	//	CON 01: 4·1, 02: 3·0, 03: 2·0, 04: 1·0 → 4 of 10 of 10
	//	AME 01: 2·0, 02: 1·0, 03: 2·0, 04: 2·0 → 0 of 7 of 7
	//	a = 39.6334, e = 95, t = 100
	{
		nom: "D: score between 35 and 50",
		cells: map[string]string{
			"nom":                             "Médiathèque Jean-Falala",
			"commune":                         "Reims",
			"code_postal":                     "51100",
			"code_insee":                      "51454",
			"adresse":                         "2 rue des Fuseliers",
			"latitude":                        "49.2535",
			"longitude":                       "4.0335",
			"telephone":                       "+33326356800",
			"horaires":                        "le matin",
			"itinerance":                      "Fixe",
			"structure_parente":               "Ville de Reims",
			"date_maj":                        "2023-01-01",
			"services":                        "Aide aux démarches administratives",
			"frais_a_charge":                  "Payant",
			"dispositif_programmes_nationaux": "Aidants Connect|Conseillers numériques",
			"modalites_acces":                 "Se présenter|Téléphoner|Contacter par mail",
			"modalites_accompagnement":        "En autonomie",
		},
		ecart:    ptr(0),
		contexte: Contexte{Densite: "dense", AideLocale: "oui"},
		reponses: []Declaration{
			{Question: "ACP-02", Reponse: "non", Date: day("2026-01-10")},
			{Question: "ACP-04", Reponse: "non", Date: day("2026-01-10")},
			{Question: "ACP-06", Reponse: "non", Date: day("2026-01-10")},
			{Question: "AME-01", Reponse: "non", Date: day("2026-01-10")},
			{Question: "AME-03", Reponse: "non", Date: day("2026-01-10")},
			{Question: "COM-03", Reponse: "personne", Date: day("2026-01-10")},
			{Question: "CON-03", Reponse: "non", Date: day("2026-01-10")},
			{Question: "PUB-03", Reponse: "aucun", Date: day("2026-01-10")},
			{Question: "PUB-04", Reponse: "non", Date: day("2026-01-10")},
			{Question: "TAR-03", Reponse: "non", Date: day("2026-01-10")},
		},
		preuves: []Evidence{
			{Preuve: "accueil_confidentiel", Resultat: "non", Date: day("2025-09-15")},
			{Preuve: "registre_label", Resultat: "contredit", Date: day("2026-02-01")},
			{Preuve: "visite_entree", Resultat: "non_accessible", Date: day("2025-09-15")},
			{Preuve: "visite_personnel", Resultat: "non_forme", Date: day("2025-09-15")},
			{Preuve: "visite_toilettes", Resultat: "non_accessibles", Date: day("2025-09-15")},
		},
		mesures: []Mesure{{Mesure: "signalements_traites", Numerateur: 0, Denominateur: 3}},
		date:    "2026-06-01",
		valeurs: `
			INF-01=1 INF-02=0.8 INF-03=0.6667 INF-04=0 INF-05=0
			ACC-01=0.5 ACC-02=? ACC-03=? ACC-04=1
			TAR-01=1 TAR-02=0.2 TAR-03=0
			ACP-01=1 ACP-02=0.7 ACP-03=0.4 ACP-04=0 ACP-05=0 ACP-06=0
			PUB-01=0 PUB-02=0 PUB-03=0 PUB-04=0
			COM-01=1 COM-02=0 COM-03=0
			CON-01=1 CON-02=0 CON-03=0 CON-04=0
			AME-01=0 AME-02=0 AME-03=0 AME-04=0`,
		couverture: "0.95", strict: "39.6", observe: "41.7", potentiel: "44.6", score: "40.7", confiance: "47.2",
		etat: Confirme, niveaux: "D",
		manquantes: "ACP-03", inconnues: "",
	},
	// 21. Everything is known, and nearly everything is missing.
	//	INF 01: 4·0, 02: 4·0, 03: 2·0, 04: 2·0, 05: 2·0 → 0 of 14 of 14
	//	ACC 01: 5·0, 02: ?, 03: ?, 04: 5·0.3 → 1.5 of 10 of 15
	//	TAR 01: 4·1, 02: 4·0.2, 03: 2·0 → 4.8 of 10 of 10
	//	ACP 01: 5·1, 02: 4·0.7, 03: 5·0.4, 04: 3·0, 05: 2·0, 06: 2·0 → 9.8 of 21 of 21
	//	PUB 01: 3·0, 02: 2·0, 03: 4·0, 04: 2·0 → 0 of 11 of 11
	//	COM 01: 5·0, 02: s.o., 03: 4·0 → 0 of 9 of 9
	//	CON 01: 4·0, 02: 3·0, 03: 2·0, 04: 1·0 → 0 of 10 of 10
	//	AME 01: 2·0, 02: 1·0, 03: 2·0, 04: 2·0 → 0 of 7 of 7
	//	a = 16.1, e = 92, t = 97
	{
		nom: "E: nothing is as it should be",
		cells: map[string]string{
			"nom":                      "Médiathèque Jean-Falala",
			"commune":                  "Reims",
			"code_postal":              "51100",
			"code_insee":               "51454",
			"itinerance":               "Fixe",
			"services":                 "Aide aux démarches administratives",
			"frais_a_charge":           "Payant",
			"modalites_acces":          "Contacter par mail",
			"modalites_accompagnement": "En autonomie",
		},
		contexte: Contexte{Densite: "dense", AideLocale: "oui"},
		reponses: []Declaration{
			{Question: "ACP-02", Reponse: "non", Date: day("2026-01-10")},
			{Question: "ACP-04", Reponse: "non", Date: day("2026-01-10")},
			{Question: "ACP-06", Reponse: "non", Date: day("2026-01-10")},
			{Question: "AME-01", Reponse: "non", Date: day("2026-01-10")},
			{Question: "AME-03", Reponse: "non", Date: day("2026-01-10")},
			{Question: "COM-01", Reponse: "non", Date: day("2026-01-10")},
			{Question: "COM-03", Reponse: "personne", Date: day("2026-01-10")},
			{Question: "CON-01", Reponse: "non", Date: day("2026-01-10")},
			{Question: "CON-03", Reponse: "non", Date: day("2026-01-10")},
			{Question: "PUB-03", Reponse: "aucun", Date: day("2026-01-10")},
			{Question: "PUB-04", Reponse: "non", Date: day("2026-01-10")},
			{Question: "TAR-03", Reponse: "non", Date: day("2026-01-10")},
		},
		preuves: []Evidence{
			{Preuve: "accueil_confidentiel", Resultat: "non", Date: day("2025-09-15")},
			{Preuve: "registre_label", Resultat: "confirme", Date: day("2026-02-01")},
			{Preuve: "visite_entree", Resultat: "non_accessible", Date: day("2025-09-15")},
			{Preuve: "visite_personnel", Resultat: "non_forme", Date: day("2025-09-15")},
			{Preuve: "visite_toilettes", Resultat: "non_accessibles", Date: day("2025-09-15")},
		},
		mesures: []Mesure{{Mesure: "signalements_traites", Numerateur: 0, Denominateur: 3}},
		date:    "2026-06-01",
		valeurs: `
			INF-01=0 INF-02=0 INF-03=0 INF-04=0 INF-05=0
			ACC-01=0 ACC-02=? ACC-03=? ACC-04=0.3
			TAR-01=1 TAR-02=0.2 TAR-03=0
			ACP-01=1 ACP-02=0.7 ACP-03=0.4 ACP-04=0 ACP-05=0 ACP-06=0
			PUB-01=0 PUB-02=0 PUB-03=0 PUB-04=0
			COM-01=0 COM-02=- COM-03=0
			CON-01=0 CON-02=0 CON-03=0 CON-04=0
			AME-01=0 AME-02=0 AME-03=0 AME-04=0`,
		couverture: "0.9485", strict: "16.6", observe: "17.5", potentiel: "21.8", score: "17", confiance: "47.4",
		etat: Confirme, niveaux: "E",
		manquantes: "INF-01 INF-02 ACC-01 ACC-04 ACP-03 COM-01 CON-01", inconnues: "",
	},
	// 22. Answers of January 2026 hold to 10 January 2028; the register's entry a year; visits to 15 September 2028, the training two years.
	//	INF 01: 4·1, 02: 4·1, 03: 2·1, 04: 2·1, 05: 2·1 → 14 of 14 of 14
	//	ACC 01: 5·1, 02: 3·1, 03: 2·1, 04: 5·1 → 15 of 15 of 15
	//	TAR 01: 4·1, 02: 4·1, 03: ? → 8 of 8 of 10
	//	ACP 01: 5·1, 02: 4·1, 03: 5·1, 04: ?, 05: 2·1, 06: ? → 16 of 16 of 21
	//	PUB 01: 3·1, 02: ?, 03: 4·1, 04: ? → 7 of 7 of 11
	//	COM 01: 5·1, 02: ?, 03: ? → 5 of 5 of 12
	//	CON 01: 4·1, 02: 3·1, 03: ?, 04: 1·1 → 8 of 8 of 10
	//	AME 01: ?, 02: 1·0.9, 03: 2·0.7, 04: 2·1 → 4.3 of 5 of 7
	//	a = 77.3, e = 78, t = 100
	{
		nom: "answers and visits that have expired",
		cells: map[string]string{
			"nom":                             "Médiathèque Jean-Falala",
			"pivot":                           "43493312300029",
			"commune":                         "Reims",
			"code_postal":                     "51100",
			"code_insee":                      "51454",
			"adresse":                         "2 rue des Fuseliers",
			"latitude":                        "49.2535",
			"longitude":                       "4.0335",
			"telephone":                       "+33326356800",
			"courriels":                       "accueil@mediatheque.example.fr",
			"horaires":                        "Tu-Fr 10:00-18:30; Sa 10:00-18:00",
			"presentation_resume":             "Un médiateur vous accompagne pour vos démarches, l’ordinateur, le téléphone et la sécurité. Des postes sont en libre accès. Venez avec vos questions, seul ou en groupe : nous avançons à votre rythme, pas à pas, autant de fois que nécessaire.",
			"itinerance":                      "Fixe",
			"structure_parente":               "Ville de Reims",
			"date_maj":                        "2028-01-20",
			"services":                        "Aide aux démarches administratives|Maîtrise des outils numériques du quotidien|Utilisation sécurisée du numérique|Accès internet et matériel informatique",
			"prise_en_charge_specifique":      "Illettrisme|Surdité",
			"frais_a_charge":                  "Gratuit",
			"dispositif_programmes_nationaux": "Aidants Connect|Conseillers numériques",
			"modalites_acces":                 "Se présenter|Téléphoner|Contacter par mail",
			"modalites_accompagnement":        "Accompagnement individuel|Dans un atelier collectif|En autonomie",
			"fiche_acces_libre":               "https://acceslibre.beta.gouv.fr/app/51-reims/a/mediatheque/erp/jf/",
		},
		ecart:    ptr(0),
		contexte: Contexte{Densite: "dense", AideLocale: "oui"},
		reponses: []Declaration{
			{Question: "ACP-02", Reponse: "non", Date: day("2026-01-10")},
			{Question: "ACP-04", Reponse: "toujours", Date: day("2026-01-10")},
			{Question: "ACP-06", Reponse: "partenaires", Date: day("2026-01-10")},
			{Question: "AME-01", Reponse: "publies", Date: day("2026-01-10")},
			{Question: "AME-03", Reponse: "hub", Date: day("2026-01-10")},
			{Question: "COM-03", Reponse: "professionnel", Date: day("2026-01-10")},
			{Question: "CON-03", Reponse: "engagement", Date: day("2026-01-10")},
			{Question: "PUB-04", Reponse: "oui", Date: day("2026-01-10")},
			{Question: "TAR-03", Reponse: "oui", Date: day("2026-01-10")},
		},
		preuves: []Evidence{
			{Preuve: "accueil_confidentiel", Resultat: "piece_separee", Date: day("2025-09-15")},
			{Preuve: "registre_label", Resultat: "confirme", Date: day("2026-02-01")},
			{Preuve: "visite_entree", Resultat: "accessible", Date: day("2025-09-15")},
			{Preuve: "visite_personnel", Resultat: "forme", Date: day("2025-09-15")},
			{Preuve: "visite_toilettes", Resultat: "accessibles", Date: day("2025-09-15")},
		},
		mesures: []Mesure{{Mesure: "signalements_traites", Numerateur: 9, Denominateur: 10}},
		date:    "2028-01-20",
		valeurs: `
			INF-01=1 INF-02=1 INF-03=1 INF-04=1 INF-05=1
			ACC-01=1 ACC-02=1 ACC-03=1 ACC-04=1
			TAR-01=1 TAR-02=1 TAR-03=?
			ACP-01=1 ACP-02=1 ACP-03=1 ACP-04=? ACP-05=1 ACP-06=?
			PUB-01=1 PUB-02=? PUB-03=1 PUB-04=?
			COM-01=1 COM-02=? COM-03=?
			CON-01=1 CON-02=1 CON-03=? CON-04=1
			AME-01=? AME-02=0.9 AME-03=0.7 AME-04=1`,
		couverture: "0.78", strict: "77.3", observe: "99.1", potentiel: "99.3", score: "88.2", confiance: "62",
		etat: Confirme, niveaux: "B",
		manquantes: "", inconnues: "",
	},
	// 23. The price and the hours are contested; frais_a_charge is the source's constant.
	//	INF 01: 4·1, 02: 4·1, 03: 2·1, 04: 2·1, 05: 2·1 → 14 of 14 of 14
	//	ACC 01: 5·1, 02: 3·1, 03: 2·1, 04: 5·1 → 15 of 15 of 15
	//	TAR 01: 4·1, 02: 4·1, 03: 2·1 → 10 of 10 of 10
	//	ACP 01: 5·1, 02: 4·1, 03: 5·1, 04: 3·1, 05: 2·1, 06: 2·1 → 21 of 21 of 21
	//	PUB 01: 3·1, 02: 2·1, 03: 4·1, 04: 2·1 → 11 of 11 of 11
	//	COM 01: 5·1, 02: 3·1, 03: 4·1 → 12 of 12 of 12
	//	CON 01: 4·1, 02: 3·1, 03: 2·1, 04: 1·1 → 10 of 10 of 10
	//	AME 01: 2·1, 02: 1·0.9, 03: 2·1, 04: 2·1 → 6.9 of 7 of 7
	//	a = 99.9, e = 100, t = 100
	{
		nom: "contested, and of one source's constant",
		cells: map[string]string{
			"nom":                             "Médiathèque Jean-Falala",
			"pivot":                           "43493312300029",
			"commune":                         "Reims",
			"code_postal":                     "51100",
			"code_insee":                      "51454",
			"adresse":                         "2 rue des Fuseliers",
			"latitude":                        "49.2535",
			"longitude":                       "4.0335",
			"telephone":                       "+33326356800",
			"courriels":                       "accueil@mediatheque.example.fr",
			"horaires":                        "Tu-Fr 10:00-18:30; Sa 10:00-18:00",
			"presentation_resume":             "Un médiateur vous accompagne pour vos démarches, l’ordinateur, le téléphone et la sécurité. Des postes sont en libre accès. Venez avec vos questions, seul ou en groupe : nous avançons à votre rythme, pas à pas, autant de fois que nécessaire.",
			"itinerance":                      "Fixe",
			"structure_parente":               "Ville de Reims",
			"date_maj":                        "2026-03-02",
			"services":                        "Aide aux démarches administratives|Maîtrise des outils numériques du quotidien|Utilisation sécurisée du numérique|Accès internet et matériel informatique",
			"prise_en_charge_specifique":      "Illettrisme|Surdité",
			"frais_a_charge":                  "Gratuit",
			"dispositif_programmes_nationaux": "Aidants Connect|Conseillers numériques",
			"modalites_acces":                 "Se présenter|Téléphoner|Contacter par mail",
			"modalites_accompagnement":        "Accompagnement individuel|Dans un atelier collectif|En autonomie",
			"fiche_acces_libre":               "https://acceslibre.beta.gouv.fr/app/51-reims/a/mediatheque/erp/jf/",
		},
		ecart:    ptr(0),
		contexte: Contexte{Densite: "dense", AideLocale: "oui", Constantes: []string{"frais_a_charge"}},
		reponses: []Declaration{
			{Question: "ACP-02", Reponse: "non", Date: day("2026-01-10")},
			{Question: "ACP-04", Reponse: "toujours", Date: day("2026-01-10")},
			{Question: "ACP-06", Reponse: "partenaires", Date: day("2026-01-10")},
			{Question: "AME-01", Reponse: "publies", Date: day("2026-01-10")},
			{Question: "AME-03", Reponse: "hub", Date: day("2026-01-10")},
			{Question: "COM-03", Reponse: "professionnel", Date: day("2026-01-10")},
			{Question: "CON-03", Reponse: "engagement", Date: day("2026-01-10")},
			{Question: "PUB-04", Reponse: "oui", Date: day("2026-01-10")},
			{Question: "TAR-03", Reponse: "oui", Date: day("2026-01-10")},
		},
		preuves: []Evidence{
			{Preuve: "accueil_confidentiel", Resultat: "piece_separee", Date: day("2025-09-15")},
			{Preuve: "registre_label", Resultat: "confirme", Date: day("2026-02-01")},
			{Preuve: "visite_entree", Resultat: "accessible", Date: day("2025-09-15")},
			{Preuve: "visite_personnel", Resultat: "forme", Date: day("2025-09-15")},
			{Preuve: "visite_toilettes", Resultat: "accessibles", Date: day("2025-09-15")},
		},
		mesures:   []Mesure{{Mesure: "signalements_traites", Numerateur: 9, Denominateur: 10}},
		contestes: []string{"ACC-01", "TAR-01"},
		date:      "2026-06-01",
		valeurs: `
			INF-01=1 INF-02=1 INF-03=1 INF-04=1 INF-05=1
			ACC-01=1 ACC-02=1 ACC-03=1 ACC-04=1
			TAR-01=1 TAR-02=1 TAR-03=1
			ACP-01=1 ACP-02=1 ACP-03=1 ACP-04=1 ACP-05=1 ACP-06=1
			PUB-01=1 PUB-02=1 PUB-03=1 PUB-04=1
			COM-01=1 COM-02=1 COM-03=1
			CON-01=1 CON-02=1 CON-03=1 CON-04=1
			AME-01=1 AME-02=0.9 AME-03=1 AME-04=1`,
		couverture: "1", strict: "99.9", observe: "99.9", potentiel: "99.9", score: "99.9", confiance: "71.8",
		etat: Confirme, niveaux: "A",
		manquantes: "", inconnues: "",
	},
	// 24. The library without its prices, its label, its way of helping and its care: what is known is good.
	//	INF 01: 4·1, 02: 4·1, 03: 2·1, 04: 2·1, 05: 2·1 → 14 of 14 of 14
	//	ACC 01: 5·1, 02: 3·1, 03: 2·1, 04: 5·1 → 15 of 15 of 15
	//	TAR 01: 4·0, 02: ?, 03: ? → 0 of 4 of 10
	//	ACP 01: 5·0.65, 02: 4·1, 03: ?, 04: ?, 05: 2·1, 06: ? → 9.25 of 11 of 21
	//	PUB 01: 3·1, 02: ?, 03: ?, 04: ? → 3 of 3 of 11
	//	COM 01: ?, 02: s.o., 03: ? → 0 of 0 of 9
	//	CON 01: ?, 02: ?, 03: ?, 04: 1·0 → 0 of 1 of 10
	//	AME 01: ?, 02: ?, 03: 2·0.7, 04: 2·1 → 3.4 of 4 of 7
	//	a = 44.65, e = 52, t = 97
	{
		nom: "provisional, from D to B",
		cells: map[string]string{
			"nom":                 "Bibliothèque de Lens",
			"pivot":               "21620498800010",
			"commune":             "Lens",
			"code_postal":         "62300",
			"code_insee":          "62498",
			"adresse":             "3 place Jean-Jaurès",
			"latitude":            "50.4290",
			"longitude":           "2.8310",
			"telephone":           "+33321000000",
			"courriels":           "biblio@lens.example.fr",
			"horaires":            "Tu,Th,Fr 14:00-18:00; We 10:00-12:00,14:00-18:00; Sa 10:00-17:00",
			"presentation_resume": "Ateliers et rendez-vous individuels pour apprendre à se servir d’un ordinateur, d’un téléphone et d’Internet, et pour faire ses démarches avec quelqu’un. Sans inscription, gratuit, les mardis et jeudis.",
			"itinerance":          "Fixe",
			"structure_parente":   "Ville de Lens",
			"date_maj":            "2025-06-01",
			"services":            "Aide aux démarches administratives|Maîtrise des outils numériques du quotidien|Accès internet et matériel informatique",
			"modalites_acces":     "Se présenter|Téléphoner",
			"fiche_acces_libre":   "https://acceslibre.beta.gouv.fr/app/51-reims/a/mediatheque/erp/jf/",
		},
		ecart:    ptr(0),
		contexte: Contexte{Densite: "intermediaire"},
		date:     "2025-09-01",
		valeurs: `
			INF-01=1 INF-02=1 INF-03=1 INF-04=1 INF-05=1
			ACC-01=1 ACC-02=1 ACC-03=1 ACC-04=1
			TAR-01=0 TAR-02=? TAR-03=?
			ACP-01=0.65 ACP-02=1 ACP-03=? ACP-04=? ACP-05=1 ACP-06=?
			PUB-01=1 PUB-02=? PUB-03=? PUB-04=?
			COM-01=? COM-02=- COM-03=?
			CON-01=? CON-02=? CON-03=? CON-04=0
			AME-01=? AME-02=? AME-03=0.7 AME-04=1`,
		couverture: "0.5361", strict: "46", observe: "85.9", potentiel: "92.4", score: "65.9", confiance: "42.9",
		etat: Provisoire, niveaux: "D-B",
		manquantes: "", inconnues: "ACP-03 COM-01 CON-01",
	},
	// 25. Neither phone nor mail, hours unpublished, autonomy only: four essentials fail.
	//	INF 01: 4·1, 02: 4·0, 03: 2·0, 04: 2·0, 05: 2·0.6671 → 5.3342 of 14 of 14
	//	ACC 01: 5·0, 02: ?, 03: ?, 04: 5·0.3 → 1.5 of 10 of 15
	//	TAR 01: 4·1, 02: 4·1, 03: ? → 8 of 8 of 10
	//	ACP 01: 5·1, 02: 4·0.4, 03: 5·0.4, 04: ?, 05: 2·1, 06: ? → 10.6 of 16 of 21
	//	PUB 01: 3·0, 02: ?, 03: 4·0.7, 04: ? → 2.8 of 7 of 11
	//	COM 01: 5·0.7, 02: ?, 03: ? → 3.5 of 5 of 12
	//	CON 01: s.o., 02: ?, 03: ?, 04: 1·0 → 0 of 1 of 6
	//	AME 01: ?, 02: ?, 03: 2·0.7, 04: 2·1 → 3.4 of 4 of 7
	//	a = 35.1342, e = 65, t = 96
	{
		nom: "provisional, D at best",
		cells: map[string]string{
			"nom":                        "Bibliothèque de Lens",
			"pivot":                      "21620498800010",
			"commune":                    "Lens",
			"code_postal":                "62300",
			"code_insee":                 "62498",
			"adresse":                    "3 place Jean-Jaurès",
			"latitude":                   "50.4290",
			"longitude":                  "2.8310",
			"itinerance":                 "Fixe",
			"structure_parente":          "Ville de Lens",
			"date_maj":                   "2025-06-01",
			"services":                   "Accès internet et matériel informatique",
			"prise_en_charge_specifique": "Déficience visuelle",
			"frais_a_charge":             "Gratuit",
			"formations_labels":          "Fabriques de Territoire",
			"modalites_acces":            "Contacter par mail",
			"modalites_accompagnement":   "En autonomie",
		},
		ecart:    ptr(0),
		contexte: Contexte{Densite: "intermediaire"},
		date:     "2026-06-01",
		valeurs: `
			INF-01=1 INF-02=0 INF-03=0 INF-04=0 INF-05=0.6671
			ACC-01=0 ACC-02=? ACC-03=? ACC-04=0.3
			TAR-01=1 TAR-02=1 TAR-03=?
			ACP-01=1 ACP-02=0.4 ACP-03=0.4 ACP-04=? ACP-05=1 ACP-06=?
			PUB-01=0 PUB-02=? PUB-03=0.7 PUB-04=?
			COM-01=0.7 COM-02=? COM-03=?
			CON-01=- CON-02=? CON-03=? CON-04=0
			AME-01=? AME-02=? AME-03=0.7 AME-04=1`,
		couverture: "0.6771", strict: "36.6", observe: "54.1", potentiel: "68.9", score: "45.3", confiance: "54.2",
		etat: Provisoire, niveaux: "D-D",
		manquantes: "INF-02 ACC-01 ACC-04 ACP-03", inconnues: "",
	},
	// 26. Confidence is over 60 and no essential is unknown; coverage is not 0.85.
	//	INF 01: 4·1, 02: 4·1, 03: 2·1, 04: 2·1, 05: 2·0.6671 → 13.3342 of 14 of 14
	//	ACC 01: 5·1, 02: 3·1, 03: 2·1, 04: 5·1 → 15 of 15 of 15
	//	TAR 01: 4·1, 02: 4·1, 03: ? → 8 of 8 of 10
	//	ACP 01: 5·1, 02: 4·1, 03: 5·1, 04: ?, 05: 2·1, 06: ? → 16 of 16 of 21
	//	PUB 01: 3·1, 02: ?, 03: 4·0.7, 04: ? → 5.8 of 7 of 11
	//	COM 01: 5·1, 02: ?, 03: 4·1 → 9 of 9 of 12
	//	CON 01: 4·1, 02: ?, 03: ?, 04: 1·0 → 4 of 5 of 10
	//	AME 01: ?, 02: ?, 03: 2·0.7, 04: 2·1 → 3.4 of 4 of 7
	//	a = 74.5342, e = 78, t = 100
	{
		nom: "a library that gains a label and a professional",
		cells: map[string]string{
			"nom":                             "Bibliothèque de Lens",
			"pivot":                           "21620498800010",
			"commune":                         "Lens",
			"code_postal":                     "62300",
			"code_insee":                      "62498",
			"adresse":                         "3 place Jean-Jaurès",
			"latitude":                        "50.4290",
			"longitude":                       "2.8310",
			"telephone":                       "+33321000000",
			"courriels":                       "biblio@lens.example.fr",
			"horaires":                        "Tu,Th,Fr 14:00-18:00; We 10:00-12:00,14:00-18:00; Sa 10:00-17:00",
			"presentation_resume":             "Ateliers et rendez-vous individuels pour apprendre à se servir d’un ordinateur, d’un téléphone et d’Internet, et pour faire ses démarches avec quelqu’un. Sans inscription, gratuit, les mardis et jeudis.",
			"itinerance":                      "Fixe",
			"structure_parente":               "Ville de Lens",
			"date_maj":                        "2025-06-01",
			"services":                        "Aide aux démarches administratives|Maîtrise des outils numériques du quotidien|Accès internet et matériel informatique",
			"prise_en_charge_specifique":      "Déficience visuelle",
			"frais_a_charge":                  "Gratuit",
			"formations_labels":               "Fabriques de Territoire",
			"modalites_acces":                 "Se présenter|Téléphoner",
			"modalites_accompagnement":        "Accompagnement individuel|En autonomie",
			"fiche_acces_libre":               "https://acceslibre.beta.gouv.fr/app/51-reims/a/mediatheque/erp/jf/",
			"dispositif_programmes_nationaux": "Aidants Connect",
		},
		ecart:    ptr(0),
		contexte: Contexte{Densite: "intermediaire"},
		reponses: []Declaration{
			{Question: "COM-03", Reponse: "professionnel", Date: day("2026-05-31")},
		},
		date: "2026-06-01",
		valeurs: `
			INF-01=1 INF-02=1 INF-03=1 INF-04=1 INF-05=0.6671
			ACC-01=1 ACC-02=1 ACC-03=1 ACC-04=1
			TAR-01=1 TAR-02=1 TAR-03=?
			ACP-01=1 ACP-02=1 ACP-03=1 ACP-04=? ACP-05=1 ACP-06=?
			PUB-01=1 PUB-02=? PUB-03=0.7 PUB-04=?
			COM-01=1 COM-02=? COM-03=1
			CON-01=1 CON-02=? CON-03=? CON-04=0
			AME-01=? AME-02=? AME-03=0.7 AME-04=1`,
		couverture: "0.78", strict: "74.5", observe: "95.6", potentiel: "96.5", score: "85", confiance: "61.6",
		etat: Confirme, niveaux: "B",
		manquantes: "", inconnues: "",
	},
	// 27. COM-03, PUB-03, COM-02, CON-02, ACP-04, PUB-02, AME-02 are worth nothing: 4+4+3+3+3+2+1 = 20 points lost.
	//	INF 01: 4·1, 02: 4·1, 03: 2·1, 04: 2·1, 05: 2·1 → 14 of 14 of 14
	//	ACC 01: 5·1, 02: 3·1, 03: 2·1, 04: 5·1 → 15 of 15 of 15
	//	TAR 01: 4·1, 02: 4·1, 03: 2·1 → 10 of 10 of 10
	//	ACP 01: 5·1, 02: 4·1, 03: 5·1, 04: 3·0, 05: 2·1, 06: 2·1 → 18 of 21 of 21
	//	PUB 01: 3·1, 02: 2·0, 03: 4·0, 04: 2·1 → 5 of 11 of 11
	//	COM 01: 5·1, 02: 3·0, 03: 4·0 → 5 of 12 of 12
	//	CON 01: 4·1, 02: 3·0, 03: 2·1, 04: 1·1 → 7 of 10 of 10
	//	AME 01: 2·1, 02: 1·0, 03: 2·1, 04: 2·1 → 6 of 7 of 7
	//	a = 80, e = 100, t = 100
	{
		nom: "A, on the bound: 80 exactly",
		cells: map[string]string{
			"nom":                             "Médiathèque Jean-Falala",
			"pivot":                           "43493312300029",
			"commune":                         "Reims",
			"code_postal":                     "51100",
			"code_insee":                      "51454",
			"adresse":                         "2 rue des Fuseliers",
			"latitude":                        "49.2535",
			"longitude":                       "4.0335",
			"telephone":                       "+33326356800",
			"courriels":                       "accueil@mediatheque.example.fr",
			"horaires":                        "Tu-Fr 10:00-18:30; Sa 10:00-18:00",
			"presentation_resume":             "Un médiateur vous accompagne pour vos démarches, l’ordinateur, le téléphone et la sécurité. Des postes sont en libre accès. Venez avec vos questions, seul ou en groupe : nous avançons à votre rythme, pas à pas, autant de fois que nécessaire.",
			"itinerance":                      "Fixe",
			"structure_parente":               "Ville de Reims",
			"date_maj":                        "2026-03-02",
			"services":                        "Aide aux démarches administratives|Maîtrise des outils numériques du quotidien|Utilisation sécurisée du numérique|Accès internet et matériel informatique",
			"frais_a_charge":                  "Gratuit",
			"dispositif_programmes_nationaux": "Aidants Connect|Conseillers numériques",
			"modalites_acces":                 "Se présenter|Téléphoner|Contacter par mail",
			"modalites_accompagnement":        "Accompagnement individuel|Dans un atelier collectif|En autonomie",
			"fiche_acces_libre":               "https://acceslibre.beta.gouv.fr/app/51-reims/a/mediatheque/erp/jf/",
		},
		ecart:    ptr(0),
		contexte: Contexte{Densite: "dense", AideLocale: "oui"},
		reponses: []Declaration{
			{Question: "ACP-02", Reponse: "non", Date: day("2026-01-10")},
			{Question: "ACP-04", Reponse: "non", Date: day("2026-01-10")},
			{Question: "ACP-06", Reponse: "partenaires", Date: day("2026-01-10")},
			{Question: "AME-01", Reponse: "publies", Date: day("2026-01-10")},
			{Question: "AME-03", Reponse: "hub", Date: day("2026-01-10")},
			{Question: "COM-03", Reponse: "personne", Date: day("2026-01-10")},
			{Question: "CON-03", Reponse: "engagement", Date: day("2026-01-10")},
			{Question: "PUB-03", Reponse: "aucun", Date: day("2026-01-10")},
			{Question: "PUB-04", Reponse: "oui", Date: day("2026-01-10")},
			{Question: "TAR-03", Reponse: "oui", Date: day("2026-01-10")},
		},
		preuves: []Evidence{
			{Preuve: "accueil_confidentiel", Resultat: "non", Date: day("2025-09-15")},
			{Preuve: "registre_label", Resultat: "contredit", Date: day("2026-02-01")},
			{Preuve: "visite_entree", Resultat: "non_accessible", Date: day("2025-09-15")},
			{Preuve: "visite_personnel", Resultat: "non_forme", Date: day("2025-09-15")},
			{Preuve: "visite_toilettes", Resultat: "non_accessibles", Date: day("2025-09-15")},
		},
		mesures: []Mesure{{Mesure: "signalements_traites", Numerateur: 0, Denominateur: 10}},
		date:    "2026-06-01",
		valeurs: `
			INF-01=1 INF-02=1 INF-03=1 INF-04=1 INF-05=1
			ACC-01=1 ACC-02=1 ACC-03=1 ACC-04=1
			TAR-01=1 TAR-02=1 TAR-03=1
			ACP-01=1 ACP-02=1 ACP-03=1 ACP-04=0 ACP-05=1 ACP-06=1
			PUB-01=1 PUB-02=0 PUB-03=0 PUB-04=1
			COM-01=1 COM-02=0 COM-03=0
			CON-01=1 CON-02=0 CON-03=1 CON-04=1
			AME-01=1 AME-02=0 AME-03=1 AME-04=1`,
		couverture: "1", strict: "80", observe: "80", potentiel: "80", score: "80", confiance: "77",
		etat: Confirme, niveaux: "A",
		manquantes: "", inconnues: "",
	},
	// 28. The same, with a presentation of 199 letters: 79.9866 points.
	//	INF 01: 4·1, 02: 4·1, 03: 2·1, 04: 2·0.9933, 05: 2·1 → 13.9866 of 14 of 14
	//	ACC 01: 5·1, 02: 3·1, 03: 2·1, 04: 5·1 → 15 of 15 of 15
	//	TAR 01: 4·1, 02: 4·1, 03: 2·1 → 10 of 10 of 10
	//	ACP 01: 5·1, 02: 4·1, 03: 5·1, 04: 3·0, 05: 2·1, 06: 2·1 → 18 of 21 of 21
	//	PUB 01: 3·1, 02: 2·0, 03: 4·0, 04: 2·1 → 5 of 11 of 11
	//	COM 01: 5·1, 02: 3·0, 03: 4·0 → 5 of 12 of 12
	//	CON 01: 4·1, 02: 3·0, 03: 2·1, 04: 1·1 → 7 of 10 of 10
	//	AME 01: 2·1, 02: 1·0, 03: 2·1, 04: 2·1 → 6 of 7 of 7
	//	a = 79.9866, e = 100, t = 100
	{
		nom: "B, published 80.0: levels are not rounded",
		cells: map[string]string{
			"nom":                             "Médiathèque Jean-Falala",
			"pivot":                           "43493312300029",
			"commune":                         "Reims",
			"code_postal":                     "51100",
			"code_insee":                      "51454",
			"adresse":                         "2 rue des Fuseliers",
			"latitude":                        "49.2535",
			"longitude":                       "4.0335",
			"telephone":                       "+33326356800",
			"courriels":                       "accueil@mediatheque.example.fr",
			"horaires":                        "Tu-Fr 10:00-18:30; Sa 10:00-18:00",
			"presentation_resume":             "Un médiateur vous accompagne pour vos démarches, l’ordinateur, le téléphone et la sécurité. Des postes sont en libre accès. Venez avec vos questions, seul ou en groupe : nous avançons à votre rythme,",
			"itinerance":                      "Fixe",
			"structure_parente":               "Ville de Reims",
			"date_maj":                        "2026-03-02",
			"services":                        "Aide aux démarches administratives|Maîtrise des outils numériques du quotidien|Utilisation sécurisée du numérique|Accès internet et matériel informatique",
			"frais_a_charge":                  "Gratuit",
			"dispositif_programmes_nationaux": "Aidants Connect|Conseillers numériques",
			"modalites_acces":                 "Se présenter|Téléphoner|Contacter par mail",
			"modalites_accompagnement":        "Accompagnement individuel|Dans un atelier collectif|En autonomie",
			"fiche_acces_libre":               "https://acceslibre.beta.gouv.fr/app/51-reims/a/mediatheque/erp/jf/",
		},
		ecart:    ptr(0),
		contexte: Contexte{Densite: "dense", AideLocale: "oui"},
		reponses: []Declaration{
			{Question: "ACP-02", Reponse: "non", Date: day("2026-01-10")},
			{Question: "ACP-04", Reponse: "non", Date: day("2026-01-10")},
			{Question: "ACP-06", Reponse: "partenaires", Date: day("2026-01-10")},
			{Question: "AME-01", Reponse: "publies", Date: day("2026-01-10")},
			{Question: "AME-03", Reponse: "hub", Date: day("2026-01-10")},
			{Question: "COM-03", Reponse: "personne", Date: day("2026-01-10")},
			{Question: "CON-03", Reponse: "engagement", Date: day("2026-01-10")},
			{Question: "PUB-03", Reponse: "aucun", Date: day("2026-01-10")},
			{Question: "PUB-04", Reponse: "oui", Date: day("2026-01-10")},
			{Question: "TAR-03", Reponse: "oui", Date: day("2026-01-10")},
		},
		preuves: []Evidence{
			{Preuve: "accueil_confidentiel", Resultat: "non", Date: day("2025-09-15")},
			{Preuve: "registre_label", Resultat: "contredit", Date: day("2026-02-01")},
			{Preuve: "visite_entree", Resultat: "non_accessible", Date: day("2025-09-15")},
			{Preuve: "visite_personnel", Resultat: "non_forme", Date: day("2025-09-15")},
			{Preuve: "visite_toilettes", Resultat: "non_accessibles", Date: day("2025-09-15")},
		},
		mesures: []Mesure{{Mesure: "signalements_traites", Numerateur: 0, Denominateur: 10}},
		date:    "2026-06-01",
		valeurs: `
			INF-01=1 INF-02=1 INF-03=1 INF-04=0.9933 INF-05=1
			ACC-01=1 ACC-02=1 ACC-03=1 ACC-04=1
			TAR-01=1 TAR-02=1 TAR-03=1
			ACP-01=1 ACP-02=1 ACP-03=1 ACP-04=0 ACP-05=1 ACP-06=1
			PUB-01=1 PUB-02=0 PUB-03=0 PUB-04=1
			COM-01=1 COM-02=0 COM-03=0
			CON-01=1 CON-02=0 CON-03=1 CON-04=1
			AME-01=1 AME-02=0 AME-03=1 AME-04=1`,
		couverture: "1", strict: "80", observe: "80", potentiel: "80", score: "80", confiance: "77",
		etat: Confirme, niveaux: "B",
		manquantes: "", inconnues: "",
	},
	// 29. PUB-02, CON-02, ACP-04, ACP-06, CON-03, AME-01 and AME-02 are unknown: 2+3+3+2+2+2+1 = 15 points.
	//	INF 01: 4·1, 02: 4·1, 03: 2·1, 04: 2·1, 05: 2·1 → 14 of 14 of 14
	//	ACC 01: 5·1, 02: 3·1, 03: 2·1, 04: 5·1 → 15 of 15 of 15
	//	TAR 01: 4·1, 02: 4·1, 03: 2·1 → 10 of 10 of 10
	//	ACP 01: 5·1, 02: 4·1, 03: 5·1, 04: ?, 05: 2·1, 06: ? → 16 of 16 of 21
	//	PUB 01: 3·1, 02: ?, 03: 4·1, 04: 2·1 → 9 of 9 of 11
	//	COM 01: 5·1, 02: 3·1, 03: 4·1 → 12 of 12 of 12
	//	CON 01: 4·1, 02: ?, 03: ?, 04: 1·1 → 5 of 5 of 10
	//	AME 01: ?, 02: ?, 03: 2·1, 04: 2·1 → 4 of 4 of 7
	//	a = 85, e = 85, t = 100
	{
		nom: "A, on the bound: coverage 0.85 exactly",
		cells: map[string]string{
			"nom":                             "Médiathèque Jean-Falala",
			"pivot":                           "43493312300029",
			"commune":                         "Reims",
			"code_postal":                     "51100",
			"code_insee":                      "51454",
			"adresse":                         "2 rue des Fuseliers",
			"latitude":                        "49.2535",
			"longitude":                       "4.0335",
			"telephone":                       "+33326356800",
			"courriels":                       "accueil@mediatheque.example.fr",
			"horaires":                        "Tu-Fr 10:00-18:30; Sa 10:00-18:00",
			"presentation_resume":             "Un médiateur vous accompagne pour vos démarches, l’ordinateur, le téléphone et la sécurité. Des postes sont en libre accès. Venez avec vos questions, seul ou en groupe : nous avançons à votre rythme, pas à pas, autant de fois que nécessaire.",
			"itinerance":                      "Fixe",
			"structure_parente":               "Ville de Reims",
			"date_maj":                        "2026-03-02",
			"services":                        "Aide aux démarches administratives|Maîtrise des outils numériques du quotidien|Utilisation sécurisée du numérique|Accès internet et matériel informatique",
			"prise_en_charge_specifique":      "Illettrisme|Surdité",
			"frais_a_charge":                  "Gratuit",
			"dispositif_programmes_nationaux": "Aidants Connect|Conseillers numériques",
			"modalites_acces":                 "Se présenter|Téléphoner|Contacter par mail",
			"modalites_accompagnement":        "Accompagnement individuel|Dans un atelier collectif|En autonomie",
			"fiche_acces_libre":               "https://acceslibre.beta.gouv.fr/app/51-reims/a/mediatheque/erp/jf/",
		},
		ecart:    ptr(0),
		contexte: Contexte{Densite: "dense", AideLocale: "oui"},
		reponses: []Declaration{
			{Question: "ACP-02", Reponse: "non", Date: day("2026-01-10")},
			{Question: "AME-03", Reponse: "hub", Date: day("2026-01-10")},
			{Question: "COM-03", Reponse: "professionnel", Date: day("2026-01-10")},
			{Question: "PUB-04", Reponse: "oui", Date: day("2026-01-10")},
			{Question: "TAR-03", Reponse: "oui", Date: day("2026-01-10")},
		},
		preuves: []Evidence{
			{Preuve: "registre_label", Resultat: "confirme", Date: day("2026-02-01")},
		},
		mesures: []Mesure{{Mesure: "signalements_traites", Numerateur: 2, Denominateur: 2}},
		date:    "2026-06-01",
		valeurs: `
			INF-01=1 INF-02=1 INF-03=1 INF-04=1 INF-05=1
			ACC-01=1 ACC-02=1 ACC-03=1 ACC-04=1
			TAR-01=1 TAR-02=1 TAR-03=1
			ACP-01=1 ACP-02=1 ACP-03=1 ACP-04=? ACP-05=1 ACP-06=?
			PUB-01=1 PUB-02=? PUB-03=1 PUB-04=1
			COM-01=1 COM-02=1 COM-03=1
			CON-01=1 CON-02=? CON-03=? CON-04=1
			AME-01=? AME-02=? AME-03=1 AME-04=1`,
		couverture: "0.85", strict: "85", observe: "100", potentiel: "100", score: "92.5", confiance: "66.6",
		etat: Confirme, niveaux: "A",
		manquantes: "", inconnues: "",
	},
	// 30. The library without its way of helping (5), its care (4), its services (4+2+1) and its prices (4): 70 − 20 points known.
	//	INF 01: 4·1, 02: 4·1, 03: 2·1, 04: 2·1, 05: 2·0.6671 → 13.3342 of 14 of 14
	//	ACC 01: 5·1, 02: 3·1, 03: 2·1, 04: 5·1 → 15 of 15 of 15
	//	TAR 01: 4·0, 02: ?, 03: ? → 0 of 4 of 10
	//	ACP 01: 5·0, 02: ?, 03: ?, 04: ?, 05: ?, 06: ? → 0 of 5 of 21
	//	PUB 01: 3·1, 02: ?, 03: ?, 04: ? → 3 of 3 of 11
	//	COM 01: 5·0.7, 02: ?, 03: ? → 3.5 of 5 of 12
	//	CON 01: ?, 02: ?, 03: ?, 04: ? → 0 of 0 of 10
	//	AME 01: ?, 02: ?, 03: 2·0.7, 04: 2·1 → 3.4 of 4 of 7
	//	a = 38.2342, e = 50, t = 100
	{
		nom: "provisional, on the bound: coverage 0.5 exactly",
		cells: map[string]string{
			"nom":                 "Bibliothèque de Lens",
			"pivot":               "21620498800010",
			"commune":             "Lens",
			"code_postal":         "62300",
			"code_insee":          "62498",
			"adresse":             "3 place Jean-Jaurès",
			"latitude":            "50.4290",
			"longitude":           "2.8310",
			"telephone":           "+33321000000",
			"courriels":           "biblio@lens.example.fr",
			"horaires":            "Tu,Th,Fr 14:00-18:00; We 10:00-12:00,14:00-18:00; Sa 10:00-17:00",
			"presentation_resume": "Ateliers et rendez-vous individuels pour apprendre à se servir d’un ordinateur, d’un téléphone et d’Internet, et pour faire ses démarches avec quelqu’un. Sans inscription, gratuit, les mardis et jeudis.",
			"itinerance":          "Fixe",
			"structure_parente":   "Ville de Lens",
			"date_maj":            "2025-06-01",
			"formations_labels":   "Fabriques de Territoire",
			"modalites_acces":     "Se présenter|Téléphoner",
			"fiche_acces_libre":   "https://acceslibre.beta.gouv.fr/app/51-reims/a/mediatheque/erp/jf/",
		},
		ecart:    ptr(0),
		contexte: Contexte{Densite: "intermediaire"},
		date:     "2026-06-01",
		valeurs: `
			INF-01=1 INF-02=1 INF-03=1 INF-04=1 INF-05=0.6671
			ACC-01=1 ACC-02=1 ACC-03=1 ACC-04=1
			TAR-01=0 TAR-02=? TAR-03=?
			ACP-01=0 ACP-02=? ACP-03=? ACP-04=? ACP-05=? ACP-06=?
			PUB-01=1 PUB-02=? PUB-03=? PUB-04=?
			COM-01=0.7 COM-02=? COM-03=?
			CON-01=? CON-02=? CON-03=? CON-04=?
			AME-01=? AME-02=? AME-03=0.7 AME-04=1`,
		couverture: "0.5", strict: "38.2", observe: "76.5", potentiel: "88.2", score: "57.4", confiance: "40",
		etat: Provisoire, niveaux: "D-B",
		manquantes: "", inconnues: "ACP-03 CON-01",
	},
	// 31. The library, its hours readable by nobody: ACC-02 and ACC-03 are unknown.
	//	INF 01: 4·1, 02: 4·1, 03: 2·1, 04: 2·1, 05: 2·0.6671 → 13.3342 of 14 of 14
	//	ACC 01: 5·0.5, 02: ?, 03: ?, 04: 5·1 → 7.5 of 10 of 15
	//	TAR 01: 4·1, 02: 4·1, 03: ? → 8 of 8 of 10
	//	ACP 01: 5·1, 02: 4·1, 03: 5·1, 04: ?, 05: 2·1, 06: ? → 16 of 16 of 21
	//	PUB 01: 3·1, 02: ?, 03: 4·0.7, 04: ? → 5.8 of 7 of 11
	//	COM 01: 5·0.7, 02: ?, 03: ? → 3.5 of 5 of 12
	//	CON 01: ?, 02: ?, 03: ?, 04: 1·0 → 0 of 1 of 10
	//	AME 01: ?, 02: ?, 03: 2·0.7, 04: 2·1 → 3.4 of 4 of 7
	//	a = 57.5342, e = 65, t = 100
	{
		nom: "a day over: coverage falls under 0.7",
		cells: map[string]string{
			"nom":                        "Bibliothèque de Lens",
			"pivot":                      "21620498800010",
			"commune":                    "Lens",
			"code_postal":                "62300",
			"code_insee":                 "62498",
			"adresse":                    "3 place Jean-Jaurès",
			"latitude":                   "50.4290",
			"longitude":                  "2.8310",
			"telephone":                  "+33321000000",
			"courriels":                  "biblio@lens.example.fr",
			"horaires":                   "voir la porte",
			"presentation_resume":        "Ateliers et rendez-vous individuels pour apprendre à se servir d’un ordinateur, d’un téléphone et d’Internet, et pour faire ses démarches avec quelqu’un. Sans inscription, gratuit, les mardis et jeudis.",
			"itinerance":                 "Fixe",
			"structure_parente":          "Ville de Lens",
			"date_maj":                   "2025-06-01",
			"services":                   "Aide aux démarches administratives|Maîtrise des outils numériques du quotidien|Accès internet et matériel informatique",
			"prise_en_charge_specifique": "Déficience visuelle",
			"frais_a_charge":             "Gratuit",
			"formations_labels":          "Fabriques de Territoire",
			"modalites_acces":            "Se présenter|Téléphoner",
			"modalites_accompagnement":   "Accompagnement individuel|En autonomie",
			"fiche_acces_libre":          "https://acceslibre.beta.gouv.fr/app/51-reims/a/mediatheque/erp/jf/",
		},
		ecart:    ptr(0),
		contexte: Contexte{Densite: "intermediaire"},
		date:     "2026-06-01",
		valeurs: `
			INF-01=1 INF-02=1 INF-03=1 INF-04=1 INF-05=0.6671
			ACC-01=0.5 ACC-02=? ACC-03=? ACC-04=1
			TAR-01=1 TAR-02=1 TAR-03=?
			ACP-01=1 ACP-02=1 ACP-03=1 ACP-04=? ACP-05=1 ACP-06=?
			PUB-01=1 PUB-02=? PUB-03=0.7 PUB-04=?
			COM-01=0.7 COM-02=? COM-03=?
			CON-01=? CON-02=? CON-03=? CON-04=0
			AME-01=? AME-02=? AME-03=0.7 AME-04=1`,
		couverture: "0.65", strict: "57.5", observe: "88.5", potentiel: "92.5", score: "73", confiance: "52",
		etat: Provisoire, niveaux: "C-B",
		manquantes: "", inconnues: "CON-01",
	},
}
