package postgres

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"maps"
	"math"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"mednum/internal/match"
	"mednum/internal/place"
)

// One place, once. What always holds when no transaction is under way:
//
//   - A row of places is one record of one source, for ever: its number and
//     identifier never change, nor are they given again. withdrawn_at is the
//     record's own.
//   - Who wins a field follows from the records and from sources.applied_precedence.
//   - Which records are one place depends only on the last values of every
//     record, withdrawn ones included, and on what people decided: neither on the
//     order of arrival, nor on what was loaded meanwhile. A record that its source
//     withdraws stays with the others and gives no value.
//   - merged_into of a record is the smallest number of its place, NULL when that is
//     its own. Chains have one link.
//   - The row of the smallest number speaks for all: places, features and records
//     hold there what match.Merge makes of them, members the record that its own
//     source gave (raw cells and findings stay in records). A row is in members
//     exactly when others have it as merged_into.
//   - shown: the row speaks for itself or for others, and one of the records behind
//     it is not withdrawn. Only shown rows have a score.
//   - match_keys and match_values know every record; match_pairs has every pair that
//     shares a usable key and came out as the same or undecided, and every pair
//     that a person decided.
//   - A key is usable when blockLimit records at most have it. When one becomes so,
//     those records are compared again; when one ceases to be, their known pairs are.
//     So it goes with a value whose number of addresses is of a lower class
//     (match.ClassOf), or of a higher one: what more share never says more.
//   - Within records that are joined by likeness, all pairs are compared, so that a
//     guard keeps apart two that no key brought together, and what it holds for a
//     person is not joined through others.
//   - Made-up records and real ones never meet.
//
// All writers hold loadLock.

// matchRules is the version of what is stored by the rules of match, and by
// those of here: another one has everything compared again at the next load.
const matchRules = 100*match.Version + 1

const (
	// blockLimit is how many records may share a key that brings them together:
	// what more share says next to nothing. Twenty cost no pair of the real files
	// that forty found, but neighbours of one network whose phone all its places have.
	blockLimit = 20
	// compareBatch is how many records are compared with the census at once.
	compareBatch = 2000
	// clusterPairs is up to how many records all pairs of a likely place are
	// compared; beyond, those that share a key.
	clusterPairs = 200
)

// profilesKept bounds memory: some 1.5 KB each.
var profilesKept = 30_000

// blocksKept too: a hundred bytes each, as a rule.
var blocksKept = 100_000

// keysKept too: eight bytes each, some ten a record.
var keysKept = 1_000_000

// Where many come to few, reading all keys once costs a third of looking each
// one up.
const keyBytes, manyKeys = 44, 6

// keysAtOnce are put in the table together: sorted, neighbours fall on one page.
const keysAtOnce = 100_000

// sharedCap is up to how many addresses are counted for a value: match does not
// tell more apart.
var sharedCap = func() int {
	n := 0
	for match.ClassOf(n) != match.ClassOf(math.MaxInt) {
		n++
	}
	return n
}()

// matcher finds, in a transaction that holds loadLock, which records are one
// place.
type matcher struct {
	writer
	census   *Census
	fresh    bool // every record is to be compared: no key was known before
	constant bool // the source has begun, or ceased, to say something everywhere
	firstNew int64

	profiles map[int64]*profile
	held     map[int64]heldRecord // that a dry run writes nowhere; at most profilesKept
	shared   map[int64]int        // addresses, by hash of the value
	blocks   map[int64][]int64    // of the keys that moved; nil: too many, they are in the table
	coming   []keyOf              // keys of records that come, not in the table yet
	came     []int64              // keys that came with records, however often; nil too when they are many
	manyCame bool

	// progress, when not nil, is told how many records were compared.
	progress func(step string, done, total int64)
}

func newMatcher(c *Census, tx pgx.Tx) *matcher {
	return &matcher{
		census: c, writer: writer{tx: tx, hoursIDs: map[hoursPair]int32{}},
		profiles: map[int64]*profile{}, held: map[int64]heldRecord{}, shared: map[int64]int{},
	}
}

// heldRecord is what is asked of a record again.
type heldRecord struct {
	*profile
	named
	codePostal string
}

// lockLoads begins a transaction that changes which places there are.
func lockLoads(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `SET LOCAL statement_timeout = 0; SET LOCAL work_mem = '64MB'`)
	if err == nil {
		_, err = tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(loadLock))
	}
	return err
}

func (m *matcher) begin(ctx context.Context) error {
	if err := m.stage(ctx); err != nil {
		return err
	}
	_, err := m.tx.Exec(ctx, `
		CREATE TEMP TABLE touched (seq bigint NOT NULL) ON COMMIT DROP; -- to be scored again, or no longer
		CREATE TEMP TABLE dirty (seq bigint NOT NULL) ON COMMIT DROP; -- to be compared again
		CREATE TEMP TABLE seeds (seq bigint NOT NULL) ON COMMIT DROP; -- whose place is to be made again
		CREATE TEMP TABLE moved_keys (key bigint NOT NULL, seq bigint NOT NULL, added boolean NOT NULL) ON COMMIT DROP;
		CREATE TEMP TABLE moved_values (value bigint NOT NULL, address bigint NOT NULL, seq bigint NOT NULL, added boolean NOT NULL) ON COMMIT DROP;
		CREATE TEMP TABLE new_pairs (LIKE match_pairs) ON COMMIT DROP;
		ALTER TABLE new_pairs DROP number, DROP decision;
		CREATE TEMP TABLE doubts (a bigint NOT NULL, b bigint NOT NULL) ON COMMIT DROP`)
	if err != nil {
		return err
	}
	var version int
	if err := m.tx.QueryRow(ctx, `SELECT version, NOT EXISTS (SELECT FROM match_keys) FROM match_rules`).Scan(&version, &m.fresh); err != nil {
		return err
	}
	if version != matchRules {
		if err := m.rebuild(ctx); err != nil {
			return err
		}
	}
	return m.followPrecedence(ctx)
}

// followPrecedence has the places of the sources whose precedence changed made
// again.
func (m *matcher) followPrecedence(ctx context.Context) error {
	rows, err := m.tx.Query(ctx, `UPDATE sources SET applied_precedence = precedence WHERE applied_precedence <> precedence RETURNING source_id`)
	if err != nil {
		return err
	}
	sources, err := pgx.CollectRows(rows, pgx.RowTo[int32])
	if err != nil {
		return err
	}
	for _, source := range sources {
		if err := m.seedSource(ctx, source); err != nil {
			return err
		}
	}
	return nil
}

// rebuild makes the keys and values of all records again, and has them compared.
func (m *matcher) rebuild(ctx context.Context) error {
	m.fresh = true
	if _, err := m.tx.Exec(ctx, `TRUNCATE match_keys, match_values; UPDATE match_rules SET version = $1`, pgx.QueryExecModeSimpleProtocol, matchRules); err != nil {
		return err
	}
	for last := int64(0); ; {
		rows, err := m.tx.Query(ctx, `
			SELECT p.seq, COALESCE(m.feature, f.feature)
			FROM places p JOIN features f USING (seq) LEFT JOIN members m USING (seq)
			WHERE p.seq > $1 ORDER BY p.seq LIMIT $2`, last, batch)
		if err != nil {
			return err
		}
		list, err := readProfiles(rows)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			break
		}
		var moves moves
		for _, p := range list {
			moves.come(p)
			moves.dirty = append(moves.dirty, []any{p.seq})
			last = max(last, p.seq)
		}
		if err := m.keepMoves(ctx, &moves); err != nil {
			return err
		}
	}
	// At once: what comes next may take some of them away.
	if err := m.putKeys(ctx); err != nil {
		return err
	}
	for _, sql := range []string{comingValues, `TRUNCATE moved_values`} {
		if _, err := m.tx.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

// comingValues keeps the values that came.
const comingValues = `INSERT INTO match_values SELECT value, address, seq FROM moved_values WHERE added ORDER BY value, address, seq`

// profile is a record as it is compared.
type profile struct {
	*match.Profile
	seq      int64
	keys     []int64 // sorted
	values   []value // sorted by hash
	address  int64
	position place.Position
}

type value struct {
	hash  int64
	value match.Value
}

// demonstrationSalt keeps what is made up from what is real.
const demonstrationSalt = 0x64656d6f

func newProfile(seq int64, p *place.Place, source, departement string, demonstration bool) *profile {
	f := &profile{Profile: match.NewProfile(p, source, departement), seq: seq, position: p.Position}
	f.address = int64(f.Where())
	var buffer [match.MaxKeys + 8]uint64
	salt := uint64(0)
	if demonstration {
		salt = demonstrationSalt
	}
	keys := f.Keys(buffer[:0])
	f.keys = make([]int64, len(keys))
	for i, k := range keys {
		f.keys[i] = int64(k ^ salt)
	}
	slices.Sort(f.keys)
	f.keys = slices.Compact(f.keys)
	for _, v := range f.Shareable() {
		h := fnv.New64a()
		h.Write([]byte(v.Kind))
		h.Write([]byte{0})
		h.Write([]byte(v.Value))
		f.values = append(f.values, value{int64(h.Sum64() ^ salt), v})
	}
	slices.SortFunc(f.values, func(a, b value) int { return cmp.Compare(a.hash, b.hash) })
	f.values = slices.CompactFunc(f.values, func(a, b value) bool { return a.hash == b.hash })
	return f
}

// readProfiles reads numbers and the records' own features. While the server
// sends some, others are made profiles of, on every core.
func readProfiles(rows pgx.Rows) ([]*profile, error) {
	type row struct {
		seq     int64
		feature []byte
	}
	const atOnce = 200
	var parts [][]*profile
	var some []row
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0) + 1) // bounds what waits
	read := func() {
		part, those := make([]*profile, len(some)), some
		parts, some = append(parts, part), nil
		group.Go(func() error {
			for i, r := range those {
				p, beside, err := place.ParseFeature(r.feature)
				if err != nil {
					return fmt.Errorf("place %s: %w", place.Identifier(r.seq), err)
				}
				part[i] = newProfile(r.seq, &p, beside.Producteur, beside.Departement, beside.Demonstration)
			}
			return nil
		})
	}
	var r row
	_, err := pgx.ForEachRow(rows, []any{&r.seq, (*text)(&r.feature)}, func() error {
		some = append(some, r)
		r.feature = nil
		if len(some) == atOnce {
			read()
		}
		return nil
	})
	read()
	if fault := group.Wait(); err == nil {
		err = fault
	}
	if err != nil {
		return nil, err
	}
	return slices.Concat(parts...), nil
}

// moves are rows that come to match_keys and match_values, or leave them, and
// the records to compare again.
type moves struct {
	coming              []keyOf // with their records
	keys, values, dirty [][]any
}

type keyOf struct{ key, seq int64 }

// come is what a record that comes is found by.
func (m *moves) come(p *profile) {
	for _, k := range p.keys {
		m.coming = append(m.coming, keyOf{k, p.seq})
	}
	for _, v := range p.values {
		m.values = append(m.values, []any{v.hash, p.address, p.seq, true})
	}
}

// change is what makes old into p, which both are one record.
func (m *moves) change(old, p *profile) {
	for _, side := range []struct {
		one, other *profile
		added      bool
	}{{old, p, false}, {p, old, true}} {
		for _, k := range side.one.keys {
			if _, both := slices.BinarySearch(side.other.keys, k); !both {
				m.keys = append(m.keys, []any{k, p.seq, side.added})
			}
		}
		for _, v := range side.one.values {
			if old.address != p.address || !slices.Contains(side.other.values, v) {
				m.values = append(m.values, []any{v.hash, side.one.address, p.seq, side.added})
			}
		}
	}
	m.dirty = append(m.dirty, []any{p.seq})
}

func (m *matcher) keepMoves(ctx context.Context, moves *moves) error {
	m.coming = append(m.coming, moves.coming...)
	if len(m.coming) >= keysAtOnce {
		if err := m.putKeys(ctx); err != nil {
			return err
		}
	}
	if err := m.copy(ctx, "moved_keys", []string{"key", "seq", "added"}, moves.keys); err != nil {
		return err
	}
	if err := m.copy(ctx, "moved_values", []string{"value", "address", "seq", "added"}, moves.values); err != nil {
		return err
	}
	return m.copy(ctx, "dirty", []string{"seq"}, moves.dirty)
}

// putKeys puts the keys of records that come in the table.
func (m *matcher) putKeys(ctx context.Context) error {
	if len(m.coming) == 0 {
		return nil
	}
	slices.SortFunc(m.coming, func(a, b keyOf) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.seq, b.seq)) })
	_, err := m.tx.CopyFrom(ctx, pgx.Identifier{"match_keys"}, []string{"key", "seq"}, pgx.CopyFromSlice(len(m.coming), func(i int) ([]any, error) {
		return []any{m.coming[i].key, m.coming[i].seq}, nil
	}))
	// Where all are compared nobody asks which ones came.
	if m.manyCame = m.manyCame || len(m.came)+len(m.coming) > keysKept; m.manyCame || m.fresh {
		m.came = nil
	} else {
		for _, k := range m.coming {
			m.came = append(m.came, k.key)
		}
	}
	m.coming = m.coming[:0]
	return err
}

// note keeps what a batch of a load changes in what records are found by.
func (m *matcher) note(ctx context.Context, added, changed []written, former map[int64]ownRecord) error {
	var moves moves
	var touched, seeds [][]any
	for i := range added {
		w := &added[i]
		p := w.profile
		p.seq = w.seq
		moves.come(p)
		if w.held = m.pretend && len(m.held) < profilesKept; w.held {
			r := w.record
			m.held[w.seq] = heldRecord{p, named{strings.Clone(r.Nom), strings.Clone(r.Commune)}, strings.Clone(r.CodePostal)}
		} else {
			m.keep(p)
		}
	}
	for i := range changed {
		w := &changed[i]
		was := former[w.seq]
		old := newProfile(w.seq, &was.place, was.published.Producteur, was.published.Departement, was.published.Demonstration)
		p := w.profile
		p.seq = w.seq
		delete(m.profiles, w.seq)
		if !reflect.DeepEqual(old, p) {
			moves.change(old, p)
		}
		touched, seeds = append(touched, []any{w.seq}), append(seeds, []any{w.seq})
	}
	if m.pretend {
		touched = nil // nothing will be scored
	}
	if err := m.keepMoves(ctx, &moves); err != nil {
		return err
	}
	if err := m.copy(ctx, "touched", []string{"seq"}, touched); err != nil {
		return err
	}
	return m.copy(ctx, "seeds", []string{"seq"}, seeds)
}

func (m *matcher) keep(p *profile) {
	if len(m.profiles) >= profilesKept {
		clear(m.profiles)
	}
	m.profiles[p.seq] = p
}

// seedSource has every place with a record of a source made again.
func (m *matcher) seedSource(ctx context.Context, source int32) error {
	_, err := m.tx.Exec(ctx, `
		INSERT INTO seeds
		SELECT seq FROM places p WHERE source_id = $1 AND (merged_into IS NOT NULL OR EXISTS (SELECT FROM members m WHERE m.seq = p.seq))`, source)
	return err
}

// compare compares the dirty records with those that share a usable key with
// them, and keeps the pairs that are, or may be, one place.
func (m *matcher) compare(ctx context.Context) error {
	if err := m.move(ctx); err != nil {
		return err
	}
	// Neighbours together: they are compared with the same records, which are then
	// in memory.
	rows, err := m.tx.Query(ctx, `
		SELECT seq FROM places p WHERE seq IN (SELECT seq FROM dirty)
		ORDER BY departement, code_postal, code_insee, seq`)
	if err != nil {
		return err
	}
	order, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return err
	}
	held := slices.SortedFunc(maps.Keys(m.held), func(a, b int64) int {
		return cmp.Or(cmp.Compare(m.held[a].codePostal, m.held[b].codePostal), cmp.Compare(a, b))
	})
	if order = append(order, held...); len(order) == 0 {
		return nil
	}
	dirty := slices.Sorted(slices.Values(order))
	var decided bool
	if err := m.tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM match_decisions)`).Scan(&decided); err != nil {
		return err
	}
	done := 0
	for some := range slices.Chunk(order, compareBatch) {
		if m.progress != nil {
			m.progress("comparaison", int64(done), int64(len(order)))
		}
		done += len(some)
		if err := m.compareSome(ctx, some, dirty, decided); err != nil {
			return err
		}
	}
	return m.keepPairs(ctx)
}

// move applies what was noted, and adds to the dirty records those for which a
// key has become usable, or no longer is, or for which a value is shared by
// more, or fewer, addresses.
func (m *matcher) move(ctx context.Context) error {
	var classes []string // of each number of addresses
	for n := range sharedCap + 1 {
		classes = append(classes, strconv.Itoa(match.ClassOf(n)))
	}
	class := func(n string) string { return "(ARRAY[" + strings.Join(classes, ",") + "])[" + n + " + 1]" }
	counted := fmt.Sprintf(`(SELECT count(*)::int AS n FROM (SELECT DISTINCT address FROM match_values x WHERE x.value = v.value LIMIT %d) AS few) AS c`, sharedCap)
	if err := m.putKeys(ctx); err != nil {
		return err
	}
	var changed int
	var whole bool
	if err := m.tx.QueryRow(ctx, `SELECT count(*), pg_relation_size('match_keys') / $1 < $2 * (count(*) + $3) FROM moved_keys`, keyBytes, manyKeys, len(m.came)).
		Scan(&changed, &whole); err != nil {
		return err
	}
	moved := changed > 0
	known := !m.fresh // else every record is dirty
	for i, step := range []struct {
		needed bool
		sql    string
	}{
		{true, `ANALYZE moved_keys, moved_values`},
		{known, `CREATE TEMP TABLE value_counts ON COMMIT DROP AS
			SELECT v.value, c.n FROM (SELECT DISTINCT value FROM moved_values) AS v CROSS JOIN LATERAL ` + counted + ` WHERE c.n > 0`},
		{moved, `DELETE FROM match_keys k USING moved_keys m WHERE NOT m.added AND k.key = m.key AND k.seq = m.seq`},
		{true, `DELETE FROM match_values v USING moved_values m WHERE NOT m.added AND v.value = m.value AND v.address = m.address AND v.seq = m.seq`},
		{moved, `INSERT INTO match_keys SELECT key, seq FROM moved_keys WHERE added ORDER BY key, seq`},
		{true, comingValues},
		{known, `CREATE TEMP TABLE classes ON COMMIT DROP AS
			SELECT v.value, ` + class("c.n") + ` > ` + class("v.n") + ` AS more FROM value_counts v CROSS JOIN LATERAL ` + counted + ` WHERE ` + class("c.n") + ` <> ` + class("v.n")},
		// What more addresses share says less: that can change known pairs only, and
		// what a guard holds between records of one likely place.
		{known, `INSERT INTO dirty
			SELECT x.seq FROM classes JOIN match_values x USING (value) WHERE NOT more
			UNION
			SELECT p.a FROM classes c JOIN match_values x USING (value) JOIN match_pairs p ON p.a = x.seq JOIN match_values y ON y.value = c.value AND y.seq = p.b WHERE more`},
		{known, `INSERT INTO seeds
			SELECT x.seq FROM classes JOIN match_values x USING (value) JOIN match_pairs p ON p.a = x.seq WHERE more AND COALESCE(p.decision, p.outcome) = 'meme'
			UNION
			SELECT x.seq FROM classes JOIN match_values x USING (value) JOIN match_pairs p ON p.b = x.seq WHERE more AND COALESCE(p.decision, p.outcome) = 'meme'`},
	} {
		if !step.needed {
			continue
		}
		if _, err := m.tx.Exec(ctx, step.sql); err != nil {
			return fmt.Errorf("step %d: %w", i, err)
		}
	}
	return m.makeBlocks(ctx, known, whole)
}

// makeBlocks finds the records that share the keys that came or went, up to one
// beyond blockLimit before as after; n of them now, d less before.
func (m *matcher) makeBlocks(ctx context.Context, known, whole bool) error {
	limit := m.census.blockLimit
	var sql string
	var args []any
	switch {
	case m.fresh:
		sql = `SELECT key, count(*), count(*), array_agg(seq) FROM match_keys GROUP BY key HAVING count(*) BETWEEN 2 AND $1`
		args = []any{limit}
	case m.manyCame || whole && m.firstNew > 0:
		// One record alone is of interest where others left it.
		sql = `
			SELECT key, n - was + COALESCE(d, 0), n, CASE WHEN n <= $2 THEN seqs ELSE '{}' END
			FROM (
				SELECT key, count(*) AS n, count(*) FILTER (WHERE seq <= $1) AS was, array_agg(seq) AS seqs
				FROM match_keys GROUP BY key HAVING count(*) > 1 OR EXISTS (SELECT FROM moved_keys WHERE NOT added)
			) AS all_keys
				LEFT JOIN (SELECT key, sum(CASE WHEN added THEN 1 ELSE -1 END) AS d FROM moved_keys GROUP BY key) AS net USING (key)
			WHERE was < n OR d IS NOT NULL`
		args = []any{m.firstNew, limit}
	default:
		sql = `
			SELECT key, d, cardinality(seqs), seqs
			FROM (
				SELECT key, sum(d) AS d
				FROM (SELECT key, 1 AS d FROM unnest($1::bigint[]) AS came (key) UNION ALL SELECT key, CASE WHEN added THEN 1 ELSE -1 END FROM moved_keys) AS moves
				GROUP BY key
			) AS net
				CROSS JOIN LATERAL (SELECT array_agg(seq) AS seqs FROM (SELECT seq FROM match_keys k WHERE k.key = net.key LIMIT $2 + 1 + greatest(d, 0)) AS few) AS s
			WHERE d < 0 AND seqs IS NOT NULL OR cardinality(seqs) > 1`
		args = []any{m.came, limit}
	}
	if _, err := m.tx.Exec(ctx, `CREATE TEMP TABLE blocks (key bigint NOT NULL, d integer NOT NULL, n integer NOT NULL, seqs bigint[] NOT NULL) ON COMMIT DROP`); err != nil {
		return err
	}
	if _, err := m.tx.Exec(ctx, `INSERT INTO blocks `+sql, args...); err != nil {
		return err
	}
	for i, step := range []struct {
		needed bool
		sql    string
	}{
		// What too many share by now brings nobody together any more: that ends known
		// pairs only.
		{known, fmt.Sprintf(`INSERT INTO dirty
			SELECT k.seq FROM blocks b JOIN match_keys k USING (key) WHERE d < 0 AND b.n <= %[1]d AND b.n - d > %[1]d
			UNION
			SELECT p.a FROM blocks b JOIN match_keys k USING (key) JOIN match_pairs p ON p.a = k.seq JOIN match_keys o ON o.key = b.key AND o.seq = p.b
			WHERE d > 0 AND b.n > %[1]d AND b.n - d <= %[1]d`, limit)},
		{true, fmt.Sprintf(`DELETE FROM blocks WHERE n NOT BETWEEN 2 AND %d`, limit)},
		{true, `TRUNCATE moved_keys, moved_values`},
	} {
		if !step.needed {
			continue
		}
		if _, err := m.tx.Exec(ctx, step.sql); err != nil {
			return fmt.Errorf("step %d of blocks: %w", i, err)
		}
	}
	var many bool
	if err := m.tx.QueryRow(ctx, `SELECT count(*) > $1 FROM blocks`, blocksKept).Scan(&many); err != nil {
		return err
	}
	if many {
		_, err := m.tx.Exec(ctx, `CREATE INDEX ON blocks (key); ANALYZE blocks (key)`, pgx.QueryExecModeSimpleProtocol)
		return err
	}
	m.blocks = map[int64][]int64{}
	return m.readBlocks(ctx, m.blocks, `SELECT key, seqs FROM blocks`)
}

func (m *matcher) readBlocks(ctx context.Context, into map[int64][]int64, sql string, args ...any) error {
	rows, err := m.tx.Query(ctx, sql, args...)
	if err != nil {
		return err
	}
	var key int64
	var seqs []int64
	_, err = pgx.ForEachRow(rows, []any{&key, &seqs}, func() error {
		into[key], seqs = seqs, nil
		return nil
	})
	return err
}

type couple struct{ a, b int64 }

func coupleOf(x, y int64) couple { return couple{min(x, y), max(x, y)} }

func (m *matcher) compareSome(ctx context.Context, some, dirty []int64, decided bool) error {
	if err := m.load(ctx, some); err != nil {
		return err
	}
	list := make([]*profile, len(some))
	var moved, keys []int64 // moved: of records that came with this transaction, whose blocks are known
	for i, seq := range some {
		list[i] = m.profiles[seq]
		if m.fresh || seq > m.firstNew && m.firstNew > 0 {
			moved = append(moved, list[i].keys...)
		} else {
			keys = append(keys, list[i].keys...)
		}
	}
	blocks := map[int64][]int64{}
	for _, k := range moved {
		if seqs, ok := m.blocks[k]; ok {
			blocks[k] = seqs
		}
	}
	if m.blocks != nil {
		moved = nil
	}
	for _, ask := range []struct {
		keys []int64
		sql  string
		args []any
	}{
		{moved, `SELECT key, seqs FROM blocks WHERE key = ANY($1)`, nil},
		{keys, `
			SELECT u.key, s.seqs
			FROM unnest($1::bigint[]) AS u (key)
				CROSS JOIN LATERAL (SELECT array_agg(seq) AS seqs FROM (SELECT seq FROM match_keys k WHERE k.key = u.key LIMIT $2) AS few) AS s
			WHERE cardinality(s.seqs) BETWEEN 2 AND $3`, []any{m.census.blockLimit + 1, m.census.blockLimit}},
	} {
		if len(ask.keys) == 0 {
			continue
		}
		slices.Sort(ask.keys)
		if err := m.readBlocks(ctx, blocks, ask.sql, append([]any{slices.Compact(ask.keys)}, ask.args...)...); err != nil {
			return err
		}
	}
	candidates := map[couple]bool{} // whether somebody decided
	for _, p := range list {
		for _, k := range p.keys {
			for _, other := range blocks[k] {
				if other == p.seq {
					continue
				}
				if other < p.seq {
					if _, both := slices.BinarySearch(dirty, other); both {
						continue // compared from there
					}
				}
				candidates[coupleOf(p.seq, other)] = false
			}
		}
	}
	if decided {
		rows, err := m.tx.Query(ctx, `
			SELECT a, b FROM match_pairs WHERE decision IS NOT NULL AND a = ANY($1)
			UNION ALL SELECT a, b FROM match_pairs WHERE decision IS NOT NULL AND b = ANY($1)`, some)
		if err != nil {
			return err
		}
		var p couple
		if _, err := pgx.ForEachRow(rows, []any{&p.a, &p.b}, func() error { candidates[p] = true; return nil }); err != nil {
			return err
		}
	}
	pairs := make([]couple, 0, len(candidates))
	for p := range candidates {
		pairs = append(pairs, p)
	}
	slices.SortFunc(pairs, comparePairs)
	if err := m.count(ctx, list); err != nil {
		return err
	}
	// Few at once, so that those of a chunk are all in memory.
	chunk := profilesKept / 4
	var kept [][]any
	for from := 0; from < len(pairs); from += chunk {
		those := pairs[from:min(from+chunk, len(pairs))]
		seqs := make([]int64, 0, 2*len(those))
		for _, p := range those {
			seqs = append(seqs, p.a, p.b)
		}
		if err := m.load(ctx, seqs); err != nil {
			return err
		}
		// Side by side: nothing that they read changes meanwhile.
		rows := make([][]any, len(those))
		var group errgroup.Group
		for k := range min(runtime.GOMAXPROCS(0), len(those)) {
			group.Go(func() (err error) {
				for i := k; i < len(those) && err == nil; i += runtime.GOMAXPROCS(0) {
					a, b := m.profiles[those[i].a], m.profiles[those[i].b]
					if outcome, _ := match.Weigh(a.Profile, b.Profile, m.sharedBy(b)); outcome != match.Different || candidates[those[i]] {
						rows[i], err = m.pairRow(a, b)
					}
				}
				return err
			})
		}
		if err := group.Wait(); err != nil {
			return err
		}
		for _, row := range rows {
			if row != nil {
				kept = append(kept, row)
			}
		}
	}
	return m.copy(ctx, "new_pairs", []string{"a", "b", "outcome", "score", "guard", "evidence", "metres"}, kept)
}

func comparePairs(x, y couple) int { return cmp.Or(cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b)) }

// pairRow compares two records in words.
func (m *matcher) pairRow(a, b *profile) ([]any, error) {
	c := match.Compare(a.Profile, b.Profile, m.sharedBy(b))
	evidence, err := json.Marshal(c.Evidence)
	if err != nil {
		return nil, err
	}
	var metres any
	if a.position.Known() && b.position.Known() {
		metres = int32(math.Round(metresBetween(a.position, b.position)))
	}
	return []any{a.seq, b.seq, c.Outcome, int32(c.Score), c.Guard, clean(string(evidence)), metres}, nil
}

// metresBetween is on a sphere: what people are told of a pair.
func metresBetween(a, b place.Position) float64 {
	const radius, rad = 6_371_008.8, math.Pi / 180
	lat, lon := math.Sin((b.Latitude()-a.Latitude())*rad/2), math.Sin((b.Longitude()-a.Longitude())*rad/2)
	h := lat*lat + math.Cos(a.Latitude()*rad)*math.Cos(b.Latitude()*rad)*lon*lon
	return 2 * radius * math.Asin(min(1, math.Sqrt(h)))
}

// load reads the profiles that are not in memory.
func (m *matcher) load(ctx context.Context, seqs []int64) error {
	var missing []int64
	wanted := map[int64]bool{}
	for _, seq := range seqs {
		if h, ok := m.held[seq]; ok {
			m.profiles[seq] = h.profile
		} else if m.profiles[seq] == nil && !wanted[seq] {
			wanted[seq] = true
			missing = append(missing, seq)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	if len(m.profiles)+len(missing) > profilesKept {
		keep := map[int64]*profile{}
		for _, seq := range seqs {
			if p := m.profiles[seq]; p != nil {
				keep[seq] = p
			}
		}
		m.profiles = keep
	}
	rows, err := m.tx.Query(ctx, `
		SELECT f.seq, COALESCE(m.feature, f.feature)
		FROM features f LEFT JOIN members m USING (seq)
		WHERE f.seq = ANY($1)`, missing)
	if err != nil {
		return err
	}
	list, err := readProfiles(rows)
	if err != nil {
		return err
	}
	for _, p := range list {
		m.profiles[p.seq] = p
	}
	return nil
}

// count counts the addresses of the values of some records, which is all that
// their comparisons ask for.
func (m *matcher) count(ctx context.Context, list []*profile) error {
	clear(m.shared)
	var hashes []int64
	for _, p := range list {
		for _, v := range p.values {
			hashes = append(hashes, v.hash)
		}
	}
	slices.Sort(hashes)
	rows, err := m.tx.Query(ctx, `
		SELECT v.value, c.n
		FROM unnest($1::bigint[]) AS v (value)
			CROSS JOIN LATERAL (SELECT count(*) AS n FROM (SELECT DISTINCT address FROM match_values x WHERE x.value = v.value LIMIT $2) AS few) AS c`,
		slices.Compact(hashes), sharedCap)
	if err != nil {
		return err
	}
	var h int64
	var n int
	_, err = pgx.ForEachRow(rows, []any{&h, &n}, func() error {
		m.shared[h] = n
		return nil
	})
	return err
}

// sharedBy tells of the values that a record has in common with others. By their
// hashes: made-up records share none with real ones.
func (m *matcher) sharedBy(p *profile) match.Shared {
	return func(v match.Value) int {
		for i := range p.values {
			if p.values[i].value == v {
				return max(1, m.shared[p.values[i].hash])
			}
		}
		return 1
	}
}

// keepPairs replaces what was known of the dirty records by what was found.
func (m *matcher) keepPairs(ctx context.Context) error {
	for _, sql := range []string{
		`ANALYZE dirty, new_pairs`,
		// A pair that a person decided stays.
		`WITH gone AS (
			DELETE FROM match_pairs p USING dirty d
			WHERE p.a = d.seq AND p.decision IS NULL AND NOT EXISTS (SELECT FROM new_pairs n WHERE n.a = p.a AND n.b = p.b)
			RETURNING p.a, p.b
		) INSERT INTO seeds SELECT unnest(ARRAY[a, b]) FROM gone`,
		`WITH gone AS (
			DELETE FROM match_pairs p USING dirty d
			WHERE p.b = d.seq AND p.decision IS NULL AND NOT EXISTS (SELECT FROM new_pairs n WHERE n.a = p.a AND n.b = p.b)
			RETURNING p.a, p.b
		) INSERT INTO seeds SELECT unnest(ARRAY[a, b]) FROM gone`,
		`INSERT INTO doubts
			SELECT n.a, n.b FROM new_pairs n LEFT JOIN match_pairs p USING (a, b)
			WHERE n.outcome = 'a_decider' AND p.decision IS NULL AND p.outcome IS DISTINCT FROM 'a_decider'`,
		`INSERT INTO match_pairs (a, b, outcome, score, guard, evidence, metres)
			SELECT a, b, outcome, score, guard, evidence, metres FROM new_pairs ORDER BY a, b
			ON CONFLICT (a, b) DO UPDATE SET (outcome, score, guard, evidence, metres)
				= (EXCLUDED.outcome, EXCLUDED.score, EXCLUDED.guard, EXCLUDED.evidence, EXCLUDED.metres)
			WHERE (match_pairs.outcome, match_pairs.score, match_pairs.guard, match_pairs.evidence, match_pairs.metres)
				IS DISTINCT FROM (EXCLUDED.outcome, EXCLUDED.score, EXCLUDED.guard, EXCLUDED.evidence, EXCLUDED.metres)`,
		// A dirty record's place is made again, and that of whatever it resembles.
		`INSERT INTO seeds
			SELECT unnest(ARRAY[p.a, p.b]) FROM match_pairs p JOIN dirty d ON d.seq = p.a WHERE COALESCE(p.decision, p.outcome) = 'meme'
			UNION ALL
			SELECT unnest(ARRAY[p.a, p.b]) FROM match_pairs p JOIN dirty d ON d.seq = p.b WHERE COALESCE(p.decision, p.outcome) = 'meme'
			UNION ALL
			SELECT seq FROM dirty JOIN places USING (seq) WHERE merged_into IS NOT NULL
			UNION ALL
			SELECT seq FROM dirty JOIN members USING (seq)`,
		`TRUNCATE dirty, new_pairs`,
	} {
		if _, err := m.tx.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}
