package pages_test

import (
	"bytes"
	"html"
	"strings"
	"testing"

	"mednum/api/pages"
	"mednum/internal/access"
	"mednum/internal/match"
	"mednum/internal/place"
)

// The page says what was corrected, by which organisation and when, and what the
// source says since; only who may correct is offered to give it the word again.
func TestTheSourcesPageTellsCorrections(t *testing.T) {
	p, err := pages.New(pages.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	record := &place.Record{Place: place.Place{Nom: "Médiathèque", Telephone: "+33326990000", Adresse: "1 rue Neuve"}}
	view := pages.Provenance{Beneath: match.Beneath{ID: "0g3xkz9a", Nom: "Médiathèque", Sides: []match.Side{{ID: "0g3xkz9a", Source: "Ville", Key: "1", Record: record}}, Fields: []match.Provenance{
		{Column: "nom", ID: "0g3xkz9a", Source: "Ville"},
		{Column: "telephone", ID: "0g3xkz9a", Source: "Marne", Date: "2026-03-02", Corrected: &match.Corrected{
			Organisation: "Département de la Marne", On: "2026-03-02", Reason: "appel <du> lieu", Value: "+33326770000", Said: "+33326990000", Anew: true}},
		{Column: "adresse", ID: "0g3xkz9a", Source: "Marne", Date: "2026-03-02", Corrected: &match.Corrected{Organisation: "Département de la Marne", On: "2026-03-02", Value: "", Said: "1 rue Neuve"}},
	}}}
	render := func() string {
		var b bytes.Buffer
		if err := p.Provenance(&b, view); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	text := render()
	for _, want := range []string{
		"2 champs ont été corrigés par qui connaît ce lieu", "La source dit maintenant autre chose.", "par Département de la Marne, le 2 mars 2026", "« appel &lt;du&gt; lieu »",
		"La source dit maintenant : « +33326990000 ».", "La source dit : « 1 rue Neuve ».", "+33326770000",
	} {
		if !strings.Contains(strings.NewReplacer("\u202f", " ", "\u00a0", " ").Replace(html.UnescapeString(text)), html.UnescapeString(want)) {
			t.Errorf("no %q in %s", want, text)
		}
	}
	if strings.Contains(text, "/restauration") {
		t.Error("anybody may take a correction back")
	}
	view.Who = &pages.SignedIn{Key: access.Key{Role: access.Contributor}, May: []access.Operation{access.Amend}}
	text = render()
	for _, want := range []string{`action="/collections/lieux/items/0g3xkz9a/restauration"`, `name="champs" value="telephone"`, "Reprendre la valeur de la source", "Reprendre toute l’adresse de la source"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q", want)
		}
	}
}
