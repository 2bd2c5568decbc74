package pages

import (
	"io"
	"net/url"
	"slices"
	"strings"

	"mednum/internal/consultation"
	"mednum/internal/french"
	"mednum/internal/place"
	"mednum/internal/quality"
)

// Edition is the form that edits a draft: GET, POST
// /referentiels/{version}/edition. It sends each setting under its own name
// (quality.Reglages), "hash" of the text that was shown, so that nobody undoes
// another's work, and "geste", what the button does: enregistrer; equilibrer,
// with garder, the codes whose weight stays; retirer, with critere. A second
// form adds a criterion: geste ajouter, and the members of quality.Modele.
type Edition struct {
	Head
	Version  consultation.Version
	Document quality.Referentiel
	Checks   []quality.Constat
	Asked    url.Values // what was posted and refused
	Faults   quality.Faults
	Saved    bool
}

// editionView is Edition with what its template asks.
type editionView struct{ Edition }

// Edition writes the form.
func (p *Pages) Edition(w io.Writer, v Edition) error {
	if v.Title == "" {
		v.Title = "Modifier la version " + v.Version.Version
	}
	return p.professional(w, "edition", &v.Head, editionView{v})
}

// setting is a field of the form.
type setting struct {
	quality.Reglage
	Fault, Hint string
	Long        bool // of several lines
}

// group is the fields of one criterion, or of one subject.
type settings struct {
	Code, Sujet string
	Weight      *setting // of a criterion
	Fields      []setting
	Wrong       bool
	Leaving     bool // withdrawn by what was posted
}

func (v editionView) groups() (whole, criteria []settings) {
	for _, r := range quality.Reglages(&v.Document) {
		one := setting{Reglage: r, Fault: faultOf(v.Faults, r.Chemin)}
		if v.Asked.Has(r.Chemin) {
			one.Valeur = v.Asked.Get(r.Chemin)
		}
		if one.Long = r.Nature == quality.ReglageTexte && len(one.Valeur) > 60; len(r.Noms) > 0 {
			one.Hint = "Vous pouvez y écrire {" + strings.Join(r.Noms, "}, {") + "}."
		}
		to, key := &whole, r.Sujet
		if r.Critere != "" {
			to, key = &criteria, r.Critere
		}
		i := slices.IndexFunc(*to, func(g settings) bool { return g.Code == key || (g.Code == "" && g.Sujet == key) })
		if i < 0 {
			i = len(*to)
			*to = append(*to, settings{Code: r.Critere, Sujet: r.Sujet, Leaving: v.Asked.Get("critere") == r.Critere})
		}
		g := &(*to)[i]
		g.Wrong = g.Wrong || one.Fault != ""
		if r.Critere != "" && r.Chemin == r.Critere+".poids" {
			g.Weight = &one
			continue
		}
		g.Fields = append(g.Fields, one)
	}
	return whole, criteria
}

// Whole are the settings of the version; Criteria those of each criterion.
func (v editionView) Whole() []settings    { whole, _ := v.groups(); return whole }
func (v editionView) Criteria() []settings { _, criteria := v.groups(); return criteria }

// Sum is what the weights sum to now, as saved.
func (v editionView) Sum() string { return Nombre(total(v.Document.Criteres)) }

// SumWord says whether that is right.
func (v editionView) SumWord() string {
	switch d := total(v.Document.Criteres) - 100*quality.Entier; {
	case d > 0:
		return "Il y a " + points(d) + " de trop."
	case d < 0:
		return "Il manque " + points(-d) + "."
	}
	return "Le compte est bon."
}

// Blocking and Warnings are the checks by gravity.
func (v editionView) Blocking() []quality.Constat { return v.checks(quality.Bloquant) }
func (v editionView) Warnings() []quality.Constat { return v.checks(quality.Avertissement) }

func (v editionView) checks(g quality.Gravite) []quality.Constat {
	var out []quality.Constat
	for _, c := range v.Checks {
		if c.Gravite == g {
			out = append(out, c)
		}
	}
	return out
}

// Fault is what is wrong with a field, or with one of its lines.
func (v editionView) Fault(field string) string {
	for _, f := range v.Faults {
		if f.Where == field || strings.HasPrefix(f.Where, field+"[") {
			return f.Message
		}
	}
	return ""
}

// Kept reports whether a weight is one that stays when the others are shared out.
func (v editionView) Kept(code string) bool { return slices.Contains(v.Asked["garder"], code) }

// Adding reports whether the second form was refused: it is then shown open.
func (v editionView) Adding() bool { return v.Asked.Get("geste") == "ajouter" }

// Genres are the kinds of criteria that the form adds.
func (v editionView) Genres() []choice {
	var out []choice
	for _, g := range []struct {
		genre         quality.Genre
		label, detail string
	}{
		{quality.GenreQuestion, "Une question posée au lieu.", "Chaque réponse vaut une part des points."},
		{quality.GenreChamp, "Une information de la fiche.", "Remplie, elle donne tous les points."},
		{quality.GenreValeur, "Une valeur dans la fiche.", "Annoncée, elle donne tous les points."},
	} {
		out = append(out, choice{Value: string(g.genre), Label: g.label, Detail: g.detail, Checked: v.Asked.Get("genre") == string(g.genre)})
	}
	return out
}

// answer is a line of the answers to a new question.
type answer struct{ N, Label, Value string }

// Answers are four lines, with what was typed: yes, sometimes and no to begin.
func (v editionView) Answers() []answer {
	out := []answer{{"1", "Oui", "1"}, {"2", "Parfois", "0,6"}, {"3", "Non", "0"}, {"4", "", ""}}
	if v.Adding() {
		for i := range out {
			out[i].Label, out[i].Value = "", ""
			if all := v.Asked["reponses"]; i < len(all) {
				out[i].Label = all[i]
			}
			if all := v.Asked["valeurs_reponses"]; i < len(all) {
				out[i].Value = all[i]
			}
		}
	}
	return out
}

// Columns are the fields of a record.
func (v editionView) Columns() []choice {
	var out []choice
	for _, c := range place.Columns {
		out = append(out, choice{Value: c.Name, Label: french.Capital(c.Title), Checked: v.Asked.Get("champ") == c.Name})
	}
	return out
}

// valuesOf is a list of the standard.
type valuesOf struct {
	Label   string
	Choices []choice
	Open    bool
}

// Lists are the values of the fields that have a list of them.
func (v editionView) Lists() []valuesOf {
	var out []valuesOf
	for _, c := range place.Columns {
		if c.Vocabulary == nil || c.List == nil {
			continue
		}
		one := valuesOf{Label: french.Capital(c.Title)}
		for _, value := range c.Vocabulary.Values() {
			on := v.Asked.Get("champ") == c.Name && slices.Contains(v.Asked["valeurs"], value)
			one.Open = one.Open || on
			one.Choices = append(one.Choices, choice{Value: value, Label: french.Capital(c.Vocabulary.Label(value)), Checked: on})
		}
		out = append(out, one)
	}
	return out
}

// serves reports whether a criterion asks for something, in its rule or in what
// makes it apply.
func serves(c quality.Critere, is func(quality.Regle) bool) bool {
	return anyRule(c.Regle, is) || (c.ApplicableSi != nil && anyPredicate(*c.ApplicableSi, is))
}
