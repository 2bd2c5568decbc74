package postgres

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"iter"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"mednum/internal/hours"
	"mednum/internal/place"
)

// Removals refuses a file that would withdraw more than half of its source's
// places: a file cut short is more likely than so many closings.
type Removals struct {
	Source    string
	Live      int // places of the source before
	Withdrawn int // that the file does not have
}

func (e *Removals) Error() string {
	return fmt.Sprintf("le fichier retirerait %d des %d lieux de « %s », plus de la moitié : est-il complet ? Si oui, acceptez les retraits (--allow-removals) ; s’il ne contient qu’une partie des lieux, dites-le (--partial)",
		e.Withdrawn, e.Live, e.Source)
}

// batch is how many records are compared with the census at once: what a load
// holds in memory.
const batch = 4000

// loadLock makes loads queue: places then appear in the order of their numbers,
// so that a reader who pages by seq misses none. It also keeps two loads of one
// source apart, and two loads from waiting for each other's opening hours.
const loadLock = 0x6d65646e756d // "mednum"

// Load brings a source's file into the census, in one transaction: all of it or
// none. A record that the census has as it is leaves no trace, and a file
// without news none at all: no date, no version. A refused record that was
// usable once keeps its last usable form: the file still has it.
func (c *Census) Load(ctx context.Context, l place.Load, records iter.Seq2[*place.Record, error]) (place.Changes, error) {
	changes, err := c.load(ctx, l, records)
	if err != nil {
		return place.Changes{}, fmt.Errorf("load %s: %w", l.Source, explain(err))
	}
	return changes, nil
}

func (c *Census) load(ctx context.Context, l place.Load, records iter.Seq2[*place.Record, error]) (place.Changes, error) {
	l.Source = clean(l.Source)
	if strings.TrimSpace(l.Source) == "" {
		return place.Changes{}, errors.New("le nom de la source manque")
	}
	tx, err := c.pool.Begin(ctx)
	if err != nil {
		return place.Changes{}, err
	}
	// A cancelled context closes the connection: the server rolls back.
	defer tx.Rollback(context.WithoutCancel(ctx))
	ld := &loader{Load: l, census: c, tx: tx, refused: sha256.New(), hoursIDs: map[hoursPair]int32{}}
	if err := ld.begin(ctx); err != nil {
		return place.Changes{}, err
	}
	for record, err := range records {
		if err != nil {
			return place.Changes{}, err
		}
		if err := ld.take(ctx, record); err != nil {
			return place.Changes{}, err
		}
	}
	if err := ld.flush(ctx); err != nil {
		return place.Changes{}, err
	}
	changed, err := ld.finish(ctx)
	if err != nil || l.DryRun || !changed {
		return ld.changes, err
	}
	if err := bump(ctx, tx, false); err != nil {
		return place.Changes{}, err
	}
	return ld.changes, tx.Commit(ctx)
}

type hoursPair struct{ horaires, zone string }

type loader struct {
	place.Load
	census      *Census
	tx          pgx.Tx
	sourceID    int32
	now         time.Time // whole seconds: what modifie_le says
	refusedHash []byte    // of the last load
	wasDemo     bool
	live        int // places of the source before

	pending  []*place.Record
	refused  hash.Hash
	hoursIDs map[hoursPair]int32

	changes place.Changes
}

func (l *loader) begin(ctx context.Context) error {
	if _, err := l.tx.Exec(ctx, `SET LOCAL statement_timeout = 0`); err != nil {
		return err
	}
	if _, err := l.tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(loadLock)); err != nil {
		return err
	}
	err := l.tx.QueryRow(ctx, `SELECT source_id, refused_hash, demonstration FROM sources WHERE name = $1`, l.Source).
		Scan(&l.sourceID, &l.refusedHash, &l.wasDemo)
	if errors.Is(err, pgx.ErrNoRows) {
		err = l.tx.QueryRow(ctx, `INSERT INTO sources (name, demonstration) VALUES ($1, $2) RETURNING source_id`, l.Source, l.Demonstration).
			Scan(&l.sourceID)
		l.wasDemo = l.Demonstration
	}
	if err != nil {
		return err
	}
	// statement_timestamp, not now: the lock may have been waited for.
	err = l.tx.QueryRow(ctx, `
		SELECT date_trunc('second', statement_timestamp()),
			(SELECT count(*) FROM places WHERE source_id = $1 AND withdrawn_at IS NULL)`, l.sourceID).Scan(&l.now, &l.live)
	if err != nil {
		return err
	}
	_, err = l.tx.Exec(ctx, `
		CREATE TEMP TABLE seen (record_key text COLLATE "C" PRIMARY KEY) ON COMMIT DROP;
		CREATE TEMP TABLE refused (LIKE refused_rows) ON COMMIT DROP;
		CREATE TEMP TABLE new_places (LIKE places) ON COMMIT DROP;
		CREATE TEMP TABLE new_features (LIKE features) ON COMMIT DROP;
		CREATE TEMP TABLE new_records (LIKE records) ON COMMIT DROP`)
	return err
}

func (l *loader) take(ctx context.Context, r *place.Record) error {
	l.pending = append(l.pending, r)
	if len(l.pending) < batch {
		return nil
	}
	return l.flush(ctx)
}

func blocked(r *place.Record) bool {
	return slices.ContainsFunc(r.Findings, func(f place.Finding) bool { return f.Severity == place.Blocking })
}

// known is what the census has of a record.
type known struct {
	seq       int64
	hash      []byte
	withdrawn bool
	created   time.Time
}

func (l *loader) flush(ctx context.Context) error {
	if len(l.pending) == 0 {
		return nil
	}
	keys := make([]string, len(l.pending))
	for i, r := range l.pending {
		keys[i] = clean(r.Key)
	}
	had := make(map[string]known, len(keys))
	rows, err := l.tx.Query(ctx, `
		SELECT record_key, seq, hash, withdrawn_at IS NOT NULL, created_at
		FROM places JOIN records USING (seq)
		WHERE source_id = $1 AND record_key = ANY($2)`, l.sourceID, keys)
	if err != nil {
		return err
	}
	var key string
	var k known
	if _, err := pgx.ForEachRow(rows, []any{&key, &k.seq, &k.hash, &k.withdrawn, &k.created}, func() error {
		had[key] = k
		k.hash = nil
		return nil
	}); err != nil {
		return err
	}

	var seen, refused [][]any
	var added, changed []written
	for i, r := range l.pending {
		key := keys[i]
		k, was := had[key]
		if blocked(r) {
			l.changes.Refused++
			raw, findings, err := l.refuse(r)
			if err != nil {
				return err
			}
			refused = append(refused, []any{l.sourceID, int32(min(r.Line, math.MaxInt32)), key, raw, findings})
			if was && !k.withdrawn {
				seen = append(seen, []any{key})
			}
			continue
		}
		seen = append(seen, []any{key})
		w := written{record: r, key: key, known: k}
		if err := w.prepare(l.Demonstration); err != nil {
			return err
		}
		switch {
		case !was:
			l.changes.Added++
			added = append(added, w)
		case k.withdrawn:
			l.changes.Restored++
			changed = append(changed, w)
		case string(k.hash) != string(w.hash):
			l.changes.Changed++
			changed = append(changed, w)
		default:
			l.changes.Unchanged++
		}
	}
	l.pending = l.pending[:0]
	if err := l.copy(ctx, "seen", []string{"record_key"}, seen); err != nil {
		var server *pgconn.PgError
		if errors.As(err, &server) && server.Code == "23505" {
			return &Fault{"le même identifiant d’enregistrement revient dans le fichier : " + server.Detail, err}
		}
		return err
	}
	if l.DryRun {
		return nil
	}
	if err := l.copy(ctx, "refused", []string{"source_id", "line", "record_key", "raw", "findings"}, refused); err != nil {
		return err
	}
	if len(added) > 0 {
		rows, err := l.tx.Query(ctx, `SELECT nextval('places_seq') FROM generate_series(1, $1)`, len(added))
		if err != nil {
			return err
		}
		seqs, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil {
			return err
		}
		for i := range added {
			added[i].seq, added[i].created = seqs[i], l.now
		}
	}
	if err := l.findHours(ctx, added, changed); err != nil {
		return err
	}
	// Nobody sees the added ones before the commit: no need to stage them.
	if err := l.write(ctx, "", added); err != nil {
		return err
	}
	return l.write(ctx, "new_", changed)
}

// refuse gives the cells and the findings of a refused record, and mixes them
// into the hash that tells whether the next load refuses the same.
func (l *loader) refuse(r *place.Record) (raw, findings string, err error) {
	if raw, err = marshal(r.Raw); err != nil {
		return
	}
	if findings, err = marshal(r.Findings); err != nil {
		return
	}
	fmt.Fprintf(l.refused, "%d %q %s %s\n", r.Line, r.Key, raw, findings)
	return
}

// finish withdraws what the file no longer has, moves what was staged to its
// place, and reports whether anything changed.
func (l *loader) finish(ctx context.Context) (bool, error) {
	if !l.Partial {
		if err := l.analyze(ctx, "seen"); err != nil {
			return false, err
		}
		err := l.tx.QueryRow(ctx, `
			SELECT count(*) FROM places p
			WHERE p.source_id = $1 AND p.withdrawn_at IS NULL
				AND NOT EXISTS (SELECT FROM seen s WHERE s.record_key = p.record_key)`, l.sourceID).Scan(&l.changes.Withdrawn)
		if err != nil {
			return false, err
		}
		if !l.AllowRemovals && l.changes.Withdrawn*2 > l.live {
			return false, &Removals{l.Source, l.live, l.changes.Withdrawn}
		}
	}
	if l.DryRun {
		return false, nil
	}
	if l.changes.Withdrawn > 0 {
		_, err := l.tx.Exec(ctx, `
			UPDATE places p SET withdrawn_at = $2, changed_at = $2
			WHERE p.source_id = $1 AND p.withdrawn_at IS NULL
				AND NOT EXISTS (SELECT FROM seen s WHERE s.record_key = p.record_key)`, l.sourceID, l.now)
		if err != nil {
			return false, err
		}
	}
	if l.changes.Changed+l.changes.Restored > 0 {
		for _, t := range tables {
			sets := make([]string, 0, len(t.columns))
			for _, column := range t.columns {
				if column != "seq" {
					sets = append(sets, column+" = n."+column)
				}
			}
			_, err := l.tx.Exec(ctx, `UPDATE `+t.name+` t SET `+strings.Join(sets, ", ")+` FROM new_`+t.name+` n WHERE t.seq = n.seq`)
			if err != nil {
				return false, err
			}
		}
	}
	refusals := l.refused.Sum(nil)
	if l.changes.Refused == 0 {
		refusals = nil
	}
	again := string(refusals) == string(l.refusedHash)
	if !again {
		_, err := l.tx.Exec(ctx, `DELETE FROM refused_rows WHERE source_id = $1`, l.sourceID)
		if err != nil {
			return false, err
		}
		if _, err := l.tx.Exec(ctx, `INSERT INTO refused_rows SELECT * FROM refused ORDER BY line`); err != nil {
			return false, err
		}
		if _, err := l.tx.Exec(ctx, `UPDATE sources SET refused_hash = $2 WHERE source_id = $1`, l.sourceID, refusals); err != nil {
			return false, err
		}
	}
	if l.wasDemo != l.Demonstration {
		if _, err := l.tx.Exec(ctx, `UPDATE sources SET demonstration = $2 WHERE source_id = $1`, l.sourceID, l.Demonstration); err != nil {
			return false, err
		}
	}
	n := l.changes.Added + l.changes.Changed + l.changes.Withdrawn + l.changes.Restored
	if n > 0 {
		if err := l.score(ctx); err != nil {
			return false, err
		}
	}
	if n*10 > l.live {
		// What came is in a list that every search would read until a vacuum sorts
		// it in; and what the planner knows of an empty census would scan a full
		// one whole.
		if _, err := l.tx.Exec(ctx, `SELECT gin_clean_pending_list('places_vocabularies'), gin_clean_pending_list('places_search')`); err != nil {
			return false, err
		}
		for _, table := range []string{"features", "hours"} {
			if err := l.analyze(ctx, table); err != nil {
				return false, err
			}
		}
		if err := settleScores(ctx, l.tx); err != nil {
			return false, err
		}
	}
	return n > 0 || !again, nil
}

// score scores what the load wrote; the whole source, when it has begun or
// ceased to give one value everywhere.
func (l *loader) score(ctx context.Context) error {
	// The planner must not take a census that this load filled for an empty one.
	if (l.changes.Added+l.changes.Changed+l.changes.Restored)*10 > l.live {
		for _, table := range []string{"places", "records"} {
			if err := l.analyze(ctx, table); err != nil {
				return err
			}
		}
	}
	if l.changes.Withdrawn > 0 {
		if err := unscore(ctx, l.tx, l.sourceID, l.now); err != nil {
			return err
		}
	}
	all, err := findConstantes(ctx, l.tx, l.sourceID)
	if err != nil {
		return err
	}
	s := scoring{census: l.census, tx: l.tx, where: "p.source_id = $1 AND p.changed_at = $2", args: []any{l.sourceID, l.now}}
	if err := measureEcarts(ctx, l.tx, s.where, s.args...); err != nil {
		return err
	}
	if all {
		s.where, s.args = "p.source_id = $1", s.args[:1]
	}
	return s.run(ctx)
}

func (l *loader) analyze(ctx context.Context, table string) error {
	_, err := l.tx.Exec(ctx, `ANALYZE `+table)
	return err
}

func (l *loader) copy(ctx context.Context, table string, columns []string, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	_, err := l.tx.CopyFrom(ctx, pgx.Identifier{table}, columns, pgx.CopyFromRows(rows))
	return err
}

// findHours gives each pair of hours and zone its number.
func (l *loader) findHours(ctx context.Context, lists ...[]written) error {
	var horaires, zones []string
	missing := map[hoursPair]bool{}
	for _, list := range lists {
		for i := range list {
			p := list[i].hours
			if _, ok := l.hoursIDs[p]; p.horaires == "" || ok || missing[p] {
				continue
			}
			missing[p] = true
			horaires, zones = append(horaires, p.horaires), append(zones, p.zone)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	if len(l.hoursIDs) > 100_000 {
		clear(l.hoursIDs) // memory is bounded whatever the file
		return l.findHours(ctx, lists...)
	}
	_, err := l.tx.Exec(ctx, `
		INSERT INTO hours (horaires, zone)
		SELECT h, z FROM unnest($1::text[], $2::text[]) AS n (h, z)
		WHERE NOT EXISTS (SELECT FROM hours WHERE md5(horaires) = md5(h) AND zone = z)`, horaires, zones)
	if err != nil {
		return err
	}
	rows, err := l.tx.Query(ctx, `
		SELECT hours_id, horaires, zone
		FROM hours JOIN unnest($1::text[], $2::text[]) AS n (h, z) ON md5(horaires) = md5(h) AND zone = z`, horaires, zones)
	if err != nil {
		return err
	}
	var id int32
	var p hoursPair
	_, err = pgx.ForEachRow(rows, []any{&id, &p.horaires, &p.zone}, func() error {
		l.hoursIDs[p] = id
		return nil
	})
	return err
}

// written is a record on its way to the tables.
type written struct {
	known
	record   *place.Record
	key      string
	hash     []byte
	hours    hoursPair
	raw      string
	findings string
}

// prepare makes what does not depend on the place's number and dates, and the
// hash of all that would change it. Lines are left out: a row inserted above
// changes nothing to the record.
func (w *written) prepare(demonstration bool) error {
	r := w.record
	sanitize(r)
	for i := range r.Findings {
		r.Findings[i].Line = 0
	}
	var err error
	if w.raw, err = marshal(r.Raw); err != nil {
		return err
	}
	if w.findings, err = marshal(r.Findings); err != nil {
		return err
	}
	if r.Horaires != "" {
		w.hours = hoursPair{r.Horaires, hours.ZoneOf(r.Departement).Key()}
	}
	h := sha256.New()
	h.Write(place.AppendFeature(nil, &r.Place, r.Absent, place.Published{
		Departement: r.Departement, PositionDoute: r.Doubt, Demonstration: demonstration,
	}))
	var number [8]byte
	for _, s := range append([]string{w.raw, w.findings}, r.Absent...) {
		binary.LittleEndian.PutUint64(number[:], uint64(len(s)))
		h.Write(number[:])
		h.Write([]byte(s))
	}
	w.hash = h.Sum(nil)
	return nil
}

// table is what is written of a place in one table.
type table struct {
	name    string
	columns []string
}

// tables share the columns of the standard: what searches filter by is in
// places, the rest in records.
var tables = func() []table {
	places := table{"places", []string{
		"seq", "identifier", "source_id", "record_key", "position", "hours_id", "demonstration", "withdrawn_at",
		"created_at", "changed_at", "departement", "search",
	}}
	records := table{"records", []string{"seq", "hash", "raw", "absent", "findings", "position_doute"}}
	for i := range place.Columns {
		switch c := &place.Columns[i]; {
		case c.Kind == place.Latitude || c.Kind == place.Longitude: // position
		case searched(c):
			places.columns = append(places.columns, c.Name)
		default:
			records.columns = append(records.columns, c.Name)
		}
	}
	return []table{places, {"features", []string{"seq", "feature"}}, records}
}()

func searched(c *place.Column) bool {
	return c.Vocabulary != nil || c.Kind == place.Day || c.Name == "code_postal" || c.Name == "code_insee" || c.Name == "autres_formations_labels"
}

// write copies the places to the tables whose names begin with prefix.
func (l *loader) write(ctx context.Context, prefix string, list []written) error {
	// Neighbours on the ground become neighbours on the disk: a box or a
	// neighbourhood is then read in several times fewer pages.
	slices.SortStableFunc(list, func(a, b written) int { return cmp.Compare(hilbert(a.record.Position), hilbert(b.record.Position)) })
	places, features, records := make([][]any, len(list)), make([][]any, len(list)), make([][]any, len(list))
	for i := range list {
		w := &list[i]
		r := w.record
		position, err := pointEWKB(r.Position)
		if err != nil {
			return err
		}
		var hoursID any
		if w.hours.horaires != "" {
			id, ok := l.hoursIDs[w.hours]
			if !ok {
				return fmt.Errorf("hours %q without a number", w.hours.horaires)
			}
			hoursID = id
		}
		identifier := place.Identifier(w.seq)
		absent := r.Absent
		if absent == nil {
			absent = []string{}
		}
		places[i] = []any{
			w.seq, identifier, l.sourceID, w.key, orNull(position), hoursID, l.Demonstration, nil,
			w.created, l.now, unknown(r.Departement), searchText(&r.Place),
		}
		features[i] = []any{w.seq, string(place.AppendFeature(nil, &r.Place, r.Absent, place.Published{
			ID: identifier, Producteur: l.Source, Departement: r.Departement, PositionDoute: r.Doubt,
			Demonstration: l.Demonstration, ModifieLe: l.now.UTC().Format(time.RFC3339),
		}))}
		records[i] = []any{w.seq, w.hash, w.raw, absent, w.findings, unknown(r.Doubt)}
		for j := range place.Columns {
			c := &place.Columns[j]
			var v any
			switch {
			case c.Text != nil:
				v = unknown(*c.Text(&r.Place))
			case c.List != nil && slices.Contains(r.Absent, c.Name):
				// NULL, even where empty would mean something.
			case c.List != nil:
				v = *c.List(&r.Place) // nil is NULL
			case c.Kind == place.Day:
				if r.DateMaj.Known() {
					v = r.DateMaj.Time()
				}
			default:
				continue
			}
			if searched(c) {
				places[i] = append(places[i], v)
			} else {
				records[i] = append(records[i], v)
			}
		}
	}
	for i, rows := range [][][]any{places, features, records} {
		if err := l.copy(ctx, prefix+tables[i].name, tables[i].columns, rows); err != nil {
			return err
		}
	}
	return nil
}

// hilbert numbers positions along a curve that keeps neighbours near each
// other; unknown positions come first.
func hilbert(p place.Position) uint64 {
	if !p.Known() {
		return 0
	}
	const order = 24 // about two metres
	x := uint64((p.Longitude() + 180) / 360 * (1<<order - 1))
	y := uint64((p.Latitude() + 90) / 180 * (1<<order - 1))
	var d uint64
	for s := uint64(1) << (order - 1); s > 0; s >>= 1 {
		right, upper := x&s != 0, y&s != 0
		switch {
		case right && upper:
			d += 2 * s * s
		case right:
			d += 3 * s * s
		case upper:
			d += s * s
		}
		if !upper {
			if right {
				x, y = ^x, ^y
			}
			x, y = y, x
		}
	}
	return d + 1
}

func unknown(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func orNull(b []byte) any {
	if b == nil {
		return nil
	}
	return b
}

// clean takes out what PostgreSQL cannot hold: NUL, and bytes that are not UTF-8.
func clean(s string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "\uFFFD")
}

// sanitize cleans every text of a record, which whoever read the file should have done.
func sanitize(r *place.Record) {
	for i := range place.Columns {
		c := &place.Columns[i]
		if c.Text != nil {
			t := c.Text(&r.Place)
			*t = clean(*t)
		}
		if c.List != nil {
			for j, s := range *c.List(&r.Place) {
				(*c.List(&r.Place))[j] = clean(s)
			}
		}
	}
	r.Departement, r.Doubt = clean(r.Departement), clean(r.Doubt)
	for i, s := range r.Absent {
		r.Absent[i] = clean(s)
	}
}

// marshal writes JSON that jsonb takes: no \u0000.
func marshal(v any) (string, error) {
	switch x := v.(type) {
	case map[string]string:
		cells := make(map[string]string, len(x))
		for k, s := range x {
			cells[clean(k)] = clean(s)
		}
		v = cells
	case []place.Finding:
		findings := make([]place.Finding, len(x))
		for i, f := range x {
			f.Code, f.Field, f.Found, f.Made, f.Message = clean(f.Code), clean(f.Field), clean(f.Found), clean(f.Made), clean(f.Message)
			findings[i] = f
		}
		v = findings
	}
	b, err := json.Marshal(v)
	return string(b), err
}
