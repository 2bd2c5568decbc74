package quality

// Explication is a score as people read it: beside every number its sentence,
// and no code where somebody reads. The API sends it as it is, the pages show
// the same words.
type Explication struct {
	Version string `json:"version"`
	Titre   string `json:"titre"` // of the version
	Date    Jour   `json:"date"`  // of reference
	Source  string `json:"source,omitempty"`
	Resume  string `json:"resume"` // the whole in two or three sentences

	Etat        Etat            `json:"etat"`
	Score       *Nombre         `json:"score"`            // 0–100; null when nothing is evaluated
	Niveau      string          `json:"niveau,omitempty"` // only confirme
	NiveauMin   string          `json:"niveau_min,omitempty"`
	NiveauMax   string          `json:"niveau_max,omitempty"`
	NiveauTexte string          `json:"niveau_texte"` // "B (bon)", "entre D et B", "non attribué"
	Couverture  Lecture         `json:"couverture"`   // 0–1
	Confiance   LectureBande    `json:"confiance"`    // 0–100
	Socle       SocleLu         `json:"socle"`
	Reexamen    string          `json:"reexamen,omitempty"` // a contest under way could change the level
	Prochain    *ProchainNiveau `json:"prochain_niveau"`    // null at the top
	Actions     []Action        `json:"actions"`            // one a criterion, greatest gain first
	Champs      []ActionChamp   `json:"champs"`             // by field to fill or question to answer, greatest gain first
	Dimensions  []DimensionLue  `json:"dimensions"`
	Criteres    []CritereLu     `json:"criteres"` // in the version's order
	AVenir      *AVenir         `json:"version_a_venir,omitempty"`
}

// Lecture is a number and what it means.
type Lecture struct {
	Valeur Nombre `json:"valeur"`
	Phrase string `json:"phrase"`
}

// LectureBande is a confidence: its band and why.
type LectureBande struct {
	Valeur  Nombre   `json:"valeur"`
	Bande   string   `json:"bande"` // "haute", "moyenne", "basse"
	Phrase  string   `json:"phrase"`
	Raisons []string `json:"raisons"` // what lowers it, most first
}

// SocleLu is the essential guarantees.
type SocleLu struct {
	Phrase    string     `json:"phrase"` // "Socle : 5 garanties sur 7, 2 à confirmer."
	Garanties []Garantie `json:"garanties"`
}

// Garantie is an essential criterion as the citizen reads it.
type Garantie struct {
	Code    string `json:"code"`
	Libelle string `json:"libelle"`
	Etat    string `json:"etat"` // "tenue", "manquante", "inconnue"
	Phrase  string `json:"phrase"`
}

// ProchainNiveau says exactly what separates a place from a level.
type ProchainNiveau struct {
	Niveau  string   `json:"niveau"`
	Libelle string   `json:"libelle"`
	Phrases []string `json:"phrases"` // one for each thing that is missing
	Points  Nombre   `json:"points"`  // missing to the score, rounded up; 0: none
	Manques []string `json:"manques"` // codes of the essentials that stand in the way
}

// Action is what would gain on one criterion.
type Action struct {
	Critere     string `json:"critere"`
	Libelle     string `json:"libelle"`
	Phrase      string `json:"phrase"`     // "Publiez vos horaires."
	GainScore   Nombre `json:"gain_score"` // points of score, the aggregation run again
	GainTexte   string `json:"gain_texte"` // "+4,2 points"
	NiveauApres string `json:"niveau_apres,omitempty"`
}

// ActionChamp is what filling one field well, or answering one question, would
// gain over all criteria that read it.
type ActionChamp struct {
	Champ       string   `json:"champ,omitempty"`    // column of the standard
	Question    string   `json:"question,omitempty"` // of the questionnaire
	Preuve      string   `json:"preuve,omitempty"`   // to be verified
	Libelle     string   `json:"libelle"`
	Phrase      string   `json:"phrase"`
	Criteres    []string `json:"criteres"` // codes, in the version's order
	GainScore   Nombre   `json:"gain_score"`
	GainTexte   string   `json:"gain_texte"`
	NiveauApres string   `json:"niveau_apres,omitempty"`
}

// DimensionLue is a line of the profile.
type DimensionLue struct {
	Code       string  `json:"code"`
	Libelle    string  `json:"libelle"`
	Observe    *Nombre `json:"observe"` // 0–100; null when nothing is evaluated
	Couverture Nombre  `json:"couverture"`
	Phrase     string  `json:"phrase"`
}

// CritereLu is a criterion and what it says of this place.
type CritereLu struct {
	Code        string    `json:"code"`
	Libelle     string    `json:"libelle"`
	Question    string    `json:"question"`
	Dimension   string    `json:"dimension"` // its libellé
	Essentiel   bool      `json:"essentiel"`
	Statut      Statut    `json:"statut"`
	StatutLu    string    `json:"statut_texte"` // "satisfait", "inconnu"…
	Valeur      *Nombre   `json:"valeur"`
	Poids       Nombre    `json:"poids"`
	Points      *Nombre   `json:"points"`
	PointsLus   string    `json:"points_texte"` // "3,2 sur 4"
	Regle       string    `json:"regle"`
	Phrase      string    `json:"phrase"`     // about this place
	Remarques   []string  `json:"remarques"`  // expired, contested, constant of the source
	Origines    []Origine `json:"origines"`   // what was read
	Action      string    `json:"action"`     // "" when there is nothing to gain
	GainScore   *Nombre   `json:"gain_score"` // null when there is nothing to gain
	NiveauApres string    `json:"niveau_apres,omitempty"`
	Expire      bool      `json:"expire"`
	Conteste    bool      `json:"conteste"`
}

// Origine is one thing that a criterion read: of which source and date.
type Origine struct {
	Nature  string `json:"nature"`           // "champ", "fait", "question", "preuve", "mesure", "contexte"
	Nom     string `json:"nom"`              // column, question…: for programs
	Libelle string `json:"libelle"`          // for people
	Trouve  string `json:"trouve"`           // for people; "" when nothing is known
	Source  string `json:"source,omitempty"` // who said it
	Date    Jour   `json:"date"`             // when
	Expire  Jour   `json:"expire"`           // until when it counts
	Phrase  string `json:"phrase"`           // the whole in French
}

// AVenir is the score under the version published but not yet in force.
type AVenir struct {
	Version string   `json:"version"`
	Le      Jour     `json:"le"`
	Score   *Nombre  `json:"score"`
	Niveau  string   `json:"niveau_texte"`
	Phrase  string   `json:"phrase"`
	Ecarts  []string `json:"ecarts"` // sentences: criteria whose points change
}
