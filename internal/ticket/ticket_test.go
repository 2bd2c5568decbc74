package ticket_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"mednum/internal/access"
	"mednum/internal/ticket"
)

var noon = time.Date(2026, time.July, 14, 12, 0, 0, 0, time.UTC)

func numberOf(t testing.TB) ticket.Number {
	t.Helper()
	n, err := ticket.NewNumber(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestANumberIsReadHoweverItIsWritten: dashes, spaces, case, and the signs that
// look like ours.
func TestANumberIsReadHoweverItIsWritten(t *testing.T) {
	for range 2000 {
		n := numberOf(t)
		s := n.String()
		if len(s) != 8 || s[4] != '-' {
			t.Fatalf("%q is not two groups", s)
		}
		alike := strings.NewReplacer("8", "b", "L", "1", "Q", "0", "5", "s", "V", "u").Replace(s)
		for _, written := range []string{s, string(n), strings.ToLower(s), " " + s[:2] + " " + s[2:] + "\u00a0", strings.ReplaceAll(s, "-", "–"), alike} {
			if got, ok := ticket.ParseNumber(written); !ok || got != n {
				t.Fatalf("%q written %q is read %q, %v", n, written, got, ok)
			}
		}
	}
}

// TestOneWrongSignIsTold: every single substitution, and every exchange of two
// signs, whichever they are.
func TestOneWrongSignIsTold(t *testing.T) {
	const signs = "23456789ACDEFGHJKLMNPQRTVWXYZ"
	for range 200 {
		n := string(numberOf(t))
		for i := range n {
			for _, other := range signs {
				wrong := n[:i] + string(other) + n[i+1:]
				if _, ok := ticket.ParseNumber(wrong); ok != (wrong == n) {
					t.Fatalf("%s for %s: %v", wrong, n, ok)
				}
			}
			for j := range i {
				b := []byte(n)
				b[i], b[j] = b[j], b[i]
				if _, ok := ticket.ParseNumber(string(b)); ok != (string(b) == n) {
					t.Fatalf("%s for %s: %v", b, n, ok)
				}
			}
		}
	}
}

// TestNumbersAreDrawnEvenly: each sign at each of the first six places, within
// seven standard deviations.
func TestNumbersAreDrawnEvenly(t *testing.T) {
	const draws = 29 * 400
	var seen [6]map[byte]int
	for i := range seen {
		seen[i] = map[byte]int{}
	}
	for range draws {
		n := numberOf(t)
		for i := range seen {
			seen[i][n[i]]++
		}
	}
	for i := range seen {
		if len(seen[i]) != 29 {
			t.Errorf("place %d has %d signs", i, len(seen[i]))
		}
		for sign, n := range seen[i] {
			if n < 260 || n > 540 {
				t.Errorf("%c comes %d times at place %d, for 400", sign, n, i)
			}
		}
	}
}

func FuzzParseNumber(f *testing.F) {
	for _, s := range []string{"K7QF-2M9", "", "k7qf 2m9", "0000000", strings.Repeat("-", 80), "é", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, ok := ticket.ParseNumber(s)
		if !ok {
			return
		}
		if again, ok := ticket.ParseNumber(n.String()); !ok || again != n {
			t.Errorf("%q is read %q, which is read %q", s, n, again)
		}
	})
}

// TestSubjects: what is one report, and what is two.
func TestSubjects(t *testing.T) {
	change := func(cells ...string) ticket.Report {
		r := ticket.Report{Kind: ticket.Change, Place: "abcdefgh", Cells: map[string]string{}}
		for i := 0; i < len(cells); i += 2 {
			r.Cells[cells[i]] = cells[i+1]
		}
		return r
	}
	town := ticket.Where{CodeInsee: "51454"}
	made := func(nom, commune string, w ticket.Where) ticket.Report {
		return ticket.Report{Kind: ticket.New, Cells: map[string]string{"nom": nom, "commune": commune}, Where: w}
	}
	for _, one := range []struct {
		what string
		a, b ticket.Report
		same bool
	}{
		{"the words do not count", ticket.Report{Kind: ticket.Closed, Place: "a", Text: "x"}, ticket.Report{Kind: ticket.Closed, Place: "a", Text: "y", Mail: "a@b.fr"}, true},
		{"another kind", ticket.Report{Kind: ticket.Closed, Place: "a"}, ticket.Report{Kind: ticket.Shut, Place: "a"}, false},
		{"another place", ticket.Report{Kind: ticket.Closed, Place: "a"}, ticket.Report{Kind: ticket.Closed, Place: "b"}, false},
		{"the same value otherwise written", change("nom", "Médiathèque  du Canal "), change("nom", "mediatheque du canal"), true},
		{"another value", change("telephone", "1"), change("telephone", "2"), false},
		{"one more column", change("telephone", "1"), change("telephone", "1", "nom", "x"), false},
		{"emptied is not left alone", change("telephone", ""), change(), false},
		{"columns do not run into one another", change("nom", "a", "telephone", "b"), change("nom", "a\x00telephone", "telephone", "b"), false},
		{"a new place by its name", made("Le Canal", "Reims", town), made("LE CANAL", "reims cedex", town), true},
		{"in another commune", made("Le Canal", "Reims", town), made("Le Canal", "Lyon", ticket.Where{CodeInsee: "69123"}), false},
	} {
		if got := one.a.Subject() == one.b.Subject(); got != one.same {
			t.Errorf("%s: %v", one.what, got)
		}
	}
}

func TestFaultsAreToldAtOnce(t *testing.T) {
	r := ticket.Report{Kind: "x", Cells: map[string]string{"id": "1", "telefone": "2", "telephone": "3"}}
	var where []string
	for _, f := range r.Faults() {
		where = append(where, f.Where)
	}
	if got := strings.Join(where, " "); got != "nature valeurs.id valeurs.telefone lieu" {
		t.Error(got)
	}
	for _, good := range []ticket.Report{
		{Kind: ticket.Closed, Place: "a"}, {Kind: ticket.Other, Place: "a", Text: "x"}, {Kind: ticket.Change, Place: "a", Cells: map[string]string{"telephone": ""}},
		{Kind: ticket.New, Cells: map[string]string{"nom": "x", "commune": "Reims"}}, {Kind: ticket.New, Cells: map[string]string{"nom": "x", "latitude": "49", "longitude": "4"}},
	} {
		if f := good.Faults(); len(f) > 0 {
			t.Errorf("%v: %v", good, f)
		}
	}
	for _, bad := range []ticket.Report{
		{Kind: ticket.Closed}, {Kind: ticket.Other, Place: "a"}, {Kind: ticket.Change, Place: "a"}, {Kind: ticket.New}, {Kind: ticket.New, Place: "a", Cells: map[string]string{"nom": "x", "commune": "y"}},
	} {
		if len(bad.Faults()) == 0 {
			t.Errorf("%v is taken", bad)
		}
	}
}

func keyOf(id string, role access.Role, territory string) access.Key {
	return access.Key{ID: id, Role: role, Organisation: "Organisation " + id, Siren: "732829320", Territory: access.ParseTerritory(territory), Expires: noon.AddDate(1, 0, 0)}
}

// agents are who may come: two of the territory, one of another, a moderator, and
// some who may not handle.
var agents = []access.Key{
	keyOf("a", access.Contributor, "departement:51"), keyOf("b", access.Hub, ""), keyOf("c", access.Contributor, "commune:75056"), keyOf("m", access.Moderator, ""),
	keyOf("p", access.PlaceContributor, "lieux:00000001"), keyOf("r", access.Reader, ""), {ID: "x", Role: access.Moderator, Expires: noon.AddDate(0, 0, -1)},
}

// TestLife plays any moves of anybody at any time against what the rules say in
// a naive way: an open report moves, one held by somebody else does not, a closed
// one only reopens.
func TestLife(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		one := ticket.Ticket{Number: "K7QF2M9", Kind: ticket.Closed, State: ticket.Received, Place: "00000001", Where: ticket.Where{CodeInsee: "51454", Departement: "51"}, Made: noon}
		now := noon
		holder, since := "", time.Time{}
		for range rapid.IntRange(1, 30).Draw(t, "moves") {
			now = now.Add(time.Duration(rapid.IntRange(0, 60).Draw(t, "hours")) * time.Hour)
			by := agents[rapid.IntRange(0, len(agents)-1).Draw(t, "who")]
			m := ticket.Move{Act: rapid.SampledFrom(append(ticket.Acts(), "x")).Draw(t, "act"), Words: rapid.SampledFrom([]string{"", " ", "Merci.", strings.Repeat("é", 1001)}).Draw(t, "words")}
			of := &ticket.Ticket{Number: "9999999", Place: "00000001", State: ticket.Answered}
			switch rapid.IntRange(0, 4).Draw(t, "of") {
			case 0:
				m.Of = of
			case 1:
				m.Of = of
				of.State = ticket.Duplicate
			case 2:
				m.Of = of
				of.Place = "00000002"
			case 3:
				m.Of = &ticket.Ticket{Number: one.Number, Place: "00000001"}
			}
			before := one
			before.Steps = slices.Clone(one.Steps)
			moved, err := one.Move(m, by, now)

			mine := before.State == ticket.Taken && holder == by.ID
			others := before.State == ticket.Taken && !mine && now.Before(since.Add(48*time.Hour))
			closed := before.State != ticket.Received && before.State != ticket.Taken
			words := strings.TrimSpace(m.Words)
			may := by.ID != "c" && by.ID != "p" && by.ID != "r" && by.ID != "x" && !others && len(words) < 1000 && closed == (m.Act == ticket.Reopen)
			switch m.Act {
			case ticket.Reply, ticket.Drop:
				may = may && words != ""
			case ticket.Repeat:
				may = may && m.Of != nil && m.Of.Number != one.Number && m.Of.State != ticket.Duplicate && m.Of.Place == "00000001"
			case ticket.Release:
				may = may && before.State == ticket.Taken
			case "x":
				may = false
			}
			if (err == nil) != may {
				t.Fatalf("%s by %s in state %s at %v: %v, expected %v", m.Act, by.ID, before.State, now, err, may)
			}
			if others && by.ID != "c" && by.ID != "p" && by.ID != "r" && by.ID != "x" && !errors.Is(err, ticket.ErrHeld) {
				t.Fatalf("held by %s: %v", holder, err)
			}
			if err != nil || !moved {
				if fmt.Sprint(before) != fmt.Sprint(one) {
					t.Fatalf("a move that is not made changes %v to %v", before, one)
				}
				if err == nil && !(m.Act == ticket.Take && mine) {
					t.Fatal("nothing moved")
				}
				continue
			}
			switch m.Act {
			case ticket.Take:
				holder, since = by.ID, now
			case ticket.Release, ticket.Reopen:
				holder = ""
			}
			want := map[ticket.Act]ticket.State{ticket.Take: ticket.Taken, ticket.Release: ticket.Received, ticket.Reopen: ticket.Received, ticket.Publish: ticket.Published,
				ticket.Reply: ticket.Answered, ticket.Drop: ticket.Dropped, ticket.Repeat: ticket.Duplicate}[m.Act]
			if one.State != want || one.State.Open() != one.Closed.IsZero() || len(one.Steps) != len(before.Steps)+1 {
				t.Fatalf("%s makes %+v", m.Act, one)
			}
			if one.State == ticket.Taken != (one.By.Key != "" && one.State.Open()) {
				t.Fatalf("%s is held by %q", one.State, one.By.Key)
			}
		}
	})
}

// TestBothHearWhoHasIt: the second of two agents is told who the first is.
func TestBothHearWhoHasIt(t *testing.T) {
	one := ticket.Ticket{State: ticket.Received, Where: ticket.Where{Departement: "51"}}
	if _, err := one.Move(ticket.Move{Act: ticket.Take}, agents[0], noon); err != nil {
		t.Fatal(err)
	}
	_, err := one.Move(ticket.Move{Act: ticket.Take}, agents[1], noon.Add(time.Minute))
	var why *ticket.Refusal
	if !errors.As(err, &why) || why.Error() != "Organisation a s’occupe déjà de ce signalement. Attendez sa réponse, ou écrivez-lui." {
		t.Error(err)
	}
	if moved, err := one.Move(ticket.Move{Act: ticket.Take}, agents[1], noon.Add(49*time.Hour)); !moved || err != nil {
		t.Errorf("the first agent is away for two days: %v, %v", moved, err)
	}
}

func TestUrgent(t *testing.T) {
	for _, one := range []struct {
		ticket.Ticket
		want bool
	}{
		{ticket.Ticket{Kind: ticket.Closed, State: ticket.Received, Voices: 1}, false},
		{ticket.Ticket{Kind: ticket.Closed, State: ticket.Received, Voices: 2}, true},
		{ticket.Ticket{Kind: ticket.Closed, State: ticket.Taken, Voices: 1, Own: true}, true},
		{ticket.Ticket{Kind: ticket.Shut, State: ticket.Received, Voices: 9}, false},
		{ticket.Ticket{Kind: ticket.Closed, State: ticket.Dropped, Voices: 9}, false},
	} {
		if one.Urgent() != one.want {
			t.Errorf("%+v: %v", one.Ticket, one.Urgent())
		}
	}
}
