package pages

import (
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"mednum/internal/consultation"
	"mednum/internal/place"
	"mednum/internal/quality"
)

// Edition is the form that edits a draft: GET, POST
// /referentiels/{version}/edition. ReadEdition reads what it posts; "empreinte"
// is the hash of the draft that was shown, so that nobody undoes another's work.
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
			*to = append(*to, settings{Code: r.Critere, Sujet: r.Sujet, Leaving: slices.Contains(v.Asked["retirer"], r.Critere)})
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

// Fault is what is wrong with a field.
func (v editionView) Fault(field string) string { return faultOf(v.Faults, field) }

// Models are the kinds of criteria that the form adds.
func (v editionView) Models() []choice {
	asked := v.Asked.Get("nouveau.modele")
	var out []choice
	for _, m := range models {
		out = append(out, choice{Value: m.code, Label: m.label, Detail: m.detail, Checked: asked == m.code})
	}
	return out
}

var models = []struct{ code, label, detail string }{
	{"oui-non", "Une question au lieu, oui ou non.", "Oui rapporte tous les points."},
	{"souvent", "Une question au lieu, avec un milieu.", "Toujours rapporte tous les points, parfois 60 %."},
	{"visite", "Un constat lors d’une visite.", "Oui rapporte tous les points."},
	{"rempli", "Une information de la fiche.", "Remplie, elle rapporte tous les points."},
	{"annonce", "Une valeur de la fiche.", "Annoncée par le lieu, elle rapporte tous les points."},
}

// Columns are the fields of a record; Values the values of its lists.
func (v editionView) Columns() []choice {
	var out []choice
	for _, c := range place.Columns {
		out = append(out, choice{Value: c.Name, Label: capital(c.Title), Checked: v.Asked.Get("nouveau.champ") == c.Name})
	}
	return out
}

// valuesOf is a list of the standard.
type valuesOf struct {
	Label   string
	Choices []choice
}

// Values: see Columns.
func (v editionView) Values() []valuesOf {
	var out []valuesOf
	for _, c := range place.Columns {
		if c.Vocabulary == nil || c.List == nil {
			continue
		}
		one := valuesOf{Label: capital(c.Title)}
		for _, value := range c.Vocabulary.Values() {
			key := c.Name + "=" + value
			one.Choices = append(one.Choices, choice{Value: key, Label: value, Checked: v.Asked.Get("nouveau.valeur") == key})
		}
		out = append(out, one)
	}
	return out
}

// ReadEdition changes a draft as the form says: settings, then criteria
// withdrawn (retirer, a code each), then one added (nouveau.…). Everything wrong
// is told at once, and then nothing is changed.
func ReadEdition(doc *quality.Referentiel, form url.Values) (*quality.Referentiel, quality.Faults) {
	var typed []quality.Saisie
	known := map[string]bool{}
	for _, r := range quality.Reglages(doc) {
		known[r.Chemin] = true
	}
	for name, values := range form {
		if known[name] && len(values) > 0 {
			typed = append(typed, quality.Saisie{Chemin: name, Valeur: values[len(values)-1]})
		}
	}
	slices.SortFunc(typed, func(a, b quality.Saisie) int { return strings.Compare(a.Chemin, b.Chemin) })
	edited, faults := quality.Edit(doc, typed)
	next := doc
	if edited != nil {
		next = edited
	}
	next, wrong := withdraw(next, form["retirer"])
	faults = append(faults, wrong...)
	next, wrong = extend(next, form)
	if faults = append(faults, wrong...); len(faults) > 0 {
		return nil, faults
	}
	return next, nil
}

// withdraw takes criteria out, with the questions and the evidence that nothing
// else reads; their codes are never given again.
func withdraw(doc *quality.Referentiel, codes []string) (*quality.Referentiel, quality.Faults) {
	out := *doc
	var faults quality.Faults
	for _, code := range codes {
		if !slices.ContainsFunc(doc.Criteres, func(c quality.Critere) bool { return c.Code == code }) {
			faults = append(faults, quality.Fault{Where: "retirer", Found: code, Message: "Cette version n’a pas de critère « " + code + " »."})
		}
	}
	if len(codes) == 0 || len(faults) > 0 {
		return doc, faults
	}
	out.Criteres = slices.DeleteFunc(slices.Clone(doc.Criteres), func(c quality.Critere) bool { return slices.Contains(codes, c.Code) })
	reads := func(is func(quality.Regle) bool) bool {
		return slices.ContainsFunc(out.Criteres, func(c quality.Critere) bool { return serves(c, is) })
	}
	served := func(is func(quality.Regle) bool) bool {
		return slices.ContainsFunc(doc.Criteres, func(c quality.Critere) bool { return serves(c, is) })
	}
	out.Questions = slices.DeleteFunc(slices.Clone(doc.Questions), func(q quality.Question) bool {
		is := func(r quality.Regle) bool { return r.Question == q.Code }
		return served(is) && !reads(is)
	})
	out.Preuves = slices.DeleteFunc(slices.Clone(doc.Preuves), func(p quality.Preuve) bool {
		is := func(r quality.Regle) bool { return r.Preuve == p.Code }
		return served(is) && !reads(is)
	})
	out.Residus = slices.DeleteFunc(slices.Clone(doc.Residus), func(r quality.Residu) bool { return slices.Contains(codes, r.Critere) })
	out.CodesRetires = slices.Clone(doc.CodesRetires)
	for _, code := range codes {
		if !slices.Contains(out.CodesRetires, code) {
			out.CodesRetires = append(out.CodesRetires, code)
		}
	}
	slices.Sort(out.CodesRetires)
	return &out, nil
}

// extend adds the criterion that the form describes, if it describes one. It has
// the next code of its dimension, and texts that may all be edited afterwards.
func extend(doc *quality.Referentiel, form url.Values) (*quality.Referentiel, quality.Faults) {
	get := func(name string) string {
		return strings.TrimSpace(strings.ReplaceAll(form.Get("nouveau."+name), "\r\n", "\n"))
	}
	asked := false
	for _, name := range []string{"libelle", "question", "poids", "action", "oui", "non", "demande"} {
		asked = asked || get(name) != ""
	}
	if !asked {
		return doc, nil
	}
	var faults quality.Faults
	fault := func(name, message string) {
		faults = append(faults, quality.Fault{Where: "nouveau." + name, Found: get(name), Message: message})
	}
	model := get("modele")
	if !slices.ContainsFunc(models, func(m struct{ code, label, detail string }) bool { return m.code == model }) {
		fault("modele", "Choisissez la sorte de critère à ajouter.")
	}
	needs := []struct{ name, message string }{
		{"libelle", "Donnez un nom au nouveau critère."}, {"question", "Écrivez la question du nouveau critère, en mots simples."},
		{"oui", "Écrivez la phrase quand c’est oui."}, {"non", "Écrivez la phrase quand c’est non."}, {"action", "Écrivez ce que le lieu peut faire pour gagner les points."},
	}
	declared := model == "oui-non" || model == "souvent"
	if declared {
		needs = append(needs, struct{ name, message string }{"demande", "Écrivez la question que l’on pose au lieu."})
	}
	for _, n := range needs {
		switch s := get(n.name); {
		case s == "":
			fault(n.name, n.message)
		case len([]rune(s)) > 400:
			fault(n.name, "Ce texte est trop long : 400 signes au plus.")
		case strings.ContainsAny(s, "{}\n"):
			fault(n.name, "Écrivez une seule phrase, sans accolades.")
		}
	}
	var weight quality.Nombre
	if tenths, err := strconv.ParseFloat(strings.Replace(get("poids"), ",", ".", 1), 64); err != nil || !(tenths >= 0.1 && tenths <= 100) || tenths*10 != float64(int(tenths*10)) {
		fault("poids", "Écrivez un nombre de points, comme 2 ou 2,5.")
	} else {
		weight = quality.Nombre(int(tenths*10)) * (quality.Entier / 10)
	}
	dimension := get("dimension")
	if !slices.ContainsFunc(doc.Dimensions, func(d quality.Dimension) bool { return d.Code == dimension }) {
		fault("dimension", "Choisissez la dimension du nouveau critère.")
	}
	column, value, chosen := strings.Cut(get("valeur"), "=")
	switch model {
	case "rempli":
		if _, ok := place.ColumnNamed(get("champ")); !ok {
			fault("champ", "Choisissez l’information de la fiche.")
		}
	case "annonce":
		c, ok := place.ColumnNamed(column)
		if !chosen || !ok || c.Vocabulary == nil || !slices.Contains(c.Vocabulary.Values(), value) {
			fault("valeur", "Choisissez la valeur à annoncer.")
		}
	}
	if len(faults) > 0 {
		return nil, faults
	}
	out := *doc
	code := nextCode(doc, dimension)
	key := strings.ToLower(strings.ReplaceAll(code, "-", "_"))
	yes, no := quality.Issue{Valeur: quality.Entier, Phrase: get("oui")}, quality.Issue{Phrase: get("non")}
	c := quality.Critere{Code: code, Dimension: dimension, Libelle: get("libelle"), Question: get("question"), Nature: quality.Declare, Poids: weight, SiAbsent: quality.Inconnu,
		Textes: quality.Textes{Absent: "Nous ne savons pas. Ce n’est pas compté comme une absence de service.", Action: get("action")}}
	answers := []quality.Reponse{{Code: "oui", Libelle: "Oui"}, {Code: "non", Libelle: "Non"}}
	results := map[string]quality.Issue{"oui": yes, "non": no}
	switch model {
	case "oui-non", "souvent":
		c.Textes.Regle = "Oui : tous les points. Non : aucun point."
		if model == "souvent" {
			answers = []quality.Reponse{{Code: "toujours", Libelle: "Oui, toujours"}, {Code: "parfois", Libelle: "Parfois"}, {Code: "non", Libelle: "Non"}}
			results = map[string]quality.Issue{"toujours": yes, "parfois": {Valeur: quality.Entier * 6 / 10, Phrase: "Parfois seulement. " + get("oui")}, "non": no}
			c.Textes.Regle = "Toujours : tous les points. Parfois : 60 %. Non : aucun point."
		}
		c.Regle = quality.Regle{Type: "declaration", Question: key, Resultats: results}
		out.Questions = append(slices.Clone(doc.Questions), quality.Question{Code: key, Texte: get("demande"), Reponses: answers, ValiditeMois: 24})
	case "visite":
		c.Nature = quality.Verifie
		c.Textes.Regle = "Vérifié lors d’une visite. Oui : tous les points. Non : aucun point."
		c.Regle = quality.Regle{Type: "verification", Preuve: key, Resultats: results}
		out.Preuves = append(slices.Clone(doc.Preuves), quality.Preuve{Code: key, Libelle: "Visite : " + get("libelle"), Resultats: answers, ValiditeMois: 36})
	case "rempli":
		c.Nature, c.SiAbsent = quality.Calcule, quality.Zero
		c.Textes.Regle, c.Textes.Absent = "Tous les points si « "+champ(get("champ"))+" » est rempli. Sinon, aucun point.", get("non")
		c.Regle = quality.Regle{Type: "present", Champs: []string{get("champ")}, Oui: &yes, Non: &no}
	case "annonce":
		c.Nature = quality.Calcule
		c.Textes.Regle = "Tous les points si le lieu annonce « " + value + " ». Sinon, aucun point."
		c.Regle = quality.Regle{Type: "contient", Champ: column, Valeurs: []string{value}, Oui: &yes, Sinon: &no}
	}
	// After the others of its dimension: that is where people look for it.
	at := len(doc.Criteres)
	for i := range doc.Criteres {
		if doc.Criteres[i].Dimension == dimension {
			at = i + 1
		}
	}
	out.Criteres = slices.Insert(slices.Clone(doc.Criteres), at, c)
	return &out, nil
}

// nextCode is the first of a dimension that was never given.
func nextCode(doc *quality.Referentiel, dimension string) string {
	taken := slices.Clone(doc.CodesRetires)
	for _, c := range doc.Criteres {
		taken = append(taken, c.Code)
	}
	for n := 1; ; n++ {
		if code := fmt.Sprintf("%s-%02d", dimension, n); !slices.Contains(taken, code) {
			return code
		}
	}
}

// serves reports whether a criterion asks for something, in its rule or in what
// makes it apply.
func serves(c quality.Critere, is func(quality.Regle) bool) bool {
	return anyRule(c.Regle, is) || (c.ApplicableSi != nil && anyPredicate(*c.ApplicableSi, is))
}
