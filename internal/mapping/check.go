package mapping

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"mednum/internal/place"
)

// Version of the format that this package reads and writes.
const Version = 1

// group is the name of the group of a motif that a rule keeps.
const group = "valeur"

// apart are the columns of the standard that have a place of their own in a
// mapping.
var apart = map[string]string{"latitude": "position", "longitude": "position", "horaires": "horaires"}

// days of the week, in order.
var days = []string{"lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"}

var (
	encodings = []string{"UTF-8", "UTF-16", "Windows-1252", "MacRoman", "CP850"}
	orders    = []string{"latitude longitude", "longitude latitude"}
	otherwise = []string{"garder", "ecarter"}
)

// fieldNames are the columns that champs may feed.
var fieldNames = func() (names []string) {
	for i := range place.Columns {
		if apart[place.Columns[i].Name] == "" {
			names = append(names, place.Columns[i].Name)
		}
	}
	return names
}()

// defaultNames are the columns that a source may say of all its places: not
// what tells one from another.
var defaultNames = func() (names []string) {
	for i := range place.Columns {
		if n := place.Columns[i].Name; n != "id" && apart[n] != "position" {
			names = append(names, n)
		}
	}
	return names
}()

// mapping checks what the types cannot say.
func (p *checker) mapping(n *node, m *Mapping) {
	if v := n.get("correspondance"); v == nil {
		p.fault(n, "correspondance", "clé absente ; écrire « correspondance: 1 » en tête.")
	} else if m.Correspondance != Version && (v.kind == 'n' || v.kind == 'y') {
		p.fault(v, "correspondance", "version inconnue ; écrire 1.")
	}
	if m.Lecture != nil {
		p.reading(n.get("lecture"), m.Lecture)
	}
	for i := range m.Lignes {
		p.filter(n.get("lignes").item(i), &m.Lignes[i], "lignes["+strconv.Itoa(i+1)+"]")
	}
	for _, member := range p.under(n, "champs") {
		name := member.name.text
		if to := apart[name]; to != "" {
			p.fault(member.name, "champs", "« "+name+" » ne s’écrit pas ici ; le dire sous « "+to+": ».")
			continue
		}
		c, ok := place.ColumnNamed(name)
		if !ok {
			p.unknownColumn(member.name, "champs", fieldNames)
			continue
		}
		r := m.Champs[name]
		p.rule(member.value, &r, "champs."+name, c, true)
	}
	if m.AdresseEntiere != nil {
		v := n.get("adresse_entiere")
		p.rule(v, m.AdresseEntiere, "adresse_entiere", nil, true)
		for _, key := range []string{"cases", "constante"} {
			if v.get(key) != nil {
				p.fault(v.get(key), "adresse_entiere", "« "+key+" » ne donne pas une adresse ; écrire « colonne », « premier » ou « joindre ».")
			}
		}
	}
	if m.Position != nil {
		p.position(n.get("position"), m.Position)
	}
	if m.Horaires != nil {
		p.hours(n.get("horaires"), m.Horaires)
	}
	for _, member := range p.under(n, "defauts") {
		name := member.name.text
		if !slices.Contains(defaultNames, name) {
			p.unknownColumn(member.name, "defauts", defaultNames)
			continue
		}
		c, _ := place.ColumnNamed(name)
		if member.value.kind == 's' || member.value.kind == 'y' {
			p.value(member.value, "defauts."+name, c, m.Defauts[name], false)
		}
	}
	p.named(n.get("ignorees"), "ignorees")
	p.named(n.get("privees"), "privees")
}

// under gives the members of an object of the root, each key once.
func (p *checker) under(n *node, name string) []member {
	v := n.get(name)
	if v == nil {
		return nil
	}
	return once(v.members)
}

// once leaves out the keys that come again: they were told.
func once(members []member) []member {
	seen := make(map[string]bool, len(members))
	out := make([]member, 0, len(members))
	for _, m := range members {
		if !seen[m.name.text] {
			seen[m.name.text] = true
			out = append(out, m)
		}
	}
	return out
}

func (p *checker) unknownColumn(name *node, where string, known []string) {
	message := "« " + clip(name.text) + " » n’est pas une colonne du standard admise ici"
	if near, ok := place.Nearest(name.text, known); ok {
		message += " ; vouliez-vous dire « " + near + " » ?"
	} else {
		message += " ; écrire l’une de : " + strings.Join(known, ", ") + "."
	}
	p.fault(name, where, message)
}

// oneOf says that a text is not one of a few.
func (p *checker) oneOf(n *node, where string, value string, known []string) {
	if n == nil || n.kind != 's' && n.kind != 'y' || slices.Contains(known, value) {
		return
	}
	message := "« " + clip(value) + " » n’est pas admis"
	if near, ok := place.Nearest(value, known); ok {
		message += " ; vouliez-vous dire « " + near + " » ?"
	} else {
		message += " ; écrire l’un de : « " + strings.Join(known, " », « ") + " »."
	}
	p.fault(n, where, message)
}

// name says that the name of a column is empty.
func (p *checker) name(n *node, where string) {
	if n != nil && (n.kind == 's' || n.kind == 'y') && n.text == "" {
		p.fault(n, where, "vide ; écrire le nom d’une colonne de votre fichier.")
	}
}

func (p *checker) named(n *node, where string) {
	if n == nil {
		return
	}
	for i, item := range n.items {
		p.name(item, where+"["+strconv.Itoa(i+1)+"]")
	}
}

func (p *checker) needs(n *node, where string, names ...string) {
	for _, name := range names {
		if n.kind == '{' && n.get(name) == nil && !n.odd {
			p.fault(n, where, "clé « "+name+" » absente ; l’ajouter.")
		}
	}
}

// exactlyOne gives the one of the names that is there; it says when none is,
// or several.
func (p *checker) exactlyOne(n *node, where string, names ...string) string {
	if n == nil || n.kind != '{' {
		return ""
	}
	var there []string
	for _, name := range names {
		if n.get(name) != nil {
			there = append(there, name)
		}
	}
	list := "« " + strings.Join(names[:len(names)-1], " », « ") + " » ou « " + names[len(names)-1] + " »"
	switch len(there) {
	case 0:
		if n.odd {
			return "" // no doubt that key, misspelt
		}
		p.fault(n, where, "rien ne dit d’où vient la valeur ; écrire "+list+".")
		return ""
	case 1:
		return there[0]
	}
	p.fault(n.get(there[1]), where, "« "+strings.Join(there, " » et « ")+" » à la fois ; n’en garder qu’un.")
	return ""
}

func (p *checker) reading(n *node, l *Lecture) {
	for _, key := range []string{"feuille", "chemin", "separateur", "encodage"} {
		if v := n.get(key); v != nil && (v.kind == 's' || v.kind == 'y') && v.text == "" {
			p.fault(v, "lecture."+key, "vide ; retirer cette ligne pour laisser reconnaître le fichier.")
		}
	}
	if l.Separateur != "" && utf8.RuneCountInString(l.Separateur) != 1 {
		p.fault(n.get("separateur"), "lecture.separateur", "un seul caractère, par exemple « ; ».")
	}
	if l.Encodage != "" {
		p.oneOf(n.get("encodage"), "lecture.encodage", l.Encodage, encodings)
	}
	if v := n.get("ligne_entetes"); v != nil && (v.kind == 'n' || v.kind == 'y') && (l.LigneEntetes < 1 || l.LigneEntetes > 1000) {
		p.fault(v, "lecture.ligne_entetes", "un nombre de 1 à 1000.")
	}
}

func (p *checker) filter(n *node, f *Filtre, where string) {
	if n.kind != '{' {
		return
	}
	p.needs(n, where, "colonne")
	p.name(n.get("colonne"), where+".colonne")
	p.exactlyOne(n, where, "garder", "ecarter", "motif")
	p.pattern(n.get("motif"), where+".motif", f.Motif, false)
}

// pattern checks a regular expression.
func (p *checker) pattern(n *node, where, motif string, needsGroup bool) {
	if n == nil || n.kind != 's' && n.kind != 'y' {
		return
	}
	if why := badPattern(motif, needsGroup); why != "" {
		p.fault(n, where, why)
	}
}

// maxPattern is how long a regular expression may be: RE2 is linear, and the
// program that it becomes is a multiple of its text.
const maxPattern = 1_000

func badPattern(motif string, needsGroup bool) string {
	switch {
	case motif == "":
		return "vide ; écrire une expression régulière, ou retirer cette ligne."
	case utf8.RuneCountInString(motif) > maxPattern:
		return "expression régulière trop longue : " + strconv.Itoa(maxPattern) + " caractères au plus."
	}
	re, err := regexp.Compile(motif)
	if err != nil {
		return "« " + clip(motif) + " » n’est pas une expression régulière (RE2) : vérifier parenthèses et crochets."
	}
	if needsGroup && re.SubexpIndex(group) < 0 {
		return "aucun groupe « valeur » ; entourer ce qu’il faut garder de (?P<valeur> … )."
	}
	return ""
}

// rule checks a rule; c is nil where what it makes is a text of no column.
func (p *checker) rule(n *node, r *Regle, where string, c *place.Column, outer bool) {
	if n == nil || n.kind != '{' {
		return
	}
	list := c != nil && c.List != nil
	p.exactlyOne(n, where, "colonne", "premier", "joindre", "cases", "constante")
	p.name(n.get("colonne"), where+".colonne")
	p.named(n.get("premier"), where+".premier")
	p.named(n.get("joindre"), where+".joindre")
	if v := n.get("avec"); v != nil && n.get("joindre") == nil {
		p.fault(v, where+".avec", "ne sert qu’à « joindre » ; le retirer.")
	}
	if n.get("constante") != nil || n.get("cases") != nil {
		for _, key := range []string{"motif", "couper", "valeurs", "sinon", "avant"} {
			if v := n.get(key); v != nil {
				p.fault(v, where+"."+key, "ne sert ni à « cases » ni à « constante » ; le retirer.")
			}
		}
	}
	if v := n.get("constante"); v != nil && (v.kind == 's' || v.kind == 'y') {
		if c != nil && c.Name == "id" {
			p.fault(v, where+".constante", "un identifiant ne peut être le même partout ; écrire « colonne ».")
		}
		p.value(v, where+".constante", c, r.Constante, false)
	}
	for i, item := range nodesOf(n.get("cases")) {
		at := where + ".cases[" + strconv.Itoa(i+1) + "]"
		if item.kind != '{' {
			continue
		}
		p.needs(item, at, "colonne", "donne")
		p.name(item.get("colonne"), at+".colonne")
		if v := item.get("donne"); v != nil && (v.kind == 's' || v.kind == 'y') {
			p.value(v, at+".donne", c, v.text, true)
		}
		if item.get("vaut") != nil && item.get("sauf") != nil {
			p.fault(item.get("sauf"), at, "« vaut » et « sauf » à la fois ; n’en garder qu’un.")
		}
	}
	p.pattern(n.get("motif"), where+".motif", r.Motif, true)
	if v := n.get("couper"); v != nil && (v.kind == 's' || v.kind == 'y') {
		switch {
		case v.text == "" || strings.ContainsFunc(v.text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }):
			p.fault(v, where+".couper", "écrire les signes qui séparent les valeurs, par exemple « ,;/ » ; ni lettres ni chiffres.")
		case !list:
			p.fault(v, where+".couper", "ce champ n’est pas une liste ; le retirer.")
		}
	} else if v != nil && !list {
		p.fault(v, where+".couper", "ce champ n’est pas une liste ; le retirer.")
	}
	if v := n.get("valeurs"); v != nil {
		for _, m := range once(v.members) {
			if m.value.kind == 's' || m.value.kind == 'y' {
				p.value(m.value, clip(where+".valeurs."+m.name.text), c, m.value.text, true)
			}
		}
	}
	if v := n.get("sinon"); v != nil {
		p.oneOf(v, where+".sinon", r.Sinon, otherwise)
		if n.get("valeurs") == nil {
			p.fault(v, where+".sinon", "ne sert qu’à « valeurs » ; le retirer.")
		}
	}
	if v := n.get("avant"); v != nil {
		switch {
		case list:
			p.fault(v, where+".avant", "ce champ est une liste ; le retirer.")
		case (v.kind == 's' || v.kind == 'y') && v.text == "":
			p.fault(v, where+".avant", "vide ; écrire un texte, ou retirer cette ligne.")
		}
	}
	for _, key := range []string{"aussi", "a_defaut"} {
		v := n.get(key)
		switch {
		case v == nil:
			continue
		case !outer:
			p.fault(v, where+"."+key, "une règle d’une règle n’en a pas d’autres ; les mettre à la suite dans la première.")
			continue
		case key == "aussi" && !list:
			p.fault(v, where+".aussi", "ce champ n’est pas une liste ; écrire « a_defaut », ou « joindre ».")
		case key == "a_defaut" && list:
			p.fault(v, where+".a_defaut", "ce champ est une liste ; écrire « aussi ».")
		}
		more := r.Aussi
		if key == "a_defaut" {
			more = r.ADefaut
		}
		for i := range more {
			p.rule(v.item(i), &more[i], where+"."+key+"["+strconv.Itoa(i+1)+"]", c, false)
		}
	}
}

func nodesOf(n *node) []*node {
	if n == nil {
		return nil
	}
	return n.items
}

// value checks what a mapping writes in a column of the standard.
func (p *checker) value(n *node, where string, c *place.Column, value string, emptyMeans bool) {
	switch {
	case value == "" && !emptyMeans:
		p.fault(n, where, "vide ; écrire une valeur, ou retirer cette ligne.")
	case value == "" || c == nil:
	case c.Vocabulary != nil:
		known := c.Vocabulary.Values()
		for _, v := range strings.Split(value, "|") {
			if slices.Contains(known, v) {
				continue
			}
			message := "« " + clip(v) + " » n’est pas une valeur de « " + c.Name + " »"
			if exact, ok := c.Vocabulary.Find(v); ok {
				message += " ; vouliez-vous dire « " + exact + " » ?"
			} else if near, ok := c.Vocabulary.Suggest(v); ok {
				message += " ; vouliez-vous dire « " + near + " » ?"
			} else if c.Vocabulary.Closed {
				message += " ; écrire l’une de : « " + strings.Join(known, " », « ") + " »."
			} else {
				message += " ; écrire l’un des codes : " + strings.Join(known, ", ") + "."
			}
			p.fault(n, where, message)
		}
	case c.Kind == place.Day:
		if _, err := time.Parse(time.DateOnly, value); err != nil {
			p.fault(n, where, "« "+clip(value)+" » n’est pas un jour ; écrire AAAA-MM-JJ, par exemple « 2024-04-02 ».")
		}
	}
}

func (p *checker) position(n *node, pos *Position) {
	if n.kind != '{' {
		return
	}
	for _, key := range []string{"latitude", "longitude", "couple"} {
		p.name(n.get(key), "position."+key)
	}
	couple, pair := n.get("couple"), n.get("latitude") != nil || n.get("longitude") != nil
	switch {
	case couple != nil && pair:
		p.fault(couple, "position", "« couple » et « latitude » ou « longitude » à la fois ; n’en garder qu’un.")
	case couple == nil && !pair:
		p.fault(n, "position", "écrire « latitude » et « longitude », ou « couple ».")
	case couple == nil:
		p.needs(n, "position", "latitude", "longitude")
	}
	if v := n.get("ordre"); v != nil {
		p.oneOf(v, "position.ordre", pos.Ordre, orders)
		if couple == nil {
			p.fault(v, "position.ordre", "ne sert qu’à « couple » ; le retirer.")
		}
	}
	if v := n.get("crs"); v != nil && (v.kind == 's' || v.kind == 'y') {
		if _, ok := place.ProjectionOf(pos.CRS); !ok || pos.CRS == "" {
			p.unknownCRS(v, pos.CRS)
		}
	}
}

func (p *checker) hours(n *node, h *Horaires) {
	if n.kind != '{' {
		return
	}
	p.exactlyOne(n, "horaires", "texte", "jours", "bornes")
	if h.Texte != nil {
		p.rule(n.get("texte"), h.Texte, "horaires.texte", nil, true)
	}
	if h.Remarque != nil {
		p.rule(n.get("remarque"), h.Remarque, "horaires.remarque", nil, true)
	}
	for _, key := range []string{"jours", "bornes"} {
		for _, m := range p.under(n, key) {
			where := "horaires." + key
			if !slices.Contains(days, m.name.text) {
				p.unknownKey(m.name, where, days)
				continue
			}
			where += "." + m.name.text
			if key == "jours" {
				r := h.Jours[m.name.text]
				p.rule(m.value, &r, where, nil, true)
				continue
			}
			p.named(m.value, where)
			if k := len(m.value.items); m.value.kind == '[' && k > 0 && (k%2 != 0 || k > 8) {
				p.fault(m.value, where, "écrire les colonnes par deux (ouvre, ferme), quatre fois au plus.")
			}
		}
	}
}
