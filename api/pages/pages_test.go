package pages

import (
	"bytes"
	"math"
	"net/url"
	"testing"

	"mednum/internal/place"
)

func TestSmoke(t *testing.T) {
	p, err := New(Settings{PublicURL: "http://localhost:8080", TileURL: DefaultTileURL})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	c := Card{ID: "abc", Href: "/x", Place: place.Place{Nom: "Médiathèque", Commune: "Reims"}, Distance: 350}
	for name, f := range map[string]func() error{
		"home": func() error { return p.Home(&b, Home{Known: 6011}) },
		"results": func() error {
			return p.Home(&b, Home{Asked: url.Values{"ou": {"Reims"}}, Where: "Reims (51100)", Cards: []Card{c}, Nearest: &c})
		},
		"empty": func() error {
			return p.Home(&b, Home{Asked: url.Values{"ou": {"Reims"}}, Where: "Reims (51100)", Nearest: &c, Relax: []Relax{{"frais_a_charge", "Gratuit", 4, false, math.NaN()}}})
		},
		"sheet":   func() error { return p.Sheet(&b, Sheet{Card: c}) },
		"problem": func() error { return p.Problem(&b, Problem{Status: 404}) },
		"listing": func() error { return p.Listing(&b, Listing{Cards: []Card{c}}) },
		"document": func() error {
			return p.Document(&b, Document{Sections: []Section{{Title: "x", Rows: []Row{{"a", "b", "c"}}}}})
		},
		"aide": func() error { return p.Help(&b, Head{}) },
		"acc":  func() error { return p.Accessibility(&b, Head{}) },
	} {
		if err := f(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
