package api

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"testing"
)

// TestSpoolGivesWhatWasWritten: while it grows, whatever the sizes of what is
// written and of what is read.
func TestSpoolGivesWhatWasWritten(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 1))
		s, err := newSpool(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		text := make([]byte, r.IntN(200_000))
		for i := range text {
			text[i] = byte(r.Uint32())
		}
		go func() {
			w := rand.New(rand.NewPCG(seed, 2))
			for rest := text; len(rest) > 0; {
				n := min(len(rest), 1+w.IntN(9000))
				if _, err := s.Write(rest[:n]); err != nil {
					t.Error(err)
				}
				rest = rest[n:]
			}
			s.end(nil)
		}()
		var got []byte
		for {
			p := make([]byte, 1+r.IntN(20_000))
			n, err := s.read(p)
			got = append(got, p[:n]...)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(got, text) {
			t.Fatalf("%d bytes of %d, or others", len(got), len(text))
		}
		s.remove()
		if _, err := os.Stat(s.file.Name()); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is still there: %v", s.file.Name(), err)
		}
	}
}

// TestSpoolTellsWhyItEnded: a file that is not whole never ends as one.
func TestSpoolTellsWhyItEnded(t *testing.T) {
	s, err := newSpool(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer s.remove()
	broken := errors.New("broken")
	if _, err := s.Write([]byte("half")); err != nil {
		t.Fatal(err)
	}
	s.end(broken)
	p := make([]byte, 100)
	for range 3 {
		if n, err := s.read(p); err != nil {
			if !errors.Is(err, broken) {
				t.Errorf("%v", err)
			}
			return
		} else if n == 0 {
			t.Fatal("nothing, and no reason")
		}
	}
	t.Error("it never said why it ended")
}
