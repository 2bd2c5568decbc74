package postgres

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"mednum/internal/access"
	"mednum/internal/consultation"
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

// linksMaximum are the links that an account may have on the way at once. Any
// of them opens: who floods a mailbox does not keep its owner out.
const linksMaximum = 3

// MailLink keeps a link for who holds an address, and gives its token: "" when
// enough are on the way already, or the account is closed. An unknown address
// gets an account without a role, so nothing tells it from a known one. With an
// issuer, opening the link also ties that identity to the account.
func (c *Census) MailLink(ctx context.Context, mail, back string, as access.Identity, at time.Time) (token string, err error) {
	err = c.people(ctx, "make link", func(tx pgx.Tx) error {
		account, err := accountOfMail(ctx, tx, mail, at)
		if err != nil {
			return err
		}
		var open bool
		var under int
		// Two at once wait for each other: the count holds.
		err = tx.QueryRow(ctx, `SELECT disabled_at IS NULL FROM accounts WHERE account = $1 FOR UPDATE`, account).Scan(&open)
		if err != nil || !open {
			return err
		}
		err = tx.QueryRow(ctx, `SELECT count(*) FROM mail_links WHERE account = $1 AND used_at IS NULL AND expires_at > $2`, account, at).Scan(&under)
		if err != nil || under >= linksMaximum {
			return err
		}
		var hash []byte
		if token, hash, err = access.NewToken(rand.Reader); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `
			INSERT INTO mail_links (token_hash, account, issuer, subject, back, created_at, expires_at) VALUES ($1, $2, NULLIF($3, ''), NULLIF($4, ''), $5, $6, $7)`,
			hash, account, clean(as.Issuer), clean(as.Subject), clean(back), at, at.Add(access.LinkLife))
		return err
	})
	if err != nil {
		return "", err
	}
	return token, nil
}

// accountOfMail gives the account of an address, new if need be.
func accountOfMail(ctx context.Context, tx pgx.Tx, mail string, at time.Time) (account int64, err error) {
	// Two at once for a new address wait for each other.
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended($1, 10))`, mail); err != nil {
		return 0, err
	}
	err = tx.QueryRow(ctx, `SELECT account FROM people WHERE mail = $1`, mail).Scan(&account)
	if !errors.Is(err, pgx.ErrNoRows) {
		return account, err
	}
	if account, err = newAccount(ctx, tx, at); err != nil {
		return 0, err
	}
	_, err = tx.Exec(ctx, `INSERT INTO people (account, mail) VALUES ($1, $2)`, account, mail)
	return account, err
}

func newAccount(ctx context.Context, tx pgx.Tx, at time.Time) (account int64, err error) {
	err = tx.QueryRow(ctx, `INSERT INTO accounts (created_at) VALUES ($1) RETURNING account`, at).Scan(&account)
	return account, err
}

const linkColumns = `l.account, COALESCE(p.mail, ''), l.back, l.issuer IS NOT NULL, l.expires_at, l.used_at`

func scanLink(row pgx.Row, more ...any) (l access.Link, err error) {
	var used *time.Time
	err = row.Scan(append([]any{&l.Account, &l.Mail, &l.Back, &l.Ties, &l.Expires, &used}, more...)...)
	if used != nil {
		l.Used = *used
	}
	return l, err
}

// Link looks at a link, and does not use it: machines that watch over mail open
// every link before people do. The error wraps access.ErrLink.
func (c *Census) Link(ctx context.Context, token string, at time.Time) (access.Link, error) {
	hash, ok := access.ParseToken(token)
	if !ok {
		return access.Link{}, access.Link{}.Good(at)
	}
	l, err := scanLink(c.pool.QueryRow(ctx, `SELECT `+linkColumns+` FROM mail_links l JOIN people p USING (account) WHERE token_hash = $1`, hash))
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return access.Link{}, fmt.Errorf("read link: %w", explain(err))
	}
	return l, l.Good(at)
}

// UseLink uses a link, once: the address is proved. The others on the way to the
// same person end with it.
func (c *Census) UseLink(ctx context.Context, token string, at time.Time) (l access.Link, err error) {
	hash, ok := access.ParseToken(token)
	if !ok {
		return access.Link{}, access.Link{}.Good(at)
	}
	err = c.people(ctx, "use link", func(tx pgx.Tx) error {
		var issuer, subject string
		l, err = scanLink(tx.QueryRow(ctx, `
			SELECT `+linkColumns+`, COALESCE(l.issuer, ''), COALESCE(l.subject, '')
			FROM mail_links l JOIN people p USING (account) WHERE token_hash = $1 FOR UPDATE OF l`, hash), &issuer, &subject)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		if err := l.Good(at); err != nil {
			return err
		}
		if issuer != "" {
			if err := tie(ctx, tx, l.Account, issuer, subject); err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, `UPDATE mail_links SET used_at = $2 WHERE account = $1 AND used_at IS NULL`, l.Account, at)
		return err
	})
	return l, err
}

// tie has an identity be an account's, and no other's.
func tie(ctx context.Context, tx pgx.Tx, account int64, issuer, subject string) error {
	issuer, subject = clean(issuer), clean(subject)
	if _, err := tx.Exec(ctx, `UPDATE people SET issuer = NULL, subject = NULL WHERE issuer = $1 AND subject = $2 AND account <> $3`, issuer, subject, account); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `UPDATE people SET issuer = $2, subject = $3 WHERE account = $1`, account, issuer, subject)
	return err
}

// Identified gives the account of who was identified: that of the identity, else
// that of the address when it is verified, else a new one. It is 0 when the
// address has to be proved first: a link sent to it then does the rest.
func (c *Census) Identified(ctx context.Context, as access.Identity, canMail bool, at time.Time) (account int64, err error) {
	err = c.people(ctx, "identify", func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended($1, 10))`, clean(as.Issuer+" "+as.Subject)); err != nil {
			return err
		}
		err := tx.QueryRow(ctx, `SELECT account FROM people WHERE issuer = $1 AND subject = $2`, clean(as.Issuer), clean(as.Subject)).Scan(&account)
		switch {
		case err == nil:
		case !errors.Is(err, pgx.ErrNoRows):
			return err
		case as.Mail != "" && as.Verified:
			if account, err = accountOfMail(ctx, tx, as.Mail, at); err != nil {
				return err
			}
			if err := tie(ctx, tx, account, as.Issuer, as.Subject); err != nil {
				return err
			}
		case as.Mail != "" && canMail:
			return nil
		default:
			if account, err = newAccount(ctx, tx, at); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, `INSERT INTO people (account, issuer, subject) VALUES ($1, $2, $3)`, account, clean(as.Issuer), clean(as.Subject))
			if err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, `UPDATE people SET given_name = COALESCE(NULLIF($2, ''), given_name), usual_name = COALESCE(NULLIF($3, ''), usual_name) WHERE account = $1`,
			account, clean(as.GivenName), clean(as.UsualName))
		return err
	})
	return account, err
}

const accountColumns = `a.account, COALESCE(p.mail, ''), COALESCE(p.given_name, ''), COALESCE(p.usual_name, ''), a.created_at, a.entered_at, a.disabled_at, a.erased_at`

func scanAccount(row pgx.Row) (a access.Account, err error) {
	var entered, disabled, erased *time.Time
	err = row.Scan(&a.Number, &a.Mail, &a.GivenName, &a.UsualName, &a.Created, &entered, &disabled, &erased)
	for _, t := range []struct {
		from *time.Time
		to   *time.Time
	}{{entered, &a.Entered}, {disabled, &a.Disabled}, {erased, &a.Erased}} {
		if t.from != nil {
			*t.to = *t.from
		}
	}
	return a, err
}

// Account gives an account with all its roles and requests.
func (c *Census) Account(ctx context.Context, number int64) (access.Account, error) {
	a, err := scanAccount(c.pool.QueryRow(ctx, `SELECT `+accountColumns+` FROM accounts a LEFT JOIN people p USING (account) WHERE account = $1`, number))
	if errors.Is(err, pgx.ErrNoRows) {
		return a, access.ErrNoAccount
	}
	if err == nil {
		a.Grants, err = grantsOf(ctx, c.pool, number)
	}
	if err == nil {
		a.Requests, err = c.requests(ctx, `WHERE r.account = $1 ORDER BY number`, number)
	}
	if err != nil {
		return a, fmt.Errorf("read account: %w", explain(err))
	}
	return a, nil
}

// Accounts lists those whose mail, name or organisation holds the words, newest
// first, those before a number (0: all). Who only ever asked for a link is not
// one yet.
func (c *Census) Accounts(ctx context.Context, words string, before int64, limit int) ([]access.Account, error) {
	rows, err := c.pool.Query(ctx, `
		SELECT `+accountColumns+` FROM accounts a LEFT JOIN people p USING (account)
		WHERE ($1::bigint = 0 OR a.account < $1)
			AND (a.entered_at IS NOT NULL OR a.erased_at IS NOT NULL OR EXISTS (SELECT FROM account_roles g WHERE g.account = a.account))
			AND ($2 = '' OR position(lower($2) IN lower(concat_ws(' ', p.mail, p.given_name, p.usual_name))) > 0
				OR EXISTS (SELECT FROM account_roles g WHERE g.account = a.account AND position(lower($2) IN lower(g.organisation)) > 0))
		ORDER BY a.account DESC LIMIT $3`, before, clean(words), limit)
	if err != nil {
		return nil, fmt.Errorf("list accounts: %w", explain(err))
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (access.Account, error) { return scanAccount(row) })
	for i := 0; i < len(list) && err == nil; i++ {
		list[i].Grants, err = grantsOf(ctx, c.pool, list[i].Number)
	}
	if err != nil {
		return nil, fmt.Errorf("list accounts: %w", explain(err))
	}
	return list, nil
}

// AccountOfMail gives the number of the account of an address, or ErrNoAccount.
func (c *Census) AccountOfMail(ctx context.Context, mail string) (account int64, err error) {
	err = c.pool.QueryRow(ctx, `SELECT account FROM people WHERE mail = $1`, clean(mail)).Scan(&account)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, access.ErrNoAccount
	}
	if err != nil {
		return 0, fmt.Errorf("read account: %w", explain(err))
	}
	return account, nil
}

// Waiting lists the requests that nobody answered, oldest first.
func (c *Census) Waiting(ctx context.Context) ([]access.Request, error) {
	list, err := c.requests(ctx, `WHERE r.decided_at IS NULL ORDER BY number LIMIT 200`)
	if err != nil {
		return nil, fmt.Errorf("list requests: %w", explain(err))
	}
	return list, nil
}

const requestColumns = `r.number, r.account, COALESCE(p.mail, ''), concat_ws(' ', p.given_name, p.usual_name), r.role, r.organisation, COALESCE(r.siren, ''), COALESCE(r.territory_kind, ''), r.territory_codes,
	r.why, r.made_at, r.decided_at, COALESCE(r.accepted, false), COALESCE(r.decided_by, ''), COALESCE(r.reason, '')`

func scanRequest(row pgx.Row) (r access.Request, err error) {
	var decided *time.Time
	err = row.Scan(&r.Number, &r.Account, &r.Mail, &r.Name, &r.Role, &r.Organisation, &r.Siren, &r.Territory.Kind, &r.Territory.Codes,
		&r.Why, &r.Made, &decided, &r.Granted, &r.By, &r.Reason)
	r.ID = access.AccountKey(r.Account)
	if decided != nil {
		r.Decided = *decided
	}
	return r, err
}

func (c *Census) requests(ctx context.Context, where string, args ...any) ([]access.Request, error) {
	rows, err := c.pool.Query(ctx, `SELECT `+requestColumns+` FROM role_requests r LEFT JOIN people p USING (account) `+where, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (access.Request, error) { return scanRequest(row) })
}

// requestsMaximum are those of one account that may wait at once.
const requestsMaximum = 3

// AskRole keeps what somebody asks for, whose faults were told.
func (c *Census) AskRole(ctx context.Context, r access.Request, at time.Time) error {
	return c.people(ctx, "ask for role", func(tx pgx.Tx) error {
		var n int
		if err := tx.QueryRow(ctx, `SELECT 1 FROM accounts WHERE account = $1 FOR UPDATE`, r.Account).Scan(&n); err != nil {
			return err
		}
		err := tx.QueryRow(ctx, `SELECT count(*) FROM role_requests WHERE account = $1 AND decided_at IS NULL`, r.Account).Scan(&n)
		if err != nil {
			return err
		}
		if n >= requestsMaximum {
			return &consultation.Refusal{Reasons: []string{"Trois de vos demandes attendent déjà une réponse."}}
		}
		_, err = tx.Exec(ctx, `
			INSERT INTO role_requests (account, role, organisation, siren, territory_kind, territory_codes, why, made_at)
			VALUES ($1, $2, $3, NULLIF($4, ''), NULLIF($5, ''), $6, $7, $8)`,
			r.Account, r.Role, clean(r.Organisation), r.Siren, r.Territory.Kind, territoryCodes(r.Territory), clean(r.Why), at)
		return err
	})
}

// Stewards gives the addresses of those who may give roles at an instant, twenty
// at most.
func (c *Census) Stewards(ctx context.Context, at time.Time) ([]string, error) {
	rows, err := c.pool.Query(ctx, `
		SELECT DISTINCT p.mail FROM account_roles g JOIN accounts a USING (account) JOIN people p USING (account)
		WHERE g.role = $1 AND g.revoked_at IS NULL AND g.expires_at > $2 AND a.disabled_at IS NULL AND a.erased_at IS NULL AND p.mail IS NOT NULL
		ORDER BY p.mail LIMIT 20`, access.Administrator, at)
	if err != nil {
		return nil, fmt.Errorf("list who gives roles: %w", explain(err))
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("list who gives roles: %w", explain(err))
	}
	return all, nil
}

func territoryCodes(t access.Territory) []string {
	if t.Codes == nil {
		return []string{}
	}
	return t.Codes
}

// AnswerRequest answers a request: what is accepted becomes a role, until expires.
func (c *Census) AnswerRequest(ctx context.Context, number int64, accept bool, reason string, expires time.Time, by access.Key, at time.Time) (r access.Request, err error) {
	err = c.decided(ctx, "decide request", at, func(w *recorder) error {
		r, err = scanRequest(w.tx.QueryRow(ctx, `
			SELECT `+requestColumns+` FROM role_requests r LEFT JOIN people p USING (account) WHERE r.number = $1 FOR UPDATE OF r`, number))
		if errors.Is(err, pgx.ErrNoRows) {
			return access.ErrNoRequest
		}
		if err != nil {
			return err
		}
		if err := access.MayEnrol(by, r.Account, at); err != nil {
			return err
		}
		if !r.Decided.IsZero() {
			return &consultation.Refusal{Reasons: []string{"Cette demande a déjà reçu une réponse."}}
		}
		_, err := w.tx.Exec(ctx, `UPDATE role_requests SET decided_at = $2, accepted = $3, decided_by = $4, reason = $5 WHERE number = $1`, number, at, accept, by.ID, clean(reason))
		if err != nil || !accept {
			return err
		}
		r.Created, r.Expires = at, expires
		return w.give(ctx, r.Account, r.Key, by)
	})
	return r, err
}

// decided is recorded, without the rule that what logs nothing changes nothing:
// a refusal is between two people.
func (c *Census) decided(ctx context.Context, what string, at time.Time, do func(w *recorder) error) error {
	logged := false
	err := c.recorded(ctx, at, func(w *recorder) error {
		if err := do(w); err != nil {
			return err
		}
		logged = w.n > 0
		if !logged {
			return w.tx.Commit(ctx)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("%s: %w", what, explain(err))
	}
	return nil
}

// give keeps a role.
func (w *recorder) give(ctx context.Context, account int64, k access.Key, by access.Key) error {
	var open bool
	err := w.tx.QueryRow(ctx, `SELECT disabled_at IS NULL AND erased_at IS NULL FROM accounts WHERE account = $1 FOR UPDATE`, account).Scan(&open)
	if errors.Is(err, pgx.ErrNoRows) {
		return access.ErrNoAccount
	}
	if err != nil {
		return err
	}
	if !open {
		return &consultation.Refusal{Reasons: []string{"Ce compte est fermé : rouvrez-le d’abord."}}
	}
	expires := consultation.Instant(k.Expires)
	_, err = w.tx.Exec(ctx, `
		INSERT INTO account_roles (account, role, organisation, siren, territory_kind, territory_codes, created_at, expires_at, given_by)
		VALUES ($1, $2, $3, NULLIF($4, ''), NULLIF($5, ''), $6, $7, $8, $9)`,
		account, k.Role, clean(k.Organisation), k.Siren, k.Territory.Kind, territoryCodes(k.Territory), w.at, expires, by.ID)
	if err != nil {
		return err
	}
	return w.log(ctx, consultation.LogRoleGiven, access.AccountKey(account), consultation.PartyOf(by), map[string]any{
		"role": k.Role, "organisation": k.Organisation, "siren": k.Siren, "territoire": k.Territory.String(), "expire_le": expires,
	})
}

// GiveRole gives a role to an account; its faults were told (access.Key.Faults).
func (c *Census) GiveRole(ctx context.Context, account int64, k access.Key, by access.Key, at time.Time) error {
	return c.decided(ctx, "give role", at, func(w *recorder) error {
		if err := access.MayEnrol(by, account, at); err != nil {
			return err
		}
		return w.give(ctx, account, k, by)
	})
}

// Invite gives a role to who holds an address, who has an account from then on.
func (c *Census) Invite(ctx context.Context, mail string, k access.Key, by access.Key, at time.Time) (account int64, err error) {
	err = c.decided(ctx, "invite", at, func(w *recorder) error {
		if account, err = accountOfMail(ctx, w.tx, mail, at); err != nil {
			return err
		}
		if err := access.MayEnrol(by, account, at); err != nil {
			return err
		}
		return w.give(ctx, account, k, by)
	})
	return account, err
}

// WithdrawRole takes a role back from an account: from its next request on it can no
// longer do anything with it.
func (c *Census) WithdrawRole(ctx context.Context, account, grant int64, reason string, by access.Key, at time.Time) error {
	return c.decided(ctx, "take role back", at, func(w *recorder) error {
		if err := access.MayEnrol(by, account, at); err != nil {
			return err
		}
		g, err := scanGrant(w.tx.QueryRow(ctx, `SELECT `+grantColumns+` FROM account_roles WHERE grant_id = $1 AND account = $2 FOR UPDATE`, grant, account))
		if errors.Is(err, pgx.ErrNoRows) {
			return access.ErrNoAccount
		}
		if err != nil || !g.Revoked.IsZero() {
			return err
		}
		return w.takeBack(ctx, account, g, reason, by)
	})
}

func (w *recorder) takeBack(ctx context.Context, account int64, g access.Grant, reason string, by access.Key) error {
	_, err := w.tx.Exec(ctx, `UPDATE account_roles SET revoked_at = $2, revoked_by = $3, reason = $4 WHERE grant_id = $1`, g.Number, w.at, by.ID, clean(reason))
	if err != nil {
		return err
	}
	return w.log(ctx, consultation.LogRoleTaken, access.AccountKey(account), consultation.PartyOf(by), map[string]any{
		"role": g.Role, "organisation": g.Organisation, "motif": reason,
	})
}

// Disable closes an account, and its sessions at once, or opens it again.
func (c *Census) Disable(ctx context.Context, account int64, disable bool, by access.Key, at time.Time) error {
	return c.decided(ctx, "disable account", at, func(w *recorder) error {
		if err := access.MayEnrol(by, account, at); err != nil {
			return err
		}
		var was, erased *time.Time
		err := w.tx.QueryRow(ctx, `SELECT disabled_at, erased_at FROM accounts WHERE account = $1 FOR UPDATE`, account).Scan(&was, &erased)
		if errors.Is(err, pgx.ErrNoRows) {
			return access.ErrNoAccount
		}
		if err != nil || (was != nil) == disable {
			return err
		}
		if erased != nil {
			return &consultation.Refusal{Reasons: []string{"Ce compte a été effacé : il ne se rouvre pas."}}
		}
		kind := consultation.LogOpened
		if disable {
			kind = consultation.LogClosed
			if err := shut(ctx, w.tx, account); err != nil {
				return err
			}
		}
		if _, err := w.tx.Exec(ctx, `UPDATE accounts SET disabled_at = CASE WHEN $2 THEN $3::timestamptz END WHERE account = $1`, account, disable, w.at); err != nil {
			return err
		}
		return w.log(ctx, kind, access.AccountKey(account), consultation.PartyOf(by), map[string]any{})
	})
}

// shut closes every way in.
func shut(ctx context.Context, tx pgx.Tx, account int64) error {
	_, err := tx.Exec(ctx, `DELETE FROM sessions WHERE account = $1`, account)
	if err == nil {
		_, err = tx.Exec(ctx, `DELETE FROM mail_links WHERE account = $1`, account)
	}
	return err
}

// Erase forgets who an account was: name, mail, identity, sessions, and what
// they wrote to ask for a role. What was done under its number stays.
func (c *Census) Erase(ctx context.Context, account int64, by access.Key, at time.Time) error {
	return c.decided(ctx, "erase account", at, func(w *recorder) error {
		if err := access.MayEnrol(by, account, at); err != nil {
			return err
		}
		var erased *time.Time
		err := w.tx.QueryRow(ctx, `SELECT erased_at FROM accounts WHERE account = $1 FOR UPDATE`, account).Scan(&erased)
		if errors.Is(err, pgx.ErrNoRows) {
			return access.ErrNoAccount
		}
		if err != nil || erased != nil {
			return err
		}
		grants, err := grantsOf(ctx, w.tx, account)
		if err != nil {
			return err
		}
		for _, g := range grants {
			if g.Valid(w.at) == nil {
				if err := w.takeBack(ctx, account, g, "", by); err != nil {
					return err
				}
			}
		}
		if err := shut(ctx, w.tx, account); err != nil {
			return err
		}
		for _, statement := range []string{
			`DELETE FROM people WHERE account = $1`,
			`UPDATE role_requests SET why = '', reason = NULL WHERE account = $1`,
		} {
			if _, err := w.tx.Exec(ctx, statement, account); err != nil {
				return err
			}
		}
		if _, err := w.tx.Exec(ctx, `UPDATE accounts SET erased_at = $2, disabled_at = COALESCE(disabled_at, $2) WHERE account = $1`, account, w.at); err != nil {
			return err
		}
		return w.log(ctx, consultation.LogErased, access.AccountKey(account), consultation.PartyOf(by), map[string]any{})
	})
}

// kept is how long what is over stays before it is swept: nobody needs it.
const kept = 24 * time.Hour

// SweepAccounts removes sessions and links that are over, and the accounts of
// addresses that nobody ever proved.
func (c *Census) SweepAccounts(ctx context.Context, at time.Time) error {
	return c.people(ctx, "sweep accounts", func(tx pgx.Tx) error {
		over := at.Add(-kept)
		for _, statement := range []string{
			`DELETE FROM sessions WHERE expires_at < $1`,
			`DELETE FROM mail_links WHERE expires_at < $1`,
			`DELETE FROM people p USING accounts a WHERE p.account = a.account AND ` + unproved,
			`DELETE FROM accounts a WHERE ` + unproved,
		} {
			if _, err := tx.Exec(ctx, statement, over); err != nil {
				return err
			}
		}
		return nil
	})
}

const unproved = `a.entered_at IS NULL AND a.disabled_at IS NULL AND a.created_at < $1
	AND NOT EXISTS (SELECT FROM account_roles g WHERE g.account = a.account) AND NOT EXISTS (SELECT FROM role_requests r WHERE r.account = a.account)
	AND NOT EXISTS (SELECT FROM mail_links l WHERE l.account = a.account) AND NOT EXISTS (SELECT FROM sessions s WHERE s.account = a.account)`
