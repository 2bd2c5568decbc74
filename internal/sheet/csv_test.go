package sheet

import (
	"bytes"
	"encoding/csv"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// Reading is what encoding/csv reads, wherever encoding/csv reads anything.
func TestRowsAreThoseOfACSVReader(t *testing.T) {
	cell := rapid.OneOf(rapid.StringMatching(`[a-c ,;"|\n]{0,6}`), rapid.StringMatching(`[a-z]{0,4}`), rapid.SampledFrom([]string{"é", " x", "x ", "\"", "\n", "\t"}))
	names := []string{"id", "nom", "commune", "adresse", "source"}
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(2, 5).Draw(t, "width")
		var want [][]string
		want = append(want, names[:width])
		for range rapid.IntRange(0, 6).Draw(t, "rows") {
			row := rapid.SliceOfN(cell, width, width).Draw(t, "row")
			row[0] = "x" + row[0] // not blank
			want = append(want, row)
		}
		var b bytes.Buffer
		w := csv.NewWriter(&b)
		w.Comma = rapid.SampledFrom([]rune{',', ';', '\t', '|'}).Draw(t, "separator")
		if err := w.WriteAll(want); err != nil {
			t.Fatal(err)
		}
		known := func(cells []string) int {
			n := 0
			for _, c := range cells {
				if slices.Contains(names, c) {
					n++
				}
			}
			return n
		}
		f, err := Open(&b, "", Options{Known: known})
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		line := 1
		for _, row := range want[1:] {
			line++
			got, err := f.rows.next()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(row, got.Cells); diff != "" || got.Quotes || got.Line != line {
				t.Fatalf("line %d, quotes %v, wanted line %d\n%s", got.Line, got.Quotes, line, diff)
			}
			line += strings.Count(strings.Join(row, ""), "\n")
		}
		if _, err := f.rows.next(); err != io.EOF {
			t.Fatal(err)
		}
	})
}
