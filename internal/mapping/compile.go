package mapping

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"mednum/internal/place"
)

// Mapped is what a mapping makes of a row.
type Mapped struct {
	Cells    []string // the 32 columns of the standard, in the order of place.Columns
	Columns  []string // for each of them, the column of the file that it came from (several joined by " + "); "" where it came from none
	Defaults []string // columns that hold what the source says of all its places; sorted
	// Unknown are the columns whose cells in the file are empty although the
	// standard would read something there: publics_specifiquement_adresses,
	// where empty means everybody only if somebody wrote so.
	Unknown  []string
	Left     string // French: why a filter leaves the row out; "" it is kept
	Findings []place.Finding
}

// Mapper applies a mapping to the rows of a file with these columns. It may be
// used by several goroutines at once.
type Mapper struct {
	// Communes helps to cut whole addresses; nil: none is known.
	Communes place.Communes

	columns  []string
	filters  []filter
	rules    []field // by column of the standard; latitude, longitude and horaires are elsewhere
	address  *rule
	position *position
	hours    *week
	defaults []fallback
	absent   []string
	unread   []string
	private  []int
	faults   Faults
}

type field struct {
	index int // in place.Columns
	rule  *rule
}

type fallback struct {
	index int
	value string
}

type filter struct {
	column int
	name   string
	keep   bool
	values map[string]bool // folded
	motif  *regexp.Regexp
	raison string
}

// at are the places of the standard's columns that this package writes.
var at = func() map[string]int {
	m := make(map[string]int, len(place.Columns))
	for i := range place.Columns {
		m[place.Columns[i].Name] = i
	}
	return m
}()

// Compile readies a mapping for a file that has these columns. A column that
// the file does not have is told (Faults), with the nearest; it is an error,
// all at once, only where nothing sensible can be read without it: no name, no
// place, or a filter that would let through what it leaves out.
func Compile(m *Mapping, columns []string) (*Mapper, error) {
	if err := m.Check(); err != nil {
		return nil, err
	}
	c := compiler{mapper: &Mapper{columns: columns}, read: make([]bool, len(columns)), byName: make(map[string]int, len(columns)), byFold: make(map[string]int, len(columns))}
	for i, name := range slices.Backward(columns) { // the first of several wins
		c.byName[name] = i
		c.byFold[place.Fold(name)] = i
	}
	return c.compile(m)
}

type compiler struct {
	mapper *Mapper
	byName map[string]int
	byFold map[string]int
	read   []bool
	fatal  bool
}

func (c *compiler) compile(m *Mapping) (*Mapper, error) {
	out := c.mapper
	for i := range m.Lignes {
		c.filter(&m.Lignes[i], i)
	}
	for i := range place.Columns {
		column := &place.Columns[i]
		r, ok := m.Champs[column.Name]
		if !ok {
			continue
		}
		if compiled := c.rule(&r, "champs."+column.Name, column); compiled != nil {
			out.rules = append(out.rules, field{i, compiled})
		}
	}
	if m.AdresseEntiere != nil {
		out.address = c.rule(m.AdresseEntiere, "adresse_entiere", nil)
	}
	if m.Position != nil {
		c.position(m.Position)
	}
	if m.Horaires != nil {
		c.hours(m.Horaires)
	}
	for _, name := range defaultNames {
		if v, ok := m.Defauts[name]; ok {
			out.defaults = append(out.defaults, fallback{at[name], v})
		}
	}
	for _, name := range m.Ignorees {
		// What is said to be of no use may well be missing.
		if i, ok := c.find(name); ok {
			c.read[i] = true
		}
	}
	for _, name := range m.Privees {
		i, ok := c.find(name)
		switch {
		case !ok:
		case c.read[i]:
			out.faults = append(out.faults, Fault{Where: "privees", Found: name, Message: "« " + name + " » est dite privée et sert pourtant : elle sera gardée et montrée. Ne la citer que d’un côté."})
		default:
			c.read[i] = true
			out.private = append(out.private, i)
		}
	}
	for i, name := range out.columns {
		if !c.read[i] {
			out.unread = append(out.unread, name)
		}
	}
	fed := c.fed()
	for i := range place.Columns {
		if !fed[i] {
			out.absent = append(out.absent, place.Columns[i].Name)
		}
	}
	if !fed[at["nom"]] {
		c.fatal = true
		c.fault("champs.nom", "", "rien ne donne le nom des lieux : aucun ne pourrait être gardé.")
	}
	if !slices.ContainsFunc([]string{"commune", "code_postal", "code_insee", "adresse", "latitude"}, func(name string) bool { return fed[at[name]] }) {
		c.fatal = true
		c.fault("champs", "", "rien ne dit où sont les lieux : donner la commune, le code postal, l’adresse ou la position.")
	}
	if c.fatal {
		return nil, out.faults
	}
	return out, nil
}

// fed tells which columns of the standard something may fill.
func (c *compiler) fed() []bool {
	m := c.mapper
	fed := make([]bool, len(place.Columns))
	for _, f := range m.rules {
		fed[f.index] = true
	}
	for _, d := range m.defaults {
		fed[d.index] = true
	}
	if m.address != nil {
		for _, name := range []string{"adresse", "complement_adresse", "code_postal", "commune"} {
			fed[at[name]] = true
		}
	}
	if m.position != nil {
		fed[at["latitude"]], fed[at["longitude"]] = true, true
	}
	if m.hours != nil {
		fed[at["horaires"]] = true
	}
	return fed
}

func (c *compiler) fault(where, found, message string) {
	c.mapper.faults = append(c.mapper.faults, Fault{Where: where, Found: found, Message: "« " + where + " » : " + message})
}

// find gives a column of the file by its name: exactly, or but for case,
// accents and spaces.
func (c *compiler) find(name string) (int, bool) {
	if i, ok := c.byName[name]; ok {
		return i, true
	}
	i, ok := c.byFold[place.Fold(name)]
	return i, ok
}

// column gives a column that a rule reads; it tells when there is none.
func (c *compiler) column(name, where string) (int, bool) {
	i, ok := c.find(name)
	if ok {
		c.read[i] = true
		return i, true
	}
	message := "la colonne « " + clip(name) + " » n’est pas dans le fichier"
	if near, ok := place.Nearest(name, c.mapper.columns); ok {
		message += " ; vouliez-vous dire « " + near + " » ?"
	} else {
		message += "."
	}
	c.fault(where, name, message)
	return 0, false
}

func (c *compiler) filter(f *Filtre, n int) {
	where := "lignes[" + strconv.Itoa(n+1) + "]"
	i, ok := c.column(f.Colonne, where)
	if !ok {
		c.fatal = true // what it leaves out would enter
		return
	}
	out := filter{column: i, name: c.mapper.columns[i], raison: f.Raison}
	switch {
	case f.Motif != "":
		out.motif = regexp.MustCompile(f.Motif)
	default:
		out.keep = f.Garder != nil
		out.values = folded(append(slices.Clone(f.Garder), f.Ecarter...))
	}
	c.mapper.filters = append(c.mapper.filters, out)
}

// folded makes a set of texts, compared but for case, accents and spaces.
func folded(texts []string) map[string]bool {
	set := make(map[string]bool, 2*len(texts))
	for _, t := range texts {
		set[t], set[place.Fold(t)] = true, true
	}
	return set
}

// Absent gives the columns of the standard that the mapping never feeds.
func (m *Mapper) Absent() []string { return m.absent }

// Private gives the places of the columns about persons, which nothing keeps.
func (m *Mapper) Private() []int { return m.private }

// Unread gives the columns of the file that nothing reads and that are not
// said to be of no use: what they hold is kept aside only.
func (m *Mapper) Unread() []string { return m.unread }

// Faults gives what the mapping names and the file does not have, where it can
// be used all the same.
func (m *Mapper) Faults() Faults { return m.faults }

// rule is a Regle that knows where its columns are.
type rule struct {
	origin   byte // c(olonne or premier), j(oindre), k (cases), = (constante)
	columns  []int
	names    []string // of the columns, as the file has them
	with     string
	all      string // names joined
	cases    []tick
	constant string
	before   string

	motif *regexp.Regexp
	group int

	list  bool
	field string
	cut   string
	table map[string]string // raw and folded
	wide  bool              // a key of the table holds a separator
	drop  bool              // what the table does not have

	more []*rule // aussi of a list, a_defaut of a text
}

type tick struct {
	column int
	yes    map[string]bool // nil: any but no
	no     map[string]bool
	gives  string
}

// yes are cells that mean yes, where a case says nothing else.
var yes = folded([]string{"oui", "x", "1", "vrai", "true", "o", "✓", "✔", "☑", "✅", "yes", "y"})

// rule compiles a Regle; nil when the file has none of its columns.
func (c *compiler) rule(r *Regle, where string, column *place.Column) *rule {
	out := &rule{with: r.Avec, cut: r.Couper, before: r.Avant, drop: r.Sinon == "ecarter"}
	switch of, _, _ := strings.Cut(where, "."); {
	case column != nil:
		out.list, out.field = column.List != nil, column.Name
	case of == "horaires":
		out.field = of
	default:
		out.field = "adresse"
	}
	names := r.Premier
	switch {
	case r.Colonne != "":
		out.origin, names = 'c', []string{r.Colonne}
	case r.Premier != nil:
		out.origin = 'c'
	case r.Joindre != nil:
		out.origin, names = 'j', r.Joindre
		if out.with == "" {
			out.with = " "
			if out.list {
				out.with = "|"
			}
		}
	case r.Cases != nil:
		out.origin, out.with = 'k', ", "
		if out.list {
			out.with = "|"
		}
		for i, k := range r.Cases {
			at, ok := c.column(k.Colonne, where+".cases["+strconv.Itoa(i+1)+"]")
			if !ok {
				continue
			}
			t := tick{column: at, gives: k.Donne, yes: yes}
			switch {
			case k.Vaut != nil:
				t.yes = folded(k.Vaut)
			case k.Sauf != nil:
				t.yes, t.no = nil, folded(k.Sauf)
			}
			out.cases = append(out.cases, t)
			out.names = append(out.names, c.mapper.columns[at])
			out.columns = append(out.columns, at)
		}
	default:
		out.origin, out.constant = '=', r.Constante
	}
	for _, name := range names {
		if i, ok := c.column(name, where); ok {
			out.columns = append(out.columns, i)
			out.names = append(out.names, c.mapper.columns[i])
		}
	}
	out.all = strings.Join(out.names, " + ")
	if r.Motif != "" {
		out.motif = regexp.MustCompile(r.Motif)
		out.group = out.motif.SubexpIndex(group)
	}
	if r.Valeurs != nil {
		out.table = make(map[string]string, 2*len(r.Valeurs))
		keys := make([]string, 0, len(r.Valeurs))
		for k := range r.Valeurs {
			keys = append(keys, k)
		}
		slices.Sort(keys) // of two keys that fold alike, always the same wins
		for _, k := range keys {
			out.wide = out.wide || strings.ContainsAny(k, r.Couper+"|")
			if f := place.Fold(k); f != k {
				if _, ok := out.table[f]; !ok {
					out.table[f] = r.Valeurs[k]
				}
			}
		}
		for k, v := range r.Valeurs {
			out.table[k] = v
		}
	}
	for i := range r.Aussi {
		if more := c.rule(&r.Aussi[i], where+".aussi["+strconv.Itoa(i+1)+"]", column); more != nil {
			out.more = append(out.more, more)
		}
	}
	for i := range r.ADefaut {
		if more := c.rule(&r.ADefaut[i], where+".a_defaut["+strconv.Itoa(i+1)+"]", column); more != nil {
			out.more = append(out.more, more)
		}
	}
	if out.origin != '=' && len(out.columns) == 0 {
		if len(out.more) == 0 {
			return nil
		}
		out.origin, out.columns = 'c', nil // the others may still give something
	}
	return out
}

// row is a row being mapped.
type row struct {
	*Mapped
	cells []string
}

func (w *row) cell(i int) string {
	if i < len(w.cells) {
		return w.cells[i]
	}
	return ""
}

// Row maps a row of the file. Nothing costs a row: what a rule cannot read is
// left as it was, for the standard's own reading to judge.
func (m *Mapper) Row(cells []string) Mapped {
	both := make([]string, 2*len(place.Columns))
	out := Mapped{Cells: both[:len(place.Columns):len(place.Columns)], Columns: both[len(place.Columns):]}
	w := row{&out, cells}
	out.Left = m.left(&w)
	for _, f := range m.rules {
		value, from, constant, empty := f.rule.value(&w)
		out.Cells[f.index], out.Columns[f.index] = value, from
		if constant && value != "" {
			out.Defaults = append(out.Defaults, place.Columns[f.index].Name)
		}
		if empty && f.index == publics {
			out.Unknown = append(out.Unknown, place.Columns[publics].Name)
		}
	}
	if m.address != nil {
		m.wholeAddress(&w)
	}
	if m.position != nil {
		m.position.write(&w)
	}
	if m.hours != nil {
		m.hours.write(&w)
	}
	for _, d := range m.defaults {
		if place.Blank(out.Cells[d.index]) {
			out.Cells[d.index], out.Columns[d.index] = d.value, ""
			out.Defaults = append(out.Defaults, place.Columns[d.index].Name)
			if d.index == publics {
				out.Unknown = nil
			}
		}
	}
	slices.Sort(out.Defaults)
	return out
}

var publics = at["publics_specifiquement_adresses"]

// left says why a filter leaves the row out.
func (m *Mapper) left(w *row) string {
	for i := range m.filters {
		f := &m.filters[i]
		cell := strings.TrimSpace(w.cell(f.column))
		kept := false
		if f.motif != nil {
			kept = f.motif.MatchString(beginning(cell))
		} else {
			in := f.values[cell] || f.values[place.Fold(cell)]
			kept = in == f.keep
		}
		if kept {
			continue
		}
		if f.raison != "" {
			return f.raison
		}
		if cell == "" {
			return "« " + f.name + " » est vide"
		}
		return "« " + f.name + " » vaut « " + clip(cell) + " »"
	}
	return ""
}

// value gives what the rule makes of a row, the columns that it came from,
// whether it is the source's constant, and whether the file says nothing.
func (r *rule) value(w *row) (value, from string, constant, empty bool) {
	value, from, constant, empty = r.one(w)
	for _, more := range r.more {
		if !r.list {
			if value != "" {
				break
			}
			value, from, constant, empty = more.one(w)
			continue
		}
		v, f, k, e := more.one(w)
		empty = empty && e
		if v == "" {
			continue
		}
		if value == "" {
			value, from, constant = v, f, k
			continue
		}
		value += "|" + v
		constant = constant && k
		switch {
		case from == "":
			from = f
		case f != "" && f != from:
			from += " + " + f
		}
	}
	return value, from, constant, empty
}

func (r *rule) one(w *row) (value, from string, constant, empty bool) {
	switch r.origin {
	case '=':
		return r.constant, "", true, false
	case 'k':
		empty = true
		for i := range r.cases {
			k := &r.cases[i]
			cell := strings.TrimSpace(w.cell(k.column))
			if cell == "" {
				continue
			}
			empty = false
			if !k.ticked(cell) {
				continue
			}
			if value != "" && k.gives != "" {
				value += r.with
			}
			value += k.gives
		}
		return value, r.all, false, empty
	case 'j':
		from = r.all
		for _, i := range r.columns {
			cell := w.cell(i)
			if place.Blank(cell) {
				continue
			}
			if value == "" {
				value = cell
				continue
			}
			value += r.with + cell
		}
	default:
		for k, i := range r.columns {
			value, from = w.cell(i), r.names[k]
			if !place.Blank(value) {
				break
			}
		}
	}
	if strings.TrimSpace(value) == "" {
		return "", from, false, true
	}
	value = r.shape(w, value, from)
	if r.before != "" && !place.Blank(value) && !strings.HasPrefix(place.Fold(value), strings.TrimSpace(place.Fold(r.before))) {
		value = r.before + strings.TrimSpace(value)
	}
	return value, from, false, false
}

func (t *tick) ticked(cell string) bool {
	if t.yes != nil {
		return t.yes[cell] || t.yes[place.Fold(cell)]
	}
	// A cross says nothing in a text, and yes in a box.
	return (cell == "x" || cell == "X" || !place.Blank(cell)) && !t.no[cell] && !t.no[place.Fold(cell)]
}

// shape applies motif, couper, valeurs and sinon.
func (r *rule) shape(w *row, value, from string) string {
	if r.motif != nil {
		value = beginning(value)
		m := r.motif.FindStringSubmatchIndex(value)
		if m == nil || m[2*r.group] < 0 {
			return ""
		}
		value = value[m[2*r.group]:m[2*r.group+1]]
	}
	if r.table != nil {
		if v, ok := r.lookup(value); ok {
			return v
		}
	}
	if r.cut == "" && (r.table == nil || !r.list || strings.IndexByte(value, '|') < 0) {
		return r.otherwise(w, value, from)
	}
	return r.elements(w, value, from)
}

// beginning is what a regular expression sees of a cell: its time is the
// product of their lengths, and a cell may be made to hurt.
func beginning(value string) string {
	const most = 20_000
	if len(value) <= most {
		return value
	}
	return strings.ToValidUTF8(value[:most], "")
}

func (r *rule) lookup(value string) (string, bool) {
	if v, ok := r.table[value]; ok {
		return v, true
	}
	v, ok := r.table[place.Fold(value)]
	return v, ok
}

// otherwise is what becomes of a value that the table does not have.
func (r *rule) otherwise(w *row, value, from string) string {
	if r.table == nil || !r.drop {
		return value
	}
	if value = strings.TrimSpace(value); value != "" && !place.Blank(value) {
		f := place.NewFinding("vocabulary_unknown", r.field, 0, value, "", "conseil", " La correspondance ne dit pas ce qu’elle veut dire.")
		f.Column = from
		w.Findings = append(w.Findings, f)
	}
	return ""
}

// widest is how many pieces of a list one value may be made of; longest how
// many a list is cut in: what follows is one piece.
const (
	widest  = 8
	longest = 200
)

// elements cuts a list and reads each element. A value of the table that holds
// a separator is found whole.
func (r *rule) elements(w *row, value, from string) string {
	var pieces [][2]int
	start := 0
	for i, c := range value {
		if (c == '|' || strings.ContainsRune(r.cut, c)) && len(pieces) < longest {
			pieces = append(pieces, [2]int{start, i})
			start = i + len(string(c))
		}
	}
	pieces = append(pieces, [2]int{start, len(value)})
	var b strings.Builder
	add := func(v string) {
		if v != "" {
			if b.Len() > 0 {
				b.WriteByte('|')
			}
			b.WriteString(v)
		}
	}
next:
	for i := 0; i < len(pieces); i++ {
		if r.table != nil {
			last := i
			if r.wide && len(value) < 50*longest {
				last = min(i+widest, len(pieces)) - 1
			}
			for j := last; j >= i; j-- {
				if v, ok := r.lookup(strings.TrimSpace(value[pieces[i][0]:pieces[j][1]])); ok {
					add(v)
					i = j
					continue next
				}
			}
		}
		if e := strings.TrimSpace(value[pieces[i][0]:pieces[i][1]]); e != "" {
			add(r.otherwise(w, e, from))
		}
	}
	return b.String()
}

// wholeAddress fills, from one text, the columns of the address that are empty.
func (m *Mapper) wholeAddress(w *row) {
	text, from, _, _ := m.address.value(w)
	if text == "" {
		return
	}
	fill := func(name, value string) {
		if i := at[name]; value != "" && place.Blank(w.Cells[i]) {
			w.Cells[i], w.Columns[i] = value, from
		}
	}
	adresse, complement, postal, commune, ok := place.SplitAddress(text, m.Communes)
	if !ok {
		fill("adresse", text)
		return
	}
	fill("adresse", adresse)
	fill("complement_adresse", complement)
	fill("code_postal", postal)
	fill("commune", commune)
}
