package place

// Published is what the API adds to the standard's columns in a Feature's
// properties.
type Published struct {
	ID            string `json:"-"`              // ours, the Feature's id
	Producteur    string `json:"producteur"`     // Load.Source: who gave the file
	Departement   string `json:"departement"`    // code, "" unknown
	PositionDoute string `json:"position_doute"` // French: why the position is doubtful; "" = nothing says so
	Demonstration bool   `json:"demonstration"`
	ModifieLe     string `json:"modifie_le"` // RFC 3339: when the record last changed here
}

// AppendFeature appends the GeoJSON Feature of a place: id, geometry (null
// when the position is unknown), then properties as its last member: the
// standard's columns but latitude and longitude, then Published. Unknown is
// null; a list is an array.
func AppendFeature(dst []byte, p *Place, absent []string, pub Published) []byte { return dst }

// ParseFeature reads what AppendFeature wrote.
func ParseFeature(text []byte) (Place, Published, error) { return Place{}, Published{}, nil }
