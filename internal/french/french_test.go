package french

import "testing"

func TestNumbersAndLists(t *testing.T) {
	for n, want := range map[int]string{
		0: "0\u00a0lieu", 1: "1\u00a0lieu", 2: "2\u00a0lieux", -1: "−1\u00a0lieu", -2: "−2\u00a0lieux",
		999: "999\u00a0lieux", 1000: "1\u202f000\u00a0lieux", 1234567: "1\u202f234\u202f567\u00a0lieux", -4321: "−4\u202f321\u00a0lieux",
	} {
		if got := Count(n, "lieu", "lieux"); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
	for want, words := range map[string][]string{"": nil, "a": {"a"}, "a et b": {"a", "b"}, "a, b et c": {"a", "b", "c"}} {
		if got := Enumerate(words, " et "); got != want {
			t.Errorf("%v: %q", words, got)
		}
	}
	if Capital("école") != "École" || Lower("École") != "école" || Capital("") != "" {
		t.Error("capitals")
	}
}

func TestFill(t *testing.T) {
	for _, c := range []struct {
		sentence, want string
		pairs          []string
	}{
		{"Rien.", "Rien.", []string{"{lu}", "x"}},
		{"", "", nil},
		{"« {lu} » devient « {ecrit} ».", "« {ecrit} » devient « b{ ».", []string{"{lu}", "{ecrit}", "{ecrit}", "b{"}},
		{"{lu}{lu}{", "xx{", []string{"{lu}", "x"}},
		{"{{lu}} {autre} {lu", "{x} {autre} {lu", []string{"{lu}", "x"}},
		{"{a}{b}", "{b}", []string{"{a}", "", "{b}", "{b}"}},
	} {
		if got := Fill(c.sentence, c.pairs...); got != c.want {
			t.Errorf("%q: %q instead of %q", c.sentence, got, c.want)
		}
	}
}
