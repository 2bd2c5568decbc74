// Package sheet opens a table, whatever it was saved as: CSV in any usual
// encoding and separator, XLSX, ODS, JSON, GeoJSON, compressed or not. It
// recognises, and asks nothing; what it hands on is rows of text under the
// file's own column names, in the order of the file. It knows nothing of the
// standard.
//
// A file is streamed, or spooled to a temporary file where its format cannot
// be: what is held in memory does not grow with it.
package sheet

import (
	"bufio"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Format is what a file was recognised to be.
type Format struct {
	Compression string   `json:"compression"`       // "", "gzip", "zip", "zstd", "bzip2"
	Kind        string   `json:"genre"`             // "csv", "xlsx", "ods", "json", "geojson"
	Encoding    string   `json:"encodage"`          // "UTF-8", "UTF-16", "Windows-1252", "MacRoman", "CP850"
	Separator   string   `json:"separateur"`        // of a CSV
	Sheet       string   `json:"feuille,omitempty"` // of a workbook: which one was read
	Others      []string `json:"autres_feuilles,omitempty"`
	Path        string   `json:"chemin,omitempty"` // of a JSON: the key under which the rows are, "" at the top
	HeaderLine  int      `json:"ligne_entetes"`    // 1 unless something stands above the headers; 0: the file has none
}

// Options helps to recognise. The zero Options leaves all of it to the file.
type Options struct {
	Sheet      string // of a workbook; "" the one that has most rows
	Path       string // of a JSON: dotted keys; "" the longest list of objects
	Separator  string // of a CSV; "" recognised
	Encoding   string // of a CSV; "" recognised
	HeaderLine int    // 0 recognised
	// Known counts the cells that name columns that the caller knows. Nil: the
	// header is the first row that looks like one.
	Known func(cells []string) int
	// Temp is the folder of temporary files; "" the system's.
	Temp string
}

// Row is a row of the file as it was cut. Cells are in the order of
// File.Columns; a row may have fewer, and a CSV's more.
type Row struct {
	Line     int // where it begins in the file, 1 being the first; of a JSON, the number of the object
	Cells    []string
	Quotes   bool   // a quote was out of place
	TooBig   bool   // a cell or a line beyond what a table has: Cells hold its beginning
	Interior bool   // the geometry is no point: the coordinates are of a point within it
	Aside    string // French: why this is no row of the table ("ligne de total"); "" it is one
}

// FileError says why a whole file cannot be used. Its text is French, for the
// person who gave the file.
type FileError struct{ Message string }

func (e *FileError) Error() string { return e.Message }

// What a table is allowed to be.
const (
	MaxColumns = 2000
	MaxCell    = 1 << 20 // bytes: a million characters and some
	MaxRows    = 2_000_000
)

// File is a table, open at its first row.
type File struct {
	Format  Format
	Columns []string // names, each once: "nom", "nom (2)"; "colonne 3" where the header is empty
	Headers []string // as written

	rows  source
	known [][]string // folded header rows, to know them again
	count int
	temp  string
	close []func()

	decoder *decoder // of a text
}

// source gives the rows of a format, io.EOF after the last.
type source interface{ next() (Row, error) }

// Open recognises a file and its header. The error, when the file cannot be
// used at all, is a *FileError that says everything that is wrong at once.
// Close must be called.
func Open(r io.Reader, name string, o Options) (*File, error) {
	f := &File{temp: o.Temp}
	if err := f.open(r, o); err != nil {
		f.Close()
		return nil, err
	}
	if n := len(f.Headers); n > MaxColumns {
		f.Close()
		return nil, refuse("Le tableau a %d colonnes, %d au plus sont permises : ne garder que celles qui servent.", n, MaxColumns)
	}
	return f, nil
}

func (f *File) open(r io.Reader, o Options) error {
	plain, book, err := f.uncompress(r)
	switch {
	case err != nil:
		return err
	case book != nil:
		return f.openBook(book, o)
	}
	text, d, err := f.utf8From(plain, o.Encoding)
	if err != nil {
		return err
	}
	f.decoder = d
	head, err := peek(text)
	if err != nil {
		return err
	}
	if likeJSON(head) {
		return f.openJSON(text, d, o)
	}
	return f.openCSV(text, d, o)
}

// begin takes the names of the columns.
func (f *File) begin(rows []Row, h header) {
	f.Headers = trimRight(h.headers)
	if h.first < 0 {
		f.Headers = h.headers // no row names them
	} else {
		f.Format.HeaderLine = rows[h.first].Line
	}
	if len(f.Headers) > MaxColumns {
		return // refused by Open
	}
	f.Columns = columns(f.Headers)
	f.remember(rows, h)
}

// Close frees what opening took.
func (f *File) Close() {
	for i := len(f.close) - 1; i >= 0; i-- {
		f.close[i]()
	}
	f.close = nil
}

// Next gives the next row that is not blank, or io.EOF.
func (f *File) Next() (Row, error) {
	for {
		row, err := f.rows.next()
		if f.decoder != nil && f.decoder.foreign > 0 {
			f.Format.Encoding = f.decoder.encoding() // told by the rows, not by the head alone
		}
		if err != nil {
			if err == io.EOF {
				return Row{}, io.EOF
			}
			return Row{}, readError(err)
		}
		if blank(row.Cells) {
			continue
		}
		if f.count++; f.count > MaxRows {
			return Row{}, refuse("Le tableau a plus de %s de lignes : le couper en plusieurs fichiers.", "deux millions")
		}
		if row.Aside == "" {
			row.Aside = f.aside(row.Cells)
		}
		return row, nil
	}
}

func blank(cells []string) bool {
	for _, c := range cells {
		if strings.TrimSpace(c) != "" {
			return false
		}
	}
	return true
}

// columns names every column once.
func columns(headers []string) []string {
	names := make([]string, len(headers))
	taken := make(map[string]int, len(headers)) // by name: the last number given to it
	for i, h := range headers {
		name := strings.Join(strings.Fields(h), " ")
		if utf8.RuneCountInString(name) > 300 {
			name = clip(name, 300)
		}
		if name == "" {
			name = "colonne " + strconv.Itoa(i+1)
		}
		for base := name; taken[name] > 0; {
			taken[base]++
			name = base + " (" + strconv.Itoa(taken[base]) + ")"
		}
		taken[name] = 1
		names[i] = name
	}
	return names
}

func peek(b *bufio.Reader) ([]byte, error) {
	head, err := b.Peek(sampleSize)
	if err != nil && err != io.EOF && err != bufio.ErrBufferFull {
		return nil, readError(err)
	}
	return head, nil
}
