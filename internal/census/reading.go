package census

import (
	"mednum/internal/mapping"
	"mednum/internal/sheet"
)

// Reading says how a file is opened to be imported: who opens it for anything
// else must see the same columns. m may be nil.
func Reading(m *mapping.Mapping) sheet.Options {
	o := sheet.Options{Known: knownColumns}
	if m != nil && m.Lecture != nil {
		l := m.Lecture
		o.Sheet, o.Path, o.Separator, o.Encoding, o.HeaderLine = l.Feuille, l.Chemin, l.Separateur, l.Encodage, l.LigneEntetes
	}
	return o
}
