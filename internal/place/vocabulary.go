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
	found, ok := v.folded[Fold(s)]
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
	itinerance = closed("Itinérant", "Fixe")

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
		former("Acquisition de matériel informatique à prix solidaire", "S'équiper en matériel informatique")

	publicsSpecifiquementAdresses = closed("Jeunes", "Étudiants", "Familles et/ou enfants", "Seniors", "Femmes").
					former("Jeunes", "Jeunes (16-26 ans)").
					former("Familles et/ou enfants", "Familles/enfants").
					former("Seniors", "Seniors (+ 65 ans)", "Seniors (+65 ans)").
					former("Femmes", "Uniquement femmes")

	priseEnChargeSpecifique = closed(
		"Surdité", "Handicaps moteurs", "Handicaps mentaux", "Illettrisme",
		"Langues étrangères (anglais)", "Langues étrangères (autres)", "Déficience visuelle").
		former("Handicaps mentaux", "Handicaps mentaux : déficiences limitant les activités d'une personne").
		former("Illettrisme", "Personnes en situation d'illettrisme")

	fraisACharge = closed("Gratuit", "Gratuit sous condition", "Payant").
			former("Gratuit", "Gratuit : Je peux accéder gratuitement au lieu et à ses services").
			former("Gratuit sous condition", "Gratuit sous condition : La gratuité est conditionnée à des critères (situation familiale, convention avec un organisme social...)").
			former("Payant", "Payant : L'accès au lieu et/ou à ses services est payant")

	dispositifProgrammesNationaux = closed(
		"Aidants Connect", "Bibliothèques numérique de référence", "Certification PIX", "Conseillers numériques",
		"Emmaüs Connect", "France Services", "Grande école du numérique", "La Croix Rouge",
		"Point d'accès numérique CAF", "Promeneurs du net", "Relais numérique (Emmaüs Connect)").
		former("Conseillers numériques", "CNFS").
		former("Grande école du numérique", "Grandes écoles du numérique").
		former("Point d'accès numérique CAF", "Point numérique CAF")

	formationsLabels = closed(
		"Formé à « Mon Espace Santé »", "Formé à « DUPLEX » (illettrisme)", "Arnia/MedNum BFC (Bourgogne-Franche-Comté)",
		"Collectif ressources et acteurs réemploi (Normandie)", "Étapes numériques(La Poste)", "Fabriques de Territoire",
		"Les Éclaireurs du numérique (Drôme)", "Mes Papiers (Métropole de Lyon)", "ORDI 3.0", "SUD LABS (PACA)").
		prose("Étapes numériques(La Poste)", "Étapes numériques (La Poste)").
		label("Étapes numériques(La Poste)", "Étapes numériques (La Poste)")

	modalitesAcces = closed(
		"Se présenter", "Téléphoner", "Contacter par mail", "Prendre un RDV en ligne",
		"Ce lieu n'accueille pas de public", "Envoyer un mail avec une fiche de prescription").
		label("Ce lieu n'accueille pas de public", "Ce lieu n’accueille pas de public")

	modalitesAccompagnement = closed(
		"En autonomie", "Accompagnement individuel", "Dans un atelier collectif", "À distance").
		prose("Dans un atelier collectif", "Dans un atelier collectif : j'apprends collectivement à utiliser le numérique").
		prose("À distance", "À distance (par téléphone ou en visioconférence)").
		former("En autonomie", "Seul : j'ai accès à du matériel et une connexion", "Seul").
		former("Accompagnement individuel", "Avec de l'aide : je suis accompagné seul dans l'usage du numérique", "Avec de l'aide").
		former("Dans un atelier collectif", "Dans un atelier : j'apprends collectivement à utiliser le numérique", "Dans un atelier")
)
