// Package postgres keeps the census and the territories in PostgreSQL +
// PostGIS: all of the project's SQL is here, each statement beside its scan.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Options says how the database is used. The zero Options suits a command.
type Options struct {
	MaxConns         int           // 0: pgx's default, the number of cores, 4 at least
	StatementTimeout time.Duration // of every statement but those of loads; 0: none
	ReadOnly         bool          // refuse to write, for servers that only read
	Listen           bool          // hear of new versions instead of asking at each request: one more connection
	AppName          string        // seen in pg_stat_activity
}

// Census is the database: the places, and the territories. It is safe for
// concurrent use.
type Census struct {
	pool *pgxpool.Pool

	version atomic.Pointer[versions] // what the listener last heard; nil: ask
	stop    context.CancelFunc
	stopped chan struct{}

	sortable   int // the constant, but in tests
	blockLimit int // the same

	open    openCache
	extents extentCache
	atlas   atlas
	engines sync.Map // of versions of the référentiel, by hash of their document
}

type versions struct{ data, territories int64 }

// channel is told the new version inside each committing transaction.
const channel = "mednum_version"

// Open connects. The error says in French what is wrong with the server.
func Open(ctx context.Context, url string, o Options) (*Census, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, explain(err)
	}
	if o.MaxConns > 0 {
		config.MaxConns = int32(o.MaxConns)
	}
	parameters := config.ConnConfig.RuntimeParams
	parameters["timezone"] = "UTC"
	// The statements are short: compiling them costs more than running them.
	parameters["jit"] = "off"
	if o.StatementTimeout > 0 {
		parameters["statement_timeout"] = fmt.Sprint(o.StatementTimeout.Milliseconds())
	}
	if o.ReadOnly {
		parameters["default_transaction_read_only"] = "on"
	}
	if o.AppName != "" {
		parameters["application_name"] = o.AppName
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, explain(err)
	}
	c := &Census{pool: pool, sortable: sortable, blockLimit: blockLimit}
	if err := c.Ping(ctx); err != nil {
		pool.Close()
		return nil, err
	}
	if o.Listen {
		listening, stop := context.WithCancel(context.Background())
		c.stop, c.stopped = stop, make(chan struct{})
		go c.listen(listening, config.ConnConfig.Copy())
	}
	return c, nil
}

// Close waits for the queries under way and closes every connection.
func (c *Census) Close() {
	if c.stop != nil {
		c.stop()
		<-c.stopped
	}
	c.pool.Close()
}

// Ping asks the server whether it answers.
func (c *Census) Ping(ctx context.Context) error {
	if err := c.pool.Ping(ctx); err != nil {
		return explain(err)
	}
	return nil
}

// Versions gives two numbers that only grow: data, bumped by every committed
// change of anything that an answer may show, and territories, bumped when
// territories changed. With Options.Listen they cost nothing, and may be some
// milliseconds late: an answer is then newer than its version says, never older.
func (c *Census) Versions(ctx context.Context) (data, territories int64, err error) {
	if v := c.version.Load(); v != nil {
		return v.data, v.territories, nil
	}
	v, err := readVersions(ctx, c.pool)
	return v.data, v.territories, err
}

type queryer interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

func readVersions(ctx context.Context, q queryer) (v versions, err error) {
	err = q.QueryRow(ctx, `SELECT data, territories FROM data_version`).Scan(&v.data, &v.territories)
	if err != nil {
		err = fmt.Errorf("read data version: %w", explain(err))
	}
	return v, err
}

// bump gives the census a new version; readers hear of it at the commit.
func bump(ctx context.Context, tx pgx.Tx, territories bool) error {
	var data, t int64
	// Counted before the row below is held, for which all others wait.
	if _, err := tx.Exec(ctx, `SELECT journal_weigh()`); err != nil {
		return fmt.Errorf("bump data version: %w", explain(err))
	}
	err := tx.QueryRow(ctx, `
		UPDATE data_version SET data = data + 1, territories = territories + $1::int, changed_at = now()
		RETURNING data, territories`, btoi(territories)).Scan(&data, &t)
	if err == nil {
		_, err = tx.Exec(ctx, `SELECT pg_notify($1, $2)`, channel, fmt.Sprintf("%d %d", data, t))
	}
	if err != nil {
		return fmt.Errorf("bump data version: %w", explain(err))
	}
	return nil
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// listen keeps c.version current while its connection lives, and leaves it nil
// meanwhile, so that nobody reads an old one.
func (c *Census) listen(ctx context.Context, config *pgx.ConnConfig) {
	defer close(c.stopped)
	delete(config.RuntimeParams, "statement_timeout")
	for ctx.Err() == nil {
		c.hear(ctx, config)
		c.version.Store(nil)
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

func (c *Census) hear(ctx context.Context, config *pgx.ConnConfig) {
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, `LISTEN `+channel); err != nil {
		return
	}
	// Read after LISTEN: what is committed in between is heard.
	v, err := readVersions(ctx, conn)
	if err != nil {
		return
	}
	c.version.Store(&v)
	for {
		// A connection that died without a word is found out by asking.
		wait, cancel := context.WithTimeout(ctx, 15*time.Second)
		n, err := conn.WaitForNotification(wait)
		late := wait.Err() != nil
		cancel()
		switch {
		case err == nil:
			var v versions
			if _, err := fmt.Sscanf(n.Payload, "%d %d", &v.data, &v.territories); err != nil {
				return
			}
			c.version.Store(&v)
		case late && ctx.Err() == nil && !conn.IsClosed():
			ask, cancel := context.WithTimeout(ctx, 5*time.Second)
			v, err := readVersions(ask, conn)
			cancel()
			if err != nil {
				return
			}
			c.version.Store(&v)
		default:
			return
		}
	}
}

// ErrTimeout: the server gave a statement up after Options.StatementTimeout.
// It is a context.DeadlineExceeded to those who do not know this package.
var ErrTimeout = fmt.Errorf("statement time-out: %w", context.DeadlineExceeded)

// Fault is an error with a French sentence for the operator.
type Fault struct {
	Message string
	Err     error
}

func (f *Fault) Error() string { return f.Message }
func (f *Fault) Unwrap() error { return f.Err }

// explain says what the server's errors mean, where an operator can do
// something about it.
func explain(err error) error {
	var fault *Fault
	if err == nil || errors.As(err, &fault) {
		return err
	}
	var parse *pgconn.ParseConfigError
	if errors.As(err, &parse) {
		return &Fault{"DATABASE_URL n’est pas une adresse PostgreSQL lisible : écrivez postgres://utilisateur:motdepasse@hôte:5432/base", err}
	}
	var server *pgconn.PgError
	if errors.As(err, &server) {
		switch server.Code {
		case "57014": // query_canceled: by the time-out, unless the caller left
			if errors.Is(err, context.Canceled) {
				return err
			}
			return fmt.Errorf("%w (%w)", ErrTimeout, err)
		case "28P01", "28000":
			return &Fault{"PostgreSQL refuse l’identifiant ou le mot de passe de DATABASE_URL", err}
		case "3D000":
			return &Fault{"la base nommée par DATABASE_URL n’existe pas : créez-la (createdb), ou nommez-en une autre", err}
		case "42P01":
			return &Fault{"les tables manquent : lancez d’abord « mednum migrate »", err}
		case "53300":
			return &Fault{"PostgreSQL n’a plus de connexion libre", err}
		}
	}
	var connect *pgconn.ConnectError
	if errors.As(err, &connect) {
		return &Fault{fmt.Sprintf("PostgreSQL ne répond pas sur %s:%d : vérifiez DATABASE_URL et que le serveur tourne", connect.Config.Host, connect.Config.Port), err}
	}
	return err
}
