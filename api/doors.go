package api

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"

	"github.com/labstack/echo/v4"

	"mednum/internal/access"
)

// door is one operation of the API or one page: who may pass, and where. The
// list of doors is the whole of the permissions: nothing answers that has no
// line in it, and the key is looked at here, before any handler runs.
type door struct {
	method, path string
	handler      echo.HandlerFunc
	may          []access.Operation // who may do one of these passes; none: anybody
	on           hold
}

// hold is what the territory of a key must hold.
type hold int

const (
	anywhere  hold = iota // the operation is of no territory
	thisPlace             // the place that the address names
	inHandler             // what the body or the record names: the handler looks, and hides or refuses the rest
)

const keyAdmitted = "admitted"

// allDoors lists them.
func (s *Server) allDoors() []door {
	return slices.Concat(s.revisionDoors(), s.ticketDoors(), s.workDoors(), s.censusDoors(), s.intakeDoors(), s.rulesDoors(), s.formDoors(), s.editDoors(), s.sessionDoors())
}

func reads(path string, h echo.HandlerFunc) door {
	return door{method: http.MethodGet, path: path, handler: h}
}
func posts(path string, h echo.HandlerFunc) door {
	return door{method: http.MethodPost, path: path, handler: h}
}
func puts(path string, h echo.HandlerFunc) door {
	return door{method: http.MethodPut, path: path, handler: h}
}
func patches(path string, h echo.HandlerFunc) door {
	return door{method: http.MethodPatch, path: path, handler: h}
}
func deletes(path string, h echo.HandlerFunc) door {
	return door{method: http.MethodDelete, path: path, handler: h}
}

// to says who passes.
func (d door) to(ops ...access.Operation) door {
	d.may = ops
	return d
}

// about says what their territory must hold.
func (d door) about(h hold) door {
	d.on = h
	return d
}

func (s *Server) censusDoors() []door {
	const lieu = "/collections/lieux/items/:featureId"
	return []door{
		reads("/", s.root),
		reads("/conformance", s.conformance),
		reads("/collections", s.collections),
		reads("/collections/lieux", s.collection("lieux")),
		reads("/collections/lieux/items", s.lieux),
		reads(lieu, s.lieu),
		reads(lieu+"/score", s.score),
		reads(lieu+"/declarations", s.declarations),
		posts(lieu+"/declarations", s.declare).to(access.Declare).about(thisPlace),
		posts(lieu+"/preuves", s.verify).to(access.Verify).about(thisPlace),
		reads(lieu+"/contestations", s.contests),
		posts(lieu+"/contestations", s.openContest).to(access.Contest).about(thisPlace),
		reads(lieu+"/sources", s.beneath),
		posts(lieu+"/separation", s.split).to(access.Reconcile).about(thisPlace),
		reads("/collections/communes", s.collection("communes")),
		reads("/collections/communes/items", s.communes),
		reads("/collections/communes/items/:featureId", s.commune),
		reads("/suggestions", s.suggestions),
		reads("/exports/lieux.geojson", s.exportGeoJSON),
		reads("/exports/lieux.csv", s.exportCSV),
		reads("/outlines.geojson", s.outlinesGeoJSON),
		reads("/healthz", s.healthz),
		reads("/readyz", s.readyz),
		reads("/metrics", s.metrics.handler(s)),
	}
}

func (s *Server) intakeDoors() []door {
	return []door{
		reads("/depots", s.deposits).to(access.Give).about(inHandler),
		posts("/depots", s.deposit).to(access.Give).about(inHandler),
		reads("/depots/:numero", s.depot).to(access.Give).about(inHandler),
		reads("/depots/:numero/suivi", s.follow).to(access.Give).about(inHandler),
		reads("/depots/:numero/correspondance", s.correspondance).to(access.Give).about(inHandler),
		puts("/depots/:numero/correspondance", s.putCorrespondance).to(access.Give).about(inHandler),
		posts("/depots/:numero/correspondance", s.postCorrespondance).to(access.Give).about(inHandler),
		posts("/depots/:numero/apercu", s.preview).to(access.Give).about(inHandler),
		reads("/depots/:numero/rapport", s.report).to(access.Give).about(inHandler),
		reads("/depots/:numero/changements", s.changes).to(access.Give).about(inHandler),
		posts("/depots/:numero/etapes", s.stepDepot).to(access.Give).about(inHandler),
		reads("/sources", s.sources).to(access.Give, access.Schedule).about(inHandler),
		posts("/sources", s.createSource).to(access.Schedule).about(inHandler),
		reads("/sources/:numero", s.source).to(access.Give, access.Schedule).about(inHandler),
		puts("/sources/:numero", s.saveSource).to(access.Schedule).about(inHandler),
		posts("/sources/:numero", s.saveSource).to(access.Schedule).about(inHandler),
		posts("/sources/:numero/tirages", s.pullSource).to(access.Schedule).about(inHandler),
		reads("/doublons", s.doubtful).to(access.Reconcile).about(inHandler),
		reads("/doublons/:numero", s.pair),
		posts("/doublons/:numero/decision", s.decide).to(access.Reconcile).about(inHandler),
		reads("/correspondances/schema.json", s.mappingSchema),
	}
}

func (s *Server) rulesDoors() []door {
	return []door{
		reads("/contestations/:numero", s.contest),
		posts("/contestations/:numero/etapes", s.stepContest).to(access.Contest, access.Declare, access.Judge).about(inHandler),
		reads("/referentiels", s.referentiels),
		posts("/referentiels", s.fork).to(access.Draft),
		reads("/referentiels/schema.json", s.schema),
		reads("/referentiels/:version", s.referentiel),
		puts("/referentiels/:version", s.saveDraft).to(access.Draft),
		reads("/referentiels/:version/differences", s.differences),
		reads("/referentiels/:version/questionnaire", s.questionnaire),
		posts("/referentiels/:version/etapes", s.advance).to(access.Advance, access.Publish),
		posts("/referentiels/:version/approbations", s.approve).to(access.Approve),
		reads("/referentiels/:version/simulation", s.simulation),
		posts("/referentiels/:version/simulation", s.simulate).to(access.Simulate),
		reads("/referentiels/:version/remontees", s.remontees),
		posts("/referentiels/:version/remontees", s.submitRemontee).to(access.Comment),
		reads("/referentiels/:version/journal", s.journal),
		reads("/referentiels/:version/edition", s.edition),
		posts("/referentiels/:version/edition", s.edit).to(access.Draft),
		reads("/remontees/:numero", s.remontee),
		posts("/remontees/:numero/reponse", s.answerRemontee).to(access.Answer),
		reads("/journal", s.journal),
	}
}

// hang makes the router answer at a door.
func (s *Server) hang(d door) {
	s.served[d.path] = true
	s.hung = append(s.hung, d)
	h := d.handler
	if len(d.may) > 0 {
		h = func(c echo.Context) error {
			w, led, err := s.admit(c, &d)
			if err != nil || led {
				return err
			}
			c.Set(keyAdmitted, w)
			return d.handler(c)
		}
	}
	s.echo.Add(d.method, d.path, h)
	if d.method == http.MethodGet {
		s.echo.HEAD(d.path, h)
	}
}

// admit asks who comes, and whether they may pass. A browser without a key is
// led to the page that takes one: led is then true.
func (s *Server) admit(c echo.Context, d *door) (w *written, led bool, err error) {
	reading := d.method == http.MethodGet
	if !reading {
		if err := s.fromHere(c); err != nil {
			return nil, false, err
		}
	}
	if s.config.Consultations == nil {
		return nil, false, errClosed
	}
	if reading {
		h := c.Response().Header()
		h.Set("Vary", "Accept, Accept-Encoding, Authorization, Cookie")
		h.Set("Cache-Control", "private, no-store")
		h.Set("X-Robots-Tag", "noindex")
	}
	key, err := s.who(c)
	if errors.Is(err, errNoKey) && reading && s.wantsHTML(c) {
		return nil, true, s.seeOther(c, "/connexion?retour="+url.QueryEscape(c.Request().URL.RequestURI()))
	}
	if err != nil {
		return nil, false, err
	}
	signedIn(c, key)
	w = &written{key: key, at: s.config.Now()}
	if err := w.may(d.may...); err != nil {
		return nil, false, err
	}
	if d.on == thisPlace {
		if w.target, err = s.target(c); err != nil {
			return nil, false, err
		}
		if err := w.on(w.target); err != nil {
			return nil, false, err
		}
	}
	return w, false, nil
}

// Permission is a line of the table of who may do what.
type Permission struct {
	Method, Path string             // as in openapi.yaml
	May          []access.Operation // one of them passes; none: anybody
	Place        bool               // the territory of the key must hold the place that the address names
	Territory    bool               // or what the body or the record names
}

// Permissions lists every operation and page, in the order of the addresses.
func Permissions() []Permission {
	var list []Permission
	for _, d := range (&Server{metrics: newMetrics("")}).allDoors() {
		list = append(list, Permission{d.method, inAddress.ReplaceAllString(d.path, "{$1}"), d.may, d.on == thisPlace, d.on == inHandler})
	}
	slices.SortFunc(list, func(a, b Permission) int { return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method)) })
	return list
}

var inAddress = regexp.MustCompile(`:([A-Za-z]+)`)
