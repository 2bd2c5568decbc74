package census

import (
	"mednum/internal/french"
	"mednum/internal/place"
)

// explanations are the findings that only reading a whole file can make: those
// about a cell's own value are internal/place's.
var explanations = map[string]struct {
	severity       place.Severity
	title, message string
}{
	"cell_cut":          {place.Warning, "cellule coupée", "Une cellule dépasse un million de caractères : seul son début est lu. Raccourcir le texte."},
	"position_interior": {place.Corrected, "forme à la place d’un point", "La géométrie n’est pas un point : la position est celle d’un point pris dedans. Donner un point, à l’entrée du lieu."},
	"position_geocoded": {place.Corrected, "position trouvée par l’adresse", "La position manquait : la recherche d’adresses donne {ecrit} pour « {trouve} » ({precision}, sûr à {score} %). Écrire les coordonnées quand on les connaît."},
	"position_replaced": {place.Corrected, "position remplacée par celle de l’adresse", "Le point donné ({lu}) n’est pas là où est l’adresse : la recherche d’adresses donne {ecrit} pour « {trouve} » ({precision}, sûr à {score} %). Vérifier les coordonnées."},
}

func explain(code string) (place.Severity, string) {
	if e, ok := explanations[code]; ok {
		return e.severity, e.title
	}
	severity, title, _ := place.Explain(code)
	return severity, title
}

// finding makes one of ours, or one of internal/place's; words are pairs, as
// there.
func finding(code, field string, line int, found, made string, words ...string) place.Finding {
	e, ok := explanations[code]
	if !ok {
		return place.NewFinding(code, field, line, found, made, words...)
	}
	pairs := []string{"{lu}", found, "{ecrit}", made}
	for i := 0; i+1 < len(words); i += 2 {
		pairs = append(pairs, "{"+words[i]+"}", words[i+1])
	}
	return place.Finding{Severity: e.severity, Code: code, Field: field, Line: line, Found: clip(found, 400), Made: clip(made, 400),
		Message: french.Fill(e.message, pairs...)}
}
