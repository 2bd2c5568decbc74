package hours

// date is a day of the calendar with what the rules ask of it.
type date struct {
	number   int // days since 1970-01-01
	year     int
	month    int
	day      int
	weekday  int // Monday 0
	zone     Zone
	public   State // Open: a public holiday; Closed: not; Unknown: not looked up
	school   State // Open: a school holiday; Closed: not; Unknown: not looked up, or not known
	ordinary bool  // no holiday, whatever the calendars say
}

func dayAt(number int, z Zone) date {
	d := date{number: number, zone: z, weekday: weekdayOf(number)}
	d.year, d.month, d.day = civil(number)
	return d
}

// isPublic says whether the day is a public holiday, looking it up once.
func (d *date) isPublic() bool {
	if d.public == Unknown {
		d.public = guess(d.publicHoliday(d.zone) >= 0)
	}
	return d.public == Open
}

// schoolState says whether the day is a school holiday: Open when it is.
func (d *date) schoolState(z Zone) State {
	if d.school == Unknown {
		d.school = z.schoolHoliday(d.number)
	}
	return d.school
}

// dayNumber counts the days since 1970-01-01 in the proleptic Gregorian
// calendar. A day past the month's end counts on into the next.
func dayNumber(year, month, day int) int {
	if month <= 2 {
		year--
		month += 12
	}
	era := floorDiv(year, 400)
	yoe := year - era*400
	doy := (153*(month-3)+2)/5 + day - 1
	doe := yoe*365 + yoe/4 - yoe/100 + doy
	return era*146097 + doe - 719468
}

// civil is the inverse of dayNumber.
func civil(number int) (year, month, day int) {
	number += 719468
	era := floorDiv(number, 146097)
	doe := number - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	day = doy - (153*mp+2)/5 + 1
	month = mp + 3
	year = yoe + era*400
	if month > 12 {
		month -= 12
		year++
	}
	return year, month, day
}

func floorDiv(a, b int) int {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// weekdayOf gives 0 for a Monday; 1970-01-01 was a Thursday.
func weekdayOf(number int) int {
	return ((number+3)%7 + 7) % 7
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// isoWeek is the number of the ISO 8601 week, that of the week's Thursday.
func (d *date) isoWeek() int {
	thursday := d.number - d.weekday + 3
	year, _, _ := civil(thursday)
	return (thursday-dayNumber(year, 1, 1))/7 + 1
}

// easterDay is Easter Sunday of the year (Gregorian computus).
func easterDay(year int) int {
	century := floorDiv(year, 100)
	golden := year - floorDiv(year, 19)*19
	epact := (15 + century - century/4 - (13+8*century)/25 + 19*golden) % 30
	if epact < 0 {
		epact += 30
	}
	if epact == 29 || epact == 28 && golden > 10 {
		epact--
	}
	moon := dayNumber(year, 3, 21) + epact
	return moon + 7 - (weekdayOf(moon)+1)%7
}
