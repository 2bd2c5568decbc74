package place

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

var (
	addressPostal = regexp.MustCompile(`\(?(?:\b[Ff][Rr]?-)?\b(\d{5}|\d{2} \d{3})\b\)?`)
	// What stands before five digits that are no postal code.
	addressBox    = regexp.MustCompile(`(?i)\b(?:b\.?\s?p\.?|c\.?s\.?|tsa|bo[iî]te postale|cidex|rp)[\s.:n°-]*$`)
	addressBoxes  = regexp.MustCompile(`(?i)(?:^|[\s,;–-])((?:b\.?\s?p\.?|cs|tsa|bo[iî]te postale)[\s.:n°-]*\d[\d ]*)(?:[\s,;–-]|$)`)
	addressCuts   = regexp.MustCompile(`\s*[,;\n]+\s*|\s+[-–—]+\s+|\s+[-–—]+$|^[-–—]+\s+`)
	addressNumber = regexp.MustCompile(`(?i)^(?:n°\s*)?\d{1,5}(?:\s?(?:bis|ter|quater|[a-e]))?(?:\s?[-/]\s?\d{1,4}\s?(?:bis|ter|[a-e])?)*$`)
	addressStreet = regexp.MustCompile(`(?i)^(?:(?:n°\s*)?\d{1,5}(?:\s?(?:bis|ter|quater|[a-e]\b))?(?:\s?(?:[-/]|et)\s?\d{1,4}\s?(?:bis|ter|[a-e]\b)?)*\s*,?\s*\S|(?:` + streetTypes + `)(?:\s|\.|$))`)
	addressWithin = regexp.MustCompile(`(?i)^(.*\pL[).]?),?\s+(\d{1,4}(?:\s?(?:bis|ter|quater|[a-e]))?,?\s+(?:` + streetTypes + `)(?:\s|\.).*)$`)
	addressCedex  = regexp.MustCompile(`(?i)^(.*\S)\s+c[eé]dex(?:\s*\d{1,2})?$`)
	addressParens = regexp.MustCompile(`^(.*\S)\s*\(([^()]*)\)$`)
	addressCut    = regexp.MustCompile(`[\s,;.(]+\d.*$`)
)

const streetTypes = `rue|r\.|av|ave|avenue|bd|bld|blvd|boul|boulevard|place|pl|all[ée]es?|chemin|ch\.|che|route|rte|impasse|imp|cours|quai|square|sq|esplanade|passage|mail|ruelle|rond[- ]point|faubourg|fg|fbg|sentier|voie|venelle|promenade|parvis|traverse|mont[ée]e|villa|cit[ée]|grande?[- ]rue|grand'rue|piazza|stretta|chaussée|chauss[ée]e|rocade|carrefour|galerie|c[oô]te|clos`

// beyond are what people write after the commune, which the codes say already:
// the country, and the régions; the départements only before one of those.
var (
	countries = folded("France", "FR", "FRA", "Nouvelle-Calédonie", "Polynésie française", "La Réunion", "Réunion", "Guadeloupe", "Martinique", "Guyane",
		"Guyane française", "Mayotte", "Wallis-et-Futuna")
	regions = folded("Auvergne-Rhône-Alpes", "Bourgogne-Franche-Comté", "Bretagne", "Centre-Val de Loire", "Corse", "Grand Est", "Hauts-de-France", "Île-de-France",
		"Normandie", "Nouvelle-Aquitaine", "Occitanie", "Pays de la Loire", "Provence-Alpes-Côte d'Azur", "PACA", "Aquitaine", "Alsace", "Lorraine", "Picardie")
	departements = folded("Ain", "Aisne", "Allier", "Alpes-de-Haute-Provence", "Hautes-Alpes", "Alpes-Maritimes", "Ardèche", "Ardennes", "Ariège", "Aube", "Aude", "Aveyron",
		"Bouches-du-Rhône", "Calvados", "Cantal", "Charente", "Charente-Maritime", "Cher", "Corrèze", "Corse-du-Sud", "Haute-Corse", "Côte-d'Or", "Côtes-d'Armor", "Creuse",
		"Dordogne", "Doubs", "Drôme", "Eure", "Eure-et-Loir", "Finistère", "Gard", "Haute-Garonne", "Gers", "Gironde", "Hérault", "Ille-et-Vilaine", "Indre", "Indre-et-Loire",
		"Isère", "Jura", "Landes", "Loir-et-Cher", "Loire", "Haute-Loire", "Loire-Atlantique", "Loiret", "Lot", "Lot-et-Garonne", "Lozère", "Maine-et-Loire", "Manche", "Marne",
		"Haute-Marne", "Mayenne", "Meurthe-et-Moselle", "Meuse", "Morbihan", "Moselle", "Nièvre", "Nord", "Oise", "Orne", "Pas-de-Calais", "Puy-de-Dôme", "Pyrénées-Atlantiques",
		"Hautes-Pyrénées", "Pyrénées-Orientales", "Bas-Rhin", "Haut-Rhin", "Rhône", "Haute-Saône", "Saône-et-Loire", "Sarthe", "Savoie", "Haute-Savoie", "Seine-Maritime",
		"Seine-et-Marne", "Yvelines", "Deux-Sèvres", "Somme", "Tarn", "Tarn-et-Garonne", "Var", "Vaucluse", "Vendée", "Vienne", "Haute-Vienne", "Vosges", "Yonne",
		"Territoire de Belfort", "Essonne", "Hauts-de-Seine", "Seine-Saint-Denis", "Val-de-Marne", "Val-d'Oise")
)

func folded(names ...string) map[string]bool {
	m := make(map[string]bool, len(names))
	for _, name := range names {
		m[Fold(name)] = true
	}
	return m
}

// SplitAddress cuts an address that was written whole ("Mairie - 3 place Foch,
// 64470 Tardets") into the standard's four columns. ok is false when neither a
// postal code nor a commune can be told from the rest, which is then all in
// adresse. No word is lost but CEDEX and what the codes say already (the
// country, the région, the département).
//
// The communes, which may be nil, tell where the commune's name ends.
func SplitAddress(text string, c Communes) (adresse, complement, codePostal, commune string, ok bool) {
	clean, _ := cleanText(text, true)
	pieces, stripped := addressPieces(clean)
	if len(pieces) == 0 {
		return "", "", "", "", false
	}
	whole := strings.Join(pieces, "\n")
	at, codePostal := postalIn(whole, c)
	if at == nil {
		// "…, Épernay, Marne, Grand Est": what stands before the département is the commune.
		last := len(pieces) - 1
		if m := addressCedex.FindStringSubmatch(pieces[last]); m != nil && len(pieces) > 1 {
			commune, ok = m[1], true
		} else if stripped && len(pieces) > 1 && !strings.ContainsAny(pieces[last], "0123456789") {
			commune, ok = pieces[last], true
		}
		if ok {
			pieces = pieces[:last]
		}
		adresse, complement = streetOf(pieces)
		return adresse, complement, "", commune, ok
	}
	before, after := splitPieces(whole[:at[0]]), splitPieces(whole[at[1]:])
	var beside []string
	switch {
	case len(after) > 0:
		var rest string
		commune, rest = communeOf(after[0], codePostal, c)
		if commune == "" {
			beside = after
			break
		}
		if rest != "" {
			beside = append(beside, rest)
		}
		// "51130, Vertus, Blancs-Coteaux": a place and the commune that it is in.
		beside = append(beside, after[1:]...)
	case len(before) > 1 || len(before) == 1 && c != nil:
		// "17 rue Clemenceau, Nouméa 98800"
		last := before[len(before)-1]
		if name, rest, found := communeAtEnd(last, codePostal, c); found {
			commune, before = name, before[:len(before)-1]
			if rest != "" {
				before = append(before, rest)
			}
		} else if len(before) > 1 && !addressStreet.MatchString(last) && !strings.ContainsAny(last, "0123456789") {
			commune, before = last, before[:len(before)-1]
		}
	}
	if len(before) == 0 {
		before, beside = beside, nil
	}
	adresse, complement = streetOf(before)
	if extra := strings.Join(beside, ", "); extra != "" {
		complement = strings.TrimPrefix(complement+", "+extra, ", ")
	}
	return adresse, complement, codePostal, commune, true
}

// splitPieces cuts at commas, lines and dashes between spaces.
func splitPieces(s string) []string {
	var out []string
	for _, p := range addressCuts.Split(s, -1) {
		p = strings.Trim(p, " ,;:-–—/")
		if i := strings.TrimLeft(p, "."); i != "" {
			out = append(out, p)
		}
	}
	return out
}

// addressPieces gives the pieces of an address without what comes after the
// commune and says nothing more; stripped tells that a région or a département
// was there.
func addressPieces(s string) (pieces []string, stripped bool) {
	pieces = splitPieces(s)
	beyond := false
	for len(pieces) > 1 {
		last := Fold(strings.Trim(pieces[len(pieces)-1], ". "))
		switch {
		case regions[last] || stripped && departements[last]:
			stripped = true
		case countries[last]:
		case beyond && departements[last]:
			stripped = true
		default:
			return pieces, stripped
		}
		beyond = true
		pieces = pieces[:len(pieces)-1]
	}
	// "33000 Bordeaux France"
	if n := len(pieces) - 1; n >= 0 {
		if name, country, ok := cutLastWord(pieces[n]); ok && (Fold(country) == "france") && addressPostal.MatchString(name) {
			pieces[n] = name
		}
	}
	return pieces, stripped
}

func cutLastWord(s string) (before, last string, ok bool) {
	i := strings.LastIndexFunc(s, unicode.IsSpace)
	if i < 0 {
		return "", s, false
	}
	return strings.TrimSpace(s[:i]), s[i+1:], true
}

// postalIn finds the postal code: one whose commune is beside it, else the last
// that is no post office box.
func postalIn(s string, c Communes) (at []int, postal string) {
	for _, m := range addressPostal.FindAllStringSubmatchIndex(s, -1) {
		code := strings.ReplaceAll(s[m[2]:m[3]], " ", "")
		if !plausiblePostal(code) || addressBox.MatchString(s[:m[0]]) {
			continue
		}
		left, _ := utf8.DecodeLastRuneInString(strings.TrimRight(s[:m[0]], " "))
		glued, _ := utf8.DecodeLastRuneInString(s[:m[0]])
		right, _ := utf8.DecodeRuneInString(s[m[1]:])
		if m[3]-m[2] == 6 && unicode.IsDigit(left) || unicode.IsLetter(glued) || unicode.IsLetter(right) {
			continue // "06 12 345": digits of something longer
		}
		at, postal = m[:2], code
		if after := splitPieces(s[m[1]:]); c != nil && len(after) > 0 && !addressStreetNumber(after[0]) {
			if name, _ := communeKnown(after[0], code, c); name != "" {
				return at, postal
			}
		}
	}
	return at, postal
}

// communeOf reads the commune at the beginning of what follows a postal code;
// rest is what follows it.
func communeOf(s, postal string, c Communes) (commune, rest string) {
	if m := addressCedex.FindStringSubmatch(s); m != nil {
		s = m[1]
	}
	if m := addressParens.FindStringSubmatch(s); m != nil {
		if f := Fold(m[2]); departements[f] || regions[f] || countries[f] || f == departementOfPostal(postal) {
			s = m[1]
		}
	}
	if c != nil {
		if name, rest := communeKnown(s, postal, c); name != "" {
			return name, rest
		}
	}
	name := s
	if i := addressCut.FindStringIndex(s); i != nil {
		name, rest = s[:i[0]], strings.Trim(s[i[0]:], " ,;.")
	}
	if !strings.ContainsFunc(name, unicode.IsLetter) {
		return "", ""
	}
	return name, rest
}

// communeKnown finds the words at the beginning, else at the end, that with the
// postal code mean one commune: the most words that do.
func communeKnown(s, postal string, c Communes) (commune, rest string) {
	if m := addressCedex.FindStringSubmatch(s); m != nil {
		s = m[1]
	}
	words := strings.Fields(s)
	if len(words) > 12 {
		words = words[:12]
	}
	for n := len(words); n > 0; n-- {
		name := strings.Join(words[:n], " ")
		if _, ok := c.Resolve(name, postal); ok {
			return name, strings.TrimSpace(s[len(prefixOf(s, n)):])
		}
	}
	words = strings.Fields(s)
	for from := max(1, len(words)-6); from < len(words); from++ {
		name := strings.Join(words[from:], " ")
		if _, ok := c.Resolve(name, postal); ok {
			return name, strings.Join(words[:from], " ")
		}
	}
	return "", ""
}

// prefixOf gives the beginning of s that holds n words.
func prefixOf(s string, n int) string {
	in := false
	for i, r := range s {
		if unicode.IsSpace(r) {
			if in {
				if n--; n == 0 {
					return s[:i]
				}
			}
			in = false
		} else {
			in = true
		}
	}
	return s
}

// communeAtEnd finds the commune at the end of what stands before its postal code.
func communeAtEnd(s, postal string, c Communes) (commune, rest string, ok bool) {
	if c == nil {
		return "", "", false
	}
	words := strings.Fields(s)
	for from := max(0, len(words)-6); from < len(words); from++ {
		name := strings.Join(words[from:], " ")
		if _, ok := c.Resolve(name, postal); ok {
			return name, strings.Join(words[:from], " "), true
		}
	}
	return "", "", false
}

// streetOf tells the street from what completes it: the first piece that is
// one, and the others beside. Without any, all is the address, but a post
// office box.
func streetOf(pieces []string) (adresse, complement string) {
	// A number alone belongs to what follows: "13, cours Favale".
	var joined []string
	for i := 0; i < len(pieces); i++ {
		if addressNumber.MatchString(pieces[i]) && i+1 < len(pieces) && !addressStreetNumber(pieces[i+1]) {
			joined = append(joined, pieces[i]+", "+pieces[i+1])
			i++
			continue
		}
		joined = append(joined, pieces[i])
	}
	var cut []string
	for _, p := range joined {
		for {
			m := addressBoxes.FindStringSubmatchIndex(p)
			if m == nil {
				break
			}
			box := strings.TrimSpace(p[m[2]:m[3]])
			before, after := strings.Trim(p[:m[2]], " ,;-–"), strings.Trim(p[m[3]:], " ,;-–")
			if before != "" {
				cut = append(cut, before)
			}
			cut = append(cut, box)
			p = after
			if p == "" {
				break
			}
		}
		if p != "" {
			cut = append(cut, p)
		}
	}
	isBox := func(p string) bool { return addressBoxes.FindString(p) == p }
	street := slices.IndexFunc(cut, func(p string) bool { return addressStreetNumber(p) && addressStreet.MatchString(p) && !isBox(p) })
	if street < 0 {
		street = slices.IndexFunc(cut, func(p string) bool { return addressStreet.MatchString(p) && !isBox(p) })
	}
	if street < 0 {
		for i, p := range cut {
			if m := addressWithin.FindStringSubmatch(p); m != nil {
				cut = slices.Replace(cut, i, i+1, m[1], m[2])
				street = i + 1
				break
			}
		}
	}
	var main, beside []string
	for i, p := range cut {
		switch {
		case i == street, street < 0 && !isBox(p):
			main = append(main, p)
		default:
			beside = append(beside, p)
		}
	}
	if len(main) == 0 {
		main, beside = beside, nil
	}
	return strings.Join(main, ", "), strings.Join(beside, ", ")
}

// addressStreetNumber reports whether a piece begins with a number of its own.
func addressStreetNumber(p string) bool { return p != "" && p[0] >= '0' && p[0] <= '9' }
