package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// VerifyIn verifies what a transaction under way sees.
func VerifyIn(ctx context.Context, tx pgx.Tx, noted ...string) (Verification, error) {
	return verifyIn(ctx, tx, noted)
}

// Compare counts the results that differ, as a publication does.
func (c *Census) Compare(ctx context.Context, before, after []byte) (done bool, different int, examples []string, err error) {
	var found comparison
	err = c.compare(ctx, before, after, &found)
	return found.done, found.different, found.examples, err
}
