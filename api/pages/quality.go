package pages

import (
	"io"
	"net/url"
	"time"

	"mednum/internal/consultation"
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

func placeHref(id string) string { return "/collections/lieux/items/" + url.PathEscape(id) }

// Score is the professional view of a place: GET …/items/{id}/score.
type Score struct {
	Head
	Nom, Commune string
	Scored       quality.Scored
	Document     quality.Referentiel // Scored.Document, read
	Contests     []consultation.Contest
	Now          time.Time
}

// Declarations is the questionnaire of a place with what it answered, and what
// was verified: GET …/items/{id}/declarations. Without script a refused form is
// shown again with Asked and Faults.
//
// The form posts to …/declarations: one field a question, named by its code,
// whose value is the code of an answer, or "" for « Nous ne savons pas »; and
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
// to …/etapes: etat (the State asked for: ACCUSEE, DECIDEE, APPEL, CLOSE; "" adds
// a reply and changes nothing), texte, accueillie (oui, non; of a decision).
type Contest struct {
	Head
	Contest consultation.Contest
	Nom     string // of the place; "" unknown
	Libelle string // of the criterion; "" unknown
	Asked   url.Values
	Faults  quality.Faults
	Now     time.Time
}

// Score writes it.
func (p *Pages) Score(w io.Writer, v Score) error { return p.professional(w, "score", &v.Head, v) }

// Declarations writes it.
func (p *Pages) Declarations(w io.Writer, v Declarations) error {
	return p.professional(w, "declarations", &v.Head, v)
}

// Contests writes it.
func (p *Pages) Contests(w io.Writer, v Contests) error {
	return p.professional(w, "contestations", &v.Head, v)
}

// Contest writes it.
func (p *Pages) Contest(w io.Writer, v Contest) error {
	return p.professional(w, "contestation", &v.Head, v)
}
