package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"mednum/api/pages"
	"mednum/internal/access"
)

// sessionCookie keeps the key of who uses the pages until the browser closes.
// Only this site's own pages send it, and no script reads it.
const sessionCookie = "mednum_session"

var (
	errNoKey     = errors.New("no key was given")
	errTooOften  = errors.New("too many refused keys")
	errCrossSite = errors.New("request from another site")
)

// secretOf gives the key that a request carries: of its header, else of its
// session. given is false when it carries none.
func secretOf(r *http.Request) (secret string, given bool) {
	if header := r.Header.Get("Authorization"); header != "" {
		scheme, rest, _ := strings.Cut(header, " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return "", true
		}
		return strings.TrimSpace(rest), true
	}
	if cookie, err := r.Cookie(sessionCookie); err == nil && cookie.Value != "" {
		return cookie.Value, true
	}
	return "", false
}

// who gives the key that a request carries, or an error that wraps access.ErrKey
// or errNoKey.
func (s *Server) who(c echo.Context) (access.Key, error) {
	secret, given := secretOf(c.Request())
	if !given {
		return access.Key{}, errNoKey
	}
	return s.keyOf(c, secret)
}

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

// viewer is who looks at a page; nil is anybody. A page that depends on it is
// kept by no shared cache.
func (s *Server) viewer(c echo.Context) *pages.SignedIn {
	h := c.Response().Header()
	h.Set("Vary", "Accept, Accept-Encoding, Cookie")
	known, ok := c.Get(keySignedIn).(*pages.SignedIn)
	if _, err := c.Request().Cookie(sessionCookie); !ok && (err != nil || s.config.Consultations == nil) {
		return nil
	}
	h.Set("Cache-Control", "private, no-store")
	if ok {
		return known
	}
	key, err := s.who(c)
	if err != nil {
		return nil // expired, or the database is away: the page itself is for anybody
	}
	return signedIn(c, key)
}

// keySignedIn is what viewer leaves in the request's context.
const keySignedIn = "signed in"

func signedIn(c echo.Context, key access.Key) *pages.SignedIn {
	v := &pages.SignedIn{Key: key, May: mayOf(key.Role)}
	c.Set(keySignedIn, v)
	return v
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

// connexion is the page that asks for a key.
func (s *Server) connexion(c echo.Context) error {
	c.Set(keyForm, formHTML.name)
	a, err := s.understand(c.Request().Context(), signing, c.Request().URL.RawQuery)
	if err != nil {
		return err
	}
	view := pages.Connexion{Return: a.back, Now: a.now}
	view.Head = s.headFor(c, "")
	c.Response().Header().Set("Cache-Control", "private, no-store")
	c.Response().Header().Set("X-Robots-Tag", "noindex")
	return s.page(c, func(w *bytes.Buffer) error { return s.pages.Connexion(w, view) })
}

// connect opens a session with a key, or closes it.
func (s *Server) connect(c echo.Context) error {
	c.Set(keyForm, formHTML.name)
	if err := s.fromHere(c); err != nil {
		return err
	}
	b, err := s.posted(c)
	if err != nil {
		return err
	}
	if !b.form {
		return errMediaType
	}
	secret, back := b.line("cle", 200, optional), b.line("retour", 500, optional)
	out := b.line("sortir", 10, optional)
	if err := b.end(); err != nil {
		return err
	}
	if !ourPath(back) {
		back = ""
	}
	if out != "" {
		s.forgetSession(c)
		return s.seeOther(c, backOr(back, "/referentiels"))
	}
	refuse := func(err error, sentence string) error {
		view := pages.Connexion{Return: back, Fault: sentence, Now: s.config.Now()}
		view.Head = s.headFor(c, "")
		return shownAgain{err, func(w *bytes.Buffer) error { return s.pages.Connexion(w, view) }}
	}
	if secret == "" {
		return refuse(unprocessable{faults{{Parameter: "cle", Detail: "Écrivez votre clé."}}}, "Écrivez votre clé.")
	}
	key, err := s.keyOf(c, secret)
	switch {
	case errors.Is(err, access.ErrKey):
		var denial *access.Denial
		if errors.As(err, &denial) {
			return refuse(err, denial.Reason)
		}
		return refuse(err, "Cette clé n’est pas reconnue. Elle a peut-être été mal recopiée.")
	case errors.Is(err, errTooOften):
		return refuse(err, "Trop d’essais. Attendez une minute, puis essayez de nouveau.")
	case err != nil:
		return err
	}
	s.log.Info("session opened", "id", requestID(c), "key", key.ID, "role", string(key.Role))
	c.SetCookie(s.session(c, secret, 0))
	return s.seeOther(c, backOr(back, "/referentiels"))
}

// disconnect closes the session.
func (s *Server) disconnect(c echo.Context) error {
	c.Set(keyForm, formHTML.name)
	if err := s.fromHere(c); err != nil {
		return err
	}
	b, err := s.posted(c)
	if err != nil {
		return err
	}
	if err := b.end(); err != nil {
		return err
	}
	s.forgetSession(c)
	return s.seeOther(c, "/")
}

func (s *Server) session(c echo.Context, secret string, age int) *http.Cookie {
	return &http.Cookie{Name: sessionCookie, Value: secret, Path: "/", MaxAge: age, HttpOnly: true, SameSite: http.SameSiteStrictMode,
		Secure: strings.HasPrefix(s.base(c.Request()), "https:")}
}

func (s *Server) forgetSession(c echo.Context) { c.SetCookie(s.session(c, "", -1)) }

// ourPath reports whether a text is a path of this site, and nothing that a
// browser could read as another.
func ourPath(path string) bool {
	return strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "//") && !strings.ContainsAny(path, "\\\r\n\t")
}

func backOr(back, path string) string {
	if back != "" {
		return back
	}
	return path
}
