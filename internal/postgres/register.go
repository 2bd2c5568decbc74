package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"mednum/internal/history"
	"mednum/internal/place"
)

// LabelledPlace is a place that a register of labels may speak of.
type LabelledPlace struct {
	place.Place
	Identifier  string
	Producteur  string
	Departement string
	Doubt       bool       // its position is doubtful
	Since       place.Date // the record is as it is since then
}

// LabelledPlaces gives the live places that declare a label, and those whose
// name, folded, holds named: in order of number. Made-up places are left out,
// for no register has them.
func (c *Census) LabelledPlaces(ctx context.Context, label, named string) ([]LabelledPlace, error) {
	places, err := c.labelledPlaces(ctx, label, named)
	if err != nil {
		return nil, fmt.Errorf("read places that declare %s: %w", label, explain(err))
	}
	return places, nil
}

func (c *Census) labelledPlaces(ctx context.Context, label, named string) ([]LabelledPlace, error) {
	rows, err := c.pool.Query(ctx, `
		SELECT p.identifier, p.changed_at, f.feature
		FROM places p JOIN features f USING (seq)
		WHERE p.shown AND NOT p.demonstration AND (
			p.dispositif_programmes_nationaux && ARRAY[$1]::text[]
			OR p.formations_labels && ARRAY[$1]::text[]
			OR p.search LIKE '%' || $2 || '%')
		ORDER BY p.seq`, clean(label), strings.Join(splitWords(named), " "))
	if err != nil {
		return nil, err
	}
	var all []LabelledPlace
	var identifier string
	var changed time.Time
	var feature []byte
	_, err = pgx.ForEachRow(rows, []any{&identifier, &changed, (*text)(&feature)}, func() error {
		p, beside, err := place.ParseFeature(feature)
		if err != nil {
			return fmt.Errorf("place %s: %w", identifier, err)
		}
		all = append(all, LabelledPlace{
			Place: p, Identifier: identifier, Producteur: beside.Producteur, Departement: beside.Departement, Doubt: beside.PositionDoute != "", Since: dayOf(changed),
		})
		return nil
	})
	return all, err
}

// undecided is the resultat of a verdict that is taken back: evidence is only
// added to, and no version of the référentiel gives a value to this one.
const undecided = "indecis"

// RegisterVerdict is what a register says of a place. Resultat "" is that it does
// not say.
type RegisterVerdict struct {
	Identifier string
	Resultat   string
	Reasons    []string // French
}

// RegisterFindings are the verdicts of one edition of a register.
type RegisterFindings struct {
	Source       string // the register, always under the same name
	Organisation string // who keeps it
	Preuve       string // what it is evidence of
	Against      string // the resultat that a newer edition's silence takes back
	Date         place.Date
	Months       int // during which it holds
	Verdicts     []RegisterVerdict
	DryRun       bool
}

// RegisterChanges counts what became of verdicts. One place counts once.
type RegisterChanges struct {
	Written   map[string]int // new or changed, by resultat
	Unchanged int
	Undecided int // the register does not say
	TakenBack int // of Undecided: a verdict against, or of this very edition, that no longer stands
	Newer     int // left alone: somebody looked after the day of this edition
	Gone      int // withdrawn meanwhile, or found to be another place
	Rescored  int
}

// SaveRegister writes verdicts as evidence, and scores again the places that
// they change, in one transaction. Former verdicts stay, as history: the last one
// counts. A newer edition, or a visit made after this one, is never
// replaced. Twice the same changes nothing.
func (c *Census) SaveRegister(ctx context.Context, f RegisterFindings) (RegisterChanges, error) {
	changes, err := c.saveRegister(ctx, f)
	if err != nil {
		return RegisterChanges{}, fmt.Errorf("save register %s: %w", f.Source, explain(err))
	}
	return changes, nil
}

// held is evidence that a place has.
type held struct {
	resultat string
	on       place.Date
	until    place.Date
	source   string
	reasons  []string
}

func (c *Census) saveRegister(ctx context.Context, f RegisterFindings) (RegisterChanges, error) {
	changes := RegisterChanges{Written: map[string]int{}}
	if !f.Date.Known() || f.Source == "" || f.Preuve == "" {
		return changes, errors.New("a register has a name, a date and what it is evidence of")
	}
	tx, err := c.pool.Begin(ctx)
	if err != nil {
		return changes, err
	}
	defer tx.Rollback(context.WithoutCancel(ctx))
	if err := sign(signed(ctx, history.Author{Cause: history.Scoring, Subject: "registre:" + clean(f.Source)}), tx); err != nil {
		return changes, err
	}
	if _, err := tx.Exec(ctx, `SET LOCAL statement_timeout = 0`); err != nil {
		return changes, err
	}
	// Two imports of one register do not read what the other is about to write.
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(loadLock)); err != nil {
		return changes, err
	}
	identifiers := make([]string, len(f.Verdicts))
	for i := range f.Verdicts {
		identifiers[i] = f.Verdicts[i].Identifier
	}
	seqs := make(map[string]int64, len(identifiers))
	rows, err := tx.Query(ctx, `SELECT identifier, seq FROM places WHERE identifier = ANY($1) AND shown`, identifiers)
	if err != nil {
		return changes, err
	}
	var identifier string
	var seq int64
	if _, err := pgx.ForEachRow(rows, []any{&identifier, &seq}, func() error {
		seqs[identifier] = seq
		return nil
	}); err != nil {
		return changes, err
	}
	former, err := heldBy(ctx, tx, f.Preuve, seqs)
	if err != nil {
		return changes, err
	}
	until := dateAfter(f.Date, f.Months)
	var touched []int64
	var resultats []string
	var reasons [][]string
	for _, v := range f.Verdicts {
		seq, ok := seqs[v.Identifier]
		if !ok {
			changes.Gone++
			continue
		}
		v.Reasons = cleanList(v.Reasons)
		list := former[seq]
		if slices.ContainsFunc(list, func(h held) bool { return h.on.Compare(f.Date) > 0 }) {
			changes.Newer++
			continue
		}
		// What stands is the last row: of everybody, and of this very edition.
		var last, same *held
		for k := range list {
			last = &list[k]
			if last.source == f.Source && last.on == f.Date {
				same = last
			}
		}
		if v.Resultat == "" {
			changes.Undecided++
			if last == nil || last.source != f.Source || last.resultat == undecided || last.resultat != f.Against && last != same {
				continue
			}
			changes.TakenBack++
			v.Resultat = undecided
		} else if same != nil && same.resultat == v.Resultat && same.until == until && slices.Equal(same.reasons, v.Reasons) {
			changes.Unchanged++
			continue
		} else {
			changes.Written[v.Resultat]++
		}
		touched, resultats, reasons = append(touched, seq), append(resultats, v.Resultat), append(reasons, v.Reasons)
	}
	changes.Rescored = len(touched)
	if f.DryRun || len(touched) == 0 {
		return changes, nil
	}
	var requests pgx.Batch
	for i, seq := range touched {
		requests.Queue(`
			INSERT INTO evidence (seq, preuve, resultat, found_on, expires_on, source, reasons, organisation, created_at)
			VALUES ($1, $2, $3, $4, $5, $6, to_jsonb($7::text[]), $8, statement_timestamp())`,
			seq, f.Preuve, resultats[i], f.Date.Time(), until.Time(), f.Source, reasons[i], f.Organisation)
	}
	if err := tx.SendBatch(ctx, &requests).Close(); err != nil {
		return changes, err
	}
	if err := c.rescore(ctx, tx, touched, place.Date{}); err != nil {
		return changes, err
	}
	if err := bump(ctx, tx, false); err != nil {
		return changes, err
	}
	return changes, tx.Commit(ctx)
}

// heldBy gives the evidence of one kind that places have, oldest written first.
func heldBy(ctx context.Context, tx pgx.Tx, preuve string, seqs map[string]int64) (map[int64][]held, error) {
	numbers := make([]int64, 0, len(seqs))
	for _, seq := range seqs {
		numbers = append(numbers, seq)
	}
	rows, err := tx.Query(ctx, `
		SELECT seq, resultat, found_on, expires_on, source, ARRAY(SELECT jsonb_array_elements_text(reasons))
		FROM evidence WHERE preuve = $1 AND seq = ANY($2) ORDER BY evidence_id`, preuve, numbers)
	if err != nil {
		return nil, err
	}
	all := make(map[int64][]held, len(numbers))
	var seq int64
	var h held
	var on, until time.Time
	_, err = pgx.ForEachRow(rows, []any{&seq, &h.resultat, &on, &until, &h.source, &h.reasons}, func() error {
		h.on, h.until = dateOf(&on), dateOf(&until)
		all[seq] = append(all[seq], h)
		h.reasons = nil
		return nil
	})
	return all, err
}
