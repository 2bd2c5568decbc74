package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

const (
	// depositedRows are those of the file that is deposited.
	depositedRows = 20_000
	depositRow    = "dépôt de 20 000 lignes, de l’envoi à la publication, comparé et noté"
)

// makeDeposit writes the file that is deposited: made up, from another seed than
// the census, so that most of its places are new.
func (s setup) makeDeposit(ctx context.Context, file string) error {
	url, drop, err := s.database(ctx, fmt.Sprintf("mednum_bench_deposit_%d", os.Getpid()))
	if err != nil {
		return err
	}
	defer drop()
	for _, args := range [][]string{
		{"migrate"}, {"territories", "import", s.territories}, {"demo", "--places", fmt.Sprint(depositedRows), "--seed", "2"}, {"export", "--output", file},
	} {
		if err := s.run(ctx, url, args...); err != nil {
			return err
		}
	}
	return nil
}

// depositing measures a file's way through the server: sent, read and compared
// with the census, published. It comes last: the census is another after.
func (s setup) depositing(ctx context.Context, url string, server *server, size int, file string) ([]row, float64, error) {
	// Made-up places are compared with made-up ones only, and what is deposited is
	// not: by what they are found by, these are made real.
	for _, sql := range []string{`
		CREATE TEMP TABLE k AS SELECT key # x'64656d6f'::bigint AS key, seq FROM match_keys ORDER BY 1, 2;
		CREATE TEMP TABLE v AS SELECT value # x'64656d6f'::bigint AS value, address, seq FROM match_values ORDER BY 1, 2, 3;
		TRUNCATE match_keys, match_values;
		INSERT INTO match_keys SELECT * FROM k;
		INSERT INTO match_values SELECT * FROM v`,
		// What the measures before left to clean is theirs.
		`VACUUM ANALYZE`, `CHECKPOINT`,
	} {
		if _, err := s.psql(ctx, url, sql); err != nil {
			return nil, 0, err
		}
	}
	key, err := s.command(ctx, url, "key", "create", "--role", "hub", "--organisation", "Banc d’essai", "--siren", "200067213").Output()
	if err != nil {
		return nil, 0, fmt.Errorf("mednum key: %w", err)
	}
	d := depositor{address: "http://" + server.address, key: strings.TrimSpace(string(key))}
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, 0, err
	}
	begin := time.Now()
	if err := d.send(ctx, content); err != nil {
		return nil, 0, err
	}
	sent := time.Since(begin).Seconds()
	if err := d.step(ctx, "lire", "pret"); err != nil {
		return nil, 0, err
	}
	read := time.Since(begin).Seconds() - sent
	if err := d.step(ctx, "publier", "publie"); err != nil {
		return nil, 0, err
	}
	took := time.Since(begin).Seconds()
	line := row{size: size, what: depositRow, us: fmt.Sprintf("%s s, %d Mo", decimal(took), server.peak()>>20)}
	if size <= 20_000 {
		line.goal, line.note = "≤ 20 s", met(took <= 20)
	}
	return []row{
		{size: size, what: "dépôt : reçu, puis lu et comparé", us: fmt.Sprintf("%s s, puis %s s", decimal(sent), decimal(read))},
		line,
	}, took, nil
}

// depositor gives a file as an organisation's own program does.
type depositor struct{ address, key, deposit string }

func (d *depositor) ask(ctx context.Context, method, path, contentType string, body []byte) (state string, err error) {
	request, err := http.NewRequestWithContext(ctx, method, d.address+path, bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	request.Header.Set("Authorization", "Bearer "+d.key)
	request.Header.Set("Accept", "application/json")
	if body != nil {
		request.Header.Set("Content-Type", contentType)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return "", err
	}
	var answer struct {
		Number  json.Number `json:"numero"`
		State   string      `json:"etat"`
		Reasons []string    `json:"motifs"`
	}
	if response.StatusCode >= 300 || json.Unmarshal(text, &answer) != nil {
		return "", fmt.Errorf("%s %s: status %d: %.300s", method, path, response.StatusCode, text)
	}
	if len(answer.Reasons) > 0 {
		return "", errors.New(strings.Join(answer.Reasons, " "))
	}
	d.deposit = "/depots/" + answer.Number.String()
	return answer.State, nil
}

func (d *depositor) send(ctx context.Context, content []byte) error {
	_, err := d.ask(ctx, "POST", "/depots?"+url.Values{"source": {"banc d’essai"}, "nom": {"lieux.csv"}}.Encode(), "text/csv", content)
	return err
}

// step asks for one, and waits until it is done.
func (d *depositor) step(ctx context.Context, step, until string) error {
	state, err := d.ask(ctx, "POST", d.deposit+"/etapes", "application/json", fmt.Appendf(nil, `{"etape":%q}`, step))
	for working := state; err == nil && state != until; state, err = d.ask(ctx, "GET", d.deposit, "", nil) {
		if state != working {
			return fmt.Errorf("deposit: %s instead of %s", state, until)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	return err
}
