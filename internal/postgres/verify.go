package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"mednum/internal/access"
	"mednum/internal/consultation"
	"mednum/internal/quality"
)

// Verification is what a check of the log, and of what it speaks of, found.
type Verification struct {
	Entries  int64
	Head     string   // hash of the last entry: noted elsewhere, it proves that none was cut off since
	Versions int      // of the référentiel
	Findings []string // French; none: everything is as it was written
}

// VerifyReferentiels reads the whole log again, replays it, and compares what it
// says with the versions, votes, simulations, remontées, contests and keys that
// the tables hold. The triggers refuse such changes; this tells those that were
// made with the triggers off. noted are hashes of entries that somebody kept:
// each must still be in the log.
func (c *Census) VerifyReferentiels(ctx context.Context, noted ...string) (Verification, error) {
	v, err := c.verify(ctx, noted)
	if err != nil {
		return Verification{}, fmt.Errorf("verify log: %w", explain(err))
	}
	return v, nil
}

func (c *Census) verify(ctx context.Context, noted []string) (v Verification, err error) {
	// One snapshot: somebody may write meanwhile.
	tx, err := c.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return v, err
	}
	defer tx.Rollback(context.WithoutCancel(ctx))
	return verifyIn(ctx, tx, noted)
}

func verifyIn(ctx context.Context, tx pgx.Tx, noted []string) (v Verification, err error) {
	r := replay{
		versions: map[string]*versionEvent{}, votes: map[string]voteEvent{}, reports: map[string]string{}, remontees: map[int64]*consultation.Remontee{},
		contests: map[int64]*consultation.Contest{}, keys: map[string]*loggedKey{}, missing: map[string]bool{},
	}
	for _, hash := range noted {
		r.missing[strings.ToLower(strings.TrimSpace(hash))] = true
	}
	var last consultation.Entry
	broken := false
	for {
		entries, err := readLog(ctx, tx, last.Number, 1000)
		if err != nil {
			return v, err
		}
		if len(entries) == 0 {
			break
		}
		if err := consultation.VerifyChain(last, entries); err != nil && !broken {
			var b *consultation.Break
			if !errors.As(err, &b) {
				return v, err
			}
			// What follows a break follows nothing: one is told.
			broken = true
			r.find("%s", b.Error())
		}
		for i := range entries {
			r.take(&entries[i])
		}
		last = entries[len(entries)-1]
		v.Entries += int64(len(entries))
	}
	v.Head = last.Hash
	for _, hash := range slices.Sorted(maps.Keys(r.missing)) {
		r.find("le journal n’a plus l’entrée d’empreinte %s : sa fin a été coupée, ou il a été réécrit", hash)
	}
	for _, check := range []func(context.Context, pgx.Tx) error{
		r.triggers, r.checkVersions, r.checkVotes, r.checkReports, r.checkRemontees, r.checkContests, r.checkKeys,
	} {
		if err := check(ctx, tx); err != nil {
			return v, err
		}
	}
	v.Versions, v.Findings = len(r.versions), r.findings
	return v, nil
}

// replay is what the log says that the tables hold.
type replay struct {
	findings  []string
	missing   map[string]bool // hashes that somebody noted and that were not met
	versions  map[string]*versionEvent
	votes     map[string]voteEvent // by version and SIREN
	reports   map[string]string    // by version and hash: hash of the report
	remontees map[int64]*consultation.Remontee
	contests  map[int64]*consultation.Contest
	keys      map[string]*loggedKey
}

// loggedKey is what the log says of a key.
type loggedKey struct {
	Role         access.Role `json:"role"`
	Organisation string      `json:"organisation"`
	Siren        string      `json:"siren"`
	Territory    string      `json:"territoire"`
	Expires      time.Time   `json:"expire_le"`
	revoked      bool
}

func (r *replay) find(format string, args ...any) {
	r.findings = append(r.findings, fmt.Sprintf(format, args...))
}

// take reads an entry. What it cannot read it leaves: the chain tells.
func (r *replay) take(e *consultation.Entry) {
	delete(r.missing, e.Hash)
	var number int64
	switch e.Kind {
	case consultation.LogRemontee, consultation.LogVoice, consultation.LogAnswer:
		_, _ = fmt.Sscanf(e.Subject, "remontée %d", &number)
	case consultation.LogContest, consultation.LogContestStep:
		_, _ = fmt.Sscanf(e.Subject, "contestation %d", &number)
	}
	switch e.Kind {
	case consultation.LogVersion, consultation.LogText, consultation.LogState:
		var event versionEvent
		if json.Unmarshal(e.Payload, &event) != nil {
			return
		}
		if known := r.versions[e.Subject]; known != nil && event.State == "" {
			event.State, event.Effective = known.State, known.Effective
		} else if known != nil && event.Effective == "" {
			event.Effective = known.Effective
		}
		r.versions[e.Subject] = &event
		for _, n := range event.Adopted {
			if m := r.remontees[n]; m != nil {
				m.Version = e.Subject
			}
		}
	case consultation.LogVote:
		var event voteEvent
		if json.Unmarshal(e.Payload, &event) == nil {
			event.Hash = e.Subject
			r.votes[e.Subject+" "+e.By.Siren] = event
		}
	case consultation.LogSimulation:
		var event struct {
			Hash   string `json:"empreinte"`
			Report string `json:"rapport"`
		}
		if json.Unmarshal(e.Payload, &event) == nil {
			r.reports[e.Subject+" "+event.Hash] = event.Report
		}
	case consultation.LogRemontee, consultation.LogVoice:
		var m consultation.Remontee
		if json.Unmarshal(e.Payload, &m) == nil {
			if about := r.remontees[m.About]; about != nil {
				m.Decision, m.Reason = about.Decision, about.Reason
			}
			r.remontees[number] = &m
		}
	case consultation.LogAnswer:
		var event answerEvent
		if json.Unmarshal(e.Payload, &event) == nil {
			for n, m := range r.remontees {
				if n == number || m.About == number {
					m.Decision, m.Reason = event.Decision, event.Reason
				}
			}
		}
	case consultation.LogContest:
		var x consultation.Contest
		if json.Unmarshal(e.Payload, &x) == nil {
			r.contests[number] = &x
		}
	case consultation.LogContestStep:
		var s consultation.Step
		if x := r.contests[number]; x != nil && json.Unmarshal(e.Payload, &s) == nil {
			x.Steps = append(x.Steps, s)
			if s.State != consultation.Reponse {
				x.State = s.State
			}
		}
	case consultation.LogKeyCreated:
		var k loggedKey
		if json.Unmarshal(e.Payload, &k) == nil {
			r.keys[strings.TrimPrefix(e.Subject, "clé ")] = &k
		}
	case consultation.LogKeyRevoked:
		if k := r.keys[strings.TrimPrefix(e.Subject, "clé ")]; k != nil {
			k.revoked = true
		}
	}
}

// guards are the triggers that keep versions and log.
var guards = []string{"referentiels_guard", "referentiels_guard_all", "journal_guard", "journal_guard_all"}

func (r *replay) triggers(ctx context.Context, tx pgx.Tx) error {
	rows, err := tx.Query(ctx, `SELECT tgname::text FROM pg_trigger WHERE tgname = ANY($1) AND tgenabled = 'A' AND NOT tgisinternal`, guards)
	if err != nil {
		return err
	}
	on, err := pgx.CollectRows(rows, pgx.RowTo[string])
	for _, name := range guards {
		if !slices.Contains(on, name) {
			r.find("le garde-fou %s de la base est désactivé ou absent", name)
		}
	}
	return err
}

// absent tells what the log has and the tables have not.
func absent[K comparable, V any](r *replay, what string, logged map[K]V, kept map[K]bool, order func(a, b K) int) {
	for _, k := range slices.SortedFunc(maps.Keys(logged), order) {
		if !kept[k] {
			r.find("%s %v : le journal en parle, la base ne l’a plus", what, k)
		}
	}
}

func (r *replay) checkVersions(ctx context.Context, tx pgx.Tx) error {
	rows, err := tx.Query(ctx, `SELECT version, state, document, hash, COALESCE(parent, ''), effective_on FROM referentiels ORDER BY created_at, version`)
	if err != nil {
		return err
	}
	var version, state, document, parent string
	var hash []byte
	var effective *time.Time
	kept := map[string]bool{}
	_, err = pgx.ForEachRow(rows, []any{&version, &state, &document, &hash, &parent, &effective}, func() error {
		kept[version] = true
		sum := sha256.Sum256([]byte(document))
		if string(sum[:]) != string(hash) {
			r.find("version %s : le document n’a plus l’empreinte notée à côté de lui", version)
		}
		if d, err := quality.Parse([]byte(document)); err != nil {
			r.find("version %s : le document n’est plus lisible", version)
		} else if d.Version != version {
			r.find("version %s : le document dit qu’il est la version %s", version, d.Version)
		}
		logged := r.versions[version]
		if logged == nil {
			r.find("version %s : le journal ne la connaît pas", version)
			return nil
		}
		if logged.Hash != hex.EncodeToString(sum[:]) {
			r.find("version %s : le document n’est pas celui du journal", version)
		}
		if string(logged.State) != state {
			r.find("version %s : son état est %s, le journal dit %s", version, state, logged.State)
		}
		if on := dateOf(effective).String(); on != logged.Effective {
			r.find("version %s : sa date d’effet est « %s », le journal dit « %s »", version, on, logged.Effective)
		}
		return nil
	})
	absent(r, "version", r.versions, kept, consultation.CompareNumbers)
	return err
}

func (r *replay) checkVotes(ctx context.Context, tx pgx.Tx) error {
	rows, err := tx.Query(ctx, `SELECT version, siren, vote, note FROM approvals ORDER BY version, siren`)
	if err != nil {
		return err
	}
	var version, siren, vote, note string
	kept := map[string]bool{}
	_, err = pgx.ForEachRow(rows, []any{&version, &siren, &vote, &note}, func() error {
		kept[version+" "+siren] = true
		if logged, ok := r.votes[version+" "+siren]; !ok || logged.Vote != vote || logged.Note != note {
			r.find("version %s : le vote de l’organisation %s n’est pas celui du journal", version, siren)
		}
		return nil
	})
	absent(r, "vote (version et organisation)", r.votes, kept, strings.Compare)
	return err
}

func (r *replay) checkReports(ctx context.Context, tx pgx.Tx) error {
	rows, err := tx.Query(ctx, `SELECT version, encode(hash, 'hex'), encode(sha256(convert_to(report, 'UTF8')), 'hex') FROM simulations ORDER BY simulation_id`)
	if err != nil {
		return err
	}
	var version, hash, report string
	kept := map[string]bool{}
	_, err = pgx.ForEachRow(rows, []any{&version, &hash, &report}, func() error {
		kept[version+" "+hash] = true
		if r.reports[version+" "+hash] != report {
			r.find("version %s : une simulation n’est pas celle du journal", version)
		}
		return nil
	})
	absent(r, "simulation (version et empreinte)", r.reports, kept, strings.Compare)
	return err
}

func (r *replay) checkRemontees(ctx context.Context, tx pgx.Tx) error {
	all, err := remontees(ctx, tx, `true`)
	if err != nil {
		return err
	}
	kept := map[int64]bool{}
	for i := range all {
		m := &all[i]
		kept[m.Number] = true
		logged := r.remontees[m.Number]
		if logged == nil {
			r.find("remontée %d : le journal ne la connaît pas", m.Number)
			continue
		}
		was := said(*logged)
		was.Number = m.Number
		if !sameJSON(said(*m), was) {
			r.find("remontée %d : son texte n’est pas celui du journal", m.Number)
		}
		if m.Decision != logged.Decision || m.Reason != logged.Reason {
			r.find("remontée %d : sa réponse n’est pas celle du journal", m.Number)
		}
	}
	absent(r, "remontée", r.remontees, kept, func(a, b int64) int { return int(a - b) })
	return nil
}

func (r *replay) checkContests(ctx context.Context, tx pgx.Tx) error {
	all, err := contests(ctx, tx, `true`)
	if err != nil {
		return err
	}
	kept := map[int64]bool{}
	for i := range all {
		x := &all[i]
		kept[x.Number] = true
		logged := r.contests[x.Number]
		if logged == nil {
			r.find("contestation %d : le journal ne la connaît pas", x.Number)
			continue
		}
		was := *logged
		was.Due = x.Due // follows from the steps
		if !sameJSON(*x, was) {
			r.find("contestation %d : elle n’est pas celle du journal", x.Number)
		}
	}
	absent(r, "contestation", r.contests, kept, func(a, b int64) int { return int(a - b) })
	return nil
}

func (r *replay) checkKeys(ctx context.Context, tx pgx.Tx) error {
	rows, err := tx.Query(ctx, `SELECT `+keyColumns+` FROM access_keys ORDER BY key_id`)
	if err != nil {
		return err
	}
	keys, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (k access.Key, err error) { return k, scanKey(row, &k) })
	kept := map[string]bool{}
	for _, k := range keys {
		kept[k.ID] = true
		logged := r.keys[k.ID]
		switch {
		case logged == nil:
			r.find("clé %s : le journal ne la connaît pas", k.ID)
		case logged.Role != k.Role || logged.Organisation != k.Organisation || logged.Siren != k.Siren || logged.Territory != k.Territory.String() || !logged.Expires.Equal(k.Expires):
			r.find("clé %s : ses droits ne sont pas ceux du journal", k.ID)
		case logged.revoked == k.Revoked.IsZero():
			r.find("clé %s : le journal ne dit pas la même chose de sa révocation", k.ID)
		}
	}
	absent(r, "clé", r.keys, kept, strings.Compare)
	return err
}

func sameJSON(a, b any) bool {
	x, err := consultation.Canonical(a)
	y, err2 := consultation.Canonical(b)
	return err == nil && err2 == nil && string(x) == string(y)
}
