package sheet

import (
	"archive/zip"
	"bufio"
	"bytes"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// markup reads the XML of workbooks as a run of events, each bounded: a text or
// an attribute as long as one likes is read in little memory. It knows the five
// entities of XML and those of numbers; a document type, and what it declares,
// is passed over, so that nothing ever expands.
type markup struct {
	*scanner
	name  []byte // of the element that begins or ends, without its prefix
	attrs []attr
	n     int // of attrs in use
	text  []byte
	cut   bool // the text, or an attribute, was longer
	empty bool // the element that began ends at once
}

type attr struct{ name, value []byte }

type event byte

const (
	eventEnd   event = iota // of the document
	eventOpen               // an element begins
	eventClose              // it ends
	eventText
)

const maxAttribute = 32 << 10

// newMarkup reads a part of an archive.
func (f *File) newMarkup(e *zip.File) (*markup, error) {
	content, err := f.part(e)
	if err != nil {
		return nil, err
	}
	b := bufio.NewReaderSize(content, sampleSize)
	head, err := peek(b)
	if err != nil {
		return nil, err
	}
	text := io.Reader(b)
	if bytes.HasPrefix(head, []byte{0xff, 0xfe}) || bytes.HasPrefix(head, []byte{0xfe, 0xff}) {
		if b, _, err = f.utf8From(b, ""); err != nil {
			return nil, err
		}
		text = b
	}
	return &markup{scanner: newScanner(text)}, nil
}

var (
	endOfText  = bytesOf("<&")
	endOfName  = bytesOf(" \t\r\n/>=?\"'<")
	endOfQuote = [2]*[256]bool{bytesOf("\"&"), bytesOf("'&")}
	justAfter  = bytesOf(">")
)

func (m *markup) fault() error {
	if err := m.failure(); err != nil {
		return readError(err)
	}
	return refuse("Le classeur est abîmé : l’ouvrir dans un tableur et l’enregistrer de nouveau.")
}

// next gives the next event. Its bytes are good until the one after.
func (m *markup) next(wanted bool) (event, error) {
	if m.empty {
		m.empty = false
		return eventClose, nil
	}
	m.cut = false
	for {
		c, ok := m.peek()
		if !ok {
			if err := m.failure(); err != nil {
				return eventEnd, readError(err)
			}
			return eventEnd, nil
		}
		if c != '<' {
			most := 0
			if wanted {
				most = MaxCell
			}
			m.text = m.text[:0]
			for ok && c != '<' {
				var cut bool
				if m.text, cut = m.until(m.text, most, endOfText); cut {
					m.cut = true
				}
				if c, ok = m.peek(); ok && c == '&' {
					m.text = m.entity(m.text, most)
					c, ok = m.peek()
				}
			}
			if wanted {
				return eventText, nil
			}
			continue
		}
		m.scanner.next()
		c, ok = m.peek()
		switch {
		case !ok:
			return eventEnd, m.fault()
		case c == '?':
			if err := m.pass("?>"); err != nil {
				return eventEnd, err
			}
		case c == '!':
			event, err := m.declaration(wanted)
			if err != nil || event == eventText {
				return event, err
			}
		case c == '/':
			m.scanner.next()
			m.readName()
			m.text, _ = m.until(m.text[:0], 0, justAfter)
			if _, ok := m.scanner.next(); !ok {
				return eventEnd, m.fault()
			}
			return eventClose, nil
		default:
			if err := m.element(); err != nil {
				return eventEnd, err
			}
			return eventOpen, nil
		}
	}
}

// readName keeps the local part of a name.
func (m *markup) readName() {
	m.name, _ = m.until(m.name[:0], 200, endOfName)
	if i := bytes.IndexByte(m.name, ':'); i >= 0 {
		m.name = m.name[:copy(m.name, m.name[i+1:])]
	}
}

// element reads a tag after its "<".
func (m *markup) element() error {
	m.readName()
	m.n = 0
	for {
		c, ok := m.peek()
		if !ok {
			return m.fault()
		}
		switch c {
		case ' ', '\t', '\r', '\n':
			m.scanner.next()
		case '/':
			m.scanner.next()
			m.empty = true
		case '>':
			m.scanner.next()
			return nil
		default:
			if err := m.attribute(); err != nil {
				return err
			}
		}
	}
}

func (m *markup) attribute() error {
	m.empty = false
	if m.n == len(m.attrs) {
		if m.n == 100 { // no element has so many: they take each other's place
			m.n--
		} else {
			m.attrs = append(m.attrs, attr{})
		}
	}
	a := &m.attrs[m.n]
	before := m.scanner.pos
	a.name, _ = m.until(a.name[:0], 200, endOfName)
	if len(a.name) == 0 && m.scanner.pos == before {
		if c, _ := m.peek(); c != '=' {
			m.scanner.next() // of no meaning here
			return nil
		}
	}
	if i := bytes.IndexByte(a.name, ':'); i >= 0 {
		a.name = a.name[:copy(a.name, a.name[i+1:])]
	}
	a.value = a.value[:0]
	m.blanks()
	if c, _ := m.peek(); c != '=' {
		m.n++
		return nil
	}
	m.scanner.next()
	m.blanks()
	quote, ok := m.peek()
	if !ok || quote != '"' && quote != '\'' {
		return m.fault()
	}
	m.scanner.next()
	stop := endOfQuote[0]
	if quote == '\'' {
		stop = endOfQuote[1]
	}
	for {
		a.value, _ = m.until(a.value, maxAttribute, stop)
		c, ok := m.peek()
		if !ok {
			return m.fault()
		}
		if c == '&' {
			a.value = m.entity(a.value, maxAttribute)
			continue
		}
		m.scanner.next()
		m.n++
		return nil
	}
}

func (m *markup) blanks() {
	for {
		c, ok := m.peek()
		if !ok || c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return
		}
		m.scanner.next()
	}
}

// entity appends what an entity stands for; one that XML does not have stands
// for itself.
func (m *markup) entity(dst []byte, most int) []byte {
	m.scanner.next()
	var name [12]byte
	n := 0
	for {
		c, ok := m.peek()
		if !ok || n == len(name) || c != '#' && (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') {
			if ok && c == ';' && n > 0 {
				m.scanner.next()
			} else if len(dst)+n < most { // a bare "&"
				return append(append(dst, '&'), name[:n]...)
			}
			break
		}
		name[n] = c
		n++
		m.scanner.next()
	}
	if len(dst)+4 > most {
		m.cut = m.cut || most > 0
		return dst
	}
	switch word := string(name[:n]); word {
	case "amp":
		return append(dst, '&')
	case "lt":
		return append(dst, '<')
	case "gt":
		return append(dst, '>')
	case "quot":
		return append(dst, '"')
	case "apos":
		return append(dst, '\'')
	default:
		if digits, ok := strings.CutPrefix(word, "#"); ok {
			base := 10
			if rest, hex := strings.CutPrefix(strings.ToLower(digits), "x"); hex {
				digits, base = rest, 16
			}
			if r, err := strconv.ParseUint(digits, base, 32); err == nil && r > 0 && r <= utf8.MaxRune {
				return utf8.AppendRune(dst, rune(r))
			}
		}
		return append(append(append(dst, '&'), word...), ';')
	}
}

// declaration passes over a comment or a document type, and gives a CDATA.
func (m *markup) declaration(wanted bool) (event, error) {
	var head []byte
	for len(head) < 8 {
		c, ok := m.peek()
		if !ok {
			return eventEnd, m.fault()
		}
		head = append(head, c)
		m.scanner.next()
		if string(head) == "!--" {
			return eventEnd, m.pass("-->")
		}
		if c == '>' {
			return eventEnd, nil
		}
	}
	if string(head) != "![CDATA[" {
		depth := 0 // of the "[" of a document type
		for _, c := range head {
			if c == '[' {
				depth++
			}
		}
		for {
			c, ok := m.scanner.next()
			if !ok {
				return eventEnd, m.fault()
			}
			switch {
			case c == '[':
				depth++
			case c == ']' && depth > 0:
				depth--
			case c == '>' && depth == 0:
				return eventEnd, nil
			}
		}
	}
	m.text = m.text[:0]
	for {
		c, ok := m.scanner.next()
		if !ok {
			return eventEnd, m.fault()
		}
		if len(m.text) < MaxCell {
			m.text = append(m.text, c)
		} else {
			m.cut = true
			m.text = append(m.text[:MaxCell-2], m.text[MaxCell-1], c)
		}
		if c == '>' && bytes.HasSuffix(m.text, []byte("]]>")) {
			m.text = m.text[:len(m.text)-3]
			if wanted {
				return eventText, nil
			}
			return eventEnd, nil
		}
	}
}

// pass reads up to the end of what it is given.
func (m *markup) pass(end string) error {
	matched := 0
	for {
		c, ok := m.scanner.next()
		if !ok {
			return m.fault()
		}
		switch {
		case c == end[matched]:
			if matched++; matched == len(end) {
				return nil
			}
		case matched > 0 && c == end[0] && end[0] == end[matched-1]: // "--->"
		case c == end[0]:
			matched = 1
		default:
			matched = 0
		}
	}
}

// attr gives the value of an attribute of the element that began.
func (m *markup) attr(name string) (string, bool) {
	for i := range m.n {
		if string(m.attrs[i].name) == name {
			return string(m.attrs[i].value), true
		}
	}
	return "", false
}

func (m *markup) number(name string) int {
	for i := range m.n {
		if string(m.attrs[i].name) == name {
			n, err := strconv.Atoi(string(m.attrs[i].value))
			if err != nil || n < 0 {
				return 0
			}
			return n
		}
	}
	return 0
}

func (m *markup) is(name string) bool { return string(m.name) == name }
