package api

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/labstack/echo/v4"

	"mednum/api/pages"
	"mednum/internal/place"
)

// Keys of what the middleware and the handlers leave in the request's context.
const (
	keyRequestID = "request id"
	keyForm      = "form"
	keyError     = "error"
)

func requestID(c echo.Context) string {
	id, _ := c.Get(keyRequestID).(string)
	return id
}

// inboundID is a request id of a caller that we take as ours: nothing that
// could be mistaken for something else in a log.
var inboundID = regexp.MustCompile(`^[A-Za-z0-9._-]{8,64}$`)

// observe names the request, counts it, measures it and logs it: one line, with
// the route's template, no address of the caller, no text searched for.
func (s *Server) observe(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		begun := time.Now()
		r, w := c.Request(), c.Response()
		id := r.Header.Get("X-Request-Id")
		if !inboundID.MatchString(id) {
			var b [8]byte
			_, _ = rand.Read(b[:]) // never fails
			id = hex.EncodeToString(b[:])
		}
		c.Set(keyRequestID, id)
		w.Header().Set("X-Request-Id", id)
		s.inFlight.Add(1)
		finished := false
		defer func() {
			s.inFlight.Add(-1)
			s.record(c, begun, finished)
		}()
		err := next(c)
		finished = true
		return err
	}
}

// record logs and counts a request that ended; finished is false when the
// answer was cut.
func (s *Server) record(c echo.Context, begun time.Time, finished bool) {
	r, w := c.Request(), c.Response()
	route := c.Path()
	if !s.served[route] {
		route = "none"
	}
	method := r.Method
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
	default:
		method = "other"
	}
	status := w.Status
	cause, _ := c.Get(keyError).(error)
	if !finished && r.Context().Err() != nil {
		status = statusClientGone
	}
	took := time.Since(begun)
	s.metrics.requests.WithLabelValues(method, route, strconv.Itoa(status)).Inc()
	s.metrics.seconds.WithLabelValues(route).Observe(took.Seconds())
	s.metrics.bytes.WithLabelValues(route).Add(float64(w.Size))

	level := slog.LevelInfo
	switch {
	case route == "/healthz" || route == "/readyz" || route == "/metrics" || status == statusClientGone:
		level = slog.LevelDebug
	case status >= 500 || !finished:
		level = slog.LevelError
	}
	ctx := r.Context()
	if !s.log.Enabled(ctx, level) {
		return
	}
	attributes := []slog.Attr{
		slog.String("id", requestID(c)), slog.String("method", method), slog.String("route", route), slog.Int("status", status),
		slog.Float64("ms", math.Round(took.Seconds()*1e6)/1e3), slog.Int64("bytes", w.Size),
	}
	if feature := c.Param("featureId"); place.IsIdentifier(feature) || codeInseePattern.MatchString(feature) {
		attributes = append(attributes, slog.String("feature", feature))
	}
	if w, ok := c.Get(keySignedIn).(*pages.SignedIn); ok && w != nil {
		attributes = append(attributes, slog.String("key", w.Key.ID)) // its public part
	}
	if r.URL.RawQuery != "" {
		query := c.QueryParams()
		var names []string
		for _, p := range parameters { // names that we know: others may hold anything
			if query.Has(p.name) {
				names = append(names, p.name)
			}
		}
		attributes = append(attributes, slog.Any("parameters", names))
		if n, ok := numbers(query.Get("near")); ok && len(n) == 2 {
			attributes = append(attributes, slog.String("near", fmt.Sprintf("%.3f,%.3f", n[0], n[1]))) // about 100 m
		}
	}
	if !finished {
		attributes = append(attributes, slog.Bool("cut", true))
	}
	if cause != nil && (status >= 500 || !finished) {
		attributes = append(attributes, slog.String("error", cause.Error()))
	}
	s.log.LogAttrs(ctx, level, "request", attributes...)
}

// protect sets what every answer has, and turns away what cannot be served.
func (s *Server) protect(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r, h := c.Request(), c.Response().Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "strict-origin-when-cross-origin")
		h.Set("Permissions-Policy", "geolocation=(self), camera=(), microphone=(), payment=(), usb=()")
		h.Set("Content-Security-Policy", s.policy)
		h.Set("Vary", "Accept, Accept-Encoding")
		// Reading is open to every page of the world. So is writing with a key in a
		// header, which a page has only when somebody gave it; a session's cookie is
		// never sent from elsewhere.
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Access-Control-Expose-Headers", "ETag, X-Request-Id, Retry-After, Content-Disposition, Location, WWW-Authenticate")
		if r.Method == http.MethodOptions {
			h.Set("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")
			h.Set("Access-Control-Allow-Headers", "Accept, Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Request-Id")
			h.Set("Access-Control-Max-Age", "86400")
		}
		r.Body = http.MaxBytesReader(c.Response(), r.Body, s.largest(c.Path()))
		if s.inFlight.Load() > int64(s.config.InFlight) && c.Path() != "/healthz" {
			s.metrics.refused.Inc()
			s.fail(errBusy, c)
			return nil
		}
		return next(c)
	}
}

// contentPolicy lets pages load their own script and style, and images from the
// configured tile host; nothing else.
func contentPolicy(settings pages.Settings) string {
	images, styles := "'self' data:", "'self'"
	if host := origin(settings.TileURL); host != "" {
		images += " " + host
	}
	if host := origin(settings.ThemeCSS); host != "" {
		styles += " " + host
	}
	ancestors := "'self'"
	if clean := strings.Map(func(r rune) rune {
		if r < ' ' || r == ';' || r == ',' {
			return -1
		}
		return r
	}, settings.FrameAncestors); clean != "" {
		ancestors = clean
	}
	return "default-src 'none'; script-src 'self'; style-src " + styles + "; img-src " + images +
		"; font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors " + ancestors
}

var subdomain = regexp.MustCompile(`^\{[a-z]+\}\.`)

// origin is scheme://host of an address or of a template of addresses, "" when
// it is ours or none.
func origin(address string) string {
	scheme, rest, ok := strings.Cut(address, "://")
	if !ok || (scheme != "http" && scheme != "https") {
		return ""
	}
	host, _, _ := strings.Cut(rest, "/")
	host = subdomain.ReplaceAllString(host, "*.")
	if u, err := url.Parse(scheme + "://" + strings.TrimPrefix(host, "*.")); err != nil || u.Host == "" || strings.ContainsAny(host, " ;,'\"{}") {
		return ""
	}
	return scheme + "://" + host
}

// answer turns errors and panics into answers.
func (s *Server) answer(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		defer func() {
			cause := recover()
			if cause == nil {
				return
			}
			if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(cause)
			}
			s.log.Error("panic", "id", requestID(c), "route", c.Path(), "cause", fmt.Sprint(cause), "stack", string(debug.Stack()))
			s.fail(fmt.Errorf("panic: %v", cause), c)
		}()
		if err := next(c); err != nil {
			s.fail(err, c)
		}
		return nil
	}
}

// compressible are the types worth compressing.
var compressible = []string{"application/geo+json", "application/json", "application/problem+json", "application/vnd.oai.openapi+json", "application/yaml", "text/"}

// compressMinimum: below a network packet or so, compressing gains nothing.
const compressMinimum = 1200

var gzips = sync.Pool{New: func() any {
	w, _ := gzip.NewWriterLevel(io.Discard, gzip.BestSpeed) // the level is right
	return w
}}

// compress compresses what the client accepts compressed, as it streams.
func (s *Server) compress(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if c.Request().Method == http.MethodHead || acceptance(c.Request().Header.Get("Accept-Encoding"), "gzip") == 0 {
			return next(c)
		}
		response := c.Response()
		w := &compressor{ResponseWriter: response.Writer}
		response.Writer = w
		// A panic passes by: an answer that is cut must not be ended well.
		err := next(c)
		w.close()
		response.Writer = w.ResponseWriter
		return err
	}
}

type compressor struct {
	http.ResponseWriter
	gz *gzip.Writer // nil: sent as it is
}

func (w *compressor) WriteHeader(status int) {
	h := w.Header()
	length, err := strconv.Atoi(h.Get("Content-Length"))
	small := err == nil && length < compressMinimum
	// Events leave one by one: what waits to be compressed would come late.
	live := strings.HasPrefix(h.Get("Content-Type"), typeEvents)
	if status != http.StatusNoContent && status != http.StatusNotModified && !small && !live && h.Get("Content-Encoding") == "" &&
		slices.ContainsFunc(compressible, func(t string) bool { return strings.HasPrefix(h.Get("Content-Type"), t) }) {
		h.Del("Content-Length")
		h.Set("Content-Encoding", "gzip")
		w.gz = gzips.Get().(*gzip.Writer)
		w.gz.Reset(w.ResponseWriter)
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *compressor) Write(b []byte) (int, error) {
	if w.gz != nil {
		return w.gz.Write(b)
	}
	return w.ResponseWriter.Write(b)
}

// FlushError sends what has been written so far.
func (w *compressor) FlushError() error {
	if w.gz != nil {
		if err := w.gz.Flush(); err != nil {
			return err
		}
	}
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Unwrap lets http.ResponseController reach the connection.
func (w *compressor) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *compressor) close() {
	if w.gz == nil {
		return
	}
	_ = w.gz.Close() // the client is gone: there is nobody to tell
	w.gz.Reset(io.Discard)
	gzips.Put(w.gz)
	w.gz = nil
}
