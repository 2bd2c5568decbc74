package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"mednum/internal/access"
	"mednum/internal/consultation"
	"mednum/internal/place"
	"mednum/internal/quality"
	"mednum/internal/simulation"
)

// asker is a pool or a transaction.
type asker interface {
	queryer
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// versionsOn gives every version without its document, newest first, each in
// the state that it has on that day, and the number of the one in force.
func versionsOn(ctx context.Context, q asker, on place.Date) (versions []consultation.Version, replaced []string, inForce string, err error) {
	rows, err := q.Query(ctx, `
		SELECT version, state, hash, COALESCE(parent, ''), author_organisation, COALESCE(author_siren, ''), author_role, COALESCE(author_key, ''),
			created_at, changed_at, consultation_opened_at, consultation_closes_at, published_at, effective_on, COALESCE(justification, '')
		FROM referentiels ORDER BY created_at DESC, version DESC`)
	if err != nil {
		return nil, nil, "", err
	}
	versions, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (v consultation.Version, err error) {
		var hash []byte
		var opened, closes, published, effective *time.Time
		err = row.Scan(&v.Version, &v.State, &hash, &v.Parent, &v.Author.Organisation, &v.Author.Siren, &v.Author.Role, &v.Author.Key,
			&v.Created, &v.Changed, &opened, &closes, &published, &effective, &v.Justification)
		v.Hash = hex.EncodeToString(hash)
		v.Created, v.Changed = v.Created.UTC(), v.Changed.UTC()
		v.Opened, v.Closes, v.Published, v.Effective = instant(opened), instant(closes), instant(published), dateOf(effective)
		v.Approvals = []consultation.Approval{}
		return v, err
	})
	if err != nil {
		return nil, nil, "", err
	}
	rows, err = q.Query(ctx, `SELECT version, organisation, siren, role, key_id, vote, note, voted_at FROM approvals ORDER BY voted_at, siren`)
	if err != nil {
		return nil, nil, "", err
	}
	var version string
	var a consultation.Approval
	_, err = pgx.ForEachRow(rows, []any{&version, &a.By.Organisation, &a.By.Siren, &a.By.Role, &a.By.Key, &a.Vote, &a.Note, &a.At}, func() error {
		a.At = a.At.UTC()
		if v := versionNamed(versions, version); v != nil {
			v.Approvals = append(v.Approvals, a)
		}
		return nil
	})
	replaced, inForce = consultation.Standing(versions, on)
	return versions, replaced, inForce, err
}

// versionOn gives one version with its document.
func versionOn(ctx context.Context, q asker, version string, on place.Date) (consultation.Version, error) {
	versions, _, _, err := versionsOn(ctx, q, on)
	if err != nil {
		return consultation.Version{}, err
	}
	v := versionNamed(versions, version)
	if v == nil {
		return consultation.Version{}, consultation.ErrNoVersion
	}
	err = readDocument(ctx, q, v)
	return *v, err
}

func readDocument(ctx context.Context, q asker, v *consultation.Version) error {
	// With the hash: the text may have changed since the version was read.
	var hash []byte
	err := q.QueryRow(ctx, `SELECT document, hash FROM referentiels WHERE version = $1`, v.Version).Scan((*text)(&v.Document), &hash)
	v.Hash = hex.EncodeToString(hash)
	return err
}

func versionNamed(versions []consultation.Version, number string) *consultation.Version {
	i := slices.IndexFunc(versions, func(v consultation.Version) bool { return v.Version == number })
	if i < 0 {
		return nil
	}
	return &versions[i]
}

func instant(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

// utcDay is the day by which versions take effect: in UTC, as the scores.
func utcDay(t time.Time) place.Date {
	y, m, d := t.UTC().Date()
	return place.Date{Year: y, Month: m, Day: d}
}

// ReferentielVersions lists them without their documents, newest first.
func (c *Census) ReferentielVersions(ctx context.Context) ([]consultation.Version, error) {
	versions, _, _, err := versionsOn(ctx, c.pool, utcDay(time.Now()))
	if err != nil {
		return nil, fmt.Errorf("list versions: %w", explain(err))
	}
	return versions, nil
}

// ReferentielVersion gives one with its document, or an error that wraps
// consultation.ErrNoVersion.
func (c *Census) ReferentielVersion(ctx context.Context, version string) (consultation.Version, error) {
	v, err := versionOn(ctx, c.pool, version, utcDay(time.Now()))
	if err != nil {
		return consultation.Version{}, fmt.Errorf("get version: %w", explain(err))
	}
	return v, nil
}

// InForce gives the version in force on a day with its document, or an error
// that wraps consultation.ErrNoVersion.
func (c *Census) InForce(ctx context.Context, on place.Date) (consultation.Version, error) {
	versions, _, number, err := versionsOn(ctx, c.pool, on)
	if err != nil {
		return consultation.Version{}, fmt.Errorf("get version in force: %w", explain(err))
	}
	v := versionNamed(versions, number)
	if v == nil {
		return consultation.Version{}, fmt.Errorf("get version in force: %w", consultation.ErrNoVersion)
	}
	if err := readDocument(ctx, c.pool, v); err != nil {
		return consultation.Version{}, fmt.Errorf("get version in force: %w", explain(err))
	}
	return *v, nil
}

// EnsureReferentiel gives an empty database the version with which a census
// begins, and marks the versions that others have replaced meanwhile.
func (c *Census) EnsureReferentiel(ctx context.Context) error {
	err := c.recorded(ctx, time.Now(), func(w *recorder) error {
		var any bool
		if err := w.tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM referentiels)`).Scan(&any); err != nil {
			return err
		}
		if any {
			return w.settle(ctx)
		}
		r, err := quality.Parse(quality.Initial())
		if err != nil {
			return err
		}
		document := r.Canonical()
		hash := sha256.Sum256(document)
		_, err = w.tx.Exec(ctx, `
			INSERT INTO referentiels (version, state, document, hash, author_organisation, author_role, created_at, changed_at, published_at, effective_on)
			VALUES ($1, 'PUBLIEE', $2, $3, $4, $5, $6, $6, $6, $7)`,
			r.Version, string(document), hash[:], consultation.Platform.Organisation, consultation.Platform.Role, w.at, utcDay(w.at).Time())
		if err != nil {
			return err
		}
		return w.log(ctx, consultation.LogVersion, r.Version, consultation.Platform, versionEvent{
			State: consultation.Publiee, Hash: hex.EncodeToString(hash[:]), Effective: utcDay(w.at).String(),
		})
	})
	if err != nil {
		return fmt.Errorf("ensure référentiel: %w", explain(err))
	}
	return nil
}

// versionEvent is what the log says of a version: what VerifyReferentiels holds
// its row to.
type versionEvent struct {
	State      consultation.State `json:"etat,omitempty"`
	From       consultation.State `json:"depuis,omitempty"`
	Hash       string             `json:"empreinte"`
	Before     string             `json:"empreinte_avant,omitempty"`
	Parent     string             `json:"parent,omitempty"`
	Closes     string             `json:"cloture,omitempty"`
	Effective  string             `json:"date_effet,omitempty"`
	Reason     string             `json:"motif,omitempty"`
	Changes    []string           `json:"changements,omitempty"`
	Adopted    []int64            `json:"remontees_reprises,omitempty"`
	Simulation string             `json:"simulation,omitempty"` // hash of the report
	By         string             `json:"remplacee_par,omitempty"`
}

// settle marks the versions that others have replaced.
func (w *recorder) settle(ctx context.Context) error {
	versions, replaced, inForce, err := versionsOn(ctx, w.tx, utcDay(w.at))
	if err != nil {
		return err
	}
	for _, number := range replaced {
		if _, err := w.tx.Exec(ctx, `UPDATE referentiels SET state = 'REMPLACEE' WHERE version = $1`, number); err != nil {
			return err
		}
		err := w.log(ctx, consultation.LogState, number, consultation.Platform, versionEvent{
			State: consultation.Remplacee, From: consultation.Publiee, Hash: versionNamed(versions, number).Hash, By: inForce,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Fork begins a draft from a published version. Remontées that waited for a
// draft are given to it.
func (c *Census) Fork(ctx context.Context, from, version string, by access.Key, at time.Time) (consultation.Version, error) {
	var draft consultation.Version
	err := c.recorded(ctx, at, func(w *recorder) error {
		if err := by.Check(access.Draft, w.at); err != nil {
			return err
		}
		if err := w.settle(ctx); err != nil {
			return err
		}
		versions, _, _, err := versionsOn(ctx, w.tx, utcDay(w.at))
		if err != nil {
			return err
		}
		parent := versionNamed(versions, from)
		if parent == nil {
			return consultation.ErrNoVersion
		}
		numbers := make([]string, len(versions))
		for i := range versions {
			numbers[i] = versions[i].Version
		}
		if draft, err = parent.Fork(version, numbers, by, w.at); err != nil {
			return err
		}
		if err := readDocument(ctx, w.tx, parent); err != nil {
			return err
		}
		r, err := quality.Parse(parent.Document)
		if err != nil {
			return err
		}
		r.Version = draft.Version
		draft.Document, draft.Approvals = r.Canonical(), []consultation.Approval{}
		hash := sha256.Sum256(draft.Document)
		draft.Hash = hex.EncodeToString(hash[:])
		_, err = w.tx.Exec(ctx, `
			INSERT INTO referentiels (version, state, document, hash, parent, author_organisation, author_siren, author_role, author_key, created_at, changed_at)
			VALUES ($1, $2, $3, $4, $5, $6, NULLIF($7, ''), $8, $9, $10, $10)`,
			draft.Version, draft.State, string(draft.Document), hash[:], draft.Parent,
			draft.Author.Organisation, draft.Author.Siren, draft.Author.Role, draft.Author.Key, draft.Created)
		if err != nil {
			return err
		}
		rows, err := w.tx.Query(ctx, `UPDATE remontees SET version = $1 WHERE version IS NULL RETURNING number`, draft.Version)
		if err != nil {
			return err
		}
		adopted, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil {
			return err
		}
		slices.Sort(adopted)
		return w.log(ctx, consultation.LogVersion, draft.Version, draft.Author, versionEvent{
			State: draft.State, Hash: draft.Hash, Parent: draft.Parent, Adopted: adopted,
		})
	})
	if err != nil {
		return consultation.Version{}, fmt.Errorf("fork version: %w", explain(err))
	}
	return draft, nil
}

// SaveDraft replaces the text of a draft. ifHash is that of the text which the
// caller had read ("": whichever it is); consultation.ErrChanged when somebody
// saved another meanwhile. Saving the same text does nothing.
func (c *Census) SaveDraft(ctx context.Context, version string, document []byte, ifHash string, by access.Key, at time.Time) (consultation.Version, error) {
	var v consultation.Version
	err := c.recorded(ctx, at, func(w *recorder) (err error) {
		if v, err = versionOn(ctx, w.tx, version, utcDay(w.at)); err != nil {
			return err
		}
		if err := v.Edit(by, w.at); err != nil {
			return err
		}
		after, err := quality.Parse(document)
		if err != nil {
			return err
		}
		if after.Version != v.Version {
			return quality.Faults{{Where: "version", Found: after.Version, Message: "Écrivez « " + v.Version + " » : un numéro ne change pas en route."}}
		}
		if ifHash != "" && ifHash != v.Hash {
			return consultation.ErrChanged
		}
		text := after.Canonical()
		hash := sha256.Sum256(text)
		event := versionEvent{Before: v.Hash, Hash: hex.EncodeToString(hash[:])}
		if event.Hash == v.Hash {
			return nil
		}
		before, err := quality.Parse(v.Document)
		if err != nil {
			return err
		}
		for _, change := range quality.Compare(before, after) {
			event.Changes = append(event.Changes, change.Phrase)
		}
		v.Document, v.Hash, v.Changed = text, event.Hash, w.at
		_, err = w.tx.Exec(ctx, `UPDATE referentiels SET document = $2, hash = $3, changed_at = $4 WHERE version = $1`, v.Version, string(text), hash[:], w.at)
		if err != nil {
			return err
		}
		return w.log(ctx, consultation.LogText, v.Version, consultation.PartyOf(by), event)
	})
	if err != nil {
		return consultation.Version{}, fmt.Errorf("save draft: %w", explain(err))
	}
	return v, nil
}

// AdvanceVersion takes a version further in its life, when its guards let it.
func (c *Census) AdvanceVersion(ctx context.Context, version string, m consultation.Move, by access.Key, at time.Time) (consultation.Version, error) {
	v, err := c.advance(ctx, version, m, by, consultation.Instant(at))
	if err != nil {
		return consultation.Version{}, fmt.Errorf("advance version: %w", explain(err))
	}
	return v, nil
}

func (c *Census) advance(ctx context.Context, version string, m consultation.Move, by access.Key, at time.Time) (v consultation.Version, err error) {
	var compared comparison
	if m.To == consultation.Publiee && by.Check(access.Publish, at) == nil {
		// Before the transaction: the whole census is scored twice.
		if compared, err = c.compareForPublication(ctx, version, m.Effective); err != nil {
			return v, err
		}
	}
	err = c.recorded(ctx, at, func(w *recorder) error {
		if err := w.settle(ctx); err != nil {
			return err
		}
		if v, err = versionOn(ctx, w.tx, version, utcDay(w.at)); err != nil {
			return err
		}
		from := v.State
		k, simulated, err := w.known(ctx, v, m)
		if err != nil {
			return err
		}
		if m.To == consultation.Publiee {
			if k.Base, k.Upcoming, err = baseOn(ctx, w.tx, m.Effective); err != nil {
				return err
			}
			if compared.draft == v.Hash && compared.base == k.Base {
				k.Compared, k.Different, k.Examples = compared.done, compared.different, compared.examples
			}
		}
		if v, err = v.Advance(m, by, w.at, k); err != nil {
			return err
		}
		_, err = w.tx.Exec(ctx, `
			UPDATE referentiels SET state = $2, changed_at = $3, consultation_opened_at = $4, consultation_closes_at = $5,
				published_at = $6, effective_on = $7, justification = NULLIF($8, '')
			WHERE version = $1`,
			v.Version, v.State, v.Changed, when(v.Opened), when(v.Closes), when(v.Published), when(v.Effective.Time()), v.Justification)
		if err != nil {
			return err
		}
		event := versionEvent{From: from, State: v.State, Hash: v.Hash, Reason: m.Reason, Effective: v.Effective.String()}
		if v.State == consultation.EnConsultation {
			event.Closes = v.Closes.Format(time.RFC3339)
		}
		if v.State == consultation.SimulationValidee {
			event.Simulation = simulated
		}
		return w.log(ctx, consultation.LogState, v.Version, consultation.PartyOf(by), event)
	})
	return v, err
}

// when is NULL for the zero instant.
func when(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// known gathers what the guards of a move look at, and the hash of the report
// of the simulation.
func (w *recorder) known(ctx context.Context, v consultation.Version, m consultation.Move) (k consultation.Known, simulated string, err error) {
	versions, _, _, err := versionsOn(ctx, w.tx, utcDay(w.at))
	if err != nil {
		return k, "", err
	}
	for i := range versions {
		if versions[i].State == consultation.Publiee {
			k.Published = append(k.Published, versions[i].Hash)
		}
	}
	switch m.To {
	case consultation.EnConsultation, consultation.SimulationValidee:
		if k.Blocking, err = w.blocking(ctx, v, versions); err != nil {
			return k, "", err
		}
	}
	if m.To != consultation.SimulationValidee {
		return k, "", nil
	}
	if k.Remontees, err = remontees(ctx, w.tx, `r.version = $1`, v.Version); err != nil {
		return k, "", err
	}
	hash, err := hex.DecodeString(v.Hash)
	if err != nil {
		return k, "", err
	}
	var report []byte
	err = w.tx.QueryRow(ctx, `SELECT report FROM simulations WHERE version = $1 AND hash = $2`, v.Version, hash).Scan((*text)(&report))
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return k, "", nil
	case err != nil:
		return k, "", err
	}
	if s, ok := consultation.ReadSimulation(report); ok {
		k.Simulation = &s
	}
	return k, hashText(report), nil
}

// blocking says what the checks of the text find that forbids to go on.
func (w *recorder) blocking(ctx context.Context, v consultation.Version, versions []consultation.Version) ([]string, error) {
	draft, err := quality.Parse(v.Document)
	if err != nil {
		return nil, err
	}
	var published []*quality.Referentiel
	for i := range slices.Backward(versions) { // oldest first
		p := &versions[i]
		if p.State != consultation.Publiee && p.State != consultation.Remplacee {
			continue
		}
		if err := readDocument(ctx, w.tx, p); err != nil {
			return nil, err
		}
		former, err := quality.Parse(p.Document)
		if err != nil {
			return nil, err
		}
		published = append(published, former)
	}
	var found []string
	for _, f := range quality.Check(draft, published) {
		if f.Gravite == quality.Bloquant {
			found = append(found, f.Phrase)
		}
	}
	return found, nil
}

// baseOn gives the number of the version that another one would replace on a
// day, and those that would replace that one.
func baseOn(ctx context.Context, q asker, on place.Date) (base string, upcoming []consultation.Version, err error) {
	versions, _, base, err := versionsOn(ctx, q, on)
	for i := range versions {
		if v := &versions[i]; v.State == consultation.Publiee && v.Effective.Compare(on) > 0 {
			upcoming = append(upcoming, *v)
		}
	}
	return base, upcoming, err
}

// comparison of the results of the whole census under two versions.
type comparison struct {
	draft     string // hash
	base      string // number
	done      bool
	different int
	examples  []string // our identifiers, at most three
}

// compareForPublication counts the results that a version would change, where
// its number says that there are none.
func (c *Census) compareForPublication(ctx context.Context, version string, effective place.Date) (comparison, error) {
	v, err := versionOn(ctx, c.pool, version, effective)
	if err != nil {
		return comparison{}, err
	}
	base, _, err := baseOn(ctx, c.pool, effective)
	if err != nil || v.State != consultation.SimulationValidee || !v.NeedsComparison(base) {
		return comparison{}, err
	}
	former, err := versionOn(ctx, c.pool, base, effective)
	if err != nil {
		return comparison{}, err
	}
	done := comparison{draft: v.Hash, base: base}
	err = c.compare(ctx, former.Document, v.Document, &done)
	return done, err
}

// compare scores every entry that was scored under both versions, a page at a
// time: no statement runs long, and memory is bounded. It is done only when no
// live place is left without a result.
func (c *Census) compare(ctx context.Context, before, after []byte, done *comparison) error {
	old, err := quality.Load(before)
	if err != nil {
		return err
	}
	young, err := quality.Load(after)
	if err != nil {
		return err
	}
	words := lexicon{words: map[string]string{}}
	for last := int64(0); ; {
		rows, err := c.pool.Query(ctx, `SELECT seq, entree FROM results WHERE NOT upcoming AND seq > $1 ORDER BY seq LIMIT $2`, last, batch)
		if err != nil {
			return err
		}
		var places []simulation.Place
		var entrees [][]byte
		var entree []byte
		_, err = pgx.ForEachRow(rows, []any{&last, (*text)(&entree)}, func() error {
			places, entrees = append(places, simulation.Place{ID: place.Identifier(last)}), append(entrees, entree)
			return nil
		})
		if err != nil {
			return err
		}
		if len(places) == 0 {
			break
		}
		if err := readEntrees(places, entrees, &words); err != nil {
			return err
		}
		changed, examples, err := simulation.Unchanged(ctx, old, young, places)
		if err != nil {
			return err
		}
		done.different += changed
		done.examples = append(done.examples, examples[:min(len(examples), 3-min(3, len(done.examples)))]...)
	}
	return c.pool.QueryRow(ctx, `
		SELECT NOT EXISTS (
			SELECT FROM places p WHERE shown AND NOT EXISTS (SELECT FROM results r WHERE r.seq = p.seq AND NOT r.upcoming)
		)`).Scan(&done.done)
}

// ApproveVersion records the vote of an organisation of the committee.
func (c *Census) ApproveVersion(ctx context.Context, version, vote, note string, by access.Key, at time.Time) (consultation.Version, error) {
	var v consultation.Version
	err := c.recorded(ctx, at, func(w *recorder) (err error) {
		if v, err = versionOn(ctx, w.tx, version, utcDay(w.at)); err != nil {
			return err
		}
		if v, err = v.Approve(vote, note, by, w.at); err != nil {
			return err
		}
		a := v.Approvals[slices.IndexFunc(v.Approvals, func(a consultation.Approval) bool { return a.By.Siren == by.Siren })]
		_, err = w.tx.Exec(ctx, `
			INSERT INTO approvals (version, siren, organisation, role, key_id, vote, note, voted_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
			ON CONFLICT (version, siren) DO UPDATE SET organisation = excluded.organisation, role = excluded.role, key_id = excluded.key_id,
				vote = excluded.vote, note = excluded.note, voted_at = excluded.voted_at`,
			v.Version, a.By.Siren, a.By.Organisation, a.By.Role, a.By.Key, a.Vote, a.Note, a.At)
		if err != nil {
			return err
		}
		return w.log(ctx, consultation.LogVote, v.Version, a.By, voteEvent{Hash: v.Hash, Vote: a.Vote, Note: a.Note})
	})
	if err != nil {
		return consultation.Version{}, fmt.Errorf("approve version: %w", explain(err))
	}
	return v, nil
}

type voteEvent struct {
	Hash string `json:"empreinte"`
	Vote string `json:"vote"`
	Note string `json:"motif,omitempty"`
}

// Simulation gives the report on the version's present text; for want of one,
// the last that was made of it.
func (c *Census) Simulation(ctx context.Context, version string) (json.RawMessage, error) {
	report, err := lastSimulation(ctx, c.pool, version)
	if err != nil {
		return nil, fmt.Errorf("get simulation: %w", explain(err))
	}
	return report, nil
}

func lastSimulation(ctx context.Context, q asker, version string) (report json.RawMessage, err error) {
	v, err := versionOn(ctx, q, version, place.Date{})
	if err != nil {
		return nil, err
	}
	err = q.QueryRow(ctx, `
		SELECT report FROM simulations WHERE version = $1
		ORDER BY encode(hash, 'hex') = $2 DESC, made_at DESC, simulation_id DESC LIMIT 1`, v.Version, v.Hash).Scan((*optionalText)(&report))
	if errors.Is(err, pgx.ErrNoRows) {
		err = consultation.ErrNoSimulation
	}
	return report, err
}

// optionalText is text, or nil for NULL.
type optionalText []byte

func (t *optionalText) ScanText(v string) error { *t = optionalText(v); return nil }

// SaveSimulation keeps the report on a text of a version; consultation.ErrChanged
// when that is no longer its text.
func (c *Census) SaveSimulation(ctx context.Context, version, hash string, report json.RawMessage, by access.Key, at time.Time) error {
	err := c.recorded(ctx, at, func(w *recorder) error {
		if err := by.Check(access.Simulate, w.at); err != nil {
			return err
		}
		v, err := versionOn(ctx, w.tx, version, utcDay(w.at))
		if err != nil {
			return err
		}
		if !v.Simulable() {
			return &consultation.Refusal{Reasons: []string{fmt.Sprintf("La version %s est %s : sa simulation est arrêtée.", v.Version, v.State.Label())}}
		}
		s, ok := consultation.ReadSimulation(report)
		if !ok {
			return quality.Faults{{Where: "rapport", Message: "Ce n’est pas le rapport d’une simulation."}}
		}
		if hash != v.Hash || s.Hash != v.Hash {
			return consultation.ErrChanged
		}
		text, err := hex.DecodeString(hash)
		if err != nil {
			return err
		}
		var former string
		err = w.tx.QueryRow(ctx, `SELECT report FROM simulations WHERE version = $1 AND hash = $2`, v.Version, text).Scan(&former)
		if err == nil && former == string(report) {
			return nil
		}
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		_, err = w.tx.Exec(ctx, `
			INSERT INTO simulations (version, hash, report, organisation, key_id, made_at) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (version, hash) DO UPDATE SET report = excluded.report, organisation = excluded.organisation, key_id = excluded.key_id, made_at = excluded.made_at`,
			v.Version, text, string(report), by.Organisation, by.ID, w.at)
		if err != nil {
			return err
		}
		alerts := s.Alerts
		if alerts == nil {
			alerts = []string{}
		}
		return w.log(ctx, consultation.LogSimulation, v.Version, consultation.PartyOf(by), map[string]any{
			"empreinte": v.Hash, "rapport": hashText(report), "avec": s.Base, "alertes": alerts,
		})
	})
	if err != nil {
		return fmt.Errorf("save simulation: %w", explain(err))
	}
	return nil
}

func hashText(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
