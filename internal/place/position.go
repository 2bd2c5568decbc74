package place

// Position is a point in EPSG:4326, inside the bounds of a French territory.
// It is only made by NewPosition. The zero Position is unknown.
type Position struct {
	latitude, longitude float64
	known               bool
}

// Known reports whether the position is known.
func (p Position) Known() bool { return p.known }

// Latitude in degrees north. 0 when unknown: ask Known first.
func (p Position) Latitude() float64 { return p.latitude }

// Longitude in degrees east. 0 when unknown: ask Known first.
func (p Position) Longitude() float64 { return p.longitude }
