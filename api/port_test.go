package api

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"mednum/internal/access"
	reports "mednum/internal/census"
	"mednum/internal/intake"
	"mednum/internal/mapping"
	"mednum/internal/match"
	"mednum/internal/place"
	"mednum/internal/sheet"
)

// port is a model of what takes files and tells places apart: in memory, at
// once, of files that are plain CSV.
type port struct {
	mu       sync.Mutex
	deposits []intake.Deposit
	owners   map[int64]string // SIREN of who gave a deposit
	rows     map[int64][][]string
	changes  []intake.Change
	list     []intake.Source
	pairs    []match.Pair
	moved    map[string]string // identifiers merged away
	apart    []string          // records that were split
	strict   bool              // an organisation sees its own deposits only
	failure  error             // the answer to every question
	before   func(ctx context.Context, question string) error
	received string // the last file
}

func newPort(places []modelPlace) *port {
	p := &port{owners: map[int64]string{}, rows: map[int64][][]string{}, moved: map[string]string{}}
	p.list = []intake.Source{{Number: 1, Name: "essai", URL: "https://exemple.fr/lieux.csv", Every: 24 * time.Hour, Places: 6, LastPull: noon.AddDate(0, 0, -1), NextPull: noon.AddDate(0, 0, 1), LastState: "rien de nouveau"}}
	side := func(i int, source string) match.Side {
		one := places[i]
		return match.Side{ID: one.published.ID, Source: source, Key: one.place.ID, Record: &place.Record{Place: one.place, Departement: one.published.Departement}}
	}
	metres := 590
	p.pairs = []match.Pair{{Number: 1, A: side(0, "essai"), B: side(1, "autre"), Metres: &metres, Comparison: match.Comparison{Outcome: match.Undecided, Score: 140,
		Evidence: []match.Evidence{{Kind: "nom", Weight: 220, Text: "les noms se ressemblent"}, {Kind: "distance", Weight: -80, Text: "à 590 m l’un de l’autre"}, {Kind: "garde", Text: "les numéros diffèrent"}}}},
		{Number: 2, A: side(2, "essai"), B: side(3, "autre"), Comparison: match.Comparison{Outcome: match.Undecided, Score: 20}}}
	p.changes = []intake.Change{{Kind: "ajoute", Nom: "Nouveau lieu", Lieu: "Reims", Line: 2},
		{Kind: "modifie", ID: places[0].published.ID, Nom: "Médiathèque Jean-Falala", Lieu: "Reims", Line: 3, Fields: []intake.FieldChange{{Column: "telephone", Before: "+33326356800", After: "+33326356801"}, {Column: "horaires", After: "Mo-Fr 09:00-12:00"}}},
		{Kind: "doute", Nom: "Anonymal", Lieu: "Reims", Line: 4, With: places[1].published.ID, Why: []string{"les noms se ressemblent"}}}
	return p
}

const smallFile = "Nom,Rue,CP,Ville,Aide\nMédiathèque,2 rue des Fuseliers,51100,Reims,Démarches\nCyber-base,3 rue de Paris,97400,Saint-Denis,Ordi\n"

// given puts a deposit in, as if somebody had given it.
func (p *port) given(t testing.TB, siren string) int64 {
	t.Helper()
	d, err := p.Deposit(context.Background(), intake.Deposit{Source: "essai", File: "lieux.csv"}, strings.NewReader(smallFile), access.Key{ID: "k", Organisation: "Essai", Siren: siren}, noon)
	if err != nil {
		t.Fatal(err)
	}
	return d.Number
}

func (p *port) begin(ctx context.Context, question string) error {
	p.mu.Lock()
	failure, before := p.failure, p.before
	p.mu.Unlock()
	if before != nil {
		if err := before(ctx, question); err != nil {
			return err
		}
	}
	if failure != nil {
		return failure
	}
	return ctx.Err()
}

func (p *port) Deposit(ctx context.Context, d intake.Deposit, content io.Reader, by access.Key, at time.Time) (intake.Deposit, error) {
	if err := p.begin(ctx, "Deposit"); err != nil {
		return d, err
	}
	text := smallFile
	if content != nil {
		all, err := io.ReadAll(content)
		if err != nil {
			return d, err
		}
		text = string(all)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.received = text
	if strings.HasPrefix(text, "\x00") {
		return d, &sheet.FileError{Message: "Ce fichier n’est pas un tableau. Enregistrez-le en CSV ou en Excel."}
	}
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(rows) == 0 {
		return d, &sheet.FileError{Message: "Ce fichier ne se lit pas comme un tableau."}
	}
	d.Number, d.State, d.KeyID, d.Organisation = int64(len(p.deposits)+1), intake.Received, by.ID, by.Organisation
	d.Created, d.Changed, d.Bytes, d.Columns = at, at, int64(len(text)), rows[0]
	d.Steps = []intake.Step{{At: at, State: intake.Received, Organisation: by.Organisation}}
	d.Format = &sheet.Format{Kind: "csv", Encoding: "UTF-8", Separator: ",", HeaderLine: 1}
	if !slices.Contains(rows[0], "nom") {
		s := mapping.Suggestion{Mapping: mapping.Mapping{Correspondance: 1, Champs: map[string]mapping.Regle{}}}
		for i, c := range rows[0] {
			r := mapping.Reason{Column: c, Confidence: 95, Text: "Le nom de la colonne le dit."}
			switch c {
			case "Nom":
				s.Mapping.Champs["nom"] = mapping.Regle{Colonne: c}
			case "Rue":
				s.Mapping.Champs["adresse"] = mapping.Regle{Colonne: c}
			case "CP":
				s.Mapping.Champs["code_postal"] = mapping.Regle{Colonne: c}
			case "Ville":
				s.Mapping.Champs["commune"] = mapping.Regle{Colonne: c}
			default:
				r.Confidence, r.Text = 0, "Colonne non reconnue."
			}
			for _, row := range rows[1:] {
				r.Examples = append(r.Examples, row[i])
			}
			s.Reasons = append(s.Reasons, r)
		}
		d.Suggestion, _ = json.Marshal(s)
	}
	p.deposits, p.rows[d.Number], p.owners[d.Number] = append(p.deposits, d), rows[1:], by.Siren
	return d, nil
}

func (p *port) find(number int64, by access.Key) (*intake.Deposit, error) {
	for i := range p.deposits {
		if d := &p.deposits[i]; d.Number == number && (!p.strict || p.owners[number] == by.Siren) {
			return d, nil
		}
	}
	return nil, intake.ErrNoDeposit
}

func (p *port) GetDeposit(ctx context.Context, number int64, by access.Key) (intake.Deposit, error) {
	if err := p.begin(ctx, "GetDeposit"); err != nil {
		return intake.Deposit{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	d, err := p.find(number, by)
	if err != nil {
		return intake.Deposit{}, err
	}
	return *d, nil
}

func (p *port) ListDeposits(ctx context.Context, by access.Key, before int64, limit int) (out []intake.Deposit, err error) {
	if err := p.begin(ctx, "ListDeposits"); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, d := range slices.Backward(p.deposits) {
		if one, err := p.find(d.Number, by); err == nil && (before == 0 || d.Number < before) && len(out) < limit {
			out = append(out, *one)
		}
	}
	return out, nil
}

func (p *port) Preview(ctx context.Context, number int64, text []byte, rows int, by access.Key) (out []intake.PreviewRow, err error) {
	if err := p.begin(ctx, "Preview"); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	d, err := p.find(number, by)
	if err != nil {
		return nil, err
	}
	var mapper *mapping.Mapper
	if text != nil {
		m, err := mapping.Parse(text)
		if err != nil {
			return nil, err
		}
		if mapper, err = mapping.Compile(m, d.Columns); err != nil {
			return nil, err
		}
	}
	for i, cells := range p.rows[number] {
		if i == rows {
			break
		}
		row := intake.PreviewRow{Line: i + 2, Theirs: cells, Ours: map[string]string{}}
		for j := range place.Columns {
			name := place.Columns[j].Name
			switch k := slices.Index(d.Columns, name); {
			case mapper != nil:
				row.Ours[name] = mapper.Row(cells).Cells[j]
			case k >= 0:
				row.Ours[name] = cells[k]
			}
		}
		if row.Ours["code_postal"] == "" {
			row.Findings = append(row.Findings, place.Finding{Severity: place.Warning, Code: "code_postal_missing", Field: "code_postal", Line: row.Line, Message: "Le code postal manque."})
		}
		out = append(out, row)
	}
	return out, nil
}

func (p *port) SaveMapping(ctx context.Context, number int64, text []byte, by access.Key, at time.Time) (intake.Deposit, error) {
	if err := p.begin(ctx, "SaveMapping"); err != nil {
		return intake.Deposit{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	d, err := p.find(number, by)
	if err != nil {
		return intake.Deposit{}, err
	}
	if d.State == intake.Published {
		return *d, intake.ErrState
	}
	d.Mapping, d.Changed = text, at
	return *d, nil
}

func (p *port) StepDeposit(ctx context.Context, number int64, step string, o intake.StepOptions, by access.Key, at time.Time) (intake.Deposit, error) {
	if err := p.begin(ctx, "StepDeposit"); err != nil {
		return intake.Deposit{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	d, err := p.find(number, by)
	if err != nil {
		return intake.Deposit{}, err
	}
	d.Partial, d.AllowRemoval, d.Changed = o.Partial, o.AllowRemoval, at
	switch {
	case step == "abandonner" && d.State != intake.Published:
		d.State = intake.Abandoned
	case step == "lire" && d.State != intake.Published:
		d.State, d.Report, d.Changes = intake.Ready, reportOf(len(p.rows[number])), &place.Changes{Added: 1, Changed: 1, Unchanged: 4}
	case step == "publier" && d.State == intake.Ready && d.Outside > 0:
		return *d, fmt.Errorf("%w: %w", access.ErrForbidden, &intake.Refusal{Reasons: []string{"Deux lieux sont hors de votre territoire.", "Ôtez-les du fichier."}})
	case step == "publier" && d.State == intake.Held && !o.AllowRemoval:
		return *d, &intake.Refusal{Reasons: []string{"Plus de la moitié des lieux seraient retirés."}}
	case step == "publier" && (d.State == intake.Ready || d.State == intake.Held):
		d.State = intake.Published
	default:
		return *d, intake.ErrState
	}
	return *d, nil
}

// reportOf is a report with something of everything.
func reportOf(rows int) *reports.Report {
	return &reports.Report{Source: "essai", File: "lieux.csv", Rows: rows + 2, Kept: rows, Refused: 1, Merged: 1, Located: 1, Doubtful: 1, Groups: []reports.Group{
		{Severity: place.Blocking, Code: "nom_missing", Field: "nom", Title: "nom absent", Count: 1, Lines: "4", Examples: []reports.Example{{Line: 4, Count: 1, Message: "Le nom manque : écrivez-le."}}},
		{Severity: place.Warning, Code: "services_unknown", Field: "services", Title: "valeur inconnue", Count: 3, Lines: "2–3, 9", Examples: []reports.Example{{Line: 2, Count: 3, Found: "Démarche", Message: "« Démarche » n’est pas un service. Vouliez-vous dire « Aide aux démarches administratives » ?"}}, More: true},
		{Severity: place.Corrected, Code: "telephone_written", Field: "telephone", Title: "numéro réécrit", Count: 1, Lines: "2", Examples: []reports.Example{{Line: 2, Count: 1, Found: "03.26.35.68.00", Made: "+33326356800", Message: "Le numéro est écrit avec son indicatif."}}},
		{Severity: place.Warning, Code: "column_missing", Field: "horaires", Title: "colonne absente", Count: 1, Lines: "1"},
	}, Refusals: []reports.Refusal{{Line: 4, Key: "4", Messages: []string{"Le nom manque : écrivez-le."}}}}
}

func (p *port) DepositChanges(ctx context.Context, number int64, kind string, after, limit int, by access.Key) (out []intake.Change, total int, err error) {
	if err := p.begin(ctx, "DepositChanges"); err != nil {
		return nil, 0, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	d, err := p.find(number, by)
	if err != nil {
		return nil, 0, err
	}
	if d.Report == nil {
		return nil, 0, intake.ErrState
	}
	for _, c := range p.changes {
		if kind == "" || c.Kind == kind {
			if total++; total > after && len(out) < limit {
				out = append(out, c)
			}
		}
	}
	return out, total, nil
}

func (p *port) Annotated(ctx context.Context, number int64, w io.Writer, by access.Key) error {
	if err := p.begin(ctx, "Annotated"); err != nil {
		return err
	}
	_, err := io.WriteString(w, "PK"+strings.Repeat("x", 300_000))
	return err
}

func (p *port) Sources(ctx context.Context, _ access.Key) ([]intake.Source, error) {
	if err := p.begin(ctx, "Sources"); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.list), nil
}

func (p *port) Source(ctx context.Context, number int64, _ access.Key) (intake.Source, error) {
	if err := p.begin(ctx, "Source"); err != nil {
		return intake.Source{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if number > int64(len(p.list)) {
		return intake.Source{}, intake.ErrNoSource
	}
	return p.list[number-1], nil
}

func (p *port) SaveSource(ctx context.Context, v intake.Source, by access.Key, _ time.Time) (intake.Source, error) {
	if err := p.begin(ctx, "SaveSource"); err != nil {
		return v, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if v.Number == 0 {
		v.Number = int64(len(p.list) + 1)
		p.list = append(p.list, v)
	} else {
		p.list[v.Number-1] = v
	}
	return v, nil
}

func (p *port) PullSource(ctx context.Context, number int64, by access.Key, at time.Time) (intake.Deposit, error) {
	v, err := p.Source(ctx, number, by)
	if err != nil {
		return intake.Deposit{}, err
	}
	return p.Deposit(ctx, intake.Deposit{Source: v.Name, URL: v.URL, File: "lieux.csv", Automatic: true}, nil, by, at)
}

func (p *port) Doubtful(ctx context.Context, departement string, after int64, limit int, _ access.Key) (out []match.Pair, total int, err error) {
	if err := p.begin(ctx, "Doubtful"); err != nil {
		return nil, 0, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, pair := range p.pairs {
		if (departement == "" || pair.A.Record.Departement == departement) && pair.Decision == "" {
			if total++; int64(total) > after && len(out) < limit {
				out = append(out, pair)
			}
		}
	}
	return out, total, nil
}

func (p *port) Pair(ctx context.Context, number int64) (match.Pair, error) {
	if err := p.begin(ctx, "Pair"); err != nil {
		return match.Pair{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if number > int64(len(p.pairs)) {
		return match.Pair{}, match.ErrNoPair
	}
	return p.pairs[number-1], nil
}

func (p *port) Decide(ctx context.Context, number int64, o match.Outcome, reason string, by access.Key, at time.Time) (match.Pair, error) {
	if err := p.begin(ctx, "Decide"); err != nil {
		return match.Pair{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	pair := &p.pairs[number-1]
	if pair.Decision, pair.By, pair.Reason, pair.At = o, by.Organisation, reason, at; o == match.Undecided {
		pair.Decision, pair.By, pair.Reason, pair.At = "", "", "", time.Time{}
	}
	return *pair, nil
}

func (p *port) Split(ctx context.Context, lieu, record, reason string, by access.Key, _ time.Time) error {
	if err := p.begin(ctx, "Split"); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.apart = append(p.apart, record)
	return nil
}

func (p *port) Beneath(ctx context.Context, lieu string) (match.Beneath, error) {
	if err := p.begin(ctx, "Beneath"); err != nil {
		return match.Beneath{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if to, ok := p.moved[lieu]; ok {
		return match.Beneath{}, &place.Moved{ID: to}
	}
	a, b := p.pairs[0].A, p.pairs[0].B
	if lieu != a.ID {
		return match.Beneath{}, place.ErrNotFound
	}
	v := match.Beneath{ID: lieu, Nom: a.Record.Nom, Sides: []match.Side{a}, Fields: []match.Provenance{{Column: "nom", ID: a.ID, Source: a.Source, Date: "2026-03-02", Why: "plus récente"}}}
	if !slices.Contains(p.apart, b.ID) {
		v.Sides = append(v.Sides, b)
		v.Fields[0].Others = []match.Another{{ID: b.ID, Source: b.Source, Value: b.Record.Nom}}
		v.Fields = append(v.Fields, match.Provenance{Column: "typologie", ID: b.ID, Source: b.Source, Why: "la seule"})
	}
	joined := p.pairs[0]
	joined.Decision, joined.By, joined.At = match.Same, "Essai", noon
	v.History = []match.Pair{joined}
	return v, nil
}
