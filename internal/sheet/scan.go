package sheet

import "io"

// scanner gives the bytes of a text one by one; what it holds does not grow.
type scanner struct {
	r        io.Reader
	buf      []byte
	pos, end int
	line     int // 1 being the first
	err      error
}

func newScanner(r io.Reader) *scanner {
	return &scanner{r: r, buf: make([]byte, sampleSize), line: 1}
}

// peek gives the next byte without taking it; ok false at the end.
func (s *scanner) peek() (byte, bool) {
	for empty := 0; s.pos == s.end; empty++ {
		if s.err != nil {
			return 0, false
		}
		n, err := s.r.Read(s.buf)
		s.pos, s.end = 0, n
		if err != nil {
			s.err = err
		} else if n == 0 && empty > 100 {
			s.err = io.ErrNoProgress
		}
	}
	return s.buf[s.pos], true
}

func (s *scanner) next() (byte, bool) {
	c, ok := s.peek()
	if ok {
		s.pos++
		if c == '\n' {
			s.line++
		}
	}
	return c, ok
}

// until appends bytes to dst up to the first that stop holds, which stays; no
// more than most are kept, and cut says whether some were not.
func (s *scanner) until(dst []byte, most int, stop *[256]bool) (_ []byte, cut bool) {
	for {
		if _, ok := s.peek(); !ok {
			return dst, cut
		}
		i := s.pos
		for i < s.end && !stop[s.buf[i]] {
			if s.buf[i] == '\n' {
				s.line++
			}
			i++
		}
		part := s.buf[s.pos:i]
		s.pos = i
		if room := most - len(dst); len(part) > room {
			part, cut = part[:max(room, 0)], true
		}
		dst = append(dst, part...)
		if s.pos < s.end {
			return dst, cut
		}
	}
}

// failure is why the bytes ended, nil where the text did.
func (s *scanner) failure() error {
	if s.err == io.EOF {
		return nil
	}
	return s.err
}

func bytesOf(s string) *[256]bool {
	var set [256]bool
	for i := range len(s) {
		set[s[i]] = true
	}
	return &set
}
