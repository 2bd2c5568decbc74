package postgres_test

import (
	"context"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"mednum/internal/place"
	"mednum/internal/postgres/pgtest"
	"mednum/internal/territory"
)

func square(west, south float64) orb.Polygon {
	return orb.Polygon{{{west, south}, {west + 1, south}, {west + 1, south + 1}, {west, south + 1}, {west, south}}}
}

func territories() territory.Set {
	return territory.Set{
		Origin: "Code officiel géographique 2025",
		Communes: []territory.Commune{
			{Code: "01001", Nom: "L'Abergement-Clémenciat", CodesPostaux: []string{"01400"}, Departement: "01", Region: "84", Epci: "200069193",
				Population: 859, Point: orb.Point{4.92, 46.15}, HasPoint: true, Contour: square(4.5, 46), AnciensCodes: []string{"01002"}, AnciensNoms: []string{"L'Abergement"}},
			{Code: "51454", Nom: "Reims", CodesPostaux: []string{"51100", "51430"}, Departement: "51", Region: "44", Population: 180318,
				Point: orb.Point{4.03, 49.25}, HasPoint: true, AnciensCodes: []string{}, AnciensNoms: []string{}},
			{Code: "75056", Nom: "Paris", CodesPostaux: []string{}, Departement: "75", Region: "11", Population: -1, AnciensCodes: []string{}, AnciensNoms: []string{},
				Contour: orb.MultiPolygon{square(2, 48), square(4, 48)}},
			{Code: "75101", Nom: "Paris 1er Arrondissement", CodesPostaux: []string{"75001"}, Departement: "75", Region: "11", Parent: "75056", Population: 15917, AnciensCodes: []string{}, AnciensNoms: []string{}},
		},
		Divisions: []territory.Division{
			{Kind: "departement", Code: "01", Nom: "Ain", Region: "84", Population: 650000, Contour: square(4, 45)},
			{Kind: "departement", Code: "51", Nom: "Marne", Region: "44", Population: -1},
			{Kind: "epci", Code: "200069193", Nom: "CC de la Dombes", Population: 39000},
			{Kind: "region", Code: "84", Nom: "Auvergne-Rhône-Alpes", Population: -1},
		},
	}
}

func TestTerritoriesAreReplacedWhole(t *testing.T) {
	ctx := context.Background()
	c := pgtest.New(t)
	if s, err := c.Territories(ctx); err != nil || len(s.Communes) != 0 {
		t.Fatal(s, err)
	}
	if box, err := c.CommunesExtent(ctx); err != nil || box != nil {
		t.Fatal(box, err)
	}
	data, version, err := c.Versions(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if changed, err := c.SaveTerritories(ctx, territories()); err != nil || !changed {
		t.Fatal(changed, err)
	}
	if changed, err := c.SaveTerritories(ctx, territories()); err != nil || changed {
		t.Fatal("the same set again:", changed, err)
	}
	data2, version2, err := c.Versions(ctx)
	if err != nil || data2 != data+1 || version2 != version+1 {
		t.Fatal(data, data2, version, version2, err)
	}
	got, err := c.Territories(ctx)
	if err != nil {
		t.Fatal(err)
	}
	want := territories()
	for i := range want.Communes {
		want.Communes[i].Contour = nil
	}
	for i := range want.Divisions {
		want.Divisions[i].Contour = nil
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	box, err := c.CommunesExtent(ctx)
	if diff := cmp.Diff(&place.BBox{West: 2, South: 46, East: 5.5, North: 49.25}, box); err != nil || diff != "" {
		t.Error(err, diff)
	}
	outlines, err := c.Outlines(ctx, 0.01)
	if err != nil || len(outlines) != 1 || outlines[0].Code != "01" || !orb.Equal(outlines[0].Contour, square(4, 45)) {
		t.Error(outlines, err)
	}
	contours, err := c.Contours(ctx, []string{"01001", "51454", "75056", "no\x00"})
	if err != nil || len(contours) != 2 || !orb.Equal(contours["75056"], territories().Communes[2].Contour) {
		t.Error(contours, err)
	}

	smaller := territories()
	smaller.Communes = smaller.Communes[:1]
	if changed, err := c.SaveTerritories(ctx, smaller); err != nil || !changed {
		t.Fatal(changed, err)
	}
	if got, err := c.Territories(ctx); err != nil || len(got.Communes) != 1 {
		t.Fatal(got, err)
	}
}

func TestCommunesAreFound(t *testing.T) {
	ctx := context.Background()
	c := pgtest.New(t)
	if _, err := c.SaveTerritories(ctx, territories()); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		find place.Find
		want []string
	}{
		{"all", place.Find{}, []string{"01001", "51454", "75056", "75101"}},
		{"after", place.Find{After: place.Cursor{ID: "51454"}}, []string{"75056", "75101"}},
		{"limit", place.Find{Limit: 1, After: place.Cursor{ID: "01001"}}, []string{"51454"}},
		{"point in the box", place.Find{BBox: &place.BBox{West: 4, South: 49.1, East: 4.1, North: 49.3}}, []string{"51454"}},
		{"contour meets the box", place.Find{BBox: &place.BBox{West: 5, South: 46.9, East: 6, North: 46.95}}, []string{"01001"}},
		{"between the parts of a contour", place.Find{BBox: &place.BBox{West: 3.1, South: 48.1, East: 3.9, North: 48.9}}, nil},
		{"across the antimeridian", place.Find{BBox: &place.BBox{West: 170, South: 40, East: 2.5, North: 50}}, []string{"75056"}},
		{"codes", place.Find{CodeInsee: []string{"75101", "51454", "\x00"}}, []string{"51454", "75101"}},
		{"departement", place.Find{Departement: []string{"75"}}, []string{"75056", "75101"}},
		{"code_postal", place.Find{CodePostal: []string{"51430"}}, []string{"51454"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.find.Limit == 0 {
				test.find.Limit = 100
			}
			var codes []string
			err := c.Communes(ctx, test.find, func(m territory.Commune) error {
				codes = append(codes, m.Code)
				i := slices.IndexFunc(territories().Communes, func(w territory.Commune) bool { return w.Code == m.Code })
				if diff := cmp.Diff(territories().Communes[i], m); diff != "" {
					t.Error(diff)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, codes); diff != "" {
				t.Error(diff)
			}
		})
	}
}
