package quality

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"mednum/internal/french"
	"mednum/internal/place"
)

const nbsp = french.Space

// decimal writes a number as the French do, all its places kept: "0,65".
func decimal(n Nombre) string { return decimals(n, 4) }

func decimals(n Nombre, places int) string { return n.French(places) }

// French writes a number as the French do, rounded half away from zero to at
// most so many places, without zeros at the end: "1 234,5", "−0,6".
func (n Nombre) French(places int) string {
	step := int64(Entier)
	for range places {
		step /= 10
	}
	x, sign := int64(n), ""
	if x < 0 {
		x, sign = -x, "−"
	}
	x = (x + step/2) / step * step
	if x == 0 {
		sign = ""
	}
	s := sign + french.Integer(x/int64(Entier))
	if rest := strings.TrimRight(fmt.Sprintf("%04d", x%int64(Entier)), "0"); rest != "" {
		s += "," + rest
	}
	return s
}

// points: "1 point", "1,5 point", "2 points": French counts as one what is under two.
func points(n Nombre) string {
	return decimal(n) + nbsp + french.Plural(int(n/Entier), "point", "points")
}

// pointsRounded has one decimal, what a score is published with.
func pointsRounded(n Nombre) string {
	return decimals(n, 1) + nbsp + french.Plural(int(n/Entier), "point", "points")
}

func percent(n Nombre) string { return decimals(n*100, 1) + nbsp + "%" }

func either(first bool, a, b string) string {
	if first {
		return a
	}
	return b
}

// longDate writes "2 avril 2024", "1er mai 2024"; "" when unknown.
func longDate(j Jour) string {
	if !j.Known() || j.Month < 1 || j.Month > 12 {
		return ""
	}
	return j.French()
}

// duration writes minutes: "35 h", "35 h 30", "45 min".
func duration(minutes int) string {
	switch {
	case minutes >= 60 && minutes%60 == 0:
		return french.Integer(int64(minutes/60)) + nbsp + "h"
	case minutes >= 60:
		return fmt.Sprintf("%s%sh%s%02d", french.Integer(int64(minutes/60)), nbsp, nbsp, minutes%60)
	}
	return strconv.Itoa(minutes) + nbsp + "min"
}

// metres writes a distance: "350 m", "1,2 km".
func metres(m int) string {
	if m < 1000 {
		return strconv.Itoa(m) + nbsp + "m"
	}
	return decimals(Nombre(min(int64(m), 200_000_000)*10), 1) + nbsp + "km"
}

func quoted(s string) string { return "« " + s + " »" }

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// fieldLabel is a column's title for people.
func fieldLabel(champ string) string {
	if c, ok := place.ColumnNamed(champ); ok {
		return c.Title
	}
	return champ
}

// valueLabel is a value of a column for people.
func valueLabel(champ, value string) string {
	if v, ok := place.VocabularyOf(champ); ok {
		return v.Label(value)
	}
	return value
}

func valueLabels(champ string, values []string) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = quoted(valueLabel(champ, v))
	}
	return out
}

func factLabel(name string) string {
	if f, ok := factNamed(name); ok {
		return f.Libelle
	}
	return name
}

// factValue says a number of a fact with its unit.
func factValue(name string, n Nombre) string {
	switch name {
	case "heures_semaine":
		return decimals(n, 2) + nbsp + "h par semaine"
	case "minutes_semaine":
		return decimals(n, 0) + nbsp + "min par semaine"
	case "presentation":
		return decimals(n, 0) + nbsp + "lettres"
	case "ecart_commune":
		return decimals(n, 0) + nbsp + "m"
	}
	return decimal(n)
}

var factWords = map[string]map[string]string{
	"horaires":    {"lisibles": "lisibles", "texte": "en texte libre", "aucun": "absents"},
	"pivot":       {"siret": "un SIRET", "rna": "un numéro RNA", "ridet": "un RIDET", "siren": "un SIREN", "aucun": "aucun numéro valable"},
	"hors_bureau": {"oui": "oui", "non": "non"},
	"acces_libre": {"oui": "oui", "non": "non"},
}

// factWord is a value of a fact for people.
func factWord(name, value string) string { return or(factWords[name][value], value) }

var contextLabels = map[string]string{"densite": "densité du territoire", "aide_locale": "pass ou aide locale actifs ici", "territoire": "type de territoire"}

func contextLabel(name string) string { return or(contextLabels[name], name) }

var contextWords = map[string]string{"dense": "territoire dense", "intermediaire": "territoire intermédiaire", "rural": "territoire rural", "itinerant": "lieu itinérant", "oui": "oui", "non": "non"}

func contextValue(value string) string { return or(contextWords[value], value) }

var measureLabels = map[string]string{"signalements_traites": "signalements traités en 30 jours"}

func measureLabel(name string) string { return or(measureLabels[name], name) }

func natureName(n Nature) string {
	switch n {
	case Calcule:
		return "calculé"
	case Declare:
		return "déclaré"
	case Verifie:
		return "vérifié"
	}
	return string(n)
}

func dimensionName(r *Referentiel, code string) string {
	for _, d := range r.Dimensions {
		if d.Code == code {
			return d.Libelle
		}
	}
	return code
}

func (r *Referentiel) critere(code string) *Critere {
	for i := range r.Criteres {
		if r.Criteres[i].Code == code {
			return &r.Criteres[i]
		}
	}
	return nil
}

func questionText(r *Referentiel, code string) string {
	if q := r.question(code); q != nil {
		return q.Texte
	}
	return code
}

func answerText(r *Referentiel, question, answer string) string {
	if q := r.question(question); q != nil {
		return answerLabel(q.Reponses, answer)
	}
	return answer
}

func preuveText(r *Referentiel, code string) string {
	if p := r.preuve(code); p != nil {
		return p.Libelle
	}
	return code
}

func resultText(r *Referentiel, preuve, result string) string {
	if p := r.preuve(preuve); p != nil {
		return answerLabel(p.Resultats, result)
	}
	return result
}

func answerLabel(answers []Reponse, code string) string {
	for _, a := range answers {
		if a.Code == code {
			return a.Libelle
		}
	}
	return code
}

// reads is what a criterion reads.
type reads struct {
	champs    map[string]bool // columns, those behind facts included
	direct    map[string]bool // columns named by the rule itself
	faits     map[string]bool
	questions map[string]bool
	preuves   map[string]bool
	contextes map[string]bool
	mesures   map[string]bool
}

func noReads() reads {
	return reads{map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}}
}

func readsOf(c *Critere) reads {
	r := noReads()
	if c.ApplicableSi != nil {
		walkPredicates(c.ApplicableSi, r.predicate)
	}
	walkRules(&c.Regle, func(x *Regle) {
		r.champ(x.Champ)
		for _, f := range x.Champs {
			r.champ(f)
		}
		for _, f := range x.Correspondances {
			r.champ(f)
		}
		r.fait(x.Fait)
		r.context(x.Contexte)
		set(r.questions, x.Question)
		set(r.preuves, x.Preuve)
		set(r.mesures, x.Mesure)
		for i := range x.Cas {
			walkPredicates(&x.Cas[i].Si, r.predicate)
		}
	})
	return r
}

func set(m map[string]bool, key string) {
	if key != "" {
		m[key] = true
	}
}

func (r reads) champ(name string) { set(r.champs, name); set(r.direct, name) }

func (r reads) fait(name string) {
	set(r.faits, name)
	if f, ok := factNamed(name); ok {
		for _, c := range f.Champs {
			set(r.champs, c)
		}
	}
}

func (r reads) context(name string) {
	set(r.contextes, name)
	if name == "territoire" { // an itinerant place is one by its own word
		set(r.champs, "itinerance")
	}
}

func (r reads) predicate(p *Predicat) {
	r.champ(p.Champ)
	r.fait(p.Fait)
	r.context(p.Contexte)
	set(r.questions, p.Question)
}

// walkRules visits a rule and all those inside it.
func walkRules(x *Regle, visit func(*Regle)) {
	visit(x)
	for i := range x.Parts {
		walkRules(&x.Parts[i].Regle, visit)
	}
	for i := range x.Regles {
		walkRules(&x.Regles[i], visit)
	}
}

func walkPredicates(p *Predicat, visit func(*Predicat)) {
	visit(p)
	for i := range p.De {
		walkPredicates(&p.De[i], visit)
	}
}

// outcome is one issue of a rule, when it is given, and where it is kept.
type outcome struct {
	when  string // "si …", "sinon"
	where string // path inside the rule: "lignes[0]"
	issue *Issue
	set   func(Issue)
}

// outcomes are the issues of one rule, not of those inside it, in its order.
func outcomes(r *Referentiel, x *Regle) []outcome {
	var out []outcome
	at := func(when, where string, i *Issue) {
		if i != nil {
			out = append(out, outcome{when, where, i, func(v Issue) { *i = v }})
		}
	}
	field := func() string { return "le champ " + quoted(fieldLabel(x.Champ)) }
	switch x.Type {
	case "present":
		at("si "+allFilled(x.Champs), "oui", x.Oui)
		at("sinon", "non", x.Non)
		x = &Regle{Sinon: x.Sinon, HorsSchema: x.HorsSchema}
	case "contient":
		at("si "+field()+" "+holdsWords(x.Champ, x.Valeurs, x.Sauf), "oui", x.Oui)
	default:
		at("si oui", "oui", x.Oui)
	}
	at("si non", "non", x.Non)
	for i := range x.Lignes {
		at("si "+field()+" vaut exactement "+french.Enumerate(valueLabels(x.Champ, x.Lignes[i].Valeurs), " et "), fmt.Sprintf("lignes[%d]", i), &x.Lignes[i].Issue)
	}
	for i := range x.Paliers {
		among := ""
		if len(x.Valeurs) > 0 {
			among = " parmi " + french.Enumerate(valueLabels(x.Champ, x.Valeurs), " et ")
		}
		if len(x.Sauf) > 0 {
			among += " hors " + french.Enumerate(valueLabels(x.Champ, x.Sauf), " et ")
		}
		at(fmt.Sprintf("si %s a au moins %s%s", field(), french.Count(x.Paliers[i].Minimum, "valeur", "valeurs"), among), fmt.Sprintf("paliers[%d]", i), &x.Paliers[i].Issue)
	}
	for i := range x.Cas {
		at("si "+condition(r, &x.Cas[i].Si), fmt.Sprintf("cas[%d]", i), &x.Cas[i].Issue)
	}
	for _, code := range slices.Sorted(maps.Keys(x.Resultats)) {
		issue := x.Resultats[code]
		when := "si la réponse est " + quoted(answerText(r, x.Question, code))
		if x.Preuve != "" {
			when = "si la vérification trouve " + quoted(resultText(r, x.Preuve, code))
		}
		results := x.Resultats
		out = append(out, outcome{when, "resultats." + code, &issue, func(v Issue) { results[code] = v }})
	}
	at("sinon", "sinon", x.Sinon)
	at("si le fichier de la source n’a pas cette colonne", "hors_schema", x.HorsSchema)
	return out
}

func allFilled(champs []string) string {
	labels := make([]string, len(champs))
	for i, c := range champs {
		labels[i] = quoted(fieldLabel(c))
	}
	if len(champs) == 1 {
		return "le champ " + labels[0] + " est rempli"
	}
	return "les champs " + french.Enumerate(labels, " et ") + " sont remplis"
}

func holdsWords(champ string, values, except []string) string {
	switch {
	case len(values) == 0 && len(except) == 0:
		return "a une valeur"
	case len(values) == 0:
		return "a une autre valeur que " + french.Enumerate(valueLabels(champ, except), " ou ")
	}
	return "contient " + french.Enumerate(valueLabels(champ, values), " ou ")
}

// worth is the value of an issue: "0,8", "inconnue", "sans objet".
func worth(i *Issue) string {
	switch {
	case i.Inconnu:
		return "inconnue"
	case i.SansObjet:
		return "sans objet"
	}
	return decimal(i.Valeur)
}

var comparisons = map[string]string{"<": "moins de", "<=": "au plus", ">": "plus de", ">=": "au moins", "=": "exactement"}

// condition says a predicate; "" for none.
func condition(r *Referentiel, p *Predicat) string {
	if p == nil {
		return ""
	}
	inner := func(last string) string {
		words := make([]string, len(p.De))
		for i := range p.De {
			words[i] = condition(r, &p.De[i])
			if len(p.De) > 1 && (p.De[i].Type == "et" || p.De[i].Type == "ou") && p.De[i].Type != p.Type {
				words[i] = "(" + words[i] + ")"
			}
		}
		return strings.Join(words, last)
	}
	switch p.Type {
	case "present":
		return allFilled([]string{p.Champ})
	case "schema":
		return "le fichier de la source a la colonne " + quoted(fieldLabel(p.Champ))
	case "contient":
		return "le champ " + quoted(fieldLabel(p.Champ)) + " " + holdsWords(p.Champ, p.Valeurs, p.Sauf)
	case "egal":
		switch {
		case p.Champ != "":
			return "le champ " + quoted(fieldLabel(p.Champ)) + " vaut exactement " + quoted(valueLabel(p.Champ, p.Valeur))
		case p.Fait != "":
			return quoted(factLabel(p.Fait)) + " : " + factWord(p.Fait, p.Valeur)
		case p.Question != "":
			return "la réponse à " + quoted(questionText(r, p.Question)) + " est " + quoted(answerText(r, p.Question, p.Valeur))
		}
		return quoted(contextLabel(p.Contexte)) + " : " + contextValue(p.Valeur)
	case "compare":
		n := ""
		if p.Nombre != nil {
			n = factValue(p.Fait, *p.Nombre)
		}
		return quoted(factLabel(p.Fait)) + " : " + or(comparisons[p.Operateur], p.Operateur) + " " + n
	case "et":
		return inner(" et ")
	case "ou":
		return inner(" ou ")
	case "non":
		if len(p.De) == 1 {
			d := &p.De[0]
			switch d.Type {
			case "present":
				return "le champ " + quoted(fieldLabel(d.Champ)) + " n’est pas rempli"
			case "contient":
				if len(d.Valeurs) > 0 {
					return "le champ " + quoted(fieldLabel(d.Champ)) + " ne contient pas " + french.Enumerate(valueLabels(d.Champ, d.Valeurs), " ni ")
				}
			case "egal":
				if d.Contexte != "" {
					return quoted(contextLabel(d.Contexte)) + " : autre que " + contextValue(d.Valeur)
				}
				if d.Question != "" {
					return "la réponse à " + quoted(questionText(r, d.Question)) + " n’est pas " + quoted(answerText(r, d.Question, d.Valeur))
				}
			}
		}
		return "il n’est pas vrai que " + inner(" et ")
	}
	return "une condition inconnue"
}

// span says the bounds of a rampe: "de 0 h à 20 h par semaine".
func span(fait string, b Bornes) string {
	return "de " + decimal(b.De) + " à " + factValue(fait, b.A)
}

// describe says a whole rule in words, from its parts alone.
func describe(r *Referentiel, x *Regle) string {
	var says []string
	switch x.Type {
	case "rampe":
		if x.Bornes != nil {
			says = append(says, "la valeur va de 0 à 1 quand "+quoted(factLabel(x.Fait))+" va "+span(x.Fait, *x.Bornes))
		}
		for _, k := range slices.Sorted(maps.Keys(x.Profils)) {
			says = append(says, contextValue(k)+" : "+span(x.Fait, x.Profils[k]))
		}
	case "age":
		says = append(says, fmt.Sprintf("1 jusqu’à %d mois, puis de moins en moins, 0 à %d mois", x.Plein, x.Nul))
	case "coherence":
		says = append(says, "la part des valeurs de "+quoted(fieldLabel(x.Champ))+" dont le champ est rempli")
	case "ratio_plateforme":
		says = append(says, fmt.Sprintf("la part de %s, à partir de %d cas", quoted(measureLabel(x.Mesure)), x.NMin))
	case "somme_ponderee":
		for i := range x.Parts {
			says = append(says, percent(x.Parts[i].Poids)+" : "+describe(r, &x.Parts[i].Regle))
		}
	case "premiere_evaluable":
		for i := range x.Regles {
			says = append(says, either(i == 0, "d’abord ", "à défaut ")+describe(r, &x.Regles[i]))
		}
	case "meilleur_de":
		for i := range x.Regles {
			says = append(says, either(i == 0, "le meilleur de : ", "ou ")+describe(r, &x.Regles[i]))
		}
	case "declaration":
		says = append(says, "selon la réponse à "+quoted(questionText(r, x.Question)))
	case "verification":
		says = append(says, "selon la vérification "+quoted(preuveText(r, x.Preuve)))
	}
	for _, o := range outcomes(r, x) {
		says = append(says, worth(o.issue)+" "+o.when)
	}
	return strings.Join(says, " ; ")
}

// copied is a version that can be changed and leaves the other as it was.
func copied(r *Referentiel) *Referentiel {
	var c Referentiel
	text, err := json.Marshal(r)
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	if err != nil {
		// Only a golden example's raw JSON can be wrong: everything else is typed.
		c = *r
		c.Exemples = nil
		return copied(&c)
	}
	return &c
}

// encoded is a text that differs when v does.
func encoded(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return "?" + err.Error()
	}
	return string(text)
}

// fullText is a version as text but for its number.
func fullText(r *Referentiel) []byte {
	c := *r
	c.Version = ""
	return []byte(encoded(&c))
}
