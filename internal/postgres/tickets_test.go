package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"mednum/internal/access"
	"mednum/internal/place"
	"mednum/internal/postgres"
	"mednum/internal/postgres/pgtest"
	"mednum/internal/ticket"
)

var july = time.Date(2026, time.July, 14, 10, 0, 0, 0, time.UTC)

// ticketCensus has ten places, of no commune that anybody knows.
func ticketCensus(t *testing.T) (*postgres.Census, string, []string) {
	t.Helper()
	url := pgtest.URL(t)
	c := pgtest.Open(t, url, postgres.Options{})
	var records []*place.Record
	for i := range 10 {
		records = append(records, record(t, i+1))
	}
	if _, err := c.Load(context.Background(), place.Load{Source: "essai"}, file(records...)); err != nil {
		t.Fatal(err)
	}
	var ids []string
	err := c.Find(context.Background(), place.Find{Limit: 20}, func(h place.Hit) error { ids = append(ids, strings.Clone(h.ID)); return nil })
	if err != nil || len(ids) == 0 {
		t.Fatal(err, ids)
	}
	return c, url, ids
}

func agentOf(id string) access.Key {
	return access.Key{ID: id, Role: access.Moderator, Organisation: "Modération", Siren: "732829320", Expires: july.AddDate(1, 0, 0)}
}

func query(t testing.TB, url, sql string, into ...any) {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if err := conn.QueryRow(context.Background(), sql).Scan(into...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func network(n int) []byte { return fmt.Appendf(nil, "%016d", n) }

func send(t testing.TB, c *postgres.Census, r ticket.Report) (ticket.Ticket, bool) {
	t.Helper()
	if r.At.IsZero() {
		r.At = july
	}
	got, fresh, err := c.Report(context.Background(), r)
	if err != nil {
		t.Fatalf("%+v: %v", r, err)
	}
	return got, fresh
}

// TestTheSameReportIsOne: said by four networks it is one report, said four times;
// said by one of them a hundred times it is said once more by nobody.
func TestTheSameReportIsOne(t *testing.T) {
	c, _, ids := ticketCensus(t)
	first, fresh := send(t, c, ticket.Report{Kind: ticket.Closed, Place: ids[0], Network: network(1), Text: "Rideau baissé.", Mail: "a@exemple.fr"})
	if !fresh || first.Voices != 1 || first.Urgent() {
		t.Errorf("%v %+v", fresh, first)
	}
	for range 100 {
		send(t, c, ticket.Report{Kind: ticket.Closed, Place: ids[0], Network: network(1), Text: "Encore."})
	}
	for i := 2; i <= 4; i++ {
		if again, fresh := send(t, c, ticket.Report{Kind: ticket.Closed, Place: ids[0], Network: network(i), Text: fmt.Sprint("Voix ", i)}); fresh || again.Number != first.Number {
			t.Errorf("%v: %s for %s", fresh, again.Number, first.Number)
		}
	}
	got, err := c.Ticket(context.Background(), first.Number)
	if err != nil || got.Voices != 4 || !got.Urgent() || got.Mails != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	var said []string
	for _, v := range got.Said {
		said = append(said, v.Text)
	}
	if want := []string{"Rideau baissé.", "Encore.", "Encore.", "Voix 2", "Voix 3", "Voix 4"}; !slices.Equal(said, want) {
		t.Errorf("%q, expected %q", said, want)
	}
	if other, fresh := send(t, c, ticket.Report{Kind: ticket.Shut, Place: ids[0], Network: network(1)}); !fresh || other.Number == first.Number {
		t.Error("another kind is another report")
	}
}

// TestAFloodFillsItsOwnPart: however much one network sends, about however many
// places, others are heard; and one place never has more than a person reads.
func TestAFloodFillsItsOwnPart(t *testing.T) {
	c, url, ids := ticketCensus(t)
	ctx := context.Background()
	refused := 0
	for i := range 200 {
		r := ticket.Report{Kind: ticket.Change, Place: ids[i%len(ids)], Network: network(1), Cells: map[string]string{"telephone": fmt.Sprint(i)}, At: july, Doubtful: true}
		if _, _, err := c.Report(ctx, r); errors.Is(err, ticket.ErrFull) {
			refused++
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if refused != 200-ticket.NetworkMaximum {
		t.Errorf("%d refused", refused)
	}
	// From as many networks as one wants, about one place.
	for i := range 300 {
		send(t, c, ticket.Report{Kind: ticket.Change, Place: ids[0], Network: network(1000 + i), Cells: map[string]string{"telephone": fmt.Sprint("x", i)}, Text: fmt.Sprint("flot ", i), Doubtful: true})
	}
	last, _ := send(t, c, ticket.Report{Kind: ticket.Change, Place: ids[0], Network: network(5), Cells: map[string]string{"telephone": "0326000000"}, Text: "La vraie."})
	if last.Kind != ticket.Other || !strings.Contains(last.Said[len(last.Said)-1].Text, "La vraie.\ntelephone : 0326000000") || len(last.Said) > ticket.VoicesFirst+ticket.VoicesLast {
		t.Errorf("the last words are lost: %+v", last)
	}
	var open int
	query(t, url, `SELECT count(*) FROM tickets JOIN places USING (seq) WHERE identifier = '`+ids[0]+`'`, &open)
	if open > ticket.PlaceMaximum+1 {
		t.Errorf("%d open reports of one place", open)
	}
	if _, fresh := send(t, c, ticket.Report{Kind: ticket.Closed, Place: ids[1], Network: network(6)}); !fresh {
		t.Error("a true report is not taken")
	}
	// It is the first that an agent sees, of those that nobody doubts.
	found, counts, err := c.Tickets(ctx, ticket.Query{At: july, Limit: 1})
	if err != nil || len(found) != 1 || found[0].Doubtful {
		t.Errorf("%+v %v %v", found, counts, err)
	}
	for i := range ticket.TownMaximum + 10 {
		_, _, err := c.Report(ctx, ticket.Report{Kind: ticket.New, Nom: "x", Cells: map[string]string{"nom": fmt.Sprint("n", i), "commune": "Ici"}, Network: network(9000 + i), At: july})
		if full := errors.Is(err, ticket.ErrFull); full != (i >= ticket.TownMaximum) || err != nil && !full {
			t.Fatalf("new place %d: %v", i, err)
		}
	}
}

// TestReportsAtOnce: a hundred at the same time are one report, said by as many as
// they are.
func TestReportsAtOnce(t *testing.T) {
	c, _, ids := ticketCensus(t)
	var wg sync.WaitGroup
	numbers := make([]ticket.Number, 40)
	for i := range numbers {
		wg.Go(func() {
			got, _, err := c.Report(context.Background(), ticket.Report{Kind: ticket.Hours, Place: ids[0], Network: network(i), At: july})
			if err != nil {
				t.Error(err)
			}
			numbers[i] = got.Number
		})
	}
	wg.Wait()
	slices.Sort(numbers)
	if got := slices.Compact(numbers); len(got) != 1 {
		t.Fatalf("%q", got)
	}
	if got, err := c.Ticket(context.Background(), numbers[0]); err != nil || got.Voices != 40 {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestTwoAgentsAtOnce: one of them has it, the other hears who.
func TestTwoAgentsAtOnce(t *testing.T) {
	c, _, ids := ticketCensus(t)
	ctx := context.Background()
	one, _ := send(t, c, ticket.Report{Kind: ticket.Closed, Place: ids[0], Network: network(1)})
	var wg sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		wg.Go(func() {
			_, errs[i] = c.MoveTicket(ctx, one.Number, ticket.Move{Act: ticket.Take}, "", agentOf(fmt.Sprint("m", i)), july)
		})
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		switch {
		case err == nil:
			won++
		case !errors.Is(err, ticket.ErrHeld):
			t.Error(err)
		}
	}
	if won != 1 {
		t.Errorf("%d agents have it", won)
	}
	if _, err := c.MoveTicket(ctx, "2222222", ticket.Move{Act: ticket.Take}, "", agentOf("m"), july); !errors.Is(err, ticket.ErrNone) {
		t.Error(err)
	}
}

// TestWhatIsKeptIsForgotten: networks when the report is closed, addresses thirty
// days after, or a year after nobody answered.
func TestWhatIsKeptIsForgotten(t *testing.T) {
	c, url, ids := ticketCensus(t)
	ctx := context.Background()
	one, _ := send(t, c, ticket.Report{Kind: ticket.Other, Place: ids[0], Network: network(1), Text: "x", Mail: "a@exemple.fr"})
	other, _ := send(t, c, ticket.Report{Kind: ticket.Other, Place: ids[1], Network: network(1), Text: "x", Mail: "b@exemple.fr"})
	kept := func(when time.Time) (mails []string) {
		t.Helper()
		if err := c.ForgetTickets(ctx, when); err != nil {
			t.Fatal(err)
		}
		var all string
		query(t, url, `SELECT COALESCE(string_agg(mail, ' ' ORDER BY mail), '') FROM ticket_mails`, &all)
		return strings.Fields(all)
	}
	if due, err := c.DueTicketMails(ctx, july, 10); err != nil || len(due) != 0 {
		t.Errorf("%v, %v: nothing is answered", due, err)
	}
	closed, err := c.MoveTicket(ctx, one.Number, ticket.Move{Act: ticket.Reply, Words: "Merci."}, "", agentOf("m"), july)
	if err != nil || closed.State != ticket.Answered {
		t.Fatal(err)
	}
	var networks int
	query(t, url, `SELECT count(*) FROM (SELECT network FROM tickets WHERE closed_at IS NOT NULL UNION ALL SELECT ticket_voices.network FROM ticket_voices JOIN tickets USING (ticket_id) WHERE closed_at IS NOT NULL) n WHERE network IS NOT NULL`, &networks)
	if networks != 0 {
		t.Errorf("%d networks are kept of a closed report", networks)
	}
	due, err := c.DueTicketMails(ctx, july, 10)
	if err != nil || len(due) != 1 || due[0] != (ticket.Mail{Number: one.Number, To: "a@exemple.fr"}) {
		t.Errorf("%v, %v", due, err)
	}
	if again, err := c.DueTicketMails(ctx, july.Add(time.Minute), 10); err != nil || len(again) != 0 {
		t.Errorf("given twice: %v, %v", again, err)
	}
	if again, err := c.DueTicketMails(ctx, july.Add(time.Hour), 10); err != nil || len(again) != 1 {
		t.Errorf("one that did not leave is not given again: %v, %v", again, err)
	}
	if err := c.TicketMailSent(ctx, due[0]); err != nil {
		t.Fatal(err)
	}
	if again, err := c.DueTicketMails(ctx, july.AddDate(0, 0, 9), 10); err != nil || len(again) != 0 {
		t.Errorf("sent twice: %v, %v", again, err)
	}
	for _, step := range []struct {
		when time.Time
		want []string
	}{{july.AddDate(0, 0, 29), []string{"a@exemple.fr", "b@exemple.fr"}}, {july.AddDate(0, 0, 31), []string{"b@exemple.fr"}}, {july.AddDate(0, 0, 366), nil}} {
		if got := kept(step.when); !slices.Equal(got, step.want) {
			t.Errorf("on %v: %q, expected %q", step.when, got, step.want)
		}
	}
	if got, err := c.Ticket(ctx, other.Number); err != nil || got.State != ticket.Received {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestQueue: which reports an agent sees, and in which order.
func TestQueue(t *testing.T) {
	c, url, ids := ticketCensus(t)
	ctx := context.Background()
	run(t, url, `UPDATE places SET departement = '51', code_insee = '51454'`)
	run(t, url, `UPDATE places SET departement = '75', code_insee = '75056' WHERE identifier = '`+ids[9]+`'`)
	name := map[ticket.Number]string{}
	add := func(what string, r ticket.Report, minutes int) ticket.Ticket {
		r.At = july.Add(time.Duration(minutes) * time.Minute)
		got, _ := send(t, c, r)
		name[got.Number] = what
		return got
	}
	add("flot", ticket.Report{Kind: ticket.Hours, Place: ids[3], Network: network(3), Doubtful: true}, 0)
	add("vieux", ticket.Report{Kind: ticket.Hours, Place: ids[0], Network: network(1)}, 1)
	answered := add("répondu", ticket.Report{Kind: ticket.Hours, Place: ids[1], Network: network(1)}, 2)
	add("ferme une fois", ticket.Report{Kind: ticket.Closed, Place: ids[1], Network: network(1)}, 3)
	add("ferme du lieu", ticket.Report{Kind: ticket.Closed, Place: ids[4], Network: network(1), Own: true}, 4)
	add("paris", ticket.Report{Kind: ticket.Closed, Place: ids[9], Network: network(1)}, 5)
	add("ferme deux fois", ticket.Report{Kind: ticket.Closed, Place: ids[2], Network: network(1)}, 6)
	add("ferme deux fois", ticket.Report{Kind: ticket.Closed, Place: ids[2], Network: network(2)}, 7)
	add("ailleurs", ticket.Report{Kind: ticket.New, Cells: map[string]string{"nom": "x", "commune": "y"}, Network: network(1)}, 8)
	if _, err := c.MoveTicket(ctx, answered.Number, ticket.Move{Act: ticket.Reply, Words: "Merci."}, "", agentOf("m"), july.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	marne := access.ParseTerritory("departement:51")
	for _, one := range []struct {
		what string
		q    ticket.Query
		want string
	}{
		{"everything", ticket.Query{}, "ferme du lieu, ferme deux fois, vieux, ferme une fois, paris, ailleurs, flot"},
		{"a département", ticket.Query{On: marne}, "ferme du lieu, ferme deux fois, vieux, ferme une fois, flot"},
		{"a commune of the territory", ticket.Query{On: access.ParseTerritory("commune:75056")}, "paris"},
		{"one place", ticket.Query{On: access.Territory{Kind: access.Places, Codes: []string{ids[0]}}}, "vieux"},
		{"a territory of no kind", ticket.Query{On: access.Territory{Kind: "x", Codes: []string{"51"}}}, ""},
		{"a kind", ticket.Query{On: marne, Kind: ticket.Closed}, "ferme du lieu, ferme deux fois, ferme une fois"},
		{"communes", ticket.Query{Communes: []string{"75056", "99999"}}, "paris"},
		{"a state", ticket.Query{State: ticket.Answered}, "répondu"},
		{"the next page", ticket.Query{After: 2, Limit: 2}, "vieux, ferme une fois"},
	} {
		one.q.At = july
		if one.q.Limit == 0 {
			one.q.Limit = 20
		}
		found, _, err := c.Tickets(ctx, one.q)
		if err != nil {
			t.Fatalf("%s: %v", one.what, err)
		}
		var got []string
		for _, f := range found {
			got = append(got, name[f.Number])
		}
		if strings.Join(got, ", ") != one.want {
			t.Errorf("%s: %s, expected %s", one.what, strings.Join(got, ", "), one.want)
		}
	}
	// Those of a territory where nobody answers go to the moderators.
	orphans := func() int {
		_, counts, err := c.Tickets(ctx, ticket.Query{At: july, Orphans: true, Limit: 1})
		if err != nil || counts.Orphan != counts.Found {
			t.Fatalf("%+v, %v", counts, err)
		}
		return counts.Orphan
	}
	before := orphans()
	run(t, url, `INSERT INTO access_keys (key_id, secret_hash, role, organisation, siren, territory_kind, territory_codes, created_at, expires_at) VALUES ('k', '\x00', 'contributeur-collectivite', 'Marne', '732829320', 'departement', '{51}', '2026-01-01', '2027-01-01')`)
	if after := orphans(); before != 7 || after != 2 {
		t.Errorf("%d without agents, then %d", before, after)
	}
	run(t, url, `UPDATE access_keys SET expires_at = '2026-02-01'`)
	if after := orphans(); after != 7 {
		t.Errorf("%d without agents once the key expired", after)
	}
	_, counts, err := c.Tickets(ctx, ticket.Query{At: july, On: marne, Kind: ticket.Hours, Limit: 1})
	if err != nil || !maps.Equal(counts.States, map[ticket.State]int{ticket.Received: 5, ticket.Answered: 1}) || counts.Kinds[ticket.Closed] != 3 || counts.Found != 2 || len(counts.Towns) != 1 || counts.Towns[0].Open != 5 {
		t.Errorf("%+v, %v", counts, err)
	}
}

// TestDroppingMany: all of them, or none.
func TestDroppingMany(t *testing.T) {
	c, _, ids := ticketCensus(t)
	ctx := context.Background()
	var numbers []ticket.Number
	for i := range 3 {
		one, _ := send(t, c, ticket.Report{Kind: ticket.Hours, Place: ids[i], Network: network(i)})
		numbers = append(numbers, one.Number)
	}
	if _, err := c.MoveTicket(ctx, numbers[2], ticket.Move{Act: ticket.Take}, "", agentOf("a"), july); err != nil {
		t.Fatal(err)
	}
	err := c.DropTickets(ctx, numbers, "Canular.", agentOf("b"), july)
	var why *ticket.Refusal
	if !errors.As(err, &why) || len(why.Reasons) != 1 || !strings.HasPrefix(why.Reasons[0], numbers[2].String()) {
		t.Errorf("%v", err)
	}
	for _, n := range numbers[:2] {
		if got, err := c.Ticket(ctx, n); err != nil || got.State != ticket.Received {
			t.Errorf("%+v, %v", got, err)
		}
	}
	if err := c.DropTickets(ctx, append(numbers[:2], numbers[0]), "Canular.", agentOf("b"), july); err != nil {
		t.Error(err)
	}
	// The same may be said again: it is another report.
	if again, fresh := send(t, c, ticket.Report{Kind: ticket.Hours, Place: ids[0], Network: network(0)}); !fresh || again.Number == numbers[0] {
		t.Errorf("%v %v", fresh, again.Number)
	}
	_, err = c.MoveTicket(ctx, numbers[0], ticket.Move{Act: ticket.Reopen}, "", agentOf("b"), july)
	if !errors.As(err, &why) || !strings.Contains(why.Error(), "dit déjà la même chose") {
		t.Errorf("two open reports say the same: %v", err)
	}
}

// TestClaims: a link opens once, for three days, and gives its place.
func TestClaims(t *testing.T) {
	c, _, ids := ticketCensus(t)
	ctx := context.Background()
	key := access.Key{Role: access.PlaceContributor, Organisation: "Le lieu", Territory: access.Territory{Kind: access.Places, Codes: []string{ids[0]}}, Expires: july.AddDate(1, 0, 0)}
	for i := range ticket.ClaimsOfDay {
		if err := c.OpenClaim(ctx, ids[0], "lieu@exemple.fr", fmt.Appendf(nil, "hash %d", i), july); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.OpenClaim(ctx, ids[0], "lieu@exemple.fr", []byte("hash 9"), july.Add(23*time.Hour)); !errors.Is(err, ticket.ErrClaims) {
		t.Errorf("a fourth link in a day: %v", err)
	}
	if err := c.OpenClaim(ctx, ids[0], "lieu@exemple.fr", []byte("hash 9"), july.Add(25*time.Hour)); err != nil {
		t.Error(err)
	}
	if id, mail, err := c.Claimed(ctx, []byte("hash 0"), july.Add(71*time.Hour)); err != nil || id != ids[0] || mail != "lieu@exemple.fr" {
		t.Errorf("%s %s %v", id, mail, err)
	}
	for what, at := range map[string]time.Time{"hash 0": july.Add(72 * time.Hour), "hash 5": july} {
		if _, _, err := c.Claimed(ctx, []byte(what), at); !errors.Is(err, ticket.ErrClaim) {
			t.Errorf("%s: %v", what, err)
		}
		if _, err := c.UseClaim(ctx, []byte(what), key, at); !errors.Is(err, ticket.ErrClaim) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if all, err := c.Keepers(ctx, july); err != nil || len(all) != 0 {
		t.Errorf("%v, %v", all, err)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	var accounts []int64
	for range 4 {
		wg.Go(func() {
			account, err := c.UseClaim(ctx, []byte("hash 0"), key, july.Add(time.Hour))
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				accounts = append(accounts, account)
			} else if !errors.Is(err, ticket.ErrClaim) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(accounts) != 1 || accounts[0] == 0 {
		t.Fatalf("used %d times", len(accounts))
	}
	who, err := c.Account(ctx, accounts[0])
	if err != nil || who.Mail != "lieu@exemple.fr" || len(who.Grants) != 1 || !slices.Equal(who.Grants[0].Territory.Codes, []string{ids[0]}) {
		t.Errorf("%+v, %v", who, err)
	}
	if all, err := c.Keepers(ctx, july.Add(2*time.Hour)); err != nil || len(all) != 1 || !all[ids[0]].Since.Equal(july.Add(time.Hour)) || !all[ids[0]].Confirmed.IsZero() {
		t.Errorf("%v, %v", all, err)
	}
	if all, err := c.Keepers(ctx, july.AddDate(2, 0, 0)); err != nil || len(all) != 0 {
		t.Errorf("the role expired: %v, %v", all, err)
	}
	if err := c.ForgetTickets(ctx, july.AddDate(0, 1, 0)); err != nil {
		t.Fatal(err)
	}
	if all, err := c.Keepers(ctx, july.Add(2*time.Hour)); err != nil || len(all) != 1 {
		t.Errorf("a used link is forgotten: %v, %v", all, err)
	}
}
