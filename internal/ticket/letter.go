package ticket

import (
	"strings"

	"mednum/internal/french"
)

// Mail is an answer to send: nothing but where, and of which report.
type Mail struct {
	Number Number
	To     string
}

// Outcome is what became of a closed report, in one sentence.
func (t Ticket) Outcome() string {
	switch t.State {
	case Published:
		switch t.Kind {
		case Closed:
			return "Le lieu est maintenant indiqué fermé."
		case New:
			return "Le lieu est maintenant dans la liste."
		}
		return "La fiche du lieu est corrigée."
	case Answered:
		return "La fiche du lieu n’a pas changé."
	case Dropped:
		return "Ce signalement n’a pas été retenu."
	case Duplicate:
		return "Quelqu’un l’avait déjà signalé, sous le numéro " + t.Of.String() + "."
	case Taken:
		return "Une personne s’en occupe."
	}
	return "Une personne va le lire."
}

// About says what the report is about, in public: nothing that somebody wrote.
func (t Ticket) About() string {
	switch {
	case t.Place != "":
		return t.Nom
	case t.Where.CodeInsee != "":
		return "un nouveau lieu à " + t.Where.Commune
	}
	return "un nouveau lieu"
}

// Letter is the answer as it is sent to who asked for it. address is that of the
// report's page; "" when this server does not know its own.
func (t Ticket) Letter(address string) (subject, body string) {
	subject = "Votre signalement " + t.Number.String() + " : " + french.Lower(t.State.Label())
	lines := []string{"Bonjour,", "", "Vous avez signalé quelque chose sur " + t.About() + ".", "Merci. " + t.Outcome()}
	if t.Answer != "" {
		lines = append(lines, "", t.By.Organisation+" vous répond :", t.Answer)
	}
	if address != "" {
		lines = append(lines, "", "Votre signalement : "+address)
	}
	lines = append(lines, "", "Nous effacerons votre adresse dans trente jours.", "Ne répondez pas à ce message : personne ne le lirait.")
	return subject, strings.Join(lines, "\n") + "\n"
}

// ClaimLetter is what a place is sent when somebody says that it is theirs.
func ClaimLetter(nom, address string) (subject, body string) {
	return "Votre lieu sur mednum : " + nom, strings.Join([]string{
		"Bonjour,", "",
		"Quelqu’un demande à tenir la fiche de « " + nom + " ».",
		"Si c’est vous, ouvrez cette page et appuyez sur le bouton :", "",
		address, "",
		"Ce lien sert une fois, pendant trois jours.",
		"Si ce n’est pas vous, ne faites rien : rien ne changera.",
	}, "\n") + "\n"
}
