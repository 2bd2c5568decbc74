package geocode

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"mednum/internal/place"
)

// added are the columns that the service appends to those it is sent.
var added = []string{"latitude", "longitude", "result_score", "result_score_next", "result_label", "result_type", "result_id", "result_housenumber",
	"result_name", "result_street", "result_postcode", "result_city", "result_context", "result_citycode", "result_oldcitycode", "result_oldcity",
	"result_district", "result_status"}

// service answers as the national one documents it: the rows that came, and
// its columns beside, as answer gives them by name.
func service(t *testing.T, answer func(row map[string]string) map[string]string, change func([][]string) [][]string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.URL.Path != "/geocodage/search/csv" {
			t.Errorf("%s %s", r.Method, r.URL.Path)
		}
		if err := r.ParseMultipartForm(8 << 20); err != nil {
			t.Errorf("form: %v", err)
			return
		}
		if r.FormValue("citycode") != "code_insee" || r.FormValue("postcode") != "code_postal" || !slices.Equal(r.MultipartForm.Value["columns"], []string{"adresse"}) {
			t.Errorf("asked with %v", r.MultipartForm.Value)
		}
		file, header, err := r.FormFile("data")
		if err != nil || header.Size > maxUpload {
			t.Errorf("file: %v", err)
			return
		}
		rows, err := csv.NewReader(file).ReadAll()
		if err != nil || len(rows) > maxLines+1 {
			t.Errorf("%d rows, %v", len(rows), err)
		}
		out := [][]string{append(slices.Clone(rows[0]), added...)}
		for _, row := range rows[1:] {
			asked := map[string]string{}
			for i, name := range rows[0] {
				asked[name] = row[i]
			}
			found := answer(asked)
			for _, name := range added {
				row = append(row, found[name])
			}
			out = append(out, row)
		}
		if change != nil {
			out = change(out)
		}
		w.Header().Set("Content-Type", "text/csv")
		_ = csv.NewWriter(w).WriteAll(out)
	}
}

func found(kind, score, label, citycode string) map[string]string {
	return map[string]string{"latitude": "49.2578", "longitude": "4.0319", "result_score": score, "result_type": kind, "result_label": label,
		"result_citycode": citycode, "result_postcode": "51100", "result_city": "Reims", "result_status": "ok"}
}

func TestLocate(t *testing.T) {
	answers := map[string]map[string]string{
		"12 rue de Vesle Reims":      found("housenumber", "0.97", "12 Rue de Vesle 51100 Reims", "51454"),
		"14 rue de Vesle Reims":      found("housenumber", "0.65", "14 Rue de Vesle 51100 Reims", "51454"),
		"rue de Vesle Reims":         found("street", "0.61", "Rue de Vesle 51100 Reims", "51454"),
		"rue de Vsle Reims":          found("street", "0.59", "Rue de Vesle 51100 Reims", "51454"),
		"le Moulin Reims":            found("locality", "0.8", "Le Moulin 51100 Reims", "51454"),
		"Mairie Reims":               found("municipality", "0.9", "Reims", "51454"),
		"1 rue d'Ailleurs Reims":     found("housenumber", "0.9", "1 Rue d'Ailleurs 51220 Hermonville", "51291"),
		"rue ancienne Reims":         {"latitude": "49.3", "longitude": "4.1", "result_score": "0.9", "result_type": "street", "result_citycode": "51001", "result_oldcitycode": "51454"},
		"rue de Lyon Paris":          {"latitude": "48.85", "longitude": "2.37", "result_score": "0.9", "result_type": "street", "result_citycode": "75112", "result_postcode": "75012"},
		"rue sans code Reims":        found("street", "0.9", "Rue sans code 51100 Reims", "51454"),
		"rue à l'étranger Reims":     {"latitude": "51.5", "longitude": "-0.1", "result_score": "0.9", "result_type": "street", "result_citycode": "51454"},
		"rue inconnue Reims":         {"result_status": "not-found"},
		"rue sans point Reims":       {"result_score": "0.9", "result_type": "street", "result_citycode": "51454"},
		"rue, à virgule \"x\" Reims": found("street", "0.9", "Rue à virgule", "51454"),
	}
	at := func(adresse string) place.Address {
		return place.Address{Adresse: adresse, CodePostal: "51100", Commune: "Reims", CodeInsee: "51454"}
	}
	cases := []struct {
		asked     place.Address
		precision place.Precision
		score     float64
	}{
		{at("12 rue de Vesle"), place.AtNumber, 0.97},
		{at("14 rue de Vesle"), place.AtStreet, 0.65},
		{at("rue  de\nVesle"), place.AtStreet, 0.61},
		{at("rue de Vsle"), "", 0.59},
		{at("le Moulin"), place.AtStreet, 0.8},
		{at("Mairie"), "", 0.9},
		{at("1 rue d'Ailleurs"), "", 0.9},
		{at(""), "", 0},
		{place.Address{Adresse: "12 rue de Vesle"}, "", 0}, // in any town: not asked
		{at("rue ancienne"), place.AtStreet, 0.9},
		{place.Address{Adresse: "rue de Lyon", Commune: "Paris", CodePostal: "75012", CodeInsee: "75056"}, place.AtStreet, 0.9},
		{place.Address{Adresse: "rue sans code", Commune: "Reims", CodePostal: "51100"}, place.AtStreet, 0.9},
		{place.Address{Adresse: "rue sans code", Commune: "Reims", CodePostal: "51000"}, "", 0.9},
		{place.Address{Adresse: "rue sans code", Commune: "REIMS"}, place.AtStreet, 0.9},
		{at("rue à l'étranger"), "", 0.9},
		{at("rue inconnue"), "", 0},
		{at("rue sans point"), "", 0.9},
		{at("rue, à virgule \"x\""), place.AtStreet, 0.9},
	}
	var addresses []place.Address
	for _, c := range cases {
		addresses = append(addresses, c.asked)
	}
	var filters []string
	answer := func(row map[string]string) map[string]string {
		filters = append(filters, row["adresse"]+"|"+row["code_postal"]+"|"+row["code_insee"])
		a, ok := answers[row["adresse"]]
		if !ok && row["adresse"] != "rue sans code REIMS" {
			t.Errorf("asked %q", row["adresse"])
		}
		if !ok {
			a = answers["rue sans code Reims"]
		}
		return a
	}
	for name, change := range map[string]func([][]string) [][]string{
		"in order": nil,
		"in another order, other columns first": func(rows [][]string) [][]string {
			slices.Reverse(rows[1:])
			for i := range rows {
				slices.Reverse(rows[i])
			}
			return rows
		},
	} {
		filters = nil
		c, asked := serve(t, service(t, answer, change))
		located, err := c.Locate(context.Background(), addresses)
		if err != nil || len(located) != len(cases) || asked.Load() != 1 {
			t.Fatalf("%s: %d, %v", name, len(located), err)
		}
		for i, want := range cases {
			if got := located[i]; got.Precision != want.precision || got.Score != want.score || got.Position.Known() != (want.precision != "") {
				t.Errorf("%s: %+v: %+v", name, want.asked, got)
			}
		}
		if located[0].Label != "12 Rue de Vesle 51100 Reims" || located[0].CodeInsee != "51454" || located[0].Position.Latitude() != 49.2578 {
			t.Errorf("%+v", located[0])
		}
		for _, want := range []string{"12 rue de Vesle Reims||51454", "rue de Lyon Paris|75012|", "rue sans code Reims|51100|"} {
			if !slices.Contains(filters, want) {
				t.Errorf("%s: not asked %q: %v", name, want, filters)
			}
		}
	}
}

func reims(n int) []place.Address {
	out := make([]place.Address, n)
	for i := range out {
		out[i] = place.Address{Adresse: fmt.Sprint(i, " rue de Vesle"), Commune: "Reims", CodeInsee: "51454"}
	}
	return out
}

func TestLocateManyInSeveralCalls(t *testing.T) {
	c, asked := serve(t, service(t, func(row map[string]string) map[string]string {
		return found("housenumber", "0.9", row["adresse"], "51454")
	}, nil))
	addresses := reims(2*maxLines + 1)
	for i := range addresses[:maxLines] {
		addresses[i].Commune = strings.Repeat("é", 150) // heavy: the limit is of bytes too
	}
	located, err := c.Locate(context.Background(), addresses)
	if err != nil || len(located) != len(addresses) || asked.Load() < 3 {
		t.Fatalf("%d of %d in %d calls, %v", len(located), len(addresses), asked.Load(), err)
	}
	for i := range located {
		if !strings.HasPrefix(located[i].Label, fmt.Sprint(i, " ")) {
			t.Fatalf("%d: %s", i, located[i].Label)
		}
	}
	if located, err := c.Locate(context.Background(), nil); err != nil || len(located) != 0 {
		t.Error(located, err)
	}
}

func TestLocateFailures(t *testing.T) {
	answer := func(row map[string]string) map[string]string { return found("housenumber", "0.9", "x", "51454") }
	for name, test := range map[string]struct {
		handler http.HandlerFunc
		want    error
		calls   int64
	}{
		"429":     {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(429) }, ErrUnavailable, attempts},
		"500":     {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }, ErrUnavailable, attempts},
		"400":     {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(400) }, ErrRefused, 1},
		"413":     {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(413) }, ErrRefused, 1},
		"html":    {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") }, ErrAnswer, 1},
		"nothing": {func(w http.ResponseWriter, _ *http.Request) {}, ErrAnswer, 1},
		"cut": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100000")
			_, _ = io.WriteString(w, "numero,adresse")
		}, ErrUnavailable, attempts},
		"a quote": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "numero,latitude,longitude,result_score,result_type\n\"0 rue de ma maison,1\n")
		}, ErrAnswer, 1},
		"a line short":     {service(t, answer, func(rows [][]string) [][]string { return rows[:len(rows)-1] }), ErrAnswer, 1},
		"a line twice":     {service(t, answer, func(rows [][]string) [][]string { return append(rows, rows[1]) }), ErrAnswer, 1},
		"a line not asked": {service(t, answer, func(rows [][]string) [][]string { rows[1][0] = "77"; return rows }), ErrAnswer, 1},
		"no score": {service(t, answer, func(rows [][]string) [][]string {
			rows[0][slices.Index(rows[0], "result_score")] = "score"
			return rows
		}), ErrAnswer, 1},
	} {
		t.Run(name, func(t *testing.T) {
			c, asked := serve(t, test.handler)
			c.pause = time.Microsecond
			located, err := c.Locate(context.Background(), []place.Address{{Adresse: secret, Commune: "Reims", CodeInsee: "51454"}, reims(1)[0]})
			if !errors.Is(err, test.want) || len(located) != 0 || asked.Load() != test.calls {
				t.Fatalf("%d located, %d calls, %v", len(located), asked.Load(), err)
			}
			if strings.Contains(err.Error(), "maison") {
				t.Errorf("the error tells the question: %v", err)
			}
		})
	}
}

// A tired service is asked again; what was had before a failure is kept.
func TestLocateIsPatient(t *testing.T) {
	var calls atomic.Int64
	good := service(t, func(map[string]string) map[string]string { return found("street", "0.9", "x", "51454") }, nil)
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch n := calls.Add(1); {
		case n == 1:
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(429)
		case n > 2:
			w.WriteHeader(503)
		default:
			good(w, r)
		}
	})
	c.pause = time.Microsecond
	located, err := c.Locate(context.Background(), reims(maxLines+1))
	if !errors.Is(err, ErrUnavailable) || len(located) != maxLines || !located[maxLines-1].Position.Known() {
		t.Errorf("%d located, %v", len(located), err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := c.Locate(ctx, reims(1)); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func FuzzReadBatch(f *testing.F) {
	f.Add([]byte("numero,latitude,longitude,result_score,result_type,result_citycode\n0,49.2,4.0,0.9,street,51454\n"))
	f.Add([]byte("\ufeffnumero;latitude;longitude;result_score;result_type\n0;49,2;4;NaN;street\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		addresses, located := reims(1), make([]place.Located, 1)
		err := readBatch(bytes.Clone(text), addresses, map[int]bool{0: true}, located)
		if err != nil && !errors.Is(err, ErrAnswer) {
			t.Fatalf("untyped error %v", err)
		}
		if l := located[0]; l.Position.Known() != (l.Precision != "") || !(l.Score >= 0 && l.Score <= 1) || l.Precision != "" && l.Score < minStreet {
			t.Fatalf("%+v", l)
		}
	})
}
