package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"mednum/internal/access"
)

var (
	errNoKey     = errors.New("no key was given")
	errTooOften  = errors.New("too many refused keys")
	errCrossSite = errors.New("request from another site")
)

// keyOf asks for the key of a secret. Refused ones are counted by address, so
// that nobody tries them by the thousand; a key that was good a moment ago is
// always heard, whoever else uses the address.
func (s *Server) keyOf(c echo.Context, secret string) (access.Key, error) {
	_, hash, err := access.ParseSecret(secret)
	if err != nil {
		return access.Key{}, fmt.Errorf("read key: %w", err) // its own sum is wrong: nothing was guessed
	}
	from, digest, now := s.caller(c.Request()), string(hash), s.config.Now()
	if !s.doors.open(from, digest, now) {
		return access.Key{}, errTooOften
	}
	var key access.Key
	err = s.desk.ask(c.Request().Context(), func(ctx context.Context) (err error) {
		key, err = s.config.Consultations.Key(ctx, secret, now)
		return err
	})
	if err == nil {
		err = key.Valid(now)
	}
	switch {
	case errors.Is(err, access.ErrKey):
		s.doors.refused(from, digest, now)
		return access.Key{}, fmt.Errorf("read key: %w", err)
	case err != nil:
		return access.Key{}, fmt.Errorf("read key: %w", err)
	}
	s.doors.passed(digest, now)
	return key, nil
}

// mayOf is what a role may do.
func mayOf(role access.Role) (out []access.Operation) {
	for _, op := range access.Operations() {
		if access.Allows(role, op) {
			out = append(out, op)
		}
	}
	return out
}

// caller is the address of who asks: the peer's, or what a trusted proxy says of
// it. Of IPv6 the network of a household, which has more addresses than one can
// count.
func (s *Server) caller(r *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	addr := peer.Addr().Unmap()
	if s.trusts(r.RemoteAddr) {
		// The last ones are written by our proxies, the first by anybody.
		list := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		for i := len(list) - 1; i >= 0; i-- {
			hop, err := netip.ParseAddr(strings.TrimSpace(list[i]))
			if err != nil {
				break
			}
			if addr = hop.Unmap(); !s.trusts(netip.AddrPortFrom(addr, 0).String()) {
				break
			}
		}
	}
	if addr.Is6() {
		if p, err := addr.WithZone("").Prefix(64); err == nil {
			return p.Addr()
		}
	}
	return addr
}

const (
	refusalsMaximum = 10               // of an address, at once
	refusalEvery    = 6 * time.Second  // and one more each
	goodFor         = 30 * time.Minute // a key is remembered as good
	doorsMaximum    = 10_000           // addresses and keys kept
)

// doors counts the keys refused by address, and remembers the good ones.
type doors struct {
	mu      sync.Mutex
	refusal map[netip.Addr]time.Time // when the last of its refusals is forgotten
	good    map[string]time.Time     // until when
}

// open reports whether a key may be tried from an address.
func (d *doors) open(from netip.Addr, digest string, now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if now.Before(d.good[digest]) {
		return true
	}
	return d.refusal[from].Sub(now) <= (refusalsMaximum-1)*refusalEvery
}

func (d *doors) refused(from netip.Addr, digest string, now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.good, digest) // revoked, or expired
	until, known := d.refusal[from]
	if !known && len(d.refusal) >= doorsMaximum {
		forget(d.refusal, now)
	}
	if until.Before(now) {
		until = now
	}
	d.refusal[from] = until.Add(refusalEvery)
}

func (d *doors) passed(digest string, now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, known := d.good[digest]; !known && len(d.good) >= doorsMaximum {
		forget(d.good, now)
	}
	d.good[digest] = now.Add(goodFor)
}

// forget makes room: what has passed goes, else any half.
func forget[K comparable](m map[K]time.Time, now time.Time) {
	for k, until := range m {
		if until.Before(now) {
			delete(m, k)
		}
	}
	for k := range m {
		if len(m) <= doorsMaximum/2 {
			return
		}
		delete(m, k)
	}
}

// ourPath reports whether a text is a path of this site, and nothing that a
// browser could read as another.
func ourPath(path string) bool {
	return strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "//") && !strings.ContainsAny(path, "\\\r\n\t")
}
