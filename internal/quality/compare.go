package quality

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"mednum/internal/french"
)

// Saut is how far the number of a version moves for a change.
type Saut string

const (
	Correctif Saut = "correctif" // words are corrected: no result changes
	Mineur    Saut = "mineur"    // words, questions or examples are added: no result changes
	Majeur    Saut = "majeur"    // results may change
)

// Changement is one difference between two versions, in plain words.
type Changement struct {
	Saut    Saut   `json:"saut"`
	Critere string `json:"critere,omitempty"` // code; "" of the whole version
	Sujet   string `json:"sujet"`             // what it is about, for people: a libellé
	Phrase  string `json:"phrase"`
	Avant   string `json:"avant,omitempty"` // of texts that are reworded
	Apres   string `json:"apres,omitempty"`
}

// Bump is the jump that the differences between two versions ask of the
// number: "" when nothing changes. It is not read off the sentences but off
// what remains of both documents once the words are taken out, so that no
// change of results can be called a correction.
func Bump(before, after *Referentiel) Saut {
	if !bytes.Equal(skeleton(before), skeleton(after)) {
		return Majeur
	}
	var jump Saut
	for _, c := range differences(before, after) {
		if c.Saut == Mineur || c.Saut == Majeur {
			return Mineur
		}
		jump = Correctif
	}
	return jump
}

// Compare says in words what changes from one version to another: the whole
// first, then by criterion in the order of the later version. A difference
// that only touches words says so, and when all do, one sentence tells.
func Compare(before, after *Referentiel) []Changement {
	out := differences(before, after)
	if len(out) > 0 && Bump(before, after) != Majeur {
		out = slices.Insert(out, 0, Changement{Saut: out[0].Saut, Sujet: "La version",
			Phrase: "Seuls des textes, des questions ou des exemples changent : aucun score ne change."})
		for _, c := range out {
			if c.Saut == Mineur {
				out[0].Saut = Mineur
			}
		}
	}
	return out
}

// differences are the sentences, with a last general one for what they would
// not have seen.
func differences(before, after *Referentiel) []Changement {
	d := &difference{before: before, after: after}
	d.version()
	d.criteria()
	d.asked()
	sure := slices.ContainsFunc(d.out, func(c Changement) bool { return c.Saut == Majeur })
	switch {
	case !sure && !bytes.Equal(skeleton(before), skeleton(after)):
		d.say(Majeur, "", "La version", "Le calcul change dans l’ordre ou le détail de ses parties.")
	case len(d.out) == 0 && !bytes.Equal(fullText(before), fullText(after)):
		d.say(Correctif, "", "La version", "Un détail d’écriture change.")
	}
	return d.out
}

type difference struct {
	before, after *Referentiel
	out           []Changement
}

func (d *difference) say(jump Saut, critere, sujet, format string, args ...any) {
	d.out = append(d.out, Changement{Saut: jump, Critere: critere, Sujet: sujet, Phrase: fmt.Sprintf(format, args...)})
}

// text says that words changed: added where there were none, else corrected.
func (d *difference) text(critere, sujet, name, before, after string) {
	switch {
	case before == after:
	case before == "":
		d.out = append(d.out, Changement{Mineur, critere, sujet, fmt.Sprintf("Un texte est ajouté à %s : %s.", quoted(sujet), name), before, after})
	case after == "":
		d.out = append(d.out, Changement{Mineur, critere, sujet, fmt.Sprintf("Un texte est retiré de %s : %s.", quoted(sujet), name), before, after})
	default:
		d.out = append(d.out, Changement{Correctif, critere, sujet, fmt.Sprintf("Dans %s, un texte est reformulé : %s.", quoted(sujet), name), before, after})
	}
}

// moved says a number that moved: "passe de 4 à 5 points", "de 70 % à 75 %".
func (d *difference) moved(critere, sujet, what string, before, after Nombre, unit func(Nombre) string) {
	if before != after {
		from, _, _ := strings.Cut(unit(before), nbsp+"point")
		d.say(Majeur, critere, sujet, "%s passe de %s à %s.", what, from, unit(after))
	}
}

func (d *difference) version() {
	b, a := &d.before.Parametres, &d.after.Parametres
	const v, c, n = "La version", "La confiance", "Les niveaux"
	d.text("", v, "le titre", d.before.Titre, d.after.Titre)
	d.text("", v, "la présentation", d.before.Presentation, d.after.Presentation)
	d.moved("", v, "La part du score strict", b.Rho, a.Rho, percent)
	if b.Decimales != a.Decimales {
		d.say(Majeur, "", v, "Le nombre de décimales des scores passe de %d à %d.", b.Decimales, a.Decimales)
	}
	d.moved("", v, "La valeur à partir de laquelle un critère est satisfait", b.Satisfait, a.Satisfait, decimal)
	d.moved("", v, "La valeur à partir de laquelle un critère est partiel", b.Partiel, a.Partiel, decimal)
	d.moved("", n, "La couverture demandée pour une lettre unique", b.Confirme, a.Confirme, percent)
	d.moved("", n, "La couverture demandée pour une fourchette de lettres", b.Provisoire, a.Provisoire, percent)
	d.levels(b.Niveaux, a.Niveaux)
	for _, m := range []struct {
		what          string
		before, after Nombre
	}{
		{"La force d’une vérification", b.Confiance.Verifie, a.Confiance.Verifie},
		{"La force d’une donnée calculée", b.Confiance.Calcule, a.Confiance.Calcule},
		{"La force d’une déclaration", b.Confiance.Declare, a.Confiance.Declare},
		{"La force d’une valeur que la source donne à tous ses lieux", b.Confiance.Constante, a.Confiance.Constante},
		{"La force d’une donnée ancienne", b.Confiance.AncienValeur, a.Confiance.AncienValeur},
		{"La force d’un résultat contesté", b.Confiance.Conteste, a.Confiance.Conteste},
		{"Le seuil d’une confiance haute", b.Confiance.Haute, a.Confiance.Haute},
		{"Le seuil d’une confiance moyenne", b.Confiance.Moyenne, a.Confiance.Moyenne},
	} {
		d.moved("", c, m.what, m.before, m.after, decimal)
	}
	if b.Confiance.FraicheurMois != a.Confiance.FraicheurMois {
		d.say(Majeur, "", c, "Une donnée reste fraîche %d mois au lieu de %d.", a.Confiance.FraicheurMois, b.Confiance.FraicheurMois)
	}
	if b.Confiance.AncienMois != a.Confiance.AncienMois {
		d.say(Majeur, "", c, "Une donnée est ancienne à %d mois au lieu de %d.", a.Confiance.AncienMois, b.Confiance.AncienMois)
	}
	// What a simulation asks of a committee changes no result.
	if b.Alertes.ChangentDeNiveau != a.Alertes.ChangentDeNiveau {
		d.say(Mineur, "", v, "L’alerte d’une simulation passe de %s à %s de lieux qui changent de niveau.", percent(b.Alertes.ChangentDeNiveau), percent(a.Alertes.ChangentDeNiveau))
	}
	if b.Alertes.MedianeGroupe != a.Alertes.MedianeGroupe {
		d.say(Mineur, "", v, "L’alerte d’une simulation passe de %s à %s de médiane d’un groupe.", points(b.Alertes.MedianeGroupe), points(a.Alertes.MedianeGroupe))
	}
	d.dimensions()
}

func (d *difference) levels(before, after []Niveau) {
	const n = "Les niveaux"
	old := map[string]Niveau{}
	for _, l := range before {
		old[l.Code] = l
	}
	for _, l := range after {
		was, ok := old[l.Code]
		if !ok {
			d.say(Majeur, "", n, "Le niveau %s est ajouté, à partir de %s.", l.Code, points(l.Score))
			continue
		}
		delete(old, l.Code)
		the := "Pour le niveau " + l.Code + ", "
		d.text("", "Niveau "+l.Code, "le libellé", was.Libelle, l.Libelle)
		d.moved("", n, the+"le score demandé", was.Score, l.Score, points)
		d.moved("", n, the+"la couverture demandée", was.Couverture, l.Couverture, percent)
		d.limit(the+"le nombre d’essentiels manquants admis", was.EssentielsManquants, l.EssentielsManquants)
		d.limit(the+"le nombre d’essentiels inconnus admis", was.EssentielsInconnus, l.EssentielsInconnus)
		d.asks(the+"la confiance demandée", was.Confiance, l.Confiance)
		d.asks(the+"le plancher de chaque dimension", was.DimensionPlancher, l.DimensionPlancher)
	}
	for _, l := range before {
		if _, gone := old[l.Code]; gone {
			d.say(Majeur, "", n, "Le niveau %s est supprimé.", l.Code)
		}
	}
}

func (d *difference) limit(what string, before, after *int) {
	told := func(n *int) string {
		if n == nil {
			return "sans limite"
		}
		return strconv.Itoa(*n)
	}
	if told(before) != told(after) {
		d.say(Majeur, "", "Les niveaux", "%s passe de %s à %s.", what, told(before), told(after))
	}
}

func (d *difference) asks(what string, before, after *Nombre) {
	told := func(n *Nombre) string {
		if n == nil {
			return "rien"
		}
		return decimal(*n)
	}
	if told(before) != told(after) {
		d.say(Majeur, "", "Les niveaux", "%s passe de %s à %s.", what, told(before), told(after))
	}
}

func (d *difference) dimensions() {
	old := map[string]string{}
	for _, x := range d.before.Dimensions {
		old[x.Code] = x.Libelle
	}
	for _, x := range d.after.Dimensions {
		was, ok := old[x.Code]
		if !ok {
			d.say(Majeur, "", x.Libelle, "La dimension %s est ajoutée.", quoted(x.Libelle))
		} else {
			d.text("", x.Libelle, "le nom de la dimension", was, x.Libelle)
		}
		delete(old, x.Code)
	}
	for _, x := range d.before.Dimensions {
		if _, gone := old[x.Code]; gone {
			d.say(Majeur, "", x.Libelle, "La dimension %s est supprimée.", quoted(x.Libelle))
		}
	}
}

func (d *difference) criteria() {
	old := map[string]*Critere{}
	var oldOrder, newOrder []string
	for i := range d.before.Criteres {
		old[d.before.Criteres[i].Code] = &d.before.Criteres[i]
	}
	for i := range d.after.Criteres {
		c := &d.after.Criteres[i]
		was, ok := old[c.Code]
		if !ok {
			d.say(Majeur, c.Code, c.Libelle, "Le critère %s est ajouté, avec %s.", quoted(c.Libelle), points(c.Poids))
			continue
		}
		newOrder = append(newOrder, c.Code)
		delete(old, c.Code)
		d.critere(was, c)
	}
	for i := range d.before.Criteres {
		c := &d.before.Criteres[i]
		if _, gone := old[c.Code]; gone {
			d.say(Majeur, c.Code, c.Libelle, "Le critère %s est retiré ; il comptait pour %s.", quoted(c.Libelle), points(c.Poids))
		} else {
			oldOrder = append(oldOrder, c.Code)
		}
	}
	if !slices.Equal(oldOrder, newOrder) {
		d.say(Majeur, "", "La version", "Les critères sont rangés dans un autre ordre.")
	}
}

func (d *difference) critere(b, a *Critere) {
	d.text(a.Code, a.Libelle, "le libellé", b.Libelle, a.Libelle)
	d.text(a.Code, a.Libelle, "la question", b.Question, a.Question)
	d.moved(a.Code, a.Libelle, "Le poids de "+quoted(a.Libelle), b.Poids, a.Poids, points)
	if b.Dimension != a.Dimension {
		d.say(Majeur, a.Code, a.Libelle, "%s passe de la dimension %s à la dimension %s.", quoted(a.Libelle),
			quoted(dimensionName(d.before, b.Dimension)), quoted(dimensionName(d.after, a.Dimension)))
	}
	if b.Essentiel != a.Essentiel {
		if a.Essentiel {
			d.say(Majeur, a.Code, a.Libelle, "%s devient une garantie essentielle.", quoted(a.Libelle))
		} else {
			d.say(Majeur, a.Code, a.Libelle, "%s n’est plus une garantie essentielle.", quoted(a.Libelle))
		}
	}
	if b.Nature != a.Nature {
		d.say(Majeur, a.Code, a.Libelle, "%s est désormais %s, et non plus %s.", quoted(a.Libelle), natureName(a.Nature), natureName(b.Nature))
	}
	if b.SiAbsent != a.SiAbsent {
		if a.SiAbsent == Zero {
			d.say(Majeur, a.Code, a.Libelle, "Pour %s, une information absente vaut désormais zéro.", quoted(a.Libelle))
		} else {
			d.say(Majeur, a.Code, a.Libelle, "Pour %s, une information absente est désormais inconnue, et ne compte pas contre le lieu.", quoted(a.Libelle))
		}
	}
	before, after := condition(d.before, b.ApplicableSi), condition(d.after, a.ApplicableSi)
	if before != after {
		switch {
		case b.ApplicableSi == nil:
			d.say(Majeur, a.Code, a.Libelle, "%s ne concerne plus que les lieux où %s.", quoted(a.Libelle), after)
		case a.ApplicableSi == nil:
			d.say(Majeur, a.Code, a.Libelle, "%s concerne désormais tous les lieux.", quoted(a.Libelle))
		default:
			d.out = append(d.out, Changement{Majeur, a.Code, a.Libelle, fmt.Sprintf("%s ne concerne plus les mêmes lieux.", quoted(a.Libelle)), before, after})
		}
	}
	d.rule(a, &b.Regle, &a.Regle, "")
	for _, t := range []struct{ name, before, after string }{
		{"la règle", b.Textes.Regle, a.Textes.Regle},
		{"la phrase d’une information absente", b.Textes.Absent, a.Textes.Absent},
		{"la phrase d’un critère sans objet", b.Textes.SansObjet, a.Textes.SansObjet},
		{"l’action conseillée", b.Textes.Action, a.Textes.Action},
		{"la garantie tenue", b.Textes.Tenue, a.Textes.Tenue},
		{"la garantie qui manque", b.Textes.Manque, a.Textes.Manque},
		{"la garantie à confirmer", b.Textes.Confirmer, a.Textes.Confirmer},
	} {
		d.text(a.Code, a.Libelle, t.name, t.before, t.after)
	}
}

// rule compares two rules of a criterion branch by branch where they have the
// same shape, and as a whole where they have not. where is "" or which part.
func (d *difference) rule(ac *Critere, b, a *Regle, where string) {
	in := "Dans " + quoted(ac.Libelle) + where
	other := func() {
		d.out = append(d.out, Changement{Majeur, ac.Code, ac.Libelle, in + ", la règle de calcul change.", describe(d.before, b), describe(d.after, a)})
	}
	if b.Type != a.Type || len(b.Parts) != len(a.Parts) || len(b.Regles) != len(a.Regles) {
		other()
		return
	}
	// What it reads, without what it answers.
	head := func(x *Regle) string {
		return encoded(&Regle{Type: x.Type, Champ: x.Champ, Champs: x.Champs, Fait: x.Fait, Valeurs: x.Valeurs, Sauf: x.Sauf, Contexte: x.Contexte,
			Correspondances: x.Correspondances, Question: x.Question, Preuve: x.Preuve, Mesure: x.Mesure})
	}
	if head(b) != head(a) {
		other()
		return
	}
	d.bounds(ac, b, a, in)
	d.text(ac.Code, ac.Libelle, "la phrase du résultat"+where, b.Phrase, a.Phrase)
	old := map[string]outcome{}
	for _, o := range outcomes(d.before, b) {
		old[o.when] = o
	}
	var kept, order []string
	for _, o := range outcomes(d.after, a) {
		was, ok := old[o.when]
		if !ok {
			d.say(Majeur, ac.Code, ac.Libelle, "%s, un cas est ajouté : %s, la valeur est %s.", in, o.when, worth(o.issue))
			continue
		}
		kept = append(kept, o.when)
		if worth(was.issue) != worth(o.issue) {
			d.say(Majeur, ac.Code, ac.Libelle, "%s, la valeur passe de %s à %s %s.", in, worth(was.issue), worth(o.issue), o.when)
		}
		d.text(ac.Code, ac.Libelle, "la phrase dite "+o.when, was.issue.Phrase, o.issue.Phrase)
		delete(old, o.when)
	}
	for _, o := range outcomes(d.before, b) {
		if _, gone := old[o.when]; gone {
			d.say(Majeur, ac.Code, ac.Libelle, "%s, un cas est retiré : %s, la valeur était %s.", in, o.when, worth(o.issue))
		} else {
			order = append(order, o.when)
		}
	}
	if !slices.Equal(kept, order) {
		d.say(Majeur, ac.Code, ac.Libelle, "%s, les cas sont essayés dans un autre ordre.", in)
	}
	for i := range a.Parts {
		name := partName(d.after, &a.Parts[i].Regle, i)
		d.moved(ac.Code, ac.Libelle, in+", la part de "+name, b.Parts[i].Poids, a.Parts[i].Poids, percent)
		d.rule(ac, &b.Parts[i].Regle, &a.Parts[i].Regle, where+", pour "+name)
	}
	for i := range a.Regles {
		d.rule(ac, &b.Regles[i], &a.Regles[i], fmt.Sprintf("%s, règle %d", where, i+1))
	}
}

// partName is what a part of a sum is about, for people.
func partName(r *Referentiel, x *Regle, i int) string {
	read := readsOf(&Critere{Regle: *x})
	var names []string
	for _, f := range x.ChampsLus() {
		names = append(names, quoted(fieldLabel(f)))
	}
	for _, code := range slices.Sorted(maps.Keys(read.questions)) {
		names = append(names, quoted(questionText(r, code)))
	}
	for _, code := range slices.Sorted(maps.Keys(read.preuves)) {
		names = append(names, quoted(preuveText(r, code)))
	}
	if len(names) == 0 || len(names) > 4 {
		return fmt.Sprintf("la partie %d", i+1)
	}
	return french.Enumerate(names, " et ")
}

// bounds compares the thresholds of the continuous rules.
func (d *difference) bounds(ac *Critere, b, a *Regle, in string) {
	one := func(profile string, was, now *Bornes) {
		switch {
		case was == nil && now == nil:
		case was == nil:
			d.say(Majeur, ac.Code, ac.Libelle, "%s, un seuil est ajouté%s : %s.", in, profile, span(a.Fait, *now))
		case now == nil:
			d.say(Majeur, ac.Code, ac.Libelle, "%s, un seuil est retiré%s : %s.", in, profile, span(b.Fait, *was))
		case *was != *now:
			d.say(Majeur, ac.Code, ac.Libelle, "%s, le seuil%s va désormais %s ; il allait %s.", in, profile, span(a.Fait, *now), span(b.Fait, *was))
		}
	}
	one("", b.Bornes, a.Bornes)
	profiles := map[string]bool{}
	for k := range b.Profils {
		profiles[k] = true
	}
	for k := range a.Profils {
		profiles[k] = true
	}
	for _, k := range slices.Sorted(maps.Keys(profiles)) {
		var was, now *Bornes
		if x, ok := b.Profils[k]; ok {
			was = &x
		}
		if x, ok := a.Profils[k]; ok {
			now = &x
		}
		one(" pour le profil "+quoted(contextValue(k)), was, now)
	}
	for _, m := range []struct {
		what          string
		before, after int
	}{{"la pleine valeur", b.Plein, a.Plein}, {"la valeur nulle", b.Nul, a.Nul}} {
		if m.before != m.after {
			d.say(Majeur, ac.Code, ac.Libelle, "%s, %s est à %d mois au lieu de %d.", in, m.what, m.after, m.before)
		}
	}
	if b.NMin != a.NMin {
		d.say(Majeur, ac.Code, ac.Libelle, "%s, il faut %d cas au lieu de %d pour conclure.", in, a.NMin, b.NMin)
	}
}

// asked compares what is asked and verified, examples and residues.
func (d *difference) asked() {
	type asked struct {
		code, text, help string
		months           int
		answers          []Reponse
	}
	compare := func(before, after []asked, one, added, removed string, used func(*Referentiel, string) bool) {
		old := map[string]asked{}
		for _, q := range before {
			old[q.code] = q
		}
		for _, q := range after {
			was, ok := old[q.code]
			if !ok {
				d.say(Mineur, "", one, "%s : %s.", added, quoted(q.text))
				continue
			}
			delete(old, q.code)
			d.text("", q.text, "le texte", was.text, q.text)
			d.text("", q.text, "l’aide", was.help, q.help)
			if was.months != q.months {
				jump := Mineur
				if used(d.before, q.code) || used(d.after, q.code) {
					jump = Majeur
				}
				d.say(jump, "", q.text, "La validité de %s passe de %d à %d mois.", quoted(q.text), was.months, q.months)
			}
			answers := map[string]string{}
			for _, r := range was.answers {
				answers[r.Code] = r.Libelle
			}
			for _, r := range q.answers {
				if label, ok := answers[r.Code]; ok {
					d.text("", q.text, "la réponse "+quoted(label), label, r.Libelle)
				} else {
					d.say(Mineur, "", q.text, "La réponse %s est ajoutée à %s.", quoted(r.Libelle), quoted(q.text))
				}
				delete(answers, r.Code)
			}
			for _, r := range was.answers {
				if _, gone := answers[r.Code]; gone {
					d.say(Mineur, "", q.text, "La réponse %s est retirée de %s.", quoted(r.Libelle), quoted(q.text))
				}
			}
		}
		for _, q := range before {
			if _, gone := old[q.code]; gone {
				d.say(Mineur, "", one, "%s : %s.", removed, quoted(q.text))
			}
		}
	}
	questions := func(r *Referentiel) []asked {
		var out []asked
		for _, q := range r.Questions {
			out = append(out, asked{q.Code, q.Texte, q.Aide, q.ValiditeMois, q.Reponses})
		}
		return out
	}
	proofs := func(r *Referentiel) []asked {
		var out []asked
		for _, p := range r.Preuves {
			out = append(out, asked{p.Code, p.Libelle, "", p.ValiditeMois, p.Resultats})
		}
		return out
	}
	compare(questions(d.before), questions(d.after), "Le questionnaire", "Une question est ajoutée", "Une question est retirée", usesQuestion)
	compare(proofs(d.before), proofs(d.after), "Les vérifications", "Une vérification est ajoutée", "Une vérification est retirée", usesPreuve)
	d.examples()
	if encoded(d.before.Residus) != encoded(d.after.Residus) {
		d.say(Mineur, "", "La version", "Les cas acceptés où taire une information rapporte changent.")
	}
	if !slices.Equal(d.before.CodesRetires, d.after.CodesRetires) {
		d.say(Mineur, "", "La version", "Les codes retirés sont désormais : %s.", or(french.Enumerate(d.after.CodesRetires, " et "), "aucun"))
	}
}

// examples says which golden cases move, by their score.
func (d *difference) examples() {
	if encoded(d.before.Exemples) == encoded(d.after.Exemples) {
		return
	}
	type told struct {
		Score  *Nombre `json:"score"`
		Niveau string  `json:"niveau"`
	}
	read := func(x *Exemple) (t told) {
		if json.Unmarshal(x.Attendu, &t) != nil {
			return told{} // an example says what it wants of a result, or nothing of these
		}
		return t
	}
	old := map[string]*Exemple{}
	for i := range d.before.Exemples {
		old[d.before.Exemples[i].Titre] = &d.before.Exemples[i]
	}
	said := len(d.out)
	for i := range d.after.Exemples {
		x := &d.after.Exemples[i]
		was := old[x.Titre]
		delete(old, x.Titre)
		if was == nil {
			d.say(Mineur, "", "Les exemples", "Un exemple est ajouté : %s.", quoted(x.Titre))
			continue
		}
		b, a := read(was), read(x)
		if b.Score == nil || a.Score == nil || *b.Score == *a.Score && b.Niveau == a.Niveau {
			continue
		}
		level := ""
		if b.Niveau != a.Niveau {
			level = fmt.Sprintf(", et le niveau de %s à %s", or(b.Niveau, "aucun"), or(a.Niveau, "aucun"))
		}
		d.say(Mineur, "", "Les exemples", "Exemple %s : le score passe de %s à %s%s.", quoted(x.Titre), decimal(*b.Score), decimal(*a.Score), level)
	}
	for i := range d.before.Exemples {
		if _, gone := old[d.before.Exemples[i].Titre]; gone {
			d.say(Mineur, "", "Les exemples", "Un exemple est retiré : %s.", quoted(d.before.Exemples[i].Titre))
		}
	}
	if len(d.out) == said {
		d.say(Mineur, "", "Les exemples", "Des exemples changent, sans que leur score change.")
	}
}

func usesQuestion(r *Referentiel, code string) bool {
	return slices.ContainsFunc(r.Criteres, func(c Critere) bool { return readsOf(&c).questions[code] })
}

func usesPreuve(r *Referentiel, code string) bool {
	return slices.ContainsFunc(r.Criteres, func(c Critere) bool { return readsOf(&c).preuves[code] })
}

// skeleton is a version without what changes no result: words, examples,
// residues, thresholds of alerts, and what is asked but read by no criterion.
func skeleton(r *Referentiel) []byte {
	s := copied(r)
	s.Version, s.Titre, s.Presentation = "", "", ""
	s.Exemples, s.Residus, s.CodesRetires = nil, nil, nil
	s.Parametres.Alertes = Alertes{}
	for i := range s.Parametres.Niveaux {
		s.Parametres.Niveaux[i].Libelle = ""
	}
	for i := range s.Dimensions {
		s.Dimensions[i].Libelle = ""
	}
	var questions []Question
	for _, q := range s.Questions {
		if usesQuestion(r, q.Code) {
			questions = append(questions, Question{Code: q.Code, ValiditeMois: q.ValiditeMois})
		}
	}
	var preuves []Preuve
	for _, p := range s.Preuves {
		if usesPreuve(r, p.Code) {
			preuves = append(preuves, Preuve{Code: p.Code, ValiditeMois: p.ValiditeMois})
		}
	}
	slices.SortFunc(questions, func(a, b Question) int { return strings.Compare(a.Code, b.Code) })
	slices.SortFunc(preuves, func(a, b Preuve) int { return strings.Compare(a.Code, b.Code) })
	s.Questions, s.Preuves = questions, preuves
	for i := range s.Criteres {
		c := &s.Criteres[i]
		c.Libelle, c.Question, c.Textes = "", "", Textes{}
		walkRules(&c.Regle, func(x *Regle) {
			x.Phrase = ""
			for _, o := range outcomes(s, x) {
				o.set(Issue{Valeur: o.issue.Valeur, Inconnu: o.issue.Inconnu, SansObjet: o.issue.SansObjet})
			}
		})
	}
	return fullText(s)
}
