package pages

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"mednum/internal/access"
	"mednum/internal/consultation"
	"mednum/internal/french"
	"mednum/internal/place"
	"mednum/internal/quality"
)

// The words of the référentiel: what the codes of its life, of its evidence and
// of its roles are called where somebody reads.

// term is how a code is said. Icon is its shape: never colour alone.
type term struct{ Word, Sentence, Icon string }

var states = map[consultation.State]term{
	consultation.Brouillon:         {"Brouillon", "Cette version s’écrit encore. Elle ne note aucun lieu.", "choose"},
	consultation.EnConsultation:    {"En consultation", "Les collectivités lisent cette version et disent ce qu’elles en pensent.", "talk"},
	consultation.Arbitrage:         {"Arbitrage en cours", "Chaque remontée reçoit une réponse publique et motivée.", "list"},
	consultation.SimulationValidee: {"Simulation validée", "Ses effets ont été mesurés. Le comité vote.", "people"},
	consultation.Publiee:           {"Publiée", "Cette version ne changera plus jamais.", "open"},
	consultation.Remplacee:         {"Remplacée", "Une version plus récente la remplace. Elle reste lisible.", "clock"},
	consultation.Abandonnee:        {"Abandonnée", "Cette version ne sera pas publiée.", "close"},
}

var statuses = map[quality.Statut]term{
	quality.StatutSatisfait:    {"Satisfait", "", "open"},
	quality.StatutPartiel:      {"En partie", "", "half"},
	quality.StatutNonSatisfait: {"Non satisfait", "", "closed"},
	quality.StatutInconnu:      {"Inconnu", "", "unknown"},
	quality.StatutSansObjet:    {"Sans objet", "", "none"},
}

var contestStates = map[consultation.ContestState]term{
	consultation.Deposee: {"Déposée", "Un accusé de réception est attendu sous deux jours ouvrés.", "mail"},
	consultation.Accusee: {"En examen", "Une décision est attendue sous trente jours.", "refresh"},
	consultation.Decidee: {"Décidée", "Un appel est possible, une seule fois, devant quelqu’un d’autre.", "open"},
	consultation.Appel:   {"En appel", "Quelqu’un d’autre examine la demande.", "refresh"},
	consultation.Close:   {"Close", "La contestation est terminée.", "closed"},
	consultation.Reponse: {"Droit de réponse", "", "talk"},
}

// words are the codes that need a word and no icon.
var words = map[string]term{
	string(consultation.Commentaire):        {Word: "Commentaire"},
	string(consultation.ProposeCritere):     {Word: "Proposition de critère"},
	string(consultation.ProposeParametre):   {Word: "Proposition de poids ou de seuil"},
	string(consultation.Soutien):            {Word: "Soutien"},
	string(consultation.Opposition):         {Word: "Opposition"},
	string(consultation.EffetTerritorial):   {Word: "Effet sur un territoire"},
	string(consultation.PieceJustificative): {Word: "Pièce justificative"},

	string(consultation.Retenue):    {Word: "Retenue", Icon: "open"},
	string(consultation.Partielle):  {Word: "Retenue en partie", Icon: "half"},
	string(consultation.NonRetenue): {Word: "Non retenue", Icon: "closed"},
	string(consultation.Reportee):   {Word: "Reportée", Icon: "clock"},

	string(consultation.Donnee): {Word: "Une donnée", Sentence: "La fiche du lieu est fausse ou incomplète. Elle sera corrigée et le score refait."},
	"preuve-contestee":          {Word: "Une preuve", Sentence: "Un registre ou une visite dit autre chose que ce qui est vrai."},
	string(consultation.Regle):  {Word: "La règle", Sentence: "La règle ne convient pas. La demande rejoint les remontées."},

	string(quality.Calcule): {Word: "Calculé", Sentence: "d’après la fiche du lieu", Icon: "list"},
	string(quality.Declare): {Word: "Déclaré", Sentence: "par le lieu, dans un questionnaire", Icon: "talk"},
	string(quality.Verifie): {Word: "Vérifié", Sentence: "dans un registre ou par une visite", Icon: "search"},

	string(quality.Zero):    {Word: "Sans l’information, aucun point."},
	string(quality.Inconnu): {Word: "Sans l’information, c’est inconnu."},

	"pour": {Word: "Pour", Icon: "open"}, "contre": {Word: "Contre", Icon: "closed"},
}

// explained finds the term of a code of any of the lists; the code itself when
// it is none of ours: better bare than lost.
func explained(code any) term {
	switch c := code.(type) {
	case consultation.State:
		if t, ok := states[c]; ok {
			return t
		}
		return term{Word: string(c)}
	case consultation.ContestState:
		if t, ok := contestStates[c]; ok {
			return t
		}
		return term{Word: string(c)}
	case quality.Statut:
		return statusOf(c)
	case consultation.Ground:
		if c == consultation.Preuve {
			return words["preuve-contestee"]
		}
	}
	s := text(code)
	if t, ok := words[s]; ok {
		return t
	}
	return term{Word: s}
}

func text(code any) string {
	switch c := code.(type) {
	case string:
		return c
	case consultation.Kind:
		return string(c)
	case consultation.Decision:
		return string(c)
	case consultation.Ground:
		return string(c)
	case quality.Nature:
		return string(c)
	case quality.SiAbsent:
		return string(c)
	}
	return ""
}

func word(code any) string { return explained(code).Word }

func statusOf(s quality.Statut) term {
	if t, ok := statuses[s]; ok {
		return t
	}
	return term{Word: string(s), Icon: "unknown"}
}

// shownAs says a class of a simulation inside a sentence.
func shownAs(code string) string {
	switch from, to, ranged := strings.Cut(code, "-"); {
	case code == string(quality.NonAttribue):
		return "sans niveau"
	case code == string(quality.Provisoire):
		return "par une fourchette"
	case ranged:
		return "entre " + to + " et " + from
	}
	return "« " + code + " »"
}

// champ is a column of the standard as people read it.
func champ(name string) string {
	if c, ok := place.ColumnNamed(name); ok {
		return french.Capital(c.Title)
	}
	return name
}

// dayOf writes an instant's day where France reads it; "" when it is unknown.
func dayOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	t = t.In(paris)
	return longDate(t.Year(), t.Month(), t.Day())
}

// until is the last day before an instant at which something closes.
func until(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return dayOf(t.Add(-1))
}

var paris = func() *time.Location {
	l, err := time.LoadLocation("Europe/Paris") // the binary embeds tzdata (internal/place)
	if err != nil {
		return time.UTC
	}
	return l
}()

// permission is whether who reads may do something, and what to do otherwise.
type permission struct {
	May      bool
	Sentence string
	Href     string // of the page that takes a key; "" when a key is there
}

// gate says whether an act may be offered. Rights are the server's to check:
// this only spares a form that would be refused.
func gate(h Head, op string) permission {
	o := access.Operation(op)
	switch {
	case h.Who == nil:
		return permission{Sentence: "Pour " + o.Label() + ", connectez-vous avec la clé de votre organisation.", Href: "/connexion?retour=" + url.QueryEscape(h.Path)}
	case !slices.Contains(h.Who.May, o):
		return permission{Sentence: "Votre rôle, " + h.Who.Key.Role.Label() + ", ne permet pas " + french.Of(o.Label()) + "."}
	}
	return permission{May: true}
}
