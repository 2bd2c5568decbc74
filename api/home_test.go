package api

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"mednum/internal/place"
	"mednum/internal/territory"
)

// homeCensus has homonyms, an address' street and places to choose from.
func homeCensus() *census {
	m := newCensus()
	add := func(c territory.Commune) { m.set.Communes = append(m.set.Communes, c) }
	add(territory.Commune{Code: "97411", Nom: "Saint-Denis", CodesPostaux: []string{"97400"}, Departement: "974", Population: 155634, Point: orb.Point{55.447, -20.933}, HasPoint: true})
	add(territory.Commune{Code: "93066", Nom: "Saint-Denis", CodesPostaux: []string{"93200"}, Departement: "93", Population: 149077, Point: orb.Point{2.36, 48.936}, HasPoint: true})
	add(territory.Commune{Code: "51650", Nom: "Rue-sans-Carte", CodesPostaux: []string{"51650"}, Departement: "51", Population: 12})
	m.places = append(m.places, modelPlace{seq: 90, place: place.Place{Nom: "Sans carte", Commune: "Rue-sans-Carte", CodePostal: "51650", CodeInsee: "51650"}, published: place.Published{ID: place.Identifier(90), Departement: "51"}})
	return m
}

type geocoderFunc func(ctx context.Context, q string, limit int) ([]GeocodedAddress, error)

func (f geocoderFunc) Search(ctx context.Context, q string, limit int) ([]GeocodedAddress, error) {
	return f(ctx, q, limit)
}

var (
	headings = regexp.MustCompile(`<h1[^>]*>([^<]*)`)
	cardName = regexp.MustCompile(`<li class="card"[^>]*>\s*<h3><a href="[^"]*">([^<]*)`)
	notices  = regexp.MustCompile(`(?s)<p class="notice">.*?</svg><span>(.*?)</span>`)
)

type seenPage struct {
	status  int
	html    string
	heading string
	names   []string
	notices []string
}

func look(t *testing.T, s *Server, query url.Values) seenPage {
	t.Helper()
	r := get(t, s, "/?"+query.Encode(), "Accept", "text/html")
	p := seenPage{status: r.StatusCode, html: string(body(t, r))}
	if m := headings.FindStringSubmatch(p.html); m != nil {
		p.heading = strings.ReplaceAll(m[1], "&nbsp;", " ")
	}
	for _, m := range cardName.FindAllStringSubmatch(p.html, -1) {
		p.names = append(p.names, m[1])
	}
	for _, m := range notices.FindAllStringSubmatch(p.html, -1) {
		p.notices = append(p.notices, m[1])
	}
	return p
}

func asking(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v
}

func TestHomeUnderstandsWhereSomebodyIs(t *testing.T) {
	found := geocoderFunc(func(_ context.Context, q string, _ int) ([]GeocodedAddress, error) {
		if strings.Contains(q, "Fuseliers") {
			return []GeocodedAddress{{"2 Rue des Fuseliers 51100 Reims", position(49.2530, 4.0320)}}, nil
		}
		return nil, nil
	})
	silent := geocoderFunc(func(ctx context.Context, _ string, _ int) ([]GeocodedAddress, error) {
		return nil, errors.New("silent")
	})
	for _, c := range []struct {
		name     string
		geocoder Geocoder
		query    url.Values
		heading  string
		first    string
		notice   string // contained in the notices; "" = none
	}{
		{"nothing asked", nil, asking(), "Besoin d’aide avec Internet ou l’ordinateur ?", "", ""},
		{"empty fields of a form", nil, asking("ou", "", "rayon", ""), "Besoin d’aide avec Internet ou l’ordinateur ?", "", ""},
		{"commune", nil, asking("ou", "reims"), "Près de Reims", "Médiathèque Jean-Falala", ""},
		{"postal code", nil, asking("ou", "33000"), "Près de Bordeaux (33000)", "Point numérique de l’Œuvre &amp; &#34;Cie&#34;", ""},
		{"position", nil, asking("pres", "4.032,49.253"), "Autour de votre position, vers Reims", "Médiathèque Jean-Falala", ""},
		{"zone of the map", nil, asking("pres", "4.032,49.253", "vue", "carte"), "Autour de ce point de la carte, vers Reims", "Médiathèque Jean-Falala", ""},
		{"what is typed wins", nil, asking("ou", "Bordeaux", "pres", "4.032,49.253"), "Près de Bordeaux", "Point numérique de l’Œuvre &amp; &#34;Cie&#34;", ""},
		{"homonyms: the most populous", nil, asking("ou", "Saint-Denis"), "Près de Saint-Denis (97400)", "Cyber-base", ""},
		{"address", found, asking("ou", "2 rue des Fuseliers Reims"), "Près de 2 Rue des Fuseliers 51100 Reims", "Médiathèque Jean-Falala", ""},
		{"unknown address", found, asking("ou", "9 rue Introuvable 33000 Bordeaux"), "Près de Bordeaux", "Point numérique de l’Œuvre &amp; &#34;Cie&#34;", "pas trouvé cette adresse"},
		{"silent address search", silent, asking("ou", "2 rue des Fuseliers, Reims"), "Près de Reims", "Médiathèque Jean-Falala", "ne répond pas"},
		{"no address search", nil, asking("ou", "2 rue des Fuseliers, Reims"), "Près de Reims", "Médiathèque Jean-Falala", "pas les rues"},
		{"mistyped", nil, asking("ou", "Bordaux"), "Près de Bordeaux", "Point numérique de l’Œuvre &amp; &#34;Cie&#34;", "Nous avons compris"},
		{"nowhere", nil, asking("ou", "xyzzyxyzzy"), "Nous ne trouvons pas « xyzzyxyzzy »", "", ""},
		{"commune without a point", nil, asking("ou", "Rue-sans-Carte"), "Près de Rue-sans-Carte", "Sans carte", "Nous ne savons pas où est"},
		{"campaign of a link", nil, asking("ou", "reims", "utm_source", "x", "fbclid", "y"), "Près de Reims", "Médiathèque Jean-Falala", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := serverOf(t, homeCensus(), func(config *Config) { config.Geocoder = c.geocoder })
			p := look(t, s, c.query)
			first := ""
			if len(p.names) > 0 {
				first = p.names[0]
			}
			if p.status != http.StatusOK || p.heading != c.heading || first != c.first {
				t.Errorf("%d, %q, first %q; want %q, %q", p.status, p.heading, first, c.heading, c.first)
			}
			if all := strings.Join(p.notices, " "); (c.notice == "") != (all == "") || !strings.Contains(all, c.notice) {
				t.Errorf("notices %q, want %q", all, c.notice)
			}
		})
	}
}

func TestHomeAsksPatientlyAndNoLonger(t *testing.T) {
	var deadline time.Duration
	s := serverOf(t, homeCensus(), func(config *Config) {
		config.Geocoder = geocoderFunc(func(ctx context.Context, _ string, _ int) ([]GeocodedAddress, error) {
			d, ok := ctx.Deadline()
			if !ok {
				t.Error("the address search may take for ever")
			}
			deadline = time.Until(d)
			return nil, context.DeadlineExceeded
		})
	})
	look(t, s, asking("ou", "2 rue des Fuseliers"))
	if deadline <= 0 || deadline > geocoderPatience {
		t.Errorf("waits %v", deadline)
	}
}

func TestHomeTellsEverythingWrongAndListsNothing(t *testing.T) {
	m := homeCensus()
	s := serverOf(t, m)
	for _, c := range []struct {
		query url.Values
		words []string
	}{
		{asking("ou", "Reims", "services", "Cuisine", "rayon", "loin", "inconnu", "1"), []string{"Cuisine", "rayon", "inconnu"}},
		{asking("ou", "Reims", "rayon", "5km"), []string{"Vouliez-vous dire « 5 »"}},
		{asking("ou", "Reims", "rayon", "-1"), []string{"rayon"}},
		{asking("ou", "Reims", "rayon", "NaN"), []string{"rayon"}},
		{asking("ou", "Reims", "nombre", "0"), []string{"nombre"}},
		{asking("pres", "4.03"), []string{"pres"}},
		{asking("pres", "4.03,249"), []string{"pres"}},
		{asking("pres", "4.03,49.2", "vue", "liste"), []string{"vue"}},
		{asking("ou", "Reims", "ouvert", "hier"), []string{"maintenant"}},
		{asking("ou", "Reims", "bbox", "1,2,3,4"), []string{"bbox"}},
		{asking("ou", "Reims", "ou", "Lyon"), []string{"ou"}},
		{asking("ou", strings.Repeat("x", 300)), []string{"trop long"}},
		{asking("ou", "a\x00b"), []string{"ne se lit pas"}},
	} {
		m.questions()
		p := look(t, s, c.query)
		if p.status != http.StatusBadRequest || len(p.names) > 0 {
			t.Errorf("%v: %d, %v", c.query, p.status, p.names)
		}
		for _, w := range c.words {
			if !strings.Contains(p.html, w) {
				t.Errorf("%v: %q is not told", c.query, w)
			}
		}
		for _, q := range m.questions() {
			if q == "Find" {
				t.Errorf("%v: places were looked for", c.query)
			}
		}
	}
}

func TestHomeSaysWhatToLetGoOf(t *testing.T) {
	s := serverOf(t, homeCensus())
	p := look(t, s, asking("ou", "Reims", "rayon", "5", "frais_a_charge", "Payant", "services", "Aide aux démarches administratives"))
	for _, w := range []string{"Aucun lieu à moins de 5\u00a0km.", "Sans « Payant »", "Sans « Faire mes démarches", "1\u00a0lieu, le plus proche à", "Sans aucun de ces choix"} {
		if !strings.Contains(p.html, w) {
			t.Errorf("%q is not said in %s", w, p.html)
		}
	}
	p = look(t, s, asking("ou", "Bordeaux", "rayon", "1"))
	if !strings.Contains(p.html, "Le plus proche est à 2,") || !strings.Contains(p.html, ", à Bordeaux.") {
		t.Errorf("the nearest is not told: %s", p.html)
	}
	// Whose exact position is unknown is apart, with the same choices.
	p = look(t, s, asking("ou", "Bordeaux"))
	if !strings.Contains(p.html, "Aussi à Bordeaux") || p.names[len(p.names)-1] != "France services itinérant" {
		t.Errorf("apart: %v", p.names)
	}
	if p = look(t, s, asking("ou", "Bordeaux", "services", "Aide aux démarches administratives")); strings.Contains(p.html, "itinérant") {
		t.Error("the places apart were not chosen among")
	}
}

func TestHomeFiltersAndOpensNow(t *testing.T) {
	s := serverOf(t, homeCensus())
	p := look(t, s, asking("ou", "Reims", "ouvert", "maintenant"))
	if len(p.names) != 3 {
		t.Errorf("open: %v", p.names)
	}
	for _, name := range p.names {
		// The last one's clock says 14:30.
		if name != "Médiathèque Jean-Falala" && name != "Espace Paris 1er" && name != "Cyber-base" {
			t.Errorf("%s is open at 12:30 in Paris: %v", name, p.names)
		}
	}
	// Repeated as a form does, or with commas as a link may.
	a := look(t, s, url.Values{"ou": {"Reims"}, "frais_a_charge": {"Gratuit", "Payant"}})
	b := look(t, s, url.Values{"ou": {"Reims"}, "frais_a_charge": {"Gratuit,Payant"}})
	if len(a.names) == 0 || strings.Join(a.names, "|") != strings.Join(b.names, "|") {
		t.Errorf("%v, %v", a.names, b.names)
	}
}

func TestHomeIsCachedByVersionAndMinute(t *testing.T) {
	m := homeCensus()
	s := serverOf(t, m)
	r := get(t, s, "/?ou=Reims", "Accept", "text/html")
	tag := r.Header.Get("ETag")
	if got := r.Header.Get("Cache-Control"); !strings.HasPrefix(got, "private") {
		t.Errorf("Cache-Control: %s", got)
	}
	if r := get(t, s, "/?ou=Reims", "Accept", "text/html", "If-None-Match", tag); r.StatusCode != http.StatusNotModified {
		t.Errorf("again: %d", r.StatusCode)
	}
	m.version++
	if r := get(t, s, "/?ou=Reims", "Accept", "text/html", "If-None-Match", tag); r.StatusCode != http.StatusOK {
		t.Errorf("after a change: %d", r.StatusCode)
	}
}

func TestWordsPages(t *testing.T) {
	s := serverOf(t, homeCensus())
	for _, path := range []string{"/aide", "/accessibilite"} {
		r := get(t, s, path)
		if r.StatusCode != http.StatusOK || r.Header.Get("Content-Type") != typeHTML || r.Header.Get("ETag") == "" {
			t.Errorf("%s: %d %v", path, r.StatusCode, r.Header)
		}
		if r := get(t, s, path+"?x=1"); r.StatusCode != http.StatusBadRequest {
			t.Errorf("%s?x=1: %d", path, r.StatusCode)
		}
	}
}

// Whatever is written in the address: a page, or a page that says what is
// wrong; and places only where something was understood.
func FuzzHome(f *testing.F) {
	for _, q := range []string{"", "ou=Reims", "pres=4.03,49.25", "pres=nan,inf", "ou=12+rue+de+la+paix", "ou=%ff", "rayon=1e999&ou=x", "ouvert=maintenant&ou=51100", "services=,&ou=a", "ou=%00", "nombre=99999999999999999999&ou=Reims", "%zz", "ou=Saint-Denis+(97400)&vue=carte", "code_insee=51454&ou=Reims&departement=51"} {
		f.Add(q)
	}
	s := serverOf(f, homeCensus())
	f.Fuzz(func(t *testing.T, query string) {
		u := url.URL{Path: "/", RawQuery: query}
		r, err := http.NewRequest(http.MethodGet, u.RequestURI(), nil)
		if err != nil {
			t.Skip()
		}
		r.Header.Set("Accept", "text/html")
		answer := serve(t, s, r)
		switch answer.StatusCode {
		case http.StatusOK:
		case http.StatusBadRequest, http.StatusNotAcceptable:
			if strings.Contains(string(body(t, answer)), `class="card"`) {
				t.Errorf("%q: refused, and listed all the same", query)
			}
		default:
			t.Errorf("%q: %d", query, answer.StatusCode)
		}
	})
}
