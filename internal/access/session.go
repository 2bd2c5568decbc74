package access

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"time"
)

// How long somebody may work without proving again who they are.
const (
	SessionLife = 12 * time.Hour   // a day of work
	SessionIdle = 4 * time.Hour    // without a request: they left
	LinkLife    = 15 * time.Minute // of a link sent by mail
)

// Means is how somebody signed in.
type Means string

const (
	ByKey  Means = "cle"
	ByMail Means = "courriel"
	ByOIDC Means = "oidc"
)

// Session is somebody at work in a browser: a person's account, or a key that
// was pasted.
type Session struct {
	ID      string
	Key     Key     // what they may do: of a key, or of the role that the person chose ("compte-12")
	Account int64   // 0: a key was pasted
	Mail    string  // of the person, shown to nobody else
	Roles   []Grant // all the roles of the person that still hold, to change between
	Grant   int64   // the role chosen; 0 none
	Means   Means
	Browser string // "Firefox sur Windows"; "" unknown
	Created time.Time
	Seen    time.Time
	Expires time.Time // whatever they do
}

// Alive tells whether the session still holds. The error is a *Denial.
func (s Session) Alive(at time.Time) error {
	switch {
	case !at.Before(s.Expires), at.Sub(s.Seen) >= SessionIdle:
		return &Denial{"Votre session est terminée. Connectez-vous de nouveau.", ErrKey}
	}
	return nil
}

// NewToken draws a token from random (crypto/rand.Reader), of a session or of a
// link: what its owner is given, and the hash that is kept.
func NewToken(random io.Reader) (token string, hash []byte, err error) {
	var bits [32]byte
	if _, err := io.ReadFull(random, bits[:]); err != nil {
		return "", nil, fmt.Errorf("draw token: %w", err)
	}
	token = base64.RawURLEncoding.EncodeToString(bits[:])
	return token, hashOfToken(token), nil
}

// ParseToken gives the hash of a token; false for what was never one.
func ParseToken(token string) (hash []byte, ok bool) {
	bits, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(bits) != 32 || len(token) != 43 {
		return nil, false
	}
	return hashOfToken(token), true
}

// hashOfToken needs no salt and no slowness: nobody guesses 256 bits.
func hashOfToken(token string) []byte {
	h := sha256.Sum256([]byte("token:" + token))
	return h[:]
}

// SessionID is the public name of a session, told by its hash.
func SessionID(hash []byte) string { return signs.EncodeToString(hash[:10])[:12] }
