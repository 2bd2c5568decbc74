package api

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/sync/singleflight"

	"mednum/api/pages"
	"mednum/internal/access"
	"mednum/internal/french"
	"mednum/internal/intake"
	"mednum/internal/place"
	"mednum/internal/quality"
	"mednum/internal/territory"
	"mednum/internal/ticket"
)

var (
	errNoWork      = errors.New("territories have no pages here")
	errNoTerritory = errors.New("no territory was chosen")
)

const (
	workTimeout    = 30 * time.Second // of the numbers of a whole country
	archiveTimeout = 20 * time.Minute
	wholeCountry   = "pays" // what the parameter territoire says of it
)

// workDoors: what a territory needs in the morning. Any key may look, at its own
// territory; what is counted of others' files and reports is only what that key
// may see. The archive is made of what is public, and is anybody's.
func (s *Server) workDoors() []door {
	return []door{
		reads("/territoire", s.work).to(access.ReadLog).about(inHandler),
		reads("/territoire/lieux", s.workList).to(access.ReadLog).about(inHandler),
		reads("/territoire/archive.zip", s.archive),
	}
}

// workAsked is what the parameters of a territory mean.
type workAsked struct {
	ground *access.Territory // nil: that of the key
	list   territory.List
	months int
	sort   territory.Order
}

// territoryPattern: a kind and codes. What is wrong in them access tells.
var territoryPattern = regexp.MustCompile(`^(commune|epci|departement|region|lieux):`)

func (a *asked) readTerritoire(value string) {
	if value == wholeCountry {
		a.ground = &access.Territory{}
		return
	}
	t := access.ParseTerritory(value)
	if len(t.Codes) > valuesMaximum {
		a.fault("territoire", value, fmt.Sprintf("%d codes : en donner %d au plus.", len(t.Codes), valuesMaximum), "")
		return
	}
	if !territoryPattern.MatchString(t.String()) {
		a.fault("territoire", value, "Écrire une sorte et un code : commune:51454, epci:200067213, departement:51, region:44, ou pays.", "")
		return
	}
	// A key of a role of any reach: only what is wrong in the territory is told.
	for _, f := range (access.Key{Role: access.Hub, Territory: t}).Faults(a.now) {
		if f.Where == "territory" {
			a.fault("territoire", value, french.Capital(f.Message)+".", "")
		}
	}
	a.ground = &t
}

func (a *asked) readSorte(value string) {
	kinds := []string{access.Commune, access.Epci, access.Departement, access.Region, wholeCountry}
	if !slices.Contains(kinds, value) {
		suggestion, _ := place.Nearest(value, kinds)
		a.fault("sorte", value, "Écrire l’une de : "+strings.Join(kinds, ", ")+".", suggestion)
		return
	}
	a.kind = value
}

func (a *asked) readNamed(value string) {
	if len(value) > textMaximum {
		a.fault("ou", value, fmt.Sprintf("Ce texte est trop long : %d lettres au plus.", textMaximum), "")
		return
	}
	a.words = value
}

// lists are those that /territoire/lieux has.
var lists = []territory.List{territory.All, territory.Recent, territory.Stale, territory.Undated, territory.Unplaced, territory.Doubtful, territory.NoHours, territory.NoPhone,
	territory.Lacking, territory.Incomplete, territory.Contradicted, territory.Gone}

func (a *asked) readListe(value string) {
	if !slices.Contains(lists, territory.List(value)) {
		names := make([]string, len(lists))
		for i, l := range lists {
			names[i] = string(l)
		}
		suggestion, _ := place.Nearest(value, names)
		a.fault("liste", value, "Les listes sont : "+strings.Join(names, ", ")+".", suggestion)
		return
	}
	a.list = territory.List(value)
}

func (a *asked) readMois(value string) {
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 || n > 240 {
		a.fault("mois", value, "Écrire un nombre de mois, de 1 à 240.", "")
		return
	}
	a.months = n
}

var orderings = []territory.Order{territory.ByDate, territory.ByScore, territory.ByName, territory.ByTown}

func (a *asked) readTri(value string) {
	if !slices.Contains(orderings, territory.Order(value)) {
		a.fault("tri", value, "Écrire l’un de : date, score, nom, commune.", "")
		return
	}
	a.sort = territory.Order(value)
}

// ground is the territory that a request is about.
type ground struct {
	access.Territory
	Nom   string
	Param string // what the parameter territoire says
	Whole bool   // it is the key's own
}

func paramOf(t access.Territory) string {
	if t.Kind == "" {
		return wholeCountry
	}
	return t.String()
}

// groundOf is the territory asked for, else the key's; errNoTerritory when the
// key has none. Nobody looks at what is not theirs.
func (s *Server) groundOf(ctx context.Context, a *asked, key access.Key) (g ground, err error) {
	switch {
	case a.ground != nil:
		g.Territory = *a.ground
	case key.Territory.Kind == "":
		return g, errNoTerritory
	default:
		g.Territory = key.Territory
	}
	g.Param = paramOf(g.Territory)
	g.Whole = g.Param == paramOf(key.Territory)
	if !g.Whole && key.Territory.Kind != "" {
		var inside bool
		err := s.ask(ctx, func(ctx context.Context) (err error) {
			inside, err = s.config.Work.Within(ctx, g.Territory, key.Territory)
			return err
		})
		if err != nil {
			return g, fmt.Errorf("compare territories: %w", err)
		}
		if !inside {
			return g, forbidden{fmt.Errorf("territory %s: %w", g.Param, access.ErrForbidden), "Votre rôle vaut pour un autre territoire : " + s.pages.Territory(key.Territory) + "."}
		}
	}
	g.Nom, err = s.territoryName(ctx, g.Territory)
	return g, err
}

// ask runs a question of the territories' own pool.
func (s *Server) ask(ctx context.Context, question func(context.Context) error) error {
	return s.ward.pages.within(ctx, workTimeout, question)
}

// ward bounds what territories ask of the database, which is heavier than a
// search: pages, and whole files, which last.
type ward struct {
	pages, files *guard
	spools       chan struct{} // files on their way to somebody

	mu     sync.Mutex
	known  map[string]territory.Work // by territory and day, as of the versions below
	of     [2]int64
	flight singleflight.Group
}

// wardKnown is how many territories are remembered: some 10 KB each, and a
// country's communes.
const wardKnown = 64

// WorkConns is how many connections the pool of Work has use for.
const (
	workPages = 3
	workFiles = 2
	WorkConns = workPages + workFiles
)

func (w *ward) open(m *metrics, c *Config) {
	of := func(slots int) *guard {
		return &guard{metrics: m, slots: make(chan struct{}, slots), queue: c.QueueTimeout, query: c.QueryTimeout}
	}
	w.pages, w.files, w.spools, w.known = of(workPages), of(workFiles), make(chan struct{}, spoolsMaximum), map[string]territory.Work{}
}

// workOn counts the work of a territory, once for as long as nothing changes: a
// country takes a second, and its agents come at the same hour.
func (s *Server) workOn(ctx context.Context, g ground) (territory.Work, error) {
	data, territories, err := s.version(ctx)
	if err != nil {
		return territory.Work{}, fmt.Errorf("read version: %w", err)
	}
	w, of, today := &s.ward, [2]int64{data, territories}, s.today()
	name := g.Param + " " + today.String()
	w.mu.Lock()
	found, ok := w.known[name]
	ok = ok && w.of == of
	w.mu.Unlock()
	if ok {
		return found, nil
	}
	counted, err, _ := w.flight.Do(fmt.Sprint(name, of), func() (any, error) {
		var found territory.Work
		// Shared by those who wait: one of them leaving must not fail the others.
		err := s.ask(context.WithoutCancel(ctx), func(ctx context.Context) (err error) {
			found, err = s.config.Work.Work(ctx, g.Territory, today)
			return err
		})
		if err != nil {
			return nil, err
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.of != of || len(w.known) >= wardKnown {
			clear(w.known)
		}
		w.of, w.known[name] = of, found
		return found, nil
	})
	if err != nil {
		return territory.Work{}, fmt.Errorf("count the work of %s: %w", g.Param, err)
	}
	return counted.(territory.Work), nil
}

// territoryName is what people call it. A code that nothing has is a fault, but
// only where the list that it would be in is held.
func (s *Server) territoryName(ctx context.Context, t access.Territory) (string, error) {
	if t.Kind == "" {
		return "Toute la France", nil
	}
	if t.Kind == access.Places {
		return french.Count(len(t.Codes), "lieu", "lieux"), nil
	}
	atlas, err := s.atlas(ctx)
	if err != nil {
		return "", fmt.Errorf("load territories: %w", err)
	}
	var names []string
	for _, code := range t.Codes {
		nom := atlas.nameOf(t.Kind, code)
		switch {
		case nom != "":
		case t.Kind == access.Commune && atlas.judges(code):
			return "", faults{{Parameter: "territoire", Value: shown(code), Detail: "Aucune commune n’a ce code, ni aujourd’hui ni autrefois."}}
		case t.Kind != access.Commune && t.Kind != access.Departement && len(atlas.held) > 0:
			return "", faults{{Parameter: "territoire", Value: shown(code), Detail: "Nous ne connaissons aucun territoire de ce code."}}
		}
		names = append(names, cmp.Or(nom, code))
	}
	if n := len(names); n > 3 {
		return strings.Join(names[:2], ", ") + " et " + strconv.Itoa(n-2) + " autres", nil
	} else if n > 1 {
		return strings.Join(names[:n-1], ", ") + " et " + names[n-1], nil
	}
	return names[0], nil
}

// nameOf is what people call a territory, "" when nobody knows: pages do without.
func (s *Server) nameOf(kind, code string) string {
	ctx, done := context.WithTimeout(context.Background(), 2*time.Second)
	defer done()
	atlas, err := s.atlas(ctx)
	if err != nil {
		return ""
	}
	return atlas.nameOf(kind, code)
}

// nameOf is what people call a territory, "" when nobody knows.
func (a *atlas) nameOf(kind, code string) string {
	if kind == access.Commune {
		if known, ok := a.gazetteer.Commune(code); ok {
			return known.Nom
		}
	} else if known, ok := a.gazetteer.Division(kind, code); ok {
		return known.Nom
	}
	return ""
}

// codePattern is what is written like the code of a territory.
var codePattern = regexp.MustCompile(`^[0-9][0-9AaBb]?[0-9]*$`)

// grounds reads the territory of a role: codes, or names that mean one place only,
// for rights are given there. wrong says in French what must be written instead.
func (s *Server) grounds(ctx context.Context, kind, text string) (t access.Territory, wrong string, err error) {
	parts := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' })
	if kind == access.Places || !slices.ContainsFunc(parts, func(p string) bool {
		return slices.ContainsFunc(strings.Fields(p), func(word string) bool { return !codePattern.MatchString(word) })
	}) {
		return access.ParseTerritory(kind + ":" + strings.NewReplacer(";", ",", " ", ",").Replace(text)), "", nil
	}
	atlas, err := s.atlas(ctx)
	if err != nil {
		return t, "", fmt.Errorf("load territories: %w", err)
	}
	t.Kind = kind
	for _, part := range parts {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		if kind != access.Commune || codePattern.MatchString(part) {
			one, err := s.resolve(ctx, kind, part)
			if said := faultsOf(err); len(said) > 0 {
				return t, said[0].Detail, nil
			} else if err != nil {
				return t, "", err
			}
			t.Codes = append(t.Codes, one.Codes...)
			continue
		}
		found := atlas.gazetteer.Named(part)
		if len(found) == 1 {
			t.Codes = append(t.Codes, found[0].Code)
			continue
		}
		if len(found) == 0 {
			return t, "Nous ne connaissons pas de commune qui s’appelle « " + shown(part) + " ».", nil
		}
		var names []string
		for _, c := range found[:min(len(found), 6)] {
			names = append(names, c.Nom+", "+atlas.nameOf(access.Departement, c.Departement)+" ("+c.Code+")")
		}
		return t, "Plusieurs communes s’appellent « " + shown(part) + " » : " + strings.Join(names, " ; ") + ". Écrivez le code.", nil
	}
	return t, "", nil
}

// resolve finds the territory that a person names: a code, or a name.
func (s *Server) resolve(ctx context.Context, kind, text string) (access.Territory, error) {
	if kind == wholeCountry {
		return access.Territory{}, nil
	}
	fault := func(detail string) error { return faults{{Parameter: "ou", Value: shown(text), Detail: detail}} }
	if strings.TrimSpace(text) == "" {
		return access.Territory{}, fault("Écrivez un nom ou un code.")
	}
	atlas, err := s.atlas(ctx)
	if err != nil {
		return access.Territory{}, fmt.Errorf("load territories: %w", err)
	}
	one := func(code string) (access.Territory, error) {
		return access.Territory{Kind: kind, Codes: []string{code}}, nil
	}
	code := strings.ToUpper(strings.TrimSpace(text))
	if kind == access.Commune {
		if known, ok := atlas.gazetteer.Commune(code); ok {
			return one(known.Code)
		}
		if found := atlas.gazetteer.Search(text, 1); len(found) > 0 {
			return one(found[0].Code)
		}
		return access.Territory{}, fault("Nous ne connaissons pas de commune de ce nom ou de ce code.")
	}
	if kind == access.Departement && len(code) == 1 {
		code = "0" + code
	}
	if _, ok := atlas.gazetteer.Division(kind, code); ok {
		return one(code)
	}
	folded := place.Fold(text)
	var found []territory.Division
	for _, d := range atlas.gazetteer.Divisions(kind) {
		switch name := place.Fold(d.Nom); {
		case name == folded:
			return one(d.Code)
		case len(folded) > 2 && strings.Contains(name, folded):
			found = append(found, d)
		}
	}
	switch len(found) {
	case 1:
		return one(found[0].Code)
	case 0:
		return access.Territory{}, fault("Nous ne connaissons pas de territoire de ce nom ou de ce code.")
	}
	names := make([]string, 0, 6)
	for _, d := range found[:min(len(found), 6)] {
		names = append(names, d.Nom+" ("+d.Code+")")
	}
	return access.Territory{}, fault("Plusieurs territoires portent ce nom : " + strings.Join(names, ", ") + ". Écrivez le code.")
}

// work is the agent's home.
func (s *Server) work(c echo.Context) error {
	if s.config.Work == nil {
		return errNoWork
	}
	ctx := c.Request().Context()
	w, err := s.enters(c)
	if err != nil {
		return err
	}
	a, err := s.understand(ctx, working, c.Request().URL.RawQuery)
	if err != nil {
		return err
	}
	chosen, err := s.choose(c, a.format, documentForms)
	if err != nil {
		return err
	}
	html := chosen.name == formHTML.name
	view := pages.Territoire{Asked: a.values, Saved: a.fait, Now: a.now}
	choose := func(err error) error {
		if !html {
			return err
		}
		view.Head = s.headFor(c, "")
		if errors.Is(err, errNoTerritory) {
			return s.page(c, func(w *bytes.Buffer) error { return s.pages.Territoire(w, view) })
		}
		view.Faults = saidOf(err)
		return shownAgain{err, func(w *bytes.Buffer) error { return s.pages.Territoire(w, view) }}
	}
	if a.kind != "" {
		t, err := s.resolve(ctx, a.kind, a.words)
		if err != nil {
			if len(faultsOf(err)) > 0 {
				return choose(err)
			}
			return err
		}
		a.ground = &t
		if html {
			return s.seeOther(c, "/territoire?"+url.Values{"territoire": {paramOf(t)}}.Encode())
		}
	}
	g, err := s.groundOf(ctx, a, w.key)
	if errors.Is(err, errNoTerritory) {
		return choose(err)
	}
	if err != nil {
		return err
	}
	found, err := s.workOn(ctx, g)
	if err != nil {
		return err
	}
	held, err := s.heldOf(ctx, w.key)
	if err != nil {
		return err
	}
	if found.Reports, err = s.reportsOn(ctx, g.Territory, w.key); err != nil {
		return err
	}
	current, err := s.force(ctx)
	if err != nil {
		return err
	}
	var document *quality.Referentiel
	if current != nil {
		document = current.document
	}
	base := s.base(c.Request())
	values := url.Values{}
	if !g.Whole {
		values.Set("territoire", g.Param)
	}
	links := append(views(base, "/territoire", values, chosen, documentForms),
		link{address(base, "/territoire/lieux", values, "liste", string(territory.All)), "related", typeJSON, "Les lieux du territoire"},
		link{address(base, "/territoire/archive.zip", url.Values{"territoire": {g.Param}}, "", ""), "enclosure", typeZIP, "Tout le territoire, en une archive"})
	if html {
		view.Head = s.headFor(c, "", links...)
		view.Param, view.Nom, view.Own = g.Param, g.Nom, g.Whole
		view.Work, view.Held, view.Document = &found, held, document
		return s.page(c, func(w *bytes.Buffer) error { return s.pages.Territoire(w, view) })
	}
	return s.value(c, workOf(g, found, held, document, links))
}

// heldOf is how many files wait for a word of who holds the key.
func (s *Server) heldOf(ctx context.Context, key access.Key) (*int, error) {
	if s.config.Deposits == nil || !access.Allows(key.Role, access.Give) {
		return nil, nil
	}
	var all []intake.Deposit
	err := s.desk.ask(ctx, func(ctx context.Context) (err error) {
		all, err = s.config.Deposits.ListDeposits(ctx, key, 0, filedMaximum)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list deposits: %w", err)
	}
	n := 0
	for i := range all {
		if all[i].State == intake.Held {
			n++
		}
	}
	return &n, nil
}

// reportsOn is how many reports wait for who handles those of a territory; nil
// when they do not, or reports are not taken here.
func (s *Server) reportsOn(ctx context.Context, t access.Territory, key access.Key) (*int, error) {
	if s.config.Tickets == nil || !access.Allows(key.Role, access.Handle) {
		return nil, nil
	}
	n := 0
	err := s.desk.ask(ctx, func(ctx context.Context) error {
		_, counts, err := s.config.Tickets.Tickets(ctx, ticket.Query{On: t, At: s.config.Now(), Limit: 1})
		n = counts.States[ticket.Received] + counts.States[ticket.Taken]
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("count reports: %w", err)
	}
	return &n, nil
}

type groundWire struct {
	Sorte string   `json:"sorte"`
	Codes []string `json:"codes"`
	Nom   string   `json:"nom"`
}

func (g ground) wire() groundWire {
	kind := g.Kind
	if kind == "" {
		kind = wholeCountry
	}
	return groundWire{kind, listed(g.Codes), g.Nom}
}

type ageWire struct {
	Mois  int `json:"mois"`
	Lieux int `json:"lieux"`
}

type lackWire struct {
	Critere  string  `json:"critere"`
	Libelle  string  `json:"libelle"`
	Action   string  `json:"action"`
	Nature   string  `json:"nature"`
	Lieux    int     `json:"lieux"`
	Inconnus int     `json:"inconnus"`
	Gain     float64 `json:"gain"`
	Href     string  `json:"href"`
}

type farWire struct {
	Code     string `json:"code_insee"`
	Nom      string `json:"nom"`
	People   int    `json:"habitants"`
	Distance *int   `json:"distance"`
	Nearest  string `json:"lieu_le_plus_proche,omitempty"`
}

type workWire struct {
	Territoire   groundWire `json:"territoire"`
	Jour         string     `json:"jour"`
	Lieux        int        `json:"lieux"`
	Nouveaux     int        `json:"nouveaux"`
	Disparus     int        `json:"disparus"`
	Perimes      []ageWire  `json:"perimes"`
	SansDate     int        `json:"sans_date"`
	SansPosition int        `json:"sans_position"`
	Douteuse     int        `json:"position_douteuse"`
	SansHoraires int        `json:"sans_horaires"`
	SansTel      int        `json:"sans_telephone"`
	Doublons     int        `json:"doublons"`
	Signalements *int       `json:"signalements"`
	Contredits   *int       `json:"contredits"`
	Retenus      *int       `json:"depots_retenus"`
	Qualite      struct {
		Version   *string        `json:"version"`
		Evalues   int            `json:"evalues"`
		Mediane   *float64       `json:"mediane"`
		Niveaux   map[string]int `json:"niveaux"`
		Sans      int            `json:"sans_niveau"`
		Complet   int            `json:"socle_complet"`
		Garanties map[string]int `json:"garanties_tenues"`
	} `json:"qualite"`
	ACompleter []lackWire `json:"a_completer"`
	Couverture struct {
		Communes    int       `json:"communes"`
		Habitants   int       `json:"habitants"`
		SansCentre  int       `json:"communes_sans_position"`
		Distance    *int      `json:"distance_moyenne"`
		Portee      int       `json:"portee"`
		AuLoin      int       `json:"habitants_au_loin"`
		Communesfar []farWire `json:"communes_au_loin"`
	} `json:"couverture"`
	Links []link `json:"links"`
}

func points(hundredths int64) float64 { return float64(hundredths) / 100 }

func workOf(g ground, k territory.Work, held *int, document *quality.Referentiel, links []link) workWire {
	w := workWire{Territoire: g.wire(), Jour: k.Day.String(), Lieux: k.Places, Nouveaux: k.New, Disparus: k.Gone, Perimes: []ageWire{}, SansDate: k.Undated,
		SansPosition: k.Unplaced, Douteuse: k.Doubtful, SansHoraires: k.NoHours, SansTel: k.NoPhone, Doublons: k.Doubles, Signalements: k.Reports,
		Contredits: k.Contradicted, Retenus: held, ACompleter: []lackWire{}, Links: links}
	for i, months := range territory.Ages {
		w.Perimes = append(w.Perimes, ageWire{months, k.Stale[i]})
	}
	q := &w.Qualite
	if k.Quality.Version != "" {
		q.Version = &k.Quality.Version
	}
	q.Evalues, q.Complet, q.Niveaux, q.Garanties = k.Quality.Scored, k.Quality.Complete, map[string]int{}, map[string]int{}
	for code, n := range k.Quality.Levels {
		if code == "" {
			q.Sans = n
		} else {
			q.Niveaux[code] = n
		}
	}
	for code, n := range k.Quality.Socle {
		q.Garanties[code] = n
	}
	if k.Quality.Median != nil {
		m := points(int64(*k.Quality.Median))
		q.Mediane = &m
	}
	for _, l := range k.Lacks {
		one := lackWire{Critere: l.Critere, Lieux: l.Places, Inconnus: l.Unknown, Gain: points(l.Gain),
			Href: "/territoire/lieux?" + url.Values{"liste": {string(territory.Lacking)}, "critere": {l.Critere}, "territoire": {g.Param}}.Encode()}
		if known := criterionOf(document, l.Critere); known != nil {
			one.Libelle, one.Action, one.Nature = known.Libelle, known.Textes.Action, string(known.Nature)
		}
		w.ACompleter = append(w.ACompleter, one)
	}
	x := &w.Couverture
	x.Communes, x.Habitants, x.SansCentre, x.Distance, x.Portee, x.AuLoin, x.Communesfar = k.Cover.Communes, k.Cover.People, k.Cover.Nowhere, k.Cover.Metres, territory.Reach, k.Cover.FarPeople, []farWire{}
	for _, f := range k.Cover.Far {
		x.Communesfar = append(x.Communesfar, farWire{f.Code, f.Nom, f.Population, f.Metres, f.Nearest})
	}
	return w
}

func criterionOf(document *quality.Referentiel, code string) *quality.Critere {
	if document == nil {
		return nil
	}
	i := slices.IndexFunc(document.Criteres, func(k quality.Critere) bool { return k.Code == code })
	if i < 0 {
		return nil
	}
	return &document.Criteres[i]
}

var listForms = []form{formJSON, formHTML, formCSV}

type itemWire struct {
	ID      string   `json:"id"`
	Nom     string   `json:"nom"`
	Commune string   `json:"commune"`
	Code    string   `json:"code_insee"`
	DateMaj *string  `json:"date_maj"`
	Source  string   `json:"source"`
	Etat    string   `json:"etat"`
	Depuis  string   `json:"depuis"`
	Score   *float64 `json:"score"`
	Niveau  *string  `json:"niveau"`
	Gain    *float64 `json:"gain"`
	Pour    *string  `json:"pourquoi"`
}

func itemOf(i territory.Item) itemWire {
	some := func(s string) *string {
		if s == "" {
			return nil
		}
		return &s
	}
	w := itemWire{ID: i.ID, Nom: i.Nom, Commune: i.Commune, Code: i.CodeInsee, DateMaj: some(i.DateMaj.String()), Source: i.Source, Etat: i.State,
		Depuis: i.Since.UTC().Format(time.DateOnly), Niveau: some(i.Niveau), Pour: some(i.Why)}
	if i.Score != nil {
		x := points(int64(*i.Score))
		w.Score = &x
	}
	if i.Gain > 0 {
		x := points(i.Gain)
		w.Gain = &x
	}
	return w
}

// workList is the places behind a number of the agent's home.
func (s *Server) workList(c echo.Context) error {
	if s.config.Work == nil {
		return errNoWork
	}
	ctx := c.Request().Context()
	w, err := s.enters(c)
	if err != nil {
		return err
	}
	a, err := s.understand(ctx, worklist, c.Request().URL.RawQuery)
	if err != nil {
		return err
	}
	chosen, err := s.choose(c, a.format, listForms)
	if err != nil {
		return err
	}
	ask, err := a.listAsked()
	if err != nil {
		return err
	}
	g, err := s.groundOf(ctx, a, w.key)
	if errors.Is(err, errNoTerritory) && chosen.name == formHTML.name {
		return s.seeOther(c, "/territoire")
	}
	if err != nil {
		return err
	}
	current, err := s.force(ctx)
	if err != nil {
		return err
	}
	var about *quality.Critere
	if ask.List == territory.Lacking {
		if current != nil {
			about = criterionOf(current.document, ask.Critere)
		}
		if about == nil {
			return faults{{Parameter: "critere", Value: shown(ask.Critere), Detail: "Aucun critère de la version en vigueur n’a ce code."}}
		}
	}
	if chosen.name == formCSV.name {
		return s.workCSV(c, g, ask)
	}
	var items []territory.Item
	total := 0
	err = s.ask(ctx, func(ctx context.Context) (err error) {
		items = items[:0]
		total, err = s.config.Work.WorkList(ctx, g.Territory, ask, s.today(), func(i territory.Item) error {
			items = append(items, i)
			return nil
		})
		return err
	})
	if err != nil {
		return fmt.Errorf("list places of %s: %w", g.Param, err)
	}
	base := s.base(c.Request())
	links := append(views(base, "/territoire/lieux", a.values, chosen, listForms), link{address(base, "/territoire", upOf(g), "", ""), "up", typeJSON, "Le territoire"})
	next := ""
	if end := ask.After + len(items); len(items) > 0 && end < total {
		next = address("", "/territoire/lieux", a.values, "apres", strconv.Itoa(end))
		links = append(links, link{base + next, "next", mediaType(chosen), "La suite"})
	}
	if chosen.name == formHTML.name {
		view := pages.TerritoireLieux{Head: s.headFor(c, "", links...), Nom: g.Nom, Param: g.Param, Own: g.Whole, Ask: ask, Critere: about, Items: items, Total: total,
			Next: next, Values: a.values, Saved: a.fait, Here: c.Request().URL.RequestURI(), Now: a.now}
		return s.page(c, func(w *bytes.Buffer) error { return s.pages.TerritoireLieux(w, view) })
	}
	out := struct {
		Territoire groundWire `json:"territoire"`
		Liste      string     `json:"liste"`
		Total      int        `json:"total"`
		Lieux      []itemWire `json:"lieux"`
		Links      []link     `json:"links"`
	}{g.wire(), string(ask.List), total, []itemWire{}, links}
	for _, i := range items {
		out.Lieux = append(out.Lieux, itemOf(i))
	}
	return s.value(c, out)
}

func upOf(g ground) url.Values {
	if g.Whole {
		return nil
	}
	return url.Values{"territoire": {g.Param}}
}

// listAsked is the list that the parameters mean; what some lists need is told
// with what they lack.
func (a *asked) listAsked() (territory.Ask, error) {
	ask := territory.Ask{List: a.list, Months: a.months, Critere: a.topic, Q: a.words, Order: a.sort, After: int(min(a.after, 1<<30)), Limit: a.find.Limit}
	if ask.List == "" {
		ask.List = territory.All
	}
	switch {
	case ask.List == territory.Stale && ask.Months == 0:
		ask.Months = territory.Ages[1]
	case ask.List == territory.Lacking && ask.Critere == "":
		return ask, faults{{Parameter: "critere", Detail: "Cette liste est celle d’un critère : ajouter critere=ACC-01."}}
	}
	if ask.Order == "" {
		ask.Order = territory.ByDate
		if ask.List == territory.Lacking || ask.List == territory.Incomplete {
			ask.Order = territory.ByScore
		}
	}
	return ask, nil
}

// csvMaximum is how many rows a list gives as a file: all of a country's.
const csvMaximum = 5_000_000

// workCSV answers a whole list as a file.
func (s *Server) workCSV(c echo.Context, g ground, ask territory.Ask) error {
	ask.After, ask.Limit = 0, csvMaximum
	name := s.today().String() + "_" + string(ask.List) + ".csv"
	return s.spooled(c, typeCSV, name, func(ctx context.Context, w io.Writer) error {
		out := csv.NewWriter(w)
		if err := out.Write([]string{"id", "nom", "commune", "code_insee", "date_maj", "source", "etat", "depuis", "score", "niveau", "gain", "pourquoi"}); err != nil {
			return err
		}
		_, err := s.config.Work.WorkList(ctx, g.Territory, ask, s.today(), func(i territory.Item) error {
			one := itemOf(i)
			text := func(p *string) string {
				if p == nil {
					return ""
				}
				return *p
			}
			number := func(p *float64) string {
				if p == nil {
					return ""
				}
				return strconv.FormatFloat(*p, 'f', -1, 64)
			}
			return out.Write([]string{one.ID, one.Nom, one.Commune, one.Code, text(one.DateMaj), one.Source, one.Etat, one.Depuis, number(one.Score), text(one.Niveau), number(one.Gain), text(one.Pour)})
		})
		out.Flush()
		return errors.Join(err, out.Error())
	})
}

// archive is all that is known of a territory, in one file.
func (s *Server) archive(c echo.Context) error {
	if s.config.Work == nil {
		return errNoWork
	}
	ctx := c.Request().Context()
	a, err := s.understand(ctx, archiving, c.Request().URL.RawQuery)
	if err != nil {
		return err
	}
	if a.ground == nil {
		return faults{{Parameter: "territoire", Detail: "Dites de quel territoire : territoire=departement:51, ou territoire=pays."}}
	}
	if a.ground.Kind == access.Places {
		return faults{{Parameter: "territoire", Value: shown(a.ground.String()), Detail: "Une archive est celle d’un territoire : commune, EPCI, département, région ou pays."}}
	}
	if _, err := s.territoryName(ctx, *a.ground); err != nil {
		return err
	}
	name := s.today().String() + "_" + strings.NewReplacer(":", "-", ",", "-").Replace(paramOf(*a.ground)) + "_mediation-numerique.zip"
	return s.spooled(c, typeZIP, name, func(ctx context.Context, w io.Writer) error {
		return s.config.Work.Archive(ctx, *a.ground, w)
	})
}

// spooled answers a long file that the database writes faster than most can
// read: it goes to a temporary one, from which it is sent while it grows, so that
// a slow reader holds no connection of the database.
func (s *Server) spooled(c echo.Context, contentType, name string, write func(context.Context, io.Writer) error) error {
	h := c.Response().Header()
	h.Set(echo.HeaderContentDisposition, `attachment; filename="`+name+`"`)
	h.Set("Cache-Control", "private, no-store")
	if c.Request().Method == http.MethodHead {
		h.Set(echo.HeaderContentType, contentType)
		return s.send(c, http.StatusOK, nil)
	}
	select {
	case s.ward.spools <- struct{}{}:
		defer func() { <-s.ward.spools }()
	default:
		h.Del(echo.HeaderContentDisposition)
		return errBusy
	}
	spool, err := newSpool(s.config.TempDir)
	if err != nil {
		return fmt.Errorf("open temporary file: %w", err)
	}
	defer spool.remove()
	// The client leaving ends the work.
	ctx, stop := context.WithCancel(c.Request().Context())
	defer stop()
	go func() {
		spool.end(s.ward.files.within(ctx, archiveTimeout, func(ctx context.Context) error { return write(ctx, spool) }))
	}()
	out := s.open(c, contentType)
	defer out.close()
	for {
		n, err := spool.read(out.buf[:cap(out.buf)])
		out.buf = out.buf[:n]
		if err != nil && !errors.Is(err, io.EOF) {
			if !c.Response().Committed {
				h.Del(echo.HeaderContentDisposition)
			}
			stop()
			return fmt.Errorf("write %s: %w", name, err)
		}
		if err := out.flush(err == nil); err != nil || n == 0 {
			stop()
			return err
		}
	}
}
