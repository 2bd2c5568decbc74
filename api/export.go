package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"mednum/internal/place"
)

// exportCSV answers the whole census in the 32 columns of the standard. The
// column id is our identifier: those of the producers are not unique together.
func (s *Server) exportCSV(c echo.Context) error {
	a, done, err := s.export(c, "csv")
	if done || err != nil {
		return err
	}
	out := s.open(c, typeCSV)
	defer out.close()
	if c.Request().Method == http.MethodHead {
		return s.send(c, http.StatusOK, nil)
	}
	out.buf = place.AppendCSVHeader(out.buf)
	err = s.everything(c.Request().Context(), a, func(h place.Hit) error {
		p, _, err := place.ParseFeature(h.Feature)
		if err != nil {
			return err
		}
		p.ID = h.ID
		out.buf = place.AppendCSV(out.buf, &p)
		return nil
	}, func() error { return out.flush(true) })
	if err != nil {
		return err
	}
	return out.flush(false)
}
