package quality

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"mednum/internal/place"
)

var (
	versionPattern   = regexp.MustCompile(`^(0|[1-9][0-9]{0,4})\.(0|[1-9][0-9]{0,4})\.(0|[1-9][0-9]{0,4})$`)
	dimensionPattern = regexp.MustCompile(`^[A-Z]{2,5}$`)
	criterePattern   = regexp.MustCompile(`^[A-Z]{2,5}-[0-9]{2}$`)
	codePattern      = regexp.MustCompile(`^[A-Za-z0-9]+([_-][A-Za-z0-9]+)*$`)
	niveauPattern    = regexp.MustCompile(`^[A-Z][A-Z0-9]?$`)
)

// checker knows the names that a document may use.
type checker struct {
	*parser
	r         *Referentiel
	questions []string
	proofs    []string
	outOfIt   bool // a rule of the criterion at hand may say SANS_OBJET
}

// check tells what fits the types and yet means nothing.
func (p *parser) check(root *node, r *Referentiel) {
	c := checker{parser: p, r: r}
	for i := range r.Questions {
		c.questions = append(c.questions, r.Questions[i].Code)
	}
	for i := range r.Preuves {
		c.proofs = append(c.proofs, r.Preuves[i].Code)
	}
	c.pattern(root, "", "version", r.Version, versionPattern, "Écrivez trois nombres : 1.2.0.")
	c.text(root, "", "titre", r.Titre)
	c.text(root, "", "presentation", r.Presentation)
	c.parametres(root.get("parametres"))
	c.dimensions(root)
	c.criteres(root)
	c.asked(root)
	c.exemples(root.get("exemples"))
	for i := range r.Residus {
		n, where := root.get("residus").item(i), index("residus", i)
		c.column(n, where, "champ", r.Residus[i].Champ, nil)
		c.text(n, where, "pourquoi", r.Residus[i].Pourquoi)
		if !slices.ContainsFunc(r.Criteres, func(k Critere) bool { return k.Code == r.Residus[i].Critere }) {
			c.wrong(n, where, "critere", r.Residus[i].Critere, "Ce critère n’existe pas dans le document."+c.suggest(r.Residus[i].Critere, c.codes()))
		}
	}
	c.unique(root.get("codes_retires"), "codes_retires", r.CodesRetires)
	for i, code := range r.CodesRetires {
		if !criterePattern.MatchString(code) {
			c.fault(root.get("codes_retires").item(i).at, index("codes_retires", i), clip(code), "Écrivez un code de critère : INF-01.")
		}
	}
}

func (c *checker) codes() []string {
	list := make([]string, len(c.r.Criteres))
	for i := range list {
		list[i] = c.r.Criteres[i].Code
	}
	return list
}

// wrong tells of a member that is there: one that is missing, or of another
// type, was told already.
func (c *checker) wrong(n *node, where, name, found, message string) {
	if m := n.get(name); m != nil {
		c.fault(m.at, join(where, name), clip(found), message)
	}
}

func (c *checker) text(n *node, where, name, s string) {
	if m := n.get(name); m != nil && m.kind == 's' && strings.TrimSpace(s) == "" {
		c.wrong(n, where, name, s, "Ce texte est vide. Écrivez-le.")
	}
}

// needed is text for a member that may be left out elsewhere.
func (c *checker) needed(n *node, where, name, s, why string) {
	if n != nil && n.get(name) == nil {
		c.fault(n.at, join(where, name), "", "Il manque « "+name+" » : "+why)
		return
	}
	c.text(n, where, name, s)
}

func (c *checker) pattern(n *node, where, name, s string, p *regexp.Regexp, message string) {
	if m := n.get(name); m != nil && m.kind == 's' && !p.MatchString(s) {
		c.wrong(n, where, name, s, message)
	}
}

func (c *checker) between(n *node, where, name string, x, low, high Nombre) {
	if m := n.get(name); m != nil && m.kind == 'n' && (x < low || x > high) {
		c.wrong(n, where, name, m.text, "Écrivez un nombre entre "+decimal(low)+" et "+decimal(high)+".")
	}
}

func (c *checker) integer(n *node, where, name string, x, low, high int) {
	if m := n.get(name); m != nil && m.kind == 'n' && (x < low || x > high) {
		c.wrong(n, where, name, m.text, fmt.Sprintf("Écrivez un entier entre %d et %d.", low, high))
	}
}

func (c *checker) unique(n *node, where string, list []string) {
	if n == nil {
		return
	}
	seen := map[string]bool{}
	for i, s := range list {
		if seen[s] && s != "" {
			c.fault(n.item(i).at, index(where, i), clip(s), "« "+clip(s)+" » est donné deux fois. Gardez-en un.")
		}
		seen[s] = true
	}
}

// column checks the name of a column of the standard; of says what it must be.
func (c *checker) column(n *node, where, name, s string, of func(*place.Column) string) {
	m := n.get(name)
	if m == nil || m.kind != 's' {
		return
	}
	c.columnAt(m, join(where, name), s, of)
}

func (c *checker) columnAt(m *node, where, s string, of func(*place.Column) string) {
	col, ok := place.ColumnNamed(s)
	switch {
	case !ok:
		c.fault(m.at, where, clip(s), "Ce champ n’existe pas dans le standard."+c.suggest(s, columnNames))
	case of != nil:
		if message := of(col); message != "" {
			c.fault(m.at, where, clip(s), message)
		}
	}
}

var columnNames = func() []string {
	list := make([]string, len(place.Columns))
	for i := range list {
		list[i] = place.Columns[i].Name
	}
	return list
}()

func isList(col *place.Column) string {
	if col.List == nil || col.Kind != place.Text {
		return "Ce champ n’est pas une liste de mots. La règle en demande une."
	}
	return ""
}

func isDay(col *place.Column) string {
	if col.Kind != place.Day {
		return "Ce champ n’est pas une date. Écrivez « date_maj »."
	}
	return ""
}

// oneOf checks a word against those that exist.
func (c *checker) oneOf(n *node, where, name, s string, candidates []string, message string) bool {
	m := n.get(name)
	if m == nil || m.kind != 's' {
		return false
	}
	if !slices.Contains(candidates, s) {
		c.wrong(n, where, name, s, message+c.suggest(s, candidates))
		return false
	}
	return true
}

func (c *checker) parametres(n *node) {
	p, where := &c.r.Parametres, "parametres"
	for _, x := range []struct {
		name string
		n    Nombre
	}{{"rho", p.Rho}, {"satisfait", p.Satisfait}, {"partiel", p.Partiel}, {"confirme", p.Confirme}, {"provisoire", p.Provisoire}} {
		c.between(n, where, x.name, x.n, 0, Entier)
	}
	c.integer(n, where, "decimales", p.Decimales, 0, maxDecimales)
	if p.Partiel > p.Satisfait {
		c.wrong(n, where, "partiel", decimal(p.Partiel), "Écrivez au plus « satisfait » : "+decimal(p.Satisfait)+".")
	}
	if p.Provisoire > p.Confirme {
		c.wrong(n, where, "provisoire", decimal(p.Provisoire), "Écrivez au plus « confirme » : "+decimal(p.Confirme)+".")
	}
	levels := n.get("niveaux")
	var codes []string
	for i := range p.Niveaux {
		l, m, at := &p.Niveaux[i], levels.item(i), index("parametres.niveaux", i)
		codes = append(codes, l.Code)
		c.pattern(m, at, "code", l.Code, niveauPattern, "Écrivez une lettre majuscule : A.")
		c.text(m, at, "libelle", l.Libelle)
		c.between(m, at, "score", l.Score, 0, 100*Entier)
		c.between(m, at, "couverture", l.Couverture, 0, Entier)
		for _, x := range []struct {
			name string
			n    *int
		}{{"essentiels_manquants", l.EssentielsManquants}, {"essentiels_inconnus", l.EssentielsInconnus}} {
			if x.n != nil {
				c.integer(m, at, x.name, *x.n, 0, maxList)
			}
		}
		for _, x := range []struct {
			name string
			n    *Nombre
		}{{"confiance", l.Confiance}, {"dimension_plancher", l.DimensionPlancher}} {
			if x.n != nil {
				c.between(m, at, x.name, *x.n, 0, 100*Entier)
			}
		}
		if i > 0 && l.Score >= p.Niveaux[i-1].Score {
			c.wrong(m, at, "score", decimal(l.Score), "Écrivez moins que le niveau d’avant : "+decimal(p.Niveaux[i-1].Score)+".")
		}
	}
	if levels != nil && levels.kind == '[' && (len(levels.list) == 0 || len(levels.list) > 10) {
		c.fault(levels.at, "parametres.niveaux", strconv.Itoa(len(levels.list)), "Donnez de un à dix niveaux, le meilleur d’abord.")
	}
	c.duplicates(levels, "parametres.niveaux", codes)
	k, m, at := &p.Confiance, n.get("confiance"), "parametres.confiance"
	for _, x := range []struct {
		name string
		n    Nombre
	}{{"verifie", k.Verifie}, {"calcule", k.Calcule}, {"declare", k.Declare}, {"constante", k.Constante}, {"ancien_valeur", k.AncienValeur}, {"conteste", k.Conteste}} {
		c.between(m, at, x.name, x.n, 0, Entier)
	}
	c.integer(m, at, "fraicheur_mois", k.FraicheurMois, 0, maxMonths-1)
	c.integer(m, at, "ancien_mois", k.AncienMois, 1, maxMonths)
	if k.AncienMois <= k.FraicheurMois {
		c.wrong(m, at, "ancien_mois", strconv.Itoa(k.AncienMois), "Écrivez plus que « fraicheur_mois ».")
	}
	c.between(m, at, "haute", k.Haute, 0, 100*Entier)
	c.between(m, at, "moyenne", k.Moyenne, 0, 100*Entier)
	if k.Moyenne > k.Haute {
		c.wrong(m, at, "moyenne", decimal(k.Moyenne), "Écrivez au plus « haute » : "+decimal(k.Haute)+".")
	}
	c.between(n.get("alertes"), "parametres.alertes", "changent_de_niveau", p.Alertes.ChangentDeNiveau, 0, Entier)
	c.between(n.get("alertes"), "parametres.alertes", "mediane_groupe", p.Alertes.MedianeGroupe, 0, 100*Entier)
}

// duplicates tells codes that are given twice in a list of objects.
func (c *checker) duplicates(n *node, where string, codes []string) {
	seen := map[string]int{}
	for i, code := range codes {
		if j, ok := seen[code]; ok && code != "" {
			c.wrong(n.item(i), index(where, i), "code", code, "« "+clip(code)+" » est déjà le code de "+index(where, j)+".")
			continue
		}
		seen[code] = i
	}
}

func (c *checker) dimensions(root *node) {
	n := root.get("dimensions")
	var codes []string
	for i := range c.r.Dimensions {
		d, m, where := &c.r.Dimensions[i], n.item(i), index("dimensions", i)
		codes = append(codes, d.Code)
		c.pattern(m, where, "code", d.Code, dimensionPattern, "Écrivez de deux à cinq majuscules : INF.")
		c.text(m, where, "libelle", d.Libelle)
	}
	if n != nil && n.kind == '[' && (len(n.list) == 0 || len(n.list) > MaxDimensions) {
		c.fault(n.at, "dimensions", strconv.Itoa(len(n.list)), fmt.Sprintf("Donnez de une à %d dimensions.", MaxDimensions))
	}
	c.duplicates(n, "dimensions", codes)
}

func (c *checker) criteres(root *node) {
	n := root.get("criteres")
	dimensions := make([]string, len(c.r.Dimensions))
	for i := range dimensions {
		dimensions[i] = c.r.Dimensions[i].Code
	}
	total := int64(0)
	for i := range c.r.Criteres {
		k, m, where := &c.r.Criteres[i], n.item(i), index("criteres", i)
		total += int64(k.Poids)
		c.pattern(m, where, "code", k.Code, criterePattern, "Écrivez la dimension, un tiret et deux chiffres : INF-01.")
		if slices.Contains(c.r.CodesRetires, k.Code) {
			c.wrong(m, where, "code", k.Code, "Ce code a été retiré. Un code ne sert qu’une fois : prenez-en un autre.")
		}
		c.oneOf(m, where, "dimension", k.Dimension, dimensions, "Cette dimension n’existe pas dans le document.")
		c.text(m, where, "libelle", k.Libelle)
		c.text(m, where, "question", k.Question)
		c.oneOf(m, where, "nature", string(k.Nature), []string{string(Calcule), string(Declare), string(Verifie)}, "Écrivez C (calculé), D (déclaré) ou V (vérifié).")
		c.oneOf(m, where, "si_absent", string(k.SiAbsent), []string{string(Zero), string(Inconnu)}, "Écrivez « zero » ou « inconnu ».")
		if w := m.get("poids"); w != nil && w.kind == 'n' && (k.Poids <= 0 || k.Poids > 100*Entier || k.Poids%tenth != 0) {
			c.wrong(m, where, "poids", w.text, "Écrivez un poids de 0,1 à 100 points, d’une décimale au plus.")
		}
		c.outOfIt = false
		if k.ApplicableSi != nil {
			c.outOfIt = true
			c.predicat(m.get("applicable_si"), k.ApplicableSi, where+".applicable_si", 0)
		}
		c.regle(m.get("regle"), &k.Regle, where+".regle", 0)
		t, x, at := m.get("textes"), &k.Textes, where+".textes"
		c.text(t, at, "regle", x.Regle)
		c.text(t, at, "absent", x.Absent)
		c.text(t, at, "action", x.Action)
		if c.outOfIt {
			c.needed(t, at, "sans_objet", x.SansObjet, "ce critère peut ne pas concerner un lieu.")
		}
		if k.Essentiel {
			c.needed(t, at, "tenue", x.Tenue, "la garantie essentielle, quand elle est tenue.")
			c.needed(t, at, "manque", x.Manque, "la garantie essentielle, quand elle manque.")
			c.needed(t, at, "confirmer", x.Confirmer, "la garantie essentielle, quand on ne sait pas.")
		}
	}
	if n != nil && n.kind == '[' && len(n.list) == 0 {
		c.fault(n.at, "criteres", "", "Donnez au moins un critère.")
	}
	if total > maxPoids*int64(Entier) {
		c.fault(n.at, "criteres", strconv.FormatInt(total/int64(Entier), 10)+" points", fmt.Sprintf("Les poids dépassent %d points en tout.", maxPoids))
	}
	c.duplicates(n, "criteres", c.codes())
}

// asked checks the questions and the kinds of evidence.
func (c *checker) asked(root *node) {
	check := func(list, answers string, n *node, i int, code string, replies []Reponse, months int) {
		m, where := n.item(i), index(list, i)
		c.pattern(m, where, "code", code, codePattern, "Écrivez des lettres sans accent, chiffres et tirets : visite-accueil.")
		c.integer(m, where, "validite_mois", months, 1, maxMonths)
		a := m.get(answers)
		var codes []string
		for j := range replies {
			codes = append(codes, replies[j].Code)
			at := index(where+"."+answers, j)
			c.pattern(a.item(j), at, "code", replies[j].Code, codePattern, "Écrivez des lettres sans accent, chiffres et tirets : sur-rendez-vous.")
			c.text(a.item(j), at, "libelle", replies[j].Libelle)
			if list == "questions" && replies[j].Code == Retiree {
				c.fault(a.item(j).get("code").at, join(at, "code"), Retiree, "Ce code dit que le lieu retire sa réponse : choisissez-en un autre.")
			}
		}
		if a != nil && a.kind == '[' && len(a.list) == 0 {
			c.fault(a.at, where+"."+answers, "", "Donnez au moins une réponse.")
		}
		c.duplicates(a, where+"."+answers, codes)
	}
	n := root.get("questions")
	for i := range c.r.Questions {
		q := &c.r.Questions[i]
		c.text(n.item(i), index("questions", i), "texte", q.Texte)
		check("questions", "reponses", n, i, q.Code, q.Reponses, q.ValiditeMois)
	}
	c.duplicates(n, "questions", c.questions)
	n = root.get("preuves")
	for i := range c.r.Preuves {
		p := &c.r.Preuves[i]
		c.text(n.item(i), index("preuves", i), "libelle", p.Libelle)
		check("preuves", "resultats", n, i, p.Code, p.Resultats, p.ValiditeMois)
	}
	c.duplicates(n, "preuves", c.proofs)
}

// grammar is what members a type takes besides "type": needed and allowed.
type grammar struct{ needed, allowed []string }

var ruleGrammar = map[string]grammar{
	"present":            {[]string{"champs", "oui", "non"}, []string{"hors_schema"}},
	"table":              {[]string{"champ", "lignes", "sinon"}, []string{"hors_schema"}},
	"contient":           {[]string{"champ", "oui", "sinon"}, []string{"valeurs", "sauf", "hors_schema"}},
	"decompte":           {[]string{"champ", "paliers", "sinon"}, []string{"valeurs", "sauf", "hors_schema"}},
	"rampe":              {[]string{"fait", "phrase"}, []string{"bornes", "contexte", "profils", "hors_schema"}},
	"age":                {[]string{"champ", "nul_mois", "phrase"}, []string{"plein_mois", "hors_schema"}}, // 0 is left out
	"coherence":          {[]string{"champ", "correspondances", "phrase"}, []string{"hors_schema"}},
	"decision":           {[]string{"cas", "sinon"}, []string{"champs", "hors_schema"}},
	"declaration":        {[]string{"question", "resultats"}, nil},
	"verification":       {[]string{"preuve", "resultats"}, nil},
	"ratio_plateforme":   {[]string{"mesure", "n_min", "phrase"}, nil},
	"somme_ponderee":     {[]string{"parts"}, nil},
	"premiere_evaluable": {[]string{"regles"}, nil},
	"meilleur_de":        {[]string{"regles"}, nil},
}

var predicateGrammar = map[string]grammar{
	"present":  {[]string{"champ"}, nil},
	"schema":   {[]string{"champ"}, nil},
	"egal":     {[]string{"valeur"}, []string{"champ", "fait", "question", "contexte"}},
	"contient": {[]string{"champ"}, []string{"valeurs", "sauf"}},
	"compare":  {[]string{"fait", "operateur", "nombre"}, nil},
	"et":       {[]string{"de"}, nil},
	"ou":       {[]string{"de"}, nil},
	"non":      {[]string{"de"}, nil},
}

var (
	ruleTypes      = []string{"present", "table", "contient", "decompte", "rampe", "age", "coherence", "decision", "declaration", "verification", "ratio_plateforme", "somme_ponderee", "premiere_evaluable", "meilleur_de"}
	predicateTypes = []string{"present", "schema", "egal", "contient", "compare", "et", "ou", "non"}
	operators      = []string{"<", "<=", ">", ">=", "="}
)

// members checks that a type has what it takes and nothing else.
func (c *checker) members(n *node, where, kind string, g grammar) {
	for _, m := range n.members {
		if m.name != "type" && !slices.Contains(g.needed, m.name) && !slices.Contains(g.allowed, m.name) && structHas(m.name) {
			c.fault(m.value.at, join(where, m.name), clip(m.name), "Le type « "+kind+" » ne prend pas ce nom.")
		}
	}
	for _, name := range g.needed {
		if n.get(name) == nil {
			c.fault(n.at, join(where, name), "", "Il manque « "+name+" », que demande le type « "+kind+" ».")
		}
	}
}

// structHas: the name is one of the grammar's; another was told already.
func structHas(name string) bool {
	for _, t := range []reflect.Type{reflect.TypeFor[Regle](), reflect.TypeFor[Predicat]()} {
		if slices.ContainsFunc(structFields[t], func(f field) bool { return f.name == name }) {
			return true
		}
	}
	return false
}

func (c *checker) issue(n *node, i *Issue, where string) {
	if n == nil || n.kind != '{' || i == nil {
		return
	}
	c.between(n, where, "valeur", i.Valeur, 0, Entier)
	c.text(n, where, "phrase", i.Phrase)
	if i.Inconnu && i.SansObjet {
		c.wrong(n, where, "sans_objet", "true", "Choisissez entre « inconnu » et « sans_objet ».")
	}
	if (i.Inconnu || i.SansObjet) && i.Valeur != 0 {
		c.wrong(n, where, "valeur", decimal(i.Valeur), "Retirez cette valeur : elle n’est pas lue ici.")
	}
	c.outOfIt = c.outOfIt || i.SansObjet
}

// words checks values against the vocabulary of a column.
func (c *checker) words(n *node, where, column string, values []string) {
	if n == nil || n.kind != '[' {
		return
	}
	v, ok := place.VocabularyOf(column)
	for i, s := range values {
		if m := n.item(i); m != nil && m.kind == 's' && ok && v.Closed && !slices.Contains(v.Values(), s) {
			c.fault(m.at, index(where, i), clip(s), "Cette valeur n’est pas dans le vocabulaire de « "+column+" »."+c.suggestIn(s, v))
		}
	}
	c.unique(n, where, values)
}

func (c *checker) suggestIn(s string, v *place.Vocabulary) string {
	if value, ok := v.Find(s); ok {
		return " Vouliez-vous dire « " + value + " » ?"
	}
	return c.suggest(s, v.Values())
}

func (c *checker) notEmpty(n *node, where, name string) {
	if m := n.get(name); m != nil && (m.kind == '[' && len(m.list) == 0 || m.kind == '{' && len(m.members) == 0) {
		c.fault(m.at, join(where, name), "", "Donnez au moins un élément.")
	}
}

// fact checks the name of a fact; number: it must be one.
func (c *checker) fact(n *node, where, name string, number bool) (*Fact, bool) {
	var names []string
	for i := range Facts {
		if !number || Facts[i].Values == nil {
			names = append(names, Facts[i].Name)
		}
	}
	if !c.oneOf(n, where, "fait", name, names, "Ce fait n’existe pas, ou n’est pas un nombre.") {
		return nil, false
	}
	return factNamed(name)
}

func (c *checker) regle(n *node, r *Regle, where string, depth int) {
	if n == nil || n.kind != '{' {
		return
	}
	if depth >= maxRules {
		c.fault(n.at, where, "", fmt.Sprintf("Trop de règles l’une dans l’autre : %d au plus.", maxRules))
		return
	}
	if !c.oneOf(n, where, "type", r.Type, ruleTypes, "Ce type de règle n’existe pas.") {
		return
	}
	c.members(n, where, r.Type, ruleGrammar[r.Type])
	for _, x := range []struct {
		name  string
		issue *Issue
	}{{"oui", r.Oui}, {"non", r.Non}, {"sinon", r.Sinon}, {"hors_schema", r.HorsSchema}} {
		c.issue(n.get(x.name), x.issue, join(where, x.name))
	}
	c.text(n, where, "phrase", r.Phrase)
	for _, name := range []string{"champs", "valeurs", "sauf", "lignes", "paliers", "cas", "profils", "correspondances", "resultats", "parts", "regles"} {
		c.notEmpty(n, where, name)
	}
	for i, name := range r.Champs {
		if m := n.get("champs").item(i); m != nil && m.kind == 's' {
			c.columnAt(m, index(where+".champs", i), name, nil)
		}
	}
	c.unique(n.get("champs"), where+".champs", r.Champs)
	switch r.Type {
	case "age":
		c.column(n, where, "champ", r.Champ, isDay)
		c.integer(n, where, "plein_mois", r.Plein, 0, maxMonths)
		c.integer(n, where, "nul_mois", r.Nul, 1, maxMonths)
		if r.Nul <= r.Plein {
			c.wrong(n, where, "nul_mois", strconv.Itoa(r.Nul), "Écrivez plus que « plein_mois ».")
		}
	case "table", "contient", "decompte", "coherence":
		c.column(n, where, "champ", r.Champ, isList)
	}
	c.words(n.get("valeurs"), where+".valeurs", r.Champ, r.Valeurs)
	c.words(n.get("sauf"), where+".sauf", r.Champ, r.Sauf)
	if r.Type == "contient" && n.get("valeurs") == nil && n.get("sauf") == nil {
		c.fault(n.at, where+".valeurs", "", "Il manque « valeurs » ou « sauf ».")
	}
	lines := map[string]int{}
	for i := range r.Lignes {
		m, at := n.get("lignes").item(i), index(where+".lignes", i)
		c.issue(m, &r.Lignes[i].Issue, at)
		c.words(m.get("valeurs"), at+".valeurs", r.Champ, r.Lignes[i].Valeurs)
		c.notEmpty(m, at, "valeurs")
		key := strings.Join(slices.Compact(slices.Sorted(slices.Values(r.Lignes[i].Valeurs))), "\x00")
		if j, ok := lines[key]; ok && key != "" {
			c.wrong(m, at, "valeurs", strings.Join(r.Lignes[i].Valeurs, ", "), "Ces valeurs sont déjà celles de "+index("lignes", j)+".")
			continue
		}
		lines[key] = i
	}
	for i := range r.Paliers {
		m, at := n.get("paliers").item(i), index(where+".paliers", i)
		c.issue(m, &r.Paliers[i].Issue, at)
		c.integer(m, at, "minimum", r.Paliers[i].Minimum, 1, maxList)
		if i > 0 && r.Paliers[i].Minimum >= r.Paliers[i-1].Minimum {
			c.wrong(m, at, "minimum", strconv.Itoa(r.Paliers[i].Minimum), "Écrivez moins que le palier d’avant : le plus haut d’abord.")
		}
	}
	for i := range r.Cas {
		m, at := n.get("cas").item(i), index(where+".cas", i)
		c.issue(m, &r.Cas[i].Issue, at)
		c.predicat(m.get("si"), &r.Cas[i].Si, at+".si", 0)
	}
	switch r.Type {
	case "rampe":
		c.rampe(n, r, where)
	case "coherence":
		c.outOfIt = true
		for _, m := range sortedMembers(n.get("correspondances")) {
			if v, ok := place.VocabularyOf(r.Champ); ok && v.Closed && !slices.Contains(v.Values(), m.name) {
				c.fault(m.value.at, join(where+".correspondances", m.name), clip(m.name), "Cette valeur n’est pas dans le vocabulaire de « "+r.Champ+" »."+c.suggestIn(m.name, v))
			}
			if m.value.kind == 's' {
				c.columnAt(m.value, join(where+".correspondances", m.name), m.value.text, nil)
			}
		}
	case "declaration":
		if c.oneOf(n, where, "question", r.Question, c.questions, "Cette question n’existe pas dans le document.") {
			c.results(n, r, where, c.r.question(r.Question).Reponses)
		}
	case "verification":
		if c.oneOf(n, where, "preuve", r.Preuve, c.proofs, "Cette preuve n’existe pas dans le document.") {
			c.results(n, r, where, c.r.preuve(r.Preuve).Resultats)
		}
	case "ratio_plateforme":
		c.oneOf(n, where, "mesure", r.Mesure, Measures, "Cette mesure n’existe pas.")
		c.integer(n, where, "n_min", r.NMin, 1, maxInteger)
	}
	total := Nombre(0)
	for i := range r.Parts {
		m, at := n.get("parts").item(i), index(where+".parts", i)
		total += min(max(r.Parts[i].Poids, 0), Entier)
		if w := m.get("poids"); w != nil && w.kind == 'n' && (r.Parts[i].Poids <= 0 || r.Parts[i].Poids > Entier) {
			c.wrong(m, at, "poids", w.text, "Écrivez une part de 0 à 1, sans 0.")
		}
		c.regle(m.get("regle"), &r.Parts[i].Regle, at+".regle", depth+1)
	}
	if parts := n.get("parts"); r.Type == "somme_ponderee" && parts != nil && len(r.Parts) > 0 && total != Entier {
		c.fault(parts.at, where+".parts", decimal(total), "La somme des parts doit faire 1.")
	}
	for i := range r.Regles {
		c.regle(n.get("regles").item(i), &r.Regles[i], index(where+".regles", i), depth+1)
	}
}

func sortedMembers(n *node) []member {
	if n == nil {
		return nil
	}
	return n.members
}

func (c *checker) rampe(n *node, r *Regle, where string) {
	c.fact(n, where, r.Fait, true)
	bounds := func(m *node, at string, b *Bornes) {
		if m != nil && m.kind == '{' && b != nil && b.De == b.A && m.get("a") != nil {
			c.wrong(m, at, "a", decimal(b.A), "Écrivez une autre valeur que « de ».")
		}
	}
	bounds(n.get("bornes"), where+".bornes", r.Bornes)
	if n.get("contexte") == nil && n.get("profils") == nil {
		if n.get("bornes") == nil {
			c.fault(n.at, where+".bornes", "", "Il manque « bornes », ou « contexte » et « profils ».")
		}
		return
	}
	for _, name := range []string{"contexte", "profils"} {
		if n.get(name) == nil {
			c.fault(n.at, join(where, name), "", "Il manque « "+name+" » : contexte et profils vont ensemble.")
		}
	}
	if !c.oneOf(n, where, "contexte", r.Contexte, contextNames, "Ce contexte n’existe pas.") {
		return
	}
	profiles := n.get("profils")
	for _, m := range sortedMembers(profiles) {
		b := r.Profils[m.name]
		bounds(m.value, join(where+".profils", m.name), &b)
		if !slices.Contains(Contexts[r.Contexte], m.name) {
			c.fault(m.value.at, join(where+".profils", m.name), clip(m.name), "Ce n’est pas une valeur de « "+r.Contexte+" »."+c.suggest(m.name, Contexts[r.Contexte]))
		}
	}
	if n.get("bornes") == nil && profiles != nil {
		for _, value := range Contexts[r.Contexte] {
			if profiles.get(value) == nil {
				c.fault(profiles.at, where+".profils."+value, "", "Il manque ce profil, ou « bornes » pour les autres.")
			}
		}
	}
}

var contextNames = []string{"aide_locale", "densite", "territoire"}

// results checks that every answer has an outcome, and none is made up.
func (c *checker) results(n *node, r *Regle, where string, answers []Reponse) {
	results := n.get("resultats")
	if results == nil || results.kind != '{' {
		return
	}
	codes := make([]string, len(answers))
	for i := range answers {
		codes[i] = answers[i].Code
		if results.get(codes[i]) == nil && len(results.members) > 0 {
			c.fault(results.at, join(where+".resultats", codes[i]), "", "Il manque ce que vaut la réponse « "+clip(codes[i])+" ».")
		}
	}
	for _, m := range results.members {
		if i, ok := r.Resultats[m.name]; ok {
			c.issue(m.value, &i, join(where+".resultats", m.name))
		}
		if !slices.Contains(codes, m.name) {
			c.fault(m.value.at, join(where+".resultats", m.name), clip(m.name), "Cette réponse n’existe pas."+c.suggest(m.name, codes))
		}
	}
}

func (c *checker) predicat(n *node, p *Predicat, where string, depth int) {
	if n == nil || n.kind != '{' {
		return
	}
	if depth >= maxRules {
		c.fault(n.at, where, "", fmt.Sprintf("Trop de conditions l’une dans l’autre : %d au plus.", maxRules))
		return
	}
	if !c.oneOf(n, where, "type", p.Type, predicateTypes, "Ce type de condition n’existe pas.") {
		return
	}
	c.members(n, where, p.Type, predicateGrammar[p.Type])
	c.notEmpty(n, where, "de")
	c.notEmpty(n, where, "valeurs")
	c.notEmpty(n, where, "sauf")
	switch p.Type {
	case "present", "schema":
		c.column(n, where, "champ", p.Champ, nil)
	case "contient":
		c.column(n, where, "champ", p.Champ, isList)
		c.words(n.get("valeurs"), where+".valeurs", p.Champ, p.Valeurs)
		c.words(n.get("sauf"), where+".sauf", p.Champ, p.Sauf)
		if n.get("valeurs") == nil && n.get("sauf") == nil {
			c.fault(n.at, where+".valeurs", "", "Il manque « valeurs » ou « sauf ».")
		}
	case "egal":
		c.egal(n, p, where)
	case "compare":
		c.fact(n, where, p.Fait, true)
		c.oneOf(n, where, "operateur", p.Operateur, operators, "Cette comparaison n’existe pas.")
	case "non":
		if m := n.get("de"); m != nil && len(m.list) > 1 {
			c.fault(m.at, where+".de", strconv.Itoa(len(m.list)), "« non » ne prend qu’une condition.")
		}
	}
	for i := range p.De {
		c.predicat(n.get("de").item(i), &p.De[i], index(where+".de", i), depth+1)
	}
}

// egal compares one thing, whose values are known.
func (c *checker) egal(n *node, p *Predicat, where string) {
	var of []string
	for _, name := range []string{"champ", "fait", "question", "contexte"} {
		if n.get(name) != nil {
			of = append(of, name)
		}
	}
	if len(of) != 1 {
		c.fault(n.at, where, strings.Join(of, ", "), "Donnez un seul nom parmi champ, fait, question, contexte.")
		return
	}
	var values []string
	switch of[0] {
	case "champ":
		c.column(n, where, "champ", p.Champ, isList)
		if v, ok := place.VocabularyOf(p.Champ); ok && v.Closed {
			values = v.Values()
		}
	case "fait":
		f, ok := c.fact(n, where, p.Fait, false)
		if !ok {
			return
		}
		if values = f.Values; values == nil {
			c.wrong(n, where, "fait", p.Fait, "Ce fait est un nombre : employez le type « compare ».")
			return
		}
	case "question":
		if !c.oneOf(n, where, "question", p.Question, c.questions, "Cette question n’existe pas dans le document.") {
			return
		}
		for _, a := range c.r.question(p.Question).Reponses {
			values = append(values, a.Code)
		}
	case "contexte":
		if !c.oneOf(n, where, "contexte", p.Contexte, contextNames, "Ce contexte n’existe pas.") {
			return
		}
		values = Contexts[p.Contexte]
	}
	if values != nil {
		c.oneOf(n, where, "valeur", p.Valeur, values, "Cette valeur n’existe pas ici.")
	} else {
		c.text(n, where, "valeur", p.Valeur)
	}
}

func (c *checker) exemples(n *node) {
	for i := range c.r.Exemples {
		x, m, where := &c.r.Exemples[i], n.item(i), index("exemples", i)
		c.text(m, where, "titre", x.Titre)
		if a := m.get("attendu"); a != nil && a.kind != '{' {
			c.wrong(m, where, "attendu", a.found(), "Écrivez un objet : ce que l’évaluation doit donner.")
		}
		in := m.get("entree")
		f := in.get("fiche")
		for _, name := range sortedMembers(f.get("listes")) {
			c.columnAt(name.value, join(where+".entree.fiche.listes", name.name), name.name, isList)
			c.words(name.value, join(where+".entree.fiche.listes", name.name), name.name, x.Entree.Fiche.Listes[name.name])
		}
		for _, list := range []struct {
			name   string
			values []string
		}{{"presents", x.Entree.Fiche.Presents}, {"absents", x.Entree.Fiche.Absents}} {
			for j, s := range list.values {
				if y := f.get(list.name).item(j); y != nil && y.kind == 's' {
					c.columnAt(y, index(where+".entree.fiche."+list.name, j), s, nil)
				}
			}
		}
		faits, at := f.get("faits"), where+".entree.fiche.faits"
		known := func(name, s string, values []string) {
			if s != "" {
				c.oneOf(faits, at, name, s, values, "Cette valeur n’existe pas ici.")
			}
		}
		known("horaires", x.Entree.Fiche.Faits.Horaires, Facts[0].Values[:2])
		known("pivot", x.Entree.Fiche.Faits.Pivot, []string{"siret", "rna", "ridet", "siren"})
		faits, at = in.get("contexte"), where+".entree.contexte"
		known("densite", x.Entree.Contexte.Densite, Contexts["densite"])
		known("aide_locale", x.Entree.Contexte.AideLocale, Contexts["aide_locale"])
		for j, d := range x.Entree.Reponses {
			y, at := in.get("reponses").item(j), index(where+".entree.reponses", j)
			if c.oneOf(y, at, "question", d.Question, c.questions, "Cette question n’existe pas dans le document.") {
				c.answer(y, at, "reponse", d.Reponse, c.r.question(d.Question).Reponses)
			}
		}
		for j, e := range x.Entree.Preuves {
			y, at := in.get("preuves").item(j), index(where+".entree.preuves", j)
			if c.oneOf(y, at, "preuve", e.Preuve, c.proofs, "Cette preuve n’existe pas dans le document.") {
				c.answer(y, at, "resultat", e.Resultat, c.r.preuve(e.Preuve).Resultats)
			}
		}
		for j, d := range x.Entree.Mesures {
			c.oneOf(in.get("mesures").item(j), index(where+".entree.mesures", j), "mesure", d.Mesure, Measures, "Cette mesure n’existe pas.")
		}
		for j, code := range x.Entree.Contestes {
			if !slices.Contains(c.codes(), code) {
				c.fault(in.get("contestes").item(j).at, index(where+".entree.contestes", j), clip(code), "Ce critère n’existe pas dans le document."+c.suggest(code, c.codes()))
			}
		}
	}
}

func (c *checker) answer(n *node, where, name, s string, answers []Reponse) {
	codes := make([]string, len(answers))
	for i := range answers {
		codes[i] = answers[i].Code
	}
	c.oneOf(n, where, name, s, codes, "Cette réponse n’existe pas.")
}
