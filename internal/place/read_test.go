package place

import (
	"encoding/csv"
	"math"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// atlas is a small country: what reading asks of the communes.
type atlas []Commune

func (a atlas) Commune(code string) (Commune, bool) {
	for _, c := range a {
		if c.Code == code || c.Code == "49126" && code == "49069" {
			return c, true
		}
	}
	return Commune{}, false
}

func (a atlas) Resolve(nom, codePostal string) (Commune, bool) {
	for _, c := range a {
		if communeKey(c.Nom) == communeKey(nom) && slices.Contains(c.CodesPostaux, codePostal) {
			return c, true
		}
	}
	return Commune{}, false
}

func (a atlas) Named(nom string) []Commune {
	var out []Commune
	for _, c := range a {
		if communeKey(c.Nom) == communeKey(nom) {
			out = append(out, c)
		}
	}
	return out
}

// square is a contour: distance to a box of ± half a tenth of a degree.
func square(latitude, longitude float64) func(float64, float64) (float64, bool) {
	return func(lat, lon float64) (float64, bool) {
		d := max(math.Abs(lat-latitude), math.Abs(lon-longitude)) - 0.05
		return max(d, 0) * 111_000, true
	}
}

var france = atlas{
	{Code: "51454", Nom: "Reims", Departement: "51", CodesPostaux: []string{"51100"}, Latitude: 49.2578, Longitude: 4.0319, HasPoint: true, Distance: square(49.2578, 4.0319)},
	{Code: "01053", Nom: "Bourg-en-Bresse", Departement: "01", CodesPostaux: []string{"01000"}, Latitude: 46.2052, Longitude: 5.2460, HasPoint: true},
	{Code: "49126", Nom: "Orée d'Anjou", Departement: "49", CodesPostaux: []string{"49270", "49530"}, AnciensNoms: []string{"Drain"}, Latitude: 47.33, Longitude: -1.25, HasPoint: true},
	{Code: "2A004", Nom: "Ajaccio", Departement: "2A", CodesPostaux: []string{"20000", "20090"}, Latitude: 41.9189, Longitude: 8.7381, HasPoint: true},
	{Code: "97411", Nom: "Saint-Denis", Departement: "974", CodesPostaux: []string{"97400"}, Latitude: -20.8789, Longitude: 55.4481, HasPoint: true},
	{Code: "93066", Nom: "Saint-Denis", Departement: "93", CodesPostaux: []string{"93200", "93210"}, Latitude: 48.9362, Longitude: 2.3574, HasPoint: true},
	{Code: "98818", Nom: "Nouméa", Departement: "988", CodesPostaux: []string{"98800"}},
	{Code: "75112", Nom: "Paris 12e Arrondissement", Departement: "75", CodesPostaux: []string{"75012"}},
	{Code: "75056", Nom: "Paris", Departement: "75", CodesPostaux: []string{"75001", "75012"}, Latitude: 48.8566, Longitude: 2.3522, HasPoint: true},
}

// base is a row without fault; tests change a cell or two.
var base = map[string]string{
	"id": "structure-1", "pivot": "43493312300029", "nom": "Anonymal", "commune": "Reims", "code_postal": "51100", "code_insee": "51454",
	"adresse": "12 bis rue Leclercq", "latitude": "49.25779", "longitude": "4.03187", "date_maj": "2024-04-02",
}

// read reads a row of the standard's columns, or of those named.
func read(t testing.TB, cells map[string]string, headers ...string) Record {
	t.Helper()
	if headers == nil {
		for i := range Columns {
			headers = append(headers, Columns[i].Name)
		}
	}
	schema, _ := ReadHeader(headers, 1)
	row := make([]string, len(headers))
	for i, h := range headers {
		row[i] = cells[h]
	}
	return schema.Read(row, 2, Context{Communes: france, Today: Date{2024, 6, 1}})
}

func with(changes ...string) map[string]string {
	row := map[string]string{}
	for k, v := range base {
		row[k] = v
	}
	for i := 0; i+1 < len(changes); i += 2 {
		row[changes[i]] = changes[i+1]
	}
	return row
}

// said lists the findings as "code found → made".
func said(r Record) []string {
	var out []string
	for _, f := range r.Findings {
		s := f.Code
		if f.Found != "" || f.Made != "" {
			s += " " + f.Found + " → " + f.Made
		}
		out = append(out, s)
	}
	return out
}

func TestARowWithoutFaultIsReadInSilence(t *testing.T) {
	r := read(t, base)
	if len(r.Findings) > 0 {
		t.Errorf("findings: %v", said(r))
	}
	want := Place{ID: "structure-1", Pivot: "43493312300029", Nom: "Anonymal", Commune: "Reims", CodePostal: "51100", CodeInsee: "51454",
		Adresse: "12 bis rue Leclercq", Position: Position{49.25779, 4.03187, true}, DateMaj: Date{2024, 4, 2}, PublicsSpecifiquementAdresses: []string{}}
	if diff := cmp.Diff(want, r.Place, cmp.AllowUnexported(Position{})); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if r.Departement != "51" || r.Line != 2 || r.Raw["nom"] != "Anonymal" || len(r.Absent) > 0 || r.Blocked() {
		t.Errorf("%+v", r)
	}
}

// Hours that cannot be read are kept as they were written, and said.
func TestUnreadableHoursAreKept(t *testing.T) {
	r := read(t, with("horaires", "un lundi sur deux, semaine paire"))
	if r.Horaires != "un lundi sur deux, semaine paire" || len(r.Findings) != 1 || r.Findings[0].Code != "horaires_unreadable" {
		t.Errorf("%q %v", r.Horaires, said(r))
	}
}

// A place whose position is unknown is somewhere in its commune: shown there,
// and written nowhere.
func TestAPlaceWithoutPositionIsInItsCommune(t *testing.T) {
	for _, test := range []struct {
		cells     map[string]string
		precision Precision
		at        string
	}{
		{base, Given, ""},
		{with("latitude", "", "longitude", ""), "", "49.2578, 4.0319"},
		{with("latitude", "0", "longitude", "0"), "", "49.2578, 4.0319"},
		{with("latitude", "", "longitude", "", "code_insee", ""), "", "49.2578, 4.0319"},
		{with("latitude", "", "longitude", "", "code_insee", "75112", "commune", "Paris 12e", "code_postal", "75012"), "", "48.8566, 2.3522"},
		{with("latitude", "", "longitude", "", "code_insee", "98818", "commune", "Nouméa", "code_postal", "98800"), "", ""}, // nobody says where
		{with("latitude", "", "longitude", "", "code_insee", "", "commune", "", "code_postal", ""), "", ""},
	} {
		r := read(t, test.cells)
		at := ""
		if r.Approximate.Known() {
			at = sayPosition(r.Approximate)
		}
		if r.Precision != test.precision || at != test.at || r.Position.Known() != (test.precision != "") {
			t.Errorf("%v: %q, %q", test.cells, r.Precision, at)
		}
	}
}

// A name alone is a commune when no other has it, or none where the point is.
func TestACommuneByItsNameAlone(t *testing.T) {
	for _, test := range []struct {
		cells                  map[string]string
		insee, postal, shownAt string
		said                   string
	}{
		{with("code_insee", "", "code_postal", "", "latitude", "", "longitude", ""), "51454", "51100", "49.2578, 4.0319", "code_postal_filled  → 51100;code_insee_found  → 51454"},
		{with("code_insee", "", "code_postal", ""), "51454", "51100", "", "code_postal_filled  → 51100;code_insee_found  → 51454"},
		{with("code_insee", "", "code_postal", "", "commune", "Saint-Denis", "latitude", "", "longitude", ""), "", "", "", "missing"},
		{with("code_insee", "", "code_postal", "", "commune", "St Denis", "latitude", "-20.88", "longitude", "55.45"), "97411", "97400", "", "code_postal_filled  → 97400;code_insee_found  → 97411"},
		{with("code_insee", "", "code_postal", "97410", "commune", "Saint-Denis", "latitude", "", "longitude", ""), "97411", "97410", "-20.8789, 55.4481", "code_postal_disagrees 97410 → 97410;code_insee_found  → 97411"},
		{with("code_insee", "", "code_postal", "75001", "commune", "Saint-Denis", "latitude", "", "longitude", ""), "", "75001", "", ""},
		{with("code_insee", "", "code_postal", "", "latitude", "43.6", "longitude", "5.1"), "", "", "", "position_far 43.6, 5.1 → 43.6, 5.1;missing"},
		{with("code_insee", "", "code_postal", "", "commune", "Trifouillis", "latitude", "", "longitude", ""), "", "", "", "missing"},
	} {
		r := read(t, test.cells)
		at := ""
		if r.Approximate.Known() {
			at = sayPosition(r.Approximate)
		}
		if r.CodeInsee != test.insee || r.CodePostal != test.postal || at != test.shownAt || strings.Join(said(r), ";") != test.said {
			t.Errorf("%v: %q %q %q %v", test.cells, r.CodeInsee, r.CodePostal, at, said(r))
		}
	}
}

// TestTraps reads one cell at a time: what is kept, and what is said.
func TestTraps(t *testing.T) {
	long := strings.Repeat("é", 281)
	for _, test := range []struct {
		cells string // column=cell, & between two
		want  string // the column after reading; lists with |
		said  string // findings, ; between two
	}{
		// Dates.
		{"date_maj=02/04/2024", "2024-04-02", "date_format 02/04/2024 → 2024-04-02"},
		{"date_maj=2/4/24", "2024-04-02", "date_format 2/4/24 → 2024-04-02"},
		{"date_maj=2024/04/02 23:59:59", "2024-04-02", "date_format 2024/04/02 23:59:59 → 2024-04-02"},
		{"date_maj=2024-04-02T10:00:00.000Z", "2024-04-02", "date_format 2024-04-02T10:00:00.000Z → 2024-04-02"},
		{"date_maj=2 avril 2024", "2024-04-02", "date_format 2 avril 2024 → 2024-04-02"},
		{"date_maj=1er févr. 2024", "2024-02-01", "date_format 1er févr. 2024 → 2024-02-01"},
		{"date_maj=02-avr-24", "2024-04-02", "date_format 02-avr-24 → 2024-04-02"},
		{"date_maj=mardi 2 avril 2024 à 10h30", "2024-04-02", "date_format mardi 2 avril 2024 à 10h30 → 2024-04-02"},
		{"date_maj=Tue Apr 02 2024 10:00:00 GMT+0200", "2024-04-02", "date_format Tue Apr 02 2024 10:00:00 GMT+0200 → 2024-04-02"},
		{"date_maj=April 2, 2024", "2024-04-02", "date_format April 2, 2024 → 2024-04-02"},
		{"date_maj=30/03/2023 08:46", "2023-03-30", "date_format 30/03/2023 08:46 → 2023-03-30"},
		{"date_maj=45292.5", "2024-01-01", "date_serial 45292.5 → 2024-01-01"},
		{"date_maj=mars 2023", "", "date_incomplete mars 2023 → "},
		{"date_maj=03/2023", "", "date_incomplete 03/2023 → "},
		{"date_maj=12 foo 2024", "", "date_invalid 12 foo 2024 → "},
		{"date_maj=04/25/2024", "2024-04-25", "date_american 04/25/2024 → 2024-04-25"},
		{"date_maj=1711922400", "2024-04-01", "date_serial 1711922400 → 2024-04-01"}, // 22:00 UTC: midnight in Paris
		{"date_maj=1711922400000", "2024-04-01", "date_serial 1711922400000 → 2024-04-01"},
		{"date_maj=45384", "2024-04-02", "date_serial 45384 → 2024-04-02"},
		{"date_maj=20240402", "2024-04-02", "date_format 20240402 → 2024-04-02"},
		{"date_maj=1970-01-01", "", "date_placeholder 1970-01-01 → "},
		{"date_maj=01/01/70", "", "date_placeholder 01/01/70 → "},
		{"date_maj=1969-12-31", "", "date_placeholder 1969-12-31 → "},
		{"date_maj=0000-00-00", "", "date_placeholder 0000-00-00 → "},
		{"date_maj=0", "", "date_placeholder 0 → "},
		{"date_maj=2031-01-01", "", "date_future 2031-01-01 → "},
		{"date_maj=2024-06-02", "2024-06-02", ""}, // the antipodes are a day ahead
		{"date_maj=2018", "", "date_incomplete 2018 → "},
		{"date_maj=avril 2024", "", "date_incomplete avril 2024 → "},
		{"date_maj=31/02/2024", "", "date_invalid 31/02/2024 → "},
		{"date_maj=0024-04-02", "", "date_invalid 0024-04-02 → "},
		{"date_maj=hier", "", "date_invalid hier → "},
		{"date_maj=", "", "missing"},
		{"date_maj=NULL", "", "placeholder NULL → ;missing NULL → "},

		// Postal codes, INSEE codes.
		{"code_postal=1000&commune=Bourg-en-Bresse&code_insee=&latitude=&longitude=", "01000", "code_postal_lost_zero 1000 → 01000;code_insee_filled  → 01053"},
		{"code_postal=4900&commune=Segré&code_insee=&latitude=&longitude=", "", "code_postal_invalid 4900 → "}, // not Digne's
		{"code_postal=51 100", "51100", "code_postal_format 51 100 → 51100"},
		{"code_postal=51100.0", "51100", "code_postal_format 51100.0 → 51100"},
		{"code_postal=F-51100", "51100", "code_postal_format F-51100 → 51100"},
		{`code_postal="="51100""`, "", `code_postal_invalid "="51100"" → `},
		{`code_postal=="51100"`, "51100", ""},
		{"code_postal=51100 CEDEX 2", "51100", "code_postal_format 51100 CEDEX 2 → 51100"},
		{"code_postal=96000", "", "code_postal_invalid 96000 → "},
		{"code_postal=Reims", "", "code_postal_invalid Reims → "},
		{"code_postal=00000", "", "missing 00000 → "},
		{"code_insee=", "51454", "code_insee_filled  → 51454"},
		{"code_insee=1053&commune=Bourg-en-Bresse&code_postal=01000&latitude=&longitude=", "01053", "code_insee_lost_zero 1053 → 01053"},
		{"code_insee=49069&commune=Drain&code_postal=49530&latitude=&longitude=", "49126", "code_insee_former 49069 → 49126"},
		{"code_insee=20004&commune=Ajaccio&code_postal=20000&latitude=&longitude=", "2A004", "code_insee_former 20004 → 2A004"},
		{"code_insee=2a004&commune=Ajaccio&code_postal=20000&latitude=&longitude=", "2A004", "code_insee_format 2a004 → 2A004"},
		{"code_insee=51100", "51454", "code_insee_is_postal 51100 → ;code_insee_filled  → 51454"},
		{"code_insee=99999", "51454", "code_insee_invalid 99999 → ;code_insee_filled  → 51454"},
		{"code_insee=01053", "01053", "code_insee_disagrees 01053 → 01053"},
		{"commune=51100 Reims&code_postal=", "Reims", "commune_cleaned 51100 Reims → Reims"},
		{"commune=REIMS CEDEX 2", "REIMS", "commune_cleaned REIMS CEDEX 2 → REIMS"},
		{"commune=REIMS Cédex", "REIMS", "commune_cleaned REIMS Cédex → REIMS"},

		// Pivots.
		{"pivot=434 933 123 00029", "43493312300029", "pivot_format 434 933 123 00029 → 43493312300029"},
		{"pivot=00000000000000", "", "missing 00000000000000 → "},
		{"pivot=43493312300028", "", "pivot_invalid 43493312300028 → "},
		{"pivot=35600000049837", "35600000049837", ""}, // La Poste: digits add up to 45, Luhn fails
		{"pivot=434933123", "434933123", "pivot_siren 434933123 → 434933123"},
		{"pivot=W131004321", "W131004321", ""},
		{"pivot=w131004321", "W131004321", "pivot_format w131004321 → W131004321"},
		{"pivot=4,34933E+13", "", "pivot_scientific 4,34933E+13 → "},
		{"pivot=4.3493312300029E+13", "43493312300029", "pivot_format 4.3493312300029E+13 → 43493312300029"},
		{"pivot=43493312300029.0", "43493312300029", "pivot_format 43493312300029.0 → 43493312300029"},
		{"pivot=0123456", "", "pivot_invalid 0123456 → "},
		{"pivot=0123456&commune=Nouméa&code_postal=98800&code_insee=98818&latitude=&longitude=", "0123456", ""},

		// Phones.
		{"telephone=03 26 77 78 79", "+33326777879", "telephone_format 03 26 77 78 79 → +33326777879"},
		{"telephone=03.26.77.78.79", "+33326777879", "telephone_format 03.26.77.78.79 → +33326777879"},
		{"telephone=326777879", "+33326777879", "telephone_lost_zero 326777879 → +33326777879"},
		{"telephone=326777879.0", "+33326777879", "telephone_lost_zero 326777879.0 → +33326777879"},
		{"telephone=+33 (0)3 26 77 78 79", "+33326777879", "telephone_format +33 (0)3 26 77 78 79 → +33326777879"},
		{"telephone=0033326777879", "+33326777879", "telephone_format 0033326777879 → +33326777879"},
		{"telephone=33326777879", "+33326777879", "telephone_format 33326777879 → +33326777879"},
		{"telephone=+330326777879", "+33326777879", "telephone_format +330326777879 → +33326777879"},
		{"telephone=Tél. : 03 26 77 78 79 (accueil)", "+33326777879", "telephone_format Tél. : 03 26 77 78 79 (accueil) → +33326777879"},
		{"telephone=3949", "3949", ""},
		{"telephone=36 46", "3646", "telephone_format 36 46 → 3646"},
		{"telephone=03 26 77 78 79 / 03 26 77 78 80", "+33326777879", "telephone_format 03 26 77 78 79 → +33326777879;telephone_several 03 26 77 78 79 / 03 26 77 78 80 → +33326777879"},
		{"telephone=03/26/77/78/79", "+33326777879", "telephone_format 03/26/77/78/79 → +33326777879"},
		{"telephone=pas de numéro ou 03 26 77 78 79", "+33326777879", "telephone_invalid pas de numéro → ;telephone_format 03 26 77 78 79 → +33326777879"},
		{"telephone=+687", "", "telephone_invalid +687 → "},
		{"telephone=27 78 79&commune=Nouméa&code_postal=98800&code_insee=98818&latitude=&longitude=", "+687277879", "telephone_format 27 78 79 → +687277879"},
		{"telephone=06.96.30.30.30 ET 03.26.77.78.79", "+596696303030", "telephone_format 06.96.30.30.30 → +596696303030;telephone_several 06.96.30.30.30 ET 03.26.77.78.79 → +596696303030"},
		{"telephone=+33 6 96 30 30 30", "+596696303030", "telephone_format +33 6 96 30 30 30 → +596696303030"},
		{"telephone=03 26 77 78 79 poste 12", "+33326777879", "telephone_format 03 26 77 78 79 poste 12 → +33326777879"},
		{"telephone=Mairie 03 26 77 78 79", "+33326777879", "telephone_format Mairie 03 26 77 78 79 → +33326777879"},
		{"telephone=☎ 03.26.77.78.79 (Mme X, le matin)", "+33326777879", "telephone_format ☎ 03.26.77.78.79 (Mme X, le matin) → +33326777879"},
		{"telephone=03 26 77 78 79/80", "+33326777879", "telephone_invalid 80 → ;telephone_format 03 26 77 78 79 → +33326777879"},
		{"telephone=3949 (0,15 €/min)", "3949", "telephone_format 3949 (0,15 €/min) → 3949"},
		{"telephone=3.26777879E+08", "+33326777879", "telephone_lost_zero 3.26777879E+08 → +33326777879"},
		{"telephone=O3 26 77 78 79", "+33326777879", "telephone_format O3 26 77 78 79 → +33326777879"},
		{"telephone=SIRET 43493312300029", "", "telephone_invalid SIRET 43493312300029 → "},
		{"telephone=0262 30 30 30", "+262262303030", "telephone_format 0262 30 30 30 → +262262303030"},
		{"telephone=+33262303030&commune=Saint-Denis&code_postal=97400&code_insee=97411&latitude=&longitude=", "+262262303030", "telephone_format +33262303030 → +262262303030"},
		{"telephone=+352 26 12 34 56", "+35226123456", "telephone_foreign +352 26 12 34 56 → +35226123456"},
		{"telephone=03 26 77", "", "telephone_invalid 03 26 77 → "},

		// E-mails.
		{"courriels=a@x.fr|b@y.fr", "a@x.fr|b@y.fr", ""},
		{"courriels=a@@x.fr", "a@x.fr", "courriel_format a@@x.fr → a@x.fr"},
		{"courriels=mailto:a@x.fr", "a@x.fr", "courriel_format mailto:a@x.fr → a@x.fr"},
		{"courriels=a@x.fr ; b@y.fr, c@z.fr", "a@x.fr|b@y.fr|c@z.fr", ""},
		{"courriels=a@x.fr|pas d'adresse|b@y.fr", "a@x.fr|b@y.fr", "courriel_invalid pas d'adresse → "},
		{"courriels=Voir la rubrique, sur le site", "", "courriel_invalid Voir la rubrique, sur le site → "},
		{"courriels=msap@mairie,fr", "msap@mairie.fr", "courriel_format msap@mairie,fr → msap@mairie.fr"},
		{"courriels=a@x,b@y.fr", "b@y.fr", "courriel_invalid a@x → "},
		{"courriels=médiathèque@x.fr", "mediatheque@x.fr", "courriel_format médiathèque@x.fr → mediatheque@x.fr"},
		{"courriels=a@x.fr%A0", "a@x.fr", "courriel_format a@x.fr%A0 → a@x.fr"},
		{"courriels=Mail : a@x.fr ou b@y.fr", "a@x.fr|b@y.fr", ""},
		{"courriels=mdsba@cc montsdupilat.fr", "", "courriel_invalid mdsba@cc montsdupilat.fr → "},
		{"courriels=https://x.fr/contact/", "", "url_elsewhere https://x.fr/contact/ → https://x.fr/contact/"},
		{"courriels=a (at) x.fr", "a@x.fr", "courriel_format a (at) x.fr → a@x.fr"},
		{"courriels=a@x", "", "courriel_invalid a@x → "},
		{"courriels=A@x.fr|a@x.fr", "A@x.fr", ""},
		{"courriels=contact@médiathèque-reims.fr", "contact@médiathèque-reims.fr", ""},

		// URLs.
		{"site_web=Le club sur Facebook et le.clubs ailleurs", "", "url_invalid Le club sur Facebook et le.clubs ailleurs → "},
		{"site_web=Facebook : Le Club\nSite : https://x.fr/", "https://x.fr/", "url_invalid Facebook Le Club → "},
		{"site_web=la mairie sur x-mairie.fr", "http://x-mairie.fr", "url_format x-mairie.fr → http://x-mairie.fr;url_invalid la mairie sur → "},
		{"site_web=http://www,x.fr", "http://www.x.fr", "url_format http://www,x.fr → http://www.x.fr"},
		{"site_web=https://x.fr/?fbclid=abc", "https://x.fr/", "url_format https://x.fr/?fbclid=abc → https://x.fr/"},
		{"site_web=https://x.fr/a?id=3&utm_source=b&p=1#c", "https://x.fr/a?id=3&p=1#c", "url_format https://x.fr/a?id=3&utm_source=b&p=1#c → https://x.fr/a?id=3&p=1#c"},
		{"site_web=facebook.com/club instagram.com/club", "http://facebook.com/club|http://instagram.com/club", "url_format facebook.com/club → http://facebook.com/club;url_format instagram.com/club → http://instagram.com/club"},
		{"site_web=https://x.fr/é(1)?a=b;c,d|http://y.fr", "https://x.fr/é(1)?a=b;c,d|http://y.fr", ""},
		{"site_web=www.x.fr", "http://www.x.fr", "url_format www.x.fr → http://www.x.fr"},
		{"site_web=https://x.fr https://y.fr", "https://x.fr|https://y.fr", ""},
		{"site_web=https://x.fr, www.y.fr", "https://x.fr|http://www.y.fr", "url_format www.y.fr → http://www.y.fr"},
		{"site_web=https://x.frhttps://y.fr", "https://x.fr|https://y.fr", ""},
		{"site_web=https://web.archive.org/web/2020/https://x.fr/", "https://web.archive.org/web/2020/https://x.fr/", ""},
		{"site_web=http:/x.fr", "http://x.fr", "url_format http:/x.fr → http://x.fr"},
		{"site_web=http//x.fr", "http://x.fr", "url_format http//x.fr → http://x.fr"},
		{"site_web=https:// x.fr", "https://x.fr", ""},
		{"site_web=Page Facebook du lieu", "", "url_invalid Page Facebook du lieu → "},
		{"site_web=a@x.fr", "", "courriel_elsewhere a@x.fr → a@x.fr"},
		{"site_web=javascript:alert(1)", "", "url_invalid javascript:alert(1) → "},
		{"site_web=https://x.fr|rien", "https://x.fr", "url_invalid rien → "},
		{"site_web=http://90.84.243.68/opac", "http://90.84.243.68/opac", ""},
		{"prise_rdv=https://a.fr|https://b.fr", "https://a.fr", "url_several https://a.fr|https://b.fr → https://a.fr"},

		// Opening hours: internal/hours reads them.
		{"horaires=Mo-Fr 09:00-12:00,14:00-18:30; Sa 08:30-12:00", "Mo-Fr 09:00-12:00,14:00-18:30; Sa 08:30-12:00", ""},
		{"horaires=week 1-53/2 Mo 09:30-12:30; PH off", "week 1-53/2 Mo 09:30-12:30; PH off", ""},
		{"horaires=24/7", "24/7", ""},
		{"horaires=mo-fr 9:00-12:00", "Mo-Fr 09:00-12:00", "horaires_format mo-fr 9:00-12:00 → Mo-Fr 09:00-12:00"},
		{"horaires=du lundi au vendredi de 9h à 12h", "Mo-Fr 09:00-12:00", "horaires_from_french du lundi au vendredi de 9h à 12h → Mo-Fr 09:00-12:00"},

		// Lists.
		{"services=Aide aux démarches administratives;Utilisation sécurisée du numérique", "Aide aux démarches administratives|Utilisation sécurisée du numérique", ""},
		{"services=Comprehension du monde numerique", "Compréhension du monde numérique", "vocabulary_spelling Comprehension du monde numerique → Compréhension du monde numérique"},
		{"services=Prendre en main un ordinateur|Utiliser le numérique au quotidien", "Maîtrise des outils numériques du quotidien", "vocabulary_v0 Prendre en main un ordinateur → Maîtrise des outils numériques du quotidien;vocabulary_v0 Utiliser le numérique au quotidien → Maîtrise des outils numériques du quotidien"},
		{"frais_a_charge=Gratuit sous condition", "Gratuit sous condition", ""},
		{"frais_a_charge=gratuit, Payant", "Gratuit|Payant", "list_separator gratuit, Payant → ;vocabulary_spelling gratuit → Gratuit"},
		{"publics_specifiquement_adresses=foo|Jeunes", "Jeunes", "vocabulary_unknown foo → "},
		{"publics_specifiquement_adresses=Tout public", "", "publics_everybody Tout public → "},
		{"publics_specifiquement_adresses=Familles et / ou enfants", "Familles et/ou enfants", "vocabulary_spelling Familles et / ou enfants → Familles et/ou enfants"},
		{"publics_specifiquement_adresses=Jeunes et Seniors", "Jeunes|Seniors", "list_separator Jeunes et Seniors → "},
		{"formations_labels=Étapes numériques(La Poste)", "Étapes numériques(La Poste)", ""},
		{"formations_labels=Étapes numériques (La Poste)", "Étapes numériques(La Poste)", ""},
		{"modalites_acces=Ce lieu n’accueille pas de public", "Ce lieu n'accueille pas de public", "vocabulary_spelling Ce lieu n’accueille pas de public → Ce lieu n'accueille pas de public"},
		{"modalites_accompagnement=À distance (par téléphone ou en visioconférence)", "À distance", ""},
		{"typologie=CCAS|TRUC", "CCAS|TRUC", "typologie_unknown TRUC → TRUC"},
		{"typologie=CCAS|" + long, "CCAS", "vocabulary_unknown " + long + " → "},
		{"autres_formations_labels=QPV|" + long, "QPV", "label_too_long " + long + " → "},
		{"typologie=bib", "BIB", "vocabulary_spelling bib → BIB"},
		{`services=["Aide aux démarches administratives","Loisirs et créations numériques"]`, "Aide aux démarches administratives|Loisirs et créations numériques", ""},
		{"autres_formations_labels=QPV;FRR", "QPV|FRR", ""},
		{"autres_formations_labels=QPV;@.", "QPV", "formula @. → "},

		// Texts.
		{"nom=  Médiathèque\u00a0 Jean   Falala ", "Médiathèque Jean Falala", ""},
		{"nom=Me\u0301diathe\u0300que", "Médiathèque", ""},
		{"nom=MÃ©diathÃ¨que", "Médiathèque", "mojibake MÃ©diathÃ¨que → Médiathèque"},
		{"nom=M\ufffddiathèque", "M\ufffddiathèque", "lost_characters M\ufffddiathèque → M\ufffddiathèque"},
		{"nom=Caf&eacute; &amp; num", "Café & num", "html Caf&eacute; &amp; num → Café & num"},
		{"presentation_detail=<p>Un</p><p>Deux<br/>trois</p>", "Un\nDeux\ntrois", "html <p>Un</p><p>Deux<br/>trois</p> → Un\nDeux\ntrois"},
		{"presentation_detail=Gratuit si QF<901, sinon a > b", "Gratuit si QF<901, sinon a > b", ""},
		{"nom=@telier numérique", "@telier numérique", ""},
		{`nom==HYPERLINK("http://x.fr")`, `HYPERLINK("http://x.fr")`, `formula =HYPERLINK("http://x.fr") → HYPERLINK("http://x.fr")`},
		{"adresse=- 3 rue X", "- 3 rue X", ""},
		{"presentation_resume=" + long, long, "resume_long " + long + " → " + long},
		{"complement_adresse=N/A", "", "placeholder N/A → "},
	} {
		changes := []string{test.cells}
		if !strings.HasPrefix(test.cells, "nom=") && !strings.HasPrefix(test.cells, "site_web=") {
			changes = strings.Split(test.cells, "&")
		}
		var pairs []string
		for _, c := range changes {
			k, v, _ := strings.Cut(c, "=")
			pairs = append(pairs, k, v)
		}
		r := read(t, with(pairs...))
		column, _ := ColumnNamed(pairs[0])
		if got := column.Cell(&r.Place); got != test.want {
			t.Errorf("%s\n got %q\nwant %q", test.cells, got, test.want)
		}
		if got := strings.Join(said(r), ";"); got != test.said {
			t.Errorf("%s\nsaid %q\nwant %q", test.cells, got, test.said)
		}
	}
}

func TestPositions(t *testing.T) {
	for _, test := range []struct {
		latitude, longitude, more string
		want, said, doubt         string
	}{
		{"49.25779", "4.03187", "", "49.25779, 4.03187", "", ""},
		{"49,25779", "4,03187", "", "49.25779, 4.03187", "decimal_comma 49,25779 → 49.25779;decimal_comma 4,03187 → 4.03187", ""},
		{"4.03187", "49.25779", "", "49.25779, 4.03187", "position_swapped 4.03187, 49.25779 → 49.25779, 4.03187", ""},
		{"775093.79", "6906740.55", "", "49.2559117, 4.031377", "position_lambert93 775093.79, 6906740.55 → 49.2559117, 4.031377", ""},
		{"6 906 740,55", "775 093,79", "", "49.2559117, 4.031377", "position_lambert93 6 906 740,55, 775 093,79 → 49.2559117, 4.031377", ""},
		{"41.93414,8", "8.7", "", "", "coordinate_invalid 41.93414,8 → ", ""},
		{"49.25779,4.03187", "", "", "49.25779, 4.03187", "position_pair 49.25779,4.03187 → 49.25779, 4.03187", ""},
		{"49.25779", "", "", "", "position_incomplete 49.25779 → ", ""},
		{"0", "0", "", "", "position_zero 0, 0 → ", ""},
		{"0.0", "0,000", "", "", "position_zero 0.0, 0,000 → ", ""},
		{"12.5", "33.4", "", "", "position_out_of_bounds 12.5, 33.4 → ", ""},
		{"NaN", "inf", "", "", "placeholder NaN → ;position_incomplete inf → ", ""},
		{"49°15'28\"N", "4°01'55\"E", "", "49.2577778, 4.0319444", "coordinate_format 49°15'28\"N → 49.2577778;coordinate_format 4°01'55\"E → 4.0319444", ""},
		{"43.52609", "5.41423", "", "43.52609, 5.41423", "position_far 43.52609, 5.41423 → 43.52609, 5.41423", "Le point déclaré est à 631 km de la commune déclarée (Reims) : l’un des deux est faux."},
		{"49.32", "4.03", "", "49.32, 4.03", "", ""}, // 1.4 km beyond the contour
		{"-20.88", "55.45", "commune=Saint-Denis&code_postal=97400&code_insee=97411", "-20.88, 55.45", "", ""},
		{"20.88", "55.45", "commune=Saint-Denis&code_postal=97400&code_insee=97411", "", "position_out_of_bounds 20.88, 55.45 → ", ""},
		{"48.85", "2.35", "commune=Nouméa&code_postal=98800&code_insee=98818", "48.85, 2.35", "position_elsewhere 48.85, 2.35 → 48.85, 2.35", "Le point déclaré n’est pas dans le territoire de l’adresse déclarée : l’un des deux est faux."},
		{"166.46", "-22.27", "commune=Nouméa&code_postal=98800&code_insee=98818", "-22.27, 166.46", "position_swapped 166.46, -22.27 → -22.27, 166.46", ""},
		{"41.92", "8.74", "commune=Ajaccio&code_postal=20000&code_insee=2A004", "41.92, 8.74", "", ""},
	} {
		changes := []string{"latitude", test.latitude, "longitude", test.longitude}
		for _, c := range strings.FieldsFunc(test.more, func(r rune) bool { return r == '&' }) {
			k, v, _ := strings.Cut(c, "=")
			changes = append(changes, k, v)
		}
		r := read(t, with(changes...))
		got := ""
		if r.Position.Known() {
			got = sayPosition(r.Position)
		}
		if s := strings.Join(said(r), ";"); got != test.want || s != test.said || r.Doubt != test.doubt {
			t.Errorf("%s, %s %s\n got %q, said %q, doubt %q\nwant %q, said %q, doubt %q", test.latitude, test.longitude, test.more, got, s, r.Doubt, test.want, test.said, test.doubt)
		}
	}
}

// Where both orders could be French, only the declared commune may swap them.
func TestSwapNeedsTheCommuneWhenBothOrdersArePossible(t *testing.T) {
	both := atlas{{Code: "x", Latitude: 10, Longitude: 20, HasPoint: true}}
	p, q := Position{10, 20, true}, Position{20, 10, true}
	if closer(q, p, both) || !closer(p, q, both) {
		t.Error("the commune does not decide")
	}
	if closer(q, p, nil) {
		t.Error("swapped without evidence")
	}
}

func TestBlocking(t *testing.T) {
	for _, test := range []struct {
		cells map[string]string
		want  string
	}{
		{map[string]string{"id": "1", "commune": "Reims"}, "nom_missing"},
		{map[string]string{"id": "1", "nom": "Inconnu", "commune": "Reims"}, "nom_missing"},
		{map[string]string{"id": "1", "nom": "A"}, "not_locatable"},
		{map[string]string{"id": "1", "nom": "A", "latitude": "0", "longitude": "0", "code_postal": "00000"}, "not_locatable"},
		{map[string]string{}, "nom_missing not_locatable"},
		{map[string]string{"id": "1", "nom": "A", "latitude": "49.2", "longitude": "4.03"}, ""},
		{map[string]string{"id": "1", "nom": "A", "commune": "Nulle-Part"}, ""},
		{map[string]string{"id": "1", "nom": "A", "code_postal": "51100"}, ""},
		{map[string]string{"id": "1", "nom": "A", "code_insee": "51454"}, ""},
		{map[string]string{"id": "1", "nom": "A", "adresse": "7 bis rue Max Linder - 33500 LIBOURNE"}, ""},
	} {
		var got []string
		r := read(t, test.cells)
		for _, f := range r.Findings {
			if f.Severity == Blocking {
				got = append(got, f.Code)
			}
		}
		if strings.Join(got, " ") != test.want || r.Blocked() != (test.want != "") {
			t.Errorf("%v: %v, want %q", test.cells, got, test.want)
		}
	}
}

var v0 = strings.Split("id,pivot,nom,commune,code_postal,code_insee,adresse,complement_adresse,latitude,longitude,cle_ban,typologie,telephone,courriel,site_web,horaires,presentation_resume,presentation_detail,source,structure_parente,date_maj,services,publics_accueillis,conditions_acces,labels_nationaux,labels_autres,modalites_accompagnement,accessibilite,prise_rdv", ",")

func TestV0(t *testing.T) {
	schema, findings := ReadHeader(v0, 1)
	if schema.Version != "v0" {
		t.Errorf("version %s", schema.Version)
	}
	for _, f := range findings {
		if f.Code != "column_v0" {
			t.Errorf("%+v", f)
		}
	}
	r := read(t, with(
		"courriel", "a@x.fr", "services", "Devenir autonome dans les démarches administratives;Accéder à du matériel",
		"publics_accueillis", "Familles/enfants;Déficience visuelle;Uniquement femmes;Handicaps psychiques : troubles psychiatriques donnant lieu à des atteintes comportementales",
		"conditions_acces", "Gratuit sous condition : La gratuité est conditionnée à des critères (situation familiale, convention avec un organisme social...);Accepte le Pass numérique : Il est possible d'utiliser un Pass numérique pour accéder au lieu",
		"labels_nationaux", "France Services;CNFS;Fabriques de Territoire;APTIC", "labels_autres", "SudLabs",
		"modalites_accompagnement", "Seul : j'ai accès à du matériel et une connexion;A ma place : une personne habilitée fait les démarches à ma place",
		"accessibilite", "https://acceslibre.beta.gouv.fr/x", "cle_ban", "51454_3079_00012",
	), v0...)
	want := map[string]string{
		"courriels": "a@x.fr", "services": "Aide aux démarches administratives|Accès internet et matériel informatique",
		"publics_specifiquement_adresses": "Familles et/ou enfants|Femmes", "prise_en_charge_specifique": "Déficience visuelle",
		"frais_a_charge": "Gratuit sous condition", "dispositif_programmes_nationaux": "France Services|Conseillers numériques",
		"formations_labels": "Fabriques de Territoire", "autres_formations_labels": "APTIC|SudLabs",
		"modalites_accompagnement": "En autonomie", "fiche_acces_libre": "https://acceslibre.beta.gouv.fr/x", "modalites_acces": "", "itinerance": "",
	}
	got := map[string]string{}
	for name := range want {
		c, _ := ColumnNamed(name)
		got[name] = c.Cell(&r.Place)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	// What the v0 could not say is unknown; what it said in its own words is not.
	if diff := cmp.Diff([]string{"itinerance", "modalites_acces"}, r.Absent); diff != "" {
		t.Errorf("absent: -want +got:\n%s", diff)
	}
	if r.Raw["cle_ban"] != "51454_3079_00012" || r.Raw["conditions_acces"] == "" {
		t.Error("raw values are lost")
	}
	var lost []string
	for _, f := range r.Findings {
		if f.Severity == Warning {
			lost = append(lost, f.Code+" "+f.Field+" "+f.Found[:8])
		}
	}
	if diff := cmp.Diff([]string{"vocabulary_unknown modalites_accompagnement A ma pla", "vocabulary_v0_lost publics_specifiquement_adresses Handicap", "vocabulary_v0_lost frais_a_charge Accepte "}, lost); diff != "" {
		t.Errorf("warnings: -want +got:\n%s", diff)
	}
}

// In the v0 the publics were those that a place can welcome, adults too; today
// they are those it is set apart for. Empty was not "everybody" either.
func TestV0PublicsAreNotExclusive(t *testing.T) {
	for cell, want := range map[string][]string{
		"":                                 nil,
		"Jeunes (16-26 ans)":               {"Jeunes"},
		"Jeunes (16-26 ans);Adultes":       nil,
		"Adultes;Surdité;Familles/enfants": nil,
	} {
		r := read(t, with("publics_accueillis", cell), v0...)
		if diff := cmp.Diff(want, r.PublicsSpecifiquementAdresses); diff != "" {
			t.Errorf("%q: -want +got:\n%s", cell, diff)
		}
		if got := slices.Contains(r.Absent, "publics_specifiquement_adresses"); got != (want == nil) {
			t.Errorf("%q: absent %v", cell, got)
		}
	}
}

// A public that nobody understands is not nobody in particular.
func TestAPublicNotUnderstoodIsUnknown(t *testing.T) {
	for cell, want := range map[string][]string{
		"":                             {},
		"Tout public":                  {},
		"Demandeurs d’emploi":          nil,
		"Demandeurs d’emploi | Jeunes": {"Jeunes"},
	} {
		r := read(t, with("publics_specifiquement_adresses", cell))
		if diff := cmp.Diff(want, r.PublicsSpecifiquementAdresses); diff != "" {
			t.Errorf("%q: -want +got:\n%s", cell, diff)
		}
	}
}

// A RIDET has ten digits with its establishment; so has a phone, which begins
// with a zero.
func TestAPhoneIsNoPivot(t *testing.T) {
	for _, test := range []struct{ text, departement, want string }{
		{"05 65 72 29 19", "", ""}, {"0123456001", "988", "0123456001"}, {"1234567001", "", "1234567001"}, {"05 65 72 29 19", "12", ""},
	} {
		if got, _ := readPivot(test.text, test.departement); got != test.want {
			t.Errorf("%q in %q: %q, want %q", test.text, test.departement, got, test.want)
		}
	}
}

func TestHeader(t *testing.T) {
	schema, findings := ReadHeader([]string{"ID", "Nom du lieu", " Code Postal ", "Adresse", "commnue", "services", "services", "Horaire d’été", ""}, 3)
	var got []string
	for _, f := range findings {
		if f.Code == "column_missing" {
			continue
		}
		if f.Line != 3 {
			t.Errorf("line %d", f.Line)
		}
		got = append(got, f.Code+" "+f.Found+" → "+f.Made)
	}
	want := []string{"column_alias ID → id", "column_alias Nom du lieu → nom", "column_alias Code Postal → code_postal", "column_alias Adresse → adresse",
		"column_unknown commnue → ", "column_repeated services → ", "column_unknown Horaire d’été → "}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if !strings.Contains(findings[4].Message, "Vouliez-vous dire « commune » ?") {
		t.Error(findings[4].Message)
	}
	r := schema.Read([]string{"1", "A", "51100", "rue", "Reims", "", "x", "9h", "y", "z"}, 4, Context{})
	if diff := cmp.Diff(map[string]string{"id": "1", "nom": "A", "code_postal": "51100", "adresse": "rue", "commnue": "Reims", "services#7": "x", "Horaire d’été": "9h", "#9": "y", "#10": "z"}, r.Raw); diff != "" {
		t.Errorf("raw: -want +got:\n%s", diff)
	}
	if _, findings := ReadHeader([]string{"x", "y"}, 1); !slices.ContainsFunc(findings, func(f Finding) bool { return f.Code == "no_nom_column" }) ||
		!slices.ContainsFunc(findings, func(f Finding) bool { return f.Code == "no_place_columns" }) {
		t.Error("all faults are not told at once")
	}
}

// The standard's own example is valid, and puts Reims in Aix-en-Provence.
func TestExample(t *testing.T) {
	rows, err := csv.NewReader(strings.NewReader(string(shared(t, "standard/exemple-valide.csv")))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	schema, findings := ReadHeader(rows[0], 1)
	if len(findings) > 0 {
		t.Error(findings)
	}
	r := schema.Read(rows[1], 2, Context{Communes: france, Today: Date{2024, 6, 1}})
	if got := said(r); len(got) != 1 || !strings.HasPrefix(got[0], "position_far") {
		t.Errorf("%v", got)
	}
	var written []string
	for i := range Columns {
		written = append(written, Columns[i].Cell(&r.Place))
	}
	if diff := cmp.Diff(rows[1], written); diff != "" {
		t.Errorf("reading and writing changes it (-file +ours):\n%s", diff)
	}
}

// invariants hold of any record, whatever the cells were.
func invariants(t interface{ Errorf(string, ...any) }, r *Record) {
	for i := range Columns {
		c := &Columns[i]
		var values []string
		switch {
		case c.Text != nil:
			values = []string{*c.Text(&r.Place)}
		case c.List != nil:
			values = *c.List(&r.Place)
		}
		for j, v := range values {
			if !utf8.ValidString(v) || v != strings.TrimSpace(v) || strings.ContainsRune(v, 0) {
				t.Errorf("%s: %q is not clean", c.Name, v)
			}
			if c.List != nil && (v == "" || strings.Contains(v, "|") || slices.Contains(values[:j], v)) {
				t.Errorf("%s: %q in %q", c.Name, v, values)
			}
			if c.Vocabulary != nil && c.Vocabulary.Closed && !slices.Contains(c.Vocabulary.Values(), v) {
				t.Errorf("%s: %q is not of the vocabulary", c.Name, v)
			}
			if strings.HasPrefix(v, "=") {
				t.Errorf("%s: %q is a formula", c.Name, v)
			}
			if c.Kind == URL && v != "" && !strings.HasPrefix(v, "http://") && !strings.HasPrefix(v, "https://") {
				t.Errorf("%s: %q", c.Name, v)
			}
		}
	}
	if r.CodePostal != "" && !plausiblePostal(r.CodePostal) || r.CodeInsee != "" && !inseePattern.MatchString(r.CodeInsee) {
		t.Errorf("codes %q %q", r.CodePostal, r.CodeInsee)
	}
	if p := r.Telephone; p != "" && !shortNumber.MatchString(p) && !strings.HasPrefix(p, "+") {
		t.Errorf("telephone %q", p)
	}
	if p := r.Position; p.Known() {
		if _, err := NewPosition(p.Latitude(), p.Longitude()); err != nil {
			t.Errorf("position %v", p)
		}
	} else if r.Doubt != "" {
		t.Errorf("doubt without a position: %s", r.Doubt)
	}
	if d := r.DateMaj; d.Known() {
		if again, ok := ParseDate(d.String()); !ok || again != d || d.Year < firstYear {
			t.Errorf("date %v", d)
		}
	}
	if !r.Blocked() && (r.Nom == "" || r.Commune == "" && r.CodePostal == "" && r.CodeInsee == "" && r.Adresse == "" && !r.Position.Known()) {
		t.Errorf("kept without a name or a place: %+v", r.Place)
	}
	for _, f := range r.Findings {
		if f.Message == "" || strings.Contains(f.Message, "{") && !strings.Contains(f.Found+f.Made+r.Nom+r.Commune, "{") && f.Code != "horaires_unreadable" && f.Code != "code_insee_disagrees" {
			t.Errorf("%s: message %q", f.Code, f.Message)
		}
		if f.Line != r.Line {
			t.Errorf("%s: line %d", f.Code, f.Line)
		}
	}
}

// Reading what was written changes nothing and says nothing new.
func readAgain(t interface{ Errorf(string, ...any) }, r *Record) {
	headers, cells := make([]string, len(Columns)), make([]string, len(Columns))
	for i := range Columns {
		headers[i], cells[i] = Columns[i].Name, Columns[i].Cell(&r.Place)
	}
	schema, _ := ReadHeader(headers, 1)
	again := schema.Read(cells, 2, Context{Communes: france, Today: Date{2024, 6, 1}})
	want := r.Place
	if want.PublicsSpecifiquementAdresses == nil {
		want.PublicsSpecifiquementAdresses = []string{} // a file cannot say "unknown" here
	}
	if diff := cmp.Diff(want, again.Place, cmp.AllowUnexported(Position{})); diff != "" {
		t.Errorf("written and read again (-first +second):\n%s", diff)
	}
}

func FuzzRead(f *testing.F) {
	for i := range Columns {
		f.Add(uint8(i), Columns[i].Example, uint8(i+1), "é|;,/=\"<b>&amp;\x00\xff")
	}
	f.Add(uint8(8), "6906740.55", uint8(9), "775093.79")
	f.Add(uint8(11), "+33 (0)3 26 77 78 79 / 3949", uint8(13), "http://a.fr,http://b.fr|www.é.fr")
	f.Add(uint8(3), "51100 Reims CEDEX", uint8(4), "1000")
	f.Fuzz(func(t *testing.T, a uint8, x string, b uint8, y string) {
		names := append(slices.Clone(v0), func() (n []string) {
			for i := range Columns {
				n = append(n, Columns[i].Name)
			}
			return n
		}()...)
		for _, headers := range [][]string{nil, v0} {
			row := with(names[int(a)%len(names)], x, names[int(b)%len(names)], y)
			r := read(t, row, headers...)
			invariants(t, &r)
			if headers == nil && !r.Blocked() {
				readAgain(t, &r)
			}
		}
	})
}

func TestAnyCellsAreRead(t *testing.T) {
	piece := rapid.SampledFrom([]string{"Jeunes", "|", ";", ",", " et ", "/", "Gratuit", "é", "=", "\x00", "\xff", "http://x.fr", "www.", "@", "a@x.fr", "03 26 77 78 79", "2024-04-02", "12", ".", "0", "51100", "-", "\n", "&amp;", "<p>", "'", "’", "\u00a0", "Mo-Fr 09:00-12:00", "W131004321"})
	rapid.Check(t, func(t *rapid.T) {
		row := map[string]string{}
		for i := range Columns {
			row[Columns[i].Name] = strings.Join(rapid.SliceOfN(piece, 0, 4).Draw(t, Columns[i].Name), "")
		}
		headers := make([]string, len(Columns))
		cells := make([]string, len(Columns))
		for i := range Columns {
			headers[i], cells[i] = Columns[i].Name, row[Columns[i].Name]
		}
		schema, _ := ReadHeader(headers, 1)
		r := schema.Read(cells, 7, Context{Communes: france, Today: Date{2024, 6, 1}})
		invariants(t, &r)
		if !r.Blocked() {
			readAgain(t, &r)
		}
	})
}

func TestLambert93(t *testing.T) {
	// PROJ's answers for EPSG:4326 → EPSG:2154.
	for _, p := range [][4]float64{
		{48.8566, 2.3522, 652469.022709136, 6862035.25942008},
		{48.3904, -4.4861, 146632.978527516, 6836262.32665594},
		{42.7, 9.45, 1228546.04531601, 6199420.64397506},
		{48.5734, 7.7521, 1050362.69535793, 6840899.64718803},
		{43.4832, -1.5586, 331261.333208915, 6275547.91767711},
		{46.5, 3, 700000, 6600000},
		{51.0343, 2.3768, 656187.429349473, 7104461.77444896},
		{43.2965, 5.3698, 892390.221566368, 6247035.2568021},
		{48.45, -5.1, 102085.544831074, 6847330.34480313},
	} {
		lat, lon := lambert93(p[2], p[3])
		if d := sphereDistance(lat, lon, p[0], p[1]); d > 0.01 {
			t.Errorf("%v: %v, %v is %v m away", p, lat, lon, d)
		}
		if _, code := (coordinates{p[3], p[2], ""}).position(nil); code != "position_lambert93" {
			t.Errorf("%v in the other order: %s", p, code)
		}
	}
}

func TestBounds(t *testing.T) {
	for name, p := range map[string][2]float64{
		"Brest": {48.39, -4.49}, "Ouessant": {48.46, -5.1}, "Dunkerque": {51.03, 2.38}, "Bonifacio": {41.39, 9.16}, "Cap Corse": {43.0, 9.42}, "Lauterbourg": {48.97, 8.18},
		"Pointe-à-Pitre": {16.24, -61.54}, "La Désirade": {16.32, -61.05}, "Fort-de-France": {14.6, -61.07}, "Cayenne": {4.93, -52.33}, "Maripasoula": {3.64, -54.03}, "Camopi": {3.17, -52.33},
		"Saint-Denis": {-20.88, 55.45}, "Saint-Pierre": {46.78, -56.17}, "Miquelon": {47.1, -56.38}, "Mamoudzou": {-12.78, 45.23}, "Gustavia": {17.9, -62.85}, "Marigot": {18.07, -63.08},
		"Mata-Utu": {-13.28, -176.17}, "Futuna": {-14.28, -178.16}, "Papeete": {-17.54, -149.57}, "Mangareva": {-23.11, -134.97}, "Nuku Hiva": {-8.91, -140.1}, "Rapa": {-27.61, -144.33},
		"Nouméa": {-22.27, 166.46}, "Lifou": {-20.92, 167.26}, "Bélep": {-19.71, 163.65},
	} {
		if _, err := NewPosition(p[0], p[1]); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, p := range map[string][2]float64{
		"nowhere": {0, 0}, "London": {51.5, -0.12}, "Madrid": {40.4, -3.7}, "not a number": {math.NaN(), math.NaN()}, "infinity": {math.Inf(1), 2}, "Munich": {48.1, 11.6}, "Rome": {41.9, 12.5}, "Montréal": {45.5, -73.6},
	} {
		if _, err := NewPosition(p[0], p[1]); err == nil {
			t.Errorf("%s is in France", name)
		}
	}
	if p, _ := NewPosition(49.123456789, 4.1); p.Latitude() != 49.1234568 {
		t.Error(p)
	}
	if p, err := Anywhere(51.5, -0.12); err != nil || !p.Known() {
		t.Error(err)
	}
	if _, err := Anywhere(math.NaN(), 0); err == nil {
		t.Error("NaN is on Earth")
	}
}

func TestVocabularies(t *testing.T) {
	if n := len(typologies); n != 92 {
		t.Errorf("%d typologies", n)
	}
	for i := range Columns {
		v := Columns[i].Vocabulary
		if v == nil {
			continue
		}
		seen := map[string]bool{}
		for _, value := range v.Values() {
			for _, s := range []string{value, strings.ToUpper(value), strings.ToLower(value), " " + strings.ReplaceAll(value, " ", "\u00a0 "), strings.ReplaceAll(value, "'", "’"), v.Label(value)} {
				if got, ok := v.Find(s); v.Closed && (!ok || got != value) {
					t.Errorf("%s: %q is read %q, %v", Columns[i].Name, s, got, ok)
				}
			}
			if seen[Fold(value)] {
				t.Errorf("%s: %q twice", Columns[i].Name, value)
			}
			seen[Fold(value)] = true
		}
		for _, s := range []string{"", "x", "Gratuit sous", "sous condition", "le numérique"} {
			if got, ok := v.Find(s); ok {
				t.Errorf("%s: %q is read %q: never a part of a word", Columns[i].Name, s, got)
			}
		}
	}
	for s, want := range map[string]string{"Gratui": "Gratuit", "gratiut": "Gratuit", "Payants": "Payant", "Gratuit sous conditions": "Gratuit sous condition", "zzz": ""} {
		v, _ := VocabularyOf("frais_a_charge")
		if got, _ := v.Suggest(s); got != want {
			t.Errorf("Suggest(%q) = %q, want %q", s, got, want)
		}
	}
	if _, ok := VocabularyOf("nom"); ok {
		t.Error("nom has a vocabulary")
	}
	v, _ := VocabularyOf("typologie")
	if v.Label("BIB") != "bibliothèque ou médiathèque" || v.Label("ZZZ") != "ZZZ" {
		t.Error(v.Label("BIB"))
	}
}

// People's own names for a value are read where they can mean no other; a part
// of a name never is.
func TestNamesThatPeopleGive(t *testing.T) {
	for column, names := range map[string]map[string]string{
		"services":                        {"Aide aux démarches dématérialisées": "Aide aux démarches administratives", "ACCÈS AU WIFI": "Accès internet et matériel informatique", "Aide": "", "Numérique": ""},
		"publics_specifiquement_adresses": {"Sénior": "Seniors", "Jeune": "Jeunes", "Etudiant": "Étudiants", "Familles": "Familles et/ou enfants", "Demandeurs d’emploi": ""},
		"prise_en_charge_specifique":      {"Handicap moteur": "Handicaps moteurs", "Anglais": "Langues étrangères (anglais)", "Handicaps": "", "Langues étrangères": ""},
		"frais_a_charge":                  {"Accès gratuit": "Gratuit", "Gratuit sous conditions": "Gratuit sous condition", "PAYANTE": "Payant", "Gratuit : Je peux accéder gratuitement aux services du lieu": "Gratuit", "Gratuit le lundi": "", "Adhésion": ""},
		"dispositif_programmes_nationaux": {"France_Services": "France Services", "Conseiller numérique France Services": "Conseillers numériques", "Pix": "Certification PIX", "Croix-Rouge française": "La Croix Rouge", "France": "", "Point relais CAF": ""},
		"formations_labels":               {"Fabrique de territoire": "Fabriques de Territoire", "Sud Labs": "SUD LABS (PACA)", "Territoire": ""},
		"modalites_acces":                 {"Par téléphone": "Téléphoner", "Sur place": "Se présenter", "Prise de rendez-vous en ligne": "Prendre un RDV en ligne", "Sur rendez-vous": ""},
		"modalites_accompagnement":        {"En groupe": "Dans un atelier collectif", "Individuel": "Accompagnement individuel", "En visio": "À distance", "Accompagnement": ""},
		"itinerance":                      {"Oui": "Itinérant", "false": "Fixe", "Parfois": ""},
		"typologie":                       {"Médiathèque": "BIB", "Centre socio-culturel": "CSC", "mairie": "MUNI", "Maison France Services": "RFS", "Centre": ""},
	} {
		v, _ := VocabularyOf(column)
		for name, want := range names {
			if got, ok := v.Find(name); got != want || ok != (want != "") {
				t.Errorf("%s: %q is read %q, want %q", column, name, got, want)
			}
		}
	}
	r := read(t, with("itinerance", "Non", "services", "Wifi", "modalites_acces", "Téléphone|Mail"))
	if r.Itinerance[0] != "Fixe" || len(r.ModalitesAcces) != 2 || slices.Contains(said(r), "vocabulary_unknown Wifi → ") == false {
		t.Error(r.Itinerance, r.ModalitesAcces, said(r))
	}
}

// What the marks of a page meant is kept: lines, items, where a link leads.
func TestMarkupLeavesItsMeaning(t *testing.T) {
	for text, want := range map[string]string{
		"<p>Ateliers&nbsp;:</p><ul><li>lundi</li><li>mardi</li></ul>":        "Ateliers :\n- lundi\n- mardi",
		`Voir <a href="https://x.fr/a">notre page</a>.`:                      "Voir notre page (https://x.fr/a).",
		`<a href='https://x.fr/'>https://x.fr/</a>`:                          "https://x.fr/",
		`<a href="mailto:a@x.fr">écrire</a>`:                                 "écrire (a@x.fr)",
		"**Services**\n- Bureau\n[[https://x.fr/|Facebook]] [[http://y.fr]]": "Services\n- Bureau\nFacebook (https://x.fr/) http://y.fr",
		"[le site](https://x.fr)":                                            "le site (https://x.fr)",
		"QF < 900 & 3 * 2 ** 4":                                              "QF < 900 & 3 * 2 ** 4",
		"a\x0bb\x07c":                                                        "a bc",
		"<script>alert(1)</script>Bonjour":                                   "Bonjour",
	} {
		if r := read(t, with("presentation_detail", text)); r.PresentationDetail != want {
			t.Errorf("%q: %q, want %q (%v)", text, r.PresentationDetail, want, said(r))
		}
	}
	r := read(t, with("courriels", `<a href="mailto:a@x.fr">a@x.fr</a>`, "site_web", "https://x.fr/?a=1&amp;b=2", "telephone", "03 26 77 78 79<br>03 26 77 78 80"))
	if !slices.Equal(r.Courriels, []string{"a@x.fr"}) || !slices.Equal(r.SiteWeb, []string{"https://x.fr/?a=1&b=2"}) || r.Telephone != "+33326777879" {
		t.Error(r.Courriels, r.SiteWeb, r.Telephone, said(r))
	}
}

// Every finding says something of itself, in French that people can act on.
func TestExplanations(t *testing.T) {
	for code, e := range explanations {
		if e.title == "" || e.message == "" || e.severity == "" || strings.Contains(e.message, "'") {
			t.Errorf("%s: %+v", code, e)
		}
		f := NewFinding(code, "nom", 3, "FOUND", "MADE")
		if f.Code != code || f.Line != 3 || f.Severity != e.severity {
			t.Errorf("%+v", f)
		}
	}
}

func TestCSVIsReadByOthers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var p Place
		text := rapid.StringMatching(`[a-zé ,;"|\n+=@-]{0,12}`)
		var want []string
		for i := range Columns {
			if c := &Columns[i]; c.Text != nil {
				*c.Text(&p) = text.Draw(t, c.Name)
			}
		}
		for i := range Columns {
			want = append(want, Columns[i].Cell(&p))
		}
		rows, err := csv.NewReader(strings.NewReader(string(AppendCSV(AppendCSVHeader(nil), &p)))).ReadAll()
		if err != nil || len(rows) != 2 {
			t.Fatalf("%v, %d rows", err, len(rows))
		}
		if diff := cmp.Diff(want, rows[1]); diff != "" {
			t.Fatal(diff)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	headers, cells := make([]string, len(Columns)), make([]string, len(Columns))
	for i := range Columns {
		headers[i], cells[i] = Columns[i].Name, Columns[i].Example
	}
	schema, _ := ReadHeader(headers, 1)
	b.ReportAllocs()
	for b.Loop() {
		schema.Read(cells, 2, Context{Communes: france, Today: Date{2024, 6, 1}})
	}
}
