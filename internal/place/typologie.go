package place

// typologie is the vocabulary of data·inclusion's structure types that mediation
// places use: open, for the schema leaves the column free and new codes come.
var typologie = func() *Vocabulary {
	v := &Vocabulary{labels: map[string]string{}, folded: map[string]spelling{}}
	for _, t := range typologies {
		v.values = append(v.values, t[0])
		v.labels[t[0]] = t[1]
		v.folded[Fold(t[0])] = spelling{t[0], misspelt}
	}
	for _, t := range typologies {
		v.also(t[0], t[1])
	}
	for code, names := range typologieNames {
		v.also(code, names...)
	}
	return v
}()

// typologieNames are the names that people write for a code, beside its label.
var typologieNames = map[string][]string{
	"ASSO": {"Associations", "Asso", "Association loi 1901"}, "MUNI": {"Commune", "Communes", "Mairies", "Municipalité", "Mairie de quartier", "Mairie annexe", "Hôtel de ville"},
	"BIB":  {"Bibliothèque", "Médiathèque", "Bibliothèques", "Médiathèques", "Bibliothèque/Médiathèque", "Bibliothèque - Médiathèque", "Bibliothèque, médiathèque", "Bibliothèque municipale", "Ludothèque - Médiathèque"},
	"CCAS": {"Centres communaux d’action sociale"}, "CIAS": {"Centres intercommunaux d’action sociale"}, "CS": {"Centres sociaux"},
	"CSC": {"Centre socio-culturel", "Centre social et culturel", "Centre social et socioculturel", "Centre socioculturel et social"},
	"ML":  {"Mission locale", "Missions locales", "Mission locale pour l’emploi"}, "FT": {"Pôle emploi", "Agence France Travail", "Agence Pôle emploi"},
	"RFS":  {"France Service", "Maison France Services", "Maison France Service", "Espace France Services", "Espace France Service", "Structure France Services"},
	"MSAP": {"Maison de services au public (MSAP)", "Maison des services au public", "Maison de service au public"},
	"EPN":  {"Espace public numérique (EPN)", "Espaces publics numériques", "Cyber-base", "Cyberbase", "Cybercentre"}, "ENM": {"Bus numérique"},
	"TIERS_LIEUX": {"Tiers-lieux", "Tiers lieu", "Tiers lieux"}, "FABLAB": {"Fab lab", "Fablabs", "Fab-lab"}, "LA_POSTE": {"Bureau de poste"},
	"CC": {"Communauté de communes (CC)", "Communautés de communes"}, "EPCI": {"Communauté d’agglomération", "Métropole", "Communauté urbaine", "Intercommunalités"},
	"CD": {"Département", "Conseil général"}, "REG": {"Conseil régional"}, "PREF": {"Préfecture", "Sous-préfecture"}, "MQ": {"Maisons de quartier"},
	"PIJ_BIJ": {"PIJ", "BIJ", "Point information jeunesse", "Bureau information jeunesse", "Point d’information jeunesse", "Bureau d’information jeunesse", "Structure d’information jeunesse"},
	"OF":      {"Centre de formation", "Organismes de formation", "Organisme de formation professionnelle"}, "RS_FJT": {"FJT", "Foyer de jeunes travailleurs", "Foyer jeunes travailleurs", "Résidence sociale"},
	"PIMMS": {"Pimms Médiation", "Point d’information médiation multiservices", "Point information médiation multi services"}, "RESSOURCERIE": {"Ressourceries", "Recyclerie"},
	"MDS": {"Maison départementale des solidarités", "Maison de la solidarité", "Maison départementale de la solidarité"}, "CAF": {"Caisse d’allocations familiales (CAF)"},
	"CPAM": {"Assurance maladie"}, "EVS": {"Espaces de vie sociale"}, "AFPA": {"AFPA"}, "Autre": {"Autres"}, "UDAF": {"UDAF"}, "MSA": {"MSA", "Mutualité sociale agricole (MSA)"},
}

// typologies: code, French label.
var typologies = [][2]string{
	{"ACI", "atelier ou chantier d’insertion"},
	{"ACIPHC", "atelier ou chantier d’insertion, premières heures en chantier"},
	{"AFPA", "agence nationale pour la formation professionnelle des adultes (AFPA)"},
	{"AI", "association intermédiaire"},
	{"ASE", "aide sociale à l’enfance"},
	{"ASSO", "association"},
	{"ASSO_CHOMEUR", "association de chômeurs"},
	{"Autre", "autre"},
	{"AVIP", "crèche à vocation d’insertion professionnelle"},
	{"BIB", "bibliothèque ou médiathèque"},
	{"CAARUD", "centre d’accueil et d’accompagnement à la réduction des risques pour usagers de drogues"},
	{"CADA", "centre d’accueil de demandeurs d’asile"},
	{"CAF", "caisse d’allocations familiales"},
	{"CAP_EMPLOI", "Cap emploi"},
	{"CAVA", "centre d’adaptation à la vie active"},
	{"CC", "communauté de communes"},
	{"CCAS", "centre communal d’action sociale"},
	{"CCONS", "chambre consulaire"},
	{"CD", "conseil départemental"},
	{"CDAS", "centre départemental d’action sociale"},
	{"CFP", "centre des finances publiques"},
	{"CHRS", "centre d’hébergement et de réinsertion sociale"},
	{"CHU", "centre d’hébergement d’urgence"},
	{"CIAS", "centre intercommunal d’action sociale"},
	{"CIDFF", "centre d’information sur les droits des femmes et des familles"},
	{"CITMET", "cité des métiers"},
	{"CMP", "centre médico-psychologique"},
	{"CMS", "centre médico-social"},
	{"CPAM", "caisse primaire d’assurance maladie"},
	{"CPH", "centre provisoire d’hébergement"},
	{"CS", "centre social"},
	{"CSAPA", "centre de soins, d’accompagnement et de prévention en addictologie"},
	{"CSC", "centre socioculturel"},
	{"DEETS", "direction de l’emploi, du travail et des solidarités"},
	{"DEPT", "service départemental"},
	{"DIPLP", "délégation interministérielle à la prévention et à la lutte contre la pauvreté"},
	{"E2C", "école de la deuxième chance"},
	{"EA", "entreprise adaptée"},
	{"EATT", "entreprise adaptée de travail temporaire"},
	{"EI", "entreprise d’insertion"},
	{"EITI", "entreprise d’insertion par le travail indépendant"},
	{"ENM", "espace numérique mobile"},
	{"EPCI", "intercommunalité"},
	{"EPI", "espace public Internet"},
	{"EPIDE", "établissement pour l’insertion dans l’emploi"},
	{"EPN", "espace public numérique"},
	{"ES", "épicerie sociale ou solidaire"},
	{"ESAT", "établissement ou service d’accompagnement par le travail"},
	{"ESS", "entreprise de l’économie sociale et solidaire"},
	{"ETTI", "entreprise de travail temporaire d’insertion"},
	{"EVS", "espace de vie sociale"},
	{"FABLAB", "atelier de fabrication numérique (fab lab)"},
	{"FABRIQUE", "fabrique de territoire"},
	{"FAIS", "fédération d’acteurs de l’insertion et de la solidarité"},
	{"FT", "France Travail"},
	{"GEIQ", "groupement d’employeurs pour l’insertion et la qualification"},
	{"HUDA", "hébergement d’urgence de demandeurs d’asile"},
	{"LA_POSTE", "La Poste"},
	{"MDE", "maison de l’emploi"},
	{"MDH", "maison des habitants"},
	{"MDEF", "maison de l’emploi et de la formation"},
	{"MDPH", "maison départementale des personnes handicapées"},
	{"MDS", "maison des solidarités"},
	{"MJC", "maison des jeunes et de la culture"},
	{"ML", "mission locale"},
	{"MQ", "maison de quartier"},
	{"MSA", "Mutualité sociale agricole"},
	{"MSAP", "maison de services au public"},
	{"MUNI", "mairie"},
	{"OACAS", "organisme d’accueil communautaire et d’activité solidaire"},
	{"ODC", "Orange Digital Center"},
	{"OF", "organisme de formation"},
	{"OIL", "opérateur d’intermédiation locative"},
	{"OPCS", "organisme porteur de la clause sociale"},
	{"PAD", "point d’accès au droit"},
	{"PENSION", "pension de famille ou résidence accueil"},
	{"PI", "point info"},
	{"PIJ_BIJ", "point ou bureau information jeunesse"},
	{"PIMMS", "point d’information médiation multiservices (PIMMS)"},
	{"PJJ", "protection judiciaire de la jeunesse"},
	{"PLIE", "plan local pour l’insertion et l’emploi"},
	{"PREF", "préfecture ou sous-préfecture"},
	{"PREVENTION", "service ou club de prévention"},
	{"REG", "région"},
	{"RELAIS_LECTURE", "relais lecture"},
	{"RESSOURCERIE", "ressourcerie"},
	{"RFS", "France services"},
	{"RS_FJT", "résidence sociale ou foyer de jeunes travailleurs"},
	{"SCP", "service pénitentiaire (SCP)"},
	{"SPIP", "service pénitentiaire d’insertion et de probation"},
	{"TIERS_LIEUX", "tiers-lieu"},
	{"UDAF", "union départementale des associations familiales"},
}
