package sheet

import (
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// ods lists the sheets of an OpenDocument workbook. All of them are in one
// part, which is read from its beginning for each.
func (f *File) ods(a *archive) ([]leaf, error) {
	if e := a.entry("META-INF/manifest.xml"); e != nil {
		m, err := f.newMarkup(e)
		if err != nil {
			return nil, err
		}
		for {
			e, err := m.next(false)
			if err != nil {
				return nil, err
			}
			if e == eventEnd {
				break
			}
			if e == eventOpen && m.is("encryption-data") {
				return nil, refuse("C’est un classeur protégé par un mot de passe : l’ouvrir, retirer la protection, puis l’enregistrer de nouveau.")
			}
		}
	}
	part := a.entry("content.xml")
	m, err := f.newMarkup(part)
	if err != nil {
		return nil, err
	}
	hiddenStyles := map[string]bool{}
	style, spreadsheet := "", false
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
		case m.is("style"):
			style, _ = m.attr("name")
		case m.is("table-properties") && len(hiddenStyles) < 10_000:
			if display, _ := m.attr("display"); display == "false" && len(style) < 200 {
				hiddenStyles[style] = true
			}
		case m.is("spreadsheet"):
			spreadsheet = true
		case m.is("table") && len(leaves) < 1000:
			name, _ := m.attr("name")
			look, _ := m.attr("style-name")
			number := len(leaves)
			leaves = append(leaves, leaf{name: clip(name, 200), hidden: hiddenStyles[look], open: func() (source, error) {
				m, err := f.newMarkup(part)
				return &odsRows{markup: m, table: number}, err
			}})
		}
	}
	if !spreadsheet {
		return nil, refuse("C’est un document OpenDocument sans tableau : donner le tableau en ODS, XLSX ou CSV.")
	}
	return leaves, nil
}

const (
	// A row that comes back more often is a format laid down to the bottom of the
	// sheet, not as many places.
	maxRepeats = 1000
	// No sheet is wider; a repeated cell beyond says nothing.
	maxAcross = 16_384
)

// odsRows gives the rows of the nth table of a document.
type odsRows struct {
	*markup
	table   int // to come
	within  int // depth of tables: one in a cell is none of ours
	started bool
	line    int
	repeat  int // of row, to give
	times   int
	row     Row
}

func (o *odsRows) next() (Row, error) {
	for {
		if o.repeat > 0 {
			row := o.row
			row.Line = o.line
			row.Cells = slices.Clone(row.Cells)
			if o.repeat > maxRepeats && o.repeat < o.times {
				row.Aside = fmt.Sprintf("%d lignes identiques à la précédente", o.repeat)
				o.line += o.repeat
				o.repeat = 0
				return row, nil
			}
			o.line++
			o.repeat--
			return row, nil
		}
		e, err := o.markup.next(false)
		switch {
		case err != nil:
			return Row{}, err
		case e == eventEnd:
			return Row{}, refuse("Le classeur est coupé : l’ouvrir dans un tableur et l’enregistrer de nouveau.")
		case e == eventOpen && o.is("table"):
			if !o.started {
				if o.table--; o.table < 0 {
					o.started, o.line = true, 1
				}
			} else {
				o.within++
			}
		case e == eventClose && o.is("table") && o.started:
			if o.within == 0 {
				return Row{}, io.EOF
			}
			o.within--
		case e == eventOpen && o.is("table-row") && o.started && o.within == 0:
			times := max(1, o.number("number-rows-repeated"))
			row, err := o.read()
			if err != nil {
				return Row{}, err
			}
			if blank(row.Cells) {
				o.line += min(times, 1<<30)
				continue
			}
			times = min(times, 1<<30)
			o.row, o.repeat, o.times = row, times, times
		}
	}
}

// read reads the cells of a row that began.
func (o *odsRows) read() (Row, error) {
	row := Row{Cells: make([]string, 0, 32)}
	at, size := 0, 0
	for {
		e, err := o.markup.next(false)
		if err != nil {
			return Row{}, err
		}
		switch {
		case e == eventEnd:
			return Row{}, o.fault()
		case e == eventClose && o.is("table-row"):
			return row, nil
		case e == eventOpen && (o.is("table-cell") || o.is("covered-table-cell")):
			times := min(max(1, o.number("number-columns-repeated")), maxAcross)
			cell, cut, err := o.cell()
			if err != nil {
				return Row{}, err
			}
			if cell == "" || at > 4*MaxColumns {
				at += times
				continue
			}
			for len(row.Cells) < at {
				row.Cells = append(row.Cells, "")
			}
			for range times {
				if size += len(cell); size > maxRowText || len(row.Cells) > 4*MaxColumns {
					row.TooBig = true
					break
				}
				row.Cells = append(row.Cells, cell)
			}
			row.TooBig = row.TooBig || cut
			at += times
		}
	}
}

// cell reads a cell that began: the text that people see, or the value where
// that says more.
func (o *odsRows) cell() (text string, cut bool, err error) {
	kind, _ := o.attr("value-type")
	value, _ := o.attr("value")
	day, _ := o.attr("date-value")
	clock, _ := o.attr("time-value")
	truth, _ := o.attr("boolean-value")
	if s, ok := o.attr("string-value"); ok && value == "" {
		value = s
	}
	var seen []byte
	keep := func(b []byte) {
		seen = append(seen, b[:min(len(b), MaxCell-min(len(seen), MaxCell))]...)
	}
	paragraphs, inside, note, depth := 0, 0, 0, 0
	for done := false; !done; {
		e, err := o.markup.next(inside > 0 && note == 0)
		if err != nil {
			return "", false, err
		}
		switch e {
		case eventEnd:
			return "", false, o.fault()
		case eventText:
			cut = cut || o.cut || len(seen)+len(o.text) > MaxCell
			keep(o.text)
		case eventOpen:
			switch {
			case o.is("annotation"), o.is("shapes"), o.is("frame"), o.is("table"):
				note++
			case note > 0:
			case o.is("p"), o.is("h"):
				if inside++; inside == 1 {
					if paragraphs++; paragraphs > 1 {
						keep([]byte{'\n'})
					}
				}
			case o.is("s"):
				for range min(max(1, o.number("c")), 1000) {
					keep([]byte{' '})
				}
			case o.is("tab"):
				keep([]byte{'\t'})
			case o.is("line-break"):
				keep([]byte{'\n'})
			case o.is("table-cell"), o.is("covered-table-cell"):
				depth++
			}
		case eventClose:
			switch {
			case o.is("annotation"), o.is("shapes"), o.is("frame"), o.is("table"):
				note--
			case note > 0:
			case o.is("table-cell"), o.is("covered-table-cell"):
				done = depth == 0
				depth--
			case o.is("p"), o.is("h"):
				inside--
			}
		}
	}
	text = strings.TrimSpace(string(seen))
	switch kind {
	case "boolean":
		switch truth {
		case "true":
			return "oui", cut, nil
		case "false":
			return "non", cut, nil
		}
	case "date":
		if day != "" {
			day = strings.TrimSuffix(day, "T00:00:00")
			day, _, _ = strings.Cut(day, ".")
			return strings.Replace(strings.TrimSuffix(day, ":00"), "T", " ", 1), cut, nil
		}
	case "time":
		if m := odsTime.FindStringSubmatch(clock); m != nil {
			out := pad2(m[1]) + ":" + pad2(m[2])
			if s := pad2(m[3]); s != "00" {
				out += ":" + s
			}
			return out, cut, nil
		}
	case "float", "percentage", "currency":
		if x, err := strconv.ParseFloat(value, 64); err == nil {
			if looksMasked(text, x) {
				return text, cut, nil
			}
			return plainNumber(x), cut, nil
		}
	}
	if text == "" {
		text = value
	}
	return text, cut, nil
}

var odsTime = regexp.MustCompile(`^PT(\d{1,3})H(?:(\d{1,2})M)?(?:(\d{1,2})(?:[.,]\d*)?S)?$`)

func pad2(s string) string {
	for len(s) < 2 {
		s = "0" + s
	}
	return s
}

// looksMasked: what is shown are all the digits of the number with zeros before
// them, or in pairs as a phone has them.
func looksMasked(text string, x float64) bool {
	if text == "" || x < 0 || x != math.Trunc(x) || x >= 1e15 {
		return false
	}
	digits := strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9':
			return r
		case strings.ContainsRune(" .-/()+\u00a0\u202f", r):
			return -1
		}
		return 'x'
	}, text)
	number := strconv.FormatFloat(x, 'f', 0, 64)
	return len(digits) > len(number) && strings.TrimLeft(digits, "0") == strings.TrimLeft(number, "0")
}
