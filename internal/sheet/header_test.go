package sheet

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Where the header stands, on how many lines, and what is no row: recognised.
func TestHeaders(t *testing.T) {
	known := func(cells []string) int {
		n := 0
		for _, c := range cells {
			if slices.Contains([]string{"nom", "commune", "adresse"}, fold(c)) {
				n++
			}
		}
		return n
	}
	for name, test := range map[string]struct {
		file string
		o    Options
		want string // line of the header, columns, rows by their line, what is aside
	}{
		"plain":                       {"Nom,Ville\nA,Reims\n", Options{}, "1 Nom|Ville 2:A|Reims"},
		"a title":                     {"Lieux 2024;;\n;;\nNom;Ville;CP\nA;Reims;51100\n", Options{}, "3 Nom|Ville|CP 4:A|Reims|51100"},
		"a title and a date":          {"Lieux;mis à jour le 2/4/2024;;;\nNom;Ville;CP;Tél;Mél\nA;Reims;51100;0326;a@b.fr\n", Options{}, "2 Nom|Ville|CP|Tél|Mél 3:A|Reims|51100|0326|a@b.fr"},
		"commas in texts":             {"Nom;Note\nA;un, deux, trois\nB;quatre, cinq\n", Options{}, "1 Nom|Note 2:A|un, deux, trois 3:B|quatre, cinq"},
		"bars in lists":               {"Nom,Services\nA,x|y|z\nB,x|y|z\n", Options{}, "1 Nom|Services 2:A|x|y|z 3:B|x|y|z"},
		"tabs":                        {"Nom\tVille\nA\tReims\n", Options{}, "1 Nom|Ville 2:A|Reims"},
		"known columns below":         {"un,titre,long\nx,y,z\nnom,commune,tel\nA,Reims,1\n", Options{Known: known}, "3 nom|commune|tel 4:A|Reims|1"},
		"no header at all":            {"A;51100;0326777879;a@b.fr\nB;51000;0326777880;c@d.fr\n", Options{}, "0 colonne 1|colonne 2|colonne 3|colonne 4 1:A|51100|0326777879|a@b.fr 2:B|51000|0326777880|c@d.fr"},
		"twice the same name":         {"Nom,Tél,Tél,\nA,1,2,\n", Options{}, "1 Nom|Tél|Tél (2) 2:A|1|2|"},
		"an unnamed column":           {"Nom,,Ville\nA,x,Reims\n", Options{}, "1 Nom|colonne 2|Ville 2:A|x|Reims"},
		"groups above":                {"Identité,,Lundi,,Mardi,\nNom,Ville,Matin,Soir,Matin,Soir\nA,Reims,9h,14h,9h,14h\n", Options{}, "1 Identité Nom|Identité Ville|Lundi Matin|Lundi Soir|Mardi Matin|Mardi Soir 3:A|Reims|9h|14h|9h|14h"},
		"merged cells":                {"Nom,Adresse,Horaires,,,Téléphone\n,,Lundi,Mardi,Mercredi,\nA,rue,9h-12h,9h-12h,9h-12h,0326777879\n", Options{}, "1 Nom|Adresse|Horaires Lundi|Horaires Mardi|Horaires Mercredi|Téléphone 3:A|rue|9h-12h|9h-12h|9h-12h|0326777879"},
		"the lower line better known": {"INVENTAIRE;;;;;;\n;;;;;;\nStructure;SIRET;Adresse;;;Contact;;Services\n;;voie;nom;commune;tel;mél;\nA;1;rue;x;Reims;0326;a@b.fr;y\n", Options{Known: known}, "3 Structure|SIRET|Adresse voie|Adresse nom|Adresse commune|Contact tel|Contact mél|Services 5:A|1|rue|x|Reims|0326|a@b.fr|y"},
		"names and what they mean":    {"nom_s,cp_s,tel_s,lat\nNom de la structure,Code postal,Téléphone,Latitude\nA,51100,0326777879,49.1\nB,51100,0326777879,49.1\nC,51100,0326777879,49.1\nD,51100,0326777879,49.1\n", Options{}, "1 nom_s|cp_s|tel_s|lat 3:A|51100|0326777879|49.1 4:B|51100|0326777879|49.1 5:C|51100|0326777879|49.1 6:D|51100|0326777879|49.1"},
		"a total":                     {"Nom,Ville,Postes\nA,Reims,3\nTotal,,3\nTOTAL GÉNÉRAL,,\nTotal Énergies,Reims,2\n", Options{}, "1 Nom|Ville|Postes 2:A|Reims|3 3:(ligne de total) 4:(ligne de total) 5:Total Énergies|Reims|2"},
		"a header that comes back":    {"Nom,Ville,CP\nA,Reims,51100\nNOM, Ville ,cp\nB,Reims,51100\n", Options{}, "1 Nom|Ville|CP 2:A|Reims|51100 3:(ligne d’en-têtes répétée) 4:B|Reims|51100"},
		"only a header":               {"Nom,Ville,CP\n", Options{}, "1 Nom|Ville|CP"},
		"one column":                  {"Nom\nA\nB\n", Options{}, "1 Nom 2:A 3:B"},
		"long questions":              {"Horodateur;" + strings.Repeat("Quelle question ? ", 8) + ";Nom\n2024/01/01 10:00:00;oui;A\n", Options{}, "1 Horodateur|" + strings.TrimSpace(strings.Repeat("Quelle question ? ", 8)) + "|Nom 2:2024/01/01 10:00:00|oui|A"},
		"the line that is given":      {"x,y\nNom,Ville\nA,Reims\n", Options{HeaderLine: 2}, "2 Nom|Ville 3:A|Reims"},
		"the separator given":         {"Nom:Ville\nA:Reims\n", Options{Separator: ":"}, "1 Nom|Ville 2:A|Reims"},
		"the encoding given":          {"Nom,Ville\nM\x8edia,Reims\n", Options{Encoding: "MacRoman"}, "1 Nom|Ville 2:Média|Reims"},
		"a text of several lines":     {"\"Nom\ndu lieu\",Ville\n\"A\nB\",Reims\nC,Reims\n", Options{}, "1 Nom du lieu|Ville 3:A\nB|Reims 5:C|Reims"},
		"sep=":                        {"sep=;\nNom;Ville\nA;Reims\n", Options{}, "2 Nom|Ville 3:A|Reims"},
	} {
		got, err := read([]byte(test.file), test.o)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		said := []string{fmt.Sprintf("%d %s", got.Format.HeaderLine, strings.Join(got.Columns, "|"))}
		for _, r := range got.rows {
			text := strings.Join(r.Cells, "|")
			if r.Aside != "" {
				text = "(" + r.Aside + ")"
			}
			said = append(said, fmt.Sprintf("%d:%s", r.Line, text))
		}
		if s := strings.Join(said, " "); s != test.want {
			t.Errorf("%s:\n got %q\nwant %q", name, s, test.want)
		}
	}
	// A header longer than what is looked at to recognise the file.
	var wide, below []string
	for i := range 1900 {
		wide, below = append(wide, fmt.Sprintf("Une question assez longue pour une enquête, la %d", i)), append(below, fmt.Sprint(i))
	}
	got, err := read([]byte(strings.Join(wide, ";")+"\n"+strings.Join(below, ";")+"\n"), Options{})
	if err != nil || len(got.Columns) != 1900 || len(got.rows) != 1 || got.rows[0].Cells[1899] != "1899" {
		t.Errorf("a wide header: %v, %d columns", err, len(got.Columns))
	}
	for name, test := range map[string]struct {
		o    Options
		want string
	}{
		"a separator of two letters": {Options{Separator: ";;"}, "séparateur"},
		"an encoding of nowhere":     {Options{Encoding: "EBCDIC"}, "« EBCDIC »"},
		"a line beyond the end":      {Options{HeaderLine: 40}, "ligne 40"},
	} {
		if _, err := read([]byte("Nom,Ville\nA,Reims\n"), test.o); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Every column has a name of its own, whatever they are called.
func TestColumnsAreNamedOnce(t *testing.T) {
	if got := columns([]string{"a", "a", "a (2)", "a", "", " b\n c "}); !slices.Equal(got, []string{"a", "a (2)", "a (2) (2)", "a (3)", "colonne 5", "b c"}) {
		t.Errorf("%q", got)
	}
	names := map[string]bool{}
	for _, name := range columns(make([]string, 500)) {
		names[name] = true
	}
	for _, name := range columns(strings.Split(strings.Repeat("c,", 1900), ",")) {
		names[name] = true
	}
	if len(names) != 500+1900+1 {
		t.Errorf("%d names", len(names))
	}
}
