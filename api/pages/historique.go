package pages

import (
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"mednum/internal/access"
	"mednum/internal/history"
	"mednum/internal/place"
	"mednum/internal/quality"
)

// Historique is what became of a place, the last first: GET
// /collections/lieux/items/{id}/historique; with a Version, that one.
type Historique struct {
	Head
	ID, Nom, Commune string
	Steps            []history.Step
	Next             string              // href of the steps before, "" none
	Closure          *history.Closure    // it is closed
	Version          *history.Version    // the place after a revision
	Against          *history.Version    // compared with this earlier one; nil: with what it is now
	Now              map[string]string   // cells of the place now
	Base             int64               // version of the data that Now was read in
	Changes          []place.FieldChange // from Against to Version, or from Version to Now
	Asked            url.Values
	Faults           quality.Faults
	Saved            string
}

type historiqueView struct{ Historique }

// Historique writes the story of a place.
func (p *Pages) Historique(w io.Writer, v Historique) error {
	if v.Title == "" {
		v.Title = "Historique de " + v.Nom
	}
	return p.professional(w, "historique", &v.Head, historiqueView{v})
}

// Place is the page of the place.
func (v historiqueView) Place() string { return "/collections/lieux/items/" + v.ID }

// Href is this page.
func (v historiqueView) Href() string { return v.Place() + "/historique" }

// Closed reports whether the place is no more.
func (v historiqueView) Closed() bool { return v.Closure != nil }

// ClosedText says since when and why.
func (v historiqueView) ClosedText() string { return closedSentence(*v.Closure, true) }

// May reports whether who reads may correct places. The server checks where.
func (v historiqueView) May() bool {
	return v.Who != nil && slices.Contains(v.Who.May, access.Amend)
}

// SavedText says what was just done.
func (v historiqueView) SavedText() string {
	switch v.Saved {
	case "publie":
		return "C’est publié. Tout le monde voit vos changements."
	case "ajoute":
		return "Le lieu est ajouté. Tout le monde le voit."
	case "restaure":
		return "C’est fait : le lieu est revenu à cette version."
	case "confirme":
		return "C’est noté : rien n’a changé. La date de mise à jour est aujourd’hui."
	case "ferme":
		return "C’est noté : ce lieu a fermé. Il n’apparaît plus dans les recherches."
	case "repris":
		return "C’est fait : la source a de nouveau le dernier mot."
	case "rouvre":
		return "C’est noté : ce lieu est rouvert."
	case "":
		return ""
	}
	return "C’est enregistré."
}

// causes are why a place changed, in words.
var causes = map[history.Cause]term{
	history.Import:       {Word: "Mise à jour par un fichier", Icon: "list"},
	history.Creation:     {Word: "Ajout du lieu", Icon: "pin"},
	history.Correction:   {Word: "Correction", Icon: "choose"},
	history.Confirmation: {Word: "« Rien n’a changé »", Icon: "open"},
	history.Closing:      {Word: "Fermeture", Icon: "closed"},
	history.Reopening:    {Word: "Réouverture", Icon: "open"},
	history.Restoration:  {Word: "Retour à une version", Icon: "refresh"},
	history.Joining:      {Word: "Réuni avec un autre lieu", Icon: "people"},
	history.Splitting:    {Word: "Séparé d’un autre lieu", Icon: "people"},
	history.Scoring:      {Word: "Nouvelle évaluation", Icon: "list"},
	history.Beginning:    {Word: "Début du journal", Icon: "pin"},
	history.Unsigned:     {Word: "Changement fait dans la base", Icon: "alert"},
}

func causeOf(c history.Cause) term {
	if t, ok := causes[c]; ok {
		return t
	}
	return term{Word: string(c), Icon: "info"}
}

// storyStep is a step in words.
type storyStep struct {
	Number                  int64
	Word, Icon, When, Who   string
	Reason, StateText, Into string
	Instant                 string
	Report                  string // number of the report that it answers
	Changes                 []changeRow
	First                   bool // the place is still so
}

// authorText says who did it, as an organisation and its role.
func authorText(a history.Author) string {
	switch {
	case a.Organisation == "" && a.Cause == history.Unsigned:
		return "Personne n’a signé ce changement."
	case a.Organisation == "" && strings.HasPrefix(a.Subject, "source:"):
		return "Par la source «\u00a0" + strings.TrimPrefix(a.Subject, "source:") + "\u00a0»."
	case a.Organisation == "":
		return "Par une source qui se met à jour seule."
	case a.Role == "" || a.Role.Label() == "":
		return "Par " + a.Organisation + "."
	}
	return "Par " + a.Organisation + ", " + a.Role.Label() + "."
}

// Rows are the steps in words.
func (v historiqueView) Rows() (out []storyStep) {
	for i, s := range v.Steps {
		t := causeOf(s.Cause)
		if s.Cause == history.Import && !slices.ContainsFunc(s.Changes, func(f place.FieldChange) bool { return f.Before != "" }) && len(s.Changes) > 3 {
			t = term{Word: "Ajout par un fichier", Icon: "pin"}
		}
		r := storyStep{Number: s.Number, Word: t.Word, Icon: t.Icon, When: instant(s.At), Who: authorText(s.Author), Reason: s.Reason, Into: s.Into,
			Instant: s.At.UTC().Format(time.RFC3339Nano), Changes: changeRows(s.Changes), First: i == 0 && v.Asked.Get("avant") == ""}
		if number, ok := strings.CutPrefix(s.Subject, "signalement:"); ok {
			r.Report = number
		}
		switch s.State {
		case history.Withdrawn:
			r.StateText = "Sa source ne le donne plus : il n’apparaît plus."
		case history.Closed:
			r.StateText = "Le lieu n’apparaît plus dans les recherches."
		case history.Joined:
			r.StateText = "Il ne fait plus qu’un avec un autre lieu."
		}
		out = append(out, r)
	}
	return out
}

// VersionDay is when the version began.
func (v historiqueView) VersionDay() string { return dayOf(v.Version.At) }

// VersionInstant is the same for as_of.
func (v historiqueView) VersionInstant() string { return v.Version.At.UTC().Format(time.RFC3339Nano) }

// VersionText says what the version came from.
func (v historiqueView) VersionText() string {
	said := func(x *history.Version) string { return causeOf(x.Cause).Word + ", " + instant(x.At) }
	if v.Against != nil {
		return "De «\u00a0" + said(v.Against) + "\u00a0» à «\u00a0" + said(v.Version) + "\u00a0»."
	}
	return said(v.Version) + ". " + authorText(v.Version.Author)
}

// Differences are between the two versions, or from this one to now.
func (v historiqueView) Differences() []changeRow { return changeRows(v.Changes) }

// Restorable reports whether who reads may go back to this version.
func (v historiqueView) Restorable() bool {
	return v.May() && v.Against == nil && len(v.Changes) > 0 && !v.Closed()
}

// Restored is what going back would change: the same, the other way round.
func (v historiqueView) Restored() []changeRow {
	back := slices.Clone(v.Changes)
	for i := range back {
		back[i].Before, back[i].After = back[i].After, back[i].Before
	}
	return changeRows(back)
}

// Whole is all that the version says.
func (v historiqueView) Whole() (out []changeRow) {
	for i := range place.Columns {
		name := place.Columns[i].Name
		if said := cellSaid(name, v.Version.Cells[name]); said != "" {
			out = append(out, changeRow{Title: columnLabel(name), After: said})
		}
	}
	return out
}

// Ferme is the page of a place that is no more.
type Ferme struct {
	Head
	Nom, Commune string
	Closure      history.Closure
	Cards        []Card // open places around
	History      string // href
}

type fermeView struct{ Ferme }

// Ferme writes the page of a closed place.
func (p *Pages) Ferme(w io.Writer, v Ferme) error {
	if v.Title == "" {
		v.Title = fermeView{v}.Heading()
	}
	return p.render(w, "ferme", v.Head, fermeView{v})
}

// Heading is what happened.
func (v fermeView) Heading() string {
	if v.Nom == "" {
		return "Ce lieu a fermé"
	}
	return v.Nom + " a fermé"
}

// Sentence says since when.
func (v fermeView) Sentence() string {
	return closedSentence(history.Closure{Since: v.Closure.Since}, false) + " N’y allez pas."
}

// Around is the search around.
func (v fermeView) Around() string {
	if v.Commune == "" {
		return "/"
	}
	return "/?ou=" + url.QueryEscape(v.Commune)
}

func closedSentence(c history.Closure, why bool) string {
	s := "Ce lieu a fermé."
	if c.Since.Known() {
		s = "Ce lieu est fermé depuis le " + longDate(c.Since.Year, c.Since.Month, c.Since.Day) + "."
	}
	if why && c.Reason != "" {
		s += " Raison\u00a0: «\u00a0" + c.Reason + "\u00a0»."
	}
	return s
}
