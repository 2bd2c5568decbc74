package mapping_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"pgregory.net/rapid"

	"mednum/internal/mapping"
	"mednum/internal/place"
	"mednum/internal/sheet"
)

// few are the communes of the made-up files.
type few struct{}

var fewCommunes = []place.Commune{
	{Code: "51454", Nom: "Reims", Departement: "51", CodesPostaux: []string{"51100"}, Latitude: 49.2535, Longitude: 4.0551, HasPoint: true},
	{Code: "33063", Nom: "Bordeaux", Departement: "33", CodesPostaux: []string{"33000", "33100", "33200"}, Latitude: 44.8624, Longitude: -0.5848, HasPoint: true},
	{Code: "01053", Nom: "Bourg-en-Bresse", Departement: "01", CodesPostaux: []string{"01000"}, Latitude: 46.2052, Longitude: 5.2460, HasPoint: true},
	{Code: "29019", Nom: "Brest", Departement: "29", CodesPostaux: []string{"29200"}, Latitude: 48.4001, Longitude: -4.5023, HasPoint: true},
	{Code: "49007", Nom: "Angers", Departement: "49", CodesPostaux: []string{"49000", "49100"}, Latitude: 47.4819, Longitude: -0.5629, HasPoint: true},
	{Code: "97411", Nom: "Saint-Denis", Departement: "974", CodesPostaux: []string{"97400"}, Latitude: -20.9329, Longitude: 55.4472, HasPoint: true},
}

func (few) Commune(code string) (place.Commune, bool) {
	for _, c := range fewCommunes {
		if c.Code == code {
			return c, true
		}
	}
	return place.Commune{}, false
}

func (few) Resolve(nom, postal string) (place.Commune, bool) {
	for _, c := range fewCommunes {
		if strings.EqualFold(strings.ReplaceAll(place.Fold(c.Nom), "-", " "), strings.ReplaceAll(place.Fold(nom), "-", " ")) && slices.Contains(c.CodesPostaux, postal) {
			return c, true
		}
	}
	return place.Commune{}, false
}

// read opens a file as an import does, proposes, and reads its rows through the
// proposal, written out and parsed again.
func read(t *testing.T, file []byte, name string) (mapping.Suggestion, []place.Record, int) {
	t.Helper()
	f, err := sheet.Open(bytes.NewReader(file), name, sheet.Options{})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	defer f.Close()
	var rows [][]string
	for {
		r, err := f.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, slices.Clone(r.Cells))
	}
	s := mapping.Suggest(f.Columns, rows, few{})
	if len(s.Reasons) != len(f.Columns) {
		t.Errorf("%s: %d reasons for %d columns", name, len(s.Reasons), len(f.Columns))
	}
	m, err := mapping.Parse(s.Mapping.YAML())
	if err != nil {
		t.Fatalf("%s: what is proposed is not a mapping: %v\n%s", name, err, s.Mapping.YAML())
	}
	mapper, err := mapping.Compile(m, f.Columns)
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, s.Mapping.YAML())
	}
	if len(mapper.Faults()) > 0 {
		t.Errorf("%s: %v", name, mapper.Faults())
	}
	mapper.Communes = few{}
	headers := make([]string, len(place.Columns))
	for i := range headers {
		headers[i] = place.Columns[i].Name
	}
	schema, _ := place.ReadHeader(headers, 1)
	var records []place.Record
	left := 0
	for i, cells := range rows {
		out := mapper.Row(cells)
		if out.Left != "" {
			left++
			continue
		}
		records = append(records, schema.Read(out.Cells, i+2, place.Context{Communes: few{}}))
	}
	return s, records, left
}

func csvOf(separator string, rows [][]string) []byte {
	var b bytes.Buffer
	for _, r := range rows {
		for i, c := range r {
			if i > 0 {
				b.WriteString(separator)
			}
			if strings.ContainsAny(c, "\"\n"+separator) {
				c = `"` + strings.ReplaceAll(c, `"`, `""`) + `"`
			}
			b.WriteString(c)
		}
		b.WriteString("\r\n")
	}
	return b.Bytes()
}

// xlsxOf writes a workbook of one sheet, its texts inline.
func xlsxOf(t *testing.T, rows [][]string, merged ...string) []byte {
	t.Helper()
	var s strings.Builder
	s.WriteString(`<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>`)
	for i, r := range rows {
		fmt.Fprintf(&s, `<row r="%d">`, i+1)
		for j, c := range r {
			if c != "" {
				fmt.Fprintf(&s, `<c r="%c%d" t="inlineStr"><is><t>%s</t></is></c>`, 'A'+j, i+1, html.EscapeString(c))
			}
		}
		s.WriteString(`</row>`)
	}
	s.WriteString(`</sheetData>`)
	if len(merged) > 0 {
		fmt.Fprintf(&s, `<mergeCells count="%d">`, len(merged))
		for _, m := range merged {
			fmt.Fprintf(&s, `<mergeCell ref="%s"/>`, m)
		}
		s.WriteString(`</mergeCells>`)
	}
	s.WriteString(`</worksheet>`)
	return zipOf(t, [][2]string{
		{"[Content_Types].xml", `<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>`},
		{"_rels/.rels", `<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/workbook.xml", `<?xml version="1.0" encoding="UTF-8"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Lieux" sheetId="1" r:id="rId1"/></sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", `<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`},
		{"xl/worksheets/sheet1.xml", s.String()},
	})
}

// odsOf writes an OpenDocument table.
func odsOf(t *testing.T, rows [][]string) []byte {
	t.Helper()
	var s strings.Builder
	s.WriteString(`<?xml version="1.0" encoding="UTF-8"?><office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2"><office:body><office:spreadsheet><table:table table:name="Lieux">`)
	for _, r := range rows {
		s.WriteString(`<table:table-row>`)
		for _, c := range r {
			if c == "" {
				s.WriteString(`<table:table-cell/>`)
				continue
			}
			fmt.Fprintf(&s, `<table:table-cell office:value-type="string"><text:p>%s</text:p></table:table-cell>`, html.EscapeString(c))
		}
		s.WriteString(`</table:table-row>`)
	}
	s.WriteString(`</table:table></office:spreadsheet></office:body></office:document-content>`)
	return zipOf(t, [][2]string{{"mimetype", "application/vnd.oasis.opendocument.spreadsheet"}, {"content.xml", s.String()}})
}

func zipOf(t *testing.T, parts [][2]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, p := range parts {
		method := zip.Deflate
		if p[0] == "mimetype" {
			method = zip.Store
		}
		w, err := z.CreateHeader(&zip.FileHeader{Name: p[0], Method: method})
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(w, p[1])
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Files of kinds that nobody mapped by hand: each goes in through its proposal
// alone. want is what its first place says.
func TestProposalsCarryUnseenFiles(t *testing.T) {
	tests := []struct {
		name, kind string
		file       func(t *testing.T) []byte
		kept, left int
		want       map[string]string
		never      []string // words that no field may hold
	}{
		{
			name: "a département's workbook, titles above, merged headers", kind: "lieux.xlsx",
			file: func(t *testing.T) []byte {
				return xlsxOf(t, [][]string{
					{"Recensement départemental de l’inclusion numérique"},
					{"Mise à jour : printemps"},
					{},
					{"Identification", "", "Localisation", "", "", "Contact", "", "Offre"},
					{"Nom de la structure", "Type", "Adresse", "CP", "Ville", "Tél.", "Référent", "Aide aux démarches"},
					{"Médiathèque du Port", "Médiathèque", "3 quai de la Douane", "29200", "BREST", "02 98 00 00 01", "Anne Le Goff", "X"},
					{"Mairie annexe", "Mairie", "12 rue Jean Jaurès", "29200", "BREST", "02.98.00.00.02", "Yann Kerbrat", ""},
					{"Maison de quartier de Bellevue", "Maison de quartier", "1 rue du Quercy", "29200", "Brest", "0298000003", "Soizic Madec", "x"},
					{"Point info", "Point info", "8 rue de Siam", "29200", "Brest", "298000004", "Marc Abgrall", "X"},
				}, "A1:H1", "A4:B4", "C4:E4", "F4:G4")
			},
			kept:  4,
			want:  map[string]string{"nom": "Médiathèque du Port", "typologie": "BIB", "adresse": "3 quai de la Douane", "code_postal": "29200", "commune": "BREST", "telephone": "+33298000001", "services": "Aide aux démarches administratives"},
			never: []string{"Le Goff", "Kerbrat"},
		},
		{
			name: "the answers to an online form", kind: "reponses.csv",
			file: func(*testing.T) []byte {
				rows := [][]string{{"Horodateur", "Quel est le nom de votre structure ?", "Quelle est l'adresse de la structure ?", "Code postal", "Dans quelle commune ?", "Quels services proposez-vous ? (plusieurs réponses possibles)", "Quel est le numéro de téléphone de la structure ?", "Adresse e-mail de la structure", "Nom et prénom de la personne qui répond", "Quels sont vos horaires d'ouverture ?", "L'accès est-il gratuit ?"}}
				for i, name := range []string{"Espace numérique des Halles", "Cyberbase Saint-Remi", "Centre social Les Lilas", "Association Clavier libre"} {
					rows = append(rows, []string{fmt.Sprintf("%02d/03/2024 10:11:12", i+4), name, fmt.Sprintf("%d rue de Vesle", i+1), "51100", "Reims", "Aide aux démarches administratives, Accès internet, Initiation à l'informatique", fmt.Sprintf("03 26 00 00 0%d", i), fmt.Sprintf("accueil%d@exemple.fr", i), "Camille Martin", "Du lundi au vendredi de 9h à 12h et de 14h à 17h", "Gratuit"})
				}
				return csvOf(",", rows)
			},
			kept: 4,
			want: map[string]string{"nom": "Espace numérique des Halles", "adresse": "1 rue de Vesle", "code_postal": "51100", "commune": "Reims", "date_maj": "2024-03-04", "telephone": "+33326000000", "courriels": "accueil0@exemple.fr",
				"services": "Aide aux démarches administratives|Accès internet et matériel informatique|Maîtrise des outils numériques du quotidien", "horaires": "Mo-Fr 09:00-12:00,14:00-17:00", "frais_a_charge": "Gratuit"},
			never: []string{"Camille"},
		},
		{
			name: "an online base's export", kind: "Grid view.csv",
			file: func(*testing.T) []byte {
				rows := [][]string{{"\ufeffName", "Record ID", "Adresse complète", "Coordonnées GPS", "Catégories", "Publics", "Email", "Site web", "Publié", "Notes internes"}}
				for i, name := range []string{"Le Tiers-lieu des Bassins", "La Recyclerie", "L’Atelier", "Le Hangar", "La Fabrique", "Vieux local"} {
					published := "checked"
					if i == 5 {
						published = "non"
					}
					rows = append(rows, []string{name, fmt.Sprintf("rec%014d", i*7919), fmt.Sprintf("%d cours du Médoc, 33000 Bordeaux", 10+i), fmt.Sprintf("44.8%d21, -0.57%d4", i+5, i), "Tiers-lieu, Association", "Jeunes, Seniors, Demandeurs d'emploi", fmt.Sprintf("lieu%d@exemple.org", i), fmt.Sprintf("www.lieu%d.exemple.org", i), published, "à rappeler, ne pas diffuser"})
				}
				return csvOf(",", rows)
			},
			kept: 5, left: 1,
			want:  map[string]string{"id": "rec00000000000000", "nom": "Le Tiers-lieu des Bassins", "adresse": "10 cours du Médoc", "code_postal": "33000", "commune": "Bordeaux", "latitude": "44.8521", "longitude": "-0.5704", "typologie": "TIERS_LIEUX|ASSO", "publics_specifiquement_adresses": "Jeunes|Seniors", "courriels": "lieu0@exemple.org", "site_web": "http://www.lieu0.exemple.org"},
			never: []string{"ne pas diffuser"},
		},
		{
			name: "a commune's OpenDocument table", kind: "lieux.ods",
			file: func(t *testing.T) []byte {
				return odsOf(t, [][]string{
					{"LIEU", "VOIE", "N°", "CODE POSTAL", "COMMUNE", "TELEPHONE FIXE", "FAX", "SITE INTERNET", "TARIF", "ACCOMPAGNEMENT"},
					{"Bibliothèque Laurent", "rue Laurent Bonnevay", "4", "01000", "Bourg-en-Bresse", "04 74 00 00 01", "04 74 00 00 99", "https://exemple.fr/a", "gratuit", "individuel"},
					{"Maison des habitants", "place des Lices", "", "01000", "Bourg-en-Bresse", "04 74 00 00 02", "04 74 00 00 98", "https://exemple.fr/b", "payant", "collectif"},
					{"Espace public numérique", "avenue Alsace-Lorraine", "18", "01000", "Bourg-en-Bresse", "04 74 00 00 03", "", "https://exemple.fr/c", "gratuit", "individuel et collectif"},
				})
			},
			kept:  3,
			want:  map[string]string{"nom": "Bibliothèque Laurent", "adresse": "4 rue Laurent Bonnevay", "code_postal": "01000", "telephone": "+33474000001", "site_web": "https://exemple.fr/a", "frais_a_charge": "Gratuit", "modalites_accompagnement": "Accompagnement individuel"},
			never: []string{"33474000099"},
		},
		{
			name: "an open data portal's records", kind: "export.json",
			file: func(t *testing.T) []byte {
				var records []any
				for i, name := range []string{"Médiathèque Toussaint", "Espace Daviers", "Centre Jean Vilar"} {
					records = append(records, map[string]any{"datasetid": "lieux", "recordid": fmt.Sprintf("%08x", i*99991+5), "record_timestamp": "2023-05-04T10:00:00Z", "fields": map[string]any{
						"nom_du_lieu": name, "adresse_postale": fmt.Sprintf("%d rue Toussaint", i+1), "code_postal": 49000 + i*0, "commune": "Angers", "geo_point_2d": []any{47.47 + float64(i)/1000, -0.55 - float64(i)/1000},
						"horaires_lundi": "Fermé", "horaires_mardi": "10h-18h", "horaires_mercredi": "10h-12h30 / 13h30-18h", "services": []any{"Accès à internet", "Aide aux démarches administratives"}, "date_de_mise_a_jour": "2023-05-04"}})
				}
				text, err := json.Marshal(map[string]any{"nhits": 3, "records": records})
				if err != nil {
					t.Fatal(err)
				}
				return text
			},
			kept: 3,
			want: map[string]string{"nom": "Médiathèque Toussaint", "adresse": "1 rue Toussaint", "code_postal": "49000", "commune": "Angers", "latitude": "47.47", "longitude": "-0.55", "date_maj": "2023-05-04", "services": "Accès internet et matériel informatique|Aide aux démarches administratives", "horaires": "Mo off; Tu 10:00-18:00; We 10:00-12:30,13:30-18:00"},
		},
		{
			name: "Windows-1252, semicolons, decimal commas, lost zeros", kind: "lieux.csv",
			file: func(t *testing.T) []byte {
				rows := [][]string{{"Dénomination", "N° SIRET", "Adresse", "Complément d'adresse", "Code postal", "Code INSEE", "Localité", "Latitude (Y)", "Longitude (X)", "Téléphone", "Observations"}}
				for i, name := range []string{"Médiathèque Élisabeth et Roger Vailland", "Point numérique de l’Hôtel de ville", "Centre social Pôle Amédée Mercier"} {
					rows = append(rows, []string{name, []string{"43493312300029", "21010053400017", ""}[i], fmt.Sprintf("%d place Bernard", i+1), "Bât. B", "1000", "1053", "Bourg-en-Bresse", fmt.Sprintf("46,20%d1", i), fmt.Sprintf("5,22%d7", i), fmt.Sprintf("47400001%d", i), "Accueil sans rendez-vous à l’étage"})
				}
				out, err := charmap.Windows1252.NewEncoder().Bytes(csvOf(";", rows))
				if err != nil {
					t.Fatal(err)
				}
				return out
			},
			kept: 3,
			want: map[string]string{"nom": "Médiathèque Élisabeth et Roger Vailland", "pivot": "43493312300029", "adresse": "1 place Bernard", "complement_adresse": "Bât. B", "code_postal": "01000", "code_insee": "01053", "latitude": "46.2001", "longitude": "5.2207", "telephone": "+33474000010", "presentation_resume": "Accueil sans rendez-vous à l’étage"},
		},
		{
			name: "a name and a whole address, nothing else", kind: "liste.csv",
			file: func(*testing.T) []byte {
				return csvOf("\t", [][]string{
					{"Où ?", "Adresse"},
					{"Le Kiosque citoyen", "5 rue Fondaudège, 33000 BORDEAUX"},
					{"Mairie de quartier", "12 bis place Gambetta - 33100 Bordeaux"},
					{"Espace Caudéran", "130 avenue Louis Barthou 33200 BORDEAUX CEDEX"},
				})
			},
			kept: 3,
			want: map[string]string{"nom": "Le Kiosque citoyen", "adresse": "5 rue Fondaudège", "code_postal": "33000", "commune": "BORDEAUX"},
		},
		{
			name: "metres in Lambert-93, inactive rows", kind: "sig.csv",
			file: func(*testing.T) []byte {
				return csvOf(";", [][]string{
					{"OBJECTID", "NOM", "ADRESSE", "CODPOST", "NOM_COM", "X_L93", "Y_L93", "ETAT"},
					{"11", "Bibliothèque des Justices", "1 place des Justices", "49000", "Angers", "433350,25", "6712960,5", "Ouvert"},
					{"12", "Relais Belle-Beille", "2 rue Eugénie Mansion", "49000", "Angers", "430210,75", "6713900,1", "Ouvert"},
					{"15", "Ancienne cyberbase", "3 boulevard Foch", "49100", "Angers", "432800,00", "6714000,0", "Inactif"},
					{"19", "Maison de quartier Saint-Nicolas", "4 rue de la Barre", "49000", "Angers", "431500,5", "6714500,5", "Ouvert"},
				})
			},
			kept: 3, left: 1,
			want: map[string]string{"id": "11", "nom": "Bibliothèque des Justices", "commune": "Angers", "near": "47.47 -0.53"},
		},
		{
			name: "latitude and longitude under each other's header", kind: "lieux.csv",
			file: func(*testing.T) []byte {
				return csvOf(",", [][]string{
					{"nom du lieu", "ville", "cp", "latitude", "longitude"},
					{"Médiathèque du Moufia", "Saint-Denis", "97400", "55.4900", "-20.9210"},
					{"Case numérique", "Saint-Denis", "97400", "55.4480", "-20.8830"},
					{"Espace Reydellet", "Saint-Denis", "97400", "55.4530", "-20.8850"},
				})
			},
			kept: 3,
			want: map[string]string{"nom": "Médiathèque du Moufia", "latitude": "-20.921", "longitude": "55.49"},
		},
		{
			name: "a column a bound of each half-day", kind: "horaires.csv",
			file: func(*testing.T) []byte {
				header := []string{"Libellé", "Commune", "Code postal"}
				for _, d := range []string{"Lundi", "Mardi", "Mercredi"} {
					header = append(header, d+" matin ouverture", d+" matin fermeture", d+" après-midi ouverture", d+" après-midi fermeture")
				}
				rows := [][]string{header}
				for _, n := range []string{"Accueil A", "Accueil B", "Accueil C"} {
					rows = append(rows, []string{n, "Reims", "51100", "09:00", "12:00", "14:00", "17:00", "9h00", "12h30", "", "", "", "", "13:30", "18:00"})
				}
				return csvOf(",", rows)
			},
			kept: 3,
			want: map[string]string{"nom": "Accueil A", "horaires": "Mo 09:00-12:00,14:00-17:00; Tu 09:00-12:30; We 13:30-18:00"},
		},
		{
			name: "a v0 file whose headers were renamed", kind: "v0.csv",
			file: func(*testing.T) []byte {
				return csvOf(";", [][]string{
					{"Identifiant", "SIRET", "Nom du lieu de médiation", "Adresse postale", "CP", "Ville", "Courriel de contact", "Services proposés", "Publics accueillis", "Conditions d'accès", "Labels nationaux", "Modalités d'accompagnement", "Dernière modification le"},
					{"a1", "43493312300029", "Anonyme", "1 rue A", "51100", "Reims", "a@exemple.fr", "Devenir autonome dans les démarches administratives|Accéder à du matériel", "Jeunes (16-26 ans)|Surdité", "Gratuit : Je peux accéder gratuitement au lieu et à ses services", "France Services|CNFS", "Seul : j'ai accès à du matériel et une connexion", "02/04/2024"},
					{"a2", "", "Autre lieu", "2 rue B", "51100", "Reims", "b@exemple.fr", "Accéder à une connexion internet", "Seniors (+ 65 ans)", "Payant : L'accès au lieu et/ou à ses services est payant", "CNFS", "Avec de l'aide : je suis accompagné seul dans l'usage du numérique", "03/04/2024"},
					{"a3", "", "Encore un", "3 rue C", "51100", "Reims", "c@exemple.fr", "Créer avec le numérique", "Uniquement femmes", "Gratuit : Je peux accéder gratuitement au lieu et à ses services", "", "Seul : j'ai accès à du matériel et une connexion", "04/04/2024"},
				})
			},
			kept: 3,
			want: map[string]string{"id": "a1", "pivot": "43493312300029", "nom": "Anonyme", "courriels": "a@exemple.fr", "services": "Aide aux démarches administratives|Accès internet et matériel informatique", "publics_specifiquement_adresses": "Jeunes", "prise_en_charge_specifique": "Surdité",
				"frais_a_charge": "Gratuit", "dispositif_programmes_nationaux": "France Services|Conseillers numériques", "modalites_accompagnement": "En autonomie", "date_maj": "2024-04-02"},
		},
		{
			name: "headers that say nothing", kind: "sans-titres.csv",
			file: func(*testing.T) []byte {
				rows := [][]string{{"A", "B", "C", "D", "E", "F"}}
				for i := range 6 {
					rows = append(rows, []string{fmt.Sprintf("Médiathèque %c", 'P'+i), fmt.Sprintf("%d rue de Vesle", i+1), "51100", "Reims", fmt.Sprintf("03 26 11 11 %02d", i), fmt.Sprintf("contact%d@exemple.fr", i)})
				}
				return csvOf(",", rows)
			},
			kept: 6,
			want: map[string]string{"nom": "Médiathèque P", "adresse": "1 rue de Vesle", "code_postal": "51100", "commune": "Reims", "telephone": "+33326111100", "courriels": "contact0@exemple.fr"},
		},
		{
			name: "who works there beside where", kind: "permanences.csv",
			file: func(*testing.T) []byte {
				rows := [][]string{{"Nom de la structure", "Adresse de la structure", "Nom du lieu de permanence", "Adresse de la permanence", "Code postal de la permanence", "Commune de la permanence", "Conseiller", "Email professionnel du conseiller", "France Services (oui/non)", "Accès Wifi (o/n)"}}
				for i := range 4 {
					rows = append(rows, []string{"Département", "2 place Carnot 51000 Châlons", fmt.Sprintf("Permanence %c", 'A'+i), fmt.Sprintf("%d place d’Erlon", i+1), "51100", "Reims", "Jean Petit", "jean.petit@exemple.fr", "oui", "non"})
				}
				return csvOf(",", rows)
			},
			kept:  4,
			want:  map[string]string{"nom": "Permanence A", "structure_parente": "Département", "adresse": "1 place d’Erlon", "commune": "Reims", "courriels": "", "dispositif_programmes_nationaux": "France Services", "modalites_acces": "", "services": ""},
			never: []string{"Jean Petit", "jean.petit"},
		},
		{
			name: "capitals without accents, one column a service", kind: "MAJUSCULES.csv",
			file: func(*testing.T) []byte {
				return csvOf(";", [][]string{
					{"NOM STRUCTURE", "NOM DU RESPONSABLE", "PORTABLE DU RESPONSABLE", "ADRESSE", "CODE POSTAL", "VILLE", "ACCES INTERNET", "INITIATION INFORMATIQUE", "DEMARCHES ADMINISTRATIVES", "FRANCE SERVICES", "ITINERANT"},
					{"CENTRE SOCIAL LA ROSERAIE", "DUPONT MARIE", "06 12 34 56 78", "5 RUE DES ROSES", "49000", "ANGERS", "OUI", "NON", "OUI", "NON", "NON"},
					{"MAISON FRANCE SERVICES", "MARTIN PAUL", "06 12 34 56 79", "6 RUE DES LILAS", "49000", "ANGERS", "OUI", "OUI", "OUI", "OUI", "NON"},
					{"BUS DU NUMERIQUE", "DURAND LEA", "06 12 34 56 70", "PLACE DU MARCHE", "49100", "ANGERS", "NON", "OUI", "NON", "NON", "OUI"},
				})
			},
			kept:  3,
			want:  map[string]string{"nom": "CENTRE SOCIAL LA ROSERAIE", "adresse": "5 RUE DES ROSES", "commune": "ANGERS", "services": "Accès internet et matériel informatique|Aide aux démarches administratives", "itinerance": "Fixe"},
			never: []string{"DUPONT", "+336", "06 12"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, records, left := read(t, tt.file(t), tt.kind)
			kept := 0
			for i := range records {
				if !records[i].Blocked() {
					kept++
				}
			}
			if kept != tt.kept || left != tt.left {
				t.Errorf("%d kept, %d left out; want %d and %d", kept, left, tt.kept, tt.left)
			}
			if len(records) == 0 {
				t.Fatal("no record")
			}
			r := &records[0]
			for field, want := range tt.want {
				if field == "near" {
					var lat, lon float64
					fmt.Sscan(want, &lat, &lon)
					if d := r.Position.Latitude() - lat; !r.Position.Known() || d > 0.05 || d < -0.05 || r.Position.Longitude()-lon > 0.05 || lon-r.Position.Longitude() > 0.05 {
						t.Errorf("position %v %v, want near %s", r.Position.Latitude(), r.Position.Longitude(), want)
					}
					continue
				}
				c, _ := place.ColumnNamed(field)
				got := c.Cell(&r.Place)
				if c.List != nil {
					a, b := strings.Split(got, "|"), strings.Split(want, "|")
					slices.Sort(a)
					slices.Sort(b)
					if slices.Equal(a, b) {
						continue
					}
				}
				if got != want {
					t.Errorf("%s is %q, want %q", field, got, want)
				}
			}
			text, err := json.Marshal(s)
			if err != nil {
				t.Fatal(err)
			}
			for _, word := range tt.never {
				if strings.Contains(string(text), word) {
					t.Errorf("the proposal shows %q", word)
				}
				for i := range records {
					for j := range place.Columns {
						if strings.Contains(place.Columns[j].Cell(&records[i].Place), word) {
							t.Errorf("line %d: %s holds %q", records[i].Line, place.Columns[j].Name, word)
						}
					}
				}
			}
			if t.Failed() {
				t.Logf("%s", s.Mapping.YAML())
				for _, r := range s.Reasons {
					t.Logf("%s: %d %v %s", r.Column, r.Confidence, r.Fields, r.Text)
				}
			}
		})
	}
}

// Whatever the table, there is an answer: one reason a column, a mapping that is
// well written, and that compiles for the file wherever it has a name and a place.
func TestAnyTableHasAProposal(t *testing.T) {
	words := []string{"nom", "Nom de la structure", "adresse", "CP", "Ville", "lat", "lng", "x", "Y", "Téléphone", "mail", "Services", "lundi", "Mardi matin", "Actif", "Contact", "", "id", "geometry.latitude", "Public", "Type", "description", "a.b[].c", "# N/A"}
	cells := []string{"", "-", "oui", "Non", "x", "33000", "1000", "Bordeaux", "44.85", "-0,57", "44.8, -0.57", "9h-12h", "09:00", "Association, Mairie", "a@b.fr", "www.a.fr", "05 56 00 00 00", "12 rue X 33000 Bordeaux", "{EPN,\"Tiers-lieu\"}", "- a- b", "POINT(2 48)", "12/05/2023", "((((", "|||", "\xff\x00", "Jeunes (16-26 ans)|Seniors"}
	rapid.Check(t, func(t *rapid.T) {
		columns := rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(words), rapid.String()), 0, 12).Draw(t, "columns")
		rows := rapid.SliceOfN(rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(cells), rapid.String()), 0, 14), 0, 12).Draw(t, "rows")
		s := mapping.Suggest(columns, rows, few{})
		if len(s.Reasons) != len(columns) {
			t.Fatalf("%d reasons for %d columns", len(s.Reasons), len(columns))
		}
		for i, r := range s.Reasons {
			if r.Column != columns[i] || r.Text == "" || r.Fields == nil || r.Examples == nil || len(r.Fields) > 0 && r.Confidence < 60 {
				t.Fatalf("reason %d: %+v", i, r)
			}
		}
		m, err := mapping.Parse(s.Mapping.YAML())
		if err != nil {
			t.Fatalf("%v\n%s", err, s.Mapping.YAML())
		}
		mapper, err := mapping.Compile(m, columns)
		if err != nil {
			return // no name, or no place: said when it is imported
		}
		if len(mapper.Faults()) > 0 {
			t.Fatal(mapper.Faults())
		}
		for _, row := range rows {
			mapper.Row(row)
		}
	})
}

// A text is understood whole or not at all.
func TestAValueIsReadWholeOrLeft(t *testing.T) {
	rows := [][]string{{"A", "Gratuit"}, {"B", "Gratuit sauf photocopies en couleur du samedi"}, {"C", "Pas gratuit"}, {"D", "gratuitement"}, {"E", "10 € par an"}, {"F", "GRATUIT"}, {"G", "Payant (adhésion)"}}
	s := mapping.Suggest([]string{"nom", "Tarif"}, rows, nil)
	table := s.Mapping.Champs["frais_a_charge"].Valeurs
	for _, never := range []string{"Pas gratuit", "Gratuit sauf photocopies en couleur du samedi"} {
		if v, ok := table[never]; ok {
			t.Errorf("%q is read as %q", never, v)
		}
	}
	if table["10 € par an"] != "Payant" || table["Payant (adhésion)"] != "Payant" {
		t.Errorf("%v", table)
	}
	if reason := s.Reasons[1]; !strings.Contains(reason.Text, "2 ne le sont pas") {
		t.Errorf("what is not understood is not told: %q", reason.Text)
	}
}

func BenchmarkSuggest(b *testing.B) {
	columns := []string{"Nom", "Adresse", "CP", "Commune", "Latitude", "Longitude", "Téléphone", "Courriel", "Services", "Horaires"}
	var rows [][]string
	for i := range 2000 {
		rows = append(rows, []string{fmt.Sprintf("Lieu %d", i), fmt.Sprintf("%d rue des Lilas", i), "33000", "Bordeaux", fmt.Sprintf("44.8%04d", i), fmt.Sprintf("-0.57%04d", i), fmt.Sprintf("05560%05d", i), fmt.Sprintf("a%d@exemple.fr", i), "Accès internet, Aide aux démarches administratives", "Du lundi au vendredi de 9h à 12h"})
	}
	b.ResetTimer()
	for range b.N {
		mapping.Suggest(columns, rows, few{})
	}
}
