package sheet

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// Where the rows of a JSON are, and under which names, is found.
func TestTheTableOfAJSON(t *testing.T) {
	for name, test := range map[string]struct {
		file string
		o    Options
		want string // format, columns, rows
	}{
		"a list": {`[{"nom":"A","n":1},{"n":2.0,"nom":"B","x":null}]`, Options{},
			"json  ; nom · n · x; A·1·; B·2·"},
		"with a mark and commas too many": {"\xef\xbb\xbf\n[{\"nom\":\"A\",},\n{\"nom\":\"B\"},]", Options{}, "json  ; nom; A; B"},
		"a list under a key":              {`{"meta":{"n":1,"m":2},"data":[{"nom":"A"},{"nom":"B"}]}`, Options{}, "json data; nom; A; B"},
		"deeper":                          {`{"reponse":{"lieux":[{"nom":"A"},{"nom":"B"}]}}`, Options{}, "json reponse.lieux; nom; A; B"},
		"a page of an API":                {`{"count":2,"next":null,"previous":null,"facets":[{"n":"x"}],"results":[{"nom":"A","ville":"R"},{"nom":"B","ville":"R"}]}`, Options{}, "json results; nom · ville; A·R; B·R"},
		"pages of an API":                 {`{"results":[{"nom":"A"}]}` + "\n" + `{"results":[{"nom":"B"},{"nom":"C"}]}`, Options{}, "json results; nom; A; B; C"},
		"JSON lines":                      {`{"nom":"A","ville":"R"}` + "\n" + `{"nom":"B","ville":"S"}` + "\n", Options{}, "json  ; nom · ville; A·R; B·S"},
		"objects by their key":            {`{"12":{"nom":"A","ville":"R"},"13":{"nom":"B","ville":"S"}}`, Options{}, "json  ; clé · nom · ville; 12·A·R; 13·B·S"},
		"one object":                      {`{"nom":"A","adresse":{"voie":"x"}}`, Options{}, "json  ; nom · adresse.voie; A·x"},
		"nested":                          {`[{"fields":{"nom":"A","adresse":{"cp":"1"}},"tags":[{"name":"a","n":1},{"name":"b"}],"l":["x",true,null,["y"]]},{"fields":{"nom":"B"}}]`, Options{}, "json  ; fields.nom · fields.adresse.cp · tags[].name · tags[].n · l; A·1·a|b·1·x|oui|y; B····"},
		"lists within rows":               {`{"lieux":[{"nom":"A","ville":"R","h":[{"j":"lu","o":"9"},{"j":"ma","o":"9"},{"j":"me","o":"9"}]},{"nom":"B","ville":"R","h":[]}]}`, Options{}, "json lieux; nom · ville · h[].j · h[].o; A·R·lu|ma|me·9|9|9; B·R··"},
		"rows within lists":               {`{"d":[{"code":"33","lieux":[{"nom":"A","v":"1"},{"nom":"B","v":"2"}]},{"code":"47","lieux":[{"nom":"C","v":"3"}]}]}`, Options{}, "json d.lieux; nom · v; A·1; B·2; C·3"},
		"a path":                          {`{"a":[{"x":1},{"x":2},{"x":3}],"b":[{"y":1}]}`, Options{Path: "b"}, "json b; y; 1"},
		"a list of lists":                 {`[["nom","ville"],["A","R"],["B",null]]`, Options{}, "json  ; nom · ville; A·R; B·"},
		"a key given twice":               {`[{"nom":"A","nom":"B"},{"nom":"C"}]`, Options{}, "json  ; nom; B; C"},
		"escapes":                         {`[{"nom":"\u00e9\n\"\\\/\ud83d\ude00\ud800"},{"nom":"x"}]`, Options{}, "json  ; nom; é\n\"\\/😀\ufffd; x"},
		"numbers":                         {`[{"a":33.0,"b":1e3,"c":-0.5,"d":43493312300029,"e":NaN,"f":48.856614},{"a":1}]`, Options{}, "json  ; a · b · c · d · e · f; 33·1000·-0.5·43493312300029··48.856614; 1·····"},
		"GeoJSON": {`{"type":"FeatureCollection","features":[{"type":"Feature","id":7,"properties":{"nom":"A","type":"Mairie"},"geometry":{"type":"Point","coordinates":[4.03,49.25,80]}},{"type":"Feature","geometry":null,"properties":{"nom":"B"}}]}`, Options{},
			"geojson features; nom · type · id · geometry.latitude · geometry.longitude; A·Mairie·7·49.25·4.03; B····"},
		"GeoJSON, an id of its own": {`{"type":"FeatureCollection","features":[{"type":"Feature","id":7,"properties":{"id":"x"},"geometry":{"coordinates":[4.03,49.25],"type":"Point"}}]}`, Options{},
			"geojson features; id · feature.id · geometry.latitude · geometry.longitude; x·7·49.25·4.03"},
		"bare features":           {`[{"type":"Feature","properties":{"nom":"A"},"geometry":{"type":"Point","coordinates":[4,49]}}]`, Options{}, "geojson  ; nom · geometry.latitude · geometry.longitude; A·49·4"},
		"one feature":             {`{"type":"Feature","properties":{"nom":"A","l":[{"x":1},{"x":2}]},"geometry":{"type":"Point","coordinates":[4,49]}}`, Options{}, "geojson  ; nom · l[].x · geometry.latitude · geometry.longitude; A·1|2·49·4"},
		"features line by line":   {`{"type":"Feature","properties":{"nom":"A"},"geometry":null}` + "\n" + `{"type":"Feature","properties":{"nom":"B"},"geometry":null}`, Options{}, "geojson  ; nom; A; B"},
		"a umap export":           {`{"type":"umap","uri":"x","properties":{"name":"c","zoom":1},"geometry":{"type":"Point","coordinates":[1,2]},"layers":[{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"name":"A"},"geometry":{"type":"Point","coordinates":[4,49]}}],"_umap_options":{"name":"l"}},{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"name":"B"},"geometry":{"type":"Point","coordinates":[5,48]}}]}]}`, Options{}, "geojson layers.features; name · geometry.latitude · geometry.longitude; A·49·4; B·48·5"},
		"a point in an object":    {`[{"nom":"A","lieu":{"type":"Point","coordinates":[4.03,49.25]}},{"nom":"B","lieu":null}]`, Options{}, "json  ; nom · lieu.latitude · lieu.longitude · lieu; A·49.25·4.03·; B···"},
		"a polygon":               {`[{"type":"Feature","properties":{"nom":"A"},"geometry":{"type":"Polygon","coordinates":[[[0,0],[4,0],[4,4],[0,4],[0,0]],[[1,1],[1,3],[2,3],[2,1],[1,1]]]}}]`, Options{}, "geojson  ; nom · geometry.latitude · geometry.longitude; A·2·3 (dedans)"},
		"several polygons":        {`[{"type":"Feature","properties":{"nom":"A"},"geometry":{"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[1,1],[0,1],[0,0]]],[[[10,0],[14,0],[14,4],[10,4],[10,0]]]]}}]`, Options{}, "geojson  ; nom · geometry.latitude · geometry.longitude; A·2·12 (dedans)"},
		"a line":                  {`[{"type":"Feature","properties":{"nom":"A"},"geometry":{"type":"LineString","coordinates":[[0,0],[1,1],[2,5]]}}]`, Options{}, "geojson  ; nom · geometry.latitude · geometry.longitude; A·1·1 (dedans)"},
		"a collection":            {`[{"type":"Feature","properties":{"nom":"A"},"geometry":{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[4,49]},{"type":"Point","coordinates":[5,50]}]}}]`, Options{}, "geojson  ; nom · geometry.latitude · geometry.longitude; A·49·4 (dedans)"},
		"coordinates of nowhere":  {`[{"type":"Feature","properties":{"nom":"A"},"geometry":{"type":"Point","coordinates":[[5],[1,2],"x",{}]}},{"type":"Feature","properties":{"nom":"B"},"geometry":{"type":"Point","coordinates":[]}}]`, Options{}, ""},
		"Windows-1252":            {"[{\"nom\":\"M\xe9diath\xe8que\"},{\"nom\":\"x\"}]", Options{}, "json  ; nom; Médiathèque; x"},
		"UTF-16":                  {"\xff\xfe[\x00{\x00\"\x00n\x00\"\x00:\x001\x00}\x00,\x00{\x00\"\x00n\x00\"\x00:\x002\x00}\x00]\x00", Options{}, "json  ; n; 1; 2"},
		"an export of a database": {`[{"type":"header","version":"4.6"},{"type":"table","data":[{"nom":"A","ville":"R","v":"1"},{"nom":"B","ville":"R","v":"1"},{"nom":"C","ville":"R","v":"1"}]}]`, Options{}, "json data; nom · ville · v; A·R·1; B·R·1; C·R·1"},
	} {
		got, err := read([]byte(test.file), test.o)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		path := got.Format.Path
		if path == "" {
			path = " "
		}
		said := []string{got.Format.Kind + " " + path, strings.Join(got.Columns, " · ")}
		for _, r := range got.rows {
			line := strings.Join(r.Cells, "·")
			if r.Interior {
				line += " (dedans)"
			}
			said = append(said, line)
		}
		if s := strings.Join(said, "; "); test.want != "" && s != test.want {
			t.Errorf("%s:\n got %s\nwant %s", name, s, test.want)
		}
	}
}

func TestJSONThatIsNone(t *testing.T) {
	for name, test := range map[string]struct{ file, want string }{
		"cut in an object":   {`[{"nom":"A"},{"nom":`, "ligne 1"},
		"cut in a text":      {"[{\"nom\":\"A\"},\n{\"nom\":\"B", "ligne 2"},
		"cut in a list":      {`[{"nom":"A"},`, "coupé"},
		"no colon":           {`[{"nom" "A"}]`, "« : »"},
		"a word":             {`[{"nom":A}]`, "« A »"},
		"no list":            {`{"a":1,"b":[1,2,3]}`, "liste d’objets"},
		"an empty list":      {`[]`, "liste d’objets"},
		"no features":        {`{"type":"FeatureCollection","features":[]}`, "liste d’objets"},
		"no such path":       {`{"a":[{"x":1},{"x":2}]}`, "« a »"},
		"too deep":           {strings.Repeat(`[`, 100_000), "niveaux"},
		"too deep, objects":  {strings.Repeat(`{"a":`, 100_000), "niveaux"},
		"too deep in a row":  {`[{"nom":"A","x":` + strings.Repeat(`[`, 5000) + strings.Repeat(`]`, 5000) + `}]`, "niveaux"},
		"too many keys":      {`[` + manyKeys(3000) + `]`, "clés"},
		"a thousand objects": {`{` + strings.Repeat(`"a":{},`, 5000) + `"b":[]}`, ""},
	} {
		o := Options{}
		if name == "no such path" {
			o.Path = "b"
		}
		_, err := read([]byte(test.file), o)
		var fault *FileError
		if err != nil && !errors.As(err, &fault) || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func manyKeys(n int) string {
	var b strings.Builder
	b.WriteByte('{')
	for i := range n {
		fmt.Fprintf(&b, `"k%d":1,`, i)
	}
	b.WriteString(`"z":1}`)
	return b.String()
}

// Flat objects are read as encoding/json reads them.
func TestJSONAsTheLibraryReadsIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfN(rapid.MapOfN(rapid.StringMatching(`[a-zé "\\_]{1,5}`), rapid.String(), 1, 5), 2, 6).Draw(t, "rows")
		text, err := json.Marshal(rows)
		if err != nil {
			t.Fatal(err)
		}
		got, err := read(text, Options{})
		if err != nil {
			t.Fatal(err)
		}
		names := map[string]bool{}
		kept := 0
		for _, row := range rows {
			filled := false
			for name, value := range row {
				names[name] = true
				filled = filled || strings.TrimSpace(value) != ""
			}
			if !filled {
				continue
			}
			for name, value := range row {
				i := slices.Index(got.Headers, name)
				if i < 0 || got.rows[kept].Cells[i] != strings.NewReplacer("\b", " ", "\f", " ").Replace(value) {
					t.Fatalf("%q of %q: %q", name, text, got.rows[kept].Cells)
				}
			}
			kept++
		}
		if len(names) != len(got.Headers) || kept != len(got.rows) {
			t.Fatalf("%q: %q, %d rows", text, got.Headers, len(got.rows))
		}
	})
}

func FuzzJSON(f *testing.F) {
	f.Add([]byte(`[{"nom":"A","l":[1,{"x":null}],"g":{"type":"Point","coordinates":[1,2]}},{"nom":"\u00e9"}]`))
	f.Add([]byte(`{"type":"FeatureCollection","features":[{"type":"Feature","id":1,"properties":{"a":1},"geometry":{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}}]}`))
	f.Add([]byte(`{"1":{"a":1},"2":{"a":2}}`))
	f.Add([]byte(`[["a","b"],[1,2]]`))
	f.Add([]byte("{\"a\":1}\n{\"a\":2}"))
	f.Add([]byte(`[{"g":{"type":"GeometryCollection","geometries":[{"type":"MultiPoint","coordinates":[[1,2]]}]}}]`))
	f.Fuzz(func(t *testing.T, file []byte) {
		if !likeJSON(file) {
			return
		}
		checkAny(t, file)
	})
}

// checkAny reads whatever it is given: rows or a fault of the file, nothing else.
func checkAny(t *testing.T, file []byte) {
	got, err := read(file, Options{})
	var fault *FileError
	if err != nil && !errors.As(err, &fault) {
		t.Fatalf("not the file's fault: %v", err)
	}
	if err != nil {
		return
	}
	if len(got.Columns) != len(got.Headers) {
		t.Fatalf("%q, %q", got.Columns, got.Headers)
	}
	seen := map[string]bool{}
	for _, c := range got.Columns {
		if c == "" || seen[c] {
			t.Fatalf("columns %q", got.Columns)
		}
		seen[c] = true
	}
	line := 0
	for _, r := range got.rows {
		if r.Line < line || blank(r.Cells) {
			t.Fatalf("row %+v after line %d", r, line)
		}
		line = r.Line
		// A table, in text or in lists, may have rows that are too long: who reads says so.
		if rows, ok := got.File.rows.(*jsonRows); ok && rows.at.kind != '[' && len(r.Cells) > len(got.Columns) {
			t.Fatalf("%d cells, %d columns", len(r.Cells), len(got.Columns))
		}
	}
	again, err := read(bytes.Clone(file), Options{})
	if err != nil || cmp.Diff(got.rows, again.rows) != "" {
		t.Fatalf("read otherwise the second time: %v", err)
	}
}
