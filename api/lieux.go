package api

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"mednum/api/pages"
	"mednum/internal/hours"
	"mednum/internal/place"
	"mednum/internal/quality"
)

var featureForms = []form{formGeoJSON, formHTML}

// cardsMaximum is how many places a listing in HTML shows a page.
const cardsMaximum = 100

// tag is the version of an answer: of the data, of the binary, of the form, and
// of the minute where the answer depends on what time it is.
func (s *Server) tag(data int64, f form, minute bool, more ...string) string {
	t := strconv.FormatInt(data, 36) + "-" + s.config.Build + "-" + f.name
	if minute {
		t += "-" + strconv.FormatInt(s.config.Now().Unix()/60, 36)
	}
	return strings.Join(append([]string{t}, more...), "-")
}

// lieux answers the places asked for.
func (s *Server) lieux(c echo.Context) error {
	ctx := c.Request().Context()
	a, chosen, data, err := s.asked(c, lieux, featureForms)
	if err != nil {
		return err
	}
	html := chosen.name == "html"
	if done, err := s.fresh(c, s.pastTag(c, a, data, chosen, a.minute || html)); done {
		return err
	}
	base, path := s.base(c.Request()), "/collections/lieux/items"
	links := views(base, path, a.values, chosen, featureForms)
	if a.past != nil {
		links = append(links, a.original(base, path))
	}
	links = append(links, link{base + "/collections/lieux", "collection", typeJSON, "La collection"})
	if html {
		return s.listLieux(c, a, links)
	}
	out := s.open(c, typeGeoJSON)
	defer out.close()
	if c.Request().Method == http.MethodHead {
		return s.send(c, http.StatusOK, nil)
	}
	out.buf = append(out.buf, `{"type":"FeatureCollection","features":[`...)
	returned, near := 0, a.find.Near.Known()
	more, last, err := s.walk(ctx, a.find, a.find.Limit, func(h place.Hit) (err error) {
		if returned > 0 {
			out.buf = append(out.buf, ',')
		}
		returned++
		out.buf = append(out.buf, '\n')
		out.buf, err = appendHit(out.buf, h, near)
		return err
	}, func() error { return out.flush(true) })
	if err != nil {
		return err
	}
	if more {
		links = append(links, link{address(base, path, a.values, "cursor", a.cursorAfter(last)), "next", typeGeoJSON, "La page suivante"})
	}
	at := a.asOf
	if a.past == nil {
		at = s.config.Now()
	}
	out.buf = appendEnd(out.buf, returned, at, links)
	return out.flush(false)
}

// appendEnd ends a FeatureCollection. What is only known once the features have
// left comes last: how many they are, and where to go on.
func appendEnd(dst []byte, returned int, at time.Time, links []link) []byte {
	dst = append(dst, "\n],\"numberReturned\":"...)
	dst = strconv.AppendInt(dst, int64(returned), 10)
	dst = append(dst, `,"timeStamp":"`...)
	dst = at.UTC().AppendFormat(dst, time.RFC3339)
	dst = append(dst, `","links":`...)
	dst = append(dst, bytes.TrimSpace(encode(links))...)
	return append(dst, "}\n"...)
}

// listLieux is the same as cards.
func (s *Server) listLieux(c echo.Context, a *asked, links []link) error {
	view := pages.Listing{Collection: "lieux"}
	more, last, err := s.walk(c.Request().Context(), a.find, min(a.find.Limit, cardsMaximum), func(h place.Hit) error {
		card, err := card(h, a.find.Near.Known(), a.now)
		view.Cards = append(view.Cards, card)
		return err
	}, func() error { return nil })
	if err != nil {
		return err
	}
	if more {
		next := address(s.base(c.Request()), c.Request().URL.Path, a.values, "cursor", a.cursorAfter(last))
		view.Next = next
		links = append(links, link{next, "next", "text/html", "La page suivante"})
	}
	view.Head = s.head(c, "", links...)
	view.AsOf(a.asOf, a.original("", c.Request().URL.Path).Href)
	return s.page(c, func(w *bytes.Buffer) error { return s.pages.Listing(w, view) })
}

// page renders HTML whole before it is sent.
func (s *Server) page(c echo.Context, render func(*bytes.Buffer) error) error {
	var b bytes.Buffer
	if err := render(&b); err != nil {
		return fmt.Errorf("render page: %w", err)
	}
	c.Response().Header().Set(echo.HeaderContentType, typeHTML)
	return s.send(c, http.StatusOK, b.Bytes())
}

// card decodes a hit for the pages and judges its hours at now.
func card(h place.Hit, distance bool, now time.Time) (pages.Card, error) {
	p, published, err := place.ParseFeature(h.Feature)
	if err != nil {
		return pages.Card{}, err
	}
	card := pages.Card{ID: h.ID, Href: "/collections/lieux/items/" + h.ID, Place: p, Properties: published,
		Distance: math.NaN(), Zone: hours.ZoneOf(published.Departement), Now: now}
	if distance {
		card.Distance = h.Distance
	}
	if p.Horaires != "" {
		if parsed, err := hours.Parse(p.Horaires); err == nil {
			card.Hours = parsed
			card.Answer = parsed.At(now, card.Zone)
		}
	}
	return card, nil
}

// lieu answers one place.
func (s *Server) lieu(c echo.Context) error {
	ctx, id := c.Request().Context(), c.Param("featureId")
	a, err := s.understand(ctx, lieu, c.Request().URL.RawQuery)
	if err != nil {
		return err
	}
	chosen, err := s.choose(c, a.format, featureForms)
	if err != nil {
		return err
	}
	if !place.IsIdentifier(id) {
		return fmt.Errorf("place %q: %w", shown(id), place.ErrNotFound)
	}
	data, _, err := s.version(ctx)
	if err != nil {
		return fmt.Errorf("read version: %w", err)
	}
	html := chosen.name == "html"
	tag := s.pastTag(c, a, data, chosen, html, id)
	// A validator that names this place's version answers without looking; "*"
	// asks whether there is anything at all.
	if c.Request().Header.Get("If-None-Match") != "*" {
		if done, err := s.fresh(c, tag); done {
			return err
		}
	}
	hit, err := s.placeAt(ctx, a, id)
	if err != nil {
		return fmt.Errorf("find place: %w", err)
	}
	if done, err := s.fresh(c, tag); done {
		return err
	}
	base := s.base(c.Request())
	links := s.lieuLinks(base, id, a.values, chosen)
	if a.past != nil {
		links = append(links, a.original(base, "/collections/lieux/items/"+id))
	}
	if html {
		one, err := card(hit, false, a.now)
		if err != nil {
			return err
		}
		view := pages.Sheet{Head: s.head(c, "", links...), Card: one, Now: a.now}
		view.AsOf(a.asOf, a.original("", "/collections/lieux/items/"+id).Href)
		if view.Guarantees, err = s.guarantees(ctx, hit); err != nil {
			return err
		}
		if view.Reports = s.config.Tickets != nil; view.Reports {
			view.Kept = s.keeper(ctx, id, data)
		}
		if one.Hours != nil {
			view.Week = one.Hours.Week(midnight(a.now.In(one.Zone.Location())), one.Zone)
		}
		return s.page(c, func(w *bytes.Buffer) error { return s.pages.Sheet(w, view) })
	}
	feature, err := appendHit(nil, hit, false)
	if err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderContentType, typeGeoJSON)
	return s.send(c, http.StatusOK, withLinks(feature, links))
}

// lieuLinks are those of a place.
func (s *Server) lieuLinks(base, id string, values url.Values, chosen form) []link {
	links := views(base, "/collections/lieux/items/"+id, values, chosen, featureForms)
	links = append(links, link{base + "/collections/lieux", "collection", typeJSON, "La collection"},
		link{base + "/collections/lieux/items/" + id + "/score", "related", typeJSON, "Le score de ce lieu, expliqué"})
	if s.config.Duplicates != nil && s.config.Deposits != nil {
		links = append(links, link{base + "/collections/lieux/items/" + id + "/sources", "related", typeJSON, "D’où vient chaque champ"})
	}
	return links
}

// guarantees are the essential guarantees of a place in a citizen's words, of
// the version that scored it; nil when nothing scored it.
func (s *Server) guarantees(ctx context.Context, hit place.Hit) (*pages.Guarantees, error) {
	published, err := quality.ParsePublished(hit.Quality)
	if err != nil {
		return nil, fmt.Errorf("place %s: %w", hit.ID, err)
	}
	current, err := s.force(ctx)
	if err != nil || published.Etat == nil || current == nil {
		return nil, err
	}
	// The day after a version takes effect, some places still have the score of
	// the one before: its codes mean the same, its words may differ a little.
	return pages.GuaranteesOf(hit.ID, published, *current.document), nil
}

// withLinks adds links to a feature's text, before its last brace.
func withLinks(feature []byte, links []link) []byte {
	encoded := bytes.TrimSpace(encode(links))
	out := make([]byte, 0, len(feature)+len(encoded)+16)
	out = append(out, feature[:len(feature)-1]...)
	out = append(out, `,"links":`...)
	out = append(out, encoded...)
	return append(out, "}\n"...)
}

// midnight begins the day of t, where t is: the week that a visitor looks at
// begins today.
func midnight(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
}

// everything walks the whole census, in the order of arrival, as it is or as it
// was.
func (s *Server) everything(ctx context.Context, a *asked, each func(place.Hit) error, sent func() error) error {
	_, _, err := s.walk(ctx, place.Find{AsOf: a.find.AsOf}, math.MaxInt, each, sent)
	return err
}

// export begins the answer of a whole file: its validators and its name.
func (s *Server) export(c echo.Context, extension string) (a *asked, done bool, err error) {
	ctx := c.Request().Context()
	if a, err = s.understand(ctx, exporting, c.Request().URL.RawQuery); err != nil {
		return nil, false, err
	}
	data, _, err := s.version(ctx)
	if err != nil {
		return nil, false, fmt.Errorf("read version: %w", err)
	}
	if done, err := s.fresh(c, s.pastTag(c, a, data, form{name: extension}, false)); done {
		return nil, true, err
	}
	on := s.config.Now()
	if a.past != nil {
		on = a.asOf
	}
	name := on.UTC().Format(time.DateOnly) + "_lieux-de-mediation-numerique." + extension
	c.Response().Header().Set(echo.HeaderContentDisposition, `attachment; filename="`+name+`"`)
	return a, false, nil
}

func (s *Server) exportGeoJSON(c echo.Context) error {
	a, done, err := s.export(c, "geojson")
	if done || err != nil {
		return err
	}
	out := s.open(c, typeGeoJSON)
	defer out.close()
	if c.Request().Method == http.MethodHead {
		return s.send(c, http.StatusOK, nil)
	}
	out.buf = append(out.buf, `{"type":"FeatureCollection","features":[`...)
	first := true
	err = s.everything(c.Request().Context(), a, func(h place.Hit) (err error) {
		if !first {
			out.buf = append(out.buf, ',')
		}
		first = false
		out.buf = append(out.buf, '\n')
		out.buf, err = appendHit(out.buf, h, false)
		return err
	}, func() error { return out.flush(true) })
	if err != nil {
		return err
	}
	out.buf = append(out.buf, "\n]}\n"...)
	return out.flush(false)
}
