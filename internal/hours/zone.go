package hours

import (
	"strings"
	"time"
)

// Zone is where a place lives: its clock, its public holidays, its school
// holidays. The zero Zone is metropolitan France with no school zone known.
type Zone struct{ index uint8 }

// zoneRow is a line of the table of zones.
type zoneRow struct {
	key    string
	clock  string // IANA
	public place  // whose public holidays
	school string // whose school holidays: "A", "B", "C"; "" when they are not in the table
	where  string // "en Guadeloupe"
	sun    *[5]bounds

	schoolUnknown string // the reason given when the calendar is not known
	location      *time.Location
}

// place is a bit a territory that has public holidays of its own.
type place uint16

const (
	everywhere    place = 0
	alsaceMoselle place = 1 << (iota - 1)
	guadeloupe
	martinique
	guyane
	reunion
	mayotte
	saintBarthelemy
	saintMartin
	wallis
	polynesie
	caledonie
)

// bounds are the earliest and the latest minute of the day, by the wall clock,
// at which an event of the sun happens anywhere in the zone, all year round.
type bounds struct{ low, high int }

// French Polynesia has three clocks; its 987 alone does not tell them apart, and
// nine inhabitants in ten live by Tahiti's. The Marquesas (half an hour later)
// and the Gambier Islands (an hour) have zones of their own, which ZoneOf gives
// for the code of one of their communes.
var zones = [...]zoneRow{
	{key: "metropole", clock: "Europe/Paris", where: "en France métropolitaine, dans cette zone", sun: &sunMetropole},
	{key: "metropole-A", clock: "Europe/Paris", school: "A", where: "en zone A", sun: &sunMetropole},
	{key: "metropole-B", clock: "Europe/Paris", school: "B", where: "en zone B", sun: &sunMetropole},
	{key: "metropole-C", clock: "Europe/Paris", school: "C", where: "en zone C", sun: &sunMetropole},
	{key: "alsace-moselle", clock: "Europe/Paris", public: alsaceMoselle, school: "B", where: "en zone B", sun: &sunMetropole},
	{key: "corse", clock: "Europe/Paris", where: "en Corse", sun: &sunMetropole},
	{key: "971", clock: "America/Guadeloupe", public: guadeloupe, where: "en Guadeloupe", sun: &sunTropics},
	{key: "972", clock: "America/Martinique", public: martinique, where: "en Martinique", sun: &sunTropics},
	{key: "973", clock: "America/Cayenne", public: guyane, where: "en Guyane", sun: &sunTropics},
	{key: "974", clock: "Indian/Reunion", public: reunion, where: "à La Réunion", sun: &sunTropics},
	{key: "975", clock: "America/Miquelon", where: "à Saint-Pierre-et-Miquelon", sun: &sunMetropole},
	{key: "976", clock: "Indian/Mayotte", public: mayotte, where: "à Mayotte", sun: &sunTropics},
	{key: "977", clock: "America/St_Barthelemy", public: saintBarthelemy, where: "à Saint-Barthélemy", sun: &sunTropics},
	{key: "978", clock: "America/Marigot", public: saintMartin, where: "à Saint-Martin", sun: &sunTropics},
	{key: "986", clock: "Pacific/Wallis", public: wallis, where: "à Wallis-et-Futuna", sun: &sunTropics},
	{key: "987", clock: "Pacific/Tahiti", public: polynesie, where: "en Polynésie française", sun: &sunTropics},
	{key: "988", clock: "Pacific/Noumea", public: caledonie, where: "en Nouvelle-Calédonie", sun: &sunTropics},
	{key: "987-marquises", clock: "Pacific/Marquesas", public: polynesie, where: "en Polynésie française", sun: &sunTropics},
	{key: "987-gambier", clock: "Pacific/Gambier", public: polynesie, where: "en Polynésie française", sun: &sunTropics},
}

// zoneCodes are the départements of each zone: the school zones by academy,
// since the reform of 2016. Alsace and Moselle are in zone B, with public holidays
// of their own. Codes of five digits are communes.
var zoneCodes = map[string]string{
	"metropole-A": "25 39 70 90 24 33 40 47 64 03 15 43 63 21 58 71 89 07 26 38 73 74 19 23 87 01 42 69 16 17 79 86",
	"metropole-B": "04 05 13 84 02 60 80 59 62 54 55 88 44 49 53 72 85 06 83 14 50 61 27 76 18 28 36 37 41 45 08 10 51 52 22 29 35 56",
	"metropole-C": "77 93 94 11 30 34 48 66 75 09 12 31 32 46 65 81 82 78 91 92 95",

	"alsace-moselle": "57 67 68",
	"corse":          "2A 2B 20",

	"987-marquises": "98718 98723 98731 98746 98756 98757",
	"987-gambier":   "98719",
}

var (
	zoneOfDepartement = map[string]Zone{}
	zoneOfKey         = map[string]Zone{}
)

func init() {
	for i := range zones {
		row := &zones[i]
		loc, err := time.LoadLocation(row.clock)
		if err != nil {
			panic("hours: " + row.clock + ": " + err.Error()) // the zone files are in the binary
		}
		row.location = loc
		row.schoolUnknown = "le calendrier des vacances scolaires n’est pas connu " + row.where + " à cette date"
		z := Zone{uint8(i)}
		zoneOfKey[row.key] = z
		zoneOfDepartement[row.key] = z
		for code := range strings.FieldsSeq(zoneCodes[row.key]) {
			zoneOfDepartement[code] = z
		}
	}
}

// ZoneOf gives the zone of a département's or collectivité's code ("01",
// "2A", "57", "974", "988"). The code of a commune of French Polynesia gives its
// own clock. An unknown code gets metropolitan France.
func ZoneOf(departement string) Zone {
	code := strings.ToUpper(strings.TrimSpace(departement))
	z, ok := zoneOfDepartement[code]
	if !ok && strings.HasPrefix(code, "987") {
		return zoneOfDepartement["987"]
	}
	return z
}

// Key is the same for two zones exactly when every answer in them is the
// same; it is short and stable ("metropole-A", "974").
func (z Zone) Key() string { return z.row().key }

// ZoneFromKey is the inverse of Key.
func ZoneFromKey(key string) (Zone, bool) {
	z, ok := zoneOfKey[key]
	return z, ok
}

// Location is the zone's clock.
func (z Zone) Location() *time.Location { return z.row().location }

func (z Zone) row() *zoneRow {
	if int(z.index) >= len(zones) {
		return &zones[0]
	}
	return &zones[z.index]
}

// The sun's bounds are wide on purpose: between them the answer is Unknown,
// outside them it is certain wherever in the zone the place is.
var (
	sunMetropole = [5]bounds{{}, {3*60 + 45, 9 * 60}, {4*60 + 45, 9*60 + 45}, {16 * 60, 22*60 + 45}, {16*60 + 30, 24 * 60}}
	sunTropics   = [5]bounds{{}, {4 * 60, 7 * 60}, {4*60 + 30, 7*60 + 30}, {16*60 + 45, 19*60 + 30}, {17 * 60, 20 * 60}}
)

// bounds are the minutes between which the moment falls.
func (z Zone) bounds(t moment) (low, high int) {
	if t.event == clock {
		return t.minutes, t.minutes
	}
	b := z.row().sun[t.event]
	return b.low + t.minutes, b.high + t.minutes
}
