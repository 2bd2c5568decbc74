package quality

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"mednum/internal/french"
	"mednum/internal/place"
)

// Reglage is one thing of a version that somebody changes in a form: its name
// there, what it is, and its value as it is typed.
type Reglage struct {
	Chemin  string // name of the form's field: "TAR-02.poids", "niveaux.B.score"
	Critere string // code; "" of the whole version
	Sujet   string // heading: a criterion's libellé, "Les niveaux"…
	Libelle string
	Nature  NatureReglage
	Unite   string   // "points", "%", "mois"…; "" none
	Valeur  string   // "4,5"
	Noms    []string // that a sentence may hold between { }; nil where none may
}

// NatureReglage is how a setting is typed.
type NatureReglage string

const (
	ReglageNombre NatureReglage = "nombre"
	ReglageEntier NatureReglage = "entier"
	ReglageTexte  NatureReglage = "texte"
	ReglageOui    NatureReglage = "oui-non"
)

// Saisie is one field of the form as it was sent.
type Saisie struct{ Chemin, Valeur string }

// Reglages are all that a form may change of a version, in the order of the
// document.
func Reglages(r *Referentiel) []Reglage {
	table := settings(copied(r))
	out := make([]Reglage, len(table))
	for i, s := range table {
		out[i] = s.Reglage
		out[i].Valeur = s.get()
	}
	return out
}

// Edit changes a version as a form says, and leaves the one given as it was.
// Everything that is wrong is told at once, and then nothing is changed. What
// only the whole version shows (weights that do not sum to 100, hiding that
// pays) is for Check: a draft may pass by there.
func Edit(r *Referentiel, typed []Saisie) (*Referentiel, Faults) {
	out := copied(r)
	table := settings(out)
	byPath := make(map[string]*setting, len(table))
	for i := range table {
		byPath[table[i].Chemin] = &table[i]
	}
	var faults Faults
	for _, t := range typed {
		s, ok := byPath[t.Chemin]
		if !ok {
			f := Fault{t.Chemin, t.Valeur, "Ce réglage n’existe pas dans cette version."}
			if near, ok := place.Nearest(t.Chemin, slices.Sorted(maps.Keys(byPath))); ok {
				f.Message += " Vouliez-vous dire " + quoted(near) + " ?"
			}
			faults = append(faults, f)
			continue
		}
		if s.get() == t.Valeur {
			continue // as it was: an older value that a newer rule refuses does not block the rest
		}
		if message := s.set(t.Valeur); message != "" {
			faults = append(faults, Fault{t.Chemin, t.Valeur, message})
		}
	}
	faults = append(faults, ordered(out, faults)...)
	if len(faults) > 0 {
		return nil, faults
	}
	return refreshed(out), nil
}

// refreshed computes again what the examples of an edited draft must give, of
// the members that each one tells. Compare says which moved: they show in the
// open what an edit does.
func refreshed(r *Referentiel) *Referentiel {
	bare := *r
	bare.Exemples = nil
	e, err := Compile(&bare)
	if err != nil {
		return r // Check tells why; there is nothing to compute with
	}
	for i := range r.Exemples {
		x := &r.Exemples[i]
		x.Entree.Reponses = slices.DeleteFunc(x.Entree.Reponses, func(d Declaration) bool { return r.question(d.Question) == nil })
		x.Entree.Preuves = slices.DeleteFunc(x.Entree.Preuves, func(v Evidence) bool { return r.preuve(v.Preuve) == nil })
		x.Entree.Contestes = slices.DeleteFunc(x.Entree.Contestes, func(code string) bool { return r.critere(code) == nil })
		result := e.Evaluate(&x.Entree)
		var was, is any
		if decode(x.Attendu, &was) != nil || decode(result.Canonical(), &is) != nil {
			continue
		}
		if text, err := json.Marshal(retold(was, is)); err == nil {
			x.Attendu = text
		}
	}
	return r
}

// retold is of is what was told: the same members, and of lists of objects
// with a code, the same ones.
func retold(was, is any) any {
	switch w := was.(type) {
	case map[string]any:
		now, ok := is.(map[string]any)
		if !ok {
			return is
		}
		out := map[string]any{}
		for name, v := range w {
			if n, ok := now[name]; ok {
				out[name] = retold(v, n)
			}
		}
		return out
	case []any:
		now, ok := is.([]any)
		if !ok || len(w) == 0 {
			return is
		}
		var out []any
		for _, v := range w {
			told, ok := v.(map[string]any)
			if !ok || told["code"] == nil {
				return is
			}
			for _, n := range now {
				if m, ok := n.(map[string]any); ok && m["code"] == told["code"] {
					out = append(out, retold(v, n))
				}
			}
		}
		if out == nil {
			return is
		}
		return out
	}
	return is
}

// ordered: thresholds that must follow each other. Not said when a number was
// refused: the other could be the right one.
func ordered(r *Referentiel, before Faults) Faults {
	if len(before) > 0 {
		return nil
	}
	var out Faults
	p := &r.Parametres
	for i := 1; i < len(p.Niveaux); i++ {
		if a, b := p.Niveaux[i-1], p.Niveaux[i]; b.Score >= a.Score {
			out = append(out, Fault{"niveaux." + b.Code + ".score", decimal(b.Score),
				fmt.Sprintf("Le niveau %s doit demander moins que le niveau %s : écrivez un nombre sous %s.", b.Code, a.Code, decimal(a.Score))})
		}
	}
	if p.Partiel > p.Satisfait {
		out = append(out, Fault{"parametres.partiel", decimal(p.Partiel), "Un critère est partiel avant d’être satisfait : écrivez au plus " + decimal(p.Satisfait) + "."})
	}
	if p.Provisoire > p.Confirme {
		out = append(out, Fault{"parametres.provisoire", decimal(p.Provisoire * 100), "La fourchette demande moins que la lettre unique : écrivez au plus " + decimals(p.Confirme*100, 2) + "."})
	}
	if c := p.Confiance; c.Moyenne > c.Haute {
		out = append(out, Fault{"confiance.moyenne", decimal(c.Moyenne), "La confiance moyenne commence avant la haute : écrivez au plus " + decimal(c.Haute) + "."})
	}
	if c := p.Confiance; c.AncienMois <= c.FraicheurMois {
		out = append(out, Fault{"confiance.ancien_mois", strconv.Itoa(c.AncienMois), fmt.Sprintf("Une donnée est ancienne après avoir été fraîche : écrivez plus de %d.", c.FraicheurMois)})
	}
	for i := range r.Criteres {
		c := &r.Criteres[i]
		walkRules(&c.Regle, func(x *Regle) {
			if x.Type == "age" && x.Nul <= x.Plein {
				out = append(out, Fault{c.Code + ".regle.nul_mois", strconv.Itoa(x.Nul), fmt.Sprintf("La valeur nulle vient après la pleine valeur : écrivez plus de %d.", x.Plein)})
			}
			if x.Bornes != nil && x.Bornes.De == x.Bornes.A {
				out = append(out, Fault{c.Code + ".regle.bornes.a", decimal(x.Bornes.A), "Les deux bornes sont égales : écrivez deux nombres différents."})
			}
			for _, k := range slices.Sorted(maps.Keys(x.Profils)) {
				if b := x.Profils[k]; b.De == b.A {
					out = append(out, Fault{c.Code + ".regle.profils." + k + ".a", decimal(b.A), "Les deux bornes sont égales : écrivez deux nombres différents."})
				}
			}
		})
	}
	return out
}

// setting is a Reglage that reads and writes the version it was made of. set
// gives what is wrong, in French, "" when it was done.
type setting struct {
	Reglage
	get func() string
	set func(string) string
}

// Longest texts that a form takes: a sentence is read in one breath, a
// presentation in a minute.
const (
	maxSentence     = 400
	maxPresentation = 5000
)

func settings(r *Referentiel) []setting {
	var out []setting
	add := func(path, critere, sujet, libelle string, s setting) {
		s.Chemin, s.Critere, s.Sujet, s.Libelle = path, critere, sujet, libelle
		out = append(out, s)
	}
	p := &r.Parametres
	const v, n, k = "La version", "Les niveaux", "La confiance"
	add("titre", "", v, "Titre", text(&r.Titre, maxSentence, nil))
	add("presentation", "", v, "Présentation", text(&r.Presentation, maxPresentation, nil))
	add("parametres.rho", "", v, "Part du score strict", share(&p.Rho))
	add("parametres.satisfait", "", v, "Valeur à partir de laquelle un critère est satisfait", number(&p.Satisfait, 0, Entier, 2, ""))
	add("parametres.partiel", "", v, "Valeur à partir de laquelle un critère est partiel", number(&p.Partiel, 0, Entier, 2, ""))
	add("parametres.confirme", "", n, "Couverture demandée pour une lettre unique", share(&p.Confirme))
	add("parametres.provisoire", "", n, "Couverture demandée pour une fourchette de lettres", share(&p.Provisoire))
	for i := range p.Niveaux {
		l := &p.Niveaux[i]
		path, name := "niveaux."+l.Code+".", "Niveau "+l.Code+" : "
		add(path+"libelle", "", n, name+"libellé", text(&l.Libelle, maxSentence, nil))
		if i < len(p.Niveaux)-1 { // the last one takes what is left
			add(path+"score", "", n, name+"score demandé", number(&l.Score, 0, 100*Entier, 1, "points"))
		}
		add(path+"couverture", "", n, name+"couverture demandée", share(&l.Couverture))
		if l.EssentielsManquants != nil {
			add(path+"essentiels_manquants", "", n, name+"essentiels manquants admis", integer(l.EssentielsManquants, 0, 99, ""))
		}
		if l.EssentielsInconnus != nil {
			add(path+"essentiels_inconnus", "", n, name+"essentiels inconnus admis", integer(l.EssentielsInconnus, 0, 99, ""))
		}
		if l.Confiance != nil {
			add(path+"confiance", "", n, name+"confiance demandée", number(l.Confiance, 0, 100*Entier, 1, "sur 100"))
		}
		if l.DimensionPlancher != nil {
			add(path+"dimension_plancher", "", n, name+"plancher de chaque dimension", number(l.DimensionPlancher, 0, 100*Entier, 1, "sur 100"))
		}
	}
	c := &p.Confiance
	for _, x := range []struct {
		name, libelle string
		at            *Nombre
	}{
		{"verifie", "Force d’une vérification", &c.Verifie}, {"calcule", "Force d’une donnée calculée", &c.Calcule},
		{"declare", "Force d’une déclaration", &c.Declare}, {"constante", "Force d’une valeur que la source donne à tous ses lieux", &c.Constante},
		{"ancien_valeur", "Force d’une donnée ancienne", &c.AncienValeur}, {"conteste", "Force d’un résultat contesté", &c.Conteste},
	} {
		add("confiance."+x.name, "", k, x.libelle, number(x.at, 0, Entier, 2, ""))
	}
	add("confiance.fraicheur_mois", "", k, "Durée pendant laquelle une donnée est fraîche", integer(&c.FraicheurMois, 0, 240, "mois"))
	add("confiance.ancien_mois", "", k, "Durée après laquelle une donnée est ancienne", integer(&c.AncienMois, 1, 240, "mois"))
	add("confiance.haute", "", k, "Seuil d’une confiance haute", number(&c.Haute, 0, 100*Entier, 1, "sur 100"))
	add("confiance.moyenne", "", k, "Seuil d’une confiance moyenne", number(&c.Moyenne, 0, 100*Entier, 1, "sur 100"))
	add("alertes.changent_de_niveau", "", v, "Alerte : part des lieux qui changent de niveau", share(&p.Alertes.ChangentDeNiveau))
	add("alertes.mediane_groupe", "", v, "Alerte : écart de la médiane d’un groupe", number(&p.Alertes.MedianeGroupe, 0, 100*Entier, 1, "points"))
	for i := range r.Dimensions {
		add("dimensions."+r.Dimensions[i].Code+".libelle", "", "Les dimensions", "Nom de la dimension", text(&r.Dimensions[i].Libelle, maxSentence, nil))
	}
	for i := range r.Criteres {
		c := &r.Criteres[i]
		each := func(path, libelle string, s setting) { add(c.Code+"."+path, c.Code, c.Libelle, libelle, s) }
		each("libelle", "Libellé", text(&c.Libelle, maxSentence, nil))
		each("question", "Question", text(&c.Question, maxSentence, nil))
		each("poids", "Poids", number(&c.Poids, Entier/10, 100*Entier, 1, "points"))
		each("essentiel", "Garantie essentielle", yes(&c.Essentiel))
		names := namesOf(c)
		for _, t := range []struct {
			path, libelle string
			at            *string
			names         []string
		}{
			{"textes.regle", "La règle en français", &c.Textes.Regle, nil},
			{"textes.absent", "Phrase quand l’information manque", &c.Textes.Absent, names},
			{"textes.sans_objet", "Phrase quand le critère est sans objet", &c.Textes.SansObjet, names},
			{"textes.action", "Action conseillée", &c.Textes.Action, names},
			{"textes.tenue", "Garantie tenue", &c.Textes.Tenue, nil},
			{"textes.manque", "Garantie qui manque", &c.Textes.Manque, nil},
			{"textes.confirmer", "Garantie à confirmer", &c.Textes.Confirmer, nil},
		} {
			each(t.path, t.libelle, words(t.at, maxSentence, t.names, !needed(c, t.path)))
		}
		ruleSettings(r, c, &c.Regle, "regle", names, each)
	}
	for i := range r.Questions {
		q := &r.Questions[i]
		path := "questions." + q.Code + "."
		add(path+"texte", "", "Le questionnaire", "Question", text(&q.Texte, maxSentence, nil))
		add(path+"aide", "", "Le questionnaire", "Aide", words(&q.Aide, maxSentence, nil, true))
		add(path+"validite_mois", "", "Le questionnaire", "Validité des réponses", integer(&q.ValiditeMois, 1, 240, "mois"))
		for j := range q.Reponses {
			add(path+"reponses."+q.Reponses[j].Code, "", "Le questionnaire", "Réponse", text(&q.Reponses[j].Libelle, maxSentence, nil))
		}
	}
	for i := range r.Preuves {
		x := &r.Preuves[i]
		path := "preuves." + x.Code + "."
		add(path+"libelle", "", "Les vérifications", "Vérification", text(&x.Libelle, maxSentence, nil))
		add(path+"validite_mois", "", "Les vérifications", "Validité", integer(&x.ValiditeMois, 1, 240, "mois"))
		for j := range x.Resultats {
			add(path+"resultats."+x.Resultats[j].Code, "", "Les vérifications", "Résultat", text(&x.Resultats[j].Libelle, maxSentence, nil))
		}
	}
	return out
}

// ruleSettings are the thresholds, values and sentences of a rule and of those
// inside it.
func ruleSettings(r *Referentiel, c *Critere, x *Regle, path string, names []string, each func(string, string, setting)) {
	bounds := func(path, of string, b *Bornes, store func()) {
		for _, end := range []struct {
			name, libelle string
			at            *Nombre
		}{{"de", "Valeur 0 à", &b.De}, {"a", "Valeur 1 à", &b.A}} {
			s := number(end.at, 0, math.MaxInt32/2, 2, unitOf(x.Fait))
			set := s.set
			s.set = func(v string) string {
				message := set(v)
				store()
				return message
			}
			each(path+"."+end.name, of+end.libelle, s)
		}
	}
	if x.Bornes != nil {
		bounds(path+".bornes", "", x.Bornes, func() {})
	}
	for _, name := range slices.Sorted(maps.Keys(x.Profils)) {
		b := x.Profils[name]
		bounds(path+".profils."+name, french.Capital(contextValue(name))+" : ", &b, func() { x.Profils[name] = b })
	}
	if x.Type == "age" {
		each(path+".plein_mois", "Valeur 1 jusqu’à", integer(&x.Plein, 0, 240, "mois"))
		each(path+".nul_mois", "Valeur 0 à partir de", integer(&x.Nul, 1, 240, "mois"))
	}
	if x.Type == "ratio_plateforme" {
		each(path+".n_min", "Nombre de cas à partir duquel conclure", integer(&x.NMin, 1, 1000, ""))
	}
	switch x.Type {
	case "rampe", "age", "coherence", "ratio_plateforme":
		each(path+".phrase", "Phrase sur le lieu", text(&x.Phrase, maxSentence, names))
	}
	for _, o := range outcomes(r, x) {
		if !o.issue.Inconnu && !o.issue.SansObjet {
			s := number(&o.issue.Valeur, 0, Entier, 4, "")
			set := s.set
			s.set = func(v string) string {
				message := set(v)
				now := *o.issue
				o.set(now)
				return message
			}
			each(path+"."+o.where+".valeur", "Valeur "+o.when, s)
		}
		s := text(&o.issue.Phrase, maxSentence, names)
		set := s.set
		s.set = func(v string) string {
			message := set(v)
			now := *o.issue
			o.set(now)
			return message
		}
		each(path+"."+o.where+".phrase", "Phrase "+o.when, s)
	}
	for i := range x.Parts {
		part := fmt.Sprintf("%s.parts[%d]", path, i)
		each(part+".poids", "Part de "+partName(r, &x.Parts[i].Regle, i), share(&x.Parts[i].Poids))
		ruleSettings(r, c, &x.Parts[i].Regle, part, names, each)
	}
	for i := range x.Regles {
		ruleSettings(r, c, &x.Regles[i], fmt.Sprintf("%s.regles[%d]", path, i), names, each)
	}
}

func unitOf(fait string) string {
	switch fait {
	case "heures_semaine":
		return "h par semaine"
	case "minutes_semaine":
		return "min par semaine"
	case "presentation":
		return "lettres"
	case "ecart_commune":
		return "mètres"
	}
	return ""
}

// needed: the texts that a criterion cannot do without.
func needed(c *Critere, path string) bool {
	switch path {
	case "textes.sans_objet":
		return c.ApplicableSi != nil
	case "textes.tenue", "textes.manque", "textes.confirmer":
		return c.Essentiel
	}
	return true
}

func number(at *Nombre, least, most Nombre, places int, unit string) setting {
	return setting{Reglage{Nature: ReglageNombre, Unite: unit}, func() string { return strings.ReplaceAll(decimal(*at), french.Narrow, "") }, func(s string) string {
		n, message := readNumber(s, least, most, places)
		if message == "" {
			*at = n
		}
		return message
	}}
}

// share is a part of one that people write as a percentage.
func share(at *Nombre) setting {
	return setting{Reglage{Nature: ReglageNombre, Unite: "%"}, func() string { return decimal(*at * 100) }, func(s string) string {
		n, message := readNumber(strings.TrimSuffix(strings.TrimSpace(s), "%"), 0, 100*Entier, 2)
		if message == "" {
			*at = n / 100
		}
		return message
	}}
}

// readNumber reads what a French keyboard writes: 4,5 or 4.5, spaces allowed.
func readNumber(s string, least, most Nombre, places int) (Nombre, string) {
	example := Nombre(int64(least)+int64(most)) / 2
	if most > 1000*Entier {
		example = 20 * Entier
	}
	ask := func(why string) string {
		return fmt.Sprintf("%s Écrivez un nombre, comme %s.", why, decimals(example, min(places, 1)))
	}
	t := strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
	if t == "" {
		return 0, ask("Rien n’est écrit.")
	}
	if strings.Count(t, ",")+strings.Count(t, ".") > 1 || len(t) > 20 {
		return 0, ask("Ce n’est pas un nombre.")
	}
	x, ok := parseDecimal(strings.Replace(t, ",", ".", 1))
	if strings.ContainsAny(t, "eE") || !ok {
		return 0, ask("Ce n’est pas un nombre, ou il a trop de décimales.")
	}
	switch {
	case x < int64(least):
		return 0, fmt.Sprintf("C’est trop peu. Écrivez au moins %s.", decimal(least))
	case x > int64(most):
		return 0, fmt.Sprintf("C’est trop. Écrivez au plus %s.", decimal(most))
	}
	step := int64(Entier)
	for range places {
		step /= 10
	}
	if x%step != 0 {
		return 0, fmt.Sprintf("Il y a trop de décimales. Écrivez %s.", decimals(Nombre(x), places))
	}
	return Nombre(x), ""
}

func integer(at *int, least, most int, unit string) setting {
	return setting{Reglage{Nature: ReglageEntier, Unite: unit}, func() string { return strconv.Itoa(*at) }, func(s string) string {
		n, err := strconv.Atoi(strings.TrimSpace(s))
		if err != nil || n < least || n > most {
			return fmt.Sprintf("Écrivez un nombre entier, de %d à %d.", least, most)
		}
		*at = n
		return ""
	}}
}

func yes(at *bool) setting {
	return setting{Reglage{Nature: ReglageOui}, func() string { return either(*at, "oui", "non") }, func(s string) string {
		switch place.Fold(s) {
		case "oui", "on", "true", "1":
			*at = true
		case "non", "", "off", "false", "0":
			*at = false
		default:
			return "Écrivez oui ou non."
		}
		return ""
	}}
}

// text takes a sentence; names are those that it may hold between { }.
func text(at *string, most int, names []string) setting { return words(at, most, names, false) }

// words may also take an empty text.
func words(at *string, most int, names []string, empty bool) setting {
	return setting{Reglage{Nature: ReglageTexte, Noms: names}, func() string { return *at }, func(s string) string {
		t := strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n"))
		switch {
		case t == "" && !empty:
			return "Rien n’est écrit. Écrivez une phrase."
		case !utf8.ValidString(t) || strings.ContainsFunc(t, func(r rune) bool { return unicode.IsControl(r) && r != '\n' }):
			return "Le texte contient des signes invisibles. Écrivez-le de nouveau, sans copier."
		case utf8.RuneCountInString(t) > most:
			return fmt.Sprintf("Le texte a %s signes. Écrivez-en %s au plus.", french.Integer(int64(utf8.RuneCountInString(t))), french.Integer(int64(most)))
		}
		if message := wrongNames(t, names); message != "" {
			return message
		}
		*at = t
		return ""
	}}
}

// namesOf are the names that the sentences of a criterion may hold: what its
// rule reads, and what it counts on the way.
func namesOf(c *Critere) []string {
	names := map[string]bool{}
	read := readsOf(c)
	for f := range read.direct {
		if col, ok := place.ColumnNamed(f); ok && col.List != nil {
			names[f] = true // the others are known by their presence only
		}
	}
	for f := range read.faits {
		names[f] = true
	}
	if len(read.questions)+len(read.preuves) > 0 {
		names["date"] = true
	}
	walkRules(&c.Regle, func(x *Regle) {
		switch x.Type {
		case "decompte":
			names["nombre"] = true
		case "rampe":
			names["de"], names["a"] = true, true
			set(names, x.Contexte)
		case "age":
			names["date_maj"], names["mois"] = true, true
		case "coherence":
			names["annonces"], names["utilisables"], names["manquants"] = true, true, true
		case "ratio_plateforme":
			names["numerateur"], names["denominateur"] = true, true
		}
	})
	return slices.Sorted(maps.Keys(names))
}

// wrongNames says which {name} of a sentence nothing will fill; "" when all is well.
func wrongNames(sentence string, names []string) string {
	rest := sentence
	for {
		i := strings.IndexAny(rest, "{}")
		if i < 0 {
			return ""
		}
		j := strings.IndexByte(rest[i+1:], '}')
		if rest[i] == '}' || j < 0 {
			return "Une accolade n’est pas fermée. Écrivez un nom entre { et }."
		}
		name := rest[i+1 : i+1+j]
		if !slices.Contains(names, name) {
			if len(names) == 0 {
				return "Ce texte est le même pour tous les lieux : retirez " + quoted("{"+name+"}") + "."
			}
			message := "Rien ne remplacera " + quoted("{"+name+"}") + "."
			if near, ok := place.Nearest(name, names); ok {
				return message + " Vouliez-vous dire " + quoted("{"+near+"}") + " ?"
			}
			return message + " Ce critère connaît : {" + strings.Join(names, "}, {") + "}."
		}
		rest = rest[i+j+2:]
	}
}

// Somme is what the weights add up to, and what to do about it.
type Somme struct {
	Points Nombre
	Phrase string
}

// Sum adds the weights up.
func Sum(r *Referentiel) Somme {
	var sum int64
	for i := range r.Criteres {
		sum += int64(r.Criteres[i].Poids)
	}
	s := Somme{Points: Nombre(min(sum, math.MaxInt32))}
	switch missing := 100*Entier - s.Points; {
	case missing == 0:
		s.Phrase = "Les poids font 100 points."
	case missing > 0:
		s.Phrase = fmt.Sprintf("Les poids font %s : il en manque %s pour faire 100.", points(s.Points), decimal(missing))
	default:
		s.Phrase = fmt.Sprintf("Les poids font %s : il y en a %s de trop.", points(s.Points), decimal(-missing))
	}
	return s
}

// Rebalance moves the weights, but those to keep, so that all make 100 points:
// each in proportion to what it is, by tenths of a point, the rest going to
// those that were rounded down most.
func Rebalance(r *Referentiel, keep ...string) (*Referentiel, Faults) {
	out := copied(r)
	const tenth = int64(Entier / 10)
	var free []*Critere
	left, total := 1000*tenth, int64(0)
	for i := range out.Criteres {
		c := &out.Criteres[i]
		if slices.Contains(keep, c.Code) || c.Poids <= 0 {
			left -= int64(c.Poids)
			continue
		}
		free = append(free, c)
		total += int64(c.Poids)
	}
	if left < int64(len(free))*tenth || len(free) == 0 && left != 0 {
		return nil, Faults{{"criteres", decimal(Sum(r).Points), "Les poids gardés ne laissent pas assez de points aux autres. Gardez-en moins, ou baissez-les."}}
	}
	// Largest remainders, in tenths; every criterion keeps at least one.
	type share struct {
		c    *Critere
		rest int64
	}
	shares := make([]share, len(free))
	given := int64(0)
	for i, c := range free {
		exact := int64(c.Poids) * (left / tenth)
		n := max(exact/total, 1)
		shares[i] = share{c, exact - n*total}
		c.Poids = Nombre(n * tenth)
		given += n
	}
	slices.SortStableFunc(shares, func(a, b share) int { return cmp.Compare(b.rest, a.rest) })
	for i := 0; given < left/tenth; i = (i + 1) % len(shares) {
		shares[i].c.Poids += Nombre(tenth)
		given++
	}
	for i := len(shares) - 1; given > left/tenth; i = (i - 1 + len(shares)) % len(shares) {
		if shares[i].c.Poids > Nombre(tenth) {
			shares[i].c.Poids -= Nombre(tenth)
			given--
		}
	}
	return refreshed(out), nil
}

// Withdraw takes a criterion out. Its code is kept among those that no other
// criterion will have: an old result must always mean what it meant. Questions
// and verifications that served it alone go too.
func Withdraw(r *Referentiel, code string) (*Referentiel, Faults) {
	out := copied(r)
	i := slices.IndexFunc(out.Criteres, func(c Critere) bool { return c.Code == code })
	if i < 0 {
		return nil, Faults{noSuch(r, code)}
	}
	before := readsOf(&out.Criteres[i])
	out.Criteres = slices.Delete(out.Criteres, i, i+1)
	if !slices.Contains(out.CodesRetires, code) {
		out.CodesRetires = append(out.CodesRetires, code)
		slices.Sort(out.CodesRetires)
	}
	out.Questions = slices.DeleteFunc(out.Questions, func(q Question) bool { return before.questions[q.Code] && !usesQuestion(out, q.Code) })
	out.Preuves = slices.DeleteFunc(out.Preuves, func(p Preuve) bool { return before.preuves[p.Code] && !usesPreuve(out, p.Code) })
	out.Residus = slices.DeleteFunc(out.Residus, func(x Residu) bool { return x.Critere == code })
	return refreshed(out), nil
}

func noSuch(r *Referentiel, code string) Fault {
	f := Fault{"criteres", code, "Aucun critère n’a ce code."}
	codes := make([]string, len(r.Criteres))
	for i := range r.Criteres {
		codes[i] = r.Criteres[i].Code
	}
	if near, ok := place.Nearest(code, codes); ok {
		f.Message += " Vouliez-vous dire " + quoted(near) + " ?"
	}
	return f
}

// Modele is a criterion as somebody who does not program asks for it; AddCritere
// writes the rule and all sentences, which are then edited like any other.
type Modele struct {
	Genre     Genre
	Dimension string // code
	Libelle   string
	Question  string // what the public wonders: "Peut-on venir avec un enfant ?"
	Poids     Nombre
	Essentiel bool

	Demande  string          // question: as it is put to the place
	Reponses []ReponseModele // question

	Champ   string   // champ, valeur: column of the standard
	Valeurs []string // valeur: one of them is wanted
}

// ReponseModele is an answer and what it is worth.
type ReponseModele struct {
	Libelle string
	Valeur  Nombre
}

// Genre of a new criterion.
type Genre string

const (
	GenreQuestion Genre = "question" // a question is put to the place
	GenreChamp    Genre = "champ"    // a field is filled or not
	GenreValeur   Genre = "valeur"   // a list holds a value or not
)

// AddCritere adds a criterion at the end of its dimension, and gives its code,
// one that no version ever had.
func AddCritere(r *Referentiel, m Modele) (*Referentiel, string, Faults) {
	var faults Faults
	wrong := func(where, found, message string) { faults = append(faults, Fault{where, found, message}) }
	sentence := func(where, s string) string {
		var kept string
		if message := text(&kept, maxSentence, nil).set(s); message != "" {
			wrong(where, s, message)
		}
		return kept
	}
	dimensions := make([]string, len(r.Dimensions))
	for i, d := range r.Dimensions {
		dimensions[i] = d.Code
	}
	if !slices.Contains(dimensions, m.Dimension) {
		wrong("dimension", m.Dimension, "Choisissez une dimension parmi : "+strings.Join(dimensions, ", ")+".")
	}
	c := Critere{Dimension: m.Dimension, Libelle: sentence("libelle", m.Libelle), Question: sentence("question", m.Question), Poids: m.Poids, Essentiel: m.Essentiel}
	for i := range r.Criteres {
		if place.Fold(r.Criteres[i].Libelle) == place.Fold(c.Libelle) && c.Libelle != "" {
			wrong("libelle", m.Libelle, "Un critère porte déjà ce libellé. Choisissez-en un autre.")
		}
	}
	if m.Poids < Entier/10 || m.Poids > 100*Entier || m.Poids%(Entier/10) != 0 {
		wrong("poids", decimal(m.Poids), "Écrivez un poids de 0,1 à 100, avec une décimale au plus.")
	}
	out := copied(r)
	c.Code = freeCode(out, m.Dimension)
	// « Peut-on venir ? » asks; what is not known reads as a noun.
	about := quoted(c.Libelle)
	c.Textes.Absent = "Nous ne savons pas : " + about + ". Ce n’est pas compté comme une absence de service."
	c.SiAbsent = Inconnu
	switch m.Genre {
	case GenreQuestion:
		asked := sentence("demande", m.Demande)
		c.Nature = Declare
		q := Question{Code: strings.ToLower(strings.ReplaceAll(c.Code, "-", "_")), Texte: asked, ValiditeMois: 24}
		if out.question(q.Code) != nil {
			wrong("demande", q.Code, "Une question porte déjà ce code. Renommez-la d’abord.")
		}
		c.Regle = Regle{Type: "declaration", Question: q.Code, Resultats: map[string]Issue{}}
		if len(m.Reponses) < 2 || len(m.Reponses) > 12 {
			wrong("reponses", strconv.Itoa(len(m.Reponses)), "Donnez de 2 à 12 réponses.")
		}
		best, most := "", Nombre(-1)
		var worths []string
		for i, a := range m.Reponses {
			where := fmt.Sprintf("reponses[%d]", i)
			label := sentence(where+".libelle", a.Libelle)
			if a.Valeur < 0 || a.Valeur > Entier {
				wrong(where+".valeur", decimal(a.Valeur), "Une réponse vaut de 0 à 1, comme 0,6.")
			}
			code := slug(label, i)
			if _, twice := c.Regle.Resultats[code]; twice {
				if slices.ContainsFunc(q.Reponses, func(o Reponse) bool { return place.Fold(o.Libelle) == place.Fold(label) }) {
					wrong(where+".libelle", a.Libelle, "Cette réponse est donnée deux fois.")
				}
				code += "_" + strconv.Itoa(i+1)
			}
			q.Reponses = append(q.Reponses, Reponse{code, label})
			c.Regle.Resultats[code] = Issue{Valeur: a.Valeur, Phrase: "Ce lieu a répondu : " + quoted(label) + "."}
			if a.Valeur > most {
				best, most = label, a.Valeur
			}
			worths = append(worths, quoted(label)+" : "+rewards(a.Valeur))
		}
		if most == 0 {
			wrong("reponses", "0", "Aucune réponse ne donne de points. Donnez une valeur à la meilleure.")
		}
		out.Questions = append(out.Questions, q)
		c.Textes.Regle = strings.Join(worths, ". ") + ". Sans réponse, nous ne savons pas."
		c.Textes.Action = "Répondez à la question " + quoted(asked) + " ; la réponse " + quoted(best) + " donne le plus de points."
	case GenreChamp:
		c.Nature, c.SiAbsent = Calcule, Zero
		if isColumn(m.Champ, &faults) {
			name := quoted(fieldLabel(m.Champ))
			c.Regle = Regle{Type: "present", Champs: []string{m.Champ},
				Oui: &Issue{Valeur: Entier, Phrase: "Le champ " + name + " est rempli."},
				Non: &Issue{Valeur: 0, Phrase: "Le champ " + name + " n’est pas rempli."}}
			c.Textes.Regle = "Tous les points si le champ " + name + " est rempli. Sinon, aucun point."
			c.Textes.Absent = "Le champ " + name + " n’est pas rempli."
			c.Textes.Action = "Remplissez le champ " + name + "."
		}
	case GenreValeur:
		c.Nature = Calcule
		if isColumn(m.Champ, &faults) && listed(m, &faults) {
			name, wanted := quoted(fieldLabel(m.Champ)), french.Enumerate(valueLabels(m.Champ, m.Valeurs), " ou ")
			c.Regle = Regle{Type: "contient", Champ: m.Champ, Valeurs: slices.Clone(m.Valeurs),
				Oui:   &Issue{Valeur: Entier, Phrase: "Le champ " + name + " contient " + wanted + "."},
				Sinon: &Issue{Valeur: 0, Phrase: "Le champ " + name + " ne contient pas " + french.Enumerate(valueLabels(m.Champ, m.Valeurs), " ni ") + "."}}
			c.Textes.Regle = "Tous les points si le champ " + name + " contient " + wanted + ". Sinon, aucun point."
			c.Textes.Action = "Si c’est le cas, ajoutez " + wanted + " au champ " + name + "."
		}
	default:
		wrong("genre", string(m.Genre), "Choisissez un genre : question, champ ou valeur.")
	}
	if m.Essentiel {
		c.Textes.Tenue = "Ce lieu tient cette garantie : " + about + "."
		c.Textes.Manque = "Ce lieu ne tient pas cette garantie : " + about + "."
		c.Textes.Confirmer = "Nous ne savons pas si ce lieu tient cette garantie : " + about + ". Appelez pour demander."
	}
	if len(faults) > 0 {
		return nil, "", faults
	}
	at := len(out.Criteres)
	for i := range out.Criteres {
		if out.Criteres[i].Dimension == c.Dimension {
			at = i + 1
		}
	}
	out.Criteres = slices.Insert(out.Criteres, at, c)
	if m.Genre == GenreValeur && paysToHide(out, m.Champ) {
		// No criterion asks that the field be filled: then the lack of a value must
		// not be worth less than silence.
		x := &out.Criteres[at]
		x.Regle.Sinon = &Issue{Inconnu: true, Phrase: x.Textes.Absent}
		x.Textes.Regle = strings.Replace(x.Textes.Regle, "Sinon, aucun point.", "Sinon, nous ne savons pas.", 1)
	}
	return refreshed(out), c.Code, nil
}

// rewards says a value as a share of the points.
func rewards(n Nombre) string {
	switch n {
	case Entier:
		return "tous les points"
	case 0:
		return "aucun point"
	}
	return percent(n) + " des points"
}

func isColumn(champ string, faults *Faults) bool {
	if _, ok := place.ColumnNamed(champ); ok {
		return true
	}
	names := make([]string, len(place.Columns))
	for i := range place.Columns {
		names[i] = place.Columns[i].Name
	}
	f := Fault{"champ", champ, "Le standard n’a pas de champ de ce nom."}
	if near, ok := place.Nearest(champ, names); ok {
		f.Message += " Vouliez-vous dire " + quoted(near) + " ?"
	}
	*faults = append(*faults, f)
	return false
}

func listed(m Modele, faults *Faults) bool {
	v, ok := place.VocabularyOf(m.Champ)
	if !ok {
		*faults = append(*faults, Fault{"champ", m.Champ, "Ce champ n’a pas de liste de valeurs. Choisissez-en un autre."})
		return false
	}
	if len(m.Valeurs) == 0 {
		*faults = append(*faults, Fault{"valeurs", "", "Choisissez au moins une valeur de ce champ."})
		return false
	}
	fine := true
	for i, x := range m.Valeurs {
		if slices.Contains(v.Values(), x) {
			continue
		}
		f := Fault{fmt.Sprintf("valeurs[%d]", i), x, "Ce champ n’a pas cette valeur."}
		if near, ok := v.Suggest(x); ok {
			f.Message += " Vouliez-vous dire " + quoted(near) + " ?"
		}
		*faults = append(*faults, f)
		fine = false
	}
	return fine
}

// freeCode is the next number of a dimension that no criterion has or had.
func freeCode(r *Referentiel, dimension string) string {
	last := 0
	see := func(code string) {
		if number, ok := strings.CutPrefix(code, dimension+"-"); ok {
			if n, err := strconv.Atoi(number); err == nil && n < 1000 {
				last = max(last, n)
			}
		}
	}
	for i := range r.Criteres {
		see(r.Criteres[i].Code)
	}
	for _, code := range r.CodesRetires {
		see(code)
	}
	for i := range r.Questions {
		see(strings.ToUpper(strings.ReplaceAll(r.Questions[i].Code, "_", "-")))
	}
	return fmt.Sprintf("%s-%02d", dimension, last+1)
}

// slug is the code of an answer: its first words.
func slug(label string, i int) string {
	s := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return ' '
	}, place.Fold(label))
	words := strings.Fields(s)
	if len(words) == 0 {
		return "reponse_" + strconv.Itoa(i+1)
	}
	return strings.Join(words[:min(3, len(words))], "_")
}

// Renumber gives the draft the number that its differences from its parent ask
// for: the next that no version has. others are all the numbers in use.
func Renumber(parent, draft *Referentiel, others []string) (*Referentiel, Faults) {
	major, minor, patch, ok := numberOf(parent.Version)
	if !ok {
		return nil, Faults{{"version", parent.Version, "Le numéro de la version de départ se lit mal. Il s’écrit comme 1.0.0."}}
	}
	out := copied(draft)
	for {
		switch Bump(parent, draft) {
		case Majeur:
			major, minor, patch = major+1, 0, 0
		case Mineur:
			minor, patch = minor+1, 0
		default:
			patch++
		}
		out.Version = fmt.Sprintf("%d.%d.%d", major, minor, patch)
		if !slices.Contains(others, out.Version) {
			return out, nil
		}
	}
}

// numberOf reads MAJOR.MINOR.PATCH.
func numberOf(version string) (major, minor, patch int, ok bool) {
	parts := strings.Split(version, ".")
	if len(parts) != 3 {
		return 0, 0, 0, false
	}
	var n [3]int
	for i, p := range parts {
		x, err := strconv.Atoi(p)
		if err != nil || x < 0 || x > 9999 || strconv.Itoa(x) != p {
			return 0, 0, 0, false
		}
		n[i] = x
	}
	return n[0], n[1], n[2], true
}
