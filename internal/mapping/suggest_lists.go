package mapping

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"mednum/internal/place"
)

// listFields are the columns of the standard that hold values of a vocabulary,
// in the order in which a tick column is offered to them.
var listFields = []string{
	"typologie", "services", "modalites_accompagnement", "publics_specifiquement_adresses", "prise_en_charge_specifique",
	"frais_a_charge", "modalites_acces", "dispositif_programmes_nationaux", "formations_labels", "autres_formations_labels", "itinerance",
}

// kin are the columns that a list of another may feed beside it: "Bibliothèque,
// accès libre" in services says also how people are helped.
var kin = map[string][]string{
	"services":                        {"modalites_accompagnement"},
	"modalites_accompagnement":        {"services"},
	"typologie":                       {"dispositif_programmes_nationaux"},
	"publics_specifiquement_adresses": {"prise_en_charge_specifique"},
	"prise_en_charge_specifique":      {"publics_specifiquement_adresses"},
	"frais_a_charge":                  {"modalites_acces"},
	"modalites_acces":                 {"frais_a_charge", "modalites_accompagnement"},
	"dispositif_programmes_nationaux": {"formations_labels", "autres_formations_labels"},
	"autres_formations_labels":        {"dispositif_programmes_nationaux", "formations_labels"},
	"formations_labels":               {"dispositif_programmes_nationaux", "autres_formations_labels"},
}

// listing is what the cells of a column mean, cut at some signs.
type listing struct {
	column  *column
	motif   string
	cut     string
	texts   []string           // distinct parts, in order of appearance
	rows    map[string]int     // by part
	means   map[string]meaning // by part; nil: not known
	parts   int
	known   int
	of      map[string]int // parts with a value of this field
	neutral map[string]int // parts that are known to have none of this field
}

// cuts are the signs that separate the values of a list.
var cuts = []string{"", ",", ";", "/", "\n", "-", "•", ",;", ",\n", ";\n", ",/", "\n-", ",.", "+", "&"}

var braces = regexp.MustCompile(`^\{.*\}$`)

func (f *file) read(c *column) *listing {
	var best *listing
	for _, cut := range cuts {
		if cut != "" && c.share(func(v string) bool { return strings.ContainsAny(v, cut) }) == 0 {
			continue
		}
		// A dash or a full stop is a sign of a list only where cells begin, or end, with it.
		if strings.Contains(cut, "-") && c.share(func(v string) bool { return strings.HasPrefix(v, "-") }) < 0.3 || strings.Contains(cut, ".") && c.share(func(v string) bool { return strings.HasSuffix(v, ".") }) < 0.3 {
			continue
		}
		l := c.listing(cut)
		if best == nil || l.score() > best.score()+0.005 {
			best = l
		}
	}
	return best
}

// score is which part of what is said is understood; fewer signs are better.
func (l *listing) score() float64 {
	if l.parts == 0 {
		return 0
	}
	return float64(l.known)/float64(l.parts) - 0.01*float64(len(l.cut))
}

// listing cuts the cells as a mapping would: a cell that is known whole, or a
// run of pieces that is, is not cut further.
func (c *column) listing(cut string) *listing {
	l := &listing{column: c, cut: cut, rows: map[string]int{}, means: map[string]meaning{}, of: map[string]int{}, neutral: map[string]int{}}
	if c.share(braces.MatchString) > 0.8 {
		l.motif = `^\{(?P<valeur>.*)\}$`
	}
	take := func(text string, m meaning, n int) {
		if _, met := l.rows[text]; !met {
			l.texts = append(l.texts, text)
			l.means[text] = m
		}
		l.rows[text] += n
		l.parts += n
		if m != nil {
			l.known += n
		}
		for field, value := range m {
			if value == "" || value == elsewhere {
				l.neutral[field] += n
			} else {
				l.of[field] += n
			}
		}
	}
	for _, v := range c.distinct {
		n := c.count[v]
		if l.motif != "" {
			v = strings.Trim(v, "{}")
		}
		if m := understand(v, c.cut); m != nil {
			take(v, m, n)
			continue
		}
		if cut == "" && !strings.Contains(v, "|") {
			take(v, nil, n)
			continue
		}
		var pieces [][2]int
		start, deep := 0, 0
		for i, r := range v {
			switch r {
			case '(':
				deep = 1
			case ')':
				deep = 0
			}
			// What parentheses hold is not another value: the table will have it
			// whole. One that is never closed holds nothing.
			if deep == 1 {
				if next := strings.IndexAny(v[i+len(string(r)):], "()"); next < 0 || v[i+len(string(r))+next] == '(' {
					deep = 0
				}
			}
			if r == '|' || strings.ContainsRune(cut, r) && deep == 0 {
				pieces = append(pieces, [2]int{start, i})
				start = i + len(string(r))
			}
		}
		pieces = append(pieces, [2]int{start, len(v)})
	next:
		for i := 0; i < len(pieces); i++ {
			for j := min(i+widest, len(pieces)) - 1; j >= i; j-- {
				text := strings.TrimSpace(v[pieces[i][0]:pieces[j][1]])
				m := understand(text, c.cut)
				if j > i && meanings[wordKey(text)] == nil {
					m = nil // several pieces are one value only where a table says so
				}
				if m != nil {
					take(text, m, n)
					i = j
					continue next
				}
			}
			if text := strings.TrimSpace(v[pieces[i][0]:pieces[i][1]]); text != "" {
				take(text, nil, n)
			}
		}
	}
	return l
}

// share of the parts that say something of a field, or surely nothing of it.
func (l *listing) share(field string) float64 {
	if l.parts == 0 || l.of[field] == 0 && (field != "publics_specifiquement_adresses" || l.neutral[field] == 0) {
		return 0
	}
	n := 0
	for _, t := range l.texts {
		m := l.means[t]
		if m == nil {
			continue
		}
		_, own := m[field]
		for _, k := range kin[field] {
			_, also := m[k]
			own = own || also
		}
		if own {
			n += l.rows[t]
		}
	}
	return float64(n) / float64(l.parts)
}

// unknown gives the texts that nobody understands, which an agent has to settle.
func (l *listing) unknown() (out []string) {
	for _, t := range l.texts {
		if l.means[t] == nil && len(out) < 100 {
			out = append(out, t)
		}
	}
	return out
}

// long: the texts are phrases, which nothing else would say by chance.
func (l *listing) long() bool {
	letters := 0
	for _, t := range l.texts {
		letters += len(t)
	}
	return letters > 15*len(l.texts)
}

// rule writes the listing as a rule of a field. Each distinct text is there,
// with its value or with "" where it is certain to say nothing of this field;
// what is not understood is left out of the table, so that it is read as the
// standard's, and told where it is not.
func (l *listing) rule(field string, primary bool) Regle {
	r := Regle{Colonne: l.column.name, Motif: l.motif, Couper: l.cut, Valeurs: map[string]string{}}
	vocabulary, _ := place.VocabularyOf(field)
	for _, text := range l.texts {
		m := l.means[text]
		value, ok := m[field]
		switch {
		case m == nil && primary:
			continue // visible: told at each row
		case m == nil && field == "autres_formations_labels":
			continue // free: a label that nobody knows is a label
		case m == nil && len(l.texts) > 80:
			continue
		case !ok:
			value = ""
		case value == elsewhere && primary:
			continue // no value of the standard: told
		case value == elsewhere:
			value = ""
		}
		if vocabulary != nil && value != "" && vocabulary.Closed {
			if own, ok := vocabulary.Find(text); ok && own == value && !strings.ContainsAny(text, l.cut+"|") {
				continue
			}
		}
		if len(text) > 300 {
			continue
		}
		r.Valeurs[text] = value
	}
	if len(r.Valeurs) == 0 {
		r.Valeurs = nil
	} else if field == "typologie" {
		r.Sinon = "ecarter" // an open vocabulary would keep any word as a code
	}
	return r
}

// labelled reports whether a column is a tick box with its own label.
func (f *file) labelled(c *column) bool {
	if len(c.distinct) == 0 || len(c.distinct) > 6 || len(c.filled) < 3 {
		return false
	}
	if c.boolean() {
		return false
	}
	var label meaning
	for _, v := range c.distinct {
		m := understand(v, false)
		switch {
		case noWords[place.Fold(v)], yesWords[place.Fold(v)]:
		case m == nil && !headerSays(c.name, v), m != nil && label != nil && !sameMeaning(m, label):
			return false
		case m != nil:
			label = m
		}
	}
	return label != nil
}

// lists finds the columns that hold values of the vocabularies, and those that
// tick one.
func (f *file) lists() {
	type claim struct {
		field      string
		l          *listing
		confidence int
		share      float64
		named      int
	}
	var all []claim
	var ticks []*column
	for _, c := range f.columns {
		if f.taken[c.at] || len(c.filled) == 0 {
			continue
		}
		if f.ticks(c) {
			ticks = append(ticks, c)
			continue
		}
		if len(c.distinct) > maxDistinct && c.letters > 120 {
			continue
		}
		named := false
		for _, field := range listFields {
			named = named || c.names[field] > 0
		}
		if !named && (len(c.distinct) > 120 || c.letters > 150) {
			continue
		}
		l := f.read(c)
		for _, field := range listFields {
			share, score := l.share(field), c.names[field]
			k := claim{field: field, l: l, share: share, named: score}
			switch {
			case share == 0:
				continue
			case score > 0:
				k.confidence = int(float64(score) * (0.5 + 0.5*min(1, share/0.6)))
			case share >= 0.75 && l.of[field] >= 3 && (c.unique() < 0.7 || share > 0.95 && l.long()) && l.of[field]*2 > l.parts:
				k.confidence = int(48 + 32*share)
			}
			if k.confidence >= sure {
				all = append(all, k)
			} else if score > 0 {
				f.leave(c, fmt.Sprintf("Son nom dit « %s », mais %s de ses valeurs seulement sont comprises : laissée de côté.", titleOf(field), percent(share)))
			}
		}
		if len(all) == 0 || all[len(all)-1].l != l {
			f.labels(c, l)
		}
	}
	slices.SortStableFunc(all, func(a, b claim) int {
		return cmp.Or(b.confidence-a.confidence, cmp.Compare(b.share, a.share), a.l.column.at-b.l.column.at)
	})
	primary := map[string][]claim{}
	for _, k := range all {
		if f.taken[k.l.column.at] {
			continue
		}
		// A second column of the same list must be named so, and mostly understood.
		if len(primary[k.field]) > 0 && (k.named == 0 || k.share < 0.5) {
			f.leave(k.l.column, fmt.Sprintf("Pourrait dire aussi « %s » (%d %%) : à vous de voir.", titleOf(k.field), k.confidence))
			continue
		}
		f.taken[k.l.column.at] = true
		primary[k.field] = append(primary[k.field], k)
	}
	for _, field := range listFields {
		for _, k := range primary[field] {
			f.add(field, k.l.rule(field, true))
			f.claim(k.l.column, k.confidence, k.l.because(field), field)
			f.reasons[k.l.column.at].Unknown = k.l.unknown()
		}
	}
	for _, field := range listFields {
		for _, k := range primary[field] {
			for _, other := range kin[field] {
				beside := len(primary[other]) == 0 || other == "modalites_accompagnement" // ways of helping add up
				if beside && k.l.of[other] > 0 && k.l.of[other]*50 >= k.l.parts {
					f.add(other, k.l.rule(other, false))
					f.reasons[k.l.column.at].Fields = append(f.reasons[k.l.column.at].Fields, other)
				} else if other == "autres_formations_labels" && len(primary[other]) == 0 && k.l.known < k.l.parts {
					// A label that the standard does not list is one of the others.
					f.add(other, k.l.rule(other, false))
					f.reasons[k.l.column.at].Fields = append(f.reasons[k.l.column.at].Fields, other)
					if r := f.rules[field]; r.Colonne == k.l.column.name {
						for _, t := range k.l.texts {
							if k.l.means[t] == nil && len(t) < 300 {
								if r.Valeurs == nil {
									r.Valeurs = map[string]string{}
								}
								r.Valeurs[t] = ""
							}
						}
						f.rules[field] = r
					}
				}
			}
		}
	}
	for _, c := range ticks {
		f.tick(c)
	}
}

// labels keeps a column of labels that the vocabularies do not know at all.
func (f *file) labels(c *column, l *listing) {
	if c.names["autres_formations_labels"] == 0 || len(c.distinct) > 60 || c.letters > 60 {
		return
	}
	f.add("autres_formations_labels", l.rule("autres_formations_labels", false))
	f.claim(c, 75, "Son nom dit des labels ; la colonne du standard est libre.", "autres_formations_labels")
	for _, other := range kin["autres_formations_labels"] {
		if l.of[other] > 0 {
			f.add(other, l.rule(other, false))
			f.reasons[c.at].Fields = append(f.reasons[c.at].Fields, other)
		}
	}
}

// add gives a list field one more rule.
func (f *file) add(field string, r Regle) {
	before, ok := f.rules[field]
	if !ok {
		f.rules[field] = r
		return
	}
	if r.Cases != nil && before.Cases != nil {
		before.Cases = append(before.Cases, r.Cases...)
		f.rules[field] = before
		return
	}
	if r.Cases != nil {
		for i := range before.Aussi {
			if before.Aussi[i].Cases != nil {
				before.Aussi[i].Cases = append(before.Aussi[i].Cases, r.Cases...)
				f.rules[field] = before
				return
			}
		}
	}
	before.Aussi = append(before.Aussi, r)
	f.rules[field] = before
}

// because says how much of a list is understood, and what is not.
func (l *listing) because(field string) string {
	text := fmt.Sprintf("%s de ses valeurs sont comprises comme « %s ».", percent(l.share(field)), titleOf(field))
	var unknown []string
	n := 0
	for _, t := range l.texts {
		if l.means[t] == nil {
			if n++; len(unknown) < 3 {
				unknown = append(unknown, "« "+clip(t)+" »")
			}
		}
	}
	switch {
	case n == 1:
		text += " Une ne l’est pas : " + unknown[0] + "."
	case n > 1:
		text += fmt.Sprintf(" %d ne le sont pas, dont %s.", n, strings.Join(unknown, ", "))
	}
	return text
}

// ticks reports whether a column says yes or no, or repeats one label.
func (f *file) ticks(c *column) bool {
	if !c.boolean() {
		for _, field := range listFields {
			if c.names[field] >= 80 {
				return f.oftenOrNever(c) // a list that says one thing so far
			}
		}
	}
	return c.boolean() || f.labelled(c) || f.oftenOrNever(c)
}

func (f *file) oftenOrNever(c *column) bool {
	if len(c.distinct) > 5 {
		return false
	}
	for _, v := range c.distinct {
		switch place.Fold(v) {
		case "souvent", "de temps en temps", "exceptionnellement", "pas du tout", "jamais", "toujours", "parfois", "regulierement", "rarement":
		default:
			return false
		}
	}
	return true
}

var (
	publicWelcome = regexp.MustCompile(`^(?:\w{1,3} )?accueil(?: du| de)?(?: public)?$|^(?:recoit|accueille)(?: du)? public$`)
	toComeBooked  = regexp.MustCompile(`^(?:prise de )?(?:rdv|rendez vous)$`)
)

// headerMeaning is what a tick column's name means: the whole of it, or without
// its first word ("PBC_Jeunes", "c_epn").
func headerMeaning(name string) meaning {
	h := yesOrNo.ReplaceAllString(duplicateSuffix.ReplaceAllString(containers.ReplaceAllString(name, ""), ""), "")
	words := headerWords(splitCamel(h))
	for skip := 0; skip < min(2, len(words)); skip++ {
		text := strings.Join(words[skip:], " ")
		if m := understand(text, false); m != nil {
			return m
		}
		if m, ok := meaningsCompact[strings.Join(words[skip:], "")]; ok {
			return m
		}
	}
	// "Services [Accès internet]", "Publics : Jeunes": what is last is what is ticked.
	if i := strings.LastIndexAny(h, "[:>/"); i > 0 && i+1 < len(h) {
		if last := strings.Trim(h[i+1:], " ])"); !yesWords[place.Fold(last)] && !noWords[place.Fold(last)] {
			return understand(last, false)
		}
	}
	return nil
}

// meaningsCompact finds a meaning by a header that lost its spaces.
var meaningsCompact = func() map[string]meaning {
	m := map[string]meaning{}
	for _, l := range wordLines {
		for _, text := range strings.Split(l.texts, ";") {
			if key := strings.Join(headerWords(text), ""); len(key) > 4 {
				if known := meanings[wordKey(text)]; known != nil {
					m[key] = known
				}
			}
		}
	}
	return m
}()

// tick makes a case of a column that says yes or no to a value.
func (f *file) tick(c *column) {
	if c.names["itinerance"] > 0 && c.boolean() {
		r := Regle{Colonne: c.name, Valeurs: map[string]string{}}
		for _, v := range c.distinct {
			if yesWords[place.Fold(v)] {
				r.Valeurs[v] = "Itinérant"
			} else {
				r.Valeurs[v] = "Fixe"
			}
		}
		f.add("itinerance", r)
		f.claim(c, 88, "Son nom dit « itinérance » ; oui est lu « Itinérant », non « Fixe ».", "itinerance")
		return
	}
	words := strings.Join(headerWords(splitCamel(containers.ReplaceAllString(c.name, ""))), " ")
	if publicWelcome.MatchString(words) && c.boolean() {
		var no []string
		for _, v := range c.distinct {
			if noWords[place.Fold(v)] {
				no = append(no, v)
			}
		}
		if len(no) > 0 {
			f.add("modalites_acces", Regle{Cases: []Case{{Colonne: c.name, Vaut: no, Donne: "Ce lieu n'accueille pas de public"}}})
			f.claim(c, 72, "Non y veut dire : ce lieu n’accueille pas de public.", "modalites_acces")
		}
		return
	}
	m := headerMeaning(c.name)
	byLabel := false
	if !c.boolean() && !f.oftenOrNever(c) {
		for _, v := range c.distinct {
			if label := understand(v, c.cut); label != nil && !yesWords[place.Fold(v)] && !noWords[place.Fold(v)] {
				if m == nil || !sameMeaning(m, label) {
					m = label
				}
				byLabel = true
				break
			}
		}
	}
	if m == nil {
		if toComeBooked.MatchString(words) {
			f.leave(c, "Oui ou non, et non une adresse : le standard n’a pas de colonne pour cela.")
		}
		return
	}
	yes, ok := c.yes(func(v string) bool {
		label := understand(v, c.cut)
		return label != nil && sameMeaning(label, m) || headerSays(c.name, v)
	})
	if !ok {
		return
	}
	var fields []string
	for _, field := range listFields {
		value := m[field]
		if value == "" || value == elsewhere || value == "Autre" || strings.Contains(value, "|") {
			continue
		}
		// What a kind of place offers is not what this one said to offer.
		if field == "services" && m["typologie"] != "" || field == "modalites_acces" && len(fields) > 0 || field == "modalites_accompagnement" && value == "À distance" && len(fields) > 0 {
			continue
		}
		f.add(field, Regle{Cases: []Case{{Colonne: c.name, Vaut: yes, Donne: value}}})
		fields = append(fields, field)
	}
	if len(fields) == 0 {
		return
	}
	confidence, text := 80, fmt.Sprintf("Une case à cocher : « %s ».", m[fields[0]])
	if byLabel {
		confidence = 84
	}
	f.claim(c, confidence, text, fields...)
}

// headerSays reports whether a cell is a word of its own header, or the
// beginning of one ("Insert." in PBC_Insert).
func headerSays(name, cell string) bool {
	key := strings.Trim(wordKey(cell), ". ")
	if len(key) < 3 {
		return false
	}
	for _, w := range headerWords(splitCamel(name)) {
		if strings.HasPrefix(w, key) || len(w) >= 3 && strings.HasPrefix(key, w) {
			return true
		}
	}
	return false
}
