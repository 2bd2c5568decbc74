package access

import (
	"errors"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Account is a person. Elsewhere they are a number.
type Account struct {
	Number    int64
	Mail      string // "": unknown, or erased
	GivenName string
	UsualName string
	Created   time.Time
	Entered   time.Time // the last time that they signed in
	Disabled  time.Time // zero: not
	Erased    time.Time
	Grants    []Grant   // oldest first
	Requests  []Request // oldest first
}

// Name is the person's, as they are spoken to; "" when unknown.
func (a Account) Name() string { return strings.TrimSpace(a.GivenName + " " + a.UsualName) }

// Grant is a role that an account was given.
type Grant struct {
	Number int64
	Key    // its ID is the account's
	By     string
	Reason string // why it was taken back
}

// Request is a person asking for a role.
type Request struct {
	Number  int64
	Account int64
	Mail    string // of who asks
	Name    string
	Key     // what they ask for
	Why     string
	Made    time.Time
	Decided time.Time // zero: it waits
	Granted bool
	By      string
	Reason  string
}

// Identity is how somebody else knows a person.
type Identity struct {
	Issuer, Subject string
	Mail            string // as ParseMail gives it; "" unknown
	Verified        bool   // the address is theirs
	GivenName       string
	UsualName       string
}

// Link is one sent by mail.
type Link struct {
	Account int64
	Mail    string
	Back    string // page of ours to come back to
	Ties    bool   // opening it also ties an identity to the account
	Expires time.Time
	Used    time.Time // zero: not yet
}

// ErrLink: a link that opens nothing. It comes in a *Denial that says why.
var ErrLink = errors.New("the link opens nothing")

// Good tells whether a link still opens. The error is a *Denial.
func (l Link) Good(at time.Time) error {
	switch {
	case l.Account == 0:
		return &Denial{"Ce lien n’est pas connu. Copiez-le en entier, ou demandez-en un autre.", ErrLink}
	case !l.Used.IsZero():
		return &Denial{"Ce lien a déjà servi. Il ne sert qu’une fois : demandez-en un autre.", ErrLink}
	case !at.Before(l.Expires):
		return &Denial{"Ce lien a expiré : il valait quinze minutes. Demandez-en un autre.", ErrLink}
	}
	return nil
}

// Errors of accounts.
var (
	ErrNoAccount = errors.New("no such account")
	ErrNoRequest = errors.New("no such request")
)

const accountPrefix = "compte-"

// AccountKey is what stands for an account where a key's ID does.
func AccountKey(number int64) string { return accountPrefix + strconv.FormatInt(number, 10) }

// AccountOf gives the account that a key's ID stands for; false: it is a key's.
func AccountOf(id string) (int64, bool) {
	digits, found := strings.CutPrefix(id, accountPrefix)
	n, err := strconv.ParseInt(digits, 10, 64)
	return n, found && err == nil && n > 0
}

// IsPerson tells a person's role from a machine's key.
func (k Key) IsPerson() bool {
	_, person := AccountOf(k.ID)
	return person
}

// MayEnrol tells whether by may decide what an account may do. Nobody gives
// themselves a role. The error is a *Denial.
func MayEnrol(by Key, account int64, at time.Time) error {
	if err := by.Check(Enrol, at); err != nil {
		return err
	}
	if own, person := AccountOf(by.ID); person && own == account {
		return &Denial{"Personne ne décide de ses propres rôles : demandez à un autre administrateur.", ErrForbidden}
	}
	return nil
}

// Asked are the roles that a person may ask for by themselves: the others are
// given by who knows them.
func Asked() []Role {
	return slices.DeleteFunc(Roles(), func(r Role) bool { return r == Reader || r == Administrator })
}

// mailMaximum is what the protocol carries (RFC 5321, 4.5.3.1.3).
const mailMaximum = 254

// ParseMail reads the address of one mailbox, in one writing: the same for all
// the ways of writing it. It is never a name, a list or a line of a message.
func ParseMail(s string) (string, bool) {
	s = strings.ToLower(strings.TrimSpace(s))
	local, domain, found := strings.Cut(s, "@")
	if !found || local == "" || len(local) > 64 || len(s) > mailMaximum || !strings.Contains(domain, ".") ||
		strings.HasPrefix(domain, ".") || strings.HasSuffix(domain, ".") ||
		strings.ContainsFunc(s, func(r rune) bool {
			return unicode.IsControl(r) || unicode.IsSpace(r) || !unicode.IsPrint(r) || strings.ContainsRune(`<>()[]\,;:"`, r)
		}) || strings.ContainsFunc(domain, func(r rune) bool {
		return !(r == '.' || r == '-' || unicode.IsLetter(r) || unicode.IsDigit(r))
	}) {
		return "", false
	}
	parsed, err := mail.ParseAddress(s)
	if err != nil || parsed.Address != s || parsed.Name != "" {
		return "", false
	}
	return s, true
}

// ParseSiret gives the SIREN of a SIREN or a SIRET, written with or without
// spaces; "" when it is neither.
func ParseSiret(s string) string {
	digits := strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
	if len(digits) == 14 && !strings.ContainsFunc(digits, func(r rune) bool { return r < '0' || r > '9' }) {
		digits = digits[:9]
	}
	if !IsSiren(digits) {
		return ""
	}
	return digits
}
