package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"mednum/api/pages"
	"mednum/internal/access"
	"mednum/internal/intake"
	"mednum/internal/mapping"
)

const (
	hoursMaximum      = 8760 // a year
	precedenceMaximum = 100
)

// sourceWire is a source as the API gives it.
type sourceWire struct {
	intake.Source
	Hours float64    `json:"heures"`
	Last  *time.Time `json:"dernier_tirage_le"`
	Next  *time.Time `json:"prochain_tirage_le"`
	Links []link     `json:"links,omitempty"`
}

func sourceOf(v intake.Source, links []link) sourceWire {
	known := func(t time.Time) *time.Time {
		if t.IsZero() {
			return nil
		}
		t = t.UTC()
		return &t
	}
	return sourceWire{v, v.Every.Hours(), known(v.LastPull), known(v.NextPull), links}
}

func sourcePath(number int64) string { return "/sources/" + strconv.FormatInt(number, 10) }

func (s *Server) sourcesOf(ctx context.Context, key access.Key) (all []intake.Source, err error) {
	err = s.desk.ask(ctx, func(ctx context.Context) error {
		all, err = s.config.Deposits.Sources(ctx, key)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list sources: %w", err)
	}
	return all, nil
}

func (s *Server) sources(c echo.Context) error {
	a, chosen, w, err := s.private(c, answered, documentForms)
	if err != nil {
		return err
	}
	all, err := s.sourcesOf(c.Request().Context(), w.key)
	if err != nil {
		return err
	}
	links := views(s.base(c.Request()), "/sources", a.values, chosen, documentForms)
	if chosen.name == formHTML.name {
		view := pages.Sources{Head: s.headFor(c, "", links...), Sources: all, Saved: a.fait, Now: a.now}
		return s.page(c, func(w *bytes.Buffer) error { return s.pages.Sources(w, view) })
	}
	out := []sourceWire{}
	for _, one := range all {
		out = append(out, sourceOf(one, nil))
	}
	return s.value(c, struct {
		Sources []sourceWire `json:"sources"`
		Links   []link       `json:"links"`
	}{out, links})
}

// readSource reads the settings of a source over those that it has.
func readSource(b *message, v intake.Source) (intake.Source, error) {
	if b.raw("nom") != nil && v.Number == 0 {
		v.Name = b.line("nom", sourceMaximum, necessary)
	} else if v.Number == 0 {
		b.fault("nom", "", "Ce champ est nécessaire.", "")
	} else if name := b.line("nom", sourceMaximum, optional); name != "" && name != v.Name {
		b.fault("nom", name, "Le nom d’une source ne change pas : ses lieux sont connus sous ce nom.", v.Name)
	}
	if has(b, "adresse") {
		v.URL = b.line("adresse", addressMaximum, optional)
		checkAddress(b, "adresse", v.URL)
	}
	whole := func(name string, most int64, into func(int64)) {
		raw := b.raw(name)
		if raw == nil {
			return
		}
		n, err := strconv.ParseInt(strings.TrimSpace(strings.Trim(string(bytes.TrimSpace(raw)), `"`)), 10, 64)
		if err != nil || n < 0 || n > most {
			b.fault(name, string(raw), fmt.Sprintf("Écrire un nombre entier, de 0 à %d.", most), "")
			return
		}
		into(n)
	}
	whole("heures", hoursMaximum, func(n int64) { v.Every = time.Duration(n) * time.Hour })
	whole("rang", precedenceMaximum, func(n int64) { v.Precedence = int(n) })
	if v.Every > 0 && v.URL == "" {
		b.fault("adresse", "", "Pour reprendre ce fichier seul, il faut son adresse web.", "")
	}
	var wrong error
	if has(b, "correspondance") {
		raw := b.raw("correspondance")
		text := []byte(raw)
		var written string
		if json.Unmarshal(raw, &written) == nil {
			text = []byte(written) // a form's text, YAML or JSON
		}
		if len(bytes.TrimSpace(text)) == 0 {
			v.Mapping = nil
		} else if m, err := mapping.Parse(text); err != nil {
			wrong = err
		} else {
			v.Mapping = m.JSON()
		}
	}
	if err := b.end(); err != nil {
		b.faults = append(b.faults, faultsOf(wrong)...)
		return v, unprocessable{b.faults}
	}
	return v, wrong
}

// has reports whether a member is there at all, empty or not.
func has(b *message, name string) bool {
	if b.members != nil {
		_, ok := b.members[name]
		return ok
	}
	return b.values.Has(name)
}

func (s *Server) createSource(c echo.Context) error {
	w, err := s.dropping(c)
	if err != nil {
		return err
	}
	v, err := readSource(w.body, intake.Source{})
	var number string
	if err == nil {
		number, err = s.once(c, w, repeatKept, func(ctx context.Context) (string, error) { return s.keepSource(ctx, v, w) })
	}
	if err != nil {
		all, failed := s.sourcesOf(c.Request().Context(), w.key)
		if failed != nil {
			return err
		}
		view := pages.Sources{Head: s.headFor(c, ""), Sources: all, Asked: w.body.values, Faults: saidOf(err), Now: w.at}
		return w.again(err, func(b *bytes.Buffer) error { return s.pages.Sources(b, view) })
	}
	return s.sourced(c, w, http.StatusCreated, number)
}

func (s *Server) keepSource(ctx context.Context, v intake.Source, w *written) (number string, err error) {
	err = s.desk.ask(ctx, func(ctx context.Context) error {
		kept, err := s.config.Deposits.SaveSource(ctx, v, w.key, w.at)
		number = strconv.FormatInt(kept.Number, 10)
		return err
	})
	return number, err
}

func (s *Server) sourceNumbered(c echo.Context, text string, key access.Key) (v intake.Source, err error) {
	n, err := numbered(text, intake.ErrNoSource)
	if err != nil {
		return v, err
	}
	err = s.desk.ask(c.Request().Context(), func(ctx context.Context) error {
		v, err = s.config.Deposits.Source(ctx, n, key)
		return err
	})
	if err != nil {
		return v, fmt.Errorf("read source: %w", err)
	}
	return v, nil
}

func (s *Server) sourceLinks(c echo.Context, v intake.Source, chosen form) []link {
	base := s.base(c.Request())
	return append(views(base, sourcePath(v.Number), nil, chosen, documentForms), link{base + "/sources", "collection", typeJSON, "Les sources"})
}

// sourced answers a source that was just written to.
func (s *Server) sourced(c echo.Context, w *written, status int, number string) error {
	if w.body.form {
		return s.result(c, w, status, "/sources/"+number, "enregistre", nil)
	}
	v, err := s.sourceNumbered(c, number, w.key)
	if err != nil {
		return err
	}
	return s.result(c, w, status, sourcePath(v.Number), "", sourceOf(v, s.sourceLinks(c, v, formJSON)))
}

// sourceView is the page of a source, with what was last taken from it.
func (s *Server) sourceView(c echo.Context, v intake.Source, key access.Key) (view pages.Source, err error) {
	view = pages.Source{Source: v, Now: s.config.Now()}
	if !access.Allows(key.Role, access.Give) {
		return view, nil
	}
	err = s.desk.ask(c.Request().Context(), func(ctx context.Context) error {
		all, err := s.config.Deposits.ListDeposits(ctx, key, 0, filedMaximum)
		for _, d := range all {
			if d.Source == v.Name && len(view.Depots) < 10 {
				view.Depots = append(view.Depots, d)
			}
		}
		return err
	})
	if err != nil {
		return view, fmt.Errorf("list deposits: %w", err)
	}
	return view, nil
}

func (s *Server) source(c echo.Context) error {
	a, chosen, w, err := s.private(c, answered, documentForms)
	if err != nil {
		return err
	}
	v, err := s.sourceNumbered(c, c.Param("numero"), w.key)
	if err != nil {
		return err
	}
	links := s.sourceLinks(c, v, chosen)
	if chosen.name == formHTML.name {
		view, err := s.sourceView(c, v, w.key)
		if err != nil {
			return err
		}
		view.Head, view.Saved = s.headFor(c, "", links...), a.fait
		return s.page(c, func(w *bytes.Buffer) error { return s.pages.Source(w, view) })
	}
	return s.value(c, sourceOf(v, links))
}

func (s *Server) saveSource(c echo.Context) error {
	w, err := s.dropping(c)
	if err != nil {
		return err
	}
	old, err := s.sourceNumbered(c, c.Param("numero"), w.key)
	if err != nil {
		return err
	}
	v, err := readSource(w.body, old)
	if err == nil {
		_, err = s.once(c, w, clickKept, func(ctx context.Context) (string, error) { return s.keepSource(ctx, v, w) })
	}
	if err != nil {
		view, failed := s.sourceView(c, old, w.key)
		if failed != nil {
			return err
		}
		view.Head, view.Asked, view.Faults = s.headFor(c, ""), w.body.values, saidOf(err)
		return w.again(err, func(b *bytes.Buffer) error { return s.pages.Source(b, view) })
	}
	return s.sourced(c, w, http.StatusOK, strconv.FormatInt(v.Number, 10))
}

// pullSource fetches the file of a source now.
func (s *Server) pullSource(c echo.Context) error {
	w, err := s.dropping(c)
	if err != nil {
		return err
	}
	v, err := s.sourceNumbered(c, c.Param("numero"), w.key)
	if err != nil {
		return err
	}
	number := ""
	if err = w.body.end(); err == nil {
		_ = http.NewResponseController(c.Response().Writer).SetWriteDeadline(time.Now().Add(depositTimeout + s.config.WriteTimeout))
		number, err = s.once(c, w, clickKept, func(ctx context.Context) (number string, err error) {
			err = s.desk.within(ctx, depositTimeout, func(ctx context.Context) error {
				made, err := s.config.Deposits.PullSource(ctx, v.Number, w.key, w.at)
				number = strconv.FormatInt(made.Number, 10)
				return err
			})
			return number, err
		})
	}
	if err != nil {
		view, failed := s.sourceView(c, v, w.key)
		if failed != nil {
			return err
		}
		view.Head, view.Faults = s.headFor(c, ""), saidOf(err)
		return w.again(err, func(b *bytes.Buffer) error { return s.pages.Source(b, view) })
	}
	if number == "0" { // nothing new where it comes from: no deposit was made
		if w.body.form {
			return s.result(c, w, http.StatusOK, sourcePath(v.Number), "rien", nil)
		}
		return &intake.Refusal{Reasons: []string{"Rien n’a changé depuis la dernière reprise de ce fichier."}}
	}
	return s.deposited(c, w, http.StatusCreated, number, "", "")
}
