package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"mednum/internal/intake"
)

// Intake keeps deposits and sources: it is intake.Store.
type Intake struct{ census *Census }

// Intake gives the store of deposits.
func (c *Census) Intake() *Intake { return &Intake{c} }

// Refusal is what the person who gave the file reads.
func (e *Removals) Refusal() string {
	return fmt.Sprintf("Ce fichier retirerait %d des %d lieux de la source : acceptez ces retraits, ou dites que le fichier est partiel.", e.Withdrawn, e.Live)
}

// chunk is how much of a file is in memory at once.
const chunk = 1 << 20

// within runs do in a transaction: all of it or none.
func (s *Intake) within(ctx context.Context, what string, do func(tx pgx.Tx) error) error {
	tx, err := s.census.begin(ctx)
	if err == nil {
		defer tx.Rollback(context.WithoutCancel(ctx))
		// A file of 200 MB takes longer than a page may.
		if _, err = tx.Exec(ctx, `SET LOCAL statement_timeout = 0`); err == nil {
			if err = do(tx); err == nil {
				err = tx.Commit(ctx)
			}
		}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", what, explain(err))
	}
	return nil
}

// depositColumns are those that a list shows; longColumns the others.
const (
	depositColumns = `number, revision, source, file, COALESCE(url, ''), bytes, hash, state, automatic, key_id, organisation, COALESCE(siren, ''),
		COALESCE(territory_kind, ''), territory_codes, created_at, changed_at, partial, allow_removal, data_version, outside, lost, live, reasons, COALESCE(fault, ''),
		COALESCE(task, ''), attempts, step, done, total, columns IS NOT NULL, dropped`
	longColumns = `, format, columns, head, mapping, suggestion, report, report_of`
)

func scanDeposit(row pgx.Row, k *intake.Kept, long bool) error {
	var version *int64
	var columns bool
	into := []any{&k.Number, &k.Revision, &k.Source, &k.File, &k.URL, &k.Bytes, &k.Hash, &k.State, &k.Automatic, &k.KeyID, &k.Organisation, &k.Siren,
		&k.Territory.Kind, &k.Territory.Codes, &k.Created, &k.Changed, &k.Partial, &k.AllowRemoval, &version, &k.Outside, &k.Lost, &k.Live, &k.Reasons, &k.Fault,
		&k.Task, &k.Attempts, &k.Progress.Step, &k.Progress.Done, &k.Progress.Total, &columns, &k.Dropped}
	var format, head, report *string
	if long {
		into = append(into, &format, &k.Columns, &head, (*text)(&k.Mapping), (*text)(&k.Suggestion), &report, &k.ReportOf)
	}
	err := row.Scan(into...)
	if errors.Is(err, pgx.ErrNoRows) {
		return intake.ErrNoDeposit
	}
	if err != nil {
		return err
	}
	k.Busy = k.Task != ""
	k.Created, k.Changed = k.Created.UTC(), k.Changed.UTC()
	if version != nil {
		k.DataVersion = *version
	}
	for _, j := range []struct {
		from *string
		to   any
	}{{format, &k.Format}, {head, &k.Head}, {report, &k.Report}} {
		if j.from != nil {
			if err := json.Unmarshal([]byte(*j.from), j.to); err != nil {
				return err
			}
		}
	}
	if k.Report != nil {
		k.Changes = k.Report.Changes
		if c := k.Changes; c != nil {
			k.Merged, k.Doubtful = c.Merged, c.Doubtful
		}
	}
	return nil
}

// textOrNil is JSON for a column of text.
func textOrNil(text []byte) any {
	if len(text) == 0 {
		return nil
	}
	return clean(string(text))
}

func jsonOrNil(v any, is bool) (any, error) {
	if !is {
		return nil, nil
	}
	b, err := json.Marshal(v)
	return string(b), err
}

// cleaned keeps nil, which is NULL.
func cleaned(list []string) []string {
	if list == nil {
		return nil
	}
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = clean(s)
	}
	return out
}

// writtenColumns are the columns of a deposit that steps change, with their values.
func writtenColumns(k *intake.Kept) (pgx.NamedArgs, error) {
	format, err := jsonOrNil(k.Format, k.Format != nil)
	if err != nil {
		return nil, err
	}
	head, err := jsonOrNil(k.Head, k.Head != nil)
	if err != nil {
		return nil, err
	}
	report, err := jsonOrNil(k.Report, k.Report != nil)
	if err != nil {
		return nil, err
	}
	codes, reasons := cleaned(k.Territory.Codes), cleaned(k.Reasons)
	if codes == nil {
		codes = []string{}
	}
	if reasons == nil {
		reasons = []string{}
	}
	return pgx.NamedArgs{
		"number": k.Number, "revision": k.Revision, "source": clean(k.Source), "file": clean(k.File), "url": unknown(clean(k.URL)), "bytes": k.Bytes,
		"hash": orNull(k.Hash), "state": k.State, "automatic": k.Automatic, "key_id": k.KeyID, "organisation": clean(k.Organisation), "siren": unknown(k.Siren),
		"territory_kind": unknown(k.Territory.Kind), "territory_codes": codes, "created": k.Created, "changed": k.Changed,
		"format": format, "columns": cleaned(k.Columns), "head": head, "mapping": textOrNil(k.Mapping), "suggestion": textOrNil(k.Suggestion),
		"partial": k.Partial, "allow_removal": k.AllowRemoval, "report": report, "report_of": orNull(k.ReportOf), "data_version": k.DataVersion,
		"outside": k.Outside, "lost": k.Lost, "live": k.Live, "reasons": reasons, "fault": unknown(clean(k.Fault)), "task": unknown(string(k.Task)),
	}, nil
}

// CreateDeposit implements intake.Store.
func (s *Intake) CreateDeposit(ctx context.Context, k *intake.Kept, content io.Reader, step intake.Step, replaces []int64, why string) error {
	return s.within(ctx, "create deposit", func(tx pgx.Tx) error {
		args, err := writtenColumns(k)
		if err != nil {
			return err
		}
		err = tx.QueryRow(ctx, `
			INSERT INTO deposits (source, file, url, bytes, hash, state, automatic, key_id, organisation, siren, territory_kind, territory_codes,
				created_at, changed_at, format, columns, head, mapping, suggestion, partial, allow_removal, task, reasons)
			VALUES (@source, @file, @url, @bytes, @hash, @state, @automatic, @key_id, @organisation, @siren, @territory_kind, @territory_codes,
				@created, @changed, @format, @columns, @head, @mapping, @suggestion, @partial, @allow_removal, @task, @reasons)
			RETURNING number, revision`, args).Scan(&k.Number, &k.Revision)
		if err != nil {
			return err
		}
		if err := keepContent(ctx, tx, k.Number, content); err != nil {
			return err
		}
		if err := keepStep(ctx, tx, k.Number, &step); err != nil {
			return err
		}
		k.Steps = []intake.Step{step}
		rows, err := tx.Query(ctx, `
			UPDATE deposits SET state = 'abandonne', task = NULL, revision = revision + 1, changed_at = $2
			WHERE number = ANY($1) AND state IN ('recu', 'lecture', 'pret', 'retenu') RETURNING number`, replaces, k.Changed)
		if err != nil {
			return err
		}
		gone, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil {
			return err
		}
		for _, number := range gone {
			if err := keepStep(ctx, tx, number, &intake.Step{At: k.Changed, State: intake.Abandoned, Organisation: step.Organisation, Note: why}); err != nil {
				return err
			}
		}
		return nil
	})
}

func keepStep(ctx context.Context, tx pgx.Tx, number int64, step *intake.Step) error {
	if step == nil {
		return nil
	}
	_, err := tx.Exec(ctx, `INSERT INTO deposit_steps (number, at, state, organisation, note) VALUES ($1, $2, $3, $4, $5)`,
		number, step.At, step.State, clean(step.Organisation), clean(step.Note))
	return err
}

func keepContent(ctx context.Context, tx pgx.Tx, number int64, content io.Reader) error {
	if content == nil {
		return nil
	}
	if _, err := tx.Exec(ctx, `DELETE FROM deposit_chunks WHERE number = $1`, number); err != nil {
		return err
	}
	piece := make([]byte, chunk)
	for part := 0; ; part++ {
		n, err := io.ReadFull(content, piece)
		if n > 0 {
			if _, err := tx.Exec(ctx, `INSERT INTO deposit_chunks (number, part, content) VALUES ($1, $2, $3)`, number, part, piece[:n]); err != nil {
				return err
			}
		}
		if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// SaveDeposit implements intake.Store.
func (s *Intake) SaveDeposit(ctx context.Context, k *intake.Kept, content io.Reader, step *intake.Step, source func(*intake.KeptSource)) error {
	return s.within(ctx, "save deposit", func(tx pgx.Tx) error {
		if err := saveDeposit(ctx, tx, k, step, source); err != nil {
			return err
		}
		return keepContent(ctx, tx, k.Number, content)
	})
}

// saveDeposit ends the lease: what comes next, if anything, is taken anew.
func saveDeposit(ctx context.Context, tx pgx.Tx, k *intake.Kept, step *intake.Step, source func(*intake.KeptSource)) error {
	args, err := writtenColumns(k)
	if err != nil {
		return err
	}
	var revision int64
	err = tx.QueryRow(ctx, `
		UPDATE deposits SET revision = revision + 1, file = @file, bytes = @bytes, hash = @hash, state = @state, key_id = @key_id, siren = @siren,
			territory_kind = @territory_kind, territory_codes = @territory_codes, changed_at = @changed, format = @format, columns = @columns, head = @head,
			mapping = @mapping, suggestion = @suggestion, partial = @partial, allow_removal = @allow_removal, report = @report, report_of = @report_of,
			data_version = @data_version, outside = @outside, lost = @lost, live = @live, reasons = @reasons, fault = @fault,
			task = @task, lease = NULL, leased_until = NULL, attempts = 0, step = '', done = 0, total = 0
		WHERE number = @number AND revision = @revision RETURNING revision`, args).Scan(&revision)
	if errors.Is(err, pgx.ErrNoRows) {
		return intake.ErrState
	}
	if err != nil {
		return err
	}
	if err := keepStep(ctx, tx, k.Number, step); err != nil {
		return err
	}
	if err := tellSource(ctx, tx, k.Source, source); err != nil {
		return err
	}
	k.Revision, k.Attempts, k.Progress = revision, 0, intake.Progress{}
	if step != nil {
		k.Steps = append(k.Steps, *step)
	}
	return nil
}

// DeleteDeposit implements intake.Store.
func (s *Intake) DeleteDeposit(ctx context.Context, k *intake.Kept, source func(*intake.KeptSource)) error {
	return s.within(ctx, "delete deposit", func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `DELETE FROM deposits WHERE number = $1 AND revision = $2`, k.Number, k.Revision)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return intake.ErrState
		}
		return tellSource(ctx, tx, k.Source, source)
	})
}

func tellSource(ctx context.Context, tx pgx.Tx, name string, change func(*intake.KeptSource)) error {
	if change == nil {
		return nil
	}
	_, err := updateSource(ctx, tx, clean(name), func(s *intake.KeptSource) error { change(s); return nil })
	return err
}

// Deposit implements intake.Store.
func (s *Intake) Deposit(ctx context.Context, number int64) (*intake.Kept, error) {
	k := &intake.Kept{}
	err := scanDeposit(s.census.pool.QueryRow(ctx, `SELECT `+depositColumns+longColumns+` FROM deposits WHERE number = $1`, number), k, true)
	if err != nil {
		return nil, fmt.Errorf("read deposit: %w", explain(err))
	}
	rows, err := s.census.pool.Query(ctx, `SELECT at, state, organisation, note FROM deposit_steps WHERE number = $1 ORDER BY step_id`, number)
	if err != nil {
		return nil, fmt.Errorf("read deposit: %w", explain(err))
	}
	k.Steps, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (step intake.Step, err error) {
		err = row.Scan(&step.At, &step.State, &step.Organisation, &step.Note)
		step.At = step.At.UTC()
		return step, err
	})
	if err != nil {
		return nil, fmt.Errorf("read deposit: %w", explain(err))
	}
	return k, nil
}

// DepositState implements intake.Store.
func (s *Intake) DepositState(ctx context.Context, number int64) (*intake.Kept, error) {
	k := &intake.Kept{}
	err := scanDeposit(s.census.pool.QueryRow(ctx, `SELECT `+depositColumns+` FROM deposits WHERE number = $1`, number), k, false)
	if err != nil {
		return nil, fmt.Errorf("read deposit: %w", explain(err))
	}
	return k, nil
}

// Deposits implements intake.Store.
func (s *Intake) Deposits(ctx context.Context, by intake.Givers, before int64, limit int) ([]intake.Deposit, error) {
	conditions, args := []string{"true"}, []any{limit}
	add := func(condition string, value any) {
		args = append(args, value)
		conditions = append(conditions, strings.ReplaceAll(condition, "?", fmt.Sprintf("$%d", len(args))))
	}
	switch {
	case by.Siren != "":
		add("siren = ?", by.Siren)
	case by.KeyID != "":
		add("siren IS NULL AND key_id = ?", by.KeyID)
	}
	if before > 0 {
		add("number < ?", before)
	}
	kept, err := s.list(ctx, strings.Join(conditions, " AND ")+` ORDER BY number DESC LIMIT $1`, false, args...)
	all := make([]intake.Deposit, len(kept))
	for i := range kept {
		all[i] = kept[i].Deposit
	}
	return all, err
}

// Unfinished implements intake.Store.
func (s *Intake) Unfinished(ctx context.Context, source string) ([]*intake.Kept, error) {
	return s.list(ctx, `source = $1 AND state IN ('recu', 'lecture', 'pret', 'retenu') ORDER BY number`, true, clean(source))
}

func (s *Intake) list(ctx context.Context, condition string, long bool, args ...any) ([]*intake.Kept, error) {
	columns := depositColumns
	if long {
		columns += longColumns
	}
	rows, err := s.census.pool.Query(ctx, `SELECT `+columns+` FROM deposits WHERE `+condition, args...)
	if err != nil {
		return nil, fmt.Errorf("list deposits: %w", explain(err))
	}
	kept, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (*intake.Kept, error) {
		k := &intake.Kept{}
		return k, scanDeposit(row, k, long)
	})
	if err != nil {
		return nil, fmt.Errorf("list deposits: %w", explain(err))
	}
	return kept, nil
}

// Content implements intake.Store.
func (s *Intake) Content(ctx context.Context, number int64) io.Reader {
	return &content{ctx: ctx, census: s.census, number: number}
}

type content struct {
	ctx    context.Context
	census *Census
	number int64
	part   int
	rest   []byte
}

func (c *content) Read(p []byte) (int, error) {
	if len(c.rest) == 0 {
		err := c.census.pool.QueryRow(c.ctx, `SELECT content FROM deposit_chunks WHERE number = $1 AND part = $2`, c.number, c.part).Scan(&c.rest)
		if errors.Is(err, pgx.ErrNoRows) {
			return 0, io.EOF
		}
		if err != nil {
			return 0, fmt.Errorf("read deposit: %w", explain(err))
		}
		c.part++
	}
	n := copy(p, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}

// ChangesOf implements intake.Store.
func (s *Intake) ChangesOf(ctx context.Context, number int64) (intake.ChangeWriter, error) {
	tx, err := s.census.begin(ctx)
	if err != nil {
		return nil, fmt.Errorf("keep changes: %w", explain(err))
	}
	w := &changes{tx: tx, number: number, done: context.WithoutCancel(ctx)}
	if _, err = tx.Exec(ctx, `SET LOCAL statement_timeout = 0`); err == nil {
		_, err = tx.Exec(ctx, `DELETE FROM deposit_pages WHERE number = $1`, number)
	}
	if err != nil {
		w.Discard()
		return nil, fmt.Errorf("keep changes: %w", explain(err))
	}
	return w, nil
}

// A page of changes is a row, and what is pending at most is kept at once.
const (
	changesPage    = 200
	changesPending = 1000
)

type changes struct {
	tx      pgx.Tx
	done    context.Context
	number  int64
	rank    int
	page    []byte // JSON, without the end of the list
	kind    string // of the page
	count   int    // on it
	pending [][]any
	waiting int        // changes pending
	keeping chan error // those before, while others are told; nil: nothing is being kept
}

// Add implements intake.ChangeWriter.
func (w *changes) Add(ctx context.Context, c intake.Change) error {
	text, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("keep changes: %w", err)
	}
	if w.count == changesPage || c.Kind != w.kind {
		w.turn()
		if w.waiting >= changesPending {
			if err := w.flush(ctx); err != nil {
				return err
			}
		}
		w.kind = c.Kind
	}
	w.page = append(append(w.page, ','), text...)
	w.count++
	return nil
}

// turn ends a page.
func (w *changes) turn() {
	if w.count == 0 {
		return
	}
	w.page[0] = '['
	w.pending = append(w.pending, []any{w.number, int32(w.rank + 1), w.kind, int32(w.count), clean(string(append(w.page, ']')))})
	w.rank, w.waiting = w.rank+w.count, w.waiting+w.count
	w.page, w.count = w.page[:0], 0
}

// flush keeps what is pending, once what was before is kept, and does not wait
// for it.
func (w *changes) flush(ctx context.Context) error {
	if err := w.wait(); err != nil {
		return err
	}
	those, done := w.pending, make(chan error, 1)
	w.pending, w.waiting, w.keeping = nil, 0, done
	go func() {
		_, err := w.tx.CopyFrom(ctx, pgx.Identifier{"deposit_pages"}, []string{"number", "rank", "kind", "count", "changes"}, pgx.CopyFromRows(those))
		done <- err
	}()
	return nil
}

func (w *changes) wait() error {
	if w.keeping == nil {
		return nil
	}
	err := <-w.keeping
	w.keeping = nil
	if err != nil {
		return fmt.Errorf("keep changes: %w", explain(err))
	}
	return nil
}

// Save implements intake.ChangeWriter.
func (w *changes) Save(ctx context.Context, k *intake.Kept, step *intake.Step, source func(*intake.KeptSource)) error {
	w.turn()
	if err := errors.Join(w.flush(ctx), w.wait()); err != nil {
		return err
	}
	err := saveDeposit(ctx, w.tx, k, step, source)
	if err == nil {
		err = w.tx.Commit(ctx)
	}
	if err != nil {
		return fmt.Errorf("keep changes: %w", explain(err))
	}
	return nil
}

// Discard implements intake.ChangeWriter.
func (w *changes) Discard() {
	_ = w.wait() // whatever came of it
	w.tx.Rollback(w.done)
}

// DepositChanges implements intake.Store.
func (s *Intake) DepositChanges(ctx context.Context, number int64, kind string, after, limit int) ([]intake.Change, int, error) {
	after, limit = max(after, 0), max(limit, 0)
	var total int
	all := []intake.Change{}
	err := s.census.pool.QueryRow(ctx, `SELECT COALESCE(sum(count), 0) FROM deposit_pages WHERE number = $1 AND $2 IN ('', kind)`, number, kind).Scan(&total)
	if err != nil {
		return nil, 0, fmt.Errorf("read changes: %w", explain(err))
	}
	rows, err := s.census.pool.Query(ctx, `
		SELECT before, changes FROM (
			SELECT changes, count, sum(count) OVER (ORDER BY rank) - count AS before
			FROM deposit_pages WHERE number = $1 AND $2 IN ('', kind)
		) AS pages
		WHERE before < $3::bigint + $4 AND before + count > $3
		ORDER BY before`, number, kind, after, limit)
	if err != nil {
		return nil, 0, fmt.Errorf("read changes: %w", explain(err))
	}
	var before int
	var page []byte
	if _, err = pgx.ForEachRow(rows, []any{&before, (*text)(&page)}, func() error {
		var some []intake.Change
		if err := json.Unmarshal(page, &some); err != nil {
			return err
		}
		all = append(all, some[max(after-before, 0):min(len(some), after+limit-before)]...)
		return nil
	}); err != nil {
		return nil, 0, fmt.Errorf("read changes: %w", explain(err))
	}
	return all, total, nil
}

// DropFiles implements intake.Store.
func (s *Intake) DropFiles(ctx context.Context, before time.Time) (dropped int, err error) {
	err = s.within(ctx, "drop files", func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			UPDATE deposits SET dropped = true, head = NULL
			WHERE NOT dropped AND state IN ('publie', 'refuse', 'abandonne') AND changed_at < $1`, before)
		if err != nil {
			return err
		}
		dropped = int(tag.RowsAffected())
		_, err = tx.Exec(ctx, `DELETE FROM deposit_chunks c USING deposits d WHERE c.number = d.number AND d.dropped`)
		return err
	})
	return dropped, err
}

// Take implements intake.Store. The oldest goes first.
func (s *Intake) Take(ctx context.Context, number int64, lease string, length time.Duration) (*intake.Kept, error) {
	err := s.census.pool.QueryRow(ctx, `
		UPDATE deposits SET lease = $2, leased_until = statement_timestamp() + $3, attempts = attempts + 1, revision = revision + 1
		WHERE number = (
			SELECT number FROM deposits
			WHERE task IS NOT NULL AND ($1 = 0 OR number = $1) AND (leased_until IS NULL OR leased_until < statement_timestamp())
			ORDER BY number LIMIT 1 FOR UPDATE SKIP LOCKED)
		RETURNING number`, number, lease, length).Scan(&number)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("take deposit: %w", explain(err))
	}
	return s.Deposit(ctx, number)
}

// Beat implements intake.Store.
func (s *Intake) Beat(ctx context.Context, k *intake.Kept, lease string, length time.Duration, p intake.Progress) (bool, error) {
	tag, err := s.census.pool.Exec(ctx, `
		UPDATE deposits SET leased_until = statement_timestamp() + $3, step = $4, done = $5, total = $6
		WHERE number = $1 AND lease = $2`, k.Number, lease, length, p.Step, p.Done, p.Total)
	if err != nil {
		return false, fmt.Errorf("keep lease: %w", explain(err))
	}
	return tag.RowsAffected() == 1, nil
}

// Release implements intake.Store.
func (s *Intake) Release(ctx context.Context, k *intake.Kept, lease string) error {
	_, err := s.census.pool.Exec(ctx, `
		UPDATE deposits SET lease = NULL, leased_until = NULL, attempts = attempts - 1, step = '', done = 0, total = 0
		WHERE number = $1 AND lease = $2`, k.Number, lease)
	if err != nil {
		return fmt.Errorf("release deposit: %w", explain(err))
	}
	return nil
}
