package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"mednum/internal/place"
	"mednum/internal/quality"
)

// chunk is how many features are asked for at once: enough that a page costs
// one question, few enough that a reader holds some 400 KB and no connection
// while it reads. Nearest-first answers ask for more, since each question looks
// again from the point.
const (
	chunk        = 256
	chunkNearest = 1024
	chunkPast    = 2048 // a question about the past looks for what changed since
)

// buffers are kept between requests; one that a huge feature has grown is not.
var buffers = sync.Pool{New: func() any { b := make([]byte, 0, 256<<10); return &b }}

const bufferKept = 4 << 20

// stream is an answer written in pieces. Nothing leaves before the first flush,
// so until then an error is answered as one; after it, it cuts the connection.
type stream struct {
	c       echo.Context
	control *http.ResponseController
	timeout time.Duration
	box     *[]byte
	buf     []byte
}

func (s *Server) open(c echo.Context, contentType string) *stream {
	c.Response().Header().Set(echo.HeaderContentType, contentType)
	box := buffers.Get().(*[]byte)
	return &stream{c: c, control: http.NewResponseController(c.Response().Writer), timeout: s.config.WriteTimeout, box: box, buf: (*box)[:0]}
}

// flush sends what has been written, and more says that there will be more.
func (w *stream) flush(more bool) error {
	// An error: the writer has no deadlines (a test's recorder).
	_ = w.control.SetWriteDeadline(time.Now().Add(w.timeout))
	if !more && !w.c.Response().Committed {
		w.c.Response().Header().Set("Content-Length", strconv.Itoa(len(w.buf)))
	}
	if _, err := w.c.Response().Write(w.buf); err != nil {
		// The client is gone or takes nothing; no answer can reach it.
		return fmt.Errorf("write answer: %w: %w", context.Canceled, err)
	}
	w.buf = w.buf[:0]
	if more {
		if err := w.control.Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
			return fmt.Errorf("write answer: %w: %w", context.Canceled, err)
		}
	}
	return nil
}

// close gives the buffer back.
func (w *stream) close() {
	if cap(w.buf) <= bufferKept {
		*w.box = w.buf[:0]
		buffers.Put(w.box)
	}
}

// ending is how a Feature's text ends: its last member is properties.
var ending = []byte("}}")

var errFeature = errors.New("feature text does not end with its properties")

// unscored is what properties say of a place that was never scored.
var unscored = (&quality.Published{Socle: []string{}, SocleManque: []string{}, SocleInconnu: []string{}}).AppendMembers(nil)

// appendScored appends a feature with its score as the last members of its
// properties, which it leaves open.
func appendScored(dst []byte, h place.Hit) []byte {
	dst = append(dst, h.Feature[:len(h.Feature)-len(ending)]...)
	dst = append(dst, ',')
	if len(h.Quality) == 0 {
		return append(dst, unscored...)
	}
	return append(dst, h.Quality...)
}

// appendHit appends a feature, its score and, when one was asked for, its
// distance within its properties: metres, rounded to 0.1 (the order follows the
// full precision).
func appendHit(dst []byte, h place.Hit, distance bool) ([]byte, error) {
	if !bytes.HasSuffix(h.Feature, ending) {
		return dst, fmt.Errorf("place %s: %w", h.ID, errFeature)
	}
	dst = appendScored(dst, h)
	if !distance {
		return append(dst, ending...), nil
	}
	dst = append(dst, `,"distance":`...)
	dst = strconv.AppendFloat(dst, math.Round(h.Distance*10)/10, 'f', -1, 64)
	return append(dst, ending...), nil
}

// walk hands at most limit hits to each, asking for them chunk by chunk so that
// no connection is held while they are sent; between two chunks sent is called.
// It reports where to go on from when there are more. Each chunk sees the
// census as of its own instant: a place that an import adds or withdraws
// meanwhile may or may not be seen, none is seen twice unless it moved.
func (s *Server) walk(ctx context.Context, f place.Find, limit int, each func(place.Hit) error, sent func() error) (more bool, last place.Cursor, err error) {
	size := chunk
	if f.Near.Known() {
		size = chunkNearest
	}
	if f.AsOf > 0 {
		size = chunkPast
	}
	count := 0
	for last = f.After; ; {
		f.After = last
		f.Limit = size
		if rest := limit - count; rest < size {
			f.Limit = rest + 1 // one more tells whether there is a next page
		}
		got := 0
		err := s.census.find(ctx, f, func(h place.Hit) error {
			got++
			if count == limit {
				more = true
				return nil
			}
			count++
			last = place.Cursor{Seq: h.Seq}
			if f.Near.Known() {
				last = place.Cursor{Distance: h.Distance, ID: h.ID}
			}
			return each(h)
		})
		if err != nil {
			return false, last, fmt.Errorf("find places: %w", err)
		}
		if more || got < f.Limit {
			return more, last, nil
		}
		if err := sent(); err != nil {
			return false, last, err
		}
	}
}
