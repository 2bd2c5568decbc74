package postgres

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"mednum/internal/access"
	"mednum/internal/place"
	"mednum/internal/ticket"
)

// TicketSecret is what signs the forms of reports: the same for every server of
// this database.
func (c *Census) TicketSecret(ctx context.Context) (secret []byte, err error) {
	if err := c.pool.QueryRow(ctx, `SELECT secret FROM ticket_secret`).Scan(&secret); err != nil {
		return nil, fmt.Errorf("read the secret of reports: %w", explain(err))
	}
	return secret, nil
}

// ticketing runs do in one transaction about reports. They are no part of the
// census: its version stays.
func (c *Census) ticketing(ctx context.Context, do func(pgx.Tx) error) error {
	tx, err := c.begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback(context.WithoutCancel(ctx))
	if err := do(tx); err != nil {
		return err
	}
	return tx.Commit(ctx)
}

const ticketColumns = `t.ticket_id, t.number, t.kind, t.state, COALESCE(lead.identifier, p.identifier, ''), t.nom, t.commune, COALESCE(t.code_insee, ''), COALESCE(t.parent, ''), COALESCE(t.epci, ''),
	COALESCE(t.departement, ''), COALESCE(t.region, ''), t.cells, t.base, t.made_at, t.last_at, t.voices, t.own, t.doubtful, COALESCE(t.key_id, ''), COALESCE(t.organisation, ''), COALESCE(t.role, ''),
	t.taken_at, t.answer, t.closed_at, COALESCE(t.duplicate_of, ''), (SELECT count(*) FROM ticket_mails m WHERE m.ticket_id = t.ticket_id)`

// A place that joined another is spoken of under that one's name.
const ticketTables = `tickets t LEFT JOIN places p ON p.seq = t.seq LEFT JOIN places lead ON lead.seq = p.merged_into`

func scanTicket(row pgx.Row, more ...any) (id int64, t ticket.Ticket, err error) {
	var cells []byte
	var taken, closed *time.Time
	err = row.Scan(append([]any{&id, &t.Number, &t.Kind, &t.State, &t.Place, &t.Nom, &t.Where.Commune, &t.Where.CodeInsee, &t.Where.Parent, &t.Where.Epci, &t.Where.Departement, &t.Where.Region,
		(*text)(&cells), &t.Base, &t.Made, &t.Last, &t.Voices, &t.Own, &t.Doubtful, &t.By.Key, &t.By.Organisation, &t.By.Role, &taken, &t.Answer, &closed, &t.Of, &t.Mails}, more...)...)
	if err != nil {
		return 0, t, err
	}
	if taken != nil {
		t.Since = *taken
	}
	if closed != nil {
		t.Closed = *closed
	}
	if cells != nil {
		if err := json.Unmarshal(cells, &t.Cells); err != nil {
			return 0, t, fmt.Errorf("stored cells of %s: %w", t.Number, err)
		}
	}
	return id, t, nil
}

// Report keeps what somebody sends, and gives the report that it is part of:
// fresh when it is the first to say so. Errors: those of a place that is no more,
// ticket.ErrFull.
func (c *Census) Report(ctx context.Context, r ticket.Report) (made ticket.Ticket, fresh bool, err error) {
	err = c.ticketing(ctx, func(tx pgx.Tx) (err error) {
		made, fresh, err = c.report(ctx, tx, r)
		return err
	})
	if err != nil {
		return made, false, fmt.Errorf("keep a report: %w", explain(err))
	}
	return made, fresh, nil
}

func (c *Census) report(ctx context.Context, tx pgx.Tx, r ticket.Report) (made ticket.Ticket, fresh bool, err error) {
	var seq *int64
	if r.Place != "" {
		l, err := locate(ctx, tx, r.Place)
		if err != nil {
			return made, false, err
		}
		seq = &l.seq
		r.Where.CodeInsee, r.Where.Parent, r.Where.Epci, r.Where.Departement, r.Where.Region = l.codeInsee, l.parent, l.epci, l.departement, l.region
	} else if r.Where.CodeInsee != "" {
		err := tx.QueryRow(ctx, `
			SELECT c.nom, COALESCE(c.parent, ''), COALESCE(c.epci, city.epci, ''), COALESCE(c.departement, ''), COALESCE(c.region, '')
			FROM communes c LEFT JOIN communes city ON city.code = c.parent WHERE c.code = $1`, clean(r.Where.CodeInsee)).
			Scan(&r.Where.Commune, &r.Where.Parent, &r.Where.Epci, &r.Where.Departement, &r.Where.Region)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return made, false, err
		}
	}
	// Those that say the same at once wait for each other: one of them is the
	// first, the others are its voices.
	subject := r.Subject()
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended(encode($1::bytea, 'hex'), 11))`, subject[:]); err != nil {
		return made, false, err
	}
	id, err := openTicket(ctx, tx, subject)
	if errors.Is(err, pgx.ErrNoRows) {
		if err = room(ctx, tx, &r, seq); errors.Is(err, errCrowded) {
			// One more proposal about a place that has many: its words join those of
			// the place's other reports, where agents read them.
			r.Text = inWords(&r)
			r.Kind, r.Cells = ticket.Other, nil
			return c.report(ctx, tx, r)
		}
		if err != nil {
			return made, false, err
		}
		id, err = newTicket(ctx, tx, &r, seq, subject)
		fresh = true
	}
	if err != nil {
		return made, false, err
	}
	if err := addVoice(ctx, tx, id, &r, fresh); err != nil {
		return made, false, err
	}
	made, err = readTicket(ctx, tx, `t.ticket_id = $1`, id)
	return made, fresh, err
}

func openTicket(ctx context.Context, tx pgx.Tx, subject [32]byte) (id int64, err error) {
	err = tx.QueryRow(ctx, `SELECT ticket_id FROM tickets WHERE subject = $1 AND closed_at IS NULL FOR UPDATE`, subject[:]).Scan(&id)
	return id, err
}

// errCrowded: the place has as many proposals as one person reads.
var errCrowded = errors.New("too many proposals of one place")

// room tells whether a new report may wait. Each limit is of a part of the queue,
// so that whoever fills one fills no other.
func room(ctx context.Context, tx pgx.Tx, r *ticket.Report, seq *int64) error {
	if r.Own {
		return nil
	}
	for _, limit := range []struct {
		counts    bool
		maximum   int
		condition string
		args      []any
		full      error
	}{
		{r.Network != nil, ticket.NetworkMaximum, `network = $1`, []any{r.Network}, ticket.ErrFull},
		{seq != nil && len(r.Cells) > 0, ticket.PlaceMaximum, `seq = $1 AND cells IS NOT NULL`, []any{seq}, errCrowded},
		// Of a commune that nobody knows: those of no commune together.
		{seq == nil, ticket.TownMaximum, `seq IS NULL AND kind = $1 AND code_insee IS NOT DISTINCT FROM $2`, []any{ticket.New, unknown(clean(r.Where.CodeInsee))}, ticket.ErrFull},
		{r.Doubtful, ticket.Maximum, `doubtful`, nil, ticket.ErrFull},
	} {
		if !limit.counts {
			continue
		}
		var n int
		sql := fmt.Sprintf(`SELECT count(*) FROM (SELECT FROM tickets WHERE closed_at IS NULL AND %s LIMIT %d) AS waiting`, limit.condition, limit.maximum)
		if err := tx.QueryRow(ctx, sql, limit.args...).Scan(&n); err != nil {
			return err
		}
		if n >= limit.maximum {
			return limit.full
		}
	}
	return nil
}

// inWords is a proposal as a message.
func inWords(r *ticket.Report) string {
	lines := []string{}
	if r.Text != "" {
		lines = append(lines, r.Text)
	}
	for i := range place.Columns {
		if v, ok := r.Cells[place.Columns[i].Name]; ok {
			lines = append(lines, place.Columns[i].Name+" : "+v)
		}
	}
	text := []rune(strings.Join(lines, "\n"))
	return string(text[:min(len(text), ticket.TextMaximum)])
}

func newTicket(ctx context.Context, tx pgx.Tx, r *ticket.Report, seq *int64, subject [32]byte) (id int64, err error) {
	var cells any
	if len(r.Cells) > 0 {
		kept := make(map[string]string, len(r.Cells))
		for column, v := range r.Cells {
			kept[column] = clean(v)
		}
		text, err := json.Marshal(kept)
		if err != nil {
			return 0, err
		}
		cells = string(text)
	}
	// A number that is taken already is drawn again.
	for range 10 {
		number, err := ticket.NewNumber(rand.Reader)
		if err != nil {
			return 0, err
		}
		err = tx.QueryRow(ctx, `
			INSERT INTO tickets (number, kind, state, subject, seq, nom, commune, code_insee, parent, epci, departement, region, cells, base, made_at, last_at, own, doubtful, network)
			VALUES ($1, $2, 'recu', $3, $4, $5, $6, NULLIF($7, ''), NULLIF($8, ''), NULLIF($9, ''), NULLIF($10, ''), NULLIF($11, ''), $12, $13, $14, $14, $15, $16, $17)
			ON CONFLICT (number) DO NOTHING RETURNING ticket_id`,
			string(number), r.Kind, subject[:], seq, clean(r.Nom), clean(r.Where.Commune), clean(r.Where.CodeInsee), r.Where.Parent, r.Where.Epci, r.Where.Departement, r.Where.Region,
			cells, r.Base, r.At, r.Own, r.Doubtful, r.Network).Scan(&id)
		if !errors.Is(err, pgx.ErrNoRows) {
			return id, err
		}
	}
	return 0, errors.New("no number is free")
}

// voicesOf is how many messages of one network a report keeps: whoever says the
// same a hundred times leaves room to the others.
const voicesOf = 3

// addVoice adds to a report what one more person says. It is said once more when
// another network says so; and of many messages the first and the last are kept.
func addVoice(ctx context.Context, tx pgx.Tx, id int64, r *ticket.Report, fresh bool) error {
	var known int
	if r.Network != nil {
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM ticket_voices WHERE ticket_id = $1 AND network = $2`, id, r.Network).Scan(&known); err != nil {
			return err
		}
	}
	if !fresh {
		// Said again by somebody of whom nothing is wrong, it is doubtful no more.
		_, err := tx.Exec(ctx, `
			UPDATE tickets SET voices = voices + $2, last_at = greatest(last_at, $3), own = own OR $4, doubtful = doubtful AND $5 WHERE ticket_id = $1`,
			id, btoi(known == 0), r.At, r.Own, r.Doubtful)
		if err != nil {
			return err
		}
	}
	if known < voicesOf {
		_, err := tx.Exec(ctx, `INSERT INTO ticket_voices (ticket_id, made_at, body, own, network) VALUES ($1, $2, $3, $4, $5)`, id, r.At, clean(r.Text), r.Own, r.Network)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `
			DELETE FROM ticket_voices WHERE ticket_id = $1
				AND voice_id NOT IN (SELECT voice_id FROM ticket_voices WHERE ticket_id = $1 ORDER BY voice_id LIMIT $2)
				AND voice_id NOT IN (SELECT voice_id FROM ticket_voices WHERE ticket_id = $1 ORDER BY voice_id DESC LIMIT $3)`,
			id, ticket.VoicesFirst, ticket.VoicesLast)
		if err != nil {
			return err
		}
	}
	if r.Mail == "" || known >= voicesOf {
		return nil
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO ticket_mails (ticket_id, mail, made_at, erase_at)
		SELECT $1, $2, $3, $4 WHERE (SELECT count(*) FROM ticket_mails WHERE ticket_id = $1) < $5
		ON CONFLICT DO NOTHING`,
		id, clean(r.Mail), r.At, r.At.Add(ticket.MailLongest), ticket.VoicesFirst+ticket.VoicesLast)
	return err
}

// readTicket reads the one that satisfies a condition, with what was said and
// done.
func readTicket(ctx context.Context, tx pgx.Tx, condition string, args ...any) (ticket.Ticket, error) {
	id, t, err := scanTicket(tx.QueryRow(ctx, `SELECT `+ticketColumns+` FROM `+ticketTables+` WHERE `+condition, args...))
	if errors.Is(err, pgx.ErrNoRows) {
		return t, ticket.ErrNone
	}
	if err != nil {
		return t, err
	}
	rows, err := tx.Query(ctx, `SELECT made_at, body, own FROM ticket_voices WHERE ticket_id = $1 ORDER BY voice_id`, id)
	if err != nil {
		return t, err
	}
	t.Said, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (v ticket.Voice, err error) { return v, row.Scan(&v.At, &v.Text, &v.Own) })
	if err != nil {
		return t, err
	}
	if rows, err = tx.Query(ctx, `SELECT made_at, act, body, organisation, role, key_id FROM ticket_steps WHERE ticket_id = $1 ORDER BY step_id`, id); err != nil {
		return t, err
	}
	t.Steps, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (s ticket.Step, err error) {
		return s, row.Scan(&s.At, &s.Act, &s.Words, &s.By.Organisation, &s.By.Role, &s.By.Key)
	})
	return t, err
}

// Ticket gives a report, or an error that wraps ticket.ErrNone.
func (c *Census) Ticket(ctx context.Context, number ticket.Number) (t ticket.Ticket, err error) {
	err = pgx.BeginTxFunc(ctx, c.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) (err error) {
		t, err = readTicket(ctx, tx, `t.number = $1`, string(number))
		return err
	})
	if err != nil {
		return t, fmt.Errorf("read report %s: %w", number, explain(err))
	}
	return t, nil
}

// orphan is a condition: nobody who handles reports has this territory but those
// who have them all. Keys and people's roles are looked at as they are now.
func orphan(at string) string {
	holds := `(g.territory_kind IS NULL
		OR g.territory_kind = 'commune' AND (t.code_insee = ANY(g.territory_codes) OR t.parent = ANY(g.territory_codes))
		OR g.territory_kind = 'epci' AND t.epci = ANY(g.territory_codes)
		OR g.territory_kind = 'departement' AND t.departement = ANY(g.territory_codes)
		OR g.territory_kind = 'region' AND t.region = ANY(g.territory_codes))`
	var local []string
	for _, role := range access.Roles() {
		if access.Allows(role, access.Handle) && role != access.Moderator {
			local = append(local, "'"+string(role)+"'")
		}
	}
	good := ` g.role IN (` + strings.Join(local, ", ") + `) AND g.revoked_at IS NULL AND g.expires_at > ` + at + ` AND ` + holds
	return `(NOT EXISTS (SELECT FROM access_keys g WHERE` + good + `)
		AND NOT EXISTS (SELECT FROM account_roles g JOIN accounts a USING (account) WHERE a.disabled_at IS NULL AND` + good + `))`
}

// Tickets gives what an agent looks at: first the doors that several people found
// closed for ever, then the oldest; those that a flood brought come last. Closed
// reports come the last closed first.
func (c *Census) Tickets(ctx context.Context, q ticket.Query) (found []ticket.Ticket, counts ticket.Counts, err error) {
	err = pgx.BeginTxFunc(ctx, c.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		found, counts, err = tickets(ctx, tx, q)
		return err
	})
	if err != nil {
		return nil, counts, fmt.Errorf("list reports: %w", explain(err))
	}
	return found, counts, nil
}

func tickets(ctx context.Context, tx pgx.Tx, q ticket.Query) (found []ticket.Ticket, counts ticket.Counts, err error) {
	var w where
	w.add("true")
	if q.On.Kind != "" {
		codes := w.arg(storable(q.On.Codes))
		condition := map[string]string{
			access.Commune:     "(t.code_insee = ANY(" + codes + ") OR t.parent = ANY(" + codes + "))",
			access.Epci:        "t.epci = ANY(" + codes + ")",
			access.Departement: "t.departement = ANY(" + codes + ")",
			access.Region:      "t.region = ANY(" + codes + ")",
			access.Places:      "EXISTS (SELECT FROM places h LEFT JOIN places lead ON lead.seq = h.merged_into WHERE h.seq = t.seq AND COALESCE(lead.identifier, h.identifier) = ANY(" + codes + "))",
		}[q.On.Kind]
		if condition == "" {
			condition = codes + "::text[] IS NULL"
		}
		w.add(condition)
	}
	now := w.arg(q.At)
	w.add(now + "::timestamptz IS NOT NULL") // every statement names every argument
	without := orphan(now)
	counts.States, counts.Kinds = map[ticket.State]int{}, map[ticket.Kind]int{}
	rows, err := tx.Query(ctx, `
		SELECT state, kind, count(*), count(*) FILTER (WHERE closed_at IS NULL AND `+without+`) FROM tickets t WHERE `+w.sql()+` GROUP BY state, kind`, append([]any{planned}, w.args...)...)
	if err != nil {
		return nil, counts, err
	}
	var state ticket.State
	var kind ticket.Kind
	var n, alone int
	_, err = pgx.ForEachRow(rows, []any{&state, &kind, &n, &alone}, func() error {
		counts.States[state] += n
		counts.Orphan += alone
		if state.Open() {
			counts.Kinds[kind] += n
		}
		return nil
	})
	if err != nil {
		return nil, counts, err
	}
	rows, err = tx.Query(ctx, `
		SELECT t.code_insee, COALESCE(min(c.nom), min(t.commune)), count(*) FROM tickets t LEFT JOIN communes c ON c.code = t.code_insee
		WHERE t.closed_at IS NULL AND t.code_insee IS NOT NULL AND `+w.sql()+` GROUP BY t.code_insee ORDER BY 3 DESC, 1 LIMIT 200`, append([]any{planned}, w.args...)...)
	if err != nil {
		return nil, counts, err
	}
	counts.Towns, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (town ticket.Town, err error) {
		return town, row.Scan(&town.Code, &town.Nom, &town.Open)
	})
	if err != nil {
		return nil, counts, err
	}
	order := `(t.kind = 'ferme' AND (t.voices > 1 OR t.own)) DESC, t.doubtful, t.made_at, t.ticket_id`
	switch {
	case q.State == "":
		w.add("t.closed_at IS NULL")
	case q.State.Open():
		w.add("t.closed_at IS NULL AND t.state = " + w.arg(q.State))
	default:
		w.add("t.state = " + w.arg(q.State))
		order = `t.closed_at DESC, t.ticket_id DESC`
	}
	if q.Kind != "" {
		w.add("t.kind = " + w.arg(q.Kind))
	}
	if q.Communes != nil {
		v := w.arg(storable(q.Communes))
		w.add("(t.code_insee = ANY(" + v + ") OR t.parent = ANY(" + v + "))")
	}
	if q.Orphans {
		w.add(without)
	}
	if err := tx.QueryRow(ctx, `SELECT count(*) FROM tickets t WHERE `+w.sql(), append([]any{planned}, w.args...)...).Scan(&counts.Found); err != nil {
		return nil, counts, err
	}
	rows, err = tx.Query(ctx, `SELECT `+ticketColumns+`, `+without+` FROM `+ticketTables+` WHERE `+w.sql()+`
		ORDER BY `+order+` OFFSET `+w.arg(max(q.After, 0))+` LIMIT `+w.arg(max(q.Limit, 0)), append([]any{planned}, w.args...)...)
	if err != nil {
		return nil, counts, err
	}
	found, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (ticket.Ticket, error) {
		var alone bool
		_, t, err := scanTicket(row, &alone)
		t.Orphan = alone && t.State.Open()
		return t, err
	})
	return found, counts, err
}

// MoveTicket makes a move of a report, or says why not, as ticket.Move does. of is
// the number of the report that it repeats.
func (c *Census) MoveTicket(ctx context.Context, number ticket.Number, m ticket.Move, of ticket.Number, by access.Key, at time.Time) (t ticket.Ticket, err error) {
	err = c.ticketing(ctx, func(tx pgx.Tx) (err error) {
		t, err = moveTicket(ctx, tx, number, m, of, by, at)
		return err
	})
	if err != nil {
		return t, fmt.Errorf("move report %s: %w", number, explain(err))
	}
	return t, nil
}

func moveTicket(ctx context.Context, tx pgx.Tx, number ticket.Number, m ticket.Move, of ticket.Number, by access.Key, at time.Time) (t ticket.Ticket, err error) {
	var id int64
	var subject []byte
	err = tx.QueryRow(ctx, `SELECT ticket_id, subject FROM tickets WHERE number = $1 FOR UPDATE`, string(number)).Scan(&id, &subject)
	if errors.Is(err, pgx.ErrNoRows) {
		return t, ticket.ErrNone
	}
	if err != nil {
		return t, err
	}
	if t, err = readTicket(ctx, tx, `t.ticket_id = $1`, id); err != nil {
		return t, err
	}
	if of != "" {
		other, err := readTicket(ctx, tx, `t.number = $1`, string(of))
		if errors.Is(err, ticket.ErrNone) {
			return t, &ticket.Refusal{Reasons: []string{"Aucun signalement n’a le numéro " + of.String() + "."}}
		}
		if err != nil {
			return t, err
		}
		m.Of = &other
	}
	before := t.Place
	moved, err := t.Move(m, by, at)
	if err != nil || !moved {
		return t, err
	}
	if m.Act == ticket.Reopen {
		// Somebody may have said so again meanwhile: that report is the open one.
		var again ticket.Number
		err := tx.QueryRow(ctx, `SELECT number FROM tickets WHERE subject = $1 AND closed_at IS NULL`, subject).Scan(&again)
		if err == nil {
			return t, &ticket.Refusal{Reasons: []string{"Le signalement " + again.String() + " dit déjà la même chose. Traitez celui-là."}}
		}
		if !errors.Is(err, pgx.ErrNoRows) {
			return t, err
		}
	}
	var seq *int64
	if t.Place != before {
		n, err := seqOf(ctx, tx, t.Place)
		if err != nil {
			return t, err
		}
		seq = &n
	}
	var taken, closed *time.Time
	if !t.Since.IsZero() {
		taken = &t.Since
	}
	if !t.Closed.IsZero() {
		closed = &t.Closed
	}
	_, err = tx.Exec(ctx, `
		UPDATE tickets SET state = $2, key_id = NULLIF($3, ''), organisation = NULLIF($4, ''), role = NULLIF($5, ''), taken_at = $6, answer = $7, closed_at = $8, duplicate_of = NULLIF($9, ''),
			seq = COALESCE($10, seq), network = CASE WHEN $8::timestamptz IS NULL THEN network END
		WHERE ticket_id = $1`,
		id, t.State, clean(t.By.Key), clean(t.By.Organisation), t.By.Role, taken, clean(t.Answer), closed, string(t.Of), seq)
	if err != nil {
		return t, err
	}
	last := t.Steps[len(t.Steps)-1]
	_, err = tx.Exec(ctx, `INSERT INTO ticket_steps (ticket_id, made_at, act, body, organisation, role, key_id) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		id, last.At, last.Act, clean(last.Words), clean(last.By.Organisation), last.By.Role, clean(last.By.Key))
	if err != nil {
		return t, err
	}
	switch {
	case closed != nil:
		if _, err = tx.Exec(ctx, `UPDATE ticket_voices SET network = NULL WHERE ticket_id = $1`, id); err != nil {
			return t, err
		}
		_, err = tx.Exec(ctx, `UPDATE ticket_mails SET due = true, tries = 0, next_at = $2, erase_at = $3 WHERE ticket_id = $1`, id, at, at.Add(ticket.MailKept))
	case m.Act == ticket.Reopen:
		_, err = tx.Exec(ctx, `UPDATE ticket_mails SET due = false, erase_at = $2 WHERE ticket_id = $1`, id, at.Add(ticket.MailLongest))
	}
	return t, err
}

// DropTickets does not keep many reports at once, with one reason: all of them, or
// none when one cannot be. They are told by number.
func (c *Census) DropTickets(ctx context.Context, numbers []ticket.Number, reason string, by access.Key, at time.Time) error {
	numbers = slices.Clone(numbers)
	slices.Sort(numbers) // two agents take the same locks in the same order
	err := c.ticketing(ctx, func(tx pgx.Tx) error {
		var reasons []string
		for _, n := range slices.Compact(numbers) {
			_, err := moveTicket(ctx, tx, n, ticket.Move{Act: ticket.Drop, Words: reason}, "", by, at)
			var refusal *ticket.Refusal
			switch {
			case errors.As(err, &refusal):
				for _, why := range refusal.Reasons {
					reasons = append(reasons, n.String()+" : "+why)
				}
			case err != nil:
				return err
			}
		}
		if len(reasons) > 0 {
			return &ticket.Refusal{Reasons: reasons}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("drop reports: %w", explain(err))
	}
	return nil
}

// DueTicketMails gives answers to send, and holds them back for a while: whoever
// sends one says so, and one that failed is given again later.
func (c *Census) DueTicketMails(ctx context.Context, at time.Time, limit int) (due []ticket.Mail, err error) {
	rows, err := c.pool.Query(ctx, `
		WITH next AS (
			SELECT ticket_id, mail FROM ticket_mails WHERE due AND next_at <= $1 AND tries < 8 ORDER BY next_at LIMIT $2 FOR UPDATE SKIP LOCKED
		), held AS (
			UPDATE ticket_mails m SET tries = tries + 1, next_at = $1::timestamptz + interval '5 minutes' * power(2, tries) FROM next
			WHERE m.ticket_id = next.ticket_id AND m.mail = next.mail RETURNING m.ticket_id, m.mail
		)
		SELECT t.number, held.mail FROM held JOIN tickets t USING (ticket_id)`, at, limit)
	if err == nil {
		due, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (m ticket.Mail, err error) { return m, row.Scan(&m.Number, &m.To) })
	}
	if err != nil {
		return nil, fmt.Errorf("list answers to send: %w", explain(err))
	}
	return due, nil
}

// TicketMailSent says that an answer left.
func (c *Census) TicketMailSent(ctx context.Context, m ticket.Mail) error {
	if _, err := c.pool.Exec(ctx, `UPDATE ticket_mails SET due = false FROM tickets t WHERE t.ticket_id = ticket_mails.ticket_id AND t.number = $1 AND mail = $2`, string(m.Number), clean(m.To)); err != nil {
		return fmt.Errorf("note an answer sent: %w", explain(err))
	}
	return nil
}

// ForgetTickets erases what was kept for a time: addresses for answers, and those
// of links that were never followed.
func (c *Census) ForgetTickets(ctx context.Context, at time.Time) error {
	var b pgx.Batch
	b.Queue(`DELETE FROM ticket_mails WHERE erase_at <= $1`, at)
	b.Queue(`DELETE FROM claims WHERE used_at IS NULL AND expires_at <= $1`, at)
	if err := c.pool.SendBatch(ctx, &b).Close(); err != nil {
		return fmt.Errorf("forget addresses: %w", explain(err))
	}
	return nil
}

// OpenClaim keeps the hash of a link that goes to an address that a place
// publishes. ticket.ErrClaims: enough of them left already.
func (c *Census) OpenClaim(ctx context.Context, id, mail string, hash []byte, at time.Time) error {
	err := c.ticketing(ctx, func(tx pgx.Tx) error {
		seq, err := seqOf(ctx, tx, id)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `SELECT FROM places WHERE seq = $1 FOR NO KEY UPDATE`, seq); err != nil {
			return err
		}
		var recent int
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM claims WHERE seq = $1 AND made_at > $2`, seq, at.Add(-24*time.Hour)).Scan(&recent); err != nil {
			return err
		}
		if recent >= ticket.ClaimsOfDay {
			return ticket.ErrClaims
		}
		_, err = tx.Exec(ctx, `INSERT INTO claims (hash, seq, mail, made_at, expires_at) VALUES ($1, $2, $3, $4, $5)`, hash, seq, clean(mail), at, at.Add(ticket.ClaimFor))
		return err
	})
	if err != nil {
		return fmt.Errorf("keep a claim of %s: %w", id, explain(err))
	}
	return nil
}

// Claimed gives the place and the address of a link, or an error that wraps
// ticket.ErrClaim.
func (c *Census) Claimed(ctx context.Context, hash []byte, at time.Time) (id, mail string, err error) {
	err = c.pool.QueryRow(ctx, `
		SELECT COALESCE(lead.identifier, p.identifier), mail FROM claims JOIN places p USING (seq) LEFT JOIN places lead ON lead.seq = p.merged_into
		WHERE hash = $1 AND used_at IS NULL AND mail IS NOT NULL AND expires_at > $2`, hash, at).Scan(&id, &mail)
	if errors.Is(err, pgx.ErrNoRows) {
		err = ticket.ErrClaim
	}
	if err != nil {
		return "", "", fmt.Errorf("read a claim: %w", explain(err))
	}
	return id, mail, nil
}

// UseClaim ends a link, and gives the role of its place to the account of its
// address, which is made if need be: both, or neither. ticket.ErrClaim: somebody
// used it a moment ago. The place's page says that its people keep it: the census
// has a new version.
func (c *Census) UseClaim(ctx context.Context, hash []byte, k access.Key, at time.Time) (account int64, err error) {
	err = c.decided(ctx, "use a claim", at, func(w *recorder) error {
		var id int64
		var mail string
		err := w.tx.QueryRow(ctx, `SELECT claim_id, mail FROM claims WHERE hash = $1 AND used_at IS NULL AND mail IS NOT NULL AND expires_at > $2 FOR UPDATE`, hash, at).Scan(&id, &mail)
		if errors.Is(err, pgx.ErrNoRows) {
			return ticket.ErrClaim
		}
		if err != nil {
			return err
		}
		if account, err = accountOfMail(ctx, w.tx, mail, at); err != nil {
			return err
		}
		if _, err := w.tx.Exec(ctx, `UPDATE claims SET used_at = $2, mail = NULL, account = $3 WHERE claim_id = $1`, id, at, account); err != nil {
			return err
		}
		// Who holds the address of several places has a role for each.
		return w.give(ctx, account, k, access.Key{ID: "revendication", Role: k.Role, Organisation: k.Organisation, Siren: k.Siren})
	})
	if err != nil {
		return 0, err
	}
	return account, nil
}

// Keepers gives, by identifier, since when the people of places keep what is said
// of them, and when they last said so.
func (c *Census) Keepers(ctx context.Context, at time.Time) (map[string]ticket.Keeper, error) {
	rows, err := c.pool.Query(ctx, `
		SELECT COALESCE(lead.identifier, p.identifier), min(c.used_at), max((SELECT max(k.made_at) FROM corrections k WHERE k.seq = ANY(ARRAY[p.seq, p.merged_into]) AND k.key_id = 'compte-' || c.account))
		FROM claims c JOIN places p USING (seq) LEFT JOIN places lead ON lead.seq = p.merged_into
		WHERE c.used_at IS NOT NULL AND EXISTS (
			SELECT FROM account_roles g JOIN accounts a USING (account)
			WHERE g.account = c.account AND a.disabled_at IS NULL AND g.revoked_at IS NULL AND g.expires_at > $1 AND g.territory_kind = 'lieux' AND p.identifier = ANY(g.territory_codes))
		GROUP BY 1`, at)
	all := map[string]ticket.Keeper{}
	if err == nil {
		var id string
		var k ticket.Keeper
		var confirmed *time.Time
		_, err = pgx.ForEachRow(rows, []any{&id, &k.Since, &confirmed}, func() error {
			if k.Confirmed = (time.Time{}); confirmed != nil {
				k.Confirmed = *confirmed
			}
			all[id] = k
			return nil
		})
	}
	if err != nil {
		return nil, fmt.Errorf("read who keeps places: %w", explain(err))
	}
	return all, nil
}
