package place

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Published is what the API adds to the standard's columns in a Feature's
// properties.
type Published struct {
	ID            string    `json:"-"`                  // ours, the Feature's id
	Producteur    string    `json:"producteur"`         // Load.Source: who gave the file
	Sources       []string  `json:"sources"`            // producteurs behind the place, sorted; nil: Producteur alone
	Departement   string    `json:"departement"`        // code, "" unknown
	PositionDoute string    `json:"position_doute"`     // French: why the position is doubtful; "" = nothing says so
	Precision     Precision `json:"position_precision"` // of what the geometry shows; "" = no geometry, or (written only) the source's own
	Approximate   Position  `json:"-"`                  // the geometry where Place.Position is unknown; Precision is then AtCommune
	Demonstration bool      `json:"demonstration"`
	ModifieLe     string    `json:"modifie_le"` // RFC 3339: when the record last changed here
}

// Shown is where the map shows a place, and how precise that is: its position,
// or for want of one the middle of its commune.
func (pub *Published) Shown(p *Place) (Position, Precision) {
	switch {
	case !p.Position.Known() && pub.Approximate.Known():
		return pub.Approximate, AtCommune
	case !p.Position.Known():
		return Position{}, ""
	case pub.Precision == "":
		return p.Position, Given
	}
	return p.Position, pub.Precision
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

// AppendFeature appends the GeoJSON Feature of a place: id, geometry (the
// position, else the approximate one, else null), then properties as its last
// member: the standard's columns but latitude and longitude, then Published.
// Unknown is null; a list is an array. A column that the file's schema did not have
// (absent) is null even where empty would mean something. Bytes that are not
// UTF-8 become U+FFFD.
func AppendFeature(dst []byte, p *Place, absent []string, pub Published) []byte {
	dst = append(dst, `{"type":"Feature","id":`...)
	dst = appendString(dst, pub.ID)
	dst = append(dst, `,"geometry":`...)
	at, precision := pub.Shown(p)
	if at.Known() {
		dst = append(dst, `{"type":"Point","coordinates":[`...)
		dst = appendDegrees(dst, at.longitude)
		dst = append(dst, ',')
		dst = appendDegrees(dst, at.latitude)
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
	dst = appendMember(dst, "position_precision")
	dst = appendText(dst, string(precision))
	dst = appendMember(dst, "sources")
	switch {
	case pub.Sources != nil:
		dst = appendList(dst, pub.Sources)
	case pub.Producteur != "":
		dst = append(dst, '[')
		dst = appendString(dst, pub.Producteur)
		dst = append(dst, ']')
	default:
		dst = append(dst, `null`...)
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
	var p Place
	var pub Published
	if !json.Valid(text) {
		return p, pub, errors.New("parse feature: not JSON")
	}
	s := scanner{text: text}
	var coordinates []float64
	located := false
	s.object(func(name []byte) {
		switch string(name) {
		case "id":
			pub.ID = s.string()
		case "geometry":
			if s.null() {
				return
			}
			s.object(func(name []byte) {
				if string(name) != "coordinates" {
					s.skip()
					return
				}
				located = true
				s.array(func() { coordinates = append(coordinates, s.number()) })
			})
		case "properties":
			s.object(func(name []byte) { s.property(name, &p, &pub) })
		default:
			s.skip()
		}
	})
	if s.fault != "" {
		return Place{}, Published{}, fmt.Errorf("parse feature %q: %s", pub.ID, s.fault)
	}
	if located {
		if len(coordinates) != 2 {
			return Place{}, Published{}, fmt.Errorf("parse feature %q: %d coordinates", pub.ID, len(coordinates))
		}
		position, err := NewPosition(coordinates[1], coordinates[0])
		if err != nil {
			return Place{}, Published{}, fmt.Errorf("parse feature %q: %w", pub.ID, err)
		}
		switch pub.Precision {
		case AtCommune:
			pub.Approximate = position
		case "":
			p.Position, pub.Precision = position, Given // written before precision was told
		default:
			p.Position = position
		}
	} else {
		pub.Precision = ""
	}
	return p, pub, nil
}

// scanner walks a JSON text that is known to be valid: what it can meet is
// only a value of another kind than expected.
type scanner struct {
	text  []byte
	at    int
	fault string
}

func (s *scanner) fail(want string) {
	if s.fault == "" {
		s.fault = want + " expected"
	}
	s.skip()
}

// peek gives the first byte of the next value or sign.
func (s *scanner) peek() byte {
	for s.at < len(s.text) {
		switch c := s.text[s.at]; c {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return c
		}
	}
	return 0
}

func (s *scanner) null() bool {
	if s.peek() != 'n' {
		return false
	}
	s.at += len("null")
	return true
}

// object calls member after each name, at its value, which member reads whole.
func (s *scanner) object(member func(name []byte)) {
	if s.peek() != '{' {
		s.fail("an object")
		return
	}
	s.at++
	for s.peek() == '"' {
		raw, plain := s.quoted()
		if !plain {
			raw = []byte(unescape(raw))
		}
		s.peek()
		s.at++ // the colon
		s.peek()
		member(raw)
		if s.peek() == ',' {
			s.at++
		}
	}
	s.at++
}

func (s *scanner) array(element func()) {
	if s.peek() != '[' {
		s.fail("a list")
		return
	}
	s.at++
	for s.at < len(s.text) && s.peek() != ']' {
		element()
		if s.peek() == ',' {
			s.at++
		}
	}
	s.at++
}

// quoted gives the inside of a string; plain when it holds no escape and is UTF-8.
func (s *scanner) quoted() (raw []byte, plain bool) {
	s.at++
	from, escapes, high := s.at, false, false
	for s.text[s.at] != '"' {
		switch c := s.text[s.at]; {
		case c == '\\':
			escapes = true
			s.at++
		case c >= utf8.RuneSelf:
			high = true
		}
		s.at++
	}
	raw = s.text[from:s.at]
	s.at++
	return raw, !escapes && (!high || utf8.Valid(raw))
}

func (s *scanner) string() string {
	switch s.peek() {
	case '"':
		raw, plain := s.quoted()
		if plain {
			return string(raw)
		}
		return unescape(raw)
	case 'n':
		s.null()
	default:
		s.fail("a text")
	}
	return ""
}

// unescape is left to encoding/json: few texts need it.
func unescape(raw []byte) string {
	var out string
	whole := make([]byte, 0, len(raw)+2)
	whole = append(append(append(whole, '"'), raw...), '"')
	if err := json.Unmarshal(whole, &out); err != nil {
		return "" // the text is valid: it was checked
	}
	return out
}

func (s *scanner) number() float64 {
	if c := s.peek(); c != '-' && (c < '0' || c > '9') {
		s.fail("a number")
		return 0
	}
	from := s.at
	s.skip()
	x, err := strconv.ParseFloat(string(s.text[from:s.at]), 64)
	if err != nil && s.fault == "" {
		s.fault = err.Error()
	}
	return x
}

// skip passes over the next value.
func (s *scanner) skip() {
	switch s.peek() {
	case '"':
		s.quoted()
	case '{', '[':
		depth := 0
		for s.at < len(s.text) {
			switch s.text[s.at] {
			case '"':
				s.quoted()
				continue
			case '{', '[':
				depth++
			case '}', ']':
				depth--
			}
			s.at++
			if depth == 0 {
				return
			}
		}
	default:
		for s.at < len(s.text) && !strings.ContainsRune(",]} \t\r\n", rune(s.text[s.at])) {
			s.at++
		}
	}
}

func (s *scanner) property(name []byte, p *Place, pub *Published) {
	c, ok := columnByName[string(name)]
	switch {
	case ok && c.Text != nil:
		*c.Text(p) = s.string()
		return
	case ok && c.List != nil:
		if s.null() {
			return
		}
		list := []string{}
		s.array(func() { list = append(list, s.string()) })
		*c.List(p) = list
		return
	case ok && c.Kind == Day:
		if d := s.string(); d != "" {
			if p.DateMaj, ok = ParseDate(d); !ok && s.fault == "" {
				s.fault = c.Name + ": a date expected"
			}
		}
		return
	}
	for _, m := range published {
		if string(name) == m.name {
			*m.text(pub) = s.string()
			return
		}
	}
	switch string(name) {
	case "position_precision":
		switch pub.Precision = Precision(s.string()); pub.Precision {
		case "", Given, AtNumber, AtStreet, AtCommune:
		default:
			if s.fault == "" {
				s.fault = "a precision expected"
			}
		}
		return
	case "sources":
		if s.null() {
			return
		}
		pub.Sources = []string{}
		s.array(func() { pub.Sources = append(pub.Sources, s.string()) })
		return
	case "demonstration":
		switch s.peek() {
		case 't', 'f', 'n':
			pub.Demonstration = s.text[s.at] == 't'
			s.skip()
		default:
			s.fail("true or false")
		}
		return
	}
	s.skip()
}
