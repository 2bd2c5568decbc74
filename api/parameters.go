package api

import (
	"context"
	"fmt"
	"maps"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"mednum/internal/history"
	"mednum/internal/place"
)

// operation is what a parameter may be asked of; the bits of parameter.on.
type operation uint64

const (
	lieux       operation = 1 << iota // the items of lieux
	communes                          // the items of communes
	suggestions                       // the search box
	documents                         // landing page, conformance, collections: only a form
	lieu                              // one place
	commune                           // one commune
	plain                             // no parameter at all
	answered                          // a page that says what was just recorded
	topics                            // remontées, contests: about a criterion
	compared                          // two versions
	logbook                           // the log
	drafting                          // the form of a draft
	signing                           // the form that takes a key
	filing                            // the deposits
	giving                            // a file as a body alone
	telling                           // the report of a deposit
	changing                          // what a deposit would change
	queueing                          // the pairs to decide
	working                           // a territory
	worklist                          // its places that ask for something
	archiving                         // all of it, in a file
	leaving                           // to the identity provider
	returning                         // from it
	enrolling                         // the accounts
	reportingOf                       // the form of a report
	handling                          // the reports to answer
	saying                            // a page that only says what was just done
	following                         // somebody looks for a report
	amending                          // the form of a place
	entering                          // a new place
	recounted                         // what became of a place
	exporting                         // all the places, in a file
	revisioning                       // what changed in the census
	touching                          // what one change touched
)

const (
	limitDefault      = 100
	limitMaximum      = 10_000
	suggestionDefault = 8
	suggestionMaximum = 20
	textMaximum       = 200        // letters of q
	radiusMaximum     = 20_100_000 // metres: more than half of the Earth's girth
	valuesMaximum     = 200        // values of one list
)

// asked is a request understood: what to find and how to show it.
type asked struct {
	workAsked
	find   place.Find
	format string // f, "" when not given
	words  string // q
	fait   string // what was just recorded
	topic  string // critere
	with   string // avec
	after  int64  // apres
	back   string // retour
	kind   string // genre
	source string // of a file given alone
	name   string // its name
	part   bool   // it is a part of its source
	minute bool   // the answer depends on what time it is

	asOf time.Time         // as_of
	past *history.Revision // the last one then; nil: now
	// Of reports.
	lieu    string
	where   string // ou
	nature  string
	apart   bool // autre_lieu
	etat    string
	orphans bool // sans_agent
	numero  string
	report  string // signalement

	revision  int64 // of a place
	against   int64 // avec, the same
	operation operation
	values    url.Values // as received, each key once: what links carry
	faults    faults
	now       time.Time
	atlas     func() (*atlas, error)
	force     func() (*force, error)
	failed    error // the atlas, or the rules, could not be had: not the caller's fault
	cursor    string
}

// parameter is one line of the table: a query parameter, where it is accepted,
// what a repeated key means, and what reads it.
type parameter struct {
	name   string
	on     operation
	repeat repetition
	read   func(a *asked, value string)
}

type repetition uint8

const (
	once repetition = iota // only with the same value
	adds                   // a list: the values add up
	last                   // the last one counts: clients append limit to the links of pages
)

// parameters is every query parameter of the API. openapi.yaml says the same;
// a test compares them.
var parameters = append([]parameter{
	{"territoire", working | worklist | archiving, once, (*asked).readTerritoire},
	{"sorte", working, once, (*asked).readSorte},
	{"ou", working, once, (*asked).readNamed},
	{"liste", worklist, once, (*asked).readListe},
	{"mois", worklist, once, (*asked).readMois},
	{"tri", worklist, once, (*asked).readTri},
	{"f", working | worklist | lieux | communes | lieu | commune | documents | answered | topics | compared | logbook | filing | telling | changing | queueing | handling | recounted | revisioning | touching, once, (*asked).readFormat},
	{"bbox", lieux | communes, once, (*asked).readBBox},
	{"datetime", lieux | communes, once, (*asked).readDatetime},
	{"as_of", lieux | lieu | exporting, once, (*asked).readAsOf},
	{"limit", revisioning | touching | worklist | lieux | communes | suggestions | logbook | filing | changing | queueing | handling, last, (*asked).readLimit},
	{"cursor", lieux | communes, once, (*asked).readCursor},
	{"near", lieux, once, (*asked).readNear},
	{"radius", lieux, once, (*asked).readRadius},
	{"ouvert", lieux, once, (*asked).readOuvert},
	{"code_insee", lieux | communes | handling, adds, (*asked).readCodeInsee},
	{"code_postal", lieux | communes, adds, (*asked).readCodePostal},
	{"departement", lieux | communes | queueing, adds, (*asked).readDepartement},
	{"q", worklist | lieux | communes | suggestions, once, (*asked).readQ},
	{"niveau", lieux, adds, (*asked).readNiveau},
	{"score_min", lieux, once, (*asked).readScoreMin},
	{"socle", lieux, adds, (*asked).readSocle},
	{"critere", worklist | topics, once, (*asked).readCritere},
	{"avec", compared, once, (*asked).readAvec},
	{"avec", recounted, once, (*asked).readAgainst},
	{"revision", recounted, once, (*asked).readRevision},
	{"apres", worklist | logbook | changing | queueing | handling, once, (*asked).readApres},
	{"avant", filing | recounted, once, (*asked).readAvant},
	{"avant", revisioning, once, (*asked).readBefore},
	{"apres", touching, once, (*asked).readAfterPlace},
	{"genre", changing, once, (*asked).readGenre},
	{"source", giving, once, (*asked).readSource},
	{"nom", giving, once, (*asked).readNom},
	{"partiel", giving, once, (*asked).readPartiel},
	{"fait", working | worklist | answered | topics | drafting | amending | telling | queueing | handling | saying | recounted, once, (*asked).readFait},
	{"retour", signing | leaving, once, (*asked).readRetour},
	{"fait", signing | enrolling, once, (*asked).readFait},
	{"state", signing | returning, once, (*asked).readNothing},
	{"code", returning, once, (*asked).readNothing},
	{"iss", returning, once, (*asked).readNothing},
	{"error", returning, once, (*asked).readNothing},
	{"error_description", returning, once, (*asked).readNothing},
	{"q", enrolling, once, (*asked).readQ},
	{"avant", enrolling, once, (*asked).readAvant},
	{"lieu", reportingOf, once, (*asked).readLieu},
	{"ou", reportingOf, once, (*asked).readOu},
	{"nature", reportingOf | handling, once, (*asked).readNature},
	{"etat", handling, once, (*asked).readEtat},
	{"sans_agent", handling, once, (*asked).readSansAgent},
	{"numero", following, once, (*asked).readNumero},
	{"signalement", amending, once, (*asked).readSignalement},
	{"autre_lieu", entering, once, (*asked).readAutreLieu},
}, vocabularies()...)

// vocabularies makes a parameter of every column that has one, under its name.
func vocabularies() []parameter {
	var out []parameter
	for _, column := range place.Columns {
		if column.Vocabulary == nil {
			continue
		}
		name, vocabulary := column.Name, column.Vocabulary
		out = append(out, parameter{name, lieux, adds, func(a *asked, value string) {
			for _, v := range a.split(name, value) {
				known, ok := vocabulary.Find(v)
				if !ok {
					detail := "Ce n’est pas une valeur de " + name
					if values := vocabulary.Values(); len(values) <= 20 {
						detail += ", qui sont : " + strings.Join(values, " ; ") + "."
					} else {
						detail += " : voir /api.html."
					}
					a.fault(name, v, detail, suggest(vocabulary, v))
					continue
				}
				if a.find.In == nil {
					a.find.In = map[string][]string{}
				}
				if !slices.Contains(a.find.In[name], known) {
					a.find.In[name] = append(a.find.In[name], known)
				}
			}
		}})
	}
	return out
}

// suggest gives the value that v may mean: the nearest, or the only one that
// begins with it or holds it.
func suggest(vocabulary *place.Vocabulary, v string) string {
	if near, ok := vocabulary.Suggest(v); ok {
		return near
	}
	folded := place.Fold(v)
	if len(folded) < 3 {
		return ""
	}
	for _, holds := range []func(s, part string) bool{strings.HasPrefix, strings.Contains} {
		var found []string
		for _, value := range vocabulary.Values() {
			if holds(place.Fold(value), folded) {
				found = append(found, value)
			}
		}
		if len(found) == 1 {
			return found[0]
		}
	}
	return ""
}

// synonyms are names that people try first.
var synonyms = map[string]string{
	"rayon": "radius", "distance": "radius", "position": "near", "point": "near", "lat": "near", "latitude": "near", "lon": "near", "lng": "near", "longitude": "near",
	"page": "cursor", "offset": "cursor", "startindex": "cursor", "count": "limit", "per_page": "limit", "search": "q", "query": "q", "format": "f", "insee": "code_insee",
	"level": "niveau", "lettre": "niveau", "letter": "niveau", "score": "score_min", "note": "score_min", "garanties": "socle", "essentiels": "socle",
	"commune": "q", "cp": "code_postal", "service": "services", "open": "ouvert", "date": "datetime", "date_maj": "datetime", "filter": "q", "asof": "as_of", "le": "as_of", "instant": "as_of",
}

// understand reads a query string for an operation. Everything wrong is told at
// once, as faults; another error is not the caller's fault.
func (s *Server) understand(ctx context.Context, on operation, rawQuery string) (*asked, error) {
	values, err := url.ParseQuery(rawQuery)
	if err != nil {
		return nil, faults{{Parameter: "", Value: shown(rawQuery), Detail: "La chaîne de requête ne se lit pas : écrire nom=valeur&nom=valeur, les signes particuliers codés (%20, %2B, %3B…)."}}
	}
	if on&formed != 0 {
		maps.DeleteFunc(values, func(_ string, all []string) bool { return strings.Join(all, "") == "" })
	}
	return s.read(ctx, on, values)
}

// formed are the operations that forms ask for: they send their empty fields,
// in which nothing is chosen.
const formed = handling | worklist | enrolling

// read is understand on values already parsed.
func (s *Server) read(ctx context.Context, on operation, values url.Values) (*asked, error) {
	a := &asked{operation: on, values: make(url.Values, len(values)), now: s.config.Now(),
		atlas: func() (*atlas, error) { return s.atlas(ctx) }, force: func() (*force, error) { return s.force(ctx) }}
	a.find.Limit = limitDefault
	switch on {
	case suggestions:
		a.find.Limit = suggestionDefault
	case filing, changing, queueing, handling, worklist, revisioning, touching:
		a.find.Limit = filedDefault
	}
	a.refuseUnknown(values)
	for _, p := range parameters {
		given, ok := values[p.name]
		if !ok || p.on&on == 0 {
			continue
		}
		value, ok := a.single(p, given)
		if !ok {
			continue
		}
		a.values.Set(p.name, value)
		p.read(a, value)
	}
	if a.failed != nil {
		return nil, a.failed
	}
	if a.find.Radius > 0 && !values.Has("near") {
		a.fault("radius", values.Get("radius"), "radius se compte depuis un point : ajouter near=longitude,latitude.", "")
	}
	if on == suggestions && !values.Has("q") {
		a.fault("q", "", "Écrire ce que l’on cherche : q=reims.", "")
	}
	if !a.asOf.IsZero() && len(a.faults) == 0 {
		if err := s.recall(ctx, a); err != nil {
			return nil, err
		}
	}
	if a.cursor != "" && len(a.faults) == 0 {
		a.resume()
	}
	if len(a.faults) > 0 {
		return nil, a.faults
	}
	return a, nil
}

func (a *asked) fault(name, value, detail, suggestion string) {
	a.faults = append(a.faults, fault{name, shown(value), detail, suggestion})
}

// shown is a value as it may be sent back: short, readable text.
func shown(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return '\ufffd'
		}
		return r
	}, s)
	if runes := []rune(s); len(runes) > 200 {
		return string(runes[:200]) + "…"
	}
	return s
}

// refuseUnknown: a parameter that does not exist here would otherwise answer
// with places that it was meant to leave out.
func (a *asked) refuseUnknown(values url.Values) {
	var names []string
	for _, p := range parameters {
		if p.on&a.operation != 0 {
			names = append(names, p.name)
		}
	}
	var unknown []string
	for name := range values {
		if !slices.Contains(names, name) {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	for _, name := range unknown {
		suggestion, ok := place.Nearest(name, names)
		if s, known := synonyms[strings.ToLower(name)]; !ok && known && slices.Contains(names, s) {
			suggestion = s
		}
		detail := "Ce paramètre n’existe pas ici. "
		if len(names) == 0 {
			detail += "Cette adresse n’en prend aucun."
		} else {
			detail += "Les paramètres sont : " + strings.Join(names, ", ") + "."
		}
		a.fault(shown(name), values.Get(name), detail, suggestion)
	}
}

// single makes one value of what was given, possibly several times.
func (a *asked) single(p parameter, given []string) (string, bool) {
	distinct := given[:0:0]
	for _, v := range given {
		v = strings.TrimSpace(v)
		if !slices.Contains(distinct, v) {
			distinct = append(distinct, v)
		}
	}
	value := strings.Join(distinct, ",")
	if p.repeat == last {
		value = strings.TrimSpace(given[len(given)-1])
	}
	switch {
	case len(distinct) > 1 && p.repeat == once:
		a.fault(p.name, strings.Join(distinct, " ; "), "Ce paramètre est donné plusieurs fois, avec des valeurs différentes : n’en garder qu’une.", "")
	case value == "":
		a.fault(p.name, "", "Ce paramètre est vide : lui donner une valeur, ou l’ôter.", "")
	case !utf8.ValidString(value) || strings.ContainsFunc(value, unicode.IsControl):
		a.fault(p.name, value, "Ce texte n’est pas de l’UTF-8 lisible.", "")
	default:
		return value, true
	}
	return "", false
}

// split gives the values of a list.
func (a *asked) split(name, value string) []string {
	parts := strings.Split(value, ",")
	if len(parts) > valuesMaximum {
		a.fault(name, value, fmt.Sprintf("%d valeurs : en donner %d au plus.", len(parts), valuesMaximum), "")
		return nil
	}
	out := parts[:0]
	for _, v := range parts {
		if v = strings.TrimSpace(v); v == "" {
			a.fault(name, value, "Une des valeurs est vide : vérifier les virgules.", "")
			return nil
		} else if !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

func (a *asked) readFormat(value string) {
	names := []string{"json", "html"}
	if a.operation&(lieux|communes|lieu|commune) != 0 {
		names = []string{"json", "geojson", "html"}
	}
	if a.operation == worklist {
		names = append(names, formCSV.name)
	}
	if a.operation == telling {
		names = append(names, formXLSX.name)
	}
	if !slices.Contains(names, value) {
		suggestion, _ := place.Nearest(value, names)
		a.fault("f", value, "Les formes sont : "+strings.Join(names, ", ")+".", suggestion)
		return
	}
	a.format = value
}

var integerPattern = regexp.MustCompile(`^[0-9]+$`)

func (a *asked) readLimit(value string) {
	maximum := limitMaximum
	switch a.operation {
	case suggestions:
		maximum = suggestionMaximum
	case logbook:
		maximum = entriesMaximum
	case filing, changing, queueing, handling, revisioning, touching, worklist:
		maximum = filedMaximum
	}
	digits := strings.TrimLeft(value, "0")
	switch {
	case !integerPattern.MatchString(value) || digits == "":
		a.fault("limit", value, fmt.Sprintf("Écrire un nombre entier de 1 à %d.", maximum), "")
	case len(digits) > 9:
		a.find.Limit = maximum
	default:
		n, _ := strconv.Atoi(digits)
		a.find.Limit = min(n, maximum)
	}
}

var numberPattern = regexp.MustCompile(`^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?$`)

// number reads a decimal number; never "NaN", "Inf", "0x1p-2" or "1_000".
func number(s string) (float64, bool) {
	s = strings.TrimSpace(s)
	if len(s) > 40 || !numberPattern.MatchString(s) {
		return 0, false
	}
	x, err := strconv.ParseFloat(s, 64)
	return x, err == nil && !math.IsInf(x, 0)
}

// numbers reads n numbers separated by commas.
func numbers(value string) ([]float64, bool) {
	var out []float64
	for part := range strings.SplitSeq(value, ",") {
		// A "+" that was not coded arrives as a space, which number forgives.
		x, ok := number(part)
		if !ok {
			return nil, false
		}
		out = append(out, x)
	}
	return out, true
}

func (a *asked) readBBox(value string) {
	wrong := func(detail, suggestion string) { a.fault("bbox", value, detail, suggestion) }
	n, ok := numbers(value)
	if !ok || (len(n) != 4 && len(n) != 6) {
		wrong("Écrire quatre nombres en degrés : ouest,sud,est,nord (par exemple -1.2,44.6,-0.4,45.1).", "")
		return
	}
	if len(n) == 6 {
		if n[2] > n[5] {
			wrong("L’altitude basse dépasse la haute : écrire ouest,sud,bas,est,nord,haut.", "")
			return
		}
		n = []float64{n[0], n[1], n[3], n[4]}
	}
	west, south, east, north := n[0], n[1], n[2], n[3]
	degrees := func(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }
	switch {
	case math.Abs(south) > 90 || math.Abs(north) > 90:
		wrong("Une latitude va de -90 à 90 : écrire ouest,sud,est,nord.", "")
	case math.Abs(west) > 360 || math.Abs(east) > 360:
		wrong("Une longitude va de -180 à 180 : écrire ouest,sud,est,nord.", "")
	case south > north:
		wrong("Le sud dépasse le nord : écrire ouest,sud,est,nord.", strings.Join([]string{degrees(west), degrees(north), degrees(east), degrees(south)}, ","))
	default:
		if east-west >= 360 {
			west, east = -180, 180
		} else {
			west, east = turn(west), turn(east)
		}
		a.find.BBox = &place.BBox{West: west, South: south, East: east, North: north}
	}
}

// turn brings a longitude back between -180 and 180, as maps that repeat the
// world send it.
func turn(x float64) float64 {
	switch {
	case x > 180:
		return x - 360
	case x < -180:
		return x + 360
	}
	return x
}

func (a *asked) readNear(value string) {
	n, ok := numbers(value)
	if !ok || len(n) != 2 {
		a.fault("near", value, "Écrire deux nombres en degrés : longitude,latitude (par exemple 4.0317,49.2583).", "")
		return
	}
	longitude, latitude := n[0], n[1]
	// The commonest mistake is latitude first. A point outside France whose
	// mirror is inside was certainly meant to be the mirror.
	if _, err := place.NewPosition(latitude, longitude); err != nil {
		if _, err := place.NewPosition(longitude, latitude); err == nil {
			parts := strings.Split(value, ",")
			a.fault("near", value, "La longitude vient d’abord : écrire longitude,latitude.", strings.TrimSpace(parts[1])+","+strings.TrimSpace(parts[0]))
			return
		}
	}
	position, err := place.Anywhere(latitude, longitude)
	if err != nil {
		a.fault("near", value, "Une longitude va de -180 à 180, une latitude de -90 à 90 : écrire longitude,latitude.", "")
		return
	}
	a.find.Near = position
}

func (a *asked) readRadius(value string) {
	x, ok := number(value)
	if !ok || x < 1 || x > radiusMaximum {
		suggestion := ""
		if km, ok := number(strings.TrimSuffix(strings.ToLower(value), "km")); ok && strings.HasSuffix(strings.ToLower(value), "km") && km > 0 && km*1000 <= radiusMaximum {
			suggestion = strconv.FormatFloat(km*1000, 'f', -1, 64)
		} else if m, ok := number(strings.TrimSuffix(value, "m")); ok && strings.HasSuffix(value, "m") && m >= 1 {
			suggestion = strconv.FormatFloat(m, 'f', -1, 64)
		}
		a.fault("radius", value, fmt.Sprintf("Écrire un nombre de mètres, de 1 à %d.", radiusMaximum), suggestion)
		return
	}
	a.find.Radius = x
}

// instantPattern: a date-time of RFC 3339, its seconds and offset optional. A
// "+" that was not coded arrives as a space.
var instantPattern = regexp.MustCompile(`^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2})(:\d{2}(?:\.\d{1,9})?)?([Zz]|[+\- ]\d{2}:?\d{2})?$`)

// instant reads a date-time; local is true when it has no offset, the time is
// then in UTC.
func instant(s string) (t time.Time, local, ok bool) {
	m := instantPattern.FindStringSubmatch(s)
	if m == nil {
		return time.Time{}, false, false
	}
	seconds, offset := m[3], strings.ToUpper(strings.Replace(m[4], " ", "+", 1))
	if seconds == "" {
		seconds = ":00"
	}
	if local = offset == ""; local {
		offset = "Z"
	} else if len(offset) == 5 {
		offset = offset[:3] + ":" + offset[3:]
	}
	t, err := time.Parse(time.RFC3339Nano, m[1]+"T"+m[2]+seconds+offset)
	return t, local, err == nil
}

func (a *asked) readOuvert(value string) {
	const rule = "Écrire « maintenant », ou une date et une heure : 2026-07-14T09:30 (l’heure du lieu) ou 2026-07-14T09:30:00+02:00."
	if place.Fold(value) == "maintenant" {
		a.minute = true
		a.find.OpenAt = &place.Moment{Time: a.now}
		return
	}
	t, local, ok := instant(value)
	switch {
	case ok && (t.Year() < 2000 || t.Year() > 2200):
		a.fault("ouvert", value, "Les horaires se lisent de l’an 2000 à l’an 2200.", "")
	case ok:
		a.find.OpenAt = &place.Moment{Time: t, Local: local}
	default:
		suggestion := ""
		if _, day := place.ParseDate(value); day {
			suggestion = value + "T09:30"
		} else if _, near := place.Nearest(value, []string{"maintenant", "now"}); near || value == "true" || value == "1" || place.Fold(value) == "oui" {
			suggestion = "maintenant"
		}
		a.fault("ouvert", value, rule, suggestion)
	}
}

// day reads one end of a datetime, a day or an instant, as a day in UTC.
func day(s string) (place.Date, bool) {
	if d, ok := place.ParseDate(s); ok {
		return d, true
	}
	t, local, ok := instant(s)
	if !ok || local {
		return place.Date{}, false
	}
	t = t.UTC()
	return place.NewDate(t.Year(), t.Month(), t.Day())
}

func (a *asked) readDatetime(value string) {
	const rule = "Écrire un jour (2024-04-02), un instant (2024-04-02T00:00:00Z) ou un intervalle (2024-01-01/2024-12-31, 2024-01-01/.., ../2024-12-31)."
	from, to, interval := strings.Cut(value, "/")
	if !interval {
		to = from
		if value == ".." {
			a.fault("datetime", value, rule, "")
			return
		}
	}
	var r place.DateRange
	for _, end := range []struct {
		text string
		into *place.Date
	}{{from, &r.From}, {to, &r.To}} {
		if interval && (end.text == "" || end.text == "..") {
			continue
		}
		d, ok := day(end.text)
		if !ok {
			a.fault("datetime", value, rule, "")
			return
		}
		*end.into = d
	}
	if r.From.Known() && r.To.Known() && r.From.Compare(r.To) > 0 {
		a.fault("datetime", value, "L’intervalle finit avant de commencer.", to+"/"+from)
		return
	}
	if a.operation == lieux { // communes have no date: all of them match
		a.find.DateMaj = r
	}
}

func (a *asked) readQ(value string) {
	if utf8.RuneCountInString(value) > textMaximum {
		a.fault("q", value, fmt.Sprintf("Ce texte est trop long : %d lettres au plus.", textMaximum), "")
		return
	}
	if !strings.ContainsFunc(value, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
		a.fault("q", value, "Il faut au moins une lettre ou un chiffre.", "")
		return
	}
	a.words = value
	if a.operation == lieux {
		a.find.Q = value
	}
}

var (
	codeInseePattern  = regexp.MustCompile(`^([0-9]{2}|2[AB])[0-9]{3}$`)
	codePostalPattern = regexp.MustCompile(`^[0-9]{5}$`)
)

func (a *asked) readCodePostal(value string) {
	for _, v := range a.split("code_postal", value) {
		if !codePostalPattern.MatchString(v) {
			suggestion := ""
			if tight := strings.ReplaceAll(v, " ", ""); codePostalPattern.MatchString(tight) {
				suggestion = tight
			} else if codePostalPattern.MatchString("0" + v) {
				suggestion = "0" + v
			}
			a.fault("code_postal", v, "Un code postal a cinq chiffres : 51100.", suggestion)
			continue
		}
		a.find.CodePostal = append(a.find.CodePostal, v)
	}
}

// departements are the codes of the départements and of the overseas
// collectivités that a code_insee begins with.
var departements = func() []string {
	codes := []string{"2A", "2B"}
	for n := 1; n <= 95; n++ {
		if n != 20 {
			codes = append(codes, fmt.Sprintf("%02d", n))
		}
	}
	return append(codes, "971", "972", "973", "974", "975", "976", "977", "978", "984", "986", "987", "988", "989")
}()

func (a *asked) readDepartement(value string) {
	for _, v := range a.split("departement", value) {
		code := strings.ToUpper(v)
		if !slices.Contains(departements, code) {
			suggestion := ""
			if slices.Contains(departements, "0"+code) {
				suggestion = "0" + code
			} else if code == "20" {
				suggestion = "2A,2B"
			} else if atlas, err := a.atlas(); err == nil {
				suggestion = atlas.departement(v)
			}
			a.fault("departement", v, "Écrire le code d’un département ou d’une collectivité : 01, 2A, 974.", suggestion)
			continue
		}
		a.find.Departement = append(a.find.Departement, code)
	}
}

// readCodeInsee: former codes become today's; the code of Paris, Lyon or
// Marseille also means their arrondissements. A code that the official list
// does not have is a fault, but only where we hold that list: a département of
// which no commune is loaded is not judged.
func (a *asked) readCodeInsee(value string) {
	codes := a.split("code_insee", value)
	if len(codes) == 0 {
		return
	}
	atlas, err := a.atlas()
	if err != nil {
		a.failed = err
		return
	}
	add := func(code string) {
		if !slices.Contains(a.find.CodeInsee, code) {
			a.find.CodeInsee = append(a.find.CodeInsee, code)
		}
	}
	for _, v := range codes {
		code := strings.ToUpper(v)
		if !codeInseePattern.MatchString(code) {
			suggestion := ""
			if codeInseePattern.MatchString("0" + code) {
				suggestion = "0" + code
			} else if found := atlas.gazetteer.Search(v, 1); len(found) > 0 {
				suggestion = found[0].Code
			}
			a.fault("code_insee", v, "Un code de commune a cinq signes : 51454, 2A004.", suggestion)
			continue
		}
		known, ok := atlas.gazetteer.Commune(code)
		switch {
		case ok:
			add(known.Code)
			for _, child := range atlas.arrondissements[known.Code] {
				add(child)
			}
		case atlas.judges(code):
			suggestion := ""
			if found := atlas.gazetteer.Search(code, 1); len(found) > 0 {
				suggestion = found[0].Code // a postal code given for a commune's code
			}
			a.fault("code_insee", v, "Aucune commune n’a ce code, ni aujourd’hui ni autrefois.", suggestion)
		default:
			add(code)
		}
	}
}
