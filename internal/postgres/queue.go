package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"mednum/internal/access"
	"mednum/internal/history"
	"mednum/internal/intake"
	"mednum/internal/match"
	"mednum/internal/place"
)

// Doubtful gives the pairs that a person has to decide, the likeliest first,
// beginning after the pair of number after, and how many there are: one for each
// two places, those that a person told apart left out. A key with a territory
// sees those that have a place there.
func (c *Census) Doubtful(ctx context.Context, departement string, after int64, limit int, by access.Key) ([]match.Pair, int, error) {
	var found []match.Pair
	var total int
	err := pgx.BeginTxFunc(ctx, c.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		numbers, n, err := doubtful(ctx, tx, departement, after, limit, by.Territory)
		if err != nil || len(numbers) == 0 {
			total = n
			return err
		}
		total = n
		found, err = pairs(ctx, tx, `p.number = ANY($1) ORDER BY p.score DESC, p.number`, numbers)
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("list doubtful pairs: %w", explain(err))
	}
	return found, total, nil
}

func doubtful(ctx context.Context, tx pgx.Tx, departement string, after int64, limit int, on access.Territory) ([]int64, int, error) {
	var w where
	either := func(condition func(place string) string) {
		w.add("(" + condition("a") + " OR " + condition("b") + ")")
	}
	if departement != "" {
		v := w.arg(clean(departement))
		either(func(p string) string { return p + ".departement = " + v })
	}
	if on.Kind != "" {
		codes := w.arg(storable(on.Codes))
		either(func(p string) string {
			switch on.Kind {
			case access.Commune:
				return "(" + p + ".code_insee = ANY(" + codes + ") OR EXISTS (SELECT FROM communes c WHERE c.code = " + p + ".code_insee AND c.parent = ANY(" + codes + ")))"
			case access.Departement:
				return p + ".departement = ANY(" + codes + ")"
			case access.Places:
				return p + ".identifier = ANY(" + codes + ")"
			case access.Epci:
				return "EXISTS (SELECT FROM communes c LEFT JOIN communes city ON city.code = c.parent WHERE c.code = " + p + ".code_insee AND COALESCE(c.epci, city.epci) = ANY(" + codes + "))"
			case access.Region:
				return "EXISTS (SELECT FROM divisions d WHERE d.kind = 'departement' AND d.code = " + p + ".departement AND d.region = ANY(" + codes + "))"
			}
			return "false"
		})
	}
	if len(w.conditions) == 0 {
		w.add("true")
	}
	// Of the pairs between two places, the likeliest; and none where a person
	// said that some record of one is not some record of the other.
	sql := `
		WITH doubt AS (
			SELECT DISTINCT ON (least(a.seq, b.seq), greatest(a.seq, b.seq)) q.number, q.score, a.seq AS x, b.seq AS y
			FROM match_pairs q
				JOIN places ra ON ra.seq = q.a JOIN places a ON a.seq = COALESCE(ra.merged_into, ra.seq)
				JOIN places rb ON rb.seq = q.b JOIN places b ON b.seq = COALESCE(rb.merged_into, rb.seq)
			WHERE q.outcome = 'a_decider' AND q.decision IS NULL AND a.seq <> b.seq AND a.shown AND b.shown
				AND ra.withdrawn_at IS NULL AND rb.withdrawn_at IS NULL AND ` + w.sql() + `
			ORDER BY least(a.seq, b.seq), greatest(a.seq, b.seq), q.score DESC, q.number
		), told AS (
			SELECT COALESCE(ra.merged_into, ra.seq) AS x, COALESCE(rb.merged_into, rb.seq) AS y
			FROM match_pairs q JOIN places ra ON ra.seq = q.a JOIN places rb ON rb.seq = q.b
			WHERE q.decision = 'different'
		), asked AS (
			SELECT number, score FROM doubt d
			WHERE NOT EXISTS (SELECT FROM told t WHERE t.x = d.x AND t.y = d.y) AND NOT EXISTS (SELECT FROM told t WHERE t.x = d.y AND t.y = d.x)
		), page AS (
			SELECT number, score FROM asked
			WHERE ` + w.arg(after) + `::bigint = 0
				OR (score, -number) < (SELECT score, -number FROM match_pairs WHERE number = ` + w.arg(after) + `)
			ORDER BY score DESC, number LIMIT ` + w.arg(max(limit, 0)) + `
		)
		SELECT (SELECT count(*) FROM asked), COALESCE((SELECT array_agg(number) FROM page), '{}')`
	var total int
	var numbers []int64
	err := tx.QueryRow(ctx, sql, append([]any{planned}, w.args...)...).Scan(&total, &numbers)
	return numbers, total, err
}

// Pair gives one, or an error that wraps match.ErrNoPair.
func (c *Census) Pair(ctx context.Context, number int64) (match.Pair, error) {
	var p match.Pair
	err := pgx.BeginTxFunc(ctx, c.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) (err error) {
		p, err = pairNumbered(ctx, tx, number)
		return err
	})
	if err != nil {
		return match.Pair{}, fmt.Errorf("get pair %d: %w", number, explain(err))
	}
	return p, nil
}

func pairNumbered(ctx context.Context, q rowsQueryer, number int64) (match.Pair, error) {
	found, err := pairs(ctx, q, `p.number = $1`, number)
	if err == nil && len(found) == 0 {
		err = match.ErrNoPair
	}
	if err != nil {
		return match.Pair{}, err
	}
	return found[0], nil
}

// pairs reads those that satisfy a condition on match_pairs p, with both
// records as their sources gave them.
func pairs(ctx context.Context, q rowsQueryer, condition string, args ...any) ([]match.Pair, error) {
	rows, err := q.Query(ctx, `
		SELECT p.number, p.a, p.b, p.outcome, p.score, p.guard, p.evidence, p.metres, COALESCE(p.decision, ''), COALESCE(d.organisation, ''), COALESCE(d.reason, ''), d.made_at
		FROM match_pairs p LEFT JOIN LATERAL (
			SELECT * FROM match_decisions d WHERE d.a = p.a AND d.b = p.b AND p.decision IS NOT NULL ORDER BY decision_id DESC LIMIT 1
		) AS d ON true
		WHERE `+condition, args...)
	if err != nil {
		return nil, err
	}
	var found []match.Pair
	var records []couple
	var seqs []int64
	var p match.Pair
	var r couple
	var evidence []byte
	var at *time.Time
	x := &p.Comparison
	_, err = pgx.ForEachRow(rows, []any{&p.Number, &r.a, &r.b, &x.Outcome, &x.Score, &x.Guard, (*text)(&evidence), &p.Metres, &p.Decision, &p.By, &p.Reason, &at}, func() (err error) {
		if x.Evidence, _, err = sentences(evidence); err != nil {
			return err
		}
		if at != nil {
			p.At = *at
		}
		found, records, seqs = append(found, p), append(records, r), append(seqs, r.a, r.b)
		p, at = match.Pair{}, nil
		return nil
	})
	if err != nil {
		return nil, err
	}
	own, err := ownRecords(ctx, q, seqs)
	if err != nil {
		return nil, err
	}
	if err := readRaw(ctx, q, own); err != nil {
		return nil, err
	}
	for i := range found {
		a, b := own[records[i].a], own[records[i].b]
		found[i].A, found[i].B = a.side(), b.side()
	}
	return found, nil
}

// Decide says what a pair is; Undecided takes an answer back. It is remembered
// for ever, by record: whatever their sources say of them later.
func (c *Census) Decide(ctx context.Context, number int64, o match.Outcome, reason string, by access.Key, at time.Time) (match.Pair, error) {
	var p match.Pair
	cause := history.Splitting
	if o == match.Same {
		cause = history.Joining
	}
	ctx = signed(ctx, history.By(by, cause, reason))
	err := c.reconcile(ctx, reason, by, at, func(d *decider) error {
		if o != match.Same && o != match.Different && o != match.Undecided {
			d.refuse("Dites « même lieu », « lieux différents », ou « à décider » pour revenir sur une réponse.")
		}
		rows, err := d.tx.Query(ctx, `SELECT a, b FROM match_pairs WHERE number = $1`, number)
		if err != nil {
			return err
		}
		r, err := pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (r couple, err error) { return r, row.Scan(&r.a, &r.b) })
		if errors.Is(err, pgx.ErrNoRows) {
			return match.ErrNoPair
		}
		if err != nil {
			return err
		}
		if err := d.allowed(ctx, []int64{r.a, r.b}); err != nil {
			return err
		}
		if err := d.refused(); err != nil {
			return err
		}
		return d.say(ctx, []couple{r}, o)
	}, func(tx pgx.Tx) (err error) {
		p, err = pairNumbered(ctx, tx, number)
		return err
	})
	if err != nil {
		return match.Pair{}, fmt.Errorf("decide pair %d: %w", number, explain(err))
	}
	return p, nil
}

// Split takes a record out of the place that it joined: both are restored, and
// it is remembered that they are not one.
func (c *Census) Split(ctx context.Context, lieu, record string, reason string, by access.Key, at time.Time) error {
	ctx = signed(ctx, history.By(by, history.Splitting, reason))
	err := c.reconcile(ctx, reason, by, at, func(d *decider) error {
		if !place.IsIdentifier(lieu) {
			return place.ErrNotFound
		}
		lead, err := seqOf(ctx, d.tx, lieu)
		if err != nil {
			return err
		}
		seqs, err := clusterOf(ctx, d.tx, lead)
		if err != nil {
			return err
		}
		out := slices.IndexFunc(seqs, func(seq int64) bool { return place.Identifier(seq) == record })
		switch {
		case len(seqs) == 1:
			d.refuse("Ce lieu n’a qu’une fiche : il n’y a rien à séparer.")
		case out < 0:
			d.refuse("Cette fiche n’est pas derrière ce lieu : choisissez-en une dans sa liste.")
		}
		if err := d.allowed(ctx, []int64{lead}); err != nil {
			return err
		}
		if err := d.refused(); err != nil {
			return err
		}
		var apart []couple
		for _, seq := range seqs {
			if seq != seqs[out] {
				apart = append(apart, coupleOf(seq, seqs[out]))
			}
		}
		if err := d.known(ctx, apart); err != nil {
			return err
		}
		return d.say(ctx, apart, match.Different)
	}, nil)
	if err != nil {
		return fmt.Errorf("split %s from %s: %w", record, lieu, explain(err))
	}
	return nil
}

// ApplyPrecedence publishes again the places whose fields another source wins,
// once the precedence of a source has changed. Until then nothing is lost:
// the next load or decision does it too.
func (c *Census) ApplyPrecedence(ctx context.Context) error {
	tx, err := c.begin(signed(ctx, history.Author{Cause: history.Import}))
	if err == nil {
		defer tx.Rollback(context.WithoutCancel(ctx))
		err = c.applyPrecedence(ctx, tx)
	}
	if err != nil {
		return fmt.Errorf("apply precedence: %w", explain(err))
	}
	return nil
}

func (c *Census) applyPrecedence(ctx context.Context, tx pgx.Tx) error {
	if err := lockLoads(ctx, tx); err != nil {
		return err
	}
	m := newMatcher(c, tx)
	if err := m.begin(ctx); err != nil {
		return err
	}
	if err := m.compare(ctx); err != nil {
		return err
	}
	if _, err := m.settle(ctx, true); err != nil {
		return err
	}
	var changed bool
	if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM touched)`).Scan(&changed); err != nil {
		return err
	}
	if changed {
		if err := m.scoreTouched(ctx, place.Date{}); err != nil {
			return err
		}
		if err := bump(ctx, tx, false); err != nil {
			return err
		}
	}
	return tx.Commit(ctx)
}

// decider is a transaction in which a person says which records are one place.
type decider struct {
	*matcher
	by      access.Key
	at      time.Time
	reason  string
	reasons []string // why not
	changed bool
}

func (d *decider) refuse(reason string) { d.reasons = append(d.reasons, reason) }

func (d *decider) refused() error {
	if len(d.reasons) > 0 {
		return &intake.Refusal{Reasons: d.reasons}
	}
	return nil
}

// reconcile runs do, makes the places again that it touches, and lets read see
// the result, all in one transaction.
func (c *Census) reconcile(ctx context.Context, reason string, by access.Key, at time.Time, do func(*decider) error, read func(pgx.Tx) error) error {
	if !access.Allows(by.Role, access.Reconcile) {
		return access.ErrForbidden
	}
	tx, err := c.begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback(context.WithoutCancel(ctx))
	if err := lockLoads(ctx, tx); err != nil {
		return err
	}
	d := &decider{matcher: newMatcher(c, tx), by: by, at: at, reason: strings.TrimSpace(clean(reason))}
	if len(d.reason) > 2000 {
		d.refuse("Le motif est trop long : une phrase suffit.")
	}
	if err := d.begin(ctx); err != nil {
		return err
	}
	if err := do(d); err != nil {
		return err
	}
	if err := d.compare(ctx); err != nil {
		return err
	}
	if _, err := d.settle(ctx, true); err != nil {
		return err
	}
	if err := d.scoreTouched(ctx, place.Date{}); err != nil {
		return err
	}
	if read != nil {
		if err := read(tx); err != nil {
			return err
		}
	}
	if !d.changed {
		return nil // it was said already
	}
	if err := bump(ctx, tx, false); err != nil {
		return err
	}
	return tx.Commit(ctx)
}

// allowed tells whether one of the records, or the place that speaks for it, is
// on the territory of the key.
func (d *decider) allowed(ctx context.Context, seqs []int64) error {
	var last error
	for _, seq := range seqs {
		var lead int64
		if err := d.tx.QueryRow(ctx, `SELECT COALESCE(merged_into, seq) FROM places WHERE seq = $1`, seq).Scan(&lead); err != nil {
			return err
		}
		l, err := locate(ctx, d.tx, place.Identifier(lead))
		if err != nil && !errors.Is(err, place.ErrGone) {
			return err
		}
		if l.on(d.by.Territory) || d.by.Territory.Holds(place.Identifier(seq), "", "", "", "") {
			return nil
		}
		last = access.ErrForbidden
	}
	return last
}

// known makes sure that pairs are in the table, as computed.
func (d *decider) known(ctx context.Context, list []couple) error {
	var seqs []int64
	for _, p := range list {
		seqs = append(seqs, p.a, p.b)
	}
	if err := d.load(ctx, seqs); err != nil {
		return err
	}
	profiles := make([]*profile, len(seqs))
	for i, seq := range seqs {
		profiles[i] = d.profiles[seq]
	}
	if err := d.count(ctx, profiles); err != nil {
		return err
	}
	for _, p := range list {
		row, err := d.pairRow(d.profiles[p.a], d.profiles[p.b])
		if err != nil {
			return err
		}
		_, err = d.tx.Exec(ctx, `
			INSERT INTO match_pairs (a, b, outcome, score, guard, evidence, metres) VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (a, b) DO NOTHING`, row...)
		if err != nil {
			return err
		}
	}
	return nil
}

// say keeps what the person said of pairs.
func (d *decider) say(ctx context.Context, list []couple, o match.Outcome) error {
	for _, p := range list {
		var before string
		if err := d.tx.QueryRow(ctx, `SELECT COALESCE(decision, '') FROM match_pairs WHERE a = $1 AND b = $2`, p.a, p.b).Scan(&before); err != nil {
			return err
		}
		decision := unknown(string(o))
		if o == match.Undecided {
			decision = nil
		}
		if before == string(o) || before == "" && o == match.Undecided {
			continue
		}
		d.changed = true
		_, err := d.tx.Exec(ctx, `
			INSERT INTO match_decisions (a, b, outcome, reason, organisation, siren, role, key_id, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
			p.a, p.b, o, d.reason, clean(d.by.Organisation), unknown(clean(d.by.Siren)), d.by.Role, unknown(clean(d.by.ID)), d.at)
		if err != nil {
			return err
		}
		_, err = d.tx.Exec(ctx, `
			WITH said AS (UPDATE match_pairs SET decision = $3 WHERE a = $1 AND b = $2)
			INSERT INTO seeds VALUES ($1), ($2)`, p.a, p.b, decision)
		if err != nil {
			return err
		}
	}
	return nil
}

// MatchReport is what comparing the whole census again found.
type MatchReport struct {
	Records  int // withdrawn ones included
	Merged   int // records that joined a place
	Doubtful int // new pairs that a person has to decide
	Places   int // shown
	Changed  int // places that are otherwise than before, or no longer
}

// MatchAll compares the whole census again, as if every record had just come.
func (c *Census) MatchAll(ctx context.Context, dryRun bool, progress func(step string, done, total int64)) (MatchReport, error) {
	report, err := c.matchAll(ctx, dryRun, progress)
	if err != nil {
		return MatchReport{}, fmt.Errorf("match all records: %w", explain(err))
	}
	return report, nil
}

func (c *Census) matchAll(ctx context.Context, dryRun bool, progress func(string, int64, int64)) (MatchReport, error) {
	var report MatchReport
	tx, err := c.begin(signed(ctx, history.Author{Cause: history.Joining}))
	if err != nil {
		return report, err
	}
	defer tx.Rollback(context.WithoutCancel(ctx))
	if err := lockLoads(ctx, tx); err != nil {
		return report, err
	}
	// Whatever the rules were, they are read anew.
	if _, err := tx.Exec(ctx, `UPDATE match_rules SET version = 0`); err != nil {
		return report, err
	}
	m := newMatcher(c, tx)
	m.progress = progress
	if err := m.begin(ctx); err != nil {
		return report, err
	}
	if err := tx.QueryRow(ctx, `SELECT count(*) FROM dirty`).Scan(&report.Records); err != nil {
		return report, err
	}
	if err := m.compare(ctx); err != nil {
		return report, err
	}
	if progress != nil {
		progress("fusion", 0, 0)
	}
	found, err := m.settle(ctx, true)
	if err != nil {
		return report, err
	}
	report.Merged, report.Doubtful = found.merged, found.doubtful
	err = tx.QueryRow(ctx, `SELECT (SELECT count(DISTINCT seq) FROM touched), (SELECT count(*) FROM places WHERE shown)`).Scan(&report.Changed, &report.Places)
	if err != nil || dryRun {
		return report, err
	}
	if report.Changed > 0 {
		if progress != nil {
			progress("notes", 0, 0)
		}
		if err := m.scoreTouched(ctx, place.Date{}); err != nil {
			return report, err
		}
		if err := bump(ctx, tx, false); err != nil {
			return report, err
		}
	}
	return report, tx.Commit(ctx)
}
