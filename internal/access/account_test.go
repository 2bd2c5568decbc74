package access_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"time"

	"mednum/internal/access"
)

func TestASessionLasts(t *testing.T) {
	s := access.Session{Created: now, Seen: now, Expires: now.Add(access.SessionLife)}
	for _, c := range []struct {
		name string
		seen time.Duration
		at   time.Duration
		good bool
	}{
		{"at once", 0, 0, true},
		{"a moment before idle", 0, access.SessionIdle - 1, true},
		{"idle", 0, access.SessionIdle, false},
		{"kept busy", access.SessionLife - time.Hour, access.SessionLife - 1, true},
		{"its end, however busy", access.SessionLife - 1, access.SessionLife, false},
	} {
		s.Seen = now.Add(c.seen)
		err := s.Alive(now.Add(c.at))
		if (err == nil) != c.good || err != nil && !errors.Is(err, access.ErrKey) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestTokens(t *testing.T) {
	seen := map[string]bool{}
	for range 200 {
		token, hash, err := access.NewToken(rand.Reader)
		if err != nil || len(token) != 43 || len(hash) != 32 || seen[token] || bytes.Contains(hash, []byte(token[:8])) {
			t.Fatalf("%q %x %v", token, hash, err)
		}
		seen[token] = true
		if again, ok := access.ParseToken(token); !ok || !access.SameHash(hash, again) || len(access.SessionID(hash)) != 12 {
			t.Fatalf("%q is not read back", token)
		}
		for _, odd := range []string{token[1:], token + "A", token + "=", " " + token, token[:42] + "*", ""} {
			if _, ok := access.ParseToken(odd); ok {
				t.Errorf("%q is a token", odd)
			}
		}
	}
	if _, _, err := access.NewToken(strings.NewReader("trop court")); err == nil {
		t.Error("a token of too little chance")
	}
}

func TestALinkIsGood(t *testing.T) {
	good := access.Link{Account: 7, Expires: now.Add(access.LinkLife)}
	used, none := good, access.Link{Expires: good.Expires}
	used.Used = now
	for _, c := range []struct {
		name string
		link access.Link
		at   time.Time
		want string
	}{
		{"fresh", good, now, ""}, {"last instant", good, good.Expires.Add(-1), ""},
		{"expired", good, good.Expires, "a expiré"}, {"used", used, now, "a déjà servi"}, {"used and expired", used, good.Expires, "a déjà servi"}, {"unknown", none, now, "n’est pas connu"},
	} {
		err := c.link.Good(c.at)
		var denial *access.Denial
		if c.want == "" && err != nil || c.want != "" && (!errors.As(err, &denial) || !errors.Is(err, access.ErrLink) || !strings.Contains(denial.Reason, c.want)) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestWhoMayEnrol(t *testing.T) {
	for _, role := range append(access.Roles(), "") {
		k := key(role)
		if err := access.MayEnrol(k, 7, now); (err == nil) != access.Allows(role, access.Enrol) {
			t.Errorf("%s: %v", role, err)
		}
		k.ID = access.AccountKey(7)
		if err := access.MayEnrol(k, 7, now); !errors.Is(err, access.ErrForbidden) {
			t.Errorf("%s decides for themselves: %v", role, err)
		}
	}
	for id, want := range map[string]int64{"compte-12": 12, "compte-0": 0, "compte-": 0, "compte--3": 0, "compte-12x": 0, "0123abcd": 0, "": 0} {
		if n, ok := access.AccountOf(id); ok != (want > 0) || ok && n != want {
			t.Errorf("%q: %d %v", id, n, ok)
		}
	}
	nobody := access.Key{ID: "compte-7", Expires: now.Add(time.Hour)}
	var denial *access.Denial
	if err := nobody.Check(access.Amend, now); !errors.As(err, &denial) || !strings.Contains(denial.Reason, "pas encore de rôle") {
		t.Errorf("%v", err)
	}
	for _, r := range access.Asked() {
		if access.Allows(r, access.Enrol) {
			t.Errorf("anybody may ask to be %s", r)
		}
	}
}

func TestMails(t *testing.T) {
	for s, want := range map[string]string{
		"a@b.fr": "a@b.fr", " Prenom.NOM+x@Marne.FR\n": "prenom.nom+x@marne.fr", "d’artagnan@gascogne.fr": "d’artagnan@gascogne.fr", "o'neill@b.fr": "o'neill@b.fr",
		"": "", "a": "", "a@": "", "@b.fr": "", "a@b": "", "a@.fr": "", "a@b.": "", "a@b@c.fr": "", "A <a@b.fr>": "", "a@b.fr, c@d.fr": "", "a@b.fr;c@d.fr": "", "a b@c.fr": "", "a@b.fr\r\nBcc: c@d.fr": "",
		"a@b.fr\x00": "", "a@[127.0.0.1]": "", `"a b"@c.fr`: "", "a@b\u200b.fr": "", strings.Repeat("a", 65) + "@b.fr": "", "a@" + strings.Repeat("b", 260) + ".fr": "",
	} {
		if got, ok := access.ParseMail(s); got != want || ok != (want != "") {
			t.Errorf("%q: %q %v", s, got, ok)
		}
	}
}

func TestSirets(t *testing.T) {
	for s, want := range map[string]string{"225100015": "225100015", " 225 100 015 ": "225100015", "22510001500017": "225100015", "225 100 015 00017": "225100015", "225100016": "", "2251000150001": "", "2251000150001x": "", "": ""} {
		if got := access.ParseSiret(s); got != want {
			t.Errorf("%q: %q", s, got)
		}
	}
}

func FuzzParseMail(f *testing.F) {
	f.Add("a@b.fr")
	f.Add("İ@b.fr")
	f.Add("a@b.fr\r\nBcc: c@d.fr")
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := access.ParseMail(s)
		if !ok {
			return
		}
		if again, same := access.ParseMail(got); !same || again != got || strings.ContainsAny(got, "\r\n\t ,;<>\x00") || strings.Count(got, "@") != 1 {
			t.Errorf("%q: %q, then %q", s, got, again)
		}
	})
}
