package mapping

import (
	"regexp"
	"slices"
	"sort"
	"strings"

	"mednum/internal/place"
)

// What files write for the values of the standard. A line is a value, then
// what is written for it. Compared whole (case, accents, plurals, small words
// and punctuation apart), never as a part of something else. One text may mean
// a value of several columns. "" as a value: certainly none of that column.
var wordLines = []struct{ field, value, texts string }{
	{"services", "Aide aux démarches administratives", `démarches administratives; aide aux démarches; démarches; démarches en ligne; démarches générales; démarches spécifiques; dem gen; dem spe; accompagnement aux démarches administratives;
		être accompagné dans ses démarches administratives; être accompagné dans mes démarches administratives; accompagnement dans les démarches administratives; accompagnement aux démarches en ligne; accompagnement démarches;
		accompagnement administratif; aide aux démarches en ligne; aide aux démarches dématérialisées; aide démat; administration en ligne; e-administration; assistance sur les services administratifs en ligne; accès aux droits;
		accompagnement sur l'accès aux droits (CAF, Pole Emploi, CPAM ...); accompagnement sur l'accès aux droits; aide administrative; devenir autonome dans les démarches administratives; réaliser des démarches administratives avec un accompagnement;
		accompagnement dans des démarches spécifiques (apprendre à faire); accompagner les démarches de santé; assistance aux démarches; assistance administrative; numerique--devenir-autonome-dans-les-demarches-administratives;
		numerique--realiser-des-demarches-administratives-avec-un-accompagnement; numerique--accompagner-les-demarches-de-sante; santé, accès aux soins; accompagnement aux démarches informatiques; aide aux démarches numériques; accompagnement aux démarches numériques;
		utilisation de services dématérialisés en ligne; ateliers numériques administratifs; accompagnement aux e-démarches; ateliers de formation aux services en ligne; services publics en ligne; écrivain public; écrivain public numérique; accompagnement usager démarches;
		aide aux démarches administratives en ligne; démarches administratives en ligne; démarches administratives dématérialisées; faire ses démarches; faire mes démarches en ligne; je fais mes démarches en ligne; assistance ponctuelle / coup de pouce (faire avec l'usager);
		citoyenneté - état-civil; social; santé; logement; accès aux droits et démarches`},
	{"services", "Maîtrise des outils numériques du quotidien", `initiation; initiation numérique; initiation au numérique; initiation informatique; initiation à l'informatique; initiation aux outils numériques; être initié aux outils numériques; être initié aux outils informatiques; être initié aux outils et usages numériques;
		formation; formation numérique; formations numériques; formation aux outils numériques; formation aux bases du numérique; formation informatique; perfectionnement aux outils numériques; perfectionnement; bureautique; prise en main d'un ordinateur; prendre en main un ordinateur;
		prendre en main un smartphone ou une tablette; prise en main smartphone; prise en main tablette; prise en main d'un smartphone; utiliser le numérique au quotidien; usages du numérique; usages numériques; outils numériques; maîtrise des outils numériques; apprentissage du numérique;
		ateliers numériques; atelier numérique; ateliers collectif ou formations; ateliers informatiques; cours d'informatique; initiation à internet; découverte de l'outil numérique; découverte de l'informatique; découverte de l'outil informatique; découverte des compétences numériques de base;
		utilisation de réseaux sociaux; culture et identité numérique; formation visant l'autonomie numérique (apprendre à faire + certification); ateliers de formation aux outils numériques (traitement de texte, e-mail ...); ateliers de formation aux outils numériques;
		numerique--prendre-en-main-un-smartphone-ou-une-tablette; numerique--prendre-en-main-un-ordinateur; numerique--utiliser-le-numerique-au-quotidien; médiation numérique; mednum; compétences numériques; compétences numériques de base; apprendre le numérique; bases de l'informatique;
		apprendre les bases du numérique; apprendre les bases; formation courte; formation longue; initiation au numérique : formation - apprentissage - perfectionnement; initiation au numérique formation apprentissage perfectionnement; messagerie; navigation internet; navigation web; accompagnement numérique;
		accompagnement aux usages numériques; accompagnement au numérique; formation aux usages numériques; traitement de texte; internet et messagerie; smartphone et tablette; je me forme au numérique; aide à la prise en main; form perf; lien social, réseaux sociaux & communication; réseaux sociaux`},
	{"services", "Insertion professionnelle via le numérique", `insertion professionnelle; favoriser mon insertion professionnelle; recherche d'emploi; aide à la recherche d'emploi; emploi; emploi (recherche d'emploi, création d'entreprise...); cv; cv et lettre de motivation; créer et développer mon entreprise; créer et développer mon entrepreneuriat;
		créer et développer mon entrepreneurship; création d'entreprise; emploi et formation; emploi et insertion; insertion; emploi insertion; être accompagné dans mon projet personnel ou professionnel; être accompagné dans son projet personnel ou professionnel; être accompagné dans mon projet professionnel;
		numerique--favoriser-mon-insertion-professionnelle; numerique--creer-et-developper-mon-entreprise; accompagnement à l'emploi; accompagnement vers l'emploi; insertion professionnelle via le numérique; je cherche un emploi`},
	{"services", "Accès internet et matériel informatique|Insertion professionnelle via le numérique", `accéder à internet (pour la recherche d'emploi)`},
	{"services", "Utilisation sécurisée du numérique", `sécurité; sécurité numérique; cybersécurité; sécurité informatique; sécurité sur internet; sensibilisation aux risques d'internet; être sensibilisé aux risques d'internet; ateliers de formation aux bonnes pratiques numériques (cybersécurité, mots de passe ...); bonnes pratiques numériques;
		protection des données; protéger ses données; données personnelles; usages responsables; naviguer en sécurité; numerique--utilisation-securisee-du-numerique; numerique--s-equiper-en-securite; sens inter; risques d'internet; arnaques en ligne; prévention des arnaques`},
	{"services", "Parentalité et éducation avec le numérique", `parentalité; parentalité numérique; e-parentalité; soutenir la parentalité et l'éducation avec le numérique; scolarité et parentalité; éducation; scolarité; éducation aux médias; éducation numérique; aide aux devoirs; parentalité et numérique; usages des écrans; accompagnement à la parentalité;
		numerique--soutenir-la-parentalite-et-l-education-avec-le-numerique; aide à la scolarité; aide à la parentalité; parentalité et éducation; écrans et famille`},
	{"services", "Loisirs et créations numériques", `fablab; fab lab; création numérique; créations numériques; créer avec le numérique; loisirs; loisirs numériques; pratiquer une activité ludique et éducative; pratiquer des activités récréatives numériques; activités récréatives numériques; jeux vidéo; codage; robotique; programmation;
		culture, loisirs et divertissement; ateliers créatifs; photo; retouche photo; impression 3D; imprimante 3D; activités ludiques; jeux; numerique--creer-avec-le-numerique; ateliers de formation création graphique; ateliers de formation au codage et à la programmation; loisirs créatifs numériques; art numérique;
		fabrication numérique; création graphique; montage photo; mat 3d`},
	{"services", "Compréhension du monde numérique", `culture numérique; approfondir ma culture numérique; promouvoir la citoyenneté numérique; citoyenneté numérique; comprendre le numérique; comprendre le monde numérique; sensibilisation; sensibilisation au numérique; compréhension du numérique; numerique--approfondir-ma-culture-numerique;
		numerique--promouvoir-la-citoyennete-numerique; citoyenneté numérique, cohésion et vivre-ensemble; fake news; esprit critique; enjeux du numérique; monde numérique; avis éclairé sur les usagers numériques; conférences; conférences numériques; numérique responsable; sobriété numérique`},
	{"services", "Accès internet et matériel informatique", `internet; wifi; wi-fi; accès wifi; accès internet; accès à internet; accéder à internet; accès libre à internet; connexion; connexion internet; accès à une connexion; accéder à une connexion internet; accéder à du matériel; accès à du matériel informatique; accès matériel;
		accès libre; libre accès; accès ordinateur; accès ordi; accès à un ordinateur; ordinateur; ordinateurs; poste informatique; postes informatiques; poste informatique en libre accès; ordinateur en libre accès; ordinateurs en accès libre; accès libre au matériel informatique; accès libre aux ordinateurs; accès équipement; accès à un équipement;
		accès à des équipements et une connexion internet; accès à des équipements numériques; équipement; équipement numérique; équipement informatique; matériel; matériel informatique; matériel info; imprimante; imprimantes; imprimante multi-fonctions; impression; impressions; scanner; scan; utilisation d'un scanner; utilisation d'une imprimante;
		utilisation ordinateur et/ou tablette; tablette; tablettes; photocopie; photocopieuse; photocopieur; copie de document; scan de document; postes informatiques avec internet; accès à internet en autonomie; accès-libre à un espace équipé ou connecté; accès-libre à une connexion et à du matériel;
		accès-libre à une connexion; mise à disposition de matériel; mise à disposition d'équipement; je mets à disposition des équipements; borne internet; borne wifi; numerique--acceder-a-du-materiel; numerique--acceder-a-une-connexion-internet; ordinateur fixe; ordinateur portable; ordinateur (fixe ou portable);
		connexion wifi; connexion internet wifi; wifi gratuit; accès wifi gratuit; ordinateur fixe ou portable; poste internet; postes internet; mat imp; mat sca; mat wif; mat bor; impression de documents; numérisation; numériser; imprimer; ordinateur avec accès internet; accès à internet et au matériel; epn; espace public numérique`},
	{"services", "Acquisition de matériel informatique à prix solidaire", `vente solidaire de matériel; vente de matériel; vente matériel; prêt de matériel; prêt mat; don de matériel; reconditionnement; matériel reconditionné; fourniture de matériel reconditionné; s'équiper en matériel informatique; s'équiper en matériel; équipement solidaire; achat de matériel;
		acquisition de matériel; acquisition de matériel informatique; matériel solidaire; ordinateurs reconditionnés; vente d'ordinateurs; numerique--s-equiper-en-materiel-informatique; achat de matériel informatique à prix solidaire; don d'ordinateurs; j'équipe les usagers; achat solidaire`},
	{"services", "", `autre; autres; aucun; aucune; aucunes; non; néant; other; je ne sais pas`},
	{"services", elsewhere, `logement et mobilité; mobilité / se déplacer; médiation culturelle; aide à la consommation; conseil et orientation vers un partenaire; diagnostic des besoins numériques; je dirige vers d'autres acteurs; orientation; diagnostic numérique; accompagnement budgétaire;
		vidéo-projecteur; vidéoprojecteur; smartphone; téléphone; visio conférence; espace de confidentialité; accompagnement individuel; individuel; collectif`},

	{"modalites_accompagnement", "En autonomie", `autonomie; en autonomie; seul; seul(e); accès libre; libre accès; en libre accès; libre; accès à internet en autonomie; accès libre au matériel informatique; accès-libre à un espace équipé ou connecté; accès-libre à une connexion et à du matériel; simple accès (ordinateurs sans accompagnement);
		seul : j'ai accès à du matériel et une connexion; accès autonome; libre service; en libre-service; accès libre à internet; ordinateur en libre accès; autonome; postes en libre accès; accès-libre à une connexion`},
	{"modalites_accompagnement", "Accompagnement individuel", `individuel; individuelle; individuellement; accompagnement individuel; accompagnement personnalisé; personnalisé; assistance individuelle; ateliers individuels; aide individuelle; accompagnement individuel ponctuel; individuel et personnalisé; suivi individuel; suivi personnalisé; rendez-vous individuel;
		en individuel; face à face; avec de l'aide : je suis accompagné seul dans l'usage du numérique; avec de l'aide; point numérique (ordinateurs et accompagnement ponctuel); guichet numérique (poste de l'accompagnant); accompagnement personnalisé sur demande; accompagnement individuel sur demande; aide personnalisée;
		être accompagné dans ses démarches administratives; être accompagné dans mes démarches administratives; assistance et conseil sur place; accompagnement individualisé; individualisé; accompagnement personnel; tête à tête; un à un; accompagnement individuel et personnalisé; assistance ponctuelle / coup de pouce (faire avec l'usager); accompagnement ponctuel; accès libre avec accompagnement personnalisé sur demande`},
	{"modalites_accompagnement", "Dans un atelier collectif", `collectif; collective; collectivement; en groupe; groupe; atelier; ateliers; atelier collectif; ateliers collectifs; dans un atelier; dans un atelier : j'apprends collectivement à utiliser le numérique; en collectif; accompagnement collectif; ateliers collectif ou formations; formation collective; formation/ateliers thématiques;
		en petit groupe; en petits groupes; petits groupes; petit groupe; cours collectifs; ateliers en groupe; formation ponctuelle (1 atelier); formation courte (série d'ateliers); formation longue (série d'ateliers); ateliers de groupe; accompagnement en groupe; ateliers numériques collectifs; stage; stages`},
	{"modalites_accompagnement", "À distance", `à distance; distanciel; visio; visioconférence; en visioconférence; par téléphone; téléphone; en ligne; à distance (visio, téléphone)`},
	{"modalites_accompagnement", "Accompagnement individuel|Dans un atelier collectif", `individuel et collectif; individuel ou collectif; collectif et individuel; collectif et accompagnement individuel; individuel et en groupe; individuel / en groupe; individuel et/ou collectif; les deux; mixte; individuellement et collectivement; personnalisé et en groupe; individuel/collectif`},
	{"modalites_accompagnement", "En autonomie|Accompagnement individuel", `espace public numérique (accès ordinateurs et accompagnement dédié); accès libre et accompagnement individuel; accès libre avec possibilité d'être accompagné si besoin`},
	{"modalites_accompagnement", "", `aucun; aucune; non; oui; autre; autres; other; non concerné; 0; à la demande; en fonction des besoins`},

	{"publics_specifiquement_adresses", "Jeunes", `jeune; jeunes; jeunes (16-26 ans); jeunes (16-25 ans); jeunes (16-30 ans); jeunes (18-30 ans); jeunes (15-30 ans); jeunes 16-25 ans; jeunes 16-25; jeunes de 16 à 25 ans; jeunes entre 16 et 25 ans; jeunes de 16 à 26 ans; jeunes 12-16 ans; 16-25 ans; 16-30 ans; 12-25 ans; moins de 26 ans; moins de 25 ans; moins de 30 ans; jeunes de moins de 30 ans; jeunes de moins de 26 ans;
		pour les jeunes; adolescents; ados; collégiens; lycéens; jeunesse; jeune public; enfants et jeunes; jeunes adultes; pour les jeunes de 16 à 25 ans; pour les jeunes de 11 à 15 ans; pour les jeunes de 9 à 15 ans; pour les jeunes de 10 à 14 ans; pbc jeu; jeunes (moins de 26 ans); jeunes -26 ans; jeunes (- 26 ans)`},
	{"publics_specifiquement_adresses", "Étudiants", `étudiant; étudiants; étudiant(e)s; étudiants et apprentis`},
	{"publics_specifiquement_adresses", "Jeunes|Étudiants", `jeunes (16-26 ans)/étudiants; jeunes et étudiants; jeunes/étudiants; jeunes étudiants`},
	{"publics_specifiquement_adresses", "Familles et/ou enfants", `famille; familles; enfants; enfant; familles/enfants; familles et enfants; parents; parents et enfants; parents/enfants; enfants et familles; scolaires; pour les enfants de 6 à 12 ans; familles enfants; familles avec enfants; petite enfance; parent`},
	{"publics_specifiquement_adresses", "Jeunes|Familles et/ou enfants", `jeunes et familles; familles et jeunes`},
	{"publics_specifiquement_adresses", "Seniors", `senior; seniors; séniors; seniors (+ 65 ans); seniors (+65 ans); seniors (+60 ans); personnes âgées; retraités; plus de 60 ans; plus de 65 ans; plus de 50 ans; personnes de + de 60 ans; seniors et retraités; + 60 ans; +60 ans; 60 ans et plus; personnes agées; aînés; les seniors; seniors (plus de 45 ans); senior (plus de 60 ans); seniors (60 ans et plus); pbc sen; séniors (+60 ans)`},
	{"publics_specifiquement_adresses", "Femmes", `femme; femmes; uniquement femmes; public féminin; femmes isolées`},
	{"publics_specifiquement_adresses", "", `tout public; tous publics; tous public; tout publics; tous les publics; tous; tout; pour tous; ouvert à tous; tout type de public; tout types de publics; tous types de public; tous types de publics; grand public; ouvert à tout public; ouvert à tous publics; public; toute personne; tout le monde; tout public à partir de 12 ans; tous publics à partir de 12 ans; tout public adulte; oui; non; pbc tou; autre; autres; other`},
	{"publics_specifiquement_adresses", elsewhere, `adulte; adultes; habitants; particuliers;
		demandeurs d'emploi; demandeur d'emploi; personnes en recherche d'emploi; bénéficiaires du rsa; bénéficiaire du rsa; allocataires caf; adhérents; adhérent; assurés sociaux; professionnels; professionnel; entrepreneurs; entrepreneur; résident; résidents; associations; pbc adu; pbc adh; pbc ins; usager de l'équipement; salariés; locataires;
		un ou des publics spécifiques; personnes en insertion professionnelle; personnes en insertion professionnelle/demandeurs d'emploi; personnes en difficultés sociales; entreprises/porteurs de projets économiques; personnes en situation de précarité; allocataires du rsa; insertion; insert; réfugié; étranger; allocataires; personnes en situation de handicap; personnes de nationalité étrangère; étrangers; réfugiés`},
	{"prise_en_charge_specifique", "Surdité", `surdité; sourds; sourds et malentendants; malentendants; déficience auditive; handicap auditif; personnes sourdes; lsf; langue des signes; auditif; auditifs`},
	{"prise_en_charge_specifique", "Handicaps moteurs", `handicap moteur; handicaps moteurs; mobilité réduite; personnes à mobilité réduite; handicap physique`},
	{"prise_en_charge_specifique", "Handicaps mentaux", `handicap mental; handicaps mentaux; handicap psychique; handicaps psychiques; handicaps mentaux : déficiences limitant les activités d'une personne; déficience intellectuelle; handicaps psychiques : troubles psychiatriques donnant lieu à des atteintes comportementales; handicap cognitif`},
	{"prise_en_charge_specifique", "Illettrisme", `illettrisme; personnes en situation d'illettrisme; lutte contre l'illettrisme; analphabétisme; illectronisme et illettrisme; personnes illettrées`},
	{"prise_en_charge_specifique", "Langues étrangères (anglais)", `anglais; langue anglaise; english; anglophone; langues étrangères : anglais`},
	{"prise_en_charge_specifique", "Langues étrangères (autres)", `public langues étrangères; langues étrangères; arabe; espagnol; portugais; allemand; italien; turc; roumain; russe; ukrainien; chinois; langues étrangères : autres; allophones; fle; public allophone`},
	{"prise_en_charge_specifique", "Déficience visuelle", `déficience visuelle; malvoyants; aveugles; handicap visuel; aveugles et malvoyants; non-voyants; déficients visuels; visuel; visuels`},

	{"frais_a_charge", "Gratuit", `gratuit; gratuits; gratuite; gratuité; gratuitement; 0; 0 €; 0€; 0 euro; 0euro; accès gratuit; service gratuit; service public gratuit; service public (gratuité); service public (gratuite); gratuit (service public); entièrement gratuit; gratuit pour tous; libre et gratuit; accès libre et gratuit; accompagnement gratuit; sans frais; aucun frais; 100% gratuit; totalement gratuit;
		free; gratuit : je peux accéder gratuitement au lieu et à ses services; gratuit : je peux accéder gratuitement aux services du lieu; c'est gratuit; services gratuits; gratuité totale; accès libre gratuit; non payant; accès aux ordinateurs gratuit; accès informatique gratuit; gratuit sur inscription; gratuit sur rendez-vous; gratuit sur réservation; gratuit sur rdv; aucun tarif; toujours gratuit`},
	{"frais_a_charge", "Gratuit sous condition", `gratuit sous condition; gratuit sous conditions; gratuité sous condition; gratuité sous conditions; gratuit selon conditions; gratuit sous condition (situation familiale...); gratuit pour les adhérents; gratuit avec adhésion; gratuit pour les habitants; gratuit pour les demandeurs d'emploi; gratuite sous conditions;
		gratuit sous condition : la gratuité est conditionnée à des critères (situation familiale, convention avec un organisme social...)`},
	{"frais_a_charge", "Payant", `payant; payante; payants; adhésion; adhésion annuelle; sur adhésion; cotisation; abonnement; sur abonnement; tarif; en souscrivant à un abonnement ou une adhésion; accessible en souscrivant à un abonnement ou une adhésion; en payant individuellement chaque prestation; accessible en payant individuellement chaque prestation;
		payant : l'accès au lieu et/ou à ses services est payant; en plus de l'adhésion; payant - en plus de l'adhésion; adhésion obligatoire; cotisation annuelle; sous condition d'adhésion; atelier payant; ateliers payants; pass numérique; payant : adhésion; tarif réduit`},
	{"frais_a_charge", "Gratuit|Payant", `gratuit ou payant; gratuit et payant; gratuit/payant; assistance et conseil gratuits - atelier payant`},
	{"frais_a_charge", "", `other; autre; autres; nc; selon prestation; chèques #aptic acceptés; /; accès libre; libre; sur rendez-vous; sur inscription`},

	{"modalites_acces", "Se présenter", `se présenter; guichet d'accueil; guichet; accueil; sur place; accueil physique; sans rendez-vous; sans rdv; sans rdv préalable; accès libre; libre accès; libre; entrée libre; accueil sans rendez-vous; non; se rendre sur place; présentiel; venir sur place; accès libre sans rendez-vous; avec ou sans rendez-vous; en libre accès; accueil libre; sans inscription; directement sur place; accueil du public`},
	{"modalites_acces", "Téléphoner", `téléphoner; téléphone; par téléphone; appeler; appel téléphonique; contacter par téléphone; sur rendez-vous par téléphone; tel; rdv par téléphone`},
	{"modalites_acces", "Contacter par mail", `mail; email; courriel; par mail; par courriel; e-mail; envoyer un mail; contacter par courriel; contact par mail`},
	{"modalites_acces", "Prendre un RDV en ligne", `site en ligne; rdv en ligne; rendez-vous en ligne; prise de rdv en ligne; prendre rdv en ligne; internet; prendre rendez-vous en ligne; en ligne; via internet; doctolib; plateforme en ligne`},
	{"modalites_acces", "Ce lieu n'accueille pas de public", `n'accueille pas de public; pas d'accueil du public; ne reçoit pas de public; pas d'accueil`},
	{"modalites_acces", "Envoyer un mail avec une fiche de prescription", `fiche de prescription; sur prescription; prescription; orientation par un prescripteur; via un prescripteur`},
	{"modalites_acces", "", `oui; other; autre; autres; gratuit; payant`},

	{"itinerance", "Itinérant", `itinérant; itinérante; mobile; bus; bus équivalent; bus_équivalent; bus france services; camion; camion numérique; nomade; dans un lieu d'accueil mobile; fs itinérante; antenne itinérante; en itinérance; véhicule; lieu mobile; itinérance; minibus; hors les murs; permanence itinérante`},
	{"itinerance", "Fixe", `fixe; dans un lieu d'accueil fixe; lieu fixe; site fixe; sédentaire; fixe_antenne(s); fixe antenne; lieu d'accueil fixe; fixe antennes`},
	{"itinerance", "Fixe|Itinérant", `fixe et itinérant; fixe et mobile; multisites; fixe/itinérant; fixe et itinérante`},

	{"dispositif_programmes_nationaux", "Aidants Connect", `aidants connect; aidant connect; aidantsconnect; aidant(e)s connect; habilité aidants connect`},
	{"dispositif_programmes_nationaux", "Bibliothèques numérique de référence", `bibliothèque numérique de référence; bibliothèques numériques de référence; bnr`},
	{"dispositif_programmes_nationaux", "Certification PIX", `pix; certification pix; centre pix; centre de certification pix; certificateur pix; centre certificateur pix; certif pix`},
	{"dispositif_programmes_nationaux", "Conseillers numériques", `cnfs; conseiller numérique; conseillers numériques; conseiller numérique france services; conseillers numériques france services; cnum; conseillère numérique; un conseiller numérique; conum; conseiller(e) numérique; conseillers numériques (cnfs)`},
	{"dispositif_programmes_nationaux", "Emmaüs Connect", `emmaüs connect; emmaus connect`},
	{"dispositif_programmes_nationaux", "France Services", `france services; france service; espace france services; maison france services; mfs; fs; msap / france services; labellisé france services; réseau france services; fs itinerante; efs; label france services; france services (fs); espace france service; centre social / france services; centre social / cybercentre / france services; antenne france services; bus france services`},
	{"dispositif_programmes_nationaux", "Grande école du numérique", `grande école du numérique; gen; grandes écoles du numérique`},
	{"dispositif_programmes_nationaux", "La Croix Rouge", `croix rouge; la croix rouge; croix-rouge française`},
	{"dispositif_programmes_nationaux", "Point d'accès numérique CAF", `point numérique caf; point relais caf; point d'accès numérique caf; point caf; relais caf; points numériques caf`},
	{"dispositif_programmes_nationaux", "Promeneurs du net", `promeneur du net; promeneurs du net; pdn; promeneur`},
	{"dispositif_programmes_nationaux", "Relais numérique (Emmaüs Connect)", `relais numérique; relais numérique emmaüs connect; relais numériques`},
	{"dispositif_programmes_nationaux", "", `non; oui; aucun; aucune; je ne sais pas; autre; autres; other; en cours; aptic; netpublic; label netpublic; non renseigné`},
	{"formations_labels", "Fabriques de Territoire", `fabrique de territoire; fabriques de territoire; fabrique territoire`},
	{"formations_labels", "Arnia/MedNum BFC (Bourgogne-Franche-Comté)", `arnia; mednum bfc`},
	{"formations_labels", "Étapes numériques(La Poste)", `étape numérique; étapes numériques; étape numérique la poste; mon bureau va passer étape numérique`},
	{"formations_labels", "SUD LABS (PACA)", `sud labs; sudlabs; sud lab`},
	{"formations_labels", "ORDI 3.0", `ordi 3.0; ordi 3 0`},
	{"formations_labels", "Les Éclaireurs du numérique (Drôme)", `éclaireurs du numérique; les éclaireurs du numérique`},
	{"formations_labels", "Mes Papiers (Métropole de Lyon)", `mes papiers`},
	{"formations_labels", "Formé à « Mon Espace Santé »", `mon espace santé; formé à mon espace santé`},
	{"formations_labels", "Formé à « DUPLEX » (illettrisme)", `duplex; formé à duplex`},
	{"autres_formations_labels", "APTIC", `aptic; pass numérique aptic`},
	{"autres_formations_labels", "NetPublic", `netpublic; label netpublic; net public; label net public`},
	{"autres_formations_labels", "Qualiopi", `qualiopi; certifié qualiopi`},

	{"typologie", "BIB", `bibliothèque; médiathèque; bibliothèques; médiathèques; bibliothèque / médiathèque; bibliothèque - médiathèque; bibliothèque médiathèque; médiathèque - bibliothèque; bibliothèque municipale; bibliothèque, médiathèque; médiathèque municipale; bibliothèque ou médiathèque; ludothèque médiathèque; médiathèque intercommunale; bibliothèque intercommunale; médiathèque / bibliothèque; bibliothèque départementale`},
	{"typologie", "ASSO", `association; associations; associatif; asso; association loi 1901; secteur associatif; association (loi 1901); association de quartier; structure associative; association (délégation de service public); associatif (loi 1901)`},
	{"typologie", "MUNI", `mairie; mairies; commune; communes; municipalité; municipal; hôtel de ville; ville; mairie annexe; mairie de quartier; collectivité - commune; collectivité (commune)`},
	{"typologie", "EPCI", `epci; intercommunalité; intercommunalité (epci); communauté de communes; communauté d'agglomération; métropole; communauté urbaine; agglomération; communautés de communes`},
	{"typologie", "CD", `conseil départemental; département; conseils départementaux (cd); conseils départementaux; conseil général`},
	{"typologie", "REG", `région; conseil régional; collectivité régionale`},
	{"typologie", "CCAS", `ccas; centre communal d'action sociale; centre communal d'action sociale (ccas); centres communaux d'action sociale; ccas - cias; ccas/cias`},
	{"typologie", "CIAS", `cias; centre intercommunal d'action sociale`},
	{"typologie", "CS", `centre social; centres sociaux; centre social et culturel; centre social et familial; espace social; centre social municipal; centre social associatif`},
	{"typologie", "CSC", `centre socioculturel; centre socio-culturel; centres socioculturels; csc; centre social et socioculturel; maison sociale et culturelle`},
	{"typologie", "CS|EPN", `centre social / cybercentre`},
	{"typologie", "CS|RFS", `centre social / france services`},
	{"typologie", "CS|EPN|RFS", `centre social / cybercentre / france services`},
	{"typologie", "EVS", `espace de vie sociale; evs; espaces de vie sociale`},
	{"typologie", "EPN", `epn; espace public numérique; espaces publics numériques; cybercentre; cyberbase; cyber-base; cyber base; cyberespace; cyber-espace; espace numérique; espace multimédia; point cyb; espace public numérique (epn); club info; club informatique; point public numérique`},
	{"typologie", "ENM", `espace numérique mobile; bus numérique; camion numérique`},
	{"typologie", "RFS", `france services; france service; espace france services; maison france services; mfs; fs; réseau france services; maison france service; france services (fs); fs itinérante; bus france services; antenne france services; antenne fs; maisons france services; msap / france services; espace france service; france services itinérant`},
	{"typologie", "MSAP", `msap; maison de services au public; maison de service au public; maison des services publics; maison de services aux publics; maison de service au public (msap); maison de services au public (msap); maison des services au public; relais de services publics; rsp`},
	{"typologie", "FT", `pôle emploi; france travail; pole emploi; agence pôle emploi; agence france travail; pôle-emploi; pe`},
	{"typologie", "ML", `mission locale; missions locales; mission locale jeunes; antenne mission locale; armi; arml`},
	{"typologie", "CAF", `caf; caisse d'allocations familiales; caisses d'allocation familiale; caisse d'allocation familiale; caisses d'allocations familiales; caf - caisse d'allocations familiales; caisse des allocations familiales`},
	{"typologie", "CPAM", `cpam; caisse primaire d'assurance maladie; assurance maladie; caisse primaire d'assurance maladie (cpam)`},
	{"typologie", "MSA", `msa; mutualité sociale agricole; mutualité sociale agricole (msa)`},
	{"typologie", "LA_POSTE", `la poste; poste; bureau de poste; agence postale; relais postal; agence postale communale; la poste (apc)`},
	{"typologie", "PREF", `préfecture; sous-préfecture; préfecture, sous-préfecture; préfecture / sous-préfecture; préfecture sous préfecture; préfectures`},
	{"typologie", "TIERS_LIEUX", `tiers-lieu; tiers lieu; tiers-lieux; tiers lieux; coworking; espace de coworking; co-working; tiers-lieu & coworking, fablab; tiers lieux & coworking; tiers-lieu numérique; espace coworking; tiers-lieu / coworking; tiers-lieu & coworking`},
	{"typologie", "FABLAB", `fablab; fab lab; fab-lab; atelier de fabrication numérique; makerspace; hackerspace`},
	{"typologie", "FABRIQUE", `fabrique de territoire`},
	{"typologie", "MJC", `mjc; maison des jeunes et de la culture; maison pour tous; foyer rural`},
	{"typologie", "MQ", `maison de quartier; maisons de quartier; maison de quartier/maison commune; maison de quartier / maison commune`},
	{"typologie", "MDH", `maison des habitants; mdh; maison des habitants (mdh)`},
	{"typologie", "MDS", `mds; maison des solidarités; maison de la solidarité; maison départementale des solidarités; maison des solidarités départementales; département (utpas, mds, mdsi, utas...); maison du département; maison départementale de la solidarité; mds - maison des solidarités`},
	{"typologie", "MDE", `maison de l'emploi; mde; maison de l'emploi (mde)`},
	{"typologie", "MDEF", `maison de l'emploi et de la formation; mdef`},
	{"typologie", "MDPH", `mdph; maison départementale des personnes handicapées`},
	{"typologie", "CMS", `cms; centre médico-social; centre médico social; centres médico-sociaux`},
	{"typologie", "CDAS", `cdas; centre départemental d'action sociale`},
	{"typologie", "PIJ_BIJ", `pij; bij; point information jeunesse; bureau information jeunesse; point et bureau information jeunesse (pij/bij); point information jeunesse (pij); points et bureaux information jeunesse; info jeunes; information jeunesse; crij; structure information jeunesse; pij/bij; points et bureaux information jeunesse (pij/bij)`},
	{"typologie", "PIMMS", `pimms; pimms médiation; point information médiation multi services; point information médiation multi services (pimms); point d'information médiation multi services`},
	{"typologie", "OF", `organisme de formation; organismes de formation; organisme de formations; centre de formation; organisme de formation (of); greta`},
	{"typologie", "AFPA", `afpa`},
	{"typologie", "RESSOURCERIE", `ressourcerie; recyclerie; ressourcerie / recyclerie`},
	{"typologie", "CAP_EMPLOI", `cap emploi`},
	{"typologie", "CCONS", `chambre consulaire; cci; chambre d'agriculture; chambre de métiers; chambre de commerce et d'industrie; chambres consulaires`},
	{"typologie", "CFP", `centre des finances publiques; impôts; dgfip; finances publiques; direction générale des finances publiques; trésorerie`},
	{"typologie", "PAD", `point d'accès au droit; pad; maison de justice et du droit; point justice; points d'accès au droit`},
	{"typologie", "PLIE", `plie`},
	{"typologie", "UDAF", `udaf`},
	{"typologie", "CIDFF", `cidff`},
	{"typologie", "ESAT", `esat`},
	{"typologie", "RS_FJT", `foyer de jeunes travailleurs; fjt; résidence sociale; habitat jeunes`},
	{"typologie", "E2C", `école de la deuxième chance; école de la 2e chance; e2c`},
	{"typologie", "CC", `cc`},
	{"typologie", "ODC", `orange digital center`},
	{"typologie", "CSAPA", `csapa; csapa - centre de soins d'accompagnement et de prévention en addictologie`},
	{"typologie", "CHRS", `chrs; centre d'hébergement et de réinsertion sociale`},
	{"typologie", "PI", `point info; point d'information; point info famille`},
	{"typologie", "ESS", `structure de l'ess; entreprise de l'économie sociale et solidaire; scop; scic; société coopérative et participative; coopérative`},
	{"typologie", "ACI", `atelier chantier d'insertion; atelier et chantier d'insertion; ateliers et chantiers d'insertion; chantier d'insertion`},
	{"typologie", "Autre", `autre; autres; other; divers`},
	{"typologie", elsewhere, `collectivité; collectivité locale; collectivité territoriale; public; privé; public / privé; mixte; référent; opérateur - service public; province; entreprise; entreprise privée; conseiller numérique; promeneur du net; ambassadeur référent pdn; pdn; antenne; principal; site principal; collectivité et services de la collectivité; administration - collectivité territoriale`},
	{"typologie", "", `non; aucun; aucune; néant`},
}

// elsewhere stands for what is known, and is no value of the column: it is left
// to be told at each row rather than dropped.
const elsewhere = "?"

// meaning is what a text says: values ("|" between several) by column.
type meaning map[string]string

var meanings = func() map[string]meaning {
	m := map[string]meaning{}
	put := func(text, field, value string) {
		key := wordKey(text)
		if key == "" {
			return
		}
		if m[key] == nil {
			m[key] = meaning{}
		}
		if _, taken := m[key][field]; !taken {
			m[key][field] = value
		}
	}
	for _, l := range wordLines {
		for _, text := range strings.Split(l.texts, ";") {
			put(text, l.field, l.value)
		}
	}
	for i := range place.Columns {
		if v := place.Columns[i].Vocabulary; v != nil {
			for _, value := range v.Values() {
				put(value, place.Columns[i].Name, value)
			}
		}
	}
	return m
}()

// meaningKeys are the keys of meanings, sorted, for those cut short.
var meaningKeys = func() []string {
	keys := make([]string, 0, len(meanings))
	for k := range meanings {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}()

// small words change nothing of what a value means; negations and conditions
// are not among them.
var smallWords = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields("a au aux d de des du en et l la le les ma mes mon n nos notre ou par pour s sa se ses son sur un une votre vos dans avec l qu c the of") {
		m[w] = true
	}
	return m
}()

// wordKey reduces a text to what makes its meaning: no case, accents, plurals,
// small words nor punctuation. A text of small words only keeps them.
func wordKey(s string) string {
	if len(s) > 400 {
		return ""
	}
	s = place.Fold(s)
	words := strings.FieldsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '+' || r == '€')
	})
	kept := make([]string, 0, len(words))
	for _, w := range words {
		if smallWords[w] {
			continue
		}
		if len(w) > 3 && !strings.HasSuffix(w, "ss") {
			w = strings.TrimRight(w, "sx")
		}
		kept = append(kept, w)
	}
	if len(kept) == 0 {
		kept = words
	}
	return strings.Join(kept, " ")
}

var parenthesis = regexp.MustCompile(`\s*[(\[][^()\[\]]*[)\]]\s*$`)

// understand gives what a text means; nil when it is not known whole. cut: the
// values of the column are cut short at the same length, so that a beginning of
// at least 20 letters counts, when it begins one meaning only.
func understand(text string, cut bool) meaning {
	key := wordKey(text)
	if key == "" {
		return nil
	}
	if m, ok := meanings[key]; ok {
		return m
	}
	if short := parenthesis.ReplaceAllString(text, ""); short != text {
		if m, ok := meanings[wordKey(short)]; ok && wordKey(short) != "" {
			return m
		}
	}
	if i := strings.IndexAny(text, ":("); cut && i > 8 {
		if m, ok := meanings[wordKey(text[:i])]; ok {
			return m
		}
	}
	if !strings.ContainsAny(parenthesis.ReplaceAllString(text, ""), ",;|\n/•") {
		if m := reason(key); m != nil {
			return m
		}
	}
	if cut && len(key) >= 16 {
		if i := strings.LastIndexByte(key, ' '); i > 0 && len(key)-i <= 2 {
			key = key[:i]
		}
		var found meaning
		at, _ := slices.BinarySearch(meaningKeys, key)
		for ; at < len(meaningKeys) && strings.HasPrefix(meaningKeys[at], key); at++ {
			m := meanings[meaningKeys[at]]
			if found != nil && !sameMeaning(found, m) {
				return nil
			}
			found = m
		}
		return found
	}
	return nil
}

func sameMeaning(a, b meaning) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if w, ok := b[k]; !ok || v != w {
			return false
		}
	}
	return true
}

// classes of words about services, the most telling first: where a text has
// words of several, the first is meant ("initiation à la cybersécurité").
var serviceClasses = []struct{ value, words string }{
	{"Acquisition de matériel informatique à prix solidaire", "achat acheter vente reconditionné reconditionnés reconditionnement don dotation prêt emprunt location"},
	{"Parentalité et éducation avec le numérique", "parentalité parental parents scolarité scolaire devoirs éducation éducatif pronote parcoursup e-parentalité"},
	{"Utilisation sécurisée du numérique", "sécurité cybersécurité sécurisé sécurisée sécuriser sécurisation arnaques risques protection protéger données confidentialité harcèlement dangers cyber"},
	{"Insertion professionnelle via le numérique", "emploi cv insertion professionnelle candidature"},
	{"Loisirs et créations numériques", "fablab robotique codage programmation 3d création créations créatif créatifs jeux montage graphique graphisme loisirs musique ludique récréatif récréatives photo photos vidéo robots"},
	{"Compréhension du monde numérique", "culture cultures citoyenneté sensibilisation sensibiliser comprendre compréhension enjeux fake news éthique ia débat conférence conférences esprit critique prévention"},
	{"Aide aux démarches administratives", "démarches administratif administratifs administrative administratives administration dématérialisé dématérialisée dématérialisés dématérialisées dématérialisation droits caf cpam ants impôts retraite formalités e-démarches fiscalité état-civil identité prefecture dossiers déclaration"},
	{"Maîtrise des outils numériques du quotidien", "initiation initier initiations formation formations former apprentissage apprendre bureautique prise prendre main découverte découvrir maîtrise maîtriser perfectionnement débutants navigation naviguer messagerie mail mails e-mail word excel traitement texte tableur réseaux sociaux recherche recherches cours autonomie autonome compétences savoirs"},
	{"Accès internet et matériel informatique", "internet wifi connexion équipement équipements matériel matériels imprimante imprimantes imprimer scanner scan ordinateur ordinateurs poste postes tablette tablettes photocopieur photocopieuse photocopie photocopies impression impressions borne scanners photocopieurs"},
}

// serviceFillers say nothing by themselves of which service it is.
const serviceFillers = `aide aider aides accompagnement accompagnements accompagner accompagné assistance soutien atelier ateliers accès accéder mise disposition ligne numérique numériques informatique informatiques outil outils quotidien personnel
	individuel individuelle individuels individuelles collectif collectifs collective collectives groupe possible gratuit gratuits demande public publics base bases niveau module modules conseil conseils technique web site projet vie courant courants courante
	faire être besoin besoins proposer pratique pratiques nouvelle nouvelles technologie technologies smartphone smartphones téléphone logiciel logiciels grand tout tous seniors jeunes enfants familles adultes libre service services appui action actions
	usagers thématique thématiques multimédia ponctuel ponctuelle personnalisé personnalisée animation animations autour lié liés bonnes digital digitale digitaux séances permanence permanences social sociale organisation temps appareil appareils
	disponible disponibles recours fixe portable couleur couleurs haut débit haute fibre espace salle via ou présentation gestion compte comptes sites plateforme plateformes`

// using may mean lending a thing or teaching it: it settles nothing beside one.
const using = "utilisation utiliser usage usages"

var serviceWord, usingWord = func() (map[string]int, map[string]bool) {
	words, used := map[string]int{}, map[string]bool{}
	for _, w := range strings.Fields(serviceFillers) {
		words[wordKey(w)] = -1
	}
	for i := len(serviceClasses) - 1; i >= 0; i-- {
		for _, w := range strings.Fields(serviceClasses[i].words) {
			for _, part := range strings.Fields(wordKey(w)) {
				words[part] = i
			}
		}
	}
	for _, w := range strings.Fields(using) {
		words[wordKey(w)], used[wordKey(w)] = -1, true
	}
	return words, used
}()

var (
	youngAges = regexp.MustCompile(`^(?:jeune )*(?:entre |age )*(\d\d?) (\d\d) an$`)
	underAge  = regexp.MustCompile(`^(?:jeune )*(?:moin|jusqu'a|jusqu) (\d\d) an$`)
	overAge   = regexp.MustCompile(`^(?:senior |personne |public )*(?:(?:plu|\+) ?(\d\d) an|(\d\d) an (?:plu|\+)|partir (\d\d) an)$`)
	freeWords = regexp.MustCompile(`^(?:(?:tout|tou|acce|libre|service|public|entierement|totalement|accompagnement|atelier|prestation|offre|aide|structure|est|sont|activite|ordinateur|internet|permanence) )*(?:gratuit|gratuite|gratuitement)(?: (?:tout|tou|public|service|acce|usager|habitant|libre))*$`)
	paidWords = regexp.MustCompile(`^(?:(?:adhesion|cotisation|abonnement|annuel|annuelle|payant|payante|tarif|forfait|de|entre|environ|individuel|obligatoire|participation|inscription|carte|stage|cout|prix|\d+|\d*€|€|euro|an|annee|moi|h|heure|seance|atelier|personne|famille|adulte|trimestre|bibliotheque|association|mediatheque) ?)+$`)
	amount    = regexp.MustCompile(`\b[1-9]\d* ?(?:€|euro)|adhesion|cotisation|abonnement|payant`)
)

// reason understands a text that the tables do not have, when each of its words
// is known: nothing is read in a part of a text.
func reason(key string) meaning {
	words := strings.Fields(key)
	if len(words) > 14 {
		return nil
	}
	number := func(s string) int {
		n := 0
		for _, c := range s {
			n = n*10 + int(c-'0')
		}
		return n
	}
	if m := youngAges.FindStringSubmatch(key); m != nil && number(m[2]) <= 35 && number(m[1]) >= 6 {
		if number(m[2]) <= 12 {
			return meaning{"publics_specifiquement_adresses": "Familles et/ou enfants"}
		}
		return meaning{"publics_specifiquement_adresses": "Jeunes"}
	}
	if m := underAge.FindStringSubmatch(key); m != nil && number(m[1]) <= 32 {
		return meaning{"publics_specifiquement_adresses": "Jeunes"}
	}
	if m := overAge.FindStringSubmatch(key); m != nil && number(m[1]+m[2]+m[3]) >= 50 {
		return meaning{"publics_specifiquement_adresses": "Seniors"}
	}
	if freeWords.MatchString(key) {
		return meaning{"frais_a_charge": "Gratuit"}
	}
	if paidWords.MatchString(key) && amount.MatchString(key) {
		return meaning{"frais_a_charge": "Payant"}
	}
	best, uses := len(serviceClasses), false
	for _, w := range words {
		class, known := serviceWord[w]
		if !known {
			return nil
		}
		uses = uses || usingWord[w]
		if class >= 0 {
			best = min(best, class)
		}
	}
	switch {
	case best == len(serviceClasses) && uses:
		return meaning{"services": "Maîtrise des outils numériques du quotidien"}
	case best == len(serviceClasses), uses && best == len(serviceClasses)-1:
		return nil
	}
	return meaning{"services": serviceClasses[best].value}
}
