package mapping

import "mednum/internal/place"

// Suggest proposes the mapping of a file from the names of its columns and the
// values of some of its rows. What is not sure enough is left out, and said.
// communes may be nil: coordinates are then judged by themselves alone.
func Suggest(columns []string, rows [][]string, communes place.Communes) Suggestion {
	s := Suggestion{Mapping: Mapping{Correspondance: 1, Champs: map[string]Regle{}}}
	for _, c := range columns {
		s.Reasons = append(s.Reasons, Reason{Column: c, Text: "Colonne non reconnue."})
	}
	return s
}
