package census

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"regexp"
	"testing"

	"mednum/internal/place"
)

// Whatever a column of a source holds, no cell of what we publish as CSV is a
// formula that calls a function, a program or another file. A sign before
// digits or a word computes nothing: phones and "@telier" stay as they are.
func TestNoFormulaIsExported(t *testing.T) {
	attacks := []string{`=1+1`, `+1+1`, `-1+1`, `@SUM(1,2)`, "\t=1+1", "\r=1+1", " =1+1", `=cmd|' /C calc'!A0`, `+cmd|' /C calc'!A0`, `-cmd|x!A0`, `@cmd|x!A0`, `=HYPERLINK("http://x.example/","a")`, "\u200b=1+1", "\ufeff=1+1", "＝1+1", "<b>=1+1</b>", "&#61;1+1", `"=1+1"`, "-=1+1", "=", "x|=1+1", "=1+1|x", "x;=1+1", "=a@b.fr", "+a@b.fr", "=1+1@b.fr", "=1+1.fr/x", "http://x.fr/|=1+1"}
	formula := regexp.MustCompile(`^([=\t\r]|[+\-@＝][^"]*[(|!])`)
	for i := range place.Columns {
		column := place.Columns[i].Name
		var file bytes.Buffer
		w := csv.NewWriter(&file)
		header := []string{"nom", "commune", column}
		if column == "nom" || column == "commune" {
			header = []string{"nom", "commune", "id"}
		}
		w.Write(header)
		for n, a := range attacks {
			row := []string{fmt.Sprint("Lieu ", n), "Reims", a}
			switch column {
			case "nom":
				row = []string{a, "Reims", fmt.Sprint(n)}
			case "commune":
				row = []string{"Lieu", a, fmt.Sprint(n)}
			}
			w.Write(row)
		}
		w.Flush()
		_, records, err := importing(t, &file, champagne())
		if err != nil {
			t.Fatal(column, err)
		}
		for j := range records {
			out, err := csv.NewReader(bytes.NewReader(place.AppendCSV(nil, &records[j].Place))).Read()
			if err != nil {
				t.Fatal(err)
			}
			for k, cell := range out {
				if formula.MatchString(cell) {
					t.Errorf("%s: %q is exported as %q in %s", column, records[j].Raw[column], cell, place.Columns[k].Name)
				}
			}
		}
	}
}
