// Package quality is the référentiel of quality of service and the engine that
// scores a place against one of its versions.
//
// It is pure: no clock, no input or output, no floating point. Scoring is a
// function of a version and an Entree; the same two give the same Resultat, to
// the last bit, on any machine and any day. What is unknown is said unknown,
// and is never taken for an absence of service.
package quality

import (
	"errors"
	"strings"

	"mednum/internal/place"
)

// Moteur is the version of the evaluation, Derivation of the facts drawn from
// records (opening hours included). Either changes when what it computes does.
const (
	Moteur     = "1"
	Derivation = "1"
)

// Entree is all that the score of a place depends on, but the version. It is
// stored with the score (its canonical JSON and hash), so that it is replayed.
// It holds no contact: only whether there is one.
type Entree struct {
	Fiche     Fiche         `json:"fiche"`
	Contexte  Contexte      `json:"contexte"`
	Reponses  []Declaration `json:"reponses,omitempty"` // by question; the last one of each
	Preuves   []Evidence    `json:"preuves,omitempty"`  // by preuve; the last one of each
	Mesures   []Mesure      `json:"mesures,omitempty"`
	Contestes []string      `json:"contestes,omitempty"` // codes of criteria under review, sorted
	Date      Jour          `json:"date"`                // of reference: there is no clock
}

// Jour is a day in JSON as YYYY-MM-DD; the zero one is unknown, null.
type Jour struct{ place.Date }

// Fiche is what the rules read of a record: Derive makes it.
type Fiche struct {
	Listes   map[string][]string `json:"listes"`            // columns with several values that are known, by name; empty is known
	Presents []string            `json:"presents"`          // columns that are filled, sorted
	Absents  []string            `json:"absents,omitempty"` // columns that the source's schema does not have, sorted
	DateMaj  Jour                `json:"date_maj"`
	Faits    Faits               `json:"faits"`
}

// Faits are derived. A nil pointer and "" are unknown, but where said.
type Faits struct {
	Horaires       string `json:"horaires"`                  // "" none, "lisibles", "texte"
	MinutesSemaine *int   `json:"minutes_semaine,omitempty"` // of an ordinary week
	HorsBureau     *bool  `json:"hors_bureau,omitempty"`     // open on Saturday, on Sunday or after 18:00
	Presentation   int    `json:"presentation"`              // letters of presentation_resume and presentation_detail
	EcartCommune   *int   `json:"ecart_commune,omitempty"`   // metres from the position to the declared commune, 0 inside; nil: no position, no commune or no contour
	Pivot          string `json:"pivot"`                     // "siret", "rna", "ridet", "siren", "" none that is valid
	AccesLibre     bool   `json:"acces_libre"`               // fiche_acces_libre is an address of Acceslibre
}

// Contexte is where the place is, and what its source does. It changes
// thresholds, never gives points.
type Contexte struct {
	Densite    string   `json:"densite,omitempty"`     // "dense", "intermediaire", "rural"; "" unknown
	AideLocale string   `json:"aide_locale,omitempty"` // "oui", "non": is a pass or local help active there; "" unknown
	Constantes []string `json:"constantes,omitempty"`  // fields to which the source gives one value everywhere, sorted
}

// Declaration is the place's answer to a question of the version.
type Declaration struct {
	Question string `json:"question"`
	Reponse  string `json:"reponse"`
	Date     Jour   `json:"date"`
	Expire   Jour   `json:"expire"` // unknown: as the question says
}

// Retiree is the answer that takes back the one before: the place does not know,
// or no longer says. The question is then as if it had never been answered.
const Retiree = "inconnu"

// Evidence is what a verification found.
type Evidence struct {
	Preuve   string `json:"preuve"`
	Resultat string `json:"resultat"`
	Date     Jour   `json:"date"`
	Expire   Jour   `json:"expire"`
}

// Mesure is what the platform counts: Numerateur of Denominateur.
type Mesure struct {
	Mesure       string `json:"mesure"`
	Numerateur   int    `json:"numerateur"`
	Denominateur int    `json:"denominateur"`
}

// Statut of a criterion.
type Statut string

const (
	StatutSatisfait    Statut = "SATISFAIT"
	StatutPartiel      Statut = "PARTIEL"
	StatutNonSatisfait Statut = "NON_SATISFAIT"
	StatutInconnu      Statut = "INCONNU"
	StatutSansObjet    Statut = "SANS_OBJET"
)

// Valeur of a criterion in 1/10 000, or one of the two below.
type Valeur int16

const (
	ValeurInconnue  Valeur = -1
	ValeurSansObjet Valeur = -2
)

// Resultat is the score of a place. Ratios are exact integers; the published
// decimals come from them by the one rounding that the version declares.
type Resultat struct {
	Version     string            `json:"version"`
	Referentiel string            `json:"referentiel"` // SHA-256 of the version, hexadecimal
	Moteur      string            `json:"moteur"`
	Derivation  string            `json:"derivation"`
	Entree      string            `json:"entree"` // SHA-256 of the Entree, hexadecimal
	Date        Jour              `json:"date"`
	Criteres    []ResultatCritere `json:"criteres"` // in the version's order

	Couverture Nombre              `json:"couverture"` // 0–1, rounded half up to 1/10 000
	Strict     Nombre              `json:"strict"`     // 0–100, rounded half up to Parametres.Decimales
	Observe    Nombre              `json:"observe"`    // the same
	Potentiel  Nombre              `json:"potentiel"`  // the same
	Score      Nombre              `json:"score"`      // the same
	Confiance  Nombre              `json:"confiance"`  // the same
	Etat       Etat                `json:"etat"`
	Niveau     string              `json:"niveau,omitempty"`     // only confirme
	NiveauMin  string              `json:"niveau_min,omitempty"` // confirme: = Niveau; provisoire: level of strict
	NiveauMax  string              `json:"niveau_max,omitempty"` // provisoire: level of observed
	Socle      Socle               `json:"socle"`
	Dimensions []ResultatDimension `json:"dimensions"`
	EnReexamen bool                `json:"en_reexamen,omitempty"` // a contest under way could change the level
}

// Etat says how a result may be shown.
type Etat string

const (
	Confirme    Etat = "confirme"     // one letter
	Provisoire  Etat = "provisoire"   // a range
	NonAttribue Etat = "non_attribue" // no letter
)

// Socle is the essential guarantees by what is known of them: codes of
// criteria. Those that are sans objet are in none.
type Socle struct {
	Tenues     []string `json:"tenues"`
	Manquantes []string `json:"manquantes"`
	Inconnues  []string `json:"inconnues"`
}

type ResultatCritere struct {
	Code     string  `json:"code"`
	Statut   Statut  `json:"statut"`
	Valeur   *Nombre `json:"valeur"` // null when INCONNU or SANS_OBJET
	Poids    Nombre  `json:"poids"`
	Points   *Nombre `json:"points"` // Valeur × Poids, rounded half up to 1/10 000
	Expire   bool    `json:"expire,omitempty"`
	Conteste bool    `json:"conteste,omitempty"`
}

type ResultatDimension struct {
	Code       string  `json:"code"`
	Couverture Nombre  `json:"couverture"`
	Observe    *Nombre `json:"observe"` // 0–100; null when nothing is evaluated
}

// Scored is a stored score with all that it came from.
type Scored struct {
	ID        string
	Nom       string
	Source    string // who gave the record
	Entree    Entree
	Resultat  Resultat
	Version   string
	Document  []byte    // of the version: canonical JSON
	Suivant   *Resultat // under the version published but not yet in force
	SuivantLe Jour      // from when on
}

// ErrNoScore: the place was never scored.
var ErrNoScore = errors.New("no score")

// Fault is one thing wrong in a document or in answers.
type Fault struct {
	Where   string `json:"ou"`      // path in the document: "criteres[3].poids"
	Found   string `json:"trouve"`  // as it is
	Message string `json:"message"` // French: what to write
}

// Faults are told all at once.
type Faults []Fault

func (f Faults) Error() string {
	var b strings.Builder
	for i, x := range f {
		if i > 0 {
			b.WriteString(" ; ")
		}
		b.WriteString(x.Where + " : " + x.Message)
	}
	return b.String()
}
