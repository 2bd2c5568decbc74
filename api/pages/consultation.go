package pages

import (
	"encoding/json"
	"io"
	"net/url"
	"time"

	"mednum/internal/access"
	"mednum/internal/consultation"
	"mednum/internal/quality"
)

// Referentiels is the list of the versions: GET /referentiels. The form that
// forks one posts to /referentiels: depuis, version.
type Referentiels struct {
	Head
	Versions []consultation.Version // newest first
	InForce  string                 // the version; "" none
	Asked    url.Values
	Faults   quality.Faults
}

// Referentiel is a version, readable by anybody and printable: GET
// /referentiels/{version}. Its forms post to …/etapes (vers: the State asked
// for; motif; cloture: YYYY-MM-DD; effet: YYYY-MM-DD) and to …/approbations
// (vote: pour, contre; motif).
type Referentiel struct {
	Head
	Version   consultation.Version
	Document  quality.Referentiel
	InForce   string // the version in force; "" none
	Versions  []consultation.Version
	Remontees []consultation.Remontee
	Next      []Next // the steps that its state allows
	Asked     url.Values
	Faults    quality.Faults
	Saved     string // what was just done, in French; ""
	Now       time.Time
}

// Next is a step that a version may take, what is missing before it can, and
// whether who is signed in may take it.
type Next struct {
	To      consultation.State
	Missing []string // French: consultation.Refusal.Reasons; empty: ready
	May     bool
}

// Differences are two versions compared in words: GET
// /referentiels/{version}/differences?avec=.
type Differences struct {
	Head
	From, To consultation.Version // From: avec
	Versions []consultation.Version
}

// Edition is the form that edits a draft: GET, POST
// /referentiels/{version}/edition. ReadEdition reads what it posts.
type Edition struct {
	Head
	Version  consultation.Version
	Document quality.Referentiel // with what was posted, when it was refused
	Asked    url.Values
	Faults   quality.Faults
	Saved    bool
}

// Remontees is a consultation: GET /referentiels/{version}/remontees. The form
// posts to the same address: nature, critere, sur, texte, territoire, piece;
// poids for a proposed weight, valeur and chemin for another parameter, libelle
// and question for a proposed criterion. The buttons « Soutenir » and
// « S’opposer » post nature=soutien|opposition and sur.
type Remontees struct {
	Head
	Version   consultation.Version
	Document  quality.Referentiel
	Remontees []consultation.Remontee
	Asked     url.Values // what was posted and refused, or ?critere=
	Faults    quality.Faults
	Saved     int64 // number of the remontée just recorded; 0 none
	Now       time.Time
}

// Remontee is the follow-up of one: GET /remontees/{numero}. The answer's form
// posts to …/reponse: decision, motif.
type Remontee struct {
	Head
	Remontee consultation.Remontee
	Libelle  string                  // of its criterion; ""
	Answers  []consultation.Remontee // the soutiens and oppositions about it
	Asked    url.Values
	Faults   quality.Faults
}

// Simulation is the report for a committee: GET
// /referentiels/{version}/simulation. The form posts to the same address, empty:
// it runs one.
type Simulation struct {
	Head
	Version  consultation.Version
	Document quality.Referentiel
	Report   json.RawMessage // the stored report; nil: none was made
	Stale    bool            // the draft changed since
	Faults   quality.Faults
}

// Journal is the log, of a version or whole: GET /referentiels/{version}/journal,
// GET /journal.
type Journal struct {
	Head
	Version string // "" the whole log
	Entries []consultation.Entry
	More    string // href of what follows; ""
	Broken  int64  // number of the first entry that does not hold; 0 all hold
}

// Connexion is the form that takes a key: GET, POST /connexion: cle, retour (the
// path to come back to). The button that signs out posts sortir=1 to the same
// address.
type Connexion struct {
	Head
	Return string // path to come back to; ""
	Fault  string // French; ""
	Now    time.Time
}

// SignedIn is who uses the pages, as the header says it.
type SignedIn struct {
	Key access.Key
	May []access.Operation // what its role may do
}

// professional renders a page of the référentiel.
func (p *Pages) professional(w io.Writer, name string, head *Head, v any) error {
	if head.Title == "" {
		head.Title = titles[name]
	}
	return p.render(w, name, *head, v)
}

var titles = map[string]string{
	"score": "La qualité de ce lieu", "declarations": "Le questionnaire du lieu", "contestations": "Contester un résultat", "contestation": "Suivre une contestation",
	"referentiels": "Le référentiel de qualité", "referentiel": "Le référentiel", "differences": "Ce qui change entre deux versions", "edition": "Modifier le brouillon",
	"remontees": "La consultation", "remontee": "Suivre une remontée", "simulation": "La simulation", "journal": "Le journal", "connexion": "Se connecter",
}

func (p *Pages) Referentiels(w io.Writer, v Referentiels) error {
	return p.professional(w, "referentiels", &v.Head, v)
}

func (p *Pages) Referentiel(w io.Writer, v Referentiel) error {
	return p.professional(w, "referentiel", &v.Head, v)
}

func (p *Pages) Differences(w io.Writer, v Differences) error {
	return p.professional(w, "differences", &v.Head, v)
}

func (p *Pages) Edition(w io.Writer, v Edition) error {
	return p.professional(w, "edition", &v.Head, v)
}

func (p *Pages) Remontees(w io.Writer, v Remontees) error {
	return p.professional(w, "remontees", &v.Head, v)
}

func (p *Pages) Remontee(w io.Writer, v Remontee) error {
	return p.professional(w, "remontee", &v.Head, v)
}

func (p *Pages) Simulation(w io.Writer, v Simulation) error {
	return p.professional(w, "simulation", &v.Head, v)
}

func (p *Pages) Journal(w io.Writer, v Journal) error {
	return p.professional(w, "journal", &v.Head, v)
}

func (p *Pages) Connexion(w io.Writer, v Connexion) error {
	return p.professional(w, "connexion", &v.Head, v)
}
