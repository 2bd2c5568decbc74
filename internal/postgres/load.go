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
	"maps"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"mednum/internal/history"
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

// batch is how many records are compared with the census at once. A load holds
// two in memory: one is written while the next one is read.
const batch = 1000

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
	if err := sign(signed(ctx, history.Author{Cause: history.Import, Subject: "source:" + l.Source}), tx); err != nil {
		return place.Changes{}, err
	}
	ld := &loader{Load: l, matcher: newMatcher(c, tx), refused: sha256.New()}
	ld.pretend = l.DryRun
	if err := ld.begin(ctx); err != nil {
		return place.Changes{}, err
	}
	if err := ld.take(ctx, records); err != nil {
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
	*matcher
	sourceID    int32
	refusedHash []byte // of the last load
	wasDemo     bool
	live        int  // records of the source before
	known       int  // records of the census before, about
	novel       bool // the source never had a record

	refused hash.Hash
	lines   map[int64]int // of the file, by number of the record; nil: nobody is told
	last    int64         // number given

	changes place.Changes
}

func (l *loader) begin(ctx context.Context) error {
	if err := lockLoads(ctx, l.tx); err != nil {
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
	err = l.tx.QueryRow(ctx, `
		SELECT (SELECT count(*) FROM places WHERE source_id = $1 AND withdrawn_at IS NULL),
			(SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END FROM places_seq),
			(SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = 'places'::regclass),
			NOT EXISTS (SELECT FROM places WHERE source_id = $1)`, l.sourceID).Scan(&l.live, &l.last, &l.known, &l.novel)
	if err != nil {
		return err
	}
	l.firstNew = l.last
	if l.Told != nil {
		l.lines = map[int64]int{}
	}
	_, err = l.tx.Exec(ctx, `
		CREATE TEMP TABLE seen (record_key text COLLATE "C" PRIMARY KEY) ON COMMIT DROP;
		CREATE TEMP TABLE refused (LIKE refused_rows) ON COMMIT DROP`)
	if err != nil {
		return err
	}
	return l.matcher.begin(ctx)
}

// take writes the records, each batch while the next one is read: the server
// works then, and so does who reads the file.
func (l *loader) take(ctx context.Context, records iter.Seq2[*place.Record, error]) error {
	var writing chan error // nil: nothing is being written
	wait := func() (err error) {
		if writing != nil {
			err, writing = <-writing, nil
		}
		return err
	}
	defer func() { _ = wait() }() // whatever happens, nobody is left on the connection
	pending := make([]*place.Record, 0, batch)
	write := func() error {
		those, err := l.prepare(pending)
		if err = errors.Join(wait(), err); err != nil {
			return err
		}
		done := make(chan error, 1)
		pending, writing = pending[:0], done
		go func() { done <- l.flush(ctx, those) }()
		return nil
	}
	for record, err := range records {
		if err != nil {
			return err
		}
		if pending = append(pending, record); len(pending) < batch {
			continue
		}
		if err := write(); err != nil {
			return err
		}
	}
	if err := write(); err != nil {
		return err
	}
	return wait()
}

// known is what the census has of a record.
type known struct {
	seq       int64
	hash      []byte
	withdrawn bool
	created   time.Time
}

// prepare makes what is written of records, as far as that does not depend on
// what the census has of them. Nobody else is held up by it.
func (l *loader) prepare(records []*place.Record) ([]written, error) {
	list := make([]written, len(records))
	faults := make([]error, runtime.GOMAXPROCS(0))
	var wg sync.WaitGroup
	for k := range faults {
		wg.Go(func() {
			for i := k; i < len(list) && faults[k] == nil; i += len(faults) {
				r := records[i]
				w := &list[i]
				*w = written{record: r, key: clean(r.Key), refused: r.Blocked(), source: l.sourceID, published: place.Published{
					Producteur: l.Source, Departement: clean(r.Departement), PositionDoute: clean(r.Doubt),
					Precision: r.Precision, Approximate: r.Approximate, Demonstration: l.Demonstration,
				}}
				if w.refused {
					continue
				}
				if l.novel && l.pretend {
					sanitize(r) // there is nothing to compare it with, nor to write
				} else {
					faults[k] = w.prepare()
				}
				w.profile = newProfile(0, &r.Place, w.published.Producteur, w.published.Departement, w.published.Demonstration)
			}
		})
	}
	wg.Wait()
	return list, errors.Join(faults...)
}

func (l *loader) flush(ctx context.Context, list []written) error {
	if len(list) == 0 {
		return nil
	}
	had, err := l.had(ctx, list)
	if err != nil {
		return err
	}
	var seen, refused [][]any
	var added, changed []written
	for i := range list {
		w := &list[i]
		k, was := had[w.key]
		if w.refused {
			l.changes.Refused++
			raw, findings, err := l.refuse(w.record)
			if err != nil {
				return err
			}
			refused = append(refused, []any{l.sourceID, int32(min(w.record.Line, math.MaxInt32)), w.key, raw, findings})
			if was && !k.withdrawn {
				seen = append(seen, []any{w.key})
			}
			continue
		}
		seen = append(seen, []any{w.key})
		w.known = k
		switch {
		case !was:
			l.changes.Added++
			added = append(added, *w)
		case k.withdrawn:
			l.changes.Restored++
			changed = append(changed, *w)
		case string(k.hash) != string(w.hash):
			l.changes.Changed++
			changed = append(changed, *w)
		default:
			l.changes.Unchanged++
		}
	}
	if l.novel && !l.pretend {
		seen = nil // there is nothing to withdraw, and places takes no key twice
	}
	if err := l.copy(ctx, "seen", []string{"record_key"}, seen); err != nil {
		return repeated(err)
	}
	if err := l.copy(ctx, "refused", []string{"source_id", "line", "record_key", "raw", "findings"}, refused); err != nil {
		return err
	}
	// Nobody else takes numbers meanwhile: the sequence is told in the end, and those
	// of a dry run are nobody's.
	for i := range added {
		l.last++
		added[i].seq, added[i].created = l.last, l.now
	}
	former, err := l.former(ctx, changed)
	if err != nil {
		return err
	}
	if err := l.tell(added, changed, former); err != nil {
		return err
	}
	if err := l.note(ctx, added, changed, former); err != nil {
		return err
	}
	if err := l.findHours(ctx, added, changed); err != nil {
		return err
	}
	// Nobody sees the added ones before the commit: no need to stage them.
	added = slices.DeleteFunc(added, func(w written) bool { return w.held })
	if err := l.write(ctx, "", added); err != nil {
		return repeated(err)
	}
	return l.write(ctx, "new_", changed)
}

// repeated says so when a key came twice, wherever that was seen first.
func repeated(err error) error {
	var server *pgconn.PgError
	if errors.As(err, &server) && (server.ConstraintName == "seen_pkey" || server.ConstraintName == "places_source_id_record_key_key") {
		return &Fault{"le même identifiant d’enregistrement revient dans le fichier : " + server.Detail, err}
	}
	return err
}

// had gives what the census has of records, by key. One table at a time: what
// the planner thinks of tables that grow meanwhile is not to be trusted.
func (l *loader) had(ctx context.Context, list []written) (map[string]known, error) {
	if l.novel {
		return nil, nil
	}
	keys := make([]string, len(list))
	for i := range list {
		keys[i] = list[i].key
	}
	rows, err := l.tx.Query(ctx, `
		SELECT record_key, seq, withdrawn_at IS NOT NULL, created_at FROM places
		WHERE source_id = $1 AND record_key = ANY($2)`, l.sourceID, keys)
	if err != nil {
		return nil, err
	}
	had := make(map[string]known, len(list))
	byKey := make(map[int64]string, len(list))
	var key string
	var k known
	if _, err := pgx.ForEachRow(rows, []any{&key, &k.seq, &k.withdrawn, &k.created}, func() error {
		had[key], byKey[k.seq] = k, key
		return nil
	}); err != nil || len(had) == 0 {
		return had, err
	}
	// A row that speaks for several has its own record among the members.
	for _, table := range []string{"records", "members"} {
		rows, err := l.tx.Query(ctx, `SELECT seq, hash FROM `+table+` WHERE seq = ANY($1)`, slices.Collect(maps.Keys(byKey)))
		if err != nil {
			return nil, err
		}
		var seq int64
		var hash []byte
		if _, err := pgx.ForEachRow(rows, []any{&seq, &hash}, func() error {
			k := had[byKey[seq]]
			k.hash, hash = hash, nil
			had[byKey[seq]] = k
			return nil
		}); err != nil {
			return nil, err
		}
	}
	return had, nil
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
	if !l.Partial && !l.novel {
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
	if l.changes.Withdrawn > 0 {
		if err := l.withdraw(ctx); err != nil {
			return false, err
		}
	}
	if l.changes.Changed+l.changes.Restored > 0 {
		if err := l.applyRecords(ctx); err != nil {
			return false, err
		}
	}
	n := l.changes.Added + l.changes.Changed + l.changes.Withdrawn + l.changes.Restored
	if n > 0 {
		if err := l.match(ctx, n); err != nil || l.DryRun {
			return false, err
		}
	}
	if l.DryRun {
		return false, nil
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
	if n > 0 {
		if err := l.score(ctx); err != nil {
			return false, err
		}
	}
	if n*10 > l.live {
		// What came is in a list that every search would read until a vacuum sorts
		// it in.
		if _, err := l.tx.Exec(ctx, `SELECT gin_clean_pending_list('places_vocabularies'), gin_clean_pending_list('places_search'), gin_clean_pending_list('scores_socle')`); err != nil {
			return false, err
		}
	}
	if l.grown(n) {
		if err := l.analyze(ctx, "hours", scoresRead); err != nil {
			return false, err
		}
	}
	return n > 0 || !again, nil
}

// withdraw closes the records that the file no longer has. Those that another
// speaks for, or that speak for others, are not shown the less: the matcher says.
func (l *loader) withdraw(ctx context.Context) error {
	rows, err := l.tx.Query(ctx, `
		WITH gone AS (
			UPDATE places p SET withdrawn_at = $2, shown = p.shown AND m.seq IS NOT NULL,
				changed_at = CASE WHEN p.merged_into IS NULL AND m.seq IS NULL THEN $2 ELSE p.changed_at END
			FROM places o LEFT JOIN members m USING (seq)
			WHERE o.seq = p.seq AND p.source_id = $1 AND p.withdrawn_at IS NULL
				AND NOT EXISTS (SELECT FROM seen s WHERE s.record_key = p.record_key)
			RETURNING p.seq, p.identifier, p.merged_into IS NOT NULL OR m.seq IS NOT NULL AS joined
		), put AS (
			INSERT INTO touched SELECT seq FROM gone
		), put_too AS (
			INSERT INTO seeds SELECT seq FROM gone WHERE joined
		)
		SELECT g.identifier, COALESCE(m.nom, r.nom, ''), COALESCE(m.commune, r.commune, '')
		FROM gone g JOIN records r USING (seq) LEFT JOIN members m USING (seq)
		WHERE $3
		ORDER BY seq`, l.sourceID, l.now, l.Told != nil)
	if err != nil {
		return err
	}
	change := place.LoadChange{Kind: place.LoadWithdrawn}
	_, err = pgx.ForEachRow(rows, []any{&change.ID, &change.Nom, &change.Commune}, func() error { return l.Told(change) })
	return err
}

// tell tells what becomes of records.
func (l *loader) tell(added, changed []written, former map[int64]ownRecord) error {
	if l.Told == nil {
		return nil
	}
	for i := range added {
		w := &added[i]
		l.lines[w.seq] = w.record.Line
		if err := l.Told(place.LoadChange{Kind: place.LoadAdded, ID: l.public(w.seq), Nom: w.record.Nom, Commune: w.record.Commune, Line: w.record.Line}); err != nil {
			return err
		}
	}
	for i := range changed {
		w := &changed[i]
		l.lines[w.seq] = w.record.Line
		was := former[w.seq]
		change := place.LoadChange{Kind: place.LoadChanged, ID: l.public(w.seq), Nom: w.record.Nom, Commune: w.record.Commune, Line: w.record.Line}
		if w.withdrawn {
			change.Kind = place.LoadRestored
		}
		for j := range place.Columns {
			c := &place.Columns[j]
			before, after := c.Cell(&was.place), c.Cell(&w.record.Place)
			if before != after {
				change.Fields = append(change.Fields, place.FieldChange{Column: c.Name, Before: before, After: after})
			}
		}
		if err := l.Told(change); err != nil {
			return err
		}
	}
	return nil
}

// public is the identifier of a record, "" when a dry run only pretends that
// there is one.
func (l *loader) public(seq int64) string {
	if l.DryRun && seq > l.firstNew {
		return ""
	}
	return place.Identifier(seq)
}

// match compares what came with the census, and publishes what turns out to be
// one place once; a dry run only tells.
func (l *loader) match(ctx context.Context, n int) error {
	// The planner must not take a census that this load filled for an empty one,
	// nor do searches, which only look records and features up by number.
	if l.grown(n) && !l.pretend {
		places := "places"
		if l.known > 0 {
			// What they offer and are called is much the same: a vacuum looks at it soon.
			places += " (seq, source_id, position, hours_id, departement, code_postal, code_insee, date_maj, shown, merged_into)"
		}
		if err := l.analyze(ctx, places, "records (seq)", "features (seq)"); err != nil {
			return err
		}
	}
	if l.last > l.firstNew {
		came := []any{l.firstNew + 1, l.last}
		if _, err := l.tx.Exec(ctx, `INSERT INTO dirty SELECT generate_series($1::bigint, $2)`, came...); err != nil {
			return err
		}
		if !l.pretend {
			if _, err := l.tx.Exec(ctx, `INSERT INTO touched SELECT generate_series($1::bigint, $2)`, came...); err != nil {
				return err
			}
			if _, err := l.tx.Exec(ctx, `SELECT setval('places_seq', $1)`, l.last); err != nil {
				return err
			}
		}
	}
	if err := l.compare(ctx); err != nil {
		return err
	}
	var err error
	if !l.pretend {
		if l.constant, err = findConstantes(ctx, l.tx, l.sourceID); err != nil {
			return err
		}
	}
	if l.constant {
		// Whose value wins depends on what its source says everywhere.
		if err := l.seedSource(ctx, l.sourceID); err != nil {
			return err
		}
	}
	found, err := l.settle(ctx, !l.DryRun)
	if err != nil {
		return err
	}
	l.changes.Merged, l.changes.Doubtful = found.merged, found.doubtful
	if l.Told == nil {
		return nil
	}
	return l.tellDuplicates(ctx, found)
}

// score scores what the load wrote; the whole source, when it has begun or
// ceased to give one value everywhere.
func (l *loader) score(ctx context.Context) error {
	if l.constant {
		if _, err := l.tx.Exec(ctx, `INSERT INTO touched SELECT seq FROM places WHERE source_id = $1 AND shown`, l.sourceID); err != nil {
			return err
		}
	}
	return l.scoreTouched(ctx, place.Date{})
}

// grown reports whether n records more make another census of what was there.
// Of a census that less than doubled the planner's picture holds until a vacuum
// looks again, within minutes: it knows how large tables are.
func (l *loader) grown(n int) bool { return n > l.known }

func (l *loader) analyze(ctx context.Context, tables ...string) error {
	_, err := l.tx.Exec(ctx, `ANALYZE `+strings.Join(tables, ", "))
	return err
}

// writer puts records in the tables of places.
type writer struct {
	tx       pgx.Tx
	now      time.Time // whole seconds: what modifie_le says
	hoursIDs map[hoursPair]int32
	// pretend: a dry run, of which nothing stays. Only what it reads again itself
	// is written then, and nothing is indexed for searches.
	pretend bool
}

// stage makes the tables where what changes waits: the same as those of places.
func (l *writer) stage(ctx context.Context) error {
	// statement_timestamp, not now: a lock may have been waited for.
	if err := l.tx.QueryRow(ctx, `SELECT date_trunc('second', statement_timestamp())`).Scan(&l.now); err != nil {
		return err
	}
	_, err := l.tx.Exec(ctx, `
		CREATE TEMP TABLE new_places (LIKE places) ON COMMIT DROP;
		CREATE TEMP TABLE new_features (LIKE features) ON COMMIT DROP;
		CREATE TEMP TABLE new_records (LIKE records) ON COMMIT DROP`)
	return err
}

func (l *writer) copy(ctx context.Context, table string, columns []string, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	_, err := l.tx.CopyFrom(ctx, pgx.Identifier{table}, columns, pgx.CopyFromRows(rows))
	return err
}

// findHours gives each pair of hours and zone its number.
func (l *writer) findHours(ctx context.Context, lists ...[]written) error {
	if l.pretend {
		return nil
	}
	if len(l.hoursIDs) > 100_000 {
		clear(l.hoursIDs) // memory is bounded whatever the file
	}
	missing := map[hoursPair]bool{}
	for _, list := range lists {
		for i := range list {
			p := list[i].hours
			if _, ok := l.hoursIDs[p]; p.horaires != "" && !ok {
				missing[p] = true
			}
		}
	}
	for _, sql := range []string{
		`SELECT hours_id, horaires, zone
			FROM hours JOIN unnest($1::text[], $2::text[]) AS n (h, z) ON md5(horaires) = md5(h) AND zone = z`,
		`INSERT INTO hours (horaires, zone) SELECT * FROM unnest($1::text[], $2::text[]) RETURNING hours_id, horaires, zone`,
	} {
		if len(missing) == 0 {
			return nil
		}
		var horaires, zones []string
		for p := range missing {
			horaires, zones = append(horaires, p.horaires), append(zones, p.zone)
		}
		rows, err := l.tx.Query(ctx, sql, horaires, zones)
		if err != nil {
			return err
		}
		var id int32
		var p hoursPair
		if _, err = pgx.ForEachRow(rows, []any{&id, &p.horaires, &p.zone}, func() error {
			l.hoursIDs[p] = id
			delete(missing, p)
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// written is a record on its way to the tables.
type written struct {
	known
	record    *place.Record
	key       string
	source    int32
	published place.Published // but identifier and date
	merged    bool            // made of several records: what the source wrote is not touched
	hash      []byte
	hours     hoursPair
	raw       string
	findings  string
	refused   bool
	profile   *profile // numbered when the record is; nil when nobody asks for it
	held      bool     // by a dry run, in memory: written nowhere
}

// prepare makes what does not depend on the place's number and dates, and the
// hash of all that would change it. Lines are left out: a row inserted above
// changes nothing to the record.
func (w *written) prepare() error {
	r := w.record
	if !w.merged {
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
	}
	if r.Horaires != "" {
		w.hours = hoursPair{r.Horaires, hours.ZoneOf(r.Departement).Key()}
	}
	h := sha256.New()
	beside := w.published
	if !w.merged {
		beside.Producteur = "" // the source's own
	}
	h.Write(place.AppendFeature(nil, &r.Place, r.Absent, beside))
	var number [8]byte
	for _, list := range [][]string{{w.raw, w.findings}, r.Absent, r.Defaults} {
		binary.LittleEndian.PutUint64(number[:], uint64(len(list)))
		h.Write(number[:])
		for _, s := range list {
			binary.LittleEndian.PutUint64(number[:], uint64(len(s)))
			h.Write(number[:])
			h.Write([]byte(s))
		}
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
		"seq", "identifier", "source_id", "record_key", "position", "position_precision", "hours_id", "demonstration", "withdrawn_at",
		"shown", "created_at", "changed_at", "departement", "search",
	}}
	records := table{"records", []string{"seq", "hash", "raw", "absent", "findings", "defaults", "position_doute"}}
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
func (l *writer) write(ctx context.Context, prefix string, list []written) error {
	shown := func(w *written) place.Position { p, _ := w.published.Shown(&w.record.Place); return p }
	// Neighbours on the ground become neighbours on the disk: a box or a
	// neighbourhood is then read in several times fewer pages.
	if !l.pretend {
		slices.SortStableFunc(list, func(a, b written) int { return cmp.Compare(hilbert(shown(&a)), hilbert(shown(&b))) })
	}
	places, features, records := make([][]any, len(list)), make([][]any, len(list)), make([][]any, len(list))
	for i := range list {
		w := &list[i]
		r := w.record
		at, precision := w.published.Shown(&r.Place)
		search := ""
		if l.pretend {
			at = place.Position{}
			w.hash, w.raw, w.findings = []byte{}, "{}", "[]"
		} else {
			search = searchText(&r.Place)
		}
		position, err := pointEWKB(at)
		if err != nil {
			return err
		}
		var hoursID any
		if w.hours.horaires != "" && !l.pretend {
			id, ok := l.hoursIDs[w.hours]
			if !ok {
				return fmt.Errorf("hours %q without a number", w.hours.horaires)
			}
			hoursID = id
		}
		identifier := place.Identifier(w.seq)
		beside := w.published
		beside.ID, beside.ModifieLe = identifier, l.now.UTC().Format(time.RFC3339)
		places[i] = []any{
			w.seq, identifier, w.source, w.key, orNull(position), unknown(string(precision)), hoursID, beside.Demonstration, nil,
			!l.pretend && (!w.withdrawn || !w.merged), w.created, l.now, unknown(r.Departement), search,
		}
		features[i] = []any{w.seq, string(place.AppendFeature(nil, &r.Place, r.Absent, beside))}
		if w.merged {
			w.raw, w.findings = "{}", "[]" // not applied
		}
		records[i] = []any{w.seq, w.hash, w.raw, notNil(r.Absent), w.findings, notNil(r.Defaults), unknown(r.Doubt)}
		for j := range place.Columns {
			c := &place.Columns[j]
			var v any
			switch {
			case l.pretend && c.Kind != place.Latitude && c.Kind != place.Longitude && !readAgain[c.Name]:
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

// readAgain are the columns that a dry run reads: what puts neighbours together,
// and what duplicates are called.
var readAgain = map[string]bool{"nom": true, "commune": true, "code_postal": true, "code_insee": true}

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

func notNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
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
	for i, s := range r.Defaults {
		r.Defaults[i] = clean(s)
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
