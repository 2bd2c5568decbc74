package access_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"mednum/internal/access"
)

// The whole table, as the design has it: who may do what.
var may = map[access.Role]string{
	access.Reader:           "lire-journal",
	access.PlaceContributor: "declarer contester corriger lire-journal",
	access.Contributor:      "declarer remonter contester deposer rapprocher ajouter corriger traiter lire-journal",
	access.Hub:              "declarer remonter contester deposer rapprocher gerer-sources ajouter corriger traiter lire-journal",
	access.Verifier:         "verifier lire-journal",
	access.Moderator:        "repondre trancher ajouter corriger traiter lire-journal",
	access.Editor:           "repondre rediger faire-avancer simuler publier lire-journal",
	access.Committee:        "simuler approuver publier trancher lire-journal",
	access.Auditor:          "simuler lire-journal",
	access.Administrator:    "gerer-cles gerer-comptes lire-journal",
}

func TestWhoMayDoWhat(t *testing.T) {
	if len(may) != len(access.Roles()) {
		t.Errorf("%d roles, %d in this table", len(access.Roles()), len(may))
	}
	for _, role := range append(access.Roles(), "", "inconnu") {
		allowed := strings.Fields(may[role])
		for _, op := range append(access.Operations(), "", "inconnue") {
			want := slices.Contains(allowed, string(op))
			if got := access.Allows(role, op); got != want {
				t.Errorf("%s may %s: %v", role, op, got)
			}
			k := key(role)
			err := k.Check(op, now)
			if (err == nil) != want {
				t.Errorf("%s checks %s: %v", role, op, err)
			}
			if err != nil && !errors.Is(err, access.ErrForbidden) {
				t.Errorf("%s checks %s: %v is not ErrForbidden", role, op, err)
			}
		}
	}
}

// Nobody both writes the rules and votes on them, and who runs the machine has
// no right on them.
func TestDutiesAreApart(t *testing.T) {
	rules := []access.Operation{access.Draft, access.Advance, access.Approve, access.Publish, access.Answer, access.Judge, access.Simulate, access.Verify}
	for _, role := range access.Roles() {
		if access.Allows(role, access.Draft) && access.Allows(role, access.Approve) {
			t.Errorf("%s writes and approves", role)
		}
		if access.Allows(role, access.Contest) && access.Allows(role, access.Judge) {
			t.Errorf("%s contests and decides", role)
		}
		for _, op := range rules {
			if access.Allows(role, access.ManageKeys) && access.Allows(role, op) {
				t.Errorf("%s manages keys and may %s", role, op)
			}
		}
	}
	for _, role := range access.Roles() {
		if role.Label() == string(role) && role != access.Reader && role != access.Auditor {
			t.Errorf("%s has no French name", role)
		}
	}
	for _, op := range access.Operations() {
		if op.Label() == string(op) {
			t.Errorf("%s has no French name", op)
		}
	}
}

var now = time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)

func key(role access.Role) access.Key {
	return access.Key{ID: "0123abcd", Role: role, Organisation: "Département de la Marne", Siren: "225100015", Created: now, Expires: now.AddDate(1, 0, 0)}
}

func TestKeysEnd(t *testing.T) {
	k := key(access.Contributor)
	for _, c := range []struct {
		name string
		key  func(*access.Key)
		at   time.Time
		want string
	}{
		{"fresh", func(*access.Key) {}, now, ""},
		{"last instant", func(*access.Key) {}, k.Expires.Add(-1), ""},
		{"expired", func(*access.Key) {}, k.Expires, "Cette clé a expiré le 02/03/2027."},
		{"revoked now", func(k *access.Key) { k.Revoked = now }, now, "Cette clé a été révoquée."},
		{"revoked and expired", func(k *access.Key) { k.Revoked = now }, k.Expires, "Cette clé a été révoquée."},
		{"before it was revoked", func(k *access.Key) { k.Revoked = now.Add(time.Hour) }, now, ""},
		{"none", func(k *access.Key) { *k = access.Key{} }, now, "Cette action demande une clé."},
		{"without an end", func(k *access.Key) { k.Expires = time.Time{} }, now, "Cette action demande une clé."},
	} {
		k := k
		c.key(&k)
		err := k.Check(access.Comment, c.at)
		var denial *access.Denial
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.want != "" && (!errors.As(err, &denial) || denial.Reason != c.want || !errors.Is(err, access.ErrKey)):
			t.Errorf("%s: %v, not %q", c.name, err, c.want)
		}
	}
}

func TestTerritoriesHold(t *testing.T) {
	for _, c := range []struct {
		territory string
		want      bool
	}{
		{"", true},
		{"commune:51454", true},
		{"commune:51108,51454", true},
		{"commune:51108", false},
		{"epci:200067213", true},
		{"epci:245100000", false},
		{"departement:51", true},
		{"departement:52,08", false},
		{"region:44", true},
		{"region:51", false},
		{"lieux:0g3xkz9a", true},
		{"lieux:51454", false},
	} {
		if got := access.ParseTerritory(c.territory).Holds("0g3xkz9a", "51454", "200067213", "51", "44"); got != c.want {
			t.Errorf("%q: %v", c.territory, got)
		}
		// A place of which nothing is known is nowhere but in the country.
		if got := access.ParseTerritory(c.territory).Holds("", "", "", "", ""); got != (c.territory == "") {
			t.Errorf("%q holds a place of nowhere: %v", c.territory, got)
		}
	}
	for _, odd := range []access.Territory{{Kind: "pays"}, {Kind: "departement"}, {Codes: []string{"51"}}, {Kind: "departement", Codes: []string{""}}, {Kind: "pays", Codes: []string{"51"}}} {
		if odd.Holds("0g3xkz9a", "51454", "200067213", "51", "44") || odd.Holds("", "", "", "", "") {
			t.Errorf("%+v holds a place", odd)
		}
	}
}

func TestFaultsOfAKey(t *testing.T) {
	for _, c := range []struct {
		name string
		edit func(*access.Key)
		want []string // "where: message", in part
	}{
		{"a collectivité", func(k *access.Key) { k.Territory = access.ParseTerritory("departement:51") }, nil},
		{"a place", func(k *access.Key) {
			k.Role = access.PlaceContributor
			k.Territory = access.ParseTerritory("lieux:0g3xkz9a")
		}, nil},
		{"national", func(k *access.Key) { k.Role = access.Committee }, nil},
		{"auditor without SIREN", func(k *access.Key) { k.Role, k.Siren = access.Auditor, "" }, nil},
		{"everything wrong", func(k *access.Key) {
			*k = access.Key{Role: "maire", Organisation: " ", Siren: "123456789", Territory: access.ParseTerritory("departement:51,99"), Expires: now}
		}, []string{"role: « maire » n’est pas un rôle", "organisation: il manque le nom", "siren: « 123456789 » n’est pas", "territory: « 99 » n’est pas le numéro d’un département", "expires: la date d’expiration est passée"}},
		{"no territory", func(*access.Key) {}, []string{"territory: le rôle de contributeur d’une collectivité a un territoire"}},
		{"places for a collectivité", func(k *access.Key) { k.Territory = access.ParseTerritory("lieux:0g3xkz9a") }, []string{"territory: le rôle de contributeur d’une collectivité"}},
		{"a place without places", func(k *access.Key) {
			k.Role = access.PlaceContributor
			k.Territory = access.ParseTerritory("departement:51")
		}, []string{"territory: le rôle de contributeur d’un lieu nomme ses lieux"}},
		{"a national role with a territory", func(k *access.Key) { k.Role = access.Editor; k.Territory = access.ParseTerritory("region:44") }, []string{"territory: le rôle de rédacteur national vaut partout"}},
		{"no SIREN", func(k *access.Key) { k.Siren = ""; k.Territory = access.ParseTerritory("region:44") }, []string{"siren: il manque le numéro SIREN"}},
		{"an unknown kind", func(k *access.Key) { k.Territory = access.ParseTerritory("canton:12") }, []string{"territory: « canton » n’est pas une sorte de territoire"}},
		{"no code", func(k *access.Key) { k.Territory = access.ParseTerritory("epci:") }, []string{"territory: il manque un code après « epci: »"}},
		{"an EPCI whose number is wrong", func(k *access.Key) { k.Territory = access.ParseTerritory("epci:200067214") }, []string{"territory: « 200067214 » n’est pas le numéro SIREN"}},
		{"too long", func(k *access.Key) { k.Role = access.Committee; k.Expires = now.AddDate(4, 0, 0) }, []string{"expires: une clé dure trois ans"}},
	} {
		k := key(access.Contributor)
		c.edit(&k)
		var got []string
		for _, f := range k.Faults(now) {
			got = append(got, f.Where+": "+f.Message)
		}
		if len(got) != len(c.want) {
			t.Errorf("%s: %q", c.name, got)
			continue
		}
		for i := range got {
			if !strings.HasPrefix(got[i], c.want[i]) {
				t.Errorf("%s: %q, not %q", c.name, got[i], c.want[i])
			}
		}
	}
}

func TestSiren(t *testing.T) {
	for s, want := range map[string]bool{
		"356000000": true, "200067213": true, "732829320": true, "732829321": false, "000000000": false,
		"35600000": false, "3560000000": false, "35600000a": false, "": false, "٣٥٦٠٠٠٠٠٠": false,
	} {
		if access.IsSiren(s) != want {
			t.Errorf("%q: %v", s, !want)
		}
	}
}

// The key of a known draw never changes: keys already given stay good.
func TestTheSecretIsStable(t *testing.T) {
	secret, id, hash, err := access.NewSecret(bytes.NewReader(bytes.Repeat([]byte{0x5a}, 37)))
	if err != nil {
		t.Fatal(err)
	}
	const want = "mednum_b9d5mpjtb9d5mpjtb9d5mpjtb9d5mpjtb9d5mpjtb9d5mpjtb9d5mpjtb9d0ep3k52"
	if secret != want {
		t.Errorf("%s, not %s", secret, want)
	}
	again, kept, err := access.ParseSecret(secret)
	if err != nil || again != id || !access.SameHash(hash, kept) {
		t.Fatalf("%s: %s %v", secret, again, err)
	}
}

func TestSecretsAreReadBack(t *testing.T) {
	seen := map[string]bool{}
	for range 200 {
		secret, id, hash, err := access.NewSecret(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if seen[id] || seen[secret] {
			t.Fatalf("%s was drawn twice", id)
		}
		seen[id], seen[secret] = true, true
		for _, typed := range []string{secret, "  " + secret + "\n", strings.ToUpper(secret), strings.NewReplacer("0", "O", "1", "l").Replace(secret)} {
			gotID, gotHash, err := access.ParseSecret(typed)
			if err != nil || gotID != id || !access.SameHash(hash, gotHash) {
				t.Fatalf("%q: %s, %v", typed, gotID, err)
			}
		}
	}
	if _, _, _, err := access.NewSecret(io.LimitReader(rand.Reader, 20)); err == nil {
		t.Error("a key was made of too little chance")
	}
}

// One sign changed, two exchanged, one left out or doubled: said as a typo, not
// as an unknown key.
func TestTyposAreToldFromWrongKeys(t *testing.T) {
	secret, _, _, err := access.NewSecret(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	wrong := func(s string) {
		t.Helper()
		if s == secret {
			return
		}
		_, _, err := access.ParseSecret(s)
		var denial *access.Denial
		if !errors.Is(err, access.ErrTypo) || !errors.Is(err, access.ErrKey) || !errors.As(err, &denial) {
			t.Errorf("%q: %v", s, err)
		}
	}
	for i := len("mednum_"); i < len(secret); i++ {
		for _, c := range "0123456789abcdefghjkmnpqrstvwxyz*é" {
			wrong(secret[:i] + string(c) + secret[i+1:])
		}
		wrong(secret[:i] + secret[i+1:])
		wrong(secret[:i] + secret[i:i+1] + secret[i:])
		if i+1 < len(secret) {
			wrong(secret[:i] + secret[i+1:i+2] + secret[i:i+1] + secret[i+2:])
		}
	}
	for _, s := range []string{"", "mednum_", "Bearer " + secret, "sk_" + secret[7:], secret + secret, strings.Repeat("mednum_", 9)} {
		wrong(s)
	}
}

func TestTerritoriesAreReadAsTheyAreWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]string{"commune", "epci", "departement", "region", "lieux"}).Draw(t, "kind")
		codes := rapid.SliceOfNDistinct(rapid.StringMatching(`[0-9]{2,9}`), 1, 5, rapid.ID[string]).Draw(t, "codes")
		want := access.Territory{Kind: kind, Codes: codes}
		if got := access.ParseTerritory(want.String()); got.String() != want.String() {
			t.Fatalf("%s read as %s", want, got)
		}
	})
}

func FuzzParseSecret(f *testing.F) {
	secret, _, _, _ := access.NewSecret(bytes.NewReader(make([]byte, 37)))
	f.Add(secret)
	f.Add("mednum_")
	f.Add("MEDNUM_İ")
	f.Fuzz(func(t *testing.T, s string) {
		id, hash, err := access.ParseSecret(s)
		if err == nil && (len(id) != 8 || len(hash) != 32) || err != nil && !errors.Is(err, access.ErrTypo) {
			t.Errorf("%q: %q, %d, %v", s, id, len(hash), err)
		}
	})
}

func FuzzParseTerritory(f *testing.F) {
	f.Add("departement:51,2a")
	f.Add(" : , ")
	f.Fuzz(func(t *testing.T, s string) {
		territory := access.ParseTerritory(s)
		if again := access.ParseTerritory(territory.String()); again.String() != territory.String() {
			t.Errorf("%q: %q, then %q", s, territory, again)
		}
	})
}
