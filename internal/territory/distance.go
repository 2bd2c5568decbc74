package territory

import "math/bits"

// allowedEdits is how many letters a word may be wrong by: in short words,
// any letter makes another name.
func allowedEdits(w string) int {
	switch n := len(w); {
	case n < 4:
		return 0
	case n < 8:
		return 1
	}
	return 2
}

// letters is the set of a word's bytes, folded on 64 bits.
func letters(w string) uint64 {
	var m uint64
	for i := range len(w) {
		m |= 1 << (w[i] & 63)
	}
	return m
}

// farApart tells from their letters that two words are more than n edits
// apart: an edit changes at most one letter on each side.
func farApart(a, b uint64, n int) bool {
	return bits.OnesCount64(a&^b) > n || bits.OnesCount64(b&^a) > n
}

func onesBeyond(a, b uint64) int { return bits.OnesCount64(a &^ b) }

// distance counts the letters to add, drop, change or swap with the next to
// make w of q, at most limit (limit+1 means more). With begin, w may go on:
// the second result tells that only its beginning was needed.
func distance(q, w string, limit int, begin bool) (int, bool) {
	const most = 48
	if len(q) >= most || len(q) == 0 {
		return limit + 1, false
	}
	if len(w) > len(q)+limit {
		if !begin {
			return limit + 1, false
		}
		w = w[:len(q)+limit]
	}
	// Rows are indexed by the query's letters, so that the last cell of each row is
	// the distance of the whole query to a beginning of w.
	var rows [3][most]int
	before, above, row := &rows[0], &rows[1], &rows[2]
	for j := 0; j <= len(q); j++ {
		above[j] = j
	}
	bestBeginning := limit + 1
	for i := 1; i <= len(w); i++ {
		row[0] = i
		least := i
		for j := 1; j <= len(q); j++ {
			cost := 1
			if w[i-1] == q[j-1] {
				cost = 0
			}
			d := min(above[j]+1, row[j-1]+1, above[j-1]+cost)
			if i > 1 && j > 1 && w[i-1] == q[j-2] && w[i-2] == q[j-1] {
				d = min(d, before[j-2]+1)
			}
			row[j] = d
			least = min(least, d)
		}
		if least > limit && row[len(q)] > limit {
			if begin && bestBeginning <= limit {
				return bestBeginning, true
			}
			return limit + 1, false
		}
		bestBeginning = min(bestBeginning, row[len(q)])
		before, above, row = above, row, before
	}
	if whole := above[len(q)]; whole <= limit && (!begin || whole <= bestBeginning) {
		return whole, false
	}
	if begin && bestBeginning <= limit {
		return bestBeginning, true
	}
	return limit + 1, false
}
