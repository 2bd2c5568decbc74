package api

import (
	"bytes"
	"encoding/csv"
	"maps"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"
	"pgregory.net/rapid"

	"mednum/api/pages"
	"mednum/internal/demo"
	"mednum/internal/hours"
	"mednum/internal/place"
)

// said are the cells of a place, as the store gives them.
func said(p *place.Place) map[string]string {
	cells := map[string]string{}
	for i := range place.Columns {
		cells[place.Columns[i].Name] = place.Columns[i].Said(p)
	}
	return cells
}

var clockValue = regexp.MustCompile(`^([01]\d|2[0-3]):[0-5]\d$`)

// sentBack is what a browser sends of a form of a page that nobody touched, the
// form being named by its id or the end of its address: as HTML says it, down to
// the ends of lines.
func sentBack(t testing.TB, page []byte, id string) url.Values {
	t.Helper()
	doc, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{}
	attribute := func(n *html.Node, name string) (string, bool) {
		for _, a := range n.Attr {
			if a.Key == name {
				return a.Val, true
			}
		}
		return "", false
	}
	var text func(n *html.Node) string
	text = func(n *html.Node) (s string) {
		if n.Type == html.TextNode {
			return n.Data
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			s += text(c)
		}
		return s
	}
	found := false
	var walk func(n *html.Node, inside bool)
	walk = func(n *html.Node, inside bool) {
		if n.Type == html.ElementNode {
			own, _ := attribute(n, "id")
			to, _ := attribute(n, "action")
			if n.Data == "form" && (own == id || strings.HasSuffix(to, id)) {
				inside, found = true, true
			}
			name, named := attribute(n, "name")
			if inside && named {
				value, _ := attribute(n, "value")
				switch n.Data {
				case "input":
					kind, _ := attribute(n, "type")
					switch kind {
					case "checkbox", "radio":
						if _, on := attribute(n, "checked"); on {
							form.Add(name, value)
						}
					case "hidden":
						form.Add(name, value)
					case "time":
						if !clockValue.MatchString(value) {
							value = ""
						}
						form.Add(name, value)
					default:
						form.Add(name, strings.NewReplacer("\r", "", "\n", "").Replace(value))
					}
				case "textarea":
					form.Add(name, strings.ReplaceAll(strings.ReplaceAll(text(n), "\r\n", "\n"), "\n", "\r\n"))
				case "select":
					chosen, first := "", true
					for o := n.FirstChild; o != nil; o = o.NextSibling {
						if o.Data != "option" {
							continue
						}
						v, _ := attribute(o, "value")
						if _, on := attribute(o, "selected"); on || first {
							chosen = v
						}
						first = false
					}
					form.Add(name, chosen)
				}
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c, inside)
		}
	}
	walk(doc, false)
	if !found {
		t.Fatalf("no form %s", id)
	}
	return form
}

// SentBack is sentBack, for the tests on a real census.
func SentBack(t testing.TB, page []byte, id string) url.Values { return sentBack(t, page, id) }

// formOfPlace renders the form of a place, and gives what a browser sends back.
func formOfPlace(t testing.TB, p *pages.Pages, cells map[string]string) url.Values {
	t.Helper()
	var page bytes.Buffer
	view := pages.Modification{ID: place.Identifier(1), Nom: cells["nom"], Given: cells, Asked: editForm(cells, 7)}
	if err := p.Modification(&page, view); err != nil {
		t.Fatal(err)
	}
	return sentBack(t, page.Bytes(), "modification")
}

func unchanged(t testing.TB, p *pages.Pages, cells map[string]string) {
	t.Helper()
	e, err := readEditing(formOfPlace(t, p, cells))
	if err != nil {
		t.Fatal(err)
	}
	if changed := e.changed(); len(changed) > 0 || len(e.findings) > 0 || e.base() != 7 {
		t.Errorf("%s: nobody touched the form, and it says %q, %+v (hours %q)", cells["nom"], changed, e.findings, cells["horaires"])
	}
	if e.hours != strings.TrimSpace(cells["horaires"]) {
		t.Errorf("%s: hours %q became %q", cells["nom"], cells["horaires"], e.hours)
	}
}

// TestAnUntouchedFormChangesNothing, for places made up and for real ones.
func TestAnUntouchedFormChangesNothing(t *testing.T) {
	p := serverOf(t, newCensus()).pages
	n := 0
	made, err := demo.Places(ModelSet().Communes, 60, 1, place.Date{Year: 2026, Month: time.March, Day: 2})
	if err != nil {
		t.Fatal(err)
	}
	for r, err := range made {
		if err != nil {
			t.Fatal(err)
		}
		unchanged(t, p, said(&r.Place))
		n++
	}
	if n < 60 {
		t.Fatalf("%d places", n)
	}
	for _, odd := range []map[string]string{
		{"nom": "Aucun"},
		{"nom": "Tous", "publics_specifiquement_adresses": place.Everybody},
		{"nom": "Texte", "horaires": "ouvert le mardi matin\nsauf en été", "presentation_detail": "\nUne ligne\n\nUne autre  avec  des espaces"},
		{"nom": "Ordre", "services": "Compréhension du monde numérique|Aide aux démarches administratives", "typologie": "ZZZ|BIB", "autres_formations_labels": "QPV|« guillemets »"},
		{"nom": `<script>"'&`, "horaires": `Mo 22:00-02:00; Tu "sur rendez-vous"; We 09:00-10:00,11:00-12:00,13:00-14:00 "sonner"; PH 10:00-12:00; Aug off || "appeler"`},
		{"nom": "24", "horaires": "24/7"}, {"nom": "Téléphone", "telephone": "+3226000000"}, {"nom": "Court", "telephone": "3949"},
	} {
		unchanged(t, p, odd)
	}
	text, err := os.ReadFile("../../shared/data/census-dev.csv")
	if err != nil {
		t.Skip("../shared/data/census-dev.csv, the optional real data, is not there")
	}
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff")))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	schema, _ := place.ReadHeader(rows[0], 1)
	for i, row := range rows[1:] {
		r := schema.Read(row, i+2, place.Context{})
		cells := said(&r.Place)
		if i%60 == 0 { // a page costs ten milliseconds
			unchanged(t, p, cells)
			continue
		}
		e, err := readEditing(editForm(cells, 7))
		if err != nil {
			t.Fatal(err)
		}
		if changed := e.changed(); len(changed) > 0 || len(e.findings) > 0 {
			t.Errorf("line %d: nobody touched the form, and it says %q, %+v", i+2, changed, e.findings)
		}
	}
}

// TestAFormChangesWhatWasTouched: one field, one column, and nothing else.
func TestAFormChangesWhatWasTouched(t *testing.T) {
	p := serverOf(t, newCensus()).pages
	var all []map[string]string
	made, err := demo.Places(ModelSet().Communes, 40, 2, place.Date{Year: 2026, Month: time.March, Day: 2})
	if err != nil {
		t.Fatal(err)
	}
	for r, err := range made {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, said(&r.Place))
	}
	rapid.Check(t, func(r *rapid.T) {
		cells := rapid.SampledFrom(all).Draw(r, "place")
		form := formOfPlace(t, p, cells)
		name := rapid.SampledFrom([]string{"nom", "adresse", "presentation_resume", "latitude", "telephone", "services", "courriels", "typologie", "publics", "horaires"}).Draw(r, "field")
		want := map[string]string{}
		switch name {
		case "services", "typologie":
			vocabulary, _ := place.VocabularyOf(name)
			value := rapid.SampledFrom(vocabulary.Values()).Draw(r, "value")
			had := slices.DeleteFunc(strings.Split(cells[name], "|"), func(s string) bool { return s == "" })
			if slices.Contains(had, value) {
				had = slices.DeleteFunc(had, func(s string) bool { return s == value })
			} else {
				had = append(had, value)
			}
			form[name] = slices.Clone(had)
			slices.Sort(form[name])
			want[name] = strings.Join(had, "|")
		case "courriels":
			form.Add(name, " autre@exemple.fr ")
			want[name] = strings.TrimPrefix(cells[name]+"|autre@exemple.fr", "|")
		case "publics":
			form.Set(pages.EditPublics, "certains")
			form["publics_specifiquement_adresses"] = []string{"Jeunes"}
			want["publics_specifiquement_adresses"] = "Jeunes"
		case "horaires":
			day := rapid.SampledFrom(pages.EditDays[:7]).Draw(r, "day")
			for i := range hours.SlotsMaximum {
				form.Del(pages.EditSlot(day, i, "de"))
				form.Del(pages.EditSlot(day, i, "a"))
				form.Del(pages.EditSlot(day, i, "note"))
			}
			form.Set(pages.EditDay(day, "etat"), pages.DayOpen)
			form.Set(pages.EditSlot(day, 0, "de"), "05:15")
			form.Set(pages.EditSlot(day, 0, "a"), "05:45")
			e, err := readEditing(form)
			if err != nil || len(e.findings) > 0 {
				r.Fatalf("%v %+v", err, e)
			}
			table, err := hours.TableOf(e.changed()["horaires"])
			if err != nil || len(table.Days[day[0]-'0'].Slots) != 1 || table.Days[day[0]-'0'].Slots[0].From != 315 {
				r.Fatalf("%q: %+v, %v", e.changed()["horaires"], table, err)
			}
			want["horaires"] = e.changed()["horaires"]
		default:
			form.Set(name, "12,5")
			want[name] = "12,5"
		}
		if want["publics_specifiquement_adresses"] == cells["publics_specifiquement_adresses"] {
			delete(want, "publics_specifiquement_adresses")
		}
		e, err := readEditing(form)
		if err != nil {
			r.Fatal(err)
		}
		if d := cmp.Diff(want, e.changed()); d != "" {
			r.Fatalf("%s: -want +got: %s", name, d)
		}
	})
}

// TestHoursOfAForm holds what a person sees and what is published of it.
func TestHoursOfAForm(t *testing.T) {
	set := func(pairs ...string) func(url.Values) {
		return func(f url.Values) {
			for i := 0; i+1 < len(pairs); i += 2 {
				f.Set(pairs[i], pairs[i+1])
			}
		}
	}
	for _, c := range []struct {
		before string
		touch  func(url.Values)
		after  string
		wrong  string
	}{
		{"Mo-Fr 09:00-12:00", set("h.0.0.de", "8h30"), "Mo 08:30-12:00; Tu-Fr 09:00-12:00", ""},
		{"Mo-Fr 09:00-12:00", set("h.0.etat", "ferme"), "Tu-Fr 09:00-12:00", ""},                                     // hours need not be rubbed out
		{"Mo-Fr 09:00-12:00", set("h.5.0.de", "10:00", "h.5.0.a", "12:00"), "Mo-Fr 09:00-12:00; Sa 10:00-12:00", ""}, // written on a closed day: it opens
		{"Mo-Fr 09:00-12:00", set("h.2.etat", "rdv"), `Mo,Tu,Th,Fr 09:00-12:00; We "sur rendez-vous"`, ""},
		{"Mo-Fr 09:00-12:00", set("h.0.1.de", "14:00", "h.0.1.a", "17:00", "h.0.1.note", "sur rendez-vous"), `Mo 09:00-12:00, Mo 14:00-17:00 "sur rendez-vous"; Tu-Fr 09:00-12:00`, ""},
		{"Mo-Fr 09:00-12:00", set("h.4.0.de", "22:00", "h.4.0.a", "02:00"), "Mo-Th 09:00-12:00, Fr 22:00-02:00", ""},
		{"Mo-Fr 09:00-12:00", set("h.f.etat", "ferme", "h.vacances", "ferme"), "Mo-Fr 09:00-12:00; SH off; PH off", ""},
		{"Mo-Fr 09:00-12:00", set("h.sinon", "sur rendez-vous"), `Mo-Fr 09:00-12:00 || "sur rendez-vous"`, ""},
		{"Mo-Fr 09:00-12:00; Aug off", set("h.0.0.de", "10:00"), "Mo 10:00-12:00; Tu-Fr 09:00-12:00; Aug off", ""},
		{"week 1-53/2 Mo 09:00-12:00", set("h.f.etat", "ferme"), "PH off; week 01-53/2 Mo 09:00-12:00", ""},
		{"", set("h.0.etat", "ouvert", "h.0.0.de", "9h", "h.0.0.a", "12h"), "Mo 09:00-12:00", ""},
		{"ouvert le matin", set("h.0.etat", "ouvert", "h.0.0.de", "9h", "h.0.0.a", "12h"), "Mo 09:00-12:00", ""},
		{"ouvert le matin", set(), "ouvert le matin", ""},
		{"Mo 09:00-12:00", set("h.texte", "lundi 9h-12h, mardi 9h-12h"), "lundi 9h-12h, mardi 9h-12h", ""}, // read as a file's cell is
		{"Mo 09:00-12:00", set("h.texte", "Tu 09:00-12:00", "h.0.0.de", "10:00"), "Mo 10:00-12:00", "tableau et le texte"},
		{"Mo 09:00-12:00", set("h.1.etat", "ouvert"), "Mo 09:00-12:00", "Mardi : écrivez les heures"},
		{"Mo 09:00-12:00", set("h.0.0.a", ""), "Mo 09:00-12:00", "Lundi : il manque une heure"},
		{"Mo 09:00-12:00", set("h.0.0.a", "midi"), "Mo 09:00-12:00", "« midi » n’est pas une heure"},
		{"Mo 09:00-12:00", set("h.0.1.de", "11:00", "h.0.1.a", "13:00"), "Mo 09:00-12:00", "se chevauchent"},
		{"Mo 09:00-12:00", set("h.reste", "août fermé"), "Mo 09:00-12:00", "ne se lit pas"},
	} {
		form := editForm(map[string]string{"nom": "x", "horaires": c.before}, 1)
		c.touch(form)
		e, err := readEditing(form)
		if err != nil {
			t.Fatal(err)
		}
		if e.hours != c.after {
			t.Errorf("%s: %q, want %q", c.before, e.hours, c.after)
		}
		var wrong []string
		for _, f := range e.findings {
			wrong = append(wrong, f.Message)
		}
		if all := strings.Join(wrong, " "); c.wrong == "" && all != "" || !strings.Contains(all, c.wrong) {
			t.Errorf("%s: told %q, want %q", c.before, all, c.wrong)
		}
	}
}

// FuzzEditing: whatever is posted is read or refused, and nothing breaks.
func FuzzEditing(f *testing.F) {
	f.Add(editForm(map[string]string{"nom": "x", "horaires": "Mo-Fr 09:00-12:00; PH off", "publics_specifiquement_adresses": place.Everybody}, 3).Encode(), "plage:0")
	f.Add("h.0.0.de=25%3A00&h.0.0.a=1&h.0.etat=ouvert&h.f.etat=rdv&avant=%7B%22nom%22%3A%22y%22%7D", "copier")
	f.Add("avant=[]&version=-4&h.texte=%00&services=%00", "texte")
	p := serverOf(f, newCensus()).pages
	f.Fuzz(func(t *testing.T, query, gesture string) {
		form, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		e, err := readEditing(maps.Clone(form))
		if err != nil {
			return
		}
		e.reason()
		e.addSlot(gesture)
		e.copyMonday()
		if again, err := readEditing(e.form); err == nil {
			e = again
		}
		for name := range e.changed() {
			if _, ok := place.ColumnNamed(name); !ok {
				t.Errorf("column %q", name)
			}
		}
		if len(query)%16 != 0 {
			return // a page costs a thousand times the rest
		}
		var page bytes.Buffer
		if err := p.Modification(&page, pages.Modification{ID: place.Identifier(1), Asked: e.form, Given: e.before, Findings: e.findings}); err != nil {
			t.Fatal(err)
		}
		sentBack(t, page.Bytes(), "modification")
	})
}
