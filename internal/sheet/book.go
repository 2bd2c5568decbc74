package sheet

import (
	"archive/zip"
	"io"
	"path"
	"strings"
)

// A workbook is read twice where it has several sheets: to see which one is the
// table, then its rows.

// leaf is a sheet of a workbook.
type leaf struct {
	name   string
	hidden bool
	open   func() (source, error) // its rows, blank ones included
}

func (a *archive) entry(name string) *zip.File {
	name = strings.TrimPrefix(path.Clean(name), "/")
	for _, e := range a.File {
		if e.Name == name {
			return e
		}
	}
	for _, e := range a.File { // some programs write backslashes, or other cases
		if strings.EqualFold(strings.ReplaceAll(e.Name, `\`, "/"), name) {
			return e
		}
	}
	return nil
}

// openBook chooses a sheet and recognises its header.
func (f *File) openBook(a *archive, o Options) error {
	f.Format.Compression, f.Format.Kind, f.Format.Encoding = "", a.kind, "UTF-8"
	var sheets []leaf
	var err error
	if a.kind == "xlsx" {
		sheets, err = f.xlsx(a)
	} else {
		sheets, err = f.ods(a)
	}
	if err != nil {
		return err
	}
	chosen, sample, err := f.chooseLeaf(sheets, o)
	if err != nil {
		return err
	}
	f.Format.Sheet = sheets[chosen].name
	for i := range sheets {
		if i != chosen {
			f.Format.Others = append(f.Format.Others, sheets[i].name)
		}
	}
	if len(f.Format.Others) > 50 {
		f.Format.Others = f.Format.Others[:50]
	}
	h := recognise(sample, o.Known, o.HeaderLine)
	if h.first < 0 && o.HeaderLine > 0 {
		return refuse("La feuille « %s » n’a pas de ligne %d, que l’on dit être celle des en-têtes.", clip(f.Format.Sheet, 60), o.HeaderLine)
	}
	// Cells to the right of the header belong to no column: they have one where
	// the first rows fill it.
	width := 0
	for i := h.last + 1; i < len(sample); i++ {
		width = max(width, len(trimRight(sample[i].Cells)))
	}
	for len(h.headers) < min(width, MaxColumns) && h.first >= 0 {
		h.headers = append(h.headers, "")
	}
	wide := h.headers
	f.begin(sample, h)
	if h.first >= 0 && len(wide) > len(f.Headers) {
		f.Headers = wide
		f.Columns = columns(wide)
	}
	rows, err := sheets[chosen].open()
	if err != nil {
		return err
	}
	after := 0
	if h.last >= 0 {
		after = sample[h.last].Line
	}
	f.rows = &below{source: rows, after: after, width: len(f.Headers)}
	return nil
}

// chooseLeaf takes the sheet that names most columns that the caller knows, or
// has most rows; one that is hidden only where no other has any. It gives the
// first rows too.
func (f *File) chooseLeaf(sheets []leaf, o Options) (int, []Row, error) {
	const enough = 200
	var names []string
	best, bestKnown, bestRows := -1, 0, 0
	var sample []Row
	for i := range sheets {
		names = append(names, "« "+clip(sheets[i].name, 40)+" »")
		if o.Sheet != "" && fold(sheets[i].name) != fold(o.Sheet) {
			continue
		}
		rows, err := sheets[i].open()
		if err != nil {
			return 0, nil, err
		}
		var first []Row
		n := 0
		for len(sheets) > 1 && o.Sheet == "" || n < enough {
			row, err := rows.next()
			if err != nil {
				if err != io.EOF {
					return 0, nil, readError(err)
				}
				break
			}
			if blank(row.Cells) {
				continue
			}
			if n++; n <= enough {
				first = append(first, row)
			}
			if n > MaxRows {
				break
			}
		}
		known := 0
		if o.Known != nil {
			for _, r := range first[:min(len(first), headerWithin)] {
				known = max(known, o.Known(r.Cells))
			}
		}
		if known < 3 || n < 2 {
			known = 0
		}
		switch {
		case n == 0:
		case best >= 0 && sheets[i].hidden && !sheets[best].hidden:
		case best < 0, sheets[best].hidden && !sheets[i].hidden, known > bestKnown, known == bestKnown && n > bestRows:
			best, bestKnown, bestRows, sample = i, known, n, first
		}
	}
	switch {
	case best >= 0:
		return best, sample, nil
	case o.Sheet != "":
		return 0, nil, refuse("Le classeur n’a pas de feuille remplie nommée « %s » ; il a : %s.", clip(o.Sheet, 60), strings.Join(names[:min(len(names), 20)], ", "))
	}
	return 0, nil, refuse("Le fichier est vide : aucune feuille du classeur n’a de ligne remplie.")
}

// below gives the rows under the header, no wider than it.
type below struct {
	source
	after, width int
}

func (b *below) next() (Row, error) {
	for {
		row, err := b.source.next()
		if err != nil || row.Line > b.after {
			row.Cells = row.Cells[:min(len(row.Cells), b.width)]
			return row, err
		}
	}
}
