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

// weights is what each signal is worth, in hundredths of log-odds, and how it
// is told.
var weights = [signals]struct {
	kind   string
	weight int
	text   string
}{
	phoneSame:        {"telephone", 300, "Même téléphone."},
	phoneFew:         {"telephone", 150, "Même téléphone, que quelques lieux partagent."},
	phoneMany:        {"telephone", 30, "Même téléphone, que beaucoup de lieux partagent."},
	phoneOther:       {"telephone", -60, "Téléphones différents."},
	mailSame:         {"courriel", 300, "Même courriel."},
	mailFew:          {"courriel", 150, "Même courriel, que quelques lieux partagent."},
	mailMany:         {"courriel", 30, "Même courriel, que beaucoup de lieux partagent."},
	domainSame:       {"courriel", 120, "Courriels du même domaine, que peu de lieux ont."},
	domainFew:        {"courriel", 60, "Courriels du même domaine."},
	domainMany:       {"courriel", 0, "Courriels d’un même domaine, que beaucoup de lieux partagent."},
	mailOther:        {"courriel", -30, "Courriels différents."},
	siteSame:         {"site", 200, "Même page web."},
	siteFew:          {"site", 60, "Même page web, que quelques lieux partagent."},
	siteMany:         {"site", 10, "Même page web, que beaucoup de lieux partagent."},
	siteHost:         {"site", 20, "Pages d’un même site web."},
	siteOther:        {"site", -20, "Sites web différents."},
	pivotSame:        {"pivot", 250, "Même SIRET."},
	pivotMany:        {"pivot", 20, "Même SIRET, que plusieurs lieux partagent."},
	sirenSame:        {"pivot", 100, "Même organisme (SIREN)."},
	sirenMany:        {"pivot", 0, "Même organisme (SIREN), qui a plusieurs lieux."},
	pivotOther:       {"pivot", -80, "SIRET différents."},
	addressSame:      {"adresse", 250, "Même adresse."},
	addressStreet:    {"adresse", 100, "Même rue ; l’une des fiches n’a pas de numéro."},
	addressClose:     {"adresse", 0, "Même rue, numéros voisins."},
	addressOther:     {"adresse", -100, "Même rue, numéros différents."},
	addressElsewhere: {"adresse", -150, "Rues différentes."},
	near30:           {"distance", 100, ""},
	near120:          {"distance", 50, ""},
	near400:          {"distance", -50, ""},
	near1200:         {"distance", -150, ""},
	far:              {"distance", -350, ""},
	wrongPoint:       {"distance", -50, ""},
	communeNear:      {"commune", -20, "Communes voisines, ou noms différents d’une même commune."},
	communeOther:     {"commune", -250, "Communes différentes."},
	nameSame:         {"nom", 300, "Même nom."},
	namePlain:        {"nom", 100, "Même nom, sans rien de propre à un lieu."},
	nameIn:           {"nom", 200, "Le nom de l’une est dans celui de l’autre."},
	nameSome:         {"nom", 50, "Noms qui ont des mots en commun."},
	nameEcho:         {"nom", 100, "Le nom de l’une est dans le courriel ou le site de l’autre."},
	nameBut:          {"nom", 60, "Noms d’un même endroit, pour deux sortes de lieu."},
	nameOther:        {"nom", -200, "Noms différents."},
	kindsSame:        {"typologie", 200, "Même sorte de lieu."},
	typesSame:        {"typologie", 100, "Même typologie."},
	kindsHost:        {"typologie", -150, "L’un peut être l’hôte de l’autre."},
	kindsOther:       {"typologie", -350, "Sortes de lieu différentes."},
	posteBoth:        {"typologie", 100, "Deux services de La Poste."},
	posteHere:        {"typologie", 250, "Deux services de La Poste, au même endroit."},
	roundOne:         {"itinerance", -150, "L’un se dit itinérant, l’autre non."},
	posteOne:         {"typologie", -200, "L’un est à La Poste, l’autre non."},
	sourceSame:       {"source", -250, "La même source en fait deux lieux."},
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
	guards
)

var guardNames = [guards]struct{ name, text string }{
	guardDepartement: {"departement", "Les deux lieux ne sont pas dans le même département."},
	guardBus:         {"itinerance", "L’un est un bus, l’autre un lieu fixe."},
	guardStops:       {"arrets", "Ce sont deux arrêts d’une tournée."},
	guardNumbers:     {"numeros", "Leurs noms portent des numéros différents."},
	guardSource:      {"source", "La même source en fait deux lieux : une personne doit le dire."},
}

// Classes of a value, by how many addresses have it. Two spellings of one
// address may count as two, hence "alone" up to two.
const (
	fewFrom  = 3
	manyFrom = 6
)

func pick(n int, alone, few, many signal) signal {
	switch {
	case n < fewFrom:
		return alone
	case n < manyFrom:
		return few
	}
	return many
}
