package place

import (
	"regexp"
	"slices"
	"strings"
)

// lists reads the columns that hold several values.
func (r *reader) lists() {
	for i := range Columns {
		c := &Columns[i]
		if c.List == nil || c.Kind != Text {
			continue
		}
		if r.schema.has(c.Name) {
			*c.List(&r.Place) = r.list(c, r.value(c.Name))
		}
	}
	const publics = "publics_specifiquement_adresses"
	notUnderstood := slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Field == publics && f.Code == "vocabulary_unknown" })
	if r.schema.has(publics) && r.PublicsSpecifiquementAdresses == nil && !notUnderstood {
		r.PublicsSpecifiquementAdresses = []string{} // empty means everybody; not understood does not
	}
	r.formerLists()
	r.disarm()
}

// disarm takes the signs of a formula from the values of lists. Each by itself
// is none, but the "|" between them makes one again where they are written.
func (r *reader) disarm() {
	for i := range Columns {
		c := &Columns[i]
		if c.List == nil || c.Kind != Text {
			continue
		}
		list := c.List(&r.Place)
		for j := 0; j < len(*list); j++ {
			e := (*list)[j]
			if strings.IndexAny(e, "=+-@") != 0 {
				continue
			}
			made := strings.TrimLeft(e, "=+-@ ")
			if isBlank(made) {
				made = ""
			}
			r.say("formula", c.Name, e, made)
			if (*list)[j] = made; made == "" || slices.Index(*list, made) < j || slices.Contains((*list)[j+1:], made) {
				*list = slices.Delete(*list, j, j+1)
				j--
			}
		}
		if len(*list) == 0 && (c.Vocabulary == nil || !c.Vocabulary.Closed) {
			*list = nil // unknown, not empty
		}
	}
}

// elements cuts a list at "|" and ";": both circulate. JSON's brackets and
// quotes are met around.
func elements(s string) []string {
	if strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]") {
		s = jsonComma.ReplaceAllString(strings.Trim(s, "[]"), "|")
		s = strings.Trim(strings.TrimSpace(s), `"'`)
	}
	var out []string
	for _, e := range strings.FieldsFunc(s, func(r rune) bool { return r == '|' || r == ';' || r == '\n' || r == '\r' }) {
		if e = strings.TrimSpace(e); e != "" {
			out = append(out, e)
		}
	}
	return out
}

var jsonComma = regexp.MustCompile(`["']\s*,\s*["']`)

// list reads a cell of a column. One bad element never costs the others.
func (r *reader) list(c *Column, cell string) []string {
	var kept []string
	keep := func(value string) {
		if !slices.Contains(kept, value) {
			kept = append(kept, value)
		}
	}
	for _, e := range elements(cell) {
		e, notes := cleanText(e, false)
		for _, code := range notes {
			r.say(code, c.Name, cell, e)
		}
		if e == "" {
			continue
		}
		if c.Vocabulary == nil {
			if len(e) > maxLabel {
				r.say("label_too_long", c.Name, e, "")
			} else {
				keep(e)
			}
			continue
		}
		if r.word(c, e, keep) {
			continue
		}
		if parts := apart(c.Vocabulary, e); parts != nil {
			r.say("list_separator", c.Name, e, "")
			for _, p := range parts {
				if !r.word(c, p, keep) {
					r.unknown(c, p, keep)
				}
			}
			continue
		}
		r.unknown(c, e, keep)
	}
	return kept
}

// word keeps an element that the vocabulary knows.
func (r *reader) word(c *Column, e string, keep func(string)) bool {
	value, how, ok := c.Vocabulary.look(e)
	if !ok {
		return false
	}
	switch how {
	case misspelt, alias:
		if value != e {
			r.say("vocabulary_spelling", c.Name, e, value)
		}
	case formerly:
		r.say("vocabulary_v0", c.Name, e, value, "vers", "")
	}
	keep(value)
	return true
}

// everybody are ways to write that no public is specially addressed.
var everybody = map[string]bool{"tout public": true, "tous publics": true, "tous les publics": true, "tous public": true, "tous": true, "tout le monde": true}

// maxCode is how long the code of an open vocabulary may be, in bytes: beyond,
// it is a text that strayed into the column.
const maxCode = 100

// maxLabel is the same for the names of labels.
const maxLabel = 500

// unknown says that an element is not of the vocabulary, and keeps it where
// the vocabulary is open.
func (r *reader) unknown(c *Column, e string, keep func(string)) {
	if c.Name == "publics_specifiquement_adresses" && everybody[Fold(e)] {
		r.say("publics_everybody", c.Name, e, "")
		return
	}
	advice := ""
	if near, ok := c.Vocabulary.Suggest(e); ok {
		advice = " Vouliez-vous dire « " + near + " » ?"
	} else if other, ok := homeOf(e); ok && other != c.Name {
		advice = " C’est une valeur de « " + other + " »."
	}
	if !c.Vocabulary.Closed && len(e) <= maxCode {
		r.say("typologie_unknown", c.Name, e, e, "conseil", advice)
		keep(e)
		return
	}
	r.say("vocabulary_unknown", c.Name, e, "", "conseil", advice)
}

// homeOf finds the column whose closed vocabulary has a value.
func homeOf(e string) (string, bool) {
	for i := range Columns {
		if v := Columns[i].Vocabulary; v != nil && v.Closed {
			if _, how, ok := v.look(e); ok && how != alias {
				return Columns[i].Name, true
			}
		}
	}
	return "", false
}

// apart cuts an element at its commas when a part of it is a value of the
// vocabulary, or at "/", "et" and "&" when all parts are: what separates then
// is certain. nil when it is not.
func apart(v *Vocabulary, e string) []string {
	parts := strings.FieldsFunc(e, func(r rune) bool { return r == ',' })
	if len(parts) > 1 && slices.ContainsFunc(parts, func(p string) bool { _, ok := v.Find(p); return ok }) {
		return trimmed(parts)
	}
	parts = weakSeparator.Split(e, -1)
	if len(parts) > 1 && !slices.ContainsFunc(parts, func(p string) bool { _, ok := v.Find(p); return !ok }) {
		return trimmed(parts)
	}
	return nil
}

var weakSeparator = regexp.MustCompile(`\s*/\s*|\s+et\s+|\s*&\s*|\s+-\s+`)

func trimmed(parts []string) []string {
	out := parts[:0]
	for _, p := range parts {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}

// formerLists reads the lists of the v0 into those of today, when the file has
// no column of today for them.
func (r *reader) formerLists() {
	for _, former := range []string{"publics_accueillis", "conditions_acces", "labels_nationaux", "labels_autres"} {
		if !r.schema.has(former) {
			continue
		}
		var open []*Column // columns of today that this file does not have
		for _, name := range formerColumns[former] {
			if !r.schema.has(name) {
				open = append(open, columnByName[name])
			}
		}
		if len(open) == 0 {
			continue
		}
		all := elements(r.value(former))
		if len(all) == 1 && open[0].Vocabulary != nil {
			if parts := apart(open[0].Vocabulary, all[0]); parts != nil {
				all = parts
			}
		}
		// "Adultes" among the publics says that the place is not set apart for
		// the others: today's column, which means just that, stays unknown.
		adults := former == "publics_accueillis" && slices.ContainsFunc(all, func(e string) bool { return Fold(e) == "adultes" })
		for _, e := range all {
			e, _ = cleanText(e, false)
			if e == "" {
				continue
			}
			r.formerElement(former, e, open, adults)
		}
	}
}

func (r *reader) formerElement(former, e string, open []*Column, adults bool) {
	for _, c := range open {
		if c.Vocabulary == nil {
			if len(e) > maxLabel {
				r.say("label_too_long", c.Name, e, "")
				return
			}
			if list := c.List(&r.Place); !slices.Contains(*list, e) {
				*list = append(*list, e)
			}
			if former == "labels_nationaux" {
				r.say("vocabulary_v0", c.Name, e, e, "vers", " dans « "+c.Name+" »")
			}
			return
		}
		value, _, ok := c.Vocabulary.look(e)
		if !ok || adults && c.Name == "publics_specifiquement_adresses" {
			continue
		}
		if list := c.List(&r.Place); !slices.Contains(*list, value) {
			*list = append(*list, value)
		}
		if value != e {
			r.say("vocabulary_v0", c.Name, e, value, "vers", " dans « "+c.Name+" »")
		}
		return
	}
	r.say("vocabulary_v0_lost", open[0].Name, e, "", "colonne", former)
}
