package hours

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files")

// golden compares with a file of testdata, or writes it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := "testdata/" + name
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got == string(want) {
		return
	}
	a, b := strings.Split(string(want), "\n"), strings.Split(got, "\n")
	for i := range max(len(a), len(b)) {
		if i >= len(a) || i >= len(b) || a[i] != b[i] {
			t.Fatalf("%s, line %d (rewrite with -update and review):\nwant %q\n got %q", path, i+1, at(a, i), at(b, i))
		}
	}
}

func at(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return "(end)"
}

// TestDescriptions holds what every tricky value is read as, said as, and how
// long it opens: the exact form, the French, or the error.
func TestDescriptions(t *testing.T) {
	var b strings.Builder
	for _, value := range trickyValues(t) {
		fmt.Fprintf(&b, "%s\n", value)
		h, err := Parse(value)
		if err != nil {
			e := err.(*SyntaxError)
			fmt.Fprintf(&b, "    ! %d: %s\n", e.Offset, e.Message)
			continue
		}
		if s := h.String(); s != value {
			fmt.Fprintf(&b, "    = %s\n", s)
		}
		for _, line := range h.Describe() {
			fmt.Fprintf(&b, "    %s\n", strings.ReplaceAll(line, nbsp, " "))
		}
		if m, ok := h.WeeklyMinutes(); ok {
			fmt.Fprintf(&b, "    %d h %02d a week\n", m/60, m%60)
		}
	}
	golden(t, "descriptions.txt", b.String())
}
