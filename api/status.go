package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are what Prometheus reads. Labels are templates of routes, never ids:
// their number is bounded.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	bytes    *prometheus.CounterVec
	refused  prometheus.Counter
}

func newMetrics(build string) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "mednum_http_requests_total", Help: "Requests answered; 499: the client left before."}, []string{"method", "route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "mednum_http_request_seconds", Help: "Time to answer, sending included.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10, 60}}, []string{"route"}),
		bytes:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "mednum_http_response_bytes_total", Help: "Bytes of answers, before compression."}, []string{"route"}),
		refused: prometheus.NewCounter(prometheus.CounterOpts{Name: "mednum_http_refused_total", Help: "Requests answered 503 because too many came at once."}),
	}
	info := prometheus.NewGauge(prometheus.GaugeOpts{Name: "mednum_build_info", Help: "Always 1; the label says which build runs.", ConstLabels: prometheus.Labels{"build": build}})
	info.Set(1)
	m.registry.MustRegister(m.requests, m.seconds, m.bytes, m.refused, info,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// handler serves the measures; the gauges are read from the server then.
func (m *metrics) handler(s *Server) echo.HandlerFunc {
	m.registry.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "mednum_http_in_flight", Help: "Requests being answered."}, func() float64 { return float64(s.inFlight.Load()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "mednum_database_questions", Help: "Questions that the database is answering."}, func() float64 { return float64(len(s.census.slots)) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "mednum_database_questions_maximum", Help: "Questions that may be asked at once."}, func() float64 { return float64(cap(s.census.slots)) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "mednum_data_version", Help: "Version of the data last seen."}, func() float64 {
			s.versions.mu.Lock()
			defer s.versions.mu.Unlock()
			return float64(s.versions.data)
		}),
	)
	serve := promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{DisableCompression: true})
	return func(c echo.Context) error {
		if _, err := s.understand(c.Request().Context(), plain, c.Request().URL.RawQuery); err != nil {
			return err
		}
		c.Response().Header().Set("Cache-Control", "no-store")
		serve.ServeHTTP(c.Response(), c.Request())
		return nil
	}
}

type status struct {
	Status string `json:"status"`
	Build  string `json:"build"`
}

func (s *Server) well(c echo.Context) error {
	c.Response().Header().Set("Cache-Control", "no-store")
	c.Response().Header().Set(echo.HeaderContentType, typeJSON)
	return s.send(c, http.StatusOK, encode(status{"ok", s.config.Build}))
}

// healthz: the process answers. It looks at nothing else, so that a database
// that is away does not have the process killed.
func (s *Server) healthz(c echo.Context) error {
	if _, err := s.understand(c.Request().Context(), plain, c.Request().URL.RawQuery); err != nil {
		return err
	}
	return s.well(c)
}

// readyTimeout: those who watch ask every few seconds.
const readyTimeout = 2 * time.Second

// readyz: requests can be served. It does not wait for a free connection slot:
// busy is not sick.
func (s *Server) readyz(c echo.Context) error {
	if _, err := s.understand(c.Request().Context(), plain, c.Request().URL.RawQuery); err != nil {
		return err
	}
	if s.stopping.Load() {
		return errStopping
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), readyTimeout)
	defer cancel()
	if err := s.config.Places.Ready(ctx); err != nil {
		return fmt.Errorf("%w: %w", errNotReady, err)
	}
	return s.well(c)
}
