package api

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"mednum/api/pages"
	"mednum/internal/place"
)

const crs84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"

// conformsTo are the classes that the API keeps.
var conformsTo = []string{
	"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
	"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
	"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/html",
	"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
}

// conformsToWrites are those of what may be written, where it may.
var conformsToWrites = []string{
	"http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/create-replace-delete",
	"http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/update",
	"http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/optimistic-locking-etags",
}

var documentForms = []form{formJSON, formHTML}

const (
	apiTitle       = "mednum – lieux de médiation numérique"
	apiDescription = "Le recensement ouvert des lieux où se faire aider avec le numérique, en France."
)

// document answers a small resource: as JSON, or as the same in a page.
func (s *Server) document(c echo.Context, path string, build func(ctx context.Context, a *asked, base string, links []link) (any, pages.Document, error)) error {
	ctx := c.Request().Context()
	a, chosen, data, err := s.asked(c, documents, documentForms)
	if err != nil {
		return err
	}
	if done, err := s.fresh(c, s.tag(data, chosen, false)); done {
		return err
	}
	base := s.base(c.Request())
	links := views(base, path, a.values, chosen, documentForms)
	value, view, err := build(ctx, a, base, links)
	if err != nil {
		return err
	}
	if chosen.name == "html" {
		view.Head = s.head(c, view.Title, links...)
		return s.page(c, func(w *bytes.Buffer) error { return s.pages.Document(w, view) })
	}
	c.Response().Header().Set(echo.HeaderContentType, typeJSON)
	return s.send(c, http.StatusOK, encode(value))
}

// root is the landing page of the API for programs, and the citizens' page for
// browsers.
func (s *Server) root(c echo.Context) error {
	f := c.QueryParam("f")
	if f != "json" && f != "html" {
		f = "" // not a form: the table of parameters says so
	}
	chosen, err := s.choose(c, f, documentForms)
	if err != nil {
		return err
	}
	if chosen.name == "html" {
		return s.home(c)
	}
	return s.document(c, "/", func(_ context.Context, _ *asked, base string, links []link) (any, pages.Document, error) {
		return struct {
			Title       string `json:"title"`
			Description string `json:"description"`
			Links       []link `json:"links"`
		}{apiTitle, apiDescription, append(links,
			link{base + "/api", "service-desc", typeOpenAPI, "La définition de l’API"},
			link{base + "/api.html", "service-doc", "text/html", "La documentation de l’API"},
			link{base + "/conformance", "conformance", typeJSON, "Les classes de conformité"},
			link{base + "/collections", "data", typeJSON, "Les collections"},
			link{base + "/exports/lieux.geojson", "enclosure", typeGeoJSON, "Tous les lieux, en GeoJSON"},
			link{base + "/exports/lieux.csv", "enclosure", "text/csv", "Tous les lieux, en CSV du standard national"},
			link{base + "/referentiels", "related", typeJSON, "Le référentiel de qualité de service"},
		)}, pages.Document{}, nil
	})
}

func (s *Server) conformance(c echo.Context) error {
	return s.document(c, "/conformance", func(_ context.Context, _ *asked, _ string, links []link) (any, pages.Document, error) {
		view := pages.Document{Intro: "Cette API suit la norme OGC API – Features. Voici les classes de conformité qu’elle tient."}
		view.Title = "Conformité"
		all := conformsTo
		if s.config.Edits != nil {
			all = slices.Concat(conformsTo, conformsToWrites)
		}
		var rows []pages.Row
		for _, uri := range all {
			rows = append(rows, pages.Row{Href: uri, Name: uri})
		}
		view.Sections = []pages.Section{{Title: "Classes de conformité", Rows: rows}}
		return struct {
			ConformsTo []string `json:"conformsTo"`
			Links      []link   `json:"links"`
		}{all, links}, view, nil
	})
}

type extent struct {
	Spatial  *spatial  `json:"spatial,omitempty"`
	Temporal *temporal `json:"temporal,omitempty"`
}

type spatial struct {
	BBox [][4]float64 `json:"bbox"`
	CRS  string       `json:"crs"`
}

type temporal struct {
	Interval [][2]*string `json:"interval"`
	TRS      string       `json:"trs"`
}

type collectionView struct {
	ID          string   `json:"id"`
	Title       string   `json:"title"`
	Description string   `json:"description"`
	Extent      *extent  `json:"extent,omitempty"`
	ItemType    string   `json:"itemType"`
	CRS         []string `json:"crs"`
	Links       []link   `json:"links"`
}

// collectionTexts say what each collection is.
var collectionTexts = map[string]struct{ title, description string }{
	"lieux":    {"Lieux de médiation numérique", "Les lieux où se faire aider avec le numérique : où, quand, par qui, à quel prix. Les 32 colonnes du standard national."},
	"communes": {"Communes", "Les communes et arrondissements municipaux : noms, codes, codes postaux, population, contours quand ils sont connus."},
}

// describe is a collection, the same in the list and by itself but for links.
func (s *Server) describe(ctx context.Context, id, base string, links []link) (collectionView, error) {
	texts := collectionTexts[id]
	v := collectionView{ID: id, Title: texts.title, Description: texts.description, ItemType: "feature", CRS: []string{crs84},
		Links: append(links,
			link{base + "/collections/" + id + "/items", "items", typeGeoJSON, texts.title + ", en GeoJSON"},
			link{base + "/collections/" + id + "/items?f=html", "items", "text/html", texts.title + ", en HTML"})}
	if id == "lieux" {
		v.Links = append(v.Links,
			link{base + "/exports/lieux.geojson", "enclosure", typeGeoJSON, "Tous les lieux, en GeoJSON"},
			link{base + "/exports/lieux.csv", "enclosure", "text/csv", "Tous les lieux, en CSV"})
	}
	var box *place.BBox
	var dates place.DateRange
	err := s.census.ask(ctx, func(ctx context.Context) (err error) {
		if id == "communes" {
			box, err = s.config.Territories.CommunesExtent(ctx)
			return err
		}
		box, dates, err = s.config.Places.PlacesExtent(ctx)
		return err
	})
	if err != nil {
		return v, fmt.Errorf("read extent of %s: %w", id, err)
	}
	if box != nil {
		v.Extent = &extent{Spatial: &spatial{[][4]float64{{box.West, box.South, box.East, box.North}}, crs84}}
	}
	if dates.From.Known() && dates.To.Known() {
		if v.Extent == nil {
			v.Extent = &extent{}
		}
		// A day has no clock: the interval is from its beginning to its end.
		from, to := dates.From.Time().Format(time.RFC3339), dates.To.Time().Add(24*time.Hour-time.Second).Format(time.RFC3339)
		v.Extent.Temporal = &temporal{[][2]*string{{&from, &to}}, "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"}
	}
	return v, nil
}

func (s *Server) collections(c echo.Context) error {
	return s.document(c, "/collections", func(ctx context.Context, _ *asked, base string, links []link) (any, pages.Document, error) {
		var all []collectionView
		view := pages.Document{Intro: "Les données, en deux collections. Chacune se lit en page ou en GeoJSON."}
		view.Title = "Collections"
		var rows []pages.Row
		for _, id := range []string{"lieux", "communes"} {
			v, err := s.describe(ctx, id, base, []link{{base + "/collections/" + id, "self", typeJSON, collectionTexts[id].title}})
			if err != nil {
				return nil, view, err
			}
			all = append(all, v)
			rows = append(rows, pages.Row{Href: "/collections/" + id, Name: v.Title, Detail: v.Description})
		}
		view.Sections = []pages.Section{{Title: "Collections", Rows: rows}}
		return struct {
			Collections []collectionView `json:"collections"`
			Links       []link           `json:"links"`
		}{all, links}, view, nil
	})
}

func (s *Server) collection(id string) echo.HandlerFunc {
	return func(c echo.Context) error {
		return s.document(c, "/collections/"+id, func(ctx context.Context, _ *asked, base string, links []link) (any, pages.Document, error) {
			v, err := s.describe(ctx, id, base, links)
			view := pages.Document{Intro: v.Description}
			view.Title = v.Title
			rows := []pages.Row{{Href: "/collections/" + id + "/items", Name: "Voir la liste"}, {Href: "/collections/" + id + "/items?f=json", Name: "La lire en GeoJSON"}}
			if id == "lieux" {
				rows = append(rows, pages.Row{Href: "/exports/lieux.csv", Name: "Tout télécharger en CSV"}, pages.Row{Href: "/exports/lieux.geojson", Name: "Tout télécharger en GeoJSON"})
			}
			view.Sections = []pages.Section{{Title: "Lire", Rows: rows}}
			if e := v.Extent; e != nil {
				var facts []pages.Row
				if e.Spatial != nil {
					facts = append(facts, pages.Row{Name: "Rectangle (ouest, sud, est, nord)", Detail: fmt.Sprint(e.Spatial.BBox[0])})
				}
				if e.Temporal != nil {
					facts = append(facts, pages.Row{Name: "Dates de mise à jour", Detail: (*e.Temporal.Interval[0][0])[:10] + " – " + (*e.Temporal.Interval[0][1])[:10]})
				}
				view.Sections = append(view.Sections, pages.Section{Title: "Étendue", Rows: facts})
			}
			return v, view, err
		})
	}
}
