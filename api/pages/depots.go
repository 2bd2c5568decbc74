package pages

import (
	"bytes"
	"encoding/json"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"mednum/internal/access"
	"mednum/internal/census"
	"mednum/internal/french"
	"mednum/internal/intake"
	"mednum/internal/mapping"
	"mednum/internal/place"
	"mednum/internal/quality"
)

// Depots is what an organisation gave, and the form that gives: GET, POST
// /depots: fichier or adresse, source, partiel.
type Depots struct {
	Head
	Depots  []intake.Deposit // newest first
	Sources []intake.Source  // those that one may give a file for
	Maximum int64            // bytes of a file
	Next    string           // href, "" none
	Asked   url.Values
	Faults  quality.Faults
	Now     time.Time
}

// Depot is one deposit: GET /depots/{numero}. Its buttons post to …/etapes:
// etape; partiel, retraits.
type Depot struct {
	Head
	Depot  intake.Deposit
	Faults quality.Faults
	Saved  string // the step just asked for
	Now    time.Time
}

// ChangeKind is what a deposit changes, of a kind.
type ChangeKind struct {
	Kind    string // "" all of them
	Total   int
	Changes []intake.Change // the first of them
}

// Rapport is what was read, and what would change: GET
// /depots/{numero}/rapport.
type Rapport struct {
	Head
	Depot  intake.Deposit // with its Report
	Kinds  []ChangeKind
	Faults quality.Faults
	Saved  string
	Now    time.Time
}

// Changements are all the changes of a kind: GET /depots/{numero}/changements.
type Changements struct {
	Head
	Depot intake.Deposit
	ChangeKind
	After int    // how many came before
	Next  string // href, "" none
}

// Sources are who gives files: GET, POST /sources: nom, adresse, heures, rang.
type Sources struct {
	Head
	Sources []intake.Source
	Asked   url.Values
	Faults  quality.Faults
	Saved   string
	Now     time.Time
}

// Source is one: GET, POST /sources/{numero}; its button posts to …/tirages.
type Source struct {
	Head
	Source intake.Source
	Depots []intake.Deposit // the last ones
	Asked  url.Values
	Faults quality.Faults
	Saved  string
	Now    time.Time
}

var depositStates = map[intake.State]term{
	intake.Received:   {"Reçu", "Le fichier est bien arrivé. Rien n’est encore publié.", "mail"},
	intake.Reading:    {"En lecture", "Nous lisons le fichier et le comparons au recensement.", "refresh"},
	intake.Ready:      {"Prêt", "Le rapport est là. Rien n’est encore publié.", "list"},
	intake.Held:       {"Retenu", "Ce fichier diffère trop du précédent. Quelqu’un doit le regarder.", "alert"},
	intake.Publishing: {"En publication", "Les lieux entrent dans le recensement.", "refresh"},
	intake.Published:  {"Publié", "Les lieux de ce fichier sont dans le recensement.", "open"},
	intake.Refused:    {"Refusé", "Ce fichier ne peut pas être lu.", "closed"},
	intake.Abandoned:  {"Abandonné", "Ce dépôt n’a rien changé.", "none"},
}

// UnderWay reports whether work goes on by itself.
func UnderWay(d intake.Deposit) bool {
	return d.Busy || d.State == intake.Reading || d.State == intake.Publishing
}

// ProgressSentence says how far the work is.
func ProgressSentence(d intake.Deposit) string {
	step := french.Capital(d.Progress.Step)
	if step == "" {
		step = "En attente"
	}
	switch p := d.Progress; {
	case p.Total > 0 && p.Done <= p.Total:
		return step + " : " + french.Integer(p.Done) + " sur " + french.Integer(p.Total) + "."
	case p.Done > 0:
		return step + " : " + french.Integer(p.Done) + "."
	}
	return step + "."
}

// kilobytes is a size as people read it.
func kilobytes(n int64) string {
	switch {
	case n >= 10<<20:
		return french.Integer(n>>20) + nbsp + "Mo"
	case n >= 1<<20:
		return strings.Replace(strconv.FormatFloat(float64(n)/(1<<20), 'f', 1, 64), ".", ",", 1) + nbsp + "Mo"
	case n >= 1<<10:
		return french.Integer(n>>10) + nbsp + "Ko"
	}
	return french.Integer(n) + nbsp + "octets"
}

type depotsView struct{ Depots }

// Depots writes the list and the form.
func (p *Pages) Depots(w io.Writer, v Depots) error {
	return p.professional(w, "depots", &v.Head, depotsView{v})
}

func (v depotsView) Limit() string             { return kilobytes(v.Maximum) }
func (v depotsView) Fault(field string) string { return faultOf(v.Faults, field) }

// depotView is Depot with what its template asks.
type depotView struct{ Depot }

// Depot writes one deposit.
func (p *Pages) Depot(w io.Writer, v Depot) error {
	if v.Title == "" {
		v.Title = "« " + v.Depot.File + " »"
	}
	return p.professional(w, "depot", &v.Head, depotView{v})
}

func (v depotView) Href() string     { return "/depots/" + strconv.FormatInt(v.Depot.Depot.Number, 10) }
func (v depotView) UnderWay() bool   { return UnderWay(v.Depot.Depot) }
func (v depotView) Progress() string { return ProgressSentence(v.Depot.Depot) }

// Percent is how far the work is; -1 unknown.
func (v depotView) Percent() int {
	p := v.Depot.Depot.Progress
	if p.Total <= 0 || p.Done > p.Total {
		return -1
	}
	return int(p.Done * 100 / p.Total)
}

// Standard reports whether the file has the standard's own columns.
func (v depotView) Standard() bool {
	d := v.Depot.Depot
	return len(d.Mapping) == 0 && len(d.Suggestion) == 0 || string(d.Mapping) == "null" && len(d.Suggestion) == 0
}

// Mapped reports whether somebody settled the mapping: it is no longer only what
// was proposed.
func (v depotView) Mapped() bool {
	d := v.Depot.Depot
	return len(d.Mapping) > 0 && string(d.Mapping) != "null" && !Proposed(d)
}

// Proposed reports whether the mapping of a deposit is what was proposed for it,
// untouched.
func Proposed(d intake.Deposit) bool {
	var m mapping.Mapping
	var s mapping.Suggestion
	if json.Unmarshal(d.Mapping, &m) != nil || json.Unmarshal(d.Suggestion, &s) != nil {
		return false
	}
	return bytes.Equal(m.JSON(), s.Mapping.JSON())
}

// Abandonable reports whether one may still give it up.
func (v depotView) Abandonable() bool {
	return slices.Contains([]intake.State{intake.Received, intake.Ready, intake.Held, intake.Reading}, v.Depot.Depot.State)
}

// milestone is a step of a deposit, and whether it is done.
type milestone struct {
	Word, Detail string
	Done, Here   bool
}

// Steps are the four of every deposit.
func (v depotView) Steps() []milestone {
	d := v.Depot.Depot
	rank := map[intake.State]int{intake.Received: 1, intake.Reading: 2, intake.Ready: 2, intake.Held: 2, intake.Publishing: 3, intake.Published: 4}[d.State]
	if d.State == intake.Received && (v.Mapped() || v.Standard()) {
		rank = 2
	}
	steps := []milestone{{Word: "Le fichier", Detail: "déposé " + since(d.Created)}, {Word: "Les colonnes", Detail: "dire ce que chacune contient"},
		{Word: "Le rapport", Detail: "lire ce qui a été compris"}, {Word: "La publication", Detail: "faire entrer les lieux"}}
	for i := range steps {
		steps[i].Done, steps[i].Here = i < rank, i == rank
		if (d.State == intake.Refused || d.State == intake.Abandoned) && i > 0 {
			steps[i].Done, steps[i].Here = false, false
		}
	}
	if v.Standard() {
		steps[1].Detail = "celles du standard, rien à faire"
	}
	return steps
}

func since(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	t = t.In(paris)
	return "le " + longDate(t.Year(), t.Month(), t.Day()) + " à " + Clock(t.Hour()*60+t.Minute())
}

// SavedText says what was just done.
func (v depotView) SavedText() string {
	switch v.Saved {
	case "lire":
		return "La lecture commence."
	case "publier":
		return "La publication commence."
	case "abandonner":
		return "Ce dépôt est abandonné. Rien n’a changé."
	}
	return ""
}

// Kind is what the file was recognised to be.
func (v depotView) Kind() string {
	f := v.Depot.Depot.Format
	if f == nil {
		return ""
	}
	out := map[string]string{"csv": "CSV", "xlsx": "Excel (XLSX)", "ods": "LibreOffice (ODS)", "json": "JSON", "geojson": "GeoJSON"}[f.Kind]
	if out == "" {
		out = f.Kind
	}
	if f.Sheet != "" {
		out += ", feuille « " + f.Sheet + " »"
	}
	if f.Kind == "csv" && f.Encoding != "" {
		out += ", " + f.Encoding
	}
	if f.HeaderLine > 1 {
		out += ", en-têtes à la ligne " + strconv.Itoa(f.HeaderLine)
	}
	return out
}

// rapportView is Rapport with what its template asks.
type rapportView struct{ Rapport }

// Rapport writes what was read and what would change.
func (p *Pages) Rapport(w io.Writer, v Rapport) error {
	if v.Title == "" {
		v.Title = "Rapport sur « " + v.Depot.File + " »"
	}
	return p.professional(w, "rapport", &v.Head, rapportView{v})
}

func (v rapportView) Href() string { return "/depots/" + strconv.FormatInt(v.Depot.Number, 10) }

// R is the report.
func (v rapportView) R() *census.Report { return v.Depot.Report }

// figure is a number with what it counts.
type figure struct{ Number, Label, Detail string }

// Figures come first: what was kept, refused, corrected.
func (v rapportView) Figures() []figure {
	r := v.Depot.Report
	corrected := 0
	for _, g := range r.Groups {
		if g.Severity == place.Corrected {
			corrected += g.Count
		}
	}
	out := []figure{{french.Integer(int64(r.Kept)), french.Plural(r.Kept, "lieu gardé", "lieux gardés"), "sur " + french.Count(r.Rows, "ligne lue", "lignes lues")},
		{french.Integer(int64(r.Refused)), french.Plural(r.Refused, "ligne refusée", "lignes refusées"), "gardées à part, à corriger"},
		{french.Integer(int64(corrected)), french.Plural(corrected, "valeur corrigée", "valeurs corrigées"), "à la lecture, l’original est gardé"}}
	if r.Merged > 0 {
		out = append(out, figure{french.Integer(int64(r.Merged)), french.Plural(r.Merged, "ligne répétée", "lignes répétées"), "comptées une seule fois"})
	}
	return append(out, figure{french.Integer(int64(r.Located)), french.Plural(r.Located, "position connue", "positions connues"), "dont " + french.Integer(int64(r.Doubtful)) + " à vérifier"})
}

// findingGroup is what was said several times of a column.
type findingGroup struct {
	census.Group
	Column   string
	Examples []census.Example
	Rest     int
}

// severityGroup are the findings of one severity.
type severityGroup struct {
	Title, Sentence, Icon string
	Groups                []findingGroup
	Absent                []string // columns that the file does not have, told together
	Open                  bool
}

// examplesShown are those of a group on the page: the XLSX has every one.
const examplesShown = 6

// Findings are grouped by severity, the most serious first.
func (v rapportView) Findings() (out []severityGroup) {
	for _, s := range []struct {
		severity              place.Severity
		title, sentence, icon string
	}{
		{place.Blocking, "À corriger", "Ces lignes ne peuvent pas servir.", "closed"},
		{place.Warning, "À vérifier", "Ces lieux sont gardés.", "alert"},
		{place.Corrected, "Corrigé à la lecture", "À reprendre dans votre fichier, quand c’est possible.", "open"},
	} {
		g := severityGroup{Title: s.title, Sentence: s.sentence, Icon: s.icon, Open: s.severity == place.Blocking}
		for _, one := range v.Depot.Report.Groups {
			if one.Severity != s.severity {
				continue
			}
			if one.Code == "column_missing" {
				g.Absent = append(g.Absent, champ(one.Field))
				continue
			}
			f := findingGroup{Group: one, Column: champ(one.Field), Examples: one.Examples}
			if one.Field == "" {
				f.Column = ""
			}
			slices.SortStableFunc(f.Examples, func(a, b census.Example) int { return b.Count - a.Count })
			if f.Rest = len(f.Examples) - examplesShown; f.Rest > 0 {
				f.Examples = f.Examples[:examplesShown]
			}
			g.Groups = append(g.Groups, f)
		}
		if len(g.Groups)+len(g.Absent) > 0 {
			out = append(out, g)
		}
	}
	return out
}

// refusalsShown are the refused rows on the page.
const refusalsShown = 20

// Refusals are the first rows that cannot be used.
func (v rapportView) Refusals() []census.Refusal {
	r := v.Depot.Report.Refusals
	return r[:min(len(r), refusalsShown)]
}

// MoreRefused is how many more there are.
func (v rapportView) MoreRefused() int {
	return max(0, v.Depot.Report.Refused-min(len(v.Depot.Report.Refusals), refusalsShown))
}

var kindTerms = map[string]term{
	"ajoute":  {"Fiches nouvelles", "Elles entrent dans le recensement.", "open"},
	"modifie": {"Lieux modifiés", "Champ par champ, avant et après.", "refresh"},
	"retire":  {"Lieux retirés", "Ils ne sont plus dans votre fichier.", "closed"},
	"revenu":  {"Lieux revenus", "Ils avaient été retirés.", "open"},
	"doublon": {"Fiches qui rejoignent un lieu", "Une autre source connaît déjà ce lieu. Il n’apparaîtra qu’une fois.", "people"},
	"doute":   {"Doublons possibles", "Une personne devra dire si c’est le même lieu.", "unknown"},
	"":        {"Tout ce qui change", "", "list"},
}

// kindWords say of one change what it is, where all kinds are together.
var kindWords = map[string]string{
	"ajoute": "nouvelle", "modifie": "modifiée", "retire": "retirée", "revenu": "revenue", "doublon": "rejoint un lieu", "doute": "doublon possible",
}

// Term is how the kind is said.
func (k ChangeKind) Term() term { return kindTerms[k.Kind] }

// Unchanged says what stays as it is.
func (v rapportView) Unchanged() string {
	if v.Depot.Changes == nil || v.Depot.Changes.Unchanged == 0 {
		return ""
	}
	return french.Count(v.Depot.Changes.Unchanged, "lieu ne change pas.", "lieux ne changent pas.")
}

// Decided reports whether there is nothing left to decide.
func (v rapportView) Decided() bool {
	return v.Depot.State != intake.Ready && v.Depot.State != intake.Held
}

// Against are the reasons why it cannot be published as it is, and why it is
// held.
func (v rapportView) Against() (out []string) {
	out = append(out, v.Depot.Reasons...)
	if n := v.Depot.Outside; n > 0 {
		out = append(out, french.Count(n, "lieu est hors de votre territoire.", "lieux sont hors de votre territoire.")+" Ôtez-les du fichier, ou demandez à qui couvre ce territoire.")
	}
	return out
}

// Barred reports whether who is signed in cannot publish it at all.
func (v rapportView) Barred() bool { return v.Depot.Outside > 0 }

// Shrinks reports whether more than half of the source would go.
func (v rapportView) Shrinks() bool {
	c := v.Depot.Changes
	return c != nil && !v.Depot.Partial && c.Withdrawn > 0 && c.Withdrawn*2 > c.Withdrawn+c.Unchanged+c.Changed
}

type changementsView struct{ Changements }

// Changements writes all the changes of a kind.
func (p *Pages) Changements(w io.Writer, v Changements) error {
	if v.Title == "" {
		v.Title = v.Term().Word
	}
	return p.professional(w, "changements", &v.Head, changementsView{v})
}

func (v changementsView) Href() string { return "/depots/" + strconv.FormatInt(v.Depot.Number, 10) }
func (v changementsView) Last() int    { return v.After + len(v.Changes) }

type sourcesView struct{ Sources }

// Sources writes who gives files.
func (p *Pages) Sources(w io.Writer, v Sources) error {
	return p.professional(w, "sources", &v.Head, sourcesView{v})
}

func (v sourcesView) Fault(field string) string { return faultOf(v.Faults, field) }
func (v sourcesView) Rhythms() []option         { return rhythms(v.Asked, 0) }

// rhythms are how often a file may be fetched again.
func rhythms(asked url.Values, every time.Duration) []option {
	now := strconv.Itoa(int(every.Hours()))
	if asked.Has("heures") {
		now = asked.Get("heures")
	}
	out := []option{{Value: "0", Label: "Jamais seul"}, {Value: "1", Label: "Toutes les heures"}, {Value: "24", Label: "Tous les jours"}, {Value: "168", Label: "Toutes les semaines"}, {Value: "720", Label: "Tous les mois"}}
	seen := false
	for i := range out {
		out[i].Selected = out[i].Value == now
		seen = seen || out[i].Selected
	}
	if !seen {
		out = append(out, option{now, "Toutes les " + now + " heures", true})
	}
	return out
}

// rhythm says how often a source is fetched.
func rhythm(every time.Duration) string {
	for _, o := range rhythms(nil, every) {
		if o.Selected {
			return o.Label
		}
	}
	return ""
}

type sourceView struct{ Source }

// Source writes one.
func (p *Pages) Source(w io.Writer, v Source) error {
	if v.Title == "" {
		v.Title = v.Source.Name
	}
	return p.professional(w, "source", &v.Head, sourceView{v})
}

func (v sourceView) Href() string { return "/sources/" + strconv.FormatInt(v.Source.Source.Number, 10) }

func (v sourceView) Fault(field string) string { return faultOf(v.Faults, field) }
func (v sourceView) Rhythms() []option         { return rhythms(v.Asked, v.Source.Source.Every) }

// URL is the address as it was typed, else as it is.
func (v sourceView) URL() string {
	if v.Asked.Has("adresse") {
		return v.Asked.Get("adresse")
	}
	return v.Source.Source.URL
}

// Rank likewise.
func (v sourceView) Rank() string {
	if v.Asked.Has("rang") {
		return v.Asked.Get("rang")
	}
	return strconv.Itoa(v.Source.Source.Precedence)
}

// May reports whether who is signed in may change its settings.
func (v sourceView) May() bool {
	s := v.Source.Source
	return v.Who != nil && access.Allows(v.Who.Key.Role, access.Schedule) && (s.Siren == "" || s.Siren == v.Who.Key.Siren)
}

// SavedText says what was just done.
func (v sourceView) SavedText() string {
	switch v.Saved {
	case "enregistre":
		return "Les réglages sont enregistrés."
	case "rien":
		return "Rien n’a changé depuis la dernière reprise."
	}
	return ""
}
