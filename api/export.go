package api

import (
	"encoding/csv"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"mednum/internal/place"
)

// exportCSV answers the whole census in the 32 columns of the standard. The
// column id is our identifier: those of the producers are not unique together.
func (s *Server) exportCSV(c echo.Context) error {
	if done, err := s.export(c, "csv"); done || err != nil {
		return err
	}
	out := s.open(c, typeCSV)
	defer out.close()
	if c.Request().Method == http.MethodHead {
		return s.send(c, http.StatusOK, nil)
	}
	rows := csv.NewWriter(appender{&out.buf})
	row := make([]string, len(place.Columns))
	for i, column := range place.Columns {
		row[i] = column.Name
	}
	if err := rows.Write(row); err != nil {
		return err
	}
	err := s.everything(c.Request().Context(), func(h place.Hit) error {
		p, _, err := place.ParseFeature(h.Feature)
		if err != nil {
			return err
		}
		p.ID = h.ID
		for i := range place.Columns {
			row[i] = cell(&place.Columns[i], &p)
		}
		return rows.Write(row)
	}, func() error {
		rows.Flush()
		return out.flush(true)
	})
	if err != nil {
		return err
	}
	rows.Flush()
	return out.flush(false)
}

// appender writes to the end of a buffer.
type appender struct{ buf *[]byte }

func (a appender) Write(b []byte) (int, error) {
	*a.buf = append(*a.buf, b...)
	return len(b), nil
}

// cell is a column of a place as the standard writes it; unknown is empty.
func cell(column *place.Column, p *place.Place) string {
	switch {
	case column.List != nil:
		return strings.Join(*column.List(p), "|")
	case column.Text != nil:
		return *column.Text(p)
	case column.Kind == place.Day && p.DateMaj.Known():
		return p.DateMaj.String()
	case column.Kind == place.Latitude && p.Position.Known():
		return strconv.FormatFloat(p.Position.Latitude(), 'f', -1, 64)
	case column.Kind == place.Longitude && p.Position.Known():
		return strconv.FormatFloat(p.Position.Longitude(), 'f', -1, 64)
	}
	return ""
}
