package api

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestMeterIsThatOfEachOne: of few who come, each is counted as if alone.
func TestMeterIsThatOfEachOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		burst, every := rapid.IntRange(1, 8).Draw(t, "burst"), time.Duration(rapid.IntRange(1, 60).Draw(t, "every"))*time.Second
		m := newMeter(burst, every)
		naive := map[string]time.Time{} // when the bucket of each is empty again
		now := noon
		for range rapid.IntRange(1, 120).Draw(t, "times") {
			now = now.Add(time.Duration(rapid.IntRange(0, 40).Draw(t, "seconds")) * time.Second)
			who := fmt.Sprint(rapid.IntRange(0, 4).Draw(t, "who"))
			until := naive[who]
			if until.Before(now) {
				until = now
			}
			may := until.Sub(now) <= time.Duration(burst-1)*every
			if may {
				naive[who] = until.Add(every)
			}
			if got := m.pass(who, now); got != may {
				t.Fatalf("%s at %v: %v, expected %v", who, now, got, may)
			}
		}
	})
}

// TestMeterForgetsNobody: however many others come, who came too often still has
// to wait; and of those who come for the first time hardly anybody does.
func TestMeterForgetsNobody(t *testing.T) {
	m := newMeter(3, time.Hour)
	for range 10 {
		m.pass("one", noon)
	}
	for i := range 8000 {
		for range 5 {
			m.pass(fmt.Sprint("other ", i), noon)
		}
	}
	if m.pass("one", noon) {
		t.Error("others made room for who came too often")
	}
	refused := 0
	for i := range 2000 {
		if !m.pass(fmt.Sprint("new ", i), noon) {
			refused++
		}
	}
	// Both places full by chance: some (8000/65536)², 15 in a thousand.
	if refused > 80 {
		t.Errorf("%d of 2,000 newcomers are refused for others", refused)
	}
	if !m.pass("one", noon.Add(4*time.Hour)) {
		t.Error("nobody waits for ever")
	}
}

func BenchmarkMeter(b *testing.B) {
	m := newMeter(12, 2*time.Minute)
	now := noon
	for i := range b.N {
		m.pass("20.0.0.1", now.Add(time.Duration(i)))
	}
}

func FuzzFormToken(f *testing.F) {
	secret := []byte("secret")
	f.Add(formToken(secret, "a", noon), "a")
	f.Add("", "")
	f.Add("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "a")
	f.Fuzz(func(t *testing.T, token, about string) {
		if _, ok := formAge([]byte("another"), about, token, noon); ok {
			t.Errorf("%q is taken for a form of another server", token)
		}
		if age, ok := formAge(secret, about, token, noon); ok && token != formToken(secret, about, noon.Add(-age)) {
			t.Errorf("%q is taken for a form that we did not give", token)
		}
	})
}
