// Package api is all the HTTP of the product: the OGC API – Features of the
// census, and the citizens' pages over the same data. Handlers parse, ask,
// answer and return errors; problem.go turns errors into answers.
package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"

	"mednum"
	"mednum/api/pages"
)

// Config is what cmd gives. Zero durations and counts take the defaults said.
type Config struct {
	Places        Places
	Territories   Territories
	Scores        Scores        // with Consultations; nil: there is no référentiel here
	Consultations Consultations // both write: their pool is not that of the readings
	Deposits      Deposits      // nil: files are not taken here; those addresses answer 404
	Identity      Identity      // nil: nobody identifies people
	DemoLogin     bool          // who identifies people makes them up: pages say so
	Mail          Mailer        // nil: nothing is sent. Links need PublicURL, or any Host would lead people astray
	Sessions      Accounts      // with Consultations; nil: nobody signs in, keys are for headers
	Work          Work          // nil: territories have no pages here; those addresses answer 404
	Duplicates    Duplicates    // nil: one record is one place; those addresses answer 404
	Edits         Edits         // nil: places are not corrected here; those addresses answer 404
	Tickets       Tickets       // nil: reports are not taken here; those addresses answer 404
	Journal       Journal       // with Edits; nil: nothing is told of what changed
	Pages         *pages.Pages
	Settings      pages.Settings // those that Pages was made with: the policy names its tile host
	Geocoder      Geocoder       // nil: commune names and postal codes only
	Logger        *slog.Logger

	PublicURL      string // absolute, without trailing slash; "" = as each request or trusted proxy says
	TrustedProxies []netip.Prefix
	Build          string           // of the binary: part of every ETag
	Now            func() time.Time // default time.Now

	QueryTimeout time.Duration // of one question to the database, 10 s
	QueueTimeout time.Duration // to wait for a free connection, 2 s, then 503
	WriteTimeout time.Duration // for a client to take one chunk, 1 min: some 7 KB a second
	ReadTimeout  time.Duration // for a client to send its request, 10 s
	IdleTimeout  time.Duration // of a connection kept open, 2 min
	DrainTimeout time.Duration // for requests under way once told to stop, 25 s
	VersionAge   time.Duration // how old the known data version may be, 250 ms; negative: always asked

	SimulationTimeout time.Duration // of one simulation, 5 min
	SimulationSample  int           // places that a simulation looks at, at most, 40,000: some 200 MB

	UploadMaximum int64         // bytes of a file that is given, 200 MB
	UploadTimeout time.Duration // to send it whole, 20 min; slower than 20 KB a second is cut sooner
	Uploads       int           // received at once, each a temporary file, 4, then 503
	Followers     int           // who watch a deposit go on, at once, 100, then 503
	FollowEvery   time.Duration // how often a deposit under way is looked at, 1 s
	TempDir       string        // of the files being received; "" the system's

	Queries  int // at once; the size of the pool less one, default twice the processors
	Writes   int // at once, of Scores and Consultations; the size of their pool, default 4
	InFlight int // requests at once, 1,024, then 503
}

// Server answers. It is an http.Handler.
type Server struct {
	config   Config
	echo     *echo.Echo
	pages    *pages.Pages
	log      *slog.Logger
	census   *guard // every question to the database goes through it
	desk     *guard // and what asks Scores and Consultations through this one
	origins  *http.CrossOriginProtection
	doors    doors
	repeats  repeats
	gates    turnstiles
	studio   studio
	quay     quay
	ward     ward
	tickets  reporting
	rules    rules
	metrics  *metrics
	versions versions
	gazette  gazette
	outlines outlines
	served   map[string]bool // templates of routes
	hung     []door          // what they are behind
	policy   string          // Content-Security-Policy of pages
	inFlight atomic.Int64
	stopping atomic.Bool
}

// New checks the configuration and makes the server.
func New(config Config) (*Server, error) {
	var wrong []error
	if config.Places == nil || config.Territories == nil || config.Pages == nil {
		wrong = append(wrong, errors.New("places, territories and pages are needed"))
	}
	config.PublicURL = strings.TrimSuffix(cmp.Or(config.PublicURL, config.Settings.PublicURL), "/")
	if config.PublicURL != "" {
		if u, err := url.Parse(config.PublicURL); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
			wrong = append(wrong, fmt.Errorf("public URL %q is not an absolute http(s) address", config.PublicURL))
		}
	}
	if len(wrong) > 0 {
		return nil, fmt.Errorf("configure the API: %w", errors.Join(wrong...))
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	if config.Build = cmp.Or(config.Build, "dev"); config.Build == "dev" {
		// Two binaries under work have one name: what one of them sent must not
		// be taken for what the next would send.
		config.Build += "." + strconv.FormatInt(time.Now().Unix(), 36)
	}
	config.QueryTimeout = cmp.Or(config.QueryTimeout, 10*time.Second)
	config.QueueTimeout = cmp.Or(config.QueueTimeout, 2*time.Second)
	config.WriteTimeout = cmp.Or(config.WriteTimeout, time.Minute)
	config.ReadTimeout = cmp.Or(config.ReadTimeout, 10*time.Second)
	config.IdleTimeout = cmp.Or(config.IdleTimeout, 2*time.Minute)
	config.DrainTimeout = cmp.Or(config.DrainTimeout, 25*time.Second)
	config.VersionAge = cmp.Or(config.VersionAge, 250*time.Millisecond)
	config.SimulationTimeout = cmp.Or(config.SimulationTimeout, 5*time.Minute)
	config.SimulationSample = cmp.Or(config.SimulationSample, 40_000)
	config.UploadMaximum = cmp.Or(config.UploadMaximum, 200<<20)
	config.UploadTimeout = cmp.Or(config.UploadTimeout, 20*time.Minute)
	config.Uploads = cmp.Or(config.Uploads, 4)
	config.Followers = cmp.Or(config.Followers, 100)
	config.FollowEvery = cmp.Or(config.FollowEvery, time.Second)
	config.Writes = cmp.Or(config.Writes, 4)
	config.Queries = cmp.Or(config.Queries, 2*runtime.GOMAXPROCS(0))
	config.InFlight = cmp.Or(config.InFlight, 1024)

	s := &Server{config: config, pages: config.Pages, log: config.Logger}
	s.pages.Name(s.nameOf)
	s.metrics = newMetrics(config.Build)
	s.census = &guard{places: config.Places, territories: config.Territories, metrics: s.metrics,
		slots: make(chan struct{}, config.Queries), queue: config.QueueTimeout, query: config.QueryTimeout}
	s.ward.open(s.metrics, &config)
	s.desk = &guard{metrics: s.metrics, slots: make(chan struct{}, config.Writes), queue: config.QueueTimeout, query: config.QueryTimeout}
	s.doors = doors{refusal: map[netip.Addr]time.Time{}, good: map[string]time.Time{}}
	s.studio.busy = make(chan struct{}, 1)
	s.gates = newTurnstiles()
	s.tickets = reporting{floods: newFloods(), nudge: make(chan struct{}, 1)}
	s.quay = quay{uploads: make(chan struct{}, config.Uploads), followers: make(chan struct{}, config.Followers)}
	s.origins = http.NewCrossOriginProtection()
	if config.PublicURL != "" {
		if err := s.origins.AddTrustedOrigin(origin(config.PublicURL + "/")); err != nil {
			return nil, fmt.Errorf("configure the API: %w", err)
		}
	}
	s.policy = contentPolicy(config.Settings)

	if config.Identity != nil {
		// Signing out is a form that ends at the provider's.
		s.policy = strings.Replace(s.policy, "form-action 'self'", "form-action 'self' "+origin(config.Identity.Issuer()+"/"), 1)
	}
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	// Errors are answered inside the middleware, where they are logged; this is
	// only reached by those that happen before it.
	e.HTTPErrorHandler = s.fail
	e.Use(s.observe, s.protect, s.compress, s.answer)
	s.echo = e
	if err := s.routes(); err != nil {
		return nil, fmt.Errorf("configure the API: %w", err)
	}
	return s, nil
}

// routes is every address that answers. openapi.yaml says the same; a test
// compares them.
func (s *Server) routes() error {
	s.served = map[string]bool{}
	for _, d := range s.allDoors() {
		s.hang(d)
	}
	// What follows is for anybody.
	get := func(path string, h echo.HandlerFunc) { s.hang(reads(path, h)) }
	s.homeRoutes(get)
	if err := s.definitionRoutes(get, mednum.OpenAPI); err != nil {
		return err
	}
	return s.assetRoutes(get, mednum.WebMap)
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.echo.ServeHTTP(w, r) }

// Serve answers on l until ctx is done; it then refuses new connections, lets
// the requests under way finish, and returns. The caller may then close the
// pool: nothing asks it any more.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	server := &http.Server{
		Handler:           s,
		ReadTimeout:       s.config.ReadTimeout,
		ReadHeaderTimeout: s.config.ReadTimeout,
		IdleTimeout:       s.config.IdleTimeout,
		// For one question and one chunk. A long answer has its deadline moved at
		// each chunk (stream.go): a slow line may have the whole export, but nobody
		// holds a connection by reading nothing. The next request on the same
		// connection begins with a new one.
		WriteTimeout:   s.config.QueueTimeout + s.config.QueryTimeout + s.config.WriteTimeout,
		MaxHeaderBytes: 16 << 10,
		ErrorLog:       slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	s.stopping.Store(true)
	s.log.Info("stopping: draining requests", "in_flight", s.inFlight.Load())
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.config.DrainTimeout)
	defer cancel()
	err := server.Shutdown(drain)
	if err != nil {
		// Too slow: their queries are cancelled with their connections.
		err = errors.Join(fmt.Errorf("drain requests: %w", err), server.Close())
	}
	for s.inFlight.Load() > 0 && drain.Err() == nil {
		time.Sleep(time.Millisecond)
	}
	return err
}
