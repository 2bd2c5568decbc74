package demo

// likely is a value with how often it is met, out of one.
type likely struct {
	value  string
	chance float64
}

// kind is a sort of place, as real censuses have them.
type kind struct {
	weight     float64
	typologie  []string
	withEPN    []string // the same, being a public digital space too
	names      []string // %c: "de Reims"; %q: a quarter; %p: somebody whom streets are named after
	domain     string
	parent     string
	services   []likely
	fees       [][]string // the commonest first
	programmes []likely
	publics    []string
	targeted   float64
	mobile     bool
	resume     []string
}

const (
	demarches   = "Aide aux démarches administratives"
	outils      = "Maîtrise des outils numériques du quotidien"
	emploi      = "Insertion professionnelle via le numérique"
	securite    = "Utilisation sécurisée du numérique"
	parents     = "Parentalité et éducation avec le numérique"
	loisirs     = "Loisirs et créations numériques"
	comprendre  = "Compréhension du monde numérique"
	materiel    = "Accès internet et matériel informatique"
	equipement  = "Acquisition de matériel informatique à prix solidaire"
	aidants     = "Aidants Connect"
	conseillers = "Conseillers numériques"
)

var (
	free        = [][]string{{"Gratuit"}}
	mostlyFree  = [][]string{{"Gratuit"}, {"Gratuit sous condition"}, {"Payant"}}
	fee         = [][]string{{"Gratuit", "Payant"}, {"Payant"}, {"Gratuit sous condition"}}
	fixed       = []string{"Fixe"}
	itinerant   = []string{"Itinérant"}
	zonings     = [][]string{{"QPV"}, {"FRR"}}
	mailboxes   = []string{"contact", "accueil", "numerique", "bonjour"}
	complements = []string{"Bâtiment B", "1er étage", "Entrée par la cour", "Derrière la mairie", "Salle des associations", "Rez-de-chaussée"}
	details     = []string{
		"Les ateliers ont lieu en petit groupe.", "Des ordinateurs sont en accès libre.",
		"Venez avec vos papiers et votre téléphone.", "L’accueil est possible sans rendez-vous le matin.",
	}
)

var kinds = []kind{
	{
		weight: 0.24, typologie: []string{"RFS"}, withEPN: []string{"RFS", "EPN"}, domain: "france-services",
		names: []string{"France Services %c", "Espace France Services %c", "France Services %q"}, parent: "Commune",
		services:   []likely{{demarches, 0.97}, {outils, 0.4}, {securite, 0.2}, {emploi, 0.3}, {materiel, 0.6}},
		fees:       free,
		programmes: []likely{{aidants, 0.35}, {conseillers, 0.3}, {"France Services", 1}},
		mobile:     true,
		resume:     []string{"Aide pour vos démarches en ligne, avec ou sans rendez-vous.", "Un conseiller vous aide dans vos démarches du quotidien."},
	},
	{
		weight: 0.2, typologie: []string{"BIB"}, withEPN: []string{"BIB", "EPN"}, domain: "mediatheque",
		names: []string{"Médiathèque %p", "Bibliothèque %p", "Médiathèque %c", "Bibliothèque municipale %c"}, parent: "Ville",
		services:   []likely{{outils, 0.6}, {securite, 0.2}, {loisirs, 0.5}, {comprendre, 0.4}, {materiel, 0.9}},
		fees:       [][]string{{"Gratuit"}, {"Gratuit sous condition"}},
		programmes: []likely{{"Bibliothèques numérique de référence", 0.08}, {conseillers, 0.2}},
		mobile:     true,
		resume:     []string{"Ordinateurs en accès libre et ateliers pour débuter.", "Ateliers numériques et prêt de tablettes."},
	},
	{
		weight: 0.1, typologie: []string{"MUNI"}, withEPN: []string{"MUNI", "EPN"}, domain: "mairie",
		names: []string{"Mairie %c", "Mairie annexe %q", "Espace numérique municipal %c"}, parent: "Commune",
		services:   []likely{{demarches, 0.8}, {outils, 0.4}, {materiel, 0.5}},
		fees:       free,
		programmes: []likely{{conseillers, 0.4}, {aidants, 0.2}},
		resume:     []string{"Une permanence numérique vous accueille chaque semaine.", "Un poste informatique est à votre disposition."},
	},
	{
		weight: 0.09, typologie: []string{"CS"}, withEPN: []string{"CS", "EPN"}, domain: "centre-social",
		names:    []string{"Centre social %q", "Centre social %p", "Centre socioculturel %q"},
		services: []likely{{demarches, 0.7}, {outils, 0.8}, {emploi, 0.2}, {securite, 0.3}, {parents, 0.4}, {materiel, 0.5}},
		fees:     mostlyFree, programmes: []likely{{aidants, 0.2}, {conseillers, 0.3}, {"Promeneurs du net", 0.1}, {"Point d'accès numérique CAF", 0.15}},
		publics: []string{"Familles et/ou enfants", "Seniors"}, targeted: 0.15,
		resume: []string{"Ateliers en petit groupe et aide individuelle.", "Un accueil pour tout le quartier."},
	},
	{
		weight: 0.07, typologie: []string{"CCAS"}, withEPN: []string{"CCAS", "EPN"}, domain: "ccas",
		names: []string{"CCAS %c", "Centre communal d’action sociale %c"}, parent: "Commune",
		services:   []likely{{demarches, 0.95}, {outils, 0.3}, {securite, 0.1}},
		fees:       free,
		programmes: []likely{{aidants, 0.4}, {conseillers, 0.3}},
		publics:    []string{"Seniors"}, targeted: 0.2,
		resume: []string{"Aide aux démarches en ligne sur rendez-vous.", "Nous vous aidons pour vos droits et vos dossiers."},
	},
	{
		weight: 0.13, typologie: []string{"ASSO"}, withEPN: []string{"ASSO", "EPN"}, domain: "association",
		names:    []string{"Association Le Fil du clic", "Association Clics solidaires %c", "Les Souris vertes %c", "Association %q numérique", "L’Atelier connecté %c"},
		services: []likely{{demarches, 0.4}, {outils, 0.9}, {emploi, 0.2}, {securite, 0.4}, {parents, 0.1}, {loisirs, 0.4}, {comprendre, 0.3}, {materiel, 0.4}, {equipement, 0.15}},
		fees:     fee, programmes: []likely{{conseillers, 0.15}, {"Emmaüs Connect", 0.03}},
		publics: []string{"Seniors"}, targeted: 0.2,
		resume: []string{"Des bénévoles vous apprennent à utiliser votre ordinateur.", "Cours et dépannage dans une ambiance conviviale."},
	},
	{
		weight: 0.05, typologie: []string{"TIERS_LIEUX"}, withEPN: []string{"TIERS_LIEUX", "FABLAB"}, domain: "tiers-lieu",
		names:    []string{"Tiers-lieu La Fabrique %c", "La Grange numérique %c", "Tiers-lieu %q", "L’Établi %c"},
		services: []likely{{outils, 0.6}, {emploi, 0.4}, {loisirs, 0.7}, {comprendre, 0.5}, {materiel, 0.8}, {equipement, 0.1}},
		fees:     fee, programmes: []likely{{conseillers, 0.25}},
		resume: []string{"Postes de travail, ateliers et imprimantes 3D.", "Un lieu ouvert pour apprendre et fabriquer."},
	},
	{
		weight: 0.05, typologie: []string{"LA_POSTE"}, withEPN: []string{"LA_POSTE", "RFS"}, domain: "bureau-de-poste",
		names:      []string{"Bureau de poste %c", "Bureau de poste %q"},
		services:   []likely{{demarches, 0.7}, {outils, 0.2}, {materiel, 0.6}},
		fees:       free,
		programmes: []likely{{"France Services", 0.3}},
		resume:     []string{"Une tablette et une aide pour vos démarches simples."},
	},
	{
		weight: 0.04, typologie: []string{"ML"}, withEPN: []string{"ML", "EPN"}, domain: "mission-locale",
		names:    []string{"Mission locale %c", "Mission locale, antenne %q"},
		services: []likely{{demarches, 0.6}, {outils, 0.5}, {emploi, 0.95}, {materiel, 0.5}},
		fees:     free, programmes: []likely{{"Certification PIX", 0.2}, {conseillers, 0.15}},
		publics: []string{"Jeunes"}, targeted: 0.9,
		resume: []string{"Pour les jeunes de 16 à 25 ans : emploi, formation, numérique."},
	},
	{
		weight: 0.03, typologie: []string{"EPN"}, withEPN: []string{"EPN", "ASSO"}, domain: "espace-numerique",
		names: []string{"Espace public numérique %q", "Espace public numérique %c", "Cyberespace %q"}, parent: "Ville",
		services: []likely{{demarches, 0.5}, {outils, 0.95}, {securite, 0.6}, {loisirs, 0.5}, {comprendre, 0.4}, {materiel, 0.95}},
		fees:     mostlyFree, programmes: []likely{{conseillers, 0.5}, {aidants, 0.2}, {"Certification PIX", 0.1}},
		mobile: true,
		resume: []string{"Initiation, accès libre et aide à la demande."},
	},
}

var specialCare = []likely{
	{"Surdité", 0.15}, {"Handicaps moteurs", 0.4}, {"Handicaps mentaux", 0.2}, {"Illettrisme", 0.5},
	{"Langues étrangères (anglais)", 0.3}, {"Langues étrangères (autres)", 0.15}, {"Déficience visuelle", 0.1},
}

var access = []likely{
	{"Se présenter", 0.8}, {"Téléphoner", 0.7}, {"Contacter par mail", 0.4}, {"Prendre un RDV en ligne", 0.08},
	{"Envoyer un mail avec une fiche de prescription", 0.03},
}

var guidance = []likely{
	{"En autonomie", 0.4}, {"Accompagnement individuel", 0.85}, {"Dans un atelier collectif", 0.5}, {"À distance", 0.06},
}

var labels = []likely{{"Formé à « Mon Espace Santé »", 0.02}, {"Formé à « DUPLEX » (illettrisme)", 0.01}, {"Fabriques de Territoire", 0.01}}

// regional are the labels that one région alone gives.
var regional = map[string][]likely{
	"27": append([]likely{{"Arnia/MedNum BFC (Bourgogne-Franche-Comté)", 0.15}}, labels...),
	"28": append([]likely{{"Collectif ressources et acteurs réemploi (Normandie)", 0.05}}, labels...),
	"93": append([]likely{{"SUD LABS (PACA)", 0.08}}, labels...),
}

func labelsOf(region string) []likely {
	if l, ok := regional[region]; ok {
		return l
	}
	return labels
}

// people are names that streets and schools bear, all of the dead.
var people = []string{
	"Simone-Veil", "Victor-Hugo", "Jean-Jaurès", "Marie-Curie", "Jules-Verne", "Louise-Michel", "George-Sand", "Émile-Zola",
	"Jacques-Prévert", "Colette", "Albert-Camus", "Marguerite-Yourcenar", "Aimé-Césaire", "Joséphine-Baker", "Olympe-de-Gouges",
	"Antoine-de-Saint-Exupéry", "Louis-Aragon", "Jean-Moulin", "Germaine-Tillion", "Lucie-Aubrac", "Boris-Vian", "Sophie-Germain",
	"Ada-Lovelace", "Blaise-Pascal", "Rosa-Parks", "Nelson-Mandela", "Molière", "Françoise-Dolto",
}

var quarters = []string{
	"des Tilleuls", "du Vieux-Moulin", "de la Gare", "des Coteaux", "du Port", "de la Fontaine", "des Acacias", "du Parc",
	"des Quatre-Vents", "de l’Horloge", "du Marché", "des Bords de l’eau", "de la Plaine", "du Belvédère", "des Lavandières", "du Lavoir",
}

var streets = []string{
	"rue de la République", "rue Victor-Hugo", "place de la Mairie", "rue Jean-Jaurès", "avenue de la Gare", "rue des Écoles",
	"place du Marché", "rue Pasteur", "rue du Moulin", "Grande Rue", "rue de l’Église", "avenue du Général-de-Gaulle", "rue Jules-Ferry",
	"boulevard de la Liberté", "rue des Lilas", "rue du Stade", "chemin des Vignes", "rue du Château", "place de la Fontaine",
	"rue Gambetta", "allée des Tilleuls", "rue Émile-Zola", "rue des Jardins", "avenue Aristide-Briand", "rue du 11-Novembre",
	"rue Marie-Curie", "rue de Verdun", "impasse du Lavoir", "quai de la Rivière", "rue Louise-Michel", "route Nationale", "rue du Four",
}
