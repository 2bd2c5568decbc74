package place

import (
	"encoding/json"
	"errors"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// shared reads a file of the optional test data beside the project.
func shared(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("../../../shared/data/" + name)
	if errors.Is(err, os.ErrNotExist) {
		t.Skipf("%s is not there: the test data lie beside the project, in ../shared/data", name)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestColumnsAreTheStandard(t *testing.T) {
	var schema struct {
		Fields []struct {
			Name        string
			Constraints struct{ Required bool }
		}
	}
	if err := json.Unmarshal(shared(t, "standard/schema.json"), &schema); err != nil {
		t.Fatal(err)
	}
	type column struct {
		Name     string
		Required bool
	}
	var want, got []column
	for _, f := range schema.Fields {
		want = append(want, column{f.Name, f.Constraints.Required})
	}
	for _, c := range Columns {
		got = append(got, column{c.Name, c.Required})
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("columns differ from the schema (-schema +ours):\n%s", diff)
	}
}

func TestIdentifierIsABijection(t *testing.T) {
	seen := map[string]int64{}
	for seq := int64(0); seq < 200_000; seq++ {
		id := Identifier(seq)
		if len(id) != 8 || !IsIdentifier(id) {
			t.Fatalf("Identifier(%d) = %q", seq, id)
		}
		if other, taken := seen[id]; taken {
			t.Fatalf("%d and %d are both %q", other, seq, id)
		}
		seen[id] = seq
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Int64().Draw(t, "a"), rapid.Int64().Draw(t, "b")
		if a > 0 {
			if n, ok := Number(Identifier(a)); !ok || n != a {
				t.Fatalf("Number(Identifier(%d)) = %d, %v", a, n, ok)
			}
		}
		if (a == b) != (Identifier(a) == Identifier(b)) {
			t.Fatalf("%d and %d: %q, %q", a, b, Identifier(a), Identifier(b))
		}
	})
}

func TestNumberTakesOnlyIdentifiers(t *testing.T) {
	for _, s := range []string{"", "kfzqsfz7", "r36r1ft", "R36r1ftt", "r36r1fti", "0r36r1ftt", "zzzzzzzzzzzzz", "00000000000000"} {
		if n, ok := Number(s); ok {
			t.Errorf("Number(%q) = %d", s, n)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`[0-9a-hjkmnp-tv-z]{8,13}`).Draw(t, "s")
		if n, ok := Number(s); ok && Identifier(n) != s {
			t.Fatalf("Number(%q) = %d, which is %q", s, n, Identifier(n))
		}
	})
}

// The addresses of places are for ever: these never change.
func TestIdentifierNeverChanges(t *testing.T) {
	got := map[int64]string{}
	for _, seq := range []int64{0, 1, 2, 1000, 1 << 39, 1<<40 - 1, 1 << 40} {
		got[seq] = Identifier(seq)
	}
	want := map[int64]string{
		0: "kfzqsfz7", 1: "r36r1ftt", 2: "y7h3tbs8", 1000: "3h8znb2c",
		1 << 39: "2567kpej", 1<<40 - 1: "csmfxs76", 1 << 40: "1kfzqsfz7",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("identifiers moved (-for ever +now):\n%s", diff)
	}
}

func TestDatesAreReadInFrench(t *testing.T) {
	for d, want := range map[Date]string{
		{2024, 8, 1}: "1er août 2024", {2024, 2, 29}: "29 février 2024", {1999, 12, 31}: "31 décembre 1999", {}: "une date inconnue", {2024, 13, 1}: "une date inconnue",
	} {
		if got := d.French(); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}
