package hours

import (
	"strings"
	"testing"
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
		"un lundi sur deux de 9h à 12h":      "",
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
		"1er lundi du mois 9h-12h":           "",
		"semaine paire lundi 9h-12h":         "",
		"lundi 9h-12h mardi 14h-17h sur rdv": "",
		"Du vendredi au lundi 9h-12h":        "",
		"lundi à partir de 9h":               "",
		"lundi 9h-12h et":                    "",
		"lundi 9h-12h (sauf août)":           "",
		"lundi 9 - 12":                       "",
	} {
		got, ok := FromFrench(text)
		if got != want || ok != (want != "") {
			t.Errorf("%q: %q, %v; want %q", text, got, ok, want)
		}
	}
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
