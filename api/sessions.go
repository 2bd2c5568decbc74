package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"mednum/api/pages"
	"mednum/internal/access"
)

// The cookie of a session holds its token and nothing else. Only this site's own
// pages send it, and no script reads it. Under https its name has the prefix
// that browsers keep from sister sites and from plain http.
const (
	sessionCookie      = "mednum_id"
	sessionCookieHTTPS = "__Host-" + sessionCookie
)

// errSession: there is a token, and it no longer opens anything. To a page it is
// as if nobody had signed in.
var errSession = fmt.Errorf("session ended: %w", errNoKey)

// Accounts is Sessions and all that opens, closes and changes them.
type Accounts interface {
	Sessions
	// OpenSession opens one for s.Account or the key s.Key.ID, with s.Means and
	// s.Browser. idToken is what signs out of who identified them; "" none.
	OpenSession(ctx context.Context, s access.Session, idToken string, at time.Time) (token string, err error)
	ChooseRole(ctx context.Context, token string, grant int64, at time.Time) (string, error)
	CloseSession(ctx context.Context, token string) (idToken string, err error)
	CloseSessions(ctx context.Context, account int64, id string) error // "" all
	SessionsOf(ctx context.Context, account int64, at time.Time) ([]access.Session, error)
}

// Keys of what is known of who asks, in the request's context.
const (
	keySignedIn = "signed in"
	keySession  = "session"
)

func (s *Server) overTLS(c echo.Context) bool {
	return strings.HasPrefix(s.base(c.Request()), "https:")
}

func (s *Server) cookie(c echo.Context, name, value string, age int) *http.Cookie {
	secure := s.overTLS(c)
	if secure {
		name = "__Host-" + name
	}
	return &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: age, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: secure}
}

// cookieOf gives the value of one of our cookies; "" when there is none.
func (s *Server) cookieOf(c echo.Context, name string) string {
	if s.overTLS(c) {
		name = "__Host-" + name
	}
	if cookie, err := c.Request().Cookie(name); err == nil {
		return cookie.Value
	}
	return ""
}

// who gives the key that a request carries: of its header, else of its session.
// The error wraps access.ErrKey or errNoKey.
func (s *Server) who(c echo.Context) (access.Key, error) {
	if header := c.Request().Header.Get("Authorization"); header != "" {
		scheme, rest, _ := strings.Cut(header, " ")
		if !strings.EqualFold(scheme, "Bearer") {
			rest = ""
		}
		return s.keyOf(c, strings.TrimSpace(rest))
	}
	session, err := s.session(c)
	return session.Key, err
}

// session gives the session that a request carries, or an error that wraps
// errNoKey.
func (s *Server) session(c echo.Context) (access.Session, error) {
	if known, ok := c.Get(keySession).(access.Session); ok {
		return known, nil
	}
	token := s.cookieOf(c, sessionCookie)
	if _, ok := access.ParseToken(token); !ok || s.config.Sessions == nil {
		return access.Session{}, errNoKey
	}
	var session access.Session
	err := s.desk.ask(c.Request().Context(), func(ctx context.Context) (err error) {
		session, err = s.config.Sessions.Session(ctx, token, s.config.Now())
		return err
	})
	switch {
	case errors.Is(err, access.ErrKey):
		return access.Session{}, fmt.Errorf("%w: %w", errSession, err)
	case err != nil:
		return access.Session{}, fmt.Errorf("read session: %w", err)
	}
	c.Set(keySession, session)
	return session, nil
}

// viewer is who looks at a page; nil is anybody. A page that depends on it is
// kept by no shared cache.
func (s *Server) viewer(c echo.Context) *pages.SignedIn {
	h := c.Response().Header()
	h.Set("Vary", "Accept, Accept-Encoding, Cookie")
	known, ok := c.Get(keySignedIn).(*pages.SignedIn)
	if !ok && s.cookieOf(c, sessionCookie) == "" {
		return nil
	}
	h.Set("Cache-Control", "private, no-store")
	if ok {
		return known
	}
	session, err := s.session(c)
	if err != nil {
		return nil // ended, or the database is away: the page itself is for anybody
	}
	return signedIn(c, session.Key)
}

func signedIn(c echo.Context, key access.Key) *pages.SignedIn {
	v := &pages.SignedIn{Key: key, May: mayOf(key.Role)}
	c.Set(keySignedIn, v)
	return v
}

// enter opens a session and gives its token to the browser. The former one, if
// any, is closed: a token that somebody planted is worth nothing afterwards.
func (s *Server) enter(c echo.Context, session access.Session, idToken string) error {
	session.Browser = browserOf(c.Request().UserAgent())
	former := s.cookieOf(c, sessionCookie)
	var token string
	err := s.desk.ask(c.Request().Context(), func(ctx context.Context) (err error) {
		if _, err = s.config.Sessions.CloseSession(ctx, former); err != nil {
			return err
		}
		token, err = s.config.Sessions.OpenSession(ctx, session, idToken, s.config.Now())
		return err
	})
	if err != nil {
		return fmt.Errorf("open session: %w", err)
	}
	s.log.Info("session opened", "id", requestID(c), "by", string(session.Means))
	c.SetCookie(s.cookie(c, sessionCookie, token, 0)) // until the browser closes
	return nil
}

// leave closes the session of the browser.
func (s *Server) leave(c echo.Context) (idToken string, err error) {
	token := s.cookieOf(c, sessionCookie)
	c.SetCookie(s.cookie(c, sessionCookie, "", -1))
	if token == "" || s.config.Sessions == nil {
		return "", nil
	}
	err = s.desk.ask(c.Request().Context(), func(ctx context.Context) (err error) {
		idToken, err = s.config.Sessions.CloseSession(ctx, token)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("close session: %w", err)
	}
	return idToken, nil
}

// browserOf says in two words which browser it is, for its owner to know it
// among others; "" when that cannot be told.
func browserOf(agent string) string {
	pick := func(pairs ...string) string {
		for i := 0; i+1 < len(pairs); i += 2 {
			if strings.Contains(agent, pairs[i]) {
				return pairs[i+1]
			}
		}
		return ""
	}
	browser := pick("Firefox/", "Firefox", "Edg/", "Edge", "OPR/", "Opera", "SamsungBrowser/", "Samsung Internet", "Chrome/", "Chrome", "Safari/", "Safari")
	system := pick("Android", "Android", "iPhone", "iPhone", "iPad", "iPad", "Windows", "Windows", "Mac OS X", "Mac", "CrOS", "ChromeOS", "Linux", "Linux")
	switch {
	case browser == "":
		return ""
	case system == "":
		return browser
	}
	return browser + " sur " + system
}

// connexion is the page where people sign in.
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
	if s.config.Sessions == nil {
		return errClosed
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
		if _, err := s.leave(c); err != nil {
			return err
		}
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
	if err := s.enter(c, access.Session{Key: key, Means: access.ByKey}, ""); err != nil {
		return err
	}
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
	if _, err := s.leave(c); err != nil {
		return err
	}
	return s.seeOther(c, "/")
}
