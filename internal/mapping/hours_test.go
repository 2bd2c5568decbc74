package mapping

import (
	"strings"
	"testing"

	"mednum/internal/hours"
	"mednum/internal/place"
)

// TestADayIsRead: one day's column, as people fill it; "" not understood, "?"
// nothing said.
func TestADayIsRead(t *testing.T) {
	for text, want := range map[string]string{
		"9h-12h":                             "Mo 09:00-12:00",
		"9h-12h/14h-17h":                     "Mo 09:00-12:00,14:00-17:00",
		"08:30 - 12:00 / 13:30 - 17:00":      "Mo 08:30-12:00,13:30-17:00",
		"07:30-11:30, 12:15-16:00":           "Mo 07:30-11:30,12:15-16:00",
		"9h00 à 12h30 et de 13h30 à 17h":     "Mo 09:00-12:30,13:30-17:00",
		"De 9 h 30 à 12 heures":              "Mo 09:30-12:00",
		"9h à midi":                          "Mo 09:00-12:00",
		"9-12 14-17":                         "Mo 09:00-12:00,14:00-17:00",
		"9h/12h - 13h30/17h":                 "Mo 09:00-12:00,13:30-17:00",
		"14H 17H":                            "Mo 14:00-17:00",
		"09.00-12.30":                        "Mo 09:00-12:30",
		"0900-1230":                          "Mo 09:00-12:30",
		"9h-12h\n14h-17h":                    "Mo 09:00-12:00,14:00-17:00",
		"9h30-12h00 | 14h00-18h00":           "Mo 09:30-12:00,14:00-18:00",
		"Matin : 9h-12h, après-midi 14h-17h": "Mo 09:00-12:00,14:00-17:00",
		"Fermé le matin, 14h-18h":            "Mo 14:00-18:00",
		"Fermé / 14h-18h":                    "Mo 14:00-18:00",
		"9h-12h - Fermé l’après-midi":        "Mo 09:00-12:00",
		"9h-12h,12h-17h":                     "Mo 09:00-17:00",
		"9h-17h sans interruption":           "Mo 09:00-17:00",
		"19h-minuit":                         "Mo 19:00-24:00",
		"18h-0h":                             "Mo 18:00-24:00",
		"24h/24":                             "Mo 00:00-24:00",
		"fermé":                              "Mo off",
		"FERMÉE":                             "Mo off",
		"Fermé.":                             "Mo off",
		"sur RDV":                            `Mo "sur rendez-vous"`,
		"Uniquement sur rendez-vous":         `Mo "sur rendez-vous"`,
		"9h-12h sur RDV":                     `Mo 09:00-12:00 "sur rendez-vous"`,
		"9h-12h (sur rendez-vous)":           `Mo 09:00-12:00 "sur rendez-vous"`,

		"00:00 - 00:00 / 09:00 - 12:00":                     "Mo 09:00-12:00",
		"09:00 - 12:00 / 09:00 - 12:00 / 13:30 - 17:00":     "Mo 09:00-12:00,13:30-17:00",
		"7 : 30 - 11 : 30 / 12 : 30 - 15 :30":               "Mo 07:30-11:30,12:30-15:30",
		"9: à 18:":                                          "Mo 09:00-18:00",
		"8:-11:/13:-17:":                                    "Mo 08:00-11:00,13:00-17:00",
		"9:00 - 12:00 / Sur RDV : 14:00 - 17:00":            `Mo 09:00-12:00, Mo 14:00-17:00 "sur rendez-vous"`,
		"Sur RDV : 9:00 - 12:00 / Sans RDV : 13:30 - 17:00": `Mo 13:30-17:00, Mo 09:00-12:00 "sur rendez-vous"`,
		"Sur RDV : 9:00 - 12:00 / 13:30 - 17:00":            `Mo 09:00-12:00,13:30-17:00 "sur rendez-vous"`,
		"Sur rendez-vous : 9h-12h":                          `Mo 09:00-12:00 "sur rendez-vous"`,
		"9h-12h sans rendez-vous":                           "Mo 09:00-12:00",

		"":                         "?",
		"00:00-00:00 / 0h-0h":      "?",
		" - ":                      "?",
		"Horaires non communiqués": "?",
		"NC":                       "?",
		"00:00 - 00:00":            "?",

		"9:00 - 16:30 // Sur RDV : 8:30 - 9:00":      "",
		"Sur RDV : matin / Sans RDV : 14:00 - 16:45": "",
		"09:00 - 17:00 / 09:00 - 12:30":              "",
		"9 : 12h 14h":                                "",
		"9h":                                         "",
		"9h-12h et 14h":                              "",
		"12h-9h":                                     "",
		"9h-25h":                                     "",
		"9h, 12h":                                    "", // two sessions?
		"9h et 14h":                                  "",
		"9h-12h / 11h-15h":                           "",
		"matin":                                      "",
		"9h-12h / 14h-17h sur RDV":                   "", // which?
		"9h-12h et sur rendez-vous":                  "", // at other hours too
		"Fermé de 12h à 14h":                         "",
		"1er lundi du mois 9h-12h":                   "",
		"9h-12h semaine paire":                       "",
		"à partir de 9h":                             "",
		"9h-12h (sauf août)":                         "",
		"ouvert":                                     "",
		"9:3-12":                                     "",
		"9h5-12h":                                    "",
		"9h-12h-14h-17h-18h-19h-20h-21h-22":          "",
		"99999999999999999999":                       "",
	} {
		var week [7]dayHours
		week[0] = readDay(text)
		got := ""
		switch week[0].kind {
		case unsaid:
			got = "?"
		case uncertain:
		default:
			got = writeWeek(&week)
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestBoundsAreRead: opens, closes, opens, closes.
func TestBoundsAreRead(t *testing.T) {
	for cells, want := range map[string]string{
		"9:00|12:00|14:00|17:00":                   "Mo 09:00-12:00,14:00-17:00",
		"09h00|12h30||":                            "Mo 09:00-12:30",
		"||14:00|17:00":                            "Mo 14:00-17:00",
		"9:00|||17:00":                             "Mo 09:00-17:00",
		"0.375|0.5|0.583333333|0.708333333":        "Mo 09:00-12:00,14:00-17:00",
		"0,375|0,5||":                              "Mo 09:00-12:00",
		"900|1200|1400|1730":                       "Mo 09:00-12:00,14:00-17:30",
		"9|12|14|17":                               "Mo 09:00-12:00,14:00-17:00",
		"09:00:00|12:00:00|00:00:00|00:00:00":      "Mo 09:00-12:00",
		"1900-01-01 09:00:00|1900-01-01 12:00:00":  "Mo 09:00-12:00",
		"1899-12-30T09:00:00Z|1899-12-30T12:00:00": "Mo 09:00-12:00",
		"18:00|00:00||":                            "Mo 18:00-24:00",
		"fermé|fermé|fermé|fermé":                  "Mo off",
		"fermé|fermé|14:00|17:00":                  "Mo 14:00-17:00",
		"fermé||||":                                "Mo off",
		"|||":                                      "?",
		"-|-|-|-":                                  "?",
		"00:00|00:00|00:00|00:00":                  "?",
		"9:00||14:00|17:00":                        "",
		"9:00|12:00|11:00|17:00":                   "",
		"17:00|9:00||":                             "",
		"sur rdv|||":                               "",
		"0.3771234|0.5||":                          "", // 9:03 and some: not an hour that people write
	} {
		var week [7]dayHours
		_, week[0] = readBounds(strings.Split(cells, "|"))
		got := ""
		switch week[0].kind {
		case unsaid:
			got = "?"
		case uncertain:
		default:
			got = writeWeek(&week)
		}
		if got != want {
			t.Errorf("%q: %q, want %q", cells, got, want)
		}
	}
}

const weekly = `
correspondance: 1
champs:
  nom: {colonne: nom}
  commune: {colonne: commune}
horaires:
  jours:
    lundi: {colonne: lun}
    mardi: {colonne: mar}
    mercredi: {colonne: mer}
    samedi: {colonne: sam}
  remarque: {colonne: rem}
`

func TestAWeekIsWritten(t *testing.T) {
	mapper := compiled(t, weekly, "nom", "commune", "lun", "mar", "mer", "sam", "rem")
	for _, test := range []struct{ lun, mar, mer, sam, rem, want string }{
		{"9h-12h", "9h-12h", "9h-12h", "", "", "Mo-We 09:00-12:00"},
		{"9h-12h", "9h-12h", "", "", "", "Mo,Tu 09:00-12:00"},
		{"9h-12h", "14h-17h", "9h-12h", "fermé", "", "Mo,We 09:00-12:00; Tu 14:00-17:00; Sa off"},
		{"", "", "", "", "", ""},
		{"fermé", "sur rdv", "9h-12h", "", "", `Mo off; Tu "sur rendez-vous"; We 09:00-12:00`},
		// One uncertain day: nothing is lost, nothing is claimed.
		{"9h-12h", "un mardi sur deux", "", "fermé", "", "Lundi : 9h-12h ; Mardi : un mardi sur deux ; Samedi : fermé"},
		// What is said beside stays.
		{"9h-12h", "", "", "fermé", "Voir avec Léa", `Mo 09:00-12:00 "Voir avec Léa"; Sa off`},
		{"9h-12h", "", "", "fermé", "Prise de rendez-vous conseillée", `Mo 09:00-12:00 open "Prise de rendez-vous conseillée"; Sa off`},
		{"9h-12h", "", "", "fermé", "Prise de rendez-vous par téléphone au 03 26 00 00 00 ou par mail : a@b.fr", `Mo 09:00-12:00 open "Prise de rendez-vous par téléphone au 03 26 00 00 00 ou par mail : a@b.fr"; Sa off`},
		{"9h-12h", "Sur RDV : 9h-12h", "", "", "Rendez-vous au 03 26 00 00 00", `Lundi : 9h-12h ; Mardi : Sur RDV : 9h-12h ; Rendez-vous au 03 26 00 00 00`},
		{"9h-12h", "", "", "fermé", "Semaines paires", "week 02-53/2 Mo 09:00-12:00; Sa off"},
		{"", "", "", "", "Sur rendez-vous", "Sur rendez-vous"},
		{"9h-12h", "on verra", "", "", `le "vrai" horaire`, `Lundi : 9h-12h ; Mardi : on verra ; le "vrai" horaire`},
		{"9h-12h", "", "", "", `voir "agenda"`, "Mo 09:00-12:00 \"voir ’’agenda’’\""},
	} {
		got := mapper.Row([]string{"n", "c", test.lun, test.mar, test.mer, test.sam, test.rem}).Cells[horaires]
		if got != test.want {
			t.Errorf("%+v\n got %q", test, got)
		}
	}
	got := mapper.Row([]string{"n", "c", "9h-12h", "", "", "", "x y"})
	if want := "lun + mar + mer + sam + rem"; got.Columns[horaires] != want {
		t.Errorf("columns %q, want %q", got.Columns[horaires], want)
	}
}

// Hours in OSM already, with a text beside.
func TestARemarkBesideHoursInText(t *testing.T) {
	mapper := compiled(t, `
correspondance: 1
champs: {nom: {colonne: nom}, commune: {colonne: commune}}
horaires:
  texte: {colonne: h}
  remarque: {colonne: rem}
`, "nom", "commune", "h", "rem")
	for _, test := range [][3]string{
		{"Mo 09:30-12:30,13:30-15:30; PH off", "Semaine impaire", "week 01-53/2 Mo 09:30-12:30,13:30-15:30; PH off"},
		{"Mo-Fr 09:00-17:00", "", "Mo-Fr 09:00-17:00"},
		{"du lundi au vendredi de 9h à 12h", "", "du lundi au vendredi de 9h à 12h"}, // place reads it, and says so
		{"du lundi au vendredi de 9h à 12h", "voir avec Léa", `Mo-Fr 09:00-12:00 "voir avec Léa"`},
		{"variables", "voir avec Léa", "variables ; voir avec Léa"},
		{`Mo 09:00-12:00 "sur rdv"`, "voir avec Léa", `Mo 09:00-12:00 "sur rdv" ; voir avec Léa`},
		{"", "voir avec Léa", "voir avec Léa"},
	} {
		if got := mapper.Row([]string{"n", "c", test[0], test[1]}).Cells[horaires]; got != test[2] {
			t.Errorf("%q, %q: %q, want %q", test[0], test[1], got, test[2])
		}
	}
}

// FuzzDays: whatever the cells, what is written opens only at hours that were
// there, and every word of an uncertain day is kept.
func FuzzDays(f *testing.F) {
	f.Add("9h-12h / 14h-17h", "fermé", "0.375", "17:30")
	f.Add("sur rdv", "24h/24", "1900-01-01 09:00", "9h")
	f.Add("Fermé le matin, 14h-18h", "midi à minuit", "900", "-")
	f.Fuzz(func(t *testing.T, a, b, c, d string) {
		var week [7]dayHours
		week[0], week[1] = readDay(a), readDay(b)
		_, week[2] = readBounds([]string{c, d})
		said := false
		for i := range week {
			if week[i].kind == uncertain {
				return
			}
			said = said || week[i].kind != unsaid
		}
		osm := writeWeek(&week)
		if said && osm == "" {
			t.Fatalf("%q %q %q %q: certain, and not written: %+v", a, b, c, d, week)
		}
		if osm == "" {
			return
		}
		if h, err := hours.Parse(osm); err != nil || h.String() != osm {
			t.Fatalf("%q: %v", osm, err)
		}
		if strings.Contains(osm, ":") && !strings.ContainsFunc(a+b+c+d, func(r rune) bool { return r >= '0' && r <= '9' }) && !strings.Contains(place.Fold(a+b+c+d), "mi") {
			if !strings.ContainsAny(place.Fold(a+b+c+d), "0123456789") {
				t.Fatalf("%q %q %q %q: hours from nowhere, %q", a, b, c, d, osm)
			}
		}
	})
}
