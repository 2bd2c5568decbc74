package mapping

import (
	"regexp"
	"slices"
	"strings"
)

// shortest is where presentation_resume ends: 280 characters, says the standard.
const (
	shortText = `(?s)^\s*(?P<valeur>.{1,280})$`
	longText  = `(?s)^(?P<valeur>.{281}.*)$`
)

// texts finds the words for people.
func (f *file) texts() {
	var resume, detail, more []*column
	for _, c := range f.columns {
		if f.taken[c.at] || len(c.filled) == 0 || c.boolean() {
			continue
		}
		share, _ := f.fit(asText, c)
		if share < 0.7 {
			continue
		}
		if c.unique() < 0.05 && len(c.filled) > 40 {
			continue // the same words everywhere are the source's
		}
		switch role, _ := c.strongest(); role {
		case "presentation_resume":
			resume = append(resume, c)
		case "presentation_detail":
			detail = append(detail, c)
		case asText:
			if c.names[asText] >= 80 && c.letters >= 8 {
				more = append(more, c)
			}
		}
	}
	names := func(columns []*column) (out []string) {
		for _, c := range columns {
			out = append(out, c.name)
		}
		return out
	}
	one := func(columns []*column) Regle {
		if len(columns) == 1 {
			return Regle{Colonne: columns[0].name}
		}
		return Regle{Joindre: names(columns), Avec: "\n"}
	}
	all := append(slices.Clone(detail), more...)
	switch {
	case len(resume) > 0:
		f.rules["presentation_resume"] = Regle{Colonne: resume[0].name}
		f.claim(resume[0], 90, "Son nom dit un résumé.", "presentation_resume")
		all = append(slices.Clone(resume[1:]), all...)
		if len(all) > 0 {
			f.rules["presentation_detail"] = one(all)
		}
	case len(all) > 0:
		// One text of any length: what is short enough is the summary.
		short := all[0]
		f.rules["presentation_resume"] = Regle{Colonne: short.name, Motif: shortText}
		r := one(all)
		if len(all) == 1 {
			r.Motif = longText
		}
		f.rules["presentation_detail"] = r
		f.claim(short, 88, "Son nom dit une présentation : en résumé jusqu’à 280 caractères, en détail au-delà.", "presentation_resume")
	default:
		// A list of services in people's own words tells more than what is
		// understood of it.
		for _, c := range f.columns {
			if c.names["services"] >= 85 && c.letters > 30 && len(c.filled) > 0 && !c.boolean() && f.takenFor(c, "services") {
				if l := f.read(c); l.score() < 0.85 {
					f.rules["presentation_resume"] = Regle{Colonne: c.name, Motif: shortText}
					f.rules["presentation_detail"] = Regle{Colonne: c.name, Motif: longText}
					f.claim(c, 70, "Tout n’en est pas compris : le texte est aussi repris dans la présentation.", "presentation_resume", "presentation_detail")
					return
				}
			}
		}
	}
	for _, c := range all {
		text := "Des mots pour le public : repris dans la présentation."
		if f.reasons[c.at].Text != "" {
			text = ""
		}
		f.claim(c, 76, text, "presentation_detail")
		f.reasons[c.at].Text = strings.TrimSpace(f.reasons[c.at].Text)
	}
}

// takenFor reports whether a column was taken for a field.
func (f *file) takenFor(c *column, field string) bool {
	return slices.Contains(f.reasons[c.at].Fields, field)
}

// withinTexts takes phones, addresses and sites out of the one text where maps
// made by hand put everything.
func (f *file) withinTexts() {
	var text *column
	for _, c := range f.columns {
		if len(c.filled) == 0 || len(f.reasons[c.at].Examples) == 0 && len(c.filled) > 0 && f.taken[c.at] {
			continue
		}
		role, _ := c.strongest()
		if (role == "presentation_detail" || role == asText || role == "presentation_resume") && (text == nil || c.letters > text.letters) {
			text = c
		}
	}
	if text == nil {
		return
	}
	take := func(field, motif string, share float64) {
		if _, taken := f.rules[field]; taken || share < 0.4 {
			return
		}
		f.rules[field] = Regle{Colonne: text.name, Motif: motif}
		f.claim(text, 70, percent(share)+" de ses textes donnent « "+titleOf(field)+" ».", field)
	}
	take("telephone", `(?P<valeur>(?:(?:\+|00)33\s?(?:\(0\))?\s?|\b0)[1-9](?:[\s.\-]?\d{2}){4})\b`, text.share(phoneIn.MatchString))
	take("courriels", `(?P<valeur>[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+)`, text.share(emailIn.MatchString))
	take("site_web", `(?P<valeur>(?:https?://|www\.)[^\s<>"|\])]+)`, text.share(urlIn.MatchString))
	if f.roles["adresse"] == nil && f.whole == nil && f.roles["commune"] == nil {
		if share := text.share(addressLine.MatchString); share >= 0.4 {
			f.whole = &Regle{Colonne: text.name, Motif: addressLineMotif}
			f.claim(text, 70, percent(share)+" de ses textes ont une ligne d’adresse.", "adresse", "code_postal", "commune")
		}
	}
}

// fromNames: a file where nothing tells the kind of the places, and where names
// begin by it, says it all the same.
func (f *file) fromNames() {
	c := f.roles["nom"]
	if c == nil {
		return
	}
	if _, told := f.rules["typologie"]; told {
		return
	}
	if c.share(func(v string) bool { return franceServices.MatchString(v) }) < 0.5 {
		return
	}
	f.rules["typologie"] = Regle{Colonne: c.name, Motif: franceServicesMotif, Valeurs: map[string]string{"france services": "RFS", "france service": "RFS"}, Sinon: "ecarter"}
	if _, told := f.rules["dispositif_programmes_nationaux"]; !told {
		f.rules["dispositif_programmes_nationaux"] = Regle{Colonne: c.name, Motif: franceServicesMotif, Valeurs: map[string]string{"france services": "France Services", "france service": "France Services"}}
	}
	r := &f.reasons[c.at]
	r.Fields = append(r.Fields, "typologie", "dispositif_programmes_nationaux")
	r.Text += " Les noms qui commencent par « France services » disent aussi la typologie."
}

// addressLineMotif finds the line of a text that has a postal code and a commune.
const addressLineMotif = `(?m)^\s*(?:[Aa]dresse\s*:\s*)?(?P<valeur>[^\n]{0,120}\b\d{2} ?\d{3}\b[ ,\-]+\pL[^\n]{1,60})$`

var addressLine = regexp.MustCompile(addressLineMotif)

const franceServicesMotif = `(?i)^(?:espace |maison |bus |antenne )?(?P<valeur>france services?)\b`

var franceServices = regexp.MustCompile(franceServicesMotif)
