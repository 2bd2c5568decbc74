package sheet

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// A row larger than this, or of more physical lines, is a quote that was never
// closed, or no census at all: memory is bounded by it.
const (
	maxLine     = 1 << 20
	maxRowBytes = 1 << 20
	maxRowLines = 500
	// A file of nothing but stray quotes is not searched again and again: past
	// this, and a multiple of what was read, every line is taken by itself.
	patience = 16 << 20
)

// utf8From makes UTF-8, or the bytes of a one-byte encoding, of a text that may
// be UTF-16, and drops its mark. wanted is what the caller knows of it.
func (f *File) utf8From(b *bufio.Reader, wanted string) (*bufio.Reader, *decoder, error) {
	d := &decoder{as: "UTF-8"}
	head, err := peek(b)
	if err != nil {
		return nil, nil, err
	}
	utf16 := looksUTF16(head)
	switch name := strings.ReplaceAll(strings.ReplaceAll(fold(wanted), "-", ""), " ", ""); name {
	case "", "utf8", "utf16":
		if name == "utf16" && utf16 == nil {
			utf16 = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
		}
	case "latin1", "iso88591", "iso885915", "ansi", "cp1252":
		d.legacy, d.name, d.forced = charmap.Windows1252, "Windows-1252", true
	default:
		for _, l := range legacies {
			if name == strings.ReplaceAll(fold(l.name), "-", "") {
				d.legacy, d.name, d.forced = l.m, l.name, true
			}
		}
		if !d.forced {
			return nil, nil, refuse("L’encodage « %s » n’est pas connu : écrire UTF-8, UTF-16, Windows-1252, MacRoman ou CP850.", clip(wanted, 40))
		}
	}
	if utf16 != nil && !d.forced {
		d.as = "UTF-16"
		b = bufio.NewReaderSize(transform.NewReader(b, utf16.NewDecoder()), sampleSize)
		if head, err = peek(b); err != nil {
			return nil, nil, err
		}
	}
	if bytes.HasPrefix(head, []byte("\xef\xbb\xbf")) {
		b.Discard(3)
		head = head[3:]
	}
	d.learn(head)
	return b, d, nil
}

var separators = []byte{',', ';', '\t', '|'}

// openCSV recognises the separator and the header.
func (f *File) openCSV(b *bufio.Reader, d *decoder, o Options) error {
	head, err := peek(b)
	if err != nil {
		return err
	}
	if len(head) >= sampleSize-3 && !bytes.ContainsAny(head, "\r\n") { // a long header
		b = bufio.NewReaderSize(b, 2*maxLine)
		if head, err = b.Peek(2 * maxLine); err != nil && err != io.EOF {
			return readError(err)
		}
		if i := bytes.IndexAny(head, "\r\n"); i < 0 || i > maxLine {
			return refuse("La première ligne est démesurée : ce fichier n’est pas un tableau.")
		}
	}
	f.Format.Kind, f.Format.Encoding = "csv", d.encoding()
	r := &rowReader{in: b, decoder: d}
	r.oldMac = bytes.IndexByte(head, '\n') < 0 && bytes.IndexByte(head, '\r') >= 0
	whole := err == io.EOF || len(head) < sampleSize-3
	skip := 0
	if first, _, _ := bytes.Cut(head, []byte{'\n'}); len(bytes.TrimSpace(first)) == 5 && bytes.EqualFold(first[:4], []byte("sep=")) {
		skip = 1 // a spreadsheet's own line
	}
	candidates := separators
	switch name := fold(o.Separator); {
	case o.Separator == "":
	case o.Separator == "\t", name == "tab", name == "tabulation", name == "\\t":
		candidates = []byte{'\t'}
	case len(o.Separator) == 1 && o.Separator[0] < utf8.RuneSelf && o.Separator[0] != '"' && o.Separator[0] > ' ':
		candidates = []byte{o.Separator[0]}
	default:
		return refuse("Le séparateur « %s » n’en est pas un : écrire un seul caractère, par exemple « ; ».", clip(o.Separator, 20))
	}
	var chosen header
	var rows []Row
	best := -1.0
	for _, sep := range candidates {
		sample := sampleRows(head, whole, skip, sep, r.oldMac, d)
		h := recognise(sample, o.Known, o.HeaderLine)
		// Known names settle it; then rows that all have as many cells.
		if score := float64(h.known)*1e6 + regularity(sample); score > best {
			best, chosen, rows, r.sep = score, h, sample, sep
		}
	}
	if len(rows) == 0 && whole {
		return refuse("Le fichier est vide.")
	}
	if len(rows) == 0 { // the first row alone is larger than the sample
		return refuse("La première ligne est démesurée : ce fichier n’est pas un tableau.")
	}
	if chosen.first < 0 && o.HeaderLine > 0 {
		return refuse("Le fichier n’a pas de ligne %d, que l’on dit être celle des en-têtes.", o.HeaderLine)
	}
	f.Format.Separator = string(r.sep)
	f.begin(rows, chosen)
	until := skip
	if chosen.last >= 0 {
		until = rows[chosen.last].Line - 1
	}
	for r.line < until {
		if _, err := r.physical(); err != nil && !errors.Is(err, errTooLong) {
			return readError(err)
		}
	}
	if chosen.last >= 0 {
		if _, err := r.next(); err != nil {
			return readError(err)
		}
	}
	r.width = len(f.Headers)
	f.rows = r
	return nil
}

// sampleRows cuts the head of a file into rows, the last left out when it may
// be cut short.
func sampleRows(head []byte, whole bool, skip int, sep byte, oldMac bool, d *decoder) []Row {
	mine := *d
	r := &rowReader{in: bufio.NewReader(bytes.NewReader(head)), decoder: &mine, sep: sep, oldMac: oldMac}
	var rows []Row
	for range skip {
		if _, err := r.physical(); err != nil {
			return rows
		}
	}
	for len(rows) < 200 {
		row, err := r.next()
		if err != nil {
			if !whole && len(rows) > 1 {
				rows = rows[:len(rows)-1]
			}
			break
		}
		if !blank(row.Cells) {
			rows = append(rows, row)
		}
	}
	return rows
}

// regularity is how many cells the rows usually have, times the share of rows
// that have so many: 1 where nothing is separated.
func regularity(rows []Row) float64 {
	counts := map[int]int{}
	for _, r := range rows {
		counts[len(r.Cells)]++
	}
	best := 0.0
	for width, n := range counts {
		best = max(best, float64(min(width, 200))*float64(n)/float64(len(rows)))
	}
	return best
}

// rowReader cuts a file into rows, leniently: whatever is wrong with a row,
// the next one is read. It holds one row at a time.
type rowReader struct {
	in      *bufio.Reader
	decoder *decoder
	sep     byte
	width   int // cells of the header; 0 while it is read
	oldMac  bool
	line    int      // physical lines read from in
	pending [][]byte // physical lines to be read again, the first of which is line-len(pending)+1
	bytes   int64
	wasted  int64 // bytes cut again in search of a quote that closes, in vain
	nuls    int   // NUL bytes dropped
}

var errTooLong = errors.New("line too long")

// physical gives the next physical line, without its end. Its bytes are the
// caller's.
func (r *rowReader) physical() ([]byte, error) {
	if len(r.pending) > 0 {
		line := r.pending[0]
		r.pending = r.pending[1:]
		return line, nil
	}
	end := byte('\n')
	if r.oldMac {
		end = '\r'
	}
	var line []byte
	tooLong := false
	for {
		part, err := r.in.ReadSlice(end)
		r.bytes += int64(len(part))
		if !tooLong {
			line = append(line, part...)
		}
		if len(line) > maxLine {
			line, tooLong = line[:1000], true
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil && (err != io.EOF || len(line) == 0) {
			return nil, err
		}
		break
	}
	r.line++
	line = bytes.TrimSuffix(line, []byte{end})
	line = bytes.TrimSuffix(line, []byte{'\r'})
	if n := bytes.Count(line, []byte{0}); n > 0 {
		r.nuls += n
		line = bytes.ReplaceAll(line, []byte{0}, nil)
	}
	if tooLong {
		return line, errTooLong
	}
	return line, nil
}

// next gives the next row that is not blank, or io.EOF.
func (r *rowReader) next() (Row, error) {
	for {
		first, err := r.physical()
		began := r.line - len(r.pending)
		if errors.Is(err, errTooLong) {
			return Row{Line: began, Cells: []string{r.decoder.text(first)}, TooBig: true}, nil
		}
		if err != nil {
			return Row{}, err
		}
		if len(bytes.TrimSpace(first)) == 0 {
			continue
		}
		return r.row(first, began)
	}
}

// row reads the lines that a quoted cell carries on to. When that leads to
// nothing sound (the quote is never closed, or closes in the middle of another
// row) the quote was a stray one: the first line is a row by itself, and the
// others are read again.
func (r *rowReader) row(first []byte, began int) (Row, error) {
	text := r.decoder.text(first)
	cells, stray, open := splitLine(text, r.sep)
	if !open {
		return Row{Line: began, Cells: cells, Quotes: stray}, nil
	}
	whole := append([]byte(nil), first...)
	var more [][]byte
	work := int64(0)
	for open && len(more) < maxRowLines && len(whole) < maxRowBytes && r.wasted+work < patience+32*r.bytes {
		next, err := r.physical()
		if err == io.EOF {
			break
		}
		if err != nil && !errors.Is(err, errTooLong) {
			return Row{}, err
		}
		more = append(more, next)
		if errors.Is(err, errTooLong) {
			break // its beginning comes back as a row of its own
		}
		whole = append(append(whole, '\n'), next...)
		// A line without a quote changes nothing: cut again only where one may close.
		if bytes.IndexByte(next, '"') >= 0 {
			work += int64(len(whole))
			cells, stray, open = splitLine(r.decoder.text(whole), r.sep)
		}
	}
	n := r.filled(cells)
	if !open && !stray && (r.width == 0 || n == r.width || n < r.width && len(more) < 3) {
		return Row{Line: began, Cells: cells}, nil
	}
	r.wasted += work + int64(len(whole))
	alone := splitLiteral(text, r.sep)
	if !open && r.filled(alone) != r.width && n == r.width {
		return Row{Line: began, Cells: cells, Quotes: true}, nil
	}
	r.pending = append(more, r.pending...)
	return Row{Line: began, Cells: alone, Quotes: true}, nil
}

// filled counts the cells of a row, without the empty ones beyond the header.
func (r *rowReader) filled(cells []string) int {
	n := len(cells)
	for n > r.width && strings.TrimSpace(cells[n-1]) == "" {
		n--
	}
	return n
}

// splitLine cuts a row at its separators. stray: a quote stood where it means
// nothing, and is kept as written. open: a quoted cell is not closed.
func splitLine(s string, sep byte) (cells []string, stray, open bool) {
	cells = make([]string, 0, 33)
	for {
		rest := strings.TrimLeft(s, " ")
		if !strings.HasPrefix(rest, `"`) {
			i := strings.IndexByte(s, sep)
			if i < 0 {
				return append(cells, s), stray, false
			}
			cells = append(cells, s[:i])
			s = s[i+1:]
			continue
		}
		cell, after, closed, odd := quoted(rest[1:], sep)
		stray = stray || odd
		cells = append(cells, cell)
		if !closed {
			return cells, stray, true
		}
		if after == "" {
			return cells, stray, false
		}
		s = after[1:]
		if s == "" {
			return append(cells, ""), stray, false
		}
	}
}

// quoted reads a cell after its opening quote. A quote followed by neither a
// separator nor the end does not close: it is kept, and odd.
func quoted(s string, sep byte) (cell, after string, closed, odd bool) {
	i := strings.IndexByte(s, '"')
	if i >= 0 && (i+1 == len(s) || s[i+1] == sep) {
		return s[:i], s[i+1:], true, false
	}
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '"')
		if i < 0 {
			b.WriteString(s)
			return b.String(), "", false, odd
		}
		b.WriteString(s[:i])
		s = s[i+1:]
		if strings.HasPrefix(s, `"`) {
			b.WriteByte('"')
			s = s[1:]
			continue
		}
		rest := strings.TrimLeft(s, " ")
		if rest == "" || rest[0] == sep {
			return b.String(), rest, true, odd
		}
		odd = true
		b.WriteByte('"')
	}
}

// splitLiteral cuts a line whose quotes do not balance: complete quoted cells
// are honoured, the quote that is never closed is a letter.
func splitLiteral(s string, sep byte) []string {
	var cells []string
	for {
		rest := strings.TrimLeft(s, " ")
		if strings.HasPrefix(rest, `"`) {
			if cell, after, closed, odd := quoted(rest[1:], sep); closed && !odd {
				cells = append(cells, cell)
				if after == "" {
					return cells
				}
				s = after[1:]
				continue
			}
			s = rest[1:] // drop the quote that opens nothing
		}
		i := strings.IndexByte(s, sep)
		if i < 0 {
			return append(cells, s)
		}
		cells = append(cells, s[:i])
		s = s[i+1:]
	}
}

// decoder turns the bytes of a row into text. UTF-8 is taken as it is; what is
// not is of the one-byte encoding under which it reads most like French.
type decoder struct {
	legacy  *charmap.Charmap // nil until bytes that are not UTF-8 were met
	name    string
	as      string // how the bytes came: "UTF-8", "UTF-16"
	forced  bool   // the caller said which encoding
	utf8    bool   // letters in UTF-8 were met
	foreign int    // rows that were not UTF-8
}

var legacies = []struct {
	name string
	m    *charmap.Charmap
}{{"Windows-1252", charmap.Windows1252}, {"MacRoman", charmap.Macintosh}, {"CP850", charmap.CodePage850}}

// learn looks at the head of the file.
func (d *decoder) learn(head []byte) {
	for i := 0; i < 3 && len(head) > 0 && !utf8.Valid(head); i++ {
		head = head[:len(head)-1] // the sample may cut a letter
	}
	if utf8.Valid(head) {
		d.utf8 = hasHigh(head)
		return
	}
}

func hasHigh(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 {
			return true
		}
	}
	return false
}

// choose picks the encoding whose letters are most French.
func (d *decoder) choose(b []byte) {
	best := -1 << 30
	for _, l := range legacies {
		score := 0
		for i, c := range b {
			if c < 0x80 {
				continue
			}
			switch r := l.m.DecodeByte(c); {
			case strings.ContainsRune("éèêëàâîïôûùçœ", r):
				score += 3
			case strings.ContainsRune("ÉÈÊÀÂÎÔÛÇŒ", r):
				if score++; i > 0 && b[i-1] >= 'a' && b[i-1] <= 'z' {
					score -= 4 // a capital within a word
				}
			case strings.ContainsRune("’‘«»–—…°€²·“”\u00a0", r):
				score++
			case strings.ContainsRune("äöüÄÖÜæÆ", r):
			default:
				score -= 2
			}
		}
		if score > best {
			best, d.legacy, d.name = score, l.m, l.name
		}
	}
}

func (d *decoder) text(b []byte) string {
	if utf8.Valid(b) && !(d.forced && hasHigh(b)) {
		if !d.utf8 && hasHigh(b) {
			d.utf8 = true
		}
		return string(b)
	}
	// Letters in UTF-8 beside the broken ones: bytes were lost.
	if whole := bytes.ToValidUTF8(b, nil); hasHigh(whole) && d.utf8 && !d.forced {
		return string(bytes.ToValidUTF8(b, []byte("\ufffd")))
	}
	if d.legacy == nil {
		d.choose(b)
	}
	d.foreign++
	var s strings.Builder
	s.Grow(len(b) + len(b)/8)
	for _, c := range b {
		s.WriteRune(d.legacy.DecodeByte(c))
	}
	return s.String()
}

// encoding names what was met.
func (d *decoder) encoding() string {
	switch {
	case d.foreign == 0:
		return d.as
	case d.utf8:
		return d.as + " et " + d.name
	}
	return d.name
}
