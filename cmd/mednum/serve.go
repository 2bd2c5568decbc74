package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"mednum/api"
	"mednum/api/pages"
	"mednum/internal/postgres"
)

const (
	// statementTimeout is the server's own limit: it outlives the API's by a
	// little, which says what happened better.
	statementTimeout = 12 * time.Second
	// memoryLimit keeps the collector from letting the heap grow beside
	// PostgreSQL on a small machine; GOMEMLIMIT wins over it.
	memoryLimit = 400 << 20
	// writers is how many declare, comment or publish at once.
	writers = 4
	// intakeConns is what long work on deposits needs at once, beside the pages
	// that ask for them.
	intakeConns = 8
	// scoresEvery is how late scores may be after a version takes effect.
	scoresEvery = 10 * time.Minute
)

func newServe() *cobra.Command {
	var prepare bool
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Répond : pages, API et carte",
		Long: `Sert les pages, l’API OGC et la carte. S’arrête à SIGTERM ou Ctrl-C : les
réponses en cours se terminent d’abord ; un second signal n’attend pas.`,
		Example: `  mednum serve
  mednum serve --listen :8080 --public-url https://lieux.exemple.fr`,
		Args: arguments("", 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := configure(cmd)
			if err != nil {
				return err
			}
			return serve(cmd, c, prepare)
		},
	}
	cmd.Flags().BoolVar(&prepare, "migrate", false, "met d’abord la base à jour, comme « mednum migrate »")
	takes(cmd, "database-url", "listen", "public-url", "tile-url", "tile-attribution", "geocoder-url", "geocode-imports", "fetch-private", "upload-maximum",
		"trusted-proxies", "frame-ancestors", "theme-css", "oidc-issuer", "oidc-client-id", "oidc-client-secret", "oidc-client-secret-file", "oidc-trust-mail",
		"smtp-url", "mail-from", "demo-login", "log-level", "log-format")
	return cmd
}

func serve(cmd *cobra.Command, c config, prepare bool) (err error) {
	ctx := cmd.Context()
	log := c.logger(cmd.ErrOrStderr())
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
	if err := c.checkPeople(); err != nil {
		return err
	}
	post, err := c.post(log)
	if err != nil {
		return err
	}
	// Taken first: a port in use is told before anything is waited for.
	listener, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return listenFault(c.Listen, err)
	}
	defer listener.Close()
	if prepare {
		if err := migrate(ctx, c.DatabaseURL); err != nil {
			return err
		}
	}
	queries := 2 * runtime.GOMAXPROCS(0)
	census, err := postgres.Open(ctx, c.DatabaseURL, postgres.Options{
		MaxConns: queries + 1, StatementTimeout: statementTimeout, ReadOnly: true, Listen: true, AppName: "mednum serve",
	})
	if err != nil {
		return err
	}
	defer census.Close()
	if err := census.Ready(ctx); err != nil {
		return err
	}
	// What writes has connections of its own: few, and never those of a reader.
	office, err := postgres.Open(ctx, c.DatabaseURL, postgres.Options{MaxConns: writers + 1, AppName: "mednum serve (écritures)"})
	if err != nil {
		return err
	}
	defer office.Close()
	// Files that enter have theirs: a load lasts.
	desk, err := postgres.Open(ctx, c.DatabaseURL, postgres.Options{MaxConns: intakeConns, AppName: "mednum serve (dépôts)"})
	if err != nil {
		return err
	}
	defer desk.Close()
	// And so have territories, whose numbers read much.
	ward, err := postgres.Open(ctx, c.DatabaseURL, postgres.Options{MaxConns: api.WorkConns, ReadOnly: true, AppName: "mednum serve (territoires)"})
	if err != nil {
		return err
	}
	defer ward.Close()
	deposits, err := intakeOffice(c, desk, log, c.FetchPrivate)
	if err != nil {
		return err
	}
	settings := pages.Settings{PublicURL: c.PublicURL, TileURL: c.TileURL, TileAttribution: c.TileAttribution,
		FrameAncestors: c.FrameAncestors, ThemeCSS: c.ThemeCSS}
	rendered, err := pages.New(settings)
	if err != nil {
		return err
	}
	geocoder, err := geocoder(c)
	if err != nil {
		return err
	}
	demonstration := func() {}
	identifier, err := c.identifier()
	if err == nil && c.DemoLogin != "" {
		identifier, demonstration, err = demoIdentity(ctx, c, office, log)
	}
	if err != nil {
		return err
	}
	settled := api.Config{
		Work: ward, Places: census, Territories: census, Scores: office, Consultations: office, Sessions: office, Deposits: deposits, Duplicates: desk, Edits: office, Journal: census, Tickets: office, UploadMaximum: c.UploadMaximum, Writes: writers, Pages: rendered, Settings: settings, Geocoder: geocoder, Logger: log,
		PublicURL: c.PublicURL, TrustedProxies: c.TrustedProxies, Build: version, Queries: queries, DemoLogin: c.DemoLogin != "",
	}
	if identifier != nil { // a nil pointer in an interface is something
		settled.Identity = identifier
	}
	if post != nil {
		settled.Mail = post
	}
	server, err := api.New(settled)
	if err != nil {
		return err
	}
	fmt.Fprintf(cmd.OutOrStdout(), "mednum : ouvrez %s (Ctrl-C pour arrêter)\n", address(c, listener))
	log.Info("listening", "address", listener.Addr().String(), "version", version)
	var keeper sync.WaitGroup
	defer keeper.Wait()
	keeper.Go(func() { watchScores(ctx, office, log) })
	keeper.Go(func() { sweepAccounts(ctx, office, log) })
	keeper.Go(demonstration)
	if post != nil {
		keeper.Go(func() { post.Run(ctx) })
	}
	keeper.Go(func() { deposits.Run(ctx) })
	keeper.Go(func() { server.Keep(ctx) })
	// The pools are closed after Serve: the requests under way still ask them.
	return server.Serve(ctx, listener)
}

// watchScores looks now and then whether a version has taken effect.
func watchScores(ctx context.Context, office *postgres.Census, log *slog.Logger) {
	for {
		if err := keepScores(ctx, office); err != nil && ctx.Err() == nil {
			log.Error("keep scores", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(scoresEvery):
		}
	}
}

// sweepAccounts removes now and then the sessions and links that are over.
func sweepAccounts(ctx context.Context, office *postgres.Census, log *slog.Logger) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Hour):
		}
		if err := office.SweepAccounts(ctx, time.Now()); err != nil && ctx.Err() == nil {
			log.Error("sweep accounts", "error", err)
		}
	}
}

// address is where a person on this machine looks.
func address(c config, l net.Listener) string {
	if c.PublicURL != "" {
		return c.PublicURL
	}
	host, _, _ := net.SplitHostPort(c.Listen)
	if ip := net.ParseIP(host); host == "" || ip != nil && (ip.IsUnspecified() || ip.IsLoopback()) {
		host = "localhost"
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return "http://" + net.JoinHostPort(host, port)
}

func listenFault(listen string, err error) error {
	_, port, _ := net.SplitHostPort(listen)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("le port %s est déjà pris sur cette machine ; choisissez-en un autre : --listen localhost:8081", port)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("le port %s est réservé à l’administrateur ; choisissez-en un au-dessus de 1024 : --listen localhost:8080", port)
	}
	return fmt.Errorf("impossible de répondre sur %s : %w", listen, err)
}
