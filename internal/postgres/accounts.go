package postgres

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"mednum/internal/access"
)

// people runs do in a transaction about accounts, which no answer of the census
// shows: it has no new version.
func (c *Census) people(ctx context.Context, what string, do func(tx pgx.Tx) error) error {
	err := pgx.BeginTxFunc(ctx, c.pool, pgx.TxOptions{AccessMode: pgx.ReadWrite}, do)
	if err != nil {
		return fmt.Errorf("%s: %w", what, explain(err))
	}
	return nil
}

func ended(reason string) error { return &access.Denial{Reason: reason, Err: access.ErrKey} }

const sessionColumns = `s.session_id, COALESCE(s.account, 0), COALESCE(s.key_id, ''), COALESCE(s.grant_id, 0), s.means, s.browser, s.created_at, s.seen_at, s.expires_at`

func scanSession(row pgx.Row, s *access.Session, more ...any) error {
	return row.Scan(append([]any{&s.ID, &s.Account, &s.Key.ID, &s.Grant, &s.Means, &s.Browser, &s.Created, &s.Seen, &s.Expires}, more...)...)
}

// seenEvery is how late the last use of a session may be: not a write a request.
const seenEvery = time.Minute

// Session gives who holds a session's token. What was revoked, taken back or
// disabled a moment ago no longer counts.
func (c *Census) Session(ctx context.Context, token string, at time.Time) (access.Session, error) {
	hash, ok := access.ParseToken(token)
	if !ok {
		return access.Session{}, ended("Votre session est terminée. Connectez-vous de nouveau.")
	}
	var s access.Session
	var mail string
	var disabled *time.Time
	err := scanSession(c.pool.QueryRow(ctx, `
		SELECT `+sessionColumns+`, COALESCE(p.mail, ''), a.disabled_at
		FROM sessions s LEFT JOIN accounts a USING (account) LEFT JOIN people p USING (account)
		WHERE s.token_hash = $1`, hash), &s, &mail, &disabled)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return access.Session{}, ended("Votre session est terminée. Connectez-vous de nouveau.")
	case err != nil:
		return access.Session{}, fmt.Errorf("read session: %w", explain(err))
	case disabled != nil:
		return access.Session{}, ended("Votre compte a été fermé. Demandez à un administrateur.")
	}
	if err := s.Alive(at); err != nil {
		return access.Session{}, err
	}
	if err := c.empower(ctx, &s, at); err != nil {
		return access.Session{}, err
	}
	s.Mail = mail
	if at.Sub(s.Seen) >= seenEvery {
		if _, err := c.pool.Exec(ctx, `UPDATE sessions SET seen_at = $2 WHERE session_id = $1 AND seen_at < $2`, s.ID, at); err != nil {
			return access.Session{}, fmt.Errorf("read session: %w", explain(err))
		}
	}
	return s, nil
}

// empower says what a session may do: as its key, or as the role that the
// person chose, while it holds.
func (c *Census) empower(ctx context.Context, s *access.Session, at time.Time) error {
	if s.Account == 0 {
		err := scanKey(c.pool.QueryRow(ctx, `SELECT `+keyColumns+` FROM access_keys WHERE key_id = $1`, s.Key.ID), &s.Key)
		if err != nil {
			return fmt.Errorf("read session: %w", explain(err))
		}
		return s.Key.Valid(at)
	}
	grants, err := grantsOf(ctx, c.pool, s.Account)
	if err != nil {
		return fmt.Errorf("read session: %w", err)
	}
	s.Key = access.Key{ID: access.AccountKey(s.Account), Created: s.Created, Expires: s.Expires}
	chosen := s.Grant
	s.Grant = 0
	for _, g := range grants {
		if g.Valid(at) != nil {
			continue
		}
		s.Roles = append(s.Roles, g)
		if g.Number == chosen {
			s.Key, s.Grant = g.Key, chosen
		}
	}
	return nil
}

const grantColumns = `grant_id, account, role, organisation, COALESCE(siren, ''), COALESCE(territory_kind, ''), territory_codes, created_at, expires_at, revoked_at, given_by, COALESCE(reason, '')`

func scanGrant(row pgx.Row) (g access.Grant, err error) {
	var account int64
	var revoked *time.Time
	err = row.Scan(&g.Number, &account, &g.Role, &g.Organisation, &g.Siren, &g.Territory.Kind, &g.Territory.Codes, &g.Created, &g.Expires, &revoked, &g.By, &g.Reason)
	g.ID = access.AccountKey(account)
	if revoked != nil {
		g.Revoked = *revoked
	}
	return g, err
}

// grantsOf gives the roles of an account, oldest first, those taken back
// included.
func grantsOf(ctx context.Context, q asker, account int64) ([]access.Grant, error) {
	rows, err := q.Query(ctx, `SELECT `+grantColumns+` FROM account_roles WHERE account = $1 ORDER BY grant_id`, account)
	if err != nil {
		return nil, explain(err)
	}
	grants, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (access.Grant, error) { return scanGrant(row) })
	return grants, explain(err)
}

// OpenSession keeps a new session of s.Account, or of the key s.Key.ID, and gives
// its token: nobody else ever has it. A person who has one role only takes it.
func (c *Census) OpenSession(ctx context.Context, s access.Session, idToken string, at time.Time) (token string, err error) {
	err = c.people(ctx, "open session", func(tx pgx.Tx) error {
		if s.Account != 0 {
			var disabled *time.Time
			err := tx.QueryRow(ctx, `UPDATE accounts SET entered_at = $2 WHERE account = $1 AND erased_at IS NULL RETURNING disabled_at`, s.Account, at).Scan(&disabled)
			if errors.Is(err, pgx.ErrNoRows) || disabled != nil {
				return ended("Votre compte a été fermé. Demandez à un administrateur.")
			}
			if err != nil {
				return err
			}
			grants, err := grantsOf(ctx, tx, s.Account)
			if err != nil {
				return err
			}
			var good []int64
			for _, g := range grants {
				if g.Valid(at) == nil {
					good = append(good, g.Number)
				}
			}
			if s.Grant = 0; len(good) == 1 {
				s.Grant = good[0]
			}
		}
		s.Expires = at.Add(access.SessionLife)
		token, err = keepSession(ctx, tx, s, idToken, at)
		return err
	})
	return token, err
}

func keepSession(ctx context.Context, tx pgx.Tx, s access.Session, idToken string, at time.Time) (string, error) {
	token, hash, err := access.NewToken(rand.Reader)
	if err != nil {
		return "", err
	}
	var key any
	if s.Account == 0 {
		key = s.Key.ID
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO sessions (session_id, token_hash, account, key_id, grant_id, means, browser, id_token, created_at, seen_at, expires_at)
		VALUES ($1, $2, NULLIF($3::bigint, 0), $4, NULLIF($5::bigint, 0), $6, $7, NULLIF($8, ''), $9, $9, $10)`,
		access.SessionID(hash), hash, s.Account, key, s.Grant, s.Means, clean(s.Browser), idToken, at, s.Expires)
	return token, err
}

// ChooseRole changes the role of a session. It is another session, with another
// token: the former one no longer opens anything.
func (c *Census) ChooseRole(ctx context.Context, token string, grant int64, at time.Time) (string, error) {
	s, err := c.Session(ctx, token, at)
	if err != nil {
		return "", err
	}
	known := false
	for _, g := range s.Roles {
		known = known || g.Number == grant
	}
	if !known {
		return "", &access.Denial{Reason: "Ce rôle n’est pas le vôtre, ou ne l’est plus.", Err: access.ErrForbidden}
	}
	hash, _ := access.ParseToken(token)
	err = c.people(ctx, "choose role", func(tx pgx.Tx) error {
		var idToken string
		err := tx.QueryRow(ctx, `DELETE FROM sessions WHERE token_hash = $1 RETURNING COALESCE(id_token, '')`, hash).Scan(&idToken)
		if errors.Is(err, pgx.ErrNoRows) {
			return ended("Votre session est terminée. Connectez-vous de nouveau.")
		}
		if err != nil {
			return err
		}
		s.Grant = grant
		token, err = keepSession(ctx, tx, s, idToken, at) // with the end that it had
		return err
	})
	if err != nil {
		return "", err
	}
	return token, nil
}

// CloseSession ends the session of a token, if there is one, and gives what
// signs out of who identified the person too.
func (c *Census) CloseSession(ctx context.Context, token string) (idToken string, err error) {
	hash, ok := access.ParseToken(token)
	if !ok {
		return "", nil
	}
	err = c.people(ctx, "close session", func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `DELETE FROM sessions WHERE token_hash = $1 RETURNING COALESCE(id_token, '')`, hash).Scan(&idToken)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	return idToken, err
}

// CloseSessions ends the sessions of an account: one by its public name, or all
// of them ("").
func (c *Census) CloseSessions(ctx context.Context, account int64, id string) error {
	return c.people(ctx, "close sessions", func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM sessions WHERE account = $1 AND ($2 = '' OR session_id = $2)`, account, clean(id))
		return err
	})
}

// SessionsOf lists the sessions of an account that still hold, the last used
// first.
func (c *Census) SessionsOf(ctx context.Context, account int64, at time.Time) ([]access.Session, error) {
	rows, err := c.pool.Query(ctx, `
		SELECT `+sessionColumns+` FROM sessions s
		WHERE account = $1 AND expires_at > $2 AND seen_at > $3 ORDER BY seen_at DESC, session_id`, account, at, at.Add(-access.SessionIdle))
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", explain(err))
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (s access.Session, err error) { return s, scanSession(row, &s) })
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", explain(err))
	}
	return list, nil
}
