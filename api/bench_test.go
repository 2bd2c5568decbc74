package api

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"mednum/internal/place"
)

// ready is a census whose answers cost nothing: what remains is ours.
type ready struct {
	*census
	hits []place.Hit
}

func (r ready) Versions(context.Context) (data, territories int64, err error) { return 1, 1, nil }

func (r ready) Place(context.Context, string) (place.Hit, error) { return r.hits[0], nil }

func (r ready) Find(_ context.Context, f place.Find, each func(place.Hit) error) error {
	for i := int64(0); i < int64(f.Limit) && f.After.Seq+i < int64(len(r.hits)); i++ {
		if err := each(r.hits[f.After.Seq+i]); err != nil {
			return err
		}
	}
	return nil
}

// sink is a ResponseWriter that keeps nothing.
type sink struct {
	header http.Header
	n      int64
}

func (w *sink) Header() http.Header         { return w.header }
func (w *sink) WriteHeader(int)             {}
func (w *sink) Write(b []byte) (int, error) { w.n += int64(len(b)); return len(b), nil }

func BenchmarkServe(b *testing.B) {
	m := many(20_000)
	var hits []place.Hit
	for _, p := range m.places {
		h := p.hit()
		h.Distance = float64(p.seq)
		hits = append(hits, h)
	}
	s := serverOf(b, m, func(c *Config) {
		c.Places, c.VersionAge = ready{m, hits}, time.Second
	})
	tag := ""
	for _, c := range []struct{ name, target, header string }{
		{"one", "/collections/lieux/items/" + place.Identifier(1), ""},
		{"one not modified", "/collections/lieux/items/" + place.Identifier(1), "If-None-Match"},
		{"bbox of 100", "/collections/lieux/items?bbox=-1,44,5,50&limit=100", ""},
		{"bbox of 100 compressed", "/collections/lieux/items?bbox=-1,44,5,50&limit=100", "Accept-Encoding"},
		{"nearest 20", "/collections/lieux/items?near=4.03,49.25&limit=20", ""},
		{"everything", "/exports/lieux.geojson", ""},
		{"page of one", "/collections/lieux/items/" + place.Identifier(1) + "?f=html", ""},
	} {
		b.Run(c.name, func(b *testing.B) {
			r := httptest.NewRequest(http.MethodGet, c.target, nil)
			switch c.header {
			case "If-None-Match":
				r.Header.Set(c.header, tag)
			case "Accept-Encoding":
				r.Header.Set(c.header, "gzip")
			}
			b.ReportAllocs()
			w := &sink{}
			for b.Loop() {
				w.header = http.Header{}
				s.ServeHTTP(w, r)
			}
			tag = w.header.Get("ETag")
			b.SetBytes(w.n / int64(max(b.N, 1)))
		})
	}
}
