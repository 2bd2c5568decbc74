package census

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// A row larger than this, or of more physical lines, is a quote that was never
// closed, or no census at all: memory is bounded by it.
const (
	maxLine     = 1 << 20
	maxRowBytes = 1 << 20
	maxRowLines = 500
)

// row is a row of the file as it was cut.
type row struct {
	line   int // where it begins
	cells  []string
	quotes bool // a quote was out of place
	tooBig bool // a line beyond maxLine: cells hold its beginning
}

// rowReader cuts a file into rows, leniently: whatever is wrong with a row,
// the next one is read. It holds one row at a time.
type rowReader struct {
	in      *bufio.Reader
	decoder *decoder
	format  *Format
	sep     byte
	width   int // cells of the header; 0 while it is read
	oldMac  bool
	line    int      // physical lines read from in
	pending [][]byte // physical lines to be read again, the first of which is line-len(pending)+1
	bytes   int64
	nuls    int // NUL bytes dropped
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
func (r *rowReader) next() (row, error) {
	for {
		first, err := r.physical()
		began := r.line - len(r.pending)
		if errors.Is(err, errTooLong) {
			return row{line: began, cells: []string{r.decoder.text(first)}, tooBig: true}, nil
		}
		if err != nil {
			return row{}, err
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
func (r *rowReader) row(first []byte, began int) (row, error) {
	text := r.decoder.text(first)
	cells, stray, open := splitLine(text, r.sep)
	if !open {
		return row{line: began, cells: cells, quotes: stray}, nil
	}
	whole := append([]byte(nil), first...)
	var more [][]byte
	for open && len(more) < maxRowLines && len(whole) < maxRowBytes {
		next, err := r.physical()
		if err == io.EOF {
			break
		}
		if err != nil && !errors.Is(err, errTooLong) {
			return row{}, err
		}
		more = append(more, next)
		if errors.Is(err, errTooLong) {
			break // its beginning comes back as a row of its own
		}
		whole = append(append(whole, '\n'), next...)
		// A line without a quote changes nothing: cut again only where one may close.
		if bytes.IndexByte(next, '"') >= 0 {
			cells, stray, open = splitLine(r.decoder.text(whole), r.sep)
		}
	}
	n := r.filled(cells)
	if !open && !stray && (r.width == 0 || n == r.width || n < r.width && len(more) < 3) {
		return row{line: began, cells: cells}, nil
	}
	alone := splitLiteral(text, r.sep)
	if !open && r.filled(alone) != r.width && n == r.width {
		return row{line: began, cells: cells, quotes: true}, nil
	}
	r.pending = append(more, r.pending...)
	return row{line: began, cells: alone, quotes: true}, nil
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
	utf8    bool // letters in UTF-8 were met
	foreign int  // rows that were not UTF-8
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
	if utf8.Valid(b) {
		if !d.utf8 && hasHigh(b) {
			d.utf8 = true
		}
		return string(b)
	}
	// Letters in UTF-8 beside the broken ones: bytes were lost.
	if whole := bytes.ToValidUTF8(b, nil); hasHigh(whole) && d.utf8 {
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
func (d *decoder) encoding(as string) string {
	switch {
	case d.foreign == 0:
		return as
	case d.utf8:
		return as + " et " + d.name
	}
	return d.name
}
