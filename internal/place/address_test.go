package place

import (
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"
)

// towns are the communes of the addresses below.
var towns = append(atlas{
	{Code: "33063", Nom: "Bordeaux", Departement: "33", CodesPostaux: []string{"33000", "33800"}},
	{Code: "64533", Nom: "Tardets-Sorholus", Departement: "64", CodesPostaux: []string{"64470"}, AnciensNoms: []string{"Tardets"}},
	{Code: "2A115", Nom: "Foce", Departement: "2A", CodesPostaux: []string{"20100"}},
	{Code: "98815", Nom: "Maré", Departement: "988", CodesPostaux: []string{"98828"}},
	{Code: "51230", Nom: "Épernay", Departement: "51", CodesPostaux: []string{"51200"}},
	{Code: "98818", Nom: "Nouméa", Departement: "988", CodesPostaux: []string{"98800"}},
}, france...)

func TestSplitAddress(t *testing.T) {
	for _, test := range []struct{ text, adresse, complement, codePostal, commune string }{
		{"12 bis rue des Lilas, 33000 BORDEAUX", "12 bis rue des Lilas", "", "33000", "BORDEAUX"},
		{"Mairie - 3 place Foch 64470 Tardets-Sorholus", "3 place Foch", "Mairie", "64470", "Tardets-Sorholus"},
		{"3 place Foch\n64470 Tardets-Sorholus\nFrance", "3 place Foch", "", "64470", "Tardets-Sorholus"},
		{"12 rue des Lilas 33000 Bordeaux France", "12 rue des Lilas", "", "33000", "Bordeaux"},
		{"12 rue des Lilas - BP 154 - 33077 BORDEAUX CEDEX 9", "12 rue des Lilas", "BP 154", "33077", "BORDEAUX"},
		{"Place du Port BP 48 33000 Bordeaux", "Place du Port", "BP 48", "33000", "Bordeaux"},
		{"Association Y chez Z, Le Clos Vert, CS 70407, 33077 BORDEAUX CEDEX", "Association Y chez Z, Le Clos Vert", "CS 70407", "33077", "BORDEAUX"},
		{"Imm. Le Louvois, Bât. A - rue de la Paix - CS30027 - 33077 BORDEAUX CEDEX 01", "rue de la Paix", "Imm. Le Louvois, Bât. A, CS30027", "33077", "BORDEAUX"},
		{"33000 Bordeaux, 12 bis rue des Lilas", "12 bis rue des Lilas", "", "33000", "Bordeaux"},
		{"33000 Bordeaux 12 rue des Lilas", "12 rue des Lilas", "", "33000", "Bordeaux"},
		{"12 rue des Lilas, Bordeaux 33000", "12 rue des Lilas", "", "33000", "Bordeaux"},
		{"12 rue des Lilas Bordeaux (33000)", "12 rue des Lilas", "", "33000", "Bordeaux"},
		{"12 rue des Lilas, F-33000 Bordeaux", "12 rue des Lilas", "", "33000", "Bordeaux"},
		{"12 rue des Lilas 33000 Bordeaux (Gironde)", "12 rue des Lilas", "", "33000", "Bordeaux"},
		{"1 Rue Langevin, 51200, Épernay, Marne, Grand Est, FRA", "1 Rue Langevin", "", "51200", "Épernay"},
		{"Belle Noue, Épernay, Marne, Grand Est, FRA", "Belle Noue", "", "", "Épernay"},
		{"Centre culturel Le Plateau 2 Rue de l’Église 33000 Bordeaux", "2 Rue de l’Église", "Centre culturel Le Plateau", "33000", "Bordeaux"},
		{"4 rue du Docteur Roux, Espace Alban, Bâtiment C 20090 AJACCIO", "4 rue du Docteur Roux", "Espace Alban, Bâtiment C", "20090", "AJACCIO"},
		{"13, cours Favale, 20000 AJACCIO", "13, cours Favale", "", "20000", "AJACCIO"},
		{"Lieu-dit le Moulin, 64470 Tardets-Sorholus", "Lieu-dit le Moulin", "", "64470", "Tardets-Sorholus"},
		{"Village Bilzese 20100 Foce BILZESE", "Village Bilzese", "BILZESE", "20100", "Foce"},
		{"Cité administrative, 72 avenue Peri 33000 Bordeaux", "72 avenue Peri", "Cité administrative", "33000", "Bordeaux"},
		{"Quartier haut 33000 33000 Bordeaux", "Quartier haut 33000", "", "33000", "Bordeaux"},
		{"RM3, 98828 Tadine Maré", "RM3", "Tadine", "98828", "Maré"},
		{"BP. 74 Tribu de Tuo\n 98 828 Maré", "Tribu de Tuo", "BP. 74", "98828", "Maré"},
		{"17 Rue Clemenceau, Nouméa 98800, Nouvelle-Calédonie", "17 Rue Clemenceau", "", "98800", "Nouméa"},
		{"6, route des Arts - Baie des Pins - 98 800 Nouméa", "6, route des Arts", "Baie des Pins", "98800", "Nouméa"},
		{"BP 7145 - 98800", "BP 7145", "", "98800", ""},
		{"7-9-11 rue d’Hérault 33000 Bordeaux", "7-9-11 rue d’Hérault", "", "33000", "Bordeaux"},
		{"Maison de quartier (2ème étage) – 3 rue Thomas, 33800 Bordeaux", "3 rue Thomas", "Maison de quartier (2ème étage)", "33800", "Bordeaux"},
		{"12 rue des Lilas 33000 Bordeaux\ntél : 05 56 00 00 00", "12 rue des Lilas", "tél : 05 56 00 00 00", "33000", "Bordeaux"},
		{"12 rue du 8 mai 1945, 33000 Bordeaux", "12 rue du 8 mai 1945", "", "33000", "Bordeaux"},
		{"5 avenue de Nulle-Part 99000 Ailleurs", "5 avenue de Nulle-Part 99000 Ailleurs", "", "", ""},
		{"2 avenue de Verdun", "2 avenue de Verdun", "", "", ""},
		{"58, boulevard du Doyen - la cité des associations", "58, boulevard du Doyen", "la cité des associations", "", ""},
		{"BP 7410", "BP 7410", "", "", ""},
		{"33000", "", "", "33000", ""},
		{"33000 Bordeaux", "", "", "33000", "Bordeaux"},
		{"", "", "", "", ""},
		{" , - ;", "", "", "", ""},
	} {
		for _, c := range []Communes{towns, nil} {
			adresse, complement, codePostal, commune, ok := SplitAddress(test.text, c)
			got := [...]string{adresse, complement, codePostal, commune}
			if want := [...]string{test.adresse, test.complement, test.codePostal, test.commune}; got != want && c != nil {
				t.Errorf("%q:\n got %q\nwant %q", test.text, got, want)
			}
			if ok != (codePostal != "" || commune != "") || codePostal != test.codePostal {
				t.Errorf("%q: %q, %v", test.text, got, ok)
			}
		}
	}
}

// splitWords are what an address is made of, but what may be left out.
func splitWords(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// No word is lost but CEDEX, and the names of what is larger than a commune.
func keepsWords(t interface{ Errorf(string, ...any) }, text string, c Communes) {
	clean, _ := cleanText(text, true)
	adresse, complement, codePostal, commune, _ := SplitAddress(text, c)
	all := " " + strings.Join(append(append(splitWords(adresse), splitWords(complement)...), append(splitWords(commune), codePostal)...), " ") + " "
	joined := strings.ReplaceAll(all, " ", "")
	larger := " cedex f fr " + strings.ReplaceAll(strings.Join(namesOf(countries, regions, departements), " "), "-", " ") + " "
	for _, w := range splitWords(clean) {
		f := Fold(w)
		if !strings.Contains(joined, w) && !strings.Contains(strings.ReplaceAll(larger, "'", " "), " "+f+" ") && len(f) > 2 && !strings.HasPrefix(f, "cedex") {
			t.Errorf("%q loses %q: %q, %q, %q, %q", text, w, adresse, complement, codePostal, commune)
		}
	}
	for _, s := range []string{adresse, complement, commune} {
		if s != strings.TrimSpace(s) || strings.Contains(s, "\n") {
			t.Errorf("%q: %q is not clean", text, s)
		}
	}
	if codePostal != "" && !plausiblePostal(codePostal) {
		t.Errorf("%q: %q", text, codePostal)
	}
}

func namesOf(sets ...map[string]bool) []string {
	var out []string
	for _, m := range sets {
		for name := range m {
			out = append(out, name)
		}
	}
	return out
}

func TestSplitAddressLosesNoWord(t *testing.T) {
	piece := rapid.SampledFrom([]string{"12", "bis", "rue", "des", "Lilas", ",", " - ", "\n", "33000", "Bordeaux", "BORDEAUX", "CEDEX", "9", "BP 48", "CS 70407", "Mairie", "98 800", "Nouméa",
		"France", "Grand Est", "Marne", "(Gironde)", "place", "Foch", "64470", "Tardets-Sorholus", "L’Église", "Bât. C", "1er étage", "à", "20090", "2A"})
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(piece, 0, 10).Draw(t, "pieces"), " ")
		keepsWords(t, text, towns)
		keepsWords(t, text, nil)
	})
}

func FuzzSplitAddress(f *testing.F) {
	f.Add("Imm. Le Louvois, Bât. A - rue de la Paix - CS30027 - 33077 BORDEAUX CEDEX 01")
	f.Add("17 Rue Clemenceau, Nouméa 98800, Nouvelle-Calédonie")
	f.Fuzz(func(t *testing.T, text string) {
		if strings.ContainsAny(text, "&<") {
			return // entities are words of another kind
		}
		keepsWords(t, text, towns)
	})
}
