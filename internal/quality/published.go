package quality

// Published is what a Feature says of its place's score: members of its
// properties, after the standard's columns. A place never scored has them all
// null but the lists, which are empty.
type Published struct {
	Score        *float64 `json:"score"`  // 0–100; to be shown with etat
	Niveau       *string  `json:"niveau"` // only when etat is confirme
	NiveauMin    *string  `json:"niveau_min"`
	NiveauMax    *string  `json:"niveau_max"`
	Etat         *Etat    `json:"etat"`
	Couverture   *float64 `json:"couverture"` // 0–1
	Confiance    *float64 `json:"confiance"`  // 0–100
	Socle        []string `json:"socle"`      // essential guarantees that hold: codes of criteria
	SocleManque  []string `json:"socle_manque"`
	SocleInconnu []string `json:"socle_inconnu"`
	EnReexamen   bool     `json:"en_reexamen"`
	Referentiel  *string  `json:"referentiel"` // version
	DateScore    *string  `json:"date_score"`  // YYYY-MM-DD
}
