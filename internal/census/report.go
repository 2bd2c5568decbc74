package census

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

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
	Rows     int            `json:"lignes"`                // rows of the file, blank ones apart
	Kept     int            `json:"gardes"`                // places kept
	Refused  int            `json:"refuses"`               // rows that cannot be used, kept apart
	Merged   int            `json:"repetees"`              // rows that repeat another
	Located  int            `json:"avec_position"`         // of those kept
	Doubtful int            `json:"position_douteuse"`     // of those located
	Open     int            `json:"avec_horaires_lus"`     // of those kept: opening hours that can be judged
	Fill     []Fill         `json:"remplissage"`           // by column, in the standard's order
	Changes  *place.Changes `json:"changements,omitempty"` // null when the import failed
	Groups   []Group        `json:"constats"`
	Refusals []Refusal      `json:"lignes_refusees,omitempty"` // the first of them
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
	Title    string         `json:"titre"` // French
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
)

type reportBuilder struct {
	report Report
	groups map[groupKey]*group
	known  []int
}

type groupKey struct{ code, field string }

type group struct {
	Group
	ranges  [][2]int
	cut     bool
	byFound map[string]int // found → index in Examples
}

func newReportBuilder(o Options) *reportBuilder {
	return &reportBuilder{
		report: Report{Source: o.Source, File: o.Name, DryRun: o.DryRun},
		groups: map[groupKey]*group{},
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
}

// take counts a record.
func (b *reportBuilder) take(r *place.Record, merged bool) {
	b.report.Rows++
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
	key := groupKey{f.Code, f.Field}
	g := b.groups[key]
	if g == nil {
		_, title, _ := place.Explain(f.Code)
		g = &group{Group: Group{Severity: f.Severity, Code: f.Code, Field: f.Field, Title: title}, byFound: map[string]int{}}
		b.groups[key] = g
	}
	g.Count++
	if n := len(g.ranges); n > 0 && f.Line <= g.ranges[n-1][1]+1 && f.Line >= g.ranges[n-1][0] {
		g.ranges[n-1][1] = max(g.ranges[n-1][1], f.Line)
	} else if n < maxRanges {
		g.ranges = append(g.ranges, [2]int{f.Line, f.Line})
	} else {
		g.cut = true
	}
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
func (b *reportBuilder) end(f *file) {
	format := Format{f.Format, f.format.Version}
	b.report.Format = &format
}

// severities, the most serious first.
var severities = []place.Severity{place.Blocking, place.Warning, place.Corrected}

func (b *reportBuilder) done() Report {
	r := b.report
	r.Groups = make([]Group, 0, len(b.groups))
	for _, g := range b.groups {
		g.Lines = sayLines(g.ranges, g.cut)
		r.Groups = append(r.Groups, g.Group)
	}
	slices.SortFunc(r.Groups, func(x, y Group) int {
		return cmp.Or(
			cmp.Compare(slices.Index(severities, x.Severity), slices.Index(severities, y.Severity)),
			cmp.Compare(y.Count, x.Count), cmp.Compare(x.Field, y.Field), cmp.Compare(x.Code, y.Code))
	})
	for i := range place.Columns {
		r.Fill = append(r.Fill, Fill{place.Columns[i].Name, b.known[i]})
	}
	return r
}

// sayLines writes runs of lines: "12–18, 40".
func sayLines(ranges [][2]int, cut bool) string {
	var b strings.Builder
	for i, r := range ranges {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(strconv.Itoa(r[0]))
		if r[1] > r[0] {
			b.WriteString("–" + strconv.Itoa(r[1]))
		}
	}
	if cut {
		b.WriteString(", …")
	}
	return b.String()
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
		kind := "fichier"
		if f.Compression != "" {
			kind += " compressé en " + f.Compression + ","
		}
		separator := map[string]string{",": "virgules", ";": "points-virgules", "\t": "tabulations", "|": "barres verticales"}[f.Separator]
		p("Lu comme : %s %s, séparé par des %s, colonnes de la %s du standard.", kind, f.Encoding, separator, f.Version)
	}
	p("")
	p("%s : %s, %s, %s.", count(r.Rows, "ligne lue", "lignes lues"), count(r.Kept, "lieu gardé", "lieux gardés"),
		count(r.Refused, "ligne refusée", "lignes refusées"), count(r.Merged, "ligne répétée", "lignes répétées"))
	p("Parmi les lieux gardés : %s, dont %s ; %s que l’on sait lire.", count(r.Located, "a une position", "ont une position"),
		count(r.Doubtful, "douteuse", "douteuses"), count(r.Open, "a des horaires", "ont des horaires"))
	if c := r.Changes; c != nil {
		verb := [2]string{"Dans le recensement : ", "."}
		if r.DryRun {
			verb[0] = "Cela ferait, dans le recensement : "
		}
		p("%s%s, %s, %s, %s, %s%s", verb[0], count(c.Added, "lieu ajouté", "lieux ajoutés"), count(c.Changed, "modifié", "modifiés"),
			count(c.Unchanged, "inchangé", "inchangés"), count(c.Withdrawn, "retiré", "retirés"), count(c.Restored, "revenu", "revenus"), verb[1])
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
	if len(r.Refusals) > 0 {
		p("")
		p("LIGNES REFUSÉES")
		for i, f := range r.Refusals {
			if i == 20 {
				p("  … et %s.", count(r.Refused-i, "autre", "autres"))
				break
			}
			p("  ligne %d%s : %s", f.Line, named(f.Nom), strings.Join(f.Messages, " "))
		}
	}
	return b.String()
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
			more := count(len(examples)-i, "autre valeur", "autres valeurs")
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

// count writes a number with its noun, thousands apart.
func count(n int, one, many string) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "\u202f" + s[i:]
	}
	if n < 2 {
		return s + " " + one
	}
	return s + " " + many
}
