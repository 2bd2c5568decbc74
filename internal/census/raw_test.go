package census

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mednum/internal/mapping"
	"mednum/internal/place"
	"mednum/internal/sheet"
)

// referenceOf names, in census-dev.csv, the source of a raw file: the same
// places, mapped by other people.
var referenceOf = map[string]string{
	"aix-en-provence": "aix-en-provence", "angers": "angers", "auvergne_espaces_numeriques": "auvergne-epn", "bus-france-services-charente": "bus-france-services-charente",
	"corse": "corse", "creuse_umap": "creuse-umap", "epernay": "epernay", "etapes-numerique": "etapes-numerique", "fibre-64": "fibre-64", "gironde": "gironde", "hub-lo": "hub-lo",
	"hubik_lot_et_garonne": "lot-et-garonne-2020", "liste-fs-20240801": "france-services", "maine-et-loire": "maine-et-loire", "nantes_lieux_pratiques_num": "nantes-2020",
	"nouvelle-caledonie": "nouvelle-caledonie", "siilab_hdf_export": "siilab-hdf-2020",
}

// rawFiles are the raw files of the optional test data, by name without extension.
func rawFiles(t *testing.T) map[string][]byte {
	t.Helper()
	shared(t, "raw/gironde.json")
	entries, err := os.ReadDir(filepath.Join(sharedData, "raw"))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, e := range entries {
		files[strings.TrimSuffix(e.Name(), filepath.Ext(e.Name()))] = shared(t, "raw/"+e.Name())
	}
	return files
}

// references are the places of census-dev.csv, by source and what follows it in
// their identifier.
func references(t *testing.T) map[string]map[string]string {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(shared(t, "census-dev.csv"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]map[string]string{}
	for _, cells := range rows[1:] {
		r := map[string]string{}
		for i, name := range rows[0] {
			r[name] = cells[i]
		}
		all[r["id"]] = r
	}
	return all
}

// throughMapping imports a file as a mapping says.
func throughMapping(t *testing.T, file []byte, m *mapping.Mapping, territories Territories) (Report, []place.Record) {
	t.Helper()
	var s list
	report, err := Import(context.Background(), Options{Source: "essai", Reader: bytes.NewReader(file), Today: today, Mapping: m}, &s, territories)
	if err != nil {
		t.Fatal(err)
	}
	return report, s.records
}

// suggestion is what is proposed for a file that nobody has looked at.
func suggestion(t *testing.T, name string, file []byte, communes place.Communes) mapping.Suggestion {
	t.Helper()
	if s, ok := suggested[name]; ok {
		return s
	}
	f, err := sheet.Open(bytes.NewReader(file), "", Reading(nil))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var rows [][]string
	for {
		row, err := f.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, slices.Clone(row.Cells))
	}
	suggested[name] = mapping.Suggest(f.Columns, rows, communes)
	return suggested[name]
}

// suggested keeps the proposals, which several tests look at.
var suggested = map[string]mapping.Suggestion{}

// fill counts what the records know, by column of the standard.
func fill(records []place.Record) map[string]int {
	known := map[string]int{}
	for i := range records {
		for j := range place.Columns {
			if c := &place.Columns[j]; c.Cell(&records[i].Place) != "" {
				known[c.Name]++
			}
		}
	}
	return known
}

// blankRows are rows that say neither a name nor a place: there is nothing to keep.
var blankRows = map[string]int{"liste-fs-20221201": 26, "maine-et-loire": 3}

// leastRead is the part of the hours, in percent, that must be understood; the
// others keep their text.
var leastRead = map[string]int{"aix-en-provence": 100, "liste-fs-20240801": 95, "liste-fs-20221201": 95, "france_services_cget": 90, "nouvelle-caledonie": 70, "angers": 60, "corse": 75, "nantes_lieux_pratiques_num": 60, "hubik_lot_et_garonne": 70, "siilab_hdf_export": 55}

// Every raw file goes in through its example: its rows kept, its points where
// they say, its hours read. The table says what the example gives, and what the
// proposal alone, unedited, gives beside it.
func TestRawFilesThroughTheirExamples(t *testing.T) {
	if testing.Short() {
		t.Skip("reads every raw file twice")
	}
	files, territories := rawFiles(t), realFrance(t)
	examples := mapping.Examples()
	known := communesOf(territories)
	var table strings.Builder
	fmt.Fprintf(&table, "Par fichier : lignes, gardées (écartées par un filtre) ; puis, par colonne, l’exemple — la proposition seule où elle diffère.\n")
	names := mapping.ExampleNames()
	for _, name := range names {
		if _, there := files[name]; !there {
			t.Errorf("the example %s is of no raw file", name)
		}
	}
	for name := range files {
		if examples[name] == nil {
			t.Errorf("the raw file %s has no example", name)
		}
	}
	for _, name := range names {
		file := files[name]
		report, records := throughMapping(t, file, examples[name], territories)
		s := suggestion(t, name, file, known)
		alone, proposed := throughMapping(t, file, &s.Mapping, territories)

		left := report.Rows - report.Kept - report.Refused - report.Merged
		if possible := report.Rows - left - blankRows[name] - report.Merged; report.Kept*100 < possible*99 {
			t.Errorf("%s: %d rows kept of %d that can be", name, report.Kept, possible)
		}
		if alone.Kept*100 < report.Kept*99 {
			t.Errorf("%s: the proposal alone keeps %d rows, the example %d", name, alone.Kept, report.Kept)
		}
		if report.Located > 0 && report.Doubtful*100 > report.Located*12 {
			t.Errorf("%s: %d positions of %d are far from their commune", name, report.Doubtful, report.Located)
		}
		hours, read := 0, 0
		for i := range records {
			if r := &records[i]; r.Horaires != "" {
				hours++
				if !slices.ContainsFunc(r.Findings, func(f place.Finding) bool { return f.Code == "horaires_unreadable" }) {
					read++
				}
			}
		}
		fmt.Fprintf(&table, "\n%s : %d lignes, %d gardées (%d) ; la proposition : %d\n", name, report.Rows, report.Kept, left, alone.Kept)
		// What can be read of hours grows: never less than this.
		if least := leastRead[name]; hours > 0 && read*100 < hours*least {
			t.Errorf("%s: hours read: %d of %d, less than %d %%", name, read, hours, least)
		}
		fmt.Fprintf(&table, "  positions douteuses : %d sur %d\n ", report.Doubtful, report.Located)
		by, also := fill(records), fill(proposed)
		for i := range place.Columns {
			c := place.Columns[i].Name
			switch {
			case by[c] == 0 && also[c] == 0:
			case by[c] == also[c]:
				fmt.Fprintf(&table, " %s %d", c, by[c])
			default:
				fmt.Fprintf(&table, " %s %d — %d", c, by[c], also[c])
			}
		}
		table.WriteByte('\n')
	}
	golden(t, "raw.txt", table.String())
}

// No value of a vocabulary is lost in silence: what the example does not read
// is told at its row, by name.
func TestNoValueIsLostInSilence(t *testing.T) {
	files, territories := rawFiles(t), realFrance(t)
	for name, column := range map[string]string{"gironde": "Type Structure", "maine-et-loire": "SS_CAT", "auvergne_espaces_numeriques": "Statut", "siilab_hdf_export": "Nature"} {
		_, records := throughMapping(t, files[name], mapping.Examples()[name], territories)
		for i := range records {
			r := &records[i]
			found := r.Raw[column]
			if place.Blank(found) || len(r.Typologie) > 0 {
				continue
			}
			if !slices.ContainsFunc(r.Findings, func(f place.Finding) bool { return f.Field == "typologie" && f.Found == found }) {
				t.Errorf("%s, line %d: « %s » gives no typologie, and nothing says so", name, r.Line, found)
				break
			}
		}
	}
}

// What other people made of the same files is the measure: the fields that they
// recovered, and the points.
func TestProposalsAgainstOtherPeoplesMappings(t *testing.T) {
	files, territories, reference := rawFiles(t), realFrance(t), references(t)
	known := communesOf(territories)
	fields := []string{"nom", "commune", "code_postal", "adresse", "courriels", "site_web", "typologie", "services", "frais_a_charge", "date_maj", "position"}
	var table strings.Builder
	fmt.Fprintf(&table, "Retrouvé par la proposition seule, sur ce que d’autres avaient tiré des mêmes fichiers.\n")
	wholeSame, wholeOf := 0, 0
	for _, name := range mapping.ExampleNames() {
		source, ok := referenceOf[name]
		if !ok {
			continue
		}
		s := suggestion(t, name, files[name], known)
		_, records := throughMapping(t, files[name], &s.Mapping, territories)
		same, of := map[string]int{}, map[string]int{}
		json := bytes.HasPrefix(bytes.TrimLeft(files[name], "\ufeff \n"), []byte("[")) || bytes.HasPrefix(files[name], []byte("{"))
		for i := range records {
			r := &records[i]
			want := reference[source+":"+r.ID]
			if want == nil || r.ID == "" {
				n := i + 1 // no identifier of its own: the place in the file
				if json {
					n = r.Line // of a JSON, the number of the object: repeated rows count
				}
				want = reference[fmt.Sprint(source, ":", n)]
			}
			if want == nil {
				continue
			}
			for _, field := range fields {
				if field == "position" {
					if want["latitude"] == "" {
						continue
					}
					of[field]++
					if r.Position.Known() && near(want["latitude"], r.Position.Latitude()) && near(want["longitude"], r.Position.Longitude()) {
						same[field]++
					}
					continue
				}
				if want[field] == "" {
					continue
				}
				of[field]++
				c, _ := place.ColumnNamed(field)
				got := c.Cell(&r.Place)
				if c.List != nil && c.Vocabulary != nil {
					// Every value that they had is there.
					all := true
					for _, v := range strings.Split(want[field], "|") {
						all = all && slices.Contains(*c.List(&r.Place), v)
					}
					if all {
						same[field]++
					}
					continue
				}
				if place.Fold(got) == place.Fold(want[field]) || c.Kind == place.URL && got != "" || c.Kind == place.Email && got != "" {
					same[field]++
				}
			}
		}
		fmt.Fprintf(&table, "%s :", name)
		for _, field := range fields {
			if of[field] > 0 {
				fmt.Fprintf(&table, " %s %d/%d", field, same[field], of[field])
				wholeSame, wholeOf = wholeSame+same[field], wholeOf+of[field]
			}
		}
		table.WriteByte('\n')
		if of["position"] > 0 && same["position"]*100 < of["position"]*97 {
			t.Errorf("%s: %d points of %d are those that others read", name, same["position"], of["position"])
		}
		if same["nom"]*100 < of["nom"]*97 {
			t.Errorf("%s: %d names of %d", name, same["nom"], of["nom"])
		}
	}
	if wholeOf == 0 || wholeSame*100 < wholeOf*95 {
		t.Errorf("%d fields of %d are recovered", wholeSame, wholeOf)
	}
	golden(t, "raw-references.txt", table.String())
}

// near compares degrees to about ten metres.
func near(written string, degrees float64) bool {
	x, ok := place.ReadNumber(written)
	return ok && math.Abs(x-degrees) < 0.0002
}
