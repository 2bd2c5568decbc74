package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"mednum/api/pages"
	"mednum/internal/access"
	"mednum/internal/consultation"
	"mednum/internal/french"
	"mednum/internal/mail"
)

// accountsShown are those of one page of the list.
const accountsShown = 50

// person gives the session of who asks for a page of theirs. A browser without
// one is led to the page where people sign in: led is then true.
func (s *Server) person(c echo.Context) (session access.Session, led bool, err error) {
	c.Set(keyForm, formHTML.name)
	h := c.Response().Header()
	h.Set("Vary", "Accept, Accept-Encoding, Authorization, Cookie")
	h.Set("Cache-Control", "private, no-store")
	h.Set("X-Robots-Tag", "noindex")
	session, err = s.session(c)
	if errors.Is(err, errNoKey) && c.Request().Method == "GET" {
		return session, true, s.seeOther(c, "/connexion?retour="+url.QueryEscape("/compte"))
	}
	if err == nil {
		signedIn(c, session.Key)
	}
	return session, false, err
}

// compte is what somebody sees of their own account.
func (s *Server) compte(c echo.Context) error {
	c.Set(keyForm, formHTML.name)
	a, err := s.understand(c.Request().Context(), saying, c.Request().URL.RawQuery)
	if err != nil {
		return err
	}
	session, led, err := s.person(c)
	if err != nil || led {
		return err
	}
	view, err := s.comptePage(c, session)
	if err != nil {
		return err
	}
	view.Done = a.fait
	return s.page(c, func(w *bytes.Buffer) error { return s.pages.Compte(w, view) })
}

func (s *Server) comptePage(c echo.Context, session access.Session) (pages.Compte, error) {
	view := pages.Compte{Session: session, Now: s.config.Now()}
	view.Head = s.headFor(c, "")
	if session.Account == 0 {
		return view, nil
	}
	err := s.desk.ask(c.Request().Context(), func(ctx context.Context) (err error) {
		if view.Account, err = s.config.Sessions.Account(ctx, session.Account); err != nil {
			return err
		}
		view.Sessions, err = s.config.Sessions.SessionsOf(ctx, session.Account, view.Now)
		return err
	})
	if err != nil {
		return view, fmt.Errorf("read account: %w", err)
	}
	return view, nil
}

// changeCompte is each form of that page.
func (s *Server) changeCompte(c echo.Context) error {
	c.Set(keyForm, formHTML.name)
	if err := s.fromHere(c); err != nil {
		return err
	}
	session, _, err := s.person(c)
	if err != nil {
		return err
	}
	b, err := s.posted(c)
	if err != nil {
		return err
	}
	what := b.choice("faire", []string{"changer", "fermer", "demander"}, necessary)
	ctx, now := c.Request().Context(), s.config.Now()
	if session.Account == 0 {
		return forbidden{access.ErrForbidden, "Une clé n’a pas de compte. Connectez-vous en personne."}
	}
	switch what {
	case "changer":
		grant := b.integer("role")
		if err := b.end(); err != nil {
			return err
		}
		var token string
		err := s.desk.ask(ctx, func(ctx context.Context) (err error) {
			token, err = s.config.Sessions.ChooseRole(ctx, s.cookieOf(c, sessionCookie), grant, now)
			return err
		})
		if err != nil {
			return fmt.Errorf("choose role: %w", err)
		}
		c.SetCookie(s.cookie(c, sessionCookie, token, 0))
		return s.seeOther(c, "/compte?fait=role")
	case "fermer":
		id := b.line("session", 40, necessary)
		if err := b.end(); err != nil {
			return err
		}
		if err := s.desk.ask(ctx, func(ctx context.Context) error { return s.config.Sessions.CloseSessions(ctx, session.Account, id) }); err != nil {
			return fmt.Errorf("close session: %w", err)
		}
		return s.seeOther(c, "/compte?fait=fermee")
	}
	asked, err := s.roleOf(c.Request().Context(), b, access.Asked(), session.Account, now)
	if err != nil {
		return err
	}
	asked.Expires = now.AddDate(1, 0, 0)
	b.reproach(asked, now)
	why := b.prose("pourquoi", 1000, necessary)
	err = b.end()
	if err == nil {
		err = s.desk.ask(ctx, func(ctx context.Context) error {
			return s.config.Sessions.AskRole(ctx, access.Request{Account: session.Account, Key: asked, Why: why}, now)
		})
	}
	if err != nil {
		view, failed := s.comptePage(c, session)
		if failed != nil {
			return failed
		}
		view.Asked, view.Faults = b.values, told(err)
		return shownAgain{err, func(w *bytes.Buffer) error { return s.pages.Compte(w, view) }}
	}
	s.tellStewards(c, asked, now)
	return s.seeOther(c, "/compte?fait=demande")
}

// tellStewards writes to those who give roles that somebody asks for one; who, the
// page tells.
func (s *Server) tellStewards(c echo.Context, k access.Key, now time.Time) {
	if s.config.Mail == nil {
		return
	}
	var all []string
	err := s.desk.ask(c.Request().Context(), func(ctx context.Context) (err error) {
		all, err = s.config.Sessions.Stewards(ctx, now)
		return err
	})
	if err != nil {
		s.log.Warn("nobody told of a request for a role", "id", requestID(c), "error", err)
	}
	for _, address := range all {
		s.tell(c, address, "Une demande de rôle attend votre réponse",
			fmt.Sprintf("Bonjour,\n\nUne personne demande un rôle dans mednum : %s, pour %s.\n\nSa demande est ici :\n\n%s/comptes\n", k.Role.Label(), or(k.Organisation, "elle-même"), s.base(c.Request())))
	}
}

// roleOf reads the fields that say a role: what, in whose name, where, until when.
func (s *Server) roleOf(ctx context.Context, b *message, among []access.Role, account int64, now time.Time) (access.Key, error) {
	names := make([]string, len(among))
	for i, r := range among {
		names[i] = string(r)
	}
	k := access.Key{ID: access.AccountKey(account), Role: access.Role(b.choice("role", names, necessary)), Organisation: b.line("organisation", 200, necessary), Created: now}
	if number := b.line("siret", 30, optional); number != "" {
		if k.Siren = access.ParseSiret(number); k.Siren == "" {
			b.fault("siret", number, "Ce n’est pas un numéro SIREN (neuf chiffres) ni SIRET (quatorze chiffres).", "")
		}
	}
	kind := b.choice("territoire", []string{"pays", access.Commune, access.Epci, access.Departement, access.Region, access.Places}, optional)
	codes := b.line("codes", 500, optional)
	if kind == "" || kind == "pays" {
		return k, nil
	}
	t, wrong, err := s.grounds(ctx, kind, codes)
	if k.Territory = t; wrong != "" {
		b.fault("codes", codes, wrong, "")
	}
	return k, err
}

// reproach tells what is wrong with a role, in words for a form.
func (b *message) reproach(k access.Key, now time.Time) {
	for _, f := range k.Faults(now) {
		field, sentence := f.Where, french.Capital(f.Message)+"."
		ofRole := strings.HasPrefix(f.Message, "le rôle ") || strings.HasPrefix(f.Message, "une clé ")
		switch f.Where {
		case "role", "organisation":
			continue // told by their fields
		case "siren":
			if field = "siret"; k.Siren != "" {
				continue
			}
			sentence = "Écrivez le numéro SIREN ou SIRET : ce rôle parle au nom d’une organisation."
		case "territory":
			if field = "codes"; b.faulty(field) {
				continue
			}
			switch {
			case !ofRole:
			case k.Role == access.PlaceContributor:
				sentence = "Ce rôle vaut pour des lieux : choisissez « des lieux » et écrivez leurs identifiants."
			case k.Role == access.Contributor:
				sentence = "Ce rôle vaut sur un territoire : choisissez lequel, et écrivez son nom ou son code."
			default:
				sentence = "Ce rôle vaut partout : choisissez « toute la France »."
			}
		case "expires":
			if field = "jusqu_au"; ofRole {
				sentence = "Un rôle dure trois ans au plus : choisissez un jour plus proche."
			}
		}
		b.fault(field, "", sentence, "")
	}
}

// until reads the last day of a role: a year when nothing is said.
func (b *message) until(now time.Time) time.Time {
	if last := b.day("jusqu_au", optional); last.Known() {
		return consultation.EndOfDay(last)
	}
	return now.AddDate(1, 0, 0)
}

// comptes is the list of people, and of what they ask for.
func (s *Server) comptes(c echo.Context) error {
	c.Set(keyForm, formHTML.name)
	a, err := s.understand(c.Request().Context(), enrolling, c.Request().URL.RawQuery)
	if err != nil {
		return err
	}
	view, err := s.comptesPage(c, a.words, a.after)
	if err != nil {
		return err
	}
	view.Done = a.fait
	return s.page(c, func(w *bytes.Buffer) error { return s.pages.Comptes(w, view) })
}

func (s *Server) comptesPage(c echo.Context, words string, before int64) (pages.Comptes, error) {
	view := pages.Comptes{Words: words, CanMail: s.config.Mail != nil, Now: s.config.Now()}
	view.Head = s.headFor(c, "")
	if s.config.Sessions == nil {
		return view, errClosed
	}
	err := s.desk.ask(c.Request().Context(), func(ctx context.Context) (err error) {
		if view.Waiting, err = s.config.Sessions.Waiting(ctx); err != nil {
			return err
		}
		view.Accounts, err = s.config.Sessions.Accounts(ctx, words, before, accountsShown+1)
		return err
	})
	if err != nil {
		return view, fmt.Errorf("list accounts: %w", err)
	}
	if len(view.Accounts) > accountsShown {
		view.Accounts = view.Accounts[:accountsShown]
		q := url.Values{"avant": {strconv.FormatInt(view.Accounts[accountsShown-1].Number, 10)}}
		if words != "" {
			q.Set("q", words)
		}
		view.Next = "/comptes?" + q.Encode()
	}
	return view, nil
}

// invite gives a role to who holds an address, and tells them.
func (s *Server) invite(c echo.Context) error {
	c.Set(keyForm, formHTML.name)
	w, err := s.writes(c)
	if err != nil {
		return err
	}
	if s.config.Sessions == nil {
		return errClosed
	}
	b := w.body
	given := b.line("courriel", 300, necessary)
	address, ok := access.ParseMail(given)
	if given != "" && !ok {
		b.fault("courriel", given, "Écrivez l’adresse en entier : prenom.nom@exemple.fr.", "")
	}
	k, err := s.roleOf(c.Request().Context(), b, access.Roles(), 0, w.at)
	if err != nil {
		return err
	}
	k.Expires = b.until(w.at)
	b.reproach(k, w.at)
	err = b.end()
	if err == nil {
		err = s.desk.ask(c.Request().Context(), func(ctx context.Context) error {
			_, err := s.config.Sessions.Invite(ctx, address, k, w.key, w.at)
			return err
		})
	}
	if err != nil {
		view, failed := s.comptesPage(c, "", 0)
		if failed != nil {
			return failed
		}
		view.Asked, view.Faults = b.values, told(err)
		return shownAgain{err, func(w *bytes.Buffer) error { return s.pages.Comptes(w, view) }}
	}
	s.tell(c, address, "Vous pouvez entrer dans mednum",
		fmt.Sprintf("Bonjour,\n\n%s vous a donné un rôle dans mednum : %s.\n\nPour entrer, ouvrez cette page et demandez un lien à cette adresse :\n\n%s/connexion\n",
			or(w.key.Organisation, "L’administrateur du site"), k.Role.Label(), s.base(c.Request())))
	return s.seeOther(c, "/comptes?fait=invitation")
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// tell writes to somebody, if mail is sent from here. What was done stands
// without it.
func (s *Server) tell(c echo.Context, address, subject, text string) {
	if s.config.Mail == nil || address == "" {
		return
	}
	if s.config.Mail.Send(c.Request().Context(), mail.Message{To: address, Subject: subject, Text: text}) != nil {
		s.log.Warn("message not posted", "id", requestID(c)) // its error names the address
	}
}

// personne is one account, for who decides what it may do.
func (s *Server) personne(c echo.Context) error {
	c.Set(keyForm, formHTML.name)
	a, err := s.understand(c.Request().Context(), saying, c.Request().URL.RawQuery)
	if err != nil {
		return err
	}
	view, err := s.personnePage(c)
	if err != nil {
		return err
	}
	view.Done = a.fait
	return s.page(c, func(w *bytes.Buffer) error { return s.pages.Personne(w, view) })
}

func (s *Server) personnePage(c echo.Context) (pages.Personne, error) {
	view := pages.Personne{Now: s.config.Now()}
	view.Head = s.headFor(c, "")
	if s.config.Sessions == nil {
		return view, errClosed
	}
	number, err := strconv.ParseInt(c.Param("numero"), 10, 64)
	if err != nil || number < 1 {
		return view, access.ErrNoAccount
	}
	err = s.desk.ask(c.Request().Context(), func(ctx context.Context) (err error) {
		view.Account, err = s.config.Sessions.Account(ctx, number)
		return err
	})
	if err != nil {
		return view, fmt.Errorf("read account: %w", err)
	}
	return view, nil
}

// changePersonne is each form of that page.
func (s *Server) changePersonne(c echo.Context) error {
	c.Set(keyForm, formHTML.name)
	w, err := s.writes(c)
	if err != nil {
		return err
	}
	view, err := s.personnePage(c)
	if err != nil {
		return err
	}
	b, number := w.body, view.Account.Number
	path, done := "/comptes/"+strconv.FormatInt(number, 10), ""
	var do func(context.Context) error
	var after func()
	switch b.choice("faire", []string{"donner", "retirer", "accepter", "refuser", "fermer", "rouvrir", "effacer"}, necessary) {
	case "donner":
		k, err := s.roleOf(c.Request().Context(), b, access.Roles(), number, w.at)
		if err != nil {
			return err
		}
		k.Expires = b.until(w.at)
		b.reproach(k, w.at)
		done = "donne"
		do = func(ctx context.Context) error { return s.config.Sessions.GiveRole(ctx, number, k, w.key, w.at) }
	case "retirer":
		grant, reason := b.integer("role"), b.prose("motif", 1000, necessary)
		done = "retire"
		do = func(ctx context.Context) error {
			return s.config.Sessions.WithdrawRole(ctx, number, grant, reason, w.key, w.at)
		}
	case "accepter":
		request, reason := b.integer("demande"), b.prose("motif", 1000, optional)
		done = "accepte"
		do, after = s.answering(c, w, request, true, reason)
	case "refuser":
		request, reason := b.integer("demande"), b.prose("motif", 1000, necessary)
		done = "refuse"
		do, after = s.answering(c, w, request, false, reason)
	case "fermer":
		done = "ferme"
		do = func(ctx context.Context) error { return s.config.Sessions.Disable(ctx, number, true, w.key, w.at) }
	case "rouvrir":
		done = "rouvert"
		do = func(ctx context.Context) error { return s.config.Sessions.Disable(ctx, number, false, w.key, w.at) }
	case "effacer":
		if sure := b.yes("certain"); sure == nil || !*sure {
			b.fault("certain", "", "Cochez la case : un compte effacé ne revient pas.", "")
		}
		done = "efface"
		do = func(ctx context.Context) error { return s.config.Sessions.Erase(ctx, number, w.key, w.at) }
	}
	if err = b.end(); err == nil {
		err = s.desk.ask(c.Request().Context(), do)
	}
	if err != nil {
		view.Asked, view.Faults = b.values, told(err)
		var denial *access.Denial
		if len(view.Faults) == 0 && !errors.As(err, &denial) {
			return err
		}
		if denial != nil {
			view.Refusal = denial.Reason
		}
		return shownAgain{err, func(w *bytes.Buffer) error { return s.pages.Personne(w, view) }}
	}
	if after != nil {
		after()
	}
	return s.seeOther(c, path+"?fait="+done)
}

// answering answers a request, then tells the person.
func (s *Server) answering(c echo.Context, w *written, request int64, accept bool, reason string) (do func(context.Context) error, after func()) {
	var r access.Request
	return func(ctx context.Context) (err error) {
			r, err = s.config.Sessions.AnswerRequest(ctx, request, accept, reason, w.at.AddDate(1, 0, 0), w.key, w.at)
			return err
		}, func() {
			verdict := "n’est pas acceptée"
			if accept {
				verdict = "est acceptée"
			}
			text := fmt.Sprintf("Bonjour,\n\nVotre demande de rôle (%s) %s.\n", r.Role.Label(), verdict)
			if reason != "" {
				text += "\n" + reason + "\n"
			}
			s.tell(c, r.Mail, "Votre demande de rôle dans mednum", text+"\n"+s.base(c.Request())+"/compte\n")
		}
}
