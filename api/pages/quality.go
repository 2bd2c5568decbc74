package pages

import (
	"io"
	"net/url"
	"strings"
	"time"

	"mednum/internal/consultation"
	"mednum/internal/french"
	"mednum/internal/place"
	"mednum/internal/quality"
)

// Guarantees are the essential guarantees of a place as a citizen reads them:
// sentences, neither letter nor score. GuaranteesOf makes them.
type Guarantees struct {
	Lines  []Guarantee // held, then to be confirmed, then missing
	Review bool        // a contest under way could change them
	Href   string      // of the professional view
}

// Guarantee is one of them. State is "oui", "non" or "inconnu".
type Guarantee struct{ Code, Label, State, Sentence string }

// GuaranteesOf reads what a Feature publishes in the words of the version that
// scored it; nil when the place was never scored. id is the place's.
func GuaranteesOf(id string, q quality.Published, doc quality.Referentiel) *Guarantees {
	if q.Etat == nil {
		return nil
	}
	g := &Guarantees{Review: q.EnReexamen, Href: placeHref(id) + "/score"}
	criteria := map[string]quality.Critere{}
	for _, c := range doc.Criteres {
		criteria[c.Code] = c
	}
	add := func(codes []string, state string, sentence func(quality.Textes) string) {
		for _, code := range codes {
			// A code that the version does not have is said by nobody: it is left out
			// rather than shown bare to a citizen.
			if c, ok := criteria[code]; ok {
				g.Lines = append(g.Lines, Guarantee{code, c.Libelle, state, sentence(c.Textes)})
			}
		}
	}
	add(q.Socle, "oui", func(t quality.Textes) string { return t.Tenue })
	add(q.SocleInconnu, "inconnu", func(t quality.Textes) string { return t.Confirmer })
	add(q.SocleManque, "non", func(t quality.Textes) string { return t.Manque })
	if len(g.Lines) == 0 {
		return nil
	}
	return g
}

// Summary counts them: "5 garanties sur 7, 2 à confirmer, 1 manque".
func (g Guarantees) Summary() string {
	var held, unknown, missing int
	for _, l := range g.Lines {
		switch l.State {
		case "oui":
			held++
		case "non":
			missing++
		default:
			unknown++
		}
	}
	out := french.Count(held, "garantie", "garanties")
	if held == 0 {
		out = "Aucune garantie"
	}
	out += " sur" + nbsp + french.Integer(int64(len(g.Lines)))
	if unknown > 0 {
		out += ", " + french.Integer(int64(unknown)) + nbsp + "à confirmer"
	}
	if missing > 0 {
		out += ", " + french.Count(missing, "manque", "manquent")
	}
	return out + "."
}

// Word and Icon of the state.
func (g Guarantee) Word() string {
	switch g.State {
	case "oui":
		return "Oui"
	case "non":
		return "Non"
	}
	return "À confirmer"
}

// Icon is the state's shape: disc, square, diamond, as everywhere.
func (g Guarantee) Icon() string {
	switch g.State {
	case "oui":
		return "open"
	case "non":
		return "closed"
	}
	return "unknown"
}

func placeHref(id string) string { return "/collections/lieux/items/" + url.PathEscape(id) }

// Score is the professional view of a place: GET …/items/{id}/score.
type Score struct {
	Head
	Nom, Commune string
	Scored       quality.Scored
	Document     quality.Referentiel // Scored.Document, read
	Explication  quality.Explication
	Contests     []consultation.Contest // under way or decided: the right of reply is shown with the score
	Now          time.Time
}

// Declarations is the questionnaire of a place with what it answered, and what
// was verified: GET …/items/{id}/declarations. Without script a refused form is
// shown again with Asked and Faults.
//
// The form posts to …/declarations: one field a question, named by its code,
// whose value is the code of an answer, quality.Retiree for « Nous ne savons pas »; and
// "date" (YYYY-MM-DD, when the answers were given). Only a question whose value
// is not "" is declared.
//
// The evidence's form posts to …/preuves: preuve, resultat (codes), date,
// source, motifs (one reason a line).
type Declarations struct {
	Head
	ID, Nom   string
	Version   string
	Questions []quality.Question
	Criteres  []quality.Critere     // of the version: which criterion a question serves
	Answers   []quality.Declaration // the last one of each
	Preuves   []quality.Preuve
	Evidence  []quality.Evidence
	Asked     url.Values     // what was posted and refused
	Faults    quality.Faults // Where is the field's name
	Saved     string         // what was just recorded: "declarations", "preuve", ""
	Today     place.Date
}

// Contests are the contests of a place and the form that opens one: GET
// …/items/{id}/contestations. The form posts to the same address: critere,
// motif (donnee, preuve, regle), texte.
type Contests struct {
	Head
	ID, Nom  string
	Criteres []quality.Critere
	Contests []consultation.Contest
	Asked    url.Values // what was posted and refused, or ?critere=
	Faults   quality.Faults
	Now      time.Time
}

// Contest is the follow-up of one: GET /contestations/{numero}. The form posts
// to …/etapes: etat (ACCUSEE, DECIDEE, APPEL, CLOSE, REPONSE), texte, accueillie
// (oui, non; of a decision).
type Contest struct {
	Head
	Contest consultation.Contest
	Nom     string // of the place; "" unknown
	Libelle string // of the criterion; "" unknown
	Asked   url.Values
	Faults  quality.Faults
	Now     time.Time
}

// scoreView is Score with what its template asks.
type scoreView struct{ Score }

// Score writes the professional view of a place.
func (p *Pages) Score(w io.Writer, v Score) error {
	if v.Title == "" {
		v.Title = "Qualité : " + v.Nom
	}
	return p.professional(w, "score", &v.Head, scoreView{v})
}

// Href is the place's own page.
func (v scoreView) Href() string { return placeHref(v.Scored.ID) }

// rung is a level on the scale; Here when the result is, or may be, there.
type rung struct {
	Code, Libelle string
	Here          bool
}

// Scale is the levels, best first. Nothing is marked when none is attributed.
func (v scoreView) Scale() []rung {
	x := v.Explication
	best, worst := x.NiveauMax, x.NiveauMin
	if x.Niveau != "" {
		best, worst = x.Niveau, x.Niveau
	}
	var out []rung
	inside := false
	for _, n := range v.Document.Parametres.Niveaux {
		if n.Code == best {
			inside = true
		}
		out = append(out, rung{n.Code, n.Libelle, inside && x.Etat != quality.NonAttribue})
		if n.Code == worst {
			inside = false
		}
	}
	return out
}

// Guarantees are the essentials with the marks of the citizen's page.
func (v scoreView) Guarantees() []Guarantee {
	state := map[string]string{"tenue": "oui", "manquante": "non", "inconnue": "inconnu"}
	var out []Guarantee
	for _, g := range v.Explication.Socle.Garanties {
		out = append(out, Guarantee{g.Code, g.Libelle, state[g.Etat], g.Phrase})
	}
	return out
}

// profile is a dimension's points, of those that apply to the place: gained,
// lost, unknown. X and widths are in hundredths of them.
type profile struct {
	quality.DimensionLue
	Gained, Lost, Unknown, Total quality.Nombre
	GainedWide, UnknownX         int
	UnknownWide                  int
}

// Profile is the chart: one bar a dimension.
func (v scoreView) Profile() []profile {
	var out []profile
	for _, d := range v.Explication.Dimensions {
		p := profile{DimensionLue: d}
		for _, c := range v.Explication.Criteres {
			if c.Dimension != d.Libelle || c.Statut == quality.StatutSansObjet {
				continue
			}
			p.Total += c.Poids
			if c.Points == nil {
				p.Unknown += c.Poids
				continue
			}
			p.Gained += *c.Points
			p.Lost += c.Poids - *c.Points
		}
		if p.Total > 0 {
			p.GainedWide = int(int64(p.Gained) * 100 / int64(p.Total))
			p.UnknownWide = int(int64(p.Unknown) * 100 / int64(p.Total))
			p.UnknownX = 100 - p.UnknownWide
		}
		out = append(out, p)
	}
	return out
}

// chapter is the criteria of a dimension.
type chapter struct {
	Libelle  string
	Criteres []quality.CritereLu
}

// Chapters are the criteria by dimension, in the version's order.
func (v scoreView) Chapters() []chapter {
	var out []chapter
	for _, c := range v.Explication.Criteres {
		if len(out) == 0 || out[len(out)-1].Libelle != c.Dimension {
			out = append(out, chapter{Libelle: c.Dimension})
		}
		last := &out[len(out)-1]
		last.Criteres = append(last.Criteres, c)
	}
	return out
}

// choice is a radio button.
type choice struct {
	Name, Value, Label, Detail string
	Checked                    bool
}

// declarationsView is Declarations with what its template asks.
type declarationsView struct{ Declarations }

// Declarations writes the questionnaire.
func (p *Pages) Declarations(w io.Writer, v Declarations) error {
	if v.Title == "" {
		v.Title = "Questionnaire : " + v.Nom
	}
	return p.professional(w, "declarations", &v.Head, declarationsView{v})
}

// Href is the place's own page.
func (v declarationsView) Href() string { return placeHref(v.ID) }

// SavedText says what was just recorded.
func (v declarationsView) SavedText() string {
	switch v.Saved {
	case "declarations":
		return "Vos réponses sont enregistrées. Le score est refait."
	case "preuve":
		return "La preuve est enregistrée. Le score est refait."
	}
	return ""
}

// Date is the one shown in the form.
func (v declarationsView) Date() string {
	if d := v.Asked.Get("date"); d != "" {
		return d
	}
	return v.Today.String()
}

// question is one of the form.
type question struct {
	quality.Question
	Serves  string // which criteria it serves
	Since   string // what was answered, and until when it counts
	Fault   string
	Choices []choice
}

// Form is the questions with what was answered, or refused.
func (v declarationsView) Form() []question {
	var out []question
	for _, q := range v.Questions {
		one := question{Question: q, Fault: faultOf(v.Faults, q.Code), Serves: v.serves(func(r quality.Regle) bool { return r.Question == q.Code })}
		chosen, asked := "", v.Asked != nil
		for _, a := range v.Answers {
			if a.Question == q.Code {
				one.Since = v.since("Réponse", labelOf(q.Reponses, a.Reponse), a.Date, a.Expire)
				if !v.expired(a.Expire) {
					chosen = a.Reponse
				}
			}
		}
		if one.Since == "" {
			one.Since = "Pas encore de réponse. Elle comptera " + french.Count(q.ValiditeMois, "mois", "mois") + "."
		}
		if asked {
			chosen = v.Asked.Get(q.Code)
		}
		for _, r := range q.Reponses {
			one.Choices = append(one.Choices, choice{Name: q.Code, Value: r.Code, Label: r.Libelle, Checked: chosen == r.Code})
		}
		one.Choices = append(one.Choices, choice{Name: q.Code, Value: quality.Retiree, Label: "Nous ne savons pas", Checked: chosen == "" || chosen == quality.Retiree})
		out = append(out, one)
	}
	return out
}

// proof is a kind of evidence, what was found, and its form.
type proof struct {
	quality.Preuve
	Since, Date, Source, Reasons string
	Open                         bool // the form that was refused
	Choices                      []choice
}

// Proofs are the kinds of evidence of the version.
func (v declarationsView) Proofs() []proof {
	var out []proof
	for _, k := range v.Preuves {
		one := proof{Preuve: k, Date: v.Today.String(), Since: "Rien n’a encore été vérifié."}
		for _, e := range v.Evidence {
			if e.Preuve == k.Code {
				one.Since = v.since("Constat", labelOf(k.Resultats, e.Resultat), e.Date, e.Expire)
			}
		}
		if one.Open = v.Asked.Get("preuve") == k.Code; one.Open {
			one.Date, one.Source, one.Reasons = v.Asked.Get("date"), v.Asked.Get("source"), v.Asked.Get("motifs")
		}
		for _, r := range k.Resultats {
			one.Choices = append(one.Choices, choice{Value: r.Code, Label: r.Libelle, Checked: one.Open && v.Asked.Get("resultat") == r.Code})
		}
		out = append(out, one)
	}
	return out
}

// since says what is known, from when, and until when.
func (v declarationsView) since(what, label string, on, until quality.Jour) string {
	s := what + " du " + longDate(on.Year, on.Month, on.Day) + " : «" + nbsp + label + nbsp + "»."
	switch {
	case !until.Known():
	case v.expired(until):
		s += " Elle ne compte plus depuis le " + longDate(until.Year, until.Month, until.Day) + "."
	default:
		s += " Elle compte jusqu’au " + longDate(until.Year, until.Month, until.Day) + "."
	}
	if what == "Constat" {
		s = strings.Replace(s, " Elle ", " Il ", 1)
	}
	return s
}

func (v declarationsView) expired(until quality.Jour) bool {
	return until.Known() && v.Today.Known() && until.Compare(v.Today) < 0
}

// serves names the criteria whose rule asks for something.
func (v declarationsView) serves(asks func(quality.Regle) bool) string {
	var names []string
	for _, c := range v.Criteres {
		if serves(c, asks) {
			names = append(names, c.Libelle+" ("+points(c.Poids)+")")
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "Compte pour : " + and(names) + "."
}

// anyRule reports whether a rule or one of its parts is so; a predicate is shown
// as a rule that holds its question.
func anyRule(r quality.Regle, is func(quality.Regle) bool) bool {
	if is(r) {
		return true
	}
	for _, c := range r.Cas {
		if anyPredicate(c.Si, is) {
			return true
		}
	}
	for _, p := range r.Parts {
		if anyRule(p.Regle, is) {
			return true
		}
	}
	for _, one := range r.Regles {
		if anyRule(one, is) {
			return true
		}
	}
	return false
}

func anyPredicate(p quality.Predicat, is func(quality.Regle) bool) bool {
	if is(quality.Regle{Champ: p.Champ, Fait: p.Fait, Question: p.Question}) {
		return true
	}
	for _, one := range p.De {
		if anyPredicate(one, is) {
			return true
		}
	}
	return false
}

func labelOf(answers []quality.Reponse, code string) string {
	for _, r := range answers {
		if r.Code == code {
			return r.Libelle
		}
	}
	return code
}

// faultOf is what is wrong with a field, "" when nothing.
func faultOf(faults quality.Faults, field string) string {
	for _, f := range faults {
		if f.Where == field {
			return f.Message
		}
	}
	return ""
}

// contestsView is Contests with what its template asks.
type contestsView struct{ Contests }

// Contests writes the contests of a place.
func (p *Pages) Contests(w io.Writer, v Contests) error {
	if v.Title == "" {
		v.Title = "Contester : " + v.Nom
	}
	return p.professional(w, "contestations", &v.Head, contestsView{v})
}

// Href is the place's own page.
func (v contestsView) Href() string { return placeHref(v.ID) }

// Fault is what is wrong with a field.
func (v contestsView) Fault(field string) string { return faultOf(v.Faults, field) }

// Grounds are the three grounds.
func (v contestsView) Grounds() []choice {
	var out []choice
	for _, g := range []consultation.Ground{consultation.Donnee, consultation.Preuve, consultation.Regle} {
		t := explained(g)
		out = append(out, choice{Name: "motif", Value: string(g), Label: t.Word + ".", Detail: t.Sentence, Checked: v.Asked.Get("motif") == string(g)})
	}
	return out
}

// contestView is Contest with what its template asks.
type contestView struct{ Contest }

// Contest writes the follow-up of one.
func (p *Pages) Contest(w io.Writer, v Contest) error {
	if v.Title == "" {
		v.Title = "Contestation " + french.Integer(v.Contest.Number)
	}
	return p.professional(w, "contestation", &v.Head, contestView{v})
}

// Href is the place's professional view.
func (v contestView) Href() string { return placeHref(v.Contest.Contest.Lieu) + "/score" }

// DueText says until when, and whether it is late.
func (v contestView) DueText() string {
	due := v.Contest.Contest.Due
	switch {
	case due.IsZero() || v.Contest.Contest.State == consultation.Close:
		return ""
	case due.Before(v.Now):
		return "L’échéance du " + until(due) + " est dépassée."
	}
	return "Au plus tard le " + until(due) + "."
}

// granted says a decision; a template alone takes a pointer to false for true.
func granted(g *bool) string {
	switch {
	case g == nil:
		return ""
	case *g:
		return "accueillie"
	}
	return "rejetée"
}

// stepForm is a step that may be taken from where the contest stands.
type stepForm struct {
	ID, Op, State, Title, Label, Button, Text string
	Decides, Short, Open, Gate                bool // Short: words are not needed
}

// Forms are those of the state. Who may not take a step does not see it; the
// right of reply says how to sign in.
func (v contestView) Forms() []stepForm {
	reply := stepForm{ID: "reponse", Op: "declarer", State: string(consultation.Reponse), Title: "Ajouter une réponse", Label: "Votre réponse", Button: "Publier la réponse", Gate: true}
	decide := stepForm{ID: "decision", Op: "trancher", State: string(consultation.Decidee), Title: "Décider", Label: "Les raisons de la décision", Button: "Publier la décision", Decides: true}
	appeal := stepForm{ID: "appel", Op: "contester", State: string(consultation.Appel), Title: "Faire appel", Label: "Pourquoi la décision ne convient pas", Button: "Faire appel"}
	end := stepForm{ID: "cloture", Op: "trancher", State: string(consultation.Close), Title: "Clore", Label: "Ce qui a été fait", Button: "Clore la contestation", Short: true}
	var out []stepForm
	switch v.Contest.Contest.State {
	case consultation.Deposee:
		out = []stepForm{{ID: "accuse", Op: "trancher", State: string(consultation.Accusee), Title: "Accuser réception", Label: "Votre message", Button: "Accuser réception", Short: true}, decide, reply}
	case consultation.Accusee:
		out = []stepForm{decide, reply}
	case consultation.Decidee:
		out = []stepForm{appeal, end, reply}
	case consultation.Appel:
		end.Title, end.Label, end.Button, end.Decides = "Décider de l’appel", "Les raisons de la décision", "Publier la décision", true
		end.Short = false
		out = []stepForm{end, reply}
	}
	for i := range out {
		if v.Asked != nil && v.Asked.Get("etat") == out[i].State {
			out[i].Open, out[i].Text = true, v.Asked.Get("texte")
		}
	}
	return out
}
