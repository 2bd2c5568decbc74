package quality

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// small is a version of a few criteria: what tests change one thing of.
const small = `{
 "version": "2.1.0", "titre": "Essai", "presentation": "Un référentiel d’essai.",
 "parametres": {
  "rho": 0.5, "decimales": 1, "satisfait": 0.8, "partiel": 0.5, "confirme": 0.7, "provisoire": 0.5,
  "niveaux": [
   {"code": "A", "libelle": "très bon", "score": 80, "couverture": 0.85, "essentiels_manquants": 0, "essentiels_inconnus": 0, "confiance": 60, "dimension_plancher": 40},
   {"code": "B", "libelle": "bon", "score": 65, "couverture": 0.7, "essentiels_manquants": 0, "essentiels_inconnus": 1},
   {"code": "C", "libelle": "moyen", "score": 50, "couverture": 0.7, "essentiels_manquants": 1},
   {"code": "D", "libelle": "faible", "score": 35, "couverture": 0.7},
   {"code": "E", "libelle": "très faible", "score": 0, "couverture": 0.7}
  ],
  "confiance": {"verifie": 1, "calcule": 0.8, "declare": 0.6, "constante": 0.4, "fraicheur_mois": 12, "ancien_mois": 36, "ancien_valeur": 0.5, "conteste": 0.5, "haute": 60, "moyenne": 40},
  "alertes": {"changent_de_niveau": 0.1, "mediane_groupe": 5}
 },
 "dimensions": [{"code": "INF", "libelle": "Information"}, {"code": "ACC", "libelle": "Accès"}],
 "criteres": [
  {"code": "INF-01", "dimension": "INF", "libelle": "Contact", "question": "Peut-on joindre quelqu’un ?", "nature": "C", "poids": 4, "essentiel": true, "si_absent": "zero",
   "regle": {"type": "present", "champs": ["telephone"], "oui": {"valeur": 1, "phrase": "On peut téléphoner."}, "non": {"valeur": 0, "phrase": "Aucun téléphone."}},
   "textes": {"regle": "Un téléphone.", "absent": "Aucun téléphone.", "action": "Donnez un téléphone.", "tenue": "On peut téléphoner.", "manque": "On ne peut pas téléphoner.", "confirmer": "Demandez."}},
  {"code": "INF-02", "dimension": "INF", "libelle": "Services", "question": "Que fait-on ici ?", "nature": "C", "poids": 2.5, "si_absent": "inconnu",
   "regle": {"type": "decompte", "champ": "services", "paliers": [{"minimum": 2, "valeur": 1, "phrase": "{nombre} services."}, {"minimum": 1, "valeur": 0.65, "phrase": "Un service."}], "sinon": {"valeur": 0, "phrase": "Aucun service."}},
   "textes": {"regle": "Deux services.", "absent": "Services inconnus.", "action": "Dites vos services."}},
  {"code": "ACC-01", "dimension": "ACC", "libelle": "Pass", "question": "Peut-on payer avec un pass ?", "nature": "D", "poids": 3.5, "si_absent": "inconnu",
   "applicable_si": {"type": "non", "de": [{"type": "egal", "contexte": "aide_locale", "valeur": "non"}]},
   "regle": {"type": "declaration", "question": "pass", "resultats": {"oui": {"valeur": 1, "phrase": "Oui."}, "non": {"valeur": 0, "phrase": "Non."}, "aucun_dispositif": {"sans_objet": true, "phrase": "Aucun dispositif."}}},
   "textes": {"regle": "Le pass.", "absent": "Pas de réponse.", "sans_objet": "Aucun pass ici.", "action": "Répondez."}}
 ],
 "questions": [{"code": "pass", "texte": "Acceptez-vous le pass ?", "reponses": [{"code": "oui", "libelle": "Oui"}, {"code": "non", "libelle": "Non"}, {"code": "aucun_dispositif", "libelle": "Il n’y en a pas"}], "validite_mois": 12}],
 "preuves": [{"code": "visite", "libelle": "Visite", "resultats": [{"code": "bien", "libelle": "Bien"}], "validite_mois": 24}],
 "exemples": [{"titre": "Un lieu", "entree": {"date": "2026-01-01", "fiche": {"presents": ["telephone", "services"], "listes": {"services": ["Insertion professionnelle via le numérique"]}, "date_maj": "2025-12-01"},
   "reponses": [{"question": "pass", "reponse": "non", "date": "2025-10-01"}]},
   "attendu": {"score": 56.3, "etat": "confirme", "niveau": "C", "criteres": [{"code": "INF-02", "valeur": 0.65, "points": 1.625}]}}]
}`

func referentielOf(t testing.TB, text string) *Referentiel {
	t.Helper()
	r, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(toldBy(err))
	}
	return r
}

func engineOf(t testing.TB, text string) *Engine {
	t.Helper()
	e, err := Load([]byte(text))
	if err != nil {
		t.Fatal(toldBy(err))
	}
	return e
}

// toldBy lists faults one a line.
func toldBy(err error) string {
	var faults Faults
	if !errors.As(err, &faults) {
		return err.Error()
	}
	var b strings.Builder
	for _, f := range faults {
		b.WriteString(f.Where + " | " + f.Found + " | " + f.Message + "\n")
	}
	return b.String()
}

// Each fault is told where it is, with what was found and what to write.
func TestParseTellsFaults(t *testing.T) {
	for _, x := range []struct{ name, old, new, want string }{
		{"syntax", `"titre": "Essai",`, `"titre": "Essai"`, "ligne 2, colonne 39 | \"presentation\": \"Un référentiel d’es | Ce n’est pas du JSON. Vérifiez les virgules, guillemets et accolades à cet endroit.\n"},
		{"unknown member", `"poids": 2.5`, `"poid": 2.5`, "criteres[1].poids |  | Il manque « poids ».\ncriteres[1].poid | poid | Ce nom n’existe pas ici. Vouliez-vous dire « poids » ?\n"},
		{"twice", `"poids": 2.5`, `"poids": 2.5, "poids": 3`, "criteres[1].poids | poids | Ce nom est donné deux fois. Gardez-en un.\n"},
		{"type", `"poids": 2.5`, `"poids": "2.5"`, "criteres[1].poids | 2.5 | Écrivez un nombre, sans guillemets : 0.5.\n"},
		{"null", `"poids": 2.5`, `"poids": null`, "criteres[1].poids | null | Écrivez un nombre, sans guillemets : 0.5.\n"},
		{"too fine", `"rho": 0.5`, `"rho": 0.33333`, "parametres.rho | 0.33333 | Écrivez un nombre de quatre décimales au plus, sous 200 000.\n"},
		{"weight", `"poids": 2.5`, `"poids": 2.55`, "criteres[1].poids | 2.55 | Écrivez un poids de 0,1 à 100 points, d’une décimale au plus.\n"},
		{"range", `"rho": 0.5`, `"rho": 1.5`, "parametres.rho | 1.5 | Écrivez un nombre entre 0 et 1.\n"},
		{"integer", `"decimales": 1`, `"decimales": 1.5`, "parametres.decimales | 1.5 | Écrivez un nombre entier, sans guillemets.\n"},
		{"rule", `"type": "decompte"`, `"type": "decomptes"`, "criteres[1].regle.type | decomptes | Ce type de règle n’existe pas. Vouliez-vous dire « decompte » ?\n"},
		{"member of another rule", `"type": "decompte",`, `"type": "decompte", "n_min": 2,`, "criteres[1].regle.n_min | n_min | Le type « decompte » ne prend pas ce nom.\n"},
		{"member missing", `"champ": "services", `, ``, "criteres[1].regle.champ |  | Il manque « champ », que demande le type « decompte ».\n"},
		{"column", `"champ": "services"`, `"champ": "service"`, "criteres[1].regle.champ | service | Ce champ n’existe pas dans le standard. Vouliez-vous dire « services » ?\n"},
		{"not a list", `"champ": "services"`, `"champ": "telephone"`, "criteres[1].regle.champ | telephone | Ce champ n’est pas une liste de mots. La règle en demande une.\n"},
		{"vocabulary", `"champ": "services",`, `"champ": "services", "valeurs": ["Comprehension du monde numerique"],`, "criteres[1].regle.valeurs[0] | Comprehension du monde numerique | Cette valeur n’est pas dans le vocabulaire de « services ». Vouliez-vous dire « Compréhension du monde numérique » ?\n"},
		{"question", `"type": "declaration", "question": "pass"`, `"type": "declaration", "question": "passe"`, "criteres[2].regle.question | passe | Cette question n’existe pas dans le document. Vouliez-vous dire « pass » ?\n"},
		{"answer missing", `"oui": {"valeur": 1, "phrase": "Oui."}, "non"`, `"non"`, "criteres[2].regle.resultats.oui |  | Il manque ce que vaut la réponse « oui ».\n"},
		{"answer unknown", `"oui": {"valeur": 1, "phrase": "Oui."}, "non"`, `"ouis": {"valeur": 1, "phrase": "Oui."}, "oui": {"valeur": 1, "phrase": "Oui."}, "non"`, "criteres[2].regle.resultats.ouis | ouis | Cette réponse n’existe pas. Vouliez-vous dire « oui » ?\n"},
		{"reserved answer", `{"code": "oui", "libelle": "Oui"}, `, `{"code": "oui", "libelle": "Oui"}, {"code": "inconnu", "libelle": "Inconnu"}, `, "criteres[2].regle.resultats.inconnu |  | Il manque ce que vaut la réponse « inconnu ».\nquestions[0].reponses[1].code | inconnu | Ce code dit que le lieu retire sa réponse : choisissez-en un autre.\n"},
		{"context", `"contexte": "aide_locale"`, `"contexte": "aide_local"`, "criteres[2].applicable_si.de[0].contexte | aide_local | Ce contexte n’existe pas. Vouliez-vous dire « aide_locale » ?\n"},
		{"value of a context", `"valeur": "non"}]}`, `"valeur": "jamais"}]}`, "criteres[2].applicable_si.de[0].valeur | jamais | Cette valeur n’existe pas ici. Choisissez parmi : oui, non.\n"},
		{"code twice", `"code": "INF-02", "dimension"`, `"code": "INF-01", "dimension"`, "criteres[1].code | INF-01 | « INF-01 » est déjà le code de criteres[0].\nexemples[0].attendu.criteres"},
		{"dimension", `"dimension": "ACC"`, `"dimension": "AC"`, "criteres[2].dimension | AC | Cette dimension n’existe pas dans le document. Vouliez-vous dire « ACC » ?\n"},
		{"retired code", `"exemples":`, `"codes_retires": ["ACC-01"], "exemples":`, "criteres[2].code | ACC-01 | Ce code a été retiré. Un code ne sert qu’une fois : prenez-en un autre.\n"},
		{"no text", `"libelle": "Services"`, `"libelle": " "`, "criteres[1].libelle |   | Ce texte est vide. Écrivez-le.\n"},
		{"essential text", `, "confirmer": "Demandez."`, ``, "criteres[0].textes.confirmer |  | Il manque « confirmer » : la garantie essentielle, quand on ne sait pas.\n"},
		{"text of sans objet", `"sans_objet": "Aucun pass ici.", `, ``, "criteres[2].textes.sans_objet |  | Il manque « sans_objet » : ce critère peut ne pas concerner un lieu.\n"},
		{"levels", `"score": 65`, `"score": 85`, "parametres.niveaux[1].score | 85 | Écrivez moins que le niveau d’avant : 80.\n"},
		{"value of nothing", `"sans_objet": true, "phrase": "Aucun dispositif."`, `"valeur": 1, "sans_objet": true, "phrase": "Aucun dispositif."`, "criteres[2].regle.resultats.aucun_dispositif.valeur | 1 | Retirez cette valeur : elle n’est pas lue ici.\n"},
		{"example", `"score": 56.3`, `"score": 56.4`, "exemples[0].attendu.score | 56.3 | Exemple « Un lieu » : attendu 56.4, obtenu 56.3.\n"},
		{"example of a criterion", `"valeur": 0.65, "points"`, `"valeur": 0.6, "points"`, "exemples[0].attendu.criteres[0].valeur | 0.65 | Exemple « Un lieu » : attendu 0.6, obtenu 0.65.\n"},
		{"example of nothing", `"etat": "confirme"`, `"etats": "confirme"`, "exemples[0].attendu.etats | etats | Exemple « Un lieu » : un résultat n’a pas ce nom. Vouliez-vous dire « etat » ?\n"},
		{"date", `"date": "2026-01-01"`, `"date": "01/01/2026"`, "exemples[0].entree.date | 01/01/2026 | Écrivez une date AAAA-MM-JJ, ou null si elle est inconnue.\n"},
	} {
		if strings.Count(small, x.old) < 1 {
			t.Fatalf("%s: the document has no %s", x.name, x.old)
		}
		_, err := Load([]byte(strings.Replace(small, x.old, x.new, 1)))
		if err == nil {
			t.Errorf("%s: no fault", x.name)
			continue
		}
		got := toldBy(err)
		if x.name == "code twice" {
			got = got[:min(len(got), len(x.want))] // what the example then lacks is another matter
			x.want = x.want[:strings.Index(x.want, "exemples")]
			got = got[:min(len(got), len(x.want))]
		}
		if got != x.want {
			t.Errorf("%s:\n got %s\nwant %s", x.name, got, x.want)
		}
	}
}

func TestParseTellsAllAtOnce(t *testing.T) {
	text := small
	for _, x := range [][2]string{{`"rho": 0.5`, `"rho": 2`}, {`"champ": "services"`, `"champ": "service"`}, {`"question": "pass", "resultats"`, `"question": "pas", "resultats"`}} {
		text = strings.Replace(text, x[0], x[1], 1)
	}
	_, err := Parse([]byte(text))
	var faults Faults
	if !errors.As(err, &faults) || len(faults) != 3 {
		t.Fatalf("want three faults, got %v", err)
	}
	var where []string
	for _, f := range faults {
		where = append(where, f.Where)
	}
	if diff := cmp.Diff([]string{"parametres.rho", "criteres[1].regle.champ", "criteres[2].regle.question"}, where); diff != "" {
		t.Error(diff)
	}
}

// Hostile documents are refused, and cost little.
func TestParseRefusesHostileDocuments(t *testing.T) {
	for name, text := range map[string]string{
		"empty":                     "",
		"not an object":             "[]",
		"deep":                      strings.Repeat("[", 100_000),
		"deep members":              strings.Repeat(`{"regle":`, 100_000),
		"huge":                      `{"titre":"` + strings.Repeat("x", MaxDocument) + `"}`,
		"many names":                "{" + strings.Repeat(`"xx":1,`, 100_000) + `"a":1}`,
		"many names, each another":  manyNames(),
		"many words, each misspelt": strings.Replace(small, `"champ": "services",`, `"champ": "services", "valeurs": [`+strings.TrimSuffix(strings.Repeat(`"`+strings.Repeat("maitrise ", 20)+`",`, 199), ",")+`],`, 1),
		"many values":               "[" + strings.Repeat("1,", 400_000) + "1]",
		"long name":                 `{"` + strings.Repeat("titre", 100_000) + `":1}`,
		"two values":                small + small,
		"not UTF-8":                 "{\"titre\":\"\xff\"}",
		"exponent":                  strings.Replace(small, `"rho": 0.5`, `"rho": 1e999999999`, 1),
		"long number":               strings.Replace(small, `"rho": 0.5`, `"rho": 0.`+strings.Repeat("1", 100_000), 1),
		"nested rules":              nestedRules(12),
	} {
		_, err := Parse([]byte(text))
		var faults Faults
		if !errors.As(err, &faults) || len(faults) == 0 || len(faults) > maxFaults+1 {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, f := range faults {
			if f.Message == "" || f.Where == "" || len(f.Where) > 1000 || len(f.Found) > 300 {
				t.Errorf("%s: %+v", name, f)
			}
		}
	}
}

func manyNames() string {
	var b strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&b, `%s"%0150d":1`, []string{"{", ","}[min(i, 1)], i)
		if b.Len() > MaxDocument-400 {
			break
		}
	}
	return b.String() + "}"
}

func nestedRules(n int) string {
	rule := `{"type": "declaration", "question": "pass", "resultats": {"oui": {"valeur": 1, "phrase": "Oui."}, "non": {"valeur": 0, "phrase": "Non."}, "aucun_dispositif": {"sans_objet": true, "phrase": "Aucun dispositif."}}}`
	deep := rule
	for range n {
		deep = `{"type": "meilleur_de", "regles": [` + deep + `]}`
	}
	return strings.Replace(small, rule, deep, 1)
}

func TestNestedRulesUpToTheLimit(t *testing.T) {
	referentielOf(t, nestedRules(maxRules-1))
}

// The order of members, spaces, and members written with the value that they
// would have anyway never change the identity of a version.
func TestHashIgnoresWriting(t *testing.T) {
	for _, text := range [][]byte{[]byte(small), Initial()} {
		r := referentielOf(t, string(text))
		want := r.Hash()
		if again := referentielOf(t, string(r.Canonical())); again.Hash() != want || !bytes.Equal(again.Canonical(), r.Canonical()) {
			t.Error("the canonical text has another hash")
		}
		chance := rand.New(rand.NewSource(7))
		for range 50 {
			var v any
			if err := decode(text, &v); err != nil {
				t.Fatal(err)
			}
			if got := referentielOf(t, string(shuffled(chance, v, nil))).Hash(); got != want {
				t.Fatalf("another order gives %s, not %s", got, want)
			}
		}
	}
	r := referentielOf(t, small)
	for _, x := range [][2]string{{`"poids": 2.5,`, `"poids": 2.50, "essentiel": false,`}, {`"score": 65`, `"score": 6.5e1`}, {"é", `\u00e9`}} {
		if got := referentielOf(t, strings.ReplaceAll(small, x[0], x[1])).Hash(); got != r.Hash() {
			t.Errorf("%s: another hash", x[1])
		}
	}
	if referentielOf(t, strings.Replace(small, `"poids": 2.5`, `"poids": 2.6`, 1)).Hash() == r.Hash() {
		t.Error("another weight, the same hash")
	}
}

// shuffled writes JSON with its members in any order and any spaces.
func shuffled(r *rand.Rand, v any, dst []byte) []byte {
	space := func() { dst = append(dst, []string{"", "", " ", "\n", "\t\r\n"}[r.Intn(5)]...) }
	space()
	switch x := v.(type) {
	case map[string]any:
		names := sortedKeys(x)
		r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		dst = append(dst, '{')
		for i, name := range names {
			dst = between(dst, i)
			space()
			dst = appendText(dst, name)
			space()
			dst = append(dst, ':')
			dst = shuffled(r, x[name], dst)
		}
		dst = append(dst, '}')
	case []any:
		dst = append(dst, '[')
		for i := range x {
			dst = shuffled(r, x[i], between(dst, i))
		}
		dst = append(dst, ']')
	default:
		text, err := json.Marshal(x)
		if err != nil {
			panic(err)
		}
		dst = append(dst, text...)
	}
	space()
	return dst
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(small))
	f.Add([]byte(`{"version":1,"criteres":[{"regle":{"type":"rampe"}}]}`))
	f.Add([]byte(nestedRules(3)))
	if text, err := os.ReadFile("versions/1.0.0.json"); err == nil {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := Parse(text)
		if err != nil {
			var faults Faults
			if !errors.As(err, &faults) || len(faults) == 0 || slices.ContainsFunc(faults, func(f Fault) bool { return f.Message == "" || f.Where == "" }) {
				t.Fatalf("a fault that tells nothing: %#v", err)
			}
			return
		}
		again, err := Parse(r.Canonical())
		if err != nil || again.Hash() != r.Hash() {
			t.Fatalf("the canonical text is not taken back: %v", err)
		}
		if _, err := Compile(r); err != nil {
			t.Fatal(err)
		}
	})
}
