// Package territory holds the communes, EPCI, départements and régions, and a
// gazetteer that finds a commune as a person writes it. It is pure: files come
// as readers, the database is elsewhere.
package territory

import "github.com/paulmach/orb"

// Commune is a commune, or a municipal arrondissement (then Parent is set), as
// the official geographic code has it.
type Commune struct {
	Code         string   // INSEE, current
	Nom          string   // with its article: "Le Bouscat"
	CodesPostaux []string // sorted
	Departement  string   // code
	Region       string   // code
	Epci         string   // SIREN, "" when none
	Parent       string   // of an arrondissement: "75056"; else ""
	Population   int      // -1 unknown
	Point        orb.Point
	HasPoint     bool         // false: we do not know where it is
	Contour      orb.Geometry // Polygon or MultiPolygon, nil when unknown
	AnciensCodes []string     // former codes that now mean this commune
	AnciensNoms  []string
}

// Division is an EPCI, a département or a région.
type Division struct {
	Kind       string // "epci", "departement", "region"
	Code       string
	Nom        string
	Region     string // of a département
	Population int    // -1 unknown
	Contour    orb.Geometry
}

// Set is everything that was read, consistent: codes resolve.
type Set struct {
	Communes  []Commune
	Divisions []Division
	Origin    string // French: where it comes from and of which year, shown to people
}
