package census

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mednum/internal/mapping"
	"mednum/internal/place"
	"mednum/internal/sheet"
)

const theirMapping = `correspondance: 1
lignes:
  - colonne: Affichage
    garder: [oui]
    raison: le lieu n’est plus affiché
champs:
  id: {colonne: Code}
  nom: {colonne: Structure}
  adresse: {colonne: Voie}
  code_postal: {colonne: CP}
  commune: {colonne: Ville}
  telephone: {colonne: Tél.}
  courriels: {colonne: Mél}
position: {latitude: Y, longitude: X}
defauts:
  frais_a_charge: Gratuit
`

const theirFile = `Lieux du territoire;;;;;;;;;
Code;Structure;Voie;CP;Ville;Tél.;Mél;X;Y;Affichage
a;Médiathèque;1 rue de Vesle;51100;Reims;0326777879;pas une adresse;4,03;49,25;oui
b;Fermé;2 rue de Vesle;51100;Reims;;;;;non
c;Centre social;3 rue de Vesle;51100;Reims;;;;;oui
d;Loin;4 rue de Vesle;51100;Reims;;;5,24;46,2;oui
e;;5 rue de Vesle;51100;Reims;;;;;oui
Code;Structure;Voie;CP;Ville;Tél.;Mél;X;Y;Affichage
Total;5;;;;;;;;
`

func theirs(t testing.TB) *mapping.Mapping {
	t.Helper()
	m, err := mapping.Parse([]byte(theirMapping))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// gazette is a Geocoder that knows what it is told.
type gazette struct {
	found map[string]place.Located
	fail  error
	asked []string
}

func (g *gazette) Locate(_ context.Context, addresses []place.Address) ([]place.Located, error) {
	if g.fail != nil {
		g.asked = append(g.asked, "…")
		return nil, g.fail
	}
	out := make([]place.Located, len(addresses))
	for i, a := range addresses {
		g.asked = append(g.asked, a.Adresse)
		out[i] = g.found[a.Adresse]
	}
	return out, nil
}

func at(t testing.TB, latitude, longitude float64) place.Position {
	t.Helper()
	p, err := place.NewPosition(latitude, longitude)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Their file goes in under a mapping: what it says of each row names their own
// columns, the rows that are left out are counted with their reasons, and the
// record keeps their cells.
func TestAFileInItsOwnWords(t *testing.T) {
	var s list
	report, err := Import(context.Background(), Options{Source: "essai", Name: "leurs lieux.csv", Reader: strings.NewReader(theirFile), Today: today, Mapping: theirs(t)}, &s, champagne())
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "theirs.txt", report.Text())
	text, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "theirs.json", string(text)+"\n")
	if len(s.records) != 4 {
		t.Fatalf("%d records", len(s.records))
	}
	first := s.records[0]
	want := map[string]string{"Code": "a", "Structure": "Médiathèque", "Voie": "1 rue de Vesle", "CP": "51100", "Ville": "Reims", "Tél.": "0326777879", "Mél": "pas une adresse", "X": "4,03", "Y": "49,25", "Affichage": "oui"}
	if diff := cmp.Diff(want, first.Raw); diff != "" {
		t.Error(diff)
	}
	if first.Line != 3 || first.Key != "a" || !slices.Equal(first.Defaults, []string{"frais_a_charge"}) || !slices.Equal(first.FraisACharge, []string{"Gratuit"}) {
		t.Errorf("%+v", first)
	}
	if !slices.Contains(first.Absent, "services") || slices.Contains(first.Absent, "telephone") || first.PublicsSpecifiquementAdresses != nil {
		t.Errorf("absent: %v, publics: %v", first.Absent, first.PublicsSpecifiquementAdresses)
	}
	for _, f := range first.Findings {
		if f.Field == "courriels" && (f.Column != "Mél" || f.Line != 3) {
			t.Errorf("%+v", f)
		}
	}
}

// What the mapping says to be about a person stays in the file.
func TestWhatIsAboutAPersonIsNotKept(t *testing.T) {
	m, err := mapping.Parse([]byte("correspondance: 1\nchamps: {nom: {colonne: Nom}, commune: {colonne: Ville}}\nprivees: [Référent]"))
	if err != nil {
		t.Fatal(err)
	}
	var s list
	report, err := Import(context.Background(), Options{Source: "essai", Reader: strings.NewReader("Nom;Ville;Référent\nMédiathèque;Reims;Jeanne Martin\n"), Today: today, Mapping: m}, &s, champagne())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"Nom": "Médiathèque", "Ville": "Reims"}, s.records[0].Raw); diff != "" || strings.Contains(report.Text(), "Martin") {
		t.Error(diff, report.Text())
	}
}

func TestAMappingThatDoesNotFit(t *testing.T) {
	for name, file := range map[string]string{
		"other columns": "a;b;c\n1;2;3\n4;5;6\n",
		"no name":       "Code;Voie;CP;Ville;Affichage\n1;2;51100;Reims;oui\n",
	} {
		report, err := Import(context.Background(), Options{Reader: strings.NewReader(file), Today: today, Mapping: theirs(t)}, &list{}, champagne())
		var fault *sheet.FileError
		if !errors.As(err, &fault) || !strings.Contains(report.Fault, "Structure") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// An address gives a position where there is none, replaces one that is not in
// its commune only when it is sure, and overwrites no other.
func TestAddressesAreLocated(t *testing.T) {
	number := func(latitude, longitude, score float64) place.Located {
		return place.Located{Position: at(t, latitude, longitude), Precision: place.AtNumber, Score: score, Label: "là 51100 Reims", CodeInsee: "51454"}
	}
	street := number(49.26, 4.04, 0.9)
	street.Precision = place.AtStreet
	commune := number(49.26, 4.04, 0.9)
	commune.Precision = place.AtCommune
	for name, test := range map[string]struct {
		row     string // id, adresse, latitude, longitude
		answer  place.Located
		want    string
		finding string
	}{
		"none given":          {"1,rue,,", number(49.26, 4.04, 0.7), "49.26, 4.04 adresse", "position_geocoded"},
		"the street":          {"1,rue,,", street, "49.26, 4.04 voie", "position_geocoded"},
		"only the commune":    {"1,rue,,", commune, "? commune 49.2578, 4.0319", ""},
		"nothing good":        {"1,rue,,", place.Located{}, "? commune 49.2578, 4.0319", ""},
		"in another commune":  {"1,rue,,", number(46.2, 5.24, 0.95), "? commune 49.2578, 4.0319", ""},
		"no address":          {"1,,,", number(49.26, 4.04, 0.9), "? commune 49.2578, 4.0319", ""},
		"a plausible one":     {"1,rue,49.25,4.02", number(49.26, 4.04, 0.99), "49.25, 4.02 donnee", ""},
		"a doubtful one":      {"1,rue,46.2,5.24", number(49.26, 4.04, 0.9), "49.26, 4.04 adresse", "position_replaced"},
		"doubtful, not sure":  {"1,rue,46.2,5.24", number(49.26, 4.04, 0.79), "46.2, 5.24 donnee douteux", ""},
		"doubtful, a street":  {"1,rue,46.2,5.24", street, "46.2, 5.24 donnee douteux", ""},
		"doubtful, elsewhere": {"1,rue,46.2,5.24", number(49.312, 4.04, 0.9), "46.2, 5.24 donnee douteux", ""},
	} {
		g := &gazette{found: map[string]place.Located{"rue": test.answer}}
		file := "id,adresse,latitude,longitude,nom,commune,code_postal\n" + test.row + ",A,Reims,51100\n"
		var s list
		report, err := Import(context.Background(), Options{Reader: strings.NewReader(file), Today: today, Geocoder: g}, &s, champagne())
		if err != nil || len(s.records) != 1 {
			t.Errorf("%s: %v, %d records", name, err, len(s.records))
			continue
		}
		r := &s.records[0]
		got := "?"
		if r.Position.Known() {
			got = say(r.Position)
		}
		got += " " + string(r.Precision)
		if !r.Position.Known() && r.Approximate.Known() {
			got = "? commune " + say(r.Approximate)
		}
		if r.Doubt != "" {
			got += " douteux"
		}
		code := ""
		for _, f := range r.Findings {
			if strings.HasPrefix(f.Code, "position_geocoded") || strings.HasPrefix(f.Code, "position_replaced") {
				code = f.Code
			}
		}
		if got != test.want || code != test.finding {
			t.Errorf("%s: %s (%s), want %s (%s)", name, got, code, test.want, test.finding)
		}
		if wanted := strings.HasSuffix(test.want, "adresse") || strings.HasSuffix(test.want, "voie"); (report.Geocoded == 1) != wanted {
			t.Errorf("%s: %d geocoded", name, report.Geocoded)
		}
	}
}

// A service that fails costs no row, is left alone, and is told once.
func TestAGeocoderThatFails(t *testing.T) {
	var file strings.Builder
	file.WriteString("id,nom,commune,code_postal,adresse\n")
	for i := range 5 * batchSize {
		fmt.Fprintf(&file, "%d,A,Reims,51100,%d rue\n", i, i)
	}
	g := &gazette{fail: errors.New("down")}
	report, err := Import(context.Background(), Options{Reader: strings.NewReader(file.String()), Today: today, Geocoder: g}, &list{}, champagne())
	if err != nil || report.Kept != 5*batchSize {
		t.Fatalf("%v, %d kept", err, report.Kept)
	}
	if len(g.asked) != toleratedFailures || len(report.Notes) != 1 || !strings.Contains(report.Notes[0], "2\u202f500 lieux") {
		t.Errorf("asked %d times: %q", len(g.asked), report.Notes)
	}
}

// Whatever the file is saved as, a mapping reads the same places.
func TestAJSONUnderAMapping(t *testing.T) {
	file := `{"total": 2, "results": [
{"Code": "a", "Structure": "Médiathèque", "Voie": "1 rue de Vesle", "CP": 51100, "Ville": "Reims", "Tél.": null, "Mél": "", "X": 4.03, "Y": 49.25, "Affichage": true},
{"Code": "b", "Structure": "Fermé", "CP": 51100, "Ville": "Reims", "Affichage": false}]}`
	var s list
	report, err := Import(context.Background(), Options{Reader: bytes.NewReader([]byte(file)), Today: today, Mapping: theirs(t)}, &s, champagne())
	if err != nil || len(s.records) != 1 || s.records[0].CodePostal != "51100" || !s.records[0].Position.Known() || report.Left[0].Lines != "2" {
		t.Errorf("%v, %+v, %+v", err, s.records, report.Left)
	}
}
