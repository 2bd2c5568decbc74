package quality

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"mednum/internal/french"
	"mednum/internal/place"
)

// Explication is a score as people read it: beside every number its sentence,
// and no code where somebody reads. The API sends it as it is, the pages show
// the same words.
type Explication struct {
	Version string `json:"version"`
	Titre   string `json:"titre"` // of the version
	Date    Jour   `json:"date"`  // of reference
	Source  string `json:"source,omitempty"`
	Resume  string `json:"resume"` // the whole in two or three sentences

	Etat        Etat            `json:"etat"`
	Score       *Nombre         `json:"score"`            // 0–100; null when nothing is evaluated
	Niveau      string          `json:"niveau,omitempty"` // only confirme
	NiveauMin   string          `json:"niveau_min,omitempty"`
	NiveauMax   string          `json:"niveau_max,omitempty"`
	NiveauTexte string          `json:"niveau_texte"` // "B (bon)", "entre D et B", "non attribué"
	Couverture  Lecture         `json:"couverture"`   // 0–1
	Confiance   LectureBande    `json:"confiance"`    // 0–100
	Socle       SocleLu         `json:"socle"`
	Reexamen    string          `json:"reexamen,omitempty"` // a contest under way could change the level
	Prochain    *ProchainNiveau `json:"prochain_niveau"`    // null at the top
	Actions     []Action        `json:"actions"`            // one a criterion, greatest gain first
	Champs      []ActionChamp   `json:"champs"`             // by field to fill or question to answer, greatest gain first
	Dimensions  []DimensionLue  `json:"dimensions"`
	Criteres    []CritereLu     `json:"criteres"` // in the version's order
	AVenir      *AVenir         `json:"version_a_venir,omitempty"`
}

// Lecture is a number and what it means.
type Lecture struct {
	Valeur Nombre `json:"valeur"`
	Phrase string `json:"phrase"`
}

// LectureBande is a confidence: its band and why.
type LectureBande struct {
	Valeur  Nombre   `json:"valeur"`
	Bande   string   `json:"bande"` // "haute", "moyenne", "basse"
	Phrase  string   `json:"phrase"`
	Raisons []string `json:"raisons"` // what lowers it, most first
}

// SocleLu is the essential guarantees.
type SocleLu struct {
	Phrase    string     `json:"phrase"` // "Socle : 5 garanties sur 7, 2 à confirmer."
	Garanties []Garantie `json:"garanties"`
}

// Garantie is an essential criterion as the citizen reads it.
type Garantie struct {
	Code    string `json:"code"`
	Libelle string `json:"libelle"`
	Etat    string `json:"etat"` // "tenue", "manquante", "inconnue"
	Phrase  string `json:"phrase"`
}

// ProchainNiveau says exactly what separates a place from a level.
type ProchainNiveau struct {
	Niveau  string   `json:"niveau"`
	Libelle string   `json:"libelle"`
	Phrases []string `json:"phrases"` // one for each thing that is missing
	Points  Nombre   `json:"points"`  // missing to the score, rounded up; 0: none
	Manques []string `json:"manques"` // codes of the essentials that stand in the way
}

// Action is what would gain on one criterion.
type Action struct {
	Critere     string `json:"critere"`
	Libelle     string `json:"libelle"`
	Phrase      string `json:"phrase"`     // "Publiez vos horaires."
	GainScore   Nombre `json:"gain_score"` // points of score, the aggregation run again
	GainTexte   string `json:"gain_texte"` // "+4,2 points"
	NiveauApres string `json:"niveau_apres,omitempty"`
}

// ActionChamp is what filling one field well, or answering one question, would
// gain over all criteria that read it.
type ActionChamp struct {
	Champ       string   `json:"champ,omitempty"`    // column of the standard
	Question    string   `json:"question,omitempty"` // of the questionnaire
	Preuve      string   `json:"preuve,omitempty"`   // to be verified
	Libelle     string   `json:"libelle"`
	Phrase      string   `json:"phrase"`
	Criteres    []string `json:"criteres"` // codes, in the version's order
	GainScore   Nombre   `json:"gain_score"`
	GainTexte   string   `json:"gain_texte"`
	NiveauApres string   `json:"niveau_apres,omitempty"`
}

// DimensionLue is a line of the profile.
type DimensionLue struct {
	Code       string  `json:"code"`
	Libelle    string  `json:"libelle"`
	Observe    *Nombre `json:"observe"` // 0–100; null when nothing is evaluated
	Couverture Nombre  `json:"couverture"`
	Phrase     string  `json:"phrase"`
}

// CritereLu is a criterion and what it says of this place.
type CritereLu struct {
	Code        string    `json:"code"`
	Libelle     string    `json:"libelle"`
	Question    string    `json:"question"`
	Dimension   string    `json:"dimension"` // its libellé
	Essentiel   bool      `json:"essentiel"`
	Statut      Statut    `json:"statut"`
	StatutLu    string    `json:"statut_texte"` // "satisfait", "inconnu"…
	Valeur      *Nombre   `json:"valeur"`
	Poids       Nombre    `json:"poids"`
	Points      *Nombre   `json:"points"`
	PointsLus   string    `json:"points_texte"` // "3,2 sur 4"
	Regle       string    `json:"regle"`
	Phrase      string    `json:"phrase"`     // about this place
	Remarques   []string  `json:"remarques"`  // expired, contested, constant of the source
	Origines    []Origine `json:"origines"`   // what was read
	Action      string    `json:"action"`     // "" when there is nothing to gain
	GainScore   *Nombre   `json:"gain_score"` // null when there is nothing to gain
	NiveauApres string    `json:"niveau_apres,omitempty"`
	Expire      bool      `json:"expire"`
	Conteste    bool      `json:"conteste"`
}

// Origine is one thing that a criterion read: of which source and date.
type Origine struct {
	Nature  string `json:"nature"`           // "champ", "fait", "question", "preuve", "mesure", "contexte"
	Nom     string `json:"nom"`              // column, question…: for programs
	Libelle string `json:"libelle"`          // for people
	Trouve  string `json:"trouve"`           // for people; "" when nothing is known
	Source  string `json:"source,omitempty"` // who said it
	Date    Jour   `json:"date"`             // when
	Expire  Jour   `json:"expire"`           // until when it counts
	Phrase  string `json:"phrase"`           // the whole in French
}

// AVenir is the score under the version published but not yet in force.
type AVenir struct {
	Version string   `json:"version"`
	Le      Jour     `json:"le"`
	Score   *Nombre  `json:"score"`
	Niveau  string   `json:"niveau_texte"`
	Phrase  string   `json:"phrase"`
	Ecarts  []string `json:"ecarts"` // sentences: criteria whose points change
}

// Explain says a stored score in words, with what the next version would make
// of the place when one is announced.
func (e *Engine) Explain(s *Scored) Explication {
	x := Explain(e, &s.Entree, &s.Resultat, s.Source)
	if s.Suivant != nil {
		x.AVenir = upcoming(e, &s.Resultat, s.Suivant, s.SuivantLe)
	}
	return x
}

// Explain says a result in words. The engine must be that of the version that
// gave it, and in what it was given for; source is who gave the record, "" when
// that is not known.
func Explain(e *Engine, in *Entree, r *Resultat, source string) Explication {
	x := explainer{e: e, in: in, r: r, source: source, trace: e.Trace(in)}
	x.gainer = newGainer(e, in, x.trace)
	out := Explication{
		Version: r.Version, Titre: e.ref.Titre, Date: r.Date, Source: source,
		Etat: r.Etat, Niveau: r.Niveau, NiveauMin: r.NiveauMin, NiveauMax: r.NiveauMax,
		NiveauTexte: levelText(&e.ref.Parametres, r),
		Couverture:  x.coverage(), Confiance: x.confidence(), Socle: x.guarantees(), Prochain: x.next(),
		Actions: []Action{}, Champs: []ActionChamp{}, Dimensions: []DimensionLue{}, Criteres: []CritereLu{},
	}
	if x.gainer.now.Evalue > 0 {
		score := r.Score
		out.Score = &score
	}
	if r.EnReexamen {
		out.Reexamen = "Un résultat contesté est en cours de réexamen. Le niveau pourrait changer."
	}
	out.Resume = x.summary(out.Socle.Phrase)
	for i := range e.criteria {
		c := x.criterion(i)
		out.Criteres = append(out.Criteres, c)
		if c.GainScore != nil && *c.GainScore > 0 {
			out.Actions = append(out.Actions, Action{Critere: c.Code, Libelle: c.Libelle, Phrase: c.Action, GainScore: *c.GainScore, GainTexte: gainText(*c.GainScore), NiveauApres: c.NiveauApres})
		}
	}
	slices.SortStableFunc(out.Actions, func(a, b Action) int { return cmp.Compare(b.GainScore, a.GainScore) })
	for _, b := range x.gainer.fields() {
		out.Champs = append(out.Champs, x.byField(&b))
	}
	for i := range r.Dimensions {
		out.Dimensions = append(out.Dimensions, x.dimension(&r.Dimensions[i]))
	}
	return out
}

type explainer struct {
	e      *Engine
	in     *Entree
	r      *Resultat
	source string
	trace  []Outcome
	gainer *gainer
}

func gainText(n Nombre) string { return "+" + pointsRounded(n) }

// levelText: "B (bon)", "entre D et B", "non attribué".
func levelText(p *Parametres, r *Resultat) string {
	switch r.Etat {
	case Confirme:
		return named(p, r.Niveau)
	case Provisoire:
		if r.NiveauMin == r.NiveauMax {
			return r.NiveauMin + ", à confirmer"
		}
		return "entre " + r.NiveauMin + " et " + r.NiveauMax
	}
	return "non attribué"
}

// named: "B (bon)".
func named(p *Parametres, code string) string {
	for i := range p.Niveaux {
		if p.Niveaux[i].Code == code && p.Niveaux[i].Libelle != "" {
			return code + " (" + p.Niveaux[i].Libelle + ")"
		}
	}
	return code
}

func (x *explainer) summary(socle string) string {
	p := &x.e.ref.Parametres
	var first string
	switch x.r.Etat {
	case Confirme:
		first = "Ce lieu est au niveau " + named(p, x.r.Niveau) + ", avec " + pointsRounded(x.r.Score) + " sur 100."
	case Provisoire:
		first = "Le résultat est provisoire : niveau " + levelText(p, x.r) + ", avec " + pointsRounded(x.r.Score) + " sur 100."
	default:
		first = "Aucun niveau n’est attribué : nous en savons trop peu sur ce lieu."
	}
	return first + " " + socle
}

func (x *explainer) coverage() Lecture {
	known, concerned := 0, 0
	for i := range x.trace {
		if x.trace[i].Valeur != ValeurSansObjet {
			concerned++
			if x.trace[i].Valeur >= 0 {
				known++
			}
		}
	}
	l := Lecture{Valeur: x.r.Couverture, Phrase: "Aucun critère ne concerne ce lieu."}
	if concerned > 0 {
		l.Phrase = fmt.Sprintf("Nous connaissons %s sur les %d qui concernent ce lieu.", french.Count(known, "critère", "critères"), concerned)
	}
	return l
}

// confidence: the band, and what takes most from it.
func (x *explainer) confidence() LectureBande {
	p := &x.e.ref.Parametres.Confiance
	l := LectureBande{Valeur: x.r.Confiance, Bande: "basse", Raisons: []string{}}
	if t := &x.gainer.now; t.most != (wide{}) && t.Evalue > 0 {
		switch {
		case t.sureOf(p.Haute):
			l.Bande = "haute"
		case t.sureOf(p.Moyenne):
			l.Bande = "moyenne"
		}
	}
	l.Phrase = "La confiance est " + l.Bande + " : " + decimals(x.r.Confiance, 1) + " sur 100."
	// Each criterion counts for the first reason that it has.
	const unknownReason, contested, old, constant, declared = 0, 1, 2, 3, 4
	texts := [...]string{
		"Des réponses manquent",
		"Des résultats sont contestés",
		"Des informations datent de plus de " + strconv.Itoa(p.FraicheurMois) + " mois, ou sont sans date",
		"Des valeurs sont les mêmes pour tous les lieux de la source",
		"Des réponses sont déclarées, sans vérification",
	}
	var lost [len(texts)]int64
	var all int64
	full := x.e.model.Surete / 10_000 // coarse is enough: one decimal is told
	for i := range x.trace {
		o := &x.trace[i]
		if o.Valeur == ValeurSansObjet {
			continue
		}
		w := int64(x.e.model.Poids[i])
		all += w * 10_000
		gap := w * (10_000 - o.Assurance/max(1, full))
		switch {
		case o.Valeur < 0:
			lost[unknownReason] += gap
		case o.Conteste:
			lost[contested] += gap
		case o.Constante:
			lost[constant] += gap
		case o.Question == "" && o.Preuve == "" && len(o.Champs) == 0 && !x.in.Fiche.DateMaj.Known(),
			x.e.fresh.at(o.Date, x.in.Date) < x.e.fresh.whole:
			lost[old] += gap
		case o.Nature == Declare:
			lost[declared] += gap
		}
	}
	order := []int{0, 1, 2, 3, 4}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(lost[b], lost[a]) })
	for _, i := range order {
		if n := Nombre(lost[i] * 100 * int64(Entier) / max(1, all)); n >= tenth/2 {
			l.Raisons = append(l.Raisons, texts[i]+" : "+decimals(n, 1)+nbsp+french.Plural(int(n/Entier), "point", "points")+" de confiance en moins.")
		}
	}
	return l
}

func (x *explainer) guarantees() SocleLu {
	var s SocleLu
	s.Garanties = []Garantie{}
	held, unknown, total := 0, 0, 0
	for i := range x.trace {
		c := x.e.criteria[i].Critere
		v := x.trace[i].Valeur
		if !c.Essentiel || v == ValeurSansObjet {
			continue
		}
		g := Garantie{Code: c.Code, Libelle: c.Libelle}
		total++
		switch {
		case v < 0:
			g.Etat, g.Phrase = "inconnue", c.Textes.Confirmer
			unknown++
		case Nombre(v) < x.e.ref.Parametres.Partiel:
			g.Etat, g.Phrase = "manquante", c.Textes.Manque
		default:
			g.Etat, g.Phrase = "tenue", c.Textes.Tenue
			held++
		}
		s.Garanties = append(s.Garanties, g)
	}
	s.Phrase = fmt.Sprintf("Socle : %s sur %d", french.Count(held, "garantie", "garanties"), total)
	if unknown > 0 {
		s.Phrase += fmt.Sprintf(", %d à confirmer", unknown)
	}
	if missing := total - held - unknown; missing > 0 {
		s.Phrase += fmt.Sprintf(", %d %s", missing, french.Plural(missing, "manquante", "manquantes"))
	}
	s.Phrase += "."
	if total == 0 {
		s.Phrase = "Aucune garantie essentielle ne concerne ce lieu."
	}
	return s
}

// next says what stands between a place and the level above it: of a range,
// above its lower end; where nothing is attributed, the level that what is
// known would give.
func (x *explainer) next() *ProchainNiveau {
	p := &x.e.ref.Parametres
	t := &x.gainer.now
	var aim int
	switch x.r.Etat {
	case Confirme:
		aim = t.Niveau - 1
	case Provisoire:
		aim = max(t.NiveauMin-1, 0)
	default:
		if t.Applicable == 0 {
			return nil
		}
		aim = len(p.Niveaux) - 1
		if t.Evalue > 0 {
			aim = x.e.model.levelBy(t, byObserve)
		}
	}
	if aim < 0 {
		return nil
	}
	l := &p.Niveaux[aim]
	n := &ProchainNiveau{Niveau: l.Code, Libelle: l.Libelle, Phrases: []string{}, Manques: []string{}}
	say := func(format string, args ...any) { n.Phrases = append(n.Phrases, fmt.Sprintf(format, args...)) }
	known := func(asked Nombre, what string) {
		if t.covers(asked) {
			return
		}
		// Weights are in tenths: what is missing, rounded up to one.
		missing := (int64(asked)*t.Applicable - t.Evalue*int64(Entier) + int64(Entier) - 1) / int64(Entier)
		say("%s demande une couverture de %s ; elle est de %s. Il manque des informations pour %s.", what, percent(asked), percent(t.Couverture()), points(Nombre(missing)*tenth))
	}
	if x.r.Etat == NonAttribue {
		known(p.Provisoire, "Une fourchette de niveaux")
	}
	known(max(l.Couverture, p.Confirme), "Le niveau "+l.Code)
	if t.Evalue == 0 {
		n.Points = l.Score
	} else if !t.reachesScore(l.Score) {
		n.Points = x.missingScore(l.Score)
	}
	if n.Points > 0 {
		say("Il faut %s de score ; il en manque %s.", points(l.Score), decimals(n.Points, 1))
	}
	x.essentials(l, n, say)
	if l.Confiance != nil && !t.sureOf(*l.Confiance) {
		say("Il faut une confiance de %s sur 100 ; elle est de %s.", decimal(*l.Confiance), decimals(x.r.Confiance, 1))
	}
	if l.DimensionPlancher != nil {
		for i := range x.e.ref.Dimensions {
			d := &t.Dimensions[i]
			if d.Evalue > 0 && 100*d.Acquis < int64(*l.DimensionPlancher)*d.Evalue {
				say("La dimension %s est à %s sur 100 ; il faut au moins %s.", quoted(x.e.ref.Dimensions[i].Libelle),
					decimals(ratio(100*d.Acquis, int64(Entier)*d.Evalue, x.e.ref.Parametres.Decimales), 2), decimal(*l.DimensionPlancher))
			}
		}
	}
	if len(n.Phrases) == 0 {
		return nil // nothing is missing: the range reaches the top
	}
	return n
}

// missingScore is score minus what the place has, rounded up to one decimal:
// with that much more it is reached.
func (x *explainer) missingScore(score Nombre) Nombre {
	t := &x.gainer.now
	unit := 100 * t.Evalue * t.Applicable // of 1/10 000 of a point
	step := unit * int64(tenth)
	return Nombre((unit*int64(score) - t.blend() + step - 1) / step * int64(tenth))
}

func (x *explainer) essentials(l *Niveau, n *ProchainNiveau, say func(string, ...any)) {
	var failing, unknown []string
	var failingCodes, unknownCodes []string
	for i := range x.trace {
		c, v := x.e.criteria[i].Critere, x.trace[i].Valeur
		switch {
		case !c.Essentiel || v == ValeurSansObjet:
		case v < 0:
			unknown, unknownCodes = append(unknown, quoted(c.Libelle)), append(unknownCodes, c.Code)
		case Nombre(v) < x.e.ref.Parametres.Partiel:
			failing, failingCodes = append(failing, quoted(c.Libelle)), append(failingCodes, c.Code)
		}
	}
	if l.EssentielsManquants != nil && len(failing) > *l.EssentielsManquants {
		n.Manques = append(n.Manques, failingCodes...)
		say("%s %s : %s.", admits(*l.EssentielsManquants, "garantie essentielle manquante"), french.Plural(len(failing), "celle-ci manque", "celles-ci manquent"), french.Enumerate(failing, " et "))
	}
	if l.EssentielsInconnus != nil && len(unknown) > *l.EssentielsInconnus {
		n.Manques = append(n.Manques, unknownCodes...)
		say("%s %s : %s.", admits(*l.EssentielsInconnus, "garantie essentielle inconnue"), french.Plural(len(unknown), "celle-ci reste à confirmer", "celles-ci restent à confirmer"), french.Enumerate(unknown, " et "))
	}
}

func admits(n int, what string) string {
	if n == 0 {
		return "Aucune " + what + " n’est admise ;"
	}
	if n == 1 {
		return "Une seule " + what + " est admise ;"
	}
	return fmt.Sprintf("Au plus %d garanties de ce genre sont admises ;", n)
}

var statusWords = map[Statut]string{StatutSatisfait: "satisfait", StatutPartiel: "en partie", StatutNonSatisfait: "non satisfait", StatutInconnu: "inconnu", StatutSansObjet: "sans objet"}

const notHeld = "Ce n’est pas compté comme une absence de service."

func (x *explainer) criterion(i int) CritereLu {
	c, o := x.e.criteria[i].Critere, &x.trace[i]
	out := CritereLu{
		Code: c.Code, Libelle: c.Libelle, Question: c.Question, Dimension: dimensionName(x.e.ref, c.Dimension), Essentiel: c.Essentiel,
		Statut: o.Statut, StatutLu: statusWords[o.Statut], Poids: c.Poids, Regle: c.Textes.Regle,
		Phrase: fillIn(or(o.Phrase, c.Textes.Absent), o.Params), Remarques: []string{}, Origines: x.origins(c, o), Expire: o.Perime, Conteste: o.Conteste,
	}
	switch o.Statut {
	case StatutInconnu:
		out.PointsLus = "inconnu, sur " + decimal(c.Poids)
		if !strings.Contains(out.Phrase, notHeld) {
			out.Phrase = strings.TrimSpace(out.Phrase + " " + notHeld)
		}
	case StatutSansObjet:
		out.PointsLus = "sans objet"
		out.Phrase = or(out.Phrase, c.Textes.SansObjet)
	default:
		value := Nombre(o.Valeur)
		gained := Nombre(halfUp(int64(c.Poids)*int64(value), int64(Entier)))
		out.Valeur, out.Points = &value, &gained
		out.PointsLus = decimals(gained, 2) + " sur " + decimal(c.Poids)
	}
	if o.Perime {
		out.Remarques = append(out.Remarques, x.expired(c))
	}
	if o.Conteste {
		out.Remarques = append(out.Remarques, "Ce résultat est contesté et sera réexaminé. D’ici là, sa confiance est réduite.")
	}
	if o.Constante {
		out.Remarques = append(out.Remarques, "La source donne la même valeur à tous ses lieux. Confirmez-la pour celui-ci.")
	}
	if gain, level, ok := x.gainer.criterion(i); ok {
		out.Action, out.GainScore, out.NiveauApres = fillIn(c.Textes.Action, o.Params), &gain, level
	}
	return out
}

// expired names what is out of date.
func (x *explainer) expired(c *Critere) string {
	read := readsOf(c)
	for i := len(x.in.Reponses) - 1; i >= 0; i-- {
		d := &x.in.Reponses[i]
		if q := x.e.ref.question(d.Question); q != nil && read.questions[d.Question] {
			if until := expiry(d.Date, d.Expire, q.ValiditeMois); later(x.in.Date, until) {
				return "La réponse à " + quoted(q.Texte) + " a expiré le " + longDate(until) + ". Elle ne compte plus : répondez de nouveau."
			}
		}
	}
	for i := len(x.in.Preuves) - 1; i >= 0; i-- {
		v := &x.in.Preuves[i]
		if p := x.e.ref.preuve(v.Preuve); p != nil && read.preuves[v.Preuve] {
			if until := expiry(v.Date, v.Expire, p.ValiditeMois); later(x.in.Date, until) {
				return "La vérification " + quoted(p.Libelle) + " a expiré le " + longDate(until) + ". Elle ne compte plus : il en faut une nouvelle."
			}
		}
	}
	return "Une réponse ou une vérification a expiré. Elle ne compte plus."
}

// origins are what decided: fields of the record, an answer, a verification,
// a count of the platform; and where nothing is known, what was looked for.
func (x *explainer) origins(c *Critere, o *Outcome) []Origine {
	out := []Origine{}
	record := "la fiche"
	if x.source != "" {
		record += " de " + x.source
	}
	if d := longDate(x.in.Fiche.DateMaj); d != "" {
		record += " du " + d
	} else {
		record += ", sans date"
	}
	for _, name := range o.Champs {
		f := Origine{Nature: "champ", Nom: name, Libelle: fieldLabel(name), Trouve: "oui", Source: x.source, Date: x.in.Fiche.DateMaj}
		f.Phrase = french.Capital(f.Libelle) + " : oui, dans " + record + "."
		if list := x.in.Fiche.Listes[name]; len(list) > 0 {
			f.Trouve = french.Enumerate(valueLabels(name, list), " et ")
			f.Phrase = french.Capital(f.Libelle) + " : " + f.Trouve + ", dans " + record + "."
		}
		out = append(out, f)
	}
	for _, name := range o.Faits {
		found := x.fact(name)
		if found == "" {
			continue
		}
		label := or(factTitles[name], factLabel(name))
		out = append(out, Origine{Nature: "fait", Nom: name, Libelle: label, Trouve: found, Source: x.source, Date: x.in.Fiche.DateMaj,
			Phrase: french.Capital(label) + " : " + found + ", calculé d’après " + record + "."})
	}
	if q := x.e.ref.question(o.Question); q != nil && o.Question != "" {
		f := Origine{Nature: "question", Nom: q.Code, Libelle: q.Texte, Source: "le lieu", Date: o.Date, Expire: o.Expire}
		for i := range x.in.Reponses {
			if d := &x.in.Reponses[i]; d.Question == q.Code && d.Date == o.Date {
				f.Trouve = answerLabel(q.Reponses, d.Reponse)
			}
		}
		f.Phrase = quoted(q.Texte) + " : le lieu a répondu " + quoted(f.Trouve) + dated(o) + "."
		out = append(out, f)
	}
	if p := x.e.ref.preuve(o.Preuve); p != nil && o.Preuve != "" {
		f := Origine{Nature: "preuve", Nom: p.Code, Libelle: p.Libelle, Source: p.Libelle, Date: o.Date, Expire: o.Expire}
		for i := range x.in.Preuves {
			if v := &x.in.Preuves[i]; v.Preuve == p.Code && v.Date == o.Date {
				f.Trouve = answerLabel(p.Resultats, v.Resultat)
			}
		}
		f.Phrase = quoted(p.Libelle) + " : vérifié, " + quoted(f.Trouve) + dated(o) + "."
		out = append(out, f)
	}
	read := readsOf(c)
	for _, m := range x.in.Mesures {
		if read.mesures[m.Mesure] && o.Valeur >= 0 {
			label := measureLabel(m.Mesure)
			out = append(out, Origine{Nature: "mesure", Nom: m.Mesure, Libelle: label, Trouve: fmt.Sprintf("%d sur %d", m.Numerateur, m.Denominateur), Source: "la plateforme", Date: x.in.Date,
				Phrase: fmt.Sprintf("%s : %d sur %d, d’après la plateforme.", french.Capital(label), m.Numerateur, m.Denominateur)})
		}
	}
	if len(out) > 0 {
		return out
	}
	for _, name := range c.Regle.ChampsLus() {
		if slices.Contains(x.in.Fiche.Presents, name) {
			continue
		}
		f := Origine{Nature: "champ", Nom: name, Libelle: fieldLabel(name), Source: x.source, Date: x.in.Fiche.DateMaj}
		f.Phrase = french.Capital(f.Libelle) + " : rien dans " + record + "."
		if slices.Contains(x.in.Fiche.Absents, name) {
			f.Phrase = french.Capital(f.Libelle) + " : le fichier de la source n’a pas cette colonne."
		}
		out = append(out, f)
	}
	for i := range x.e.ref.Questions {
		if q := &x.e.ref.Questions[i]; read.questions[q.Code] {
			out = append(out, Origine{Nature: "question", Nom: q.Code, Libelle: q.Texte, Source: "le lieu", Phrase: quoted(q.Texte) + " : sans réponse qui compte à ce jour."})
		}
	}
	for i := range x.e.ref.Preuves {
		if p := &x.e.ref.Preuves[i]; read.preuves[p.Code] {
			out = append(out, Origine{Nature: "preuve", Nom: p.Code, Libelle: p.Libelle, Phrase: quoted(p.Libelle) + " : aucune vérification qui compte à ce jour."})
		}
	}
	return out
}

func dated(o *Outcome) string {
	s := ""
	if d := longDate(o.Date); d != "" {
		s = " le " + d
	}
	if d := longDate(o.Expire); d != "" {
		s += ", valable jusqu’au " + d
	}
	return s
}

// factTitles name the facts that are told with their unit.
var factTitles = map[string]string{
	"minutes_semaine": "ouverture par semaine", "heures_semaine": "ouverture par semaine",
	"ecart_commune": "distance de la position à la commune déclarée", "presentation": "longueur de la présentation",
}

// fact is what a derived fact is here, for people; "" unknown.
func (x *explainer) fact(name string) string {
	f := &x.in.Fiche.Faits
	switch name {
	case "minutes_semaine", "heures_semaine":
		if f.MinutesSemaine == nil {
			return ""
		}
		return duration(*f.MinutesSemaine)
	case "ecart_commune":
		if f.EcartCommune == nil {
			return ""
		}
		return metres(*f.EcartCommune)
	case "presentation":
		return french.Count(f.Presentation, "signe", "signes")
	}
	return factWord(name, f.text(name))
}

// fillIn replaces the {names} of a sentence. One that nothing fills says so
// plainly: a person never reads a name of ours.
func fillIn(sentence string, params map[string]string) string {
	if !strings.ContainsRune(sentence, '{') {
		return sentence
	}
	var b strings.Builder
	for {
		i := strings.IndexByte(sentence, '{')
		if i < 0 {
			break
		}
		j := strings.IndexByte(sentence[i:], '}')
		if j < 0 {
			break
		}
		b.WriteString(sentence[:i])
		name := sentence[i+1 : i+j]
		b.WriteString(or(param(name, params[name]), "une valeur inconnue"))
		sentence = sentence[i+j+1:]
	}
	b.WriteString(sentence)
	return b.String()
}

// param writes a value of ours as people do: thousands apart, words for codes.
func param(name, value string) string {
	if n, err := strconv.ParseInt(value, 10, 64); err == nil && n >= 1000 {
		return french.Integer(n)
	}
	if _, ok := Contexts[name]; ok {
		return contextValue(value)
	}
	if w, ok := factWords[name]; ok {
		return or(w[value], value)
	}
	return value
}

func (x *explainer) dimension(d *ResultatDimension) DimensionLue {
	out := DimensionLue{Code: d.Code, Libelle: dimensionName(x.e.ref, d.Code), Observe: d.Observe, Couverture: d.Couverture}
	var gained, known, total int64
	for i := range x.trace {
		if c, v := x.e.criteria[i].Critere, x.trace[i].Valeur; c.Dimension == d.Code && v != ValeurSansObjet {
			total += int64(c.Poids)
			if v >= 0 {
				known += int64(c.Poids)
				gained += halfUp(int64(c.Poids)*int64(v), int64(Entier))
			}
		}
	}
	switch {
	case total == 0:
		out.Phrase = out.Libelle + " : ne concerne pas ce lieu."
	case known == 0:
		out.Phrase = out.Libelle + " : rien n’est connu."
	default:
		out.Phrase = out.Libelle + " : " + decimals(Nombre(gained), 2) + " sur " + points(Nombre(known)) + french.Plural(int(Nombre(known)/Entier), " connu", " connus")
		if total > known {
			out.Phrase += ", " + decimal(Nombre(total-known)) + " à connaître"
		}
		out.Phrase += "."
	}
	return out
}

// byField says what a better content of a field would bring.
func (x *explainer) byField(b *better) ActionChamp {
	out := ActionChamp{Champ: b.champ, Question: b.question, GainScore: b.gain, GainTexte: gainText(b.gain), Criteres: []string{}, NiveauApres: x.gainer.levelAfter(&b.total)}
	for _, i := range b.criteria {
		out.Criteres = append(out.Criteres, x.e.criteria[i].Code)
	}
	switch {
	case b.question != "":
		q := x.e.ref.question(b.question)
		out.Libelle = q.Texte
		out.Phrase = "Répondez à la question ; si c’est vrai, " + quoted(answerLabel(q.Reponses, b.values[0])) + " rapporte le plus."
		for i := range x.in.Reponses {
			if x.in.Reponses[i].Question == b.question {
				out.Phrase = "Si cela change, répondez " + quoted(answerLabel(q.Reponses, b.values[0])) + "."
			}
		}
	case len(b.preuves) > 0:
		out.Preuve = b.preuves[0]
		var labels []string
		for _, code := range b.preuves {
			labels = append(labels, quoted(preuveText(x.e.ref, code)))
		}
		out.Libelle = french.Enumerate(labels, " et ")
		if len(labels) == 1 {
			out.Libelle = preuveText(x.e.ref, b.preuves[0])
		}
		out.Phrase = "Demandez cette vérification."
		if len(b.criteria) == 1 {
			out.Phrase = fillIn(x.e.criteria[b.criteria[0]].Textes.Action, nil)
		}
	default:
		out.Libelle = french.Capital(fieldLabel(b.champ))
		if b.champ == "latitude" || b.champ == "longitude" {
			out.Libelle = "Position et commune"
		}
		if b.champ == "presentation_resume" {
			out.Libelle = "Présentation"
		}
		out.Phrase = x.fillPhrase(b)
	}
	if n := len(b.criteria); n > 1 {
		out.Phrase += " " + french.Capital(french.Count(n, "critère en dépend", "critères en dépendent")) + "."
	}
	return out
}

func (x *explainer) fillPhrase(b *better) string {
	filled := slices.Contains(x.in.Fiche.Presents, b.champ)
	label := quoted(fieldLabel(b.champ))
	switch {
	case len(b.values) > 0 && filled:
		return "Ajoutez à " + label + ", si c’est le cas : " + french.Enumerate(valueLabels(b.champ, b.values), " et ") + "."
	case len(b.values) > 0:
		if _, ok := place.VocabularyOf(b.champ); !ok {
			return "Remplissez " + label + "."
		}
		return "Remplissez " + label + ", avec si c’est le cas " + french.Enumerate(valueLabels(b.champ, b.values), " et ") + "."
	case len(b.criteria) == 1 && x.onlyReads(b.criteria[0], b.champ):
		return fillIn(x.e.criteria[b.criteria[0]].Textes.Action, nil)
	case b.champ == "horaires" && filled:
		return "Écrivez vos horaires lisiblement, et ouvrez davantage si vous le pouvez."
	case b.champ == "horaires":
		return "Publiez vos horaires, jour par jour."
	case b.champ == "latitude":
		return "Placez le lieu sur la carte, dans sa commune."
	case b.champ == "presentation_resume":
		return "Écrivez une présentation plus complète."
	case filled:
		return "Relisez " + label + ", et corrigez si besoin."
	}
	return "Remplissez " + label + "."
}

// onlyReads: what the criterion advises is about this column and no other.
func (x *explainer) onlyReads(i int, champ string) bool {
	read := readsOf(x.e.criteria[i].Critere)
	if len(read.questions)+len(read.preuves) > 0 {
		return false
	}
	for name := range read.champs {
		// A condition of who is concerned does not count: it is met.
		if column, ok := columnIndex[name]; ok && groupAt[column] != groupAt[columnIndex[champ]] && x.e.criteria[i].reads&(1<<column) != 0 {
			return false
		}
	}
	return true
}

// upcoming compares with the version that is published and not yet in force.
func upcoming(e *Engine, now, next *Resultat, from Jour) *AVenir {
	out := &AVenir{Version: next.Version, Le: from, Ecarts: []string{}}
	p := &e.ref.Parametres
	out.Niveau = levelText(p, next)
	if next.Couverture > 0 {
		score := next.Score
		out.Score = &score
	}
	when := "Bientôt"
	if d := longDate(from); d != "" {
		when = "À partir du " + d
	}
	score := decimals(next.Score, 2)
	switch {
	case next.Etat == NonAttribue:
		out.Phrase = when + ", la version " + next.Version + " n’attribuera pas de niveau à ce lieu."
	case out.Niveau == levelText(p, now) && next.Score == now.Score:
		out.Phrase = when + ", rien ne change pour ce lieu avec la version " + next.Version + "."
	case out.Niveau == levelText(p, now):
		out.Phrase = when + ", le score passera de " + decimals(now.Score, 2) + " à " + score + " sur 100. Le niveau ne change pas."
	default:
		out.Phrase = when + ", le niveau passera de " + levelText(p, now) + " à " + out.Niveau + ", et le score de " + decimals(now.Score, 2) + " à " + score + "."
	}
	before := map[string]*ResultatCritere{}
	for i := range now.Criteres {
		before[now.Criteres[i].Code] = &now.Criteres[i]
	}
	said := func(c *ResultatCritere) string {
		switch c.Statut {
		case StatutInconnu:
			return "inconnu, sur " + decimal(c.Poids)
		case StatutSansObjet:
			return "sans objet"
		}
		if c.Points == nil {
			return "inconnu, sur " + decimal(c.Poids)
		}
		return decimals(*c.Points, 2) + " sur " + decimal(c.Poids)
	}
	for i := range next.Criteres {
		c := &next.Criteres[i]
		was, ok := before[c.Code]
		delete(before, c.Code)
		k := e.ref.critere(c.Code)
		switch {
		case !ok || k == nil:
			out.Ecarts = append(out.Ecarts, "Un critère nouveau comptera : "+said(c)+".")
		case said(was) != said(c):
			out.Ecarts = append(out.Ecarts, quoted(k.Libelle)+" : "+said(was)+", puis "+said(c)+".")
		}
	}
	for i := range now.Criteres {
		if _, gone := before[now.Criteres[i].Code]; gone {
			if k := e.ref.critere(now.Criteres[i].Code); k != nil {
				out.Ecarts = append(out.Ecarts, quoted(k.Libelle)+" ne comptera plus.")
			}
		}
	}
	return out
}
