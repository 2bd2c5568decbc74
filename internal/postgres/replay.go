package postgres

import (
	"context"
	"encoding/hex"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"mednum/internal/place"
	"mednum/internal/quality"
)

// ReplayReport tells which stored results are not what their entries give.
type ReplayReport struct {
	Results   int // in force, and of the version to come
	History   int // past ones
	OtherCore int // scored by another version of the engine: this one cannot tell
	Different int
	First     []Difference // at most differencesKept
}

// Difference is a stored result that does not stand.
type Difference struct {
	ID      string // of the place
	Day     place.Date
	Version string
	Past    bool
	Reason  string // French
}

const differencesKept = 100

// VerifyScores replays every result that is stored, past ones included, from the
// document of its version and its entry, and compares hashes. It changes nothing.
func (c *Census) VerifyScores(ctx context.Context, progress func(done, total int)) (ReplayReport, error) {
	report, err := c.verifyScores(ctx, progress)
	if err != nil {
		return ReplayReport{}, fmt.Errorf("verify scores: %w", explain(err))
	}
	return report, nil
}

// replayed is a stored result.
type replayed struct {
	seq                    int64
	past                   bool
	version                string
	referentiel            []byte
	moteur, derivation     string
	entree, entreeHash     []byte
	resultat, resultatHash []byte
	published              []byte // nil: nothing is published of it
	on                     time.Time
	reason                 string
	otherCore              bool
}

func (c *Census) verifyScores(ctx context.Context, progress func(done, total int)) (report ReplayReport, err error) {
	tx, err := c.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return report, err
	}
	defer tx.Rollback(context.WithoutCancel(ctx))
	if _, err := tx.Exec(ctx, `SET LOCAL statement_timeout = 0`); err != nil {
		return report, err
	}
	var total int
	if err := tx.QueryRow(ctx, `SELECT (SELECT count(*) FROM results) + (SELECT count(*) FROM score_history)`).Scan(&total); err != nil {
		return report, err
	}
	rows, err := tx.Query(ctx, `SELECT hash, document FROM referentiels WHERE state IN ('PUBLIEE', 'REMPLACEE')`)
	if err != nil {
		return report, err
	}
	engines := map[string]*quality.Engine{}
	faults := map[string]string{}
	var hash, document []byte
	_, err = pgx.ForEachRow(rows, []any{&hash, (*text)(&document)}, func() error {
		e, err := quality.Load(document)
		switch {
		case string(hashOf(document)) != string(hash):
			faults[string(hash)] = "le document de la version n’a plus son empreinte"
		case err != nil:
			faults[string(hash)] = "le document de la version ne se lit plus : " + err.Error()
		default:
			engines[string(hash)] = e
		}
		hash = nil
		return nil
	})
	if err != nil {
		return report, err
	}
	_, err = tx.Exec(ctx, `
		DECLARE mednum_replay NO SCROLL CURSOR FOR
		SELECT r.seq, false, r.version, r.referentiel, r.moteur, r.derivation, r.entree, r.entree_hash, r.resultat, r.resultat_hash, r.scored_on,
			CASE WHEN r.upcoming THEN NULL ELSE COALESCE(s.published, '') END
		FROM results r LEFT JOIN scores s USING (seq)
		UNION ALL
		SELECT seq, true, version, referentiel, moteur, derivation, entree, entree_hash, resultat, resultat_hash, scored_on, NULL
		FROM score_history`)
	if err != nil {
		return report, err
	}
	done := 0
	for {
		rows, err := tx.Query(ctx, fmt.Sprintf(`FETCH %d FROM mednum_replay`, scoringBatch))
		if err != nil {
			return report, err
		}
		batch, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (*replayed, error) {
			var r replayed
			err := row.Scan(&r.seq, &r.past, &r.version, &r.referentiel, &r.moteur, &r.derivation, (*text)(&r.entree), &r.entreeHash,
				(*text)(&r.resultat), &r.resultatHash, &r.on, (*text)(&r.published))
			return &r, err
		})
		if err != nil || len(batch) == 0 {
			return report, err
		}
		workers := runtime.GOMAXPROCS(0)
		var wg sync.WaitGroup
		for w := range workers {
			wg.Go(func() {
				for _, r := range batch[len(batch)*w/workers : len(batch)*(w+1)/workers] {
					r.replay(engines, faults)
				}
			})
		}
		wg.Wait()
		for _, r := range batch {
			switch {
			case r.past:
				report.History++
			default:
				report.Results++
			}
			if r.otherCore {
				report.OtherCore++
			}
			if r.reason == "" {
				continue
			}
			if report.Different++; len(report.First) < differencesKept {
				report.First = append(report.First, Difference{place.Identifier(r.seq), dateOf(&r.on), r.version, r.past, r.reason})
			}
		}
		if done += len(batch); progress != nil {
			progress(done, total)
		}
	}
}

// replay gives r the reason why it does not stand, if it does not.
func (r *replayed) replay(engines map[string]*quality.Engine, faults map[string]string) {
	var in quality.Entree
	switch {
	case string(hashOf(r.entree)) != string(r.entreeHash):
		r.reason = "l’entrée n’a plus son empreinte"
	case string(hashOf(r.resultat)) != string(r.resultatHash):
		r.reason = "le résultat n’a plus son empreinte"
	case readJSON(r.entree, &in) != nil:
		r.reason = "l’entrée ne se lit plus"
	case in.Date.Date != dateOf(&r.on):
		r.reason = "l’entrée n’est pas de ce jour"
	}
	if r.reason != "" {
		return
	}
	engine := engines[string(r.referentiel)]
	if engine == nil {
		if r.reason = faults[string(r.referentiel)]; r.reason == "" {
			r.reason = "le document de la version " + r.version + " (" + hex.EncodeToString(r.referentiel)[:12] + "…) n’est plus en base"
		}
		return
	}
	if r.moteur != quality.Moteur {
		r.otherCore = true
		return
	}
	again := engine.Evaluate(&in)
	again.Derivation = r.derivation // facts are in the entry: they are not drawn again
	switch published := again.Published(); {
	case string(again.Canonical()) != string(r.resultat):
		r.reason = "l’entrée donne un autre résultat"
	case r.published != nil && string(published.AppendMembers(nil)) != string(r.published):
		r.reason = "ce qui est publié n’est pas le résultat"
	}
}
