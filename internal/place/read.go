package place

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"mednum/internal/hours"
)

// Context is what a row is read against.
type Context struct {
	Communes Communes // nil: communes are not checked
	Today    Date     // a later date_maj is a mistake; unknown: not checked
}

// Read makes a record of a row of a file: cleans what is certain, keeps what
// is not as unknown, and says each thing once. It never fails: a row that
// cannot be used has a Blocking finding. The Key is left to the caller, who
// sees the whole file.
func (s *Schema) Read(cells []string, line int, c Context) Record {
	b := s.Begin(cells, line, c)
	return b.Record()
}

// Begun is a row of which only the commune is read: a caller that has the
// contours elsewhere learns so which ones the rest will ask for.
type Begun struct {
	reader
	communes []Commune
}

// Begin begins to read a row; Record, called once, gives what Read does.
func (s *Schema) Begin(cells []string, line int, c Context) Begun {
	b := Begun{reader: reader{schema: s, context: c, cells: cells}}
	b.Line = line
	b.Raw = s.raw(cells)
	b.texts()
	b.communes = b.locate()
	return b
}

// Communes gives the communes that the row may be in: the one of its code and
// the one of its name and postal code, or for want of both the few of its name.
func (b *Begun) Communes() []Commune { return b.communes }

// Record reads the rest.
func (b *Begun) Record() Record {
	r, s, communes := &b.reader, b.schema, b.communes
	r.position(communes)
	communes = r.settle(communes)
	r.approximate(communes)
	r.pivot()
	r.contacts()
	r.hours()
	r.date()
	r.lists()
	r.judge()
	for _, name := range s.Absent {
		if !columnByName[name].Known(&r.Place) {
			r.Absent = append(r.Absent, name)
		}
	}
	return r.Record
}

type reader struct {
	Record
	schema  *Schema
	context Context
	cells   []string
	byName  bool // the communes have the name that the row says, and no code says which
}

func (r *reader) say(code, field, found, made string, words ...string) {
	r.Findings = append(r.Findings, NewFinding(code, field, r.Line, found, made, words...))
}

// value gives a cell without what means nothing around it; "" when it says
// that it is unknown.
func (r *reader) value(name string) string {
	v := unwrap(r.schema.cell(r.cells, name))
	if v != "" && isBlank(v) {
		r.say("placeholder", name, v, "")
		return ""
	}
	if !utf8.ValidString(v) {
		v = strings.ToValidUTF8(v, "\ufffd")
	}
	if strings.ContainsAny(v, "<&") {
		if plain := strings.TrimSpace(stripHTML(v)); plain != v {
			r.say("html", name, v, plain)
			v = plain
		}
	}
	return v
}

func (r *reader) text(name string, lines bool) string {
	raw := unwrap(r.schema.cell(r.cells, name))
	clean, notes := cleanText(raw, lines)
	for _, code := range notes {
		r.say(code, name, raw, clean)
	}
	return clean
}

var (
	postalInCommune = regexp.MustCompile(`^(\d{5})\s+(\pL.*)$|^(\pL.*?)[\s,]+\(?(\d{5})\)?$`)
	cedex           = regexp.MustCompile(`(?i)^(.*\S)\s+c[eé]dex(?:\s*\d{1,2})?$`)
)

// texts reads the columns of free text.
func (r *reader) texts() {
	for _, name := range []string{"id", "nom", "commune", "adresse", "complement_adresse", "source", "structure_parente"} {
		*columnByName[name].Text(&r.Place) = r.text(name, false)
	}
	r.PresentationResume = r.text("presentation_resume", true)
	r.PresentationDetail = r.text("presentation_detail", true)
	if n := utf8.RuneCountInString(r.PresentationResume); n > 280 {
		r.say("resume_long", "presentation_resume", r.PresentationResume, r.PresentationResume, "longueur", strconv.Itoa(n))
	}
}

// locate reads what names the commune and gives the communes so named: of the
// code first, then of the name and postal code when they mean another.
func (r *reader) locate() []Commune {
	if raw := r.value("code_postal"); raw != "" {
		postal, code := readPostal(raw)
		if code == "code_postal_lost_zero" && !r.confirms(postal) {
			postal, code = "", "code_postal_invalid" // another digit was lost
		}
		r.CodePostal = postal
		if code != "" && strings.Trim(raw, "0") != "" {
			r.say(code, "code_postal", raw, postal)
		}
	}
	// Most names hold no x, and next to none a digit: spare them the patterns.
	if strings.ContainsAny(r.Commune, "xX") {
		if m := cedex.FindStringSubmatch(r.Commune); m != nil {
			r.say("commune_cleaned", "commune", r.Commune, m[1])
			r.Commune = m[1]
		}
	}
	if strings.ContainsAny(r.Commune, "0123456789") {
		if m := postalInCommune.FindStringSubmatch(r.Commune); m != nil {
			postal, name := m[1]+m[4], m[2]+m[3]
			if plausiblePostal(postal) && (r.CodePostal == "" || r.CodePostal == postal) {
				r.say("commune_cleaned", "commune", r.Commune, name)
				r.CodePostal, r.Commune = postal, name
			}
		}
	}
	known := r.context.Communes
	exists := func(code string) bool {
		if known == nil {
			return false
		}
		_, ok := known.Commune(code)
		return ok
	}
	written, former := r.value("code_insee"), false
	if written != "" && strings.Trim(written, "0") != "" {
		raw := written
		insee, code := readInsee(raw, exists)
		if code == "code_insee_lost_zero" && known != nil && !exists(insee) && departementOfPostal(r.CodePostal) != insee[:2] {
			insee, code = "", "code_insee_invalid"
		}
		switch {
		case code == "code_insee_former":
			former = true // said below, with the commune's name
		case insee == "" && keepAlnum(dropDecimal(raw)) == r.CodePostal:
			r.say("code_insee_is_postal", "code_insee", raw, "")
		case code != "":
			r.say(code, "code_insee", raw, insee)
		}
		r.CodeInsee = insee
	}
	var communes []Commune
	byName, named := Commune{}, false
	if known != nil && r.Commune != "" && r.CodePostal != "" {
		byName, named = known.Resolve(r.Commune, r.CodePostal)
	}
	if known != nil && r.CodeInsee != "" {
		c, ok := known.Commune(r.CodeInsee)
		switch {
		case ok:
			if former || c.Code != r.CodeInsee {
				r.say("code_insee_former", "code_insee", written, c.Code, "commune", c.Nom)
			}
			r.CodeInsee = c.Code
			communes = append(communes, c)
			if r.disagrees(&c, named, &byName) {
				r.say("code_insee_disagrees", "code_insee", r.CodeInsee, r.CodeInsee, "commune", c.Nom, "declare", strings.TrimSpace(r.CodePostal+" "+r.Commune))
			}
		case named && r.CodeInsee == r.CodePostal:
			r.say("code_insee_is_postal", "code_insee", r.CodeInsee, "")
			r.CodeInsee = ""
		}
	}
	if named {
		if r.CodeInsee == "" {
			r.CodeInsee = byName.Code
			r.say("code_insee_filled", "code_insee", "", byName.Code, "commune", byName.Nom)
		}
		if len(communes) == 0 || communes[0].Code != byName.Code {
			communes = append(communes, byName)
		}
	}
	r.departement()
	if len(communes) == 0 && r.CodeInsee == "" {
		communes = r.namesakes()
		r.byName = len(communes) > 0
	}
	return communes
}

func (r *reader) departement() {
	r.Departement = departementOfInsee(r.CodeInsee)
	if r.Departement == "" {
		r.Departement = departementOfPostal(r.CodePostal)
	}
}

// maxNamesakes: beyond, a name says too little to look at each.
const maxNamesakes = 12

// namesakes gives the communes that have the row's name: in the département of
// the postal code where there is one, for a postal code is mistaken sooner than
// a département.
func (r *reader) namesakes() []Commune {
	known, ok := r.context.Communes.(Namer)
	if !ok || r.Commune == "" {
		return nil
	}
	all := known.Named(r.Commune)
	if r.Departement != "" {
		all = slices.DeleteFunc(slices.Clone(all), func(c Commune) bool { return c.Departement != r.Departement })
		if len(all) > 1 {
			return nil
		}
	}
	if len(all) > maxNamesakes {
		return nil
	}
	return all
}

// settle tells which of the communes of one name the row is in: the only one,
// or the only one that is where the point is.
func (r *reader) settle(communes []Commune) []Commune {
	if !r.byName {
		return communes
	}
	found := communes
	if r.Position.Known() {
		found = slices.DeleteFunc(slices.Clone(communes), func(c Commune) bool {
			_, far, ok := c.farFrom(r.Position)
			return !ok || far
		})
	}
	if len(found) != 1 {
		return nil
	}
	c := found[0]
	r.CodeInsee = c.Code
	if r.CodePostal != "" {
		r.say("code_postal_disagrees", "code_postal", r.CodePostal, r.CodePostal, "commune", c.Nom)
	} else if len(c.CodesPostaux) == 1 {
		r.CodePostal = c.CodesPostaux[0]
		r.say("code_postal_filled", "code_postal", "", r.CodePostal, "commune", c.Nom)
	}
	r.say("code_insee_found", "code_insee", "", c.Code, "commune", c.Nom)
	r.departement()
	return found
}

// confirms reports whether the rest of the row agrees that a four-digit postal
// code lost its zero: "4900" is 04900 in Digne, and not in Segré.
func (r *reader) confirms(postal string) bool {
	insee, _ := readInsee(unwrap(r.schema.cell(r.cells, "code_insee")), func(string) bool { return false })
	if insee != "" {
		return departementOfInsee(insee) == departementOfPostal(postal)
	}
	if r.context.Communes == nil || r.Commune == "" {
		return true
	}
	_, ok := r.context.Communes.Resolve(r.Commune, postal)
	return ok
}

// disagrees reports whether the commune of the code is another than the one
// that the row names: neither its name (or a former one) nor its postal code.
func (r *reader) disagrees(c *Commune, named bool, byName *Commune) bool {
	if r.Commune == "" && r.CodePostal == "" {
		return false
	}
	if named && (byName.Code == c.Code || slices.Equal(byName.CodesPostaux, c.CodesPostaux)) {
		return false
	}
	if r.CodePostal != "" && slices.Contains(c.CodesPostaux, r.CodePostal) {
		return false
	}
	if r.Commune != "" {
		want := communeKey(r.Commune)
		if communeKey(c.Nom) == want {
			return false
		}
		for _, former := range c.AnciensNoms {
			if communeKey(former) == want {
				return false
			}
		}
		if r.CodePostal == "" {
			return true
		}
	}
	// A name that nobody knows with a postal code that the commune does not
	// list (a CEDEX, a business code) proves nothing within the département.
	return named || departementOfPostal(r.CodePostal) != c.Departement
}

var (
	communeArticle = regexp.MustCompile(`^(?:le|la|les|l'|aux|au) ?`)
	communeMarks   = strings.NewReplacer("-", " ", "'", " ")
	communeSaint   = regexp.MustCompile(`\b(?:st|saint)(e?)\b`)
)

// communeKey reduces a commune's name to what its spellings share.
func communeKey(name string) string {
	f := communeMarks.Replace(Fold(name))
	f = communeSaint.ReplaceAllString(f, "saint$1")
	f = communeArticle.ReplaceAllString(strings.Join(strings.Fields(f), " "), "")
	return strings.ReplaceAll(f, " ", "")
}

// position reads latitude and longitude together, and compares with the commune.
func (r *reader) position(communes []Commune) {
	lat, lon := r.value("latitude"), r.value("longitude")
	if lat == "" && lon == "" {
		return
	}
	if (lat == "") != (lon == "") {
		field, full := "latitude", "longitude"
		if lon == "" {
			field, full = full, field
		}
		m := pairPattern.FindStringSubmatch(lat + lon)
		if m == nil {
			r.say("position_incomplete", field, lat+lon, "")
			return
		}
		r.say("position_pair", full, lat+lon, m[1]+", "+m[2])
		lat, lon = m[1], m[2]
	}
	x, codeLat, okLat := readNumber(lat)
	y, codeLon, okLon := readNumber(lon)
	if !okLat {
		r.say("coordinate_invalid", "latitude", lat, "")
	}
	if !okLon {
		r.say("coordinate_invalid", "longitude", lon, "")
	}
	if !okLat || !okLon {
		return
	}
	c := coordinates{x, y, lat + ", " + lon}
	p, code := c.position(communes)
	if code != "position_lambert93" && code != "position_zero" {
		if codeLat != "" {
			r.say(codeLat, "latitude", lat, strconv.FormatFloat(round7(x), 'f', -1, 64))
		}
		if codeLon != "" {
			r.say(codeLon, "longitude", lon, strconv.FormatFloat(round7(y), 'f', -1, 64))
		}
	}
	if code != "" {
		made := ""
		if p.Known() {
			made = sayPosition(p)
		}
		r.say(code, "latitude", c.written, made)
	}
	r.Position = p
	if p.Known() {
		r.Precision = Given
		r.doubt(communes)
	}
}

// approximate is where a place without a position is shown: in the middle of
// its commune, the one of its code before the one of its name.
func (r *reader) approximate(communes []Commune) {
	if r.Position.Known() {
		return
	}
	for _, c := range communes {
		if city, ok := CityOf(c.Code); !c.HasPoint && ok {
			c, _ = r.context.Communes.Commune(city)
		}
		if !c.HasPoint {
			continue
		}
		if p, err := NewPosition(c.Latitude, c.Longitude); err == nil {
			r.Approximate = p
			return
		}
	}
}

func sayPosition(p Position) string {
	return strconv.FormatFloat(p.latitude, 'f', -1, 64) + ", " + strconv.FormatFloat(p.longitude, 'f', -1, 64)
}

// doubt compares the position with where the row says the place is.
func (r *reader) doubt(communes []Commune) {
	best, found := -1.0, 0
	for i := range communes {
		metres, far, ok := communes[i].farFrom(r.Position)
		switch {
		case ok && !far:
			return
		case ok && (best < 0 || metres < best):
			best, found = metres, i
		}
	}
	if best >= 0 {
		distance, nom := sayDistance(best), communes[found].Nom
		r.Doubt = "Le point déclaré est à " + distance + " de la commune déclarée (" + nom + ") : l’un des deux est faux."
		r.say("position_far", "latitude", sayPosition(r.Position), sayPosition(r.Position), "distance", distance, "commune", nom)
		return
	}
	if !sameTerritory(r.Position, r.Departement) {
		r.Doubt = "Le point déclaré n’est pas dans le territoire de l’adresse déclarée : l’un des deux est faux."
		r.say("position_elsewhere", "latitude", sayPosition(r.Position), sayPosition(r.Position))
	}
}

func (r *reader) pivot() {
	raw := r.value("pivot")
	if raw == "" {
		return
	}
	pivot, code := readPivot(raw, r.Departement)
	r.Pivot = pivot
	if code != "" {
		r.say(code, "pivot", raw, pivot)
	}
}

func (r *reader) contacts() {
	if raw := r.value("telephone"); raw != "" {
		phone, notes := readPhone(raw, r.Departement)
		r.Telephone = phone
		r.sayAll("telephone", notes)
	}
	emails := "courriels"
	if !r.schema.has(emails) {
		emails = "courriel"
	}
	mail, site := r.value(emails), r.value("site_web")
	var mailNotes, siteNotes []noted
	if mail != "" {
		r.Courriels, mailNotes = readEmails(mail)
	}
	if site != "" {
		r.SiteWeb, siteNotes = readURLs(site)
	}
	// One in the other's column is where it is wanted when nothing better is.
	if r.Courriels == nil && r.SiteWeb == nil && strings.Contains(site, "@") {
		if r.Courriels, _ = readEmails(site); r.Courriels != nil {
			siteNotes = []noted{{"courriel_elsewhere", site, strings.Join(r.Courriels, "|")}}
		}
	} else if r.SiteWeb == nil && r.Courriels == nil && startsURL(mail) {
		if r.SiteWeb, _ = readURLs(mail); r.SiteWeb != nil {
			mailNotes = []noted{{"url_elsewhere", mail, strings.Join(r.SiteWeb, "|")}}
		}
	}
	r.sayAll("courriels", mailNotes)
	r.sayAll("site_web", siteNotes)
	access := "fiche_acces_libre"
	if !r.schema.has(access) {
		access = "accessibilite"
	}
	r.FicheAccesLibre = r.oneURL(access, "fiche_acces_libre")
	r.PriseRdv = r.oneURL("prise_rdv", "prise_rdv")
}

func (r *reader) oneURL(cell, field string) string {
	raw := r.value(cell)
	if raw == "" {
		return ""
	}
	urls, notes := readURLs(raw)
	r.sayAll(field, notes)
	if len(urls) == 0 {
		return ""
	}
	if len(urls) > 1 {
		r.say("url_several", field, raw, urls[0])
	}
	return urls[0]
}

func (r *reader) sayAll(field string, notes []noted) {
	for _, n := range notes {
		r.say(n.code, field, n.found, n.made)
	}
}

// hours gives the exact OSM form of what can be read, French included where
// every word is understood. The text is kept as found when it cannot: shown,
// never judged.
func (r *reader) hours() {
	lines := r.text("horaires", true) // in French a line says as much as a semicolon
	text := strings.Join(strings.Fields(lines), " ")
	r.Horaires = lines
	if text == "" {
		return
	}
	h, err := hours.Parse(text)
	if err == nil {
		r.Horaires = text
		if exact := h.String(); exact != text && shortNumbers(exact) != shortNumbers(text) {
			r.Horaires = exact
			r.say("horaires_format", "horaires", text, exact)
		}
		return
	}
	if osm, ok := hours.FromFrench(lines); ok {
		r.Horaires = osm
		r.say("horaires_from_french", "horaires", text, osm)
		return
	}
	r.say("horaires_unreadable", "horaires", lines, lines, "conseil", err.Error())
}

// shortNumbers drops the zero before the numbers of weeks and days: with and
// without are both in use, and neither needs correcting.
func shortNumbers(osm string) string {
	return paddedNumber.ReplaceAllString(paddedNumber.ReplaceAllString(osm, "$1$2$3"), "$1$2$3")
}

var paddedNumber = regexp.MustCompile(`([ ,-])0(\d)([ ,;/-]|$)`)

func (r *reader) date() {
	raw := r.value("date_maj")
	if raw == "" {
		return
	}
	d, code := readDate(raw, r.context.Today)
	r.DateMaj = d
	if code != "" {
		r.say(code, "date_maj", raw, d.String())
	}
}

// judge says what is missing, and whether the record can be used at all.
func (r *reader) judge() {
	for i := range Columns {
		c := &Columns[i]
		if !c.Required || c.Name == "nom" || !r.schema.has(c.Name) {
			continue
		}
		empty := false
		switch {
		case c.Kind == Day:
			empty = !r.DateMaj.Known()
		case c.Text != nil:
			empty = *c.Text(&r.Place) == ""
		}
		// What could not be read was said; zeros are the standard's own unknown.
		if empty && !slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Field == c.Name && f.Severity == Warning }) {
			r.say("missing", c.Name, unwrap(r.schema.cell(r.cells, c.Name)), "")
		}
	}
	if r.Nom == "" {
		r.say("nom_missing", "nom", unwrap(r.schema.cell(r.cells, "nom")), "")
	}
	if !r.Position.Known() && r.Commune == "" && r.CodePostal == "" && r.CodeInsee == "" && r.Adresse == "" {
		r.say("not_locatable", "adresse", "", "")
	}
}

// Blocked reports whether the record cannot be used.
func (r *Record) Blocked() bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Severity == Blocking })
}
