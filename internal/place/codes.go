package place

import (
	"regexp"
	"slices"
	"strings"
)

// keepAlnum keeps ASCII letters and digits, letters in upper case.
func keepAlnum(s string) string {
	b := make([]byte, 0, len(s))
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= '0' && c <= '9', c >= 'A' && c <= 'Z':
			b = append(b, c)
		case c >= 'a' && c <= 'z':
			b = append(b, c-'a'+'A')
		}
	}
	return string(b)
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// spreadsheetDecimal is the ".0" that a spreadsheet adds to a number.
var spreadsheetDecimal = regexp.MustCompile(`^(\d+)[.,]0+$`)

// dropDecimal turns "1000.0" into "1000".
func dropDecimal(s string) string {
	if strings.HasSuffix(s, "0") && strings.ContainsAny(s, ".,") {
		if m := spreadsheetDecimal.FindStringSubmatch(s); m != nil {
			return m[1]
		}
	}
	return s
}

// readPostal reads a postal code; code is the finding's, "" when it was exact.
func readPostal(s string) (postal, code string) {
	t := dropDecimal(strings.TrimPrefix(strings.TrimPrefix(strings.ToUpper(s), "FR-"), "F-"))
	if i := strings.Index(t, "CEDEX"); i > 0 {
		t = t[:i]
	}
	for _, r := range t {
		if !(r >= '0' && r <= '9' || strings.ContainsRune(" \u00a0\u202f.-", r)) {
			return "", "code_postal_invalid"
		}
	}
	t = keepAlnum(t)
	switch {
	case len(t) == 4 && plausiblePostal("0"+t):
		return "0" + t, "code_postal_lost_zero"
	case len(t) != 5 || !plausiblePostal(t):
		return "", "code_postal_invalid"
	case t != s:
		return t, "code_postal_format"
	}
	return t, ""
}

// plausiblePostal: the postal codes begin by 01 to 95, 97 or 98.
func plausiblePostal(s string) bool {
	return isDigits(s) && len(s) == 5 && s >= "01000" && s < "99000" && s[:2] != "96" && !(s[:2] == "97" && (s[2] < '1' || s[2] > '8'))
}

var inseePattern = regexp.MustCompile(`^(?:0[1-9]|[13-8]\d|2[1-9AB]|9[0-5])\d{3}$|^97[1-8]\d{2}$|^98[46-9]\d{2}$`)

// readInsee reads the form of an INSEE code, which may be a former one.
func readInsee(s string, exists func(string) bool) (insee, code string) {
	t := keepAlnum(dropDecimal(s))
	switch {
	case inseePattern.MatchString(t):
		if t != s {
			code = "code_insee_format"
		}
		return t, code
	case len(t) == 4 && inseePattern.MatchString("0"+t) && isDigits(t):
		return "0" + t, "code_insee_lost_zero"
	case len(t) == 5 && strings.HasPrefix(t, "20"):
		// Corsica before 1976: the three digits stayed, each is in one half only.
		a, b := exists("2A"+t[2:]), exists("2B"+t[2:])
		if a != b {
			if a {
				return "2A" + t[2:], "code_insee_former"
			}
			return "2B" + t[2:], "code_insee_former"
		}
	}
	return "", "code_insee_invalid"
}

// departementOfInsee: "01", "2A", "974".
func departementOfInsee(insee string) string {
	if len(insee) != 5 {
		return ""
	}
	if insee[:2] == "97" || insee[:2] == "98" {
		return insee[:3]
	}
	return insee[:2]
}

// departementOfPostal is that of most communes of the postal code: a few
// communes are served from the département next door.
func departementOfPostal(postal string) string {
	switch {
	case len(postal) != 5:
		return ""
	case postal == "97133":
		return "977"
	case postal == "97150":
		return "978"
	case postal[:2] == "97" || postal[:2] == "98":
		return postal[:3]
	case postal[:3] == "200" || postal[:3] == "201":
		return "2A"
	case postal[:2] == "20":
		return "2B"
	}
	return postal[:2]
}

// CityOf gives the code of the city of a municipal arrondissement (of Paris,
// Lyon or Marseille); false for any other commune.
func CityOf(insee string) (string, bool) {
	switch {
	case insee >= "75101" && insee <= "75120" && len(insee) == 5:
		return "75056", true
	case insee >= "69381" && insee <= "69389" && len(insee) == 5:
		return "69123", true
	case insee >= "13201" && insee <= "13216" && len(insee) == 5:
		return "13055", true
	}
	return "", false
}

// luhn is the check of SIREN and SIRET.
func luhn(digits string) bool {
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

const laPoste = "356000000"

// validSiret: Luhn; the establishments of La Poste, too many for it, have
// digits that add up to a multiple of 5.
func validSiret(s string) bool {
	if luhn(s) {
		return true
	}
	sum := 0
	for i := range len(s) {
		sum += int(s[i] - '0')
	}
	return strings.HasPrefix(s, laPoste) && sum%5 == 0
}

var (
	rnaPattern        = regexp.MustCompile(`^W\d[0-9AB]\d{7}$|^W9[A-Z0-9]\d{7}$`)
	scientificPattern = regexp.MustCompile(`^\d[.,]?\d*E\+?\d+$`)
	tahitiPattern     = regexp.MustCompile(`^[A-Z0-9]\d{5}$`)
)

// readPivot reads a SIRET, an RNA or a RIDET. Zeros are unknown, silently: the
// standard's own way to say so.
func readPivot(s, departement string) (pivot, code string) {
	if t := strings.ToUpper(strings.ReplaceAll(s, " ", "")); scientificPattern.MatchString(t) {
		// A spreadsheet keeps fifteen digits, and shows fewer: whole when they are all there.
		mantissa, exponent, _ := strings.Cut(t, "E")
		if digits := keepAlnum(mantissa); len(digits) == 14 && strings.TrimLeft(exponent, "+0") == "13" && validSiret(digits) {
			return digits, "pivot_format"
		}
		return "", "pivot_scientific"
	}
	t := keepAlnum(dropDecimal(s))
	if strings.Trim(t, "0") == "" {
		return "", ""
	}
	for _, prefix := range []string{"SIRET", "SIREN", "RNA", "RIDET"} {
		t = strings.TrimPrefix(t, prefix)
	}
	if t != s {
		code = "pivot_format"
	}
	pacific := slices.Contains([]string{"", "986", "987", "988"}, departement)
	switch {
	case isDigits(t) && len(t) == 14 && validSiret(t):
		return t, code
	case isDigits(t) && len(t) == 13 && validSiret("0"+t):
		return "0" + t, "pivot_format"
	case isDigits(t) && len(t) == 9 && luhn(t):
		return t, "pivot_siren"
	case rnaPattern.MatchString(t):
		return t, code
	case isDigits(t) && len(t) == 10 && t[0] == '0' && departement == "": // a phone, more likely
	case isDigits(t) && (len(t) == 6 || len(t) == 7 || len(t) == 10) && pacific:
		return t, code
	case tahitiPattern.MatchString(t) && departement == "987":
		return t, code
	}
	return "", "pivot_invalid"
}
