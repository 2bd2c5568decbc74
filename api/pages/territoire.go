package pages

import (
	"cmp"
	"io"
	"net/url"
	"slices"
	"strconv"
	"time"

	"mednum/internal/access"
	"mednum/internal/french"
	"mednum/internal/quality"
	"mednum/internal/territory"
)

// Territoire is the home of an agent: GET /territoire. Its form asks for another
// territory: sorte, ou.
type Territoire struct {
	Head
	Param    string // of the territory, as the parameter says it; "" none is chosen
	Nom      string
	Own      bool            // it is that of the key: addresses need not say it
	Work     *territory.Work // nil: none is chosen
	Held     *int            // files that wait for a word; nil: not theirs to see
	Document *quality.Referentiel
	Asked    url.Values
	Faults   quality.Faults
	Saved    string
	Now      time.Time
}

// TerritoireLieux is a list of places that ask for something: GET
// /territoire/lieux.
type TerritoireLieux struct {
	Head
	Nom, Param string
	Own        bool
	Ask        territory.Ask
	Critere    *quality.Critere // of Lacking
	Items      []territory.Item
	Total      int
	Next       string
	Values     url.Values // of the address
	Here       string     // the address itself: where to come back to
	Saved      string
	Now        time.Time
}

type territoireView struct{ Territoire }

// Territoire writes the home of an agent.
func (p *Pages) Territoire(w io.Writer, v Territoire) error {
	if v.Title == "" && v.Nom != "" {
		v.Title = "Mon territoire : " + v.Nom
	}
	return p.professional(w, "territoire", &v.Head, territoireView{v})
}

// listHref is the address of a list.
func listHref(own bool, param string, list territory.List, more ...string) string {
	q := url.Values{"liste": {string(list)}}
	if !own {
		q.Set("territoire", param)
	}
	for i := 0; i+1 < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	return "/territoire/lieux?" + q.Encode()
}

// ArchiveHref is where all of the territory is to be had.
func (v territoireView) ArchiveHref() string {
	return "/territoire/archive.zip?" + url.Values{"territoire": {v.Param}}.Encode()
}

// errand is a line of the page: how many, of what, and where they are.
type errand struct {
	N     int
	What  string
	Href  string
	Icon  string
	Extra string
}

// Waiting are the things that wait for somebody, those that wait for an answer
// first; what there is none of is left out.
func (v territoireView) Waiting() (out []errand) {
	k := v.Work
	add := func(n *int, e errand, one, many string) {
		if n != nil && *n > 0 {
			e.N, e.What = *n, french.Plural(*n, one, many)
			out = append(out, e)
		}
	}
	add(k.Reports, errand{Href: "/signalements", Icon: "talk", Extra: "Des personnes attendent une réponse."}, "signalement à traiter", "signalements à traiter")
	add(k.Contradicted, errand{Href: listHref(v.Own, v.Param, territory.Contradicted), Icon: "alert", Extra: "Une source dit maintenant autre chose que vous."}, "correction contredite", "corrections contredites")
	if v.may(access.Reconcile) {
		add(&k.Doubles, errand{Href: "/doublons", Icon: "people", Extra: "Deux fiches parlent peut-être du même lieu."}, "doublon à départager", "doublons à départager")
	}
	add(v.Held, errand{Href: "/depots", Icon: "list", Extra: "Rien n’est publié sans votre accord."}, "fichier en attente", "fichiers en attente")
	return out
}

func (v territoireView) may(op access.Operation) bool {
	return v.Who != nil && access.Allows(v.Who.Key.Role, op)
}

// band is a line of the table of freshness.
type band struct {
	Label string
	N     int
	Share int // percent, of the places
	Href  string
	Class string
}

// Freshness cuts the places by how old what they say is.
func (v territoireView) Freshness() []band {
	k := v.Work
	dated := k.Places - k.Undated
	var out []band
	former := dated
	for i, months := range territory.Ages {
		b := band{N: former - k.Stale[i], Class: "fresh-" + strconv.Itoa(i)}
		if i == 0 {
			b.Label = "Moins de " + strconv.Itoa(months) + nbsp + "mois"
		} else {
			b.Label = "De " + strconv.Itoa(territory.Ages[i-1]) + " à " + strconv.Itoa(months) + nbsp + "mois"
			b.Href = listHref(v.Own, v.Param, territory.Stale, "mois", strconv.Itoa(territory.Ages[i-1]))
		}
		out = append(out, b)
		former = k.Stale[i]
	}
	last := len(territory.Ages) - 1
	out = append(out,
		band{Label: "Plus de " + strconv.Itoa(territory.Ages[last]) + nbsp + "mois", N: k.Stale[last], Class: "fresh-3", Href: listHref(v.Own, v.Param, territory.Stale, "mois", strconv.Itoa(territory.Ages[last]))},
		band{Label: "Date inconnue", N: k.Undated, Class: "fresh-none", Href: listHref(v.Own, v.Param, territory.Undated)})
	for i := range out {
		out[i].Share = share(out[i].N, k.Places)
	}
	return out
}

// share in percent, rounded; what is there is never told as nothing.
func share(n, of int) int {
	if of <= 0 || n <= 0 {
		return 0
	}
	return max(1, (n*100+of/2)/of)
}

// Old is how many are older than a year, the number that people remember.
func (v territoireView) Old() int { return v.Work.Stale[1] }

// OldHref is where they are.
func (v territoireView) OldHref() string {
	return listHref(v.Own, v.Param, territory.Stale, "mois", strconv.Itoa(territory.Ages[1]))
}

// AllHref is the whole list.
func (v territoireView) AllHref() string { return listHref(v.Own, v.Param, territory.All) }

// Missing are the places of which something that visitors need is not known.
func (v territoireView) Missing() (out []errand) {
	k := v.Work
	for _, e := range []struct {
		n    int
		what string
		list territory.List
	}{
		{k.NoHours, "sans horaires", territory.NoHours}, {k.NoPhone, "sans téléphone", territory.NoPhone},
		{k.Unplaced, "sans position", territory.Unplaced}, {k.Doubtful, "à la position douteuse", territory.Doubtful},
	} {
		if e.n > 0 {
			out = append(out, errand{N: e.n, What: french.Plural(e.n, "lieu ", "lieux ") + e.what, Href: listHref(v.Own, v.Param, e.list)})
		}
	}
	slices.SortStableFunc(out, func(a, b errand) int { return cmp.Compare(b.N, a.N) })
	return out
}

// Moved are the places that came and those that are gone.
func (v territoireView) Moved() (out []errand) {
	if n := v.Work.New; n > 0 {
		out = append(out, errand{N: n, What: french.Plural(n, "nouveau lieu", "nouveaux lieux"), Href: listHref(v.Own, v.Param, territory.Recent)})
	}
	if n := v.Work.Gone; n > 0 {
		out = append(out, errand{N: n, What: french.Plural(n, "lieu fermé ou retiré", "lieux fermés ou retirés"), Href: listHref(v.Own, v.Param, territory.Gone)})
	}
	return out
}

// fill is a missing information, and what it would bring.
type fill struct {
	Action, Libelle string
	Where           string // who can say it
	Places          string
	Unknown         string
	Total, Mean     string
	Width           int // percent of what the first one brings
	Href            string
}

// Fills are what to fill, what brings most first.
func (v territoireView) Fills() (out []fill) {
	most := int64(1)
	for i, l := range v.Work.Lacks {
		if i == 0 {
			most = max(1, l.Gain)
		}
		f := fill{Libelle: l.Critere, Action: l.Critere, Places: french.Count(l.Places, "lieu", "lieux"),
			Total: pointsOf(l.Gain), Width: int(max(1, l.Gain*100/most)), Href: listHref(v.Own, v.Param, territory.Lacking, "critere", l.Critere)}
		if l.Places > 0 {
			f.Mean = pointsOf(l.Gain / int64(l.Places))
		}
		if v.Document != nil {
			for j := range v.Document.Criteres {
				if c := &v.Document.Criteres[j]; c.Code == l.Critere {
					f.Libelle, f.Action, f.Where = c.Libelle, c.Textes.Action, natures[c.Nature]
				}
			}
		}
		out = append(out, f)
	}
	return out
}

// natures say who can fill what a criterion reads.
var natures = map[quality.Nature]string{quality.Calcule: "Dans la fiche", quality.Declare: "À demander au lieu", quality.Verifie: "À faire vérifier"}

// FirstFills and OtherFills: a few at once.
func (v territoireView) FirstFills() []fill { all := v.Fills(); return all[:min(5, len(all))] }

// OtherFills are those after.
func (v territoireView) OtherFills() []fill { all := v.Fills(); return all[min(5, len(all)):] }

// pointsOf writes hundredths of a point: "2 340 points", "2,9 points".
func pointsOf(hundredths int64) string {
	if hundredths >= 10_000 {
		n := (hundredths + 50) / 100
		return french.Integer(n) + nbsp + "points"
	}
	tenths := (hundredths + 5) / 10
	s := strconv.FormatInt(tenths/10, 10)
	if tenths%10 != 0 {
		s += "," + strconv.FormatInt(tenths%10, 10)
	}
	if tenths < 20 {
		return s + nbsp + "point"
	}
	return s + nbsp + "points"
}

// scoreOf writes hundredths of a point out of a hundred, to a decimal.
func scoreOf(hundredths *int) string {
	if hundredths == nil {
		return ""
	}
	tenths := (*hundredths + 5) / 10
	s := strconv.Itoa(tenths / 10)
	if tenths%10 != 0 {
		s += "," + strconv.Itoa(tenths%10)
	}
	return s
}

// Median is the score of the place in the middle; "" when none is scored.
func (v territoireView) Median() string { return scoreOf(v.Work.Quality.Median) }

// Levels are the places by letter, those without one last.
func (v territoireView) Levels() (out []band) {
	q := v.Work.Quality
	var codes []string
	for code := range q.Levels {
		if code != "" {
			codes = append(codes, code)
		}
	}
	slices.Sort(codes)
	for _, code := range codes {
		out = append(out, band{Label: "Niveau " + code, N: q.Levels[code], Share: share(q.Levels[code], q.Scored)})
	}
	if n := q.Levels[""]; n > 0 {
		out = append(out, band{Label: "Sans niveau confirmé", N: n, Share: share(n, q.Scored)})
	}
	return out
}

// Guarantees are the essential ones, those that fewest places hold first.
func (v territoireView) Guarantees() (out []band) {
	if v.Document == nil {
		return nil
	}
	q := v.Work.Quality
	for i := range v.Document.Criteres {
		if c := &v.Document.Criteres[i]; c.Essentiel {
			out = append(out, band{Label: c.Libelle, N: q.Socle[c.Code], Share: share(q.Socle[c.Code], q.Scored)})
		}
	}
	slices.SortStableFunc(out, func(a, b band) int { return cmp.Compare(a.N, b.N) })
	return out
}

// IncompleteHref is the list of the places that lack an essential guarantee.
func (v territoireView) IncompleteHref() string {
	return listHref(v.Own, v.Param, territory.Incomplete)
}

// Incomplete is how many they are.
func (v territoireView) Incomplete() int { return v.Work.Quality.Scored - v.Work.Quality.Complete }

// Away is the mean distance to the nearest place.
func (v territoireView) Away() string {
	if m := v.Work.Cover.Metres; m != nil {
		return Distance(float64(*m))
	}
	return ""
}

// Reach is what "near" means here.
func (v territoireView) Reach() string { return Distance(territory.Reach) }

// farShown is how many communes a page lists.
const farShown = 50

// farLine is a commune with no place near, as people read it.
type farLine struct {
	Nom, People, Nearest string
}

// Far are the communes with no place near, those of most people first.
func (v territoireView) Far() (out []farLine) {
	for _, f := range v.Work.Cover.Far[:min(farShown, len(v.Work.Cover.Far))] {
		line := farLine{f.Nom, french.Count(f.Population, "habitant", "habitants"), "aucun lieu connu"}
		if f.Metres != nil {
			line.Nearest = "à " + Distance(float64(*f.Metres)) + " du lieu le plus proche"
		}
		out = append(out, line)
	}
	return out
}

// MoreFar is how many the page leaves out.
func (v territoireView) MoreFar() int { return len(v.Work.Cover.Far) - len(v.Far()) }

// FarShare is the share of the people who live there.
func (v territoireView) FarShare() int { return share(v.Work.Cover.FarPeople, v.Work.Cover.People) }

// Today is the day of the numbers.
func (v territoireView) Today() string {
	return longDate(v.Work.Day.Year, v.Work.Day.Month, v.Work.Day.Day)
}

// Choosing reports whether another territory may be asked for: a place's people
// have theirs only.
func (v territoireView) Choosing() bool {
	return v.Who == nil || v.Who.Key.Territory.Kind != access.Places
}

// Kinds are those of the form.
func (v territoireView) Kinds() (out []kindChoice) {
	asked := v.Asked.Get("sorte")
	if asked == "" {
		asked = access.Departement
	}
	for _, k := range [][2]string{{access.Commune, "Une commune"}, {access.Epci, "Une intercommunalité"}, {access.Departement, "Un département"}, {access.Region, "Une région"}, {"pays", "Toute la France"}} {
		out = append(out, kindChoice{k[0], k[1], k[0] == asked})
	}
	return out
}

// Asking is the name that was written in the form.
func (v territoireView) Asking() string { return v.Asked.Get("ou") }

// Fault is what is wrong in a field.
func (v territoireView) Fault(name string) string { return faultOf(v.Faults, name) }

// kindChoice is a line of the form.
type kindChoice struct {
	Value, Label string
	Selected     bool
}

type territoireLieuxView struct{ TerritoireLieux }

// TerritoireLieux writes a list.
func (p *Pages) TerritoireLieux(w io.Writer, v TerritoireLieux) error {
	view := territoireLieuxView{v}
	if v.Title == "" {
		v.Title = view.Heading() + " : " + v.Nom
	}
	return p.professional(w, "territoire-lieux", &v.Head, territoireLieuxView{v})
}

// headings of the lists, and what to do about them.
var headings = map[territory.List][2]string{
	territory.All:          {"Tous les lieux", "Tous ceux de votre territoire."},
	territory.Recent:       {"Les nouveaux lieux", "Ils sont arrivés depuis trente jours."},
	territory.Stale:        {"Les lieux à revoir", ""},
	territory.Undated:      {"Les lieux sans date", "Personne n’a dit de quand date leur fiche."},
	territory.Unplaced:     {"Les lieux sans position", "Ils n’apparaissent pas sur la carte."},
	territory.Doubtful:     {"Les positions douteuses", "Le point de la carte est peut-être faux."},
	territory.NoHours:      {"Les lieux sans horaires", "Personne ne sait quand y aller."},
	territory.NoPhone:      {"Les lieux sans téléphone", "On ne peut pas les appeler avant de venir."},
	territory.Lacking:      {"À compléter", ""},
	territory.Incomplete:   {"Les garanties qui manquent", "Il leur manque une garantie essentielle, ou nous ne la connaissons pas."},
	territory.Contradicted: {"Les corrections contredites", "Une source dit maintenant autre chose. Votre correction reste publiée."},
	territory.Gone:         {"Les lieux disparus", "Fermés ou retirés depuis trente jours."},
}

// Heading names the list.
func (v territoireLieuxView) Heading() string {
	if v.Ask.List == territory.Lacking && v.Critere != nil {
		return v.Critere.Libelle
	}
	return headings[v.Ask.List][0]
}

// Lead says what the list is about.
func (v territoireLieuxView) Lead() string {
	switch {
	case v.Ask.List == territory.Stale:
		return "Leur fiche date de plus de " + strconv.Itoa(v.Ask.Months) + nbsp + "mois. Vérifiez, puis confirmez ou corrigez."
	case v.Ask.List == territory.Lacking && v.Critere != nil:
		return v.Critere.Textes.Action
	}
	return headings[v.Ask.List][1]
}

// Up is the home.
func (v territoireLieuxView) Up() string {
	if v.Own {
		return "/territoire"
	}
	return "/territoire?" + url.Values{"territoire": {v.Param}}.Encode()
}

// hrefWith is the list's own address with one thing changed, from its beginning.
func (v territoireLieuxView) hrefWith(name, value string) string {
	q := url.Values{}
	for k, values := range v.Values {
		if k != "apres" && k != "fait" && k != "f" {
			q[k] = values
		}
	}
	if q.Set(name, value); value == "" {
		q.Del(name)
	}
	return "/territoire/lieux?" + q.Encode()
}

// Kept is what a search in the list carries along.
func (v territoireLieuxView) Kept() (out []choiceBox) {
	for _, name := range []string{"territoire", "liste", "mois", "critere", "tri"} {
		if value := v.Values.Get(name); value != "" {
			out = append(out, choiceBox{Name: name, Value: value})
		}
	}
	return out
}

// Unsearched is the list without its search.
func (v territoireLieuxView) Unsearched() string { return v.hrefWith("q", "") }

// Orders are the ways to sort.
func (v territoireLieuxView) Orders() (out []turn) {
	for _, o := range []struct {
		order territory.Order
		label string
	}{{territory.ByDate, "Date"}, {territory.ByScore, "Score"}, {territory.ByName, "Nom"}, {territory.ByTown, "Commune"}} {
		out = append(out, turn{Href: v.hrefWith("tri", string(o.order)), Label: o.label, Current: o.order == v.Ask.Order})
	}
	return out
}

// Ages are the ages that one may look at.
func (v territoireLieuxView) Ages() (out []turn) {
	if v.Ask.List != territory.Stale {
		return nil
	}
	for _, months := range territory.Ages {
		out = append(out, turn{Href: v.hrefWith("mois", strconv.Itoa(months)), Label: "Plus de " + strconv.Itoa(months) + nbsp + "mois", Current: months == v.Ask.Months})
	}
	return out
}

// turn is one of several addresses, of which one is shown now.
type turn struct {
	Href, Label string
	Current     bool
}

// CSV is the whole list as a file.
func (v territoireLieuxView) CSV() string { return v.hrefWith("f", "csv") }

// From is the rank of the first one.
func (v territoireLieuxView) From() int { return v.Ask.After + 1 }

// Last is the rank of the last one.
func (v territoireLieuxView) Last() int { return v.Ask.After + len(v.Items) }

// itemRow is a place of the list.
type itemRow struct {
	territory.Item
	Date, Points, Bring string
	Kept                bool // it is still published
	Ask                 bool // what it says of them may be confirmed
	About               bool // questions are answered on another page
}

// Rows are the places, with what people read.
func (v territoireLieuxView) Rows() (out []itemRow) {
	for _, i := range v.Items {
		r := itemRow{Item: i, Points: scoreOf(i.Score), Kept: i.State == "publie"}
		if i.DateMaj.Known() {
			r.Date = longDate(i.DateMaj.Year, i.DateMaj.Month, i.DateMaj.Day)
		}
		if i.Gain > 0 {
			r.Bring = "+" + pointsOf(i.Gain)
		}
		r.About = v.Critere != nil && v.Critere.Nature != quality.Calcule
		out = append(out, r)
	}
	return out
}

// Amends reports whether who reads may correct places.
func (v territoireLieuxView) Amends() bool {
	return v.Who != nil && access.Allows(v.Who.Key.Role, access.Amend)
}

// states of a place, as people read them.
var placeStates = map[string]string{"publie": "Publié", "retire": "Retiré par sa source", "ferme": "Fermé"}

// StateWord is the state of a place.
func (r itemRow) StateWord() string { return placeStates[r.State] }

// StateIcon is its shape.
func (r itemRow) StateIcon() string {
	if r.Kept {
		return "open"
	}
	return "closed"
}

// When is since when it is gone.
func (r itemRow) When() string { return dayOf(r.Since) }

// SavedText says what was just done of a place.
func (v territoireLieuxView) SavedText() string {
	if v.Saved == "confirme" {
		return "C’est noté : rien n’a changé. La fiche porte la date d’aujourd’hui."
	}
	return ""
}

// Adds reports whether who reads may write a place down.
func (v territoireView) Adds() bool {
	return v.may(access.Amend) && v.Who.Key.Territory.Kind != access.Places
}

// Handles reports whether who reads answers reports, and there are some to answer
// here.
func (v territoireView) Handles() bool { return v.Work.Reports != nil }
