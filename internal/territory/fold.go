package territory

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Fold writes s in the form in which names are compared: lower case, no
// accents, ligatures opened, words separated by one space, "st" and "ste" in
// full, "s/" as "sur", "lez" and "lès" as "les".
func Fold(s string) string { return strings.Join(words(s), " ") }

// words cuts s into folded words. It allocates little: every name of France
// goes through it at start-up and every keystroke afterwards.
func words(s string) []string {
	var out []string
	word := make([]byte, 0, 16)
	end := func(sep rune) {
		if len(word) == 0 {
			return
		}
		out = append(out, expand(string(word), sep))
		word = word[:0]
	}
	for _, r := range norm.NFD.String(s) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			word = append(word, byte(r))
		case r >= 'A' && r <= 'Z':
			word = append(word, byte(r)+'a'-'A')
		case unicode.Is(unicode.Mn, r):
			// an accent, already cut from its letter
		default:
			switch r {
			case 'œ', 'Œ':
				word = append(word, "oe"...)
			case 'æ', 'Æ':
				word = append(word, "ae"...)
			case 'ß':
				word = append(word, "ss"...)
			case 'ʻ', 'ʼ':
				// the okina of Polynesian names is a letter that nobody types
			default:
				if unicode.IsLetter(r) || unicode.IsDigit(r) {
					// A letter of another script is kept, so that it matches nothing
					// rather than silently vanishing from the query.
					word = append(word, string(unicode.ToLower(r))...)
					continue
				}
				end(r)
			}
		}
	}
	end(0)
	return out
}

// expand writes an abbreviated word in full; sep is the separator after it.
func expand(w string, sep rune) string {
	switch w {
	case "st":
		return "saint"
	case "ste":
		return "sainte"
	case "sts":
		return "saints"
	case "stes":
		return "saintes"
	case "lez":
		return "les"
	case "s":
		if sep == '/' {
			return "sur"
		}
	case "ss":
		if sep == '/' {
			return "sous"
		}
	}
	return w
}

// linking are the words that people leave out or add: they never decide.
var linking = map[string]bool{
	"l": true, "le": true, "la": true, "les": true, "d": true, "de": true, "du": true, "des": true,
	"en": true, "sur": true, "sous": true, "au": true, "aux": true, "a": true, "et": true, "s": true,
}

// article reports whether w is an article that may begin a name.
func article(w string) bool { return w == "l" || w == "le" || w == "la" || w == "les" }
