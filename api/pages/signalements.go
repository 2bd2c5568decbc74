package pages

import (
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"mednum/internal/access"
	"mednum/internal/french"
	"mednum/internal/history"
	"mednum/internal/hours"
	"mednum/internal/place"
	"mednum/internal/quality"
	"mednum/internal/ticket"
)

// Signaler is the form of a report: GET /signalements/nouveau. It posts to
// /signalements: lieu, nature, texte, courriel, version, valeur_<colonne>, and
// jeton, which says when the form was given.
type Signaler struct {
	Head
	ID      string // "": a new place
	Nom     string
	Commune string
	Kind    ticket.Kind       // chosen
	Cells   map[string]string // what the place publishes
	Version int64
	Zone    hours.Zone
	Token   string
	Asked   url.Values
	Faults  quality.Faults
	Now     time.Time
}

// Signaler writes it.
func (p *Pages) Signaler(w io.Writer, v Signaler) error {
	if v.Title == "" {
		v.Title = "Signaler une erreur"
		if v.ID == "" {
			v.Title = "Proposer un lieu"
		}
	}
	return p.render(w, "signaler", v.Head, signalerView{v})
}

type signalerView struct{ Signaler }

// pick is a choice of a form.
type pick struct {
	Value, Label, Detail string
	Checked              bool
}

// Kinds are the questions of the form.
func (v signalerView) Kinds() (out []pick) {
	for _, k := range ticket.Kinds() {
		if q := k.Question(); q != "" {
			out = append(out, pick{Value: string(k), Label: q, Checked: k == v.Kind})
		}
	}
	return out
}

// proposed is a field that proposes a value.
type proposed struct {
	Name, Label, Hint, Value, Type, Mode, Complete string
	Required                                       bool
	Fault                                          string
}

// What citizens may know of a place, in the order of a letter.
var proposedFields = []proposed{
	{Name: "nom", Label: "Nom du lieu", Complete: "off", Required: true},
	{Name: "adresse", Label: "Numéro et rue", Complete: "off"},
	{Name: "code_postal", Label: "Code postal", Mode: "numeric", Complete: "off"},
	{Name: "commune", Label: "Commune", Complete: "off", Required: true},
	{Name: "telephone", Label: "Téléphone", Type: "tel", Complete: "off"},
	{Name: "courriels", Label: "Adresse mail du lieu", Type: "text", Complete: "off"},
	{Name: "site_web", Label: "Site web", Mode: "url", Complete: "off"},
	{Name: "horaires", Label: "Horaires", Hint: "Par exemple : lundi au vendredi, 9 h – 12 h et 14 h – 17 h.", Complete: "off"},
}

// Fields are those that propose a value: of a known place, filled in with what it
// publishes.
func (v signalerView) Fields() (out []proposed) {
	for _, f := range proposedFields {
		if v.ID != "" {
			f.Required = false
			if f.Name != "horaires" { // in the words of machines
				f.Value = Known(f.Name, v.Cells[f.Name])
			}
		}
		if given := v.Asked["valeur_"+f.Name]; len(given) > 0 {
			f.Value = given[0]
		}
		if f.Type == "" {
			f.Type = "text"
		}
		f.Fault = v.Fault("valeur_" + f.Name)
		out = append(out, f)
	}
	return out
}

// Known is a value as the form of a report shows it: sent back, it proposes
// nothing.
func Known(column, cell string) string {
	if column == "telephone" {
		return EditPhone(cell)
	}
	return strings.ReplaceAll(cell, "|", ", ")
}

// Proposes reports whether a value was proposed, or is wrong: its fields are open.
func (v signalerView) Proposes() bool {
	return slices.ContainsFunc(v.Fields(), func(f proposed) bool {
		return f.Fault != "" || v.Asked.Get("valeur_"+f.Name) != "" && f.Value != Known(f.Name, v.Cells[f.Name])
	})
}

// Services are what a new place may help with.
func (v signalerView) Services() (out []pick) {
	for _, w := range groups[0].Words {
		out = append(out, pick{Value: w.Value, Label: w.Plain, Checked: slices.Contains(v.Asked["valeur_services"], w.Value)})
	}
	return out
}

// Fault is what is wrong in a field; "" nothing.
func (v signalerView) Fault(name string) string {
	for _, f := range v.Faults {
		if f.Where == name {
			return f.Message
		}
	}
	return ""
}

// Hours are those that the place publishes, in words.
func (v signalerView) Hours() []string {
	if parsed, err := hours.Parse(v.Cells["horaires"]); err == nil && v.Cells["horaires"] != "" {
		return parsed.Describe()
	}
	return nil
}

// Signalement is a report: GET /signalements/{numero}. Its number is "" where
// somebody looks for one.
type Signalement struct {
	Head
	ticket.Ticket
	Sent   *ticket.Report // what was just sent, to who sent it
	Looked string         // a number that is of none
	Saved  string
	Now    time.Time

	// To its agents. Their forms post to …/etapes: etape, texte, depuis, version,
	// doublon_de, corrige.
	Agent    bool
	Held     string // by another
	Mine     bool
	Edits    bool
	Gone     bool
	Card     *Card
	Version  int64
	Changes  []place.FieldChange
	Findings []place.Finding
	Blocked  bool
	Twins    []history.Twin
	Asked    url.Values
	Faults   quality.Faults
}

// Signalement writes it.
func (p *Pages) Signalement(w io.Writer, v Signalement) error {
	if v.Title == "" {
		v.Title = "Suivre un signalement"
		if v.Number != "" {
			v.Title = "Signalement " + v.Number.String()
		}
	}
	if v.Agent && v.Sent == nil {
		return p.render(w, "traitement", v.Head, ticketView{v})
	}
	return p.render(w, "signalement", v.Head, ticketView{v})
}

type ticketView struct{ Signalement }

// Href is its address.
func (v ticketView) Href() string { return "/signalements/" + v.Number.String() }

// way is a point of a report's way.
type way struct {
	Word, When   string
	Done, Now    bool
	Icon, Detail string
}

// Stages are where the report has been, is, and is to go.
func (v ticketView) Stages() []way {
	out := []way{{Word: "Reçu", When: since(v.Made), Done: true}, {Word: "En cours d’examen"}, {Word: "Réponse"}}
	switch {
	case v.State == ticket.Received:
		out[0].Now = true
	case v.State == ticket.Taken:
		out[1].Done, out[1].Now, out[1].When = true, true, since(v.Since)
	default:
		out[1].Done = true
		out[2] = way{Word: v.State.Label(), When: since(v.Closed), Done: true, Now: true}
	}
	for i := range out {
		out[i].Icon = "none"
		if out[i].Done {
			out[i].Icon = "open"
		}
		if out[i].Now && v.State.Open() {
			out[i].Icon = "half"
		}
	}
	return out
}

// Times says how many times it was said.
func (v ticketView) Times() string { return times(v.Voices) }

func times(n int) string {
	if n < 2 {
		return "Signalé une fois"
	}
	return "Signalé " + french.Integer(int64(n)) + nbsp + "fois"
}

// Notes are the messages that have words.
func (v ticketView) Notes() (out []ticket.Voice) {
	for _, said := range v.Said {
		if said.Text != "" {
			out = append(out, said)
		}
	}
	return out
}

// Hidden is how many of the messages are no longer kept.
func (v ticketView) Hidden() int { return max(0, v.Voices-len(v.Said)) }

// Word gives back what was written in a refused form.
func (v ticketView) Word(name string) string { return v.Asked.Get(name) }

// Today is the day that the form proposes for a closing.
func (v ticketView) Day() string {
	if given := v.Asked.Get("depuis"); given != "" {
		return given
	}
	return v.Made.In(paris).Format(time.DateOnly)
}

// SavedText says what was just done.
func (v ticketView) SavedText() string {
	switch ticket.Act(v.Saved) {
	case ticket.Take:
		return "Ce signalement est à vous pour deux jours. Les autres agents le voient."
	case ticket.Release:
		return "Ce signalement attend de nouveau un agent."
	case ticket.Publish:
		return "C’est publié. Qui a laissé son adresse en est prévenu."
	case ticket.Reply, ticket.Drop:
		return "Votre réponse est publique. Qui a laissé son adresse en est prévenu."
	case ticket.Repeat:
		return "C’est noté : un autre signalement dit la même chose."
	case ticket.Reopen:
		return "Ce signalement attend de nouveau une réponse."
	}
	return ""
}

// Correct is the edit form of the place, filled in with what is proposed.
func (v ticketView) Correct() string {
	q := "?signalement=" + url.QueryEscape(v.Number.String())
	if v.Place == "" {
		return "/lieux/ajout" + q
	}
	return "/collections/lieux/items/" + v.Place + "/modification" + q
}

// Rows are the proposed changes, as people read them. The date of the place moves
// on with any change: that is not one.
func (v ticketView) Rows() (out []place.FieldChange) {
	for _, f := range v.Changes {
		if f.Column == "date_maj" {
			continue
		}
		f.Before, f.After = readable(f.Column, f.Before), readable(f.Column, f.After)
		out = append(out, f)
	}
	return out
}

// readable is a cell as people read it.
func readable(column, cell string) string {
	switch column {
	case "telephone":
		if shown, _ := Phone(cell); shown != "" {
			return shown
		}
	case "horaires":
		if parsed, err := hours.Parse(cell); err == nil && cell != "" {
			if lines := parsed.Describe(); len(lines) > 0 {
				return strings.Join(lines, " ; ")
			}
		}
	}
	return strings.ReplaceAll(cell, "|", " · ")
}

// Opening are the hours of the place today, as people read them.
func (v ticketView) Opening() string {
	if v.Card == nil {
		return ""
	}
	return readable("horaires", v.Card.Place.Horaires)
}

// Signalements is the queue of an agent: GET /signalements. Its form posts to
// /signalements/lot: numeros, texte.
type Signalements struct {
	Head
	Tickets   []ticket.Ticket
	Counts    ticket.Counts
	State     ticket.State
	Kind      ticket.Kind
	Commune   string
	Orphans   bool
	Moderator bool
	Territory access.Territory
	After     int
	Next      string
	Saved     string
	Asked     url.Values
	Faults    quality.Faults
	Now       time.Time
}

// Signalements writes it.
func (p *Pages) Signalements(w io.Writer, v Signalements) error {
	return p.professional(w, "signalements", &v.Head, queueView{v})
}

type queueView struct{ Signalements }

// Row is a report in the queue.
func (v queueView) Rows() (out []queued) {
	for _, t := range v.Tickets {
		q := queued{Ticket: t, Checked: slices.Contains(v.Asked["numeros"], t.Number.String()), Times: times(t.Voices)}
		q.Old = t.State.Open() && v.Now.Sub(t.Made) > 14*24*time.Hour
		out = append(out, q)
	}
	return out
}

type queued struct {
	ticket.Ticket
	Checked, Old bool
	Times        string
}

// Subject names the place of a report, to agents.
func (q queued) Subject() string {
	if q.Nom == "" {
		return "Lieu sans nom"
	}
	return q.Nom
}

// States are the choices of the filter.
func (v queueView) States() []pick {
	out := []pick{{Label: "À traiter", Checked: v.State == ""}}
	for _, s := range ticket.States() {
		label := s.Label()
		if n := v.Counts.States[s]; n > 0 {
			label += " (" + french.Integer(int64(n)) + ")"
		}
		out = append(out, pick{Value: string(s), Label: label, Checked: s == v.State})
	}
	return out
}

// KindOptions are the choices of the filter.
func (v queueView) KindOptions() []pick {
	out := []pick{{Label: "Toutes", Checked: v.Kind == ""}}
	for _, k := range ticket.Kinds() {
		label := k.Label()
		if n := v.Counts.Kinds[k]; n > 0 {
			label += " (" + french.Integer(int64(n)) + ")"
		}
		out = append(out, pick{Value: string(k), Label: label, Checked: k == v.Kind})
	}
	return out
}

// Towns are the choices of the filter.
func (v queueView) Towns() []pick {
	out := []pick{{Label: "Toutes", Checked: v.Commune == ""}}
	known := v.Commune == ""
	for _, t := range v.Counts.Towns {
		known = known || t.Code == v.Commune
		out = append(out, pick{Value: t.Code, Label: t.Nom + " (" + french.Integer(int64(t.Open)) + ")", Checked: t.Code == v.Commune})
	}
	if !known {
		out = append(out, pick{Value: v.Commune, Label: "Commune " + v.Commune, Checked: true})
	}
	return out
}

// Filtered reports whether some are left out.
func (v queueView) Filtered() bool {
	return v.State != "" || v.Kind != "" || v.Commune != "" || v.Orphans
}

// Waiting is how many wait on the territory.
func (v queueView) Waiting() int {
	return v.Counts.States[ticket.Received] + v.Counts.States[ticket.Taken]
}

// Droppable reports whether the page has some that can be set aside.
func (v queueView) Droppable() bool {
	return slices.ContainsFunc(v.Tickets, func(t ticket.Ticket) bool { return t.State.Open() })
}

// Reason is what was written in a refused form.
func (v queueView) Reason() string { return v.Asked.Get("texte") }

// SavedText says what was just done.
func (v queueView) SavedText() string {
	if n, ok := strings.CutPrefix(v.Saved, "ecartes-"); ok {
		if n, err := strconv.Atoi(n); err == nil && n > 0 {
			return french.Count(n, "signalement n’est pas retenu.", "signalements ne sont pas retenus.")
		}
	}
	return ""
}

// Revendication is where the people of a place say that it is theirs: GET
// /collections/lieux/items/{id}/revendication, and the page of a link.
type Revendication struct {
	Head
	ID      string
	Nom     string
	Commune string
	Mails   []string // published; none: an agent is written to
	Token   string
	Link    string // of the page of a link: where its button posts
	Saved   string
	Asked   url.Values
	Faults  quality.Faults
	Now     time.Time
}

// Revendication writes it.
func (p *Pages) Revendication(w io.Writer, v Revendication) error {
	if v.Title == "" {
		v.Title = "C’est votre lieu ?"
	}
	return p.render(w, "revendication", v.Head, claimView{v})
}

type claimView struct{ Revendication }

// Word gives back what was written.
func (v claimView) Word(name string) string { return v.Asked.Get(name) }

// Options are the addresses to choose from.
func (v claimView) Options() (out []pick) {
	for i, m := range v.Mails {
		out = append(out, pick{Value: m, Label: m, Checked: m == v.Asked.Get("courriel") || i == 0 && !v.Asked.Has("courriel")})
	}
	return out
}

// Fault is what is wrong in a field; "" nothing.
func (v claimView) Fault(name string) string {
	return signalerView{Signaler{Faults: v.Faults}}.Fault(name)
}

// KeptText says that the people of the place keep what is said of it; "" they do
// not.
func (v sheetView) KeptText() string {
	switch {
	case v.Kept.Since.IsZero():
		return ""
	case v.Kept.Confirmed.IsZero():
		return "Fiche tenue par le lieu lui-même, depuis le " + dayOf(v.Kept.Since) + "."
	}
	return "Fiche tenue par le lieu lui-même, confirmée le " + dayOf(v.Kept.Confirmed) + "."
}

// ProposeHref is the form of a new place, where one was looked for.
func (v homeView) ProposeHref() string {
	if v.Mine || v.Commune == "" {
		return "/signalements/nouveau"
	}
	return "/signalements/nouveau?ou=" + url.QueryEscape(v.Commune)
}
