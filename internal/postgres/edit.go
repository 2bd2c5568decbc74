package postgres

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"mednum/internal/access"
	"mednum/internal/history"
	"mednum/internal/match"
	"mednum/internal/place"
	"mednum/internal/territory"
)

// What people correct. What always holds when no transaction is under way:
//
//   - Of a place, the last row of corrections that any of its records has counts
//     for each column, over what every source says, unless it takes the others
//     back; so does the last row of closures. A record keeps its own when it
//     leaves the place.
//   - A record with a correction or a closing that counts, and whose row speaks for
//     itself alone, is a place of one record: its row is in members too.
//   - What a corrected place publishes follows from the last values of its records
//     and from these rows, whatever the order in which they came.

// closing says that a place closed, or opened again.
type closing struct {
	number int64
	closed bool
	history.Closure
}

// amended is what people say of a place, over its records.
type amended struct {
	corrections map[string]match.Correction
	closing     *closing
}

func (a *amended) closed() bool { return a.closing != nil && a.closing.closed }

// amendedOf gathers what is said of the records of a place: the last word counts.
func amendedOf(seqs []int64, own map[int64]ownRecord) amended {
	var a amended
	var all []match.Correction
	for _, seq := range seqs {
		o := own[seq]
		all = append(all, o.corrected...)
		if o.closing != nil && (a.closing == nil || o.closing.number > a.closing.number) {
			a.closing = o.closing
		}
	}
	a.corrections = match.LastOf(all)
	return a
}

// readAmended adds what people say of records.
func readAmended(ctx context.Context, q rowsQueryer, own map[int64]ownRecord) error {
	seqs := slices.Sorted(maps.Keys(own))
	rows, err := q.Query(ctx, `
		SELECT k.seq, k.correction_id, k.field, k.value, k.said, k.back, k.organisation, k.reason, k.made_at
		FROM unnest($1::bigint[]) AS u (seq) CROSS JOIN LATERAL (
			SELECT DISTINCT ON (field) * FROM corrections k WHERE k.seq = u.seq ORDER BY field, correction_id DESC
		) AS k`, seqs)
	if err != nil {
		return err
	}
	var seq int64
	var k match.Correction
	var at time.Time
	if _, err := pgx.ForEachRow(rows, []any{&seq, &k.Number, &k.Column, &k.Value, &k.Said, &k.Back, &k.Organisation, &k.Reason, &at}, func() error {
		k.On = dayOf(at)
		o := own[seq]
		o.corrected = append(o.corrected, k)
		own[seq] = o
		return nil
	}); err != nil {
		return err
	}
	rows, err = q.Query(ctx, `
		SELECT x.seq, x.closure_id, x.closed, x.since, x.reason
		FROM unnest($1::bigint[]) AS u (seq) CROSS JOIN LATERAL (
			SELECT * FROM closures x WHERE x.seq = u.seq ORDER BY closure_id DESC LIMIT 1
		) AS x`, seqs)
	if err != nil {
		return err
	}
	var x closing
	var since *time.Time
	_, err = pgx.ForEachRow(rows, []any{&seq, &x.number, &x.closed, &since, &x.Reason}, func() error {
		found := x
		found.Since = dateOf(since)
		o := own[seq]
		o.closing = &found
		own[seq] = o
		since = nil
		return nil
	})
	return err
}

// amended adds to places of several records those of one that people amended,
// and gives the rows that are in members.
func (m *matcher) amended(ctx context.Context, leads map[int64]int64, clusters [][]int64) ([][]int64, []int64, error) {
	led := make(map[int64]bool, len(clusters))
	for _, c := range clusters {
		led[c[0]] = true
	}
	var members []int64
	const atOnce = 5000
	for some := range slices.Chunk(slices.Sorted(maps.Keys(leads)), atOnce) {
		rows, err := m.tx.Query(ctx, `
			SELECT seq, true FROM members WHERE seq = ANY($1)
			UNION ALL
			SELECT seq, false FROM (SELECT DISTINCT ON (seq, field) seq, back FROM corrections WHERE seq = ANY($1) ORDER BY seq, field, correction_id DESC) AS k
			WHERE NOT back
			UNION ALL
			SELECT seq, false FROM (SELECT DISTINCT ON (seq) seq, closed FROM closures WHERE seq = ANY($1) ORDER BY seq, closure_id DESC) AS x
			WHERE closed`, some)
		if err != nil {
			return nil, nil, err
		}
		var seq int64
		var member bool
		if _, err := pgx.ForEachRow(rows, []any{&seq, &member}, func() error {
			switch {
			case member:
				members = append(members, seq)
			case leads[seq] == seq && !led[seq]:
				led[seq] = true
				clusters = append(clusters, []int64{seq})
			}
			return nil
		}); err != nil {
			return nil, nil, err
		}
	}
	slices.SortFunc(clusters, func(a, b []int64) int { return cmp.Compare(a[0], b[0]) })
	return clusters, members, nil
}

// names of communes, kept for as long as the territories are the same: some
// tenths of a second to make.
type atlas struct {
	mu        sync.Mutex
	version   int64
	gazetteer *territory.Gazetteer
}

// communes answers questions about communes inside a transaction, where nobody
// pays for what is not asked. An error ends the transaction, hence whoever asked.
type communes struct {
	ctx       context.Context
	census    *Census
	tx        pgx.Tx
	gazetteer *territory.Gazetteer
}

func (m *matcher) communes(ctx context.Context) place.Communes { return m.census.communesIn(ctx, m.tx) }

func (c *Census) communesIn(ctx context.Context, tx pgx.Tx) place.Communes {
	return &communes{ctx: ctx, census: c, tx: tx}
}

func (k *communes) names() *territory.Gazetteer {
	if k.gazetteer != nil {
		return k.gazetteer
	}
	kept := &k.census.atlas
	kept.mu.Lock()
	defer kept.mu.Unlock()
	v, err := readVersions(k.ctx, k.tx)
	if err == nil && (kept.gazetteer == nil || kept.version != v.territories) {
		var set territory.Set
		if set, err = territoriesIn(k.ctx, k.tx); err == nil {
			kept.gazetteer, kept.version = territory.NewGazetteer(set), v.territories
		}
	}
	if err != nil {
		return territory.NewGazetteer(territory.Set{})
	}
	k.gazetteer = kept.gazetteer
	return k.gazetteer
}

func (k *communes) Commune(code string) (place.Commune, bool) {
	c, ok := k.names().Commune(code)
	return k.commune(c), ok
}

func (k *communes) Resolve(nom, codePostal string) (place.Commune, bool) {
	c, ok := k.names().Resolve(nom, codePostal)
	return k.commune(c), ok
}

// Named gives the communes of one name.
func (k *communes) Named(nom string) []place.Commune {
	var out []place.Commune
	for _, c := range k.names().Named(nom) {
		out = append(out, k.commune(c))
	}
	return out
}

func (k *communes) commune(c *territory.Commune) place.Commune {
	if c == nil {
		return place.Commune{}
	}
	return place.Commune{
		Code: c.Code, Nom: c.Nom, Departement: c.Departement, CodesPostaux: c.CodesPostaux, AnciensNoms: c.AnciensNoms,
		Latitude: c.Point.Lat(), Longitude: c.Point.Lon(), HasPoint: c.HasPoint,
		Distance: func(latitude, longitude float64) (metres float64, ok bool) {
			// An arrondissement has the contour of its city.
			err := k.tx.QueryRow(k.ctx, `
				SELECT CASE WHEN ST_Covers(contour, p) THEN 0 ELSE ST_Distance(contour::geography, p::geography) END
				FROM communes, ST_SetSRID(ST_MakePoint($2, $3), 4326) AS p
				WHERE code = $1 AND contour IS NOT NULL`, cmp.Or(c.Parent, c.Code), longitude, latitude).Scan(&metres)
			return metres, err == nil
		},
	}
}

// standingPlace is a place as it stands, and all that it comes from.
type standingPlace struct {
	seq       int64
	seqs      []int64
	own       map[int64]ownRecord
	said, now place.Record // by the records alone; with what people say
	amended   amended
	data      int64
}

// standingOf reads a place. A closed one too when closed is asked for.
func (c *Census) standingOf(ctx context.Context, tx pgx.Tx, id string, closed bool) (*standingPlace, error) {
	if !place.IsIdentifier(id) {
		return nil, place.ErrNotFound
	}
	seq, err := seqOf(ctx, tx, id)
	var gone *history.Gone
	if err != nil && !(closed && errors.As(err, &gone)) {
		return nil, err
	}
	p := &standingPlace{seq: seq}
	if p.seqs, err = clusterOf(ctx, tx, seq); err != nil {
		return nil, err
	}
	if p.own, err = ownRecords(ctx, tx, p.seqs); err != nil {
		return nil, err
	}
	if err := readAmended(ctx, tx, p.own); err != nil {
		return nil, err
	}
	v, err := readVersions(ctx, tx)
	p.data, p.amended = v.data, amendedOf(p.seqs, p.own)
	p.said = p.compose(nil, nil)
	p.now = p.compose(p.amended.corrections, c.communesIn(ctx, tx))
	return p, err
}

func (p *standingPlace) compose(corrections map[string]match.Correction, communes place.Communes) place.Record {
	members := make([]match.Member, len(p.seqs))
	for i, seq := range p.seqs {
		o := p.own[seq]
		members[i] = o.member()
	}
	merged := match.Merge(members)
	merged.Amend(members, corrections, communes)
	return merged.Record
}

func cellsOf(p *place.Place) map[string]string {
	cells := make(map[string]string, len(place.Columns))
	for i := range place.Columns {
		cells[place.Columns[i].Name] = place.Columns[i].Said(p)
	}
	return cells
}

// changesBetween tells the columns that two places have otherwise.
func changesBetween(before, after *place.Place) []place.FieldChange {
	var changes []place.FieldChange
	for i := range place.Columns {
		c := &place.Columns[i]
		if b, a := c.Said(before), c.Said(after); b != a {
			changes = append(changes, place.FieldChange{Column: c.Name, Before: b, After: a})
		}
	}
	return changes
}

// Cells gives what a place publishes, by column of the standard as
// place.Column.Said has it, and the version of the data that it was read in.
func (c *Census) Cells(ctx context.Context, id string) (cells map[string]string, data int64, err error) {
	err = pgx.BeginTxFunc(ctx, c.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		p, err := c.standingOf(ctx, tx, id, false)
		if err == nil {
			cells, data = cellsOf(&p.now.Place), p.data
		}
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("read cells of %s: %w", id, explain(err))
	}
	return cells, data, nil
}

// Formerly gives what a closed place published, and why it is closed, or
// place.ErrNotFound.
func (c *Census) Formerly(ctx context.Context, id string) (was place.Place, x history.Closure, err error) {
	err = pgx.BeginTxFunc(ctx, c.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		if x, err = closureOf(ctx, tx, id); err != nil {
			return err
		}
		var feature []byte
		if err := tx.QueryRow(ctx, `SELECT feature FROM places JOIN features USING (seq) WHERE identifier = $1`, id).Scan((*text)(&feature)); err != nil {
			return err
		}
		was, _, err = place.ParseFeature(feature)
		return err
	})
	if err != nil {
		return place.Place{}, history.Closure{}, fmt.Errorf("read closed place %s: %w", id, explain(err))
	}
	return was, x, nil
}

// Closure gives why and since when a place is closed, or place.ErrNotFound.
func (c *Census) Closure(ctx context.Context, id string) (history.Closure, error) {
	x, err := closureOf(ctx, c.pool, id)
	if err != nil {
		return history.Closure{}, fmt.Errorf("read closure of %s: %w", id, explain(err))
	}
	return x, nil
}

func closureOf(ctx context.Context, q queryer, id string) (history.Closure, error) {
	var x history.Closure
	var since *time.Time
	err := q.QueryRow(ctx, `
		SELECT since, reason FROM (
			SELECT x.* FROM places p JOIN places r ON r.seq = p.seq OR r.merged_into = p.seq JOIN closures x ON x.seq = r.seq
			WHERE p.identifier = $1 ORDER BY closure_id DESC LIMIT 1
		) AS last WHERE closed`, clean(id)).Scan(&since, &x.Reason)
	if errors.Is(err, pgx.ErrNoRows) {
		err = place.ErrNotFound
	}
	x.Since = dateOf(since)
	return x, err
}

// whyGone says since when and why a place is no more, where somebody closed it.
func whyGone(ctx context.Context, q queryer, id string, err error) error {
	if !errors.Is(err, place.ErrGone) {
		return err
	}
	switch x, fault := closureOf(ctx, q, id); {
	case fault == nil:
		return &history.Gone{Closure: x}
	case !errors.Is(fault, place.ErrNotFound):
		return fault
	}
	return err
}

// editor is a transaction in which a person changes a place.
type editor struct {
	*matcher
	by history.Author
	at time.Time
}

// amend runs do with a place, then publishes and scores the place again, all in
// one transaction that waits for other writers. do says whether there is
// anything to publish. A dry run does not wait: it only reads.
func (c *Census) amend(ctx context.Context, id string, closed, dryRun bool, do func(*editor, *standingPlace) (bool, error)) (int64, error) {
	var tx pgx.Tx
	var err error
	if dryRun {
		tx, err = c.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	} else {
		tx, err = c.begin(ctx)
	}
	if err != nil {
		return 0, err
	}
	defer tx.Rollback(context.WithoutCancel(ctx))
	e := &editor{matcher: newMatcher(c, tx), by: history.From(ctx)}
	if !dryRun {
		if err := lockLoads(ctx, tx); err != nil {
			return 0, err
		}
	}
	if err := tx.QueryRow(ctx, `SELECT clock_timestamp()`).Scan(&e.at); err != nil {
		return 0, err
	}
	p, err := c.standingOf(ctx, tx, id, closed)
	if err != nil {
		return 0, err
	}
	changed, err := do(e, p)
	if err != nil || !changed || dryRun {
		return p.data, err
	}
	if err := e.publishAgain(ctx, p.seq); err != nil {
		return 0, err
	}
	if err := bump(ctx, tx, false); err != nil {
		return 0, err
	}
	v, err := readVersions(ctx, tx)
	if err != nil {
		return 0, err
	}
	return v.data, tx.Commit(ctx)
}

// publishAgain makes places again, and their scores.
func (e *editor) publishAgain(ctx context.Context, seqs ...int64) error {
	if err := e.begin(ctx); err != nil {
		return err
	}
	if _, err := e.tx.Exec(ctx, `INSERT INTO seeds SELECT unnest($1::bigint[])`, seqs); err != nil {
		return err
	}
	if e.fresh {
		if err := e.compare(ctx); err != nil {
			return err
		}
	}
	if _, err := e.settle(ctx, true); err != nil {
		return err
	}
	return e.scoreTouched(ctx, place.Date{})
}

// keep writes corrections down.
func (e *editor) keep(ctx context.Context, seq int64, corrections []match.Correction) error {
	for _, k := range corrections {
		_, err := e.tx.Exec(ctx, `
			INSERT INTO corrections (seq, field, value, said, back, organisation, siren, role, key_id, reason, made_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			seq, k.Column, k.Value, k.Said, k.Back, clean(e.by.Organisation), unknown(clean(e.by.Siren)), e.by.Role, unknown(clean(e.by.Key)), clean(e.by.Reason), e.at)
		if err != nil {
			return err
		}
	}
	return nil
}

// Edit corrects fields of a place.
func (c *Census) Edit(ctx context.Context, e history.Edit) (history.Edited, error) {
	done := history.Edited{ID: e.ID}
	var err error
	done.Data, err = c.amend(ctx, e.ID, false, e.DryRun, func(ed *editor, p *standingPlace) (bool, error) {
		d, err := ed.read(ctx, p, &e)
		if err != nil {
			return false, err
		}
		done.Findings, done.Changes, done.Place = d.findings, changesBetween(&p.now.Place, &d.after), d.after
		if err := ed.stale(ctx, p, e.Base, &d.after); err != nil || len(d.corrections) == 0 || e.DryRun {
			return false, err
		}
		return true, ed.keep(ctx, p.seq, d.corrections)
	})
	if err != nil {
		return history.Edited{}, fmt.Errorf("edit %s: %w", e.ID, explain(err))
	}
	return done, nil
}

// draft is what an edit comes to.
type draft struct {
	corrections []match.Correction
	after       place.Place
	findings    []place.Finding
}

// read makes corrections of what somebody wrote, as a file is read; it refuses
// what was not understood.
func (e *editor) read(ctx context.Context, p *standingPlace, asked *history.Edit) (draft, error) {
	communes := e.census.communesIn(ctx, e.tx)
	cells := cellsOf(&p.now.Place)
	touched := map[string]bool{}
	for name, cell := range asked.Cells {
		if cell = clean(cell); cells[name] != cell {
			for _, other := range place.Together(name) {
				touched[other] = true
			}
			cells[name] = cell
		}
	}
	d := draft{after: p.now.Place}
	if len(touched) == 0 {
		return d, nil
	}
	// What was written in the column of the one is read into that of the other.
	if touched["courriels"] || touched["site_web"] {
		touched["courriels"], touched["site_web"] = true, true
	}
	read := place.ReadCells(cells, place.Context{Communes: communes, Today: asked.On})
	var lost []place.Finding
	for _, f := range read.Findings {
		switch {
		case f.Severity == place.Blocking || touched[f.Field] && place.LostIn(f):
			lost = append(lost, f)
		case touched[f.Field] && f.Code != "missing":
			d.findings = append(d.findings, f)
		}
	}
	if len(lost) > 0 {
		return d, &history.Refused{Findings: lost}
	}
	sanitize(&read)
	target := p.now.Place
	changed := map[string]bool{}
	for i := range place.Columns {
		c := &place.Columns[i]
		if touched[c.Name] && c.Said(&read.Place) != c.Said(&p.now.Place) {
			for _, other := range place.Together(c.Name) {
				changed[other] = true
			}
		}
	}
	if len(changed) == 0 {
		return d, nil
	}
	for i := range place.Columns {
		if c := &place.Columns[i]; changed[c.Name] {
			c.Say(&target, c.Said(&read.Place))
		}
	}
	if changed["latitude"] {
		target.Position = read.Position
	}
	if on := asked.On; on.Known() && !touched["date_maj"] && on.Compare(target.DateMaj) > 0 {
		target.DateMaj, changed["date_maj"] = on, true
	}
	for i := range place.Columns {
		if c := &place.Columns[i]; changed[c.Name] {
			d.corrections = append(d.corrections, e.correction(p, c, &target))
		}
	}
	d.after = p.with(d.corrections, communes).Place
	return d, nil
}

func (e *editor) correction(p *standingPlace, c *place.Column, target *place.Place) match.Correction {
	return match.Correction{Column: c.Name, Value: c.Said(target), Said: c.Said(&p.said.Place)}
}

// with composes a place as it will be after corrections.
func (p *standingPlace) with(corrections []match.Correction, communes place.Communes) place.Record {
	all := maps.Clone(p.amended.corrections)
	for _, k := range corrections {
		all[k.Column] = k
	}
	return p.compose(all, communes)
}

// stale refuses to write over what others changed since the editor read the
// place.
func (e *editor) stale(ctx context.Context, p *standingPlace, base int64, after *place.Place) error {
	if base == 0 || base >= p.data {
		return nil
	}
	rows, err := e.tx.Query(ctx, `
		SELECT (x.former).feature FROM features_past x JOIN revisions r USING (change)
		WHERE x.seq = $1 AND x.former IS NOT NULL AND r.data > $2
		ORDER BY r.number LIMIT 1`, p.seq, base)
	if err != nil {
		return err
	}
	read, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[string])
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	before, _, err := place.ParseFeature([]byte(read))
	if err != nil {
		return err
	}
	s := &history.Stale{Base: base, Now: p.data, Theirs: changesBetween(&before, &p.now.Place), Yours: changesBetween(&p.now.Place, after)}
	if len(s.Theirs) == 0 {
		return nil // what changed meanwhile is nobody's words, or was taken back
	}
	for _, y := range s.Yours {
		if slices.ContainsFunc(s.Theirs, func(t place.FieldChange) bool { return t.Column == y.Column }) && y.Column != "date_maj" {
			s.Both = append(s.Both, y.Column)
		}
	}
	err = e.tx.QueryRow(ctx, `
		SELECT r.number, r.at, r.organisation, r.siren, r.role, r.key_id, r.cause, r.reason, r.subject, r.data, r.places, r.hash
		FROM features_past x JOIN revisions r USING (change) WHERE x.seq = $1 ORDER BY r.number DESC LIMIT 1`, p.seq).
		Scan(&s.By.Number, &s.By.At, &s.By.Organisation, &s.By.Siren, &s.By.Role, &s.By.Key, &s.By.Cause, &s.By.Reason, &s.By.Subject, &s.By.Data, &s.By.Places, &s.By.Hash)
	if err != nil {
		return err
	}
	return s
}

// Restore makes a place again what it was after a revision. Where the sources
// say it by themselves, they have the word again.
func (c *Census) Restore(ctx context.Context, id string, revision, base int64, on place.Date) (history.Edited, error) {
	done := history.Edited{ID: id}
	var err error
	done.Data, err = c.amend(ctx, id, false, false, func(e *editor, p *standingPlace) (bool, error) {
		former, err := e.formerly(ctx, p.seq, revision)
		if err != nil {
			return false, err
		}
		corrections, after := e.restoration(ctx, p, former)
		done.Place, done.Changes = after, changesBetween(&p.now.Place, &after)
		if err := e.stale(ctx, p, base, &after); err != nil || len(done.Changes) == 0 {
			return false, err
		}
		return true, e.keep(ctx, p.seq, corrections)
	})
	if err != nil {
		return history.Edited{}, fmt.Errorf("restore %s to revision %d: %w", id, revision, explain(err))
	}
	return done, nil
}

// formerly gives what a row published after a revision.
func (e *editor) formerly(ctx context.Context, seq, revision int64) (*place.Place, error) {
	var feature []byte
	err := e.tx.QueryRow(ctx, `
		SELECT CASE WHEN x.seq IS NULL THEN f.feature ELSE (x.former).feature END
		FROM features f LEFT JOIN LATERAL (
			SELECT x.* FROM features_past x JOIN revisions r USING (change) WHERE x.seq = f.seq AND r.number > $2 ORDER BY r.number LIMIT 1
		) AS x ON true
		WHERE f.seq = $1 AND EXISTS (SELECT FROM revisions WHERE number = $2) AND EXISTS (
			SELECT FROM (SELECT * FROM journal_births WHERE rows = 'features' AND first <= $1 ORDER BY first DESC LIMIT 1) AS b JOIN revisions r USING (change)
			WHERE b.last >= $1 AND r.number <= $2)`, seq, revision).Scan((*text)(&feature))
	if err == nil && feature == nil || errors.Is(err, pgx.ErrNoRows) {
		return nil, &history.Refused{Findings: []place.Finding{{Severity: place.Blocking, Code: "no_revision",
			Message: "Ce lieu n’avait pas de version à ce moment : choisissez-en une dans son historique."}}}
	}
	if err != nil {
		return nil, err
	}
	former, _, err := place.ParseFeature(feature)
	return &former, err
}

// restoration corrects a place into another.
func (e *editor) restoration(ctx context.Context, p *standingPlace, target *place.Place) ([]match.Correction, place.Place) {
	communes := e.census.communesIn(ctx, e.tx)
	said := func(name string, of *place.Place) string {
		c, _ := place.ColumnNamed(name)
		return c.Said(of)
	}
	var corrections []match.Correction
	settled := map[string]bool{}
	after := p.now.Place
	// What is corrected of an address may cost a position: looked at again.
	for range 3 {
		done := map[string]bool{}
		for _, change := range changesBetween(&after, target) {
			if done[change.Column] {
				continue
			}
			group := place.Together(change.Column)
			own := !slices.ContainsFunc(group, func(name string) bool { return said(name, &p.said.Place) != said(name, target) })
			for _, name := range group {
				if settled[name] && own {
					own = false // the sources did say it, and something else took it away
				}
			}
			for _, name := range group {
				c, _ := place.ColumnNamed(name)
				k := e.correction(p, c, target)
				if own {
					k.Value, k.Back = "", true
				}
				corrections = slices.DeleteFunc(corrections, func(x match.Correction) bool { return x.Column == name })
				corrections = append(corrections, k)
				settled[name], done[name] = true, true
			}
		}
		after = p.with(corrections, communes).Place
		if len(changesBetween(&after, target)) == 0 {
			break
		}
	}
	return corrections, after
}

// Confirm says that nothing changed: only the date of the place moves on.
func (c *Census) Confirm(ctx context.Context, id string, on place.Date) (history.Edited, error) {
	done := history.Edited{ID: id}
	var err error
	done.Data, err = c.amend(ctx, id, false, false, func(e *editor, p *standingPlace) (bool, error) {
		done.Place = p.now.Place
		if on.Compare(p.now.DateMaj) <= 0 {
			return false, nil
		}
		done.Place.DateMaj = on
		date, _ := place.ColumnNamed("date_maj")
		done.Changes = changesBetween(&p.now.Place, &done.Place)
		return true, e.keep(ctx, p.seq, []match.Correction{e.correction(p, date, &done.Place)})
	})
	if err != nil {
		return history.Edited{}, fmt.Errorf("confirm %s: %w", id, explain(err))
	}
	return done, nil
}

// TakeBack gives the sources the word again on columns of a place; all that was
// corrected when none is named.
func (c *Census) TakeBack(ctx context.Context, id string, base int64, columns []string) (history.Edited, error) {
	done := history.Edited{ID: id}
	var err error
	done.Data, err = c.amend(ctx, id, false, false, func(e *editor, p *standingPlace) (bool, error) {
		asked := map[string]bool{}
		for _, name := range columns {
			for _, other := range place.Together(name) {
				asked[other] = true
			}
		}
		var back []match.Correction
		left := false // something else stays corrected
		for i := range place.Columns {
			name := place.Columns[i].Name
			if k, ok := p.amended.corrections[name]; ok && !k.Back && name != "date_maj" {
				if len(columns) > 0 && !asked[name] {
					left = true
				} else {
					back = append(back, match.Correction{Column: name, Back: true})
				}
			}
		}
		// The date was that of what was corrected.
		if k, ok := p.amended.corrections["date_maj"]; ok && !k.Back && (asked["date_maj"] || !left) {
			back = append(back, match.Correction{Column: "date_maj", Back: true})
		}
		after := p.with(back, e.census.communesIn(ctx, e.tx))
		done.Place, done.Changes = after.Place, changesBetween(&p.now.Place, &after.Place)
		if err := e.stale(ctx, p, base, &after.Place); err != nil || len(back) == 0 {
			return false, err
		}
		return true, e.keep(ctx, p.seq, back)
	})
	if err != nil {
		return history.Edited{}, fmt.Errorf("take corrections of %s back: %w", id, explain(err))
	}
	return done, nil
}

// ClosePlace says that a place no longer is.
func (c *Census) ClosePlace(ctx context.Context, id string, base int64, x history.Closure) (history.Edited, error) {
	done := history.Edited{ID: id}
	var err error
	done.Data, err = c.amend(ctx, id, false, false, func(e *editor, p *standingPlace) (bool, error) {
		done.Place = p.now.Place
		if err := e.stale(ctx, p, base, &p.now.Place); err != nil {
			return false, err
		}
		return true, e.shut(ctx, p.seq, true, x)
	})
	if err != nil {
		return history.Edited{}, fmt.Errorf("close %s: %w", id, explain(err))
	}
	return done, nil
}

// Reopen says that a closed place is again.
func (c *Census) Reopen(ctx context.Context, id string, base int64) (history.Edited, error) {
	done := history.Edited{ID: id}
	var err error
	done.Data, err = c.amend(ctx, id, true, false, func(e *editor, p *standingPlace) (bool, error) {
		done.Place = p.now.Place
		if !p.amended.closed() {
			return false, nil
		}
		if !slices.ContainsFunc(p.seqs, func(seq int64) bool { return !p.own[seq].withdrawn }) {
			return false, &history.Refused{Findings: []place.Finding{{Severity: place.Blocking, Code: "withdrawn",
				Message: "Entre-temps, sa source a retiré ce lieu. Ajoutez-le comme un nouveau lieu."}}}
		}
		if err := e.stale(ctx, p, base, &p.now.Place); err != nil {
			return false, err
		}
		return true, e.shut(ctx, p.seq, false, history.Closure{Reason: e.by.Reason})
	})
	if err != nil {
		return history.Edited{}, fmt.Errorf("reopen %s: %w", id, explain(err))
	}
	return done, nil
}

func (e *editor) shut(ctx context.Context, seq int64, closed bool, x history.Closure) error {
	var since any
	if x.Since.Known() {
		since = x.Since.Time()
	}
	_, err := e.tx.Exec(ctx, `
		INSERT INTO closures (seq, closed, since, reason, organisation, siren, role, key_id, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		seq, closed, since, strings.TrimSpace(clean(x.Reason)), clean(e.by.Organisation), unknown(clean(e.by.Siren)), e.by.Role, unknown(clean(e.by.Key)), e.at)
	return err
}

// Entries is the source of the places that an organisation writes down itself.
func Entries(organisation string) string { return "Saisies de " + organisation }

// Create writes a new place down, of the organisation that signs. A place that
// resembles others is refused, with them (*history.Alike), unless it is said to be
// none of them: that is then remembered as any decision of a person.
func (c *Census) Create(ctx context.Context, e history.Edit) (history.Edited, error) {
	done, err := c.create(ctx, e)
	if err != nil {
		return history.Edited{}, fmt.Errorf("create place: %w", explain(err))
	}
	return done, nil
}

func (c *Census) create(ctx context.Context, e history.Edit) (history.Edited, error) {
	var done history.Edited
	by := history.From(ctx)
	tx, err := c.begin(ctx)
	if err != nil {
		return done, err
	}
	defer tx.Rollback(context.WithoutCancel(ctx))
	cells := make(map[string]string, len(e.Cells))
	for name, cell := range e.Cells {
		cells[name] = clean(cell)
	}
	if cells["date_maj"] == "" && e.On.Known() {
		cells["date_maj"] = e.On.String()
	}
	record := place.ReadCells(cells, place.Context{Communes: c.communesIn(ctx, tx), Today: e.On})
	var lost []place.Finding
	for _, f := range record.Findings {
		if place.LostIn(f) {
			lost = append(lost, f)
		} else if f.Code != "missing" {
			done.Findings = append(done.Findings, f)
		}
	}
	if len(lost) > 0 {
		return done, &history.Refused{Findings: lost}
	}
	var random [10]byte
	if _, err := rand.Read(random[:]); err != nil {
		return done, err
	}
	record.Key = hex.EncodeToString(random[:])
	source, err := entriesOf(ctx, tx, by)
	if err != nil {
		return done, err
	}
	resembles := map[string][]string{} // why, by identifier
	var order []string
	load := place.Load{Source: source, Partial: true, DryRun: e.DryRun, Told: func(l place.LoadChange) error {
		if (l.Kind == place.LoadMerged || l.Kind == place.LoadDoubtful) && l.With != "" {
			if _, told := resembles[l.With]; !told {
				order = append(order, l.With)
			}
			resembles[l.With] = append(resembles[l.With], l.Why...)
		}
		return nil
	}}
	ld := &loader{Load: load, matcher: newMatcher(c, tx), refused: sha256.New()}
	ld.pretend = e.DryRun
	if err := ld.begin(ctx); err != nil {
		return done, err
	}
	if by.Siren != "" {
		if _, err := tx.Exec(ctx, `UPDATE sources SET siren = $2 WHERE source_id = $1 AND siren IS NULL`, ld.sourceID, clean(by.Siren)); err != nil {
			return done, err
		}
	}
	if err := ld.take(ctx, func(yield func(*place.Record, error) bool) { yield(&record, nil) }); err != nil {
		return done, err
	}
	if _, err := ld.finish(ctx); err != nil {
		return done, err
	}
	if done.Twins, err = ld.twins(ctx, order, resembles); err != nil {
		return done, err
	}
	v, err := readVersions(ctx, tx)
	done.Data, done.Place = v.data, record.Place
	done.Changes = changesBetween(&place.Place{}, &record.Place)
	if err != nil || e.DryRun {
		return done, err
	}
	if len(done.Twins) > 0 && !e.Apart {
		return done, &history.Alike{Twins: done.Twins}
	}
	var seq int64
	if err := tx.QueryRow(ctx, `SELECT seq FROM places WHERE source_id = $1 AND record_key = $2`, ld.sourceID, record.Key).Scan(&seq); err != nil {
		return done, err
	}
	if len(done.Twins) > 0 {
		if err := ld.apart(ctx, seq, order, by); err != nil {
			return done, err
		}
	}
	if err := bump(ctx, tx, false); err != nil {
		return done, err
	}
	done.ID, done.Data = place.Identifier(seq), v.data+1
	return done, tx.Commit(ctx)
}

// entriesOf names the source of what an organisation writes down: organisations
// of one name have each their own.
func entriesOf(ctx context.Context, tx pgx.Tx, by history.Author) (string, error) {
	name := Entries(clean(by.Organisation))
	var siren string
	err := tx.QueryRow(ctx, `SELECT COALESCE(siren, '') FROM sources WHERE name = $1`, name).Scan(&siren)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return name, nil
	case err != nil || siren == "" || siren == clean(by.Siren):
		return name, err
	}
	return name + " (" + clean(by.Siren) + ")", nil
}

// twins names the places that a new one resembles.
func (l *loader) twins(ctx context.Context, ids []string, why map[string][]string) ([]history.Twin, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err := l.tx.Query(ctx, `
		SELECT p.identifier, COALESCE(r.nom, ''), COALESCE(r.commune, '') FROM places p JOIN records r USING (seq) WHERE p.identifier = ANY($1)`, ids)
	if err != nil {
		return nil, err
	}
	named := map[string]history.Twin{}
	var t history.Twin
	if _, err := pgx.ForEachRow(rows, []any{&t.ID, &t.Nom, &t.Commune}, func() error { named[t.ID] = t; return nil }); err != nil {
		return nil, err
	}
	var out []history.Twin
	for _, id := range ids {
		t := named[id]
		t.Why = slices.Compact(why[id])
		out = append(out, t)
	}
	return out, nil
}

// apart remembers that a record is none of those that it resembles.
func (l *loader) apart(ctx context.Context, seq int64, ids []string, by history.Author) error {
	rows, err := l.tx.Query(ctx, `SELECT seq FROM places WHERE identifier = ANY($1) ORDER BY seq`, ids)
	if err != nil {
		return err
	}
	others, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return err
	}
	d := &decider{matcher: l.matcher, at: l.now, reason: clean(by.Reason),
		by: access.Key{ID: by.Key, Role: by.Role, Organisation: by.Organisation, Siren: by.Siren}}
	var pairs []couple
	for _, other := range others {
		pairs = append(pairs, coupleOf(seq, other))
	}
	if err := d.known(ctx, pairs); err != nil {
		return err
	}
	if err := d.say(ctx, pairs, match.Different); err != nil {
		return err
	}
	if _, err := d.settle(ctx, true); err != nil {
		return err
	}
	return d.scoreTouched(ctx, place.Date{})
}
