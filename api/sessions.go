package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"mednum/api/pages"
	"mednum/internal/access"
	"mednum/internal/identity"
	"mednum/internal/mail"
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

	MailLink(ctx context.Context, mail, back string, as access.Identity, at time.Time) (token string, err error)
	Link(ctx context.Context, token string, at time.Time) (access.Link, error)
	UseLink(ctx context.Context, token string, at time.Time) (access.Link, error)
	// Identified gives the account of who was identified; 0: their address has to
	// be proved first.
	Identified(ctx context.Context, as access.Identity, canMail bool, at time.Time) (account int64, err error)

	Account(ctx context.Context, number int64) (access.Account, error)
	Accounts(ctx context.Context, words string, before int64, limit int) ([]access.Account, error)
	AskRole(ctx context.Context, r access.Request, at time.Time) error
	Waiting(ctx context.Context) ([]access.Request, error)
	// Stewards gives the addresses of those who answer requests.
	Stewards(ctx context.Context, at time.Time) ([]string, error)
	AnswerRequest(ctx context.Context, number int64, accept bool, reason string, expires time.Time, by access.Key, at time.Time) (access.Request, error)
	GiveRole(ctx context.Context, account int64, k access.Key, by access.Key, at time.Time) error
	Invite(ctx context.Context, mail string, k access.Key, by access.Key, at time.Time) (account int64, err error)
	WithdrawRole(ctx context.Context, account, grant int64, reason string, by access.Key, at time.Time) error
	Disable(ctx context.Context, account int64, disable bool, by access.Key, at time.Time) error
	Erase(ctx context.Context, account int64, by access.Key, at time.Time) error
}

// Identity is what the API asks of who identifies people: an *identity.Provider.
type Identity interface {
	Issuer() string
	Begin(ctx context.Context, redirect, back string) (identity.Flow, string, error)
	Finish(ctx context.Context, f identity.Flow, redirect string, query url.Values) (identity.Person, error)
	End(idToken, back string) string
}

// Mailer takes messages and sends them behind: a *mail.Post.
type Mailer interface {
	Send(ctx context.Context, m mail.Message) error
}

var (
	errNoIdentity = errors.New("nobody identifies people here")
	errNoMail     = errors.New("no mail is sent from here")
	errManyLinks  = errors.New("too many links asked for")
)

// sessionDoors are those of people: who they are, and what they may do.
func (s *Server) sessionDoors() []door {
	return []door{
		reads("/connexion", s.connexion),
		posts("/connexion", s.connect),
		reads("/connexion/oidc", s.identify),
		reads("/connexion/retour", s.identified),
		reads("/connexion/lien/:jeton", s.link),
		posts("/connexion/lien/:jeton", s.useLink),
		posts("/deconnexion", s.disconnect),
		reads("/compte", s.compte), // whoever signed in: the handler leads the others to /connexion
		posts("/compte", s.changeCompte),
		reads("/comptes", s.comptes).to(access.Enrol),
		posts("/comptes", s.invite).to(access.Enrol),
		reads("/comptes/:numero", s.personne).to(access.Enrol),
		posts("/comptes/:numero", s.changePersonne).to(access.Enrol),
	}
}

// turnstiles count who signs in. A flood from a network is refused there; a
// mailbox that is flooded is told apart by the database, which keeps some links
// that all open. Sessions under way pass by none of them.
type turnstiles struct {
	links *meter // of one address, or of one household
	wide  *meter // of the network around it
	whole *meter // of everybody
	ident *meter // returns from the identity provider, by address
}

func newTurnstiles() turnstiles {
	return turnstiles{
		links: newMeter(8, time.Minute),
		wide:  newMeter(60, 10*time.Second),
		whole: newMeter(300, time.Second),
		ident: newMeter(30, 5*time.Second),
	}
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
	_, err := s.opens(c, session, idToken)
	return err
}

// opens is enter, and tells the token.
func (s *Server) opens(c echo.Context, session access.Session, idToken string) (token string, err error) {
	session.Browser = browserOf(c.Request().UserAgent())
	former := s.cookieOf(c, sessionCookie)
	err = s.desk.ask(c.Request().Context(), func(ctx context.Context) (err error) {
		if _, err = s.config.Sessions.CloseSession(ctx, former); err != nil {
			return err
		}
		token, err = s.config.Sessions.OpenSession(ctx, session, idToken, s.config.Now())
		return err
	})
	if err != nil {
		return "", fmt.Errorf("open session: %w", err)
	}
	s.log.Info("session opened", "id", requestID(c), "by", string(session.Means))
	c.SetCookie(s.cookie(c, sessionCookie, token, 0)) // until the browser closes
	return token, nil
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

// signIn is what the page where people sign in needs, whatever happened.
func (s *Server) signIn(c echo.Context, back string) pages.Connexion {
	h := c.Response().Header()
	view := pages.Connexion{Return: back, Identity: s.config.Identity != nil, Mail: s.config.Mail != nil, Demonstration: s.config.DemoLogin, Now: s.config.Now()}
	view.Head = s.headFor(c, "")
	h.Set("Cache-Control", "private, no-store")
	h.Set("X-Robots-Tag", "noindex")
	return view
}

// connexion is the page where people sign in.
func (s *Server) connexion(c echo.Context) error {
	c.Set(keyForm, formHTML.name)
	a, err := s.understand(c.Request().Context(), signing, c.Request().URL.RawQuery)
	if err != nil {
		return err
	}
	view := s.signIn(c, a.back)
	view.Done = a.fait
	return s.page(c, func(w *bytes.Buffer) error { return s.pages.Connexion(w, view) })
}

// notSignedIn shows the page again with what went wrong.
func (s *Server) notSignedIn(c echo.Context, back, sentence string, err error, keep func(*pages.Connexion)) error {
	view := s.signIn(c, back)
	view.Fault = sentence
	if keep != nil {
		keep(&view)
	}
	return shownAgain{err, func(w *bytes.Buffer) error { return s.pages.Connexion(w, view) }}
}

// connect opens a session with a key, or sends a link to an address.
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
	secret, address, back := b.line("cle", 200, optional), b.line("courriel", 300, optional), b.line("retour", 500, optional)
	_, byMail := b.values["courriel"]
	if err := b.end(); err != nil {
		return err
	}
	if !ourPath(back) {
		back = ""
	}
	if byMail {
		return s.sendLink(c, address, back)
	}
	refuse := func(err error, sentence string) error {
		return s.notSignedIn(c, back, sentence, err, func(v *pages.Connexion) { v.Key = true })
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
	return s.usher(c, access.Session{Key: key, Means: access.ByKey}, "", back)
}

// usher opens a session and leads to what its owner most likely came for.
func (s *Server) usher(c echo.Context, session access.Session, idToken, back string) error {
	token, err := s.opens(c, session, idToken)
	if err != nil {
		return err
	}
	err = s.desk.ask(c.Request().Context(), func(ctx context.Context) (err error) {
		session, err = s.config.Sessions.Session(ctx, token, s.config.Now())
		return err
	})
	switch {
	case err != nil:
		return fmt.Errorf("read session: %w", err)
	case session.Key.Role == "":
		return s.seeOther(c, "/compte?fait=bienvenue") // to ask for a role, or to choose one
	case back != "":
		return s.seeOther(c, back)
	case access.Allows(session.Key.Role, access.Amend):
		return s.seeOther(c, "/territoire")
	case access.Allows(session.Key.Role, access.Enrol):
		return s.seeOther(c, "/comptes")
	}
	return s.seeOther(c, "/referentiels")
}

// passes counts who asks for a link.
func (s *Server) passes(c echo.Context) error {
	from, now := s.caller(c.Request()), s.config.Now()
	switch {
	case !s.gates.links.pass(from.String(), now), !s.gates.wide.pass(around(from), now):
		return errManyLinks
	case !s.gates.whole.pass("", now):
		return errBusy
	}
	return nil
}

const manyLinks = "Beaucoup de liens ont été demandés depuis votre réseau. Attendez une minute, ou connectez-vous autrement."

// sendLink sends a link to an address. Known or not, the answer is the same, and
// takes the same time.
func (s *Server) sendLink(c echo.Context, given, back string) error {
	keep := func(v *pages.Connexion) { v.Address = given }
	if s.config.Mail == nil {
		return errNoMail
	}
	address, ok := access.ParseMail(given)
	if !ok {
		sentence := "Écrivez votre adresse en entier : prenom.nom@exemple.fr."
		return s.notSignedIn(c, back, sentence, unprocessable{faults{{Parameter: "courriel", Detail: sentence}}}, keep)
	}
	switch err := s.passes(c); {
	case errors.Is(err, errManyLinks):
		return s.notSignedIn(c, back, manyLinks, err, keep)
	case err != nil:
		return s.notSignedIn(c, back, "Beaucoup de personnes se connectent en même temps. Réessayez dans un instant.", err, keep)
	}
	if err := s.mailLink(c, address, back, access.Identity{}); err != nil {
		return err
	}
	path := "/connexion?fait=lien"
	if back != "" {
		path += "&retour=" + url.QueryEscape(back)
	}
	return s.seeOther(c, path)
}

// mailLink makes a link and posts it.
func (s *Server) mailLink(c echo.Context, address, back string, as access.Identity) error {
	var token string
	err := s.desk.ask(c.Request().Context(), func(ctx context.Context) (err error) {
		token, err = s.config.Sessions.MailLink(ctx, address, back, as, s.config.Now())
		return err
	})
	if err != nil {
		return fmt.Errorf("make link: %w", err)
	}
	if token == "" {
		return nil // enough of them wait in that mailbox
	}
	text := "Bonjour,\n\nOuvrez ce lien pour entrer dans mednum :\n\n" + s.base(c.Request()) + "/connexion/lien/" + token + "\n\n"
	if as.Issuer != "" {
		text += "Il réunit votre compte et le service qui vous a identifié.\n"
	}
	text += "Il vaut quinze minutes et ne sert qu’une fois.\n\nVous n’avez rien demandé ? Ne faites rien : personne n’est entré.\n"
	err = s.config.Mail.Send(c.Request().Context(), mail.Message{To: address, Subject: "Votre lien pour entrer dans mednum", Text: text})
	if errors.Is(err, mail.ErrFull) {
		return errBusy
	}
	if err != nil {
		s.log.Warn("link not posted", "id", requestID(c)) // its error names the address
	}
	return nil
}

// link is the page that a link opens. It uses nothing: machines that watch over
// mail open every link before people do.
func (s *Server) link(c echo.Context) error {
	c.Set(keyForm, formHTML.name)
	if _, err := s.understand(c.Request().Context(), plain, c.Request().URL.RawQuery); err != nil {
		return err
	}
	if s.config.Sessions == nil {
		return errClosed
	}
	view := s.linkPage(c)
	var link access.Link
	err := s.desk.ask(c.Request().Context(), func(ctx context.Context) (err error) {
		link, err = s.config.Sessions.Link(ctx, c.Param("jeton"), s.config.Now())
		return err
	})
	if err != nil {
		return s.deadLink(view, err)
	}
	view.Mail, view.Ties = link.Mail, link.Ties
	return s.page(c, func(w *bytes.Buffer) error { return s.pages.Lien(w, view) })
}

func (s *Server) linkPage(c echo.Context) pages.Lien {
	h := c.Response().Header()
	view := pages.Lien{Token: c.Param("jeton")}
	view.Head = s.headFor(c, "")
	view.Head.Path = "/connexion"
	h.Set("Cache-Control", "private, no-store")
	h.Set("X-Robots-Tag", "noindex")
	h.Set("Referrer-Policy", "same-origin") // the address of the page is a secret
	return view
}

func (s *Server) deadLink(view pages.Lien, err error) error {
	var denial *access.Denial
	if !errors.Is(err, access.ErrLink) || !errors.As(err, &denial) {
		return fmt.Errorf("read link: %w", err)
	}
	view.Fault = denial.Reason
	return shownAgain{err, func(w *bytes.Buffer) error { return s.pages.Lien(w, view) }}
}

// useLink is the button of that page.
func (s *Server) useLink(c echo.Context) error {
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
	if err := b.end(); err != nil {
		return err
	}
	var link access.Link
	err = s.desk.ask(c.Request().Context(), func(ctx context.Context) (err error) {
		link, err = s.config.Sessions.UseLink(ctx, c.Param("jeton"), s.config.Now())
		return err
	})
	if err != nil {
		return s.deadLink(s.linkPage(c), err)
	}
	return s.usher(c, access.Session{Account: link.Account, Means: access.ByMail}, "", link.Back)
}

// flowCookie keeps what left for the identity provider: nobody is signed in by
// an answer that another browser asked for.
const (
	flowCookie = "mednum_oidc"
	flowLife   = 10 * time.Minute
)

// readNothing takes what the identity provider adds to our addresses: it is read
// where it is used, whatever it is.
func (a *asked) readNothing(string) {}

// identify sends the person to the identity provider.
func (s *Server) identify(c echo.Context) error {
	c.Set(keyForm, formHTML.name)
	a, err := s.understand(c.Request().Context(), leaving, c.Request().URL.RawQuery)
	if err != nil {
		return err
	}
	if s.config.Identity == nil || s.config.Sessions == nil {
		return errNoIdentity
	}
	flow, there, err := s.config.Identity.Begin(c.Request().Context(), s.base(c.Request())+"/connexion/retour", a.back)
	if err != nil {
		return s.notIdentified(c, a.back, err)
	}
	c.SetCookie(s.cookie(c, flowCookie, url.QueryEscape(flow.String()), int(flowLife.Seconds())))
	return s.seeOther(c, there)
}

// notIdentified says why in the page where people sign in.
func (s *Server) notIdentified(c echo.Context, back string, err error) error {
	var failure *identity.Failure
	if !errors.As(err, &failure) {
		return fmt.Errorf("identify: %w", err)
	}
	s.log.Warn("identification failed", "id", requestID(c), "error", failure.Cause)
	return s.notSignedIn(c, back, failure.Reason, err, nil)
}

// identified is where the identity provider sends the person back.
func (s *Server) identified(c echo.Context) error {
	c.Set(keyForm, formHTML.name)
	if s.config.Identity == nil || s.config.Sessions == nil {
		return errNoIdentity
	}
	now := s.config.Now()
	if !s.gates.ident.pass(s.caller(c.Request()).String(), now) {
		return s.notSignedIn(c, "", "Trop d’essais depuis votre réseau. Attendez une minute, puis essayez de nouveau.", errTooOften, nil)
	}
	kept, _ := url.QueryUnescape(s.cookieOf(c, flowCookie))
	flow, _ := identity.ParseFlow(kept) // the zero one is refused there
	c.SetCookie(s.cookie(c, flowCookie, "", -1))
	back := flow.Back
	if !ourPath(back) {
		back = ""
	}
	person, err := s.config.Identity.Finish(c.Request().Context(), flow, s.base(c.Request())+"/connexion/retour", c.QueryParams())
	if err != nil {
		return s.notIdentified(c, back, err)
	}
	as := access.Identity{Issuer: person.Issuer, Subject: person.Subject, Verified: person.MailVerified, GivenName: person.GivenName, UsualName: person.UsualName}
	as.Mail, _ = access.ParseMail(person.Mail)
	var account int64
	err = s.desk.ask(c.Request().Context(), func(ctx context.Context) (err error) {
		account, err = s.config.Sessions.Identified(ctx, as, s.config.Mail != nil, now)
		return err
	})
	if err != nil {
		return fmt.Errorf("identify: %w", err)
	}
	if account == 0 {
		if err := s.passes(c); err != nil {
			return s.notSignedIn(c, back, manyLinks, err, nil)
		}
		if err := s.mailLink(c, as.Mail, back, as); err != nil {
			return err
		}
		return s.seeOther(c, "/connexion?fait=verifier")
	}
	return s.usher(c, access.Session{Account: account, Means: access.ByOIDC}, person.IDToken, back)
}

// disconnect closes the session, or all those of the person.
func (s *Server) disconnect(c echo.Context) error {
	c.Set(keyForm, formHTML.name)
	if err := s.fromHere(c); err != nil {
		return err
	}
	b, err := s.posted(c)
	if err != nil {
		return err
	}
	everywhere := b.yes("partout")
	if err := b.end(); err != nil {
		return err
	}
	session, known := s.session(c)
	idToken, err := s.leave(c)
	if err != nil {
		return err
	}
	if known == nil && session.Account != 0 && everywhere != nil && *everywhere {
		err := s.desk.ask(c.Request().Context(), func(ctx context.Context) error { return s.config.Sessions.CloseSessions(ctx, session.Account, "") })
		if err != nil {
			return fmt.Errorf("close sessions: %w", err)
		}
	}
	if idToken != "" && s.config.Identity != nil {
		if there := s.config.Identity.End(idToken, s.base(c.Request())+"/connexion"); there != "" {
			return s.seeOther(c, there)
		}
	}
	return s.seeOther(c, "/connexion?fait=sorti")
}
