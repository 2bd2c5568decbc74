package hours

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestFromFrench(t *testing.T) {
	for text, want := range map[string]string{
		"Du lundi au vendredi de 9h à 12h et de 14h à 17h":                             "Mo-Fr 09:00-12:00,14:00-17:00",
		"lundi 9h-12h / mardi 14h-17h30":                                               "Mo 09:00-12:00; Tu 14:00-17:30",
		"Lundi : 09h00 - 12h00":                                                        "Mo 09:00-12:00",
		"Les lundi, mardi, jeudi et vendredi de 09h00 à 17h00":                         "Mo,Tu,Th,Fr 09:00-17:00",
		"Du lundi au vendredi : 09:00-12:00 et 14:00-16:30 / Samedi : 09:00-12:00":     "Mo-Fr 09:00-12:00,14:00-16:30; Sa 09:00-12:00",
		"Le lundi de 9h00 à 12h00 et sur rendez-vous.":                                 "Mo 09:00-12:00 || \"sur rendez-vous\"",
		"Le mardi de 9 h 30 à 12 heures":                                               "Tu 09:30-12:00",
		"lundi et jeudi de 9h à midi":                                                  "Mo,Th 09:00-12:00",
		"Lundi : 9h-12h\nMardi : fermé\nMercredi : 9h-12h / 14h-17h":                   "Mo 09:00-12:00; Tu off; We 09:00-12:00,14:00-17:00",
		"mardi matin de 9h à 12h":                                                      "Tu 09:00-12:00",
		"Du lundi au vendredi, de 8h30 à 12h et de 13h30 à 17h, le samedi de 9h à 12h": "Mo-Fr 08:30-12:00,13:30-17:00; Sa 09:00-12:00",
		"lundi 9h-12h, lundi 14h-17h":                                                  "Mo 09:00-12:00,14:00-17:00",
		"sur rendez-vous":                                                              "\"sur rendez-vous\"",
		"Uniquement sur RDV":                                                           "\"sur rendez-vous\"",
		"Mercredi 14h-17h sur rendez-vous":                                             "We 14:00-17:00 \"sur rendez-vous\"",
		"Du mardi au samedi 10h-18h, sauf jours fériés":                                "Tu-Sa 10:00-18:00; PH off",
		"Du lundi au samedi 9-12h":                                                     "Mo-Sa 09:00-12:00",
		"Fermé le lundi. Du mardi au vendredi 9h-12h":                                  "Mo off; Tu-Fr 09:00-12:00",
		"Lundi : 9h à 12h ; Mardi : 9h à 12h ; Mercredi : 9h à 12h":                    "Mo-We 09:00-12:00",
		"lundi 9h-12h-14h-17h":                                                         "Mo 09:00-12:00,14:00-17:00",
		"Mardi de 08:00 à 12:00 et de 13:30 à 16:30 - Mercredi de 08:00 à 12:00":       "Tu 08:00-12:00,13:30-16:30; We 08:00-12:00",

		// Not certain, or not hours.
		"":                                   "",
		"9h-12h":                             "",
		"8h30-12h30 et 13h30-16h30":          "",
		"tous les jours, 9h-12h":             "",
		"lundi":                              "",
		"Lundi - samedi":                     "",
		"Lundi matin":                        "",
		"lundi matin et mardi 9h-12h":        "",
		"mardi matin de 15h à 18h":           "",
		"lundi 9h-12h-14h":                   "",
		"lundi 9h-12h -":                     "",
		"lundi 9h-12h - mardi":               "",
		"lundi 12h-9h":                       "",
		"lundi 9h-12h, lundi 10h-11h":        "",
		"lundi 9h-25h":                       "",
		"lundi 9h-12h mardi 14h-17h sur rdv": "",
		"Du vendredi au lundi 9h-12h":        "",
		"lundi à partir de 9h":               "",
		"lundi 9h-12h et":                    "",
		"lundi 9 - 12":                       "",
	} {
		got, ok := FromFrench(text)
		if got != want || ok != (want != "") {
			t.Errorf("%q: %q, %v; want %q", text, got, ok, want)
		}
	}
}

// TestFromFrenchAsPeopleWriteIt: the shapes met in the files of collectivités,
// what is beside the hours kept.
func TestFromFrenchAsPeopleWriteIt(t *testing.T) {
	for text, want := range map[string]string{
		// Separators.
		"lun-ven 9h/12h - 13h30/17h":                          "Mo-Fr 09:00-12:00,13:30-17:00",
		"Lundi : 9h00-12h00 | Mardi : fermé":                  "Mo 09:00-12:00; Tu off",
		"Lundi 9h 12h Mercredi 9h 12h":                        "Mo,We 09:00-12:00",
		"MARDI DE 14H A 19H":                                  "Tu 14:00-19:00",
		"mardi 13:30-19:00\nmercredi 10:00-12:00 13:30-18:00": "Tu 13:30-19:00; We 10:00-12:00,13:30-18:00",
		"Du lundi au jeudi\n9 h 30 – 12 h / 15 h 30 – 18 h\nLe vendredi\n9 h – 12 h": "Mo-Th 09:30-12:00,15:30-18:00; Fr 09:00-12:00",
		"lundi-vendredi 08.30-17.30":                                                  "Mo-Fr 08:30-17:30",
		"lundi-mardi-jeudi : 9h00 à 12h30":                                            "Mo,Tu,Th 09:00-12:30",
		"mar-mer-jeu-ven 10h-12h 13h30-18h30 et le sam 10h-12h30 14h-17h30":           "Tu-Fr 10:00-12:00,13:30-18:30; Sa 10:00-12:30,14:00-17:30",
		"Lundi Mardi Vendredi 9h00 a 12h00\nJeudi 9h00 a 12h00 / 13h30 a 16h30":       "Mo,Tu,Fr 09:00-12:00; Th 09:00-12:00,13:30-16:30",
		"Lundi/Jeudi 13 h 18 h - Samedi 8h30 12 h":                                    "Mo,Th 13:00-18:00; Sa 08:30-12:00",
		"Mardi : 15H-18H30 -- Mercredi : 10H-12H et 14H-18H30":                        "Tu 15:00-18:30; We 10:00-12:00,14:00-18:30",
		"lundi 9h-12h // vendredi 14h-18h":                                            "Mo 09:00-12:00; Fr 14:00-18:00",
		"mardi 14/18h00, mercredi 10/12h00 et 14/19h00":                               "Tu 14:00-18:00; We 10:00-12:00,14:00-19:00",
		"Lundi : 15h18h / Mardi : 10h-12h30":                                          "Mo 15:00-18:00; Tu 10:00-12:30",
		"lundi de 14hà 17h30":                                                         "Mo 14:00-17:30",
		"Lundi : 9:00 - 12 :30":                                                       "Mo 09:00-12:30",
		"Lundi au vendredi\n9H-12H / 13H-17H":                                         "Mo-Fr 09:00-12:00,13:00-17:00",
		"MARDI & JEUDI APRES-MIDI (14:00/18:00)":                                      "Tu,Th 14:00-18:00",
		"lundi matin : 8h15/12h, mardi et jeudi : 9h/12h-13h30/17h":                   "Mo 08:15-12:00; Tu,Th 09:00-12:00,13:30-17:00",
		"Lundi\n13h30 – 17h30\n\nMercredi\n10h – 12h  13h30 – 17h30\n\nSamedi\nFermé": "Mo 13:30-17:30; We 10:00-12:00,13:30-17:30; Sa off",
		"Lundi : 9h30mn à 12h00":                                                      "Mo 09:30-12:00",
		"24h/24 et 7j/7":                                                              "24/7",

		// The hours before the days; every; the words around.
		"de 9h à 12h et de 14h à 17h du lundi au vendredi":                "Mo-Fr 09:00-12:00,14:00-17:00",
		"8h/12h15 et 13h15/17h du lundi au vendredi":                      "Mo-Fr 08:00-12:15,13:15-17:00",
		"9h-12h et 14h-17h du lundi au vendredi inclus, 9h-12h le samedi": "Mo-Fr 09:00-12:00,14:00-17:00; Sa 09:00-12:00",
		"14h à 16h jeudi, vendredi, samedi":                               "Th-Sa 14:00-16:00",
		"Tous les mardis de 13h30 à 16h30":                                "Tu 13:30-16:30",
		"Horaires d’ouverture : du lundi au vendredi de 9h à 12h":         "Mo-Fr 09:00-12:00",
		"Accueil du public du lundi au vendredi de 8 h 30 à 12 h":         "Mo-Fr 08:30-12:00",
		"Le vendredi : 09h-16h00 (journée continue)":                      "Fr 09:00-16:00",

		"Du lundi au vendredi :\n\n8h30-12h30 / 13h30-17h30":      "Mo-Fr 08:30-12:30,13:30-17:30",
		"La semaine de 8h30 à 12h00 et le samedi de 9h15 à 11h30": "Mo-Fr 08:30-12:00; Sa 09:15-11:30",
		"En semaine 9h-12h": "",

		// But.
		"Du lundi au vendredi, 9h à 12h30 et 13h30 à 17h30 (17h00 pendant les vacances scolaires)": "Mo-Fr 09:00-12:30,13:30-17:30; SH Mo-Fr 09:00-12:30,13:30-17:00",
		"Dimanche (2e dimanche du mois uniquement) : 14h-17h30":                                    "Su[2] 14:00-17:30",
		"Du lundi au vendredi de 9h à 12h et de 14h à 17h, sauf le mercredi après-midi":            "Mo,Tu,Th,Fr 09:00-12:00,14:00-17:00; We 09:00-12:00",
		"Du lundi au vendredi de 9h à 12h et de 14h à 17h, fermé les mardi et jeudi après midi":    "Mo,We,Fr 09:00-12:00,14:00-17:00; Tu,Th 09:00-12:00",
		"Du lundi au vendredi 9h-12h / 14h-17h (fermé le jeudi matin)":                             "Mo-We,Fr 09:00-12:00,14:00-17:00; Th 14:00-17:00",
		"Du lundi au samedi 9h-17h sauf le mercredi":                                               "Mo,Tu,Th-Sa 09:00-17:00; We off",
		"Lundi au vendredi : 9h à 12h, 14h à 18h (lundi et jeudi matin fermé)":                     "Mo,Th 14:00-18:00; Tu,We,Fr 09:00-12:00,14:00-18:00",
		"Mardi 9h-12h. Fermé en août.":                                                             "Tu 09:00-12:00; Aug off",
		"Mardi 9h-12h, sauf juillet et août":                                                       "Tu 09:00-12:00; Jul off; Aug off",
		"Mardi 9h-12h, fermé pendant les vacances scolaires":                                       "Tu 09:00-12:00; SH off",
		"mardi de 15h30 à 18h30 (sauf vacances scolaires) et samedi de 10h à 12h":                  "Tu 15:30-18:30; Sa 10:00-12:00; SH Tu off",
		"lundi 9h-12h, mardi 14h-17h (hors vacances scolaires)":                                    "",
		"Mardi 14h-17h (hors vacances scolaires)":                                                  "Tu 14:00-17:00; SH off",
		"Mercredi 14h-17h hors vacances scolaires":                                                 "We 14:00-17:00; SH off",
		"Du lundi au vendredi 9h-12h. Fermé les jours fériés.":                                     "Mo-Fr 09:00-12:00; PH off",
		"Mardi : fermé au public le matin / 13h45 – 17h30":                                         "Tu 13:45-17:30",

		// On appointment.
		"Du lundi au vendredi sur rendez-vous":                                                 "Mo-Fr \"sur rendez-vous\"",
		"Lundi 9h-12h, samedi sur RDV":                                                         "Mo 09:00-12:00; Sa \"sur rendez-vous\"",
		"Mercredi : (sur rendez-vous) Jeudi : 14h à 17h":                                       "We \"sur rendez-vous\"; Th 14:00-17:00",
		"Lundi : 10h à 12h30 Mercredi (uniquement sur rendez-vous) : 9h à 12h30":               "Mo 10:00-12:30; We 09:00-12:30 \"sur rendez-vous\"",
		"Lundi : 9:00 - 12:00 / Sur RDV : 14:00 - 17:00":                                       "Mo 09:00-12:00, Mo 14:00-17:00 \"sur rendez-vous\"",
		"Lundi : 9:00 - 12:00 // Sur RDV : 8:30 - 9:00 / 12:00 - 12:30 ; Mardi : 9:00 - 12:00": "Mo 08:30-09:00,12:00-12:30 \"sur rendez-vous\", Mo 09:00-12:00; Tu 09:00-12:00",
		"Lundi : Sur RDV : 9:00 - 12:30 / Sans RDV : 14:00 - 16:30":                            "Mo 09:00-12:30 \"sur rendez-vous\", Mo 14:00-16:30 open \"sans rendez-vous\"",
		"Lundi au vendredi 8h30 à 12h30 sans rendez-vous et 12h30 à 16H avec rendez-vous":      "Mo-Fr 08:30-12:30 open \"sans rendez-vous\", Mo-Fr 12:30-16:00 \"sur rendez-vous\"",
		"Du lundi au vendredi de 9h à 12h en libre accès et de 14h à 17h sur rendez-vous.":     "Mo-Fr 09:00-12:00 open \"accès libre\", Mo-Fr 14:00-17:00 \"sur rendez-vous\"",
		"Lundi : 9:00 - 12:30 / Sur RDV : après-midi":                                          "Mo 09:00-12:30 || Mo \"l’après-midi sur rendez-vous\"",
		"Lundi : 10:00 - 13:00 / Après-midi sur RDV ; Mardi : 9:00 - 12:00":                    "Mo 10:00-13:00; Tu 09:00-12:00 || Mo \"l’après-midi sur rendez-vous\"",
		"mardi de 9h à 12 h ou sur rdv":                                                        "Tu 09:00-12:00 || \"sur rendez-vous\"",
		"Du lundi au jeudi 9h-12h sans rendez-vous":                                            "Mo-Th 09:00-12:00 open \"sans rendez-vous\"",

		// Some weeks only.
		"Le premier mercredi du mois de 14h00 à 17h00":                                                           "We[1] 14:00-17:00",
		"Les deuxième et quatrième lundis du mois de 14h00 à 17h00":                                              "Mo[2,4] 14:00-17:00",
		"1er et 3e mardi du mois : 9h-12h":                                                                       "Tu[1,3] 09:00-12:00",
		"Tous les 1ers vendredis du mois de 9h30 à 12h30":                                                        "Fr[1] 09:30-12:30",
		"Le dernier jeudi de chaque mois de 14h00 à 17h00":                                                       "Th[-1] 14:00-17:00",
		"1er et 3ème jeudi matin 9h - 11h":                                                                       "Th[1,3] 09:00-11:00",
		"Samedi 1er et dernier du mois 9h/12h":                                                                   "Sa[1,-1] 09:00-12:00",
		"Vendredi 10h-12h Samedi 10h-12h (2e et 4e du mois)":                                                     "Fr 10:00-12:00; Sa[2,4] 10:00-12:00",
		"Mercredi : 1er mercredi du mois : 9:30 - 12:15 / 13:45 - 16:30 // 3ème mercredi du mois : 9:30 - 12:15": "We[1] 09:30-12:15,13:45-16:30; We[3] 09:30-12:15",
		"Samedi : 08:00-11:30 (les premiers samedis de chaque mois)":                                             "Sa[1] 08:00-11:30",
		"Lundi 13:30-17:00 / 2e et 4e samedi du mois : 10:00-12:00":                                              "Mo 13:30-17:00; Sa[2,4] 10:00-12:00",
		"Semaine paire : mardi 9h-12h":                                                                           "week 02-52/2 Tu 09:00-12:00",
		"Lundi : 8:45 - 12:00 / Semaines paires : 14:00 - 16:30":                                                 "Mo 08:45-12:00, week 02-52/2 Mo 14:00-16:30",
		"Jeudi : Semaines paires : 9:00 - 12:00 // Semaines impaires : 9:00 - 18:00":                             "week 02-52/2 Th 09:00-12:00; week 01-53/2 Th 09:00-18:00",
		"Jeudi : 9:00 - 12:00 (semaines impaires) / 14:00 - 18:00":                                               "Th 14:00-18:00, week 01-53/2 Th 09:00-12:00",
		"Samedi : Semaines paires : 10:00 - 12:00 // Semaines impaires : fermé":                                  "week 02-52/2 Sa 10:00-12:00; week 01-53/2 Sa off",
		"Un mercredi sur deux de 9h00 à 12h00":                                                                   "We 09:00-12:00 unknown \"un mercredi sur deux\"",
		"Un lundi après-midi sur deux de 14h00 à 17h00":                                                          "Mo 14:00-17:00 unknown \"un lundi sur deux\"",
		"Samedi : 1 samedi sur 2 : 9:00 - 12:30":                                                                 "Sa 09:00-12:30 unknown \"un samedi sur deux\"",
		"Les mardis toutes les trois semaines de 13h00 à 16h00":                                                  "Tu 13:00-16:00 unknown \"toutes les trois semaines\"",
		"Lundi 9h-12h (une semaine sur deux)":                                                                    "Mo 09:00-12:00 unknown \"une semaine sur deux\"",
		"Les mardis d’octobre à juin de 9h00 à 17h00":                                                            "Oct-Jun Tu 09:00-17:00",
		"Samedi : Juin - Sept. : 9:00 - 12:00":                                                                   "Jun-Sep Sa 09:00-12:00",
		"Mercredi : hors vacances scolaires : 9:00 - 12:00":                                                      "We 09:00-12:00; SH off",
		"Lundi : 9h-12h ; Mercredi : hors vacances scolaires : 9:00 - 12:00":                                     "Mo,We 09:00-12:00; SH We off",
		"Mercredi : pendant les vacances scolaires : 9:00 - 12:00":                                               "SH We 09:00-12:00",
		"En période scolaire :\nMercredi et samedi : de 13h00 à 18h00\n\nPendant les vacances scolaires :\nDu lundi au vendredi : de 10h00 à 19h00": "We,Sa 13:00-18:00; SH off; SH Mo-Fr 10:00-19:00",
		"En période scolaire les lundi et mardi de 16h30 à 18h, et mercredi de 14h à 18h":                                                           "Mo,Tu 16:30-18:00; We 14:00-18:00; SH off",

		// Not certain: the text is kept as it is.
		"mardis et jeudis matin":                                   "",
		"Tous les matins 8h-12h, lundi 13h-17h":                    "",
		"lundi 9h et 14h":                                          "",
		"lundi 9h, 12h":                                            "",
		"lundi 9h-12h (17h30 le mercredi)":                         "",
		"Hiver : du lundi au vendredi de 8h30 à 12h00":             "",
		"Mardi-jeudi 9h-12h, mercredi 14h-17h, mardi 9h-11h":       "",
		"Sept. - Juin : 14:00 - 17:30 // Eté : 10:00 - 12:30":      "",
		"Vendredi 21/04\n10:00 - 12:30":                            "",
		"lundi 9h-12h jusqu’au 12/05/2024":                         "",
		"Sur RDV : 02.47.74.56.08":                                 "",
		"1er lundi matin du mois":                                  "",
		"lundi 9h-12h et 11h-13h":                                  "",
		"Lundi 9h-12h, mardi 14h-17h hors vacances scolaires":      "",
		"Mardi 9h-12h, semaine paire mardi 10h-11h":                "",
		"Du lundi au vendredi 9h-17h, sauf le mercredi après-midi": "", // open through noon: until when?
		"jours fériés":                                             "",
		"Fermé en août":                                            "",
		"7:30 - 11:30 ; 12:15 - 16:":                               "",
		"Lundi : 9h30h-12h30":                                      "",
		"mardi de 17h à 19h salle des noisetiers":                  "",
		"du lundi au vendredi de h30 à 12h30":                      "",
		"lundi ou mardi 9h-12h":                                    "",
		"Lundi 9h-12h (pas ouvert tous les lundis)":                "",
	} {
		got, ok := FromFrench(text)
		if got != want || ok != (want != "") {
			t.Errorf("%q:\n got %s, %v\nwant %s", text, got, ok, want)
		}
	}
}

// Any week, written in any of the usual ways, is read as it was meant.
func TestAnyWeekInFrench(t *testing.T) {
	names := []string{"lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"}
	short := []string{"lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim."}
	z := ZoneOf("51")
	monday := time.Date(2025, 3, 10, 0, 0, 0, 0, z.Location())
	rapid.Check(t, func(t *rapid.T) {
		pick := func(label string, of ...string) string { return rapid.SampledFrom(of).Draw(t, label) }
		clock := pick("clock", "9h30", "09:30", "9 h 30", "09h30", "9H30")
		say := func(m int) string {
			h, rest := strconv.Itoa(m/60), pad(m%60, 2)
			switch clock {
			case "09:30":
				return pad(m/60, 2) + ":" + rest
			case "9 h 30":
				return h + " h " + rest
			case "09h30":
				return pad(m/60, 2) + "h" + rest
			case "9H30":
				return h + "H" + rest
			}
			if rest == "00" {
				return h + "h"
			}
			return h + "h" + rest
		}
		to := pick("to", " à ", "-", " - ", "/", " – ")
		and := pick("and", " et ", " / ", ", ", " puis de ", " et de ", " ")
		colon := pick("colon", " : ", " ", ": ", " de ", "\n")
		next := pick("next", " ; ", "\n", ". ", " | ", ", ", " // ", " -- ", " ")
		var french, osm []string
		for d := range 7 {
			n := rapid.IntRange(0, 3).Draw(t, "spans")
			if n == 3 {
				continue // nothing is said of the day
			}
			var spans, exact []string
			at := 7 * 60
			for range n {
				from := at + 15*rapid.IntRange(0, 12).Draw(t, "from")
				at = from + 15*rapid.IntRange(2, 14).Draw(t, "length")
				spans = append(spans, say(from)+to+say(at))
				exact = append(exact, pad(from/60, 2)+":"+pad(from%60, 2)+"-"+pad(at/60, 2)+":"+pad(at%60, 2))
				at += 15
			}
			name := pick("name", names[d], strings.ToUpper(names[d]), "Le "+names[d], short[d])
			if n == 0 {
				french, osm = append(french, name+" : fermé"), append(osm, weekdayCodes[d]+" off")
				continue
			}
			french, osm = append(french, name+colon+strings.Join(spans, and)), append(osm, weekdayCodes[d]+" "+strings.Join(exact, ","))
		}
		if len(french) == 0 {
			return
		}
		text := strings.Join(french, next)
		got, ok := FromFrench(text)
		if !ok {
			t.Fatalf("%q is not read", text)
		}
		read, err := Parse(got)
		if err != nil {
			t.Fatal(err)
		}
		want, err := Parse(strings.Join(osm, "; "))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want.Week(monday, z), read.Week(monday, z)); diff != "" {
			t.Fatalf("%q is read %s: -want +got:\n%s", text, got, diff)
		}
	})
}

// FuzzFromFrench: whatever it gives can be read, is in its exact form, and opens
// or says something.
func FuzzFromFrench(f *testing.F) {
	for _, text := range []string{
		"Du lundi au vendredi de 9h à 12h et de 14h à 17h", "lundi 9h-12h / mardi 14h-17h30", "Le lundi de 9h00 à 12h00 et sur rendez-vous.",
		"Fermé le lundi. Du mardi au vendredi 9h-12h", "mardi matin : 9 heures 30 à midi", "sauf jours fériés", "lundi 9h-minuit",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		osm, ok := FromFrench(text)
		if !ok {
			if osm != "" {
				t.Fatalf("%q: %q, and false", text, osm)
			}
			return
		}
		h, err := Parse(osm)
		if err != nil || h.String() != osm {
			t.Fatalf("%q: %q: %v", text, osm, err)
		}
		if !strings.ContainsAny(text, "0123456789") && strings.Contains(osm, ":") && !strings.Contains(strings.ToLower(text), "mi") {
			t.Fatalf("%q: hours from nowhere, %q", text, osm)
		}
	})
}

func BenchmarkFromFrench(b *testing.B) {
	texts := []string{"Du lundi au vendredi de 9h à 12h et de 14h à 17h, sauf le mercredi après-midi", "Lundi : 9:00 - 12:00 / Sur RDV : 14:00 - 17:00 ; Mardi : 9:00 - 12:00",
		"Horaires variables en fonction des ateliers, se renseigner à l’accueil"}
	b.ReportAllocs()
	for b.Loop() {
		for _, text := range texts {
			FromFrench(text)
		}
	}
}
