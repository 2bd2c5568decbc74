package ticket

import (
	"net/mail"
	"strings"
)

// ReadMail reads the address of one person, and nothing else: no name, no second
// address, no line of its own in a message.
func ReadMail(s string) (string, bool) {
	s = strings.TrimSpace(s)
	if len(s) > 254 {
		return "", false
	}
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c > '~' || strings.IndexByte(`"(),:;<>[\]`, c) >= 0 {
			return "", false
		}
	}
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s || a.Name != "" {
		return "", false
	}
	_, domain, _ := strings.Cut(s, "@")
	dot := strings.LastIndexByte(domain, '.')
	return s, dot > 0 && dot < len(domain)-2
}

// Mail is an answer to send: nothing but where, and of which report.
type Mail struct {
	Number Number
	To     string
}
