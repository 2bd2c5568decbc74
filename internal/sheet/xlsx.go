package sheet

import (
	"fmt"
	"io"
	"math"
	"os"
	"path"
	"strconv"
	"strings"
	"time"
)

// xlsx lists the sheets of an Excel workbook.
//
// It is read here, and not by the library that writes it, because that one
// gives a cell as it looks or as it is, and neither is right alone: a postal
// code must look as the sheet shows it, a latitude must not lose its decimals.
func (f *File) xlsx(a *archive) ([]leaf, error) {
	b := &workbook{f: f, a: a}
	if err := b.readStyles(); err != nil {
		return nil, err
	}
	targets, err := b.relations("xl/_rels/workbook.xml.rels")
	if err != nil {
		return nil, err
	}
	m, err := f.newMarkup(a.entry("xl/workbook.xml"))
	if err != nil {
		return nil, err
	}
	var leaves []leaf
	for {
		e, err := m.next(false)
		if err != nil {
			return nil, err
		}
		if e == eventEnd {
			break
		}
		if e != eventOpen {
			continue
		}
		switch {
		case m.is("workbookPr"):
			v, _ := m.attr("date1904")
			b.from1904 = v == "1" || v == "true"
		case m.is("sheet") && len(leaves) < 1000:
			name, _ := m.attr("name")
			id, _ := m.attr("id")
			state, _ := m.attr("state")
			part := a.entry(targets[id])
			if part == nil || strings.Contains(targets[id], "chartsheet") {
				continue
			}
			leaves = append(leaves, leaf{name: clip(name, 200), hidden: state == "hidden" || state == "veryHidden", open: func() (source, error) {
				if err := b.readStrings(); err != nil {
					return nil, err
				}
				m, err := f.newMarkup(part)
				return &xlsxRows{markup: m, book: b}, err
			}})
		}
	}
	return leaves, nil
}

type workbook struct {
	f        *File
	a        *archive
	from1904 bool
	styles   []look // by the number of a cell's style
	strings  *shared
}

// relations gives the parts that others name by a number.
func (b *workbook) relations(name string) (map[string]string, error) {
	part := b.a.entry(name)
	if part == nil {
		return nil, refuse("Le classeur est abîmé (il ne dit pas où sont ses feuilles) : l’ouvrir dans un tableur et l’enregistrer de nouveau.")
	}
	m, err := b.f.newMarkup(part)
	if err != nil {
		return nil, err
	}
	targets := map[string]string{}
	for {
		e, err := m.next(false)
		if err != nil || e == eventEnd {
			return targets, err
		}
		if e == eventOpen && m.is("Relationship") && len(targets) < 10_000 {
			id, _ := m.attr("Id")
			to, _ := m.attr("Target")
			if !strings.HasPrefix(to, "/") {
				to = path.Join("xl", to)
			}
			if len(id)+len(to) < 1000 {
				targets[id] = to
			}
		}
	}
}

// readStyles learns how each style shows a number.
func (b *workbook) readStyles() error {
	part := b.a.entry("xl/styles.xml")
	if part == nil {
		return nil
	}
	m, err := b.f.newMarkup(part)
	if err != nil {
		return err
	}
	formats := map[int]look{}
	within := false
	for {
		e, err := m.next(false)
		if err != nil || e == eventEnd {
			return err
		}
		switch {
		case e == eventOpen && m.is("numFmt") && len(formats) < 100_000:
			if code, _ := m.attr("formatCode"); len(code) <= 255 { // as Excel has it
				formats[m.number("numFmtId")] = lookOf(code)
			}
		case m.is("cellXfs"):
			within = e == eventOpen
		case e == eventOpen && within && m.is("xf") && len(b.styles) < 100_000:
			id := m.number("numFmtId")
			l, ok := formats[id]
			if !ok {
				l = builtin(id)
			}
			b.styles = append(b.styles, l)
		}
	}
}

// readStrings lays down the texts that cells share.
func (b *workbook) readStrings() error {
	if b.strings != nil {
		return nil
	}
	b.strings = &shared{}
	part := b.a.entry("xl/sharedStrings.xml")
	if part == nil {
		return nil
	}
	m, err := b.f.newMarkup(part)
	if err != nil {
		return err
	}
	b.f.close = append(b.f.close, b.strings.close)
	text, within, depth := []byte(nil), false, 0
	for {
		e, err := m.next(within && depth == 0)
		if err != nil {
			return err
		}
		switch e {
		case eventEnd:
			return nil
		case eventOpen:
			switch {
			case m.is("si"):
				text = text[:0]
			case m.is("t"):
				within = true
			case m.is("rPh"), m.is("phoneticPr"): // how a word is said
				depth++
			}
		case eventClose:
			switch {
			case m.is("si"):
				if err := b.strings.add(b.f.temp, text); err != nil {
					return err
				}
			case m.is("t"):
				within = false
			case m.is("rPh"), m.is("phoneticPr"):
				depth--
			}
		case eventText:
			text = append(text, m.text[:min(len(m.text), MaxCell-min(len(text), MaxCell))]...)
		}
	}
}

// shared keeps texts by their number: in memory while they are few, in a
// temporary file beyond.
type shared struct {
	ends [][]int64 // where each ends, in runs: one long list would be copied as it grows
	n    int
	text []byte // the last of them, from where the file ends
	file *os.File
	laid int64
	read []byte
}

const (
	sharedInMemory = 8 << 20
	sharedRun      = 8 << 10
	maxShared      = 4_000_000
)

func (s *shared) add(temp string, text []byte) (err error) {
	if s.n == maxShared {
		return refuse("Le classeur a plus de quatre millions de textes différents : ce n’est pas un recensement.")
	}
	s.text = append(s.text, text...)
	if s.n%sharedRun == 0 {
		s.ends = append(s.ends, make([]int64, sharedRun))
	}
	s.ends[s.n/sharedRun][s.n%sharedRun] = s.laid + int64(len(s.text))
	s.n++
	if len(s.text) < sharedInMemory {
		return nil
	}
	if s.file == nil {
		if s.file, err = os.CreateTemp(temp, "mednum-import-*"); err != nil {
			return fmt.Errorf("lay the texts down: %w", err)
		}
	}
	if _, err := s.file.Write(s.text); err != nil {
		return fmt.Errorf("lay the texts down: %w", err)
	}
	s.laid += int64(len(s.text))
	s.text = s.text[:0]
	return nil
}

func (s *shared) get(i int) (string, error) {
	if i < 0 || i >= s.n {
		return "", nil
	}
	from, end := int64(0), s.ends[i/sharedRun][i%sharedRun]
	if i > 0 {
		from = s.ends[(i-1)/sharedRun][(i-1)%sharedRun]
	}
	if from >= s.laid {
		return string(s.text[from-s.laid : end-s.laid]), nil
	}
	n := int(end - from) // a text is laid down whole
	if cap(s.read) < n {
		s.read = make([]byte, n)
	}
	if _, err := s.file.ReadAt(s.read[:n], from); err != nil {
		return "", fmt.Errorf("read a text: %w", err)
	}
	return string(s.read[:n]), nil
}

func (s *shared) close() {
	if s.file != nil {
		s.file.Close()
		os.Remove(s.file.Name())
	}
}

// xlsxRows gives the rows of a sheet.
type xlsxRows struct {
	*markup
	book *workbook
	line int
	done bool
}

func (x *xlsxRows) next() (Row, error) {
	for !x.done {
		e, err := x.markup.next(false)
		switch {
		case err != nil:
			return Row{}, err
		case e == eventEnd:
			// A sheet whose end is missing lost rows.
			return Row{}, refuse("Le classeur est coupé : l’ouvrir dans un tableur et l’enregistrer de nouveau.")
		case e == eventClose && x.is("worksheet"):
			x.done = true
		case e == eventClose && x.is("sheetData"):
			x.done = true
		case e == eventOpen && x.is("row"):
			if n := x.number("r"); n > x.line {
				x.line = n
			} else {
				x.line++
			}
			return x.row()
		}
	}
	return Row{}, io.EOF
}

// row reads the cells of a row that began.
func (x *xlsxRows) row() (Row, error) {
	row := Row{Line: x.line, Cells: make([]string, 0, 32)}
	at, size := -1, 0
	for {
		e, err := x.markup.next(false)
		if err != nil {
			return Row{}, err
		}
		switch {
		case e == eventEnd:
			return Row{}, x.fault()
		case e == eventClose && x.is("row"):
			return row, nil
		case e == eventOpen && x.is("c"):
			if ref, ok := x.attr("r"); ok {
				if n := columnOf(ref); n >= 0 {
					at = n
				} else {
					at++
				}
			} else {
				at++
			}
			cell, cut, err := x.cell()
			if err != nil {
				return Row{}, err
			}
			if size += len(cell); cut || size > maxRowText {
				row.TooBig = true
			}
			if cell == "" || at > 4*MaxColumns || size > maxRowText {
				continue
			}
			for len(row.Cells) <= at {
				row.Cells = append(row.Cells, "")
			}
			row.Cells[at] = cell
		}
	}
}

// columnOf is the number of a cell's column, 0 being "A".
func columnOf(ref string) int {
	n := 0
	for i := range len(ref) {
		c := ref[i]
		switch {
		case c >= 'A' && c <= 'Z':
			n = n*26 + int(c-'A') + 1
		case c >= 'a' && c <= 'z':
			n = n*26 + int(c-'a') + 1
		default:
			return n - 1
		}
		if n > 20_000 {
			return 20_000
		}
	}
	return n - 1
}

// cell reads a cell that began, as people see it.
func (x *xlsxRows) cell() (text string, cut bool, err error) {
	kind, _ := x.attr("t")
	style := x.number("s")
	var value []byte
	wanted, phonetic := false, 0
	for {
		e, err := x.markup.next(wanted && phonetic == 0)
		if err != nil {
			return "", false, err
		}
		switch e {
		case eventEnd:
			return "", false, x.fault()
		case eventOpen:
			switch {
			case x.is("v"), x.is("t"):
				wanted = true
			case x.is("rPh"):
				phonetic++
			}
		case eventText:
			cut = cut || x.cut
			value = append(value, x.text[:min(len(x.text), MaxCell-min(len(value), MaxCell))]...)
		case eventClose:
			switch {
			case x.is("v"), x.is("t"):
				wanted = false
			case x.is("rPh"):
				phonetic--
			case x.is("c"):
				text, err := x.show(kind, style, string(value))
				return text, cut, err
			}
		}
	}
}

func (x *xlsxRows) show(kind string, style int, value string) (string, error) {
	switch kind {
	case "s":
		n, err := strconv.Atoi(strings.TrimSpace(value))
		if err != nil {
			return "", nil //nolint:nilerr // a number of no text: an empty cell
		}
		text, err := x.book.strings.get(n)
		return unescapeOOXML(text), err
	case "b":
		if strings.TrimSpace(value) == "1" || value == "true" {
			return "oui", nil
		} else if value == "" {
			return "", nil
		}
		return "non", nil
	case "d":
		return strings.TrimSuffix(strings.TrimSuffix(value, "T00:00:00"), "T00:00:00.000"), nil
	case "inlineStr", "str", "e":
		return unescapeOOXML(value), nil
	}
	number, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if err != nil {
		return value, nil //nolint:nilerr // not a number after all: as it is written
	}
	var l look
	if style < len(x.book.styles) {
		l = x.book.styles[style]
	}
	return l.show(number, x.book.from1904), nil
}

// unescapeOOXML reads _x000D_ and its like, by which control characters go
// through XML.
func unescapeOOXML(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	var b strings.Builder
	for {
		i := strings.Index(s, "_x")
		if i < 0 || len(s) < i+7 {
			b.WriteString(s)
			return b.String()
		}
		r, ok := hex4(s[i+2:])
		if !ok || s[i+6] != '_' {
			b.WriteString(s[:i+2])
			s = s[i+2:]
			continue
		}
		b.WriteString(s[:i])
		if r != '\r' {
			b.WriteRune(r)
		}
		s = s[i+7:]
	}
}

// look is how a number is shown.
type look struct {
	kind byte // 0 as it is, 'd' a day, 't' a time of the day, 'm' a mask of digits
	mask string
}

// builtin is the look of the formats that have a number and no code.
func builtin(id int) look {
	switch {
	case id >= 14 && id <= 17, id == 22, id >= 27 && id <= 31, id == 36, id >= 50 && id <= 54, id >= 57 && id <= 58:
		return look{kind: 'd'}
	case id >= 18 && id <= 21, id >= 32 && id <= 35, id >= 45 && id <= 47, id >= 55 && id <= 56:
		return look{kind: 't'}
	}
	return look{}
}

// lookOf understands the code of a format: a day or a time, whatever its order;
// digits that must all be there, or with something between them (postal codes,
// phones, SIRET). What rounds or groups by thousands is left as it is: the
// number says more.
func lookOf(code string) look {
	code = strings.TrimSpace(code)
	// The first section is that of positive numbers; a condition picks one later.
	section := noMeridian.Replace(sections(code)[0])
	if l := strings.ToLower(section); strings.Contains(l, "general") || strings.Contains(l, "standard") {
		return look{}
	}
	var mask strings.Builder // '0' a digit, '#' a digit if there is one, else a letter
	var letters strings.Builder
	zeros, others, literal, first := 0, 0, false, byte(0)
	for i := 0; i < len(section); i++ {
		switch c := section[i]; c {
		case '"':
			end := strings.IndexByte(section[i+1:], '"')
			if end < 0 {
				end = len(section) - i - 1
			}
			for _, b := range section[i+1 : i+1+end] {
				mask.WriteString("\\" + string(b))
			}
			literal = literal || zeros+others > 0
			i += end + 1
		case '\\':
			if i++; i < len(section) {
				r := []rune(section[i:])[0]
				mask.WriteString("\\" + string(r))
				i += len(string(r)) - 1
				literal = literal || zeros+others > 0
			}
		case '[':
			end := strings.IndexByte(section[i:], ']')
			if end < 0 {
				return look{}
			}
			if inner := strings.ToLower(section[i+1 : i+end]); inner != "" && strings.Trim(inner, "hms") == "" {
				letters.WriteString(inner)
			}
			i += end
		case '_', '*': // the room of a character, a fill
			i++
		case '0':
			if zeros++; first == 0 {
				first = c
			}
			mask.WriteByte('0')
		case '#', '?':
			if others++; first == 0 {
				first = c
			}
			mask.WriteByte('#')
		case ' ', '-', '(', ')', '+', '/':
			mask.WriteString("\\" + string(c))
			literal = literal || zeros+others > 0
		case '.', ',', '%', 'E', 'e':
			if zeros+others > 0 {
				return look{} // a number
			}
			letters.WriteByte(c | 0x20)
		case '@':
			return look{}
		default:
			letters.WriteByte(c | 0x20)
		}
	}
	switch l := letters.String(); {
	case zeros+others == 0 && strings.ContainsAny(l, "ydaj") && strings.ContainsAny(l, "ymdj"):
		return look{kind: 'd'}
	case strings.ContainsAny(l, "hs"):
		return look{kind: 't'}
	case strings.ContainsAny(l, "m") && zeros+others == 0:
		return look{kind: 'd'}
	case zeros+others < 2 || strings.Trim(l, " ") != "":
		return look{}
	case zeros > 1 || literal && zeros+others >= 4 && (zeros == 0 || first == '0'):
		// "0 €" is a price, "# ##0" groups thousands; "00000" is a postal code,
		// "0# ## ## ## ##" a phone.
		return look{kind: 'm', mask: mask.String()}
	}
	return look{}
}

var noMeridian = strings.NewReplacer("AM/PM", "", "am/pm", "", "A/P", "", "a/p", "")

func sections(code string) []string {
	var out []string
	quoted, from := false, 0
	for i := 0; i < len(code); i++ {
		switch {
		case code[i] == '"':
			quoted = !quoted
		case code[i] == '\\' && !quoted:
			i++
		case code[i] == ';' && !quoted:
			out = append(out, code[from:i])
			from = i + 1
		}
	}
	return append(out, code[min(from, len(code)):])
}

func (l look) show(x float64, from1904 bool) string {
	switch l.kind {
	case 'd', 't':
		if s, ok := serial(x, from1904, l.kind == 't'); ok {
			return s
		}
	case 'm':
		if x >= 0 && x == math.Trunc(x) && x < 1e15 {
			return fill(l.mask, strconv.FormatFloat(x, 'f', 0, 64))
		}
	}
	return plainNumber(x)
}

// fill puts the digits in a mask, from the right.
func fill(mask, digits string) string {
	var out []string
	runes := []rune(mask)
	i := len(digits)
	first := -1 // the leftmost place of a digit
	for n := len(runes) - 1; n >= 0; n-- {
		if n > 0 && runes[n-1] == '\\' {
			out = append(out, string(runes[n]))
			n--
			continue
		}
		switch {
		case i > 0:
			i--
			out = append(out, digits[i:i+1])
		case runes[n] == '0':
			out = append(out, "0")
		}
		first = len(out)
	}
	if i > 0 && first >= 0 { // more digits than places
		out = append(out[:first], append([]string{digits[:i]}, out[first:]...)...)
	}
	var b strings.Builder
	for n := len(out) - 1; n >= 0; n-- {
		b.WriteString(out[n])
	}
	return strings.TrimSpace(b.String())
}

// serial writes a day counted from the beginning of a century, or a time of the
// day.
func serial(x float64, from1904, clock bool) (string, bool) {
	if x < 0 || x > 2_958_466 || math.IsNaN(x) { // the year 10000
		return "", false
	}
	days := math.Floor(x)
	seconds := int(math.Round((x - days) * 86_400))
	if seconds == 86_400 {
		days, seconds = days+1, 0
	}
	at := time.Duration(seconds) * time.Second
	hour := fmt.Sprintf("%02d:%02d", int(at.Hours()), int(at.Minutes())%60)
	if seconds%60 != 0 {
		hour += fmt.Sprintf(":%02d", seconds%60)
	}
	if clock && days == 0 || days == 0 && seconds > 0 && !from1904 {
		return hour, true
	}
	if clock && days < 2 { // a duration, or the end of a day
		return fmt.Sprintf("%02d:%02d", int(days)*24+int(at.Hours()), int(at.Minutes())%60), true
	}
	epoch := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	switch {
	case from1904:
		epoch = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	case days < 61: // 1900 is held for a leap year, which it was not
		epoch = epoch.AddDate(0, 0, 1)
	}
	day := epoch.AddDate(0, 0, int(days)).Format(time.DateOnly)
	if seconds == 0 {
		return day, true
	}
	return day + " " + hour, true
}
