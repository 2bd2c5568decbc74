package place

import (
	"errors"
	"fmt"
	"math"
)

// Position is a point in EPSG:4326, inside the bounds of a French territory.
// It is only made by NewPosition, or by Anywhere for the point from which
// somebody asks. The zero Position is unknown.
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

// ErrOutOfBounds: the coordinates are in no French territory.
var ErrOutOfBounds = errors.New("coordinates outside every French territory")

// bounds of the inhabited French territories, with a few kilometres of sea
// around, in degrees. Départements name them.
var bounds = []struct {
	departement              string // "" is metropolitan France
	west, south, east, north float64
}{
	{"", -5.3, 42.2, 8.4, 51.2},
	{"20", 8.4, 41.2, 9.7, 43.2}, // Corsica, both départements
	{"971", -61.95, 15.75, -60.9, 16.6},
	{"972", -61.35, 14.3, -60.7, 15.0},
	{"973", -54.7, 2.0, -51.5, 6.0},
	{"974", 55.1, -21.5, 55.95, -20.8},
	{"975", -56.6, 46.6, -56.0, 47.25},
	{"976", 44.9, -13.2, 45.4, -12.5},
	{"977", -63.0, 17.8, -62.7, 18.05},
	{"978", -63.2, 18.0, -62.95, 18.2},
	{"986", -178.4, -14.5, -176.0, -13.1},
	{"987", -155.0, -28.0, -134.0, -7.5},
	{"988", 158.0, -23.2, 172.2, -17.8}, // with the Chesterfield, Walpole, Matthew and Hunter islands
}

// NewPosition makes a position, rounded to 7 decimals (about a centimetre, the
// most that is ever written). The error says, in French, what is wrong.
func NewPosition(latitude, longitude float64) (Position, error) {
	latitude, longitude = round7(latitude), round7(longitude)
	for _, b := range bounds {
		if latitude >= b.south && latitude <= b.north && longitude >= b.west && longitude <= b.east {
			return Position{latitude, longitude, true}, nil
		}
	}
	return Position{}, fmt.Errorf("latitude %v, longitude %v : %w", latitude, longitude, ErrOutOfBounds)
}

// Anywhere makes the position of somebody who asks, who may stand outside
// France: any point of the Earth. It is not for places.
func Anywhere(latitude, longitude float64) (Position, error) {
	if !(latitude >= -90 && latitude <= 90 && longitude >= -180 && longitude <= 180) {
		return Position{}, fmt.Errorf("latitude %v, longitude %v: not on Earth", latitude, longitude)
	}
	return Position{latitude, longitude, true}, nil
}

func round7(x float64) float64 { return math.Round(x*1e7) / 1e7 }
