package demo

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// distinct is how many different opening hours a demonstration has: as many
// as a département's real census, whatever the number of places.
const distinct = 4000

// freeHours are what people write instead of OSM's notation.
var freeHours = []string{
	"Sur rendez-vous uniquement", "9h-12h / 14h-17h du lundi au vendredi", "Les mardis après-midi",
	"Un lundi sur deux", "Horaires variables, appelez avant de venir", "Permanence le 1er jeudi du mois",
}

// rareHours are valid and seldom met.
var rareHours = []string{
	"24/7", `"sur rendez-vous"`, `Mo-Fr 09:00-17:00 "sur rendez-vous"`, "Mo[1],Mo[3] 14:00-17:00", "Fr 18:00-01:00; Sa 14:00-01:00",
	"week 1-53/2 Tu 09:00-12:00; week 2-52/2 Th 14:00-17:00", "Jan-Jun,Sep-Dec Mo-Fr 09:00-17:00; Jul-Aug off",
	"Mo-Fr 09:00-12:00; Dec 24-Jan 02 off; PH off", `We 14:00-18:00; SH off`, "Th[-1] 09:00-12:00",
}

var (
	mornings   = []string{"08:00-12:00", "08:30-12:00", "08:30-12:30", "08:45-12:15", "09:00-11:30", "09:00-12:00", "09:00-12:30", "09:15-12:00", "09:30-12:00", "09:30-12:30", "10:00-12:00", "10:00-12:30", "10:00-13:00"}
	afternoons = []string{"13:00-16:30", "13:00-17:00", "13:30-16:30", "13:30-17:00", "13:30-17:15", "13:30-17:30", "13:30-18:00", "13:45-17:00", "14:00-16:30", "14:00-17:00", "14:00-17:30", "14:00-18:00", "14:00-18:30", "14:00-19:00", "15:00-18:00", "16:00-18:30"}
	whole      = []string{"08:30-17:00", "09:00-16:00", "09:00-16:30", "09:00-17:00", "09:00-18:00", "10:00-18:00", "10:00-18:30", "10:00-19:00"}
	weeks      = [][]string{
		{"Mo-Fr"}, {"Mo-Fr"}, {"Mo-Fr"}, {"Tu-Fr"}, {"Tu-Sa"}, {"Mo-Sa"},
		{"Mo-Th", "Fr"}, {"Mo,Tu,Th,Fr", "We"}, {"Mo,We,Fr", "Tu,Th"}, {"Tu-Fr", "Sa"}, {"Mo-Fr", "Sa"}, {"Tu,Th", "We,Sa"},
		{"Mo", "Tu,Th", "We", "Fr"}, {"Tu", "We,Sa", "Th,Fr"}, {"Mo,Tu", "We-Fr", "Sa"}, {"We", "Fr"}, {"Tu"}, {"Th"},
	}
	endings = []string{"", "", "", "", "; PH off", "; PH off", "; PH off", "; PH,SH off", "; Aug off", "; Dec 25-31 off"}
)

// openings makes the values that a demonstration draws from, the commonest first.
func openings(seed uint64) []string {
	r := rand.New(rand.NewPCG(seed, 0x686f7261697265)) // its own stream: more places never change them
	one := func(from []string) string { return from[r.IntN(len(from))] }
	day := func() string {
		switch r.IntN(8) {
		case 0:
			return one(mornings)
		case 1:
			return one(afternoons)
		case 2:
			return one(whole)
		}
		morning, afternoon := one(mornings), one(afternoons)
		for afternoon[:5] <= morning[6:] {
			afternoon = one(afternoons) // nobody closes at one to open at one
		}
		return morning + "," + afternoon
	}
	rules := func() string {
		var out []string
		for _, days := range weeks[r.IntN(len(weeks))] {
			out = append(out, days+" "+day())
		}
		return strings.Join(out, "; ")
	}
	out := []string{
		"Mo-Fr 09:00-12:00,14:00-17:00", "Mo-Fr 08:30-12:00,13:30-17:00; PH off", "Mo-Th 08:30-16:30; Fr 09:00-12:00",
		"Tu-Fr 09:00-12:00,14:00-17:30; Sa 09:00-12:00", "Mo-Fr 09:00-12:30,13:30-17:00", "Mo-Fr 09:00-17:00; PH off",
	}
	seen := map[string]bool{}
	for _, v := range out {
		seen[v] = true
	}
	for len(out) < distinct {
		var v string
		switch r.IntN(25) {
		case 0: // a summer of its own
			days, winter, summer := one([]string{"Tu-Sa", "Mo-Fr", "Tu-Fr"}), day(), one(mornings)
			v = fmt.Sprintf("Sep-Jun %s %s; Jul-Aug %s %s", days, winter, days, summer)
		case 1: // every other week
			v = fmt.Sprintf("week %s %s %s", one([]string{"1-53/2", "2-52/2"}), one([]string{"Mo", "Tu", "We", "Th", "Fr"}), day())
		case 2: // once a month
			v = fmt.Sprintf("%s[%d] %s", one([]string{"Mo", "Tu", "We", "Th", "Fr", "Sa"}), 1+r.IntN(4), day())
		case 3: // a morning for everybody, an afternoon by appointment
			// The comma adds to the morning; a semicolon would replace it.
			v = fmt.Sprintf(`Mo-Fr %s, Mo-Fr %s "sur rendez-vous"`, one(mornings), one(afternoons))
		default:
			v = rules() + one(endings)
		}
		if !seen[v] {
			seen[v] = true
			out = append(out, v)
		}
	}
	return slices.Clip(out)
}
