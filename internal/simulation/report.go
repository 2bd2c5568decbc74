package simulation

import "mednum/internal/quality"

// Report is what a simulation found. Its JSON is the same, to the last byte,
// for the same versions, the same places in any order and the same number of
// draws, on any machine. Shares are 0–1, scores and their moves 0–100 points.
// A null is a figure that nothing gives: the median of nobody.
type Report struct {
	Before Edition `json:"avant"`
	After  Edition `json:"apres"`
	Places int     `json:"lieux"`

	// Summary is what a committee reads first: French sentences.
	Summary []string `json:"resume"`

	// Alerts: what is beyond the thresholds of the draft. With one or more, a
	// written justification is required to go on.
	Alerts                []Alert `json:"alertes"`
	JustificationRequired bool    `json:"justification_requise"`

	Levels Matrix `json:"niveaux"`     // what is shown: a letter, provisoire, non attribué
	Ranges Matrix `json:"fourchettes"` // of the places that are provisoire under both versions
	Moves  Moves  `json:"mouvements"`
	Axes   []Axis `json:"axes"`

	Sensitivity Sensitivity `json:"sensibilite"` // of the draft
	Without     []Without   `json:"sans_critere"`

	Checks       []Check  `json:"controles"`      // of the draft, static
	Hiding       []Hiding `json:"masquage"`       // of the draft, on some of these places
	HidingPlaces int      `json:"masquage_lieux"` // how many, evenly taken
}

// Edition names a version exactly.
type Edition struct {
	Version string `json:"version"`
	Hash    string `json:"empreinte"` // SHA-256 of the canonical document
}

// Alert is a threshold that is passed.
type Alert struct {
	Code    string         `json:"code"`             // "changent-de-niveau", "mediane-groupe"
	Axis    string         `json:"axe,omitempty"`    // of a group
	Group   string         `json:"groupe,omitempty"` // its code
	Measure quality.Nombre `json:"mesure"`
	Limit   quality.Nombre `json:"seuil"`
	Text    string         `json:"phrase"` // French
}

// Matrix counts places by what they were (rows) and what they become (columns).
type Matrix struct {
	Classes []Class `json:"classes"`   // of rows and of columns alike, best first
	Counts  [][]int `json:"effectifs"` // [before][after]
	Before  []int   `json:"avant"`     // sums of the rows
	After   []int   `json:"apres"`     // sums of the columns
}

// Class is what a place may be shown as.
type Class struct {
	Code  string `json:"code"`    // "A", "provisoire", "non_attribue"; of ranges "B-D", the best first
	Label string `json:"libelle"` // French
}

// Moves are the winners and the losers. A place moves when its published score
// does; one without a score under either version is not compared.
type Moves struct {
	Compared     int             `json:"compares"`
	Same         int             `json:"inchanges"`
	Winners      Camp            `json:"gagnants"`
	Losers       Camp            `json:"perdants"`
	MedianBefore *quality.Nombre `json:"mediane_avant"`
	MedianAfter  *quality.Nombre `json:"mediane_apres"`

	// Level: what is shown changes, be it the letter, the range or the state.
	// Raised and Lowered are those of which one can say so; the others are
	// shown otherwise (a range becomes wider, a letter becomes a range).
	ChangeLevel      int            `json:"changent_de_niveau"`
	ChangeLevelShare quality.Nombre `json:"part_changent_de_niveau"`
	Raised           int            `json:"montent"`
	Lowered          int            `json:"descendent"`
}

// Camp is the places whose score moves one way.
type Camp struct {
	Count    int             `json:"lieux"`
	Share    quality.Nombre  `json:"part"` // of the compared
	Mean     *quality.Nombre `json:"moyenne"`
	Median   *quality.Nombre `json:"mediane"`
	Examples []Example       `json:"exemples"` // those who move most; then by id
}

// Example is one place that moves.
type Example struct {
	ID          string         `json:"id"`
	Departement string         `json:"departement"`
	Before      quality.Nombre `json:"score_avant"`
	After       quality.Nombre `json:"score_apres"`
	ShownBefore string         `json:"affiche_avant"` // code of a Class: "B", "B-D", "non_attribue"
	ShownAfter  string         `json:"affiche_apres"`
	Criteria    []Change       `json:"criteres"` // what moves it most, in points of 100, at most three
}

// Change is what one criterion adds to, or takes from, a place's strict score.
type Change struct {
	Code   string         `json:"code"`
	Points quality.Nombre `json:"points"`
}

// Axis is a way to divide the places.
type Axis struct {
	Code   string  `json:"code"`    // "departement", "densite", "itinerance", "porteur", "source"
	Label  string  `json:"libelle"` // French
	Groups []Group `json:"groupes"` // largest first for carriers and sources, by code else; "autres" last
}

// Others is the code of the groups under five places, merged.
const Others = "autres"

// Group is what happens to some of the places.
type Group struct {
	Code             string          `json:"code"`
	Label            string          `json:"libelle"`
	Places           int             `json:"lieux"`
	MedianBefore     *quality.Nombre `json:"mediane_avant"`
	MedianAfter      *quality.Nombre `json:"mediane_apres"`
	MedianMove       *quality.Nombre `json:"mouvement_mediane"` // the after less the before
	Winners          int             `json:"gagnants"`
	Losers           int             `json:"perdants"`
	ChangeLevel      int             `json:"changent_de_niveau"`
	ChangeLevelShare quality.Nombre  `json:"part_changent_de_niveau"`
	Agreement        *quality.Nombre `json:"accord"` // as in Sensitivity
}

// Sensitivity says how much the draft's letters owe to its numbers, by drawing
// others near them: weights, rho, thresholds of the levels, aggregation. A place
// that shows one letter is followed by that letter, with all that it asks; one
// that shows a range, or nothing, by the letter of its score, which coverage,
// unknown essentials and confidence would otherwise hide.
type Sensitivity struct {
	Seed       string         `json:"graine"` // from the hash of the draft
	Draws      int            `json:"tirages"`
	Weights    quality.Nombre `json:"poids_plus_ou_moins"` // 0.25: ±25 %
	RhoFrom    quality.Nombre `json:"rho_de"`
	RhoTo      quality.Nombre `json:"rho_a"`
	Thresholds quality.Nombre `json:"seuils_plus_ou_moins"` // points
	Robust     quality.Nombre `json:"seuil_robuste"`        // a place is robust from this agreement on

	Overall Stability   `json:"ensemble"` // places that show a letter or a range
	Bands   []Stability `json:"tranches"` // by coverage; the one that shows nothing too
	Text    string      `json:"phrase"`
}

// Stability of the letter over the draws.
type Stability struct {
	Label     string          `json:"libelle"`
	From      quality.Nombre  `json:"couverture_de"`
	To        quality.Nombre  `json:"couverture_a"` // excluded, but 1
	Places    int             `json:"lieux"`
	Coverage  *quality.Nombre `json:"couverture_moyenne"`
	Agreement *quality.Nombre `json:"accord"`        // mean share of draws that give the same letter
	Near      *quality.Nombre `json:"accord_a_un"`   // the same or a neighbouring one
	Robust    *quality.Nombre `json:"part_robustes"` // share of the places
	Variance  *Variance       `json:"variance"`      // of the letter over the draws; null when it never varies
}

// Variance is η²: the share of a letter's variance over the draws (within a
// place) that each choice explains by itself. What is left is their interplay.
type Variance struct {
	Rho           quality.Nombre `json:"rho"`
	Weights       quality.Nombre `json:"poids"` // together
	HeaviestCode  string         `json:"critere_le_plus_sensible"`
	HeaviestValue quality.Nombre `json:"poids_le_plus_sensible"` // its weight alone
	Thresholds    quality.Nombre `json:"seuils"`                 // together
	Aggregation   quality.Nombre `json:"agregation"`
}

// Without is what leaving a criterion out of the draft would do.
type Without struct {
	Code        string         `json:"code"`
	Label       string         `json:"libelle"`
	Weight      quality.Nombre `json:"poids"`
	ChangeShare quality.Nombre `json:"part_changent_de_lettre"`
	Up          int            `json:"montent"`
	Down        int            `json:"descendent"`
	MeanMove    quality.Nombre `json:"mouvement_moyen"`        // of the score
	MeanAbs     quality.Nombre `json:"mouvement_absolu_moyen"` // of the score
	Evaluated   quality.Nombre `json:"part_evalues"`           // share of the places where it is known, of those where it applies
}

// Check is one static check of the draft.
type Check struct {
	Where    string `json:"ou,omitempty"` // path in the document
	Message  string `json:"message"`      // French
	Blocking bool   `json:"bloquant"`     // else a warning
}

// Hiding counts the places whose score would rise if a field were emptied.
type Hiding struct {
	Field    string          `json:"champ"`
	Filled   int             `json:"remplis"`
	Gain     int             `json:"gagneraient"`
	Most     *quality.Nombre `json:"gain_maximal"` // points of score
	Example  string          `json:"exemple,omitempty"`
	Accepted string          `json:"residu,omitempty"` // why the version accepts it; "" it does not
}
