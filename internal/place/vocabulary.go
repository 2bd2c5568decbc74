package place

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Vocabulary is the list of values that a column takes, as the standard writes
// them. It is immutable.
type Vocabulary struct {
	// Closed: a value outside the list is not kept. typologie alone is open:
	// its codes are a convention, the schema leaves the column free.
	Closed bool
	values []string
	labels map[string]string
	folded map[string]spelling
}

// spelling is what a folded text means in a vocabulary.
type spelling struct {
	value string
	how   manner
}

// manner is how near to the standard a value was written.
type manner int

const (
	misspelt   manner = iota // case, accents, apostrophes, spaces
	documented               // as the standard's prose has it: as good as exact
	formerly                 // a name of the v0
	alias                    // another name, which nothing else has
)

// Values gives the values in the standard's order. Callers do not change it.
func (v *Vocabulary) Values() []string { return v.values }

// Label is what to show to people for a value: the value itself where it is
// already French, the words behind a code, the value again when unknown.
func (v *Vocabulary) Label(value string) string {
	if l, ok := v.labels[value]; ok {
		return l
	}
	return value
}

// Find reads a value forgivingly: case, accents, apostrophes, spaces, and the
// names that the value had in the v0 of the standard. Never a part of a word:
// what is not the value is not found.
func (v *Vocabulary) Find(s string) (string, bool) {
	value, _, ok := v.look(s)
	return value, ok
}

func (v *Vocabulary) look(s string) (string, manner, bool) {
	if slices.Contains(v.values, s) {
		return s, documented, true
	}
	f := Fold(s)
	found, ok := v.folded[f]
	if !ok && strings.IndexByte(f, '_') >= 0 { // survey tools write "France_Services"
		found, ok = v.folded[Fold(strings.ReplaceAll(s, "_", " "))]
	}
	return found.value, found.how, ok
}

// Suggest gives the value that s most resembles, for "vouliez-vous dire … ?";
// false when nothing is near enough to be worth saying.
func (v *Vocabulary) Suggest(s string) (string, bool) { return Nearest(s, v.values) }

// Nearest gives the candidate whose folded spelling is nearest to s, when it
// is near: at most a third of the letters differ.
func Nearest(s string, candidates []string) (string, bool) {
	f := []rune(Fold(s))
	if len(f) == 0 || len(f) > 200 {
		return "", false
	}
	best, bestDistance := "", -1
	for _, c := range candidates {
		g := []rune(Fold(c))
		limit := max(len(f), len(g)) / 3
		if d := editDistance(f, g); d <= limit && (bestDistance < 0 || d < bestDistance) {
			best, bestDistance = c, d
		}
	}
	return best, bestDistance >= 0
}

// editDistance is the number of letters to insert, remove, replace or swap
// with their neighbour (optimal string alignment).
func editDistance(a, b []rune) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}

// Fold reduces a text to what matters when two spellings of one value are
// compared: lower case, no accents, one kind of apostrophe, dash and quote,
// single spaces, none around parentheses, slashes and quotes.
func Fold(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	space := false
	var prev rune
	for _, r := range norm.NFKD.String(s) {
		switch {
		case unicode.Is(unicode.Mn, r):
			continue
		case r == '’' || r == '‘' || r == 'ʼ' || r == '′' || r == '`' || r == '´':
			r = '\''
		case r == '–' || r == '—' || r == '‐' || r == '‑' || r == '−':
			r = '-'
		case r == '«' || r == '»' || r == '“' || r == '”' || r == '„':
			r = '"'
		case r == 'œ' || r == 'Œ':
			if space && prev != 0 {
				b.WriteByte(' ')
				space = false
			}
			b.WriteByte('o')
			prev, r = 'o', 'e'
		case r == '\u200b' || r == '\ufeff' || r == '\u00ad':
			continue
		case unicode.IsSpace(r) || unicode.IsControl(r):
			space = true
			continue
		}
		r = unicode.ToLower(r)
		if space && prev != 0 && !tight(prev) && !tight(r) {
			b.WriteByte(' ')
		}
		space = false
		b.WriteRune(r)
		prev = r
	}
	return b.String()
}

// tight: spaces beside these signs mean nothing.
func tight(r rune) bool {
	return r == '(' || r == ')' || r == '"' || r == '/' || r == '\''
}

// closed builds a closed vocabulary.
func closed(values ...string) *Vocabulary {
	v := &Vocabulary{Closed: true, values: values, labels: map[string]string{}, folded: map[string]spelling{}}
	for _, value := range values {
		v.folded[Fold(value)] = spelling{value, misspelt}
	}
	return v
}

// prose adds the form that the standard's prose gives a value, where its
// pattern has another; it is also how people read it.
func (v *Vocabulary) prose(value, form string) *Vocabulary {
	v.folded[Fold(form)] = spelling{value, documented}
	return v
}

// former adds names that a value had in the v0.
func (v *Vocabulary) former(value string, names ...string) *Vocabulary {
	for _, name := range names {
		v.folded[Fold(name)] = spelling{value, formerly}
	}
	return v
}

// also adds names that people give a value, and that can mean no other: a
// singular, a plural, the words of a network. A name that is taken stays what
// it was.
func (v *Vocabulary) also(value string, names ...string) *Vocabulary {
	for _, name := range names {
		if f := Fold(name); v.folded[f].value == "" {
			v.folded[f] = spelling{value, alias}
		}
	}
	return v
}

// label says a value to people otherwise than it is written.
func (v *Vocabulary) label(value, words string) *Vocabulary {
	v.labels[value] = words
	return v
}

// The values are spelled as the schema's patterns spell them, so that what we
// write is valid. The names of the v0 are those of its enumerations (schema
// 0.1); which of today's headings holds each is how the standard itself merged
// its fifteen services into nine.
var (
	itinerance = closed("Itinérant", "Fixe").
			also("Itinérant", "Itinérante", "Itinérants", "Itinérance", "Mobile", "Lieu mobile", "Dans un lieu d'accueil mobile", "Oui", "Vrai", "True", "1").
			also("Fixe", "Lieu fixe", "Fixes", "Sédentaire", "Non itinérant", "Non itinérante", "Dans un lieu d'accueil fixe", "Non", "Faux", "False", "0")

	services = closed(
		"Aide aux démarches administratives",
		"Maîtrise des outils numériques du quotidien",
		"Insertion professionnelle via le numérique",
		"Utilisation sécurisée du numérique",
		"Parentalité et éducation avec le numérique",
		"Loisirs et créations numériques",
		"Compréhension du monde numérique",
		"Accès internet et matériel informatique",
		"Acquisition de matériel informatique à prix solidaire",
	).
		former("Aide aux démarches administratives",
			"Devenir autonome dans les démarches administratives",
			"Réaliser des démarches administratives avec un accompagnement",
			"Accompagner les démarches de santé").
		former("Maîtrise des outils numériques du quotidien",
			"Prendre en main un smartphone ou une tablette",
			"Prendre en main un ordinateur",
			"Utiliser le numérique au quotidien").
		former("Insertion professionnelle via le numérique",
			"Favoriser mon insertion professionnelle",
			"Créer et développer mon entreprise").
		former("Parentalité et éducation avec le numérique", "Soutenir la parentalité et l'éducation avec le numérique").
		former("Loisirs et créations numériques", "Créer avec le numérique").
		former("Compréhension du monde numérique",
			"Approfondir ma culture numérique",
			"Promouvoir la citoyenneté numérique").
		former("Accès internet et matériel informatique",
			"Accéder à une connexion internet",
			"Accéder à du matériel").
		former("Acquisition de matériel informatique à prix solidaire", "S'équiper en matériel informatique").
		also("Aide aux démarches administratives",
			"Démarches administratives", "Aide aux démarches", "Aide administrative", "Aide aux démarches en ligne", "Aide aux démarches dématérialisées",
			"Aide aux démarches administratives en ligne", "Aide pour les démarches administratives", "Aide dans les démarches administratives",
			"Accompagnement aux démarches", "Accompagnement aux démarches administratives", "Accompagnement aux démarches en ligne", "Accompagnement administratif",
			"Accompagnement dans les démarches administratives", "Accompagnement aux démarches administratives en ligne", "Démarches en ligne",
			"Démarches administratives en ligne", "Administration en ligne", "E-administration", "Accès aux droits en ligne").
		also("Maîtrise des outils numériques du quotidien",
			"Maîtrise des outils numériques", "Prendre en main un smartphone", "Prendre en main une tablette", "Prise en main d'un ordinateur", "Prise en main d'un smartphone",
			"Prise en main d'une tablette", "Prise en main d'un smartphone ou d'une tablette", "Initiation aux outils numériques", "Perfectionnement aux outils numériques",
			"Initiation au numérique", "Initiation à l'informatique", "Initiation informatique", "Initiation à internet", "Initiation aux outils informatiques",
			"Formation au numérique", "Formation aux outils numériques", "Formation aux bases du numérique", "Formation à l'informatique", "Les bases informatiques",
			"Les bases de l'informatique", "Bases de l'informatique", "Bases du numérique", "Ateliers d'initiation à l'informatique", "Bureautique").
		also("Insertion professionnelle via le numérique",
			"Insertion professionnelle", "Recherche d'emploi", "Aide à la recherche d'emploi", "Aide à la recherche d'emploi en ligne", "Recherche d'emploi en ligne").
		also("Utilisation sécurisée du numérique",
			"Sécurité informatique", "Sécurité numérique", "Cybersécurité", "Sensibilisation aux risques d'internet", "Sensibilisation aux risques du numérique").
		also("Parentalité et éducation avec le numérique",
			"Parentalité numérique", "Parentalité et numérique", "E-parentalité", "Parentalité", "Éducation numérique", "Parentalité et éducation au numérique").
		also("Loisirs et créations numériques",
			"Loisirs et création numériques", "Loisirs numériques", "Création numérique", "Créations numériques", "Loisirs et création numérique").
		also("Compréhension du monde numérique",
			"Culture numérique", "Citoyenneté numérique", "Comprendre le monde numérique", "Approfondir sa culture numérique").
		also("Accès internet et matériel informatique",
			"Accès internet", "Accès à internet", "Accès wifi", "Accès au wifi", "Accès internet et matériel", "Accès à du matériel", "Accès à du matériel informatique",
			"Accès au matériel informatique", "Accès à un ordinateur", "Accès à des ordinateurs", "Accès libre à internet", "Accès à un équipement informatique",
			"Accès à une connexion internet", "Accès à des équipements et une connexion internet", "Accès à des équipements et à une connexion internet",
			"Accès-libre à une connexion et un équipement", "Accès-libre à un espace équipé ou connecté", "Mise à disposition d'ordinateurs",
			"Mise à disposition de matériel informatique", "Utilisation ordinateur et/ou tablette", "Utilisation d'un ordinateur", "Utilisation d'une imprimante",
			"Utilisation d'un scanner", "Postes informatiques avec internet").
		also("Acquisition de matériel informatique à prix solidaire",
			"Acquisition de matériel informatique", "Matériel informatique à prix solidaire", "Acquisition de matériel à prix solidaire", "Vente de matériel reconditionné",
			"Vente de matériel informatique à prix solidaire", "Vente de matériel informatique reconditionné", "S'équiper en matériel")

	publicsSpecifiquementAdresses = closed("Jeunes", "Étudiants", "Familles et/ou enfants", "Seniors", "Femmes").
					former("Jeunes", "Jeunes (16-26 ans)").
					former("Familles et/ou enfants", "Familles/enfants").
					former("Seniors", "Seniors (+ 65 ans)", "Seniors (+65 ans)").
					former("Femmes", "Uniquement femmes").
					also("Jeunes", "Jeune", "Les jeunes", "Jeunes (16-26)", "Jeunes 16-26 ans", "Jeunes (16-25 ans)", "Jeunes 16-25 ans", "Jeune (16-25 ans)", "Jeunes de 16 à 25 ans",
			"Jeunes (15-30 ans)", "Jeune (15-30 ans)", "Jeune (16-30 ans)", "Jeune (18-30 ans)", "Adolescents", "Ados", "Public jeune").
		also("Étudiants", "Étudiant", "Les étudiants", "Étudiant(e)s", "Étudiantes et étudiants").
		also("Familles et/ou enfants", "Famille", "Familles", "Enfants", "Enfant", "Parents", "Familles et enfants", "Famille/enfants", "Enfants et familles", "Parents et enfants", "Familles, enfants").
		also("Seniors", "Senior", "Les seniors", "Personnes âgées", "Retraités", "Retraité", "Seniors (65 ans et plus)", "Seniors (plus de 65 ans)", "Seniors 65 ans et plus", "Aînés").
		also("Femmes", "Femme", "Les femmes", "Femmes uniquement")

	priseEnChargeSpecifique = closed(
		"Surdité", "Handicaps moteurs", "Handicaps mentaux", "Illettrisme",
		"Langues étrangères (anglais)", "Langues étrangères (autres)", "Déficience visuelle").
		former("Handicaps mentaux", "Handicaps mentaux : déficiences limitant les activités d'une personne").
		former("Illettrisme", "Personnes en situation d'illettrisme").
		also("Surdité", "Sourds", "Sourds et malentendants", "Personnes sourdes et malentendantes", "Malentendants", "Déficience auditive", "Déficients auditifs", "Handicap auditif", "Langue des signes",
			"Langue des signes française", "LSF").
		also("Handicaps moteurs", "Handicap moteur", "Handicap physique", "Déficience motrice", "Personnes à mobilité réduite").
		also("Handicaps mentaux", "Handicap mental", "Déficience intellectuelle", "Handicap mental ou cognitif").
		also("Illettrisme", "Lutte contre l'illettrisme", "Personne en situation d'illettrisme", "Situation d'illettrisme").
		also("Langues étrangères (anglais)", "Anglais", "Langue anglaise", "Langue étrangère (anglais)", "Langues étrangères : anglais").
		also("Langues étrangères (autres)", "Langues étrangères (autre)", "Autres langues", "Autres langues étrangères", "Langue étrangère (autres)", "Langues étrangères : autres").
		also("Déficience visuelle", "Déficiences visuelles", "Déficients visuels", "Malvoyants", "Non-voyants", "Aveugles et malvoyants", "Non-voyants et malvoyants", "Handicap visuel")

	fraisACharge = closed("Gratuit", "Gratuit sous condition", "Payant").
			former("Gratuit", "Gratuit : Je peux accéder gratuitement au lieu et à ses services").
			former("Gratuit sous condition", "Gratuit sous condition : La gratuité est conditionnée à des critères (situation familiale, convention avec un organisme social...)").
			former("Payant", "Payant : L'accès au lieu et/ou à ses services est payant").
			also("Gratuit", "Gratuite", "Gratuits", "Gratuité", "Gratuitement", "Accès gratuit", "Accès libre et gratuit", "Libre et gratuit", "Service gratuit", "Services gratuits", "Gratuit pour tous",
			"Gratuit pour tout le monde", "Entièrement gratuit", "Totalement gratuit", "100 % gratuit", "100% gratuit", "Accompagnement gratuit", "Service public gratuit",
			"Gratuit : Je peux accéder gratuitement aux services du lieu", "Gratuit : je peux accéder gratuitement au lieu", "Non payant", "Sans frais", "Aucun frais", "Pas de frais", "0 €", "0 euro", "0 euros", "0").
		also("Gratuit sous condition", "Gratuit sous conditions", "Gratuité sous condition", "Gratuité sous conditions", "Gratuit sous condition de ressources", "Gratuit sous conditions de ressources",
			"Gratuit sous condition : la gratuité est conditionnée à des critères", "Gratuit sous réserve de conditions").
		also("Payant", "Payante", "Payants", "Payantes", "Accès payant", "Service payant", "Services payants", "Prestation payante", "Prestations payantes")

	dispositifProgrammesNationaux = closed(
		"Aidants Connect", "Bibliothèques numérique de référence", "Certification PIX", "Conseillers numériques",
		"Emmaüs Connect", "France Services", "Grande école du numérique", "La Croix Rouge",
		"Point d'accès numérique CAF", "Promeneurs du net", "Relais numérique (Emmaüs Connect)").
		former("Conseillers numériques", "CNFS").
		former("Grande école du numérique", "Grandes écoles du numérique").
		former("Point d'accès numérique CAF", "Point numérique CAF").
		also("Aidants Connect", "Aidant Connect", "Aidants Connects", "AidantsConnect", "Habilitation Aidants Connect", "Habilité Aidants Connect", "Structure habilitée Aidants Connect", "Label Aidants Connect").
		also("Bibliothèques numérique de référence", "Bibliothèque numérique de référence", "Bibliothèques numériques de référence", "BNR").
		also("Certification PIX", "PIX", "Certifications PIX", "Centre PIX", "Centre de certification PIX", "Centre certifié PIX").
		also("Conseillers numériques", "Conseiller numérique", "Conseillère numérique", "Conseillères numériques", "Conseiller numérique France Services", "Conseillers numériques France Services",
			"Conseiller numérique France Service", "Conseillers numériques France Service", "Conseiller numérique (CNFS)", "Conseillers numériques (CNFS)", "Conseiller(s) numérique(s)", "CNUM").
		also("France Services", "France Service", "Espace France Services", "Espaces France Services", "Espace France Service", "Maison France Services", "Maisons France Services", "Maison France Service",
			"Label France Services", "Labellisé France Services", "MFS", "EFS", "FS").
		also("Grande école du numérique", "GEN", "Label Grande école du numérique").
		also("La Croix Rouge", "Croix Rouge", "La Croix-Rouge", "Croix-Rouge", "Croix-Rouge française", "La Croix-Rouge française", "Croix Rouge française").
		also("Point d'accès numérique CAF", "Points d'accès numérique CAF", "Point accès numérique CAF", "Point d'accès numérique de la CAF").
		also("Promeneurs du net", "Promeneur du net", "Les Promeneurs du net", "Label Promeneurs du net").
		also("Relais numérique (Emmaüs Connect)", "Relais numérique Emmaüs Connect", "Relais numériques (Emmaüs Connect)", "Relais numérique d'Emmaüs Connect")

	formationsLabels = closed(
		"Formé à « Mon Espace Santé »", "Formé à « DUPLEX » (illettrisme)", "Arnia/MedNum BFC (Bourgogne-Franche-Comté)",
		"Collectif ressources et acteurs réemploi (Normandie)", "Étapes numériques(La Poste)", "Fabriques de Territoire",
		"Les Éclaireurs du numérique (Drôme)", "Mes Papiers (Métropole de Lyon)", "ORDI 3.0", "SUD LABS (PACA)").
		prose("Étapes numériques(La Poste)", "Étapes numériques (La Poste)").
		also("Étapes numériques(La Poste)", "Étapes numériques", "Étape numérique", "Étape numérique (La Poste)", "Étapes numériques La Poste").
		also("Formé à « Mon Espace Santé »", "Mon Espace Santé", "Formé à Mon Espace Santé", "Formation Mon Espace Santé").
		also("Formé à « DUPLEX » (illettrisme)", "DUPLEX", "Formé à DUPLEX", "Formé à « DUPLEX »").
		also("Arnia/MedNum BFC (Bourgogne-Franche-Comté)", "Arnia/MedNum BFC", "MedNum BFC", "Arnia").
		also("Fabriques de Territoire", "Fabrique de Territoire", "Fabrique de territoires", "Label Fabrique de Territoire").
		also("Les Éclaireurs du numérique (Drôme)", "Les Éclaireurs du numérique", "Éclaireurs du numérique").
		also("Mes Papiers (Métropole de Lyon)", "Mes Papiers").
		also("ORDI 3.0", "Ordi 3", "Ordi3.0").
		also("SUD LABS (PACA)", "SUD LABS", "SudLabs", "SUD LAB", "SudLab").
		label("Étapes numériques(La Poste)", "Étapes numériques (La Poste)")

	modalitesAcces = closed(
		"Se présenter", "Téléphoner", "Contacter par mail", "Prendre un RDV en ligne",
		"Ce lieu n'accueille pas de public", "Envoyer un mail avec une fiche de prescription").
		also("Se présenter", "Se présenter sur place", "Sur place", "Venir sur place", "Se rendre sur place", "Accueil physique", "Accueil sur place", "Sans rendez-vous", "Guichet d'accueil", "Accès libre", "En accès libre", "Libre accès").
		also("Téléphoner", "Téléphone", "Par téléphone", "Appeler", "Contacter par téléphone", "Appel téléphonique", "Contact par téléphone").
		also("Contacter par mail", "Mail", "Par mail", "E-mail", "Email", "Par e-mail", "Par email", "Courriel", "Par courriel", "Envoyer un mail", "Envoyer un e-mail", "Envoyer un email", "Envoyer un courriel",
			"Contacter par e-mail", "Contacter par email", "Contacter par courriel", "Contact par mail").
		also("Prendre un RDV en ligne", "Prendre rendez-vous en ligne", "Prendre un rendez-vous en ligne", "Prendre RDV en ligne", "Prise de rendez-vous en ligne", "Prise de RDV en ligne", "Rendez-vous en ligne", "RDV en ligne").
		also("Ce lieu n'accueille pas de public", "N'accueille pas de public", "Pas d'accueil du public", "Pas d'accueil de public", "Fermé au public").
		also("Envoyer un mail avec une fiche de prescription", "Fiche de prescription", "Sur prescription", "Envoyer une fiche de prescription").
		label("Ce lieu n'accueille pas de public", "Ce lieu n’accueille pas de public")

	modalitesAccompagnement = closed(
		"En autonomie", "Accompagnement individuel", "Dans un atelier collectif", "À distance").
		prose("Dans un atelier collectif", "Dans un atelier collectif : j'apprends collectivement à utiliser le numérique").
		prose("À distance", "À distance (par téléphone ou en visioconférence)").
		former("En autonomie", "Seul : j'ai accès à du matériel et une connexion", "Seul").
		former("Accompagnement individuel", "Avec de l'aide : je suis accompagné seul dans l'usage du numérique", "Avec de l'aide").
		former("Dans un atelier collectif", "Dans un atelier : j'apprends collectivement à utiliser le numérique", "Dans un atelier").
		also("En autonomie", "Autonomie", "Autonome", "En accès libre", "Accès libre", "Libre accès", "En libre accès", "En autonomie sur place").
		also("Accompagnement individuel", "Individuel", "Individuelle", "Individuellement", "En individuel", "Assistance individuelle", "Accompagnement individualisé", "Accompagnement personnalisé", "Personnalisé",
			"Rendez-vous individuel", "Rendez-vous individuels", "Accompagnements individuels", "Accompagnement individuel ponctuel", "Ateliers individuels", "Atelier individuel", "Individuel et personnalisé").
		also("Dans un atelier collectif", "Collectif", "Collective", "Collectivement", "En collectif", "En groupe", "Atelier collectif", "Ateliers collectifs", "Ateliers", "Accompagnement collectif", "Accompagnements collectifs",
			"Dans un atelier collectif : j'apprends collectivement").
		also("À distance", "Distanciel", "En distanciel", "En visioconférence", "Par visioconférence", "Visioconférence", "En visio", "À distance (téléphone ou visioconférence)", "À distance par téléphone ou en visioconférence")
)
