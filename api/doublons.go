package api

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"mednum/api/pages"
	"mednum/internal/access"
	"mednum/internal/match"
	"mednum/internal/place"
)

const reasonMaximum = 1000 // letters

// ficheWire is a record of a source as the API gives it.
type ficheWire struct {
	match.Side
	Fiche map[string]string `json:"fiche"` // columns of the standard that it knows
}

func ficheOf(side match.Side) ficheWire {
	w := ficheWire{Side: side}
	if side.Record == nil {
		return w
	}
	w.Fiche = map[string]string{}
	for i := range place.Columns {
		if cell := place.Columns[i].Cell(&side.Record.Place); cell != "" {
			w.Fiche[place.Columns[i].Name] = cell
		}
	}
	return w
}

// pairWire is a pair as the API gives it.
type pairWire struct {
	match.Pair
	A     ficheWire  `json:"a"`
	B     ficheWire  `json:"b"`
	At    *time.Time `json:"le,omitempty"`
	Links []link     `json:"links,omitempty"`
}

func pairOf(p match.Pair, links []link) pairWire {
	w := pairWire{Pair: p, A: ficheOf(p.A), B: ficheOf(p.B), Links: links}
	w.Comparison.Evidence = listed(w.Comparison.Evidence)
	if !p.At.IsZero() {
		at := p.At.UTC()
		w.At = &at
	}
	return w
}

func pairPath(number int64) string { return "/doublons/" + strconv.FormatInt(number, 10) }

func (s *Server) doubtfulOf(ctx context.Context, departement string, after int64, limit int, key access.Key) (pairs []match.Pair, total int, err error) {
	err = s.desk.ask(ctx, func(ctx context.Context) error {
		pairs, total, err = s.config.Duplicates.Doubtful(ctx, departement, after, limit, key)
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("list doubtful pairs: %w", err)
	}
	return pairs, total, nil
}

// doubtful is the queue of the pairs to decide.
func (s *Server) doubtful(c echo.Context) error {
	a, chosen, w, err := s.private(c, queueing, documentForms)
	if err != nil {
		return err
	}
	departement := ""
	switch len(a.find.Departement) {
	case 0:
	case 1:
		departement = a.find.Departement[0]
	default:
		return faults{{Parameter: "departement", Value: shown(a.values.Get("departement")), Detail: "Un seul département à la fois.", Suggestion: a.find.Departement[0]}}
	}
	pairs, total, err := s.doubtfulOf(c.Request().Context(), departement, a.after, a.find.Limit, w.key)
	if err != nil {
		return err
	}
	base := s.base(c.Request())
	links := views(base, "/doublons", a.values, chosen, documentForms)
	next := ""
	if end := a.after + int64(len(pairs)); len(pairs) > 0 && end < int64(total) {
		next = address("", "/doublons", a.values, "apres", strconv.FormatInt(end, 10))
		links = append(links, link{base + next, "next", mediaType(chosen), "La suite"})
	}
	if chosen.name == formHTML.name {
		view := pages.Doublons{Head: s.headFor(c, "", links...), Pairs: pairs, Total: total, Departement: departement, After: int(a.after), Next: next, Saved: a.fait}
		atlas, err := s.atlas(c.Request().Context())
		if err != nil {
			return fmt.Errorf("load territories: %w", err)
		}
		for code, nom := range atlas.departements {
			view.Departements = append(view.Departements, pages.Named{Code: code, Nom: nom})
		}
		slices.SortFunc(view.Departements, func(a, b pages.Named) int { return compareCodes(a.Code, b.Code) })
		return s.page(c, func(w *bytes.Buffer) error { return s.pages.Doublons(w, view) })
	}
	out := []pairWire{}
	for _, p := range pairs {
		out = append(out, pairOf(p, nil))
	}
	return s.value(c, struct {
		Total    int        `json:"total"`
		Doublons []pairWire `json:"doublons"`
		Links    []link     `json:"links"`
	}{total, out, links})
}

func compareCodes(a, b string) int {
	if len(a) != len(b) {
		return len(a) - len(b) // those overseas come last
	}
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func (s *Server) pairNumbered(ctx context.Context, text string) (p match.Pair, err error) {
	n, err := numbered(text, match.ErrNoPair)
	if err != nil {
		return p, err
	}
	err = s.desk.ask(ctx, func(ctx context.Context) error {
		p, err = s.config.Duplicates.Pair(ctx, n)
		return err
	})
	if err != nil {
		return p, fmt.Errorf("read pair: %w", err)
	}
	return p, nil
}

// following is the pair to decide after this one, of the same département first;
// 0 when the queue is empty.
func (s *Server) following(ctx context.Context, p match.Pair, key access.Key) (next int64, left int) {
	departement := ""
	if p.A.Record != nil {
		departement = p.A.Record.Departement
	}
	for _, where := range slices.Compact([]string{departement, ""}) {
		pairs, total, err := s.doubtfulOf(ctx, where, 0, filedDefault, key)
		if err != nil {
			return 0, 0 // the queue itself tells what is wrong
		}
		left = total
		at := slices.IndexFunc(pairs, func(one match.Pair) bool { return one.Number == p.Number })
		if at+1 < len(pairs) {
			return pairs[at+1].Number, total // the first one when this one is decided
		}
		if at > 0 {
			return pairs[0].Number, total
		}
	}
	return 0, left
}

func (s *Server) pair(c echo.Context) error {
	if s.config.Duplicates == nil || s.config.Deposits == nil {
		return errNoIntake
	}
	ctx := c.Request().Context()
	a, err := s.understand(ctx, answered, c.Request().URL.RawQuery)
	if err != nil {
		return err
	}
	chosen, err := s.choose(c, a.format, documentForms)
	if err != nil {
		return err
	}
	p, err := s.pairNumbered(ctx, c.Param("numero"))
	if err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "private, no-store")
	links := s.pairLinks(c, p, chosen)
	if chosen.name == formHTML.name {
		view := pages.Doublon{Head: s.headFor(c, "", links...), Pair: p, Saved: a.fait, Now: a.now}
		if view.Who != nil && access.Allows(view.Who.Key.Role, access.Reconcile) {
			view.Next, view.Left = s.following(ctx, p, view.Who.Key)
		}
		return s.page(c, func(w *bytes.Buffer) error { return s.pages.Doublon(w, view) })
	}
	return s.value(c, pairOf(p, links))
}

func (s *Server) pairLinks(c echo.Context, p match.Pair, chosen form) []link {
	base := s.base(c.Request())
	links := append(views(base, pairPath(p.Number), nil, chosen, documentForms), link{base + "/doublons", "collection", typeJSON, "La file"})
	for _, side := range []match.Side{p.A, p.B} {
		links = append(links, link{base + "/collections/lieux/items/" + side.ID, "related", typeGeoJSON, "Le lieu " + side.ID})
	}
	return links
}

var decisions = []string{string(match.Same), string(match.Different), string(match.Undecided)}

// decide says whether two records are one place, or takes that back.
func (s *Server) decide(c echo.Context) error {
	w, err := s.dropping(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	p, err := s.pairNumbered(ctx, c.Param("numero"))
	if err != nil {
		return err
	}
	b := w.body
	outcome := match.Outcome(b.choice("decision", decisions, necessary))
	reason := b.prose("raison", reasonMaximum, optional)
	// What comes next is asked before: the queue changes with the answer.
	next := int64(0)
	if err = b.end(); err == nil {
		if b.form {
			next, _ = s.following(ctx, p, w.key)
		}
		_, err = s.once(c, w, clickKept, func(ctx context.Context) (string, error) {
			return "", s.desk.within(ctx, previewTimeout, func(ctx context.Context) error {
				_, err := s.config.Duplicates.Decide(ctx, p.Number, outcome, reason, w.key, w.at)
				return err
			})
		})
	}
	if err != nil {
		view := pages.Doublon{Head: s.headFor(c, ""), Pair: p, Faults: saidOf(err), Reason: b.values.Get("raison"), Now: w.at}
		return w.again(err, func(b *bytes.Buffer) error { return s.pages.Doublon(b, view) })
	}
	if b.form {
		fait := string(outcome) + "-" + strconv.FormatInt(p.Number, 10)
		switch {
		case outcome == match.Undecided:
			return s.result(c, w, http.StatusOK, pairPath(p.Number), fait, nil)
		case next != 0 && next != p.Number:
			return s.result(c, w, http.StatusOK, pairPath(next), fait, nil)
		}
		return s.result(c, w, http.StatusOK, "/doublons", fait, nil)
	}
	if p, err = s.pairNumbered(ctx, c.Param("numero")); err != nil {
		return err
	}
	return s.result(c, w, http.StatusOK, pairPath(p.Number), "", pairOf(p, s.pairLinks(c, p, formJSON)))
}

func (s *Server) beneathOf(ctx context.Context, id string) (v match.Beneath, err error) {
	if !place.IsIdentifier(id) {
		return v, fmt.Errorf("place %q: %w", shown(id), place.ErrNotFound)
	}
	err = s.desk.ask(ctx, func(ctx context.Context) error {
		v, err = s.config.Duplicates.Beneath(ctx, id)
		return err
	})
	if err != nil {
		return v, fmt.Errorf("read what is beneath %s: %w", id, err)
	}
	return v, nil
}

// champWire is a published field: its value, where it comes from and why.
type champWire struct {
	match.Provenance
	Value string `json:"valeur"`
}

type beneathWire struct {
	ID      string      `json:"lieu"`
	Nom     string      `json:"nom"`
	Sides   []ficheWire `json:"fiches"`
	Fields  []champWire `json:"champs"`
	History []pairWire  `json:"decisions"`
	Links   []link      `json:"links"`
}

func beneathAs(v match.Beneath, links []link) beneathWire {
	w := beneathWire{ID: v.ID, Nom: v.Nom, Sides: []ficheWire{}, Fields: []champWire{}, History: []pairWire{}, Links: links}
	for _, side := range v.Sides {
		w.Sides = append(w.Sides, ficheOf(side))
	}
	for _, field := range v.Fields {
		w.Fields = append(w.Fields, champWire{field, pages.PublishedValue(v, field)})
	}
	for _, p := range v.History {
		w.History = append(w.History, pairOf(p, nil))
	}
	return w
}

func (s *Server) beneathLinks(c echo.Context, id string, chosen form) []link {
	base, path := s.base(c.Request()), "/collections/lieux/items/"+id
	return append(views(base, path+"/sources", nil, chosen, documentForms), link{base + path, "up", typeGeoJSON, "Le lieu"})
}

// beneath tells where each published field of a place comes from.
func (s *Server) beneath(c echo.Context) error {
	if s.config.Duplicates == nil || s.config.Deposits == nil {
		return errNoIntake
	}
	ctx := c.Request().Context()
	a, err := s.understand(ctx, answered, c.Request().URL.RawQuery)
	if err != nil {
		return err
	}
	chosen, err := s.choose(c, a.format, documentForms)
	if err != nil {
		return err
	}
	v, err := s.beneathOf(ctx, c.Param("featureId"))
	if err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "private, no-store")
	links := s.beneathLinks(c, v.ID, chosen)
	if chosen.name == formHTML.name {
		view := pages.Provenance{Head: s.headFor(c, "", links...), Beneath: v, Saved: a.fait, Now: a.now}
		return s.page(c, func(w *bytes.Buffer) error { return s.pages.Provenance(w, view) })
	}
	return s.value(c, beneathAs(v, links))
}

// split takes a record out of the place that it joined.
func (s *Server) split(c echo.Context) error {
	w, err := s.dropping(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	v, err := s.beneathOf(ctx, c.Param("featureId"))
	if err != nil {
		return err
	}
	b := w.body
	var ids []string
	for _, side := range v.Sides {
		ids = append(ids, side.ID)
	}
	record := b.line("fiche", 20, necessary)
	if record != "" && !slices.Contains(ids, record) {
		b.fault("fiche", record, "Cette fiche n’est pas derrière ce lieu.", "")
	} else if record != "" && len(ids) < 2 {
		b.fault("fiche", record, "Ce lieu n’a qu’une fiche : il n’y a rien à séparer.", "")
	}
	reason := b.prose("raison", reasonMaximum, optional)
	if err = b.end(); err == nil {
		_, err = s.once(c, w, clickKept, func(ctx context.Context) (string, error) {
			return "", s.desk.within(ctx, previewTimeout, func(ctx context.Context) error {
				return s.config.Duplicates.Split(ctx, v.ID, record, reason, w.key, w.at)
			})
		})
	}
	if err != nil {
		view := pages.Provenance{Head: s.headFor(c, ""), Beneath: v, Faults: saidOf(err), Asked: b.values, Now: w.at}
		return w.again(err, func(b *bytes.Buffer) error { return s.pages.Provenance(b, view) })
	}
	path := "/collections/lieux/items/" + v.ID + "/sources"
	if b.form {
		return s.result(c, w, http.StatusOK, path, "separe-"+record, nil)
	}
	if v, err = s.beneathOf(ctx, v.ID); err != nil {
		return err
	}
	return s.result(c, w, http.StatusOK, path, "", beneathAs(v, s.beneathLinks(c, v.ID, formJSON)))
}
