package history

import (
	"encoding/hex"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"mednum/internal/place"
)

func chained(n int) []Link {
	var list []Link
	var previous []byte
	for i := range n {
		l := Link{Change: int64(10 + i), Digest: []byte{byte(i)}, Revision: Revision{
			Number: int64(i + 1), At: time.Date(2026, 11, 22, 9, i, 0, 1000, time.UTC), Data: int64(i + 5), Places: i,
			Author: Author{Organisation: "Département de la Marne", Cause: Correction, Reason: "Vu sur place : « fermé »."},
		}}
		l.Hash = l.Sum(previous)
		previous = l.Hash
		list = append(list, l)
	}
	return list
}

// What is hashed is for ever: another program must find the same.
func TestTheSumOfARevisionNeverChanges(t *testing.T) {
	list := chained(2)
	// printf '0:,1:1,2:10,27:2026-11-22T09:00:00.000001Z,24:Département de la Marne,0:,0:,0:,10:correction,28:Vu sur place : « fermé ».,0:,1:5,1:0,2:00,' | sha256sum
	const first = "b3ef3a471a4986c5fab670e7029c01c433e80b5ffa467cd2921e9595d85847a0"
	if got := hex.EncodeToString(list[0].Hash); got != first {
		t.Errorf("the sum is %s", got)
	}
}

func TestABrokenChainIsLocated(t *testing.T) {
	if err := VerifyChain(Link{}, chained(6)); err != nil {
		t.Fatal(err)
	}
	list := chained(6)
	if err := VerifyChain(list[2], list[3:]); err != nil {
		t.Errorf("from the middle: %v", err)
	}
	rapid.Check(t, func(t *rapid.T) {
		list := chained(6)
		i := rapid.IntRange(0, 5).Draw(t, "i")
		l := &list[i]
		want := int64(i + 1)
		switch rapid.IntRange(0, 13).Draw(t, "what") {
		case 0:
			l.Organisation += "x"
		case 1:
			l.Siren = "1"
		case 2:
			l.Role = "x"
		case 3:
			l.Key = "x"
		case 4:
			l.Cause = Import
		case 5: // the end of one text is not the beginning of the next
			l.Reason, l.Subject = l.Reason[:len(l.Reason)-1], l.Reason[len(l.Reason)-1:]
		case 6:
			l.Data++
		case 7:
			l.Places++
		case 8:
			l.Change++
		case 9:
			l.Digest = append(l.Digest, 0)
		case 10:
			l.At = l.At.Add(time.Microsecond)
		case 11:
			l.Number++
		case 12:
			l.Hash = append([]byte{1}, l.Hash[1:]...)
		case 13:
			if i == 5 {
				return // the end cut off is whole
			}
			list = append(list[:i], list[i+1:]...)
		}
		err := VerifyChain(Link{}, list)
		var b *Break
		if !errors.As(err, &b) || b.Number != want {
			t.Fatalf("%v, not at %d", err, want)
		}
	})
}

func TestCompareTellsColumnsInTheirOrder(t *testing.T) {
	got := Compare(map[string]string{"nom": "A", "horaires": "Mo 09:00-12:00", "telephone": "1"}, map[string]string{"horaires": "", "nom": "B", "telephone": "1", "adresse": "2 rue"})
	want := []place.FieldChange{{Column: "nom", Before: "A", After: "B"}, {Column: "adresse", After: "2 rue"}, {Column: "horaires", Before: "Mo 09:00-12:00"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if got := Compare(nil, nil); got != nil {
		t.Error(got)
	}
}
