package api

import (
	"context"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/singleflight"

	"mednum/internal/place"
	"mednum/internal/territory"
)

// gazette keeps the gazetteer in memory, as of a version of the territories.
type gazette struct {
	current atomic.Pointer[atlas]
	flight  singleflight.Group
}

// atlas is the gazetteer and what the API asks beside it.
type atlas struct {
	version         int64
	gazetteer       *territory.Gazetteer
	arrondissements map[string][]string // code of a commune → codes of its municipal arrondissements
	held            map[string]bool     // départements of which communes are loaded
	names           map[string]string   // folded name of a département → its code
	departements    map[string]string   // code of a département → its name
	origin          string
}

// judges says whether the list of the communes of this code's département is
// held, so that a code that is not in it does not exist.
func (a *atlas) judges(code string) bool {
	return a.held[code[:2]] || a.held[code[:3]]
}

// departement gives the code of a département by its name; "" when unknown.
func (a *atlas) departement(name string) string { return a.names[place.Fold(name)] }

// atlas gives today's, loading it when the territories changed. When loading
// fails the former one still serves.
func (s *Server) atlas(ctx context.Context) (*atlas, error) {
	old := s.gazette.current.Load()
	_, version, err := s.version(ctx)
	if err != nil {
		if old != nil {
			return old, nil
		}
		return nil, err
	}
	if old != nil && old.version == version {
		return old, nil
	}
	made, err, _ := s.gazette.flight.Do("", func() (any, error) {
		var set territory.Set
		err := s.census.ask(context.WithoutCancel(ctx), func(ctx context.Context) (err error) {
			set, err = s.config.Territories.Territories(ctx)
			return err
		})
		if err != nil {
			return nil, err
		}
		a := newAtlas(set, version)
		s.gazette.current.Store(a)
		return a, nil
	})
	if err != nil {
		if old != nil {
			s.log.Warn("territories could not be reloaded", "error", err)
			return old, nil
		}
		return nil, err
	}
	return made.(*atlas), nil
}

func newAtlas(set territory.Set, version int64) *atlas {
	a := &atlas{version: version, gazetteer: territory.NewGazetteer(set), origin: set.Origin,
		arrondissements: map[string][]string{}, held: map[string]bool{}, names: map[string]string{}, departements: map[string]string{}}
	for _, c := range set.Communes {
		if c.Parent != "" {
			a.arrondissements[c.Parent] = append(a.arrondissements[c.Parent], c.Code)
		}
		if c.Departement != "" {
			a.held[c.Departement] = true
		}
	}
	for _, d := range set.Divisions {
		if d.Kind == "departement" {
			a.names[place.Fold(strings.TrimSpace(d.Nom))] = d.Code
			a.departements[d.Code] = d.Nom
		}
	}
	return a
}
