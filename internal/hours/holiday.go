package hours

import "math/bits"

// holiday is a line of the table of public holidays.
type holiday struct {
	name       string
	month, day int   // month 0: day counts from Easter Sunday
	only       place // everywhere when 0
	since, to  int   // years; 0: no bound

	reason  string // "jour férié : Noël"
	warning string // when the value says nothing of holidays
}

// The eleven holidays of the labour code (L3133-1), those of the local law of
// Alsace and Moselle, the days on which the abolition of slavery is
// commemorated (L3422-2 and decree 83-1003), and the holidays that the
// territories set themselves or keep by settled custom. What only some trades or
// communes keep (Carnival, Mi-Carême, 2 November, Christmas Eve) is not in it.
var holidays = [...]holiday{
	{name: "Jour de l’an", month: 1, day: 1},
	{name: "lundi de Pâques", day: 1},
	{name: "1er mai", month: 5, day: 1},
	{name: "8 mai", month: 5, day: 8, since: 1982},
	{name: "Ascension", day: 39},
	{name: "lundi de Pentecôte", day: 50},
	{name: "14 juillet", month: 7, day: 14},
	{name: "Assomption", month: 8, day: 15},
	{name: "Toussaint", month: 11, day: 1},
	{name: "11 novembre", month: 11, day: 11},
	{name: "Noël", month: 12, day: 25},

	{name: "Vendredi saint", day: -2, only: alsaceMoselle | guadeloupe | martinique | polynesie},
	{name: "Saint-Étienne", month: 12, day: 26, only: alsaceMoselle},

	{name: "abolition de l’esclavage", month: 4, day: 27, only: mayotte, since: 1984},
	{name: "abolition de l’esclavage", month: 5, day: 22, only: martinique, since: 1984},
	{name: "abolition de l’esclavage", month: 5, day: 27, only: guadeloupe, since: 1984},
	{name: "abolition de l’esclavage", month: 5, day: 28, only: saintMartin, since: 2018},
	{name: "abolition de l’esclavage", month: 6, day: 10, only: guyane, since: 1984},
	{name: "abolition de l’esclavage", month: 10, day: 9, only: saintBarthelemy, since: 2012},
	{name: "abolition de l’esclavage", month: 12, day: 20, only: reunion, since: 1983},
	{name: "fête Victor-Schœlcher", month: 7, day: 21, only: guadeloupe | martinique, since: 1984},

	{name: "saint Pierre Chanel", month: 4, day: 28, only: wallis},
	{name: "saints Pierre et Paul", month: 6, day: 29, only: wallis},
	{name: "fête du Territoire", month: 7, day: 29, only: wallis},
	{name: "arrivée de l’Évangile", month: 3, day: 5, only: polynesie},
	{name: "fête de l’Autonomie", month: 6, day: 29, only: polynesie, to: 2024},
	{name: "Matari’i", month: 11, day: 20, only: polynesie, since: 2025},
	{name: "fête de la Citoyenneté", month: 9, day: 24, only: caledonie},
}

// holidayOn are the lines of the table for a month and day, as a set of bits.
var holidayOn [13][32]uint32

func init() {
	for i := range holidays {
		h := &holidays[i]
		if h.month != 0 {
			holidayOn[h.month][h.day] |= 1 << i
		}
		h.reason = "jour férié : " + h.name
		h.warning = h.reason + " (les horaires ne précisent pas ce jour : mieux vaut vérifier)"
	}
}

// publicHoliday gives the day's line in the table, or -1.
func (d *date) publicHoliday(z Zone) int {
	here := z.row().public
	for s := holidayOn[d.month][d.day]; s != 0; s &= s - 1 {
		if i := bits.TrailingZeros32(s); holidays[i].holds(d.year, here) {
			return i
		}
	}
	if d.month < 3 || d.month > 6 {
		return -1 // Easter's holidays fall between 20 March and 14 June
	}
	after := d.number - easterDay(d.year)
	for i := range holidays {
		if h := &holidays[i]; h.month == 0 && h.day == after && h.holds(d.year, here) {
			return i
		}
	}
	return -1
}

// holds says whether the holiday is kept there in that year.
func (h *holiday) holds(year int, here place) bool {
	return (h.only == everywhere || h.only&here != 0) && year >= h.since && (h.to == 0 || year <= h.to)
}

// holidayReason names the holiday for which the rule speaks.
func (r *rule) holidayReason(d *date, z Zone) string {
	for _, list := range [...][]daySelector{r.holidays, r.days} {
		for i := range list {
			s := &list[i]
			switch s.kind {
			case publicDay:
				e := *d
				if s.offset != 0 {
					e = dayAt(d.number-s.offset, z)
				}
				if k := e.publicHoliday(z); k >= 0 {
					if s.offset != 0 {
						return holidays[k].reason + dayOffset(s.offset)
					}
					return holidays[k].reason
				}
			case schoolDay:
				if d.schoolState(z) == Open {
					return "vacances scolaires"
				}
			}
		}
	}
	return ""
}

func dayOffset(n int) string {
	if n == 1 {
		return " (lendemain)"
	}
	if n == -1 {
		return " (veille)"
	}
	return ""
}
