package census

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"mednum/internal/mapping"
	"mednum/internal/place"
	"mednum/internal/sheet"
)

// Format is what a file was recognised to be.
type Format struct {
	sheet.Format
	Version string `json:"version"` // of the standard: "v0", "v1"; of a mapped file, what it is mapped to
}

// file is a source's file, open at its first row.
type file struct {
	*sheet.File
	format   Format
	mapper   *mapping.Mapper // nil: the file has the standard's columns
	schema   *place.Schema
	findings []place.Finding   // about the header
	named    map[string]string // column of the standard → the file's own name of it
}

// open recognises a file and its columns. The error, when the file cannot be
// used at all, is a *sheet.FileError that says everything that is wrong at once.
func open(r io.Reader, o Options, communes place.Communes) (*file, error) {
	s, err := sheet.Open(r, o.Name, Reading(o.Mapping))
	if err != nil {
		return nil, err
	}
	f := &file{File: s, named: map[string]string{}}
	if o.Mapping != nil {
		err = f.mapped(o.Mapping, communes)
	} else {
		err = f.understand()
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	f.format = Format{s.Format, f.schema.Version}
	return f, nil
}

const suggestMapping = " Si ses colonnes ont d’autres noms, donner une correspondance avec le fichier : « mednum mapping suggest » en propose une, la page de dépôt aussi."

// understand reads the standard's columns in the header.
func (f *file) understand() error {
	known := knownColumns(f.Headers)
	if known == 0 || known < 2 && f.Format.HeaderLine > 1 {
		return &sheet.FileError{Message: fmt.Sprintf("Les colonnes de ce fichier ne sont pas celles du standard (« id,pivot,nom,commune,code_postal… ») : « %s ».", clip(strings.Join(f.Headers, f.separator()), 300)) + suggestMapping}
	}
	f.schema, f.findings = place.ReadHeader(f.Headers, f.Format.HeaderLine)
	for _, finding := range f.findings {
		switch finding.Code {
		case "column_alias":
			if !strings.EqualFold(finding.Found, finding.Made) {
				f.named[finding.Made] = finding.Found
			}
		case "column_v0":
			for _, field := range strings.Split(finding.Made, ", ") {
				f.named[field] = finding.Found
			}
		}
	}
	return f.judge()
}

// mapped reads them through a mapping.
func (f *file) mapped(m *mapping.Mapping, communes place.Communes) error {
	var err error
	if f.mapper, err = mapping.Compile(m, f.Columns); err != nil {
		return &sheet.FileError{Message: "La correspondance ne convient pas à ce fichier. " + err.Error() + " Colonnes lues : " + clip(strings.Join(f.Columns, ", "), 1000) + "."}
	}
	f.mapper.Communes = communes
	headers := make([]string, len(place.Columns))
	for i := range place.Columns {
		headers[i] = place.Columns[i].Name
	}
	for _, name := range f.mapper.Absent() {
		for i := range headers {
			if headers[i] == name {
				headers[i] = "" // what nothing feeds is unknown, not empty
			}
		}
	}
	f.schema, f.findings = place.ReadHeader(headers, f.Format.HeaderLine)
	return f.judge()
}

// judge refuses a header under which no row could be kept.
func (f *file) judge() error {
	var faults []string
	for _, finding := range f.findings {
		if finding.Severity == place.Blocking {
			faults = append(faults, finding.Message)
		}
	}
	if len(faults) == 0 {
		return nil
	}
	for _, finding := range f.findings {
		if finding.Code == "column_unknown" && strings.Contains(finding.Message, "Vouliez-vous") {
			faults = append(faults, finding.Message)
		}
	}
	text := strings.Join(faults, " ") + " Colonnes lues : " + clip(strings.Join(f.Columns, ", "), 300) + "."
	if f.mapper == nil {
		text += suggestMapping
	}
	return &sheet.FileError{Message: text}
}

func (f *file) separator() string {
	if f.Format.Separator != "" {
		return f.Format.Separator
	}
	return ", "
}

// knownColumns counts the cells that name a column of the standard.
func knownColumns(cells []string) int {
	if len(cells) > sheet.MaxColumns {
		return 0
	}
	_, findings := place.ReadHeader(cells, 1)
	n := 0
	for _, c := range cells {
		if strings.TrimSpace(c) != "" {
			n++
		}
	}
	for _, f := range findings {
		if f.Code == "column_unknown" || f.Code == "column_repeated" {
			n--
		}
	}
	return n
}

// clip keeps the first n characters.
func clip(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n]) + "…"
}
