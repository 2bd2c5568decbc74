package pages

import (
	"io"
	"net/url"
	"slices"
	"time"

	"mednum/internal/access"
	"mednum/internal/french"
	"mednum/internal/quality"
)

// Connexion is the page where people sign in: GET, POST /connexion: courriel, or
// cle, and retour (the path to come back to).
type Connexion struct {
	Head
	Return        string // path to come back to; ""
	Identity      bool   // somebody identifies people: /connexion/oidc
	Mail          bool   // links are sent
	Demonstration bool   // who identifies people makes them up
	Key           bool   // it is a key that was refused
	Address       string // that was given
	Fault         string // French; ""
	Done          string // fait
	Now           time.Time
}

// Lien is the page that a link opens: POST /connexion/lien/{jeton}, empty.
type Lien struct {
	Head
	Token string
	Mail  string
	Ties  bool   // it also ties an identity to the account
	Fault string // French: it opens nothing; ""
}

// Compte is what somebody sees of their own account: GET, POST /compte.
type Compte struct {
	Head
	Session  access.Session
	Account  access.Account
	Sessions []access.Session
	Done     string
	Asked    url.Values // the form that was refused
	Faults   quality.Faults
	Now      time.Time
}

// Comptes is the list of accounts, for who decides what they may do: GET, POST
// /comptes.
type Comptes struct {
	Head
	Waiting  []access.Request
	Accounts []access.Account
	Words    string // q
	Next     string // href, "" when none
	CanMail  bool
	Done     string
	Asked    url.Values
	Faults   quality.Faults
	Now      time.Time
}

// Personne is one of them: GET, POST /comptes/{numero}.
type Personne struct {
	Head
	Account access.Account
	Done    string
	Asked   url.Values
	Faults  quality.Faults
	Refusal string // French; ""
	Now     time.Time
}

func init() {
	functions["means"] = func(m access.Means) string {
		return map[access.Means]string{access.ByMail: "par un lien", access.ByOIDC: "par votre identité professionnelle", access.ByKey: "par une clé"}[m]
	}
}

// Enrols says whether they decide what others may do.
func (v SignedIn) Enrols() bool { return slices.Contains(v.May, access.Enrol) }

// Connexion writes the page where people sign in.
func (p *Pages) Connexion(w io.Writer, v Connexion) error {
	if v.Done == "lien" || v.Done == "verifier" {
		v.Title = "Ouvrez votre messagerie"
	}
	return p.professional(w, "connexion", &v.Head, v)
}

// DoneText says what was just done.
func (v Connexion) DoneText() string {
	switch v.Done {
	case "lien":
		return "Si cette adresse peut entrer, un lien vient d’y partir. Ouvrez votre messagerie. Le lien vaut quinze minutes."
	case "verifier":
		return "C’est votre première visite. Un lien vient de partir vers votre adresse : ouvrez-le pour la confirmer."
	case "sorti":
		return "Vous êtes déconnecté."
	}
	return ""
}

// Lien writes the page that a link opens.
func (p *Pages) Lien(w io.Writer, v Lien) error {
	v.Title = "Entrer dans mednum"
	if v.Fault != "" {
		v.Title = "Ce lien n’ouvre plus rien"
	}
	return p.professional(w, "lien", &v.Head, v)
}

// Compte writes somebody's own account.
func (p *Pages) Compte(w io.Writer, v Compte) error { return p.professional(w, "compte", &v.Head, v) }

// DoneText says what was just done.
func (v Compte) DoneText() string {
	switch v.Done {
	case "bienvenue":
		if len(v.Session.Roles) > 0 {
			return "Bienvenue. Vous avez plusieurs rôles : prenez-en un."
		}
		return "Bienvenue. Votre compte n’a pas encore de rôle."
	case "role":
		return "Votre rôle a changé."
	case "fermee":
		return "La session est fermée."
	case "demande":
		return "Votre demande est envoyée. La réponse viendra ici."
	}
	return ""
}

// Opens says whether the form that asks for a role is unfolded.
func (v Compte) Opens() bool { return len(v.Faults) > 0 || len(v.Session.Roles) == 0 }

// Fault is what is wrong with a field.
func (v Compte) Fault(field string) string { return faultOf(v.Faults, field) }

// RoleChoices are the roles that one may ask for.
func (v Compte) RoleChoices() []choice { return roleChoices(access.Asked(), v.Asked) }

// TerritoryChoices are the kinds of territory.
func (v Compte) TerritoryChoices() []choice { return territoryChoices(v.Asked) }

// Comptes writes the list of accounts.
func (p *Pages) Comptes(w io.Writer, v Comptes) error {
	return p.professional(w, "comptes", &v.Head, v)
}

// DoneText says what was just done.
func (v Comptes) DoneText() string {
	if v.Done != "invitation" {
		return ""
	}
	if v.CanMail {
		return "L’invitation est partie."
	}
	return "Le rôle est donné. Prévenez la personne : aucun courriel n’est parti."
}

// Holding are the roles that still hold.
func (v Comptes) Holding(a access.Account) []access.Grant {
	return slices.DeleteFunc(slices.Clone(a.Grants), func(g access.Grant) bool { return g.Valid(v.Now) != nil })
}

// Fault is what is wrong with a field.
func (v Comptes) Fault(field string) string { return faultOf(v.Faults, field) }

// RoleChoices are all the roles.
func (v Comptes) RoleChoices() []choice { return roleChoices(access.Roles(), v.Asked) }

// TerritoryChoices are the kinds of territory.
func (v Comptes) TerritoryChoices() []choice { return territoryChoices(v.Asked) }

// Personne writes one account.
func (p *Pages) Personne(w io.Writer, v Personne) error {
	if v.Title = v.Account.Name(); v.Title == "" {
		v.Title = "Compte " + french.Integer(v.Account.Number)
	}
	return p.professional(w, "personne", &v.Head, v)
}

// DoneText says what was just done.
func (v Personne) DoneText() string {
	return map[string]string{
		"donne": "Le rôle est donné.", "retire": "Le rôle est retiré.", "accepte": "La demande est acceptée.", "refuse": "La demande est refusée.",
		"ferme": "Le compte est fermé.", "rouvert": "Le compte est rouvert.", "efface": "La personne est effacée.",
	}[v.Done]
}

// WaitingRequests are those without an answer.
func (v Personne) WaitingRequests() []access.Request {
	return slices.DeleteFunc(slices.Clone(v.Account.Requests), func(r access.Request) bool { return !r.Decided.IsZero() })
}

// Over says whether an instant has passed.
func (v Personne) Over(t time.Time) bool { return !v.Now.Before(t) }

// Opens says whether the form that gives a role is unfolded.
func (v Personne) Opens() bool { return v.Asked.Get("faire") == "donner" }

// Fault is what is wrong with a field.
func (v Personne) Fault(field string) string { return faultOf(v.Faults, field) }

// RoleChoices are all the roles.
func (v Personne) RoleChoices() []choice { return roleChoices(access.Roles(), v.Asked) }

// TerritoryChoices are the kinds of territory.
func (v Personne) TerritoryChoices() []choice { return territoryChoices(v.Asked) }

func roleChoices(among []access.Role, asked url.Values) (out []choice) {
	for _, r := range among {
		out = append(out, choice{Value: string(r), Label: french.Capital(r.Label()), Checked: asked.Get("role") == string(r)})
	}
	return out
}

func territoryChoices(asked url.Values) []choice {
	out := []choice{{Value: "pays", Label: "Toute la France"}, {Value: access.Commune, Label: "Une ou plusieurs communes"}, {Value: access.Epci, Label: "Un ou plusieurs EPCI"},
		{Value: access.Departement, Label: "Un ou plusieurs départements"}, {Value: access.Region, Label: "Une ou plusieurs régions"}, {Value: access.Places, Label: "Des lieux"}}
	for i := range out {
		out[i].Checked = asked.Get("territoire") == out[i].Value
	}
	return out
}
