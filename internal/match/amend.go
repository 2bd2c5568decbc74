package match

import (
	"cmp"
	"slices"

	"mednum/internal/place"
)

// Correction is what somebody who knows a place said of one column, over all
// its records.
type Correction struct {
	Number       int64 // the later wins
	Column       string
	Value        string // as place.Column.Said; "" emptied
	Said         string // what the records said then
	Back         bool   // taken back: the records have the word again
	Organisation string
	Reason       string
	On           place.Date
}

// LastOf keeps, of the corrections of several records, the last of each column.
func LastOf(corrections []Correction) map[string]Correction {
	last := map[string]Correction{}
	for _, c := range corrections {
		if had, ok := last[c.Column]; !ok || c.Number > had.Number {
			last[c.Column] = c
		}
	}
	return last
}

// Amend makes corrections, one a column at most, count over what the members
// say. Where a place is follows from what is then said of it, as when a file is
// read. Only date_maj gives way: to a source that has been there since.
func (m *Merged) Amend(members []Member, corrections map[string]Correction, communes place.Communes) {
	a := amender{Merged: m, said: m.Record.Place, in: corrections}
	for _, x := range members {
		if !x.Withdrawn {
			a.live = append(a.live, x)
		}
	}
	if len(a.live) == 0 {
		a.live = slices.Clone(members)
	}
	slices.SortFunc(a.live, func(x, y Member) int { return cmp.Compare(x.Seq, y.Seq) })
	for i := range place.Columns {
		if c := &place.Columns[i]; a.corrected(c.Name) {
			a.column(c)
		}
	}
	if a.address || a.position {
		a.locate(communes)
	}
	slices.SortStableFunc(m.Provenance, func(x, y Provenance) int { return cmp.Compare(rank(x.Column), rank(y.Column)) })
}

type amender struct {
	*Merged
	live              []Member
	said              place.Place
	in                map[string]Correction
	address, position bool
}

func (a *amender) corrected(column string) bool {
	k, ok := a.in[column]
	return ok && !k.Back
}

func (a *amender) column(c *place.Column) {
	k, r := a.in[c.Name], &a.Record
	said := c.Said(&a.said)
	switch {
	case c.Kind == place.Day:
		was, _ := place.ParseDate(k.Said)
		if now := a.said.DateMaj; now.Compare(was) > 0 && now.String() > k.Value {
			return // a source has been there since
		}
		c.Say(&r.Place, k.Value)
	case c.Kind == place.Latitude:
		if !r.SayPosition(k.Value, a.in["longitude"].Value) {
			return
		}
		a.position = true
	case c.Kind == place.Longitude: // with the latitude
	default:
		c.Say(&r.Place, k.Value)
		a.address = a.address || ofAddress[c.Name]
	}
	here := func(name string) bool { return name == c.Name }
	r.Defaults, r.Absent = slices.DeleteFunc(slices.Clone(r.Defaults), here), slices.DeleteFunc(slices.Clone(r.Absent), here)
	value := c.Said(&r.Place)
	if value == said && len(place.Together(c.Name)) > 1 {
		return // corrected with others, and as the records say
	}
	a.Provenance = slices.DeleteFunc(a.Provenance, func(p Provenance) bool { return p.Column == c.Name })
	if value == "" && said == "" && k.Said == "" {
		return
	}
	p := Provenance{Column: c.Name, ID: a.live[0].ID, Source: k.Organisation, Date: k.On.String(), Why: whyCorrected}
	for _, x := range a.live {
		if other := c.Said(&x.Record.Place); c.Known(&x.Record.Place) && other != value {
			p.Others = append(p.Others, Another{x.ID, x.Source, other})
		}
	}
	p.Corrected = &Corrected{Organisation: k.Organisation, On: k.On.String(), Reason: k.Reason, Value: value, Said: said,
		Anew: c.Kind != place.Day && said != k.Said && said != value}
	a.Provenance = append(a.Provenance, p)
}

const whyCorrected = "Quelqu’un qui connaît ce lieu l’a corrigé."

func rank(column string) int {
	return slices.IndexFunc(place.Columns, func(c place.Column) bool { return c.Name == column })
}

// locate says again what follows from the address and the position.
func (a *amender) locate(communes place.Communes) {
	r := &a.Record
	if a.position {
		if r.Precision = ""; r.Position.Known() {
			r.Precision = place.Given
		}
	} else if a.elsewhere() && (r.Precision == place.AtNumber || r.Precision == place.AtStreet) {
		// It was searched for in a commune that is no longer the place's.
		r.Position, r.Precision = place.Position{}, ""
		a.Provenance = slices.DeleteFunc(a.Provenance, func(p Provenance) bool { return p.Column == "latitude" || p.Column == "longitude" })
	}
	cells := map[string]string{}
	for _, name := range []string{"commune", "code_postal", "code_insee", "adresse", "complement_adresse", "latitude", "longitude"} {
		c, _ := place.ColumnNamed(name)
		cells[name] = c.Said(&r.Place)
	}
	read := place.ReadCells(cells, place.Context{Communes: communes})
	r.Doubt, r.Approximate = read.Doubt, read.Approximate
	if a.address {
		r.Departement = read.Departement
	}
}

// elsewhere tells whether the corrected address is in another commune than that
// of the records.
func (a *amender) elsewhere() bool {
	p, q := &a.Record.Place, &a.said
	if p.CodeInsee != "" && q.CodeInsee != "" {
		return p.CodeInsee != q.CodeInsee
	}
	return p.CodePostal != q.CodePostal || p.Commune != q.Commune
}
