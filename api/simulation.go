package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"
	"golang.org/x/sync/singleflight"

	"mednum/api/pages"
	"mednum/internal/consultation"
	"mednum/internal/place"
	"mednum/internal/quality"
	"mednum/internal/simulation"
)

// studio is where simulations run: one at a time, and two who ask for the same
// one share it.
type studio struct {
	flight singleflight.Group
	busy   chan struct{} // holds one while a simulation runs
}

// reportOf gives the last report of a version.
func (s *Server) reportOf(ctx context.Context, version string) (report json.RawMessage, err error) {
	err = s.desk.ask(ctx, func(ctx context.Context) error {
		report, err = s.config.Consultations.Simulation(ctx, version)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read simulation of %s: %w", version, err)
	}
	return report, nil
}

// simulationWire is a report as the API gives it.
type simulationWire struct {
	Version string          `json:"version"`
	Hash    *string         `json:"hash"`    // of the document that was simulated; null unknown
	Stale   bool            `json:"perimee"` // the document changed since
	Report  json.RawMessage `json:"rapport"`
	Links   []link          `json:"links"`
}

func (s *Server) simulationOf(c echo.Context, v consultation.Version, report json.RawMessage, links []link) simulationWire {
	out := simulationWire{Version: v.Version, Report: report, Links: links, Stale: true}
	if read, ok := consultation.ReadSimulation(report); ok {
		out.Hash, out.Stale = &read.Hash, read.Hash != v.Hash
	}
	return out
}

func (s *Server) simulationLinks(c echo.Context, v consultation.Version, chosen form) []link {
	base, path := s.base(c.Request()), "/referentiels/"+v.Version
	return append(views(base, path+"/simulation", nil, chosen, documentForms), link{base + path, "up", typeJSON, "La version " + v.Version})
}

// simulationView is the page of a version's last report; without one, the page
// says how to make it.
func (s *Server) simulationView(c echo.Context, v consultation.Version) (pages.Simulation, error) {
	view := pages.Simulation{Version: v}
	document, err := readDocument(v.Document)
	if err != nil {
		return view, err
	}
	view.Document = *document
	report, err := s.reportOf(c.Request().Context(), v.Version)
	if errors.Is(err, consultation.ErrNoSimulation) {
		return view, nil
	} else if err != nil {
		return view, err
	}
	view.Report, view.Stale = report, s.simulationOf(c, v, report, nil).Stale
	atlas, err := s.atlas(c.Request().Context())
	if err != nil {
		return view, fmt.Errorf("load territories: %w", err)
	}
	view.Departements = atlas.departements
	return view, nil
}

func (s *Server) simulation(c echo.Context) error {
	_, chosen, done, err := s.resource(c, answered, c.Param("version"))
	if err != nil || done {
		return err
	}
	v, err := s.versionNamed(c)
	if err != nil {
		return err
	}
	unpublished(c, v)
	links := s.simulationLinks(c, v, chosen)
	if chosen.name == formHTML.name {
		view, err := s.simulationView(c, v)
		if err != nil {
			return err
		}
		view.Head = s.headFor(c, "", links...)
		return s.page(c, func(w *bytes.Buffer) error { return s.pages.Simulation(w, view) })
	}
	report, err := s.reportOf(c.Request().Context(), v.Version)
	if err != nil {
		return err
	}
	return s.json(c, s.simulationOf(c, v, report, links))
}

// simulate runs a simulation of a version against the one in force, and stores
// its report.
func (s *Server) simulate(c echo.Context) error {
	w, err := s.writes(c)
	if err != nil {
		return err
	}
	v, err := s.versionNamed(c)
	if err != nil {
		return err
	}
	if err = w.body.end(); err == nil {
		err = s.runSimulation(c, w, v)
	}
	if err != nil {
		if !w.body.form {
			return err
		}
		view, failed := s.simulationView(c, v)
		if failed != nil {
			return err
		}
		view.Faults, view.Head = told(err), s.headFor(c, "")
		return w.again(err, func(b *bytes.Buffer) error { return s.pages.Simulation(b, view) })
	}
	path := "/referentiels/" + v.Version + "/simulation"
	if w.body.form {
		return s.result(c, w, http.StatusOK, path, "simulation", nil)
	}
	report, err := s.reportOf(c.Request().Context(), v.Version)
	if err != nil {
		return err
	}
	return s.result(c, w, http.StatusOK, path, "", s.simulationOf(c, v, report, s.simulationLinks(c, v, formJSON)))
}

func (s *Server) runSimulation(c echo.Context, w *written, v consultation.Version) error {
	if !v.Simulable() {
		return &consultation.Refusal{Reasons: []string{fmt.Sprintf("La version %s est %s : sa simulation ne change plus.", v.Version, v.State.Label())}}
	}
	s.patient(c)
	ctx := c.Request().Context()
	current, err := s.force(ctx)
	if err != nil {
		return err
	}
	if current == nil {
		return &consultation.Refusal{Reasons: []string{"Aucune version n’est en vigueur : il n’y a rien à quoi comparer."}}
	}
	before, err := s.engine(current.version.Hash, current.version.Document)
	if err != nil {
		return err
	}
	document, err := readDocument(v.Document)
	if err != nil {
		return err
	}
	// Without its examples: what they give is what is being tried.
	after, err := quality.Compile(document)
	if err != nil {
		return err
	}
	_, err, _ = s.studio.flight.Do(v.Version+" "+v.Hash+" "+current.version.Hash, func() (any, error) {
		select {
		case s.studio.busy <- struct{}{}:
			defer func() { <-s.studio.busy }()
		default:
			return nil, errBusy
		}
		// It goes on when the one who asked leaves: others may wait for it, and it
		// is stored.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.config.SimulationTimeout)
		defer cancel()
		var population []simulation.Place
		err := s.longDesk().ask(ctx, func(ctx context.Context) (err error) {
			population, err = s.config.Scores.Population(ctx, s.config.SimulationSample)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("read population: %w", err)
		}
		report, err := simulation.Run(ctx, before, after, population, simulation.Options{})
		if err != nil {
			return nil, fmt.Errorf("simulate %s: %w", v.Version, err)
		}
		text := json.RawMessage(bytes.TrimSpace(encode(report)))
		err = s.desk.ask(ctx, func(ctx context.Context) error {
			return s.config.Consultations.SaveSimulation(ctx, v.Version, v.Hash, text, w.key, w.at)
		})
		if err != nil {
			return nil, fmt.Errorf("save simulation of %s: %w", v.Version, err)
		}
		s.versions.forget()
		return nil, nil
	})
	return err
}

// dayAfter is tomorrow.
func dayAfter(d place.Date) place.Date {
	t := d.Time().AddDate(0, 0, 1)
	next, _ := place.NewDate(t.Year(), t.Month(), t.Day())
	return next
}
