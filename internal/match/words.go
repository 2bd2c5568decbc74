package match

import (
	"slices"
	"strings"

	"mednum/internal/place"
)

// folded is what a letter of French is without accent nor case, place.Fold's
// answers laid down once: a name is folded for every record that is compared.
var folded = func() (table [0x180]string) {
	for r := range table {
		table[r] = place.Fold(string(rune(r)))
	}
	return table
}()

// fold is place.Fold, but for spaces, which it leaves where they are.
func fold(dst []byte, s string) []byte {
	for _, r := range s {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			dst = append(dst, byte(r))
		case r < 0x80 && r > ' ' && (r < 'A' || r > 'Z'):
			dst = append(dst, byte(r))
		case r <= ' ', r == 0xa0, r == 0x202f:
			dst = append(dst, ' ')
		case r < rune(len(folded)):
			dst = append(dst, folded[r]...)
		default:
			dst = append(dst, place.Fold(string(r))...)
		}
	}
	return dst
}

// split cuts a text into folded words; a comma, a dash between words or a
// bracket is the word "|" when cuts are asked for.
func split(s string, cuts bool) []string {
	if s == "" {
		return nil
	}
	var room [128]byte
	f := string(fold(room[:0], s)) // the words are cut out of it
	out := make([]string, 0, 8)
	start := -1
	for i := 0; i <= len(f); i++ {
		var c byte
		if i < len(f) {
			c = f[i]
		}
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c >= 0x80 {
			if start < 0 {
				start = i
			}
			continue
		}
		if start >= 0 {
			w := f[start:i]
			if full, ok := abbreviations[w]; ok {
				w = full
			}
			out = append(out, w)
			start = -1
		}
		if !cuts || len(out) == 0 || out[len(out)-1] == "|" {
			continue
		}
		switch c {
		case ',', ';', '(', ')', '|', '/', ':':
			out = append(out, "|")
		case '-':
			if f[i-1] == ' ' || i+1 == len(f) || f[i+1] == ' ' {
				out = append(out, "|")
			}
		}
	}
	return out
}

// abbreviations stand for one word whoever writes them.
var abbreviations = map[string]string{
	"av": "avenue", "ave": "avenue", "bd": "boulevard", "bld": "boulevard", "blvd": "boulevard", "boul": "boulevard", "bvd": "boulevard",
	"pl": "place", "plc": "place", "rte": "route", "che": "chemin", "chem": "chemin", "imp": "impasse", "all": "allee", "allees": "allee",
	"sq": "square", "crs": "cours", "res": "residence", "bat": "batiment", "fbg": "faubourg", "fg": "faubourg", "imm": "immeuble",
	"st": "saint", "ste": "sainte", "sts": "saint", "gal": "general", "mal": "marechal", "dr": "docteur", "pdt": "president", "cdt": "commandant", "col": "colonel",
	"prof": "professeur", "cel": "colonel", "gd": "grand", "gde": "grande", "grd": "grand", "grde": "grande", "nd": "notredame",
	"quai": "quai", "esp": "esplanade", "pr": "professeur", "cpt": "capitaine", "cne": "capitaine", "lt": "lieutenant", "frances": "france",
	"bib": "bibliotheque", "mediatheques": "mediatheque", "bibliotheques": "bibliotheque", "mdtk": "mediatheque",
	"asso": "association", "assoc": "association", "ass": "association", "ctre": "centre", "ecoles": "ecole", "numeriques": "numerique", "services": "service",
	"publics": "public", "publique": "public", "publiques": "public", "sociale": "social", "sociaux": "social", "sociales": "social",
}

// numerals are how a number that tells two rooms apart is written.
var numerals = map[string]int{"i": 1, "ii": 2, "iii": 3, "iv": 4, "premier": 1, "deuxieme": 2}

func wordSet(s string) map[string]bool {
	set := map[string]bool{}
	for w := range strings.FieldsSeq(s) {
		set[w] = true
	}
	return set
}

// empty words say nothing at all.
var empty = wordSet("a au aux d de des du en et l la le les s sous sur pour par dans un une lieu dit qu n ou the chez notre votre vous avec")

// ways are what streets are called by.
var ways = wordSet(`rue r avenue boulevard place route chemin impasse allee square cours quai faubourg esplanade promenade passage ruelle sentier voie rond
	montee cote traverse venelle mail parvis rocade chaussee lotissement clos parc villa cour hameau placette rampe galerie`)

// kind of house: what sort of place a name says it is. Two houses of one kind
// may be one place; two of different kinds are two, even behind one door,
// unless a name says both.
type kind uint32

const (
	kindFS kind = 1 << iota
	kindPoste
	kindBib
	kindMairie
	kindCcas
	kindSocial // social and neighbourhood centres
	kindMjc
	kindMission
	kindEmploi
	kindPref
	kindDepartement
	kindCaisse // CAF, CPAM, MSA, CARSAT
	kindImpots
	kindJeunes
	kindEpn
	kindTiers
	kindTourisme
	kindEcole
	kindBus
	kindPimms
	kindFoyer
	kindInsertion
	kindIntercommunal
	kindPrevention
	lastKind = kindPrevention
)

// hosts may run a France Services themselves, under their own roof: the kinds
// differ, and it may be one place.
const hosts = kindSocial | kindMjc | kindIntercommunal | kindCcas | kindMission | kindPimms | kindTiers | kindFoyer | kindDepartement | kindMairie | kindInsertion | kindEpn

// services are the kinds that are given somewhere, often in the house of another.
const services = kindFS | kindPoste | kindBib | kindJeunes | kindEpn | kindCaisse | kindImpots | kindEmploi | kindMission | kindTourisme | kindPrevention

// everybodys are the domains of mail that tell nothing of who writes.
var everybodys = wordSet(`gmail.com hotmail.com hotmail.fr orange.fr wanadoo.fr yahoo.fr yahoo.com free.fr sfr.fr laposte.net outlook.fr outlook.com live.fr bbox.fr neuf.fr
	aol.com icloud.com me.com msn.com numericable.fr club-internet.fr cegetel.net 9business.fr fr.oleane.com protonmail.com mail.com gmx.fr gmail.fr
	france-services.gouv.fr franceservices.gouv.fr conseiller-numerique.fr beta.gouv.fr lagoon.nc mls.nc`)

// named are the kinds of which a word is also a name: the CAF is not the CPAM.
const named = kindCaisse | kindEmploi | kindImpots | kindTiers | kindFoyer | kindEcole

// kinds are recognised by these words in a row, the longest first.
var kinds = []struct {
	words string
	kind  kind
}{
	{"maison de service au public", kindFS}, {"maison de service public", kindFS}, {"maison service au public", kindFS}, {"maison service public", kindFS},
	{"maison france service", kindFS}, {"espace france service", kindFS}, {"france service", kindFS}, {"france", 0}, {"msap", kindFS}, {"mfs", kindFS}, {"efs", kindFS}, {"rfs", kindFS}, {"fs", kindFS},
	{"maison de service", kindFS}, {"maison du service public", kindFS}, {"relais de service public", kindFS}, {"relais service public", kindFS}, {"rsp", kindFS}, {"espace de service public", kindFS}, {"point service public", kindFS}, {"msp", kindFS},
	{"bureau de poste", kindPoste}, {"agence postale", kindPoste}, {"la poste", kindPoste}, {"poste", kindPoste}, {"relais poste", kindPoste},
	{"bibliotheque", kindBib}, {"mediatheque", kindBib}, {"mediateque", kindBib}, {"ludotheque", kindBib}, {"point lecture", kindBib}, {"relais lecture", kindBib}, {"ludomediatheque", kindBib}, {"mediabib", kindBib}, {"artotheque", kindBib}, {"bdp", kindBib},
	{"hotel de ville", kindMairie}, {"mairie", kindMairie}, {"maison communale", kindMairie}, {"casa cumuna", kindMairie}, {"municipalite", kindMairie}, {"mairies", kindMairie},
	{"centre communal d action social", kindCcas}, {"centre intercommunal d action social", kindCcas}, {"ccas", kindCcas}, {"cias", kindCcas}, {"action social", kindCcas},
	{"centre socio culturel", kindSocial}, {"centre socioculturel", kindSocial}, {"centre social et culturel", kindSocial}, {"centre social", kindSocial}, {"csc", kindSocial}, {"espace socioculturel", kindSocial}, {"espace socio culturel", kindSocial}, {"espace de vie social", kindSocial}, {"evs", kindSocial}, {"maison de quartier", kindSocial}, {"maison pour tous", kindSocial}, {"espace social", kindSocial}, {"maison de la solidarite", kindSocial}, {"centre d animation", kindSocial}, {"relais familles", kindSocial}, {"maison des familles", kindSocial}, {"accueil de loisirs", kindSocial}, {"centre de loisirs", kindSocial}, {"foyer rural", kindSocial}, {"familles rurales", kindSocial}, {"centre culturel", kindSocial}, {"maison des habitants", kindSocial}, {"maison du citoyen", kindSocial}, {"maison des associations", kindSocial},
	{"maison des jeunes et de la culture", kindMjc}, {"maison des jeunes", kindMjc}, {"mjc", kindMjc},
	{"mission locale", kindMission}, {"mission locales", kindMission}, {"ml", kindMission},
	{"pole emploi", kindEmploi}, {"france travail", kindEmploi}, {"cap emploi", kindEmploi}, {"maison de l emploi", kindEmploi}, {"mdef", kindEmploi}, {"espace emploi", kindEmploi}, {"point emploi", kindEmploi}, {"bureau de l emploi", kindEmploi}, {"plie", kindEmploi}, {"relais emploi", kindEmploi}, {"apec", kindEmploi}, {"service emploi", kindEmploi}, {"maison de l economie", kindEmploi},
	{"sous prefecture", kindPref}, {"prefecture", kindPref},
	{"maison departementale des solidarites", kindDepartement}, {"maison departementale de la solidarite", kindDepartement}, {"maison departementale solidarite", kindDepartement}, {"maison departementale", kindDepartement}, {"mdsi", kindDepartement}, {"mds", kindDepartement}, {"mdph", kindDepartement}, {"maison du departement", kindDepartement}, {"maison de departement", kindDepartement}, {"centre medico social", kindDepartement}, {"cms", kindDepartement}, {"utas", kindDepartement}, {"utpas", kindDepartement}, {"centre departemental", kindDepartement}, {"site departemental", kindDepartement}, {"pole des solidarites", kindDepartement}, {"conseil departemental", kindDepartement},
	{"caf", kindCaisse}, {"caisse d allocations familiales", kindCaisse}, {"allocations familiales", kindCaisse}, {"cpam", kindCaisse}, {"msa", kindCaisse}, {"carsat", kindCaisse}, {"assurance maladie", kindCaisse},
	{"finances public", kindImpots}, {"tresor public", kindImpots}, {"tresorerie", kindImpots}, {"impots", kindImpots}, {"sip", kindImpots}, {"dgfip", kindImpots},
	{"point information jeunesse", kindJeunes}, {"bureau information jeunesse", kindJeunes}, {"centre information jeunesse", kindJeunes}, {"information jeunesse", kindJeunes}, {"info jeunes", kindJeunes}, {"info jeunesse", kindJeunes}, {"pij", kindJeunes}, {"bij", kindJeunes}, {"crij", kindJeunes}, {"service jeunesse", kindJeunes}, {"espace jeunes", kindJeunes}, {"espace jeunesse", kindJeunes}, {"espace jeune", kindJeunes}, {"pole jeunesse", kindJeunes}, {"sij", kindJeunes}, {"structure information jeunesse", kindJeunes},
	{"espace public numerique", kindEpn}, {"epn", kindEpn}, {"cyberbase", kindEpn}, {"cyber base", kindEpn}, {"cybercentre", kindEpn}, {"cyber centre", kindEpn}, {"cyberespace", kindEpn}, {"cyber espace", kindEpn}, {"espace numerique", kindEpn}, {"espace multimedia", kindEpn}, {"point cyb", kindEpn}, {"cybersite", kindEpn}, {"espace cyber", kindEpn}, {"centre multimedia", kindEpn}, {"point numerique", kindEpn}, {"pole numerique", kindEpn}, {"atelier numerique", kindEpn}, {"cyber", kindEpn}, {"maison du numerique", kindEpn}, {"relais numerique", kindEpn}, {"espace informatique", kindEpn}, {"espace internet", kindEpn}, {"multimedia", kindEpn}, {"point d accueil numerique", kindEpn}, {"point d acces numerique", kindEpn}, {"espace connecte", kindEpn}, {"cyberlab", kindEpn}, {"club informatique", kindEpn}, {"cybercommune", kindEpn},
	{"tiers lieu", kindTiers}, {"tiers lieux", kindTiers}, {"fablab", kindTiers}, {"fab lab", kindTiers}, {"coworking", kindTiers}, {"cowork", kindTiers}, {"hackerspace", kindTiers}, {"repair cafe", kindTiers}, {"telecentre", kindTiers},
	{"office de tourisme", kindTourisme}, {"office du tourisme", kindTourisme}, {"bureau d information touristique", kindTourisme},
	{"ecole", kindEcole}, {"college", kindEcole}, {"lycee", kindEcole}, {"greta", kindEcole}, {"afpa", kindEcole}, {"universite", kindEcole}, {"mfr", kindEcole}, {"cfa", kindEcole}, {"organisme de formation", kindEcole}, {"centre de formation", kindEcole},
	{"bus", kindBus}, {"camion", kindBus}, {"itinerant", 0}, {"itinerante", 0}, {"mobile", kindBus}, {"itinerance", 0}, {"van", kindBus}, {"bibliobus", kindBus | kindBib},
	{"pimms mediation", kindPimms}, {"pimms", kindPimms},
	{"foyer de jeunes travailleurs", kindFoyer}, {"fjt", kindFoyer}, {"chrs", kindFoyer}, {"residence habitat jeunes", kindFoyer}, {"habitat jeunes", kindFoyer}, {"residence sociale", kindFoyer}, {"pension de famille", kindFoyer}, {"cada", kindFoyer}, {"residence autonomie", kindFoyer}, {"ehpad", kindFoyer}, {"foyer jeunes travailleurs", kindFoyer},
	{"chantier d insertion", kindInsertion}, {"aci", kindInsertion}, {"entreprise d insertion", kindInsertion}, {"ressourcerie", kindInsertion}, {"recyclerie", kindInsertion},
	{"communaute de communes", kindIntercommunal}, {"communaute d agglomeration", kindIntercommunal}, {"cdc", kindIntercommunal}, {"agglo", kindIntercommunal},
	{"prevention specialisee", kindPrevention}, {"club de prevention", kindPrevention},
}

type pattern struct {
	words []string
	kind  kind
}

// kindsBy finds the patterns by their first word, the longest first.
var kindsBy = func() map[string][]pattern {
	by := map[string][]pattern{}
	for _, k := range kinds {
		p := pattern{strings.Fields(k.words), k.kind}
		by[p.words[0]] = append(by[p.words[0]], p)
	}
	for _, list := range by {
		slices.SortStableFunc(list, func(x, y pattern) int { return len(y.words) - len(x.words) })
	}
	return by
}()

// typologies say the kind where the name does not.
var typologies = map[string]kind{
	"RFS": kindFS, "MSAP": kindFS, "LA_POSTE": kindPoste, "BIB": kindBib, "RELAIS_LECTURE": kindBib, "MUNI": kindMairie, "CCAS": kindCcas, "CIAS": kindCcas,
	"CS": kindSocial, "CSC": kindSocial, "EVS": kindSocial, "MQ": kindSocial, "MJC": kindMjc, "ML": kindMission, "FT": kindEmploi, "CAP_EMPLOI": kindEmploi, "MDE": kindEmploi, "MDEF": kindEmploi, "PLIE": kindEmploi,
	"PREF": kindPref, "MDS": kindDepartement, "MDPH": kindDepartement, "CMS": kindDepartement, "DEPT": kindDepartement, "CAF": kindCaisse, "CPAM": kindCaisse, "MSA": kindCaisse,
	"PIJ_BIJ": kindJeunes, "EPN": kindEpn, "TIERS_LIEUX": kindTiers, "FABLAB": kindTiers, "PIMMS": kindPimms, "CHRS": kindFoyer, "RS_FJT": kindFoyer, "CADA": kindFoyer, "PENSION": kindFoyer,
	"ACI": kindInsertion, "EI": kindInsertion, "RESSOURCERIE": kindInsertion, "CC": kindIntercommunal, "EPCI": kindIntercommunal, "PREVENTION": kindPrevention,
}

// common words are in so many names that sharing one says little.
var common = wordSet(`maison espace centre point pole service public social numerique association accueil local locale commune communal communale communautaire municipal municipale
	mediation relais site antenne annexe ville village informatique multimedia formation insertion emploi jeunes jeunesse famille familles culture culturel culturelle
	solidarite solidarites habitat quartier quartiers atelier ateliers club bureau agence structure labellise labellisee label intercommunal intercommunale departement departemental departementale
	communaute agglomeration pays canton vallee nord sud est ouest haut haute bas basse grand grande vieux saint sainte principal multisite multisites permanence
	mediateur mediatrice conseiller conseillers proximite citoyen citoyenne citoyens vie locaux comite federation union reseau groupe fondation cooperative region regional
	education enfance adulte prevention accompagnement aide aides soutien ressources ressource information informations orientation plateforme territoire territorial territoriale
	nouvelle nouveau nouvel place rue avenue foyer amis ensemble cafe salle complexe communes metropole interieur usagers acces connecte internet web net cc ccas epci`)
