package postgres

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"mednum/internal/access"
	"mednum/internal/consultation"
	"mednum/internal/history"
	"mednum/internal/place"
)

// journalLock makes the writers of the log queue: each entry holds the hash of
// the one before it.
const journalLock = 0x6d65646e756c // "mednul"

// recorder is a transaction whose writes go with entries of the log.
type recorder struct {
	tx   pgx.Tx
	at   time.Time
	last consultation.Entry
	n    int // entries written
}

// recorded runs do in a transaction that appends to the log: all of it or none.
// What it wrote is shown, so the census has a new version; when it logged nothing
// it has changed nothing.
func (c *Census) recorded(ctx context.Context, at time.Time, do func(w *recorder) error) error {
	// Read write, though the connections of a server are read only by default.
	tx, err := c.begin(ctx)
	if err != nil {
		return err
	}
	// A cancelled context closes the connection: the server rolls back.
	defer tx.Rollback(context.WithoutCancel(ctx))
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(journalLock)); err != nil {
		return err
	}
	w := &recorder{tx: tx, at: consultation.Instant(at)}
	var hash []byte
	err = tx.QueryRow(ctx, `SELECT number, hash FROM journal ORDER BY number DESC LIMIT 1`).Scan(&w.last.Number, &hash)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	w.last.Hash = hex.EncodeToString(hash)
	if err := do(w); err != nil {
		return err
	}
	if w.n == 0 {
		return nil
	}
	if err := bump(ctx, tx, false); err != nil {
		return err
	}
	return tx.Commit(ctx)
}

// log appends an entry.
func (w *recorder) log(ctx context.Context, kind, about string, by consultation.Party, payload any) error {
	text, err := consultation.Canonical(payload)
	if err != nil {
		return err
	}
	e, err := consultation.Chain(w.last, consultation.Entry{At: w.at, Kind: kind, Subject: about, By: by, Key: by.Key, Payload: text})
	if err != nil {
		return err
	}
	previous, err := hex.DecodeString(e.Previous)
	if err != nil {
		return err
	}
	hash, err := hex.DecodeString(e.Hash)
	if err != nil {
		return err
	}
	_, err = w.tx.Exec(ctx, `
		INSERT INTO journal (number, at, kind, subject, organisation, siren, role, key_id, payload, previous, hash)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		e.Number, e.At, e.Kind, e.Subject, e.By.Organisation, e.By.Siren, e.By.Role, e.Key, string(e.Payload), previous, hash)
	w.last = e
	w.n++
	return err
}

// Log gives the entries that follow a number (0: from the first), at most limit.
func (c *Census) Log(ctx context.Context, after int64, limit int) ([]consultation.Entry, error) {
	entries, err := readLog(ctx, c.pool, after, limit)
	if err != nil {
		return nil, fmt.Errorf("read log: %w", explain(err))
	}
	return entries, nil
}

func readLog(ctx context.Context, q asker, after int64, limit int) ([]consultation.Entry, error) {
	rows, err := q.Query(ctx, `
		SELECT number, at, kind, subject, organisation, siren, role, key_id, payload, previous, hash
		FROM journal WHERE number > $1 ORDER BY number LIMIT $2`, after, max(limit, 0))
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (e consultation.Entry, err error) {
		var previous, hash []byte
		err = row.Scan(&e.Number, &e.At, &e.Kind, &e.Subject, &e.By.Organisation, &e.By.Siren, &e.By.Role, &e.Key, (*text)(&e.Payload), &previous, &hash)
		e.At, e.By.Key, e.Previous, e.Hash = e.At.UTC(), e.Key, hex.EncodeToString(previous), hex.EncodeToString(hash)
		return e, err
	})
}

const remonteeColumns = `
	r.number, COALESCE(r.version, ''), r.kind, COALESCE(r.critere, ''), COALESCE(r.about, 0), r.body, r.proposal, COALESCE(r.territory, ''), COALESCE(r.evidence, ''),
	r.organisation, COALESCE(r.siren, ''), r.role, r.key_id, r.made_at, COALESCE(r.decision, ''), COALESCE(r.reason, ''), r.decided_at,
	COALESCE(r.decider_organisation, ''), COALESCE(r.decider_siren, ''), COALESCE(r.decider_role, ''), COALESCE(r.decider_key, ''),
	(SELECT count(*) FROM remontees s WHERE s.about = r.number AND s.kind = 'soutien'),
	(SELECT count(*) FROM remontees s WHERE s.about = r.number AND s.kind = 'opposition')`

func remontees(ctx context.Context, q asker, condition string, args ...any) ([]consultation.Remontee, error) {
	rows, err := q.Query(ctx, `SELECT `+remonteeColumns+` FROM remontees r WHERE `+condition+` ORDER BY r.number`, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (r consultation.Remontee, err error) {
		var decided *time.Time
		var decider consultation.Party
		err = row.Scan(&r.Number, &r.Version, &r.Kind, &r.Critere, &r.About, &r.Text, (*optionalText)(&r.Proposal), &r.Territory, &r.Evidence,
			&r.By.Organisation, &r.By.Siren, &r.By.Role, &r.By.Key, &r.At, &r.Decision, &r.Reason, &decided,
			&decider.Organisation, &decider.Siren, &decider.Role, &decider.Key, &r.For, &r.Against)
		r.At = r.At.UTC()
		if r.Decided = instant(decided); decided != nil {
			r.Decider = &decider
		}
		return r, err
	})
}

func remontee(ctx context.Context, q asker, number int64) (consultation.Remontee, error) {
	found, err := remontees(ctx, q, `r.number = $1`, number)
	if err == nil && len(found) == 0 {
		err = consultation.ErrNoRemontee
	}
	if err != nil {
		return consultation.Remontee{}, err
	}
	return found[0], nil
}

// Remontees lists what was said of a version, in the order in which it was.
func (c *Census) Remontees(ctx context.Context, version string) ([]consultation.Remontee, error) {
	v, err := versionOn(ctx, c.pool, version, place.Date{})
	if err != nil {
		return nil, fmt.Errorf("list remontées: %w", explain(err))
	}
	found, err := remontees(ctx, c.pool, `r.version = $1`, v.Version)
	if err != nil {
		return nil, fmt.Errorf("list remontées: %w", explain(err))
	}
	return found, nil
}

// Remontee gives one, or an error that wraps consultation.ErrNoRemontee.
func (c *Census) Remontee(ctx context.Context, number int64) (consultation.Remontee, error) {
	r, err := remontee(ctx, c.pool, number)
	if err != nil {
		return consultation.Remontee{}, fmt.Errorf("get remontée: %w", explain(err))
	}
	return r, nil
}

// SubmitRemontee records what an organisation says of a version. A voice takes
// the place of the one that the organisation had on the same item, under the
// same number; the log keeps both. What is sent twice is recorded once.
func (c *Census) SubmitRemontee(ctx context.Context, r consultation.Remontee, by access.Key, at time.Time) (consultation.Remontee, error) {
	err := c.recorded(ctx, at, func(w *recorder) error {
		v, err := versionOn(ctx, w.tx, r.Version, utcDay(w.at))
		if err != nil {
			return err
		}
		codes, err := criteria(v.Document)
		if err != nil {
			return err
		}
		var about *consultation.Remontee
		if r.About != 0 {
			a, err := remontee(ctx, w.tx, r.About)
			if err != nil && !errors.Is(err, consultation.ErrNoRemontee) {
				return err
			}
			if err == nil {
				about = &a
			}
		}
		if r, err = v.Submit(r, codes, about, by, w.at); err != nil {
			return err
		}
		theirs, err := remontees(ctx, w.tx, `r.version = $1 AND r.siren = $2`, v.Version, by.Siren)
		if err != nil {
			return err
		}
		kind := consultation.LogRemontee
		for i := range theirs {
			if r.Repeats(&theirs[i]) {
				r = theirs[i]
				return nil
			}
			if r.ReplacesVoice(&theirs[i]) {
				r.Number, kind = theirs[i].Number, consultation.LogVoice
			}
		}
		if err := w.keep(ctx, &r); err != nil {
			return err
		}
		return w.log(ctx, kind, remonteeSubject(&r), r.By, said(r))
	})
	if err != nil {
		return consultation.Remontee{}, fmt.Errorf("submit remontée: %w", explain(err))
	}
	return r, nil
}

// criteria are the codes of a document's.
func criteria(document []byte) ([]string, error) {
	var d struct {
		Criteres []struct {
			Code string `json:"code"`
		} `json:"criteres"`
	}
	if err := json.Unmarshal(document, &d); err != nil {
		return nil, err
	}
	codes := make([]string, len(d.Criteres))
	for i := range d.Criteres {
		codes[i] = d.Criteres[i].Code
	}
	return codes, nil
}

func remonteeSubject(r *consultation.Remontee) string { return fmt.Sprintf("remontée %d", r.Number) }

// said is a remontée as its author wrote it: what the log holds of it.
func said(r consultation.Remontee) consultation.Remontee {
	r.For, r.Against = 0, 0
	r.Decision, r.Reason, r.Decided, r.Decider = "", "", time.Time{}, nil
	return r
}

// keep writes a remontée; one without a number gets the next.
func (w *recorder) keep(ctx context.Context, r *consultation.Remontee) error {
	var decider consultation.Party
	if r.Decider != nil {
		decider = *r.Decider
	}
	var proposal *string
	if len(r.Proposal) > 0 {
		text := string(r.Proposal)
		proposal = &text
	}
	args := []any{
		unknown(r.Version), r.Kind, unknown(r.Critere), r.About, r.Text, proposal, unknown(r.Territory), unknown(r.Evidence),
		r.By.Organisation, r.By.Siren, r.By.Role, r.By.Key, r.At, unknown(string(r.Decision)), unknown(r.Reason), when(r.Decided),
		unknown(decider.Organisation), decider.Siren, unknown(string(decider.Role)), unknown(decider.Key),
	}
	if r.Number != 0 {
		_, err := w.tx.Exec(ctx, `
			UPDATE remontees SET version = $1, kind = $2, critere = $3, about = NULLIF($4::bigint, 0), body = $5, proposal = $6, territory = $7, evidence = $8,
				organisation = $9, siren = $10, role = $11, key_id = $12, made_at = $13, decision = $14, reason = $15, decided_at = $16,
				decider_organisation = $17, decider_siren = $18, decider_role = $19, decider_key = $20
			WHERE number = $21`, append(args, r.Number)...)
		return err
	}
	return w.tx.QueryRow(ctx, `
		INSERT INTO remontees (version, kind, critere, about, body, proposal, territory, evidence, organisation, siren, role, key_id, made_at,
			decision, reason, decided_at, decider_organisation, decider_siren, decider_role, decider_key)
		VALUES ($1, $2, $3, NULLIF($4::bigint, 0), $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
		RETURNING number`, args...).Scan(&r.Number)
}

// AnswerRemontee decides on a remontée in public. The voices about it have the
// same answer.
func (c *Census) AnswerRemontee(ctx context.Context, number int64, d consultation.Decision, reason string, by access.Key, at time.Time) (consultation.Remontee, error) {
	var r consultation.Remontee
	err := c.recorded(ctx, at, func(w *recorder) (err error) {
		if r, err = remontee(ctx, w.tx, number); err != nil {
			return err
		}
		var v consultation.Version
		if r.Version != "" {
			if v, err = versionOn(ctx, w.tx, r.Version, utcDay(w.at)); err != nil {
				return err
			}
		}
		before := r
		if r, err = r.Answer(v, d, reason, by, w.at); err != nil {
			return err
		}
		if r.Decision == before.Decision && r.Reason == before.Reason {
			r = before
			return nil // sent twice
		}
		if err := w.keep(ctx, &r); err != nil {
			return err
		}
		voices, err := remontees(ctx, w.tx, `r.about = $1`, r.Number)
		if err != nil {
			return err
		}
		for i := range voices {
			voices[i].Decision, voices[i].Reason, voices[i].Decided, voices[i].Decider = r.Decision, r.Reason, r.Decided, r.Decider
			if err := w.keep(ctx, &voices[i]); err != nil {
				return err
			}
		}
		return w.log(ctx, consultation.LogAnswer, remonteeSubject(&r), *r.Decider, answerEvent{r.Decision, r.Reason})
	})
	if err != nil {
		return consultation.Remontee{}, fmt.Errorf("answer remontée: %w", explain(err))
	}
	return r, nil
}

type answerEvent struct {
	Decision consultation.Decision `json:"decision"`
	Reason   string                `json:"motif"`
}

// keptStep is a step as it is kept: with the key, which is not shown.
type keptStep struct {
	consultation.Step
	Key string `json:"cle,omitempty"`
}

func contests(ctx context.Context, q asker, condition string, args ...any) ([]consultation.Contest, error) {
	rows, err := q.Query(ctx, `
		SELECT c.number, p.identifier, c.critere, c.ground, c.body, c.organisation, COALESCE(c.siren, ''), c.role, c.key_id, c.made_at, c.state, c.due_at,
			COALESCE(c.remontee, 0), c.steps
		FROM contests c JOIN places p USING (seq) WHERE `+condition+` ORDER BY c.number`, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (x consultation.Contest, err error) {
		var due *time.Time
		var steps []byte
		err = row.Scan(&x.Number, &x.Lieu, &x.Critere, &x.Ground, &x.Text, &x.By.Organisation, &x.By.Siren, &x.By.Role, &x.By.Key, &x.At, &x.State, &due,
			&x.Remontee, (*text)(&steps))
		if err != nil {
			return x, err
		}
		x.At, x.Due = x.At.UTC(), instant(due)
		var kept []keptStep
		if err := json.Unmarshal(steps, &kept); err != nil {
			return x, err
		}
		x.Steps = make([]consultation.Step, len(kept))
		for i := range kept {
			x.Steps[i] = kept[i].Step
			x.Steps[i].By.Key = kept[i].Key
		}
		return x, nil
	})
}

func contest(ctx context.Context, q asker, number int64) (consultation.Contest, error) {
	found, err := contests(ctx, q, `c.number = $1`, number)
	if err == nil && len(found) == 0 {
		err = consultation.ErrNoContest
	}
	if err != nil {
		return consultation.Contest{}, err
	}
	return found[0], nil
}

// Contests lists those of a place, oldest first, or gives an error that wraps
// place.ErrNotFound or a *place.Moved. A place that was withdrawn keeps its own,
// and one of several records has those of all.
func (c *Census) Contests(ctx context.Context, lieu string) ([]consultation.Contest, error) {
	l, err := locate(ctx, c.pool, lieu)
	if err != nil && !errors.Is(err, place.ErrGone) {
		return nil, fmt.Errorf("list contests: %w", explain(err))
	}
	found, err := contests(ctx, c.pool, `(c.seq = $1 OR p.merged_into = $1)`, l.seq)
	if err != nil {
		return nil, fmt.Errorf("list contests: %w", explain(err))
	}
	return found, nil
}

// Contest gives one, or an error that wraps consultation.ErrNoContest.
func (c *Census) Contest(ctx context.Context, number int64) (consultation.Contest, error) {
	x, err := contest(ctx, c.pool, number)
	if err != nil {
		return consultation.Contest{}, fmt.Errorf("get contest: %w", explain(err))
	}
	return x, nil
}

// located is where a place is, as territories of keys see it.
type located struct {
	seq                       int64
	id                        string
	codeInsee, parent         string // parent: the commune of a municipal arrondissement
	epci, departement, region string
}

// locate finds a place, and its communes' EPCI and région. It gives
// place.ErrGone or a *place.Moved, with the place, when that was withdrawn or
// found to be another.
func locate(ctx context.Context, q asker, id string) (located, error) {
	l := located{id: id}
	if !place.IsIdentifier(id) {
		return l, place.ErrNotFound
	}
	// A municipal arrondissement is in its commune's EPCI.
	var shown bool
	var into *int64
	err := q.QueryRow(ctx, `
		SELECT p.seq, p.shown, p.merged_into, COALESCE(p.code_insee, ''), COALESCE(c.parent, ''), COALESCE(c.epci, m.epci, ''),
			COALESCE(p.departement, c.departement, ''), COALESCE(c.region, d.region, '')
		FROM places p
			LEFT JOIN communes c ON c.code = p.code_insee
			LEFT JOIN communes m ON m.code = c.parent
			LEFT JOIN divisions d ON d.kind = 'departement' AND d.code = p.departement
		WHERE p.identifier = $1`, id).Scan(&l.seq, &shown, &into, &l.codeInsee, &l.parent, &l.epci, &l.departement, &l.region)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return l, place.ErrNotFound
	case err != nil:
		return l, err
	}
	return l, whyGone(ctx, q, id, standing(shown, into))
}

func (l *located) on(t access.Territory) bool {
	return t.Holds(l.id, l.codeInsee, l.epci, l.departement, l.region) || t.Kind == access.Commune && t.Holds("", l.parent, "", "", "")
}

// OpenContest records a contest of a criterion's result for a live place, and
// scores the place again: that criterion counts half as sure. One of a rule
// becomes a remontée.
func (c *Census) OpenContest(ctx context.Context, x consultation.Contest, by access.Key, at time.Time) (consultation.Contest, error) {
	ctx = signed(ctx, history.By(by, history.Scoring, ""))
	err := c.recorded(ctx, at, func(w *recorder) error {
		l, err := locate(ctx, w.tx, x.Lieu)
		if err != nil {
			return err
		}
		versions, _, inForce, err := versionsOn(ctx, w.tx, utcDay(w.at))
		if err != nil {
			return err
		}
		v := versionNamed(versions, inForce)
		if v == nil {
			return consultation.ErrNoVersion
		}
		if err := readDocument(ctx, w.tx, v); err != nil {
			return err
		}
		codes, err := criteria(v.Document)
		if err != nil {
			return err
		}
		if x, err = consultation.Open(x, codes, l.on(by.Territory), by, w.at); err != nil {
			return err
		}
		theirs, err := contests(ctx, w.tx, `c.seq = $1 AND c.critere = $2 AND c.siren = $3 AND c.state <> 'CLOSE'`, l.seq, x.Critere, by.Siren)
		if err != nil {
			return err
		}
		if len(theirs) > 0 && x.Ground != consultation.Regle {
			return &consultation.Refusal{Reasons: []string{fmt.Sprintf("Votre organisation conteste déjà ce critère pour ce lieu : voyez la contestation n° %d.", theirs[0].Number)}}
		}
		if x.Ground == consultation.Regle {
			if err := w.adopt(ctx, &x, versions); err != nil {
				return err
			}
		}
		err = w.tx.QueryRow(ctx, `
			INSERT INTO contests (seq, critere, ground, body, organisation, siren, role, key_id, made_at, state, due_at, remontee, steps)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, NULLIF($12::bigint, 0), '[]')
			RETURNING number`,
			l.seq, x.Critere, x.Ground, x.Text, x.By.Organisation, x.By.Siren, x.By.Role, x.By.Key, x.At, x.State, when(x.Due), x.Remontee).Scan(&x.Number)
		if err != nil {
			return err
		}
		x.Steps = []consultation.Step{}
		if err := w.log(ctx, consultation.LogContest, contestSubject(&x), x.By, x); err != nil || !x.UnderReview() {
			return err
		}
		return c.rescore(ctx, w.tx, []int64{l.seq}, utcDay(w.at))
	})
	if err != nil {
		return consultation.Contest{}, fmt.Errorf("open contest: %w", explain(err))
	}
	return x, nil
}

// adopt makes a remontée of a contest of a rule: of the version under
// consultation, or of the draft, or of the next one.
func (w *recorder) adopt(ctx context.Context, x *consultation.Contest, versions []consultation.Version) error {
	number := ""
	for _, state := range []consultation.State{consultation.Brouillon, consultation.EnConsultation} {
		for i := range slices.Backward(versions) {
			if v := &versions[i]; v.State == state && (state == consultation.Brouillon || w.at.Before(v.Closes)) {
				number = v.Version
			}
		}
	}
	r := x.BecomeRemontee(number)
	if err := w.keep(ctx, &r); err != nil {
		return err
	}
	x.Remontee = r.Number
	return w.log(ctx, consultation.LogRemontee, remonteeSubject(&r), r.By, said(r))
}

func contestSubject(x *consultation.Contest) string { return fmt.Sprintf("contestation %d", x.Number) }

// StepContest takes a contest further, and scores the place again when it is no
// longer in doubt, or is again.
func (c *Census) StepContest(ctx context.Context, number int64, s consultation.Step, by access.Key, at time.Time) (consultation.Contest, error) {
	ctx = signed(ctx, history.By(by, history.Scoring, ""))
	var x consultation.Contest
	err := c.recorded(ctx, at, func(w *recorder) (err error) {
		if x, err = contest(ctx, w.tx, number); err != nil {
			return err
		}
		l, err := locate(ctx, w.tx, x.Lieu)
		var moved *place.Moved
		if err != nil && !errors.Is(err, place.ErrGone) && !errors.As(err, &moved) {
			return err
		}
		doubted := x.UnderReview()
		if x, err = x.Step(s, l.on(by.Territory), by, w.at); err != nil {
			return err
		}
		kept := make([]keptStep, len(x.Steps))
		for i := range x.Steps {
			kept[i] = keptStep{x.Steps[i], x.Steps[i].By.Key}
		}
		steps, err := json.Marshal(kept)
		if err != nil {
			return err
		}
		_, err = w.tx.Exec(ctx, `UPDATE contests SET state = $2, due_at = $3, steps = $4 WHERE number = $1`, x.Number, x.State, when(x.Due), string(steps))
		if err != nil {
			return err
		}
		last := x.Steps[len(x.Steps)-1]
		if err := w.log(ctx, consultation.LogContestStep, contestSubject(&x), last.By, last); err != nil {
			return err
		}
		if x.UnderReview() == doubted {
			return nil
		}
		return c.rescore(ctx, w.tx, []int64{l.seq}, utcDay(w.at))
	})
	if err != nil {
		return consultation.Contest{}, fmt.Errorf("step contest: %w", explain(err))
	}
	return x, nil
}
