package place

import (
	"regexp"
	"strings"
)

var (
	addressPostal  = regexp.MustCompile(`\b(\d{5}|\d{2} \d{3})\b`)
	addressCountry = regexp.MustCompile(`(?i)[\s,;.–-]*\b(?:france|fr)[\s.]*$`)
)

// SplitAddress cuts an address that was written whole ("3 place Foch, 64470
// Tardets") into the standard's four columns. ok is false when no postal code
// and no commune can be told from the rest, which is then all in adresse. No
// word is lost but the country and CEDEX.
func SplitAddress(text string, c Communes) (adresse, complement, codePostal, commune string, ok bool) {
	clean, _ := cleanText(text, false)
	clean = addressCountry.ReplaceAllString(clean, "")
	for _, at := range addressPostal.FindAllStringIndex(clean, -1) {
		postal := strings.ReplaceAll(clean[at[0]:at[1]], " ", "")
		if !plausiblePostal(postal) {
			continue
		}
		before, after := tidyPart(clean[:at[0]]), tidyPart(clean[at[1]:])
		if m := cedex.FindStringSubmatch(after); m != nil {
			after = m[1]
		}
		if after == "" {
			continue
		}
		return before, "", postal, after, true
	}
	return clean, "", "", "", false
}

// tidyPart trims what separated a part from its neighbours.
func tidyPart(s string) string { return strings.Trim(s, " ,;-–—") }
