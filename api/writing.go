package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/sync/singleflight"

	"mednum/internal/access"
	"mednum/internal/place"
	"mednum/internal/territory"
)

var (
	errTooLarge  = errors.New("body too large")
	errMediaType = errors.New("unknown type of body")
	errClosed    = errors.New("the référentiel is not served here")
)

// shownAgain is a failure whose page is the form that was posted, with what was
// wrong beside its fields. Programs are answered as for any other error.
type shownAgain struct {
	error
	render func(*bytes.Buffer) error
}

func (e shownAgain) Unwrap() error { return e.error }

// forbidden is a refusal in French.
type forbidden struct {
	error
	detail string
}

func (f forbidden) Unwrap() error { return f.error }

// written is a request that writes, understood so far: by whom, what, when.
type written struct {
	key  access.Key
	body *message
	at   time.Time
	mark string   // of the request: the same one, sent twice, has the same
	sum  [32]byte // of its body
	long bool     // the client said which requests are the same

	target target // of a door that is about a place
}

// fromHere refuses what another site's page sent in somebody's name. A key in a
// header is no page's: it was written there on purpose.
func (s *Server) fromHere(c echo.Context) error {
	if c.Request().Header.Get("Authorization") == "" {
		if err := s.origins.Check(c.Request()); err != nil {
			return fmt.Errorf("%w: %w", errCrossSite, err)
		}
	}
	if s.config.Consultations == nil || s.config.Scores == nil {
		return errClosed
	}
	return nil
}

// posted reads the body of a request that takes no parameter.
func (s *Server) posted(c echo.Context) (*message, error) {
	if _, err := s.understand(c.Request().Context(), plain, c.Request().URL.RawQuery); err != nil {
		return nil, err
	}
	return readBody(c)
}

// writes begins every request that writes, behind a door that let its key pass:
// its body can be read. Where the door is for several operations, ops narrows.
func (s *Server) writes(c echo.Context, ops ...access.Operation) (*written, error) {
	w, err := s.enters(c, ops...)
	if err != nil {
		return nil, err
	}
	if w.body, err = s.posted(c); err != nil {
		return nil, err
	}
	return w, w.seal(c, sha256.Sum256(w.body.text))
}

// enters is writes for those that read their body by themselves.
func (s *Server) enters(c echo.Context, ops ...access.Operation) (*written, error) {
	w, ok := c.Get(keyAdmitted).(*written)
	if !ok {
		return nil, fmt.Errorf("%s %s: no door asked for a key", c.Request().Method, c.Path())
	}
	if len(ops) > 0 {
		return w, w.may(ops...)
	}
	return w, nil
}

// seal tells the request from any other, by the sum of its body or the name that
// the client gave it.
func (w *written) seal(c echo.Context, sum [32]byte) error {
	w.sum = sum
	same := string(w.sum[:])
	if given := strings.TrimSpace(c.Request().Header.Get("Idempotency-Key")); given != "" {
		if len(given) > 100 {
			return faults{{Parameter: "Idempotency-Key", Value: shown(given), Detail: "Cent signes au plus."}}
		}
		same, w.long = "key:"+given, true
	}
	digest := sha256.Sum256([]byte(w.key.ID + " " + c.Request().Method + " " + c.Request().URL.Path + "\n" + same))
	w.mark = string(digest[:])
	return nil
}

// may asks whether the key's role may do one of ops. A refusal says which roles
// may.
func (w *written) may(ops ...access.Operation) error {
	var refused error
	for _, op := range ops {
		err := w.key.Check(op, w.at)
		if err == nil {
			return nil
		}
		refused = err
	}
	if !errors.Is(refused, access.ErrForbidden) {
		return refused
	}
	var roles []string
	for _, role := range access.Roles() {
		if slices.ContainsFunc(ops, func(op access.Operation) bool { return access.Allows(role, op) }) {
			roles = append(roles, role.Label())
		}
	}
	detail := "Votre rôle ne permet pas cela."
	var denial *access.Denial
	if errors.As(refused, &denial) {
		detail = denial.Reason
	}
	return forbidden{refused, detail + " Il faut le rôle : " + strings.Join(roles, ", ") + "."}
}

// target is a place that a request is about.
type target struct {
	id        string
	place     place.Place
	published place.Published
	commune   territory.Commune // the zero one when unknown
}

// target finds the place of an address.
func (s *Server) target(c echo.Context) (t target, err error) {
	ctx := c.Request().Context()
	if t.id = c.Param("featureId"); !place.IsIdentifier(t.id) {
		return t, fmt.Errorf("place %q: %w", shown(t.id), place.ErrNotFound)
	}
	hit, err := s.census.place(ctx, t.id)
	if err != nil {
		return t, fmt.Errorf("find place: %w", err)
	}
	if t.place, t.published, err = place.ParseFeature(hit.Feature); err != nil {
		return t, err
	}
	atlas, err := s.atlas(ctx)
	if err != nil {
		return t, fmt.Errorf("load territories: %w", err)
	}
	if known, ok := atlas.gazetteer.Commune(t.place.CodeInsee); ok {
		t.commune = *known
	}
	return t, nil
}

// on asks whether the key's territory holds the place.
func (w *written) on(t target) error {
	holds := func(code string) bool {
		return w.key.Territory.Holds(t.id, code, t.commune.Epci, t.published.Departement, t.commune.Region)
	}
	// The record may name a former commune; a city holds its arrondissements.
	if holds(t.place.CodeInsee) || holds(t.commune.Code) || w.key.Territory.Kind == access.Commune && holds(t.commune.Parent) {
		return nil
	}
	return forbidden{fmt.Errorf("place %s: %w", t.id, access.ErrForbidden), "Votre rôle vaut pour un autre territoire : ce lieu n’en est pas."}
}

// once runs a request that writes, once: the same one sent twice by a double
// click is done once and answered twice. do returns what finds the result again;
// its context does not end when the client leaves, for a browser drops the first
// click's request when the second comes. Only successes are remembered, for keep.
func (s *Server) once(c echo.Context, w *written, keep time.Duration, do func(context.Context) (string, error)) (string, error) {
	if w.long {
		keep = repeatKept
	}
	done, err, _ := s.repeats.flight.Do(w.mark, func() (any, error) {
		if done, ok := s.repeats.find(w.mark, w.at); ok {
			return done, nil
		}
		result, err := do(context.WithoutCancel(c.Request().Context()))
		if err != nil {
			return nil, err
		}
		done := repeat{result: result, sum: w.sum, until: w.at.Add(keep)}
		s.repeats.keep(w.mark, done, w.at)
		// What it changed must be seen by the next request, which is the same person's.
		s.versions.forget()
		return done, nil
	})
	if err != nil {
		return "", err
	}
	one := done.(repeat)
	if one.sum != w.sum {
		return "", unprocessable{faults{{Parameter: "Idempotency-Key", Detail: "Une autre demande a déjà été envoyée avec cet en-tête : en choisir un nouveau."}}}
	}
	return one.result, nil
}

const (
	repeatKept    = 10 * time.Minute // of what creates: twice the same text is a mistake
	clickKept     = 10 * time.Second // of what moves: the same move may be wanted again
	repeatMaximum = 10_000
)

// repeats remembers what was just done, so that it is not done twice.
type repeats struct {
	mu     sync.Mutex
	done   map[string]repeat
	flight singleflight.Group
}

type repeat struct {
	result string
	sum    [32]byte // of the body
	until  time.Time
}

func (r *repeats) find(mark string, now time.Time) (repeat, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	one, ok := r.done[mark]
	return one, ok && now.Before(one.until)
}

func (r *repeats) keep(mark string, one repeat, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.done == nil {
		r.done = map[string]repeat{}
	}
	if len(r.done) >= repeatMaximum {
		for k, old := range r.done {
			if old.until.Before(now) {
				delete(r.done, k)
			}
		}
		for k := range r.done {
			if len(r.done) <= repeatMaximum/2 {
				break
			}
			delete(r.done, k)
		}
	}
	r.done[mark] = one
}

// seeOther answers a form: the page that shows the result is elsewhere.
func (s *Server) seeOther(c echo.Context, path string) error {
	h := c.Response().Header()
	h.Set(echo.HeaderLocation, path)
	h.Set("Cache-Control", "no-store")
	return s.send(c, http.StatusSeeOther, nil)
}

// result answers what was written: a page's form by the page that shows it,
// anything else by value as JSON.
func (s *Server) result(c echo.Context, w *written, status int, path, fait string, value any) error {
	h := c.Response().Header()
	if w.body.form {
		if fait != "" {
			path += "?fait=" + fait
		}
		return s.seeOther(c, path)
	}
	if status == http.StatusCreated {
		h.Set(echo.HeaderLocation, s.base(c.Request())+path)
	}
	h.Set("Cache-Control", "no-store")
	h.Set(echo.HeaderContentType, typeJSON)
	return s.send(c, status, encode(value))
}
