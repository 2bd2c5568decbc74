package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"mednum/internal/access"
	"mednum/internal/consultation"
)

const keyColumns = `key_id, role, organisation, COALESCE(siren, ''), COALESCE(territory_kind, ''), territory_codes, created_at, expires_at, revoked_at`

func scanKey(row pgx.Row, k *access.Key, more ...any) error {
	var revoked *time.Time
	err := row.Scan(append([]any{&k.ID, &k.Role, &k.Organisation, &k.Siren, &k.Territory.Kind, &k.Territory.Codes, &k.Created, &k.Expires, &revoked}, more...)...)
	if revoked != nil {
		k.Revoked = *revoked
	}
	return err
}

// Key gives the key of a secret, or an error that wraps access.ErrKey. Nothing is
// kept of its use: who asks what, and when, is nobody's business.
func (c *Census) Key(ctx context.Context, secret string, at time.Time) (access.Key, error) {
	id, hash, err := access.ParseSecret(secret)
	if err != nil {
		return access.Key{}, err
	}
	var k access.Key
	var kept []byte
	err = scanKey(c.pool.QueryRow(ctx, `SELECT `+keyColumns+`, secret_hash FROM access_keys WHERE key_id = $1`, id), &k, &kept)
	switch {
	case err != nil && !errors.Is(err, pgx.ErrNoRows):
		return access.Key{}, fmt.Errorf("read key: %w", explain(err))
	case err != nil || !access.SameHash(hash, kept):
		return access.Key{}, &access.Denial{Reason: "Cette clé n’est pas connue ici.", Err: access.ErrKey}
	}
	if err := k.Valid(at); err != nil {
		return access.Key{}, err
	}
	return k, nil
}

// Keys lists them all, newest first.
func (c *Census) Keys(ctx context.Context) ([]access.Key, error) {
	rows, err := c.pool.Query(ctx, `SELECT `+keyColumns+` FROM access_keys ORDER BY created_at DESC, key_id`)
	if err != nil {
		return nil, fmt.Errorf("list keys: %w", explain(err))
	}
	keys, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (k access.Key, err error) { return k, scanKey(row, &k) })
	if err != nil {
		return nil, fmt.Errorf("list keys: %w", explain(err))
	}
	return keys, nil
}

// CreateKey keeps a key whose faults were told (access.Key.Faults), with the
// hash of its secret.
func (c *Census) CreateKey(ctx context.Context, k access.Key, hash []byte, by consultation.Party) error {
	k.Created, k.Expires = consultation.Instant(k.Created), consultation.Instant(k.Expires)
	if k.Territory.Codes == nil {
		k.Territory.Codes = []string{}
	}
	err := c.recorded(ctx, k.Created, func(w *recorder) error {
		_, err := w.tx.Exec(ctx, `
			INSERT INTO access_keys (key_id, secret_hash, role, organisation, siren, territory_kind, territory_codes, created_at, expires_at)
			VALUES ($1, $2, $3, $4, NULLIF($5, ''), NULLIF($6, ''), $7, $8, $9)`,
			k.ID, hash, k.Role, k.Organisation, k.Siren, k.Territory.Kind, k.Territory.Codes, k.Created, k.Expires)
		if err != nil {
			return err
		}
		return w.log(ctx, consultation.LogKeyCreated, "clé "+k.ID, by, map[string]any{
			"role": k.Role, "organisation": k.Organisation, "siren": k.Siren, "territoire": k.Territory.String(), "expire_le": k.Expires,
		})
	})
	if err != nil {
		return fmt.Errorf("create key: %w", explain(err))
	}
	return nil
}

// RevokeKey ends a key for good, or does nothing when it was. An unknown one is
// access.ErrKey.
func (c *Census) RevokeKey(ctx context.Context, id string, by consultation.Party, at time.Time) (access.Key, error) {
	var k access.Key
	err := c.recorded(ctx, at, func(w *recorder) error {
		if !utf8.ValidString(id) || strings.ContainsRune(id, 0) {
			id = "" // that of no key
		}
		err := scanKey(w.tx.QueryRow(ctx, `SELECT `+keyColumns+` FROM access_keys WHERE key_id = $1`, id), &k)
		if errors.Is(err, pgx.ErrNoRows) {
			return &access.Denial{Reason: "Aucune clé n’a cet identifiant.", Err: access.ErrKey}
		}
		if err != nil || !k.Revoked.IsZero() {
			return err
		}
		k.Revoked = w.at
		if _, err := w.tx.Exec(ctx, `UPDATE access_keys SET revoked_at = $2 WHERE key_id = $1`, id, k.Revoked); err != nil {
			return err
		}
		return w.log(ctx, consultation.LogKeyRevoked, "clé "+k.ID, by, map[string]any{"role": k.Role, "organisation": k.Organisation})
	})
	if err != nil {
		return access.Key{}, fmt.Errorf("revoke key: %w", explain(err))
	}
	return k, nil
}
