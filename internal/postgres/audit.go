package postgres

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"mednum/internal/history"
	"mednum/internal/place"
)

// Audit is what a check of the journal, and of the rows that it speaks of, found.
type Audit struct {
	Revisions int64
	Head      string // hash of the last one: noted elsewhere, it proves that none was cut off since
	Rows      int64  // compared with the journal
	Findings  []string
	More      int // findings that are not in the list
}

// findingsMaximum are told: what a wide hand changed, nobody reads line by line.
const findingsMaximum = 200

func (a *Audit) find(format string, args ...any) {
	if len(a.Findings) == findingsMaximum {
		a.More++
		return
	}
	a.Findings = append(a.Findings, fmt.Sprintf(format, args...))
}

// journalled are the tables whose rows the journal keeps.
var journalled = []string{"places", "features", "records", "members", "scores"}

// VerifyJournal reads the whole journal again and compares it with what the
// tables hold. The triggers refuse such changes, or write them down; this tells
// those that were made with the triggers off: which revision, table and place.
// noted are hashes of revisions that somebody kept. A table's rows are held in
// memory by their hashes: some 100 MB for a million places.
func (c *Census) VerifyJournal(ctx context.Context, noted ...string) (Audit, error) {
	var a Audit
	// One snapshot: somebody may write meanwhile.
	err := pgx.BeginTxFunc(ctx, c.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		// The texts of rows must be those that the triggers read.
		_, err := tx.Exec(ctx, `SET LOCAL statement_timeout = 0; SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO'; SET LOCAL bytea_output = 'hex'`)
		if err != nil {
			return err
		}
		if err := a.triggers(ctx, tx); err != nil {
			return err
		}
		if err := a.chain(ctx, tx, noted); err != nil {
			return err
		}
		for _, table := range journalled {
			if err := a.table(ctx, tx, table); err != nil {
				return fmt.Errorf("%s: %w", table, err)
			}
		}
		return nil
	})
	if err != nil {
		return Audit{}, fmt.Errorf("verify journal: %w", explain(err))
	}
	return a, nil
}

// triggers tells those that keep the journal and are off.
func (a *Audit) triggers(ctx context.Context, tx pgx.Tx) error {
	wanted := map[string]bool{"journal_parts journal_commit": true}
	for _, t := range journalled {
		for _, name := range []string{"journal_insert", "journal_update", "journal_delete", "journal_truncate"} {
			wanted[t+" "+name] = true
		}
		wanted[t+"_past "+t+"_past_append_only"] = true
	}
	for _, t := range []string{"revisions", "journal_parts", "journal_births"} {
		wanted[t+" "+t+"_append_only"] = true
	}
	rows, err := tx.Query(ctx, `SELECT relname || ' ' || tgname FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid WHERE tgenabled = 'A' AND NOT tgisinternal AND pg_table_is_visible(c.oid)`)
	if err != nil {
		return err
	}
	var name string
	if _, err := pgx.ForEachRow(rows, []any{&name}, func() error { delete(wanted, name); return nil }); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		table, trigger, _ := strings.Cut(name, " ")
		a.find("le garde-fou %s de la table %s est désactivé ou absent", trigger, table)
	}
	return nil
}

// chain checks the revisions, each with the one before, and with the parts that
// its digest is of.
func (a *Audit) chain(ctx context.Context, tx pgx.Tx, noted []string) error {
	missing := map[string]bool{}
	for _, hash := range noted {
		missing[strings.ToLower(strings.TrimSpace(hash))] = true
	}
	var last history.Link
	broken := false
	for {
		rows, err := tx.Query(ctx, `
			SELECT `+revisionColumns+`, r.change, r.digest,
				(SELECT sha256(COALESCE(string_agg(p.digest, '' ORDER BY p.part), '')) FROM journal_parts p WHERE p.change = r.change)
			FROM revisions r WHERE r.number > $1 ORDER BY r.number LIMIT 1000`, last.Number)
		if err != nil {
			return err
		}
		links, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (l history.Link, err error) {
			var parts []byte
			err = scanRevision(row, &l.Revision, &l.Change, &l.Digest, &parts)
			if err == nil && !bytes.Equal(parts, l.Digest) {
				a.find("révision %d : ce qui est noté des lignes qu’elle a touchées n’est plus ce qu’elle a noté", l.Number)
			}
			return l, err
		})
		if err != nil {
			return err
		}
		if len(links) == 0 {
			break
		}
		var where *history.Break
		if err := history.VerifyChain(last, links); errors.As(err, &where) && !broken {
			// What follows a break follows nothing: one is told.
			broken = true
			a.find("%s", where.Error())
		}
		for i := range links {
			delete(missing, hex.EncodeToString(links[i].Hash))
		}
		last = links[len(links)-1]
		a.Revisions += int64(len(links))
	}
	if a.Revisions == 0 {
		a.find("le journal est vide : il a perdu jusqu’à son début")
	}
	a.Head = hex.EncodeToString(last.Hash)
	for _, hash := range slices.Sorted(maps.Keys(missing)) {
		a.find("le journal n’a plus la révision d’empreinte %s : sa fin a été coupée, ou il a été réécrit", hash)
	}
	var change int64
	rows, err := tx.Query(ctx, `SELECT DISTINCT change FROM journal_parts p WHERE NOT EXISTS (SELECT FROM revisions r WHERE r.change = p.change) ORDER BY change`)
	if err != nil {
		return err
	}
	_, err = pgx.ForEachRow(rows, []any{&change}, func() error {
		a.find("le changement %d est noté, et n’a pas de révision", change)
		return nil
	})
	return err
}

type rowHash [16]byte

// touch is what a revision left of a row; kept: what it was before is there.
type touch struct {
	revision int64
	hash     rowHash
	kept     bool
}

// stream reads a long answer in pieces: the connection's buffers stay small.
func stream(ctx context.Context, tx pgx.Tx, sql string, targets []any, each func() error) error {
	rows, err := tx.Query(ctx, sql)
	if err != nil {
		return err
	}
	_, err = pgx.ForEachRow(rows, targets, each)
	return err
}

// table compares the rows of a table, those of the past and those of now, with
// the hashes that each revision left.
func (a *Audit) table(ctx context.Context, tx pgx.Tx, table string) error {
	all := map[int64][]touch{}
	// What each revision left, by the hashes that are chained.
	var revision int64
	var part int
	var seqs []int64
	var hashes, digest []byte
	err := stream(ctx, tx, `
		SELECT r.number, p.part, p.seqs, p.hashes, p.digest FROM journal_parts p JOIN revisions r USING (change)
		WHERE p.rows = '`+table+`' ORDER BY r.number, p.part`, []any{&revision, &part, &seqs, &hashes, &digest}, func() error {
		text := []byte(table + " ")
		for i, seq := range seqs {
			if i > 0 {
				text = append(text, ' ')
			}
			text = strconv.AppendInt(text, seq, 10)
		}
		sum := sha256.Sum256(append(append(text, '\n'), hashes...))
		if len(hashes) != len(rowHash{})*len(seqs) || !bytes.Equal(sum[:], digest) {
			a.find("révision %d, table %s : la liste des lignes qu’elle a touchées a été retouchée (partie %d)", revision, table, part)
		}
		for i, seq := range seqs {
			if len(hashes) < (i+1)*len(rowHash{}) {
				break
			}
			t := touch{revision: revision, hash: rowHash(hashes[i*len(rowHash{}):])}
			list := all[seq]
			if n := len(list); n > 0 && list[n-1].revision == revision {
				list[n-1].hash = t.hash
			} else {
				all[seq] = append(list, t)
			}
		}
		seqs, hashes, digest = nil, nil, nil
		return nil
	})
	if err != nil {
		return err
	}
	where := func(revision, seq int64) string {
		return fmt.Sprintf("révision %d, table %s, lieu %s", revision, table, place.Identifier(seq))
	}
	// What rows were, beside what the revision before had left of them.
	var seq int64
	var hash []byte
	err = stream(ctx, tx, `
		SELECT x.seq, r.number, CASE WHEN (x.former).seq IS NULL THEN NULL ELSE journal_hash((x.former)::text) END
		FROM `+table+`_past x JOIN revisions r USING (change)`, []any{&seq, &revision, &hash}, func() error {
		a.Rows++
		list := all[seq]
		i, met := slices.BinarySearchFunc(list, revision, func(t touch, revision int64) int { return int(t.revision - revision) })
		var was rowHash
		copy(was[:], hash)
		hash = nil
		switch {
		case !met || i == 0:
			a.find("%s : une ligne du passé qu’aucun changement n’a laissée", where(revision, seq))
		case list[i-1].hash != was:
			list[i].kept = true
			a.find("%s : ce qu’elle était avant n’est plus ce qui a été noté", where(revision, seq))
		default:
			list[i].kept = true
		}
		return nil
	})
	if err != nil {
		return err
	}
	// When rows first came.
	var first, end int64
	born := map[int64]int64{}
	err = stream(ctx, tx, `
		SELECT b.first, b.last, r.number FROM journal_births b JOIN revisions r USING (change) WHERE b.rows = '`+table+`' ORDER BY b.first`,
		[]any{&first, &end, &revision}, func() error {
			for seq := first; seq <= end; seq++ {
				if list := all[seq]; len(list) == 0 || list[0].revision != revision {
					a.find("%s : une première fois qu’aucun changement n’a notée", where(revision, seq))
					if end-first > int64(len(all)) {
						return nil // a run out of all measure
					}
					continue
				}
				born[seq] = revision
			}
			return nil
		})
	if err != nil {
		return err
	}
	for _, seq := range slices.Sorted(maps.Keys(all)) {
		list := all[seq]
		if born[seq] == 0 {
			a.find("%s : elle est venue là, et cela n’est plus noté", where(list[0].revision, seq))
		}
		for _, t := range list[1:] {
			if !t.kept {
				a.find("%s : ce qu’elle était avant n’est plus gardé", where(t.revision, seq))
			}
		}
	}
	// What rows are now.
	err = stream(ctx, tx, `SELECT t.seq, journal_hash(t::text) FROM `+table+` t`, []any{&seq, &hash}, func() error {
		a.Rows++
		list := all[seq]
		is := rowHash(hash)
		hash = nil
		switch n := len(list); {
		case n == 0:
			a.find("table %s, lieu %s : la ligne est venue sans que le journal le note", table, place.Identifier(seq))
		case list[n-1].hash != is:
			a.find("table %s, lieu %s : la ligne a changé après la révision %d sans que le journal le note", table, place.Identifier(seq), list[n-1].revision)
		}
		delete(all, seq)
		return nil
	})
	if err != nil {
		return err
	}
	for _, seq := range slices.Sorted(maps.Keys(all)) {
		if last := all[seq][len(all[seq])-1]; last.hash != (rowHash{}) {
			a.find("table %s, lieu %s : la ligne a disparu après la révision %d sans que le journal le note", table, place.Identifier(seq), last.revision)
		}
	}
	return nil
}
