package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"mednum/api/pages"
	"mednum/internal/consultation"
	"mednum/internal/quality"
)

// remonteeWire is a remontée as the API gives it.
type remonteeWire struct {
	consultation.Remontee
	Links []link `json:"links,omitempty"`
}

func (s *Server) remonteesOf(ctx context.Context, version string) (all []consultation.Remontee, err error) {
	err = s.desk.ask(ctx, func(ctx context.Context) error {
		all, err = s.config.Consultations.Remontees(ctx, version)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read remontées of %s: %w", version, err)
	}
	return all, nil
}

// remonteesView is the page of a consultation.
func (s *Server) remonteesView(c echo.Context) (view pages.Remontees, err error) {
	if view.Version, err = s.versionNamed(c); err != nil {
		return view, err
	}
	document, err := readDocument(view.Version.Document)
	if err != nil {
		return view, err
	}
	view.Document, view.Now = *document, s.config.Now()
	view.Remontees, err = s.remonteesOf(c.Request().Context(), view.Version.Version)
	return view, err
}

func (s *Server) remontees(c echo.Context) error {
	a, chosen, done, err := s.resource(c, topics, c.Param("version"))
	if err != nil || done {
		return err
	}
	view, err := s.remonteesView(c)
	if err != nil {
		return err
	}
	unpublished(c, view.Version)
	if a.topic != "" {
		view.Remontees = slices.DeleteFunc(view.Remontees, func(r consultation.Remontee) bool { return r.Critere != a.topic })
	}
	base, path := s.base(c.Request()), "/referentiels/"+view.Version.Version
	links := append(views(base, path+"/remontees", a.values, chosen, documentForms), link{base + path, "up", typeJSON, "La version " + view.Version.Version})
	if chosen.name == formHTML.name {
		view.Head, view.Asked = s.headFor(c, "", links...), a.values
		view.Saved, _ = strconv.ParseInt(a.fait, 10, 64)
		return s.page(c, func(w *bytes.Buffer) error { return s.pages.Remontees(w, view) })
	}
	all := []remonteeWire{}
	for _, r := range view.Remontees {
		all = append(all, remonteeWire{r, nil})
	}
	return s.json(c, struct {
		Version   string         `json:"version"`
		Remontees []remonteeWire `json:"remontees"`
		Links     []link         `json:"links"`
	}{view.Version.Version, all, links})
}

func kindNames() (out []string) {
	for _, k := range consultation.Kinds() {
		out = append(out, string(k))
	}
	return out
}

// readRemontee reads what an organisation says. A page has a field for each
// part of a proposal, a program gives the proposal.
func readRemontee(b *message) consultation.Remontee {
	r := consultation.Remontee{Kind: consultation.Kind(b.choice("nature", kindNames(), necessary)), Critere: b.line("critere", 20, optional), About: b.integer("sur"),
		Text: b.prose("texte", proseMaximum, optional), Territory: b.line("territoire", 10, optional), Evidence: b.line("piece", 2000, optional)}
	if !b.form {
		r.Proposal = b.raw("proposition")
		return r
	}
	weight, weighed := b.decimal("poids")
	path, value := b.line("chemin", 200, optional), b.line("valeur", 200, optional)
	label, question := b.line("libelle", 200, optional), b.line("question", 500, optional)
	switch r.Kind {
	case consultation.ProposeCritere:
		proposal := map[string]any{"libelle": label, "question": question}
		if weighed {
			proposal["poids"] = weight
		}
		r.Proposal = json.RawMessage(bytes.TrimSpace(encode(proposal)))
	case consultation.ProposeParametre:
		switch {
		case weighed && path == "":
			r.Proposal = json.RawMessage(bytes.TrimSpace(encode(map[string]any{"chemin": "poids", "valeur": weight})))
		case path != "" && value != "":
			var typed any = value
			if x, ok := b.decimal("valeur"); ok {
				typed = x
			}
			r.Proposal = json.RawMessage(bytes.TrimSpace(encode(map[string]any{"chemin": path, "valeur": typed})))
		}
	}
	return r
}

func (s *Server) submitRemontee(c echo.Context) error {
	w, err := s.writes(c)
	if err != nil {
		return err
	}
	view, err := s.remonteesView(c)
	if err != nil {
		return err
	}
	asked := readRemontee(w.body)
	asked.Version = view.Version.Version
	keep := repeatKept
	if asked.IsVoice() {
		keep = clickKept // an organisation may change its mind, and change it back
	}
	number := ""
	if err = w.body.end(); err == nil {
		number, err = s.once(c, w, keep, func(ctx context.Context) (number string, err error) {
			err = s.desk.ask(ctx, func(ctx context.Context) error {
				made, err := s.config.Consultations.SubmitRemontee(ctx, asked, w.key, w.at)
				number = strconv.FormatInt(made.Number, 10)
				return err
			})
			return number, err
		})
	}
	if err != nil {
		view.Asked, view.Faults, view.Head = w.body.values, told(err), s.headFor(c, "")
		return w.again(err, func(b *bytes.Buffer) error { return s.pages.Remontees(b, view) })
	}
	if w.body.form {
		return s.result(c, w, http.StatusCreated, "/referentiels/"+view.Version.Version+"/remontees", number, nil)
	}
	r, err := s.remonteeNumbered(c.Request().Context(), number)
	if err != nil {
		return err
	}
	return s.result(c, w, http.StatusCreated, "/remontees/"+number, "", remonteeWire{r, s.remonteeLinks(c, r, formJSON)})
}

func (s *Server) remonteeNumbered(ctx context.Context, text string) (r consultation.Remontee, err error) {
	n, err := numbered(text, consultation.ErrNoRemontee)
	if err != nil {
		return r, err
	}
	err = s.desk.ask(ctx, func(ctx context.Context) error {
		r, err = s.config.Consultations.Remontee(ctx, n)
		return err
	})
	if err != nil {
		return r, fmt.Errorf("read remontée: %w", err)
	}
	return r, nil
}

func (s *Server) remonteeLinks(c echo.Context, r consultation.Remontee, chosen form) []link {
	base := s.base(c.Request())
	links := views(base, "/remontees/"+strconv.FormatInt(r.Number, 10), nil, chosen, documentForms)
	if r.Version != "" { // else it waits for the next draft
		links = append(links, link{base + "/referentiels/" + r.Version, "up", typeJSON, "La version " + r.Version},
			link{base + "/referentiels/" + r.Version + "/remontees", "collection", typeJSON, "Les remontées"})
	}
	if r.About != 0 {
		links = append(links, link{base + "/remontees/" + strconv.FormatInt(r.About, 10), "related", typeJSON, "La remontée dont il s’agit"})
	}
	return links
}

// remonteeView is the page of one remontée.
func (s *Server) remonteeView(c echo.Context, r consultation.Remontee) (pages.Remontee, error) {
	ctx, view := c.Request().Context(), pages.Remontee{Remontee: r}
	var document *quality.Referentiel
	if r.Version != "" {
		v, err := s.versionCalled(ctx, r.Version)
		if err != nil {
			return view, err
		}
		if document, err = readDocument(v.Document); err != nil {
			return view, err
		}
		all, err := s.remonteesOf(ctx, r.Version)
		if err != nil {
			return view, err
		}
		for _, other := range all {
			if other.About == r.Number {
				view.Answers = append(view.Answers, other)
			}
		}
	} else if current, err := s.force(ctx); err != nil {
		return view, err
	} else if current != nil {
		document = current.document
	}
	if document != nil {
		view.Libelle = labelOf(document, r.Critere)
	}
	return view, nil
}

func (s *Server) remontee(c echo.Context) error {
	_, chosen, done, err := s.resource(c, documents, c.Param("numero"))
	if err != nil || done {
		return err
	}
	r, err := s.remonteeNumbered(c.Request().Context(), c.Param("numero"))
	if err != nil {
		return err
	}
	links := s.remonteeLinks(c, r, chosen)
	if chosen.name == formHTML.name {
		view, err := s.remonteeView(c, r)
		if err != nil {
			return err
		}
		view.Head = s.headFor(c, "", links...)
		return s.page(c, func(w *bytes.Buffer) error { return s.pages.Remontee(w, view) })
	}
	return s.json(c, remonteeWire{r, links})
}

// answerRemontee decides on a remontée, in public.
func (s *Server) answerRemontee(c echo.Context) error {
	w, err := s.writes(c)
	if err != nil {
		return err
	}
	r, err := s.remonteeNumbered(c.Request().Context(), c.Param("numero"))
	if err != nil {
		return err
	}
	var names []string
	for _, d := range consultation.Decisions() {
		names = append(names, string(d))
	}
	decision, reason := consultation.Decision(w.body.choice("decision", names, necessary)), w.body.prose("motif", proseMaximum, necessary)
	if err = w.body.end(); err == nil {
		_, err = s.once(c, w, clickKept, func(ctx context.Context) (string, error) {
			return "", s.desk.ask(ctx, func(ctx context.Context) error {
				_, err := s.config.Consultations.AnswerRemontee(ctx, r.Number, decision, reason, w.key, w.at)
				return err
			})
		})
	}
	if err != nil {
		if !w.body.form {
			return err
		}
		view, failed := s.remonteeView(c, r)
		if failed != nil {
			return err
		}
		view.Asked, view.Faults, view.Head = w.body.values, told(err), s.headFor(c, "")
		return w.again(err, func(b *bytes.Buffer) error { return s.pages.Remontee(b, view) })
	}
	path := "/remontees/" + strconv.FormatInt(r.Number, 10)
	if w.body.form {
		return s.result(c, w, http.StatusOK, path, "", nil)
	}
	if r, err = s.remonteeNumbered(c.Request().Context(), c.Param("numero")); err != nil {
		return err
	}
	return s.result(c, w, http.StatusOK, path, "", remonteeWire{r, s.remonteeLinks(c, r, formJSON)})
}
