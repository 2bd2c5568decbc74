package sheet

import (
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

// Mark is how a cell is told apart: by its colour, and by its letters for those
// who do not see colours.
type Mark int

const (
	Plain  Mark = iota
	Header      // bold, on grey
	Wrong       // bold, framed, on red
	Doubt       // underlined, on yellow
	Fixed       // italic, on blue
	Quiet       // grey letters
)

// Cell is a text: never a number nor a formula, whatever it begins with.
type Cell struct {
	Text string
	Mark Mark
}

// Writer makes an XLSX workbook, sheet after sheet, row after row. Rows wait in
// a temporary file: what is held in memory does not grow with them.
type Writer struct {
	file   *excelize.File
	styles map[Mark]int
	stream *excelize.StreamWriter
	sheets int
	row    int
}

// What XLSX permits.
const (
	maxSheetRows = 1_048_576
	maxCellUnits = 32_767 // of UTF-16
)

// NewWriter begins a workbook. temp is the folder of temporary files; "" the
// system's. Close must be called.
func NewWriter(temp string) (*Writer, error) {
	w := &Writer{file: excelize.NewFile(excelize.Options{TmpDir: temp}), styles: map[Mark]int{}}
	fill := func(color string) excelize.Fill {
		return excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{color}}
	}
	top := &excelize.Alignment{Vertical: "top", WrapText: true}
	frame := []excelize.Border{{Type: "left", Color: "9C1C1C", Style: 2}, {Type: "right", Color: "9C1C1C", Style: 2}, {Type: "top", Color: "9C1C1C", Style: 2}, {Type: "bottom", Color: "9C1C1C", Style: 2}}
	for mark, style := range map[Mark]*excelize.Style{
		Plain:  {Alignment: top, NumFmt: 49},
		Header: {Alignment: top, NumFmt: 49, Font: &excelize.Font{Bold: true}, Fill: fill("E3E3E3")},
		Wrong:  {Alignment: top, NumFmt: 49, Font: &excelize.Font{Bold: true, Color: "6B0000"}, Fill: fill("FFD0D0"), Border: frame},
		Doubt:  {Alignment: top, NumFmt: 49, Font: &excelize.Font{Underline: "single", Color: "4A3200"}, Fill: fill("FFEBB0")},
		Fixed:  {Alignment: top, NumFmt: 49, Font: &excelize.Font{Italic: true, Color: "0B2E66"}, Fill: fill("DCEBFF")},
		Quiet:  {Alignment: top, NumFmt: 49, Font: &excelize.Font{Color: "595959"}},
	} {
		id, err := w.file.NewStyle(style)
		if err != nil {
			w.Close()
			return nil, fmt.Errorf("make a style: %w", err)
		}
		w.styles[mark] = id
	}
	return w, nil
}

// Close frees what writing took.
func (w *Writer) Close() { w.file.Close() }

// Sheet begins a sheet: widths of its first columns, in characters, and how many
// of them stay in sight beside the first row.
func (w *Writer) Sheet(name string, frozen int, widths ...float64) (err error) {
	if err := w.flush(); err != nil {
		return err
	}
	if w.sheets == 0 {
		err = w.file.SetSheetName(w.file.GetSheetName(0), name)
	} else {
		_, err = w.file.NewSheet(name)
	}
	if err == nil {
		w.stream, err = w.file.NewStreamWriter(name)
	}
	if err != nil {
		return fmt.Errorf("begin sheet %s: %w", name, err)
	}
	w.sheets, w.row = w.sheets+1, 0
	for i, width := range widths {
		if err := w.stream.SetColWidth(i+1, i+1, width); err != nil {
			return fmt.Errorf("begin sheet %s: %w", name, err)
		}
	}
	corner, err := excelize.CoordinatesToCellName(frozen+1, 2)
	if err != nil {
		return err
	}
	return w.stream.SetPanes(&excelize.Panes{Freeze: true, XSplit: frozen, YSplit: 1, TopLeftCell: corner, ActivePane: "bottomRight"})
}

// Full reports whether the sheet takes no row beyond the next one.
func (w *Writer) Full() bool { return w.row >= maxSheetRows-1 }

// Row writes a row.
func (w *Writer) Row(cells ...Cell) error {
	values := make([]any, len(cells))
	for i, c := range cells {
		if c.Text == "" && c.Mark == Plain {
			continue
		}
		values[i] = excelize.Cell{StyleID: w.styles[c.Mark], Value: written(c.Text)}
	}
	w.row++
	at, err := excelize.CoordinatesToCellName(1, w.row)
	if err == nil {
		err = w.stream.SetRow(at, values)
	}
	if err != nil {
		return fmt.Errorf("write row %d: %w", w.row, err)
	}
	return nil
}

// written is a text as a cell can hold it: no control characters, no more than
// its length.
func written(s string) string {
	if len(s) <= maxCellUnits/2 && utf8.ValidString(s) {
		clean := true
		for i := range len(s) {
			if s[i] < ' ' && s[i] != '\n' {
				clean = false
				break
			}
		}
		if clean {
			return s
		}
	}
	const more = " … (coupé)"
	out := make([]byte, 0, min(len(s), 3*maxCellUnits))
	units := 0
	for _, r := range s {
		switch {
		case r == '\t':
			r = ' '
		case r < ' ' && r != '\n', r == 0x7f, r == 0xfffe, r == 0xffff:
			continue
		}
		if units += max(1, utf16.RuneLen(r)); units > maxCellUnits-len(more) {
			return string(out) + more
		}
		out = utf8.AppendRune(out, r)
	}
	return string(out)
}

func (w *Writer) flush() error {
	if w.stream == nil {
		return nil
	}
	err := w.stream.Flush()
	w.stream = nil
	if err != nil {
		return fmt.Errorf("end a sheet: %w", err)
	}
	return nil
}

// WriteTo ends the workbook and writes it.
func (w *Writer) WriteTo(to io.Writer) (int64, error) {
	if err := w.flush(); err != nil {
		return 0, err
	}
	n, err := w.file.WriteTo(to)
	if err != nil {
		return n, fmt.Errorf("write the workbook: %w", err)
	}
	return n, nil
}
