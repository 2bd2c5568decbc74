package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"mednum/api/pages"
	"mednum/internal/access"
	"mednum/internal/consultation"
	"mednum/internal/place"
	"mednum/internal/quality"
)

// scored asks for the score of a place.
func (s *Server) scored(ctx context.Context, id string) (scored quality.Scored, err error) {
	err = s.desk.ask(ctx, func(ctx context.Context) error {
		scored, err = s.config.Scores.Scored(ctx, id)
		return err
	})
	if err != nil {
		return scored, fmt.Errorf("read score of %s: %w", id, err)
	}
	return scored, nil
}

// headFor is the head of a page of the référentiel: it says who is signed in.
func (s *Server) headFor(c echo.Context, title string, links ...link) pages.Head {
	h := s.head(c, title, links...)
	h.Who = s.viewer(c)
	return h
}

// resource begins a resource of the référentiel: its parameters, its form, its
// version. done is true when the client has it already.
func (s *Server) resource(c echo.Context, on operation, more ...string) (a *asked, chosen form, done bool, err error) {
	a, chosen, data, err := s.asked(c, on, documentForms)
	if err != nil {
		return nil, form{}, false, err
	}
	if s.config.Consultations == nil || s.config.Scores == nil {
		return nil, form{}, false, errClosed
	}
	html := chosen.name == formHTML.name
	if html {
		if who := s.viewer(c); who != nil {
			more = append(more, who.Key.ID)
		}
	}
	// "*" asks whether there is anything: only the handler knows.
	if c.Request().Header.Get("If-None-Match") == "*" {
		return a, chosen, false, nil
	}
	// What is shown may depend on the day: what is in force, what is due.
	done, err = s.fresh(c, s.tag(data, chosen, html, append(more, jour(s.today()))...))
	return a, chosen, done, err
}

// json answers a resource of the référentiel.
func (s *Server) json(c echo.Context, value any) error {
	if c.Request().Header.Get("If-None-Match") == "*" {
		c.Response().WriteHeader(http.StatusNotModified)
		return nil
	}
	c.Response().Header().Set(echo.HeaderContentType, typeJSON)
	return s.send(c, http.StatusOK, encode(value))
}

type upcoming struct {
	From     quality.Jour     `json:"a_partir_du"`
	Resultat quality.Resultat `json:"resultat"`
}

// score answers the score of a place, explained.
func (s *Server) score(c echo.Context) error {
	ctx, id := c.Request().Context(), c.Param("featureId")
	a, chosen, done, err := s.resource(c, documents, id)
	if err != nil || done {
		return err
	}
	if !place.IsIdentifier(id) {
		return fmt.Errorf("place %q: %w", shown(id), place.ErrNotFound)
	}
	scored, err := s.scored(ctx, id)
	if err != nil {
		return err
	}
	engine, err := s.engine(scored.Resultat.Referentiel, scored.Document)
	if err != nil {
		return err
	}
	explained := engine.Explain(&scored)
	base, path := s.base(c.Request()), "/collections/lieux/items/"+id
	links := append(views(base, path+"/score", a.values, chosen, documentForms),
		link{base + path, "up", typeGeoJSON, "Le lieu"},
		link{base + "/referentiels/" + scored.Version, "describedby", typeJSON, "La version du référentiel"},
		link{base + path + "/declarations", "related", typeJSON, "Le questionnaire du lieu"},
		link{base + path + "/contestations", "related", typeJSON, "Les contestations"})
	if chosen.name == formHTML.name {
		t, err := s.target(c)
		if err != nil {
			return err
		}
		contests, err := s.contestsOf(ctx, id)
		if err != nil {
			return err
		}
		view := pages.Score{Nom: t.place.Nom, Commune: t.place.Commune, Scored: scored, Document: *engine.Referentiel(), Explication: explained, Contests: contests, Now: a.now}
		view.Head = s.headFor(c, "", links...)
		return s.page(c, func(w *bytes.Buffer) error { return s.pages.Score(w, view) })
	}
	value := struct {
		Lieu        string              `json:"lieu"`
		Nom         string              `json:"nom"`
		Source      *string             `json:"source"`
		Resultat    quality.Resultat    `json:"resultat"`
		Explication quality.Explication `json:"explication"`
		Entree      quality.Entree      `json:"entree"`
		Suivant     *upcoming           `json:"suivant"`
		Links       []link              `json:"links"`
	}{Lieu: id, Nom: scored.Nom, Resultat: scored.Resultat, Explication: explained, Entree: scored.Entree, Links: links}
	if scored.Source != "" {
		value.Source = &scored.Source
	}
	if scored.Suivant != nil {
		value.Suivant = &upcoming{scored.SuivantLe, *scored.Suivant}
	}
	return s.json(c, value)
}

// questionnaireOf is the questionnaire of a place, with what it answered.
func (s *Server) questionnaireOf(c echo.Context) (pages.Declarations, error) {
	ctx := c.Request().Context()
	t, err := s.target(c)
	if err != nil {
		return pages.Declarations{}, err
	}
	current, err := s.force(ctx)
	if err != nil {
		return pages.Declarations{}, err
	}
	if current == nil {
		return pages.Declarations{}, fmt.Errorf("version in force: %w", errNoneInForce)
	}
	view := pages.Declarations{ID: t.id, Nom: t.place.Nom, Version: current.version.Version, Today: s.today(),
		Questions: current.document.Questions, Criteres: current.document.Criteres, Preuves: current.document.Preuves}
	scored, err := s.scored(ctx, t.id)
	switch {
	case errors.Is(err, quality.ErrNoScore): // nothing was answered yet
	case err != nil:
		return view, err
	default:
		view.Answers, view.Evidence = scored.Entree.Reponses, scored.Entree.Preuves
	}
	return view, nil
}

// declarationsJSON is the same for programs.
func declarationsJSON(v pages.Declarations, links []link) any {
	return struct {
		Lieu      string                `json:"lieu"`
		Nom       string                `json:"nom"`
		Version   string                `json:"version"`
		Questions []quality.Question    `json:"questions"`
		Reponses  []quality.Declaration `json:"reponses"`
		Sortes    []quality.Preuve      `json:"sortes_de_preuves"`
		Preuves   []quality.Evidence    `json:"preuves"`
		Links     []link                `json:"links"`
	}{v.ID, v.Nom, v.Version, listed(v.Questions), listed(v.Answers), listed(v.Preuves), listed(v.Evidence), links}
}

// listed is a list that JSON never has as null.
func listed[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func (s *Server) declarations(c echo.Context) error {
	a, chosen, done, err := s.resource(c, answered, c.Param("featureId"))
	if err != nil || done {
		return err
	}
	view, err := s.questionnaireOf(c)
	if err != nil {
		return err
	}
	links := s.declarationLinks(c, view.ID, a.values, chosen)
	if chosen.name == formHTML.name {
		view.Head, view.Saved = s.headFor(c, "", links...), a.fait
		return s.page(c, func(w *bytes.Buffer) error { return s.pages.Declarations(w, view) })
	}
	return s.json(c, declarationsJSON(view, links))
}

func (s *Server) declarationLinks(c echo.Context, id string, values url.Values, chosen form) []link {
	base, path := s.base(c.Request()), "/collections/lieux/items/"+id
	return append(views(base, path+"/declarations", values, chosen, documentForms), link{base + path + "/score", "related", typeJSON, "Le score du lieu"})
}

// declare records the answers of a place.
func (s *Server) declare(c echo.Context) error {
	w, err := s.writes(c)
	if err != nil {
		return err
	}
	t := w.target
	view, err := s.questionnaireOf(c)
	if err != nil {
		return err
	}
	answers, err := s.readAnswers(w, view.Questions)
	if err == nil {
		_, err = s.once(c, w, clickKept, func(ctx context.Context) (string, error) {
			return "", s.desk.ask(ctx, func(ctx context.Context) error {
				return s.config.Scores.Declare(ctx, t.id, answers, w.key, w.at)
			})
		})
	}
	if err != nil {
		return s.declarationsAgain(c, w, view, err)
	}
	return s.declared(c, w, view.ID, "declarations")
}

// declared answers what was recorded about a place with what is now known.
func (s *Server) declared(c echo.Context, w *written, id, fait string) error {
	var value any
	if !w.body.form {
		view, err := s.questionnaireOf(c)
		if err != nil {
			return err
		}
		value = declarationsJSON(view, s.declarationLinks(c, id, nil, formJSON))
	}
	return s.result(c, w, http.StatusOK, "/collections/lieux/items/"+id+"/declarations", fait, value)
}

func (s *Server) declarationsAgain(c echo.Context, w *written, view pages.Declarations, err error) error {
	view.Asked, view.Faults = w.body.values, told(err)
	view.Head = s.headFor(c, "")
	return w.again(err, func(b *bytes.Buffer) error { return s.pages.Declarations(b, view) })
}

// again shows a refused form with what was wrong; what is not the sender's fault
// has its own page.
func (w *written) again(err error, render func(*bytes.Buffer) error) error {
	if !w.body.form || len(faultsOf(err)) == 0 {
		return err
	}
	return shownAgain{err, render}
}

// readAnswers reads a questionnaire: in JSON a list, in a form a field a
// question.
func (s *Server) readAnswers(w *written, questions []quality.Question) ([]quality.Declaration, error) {
	var codes []string
	for _, q := range questions {
		codes = append(codes, q.Code)
	}
	values := func(code string) (out []string) {
		for _, q := range questions {
			if q.Code == code {
				for _, r := range q.Reponses {
					out = append(out, r.Code)
				}
			}
		}
		return append(out, quality.Retiree)
	}
	b, today := w.body, s.today()
	date := b.day("date", optional)
	if !date.Known() {
		date = today
	}
	var out []quality.Declaration
	if b.form {
		for _, code := range codes {
			if r := b.choice(code, values(code), optional); r != "" {
				out = append(out, quality.Declaration{Question: code, Reponse: r, Date: quality.Jour{Date: date}})
			}
		}
	} else {
		for i, one := range b.list("reponses", 100) {
			d := quality.Declaration{Question: one.choice("question", codes, necessary)}
			if d.Question != "" {
				d.Reponse = one.choice("reponse", values(d.Question), necessary)
			} else {
				one.raw("reponse")
			}
			if d.Date.Date = one.day("date", optional); !d.Date.Known() {
				d.Date.Date = date
			}
			future(one, "date", d.Date.Date, today)
			if d.Question != "" && slices.ContainsFunc(out, func(o quality.Declaration) bool { return o.Question == d.Question }) {
				one.fault("question", d.Question, "Cette question a déjà une réponse dans cette demande.", "")
			}
			b.adopt("reponses", i, one)
			out = append(out, d)
		}
	}
	future(b, "date", date, today)
	if len(out) == 0 && len(b.faults) == 0 {
		b.fault("reponses", "", "Aucune réponse n’est donnée : répondez à une question au moins.", "")
	}
	return out, b.end()
}

// future refuses a day that has not come.
func future(b *message, name string, d, today place.Date) {
	if d.Known() && d.Compare(today) > 0 {
		b.fault(name, jour(d), "Ce jour n’est pas encore venu : aujourd’hui est le "+jour(today)+".", jour(today))
	}
}

// verify records what a visit or a register found.
func (s *Server) verify(c echo.Context) error {
	w, err := s.writes(c)
	if err != nil {
		return err
	}
	t := w.target
	if siren := w.key.Siren; siren != "" && strings.HasPrefix(t.place.Pivot, siren) {
		return forbidden{fmt.Errorf("place %s: %w", t.id, access.ErrForbidden), "Ce lieu est de votre organisation : quelqu’un d’autre doit le vérifier."}
	}
	view, err := s.questionnaireOf(c)
	if err != nil {
		return err
	}
	var codes, results []string
	for _, p := range view.Preuves {
		codes = append(codes, p.Code)
	}
	b := w.body
	found := quality.Evidence{Preuve: b.choice("preuve", codes, necessary)}
	for _, p := range view.Preuves {
		if p.Code == found.Preuve {
			for _, r := range p.Resultats {
				results = append(results, r.Code)
			}
		}
	}
	if found.Preuve != "" {
		found.Resultat = b.choice("resultat", results, necessary)
	} else {
		b.raw("resultat")
	}
	if found.Date.Date = b.day("date", optional); !found.Date.Known() {
		found.Date.Date = s.today()
	}
	future(b, "date", found.Date.Date, s.today())
	source, reasons := b.line("source", 300, necessary), b.lines("motifs", 20, 500)
	if err = b.end(); err == nil {
		_, err = s.once(c, w, clickKept, func(ctx context.Context) (string, error) {
			return "", s.desk.ask(ctx, func(ctx context.Context) error {
				return s.config.Scores.Verify(ctx, t.id, found, source, listed(reasons), w.key, w.at)
			})
		})
	}
	if err != nil {
		return s.declarationsAgain(c, w, view, err)
	}
	return s.declared(c, w, t.id, "preuve")
}

// contestsOf asks for the contests of a place.
func (s *Server) contestsOf(ctx context.Context, id string) (out []consultation.Contest, err error) {
	err = s.desk.ask(ctx, func(ctx context.Context) error {
		out, err = s.config.Consultations.Contests(ctx, id)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read contests of %s: %w", id, err)
	}
	return out, nil
}
