package quality

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// Published is what a Feature says of its place's score: members of its
// properties, after the standard's columns. A place never scored has them all
// null but the lists, which are empty.
type Published struct {
	Score        *float64 `json:"score"`  // 0–100; to be shown with etat; null when nothing is evaluated
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

// Published is what is said of a result beside the place.
func (r *Resultat) Published() Published {
	p := Published{
		Niveau: optional(r.Niveau), NiveauMin: optional(r.NiveauMin), NiveauMax: optional(r.NiveauMax),
		Etat: &r.Etat, Couverture: r.Couverture.float(),
		Socle: r.Socle.Tenues, SocleManque: r.Socle.Manquantes, SocleInconnu: r.Socle.Inconnues,
		EnReexamen: r.EnReexamen, Referentiel: optional(r.Version), DateScore: optional(r.Date.String()),
	}
	if r.Couverture > 0 {
		p.Score, p.Confiance = r.Score.float(), r.Confiance.float()
	}
	return p
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// float is the nearest double: what a JSON reader makes of the decimal.
func (n Nombre) float() *float64 {
	x := float64(n) / float64(Entier)
	return &x
}

// AppendMembers appends the JSON members, without braces, in the struct's order.
func (p *Published) AppendMembers(dst []byte) []byte {
	dst = appendFloat(append(dst, `"score":`...), p.Score)
	dst = appendString(append(dst, `,"niveau":`...), p.Niveau)
	dst = appendString(append(dst, `,"niveau_min":`...), p.NiveauMin)
	dst = appendString(append(dst, `,"niveau_max":`...), p.NiveauMax)
	dst = appendString(append(dst, `,"etat":`...), (*string)(p.Etat))
	dst = appendFloat(append(dst, `,"couverture":`...), p.Couverture)
	dst = appendFloat(append(dst, `,"confiance":`...), p.Confiance)
	dst = appendTexts(append(dst, `,"socle":`...), p.Socle)
	dst = appendTexts(append(dst, `,"socle_manque":`...), p.SocleManque)
	dst = appendTexts(append(dst, `,"socle_inconnu":`...), p.SocleInconnu)
	dst = strconv.AppendBool(append(dst, `,"en_reexamen":`...), p.EnReexamen)
	dst = appendString(append(dst, `,"referentiel":`...), p.Referentiel)
	return appendString(append(dst, `,"date_score":`...), p.DateScore)
}

func appendFloat(dst []byte, x *float64) []byte {
	if x == nil {
		return append(dst, "null"...)
	}
	return strconv.AppendFloat(dst, *x, 'f', -1, 64)
}

func appendString(dst []byte, s *string) []byte {
	if s == nil {
		return append(dst, "null"...)
	}
	return appendText(dst, *s)
}

// ParsePublished reads what AppendMembers wrote. No text at all is a place that
// was never scored.
func ParsePublished(members []byte) (Published, error) {
	p := Published{Socle: []string{}, SocleManque: []string{}, SocleInconnu: []string{}}
	text := make([]byte, 0, len(members)+2)
	text = append(append(append(text, '{'), members...), '}')
	if err := json.Unmarshal(text, &p); err != nil {
		return Published{}, fmt.Errorf("parse published score: %w", err)
	}
	return p, nil
}
