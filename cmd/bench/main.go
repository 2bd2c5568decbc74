// Command bench measures what the product promises of speed: the real binary on
// a real PostgreSQL, each kind of request beside pgbench on the same SQL, in
// alternation, on this machine only. `make bench` runs it. The table on the
// standard output is its only result.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// setup is what the command line says.
type setup struct {
	url         string // of a superuser; databases of our own are made on that server
	mednum      string // the binary
	programs    string // folder of psql and pgbench
	territories string
	sizes       []int
	rounds      int
	seconds     int
	clients     int
	deposits    bool // only those
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var s setup
	var sizes string
	flag.StringVar(&s.url, "url", os.Getenv("DATABASE_URL"), "superuser's URL")
	flag.StringVar(&s.mednum, "mednum", "bin/mednum", "binary")
	flag.StringVar(&s.programs, "programs", "", "folder of psql and pgbench")
	flag.StringVar(&s.territories, "territories", "../shared/data/geo", "what to import as territories")
	flag.StringVar(&sizes, "sizes", "20000 1000000", "numbers of places")
	flag.IntVar(&s.rounds, "rounds", 3, "alternating rounds; medians are shown")
	flag.IntVar(&s.seconds, "seconds", 4, "of each measure of a round")
	flag.IntVar(&s.clients, "clients", 8, "at once")
	flag.BoolVar(&s.deposits, "deposits", false, "only what a file takes from upload to publication")
	flag.Parse()
	for field := range strings.FieldsSeq(sizes) {
		n, err := strconv.Atoi(field)
		if err != nil || n < 1000 || n > 5_000_000 {
			fmt.Fprintf(os.Stderr, "taille « %s » : écrivez des nombres de lieux entre 1000 et 5000000\n", field)
			os.Exit(2)
		}
		s.sizes = append(s.sizes, n)
	}
	if err := bench(ctx, s, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench :", err)
		stop()
		os.Exit(1)
	}
}

func told(format string, args ...any) { fmt.Fprintf(os.Stderr, "bench : "+format+"\n", args...) }

// row is a line of the table. A goal is met or not; one without goal informs.
type row struct {
	size              int
	what, us, floor   string
	ratio, goal, note string
}

func bench(ctx context.Context, s setup, w io.Writer) error {
	var rows []row
	var rates []map[string]float64
	folder, err := os.MkdirTemp("", "mednum-bench-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	given := filepath.Join(folder, "depot.csv")
	told("%d lignes à déposer…", depositedRows)
	if err := s.makeDeposit(ctx, given); err != nil {
		return err
	}
	for _, size := range s.sizes {
		r, rate, err := s.atSize(ctx, size, given)
		rows = append(rows, r...)
		rates = append(rates, rate)
		if err != nil {
			return errors.Join(fmt.Errorf("%d lieux : %w", size, err), table(w, rows))
		}
	}
	if first, last := rates[0], rates[len(rates)-1]; len(rates) > 1 {
		for what, least := range map[string]float64{nearestRow: 0.8, bboxRow: 0.5} {
			if s.deposits {
				continue
			}
			ratio := last[what] / first[what]
			rows = append(rows, row{size: s.sizes[len(s.sizes)-1], what: what + ", contre nous à " + strconv.Itoa(s.sizes[0]),
				us: perSecond(last[what]), floor: perSecond(first[what]), ratio: decimal(ratio), goal: "≥ " + decimal(least), note: met(ratio >= least)})
		}
		ratio := last[depositRow] / first[depositRow]
		rows = append(rows, row{size: s.sizes[len(s.sizes)-1], what: depositRow + ", contre nous à " + strconv.Itoa(s.sizes[0]),
			us: decimal(last[depositRow]) + " s", floor: decimal(first[depositRow]) + " s", ratio: decimal(ratio), goal: "≤ 3", note: met(ratio <= 3)})
	}
	return table(w, rows)
}

const (
	nearestRow = "20 plus proches, entiers, avec distance"
	bboxRow    = "bbox, 100 lieux"
	oneRow     = "un lieu"
)

func (s setup) atSize(ctx context.Context, size int, given string) (rows []row, rates map[string]float64, err error) {
	name := fmt.Sprintf("mednum_bench_%d_%d", size, os.Getpid())
	url, drop, err := s.database(ctx, name)
	if err != nil {
		return nil, nil, err
	}
	defer drop()
	told("%d lieux : charge…", size)
	if err := s.run(ctx, url, "migrate"); err != nil {
		return nil, nil, err
	}
	if err := s.run(ctx, url, "territories", "import", s.territories); err != nil {
		return nil, nil, err
	}
	if err := s.run(ctx, url, "demo", "--places", strconv.Itoa(size), "--seed", "1"); err != nil {
		return nil, nil, err
	}
	if _, err := s.psql(ctx, url, "VACUUM ANALYZE"); err != nil {
		return nil, nil, err
	}
	server, err := s.serve(ctx, url)
	if err != nil {
		return nil, nil, err
	}
	defer server.stop()
	rates = map[string]float64{}
	deposit := func() error {
		told("%d lieux : dépôt…", size)
		deposited, took, err := s.depositing(ctx, url, server, size, given)
		rows, rates[depositRow] = append(rows, deposited...), took
		return err
	}
	if s.deposits {
		err := deposit()
		return rows, rates, err
	}

	// Boxes and points around places that exist, the same for both sides.
	const points = 48
	found, err := s.psql(ctx, url, fmt.Sprintf(`
		SELECT identifier, round(ST_X(position)::numeric, 5), round(ST_Y(position)::numeric, 5) FROM places
		WHERE position IS NOT NULL AND ST_X(position) BETWEEN -5 AND 9 AND ST_Y(position) BETWEEN 42 AND 51
		ORDER BY md5(identifier) LIMIT %d`, points))
	if err != nil {
		return nil, nil, err
	}
	type point struct {
		id       string
		lon, lat float64
	}
	var at []point
	for line := range strings.Lines(found) {
		var p point
		if _, err := fmt.Sscanf(strings.ReplaceAll(strings.TrimSpace(line), "|", " "), "%s %f %f", &p.id, &p.lon, &p.lat); err != nil {
			return nil, nil, fmt.Errorf("read %q: %w", line, err)
		}
		at = append(at, p)
	}
	if len(at) < points {
		return nil, nil, fmt.Errorf("only %d places have a position in metropolitan France", len(at))
	}
	// Wide enough for a hundred places wherever it lies in a census of 20,000.
	const half = 0.75

	for _, m := range []struct {
		what   string
		target func(point) string
		set    func(point) string // pgbench variables
		sql    string
		least  float64
		expect string
	}{
		{
			nearestRow,
			func(p point) string { return fmt.Sprintf("/collections/lieux/items?near=%g,%g&limit=20", p.lon, p.lat) },
			func(p point) string { return fmt.Sprintf("\\set lon %g\n\\set lat %g\n", p.lon, p.lat) },
			// The twenty and one more, as the API asks to know whether there are others.
			`WITH candidate AS MATERIALIZED (
				SELECT seq, identifier, position::geography <-> ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)::geography AS sphere,
					ST_Distance(position::geography, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)::geography) AS metres
				FROM places WHERE shown AND position IS NOT NULL
				ORDER BY position::geography <-> ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)::geography LIMIT 31
			), found AS (
				SELECT seq, identifier, metres FROM candidate ORDER BY metres, identifier LIMIT 21
			) SELECT p.seq, p.identifier, p.metres, f.feature, s.published FROM found p JOIN features f USING (seq) LEFT JOIN scores s USING (seq)
			ORDER BY p.metres, p.identifier`,
			0.75, `"numberReturned":20`,
		},
		{
			bboxRow,
			func(p point) string {
				return fmt.Sprintf("/collections/lieux/items?bbox=%.5f,%.5f,%.5f,%.5f&limit=100", p.lon-half, p.lat-half, p.lon+half, p.lat+half)
			},
			func(p point) string {
				return fmt.Sprintf("\\set w %.5f\n\\set s %.5f\n\\set e %.5f\n\\set n %.5f\n", p.lon-half, p.lat-half, p.lon+half, p.lat+half)
			},
			`SELECT p.seq, p.identifier, f.feature, s.published FROM (
				SELECT seq, identifier FROM places
				WHERE shown AND position && ST_MakeEnvelope(:w, :s, :e, :n, 4326)
				ORDER BY seq LIMIT 101
			) p JOIN features f USING (seq) LEFT JOIN scores s USING (seq) ORDER BY p.seq`,
			0.8, `"numberReturned":100`,
		},
		{
			oneRow,
			func(p point) string { return "/collections/lieux/items/" + p.id },
			func(p point) string { return "\\set id '''" + p.id + "'''\n" },
			`SELECT seq, shown, merged_into, feature, published
			FROM places JOIN features USING (seq) LEFT JOIN scores USING (seq) WHERE identifier = :id`,
			0.4, `"Feature"`,
		},
	} {
		told("%d lieux : %s…", size, m.what)
		var targets []request
		folder, err := os.MkdirTemp("", "mednum-bench-*")
		if err != nil {
			return rows, rates, err
		}
		defer os.RemoveAll(folder)
		var scripts []string
		for i, p := range at {
			if size < 20_000 {
				m.expect = "" // fewer than a hundred places in a box, then
			}
			targets = append(targets, request{path: m.target(p), expect: m.expect})
			script := filepath.Join(folder, fmt.Sprintf("%d.sql", i))
			// pgbench has no text variables: an identifier is written in.
			text, set := m.sql, m.set(p)
			if m.what == oneRow {
				text, set = strings.ReplaceAll(text, ":id", "'"+p.id+"'"), ""
			}
			if err := os.WriteFile(script, []byte(set+strings.Join(strings.Fields(text), " ")+";\n"), 0o600); err != nil {
				return rows, rates, err
			}
			scripts = append(scripts, script)
		}
		var ours, floors []measure
		for range s.rounds {
			f, err := s.pgbench(ctx, url, folder, scripts)
			if err != nil {
				return rows, rates, err
			}
			u, err := load(ctx, server.address, targets, s.clients, time.Duration(s.seconds)*time.Second)
			if err != nil {
				return rows, rates, fmt.Errorf("%s: %w", m.what, err)
			}
			ours, floors = append(ours, u), append(floors, f)
		}
		u, f := median(ours), median(floors)
		rates[m.what] = u.rate
		ratio, late := u.rate/f.rate, u.p99/f.p99
		rows = append(rows,
			row{size: size, what: m.what, us: u.String(), floor: f.String(), ratio: decimal(ratio), goal: "≥ " + decimal(m.least), note: met(ratio >= m.least)},
			row{size: size, what: m.what + " : p99", us: millis(u.p99), floor: millis(f.p99), ratio: decimal(late), goal: "≤ 4", note: met(late <= 4)})

		if m.what == oneRow {
			var known []request
			for _, t := range targets {
				tag, err := etag(ctx, server.address, t.path)
				if err != nil {
					return rows, rates, err
				}
				known = append(known, request{path: t.path, headers: "If-None-Match: " + tag + "\r\n", status: 304})
			}
			var not []measure
			for range s.rounds {
				n, err := load(ctx, server.address, known, s.clients, time.Duration(s.seconds)*time.Second)
				if err != nil {
					return rows, rates, fmt.Errorf("304: %w", err)
				}
				not = append(not, n)
			}
			n := median(not)
			ratio := n.rate / u.rate
			rows = append(rows, row{size: size, what: "un lieu, 304, contre 200", us: n.String(), floor: perSecond(u.rate), ratio: decimal(ratio), goal: "≥ 1,5", note: met(ratio >= 1.5)})
		}
	}

	// Without a goal of their own: the slow cases of an index walked in order.
	for _, m := range []struct{ what, query string }{
		{"20 plus proches, filtre rare", "&dispositif_programmes_nationaux=" + "La%20Croix%20Rouge"},
		{"20 plus proches, filtre courant", "&frais_a_charge=Gratuit"},
		{"20 plus proches, niveau rare", "&niveau=A"},
		{"20 plus proches, niveau courant", "&niveau=C,D,E"},
		{"20 plus proches, socle complet", "&socle=complet"},
		{"20 plus proches, score d’au moins 50", "&score_min=50"},
		{"20 plus proches, ouverts maintenant", "&ouvert=maintenant"},
		{"20 plus proches, ouverts un dimanche à 3 h", "&ouvert=2026-11-22T03:00"},
	} {
		var targets []request
		for _, p := range at {
			targets = append(targets, request{path: fmt.Sprintf("/collections/lieux/items?near=%g,%g&limit=20%s", p.lon, p.lat, m.query)})
		}
		u, err := load(ctx, server.address, targets, s.clients, time.Duration(s.seconds)*time.Second)
		if err != nil {
			return rows, rates, fmt.Errorf("%s: %w", m.what, err)
		}
		rows = append(rows, row{size: size, what: m.what, us: u.String()})
	}

	told("%d lieux : tout…", size)
	everything, err := s.everything(ctx, url, server, size)
	rows = append(rows, everything...)
	if err != nil {
		return rows, rates, err
	}
	told("%d lieux : notes…", size)
	scored, err := s.scoring(ctx, url, size)
	rows = append(rows, scored...)
	if err != nil {
		return rows, rates, err
	}
	if err := deposit(); err != nil {
		return rows, rates, err
	}
	if size <= 100_000 {
		told("%d lieux : import…", size)
		imported, err := s.importing(ctx, url, name, size)
		rows = append(rows, imported...)
		if err != nil {
			return rows, rates, err
		}
	}
	return rows, rates, nil
}

// everything measures the whole export against COPY, alone and four at once.
func (s setup) everything(ctx context.Context, url string, server *server, size int) ([]row, error) {
	var ours, copies, firsts []float64
	var bytes int64
	for range s.rounds {
		start := time.Now()
		if err := s.copy(ctx, url); err != nil {
			return nil, err
		}
		copies = append(copies, time.Since(start).Seconds())
		first, total, n, err := drain(ctx, server.address, "/exports/lieux.geojson")
		if err != nil {
			return nil, err
		}
		bytes = n
		ours, firsts = append(ours, total.Seconds()), append(firsts, first.Seconds()*1000)
	}
	done := make(chan error, 4)
	for range 4 {
		go func() {
			_, _, _, err := drain(ctx, server.address, "/exports/lieux.geojson")
			done <- err
		}()
	}
	for range 4 {
		if err := <-done; err != nil {
			return nil, err
		}
	}
	resident := server.peak()
	total, copied, first := middle(ours), middle(copies), middle(firsts)
	return []row{
		{size: size, what: fmt.Sprintf("tout (%d Mo), contre COPY", bytes>>20), us: decimal(total) + " s", floor: decimal(copied) + " s", ratio: decimal(total / copied), goal: "≤ 2", note: met(total/copied <= 2)},
		{size: size, what: "tout : premier octet", us: millis(first), goal: "≤ 20 ms", note: met(first <= 20)},
		{size: size, what: "mémoire résidente la plus haute, 4 lecteurs compris", us: fmt.Sprintf("%d Mo", resident>>20), goal: "≤ 100 Mo", note: met(resident <= 100<<20)},
	}, nil
}

// The size of the open data that the référentiel was tried on, and what scoring
// it on one core may take.
const (
	triedPlaces  = 4490
	triedSeconds = 1.5 // of its processor: the command's start and the reading of the records included
)

// scoring measures a new scoring of all places, years later, when every one has
// aged; and once, at the first size, that of the places of the design on one
// core, in another base.
func (s setup) scoring(ctx context.Context, url string, size int) ([]row, error) {
	var rows []row
	run := func(url, what string, one bool, goal float64, args ...string) error {
		var took []float64
		var peak int64
		for round := range s.rounds {
			cmd := s.command(ctx, url, append([]string{"score", "--date", fmt.Sprintf("%d-01-01", 2040+10*round)}, args...)...)
			if one {
				cmd.Env = append(cmd.Env, "GOMAXPROCS=1")
			}
			start := time.Now()
			if out, err := cmd.CombinedOutput(); err != nil {
				return fmt.Errorf("score: %w\n%s", err, out)
			}
			spent := time.Since(start)
			if one {
				spent = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
			}
			took = append(took, spent.Seconds())
			if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
				peak = max(peak, usage.Maxrss>>10)
			}
		}
		t := middle(took)
		line := row{size: size, what: what, us: fmt.Sprintf("%s s, %d Mo", decimal(t), peak)}
		if goal > 0 {
			line.goal, line.note = "≤ "+decimal(goal)+" s", met(t <= goal)
		}
		rows = append(rows, line)
		return nil
	}
	goal := 0.0
	switch {
	case size <= 20_000:
		goal = 8
	case size <= 1_000_000:
		goal = 400
	}
	if err := run(url, "noter tous les lieux de nouveau", false, goal); err != nil {
		return rows, err
	}
	if err := run(url, "le même jour une seconde fois", false, 0); err != nil {
		return rows, err
	}
	if size != s.sizes[0] {
		return rows, nil
	}
	small, drop, err := s.database(ctx, fmt.Sprintf("mednum_bench_score_%d", os.Getpid()))
	if err != nil {
		return rows, err
	}
	defer drop()
	if err := s.run(ctx, small, "migrate"); err != nil {
		return rows, err
	}
	if err := s.run(ctx, small, "territories", "import", s.territories); err != nil {
		return rows, err
	}
	if err := s.run(ctx, small, "demo", "--places", strconv.Itoa(triedPlaces), "--seed", "1"); err != nil {
		return rows, err
	}
	return rows, run(small, fmt.Sprintf("noter %d lieux × 33 critères sur un cœur, sans écrire : calcul", triedPlaces), true, triedSeconds, "--dry-run")
}

// importing measures a file's way into an empty census, as a user does it.
func (s setup) importing(ctx context.Context, url, name string, size int) ([]row, error) {
	folder, err := os.MkdirTemp("", "mednum-bench-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	file := filepath.Join(folder, "lieux.csv")
	if err := s.run(ctx, url, "export", "--output", file); err != nil {
		return nil, err
	}
	empty, drop, err := s.database(ctx, name+"_import")
	if err != nil {
		return nil, err
	}
	defer drop()
	if err := s.run(ctx, empty, "migrate"); err != nil {
		return nil, err
	}
	if err := s.run(ctx, empty, "territories", "import", s.territories); err != nil {
		return nil, err
	}
	var rows []row
	for _, what := range []string{"import d’un fichier, validé, noté et publié", "le même fichier une seconde fois"} {
		start := time.Now()
		cmd := s.command(ctx, empty, "import", file, "--source", "bench")
		if out, err := cmd.CombinedOutput(); err != nil {
			return rows, fmt.Errorf("import: %w\n%s", err, out)
		}
		took := time.Since(start).Seconds()
		usage, _ := cmd.ProcessState.SysUsage().(*syscall.Rusage)
		line := row{size: size, what: what, us: fmt.Sprintf("%s s, %d Mo", decimal(took), usage.Maxrss>>10)}
		if size <= 20_000 {
			line.goal, line.note = "≤ 20 s", met(took <= 20)
		}
		rows = append(rows, line)
	}
	return rows, nil
}

// database makes one of ours on the server.
func (s setup) database(ctx context.Context, name string) (url string, drop func(), err error) {
	if _, err := s.psql(ctx, s.url, `CREATE DATABASE `+name); err != nil {
		return "", nil, err
	}
	base, query, _ := strings.Cut(s.url, "?")
	at := strings.LastIndex(base, "/")
	url = base[:at+1] + name
	if query != "" {
		url += "?" + query
	}
	return url, func() {
		// Even when interrupted.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		if _, err := s.psql(ctx, s.url, `DROP DATABASE `+name+` WITH (FORCE)`); err != nil {
			told("%v", err)
		}
	}, nil
}

func (s setup) command(ctx context.Context, url string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, s.mednum, args...)
	cmd.Env = append(os.Environ(), "DATABASE_URL="+url)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	return cmd
}

func (s setup) run(ctx context.Context, url string, args ...string) error {
	cmd := s.command(ctx, url, args...)
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("mednum %s: %w", args[0], err)
	}
	return nil
}

func (s setup) program(name string) string { return filepath.Join(s.programs, name) }

func (s setup) psql(ctx context.Context, url, sql string) (string, error) {
	cmd := exec.CommandContext(ctx, s.program("psql"), "--no-psqlrc", "-qAtc", sql, url)
	var fault strings.Builder
	cmd.Stderr = &fault
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("psql: %w: %s", err, fault.String())
	}
	return string(out), nil
}

func (s setup) copy(ctx context.Context, url string) error {
	cmd := exec.CommandContext(ctx, s.program("psql"), "--no-psqlrc", "-qAtc",
		`COPY (SELECT feature, published FROM places JOIN features USING (seq) LEFT JOIN scores USING (seq)
			WHERE shown ORDER BY seq) TO STDOUT`, url)
	cmd.Stdout = io.Discard
	return cmd.Run()
}

// pgbench is the floor: the same SQL, prepared, with nothing between.
func (s setup) pgbench(ctx context.Context, url, folder string, scripts []string) (measure, error) {
	prefix := filepath.Join(folder, "log")
	args := []string{"--no-vacuum", "--protocol=prepared", "--client=" + strconv.Itoa(s.clients), "--jobs=2",
		"--time=" + strconv.Itoa(s.seconds), "--log", "--log-prefix=" + prefix}
	for _, script := range scripts {
		args = append(args, "--file="+script)
	}
	cmd := exec.CommandContext(ctx, s.program("pgbench"), append(args, url)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return measure{}, fmt.Errorf("pgbench: %w\n%s", err, out)
	}
	logs, err := filepath.Glob(prefix + ".*")
	if err != nil {
		return measure{}, err
	}
	var took []float64
	for _, log := range logs {
		text, err := os.ReadFile(log)
		if err != nil {
			return measure{}, err
		}
		os.Remove(log)
		for line := range strings.Lines(string(text)) {
			// client, transaction, microseconds, …
			if fields := strings.Fields(line); len(fields) > 2 {
				if micros, err := strconv.ParseFloat(fields[2], 64); err == nil {
					took = append(took, micros/1000)
				}
			}
		}
	}
	return summarize(took, time.Duration(s.seconds)*time.Second)
}

// server is the real binary, serving.
type server struct {
	cmd     *exec.Cmd
	address string
}

func (s setup) serve(ctx context.Context, url string) (*server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	address := l.Addr().String()
	l.Close()
	cmd := s.command(ctx, url, "serve", "--listen", address, "--log-level", "warn", "--geocoder-url", "aucun")
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	v := &server{cmd, address}
	for range 100 {
		if _, _, _, err := drain(ctx, address, "/readyz"); err == nil {
			return v, nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	v.stop()
	return nil, errors.New("the server does not get ready")
}

func (v *server) stop() {
	_ = v.cmd.Process.Signal(syscall.SIGTERM) // gone already, or going
	_ = v.cmd.Wait()
}

// peak is the highest resident memory so far, in bytes.
func (v *server) peak() int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", v.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		var kilobytes int64
		if _, err := fmt.Sscanf(line, "VmHWM: %d kB", &kilobytes); err == nil {
			return kilobytes << 10
		}
	}
	return 0
}

// measure is one side of one round.
type measure struct {
	rate     float64 // a second
	p50, p99 float64 // milliseconds
}

func (m measure) String() string {
	return fmt.Sprintf("%s (%s / %s)", perSecond(m.rate), millis(m.p50), millis(m.p99))
}

func summarize(took []float64, over time.Duration) (measure, error) {
	if len(took) == 0 {
		return measure{}, errors.New("nothing was answered in time")
	}
	slices.Sort(took)
	at := func(q float64) float64 { return took[min(len(took)-1, int(q*float64(len(took))))] }
	return measure{float64(len(took)) / over.Seconds(), at(0.5), at(0.99)}, nil
}

func median(m []measure) measure {
	pick := func(f func(measure) float64) float64 {
		var v []float64
		for _, one := range m {
			v = append(v, f(one))
		}
		return middle(v)
	}
	return measure{
		pick(func(m measure) float64 { return m.rate }),
		pick(func(m measure) float64 { return m.p50 }),
		pick(func(m measure) float64 { return m.p99 }),
	}
}

func middle(v []float64) float64 {
	v = slices.Clone(v)
	slices.Sort(v)
	if len(v) == 0 {
		return math.NaN()
	}
	return v[len(v)/2]
}

func decimal(v float64) string {
	return strings.Replace(strconv.FormatFloat(v, 'f', 2, 64), ".", ",", 1)
}

func perSecond(v float64) string { return strconv.Itoa(int(math.Round(v))) + "/s" }

func millis(v float64) string {
	return strings.Replace(strconv.FormatFloat(v, 'f', 1, 64), ".", ",", 1) + " ms"
}

func met(ok bool) string {
	if ok {
		return "tenu"
	}
	return "MANQUÉ"
}

func table(w io.Writer, rows []row) error {
	out := "| lieux | mesure | nous (p50 / p99) | plancher (p50 / p99) | rapport | but | |\n|--:|---|---|---|--:|---|---|\n"
	for _, r := range rows {
		out += fmt.Sprintf("| %d | %s | %s | %s | %s | %s | %s |\n", r.size, r.what, r.us, r.floor, r.ratio, r.goal, r.note)
	}
	_, err := io.WriteString(w, out)
	return err
}

// etag asks once, and checks that the answer is what it should be.
func etag(ctx context.Context, address, path string) (string, error) {
	c, err := dial(ctx, address)
	if err != nil {
		return "", err
	}
	defer c.Close()
	answer, err := c.ask(request{path: path})
	if err != nil {
		return "", err
	}
	if !json.Valid(answer.body) || answer.etag == "" {
		return "", fmt.Errorf("%s: no ETag, or not JSON", path)
	}
	return answer.etag, nil
}
