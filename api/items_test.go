package api

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestConditionsSelect(t *testing.T) {
	s := serverOf(t, newCensus())
	const reims, anonymal, bordeaux, bus, reunion, paris = "Médiathèque Jean-Falala", "Anonymal", "Point numérique de l’Œuvre & \"Cie\"", "France services itinérant", "Cyber-base", "Espace Paris 1er"
	for _, c := range []struct {
		query string
		want  []string
	}{
		{"", []string{reims, anonymal, bordeaux, bus, reunion, paris}},
		{"?bbox=4,49,4.1,49.3", []string{reims, anonymal}},
		{"?bbox=4,49,0,4.1,49.3,1000", []string{reims, anonymal}},
		{"?bbox=-356,49,-355.9,49.3", []string{reims, anonymal}},
		{"?bbox=177,65,-177,70", nil},
		{"?bbox=55,-30,-170,-20", []string{reunion}},
		{"?bbox=-180,85,180,90", nil},
		{"?bbox=-180,-90,180,90", []string{reims, anonymal, bordeaux, reunion, paris}},
		{"?datetime=2024-04-02", []string{anonymal}},
		{"?datetime=2024-04-02T23:59:59Z", []string{anonymal}},
		{"?datetime=2024-04-02T23:59:59-05:00", nil},
		{"?datetime=2026-01-01/..", []string{reims, reunion}},
		{"?datetime=2026-01-01/", []string{reims, reunion}},
		{"?datetime=../2024-12-31", []string{anonymal}},
		{"?datetime=2024-04-02/2025-01-15", []string{anonymal, bordeaux}},
		{"?datetime=../..", []string{reims, anonymal, bordeaux, bus, reunion, paris}},
		{"?frais_a_charge=Gratuit", []string{reims, reunion}},
		{"?frais_a_charge=gratuit,PAYANT", []string{reims, anonymal, reunion}},
		{"?frais_a_charge=Gratuit&frais_a_charge=Payant", []string{reims, anonymal, reunion}},
		{"?frais_a_charge=Gratuit&services=acces+internet+et+materiel+informatique", []string{reims}},
		{"?modalites_acces=Ce%20lieu%20n%E2%80%99accueille%20pas%20de%20public", []string{anonymal}},
		{"?typologie=BIB,CCAS", []string{reims, bordeaux}},
		{"?code_insee=51454", []string{reims, anonymal}},
		{"?code_insee=51999", []string{reims, anonymal}},
		{"?code_insee=75056", []string{paris}},
		{"?code_insee=97411", []string{reunion}},
		{"?code_postal=33300", []string{bus}},
		{"?departement=33,974", []string{bordeaux, bus, reunion}},
		{"?q=mediatheque+REIMS", []string{reims}},
		{"?ouvert=2026-04-15T11:00", []string{reims, anonymal, reunion, paris}},
		{"?ouvert=2026-04-15T11:00:00Z", []string{reims, reunion, paris}},
		{"?ouvert=2026-04-15T13:00:00+02:00", []string{reims, reunion, paris}},
		{"?ouvert=2026-04-15T13:00:00%2B02:00", []string{reims, reunion, paris}},
		{"?ouvert=maintenant", []string{reims, reunion, paris}},
		{"?near=4.0317,49.2583&radius=5000", []string{anonymal, reims}},
		{"?near=4.0320,49.2530&departement=51,33", []string{reims, anonymal, bordeaux}},
		{"?near=4.0320,49.2530&near=4.0320,49.2530&radius=10", []string{reims}},
		{"?limit=1", []string{reims}},
		{"?limit=0001&f=geojson", []string{reims}},
		{"?limit=99999999999999999999", []string{reims, anonymal, bordeaux, bus, reunion, paris}},
	} {
		got := items(t, s, c.query)
		if d := cmp.Diff(c.want, got.names()); d != "" {
			t.Errorf("%s: %s", c.query, d)
		}
		if got.NumberReturned != len(c.want) {
			t.Errorf("%s: numberReturned %d", c.query, got.NumberReturned)
		}
	}
}

func TestPagesFollowWhateverTheLimit(t *testing.T) {
	s := serverOf(t, newCensus())
	for _, query := range []string{"?limit=1", "?limit=2", "?near=4.03,49.25&limit=1", "?near=4.03,49.25&limit=2&departement=51,33,75", "?ouvert=maintenant&limit=1"} {
		whole := items(t, s, strings.NewReplacer("limit=1", "limit=50", "limit=2", "limit=50").Replace(query)).names()
		var got []string
		for next, n := "https://lieux.example/collections/lieux/items"+query, 0; next != ""; n++ {
			if n > 10 {
				t.Fatal("pages without end")
			}
			// A client may override the limit, and repeat a key.
			r := get(t, s, next+"&limit="+map[bool]string{true: "1", false: "2"}[strings.Contains(query, "limit=1")])
			if r.StatusCode != http.StatusOK {
				t.Fatalf("%s: %s", next, body(t, r))
			}
			var c collectionOf
			into(t, r, &c)
			got = append(got, c.names()...)
			next = c.next()
		}
		if d := cmp.Diff(whole, got); d != "" {
			t.Errorf("%s: %s", query, d)
		}
	}
}
