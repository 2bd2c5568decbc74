package geocode

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"time"

	"mednum/internal/place"
)

// A file's addresses are asked many at a time, with more patience than a
// person has: nobody waits in front of a form.
const (
	maxLines    = 5_000
	maxUpload   = 6 << 20
	maxLocated  = 48 << 20 // 5,000 lines come back with twenty more columns each
	patience    = 3 * time.Minute
	attempts    = 4
	longestRest = time.Minute
)

// What a score is worth: under minStreet the answer is another street; under
// minNumber it is the right street and perhaps another number.
const (
	minStreet = 0.6
	minNumber = 0.7
)

// Locate asks where many addresses are; the answers are in the order of the
// addresses. An answer without a position is that nothing good enough is known:
// too low a score, another commune, or no better than the commune.
//
// With an error (of the types of Search, or the context's) the answers are
// those of the first addresses only, as many as could be had.
func (c *Client) Locate(ctx context.Context, addresses []place.Address) ([]place.Located, error) {
	located := make([]place.Located, len(addresses))
	for from := 0; from < len(addresses); {
		form, asked, to := batch(addresses, from)
		if len(asked) > 0 {
			answer, err := c.patiently(ctx, form)
			if err != nil {
				return located[:from], err
			}
			if err := readBatch(answer, addresses, asked, located); err != nil {
				return located[:from], err
			}
		}
		from = to
	}
	return located, nil
}

// question is an address as the service is asked: what it searches, and what
// it must be in. The code of the commune alone is enough and surer than a
// postal code, which may be a CEDEX; but the service files the three cities
// under their arrondissements.
func question(a place.Address) (text, codePostal, codeInsee string) {
	street := tidy(a.Adresse)
	if street == "" || a.CodePostal == "" && a.CodeInsee == "" && a.Commune == "" {
		return "", "", "" // what is found could not be checked
	}
	if _, quarter := place.CityOf(a.CodeInsee); a.CodeInsee != "" && (quarter || !cities[a.CodeInsee]) {
		codeInsee = a.CodeInsee
	} else {
		codePostal = a.CodePostal
	}
	text = tidy(street + " " + a.Commune)
	if len([]rune(text)) < minQuery {
		return "", "", ""
	}
	return text, codePostal, codeInsee
}

var cities = map[string]bool{"75056": true, "69123": true, "13055": true}

// form is the body of one call.
type form struct {
	kind string
	body []byte
}

// batch makes the call for the addresses from on, as many as one call takes;
// asked says which of them it asks.
func batch(addresses []place.Address, from int) (f form, asked map[int]bool, to int) {
	var table bytes.Buffer
	w := csv.NewWriter(&table)
	_ = w.Write([]string{"numero", "adresse", "code_postal", "code_insee"})
	asked = map[int]bool{}
	for to = from; to < len(addresses) && len(asked) < maxLines && table.Len() < maxUpload-4096; to++ {
		text, codePostal, codeInsee := question(addresses[to])
		if text == "" {
			continue
		}
		_ = w.Write([]string{strconv.Itoa(to), text, codePostal, codeInsee})
		w.Flush()
		asked[to] = true
	}
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	for _, field := range [][2]string{{"columns", "adresse"}, {"postcode", "code_postal"}, {"citycode", "code_insee"}} {
		_ = m.WriteField(field[0], field[1])
	}
	part, _ := m.CreateFormFile("data", "adresses.csv") // a buffer takes everything
	_, _ = part.Write(table.Bytes())
	_ = m.Close()
	return form{m.FormDataContentType(), body.Bytes()}, asked, to
}

// patiently makes one call, again when the service is tired.
func (c *Client) patiently(ctx context.Context, f form) ([]byte, error) {
	pause := c.pause
	for attempt := 1; ; attempt++ {
		answer, wait, err := c.upload(ctx, f)
		if err == nil || ctx.Err() != nil || attempt == attempts || !errors.Is(err, ErrUnavailable) {
			if err != nil && ctx.Err() != nil {
				err = ctx.Err()
			}
			return answer, err
		}
		timer := time.NewTimer(min(max(pause, wait), longestRest))
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil, ctx.Err()
		case <-timer.C:
		}
		pause *= 4
	}
}

// upload makes one call once; wait is how long the service asks to be left alone.
func (c *Client) upload(ctx context.Context, f form) (answer []byte, wait time.Duration, err error) {
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r, err := http.NewRequestWithContext(limited, http.MethodPost, c.search.JoinPath("csv").String(), bytes.NewReader(f.body))
	if err != nil {
		return nil, 0, fmt.Errorf("%w: request", ErrUnavailable)
	}
	r.Header.Set("Content-Type", f.kind)
	r.Header.Set("Accept", "text/csv")
	response, err := c.send(c.patient, r)
	if err != nil {
		return nil, 0, err
	}
	defer response.Body.Close()
	if err := judgeStatus(response.StatusCode); err != nil {
		seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
		return nil, time.Duration(max(0, min(seconds, 3600))) * time.Second, err
	}
	answer, err = io.ReadAll(io.LimitReader(response.Body, maxLocated+1))
	if err != nil {
		return nil, 0, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if len(answer) > maxLocated {
		return nil, 0, fmt.Errorf("%w: more than %d bytes", ErrAnswer, maxLocated)
	}
	return answer, 0, nil
}

// readBatch reads the answer of one call: our columns, whatever their order,
// and the service's beside. Every address that was asked must be there once.
func readBatch(text []byte, addresses []place.Address, asked map[int]bool, located []place.Located) error {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	r := csv.NewReader(bytes.NewReader(text))
	r.ReuseRecord = true
	if header, _, _ := bytes.Cut(text, []byte("\n")); bytes.Count(header, []byte(";")) > bytes.Count(header, []byte(",")) {
		r.Comma = ';'
	}
	header, err := r.Read()
	if err != nil {
		return fmt.Errorf("%w: not the CSV expected", ErrAnswer)
	}
	at := map[string]int{}
	for i, name := range header {
		at[strings.TrimSpace(name)] = i
	}
	for _, name := range []string{"numero", "latitude", "longitude", "result_score", "result_type"} {
		if _, ok := at[name]; !ok {
			return fmt.Errorf("%w: no column %s", ErrAnswer, name)
		}
	}
	seen := make(map[int]bool, len(asked))
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("%w: a line is not CSV", ErrAnswer) // the reader's error may tell the line
		}
		cell := func(name string) string {
			if i, ok := at[name]; ok && i < len(row) {
				return strings.TrimSpace(row[i])
			}
			return ""
		}
		number, err := strconv.Atoi(cell("numero"))
		if err != nil || !asked[number] || seen[number] {
			return fmt.Errorf("%w: a line that was not asked", ErrAnswer)
		}
		seen[number] = true
		located[number] = judge(addresses[number], cell)
	}
	if len(seen) != len(asked) {
		return fmt.Errorf("%w: %d lines of %d", ErrAnswer, len(seen), len(asked))
	}
	return nil
}

// judge tells what a line of the answer is worth.
func judge(a place.Address, cell func(string) string) place.Located {
	score, err := strconv.ParseFloat(cell("result_score"), 64)
	if err != nil || !(score > 0) {
		return place.Located{}
	}
	l := place.Located{Score: min(score, 1), Label: tidy(cell("result_label")), CodeInsee: cell("result_citycode")}
	if l.Score < minStreet || !sameCommune(a, cell) {
		return l
	}
	precision := place.Precision("")
	switch cell("result_type") {
	case "housenumber":
		precision = place.AtStreet
		if l.Score >= minNumber {
			precision = place.AtNumber
		}
	case "street", "locality":
		precision = place.AtStreet
	}
	latitude, errLat := strconv.ParseFloat(cell("latitude"), 64)
	longitude, errLon := strconv.ParseFloat(cell("longitude"), 64)
	if precision == "" || errLat != nil || errLon != nil {
		return l
	}
	if p, err := place.NewPosition(latitude, longitude); err == nil {
		l.Position, l.Precision = p, precision
	}
	return l
}

// sameCommune reports whether the answer is in the commune that was declared,
// by the surest of what it declares.
func sameCommune(a place.Address, cell func(string) string) bool {
	found := cell("result_citycode")
	switch {
	case a.CodeInsee != "" && found != "":
		if found == a.CodeInsee || cell("result_oldcitycode") == a.CodeInsee {
			return true
		}
		city, quarter := place.CityOf(found)
		return quarter && city == a.CodeInsee // the arrondissement of the city asked
	case a.CodePostal != "":
		return cell("result_postcode") == a.CodePostal
	case a.Commune != "":
		return place.Fold(cell("result_city")) == place.Fold(a.Commune)
	}
	return false
}
