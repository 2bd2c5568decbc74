package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"mednum/api/pages"
	"mednum/internal/access"
	"mednum/internal/consultation"
	"mednum/internal/history"
	"mednum/internal/identity"
	"mednum/internal/intake"
	"mednum/internal/mapping"
	"mednum/internal/match"
	"mednum/internal/place"
	"mednum/internal/quality"
	"mednum/internal/sheet"
	"mednum/internal/ticket"
)

// fault is one thing wrong in a request.
type fault struct {
	Parameter  string `json:"parameter"`
	Value      string `json:"value"`                // as received
	Detail     string `json:"detail"`               // French: what to write
	Suggestion string `json:"suggestion,omitempty"` // a value that can be sent as it is
}

// String is the fault as a page shows it.
func (f fault) String() string {
	s := f.Parameter + " : " + f.Detail
	if f.Suggestion != "" {
		s += " Vouliez-vous dire « " + f.Suggestion + " » ?"
	}
	return s
}

// faults is everything wrong in a request, told at once.
type faults []fault

func (f faults) Error() string { return fmt.Sprintf("%d wrong parameters", len(f)) }

// problem is an answer of RFC 9457.
type problem struct {
	Type      string  `json:"type"`
	Title     string  `json:"title"`
	Status    int     `json:"status"`
	Detail    string  `json:"detail"`
	RequestID string  `json:"request_id"`
	Errors    []fault `json:"errors,omitempty"`

	Conflict *conflictWire `json:"conflit,omitempty"`   // of two editors of a place
	Twins    []twinWire    `json:"jumeaux,omitempty"`   // of a new place
	Closure  *closureWire  `json:"fermeture,omitempty"` // of a closed place
}

var (
	errBusy          = errors.New("too many requests at once")
	errNotAcceptable = errors.New("no acceptable representation")
	errNotReady      = errors.New("not ready")
	errStopping      = errors.New("server is stopping")
	errNoFile        = errors.New("no such file")
	errNoCommune     = errors.New("no such commune")
)

// statusClientGone is what logs and metrics say of a client that left before
// the answer: nobody receives it.
const statusClientGone = 499

// outcomes turns errors into answers. The first that matches counts; what is
// not here is a 500 that says nothing of its cause.
var outcomes = []struct {
	is     func(error) bool
	status int
	detail string
}{
	{is(context.Canceled), statusClientGone, "La demande a été abandonnée."},
	{is(place.ErrNotFound), http.StatusNotFound, "Aucun lieu n’a cet identifiant. L’adresse a peut-être été mal recopiée."},
	{is(place.ErrGone), http.StatusGone, "Ce lieu n’est plus dans le recensement : sa source l’a retiré."},
	{is(errNoCommune), http.StatusNotFound, "Aucune commune n’a ce code, ni aujourd’hui ni autrefois."},
	{is(errNoWork), http.StatusNotFound, "Ce serveur n’a pas de pages de territoire."},
	{is(errNoTerritory), http.StatusBadRequest, "Votre rôle vaut partout : dites de quel territoire, avec territoire=departement:51 ou territoire=pays."},
	{is(errNoFile), http.StatusNotFound, "Ce fichier n’existe pas."},
	{is(errNotAcceptable), http.StatusNotAcceptable, "Aucune forme de cette réponse ne convient à l’en-tête Accept. Écrire Accept: */*, ou choisir avec le paramètre f."},
	{is(quality.ErrNoScore), http.StatusNotFound, "Ce lieu n’a pas encore été évalué."},
	{is(consultation.ErrNoVersion), http.StatusNotFound, "Aucune version du référentiel n’a ce numéro. La liste est à /referentiels."},
	{is(consultation.ErrNoRemontee), http.StatusNotFound, "Aucune remontée n’a ce numéro."},
	{is(consultation.ErrNoContest), http.StatusNotFound, "Aucune contestation n’a ce numéro."},
	{is(consultation.ErrNoSimulation), http.StatusNotFound, "Aucune simulation n’a encore été faite de cette version."},
	{is(errNoEdits), http.StatusNotFound, "Ce serveur ne prend pas de corrections."},
	{is(errNoRevision), http.StatusNotFound, "Ce lieu n’a pas de version de ce numéro. Son historique les dit toutes."},
	{is(errUnknownRevision), http.StatusNotFound, "Aucune révision n’a ce numéro. La liste est à /revisions."},
	{is(errNoJournal), http.StatusNotFound, "Ce serveur ne garde pas l’historique des lieux."},
	{is(errNoIntake), http.StatusNotFound, "Ce serveur ne prend pas de fichiers et ne rapproche pas de fiches."},
	{is(intake.ErrNoDeposit), http.StatusNotFound, "Aucun dépôt n’a ce numéro, ou il est d’une autre organisation."},
	{is(intake.ErrNoSource), http.StatusNotFound, "Aucune source n’a ce numéro."},
	{is(match.ErrNoPair), http.StatusNotFound, "Aucune paire de fiches n’a ce numéro."},
	{is(intake.ErrState), http.StatusConflict, "Ce dépôt n’en est plus là. Rouvrez sa page : elle dit où il en est."},
	{is(errNoMapping), http.StatusUnprocessableEntity, "Le corps ne contient aucune correspondance."},
	{is(access.ErrNoAccount), http.StatusNotFound, "Aucun compte n’a ce numéro."},
	{is(access.ErrNoRequest), http.StatusNotFound, "Aucune demande n’a ce numéro."},
	{is(access.ErrLink), http.StatusGone, "Ce lien n’ouvre plus rien. Demandez-en un autre."},
	{is(errNoIdentity), http.StatusNotFound, "Ce site n’a pas de service d’identification. La page /connexion dit comment entrer."},
	{is(errNoMail), http.StatusNotFound, "Ce site n’envoie pas de courriel. La page /connexion dit comment entrer."},
	{is(errManyLinks), http.StatusTooManyRequests, "Beaucoup de liens ont été demandés depuis votre réseau. Attendez une minute."},
	{is(identity.ErrAway), http.StatusServiceUnavailable, "Le service d’identification ne répond pas. Réessayez dans un instant."},
	{is(identity.ErrRefused), http.StatusUnauthorized, "L’identification n’a pas abouti. Recommencez depuis la page /connexion."},
	{is(errSession), http.StatusUnauthorized, "Votre session est terminée. Connectez-vous, puis recommencez."},
	{is(errNoTickets), http.StatusNotFound, "Ce serveur ne prend pas de signalements."},
	{is(ticket.ErrNone), http.StatusNotFound, "Aucun signalement n’a ce numéro. Vérifiez ses sept signes, comme K7QF-2M9."},
	{is(ticket.ErrClaim), http.StatusGone, "Ce lien n’ouvre plus rien : il a servi, ou il a plus de trois jours. Demandez-en un autre sur la page du lieu."},
	{is(ticket.ErrClaims), http.StatusTooManyRequests, "Plusieurs liens sont déjà partis aujourd’hui. Regardez la boîte mail du lieu, ou revenez demain."},
	{is(ticket.ErrFull), http.StatusTooManyRequests, "Beaucoup de signalements attendent déjà une réponse. Revenez demain, ou appelez le lieu."},
	{is(errFlooded), http.StatusTooManyRequests, "Beaucoup de demandes arrivent de votre réseau. Attendez quelques minutes, puis envoyez de nouveau."},
	{is(errNoKey), http.StatusUnauthorized, "Écrire demande une clé : l’en-tête Authorization: Bearer <clé>, ou la page /connexion."},
	{is(access.ErrKey), http.StatusUnauthorized, "Cette clé n’est pas reconnue : elle est inconnue, expirée ou révoquée."},
	{is(access.ErrForbidden), http.StatusForbidden, "Votre rôle ne permet pas cela."},
	{is(errCrossSite), http.StatusForbidden, "Cette demande vient de la page d’un autre site : elle est refusée."},
	{is(errTooOften), http.StatusTooManyRequests, "Trop de clés refusées depuis cette adresse. Attendez une minute, puis essayez de nouveau."},
	{is(errFileTooLarge), http.StatusRequestEntityTooLarge, "Ce fichier est trop lourd. Compressez-le en ZIP, ou déposez-le en plusieurs parties."},
	{is(errTooLarge), http.StatusRequestEntityTooLarge, "Le corps de la demande dépasse 1 Mo."},
	{is(errMediaType), http.StatusUnsupportedMediaType, "Ce type de corps ne se lit pas ici. Les types sont application/json et application/x-www-form-urlencoded."},
	{is(errNoIfMatch), http.StatusPreconditionRequired, "Il manque l’en-tête If-Match : y mettre l’ETag du document que vous avez lu."},
	{is(history.ErrStale), http.StatusPreconditionFailed, "Quelqu’un d’autre a changé ce lieu entre-temps : voir conflit. Relisez-le, puis envoyez ce que vous gardez."},
	{is(consultation.ErrChanged), http.StatusPreconditionFailed, "Quelqu’un d’autre a enregistré entre-temps. Relisez le document, puis recommencez."},
	{is(errClosed), http.StatusServiceUnavailable, "Le référentiel n’est pas ouvert sur ce serveur."},
	{is(errBusy), http.StatusServiceUnavailable, "Trop de demandes arrivent en même temps. Essayez de nouveau dans un instant."},
	{is(errStopping), http.StatusServiceUnavailable, "Le service s’arrête. Essayez de nouveau dans un instant."},
	{is(errNotReady), http.StatusServiceUnavailable, "Le service n’est pas prêt : sa base de données ne répond pas, ou ses migrations ne sont pas faites."},
	{timedOut, http.StatusServiceUnavailable, "La réponse a pris trop de temps. Essayez de nouveau, ou demandez moins à la fois."},
	{unreachable, http.StatusServiceUnavailable, "La base de données ne répond pas. Essayez de nouveau dans un instant."},
}

func is(target error) func(error) bool {
	return func(err error) bool { return errors.Is(err, target) }
}

// sqlState is the database's own code of an error; "" when it is not one of
// its errors. The drivers' errors have this method.
func sqlState(err error) string {
	var coded interface{ SQLState() string }
	if errors.As(err, &coded) {
		return coded.SQLState()
	}
	return ""
}

// timedOut: our own deadline, or the database's statement time-out (57014).
func timedOut(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || sqlState(err) == "57014"
}

// unreachable: no connection to the database (08), one that broke, it has none
// left (53300), or it is stopping or starting (57P).
func unreachable(err error) bool {
	var network *net.OpError
	state := sqlState(err)
	return errors.As(err, &network) || errors.Is(err, io.ErrUnexpectedEOF) || strings.HasPrefix(state, "08") || strings.HasPrefix(state, "57P") || state == "53300"
}

var titles = map[int]string{
	http.StatusBadRequest:            "Demande fautive",
	http.StatusUnauthorized:          "Il faut une clé",
	http.StatusForbidden:             "Refusé à cette clé",
	http.StatusNotFound:              "Introuvable",
	http.StatusConflict:              "L’état ne le permet pas",
	http.StatusPreconditionFailed:    "Changé entre-temps",
	http.StatusUnsupportedMediaType:  "Type de corps inconnu",
	http.StatusUnprocessableEntity:   "Corps fautif",
	http.StatusPreconditionRequired:  "Condition nécessaire",
	http.StatusTooManyRequests:       "Trop d’essais",
	http.StatusMethodNotAllowed:      "Méthode refusée",
	http.StatusNotAcceptable:         "Aucune forme ne convient",
	http.StatusGone:                  "Retiré",
	http.StatusRequestEntityTooLarge: "Demande trop longue",
	http.StatusInternalServerError:   "Erreur de notre côté",
	http.StatusServiceUnavailable:    "Service indisponible",
}

// judge says what is answered for an error, and nothing of its cause that is
// not meant for callers.
func judge(err error) problem {
	p := problem{Type: "about:blank", Status: http.StatusInternalServerError,
		Detail: "Quelque chose s’est mal passé de notre côté. Réessayez plus tard ; si cela dure, écrivez-nous avec le numéro de la demande."}
	for _, o := range outcomes {
		if o.is(err) {
			p.Status, p.Detail = o.status, o.detail
			break
		}
	}
	var denial *access.Denial
	var refused forbidden
	var refusal *consultation.Refusal
	var wrongBody unprocessable
	var wrongDocument quality.Faults
	var wrongMapping mapping.Faults
	var wrongFile *sheet.FileError
	var held *intake.Refusal
	var moved *place.Moved
	var gone *history.Gone
	var alike *history.Alike
	var wrongPlace *history.Refused
	var stuck *ticket.Refusal
	var wrong faults
	var routed *echo.HTTPError
	p.Conflict, p.Twins = conflictOf(err), twinsOf(err)
	switch {
	case errors.As(err, &gone):
		p.Detail, p.Closure = closedSentence(gone.Closure), closureWireOf(gone.Closure)
	case errors.As(err, &alike):
		p.Status, p.Detail = http.StatusConflict, "Le recensement a peut-être déjà ce lieu : voir jumeaux. Si c’en est un autre, envoyez-le de nouveau avec autre_lieu=true."
	case errors.As(err, &wrongPlace):
		p.Status, p.Errors = http.StatusUnprocessableEntity, faultsOf(err)
		p.Detail = counted(len(p.Errors), "Le corps de la demande")
	case errors.As(err, &moved):
		p.Status, p.Detail = http.StatusPermanentRedirect, "Ce lieu en a rejoint un autre : "+moved.ID+"."
	case errors.As(err, &held):
		p.Status, p.Errors = http.StatusConflict, faultsOf(err)
		if errors.Is(err, access.ErrForbidden) {
			p.Status = http.StatusForbidden
		}
		p.Detail = "Ce n’est pas possible maintenant : voir errors."
		if len(held.Reasons) == 1 {
			p.Detail = held.Reasons[0]
		}
	case errors.As(err, &stuck):
		p.Status, p.Errors = http.StatusConflict, faultsOf(err)
		p.Detail = "Ce n’est pas possible maintenant : voir errors."
		if len(stuck.Reasons) == 1 {
			p.Detail = stuck.Reasons[0]
		}
	case errors.As(err, &wrongFile):
		p.Status, p.Detail = http.StatusUnprocessableEntity, wrongFile.Message
	case errors.As(err, &refused):
		p.Status, p.Detail = http.StatusForbidden, refused.detail
	case errors.As(err, &denial) && p.Status != http.StatusInternalServerError:
		p.Detail = denial.Reason
	case errors.As(err, &wrongBody), errors.As(err, &wrongDocument), errors.As(err, &wrongMapping):
		p.Status, p.Errors = http.StatusUnprocessableEntity, faultsOf(err)
		p.Detail = counted(len(p.Errors), "Le corps de la demande")
	case errors.As(err, &wrong):
		p.Status, p.Errors = http.StatusBadRequest, wrong
		p.Detail = counted(len(wrong), "La demande")
	case errors.As(err, &refusal):
		p.Status, p.Errors = http.StatusConflict, faultsOf(err)
		p.Detail = "Ce n’est pas possible dans cet état : voir errors."
		if len(refusal.Reasons) == 1 {
			p.Detail = refusal.Reasons[0]
		}
	case errors.As(err, &routed):
		switch routed.Code {
		case http.StatusNotFound:
			p.Status, p.Detail = routed.Code, "Rien n’existe à cette adresse. Les collections sont /collections/lieux et /collections/communes ; tout part de /."
		case http.StatusMethodNotAllowed:
			p.Status, p.Detail = routed.Code, "Cette adresse ne prend pas cette méthode : voir l’en-tête Allow."
		}
	default:
		p.Errors = faultsOf(err)
	}
	p.Title = titles[p.Status]
	return p
}

// counted says that something has n faults.
func counted(n int, what string) string {
	if n == 1 {
		return what + " contient une faute : voir errors."
	}
	return fmt.Sprintf("%s contient %d fautes : voir errors.", what, n)
}

// faultsOf gives everything that an error says to be wrong, as callers read it.
func faultsOf(err error) faults {
	var stuck *ticket.Refusal
	var wrong faults
	var wrongBody unprocessable
	var changed stale
	var wrongDocument quality.Faults
	var wrongMapping mapping.Faults
	var wrongFile *sheet.FileError
	var held *intake.Refusal
	var refusal *consultation.Refusal
	var wrongPlace *history.Refused
	switch {
	case errors.As(err, &wrongPlace):
		return findingFaults(wrongPlace.Findings)
	case errors.As(err, &wrongBody):
		return wrongBody.faults
	case errors.As(err, &changed):
		return faults{{Parameter: "If-Match", Value: shown(changed.given), Detail: "Le document a changé : son empreinte est aujourd’hui celle de suggestion.", Suggestion: `"` + changed.current + `"`}}
	case errors.As(err, &wrong):
		return wrong
	case errors.As(err, &wrongDocument):
		for _, f := range wrongDocument {
			wrong = append(wrong, fault{Parameter: f.Where, Value: shown(f.Found), Detail: f.Message})
		}
	case errors.As(err, &wrongMapping):
		for _, f := range wrongMapping {
			detail := f.Message
			if f.Line > 0 {
				detail = fmt.Sprintf("Ligne %d : %s", f.Line, detail)
			}
			wrong = append(wrong, fault{Parameter: f.Where, Value: shown(f.Found), Detail: detail})
		}
	case errors.As(err, &wrongFile):
		wrong = faults{{Parameter: "fichier", Detail: wrongFile.Message}}
	case errors.As(err, &stuck):
		for _, reason := range stuck.Reasons {
			wrong = append(wrong, fault{Detail: reason})
		}
	case errors.As(err, &held):
		for _, reason := range held.Reasons {
			wrong = append(wrong, fault{Detail: reason})
		}
	case errors.As(err, &refusal):
		for _, reason := range refusal.Reasons {
			wrong = append(wrong, fault{Detail: reason})
		}
	}
	return wrong
}

// stale is a save over what somebody else saved.
type stale struct{ given, current string }

func (stale) Error() string { return consultation.ErrChanged.Error() }
func (stale) Unwrap() error { return consultation.ErrChanged }

// fail is Echo's error handler: the only place where a status other than
// success is written.
func (s *Server) fail(err error, c echo.Context) {
	p := judge(err)
	c.Set(keyError, err)
	if c.Response().Committed {
		// Part of the answer has left with status 200: cut the connection, so
		// that nobody takes the beginning for the whole.
		panic(http.ErrAbortHandler)
	}
	p.RequestID = requestID(c)
	h := c.Response().Header()
	h.Del("ETag")
	h.Del(echo.HeaderContentDisposition)
	h.Set("Cache-Control", "no-store")
	switch p.Status {
	case http.StatusServiceUnavailable:
		h.Set("Retry-After", "2")
	case http.StatusTooManyRequests:
		h.Set("Retry-After", strconv.Itoa(int(refusalEvery.Seconds())))
	case http.StatusUnauthorized:
		challenge := `Bearer realm="mednum"`
		if errors.Is(err, access.ErrKey) {
			challenge += `, error="invalid_token"`
		}
		h.Set("WWW-Authenticate", challenge)
	}
	if p.Status == http.StatusGone || p.Status == http.StatusNotFound {
		// May come back to life with the next import.
		h.Set("Cache-Control", "public, max-age=0, must-revalidate")
	}
	var moved *place.Moved
	if errors.As(err, &moved) {
		// The same page of the place that it joined, with the same question.
		target := *c.Request().URL
		target.Path = strings.Replace(target.Path, c.Param("featureId"), moved.ID, 1)
		target.RawPath, target.Scheme, target.Host = "", "", ""
		h.Set(echo.HeaderLocation, target.RequestURI())
		h.Set("Cache-Control", "public, max-age=0, must-revalidate")
		_ = s.send(c, p.Status, nil) // the client is gone: nobody to tell
		return
	}
	if p.Status == statusClientGone {
		c.Response().Status = statusClientGone
		return
	}
	if s.wantsHTML(c) {
		var again shownAgain
		var form bytes.Buffer
		if errors.As(err, &again) && again.render(&form) == nil {
			h.Set(echo.HeaderContentType, typeHTML)
			h.Set("Cache-Control", "private, no-store")
			_ = s.send(c, p.Status, form.Bytes()) // the client is gone: nobody to tell
			return
		}
		var gone *history.Gone
		if errors.As(err, &gone) && s.pages.Ferme(&form, s.closedPage(c, gone.Closure)) == nil {
			h.Set(echo.HeaderContentType, typeHTML)
			_ = s.send(c, p.Status, form.Bytes()) // the client is gone: nobody to tell
			return
		}
		view := pages.Problem{Head: s.head(c, ""), Status: p.Status, Message: p.Detail}
		for _, f := range p.Errors {
			view.Details = append(view.Details, f.String())
		}
		var nowhere *echo.HTTPError
		if p.Status == http.StatusNotFound && errors.As(err, &nowhere) {
			view.Message = "Rien n’existe à cette adresse." // people need no list of collections
		}
		if p.Status == http.StatusBadRequest && len(view.Details) > 0 {
			view.Message = "L’adresse de cette page contient une erreur."
		} else if p.Status == http.StatusUnprocessableEntity || len(view.Details) > 1 {
			view.Message = "Ce qui a été envoyé ne peut pas être enregistré."
		}
		var page bytes.Buffer
		if err := s.pages.Problem(&page, view); err == nil && page.Len() > 0 {
			h.Set(echo.HeaderContentType, typeHTML)
			_ = s.send(c, p.Status, page.Bytes()) // the client is gone: nobody to tell
			return
		}
	}
	h.Set(echo.HeaderContentType, "application/problem+json")
	_ = s.send(c, p.Status, encode(p))
}
