package place

import (
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/net/publicsuffix"
	"golang.org/x/text/unicode/norm"
)

// noted is a finding to be made about a part of a cell.
type noted struct{ code, found, made string }

// dialling says how the phones of a territory are written.
type dialling struct {
	prefix string // "+262"
	length int    // digits after the prefix
	trunk  bool   // a leading 0 within the territory
}

var mainland = dialling{"+33", 9, true}

// diallings of the overseas départements and collectivités.
var diallings = map[string]dialling{
	"971": {"+590", 9, true}, "977": {"+590", 9, true}, "978": {"+590", 9, true},
	"972": {"+596", 9, true}, "973": {"+594", 9, true}, "974": {"+262", 9, true}, "976": {"+262", 9, true},
	"975": {"+508", 6, false}, "986": {"+681", 6, false}, "987": {"+689", 8, false}, "988": {"+687", 6, false},
}

// overseasPrefix is the beginning of the national numbers of the overseas
// départements, which no mainland number has: where they are dialled.
func overseasPrefix(national string) string {
	if len(national) != 9 {
		return ""
	}
	switch national[:3] {
	case "262", "263", "269", "692", "693", "639":
		return "+262"
	case "590", "690", "691":
		return "+590"
	case "594", "694":
		return "+594"
	case "596", "696", "697":
		return "+596"
	}
	return ""
}

var (
	shortNumber  = regexp.MustCompile(`^(?:3\d{3}|10\d{2}|11[68]\d{3}|11[2459]|1[578]|196)$`)
	phoneLabel   = regexp.MustCompile(`(?i)^(?:t[ée]l(?:[ée]phone)?|standard|fixe|mobile|portable|port|accueil|n°|num[ée]ro)[\s.:]*`)
	phoneNote    = regexp.MustCompile(`(?i)\s*(?:\((?:[^()0-9+]|0\))*\)|\([^()]*\pL[^()]*\)|,?\s*(?:poste|p\.|ext\.?)\s*:?\s*\d{1,5})\s*$`)
	phoneChars   = regexp.MustCompile(`^[+\d\s.\-()/_]+$`)
	phoneParts   = regexp.MustCompile(`(?i)\s*[|;\n\r\t]\s*|\s+(?:ou|et|puis|&)\s+`)
	phoneFiner   = regexp.MustCompile(`\s*[/,]\s*|\s+-\s+`)
	phoneRun     = regexp.MustCompile(`(?:\+\d{2,3}[ .\-]?(?:\(0\))?[ .\-]?\d|0\d)(?:[ .\-]?\d\d){4}`)
	phoneFloat   = regexp.MustCompile(`^([1-9])[.,](\d{8})[eE]\+?0?8$`) // what a spreadsheet makes of 0556123456
	phoneLetterO = regexp.MustCompile(`^[oO]([1-9][ .\-/]?\d\d)`)
	schemaNumber = regexp.MustCompile(`^(?:\+33|\+262|\+269|\+508|\+590|\+594|\+596|\+681|\+687|\+689)\d{6,9}$`)
)

// readPhone reads the numbers of a cell and keeps the first.
func readPhone(s, departement string) (phone string, notes []noted) {
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) && r != '\n' {
			return ' '
		}
		if r == '‐' || r == '‑' || r == '–' || r == '—' {
			return '-'
		}
		return r
	}, s)
	var kept []noted // code, found, number
	for _, part := range phoneParts.Split(s, -1) {
		if strings.TrimSpace(part) == "" {
			continue
		}
		if number, code, ok := onePhone(part, departement); ok {
			kept = append(kept, noted{code, part, number})
			continue
		}
		before := len(kept)
		var bad []string
		for _, sub := range phoneFiner.Split(part, -1) {
			if number, code, ok := onePhone(sub, departement); ok {
				kept = append(kept, noted{code, sub, number})
			} else if strings.TrimSpace(sub) != "" {
				bad = append(bad, strings.TrimSpace(sub))
			}
		}
		if len(kept) == before { // numbers among words
			bad = nil
			for _, at := range phoneRun.FindAllStringIndex(part, -1) {
				if at[1] < len(part) && part[at[1]] >= '0' && part[at[1]] <= '9' || at[0] > 0 && part[at[0]-1] >= '0' && part[at[0]-1] <= '9' {
					continue // of something longer
				}
				if number, code, ok := onePhone(part[at[0]:at[1]], departement); ok {
					if code == "" {
						code = "telephone_format"
					}
					kept = append(kept, noted{code, part, number})
				}
			}
		}
		if len(kept) == before {
			bad = []string{part}
		}
		for _, b := range bad {
			notes = append(notes, noted{"telephone_invalid", b, ""})
		}
	}
	if len(kept) == 0 {
		return "", notes
	}
	first := kept[0]
	if first.code != "" {
		notes = append(notes, noted{first.code, strings.TrimSpace(first.found), first.made})
	}
	if slices.ContainsFunc(kept, func(n noted) bool { return n.made != first.made }) {
		notes = append(notes, noted{"telephone_several", s, first.made})
	}
	return first.made, notes
}

// onePhone reads one number, as E.164, or a short number.
func onePhone(s, departement string) (number, code string, ok bool) {
	written := strings.TrimSpace(s)
	t := written
	if strings.Trim(t, "+0123456789 .") != "" { // spare the plain ones, which are most
		t = phoneLabel.ReplaceAllString(t, "")
		t = phoneNote.ReplaceAllString(t, "")
		t = strings.ReplaceAll(t, "(0)", "")
		t = phoneLetterO.ReplaceAllString(phoneFloat.ReplaceAllString(strings.TrimSpace(t), "$1$2"), "0$1")
	}
	t = strings.TrimSpace(strings.TrimRight(dropDecimal(t), " .,-/"))
	if !phoneChars.MatchString(t) {
		return "", "", false
	}
	digits := keepAlnum(t)
	international := strings.HasPrefix(t, "+") || strings.HasPrefix(digits, "00")
	digits = strings.TrimPrefix(digits, "00")
	if !international && shortNumber.MatchString(digits) {
		if digits != written {
			code = "telephone_format"
		}
		return digits, code, true
	}
	local, overseas := diallings[departement]
	if !overseas {
		local = mainland
	}
	code = "telephone_format"
	candidate := ""
	switch {
	case len(digits) > 15 || len(digits) < 6:
		return "", "", false
	case international:
		candidate = "+" + digits
		if rest, french := strings.CutPrefix(digits, "33"); french {
			rest = strings.TrimPrefix(rest, "0")
			candidate = "+33" + rest
			if to := overseasPrefix(rest); to != "" {
				candidate = to + rest // the 0 of overseas was taken for the mainland's
			}
		}
	case len(digits) == 10 && digits[0] == '0':
		candidate = "+33" + digits[1:]
		if to := overseasPrefix(digits[1:]); to != "" {
			candidate = to + digits[1:]
		}
	case overseas && !local.trunk && len(digits) == local.length:
		candidate = local.prefix + digits
	case len(digits) == 9 && digits[0] != '0' && (local.trunk || !overseas):
		code = "telephone_lost_zero"
		candidate = "+33" + digits
		if to := overseasPrefix(digits); to != "" {
			candidate = to + digits
		}
	case len(digits) == 11 && strings.HasPrefix(digits, "33"), schemaNumber.MatchString("+"+digits) && len(digits) > 8 && digits[0] != '0':
		candidate = "+" + digits
	default:
		return "", "", false
	}
	if candidate == written {
		code = ""
	}
	parsed, err := phonenumbers.Parse(candidate, "ZZ")
	valid := err == nil && phonenumbers.IsValidNumber(parsed)
	french := schemaNumber.MatchString(candidate)
	switch {
	case valid && french:
		return candidate, code, true
	case valid:
		return candidate, "telephone_foreign", true
	case french && plausibleLength(candidate):
		return candidate, "telephone_doubtful", true
	}
	return "", "", false
}

// plausibleLength: a number that is not attributed is kept when it has the
// length that its territory's numbers have.
func plausibleLength(e164 string) bool {
	if strings.HasPrefix(e164, "+33") {
		return len(e164) == 12 && e164[3] != '0'
	}
	for _, d := range diallings {
		if rest, ok := strings.CutPrefix(e164, d.prefix); ok && len(rest) == d.length {
			return true
		}
	}
	return false
}

var (
	emailPattern = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9.!#$%&'*+/=?^_{}~\-]*@(?:[\pL\d](?:[\pL\d\-]{0,61}[\pL\d])?\.)+[\pL][\pL\d\-]{1,62}$`)
	emailAt      = regexp.MustCompile(`(?i)\s*(?:\(at\)|\[at\]|\(a\)|\(arobase\)|\[arobase\])\s*|\s+@\s*|\s*@\s+|@{2,}`)
	emailComma   = regexp.MustCompile(`(?i)(@[\pL\d.\-]+)[,;] ?(fr|com|org|net|eu|info|corsica|bzh|nc|re|pf)(\s|[|;,/)>]|$)`)
	emailEscape  = regexp.MustCompile(`(?i)(?:%c2)?%(?:a0|20|0d|0a|09)`)
	emailCells   = regexp.MustCompile(`[|;\n\r]+`)
	emailParts   = regexp.MustCompile(`[,/]+`)
	emailLabels  = map[string]bool{"": true, "ou": true, "et": true, "puis": true, "mail": true, "email": true, "courriel": true, "e-mail": true, "mel": true,
		"contact": true, "accueil": true, "adresse": true, "a": true, "&": true, "-": true}
)

// readEmails reads the addresses of a cell; a bad one never costs the others,
// and words without an address are told once.
func readEmails(s string) (emails []string, notes []noted) {
	t := s
	if !plainEmail(s) { // most are
		t = emailEscape.ReplaceAllString(t, " ")
		t = emailAt.ReplaceAllString(t, "@")
		t = emailComma.ReplaceAllString(t, "$1.$2$3")
	}
	var bad []string
	for _, cell := range emailCells.Split(t, -1) {
		stray := "" // words around: told together
		for _, word := range strings.Fields(cell) {
			parts := []string{word}
			if !startsURL(word) {
				parts = emailParts.Split(word, -1)
			}
			for _, part := range parts {
				found := part
				if !strings.Contains(s, found) {
					found = s // it was mended
				}
				clean, ok := oneEmail(part)
				switch {
				case !ok && strings.Contains(part, "@") && clean != "":
					bad = append(bad, found)
				case !ok:
					if !emailLabels[Fold(clean)] && !isBlank(clean) {
						stray = strings.TrimSpace(stray + " " + part)
					}
				case !slices.ContainsFunc(emails, func(e string) bool { return strings.EqualFold(e, clean) }):
					if clean != found {
						notes = append(notes, noted{"courriel_format", found, clean})
					}
					emails = append(emails, clean)
				}
			}
		}
		if stray != "" {
			bad = append(bad, stray)
		}
	}
	if len(emails) == 0 && len(bad) > 0 {
		return nil, []noted{{"courriel_invalid", s, ""}}
	}
	for _, b := range bad {
		notes = append(notes, noted{"courriel_invalid", b, ""})
	}
	if len(notes) == 0 && len(emails) > 0 && t != s {
		notes = append(notes, noted{"courriel_format", s, strings.Join(emails, "|")})
	}
	return emails, notes
}

// plainEmail reports whether a cell has nothing that is mended before it is cut:
// one "@", and neither spaces nor marks.
func plainEmail(s string) bool {
	return strings.Count(s, "@") == 1 && !strings.ContainsFunc(s, func(r rune) bool {
		return r >= utf8.RuneSelf || r <= ' ' || strings.ContainsRune("%()[],;", r)
	})
}

// oneEmail reads one address. No mailbox in use has accents before the "@":
// they are the hand of who typed it.
func oneEmail(s string) (clean string, ok bool) {
	if i := strings.IndexByte(s, '?'); i > 0 && strings.HasPrefix(strings.ToLower(s), "mailto:") {
		s = s[:i] // ?subject=…
	}
	s = strings.Trim(s, "<>()[]\"'«»:.,")
	for _, prefix := range [...]string{"mailto:", "mail:", "email:", "courriel:", "e-mail:"} {
		if len(s) > len(prefix) && strings.EqualFold(s[:len(prefix)], prefix) {
			s = s[len(prefix):]
		}
	}
	if box, host, ok := strings.Cut(s, "@"); ok {
		s = withoutAccents(box) + "@" + host
	}
	return s, len(s) <= 254 && emailPattern.MatchString(s) && !strings.Contains(s, "..") && !strings.HasPrefix(s, ".") && !strings.Contains(s, ".@")
}

func withoutAccents(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFD.String(s))
}

var (
	urlScheme  = regexp.MustCompile(`(?i)^(?:h?t?tps?|https?|htpps?|httpp?s?|htp|hhtps?)\s*(?::/{0,3}|;//|//|/:/|\.//)\s*`)
	urlHost    = regexp.MustCompile(`^(?:[\pL\d](?:[\pL\d_\-]{0,61}[\pL\d])?\.)+[\pL][\pL\d\-]{1,62}\.?$`)
	urlJoining = map[string]bool{"et": true, "ou": true, "&": true, "-": true, "/": true, "+": true, "site": true, ":": true, "": true}
)

// readURLs reads the addresses of a cell; a bad one never costs the others.
func readURLs(s string) (urls []string, notes []noted) {
	var bad []string
	apart := true // the next bad word does not follow another
	for _, part := range splitURLs(s) {
		t := strings.Trim(part, "<>\"'«»;,")
		t = strings.TrimSuffix(t, ".")
		if urlJoining[strings.ToLower(t)] || isBlank(t) {
			continue
		}
		clean, ok := oneURL(t)
		if !ok && apart {
			bad, apart = append(bad, part), false
			continue
		}
		if !ok {
			bad[len(bad)-1] += " " + part
			continue
		}
		apart = true
		if slices.Contains(urls, clean) {
			continue
		}
		if clean != part {
			notes = append(notes, noted{"url_format", part, clean})
		}
		urls = append(urls, clean)
	}
	if len(bad) > 0 && len(urls) == 0 {
		return nil, []noted{{"url_invalid", s, ""}} // words: told once, not word by word
	}
	for _, b := range bad {
		notes = append(notes, noted{"url_invalid", b, ""})
	}
	return urls, notes
}

// splitURLs cuts a cell at "|", at spaces, and before an address glued to
// another by a comma or by nothing; commas and semicolons are also letters of
// addresses.
func splitURLs(s string) []string {
	if strings.ContainsFunc(s, unicode.IsSpace) {
		s = urlSpaces.ReplaceAllString(s, "$1")
	}
	var parts []string
	from := 0
	cut := func(at, next int) {
		if at > from {
			parts = append(parts, s[from:at])
		}
		from = next
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '|' || c == ' ' || c == '\t' || c == '\n' || c == '\r':
			cut(i, i+1)
		case c == 0xC2 && i+1 < len(s) && s[i+1] == 0xA0: // no-break space
			cut(i, i+2)
			i++
		case (c == ';' || c == ',') && startsURL(s[i+1:]):
			cut(i, i+1)
		case c == 'h' && i > from && (strings.HasPrefix(s[i:], "http://") || strings.HasPrefix(s[i:], "https://")) && !strings.ContainsAny(s[from:i], "?#=") && s[i-1] != '/' && s[i-1] != ';' && s[i-1] != ',':
			cut(i, i)
		}
	}
	cut(len(s), len(s))
	return parts
}

// urlSpaces: a space that slipped in after the scheme.
var urlSpaces = regexp.MustCompile(`(?i)((?:^|[\s|;,])https?:/{0,2})\s+`)

func startsURL(s string) bool {
	s = strings.ToLower(strings.TrimLeft(s, " \t\n"))
	return strings.HasPrefix(s, "http:") || strings.HasPrefix(s, "https:") || strings.HasPrefix(s, "www.")
}

// oneURL makes one address absolute; without a scheme it is http, the only one
// that every site ever had.
func oneURL(s string) (string, bool) {
	if len(s) > 2000 || strings.ContainsAny(s, "\\<>\"{}^`") {
		return "", false
	}
	rest, scheme := s, "http://"
	if m := urlScheme.FindString(s); m != "" {
		rest = s[len(m):]
		if strings.Contains(strings.ToLower(m), "s") {
			scheme = "https://"
		}
	} else if strings.HasPrefix(s, "//") {
		rest = s[2:]
	}
	rest = strings.TrimLeft(rest, "/,")
	if after, ok := strings.CutPrefix(rest, "www,"); ok {
		rest = "www." + after
	}
	rest = withoutTracking(rest)
	full := scheme + rest
	u, err := url.Parse(full)
	if err != nil || u.User != nil || strings.Contains(rest, "://") && !strings.ContainsAny(rest, "?/") {
		return "", false
	}
	host := u.Hostname()
	if !urlHost.MatchString(host) && !publicIP(host) || len(host) > 253 || strings.Contains(rest, "@") && !strings.Contains(rest, "/") {
		return "", false
	}
	if port := u.Port(); port != "" && !isDigits(port) {
		return "", false
	}
	if full[len(scheme):] == withoutTracking(s) && !strings.HasPrefix(strings.ToLower(host), "www.") {
		// A word with a dot in it is a site only under a domain that exists.
		if _, known := publicsuffix.PublicSuffix(strings.ToLower(host)); !known {
			return "", false
		}
	}
	return full, true
}

var (
	tracking      = regexp.MustCompile(`(?i)([?&])(?:utm_[a-z]+|fbclid|gclid|msclkid|mc_[ce]id|igshid|igsh|_hsenc|_hsmi)=[^&#]*`)
	trackingLeft  = regexp.MustCompile(`([?&])&+`)
	trackingEmpty = regexp.MustCompile(`[?&]+(#|$)`)
)

// withoutTracking drops what says who followed a link, and nothing of where it
// leads.
func withoutTracking(s string) string {
	if !strings.ContainsAny(s, "?&") || !tracking.MatchString(s) {
		return s
	}
	s = tracking.ReplaceAllString(s, "$1")
	return trackingEmpty.ReplaceAllString(trackingLeft.ReplaceAllString(s, "$1"), "$1")
}

// publicIP: sites without a name exist.
func publicIP(host string) bool {
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Is4() && ip.IsGlobalUnicast() && !ip.IsPrivate()
}
