package territory

import "github.com/paulmach/orb"

// divisionNames are the départements and collectivités with their région: the
// law's names, here so that a file of communes alone is enough to work with.
// A file of départements, when given, decides over it.
var divisionNames = []struct{ code, nom, region string }{
	{"01", "Ain", "84"}, {"02", "Aisne", "32"}, {"03", "Allier", "84"}, {"04", "Alpes-de-Haute-Provence", "93"},
	{"05", "Hautes-Alpes", "93"}, {"06", "Alpes-Maritimes", "93"}, {"07", "Ardèche", "84"}, {"08", "Ardennes", "44"},
	{"09", "Ariège", "76"}, {"10", "Aube", "44"}, {"11", "Aude", "76"}, {"12", "Aveyron", "76"},
	{"13", "Bouches-du-Rhône", "93"}, {"14", "Calvados", "28"}, {"15", "Cantal", "84"}, {"16", "Charente", "75"},
	{"17", "Charente-Maritime", "75"}, {"18", "Cher", "24"}, {"19", "Corrèze", "75"}, {"21", "Côte-d'Or", "27"},
	{"22", "Côtes-d'Armor", "53"}, {"23", "Creuse", "75"}, {"24", "Dordogne", "75"}, {"25", "Doubs", "27"},
	{"26", "Drôme", "84"}, {"27", "Eure", "28"}, {"28", "Eure-et-Loir", "24"}, {"29", "Finistère", "53"},
	{"2A", "Corse-du-Sud", "94"}, {"2B", "Haute-Corse", "94"}, {"30", "Gard", "76"}, {"31", "Haute-Garonne", "76"},
	{"32", "Gers", "76"}, {"33", "Gironde", "75"}, {"34", "Hérault", "76"}, {"35", "Ille-et-Vilaine", "53"},
	{"36", "Indre", "24"}, {"37", "Indre-et-Loire", "24"}, {"38", "Isère", "84"}, {"39", "Jura", "27"},
	{"40", "Landes", "75"}, {"41", "Loir-et-Cher", "24"}, {"42", "Loire", "84"}, {"43", "Haute-Loire", "84"},
	{"44", "Loire-Atlantique", "52"}, {"45", "Loiret", "24"}, {"46", "Lot", "76"}, {"47", "Lot-et-Garonne", "75"},
	{"48", "Lozère", "76"}, {"49", "Maine-et-Loire", "52"}, {"50", "Manche", "28"}, {"51", "Marne", "44"},
	{"52", "Haute-Marne", "44"}, {"53", "Mayenne", "52"}, {"54", "Meurthe-et-Moselle", "44"}, {"55", "Meuse", "44"},
	{"56", "Morbihan", "53"}, {"57", "Moselle", "44"}, {"58", "Nièvre", "27"}, {"59", "Nord", "32"},
	{"60", "Oise", "32"}, {"61", "Orne", "28"}, {"62", "Pas-de-Calais", "32"}, {"63", "Puy-de-Dôme", "84"},
	{"64", "Pyrénées-Atlantiques", "75"}, {"65", "Hautes-Pyrénées", "76"}, {"66", "Pyrénées-Orientales", "76"},
	{"67", "Bas-Rhin", "44"}, {"68", "Haut-Rhin", "44"}, {"69", "Rhône", "84"}, {"70", "Haute-Saône", "27"},
	{"71", "Saône-et-Loire", "27"}, {"72", "Sarthe", "52"}, {"73", "Savoie", "84"}, {"74", "Haute-Savoie", "84"},
	{"75", "Paris", "11"}, {"76", "Seine-Maritime", "28"}, {"77", "Seine-et-Marne", "11"}, {"78", "Yvelines", "11"},
	{"79", "Deux-Sèvres", "75"}, {"80", "Somme", "32"}, {"81", "Tarn", "76"}, {"82", "Tarn-et-Garonne", "76"},
	{"83", "Var", "93"}, {"84", "Vaucluse", "93"}, {"85", "Vendée", "52"}, {"86", "Vienne", "75"},
	{"87", "Haute-Vienne", "75"}, {"88", "Vosges", "44"}, {"89", "Yonne", "27"}, {"90", "Territoire de Belfort", "27"},
	{"91", "Essonne", "11"}, {"92", "Hauts-de-Seine", "11"}, {"93", "Seine-Saint-Denis", "11"},
	{"94", "Val-de-Marne", "11"}, {"95", "Val-d'Oise", "11"},
	{"971", "Guadeloupe", "01"}, {"972", "Martinique", "02"}, {"973", "Guyane", "03"}, {"974", "La Réunion", "04"},
	{"975", "Saint-Pierre-et-Miquelon", "975"}, {"976", "Mayotte", "06"}, {"977", "Saint-Barthélemy", "977"},
	{"978", "Saint-Martin", "978"}, {"984", "Terres australes et antarctiques françaises", "984"},
	{"986", "Wallis et Futuna", "986"}, {"987", "Polynésie française", "987"}, {"988", "Nouvelle-Calédonie", "988"},
	{"989", "Île de Clipperton", "989"},
}

var regionNames = []struct{ code, nom string }{
	{"01", "Guadeloupe"}, {"02", "Martinique"}, {"03", "Guyane"}, {"04", "La Réunion"}, {"06", "Mayotte"},
	{"11", "Île-de-France"}, {"24", "Centre-Val de Loire"}, {"27", "Bourgogne-Franche-Comté"}, {"28", "Normandie"},
	{"32", "Hauts-de-France"}, {"44", "Grand Est"}, {"52", "Pays de la Loire"}, {"53", "Bretagne"},
	{"75", "Nouvelle-Aquitaine"}, {"76", "Occitanie"}, {"84", "Auvergne-Rhône-Alpes"},
	{"93", "Provence-Alpes-Côte d'Azur"}, {"94", "Corse"},
	// The collectivités that are in no région stand for their own, as in the official files.
	{"975", "Saint-Pierre-et-Miquelon"}, {"977", "Saint-Barthélemy"}, {"978", "Saint-Martin"},
	{"984", "Terres australes et antarctiques françaises"}, {"986", "Wallis et Futuna"},
	{"987", "Polynésie française"}, {"988", "Nouvelle-Calédonie"}, {"989", "Île de Clipperton"},
}

// quarterPoints are about the middle of where people live in each municipal
// arrondissement, to a hundred metres: no official table has them, and "Paris
// 11" is among the first things that people type. Lyon and Marseille after
// GeoNames (CC BY 4.0). Only where no file says better.
var quarterPoints = map[string]orb.Point{
	"13201": {5.384, 43.298}, "13202": {5.370, 43.297}, "13203": {5.376, 43.303}, "13204": {5.401, 43.302},
	"13205": {5.401, 43.296}, "13206": {5.379, 43.288}, "13207": {5.360, 43.283}, "13208": {5.382, 43.271},
	"13209": {5.406, 43.254}, "13210": {5.415, 43.279}, "13211": {5.438, 43.291}, "13212": {5.436, 43.296},
	"13213": {5.408, 43.319}, "13214": {5.380, 43.344}, "13215": {5.354, 43.372}, "13216": {5.334, 43.360},
	"69381": {4.835, 45.768}, "69382": {4.831, 45.754}, "69383": {4.852, 45.761}, "69384": {4.827, 45.775},
	"69385": {4.827, 45.761}, "69386": {4.851, 45.768}, "69387": {4.842, 45.745}, "69388": {4.869, 45.736},
	"69389": {4.803, 45.773}, "75101": {2.336, 48.863}, "75102": {2.343, 48.868}, "75103": {2.360, 48.863},
	"75104": {2.358, 48.854}, "75105": {2.351, 48.844}, "75106": {2.333, 48.849}, "75107": {2.312, 48.856},
	"75108": {2.313, 48.873}, "75109": {2.337, 48.877}, "75110": {2.361, 48.876}, "75111": {2.380, 48.859},
	"75112": {2.388, 48.841}, "75113": {2.362, 48.828}, "75114": {2.327, 48.829}, "75115": {2.293, 48.840},
	"75116": {2.277, 48.864}, "75117": {2.307, 48.887}, "75118": {2.348, 48.893}, "75119": {2.385, 48.887},
	"75120": {2.401, 48.863},
}

var departementByCode = func() map[string]int {
	m := make(map[string]int, len(divisionNames))
	for i, d := range divisionNames {
		m[d.code] = i
	}
	return m
}()

// DepartementOf gives the code of the département or collectivité that an
// INSEE commune code belongs to ("2A004" → "2A", "97411" → "974"), "" when the
// code is not one.
func DepartementOf(codeInsee string) string {
	if !isInsee(codeInsee) {
		return ""
	}
	d := codeInsee[:2]
	if d == "97" || d == "98" {
		d = codeInsee[:3]
	}
	if _, ok := departementByCode[d]; !ok {
		return ""
	}
	return d
}

// DepartementOfPostal gives the département that the digits of a postal code
// mean ("20200" → "2B", "97133" → "977"), "" when they mean none (Monaco, armies). A few
// dozen communes are served from the neighbouring département: where the
// commune is known, its INSEE code decides.
func DepartementOfPostal(codePostal string) string {
	if len(codePostal) != 5 || !digits(codePostal) {
		return ""
	}
	d := codePostal[:2]
	switch d {
	case "20":
		switch codePostal[2] {
		case '0', '1':
			return "2A"
		case '2', '6':
			return "2B"
		}
		return ""
	case "97":
		// Both islands left the Guadeloupe in 2007 and kept its postal codes.
		switch codePostal {
		case "97133":
			return "977"
		case "97150":
			return "978"
		}
		d = codePostal[:3]
	case "98":
		d = codePostal[:3]
	}
	if _, ok := departementByCode[d]; !ok {
		return ""
	}
	return d
}

// isInsee reports whether s has the shape of an INSEE commune code.
func isInsee(s string) bool {
	if len(s) != 5 || !digits(s[2:]) || s[0] < '0' || s[0] > '9' {
		return false
	}
	if s[1] >= '0' && s[1] <= '9' {
		// "20" was Corsica's until 1976: its codes are still met as former ones.
		return s[:2] != "00" && s[:2] != "96" && s[:2] != "99"
	}
	return s[0] == '2' && (s[1] == 'A' || s[1] == 'B')
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
