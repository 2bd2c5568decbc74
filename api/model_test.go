package api

import (
	"iter"
	"log/slog"
	"os"
	"testing"
	"time"

	"mednum/api/pages"
	"mednum/internal/access"
	"mednum/internal/place"
	"mednum/internal/territory"
)

// What the tests of package api_test, which may know the database, take from
// the model.

// ModelServer is a server on the model, that says where it is as each request
// does.
func ModelServer(t testing.TB) *Server {
	return serverOf(t, newCensus(), func(c *Config) { c.Settings.PublicURL, c.PublicURL = "", "" })
}

// ServerOn is the same server on another census.
func ServerOn(t testing.TB, p Places, territories Territories, change ...func(*Config)) *Server {
	return serverOf(t, newCensus(), append([]func(*Config){func(c *Config) {
		c.Settings.PublicURL, c.PublicURL = "", ""
		c.Places, c.Territories = p, territories
		if testing.Verbose() {
			c.Logger = slog.New(slog.NewTextHandler(os.Stderr, nil))
		}
	}}, change...)...)
}

// ModelOffice is a server on the model of what writes, whose clock is given, and
// what makes keys.
func ModelOffice(t testing.TB, now func() time.Time) (*Server, func(role access.Role, siren, territory string) string) {
	s, o := officeOf(t, func(c *Config) { c.Settings.PublicURL, c.PublicURL, c.Now = "", "", now })
	o.now = now
	return s, func(role access.Role, siren, territory string) string { return o.key(t, role, siren, territory) }
}

// ModelPages are pages with a tile host.
func ModelPages(t testing.TB) *pages.Pages { return serverOf(t, newCensus()).pages }

// ModelRecords are the model's places as a source's file gives them; those that
// were withdrawn only when asked for.
func ModelRecords(withdrawn bool) iter.Seq2[*place.Record, error] {
	return func(yield func(*place.Record, error) bool) {
		for i, m := range newCensus().places {
			if m.withdrawn && !withdrawn {
				continue
			}
			r := &place.Record{Place: m.place, Key: m.place.ID, Line: i + 2, Departement: m.published.Departement, Raw: map[string]string{"id": m.place.ID}}
			if !yield(r, nil) {
				return
			}
		}
	}
}

// ModelSet are the model's territories.
func ModelSet() territory.Set { return newCensus().set }
