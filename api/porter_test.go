package api

import (
	"context"
	"crypto/rand"
	"sync"
	"time"

	"mednum/internal/access"
)

// porter is a model of sessions: those of keys, in memory.
type porter struct {
	*office
	mu   sync.Mutex
	open map[string]access.Session // by hash of their token
}

func (p *porter) Session(_ context.Context, token string, at time.Time) (access.Session, error) {
	hash, _ := access.ParseToken(token)
	p.mu.Lock()
	defer p.mu.Unlock()
	s, ok := p.open[string(hash)]
	if !ok {
		return s, &access.Denial{Reason: "Votre session est terminée.", Err: access.ErrKey}
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
	return "", access.ErrForbidden
}
func (p *porter) CloseSessions(context.Context, int64, string) error { return nil }
func (p *porter) SessionsOf(context.Context, int64, time.Time) ([]access.Session, error) {
	return nil, nil
}
