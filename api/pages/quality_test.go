package pages

import (
	"bytes"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mednum/internal/access"
	"mednum/internal/consultation"
	"mednum/internal/place"
	"mednum/internal/quality"
	"mednum/internal/simulation"
)

const unit = quality.Entier

func n(v quality.Nombre) *quality.Nombre { return &v }

func on(year int, month time.Month, day int) quality.Jour {
	return quality.Jour{Date: place.Date{Year: year, Month: month, Day: day}}
}

func none(i int) *int { return &i }

// small is a version of four criteria: enough to show each kind.
func small() quality.Referentiel {
	yes := func(s string) *quality.Issue { return &quality.Issue{Valeur: unit, Phrase: s} }
	no := func(s string) *quality.Issue { return &quality.Issue{Phrase: s} }
	return quality.Referentiel{
		Version: "2.0.0", Titre: "Petit référentiel", Presentation: "Il dit ce que l’on peut attendre.\n\nIl est public.",
		Parametres: quality.Parametres{Rho: unit / 2, Decimales: 1, Satisfait: 8 * unit / 10, Partiel: unit / 2, Confirme: 7 * unit / 10, Provisoire: unit / 2,
			Niveaux: []quality.Niveau{
				{Code: "A", Libelle: "très bon", Score: 80 * unit, Couverture: 85 * unit / 100, EssentielsManquants: none(0), EssentielsInconnus: none(0), Confiance: n(60 * unit), DimensionPlancher: n(40 * unit)},
				{Code: "B", Libelle: "bon", Score: 65 * unit, Couverture: 7 * unit / 10, EssentielsManquants: none(0), EssentielsInconnus: none(1)},
				{Code: "C", Libelle: "à construire", Couverture: 7 * unit / 10}},
			Confiance: quality.Confiance{Verifie: unit, Calcule: 8 * unit / 10, Declare: 6 * unit / 10, Constante: 4 * unit / 10, FraicheurMois: 12, AncienMois: 36, AncienValeur: unit / 2, Conteste: unit / 2, Haute: 60 * unit, Moyenne: 40 * unit},
			Alertes:   quality.Alertes{ChangentDeNiveau: unit / 10, MedianeGroupe: 5 * unit}},
		Dimensions: []quality.Dimension{{Code: "INF", Libelle: "Information"}, {Code: "ACP", Libelle: "Accompagnement"}},
		Criteres: []quality.Critere{
			{Code: "INF-01", Dimension: "INF", Libelle: "Un contact direct", Question: "Peut-on joindre quelqu’un ?", Nature: quality.Calcule, Poids: 45 * unit, Essentiel: true, SiAbsent: quality.Zero,
				Regle:  quality.Regle{Type: "present", Champs: []string{"telephone"}, Oui: yes("Un téléphone est donné."), Non: no("Aucun téléphone n’est donné.")},
				Textes: quality.Textes{Regle: "Tous les points si un téléphone est donné.", Absent: "Aucun téléphone n’est donné.", Action: "Donnez un numéro de téléphone.", Tenue: "Vous pouvez téléphoner avant de venir.", Manque: "Aucun numéro n’est donné.", Confirmer: "Nous ne savons pas si l’on peut téléphoner."}},
			{Code: "INF-02", Dimension: "INF", Libelle: "Prix annoncé", Question: "Sait-on combien cela coûte ?", Nature: quality.Calcule, Poids: 25*unit + unit/2, SiAbsent: quality.Zero,
				Regle:  quality.Regle{Type: "present", Champs: []string{"frais_a_charge"}, Oui: yes("Le prix est annoncé."), Non: no("Le prix n’est pas annoncé.")},
				Textes: quality.Textes{Regle: "Tous les points si le prix est annoncé.", Absent: "Le prix n’est pas annoncé.", Action: "Dites le prix."}},
			{Code: "ACP-01", Dimension: "ACP", Libelle: "Diagnostic", Question: "Fait-on le point ?", Nature: quality.Declare, Poids: 20 * unit, Essentiel: true, SiAbsent: quality.Inconnu,
				Regle:  quality.Regle{Type: "declaration", Question: "diagnostic", Resultats: map[string]quality.Issue{"oui": *yes("Ce lieu fait le point."), "non": *no("Ce lieu ne fait pas le point.")}},
				Textes: quality.Textes{Regle: "Oui : tous les points.", Absent: "Nous ne savons pas. Ce n’est pas compté comme une absence de service.", Action: "Répondez au questionnaire.", Tenue: "Quelqu’un fait le point avec vous.", Manque: "Personne ne fait le point avec vous.", Confirmer: "Nous ne savons pas si l’on fait le point. Demandez."}},
			{Code: "ACP-02", Dimension: "ACP", Libelle: "Accueil confidentiel", Question: "Peut-on parler sans être entendu ?", Nature: quality.Verifie, Poids: 9*unit + unit/2, SiAbsent: quality.Inconnu,
				Regle:  quality.Regle{Type: "verification", Preuve: "accueil", Resultats: map[string]quality.Issue{"oui": *yes("Une pièce est à part."), "non": *no("Aucune pièce n’est à part.")}},
				Textes: quality.Textes{Regle: "Vérifié par une visite.", Absent: "Nous ne savons pas.", Action: "Demandez une visite."}},
		},
		Questions: []quality.Question{{Code: "diagnostic", Texte: "Faites-vous le point avec chaque personne ?", Aide: "Un échange suffit.", Reponses: []quality.Reponse{{Code: "oui", Libelle: "Oui"}, {Code: "non", Libelle: "Non"}}, ValiditeMois: 24}},
		Preuves:   []quality.Preuve{{Code: "accueil", Libelle: "Visite : l’accueil", Resultats: []quality.Reponse{{Code: "oui", Libelle: "Une pièce à part"}, {Code: "non", Libelle: "Aucune"}}, ValiditeMois: 36}},
		Residus:   []quality.Residu{{Champ: "frais_a_charge", Critere: "INF-02", Pourquoi: "Le cas est rare."}},
	}
}

var (
	marne    = consultation.Party{Organisation: "Département de la Marne", Siren: "225100015", Role: access.Contributor}
	national = consultation.Party{Organisation: "Agence nationale", Siren: "130020001", Role: access.Editor}
	noon     = time.Date(2026, time.April, 15, 10, 30, 0, 0, time.UTC)
)

func signedIn(role access.Role) *SignedIn {
	s := &SignedIn{Key: access.Key{ID: "k1", Role: role, Organisation: "Département de la Marne", Siren: "225100015", Territory: access.Territory{Kind: "departement", Codes: []string{"51"}}, Expires: noon.AddDate(1, 0, 0)}}
	for _, op := range access.Operations() {
		if access.Allows(role, op) {
			s.May = append(s.May, op)
		}
	}
	return s
}

func version(state consultation.State) consultation.Version {
	v := consultation.Version{Version: "2.0.0", State: state, Hash: strings.Repeat("ab", 32), Parent: "1.0.0", Author: national, Created: noon.AddDate(0, -3, 0), Changed: noon.AddDate(0, 0, -2)}
	switch state {
	case consultation.EnConsultation:
		v.Opened, v.Closes = noon.AddDate(0, 0, -10), time.Date(2026, 5, 6, 22, 0, 0, 0, time.UTC)
	case consultation.Publiee:
		v.Opened, v.Closes = noon.AddDate(0, -2, 0), noon.AddDate(0, -1, 0)
		v.Published, v.Effective = noon, place.Date{Year: 2026, Month: 6, Day: 1}
		v.Justification = "Le poids du prix monte : les collectivités l’ont demandé."
		v.Approvals = []consultation.Approval{{By: consultation.Party{Organisation: "Ville de Reims", Role: access.Committee}, At: noon, Vote: "pour"}, {By: marne, At: noon, Vote: "contre", Note: "Le seuil est trop haut."}}
	}
	return v
}

func explanation() quality.Explication {
	return quality.Explication{
		Version: "2.0.0", Titre: "Petit référentiel", Date: on(2026, 4, 15), Source: "Hubik", Resume: "Ce lieu est entre C et B. Nous connaissons 71 % de ses points.",
		Etat: quality.Provisoire, Score: n(63*unit + unit/2), NiveauMin: "C", NiveauMax: "B", NiveauTexte: "entre C et B",
		Couverture: quality.Lecture{Valeur: 705 * unit / 1000, Phrase: "des points sont connus."}, Confiance: quality.LectureBande{Valeur: 44 * unit, Bande: "moyenne", Phrase: "sur ce que nous savons.", Raisons: []string{"La fiche a plus d’un an."}},
		Socle:      quality.SocleLu{Phrase: "1 garantie sur 2, 1 à confirmer.", Garanties: []quality.Garantie{{Code: "INF-01", Libelle: "Un contact direct", Etat: "tenue", Phrase: "Vous pouvez téléphoner avant de venir."}, {Code: "ACP-01", Libelle: "Diagnostic", Etat: "inconnue", Phrase: "Nous ne savons pas si l’on fait le point. Demandez."}}},
		Reexamen:   "Une contestation pourrait changer son niveau.",
		Prochain:   &quality.ProchainNiveau{Niveau: "B", Libelle: "bon", Phrases: []string{"Il manque 1,5 point."}, Points: unit + unit/2},
		Champs:     []quality.ActionChamp{{Question: "diagnostic", Libelle: "Questionnaire", Phrase: "Répondez à la question sur le diagnostic.", Criteres: []string{"ACP-01"}, GainScore: 10 * unit, GainTexte: "+10 points", NiveauApres: "B"}, {Champ: "frais_a_charge", Libelle: "Frais à charge", Phrase: "Dites le prix.", Criteres: []string{"INF-02"}, GainScore: 8 * unit, GainTexte: "+8 points"}},
		Dimensions: []quality.DimensionLue{{Code: "INF", Libelle: "Information", Observe: n(64 * unit), Couverture: unit, Phrase: "Tout est connu."}, {Code: "ACP", Libelle: "Accompagnement", Couverture: 0, Phrase: "Rien n’est connu."}},
		Criteres: []quality.CritereLu{
			{Code: "INF-01", Libelle: "Un contact direct", Question: "Peut-on joindre quelqu’un ?", Dimension: "Information", Essentiel: true, Statut: quality.StatutSatisfait, StatutLu: "satisfait", Valeur: n(unit), Poids: 45 * unit, Points: n(45 * unit), PointsLus: "45 sur 45", Regle: "Tous les points si un téléphone est donné.", Phrase: "Un téléphone est donné.",
				Origines: []quality.Origine{{Nature: "champ", Nom: "telephone", Libelle: "Téléphone", Source: "Hubik", Date: on(2025, 3, 1), Phrase: "Téléphone : rempli, selon Hubik, le 1er mars 2025."}}, Conteste: true, Remarques: []string{"Contesté par la Ville de Reims."}},
			{Code: "INF-02", Libelle: "Prix annoncé", Question: "Sait-on combien cela coûte ?", Dimension: "Information", Statut: quality.StatutNonSatisfait, Valeur: n(0), Poids: 25*unit + unit/2, Points: n(0), PointsLus: "0 sur 25,5", Regle: "Tous les points si le prix est annoncé.", Phrase: "Le prix n’est pas annoncé.", Action: "Dites le prix.", GainScore: n(8 * unit)},
			{Code: "ACP-01", Libelle: "Diagnostic", Question: "Fait-on le point ?", Dimension: "Accompagnement", Essentiel: true, Statut: quality.StatutInconnu, Poids: 20 * unit, PointsLus: "inconnu, sur 20", Regle: "Oui : tous les points.", Phrase: "Nous ne savons pas. Ce n’est pas compté comme une absence de service.", Action: "Répondez au questionnaire.", GainScore: n(10 * unit), NiveauApres: "B", Expire: true},
			{Code: "ACP-02", Libelle: "Accueil confidentiel", Question: "Peut-on parler sans être entendu ?", Dimension: "Accompagnement", Statut: quality.StatutSansObjet, Poids: 9*unit + unit/2, PointsLus: "sans objet", Regle: "Vérifié par une visite.", Phrase: "Ce lieu ne reçoit pas de public."},
		},
		AVenir: &quality.AVenir{Version: "3.0.0", Le: on(2026, 9, 1), Score: n(70 * unit), Niveau: "B (bon)", Phrase: "Son niveau sera B.", Ecarts: []string{"Le prix comptera moins."}},
	}
}

func contest(state consultation.ContestState) consultation.Contest {
	no := false
	c := consultation.Contest{Number: 3, Lieu: "r36r1ftt", Critere: "INF-01", Ground: consultation.Donnee, Text: "Le numéro est faux.\nIl a changé en mars.", By: marne, At: noon, State: state, Due: time.Date(2026, 4, 17, 22, 0, 0, 0, time.UTC)}
	if state != consultation.Deposee {
		c.Steps = []consultation.Step{{State: consultation.Accusee, By: national, At: noon, Text: "Reçu."}, {State: consultation.Reponse, By: marne, At: noon, Text: "Voici le bon numéro."}}
	}
	if state == consultation.Decidee {
		c.Steps = append(c.Steps, consultation.Step{State: consultation.Decidee, By: national, At: noon, Text: "Le numéro répond.", Granted: &no})
	}
	return c
}

func said1() []consultation.Remontee {
	return []consultation.Remontee{
		{Number: 12, Version: "2.0.0", Kind: consultation.ProposeParametre, Critere: "INF-02", Text: "Le prix compte trop.\n\nChez nous, tout est gratuit.", Proposal: json.RawMessage(`{"chemin":"poids","valeur":12.5}`), By: marne, At: noon, For: 3, Against: 1},
		{Number: 13, Version: "2.0.0", Kind: consultation.Soutien, About: 12, By: national, At: noon},
		{Number: 14, Version: "2.0.0", Kind: consultation.EffetTerritorial, Text: "Les petits lieux perdent des points.", Territory: "51", Evidence: "https://marne.example/etude.pdf", By: marne, At: noon, Decision: consultation.Partielle, Reason: "Le seuil rural est abaissé.", Decided: noon, Decider: &national},
		{Number: 15, Version: "2.0.0", Kind: consultation.ProposeCritere, Text: "Les enfants sont oubliés.", Proposal: json.RawMessage(`{"libelle":"Accueil des enfants","question":"Puis-je venir avec eux ?","poids":2}`), By: marne, At: noon},
	}
}

func report() json.RawMessage {
	classes := []simulation.Class{{Code: "A", Label: "A"}, {Code: "B", Label: "B"}, {Code: "provisoire", Label: "Provisoire"}, {Code: "non_attribue", Label: "Non attribué"}}
	group := func(code, label string, places int, move *quality.Nombre, up, down int) simulation.Group {
		return simulation.Group{Code: code, Label: label, Places: places, MedianMove: move, Winners: up, Losers: down, ChangeLevelShare: unit / 20}
	}
	text, err := json.Marshal(simulation.Report{
		Before: simulation.Edition{Version: "1.0.0", Hash: strings.Repeat("12", 32)}, After: simulation.Edition{Version: "2.0.0", Hash: strings.Repeat("ab", 32)}, Places: 4490,
		Summary: []string{"612 lieux changent de niveau affiché, soit 14 %."}, Alerts: []simulation.Alert{{Code: "mediane-groupe", Axis: "densite", Group: "rural", Measure: -6 * unit, Limit: 5 * unit, Text: "La médiane des lieux ruraux baisse de 6 points, au-delà de 5."}}, JustificationRequired: true,
		Levels: simulation.Matrix{Classes: classes, Counts: [][]int{{10, 2, 0, 0}, {1, 50, 9, 0}, {0, 12, 4000, 300}, {0, 0, 6, 100}}, Before: []int{12, 60, 4312, 106}, After: []int{11, 64, 4015, 400}},
		Ranges: simulation.Matrix{Classes: []simulation.Class{{Code: "B-B", Label: "B"}, {Code: "C-B", Label: "entre C et B"}}, Counts: [][]int{{5, 1}, {2, 3000}}, Before: []int{6, 3002}, After: []int{7, 3001}},
		Moves:  simulation.Moves{Compared: 4384, Same: 3000, Winners: simulation.Camp{Count: 900, Share: 2053, Mean: n(12345), Examples: []simulation.Example{{ID: "r36r1ftt", Departement: "51", Before: 60 * unit, After: 67 * unit, ShownBefore: "C-B", ShownAfter: "B", Criteria: []simulation.Change{{Code: "INF-02", Points: 7 * unit}}}}}, Losers: simulation.Camp{Count: 484, Share: 1104, Mean: n(-3 * unit)}, MedianBefore: n(61 * unit), MedianAfter: n(60*unit + unit/2), ChangeLevel: 612, ChangeLevelShare: 1363, Raised: 100, Lowered: 300},
		Axes:   []simulation.Axis{{Code: "densite", Label: "Par densité de la commune", Groups: []simulation.Group{group("dense", "Commune dense", 900, n(unit), 500, 20), group("rural", "Commune rurale", 2000, n(-6*unit), 10, 900), group("autres", "Densité inconnue", 3, nil, 0, 0)}}},
		Sensitivity: simulation.Sensitivity{Seed: "abababab", Draws: 1000, Weights: unit / 4, RhoFrom: unit / 4, RhoTo: 3 * unit / 4, Thresholds: 3 * unit, Robust: 8 * unit / 10, Text: "À faible couverture, la façon de compter l’inconnu pèse bien plus que les poids.",
			Overall: simulation.Stability{Label: "Tous les lieux", Places: 4384, Agreement: n(6400), Near: n(9900), Robust: n(3000), Variance: &simulation.Variance{Rho: 4000, Weights: 200, HeaviestCode: "INF-01", HeaviestValue: 100, Thresholds: 1500, Aggregation: 300}},
			Bands:   []simulation.Stability{{Label: "Moins de 50 % connus", Places: 106}, {Label: "De 50 à 70 % connus", Places: 4312, Agreement: n(6300), Near: n(9999), Robust: n(0)}}},
		Without: []simulation.Without{{Code: "INF-02", Label: "Prix annoncé", Weight: 25*unit + unit/2, ChangeShare: 1200, Up: 30, Down: 10, MeanMove: unit / 2}, {Code: "INF-01", Label: "Un contact direct", Weight: 45 * unit, ChangeShare: 2500, Up: 3, Down: 1000, MeanMove: -4 * unit}},
		Hiding:  []simulation.Hiding{{Field: "services", Filled: 4000}, {Field: "frais_a_charge", Filled: 3900, Gain: 12, Most: n(unit / 2), Accepted: "Le cas est rare."}},
	})
	if err != nil {
		panic(err)
	}
	return text
}

// quality pages, each in a state that shows most of it.
func professionalPages(p *Pages) map[string]func(*bytes.Buffer) error {
	doc := small()
	head := func(path string, role access.Role) Head {
		h := Head{Path: path}
		if role != "" {
			h.Who = signedIn(role)
		}
		return h
	}
	scored := quality.Scored{ID: "r36r1ftt", Resultat: quality.Resultat{Version: "2.0.0", Referentiel: strings.Repeat("ab", 32), Entree: strings.Repeat("cd", 32), Moteur: "1", Derivation: "1", Date: on(2026, 4, 15)}}
	today := place.Date{Year: 2026, Month: 4, Day: 15}
	versions := []consultation.Version{version(consultation.EnConsultation), {Version: "1.0.0", State: consultation.Publiee, Published: noon.AddDate(-1, 0, 0), Effective: place.Date{Year: 2025, Month: 6, Day: 1}}}
	broken := version(consultation.Brouillon)
	chain, err := consultation.Chain(consultation.Entry{}, consultation.Entry{At: noon, Kind: consultation.LogVersion, Subject: "2.0.0", By: national, Payload: json.RawMessage(`{"depuis":"1.0.0"}`)})
	if err != nil {
		panic(err)
	}
	return map[string]func(*bytes.Buffer) error{
		"score": func(b *bytes.Buffer) error {
			return p.Score(b, Score{Nom: "Médiathèque des Tilleuls", Commune: "Reims", Scored: scored, Document: doc, Explication: explanation(), Contests: []consultation.Contest{contest(consultation.Accusee)}, Now: noon})
		},
		"declarations": func(b *bytes.Buffer) error {
			return p.Declarations(b, Declarations{Head: head("/collections/lieux/items/r36r1ftt/declarations", ""), ID: "r36r1ftt", Nom: "Médiathèque des Tilleuls", Version: "2.0.0", Questions: doc.Questions, Criteres: doc.Criteres, Preuves: doc.Preuves, Today: today,
				Answers: []quality.Declaration{{Question: "diagnostic", Reponse: "oui", Date: on(2023, 3, 1), Expire: on(2025, 3, 1)}}, Evidence: []quality.Evidence{{Preuve: "accueil", Resultat: "non", Date: on(2026, 1, 1), Expire: on(2029, 1, 1)}}})
		},
		"declarations-refusees": func(b *bytes.Buffer) error {
			return p.Declarations(b, Declarations{Head: head("/x", access.PlaceContributor), ID: "r36r1ftt", Nom: "Médiathèque des Tilleuls", Questions: doc.Questions, Criteres: doc.Criteres, Preuves: doc.Preuves, Today: today,
				Asked: url.Values{"diagnostic": {"peut-être"}, "date": {"2027-01-01"}}, Faults: quality.Faults{{Where: "diagnostic", Message: "« peut-être » n’est pas une réponse."}, {Where: "date", Message: "Cette date est à venir."}}})
		},
		"preuve": func(b *bytes.Buffer) error {
			return p.Declarations(b, Declarations{Head: head("/x", access.Verifier), ID: "r36r1ftt", Nom: "Médiathèque des Tilleuls", Preuves: doc.Preuves, Today: today, Saved: "preuve"})
		},
		"contestations": func(b *bytes.Buffer) error {
			return p.Contests(b, Contests{Head: head("/x", access.Contributor), ID: "r36r1ftt", Nom: "Médiathèque des Tilleuls", Criteres: doc.Criteres, Contests: []consultation.Contest{contest(consultation.Decidee)}, Asked: url.Values{"critere": {"INF-02"}, "motif": {"preuve"}}, Faults: quality.Faults{{Where: "texte", Message: "Écrivez vos raisons."}}, Now: noon})
		},
		"contestation": func(b *bytes.Buffer) error {
			return p.Contest(b, Contest{Head: head("/contestations/3", access.Moderator), Contest: contest(consultation.Accusee), Nom: "Médiathèque des Tilleuls", Libelle: "Un contact direct", Now: noon})
		},
		"referentiels": func(b *bytes.Buffer) error {
			return p.Referentiels(b, Referentiels{Head: head("/referentiels", access.Editor), Versions: versions, InForce: "1.0.0"})
		},
		"referentiel": func(b *bytes.Buffer) error {
			return p.Referentiel(b, Referentiel{Head: head("/referentiels/2.0.0", ""), Version: version(consultation.Publiee), Document: doc, InForce: "1.0.0", Versions: versions, Remontees: said1(), Now: noon})
		},
		"referentiel-vote": func(b *bytes.Buffer) error {
			return p.Referentiel(b, Referentiel{Head: head("/referentiels/2.0.0", access.Committee), Version: version(consultation.SimulationValidee), Document: doc, Versions: versions, Now: noon,
				Next: []Next{{To: consultation.Publiee, Missing: []string{"Il faut l’accord d’au moins deux organisations du comité ; il y en a 0."}, May: true}, {To: consultation.Abandonnee}}})
		},
		"differences": func(b *bytes.Buffer) error {
			return p.Differences(b, Differences{From: versions[1], To: versions[0], Versions: versions, Changes: []quality.Changement{{Saut: quality.Majeur, Critere: "INF-02", Sujet: "Prix annoncé", Phrase: "Le poids passe de 4 à 25,5 points."}, {Saut: quality.Correctif, Critere: "INF-02", Sujet: "Prix annoncé", Phrase: "Un texte est reformulé.", Avant: "Dites le tarif.", Apres: "Dites le prix."}}})
		},
		"edition": func(b *bytes.Buffer) error {
			return p.Edition(b, Edition{Head: head("/x", access.Editor), Version: broken, Document: doc, Asked: url.Values{"INF-02.poids": {"beaucoup"}, "garder": {"INF-01"}, "critere": {"ACP-02"}}, Faults: quality.Faults{{Where: "INF-02.poids", Message: "Ce n’est pas un nombre."}},
				Checks: []quality.Constat{{Gravite: quality.Bloquant, Regle: "taire", Critere: "INF-02", Phrase: "Cacher le prix ferait gagner des points."}, {Gravite: quality.Avertissement, Regle: "exemple", Phrase: "Cette version n’a aucun exemple."}}})
		},
		"remontees": func(b *bytes.Buffer) error {
			return p.Remontees(b, Remontees{Head: head("/x", access.Contributor), Version: version(consultation.EnConsultation), Document: doc, Remontees: said1(), Asked: url.Values{"nature": {"proposition-critere"}}, Faults: quality.Faults{{Where: "proposition.libelle", Message: "Donnez un nom au critère."}}, Now: noon})
		},
		"remontee": func(b *bytes.Buffer) error {
			return p.Remontee(b, Remontee{Head: head("/x", access.Moderator), Remontee: said1()[0], Libelle: "Prix annoncé", Answers: said1()[1:2]})
		},
		"simulation": func(b *bytes.Buffer) error {
			return p.Simulation(b, Simulation{Head: head("/x", access.Editor), Version: version(consultation.Arbitrage), Document: doc, Report: report()})
		},
		"journal": func(b *bytes.Buffer) error {
			return p.Journal(b, Journal{Version: "2.0.0", Entries: []consultation.Entry{chain}, Broken: 1, More: "/journal?apres=1"})
		},
		"connexion": func(b *bytes.Buffer) error {
			return p.Connexion(b, Connexion{Return: "/referentiels", Fault: "Cette clé n’est pas connue."})
		},
		"connecte": func(b *bytes.Buffer) error {
			return p.Connexion(b, Connexion{Head: head("/connexion", access.Contributor), Now: noon})
		},
	}
}

func TestGoldenProfessional(t *testing.T) {
	for name, render := range professionalPages(bare(t)) {
		t.Run(name, func(t *testing.T) { golden(t, "regle-"+name, render) })
	}
}

func golden(t *testing.T, name string, render func(*bytes.Buffer) error) {
	t.Helper()
	var b bytes.Buffer
	if err := render(&b); err != nil {
		t.Fatal(err)
	}
	got := drawn.ReplaceAllString(b.String(), "<svg/>")
	file := filepath.Join("testdata", name+".html")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("go test ./api/pages -update writes it anew (-want +got):\n%s", diff)
	}
}

// drawn are icons and the logo; plots are kept: they are computed.
var drawn = regexp.MustCompile(`(?s)<svg class="(?:icon|logo|art)".*?</svg>`)

// TestWords holds the numbers of the référentiel as French writes them.
func TestWords(t *testing.T) {
	for _, c := range []struct {
		n                          quality.Nombre
		plain, signed, share, unit string
	}{
		{0, "0", "0", "0 %", "0 point"},
		{-1, "−0,0001", "0", "", "−0,0001 point"},
		{49, "0,0049", "0", "moins de 1 %", "0,0049 point"},
		{unit / 20, "0,05", "+0,1", "5 %", "0,05 point"},
		{-unit / 20, "−0,05", "−0,1", "", "−0,05 point"},
		{unit, "1", "+1", "100 %", "1 point"},
		{unit - 1, "0,9999", "+1", "plus de 99 %", "0,9999 point"},
		{3*unit + 2*unit/10, "3,2", "+3,2", "320 %", "3,2 points"},
		{-6 * unit, "−6", "−6", "", "−6 points"},
		{1234 * unit, "1 234", "+1 234", "123 400 %", "1 234 points"},
	} {
		for what, got := range map[string][2]string{"plain": {Nombre(c.n), c.plain}, "signed": {signed(c.n), c.signed}, "share": {percent(c.n), c.share}, "points": {points(c.n), c.unit}} {
			if text := strings.NewReplacer(nbsp, " ", narrow, " ").Replace(got[0]); text != got[1] && got[1] != "" {
				t.Errorf("%s of %d: %q, want %q", what, c.n, text, got[1])
			}
		}
	}
}

func TestGuarantees(t *testing.T) {
	doc := small()
	state := quality.Provisoire
	q := quality.Published{Etat: &state, Socle: []string{"INF-01", "XXX-99"}, SocleInconnu: []string{"ACP-01"}, EnReexamen: true}
	g := GuaranteesOf("r36r1ftt", q, doc)
	if g == nil || len(g.Lines) != 2 || !g.Review {
		t.Fatalf("%+v", g)
	}
	if got := strings.ReplaceAll(g.Summary(), nbsp, " "); got != "1 garantie sur 2, 1 à confirmer." {
		t.Error(got)
	}
	if g := GuaranteesOf("r36r1ftt", quality.Published{}, doc); g != nil {
		t.Errorf("a place never scored has guarantees: %+v", g)
	}
	missing := GuaranteesOf("r36r1ftt", quality.Published{Etat: &state, SocleManque: []string{"INF-01", "ACP-01"}}, doc)
	if got := strings.ReplaceAll(missing.Summary(), nbsp, " "); got != "Aucune garantie sur 2, 2 manquent." {
		t.Error(got)
	}

	// On the citizen's page: sentences, and neither a letter nor a score.
	p := bare(t)
	sheet := Sheet{Card: cardOf(library, 350), Now: wednesday, Guarantees: g}
	golden(t, "lieu-garanties", func(b *bytes.Buffer) error { return p.Sheet(b, sheet) })
	var b bytes.Buffer
	if err := p.Sheet(&b, sheet); err != nil {
		t.Fatal(err)
	}
	for _, never := range []string{"Niveau", "niveau", "Score", " sur 100"} {
		if strings.Contains(b.String(), never) {
			t.Errorf("a citizen reads %q", never)
		}
	}
}

// TestWorkedExample: the page's example is what the engine's formula gives.
func TestWorkedExample(t *testing.T) {
	for _, c := range []struct{ rho, score quality.Nombre }{{0, 80 * unit}, {unit, 60 * unit}, {unit / 2, 70 * unit}, {unit / 4, 75 * unit}} {
		doc := small()
		doc.Parametres.Rho = c.rho
		if w := (referentielView{Referentiel{Document: doc}}).Worked(); w.Score != c.score {
			t.Errorf("ρ = %d: %d, want %d", c.rho, w.Score, c.score)
		}
	}
}

func TestMatrixIsWholeOrNothing(t *testing.T) {
	m := simulation.Matrix{Classes: []simulation.Class{{Code: "A"}, {Code: "B"}}, Counts: [][]int{{3, 1}, {0, 0}}, Before: []int{4, 0}}
	rows := heat(m)
	if len(rows) != 2 || rows[0].Cells[0].Heat != 4 || rows[0].Cells[1].Heat != 2 || rows[1].Cells[0].Heat != 0 || !rows[1].Cells[1].Same {
		t.Errorf("%+v", rows)
	}
	m.Counts = [][]int{{3}}
	if rows := heat(m); len(rows) != 0 {
		t.Errorf("half a table: %+v", rows)
	}
}

// TestFormHoldsEverySetting: each once, and sending it back as it was shown
// changes nothing.
func TestFormHoldsEverySetting(t *testing.T) {
	doc, err := quality.Parse(quality.Initial())
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := bare(t).Edition(&b, Edition{Version: version(consultation.Brouillon), Document: *doc}); err != nil {
		t.Fatal(err)
	}
	shown := map[string]int{}
	for _, found := range regexp.MustCompile(` name="([^"]+)"`).FindAllStringSubmatch(b.String(), -1) {
		shown[found[1]]++
	}
	var typed []quality.Saisie
	for _, r := range quality.Reglages(doc) {
		if shown[r.Chemin] != 1 {
			t.Errorf("%s is shown %d times", r.Chemin, shown[r.Chemin])
		}
		typed = append(typed, quality.Saisie{Chemin: r.Chemin, Valeur: r.Valeur})
	}
	got, faults := quality.Edit(doc, typed)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	if diff := cmp.Diff(string(doc.Canonical()), string(got.Canonical())); diff != "" {
		t.Error(diff)
	}
}
