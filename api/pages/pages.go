// Package pages is all the HTML of the product: templates, what they are
// given, and how French writes numbers, dates and distances.
package pages

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"math"
	"net/url"
	"strings"
	"time"

	"mednum"
	"mednum/internal/french"
	"mednum/internal/hours"
	"mednum/internal/intake"
	"mednum/internal/place"
	"mednum/internal/quality"
	"mednum/internal/ticket"
)

// DefaultTileURL and DefaultTileAttribution are the public plan of the
// Géoplateforme, which asks for no key.
const (
	DefaultTileURL = "https://data.geopf.fr/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER=GEOGRAPHICALGRIDSYSTEMS.PLANIGNV2" +
		"&STYLE=normal&FORMAT=image/png&TILEMATRIXSET=PM&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}"
	DefaultTileAttribution = "© IGN – Géoplateforme"
)

//go:embed templates/*.html
var templates embed.FS

// Pages renders. It is safe for concurrent use.
type Pages struct {
	settings Settings
	sets     map[string]*template.Template
	assets   Assets
	named    func(kind, code string) string // of a territory; "" unknown
}

// Name has territories called by their names: named gives that of a kind and a
// code, "" when nobody knows it. Before the first page.
func (p *Pages) Name(named func(kind, code string) string) { p.named = named }

// Settings are the operator's choices that pages show.
type Settings struct {
	PublicURL       string // absolute, without trailing slash
	TileURL         string // template {z} {x} {y}; "" = no tiles, outlines only
	TileAttribution string
	FrameAncestors  string
	ThemeCSS        string // URL of a collectivité's own tokens; "" = ours
}

// Assets are the addresses of what Vite built; all "" before `npm run build`.
type Assets struct {
	Script string
	Styles []string
	Icon   string
	Font   string // preloaded: text is drawn with it at once
}

// New reads the templates and the built assets (mednum.WebMap).
func New(s Settings) (*Pages, error) {
	built, err := readAssets(mednum.WebMap, "web-map/dist")
	if err != nil {
		return nil, fmt.Errorf("read built pages: %w", err)
	}
	p := &Pages{settings: s, sets: map[string]*template.Template{}, assets: built}
	common, err := template.New("").Funcs(functions).Funcs(template.FuncMap{"territory": p.Territory}).ParseFS(templates, "templates/layout.html", "templates/parts.html", "templates/regle.html", "templates/roles.html", "templates/avant-apres.html")
	if err != nil {
		return nil, fmt.Errorf("read templates: %w", err)
	}
	for _, name := range []string{"accueil", "resultats", "lieu", "liste", "document", "probleme", "aide", "accessibilite",
		"score", "declarations", "contestations", "contestation", "referentiels", "referentiel", "differences", "edition", "remontees", "remontee", "simulation", "journal", "connexion", "compte", "comptes", "personne", "lien",
		"territoire", "territoire-lieux", "depots", "depot", "correspondance", "rapport", "changements", "sources", "source", "doublons", "doublon", "provenance", "signaler", "signalement", "traitement", "signalements", "revendication",
		"modification", "historique", "ferme", "revisions", "revision"} {
		set, err := template.Must(common.Clone()).ParseFS(templates, "templates/"+name+".html")
		if err != nil {
			return nil, fmt.Errorf("read templates: %w", err)
		}
		p.sets[name] = set
	}
	return p, nil
}

// Built reports whether style and script are there.
func (p *Pages) Built() bool { return p.assets.Script != "" }

// readAssets reads Vite's manifest. Its absence is not an error: pages work
// without style and script.
func readAssets(files fs.FS, dir string) (Assets, error) {
	text, err := fs.ReadFile(files, dir+"/.vite/manifest.json")
	if errors.Is(err, fs.ErrNotExist) {
		return Assets{}, nil
	}
	if err != nil {
		return Assets{}, err
	}
	var manifest map[string]struct {
		File    string   `json:"file"`
		CSS     []string `json:"css"`
		IsEntry bool     `json:"isEntry"`
		Assets  []string `json:"assets"`
	}
	if err := json.Unmarshal(text, &manifest); err != nil {
		return Assets{}, err
	}
	var a Assets
	for source, chunk := range manifest {
		switch {
		case chunk.IsEntry && strings.HasSuffix(chunk.File, ".js"):
			a.Script = "/" + chunk.File
			for _, css := range chunk.CSS {
				a.Styles = append(a.Styles, "/"+css)
			}
		case strings.HasSuffix(source, "icon.svg"):
			a.Icon = "/" + chunk.File
		case strings.HasSuffix(chunk.File, ".woff2"):
			a.Font = "/" + chunk.File
		}
	}
	return a, nil
}

// Link is a link of the API, for "alternate" and the machine-readable footer.
type Link struct{ Href, Rel, Type, Title string }

// Head is what every page has.
type Head struct {
	Path          string // path and query of this page
	Title         string
	Links         []Link
	Demonstration bool      // the census holds made-up places: every page says so
	Past          *Past     // the page is of an instant past; nil: of now
	Who           *SignedIn // who uses the pages of the référentiel; nil: nobody signed in
}

// Card is a place in a list: decoded feature, judged now.
type Card struct {
	ID         string
	Href       string
	Place      place.Place
	Properties place.Published // what we add to the standard's columns
	Distance   float64         // metres; NaN when none was asked for
	Answer     hours.Answer
	Zone       hours.Zone
	Hours      *hours.Hours // nil when unknown or not understood
	Now        time.Time    // the instant of Answer; zero = the clock's
}

// Sheet is the page of one place.
type Sheet struct {
	Head
	Card
	Week       [7]hours.Day
	Guarantees *Guarantees // nil: the place was never scored
	Reports    bool        // errors can be reported here
	Kept       ticket.Keeper
	Now        time.Time
}

// Problem is the page of an error: what happened and what to do.
type Problem struct {
	Head
	Status  int
	Message string   // French
	Details []string // French, one a fault
}

// Listing is a page of features of a collection (lieux as cards).
type Listing struct {
	Head
	Collection string
	Cards      []Card // lieux
	Rows       []Row  // communes
	Next, Prev string // href, "" when none
	Faults     []string
}

// Row is a line of a plain list.
type Row struct{ Href, Name, Detail string }

// Document is a technical page for partners: conformance, collections, the API.
type Document struct {
	Head
	Intro    string
	Sections []Section
}

// Section of a Document.
type Section struct {
	Title string
	Rows  []Row
}

// Home is the first page and its results: one search, the nearest places.
type Home struct {
	Head
	Asked   url.Values     // the page's state: the parameters of its address
	Known   int64          // places in the census; -1 unknown
	Where   string         // what the search was understood as ("Reims (51100)"); "" when nothing was
	Center  place.Position // around what; unknown when the commune has no point
	Mine    bool           // the centre is the visitor's own position or a zone of the map
	Cards   []Card         // nearest first
	More    bool           // there are others further away
	Apart   []Card         // of the same commune, exact position unknown
	Commune string         // the commune of Apart
	Choices []Choice       // readings of what was typed
	Which   string         // the question above Choices: "Saint-Denis : laquelle ?"
	Notices []string       // French sentences: what could not be done, and what was done instead
	Nearest *Card          // when Cards is empty: the nearest without the limit of distance
	Relax   []Relax        // when Cards is empty: what to let go of
	Reports bool           // places can be proposed here
	Now     time.Time
}

// Choice is another reading of what was typed.
type Choice struct {
	Label, Detail string
	Query         string // what to search instead, for ou=
	Chosen        bool
}

// Relax is a choice to let go of and what that would give.
type Relax struct {
	Column, Value string
	Count         int     // places found without it, up to Limit
	Full          bool    // there are more than Count
	Nearest       float64 // metres to the first; NaN unknown
}

// view is what the layout is given.
type view struct {
	Head
	Settings
	Assets
	Kind         string
	Professional bool // a page of the référentiel
	V            any
}

func (p *Pages) render(w io.Writer, name string, head Head, v any) error {
	// Into a buffer first: a fault half-way must not leave half a page.
	var page bytes.Buffer
	_, professional := titles[name]
	err := p.sets[name].ExecuteTemplate(&page, "layout", view{Head: head, Settings: p.settings, Assets: p.assets, Kind: name, Professional: professional, V: v})
	if err != nil {
		return fmt.Errorf("render %s: %w", name, err)
	}
	_, err = page.WriteTo(w)
	return err
}

// Home writes the first page, or its results once something was asked.
func (p *Pages) Home(w io.Writer, v Home) error {
	if v.Now.IsZero() {
		v.Now = time.Now()
	}
	for i := range v.Cards {
		v.Demonstration = v.Demonstration || v.Cards[i].Properties.Demonstration
	}
	name := "resultats"
	if !v.asked() {
		name = "accueil"
	}
	if v.Title == "" {
		v.Title = v.heading()
	}
	return p.render(w, name, v.Head, homeView{Home: v, Settings: p.settings})
}

// Sheet writes the page of one place.
func (p *Pages) Sheet(w io.Writer, v Sheet) error {
	if v.Now.IsZero() {
		v.Now = time.Now()
	}
	v.Card.Now = v.Now
	if v.Title == "" {
		v.Title = v.Place.Nom + ", " + v.Place.Commune
	}
	v.Demonstration = v.Demonstration || v.Properties.Demonstration
	return p.render(w, "lieu", v.Head, sheetView{Sheet: v, Settings: p.settings})
}

// Problem writes the page of an error.
func (p *Pages) Problem(w io.Writer, v Problem) error {
	if v.Title == "" {
		v.Title = v.heading()
	}
	return p.render(w, "probleme", v.Head, v)
}

// Listing writes a page of a collection.
func (p *Pages) Listing(w io.Writer, v Listing) error {
	if v.Title == "" {
		v.Title = "Tous les lieux"
		if v.Collection == "communes" {
			v.Title = "Les communes"
		}
	}
	for i := range v.Cards {
		v.Demonstration = v.Demonstration || v.Cards[i].Properties.Demonstration
	}
	return p.render(w, "liste", v.Head, v)
}

// Document writes a technical page.
func (p *Pages) Document(w io.Writer, v Document) error {
	return p.render(w, "document", v.Head, v)
}

// Help writes the help of the three kinds of readers, citizens first.
func (p *Pages) Help(w io.Writer, h Head) error {
	if h.Title == "" {
		h.Title = "Aide"
	}
	return p.render(w, "aide", h, nil)
}

// Accessibility writes the declaration: what was tested and what was not.
func (p *Pages) Accessibility(w io.Writer, h Head) error {
	if h.Title == "" {
		h.Title = "Accessibilité"
	}
	return p.render(w, "accessibilite", h, nil)
}

var functions = template.FuncMap{
	"icon":     icon,
	"integer":  func(n any) string { return french.Integer(toInt64(n)) },
	"clock":    Clock,
	"capital":  french.Capital,
	"lower":    french.Lower,
	"longdate": func(d place.Date) string { return longDate(d.Year, d.Month, d.Day) },
	"dayname":  DayName,
	"host":     host,
	"count":    func(n any, one, many string) string { return french.Count(int(toInt64(n)), one, many) },
	"nocr":     func(s string) []string { return strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n") },

	// Of the référentiel.
	"nombre":  Nombre,
	"points":  points,
	"tenth":   func(n quality.Nombre) string { return n.French(1) },
	"signed":  signed,
	"percent": percent,
	"jour":    func(j quality.Jour) string { return longDate(j.Year, j.Month, j.Day) },
	"day":     dayOf,
	"until":   until,
	"field":   fieldOf,
	"dict":    dict,
	"gate":    gate,
	"champ":   champ,
	"kind":    func(k string) string { return kindWords[k] },
	"shown":   shownAs,
	"word":    word,
	"said":    explained,
	"status":  statusOf,
	"path":    url.PathEscape,

	"nextTitle": nextTitle,
	"nextWho":   nextWho,
	"proposal":  proposal,
	"contents":  contents,
	"instant":   instant,
	"fact":      factOf,
	"granted":   granted,
	"kilobytes": kilobytes,
	"deposit":   func(s intake.State) term { return depositStates[s] },
	"add":       func(a, b int) int { return a + b },
	"since":     since,
	"rhythm":    rhythm,
	"apart":     apart,
	"likely":    likely,
	"sidename":  nameOf,
	"sidetown":  townOf,
	"answer":    verdict,
	"quoted":    func(s string) string { return "« " + s + " »" },
	"upto":      func(n quality.Nombre) int { return int(n * 100 / quality.Entier) },
}

// dict gives a partial several things under names.
func dict(pairs ...any) map[string]any {
	m := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		m[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return m
}

func toInt64(n any) int64 {
	switch n := n.(type) {
	case int:
		return int64(n)
	case int64:
		return n
	}
	return 0
}

// Home's own questions.

func (h Home) asked() bool {
	return h.Where != "" || h.Asked.Get("ou") != "" || h.Asked.Get("pres") != ""
}

func (h Home) heading() string {
	switch {
	case h.Where != "":
		return "Lieux près de " + h.Where
	case h.asked():
		return "Nous n’avons pas trouvé ce lieu"
	}
	return "Trouver un lieu pour se faire aider"
}

// Problem's heading: what happened, without blame.
func (v Problem) heading() string {
	switch {
	case v.Status == 404:
		return "Nous ne trouvons pas cette page"
	case v.Status == 410:
		return "Ce lieu n’est plus dans la liste"
	case v.Status == 401, v.Status == 403:
		return "Il faut une clé pour faire cela"
	case v.Status == 409, v.Status == 412, v.Status == 422, v.Status == 428:
		return "Rien n’a été enregistré"
	case v.Status == 429:
		return "Trop d’essais"
	case v.Status == 503:
		return "Le service est occupé"
	case v.Status >= 500:
		return "Quelque chose s’est mal passé de notre côté"
	}
	return "Nous n’avons pas pu répondre"
}

// Heading is what the page of an error says first.
func (v Problem) Heading() string { return v.heading() }

// SignIn says whether a key would help.
func (v Problem) SignIn() bool { return v.Status == 401 || v.Status == 403 }

// Citizen says whether who reads this was looking for a place.
func (v Problem) Citizen() bool {
	return v.Status == 400 || v.Status == 404 || v.Status == 410 || v.Status >= 500
}

// Advice is what to do about it.
func (v Problem) Advice() string {
	switch {
	case v.Status == 410:
		return "Sa structure l’a retiré. Cherchez un autre lieu près de chez vous."
	case v.Status == 404:
		return "L’adresse a peut-être été mal recopiée."
	case v.Status == 401:
		return "Connectez-vous avec la clé de votre organisation, puis recommencez."
	case v.Status == 403:
		return "Connectez-vous avec une autre clé, ou demandez-la à l’administrateur de ce site."
	case v.Status == 409, v.Status == 412, v.Status == 422, v.Status == 428:
		return "Revenez à la page d’avant : ce que vous avez écrit y est encore."
	case v.Status == 429, v.Status >= 500:
		return "Attendez un instant, puis essayez de nouveau."
	}
	return "Corrigez l’adresse de la page, ou cherchez de nouveau."
}

// Card's own questions.

// State is "open", "closed" or "unknown": the shape on the map.
func (c Card) State() string {
	switch c.Answer.State {
	case hours.Open:
		return "open"
	case hours.Closed:
		return "closed"
	}
	return "unknown"
}

// StateWord is the state in one or two words.
func (c Card) StateWord() string {
	switch {
	case c.Answer.State == hours.Open:
		return "Ouvert"
	case c.Answer.State == hours.Closed:
		return "Fermé"
	case c.Place.Horaires == "":
		return "Horaires inconnus"
	}
	return "Horaires à vérifier"
}

// When completes the state: "ferme à 18 h", "ouvre lundi à 9 h", or the
// comment that the place gives.
func (c Card) When() string {
	var parts []string
	if !c.Answer.Until.IsZero() {
		now := c.Now
		if now.IsZero() {
			now = time.Now()
		}
		loc := c.Zone.Location()
		until := c.Answer.Until.In(loc)
		after := hours.Unknown
		if c.Hours != nil {
			after = c.Hours.At(c.Answer.Until, c.Zone).State
		}
		switch {
		case c.Answer.State == hours.Open && after != hours.Unknown:
			parts = append(parts, "ferme "+moment(until, now.In(loc)))
		case c.Answer.State == hours.Open:
			parts = append(parts, "jusqu’"+moment(until, now.In(loc)))
		case c.Answer.State == hours.Closed && after == hours.Open:
			parts = append(parts, "ouvre "+moment(until, now.In(loc)))
		}
	}
	if c.Answer.Comment != "" {
		parts = append(parts, c.Answer.Comment)
	}
	return strings.Join(parts, ", ")
}

// Away is the distance as read: "à 350 m".
func (c Card) Away() string {
	if c.Approximate() && c.HasDistance() {
		return strings.Replace(strings.Replace(away(c.Distance), "à ", "à environ ", 1), "à environ moins", "à moins", 1)
	}
	return away(c.Distance)
}

// shownAt is where the map shows it.
func (c Card) shownAt() place.Position {
	at, _ := c.Properties.Shown(&c.Place)
	return at
}

// OnMap reports whether the map shows it.
func (c Card) OnMap() bool { return c.shownAt().Known() }

// Approximate reports whether the map shows the middle of its commune, for want
// of better.
func (c Card) Approximate() bool {
	_, precision := c.Properties.Shown(&c.Place)
	return precision == place.AtCommune
}

// HasDistance reports whether a distance was asked for.
func (c Card) HasDistance() bool { return !math.IsNaN(c.Distance) }

// Helps are at most three services in short words.
func (c Card) Helps() []string {
	var out []string
	for _, v := range c.Place.Services[:min(3, len(c.Place.Services))] {
		out = append(out, said("services", v).short())
	}
	return out
}

// MoreHelps is how many services Helps leaves out.
func (c Card) MoreHelps() int { return max(0, len(c.Place.Services)-3) }

// Fee is what it costs; "" when nothing says so.
func (c Card) Fee() string {
	f := c.Place.FraisACharge
	switch len(f) {
	case 0:
		return ""
	case 1:
		return f[0]
	}
	low := []string{f[0]}
	for _, v := range f[1:] {
		low = append(low, strings.ToLower(v))
	}
	return french.Enumerate(low, " ou ")
}

// Free reports whether it costs nothing, whatever is asked for.
func (c Card) Free() bool {
	return len(c.Place.FraisACharge) == 1 && c.Place.FraisACharge[0] == "Gratuit"
}

// PhoneShown is the number as people read it.
func (c Card) PhoneShown() string { shown, _ := Phone(c.Place.Telephone); return shown }

// Tel is the link that dials; "" when the text is no number. Phone keeps digits
// and a plus only, which is what makes the address safe.
func (c Card) Tel() template.URL {
	if _, dial := Phone(c.Place.Telephone); dial != "" {
		return template.URL("tel:" + dial)
	}
	return ""
}

// Kind says what sort of place it is; "" when the codes say nothing to a
// visitor.
func (c Card) Kind() string {
	v, ok := place.VocabularyOf("typologie")
	if !ok {
		return ""
	}
	for _, t := range c.Place.Typologie {
		if label := v.Label(t); label != t && t != "Autre" {
			return french.Capital(label)
		}
	}
	return ""
}

// Address is the lines of the postal address.
func (c Card) Address() []string {
	var lines []string
	for _, l := range []string{c.Place.Adresse, c.Place.ComplementAdresse, strings.TrimSpace(c.Place.CodePostal + " " + c.Place.Commune)} {
		if l != "" {
			lines = append(lines, l)
		}
	}
	return lines
}

// Described is the hours in sentences; nil when they are not understood.
func (c Card) Described() []string {
	if c.Hours == nil {
		return nil
	}
	return c.Hours.Describe()
}

// Longitude and Latitude are for the map, six decimals at most (11 cm).
func (c Card) Longitude() string { return coordinate(c.shownAt().Longitude()) }

// Latitude: see Longitude.
func (c Card) Latitude() string { return coordinate(c.shownAt().Latitude()) }

func coordinate(v float64) string {
	s := fmt.Sprintf("%.6f", v)
	return strings.TrimRight(strings.TrimRight(s, "0"), ".")
}

// host is what to read of a web address: "mairie-reims.fr".
func host(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return address
	}
	return strings.TrimPrefix(u.Hostname(), "www.")
}

// webAddress lets only http and https through.
func webAddress(address string) string {
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return ""
	}
	return u.String()
}
