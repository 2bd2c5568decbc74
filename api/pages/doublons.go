package pages

import (
	"encoding/json"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"mednum/internal/match"
	"mednum/internal/place"
	"mednum/internal/quality"
)

// Named is a territory with its name.
type Named struct{ Code, Nom string }

// Doublons is the queue of the pairs to decide: GET /doublons.
type Doublons struct {
	Head
	Pairs        []match.Pair // likeliest first
	Total        int
	Departement  string
	Departements []Named
	After        int
	Next         string
	Saved        string // "meme-12": what was just said of pair 12
}

// Doublon is a pair, side by side: GET /doublons/{numero}. The buttons post to
// …/decision: decision, raison.
type Doublon struct {
	Head
	Pair   match.Pair
	Next   int64 // the pair to decide after it; 0 none
	Left   int   // pairs to decide
	Reason string
	Saved  string
	Faults quality.Faults
	Now    time.Time
}

// Provenance says where each field of a place comes from: GET
// /collections/lieux/items/{id}/sources. Its form posts to …/separation: fiche,
// raison.
type Provenance struct {
	Head
	Beneath match.Beneath
	Asked   url.Values
	Faults  quality.Faults
	Saved   string
	Now     time.Time
}

type doublonsView struct{ Doublons }

// Doublons writes the queue.
func (p *Pages) Doublons(w io.Writer, v Doublons) error {
	return p.professional(w, "doublons", &v.Head, doublonsView{v})
}

func (v doublonsView) SavedText() string { return decided(v.Saved) }
func (v doublonsView) Undo() string      { return undo(v.Saved) }
func (v doublonsView) Last() int         { return v.After + len(v.Pairs) }

// decided says what was just said of a pair.
func decided(saved string) string {
	outcome, _, _ := strings.Cut(saved, "-")
	switch match.Outcome(outcome) {
	case match.Same:
		return "C’est noté : c’est le même lieu. Il n’apparaît plus qu’une fois."
	case match.Different:
		return "C’est noté : ce sont deux lieux. Nous ne le demanderons plus."
	case match.Undecided:
		return "Votre réponse est reprise. La paire est de nouveau à décider."
	}
	return ""
}

// undo is the page of the pair that was just decided.
func undo(saved string) string {
	outcome, number, _ := strings.Cut(saved, "-")
	if n, err := strconv.ParseInt(number, 10, 64); err != nil || n < 1 || match.Outcome(outcome) == match.Undecided {
		return ""
	}
	return "/doublons/" + number
}

// apart is a distance in whole metres, as people read it.
func apart(metres *int) string {
	if metres == nil {
		return "Distance inconnue"
	}
	return "À " + Distance(float64(*metres)) + " l’un de l’autre"
}

// likely is how likely it is that a pair is one place, in words: the score is
// hundredths of log-odds.
func likely(c match.Comparison) string {
	switch {
	case c.Score >= 300:
		return "Très ressemblants"
	case c.Score >= 100:
		return "Ressemblants"
	case c.Score >= 0:
		return "Un peu ressemblants"
	}
	return "Peu ressemblants"
}

func nameOf(side match.Side) string {
	if side.Record == nil || side.Record.Nom == "" {
		return "Lieu " + side.ID
	}
	return side.Record.Nom
}

func townOf(side match.Side) string {
	if side.Record == nil {
		return ""
	}
	return side.Record.Commune
}

type doublonView struct {
	Doublon
	Settings
}

// Doublon writes a pair.
func (p *Pages) Doublon(w io.Writer, v Doublon) error {
	if v.Title == "" {
		v.Title = "Est-ce le même lieu ?"
	}
	return p.professional(w, "doublon", &v.Head, doublonView{v, p.settings})
}

func (v doublonView) SavedText() string { return decided(v.Saved) }
func (v doublonView) Undo() string {
	if u := undo(v.Saved); u != v.Href() {
		return u
	}
	return ""
}
func (v doublonView) Href() string { return "/doublons/" + strconv.FormatInt(v.Pair.Number, 10) }

// versus is a field of two records.
type versus struct {
	Title string
	A, B  string
	Mark  string // "pareil", "proche", "different", "seul"
	Word  string
}

// compared are the columns that a person compares, in the order in which one
// looks at them.
var compared = []string{"nom", "adresse", "complement_adresse", "code_postal", "commune", "telephone", "courriels", "site_web", "horaires", "typologie", "services",
	"structure_parente", "pivot", "itinerance", "presentation_resume", "date_maj", "id"}

// Rows are the fields of both records, those that differ marked by a word.
func (v doublonView) Rows() (out []versus) {
	a, b := v.Pair.A.Record, v.Pair.B.Record
	if a == nil || b == nil {
		return nil
	}
	for _, name := range compared {
		c, ok := place.ColumnNamed(name)
		if !ok {
			continue
		}
		row := versus{Title: champ(name), A: strings.ReplaceAll(c.Cell(&a.Place), "|", " · "), B: strings.ReplaceAll(c.Cell(&b.Place), "|", " · ")}
		row.A, row.B = shorten(row.A, 300), shorten(row.B, 300)
		switch {
		case row.A == "" && row.B == "":
			continue
		case row.A == "" || row.B == "":
			row.Mark, row.Word = "seul", "Connu d’un seul côté"
		case row.A == row.B:
			row.Mark, row.Word = "pareil", "Pareil"
		case place.Fold(row.A) == place.Fold(row.B):
			row.Mark, row.Word = "proche", "Presque pareil"
		default:
			row.Mark, row.Word = "different", "Différent"
		}
		out = append(out, row)
	}
	return out
}

// argument is a piece of evidence in words.
type argument struct {
	match.Evidence
	Icon, Word string
}

// Arguments are the evidence, what counts most first.
func (v doublonView) Arguments() (out []argument) {
	for _, e := range v.Pair.Comparison.Evidence {
		a := argument{Evidence: e, Icon: "none", Word: "Ne dit rien"}
		strong := func(n int) string {
			if n >= 200 || n <= -200 {
				return "fortement"
			}
			if n >= 75 || n <= -75 {
				return "assez"
			}
			return "un peu"
		}
		switch {
		case e.Weight > 0:
			a.Icon, a.Word = "open", "Rapproche "+strong(e.Weight)
		case e.Weight < 0:
			a.Icon, a.Word = "closed", "Sépare "+strong(e.Weight)
		case e.Kind == "garde":
			a.Icon, a.Word = "alert", "Règle de prudence"
		}
		out = append(out, a)
	}
	slices.SortStableFunc(out, func(a, b argument) int { return max(b.Weight, -b.Weight) - max(a.Weight, -a.Weight) })
	return out
}

// Points are both places for the map, as JSON; "" when neither has a position.
func (v doublonView) Points() string {
	type point struct {
		Name      string  `json:"nom"`
		Latitude  float64 `json:"latitude"`
		Longitude float64 `json:"longitude"`
	}
	var out []point
	for i, side := range []match.Side{v.Pair.A, v.Pair.B} {
		if side.Record != nil && side.Record.Position.Known() {
			out = append(out, point{"Fiche " + string(rune('A'+i)) + ", " + nameOf(side), side.Record.Position.Latitude(), side.Record.Position.Longitude()})
		}
	}
	if len(out) == 0 {
		return ""
	}
	text, err := json.Marshal(out)
	if err != nil { // texts and numbers only
		return ""
	}
	return string(text)
}

// Asked says what was answered before.
func (v doublonView) Answered() string {
	p := v.Pair
	var said string
	switch p.Decision {
	case match.Same:
		said = "C’est le même lieu"
	case match.Different:
		said = "Ce sont deux lieux"
	default:
		return ""
	}
	if p.By != "" {
		said += ", a répondu " + p.By
	}
	if !p.At.IsZero() {
		said += " le " + dayOf(p.At)
	}
	return said + "."
}

// Why is the reason that was given.
func (v doublonView) Why() string { return v.Pair.Reason }

type provenanceView struct{ Provenance }

// Provenance writes where each field comes from.
func (p *Pages) Provenance(w io.Writer, v Provenance) error {
	if v.Title == "" {
		v.Title = "Les sources de « " + v.Beneath.Nom + " »"
	}
	return p.professional(w, "provenance", &v.Head, provenanceView{v})
}

func (v provenanceView) Href() string { return "/collections/lieux/items/" + v.Beneath.ID }

// PublishedValue is the value of a field: what somebody corrected, or that of the
// record it comes from.
func PublishedValue(b match.Beneath, f match.Provenance) string {
	if f.Corrected != nil {
		return f.Corrected.Value
	}
	column, ok := place.ColumnNamed(f.Column)
	if !ok {
		return ""
	}
	for _, side := range b.Sides {
		if side.ID == f.ID && side.Record != nil {
			return column.Cell(&side.Record.Place)
		}
	}
	return ""
}

// field of the published place.
type published struct {
	match.Provenance
	Title, Value string
	When         string // of the record, or of the correction
	Said         string // what the sources say of a corrected one
	Back         string // the button that gives them the word again; "" none
}

// Fields are the published ones that are known, and those that somebody emptied.
func (v provenanceView) Fields() (out []published) {
	for _, f := range v.Beneath.Fields {
		one := published{Provenance: f, Title: champ(f.Column), Value: strings.ReplaceAll(PublishedValue(v.Beneath, f), "|", " · ")}
		if d, ok := place.ParseDate(f.Date); ok {
			one.When = longDate(d.Year, d.Month, d.Day)
		}
		if k := f.Corrected; k != nil {
			one.Said = strings.ReplaceAll(k.Said, "|", " · ")
			group := place.Together(f.Column)
			switch {
			case k.Said == k.Value || f.Column == "longitude" || f.Column == "date_maj":
			case len(group) > 2:
				one.Back = "Reprendre toute l’adresse de la source"
			case len(group) > 1:
				one.Back = "Reprendre la position de la source"
			default:
				one.Back = "Reprendre la valeur de la source"
			}
		}
		out = append(out, one)
	}
	return out
}

// Corrected counts the fields that somebody corrected.
func (v provenanceView) Corrected() (n int) {
	for _, f := range v.Beneath.Fields {
		if f.Corrected != nil && f.Column != "date_maj" {
			n++
		}
	}
	return n
}

// Anew names the corrected fields of which the sources say something new.
func (v provenanceView) Anew() string {
	var names []string
	for _, f := range v.Beneath.Fields {
		if f.Corrected != nil && f.Corrected.Anew {
			names = append(names, champ(f.Column))
		}
	}
	return and(names)
}

// Several reports whether other sources know the place.
func (v provenanceView) Several() bool { return len(v.Beneath.Sides) > 1 }

// fiche is a record as its source gave it.
type fiche struct {
	match.Side
	Name  string
	Cells []cellView // the file's own
	Lead  bool
}

// Fiches are the records beneath, as they were given.
func (v provenanceView) Fiches() (out []fiche) {
	for _, side := range v.Beneath.Sides {
		f := fiche{Side: side, Name: nameOf(side), Lead: side.ID == v.Beneath.ID}
		if side.Record != nil {
			for i := range place.Columns {
				if cell := place.Columns[i].Cell(&side.Record.Place); cell != "" {
					f.Cells = append(f.Cells, cellView{Title: champ(place.Columns[i].Name), Ours: strings.ReplaceAll(cell, "|", " · ")})
				}
			}
		}
		out = append(out, f)
	}
	return out
}

// SavedText says what was just done.
func (v provenanceView) SavedText() string {
	if strings.HasPrefix(v.Saved, "separe-") {
		return "La fiche est séparée. Ce sont maintenant deux lieux."
	}
	if v.Saved == "repris" {
		return "C’est fait : ce lieu dit de nouveau ce que dit sa source."
	}
	return ""
}

// Apart is the place that was just split from this one.
func (v provenanceView) Apart() string {
	if id, ok := strings.CutPrefix(v.Saved, "separe-"); ok && place.IsIdentifier(id) {
		return "/collections/lieux/items/" + id
	}
	return ""
}

// verdict is a decision in a history.
func verdict(p match.Pair) string {
	switch p.Decision {
	case match.Same:
		return "Le même lieu"
	case match.Different:
		return "Deux lieux"
	}
	switch p.Comparison.Outcome {
	case match.Same:
		return "Le même lieu, calculé"
	case match.Different:
		return "Deux lieux, calculé"
	}
	return "À décider"
}
