package api

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"mednum/api/pages"
	"mednum/internal/access"
	"mednum/internal/mail"
	"mednum/internal/place"
	"mednum/internal/ticket"
)

// claimedFor is how long the people of a place keep it before they are asked
// again.
const claimedFor = 2 // years

func (s *Server) ticketDoors() []door {
	const lieu = "/collections/lieux/items/:featureId"
	return []door{
		reads("/signalements", s.queue).to(access.Handle).about(inHandler),
		posts("/signalements", s.submitReport),
		reads("/signalements/nouveau", s.reportForm),
		reads("/signalements/suivi", s.followTicket),
		posts("/signalements/lot", s.dropTickets).to(access.Handle).about(inHandler),
		reads("/signalements/:numero", s.ticketPage),
		posts("/signalements/:numero/etapes", s.stepTicket).to(access.Handle).about(inHandler),
		reads(lieu+"/revendication", s.claimForm),
		posts(lieu+"/revendication", s.claim),
		reads("/revendications/:jeton", s.claimLink),
		posts("/revendications/:jeton", s.useClaim),
	}
}

// published are the addresses that a place publishes, that a letter can go to.
func published(p *place.Place) (out []string) {
	for _, given := range p.Courriels {
		if m, ok := access.ParseMail(given); ok && !slices.Contains(out, m) {
			out = append(out, m)
		}
	}
	return out
}

// known is the address of this site in a letter. Nobody's Host header is taken
// for it: a link in a letter leads where the operator says, or to this machine.
func (s *Server) known(r *http.Request) string {
	if s.config.PublicURL != "" {
		return s.config.PublicURL
	}
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = r.Host
	}
	if ip := net.ParseIP(host); host == "localhost" || ip != nil && ip.IsLoopback() {
		return s.base(r)
	}
	return ""
}

// writesTo reports whether this server can send a link, and give what it opens.
func (s *Server) writesTo(r *http.Request) bool {
	return s.config.Mail != nil && s.config.Sessions != nil && s.known(r) != ""
}

// claimForm is the page where the people of a place say that it is theirs.
func (s *Server) claimForm(c echo.Context) error {
	c.Set(keyForm, formHTML.name)
	if s.config.Tickets == nil {
		return errNoTickets
	}
	a, err := s.understand(c.Request().Context(), saying, c.Request().URL.RawQuery)
	if err != nil {
		return err
	}
	view, err := s.claimView(c, url.Values{})
	if err != nil {
		return err
	}
	view.Saved = a.fait
	c.Response().Header().Set("Cache-Control", "private, no-store")
	c.Response().Header().Set("X-Robots-Tag", "noindex")
	return s.page(c, func(w *bytes.Buffer) error { return s.pages.Revendication(w, view) })
}

func (s *Server) claimView(c echo.Context, asked url.Values) (view pages.Revendication, err error) {
	ctx := c.Request().Context()
	secret, err := s.ticketSecret(ctx)
	if err != nil {
		return view, err
	}
	t, _, _, err := s.placeCalled(ctx, c.Param("featureId"))
	if err != nil {
		return view, err
	}
	view = pages.Revendication{Head: s.headFor(c, ""), ID: t.id, Nom: t.place.Nom, Commune: t.place.Commune, Asked: asked, Now: s.config.Now()}
	view.Token = formToken(secret, "claim "+t.id, view.Now)
	if s.writesTo(c.Request()) {
		view.Mails = published(&t.place)
	}
	return view, nil
}

// claim sends a link to an address that the place publishes: never to another.
// Of a place that publishes none, an agent is told.
func (s *Server) claim(c echo.Context) error {
	if s.config.Tickets == nil {
		return errNoTickets
	}
	if err := s.fromHere(c); err != nil {
		return err
	}
	b, err := s.posted(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	secret, err := s.ticketSecret(ctx)
	if err != nil {
		return err
	}
	t, _, version, err := s.placeCalled(ctx, c.Param("featureId"))
	if err != nil {
		return err
	}
	w := &written{body: b, at: s.config.Now()}
	if err := w.seal(c, sha256.Sum256(b.text)); err != nil {
		return err
	}
	from := s.caller(c.Request())
	digest := sha256.Sum256([]byte(w.mark + from.String()))
	w.mark = string(digest[:])
	mails := published(&t.place)
	if !s.writesTo(c.Request()) {
		mails = nil
	}
	path, fait := "/collections/lieux/items/"+t.id+"/revendication", "envoye"
	if len(mails) == 0 {
		path, err = s.claimInWords(c, w, &t, version, secret)
		fait = ""
	} else {
		err = s.claimByMail(c, w, &t, mails, secret)
	}
	if err != nil {
		if !b.form {
			return err
		}
		view, failed := s.claimView(c, b.values)
		if failed != nil {
			return err
		}
		view.Faults = saidOf(err)
		return shownAgain{err, func(b *bytes.Buffer) error { return s.pages.Revendication(b, view) }}
	}
	return s.result(c, w, http.StatusAccepted, path, fait, struct {
		Sent  bool   `json:"envoye"`
		Links []link `json:"links"`
	}{len(mails) > 0, []link{{s.base(c.Request()) + path, "related", typeHTML, "La suite"}}})
}

func (s *Server) claimByMail(c echo.Context, w *written, t *target, mails []string, secret []byte) error {
	b := w.body
	trap(b, secret, "claim "+t.id, w.at)
	to := b.choice("courriel", mails, necessary)
	if err := b.end(); err != nil {
		return err
	}
	_, err := s.once(c, w, repeatKept, func(ctx context.Context) (string, error) {
		if !s.tickets.floods.claims.pass(s.caller(c.Request()).String(), w.at) {
			return "", errFlooded
		}
		token, hash, err := access.NewToken(rand.Reader)
		if err != nil {
			return "", err
		}
		if err := s.desk.ask(ctx, func(ctx context.Context) error { return s.config.Tickets.OpenClaim(ctx, t.id, to, hash, w.at) }); err != nil {
			return "", err
		}
		subject, body := ticket.ClaimLetter(t.place.Nom, s.known(c.Request())+"/revendications/"+token)
		return "", s.config.Mail.Send(ctx, mail.Message{To: to, Subject: subject, Text: body})
	})
	if err != nil {
		return fmt.Errorf("claim %s: %w", t.id, err)
	}
	return nil
}

// claimInWords makes a claim a report for the agents of the place.
func (s *Server) claimInWords(c echo.Context, w *written, t *target, version int64, secret []byte) (path string, err error) {
	b := w.body
	trap(b, secret, "claim "+t.id, w.at)
	r := ticket.Report{Kind: ticket.Claim, Place: t.id, Nom: t.place.Nom, Base: version, At: w.at, Network: unreadable(secret, s.caller(c.Request()))}
	r.Where.Commune, r.Where.CodeInsee = t.place.Commune, t.place.CodeInsee
	r.Text = b.prose("texte", ticket.TextMaximum, necessary)
	if given := b.line("courriel", 300, necessary); given != "" {
		var ok bool
		if r.Mail, ok = access.ParseMail(given); !ok {
			b.fault("courriel", given, "Cette adresse n’en est pas une. Écrivez-la comme nom@exemple.fr.", "")
		}
	}
	if err := b.end(); err != nil {
		return "", err
	}
	number, err := s.once(c, w, repeatKept, func(ctx context.Context) (string, error) {
		made, err := s.keepReport(ctx, c, &r, access.Key{})
		return string(made.Number), err
	})
	if err != nil {
		return "", err
	}
	return ticketPath(ticket.Number(number)), nil
}

// claimOf finds what a link opens.
func (s *Server) claimOf(c echo.Context) (hash []byte, t target, err error) {
	if s.config.Tickets == nil || s.config.Sessions == nil {
		return nil, t, errNoTickets
	}
	ctx := c.Request().Context()
	// The link is in the address of this page: nobody else is told it.
	h := c.Response().Header()
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "private, no-store")
	h.Set("X-Robots-Tag", "noindex")
	hash, ok := access.ParseToken(c.Param("jeton"))
	if !ok {
		return nil, t, fmt.Errorf("read a link: %w", ticket.ErrClaim)
	}
	id := ""
	err = s.desk.ask(ctx, func(ctx context.Context) error {
		id, _, err = s.config.Tickets.Claimed(ctx, hash, s.config.Now())
		return err
	})
	if errors.Is(err, ticket.ErrClaim) && !s.tickets.floods.misses.pass(s.caller(c.Request()).String(), s.config.Now()) {
		return nil, t, errFlooded
	}
	if err != nil {
		return nil, t, fmt.Errorf("read a link: %w", err)
	}
	t, _, _, err = s.placeCalled(ctx, id)
	return hash, t, err
}

// claimLink is the page of a link: opening it changes nothing, for the readers of
// mail open links before people do.
func (s *Server) claimLink(c echo.Context) error {
	c.Set(keyForm, formHTML.name)
	if _, err := s.understand(c.Request().Context(), plain, c.Request().URL.RawQuery); err != nil {
		return err
	}
	_, t, err := s.claimOf(c)
	if err != nil {
		return err
	}
	view := pages.Revendication{Head: s.headFor(c, ""), ID: t.id, Nom: t.place.Nom, Commune: t.place.Commune, Link: "/revendications/" + c.Param("jeton"), Now: s.config.Now()}
	view.Path = "/" // not the link itself
	return s.page(c, func(w *bytes.Buffer) error { return s.pages.Revendication(w, view) })
}

// useClaim gives the place to who holds its address, and opens their session.
func (s *Server) useClaim(c echo.Context) error {
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
	hash, t, err := s.claimOf(c)
	if err != nil {
		return err
	}
	now := s.config.Now()
	key := access.Key{Role: access.PlaceContributor, Organisation: strings.TrimSpace(t.place.Nom), Siren: access.ParseSiret(t.place.Pivot),
		Territory: access.Territory{Kind: access.Places, Codes: []string{t.id}}, Created: now, Expires: now.AddDate(claimedFor, 0, 0)}
	var account int64
	err = s.desk.ask(c.Request().Context(), func(ctx context.Context) (err error) {
		account, err = s.config.Tickets.UseClaim(ctx, hash, key, now)
		return err
	})
	if err != nil {
		return fmt.Errorf("claim %s: %w", t.id, err)
	}
	s.versions.forget()
	if err := s.enter(c, access.Session{Account: account, Means: access.ByMail}, ""); err != nil {
		return err
	}
	return s.seeOther(c, "/collections/lieux/items/"+t.id+"/revendication?fait=tenu")
}
