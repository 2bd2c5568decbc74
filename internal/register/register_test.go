package register

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"mednum/internal/place"
)

const header = "id_fs,insee_dep,lib_fs,adresse,complement_adresse,insee_com,code_postal,lib_com,latitude,longitude,mail,telephone,prise_rdv,type_fs,format_fs,groupe_fs,labellisation_fs\n"

// list is a small register of an invented corner of the Marne and beyond.
const list = header +
	`1,51,France services de Reims - Croix-Rouge,12 Rue Pierre Taittinger,,51454,51100,Reims,49.2303,4.0025,reims@example.org,03 26 00 00 01,Non,Principal,Fixe,,Espace labellisé 01/01/2020
2,51,France services La Poste de Reims - Murigny,5 Place René Clair,,51454,51100,Reims,49.2250,4.0300,poste@example.org,03 26 00 00 02,Non,Principal,Fixe,,Espace labellisé 01/02/2021
3,51,Bus France services de la Montagne,1 Rue de l'Église,,51649,51390,Ville-en-Tardenois,49.1820,3.7990,bus@example.org,03 26 00 00 03,Non,Principal,Bus_équivalent,,Espace labellisé 01/01/2020
4,51,France services de Fismes,2 Rue des Chailleaux,,51250,51170,Fismes,49.3080,3.6800,fismes@example.org,03 26 00 00 04,Non,Principal,Fixe,,Espace labellisé 01/01/2020
5,51,France services de Sézanne,Place du Champ Benoist,,51535,51120,Sézanne,48.7220,3.7230,,,Non,Principal,Fixe,,Label suspendu le 15/03/2024
6,51,France services de Vertus,1 Rue de la Gare,,51612,51130,Blancs-Coteaux,48.9050,4.0020,,,Non,Principal,Fixe,,Label retiré 01/06/2023
7,08,France services multisites Rethélois - Site de Rethel,3 Place de la République,,08362,08300,Rethel,49.5110,4.3670,,,Non,Principal,Multisites,,Espace labellisé 01/01/2022
`

func reading(t *testing.T, text string) *Register {
	t.Helper()
	reg, err := Read(strings.NewReader(text), august)
	if err != nil {
		t.Fatal(err)
	}
	return reg
}

// lieu makes a place that declares the label, from what matters here.
func lieu(nom, adresse, insee, postal string, lat, lon float64) Lieu {
	l := Lieu{Identifier: nom, Producteur: "source", Departement: departement(insee, postal)}
	l.Nom, l.Adresse, l.CodeInsee, l.CodePostal = nom, adresse, insee, postal
	l.DispositifProgrammesNationaux = []string{Label}
	if lat != 0 {
		l.Position, _ = place.NewPosition(lat, lon)
	}
	return l
}

func TestTrickyPairs(t *testing.T) {
	itinerant := func(l Lieu) Lieu { l.Itinerance = []string{"Itinérant"}; return l }
	dated := func(l Lieu, year int) Lieu {
		l.DateMaj = place.Date{Year: year, Month: 9, Day: 1}
		return l
	}
	came := func(l Lieu, year int) Lieu {
		l.Since = place.Date{Year: year, Month: 9, Day: 1}
		return l
	}
	phoned := func(l Lieu, number string) Lieu { l.Telephone = number; return l }
	numbered := func(l Lieu, id, source string) Lieu { l.ID, l.Source = id, source; return l }
	doubtful := func(l Lieu) Lieu { l.Doubt = true; return l }
	for _, c := range []struct {
		what  string
		lieu  Lieu
		want  Finding
		entry string
		says  string // a part of one of the reasons
	}{
		{"the same address, spelled otherwise", lieu("Maison de quartier", "12, r. Pierre-Taittinger", "51454", "51100", 49.2304, 4.0026), Confirme, "1", "Même adresse, à 13\u00a0m, dans la même commune."},
		{"the same address without a position", lieu("Espace Croix-Rouge", "12 RUE PIERRE TAITTINGER", "51454", "51100", 0, 0), Confirme, "1", "Même adresse, dans la même commune."},
		{"the address, the position being doubtful", doubtful(lieu("Espace", "12 rue Pierre Taittinger", "51454", "51100", 43.3, 5.4)), Confirme, "1", "Même adresse, dans la même commune."},
		{"the address, a point that is not doubted and is wrong", lieu("Espace", "12 rue Pierre Taittinger", "51454", "51100", 43.3, 5.4), Confirme, "1", "Leurs positions sont à 668\u00a0km : l’une des deux est fausse."},
		{"the telephone, without a position", phoned(lieu("France services Reims Murigny", "", "51454", "51100", 0, 0), "+33326000002"), Confirme, "2", "Dans la même commune ; la distance n’est pas connue."},
		{"an arrondissement's or a former commune's code: the postal code is shared", lieu("Croix-Rouge", "12 rue Pierre Taittinger", "", "51100", 49.2303, 4.0025), Confirme, "1", "Même adresse"},
		{"two in one commune: the commune alone says nothing", lieu("France Services de Reims", "", "51454", "51100", 0, 0), Indecis, "", "Le registre a 2 France Services dans cette commune"},
		{"two in one commune: neither address", lieu("France Services", "40 avenue de Laon", "51454", "51100", 49.2680, 4.0250), Indecis, "", "ni l’adresse, ni le nom, ni le téléphone"},
		{"two in one commune: the name tells", lieu("France Services de Murigny Reims", "Maison Commune", "51454", "51100", 49.2251, 4.0301), Confirme, "2", "Même nom."},
		{"one building, another telephone: the position and the sole entry tell", lieu("MFS de Fismes", "Rue des Chailleaux", "51250", "51170", 49.3081, 3.6801), Confirme, "4", "Même rue"},
		{"moved within its commune: the only one of that name", lieu("France services Fismes", "8 avenue Jean Jaurès", "51250", "51170", 49.3100, 3.6890), Confirme, "4", "Même nom."},
		{"a library of the same commune", lieu("Médiathèque Jean Macé", "8 avenue Jean Jaurès", "51250", "51170", 49.3100, 3.6890), Indecis, "", "L’adresse et le nom diffèrent, à 6"},
		{"the telephone, at the next door", phoned(lieu("Tiers-lieu", "", "51250", "51170", 49.3090, 3.6810), "+33326000004"), Confirme, "4", "Même téléphone"},
		{"a network's telephone, elsewhere in the same postal code", phoned(lieu("Antenne de Courlandon", "1 place", "51178", "51170", 49.3300, 3.7300), "+33326000004"), Indecis, "", ""},
		{"a stop of the only bus around", itinerant(lieu("Bus France Services [Place de la mairie]", "Place de la Mairie", "51002", "51170", 49.1900, 3.7000)), Confirme, "3", "C’est le seul France Services itinérant du registre par ici"},
		{"a bus of that name at its garage", itinerant(lieu("Bus France Services de la Montagne", "Rue de l’Église", "51649", "51390", 49.1821, 3.7991)), Confirme, "3", "Même nom."},
		{"a bus of another name", itinerant(lieu("Bus France Services du Vignoble", "Place", "51002", "51170", 49.1900, 3.7000)), Indecis, "", ""},
		{"a desk is not the bus parked behind it", lieu("France Services de la Montagne", "1 rue de l'Église", "51649", "51390", 49.1820, 3.7990), Indecis, "", "qui est itinérant : ce lieu ne l’est pas"},
		{"a site of several, elsewhere in its commune", lieu("Mairie annexe", "1 rue Colbert", "08362", "08300", 49.5150, 4.3800), Indecis, "", "plusieurs sites"},
		{"no entry anywhere near", lieu("Espace numérique", "1 rue Haute", "51573", "51800", 49.0890, 4.8970), Contredit, "", "Le registre du 1er août 2024 couvre ce département : 6 entrées."},
		{"no entry, but the record is newer than the register", dated(lieu("Espace numérique", "1 rue Haute", "51573", "51800", 49.0890, 4.8970), 2025), Indecis, "", "plus récente que le registre du 1er août 2024"},
		{"no entry; the record has no date, and was there before the register", came(lieu("Espace numérique", "1 rue Haute", "51573", "51800", 49.0890, 4.8970), 2023), Contredit, "", "Aucun France Services du registre dans cette commune, ni à moins de 2\u00a0km."},
		{"no entry; the record has no date, and came after the register", came(lieu("Espace numérique", "1 rue Haute", "51573", "51800", 49.0890, 4.8970), 2025), Indecis, "", "Mais la fiche, sans date, est arrivée après le registre du 1er août 2024."},
		{"no entry; the record is older than the register, whenever it came", came(dated(lieu("Espace numérique", "1 rue Haute", "51573", "51800", 49.0890, 4.8970), 2023), 2025), Contredit, "", ""},
		{"no entry, and the register does not cover the département", lieu("Espace numérique", "1 rue Haute", "33063", "33000", 44.8400, -0.5800), Indecis, "", "ne le couvre peut-être pas"},
		{"we do not know where it is", lieu("France Services", "1 rue Haute", "", "", 0, 0), Indecis, "", "Nous ne savons pas où est ce lieu"},
		{"suspended", lieu("France Services de Sézanne", "Place du Champ Benoist", "51535", "51120", 48.7220, 3.7230), Contredit, "5", "Le label y est suspendu depuis le 15 mars 2024."},
		{"withdrawn", lieu("France Services de Vertus", "1 rue de la Gare", "51612", "51130", 48.9050, 4.0020), Contredit, "6", "Le label y est retiré depuis le 1er juin 2023."},
		{"withdrawn, but the record is newer", dated(lieu("France Services de Vertus", "1 rue de la Gare", "51612", "51130", 48.9050, 4.0020), 2025), Indecis, "6", "plus récente"},
		{"the register's own identifier", numbered(lieu("Pôle citoyen", "", "51454", "51100", 0, 0), "2", "Liste France Services"), Confirme, "2", "Même identifiant"},
		{"somebody else's number 2", numbered(lieu("Pôle citoyen", "", "51454", "51100", 0, 0), "2", "Hubik"), Indecis, "", ""},
	} {
		out := reading(t, list).Match([]Lieu{c.lieu})
		if len(out.Verdicts) != 1 {
			t.Fatalf("%s: %d verdicts", c.what, len(out.Verdicts))
		}
		v := out.Verdicts[0]
		if v.Finding != c.want || v.Entry != c.entry || len(v.Reasons) == 0 || !strings.Contains(strings.Join(v.Reasons, "\n"), c.says) {
			t.Errorf("%s:\n got %s %q %q\nwant %s %q … %q", c.what, v.Finding, v.Entry, v.Reasons, c.want, c.entry, c.says)
		}
		for _, r := range v.Reasons {
			if !strings.HasSuffix(r, ".") {
				t.Errorf("%s: not a sentence: %q", c.what, r)
			}
		}
	}
}

// In one building, the library does not take the label of the desk beside it;
// a source that only knows the library is believed.
func TestSeveralServicesInOneBuilding(t *testing.T) {
	desk := lieu("France Services Reims Croix-Rouge", "12 rue Pierre Taittinger", "51454", "51100", 49.2303, 4.0025)
	library := lieu("Médiathèque Croix-Rouge", "12 rue Pierre Taittinger", "51454", "51100", 49.2303, 4.0025)
	reg := reading(t, list)
	for _, order := range [][]Lieu{{desk, library}, {library, desk}} {
		for _, v := range reg.Match(order).Verdicts {
			want := Indecis
			if v.Nom == desk.Nom {
				want = Confirme
			}
			if v.Finding != want {
				t.Errorf("%s: %s %q", v.Nom, v.Finding, v.Reasons)
			}
		}
	}
	if v := reg.Match([]Lieu{library}).Verdicts[0]; v.Finding != Confirme {
		t.Errorf("alone: %s %q", v.Finding, v.Reasons)
	}
	library.Producteur = "another"
	if v := reg.Match([]Lieu{desk, library}).Verdicts[1]; v.Finding != Confirme {
		t.Errorf("of another source: %s %q", v.Finding, v.Reasons)
	}
}

// The agent is told which entries nobody claims, and which place seems to be one
// without saying so.
func TestUnclaimed(t *testing.T) {
	silent := lieu("France Services de Fismes", "2 rue des Chailleaux", "51250", "51170", 49.3080, 3.6800)
	silent.DispositifProgrammesNationaux = nil
	out := reading(t, list).Match([]Lieu{
		lieu("Croix-Rouge", "12 rue Pierre Taittinger", "51454", "51100", 49.2303, 4.0025), silent,
		{Identifier: "unrelated", Place: place.Place{Nom: "Bibliothèque", CodeInsee: "51250", Adresse: "2 rue des Chailleaux"}},
	})
	if len(out.Verdicts) != 1 {
		t.Errorf("a place that does not declare the label has no verdict: %+v", out.Verdicts)
	}
	var got []string
	for _, u := range out.Unclaimed {
		got = append(got, u.ID+u.Lieu)
	}
	// 6 is withdrawn: nobody should claim it.
	if want := []string{"2", "3", "4France Services de Fismes", "5", "7"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A row that cannot be used forbids contradicting in its département, and only
// there.
func TestAHoleForbidsContradicting(t *testing.T) {
	far := lieu("Espace numérique", "1 rue Haute", "51573", "51800", 49.0890, 4.8970)
	ardennes := lieu("Espace numérique", "1 rue Haute", "08105", "08000", 49.7700, 4.7200)
	reg := reading(t, list+"9,51,,1 Rue,,51573,51800,,,,,,,,,,Espace labellisé 01/01/2020\n")
	if len(reg.Problems) != 1 || !reg.Problems[0].Refused || reg.Problems[0].Line != 9 || reg.Problems[0].Column != "lib_fs" {
		t.Errorf("problems: %+v", reg.Problems)
	}
	out := reg.Match([]Lieu{far, ardennes})
	if v := out.Verdicts[0]; v.Finding != Indecis || !strings.Contains(v.Reasons[0], "n’ont pas pu être lues") {
		t.Errorf("%+v", v)
	}
	if v := out.Verdicts[1]; v.Finding != Contredit {
		t.Errorf("%+v", v)
	}
}

func TestReadTellsWhatIsWrong(t *testing.T) {
	reg := reading(t, header+
		`1,1,France services de Valserhône,Rue,,1033,1200,Valserhône,"46,106","5,826",,,,,Fixe,,Espace labellisé 01/01/2020
1,01,Encore,Rue,,01033,01200,,46.1,5.8,,,,,Fixe,,Espace labellisé 01/01/2020
,01,Sans numéro,Rue,,01033,01200,,46.1,5.8,,,,,Fixe,,Espace labellisé 01/01/2020
4,01,Interverti,Rue,,01033,01200,,5.8,46.1,,,,,Fixe,,en cours
5,88,Antenne d'Anould,,,,,,,,,,,,,,Espace labellisé 01/01/2022
6,01,Mauvais code,Rue,,AB,zz,,ici,là,,,,,Fixe,,Espace délabellisé le 02/03/2023
`)
	var got []string
	for _, p := range reg.Problems {
		mark := ""
		if p.Refused {
			mark = "!"
		}
		got = append(got, strings.Join([]string{p.Column, p.Found, mark, p.Message}, "|"))
	}
	want := []string{
		"insee_com|1033||Le zéro de tête est perdu : lu « 01033 ».",
		"code_postal|1200||Le zéro de tête est perdu : lu « 01200 ».",
		"id_fs|1|!|L’identifiant est déjà celui de la ligne 2 : l’entrée est laissée de côté.",
		"id_fs||!|L’entrée n’a pas d’identifiant : elle est laissée de côté.",
		"latitude|5.8||Ce point (5.8, 46.1) n’est pas en France ; elles semblent interverties.",
		"labellisation_fs|en cours||L’état du label n’est pas compris : écrivez « Espace labellisé », « suspendu » ou « retiré », et sa date.",
		"insee_com||!|Ni commune, ni code postal, ni position : l’entrée ne peut pas être située.",
		"insee_com|AB||Ce n’est pas un code INSEE de commune : écrivez cinq signes, par exemple 51454.",
		"code_postal|zz||Ce n’est pas un code postal : écrivez cinq chiffres.",
		"latitude|ici||La latitude ou la longitude ne se lit pas : écrivez des degrés décimaux.",
		"insee_com|AB|!|Ni commune, ni code postal, ni position : l’entrée ne peut pas être située.",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if len(reg.Entries) != 2 || reg.Entries[0].CodeInsee != "01033" || !reg.Entries[0].Position.Known() || reg.Entries[1].State != Unclear {
		t.Errorf("%+v", reg.Entries)
	}
}

func TestReadRefusesTheWrongFile(t *testing.T) {
	for text, says := range map[string]string{
		"":                         "vide",
		"PK\x03\x04 workbook":      "classeur",
		"<html><body>":             "CSV",
		"id,nom,telephone\n1,a,b":  "Il manque la colonne « insee_com ».",
		header:                     "aucune entrée",
		"\x1f\x8b not gzip at all": "gzip",
		strings.Replace(header, "labellisation_fs", "labelisation_fs", 1): "« labellisation_fs » : est-ce « labelisation_fs »",
	} {
		_, err := Read(strings.NewReader(text), august)
		var file *FileError
		if !errors.As(err, &file) || !strings.Contains(err.Error(), says) {
			t.Errorf("%.20q: %v, want … %s", text, err, says)
		}
	}
}

// Whatever encoding and separator an office suite saves it in, it is the same list.
func TestEncodingsAndSeparators(t *testing.T) {
	want := reading(t, list).Entries
	semicolons := strings.ReplaceAll(list, ",", ";")
	latin, err := charmap.Windows1252.NewEncoder().String(semicolons)
	if err != nil {
		t.Fatal(err)
	}
	wide, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(list)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"BOM": "\ufeff" + list, "semicolons": semicolons, "tabs": strings.ReplaceAll(list, ",", "\t"),
		"Windows-1252": latin, "UTF-16": wide, "CRLF": strings.ReplaceAll(list, "\n", "\r\n"),
	} {
		if got := reading(t, text).Entries; !slices.Equal(got, want) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// A quote left open swallows rows: it is told, and nothing is contradicted.
func TestAnOpenQuoteIsTold(t *testing.T) {
	rows := strings.SplitAfter(list, "\n")
	rows[2] = strings.Replace(rows[2], "5 Place René Clair", `"5 Place René Clair`, 1)
	reg := reading(t, strings.Join(rows, ""))
	told := slices.ContainsFunc(reg.Problems, func(p Problem) bool { return p.Refused && strings.Contains(p.Message, "guillemet") })
	if !told || !reg.holed[""] {
		t.Errorf("%+v", reg.Problems)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(list))
	f.Add([]byte(header))
	f.Add([]byte("id_fs;lib_fs\n1;\"a"))
	if b, err := os.ReadFile("../../../shared/data/raw/liste-fs-20221201.csv"); err == nil {
		f.Add(b[:2000])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		reg, err := Read(strings.NewReader(string(b)), august)
		if err != nil {
			var file *FileError
			if !errors.As(err, &file) {
				t.Fatalf("not for people: %v", err)
			}
			return
		}
		var lieux []Lieu
		for _, e := range reg.Entries {
			l := Lieu{Identifier: e.ID, Departement: e.Departement}
			l.Nom, l.Adresse, l.CodeInsee, l.CodePostal, l.Position = e.Nom, e.Adresse, e.CodeInsee, e.CodePostal, e.Position
			l.DispositifProgrammesNationaux = []string{Label}
			lieux = append(lieux, l)
		}
		if out := reg.Match(lieux); len(out.Verdicts) != len(lieux) {
			t.Fatalf("%d verdicts of %d", len(out.Verdicts), len(lieux))
		}
	})
}
