package intake

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"mednum/internal/access"
	"mednum/internal/census"
	"mednum/internal/fetch"
	"mednum/internal/french"
	"mednum/internal/mapping"
	"mednum/internal/place"
	"mednum/internal/sheet"
)

// Census is where deposits are published.
type Census interface {
	census.Store
	Versions(ctx context.Context) (data, territories int64, err error)
}

// Config joins an office to the rest of the house.
type Config struct {
	Store       Store
	Census      Census
	Territories func(ctx context.Context) (census.Territories, error) // today's
	Fetch       *fetch.Client                                         // nil: no address is fetched
	Geocoder    census.Geocoder                                       // nil: no address is searched
	Maximum     int64                                                 // bytes of a file; 0: 200 MB
	Temp        string                                                // folder of temporary files; "" the system's
	Lease       time.Duration                                         // how long work may be silent before another takes it; 0: 15 s
	Now         func() time.Time
	Log         *slog.Logger
}

// Office takes deposits, from the file to its publication. It is safe for
// concurrent use, and several may work on one store.
type Office struct {
	Config
	wake     chan struct{}
	watching chan struct{}
}

// Operator is who runs the machine, on its command line: it may everything. No
// key that is given to people has this identifier.
var Operator = access.Key{ID: "operateur", Organisation: "Exploitant de la plateforme"}

func isOperator(by access.Key) bool { return by.ID == Operator.ID }

// New opens an office. Its long work is done by Run.
func New(c Config) *Office {
	if c.Maximum <= 0 {
		c.Maximum = 200 << 20
	}
	if c.Lease <= 0 {
		c.Lease = 15 * time.Second
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Office{Config: c, wake: make(chan struct{}, 1), watching: make(chan struct{}, maxWatching)}
}

const (
	maxName    = 200  // characters of a source, of a file
	maxURL     = 2000 // characters
	headRows   = 50   // kept for previews
	headCell   = 2000 // characters of a cell kept
	sampleRows = 2000 // looked at to propose a mapping
	maxListed  = 500
)

func refusal(format string, args ...any) error {
	return &Refusal{[]string{fmt.Sprintf(format, args...)}}
}

func may(by access.Key, op access.Operation, at time.Time) error {
	if isOperator(by) {
		return nil
	}
	return by.Check(op, at)
}

// owns reports whether a deposit or a source is of the organisation of a key.
func owns(by access.Key, siren, keyID string) bool {
	return isOperator(by) || siren != "" && siren == by.Siren || siren == "" && keyID != "" && keyID == by.ID
}

func notYours(what string) error {
	return &access.Denial{Reason: what + " d’une autre organisation.", Err: access.ErrForbidden}
}

// Deposit keeps a file, recognises it and proposes a mapping; or, when content
// is nil, has the file of d.URL fetched, which goes on by itself.
func (o *Office) Deposit(ctx context.Context, d Deposit, content io.Reader, by access.Key, at time.Time) (Deposit, error) {
	if err := may(by, access.Give, at); err != nil {
		return Deposit{}, err
	}
	k := &Kept{Siren: by.Siren, Territory: by.Territory, Deposit: Deposit{
		Source: tidy(d.Source), File: tidy(path.Base(strings.ReplaceAll(d.File, `\`, "/"))), URL: strings.TrimSpace(d.URL), Partial: d.Partial,
		State: Received, KeyID: by.ID, Organisation: by.Organisation, Created: at, Changed: at,
	}}
	if isOperator(by) {
		k.Automatic = d.Automatic
	}
	var reasons []string
	if message := badName(k.Source); message != "" {
		reasons = append(reasons, message)
	}
	if utf8.RuneCountInString(k.File) > maxName {
		k.File = string([]rune(k.File)[:maxName])
	}
	if content == nil {
		if message := o.badAddress(k.URL); message != "" {
			reasons = append(reasons, message)
		}
	} else {
		k.URL = ""
	}
	if k.File == "" || k.File == "." || k.File == "/" {
		k.File = "fichier"
	}
	if len(reasons) > 0 {
		return Deposit{}, &Refusal{reasons}
	}
	source, err := o.Store.SourceNamed(ctx, k.Source)
	if err != nil && !errors.Is(err, ErrNoSource) {
		return Deposit{}, err
	}
	if !isOperator(by) && source.Siren != "" && source.Siren != by.Siren {
		return Deposit{}, notYours("« " + k.Source + " » est une source")
	}
	note := "Fichier reçu."
	if content == nil {
		k.Task, note = Fetching, "Adresse reçue."
		if u, err := fetch.Check(k.URL); err == nil {
			k.File = tidy(path.Base("/" + strings.Trim(u.Path, "/")))
			if k.File == "/" {
				k.File = u.Hostname()
			}
		}
	}
	var file *os.File
	if content != nil {
		if file, err = o.spool(content, k); err != nil {
			return Deposit{}, err
		}
		defer discard(file)
		if err := o.recognise(ctx, k, file, source.Mapping); err != nil {
			return Deposit{}, err
		}
	}
	if err := o.create(ctx, k, file, Step{At: at, State: k.State, Organisation: k.Organisation, Note: note}); err != nil {
		return Deposit{}, err
	}
	if k.Task == Fetching {
		return o.fetched(ctx, k)
	}
	return k.Deposit, nil
}

// fetchWait is how long who gives an address waits for its file; what takes
// longer goes on without them.
const fetchWait = 20 * time.Second

func (o *Office) fetched(ctx context.Context, k *Kept) (Deposit, error) {
	wait, cancel := context.WithTimeout(ctx, fetchWait)
	defer cancel()
	if _, err := o.Work(wait, k.Number); err != nil && ctx.Err() == nil {
		o.Log.Error("deposits", "error", err)
	}
	o.awake() // what comes next
	now, err := o.Store.Deposit(context.WithoutCancel(ctx), k.Number)
	if err != nil {
		return Deposit{}, err
	}
	return now.Deposit, nil
}

// create keeps a deposit, which replaces the former ones of its source that
// nobody published: a person's those of the organisation, a fetched one the
// fetched ones.
func (o *Office) create(ctx context.Context, k *Kept, file *os.File, step Step) error {
	former, err := o.Store.Unfinished(ctx, k.Source)
	if err != nil {
		return err
	}
	var replaces []int64
	for _, f := range former {
		if f.Siren == k.Siren && (f.Siren != "" || f.KeyID == k.KeyID) && (f.Automatic || !k.Automatic) {
			replaces = append(replaces, f.Number)
		}
	}
	var content io.Reader
	if file != nil {
		if _, err := file.Seek(0, io.SeekStart); err != nil {
			return fmt.Errorf("keep deposit: %w", err)
		}
		content = file
	}
	return o.Store.CreateDeposit(ctx, k, content, step, replaces, "Remplacé par un dépôt plus récent de la même source.")
}

func tidy(s string) string {
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == utf8.RuneError {
			return ' '
		}
		return r
	}, s)), " ")
}

func badName(name string) string {
	switch {
	case name == "":
		return "Il manque le nom de la source : dites qui donne ce fichier."
	case utf8.RuneCountInString(name) > maxName:
		return fmt.Sprintf("Le nom de la source est trop long : %d signes au plus.", maxName)
	}
	return ""
}

func (o *Office) badAddress(address string) string {
	switch {
	case o.Fetch == nil:
		return "Ce service ne va pas chercher de fichier : déposez le fichier lui-même."
	case address == "":
		return "Il manque le fichier, ou son adresse."
	case len(address) > maxURL:
		return fmt.Sprintf("L’adresse du fichier est trop longue : %d signes au plus.", maxURL)
	}
	if _, err := fetch.Check(address); err != nil {
		return french.Capital(err.Error()) + "."
	}
	return ""
}

// spool lays a file down where it can be read twice.
func (o *Office) spool(content io.Reader, k *Kept) (*os.File, error) {
	file, err := os.CreateTemp(o.Temp, "mednum-deposit-*")
	if err != nil {
		return nil, fmt.Errorf("keep deposit: %w", err)
	}
	h := sha256.New()
	k.Bytes, err = io.Copy(io.MultiWriter(file, h), io.LimitReader(content, o.Maximum+1))
	switch {
	case err != nil:
		discard(file)
		return nil, fmt.Errorf("keep deposit: %w", err)
	case k.Bytes > o.Maximum:
		discard(file)
		return nil, &sheet.FileError{Message: fmt.Sprintf("Le fichier dépasse %d Mo : le compresser, ou n’en garder que les colonnes utiles.", o.Maximum>>20)}
	}
	k.Hash = h.Sum(nil)
	return file, nil
}

func discard(file *os.File) {
	file.Close()
	os.Remove(file.Name())
}

func (o *Office) communes(ctx context.Context) (place.Communes, error) {
	t, err := o.Territories(ctx)
	if err != nil || t == nil {
		return nil, err
	}
	return census.Communes(t), nil
}

// table is the beginning of a file.
type table struct {
	format  sheet.Format
	columns []string
	rows    []sheet.Row
}

func beginning(r io.Reader, name string, m *mapping.Mapping) (table, error) {
	f, err := sheet.Open(r, name, census.Reading(m))
	if err != nil {
		return table{}, err
	}
	defer f.Close()
	var rows []sheet.Row
	for len(rows) < sampleRows {
		row, err := f.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return table{}, err
		}
		if row.Aside == "" {
			row.Cells = slices.Clone(row.Cells)
			rows = append(rows, row)
		}
	}
	return table{f.Format, f.Columns, rows}, nil
}

// keep makes a table that of the deposit.
func (k *Kept) keep(t table) {
	k.Format, k.Columns = &t.format, t.columns
	k.Head = slices.Clone(t.rows[:min(headRows, len(t.rows))])
	for i := range k.Head {
		cells := slices.Clone(k.Head[i].Cells)
		for j, c := range cells {
			if utf8.RuneCountInString(c) > headCell {
				cells[j] = string([]rune(c)[:headCell]) + "…"
			}
		}
		k.Head[i].Cells = cells
	}
}

// recognise finds the columns of a file and proposes how they are the
// standard's: as the last time, when the source's mapping still fits; else as
// they stand, when they are the standard's; else as their names and values
// tell.
func (o *Office) recognise(ctx context.Context, k *Kept, file io.ReadSeeker, last json.RawMessage) error {
	open := func(m *mapping.Mapping) (table, error) {
		if _, err := file.Seek(0, io.SeekStart); err != nil {
			return table{}, fmt.Errorf("read deposit: %w", err)
		}
		return beginning(file, k.File, m)
	}
	known, err := o.communes(ctx)
	if err != nil {
		return err
	}
	k.Mapping, k.Suggestion = nil, nil
	if m, err := parse(last); err == nil && m != nil {
		if t, err := open(m); err == nil {
			if mapper, err := mapping.Compile(m, t.columns); err == nil && len(mapper.Faults()) == 0 {
				k.Mapping = last
				k.keep(t)
				return k.suggest(t, known)
			}
		}
	}
	t, err := open(nil)
	if err != nil {
		return err
	}
	k.keep(t)
	if err := k.suggest(t, known); err != nil || standard(t.columns) {
		return err
	}
	var s mapping.Suggestion
	if err := json.Unmarshal(k.Suggestion, &s); err != nil {
		return fmt.Errorf("propose a mapping: %w", err)
	}
	k.Mapping = s.Mapping.JSON()
	if s.Mapping.Lecture != nil {
		if t, err = open(&s.Mapping); err != nil {
			return err
		}
		k.keep(t)
	}
	return nil
}

func (k *Kept) suggest(t table, known place.Communes) error {
	rows := make([][]string, len(t.rows))
	for i := range t.rows {
		rows[i] = t.rows[i].Cells
	}
	text, err := json.Marshal(mapping.Suggest(t.columns, rows, known))
	if err != nil {
		return fmt.Errorf("propose a mapping: %w", err)
	}
	k.Suggestion = text
	return nil
}

// standard reports whether columns are the standard's, but for a few.
func standard(columns []string) bool {
	_, findings := place.ReadHeader(columns, 1)
	strange := 0
	for _, f := range findings {
		switch {
		case f.Severity == place.Blocking:
			return false
		case f.Code == "column_unknown", f.Code == "column_repeated":
			strange++
		}
	}
	return strange*4 <= len(columns)
}

func parse(text json.RawMessage) (*mapping.Mapping, error) {
	if len(text) == 0 || bytes.Equal(text, []byte("null")) {
		return nil, nil
	}
	return mapping.Parse(text)
}

func sameReading(a, b *mapping.Mapping) bool {
	var x, y mapping.Lecture
	if a != nil && a.Lecture != nil {
		x = *a.Lecture
	}
	if b != nil && b.Lecture != nil {
		y = *b.Lecture
	}
	return x == y
}

// seen gives a deposit to who may see it.
func (o *Office) seen(ctx context.Context, number int64, by access.Key) (*Kept, error) {
	k, err := o.Store.Deposit(ctx, number)
	if err != nil {
		return nil, err
	}
	if !owns(by, k.Siren, k.KeyID) {
		return nil, notYours("Ce dépôt est celui")
	}
	return k, nil
}

// GetDeposit gives all that is shown of a deposit.
func (o *Office) GetDeposit(ctx context.Context, number int64, by access.Key) (Deposit, error) {
	k, err := o.seen(ctx, number, by)
	if err != nil {
		return Deposit{}, err
	}
	return k.Deposit, nil
}

// ListDeposits lists those of an organisation, newest first, without reports
// nor mappings.
func (o *Office) ListDeposits(ctx context.Context, by access.Key, before int64, limit int) ([]Deposit, error) {
	givers := Givers{Siren: by.Siren, KeyID: by.ID}
	if isOperator(by) {
		givers = Givers{}
	}
	return o.Store.Deposits(ctx, givers, before, min(max(limit, 1), maxListed))
}

// Preview makes the first rows of the file with a mapping.
func (o *Office) Preview(ctx context.Context, number int64, text []byte, rows int, by access.Key) ([]PreviewRow, error) {
	k, err := o.seen(ctx, number, by)
	if err != nil {
		return nil, err
	}
	m, err := parse(text)
	if err != nil {
		return nil, err
	}
	t, err := o.readAs(ctx, k, m)
	if err != nil {
		return nil, err
	}
	known, err := o.communes(ctx)
	if err != nil {
		return nil, err
	}
	return preview(m, t, min(rows, headRows), place.Context{Today: o.today(), Communes: known})
}

// readAs gives the beginning of the file of a deposit, read as a mapping wants.
func (o *Office) readAs(ctx context.Context, k *Kept, m *mapping.Mapping) (table, error) {
	if k.Columns == nil {
		return table{}, fmt.Errorf("%w: the file is not here", ErrState)
	}
	now, err := parse(k.Mapping)
	if err == nil && sameReading(m, now) {
		return table{*k.Format, k.Columns, k.Head}, nil
	}
	if k.Dropped {
		return table{}, refusal("Le fichier de ce dépôt a été effacé : déposez-le de nouveau.")
	}
	return beginning(o.Store.Content(ctx, k.Number), k.File, m)
}

func (o *Office) today() place.Date {
	now := o.Now()
	d, _ := place.NewDate(now.Year(), now.Month(), now.Day())
	return d
}

var standardNames = func() []string {
	names := make([]string, len(place.Columns))
	for i := range place.Columns {
		names[i] = place.Columns[i].Name
	}
	return names
}()

func preview(m *mapping.Mapping, t table, n int, c place.Context) ([]PreviewRow, error) {
	var mapper *mapping.Mapper
	var err error
	schema, _ := place.ReadHeader(t.columns, 1)
	if m != nil {
		if mapper, err = mapping.Compile(m, t.columns); err != nil {
			return nil, err
		}
		mapper.Communes = c.Communes
		schema, _ = place.ReadHeader(standardNames, 1)
		schema.Absent = mapper.Absent()
	}
	out := make([]PreviewRow, 0, n)
	for i := range t.rows {
		if len(out) == n {
			break
		}
		row := &t.rows[i]
		cells, from := row.Cells, []string(nil)
		p := PreviewRow{Line: row.Line, Theirs: row.Cells, Ours: map[string]string{}, Findings: []place.Finding{}}
		if mapper != nil {
			if private := mapper.Private(); len(private) > 0 {
				p.Theirs = slices.Clone(row.Cells)
				for _, at := range private {
					if at < len(p.Theirs) && p.Theirs[at] != "" {
						p.Theirs[at] = "…"
					}
				}
			}
			mapped := mapper.Row(row.Cells)
			cells, from, p.Left = mapped.Cells, mapped.Columns, mapped.Left
			p.Findings = append(p.Findings, mapped.Findings...)
		}
		record := schema.Read(cells, row.Line, c)
		p.Findings = append(p.Findings, record.Findings...)
		for j := range place.Columns {
			column := &place.Columns[j]
			if cell := column.Cell(&record.Place); cell != "" {
				p.Ours[column.Name] = cell
			}
			if from != nil && from[j] != "" {
				for f := range p.Findings {
					if p.Findings[f].Field == column.Name && p.Findings[f].Column == "" {
						p.Findings[f].Column = from[j]
					}
				}
			}
		}
		out = append(out, p)
	}
	return out, nil
}

// SaveMapping settles how the file is read; nil: its columns are the
// standard's. A report made with another mapping is forgotten.
func (o *Office) SaveMapping(ctx context.Context, number int64, text []byte, by access.Key, at time.Time) (Deposit, error) {
	if err := may(by, access.Give, at); err != nil {
		return Deposit{}, err
	}
	k, err := o.seen(ctx, number, by)
	if err != nil {
		return Deposit{}, err
	}
	switch k.State {
	case Received, Ready, Held:
	default:
		return Deposit{}, fmt.Errorf("%w: the mapping of a deposit %q", ErrState, k.State)
	}
	m, err := parse(text)
	if err != nil {
		return Deposit{}, err
	}
	t, err := o.readAs(ctx, k, m)
	if err != nil {
		return Deposit{}, err
	}
	if m == nil {
		var reasons []string
		_, findings := place.ReadHeader(t.columns, 1)
		for _, f := range findings {
			if f.Severity == place.Blocking {
				reasons = append(reasons, f.Message)
			}
		}
		if len(reasons) > 0 {
			return Deposit{}, &Refusal{reasons}
		}
	} else if _, err := mapping.Compile(m, t.columns); err != nil {
		return Deposit{}, err
	}
	now, err := parse(k.Mapping)
	if err != nil || !sameReading(m, now) {
		k.keep(t)
	}
	k.Mapping = nil
	if m != nil {
		k.Mapping = m.JSON()
	}
	k.unread()
	k.State, k.Changed = Received, at
	step := Step{At: at, State: k.State, Organisation: by.Organisation, Note: "Correspondance enregistrée."}
	if err := o.Store.SaveDeposit(ctx, k, nil, &step, nil); err != nil {
		return Deposit{}, err
	}
	return o.GetDeposit(ctx, number, by)
}

// unread forgets what a reading told.
func (k *Kept) unread() {
	k.Report, k.Changes, k.ReportOf, k.Reasons = nil, nil, nil, nil
	k.Outside, k.Lost, k.Live, k.Doubtful, k.Merged, k.Fault = 0, 0, 0, 0, 0, ""
}

// reportOf is what a report is of: the file, how it is read, and whether it is
// the whole source.
func (k *Kept) reportOf() []byte {
	h := sha256.New()
	fmt.Fprintf(h, "%x %t %q", k.Hash, k.Partial, k.Mapping)
	return h.Sum(nil)
}

// StepDeposit asks for what comes next. Asking again for what is under way
// changes nothing.
func (o *Office) StepDeposit(ctx context.Context, number int64, step string, options StepOptions, by access.Key, at time.Time) (Deposit, error) {
	if err := may(by, access.Give, at); err != nil {
		return Deposit{}, err
	}
	k, err := o.seen(ctx, number, by)
	if err != nil {
		return Deposit{}, err
	}
	wrong := fmt.Errorf("%w: %q asked of a deposit %q", ErrState, step, k.State)
	told := Step{At: at, Organisation: by.Organisation}
	switch step {
	case "lire":
		switch {
		case k.State == Reading:
			return k.Deposit, nil
		case k.Task != "" || k.Columns == nil || k.State != Received && k.State != Ready && k.State != Held:
			return Deposit{}, wrong
		case k.Dropped:
			return Deposit{}, refusal("Le fichier de ce dépôt a été effacé : déposez-le de nouveau.")
		}
		k.unread()
		k.Partial, k.Territory, k.KeyID = options.Partial, by.Territory, by.ID
		k.State, k.Task, told.Note = Reading, Read, "Lecture demandée."
	case "publier":
		switch k.State {
		case Publishing, Published:
			return k.Deposit, nil
		case Ready, Held:
		default:
			return Deposit{}, wrong
		}
		source, err := o.Store.SourceNamed(ctx, k.Source)
		if err != nil && !errors.Is(err, ErrNoSource) {
			return Deposit{}, err
		}
		k.AllowRemoval = options.AllowRemoval
		if reasons := k.guards(source, by); len(reasons) > 0 {
			return Deposit{}, &Refusal{reasons}
		}
		if isOperator(by) {
			k.Siren = source.Siren // who publishes for another claims nothing
		}
		k.State, k.Task, told.Note = Publishing, Publish, "Publication demandée."
	case "abandonner":
		switch k.State {
		case Abandoned:
			return k.Deposit, nil
		case Received, Reading, Ready, Held:
		default:
			return Deposit{}, wrong
		}
		k.State, k.Task, told.Note = Abandoned, "", "Abandonné."
	default:
		return Deposit{}, refusal("« %s » n’est pas une étape : écrivez lire, publier ou abandonner.", step)
	}
	k.Changed, told.State = at, k.State
	if err := o.Store.SaveDeposit(ctx, k, nil, &told, nil); err != nil {
		return Deposit{}, err
	}
	o.awake()
	return k.Deposit, nil
}

// guards tells everything that forbids to publish a deposit that was read.
func (k *Kept) guards(source KeptSource, by access.Key) []string {
	var reasons []string
	say := func(format string, args ...any) { reasons = append(reasons, fmt.Sprintf(format, args...)) }
	if !isOperator(by) {
		if source.Siren != "" && source.Siren != by.Siren {
			say("La source « %s » est celle d’une autre organisation.", k.Source)
		}
		if by.Territory.String() != k.Territory.String() {
			say("Le rapport a été fait pour un autre territoire que le vôtre : lisez de nouveau le fichier.")
		}
		if k.Outside > 0 {
			say("%s hors de votre territoire.", french.Count(k.Outside, "lieu du fichier est", "lieux du fichier sont"))
		}
		if k.Lost > 0 {
			say("%s hors de votre territoire : ce fichier les modifierait ou les retirerait.", french.Count(k.Lost, "lieu de la source est", "lieux de la source sont"))
		}
	}
	if k.Report == nil || !bytes.Equal(k.ReportOf, k.reportOf()) {
		say("Le rapport ne correspond plus au fichier : lisez-le de nouveau.")
		return reasons
	}
	if k.Report.Kept == 0 {
		say("Aucune ligne du fichier ne peut être gardée.")
	}
	if c := k.Report.Changes; c != nil && c.Withdrawn*2 > k.Live && !k.AllowRemoval {
		say("Ce fichier retirerait %d des %d lieux de la source : acceptez ces retraits, ou dites que le fichier est partiel.", c.Withdrawn, k.Live)
	}
	return reasons
}

// Annotated writes their file as a workbook, with what is said of each row.
func (o *Office) Annotated(ctx context.Context, number int64, w io.Writer, by access.Key) error {
	k, err := o.seen(ctx, number, by)
	if err != nil {
		return err
	}
	switch {
	case k.Columns == nil:
		return fmt.Errorf("%w: the file is not here", ErrState)
	case k.Dropped:
		return refusal("Le fichier de ce dépôt a été effacé : déposez-le de nouveau.")
	}
	m, err := parse(k.Mapping)
	if err != nil {
		return err
	}
	territories, err := o.Territories(ctx)
	if err != nil {
		return err
	}
	return census.Annotate(ctx, census.Options{
		Source: k.Source, Reader: o.Store.Content(ctx, number), Name: k.File, Today: o.today(), Partial: k.Partial, Mapping: m, Geocoder: o.Geocoder,
	}, w, territories)
}

// DepositChanges lists what a deposit would do, or did; and how many of the
// kind there are.
func (o *Office) DepositChanges(ctx context.Context, number int64, kind string, after, limit int, by access.Key) ([]Change, int, error) {
	if _, err := o.seen(ctx, number, by); err != nil {
		return nil, 0, err
	}
	return o.Store.DepositChanges(ctx, number, kind, after, min(max(limit, 0), maxListed))
}

// Sources lists those of an organisation.
func (o *Office) Sources(ctx context.Context, by access.Key) ([]Source, error) {
	if by.Siren == "" && !isOperator(by) {
		return []Source{}, nil
	}
	kept, err := o.Store.Sources(ctx, by.Siren)
	if err != nil {
		return nil, err
	}
	all := make([]Source, len(kept))
	for i := range kept {
		all[i] = kept[i].Source
	}
	return all, nil
}

func (o *Office) source(ctx context.Context, number int64, by access.Key) (KeptSource, error) {
	s, err := o.Store.Source(ctx, number)
	if err == nil && !owns(by, s.Siren, "") {
		return KeptSource{}, notYours("Cette source est celle")
	}
	return s, err
}

// Source gives the settings of a source.
func (o *Office) Source(ctx context.Context, number int64, by access.Key) (Source, error) {
	s, err := o.source(ctx, number, by)
	return s.Source, err
}

// How often a file may be fetched.
const (
	soonest = 15 * time.Minute
	latest  = 366 * 24 * time.Hour
)

// SaveSource settles how a source is fetched again: one that exists by its
// number, or a new one by its name.
func (o *Office) SaveSource(ctx context.Context, s Source, by access.Key, at time.Time) (Source, error) {
	if err := may(by, access.Schedule, at); err != nil {
		return Source{}, err
	}
	s.Name, s.URL = tidy(s.Name), strings.TrimSpace(s.URL)
	if s.Number != 0 {
		k, err := o.source(ctx, s.Number, by)
		if err != nil {
			return Source{}, err
		}
		if s.Name != "" && s.Name != k.Name {
			return Source{}, refusal("Le nom d’une source ne change pas : « %s ».", k.Name)
		}
		s.Name = k.Name
	}
	if message := badName(s.Name); message != "" {
		return Source{}, &Refusal{[]string{message}}
	}
	k, err := o.Store.UpdateSource(ctx, s.Name, func(k *KeptSource) error { return o.settings(k, s, by, at) })
	if err == nil {
		o.awake()
	}
	return k.Source, err
}

// settings changes those of a source, or says everything that is wrong.
func (o *Office) settings(k *KeptSource, s Source, by access.Key, at time.Time) error {
	var reasons []string
	say := func(format string, args ...any) { reasons = append(reasons, fmt.Sprintf(format, args...)) }
	switch {
	case isOperator(by):
	case k.Number == 0:
		k.Siren = by.Siren
	case k.Siren == "":
		say("Personne n’a encore publié « %s » par un dépôt : commencez par déposer son fichier.", k.Name)
	case k.Siren != by.Siren:
		return notYours("« " + k.Name + " » est une source")
	}
	if s.URL != "" {
		if message := o.badAddress(s.URL); message != "" {
			say("%s", message)
		}
	}
	switch {
	case s.Every < 0 || s.Every > 0 && (s.Every < soonest || s.Every > latest):
		say("Un fichier se rafraîchit au plus souvent tous les quarts d’heure, au moins une fois par an.")
	case s.Every > 0 && s.URL == "":
		say("Il manque l’adresse du fichier à rafraîchir.")
	}
	m, err := parse(s.Mapping)
	if err != nil {
		if len(reasons) == 0 {
			return err
		}
		say("La correspondance a des fautes : %s", err)
	}
	if !isOperator(by) && s.Precedence != k.Precedence {
		say("Seul l’exploitant de la plateforme règle le rang d’une source.")
	}
	if s.Precedence < -100 || s.Precedence > 100 {
		say("Le rang d’une source va de −100 à 100.")
	}
	if isOperator(by) {
		if s.Siren != "" && !access.IsSiren(s.Siren) {
			say("« %s » n’est pas un numéro SIREN : neuf chiffres, dont le dernier vérifie les autres.", s.Siren)
		}
		k.Siren = s.Siren
	}
	if len(reasons) > 0 {
		return &Refusal{reasons}
	}
	var text json.RawMessage
	if m != nil {
		text = m.JSON()
	}
	if s.URL != k.URL || !bytes.Equal(text, k.Mapping) {
		// What was fetched is to be looked at again.
		k.ETag, k.LastModified, k.ContentHash, k.Failures = "", "", nil, 0
	}
	k.URL, k.Every, k.Mapping, k.Precedence, k.Territory = s.URL, s.Every, text, s.Precedence, by.Territory
	switch {
	case k.Every == 0 || k.URL == "":
		k.NextPull = time.Time{}
	case k.LastPull.IsZero() || k.ContentHash == nil || k.LastPull.Add(k.Every).Before(at):
		k.NextPull = at
	default:
		k.NextPull = k.LastPull.Add(k.Every)
	}
	return nil
}

// PullSource has the file of a source fetched now. What comes of it goes on by
// itself, unless a person must look.
func (o *Office) PullSource(ctx context.Context, number int64, by access.Key, at time.Time) (Deposit, error) {
	if err := may(by, access.Schedule, at); err != nil {
		return Deposit{}, err
	}
	s, err := o.source(ctx, number, by)
	if err != nil {
		return Deposit{}, err
	}
	if message := o.badAddress(s.URL); message != "" {
		return Deposit{}, &Refusal{[]string{message}}
	}
	territory := s.Territory
	if !isOperator(by) {
		territory = by.Territory
	}
	k, err := o.pull(ctx, s, territory, by.ID, by.Organisation, at)
	if err != nil {
		return Deposit{}, err
	}
	return o.fetched(ctx, k)
}

// pull begins to fetch a source; when that is under way, it gives what is.
func (o *Office) pull(ctx context.Context, s KeptSource, territory access.Territory, keyID, organisation string, at time.Time) (*Kept, error) {
	former, err := o.Store.Unfinished(ctx, s.Name)
	if err != nil {
		return nil, err
	}
	for _, f := range former {
		if f.Automatic && f.Task != "" {
			return f, nil
		}
	}
	k := &Kept{Siren: s.Siren, Territory: territory, Task: Fetching, Deposit: Deposit{
		Source: s.Name, URL: s.URL, File: "fichier", State: Received, Automatic: true,
		KeyID: keyID, Organisation: organisation, Created: at, Changed: at,
	}}
	// It replaces nothing yet: it may bring nothing new.
	step := Step{At: at, State: Received, Organisation: organisation, Note: "Téléchargement demandé."}
	if err := o.Store.CreateDeposit(ctx, k, nil, step, nil, ""); err != nil {
		return nil, err
	}
	o.awake()
	return k, nil
}

const (
	maxWatching = 64
	lookEvery   = 500 * time.Millisecond
)

// Watch tells a deposit, without its report nor its mapping, each time that it
// moves, until each or ctx ends it or nothing more will happen by itself. When
// too many watch already it tells once: ask again.
func (o *Office) Watch(ctx context.Context, number int64, by access.Key, each func(Deposit) error) error {
	if _, err := o.seen(ctx, number, by); err != nil {
		return err
	}
	last := -1
	select {
	case o.watching <- struct{}{}:
		defer func() { <-o.watching }()
	default:
		last = 0
	}
	type moved struct {
		revision int64
		progress Progress
	}
	var before moved
	for {
		k, err := o.Store.DepositState(ctx, number)
		if err != nil {
			return err
		}
		if now := (moved{k.Revision, k.Progress}); now != before {
			before = now
			if err := each(k.Deposit); err != nil {
				return err
			}
		}
		if last == 0 || k.Task == "" {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(lookEvery):
		}
	}
}
