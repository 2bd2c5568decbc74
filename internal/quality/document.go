package quality

import "encoding/json"

// Referentiel is a version of the référentiel as a document: everything that
// decides a score, in data that people read and edit. Its text is JSON (the
// schema is Schema), its identity the SHA-256 of its canonical form (RFC 8785).
type Referentiel struct {
	Version      string      `json:"version"` // MAJOR.MINOR.PATCH
	Titre        string      `json:"titre"`
	Presentation string      `json:"presentation"`
	Parametres   Parametres  `json:"parametres"`
	Dimensions   []Dimension `json:"dimensions"`
	Criteres     []Critere   `json:"criteres"`
	Questions    []Question  `json:"questions"` // of the declared criteria, as the place is asked them
	Preuves      []Preuve    `json:"preuves"`   // what a verified criterion rests on
	Exemples     []Exemple   `json:"exemples"`  // run when the version is loaded
	Residus      []Residu    `json:"residus,omitempty"`
	CodesRetires []string    `json:"codes_retires,omitempty"` // of criteria of older versions: never given again
}

// Nombre is a decimal of at most four places kept as an integer: 1/10 000.
// JSON has it as a plain number (0.65).
type Nombre int32

// Entier is Nombre's unit: 1 is written 10 000.
const Entier Nombre = 10_000

// Parametres is how criteria add up. Every threshold is of the version.
type Parametres struct {
	Rho        Nombre    `json:"rho"`        // share of the strict score
	Decimales  int       `json:"decimales"`  // of published scores; the one rounding, half up
	Satisfait  Nombre    `json:"satisfait"`  // from this value on
	Partiel    Nombre    `json:"partiel"`    // from this value on; below, NON_SATISFAIT
	Confirme   Nombre    `json:"confirme"`   // coverage from which there is one letter
	Provisoire Nombre    `json:"provisoire"` // coverage from which there is a range
	Niveaux    []Niveau  `json:"niveaux"`    // best first; the last one takes what is left
	Confiance  Confiance `json:"confiance"`
	Alertes    Alertes   `json:"alertes"`
}

// Niveau is a level and what it asks. A nil condition asks nothing.
type Niveau struct {
	Code                string  `json:"code"`
	Libelle             string  `json:"libelle"`
	Score               Nombre  `json:"score"`                          // 0–100, at least
	Couverture          Nombre  `json:"couverture"`                     // at least
	EssentielsManquants *int    `json:"essentiels_manquants,omitempty"` // at most this many essentials under Partiel
	EssentielsInconnus  *int    `json:"essentiels_inconnus,omitempty"`  // at most this many essentials unknown
	Confiance           *Nombre `json:"confiance,omitempty"`            // 0–100, at least
	DimensionPlancher   *Nombre `json:"dimension_plancher,omitempty"`   // 0–100: no evaluated dimension under it
}

// Confiance: how sure a result is, by kind of evidence and by age.
type Confiance struct {
	Verifie       Nombre `json:"verifie"`
	Calcule       Nombre `json:"calcule"`
	Declare       Nombre `json:"declare"`
	Constante     Nombre `json:"constante"`      // a field to which the source gives one value everywhere
	FraicheurMois int    `json:"fraicheur_mois"` // fresh up to there
	AncienMois    int    `json:"ancien_mois"`    // linear down to AncienValeur there, and after
	AncienValeur  Nombre `json:"ancien_valeur"`
	Conteste      Nombre `json:"conteste"`
	Haute         Nombre `json:"haute"`   // 0–100: bands
	Moyenne       Nombre `json:"moyenne"` // 0–100
}

// Alertes: beyond these a simulation asks for a written justification.
type Alertes struct {
	ChangentDeNiveau Nombre `json:"changent_de_niveau"` // share of the places
	MedianeGroupe    Nombre `json:"mediane_groupe"`     // points, up or down
}

type Dimension struct {
	Code    string `json:"code"`
	Libelle string `json:"libelle"`
}

// Nature of the evidence of a criterion.
type Nature string

const (
	Calcule Nature = "C" // computed from the record (or by the platform)
	Declare Nature = "D" // declared by the place
	Verifie Nature = "V" // verified: a register, a visit
)

// SiAbsent: what the absence of the information means.
type SiAbsent string

const (
	Zero    SiAbsent = "zero"    // the missing information is the defect
	Inconnu SiAbsent = "inconnu" // not counted as an absence of service
)

// Critere is one line of the référentiel.
type Critere struct {
	Code         string    `json:"code"` // INF-01
	Dimension    string    `json:"dimension"`
	Libelle      string    `json:"libelle"`
	Question     string    `json:"question"` // in plain words
	Nature       Nature    `json:"nature"`
	Poids        Nombre    `json:"poids"` // points; at most one decimal
	Essentiel    bool      `json:"essentiel,omitempty"`
	SiAbsent     SiAbsent  `json:"si_absent"`
	ApplicableSi *Predicat `json:"applicable_si,omitempty"` // certainly false: SANS_OBJET. Unknown: applicable
	Regle        Regle     `json:"regle"`
	Textes       Textes    `json:"textes"`
}

// Textes are what people read of a criterion. A sentence may hold {names}: of
// fields, facts and parameters of the outcome, replaced by what was found.
type Textes struct {
	Regle     string `json:"regle"`                // the rule, in French
	Absent    string `json:"absent"`               // about this place when the information is absent
	SansObjet string `json:"sans_objet,omitempty"` // needed with applicable_si
	Action    string `json:"action"`               // what to do to gain: "Publiez vos horaires."
	// For essentials: the guarantee as the citizen reads it.
	Tenue     string `json:"tenue,omitempty"` // "Vous pouvez venir sans rendez-vous par internet."
	Manque    string `json:"manque,omitempty"`
	Confirmer string `json:"confirmer,omitempty"` // unknown: "Nous ne savons pas si… Appelez pour demander."
}

// Issue is an outcome: a value and the sentence about this place. Inconnu: the
// case says nothing (INCONNU whatever si_absent). SansObjet: the criterion does
// not concern this place. Valeur is then not read.
type Issue struct {
	Valeur    Nombre `json:"valeur"`
	Inconnu   bool   `json:"inconnu,omitempty"`
	SansObjet bool   `json:"sans_objet,omitempty"`
	Phrase    string `json:"phrase"`
}

// Regle gives a value between 0 and 1, half up to 1/10 000, or says that it is
// unknown or sans objet. Type tells which members count; any other member is an
// error.
//
//	present             champs: all filled → oui, else non. Never absent
//	table               champ (a list): the first ligne whose values are exactly the place's (any order), else sinon
//	contient            champ (a list): one of valeurs, or a value other than sauf → oui, else sinon
//	decompte            champ (a list): how many of valeurs (all but sauf when empty) → the first palier whose minimum is reached, else sinon
//	rampe               fait (a number): 0 at bornes.de, 1 at bornes.a, linear; profils by a contexte's value replace bornes
//	age                 champ (a date): 1 up to plein_mois, linear to 0 at nul_mois
//	coherence           champ (a list): share of its values whose field of correspondances is filled; none concerned: SANS_OBJET
//	decision            the first cas whose si is true, else sinon. With champs: none filled → absent
//	declaration         question: resultats by answer
//	verification        preuve: resultats by result
//	ratio_plateforme    mesure: numerator/denominator, unknown under n_min
//	somme_ponderee      Σ poids·regle of parts; an unknown part makes it unknown, one sans objet leaves its weight to the others
//	premiere_evaluable  the first of regles that is not unknown
//	meilleur_de         the greatest of regles that are known
//
// An absent field makes table, contient, decompte, rampe, age, coherence (and
// decision with champs) absent: hors_schema when the source's file has no such
// column and the rule says it, else si_absent of the criterion (in a part of a
// somme_ponderee it is 0 when si_absent is zero). Among premiere_evaluable and
// meilleur_de an absent rule is passed over; when none is known, one absent
// rule is enough for si_absent to decide. A declaration or a verification that
// was not made, is dated after the day of reference or has expired, is unknown.
//
// A cas that is unknown makes the decision unknown, unless every issue that is
// still possible has the same value. An unknown contexte makes a rampe unknown,
// unless every profile gives the same value.
type Regle struct {
	Type   string   `json:"type"`
	Champ  string   `json:"champ,omitempty"`
	Champs []string `json:"champs,omitempty"`
	Fait   string   `json:"fait,omitempty"`

	Valeurs    []string `json:"valeurs,omitempty"`
	Sauf       []string `json:"sauf,omitempty"`
	Lignes     []Ligne  `json:"lignes,omitempty"`
	Paliers    []Palier `json:"paliers,omitempty"`
	Oui        *Issue   `json:"oui,omitempty"`
	Non        *Issue   `json:"non,omitempty"`
	Sinon      *Issue   `json:"sinon,omitempty"`
	HorsSchema *Issue   `json:"hors_schema,omitempty"`
	Cas        []Cas    `json:"cas,omitempty"`

	Bornes   *Bornes           `json:"bornes,omitempty"`
	Contexte string            `json:"contexte,omitempty"` // which context chooses among profils
	Profils  map[string]Bornes `json:"profils,omitempty"`
	Plein    int               `json:"plein_mois,omitempty"`
	Nul      int               `json:"nul_mois,omitempty"`
	Phrase   string            `json:"phrase,omitempty"` // of the rules whose value is continuous

	Correspondances map[string]string `json:"correspondances,omitempty"`

	Question  string           `json:"question,omitempty"`
	Preuve    string           `json:"preuve,omitempty"`
	Resultats map[string]Issue `json:"resultats,omitempty"` // of declaration and verification, by answer or result
	Mesure    string           `json:"mesure,omitempty"`
	NMin      int              `json:"n_min,omitempty"`

	Parts  []Part  `json:"parts,omitempty"`
	Regles []Regle `json:"regles,omitempty"`
}

type Ligne struct {
	Valeurs []string `json:"valeurs"`
	Issue
}

type Palier struct {
	Minimum int `json:"minimum"`
	Issue
}

type Cas struct {
	Si Predicat `json:"si"`
	Issue
}

type Bornes struct {
	De Nombre `json:"de"`
	A  Nombre `json:"a"`
}

type Part struct {
	Poids Nombre `json:"poids"` // the parts sum to 1
	Regle Regle  `json:"regle"`
}

// Predicat is true, false or unknown (Kleene). Type tells which members count:
//
//	present   champ: filled. Never unknown
//	schema    champ: the source's file has that column. Never unknown
//	egal      champ (a list of that one value), fait, question or contexte = valeur; unknown when that is
//	contient  champ (a list) holds one of valeurs, or a value other than sauf; unknown when the field is
//	compare   fait (a number) operateur (<, <=, >, >=, =) nombre; unknown when the fact is
//	et, ou    of de
//	non       of de[0]
//
// The facts and their values: see Facts; the contexts: see Contexts.
type Predicat struct {
	Type      string     `json:"type"`
	Champ     string     `json:"champ,omitempty"`
	Fait      string     `json:"fait,omitempty"`
	Question  string     `json:"question,omitempty"`
	Contexte  string     `json:"contexte,omitempty"`
	Valeur    string     `json:"valeur,omitempty"`
	Valeurs   []string   `json:"valeurs,omitempty"`
	Sauf      []string   `json:"sauf,omitempty"`
	Operateur string     `json:"operateur,omitempty"`
	Nombre    *Nombre    `json:"nombre,omitempty"`
	De        []Predicat `json:"de,omitempty"`
}

// Question is asked to the place; its answers are valid some months.
type Question struct {
	Code         string    `json:"code"`
	Texte        string    `json:"texte"`
	Aide         string    `json:"aide,omitempty"`
	Reponses     []Reponse `json:"reponses"`
	ValiditeMois int       `json:"validite_mois"`
}

type Reponse struct {
	Code    string `json:"code"`
	Libelle string `json:"libelle"`
}

// Preuve is a kind of verified evidence: a register's entry, a visit.
type Preuve struct {
	Code         string    `json:"code"`
	Libelle      string    `json:"libelle"`
	Resultats    []Reponse `json:"resultats"`
	ValiditeMois int       `json:"validite_mois"`
}

// Exemple is a golden case: what evaluating it must give, to the last digit.
type Exemple struct {
	Titre   string          `json:"titre"`
	Entree  Entree          `json:"entree"`
	Attendu json.RawMessage `json:"attendu"` // members of Resultat; those given must be equal
}

// Residu is a case, known and accepted in public, in which hiding a field pays.
type Residu struct {
	Champ    string `json:"champ"`
	Critere  string `json:"critere"`
	Pourquoi string `json:"pourquoi"`
}

// Fact is a derived fact that rules may read.
type Fact struct {
	Name    string   // as in the document
	Champs  []string // columns that it comes from
	Values  []string // nil: a number
	Libelle string   // for people
}

// Facts of Faits, as rules name them. Yes and no are "oui" and "non"; where ""
// of Faits means that there is none, the value is "aucun".
var Facts = []Fact{
	{Name: "horaires", Champs: []string{"horaires"}, Values: []string{"lisibles", "texte", "aucun"}, Libelle: "lisibilité des horaires"},
	{Name: "minutes_semaine", Champs: []string{"horaires"}, Libelle: "minutes d’ouverture par semaine"},
	{Name: "heures_semaine", Champs: []string{"horaires"}, Libelle: "heures d’ouverture par semaine"},
	{Name: "hors_bureau", Champs: []string{"horaires"}, Values: []string{"oui", "non"}, Libelle: "ouverture hors des heures de bureau"},
	{Name: "presentation", Champs: []string{"presentation_resume", "presentation_detail"}, Libelle: "lettres de la présentation"},
	{Name: "ecart_commune", Champs: []string{"latitude", "longitude", "commune"}, Libelle: "mètres entre la position et la commune déclarée"},
	{Name: "pivot", Champs: []string{"pivot"}, Values: []string{"siret", "rna", "ridet", "siren", "aucun"}, Libelle: "nature de l’identifiant de la structure"},
	{Name: "acces_libre", Champs: []string{"fiche_acces_libre"}, Values: []string{"oui", "non"}, Libelle: "fiche Acceslibre valable"},
}

// Contexts and their values. "territoire" is "itinerant" when itinerance holds
// Itinérant and not Fixe, else what "densite" is.
var Contexts = map[string][]string{
	"densite":     {"dense", "intermediaire", "rural"},
	"aide_locale": {"oui", "non"},
	"territoire":  {"dense", "intermediaire", "rural", "itinerant"},
}

// Measures are what the platform counts.
var Measures = []string{"signalements_traites"} // handled within 30 days, of those received over 12 months
