package postgres_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"mednum/internal/access"
	"mednum/internal/consultation"
	"mednum/internal/postgres"
	"mednum/internal/postgres/pgtest"
)

var monday = time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)

// boss is an administrator's key.
var boss = access.Key{ID: "0123abcd", Role: access.Administrator, Organisation: "Exploitant", Created: monday.AddDate(0, -1, 0), Expires: monday.AddDate(1, 0, 0)}

var operator = consultation.Party{Organisation: "exploitant", Role: access.Administrator}

func roleOf(role access.Role, territory string) access.Key {
	return access.Key{Role: role, Organisation: "Département de la Marne", Siren: "225100015", Territory: access.ParseTerritory(territory), Expires: monday.AddDate(1, 0, 0)}
}

func fine(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// entered is somebody invited who has signed in.
func entered(t *testing.T, c *postgres.Census, mail string, roles ...access.Key) (account int64, token string) {
	t.Helper()
	ctx := context.Background()
	for _, k := range roles {
		_, err := c.Invite(ctx, mail, k, boss, monday)
		fine(t, err)
	}
	link, err := c.MailLink(ctx, mail, "", access.Identity{}, monday)
	fine(t, err)
	used, err := c.UseLink(ctx, link, monday)
	fine(t, err)
	token, err = c.OpenSession(ctx, access.Session{Account: used.Account, Means: access.ByMail, Browser: "Firefox sur Linux"}, "", monday)
	fine(t, err)
	return used.Account, token
}

func role(t *testing.T, c *postgres.Census, token string, at time.Time) access.Role {
	t.Helper()
	s, err := c.Session(context.Background(), token, at)
	fine(t, err)
	return s.Key.Role
}

func TestASessionEnds(t *testing.T) {
	ctx := context.Background()
	c := pgtest.New(t)
	account, token := entered(t, c, "a@marne.example", roleOf(access.Contributor, "departement:51"))
	closed := func(name, token string, at time.Time) {
		t.Helper()
		if s, err := c.Session(ctx, token, at); !errors.Is(err, access.ErrKey) {
			t.Errorf("%s: %+v %v", name, s, err)
		}
	}
	s, err := c.Session(ctx, token, monday)
	fine(t, err)
	want := roleOf(access.Contributor, "departement:51")
	want.ID, want.Created = access.AccountKey(account), monday
	if d := cmp.Diff(want, s.Key); d != "" || s.Mail != "a@marne.example" || len(s.Roles) != 1 {
		t.Errorf("%+v: %s", s, d)
	}
	// Idle, then kept busy until its end, whatever happens.
	closed("idle", token, monday.Add(access.SessionIdle))
	for at := monday; at.Before(monday.Add(access.SessionLife)); at = at.Add(access.SessionIdle - time.Minute) {
		if role(t, c, token, at) != access.Contributor {
			t.Errorf("at %s", at)
		}
	}
	closed("its last instant", token, monday.Add(access.SessionLife))
	for _, odd := range []string{"", "x", token + "A", strings.ToLower(token), strings.Repeat("A", 43), token[:42] + "\x00"} {
		closed("a token that is not one", odd, monday)
	}
	// Signed out here; elsewhere the other goes on.
	_, other := entered(t, c, "a@marne.example")
	_, err = c.CloseSession(ctx, other)
	fine(t, err)
	closed("signed out", other, monday)
	role(t, c, token, monday)
	list, err := c.SessionsOf(ctx, account, monday)
	fine(t, err)
	if len(list) != 1 || list[0].Browser != "Firefox sur Linux" {
		t.Errorf("%+v", list)
	}
	fine(t, c.CloseSessions(ctx, account+1, list[0].ID)) // of somebody else: nothing
	role(t, c, token, monday)
	fine(t, c.CloseSessions(ctx, account, ""))
	closed("signed out everywhere", token, monday)
}

func TestAPastedKeyHasASessionThatEndsWithIt(t *testing.T) {
	ctx := context.Background()
	c := pgtest.New(t)
	k := boss
	fine(t, c.CreateKey(ctx, k, make([]byte, 32), operator))
	token, err := c.OpenSession(ctx, access.Session{Key: k, Means: access.ByKey}, "", monday)
	fine(t, err)
	if s, err := c.Session(ctx, token, monday); err != nil || s.Key.ID != k.ID || s.Account != 0 || s.Key.Role != access.Administrator {
		t.Fatalf("%+v %v", s, err)
	}
	_, err = c.RevokeKey(ctx, k.ID, operator, monday.Add(time.Minute))
	fine(t, err)
	if _, err := c.Session(ctx, token, monday.Add(time.Minute)); !errors.Is(err, access.ErrKey) {
		t.Error("the key is revoked:", err)
	}
}

func TestARoleIsChosenAndTakenBack(t *testing.T) {
	ctx := context.Background()
	c := pgtest.New(t)
	account, token := entered(t, c, "a@marne.example", roleOf(access.Contributor, "departement:51"), roleOf(access.Moderator, ""))
	s, err := c.Session(ctx, token, monday)
	fine(t, err)
	if s.Key.Role != "" || len(s.Roles) != 2 || s.Key.Check(access.ReadLog, monday) == nil {
		t.Errorf("of two roles one was chosen for them: %+v", s)
	}
	next, err := c.ChooseRole(ctx, token, s.Roles[1].Number, monday)
	fine(t, err)
	if role(t, c, next, monday) != access.Moderator {
		t.Error("not the role that was chosen")
	}
	if _, err := c.Session(ctx, token, monday); next == token || !errors.Is(err, access.ErrKey) {
		t.Error("the former token still opens")
	}
	if s, err := c.Session(ctx, next, monday); err != nil || !s.Expires.Equal(monday.Add(access.SessionLife)) {
		t.Errorf("changing roles makes the session longer: %v", s.Expires)
	}
	stranger, _ := entered(t, c, "b@marne.example", roleOf(access.Hub, "departement:08"))
	theirs, err := c.Account(ctx, stranger)
	fine(t, err)
	for name, grant := range map[string]int64{"somebody else's": theirs.Grants[0].Number, "none": 999} {
		if _, err := c.ChooseRole(ctx, next, grant, monday); !errors.Is(err, access.ErrForbidden) {
			t.Errorf("%s: %v", name, err)
		}
	}
	fine(t, c.WithdrawRole(ctx, account, s.Roles[1].Number, "Elle a changé de service.", boss, monday))
	if s, err := c.Session(ctx, next, monday); err != nil || s.Key.Role != "" || len(s.Roles) != 1 {
		t.Errorf("the role is taken back and still serves: %+v %v", s, err)
	}
	if _, err := c.ChooseRole(ctx, next, s.Roles[1].Number, monday); !errors.Is(err, access.ErrForbidden) {
		t.Error("a role taken back is chosen again")
	}
	if err := c.WithdrawRole(ctx, account+1, s.Roles[0].Number, "", boss, monday); !errors.Is(err, access.ErrNoAccount) {
		t.Error("a role is taken back from another account:", err)
	}
	fine(t, c.Disable(ctx, account, true, boss, monday))
	if _, err := c.Session(ctx, next, monday); !errors.Is(err, access.ErrKey) {
		t.Error("the account is closed:", err)
	}
	if _, err := c.OpenSession(ctx, access.Session{Account: account, Means: access.ByOIDC}, "", monday); !errors.Is(err, access.ErrKey) {
		t.Error("a closed account comes in:", err)
	}
	if link, err := c.MailLink(ctx, "a@marne.example", "", access.Identity{}, monday); err != nil || link != "" {
		t.Errorf("a closed account is sent a link: %q %v", link, err)
	}
	fine(t, c.Disable(ctx, account, false, boss, monday))
	if _, err := c.Session(ctx, next, monday); !errors.Is(err, access.ErrKey) {
		t.Error("the sessions of before come back with the account")
	}
}

func TestALinkServesOnce(t *testing.T) {
	ctx := context.Background()
	c := pgtest.New(t)
	says := func(err error, want string) {
		t.Helper()
		var denial *access.Denial
		if !errors.As(err, &denial) || !errors.Is(err, access.ErrLink) || !strings.Contains(denial.Reason, want) {
			t.Errorf("%v, not %q", err, want)
		}
	}
	link := func() string {
		t.Helper()
		token, err := c.MailLink(ctx, "a@marne.example", "/territoire", access.Identity{}, monday)
		fine(t, err)
		return token
	}
	one, two := link(), link()
	for range 3 { // those who watch over mail look, and look again
		l, err := c.Link(ctx, one, monday)
		if err != nil || l.Mail != "a@marne.example" || l.Back != "/territoire" {
			t.Fatalf("%+v %v", l, err)
		}
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	good := 0
	for range 8 {
		wg.Go(func() {
			if _, err := c.UseLink(ctx, one, monday); err == nil {
				mu.Lock()
				good++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if good != 1 {
		t.Errorf("%d came in by one link", good)
	}
	_, err := c.Link(ctx, one, monday)
	says(err, "a déjà servi")
	_, err = c.UseLink(ctx, two, monday) // the others end with it
	says(err, "a déjà servi")
	three := link()
	_, err = c.UseLink(ctx, three, monday.Add(access.LinkLife))
	says(err, "a expiré")
	for _, odd := range []string{"", strings.Repeat("A", 43), three + "=", "é"} {
		_, err = c.UseLink(ctx, odd, monday)
		says(err, "n’est pas connu")
		_, err = c.Link(ctx, odd, monday)
		says(err, "n’est pas connu")
	}
	// A flood: some are on the way, each of which opens; later there are more.
	link()
	link()
	if over, err := c.MailLink(ctx, "a@marne.example", "", access.Identity{}, monday); err != nil || over != "" {
		t.Errorf("%q %v", over, err)
	}
	if later, err := c.MailLink(ctx, "a@marne.example", "", access.Identity{}, monday.Add(access.LinkLife)); err != nil || later == "" {
		t.Errorf("%q %v", later, err)
	}
	if _, err := c.UseLink(ctx, three, monday); err != nil {
		t.Error("the owner is kept out by who floods:", err)
	}
}

func TestIdentitiesAreTiedToAccounts(t *testing.T) {
	ctx := context.Background()
	c := pgtest.New(t)
	const issuer = "https://proconnect.example"
	invited, _ := entered(t, c, "camille@marne.example", roleOf(access.Contributor, "departement:51"))
	identify := func(as access.Identity, mail bool) int64 {
		t.Helper()
		account, err := c.Identified(ctx, as, mail, monday)
		fine(t, err)
		return account
	}
	camille := access.Identity{Issuer: issuer, Subject: "s1", Mail: "camille@marne.example", Verified: true, GivenName: "Camille", UsualName: "Martin"}
	doubtful := camille
	doubtful.Verified = false
	if got := identify(doubtful, true); got != 0 {
		t.Errorf("an address that nobody verified opens account %d", got)
	}
	// Without mail to prove it by, they have another account, without the address.
	apart := doubtful
	apart.Subject = "s9"
	stranger := identify(apart, false)
	if a, err := c.Account(ctx, stranger); err != nil || stranger == invited || a.Mail != "" || len(a.Grants) != 0 {
		t.Errorf("%+v %v", a, err)
	}
	// The link proves it, and ties it.
	link, err := c.MailLink(ctx, doubtful.Mail, "", doubtful, monday)
	fine(t, err)
	l, err := c.UseLink(ctx, link, monday)
	fine(t, err)
	if l.Account != invited || !l.Ties || identify(doubtful, true) != invited {
		t.Errorf("%+v", l)
	}
	a, err := c.Account(ctx, invited)
	fine(t, err)
	if a.Name() != "Camille Martin" {
		t.Errorf("%+v", a)
	}
	// Known by who they are, whatever their address has become.
	moved := camille
	moved.Mail = "camille@ailleurs.example"
	if identify(moved, true) != invited {
		t.Error("another account for another address of the same person")
	}
	// Verified and new: theirs from the first time, once.
	var wg sync.WaitGroup
	numbers := make([]int64, 6)
	for i := range numbers {
		wg.Go(func() {
			numbers[i], _ = c.Identified(ctx, access.Identity{Issuer: issuer, Subject: "s2", Mail: "alex@marne.example", Verified: true}, true, monday)
		})
	}
	wg.Wait()
	for _, n := range numbers {
		if n == 0 || n != numbers[0] {
			t.Errorf("at once: %v", numbers)
			break
		}
	}
	if other := identify(access.Identity{Issuer: "https://autre.example", Subject: "s2"}, true); other == numbers[0] {
		t.Error("the same name elsewhere is another person")
	}
}

func TestRolesAreAskedForAndGiven(t *testing.T) {
	ctx := context.Background()
	c := pgtest.New(t)
	account, token := entered(t, c, "a@marne.example")
	if s, err := c.Session(ctx, token, monday); err != nil || s.Key.Role != "" || s.Key.ID != access.AccountKey(account) {
		t.Fatalf("an unknown person has a role: %+v %v", s, err)
	}
	asked := access.Request{Account: account, Key: roleOf(access.Contributor, "commune:51454"), Why: "Je réponds des lieux de la ville."}
	for range 3 {
		fine(t, c.AskRole(ctx, asked, monday))
	}
	if c.AskRole(ctx, asked, monday) == nil {
		t.Error("requests without end")
	}
	waiting, err := c.Waiting(ctx)
	fine(t, err)
	if len(waiting) != 3 || waiting[0].Why != asked.Why || waiting[0].Mail != "a@marne.example" || waiting[0].Territory.String() != "commune:51454" {
		t.Fatalf("%+v", waiting)
	}
	end := monday.AddDate(1, 0, 0)
	for name, by := range map[string]access.Key{"a reader": roleOf(access.Reader, ""), "nobody": {}} {
		by.ID = "cafe0000"
		if _, err := c.AnswerRequest(ctx, waiting[0].Number, true, "", end, by, monday); err == nil {
			t.Errorf("%s gives roles", name)
		}
	}
	self := boss
	self.ID = access.AccountKey(account)
	if _, err := c.AnswerRequest(ctx, waiting[0].Number, true, "", end, self, monday); !errors.Is(err, access.ErrForbidden) {
		t.Error("an administrator gives themselves a role:", err)
	}
	_, err = c.AnswerRequest(ctx, waiting[0].Number, true, "", end, boss, monday)
	fine(t, err)
	_, err = c.AnswerRequest(ctx, waiting[1].Number, false, "Une seule suffit.", end, boss, monday)
	fine(t, err)
	if _, err := c.AnswerRequest(ctx, waiting[1].Number, true, "", end, boss, monday); err == nil {
		t.Error("answered twice")
	}
	if _, err := c.AnswerRequest(ctx, 999, true, "", end, boss, monday); !errors.Is(err, access.ErrNoRequest) {
		t.Error(err)
	}
	a, err := c.Account(ctx, account)
	fine(t, err)
	if len(a.Grants) != 1 || a.Grants[0].Role != access.Contributor || a.Grants[0].By != boss.ID || len(a.Requests) != 3 || a.Requests[1].Reason != "Une seule suffit." || a.Requests[1].Granted || !a.Requests[0].Granted {
		t.Errorf("%+v", a)
	}
	entries, err := c.Log(ctx, 0, 50)
	fine(t, err)
	if last := entries[len(entries)-1]; last.Kind != "role-donne" || last.Subject != access.AccountKey(account) {
		t.Errorf("%+v", last)
	}
}

// What a person was is nowhere any more; what was done under their number is.
func TestAPersonIsForgotten(t *testing.T) {
	ctx := context.Background()
	url := pgtest.URL(t)
	c := pgtest.Open(t, url, postgres.Options{})
	account, token := entered(t, c, "camille.martin@marne.example", roleOf(access.Contributor, "departement:51"))
	_, err := c.Identified(ctx, access.Identity{Issuer: "https://pc.example", Subject: "sujet-secret", Mail: "camille.martin@marne.example", Verified: true, GivenName: "Camille", UsualName: "Martinovic"}, true, monday)
	fine(t, err)
	fine(t, c.AskRole(ctx, access.Request{Account: account, Key: roleOf(access.Hub, "region:44"), Why: "Moi, Martinovic, je le demande."}, monday))
	dump := func() (out string) {
		conn, err := pgx.Connect(ctx, url)
		fine(t, err)
		defer conn.Close(ctx)
		rows, err := conn.Query(ctx, `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name <> 'spatial_ref_sys'`)
		fine(t, err)
		tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
		fine(t, err)
		for _, table := range tables {
			var text *string
			fine(t, conn.QueryRow(ctx, `SELECT string_agg(t::text, E'\n') FROM `+pgx.Identifier{table}.Sanitize()+` t`).Scan(&text))
			if text != nil {
				out += table + ": " + *text + "\n"
			}
		}
		return out
	}
	for _, word := range []string{"camille.martin@", "Martinovic", "sujet-secret"} {
		if n := strings.Count(dump(), word); n == 0 {
			t.Fatalf("%s was never there", word)
		}
	}
	before, err := c.Log(ctx, 0, 50)
	fine(t, err)
	fine(t, c.Erase(ctx, account, boss, monday))
	for _, word := range []string{"camille.martin@", "Martinovic", "sujet-secret"} {
		if at := strings.Index(dump(), word); at >= 0 {
			t.Errorf("%s is still there: %.200s", word, dump()[max(0, at-100):])
		}
	}
	after, err := c.Log(ctx, 0, 50)
	fine(t, err)
	if d := cmp.Diff(before, after[:len(before)]); d != "" {
		t.Errorf("the log is touched: %s", d)
	}
	if _, err := c.Session(ctx, token, monday); !errors.Is(err, access.ErrKey) {
		t.Error("who was erased still works:", err)
	}
	if a, err := c.Account(ctx, account); err != nil || a.Mail != "" || a.Erased.IsZero() || len(a.Grants) != 1 || a.Grants[0].Revoked.IsZero() {
		t.Errorf("%+v %v", a, err)
	}
	if c.Disable(ctx, account, false, boss, monday) == nil || c.GiveRole(ctx, account, roleOf(access.Hub, ""), boss, monday) == nil {
		t.Error("who was erased comes back")
	}
	if again, _ := entered(t, c, "camille.martin@marne.example"); again == account {
		t.Error("the same address is the same account again")
	}
}

func TestWhatIsOverIsSwept(t *testing.T) {
	ctx := context.Background()
	url := pgtest.URL(t)
	c := pgtest.Open(t, url, postgres.Options{})
	entered(t, c, "a@marne.example", roleOf(access.Contributor, "departement:51"))
	for _, mail := range []string{"x@nulle-part.example", "y@nulle-part.example"} {
		_, err := c.MailLink(ctx, mail, "", access.Identity{}, monday)
		fine(t, err)
	}
	_, err := c.Invite(ctx, "invitee@marne.example", roleOf(access.Contributor, "departement:51"), boss, monday)
	fine(t, err)
	fine(t, c.SweepAccounts(ctx, monday.Add(time.Hour)))
	count := func(table string) (n int) {
		conn, err := pgx.Connect(ctx, url)
		fine(t, err)
		defer conn.Close(ctx)
		fine(t, conn.QueryRow(ctx, `SELECT count(*) FROM `+table).Scan(&n))
		return n
	}
	if count("accounts") != 4 || count("sessions") != 1 || count("mail_links") != 3 {
		t.Error("swept too soon")
	}
	fine(t, c.SweepAccounts(ctx, monday.AddDate(0, 0, 3)))
	if got := []int{count("accounts"), count("people"), count("sessions"), count("mail_links"), count("account_roles")}; !cmp.Equal(got, []int{2, 2, 0, 0, 2}) {
		t.Errorf("%v left", got)
	}
	list, err := c.Accounts(ctx, "MARNE", 0, 10)
	fine(t, err)
	if len(list) != 2 || list[0].Mail != "invitee@marne.example" || len(list[0].Grants) != 1 {
		t.Errorf("%+v", list)
	}
	if list, err := c.Accounts(ctx, "%", 0, 10); err != nil || len(list) != 0 {
		t.Errorf("%+v %v", list, err)
	}
	if n, err := c.AccountOfMail(ctx, "x@nulle-part.example"); !errors.Is(err, access.ErrNoAccount) {
		t.Error(n, err)
	}
}
