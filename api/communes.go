package api

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/labstack/echo/v4"
	"github.com/paulmach/orb"

	"mednum/api/pages"
	"mednum/internal/french"
	"mednum/internal/place"
	"mednum/internal/territory"
)

// communes answers the communes asked for, by code.
func (s *Server) communes(c echo.Context) error {
	ctx := c.Request().Context()
	a, chosen, data, err := s.asked(c, communes, featureForms)
	if err != nil {
		return err
	}
	if done, err := s.fresh(c, s.tag(data, chosen, false)); done {
		return err
	}
	base, path := s.base(c.Request()), "/collections/communes/items"
	links := views(base, path, a.values, chosen, featureForms)
	links = append(links, link{base + "/collections/communes", "collection", typeJSON, "La collection"})
	none, err := s.named(a)
	if err != nil {
		return err
	}
	if chosen.name == "html" {
		return s.listCommunes(c, a, none, links)
	}
	out := s.open(c, typeGeoJSON)
	defer out.close()
	if c.Request().Method == http.MethodHead {
		return s.send(c, http.StatusOK, nil)
	}
	out.buf = append(out.buf, `{"type":"FeatureCollection","features":[`...)
	returned := 0
	more, last, err := s.walkCommunes(ctx, a, none, a.find.Limit, func(m territory.Commune) error {
		if returned > 0 {
			out.buf = append(out.buf, ',')
		}
		returned++
		out.buf = append(out.buf, '\n')
		out.buf = appendCommune(out.buf, &m)
		return nil
	}, func() error { return out.flush(true) })
	if err != nil {
		return err
	}
	if more {
		links = append(links, link{address(base, path, a.values, "cursor", a.cursorAfter(place.Cursor{ID: last})), "next", typeGeoJSON, "La page suivante"})
	}
	out.buf = appendEnd(out.buf, returned, s.config.Now(), links)
	return out.flush(false)
}

// named turns q into the codes of the communes that it names; none is true when
// it names none, or none of those also asked for by code.
func (s *Server) named(a *asked) (none bool, err error) {
	if a.words == "" {
		return false, nil
	}
	atlas, err := a.atlas()
	if err != nil {
		return false, fmt.Errorf("load territories: %w", err)
	}
	var codes []string
	for _, m := range atlas.gazetteer.Search(a.words, limitMaximum) {
		if len(a.find.CodeInsee) == 0 || slices.Contains(a.find.CodeInsee, m.Code) {
			codes = append(codes, m.Code)
		}
	}
	a.find.CodeInsee = codes
	return len(codes) == 0, nil
}

// walkCommunes is walk for communes, whose contours are heavier.
func (s *Server) walkCommunes(ctx context.Context, a *asked, none bool, limit int, each func(territory.Commune) error, sent func() error) (more bool, last string, err error) {
	if none {
		return false, "", nil
	}
	f, count := a.find, 0
	for last = f.After.ID; ; {
		f.After = place.Cursor{ID: last}
		f.Limit = chunk
		if rest := limit - count; rest < chunk {
			f.Limit = rest + 1
		}
		got := 0
		err := s.census.communes(ctx, f, func(m territory.Commune) error {
			got++
			if count == limit {
				more = true
				return nil
			}
			count++
			last = m.Code
			return each(m)
		})
		if err != nil {
			return false, last, fmt.Errorf("find communes: %w", err)
		}
		if more || got < f.Limit {
			return more, last, nil
		}
		if err := sent(); err != nil {
			return false, last, err
		}
	}
}

// listCommunes is the same as a plain list.
func (s *Server) listCommunes(c echo.Context, a *asked, none bool, links []link) error {
	view := pages.Listing{Collection: "communes"}
	more, last, err := s.walkCommunes(c.Request().Context(), a, none, min(a.find.Limit, cardsMaximum), func(m territory.Commune) error {
		detail := "code " + m.Code
		if len(m.CodesPostaux) > 0 {
			detail += " · " + strings.Join(m.CodesPostaux, ", ")
		}
		if m.Population >= 0 {
			detail += " · " + french.Integer(int64(m.Population)) + " habitants"
		}
		view.Rows = append(view.Rows, pages.Row{Href: "/collections/communes/items/" + m.Code, Name: m.Nom, Detail: detail})
		return nil
	}, func() error { return nil })
	if err != nil {
		return err
	}
	if more {
		next := address(s.base(c.Request()), c.Request().URL.Path, a.values, "cursor", a.cursorAfter(place.Cursor{ID: last}))
		view.Next = next
		links = append(links, link{next, "next", "text/html", "La page suivante"})
	}
	view.Head = s.head(c, "", links...)
	return s.page(c, func(w *bytes.Buffer) error { return s.pages.Listing(w, view) })
}

// commune answers one commune by its code, current or former.
func (s *Server) commune(c echo.Context) error {
	ctx, code := c.Request().Context(), strings.ToUpper(c.Param("featureId"))
	a, err := s.understand(ctx, commune, c.Request().URL.RawQuery)
	if err != nil {
		return err
	}
	chosen, err := s.choose(c, a.format, featureForms)
	if err != nil {
		return err
	}
	if !codeInseePattern.MatchString(code) {
		return fmt.Errorf("commune %q: %w", shown(code), errNoCommune)
	}
	data, _, err := s.version(ctx)
	if err != nil {
		return fmt.Errorf("read version: %w", err)
	}
	atlas, err := a.atlas()
	if err != nil {
		return fmt.Errorf("load territories: %w", err)
	}
	if known, ok := atlas.gazetteer.Commune(code); ok {
		code = known.Code
	}
	var found *territory.Commune
	err = s.census.communes(ctx, place.Find{CodeInsee: []string{code}, Limit: 1}, func(m territory.Commune) error {
		found = &m
		return nil
	})
	if err != nil {
		return fmt.Errorf("find commune: %w", err)
	}
	if found == nil {
		return fmt.Errorf("commune %s: %w", code, errNoCommune)
	}
	if done, err := s.fresh(c, s.tag(data, chosen, false, code)); done {
		return err
	}
	base := s.base(c.Request())
	links := views(base, "/collections/communes/items/"+code, a.values, chosen, featureForms)
	links = append(links, link{base + "/collections/communes", "collection", typeJSON, "La collection"},
		link{base + "/collections/lieux/items?" + url.Values{"code_insee": {code}}.Encode(), "related", typeGeoJSON, "Les lieux de cette commune"})
	if chosen.name == "html" {
		return s.page(c, func(w *bytes.Buffer) error {
			return s.pages.Document(w, communePage(s.head(c, found.Nom, links...), found))
		})
	}
	c.Response().Header().Set(echo.HeaderContentType, typeGeoJSON)
	return s.send(c, http.StatusOK, withLinks(appendCommune(nil, found), links))
}

func communePage(head pages.Head, m *territory.Commune) pages.Document {
	rows := []pages.Row{{Name: "Code officiel géographique", Detail: m.Code}}
	add := func(name, detail string) {
		if detail != "" {
			rows = append(rows, pages.Row{Name: name, Detail: detail})
		}
	}
	add("Codes postaux", strings.Join(m.CodesPostaux, ", "))
	add("Département", m.Departement)
	add("Région", m.Region)
	add("Intercommunalité (SIREN)", m.Epci)
	if m.Population >= 0 {
		add("Habitants", french.Integer(int64(m.Population)))
	} else {
		add("Habitants", "inconnu")
	}
	add("Anciens codes", strings.Join(m.AnciensCodes, ", "))
	add("Anciens noms", strings.Join(m.AnciensNoms, ", "))
	if !m.HasPoint && m.Contour == nil {
		add("Position", "inconnue")
	}
	return pages.Document{Head: head, Sections: []pages.Section{
		{Title: "La commune", Rows: rows},
		{Title: "Ses lieux", Rows: []pages.Row{{Href: "/collections/lieux/items?code_insee=" + m.Code, Name: "Voir les lieux de cette commune"}}},
	}}
}

// appendCommune appends a commune's Feature; its last member is properties.
func appendCommune(dst []byte, m *territory.Commune) []byte {
	dst = append(dst, `{"type":"Feature","id":`...)
	dst = appendJSON(dst, m.Code)
	dst = append(dst, `,"geometry":`...)
	switch {
	case m.Contour != nil:
		dst = appendGeometry(dst, m.Contour)
	case m.HasPoint:
		dst = appendGeometry(dst, m.Point)
	default:
		dst = append(dst, "null"...)
	}
	dst = append(dst, `,"properties":{"code_insee":`...)
	dst = appendJSON(dst, m.Code)
	dst = append(dst, `,"nom":`...)
	dst = appendJSON(dst, m.Nom)
	dst = append(dst, `,"codes_postaux":`...)
	dst = appendTexts(dst, m.CodesPostaux)
	for _, p := range []struct{ name, value string }{{"departement", m.Departement}, {"region", m.Region}, {"epci", m.Epci}, {"commune_parente", m.Parent}} {
		dst = append(dst, `,"`+p.name+`":`...)
		if p.value == "" {
			dst = append(dst, "null"...)
		} else {
			dst = appendJSON(dst, p.value)
		}
	}
	dst = append(dst, `,"population":`...)
	if m.Population < 0 {
		dst = append(dst, "null"...)
	} else {
		dst = strconv.AppendInt(dst, int64(m.Population), 10)
	}
	dst = append(dst, `,"centre":`...)
	if m.HasPoint {
		dst = appendPoint(dst, m.Point)
	} else {
		dst = append(dst, "null"...)
	}
	dst = append(dst, `,"anciens_codes":`...)
	dst = appendTexts(dst, m.AnciensCodes)
	dst = append(dst, `,"anciens_noms":`...)
	dst = appendTexts(dst, m.AnciensNoms)
	return append(dst, "}}"...)
}

func appendJSON(dst []byte, v any) []byte { return append(dst, bytes.TrimSpace(encode(v))...) }

func appendTexts(dst []byte, list []string) []byte {
	if list == nil {
		list = []string{}
	}
	return appendJSON(dst, list)
}

func appendPoint(dst []byte, p orb.Point) []byte {
	dst = append(dst, '[')
	dst = strconv.AppendFloat(dst, p[0], 'f', -1, 64)
	dst = append(dst, ',')
	dst = strconv.AppendFloat(dst, p[1], 'f', -1, 64)
	return append(dst, ']')
}

// appendGeometry writes a point, a polygon or several; anything else is null:
// territories hold nothing else. orb's own encoder allocates once a coordinate.
func appendGeometry(dst []byte, g orb.Geometry) []byte {
	rings := func(polygon orb.Polygon) {
		dst = append(dst, '[')
		for i, ring := range polygon {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(dst, '[')
			for j, p := range ring {
				if j > 0 {
					dst = append(dst, ',')
				}
				dst = appendPoint(dst, p)
			}
			dst = append(dst, ']')
		}
		dst = append(dst, ']')
	}
	switch g := g.(type) {
	case orb.Point:
		dst = append(dst, `{"type":"Point","coordinates":`...)
		dst = appendPoint(dst, g)
	case orb.Polygon:
		dst = append(dst, `{"type":"Polygon","coordinates":`...)
		rings(g)
	case orb.MultiPolygon:
		dst = append(dst, `{"type":"MultiPolygon","coordinates":[`...)
		for i, polygon := range g {
			if i > 0 {
				dst = append(dst, ',')
			}
			rings(polygon)
		}
		dst = append(dst, ']')
	default:
		return append(dst, "null"...)
	}
	return append(dst, '}')
}

// suggestion is a commune for the search box; unknown is null.
type suggestion struct {
	Label      string   `json:"label"`
	CodeInsee  string   `json:"code_insee"`
	CodePostal *string  `json:"code_postal"`
	Lon        *float64 `json:"lon"`
	Lat        *float64 `json:"lat"`
	Population *int     `json:"population"`
}

// suggestions answers what a person may mean by what she has written so far.
func (s *Server) suggestions(c echo.Context) error {
	ctx := c.Request().Context()
	a, err := s.understand(ctx, suggestions, c.Request().URL.RawQuery)
	if err != nil {
		return err
	}
	atlas, err := a.atlas()
	if err != nil {
		return fmt.Errorf("load territories: %w", err)
	}
	if done, err := s.fresh(c, s.tag(atlas.version, formJSON, false)); done {
		return err
	}
	answer := struct {
		Suggestions []suggestion `json:"suggestions"`
	}{Suggestions: []suggestion{}}
	for _, m := range atlas.gazetteer.Search(a.words, a.find.Limit) {
		one := suggestion{Label: m.Label, CodeInsee: m.Code}
		if m.CodePostal != "" {
			one.CodePostal = &m.CodePostal
		} else if len(m.CodesPostaux) == 1 {
			one.CodePostal = &m.CodesPostaux[0]
		}
		if m.HasPoint {
			one.Lon, one.Lat = &m.Point[0], &m.Point[1]
		}
		if m.Population >= 0 {
			one.Population = &m.Population
		}
		answer.Suggestions = append(answer.Suggestions, one)
	}
	c.Response().Header().Set(echo.HeaderContentType, typeJSON)
	return s.send(c, http.StatusOK, encode(answer))
}

// outlinesTolerance is in degrees: about 800 m, a pixel of a map of France.
const outlinesTolerance = 0.01

// outlines keeps the départements' contours as they are sent, as of a version
// of the territories: they change once a year.
type outlines struct {
	mu      sync.Mutex
	version int64
	text    []byte
}

func (s *Server) outlinesGeoJSON(c echo.Context) error {
	ctx := c.Request().Context()
	if _, err := s.understand(ctx, plain, c.Request().URL.RawQuery); err != nil {
		return err
	}
	_, version, err := s.version(ctx)
	if err != nil {
		return fmt.Errorf("read version: %w", err)
	}
	c.Response().Header().Set("Cache-Control", "public, max-age=3600")
	if done, err := s.fresh(c, s.tag(version, form{name: "outlines"}, false)); done {
		return err
	}
	text, err := s.outlinesText(ctx, version)
	if err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderContentType, typeGeoJSON)
	return s.send(c, http.StatusOK, text)
}

func (s *Server) outlinesText(ctx context.Context, version int64) ([]byte, error) {
	o := &s.outlines
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.text != nil && o.version == version {
		return o.text, nil
	}
	var divisions []territory.Division
	err := s.census.ask(ctx, func(ctx context.Context) (err error) {
		divisions, err = s.config.Territories.Outlines(ctx, outlinesTolerance)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read outlines: %w", err)
	}
	text := []byte(`{"type":"FeatureCollection","features":[`)
	for i, d := range divisions {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(text, "\n{\"type\":\"Feature\",\"id\":"...)
		text = appendJSON(text, d.Code)
		text = append(text, `,"geometry":`...)
		text = appendGeometry(text, d.Contour)
		text = append(text, `,"properties":{"nom":`...)
		text = appendJSON(text, d.Nom)
		text = append(text, "}}"...)
	}
	o.text, o.version = append(text, "\n]}\n"...), version
	return o.text, nil
}
