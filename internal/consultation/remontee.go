package consultation

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"mednum/internal/access"
	"mednum/internal/place"
	"mednum/internal/quality"
)

// kinds of remontées, as people read them.
var kinds = []struct {
	kind  Kind
	label string
}{
	{Commentaire, "commentaire"},
	{ProposeCritere, "proposition d’un critère"},
	{ProposeParametre, "proposition d’un poids ou d’un seuil"},
	{Soutien, "soutien"},
	{Opposition, "opposition"},
	{EffetTerritorial, "effet sur un territoire"},
	{PieceJustificative, "pièce à l’appui"},
}

// Kinds lists them, in the order in which a form offers them.
func Kinds() []Kind {
	all := make([]Kind, len(kinds))
	for i := range kinds {
		all[i] = kinds[i].kind
	}
	return all
}

// Label is the kind in French.
func (k Kind) Label() string {
	for i := range kinds {
		if kinds[i].kind == k {
			return kinds[i].label
		}
	}
	return string(k)
}

// decisions on remontées, as people read them.
var decisions = []struct {
	decision Decision
	label    string
}{
	{Retenue, "retenue"},
	{Partielle, "retenue en partie"},
	{NonRetenue, "non retenue"},
	{Reportee, "reportée"},
}

// Decisions lists them.
func Decisions() []Decision {
	all := make([]Decision, len(decisions))
	for i := range decisions {
		all[i] = decisions[i].decision
	}
	return all
}

// Label is the decision in French.
func (d Decision) Label() string {
	for i := range decisions {
		if decisions[i].decision == d {
			return decisions[i].label
		}
	}
	return string(d)
}

// longestText is what one writes in a remontée, a contest or a reason: letters.
const longestText = 5000

func tooLong(what, s string) string {
	return fmt.Sprintf("%s a %d lettres : écrivez-en %d au plus.", what, utf8.RuneCountInString(s), longestText)
}

// legible: what a text column holds and a page shows.
func legible(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

const illegible = "Ce texte contient des signes illisibles : écrivez-le en UTF-8."

// IsVoice: a soutien or an opposition, of which an organisation has one an item.
func (r *Remontee) IsVoice() bool { return r.Kind == Soutien || r.Kind == Opposition }

// Submit makes a remontée of what an organisation sends about the version, or
// says why not: an *access.Denial, a *Refusal, or quality.Faults. criteres are
// the codes of the version; about is the remontée that r.About names, nil when
// there is none. The caller gives it a number, or that of the voice which it
// replaces: see ReplacesVoice.
func (v Version) Submit(r Remontee, criteres []string, about *Remontee, by access.Key, at time.Time) (Remontee, error) {
	at = Instant(at)
	if err := by.Check(access.Comment, at); err != nil {
		return Remontee{}, err
	}
	var refusal Refusal
	switch {
	case v.State != EnConsultation:
		refusal.Reasons = append(refusal.Reasons, fmt.Sprintf("La version %s est %s : les remontées se font pendant la consultation.", v.Version, v.State.Label()))
	case !at.Before(v.Closes):
		refusal.Reasons = append(refusal.Reasons, fmt.Sprintf("La consultation est close depuis le %s.", DayOf(v.Closes).French()))
	}
	if by.Siren == "" {
		refusal.Reasons = append(refusal.Reasons, noSiren)
	}
	r.Kind, r.Critere, r.Territory = Kind(strings.TrimSpace(string(r.Kind))), strings.TrimSpace(r.Critere), strings.ToUpper(strings.TrimSpace(r.Territory))
	r.Text, r.Evidence = strings.TrimSpace(r.Text), strings.TrimSpace(r.Evidence)
	if string(r.Proposal) == "null" {
		r.Proposal = nil
	}
	faults := r.faults(v, criteres, about)
	if len(faults) > 0 {
		return Remontee{}, faults
	}
	if about != nil && about.By.same(PartyOf(by)) {
		refusal.Reasons = append(refusal.Reasons, fmt.Sprintf("La remontée n° %d est de votre organisation : elle porte déjà sa voix.", about.Number))
	}
	if len(refusal.Reasons) > 0 {
		return Remontee{}, &refusal
	}
	if len(r.Proposal) > 0 {
		var err error
		if r.Proposal, err = Canonical(r.Proposal); err != nil {
			return Remontee{}, err
		}
	}
	r.Version, r.By, r.At = v.Version, PartyOf(by), at
	r.Number, r.For, r.Against = 0, 0, 0
	r.Decision, r.Reason, r.Decided, r.Decider = "", "", time.Time{}, nil
	if about != nil && about.Decision != "" {
		// A voice has the answer of what it is about.
		r.Decision, r.Reason, r.Decided, r.Decider = about.Decision, about.Reason, about.Decided, about.Decider
	}
	return r, nil
}

func (r *Remontee) faults(v Version, criteres []string, about *Remontee) quality.Faults {
	var faults quality.Faults
	fault := func(where, found, format string, args ...any) {
		faults = append(faults, quality.Fault{Where: where, Found: cut(found), Message: fmt.Sprintf(format, args...)})
	}
	all := Kinds()
	if !slices.Contains(all, r.Kind) {
		names := make([]string, len(all))
		for i := range all {
			names[i] = string(all[i])
		}
		fault("nature", string(r.Kind), "Écrivez l’une de : %s.%s", strings.Join(names, ", "), near(string(r.Kind), names))
	}
	switch n := utf8.RuneCountInString(r.Text); {
	case !legible(r.Text):
		fault("texte", "", illegible)
	case n > longestText:
		fault("texte", r.Text, "%s", tooLong("Le texte", r.Text))
	case r.IsVoice() && n == 0: // a voice may go without words
	case n < 10:
		fault("texte", r.Text, "Écrivez ce que vous avez à dire : au moins 10 lettres.")
	}
	if r.Critere != "" && !slices.Contains(criteres, r.Critere) {
		fault("critere", r.Critere, "La version %s n’a pas ce critère.%s", v.Version, near(r.Critere, criteres))
	}
	switch {
	case r.About == 0:
	case !r.IsVoice():
		fault("sur", fmt.Sprint(r.About), "Seuls un soutien et une opposition portent sur une autre remontée.")
	case about == nil || about.Version != v.Version:
		fault("sur", fmt.Sprint(r.About), "Aucune remontée de la version %s n’a ce numéro.", v.Version)
	case about.IsVoice():
		fault("sur", fmt.Sprint(r.About), "Cette remontée est elle-même une voix : portez la vôtre sur la remontée qu’elle vise.")
	case r.Critere != "" && r.Critere != about.Critere:
		fault("critere", r.Critere, "Une voix porte sur une remontée ou sur un critère, pas sur les deux.")
	}
	if about != nil && r.IsVoice() {
		r.Critere = "" // that of the remontée
	}
	r.proposalFaults(fault)
	switch {
	case r.Kind == EffetTerritorial && r.Territory == "":
		fault("territoire", "", "Dites où : le numéro d’un département, comme 51.")
	case r.Kind != EffetTerritorial && r.Territory != "":
		fault("territoire", r.Territory, "Seul un effet sur un territoire nomme un département.")
	case r.Territory != "" && !access.IsDepartement(r.Territory):
		fault("territoire", r.Territory, "Ce n’est pas le numéro d’un département : écrivez par exemple 51, 2A ou 974.")
	}
	switch u, err := url.Parse(r.Evidence); {
	case r.Evidence == "" && r.Kind == PieceJustificative:
		fault("piece", "", "Donnez l’adresse de la pièce : https://…")
	case r.Evidence == "":
	case err != nil || !legible(r.Evidence) || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || len(r.Evidence) > 2000:
		fault("piece", r.Evidence, "Ce n’est pas une adresse : écrivez-la en entier, https://…")
	}
	return faults
}

func (r *Remontee) proposalFaults(fault func(where, found, format string, args ...any)) {
	const where = "proposition"
	switch r.Kind {
	case ProposeCritere:
		var c struct {
			Libelle  string          `json:"libelle"`
			Question string          `json:"question"`
			Poids    *quality.Nombre `json:"poids"`
		}
		switch err := json.Unmarshal(r.Proposal, &c); {
		case len(r.Proposal) == 0 || err != nil:
			fault(where, string(r.Proposal), "Décrivez le critère : {\"libelle\": \"…\", \"question\": \"…\", \"poids\": 2}.")
		default:
			if strings.TrimSpace(c.Libelle) == "" {
				fault(where+".libelle", "", "Donnez un nom au critère.")
			}
			if strings.TrimSpace(c.Question) == "" {
				fault(where+".question", "", "Écrivez la question à laquelle il répond, en mots simples.")
			}
			if c.Poids == nil || *c.Poids <= 0 || *c.Poids > 100*quality.Entier {
				fault(where+".poids", "", "Donnez son poids en points, entre 0 et 100.")
			}
		}
	case ProposeParametre:
		var p struct {
			Chemin string          `json:"chemin"`
			Valeur json.RawMessage `json:"valeur"`
		}
		switch err := json.Unmarshal(r.Proposal, &p); {
		case len(r.Proposal) == 0 || err != nil || p.Chemin == "":
			fault(where, string(r.Proposal), "Dites quoi changer et en quoi : {\"chemin\": \"poids\", \"valeur\": 4}.")
		case len(p.Valeur) == 0 || string(p.Valeur) == "null":
			fault(where+".valeur", "", "Donnez la valeur que vous proposez.")
		}
	default:
		if len(r.Proposal) > 0 {
			fault(where, string(r.Proposal), "Seule la proposition d’un critère, d’un poids ou d’un seuil porte une valeur proposée.")
		}
	}
	switch {
	case len(r.Proposal) > 50_000:
		fault(where, "", "Cette proposition est trop longue.")
	case !utf8.Valid(r.Proposal):
		fault(where, "", illegible)
	}
}

// ReplacesVoice tells whether r, a voice, takes the place of old: an
// organisation has one voice an item, and may change its mind.
func (r *Remontee) ReplacesVoice(old *Remontee) bool {
	return r.IsVoice() && old.IsVoice() && r.Version == old.Version && r.About == old.About && r.Critere == old.Critere && r.By.Siren == old.By.Siren
}

// Repeats tells whether r says again what old says: a form sent twice.
func (r *Remontee) Repeats(old *Remontee) bool {
	return r.Kind == old.Kind && r.Version == old.Version && r.Critere == old.Critere && r.About == old.About && r.Text == old.Text &&
		r.Territory == old.Territory && r.Evidence == old.Evidence && string(r.Proposal) == string(old.Proposal) && r.By.Siren == old.By.Siren
}

// Answer decides on a remontée of a version, with a public reason. It may be
// decided otherwise until the arbitration is over.
func (r Remontee) Answer(v Version, d Decision, reason string, by access.Key, at time.Time) (Remontee, error) {
	if err := by.Check(access.Answer, at); err != nil {
		return Remontee{}, err
	}
	reason = strings.TrimSpace(reason)
	var faults quality.Faults
	if all := Decisions(); !slices.Contains(all, d) {
		names := make([]string, len(all))
		for i := range all {
			names[i] = string(all[i])
		}
		faults = append(faults, quality.Fault{Where: "decision", Found: cut(string(d)), Message: "Écrivez l’une de : " + strings.Join(names, ", ") + "." + near(string(d), names)})
	}
	switch {
	case !written(reason, 10):
		faults = append(faults, quality.Fault{Where: "motif", Found: cut(reason), Message: "Donnez le motif, qui sera public : au moins 10 lettres."})
	case utf8.RuneCountInString(reason) > longestText:
		faults = append(faults, quality.Fault{Where: "motif", Found: cut(reason), Message: tooLong("Le motif", reason)})
	case !legible(reason):
		faults = append(faults, quality.Fault{Where: "motif", Message: illegible})
	}
	if len(faults) > 0 {
		return Remontee{}, faults
	}
	var refusal Refusal
	switch {
	case r.Version == "":
		refusal.Reasons = append(refusal.Reasons, "Cette remontée attend le prochain brouillon du référentiel : elle y recevra sa réponse.")
	case v.State != EnConsultation && v.State != Arbitrage && v.State != Brouillon:
		refusal.Reasons = append(refusal.Reasons, fmt.Sprintf("La version %s est %s : les réponses sont arrêtées.", v.Version, v.State.Label()))
	}
	if r.IsVoice() && r.About != 0 {
		refusal.Reasons = append(refusal.Reasons, fmt.Sprintf("Cette voix reçoit la réponse de la remontée n° %d : répondez à celle-ci.", r.About))
	}
	if len(refusal.Reasons) > 0 {
		return Remontee{}, &refusal
	}
	decider := PartyOf(by)
	r.Decision, r.Reason, r.Decided, r.Decider = d, reason, Instant(at), &decider
	return r, nil
}

// cut keeps what is told back short.
func cut(s string) string {
	s = strings.ToValidUTF8(s, "\ufffd")
	if r := []rune(s); len(r) > 80 {
		return string(r[:79]) + "…"
	}
	return s
}

// near ends a message with a suggestion, where there is one.
func near(s string, candidates []string) string {
	if best, ok := place.Nearest(s, candidates); ok {
		return " Vouliez-vous dire « " + best + " » ?"
	}
	return ""
}
