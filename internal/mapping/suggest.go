package mapping

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"mednum/internal/place"
)

// sure is the confidence, in percent, under which a column is left out of a
// proposal, and said to be.
const sure = 60

// Suggest proposes the mapping of a file from the names of its columns and the
// values of its rows (some, or all). What is not sure enough is left out, and
// said; no column is taken twice for two things that exclude each other.
// communes may be nil: coordinates are then judged by themselves alone.
//
// What it proposes is data that anybody may read and correct. Names are
// recognised by likeness, for a header is read once and shown; values only
// whole, in a table that is written out (valeurs).
func Suggest(columns []string, rows [][]string, communes place.Communes) Suggestion {
	f := &file{communes: communes, rules: map[string]Regle{}, taken: map[int]bool{}, reasons: make([]Reason, len(columns)), roles: map[string]*column{}}
	step := max(1, len(rows)/sampleRows)
	seen := map[string]bool{}
	prefix := commonPrefix(columns)
	for i, name := range columns {
		c := newColumn(i, name, rows, step)
		f.reasons[i] = Reason{Column: name, Fields: []string{}, Examples: c.examples()}
		if strings.TrimSpace(name) == "" || seen[name] {
			f.taken[i] = true
			f.reasons[i].Text = "Sans nom, ou du même nom qu’une autre : elle ne peut pas être désignée."
			continue
		}
		seen[name] = true
		c.names = nameScores(name, prefix)
		f.columns = append(f.columns, c)
		if len(c.filled) == 0 {
			f.reasons[i].Text = "Toujours vide dans ce fichier."
		}
	}
	f.setAside()
	f.scalars()
	f.address()
	f.position()
	f.filters()
	f.hours()
	f.lists()
	f.texts()
	f.withinTexts()
	f.fromNames()
	f.remainder()
	m := Mapping{Correspondance: 1, Lignes: f.lines, Champs: f.rules, AdresseEntiere: f.whole, Position: f.where, Horaires: f.when, Ignorees: f.ignored, Privees: f.private}
	for i := range f.reasons {
		slices.Sort(f.reasons[i].Fields)
		f.reasons[i].Fields = slices.Compact(f.reasons[i].Fields)
	}
	return Suggestion{Mapping: m, Reasons: f.reasons}
}

// file is a file being understood.
type file struct {
	communes place.Communes
	columns  []*column
	taken    map[int]bool // by place of the column
	reasons  []Reason
	roles    map[string]*column
	declared []*place.Commune // by row: the commune that it says; see homes

	lines   []Filtre
	rules   map[string]Regle
	whole   *Regle
	where   *Position
	when    *Horaires
	ignored []string
	private []string
}

// commonPrefix is the first word that most headers share: "c" of c_nom, c_cp.
func commonPrefix(columns []string) string {
	count := map[string]int{}
	for _, name := range columns {
		words := headerWords(splitCamel(containers.ReplaceAllString(name, "")))
		if len(words) > 1 {
			count[words[0]]++
		}
	}
	for w, n := range count {
		if n*2 > len(columns) && n > 3 {
			return w
		}
	}
	return ""
}

// claim takes a column for fields of the standard.
func (f *file) claim(c *column, confidence int, text string, fields ...string) {
	f.taken[c.at] = true
	r := &f.reasons[c.at]
	r.Fields = append(r.Fields, fields...)
	if r.Confidence == 0 {
		r.Text = "" // what was said before it was found a use
	}
	if r.Confidence == 0 || confidence < r.Confidence {
		r.Confidence = min(max(confidence, sure), 99)
	}
	if r.Text != "" && text != "" {
		r.Text += " "
	}
	r.Text += text
}

// leave says why a column is taken for nothing.
func (f *file) leave(c *column, text string) {
	if r := &f.reasons[c.at]; r.Text == "" {
		r.Text = text
	}
}

// ignore takes a column that says nothing of the standard. hide: not even
// examples of it are shown.
func (f *file) ignore(c *column, confidence int, text string, hide bool) {
	f.taken[c.at] = true
	r := &f.reasons[c.at]
	r.Confidence, r.Text = confidence, text
	if hide {
		r.Examples = []string{}
		f.private = append(f.private, c.name)
		return
	}
	f.ignored = append(f.ignored, c.name)
}

// strongest is the role that a header names best.
func (c *column) strongest() (role string, score int) {
	for r, s := range c.names {
		if s > score || s == score && r < role {
			role, score = r, s
		}
	}
	return role, score
}

const privately = "Semble désigner une personne : ni reprise, ni montrée."

// setAside takes out what is about persons, and what is surely of no use.
func (f *file) setAside() {
	for _, c := range f.columns {
		role, score := c.strongest()
		switch role {
		case asPrivate:
			if c.boolean() {
				delete(c.names, asPrivate)
				continue
			}
			// "Contact" alone may well be the place's own address or phone.
			if words := headerWords(c.name); strings.TrimRight(words[len(words)-1], "s") == "contact" && len(words) <= 2 {
				email, _ := f.fit("courriels", c)
				phone, _ := f.fit("telephone", c)
				if email > 0.95 || phone > 0.95 {
					delete(c.names, asPrivate)
					c.names["courriels"], c.names["telephone"] = 70, 70
					continue
				}
			}
			f.ignore(c, score, privately, true)
		case asNothing:
			if s := c.share(func(v string) bool { return urlCell.MatchString(v) || emailIn.MatchString(v) }); s > 0.5 && score < 92 {
				delete(c.names, asNothing)
				continue
			}
			if f.labelled(c) || len(c.distinct) <= 40 && c.names["typologie"] > 0 && f.read(c).share("typologie") > 0.8 {
				delete(c.names, asNothing)
				continue
			}
			f.ignore(c, score, "Son nom ne dit rien que le standard connaisse.", false)
		default:
			if score == 0 && len(c.filled) > 4 && c.share(nameCell.MatchString) > 0.95 && c.share(func(v string) bool { return strings.HasPrefix(v, "Personne ") || civility.MatchString(v) }) > 0.5 {
				f.ignore(c, 80, privately, true)
			}
		}
	}
}

// scalar roles: one column each, or the first of several.
var scalarRoles = []string{
	"id", "pivot", "nom", "commune", "code_postal", "code_insee", "adresse", "complement_adresse", asWhole, "telephone", asMobile,
	"courriels", "site_web", asSocial, "fiche_acces_libre", "prise_rdv", "source", "structure_parente", "date_maj", asCreated, asHours, asNote, asNumber, asKind,
}

type candidate struct {
	role       string
	column     *column
	confidence int
	named      int
	fit        float64
}

// byValues are the roles that values alone may tell, and how surely at most.
var byValues = map[string]struct {
	least float64
	most  int
	test  func(string) bool
}{
	"courriels":         {0.7, 86, func(v string) bool { return emailIn.MatchString(v) && len(v) < 120 }},
	"site_web":          {0.8, 80, func(v string) bool { return urlCell.MatchString(v) }},
	"telephone":         {0.85, 82, func(v string) bool { return phoneStrict.MatchString(v) && len(v) < 40 && !dateCell.MatchString(v) }},
	"pivot":             {0.8, 84, func(v string) bool { return identifying.MatchString(v) && reads("pivot", v) }},
	asWhole:             {0.7, 82, func(v string) bool { return len(v) < 200 && wholeCell.MatchString(v) && !timeIn.MatchString(v) }},
	"adresse":           {0.75, 74, func(v string) bool { return len(v) < 120 && streetIn.MatchString(v) && v[0] >= '0' && v[0] <= '9' }},
	asHours:             {0.6, 80, func(v string) bool { return rangeIn.MatchString(v) && dayIn.MatchString(v) }},
	"fiche_acces_libre": {0.5, 90, func(v string) bool { return strings.Contains(v, "acceslibre") && urlIn.MatchString(v) }},
	"code_insee":        {2, 0, nil}, // told from its neighbours, in nearCommunes
}

func (f *file) scalars() {
	var all []candidate
	for _, c := range f.columns {
		if f.taken[c.at] || len(c.filled) == 0 && len(c.values) > 0 {
			continue
		}
		if len(dayOf(c.name)) > 0 {
			continue // hours, day by day
		}
		for _, role := range scalarRoles {
			score := c.names[role]
			share, judged := 0.0, false
			if score > 0 && len(c.filled) > 0 {
				share, judged = f.fit(role, c)
			}
			k := candidate{role: role, column: c, named: score, fit: -1}
			if judged {
				k.fit = share
			}
			if score > 0 {
				k.confidence = score
				if judged {
					k.confidence = int(float64(score) * (0.3 + 0.7*min(1, share*1.06)))
				}
			}
			if v, ok := byValues[role]; ok && v.test != nil && len(c.filled) >= 3 {
				if s := c.share(v.test); s >= v.least {
					if by := int(float64(v.most) * (0.6 + 0.4*s)); by > k.confidence {
						if k.confidence > 0 && score > 0 {
							by = max(by, k.confidence)
						}
						k.confidence, k.fit = by, s
					}
				}
			}
			// A constant is the source's word, not the place's.
			if (role == "site_web" || role == "prise_rdv") && len(c.filled) > 12 && len(c.distinct) == 1 {
				k.confidence = min(k.confidence, 45)
			}
			if role == asHours && k.confidence > 0 && c.share(timeIn.MatchString) < 0.5 && c.share(func(v string) bool { return dayIn.MatchString(v) && !timeIn.MatchString(v) }) > 0.5 {
				k.confidence -= 20 // days without hours
			}
			if role == "site_web" && c.oneHost() {
				k.confidence -= 12 // its pages in somebody's directory
			}
			if role == asWhole && k.confidence >= sure && score == 0 && c.names["adresse"] > 0 {
				k.confidence = max(k.confidence, c.names["adresse"]-2)
			}
			if role == "adresse" && score > 0 {
				if s, _ := f.fit(asWhole, c); s >= 0.5 {
					k.confidence = min(k.confidence, 55)
				}
			}
			if role == asWhole && score == 0 && c.names["adresse"] > 0 {
				if s, _ := f.fit(asWhole, c); s >= 0.5 {
					k.confidence, k.fit = max(k.confidence, c.names["adresse"]-2), s
				}
			}
			if role == asNumber && (c.names[asNumber] == 0 || c.unique() > 0.9 && len(c.filled) > 20 && len(headerWords(c.name)) == 1) {
				continue
			}
			if role == "id" && c.share(integerCell.MatchString) == 1 {
				k.confidence -= 4 // a row's number lasts less than an identifier
			}
			if role == "nom" && c.unique() < 0.2 && len(c.filled) > 20 {
				k.confidence = min(k.confidence, 65)
			}
			// Few values in a column that many rows leave empty say less.
			if k.confidence > 0 && len(c.filled)*12 < len(c.values) && role != "complement_adresse" && role != asMobile {
				k.confidence -= 6
			}
			if k.confidence > 0 {
				all = append(all, k)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b candidate) int {
		return cmp.Or(b.confidence-a.confidence, cmp.Compare(b.fit, a.fit), a.column.at-b.column.at)
	})
	chosen := map[string][]candidate{}
	f.preferPlaces(all)
	for _, k := range all {
		if f.taken[k.column.at] || k.confidence < sure {
			continue
		}
		before := chosen[k.role]
		several := k.role == "telephone" || k.role == "courriels" || k.role == "site_web" || k.role == asSocial || k.role == asMobile || k.role == asHours || k.role == asNote || k.role == "complement_adresse" || k.role == "date_maj" || k.role == "pivot"
		if len(before) > 0 && (!several || k.confidence < 66) {
			continue
		}
		if len(before) > 0 && (k.role == "site_web" && k.column.oneHost() || k.role == asHours && k.column.share(timeIn.MatchString) < 0.5) {
			continue
		}
		if k.role == asNumber && len(chosen["adresse"]) == 0 && !slices.ContainsFunc(all, func(o candidate) bool { return o.role == "adresse" && o.confidence >= sure }) {
			continue
		}
		chosen[k.role] = append(before, k)
		f.taken[k.column.at] = true
	}
	f.nearCommunes(chosen)
	f.anyName(chosen)
	for _, role := range scalarRoles {
		for i, k := range chosen[role] {
			if i == 0 {
				f.roles[role] = k.column
			}
		}
	}
	f.write(chosen)
	for _, k := range all {
		if !f.taken[k.column.at] && k.confidence >= sure && len(chosen[k.role]) > 0 {
			f.leave(k.column, fmt.Sprintf("Pourrait donner « %s » (%d %%), que « %s » donne mieux.", titleOf(k.role), k.confidence, chosen[k.role][0].column.name))
		} else if !f.taken[k.column.at] && k.confidence >= 25 && k.named > 0 {
			f.leave(k.column, fmt.Sprintf("Son nom dit « %s », pas ses valeurs (%d %%) : laissée de côté.", titleOf(k.role), k.confidence))
		}
	}
}

// preferPlaces: where a file names both the place and who runs it, the place's
// name is the name.
func (f *file) preferPlaces(all []candidate) {
	isPlace := func(c *column) bool {
		for _, w := range headerWords(c.name) {
			switch w {
			case "lieu", "lieux", "permanence", "antenne", "point", "espace", "fs", "epn":
				return true
			}
		}
		return false
	}
	isOwner := func(c *column) bool {
		for _, w := range headerWords(c.name) {
			switch w {
			case "structure", "organisme", "organisation", "porteur", "collectivite", "employeur", "entite":
				return true
			}
		}
		return false
	}
	place, owner := false, false
	for _, k := range all {
		if k.role == "nom" && k.confidence >= 80 {
			place, owner = place || isPlace(k.column), owner || isOwner(k.column)
		}
	}
	if !place || !owner {
		return
	}
	for i := range all {
		if k := &all[i]; k.role == "nom" && isOwner(k.column) && !isPlace(k.column) {
			k.role, k.confidence = "structure_parente", 78
		}
	}
	slices.SortStableFunc(all, func(a, b candidate) int { return b.confidence - a.confidence })
}

// nearCommunes finds, by their values together, the commune, its postal code
// and its INSEE code where headers do not say.
func (f *file) nearCommunes(chosen map[string][]candidate) {
	if f.communes == nil {
		return
	}
	get := func(role string) *column {
		if k := chosen[role]; len(k) > 0 {
			return k[0].column
		}
		return nil
	}
	share := func(a *column, role string, ok func(v, other string) bool) float64 {
		other := get(role)
		good, n := 0, 0
		for i, v := range a.values {
			if v == "" || other.values[i] == "" {
				continue
			}
			if n++; ok(v, other.values[i]) {
				good++
			}
			if n >= sampleTested {
				break
			}
		}
		if n < 3 {
			return 0
		}
		return float64(good) / float64(n)
	}
	zero := func(v string) string {
		if len(v) == 4 {
			return "0" + v
		}
		return v
	}
	resolves := func(nom, postal string) bool { _, ok := f.communes.Resolve(nom, zero(postal)); return ok }
	if get("commune") == nil && get("code_postal") == nil {
		for _, p := range f.columns {
			if f.taken[p.at] || len(p.filled) < 3 || p.share(postalCell.MatchString) < 0.95 {
				continue
			}
			chosen["code_postal"] = []candidate{{role: "code_postal", column: p, confidence: 75, fit: 1}}
			for _, c := range f.columns {
				if c != p && !f.taken[c.at] && len(c.filled) >= 3 && c.letters > 2 && c.letters < 40 && share(c, "code_postal", resolves) >= 0.8 {
					chosen["commune"] = []candidate{{role: "commune", column: c, confidence: 78, fit: share(c, "code_postal", resolves)}}
					f.taken[p.at], f.taken[c.at] = true, true
					break
				}
			}
			if f.taken[p.at] {
				break
			}
			delete(chosen, "code_postal")
		}
	}
	for _, c := range f.columns {
		if f.taken[c.at] || len(c.filled) < 3 {
			continue
		}
		role, s := "", 0.0
		switch {
		case get("commune") == nil && get("code_postal") != nil && c.letters > 2 && c.letters < 40 && !c.boolean():
			role, s = "commune", share(c, "code_postal", resolves)
		case get("code_postal") == nil && get("commune") != nil && c.share(postalCell.MatchString) > 0.9:
			role, s = "code_postal", share(c, "commune", func(v, nom string) bool { return resolves(nom, v) })
		case get("code_insee") == nil && get("commune") != nil && c.share(inseeCell.MatchString) > 0.9:
			role, s = "code_insee", share(c, "commune", func(v, nom string) bool {
				k, ok := f.communes.Commune(strings.ToUpper(zero(v)))
				return ok && place.Fold(k.Nom) == place.Fold(nom)
			})
		}
		if role != "" && s >= 0.8 {
			chosen[role] = append(chosen[role], candidate{role: role, column: c, confidence: 60 + int(25*s), fit: s})
			f.taken[c.at] = true
		}
	}
}

// anyName: a file without a name for its places gives none; the column that
// most looks like one is proposed then, and said to be so.
func (f *file) anyName(chosen map[string][]candidate) {
	if len(chosen["nom"]) > 0 {
		return
	}
	if k := chosen["structure_parente"]; len(k) > 0 {
		chosen["nom"] = []candidate{{role: "nom", column: k[0].column, confidence: 70, named: k[0].named, fit: k[0].fit}}
		delete(chosen, "structure_parente")
		return
	}
	var best *column
	score := 0.0
	for _, c := range f.columns {
		if f.taken[c.at] || len(c.filled)*10 < len(c.values)*8 || len(c.filled) == 0 || c.boolean() {
			continue
		}
		words := c.share(func(v string) bool {
			n := utf8.RuneCountInString(v)
			return n >= 3 && n <= 100 && !numberCell.MatchString(v) && !dateCell.MatchString(v) && !urlCell.MatchString(v) && !emailIn.MatchString(v) && strings.IndexFunc(v, unicode.IsLetter) >= 0
		})
		if s := words * c.unique(); s > score && words > 0.9 {
			best, score = c, s
		}
	}
	if best != nil && score > 0.5 {
		chosen["nom"] = []candidate{{role: "nom", column: best, confidence: sure, fit: score}}
		f.taken[best.at] = true
	}
}

// titleOf says a role to people.
func titleOf(role string) string {
	if c, ok := place.ColumnNamed(role); ok {
		return c.Title
	}
	switch role {
	case asWhole:
		return "adresse entière"
	case asNumber:
		return "numéro dans la voie"
	case asKind:
		return "type de voie"
	case asMobile:
		return "téléphone mobile"
	case asSocial:
		return "réseaux sociaux"
	case asCreated:
		return "date de création"
	case asNote:
		return "remarque sur les horaires"
	case asPair:
		return "coordonnées"
	case asPremises:
		return "accessibilité des locaux"
	case asActive:
		return "état"
	case asText:
		return "texte"
	}
	return role
}

// because says why a column is taken for a role.
func (k candidate) because() string {
	title := titleOf(k.role)
	percent := int(k.fit*100 + 0.5)
	switch {
	case k.named > 0 && k.fit >= 0:
		return fmt.Sprintf("Son nom dit « %s », et %d %% de ses valeurs.", title, percent)
	case k.named > 0:
		return fmt.Sprintf("Son nom dit « %s ».", title)
	case k.role == "nom":
		return "Aucune colonne ne se nomme ainsi : celle-ci ressemble le plus à des noms. À vérifier."
	}
	return fmt.Sprintf("%d %% de ses valeurs disent « %s », pas son nom.", percent, title)
}

// write makes the rules of the scalar roles.
func (f *file) write(chosen map[string][]candidate) {
	say := func(k candidate, fields ...string) { f.claim(k.column, k.confidence, k.because(), fields...) }
	one := func(field string) {
		if k := chosen[field]; len(k) > 0 {
			f.rules[field] = Regle{Colonne: k[0].column.name}
			say(k[0], field)
		}
	}
	for _, field := range []string{"id", "nom", "commune", "code_postal", "code_insee", "source", "structure_parente", "fiche_acces_libre", "prise_rdv"} {
		one(field)
	}
	if k := chosen["nom"]; len(k) > 0 && k[0].column.share(func(v string) bool { return strings.HasPrefix(v, "#") }) > 0.5 {
		f.rules["nom"] = Regle{Colonne: k[0].column.name, Motif: `^#?\s*(?P<valeur>.*)$`}
	}
	first := func(field string, roles ...string) {
		var names []string
		for _, role := range roles {
			for _, k := range chosen[role] {
				names = append(names, k.column.name)
				say(k, field)
			}
		}
		switch len(names) {
		case 0:
		case 1:
			f.rules[field] = Regle{Colonne: names[0]}
		default:
			f.rules[field] = Regle{Premier: names}
		}
	}
	join := func(field, with string, roles ...string) {
		var names []string
		for _, role := range roles {
			for _, k := range chosen[role] {
				names = append(names, k.column.name)
				say(k, field)
			}
		}
		switch len(names) {
		case 0:
		case 1:
			f.rules[field] = Regle{Colonne: names[0]}
		default:
			f.rules[field] = Regle{Joindre: names, Avec: with}
		}
	}
	first("pivot", "pivot")
	first("telephone", "telephone", asMobile)
	join("courriels", "|", "courriels")
	if len(chosen["site_web"]) > 0 && len(chosen[asSocial]) > 0 {
		first("site_web", "site_web", asSocial)
	} else {
		join("site_web", "|", "site_web", asSocial)
	}
	first("date_maj", "date_maj", asCreated)
	join("complement_adresse", ", ", "complement_adresse")

	if k := chosen["adresse"]; len(k) > 0 {
		r := Regle{Colonne: k[0].column.name}
		begins := k[0].column.share(func(v string) bool { return v[0] >= '0' && v[0] <= '9' })
		if n := chosen[asNumber]; len(n) > 0 && begins < 0.5 {
			r = Regle{Joindre: []string{n[0].column.name}}
			if t := chosen[asKind]; len(t) > 0 {
				r.Joindre = append(r.Joindre, t[0].column.name)
				say(t[0], "adresse")
			}
			r.Joindre = append(r.Joindre, k[0].column.name)
			say(n[0], "adresse")
			if n[0].column.count["0"]+n[0].column.count["0.0"] > 0 {
				r.Motif = `^(?:0 +)?(?P<valeur>.*)$` // 0 stands for no number
			}
		} else if len(n) > 0 {
			f.leave(n[0].column, "L’adresse a déjà ses numéros.")
			f.taken[n[0].column.at] = true
		}
		f.rules["adresse"] = r
		say(k[0], "adresse")
	}
	if k := chosen[asWhole]; len(k) > 0 && len(chosen["adresse"]) > 0 && len(chosen["commune"]) > 0 && len(chosen["code_postal"]) > 0 {
		delete(f.taken, k[0].column.at)
		delete(f.roles, asWhole)
		f.leave(k[0].column, "Une autre adresse : celle du lieu est déjà dite par « "+chosen["adresse"][0].column.name+" ».")
	} else if len(k) > 0 {
		f.whole = &Regle{Colonne: k[0].column.name}
		if k[0].column.share(func(v string) bool { return beyondCommune.MatchString(v) }) > 0.3 {
			f.whole.Motif = `^(?P<valeur>.*?\b\d{5}\b[\s,]*[^,]+|.*)` // département, region and country follow
		}
		say(k[0], "adresse", "code_postal", "commune")
	}
	if k := chosen[asHours]; len(k) > 0 {
		r := Regle{Colonne: k[0].column.name}
		if len(k) > 1 {
			r = Regle{}
			for _, o := range k {
				r.Premier = append(r.Premier, o.column.name)
			}
		}
		for _, o := range k {
			say(o, "horaires")
		}
		f.when = &Horaires{Texte: &r}
	}
}

// beyondCommune: an address that goes on after its commune.
var beyondCommune = regexp.MustCompile(`\b\d{5}\b[\s,]*[^,]+,.*(?:FRA|France|Grand Est|Bretagne|Occitanie|Normandie|Île-de-France|Nouvelle-Aquitaine|Hauts-de-France|Auvergne-Rhône-Alpes|Centre-Val de Loire|Pays de la Loire|Provence-Alpes-Côte d.Azur|Bourgogne-Franche-Comté|Corse)\s*$`)

// address gives the whole address a second chance: where a file has a street
// but neither postal code nor commune, the street may hold them now and then.
func (f *file) address() {
	street := f.roles["adresse"]
	if street == nil || f.whole != nil || f.roles["commune"] != nil || f.roles["code_postal"] != nil {
		return
	}
	f.whole = &Regle{Colonne: street.name}
	delete(f.rules, "adresse")
	f.reasons[street.at].Text += " Le code postal et la commune y seront cherchés."
	f.reasons[street.at].Fields = append(f.reasons[street.at].Fields, "code_postal", "commune")
}

// inactive are the words for what is no more, or is not to be shown.
var inactive = map[string]bool{
	"inactif": true, "inactive": true, "ferme definitivement": true, "fermee definitivement": true, "definitivement ferme": true, "archive": true, "archivee": true, "supprime": true, "supprimee": true, "a supprimer": true, "brouillon": true,
	"draft": true, "rejete": true, "refuse": true, "depublie": true, "non publie": true, "desactive": true, "desactivee": true, "masque": true, "cache": true, "closed": true, "inactive.": true, "doublon": true, "obsolete": true, "hors service": true,
	"en projet": true, "projet abandonne": true, "fermeture definitive": true, "cesse": true, "unpublished": true, "archived": true, "deleted": true, "disabled": true, "non actif": true, "non active": true, "plus actif": true, "plus en activite": true, "n'existe plus": true, "invisible": true, "a valider": true,
}

// filters leaves out the rows that a column says are no more. Never half of a
// file: a column that says so of most rows means something else.
func (f *file) filters() {
	for _, c := range f.columns {
		if f.taken[c.at] || len(c.distinct) == 0 || len(c.distinct) > 12 {
			continue
		}
		words := headerWords(c.name)
		negative := slices.ContainsFunc(words, func(w string) bool {
			return strings.HasPrefix(w, "archiv") || strings.HasPrefix(w, "supprim") || w == "ferme" || w == "inactif" || strings.HasPrefix(w, "desactiv") || w == "obsolete" || strings.HasPrefix(w, "clotur")
		})
		positive := slices.ContainsFunc(words, func(w string) bool {
			return strings.HasPrefix(w, "actif") || strings.HasPrefix(w, "active") || strings.HasPrefix(w, "publie") || w == "published" || w == "visible" || w == "affichage" || w == "enabled" || w == "isactive" || w == "valide"
		})
		if c.names[asActive] == 0 && !positive && !negative {
			continue
		}
		var out []string
		left := 0
		for _, v := range c.distinct {
			fold := place.Fold(v)
			if inactive[fold] || positive && c.boolean() && noWords[fold] || negative && c.boolean() && yesWords[fold] {
				out = append(out, v)
				left += c.count[v]
			}
		}
		switch {
		case len(out) == 0:
		case left*2 > len(c.filled):
			f.leave(c, fmt.Sprintf("Dirait de ne pas montrer %d lignes sur %d : à vous de juger.", left, len(c.filled)))
		default:
			f.lines = append(f.lines, Filtre{Colonne: c.name, Ecarter: out, Raison: "« " + c.name + " » dit que le lieu n’est pas à montrer"})
			f.claim(c, 82, fmt.Sprintf("%d lignes y sont dites « %s » : elles sont écartées.", left, strings.Join(out, " », « ")))
		}
	}
}

// remainder says something of each column that nothing took.
func (f *file) remainder() {
	for _, c := range f.columns {
		r := &f.reasons[c.at]
		if f.taken[c.at] || r.Text != "" {
			continue
		}
		switch role, score := c.strongest(); {
		case c.boolean() && !slices.ContainsFunc(c.distinct, func(v string) bool { return yesWords[place.Fold(v)] }):
			r.Text = "Ne dit que non dans ce fichier."
		case role == asPremises:
			r.Text = "Dit l’accès aux locaux : le standard n’a que l’adresse de la fiche Acceslibre."
		case score > 0:
			r.Confidence = min(sure-10, score/2)
			r.Text = "Son nom dit « " + titleOf(role) + " », mais ses valeurs ne sont pas reconnues : laissée de côté."
		default:
			r.Text = "Rien du standard n’y a été reconnu : elle est gardée à part."
		}
	}
}

func percent(share float64) string { return strconv.Itoa(int(share*100+0.5)) + " %" }
