package access

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"fmt"
	"io"
	"strings"
)

// A key is given to people once, as
//
//	mednum_ + 8 signs (public: its ID) + 52 signs (the secret, 256 bits) + 6 signs (a sum of all that)
//
// in Crockford's base32, where no sign is taken for another. The sum tells a
// key that was copied wrong from one that is not ours.
const (
	secretPrefix = "mednum_"
	idSigns      = 8
	secretSigns  = 52
	sumSigns     = 6
)

var signs = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// ErrTypo: this was never a key, or was copied wrong. It is an ErrKey too.
var ErrTypo = fmt.Errorf("mistyped: %w", ErrKey)

// NewSecret draws a key from random (crypto/rand.Reader): what its owner is
// shown once, the public ID, and the hash that is kept.
func NewSecret(random io.Reader) (secret, id string, hash []byte, err error) {
	var bits [5 + 32]byte
	if _, err := io.ReadFull(random, bits[:]); err != nil {
		return "", "", nil, fmt.Errorf("draw key: %w", err)
	}
	id = signs.EncodeToString(bits[:5])
	body := id + signs.EncodeToString(bits[5:])
	return secretPrefix + body + sum(body), id, hashOf(body), nil
}

// ParseSecret reads a key as people give it: spaces around, capitals and the
// letters that look like digits are forgiven. The error is a *Denial that wraps
// ErrTypo.
func ParseSecret(s string) (id string, hash []byte, err error) {
	s = strings.ToLower(strings.TrimSpace(s))
	body, found := strings.CutPrefix(s, secretPrefix)
	body = lookalikes.Replace(body)
	var reason string
	switch {
	case !found:
		reason = "Ceci n’est pas une clé : une clé commence par « mednum_ »."
	case len(body) != idSigns+secretSigns+sumSigns:
		reason = "Cette clé n’est pas entière : copiez-la du premier au dernier signe."
	default:
		var checked string
		body, checked = body[:idSigns+secretSigns], body[idSigns+secretSigns:]
		if sum(body) == checked {
			return body[:idSigns], hashOf(body), nil
		}
		reason = "Cette clé est mal recopiée : un de ses signes a changé."
	}
	return "", nil, &Denial{reason, ErrTypo}
}

var lookalikes = strings.NewReplacer("o", "0", "i", "1", "l", "1")

// SameHash compares in constant time.
func SameHash(a, b []byte) bool { return subtle.ConstantTimeCompare(a, b) == 1 }

// hashOf needs no salt and no slowness: nobody guesses 256 bits.
func hashOf(body string) []byte {
	h := sha256.Sum256([]byte(secretPrefix + body))
	return h[:]
}

func sum(body string) string {
	h := sha256.Sum256([]byte("sum:" + body))
	return signs.EncodeToString(h[:])[:sumSigns]
}
