package geocode

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"mednum/internal/place"
)

const normal = `{"type":"FeatureCollection","features":[
 {"type":"Feature","geometry":{"type":"Point","coordinates":[2.290084,49.897443]},
  "properties":{"label":"8 Boulevard du Port 80000 Amiens","score":0.97,"id":"80021_6590_00008","postcode":"80000","citycode":"80021","type":"housenumber"}},
 {"type":"Feature","geometry":{"type":"Point","coordinates":[-0.76,47.03]},
  "properties":{"label":"Boulevard du Port 49300 Cholet","score":0.61,"postcode":"49300","citycode":"49099","type":"street"}},
 {"type":"Feature","geometry":{"type":"Point","coordinates":[13.4,52.5]},
  "properties":{"label":"hors de France","score":0.6}}]}`

// serve makes a client of a server that answers with h and counts questions.
func serve(t *testing.T, h http.HandlerFunc) (*Client, *atomic.Int64) {
	t.Helper()
	var asked atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		h(w, r)
	}))
	t.Cleanup(s.Close)
	c, err := New(s.URL + "/geocodage/")
	if err != nil {
		t.Fatal(err)
	}
	return c, &asked
}

const secret = "12 rue de ma maison"

func TestNormalAnswer(t *testing.T) {
	var got *http.Request
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		_, _ = w.Write([]byte(normal))
	})
	around, err := place.NewPosition(49.894067, 2.295753)
	if err != nil {
		t.Fatal(err)
	}
	found, err := c.SearchAround(context.Background(), "  8 bd\tdu port & autres ", around, 5)
	if err != nil {
		t.Fatal(err)
	}
	if got.URL.Path != "/geocodage/search" || got.URL.RawQuery != "lat=49.894&limit=5&lon=2.296&q=8+bd+du+port+%26+autres" {
		t.Errorf("asked %s?%s", got.URL.Path, got.URL.RawQuery)
	}
	if len(found) != 2 {
		t.Fatalf("%d addresses, want the two in France: %+v", len(found), found)
	}
	a := found[0]
	if a.Label != "8 Boulevard du Port 80000 Amiens" || a.CodeInsee != "80021" || a.CodePostal != "80000" ||
		a.Score != 0.97 || a.Type != "housenumber" || a.Position.Latitude() != 49.897443 || a.Position.Longitude() != 2.290084 {
		t.Errorf("first address: %+v", a)
	}
	if found, err = c.Search(context.Background(), "8 bd du port", 1); err != nil || len(found) != 1 {
		t.Errorf("limit 1 gave %d addresses, %v", len(found), err)
	}
}

func TestNothingToAsk(t *testing.T) {
	c, asked := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(normal)) })
	for _, q := range []string{"", "  ", "ab", "!!!", "\x00\xff", "' -a"} {
		if found, err := c.Search(context.Background(), q, 5); err != nil || len(found) != 0 {
			t.Errorf("Search(%q) = %v, %v", q, found, err)
		}
	}
	if found, err := c.Search(context.Background(), "rue de Vesle", 0); err != nil || len(found) != 0 {
		t.Errorf("limit 0 gave %v, %v", found, err)
	}
	if asked.Load() != 0 {
		t.Errorf("asked %d times", asked.Load())
	}
}

func TestFailures(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("the question reached another host: %s", r.URL)
	}))
	t.Cleanup(elsewhere.Close)
	for _, tt := range []struct {
		name    string
		handler http.HandlerFunc
		want    error
	}{
		{"500", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }, ErrUnavailable},
		{"429", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(429) }, ErrUnavailable},
		{"404, not a geocoder", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) }, ErrUnavailable},
		{"400", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(400) }, ErrRefused},
		{"garbage", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }, ErrAnswer},
		{"another JSON", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"type":"FeatureCollection"}`)) }, ErrAnswer},
		{"wrong types", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`{"type":"FeatureCollection","features":[{"geometry":{"type":"Point","coordinates":"2,49"}}]}`))
		}, ErrAnswer},
		{"huge", func(w http.ResponseWriter, _ *http.Request) {
			line := bytes.Repeat([]byte(" "), 1<<16)
			for range 40 {
				if _, err := w.Write(line); err != nil {
					return
				}
			}
		}, ErrAnswer},
		{"cut short", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = w.Write([]byte(normal[:100]))
		}, ErrUnavailable},
		{"redirection elsewhere", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL+r.URL.RequestURI(), http.StatusFound)
		}, ErrUnavailable},
		{"redirection without end", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.RequestURI(), http.StatusFound)
		}, ErrUnavailable},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := serve(t, tt.handler)
			found, err := c.Search(context.Background(), secret, 5)
			if !errors.Is(err, tt.want) || len(found) != 0 {
				t.Fatalf("got %v, %v; want %v", found, err, tt.want)
			}
			for word := range strings.FieldsSeq(secret) {
				if len(word) > 3 && strings.Contains(err.Error(), word) {
					t.Errorf("the error tells the question: %v", err)
				}
			}
		})
	}
}

func TestRedirectionOnTheSameHost(t *testing.T) {
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/v2") {
			http.Redirect(w, r, "/v2"+r.URL.RequestURI(), http.StatusMovedPermanently)
			return
		}
		_, _ = w.Write([]byte(normal))
	})
	if found, err := c.Search(context.Background(), "8 bd du port", 5); err != nil || len(found) != 2 {
		t.Errorf("got %v, %v", found, err)
	}
}

func TestClosedServer(t *testing.T) {
	s := httptest.NewServer(nil)
	c, err := New(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	_, err = c.Search(context.Background(), secret, 5)
	if !errors.Is(err, ErrUnavailable) || strings.Contains(err.Error(), "maison") {
		t.Errorf("got %v", err)
	}
}

func TestSlowServerIsLeft(t *testing.T) {
	release := make(chan struct{})
	c, _ := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	t.Cleanup(func() { close(release) })
	// The caller's patience is not ours: only our own time-out counts against the service.
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	for range tolerated + 1 {
		if _, err := c.Search(ctx, secret, 5); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrUnavailable) {
			t.Fatalf("got %v", err)
		}
	}
	_, err := c.Search(context.Background(), secret, 5)
	if !errors.Is(err, ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want our own time-out", err)
	}
}

func TestBreaker(t *testing.T) {
	var broken atomic.Bool
	broken.Store(true)
	c, asked := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if broken.Load() {
			w.WriteHeader(503)
			return
		}
		_, _ = w.Write([]byte(normal))
	})
	clock := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	c.now = func() time.Time { return clock }
	ask := func() error { _, err := c.Search(context.Background(), "rue de Vesle", 5); return err }

	for range tolerated + 5 {
		if err := ask(); !errors.Is(err, ErrUnavailable) {
			t.Fatalf("got %v", err)
		}
	}
	if n := asked.Load(); n != tolerated {
		t.Fatalf("a dead service was asked %d times, want %d", n, tolerated)
	}
	clock = clock.Add(rest)
	for range 5 {
		_ = ask()
	}
	if n := asked.Load(); n != tolerated+1 {
		t.Fatalf("after its rest it was asked %d times more, want once", n-tolerated)
	}
	clock = clock.Add(rest)
	broken.Store(false)
	for range 3 {
		if err := ask(); err != nil {
			t.Fatalf("it works again, and: %v", err)
		}
	}
}

func TestRefusalsAreNotFailures(t *testing.T) {
	c, asked := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(400) })
	for range 2 * tolerated {
		_, _ = c.Search(context.Background(), "rue de Vesle", 5)
	}
	if n := asked.Load(); n != 2*tolerated {
		t.Errorf("asked %d times", n)
	}
}

func TestNewRefusesWhatIsNoAddress(t *testing.T) {
	for _, base := range []string{"", "data.geopf.fr", "ftp://x", "http://", "https://x/?q=1", "://", "https://x/#a"} {
		if _, err := New(base); err == nil {
			t.Errorf("New(%q) accepted", base)
		}
	}
	if _, err := New(DefaultBase); err != nil {
		t.Error(err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(normal))
	f.Add([]byte(`{"type":"FeatureCollection","features":[]}`))
	f.Add([]byte(`{"type":"FeatureCollection","features":[null,{"geometry":null},{"geometry":{"type":"Point","coordinates":[1e400]}}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		found, err := parse(text)
		if err != nil && !errors.Is(err, ErrAnswer) {
			t.Fatalf("untyped error %v", err)
		}
		for _, a := range found {
			if !a.Position.Known() || a.Label == "" || !(a.Score >= 0 && a.Score <= 1) {
				t.Fatalf("invalid address %+v", a)
			}
		}
	})
}
