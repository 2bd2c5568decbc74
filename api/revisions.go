package api

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"mednum/api/pages"
	"mednum/internal/access"
	"mednum/internal/consultation"
	"mednum/internal/history"
	"mednum/internal/place"
)

func (s *Server) revisionDoors() []door {
	return []door{
		reads("/revisions", s.revisions),
		reads("/revisions/:numero", s.revision),
	}
}

// settled is how long ago an instant must be for nothing to be written before it
// any more: an answer about it may then be kept.
const settled = time.Minute

// readAsOf: an instant, or a day, which means its end in Paris; today means now.
func (a *asked) readAsOf(value string) {
	if t, local, ok := instant(value); ok && !local {
		a.asOf = t
	} else if d, day := place.ParseDate(value); day && !ok {
		a.asOf = consultation.EndOfDay(d).Add(-time.Microsecond)
		if d == dayIn(a.now) {
			a.asOf = a.now
			a.values.Set("as_of", a.now.UTC().Format(time.RFC3339Nano)) // the next page is of the same instant
		}
	} else {
		suggestion := ""
		if local {
			suggestion = value + "Z"
		}
		a.fault("as_of", value, "Écrire un jour (2026-11-22) ou un instant avec son décalage (2026-11-22T09:30:00+01:00).", suggestion)
		return
	}
	if a.asOf.After(a.now) {
		a.fault("as_of", value, "Cet instant est à venir. Le recensement se lit tel qu’il était, jusqu’à maintenant.", "")
	}
}

// recall finds the revision that was the last at the instant asked for.
func (s *Server) recall(ctx context.Context, a *asked) error {
	value := a.values.Get("as_of")
	if s.config.Journal == nil {
		a.fault("as_of", value, "Ce serveur ne garde pas le passé du recensement.", "")
		return nil
	}
	var r history.Revision
	err := s.census.ask(ctx, func(ctx context.Context) (err error) {
		r, err = s.config.Journal.Instant(ctx, a.asOf)
		return err
	})
	var outside *history.Outside
	switch {
	case errors.As(err, &outside) && a.asOf.Before(outside.From):
		from := outside.From.Add(time.Second).Truncate(time.Second)
		a.fault("as_of", value, "Le journal commence le "+pages.Instant(outside.From)+". Ce qui précède n’est pas connu.", from.UTC().Format(time.RFC3339))
	case errors.Is(err, history.ErrInstant):
		a.fault("as_of", value, "Cet instant est à venir. Le recensement se lit tel qu’il était, jusqu’à maintenant.", "")
	case err != nil:
		return fmt.Errorf("find revision: %w", err)
	default:
		a.past, a.find.AsOf = &r, r.Number
	}
	return nil
}

// pastTag is the version of an answer: that of the data, or of the revision that
// is asked for. What is said of the past says so, and may be kept.
func (s *Server) pastTag(c echo.Context, a *asked, data int64, f form, minute bool, more ...string) string {
	if a.past == nil {
		return s.tag(data, f, minute, more...)
	}
	h := c.Response().Header()
	h.Set("Memento-Datetime", a.past.At.UTC().Format(http.TimeFormat))
	h.Set("Mednum-Revision", strconv.FormatInt(a.past.Number, 10))
	if s.config.Now().Sub(a.asOf) > settled && !minute {
		scope := "public"
		if q := c.QueryParams(); q.Has("near") || q.Has("q") {
			scope = "private"
		}
		h.Set("Cache-Control", scope+", max-age=86400")
	}
	return s.tag(a.past.Data, f, minute, append(more, "r"+strconv.FormatInt(a.past.Number, 10))...)
}

// original is the same address, today.
func (a *asked) original(base, path string) link {
	today := url.Values{}
	for k, v := range a.values {
		if k != "as_of" && k != "cursor" {
			today[k] = v
		}
	}
	return link{address(base, path, today, "", ""), "original", "", "Aujourd’hui"}
}

// revisionWire is a revision as the API gives it: who is an organisation and its
// role, never a person nor an account.
type revisionWire struct {
	Number       int64         `json:"revision"`
	At           time.Time     `json:"le"`
	Organisation string        `json:"organisation"`
	Siren        string        `json:"siren"`
	Role         access.Role   `json:"role"`
	Cause        history.Cause `json:"cause"`
	Reason       string        `json:"raison"`
	Subject      string        `json:"objet"`
	Places       int           `json:"lieux"`
	Data         int64         `json:"donnees"`
	Hash         string        `json:"empreinte"`
}

func revisionOf(r history.Revision) revisionWire {
	return revisionWire{r.Number, r.At.UTC(), r.Organisation, r.Siren, r.Role, r.Cause, r.Reason, r.Subject, r.Places, r.Data, hex.EncodeToString(r.Hash)}
}

type touchedWire struct {
	ID      string        `json:"lieu"`
	Nom     string        `json:"nom"`
	Commune string        `json:"commune"`
	New     bool          `json:"nouveau"`
	State   history.State `json:"etat"`
	Into    string        `json:"rejoint"`
	Changes []changeWire  `json:"changements"`
}

func (s *Server) revisionsBefore(ctx context.Context, before int64, limit int) (list []history.Revision, err error) {
	err = s.census.ask(ctx, func(ctx context.Context) error {
		list, err = s.config.Journal.Revisions(ctx, before, limit)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read revisions: %w", err)
	}
	return list, nil
}

// revisions tells what changed in the census, the last first.
func (s *Server) revisions(c echo.Context) error {
	ctx := c.Request().Context()
	a, chosen, data, err := s.asked(c, revisioning, documentForms)
	if err != nil {
		return err
	}
	if s.config.Journal == nil {
		return errNoJournal
	}
	if done, err := s.fresh(c, s.tag(data, chosen, false)); done {
		return err
	}
	list, err := s.revisionsBefore(ctx, a.after, a.find.Limit+1)
	if err != nil {
		return err
	}
	base, path := s.base(c.Request()), "/revisions"
	links := views(base, path, a.values, chosen, documentForms)
	next := ""
	if len(list) > a.find.Limit {
		list = list[:a.find.Limit]
		next = address("", path, a.values, "avant", strconv.FormatInt(list[len(list)-1].Number, 10))
		links = append(links, link{base + next, "next", mediaType(chosen), "Ce qui précède"})
	}
	if chosen.name == formHTML.name {
		view := pages.Revisions{Head: s.headFor(c, "", links...), Revisions: list, Next: next, First: a.after == 0}
		return s.page(c, func(w *bytes.Buffer) error { return s.pages.Revisions(w, view) })
	}
	wire := struct {
		Revisions []revisionWire `json:"revisions"`
		Links     []link         `json:"links"`
	}{[]revisionWire{}, links}
	for _, r := range list {
		wire.Revisions = append(wire.Revisions, revisionOf(r))
	}
	return s.value(c, wire)
}

// revision tells one of them, with the places that it touched.
func (s *Server) revision(c echo.Context) error {
	ctx := c.Request().Context()
	a, chosen, data, err := s.asked(c, touching, documentForms)
	if err != nil {
		return err
	}
	number, err := strconv.ParseInt(c.Param("numero"), 10, 64)
	switch {
	case s.config.Journal == nil:
		return errNoJournal
	case err != nil || number < 1:
		return errUnknownRevision
	}
	if done, err := s.fresh(c, s.tag(data, chosen, false, "r"+strconv.FormatInt(number, 10))); done {
		return err
	}
	list, err := s.revisionsBefore(ctx, number+1, 1)
	if err != nil {
		return err
	}
	if len(list) == 0 || list[0].Number != number {
		return errUnknownRevision
	}
	var places []history.Touched
	err = s.census.ask(ctx, func(ctx context.Context) error {
		places, err = s.config.Journal.TouchedBy(ctx, number, a.lieu, a.find.Limit+1)
		return err
	})
	if err != nil {
		return fmt.Errorf("read revision: %w", err)
	}
	base, path := s.base(c.Request()), "/revisions/"+strconv.FormatInt(number, 10)
	links := append(views(base, path, a.values, chosen, documentForms), link{base + "/revisions", "up", mediaType(chosen), "Toutes les révisions"})
	next := ""
	if len(places) > a.find.Limit {
		places = places[:a.find.Limit]
		next = address("", path, a.values, "apres", places[len(places)-1].ID)
		links = append(links, link{base + next, "next", mediaType(chosen), "Les lieux suivants"})
	}
	if chosen.name == formHTML.name {
		view := pages.OneRevision{Head: s.headFor(c, "", links...), Revision: list[0], Touched: places, Next: next, First: a.lieu == ""}
		return s.page(c, func(w *bytes.Buffer) error { return s.pages.Revision(w, view) })
	}
	wire := struct {
		revisionWire
		Touched []touchedWire `json:"lieux_touches"`
		Links   []link        `json:"links"`
	}{revisionOf(list[0]), []touchedWire{}, links}
	for _, t := range places {
		wire.Touched = append(wire.Touched, touchedWire{t.ID, t.Nom, t.Commune, t.New, t.State, t.Into, changesOf(t.Changes)})
	}
	return s.value(c, wire)
}

// errUnknownRevision: the journal has none of that number.
var errUnknownRevision = errors.New("no such revision")

func (a *asked) readBefore(value string) { a.after = a.readNumber("avant", value) }

func (a *asked) readAfterPlace(value string) {
	if !place.IsIdentifier(value) {
		a.fault("apres", value, "Écrire l’identifiant du dernier lieu lu.", "")
		return
	}
	a.lieu = value
}

// placeAt asks for a place, today or as it was.
func (s *Server) placeAt(ctx context.Context, a *asked, id string) (hit place.Hit, err error) {
	if a.past == nil {
		return s.census.place(ctx, id)
	}
	err = s.census.ask(ctx, func(ctx context.Context) error {
		hit, err = s.config.Journal.PlaceAsOf(ctx, id, a.past.Number)
		return err
	})
	return hit, err
}
