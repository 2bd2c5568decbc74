package census

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"

	"mednum/internal/french"
	"mednum/internal/place"
	"mednum/internal/sheet"
)

// Annotate writes their file as a workbook: every row as they wrote it, with a
// verdict and all that is said of it in front, the cells in question marked; the
// grouped report on a second sheet, what the marks mean on a third. Nothing of
// it is kept, and nothing enters the census.
//
// Rows are written as they are read: memory does not grow with the file.
func Annotate(ctx context.Context, o Options, w io.Writer, territories Territories) error {
	in := &counter{r: &cancelled{ctx, o.Reader}}
	f, err := open(in, o, communesOf(territories))
	if err != nil {
		return fmt.Errorf("open %s: %w", nameOf(o), err)
	}
	defer f.Close()
	o.DryRun = true
	b := newReportBuilder(o)
	b.begin(f)
	book, err := sheet.NewWriter("")
	if err != nil {
		return err
	}
	defer book.Close()
	a := &annotator{file: f, book: book, columns: f.columnsOfFields()}
	if err := a.begin(); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	im := &importer{file: f, in: in, options: o, territories: territories, locator: locator{geocoder: o.Geocoder}, keys: map[[16]byte]seen{}}
	batches := make(chan batch, 1)
	var worker sync.WaitGroup
	worker.Go(func() { im.produce(ctx, batches) })
	defer worker.Wait()
	defer cancel()
	for ba := range batches {
		for i := range ba.rows {
			b.take(&ba.rows[i])
			if err := a.row(&ba.rows[i]); err != nil {
				return err
			}
		}
		if o.Progress != nil {
			o.Progress(Progress{Bytes: ba.bytes, Rows: b.report.Rows})
		}
		if ba.err != nil {
			return fmt.Errorf("annotate %s: %w", nameOf(o), ba.err)
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	b.end(f, &im.locator)
	report := b.done()
	if err := a.report(&report); err != nil {
		return err
	}
	if err := a.legend(); err != nil {
		return err
	}
	_, err = book.WriteTo(w)
	return err
}

type annotator struct {
	file    *file
	book    *sheet.Writer
	columns map[string]int // column of the standard, or of the file → the file's
	full    int            // rows beyond what a sheet has
}

// columnsOfFields says under which column of the file a field is to be looked
// for: a finding that names the file's column needs no help.
func (f *file) columnsOfFields() map[string]int {
	at := make(map[string]int, 2*len(f.Columns))
	for i, name := range slices.Backward(f.Columns) { // the first of several wins
		at[name] = i
	}
	if f.mapper != nil {
		return at
	}
	for _, finding := range f.findings {
		if finding.Code != "column_alias" && finding.Code != "column_v0" {
			continue
		}
		i := slices.IndexFunc(f.Headers, func(h string) bool { return strings.TrimSpace(h) == finding.Found })
		if i < 0 {
			continue
		}
		for _, field := range strings.Split(finding.Made, ", ") {
			if _, ok := at[field]; !ok {
				at[field] = i
			}
		}
		if _, ok := at[finding.Field]; !ok {
			at[finding.Field] = i
		}
	}
	return at
}

// before is how many columns of ours stand before theirs.
const before = 3

func (a *annotator) begin() error {
	if err := a.book.Sheet("Vos lignes", before, 22, 70, 8); err != nil {
		return err
	}
	head := []sheet.Cell{{Text: "Verdict", Mark: sheet.Header}, {Text: "Constats", Mark: sheet.Header}, {Text: "Ligne", Mark: sheet.Header}}
	for i, name := range a.file.Columns {
		if a.file.mapper == nil { // as they wrote it, where that is a name
			if written := strings.TrimSpace(a.file.Headers[i]); written != "" {
				name = written
			}
		}
		head = append(head, sheet.Cell{Text: name, Mark: sheet.Header})
	}
	return a.book.Row(head...)
}

var marks = map[place.Severity]sheet.Mark{place.Blocking: sheet.Wrong, place.Warning: sheet.Doubt, place.Corrected: sheet.Fixed}

// row writes a row and what is said of it.
func (a *annotator) row(c *cleaned) error {
	if a.book.Full() {
		a.full++
		return nil
	}
	cells := make([]sheet.Cell, before+max(len(c.cells), 0))
	for i, text := range c.cells {
		cells[before+i].Text = text
	}
	r := &c.record
	cells[2] = sheet.Cell{Text: strconv.Itoa(r.Line), Mark: sheet.Quiet}
	if c.left != "" {
		cells[0] = sheet.Cell{Text: "écartée", Mark: sheet.Quiet}
		cells[1] = sheet.Cell{Text: c.left, Mark: sheet.Quiet}
		for i := before; i < len(cells); i++ {
			cells[i].Mark = sheet.Quiet
		}
		return a.book.Row(cells...)
	}
	said := slices.Clone(r.Findings)
	slices.SortStableFunc(said, func(x, y place.Finding) int {
		return cmp.Compare(slices.Index(severities, x.Severity), slices.Index(severities, y.Severity))
	})
	var text strings.Builder
	for i := range said {
		f := &said[i]
		if i > 0 {
			text.WriteByte('\n')
		}
		if where := cmp.Or(f.Column, f.Field); where != "" {
			text.WriteString("[" + where + "] ")
		}
		text.WriteString(f.Message)
		for _, at := range a.about(f) {
			for len(cells) <= before+at {
				cells = append(cells, sheet.Cell{})
			}
			if cells[before+at].Mark == sheet.Plain { // the most serious comes first
				cells[before+at].Mark = marks[f.Severity]
			}
		}
	}
	cells[1].Text = text.String()
	switch {
	case c.merged:
		cells[0] = sheet.Cell{Text: "répétée", Mark: sheet.Quiet}
	case r.Blocked():
		cells[0] = sheet.Cell{Text: "REFUSÉE", Mark: sheet.Wrong}
	case len(said) > 0 && said[0].Severity == place.Warning:
		cells[0] = sheet.Cell{Text: "gardée, à vérifier", Mark: sheet.Doubt}
	case len(said) > 0:
		cells[0] = sheet.Cell{Text: "gardée, corrigée", Mark: sheet.Fixed}
	default:
		cells[0] = sheet.Cell{Text: "gardée"}
	}
	return a.book.Row(cells...)
}

// about gives the columns of the file that a finding is about.
func (a *annotator) about(f *place.Finding) []int {
	if at, ok := a.columns[f.Column]; ok && f.Column != "" {
		return []int{at}
	}
	var out []int
	if strings.Contains(f.Column, " + ") {
		for _, name := range strings.Split(f.Column, " + ") {
			if at, ok := a.columns[name]; ok {
				out = append(out, at)
			}
		}
	}
	if at, ok := a.columns[f.Field]; ok && len(out) == 0 && f.Field != "" && f.Column == "" {
		out = append(out, at)
	}
	return out
}

var severityNames = map[place.Severity]string{place.Blocking: "à corriger", place.Warning: "à vérifier", place.Corrected: "corrigé à la lecture"}

// report writes the grouped report.
func (a *annotator) report(r *Report) error {
	if err := a.book.Sheet("Compte rendu", 0, 20, 28, 24, 44, 10, 30, 40, 40, 80); err != nil {
		return err
	}
	row := func(mark sheet.Mark, texts ...string) error {
		cells := make([]sheet.Cell, len(texts))
		for i, t := range texts {
			cells[i].Text = t
			if mark == sheet.Header || i == 0 {
				cells[i].Mark = mark
			}
		}
		return a.book.Row(cells...)
	}
	if err := row(sheet.Header, "Gravité", "Votre colonne", "Colonne du standard", "Constat", "Nombre", "Lignes", "Exemple : lu", "Exemple : écrit", "Explication"); err != nil {
		return err
	}
	var lines [][]string
	lines = append(lines, []string{"résumé", "", "", fmt.Sprintf("%s : %s, %s, %s, %s.", french.Line(r.Rows, "ligne lue", "lignes lues"), french.Line(r.Kept, "lieu gardé", "lieux gardés"),
		french.Line(r.Refused, "ligne refusée", "lignes refusées"), french.Line(r.Merged, "ligne répétée", "lignes répétées"), french.Line(r.leftOut(), "ligne écartée", "lignes écartées"))})
	if a.full > 0 {
		lines = append(lines, []string{"résumé", "", "", fmt.Sprintf("Une feuille ne tient pas plus de lignes : il en manque %d dans « Vos lignes ».", a.full)})
	}
	for _, note := range r.Notes {
		lines = append(lines, []string{"remarque", "", "", note})
	}
	for _, l := range r.Left {
		lines = append(lines, []string{"écartées", "", "", l.Reason, strconv.Itoa(l.Count), l.Lines})
	}
	for _, l := range lines {
		if err := row(sheet.Quiet, l...); err != nil {
			return err
		}
	}
	var missing []string
	for _, g := range r.Groups {
		if g.Code == "column_missing" {
			missing = append(missing, g.Field)
			continue
		}
		line := []string{severityNames[g.Severity], g.Column, g.Field, g.Title, strconv.Itoa(g.Count), g.Lines, "", "", ""}
		if len(g.Examples) > 0 {
			e := slices.MaxFunc(g.Examples, func(x, y Example) int { return cmp.Compare(x.Count, y.Count) })
			line[6], line[7], line[8] = e.Found, e.Made, e.Message
		}
		if err := row(marks[g.Severity], line...); err != nil {
			return err
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return row(sheet.Doubt, severityNames[place.Warning], "", strings.Join(missing, ", "), "colonnes absentes", strconv.Itoa(len(missing)), "", "", "", "Ce qu’elles disent est inconnu pour tous les lieux.")
}

// legend says what the marks mean.
func (a *annotator) legend() error {
	if err := a.book.Sheet("Légende", 0, 30, 100); err != nil {
		return err
	}
	for _, cells := range [][]sheet.Cell{
		{{Text: "Marque", Mark: sheet.Header}, {Text: "Ce qu’elle veut dire", Mark: sheet.Header}},
		{{Text: "rouge, gras, encadré", Mark: sheet.Wrong}, {Text: "À corriger : la ligne ne peut pas servir tant que la cellule est ainsi."}},
		{{Text: "jaune, souligné", Mark: sheet.Doubt}, {Text: "À vérifier : le lieu est gardé, mais la valeur est douteuse, illisible ou absente."}},
		{{Text: "bleu, italique", Mark: sheet.Fixed}, {Text: "Corrigé à la lecture : la valeur est lue autrement qu’elle n’est écrite."}},
		{{Text: "gris", Mark: sheet.Quiet}, {Text: "Ligne écartée ou répétée : elle n’est pas un lieu de plus."}},
		{{Text: "sans marque"}, {Text: "Rien à dire."}},
		{{Text: "Verdict"}, {Text: "Ce que devient la ligne. « Constats » dit pourquoi, le plus grave d’abord."}},
		{{Text: "Ligne"}, {Text: "Le numéro de la ligne dans votre fichier."}},
		{{Text: "Redonner ce fichier"}, {Text: "Corriger dans « Vos lignes », puis redonner ce classeur : nos colonnes ne gênent pas."}},
	} {
		if err := a.book.Row(cells...); err != nil {
			return err
		}
	}
	return nil
}
