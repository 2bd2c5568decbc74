package api

import (
	"io"
	"os"
	"sync"
)

// spoolsMaximum is how many files are being sent at once: each may be as large as
// the census.
const spoolsMaximum = 8

// spool is a temporary file that one writes while another reads it.
type spool struct {
	file *os.File
	at   int64 // read so far

	mu      sync.Mutex
	moved   sync.Cond
	written int64
	over    bool
	err     error // why it ended; nil: it is whole
}

func newSpool(dir string) (*spool, error) {
	f, err := os.CreateTemp(dir, "mednum-*")
	if err != nil {
		return nil, err
	}
	s := &spool{file: f}
	s.moved.L = &s.mu
	return s, nil
}

func (s *spool) Write(p []byte) (int, error) {
	n, err := s.file.Write(p)
	s.mu.Lock()
	s.written += int64(n)
	s.moved.Broadcast()
	s.mu.Unlock()
	return n, err
}

func (s *spool) end(err error) {
	s.mu.Lock()
	s.over, s.err = true, err
	s.moved.Broadcast()
	s.mu.Unlock()
}

// read waits for what is written next. After the last of it comes io.EOF, or why
// the writer gave up.
func (s *spool) read(p []byte) (int, error) {
	s.mu.Lock()
	for s.at == s.written && !s.over {
		s.moved.Wait()
	}
	left, err := s.written-s.at, s.err
	s.mu.Unlock()
	if left == 0 || err != nil {
		if err == nil {
			err = io.EOF
		}
		return 0, err
	}
	n, err := s.file.ReadAt(p[:min(int64(len(p)), left)], s.at)
	s.at += int64(n)
	if err == io.EOF && n > 0 {
		err = nil
	}
	return n, err
}

// remove waits for the writer, whose context has ended, then leaves nothing.
func (s *spool) remove() {
	s.mu.Lock()
	for !s.over {
		s.moved.Wait()
	}
	s.mu.Unlock()
	_ = s.file.Close()
	_ = os.Remove(s.file.Name())
}
