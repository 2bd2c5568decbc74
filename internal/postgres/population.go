package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"github.com/jackc/pgx/v5"

	"mednum/internal/history"
	"mednum/internal/place"
	"mednum/internal/quality"
	"mednum/internal/simulation"
)

// Population gives the sample of the census that a simulation runs on: what was
// scored, and its groups, at most limit of them (0: all), in order of number.
// A sample takes one of every so many: neighbours have near numbers, so it
// spreads over the country.
func (c *Census) Population(ctx context.Context, limit int) ([]simulation.Place, error) {
	if limit < 0 {
		return nil, fmt.Errorf("read population: limit %d", limit)
	}
	sql, args := `
		SELECT p.identifier, r.entree, COALESCE(p.departement, ''), p.typologie, s.name
		FROM results r JOIN places p USING (seq) JOIN sources s USING (source_id)
		WHERE NOT r.upcoming
		ORDER BY r.seq`, []any(nil)
	if limit > 0 {
		sql, args = `
			WITH drawn AS (
				SELECT seq FROM (
					SELECT seq, row_number() OVER (ORDER BY seq) - 1 AS i, count(*) OVER () AS n
					FROM results WHERE NOT upcoming
				) AS numbered
				WHERE i = 0 OR i * $1::bigint / n > (i - 1) * $1 / n
			)
			SELECT p.identifier, r.entree, COALESCE(p.departement, ''), p.typologie, s.name
			FROM drawn d JOIN results r ON r.seq = d.seq AND NOT r.upcoming JOIN places p ON p.seq = d.seq JOIN sources s USING (source_id)
			ORDER BY d.seq`, []any{limit}
	}
	rows, err := c.pool.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("read population: %w", explain(err))
	}
	defer rows.Close()
	var all []simulation.Place
	words := &lexicon{words: map[string]string{}}
	const chunk = 2000
	entrees := make([][]byte, 0, chunk)
	from := 0
	flush := func() error {
		err := readEntrees(all[from:], entrees, words)
		from, entrees = len(all), entrees[:0]
		return err
	}
	for rows.Next() {
		var p simulation.Place
		var entree []byte
		var typologie []string
		if err := rows.Scan(&p.ID, (*text)(&entree), &p.Departement, &typologie, &p.Source); err != nil {
			return nil, fmt.Errorf("read population: %w", err)
		}
		p.Departement, p.Source, p.Porteur = words.keep(p.Departement), words.keep(p.Source), carrier(typologie)
		all, entrees = append(all, p), append(entrees, entree)
		if len(entrees) == chunk {
			if err := flush(); err != nil {
				return nil, fmt.Errorf("read population: %w", err)
			}
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read population: %w", explain(err))
	}
	if err := flush(); err != nil {
		return nil, fmt.Errorf("read population: %w", err)
	}
	return all, nil
}

func readEntrees(places []simulation.Place, entrees [][]byte, words *lexicon) error {
	workers := runtime.GOMAXPROCS(0)
	faults := make([]error, workers)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := len(places) * w / workers; i < len(places)*(w+1)/workers; i++ {
				if err := readJSON(entrees[i], &places[i].Entree); err != nil {
					faults[w] = fmt.Errorf("entry of %s: %w", places[i].ID, err)
					return
				}
				words.entree(&places[i].Entree)
			}
		})
	}
	wg.Wait()
	i := slices.IndexFunc(faults, func(err error) bool { return err != nil })
	if i >= 0 {
		return faults[i]
	}
	return nil
}

func readJSON(text []byte, into any) error { return json.Unmarshal(text, into) }

// lexicon keeps each word once: entries are made of the same ones, and a million
// of them would not fit in memory otherwise.
type lexicon struct {
	mu    sync.RWMutex
	words map[string]string
}

func (l *lexicon) keep(s string) string {
	l.mu.RLock()
	kept, ok := l.words[s]
	l.mu.RUnlock()
	if ok {
		return kept
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if kept, ok := l.words[s]; ok {
		return kept
	}
	l.words[s] = s
	return s
}

func (l *lexicon) entree(in *quality.Entree) {
	list := func(list []string) {
		for i, s := range list {
			list[i] = l.keep(s)
		}
	}
	for _, values := range in.Fiche.Listes {
		list(values)
	}
	list(in.Fiche.Presents)
	list(in.Fiche.Absents)
	list(in.Contexte.Constantes)
	list(in.Contestes)
}

// carriers are kinds of carriers by typologie, the first that a place has:
// what tells most comes first.
var carriers = []struct {
	name  string
	codes []string
}{
	{"France services", []string{"RFS", "MSAP", "PIMMS"}},
	{"bibliothèque", []string{"BIB", "RELAIS_LECTURE"}},
	{"centre social", []string{"CS", "CSC", "EVS", "MJC", "MQ", "MDH"}},
	{"action sociale communale", []string{"CCAS", "CIAS"}},
	{"emploi et insertion", []string{"FT", "ML", "MDE", "MDEF", "CAP_EMPLOI", "PLIE", "E2C", "EPIDE", "AFPA", "ACI", "ACIPHC", "AI", "EI", "EITI", "ETTI", "GEIQ", "OF", "CITMET"}},
	{"espace numérique", []string{"EPN", "EPI", "ENM", "ODC"}},
	{"tiers-lieu", []string{"TIERS_LIEUX", "FABLAB", "FABRIQUE"}},
	{"point jeunesse", []string{"PIJ_BIJ", "PI"}},
	{"La Poste", []string{"LA_POSTE"}},
	{"commune ou intercommunalité", []string{"MUNI", "CC", "EPCI"}},
	{"département ou région", []string{"CD", "CDAS", "DEPT", "MDS", "MDPH", "REG"}},
	{"organisme social", []string{"CAF", "CPAM", "MSA", "UDAF"}},
	{"association", []string{"ASSO", "ASSO_CHOMEUR", "ESS", "RESSOURCERIE"}},
}

func carrier(typologie []string) string {
	if len(typologie) == 0 {
		return ""
	}
	for _, c := range carriers {
		for _, code := range typologie {
			if slices.Contains(c.codes, code) {
				return c.name
			}
		}
	}
	return "autre"
}

// AidesLocales tells in which départements a pass or another local help to pay
// is active, and in which not; the others are unknown.
func (c *Census) AidesLocales(ctx context.Context) (map[string]bool, error) {
	rows, err := c.pool.Query(ctx, `SELECT departement, active FROM aides_locales`)
	if err != nil {
		return nil, fmt.Errorf("read local helps: %w", explain(err))
	}
	all := map[string]bool{}
	var departement string
	var active bool
	if _, err := pgx.ForEachRow(rows, []any{&departement, &active}, func() error { all[departement] = active; return nil }); err != nil {
		return nil, fmt.Errorf("read local helps: %w", explain(err))
	}
	return all, nil
}

// SetAidesLocales changes what is known of some départements (nil: unknown
// again) and scores their places, as of a day (unknown: today).
func (c *Census) SetAidesLocales(ctx context.Context, helps map[string]*bool, on place.Date) error {
	if len(helps) == 0 {
		return nil
	}
	err := pgx.BeginFunc(ctx, c.pool, func(tx pgx.Tx) error {
		if err := sign(signed(ctx, history.Author{Cause: history.Scoring}), tx); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `SET LOCAL statement_timeout = 0`); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(loadLock)); err != nil {
			return err
		}
		var known, forgotten []string
		var active []bool
		for departement, is := range helps {
			if is == nil {
				forgotten = append(forgotten, departement)
				continue
			}
			known, active = append(known, departement), append(active, *is)
		}
		if _, err := tx.Exec(ctx, `DELETE FROM aides_locales WHERE departement = ANY($1)`, forgotten); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `
			INSERT INTO aides_locales (departement, active) SELECT * FROM unnest($1::text[], $2::boolean[])
			ON CONFLICT (departement) DO UPDATE SET active = EXCLUDED.active`, known, active)
		if err != nil {
			return err
		}
		s := scoring{census: c, tx: tx, date: on, where: "p.departement = ANY($1)", args: []any{append(known, forgotten...)}}
		if err := s.run(ctx); err != nil || s.written == 0 {
			return err
		}
		if err := settleScores(ctx, tx); err != nil {
			return err
		}
		return bump(ctx, tx, false)
	})
	if err != nil {
		return fmt.Errorf("set local helps: %w", explain(err))
	}
	return nil
}
