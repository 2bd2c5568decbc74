package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sync/singleflight"

	"mednum/internal/consultation"
	"mednum/internal/place"
	"mednum/internal/quality"
)

// force is the version of the référentiel that is in force.
type force struct {
	version  consultation.Version
	document *quality.Referentiel
}

// rules remembers it, as of a version of the data and a day.
type rules struct {
	mu      sync.Mutex
	known   bool
	data    int64
	day     place.Date
	current *force // nil: none is in force
	flight  singleflight.Group
	engines map[string]*quality.Engine   // by hash
	checked map[string][]quality.Constat // by the hashes of a draft and of what was published before
}

// enginesKept: the version in force, the next one, and those of old scores.
const enginesKept = 8

// today is the day in UTC, as scores are dated.
func (s *Server) today() place.Date {
	t := s.config.Now().UTC()
	d, _ := place.NewDate(t.Year(), t.Month(), t.Day())
	return d
}

// force gives the version in force; nil when there is none.
func (s *Server) force(ctx context.Context) (*force, error) {
	if s.config.Consultations == nil {
		return nil, nil
	}
	data, _, err := s.version(ctx)
	if err != nil {
		return nil, err
	}
	today, r := s.today(), &s.rules
	r.mu.Lock()
	if r.known && r.data == data && r.day == today {
		defer r.mu.Unlock()
		return r.current, nil
	}
	r.mu.Unlock()
	_, err, _ = r.flight.Do("", func() (any, error) {
		var current *force
		err := s.desk.ask(context.WithoutCancel(ctx), func(ctx context.Context) error {
			v, err := s.config.Consultations.InForce(ctx, today)
			if errors.Is(err, consultation.ErrNoVersion) {
				return nil
			} else if err != nil {
				return err
			}
			document, err := readDocument(v.Document)
			current = &force{v, document}
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("read version in force: %w", err)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.known, r.data, r.day, r.current = true, data, today, current
		return nil, nil
	})
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.current, nil
}

// readDocument reads a version as it is stored, faults and all: a draft may have
// some, and is read by people meanwhile.
func readDocument(text []byte) (*quality.Referentiel, error) {
	document := new(quality.Referentiel)
	if err := json.Unmarshal(text, document); err != nil {
		return nil, fmt.Errorf("read document: %w", err)
	}
	return document, nil
}

// engine is a stored version made ready. Making one costs milliseconds.
func (s *Server) engine(hash string, document []byte) (*quality.Engine, error) {
	r := &s.rules
	r.mu.Lock()
	e, ok := r.engines[hash]
	r.mu.Unlock()
	if ok {
		return e, nil
	}
	e, err := quality.Load(document)
	if err != nil {
		return nil, fmt.Errorf("load version %s: %w", hash, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.engines) >= enginesKept || r.engines == nil {
		r.engines = map[string]*quality.Engine{}
	}
	r.engines[hash] = e
	return e, nil
}

// constats gives what the checks said of a text; what is not nil is remembered.
// They look at many cases: a page must not run them at each visit.
func (r *rules) constats(mark string, found []quality.Constat) ([]quality.Constat, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if found != nil {
		if len(r.checked) >= enginesKept || r.checked == nil {
			r.checked = map[string][]quality.Constat{}
		}
		r.checked[mark] = found
	}
	known, ok := r.checked[mark]
	return known, ok
}
