package match

import (
	"cmp"
	"slices"
	"strings"

	"mednum/internal/place"
)

// Member is one record behind a place, with what decides whose values win.
type Member struct {
	Side
	Seq        int64    // order of arrival in the census: the smallest leads
	Precedence int      // of its source: the higher wins before freshness
	Constantes []string // columns that say the same of all the places of its source
}

// Merged is what is published of several records that are one place.
type Merged struct {
	Record     place.Record
	Provenance []Provenance // one a known column, in the standard's order
}

// together are the columns of the address: they come from one record.
var together = []string{"commune", "code_postal", "code_insee", "adresse", "complement_adresse"}

// Merge makes one record of several. Each published value is that of one of
// the members, and the same whatever their order. Withdrawn members give no
// value, unless all are. The identity (id, source, Key, Line, Raw) is the
// lead's: the smallest Seq.
func Merge(members []Member) Merged {
	list := slices.Clone(members)
	slices.SortFunc(list, func(x, y Member) int { return cmp.Compare(x.Seq, y.Seq) })
	if len(list) == 0 {
		return Merged{}
	}
	live := slices.DeleteFunc(slices.Clone(list), func(m Member) bool { return m.Withdrawn })
	if len(live) == 0 {
		live = list
	}
	lead := &live[0]
	out := *lead.Record
	if len(live) > 1 {
		out.Place = place.Place{ID: lead.Record.ID, Source: lead.Record.Source}
		out.Absent, out.Defaults, out.Findings = nil, nil, nil
	}
	m := Merged{Record: out}
	winners := map[string]*Member{}
	home := winner(live, "adresse")
	if home == nil {
		home = winner(live, "commune")
	}
	for i := range place.Columns {
		c := &place.Columns[i]
		var w *Member
		switch {
		case c.Name == "id" || c.Name == "source":
			w = lead
		case slices.Contains(together, c.Name):
			w = home
		case c.Name == "latitude" || c.Name == "longitude":
			if w = home; w == nil || !w.Record.Position.Known() {
				w = winner(live, c.Name)
			}
		default:
			w = winner(live, c.Name)
		}
		if w == nil || !c.Known(&w.Record.Place) {
			continue
		}
		winners[c.Name] = w
		copyColumn(c, &m.Record.Place, &w.Record.Place)
		m.Provenance = append(m.Provenance, provenance(c, w, live))
	}
	if len(live) == 1 {
		return m
	}
	if home != nil {
		m.Record.Departement = home.Record.Departement
	}
	m.Record.Doubt, m.Record.Precision, m.Record.Approximate = "", "", place.Position{}
	if w := winners["latitude"]; w != nil {
		m.Record.Doubt, m.Record.Precision, m.Record.Approximate = w.Record.Doubt, w.Record.Precision, w.Record.Approximate
	} else if home != nil {
		m.Record.Approximate = home.Record.Approximate
	}
	for _, name := range live[0].Record.Absent {
		if !slices.ContainsFunc(live[1:], func(x Member) bool { return !slices.Contains(x.Record.Absent, name) }) {
			m.Record.Absent = append(m.Record.Absent, name)
		}
	}
	for i := range place.Columns {
		name := place.Columns[i].Name
		if w := winners[name]; w != nil && slices.Contains(w.Record.Defaults, name) {
			m.Record.Defaults = append(m.Record.Defaults, name)
		}
	}
	slices.Sort(m.Record.Defaults)
	for i := range live {
		for _, finding := range live[i].Record.Findings {
			if w := winners[finding.Field]; w == &live[i] || w == nil && i == 0 {
				m.Record.Findings = append(m.Record.Findings, finding)
			}
		}
	}
	return m
}

// winner is the member whose value of a column is published; nil when none
// knows it.
func winner(live []Member, column string) *Member {
	c, _ := place.ColumnNamed(column)
	var best *Member
	for i := range live {
		if c.Known(&live[i].Record.Place) && (best == nil || live[i].over(best, c) > 0) {
			best = &live[i]
		}
	}
	return best
}

// over compares two members that both know a column.
func (m *Member) over(n *Member, c *place.Column) int {
	return cmp.Or(
		first(n.own(c.Name), m.own(c.Name)),
		cmp.Compare(m.Precedence, n.Precedence),
		m.Record.DateMaj.Compare(n.Record.DateMaj),
		cmp.Compare(len(c.Cell(&m.Record.Place)), len(c.Cell(&n.Record.Place))),
		cmp.Compare(n.Seq, m.Seq),
	)
}

// own reports whether the value is said of the place, not of all the places of
// its source.
func (m *Member) own(column string) bool {
	return !slices.Contains(m.Record.Defaults, column) && !slices.Contains(m.Constantes, column)
}

func copyColumn(c *place.Column, to, from *place.Place) {
	switch {
	case c.List != nil:
		*c.List(to) = slices.Clone(*c.List(from))
	case c.Text != nil:
		*c.Text(to) = *c.Text(from)
	case c.Kind == place.Day:
		to.DateMaj = from.DateMaj
	default:
		to.Position = from.Position
	}
}

func provenance(c *place.Column, w *Member, live []Member) Provenance {
	p := Provenance{Column: c.Name, ID: w.ID, Source: w.Source, Date: w.Record.DateMaj.String(), Why: "la seule fiche qui le dit"}
	value := c.Cell(&w.Record.Place)
	for i := range live {
		other := c.Cell(&live[i].Record.Place)
		if &live[i] == w || !c.Known(&live[i].Record.Place) || strings.EqualFold(other, value) {
			continue
		}
		p.Others = append(p.Others, Another{live[i].ID, live[i].Source, other})
		p.Why = "plus récente"
	}
	return p
}
