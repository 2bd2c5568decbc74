package match

import (
	"cmp"
	"slices"

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

// Merge makes one record of several, the same whatever their order.
//
// Each published value is that of one member, whole: a list is never made of
// two. A member wins a field by, in this order: saying it of the place, not of
// all the places of its source; the precedence of its source; a fresher
// date_maj, unknown last; being more precise; having come first. The date_maj
// itself is the most recent one. The address
// (commune, code_postal, code_insee, adresse, complement_adresse) comes from
// one member, and the position from the same unless it has none.
//
// Withdrawn members give no value, unless all are. What is not of a field
// (Key, Line, Raw, and the columns id and source) is that of the lead, the
// smallest Seq among those that give values. The record shares nothing with
// its members that a caller may change.
func Merge(members []Member) Merged {
	live := make([]*Member, 0, len(members))
	for i := range members {
		if !members[i].Withdrawn {
			live = append(live, &members[i])
		}
	}
	if len(live) == 0 {
		for i := range members {
			live = append(live, &members[i])
		}
	}
	if len(live) == 0 {
		return Merged{}
	}
	slices.SortFunc(live, func(x, y *Member) int { return cmp.Compare(x.Seq, y.Seq) })
	m := merger{live: live, won: map[string]contest{}}
	return m.merge()
}

type merger struct {
	live []*Member
	won  map[string]contest
	out  Merged
}

// contest is who won a field, and by what.
type contest struct {
	winner *Member
	by     reason
}

// reason why a value won, the strongest first.
type reason int

const (
	alone    reason = iota // nobody else knows the field
	agreed                 // the others say the same
	own                    // the others say it of all the places of their source
	ranked                 // of a source that is trusted more
	fresher                // said more recently
	dated                  // the others have no date
	preciser               // says more
	earlier                // nothing tells them apart
	together               // goes with the address
	leads                  // of the first record
)

var whys = [...]string{
	alone:    "C’est la seule fiche qui le dit.",
	agreed:   "Toutes les fiches qui le disent sont d’accord.",
	own:      "Elle le dit de ce lieu ; les autres, de tous leurs lieux.",
	ranked:   "Sa source passe avant les autres.",
	fresher:  "C’est la fiche la plus récente.",
	dated:    "C’est la seule fiche qui a une date.",
	preciser: "C’est la valeur la plus précise.",
	earlier:  "C’est la fiche arrivée la première ; rien d’autre ne les départage.",
	together: "Ce champ vient avec l’adresse.",
	leads:    "C’est la fiche arrivée la première.",
}

func (m *merger) merge() Merged {
	lead := m.live[0].Record
	r := &m.out.Record
	*r = *lead
	r.Place = place.Place{}
	r.Absent, r.Defaults, r.Findings = nil, nil, nil
	home := m.home()
	for i := range place.Columns {
		c := &place.Columns[i]
		var w contest
		switch {
		case c.Name == "id" || c.Name == "source":
			if w = (contest{m.live[0], leads}); !c.Known(&lead.Place) {
				w = m.contest(c)
			}
		case ofAddress[c.Name]:
			if w = (contest{home.winner, together}); c.Name == "adresse" {
				w = home
			}
		case c.Kind == place.Latitude || c.Kind == place.Longitude:
			if w = (contest{home.winner, together}); home.winner == nil || !home.winner.Record.Position.Known() {
				w = m.contest(c)
			}
		default:
			w = m.contest(c)
		}
		if w.winner == nil || !c.Known(&w.winner.Record.Place) {
			continue
		}
		m.won[c.Name] = w
		give(c, &r.Place, &w.winner.Record.Place)
		if slices.Contains(w.winner.Record.Defaults, c.Name) {
			r.Defaults = append(r.Defaults, c.Name)
		}
		m.out.Provenance = append(m.out.Provenance, m.provenance(c, w))
	}
	slices.Sort(r.Defaults)
	m.rest(home.winner)
	return m.out
}

// ofAddress are the columns of the address: they come from one record.
var ofAddress = map[string]bool{"commune": true, "code_postal": true, "code_insee": true, "adresse": true, "complement_adresse": true}

// home is who gives the address: the best of those that have a street, or
// failing that a commune, or a postal code.
func (m *merger) home() contest {
	for _, name := range []string{"adresse", "commune", "code_postal", "code_insee", "complement_adresse"} {
		c, _ := place.ColumnNamed(name)
		if w := m.contest(c); w.winner != nil {
			return w
		}
	}
	return contest{}
}

// rest settles what is of no column.
func (m *merger) rest(home *Member) {
	r := &m.out.Record
	lead := m.live[0].Record
	if home == nil {
		home = m.live[0]
	}
	point := home
	if w, ok := m.won["latitude"]; ok {
		point = w.winner
	}
	r.Departement, r.Doubt, r.Precision, r.Approximate = home.Record.Departement, point.Record.Doubt, point.Record.Precision, point.Record.Approximate
	for _, x := range m.live {
		r.Departement = cmp.Or(r.Departement, x.Record.Departement)
		if !r.Position.Known() && !r.Approximate.Known() {
			r.Approximate = x.Record.Approximate
		}
	}
	// A column is absent when no file had it: one that had it knew that it was empty.
	for _, name := range lead.Absent {
		if !slices.ContainsFunc(m.live[1:], func(x *Member) bool { return !slices.Contains(x.Record.Absent, name) }) {
			r.Absent = append(r.Absent, name)
		}
	}
	for i, x := range m.live {
		for _, f := range x.Record.Findings {
			field := f.Field
			if field == "longitude" {
				field = "latitude"
			}
			if w, ok := m.won[field]; ok && w.winner == x || !ok && i == 0 {
				r.Findings = append(r.Findings, f)
			}
		}
	}
}

// contest finds whose value of a column is published.
func (m *merger) contest(c *place.Column) contest {
	var best *Member
	known, same := 0, true
	for _, x := range m.live {
		if !c.Known(&x.Record.Place) {
			continue
		}
		known++
		if best == nil {
			best = x
			continue
		}
		same = same && c.Cell(&x.Record.Place) == c.Cell(&best.Record.Place)
		if n, _ := x.over(best, c); n > 0 {
			best = x
		}
	}
	switch {
	case known == 0:
		return contest{}
	case known == 1:
		return contest{best, alone}
	case same:
		return contest{best, agreed}
	}
	// What tells the winner from the runner-up is why it won.
	var second *Member
	for _, x := range m.live {
		if x != best && c.Known(&x.Record.Place) && c.Cell(&x.Record.Place) != c.Cell(&best.Record.Place) {
			if second == nil {
				second = x
			} else if n, _ := x.over(second, c); n > 0 {
				second = x
			}
		}
	}
	_, by := best.over(second, c)
	return contest{best, by}
}

// over compares two members that both know a column, and says by what one wins.
func (m *Member) over(n *Member, c *place.Column) (int, reason) {
	if c.Kind == place.Day {
		return cmp.Or(m.Record.DateMaj.Compare(n.Record.DateMaj), cmp.Compare(n.Seq, m.Seq)), fresher
	}
	for _, by := range [...]struct {
		cmp    int
		reason reason
	}{
		{cmp.Compare(m.weight(c), n.weight(c)), own},
		{cmp.Compare(m.Precedence, n.Precedence), ranked},
		{m.Record.DateMaj.Compare(n.Record.DateMaj), fresher},
		{cmp.Compare(m.precision(c), n.precision(c)), preciser},
		{cmp.Compare(len(c.Cell(&m.Record.Place)), len(c.Cell(&n.Record.Place))), preciser},
	} {
		if by.cmp != 0 {
			if by.reason == fresher && !(m.Record.DateMaj.Known() && n.Record.DateMaj.Known()) {
				return by.cmp, dated
			}
			return by.cmp, by.reason
		}
	}
	return cmp.Compare(n.Seq, m.Seq), earlier
}

// weight is what a member's value is worth before all else: its own, what its
// source says of all its places, or an empty list, that says nothing but
// "everybody".
func (m *Member) weight(c *place.Column) int {
	switch {
	case c.List != nil && len(*c.List(&m.Record.Place)) == 0:
		return 0
	case slices.Contains(m.Record.Defaults, c.Name) || slices.Contains(m.Constantes, c.Name):
		return 1
	}
	return 2
}

// precision tells values of one column apart, beyond their length.
func (m *Member) precision(c *place.Column) int {
	r := m.Record
	switch {
	case c.Kind == place.Latitude || c.Kind == place.Longitude:
		n := map[place.Precision]int{place.AtCommune: 1, place.AtStreet: 2, place.AtNumber: 3}[r.Precision]
		if r.Precision == place.Given || r.Precision == "" {
			n = 3
		}
		if r.Doubt == "" {
			n += 10 // a point that nothing contradicts
		}
		return n
	case c.Name == "adresse":
		if a := readLine(split(r.Adresse, true)); len(a.numbers) > 0 {
			return 1
		}
	case c.Kind == place.Hours:
		if !slices.ContainsFunc(r.Findings, func(f place.Finding) bool { return f.Code == "horaires_unreadable" }) {
			return 1
		}
	case c.Name == "pivot":
		return len(r.Pivot) // a SIRET before a SIREN
	}
	return 0
}

// give copies a column, its list too.
func give(c *place.Column, to, from *place.Place) {
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

func (m *merger) provenance(c *place.Column, w contest) Provenance {
	p := Provenance{Column: c.Name, ID: w.winner.ID, Source: w.winner.Source, Date: w.winner.Record.DateMaj.String(), Why: whys[w.by]}
	value := c.Cell(&w.winner.Record.Place)
	for _, x := range m.live {
		if other := c.Cell(&x.Record.Place); x != w.winner && c.Known(&x.Record.Place) && other != value {
			p.Others = append(p.Others, Another{x.ID, x.Source, other})
		}
	}
	if w.by == together || w.by == leads {
		// Where nobody says otherwise, that is the better reason.
		switch known := slices.ContainsFunc(m.live, func(x *Member) bool { return x != w.winner && c.Known(&x.Record.Place) }); {
		case !known:
			p.Why = whys[alone]
		case p.Others == nil:
			p.Why = whys[agreed]
		}
	}
	return p
}
