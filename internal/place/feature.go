package place

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"
)

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

// published is the table of Published's texts, as Columns is of Place's.
var published = []struct {
	name string
	text func(*Published) *string
}{
	{"producteur", func(p *Published) *string { return &p.Producteur }},
	{"departement", func(p *Published) *string { return &p.Departement }},
	{"position_doute", func(p *Published) *string { return &p.PositionDoute }},
	{"modifie_le", func(p *Published) *string { return &p.ModifieLe }},
}

// AppendFeature appends the GeoJSON Feature of a place: id, geometry (null
// when the position is unknown), then properties as its last member: the
// standard's columns but latitude and longitude, then Published. Unknown is
// null; a list is an array. A column that the file's schema did not have
// (absent) is null even where empty would mean something. Bytes that are not
// UTF-8 become U+FFFD.
func AppendFeature(dst []byte, p *Place, absent []string, pub Published) []byte {
	dst = append(dst, `{"type":"Feature","id":`...)
	dst = appendString(dst, pub.ID)
	dst = append(dst, `,"geometry":`...)
	if p.Position.Known() {
		dst = append(dst, `{"type":"Point","coordinates":[`...)
		dst = appendDegrees(dst, p.Position.longitude)
		dst = append(dst, ',')
		dst = appendDegrees(dst, p.Position.latitude)
		dst = append(dst, `]}`...)
	} else {
		dst = append(dst, `null`...)
	}
	dst = append(dst, `,"properties":{`...)
	for i := range Columns {
		c := &Columns[i]
		switch {
		case c.List != nil:
			dst = appendMember(dst, c.Name)
			list := *c.List(p)
			if len(absent) > 0 && slices.Contains(absent, c.Name) {
				list = nil
			}
			dst = appendList(dst, list)
		case c.Text != nil:
			dst = appendMember(dst, c.Name)
			dst = appendText(dst, *c.Text(p))
		case c.Kind == Day:
			dst = appendMember(dst, c.Name)
			dst = appendDate(dst, p.DateMaj)
		}
	}
	for _, m := range published {
		dst = appendMember(dst, m.name)
		dst = appendText(dst, *m.text(&pub))
	}
	dst = appendMember(dst, "demonstration")
	dst = strconv.AppendBool(dst, pub.Demonstration)
	return append(dst, '}', '}')
}

// appendMember writes a member's name, which needs no escape, and the comma
// before it but after an opening brace.
func appendMember(dst []byte, name string) []byte {
	if dst[len(dst)-1] != '{' {
		dst = append(dst, ',')
	}
	dst = append(dst, '"')
	dst = append(dst, name...)
	return append(dst, '"', ':')
}

func appendText(dst []byte, s string) []byte {
	if s == "" {
		return append(dst, `null`...)
	}
	return appendString(dst, s)
}

// appendList: nil is unknown, empty is empty.
func appendList(dst []byte, list []string) []byte {
	if list == nil {
		return append(dst, `null`...)
	}
	dst = append(dst, '[')
	for i, s := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(dst, s)
	}
	return append(dst, ']')
}

func appendDate(dst []byte, d Date) []byte {
	if !d.Known() {
		return append(dst, `null`...)
	}
	y, m, day := d.Year, int(d.Month), d.Day
	return append(dst, '"',
		byte('0'+y/1000%10), byte('0'+y/100%10), byte('0'+y/10%10), byte('0'+y%10), '-',
		byte('0'+m/10), byte('0'+m%10), '-', byte('0'+day/10), byte('0'+day%10), '"')
}

// appendDegrees writes at most 7 decimals and no exponent.
func appendDegrees(dst []byte, x float64) []byte {
	if x = round7(x); x == 0 {
		return append(dst, '0') // never "-0"
	}
	return strconv.AppendFloat(dst, x, 'f', -1, 64)
}

const hexDigits = "0123456789abcdef"

// appendString writes a JSON string for any bytes.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			if c >= ' ' && c != '"' && c != '\\' && c != 0x7f {
				i++
				continue
			}
			dst = append(dst, s[from:i]...)
			switch c {
			case '"', '\\':
				dst = append(dst, '\\', c)
			case '\n':
				dst = append(dst, '\\', 'n')
			case '\r':
				dst = append(dst, '\\', 'r')
			case '\t':
				dst = append(dst, '\\', 't')
			default:
				dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
			}
			i++
			from = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			dst = append(dst, s[from:i]...)
			dst = append(dst, "\ufffd"...)
			from = i + size
		case r == '\u2028' || r == '\u2029': // line ends to a JavaScript reader
			dst = append(dst, s[from:i]...)
			dst = append(dst, `\u202`...)
			dst = append(dst, hexDigits[r&15])
			from = i + size
		}
		i += size
	}
	dst = append(dst, s[from:]...)
	return append(dst, '"')
}

// ParseFeature reads what AppendFeature wrote; members that it does not know
// (links, distance) are passed over.
func ParseFeature(text []byte) (Place, Published, error) {
	var feature struct {
		ID       string `json:"id"`
		Geometry *struct {
			Coordinates []float64 `json:"coordinates"`
		} `json:"geometry"`
		Properties map[string]json.RawMessage `json:"properties"`
	}
	if err := json.Unmarshal(text, &feature); err != nil {
		return Place{}, Published{}, fmt.Errorf("parse feature: %w", err)
	}
	var p Place
	pub := Published{ID: feature.ID}
	if g := feature.Geometry; g != nil {
		if len(g.Coordinates) != 2 {
			return Place{}, Published{}, fmt.Errorf("parse feature %s: %d coordinates", feature.ID, len(g.Coordinates))
		}
		position, err := NewPosition(g.Coordinates[1], g.Coordinates[0])
		if err != nil {
			return Place{}, Published{}, fmt.Errorf("parse feature %s: %w", feature.ID, err)
		}
		p.Position = position
	}
	read := func(name string, into any) error {
		raw, ok := feature.Properties[name]
		if !ok {
			return nil
		}
		if err := json.Unmarshal(raw, into); err != nil {
			return fmt.Errorf("parse feature %s: %s: %w", feature.ID, name, err)
		}
		return nil
	}
	for i := range Columns {
		c := &Columns[i]
		var err error
		switch {
		case c.List != nil:
			err = read(c.Name, c.List(&p))
		case c.Text != nil:
			err = read(c.Name, c.Text(&p))
		case c.Kind == Day:
			var s string
			if err = read(c.Name, &s); err == nil && s != "" {
				var ok bool
				if p.DateMaj, ok = ParseDate(s); !ok {
					err = fmt.Errorf("parse feature %s: %s: %q is not a date", feature.ID, c.Name, s)
				}
			}
		}
		if err != nil {
			return Place{}, Published{}, err
		}
	}
	for _, m := range published {
		if err := read(m.name, m.text(&pub)); err != nil {
			return Place{}, Published{}, err
		}
	}
	if err := read("demonstration", &pub.Demonstration); err != nil {
		return Place{}, Published{}, err
	}
	return p, pub, nil
}
