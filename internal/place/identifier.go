package place

import "strings"

// Identifiers are 8 lower-case characters of Crockford's base32 (no i, l, o,
// u): 40 bits, a fixed bijection of the sequence number. Unique without
// looking, and they tell nothing of the order of arrival.
const identifierAlphabet = "0123456789abcdefghjkmnpqrstvwxyz"

// The keys of the four Feistel rounds. They are part of every public address:
// they never change.
var identifierKeys = [4]uint32{0x9e3779b9, 0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f}

// identifierRound mixes 20 bits into 20 bits.
func identifierRound(half, key uint32) uint32 {
	x := half*0x9e3b + key
	x ^= x >> 15
	x *= 0x2c1b3c6d
	x ^= x >> 12
	x *= 0x297a2d39
	x ^= x >> 15
	return x & 0xfffff
}

// Identifier gives our own identifier of the place with this sequence number.
// A number beyond 2^40 gets a longer one, so that none is ever given twice.
func Identifier(seq int64) string {
	left, right := uint32(uint64(seq)>>20)&0xfffff, uint32(seq)&0xfffff
	for _, key := range identifierKeys {
		left, right = right, left^identifierRound(right, key)
	}
	low := uint64(left)<<20 | uint64(right)
	var b [13]byte
	at := len(b)
	for range 8 {
		at--
		b[at] = identifierAlphabet[low&31]
		low >>= 5
	}
	for high := uint64(seq) >> 40; high > 0; high >>= 5 {
		at--
		b[at] = identifierAlphabet[high&31]
	}
	return string(b[at:])
}

// Number gives the sequence number of the place that has this identifier; false
// for a text that is none.
func Number(s string) (int64, bool) {
	if !IsIdentifier(s) {
		return 0, false
	}
	var n uint64
	for i := range len(s) {
		if n > 1<<58 {
			return 0, false
		}
		n = n<<5 | uint64(strings.IndexByte(identifierAlphabet, s[i]))
	}
	left, right := uint32(n>>20)&0xfffff, uint32(n)&0xfffff
	for i := range identifierKeys {
		left, right = right^identifierRound(left, identifierKeys[len(identifierKeys)-1-i]), left
	}
	seq := int64(n>>40<<40 | uint64(left)<<20 | uint64(right))
	return seq, seq > 0 && Identifier(seq) == s
}

// IsIdentifier reports whether s has the form of our identifiers.
func IsIdentifier(s string) bool {
	if len(s) < 8 || len(s) > 13 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'z' && c != 'i' && c != 'l' && c != 'o' && c != 'u') {
			return false
		}
	}
	return true
}
