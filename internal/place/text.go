package place

import (
	"html"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// blank words, folded: what people and programs write for "we do not know".
var blank = map[string]bool{
	"-": true, "--": true, "---": true, ".": true, "?": true, "??": true, "/": true, "x": true, "n/a": true, "n.a.": true, "na": true,
	"nan": true, "null": true, "none": true, "nil": true, "undefined": true, "#n/a": true, "#ref!": true, "#value!": true, "#valeur!": true,
	"#name?": true, "#nom?": true, "#div/0!": true, "nc": true, "n.c.": true, "n/c": true, "nr": true, "non renseigne": true, "non renseignee": true, "a renseigner": true,
	"a completer": true, "non communique": true, "non connu": true, "inconnu": true, "inconnue": true, "sans objet": true,
	"aucun": true, "aucune": true, "neant": true, "vide": true,
}

// isBlank reports whether a cell that is not empty means "unknown".
func isBlank(s string) bool {
	if len(s) > 20 || s == "" {
		return false
	}
	// Most values begin like no blank word: spare them the folding.
	if c := s[0] | 0x20; c >= 'a' && c <= 'z' && !strings.ContainsRune("anuxsiv", rune(c)) || s[0] >= '0' && s[0] <= '9' {
		return false
	}
	return blank[Fold(s)]
}

// excelText is how spreadsheets keep zeros: ="01000".
var excelText = regexp.MustCompile(`^="([^"]*)"$`)

// unwrap removes what surrounds a cell's value and means nothing: spaces,
// invisible characters, a spreadsheet's ="…".
func unwrap(s string) string {
	s = strings.TrimFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || r == '\u200b' || r == '\ufeff' || r == '\u2060' || r == '\u200e' || r == '\u200f'
	})
	if strings.HasPrefix(s, "=") {
		if m := excelText.FindStringSubmatch(s); m != nil {
			return strings.TrimSpace(m[1])
		}
	}
	return s
}

// cleanText gives the text of a cell: valid UTF-8 in NFC, no HTML, no control
// characters, spaces single; on one line unless lines are kept. notes are the
// codes of the findings to make. What it gives is clean: cleaning it again
// changes nothing (one fault may hide another).
func cleanText(s string, lines bool) (clean string, notes []string) {
	clean, notes = cleanOnce(s, lines)
	for range 5 {
		if clean == s {
			break
		}
		again, more := cleanOnce(clean, lines)
		if again == clean {
			break
		}
		clean = again
		for _, code := range more {
			if !slices.Contains(notes, code) {
				notes = append(notes, code)
			}
		}
	}
	if isBlank(clean) {
		return "", append(notes, "placeholder")
	}
	return clean, notes
}

func cleanOnce(s string, lines bool) (clean string, notes []string) {
	s = unwrap(s)
	if s == "" {
		return "", nil
	}
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\ufffd")
	}
	if repaired, ok := repairMojibake(s); ok {
		s, notes = repaired, append(notes, "mojibake")
	}
	if strings.ContainsRune(s, '\ufffd') {
		notes = append(notes, "lost_characters")
	}
	if plain := stripHTML(s); plain != s {
		s, notes = plain, append(notes, "html")
	}
	if lines {
		if plain := stripMarkup(s); plain != s {
			s, notes = plain, append(notes, "markup")
		}
	}
	s = squeeze(norm.NFC.String(s), lines)
	if s != "" && strings.IndexByte("=+-@", s[0]) >= 0 && formula.MatchString(s) {
		s, notes = strings.TrimLeft(s, "=+-@ "), append(notes, "formula")
	}
	return s, notes
}

// formula recognises what a spreadsheet would run (=HYPERLINK(…), @SUM(…),
// -cmd|…), so that no text that we keep, and may export, begins like one.
// "- Ateliers" and "@telier" are texts.
var formula = regexp.MustCompile(`^[=+\-@][=+\-@ ]*[\pL\d_.']*[(|!]|^=`)

// squeeze makes white space single, and drops what cannot be seen.
func squeeze(s string, lines bool) string {
	if squeezed(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	space, newlines := false, 0
	for _, r := range s {
		switch {
		case lines && r == '\n':
			newlines++
			continue
		case unicode.IsSpace(r) || r == '\u00a0' || r == '\u202f':
			space = true
			continue
		case unicode.IsControl(r), r == '\u200b', r == '\ufeff', r == '\u00ad', r == '\u2060':
			continue
		}
		if b.Len() > 0 {
			if newlines > 0 {
				b.WriteString("\n\n"[:min(newlines, 2)])
			} else if space {
				b.WriteByte(' ')
			}
		}
		space, newlines = false, 0
		b.WriteRune(r)
	}
	return b.String()
}

// squeezed reports whether a text has nothing to squeeze; it may say no of some.
func squeezed(s string) bool {
	if s != "" && (s[0] == ' ' || s[len(s)-1] == ' ') {
		return false
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c < ' ' || c == 0x7f:
			return false
		case c == ' ' && s[i+1] == ' ':
			return false
		case c == 0xC3 && i+1 < len(s): // the accented letters of French
			i++
		case c >= 0x80:
			return false
		}
	}
	return true
}

// tag recognises the tags that word processors and content managers leave; a
// "<" of a text ("QF < 900") is none.
var (
	tag        = regexp.MustCompile(`(?i)</?(?:a|abbr|article|b|big|blockquote|br|center|code|div|em|font|h[1-6]|hr|i|img|li|ol|p|pre|section|small|span|strong|sub|sup|table|tbody|td|th|thead|tr|u|ul|iframe|script|style)(?:\s[^<>]*)?/?>`)
	breaking   = regexp.MustCompile(`(?i)<(?:br|/p|/div|/li|/[uo]l|/h[1-6]|/tr)(?:\s[^<>]*)?/?>`)
	item       = regexp.MustCompile(`(?i)<li(?:\s[^<>]*)?>\s*`)
	link       = regexp.MustCompile(`(?is)<a\s[^<>]*?href\s*=\s*["']?((?:https?://|mailto:)[^"'\s<>]+)["']?[^<>]*>(.*?)</a\s*>`)
	blankLines = regexp.MustCompile(`\n\s*\n`)
	invisible  = regexp.MustCompile(`(?is)<(script|style)(?:\s[^<>]*)?>.*?</(?:script|style)\s*>`)
	entity     = regexp.MustCompile(`&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,8}\d{0,2});`)
)

// stripHTML gives the text behind HTML; the same text when there is none.
func stripHTML(s string) string {
	for range 2 { // twice: entities are met that hide entities or tags
		if strings.IndexByte(s, '&') >= 0 && entity.MatchString(s) {
			s = entity.ReplaceAllStringFunc(s, html.UnescapeString)
		}
		if strings.IndexByte(s, '<') >= 0 && tag.MatchString(s) {
			s = invisible.ReplaceAllString(s, " ")
			s = link.ReplaceAllStringFunc(s, func(a string) string {
				m := link.FindStringSubmatch(a)
				return sayLink(m[1], tag.ReplaceAllString(m[2], " "))
			})
			s = item.ReplaceAllString(s, "\n- ")
			s = breaking.ReplaceAllString(s, "\n")
			s = tag.ReplaceAllString(s, " ")
			s = blankLines.ReplaceAllString(s, "\n")
		}
	}
	return s
}

// sayLink writes a link and where it leads.
func sayLink(address, words string) string {
	address = strings.TrimPrefix(address, "mailto:")
	words = strings.TrimSpace(words)
	if words == "" || strings.Contains(address, words) {
		return address
	}
	if strings.Contains(words, address) {
		return words
	}
	return words + " (" + address + ")"
}

// The marks of wikis and of umap's maps: bold, and links.
var (
	markBold  = regexp.MustCompile(`\*\*([^*\n]+)\*\*`)
	markLink  = regexp.MustCompile(`\[\[(https?://[^\]\[|\s]+)(?:\|([^\]\[]*))?\]\]`)
	markSmall = regexp.MustCompile(`\[([^\]\[\n]+)\]\((https?://[^()\s]+)\)`)
)

func stripMarkup(s string) string {
	if strings.Contains(s, "**") {
		s = markBold.ReplaceAllString(s, "$1")
	}
	if strings.Contains(s, "[[") {
		s = markLink.ReplaceAllStringFunc(s, func(l string) string {
			m := markLink.FindStringSubmatch(l)
			return sayLink(m[1], m[2])
		})
	}
	if strings.Contains(s, "](") {
		s = markSmall.ReplaceAllStringFunc(s, func(l string) string {
			m := markSmall.FindStringSubmatch(l)
			return sayLink(m[2], m[1])
		})
	}
	return s
}

// mayBeMojibake looks for Â, Ã, Å and â, by their bytes: of every text of every
// file.
func mayBeMojibake(s string) bool {
	for {
		i := strings.IndexByte(s, 0xC3)
		if i < 0 || i+1 == len(s) {
			return false
		}
		switch s[i+1] {
		case 0x82, 0x83, 0x85, 0xA2:
			return true
		}
		s = s[i+2:]
	}
}

// repairMojibake undoes UTF-8 that was read as Windows-1252 ("Ã©" for "é"). It
// is certain when every character of the text is one of Windows-1252 and the
// bytes so found are UTF-8 again.
func repairMojibake(s string) (string, bool) {
	if !mayBeMojibake(s) {
		return s, false
	}
	b := make([]byte, 0, len(s))
	for _, r := range s {
		c, ok := charmap.Windows1252.EncodeRune(r)
		if !ok {
			if r < 0x80 || r > 0x9f { // the five bytes that Windows-1252 leaves out pass as they are
				return s, false
			}
			c = byte(r)
		}
		b = append(b, c)
	}
	if !utf8.Valid(b) || utf8.RuneCount(b) == utf8.RuneCountInString(s) {
		return s, false
	}
	return string(b), true
}
