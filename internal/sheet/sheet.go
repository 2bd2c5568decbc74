// Package sheet opens a table, whatever it was saved as: CSV in any usual
// encoding and separator, XLSX, ODS, JSON, GeoJSON, compressed or not. It
// recognises, and asks nothing; what it hands on is rows of text under the
// file's own column names, in the order of the file. It knows nothing of the
// standard.
//
// A file is streamed, or spooled to a temporary file where its format cannot
// be: what is held in memory does not grow with it.
package sheet

// Format is what a file was recognised to be.
type Format struct {
	Compression string `json:"compression"`       // "", "gzip", "zip", "zstd", "bzip2"
	Kind        string `json:"genre"`             // "csv", "xlsx", "ods", "json", "geojson"
	Encoding    string `json:"encodage"`          // "UTF-8", "UTF-16", "Windows-1252", "MacRoman", "CP850"
	Separator   string `json:"separateur"`        // of a CSV
	Sheet       string `json:"feuille,omitempty"` // of a workbook: which one was read
	Path        string `json:"chemin,omitempty"`  // of a JSON: the key under which the rows are, "" at the top
	HeaderLine  int    `json:"ligne_entetes"`     // 1 unless something stands above the headers
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
// File.Columns; a row may have fewer, or more.
type Row struct {
	Line   int // where it begins in the file, 1 being the first; of a JSON, the number of the object
	Cells  []string
	Quotes bool // a quote was out of place
	TooBig bool // a cell or a line beyond what a table has: Cells hold its beginning
}

// FileError says why a whole file cannot be used. Its text is French, for the
// person who gave the file.
type FileError struct{ Message string }

func (e *FileError) Error() string { return e.Message }
