package api

import (
	"context"
	"crypto/rand"
	"strings"
	"sync"
	"time"

	"mednum/internal/access"
	"mednum/internal/mail"
)

// porter is a model of people: sessions of keys in memory, and one person,
// account 7, whose token and whose link are known. The database does the rest.
type porter struct {
	*office
	mu    sync.Mutex
	open  map[string]access.Session // by hash of their token
	posts []mail.Message
}

var personToken = strings.Repeat("A", 43)

func (p *porter) Send(_ context.Context, m mail.Message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.posts = append(p.posts, m)
	return nil
}

func (p *porter) Session(_ context.Context, token string, at time.Time) (access.Session, error) {
	hash, _ := access.ParseToken(token)
	p.mu.Lock()
	defer p.mu.Unlock()
	s, ok := p.open[string(hash)]
	switch {
	case token == personToken:
		s = access.Session{ID: "0", Account: 7, Created: at, Seen: at, Expires: at.Add(access.SessionLife)}
	case !ok:
		return s, &access.Denial{Reason: "Votre session est terminée.", Err: access.ErrKey}
	}
	if s.Account != 0 {
		s.Grant, s.Key = 1, access.Key{ID: access.AccountKey(s.Account), Role: access.Contributor, Organisation: "Département de la Marne", Siren: "225100015",
			Territory: access.ParseTerritory("departement:51"), Created: s.Created, Expires: s.Expires}
		s.Roles = []access.Grant{{Number: 1, Key: s.Key}}
	}
	for _, k := range p.keys {
		if k.ID == s.Key.ID {
			s.Key = k
		}
	}
	if err := s.Key.Valid(at); err != nil {
		return s, err
	}
	return s, s.Alive(at)
}

func (p *porter) OpenSession(_ context.Context, s access.Session, _ string, at time.Time) (string, error) {
	token, hash, err := access.NewToken(rand.Reader)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open == nil {
		p.open = map[string]access.Session{}
	}
	s.ID, s.Created, s.Seen, s.Expires = access.SessionID(hash), at, at, at.Add(access.SessionLife)
	p.open[string(hash)] = s
	return token, err
}

func (p *porter) CloseSession(_ context.Context, token string) (string, error) {
	hash, _ := access.ParseToken(token)
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, string(hash))
	return "", nil
}

func (p *porter) ChooseRole(context.Context, string, int64, time.Time) (string, error) {
	return personToken, nil
}
func (p *porter) CloseSessions(context.Context, int64, string) error { return nil }
func (p *porter) SessionsOf(context.Context, int64, time.Time) ([]access.Session, error) {
	return nil, nil
}
func (p *porter) MailLink(context.Context, string, string, access.Identity, time.Time) (string, error) {
	return personToken, nil
}
func (p *porter) Link(_ context.Context, token string, at time.Time) (access.Link, error) {
	l := access.Link{Expires: at.Add(access.LinkLife)}
	if token == personToken {
		l.Account, l.Mail = 7, "camille@marne.example"
	}
	return l, l.Good(at)
}
func (p *porter) UseLink(ctx context.Context, token string, at time.Time) (access.Link, error) {
	return p.Link(ctx, token, at)
}
func (p *porter) Identified(context.Context, access.Identity, bool, time.Time) (int64, error) {
	return 7, nil
}
func (p *porter) Account(_ context.Context, number int64) (access.Account, error) {
	if number != 7 {
		return access.Account{}, access.ErrNoAccount
	}
	return access.Account{Number: 7, Mail: "camille@marne.example", GivenName: "Camille", UsualName: "Martin", Created: noon}, nil
}
func (p *porter) Accounts(ctx context.Context, _ string, _ int64, _ int) ([]access.Account, error) {
	a, err := p.Account(ctx, 7)
	return []access.Account{a}, err
}
func (p *porter) AskRole(context.Context, access.Request, time.Time) error { return nil }
func (p *porter) Stewards(context.Context, time.Time) ([]string, error)    { return nil, nil }
func (p *porter) Waiting(context.Context) ([]access.Request, error)        { return nil, nil }
func (p *porter) AnswerRequest(context.Context, int64, bool, string, time.Time, access.Key, time.Time) (access.Request, error) {
	return access.Request{}, access.ErrNoRequest
}
func (p *porter) GiveRole(context.Context, int64, access.Key, access.Key, time.Time) error {
	return nil
}
func (p *porter) Invite(context.Context, string, access.Key, access.Key, time.Time) (int64, error) {
	return 7, nil
}
func (p *porter) WithdrawRole(context.Context, int64, int64, string, access.Key, time.Time) error {
	return nil
}
func (p *porter) Disable(context.Context, int64, bool, access.Key, time.Time) error { return nil }
func (p *porter) Erase(context.Context, int64, access.Key, time.Time) error         { return nil }
