package territory

import (
	"slices"
	"sort"
	"strings"
)

// Resolve gives the one commune that a name and a postal code mean together;
// false when none or several do, or when either is missing. It forgives what
// Search forgives. A postal code that no commune has (CEDEX, "75000") counts
// by its département; one that other communes have contradicts the name.
func (g *Gazetteer) Resolve(nom, codePostal string) (*Commune, bool) {
	codePostal = strings.ReplaceAll(codePostal, " ", "")
	if len(codePostal) == 4 && digits(codePostal) {
		codePostal = "0" + codePostal
	}
	if len(codePostal) != 5 || !digits(codePostal) {
		return nil, false
	}
	asked := understand(nom)
	asked.last = false
	if len(asked.words) == 0 {
		return nil, false
	}
	var among []int32
	for _, p := range g.withPostal(codePostal) {
		among = append(among, p.commune)
	}
	known := len(among) > 0
	if !known {
		dep := DepartementOfPostal(codePostal)
		if dep == "" {
			return nil, false
		}
		among = g.inDepartement(dep)
	}
	if asked.number > 0 && asked.quarters {
		return g.resolveQuarter(among, asked)
	}
	whole := strings.Join(asked.words, "")
	bare := strings.Join(withoutLinking(asked.words), "")
	same := func(name []string) bool {
		// The first letters differ in nearly all names: told before anything is joined.
		if c := name[0][0]; c != whole[0] && !linking[name[0]] && !linking[asked.words[0]] {
			return false
		}
		return strings.Join(name, "") == whole || bare != "" && strings.Join(withoutLinking(name), "") == bare
	}
	beginning := func(name []string) bool {
		return known && len(bare) >= 3 && len(name) > len(asked.words) && slices.Equal(name[:len(asked.words)], asked.words)
	}
	near := func(name []string) bool {
		n := strings.Join(name, "")
		limit := min(allowedEdits(whole), allowedEdits(n))
		if !known {
			return false // in a whole département, a near name is another commune's
		}
		d, _ := distance(whole, n, limit, false)
		return limit > 0 && d <= limit
	}
	var name []string
	// From the surest reading on; the first that any commune answers decides.
	for _, reading := range []struct {
		fits   func([]string) bool
		former bool
	}{{same, false}, {same, true}, {beginning, false}, {near, false}, {near, true}} {
		var found *Commune
		several := false
		for _, i := range among {
			c := &g.communes[i]
			if c.Parent != "" {
				continue // "Paris" is the commune, whatever the postal code
			}
			for e := g.firstOf[i]; e < g.firstOf[i+1]; e++ {
				if (g.entries[e].kind == nameFormer) != reading.former {
					continue
				}
				name = name[:0]
				for _, id := range g.ids[g.entries[e].from:g.entries[e].to] {
					name = append(name, g.dictionary[id])
				}
				if reading.fits(name) {
					several = several || found != nil && found != c
					found = c
				}
			}
		}
		if found != nil {
			return found, !several
		}
	}
	return nil, false
}

// Named gives every commune that has exactly this name, case, accents, hyphens
// and the article forgiven: today's name, or for want of any a former one.
func (g *Gazetteer) Named(nom string) []*Commune {
	whole := strings.Join(words(nom), "")
	if whole == "" {
		return nil
	}
	var current, former []*Commune
	for i := sort.Search(len(g.keys), func(i int) bool { return g.keys[i].text >= whole }); i < len(g.keys) && g.keys[i].text == whole; i++ {
		e := &g.entries[g.keys[i].entry]
		c := &g.communes[e.commune]
		switch {
		case e.kind == nameCurrent && !slices.Contains(current, c):
			current = append(current, c)
		case e.kind == nameFormer && !slices.Contains(former, c):
			former = append(former, c)
		}
	}
	if current != nil {
		return current
	}
	return former
}

func (g *Gazetteer) resolveQuarter(among []int32, asked query) (*Commune, bool) {
	divided := false // the data has arrondissements there
	for _, i := range among {
		c := &g.communes[i]
		if c.Parent == "" {
			continue
		}
		divided = true
		if arrondissementNumber(c.Nom) == asked.number && words(c.Nom)[0] == asked.words[0] {
			return c, true
		}
	}
	if divided {
		return nil, false // "Paris 12" with 75011
	}
	for _, i := range among {
		if c := &g.communes[i]; c.Parent == "" && Fold(c.Nom) == strings.Join(asked.words, " ") {
			return c, true
		}
	}
	return nil, false
}

func withoutLinking(w []string) []string {
	out := make([]string, 0, len(w))
	for _, word := range w {
		if !linking[word] {
			out = append(out, word)
		}
	}
	return out
}
