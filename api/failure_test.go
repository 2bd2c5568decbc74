package api

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mednum/api/pages"
	"mednum/internal/place"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares an answer with a reviewed file of testdata.
func golden(t testing.TB, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (go test ./api -update writes it)", err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("%s: -want +got: %s", name, d)
	}
}

const inbound = "demande-0001"

func TestAnswersAreTheGoldenOnes(t *testing.T) {
	s := serverOf(t, newCensus())
	for name, target := range map[string]string{
		"landing.json":     "/",
		"conformance.json": "/conformance",
		"collections.json": "/collections",
		"lieux.json":       "/collections/lieux",
		"items.json":       "/collections/lieux/items?limit=2",
		"nearest.json":     "/collections/lieux/items?near=4.0317,49.2583&radius=5000",
		"lieu.json":        "/collections/lieux/items/" + place.Identifier(3),
		"communes.json":    "/collections/communes/items",
		"commune.json":     "/collections/communes/items/75101",
		"suggestions.json": "/suggestions?q=pari",
		"outlines.json":    "/outlines.geojson",
		"export.geojson":   "/exports/lieux.geojson",
		"export.csv":       "/exports/lieux.csv",
		"faults.json": "/collections/lieux/items?services=Aide+aux+demarches,Couture&bbox=5,1,2&rayon=5&near=49.25,4.03&ouvert=2026-07-14&datetime=14/07/2026" +
			"&limit=0&code_postal=1000&departement=gironde&code_insee=Bordeaux&f=jsn&radius=5km",
		"gone.json":      "/collections/lieux/items/" + place.Identifier(7),
		"not-found.json": "/collections/lieux/items/00000000",
		"nowhere.json":   "/rien",
	} {
		golden(t, name, body(t, get(t, s, target, "X-Request-Id", inbound)))
	}
}

// TestFailuresSayNothingOfTheirCause: what callers read of a failure is a
// golden file; the log has the cause.
func TestFailuresSayNothingOfTheirCause(t *testing.T) {
	secret := "password=hunter2 SELECT * FROM places"
	for name, c := range map[string]struct {
		cause  error
		status int
	}{
		"500.json":           {errors.New(secret), 500},
		"503-timeout.json":   {fmt.Errorf("%s: %w", secret, context.DeadlineExceeded), 503},
		"503-statement.json": {fmt.Errorf("%s: %w", secret, coded("57014")), 503},
		"503-away.json":      {fmt.Errorf("%s: %w", secret, &net.OpError{Op: "dial", Err: errors.New("refused")}), 503},
		"503-stopping.json":  {fmt.Errorf("%s: %w", secret, coded("57P01")), 503},
	} {
		for _, question := range []string{"Versions", "Find"} {
			m := newCensus()
			m.before = func(_ context.Context, asked string) error {
				if asked == question {
					return c.cause
				}
				return nil
			}
			var log bytes.Buffer
			s := serverOf(t, m, func(c *Config) { c.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
			r := get(t, s, "/collections/lieux/items", "X-Request-Id", inbound)
			text := body(t, r)
			if r.StatusCode != c.status || r.Header.Get("Content-Type") != "application/problem+json" || r.Header.Get("ETag") != "" || r.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s: %d %v", name, r.StatusCode, r.Header)
			}
			if (r.Header.Get("Retry-After") != "") != (c.status == 503) {
				t.Errorf("%s: Retry-After %q", name, r.Header.Get("Retry-After"))
			}
			golden(t, name, text)
			if bytes.Contains(text, []byte("hunter2")) {
				t.Errorf("%s leaks: %s", name, text)
			}
			if !strings.Contains(log.String(), inbound) || (c.status == 500 && !strings.Contains(log.String(), "hunter2")) {
				t.Errorf("%s: the log does not tell: %s", name, &log)
			}
			page := body(t, get(t, s, "/collections/lieux/items?f=html"))
			if bytes.Contains(page, []byte("hunter2")) || !bytes.Contains(page, []byte("<html")) {
				t.Errorf("%s as a page: %s", name, page)
			}
		}
	}
}

type coded string

func (c coded) Error() string    { return "ERROR " + string(c) }
func (c coded) SQLState() string { return string(c) }

func TestPanicIsAnAnswer(t *testing.T) {
	m := newCensus()
	m.before = func(context.Context, string) error { panic("hunter2") }
	s := serverOf(t, m)
	r := get(t, s, "/collections/lieux/items/"+place.Identifier(1), "X-Request-Id", inbound)
	if r.StatusCode != http.StatusInternalServerError {
		t.Error(r.StatusCode)
	}
	golden(t, "500.json", body(t, r))
}

// many makes a census of n places, of several chunks.
func many(n int) *census {
	m := newCensus()
	model := m.places[0]
	m.places = nil
	for i := range n {
		p := model
		p.seq = int64(i + 1)
		p.published.ID = place.Identifier(p.seq)
		m.places = append(m.places, p)
	}
	return m
}

// TestBrokenAnswerIsSeenBroken: an error in the middle of a stream cuts the
// connection, compressed or not, in every format: a client never takes the
// beginning for the whole.
func TestBrokenAnswerIsSeenBroken(t *testing.T) {
	for _, path := range []string{"/collections/lieux/items?limit=1000", "/exports/lieux.geojson", "/exports/lieux.csv"} {
		for _, encoding := range []string{"identity", "gzip"} {
			m := many(600)
			n := 0
			m.before = func(_ context.Context, question string) error {
				if question == "Find" {
					if n++; n == 3 {
						return errors.New("the disk fell off")
					}
				}
				return nil
			}
			server := httptest.NewServer(serverOf(t, m))
			r, _ := http.NewRequest(http.MethodGet, server.URL+path, nil)
			r.Header.Set("Accept-Encoding", encoding)
			got, err := http.DefaultTransport.RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(got.Body)
			got.Body.Close()
			server.Close()
			if got.StatusCode != 200 || len(text) == 0 {
				t.Errorf("%s: nothing left before the error: %d", path, got.StatusCode)
			}
			if err == nil {
				t.Errorf("%s %s: %d bytes and no error", path, encoding, len(text))
			}
		}
	}
}

// TestLeavingCancelsTheQuestion: a client that goes away has its query stopped,
// and the slot is free again.
func TestLeavingCancelsTheQuestion(t *testing.T) {
	m := newCensus()
	begun, cancelled := make(chan struct{}), make(chan error, 1)
	m.before = func(ctx context.Context, question string) error {
		if question != "Find" {
			return nil
		}
		close(begun)
		<-ctx.Done()
		cancelled <- ctx.Err()
		return ctx.Err()
	}
	s := serverOf(t, m)
	server := httptest.NewServer(s)
	defer server.Close()
	ctx, leave := context.WithCancel(context.Background())
	r, _ := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/collections/lieux/items", nil)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if got, err := http.DefaultClient.Do(r); err == nil {
			got.Body.Close()
		}
	}()
	<-begun
	leave()
	<-done
	if err := <-cancelled; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	for s.inFlight.Load() > 0 {
		time.Sleep(time.Millisecond)
	}
	if n := len(s.census.slots); n != 0 {
		t.Errorf("%d slots taken", n)
	}
	if text := string(body(t, get(t, s, "/metrics"))); !strings.Contains(text, `mednum_http_requests_total{method="GET",route="/collections/lieux/items",status="499"} 1`) {
		t.Errorf("metrics do not tell of 499:\n%s", text)
	}
}

// TestSlowReaderHoldsNoConnection: between two chunks no slot is taken.
func TestSlowReaderHoldsNoConnection(t *testing.T) {
	m := many(2000)
	s := serverOf(t, m, func(c *Config) { c.Queries = 1; c.QueueTimeout = 5 * time.Second })
	server := httptest.NewServer(s)
	defer server.Close()
	c, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	// Asks for everything and reads nothing: 2,000 features are more than the
	// sockets hold.
	c.(*net.TCPConn).SetReadBuffer(1)
	fmt.Fprintf(c, "GET /exports/lieux.geojson HTTP/1.1\r\nHost: x\r\n\r\n")
	for s.inFlight.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	for range 20 {
		if r := get(t, s, "/collections/lieux/items?limit=1"); r.StatusCode != http.StatusOK {
			t.Fatalf("%d: %s", r.StatusCode, body(t, r))
		}
	}
}

func TestTooManyAtOnceAreToldToComeBack(t *testing.T) {
	m := newCensus()
	hold := make(chan struct{})
	m.before = func(ctx context.Context, question string) error {
		if question == "Find" {
			<-hold
		}
		return nil
	}
	s := serverOf(t, m, func(c *Config) { c.Queries = 1; c.QueueTimeout = time.Millisecond; c.VersionAge = time.Hour })
	s.version(context.Background())
	first := make(chan *http.Response)
	go func() { first <- get(t, s, "/collections/lieux/items") }()
	for len(s.census.slots) == 0 {
		time.Sleep(time.Millisecond)
	}
	r := get(t, s, "/collections/lieux/items", "X-Request-Id", inbound)
	if r.StatusCode != http.StatusServiceUnavailable || r.Header.Get("Retry-After") == "" {
		t.Errorf("%d %v", r.StatusCode, r.Header)
	}
	golden(t, "503-busy.json", body(t, r))
	if r := get(t, s, "/healthz"); r.StatusCode != http.StatusOK {
		t.Errorf("busy is not sick: %d", r.StatusCode)
	}
	if r := get(t, s, "/readyz"); r.StatusCode != http.StatusOK {
		t.Errorf("busy is not sick: %d", r.StatusCode)
	}
	close(hold)
	if r := <-first; r.StatusCode != http.StatusOK {
		t.Error(r.StatusCode)
	}
}

func TestReadyLooksAtTheDatabase(t *testing.T) {
	m := newCensus()
	m.before = func(_ context.Context, question string) error {
		if question == "Ready" {
			return errors.New("migration 2 is pending on host 10.0.0.1")
		}
		return nil
	}
	s := serverOf(t, m)
	r := get(t, s, "/readyz", "X-Request-Id", inbound)
	if r.StatusCode != http.StatusServiceUnavailable {
		t.Error(r.StatusCode)
	}
	golden(t, "503-ready.json", body(t, r))
	if r := get(t, s, "/healthz"); r.StatusCode != http.StatusOK {
		t.Error(r.StatusCode)
	}
}

// TestStoppingDrains: told to stop, the server refuses new connections, ends
// what it has begun, and only then returns: the pool is closed after.
func TestStoppingDrains(t *testing.T) {
	m := many(600)
	begun, hold := make(chan struct{}), make(chan struct{})
	var once sync.Once
	m.before = func(_ context.Context, question string) error {
		if question == "Find" {
			once.Do(func() { close(begun); <-hold })
		}
		return nil
	}
	s := serverOf(t, m)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, l) }()
	answer := make(chan error, 1)
	go func() {
		r, err := http.Get("http://" + l.Addr().String() + "/collections/lieux/items?limit=600")
		if err == nil {
			defer r.Body.Close()
			var text []byte
			if text, err = io.ReadAll(r.Body); err == nil && !bytes.Contains(text, []byte(`"numberReturned":600`)) {
				err = fmt.Errorf("%d: %s", r.StatusCode, text)
			}
		}
		answer <- err
	}()
	<-begun
	stop()
	for {
		c, err := net.DialTimeout("tcp", l.Addr().String(), time.Second)
		if err != nil {
			break // refused
		}
		c.Close()
		time.Sleep(time.Millisecond)
	}
	select {
	case err := <-served:
		t.Fatalf("returned while a request was under way: %v", err)
	default:
	}
	if r := get(t, s, "/readyz"); r.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("ready although stopping: %d", r.StatusCode)
	}
	close(hold)
	if err := <-answer; err != nil {
		t.Errorf("the request under way: %v", err)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
	if n := s.inFlight.Load(); n != 0 {
		t.Errorf("%d requests left", n)
	}
}

// TestNotModifiedTouchesNoRow: neither a list nor one place.
func TestNotModifiedTouchesNoRow(t *testing.T) {
	m := newCensus()
	s := serverOf(t, m)
	for _, target := range []string{"/collections/lieux/items", "/collections/lieux/items?near=4,49&f=html", "/collections/lieux/items?ouvert=maintenant", "/collections/lieux/items/" + place.Identifier(1), "/exports/lieux.csv", "/"} {
		tag := get(t, s, target).Header.Get("ETag")
		m.questions()
		r := get(t, s, target, "If-None-Match", tag)
		if r.StatusCode != http.StatusNotModified {
			t.Errorf("%s: %d", target, r.StatusCode)
		}
		if d := cmp.Diff([]string{"Versions"}, m.questions()); d != "" {
			t.Errorf("%s: %s", target, d)
		}
		m.version++
		if r := get(t, s, target, "If-None-Match", tag); r.StatusCode != http.StatusOK || r.Header.Get("ETag") == tag {
			t.Errorf("%s after a change: %d", target, r.StatusCode)
		}
	}
	// "*" asks whether there is anything: there is not.
	if r := get(t, s, "/collections/lieux/items/"+place.Identifier(99), "If-None-Match", "*"); r.StatusCode != http.StatusNotFound {
		t.Error(r.StatusCode)
	}
}

// TestAMinuteLater: an answer about now is not the same a minute later; another
// is.
func TestAMinuteLater(t *testing.T) {
	now := noon
	s := serverOf(t, newCensus(), func(c *Config) { c.Now = func() time.Time { return now } })
	for target, changes := range map[string]bool{
		"/collections/lieux/items": false, "/collections/lieux/items?ouvert=maintenant": true, "/collections/lieux/items?ouvert=2026-04-15T11:00": false, "/collections/lieux/items?f=html": true,
	} {
		now = noon
		tag := get(t, s, target).Header.Get("ETag")
		now = noon.Add(time.Minute)
		if got := get(t, s, target).Header.Get("ETag"); (got != tag) != changes {
			t.Errorf("%s: %s then %s", target, tag, got)
		}
	}
}

func TestEveryAnswerIsProtected(t *testing.T) {
	s := serverOf(t, newCensus(), func(c *Config) {
		c.Settings = pages.Settings{TileURL: "https://{s}.tuiles.example/{z}/{x}/{y}.png?k=1", ThemeCSS: "https://theme.example/ville.css", FrameAncestors: "https://ville.example; script-src *"}
	})
	for _, target := range []string{"/", "/?f=html", "/collections/lieux/items", "/collections/lieux/items?f=html", "/rien", "/metrics", "/collections/lieux/items?x=1"} {
		h := get(t, s, target).Header
		policy := h.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "script-src 'self';", "img-src 'self' data: https://*.tuiles.example;", "style-src 'self' https://theme.example;", "frame-ancestors https://ville.example script-src *", "base-uri 'none'"} {
			if !strings.Contains(policy, want) {
				t.Errorf("%s: no %q in %s", target, want, policy)
			}
		}
		if strings.Contains(policy, "unsafe") {
			t.Errorf("%s: %s", target, policy)
		}
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "strict-origin-when-cross-origin", "Access-Control-Allow-Origin": "*"} {
			if h.Get(name) != want {
				t.Errorf("%s: %s %q", target, name, h.Get(name))
			}
		}
		if !strings.HasPrefix(h.Get("Permissions-Policy"), "geolocation=(self)") {
			t.Errorf("%s: %s", target, h.Get("Permissions-Policy"))
		}
	}
}

// TestRequestIDs: a sane one is kept, any other is replaced.
func TestRequestIDs(t *testing.T) {
	s := serverOf(t, newCensus())
	for id, kept := range map[string]bool{"a1b2c3d4e5f6": true, "0123456789abcdef-req.1": true, "court": false, "a b c d e f g": false, "<script>alert(1)</script>": false, strings.Repeat("a", 65): false, "ligne\tdeux-": false} {
		got := get(t, s, "/healthz", "X-Request-Id", id).Header.Get("X-Request-Id")
		if (got == id) != kept || len(got) < 8 {
			t.Errorf("%q became %q", id, got)
		}
	}
}

// TestLinksAreOurs: built from the configured address, from a trusted proxy, or
// from the request's own Host when it is one; nothing else gets into a link.
func TestLinksAreOurs(t *testing.T) {
	proxy := netip.MustParsePrefix("10.0.0.0/8")
	for _, c := range []struct {
		public, remote, host string
		headers              []string
		want                 string
	}{
		{"https://lieux.example/", "10.1.2.3:4", "x", []string{"X-Forwarded-Host", "y"}, "https://lieux.example"},
		{"", "192.0.2.1:4", "localhost:8080", nil, "http://localhost:8080"},
		{"", "192.0.2.1:4", "[::1]:8080", nil, "http://[::1]:8080"},
		{"", "192.0.2.1:4", "lieux.example", []string{"X-Forwarded-Host", "mal.example", "X-Forwarded-Proto", "https", "Forwarded", "host=mal.example"}, "http://lieux.example"},
		{"", "10.1.2.3:4", "interne", []string{"X-Forwarded-Host", "lieux.example, autre", "X-Forwarded-Proto", "https"}, "https://lieux.example"},
		{"", "10.1.2.3:4", "interne", []string{"Forwarded", `for=192.0.2.60;proto=https;host="lieux.example:444", for=198.51.100.1`}, "https://lieux.example:444"},
		{"", "10.1.2.3:4", "interne", []string{"X-Forwarded-Host", "mal.example/chemin", "X-Forwarded-Proto", "javascript"}, "http://interne"},
		{"", "192.0.2.1:4", "mal.example\" onload=\"x", nil, "http://localhost"},
		{"", "192.0.2.1:4", "mal.example/%2e", nil, "http://localhost"},
		{"", "192.0.2.1:4", "utilisateur@mal.example", nil, "http://localhost"},
	} {
		s := serverOf(t, newCensus(), func(config *Config) {
			config.PublicURL, config.Settings.PublicURL, config.TrustedProxies = c.public, "", []netip.Prefix{proxy}
		})
		r := httptest.NewRequest(http.MethodGet, "/collections/lieux/items", nil)
		r.RemoteAddr, r.Host = c.remote, c.host
		for i := 0; i+1 < len(c.headers); i += 2 {
			r.Header.Set(c.headers[i], c.headers[i+1])
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		var v collectionOf
		into(t, w.Result(), &v)
		if got := v.Links[0].Href; got != c.want+"/collections/lieux/items" {
			t.Errorf("%+v gives %s", c, got)
		}
	}
}

// TestLogsHoldNoPersonalData: neither where somebody is to the metre, nor what
// she looks for, nor her address.
func TestLogsHoldNoPersonalData(t *testing.T) {
	var log bytes.Buffer
	s := serverOf(t, newCensus(), func(c *Config) { c.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
	get(t, s, "/collections/lieux/items?near=4.0317123,49.2583456&q=dupont+12+rue+secrete")
	get(t, s, "/collections/lieux/items?dupont=secret&q=")
	get(t, s, "/suggestions?q=secret")
	get(t, s, "/?ou=12+rue+secrete&f=html")
	get(t, s, "/secret/dupont")
	text := log.String()
	for _, never := range []string{"0317123", "2583456", "dupont", "secret", "192.0.2.1"} {
		if strings.Contains(text, never) {
			t.Errorf("%q is in the log:\n%s", never, text)
		}
	}
	for _, want := range []string{"near=4.032,49.258", "route=/collections/lieux/items", "status=200", "status=400", "route=none"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in the log:\n%s", want, text)
		}
	}
}

// TestMetricsAreBounded: labels are templates, whatever is asked.
func TestMetricsAreBounded(t *testing.T) {
	s := serverOf(t, newCensus())
	for i := range 50 {
		get(t, s, fmt.Sprintf("/inconnu/%d", i))
		get(t, s, fmt.Sprintf("/collections/lieux/items/%08d", i))
		serve(t, s, httptest.NewRequest(fmt.Sprintf("METHODE%d", i), "/", nil))
	}
	text := string(body(t, get(t, s, "/metrics")))
	n := 0
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "mednum_http_requests_total") {
			n++
		}
	}
	if n != 3 {
		t.Errorf("%d series:\n%s", n, text)
	}
	for _, want := range []string{`route="/collections/lieux/items/:featureId",status="404"} 50`, `route="none",status="404"} 50`, `method="other",route="/",status="405"} 50`, "mednum_database_questions_maximum", "mednum_build_info"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in:\n%s", want, text)
		}
	}
}
