// Package french writes numbers and lists as people read them in French. It
// knows nothing of the census.
package french

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Spaces that keep a number and what follows it on one line.
const (
	Space  = "\u00a0" // before a unit, inside « »
	Narrow = "\u202f" // between thousands, before ; ! ?
)

// Integer writes "1 234", "−5".
func Integer(n int64) string {
	s, sign := strconv.FormatInt(n, 10), ""
	if n < 0 {
		s, sign = s[1:], "−"
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + Narrow + s[i:]
	}
	return sign + s
}

// Plural chooses: French counts as one what is under two, zero included.
func Plural(n int, one, many string) string {
	if n < 2 && n > -2 {
		return one
	}
	return many
}

// Count writes "0 lieu", "1 lieu", "1 234 lieux".
func Count(n int, one, many string) string {
	return Integer(int64(n)) + Space + Plural(n, one, many)
}

// Line is Count with a plain space: lines of a terminal are searched with one.
func Line(n int, one, many string) string {
	return Integer(int64(n)) + " " + Plural(n, one, many)
}

// Enumerate joins, last before the last one: "a", "a et b", "a, b et c".
func Enumerate(words []string, last string) string {
	switch len(words) {
	case 0:
		return ""
	case 1:
		return words[0]
	}
	return strings.Join(words[:len(words)-1], ", ") + last + words[len(words)-1]
}

// Of puts "de" before a word: "de voter", "d’écrire". The h of ours is one that is
// heard: "de hub".
func Of(word string) string {
	r, _ := utf8.DecodeRuneInString(word)
	if strings.ContainsRune("aàâeéèêiîoôuœ", unicode.ToLower(r)) {
		return "d’" + word
	}
	return "de " + word
}

// Capital begins a sentence.
func Capital(s string) string { return first(s, unicode.ToUpper) }

// Lower puts a word inside a sentence.
func Lower(s string) string { return first(s, unicode.ToLower) }

func first(s string, to func(rune) rune) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(to(r)) + s[n:]
}

// Fill puts words in the places of a sentence: pairs of a place, "{lieu}", and
// what to say there. What is said is not looked at again.
func Fill(sentence string, pairs ...string) string {
	if strings.IndexByte(sentence, '{') < 0 {
		return sentence
	}
	var b strings.Builder
	for rest := sentence; ; {
		i := strings.IndexByte(rest, '{')
		if i < 0 {
			b.WriteString(rest)
			return b.String()
		}
		b.WriteString(rest[:i])
		rest = rest[i:]
		place, said := "{", "{"
		for j := 0; j+1 < len(pairs); j += 2 {
			if strings.HasPrefix(rest, pairs[j]) {
				place, said = pairs[j], pairs[j+1]
				break
			}
		}
		b.WriteString(said)
		rest = rest[len(place):]
	}
}
