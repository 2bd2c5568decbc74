package postgres

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"mednum/internal/history"
	"mednum/internal/place"
)

// begin opens a transaction that writes, though the connections of a server are
// read only by default, and tells the database who signs it: the journal notes
// the history.Author of ctx as it commits.
func (c *Census) begin(ctx context.Context) (pgx.Tx, error) {
	tx, err := c.pool.BeginTx(ctx, pgx.TxOptions{AccessMode: pgx.ReadWrite})
	if err != nil {
		return nil, err
	}
	if err := sign(ctx, tx); err != nil {
		// A cancelled context closes the connection: the server rolls back.
		_ = tx.Rollback(context.WithoutCancel(ctx))
		return nil, err
	}
	return tx, nil
}

// sign tells the database who writes in a transaction.
func sign(ctx context.Context, tx pgx.Tx) error {
	a := history.From(ctx)
	if a == (history.Author{}) {
		return nil
	}
	text, err := json.Marshal(map[string]string{
		"organisation": clean(a.Organisation), "siren": clean(a.Siren), "role": clean(string(a.Role)), "cle": clean(a.Key),
		"cause": clean(string(a.Cause)), "motif": clean(a.Reason), "objet": clean(a.Subject),
	})
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `SELECT set_config('mednum.author', $1, true)`, string(text)); err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	return nil
}

// signed is ctx signed by a, unless somebody signs it already.
func signed(ctx context.Context, a history.Author) context.Context {
	if history.From(ctx) != (history.Author{}) {
		return ctx
	}
	return history.With(ctx, a)
}

const revisionColumns = `r.number, r.at, r.organisation, r.siren, r.role, r.key_id, r.cause, r.reason, r.subject, r.data, r.places, r.hash`

func scanRevision(row pgx.Row, r *history.Revision, more ...any) error {
	err := row.Scan(append([]any{&r.Number, &r.At, &r.Organisation, &r.Siren, (*string)(&r.Role), &r.Key, (*string)(&r.Cause), &r.Reason, &r.Subject, &r.Data, &r.Places, &r.Hash}, more...)...)
	r.At = r.At.UTC()
	return err
}

// Revisions gives what changed in the census, the last first, before a revision
// (0: from the last).
func (c *Census) Revisions(ctx context.Context, before int64, limit int) ([]history.Revision, error) {
	rows, err := c.pool.Query(ctx, `
		SELECT `+revisionColumns+` FROM revisions r WHERE $1 = 0 OR r.number < $1 ORDER BY r.number DESC LIMIT $2`, before, max(limit, 0))
	if err != nil {
		return nil, fmt.Errorf("read revisions: %w", explain(err))
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r history.Revision, err error) { return r, scanRevision(row, &r) })
	if err != nil {
		return nil, fmt.Errorf("read revisions: %w", explain(err))
	}
	return list, nil
}

// Instant gives the last revision that was there at a time. The error is a
// *history.Outside before the journal begins, and in the time to come.
func (c *Census) Instant(ctx context.Context, at time.Time) (history.Revision, error) {
	var r history.Revision
	var from time.Time
	var come bool
	err := c.pool.QueryRow(ctx, `SELECT at, $1 > clock_timestamp() + interval '5 seconds' FROM revisions ORDER BY number LIMIT 1`, at).Scan(&from, &come)
	switch {
	case err != nil:
	case come || at.Before(from):
		err = &history.Outside{From: from.UTC()}
	default:
		err = scanRevision(c.pool.QueryRow(ctx, `SELECT `+revisionColumns+` FROM revisions r WHERE at <= $1 ORDER BY at DESC LIMIT 1`, at), &r)
	}
	if err != nil {
		return history.Revision{}, fmt.Errorf("find revision: %w", explain(err))
	}
	return r, nil
}

// aspect is what one place was before or after a revision.
type aspect struct {
	feature []byte // nil: there was none
	shown   bool
	into    int64 // 0: itself
	there   bool
}

// passage is what one revision made of one place.
type passage struct {
	history.Revision
	seq           int64
	before, after aspect
}

// passages gives what revisions made of places, by place, the last first. What
// they were between is what the next change found there.
func passages(ctx context.Context, q rowsQueryer, seqs []int64) (map[int64][]passage, error) {
	rows, err := q.Query(ctx, `
		WITH born AS (
			SELECT s.seq, t.rows, b.change FROM unnest($1::bigint[]) AS s (seq) CROSS JOIN unnest(ARRAY['places', 'features']) AS t (rows)
				CROSS JOIN LATERAL (SELECT last, change FROM journal_births WHERE rows = t.rows AND first <= s.seq ORDER BY first DESC LIMIT 1) b WHERE b.last >= s.seq
		), met AS (
			SELECT seq, change FROM places_past WHERE seq = ANY($1)
			UNION SELECT seq, change FROM features_past WHERE seq = ANY($1)
			UNION SELECT seq, change FROM born
		)
		SELECT `+revisionColumns+`, m.seq,
			p.change IS NOT NULL OR (m.seq, 'places', m.change) IN (SELECT seq, rows, change FROM born),
			(p.former).seq IS NOT NULL, COALESCE((p.former).shown, false), COALESCE((p.former).merged_into, 0),
			f.change IS NOT NULL OR (m.seq, 'features', m.change) IN (SELECT seq, rows, change FROM born),
			(f.former).feature
		FROM met m JOIN revisions r USING (change)
			LEFT JOIN places_past p ON p.seq = m.seq AND p.change = m.change
			LEFT JOIN features_past f ON f.seq = m.seq AND f.change = m.change
		ORDER BY m.seq, r.number DESC`, seqs)
	if err != nil {
		return nil, err
	}
	type found struct {
		passage
		place, feature bool // it changed that
	}
	all := map[int64][]found{}
	if _, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (_ struct{}, err error) {
		var f found
		b := &f.before
		if err = scanRevision(row, &f.Revision, &f.seq, &f.place, &b.there, &b.shown, &b.into, &f.feature, (*text)(&b.feature)); err == nil {
			all[f.seq] = append(all[f.seq], f)
		}
		return
	}); err != nil {
		return nil, err
	}
	now := map[int64]aspect{}
	rows, err = q.Query(ctx, `SELECT p.seq, p.shown, COALESCE(p.merged_into, 0), f.feature FROM places p LEFT JOIN features f USING (seq) WHERE p.seq = ANY($1)`, seqs)
	if err != nil {
		return nil, err
	}
	var seq int64
	m := aspect{there: true}
	if _, err := pgx.ForEachRow(rows, []any{&seq, &m.shown, &m.into, (*text)(&m.feature)}, func() error {
		now[seq] = m
		m.feature = nil
		return nil
	}); err != nil {
		return nil, err
	}
	list := make(map[int64][]passage, len(all))
	for seq, steps := range all {
		after := now[seq]
		for i := range steps {
			s := &steps[i]
			s.after = after
			if !s.place {
				s.before.there, s.before.shown, s.before.into = after.there, after.shown, after.into
			}
			if !s.feature {
				s.before.feature = after.feature
			}
			after = s.before
			list[seq] = append(list[seq], s.passage)
		}
	}
	return list, nil
}

// closed is when a place closed, or opened again.
type closed struct {
	at     time.Time
	closed bool
}

func closings(ctx context.Context, q rowsQueryer, seqs []int64) (map[int64][]closed, error) {
	rows, err := q.Query(ctx, `SELECT seq, made_at, closed FROM closures WHERE seq = ANY($1) ORDER BY closure_id`, seqs)
	if err != nil {
		return nil, err
	}
	all := map[int64][]closed{}
	var seq int64
	var one closed
	_, err = pgx.ForEachRow(rows, []any{&seq, &one.at, &one.closed}, func() error {
		all[seq] = append(all[seq], one)
		return nil
	})
	return all, err
}

// state is what a place is at an aspect.
func (m *aspect) state(at time.Time, closings []closed) history.State {
	switch {
	case m.into != 0:
		return history.Joined
	case m.shown:
		return history.Shown
	}
	is := history.Withdrawn
	for _, c := range closings {
		if c.at.After(at) {
			break
		}
		if is = history.Withdrawn; c.closed {
			is = history.Closed
		}
	}
	return is
}

// cells are what an aspect publishes, by column.
func (m *aspect) cells() (map[string]string, place.Place, place.Published, error) {
	if !m.there || m.feature == nil {
		return map[string]string{}, place.Place{}, place.Published{}, nil
	}
	p, published, err := place.ParseFeature(m.feature)
	return cellsOf(&p), p, published, err
}

// step says what a passage changed.
func (p *passage) step(closings []closed) (history.Step, error) {
	s := history.Step{Revision: p.Revision, State: p.after.state(p.At, closings)}
	if s.State == history.Joined {
		s.Into = place.Identifier(p.after.into)
	}
	before, _, _, err := p.before.cells()
	if err != nil {
		return s, err
	}
	after, _, _, err := p.after.cells()
	s.Changes = history.Compare(before, after)
	return s, err
}

// visible tells whether people saw anything of it: a record that another place
// speaks for has a life that nobody sees.
func (p *passage) visible() bool {
	hidden := p.before.there && p.before.into != 0 && p.after.into == p.before.into
	return !hidden && (string(p.before.feature) != string(p.after.feature) || p.before.shown != p.after.shown || p.before.into != p.after.into || p.before.there != p.after.there)
}

// story gives the passages of a place, and of what joined it where the place
// itself has none of that revision: the last first.
func (c *Census) story(ctx context.Context, id string) (list []passage, ends map[int64][]closed, err error) {
	lead, ok := place.Number(id)
	if !ok {
		return nil, nil, place.ErrNotFound
	}
	// One picture of the census: somebody may write meanwhile.
	err = pgx.BeginTxFunc(ctx, c.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		seqs, err := clusterOf(ctx, tx, lead)
		if err != nil {
			return err
		}
		all, err := passages(ctx, tx, seqs)
		if err != nil {
			return err
		}
		if len(all[lead]) == 0 {
			return place.ErrNotFound
		}
		taken := map[int64]bool{}
		for _, seq := range seqs { // the lead is the first
			for _, p := range all[seq] {
				if p.visible() && !taken[p.Number] {
					taken[p.Number] = true
					list = append(list, p)
				}
			}
		}
		ends, err = closings(ctx, tx, seqs)
		return err
	})
	slices.SortStableFunc(list, func(a, b passage) int { return cmp.Compare(b.Number, a.Number) })
	return list, ends, err
}

// History gives the steps of a place and of what joined it, the last first,
// those before a revision (0: from the last). Scores alone are no step.
func (c *Census) History(ctx context.Context, id string, before int64, limit int) ([]history.Step, error) {
	list, ends, err := c.story(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("read history of %s: %w", id, explain(err))
	}
	steps := []history.Step{}
	for i := range list {
		p := &list[i]
		if before != 0 && p.Number >= before {
			continue
		}
		if len(steps) >= limit {
			break
		}
		s, err := p.step(ends[p.seq])
		if err != nil {
			return nil, fmt.Errorf("read history of %s: %w", id, err)
		}
		steps = append(steps, s)
	}
	return steps, nil
}

// VersionAt gives a place as it was after a revision: its step is the last one by
// then.
func (c *Census) VersionAt(ctx context.Context, id string, revision int64) (history.Version, error) {
	var v history.Version
	list, ends, err := c.story(ctx, id)
	if err != nil {
		return v, fmt.Errorf("read version of %s: %w", id, explain(err))
	}
	lead, _ := place.Number(id)
	var found *passage
	for i := range list {
		// What joined it speaks for it only where it was not there itself.
		if p := &list[i]; p.Number <= revision && (found == nil || found.seq != lead && p.seq == lead) {
			found = p
		}
	}
	if found == nil || !found.after.there {
		return v, fmt.Errorf("read version of %s: %w", id, place.ErrNotFound)
	}
	if v.Step, err = found.step(ends[found.seq]); err == nil {
		v.Cells, v.Place, v.Published, err = found.after.cells()
	}
	if err != nil {
		return history.Version{}, fmt.Errorf("read version of %s: %w", id, err)
	}
	return v, nil
}

// TouchedBy gives the places that a revision touched, but for their scores, in
// the order in which they came, after a place ("": from the first).
func (c *Census) TouchedBy(ctx context.Context, revision int64, after string, limit int) ([]history.Touched, error) {
	list, err := c.touchedBy(ctx, revision, after, limit)
	if err != nil {
		return nil, fmt.Errorf("read revision %d: %w", revision, explain(err))
	}
	return list, nil
}

func (c *Census) touchedBy(ctx context.Context, revision int64, after string, limit int) ([]history.Touched, error) {
	from, ok := place.Number(after)
	if !ok && after != "" {
		return nil, place.ErrNotFound
	}
	list := []history.Touched{}
	err := pgx.BeginTxFunc(ctx, c.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT DISTINCT seq FROM journal_parts JOIN revisions USING (change) CROSS JOIN LATERAL unnest(seqs) AS seq
			WHERE number = $1 AND rows IN ('places', 'features', 'records', 'members') AND seq > $2 ORDER BY seq LIMIT $3`, revision, from, max(limit, 0))
		if err != nil {
			return err
		}
		seqs, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil {
			return err
		}
		all, err := passages(ctx, tx, seqs)
		if err != nil {
			return err
		}
		ends, err := closings(ctx, tx, seqs)
		if err != nil {
			return err
		}
		for _, seq := range seqs {
			t := history.Touched{ID: place.Identifier(seq)}
			i := slices.IndexFunc(all[seq], func(p passage) bool { return p.Number <= revision })
			if i >= 0 {
				p := all[seq][i]
				if p.Number < revision {
					p.before = p.after
				}
				s, err := p.step(ends[seq])
				if err != nil {
					return err
				}
				t.New, t.State, t.Into, t.Changes = !p.before.there, s.State, s.Into, s.Changes
				speaks := p.after
				if !speaks.there {
					speaks = p.before
				}
				_, was, _, err := speaks.cells()
				if err != nil {
					return err
				}
				t.Nom, t.Commune = was.Nom, was.Commune
			}
			list = append(list, t)
		}
		return nil
	})
	return list, err
}
