package api

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"mednum/api/pages"
	"mednum/internal/consultation"
	"mednum/internal/quality"
)

// contestWire is a contest as the API gives it.
type contestWire struct {
	consultation.Contest
	Steps []consultation.Step `json:"etapes"` // never null
	Links []link              `json:"links,omitempty"`
}

func contestOf(v consultation.Contest, links []link) contestWire {
	return contestWire{v, listed(v.Steps), links}
}

// contestsView is the page of a place's contests.
func (s *Server) contestsView(c echo.Context) (pages.Contests, error) {
	ctx := c.Request().Context()
	t, err := s.target(c)
	if err != nil {
		return pages.Contests{}, err
	}
	view := pages.Contests{ID: t.id, Nom: t.place.Nom, Now: s.config.Now()}
	current, err := s.force(ctx)
	if err != nil {
		return view, err
	}
	if current != nil {
		view.Criteres = current.document.Criteres
	}
	view.Contests, err = s.contestsOf(ctx, t.id)
	return view, err
}

func (s *Server) contests(c echo.Context) error {
	a, chosen, done, err := s.resource(c, topics, c.Param("featureId"))
	if err != nil || done {
		return err
	}
	view, err := s.contestsView(c)
	if err != nil {
		return err
	}
	if a.topic != "" {
		view.Contests = slices.DeleteFunc(view.Contests, func(v consultation.Contest) bool { return v.Critere != a.topic })
	}
	base, path := s.base(c.Request()), "/collections/lieux/items/"+view.ID
	links := append(views(base, path+"/contestations", a.values, chosen, documentForms), link{base + path + "/score", "related", typeJSON, "Le score du lieu"})
	if chosen.name == formHTML.name {
		view.Head, view.Asked = s.headFor(c, "", links...), a.values
		return s.page(c, func(w *bytes.Buffer) error { return s.pages.Contests(w, view) })
	}
	all := []contestWire{}
	for _, v := range view.Contests {
		all = append(all, contestOf(v, nil))
	}
	return s.json(c, struct {
		Lieu          string        `json:"lieu"`
		Contestations []contestWire `json:"contestations"`
		Links         []link        `json:"links"`
	}{view.ID, all, links})
}

// openContest contests a criterion of a place.
func (s *Server) openContest(c echo.Context) error {
	w, err := s.writes(c)
	if err != nil {
		return err
	}
	t := w.target
	view, err := s.contestsView(c)
	if err != nil {
		return err
	}
	var codes []string
	for _, one := range view.Criteres {
		codes = append(codes, one.Code)
	}
	b := w.body
	asked := consultation.Contest{Lieu: t.id, Critere: b.choice("critere", codes, necessary),
		Ground: consultation.Ground(b.choice("motif", []string{string(consultation.Donnee), string(consultation.Preuve), string(consultation.Regle)}, necessary)),
		Text:   b.prose("texte", proseMaximum, necessary)}
	number := ""
	if err = b.end(); err == nil {
		number, err = s.once(c, w, repeatKept, func(ctx context.Context) (number string, err error) {
			err = s.desk.ask(ctx, func(ctx context.Context) error {
				opened, err := s.config.Consultations.OpenContest(ctx, asked, w.key, w.at)
				number = strconv.FormatInt(opened.Number, 10)
				return err
			})
			return number, err
		})
	}
	if err != nil {
		view.Asked, view.Faults, view.Head = b.values, told(err), s.headFor(c, "")
		return w.again(err, func(b *bytes.Buffer) error { return s.pages.Contests(b, view) })
	}
	return s.contested(c, w, http.StatusCreated, number)
}

// contested answers a contest that was just written to.
func (s *Server) contested(c echo.Context, w *written, status int, number string) error {
	path := "/contestations/" + number
	var value any
	if !w.body.form {
		v, err := s.contestNumbered(c.Request().Context(), number)
		if err != nil {
			return err
		}
		value = contestOf(v, s.contestLinks(c, v, formJSON))
	}
	return s.result(c, w, status, path, "", value)
}

func (s *Server) contestLinks(c echo.Context, v consultation.Contest, chosen form) []link {
	base := s.base(c.Request())
	return append(views(base, "/contestations/"+strconv.FormatInt(v.Number, 10), nil, chosen, documentForms),
		link{base + "/collections/lieux/items/" + v.Lieu, "related", typeGeoJSON, "Le lieu"})
}

// numbered reads a number of an address.
func numbered(text string, none error) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 || strconv.FormatInt(n, 10) != text {
		return 0, fmt.Errorf("number %q: %w", shown(text), none)
	}
	return n, nil
}

func (s *Server) contestNumbered(ctx context.Context, text string) (v consultation.Contest, err error) {
	n, err := numbered(text, consultation.ErrNoContest)
	if err != nil {
		return v, err
	}
	err = s.desk.ask(ctx, func(ctx context.Context) error {
		v, err = s.config.Consultations.Contest(ctx, n)
		return err
	})
	if err != nil {
		return v, fmt.Errorf("read contest: %w", err)
	}
	return v, nil
}

// contestView is the page of one contest.
func (s *Server) contestView(c echo.Context, v consultation.Contest) (pages.Contest, error) {
	ctx := c.Request().Context()
	view := pages.Contest{Contest: v, Now: s.config.Now()}
	current, err := s.force(ctx)
	if err != nil {
		return view, err
	}
	if current != nil {
		view.Libelle = labelOf(current.document, v.Critere)
	}
	// A place that was withdrawn has no name any more; its contest stays.
	if hit, err := s.census.place(ctx, v.Lieu); err == nil {
		if one, err := card(hit, false, s.config.Now()); err == nil {
			view.Nom = one.Place.Nom
		}
	}
	return view, nil
}

func labelOf(document *quality.Referentiel, code string) string {
	for _, one := range document.Criteres {
		if one.Code == code {
			return one.Libelle
		}
	}
	return ""
}

func (s *Server) contest(c echo.Context) error {
	_, chosen, done, err := s.resource(c, documents, c.Param("numero"))
	if err != nil || done {
		return err
	}
	v, err := s.contestNumbered(c.Request().Context(), c.Param("numero"))
	if err != nil {
		return err
	}
	links := s.contestLinks(c, v, chosen)
	if chosen.name == formHTML.name {
		view, err := s.contestView(c, v)
		if err != nil {
			return err
		}
		view.Head = s.headFor(c, "", links...)
		return s.page(c, func(w *bytes.Buffer) error { return s.pages.Contest(w, view) })
	}
	return s.json(c, contestOf(v, links))
}

var contestSteps = []string{string(consultation.Accusee), string(consultation.Decidee), string(consultation.Appel), string(consultation.Close), string(consultation.Reponse)}

// stepContest goes on with a contest: who may do which step is the contest's
// own affair.
func (s *Server) stepContest(c echo.Context) error {
	w, err := s.writes(c)
	if err != nil {
		return err
	}
	v, err := s.contestNumbered(c.Request().Context(), c.Param("numero"))
	if err != nil {
		return err
	}
	b := w.body
	step := consultation.Step{State: consultation.ContestState(cmp.Or(b.choice("etat", contestSteps, optional), string(consultation.Reponse))),
		Text: b.prose("texte", proseMaximum, optional), Granted: b.yes("accueillie")}
	if err = b.end(); err == nil {
		_, err = s.once(c, w, clickKept, func(ctx context.Context) (string, error) {
			return "", s.desk.ask(ctx, func(ctx context.Context) error {
				_, err := s.config.Consultations.StepContest(ctx, v.Number, step, w.key, w.at)
				return err
			})
		})
	}
	if err != nil {
		view, failed := s.contestView(c, v)
		if failed != nil {
			return err
		}
		view.Asked, view.Faults, view.Head = b.values, told(err), s.headFor(c, "")
		return w.again(err, func(b *bytes.Buffer) error { return s.pages.Contest(b, view) })
	}
	return s.contested(c, w, http.StatusOK, strconv.FormatInt(v.Number, 10))
}
