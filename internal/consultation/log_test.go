package consultation_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"mednum/internal/access"
	. "mednum/internal/consultation"
)

func chain(t testing.TB, n int) []Entry {
	t.Helper()
	var entries []Entry
	var last Entry
	for i := range n {
		e, err := Chain(last, Entry{
			At: days(i).Add(123456789), Kind: LogState, Subject: fmt.Sprintf("%d.0.0", i), By: Party{Organisation: "L’État & « co » <x>", Siren: "130026032", Role: access.Editor}, Key: "0123abcd",
			Payload: json.RawMessage(`{"poids": 4.50, "motif": "é\u00e9<", "b": null}`),
		})
		if err != nil {
			t.Fatal(err)
		}
		entries, last = append(entries, e), e
	}
	return entries
}

// The first hash, computed by hand from RFC 8785: it never changes, or the logs
// already written could not be checked any more.
func TestTheHashOfAnEntryIsStable(t *testing.T) {
	e := chain(t, 1)[0]
	if string(e.Payload) != `{"b":null,"motif":"éé<","poids":4.5}` {
		t.Errorf("payload %s", e.Payload)
	}
	const want = "a8b33045ace1bd65350022ba69b013cc226cc5775b65c1273d81a65aeecd31c6"
	if e.Number != 1 || e.Previous != strings.Repeat("0", 64) || e.Hash != want {
		t.Errorf("%d %s %s", e.Number, e.Previous, e.Hash)
	}
}

func TestAWholeLogIsWhole(t *testing.T) {
	entries := chain(t, 9)
	if err := VerifyChain(Entry{}, entries); err != nil {
		t.Error(err)
	}
	if err := VerifyChain(Entry{}, nil); err != nil {
		t.Error(err)
	}
	// By pages, and as a database or a JSON answer gives it back.
	for i := range entries {
		text, err := json.Marshal(entries[i])
		if err != nil {
			t.Fatal(err)
		}
		var e Entry
		if err := json.Unmarshal(text, &e); err != nil {
			t.Fatal(err)
		}
		e.At = e.At.In(time.FixedZone("ailleurs", 7200))
		var before Entry
		if i > 0 {
			before = entries[i-1]
		}
		if err := VerifyChain(before, []Entry{e}); err != nil {
			t.Errorf("entry %d read back: %v", i+1, err)
		}
	}
}

// Any field of any entry.
func TestTamperingIsLocated(t *testing.T) {
	const n = 5
	for name, edit := range map[string]func(e *Entry){
		"number":       func(e *Entry) { e.Number += 7 },
		"number back":  func(e *Entry) { e.Number = -1 },
		"instant":      func(e *Entry) { e.At = e.At.Add(time.Microsecond) },
		"kind":         func(e *Entry) { e.Kind = LogVote },
		"subject":      func(e *Entry) { e.Subject += " " },
		"organisation": func(e *Entry) { e.By.Organisation = "Une autre" },
		"siren":        func(e *Entry) { e.By.Siren = "" },
		"role":         func(e *Entry) { e.By.Role = access.Committee },
		"key":          func(e *Entry) { e.Key = "" },
		"payload":      func(e *Entry) { e.Payload = json.RawMessage(`{"b":null,"motif":"éé<","poids":4.6}`) },
		"member added": func(e *Entry) { e.Payload = json.RawMessage(`{"a":1,"b":null,"motif":"éé<","poids":4.5}`) },
		"member twice": func(e *Entry) { e.Payload = json.RawMessage(`{"b":null,"b":null,"motif":"éé<","poids":4.5}`) },
		"not JSON":     func(e *Entry) { e.Payload = json.RawMessage(`{`) },
		"no payload":   func(e *Entry) { e.Payload = nil },
		"previous":     func(e *Entry) { e.Previous = strings.Repeat("f", 64) },
		"hash":         func(e *Entry) { e.Hash = strings.Repeat("f", 64) },
		"no hash":      func(e *Entry) { e.Hash = "" },
	} {
		for i := range n {
			entries := chain(t, n)
			edit(&entries[i])
			at := int64(i + 1)
			if name == "number back" {
				at = -1
			}
			broken(t, fmt.Sprintf("%s of %d", name, i+1), entries, at)
		}
	}
	// A changed entry hashed again breaks the next one, which does not follow it.
	for i := range n - 1 {
		entries := chain(t, n)
		var before Entry
		if i > 0 {
			before = entries[i-1]
		}
		changed := entries[i]
		changed.Subject = "une autre"
		var err error
		if entries[i], err = Chain(before, changed); err != nil {
			t.Fatal(err)
		}
		broken(t, fmt.Sprintf("%d written again", i+1), entries, int64(i+2))
	}
	for i := range n - 1 {
		entries := chain(t, n)
		broken(t, fmt.Sprintf("%d taken away", i+1), append(entries[:i:i], entries[i+1:]...), int64(i+1))
		entries[i], entries[i+1] = entries[i+1], entries[i]
		broken(t, fmt.Sprintf("%d after the next", i+1), entries, int64(i+1))
		entries = chain(t, n)
		broken(t, fmt.Sprintf("%d twice", i+1), append(entries[:i+1:i+1], entries[i:]...), int64(i+1))
	}
}

func broken(t testing.TB, name string, entries []Entry, at int64) {
	t.Helper()
	var b *Break
	if err := VerifyChain(Entry{}, entries); !errors.As(err, &b) || b.Number != at || b.Reason == "" {
		t.Errorf("%s: %v, not a break at %d", name, err, at)
	}
}
