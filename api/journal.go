package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/labstack/echo/v4"

	"mednum/api/pages"
	"mednum/internal/consultation"
)

// A version's own lines are looked for in the whole log, so much at a request:
// a page may be short, and says where to go on.
const (
	entriesAsked = 500
	entriesTurns = 10
)

// journal answers the log: whole, or what is about a version.
func (s *Server) journal(c echo.Context) error {
	ctx, number := c.Request().Context(), c.Param("version")
	a, chosen, done, err := s.resource(c, logbook, number)
	if err != nil || done {
		return err
	}
	path := "/journal"
	if number != "" {
		v, err := s.versionNamed(c)
		if err != nil {
			return err
		}
		unpublished(c, v)
		path = "/referentiels/" + v.Version + path
	}
	entries, last, more, err := s.entries(ctx, a.after, a.find.Limit, number)
	if err != nil {
		return err
	}
	base := s.base(c.Request())
	links := views(base, path, a.values, chosen, documentForms)
	next := ""
	if more {
		next = address(base, path, a.values, "apres", strconv.FormatInt(last, 10))
		links = append(links, link{next, "next", mediaType(chosen), "La suite"})
	}
	if chosen.name == formHTML.name {
		view := pages.Journal{Version: number, Entries: entries, More: next}
		if number == "" {
			if view.Broken, err = s.broken(ctx, a.after, entries); err != nil {
				return err
			}
		}
		view.Head = s.headFor(c, "", links...)
		return s.page(c, func(w *bytes.Buffer) error { return s.pages.Journal(w, view) })
	}
	return s.json(c, struct {
		Faits []consultation.Entry `json:"faits"`
		Links []link               `json:"links"`
	}{listed(entries), links})
}

func (s *Server) logAfter(ctx context.Context, after int64, limit int) (out []consultation.Entry, err error) {
	err = s.desk.ask(ctx, func(ctx context.Context) error {
		out, err = s.config.Consultations.Log(ctx, after, limit)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read log: %w", err)
	}
	return out, nil
}

// entries gives at most limit lines after a number, about a version where one is
// named; last is the last line looked at.
func (s *Server) entries(ctx context.Context, after int64, limit int, version string) (out []consultation.Entry, last int64, more bool, err error) {
	if version == "" {
		if out, err = s.logAfter(ctx, after, limit+1); err != nil {
			return nil, 0, false, err
		}
		if more = len(out) > limit; more {
			out = out[:limit]
		}
		if len(out) > 0 {
			last = out[len(out)-1].Number
		}
		return out, last, more, nil
	}
	// What was answered to a remontée names it, not the version.
	said, err := s.remonteesOf(ctx, version)
	if err != nil {
		return nil, 0, false, err
	}
	subjects := map[string]bool{version: true}
	for _, r := range said {
		subjects[fmt.Sprintf("remontée %d", r.Number)] = true
	}
	last = after
	for range entriesTurns {
		some, err := s.logAfter(ctx, last, entriesAsked)
		if err != nil {
			return nil, 0, false, err
		}
		for _, e := range some {
			if subjects[e.Subject] {
				if len(out) == limit {
					return out, last, true, nil
				}
				out = append(out, e)
			}
			last = e.Number
		}
		if len(some) < entriesAsked {
			return out, last, false, nil
		}
	}
	return out, last, true, nil
}

// broken checks the chain of a page, its link with the line before included:
// the number of the first line that does not hold, 0 when all do.
func (s *Server) broken(ctx context.Context, after int64, entries []consultation.Entry) (int64, error) {
	var before consultation.Entry
	if after > 0 {
		previous, err := s.logAfter(ctx, after-1, 1)
		if err != nil {
			return 0, err
		}
		if len(previous) == 0 || previous[0].Number != after {
			return after, nil
		}
		before = previous[0]
	}
	var where *consultation.Break
	if err := consultation.VerifyChain(before, entries); errors.As(err, &where) {
		return where.Number, nil
	}
	return 0, nil
}
