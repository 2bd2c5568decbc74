package pages

import (
	"encoding/json"
	"html/template"
	"math"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"mednum/internal/french"
	"mednum/internal/hours"
)

// sheetView is Sheet with what its template asks.
type sheetView struct {
	Sheet
	Settings
}

// Ask is how to learn what is unknown, by the means that the place gives.
func (s sheetView) Ask() string {
	switch {
	case s.Tel() != "":
		return "Appelez pour demander."
	case len(s.Place.Courriels) > 0:
		return "Écrivez pour demander."
	}
	return "Demandez sur place."
}

// toReader turns the words of the choices, said by the reader, to the reader.
var toReader = strings.NewReplacer(" mes ", " vos ", " me ", " vous ")

// Services in plain words.
func (s sheetView) Services() []string {
	var out []string
	for _, v := range s.Place.Services {
		out = append(out, toReader.Replace(said("services", v).Plain))
	}
	return out
}

// Ways to be helped, in plain words, as a sentence.
func (s sheetView) Ways() string {
	var out []string
	for _, v := range s.Place.ModalitesAccompagnement {
		word := said("modalites_accompagnement", v).short()
		if first, n := utf8.DecodeRuneInString(word); n > 0 && len(out) > 0 {
			word = string(unicode.ToLower(first)) + word[n:]
		}
		out = append(out, word)
	}
	return and(out)
}

// Coming is how one may come, in whole sentences.
func (s sheetView) Coming() []string {
	var out []string
	for _, v := range s.Place.ModalitesAcces {
		out = append(out, said("modalites_acces", v).short())
	}
	return out
}

// Welcome is for whom the place is first of all.
func (s sheetView) Welcome() string {
	p := s.Place.PublicsSpecifiquementAdresses
	switch {
	case p == nil:
		return ""
	case len(p) == 0:
		return "Tout le monde est bienvenu."
	}
	var words []string
	for _, v := range p {
		words = append(words, said("publics_specifiquement_adresses", v).short())
	}
	return "D’abord pour " + and(words) + "."
}

// Care is which particular needs the place is ready for.
func (s sheetView) Care() []string {
	var out []string
	for _, v := range s.Place.PriseEnChargeSpecifique {
		out = append(out, french.Capital(said("prise_en_charge_specifique", v).short()))
	}
	return out
}

// Travels reports whether the place moves about.
func (s sheetView) Travels() bool {
	for _, v := range s.Place.Itinerance {
		if v == "Itinérant" {
			return true
		}
	}
	return false
}

// Labels are the programmes and trainings, as the standard writes them.
func (s sheetView) Labels() []string {
	out := append([]string{}, s.Place.DispositifProgrammesNationaux...)
	out = append(out, s.Place.FormationsLabels...)
	for _, l := range s.Place.AutresFormationsLabels {
		// Zones of cities and countryside are an administration's, not a quality.
		if l != "QPV" && l != "FRR" && l != "ZRR" {
			out = append(out, l)
		}
	}
	return out
}

// Web are the addresses that can be followed.
func (s sheetView) Web() []string {
	var out []string
	for _, a := range s.Place.SiteWeb {
		if w := webAddress(a); w != "" {
			out = append(out, w)
		}
	}
	return out
}

// Booking and AccesLibre are followed only when they are web addresses.
func (s sheetView) Booking() string    { return webAddress(s.Place.PriseRdv) }
func (s sheetView) AccesLibre() string { return webAddress(s.Place.FicheAccesLibre) }

// Geo opens the map of the reader's own phone. The address holds numbers and
// percent-encoded text only, which is what makes it safe.
func (s sheetView) Geo() template.URL {
	if !s.Place.Position.Known() {
		return ""
	}
	at := s.Latitude() + "," + s.Longitude()
	return template.URL("geo:" + at + "?q=" + at + "(" + strings.ReplaceAll(url.QueryEscape(s.Place.Nom), "+", "%20") + ")")
}

// Directions is the way from wherever the reader is, on a free map.
func (s sheetView) Directions() string {
	if !s.Place.Position.Known() {
		return ""
	}
	return "https://www.openstreetmap.org/directions?to=" + url.QueryEscape(s.Latitude()+","+s.Longitude())
}

// DayView is a line of the week's table.
type DayView struct {
	Name, Date string
	Today      bool
	Lines      []string
	Closed     bool
	Unknown    string
	Note       string
}

// Days are the lines of the week's table; nil when the hours are not known.
func (s sheetView) Days() []DayView {
	if s.Hours == nil {
		return nil
	}
	today := s.Sheet.Now.In(s.Zone.Location())
	var out []DayView
	for _, d := range s.Week {
		if d.Date.IsZero() {
			return nil
		}
		v := DayView{
			Name: french.Capital(weekdays[d.Date.Weekday()]), Date: dayOfMonth(d.Date.Day()) + " " + months[d.Date.Month()],
			Today:   daysBetween(today, d.Date) == 0,
			Unknown: d.Unknown, Note: d.Note,
			Closed: len(d.Spans) == 0 && d.Unknown == "",
		}
		for _, span := range d.Spans {
			v.Lines = append(v.Lines, spanText(span))
		}
		out = append(out, v)
	}
	return out
}

// spanText writes "9 h – 12 h 30", with what is uncertain about it.
func spanText(s hours.Span) string {
	text := Clock(s.From) + " – " + Clock(s.To)
	if s.From == 0 && s.To == 1440 {
		text = "Jour et nuit"
	}
	switch {
	case s.Comment != "":
		text += ", " + s.Comment
	case s.State == hours.Unknown:
		text += ", à vérifier"
	}
	return text
}

// Confirmed says when and by whom.
func (s sheetView) Confirmed() string {
	d := s.Place.DateMaj
	by := s.Place.Source
	if by == "" {
		by = s.Properties.Producteur
	}
	switch {
	case d.Known() && by != "":
		return "Fiche confirmée le " + longDate(d.Year, d.Month, d.Day) + " par " + by + "."
	case d.Known():
		return "Fiche confirmée le " + longDate(d.Year, d.Month, d.Day) + "."
	case by != "":
		return "Fiche donnée par " + by + ". Nous ne savons pas quand elle a été confirmée."
	}
	return "Nous ne savons pas quand cette fiche a été confirmée."
}

// Old reports whether nobody confirmed the sheet for two years.
func (s sheetView) Old() bool {
	d := s.Place.DateMaj
	return d.Known() && time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).AddDate(2, 0, 0).Before(s.Sheet.Now)
}

// JSONLD is the place in schema.org's words. encoding/json escapes <, > and &,
// so that no text can leave the script element.
func (s sheetView) JSONLD() template.JS {
	p := s.Place
	v := map[string]any{"@context": "https://schema.org", "@type": "Place", "name": p.Nom}
	postal := map[string]any{"@type": "PostalAddress", "addressCountry": "FR"}
	set := func(m map[string]any, key, value string) {
		if value != "" {
			m[key] = value
		}
	}
	set(postal, "streetAddress", p.Adresse)
	set(postal, "postalCode", p.CodePostal)
	set(postal, "addressLocality", p.Commune)
	v["address"] = postal
	set(v, "telephone", p.Telephone)
	set(v, "description", p.PresentationResume)
	if s.PublicURL != "" && strings.HasPrefix(s.Href, "/") {
		v["@id"] = s.PublicURL + s.Href
	} else {
		set(v, "@id", s.Href)
	}
	if w := s.Web(); len(w) > 0 {
		v["url"] = w[0]
	}
	if p.Position.Known() {
		v["geo"] = map[string]any{"@type": "GeoCoordinates", "latitude": json.Number(s.Latitude()), "longitude": json.Number(s.Longitude())}
	}
	if s.Free() {
		v["isAccessibleForFree"] = true
	}
	if s.Properties.Demonstration {
		v["disambiguatingDescription"] = "Lieu inventé pour une démonstration"
	}
	var opening []any
	if s.Hours != nil {
		for _, d := range s.Week {
			for _, span := range d.Spans {
				if span.State != hours.Open || d.Date.IsZero() {
					continue
				}
				day := d.Date.Format(time.DateOnly)
				opening = append(opening, map[string]any{"@type": "OpeningHoursSpecification", "dayOfWeek": d.Date.Weekday().String(),
					"opens": hhmm(span.From), "closes": hhmm(min(span.To, 1439+span.To/1441*1440)), "validFrom": day, "validThrough": day})
			}
		}
	}
	if opening != nil {
		v["openingHoursSpecification"] = opening
	}
	text, err := json.Marshal(v)
	if err != nil { // strings, numbers and booleans only
		return "{}"
	}
	return template.JS(text)
}

// hhmm writes 23:59 for the end of the day, which schema.org has no 24:00 for.
func hhmm(m int) string { return pad2(m/60%24) + ":" + pad2(m%60) }

// HasDistance: the page of a place alone has none, whatever the zero value.
func (s sheetView) HasDistance() bool { return !math.IsNaN(s.Distance) && s.Distance > 0 }
