package postgres

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"mednum/internal/history"
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
