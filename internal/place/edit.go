package place

import (
	"slices"
	"strconv"
	"strings"
)

// Everybody is the cell of publics_specifiquement_adresses that says that a
// place is set apart for nobody. In a file the empty cell says so; where somebody
// edits a place, the empty one says that we do not know.
const Everybody = "Tous publics"

const publics = "publics_specifiquement_adresses"

// Said is the column of a place as somebody who edits it reads and writes it: as
// Cell, but what is empty and known (Everybody) is told from what is unknown.
func (c *Column) Said(p *Place) string {
	if c.Name == publics && *c.List(p) != nil && len(*c.List(p)) == 0 {
		return Everybody
	}
	return c.Cell(p)
}

// Say gives a column of a place what Said told of another: it is not read
// again. False, and nothing is changed, where no column can hold it.
func (c *Column) Say(p *Place, cell string) bool {
	switch {
	case c.List != nil && cell == "":
		*c.List(p) = nil
	case c.Name == publics && cell == Everybody:
		*c.List(p) = []string{}
	case c.List != nil:
		*c.List(p) = strings.Split(cell, "|")
	case c.Text != nil:
		*c.Text(p) = cell
	case c.Kind == Day:
		d, ok := ParseDate(cell)
		if cell != "" && !ok {
			return false
		}
		p.DateMaj = d
	default:
		return false // half of a position: SayPosition
	}
	return true
}

// SayPosition gives a place the position that Said told of another.
func (p *Place) SayPosition(latitude, longitude string) bool {
	if latitude == "" && longitude == "" {
		p.Position = Position{}
		return true
	}
	lat, errLat := strconv.ParseFloat(latitude, 64)
	lon, errLon := strconv.ParseFloat(longitude, 64)
	position, err := NewPosition(lat, lon)
	if errLat != nil || errLon != nil || err != nil {
		return false
	}
	p.Position = position
	return true
}

// Together are the columns that are said with one: an address is that of one
// place, whole, and so are a position and its two halves. Others stand alone.
func Together(column string) []string {
	for _, group := range [][]string{addressColumns, positionColumns} {
		if slices.Contains(group, column) {
			return group
		}
	}
	return []string{column}
}

var (
	addressColumns  = []string{"commune", "code_postal", "code_insee", "adresse", "complement_adresse"}
	positionColumns = []string{"latitude", "longitude"}
)

// ReadCells makes a record of what somebody wrote in the cells of a place, as a
// row of a file is read. An empty cell is unknown.
func ReadCells(cells map[string]string, c Context) Record {
	headers, row := make([]string, 0, len(Columns)), make([]string, 0, len(Columns))
	for i := range Columns {
		name := Columns[i].Name
		if name == publics && Blank(cells[name]) {
			continue // a file's empty cell would mean everybody
		}
		headers, row = append(headers, name), append(row, cells[name])
	}
	schema, _ := ReadHeader(headers, 1)
	record := schema.Read(row, 0, c)
	record.Absent = nil
	// The words of the reader say what a file's empty cell means.
	record.Findings = slices.DeleteFunc(record.Findings, func(f Finding) bool { return f.Code == "publics_everybody" })
	return record
}

// LostIn tells whether a finding says that something written in a cell was not
// understood, and so not kept: in a file it is unknown, from somebody who edits
// it is a mistake to mend.
func LostIn(f Finding) bool {
	return f.Severity == Blocking || f.Severity == Warning && f.Found != "" && f.Made == "" && f.Code != "missing" && f.Code != "resume_long" && f.Code != "lost_characters"
}
