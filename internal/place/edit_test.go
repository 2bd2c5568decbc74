package place_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"mednum/internal/place"
)

// anyCells are what somebody may write in the cells of a place: right, nearly
// right or anything.
func anyCells(t *rapid.T) map[string]string {
	cells := map[string]string{}
	for i := range place.Columns {
		c := &place.Columns[i]
		values := []string{"", c.Example, " " + strings.ToUpper(c.Example) + " ", "=" + c.Example, "?", rapid.String().Draw(t, c.Name)}
		if c.Vocabulary != nil {
			some := c.Vocabulary.Values()
			values = append(values, some[0], strings.Join(some[:min(2, len(some))], "|"), place.Everybody)
		}
		cells[c.Name] = rapid.SampledFrom(values).Draw(t, c.Name+" choice")
	}
	return cells
}

// What was read once is read again as it is: an edit that gives a place back
// changes nothing. And what Said tells, Say makes.
func TestCellsAreReadOnceForAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first := place.ReadCells(anyCells(t), place.Context{})
		cells := map[string]string{}
		var copied place.Place
		for i := range place.Columns {
			c := &place.Columns[i]
			cells[c.Name] = c.Said(&first.Place)
			c.Say(&copied, cells[c.Name])
		}
		if !copied.SayPosition(cells["latitude"], cells["longitude"]) {
			t.Fatalf("%v", cells)
		}
		again := place.ReadCells(cells, place.Context{})
		for i := range place.Columns {
			c := &place.Columns[i]
			if one, two, three := cells[c.Name], c.Said(&again.Place), c.Said(&copied); one != two || one != three {
				t.Errorf("%s: %q, then %q, copied %q", c.Name, one, two, three)
			}
		}
	})
}

func TestSaidTellsEverybodyFromUnknown(t *testing.T) {
	c, _ := place.ColumnNamed("publics_specifiquement_adresses")
	for cell, want := range map[string][]string{"": nil, "tout public": {}, place.Everybody: {}, "jeunes": {"Jeunes"}, "inconnu": nil} {
		r := place.ReadCells(map[string]string{"nom": "x", c.Name: cell}, place.Context{})
		if got := r.PublicsSpecifiquementAdresses; !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %#v", cell, got)
		}
		var copied place.Place
		if c.Say(&copied, c.Said(&r.Place)); !reflect.DeepEqual(copied.PublicsSpecifiquementAdresses, want) {
			t.Errorf("%q copied: %#v", cell, copied.PublicsSpecifiquementAdresses)
		}
	}
}

// What somebody wrote and nobody understood is told, whatever the column; what
// was understood is not called lost.
func TestLostIn(t *testing.T) {
	for cell, column := range map[string]string{
		"douze": "telephone", "accueil chez nous": "courriels", "le 32/13/2024": "date_maj", "Repassage": "services", "1234": "pivot", "999": "code_postal", "abc": "latitude", "tel": "site_web",
	} {
		r := place.ReadCells(map[string]string{"nom": "x", "commune": "Reims", column: cell, "longitude": "4"}, place.Context{})
		if !slices.ContainsFunc(r.Findings, func(f place.Finding) bool { return f.Field == column && place.LostIn(f) }) {
			t.Errorf("%s %q: %+v", column, cell, r.Findings)
		}
	}
	for i := range place.Columns {
		c := &place.Columns[i]
		cells := map[string]string{"nom": "x", "commune": "Reims"}
		for j := range place.Columns {
			cells[place.Columns[j].Name] = place.Columns[j].Example
		}
		for _, f := range place.ReadCells(cells, place.Context{}).Findings {
			if f.Field == c.Name && place.LostIn(f) {
				t.Errorf("%s: %+v", c.Name, f)
			}
		}
	}
}

func FuzzSayPosition(f *testing.F) {
	f.Add("49.25", "4.03")
	f.Add("", "")
	f.Add("NaN", "1e9")
	f.Fuzz(func(t *testing.T, latitude, longitude string) {
		var p place.Place
		if ok := p.SayPosition(latitude, longitude); !ok && p.Position.Known() {
			t.Error(latitude, longitude)
		}
	})
}
