package ticket

import (
	"fmt"
	"io"
	"strings"
)

// Number names a report in public: seven signs, as K7QF2M9. Nothing of the others
// can be told from one: they are drawn, not counted. The seventh checks the six
// others, so that one sign misheard, or two exchanged, is told rather than taken
// for somebody else's report.
type Number string

// signs are those that nobody takes for another, on a screen or on the phone in
// capitals: no B (8), I and 1 (L), O and 0 (Q), S (5), U (V). They are 29, a
// prime, without which the check would let some exchanges through.
const signs = "23456789ACDEFGHJKLMNPQRTVWXYZ"

const (
	numberLength = 7
	numberGap    = 4 // K7QF-2M9
)

// NewNumber draws one from a source of random bytes.
func NewNumber(random io.Reader) (Number, error) {
	// A byte below 232, eight times 29, is a sign as likely as any other.
	const fair = 256 / len(signs) * len(signs)
	var drawn []byte
	sum := 0
	for one := make([]byte, 1); len(drawn) < numberLength-1; {
		if _, err := io.ReadFull(random, one); err != nil {
			return "", fmt.Errorf("draw a number: %w", err)
		}
		if int(one[0]) >= fair {
			continue
		}
		v := int(one[0]) % len(signs)
		drawn = append(drawn, signs[v])
		sum += v * len(drawn)
	}
	// The weights are 1 to 7 and the whole is a multiple of 29: 7x = -sum.
	for v := range len(signs) {
		if (sum+numberLength*v)%len(signs) == 0 {
			return Number(append(drawn, signs[v])), nil
		}
	}
	panic("7 has an inverse modulo 29")
}

var lookalikes = strings.NewReplacer("B", "8", "I", "L", "1", "L", "O", "Q", "0", "Q", "S", "5", "U", "V")

// ParseNumber reads one as people write it: in any case, with spaces, dashes or
// dots anywhere, and the signs that look like ours. False: it is none, or one of
// its signs is wrong.
func ParseNumber(s string) (Number, bool) {
	if len(s) > 60 {
		return "", false
	}
	s = strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\u00a0', '\u202f', '-', '‐', '‑', '–', '—', '.', '\t':
			return -1
		}
		return r
	}, s)
	s = lookalikes.Replace(strings.ToUpper(s))
	if len(s) != numberLength {
		return "", false
	}
	sum := 0
	for i := range numberLength {
		v := strings.IndexByte(signs, s[i])
		if v < 0 {
			return "", false
		}
		sum += v * (i + 1)
	}
	return Number(s), sum%len(signs) == 0
}

// String is the number as people read it aloud, in two groups: K7QF-2M9.
func (n Number) String() string {
	if len(n) != numberLength {
		return string(n)
	}
	return string(n[:numberGap]) + "-" + string(n[numberGap:])
}

// MarshalText is String: addresses and JSON have what people read.
func (n Number) MarshalText() ([]byte, error) { return []byte(n.String()), nil }
