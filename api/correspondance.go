package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"mime"
	"net/http"
	"strconv"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"mednum/api/pages"
	"mednum/internal/access"
	"mednum/internal/intake"
	"mednum/internal/mapping"
)

// previewRows are read to show the values that a column has; the page shows
// the first of them whole.
const previewRows = 200

var errNoMapping = errors.New("no mapping in the body")

// mappingSchema is the JSON Schema of a mapping.
func (s *Server) mappingSchema(c echo.Context) error {
	if _, err := s.understand(c.Request().Context(), plain, c.Request().URL.RawQuery); err != nil {
		return err
	}
	text := mapping.Schema()
	digest := fnv.New32a()
	digest.Write(text)
	if done, err := s.fresh(c, fmt.Sprintf("%s-%x", s.config.Build, digest.Sum32())); done {
		return err
	}
	c.Response().Header().Set(echo.HeaderContentType, "application/schema+json")
	return s.send(c, http.StatusOK, text)
}

// proposed is the mapping that a deposit has, or that was proposed for it; nil
// when its file has the standard's columns.
func proposed(d intake.Deposit) (m *mapping.Mapping, suggestion *mapping.Suggestion, err error) {
	if len(d.Suggestion) > 0 && string(d.Suggestion) != "null" {
		suggestion = new(mapping.Suggestion)
		if err := json.Unmarshal(d.Suggestion, suggestion); err != nil {
			return nil, nil, fmt.Errorf("suggestion of deposit %d: %w", d.Number, err)
		}
		m = &suggestion.Mapping
	}
	if len(d.Mapping) > 0 && string(d.Mapping) != "null" {
		m = new(mapping.Mapping)
		if err := json.Unmarshal(d.Mapping, m); err != nil {
			return nil, nil, fmt.Errorf("mapping of deposit %d: %w", d.Number, err)
		}
	}
	return m, suggestion, nil
}

func (s *Server) previewOf(ctx context.Context, number int64, text []byte, rows int, key access.Key) (out []intake.PreviewRow, err error) {
	err = s.desk.within(ctx, previewTimeout, func(ctx context.Context) error {
		out, err = s.config.Deposits.Preview(ctx, number, text, rows, key)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("preview deposit %d: %w", number, err)
	}
	return out, nil
}

// mappingView is the page that corrects a mapping, with the first rows read by
// it. What is wrong with the mapping is shown, and is no error of the page.
func (s *Server) mappingView(c echo.Context, d intake.Deposit, m *mapping.Mapping, suggestion *mapping.Suggestion, key access.Key) (pages.Correspondance, error) {
	view := pages.Correspondance{Depot: d, Mapping: m, Suggestion: suggestion}
	var text []byte
	if m != nil {
		text = m.JSON()
	}
	rows, err := s.previewOf(c.Request().Context(), d.Number, text, previewRows, key)
	switch {
	case err == nil:
		view.Rows = rows
	case len(faultsOf(err)) > 0:
		view.Faults = told(err)
	default:
		return view, err
	}
	return view, nil
}

func (s *Server) correspondance(c echo.Context) error {
	a, chosen, w, err := s.private(c, answered, documentForms)
	if err != nil {
		return err
	}
	d, err := s.depotNumbered(c, w.key)
	if err != nil {
		return err
	}
	m, suggestion, err := proposed(d)
	if err != nil {
		return err
	}
	base, path := s.base(c.Request()), depotPath(d.Number)
	links := append(views(base, path+"/correspondance", a.values, chosen, documentForms),
		link{base + path, "up", typeJSON, "Le dépôt"}, link{base + "/correspondances/schema.json", "describedby", "application/schema+json", "Le schéma d’une correspondance"})
	if chosen.name == formHTML.name {
		if d.Columns == nil || d.State == intake.Refused {
			return s.seeOther(c, path) // nothing was recognised: that page says why
		}
		view, err := s.mappingView(c, d, m, suggestion, w.key)
		if err != nil {
			return err
		}
		view.Head, view.Saved = s.headFor(c, "", links...), a.fait
		return s.page(c, func(w *bytes.Buffer) error { return s.pages.Correspondance(w, view) })
	}
	var text json.RawMessage
	if m != nil {
		text = m.JSON()
	}
	return s.value(c, struct {
		Colonnes       []string        `json:"colonnes"`
		Correspondance json.RawMessage `json:"correspondance"`
		Enregistree    bool            `json:"enregistree"`
		Proposition    json.RawMessage `json:"proposition"`
		Links          []link          `json:"links"`
	}{listed(d.Columns), orNull(text), len(d.Mapping) > 0 && string(d.Mapping) != "null" && !pages.Proposed(d), orNull(d.Suggestion), links})
}

// readMapping reads a mapping that is the whole body: text is nil for "null", the
// standard's own columns; given is false when there is no body.
func readMapping(c echo.Context) (text []byte, given bool, err error) {
	r := c.Request()
	mediaType, _, _ := mime.ParseMediaType(r.Header.Get(echo.HeaderContentType))
	body, err := io.ReadAll(r.Body)
	if err != nil {
		var long *http.MaxBytesError
		if errors.As(err, &long) {
			return nil, false, errTooLarge
		}
		return nil, false, faults{{Detail: "Le corps de la demande n’est pas arrivé entier. Envoyez-le de nouveau."}}
	}
	bare := bytes.TrimSpace(body)
	switch {
	case len(bare) == 0:
		return nil, false, nil
	case mediaType != typeJSON && mediaType != typeYAML && mediaType != "application/x-yaml" && mediaType != "text/yaml":
		return nil, false, errMediaType
	case !utf8.Valid(body):
		return nil, false, faults{{Detail: "Le corps de la demande n’est pas de l’UTF-8. Enregistrez-le en UTF-8."}}
	case string(bare) == "null":
		return nil, true, nil
	}
	m, err := mapping.Parse(body)
	if err != nil {
		return nil, true, err
	}
	return m.JSON(), true, nil
}

// putCorrespondance keeps the mapping that a program sends.
func (s *Server) putCorrespondance(c echo.Context) error {
	if s.config.Deposits == nil || s.config.Duplicates == nil {
		return errNoIntake
	}
	w, err := s.enters(c)
	if err != nil {
		return err
	}
	if _, err := s.understand(c.Request().Context(), plain, c.Request().URL.RawQuery); err != nil {
		return err
	}
	text, given, err := readMapping(c)
	if err != nil {
		return err
	}
	if !given {
		return errNoMapping
	}
	number, err := numbered(c.Param("numero"), intake.ErrNoDeposit)
	if err != nil {
		return err
	}
	w.body = &message{}
	d, err := s.saveMapping(c, number, text, w)
	if err != nil {
		return err
	}
	return s.result(c, w, http.StatusOK, depotPath(number), "", depotWire{d, s.depotLinks(c, d, formJSON)})
}

func (s *Server) saveMapping(c echo.Context, number int64, text []byte, w *written) (d intake.Deposit, err error) {
	// Saving the same mapping twice changes nothing: no need to remember it.
	ctx := context.WithoutCancel(c.Request().Context())
	err = s.desk.within(ctx, previewTimeout, func(ctx context.Context) error {
		d, err = s.config.Deposits.SaveMapping(ctx, number, text, w.key, w.at)
		return err
	})
	s.versions.forget()
	if err != nil {
		return d, fmt.Errorf("save mapping: %w", err)
	}
	return d, nil
}

// postCorrespondance is the form of the page: it saves, reads the file, or shows
// again what was changed.
func (s *Server) postCorrespondance(c echo.Context) error { return s.corrects(c, "") }

// preview shows the first rows read with a mapping, and keeps nothing.
func (s *Server) preview(c echo.Context) error {
	if mediaType, _, _ := mime.ParseMediaType(c.Request().Header.Get(echo.HeaderContentType)); mediaType == typeForm {
		return s.corrects(c, pages.GesturePreview)
	}
	if s.config.Deposits == nil || s.config.Duplicates == nil {
		return errNoIntake
	}
	w, err := s.enters(c)
	if err != nil {
		return err
	}
	if _, err := s.understand(c.Request().Context(), plain, c.Request().URL.RawQuery); err != nil {
		return err
	}
	text, given, err := readMapping(c)
	if err != nil {
		return err
	}
	d, err := s.depotNumbered(c, w.key)
	if err != nil {
		return err
	}
	if !given {
		m, _, err := proposed(d)
		if err != nil {
			return err
		}
		if m != nil {
			text = m.JSON()
		}
	}
	rows, err := s.previewOf(c.Request().Context(), d.Number, text, filedDefault, w.key)
	if err != nil {
		return err
	}
	for i := range rows {
		rows[i].Theirs, rows[i].Findings = listed(rows[i].Theirs), listed(rows[i].Findings)
		if rows[i].Ours == nil {
			rows[i].Ours = map[string]string{}
		}
	}
	c.Response().Header().Set("Cache-Control", "private, no-store")
	return s.value(c, struct {
		Lignes []intake.PreviewRow `json:"lignes"`
	}{listed(rows)})
}

// corrects does what a button of the form asks, which gesture may impose.
func (s *Server) corrects(c echo.Context, gesture string) error {
	c.Set(keyForm, formHTML.name)
	w, err := s.dropping(c)
	if err != nil {
		return err
	}
	if !w.body.form {
		return errMediaType
	}
	d, err := s.depotNumbered(c, w.key)
	if err != nil {
		return err
	}
	saved, suggestion, err := proposed(d)
	if err != nil {
		return err
	}
	form := w.body.values
	if gesture == "" {
		if gesture = form.Get(pages.FieldGesture); gesture == "" {
			gesture = pages.GesturePreview
		}
	}
	m, wrong := pages.ReadCorrespondance(saved, d.Columns, form)
	var fault error
	if len(wrong) > 0 {
		fault = wrong
	} else if m != nil {
		if fault = m.Check(); fault == nil {
			_, fault = mapping.Compile(m, d.Columns)
		}
	}
	if fault == nil {
		var text []byte
		if m != nil {
			text = m.JSON()
		}
		switch gesture {
		case pages.GesturePreview:
		case pages.GestureSave:
			if _, fault = s.saveMapping(c, d.Number, text, w); fault == nil {
				return s.seeOther(c, depotPath(d.Number)+"/correspondance?fait=enregistre")
			}
		case pages.GestureRead:
			if _, fault = s.saveMapping(c, d.Number, text, w); fault == nil {
				if fault = s.step(c, w, d.Number, "lire", intake.StepOptions{Partial: d.Partial, AllowRemoval: d.AllowRemoval}); fault == nil {
					return s.seeOther(c, depotPath(d.Number)+"?fait=lire")
				}
			}
		default:
			return unprocessable{faults{{Parameter: pages.FieldGesture, Value: shown(gesture), Detail: "Ce bouton n’existe pas ici."}}}
		}
	}
	var view pages.Correspondance
	if fault == nil {
		if view, err = s.mappingView(c, d, m, suggestion, w.key); err != nil {
			return err
		}
	} else {
		// The rows are still shown as they are in the file: one corrects by them.
		view = pages.Correspondance{Depot: d, Mapping: m, Suggestion: suggestion}
		var text []byte
		if saved != nil {
			text = saved.JSON()
		}
		if rows, err := s.previewOf(c.Request().Context(), d.Number, text, previewRows, w.key); err == nil {
			for i := range rows {
				rows[i].Ours, rows[i].Findings, rows[i].Left = nil, nil, ""
			}
			view.Rows = rows
		}
		view.Faults = saidOf(fault)
	}
	view.Head, view.Text, view.Changed = s.headFor(c, ""), form.Get(pages.FieldText), true
	view.Path = "/depots/" + strconv.FormatInt(d.Number, 10) + "/correspondance"
	c.Response().Header().Set("Cache-Control", "private, no-store")
	if fault != nil {
		return shownAgain{fault, func(b *bytes.Buffer) error { return s.pages.Correspondance(b, view) }}
	}
	return s.page(c, func(b *bytes.Buffer) error { return s.pages.Correspondance(b, view) })
}
