package sheet

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
)

// endless gives a text again and again, n times.
type endless struct {
	head, text, tail string
	n                int
	rest             string
	begun, ended     bool
}

func (e *endless) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		if e.rest == "" {
			switch {
			case !e.begun:
				e.begun, e.rest = true, e.head
			case e.n > 0:
				e.n--
				e.rest = e.text
			case !e.ended:
				e.ended, e.rest = true, e.tail
			default:
				if n == 0 {
					return 0, io.EOF
				}
				return n, nil
			}
		}
		c := copy(p[n:], e.rest)
		e.rest = e.rest[c:]
		n += c
	}
	return n, nil
}

// compressed gzips a stream into memory.
func compressed(t testing.TB, r io.Reader) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(w, r); err != nil {
		t.Fatal(err)
	}
	w.Close()
	return b.Bytes()
}

// peak is how many bytes the heap grew by, at most, while work was done.
func peak(work func()) uint64 {
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	var most atomic.Uint64
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			var now runtime.MemStats
			runtime.ReadMemStats(&now)
			most.Store(max(most.Load(), now.HeapAlloc))
			select {
			case <-stop:
				return
			case <-time.After(2 * time.Millisecond):
			}
		}
	}()
	work()
	close(stop)
	<-done
	return max(most.Load(), before.HeapAlloc) - before.HeapAlloc
}

// A file made to harm is read or refused in little memory, and leaves nothing
// behind.
func TestHostileFiles(t *testing.T) {
	defer func(n int64) { ratioFrom = n }(ratioFrom)
	ratioFrom = 16 << 20
	sheetOf := func(head, text, tail string, n int) io.Reader {
		return &endless{head: "<worksheet><sheetData>" + head, text: text, tail: tail + "</sheetData></worksheet>", n: n}
	}
	book := func(sheet io.Reader, texts io.Reader) func(t *testing.T) []byte {
		return func(t *testing.T) []byte {
			return zipStream(t, "xl/workbook.xml", strings.NewReader(`<workbook><sheets><sheet name="L" id="r1"/></sheets></workbook>`),
				"xl/_rels/workbook.xml.rels", strings.NewReader(`<Relationships><Relationship Id="r1" Target="worksheets/s.xml"/></Relationships>`),
				"xl/sharedStrings.xml", texts, "xl/worksheets/s.xml", sheet)
		}
	}
	ods := func(tables io.Reader) func(t *testing.T) []byte {
		return func(t *testing.T) []byte {
			return zipStream(t, "content.xml", io.MultiReader(strings.NewReader(`<d><spreadsheet><table name="L">`), tables, strings.NewReader(`</table></spreadsheet></d>`)))
		}
	}
	const header = `<row><c t="str"><v>nom</v></c><c t="str"><v>ville</v></c></row>`
	const odsHeader = `<table-row><table-cell><p>nom</p></table-cell><table-cell><p>ville</p></table-cell></table-row>`
	plain := func(r func() io.Reader) func(t *testing.T) []byte {
		return func(t *testing.T) []byte {
			b, err := io.ReadAll(r())
			if err != nil {
				t.Fatal(err)
			}
			return b
		}
	}
	ten := strings.Repeat("a", 10<<20)
	for _, test := range []struct {
		name string
		file func(t *testing.T) []byte
		want string // the fault; "" it is read
		rows int    // -1 whatever
		big  bool   // the first row is marked TooBig
	}{
		{"a bomb in gzip", func(t *testing.T) []byte {
			return compressed(t, &endless{head: "nom,ville\n", text: "A," + strings.Repeat("a", 1000) + "\n", n: 40_000})
		}, "démesurément", -1, false},
		{"a bomb in a workbook", book(sheetOf(header, `<row><c t="str"><v>`+strings.Repeat("a", 1000)+`</v></c></row>`, "", 40_000), strings.NewReader("<sst/>")), "démesurément", -1, false},
		{"a bomb in one cell", book(sheetOf(header+`<row><c t="str"><v>`, strings.Repeat("a", 1000), `</v></c></row>`, 40_000), strings.NewReader("<sst/>")), "démesurément", -1, false},
		{"a bomb in the texts", book(sheetOf(header, "", "", 0), &endless{head: "<sst>", text: "<si><t>" + strings.Repeat("a", 1000) + "</t></si>", tail: "</sst>", n: 40_000}), "démesurément", -1, false},
		{"a bomb in an attribute", book(sheetOf(header+`<row r="`, strings.Repeat("1", 1000), `"></row>`, 40_000), strings.NewReader("<sst/>")), "démesurément", -1, false},
		{"a bomb in an ODS", ods(&endless{head: odsHeader, text: "<table-row><table-cell><p>" + strings.Repeat("a", 1000) + "</p></table-cell></table-row>", n: 40_000}), "démesurément", -1, false},
		{"a million columns", plain(func() io.Reader { return &endless{text: "colonne,", tail: "x\nA,B\n", n: 1_000_000} }), "démesurée", 0, false},
		{"ten thousand columns", plain(func() io.Reader { return &endless{text: "c,", tail: "x\nA,B\n", n: 10_000} }), "2000 au plus", 0, false},
		{"ten thousand columns of one name", plain(func() io.Reader {
			return &endless{text: "c;", tail: "d\n" + strings.Repeat("x;", 10_000) + "y\n", n: 10_000}
		}), "2000 au plus", 0, false},
		{"columns of one name", plain(func() io.Reader {
			return &endless{text: "c;", tail: "d\n" + strings.Repeat("x;", 1900) + "y\n", n: 1900}
		}), "", 2, false},
		{"texts of nothing", book(sheetOf(header+header, "", "", 0), &endless{head: "<sst>", text: strings.Repeat("<si/>", 200), tail: "</sst>", n: 30_000}), "démesurément", -1, false},
		{"keys under keys", plain(func() io.Reader {
			deep := strings.Repeat(`{"`+strings.Repeat("k", 300)+`":`, 90)
			return strings.NewReader("[" + deep + "{" + strings.Repeat(`"a":1,`, 50_000) + `"b":2}` + strings.Repeat("}", 90) + `,{"nom":"B"}]`)
		}), "", 2, false},
		{"ten thousand columns of a workbook", book(sheetOf(`<row>`, `<c t="str"><v>c</v></c>`, `</row>`+header, 7_000), strings.NewReader("<sst/>")), "2000 au plus", 0, false},
		{"a cell far to the right", book(sheetOf(header, `<row><c r="A2" t="str"><v>x</v></c><c r="XFD2" t="str"><v>y</v></c><c r="ZZZZZZZ2" t="str"><v>z</v></c></row>`, "", 1), strings.NewReader("<sst/>")), "", 1, false},
		{"ten thousand keys", plain(func() io.Reader { return strings.NewReader("[" + manyKeys(10_000) + "]") }), "clés", 0, false},
		{"ten million letters in a CSV", plain(func() io.Reader { return strings.NewReader("nom,ville\n" + ten + ",Reims\nB,Reims\n") }), "", 2, true},
		{"ten million letters in quotes", plain(func() io.Reader { return strings.NewReader("nom,ville\n\"" + ten + "\",Reims\nB,Reims\n") }), "", 2, true},
		{"ten million letters in a workbook", book(sheetOf(header, `<row><c t="str"><v>`+ten+`</v></c></row><row><c t="str"><v>B</v></c></row>`, "", 1), strings.NewReader("<sst/>")), "", 2, true},
		{"ten million letters in an ODS", ods(strings.NewReader(odsHeader + "<table-row><table-cell><p>" + ten + "</p></table-cell></table-row><table-row><table-cell><p>B</p></table-cell></table-row>")), "", 2, true},
		{"ten million letters in a JSON", plain(func() io.Reader { return strings.NewReader(`[{"nom":"` + ten + `"},{"nom":"B"}]`) }), "", 2, true},
		{"ten million letters in a key", plain(func() io.Reader { return strings.NewReader(`[{"` + ten + `":1},{"nom":"B"}]`) }), "", 2, false},
		{"entities that expand", book(io.MultiReader(strings.NewReader(`<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]>`),
			sheetOf(header, `<row><c t="str"><v>&b;&c;</v></c></row>`, "", 1)), strings.NewReader("<sst/>")), "", 1, false},
		{"rows repeated in an ODS", ods(strings.NewReader(odsHeader + `<table-row number-rows-repeated="1048576"><table-cell number-columns-repeated="2"><p>x</p></table-cell></table-row>`)), "", 2, false},
		{"columns repeated in an ODS", ods(strings.NewReader(odsHeader + strings.Repeat(`<table-row><table-cell number-columns-repeated="16384"><p>x</p></table-cell></table-row>`, 1000))), "2000 au plus", 0, false},
		{"rows repeated a thousand times", ods(strings.NewReader(odsHeader + strings.Repeat(`<table-row number-rows-repeated="999999999999"><table-cell><p>x</p></table-cell></table-row>`, 1000))), "", 2000, false},
		{"a quote", plain(func() io.Reader {
			return strings.NewReader("nom,ville\n\"A,Reims\n" + strings.Repeat("B,Reims\n", 1000))
		}), "", 1001, false},
		{"quotes everywhere", plain(func() io.Reader { return strings.NewReader("nom,ville\n" + strings.Repeat("\"A,Re\"ims\n", 3000)) }), "", 3000, false},
		{"an archive cut short", func(t *testing.T) []byte {
			b := excel(t, header+header, "", "")
			return b[:len(b)-40]
		}, "abîmée", 0, false},
		{"a sheet cut short", book(strings.NewReader("<worksheet><sheetData>"+header+"<row><c><v>1"), strings.NewReader("<sst/>")), "", -1, false},
		{"a workbook without sheets", func(t *testing.T) []byte {
			return zipped(t, "xl/workbook.xml", "<workbook/>", "xl/_rels/workbook.xml.rels", "<r/>")
		}, "vide", 0, false},
		{"a workbook without anything", func(t *testing.T) []byte { return zipped(t, "xl/workbook.xml", "") }, "abîmé", 0, false},
		{"an old workbook", func(t *testing.T) []byte { return []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 …") }, "Enregistrer sous", 0, false},
		{"a workbook under a password", func(t *testing.T) []byte {
			return []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00")
		}, "mot de passe", 0, false},
		{"a page under the name of a workbook", func(t *testing.T) []byte {
			return []byte("<html><body><table><tr><td>x</td></tr></table></body></html>")
		}, "page web qui contient un tableau", 0, false},
		{"letters of no encoding", plain(func() io.Reader { return strings.NewReader("nom,ville\n\xff\xfe\x80,\x81\n") }), "", 1, false},
		{"half of UTF-16", plain(func() io.Reader { return strings.NewReader("\xff\xfen\x00o\x00m\x00,\x00v\x00\n\x00\xd8") }), "", -1, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			file := test.file(t)
			temp := t.TempDir()
			var got table
			var err error
			n := 0
			grown := peak(func() {
				var f *File
				if f, err = Open(bytes.NewReader(file), "", Options{Temp: temp}); err != nil {
					return
				}
				defer f.Close()
				got.File = f
				for {
					var r Row
					if r, err = f.Next(); err != nil {
						if err == io.EOF {
							err = nil
						}
						return
					}
					if n++; n == 1 {
						got.rows = append(got.rows, r)
					}
				}
			})
			if grown > 96<<20 {
				t.Errorf("the heap grew by %d MB", grown>>20)
			}
			if left, _ := os.ReadDir(temp); len(left) > 0 {
				t.Errorf("%d temporary files are left", len(left))
			}
			var fault *FileError
			switch {
			case err != nil && !errors.As(err, &fault):
				t.Errorf("not the file's fault: %v", err)
			case test.want != "" && (fault == nil || !strings.Contains(fault.Message, test.want)):
				t.Errorf("%v, want %q", err, test.want)
			case test.want == "" && test.rows >= 0 && (err != nil || n != test.rows):
				t.Errorf("%v, %d rows", err, n)
			case test.big && !got.rows[0].TooBig:
				t.Errorf("not marked: %d cells", len(got.rows[0].Cells))
			}
			if len(got.rows) > 0 {
				for _, c := range got.rows[0].Cells {
					if len(c) > MaxCell {
						t.Errorf("a cell of %d bytes", len(c))
					}
					if strings.Contains(c, "aaaaaaaaaa") && strings.Contains(test.name, "entities") || strings.Contains(c, "root:") {
						t.Errorf("an entity was expanded: %q", c)
					}
				}
			}
		})
	}
}

// zipStream makes an archive of parts that are streams: name, reader, …
func zipStream(t testing.TB, parts ...any) []byte {
	t.Helper()
	var list []string
	for i := 0; i < len(parts); i += 2 {
		b, err := io.ReadAll(parts[i+1].(io.Reader))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, parts[i].(string), string(b))
	}
	return zipped(t, list...)
}

// Memory does not grow with the file: twenty times the rows, the same heap.
func TestMemoryIsBounded(t *testing.T) {
	grown := map[string][2]uint64{}
	for kind, make := range sources {
		for i, n := range []int{2_000, 40_000} {
			file := make(t, n)
			rows := 0
			at := peak(func() {
				f, err := Open(bytes.NewReader(file), "", Options{Temp: t.TempDir()})
				if err != nil {
					t.Error(err)
					return
				}
				defer f.Close()
				for {
					if _, err := f.Next(); err != nil {
						return
					}
					rows++
				}
			})
			if rows != n {
				t.Errorf("%s: %d rows of %d", kind, rows, n)
			}
			g := grown[kind]
			g[i] = at
			grown[kind] = g
		}
	}
	for kind, g := range grown {
		t.Logf("%s: %d KB, then %d KB", kind, g[0]>>10, g[1]>>10)
		if g[1] > 64<<20 {
			t.Errorf("%s: the heap grows with the file: %d KB, then %d KB", kind, g[0]>>10, g[1]>>10)
		}
	}
}

// sources makes a file of n places, by format.
var sources = map[string]func(t testing.TB, n int) []byte{
	"csv": func(_ testing.TB, n int) []byte {
		var b bytes.Buffer
		b.WriteString("Nom;Adresse;CP;Ville;Tél;Mél;Latitude;Longitude;Note\n")
		for i := range n {
			fmt.Fprintf(&b, "Médiathèque %d;%d rue de la République;51100;Reims;0326777%03d;lieu%d@exemple.fr;49.2%d;4.0%d;Ouvert du lundi au vendredi de 9h à 12h\n", i, i%200, i%1000, i, i, i)
		}
		return b.Bytes()
	},
	"json": func(_ testing.TB, n int) []byte {
		var b bytes.Buffer
		b.WriteString(`{"total":1,"results":[`)
		for i := range n {
			if i > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, `{"nom":"Médiathèque %d","adresse":{"voie":"%d rue de la République","cp":"51100","ville":"Reims"},"tel":"0326777%03d","mel":["lieu%d@exemple.fr"],"geo":{"type":"Point","coordinates":[4.0%d,49.2%d]},"note":"Ouvert du lundi au vendredi de 9h à 12h"}`, i, i%200, i%1000, i, i, i)
		}
		b.WriteString(`]}`)
		return b.Bytes()
	},
	"xlsx": func(t testing.TB, n int) []byte {
		w, err := NewWriter("")
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		if err := w.Sheet("Lieux", 0); err != nil {
			t.Fatal(err)
		}
		row := func(texts ...string) {
			cells := make([]Cell, len(texts))
			for i := range texts {
				cells[i].Text = texts[i]
			}
			if err := w.Row(cells...); err != nil {
				t.Fatal(err)
			}
		}
		row("Nom", "Adresse", "CP", "Ville", "Tél", "Mél", "Latitude", "Longitude", "Note")
		for i := range n {
			row(fmt.Sprint("Médiathèque ", i), fmt.Sprint(i%200, " rue de la République"), "51100", "Reims", fmt.Sprintf("0326777%03d", i%1000), fmt.Sprintf("lieu%d@exemple.fr", i), fmt.Sprint("49.2", i), fmt.Sprint("4.0", i), "Ouvert du lundi au vendredi de 9h à 12h")
		}
		var b bytes.Buffer
		if _, err := w.WriteTo(&b); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	},
	"ods": func(t testing.TB, n int) []byte {
		var b strings.Builder
		row := func(texts ...string) {
			b.WriteString("<table:table-row>")
			for _, s := range texts {
				b.WriteString(`<table:table-cell office:value-type="string"><text:p>` + s + `</text:p></table:table-cell>`)
			}
			b.WriteString("</table:table-row>")
		}
		b.WriteString(`<table:table table:name="Lieux">`)
		row("Nom", "Adresse", "CP", "Ville", "Tél", "Mél", "Latitude", "Longitude", "Note")
		for i := range n {
			row(fmt.Sprint("Médiathèque ", i), fmt.Sprint(i%200, " rue de la République"), "51100", "Reims", fmt.Sprintf("0326777%03d", i%1000), fmt.Sprintf("lieu%d@exemple.fr", i), fmt.Sprint("49.2", i), fmt.Sprint("4.0", i), "Ouvert du lundi au vendredi de 9h à 12h")
		}
		b.WriteString(`</table:table>`)
		return openDocument(t, b.String())
	},
}

// Rows a second and bytes of memory a row, of each format.
func BenchmarkRead(b *testing.B) {
	const n = 20_000
	for _, kind := range []string{"csv", "json", "xlsx", "ods"} {
		file := sources[kind](b, n)
		b.Run(kind, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(file)))
			for b.Loop() {
				f, err := Open(bytes.NewReader(file), "", Options{})
				if err != nil {
					b.Fatal(err)
				}
				rows := 0
				for {
					if _, err := f.Next(); err != nil {
						break
					}
					rows++
				}
				f.Close()
				if rows != n {
					b.Fatal(rows)
				}
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

func FuzzODS(f *testing.F) {
	f.Add(`<table:table-row><table:table-cell office:value-type="float" office:value="1000" table:number-columns-repeated="3"><text:p>01000</text:p></table:table-cell></table:table-row>`)
	f.Add(`<table-row number-rows-repeated="1001"><table-cell><p>a<s c="4"/>b</p><annotation><p>n</p></annotation></table-cell><covered-table-cell/></table-row><table-row/>`)
	f.Add(`<table-row><table-cell value-type="date" date-value="2024-01-01T00:00:00"/></table-row><!-- x --><![CDATA[y]]>&amp;&#233;&x;<a b='c' d>`)
	f.Fuzz(func(t *testing.T, tables string) {
		checkAny(t, openDocument(t, "<table:table table:name=\"L\">"+tables+"</table:table>"))
		checkAny(t, excel(t, tables, tables, tables))
	})
}

func FuzzCSV(f *testing.F) {
	f.Add([]byte("nom;ville\n\"A\nB\";Reims\nTotal;\nnom;ville\n"))
	f.Add([]byte("Titre\n\nNom,,Jours,,\n,,Lu,Ma,\nA,b,9h,9h,c\n"))
	f.Add([]byte("sep=;\r\nA;1;2;3\r\n\xe9;\"\"\"\r"))
	f.Add([]byte("\xff\xfea\x00,\x00b\x00\n\x00"))
	f.Fuzz(checkAny)
}
