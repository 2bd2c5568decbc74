// Package access says who may do what: roles, the table of what each may do,
// and the API keys that carry them. It is pure: no input or output, no clock.
package access

import (
	"errors"
	"time"
)

// Role is what a key is for.
type Role string

const (
	Reader           Role = "lecteur"
	PlaceContributor Role = "contributeur-lieu"         // declares for given places
	Contributor      Role = "contributeur-collectivite" // declares and comments, on a territory
	Hub              Role = "hub"
	Verifier         Role = "verificateur" // records evidence, not about its own organisation
	Moderator        Role = "moderateur"   // answers remontées and contests
	Editor           Role = "redacteur-national"
	Committee        Role = "comite" // approves a version
	Auditor          Role = "auditeur"
	Administrator    Role = "administrateur-technique" // keys; no right on rules
)

// Operation is something that only some roles may do.
type Operation string

const (
	Declare    Operation = "declarer"      // answer the questionnaire of a place
	Verify     Operation = "verifier"      // record verified evidence
	Comment    Operation = "remonter"      // make a remontée, support, oppose
	Answer     Operation = "repondre"      // answer a remontée
	Draft      Operation = "rediger"       // fork a version, edit a draft
	Advance    Operation = "faire-avancer" // open a consultation, arbitrate, validate a simulation
	Simulate   Operation = "simuler"
	Approve    Operation = "approuver" // vote for publication
	Publish    Operation = "publier"
	Contest    Operation = "contester"
	Judge      Operation = "trancher"      // decide a contest
	Give       Operation = "deposer"       // put a source's file in the census
	Reconcile  Operation = "rapprocher"    // decide whether two records are one place
	Schedule   Operation = "gerer-sources" // have a source's file fetched again by itself
	Create     Operation = "ajouter"       // write a new place down
	Amend      Operation = "corriger"      // correct a place, confirm, close or restore it
	Handle     Operation = "traiter"       // answer what people report of places
	ManageKeys Operation = "gerer-cles"
	Enrol      Operation = "gerer-comptes" // give roles to people
	ReadLog    Operation = "lire-journal"
)

// Territory limits a key: a commune, an EPCI, a département, a région, or
// places; the zero one is the whole country.
type Territory struct {
	Kind  string   `json:"kind,omitempty"`  // "commune", "epci", "departement", "region", "lieux", ""
	Codes []string `json:"codes,omitempty"` // INSEE or SIREN codes; our identifiers of places
}

// Key is an API key as it is kept: its secret only as a hash.
type Key struct {
	ID           string // public, shown in logs and lists
	Role         Role
	Organisation string // shown in public
	Siren        string // one voice per organisation; "" only for roles that have none
	Territory    Territory
	Created      time.Time
	Expires      time.Time // always some day
	Revoked      time.Time // zero: not
}

// Errors of a key.
var (
	ErrKey       = errors.New("unknown, expired or revoked key")
	ErrForbidden = errors.New("not allowed")
)
