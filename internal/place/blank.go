package place

// Blank reports whether a cell says nothing: empty, or a word that people and
// programs write for "we do not know". Who picks among cells asks before Read.
func Blank(cell string) bool {
	v := unwrap(cell)
	return v == "" || isBlank(v)
}
