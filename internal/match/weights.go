package match

// Thresholds of the score, in hundredths of log-odds: what is at least sameFrom
// is one place, what is at least undecidedFrom is for a person.
const (
	sameFrom      = 400
	undecidedFrom = 0
)

// signal is one thing that two records tell together.
type signal uint8

const (
	phoneSame signal = iota
	phoneFew
	phoneMany
	phoneOther
	mailSame
	mailFew
	mailMany
	domainSame
	domainFew
	domainMany
	mailOther
	siteSame
	siteFew
	siteMany
	siteHost
	siteOther
	pivotSame
	pivotMany
	sirenSame
	sirenMany
	pivotOther
	addressSame
	addressStreet
	addressClose
	addressOther
	addressElsewhere
	near30
	near120
	near400
	near1200
	far
	wrongPoint
	communeNear
	communeOther
	nameSame
	namePlain
	nameIn
	nameSome
	nameEcho
	nameBut
	nameOther
	kindsSame
	typesSame
	kindsHost
	kindsOther
	posteBoth
	posteHere
	posteOne
	roundOne
	sourceSame
	signals
)

// weights is what each signal is worth, in hundredths of log-odds, how it is
// told, and why it is worth that. They were set by hand, in round numbers, and
// held against the half of testdata/judged.csv that is for it.
var weights = [signals]struct {
	kind   string
	weight int
	text   string
}{
	// A phone or an address of mail that nobody else has is nearly a name. A town
	// hall gives its own for its three services; a network, one for all its sites.
	phoneSame: {"telephone", 300, "Même téléphone."},
	phoneFew:  {"telephone", 150, "Même téléphone, mais {adresses} le donnent."},
	phoneMany: {"telephone", 30, "Même téléphone, sans doute d’un standard : {adresses} le donnent."},
	mailSame:  {"courriel", 300, "Même courriel."},
	mailFew:   {"courriel", 150, "Même courriel, mais {adresses} le donnent."},
	mailMany:  {"courriel", 30, "Même courriel, sans doute d’un réseau : {adresses} le donnent."},
	// Half of the true duplicates have changed phone or mail between two lists.
	phoneOther: {"telephone", -60, "Téléphones différents."},
	mailOther:  {"courriel", -30, "Courriels différents."},
	// One organisation, not one place: a comcom has a library and a front desk.
	domainSame: {"courriel", 120, "Courriels d’un même domaine, que peu de lieux ont."},
	domainFew:  {"courriel", 60, "Courriels d’un même domaine, que {adresses} ont."},
	domainMany: {"courriel", 0, "Courriels d’un même domaine, mais {adresses} l’ont."},
	siteSame:   {"site", 200, "Même page web."},
	siteFew:    {"site", 60, "Même page web, mais {adresses} la donnent."},
	siteMany:   {"site", 10, "Même page web, que {adresses} donnent."},
	siteHost:   {"site", 20, "Pages d’un même site web."},
	siteOther:  {"site", -20, "Sites web différents."},
	// A SIRET is often the parent's, and then that of all its places.
	pivotSame:  {"pivot", 250, "Même identifiant (SIRET, RNA ou RIDET)."},
	pivotMany:  {"pivot", 20, "Même identifiant (SIRET, RNA ou RIDET), mais {adresses} le donnent."},
	sirenSame:  {"pivot", 100, "Même organisme (SIREN)."},
	sirenMany:  {"pivot", 0, "Même organisme (SIREN), mais {adresses} le donnent."},
	pivotOther: {"pivot", -80, "Identifiants différents (SIRET, RNA ou RIDET)."},
	// A door is shared by the services behind it: it takes more to be one place.
	addressSame:      {"adresse", 250, "Même adresse."},
	addressStreet:    {"adresse", 100, "Même rue ou même lieu-dit, sans le même détail."},
	addressClose:     {"adresse", 0, "Même rue, numéros voisins."},
	addressOther:     {"adresse", -100, "Même rue, numéros différents."},
	addressElsewhere: {"adresse", -150, "Rues différentes."},
	// Two geocoders put one address some 100 m apart; and one point in fifty is
	// simply wrong, which the same address tells.
	near30:     {"distance", 100, "À {distance} l’un de l’autre."},
	near120:    {"distance", 50, "À {distance} l’un de l’autre."},
	near400:    {"distance", -50, "À {distance} l’un de l’autre."},
	near1200:   {"distance", -150, "À {distance} l’un de l’autre."},
	far:        {"distance", -350, "À {distance} l’un de l’autre."},
	wrongPoint: {"distance", -50, "À {distance} l’un de l’autre, mais à la même adresse : un point est faux."},
	// One postal code for two communes, or the name that a commune had before.
	communeNear:  {"commune", -20, "Communes qui ont le même code postal, ou presque le même nom."},
	communeOther: {"commune", -250, "Communes différentes."},
	// Of a name, only what is proper to the place counts: not its commune, nor
	// what every house of its kind is called.
	nameSame:  {"nom", 300, "Même nom."},
	namePlain: {"nom", 100, "Même nom, mais bien des lieux s’appellent ainsi."},
	nameIn:    {"nom", 200, "Le nom de l’un est dans celui de l’autre."},
	nameSome:  {"nom", 50, "Noms qui ont des mots en commun."},
	nameEcho:  {"nom", 100, "Le nom de l’un se retrouve dans les adresses web de l’autre."},
	nameBut:   {"nom", 60, "Noms d’un même endroit, pour deux sortes de lieu."},
	nameOther: {"nom", -200, "Noms différents."},
	// A village has one France Services, and one library: their kind is nearly
	// their name.
	kindsSame:  {"typologie", 200, "Même sorte de lieu."},
	typesSame:  {"typologie", 100, "Même typologie."},
	kindsHost:  {"typologie", -150, "Sortes de lieu différentes ; l’un peut tenir l’autre."},
	kindsOther: {"typologie", -350, "Sortes de lieu différentes."},
	// La Poste keeps its own France Services, beside that of the town.
	posteBoth: {"typologie", 100, "Deux fiches de La Poste."},
	posteHere: {"typologie", 250, "Deux fiches de La Poste, au même endroit."},
	posteOne:  {"typologie", -200, "L’un est à La Poste, l’autre non."},
	roundOne:  {"itinerance", -150, "L’un se dit itinérant, l’autre non."},
	// Who lists two places mostly knows that they are two.
	sourceSame: {"source", -250, "La même source en fait deux lieux."},
}

// guard is a rule learned from real mistakes, that no score gets round.
type guard uint8

const (
	none guard = iota
	guardDepartement
	guardBus
	guardStops
	guardNumbers
	guardSource
	guardService
	guardMoved
	guardCommune
	guards
)

var guardNames = [guards]struct{ name, text string }{
	guardDepartement: {"departement", "Les deux lieux ne sont pas dans le même département."},
	guardBus:         {"itinerance", "L’un est un bus, l’autre un lieu fixe."},
	guardStops:       {"arrets", "Ce sont deux arrêts d’une tournée."},
	guardNumbers:     {"numeros", "Leurs noms portent des numéros différents."},
	guardService:     {"services", "Ce sont peut-être deux services d’un même bâtiment : une personne doit le dire."},
	guardMoved:       {"adresses", "Les adresses diffèrent : déménagement, ou deux sites ? Une personne doit le dire."},
	guardCommune:     {"communes", "Les communes diffèrent : une personne doit le dire."},
	guardSource:      {"source", "La même source en fait deux lieux : une personne doit le dire."},
}

// From how many addresses a value is shared by few, or by many (ClassOf).
const (
	fewFrom  = 3
	manyFrom = 6
)
