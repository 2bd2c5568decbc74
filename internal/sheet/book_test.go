package sheet

import (
	"archive/zip"
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"
)

// zipped makes an archive of parts: name, content, name, content …
func zipped(t testing.TB, parts ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(parts); i += 2 {
		w, err := z.Create(parts[i])
		if err != nil {
			t.Fatal(err)
		}
		w.Write([]byte(parts[i+1]))
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// excel is a workbook of one sheet, by hand: its rows, its texts, its styles.
func excel(t testing.TB, rows, texts, styles string) []byte {
	t.Helper()
	return zipped(t,
		"xl/workbook.xml", `<workbook xmlns:r="r"><sheets><sheet name="Lieux" r:id="rId1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/></Relationships>`,
		"xl/sharedStrings.xml", `<sst>`+texts+`</sst>`,
		"xl/styles.xml", `<styleSheet>`+styles+`</styleSheet>`,
		"xl/worksheets/sheet1.xml", `<worksheet><sheetData>`+rows+`</sheetData></worksheet>`)
}

// openDocument is a workbook of tables, by hand.
func openDocument(t testing.TB, tables string) []byte {
	t.Helper()
	return zipped(t, "mimetype", "application/vnd.oasis.opendocument.spreadsheet", "content.xml",
		`<?xml version="1.0"?><office:document-content><office:automatic-styles><style:style style:name="ta2"><style:table-properties table:display="false"/></style:style></office:automatic-styles><office:body><office:spreadsheet>`+tables+`</office:spreadsheet></office:body></office:document-content>`)
}

func cells(t table) [][]string {
	out := [][]string{t.Columns}
	for _, r := range t.rows {
		out = append(out, r.Cells)
	}
	return out
}

// A number looks as the sheet shows it where that says more, and is itself
// where that would round it.
func TestNumbersAsPeopleSeeThem(t *testing.T) {
	book := excelize.NewFile()
	day := time.Date(2024, 4, 2, 0, 0, 0, 0, time.UTC)
	tests := []struct {
		name   string
		value  any
		format string
		want   string
	}{
		{"a whole number", 33.0, "", "33"},
		{"a latitude shown short", 48.856614, "0.0", "48.856614"},
		{"what floats make of 0.3", 0.1 + 0.2, "", "0.3"},
		{"a SIRET", 43493312300029.0, "0", "43493312300029"},
		{"a SIRET shown in groups", 43493312300029.0, `000" "000" "000" "00000`, "434 933 123 00029"},
		{"a postal code", 1000, "00000", "01000"},
		{"a Corsican code", "2A004", "", "2A004"},
		{"a phone", 123456789, `0#" "##" "##" "##" "##`, "01 23 45 67 89"},
		{"a phone with zeros", 123456789, `00\ 00\ 00\ 00\ 00`, "01 23 45 67 89"},
		{"a phone with a prefix", 33123456789, `\+00\ 0\ 00\ 00\ 00\ 00`, "+33 1 23 45 67 89"},
		{"a phone under a condition", 123456789, `[>=10]0#" "##" "##" "##" "##;General`, "01 23 45 67 89"},
		{"thousands", 1234567, "#,##0", "1234567"},
		{"thousands as the French write them", 1234567, `#\ ##0`, "1234567"},
		{"a price", 12.5, `0.00" €"`, "12.5"},
		{"a whole price", 12, `0" €"`, "12"},
		{"a share", 0.5, "0%", "0.5"},
		{"a large number", 1e21, "", "1000000000000000000000"},
		{"a small one", 0.00001234, "", "0.00001234"},
		{"yes", true, "", "oui"},
		{"no", false, "", "non"},
		{"a day", day, "dd/mm/yyyy", "2024-04-02"},
		{"an American day", day, "m/d/yy", "2024-04-02"},
		{"a day in French", day, `[$-40C]d\-mmm\-yy;@`, "2024-04-02"},
		{"a long day", day, `[$-F800]dddd\,\ mmmm\ dd\,\ yyyy`, "2024-04-02"},
		{"a day in French letters", day, "jj/mm/aaaa", "2024-04-02"},
		{"a day and its time", day.Add(9*time.Hour + 30*time.Minute), "yyyy-mm-dd hh:mm", "2024-04-02 09:30"},
		{"a time", 0.375, "h:mm", "09:00"},
		{"a time of the afternoon", 0.75, "h:mm AM/PM", "18:00"},
		{"a time with seconds", 0.5 + 1.0/86400, "[h]:mm:ss", "12:00:01"},
		{"midnight that ends a day", 1.0, "[h]:mm", "24:00"},
		{"a text of digits", "01000", "", "01000"},
		{"a text of several lines", "a\nb", "", "a\nb"},
		{"a text with markup", "a < b & c \"d\"", "", "a < b & c \"d\""},
		{"spaces", "  a  b ", "", "  a  b "},
	}
	book.SetSheetRow("Sheet1", "A1", &[]string{"nom", "valeur"})
	for i, test := range tests {
		book.SetCellValue("Sheet1", fmt.Sprintf("A%d", i+2), test.name)
		at := fmt.Sprintf("B%d", i+2)
		book.SetCellValue("Sheet1", at, test.value)
		if test.format != "" {
			id, err := book.NewStyle(&excelize.Style{CustomNumFmt: &test.format})
			if err != nil {
				t.Fatal(err)
			}
			book.SetCellStyle("Sheet1", at, at, id)
		}
	}
	var b bytes.Buffer
	if err := book.Write(&b); err != nil {
		t.Fatal(err)
	}
	got := mustRead(t, b.Bytes(), Options{})
	if len(got.rows) != len(tests) || got.Format.Kind != "xlsx" {
		t.Fatalf("%d rows, %+v", len(got.rows), got.Format)
	}
	for i, r := range got.rows {
		if len(r.Cells) != 2 || r.Cells[1] != tests[i].want || r.Line != i+2 {
			t.Errorf("%s: %q on line %d, want %q", tests[i].name, r.Cells, r.Line, tests[i].want)
		}
	}
}

// The older of two calendars, and the day that 1900 did not have.
func TestDaysOfBothCalendars(t *testing.T) {
	for _, test := range []struct {
		x        float64
		from1904 bool
		want     string
	}{
		{1, false, "1900-01-01"}, {59, false, "1900-02-28"}, {61, false, "1900-03-01"}, {45384, false, "2024-04-02"},
		{43922, true, "2024-04-02"}, {0, true, "1904-01-01"}, {45384.999999, false, "2024-04-03"}, {45384.5, false, "2024-04-02 12:00"},
	} {
		if got, ok := serial(test.x, test.from1904, false); !ok || got != test.want {
			t.Errorf("%v (%v): %s, want %s", test.x, test.from1904, got, test.want)
		}
	}
	for _, x := range []float64{-1, 3e6} {
		if _, ok := serial(x, false, false); ok {
			t.Errorf("%v is a day", x)
		}
	}
}

func TestExcelByHand(t *testing.T) {
	rows := `<row r="3"><c r="A3" t="inlineStr"><is><t>Lieux de médiation</t></is></c></row>
<row r="5"><c r="A5" t="s"><v>0</v></c><c r="B5" t="s"><v>1</v></c><c r="D5" t="s"><v>2</v></c></row>
<row r="6"><c r="A6" t="inlineStr"><is><r><t>Média</t></r><r><rPr><b/></rPr><t>thèque</t></r><rPh><t>furigana</t></rPh></is></c><c r="B6"><v>51100</v></c><c r="D6" t="e"><v>#N/A</v></c></row>
<row><c t="str"><f>A1&amp;"x"</f><v>Calculé</v></c><c><v>1.0</v></c><c/><c t="s"><v>99</v></c><c t="d"><v>2024-04-02T00:00:00</v></c></row>
<row r="9"><c r="A9" s="1"/></row>
<row r="12"><c r="A12" t="s"><v>3</v></c><c r="B12"><v>x&#233;</v></c></row>`
	got := mustRead(t, excel(t, rows, `<si><t>Nom</t></si><si><r><t>Code </t></r><r><t>postal</t></r></si><si><t xml:space="preserve"> Note </t></si><si><t>a_x000D_
b</t></si>`, ""), Options{})
	want := [][]string{{"Nom", "Code postal", "colonne 3", "Note", "colonne 5"}, {"Médiathèque", "51100", "", "#N/A"}, {"Calculé", "1", "", "", "2024-04-02"}, {"a\nb", "xé"}}
	if diff := cmp.Diff(want, cells(got)); diff != "" {
		t.Error(diff)
	}
	if got.Format.HeaderLine != 5 || got.rows[0].Line != 6 || got.rows[1].Line != 7 || got.rows[2].Line != 12 {
		t.Errorf("%+v, %+v", got.Format, got.rows)
	}
}

func TestOpenDocumentByHand(t *testing.T) {
	text := func(s string) string {
		return `<table:table-cell office:value-type="string"><text:p>` + s + `</text:p></table:table-cell>`
	}
	number := func(value, shown string) string {
		return `<table:table-cell office:value-type="float" office:value="` + value + `"><text:p>` + shown + `</text:p></table:table-cell>`
	}
	empty := func(n int) string {
		return fmt.Sprintf(`<table:table-cell table:number-columns-repeated="%d"/>`, n)
	}
	row := func(cells ...string) string {
		return `<table:table-row>` + strings.Join(cells, "") + `</table:table-row>`
	}
	got := mustRead(t, openDocument(t, `<table:table table:name="Lieux">`+
		row(text("Titre"), empty(16383))+
		`<table:table-row table:number-rows-repeated="2"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>`+
		row(text("Nom"), text("Code postal"), text("Téléphone"), text("Latitude"), text("Mise à jour"), text("Wifi"), text("Ouvre"), empty(16377))+
		row(text("A<text:s text:c=\"2\"/>b<text:line-break/>c</text:p><text:p>d <text:a>lien</text:a>"), number("1000", "01000"), number("123456789", "01 23 45 67 89"), number("48.856614", "48,9"),
			`<table:table-cell office:value-type="date" office:date-value="2024-04-02"><text:p>02/04/24</text:p></table:table-cell>`,
			`<table:table-cell office:value-type="boolean" office:boolean-value="true"><text:p>VRAI</text:p></table:table-cell>`,
			`<table:table-cell office:value-type="time" office:time-value="PT09H30M00S"><text:p>09:30:00</text:p></table:table-cell>`)+
		row(text("B")+`<table:covered-table-cell/>`, number("1234", "1 234"), number("33", "33,0"),
			`<table:table-cell office:value-type="date" office:date-value="2024-04-02T09:30:00"><office:annotation><text:p>une note</text:p></office:annotation><text:p>x</text:p></table:table-cell>`)+
		`<table:table-row table:number-rows-repeated="2">`+text("C")+`<table:table-cell table:number-columns-repeated="2" office:value-type="string"><text:p>x</text:p></table:table-cell></table:table-row>`+
		`<table:table-row table:number-rows-repeated="1048500"><table:table-cell table:number-columns-repeated="16384"/></table:table-row></table:table>`), Options{})
	want := [][]string{{"Nom", "Code postal", "Téléphone", "Latitude", "Mise à jour", "Wifi", "Ouvre"},
		{"A  b\nc\nd lien", "01000", "01 23 45 67 89", "48.856614", "2024-04-02", "oui", "09:30"},
		{"B", "", "1234", "33", "2024-04-02 09:30"},
		{"C", "x", "x"}, {"C", "x", "x"}}
	if diff := cmp.Diff(want, cells(got)); diff != "" {
		t.Error(diff)
	}
	lines := []int{}
	for _, r := range got.rows {
		lines = append(lines, r.Line)
	}
	if got.Format.HeaderLine != 4 || !slices.Equal(lines, []int{5, 6, 7, 8}) || got.Format.Kind != "ods" {
		t.Errorf("%+v, lines %v", got.Format, lines)
	}
}

// The table of a workbook is its sheet with most rows, or the one whose columns
// are known; a hidden one only where there is no other.
func TestTheSheetOfAWorkbook(t *testing.T) {
	book := func(hide string, sheets ...string) []byte { // "name:rows:header"
		f := excelize.NewFile()
		for _, s := range sheets {
			var rows int
			parts := strings.Split(s, ":")
			fmt.Sscan(parts[1], &rows)
			f.NewSheet(parts[0])
			header := strings.Split(parts[2], ",")
			if rows > 0 {
				f.SetSheetRow(parts[0], "A1", &header)
			}
			for i := range rows - 1 {
				f.SetSheetRow(parts[0], fmt.Sprintf("A%d", i+2), &[]string{"a", "b", "c"})
			}
		}
		f.DeleteSheet("Sheet1")
		if hide != "" {
			f.SetActiveSheet(f.SheetCount - 1 - max(0, slices.Index(f.GetSheetList(), hide)))
			if err := f.SetSheetVisible(hide, false); err != nil {
				t.Fatal(err)
			}
		}
		var b bytes.Buffer
		if err := f.Write(&b); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	known := func(cells []string) int {
		n := 0
		for _, c := range cells {
			if slices.Contains([]string{"nom", "commune", "adresse"}, c) {
				n++
			}
		}
		return n
	}
	for name, test := range map[string]struct {
		book []byte
		o    Options
		want string
	}{
		"most rows":           {book("", "Lisez-moi:3:x,y", "Lieux:50:Structure,Ville", "Vide:0:x"), Options{}, "Lieux"},
		"known columns":       {book("", "Codes:90:Code,Nom", "Lieux:5:nom,commune,adresse"), Options{Known: known}, "Lieux"},
		"the one that is not": {book("Codes", "Codes:90:Code,Nom", "Lieux:5:Structure,Ville"), Options{}, "Lieux"},
		"the one asked for":   {book("", "Codes:90:Code,Nom", "Lieux:5:Structure,Ville"), Options{Sheet: "lieux"}, "Lieux"},
		"only hidden ones":    {book("Lieux", "Vide:0:x", "Lieux:5:Structure,Ville"), Options{}, "Lieux"},
	} {
		got, err := read(test.book, test.o)
		if err != nil || got.Format.Sheet != test.want {
			t.Errorf("%s: %v, %d rows", name, err, len(got.rows))
		}
	}
	if _, err := read(book("", "Lieux:5:Structure,Ville"), Options{Sheet: "Autre"}); err == nil || !strings.Contains(err.Error(), "« Lieux »") {
		t.Errorf("no such sheet: %v", err)
	}
	if _, err := read(book("", "Vide:0:x"), Options{}); err == nil || !strings.Contains(err.Error(), "vide") {
		t.Errorf("an empty workbook: %v", err)
	}
}

// What we write and what we read are the same, whatever the cells hold.
func TestAWorkbookComesBack(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		cell := rapid.OneOf(rapid.StringMatching(`[ -~éàœ€\n]{0,12}`), rapid.SampledFrom([]string{"=1+1", "01000", "_x0041_", "<f>", "&amp;", "]]>", "1e5", "33.0", "VRAI", "2024-04-02"}))
		width := rapid.IntRange(2, 6).Draw(rt, "width")
		want := make([][]string, 1)
		for i := range width {
			want[0] = append(want[0], fmt.Sprintf("colonne %c", 'A'+i))
		}
		for range rapid.IntRange(1, 5).Draw(rt, "rows") {
			row := rapid.SliceOfN(cell, width, width).Draw(rt, "row")
			row[0] = "x" + row[0]
			want = append(want, row)
		}
		w, err := NewWriter("")
		if err != nil {
			rt.Fatal(err)
		}
		defer w.Close()
		if err := w.Sheet("Lieux", 0); err != nil {
			rt.Fatal(err)
		}
		for _, row := range want {
			out := make([]Cell, len(row))
			for i, c := range row {
				out[i].Text = c
			}
			if err := w.Row(out...); err != nil {
				rt.Fatal(err)
			}
		}
		var b bytes.Buffer
		if _, err := w.WriteTo(&b); err != nil {
			rt.Fatal(err)
		}
		got, err := read(b.Bytes(), Options{HeaderLine: 1})
		if err != nil {
			rt.Fatal(err)
		}
		back := cells(got)
		for i := range back {
			for len(back[i]) < width {
				back[i] = append(back[i], "")
			}
		}
		if diff := cmp.Diff(want, back); diff != "" {
			rt.Fatal(diff)
		}
	})
}
