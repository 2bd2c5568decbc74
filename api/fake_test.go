package api

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geo"

	"mednum/api/pages"
	"mednum/internal/hours"
	"mednum/internal/place"
	"mednum/internal/quality"
	"mednum/internal/territory"
)

// census is a model of the database: it evaluates a Find by looking at every
// place, as the words of place.Find say. Distances are the sphere's. It also
// fails on demand, which the database does not.
type census struct {
	mu      sync.Mutex
	version int64
	places  []modelPlace // in the order of arrival
	set     territory.Set

	// before is called at the beginning of each question, with its name; an
	// error is its answer.
	before func(ctx context.Context, question string) error
	// during is called before each hit but the first.
	during func(n int) error
	asked  []string

	// quality is the score of a place, as a hit has it; nil: none is scored.
	quality func(modelPlace) []byte
}

type modelPlace struct {
	seq       int64
	place     place.Place
	published place.Published
	withdrawn bool
}

func (m modelPlace) hit() place.Hit {
	return place.Hit{ID: m.published.ID, Seq: m.seq, Feature: place.AppendFeature(nil, &m.place, nil, m.published)}
}

// hit is a place found, with its score.
func (m *census) hit(p modelPlace) place.Hit {
	h := p.hit()
	if m.quality != nil {
		h.Quality = m.quality(p)
	}
	return h
}

// graded is what place.Find says of levels, scores and guarantees.
func graded(f place.Find, members []byte) bool {
	if len(f.Niveau) == 0 && f.ScoreMin == 0 && !f.Socle.Complete && len(f.Socle.Codes) == 0 {
		return true
	}
	p, err := quality.ParsePublished(members)
	if err != nil || p.Etat == nil {
		return false
	}
	if len(f.Niveau) > 0 && (p.Niveau == nil || !slices.Contains(f.Niveau, *p.Niveau)) {
		return false
	}
	if f.ScoreMin > 0 && (p.Score == nil || int(math.Round(*p.Score*100)) < f.ScoreMin) {
		return false
	}
	if f.Socle.Complete && len(p.SocleManque)+len(p.SocleInconnu) > 0 {
		return false
	}
	return !slices.ContainsFunc(f.Socle.Codes, func(code string) bool { return !slices.Contains(p.Socle, code) })
}

func (m *census) begin(ctx context.Context, question string) error {
	m.mu.Lock()
	m.asked = append(m.asked, question)
	before := m.before
	m.mu.Unlock()
	if before != nil {
		if err := before(ctx, question); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// questions gives what was asked since the last call.
func (m *census) questions() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	asked := m.asked
	m.asked = nil
	return asked
}

func (m *census) Versions(ctx context.Context) (data, territories int64, err error) {
	if err := m.begin(ctx, "Versions"); err != nil {
		return 0, 0, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.version, 1, nil
}

func (m *census) Ready(ctx context.Context) error { return m.begin(ctx, "Ready") }

func (m *census) Place(ctx context.Context, id string) (place.Hit, error) {
	if err := m.begin(ctx, "Place"); err != nil {
		return place.Hit{}, err
	}
	for _, p := range m.places {
		if p.published.ID == id {
			if p.withdrawn {
				return place.Hit{}, place.ErrGone
			}
			return m.hit(p), nil
		}
	}
	return place.Hit{}, place.ErrNotFound
}

func within(b place.BBox, longitude, latitude float64) bool {
	if latitude < b.South || latitude > b.North {
		return false
	}
	if b.West > b.East {
		return longitude >= b.West || longitude <= b.East
	}
	return longitude >= b.West && longitude <= b.East
}

// satisfies is what place.Find means, word by word.
func (m modelPlace) satisfies(f place.Find) bool {
	p := m.place
	if m.withdrawn {
		return false
	}
	if f.BBox != nil && !(p.Position.Known() && within(*f.BBox, p.Position.Longitude(), p.Position.Latitude())) {
		return false
	}
	if f.NoPosition && p.Position.Known() {
		return false
	}
	if f.DateMaj.From.Known() && (!p.DateMaj.Known() || p.DateMaj.Compare(f.DateMaj.From) < 0) {
		return false
	}
	if f.DateMaj.To.Known() && (!p.DateMaj.Known() || p.DateMaj.Compare(f.DateMaj.To) > 0) {
		return false
	}
	for name, values := range f.In {
		column, _ := place.ColumnNamed(name)
		if !slices.ContainsFunc(*column.List(&p), func(v string) bool { return slices.Contains(values, v) }) {
			return false
		}
	}
	among := func(values []string, v string) bool { return len(values) == 0 || slices.Contains(values, v) }
	if !among(f.CodeInsee, p.CodeInsee) || !among(f.CodePostal, p.CodePostal) || !among(f.Departement, m.published.Departement) {
		return false
	}
	// A word of one or two signs is the beginning of a word: "a" is everywhere.
	words := func(s string) []string {
		return strings.FieldsFunc(place.Fold(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	}
	all := " " + strings.Join(words(p.Nom+" "+p.Commune+" "+p.Adresse), " ")
	for _, word := range words(f.Q) {
		if len([]rune(word)) < 3 {
			word = " " + word
		}
		if !strings.Contains(all, word) {
			return false
		}
	}
	if f.OpenAt != nil {
		h, err := hours.Parse(p.Horaires)
		if err != nil || p.Horaires == "" {
			return false
		}
		zone, at := hours.ZoneOf(m.published.Departement), f.OpenAt.Time
		if f.OpenAt.Local {
			at = time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), at.Second(), 0, zone.Location())
		}
		if h.At(at, zone).State != hours.Open {
			return false
		}
	}
	return true
}

func (m *census) Find(ctx context.Context, f place.Find, each func(place.Hit) error) error {
	if err := m.begin(ctx, "Find"); err != nil {
		return err
	}
	if f.Limit <= 0 {
		return fmt.Errorf("find %d places", f.Limit)
	}
	var found []place.Hit
	for _, p := range m.places {
		if !p.satisfies(f) {
			continue
		}
		hit := m.hit(p)
		if !graded(f, hit.Quality) {
			continue
		}
		if f.Near.Known() {
			if !p.place.Position.Known() {
				continue
			}
			hit.Distance = geo.DistanceHaversine(point(f.Near), point(p.place.Position))
			if f.Radius > 0 && hit.Distance > f.Radius {
				continue
			}
			if f.After.ID != "" && (hit.Distance < f.After.Distance || hit.Distance == f.After.Distance && hit.ID <= f.After.ID) {
				continue
			}
		} else if hit.Seq <= f.After.Seq {
			continue
		}
		found = append(found, hit)
	}
	if f.Near.Known() {
		slices.SortFunc(found, func(a, b place.Hit) int {
			return cmp.Or(cmp.Compare(a.Distance, b.Distance), strings.Compare(a.ID, b.ID))
		})
	}
	for i, hit := range found[:min(f.Limit, len(found))] {
		if i > 0 && m.during != nil {
			if err := m.during(i); err != nil {
				return err
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		text := slices.Clone(hit.Feature)
		hit.Feature = text
		if err := each(hit); err != nil {
			return err
		}
		for i := range text { // the bytes are each's only until it returns
			text[i] = 'x'
		}
	}
	return nil
}

func point(p place.Position) orb.Point { return orb.Point{p.Longitude(), p.Latitude()} }

func (m *census) CountPlaces(ctx context.Context) (all, demonstration int64, err error) {
	for _, p := range m.places {
		if !p.withdrawn {
			all++
			if p.published.Demonstration {
				demonstration++
			}
		}
	}
	return all, demonstration, m.begin(ctx, "CountPlaces")
}

func (m *census) PlacesExtent(ctx context.Context) (*place.BBox, place.DateRange, error) {
	if err := m.begin(ctx, "PlacesExtent"); err != nil {
		return nil, place.DateRange{}, err
	}
	var box *place.BBox
	var dates place.DateRange
	for _, p := range m.places {
		if p.withdrawn {
			continue
		}
		if at := p.place.Position; at.Known() {
			if box == nil {
				box = &place.BBox{West: math.Inf(1), South: math.Inf(1), East: math.Inf(-1), North: math.Inf(-1)}
			}
			*box = place.BBox{West: min(box.West, at.Longitude()), South: min(box.South, at.Latitude()), East: max(box.East, at.Longitude()), North: max(box.North, at.Latitude())}
		}
		if d := p.place.DateMaj; d.Known() {
			if !dates.From.Known() || d.Compare(dates.From) < 0 {
				dates.From = d
			}
			if !dates.To.Known() || d.Compare(dates.To) > 0 {
				dates.To = d
			}
		}
	}
	return box, dates, nil
}

func (m *census) Territories(ctx context.Context) (territory.Set, error) {
	return m.set, m.begin(ctx, "Territories")
}

func (m *census) Communes(ctx context.Context, f place.Find, each func(territory.Commune) error) error {
	if err := m.begin(ctx, "Communes"); err != nil {
		return err
	}
	n := 0
	for _, c := range m.set.Communes { // by code
		among := func(values []string, v ...string) bool {
			return len(values) == 0 || slices.ContainsFunc(v, func(v string) bool { return slices.Contains(values, v) })
		}
		if n == f.Limit || c.Code <= f.After.ID || !among(f.CodeInsee, c.Code) || !among(f.CodePostal, c.CodesPostaux...) || !among(f.Departement, c.Departement) {
			continue
		}
		if f.BBox != nil {
			meets := c.HasPoint && within(*f.BBox, c.Point[0], c.Point[1])
			if c.Contour != nil {
				meets = c.Contour.Bound().Intersects(orb.Bound{Min: orb.Point{f.BBox.West, f.BBox.South}, Max: orb.Point{f.BBox.East, f.BBox.North}})
			}
			if !meets {
				continue
			}
		}
		n++
		if err := each(c); err != nil {
			return err
		}
	}
	return nil
}

func (m *census) CommunesExtent(ctx context.Context) (*place.BBox, error) {
	if err := m.begin(ctx, "CommunesExtent"); err != nil {
		return nil, err
	}
	return &place.BBox{West: -1.3, South: 44.5, East: 5.1, North: 49.4}, nil
}

func (m *census) Outlines(ctx context.Context, _ float64) ([]territory.Division, error) {
	if err := m.begin(ctx, "Outlines"); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(m.set.Divisions), func(d territory.Division) bool { return d.Contour == nil }), nil
}

// noon is the clock of the tests: a Wednesday, 12:30 in Paris.
var noon = time.Date(2026, time.April, 15, 10, 30, 0, 0, time.UTC)

func position(latitude, longitude float64) place.Position {
	p, err := place.NewPosition(latitude, longitude)
	if err != nil {
		panic(err)
	}
	return p
}

// newCensus is a small census with everything in it that answers differ by.
func newCensus() *census {
	m := &census{version: 7}
	add := func(departement string, p place.Place) {
		seq := int64(len(m.places) + 1)
		p.ID = fmt.Sprintf("structure-%d", seq)
		m.places = append(m.places, modelPlace{seq: seq, place: p, published: place.Published{ID: place.Identifier(seq),
			Producteur: "essai", Departement: departement, ModifieLe: "2026-04-01T08:00:00Z"}})
	}
	date := func(y int, mo time.Month, d int) place.Date { return place.Date{Year: y, Month: mo, Day: d} }
	add("51", place.Place{Nom: "Médiathèque Jean-Falala", Commune: "Reims", CodePostal: "51100", CodeInsee: "51454", Adresse: "2 rue des Fuseliers", Position: position(49.2530, 4.0320),
		Services: []string{"Aide aux démarches administratives", "Accès internet et matériel informatique"}, FraisACharge: []string{"Gratuit"}, Typologie: []string{"BIB"},
		Horaires: "Tu-Sa 10:00-19:00; PH off", Telephone: "+33326356800", Courriels: []string{"bonjour@example.org"}, DateMaj: date(2026, 3, 2), PublicsSpecifiquementAdresses: []string{}})
	add("51", place.Place{Nom: "Anonymal", Commune: "Reims", CodePostal: "51100", CodeInsee: "51454", Adresse: "12 BIS RUE DE LECLERCQ", Position: position(49.2583, 4.0317),
		Services: []string{"Maîtrise des outils numériques du quotidien"}, FraisACharge: []string{"Gratuit sous condition", "Payant"}, Typologie: []string{"TIERS_LIEUX", "ASSO"},
		Horaires: "Mo-Fr 09:00-12:00,14:00-18:30", DateMaj: date(2024, 4, 2), ModalitesAcces: []string{"Se présenter", "Ce lieu n'accueille pas de public"}})
	add("33", place.Place{Nom: "Point numérique de l’Œuvre & \"Cie\"", Commune: "Bordeaux", CodePostal: "33000", CodeInsee: "33063", Adresse: "1 cours de l’Intendance", Position: position(44.8412, -0.5754),
		Services: []string{"Aide aux démarches administratives"}, DateMaj: date(2025, 1, 15), Typologie: []string{"CCAS"}, Horaires: "sur rendez-vous"})
	add("33", place.Place{Nom: "France services itinérant", Commune: "Bordeaux", CodePostal: "33300", CodeInsee: "33063", Adresse: "place du marché", Itinerance: []string{"Itinérant"},
		DispositifProgrammesNationaux: []string{"France Services"}})
	add("974", place.Place{Nom: "Cyber-base", Commune: "Saint-Denis", CodePostal: "97400", CodeInsee: "97411", Adresse: "3 rue de Paris", Position: position(-20.8789, 55.4481),
		Horaires: "Mo-Fr 08:00-16:00", FraisACharge: []string{"Gratuit"}, DateMaj: date(2026, 1, 1)})
	add("75", place.Place{Nom: "Espace Paris 1er", Commune: "Paris", CodePostal: "75001", CodeInsee: "75101", Adresse: "4 place du Louvre", Position: position(48.8600, 2.3410), Horaires: "24/7"})
	add("51", place.Place{Nom: "Lieu retiré", Commune: "Reims", CodePostal: "51100", CodeInsee: "51454", Position: position(49.25, 4.03)})
	m.places[len(m.places)-1].withdrawn = true
	m.set = territory.Set{Origin: "essai", Communes: []territory.Commune{
		{Code: "33063", Nom: "Bordeaux", CodesPostaux: []string{"33000", "33300"}, Departement: "33", Region: "75", Epci: "243300316", Population: 261804, Point: orb.Point{-0.5874, 44.8624}, HasPoint: true},
		{Code: "51454", Nom: "Reims", CodesPostaux: []string{"51100"}, Departement: "51", Region: "44", Population: 179380, Point: orb.Point{4.0347, 49.2535}, HasPoint: true,
			Contour: orb.Polygon{{{3.9, 49.2}, {4.1, 49.2}, {4.1, 49.3}, {3.9, 49.3}, {3.9, 49.2}}}, AnciensCodes: []string{"51999"}},
		{Code: "75056", Nom: "Paris", CodesPostaux: []string{"75001", "75002"}, Departement: "75", Region: "11", Population: 2113705, Point: orb.Point{2.347, 48.8589}, HasPoint: true},
		{Code: "75101", Nom: "Paris 1er Arrondissement", CodesPostaux: []string{"75001"}, Departement: "75", Region: "11", Parent: "75056", Population: -1},
	}, Divisions: []territory.Division{
		{Kind: "departement", Code: "51", Nom: "Marne", Region: "44", Population: -1, Contour: orb.Polygon{{{3.4, 48.5}, {5, 48.5}, {5, 49.4}, {3.4, 48.5}}}},
		{Kind: "departement", Code: "33", Nom: "Gironde", Region: "75", Population: -1},
	}}
	return m
}

// serverOf is a server on a census, with the clock of the tests and no memory of
// versions.
func serverOf(t testing.TB, m *census, change ...func(*Config)) *Server {
	t.Helper()
	settings := pages.Settings{PublicURL: "https://lieux.example", TileURL: "https://tuiles.example/{z}/{x}/{y}.png", TileAttribution: "© essai"}
	p, err := pages.New(settings)
	if err != nil {
		t.Fatal(err)
	}
	config := Config{Places: m, Territories: m, Pages: p, Settings: settings, Build: "essai", VersionAge: -1, Now: func() time.Time { return noon },
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil))}
	for _, f := range change {
		f(&config)
	}
	s, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// get asks in memory. Headers come as name, value.
func get(t testing.TB, s *Server, target string, headers ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, target, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return serve(t, s, r)
}

func serve(t testing.TB, s *Server, r *http.Request) *http.Response {
	t.Helper()
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	answer := w.Result()
	text := body(t, answer)
	answer.Body = io.NopCloser(bytes.NewReader(text))
	if answer.Header.Get("Content-Encoding") == "" {
		CheckContract(t, r, answer.StatusCode, answer.Header, text)
	}
	return answer
}

func body(t testing.TB, r *http.Response) []byte {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// into decodes a body strictly: one value, nothing after it.
func into(t testing.TB, r *http.Response, v any) {
	t.Helper()
	b := body(t, r)
	d := json.NewDecoder(bytes.NewReader(b))
	if err := d.Decode(v); err != nil {
		t.Fatalf("%v in %s", err, b)
	}
	if _, err := d.Token(); err != io.EOF {
		t.Fatalf("something after the value: %s", b)
	}
}

// collectionOf is what a client reads of a FeatureCollection.
type collectionOf struct {
	Type     string `json:"type"`
	Features []struct {
		Type       string          `json:"type"`
		ID         string          `json:"id"`
		Geometry   json.RawMessage `json:"geometry"`
		Properties map[string]any  `json:"properties"`
	} `json:"features"`
	NumberReturned int    `json:"numberReturned"`
	TimeStamp      string `json:"timeStamp"`
	Links          []link `json:"links"`
}

func (c collectionOf) names() (names []string) {
	for _, f := range c.Features {
		names = append(names, fmt.Sprint(f.Properties["nom"]))
	}
	return names
}

func (c collectionOf) next() string {
	for _, l := range c.Links {
		if l.Rel == "next" {
			return l.Href
		}
	}
	return ""
}

func items(t testing.TB, s *Server, query string) collectionOf {
	t.Helper()
	r := get(t, s, "/collections/lieux/items"+query)
	if r.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %s", query, r.StatusCode, body(t, r))
	}
	var c collectionOf
	into(t, r, &c)
	return c
}
