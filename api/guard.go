package api

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"mednum/internal/place"
	"mednum/internal/territory"
)

// guard stands before the database: as many questions at once as it has
// connections for, a short wait for the others and then errBusy rather than a
// pile, and an end to each question. Answers are copied before they are sent,
// so a slow reader never holds a connection.
type guard struct {
	places      Places
	territories Territories
	metrics     *metrics
	slots       chan struct{}
	queue       time.Duration
	query       time.Duration
}

// ask runs one question.
func (g *guard) ask(ctx context.Context, question func(context.Context) error) error {
	return g.within(ctx, g.query, question)
}

// within runs one question that may take that long.
func (g *guard) within(ctx context.Context, timeout time.Duration, question func(context.Context) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case g.slots <- struct{}{}:
	default:
		wait := time.NewTimer(g.queue)
		defer wait.Stop()
		select {
		case g.slots <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		case <-wait.C:
			g.metrics.refused.Inc()
			return errBusy
		}
	}
	defer func() { <-g.slots }()
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	err := question(limited)
	if err != nil && ctx.Err() != nil {
		return ctx.Err() // the client left: however the driver words it
	}
	if err != nil && limited.Err() != nil {
		return context.DeadlineExceeded
	}
	return err
}

func (g *guard) find(ctx context.Context, f place.Find, each func(place.Hit) error) error {
	return g.ask(ctx, func(ctx context.Context) error { return g.places.Find(ctx, f, each) })
}

func (g *guard) place(ctx context.Context, id string) (hit place.Hit, err error) {
	err = g.ask(ctx, func(ctx context.Context) error { hit, err = g.places.Place(ctx, id); return err })
	return hit, err
}

func (g *guard) communes(ctx context.Context, f place.Find, each func(territory.Commune) error) error {
	return g.ask(ctx, func(ctx context.Context) error { return g.territories.Communes(ctx, f, each) })
}

// versions remembers the two versions for a moment: an ETag that is a quarter
// of a second old is safe (what it labels is at least as new), and asking the
// database each time would halve the rate of the smallest answers.
type versions struct {
	mu                sync.Mutex
	at, since         time.Time // asked; and what was asked before counts for nothing
	data, territories int64
	flight            singleflight.Group
}

// forget has the next answer ask anew.
func (v *versions) forget() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.since = time.Now()
	v.flight.Forget("") // what it brings was asked before
}

// version gives the two versions.
func (s *Server) version(ctx context.Context) (data, territories int64, err error) {
	v := &s.versions
	v.mu.Lock()
	if v.at.After(v.since) && time.Since(v.at) < s.config.VersionAge {
		data, territories = v.data, v.territories
		v.mu.Unlock()
		return data, territories, nil
	}
	v.mu.Unlock()
	_, err, _ = v.flight.Do("", func() (any, error) {
		begun := time.Now()
		// Shared by those who wait: one of them leaving must not fail the others.
		err := s.census.ask(context.WithoutCancel(ctx), func(ctx context.Context) error {
			data, territories, err := s.config.Places.Versions(ctx)
			if err != nil {
				return err
			}
			v.mu.Lock()
			defer v.mu.Unlock()
			v.at, v.data, v.territories = begun, data, territories
			return nil
		})
		return nil, err
	})
	if err != nil {
		return 0, 0, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.data, v.territories, nil
}
