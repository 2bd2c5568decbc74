package census

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"
	"github.com/paulmach/orb"

	"mednum/internal/place"
	"mednum/internal/sheet"
	"mednum/internal/territory"
)

// champagne is a country of two communes, one with a contour.
var champagne = sync.OnceValue(func() memory {
	return newMemory(territory.Set{Communes: []territory.Commune{
		{Code: "51454", Nom: "Reims", CodesPostaux: []string{"51100"}, Departement: "51", Region: "44", Population: 180_000, Point: orb.Point{4.0319, 49.2578}, HasPoint: true,
			Contour: orb.Polygon{{{3.98, 49.2}, {4.1, 49.2}, {4.1, 49.31}, {3.98, 49.31}, {3.98, 49.2}}}},
		{Code: "01053", Nom: "Bourg-en-Bresse", CodesPostaux: []string{"01000"}, Departement: "01", Region: "84", Population: 42_000, Point: orb.Point{5.2460, 46.2052}, HasPoint: true},
	}})
})

// The report of a file with a little of everything, for people and for programs.
func TestReport(t *testing.T) {
	file, err := os.ReadFile("testdata/divers.csv")
	if err != nil {
		t.Fatal(err)
	}
	var s list
	report, err := Import(context.Background(), Options{Source: "essai", Name: "divers.csv", Reader: bytes.NewReader(file), Today: today, DryRun: true}, &s, champagne())
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "divers.txt", report.Text())
	text, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "divers.json", string(text)+"\n")
	if !s.load.DryRun || s.load.Source != "essai" {
		t.Errorf("%+v", s.load)
	}
	var b strings.Builder
	for _, r := range s.records {
		fmt.Fprintf(&b, "ligne %d, clé %s, %q, %s, refusé %v, doute %q\n", r.Line, r.Key, r.Nom, strings.TrimSpace(r.CodePostal+" "+r.Commune+" "+r.CodeInsee), r.Blocked(), r.Doubt)
	}
	golden(t, "divers-records.txt", b.String())
}

func TestFileErrors(t *testing.T) {
	gz := func(b []byte) []byte {
		var out bytes.Buffer
		w, _ := gzip.NewWriterLevel(&out, gzip.BestCompression)
		w.Write(b)
		w.Close()
		return out.Bytes()
	}
	ok := []byte("id,nom,commune\n1,A,Reims\n")
	for name, test := range map[string]struct {
		file []byte
		want string
	}{
		"empty":          {nil, "vide"},
		"blank":          {[]byte("\n \n\n"), "vide"},
		"a page":         {[]byte("<!DOCTYPE html><html><body>404</body></html>"), "page web"},
		"a PDF":          {[]byte("%PDF-1.4 …"), "PDF"},
		"xz":             {[]byte("\xfd7zXZ\x00\x00"), "xz"},
		"an old xls":     {[]byte("\xd0\xcf\x11\xe0\xa1\xb1"), "tableur"},
		"no name":        {[]byte("id,commune,adresse\n1,Reims,rue"), "« nom »"},
		"no place":       {[]byte("id,nom,services\n1,A,B"), "« commune »"},
		"neither":        {[]byte("id,services,horaires\n1,A,B"), "« commune »"},
		"misspelt":       {[]byte("id,nom_,comune,adrese\n1,A,B,C\n"), "Vouliez-vous dire « adresse »"},
		"another table":  {[]byte("a,b,c\n1,2,3\n"), "« a,b,c »"},
		"what to do":     {[]byte("Lieu;Ville\nA;Reims\n"), "mapping suggest"},
		"JSON":           {[]byte(`[{"id":"1"},{"id":"2"}]`), "« nom »"},
		"cut gzip":       {gz(bytes.Repeat(ok, 5000))[:60], "abîmé"},
		"broken gzip":    {[]byte("\x1f\x8b\x00\x00"), "gzip"},
		"broken zip":     {[]byte("PK\x03\x04 nothing"), "zip"},
		"thrice in gzip": {gz(gz(gz(ok))), "plusieurs fois"},
		"a bomb":         {gz(append([]byte("id,nom,commune,presentation_detail\n"), bytes.Repeat([]byte("1,A,Reims,"+strings.Repeat("a", 10_000)+"\n"), 6900)...)), "démesurément"},
	} {
		report, records, err := importing(t, bytes.NewReader(test.file), nil)
		var fault *sheet.FileError
		if !errors.As(err, &fault) || !strings.Contains(fault.Message, test.want) || report.Fault != fault.Message || report.Changes != nil {
			t.Errorf("%s: %v; report %q", name, err, report.Fault)
			continue
		}
		if text := report.Text(); !strings.Contains(text, "Le fichier est refusé") {
			t.Errorf("%s: %s", name, text)
		}
		if len(records) > 0 && name != "a bomb" && name != "cut gzip" {
			t.Errorf("%s: %d records", name, len(records))
		}
	}
	if _, records, err := importing(t, bytes.NewReader(gz(gz(ok))), nil); err != nil || len(records) != 1 {
		t.Errorf("twice in gzip: %v, %d records", err, len(records))
	}
}

// Whatever is wrong with a row, the next ones are read, on their own lines.
func TestABadRowNeverCostsTheNext(t *testing.T) {
	header := "id,nom,commune,presentation_detail\n"
	for name, bad := range map[string]string{
		"a quote never closed":                `1,"A,Reims,x`,
		"a quote never closed before others":  "1,\"A,Reims,x\n1b,\"B, fils\",Reims,y",
		"a quote in the middle":               `1,"A" et fils,Reims,x`,
		"quotes in an unquoted cell":          `1,A "bis",Reims,x`,
		"too many cells":                      `1,A,Reims,x,y,z`,
		"too few cells":                       `1,A`,
		"a text of several lines":             "1,A,Reims,\"x\ny\n\nz, \"\"t\"\"\"",
		"bytes of nowhere":                    "1,A\xff\xfe,Reims,\xc3",
		"a NUL":                               "1,A\x00,Reims,x",
		"a line of a million and more":        "1," + strings.Repeat("A", sheet.MaxCell+10) + ",Reims,x",
		"a quoted cell of a million and more": "1,\"" + strings.Repeat(strings.Repeat("A", 100_000)+"\n", 12) + ",Reims,x",
		"a quoted cell of a thousand lines":   "1,\"" + strings.Repeat("A\n", 1000) + ",Reims,x",
	} {
		next := "2,La suivante,Reims,\"trois,\nlignes\n\"\n3,La dernière,Reims,\n"
		file := header + bad + "\n" + next
		_, records, err := importing(t, strings.NewReader(file), nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got []string
		for _, r := range records {
			if r.ID == "2" || r.ID == "3" {
				got = append(got, fmt.Sprint(r.Line, " ", r.Nom, " ", r.PresentationDetail))
			}
		}
		at := 2 + strings.Count(bad, "\n") + 1
		if diff := cmp.Diff([]string{fmt.Sprintf("%d La suivante trois,\nlignes", at), fmt.Sprintf("%d La dernière ", at+3)}, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
		if len(records) < 3 {
			t.Errorf("%s: the bad row is lost", name)
		}
	}
}

func TestKeys(t *testing.T) {
	keys := func(rows ...string) (keys []string, merged int) {
		report, records, err := importing(t, strings.NewReader("id,nom,commune,adresse,telephone\n"+strings.Join(rows, "\n")), nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range records {
			keys = append(keys, r.Key)
		}
		if len(slices.Compact(slices.Sorted(slices.Values(keys)))) != len(keys) {
			t.Errorf("keys given twice: %v", keys)
		}
		return keys, report.Merged
	}
	a, b, c := "1,A,Reims,rue X,", "1,B,Reims,rue X,", ",C,Reims,rue X,"
	first, _ := keys(a, b, c)
	if first[0] != "1" || !strings.HasPrefix(first[1], "1~") || !strings.HasPrefix(first[2], "~") {
		t.Errorf("%v", first)
	}
	// The same content has the same key, wherever it stands.
	again, _ := keys("9,Z,Reims,,", c, a, b)
	if diff := cmp.Diff([]string{first[2], first[0], first[1]}, again[1:]); diff != "" {
		t.Error(diff)
	}
	if got, merged := keys(a, b, a, b, c, c); merged != 3 || len(got) != 3 {
		t.Errorf("%v, %d merged", got, merged)
	}
	// The same place told in other words is another record, not a lost one.
	if got, merged := keys(a, a+"0326777879", a+"0326777880", c, c+"0326777879"); merged != 0 || len(got) != 5 {
		t.Errorf("%v, %d merged", got, merged)
	}
	// Identifiers too long to be any stay apart.
	long := strings.Repeat("é", 5000)
	if got, merged := keys(long+a, long+"x"+a, long+a); len(got) != 2 || merged != 1 || len(got[0]) > maxKey {
		t.Errorf("%.50v, %d merged", got, merged)
	}
	// An id that looks like one of ours takes nothing.
	if got, _ := keys(a, strings.Replace(b, "1", first[1], 1), b); len(got) != 3 {
		t.Errorf("%v", got)
	}
}

func FuzzImport(f *testing.F) {
	divers, err := os.ReadFile("testdata/divers.csv")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(divers)
	f.Add([]byte("id,nom,commune\n1,\"A\nB\",Reims\n2,C\"\"D,\"\n"))
	f.Add([]byte("\xff\xfei\x00d\x00,\x00n\x00o\x00m\x00,\x00c\x00o\x00m\x00m\x00u\x00n\x00e\x00\n\x00"))
	f.Add([]byte("\x1f\x8b\x08\x00\x00\x00\x00\x00"))
	f.Add([]byte("PK\x03\x04"))
	f.Add([]byte("(\xb5/\xfd"))
	f.Add([]byte("nom|courriel|adresse\r\rA|\xe9|\"\r"))
	f.Fuzz(func(t *testing.T, file []byte) {
		report, records, err := importing(t, bytes.NewReader(file), champagne())
		if err != nil {
			var fault *sheet.FileError
			if !errors.As(err, &fault) {
				t.Fatalf("not the file's fault: %v", err)
			}
			return
		}
		left := 0
		for _, l := range report.Left {
			left += l.Count
		}
		if report.Kept+report.Refused != len(records) || report.Rows != len(records)+report.Merged+left {
			t.Fatalf("%+v, %d records", report, len(records))
		}
		keys := map[string]bool{}
		for _, r := range records {
			if r.Key == "" || keys[r.Key] {
				t.Fatalf("key %q", r.Key)
			}
			keys[r.Key] = true
		}
		if _, err := json.Marshal(report); err != nil {
			t.Fatal(err)
		}
		report.Text()
	})
}

// A store that stops, or a caller that leaves, ends the import at once.
func TestImportEnds(t *testing.T) {
	endless := func() io.Reader {
		r, w := io.Pipe()
		go func() {
			io.WriteString(w, "id,nom,commune\n")
			for i := 0; ; i++ {
				if _, err := fmt.Fprintf(w, "%d,A,Reims\n", i); err != nil {
					return
				}
			}
		}()
		t.Cleanup(func() { r.Close() })
		return r
	}
	before := runtime.NumGoroutine()
	stopped := errors.New("full")
	_, err := Import(context.Background(), Options{Reader: endless()}, storeFunc(func(records iter.Seq2[*place.Record, error]) (place.Changes, error) {
		for range records {
			break
		}
		return place.Changes{}, stopped
	}), nil)
	if !errors.Is(err, stopped) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	n := 0
	report, err := Import(ctx, Options{Reader: endless()}, storeFunc(func(records iter.Seq2[*place.Record, error]) (place.Changes, error) {
		for _, err := range records {
			if err != nil {
				return place.Changes{}, err
			}
			if n++; n == 2000 {
				cancel()
			}
		}
		return place.Changes{Added: n}, nil
	}), nil)
	if !errors.Is(err, context.Canceled) || report.Changes != nil {
		t.Errorf("%v, %+v", err, report.Changes)
	}
	for range 100 { // the readers of the pipes end when the test does
		if runtime.NumGoroutine() <= before+2 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d goroutines stay, %d before", runtime.NumGoroutine(), before)
}

type storeFunc func(iter.Seq2[*place.Record, error]) (place.Changes, error)

func (f storeFunc) Load(_ context.Context, _ place.Load, records iter.Seq2[*place.Record, error]) (place.Changes, error) {
	return f(records)
}

// A file of which the middle cannot be read enters not at all.
func TestReadErrorReachesTheStore(t *testing.T) {
	broken := errors.New("line dropped")
	r := io.MultiReader(strings.NewReader("id,nom,commune\n1,A,Reims\n"), &failing{broken})
	report, _, err := importing(t, r, nil)
	if !errors.Is(err, broken) || report.Changes != nil || !strings.Contains(report.Text(), "n’a pas abouti") {
		t.Errorf("%v\n%s", err, report.Text())
	}
}

type failing struct{ err error }

func (f *failing) Read([]byte) (int, error) { return 0, f.err }

// generated writes n rows like those of real files, findings included.
func generated(w io.Writer, n, sentences int) error {
	if _, err := io.WriteString(w, "id,pivot,nom,commune,code_postal,code_insee,adresse,latitude,longitude,typologie,telephone,courriels,site_web,horaires,presentation_detail,date_maj,services,frais_a_charge\n"); err != nil {
		return err
	}
	detail := strings.Repeat("Ateliers numériques, accès libre aux ordinateurs et aide aux démarches. ", sentences)
	for i := range n {
		if _, err := fmt.Fprintf(w, "lieu-%d,,Médiathèque n° %d,Reims,51100,,%d rue des Fuseliers,49.%04d,4.03%02d,BIB,03 26 77 %02d %02d,contact%d@reims.fr,https://www.reims.fr/%d,\"Mo-Fr 09:00-12:00,14:00-18:%02d\",\"%s\",2024-04-%02d,Aide aux démarches administratives|Acces internet et materiel informatique,Gratuit\n",
			i, i, i%200, 2000+i%1000, i%100, i%100, i/100%100, i, i, i%60, detail, 1+i%30); err != nil {
			return err
		}
	}
	return nil
}

// counting is a Store that keeps nothing.
func counting(n *int) storeFunc {
	return func(records iter.Seq2[*place.Record, error]) (place.Changes, error) {
		for _, err := range records {
			if err != nil {
				return place.Changes{}, err
			}
			*n++
		}
		return place.Changes{Added: *n}, nil
	}
}

// What is held does not grow with the file: a few batches, and a hundred bytes a row at most to
// know the identifiers again.
func TestMemoryIsBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 60 MB")
	}
	const rows = 12_000
	r, w := io.Pipe()
	go func() { w.CloseWithError(generated(w, rows, 70)) }()
	most, n := uint64(0), 0
	var start runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&start)
	var read int64
	report, err := Import(context.Background(), Options{Source: "essai", Reader: r, Today: today, Progress: func(p Progress) {
		read = p.Bytes
		if p.Rows%3_000 == 0 {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapAlloc-min(m.HeapAlloc, start.HeapAlloc))
		}
	}}, counting(&n), champagne())
	if err != nil || n != rows || report.Rows != rows {
		t.Fatalf("%v, %d rows", err, n)
	}
	if read < 50<<20 {
		t.Fatalf("%d bytes read", read)
	}
	if limit := uint64(32<<20 + 100*rows); most > limit {
		t.Errorf("%d MB held, %d MB allowed", most>>20, limit>>20)
	}
}

func BenchmarkImport20000(b *testing.B) {
	var file bytes.Buffer
	if err := generated(&file, 20_000, 4); err != nil {
		b.Fatal(err)
	}
	communes := champagne()
	b.SetBytes(int64(file.Len()))
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		if _, err := Import(context.Background(), Options{Source: "essai", Reader: bytes.NewReader(file.Bytes()), Today: today}, counting(&n), communes); err != nil || n != 20_000 {
			b.Fatal(err, n)
		}
	}
}
