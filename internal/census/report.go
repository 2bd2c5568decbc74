package census

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"mednum/internal/french"
	"mednum/internal/place"
)

// Report is what is told to the person who gave the file. Its JSON is stable:
// members are only ever added.
type Report struct {
	Source   string         `json:"source"`
	File     string         `json:"fichier"`
	DryRun   bool           `json:"a_blanc"`         // nothing was changed: what would be
	Fault    string         `json:"faute,omitempty"` // why the file as a whole was refused; French
	Format   *Format        `json:"format,omitempty"`
	Rows     int            `json:"lignes"`                      // rows of the file, blank ones apart
	Kept     int            `json:"gardes"`                      // places kept
	Refused  int            `json:"refuses"`                     // rows that cannot be used, kept apart
	Merged   int            `json:"repetees"`                    // rows that repeat another
	Left     []Left         `json:"ecartees,omitempty"`          // rows left out by a filter of the mapping, or that are no rows of the table
	Geocoded int            `json:"positions_trouvees"`          // of those kept: position found by the address
	Middle   int            `json:"au_milieu_de_la_commune"`     // of those kept: shown there for want of a position
	Notes    []string       `json:"remarques,omitempty"`         // French: about the whole file
	Unread   []string       `json:"colonnes_non_lues,omitempty"` // of the file, that the mapping does not read
	Located  int            `json:"avec_position"`               // of those kept
	Doubtful int            `json:"position_douteuse"`           // of those located
	Open     int            `json:"avec_horaires_lus"`           // of those kept: opening hours that can be judged
	Fill     []Fill         `json:"remplissage"`                 // by column, in the standard's order
	Changes  *place.Changes `json:"changements,omitempty"`       // null when the import failed
	Groups   []Group        `json:"constats"`
	Refusals []Refusal      `json:"lignes_refusees,omitempty"` // the first of them
}

// Left gathers rows that were left out for one reason.
type Left struct {
	Reason string `json:"raison"` // French
	Count  int    `json:"nombre"`
	Lines  string `json:"lignes"` // as in Group
}

// Fill is how many of the places kept know a column.
type Fill struct {
	Column string `json:"colonne"`
	Known  int    `json:"renseignes"`
}

// Group gathers the findings of a kind about a column.
type Group struct {
	Severity place.Severity `json:"severity"`
	Code     string         `json:"code"`
	Field    string         `json:"field"`
	Column   string         `json:"colonne,omitempty"` // of the file, where it has another name there
	Title    string         `json:"titre"`             // French
	Count    int            `json:"nombre"`
	Lines    string         `json:"lignes"` // "12–18, 40"; the first ones, then "…"
	Examples []Example      `json:"exemples"`
	More     bool           `json:"autres_exemples"` // values were met that are not among the examples
}

// Example is a value that was met, the line where it was first, and how often.
type Example struct {
	Line    int    `json:"line"`
	Count   int    `json:"nombre"`
	Found   string `json:"found"`
	Made    string `json:"made,omitempty"`
	Message string `json:"message"`
}

// Refusal is a row that cannot be used.
type Refusal struct {
	Line     int      `json:"line"`
	Key      string   `json:"cle"`
	Nom      string   `json:"nom,omitempty"`
	Messages []string `json:"messages"` // French: why, and what to write
}

// What a report keeps, whatever the file.
const (
	maxExamples = 50 // distinct values a group
	maxRanges   = 60 // runs of lines a group
	maxRefusals = 200
	maxReasons  = 100 // to leave rows out
)

type reportBuilder struct {
	report Report
	groups map[groupKey]*group
	left   map[string]*left
	known  []int
}

type groupKey struct{ code, field, column string }

type left struct {
	Left
	ranges runs
	order  int
}

// runs are runs of lines, as many as a report keeps.
type runs struct {
	ranges [][2]int
	cut    bool
}

func (r *runs) add(line int) {
	if n := len(r.ranges); n > 0 && line <= r.ranges[n-1][1]+1 && line >= r.ranges[n-1][0] {
		r.ranges[n-1][1] = max(r.ranges[n-1][1], line)
	} else if n < maxRanges {
		r.ranges = append(r.ranges, [2]int{line, line})
	} else {
		r.cut = true
	}
}

type group struct {
	Group
	runs
	byFound map[string]int // found → index in Examples
}

func newReportBuilder(o Options) *reportBuilder {
	return &reportBuilder{
		report: Report{Source: o.Source, File: o.Name, DryRun: o.DryRun},
		groups: map[groupKey]*group{},
		left:   map[string]*left{},
		known:  make([]int, len(place.Columns)),
	}
}

// begin takes the header's findings.
func (b *reportBuilder) begin(f *file) {
	for i := range f.findings {
		b.add(&f.findings[i])
	}
	format := f.format
	b.report.Format = &format
	if f.mapper != nil {
		for _, fault := range f.mapper.Faults() {
			b.report.Notes = append(b.report.Notes, "Correspondance : "+fault.Message)
		}
		b.report.Unread = f.mapper.Unread()
	}
	if others := f.Format.Others; len(others) > 0 {
		b.report.Notes = append(b.report.Notes, fmt.Sprintf("Le classeur a plusieurs feuilles : « %s » est lue. Les autres ne le sont pas : %s.", f.Format.Sheet, clip(strings.Join(others, ", "), 300)))
	}
	if f.Format.HeaderLine == 0 && (f.Format.Kind == "csv" || f.Format.Sheet != "") {
		b.report.Notes = append(b.report.Notes, "Aucune ligne ne nomme les colonnes : elles ont des numéros.")
	}
}

// take counts a row.
func (b *reportBuilder) take(row *cleaned) {
	r, merged := &row.record, row.merged
	b.report.Rows++
	if row.left != "" {
		l := b.left[row.left]
		if l == nil {
			if len(b.left) == maxReasons {
				row.left = "autres raisons"
			}
			if l = b.left[row.left]; l == nil {
				l = &left{Left: Left{Reason: row.left}, order: len(b.left)}
				b.left[row.left] = l
			}
		}
		l.Count++
		l.ranges.add(r.Line)
		return
	}
	for i := range r.Findings {
		b.add(&r.Findings[i])
	}
	switch {
	case merged:
		b.report.Merged++
		return
	case r.Blocked():
		b.report.Refused++
		if len(b.report.Refusals) < maxRefusals {
			refusal := Refusal{Line: r.Line, Key: r.Key, Nom: r.Nom}
			for _, f := range r.Findings {
				if f.Severity == place.Blocking {
					refusal.Messages = append(refusal.Messages, f.Message)
				}
			}
			b.report.Refusals = append(b.report.Refusals, refusal)
		}
		return
	}
	b.report.Kept++
	if r.Position.Known() {
		b.report.Located++
		if r.Doubt != "" {
			b.report.Doubtful++
		}
		if r.Precision == place.AtNumber || r.Precision == place.AtStreet {
			b.report.Geocoded++
		}
	} else if r.Approximate.Known() {
		b.report.Middle++
	}
	if r.Horaires != "" && !slices.ContainsFunc(r.Findings, func(f place.Finding) bool { return f.Code == "horaires_unreadable" }) {
		b.report.Open++
	}
	for i := range place.Columns {
		if c := &place.Columns[i]; c.Known(&r.Place) {
			b.known[i]++
		}
	}
}

func (b *reportBuilder) add(f *place.Finding) {
	key := groupKey{f.Code, f.Field, f.Column}
	g := b.groups[key]
	if g == nil {
		_, title := explain(f.Code)
		g = &group{Group: Group{Severity: f.Severity, Code: f.Code, Field: f.Field, Column: f.Column, Title: title}, byFound: map[string]int{}}
		b.groups[key] = g
	}
	g.Count++
	g.runs.add(f.Line)
	if i, ok := g.byFound[f.Found]; ok {
		g.Examples[i].Count++
	} else if len(g.Examples) < maxExamples {
		g.byFound[f.Found] = len(g.Examples)
		g.Examples = append(g.Examples, Example{Line: f.Line, Count: 1, Found: f.Found, Made: f.Made, Message: f.Message})
	} else {
		g.More = true
	}
}

// end takes what only the end of the file tells.
func (b *reportBuilder) end(f *file, l *locator) {
	format := Format{f.Format, f.format.Version}
	b.report.Format = &format
	if note := l.note(); note != "" {
		b.report.Notes = append(b.report.Notes, note)
	}
}

// severities, the most serious first.
var severities = []place.Severity{place.Blocking, place.Warning, place.Corrected}

func (b *reportBuilder) done() Report {
	r := b.report
	r.Groups = make([]Group, 0, len(b.groups))
	for _, g := range b.groups {
		g.Lines = g.runs.say()
		r.Groups = append(r.Groups, g.Group)
	}
	slices.SortFunc(r.Groups, func(x, y Group) int {
		return cmp.Or(
			cmp.Compare(slices.Index(severities, x.Severity), slices.Index(severities, y.Severity)),
			cmp.Compare(y.Count, x.Count), cmp.Compare(x.Field, y.Field), cmp.Compare(x.Code, y.Code), cmp.Compare(x.Column, y.Column))
	})
	for _, l := range slices.SortedFunc(maps.Values(b.left), func(x, y *left) int { return cmp.Compare(x.order, y.order) }) {
		l.Lines = l.ranges.say()
		r.Left = append(r.Left, l.Left)
	}
	for i := range place.Columns {
		r.Fill = append(r.Fill, Fill{place.Columns[i].Name, b.known[i]})
	}
	return r
}

// say writes runs of lines: "12–18, 40".
func (runs *runs) say() string {
	var b strings.Builder
	for i, r := range runs.ranges {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(strconv.Itoa(r[0]))
		if r[1] > r[0] {
			b.WriteString("–" + strconv.Itoa(r[1]))
		}
	}
	if runs.cut {
		b.WriteString(", …")
	}
	return b.String()
}

func (r *Report) leftOut() int {
	n := 0
	for _, l := range r.Left {
		n += l.Count
	}
	return n
}

// Text writes the report for people.
func (r *Report) Text() string {
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	title := "Import de « " + r.Source + " »"
	if r.File != "" {
		title += " (" + r.File + ")"
	}
	if r.DryRun {
		title += ", à blanc : rien n’est changé"
	}
	p("%s", title)
	if r.Fault != "" {
		p("")
		p("Le fichier est refusé. %s", r.Fault)
		if r.Rows == 0 {
			return b.String()
		}
	}
	if f := r.Format; f != nil {
		p("Lu comme : %s.", f.text())
	}
	for _, note := range r.Notes {
		p("%s", note)
	}
	p("")
	aside := ""
	if n := r.leftOut(); n > 0 {
		aside = ", " + french.Line(n, "ligne écartée", "lignes écartées")
	}
	p("%s : %s, %s, %s%s.", french.Line(r.Rows, "ligne lue", "lignes lues"), french.Line(r.Kept, "lieu gardé", "lieux gardés"),
		french.Line(r.Refused, "ligne refusée", "lignes refusées"), french.Line(r.Merged, "ligne répétée", "lignes répétées"), aside)
	p("Parmi les lieux gardés : %s, dont %s ; %s que l’on sait lire.", french.Line(r.Located, "a une position", "ont une position"),
		french.Line(r.Doubtful, "douteuse", "douteuses"), french.Line(r.Open, "a des horaires", "ont des horaires"))
	if r.Geocoded > 0 {
		p("%s par la recherche d’adresses.", french.Line(r.Geocoded, "position est trouvée", "positions sont trouvées"))
	}
	if r.Middle > 0 {
		p("Sans position, %s au milieu de sa commune sur la carte.", french.Line(r.Middle, "lieu est montré", "lieux sont montrés, chacun"))
	}
	if c := r.Changes; c != nil {
		verb := [2]string{"Dans le recensement : ", "."}
		if r.DryRun {
			verb[0] = "Cela ferait, dans le recensement : "
		}
		p("%s%s, %s, %s, %s, %s%s", verb[0], french.Line(c.Added, "lieu ajouté", "lieux ajoutés"), french.Line(c.Changed, "modifié", "modifiés"),
			french.Line(c.Unchanged, "inchangé", "inchangés"), french.Line(c.Withdrawn, "retiré", "retirés"), french.Line(c.Restored, "revenu", "revenus"), verb[1])
		if c.Merged+c.Doubtful > 0 {
			p("Une fois chacun : %s un lieu déjà connu, %s à soumettre à une personne.",
				french.Line(c.Merged, "fiche rejoint", "fiches rejoignent"), french.Line(c.Doubtful, "doute reste", "doutes restent"))
		}
	} else if r.Fault == "" {
		p("L’import n’a pas abouti : le recensement est resté comme il était.")
	}
	headings := map[place.Severity]string{
		place.Blocking:  "À CORRIGER : ces lignes ne peuvent pas servir",
		place.Warning:   "À VÉRIFIER : les lieux sont gardés",
		place.Corrected: "CORRIGÉ À LA LECTURE : à reprendre dans le fichier quand c’est possible",
	}
	last := place.Severity("")
	for _, g := range r.Groups {
		if g.Code == "column_missing" {
			continue // said together below
		}
		if g.Severity != last {
			last = g.Severity
			p("")
			p("%s", headings[last])
		}
		g.text(p)
	}
	var missing []string
	for _, g := range r.Groups {
		if g.Code == "column_missing" {
			missing = append(missing, g.Field)
		}
	}
	if len(missing) > 0 {
		p("")
		p("COLONNES ABSENTES : ce qu’elles disent est inconnu pour tous les lieux")
		p("  %s", strings.Join(missing, ", "))
	}
	if len(r.Unread) > 0 {
		p("")
		p("COLONNES DU FICHIER QUE LA CORRESPONDANCE NE LIT PAS : elles sont gardées à part")
		p("  %s", clip(strings.Join(r.Unread, ", "), 2000))
	}
	if len(r.Left) > 0 {
		p("")
		p("LIGNES ÉCARTÉES : elles ne sont pas des lieux de ce recensement")
		for _, l := range r.Left {
			p("  • %s — %s", l.Reason, sayWhere(l.Count, l.Lines))
		}
	}
	if len(r.Refusals) > 0 {
		p("")
		p("LIGNES REFUSÉES")
		for i, f := range r.Refusals {
			if i == 20 {
				p("  … et %s.", french.Line(r.Refused-i, "autre", "autres"))
				break
			}
			p("  ligne %d%s : %s", f.Line, named(f.Nom), strings.Join(f.Messages, " "))
		}
	}
	return b.String()
}

// text says what a file was recognised to be.
func (f *Format) text() string {
	kind := "fichier"
	switch f.Kind {
	case "xlsx":
		kind = "classeur Excel"
	case "ods":
		kind = "classeur OpenDocument"
	case "json":
		kind = "fichier JSON"
	case "geojson":
		kind = "fichier GeoJSON"
	}
	if f.Compression != "" {
		kind += " compressé en " + f.Compression
	}
	switch {
	case f.Sheet != "":
		kind += ", feuille « " + clip(f.Sheet, 60) + " »"
	case f.Kind == "csv":
		if f.Compression != "" {
			kind += ","
		}
		separator, ok := map[string]string{",": "virgules", ";": "points-virgules", "\t": "tabulations", "|": "barres verticales"}[f.Separator]
		if !ok {
			separator = "« " + f.Separator + " »"
		}
		kind += " " + f.Encoding + ", séparé par des " + separator
	case f.Path != "":
		kind += ", sous « " + clip(f.Path, 60) + " »"
	}
	if f.HeaderLine > 1 {
		kind += fmt.Sprintf(", en-têtes à la ligne %d", f.HeaderLine)
	}
	return kind + ", colonnes de la " + f.Version + " du standard"
}

func named(nom string) string {
	if nom == "" {
		return ""
	}
	return " (" + clip(nom, 60) + ")"
}

// text writes a group: a line, and the values most met.
func (g *Group) text(p func(string, ...any)) {
	where := ""
	if g.Field != "" {
		where = g.Field + " : "
		if g.Column != "" {
			where = "« " + g.Column + " » (" + g.Field + ") : "
		}
	}
	p("  • %s%s — %s", where, g.Title, sayWhere(g.Count, g.Lines))
	var examples []Example // told once where the message is the same
	for _, e := range g.Examples {
		if i := slices.IndexFunc(examples, func(x Example) bool { return x.Message == e.Message }); i >= 0 {
			examples[i].Count += e.Count
		} else {
			examples = append(examples, e)
		}
	}
	slices.SortStableFunc(examples, func(x, y Example) int { return cmp.Compare(y.Count, x.Count) })
	for i, e := range examples {
		if i == 3 {
			more := french.Line(len(examples)-i, "autre valeur", "autres valeurs")
			if g.More {
				more = "plus de " + more
			}
			p("      … et %s.", more)
			break
		}
		times := ""
		if e.Count > 1 {
			times = fmt.Sprintf(" (%d fois)", e.Count)
		}
		p("      ligne %d%s : %s", e.Line, times, e.Message)
	}
}

// sayWhere writes how many times, and on which lines: a readable number of them.
func sayWhere(n int, lines string) string {
	runs := strings.Split(lines, ", ")
	if len(runs) > 8 {
		lines = strings.Join(runs[:8], ", ") + "…"
	}
	if n == 1 || len(runs) == 1 && !strings.Contains(lines, "–") {
		return fmt.Sprintf("%d fois, ligne %s", n, lines)
	}
	return fmt.Sprintf("%d fois, lignes %s", n, lines)
}
