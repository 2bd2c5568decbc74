package access

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"mednum/internal/french"
)

// reach is what the territory of a role's keys must be.
type reach int

const (
	nowhere   reach = iota // none: the role is about the référentiel, or about the platform
	places                 // given places
	territory              // a commune, an EPCI, a département, a région
	anywhere               // any of them, or the whole country
)

type grant struct {
	role   Role
	label  string // French
	reach  reach
	silent bool // speaks for no organisation: its keys need no SIREN
	may    []Operation
}

// grants is the whole of who may do what: everything else is refused. Reading
// needs no key. Whoever runs the machine has no right on the rules.
var grants = []grant{
	{Reader, "lecteur", nowhere, true, []Operation{ReadLog}},
	{PlaceContributor, "contributeur d’un lieu", places, false, []Operation{Declare, Contest, Amend, ReadLog}},
	{Contributor, "contributeur d’une collectivité", territory, false, []Operation{Declare, Comment, Contest, Give, Reconcile, Create, Amend, Handle, ReadLog}},
	{Hub, "hub territorial", anywhere, false, []Operation{Declare, Comment, Contest, Give, Reconcile, Schedule, Create, Amend, Handle, ReadLog}},
	{Verifier, "vérificateur", anywhere, false, []Operation{Verify, ReadLog}},
	{Moderator, "modérateur", nowhere, false, []Operation{Answer, Judge, Create, Amend, Handle, ReadLog}},
	{Editor, "rédacteur national", nowhere, false, []Operation{Answer, Draft, Advance, Simulate, Publish, ReadLog}},
	{Committee, "membre du comité", nowhere, false, []Operation{Simulate, Approve, Publish, Judge, ReadLog}},
	{Auditor, "auditeur", nowhere, true, []Operation{Simulate, ReadLog}},
	{Administrator, "administrateur technique", nowhere, true, []Operation{ManageKeys, Enrol, ReadLog}},
}

// operations in the order in which people meet them, as they read them after
// "ne peut pas".
var operations = []struct {
	operation Operation
	words     string
}{
	{Declare, "répondre au questionnaire d’un lieu"},
	{Verify, "enregistrer une preuve vérifiée"},
	{Comment, "faire une remontée"},
	{Answer, "répondre à une remontée"},
	{Draft, "préparer une version du référentiel"},
	{Advance, "faire avancer une version du référentiel"},
	{Simulate, "lancer une simulation"},
	{Approve, "voter sur une version du référentiel"},
	{Publish, "publier une version du référentiel"},
	{Contest, "contester une évaluation"},
	{Judge, "trancher une contestation"},
	{Give, "déposer le fichier d’une source"},
	{Reconcile, "dire si deux fiches sont le même lieu"},
	{Schedule, "régler le rafraîchissement d’une source"},
	{Create, "ajouter un lieu"},
	{Amend, "corriger un lieu"},
	{Handle, "traiter un signalement"},
	{ManageKeys, "gérer les clés"},
	{Enrol, "gérer les comptes"},
	{ReadLog, "lire le journal"},
}

// Allows reports whether the role may do it, were it on its territory.
func Allows(r Role, op Operation) bool {
	for i := range grants {
		if grants[i].role == r {
			return slices.Contains(grants[i].may, op)
		}
	}
	return false
}

// Roles lists them as the design does, from who reads to who runs the machine.
func Roles() []Role {
	all := make([]Role, len(grants))
	for i := range grants {
		all[i] = grants[i].role
	}
	return all
}

// Operations lists them all.
func Operations() []Operation {
	all := make([]Operation, len(operations))
	for i := range operations {
		all[i] = operations[i].operation
	}
	return all
}

// Label is the role in French; the role itself when nobody knows it.
func (r Role) Label() string {
	for i := range grants {
		if grants[i].role == r {
			return grants[i].label
		}
	}
	return string(r)
}

// Label is the operation in French, as a verb.
func (o Operation) Label() string {
	for i := range operations {
		if operations[i].operation == o {
			return operations[i].words
		}
	}
	return string(o)
}

// Denial is a refusal with its reason in French. It wraps ErrKey or
// ErrForbidden.
type Denial struct {
	Reason string
	Err    error
}

func (d *Denial) Error() string { return d.Reason }
func (d *Denial) Unwrap() error { return d.Err }

// Check tells whether the key may do it at that instant, were it on its
// territory. The error is a *Denial.
func (k Key) Check(op Operation, at time.Time) error {
	if err := k.Valid(at); err != nil {
		return err
	}
	if k.Role == "" && k.IsPerson() {
		return &Denial{"Votre compte n’a pas encore de rôle. Demandez-en un sur la page « Mon compte ».", ErrForbidden}
	}
	if !Allows(k.Role, op) {
		return &Denial{fmt.Sprintf("Le rôle %s ne permet pas %s.", french.Of(k.Role.Label()), french.Of(op.Label())), ErrForbidden}
	}
	return nil
}

// Valid tells whether the key can still be used. The error is a *Denial.
func (k Key) Valid(at time.Time) error {
	switch {
	case k.ID == "" || k.Expires.IsZero():
		return &Denial{"Cette action demande une clé.", ErrKey}
	case !k.Revoked.IsZero() && !at.Before(k.Revoked):
		return &Denial{"Cette clé a été révoquée.", ErrKey}
	case !at.Before(k.Expires):
		return &Denial{"Cette clé a expiré le " + k.Expires.UTC().Format("02/01/2006") + ".", ErrKey}
	}
	return nil
}

// Fault is one thing wrong in a key that somebody asks for.
type Fault struct {
	Where   string // "role", "organisation", "siren", "territory", "expires"
	Message string // French: what was found, what to write
}

// longest is how long a key may last: people leave, and nobody tells us.
const longest = 3 // years

// Faults tells everything that is wrong in a key about to be made.
func (k Key) Faults(at time.Time) []Fault {
	var faults []Fault
	fault := func(where, format string, args ...any) {
		faults = append(faults, Fault{where, fmt.Sprintf(format, args...)})
	}
	i := slices.IndexFunc(grants, func(g grant) bool { return g.role == k.Role })
	if i < 0 {
		names := make([]string, len(grants))
		for j := range grants {
			names[j] = string(grants[j].role)
		}
		fault("role", "« %s » n’est pas un rôle ; écrivez l’un de : %s", k.Role, strings.Join(names, ", "))
	}
	if name := strings.TrimSpace(k.Organisation); name == "" {
		fault("organisation", "il manque le nom de l’organisation, tel qu’il sera montré")
	} else if strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }) || len(name) > 200 {
		fault("organisation", "ce nom est trop long, ou contient des signes invisibles")
	}
	switch {
	case k.Siren != "" && !IsSiren(k.Siren):
		fault("siren", "« %s » n’est pas un numéro SIREN : neuf chiffres, dont le dernier vérifie les autres", k.Siren)
	case k.Siren == "" && i >= 0 && !grants[i].silent:
		fault("siren", "il manque le numéro SIREN : le rôle %s parle au nom d’une organisation", french.Of(grants[i].label))
	}
	for _, message := range k.Territory.faults() {
		fault("territory", "%s", message)
	}
	if i >= 0 {
		kind, label := k.Territory.Kind, grants[i].label
		switch r := grants[i].reach; {
		case r == nowhere && kind != "":
			fault("territory", "le rôle %s vaut partout : n’indiquez pas de territoire", french.Of(label))
		case r == places && kind != Places:
			fault("territory", "le rôle %s nomme ses lieux : lieux:IDENTIFIANT,IDENTIFIANT", french.Of(label))
		case r == territory && (kind == "" || kind == Places):
			fault("territory", "le rôle %s a un territoire : commune:51454, epci:200067213, departement:51 ou region:44", french.Of(label))
		}
	}
	switch {
	case !k.Expires.After(at):
		fault("expires", "la date d’expiration est passée ; choisissez un jour à venir")
	case k.Expires.After(at.AddDate(longest, 0, 1)):
		fault("expires", "une clé dure trois ans au plus ; choisissez un jour plus proche")
	}
	return faults
}

// IsSiren reports whether s is a SIREN: nine digits, the last one by Luhn.
func IsSiren(s string) bool {
	if len(s) != 9 || s == "000000000" {
		return false
	}
	sum := 0
	for i := range 9 {
		d := int(s[i]) - '0'
		if d < 0 || d > 9 {
			return false
		}
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}
