package pages

import "strings"

// wording is how pages say a value of a closed vocabulary: the standard's
// words are an administration's, these are a citizen's.
type wording struct {
	Value string // exactly as the vocabulary writes it
	Plain string // in a list of choices: "Faire une démarche en ligne"
	Short string // on a card: "Démarches en ligne"; "" = Plain
}

func (w wording) short() string {
	if w.Short != "" {
		return w.Short
	}
	return w.Plain
}

// group is one fieldset of choices. Its column is the API's parameter.
type group struct {
	Column string
	Title  string
	Words  []wording
}

// groups are the choices in the order in which pages offer them. A value of
// the standard without a line here is shown as the standard writes it.
var groups = []group{
	{"services", "Ce que je veux faire", []wording{
		{"Aide aux démarches administratives", "Faire mes démarches (impôts, santé, retraite…)", "Démarches en ligne"},
		{"Maîtrise des outils numériques du quotidien", "Apprendre à me servir d’un ordinateur ou d’un téléphone", "Ordinateur et téléphone au quotidien"},
		{"Accès internet et matériel informatique", "Utiliser un ordinateur ou Internet sur place", "Ordinateurs et Internet sur place"},
		{"Insertion professionnelle via le numérique", "Chercher un emploi, faire un CV", "Recherche d’emploi"},
		{"Utilisation sécurisée du numérique", "Éviter les arnaques, protéger mes données", "Sécurité et arnaques"},
		{"Parentalité et éducation avec le numérique", "Accompagner mes enfants avec les écrans", "Enfants et écrans"},
		{"Loisirs et créations numériques", "Créer : photo, vidéo, musique, impression 3D", "Photo, vidéo, création"},
		{"Compréhension du monde numérique", "Comprendre Internet et l’informatique", "Comprendre Internet"},
		{"Acquisition de matériel informatique à prix solidaire", "Acheter un ordinateur ou un téléphone moins cher", "Matériel moins cher"},
	}},
	{"modalites_accompagnement", "Comment je veux être aidé", []wording{
		{"Accompagnement individuel", "Avec une personne, rien que pour moi", "Avec une personne"},
		{"Dans un atelier collectif", "En petit groupe, dans un atelier", "En atelier"},
		{"En autonomie", "Seul, avec le matériel sur place", "Seul, sur place"},
		{"À distance", "De chez moi, par téléphone ou en visio", "À distance"},
	}},
	{"publics_specifiquement_adresses", "Pour qui", []wording{
		{"Jeunes", "Pour un jeune", "les jeunes"},
		{"Étudiants", "Pour un étudiant", "les étudiants"},
		{"Familles et/ou enfants", "Pour une famille ou un enfant", "les familles et les enfants"},
		{"Seniors", "Pour une personne âgée", "les personnes âgées"},
		{"Femmes", "Pour une femme", "les femmes"},
	}},
	{"prise_en_charge_specifique", "J’ai un besoin particulier", []wording{
		{"Surdité", "J’entends mal ou je suis sourd", "personnes sourdes ou malentendantes"},
		{"Déficience visuelle", "Je vois mal ou je suis aveugle", "personnes aveugles ou malvoyantes"},
		{"Handicaps moteurs", "J’ai du mal à me déplacer", "personnes qui ont du mal à se déplacer"},
		{"Handicaps mentaux", "J’ai un handicap mental ou psychique", "personnes en situation de handicap mental"},
		{"Illettrisme", "J’ai du mal à lire ou à écrire", "personnes qui ont du mal à lire ou à écrire"},
		{"Langues étrangères (anglais)", "Je parle anglais", "personnes qui parlent anglais"},
		{"Langues étrangères (autres)", "Je parle une autre langue", "personnes qui parlent une autre langue"},
	}},
}

// elsewhere are the columns said otherwise than by a fieldset.
var elsewhere = map[string][]wording{
	"frais_a_charge": {
		{"Gratuit", "Gratuit", ""},
		{"Gratuit sous condition", "Gratuit sous condition", ""},
		{"Payant", "Payant", ""},
	},
	"modalites_acces": {
		{"Se présenter", "Je peux venir comme je suis", "Vous pouvez venir sans rendez-vous"},
		{"Téléphoner", "Je peux téléphoner", "Téléphonez avant de venir"},
		{"Contacter par mail", "Je peux écrire un mail", "Écrivez un mail"},
		{"Prendre un RDV en ligne", "Je peux prendre rendez-vous en ligne", "Prenez rendez-vous en ligne"},
		{"Ce lieu n'accueille pas de public", "N’accueille pas de public", "Ce lieu n’accueille pas de public"},
		{"Envoyer un mail avec une fiche de prescription", "Envoyé par un travailleur social", "Un travailleur social peut écrire pour vous"},
	},
	"itinerance": {
		{"Itinérant", "Vient près de chez vous", ""},
		{"Fixe", "Toujours au même endroit", ""},
	},
}

// said finds the words for a value. Apostrophes of both kinds are the same.
func said(column, value string) wording {
	straight := func(s string) string { return strings.ReplaceAll(s, "’", "'") }
	find := func(words []wording) (wording, bool) {
		for _, w := range words {
			if straight(w.Value) == straight(value) {
				return w, true
			}
		}
		return wording{}, false
	}
	for _, g := range groups {
		if g.Column == column {
			if w, ok := find(g.Words); ok {
				return w
			}
		}
	}
	if w, ok := find(elsewhere[column]); ok {
		return w
	}
	return wording{Value: value, Plain: value}
}
