package census

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

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
	schema   *place.Schema
	findings []place.Finding // about the header
}

// open recognises a file and its columns. The error, when the file cannot be
// used at all, is a *sheet.FileError that says everything that is wrong at once.
func open(r io.Reader, o Options) (*file, error) {
	s, err := sheet.Open(r, o.Name, Reading(o.Mapping))
	if err != nil {
		return nil, err
	}
	f := &file{File: s}
	if err := f.understand(); err != nil {
		s.Close()
		return nil, err
	}
	f.format = Format{s.Format, f.schema.Version}
	return f, nil
}

// understand reads the standard's columns in the header.
func (f *file) understand() error {
	if knownColumns(f.Headers) < 2 && f.Format.HeaderLine != 1 || knownColumns(f.Headers) == 0 {
		return &sheet.FileError{Message: fmt.Sprintf("La première ligne n’est pas celle des colonnes du standard : « %s ». Elle doit donner leurs noms, séparés par des virgules : « id,pivot,nom,commune,code_postal… ».", clip(strings.Join(f.Headers, f.Format.Separator), 120))}
	}
	f.schema, f.findings = place.ReadHeader(f.Headers, f.Format.HeaderLine)
	var faults []string
	for _, finding := range f.findings {
		if finding.Severity == place.Blocking {
			faults = append(faults, finding.Message)
		}
	}
	if len(faults) > 0 {
		for _, finding := range f.findings {
			if finding.Code == "column_unknown" && strings.Contains(finding.Message, "Vouliez-vous") {
				faults = append(faults, finding.Message)
			}
		}
		return &sheet.FileError{Message: strings.Join(faults, " ") + " Colonnes lues : " + clip(strings.Join(f.Headers, ", "), 300) + "."}
	}
	return nil
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
