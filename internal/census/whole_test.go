package census

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"mednum/internal/place"
)

// summary counts a report's findings, those of internal/hours apart: what it
// can read grows.
func summary(r Report) string {
	var b strings.Builder
	fmt.Fprintf(&b, "lignes %d, gardés %d, refusés %d, répétées %d\navec position %d, dont douteuses %d\n", r.Rows, r.Kept, r.Refused, r.Merged, r.Located, r.Doubtful)
	for _, g := range r.Groups {
		if g.Field != "horaires" {
			fmt.Fprintf(&b, "%s %s %s %d\n", g.Severity, g.Code, g.Field, g.Count)
		}
	}
	for _, f := range r.Fill {
		fmt.Fprintf(&b, "renseigné %s %d\n", f.Column, f.Known)
	}
	return b.String()
}

// The census of 17 sources goes in whole: every row has a name and a way to
// locate it.
func TestWholeCensus(t *testing.T) {
	file := shared(t, "census-dev.csv")
	report, records, err := importing(t, bytes.NewReader(file), realFrance(t))
	if err != nil {
		t.Fatal(err)
	}
	if report.Rows != 6011 || report.Kept != 6011 || report.Refused != 0 || len(records) != 6011 {
		t.Errorf("%d rows, %d kept, %d refused, %d given to the store", report.Rows, report.Kept, report.Refused, len(records))
	}
	golden(t, "census-dev.txt", summary(report))

	want, err := csv.NewReader(bytes.NewReader(file)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]bool{}
	for i, r := range records {
		keys[r.Key] = true
		if r.Key != want[i+1][0] || r.Raw["nom"] != want[i+1][2] || r.Raw["longitude"] != want[i+1][9] {
			t.Fatalf("row %d: %s %v", i, r.Key, r.Raw)
		}
	}
	if len(keys) != 6011 {
		t.Errorf("%d keys", len(keys))
	}
	if text := report.Text(); len(text) > 30_000 || strings.Count(text, "\n") > 200 {
		t.Errorf("the report is %d bytes, %d lines: nobody reads that", len(text), strings.Count(text, "\n"))
	}
}

// What satisfies the schema is read nearly in silence.
func TestConformingCensus(t *testing.T) {
	report, _, err := importing(t, bytes.NewReader(shared(t, "conforme-v1-dev.csv")), realFrance(t))
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "conforme-v1-dev.txt", summary(report))
}

// every way to save a file gives the same places.
func TestHowAFileIsSavedChangesNothing(t *testing.T) {
	rows, err := csv.NewReader(bytes.NewReader(shared(t, "conforme-v1-dev.csv"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	rows = rows[:120]
	rows[5][16] = "Première ligne\nDeuxième, « ligne » ; dite \"longue\"\n\nQuatrième" // a text of several lines
	write := func(rows [][]string, sep rune, crlf bool) []byte {
		var b bytes.Buffer
		w := csv.NewWriter(&b)
		w.Comma, w.UseCRLF = sep, crlf
		if err := w.WriteAll(rows); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	plain := write(rows, ',', false)
	_, want, err := importing(t, bytes.NewReader(plain), nil)
	if err != nil || len(want) != 119 {
		t.Fatal(err, len(want))
	}

	in := func(e encoding.Encoding) []byte {
		out, err := encoding.ReplaceUnsupported(e.NewEncoder()).Bytes(plain)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	shuffled := slices.Clone(rows)
	order := rand.New(rand.NewPCG(1, 2)).Perm(len(rows[0]))
	for i, row := range rows {
		shuffled[i] = make([]string, len(row))
		for to, from := range order {
			shuffled[i][to] = row[from]
		}
	}
	shouting := slices.Clone(rows)
	shouting[0] = slices.Clone(rows[0])
	for i, h := range shouting[0] {
		shouting[0][i] = " " + strings.ToUpper(strings.ReplaceAll(h, "_", " "))
	}
	wider := slices.Clone(rows)
	for i, row := range rows {
		wider[i] = append(slices.Clone(row), "", "")
	}
	var gz, zipped bytes.Buffer
	g := gzip.NewWriter(&gz)
	g.Write(plain)
	g.Close()
	z := zip.NewWriter(&zipped)
	for name, content := range map[string][]byte{"lisez-moi.md": []byte("bonjour"), "dossier/lieux.csv": plain, "__MACOSX/._lieux.csv": {0}} {
		w, _ := z.Create(name)
		w.Write(content)
	}
	z.Close()
	zst, _ := zstd.NewWriter(nil)

	for name, v := range map[string]struct {
		file     []byte
		encoding string
		loose    bool // some letters of the texts do not exist in the encoding
	}{
		"semicolons":         {write(rows, ';', false), "UTF-8", false},
		"tabs and CRLF":      {write(rows, '\t', true), "UTF-8", true}, // CRLF inside texts
		"bars":               {write(rows, '|', false), "UTF-8", false},
		"byte order mark":    {append([]byte("\xef\xbb\xbf"), plain...), "UTF-8", false},
		"UTF-16 LE":          {in(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)), "UTF-16", false},
		"UTF-16 BE":          {in(unicode.UTF16(unicode.BigEndian, unicode.UseBOM)), "UTF-16", false},
		"UTF-16 LE bare":     {in(unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)), "UTF-16", false},
		"Windows-1252":       {in(charmap.Windows1252), "Windows-1252", true},
		"MacRoman":           {in(charmap.Macintosh), "MacRoman", true},
		"CP850":              {in(charmap.CodePage850), "CP850", true},
		"old Mac line ends":  {bytes.ReplaceAll(write(slices.DeleteFunc(slices.Clone(rows), func(r []string) bool { return strings.Contains(strings.Join(r, ""), "\n") }), ',', false), []byte("\n"), []byte("\r")), "UTF-8", true},
		"gzip":               {gz.Bytes(), "UTF-8", false},
		"zip":                {zipped.Bytes(), "UTF-8", false},
		"zstd":               {zst.EncodeAll(plain, nil), "UTF-8", false},
		"shuffled":           {write(shuffled, ',', false), "UTF-8", false},
		"shouted headers":    {write(shouting, ',', false), "UTF-8", false},
		"separators at ends": {write(wider, ';', false), "UTF-8", false},
		"sep= line":          {append([]byte("sep=,\n"), plain...), "UTF-8", false},
		"a title above":      {append([]byte("Lieux de médiation numérique du territoire\n\n"), plain...), "UTF-8", false},
		"blank lines":        {bytes.ReplaceAll(plain, []byte("\nhub"), []byte("\n\n,,,\nhub")), "UTF-8", false},
		"NUL bytes":          {bytes.ReplaceAll(plain, []byte("a"), []byte("a\x00")), "UTF-8", false},
	} {
		report, got, err := importing(t, bytes.NewReader(v.file), nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if report.Format.Encoding != v.encoding {
			t.Errorf("%s: read as %s", name, report.Format.Encoding)
		}
		if name == "old Mac line ends" {
			if len(got) < 100 {
				t.Errorf("%s: %d records", name, len(got))
			}
			continue
		}
		if len(got) != len(want) {
			t.Errorf("%s: %d records", name, len(got))
			continue
		}
		different := 0
		for i := range got {
			if !cmp.Equal(want[i].Place, got[i].Place, cmp.AllowUnexported(place.Position{}), cmpopts.EquateEmpty()) || got[i].Key != want[i].Key {
				if different++; !v.loose {
					t.Errorf("%s, row %d:\n%s", name, i, cmp.Diff(want[i].Place, got[i].Place, cmp.AllowUnexported(place.Position{})))
				}
			}
		}
		if different > 12 {
			t.Errorf("%s: %d places differ", name, different)
		}
	}
}
