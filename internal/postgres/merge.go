package postgres

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"mednum/internal/hours"
	"mednum/internal/match"
	"mednum/internal/place"
)

// standing is what asking for a place by its identifier answers.
func standing(shown bool, into *int64) error {
	switch {
	case into != nil:
		return &place.Moved{ID: place.Identifier(*into)}
	case !shown:
		return place.ErrGone
	}
	return nil
}

// qualified names columns of a table under another name.
func qualified(table string, columns []string) []string {
	list := make([]string, len(columns))
	for i, c := range columns {
		list[i] = table + "." + c
	}
	return list
}

// spoken are the columns of each table that a row has otherwise once it speaks
// for others: what members keeps of its own record.
var spoken = func() []table {
	never := []string{"seq", "identifier", "source_id", "record_key", "withdrawn_at", "shown", "created_at", "changed_at", "raw", "findings"}
	list := make([]table, len(tables))
	for i, t := range tables {
		list[i].name = t.name
		for _, c := range t.columns {
			if !slices.Contains(never, c) {
				list[i].columns = append(list[i].columns, c)
			}
		}
	}
	return list
}()

// assign writes SET clauses that take columns from another table.
func assign(from string, columns []string) string {
	return "(" + strings.Join(columns, ", ") + ") = ROW(" + strings.Join(qualified(from, columns), ", ") + ")"
}

// applyRecords moves changed records from where they were staged to the tables,
// or to members where the row speaks for others.
func (w *writer) applyRecords(ctx context.Context) error {
	var columns, values []string
	for i, t := range spoken {
		from := string("pfr"[i])
		columns, values = append(columns, t.columns...), append(values, qualified(from, t.columns)...)
	}
	const alone = ` AND NOT EXISTS (SELECT FROM members m WHERE m.seq = t.seq)`
	steps := []string{
		`ANALYZE new_places, new_features, new_records`,
		`UPDATE members m SET (` + strings.Join(columns, ", ") + `) = ROW(` + strings.Join(values, ", ") + `)
			FROM new_places p JOIN new_features f USING (seq) JOIN new_records r USING (seq) WHERE m.seq = p.seq`,
		`UPDATE places t SET withdrawn_at = NULL FROM new_places n JOIN members m USING (seq) WHERE t.seq = n.seq`,
		`UPDATE records t SET raw = n.raw, findings = n.findings FROM new_records n JOIN members m USING (seq) WHERE t.seq = n.seq`,
		`UPDATE places t SET ` + assign("n", append([]string{"changed_at", "withdrawn_at"}, spoken[0].columns...)) + `, shown = t.merged_into IS NULL
			FROM new_places n WHERE t.seq = n.seq` + alone,
		`UPDATE features t SET feature = n.feature FROM new_features n WHERE t.seq = n.seq` + alone,
		`UPDATE records t SET ` + assign("n", append([]string{"raw", "findings"}, spoken[2].columns...)) + ` FROM new_records n WHERE t.seq = n.seq` + alone,
		`TRUNCATE new_places, new_features, new_records`,
	}
	for _, sql := range steps {
		if _, err := w.tx.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

// applyPublished moves what rows publish from where it was staged. What their
// own sources wrote stays.
func (w *writer) applyPublished(ctx context.Context) error {
	for _, sql := range []string{
		// One row or a million: the planner is to know.
		`ANALYZE new_places, new_features, new_records`,
		`UPDATE places t SET ` + assign("n", append([]string{"changed_at", "shown"}, spoken[0].columns...)) + ` FROM new_places n WHERE t.seq = n.seq`,
		`UPDATE features t SET feature = n.feature FROM new_features n WHERE t.seq = n.seq`,
		`UPDATE records t SET ` + assign("n", spoken[2].columns) + ` FROM new_records n WHERE t.seq = n.seq`,
		`INSERT INTO touched SELECT seq FROM new_places`,
		`TRUNCATE new_places, new_features, new_records`,
	} {
		if _, err := w.tx.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

// ownRecord is a record as its own source gave it, whatever its row publishes.
type ownRecord struct {
	known
	place      place.Place
	published  place.Published
	absent     []string
	defaults   []string
	key        string
	source     int32
	precedence int
	constantes []string
	corrected  []match.Correction // the last one of each column
	closing    *closing           // the last one
	into       *int64
	shown      bool
	now        []byte // hash of what the row publishes
	raw        map[string]string
	findings   []place.Finding
}

func (o *ownRecord) side() match.Side {
	return match.Side{
		ID: place.Identifier(o.seq), Source: o.published.Producteur, Key: o.key, Withdrawn: o.withdrawn,
		Record: &place.Record{
			Place: o.place, Key: o.key, Raw: o.raw, Findings: o.findings, Absent: o.absent, Departement: o.published.Departement, Doubt: o.published.PositionDoute,
			Precision: o.published.Precision, Approximate: o.published.Approximate, Defaults: o.defaults,
		},
	}
}

func (o *ownRecord) member() match.Member {
	return match.Member{Side: o.side(), Seq: o.seq, Precedence: o.precedence, Constantes: o.constantes}
}

type rowsQueryer interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

func ownRecords(ctx context.Context, q rowsQueryer, seqs []int64) (map[int64]ownRecord, error) {
	rows, err := q.Query(ctx, `
		SELECT p.seq, p.record_key, p.source_id, p.withdrawn_at IS NOT NULL, p.created_at, p.merged_into, p.shown, s.applied_precedence, s.constantes,
			COALESCE(m.feature, f.feature), COALESCE(m.absent, r.absent), COALESCE(m.defaults, r.defaults), COALESCE(m.hash, r.hash), r.hash
		FROM places p
			JOIN sources s USING (source_id)
			JOIN features f USING (seq)
			JOIN records r USING (seq)
			LEFT JOIN members m USING (seq)
		WHERE p.seq = ANY($1)`, seqs)
	if err != nil {
		return nil, err
	}
	all := make(map[int64]ownRecord, len(seqs))
	var o ownRecord
	var feature []byte
	_, err = pgx.ForEachRow(rows, []any{&o.seq, &o.key, &o.source, &o.withdrawn, &o.created, &o.into, &o.shown, &o.precedence, &o.constantes,
		(*text)(&feature), &o.absent, &o.defaults, &o.hash, &o.now}, func() (err error) {
		if o.place, o.published, err = place.ParseFeature(feature); err != nil {
			return err
		}
		o.published.Sources = nil
		all[o.seq] = o
		o = ownRecord{}
		return nil
	})
	return all, err
}

// readRaw adds what the sources wrote, and what was said of it.
func readRaw(ctx context.Context, q rowsQueryer, own map[int64]ownRecord) error {
	seqs := make([]int64, 0, len(own))
	for seq := range own {
		seqs = append(seqs, seq)
	}
	rows, err := q.Query(ctx, `SELECT seq, raw::text, findings::text FROM records WHERE seq = ANY($1)`, seqs)
	if err != nil {
		return err
	}
	var seq int64
	var raw, findings []byte
	_, err = pgx.ForEachRow(rows, []any{&seq, (*text)(&raw), (*text)(&findings)}, func() error {
		o := own[seq]
		o.raw, o.findings = nil, nil
		if err := readJSON(raw, &o.raw); err != nil {
			return err
		}
		if err := readJSON(findings, &o.findings); err != nil {
			return err
		}
		own[seq] = o
		return nil
	})
	return err
}

// former gives what the changed records were.
func (w *writer) former(ctx context.Context, changed []written) (map[int64]ownRecord, error) {
	if len(changed) == 0 {
		return nil, nil
	}
	seqs := make([]int64, len(changed))
	for i := range changed {
		seqs[i] = changed[i].seq
	}
	return ownRecords(ctx, w.tx, seqs)
}

// settled is what became of places.
type settled struct {
	merged, doubtful int
	joins            []join   // records that joined a place, in order of number
	doubts           []couple // new ones
}

type join struct{ seq, lead int64 }

// settle makes the places of the seeds again: which records they are of and,
// unless a dry run only wants to know, what they publish.
func (m *matcher) settle(ctx context.Context, publish bool) (settled, error) {
	var done settled
	rows, err := m.tx.Query(ctx, `SELECT DISTINCT seq FROM seeds ORDER BY seq`)
	if err != nil {
		return done, err
	}
	seeds, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return done, err
	}
	g, err := m.gather(ctx, seeds)
	if err != nil {
		return done, err
	}
	clusters, err := m.clusters(ctx, g)
	if err != nil {
		return done, err
	}
	lead := make(map[int64]int64, len(g.leads))
	for seq := range g.leads {
		lead[seq] = seq
	}
	for _, c := range clusters {
		for _, seq := range c {
			lead[seq] = c[0]
		}
	}
	for seq, was := range g.leads {
		if is := lead[seq]; is != seq && (was == seq || lead[was] != is) {
			done.joins = append(done.joins, join{seq, is})
		}
	}
	slices.SortFunc(done.joins, func(a, b join) int { return cmp.Compare(a.seq, b.seq) })
	done.merged = len(done.joins)
	if done.doubts, err = m.newDoubts(ctx, lead); err != nil {
		return done, err
	}
	done.doubtful = len(done.doubts)
	if publish {
		err = m.publish(ctx, g.leads, lead, clusters)
	}
	return done, err
}

// newDoubts gives one pair for each two places that may be one, which nobody
// had to decide before.
func (m *matcher) newDoubts(ctx context.Context, lead map[int64]int64) ([]couple, error) {
	var some bool // none, as a rule, when a person changed one place
	if err := m.tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM doubts)`).Scan(&some); err != nil || !some {
		return nil, err
	}
	rows, err := m.tx.Query(ctx, `
		SELECT d.a, d.b, COALESCE(p.merged_into, d.a), COALESCE(q.merged_into, d.b)
		FROM doubts d LEFT JOIN places p ON p.seq = d.a LEFT JOIN places q ON q.seq = d.b
		ORDER BY d.a, d.b`)
	if err != nil {
		return nil, err
	}
	var doubts []couple
	var d, leads couple
	told := map[couple]bool{}
	_, err = pgx.ForEachRow(rows, []any{&d.a, &d.b, &leads.a, &leads.b}, func() error {
		if l, ok := lead[d.a]; ok {
			leads.a = l
		}
		if l, ok := lead[d.b]; ok {
			leads.b = l
		}
		if leads.a != leads.b && !told[coupleOf(leads.a, leads.b)] {
			told[coupleOf(leads.a, leads.b)] = true
			doubts = append(doubts, d)
		}
		return nil
	})
	return doubts, err
}

// graph is a part of the census that nothing outside touches: records that are
// one place, were, or are joined by likeness.
type graph struct {
	leads map[int64]int64       // of each record, as it is in the tables: itself when alone
	same  map[couple]match.Edge // pairs that are the same, by decision or as computed
	apart map[couple]match.Edge // pairs that a person said different
}

func (m *matcher) gather(ctx context.Context, frontier []int64) (graph, error) {
	g := graph{map[int64]int64{}, map[couple]match.Edge{}, map[couple]match.Edge{}}
	const chunk = 5000
	for len(frontier) > 0 {
		some := frontier[:min(chunk, len(frontier))]
		frontier = frontier[len(some):]
		asked := some[:0:0]
		for _, seq := range some {
			if _, known := g.leads[seq]; !known {
				g.leads[seq] = seq
				asked = append(asked, seq)
			}
		}
		if len(asked) == 0 {
			continue
		}
		next := func(seq int64) {
			if _, known := g.leads[seq]; !known {
				frontier = append(frontier, seq)
			}
		}
		rows, err := m.tx.Query(ctx, `
			SELECT seq, merged_into, true FROM places WHERE seq = ANY($1) AND merged_into IS NOT NULL
			UNION ALL SELECT seq, merged_into, false FROM places WHERE merged_into = ANY($1)`, asked)
		if err != nil {
			return g, err
		}
		var seq, lead int64
		var ours bool
		if _, err := pgx.ForEachRow(rows, []any{&seq, &lead, &ours}, func() error {
			if ours {
				g.leads[seq] = lead
				next(lead)
			} else {
				next(seq)
			}
			return nil
		}); err != nil {
			return g, err
		}
		rows, err = m.tx.Query(ctx, `
			SELECT a, b, COALESCE(decision, outcome), score, decision IS NOT NULL FROM match_pairs
			WHERE a = ANY($1) AND (COALESCE(decision, outcome) = 'meme' OR decision = 'different')
			UNION ALL
			SELECT a, b, COALESCE(decision, outcome), score, decision IS NOT NULL FROM match_pairs
			WHERE b = ANY($1) AND (COALESCE(decision, outcome) = 'meme' OR decision = 'different')`, asked)
		if err != nil {
			return g, err
		}
		var e match.Edge
		if _, err := pgx.ForEachRow(rows, []any{&e.A, &e.B, &e.Outcome, &e.Score, &e.Human}, func() error {
			if e.Outcome == match.Same {
				g.same[couple{e.A, e.B}] = e
				next(e.A)
				next(e.B)
			} else {
				g.apart[couple{e.A, e.B}] = e
			}
			return nil
		}); err != nil {
			return g, err
		}
	}
	return g, nil
}

// clusters says which records are one place: in each part that likeness joins,
// with what people and guards keep apart.
func (m *matcher) clusters(ctx context.Context, g graph) ([][]int64, error) {
	parts := map[int64]int64{}
	var root func(x int64) int64
	root = func(x int64) int64 {
		up, ok := parts[x]
		if !ok || up == x {
			parts[x] = x
			return x
		}
		up = root(up)
		parts[x] = up
		return up
	}
	for p := range g.same {
		parts[root(p.a)] = root(p.b)
	}
	records := map[int64][]int64{}
	for seq := range parts {
		r := root(seq)
		records[r] = append(records[r], seq)
	}
	edges := map[int64][]match.Edge{}
	for p, e := range g.same {
		edges[root(p.a)] = append(edges[root(p.a)], e)
	}
	for p, e := range g.apart {
		if _, ok := parts[p.a]; !ok {
			continue
		}
		if _, ok := parts[p.b]; ok && root(p.a) == root(p.b) {
			edges[root(p.a)] = append(edges[root(p.a)], e)
		}
	}
	// In order, so that neighbours are read together.
	order := make([]int64, 0, len(records))
	for r, list := range records {
		slices.Sort(list)
		order = append(order, r)
	}
	slices.SortFunc(order, func(a, b int64) int { return cmp.Compare(records[a][0], records[b][0]) })
	var all [][]int64
	var waiting []int64 // parts of three records or more
	size := 0
	flush := func() error {
		guards, err := m.guards(ctx, waiting, records)
		if err != nil {
			return err
		}
		for _, r := range waiting {
			all = append(all, match.Cluster(append(edges[r], guards[r]...))...)
		}
		waiting, size = waiting[:0], 0
		return nil
	}
	for _, r := range order {
		if len(records[r]) == 2 {
			all = append(all, match.Cluster(edges[r])...)
			continue
		}
		waiting = append(waiting, r)
		if size += len(records[r]); size >= compareBatch {
			if err := flush(); err != nil {
				return nil, err
			}
		}
	}
	if err := flush(); err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b []int64) int { return cmp.Compare(a[0], b[0]) })
	return all, nil
}

// guards gives the pairs of each part that a guard keeps apart, or for a person
// to decide.
func (m *matcher) guards(ctx context.Context, parts []int64, records map[int64][]int64) (map[int64][]match.Edge, error) {
	if len(parts) == 0 {
		return nil, nil
	}
	var seqs []int64
	for _, r := range parts {
		seqs = append(seqs, records[r]...)
	}
	if err := m.load(ctx, seqs); err != nil {
		return nil, err
	}
	list := make([]*profile, len(seqs))
	for i, seq := range seqs {
		list[i] = m.profiles[seq]
	}
	if err := m.count(ctx, list); err != nil {
		return nil, err
	}
	edges := map[int64][]match.Edge{}
	for _, r := range parts {
		for _, p := range m.meetings(records[r]) {
			a, b := m.profiles[p.a], m.profiles[p.b]
			if outcome, _ := match.Weigh(a.Profile, b.Profile, m.sharedBy(b)); outcome == match.Same {
				continue
			}
			// What a guard holds for a person is not joined behind their back either.
			if c := match.Compare(a.Profile, b.Profile, m.sharedBy(b)); c.Guard != "" {
				edges[r] = append(edges[r], match.Edge{A: p.a, B: p.b, Outcome: match.Different, Score: c.Score, Guard: true})
			}
		}
	}
	return edges, nil
}

// meetings are the pairs of records of one part that a guard may keep apart.
func (m *matcher) meetings(records []int64) []couple {
	var pairs []couple
	if len(records) <= clusterPairs {
		for i, a := range records {
			for _, b := range records[i+1:] {
				pairs = append(pairs, couple{a, b})
			}
		}
		return pairs
	}
	byKey := map[int64][]int64{}
	for _, seq := range records {
		for _, k := range m.profiles[seq].keys {
			byKey[k] = append(byKey[k], seq)
		}
	}
	for _, list := range byKey {
		if len(list) > m.census.blockLimit {
			continue
		}
		for i, a := range list {
			for _, b := range list[i+1:] {
				pairs = append(pairs, coupleOf(a, b))
			}
		}
	}
	slices.SortFunc(pairs, comparePairs)
	return slices.Compact(pairs)
}

// publish writes who speaks for whom, and what for.
func (m *matcher) publish(ctx context.Context, was, is map[int64]int64, clusters [][]int64) error {
	wasLead, isLead := map[int64]bool{}, map[int64]bool{}
	clusters, members, err := m.amended(ctx, is, clusters)
	if err != nil {
		return err
	}
	for _, seq := range members {
		wasLead[seq] = true
	}
	communes := m.communes(ctx)
	var own, moved, into, leads []int64 // own: what each says for itself again
	for _, c := range clusters {
		isLead[c[0]] = true
		if !wasLead[c[0]] {
			leads = append(leads, c[0])
		}
	}
	for seq, lead := range is {
		if was[seq] != lead {
			moved, into = append(moved, seq), append(into, lead)
		}
		if !isLead[seq] && (wasLead[seq] || lead == seq && was[seq] != seq) {
			own = append(own, seq)
		}
	}
	if len(moved) > 0 {
		_, err := m.tx.Exec(ctx, `
			UPDATE places p SET merged_into = NULLIF(n.lead, p.seq), shown = n.lead = p.seq AND p.withdrawn_at IS NULL, changed_at = $3
			FROM unnest($1::bigint[], $2::bigint[]) AS n (seq, lead) WHERE p.seq = n.seq`, moved, into, m.now)
		if err != nil {
			return err
		}
		if _, err := m.tx.Exec(ctx, `INSERT INTO touched SELECT unnest($1::bigint[])`, moved); err != nil {
			return err
		}
	}
	if len(leads) > 0 {
		columns := []string{"seq"}
		for _, t := range spoken {
			columns = append(columns, t.columns...)
		}
		list := strings.Join(columns, ", ")
		_, err := m.tx.Exec(ctx, `
			INSERT INTO members (`+list+`)
			SELECT `+list+` FROM places JOIN features USING (seq) JOIN records USING (seq) WHERE seq = ANY($1)`, leads)
		if err != nil {
			return err
		}
	}
	slices.Sort(own)
	const atOnce = 1000
	for some := range slices.Chunk(own, atOnce) {
		records, err := ownRecords(ctx, m.tx, some)
		if err != nil {
			return err
		}
		list := make([]written, 0, len(some))
		for _, seq := range some {
			o := records[seq]
			o.withdrawn = o.withdrawn || is[seq] != seq // not shown
			w := written{known: o.known, hash: o.hash, key: o.key, source: o.source, published: o.published, merged: true, record: o.side().Record}
			list = append(list, w.withHours())
		}
		if err := m.rewrite(ctx, list); err != nil {
			return err
		}
		if _, err := m.tx.Exec(ctx, `DELETE FROM members WHERE seq = ANY($1)`, some); err != nil {
			return err
		}
	}
	for some := range slices.Chunk(clusters, atOnce) {
		var seqs []int64
		for _, c := range some {
			seqs = append(seqs, c...)
		}
		records, err := ownRecords(ctx, m.tx, seqs)
		if err != nil {
			return err
		}
		if err := readAmended(ctx, m.tx, records); err != nil {
			return err
		}
		var list []written
		for _, c := range some {
			w, err := mergedOf(c, records, communes)
			if err != nil {
				return err
			}
			if lead := records[c[0]]; string(lead.now) != string(w.hash) || lead.shown == w.withdrawn {
				list = append(list, w)
			}
		}
		if err := m.rewrite(ctx, list); err != nil {
			return err
		}
	}
	return nil
}

// rewrite writes what rows publish.
func (m *matcher) rewrite(ctx context.Context, list []written) error {
	if len(list) == 0 {
		return nil
	}
	if err := m.findHours(ctx, list); err != nil {
		return err
	}
	if err := m.write(ctx, "new_", list); err != nil {
		return err
	}
	return m.applyPublished(ctx)
}

func (w written) withHours() written {
	if h := w.record.Horaires; h != "" {
		w.hours = hoursPair{h, hours.ZoneOf(w.record.Departement).Key()}
	}
	return w
}

// mergedOf is what the first of some records publishes for all.
func mergedOf(seqs []int64, own map[int64]ownRecord, communes place.Communes) (written, error) {
	members := make([]match.Member, len(seqs))
	byID := make(map[string]*ownRecord, len(seqs))
	live := 0
	var sources []string
	amended := amendedOf(seqs, own)
	for i, seq := range seqs {
		o := own[seq]
		members[i] = o.member()
		byID[members[i].ID] = &o
		if !o.withdrawn {
			live++
		}
	}
	for i := range members {
		if live == 0 || !members[i].Withdrawn {
			sources = append(sources, members[i].Source)
		}
	}
	first := own[seqs[0]]
	producteur := sources[0]
	slices.Sort(sources)
	merged := match.Merge(members)
	r := &merged.Record
	// A value that its source gives to all its places tells nothing of this one.
	var constantes []string
	for _, p := range merged.Provenance {
		if o := byID[p.ID]; o != nil && (slices.Contains(o.defaults, p.Column) || slices.Contains(o.constantes, p.Column)) {
			constantes = append(constantes, p.Column)
		}
	}
	slices.Sort(constantes)
	r.Defaults = slices.Compact(constantes)
	merged.Amend(members, amended.corrections, communes)
	w := written{
		known: known{seq: first.seq, withdrawn: live == 0 || amended.closed(), created: first.created}, record: r, key: first.key, source: first.source, merged: true,
		published: place.Published{
			Producteur: producteur, Sources: slices.Compact(sources), Departement: r.Departement, PositionDoute: r.Doubt,
			Precision: r.Precision, Approximate: r.Approximate, Demonstration: first.published.Demonstration,
		},
	}
	err := w.prepare()
	return w, err
}

// scoreTouched scores the places that changed, and takes the scores of those
// that are no longer shown away.
func (m *matcher) scoreTouched(ctx context.Context, on place.Date) error {
	if _, err := m.tx.Exec(ctx, `ANALYZE touched`); err != nil {
		return err
	}
	if err := unscore(ctx, m.tx, m.now); err != nil {
		return err
	}
	// By their numbers: of so many tables, the planner would join the whole census
	// before it comes to a table of them.
	rows, err := m.tx.Query(ctx, `SELECT DISTINCT seq FROM touched ORDER BY seq`)
	if err != nil {
		return err
	}
	touched, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return err
	}
	s := scoring{census: m.census, tx: m.tx, date: on, where: "p.seq = ANY($1)", args: []any{touched}}
	if err := measureEcarts(ctx, m.tx, s.where, s.args...); err != nil {
		return err
	}
	return s.run(ctx)
}

// named is what a record is called.
type named struct{ nom, commune string }

func (m *matcher) names(ctx context.Context, seqs []int64) (map[int64]named, error) {
	rows, err := m.tx.Query(ctx, `
		SELECT r.seq, COALESCE(m.nom, r.nom, ''), COALESCE(m.commune, r.commune, '')
		FROM records r LEFT JOIN members m USING (seq) WHERE r.seq = ANY($1)`, seqs)
	if err != nil {
		return nil, err
	}
	all := make(map[int64]named, len(seqs))
	var seq int64
	var n named
	_, err = pgx.ForEachRow(rows, []any{&seq, &n.nom, &n.commune}, func() error { all[seq] = n; return nil })
	for _, seq := range seqs {
		if h, ok := m.held[seq]; ok {
			all[seq] = h.named
		}
	}
	return all, err
}

// sentences are the French ones of stored evidence.
func sentences(evidence []byte) ([]match.Evidence, []string, error) {
	var list []match.Evidence
	if err := json.Unmarshal(evidence, &list); err != nil {
		return nil, nil, err
	}
	texts := make([]string, len(list))
	for i := range list {
		texts[i] = list[i].Text
	}
	return list, texts, nil
}

// tellDuplicates tells which records join a place, which may, and why.
func (l *loader) tellDuplicates(ctx context.Context, found settled) error {
	const atOnce = 1000
	for some := range slices.Chunk(found.joins, atOnce) {
		if err := l.tellPairs(ctx, place.LoadMerged, some, `COALESCE(p.decision, p.outcome) = 'meme'`); err != nil {
			return err
		}
	}
	doubts := make([]join, len(found.doubts))
	for i, d := range found.doubts {
		doubts[i] = join{d.b, d.a} // what came last, as a rule, and what it may be
	}
	for some := range slices.Chunk(doubts, atOnce) {
		if err := l.tellPairs(ctx, place.LoadDoubtful, some, `(p.a, p.b) = (least(n.seq, n.lead), greatest(n.seq, n.lead))`); err != nil {
			return err
		}
	}
	return nil
}

func (l *loader) tellPairs(ctx context.Context, kind string, list []join, condition string) error {
	var seqs, leads, all []int64
	for _, j := range list {
		seqs, leads, all = append(seqs, j.seq), append(leads, j.lead), append(all, j.seq, j.lead)
	}
	// Of those that join it to its place, the likeliest pair tells why.
	rows, err := l.tx.Query(ctx, `
		SELECT n.seq, e.evidence
		FROM unnest($1::bigint[], $2::bigint[]) AS n (seq, lead) CROSS JOIN LATERAL (
			SELECT evidence, score, a, b FROM (
				SELECT * FROM match_pairs WHERE a = n.seq UNION ALL SELECT * FROM match_pairs WHERE b = n.seq
			) AS p WHERE `+condition+` ORDER BY score DESC, a, b LIMIT 1
		) AS e`, seqs, leads)
	if err != nil {
		return err
	}
	why := map[int64][]string{}
	var seq int64
	var evidence []byte
	if _, err := pgx.ForEachRow(rows, []any{&seq, (*text)(&evidence)}, func() (err error) {
		_, why[seq], err = sentences(evidence)
		return err
	}); err != nil {
		return err
	}
	names, err := l.names(ctx, all)
	if err != nil {
		return err
	}
	for _, j := range list {
		one, other := j.seq, j.lead
		if _, here := l.lines[one]; !here {
			if _, here := l.lines[other]; here {
				one, other = other, one // the file's record first
			}
		}
		err := l.Told(place.LoadChange{
			Kind: kind, ID: l.public(one), Nom: names[one].nom, Commune: names[one].commune, Line: l.lines[one],
			With: l.public(other), WithNom: names[other].nom, Why: why[j.seq],
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Beneath gives the records of every source that stand behind a place, and
// where each published field comes from.
func (c *Census) Beneath(ctx context.Context, lieu string) (match.Beneath, error) {
	b, err := c.beneath(ctx, lieu)
	if err != nil {
		return match.Beneath{}, fmt.Errorf("look behind place %s: %w", lieu, explain(err))
	}
	return b, nil
}

func (c *Census) beneath(ctx context.Context, lieu string) (match.Beneath, error) {
	b := match.Beneath{ID: lieu}
	if !place.IsIdentifier(lieu) {
		return b, place.ErrNotFound
	}
	// One picture of the census: a load may end meanwhile.
	err := pgx.BeginTxFunc(ctx, c.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		seq, err := seqOf(ctx, tx, lieu)
		if err != nil {
			return err
		}
		seqs, err := clusterOf(ctx, tx, seq)
		if err != nil {
			return err
		}
		own, err := ownRecords(ctx, tx, seqs)
		if err != nil {
			return err
		}
		if err := readRaw(ctx, tx, own); err != nil {
			return err
		}
		if err := readAmended(ctx, tx, own); err != nil {
			return err
		}
		members := make([]match.Member, 0, len(seqs))
		for _, seq := range seqs {
			o := own[seq]
			member := o.member()
			b.Sides, members = append(b.Sides, member.Side), append(members, member)
		}
		merged := match.Merge(members)
		merged.Amend(members, amendedOf(seqs, own).corrections, c.communesIn(ctx, tx))
		b.Nom, b.Fields = merged.Record.Nom, merged.Provenance
		b.History, err = pairs(ctx, tx, `p.decision IS NOT NULL AND (p.a = ANY($1) OR p.b = ANY($1)) ORDER BY p.number`, seqs)
		return err
	})
	return b, err
}

// OwnRecords hands the live records of a source to each, in the order in which
// they came, as that source gave them: whatever their places publish.
func (c *Census) OwnRecords(ctx context.Context, source string, each func(place.Hit) error) error {
	err := c.hits(ctx, prepared, `
		SELECT p.seq, p.identifier, NULL::float8, COALESCE(m.feature, f.feature), NULL::text
		FROM places p JOIN sources s USING (source_id) JOIN features f USING (seq) LEFT JOIN members m USING (seq)
		WHERE s.name = $1 AND p.withdrawn_at IS NULL
		ORDER BY p.seq`, []any{clean(source)}, func(h place.Hit, _ [][]byte) error { return each(h) })
	if err != nil {
		return fmt.Errorf("read records of %s: %w", source, explain(err))
	}
	return nil
}

// clusterOf gives the records of a place, in order of number.
func clusterOf(ctx context.Context, q rowsQueryer, lead int64) ([]int64, error) {
	rows, err := q.Query(ctx, `SELECT seq FROM places WHERE merged_into = $1 ORDER BY seq`, lead)
	if err != nil {
		return nil, err
	}
	rest, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	return append([]int64{lead}, rest...), err
}
