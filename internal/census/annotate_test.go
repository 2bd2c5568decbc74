package census

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"mednum/internal/place"
	"mednum/internal/sheet"
)

func annotated(t testing.TB, file string, o Options) []byte {
	t.Helper()
	o.Reader, o.Today = strings.NewReader(file), today
	var b bytes.Buffer
	if err := Annotate(context.Background(), o, &b, champagne()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// dump writes a sheet of a workbook as text, each cell with the number of its
// style where it has a mark.
func dump(t *testing.T, book []byte, name string) string {
	t.Helper()
	f, err := sheet.Open(bytes.NewReader(book), "", sheet.Options{Sheet: name, HeaderLine: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var b strings.Builder
	fmt.Fprintln(&b, strings.Join(f.Headers, " | "))
	for {
		row, err := f.Next()
		if err == io.EOF {
			return b.String()
		}
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&b, strings.Join(row.Cells, " | "))
	}
}

// parts gives the XML of a workbook's sheets.
func parts(t *testing.T, book []byte) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(book), int64(len(book)))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, e := range z.File {
		r, err := e.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		out[e.Name] = string(text)
	}
	return out
}

func TestTheirFileAnnotated(t *testing.T) {
	book := annotated(t, theirFile, Options{Name: "leurs lieux.csv", Mapping: theirs(t)})
	golden(t, "annotated.txt", dump(t, book, "Vos lignes")+"\n"+dump(t, book, "Compte rendu")+"\n"+dump(t, book, "Légende"))

	// Where the marks are: every styled cell of the first sheet, in its order.
	var marks strings.Builder
	for _, m := range regexp.MustCompile(`<c r="([A-Z]+\d+)" s="(\d+)"`).FindAllStringSubmatch(parts(t, book)["xl/worksheets/sheet1.xml"], -1) {
		fmt.Fprintf(&marks, "%s %s\n", m[1], m[2])
	}
	for cell, other := range map[string]string{"J2": "E2", "A6": "A2", "E6": "F6", "D2": "D3", "I2": "J2"} {
		if style(marks.String(), cell) == style(marks.String(), other) {
			t.Errorf("%s looks as %s", cell, other)
		}
	}
}

func style(marks, cell string) string {
	m := regexp.MustCompile(`(?m)^` + cell + ` (\d+)$`).FindStringSubmatch(marks)
	if m == nil {
		return ""
	}
	return m[1]
}

// Whatever their cells begin with, a spreadsheet that opens the workbook runs
// none of it: every cell is a text, and no part of it a formula or a link.
func TestNoFormulaIsWritten(t *testing.T) {
	attacks := []string{`=HYPERLINK("http://attaque.example","Cliquez")`, "=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(1,2)", "\t=1+1", "\r=1+1", "=1+1", "＝1+1", "<f>1+1</f>", "]]>", "&lt;", "\x00=1", "a\x0bb"}
	var file strings.Builder
	file.WriteString("id,nom,commune,code_postal,=1+1,commentaire\n")
	for i, a := range attacks {
		fmt.Fprintf(&file, "%d,\"%s\",Reims,51100,x,\"%[2]s\"\n", i, strings.ReplaceAll(a, `"`, `""`))
	}
	book := annotated(t, file.String(), Options{Source: "=1+1", Name: "=1+1.csv"})
	for name, text := range parts(t, book) {
		if !strings.HasPrefix(name, "xl/worksheets/") {
			continue
		}
		for _, forbidden := range []string{"<f>", "<f ", "<hyperlink", "<dde", "<is><t><f"} {
			if strings.Contains(strings.ToLower(text), forbidden) {
				t.Errorf("%s contains %s", name, forbidden)
			}
		}
		for _, c := range regexp.MustCompile(`<c [^>]*>`).FindAllString(text, -1) {
			if !strings.Contains(c, `t="inlineStr"`) && !strings.HasSuffix(c, "/>") {
				t.Errorf("%s: %s is not a text", name, c)
			}
		}
	}
	if text := dump(t, book, "Vos lignes"); !strings.Contains(text, "=cmd|' /C calc'!A0") || !strings.Contains(text, "<f>1+1</f>") {
		t.Errorf("their cells are not as they wrote them:\n%s", text)
	}
}

// The workbook that is given back enters again as the same places.
func TestAnAnnotatedFileEntersAgain(t *testing.T) {
	var before, after list
	if _, err := Import(context.Background(), Options{Reader: strings.NewReader(theirFile), Today: today, Mapping: theirs(t)}, &before, champagne()); err != nil {
		t.Fatal(err)
	}
	book := annotated(t, theirFile, Options{Mapping: theirs(t)})
	report, err := Import(context.Background(), Options{Reader: bytes.NewReader(book), Today: today, Mapping: theirs(t)}, &after, champagne())
	if err != nil || report.Format.Sheet != "Vos lignes" {
		t.Fatalf("%v, %+v", err, report.Format)
	}
	ignore := cmp.Options{cmp.AllowUnexported(place.Position{}), cmpopts.IgnoreFields(place.Record{}, "Line", "Findings", "Raw"), cmpopts.EquateEmpty()}
	if diff := cmp.Diff(before.records, after.records, ignore); diff != "" {
		t.Error(diff)
	}
}
