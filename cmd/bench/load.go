package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The load generator shares two cores with what it measures: it speaks HTTP/1.1
// over kept connections with nothing more than that takes, as pgbench does with
// PostgreSQL's protocol.

type request struct {
	path    string
	headers string // each ending in \r\n
	status  int    // expected; 0 is 200
	expect  string // what the body holds, looked for in the first answers
}

type connection struct {
	net.Conn
	r    *bufio.Reader
	body []byte
}

func dial(ctx context.Context, address string) (*connection, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return &connection{Conn: c, r: bufio.NewReaderSize(c, 1<<16)}, nil
}

type answer struct {
	status int
	etag   string
	body   []byte // valid until the next ask
}

func (c *connection) send(q request) error {
	if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		return err
	}
	_, err := io.WriteString(c, "GET "+q.path+" HTTP/1.1\r\nHost: bench\r\nAccept: application/geo+json, application/json;q=0.9\r\n"+q.headers+"\r\n")
	return err
}

// head reads a status line and the headers that count.
func (c *connection) head() (a answer, length int64, chunked bool, err error) {
	line, err := c.r.ReadSlice('\n')
	if err != nil {
		return a, 0, false, err
	}
	if len(line) < 12 {
		return a, 0, false, fmt.Errorf("status line %q", line)
	}
	if a.status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return a, 0, false, fmt.Errorf("status line %q", line)
	}
	for {
		line, err := c.r.ReadSlice('\n')
		if err != nil {
			return a, 0, false, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			return a, length, chunked, nil
		}
		name, value, _ := strings.Cut(string(line), ":")
		value = strings.TrimSpace(value)
		switch strings.ToLower(name) {
		case "content-length":
			if length, err = strconv.ParseInt(value, 10, 64); err != nil {
				return a, 0, false, err
			}
		case "transfer-encoding":
			chunked = value == "chunked"
		case "etag":
			a.etag = value
		}
	}
}

// each hands the body over in pieces.
func (c *connection) each(length int64, chunked bool, piece func([]byte)) error {
	take := func(n int64) error {
		for n > 0 {
			if c.r.Buffered() == 0 {
				if _, err := c.r.Peek(1); err != nil {
					return err
				}
			}
			b, err := c.r.Peek(int(min(n, int64(c.r.Buffered()))))
			if err != nil {
				return err
			}
			piece(b)
			n -= int64(len(b))
			if _, err := c.r.Discard(len(b)); err != nil {
				return err
			}
		}
		return nil
	}
	if !chunked {
		return take(length)
	}
	for {
		line, err := c.r.ReadSlice('\n')
		if err != nil {
			return err
		}
		n, err := strconv.ParseInt(string(bytes.TrimRight(line, "\r\n")), 16, 64)
		if err != nil {
			return err
		}
		if err := take(n); err != nil {
			return err
		}
		if _, err := c.r.Discard(2); err != nil {
			return err
		}
		if n == 0 {
			return nil
		}
	}
}

func (c *connection) ask(q request) (answer, error) {
	if err := c.send(q); err != nil {
		return answer{}, err
	}
	a, length, chunked, err := c.head()
	if err != nil {
		return a, err
	}
	c.body = c.body[:0]
	if a.status != 304 {
		err = c.each(length, chunked, func(b []byte) { c.body = append(c.body, b...) })
	}
	a.body = c.body
	want := q.status
	if want == 0 {
		want = 200
	}
	if err == nil && a.status != want {
		err = fmt.Errorf("%s: status %d instead of %d: %.300s", q.path, a.status, want, a.body)
	}
	return a, err
}

// load asks the requests in turn, from several clients, and says how it went.
func load(ctx context.Context, address string, requests []request, clients int, over time.Duration) (measure, error) {
	var mu sync.Mutex
	var all []float64
	var faults []error
	var wait sync.WaitGroup
	// A wrong answer would be measured as a fast one.
	for _, q := range requests[:min(4, len(requests))] {
		c, err := dial(ctx, address)
		if err != nil {
			return measure{}, err
		}
		a, err := c.ask(q)
		c.Close()
		if err != nil {
			return measure{}, err
		}
		if q.expect != "" && !bytes.Contains(a.body, []byte(q.expect)) {
			return measure{}, fmt.Errorf("%s: the answer does not hold %s: %.200s", q.path, q.expect, a.body)
		}
	}
	end := time.Now().Add(over)
	for i := range clients {
		wait.Go(func() {
			took := make([]float64, 0, 1<<14)
			err := func() error {
				c, err := dial(ctx, address)
				if err != nil {
					return err
				}
				defer c.Close()
				for n := i * 7; ctx.Err() == nil; n++ {
					start := time.Now()
					if !start.Before(end) {
						return nil
					}
					if _, err := c.ask(requests[n%len(requests)]); err != nil {
						return err
					}
					took = append(took, float64(time.Since(start).Microseconds())/1000)
				}
				return ctx.Err()
			}()
			mu.Lock()
			defer mu.Unlock()
			all = append(all, took...)
			if err != nil {
				faults = append(faults, err)
			}
		})
	}
	wait.Wait()
	if len(faults) > 0 {
		return measure{}, errors.Join(faults[:1]...)
	}
	return summarize(all, over)
}

// drain reads a whole answer and keeps nothing of it.
func drain(ctx context.Context, address, path string) (first, total time.Duration, n int64, err error) {
	c, err := dial(ctx, address)
	if err != nil {
		return 0, 0, 0, err
	}
	defer c.Close()
	start := time.Now()
	if err := c.send(request{path: path}); err != nil {
		return 0, 0, 0, err
	}
	a, length, chunked, err := c.head()
	if err != nil {
		return 0, 0, 0, err
	}
	err = c.each(length, chunked, func(b []byte) {
		if n == 0 {
			first = time.Since(start)
		}
		n += int64(len(b))
		// A long answer keeps its connection as long as it goes on.
		_ = c.SetDeadline(time.Now().Add(time.Minute))
	})
	if err == nil && a.status != 200 {
		err = fmt.Errorf("%s: status %d", path, a.status)
	}
	return first, time.Since(start), n, err
}
