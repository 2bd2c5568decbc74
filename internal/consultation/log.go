package consultation

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/gowebpki/jcs"

	"mednum/internal/access"
)

// Kinds of the log's entries.
const (
	LogVersion     = "version-creee"
	LogText        = "texte-modifie"
	LogState       = "etat-change"
	LogVote        = "vote"
	LogSimulation  = "simulation-enregistree"
	LogRemontee    = "remontee-deposee"
	LogVoice       = "voix-changee" // a soutien or an opposition replaced the former one
	LogAnswer      = "remontee-repondue"
	LogContest     = "contestation-deposee"
	LogContestStep = "contestation-etape"
	LogKeyCreated  = "cle-creee"
	LogKeyRevoked  = "cle-revoquee"
	LogRoleGiven   = "role-donne" // to an account, by its number
	LogRoleTaken   = "role-retire"
	LogClosed      = "compte-ferme"
	LogOpened      = "compte-rouvert"
	LogErased      = "compte-efface" // names and addresses, never what was done
)

// origin is what the first entry says of the one before it.
var origin = strings.Repeat("0", 2*sha256.Size)

// Instant is the precision of what is kept: what is hashed is what is read back.
func Instant(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// Canonical is the RFC 8785 form of a value.
func Canonical(v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err == nil {
		text, err = jcs.Transform(text)
	}
	if err != nil {
		return nil, fmt.Errorf("canonical JSON: %w", err)
	}
	return text, nil
}

// Chain makes the entry that follows another one (the zero Entry: the first of
// all). Only what happened is read of e: when, what, about what, by whom.
func Chain(previous, e Entry) (Entry, error) {
	e.At = Instant(e.At)
	e.Number, e.Previous = previous.Number+1, previous.Hash
	if previous.Number == 0 {
		e.Previous = origin
	}
	payload, err := Canonical(e.Payload)
	if err != nil {
		return Entry{}, err
	}
	e.Payload = payload
	e.Hash, err = e.hash()
	return e, err
}

// hash is SHA-256 of the canonical JSON of all the members but the hash itself.
func (e *Entry) hash() (string, error) {
	text, err := Canonical(struct {
		Number   int64           `json:"numero"`
		At       string          `json:"le"`
		Kind     string          `json:"fait"`
		Subject  string          `json:"objet"`
		By       Party           `json:"par"`
		Key      string          `json:"cle,omitempty"`
		Payload  json.RawMessage `json:"contenu"`
		Previous string          `json:"precedent"`
	}{e.Number, e.At.UTC().Format(time.RFC3339Nano), e.Kind, e.Subject, e.By, e.Key, e.Payload, e.Previous})
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// Break says where the log is not what was written.
type Break struct {
	Number int64  // of the entry
	Reason string // French
}

func (b *Break) Error() string {
	return fmt.Sprintf("entrée n° %d du journal : %s", b.Number, b.Reason)
}

// VerifyChain checks the entries that follow one already checked (the zero
// Entry: from the beginning). The error is a *Break. Entries cut off at the end
// leave a shorter log that is whole: only what else says that they existed (a
// published version, a hash noted somewhere) tells.
func VerifyChain(after Entry, entries []Entry) error {
	for i := range entries {
		e := &entries[i]
		wanted, previous := after.Number+1, after.Hash
		if after.Number == 0 {
			previous = origin
		}
		if e.Number != wanted {
			if e.Number > wanted {
				return &Break{wanted, "elle manque"}
			}
			return &Break{e.Number, "elle n’est pas à sa place"}
		}
		hash, err := e.hash()
		switch {
		case err != nil:
			return &Break{e.Number, "son contenu n’est plus lisible"}
		case hash != e.Hash:
			return &Break{e.Number, "son contenu n’est plus celui qui a été écrit"}
		case e.Previous != previous:
			return &Break{e.Number, "elle ne suit plus l’entrée précédente"}
		}
		after = *e
	}
	return nil
}

// Platform is who acts when nobody does: the first version comes with the
// program, the calendar replaces versions.
var Platform = Party{Organisation: "mednum (automatique)", Role: "plateforme"}

// PartyOf is who a key speaks for.
func PartyOf(k access.Key) Party {
	return Party{Organisation: k.Organisation, Siren: k.Siren, Role: k.Role, Key: k.ID}
}

// same tells whether two parties are one organisation: by SIREN where both
// have one.
func (p Party) same(q Party) bool {
	if p.Siren != "" && q.Siren != "" {
		return p.Siren == q.Siren
	}
	return p.Organisation == q.Organisation
}
