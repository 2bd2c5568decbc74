package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"mednum/api/pages"
	"mednum/internal/french"
	"mednum/internal/place"
	"mednum/internal/territory"
)

// Geocoder finds an address as a person writes it.
type Geocoder interface {
	Search(ctx context.Context, q string, limit int) ([]GeocodedAddress, error)
}

// GeocodedAddress is an address found.
type GeocodedAddress struct {
	Label    string
	Position place.Position
}

// geocoderPatience: later, the commune is a better answer than none.
const geocoderPatience = 2 * time.Second

// apartMaximum is how many places without a position are listed apart.
const apartMaximum = 20

// homeRoutes are the other pages for people.
func (s *Server) homeRoutes(get func(string, echo.HandlerFunc)) {
	get("/aide", s.words(s.pages.Help))
	get("/accessibilite", s.words(s.pages.Accessibility))
}

// words answers a page that depends on nothing but the binary.
func (s *Server) words(render func(io.Writer, pages.Head) error) echo.HandlerFunc {
	return func(c echo.Context) error {
		if _, err := s.understand(c.Request().Context(), plain, c.Request().URL.RawQuery); err != nil {
			c.Set(keyForm, formHTML.name)
			return err
		}
		c.Set(keyForm, formHTML.name)
		if done, err := s.fresh(c, s.config.Build+"-"+formHTML.name); done {
			return err
		}
		return s.page(c, func(w *bytes.Buffer) error { return render(w, s.head(c, "")) })
	}
}

// search is what the first page is asked: where, how far, and the choices,
// which are the API's own parameters.
type search struct {
	ou     string
	pres   place.Position
	zone   bool    // pres is a zone of the map, not where somebody is
	rayon  float64 // metres, 0 = no limit
	nombre int
	values url.Values // the page's state: every parameter, without empty ones
	places *asked     // the choices, understood
}

// own are the page's parameters beside the API's.
var own = []string{"ou", "pres", "vue", "rayon", "nombre", "f"}

// choices are the API's parameters that the page takes. The others say where
// or how many, which the page says in its own way.
func choices(name string) bool {
	switch name {
	case "f", "bbox", "datetime", "limit", "cursor", "near", "radius", "niveau", "score_min", "socle":
		return false // letters and scores are for professionals
	}
	for _, p := range parameters {
		if p.name == name {
			return p.on&lieux != 0
		}
	}
	return false
}

// campaign are parameters that others add to links that people share; they
// choose nothing.
func campaign(name string) bool {
	return strings.HasPrefix(name, "utm_") || slices.Contains([]string{"fbclid", "gclid", "msclkid", "mtm_campaign"}, name)
}

// readHome understands the query string of the first page. Everything wrong is
// told at once.
func (s *Server) readHome(ctx context.Context, rawQuery string) (*search, error) {
	given, err := url.ParseQuery(rawQuery)
	if err != nil {
		return nil, faults{{Detail: "L’adresse de la page ne se lit pas. Cherchez de nouveau.", Value: shown(rawQuery)}}
	}
	q := &search{nombre: pages.Step, values: url.Values{}}
	var wrong faults
	api := url.Values{}
	for name, all := range given {
		var kept []string
		for _, v := range all {
			// A form sends its empty fields: nothing was chosen there.
			if v = strings.TrimSpace(v); v != "" && !slices.Contains(kept, v) {
				kept = append(kept, v)
			}
		}
		if len(kept) == 0 || campaign(name) {
			continue
		}
		switch {
		case slices.Contains(own, name) && len(kept) > 1:
			wrong = append(wrong, fault{name, shown(strings.Join(kept, " ; ")), "Cette réponse est donnée plusieurs fois. N’en gardez qu’une.", ""})
			continue
		case slices.Contains(own, name):
		case choices(name):
			api[name] = kept
		default:
			suggestion, _ := place.Nearest(name, []string{"ou", "pres", "rayon", "ouvert", "services", "frais_a_charge", "modalites_acces"})
			wrong = append(wrong, fault{shown(name), shown(kept[0]), "Cette page ne connaît pas ce choix.", suggestion})
			continue
		}
		if name != "f" {
			q.values[name] = kept
		}
	}
	wrong = append(wrong, q.readWhere(given)...)
	q.places, err = s.read(ctx, lieux, api)
	var more faults
	switch {
	case errors.As(err, &more):
		for _, f := range more {
			f.Detail = plainly(f)
			wrong = append(wrong, f)
		}
	case err != nil:
		return nil, err
	}
	if len(wrong) > 0 {
		slices.SortStableFunc(wrong, func(a, b fault) int { return strings.Compare(a.Parameter, b.Parameter) })
		return nil, wrong
	}
	return q, nil
}

// plainly says a fault to a citizen, who did not write the address: the API's
// own words tell a programmer what to write.
func plainly(f fault) string {
	if _, ok := place.VocabularyOf(f.Parameter); ok {
		return "« " + f.Value + " » n’est pas un choix que nous connaissons."
	}
	if f.Parameter == "ouvert" {
		return "Ce moment ne se lit pas. Le choix possible est « maintenant »."
	}
	return f.Detail
}

// readWhere reads the page's own parameters.
func (q *search) readWhere(given url.Values) (wrong faults) {
	fault := func(name, value, detail, suggestion string) {
		wrong = append(wrong, fault{name, shown(value), detail, suggestion})
	}
	if v := q.values.Get("ou"); v != "" {
		switch {
		case !utf8.ValidString(v) || strings.ContainsFunc(v, unicode.IsControl):
			fault("ou", v, "Ce texte ne se lit pas. Écrivez le nom d’une commune.", "")
		case utf8.RuneCountInString(v) > textMaximum:
			fault("ou", v, fmt.Sprintf("Ce texte est trop long : %d lettres au plus.", textMaximum), "")
		default:
			q.ou = v
		}
	}
	if v := q.values.Get("pres"); v != "" {
		n, ok := numbers(v)
		if ok && len(n) == 2 {
			position, err := place.Anywhere(math.Round(n[1]*1000)/1000, math.Round(n[0]*1000)/1000)
			q.pres, ok = position, err == nil
		}
		if !ok || len(n) != 2 {
			fault("pres", v, "Écrivez deux nombres : longitude,latitude. Par exemple 4.032,49.254.", "")
		}
	}
	if v := q.values.Get("vue"); v != "" {
		if q.zone = v == "carte"; !q.zone {
			fault("vue", v, "Le seul mot connu est « carte ».", "carte")
		}
	}
	if v := q.values.Get("rayon"); v != "" {
		km, ok := number(strings.ReplaceAll(v, ",", "."))
		if !ok || km <= 0 || km > 20_000 {
			suggestion := ""
			if n, ok := number(strings.TrimSpace(strings.TrimSuffix(strings.ToLower(v), "km"))); ok && n > 0 {
				suggestion = strconv.FormatFloat(n, 'f', -1, 64)
			}
			fault("rayon", v, "Écrivez un nombre de kilomètres. Par exemple 5.", suggestion)
		}
		q.rayon = km * 1000
	}
	if v := q.values.Get("nombre"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 {
			fault("nombre", v, fmt.Sprintf("Écrivez un nombre de 1 à %d.", pages.Most), "")
		}
		q.nombre = min(max(n, 1), pages.Most)
	}
	return wrong
}

// home is the citizens' first page, and what it finds.
func (s *Server) home(c echo.Context) error {
	ctx := c.Request().Context()
	q, err := s.readHome(ctx, c.Request().URL.RawQuery)
	if err != nil {
		return err
	}
	data, _, err := s.version(ctx)
	if err != nil {
		return fmt.Errorf("read version: %w", err)
	}
	if done, err := s.fresh(c, s.tag(data, formHTML, true)); done {
		return err
	}
	if c.Request().Method == http.MethodHead {
		c.Response().Header().Set(echo.HeaderContentType, typeHTML)
		return s.send(c, http.StatusOK, nil)
	}
	view := pages.Home{Asked: q.values, Known: -1, Reports: s.config.Tickets != nil, Now: q.places.now}
	view.Head = s.head(c, "", link{s.base(c.Request()) + "/?f=json", "alternate", typeJSON, "Cette page pour les machines"})
	switch {
	case q.ou != "" || q.pres.Known():
		err = s.results(ctx, q, &view)
	default:
		err = s.welcome(ctx, &view)
	}
	if err != nil {
		return err
	}
	return s.page(c, func(w *bytes.Buffer) error { return s.pages.Home(w, view) })
}

// welcome fills the first page: how many places there are, and whether they
// are made up.
func (s *Server) welcome(ctx context.Context, view *pages.Home) error {
	err := s.census.ask(ctx, func(ctx context.Context) error {
		all, demonstration, err := s.config.Places.CountPlaces(ctx)
		view.Known, view.Demonstration = all, demonstration > 0
		return err
	})
	if err != nil {
		return fmt.Errorf("count places: %w", err)
	}
	return nil
}

// results fills the page of a search.
func (s *Server) results(ctx context.Context, q *search, view *pages.Home) error {
	atlas, err := s.atlas(ctx)
	if err != nil {
		return fmt.Errorf("load territories: %w", err)
	}
	at := s.locate(ctx, atlas, q)
	view.Where, view.Center, view.Mine = at.label, at.center, at.mine
	view.Choices, view.Which, view.Notices = at.choices, at.which, at.notices
	if at.label == "" {
		return nil
	}
	f := q.places.find
	f.Near, f.Radius = at.center, q.rayon
	if !at.center.Known() {
		// Where the commune is is unknown: its own places, without distances.
		f.Radius = 0
		if f.CodeInsee = both(f.CodeInsee, at.codes); len(f.CodeInsee) == 0 {
			return nil
		}
		view.Notices = append(view.Notices, "Nous ne savons pas où est "+at.label+" sur la carte. Voici les lieux de cette commune.")
	}
	// In the commune that one looks in, a place that the map shows in its middle is
	// not near: nobody knows where it is. It stands apart.
	vague := func(one pages.Card) bool {
		if !f.Near.Known() || !one.Approximate() || !slices.Contains(at.codes, one.Place.CodeInsee) {
			return false
		}
		if len(view.Apart) < apartMaximum {
			one.Distance = math.NaN()
			view.Apart = append(view.Apart, one)
		}
		return true
	}
	if view.Cards, view.More, err = s.cardsBut(ctx, f, q.nombre, q.places.now, vague); err != nil {
		return err
	}
	view.Commune = at.commune
	if len(view.Cards) == 0 {
		return s.nothing(ctx, q, f, view)
	}
	return s.apart(ctx, q, at, view)
}

// cards finds the places and judges them.
func (s *Server) cards(ctx context.Context, f place.Find, limit int, now time.Time) (out []pages.Card, more bool, err error) {
	more, _, err = s.walk(ctx, f, limit, func(h place.Hit) error {
		one, err := card(h, f.Near.Known(), now)
		out = append(out, one)
		return err
	}, func() error { return nil })
	return out, more, err
}

// cardsBut is cards without some: it looks on until there are enough, within
// reason.
func (s *Server) cardsBut(ctx context.Context, f place.Find, limit int, now time.Time, leave func(pages.Card) bool) (out []pages.Card, more bool, err error) {
	for asked := limit + 1; ; asked = chunk {
		rest, last, err := s.walk(ctx, f, asked, func(h place.Hit) error {
			if len(out) > limit {
				return nil
			}
			one, err := card(h, f.Near.Known(), now)
			if err == nil && !leave(one) {
				out = append(out, one)
			}
			return err
		}, func() error { return nil })
		if err != nil {
			return nil, false, err
		}
		if more = len(out) > limit; more {
			return out[:limit], true, nil
		}
		if !rest {
			return out, false, nil
		}
		f.After = last
	}
}

// both are the codes allowed by two conditions, a nil one allowing all.
func both(a, b []string) []string {
	if a == nil {
		return b
	}
	var out []string
	for _, code := range a {
		if slices.Contains(b, code) {
			out = append(out, code)
		}
	}
	return out
}

// apart lists the places of the commune whose exact position is unknown: near
// cannot tell how far they are.
func (s *Server) apart(ctx context.Context, q *search, at spot, view *pages.Home) error {
	codes, name := at.codes, at.commune
	if codes == nil && len(view.Cards) > 0 && view.Cards[0].Distance < 3000 {
		// An address or a position: the commune of the nearest place, which is near.
		if code := view.Cards[0].Place.CodeInsee; code != "" {
			codes, name = []string{code}, view.Cards[0].Place.Commune
		}
	}
	if codes = both(q.places.find.CodeInsee, codes); len(codes) == 0 || !at.center.Known() {
		return nil
	}
	f := q.places.find
	f.CodeInsee, f.NoPosition = codes, true
	more, _, err := s.cards(ctx, f, apartMaximum, q.places.now)
	for _, one := range more {
		// Those that the map shows in the middle of their commune may be there already.
		known := slices.ContainsFunc(slices.Concat(view.Apart, view.Cards), func(other pages.Card) bool { return other.ID == one.ID })
		if !known && len(view.Apart) < apartMaximum {
			view.Apart = append(view.Apart, one)
		}
	}
	view.Commune = name
	return err
}

// nothing says what would be found with less: the nearest without the limit of
// distance, and without each choice in turn.
func (s *Server) nothing(ctx context.Context, q *search, f place.Find, view *pages.Home) error {
	if f.Radius > 0 {
		wider := f
		wider.Radius = 0
		found, _, err := s.cards(ctx, wider, 1, q.places.now)
		if err != nil {
			return err
		}
		if len(found) > 0 {
			view.Nearest = &found[0]
		}
	}
	const tried = 6 // each is a question to the database
	names := make([]string, 0, len(q.values))
	for name := range q.values {
		if choices(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		values := q.places.split(name, q.places.values.Get(name))
		for _, value := range values {
			if len(view.Relax) == tried {
				return nil
			}
			less := url.Values{}
			for _, other := range names {
				less[other] = q.values[other]
			}
			delete(less, name)
			if rest := slices.DeleteFunc(slices.Clone(values), func(v string) bool { return v == value }); len(rest) > 0 {
				less[name] = rest
			}
			a, err := s.read(ctx, lieux, less)
			if err != nil {
				return err
			}
			g := a.find
			g.Near, g.Radius, g.CodeInsee = f.Near, f.Radius, f.CodeInsee
			relax := pages.Relax{Column: name, Value: value, Nearest: math.NaN()}
			relax.Full, _, err = s.walk(ctx, g, pages.Step, func(h place.Hit) error {
				if relax.Count == 0 && g.Near.Known() {
					relax.Nearest = h.Distance
				}
				relax.Count++
				return nil
			}, func() error { return nil })
			if err != nil {
				return err
			}
			view.Relax = append(view.Relax, relax)
		}
	}
	return nil
}

// spot is where a search is understood to be.
type spot struct {
	label   string // "" = nowhere
	center  place.Position
	mine    bool     // a position or a zone, not a name
	commune string   // its name, when a commune was named
	codes   []string // its code, and those of its arrondissements
	which   string   // question above the choices
	choices []pages.Choice
	notices []string
}

// locate understands where somebody is: a position, an address, a commune.
func (s *Server) locate(ctx context.Context, atlas *atlas, q *search) spot {
	if q.ou == "" {
		at := spot{label: "votre position", center: q.pres, mine: true}
		if q.zone {
			at.label = "ce point de la carte"
		}
		if c, metres, ok := atlas.gazetteer.Nearest(q.pres.Longitude(), q.pres.Latitude()); ok && metres < 15_000 {
			at.label += ", vers " + c.Nom
		}
		return at
	}
	matches := atlas.gazetteer.Search(q.ou, 8)
	street := isStreet(q.ou, matches)
	var notices []string
	if s.config.Geocoder != nil && (len(matches) == 0 || street) {
		asking, cancel := context.WithTimeout(ctx, geocoderPatience)
		found, err := s.config.Geocoder.Search(asking, q.ou, 5)
		cancel()
		switch {
		case err != nil:
			s.log.Warn("geocoder did not answer", "error", err)
			notices = append(notices, "La recherche d’adresses ne répond pas en ce moment. Nous avons cherché la commune.")
		case len(found) > 0:
			at := spot{label: found[0].Label, center: found[0].Position}
			for i, address := range found {
				at.choices = append(at.choices, pages.Choice{Label: address.Label, Query: address.Label, Chosen: i == 0})
			}
			at.which = "Nous avons compris « " + at.label + " ». Vous cherchiez peut-être :"
			if len(found) == 1 {
				at.choices = nil
			}
			return at
		default:
			notices = append(notices, "Nous n’avons pas trouvé cette adresse. Nous avons cherché la commune.")
		}
	} else if street {
		notices = append(notices, "Ce site cherche les communes, pas les rues. Nous avons cherché la commune.")
	}
	text := q.ou
	if len(matches) == 0 || street {
		if matches = communeWithin(atlas.gazetteer, q.ou, matches); len(matches) > 0 {
			text = matches[0].Nom // said already that only the commune was looked for
		}
	}
	at := inCommune(atlas, text, matches)
	if at.label != "" {
		at.notices = append(notices, at.notices...)
	}
	return at
}

var (
	postalCode  = regexp.MustCompile(`\b[0-9]{5}\b`)
	houseNumber = regexp.MustCompile(`^[0-9]{1,4}( ?(bis|ter|quater|[a-d]))?,? +[^0-9 ]`)
)

// streets are the words that begin the name of a way.
var streets = []string{"rue", "avenue", "av", "boulevard", "bd", "bld", "chemin", "allee", "allees", "place", "impasse", "route", "quai", "cours", "square",
	"passage", "residence", "lotissement", "hameau", "esplanade", "faubourg", "voie", "sentier", "ruelle", "montee", "rond", "zone", "za", "zi", "zac"}

// isStreet reports whether a text is more than a commune: a number before a
// name, or the name of a way. A commune written exactly is not ("Rue", "Cours").
func isStreet(text string, matches []territory.Match) bool {
	if len(matches) > 0 && exactly(matches[0], text) {
		return false
	}
	if houseNumber.MatchString(strings.ToLower(text)) {
		return true
	}
	words := strings.Fields(territory.Fold(text))
	return len(words) > 1 && slices.ContainsFunc(words, func(w string) bool { return slices.Contains(streets, w) })
}

// exactly reports whether a text is a commune's name, with or without its
// postal code, or its label.
func exactly(m territory.Match, text string) bool {
	text = strings.TrimSpace(text)
	bare := strings.Trim(postalCode.ReplaceAllString(text, ""), " ,()")
	name := territory.Fold(m.Nom)
	return text == m.Label || bare == "" || territory.Fold(bare) == name
}

// communeWithin finds the commune at the end of an address: after its postal
// code, else the longest end that is a commune's name.
func communeWithin(g *territory.Gazetteer, text string, matches []territory.Match) []territory.Match {
	if at := postalCode.FindStringIndex(text); at != nil {
		if found := g.Search(text[at[0]:], 8); len(found) > 0 {
			return found
		}
		if found := g.Search(text[at[0]:at[1]], 8); len(found) > 0 {
			return found
		}
	}
	words := strings.Fields(strings.ReplaceAll(text, ",", " "))
	for i := 1; i < len(words) && i < 40; i++ {
		end := strings.Join(words[i:], " ")
		if found := g.Search(end, 8); len(found) > 0 && exactly(found[0], end) {
			return found
		}
	}
	return matches
}

// inCommune goes to the first match and offers the others.
func inCommune(atlas *atlas, text string, matches []territory.Match) spot {
	if len(matches) == 0 {
		return spot{}
	}
	first := matches[0]
	at := spot{label: first.Nom, commune: first.Nom, codes: append([]string{first.Code}, atlas.arrondissements[first.Code]...)}
	if point, ok := atlas.gazetteer.Point(first.Commune); ok {
		// A point outside France would be the table's mistake: no centre then.
		at.center, _ = place.Anywhere(point[1], point[0])
	}
	code := strings.TrimSpace(text)
	sameName := func(m territory.Match) bool { return territory.Fold(m.Nom) == territory.Fold(first.Nom) }
	var others []territory.Match
	switch {
	case postalCode.FindString(code) == code && code != "":
		others = matches[1:]
		at.which = "Le code " + code + " sert à plusieurs communes. Laquelle ?"
		at.label = first.Nom + " (" + code + ")"
	case exactly(first, text):
		for _, m := range matches[1:] {
			if sameName(m) {
				others = append(others, m)
			}
		}
		at.which = first.Nom + " : laquelle ?"
		// Somebody who chose among them has answered already.
		if len(others) > 0 {
			at.label = first.Label
		}
		if text == first.Label {
			others = nil
		}
	default:
		others = matches[1:]
		at.which = "Vouliez-vous dire une autre commune ?"
		at.notices = append(at.notices, "Vous avez écrit « "+shown(text)+" ». Nous avons compris « "+first.Label+" ».")
	}
	if len(others) == 0 {
		at.which = ""
		return at
	}
	for i, m := range append([]territory.Match{first}, others...) {
		detail := ""
		if m.Population >= 0 {
			detail = french.Integer(int64(m.Population)) + " habitants"
		}
		at.choices = append(at.choices, pages.Choice{Label: m.Label, Detail: detail, Query: m.Label, Chosen: i == 0})
	}
	return at
}
