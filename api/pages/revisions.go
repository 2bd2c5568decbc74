package pages

import (
	"encoding/hex"
	"io"
	"strings"
	"time"

	"mednum/internal/french"
	"mednum/internal/history"
)

// Revisions is what changed in the census, the last first: GET /revisions.
type Revisions struct {
	Head
	Revisions []history.Revision
	Next      string // href of those before, "" none
	First     bool   // it begins with the last one
}

// OneRevision is one of them: GET /revisions/{numero}.
type OneRevision struct {
	Head
	Revision history.Revision
	Touched  []history.Touched
	Next     string // href of the places that follow, "" none
	First    bool   // it begins with the first place
}

type revisionsView struct{ Revisions }

type revisionView struct{ OneRevision }

// Revisions writes the list.
func (p *Pages) Revisions(w io.Writer, v Revisions) error {
	if v.Title == "" {
		v.Title = "Ce qui a changé dans le recensement"
	}
	return p.professional(w, "revisions", &v.Head, revisionsView{v})
}

// Revision writes one of them.
func (p *Pages) Revision(w io.Writer, v OneRevision) error {
	if v.Title == "" {
		v.Title = "Révision " + french.Integer(v.Revision.Number)
	}
	return p.professional(w, "revision", &v.Head, revisionView{v})
}

// Instant writes "14 juillet 2026 à 9 h 05", in Paris.
func Instant(t time.Time) string { return strings.Replace(instant(t), ", ", " à ", 1) }

// Past says of which instant a page is.
type Past struct {
	When  string
	Today string // href of the same page, today
}

// AsOf says of which instant the page is; a zero one is now.
func (h *Head) AsOf(at time.Time, today string) {
	if !at.IsZero() {
		h.Past = &Past{Instant(at), today}
	}
}

// revisionRow is a revision in words.
type revisionRow struct {
	Number                                  int64
	Word, Icon, When, Who, Reason, How, Now string
	About, AboutHref                        string
	Hash                                    string
}

func revisionRowOf(r history.Revision) revisionRow {
	t := causeOf(r.Cause)
	row := revisionRow{Number: r.Number, Word: t.Word, Icon: t.Icon, When: instant(r.At), Who: authorText(r.Author), Reason: r.Reason,
		How: french.Count(r.Places, "lieu", "lieux"), Now: r.At.UTC().Format(time.RFC3339Nano), Hash: hex.EncodeToString(r.Hash)}
	if r.Cause == history.Beginning {
		row.Who = "Le journal commence ici. Ce qui suit y est écrit pour toujours."
	}
	switch kind, name, _ := strings.Cut(r.Subject, ":"); kind {
	case "depot":
		row.About, row.AboutHref = "Dépôt "+name, "/depots/"+name
	case "signalement":
		row.About, row.AboutHref = "Signalement "+name, "/signalements/"+name
	case "registre":
		row.About = "Registre « " + name + " »"
	case "territoires":
		row.About = "Nouvelle carte des communes"
	}
	return row
}

// Rows are the revisions in words.
func (v revisionsView) Rows() (out []revisionRow) {
	for _, r := range v.Revisions.Revisions {
		out = append(out, revisionRowOf(r))
	}
	return out
}

// Row is the revision in words.
func (v revisionView) Row() revisionRow { return revisionRowOf(v.Revision) }

// ScoresOnly reports whether only the quality of places changed.
func (v revisionView) ScoresOnly() bool {
	return v.First && len(v.Touched) == 0 && v.Revision.Places > 0
}

// touchedRow is a place that a revision touched.
type touchedRow struct {
	ID, Nom, Commune, StateText, Into string
	Changes                           []changeRow
}

// Rows are the places in words.
func (v revisionView) Rows() (out []touchedRow) {
	for _, t := range v.Touched {
		row := touchedRow{ID: t.ID, Nom: t.Nom, Commune: t.Commune, Into: t.Into}
		if row.Nom == "" {
			row.Nom = "Lieu " + t.ID
		}
		if !t.New {
			row.Changes = changeRows(t.Changes)
		}
		switch {
		case t.State == history.Joined:
			row.StateText = "Il ne fait plus qu’un avec un autre lieu."
		case t.State == history.Closed:
			row.StateText = "Le lieu est fermé."
		case t.State == history.Withdrawn:
			row.StateText = "Sa source ne le donne plus."
		case t.New:
			row.StateText = "C’est un nouveau lieu."
		case len(t.Changes) == 0:
			row.StateText = "Ce que l’on en publie n’a pas changé."
		}
		out = append(out, row)
	}
	return out
}
