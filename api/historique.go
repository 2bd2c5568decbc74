package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"mednum/api/pages"
	"mednum/internal/access"
	"mednum/internal/history"
	"mednum/internal/place"
)

// stepsShown is how many steps of a place a page tells.
const stepsShown = 30

// errNoJournal: nothing is told of what changed here.
var errNoJournal = errors.New("no journal is kept here")

// errNoRevision: a place was not there after that revision.
var errNoRevision = errors.New("no such version of the place")

// closedAround is how many places the page of a closed one proposes.
const closedAround = 3

func (a *asked) readRevision(value string) { a.revision = a.readNumber("revision", value) }

func (a *asked) readAgainst(value string) { a.against = a.readNumber("avec", value) }

func (a *asked) readNumber(name, value string) int64 {
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil || n < 1 {
		a.fault(name, value, "Écrire le numéro d’une version : un nombre entier, à partir de 1.", "")
		return 0
	}
	return n
}

// changeWire is a column before and after, as the standard writes it.
type changeWire struct {
	Column string `json:"champ"`
	Before string `json:"avant"`
	After  string `json:"apres"`
}

func changesOf(list []place.FieldChange) []changeWire {
	out := []changeWire{}
	for _, f := range list {
		out = append(out, changeWire(f))
	}
	return out
}

// stepWire is a step of a place as the API gives it: who is an organisation and
// its role, never a person nor an account.
type stepWire struct {
	Number       int64         `json:"revision"`
	At           time.Time     `json:"le"`
	Organisation string        `json:"organisation"`
	Siren        string        `json:"siren"`
	Role         access.Role   `json:"role"`
	Cause        history.Cause `json:"cause"`
	Reason       string        `json:"raison"`
	State        history.State `json:"etat"`
	Into         string        `json:"rejoint"`
	Changes      []changeWire  `json:"changements"`
}

func stepOf(s history.Step) stepWire {
	return stepWire{s.Number, s.At.UTC(), s.Organisation, s.Siren, s.Role, s.Cause, s.Reason, s.State, s.Into, changesOf(s.Changes)}
}

// formerWire is a place as it was after a revision.
type formerWire struct {
	stepWire
	Cells map[string]string `json:"fiche"` // columns of the standard that it knew
}

func formerOf(v history.Version) formerWire {
	w := formerWire{stepWire: stepOf(v.Step), Cells: map[string]string{}}
	for name, cell := range v.Cells {
		if cell != "" {
			w.Cells[name] = cell
		}
	}
	return w
}

type historyWire struct {
	ID    string     `json:"lieu"`
	Steps []stepWire `json:"etapes"`
	Links []link     `json:"links"`
}

type comparisonWire struct {
	ID      string       `json:"lieu"`
	Version formerWire   `json:"version"`
	Against *formerWire  `json:"avec"`        // null: with what the place is now
	Changes []changeWire `json:"changements"` // from "avec" to "version", or from "version" to now
	Links   []link       `json:"links"`
}

func (s *Server) stepsOf(ctx context.Context, id string, before int64, limit int) (steps []history.Step, err error) {
	err = s.desk.ask(ctx, func(ctx context.Context) error {
		steps, err = s.config.Journal.History(ctx, id, before, limit)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read history of %s: %w", id, err)
	}
	return steps, nil
}

func (s *Server) versionAt(ctx context.Context, id string, revision int64) (v history.Version, err error) {
	err = s.desk.ask(ctx, func(ctx context.Context) error {
		v, err = s.config.Journal.VersionAt(ctx, id, revision)
		return err
	})
	if errors.Is(err, place.ErrNotFound) {
		err = errNoRevision
	}
	if err != nil {
		return v, fmt.Errorf("read version %d of %s: %w", revision, id, err)
	}
	return v, nil
}

// history tells what became of a place, or one of its versions.
func (s *Server) history(c echo.Context) error {
	ctx, id := c.Request().Context(), c.Param("featureId")
	a, err := s.understand(ctx, recounted, c.Request().URL.RawQuery)
	if err != nil {
		return err
	}
	chosen, err := s.choose(c, a.format, documentForms)
	if err != nil {
		return err
	}
	if s.config.Journal == nil || s.config.Edits == nil {
		return errNoJournal
	}
	if !place.IsIdentifier(id) {
		return fmt.Errorf("place %q: %w", shown(id), place.ErrNotFound)
	}
	if a.against > 0 && a.revision == 0 {
		return faults{{Parameter: "avec", Value: strconv.FormatInt(a.against, 10), Detail: "Dire aussi revision : la version à comparer avec celle-ci."}}
	}
	c.Response().Header().Set("Cache-Control", "private, no-store")
	base, path := s.base(c.Request()), "/collections/lieux/items/"+id+"/historique"
	links := append(views(base, path, a.values, chosen, documentForms), link{base + "/collections/lieux/items/" + id, "up", typeGeoJSON, "Le lieu"})
	if a.revision > 0 {
		return s.oneVersion(c, a, chosen, id, links)
	}
	steps, err := s.stepsOf(ctx, id, a.after, stepsShown+1)
	if err != nil {
		return err
	}
	next := ""
	if len(steps) > stepsShown {
		steps = steps[:stepsShown]
		next = address("", path, a.values, "avant", strconv.FormatInt(steps[stepsShown-1].Number, 10))
		links = append(links, link{base + next, "next", mediaType(chosen), "Ce qui précède"})
	}
	if chosen.name != formHTML.name {
		w := historyWire{id, []stepWire{}, links}
		for _, step := range steps {
			w.Steps = append(w.Steps, stepOf(step))
		}
		return s.value(c, w)
	}
	view := pages.Historique{Head: s.headFor(c, "", links...), ID: id, Steps: steps, Next: next, Saved: a.fait, Asked: a.values}
	if err := s.present(ctx, &view); err != nil {
		return err
	}
	return s.page(c, func(w *bytes.Buffer) error { return s.pages.Historique(w, view) })
}

// present adds what the place is now, or was last.
func (s *Server) present(ctx context.Context, v *pages.Historique) error {
	cells, data, err := s.cellsOf(ctx, v.ID)
	var gone *history.Gone
	switch {
	case err == nil:
		v.Now, v.Base = cells, data
	case errors.As(err, &gone):
		v.Closure = &gone.Closure
		fallthrough
	case errors.Is(err, place.ErrGone):
		last, err := s.lastVersion(ctx, v.ID)
		if err != nil {
			return err
		}
		v.Now = last.Cells
	default:
		return err
	}
	v.Nom, v.Commune = v.Now["nom"], v.Now["commune"]
	return nil
}

// lastVersion is what a place was last.
func (s *Server) lastVersion(ctx context.Context, id string) (history.Version, error) {
	steps, err := s.stepsOf(ctx, id, 0, 1)
	if err != nil {
		return history.Version{}, err
	}
	if len(steps) == 0 {
		return history.Version{}, fmt.Errorf("place %s: %w", id, place.ErrGone)
	}
	return s.versionAt(ctx, id, steps[0].Number)
}

// oneVersion is a place after a revision, beside what it is now or was then.
func (s *Server) oneVersion(c echo.Context, a *asked, chosen form, id string, links []link) error {
	ctx := c.Request().Context()
	version, err := s.versionAt(ctx, id, a.revision)
	if err != nil {
		return err
	}
	view := pages.Historique{Head: s.headFor(c, "", links...), ID: id, Version: &version, Saved: a.fait, Asked: a.values}
	if err := s.present(ctx, &view); err != nil {
		return err
	}
	var against *formerWire
	if a.against > 0 {
		other, err := s.versionAt(ctx, id, a.against)
		if err != nil {
			return err
		}
		w := formerOf(other)
		view.Against, against = &other, &w
		view.Changes = differences(other.Cells, version.Cells)
	} else {
		view.Changes = differences(version.Cells, view.Now)
	}
	if chosen.name != formHTML.name {
		return s.value(c, comparisonWire{id, formerOf(version), against, changesOf(view.Changes), links})
	}
	return s.page(c, func(w *bytes.Buffer) error { return s.pages.Historique(w, view) })
}

// differences are the columns that two versions have otherwise.
func differences(before, after map[string]string) (out []place.FieldChange) {
	for i := range place.Columns {
		name := place.Columns[i].Name
		if before[name] != after[name] {
			out = append(out, place.FieldChange{Column: name, Before: before[name], After: after[name]})
		}
	}
	return out
}

// closedPage is the page of a place that is no more: since when, why, and where
// to go instead. What cannot be had of that is left out.
func (s *Server) closedPage(c echo.Context, closure history.Closure) pages.Ferme {
	ctx, id := c.Request().Context(), c.Param("featureId")
	v := pages.Ferme{Head: s.head(c, ""), Closure: closure}
	if s.config.Edits == nil {
		return v
	}
	if s.config.Journal != nil {
		v.History = "/collections/lieux/items/" + id + "/historique"
	}
	var was place.Place
	err := s.desk.ask(ctx, func(ctx context.Context) (err error) {
		was, _, err = s.config.Edits.Formerly(ctx, id)
		return err
	})
	if err != nil {
		s.log.Warn("what a closed place was", "id", requestID(c), "error", err)
		return v
	}
	v.Nom, v.Commune = was.Nom, was.Commune
	at := was.Position
	if !at.Known() {
		return v
	}
	now := s.config.Now()
	err = s.census.find(ctx, place.Find{Near: at, Radius: 30_000, Limit: closedAround}, func(h place.Hit) error {
		one, err := card(h, true, now)
		if err == nil && !math.IsNaN(one.Distance) {
			v.Cards = append(v.Cards, one)
		}
		return err
	})
	if err != nil {
		s.log.Warn("places around a closed one", "id", requestID(c), "error", err)
		v.Cards = nil
	}
	return v
}
