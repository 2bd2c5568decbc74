package mapping

import (
	"regexp"
	"strings"

	"mednum/internal/place"
)

// A role is what a column of a file may be for: a column of the standard under
// its name, or one of these, which a mapping makes something else of.
const (
	asWhole    = "adresse_entiere" // street, postal code and commune in one cell
	asNumber   = "numero_voie"
	asKind     = "type_voie"
	asPair     = "couple"
	asShape    = "geometrie" // GeoJSON as text: read as a couple where it is a point
	asHours    = "horaires"
	asNote     = "remarque_horaires"
	asMobile   = "mobile"
	asActive   = "actif"
	asPrivate  = "personne"
	asNothing  = "rien" // known to say nothing of the standard
	asSocial   = "reseaux_sociaux"
	asCreated  = "date_creation"
	asPremises = "accessibilite"
	asText     = "texte" // words for people: described in presentation_detail
)

// nameRule: a header that matches is of the role, as surely as score says. What
// is matched is the header without case, accents nor anything between its
// words: « Quel est le nom de votre structure ? » is quelestlenomdevotrestructure.
type nameRule struct {
	role  string
	score int
	match *regexp.Regexp
}

func named(role string, score int, pattern string) nameRule {
	return nameRule{role, score, regexp.MustCompile(`^(?:` + pattern + `)$`)}
}

// Words that stand for a place of mediation, or for one that runs it.
const (
	aPlace = `(?:lieux?|structures?|etablissements?|sites?|espaces?(?:numeriques?|publics?)*|points?|epn|tierslieux?|mediatheques?|organismes?|equipements?|services?|entites?|france?services?|fs|mfs|msap|sp|poi|place|lieudemediation(?:numerique)?|lieudaccueil|antenne|acteurs?|permanences?)`
	ofA    = `(?:du|dela|del|de|des|d|votre|devotre|devos|notre|denotre|la|le|l|ma|dema|lieudela)?`
	ask    = `(?:quel(?:le)?s?(?:est|sont)?(?:le|la|les|l)?|indiquez(?:le|la|les|nous)?|merci.{0,15}|precisez(?:le|la|les)?|renseignez(?:le|la|les)?|veuillez.{0,20})?`
)

var nameRules = []nameRule{
	// Not for the public, or not about the place. First, for they look like others.
	named(asNothing, 97, `(?:num(?:ero)?(?:de)?)?(?:fax|telecopie|telecopieur)\d?|.*(?:numerode|n)fax.*`),
	named(asPrivate, 96, `(?:contact|referent|responsable|personne|interlocuteur|animateur|mediateur|conseiller|directeur|correspondant|president|elu|agent|gestionnaire|coordinateur|redacteur|auteur|createur|creator|editor|utilisateur|user)(?:e|rice|trice)?s?(?:\d|ref|referent|principal|local|numeriques?|prenom|nom|nomprenom|prenomnom|name)*`),
	named(asPrivate, 98, `.*(?:nom|prenom|identite|civilite|coordonnees)(?:et(?:nom|prenom|fonction))?(?:du|dela|des|de|d|le)?(?:contact|referent|responsable|personne|interlocuteur|animateur|mediateur|conseiller|directeur|correspondant|agent|declarant|repondant|personnel|representant|president|maire|dirigeant)s?.*`),
	named(asPrivate, 96, `.*(?:prenom|firstname|lastname|nomdefamille|civilite|nomcomplet|(?:fonction|poste)(?:contact|referent|du|dela).*|nometprenom).*`),
	named(asPrivate, 98, `.*(?:tel(?:ephone)?|mobile|portable|mail|courriel|email|ligne(?:directe)?|numero).*(?:referent|responsable|personnel(?:le)?|contactreferent|direct|conseiller|mediateur|animateur|agent|declarant|repondant|personneref|dirigeant|president|prive).*`),
	named(asPrivate, 98, `.*(?:referent|responsable|conseiller|mediateur|animateur|declarant|repondant|dirigeant|directeur).*(?:tel(?:ephone)?|mobile|portable|mail|courriel|email).*`),
	named(asPrivate, 93, `(?:votre|vos)(?:nom|prenom|nomprenom|nometprenom|fonction|mail|email|adressemail|telephone|coordonnees)s?(?:personnelles)?|nomdutilisateur|adressemaildurepondant|login|motdepasse|password|commentaires?internes?|notes?internes?|remarques?internes?`),
	named(asNothing, 92, `(?:result|geocod|ban)(?:labels?|score|scorenext|type|id|housenumber|name|street|postcode|city|context|citycode|oldcitycode|oldcity|district|status|distance|banid).*`),
	named(asNothing, 92, `.*(?:umapoptions|iconclass|popupshape|icon|marker|couleur|color|picto(?:gramme)?|photo|image|logo|vignette|miniature|thumbnail|zoom|showlabel).*`),
	named(asNothing, 90, `(?:jt|c|lib|code|nom|insee|num)?(?:epci|intercommunalite|interco|departement|dep|dept|region|reg|canton|arrondissement|bassindevie|poleterritorial|territoire|pays|country|secteur|zone|iris|academie|circonscription|agglomeration|siloteprioritaire)(?:s|code|nom|lib|libelle|name|insee)?|(?:nom|code|libelle)(?:du|dela|de|del)(?:epci|departement|region|canton|intercommunalite)|deptcode|inseedep|depcode|codedep|codereg|county|province|state`),
	named(asNothing, 88, `(?:cle|id)ban|banid|etp.*|nb.*|nombre.*|capacite.*|surface.*|effectifs?|population|_?version|creator|createur|creepar|modifiepar|editor|auteur|initialagent|useridmodification|.*userid.*|validation|geometrytype|geometrie?type|type_geometrie|conditionsgeneralesdutilisation|cgu|rgpd|consentement.*|jaccepte.*|autorisez.*`),
	named(asNothing, 85, `.*(?:financeur|financement|budget|subvention|convention)s?.*`),

	// The record.
	named("id", 96, `(?:id|identifiant|uid|uuid|guid|gid|globalid|fid|objectid|identifier|identifiantunique|iddu(?:lieu|point|poi)|airtableid|recordid|typouid|pk|cle|key)`),
	named("id", 93, `id`+ofA+aPlace+`(?:med.*|numerique.*)?|`+aPlace+`(?:id|uid|uuid)|(?:identifiant|code|numero|reference|ref)(?:unique|interne|local)?`+ofA+`(?:`+aPlace+`|fiche|enregistrement)|id.{0,6}|.{1,8}(?:uid|guid|gid)|idexporterlesdonnees|matricule|reference|ref`),
	named("id", 70, `num|numero|n|ordre|rang|numeroligne|ligne|no|index|numerodordre|idcourt`),
	named("pivot", 96, `.*(?:siret|siretisation).*|rna|numerorna|ridet|pivot|siretourna.*|numero(?:rna|ridet).*`),
	named("pivot", 66, `(?:c|numero|n|code)?siren(?:site|structure|`+ofA+aPlace+`)?`),
	named("date_maj", 96, `(?:date?|dt|derniere?s?|le|jour)?(?:de|du|dela)?(?:la)?(?:derniere?s?)?(?:maj|misea?jour|miseajour|modif(?:ication)?|mtime|edit(?:ion)?|editdate|update|updated?at|lastupdate|lastmodified|modified(?:at)?|dateupdate|actualisation|verification)(?:le|date|fiche|at|s|donnees?|dateheure|timestamp)?|datedmaj|editdatemaj|editdate|datmaj|lastmodifiedtime|updatedat|modifiele|majle|dateediton`),
	named("date_maj", 82, `horodat(?:eur|age)|timestamp|date(?:de)?(?:soumission|saisie|collecte|releve|reponse|la?reponse|validation|export|lenregistrement)|submittedat|soumisle|datedereponse|heuredefin|date`),
	named(asCreated, 75, `date(?:de)?(?:la)?(?:creation|ajout|enregistrement)|creationdate|createdat|createdtime|creele|heurededebut|datecreation`),
	named("source", 88, `source|sourcedesdonnees?|producteur(?:delado?nnee|desdonnees)?|fournisseur|origine(?:desdonnees|deladonnee)?|structurecollectantladonnee`),

	// What it is.
	named("nom", 97, `nom|name|nom`+ofA+aPlace+`|nom(?:de)?(?:usage|usuel|public|complet|dusage)(?:`+ofA+aPlace+`)?|denomination(?:usuelle)?|enseigne|`+ask+`(?:le)?nom`+ofA+aPlace+`.*|nomdulieudemediationnumerique|nomdelespacenumerique|usernom|nommail|lieunom|nomlieumediation`),
	named("nom", 95, `(?:lib|libelle|intitule|title|titre|appellation|designation|denomination)`+ofA+aPlace+`?|lib(?:fs|franceservices|structure)|libelle|title|titre|intitule|designation|appellation`),
	named("nom", 76, `libelle\d|nom\d`),
	named("nom", 86, aPlace+`|`+aPlace+`nom|raisonsociale|nom.{0,12}`),
	named("structure_parente", 92, `(?:structure|organisme|entite|collectivite)(?:porteuse|porteur|parente|mere|gestionnaire|derattachement|employeuse|support|juridique)|porteur(?:duprojet|deprojet|juridique)?|gestionnaire|operateur|employeur|nom(?:du|dela|de)?(?:porteur|gestionnaire|structureporteuse|organismeporteur|organismegestionnaire|structureparente|maisonmere)|tutelle|maisonmere|organisationporteuse`),
	named("structure_parente", 74, `organisation|raisonsociale|organisme|collectivite|organization`),
	named("typologie", 94, `typologie(?:s)?`+ofA+aPlace+`?|type(?:s)?`+ofA+aPlace+`|nature`+ofA+aPlace+`|categorie(?:s)?`+ofA+aPlace+`|`+ask+`(?:le)?(?:type|typologie|nature)`+ofA+aPlace+`.*|structuretype|typestructure|typedacteur|quelstypesdacteuretesvous`),
	named("typologie", 84, `type|nature|categories?|category|sscat|souscategorie|statut(?:juridique)?|formejuridique|etiquettes?|tags?|genre|categoriesespace|categorieespace|picto`),

	// Where it is.
	named("code_postal", 98, `cp|codepostal|codpostal|cpostal|cdpostal|codepost|postcode|postalcode|zip|zipcode|(?:`+ask+`(?:le)?)code?postal.*|adressecodepostal|codpost|cpville|codep|cppostal`),
	named("code_insee", 97, `(?:code|cod|cd|num)?(?:insee|cog|commune|com)(?:com|commune|insee|code)?|inseecom|codeinsee(?:dela)?(?:commune)?|citycode|depcom|codgeo|codecommuneinsee|codeofficielgeographique|adressecodeinsee|comcode|inseecode`),
	named("commune", 98, `commune|ville|city|town|localite|municipalite|libcom(?:mune)?|nom(?:de)?(?:la)?(?:commune|ville)|nomcom|libelle(?:de)?(?:la)?commune|addresslocality|commune`+ofA+`(?:`+aPlace+`|implantation|limplantation)|(?:`+ask+`(?:la)?)(?:commune|ville)`+ofA+aPlace+`?|adressecommune|adresseville|villecommune|communeville|bureaudistributeur|acheminement|comnom`),
	named("adresse", 97, `adresse|adr|addr|address|adresse1|adresseligne1|ligne1|voie|rue|streetaddress|street|adresse(?:postale|physique|geographique|complete|principale|exacte|voie|rue|geopostale)|nom(?:de)?(?:la)?(?:voie|rue)|adresse`+ofA+aPlace+`|libelle(?:de)?(?:la)?voie|numero(?:et)?(?:nom)?(?:de)?(?:la)?(?:rue|voie)|adresse(?:postale|complete)?`+ofA+aPlace+`|(?:quel(?:le)?s?(?:est|sont)?|indiquez|precisez)(?:l|la)?adresse(?:postale|complete)?`+ofA+`.{0,40}|adresse.{0,3}num.*voie|useradres|adressesp|numeroetvoie|noetrue|adressepostal|localisation|emplacement|lieudeaccueil|lieudaccueil`),
	named(asNumber, 94, `(?:n|no|num|numero|numeros)(?:de|dela|du|dans)?(?:la)?(?:rue|voie)|n|no|numero|num|numvoie|housenumber|novoie|adressenumero|numerovoie`),
	named(asKind, 94, `type(?:de)?(?:la)?(?:voie|rue)|typvoie|naturevoie`),
	named("complement_adresse", 95, `(?:c|comp|compl|complements?)(?:d|de|a|s)?(?:l)?(?:adr(?:esse)?s?).*|complements?|adresse2|adresseligne2|ligne2|address2|batiment|etage|bp|boitepostale|lieudit|residence|suiteadresse|adressecomplement|complementdadresseexquartier|adressesuite|comp`),
	named("complement_adresse", 68, `(?:nom)?(?:du)?quart(?:ier)?`),
	named("latitude", 98, `(?:c|geo|gps|coord(?:onnees?)?|geolocalisation|position|localisation|point)?lat(?:itude)?(?:coor(?:d)?\d?|gps|wgs84|dd|deg)?|latitudey|ylat|ylatitude|latwgs84|geometrylatitude|ywgs84|coordonneeslatitude`),
	named("longitude", 98, `(?:c|geo|gps|coord(?:onnees?)?|geolocalisation|position|localisation|point)?(?:lon|lng|long)(?:gitude)?(?:coor(?:d)?\d?|gps|wgs84|dd|deg)?|longitudex|xlong?|xlongitude|longwgs84|geometrylongitude|xwgs84`),
	named("longitude", 90, `x|coordx|coordonneex|coordonneesx|xl93|xlambert(?:93)?|xcoord|easting|lambertx|xlamb93|posx|abscisse|xepsg\d+|coordlamb93x|lambert93x|geox|xetrs89|pointx`),
	named("latitude", 90, `y|coordy|coordonneey|coordonneesy|yl93|ylambert(?:93)?|ycoord|northing|lamberty|ylamb93|posy|ordonnee|yepsg\d+|coordlamb93y|lambert93y|geoy|yetrs89|pointy`),
	named(asPair, 93, `geopoint(?:2d)?|pointgeo|geo2d|geolocalisation|coordonnees(?:gps|geographiques?|geo)?|latlong?|latitudelongitude|latlng|longlat|lonlat|gps|xy|position(?:gps)?|localisationgps|geoloc|location|centroide|centroid|coordgps|coordinates|geometrycoordinates|geom|wkt|point|thegeom|wkbgeometry`),
	named(asShape, 88, `geoshape|geojson|geometry|shape|geom`),

	// How to reach it.
	named("telephone", 97, `(?:num(?:ero)?s?(?:de)?)?(?:tel(?:ephone)?s?|phone|standard|telfixe|fixe)(?:\d|sp|fixe|public|standard|principal|fs|accueil|pro)?|(?:n|no|num|numero)?(?:de)?(?:tel(?:ephone)?)(?:`+ofA+aPlace+`)?|`+ask+`(?:le)?(?:numerode)?tel(?:ephone)?`+ofA+aPlace+`?|contacttel(?:ephone)?|telcontact|phonenumber|numtel|telephonedecontact|contactphone|telephonedulieu|teldulieu`),
	named(asMobile, 80, `(?:tel(?:ephone)?)?(?:mobile|portable|gsm)s?(?:\d|public|`+ofA+aPlace+`)?|telephone2|tel2|autretel(?:ephone)?|telephonesecondaire|numeromobile|numerodeportable`),
	named("courriels", 97, `(?:adresse)?s?(?:e?mails?|courriels?|courrierselectroniques?|mels?|electroniques?|messagerie)(?:\d|sp|struc|(?:de|du)?contact|generique|public|`+ofA+aPlace+`)?|contact(?:mail|email|courriel)|mailcontact|emailcontact|(?:`+ask+`(?:l|la)?)(?:adresse)?(?:e?mail|courriel|electronique)`+ofA+aPlace+`?|adressedecourriel|adressedemessagerie|emailadress|emailaddress|mailaccueil|courrielaccueil`),
	named("site_web", 96, `site(?:web|internet|url|inter|sp)?s?|web|url|website|siteweb.*|siteinternet.*|(?:adresse|lien|page)s?(?:du|vers|vers?le)?(?:site|siteweb|siteinternet|web|internet)|lien|liens|link|pageweb|homepage|`+ask+`(?:le|l)?(?:adressedu)?site(?:web|internet)?`+ofA+aPlace+`?.*|urlsite|urldusite|contacturl|www|internet|enligne|urlinternet`),
	named(asSocial, 80, `reseaux?socia(?:l|ux)|facebook|pagefacebook|twitter|instagram|linkedin|rs`),
	named("fiche_acces_libre", 96, `(?:fiche|url|lien)?acceslibre|ficheacceslibre.*|urlacceslibre`),
	named("prise_rdv", 93, `(?:prise|prendre|lien|url|page)s?(?:de|du|un|pour)?(?:prendre)?(?:rdv|rendezvous)(?:enligne)?|rdvenligne|urlrdv|lienrdv|(?:rdv|rendezvous)`),

	// When it is open.
	named(asHours, 97, `horaires?|(?:les)?(?:jours?et)?horaires?(?:d)?ouvertures?.*|ouvertures?|heures?d?ouvertures?|openinghours|horaires?`+ofA+aPlace+`|horaires?(?:et|etjours?|jours?).{0,20}|joursd?ouverture|jourset(?:heures|horaires).*|`+ask+`(?:les)?(?:jours?et)?horaires?.*|leshorairesde(?:ma|votre|la)?structure|horaires?(?:accueil|daccueil|daccueildupublic|ouverture|texte|public)|plagesdouverture|permanences?|horaireouverture|creneaux|osmopeninghours|openinghoursosm|quand`),
	named(asNote, 92, `(?:commentaires?|precisions?|remarques?|complements?|infos?|informations?|details?|observations?|notes?)(?:surles|surl|les|des|d|sur)?(?:horaires?|ouvertures?).*|(?:horaires?|ouvertures?)(?:commentaires?|precisions?|remarques?|complements?|infos?|details?|observations?|notes?|exceptionnels?|particuliers?|specifiques?)|autreshoraires?|fermetures?(?:annuelles?|exceptionnelles?|estivales?)?|periodes?(?:douverture|defermeture)|conges|frequence|semaines?`),

	// What it says of itself.
	named("presentation_resume", 94, `(?:presentation)?(?:resume|accroche|courte|sommaire|breve)s?(?:presentation|description)?|(?:description|presentation)(?:courte|resume|sommaire|breve|synthetique).*|resume`+ofA+`.*|presentationsommaire.*|soustitre|baseline|slogan`),
	named("presentation_detail", 95, `description(?:s)?(?:detaillee|longue|complete|`+ofA+aPlace+`)?|descriptif.*|presentation.*|apropos|quisommesnous|jedecris.*|desc|decrivez.*`),
	named(asText, 82, `commentaires?|remarques?|observations?|informations?(?:complementaires|pratiques|utiles|diverses)?|infos?(?:complementaires|pratiques)?|precisions?(?:etcomplement.*)?|notes?|divers|complements?d?informations?|aretenir|enbref|missions?|projets?|autresoffres`),

	// What it offers.
	named("services", 95, `services?(?:proposes?|offerts?|numeriques?|disponibles?|rendus?|mednum)?|`+ask+`(?:le|les|d)?(?:types?de|s)?services?.*|offresdeservices?|prestations?(?:proposees?)?|quapportezvous.*|thematiques?(?:proposees?)?|thematiques?(?:traitees?|abordees?)|typesdeservices?|servicesalusager`),
	named("services", 88, `activites?(?:proposees?)?|actions?(?:proposees?)?|ateliers?(?:proposes?)?|domaines?(?:dintervention|daccompagnement|dassistance)?|competences?(?:mednum|numeriques?)?|besoins?|offres?|typesde(?:pratique|demarche|mediation)s?|typedepratique|pratiques?|quellesactions.*|dansquelsdomaines.*|aides?proposees?|accompagnementspropos.*|monaccompagnement.*|typed(?:e|es)?activites?|demarches?(?:proposees?|specifiques?)?|typedemarches?|accompagnementsnumeriques|interventions?|services?numeriquesproposes?`),
	named("services", 70, `equipements?(?:proposes?|numeriques?|disponibles?|etmateriels?|informatiques?)?|materiels?(?:misa?disposition|misadisposition|disponibles?|informatiques?|enlibreacces|numeriques?)?|quelssontvosequipements.*|quel?typed?equipements?.*|typesd?equipements?|misadisposition.*`),
	named("publics_specifiquement_adresses", 95, `publics?(?:cibles?|accueillis?|specifiques?|vises?|concernes?|adresses?|specifiquementadresses?|accompagnes?|prioritaires?)?|`+ask+`(?:s|de)?(?:types?)?(?:de)?(?:s)?publics?.*|types?de?publics?.*|accompagnezvousdespublics.*|varcharpubliccible|public|precisezsiaccueildepublic.*|beneficiaires?|publicsspecifiquementadresses|precisionssurlepublic|usagespecifique`),
	named("prise_en_charge_specifique", 94, `prises?encharges?(?:specifiques?)?|accueilspecifique|handicaps?|langues?(?:parlees?|etrangeres?)?|publicsensituationde?handicap.*`),
	named("frais_a_charge", 95, `frais(?:acharge)?|tarifs?(?:ication)?(?:appliques?|de.*)?|couts?(?:acces.*|d.*)?|prix|conditionsfinancieres|gratuite?|(?:est)?payant|gratuitpayant|`+ask+`(?:s|les)?tarifs?.*|lestarifs.*|modalitesfinancieres|tarification|participationfinanciere|cost|conditionsdeprix`),
	named("frais_a_charge", 80, `conditions?d?acces(?:aux?services?)?|`+ask+`(?:s|les)?(?:vos|les)?conditionsdacces.*|conditionsaccesdetail`),
	named("modalites_acces", 94, `modalites?d?acces(?:aux?services?)?|(?:comment)?(?:acceder|yacceder)|modesd?acces|doitonprendrerendezvous.*|(?:surrendezvous|rdvobligatoire|accueilsurrdv|surrdv)|contacts?possibles?|modesdecontacts?|acces|conditionsacces(?:equipement|mednum|demarches)?`),
	named("modalites_accompagnement", 94, `modalites?d?accompagnements?\d?(?:surles.*)?|types?d?accompagnements?(?:propose)?|accompagnements?(?:mednum|demarches|propose)?|formesd?accompagnements?|`+ask+`(?:s)?(?:type)?d?accompagnements?|`+ask+`(?:s|les|vos)*modalitesdaccompagnement.*|formatd?accompagnement|individueloucollectif|modaliteaccompagnement`),
	named("dispositif_programmes_nationaux", 94, `dispositifs?.*|programmes?(?:nationaux)?|reseaux?(?:nationaux|dappartenance)?|appartenancea?unreseau|labels?nationaux|labels?|labellisations?.*|`+ask+`labels?.*|possedezvousdeslabels.*|certifications?|agrements?`),
	named("autres_formations_labels", 94, `autresformations?(?:et)?labels?|labels?autres|autreslabels?|labelsregionaux`),
	named("formations_labels", 94, `formations?(?:et)?labels?`),
	named("itinerance", 95, `itinerances?|itinerants?|mobilite|fixemobile.*|lieufixeouitinerant|fixeouitinerant|formatfs|enitinerance|estitinerant|typedelieu|horslesmurs`),
	named(asPremises, 85, `(?:accessib(?:le|ilite))(?:pmr|handicap|batiment|auxpmr|deslocaux|dulieu|accueilhandicap)?|pmr|accespmr|acceshandicap|acceshandicapes`),

	// Whether it still is.
	named(asActive, 94, `actif|active|actifinactif|estactif|publie|publiee|estpublie|published|visible|affichage|afficher|enligneounon|valide|isactive|enactivite|enabled|archive|supprime|desactive|ferme|fermedefinitivement|etat|etatdulieu|etatfiche|statut(?:fiche|dulieu|publication|delafiche)?|status|statutdepublication|situation|cloture|obsolete|inactif`),
	named(asWhole, 90, `adressecomplete|adressepostalecomplete|fulladdress|adresseformatee|formattedaddress|adressenormalisee|adresselonglabel|geocodinglabel`),
	named(asText, 66, `transports?(?:encommun)?|accestransports?.*|commentvenir|acces(?:bus|transports?)|stationnement|parking`),
}

// containers are what portals and programs wrap a record in.
var containers = regexp.MustCompile(`^(?:(?:records?|fields?|properties|attributes|features?|items?|results?|data|value|values|rows?|node|dataset|record|attributs|champs|_source|_value)(?:\[\])?\.)+`)

// headerWords cuts a header into folded words.
func headerWords(header string) []string {
	h := place.Fold(header)
	return strings.FieldsFunc(h, func(r rune) bool { return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9') })
}

// splitCamel opens codePostal as code Postal, and leaves NOM and CP alone.
func splitCamel(s string) string {
	var b strings.Builder
	before := ' '
	for _, r := range s {
		if r >= 'A' && r <= 'Z' && before >= 'a' && before <= 'z' {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
		before = r
	}
	return b.String()
}

// yesOrNo is what headers add of the answers they expect.
var yesOrNo = regexp.MustCompile(`(?i)\s*[(\[]\s*(?:oui|o|yes)\s*[/,|ou ]+\s*(?:non|n|no)\s*[)\]]|\s*\(?(?:plusieurs (?:réponses|choix) possibles?|une seule réponse|facultatif|obligatoire)\)?\s*`)

var duplicateSuffix = regexp.MustCompile(`(?:__|#| ?\()\d+\)?$`)

// lastWord is how much less a header says by its last word than whole.
const lastWord = 14

// nameScores gives every role that a header may name, with its score. prefix is
// a word that the columns of the file have in common ("c", "user").
func nameScores(header, prefix string) map[string]int {
	h := duplicateSuffix.ReplaceAllString(strings.TrimSpace(header), "")
	h = yesOrNo.ReplaceAllString(containers.ReplaceAllString(h, ""), "")
	words := headerWords(splitCamel(h))
	if len(words) == 0 {
		return nil
	}
	if prefix != "" && len(words) > 1 && words[0] == prefix {
		words = words[1:]
	}
	scores := map[string]int{}
	look := func(words []string, less int) {
		compact := strings.Join(words, "")
		if len(compact) > 300 {
			return
		}
		for i := range nameRules {
			r := &nameRules[i]
			if less == lastWord && r.role == asPrivate {
				continue // "à l’attention du responsable" is not about a person
			}
			if s := r.score - less; s > scores[r.role] && r.match.MatchString(compact) {
				scores[r.role] = s
			}
		}
	}
	look(words, 0)
	if i := strings.LastIndexByte(h, '.'); i > 0 && !strings.HasSuffix(h, ".") {
		look(headerWords(splitCamel(h[i+1:])), 6) // adresse.codePostal
	}
	if len(scores) == 0 && len(words) > 1 {
		look(words[1:], 8) // JT_EPCI, USER_NOM, contact.mail
	}
	if len(scores) == 0 && len(words) > 2 {
		look(words[len(words)-1:], lastWord)
	}
	return scores
}
