package intake_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/paulmach/orb"
	"github.com/xuri/excelize/v2"

	"mednum/internal/access"
	"mednum/internal/census"
	"mednum/internal/fetch"
	"mednum/internal/intake"
	"mednum/internal/place"
	"mednum/internal/postgres"
	"mednum/internal/postgres/pgtest"
	"mednum/internal/sheet"
	"mednum/internal/territory"
)

var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// world is an office on a real database, with a clock that the test turns.
type world struct {
	t      testing.TB
	census *postgres.Census
	store  *postgres.Intake
	office *intake.Office
	config intake.Config

	mu  sync.Mutex
	now time.Time
}

func (w *world) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) later(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func newWorld(t testing.TB, change ...func(*intake.Config)) *world {
	t.Helper()
	w := &world{t: t, now: start}
	w.census = pgtest.Open(t, pgtest.URL(t), postgres.Options{MaxConns: 8, AppName: "mednum test"})
	w.store = w.census.Intake()
	w.config = intake.Config{
		Store: w.store, Census: w.census, Temp: t.TempDir(), Now: w.Now,
		Territories: func(context.Context) (census.Territories, error) { return known, nil },
		Log:         slog.New(slog.NewTextHandler(t.Output(), nil)),
		Fetch:       fetch.New(fetch.Options{Private: true, Pause: time.Millisecond, Temp: t.TempDir()}),
	}
	for _, c := range change {
		c(&w.config)
	}
	w.office = intake.New(w.config)
	return w
}

// marne and gironde are two communes each; nothing else exists.
type gazetteer struct{ *territory.Gazetteer }

func (gazetteer) Contours(context.Context, []string) (map[string]orb.Geometry, error) {
	return nil, nil
}

var known = gazetteer{territory.NewGazetteer(territory.Set{
	Communes: []territory.Commune{
		{Code: "51454", Nom: "Reims", CodesPostaux: []string{"51100"}, Departement: "51", Region: "44", Epci: "200067213", Point: orb.Point{4.03, 49.25}, HasPoint: true},
		{Code: "51108", Nom: "Châlons-en-Champagne", CodesPostaux: []string{"51000"}, Departement: "51", Region: "44", Epci: "200066876", Point: orb.Point{4.36, 48.95}, HasPoint: true},
		{Code: "33063", Nom: "Bordeaux", CodesPostaux: []string{"33000"}, Departement: "33", Region: "75", Epci: "243300316", Point: orb.Point{-0.57, 44.84}, HasPoint: true},
	},
	Divisions: []territory.Division{{Kind: "departement", Code: "51", Nom: "Marne", Region: "44"}, {Kind: "departement", Code: "33", Nom: "Gironde", Region: "75"}},
})}

func key(id, siren string, territory string) access.Key {
	role := access.Hub
	if territory != "" {
		role = access.Contributor
	}
	return access.Key{ID: id, Role: role, Organisation: "Organisation " + siren, Siren: siren, Territory: access.ParseTerritory(territory),
		Created: start.AddDate(0, -1, 0), Expires: start.AddDate(2, 0, 0)}
}

var (
	hub   = key("hub00001", "130025265", "")
	marne = key("marne001", "225100015", "departement:51")
	other = key("autre001", "213300635", "departement:33")
)

var header = func() string {
	names := make([]string, len(place.Columns))
	for i := range place.Columns {
		names[i] = place.Columns[i].Name
	}
	return strings.Join(names, ",") + "\n"
}()

// row is a place of Reims, or of Bordeaux.
func row(i int, reims bool) string {
	where, lat, lon := "Reims,51100,51454", 49.2501, 4.0301
	if !reims {
		where, lat, lon = "Bordeaux,33000,33063", 44.8401, -0.5701
	}
	return fmt.Sprintf("lieu-%d,,Atelier %s,%s,%d rue de Vesle,,%.4f,%.4f,EPN,,,,Mo-Fr 09:00-12:00,,,,,,2024-04-02,,,,,,,,,,,,,\n",
		i, name(i), where, 3*i+1, lat+float64(i%100)/1000, lon+float64(i/100%100)/1000)
}

// name makes names that no two places could share.
func name(i int) string {
	words := []string{"des Acacias", "du Beffroi", "de la Comète", "des Dunes", "de l’Écluse", "du Faubourg", "de la Grange", "du Houblon", "des Iris", "du Jardin"}
	return words[i%10] + " " + words[i/10%10] + " " + words[i/100%10]
}

func rows(from, to int) string {
	var b strings.Builder
	for i := from; i < to; i++ {
		b.WriteString(row(i, true))
	}
	return b.String()
}

func (w *world) deposit(text, source string, by access.Key) intake.Deposit {
	w.t.Helper()
	d, err := w.office.Deposit(w.t.Context(), intake.Deposit{Source: source, File: "lieux.csv"}, strings.NewReader(text), by, w.Now())
	if err != nil {
		w.t.Fatal(err)
	}
	return d
}

func (w *world) step(number int64, step string, o intake.StepOptions, by access.Key) error {
	_, err := w.office.StepDeposit(w.t.Context(), number, step, o, by, w.Now())
	return err
}

// work does everything that waits.
func (w *world) work() {
	w.t.Helper()
	for {
		busy, err := w.office.Work(w.t.Context(), 0)
		if err != nil {
			w.t.Fatal(err)
		}
		if !busy {
			return
		}
	}
}

func (w *world) get(number int64, by access.Key) intake.Deposit {
	w.t.Helper()
	d, err := w.office.GetDeposit(w.t.Context(), number, by)
	if err != nil {
		w.t.Fatal(err)
	}
	return d
}

// published carries a file through, without a word against it.
func (w *world) published(text, source string, by access.Key) intake.Deposit {
	w.t.Helper()
	d := w.deposit(text, source, by)
	for _, step := range []string{"lire", "publier"} {
		if err := w.step(d.Number, step, intake.StepOptions{}, by); err != nil {
			w.t.Fatal(err)
		}
		w.work()
	}
	if d = w.get(d.Number, by); d.State != intake.Published {
		w.t.Fatalf("%s %q %q", d.State, d.Reasons, d.Fault)
	}
	return d
}

func numbers(c *place.Changes) string {
	if c == nil {
		return "nothing"
	}
	return fmt.Sprintf("+%d ~%d =%d -%d ^%d !%d", c.Added, c.Changed, c.Unchanged, c.Withdrawn, c.Restored, c.Refused)
}

func states(d intake.Deposit) string {
	var all []string
	for _, s := range d.Steps {
		all = append(all, string(s.State))
	}
	return strings.Join(all, " ")
}

func reasons(t testing.TB, err error) string {
	t.Helper()
	var refusal *intake.Refusal
	if !errors.As(err, &refusal) {
		t.Fatalf("not a refusal: %v", err)
	}
	return strings.Join(refusal.Reasons, "\n")
}

func TestAFileIsReadThenPublished(t *testing.T) {
	w := newWorld(t)
	d := w.deposit(header+rows(0, 12)+",,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,x\n", "Marne", marne)
	if d.Number == 0 || d.State != intake.Received || len(d.Columns) != 32 || d.Format.Kind != "csv" || d.Mapping != nil || d.Bytes == 0 {
		t.Errorf("%+v", d)
	}
	if err := w.step(d.Number, "publier", intake.StepOptions{}, marne); !errors.Is(err, intake.ErrState) {
		t.Errorf("published unread: %v", err)
	}
	if err := w.step(d.Number, "lire", intake.StepOptions{}, marne); err != nil {
		t.Fatal(err)
	}
	if d := w.get(d.Number, marne); d.State != intake.Reading {
		t.Errorf("state %s", d.State)
	}
	w.work()
	d = w.get(d.Number, marne)
	if d.State != intake.Ready || numbers(d.Changes) != "+12 ~0 =0 -0 ^0 !1" || !d.Report.DryRun || d.Outside != 0 {
		t.Fatalf("%s: %s, %d outside, %q %q", d.State, numbers(d.Changes), d.Outside, d.Reasons, d.Fault)
	}
	if n, _, err := w.census.CountPlaces(t.Context()); n != 0 || err != nil {
		t.Errorf("reading wrote %d places, %v", n, err)
	}
	all, total, err := w.office.DepositChanges(t.Context(), d.Number, "ajoute", 5, 4, marne)
	if err != nil || total != 12 || len(all) != 4 || all[0].Nom == "" || all[0].Lieu != "Reims" || all[0].Line < 2 {
		t.Errorf("%d of %d: %+v %v", len(all), total, all, err)
	}
	var book bytes.Buffer
	if err := w.office.Annotated(t.Context(), d.Number, &book, marne); err != nil || !bytes.HasPrefix(book.Bytes(), []byte("PK")) {
		t.Errorf("%d bytes, %v", book.Len(), err)
	}
	for range 2 { // a double click
		if err := w.step(d.Number, "publier", intake.StepOptions{}, marne); err != nil {
			t.Fatal(err)
		}
	}
	w.work()
	d = w.get(d.Number, marne)
	if d.State != intake.Published || numbers(d.Changes) != "+12 ~0 =0 -0 ^0 !1" || d.Report.DryRun {
		t.Errorf("%s: %s", d.State, numbers(d.Changes))
	}
	if got := states(d); got != "recu lecture pret publication publie" {
		t.Errorf("steps %s", got)
	}
	if n, _, err := w.census.CountPlaces(t.Context()); n != 12 || err != nil {
		t.Errorf("%d places, %v", n, err)
	}
	again := w.published(header+rows(0, 11)+row(11, true), "Marne", marne)
	if numbers(again.Changes) != "+0 ~0 =12 -0 ^0 !0" {
		t.Errorf("again: %s", numbers(again.Changes))
	}
	s, err := w.store.SourceNamed(t.Context(), "Marne")
	if err != nil || s.Siren != marne.Siren || s.Places != 12 || len(s.Columns) != 32 {
		t.Errorf("%+v %v", s, err)
	}
}

func TestGuardsTellEverythingAtOnce(t *testing.T) {
	w := newWorld(t)
	w.published(header+rows(0, 10)+row(10, false), "Réseau", hub)
	// The territory of the key, half of the places, and somebody else's source.
	d := w.deposit(header+rows(0, 3)+row(11, false)+row(12, false), "Autre réseau", marne)
	if err := w.step(d.Number, "lire", intake.StepOptions{}, marne); err != nil {
		t.Fatal(err)
	}
	w.work()
	if _, err := w.store.UpdateSource(t.Context(), "Autre réseau", func(s *intake.KeptSource) error { s.Siren = other.Siren; return nil }); err != nil {
		t.Fatal(err)
	}
	text := reasons(t, w.step(d.Number, "publier", intake.StepOptions{}, marne))
	for _, want := range []string{"une autre organisation", "2\u00a0lieux du fichier sont hors de votre territoire"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q not told in:\n%s", want, text)
		}
	}
	if d := w.get(d.Number, marne); d.State != intake.Ready || d.Outside != 2 {
		t.Errorf("%s, %d outside", d.State, d.Outside)
	}
	// A key of the same organisation on a smaller territory withdraws nothing elsewhere.
	local := key("hub00002", hub.Siren, "departement:51")
	d = w.deposit(header+rows(0, 4), "Réseau", local)
	if err := w.step(d.Number, "lire", intake.StepOptions{}, local); err != nil {
		t.Fatal(err)
	}
	w.work()
	text = reasons(t, w.step(d.Number, "publier", intake.StepOptions{}, local))
	for _, want := range []string{"1\u00a0lieu de la source est hors de votre territoire", "retirerait 7 des 11 lieux"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q not told in:\n%s", want, text)
		}
	}
	if err := w.step(d.Number, "publier", intake.StepOptions{AllowRemoval: true}, local); !strings.Contains(reasons(t, err), "territoire") {
		t.Error("a territory was forgotten")
	}
	text = reasons(t, w.step(d.Number, "publier", intake.StepOptions{AllowRemoval: true}, hub))
	if !strings.Contains(text, "un autre territoire que le vôtre") {
		t.Errorf("the report was made for somebody else: %s", text)
	}
	// As a part of the source it withdraws nothing.
	if err := w.step(d.Number, "lire", intake.StepOptions{Partial: true}, local); err != nil {
		t.Fatal(err)
	}
	w.work()
	if err := w.step(d.Number, "publier", intake.StepOptions{}, local); err != nil {
		t.Fatal(err)
	}
	w.work()
	if d := w.get(d.Number, local); d.State != intake.Published || d.Changes.Withdrawn != 0 {
		t.Errorf("%s %s", d.State, numbers(d.Changes))
	}
	// The source of another organisation is not even given.
	_, err := w.office.Deposit(t.Context(), intake.Deposit{Source: "Réseau", File: "a.csv"}, strings.NewReader(header+rows(0, 1)), other, w.Now())
	if !errors.Is(err, access.ErrForbidden) {
		t.Errorf("given by another: %v", err)
	}
	if _, err := w.office.GetDeposit(t.Context(), d.Number, other); !errors.Is(err, access.ErrForbidden) {
		t.Errorf("seen by another: %v", err)
	}
	if _, err := w.office.GetDeposit(t.Context(), 999, other); !errors.Is(err, intake.ErrNoDeposit) {
		t.Errorf("%v", err)
	}
	if all, err := w.office.ListDeposits(t.Context(), other, 0, 10); len(all) != 0 || err != nil {
		t.Errorf("listed to another: %v %v", all, err)
	}
	if all, err := w.office.ListDeposits(t.Context(), local, 0, 10); len(all) != 2 || err != nil || all[0].Number < all[1].Number {
		t.Errorf("own: %v %v", all, err)
	}
}

const theirs = "Lieu;Ville;CP;Rue;Tél\nMairie de Reims;Reims;51100;1 place Royale;03 26 77 78 79\nMédiathèque;Reims;51100;2 rue des Moulins;03.26.77.00.00\n"

const mapped = `correspondance: 1
champs:
  nom: {colonne: Lieu}
  commune: {colonne: Ville}
  code_postal: {colonne: CP}
  adresse: {colonne: Rue}
  telephone: {colonne: Tél}
`

func TestAMappingIsSettledPreviewedAndKept(t *testing.T) {
	w := newWorld(t)
	d := w.deposit(theirs, "Ville", marne)
	if d.Mapping == nil || d.Suggestion == nil || strings.Join(d.Columns, "|") != "Lieu|Ville|CP|Rue|Tél" {
		t.Fatalf("%s %s", d.Columns, d.Mapping)
	}
	rows, err := w.office.Preview(t.Context(), d.Number, []byte(mapped), 50, marne)
	if err != nil || len(rows) != 2 || rows[0].Ours["telephone"] != "+33326777879" || rows[0].Ours["code_insee"] != "51454" || rows[1].Theirs[0] != "Médiathèque" || rows[1].Line != 3 {
		t.Errorf("%+v %v", rows, err)
	}
	_, err = w.office.SaveMapping(t.Context(), d.Number, []byte("correspondance: 1\nchamps:\n  nomm: {colonne: Lieu}\n"), marne, w.Now())
	if err == nil || !strings.Contains(err.Error(), "nom") {
		t.Errorf("a wrong mapping: %v", err)
	}
	_, err = w.office.SaveMapping(t.Context(), d.Number, nil, marne, w.Now())
	if text := reasons(t, err); text == "" {
		t.Error("the standard's columns are not there")
	}
	if d, err = w.office.SaveMapping(t.Context(), d.Number, []byte(mapped), marne, w.Now()); err != nil {
		t.Fatal(err)
	}
	for _, step := range []string{"lire", "publier"} {
		if err := w.step(d.Number, step, intake.StepOptions{}, marne); err != nil {
			t.Fatal(err)
		}
		w.work()
	}
	if d = w.get(d.Number, marne); d.State != intake.Published || d.Changes.Added != 2 {
		t.Fatalf("%s %s %q %q", d.State, numbers(d.Changes), d.Reasons, d.Fault)
	}
	// The next file of the source is read as this one was.
	next := w.deposit(strings.Replace(theirs, "Médiathèque", "Grande médiathèque", 1), "Ville", marne)
	if string(next.Mapping) != string(d.Mapping) {
		t.Errorf("forgotten: %s", next.Mapping)
	}
	// A report made with another mapping is of no use.
	if err := w.step(next.Number, "lire", intake.StepOptions{}, marne); err != nil {
		t.Fatal(err)
	}
	w.work()
	if next, err = w.office.SaveMapping(t.Context(), next.Number, []byte(mapped), marne, w.Now()); err != nil || next.State != intake.Received || next.Report != nil {
		t.Errorf("%s %v", next.State, err)
	}
	if err := w.step(next.Number, "publier", intake.StepOptions{}, marne); !errors.Is(err, intake.ErrState) {
		t.Errorf("published: %v", err)
	}
}

func TestWhatIsNoTableIsRefused(t *testing.T) {
	w := newWorld(t, func(c *intake.Config) { c.Maximum = 1000 })
	give := func(d intake.Deposit, content io.Reader) error {
		_, err := w.office.Deposit(t.Context(), d, content, marne, w.Now())
		return err
	}
	var file *sheet.FileError
	if err := give(intake.Deposit{Source: "a", File: "a.pdf"}, strings.NewReader("%PDF-1.4 …")); !errors.As(err, &file) {
		t.Errorf("a PDF: %v", err)
	}
	if err := give(intake.Deposit{Source: "a", File: "a.csv"}, strings.NewReader(header+rows(0, 100))); !errors.As(err, &file) || !strings.Contains(err.Error(), "dépasse") {
		t.Errorf("too large: %v", err)
	}
	text := reasons(t, give(intake.Deposit{URL: "ftp://exemple.fr/a"}, nil))
	if !strings.Contains(text, "nom de la source") || !strings.Contains(text, "https://") {
		t.Errorf("told only: %s", text)
	}
	reader := key("lecteur1", marne.Siren, "")
	reader.Role = access.Reader
	if _, err := w.office.Deposit(t.Context(), intake.Deposit{Source: "a"}, strings.NewReader(theirs), reader, w.Now()); !errors.Is(err, access.ErrForbidden) {
		t.Errorf("a reader gave: %v", err)
	}
	if _, err := w.office.Deposit(t.Context(), intake.Deposit{Source: "a"}, strings.NewReader(theirs), access.Key{}, w.Now()); !errors.Is(err, access.ErrKey) {
		t.Errorf("nobody gave: %v", err)
	}
	if all, err := w.office.ListDeposits(t.Context(), marne, 0, 10); len(all) != 0 || err != nil {
		t.Errorf("kept: %v %v", all, err)
	}
}

func TestANewerDepositReplacesTheOlder(t *testing.T) {
	w := newWorld(t)
	first := w.deposit(header+rows(0, 5), "Marne", marne)
	if err := w.step(first.Number, "lire", intake.StepOptions{}, marne); err != nil {
		t.Fatal(err)
	}
	stranger := w.deposit(header+rows(0, 5), "Marne", hub) // nobody's source yet
	second := w.deposit(header+rows(0, 6), "Marne", marne)
	w.work()
	if d := w.get(first.Number, marne); d.State != intake.Abandoned || !strings.Contains(d.Steps[len(d.Steps)-1].Note, "plus récent") {
		t.Errorf("%s %+v", d.State, d.Steps)
	}
	if d := w.get(stranger.Number, hub); d.State != intake.Received {
		t.Errorf("another organisation's: %s", d.State)
	}
	if err := w.step(first.Number, "lire", intake.StepOptions{}, marne); !errors.Is(err, intake.ErrState) {
		t.Errorf("read again: %v", err)
	}
	if err := w.step(second.Number, "abandonner", intake.StepOptions{}, marne); err != nil {
		t.Fatal(err)
	}
	if d := w.get(second.Number, marne); d.State != intake.Abandoned {
		t.Errorf("%s", d.State)
	}
}

// slow lets a test step in while a load is under way.
type slow struct {
	*postgres.Census
	during func()
}

func (s *slow) Load(ctx context.Context, l place.Load, records iter.Seq2[*place.Record, error]) (place.Changes, error) {
	if s.during != nil {
		s.during()
	}
	return s.Census.Load(ctx, l, records)
}

func TestADepositAbandonedWhileItIsReadStaysSo(t *testing.T) {
	s := &slow{}
	w := newWorld(t, func(c *intake.Config) { c.Lease = 200 * time.Millisecond })
	s.Census = w.census
	w.config.Census = s
	w.office = intake.New(w.config)
	d := w.deposit(header+rows(0, 5), "Marne", marne)
	if err := w.step(d.Number, "lire", intake.StepOptions{}, marne); err != nil {
		t.Fatal(err)
	}
	s.during = func() {
		if err := w.step(d.Number, "abandonner", intake.StepOptions{}, marne); err != nil {
			t.Error(err)
		}
		time.Sleep(300 * time.Millisecond)
	}
	w.work()
	if d := w.get(d.Number, marne); d.State != intake.Abandoned || d.Report != nil {
		t.Errorf("%s", d.State)
	}
}

func TestWorkThatStopsIsBegunAgainAndGivenUpInTheEnd(t *testing.T) {
	w := newWorld(t, func(c *intake.Config) { c.Lease = 100 * time.Millisecond })
	d := w.deposit(header+rows(0, 5), "Marne", marne)
	if err := w.step(d.Number, "lire", intake.StepOptions{}, marne); err != nil {
		t.Fatal(err)
	}
	take := func() *intake.Kept { // and die
		k, err := w.store.Take(t.Context(), 0, "mort", 100*time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	if k := take(); k == nil || k.Number != d.Number {
		t.Fatalf("%+v", k)
	}
	if k := take(); k != nil {
		t.Fatal("taken twice")
	}
	time.Sleep(150 * time.Millisecond)
	w.work()
	if d := w.get(d.Number, marne); d.State != intake.Ready {
		t.Errorf("%s", d.State)
	}
	if err := w.step(d.Number, "publier", intake.StepOptions{}, marne); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if take() == nil {
			t.Fatal("not taken")
		}
		time.Sleep(150 * time.Millisecond)
	}
	w.work()
	if d := w.get(d.Number, marne); d.State != intake.Held || len(d.Reasons) != 1 || !strings.Contains(d.Reasons[0], "3 fois") {
		t.Errorf("%s %q", d.State, d.Reasons)
	}
}

func TestAPublicationThatWasDoneIsNotToldAsNothing(t *testing.T) {
	s := &slow{}
	w := newWorld(t, func(c *intake.Config) { c.Lease = 100 * time.Millisecond })
	d := w.deposit(header+rows(0, 5), "Marne", marne)
	if err := w.step(d.Number, "lire", intake.StepOptions{}, marne); err != nil {
		t.Fatal(err)
	}
	w.work()
	if err := w.step(d.Number, "publier", intake.StepOptions{}, marne); err != nil {
		t.Fatal(err)
	}
	// The machine stops between the commit of the load and the word of it.
	ctx, stop := context.WithCancel(t.Context())
	s.Census = w.census
	w.config.Census = &stops{s, stop}
	_, _ = intake.New(w.config).Work(ctx, 0)
	if n, _, err := w.census.CountPlaces(t.Context()); n != 5 || err != nil {
		t.Fatalf("%d places, %v", n, err)
	}
	if d := w.get(d.Number, marne); d.State != intake.Publishing {
		t.Fatalf("%s", d.State)
	}
	if _, err := w.store.Take(t.Context(), 0, "mort", time.Millisecond); err != nil { // a first attempt that counted
		t.Fatal(err)
	}
	time.Sleep(10 * time.Millisecond)
	w.work()
	if d := w.get(d.Number, marne); d.State != intake.Published || numbers(d.Changes) != "+5 ~0 =0 -0 ^0 !0" {
		t.Errorf("%s %s", d.State, numbers(d.Changes))
	}
	if _, total, err := w.office.DepositChanges(t.Context(), d.Number, "ajoute", 0, 100, marne); total != 5 || err != nil {
		t.Errorf("%d changes, %v", total, err)
	}
}

type stops struct {
	*slow
	stop func()
}

func (s *stops) Load(ctx context.Context, l place.Load, records iter.Seq2[*place.Record, error]) (place.Changes, error) {
	changes, err := s.slow.Load(ctx, l, records)
	s.stop()
	return changes, err
}

func TestADepositIsWatched(t *testing.T) {
	w := newWorld(t)
	d := w.deposit(header+rows(0, 5), "Marne", marne)
	if err := w.step(d.Number, "lire", intake.StepOptions{}, marne); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	defer running.Wait()
	defer stop()
	running.Go(func() { w.office.Run(ctx) })
	var seen []string
	err := w.office.Watch(ctx, d.Number, marne, func(d intake.Deposit) error {
		if n := len(seen); n == 0 || seen[n-1] != string(d.State) {
			seen = append(seen, string(d.State))
		}
		return nil
	})
	if err != nil || seen[len(seen)-1] != "pret" {
		t.Errorf("%v %v", seen, err)
	}
	if err := w.office.Watch(ctx, d.Number, other, nil); !errors.Is(err, access.ErrForbidden) {
		t.Errorf("watched by another: %v", err)
	}
}

func TestFilesAreDroppedLongAfterTheEnd(t *testing.T) {
	w := newWorld(t)
	d := w.published(header+rows(0, 5), "Marne", marne)
	open := w.deposit(header+rows(0, 5), "Marne", marne)
	w.later(91 * 24 * time.Hour)
	if n, err := w.store.DropFiles(t.Context(), w.Now().AddDate(0, 0, -90)); n != 1 || err != nil {
		t.Fatalf("%d %v", n, err)
	}
	left := func(number int64) int {
		b, err := io.ReadAll(w.store.Content(t.Context(), number))
		if err != nil {
			t.Fatal(err)
		}
		return len(b)
	}
	if left(d.Number) != 0 || left(open.Number) == 0 {
		t.Errorf("%d and %d bytes left", left(d.Number), left(open.Number))
	}
	if d := w.get(d.Number, marne); !d.Dropped || d.Report == nil {
		t.Errorf("%+v", d)
	}
}

// site is a file on the web that the test changes.
type site struct {
	mu    sync.Mutex
	text  string
	etag  string
	code  int
	asked int
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	if s.code != 0 {
		http.Error(w, "", s.code)
		return
	}
	if s.etag != "" {
		w.Header().Set("ETag", s.etag)
		if r.Header.Get("If-None-Match") == s.etag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	io.WriteString(w, s.text)
}

func (s *site) say(text, etag string, code int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text, s.etag, s.code = text, etag, code
}

func TestASourceRefreshesItself(t *testing.T) {
	w := newWorld(t)
	web := &site{}
	server := httptest.NewServer(web)
	defer server.Close()
	saved, err := w.office.SaveSource(t.Context(), intake.Source{Name: "Réseau", URL: server.URL + "/lieux.csv", Every: 24 * time.Hour}, hub, w.Now())
	if err != nil || saved.Number == 0 || saved.Siren != hub.Siren {
		t.Fatalf("%+v %v", saved, err)
	}
	other, err := w.office.SaveSource(t.Context(), intake.Source{Name: "En panne", URL: "http://127.0.0.1:1/lieux.csv", Every: 24 * time.Hour}, hub, w.Now())
	if err != nil {
		t.Fatal(err)
	}
	// turn lets the office run until both sources were looked at.
	turn := func() intake.Source {
		t.Helper()
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { w.office.Run(ctx) })
		defer running.Wait()
		defer stop()
		for range 600 {
			time.Sleep(50 * time.Millisecond)
			s, err := w.office.Source(t.Context(), saved.Number, hub)
			o, also := w.office.Source(t.Context(), other.Number, hub)
			if err != nil || also != nil {
				t.Fatal(err, also)
			}
			all, err := w.office.ListDeposits(t.Context(), hub, 0, 50)
			busy := err != nil || slices.ContainsFunc(all, func(d intake.Deposit) bool {
				return d.State == intake.Received || d.State == intake.Reading || d.State == intake.Publishing
			})
			if !busy && s.LastPull.Equal(w.Now()) && o.LastPull.Equal(w.Now()) {
				return s
			}
		}
		s, err := w.store.Sources(t.Context(), "")
		all, also := w.office.ListDeposits(t.Context(), hub, 0, 3)
		t.Fatalf("the turn never came: %s: %+v %v\n%+v %v", w.Now(), s, err, all, also)
		return intake.Source{}
	}
	list := func() []intake.Deposit {
		all, err := w.office.ListDeposits(t.Context(), hub, 0, 50)
		if err != nil {
			t.Fatal(err)
		}
		var mine []intake.Deposit
		for _, d := range all {
			if d.Source == "Réseau" {
				mine = append(mine, d)
			}
		}
		return mine
	}
	for _, c := range []struct {
		name, text, etag string
		code             int
		state            string
		deposits         int
		last             intake.State
		failures         int
	}{
		{"first", header + rows(0, 20), `"1"`, 0, "publié : 20\u00a0lieux ajoutés.", 1, intake.Published, 0},
		{"not modified", header + rows(0, 20), `"1"`, 0, "rien de nouveau", 1, intake.Published, 0},
		{"same bytes", header + rows(0, 20), `"2"`, 0, "rien de nouveau", 1, intake.Published, 0},
		{"one more", header + rows(0, 21), `"3"`, 0, "publié : 1\u00a0lieu ajouté, 20\u00a0inchangés.", 2, intake.Published, 0},
		{"shrinks", header + rows(0, 15), `"4"`, 0, "retenu : Le fichier a perdu 6 des 21 lieux", 3, intake.Held, 0},
		{"still there", header + rows(0, 15), `"4"`, 0, "retenu", 3, intake.Held, 0},
		{"moves", header + strings.ReplaceAll(rows(0, 21), ",49.25", ",49.28"), `"5"`, 0, "se déplacent de plus d’un kilomètre", 4, intake.Held, 0},
		{"columns", strings.Replace(header, "prise_rdv", "rendez_vous", 1) + rows(0, 21), `"6"`, 0, "Des colonnes ont disparu", 5, intake.Held, 0},
		{"fails", "", "", 500, "échec : Le fichier n’a pas pu être téléchargé : le site répond 500", 6, intake.Refused, 1},
		{"fails again", "", "", 404, "échec : Le fichier n’a pas pu être téléchargé : le site répond 404", 7, intake.Refused, 2},
		{"no table", "<!doctype html><html>", `"7"`, 0, "refusé", 8, intake.Refused, 0},
		{"no table still", "<!doctype html><html>", `"8"`, 0, "refusé", 8, intake.Refused, 0},
		{"well again", header + rows(0, 21), `"9"`, 0, "publié", 9, intake.Published, 0},
	} {
		web.say(c.text, c.etag, c.code)
		s := turn()
		// A deposit ends a moment before its source says how.
		for range 100 {
			if strings.Contains(s.LastState, c.state) {
				break
			}
			time.Sleep(50 * time.Millisecond)
			if s, err = w.office.Source(t.Context(), saved.Number, hub); err != nil {
				t.Fatal(err)
			}
		}
		all := list()
		if !strings.Contains(s.LastState, c.state) || s.Failures != c.failures || len(all) != c.deposits || all[0].State != c.last {
			t.Fatalf("%s: %q, %d failures, %d deposits, the last %s %q", c.name, s.LastState, s.Failures, len(all), all[0].State, all[0].Reasons)
		}
		if wait := s.NextPull.Sub(w.Now()); c.failures == 0 && (wait < 24*time.Hour || wait > 27*time.Hour) || c.failures > 0 && wait > 15*time.Minute {
			t.Errorf("%s: next in %s", c.name, wait)
		}
		w.later(27 * time.Hour)
	}
	o, err := w.office.Source(t.Context(), other.Number, hub)
	if err != nil || o.Failures < 10 || !strings.Contains(o.LastState, "ne peut pas être joint") {
		t.Errorf("%+v %v", o, err)
	}
}

func TestSettingsOfASourceAreGuarded(t *testing.T) {
	w := newWorld(t)
	save := func(s intake.Source, by access.Key) error {
		_, err := w.office.SaveSource(t.Context(), s, by, w.Now())
		return err
	}
	text := reasons(t, save(intake.Source{Name: "a", URL: "ftp://x", Every: time.Minute, Precedence: 20}, hub))
	for _, want := range []string{"https://", "quart d’heure", "rang"} {
		if !strings.Contains(strings.ReplaceAll(text, "quarts", "quart"), want) {
			t.Errorf("%q not in %s", want, text)
		}
	}
	if err := save(intake.Source{Name: "a"}, marne); !errors.Is(err, access.ErrForbidden) {
		t.Errorf("a collectivité scheduled: %v", err)
	}
	if _, err := w.census.Load(t.Context(), place.Load{Source: "Ancienne"}, func(func(*place.Record, error) bool) {}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.store.UpdateSource(t.Context(), "Ancienne", func(*intake.KeptSource) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if text := reasons(t, save(intake.Source{Name: "Ancienne"}, hub)); !strings.Contains(text, "commencez par déposer") {
		t.Errorf("%s", text)
	}
	if err := save(intake.Source{Name: "Ancienne", Precedence: 10, Siren: other.Siren}, intake.Operator); err != nil {
		t.Error(err)
	}
	if err := save(intake.Source{Name: "Ancienne"}, hub); !errors.Is(err, access.ErrForbidden) {
		t.Errorf("another's: %v", err)
	}
	all, err := w.office.Sources(t.Context(), key("autre002", other.Siren, ""))
	if err != nil || len(all) != 1 || all[0].Precedence != 10 {
		t.Errorf("%+v %v", all, err)
	}
	if _, err := w.office.PullSource(t.Context(), all[0].Number, intake.Operator, w.Now()); !strings.Contains(reasons(t, err), "adresse") {
		t.Errorf("%v", err)
	}
	if _, err := w.office.Source(t.Context(), 1<<40, hub); !errors.Is(err, intake.ErrNoSource) {
		t.Errorf("%v", err)
	}
}

func TestAnAddressIsFetchedForAPerson(t *testing.T) {
	w := newWorld(t)
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/lieux.csv" {
			http.NotFound(rw, r)
			return
		}
		io.WriteString(rw, header+rows(0, 3))
	}))
	defer server.Close()
	for path, want := range map[string]intake.State{"/lieux.csv": intake.Received, "/absent.csv": intake.Refused} {
		d, err := w.office.Deposit(t.Context(), intake.Deposit{Source: "Marne", URL: server.URL + path}, nil, marne, w.Now())
		if err != nil || d.State != want || d.Busy || (want == intake.Received) != (len(d.Columns) == 32) || (want == intake.Refused) != strings.Contains(d.Fault, "404") {
			t.Errorf("%s: %s %q %v", path, d.State, d.Fault, err)
		}
	}
	// Who leaves does not take the download along.
	ctx, leave := context.WithCancel(t.Context())
	gone := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		leave()
		time.Sleep(50 * time.Millisecond)
		io.WriteString(rw, header+rows(0, 3))
	}))
	defer gone.Close()
	left, err := w.office.Deposit(ctx, intake.Deposit{Source: "Gironde", URL: gone.URL + "/lieux.csv"}, nil, marne, w.Now())
	if err != nil || left.State != intake.Received || !left.Busy {
		t.Errorf("%+v %v", left, err)
	}
	if err := w.step(left.Number, "lire", intake.StepOptions{}, marne); !errors.Is(err, intake.ErrState) {
		t.Errorf("read before it is here: %v", err)
	}
	w.work()
	if left = w.get(left.Number, marne); len(left.Columns) != 32 || left.Busy {
		t.Errorf("%+v", left)
	}
	strict := intake.New(func() intake.Config {
		c := w.config
		c.Fetch = fetch.New(fetch.Options{Pause: time.Millisecond})
		return c
	}())
	d, err := strict.Deposit(t.Context(), intake.Deposit{Source: "Marne", URL: server.URL + "/lieux.csv"}, nil, marne, w.Now())
	if err != nil {
		t.Fatal(err)
	}
	if d = w.get(d.Number, marne); d.State != intake.Refused || !strings.Contains(d.Fault, "privée") {
		t.Errorf("%s %q", d.State, d.Fault)
	}
}

// search answers an address by its number in the street.
type search struct {
	asked [][]place.Address
	fail  int // answers so many of the next, then fails
}

var errSearch = errors.New("down")

func (s *search) Locate(_ context.Context, addresses []place.Address) ([]place.Located, error) {
	s.asked = append(s.asked, addresses)
	out := make([]place.Located, len(addresses))
	for i, a := range addresses {
		if a.Adresse != "nulle part" {
			p, _ := place.NewPosition(49.25, 4.03)
			out[i] = place.Located{Position: p, Precision: place.AtNumber, Score: 0.9, Label: a.Adresse, CodeInsee: "51454"}
		}
	}
	if s.fail > 0 {
		return out[:min(s.fail, len(out))], errSearch
	}
	return out, nil
}

func TestAddressesAreSearchedOnce(t *testing.T) {
	w := newWorld(t)
	s := &search{}
	g := &intake.Geocoder{Search: s, Kept: w.store, Now: w.Now}
	a := place.Address{Adresse: "1 place Royale", CodePostal: "51100", Commune: "Reims"}
	same := place.Address{Adresse: "1  PLACE ROYALE", CodePostal: "51100", Commune: "reims"}
	nowhere := place.Address{Adresse: "nulle part", Commune: "Reims"}
	locate := func(want int, addresses ...place.Address) []place.Located {
		t.Helper()
		s.asked = nil
		found, err := g.Locate(t.Context(), addresses)
		if err != nil || len(found) != len(addresses) {
			t.Fatalf("%v %v", found, err)
		}
		n := 0
		for _, a := range s.asked {
			n += len(a)
		}
		if n != want {
			t.Errorf("asked %d, not %d", n, want)
		}
		return found
	}
	if f := locate(2, a, nowhere, a); !f[0].Position.Known() || f[1].Position.Known() || f[2].Label != f[0].Label {
		t.Errorf("%+v", f)
	}
	if f := locate(0, nowhere, same); f[0].Position.Known() || f[1].Score != 0.9 || f[1].Precision != place.AtNumber {
		t.Errorf("%+v", f)
	}
	w.later(31 * 24 * time.Hour)
	locate(1, a, nowhere)
	w.later(366 * 24 * time.Hour)
	locate(2, a, nowhere)
	s.fail = 1
	b, c := place.Address{Adresse: "3 rue A"}, place.Address{Adresse: "4 rue B"}
	found, err := g.Locate(t.Context(), []place.Address{a, b, c})
	if !errors.Is(err, errSearch) || len(found) != 2 || found[1].Label != "3 rue A" {
		t.Errorf("%+v %v", found, err)
	}
	s.fail = 0
	locate(1, b, c)
}

// many are rows that no two places share.
func many(n int) string {
	var b strings.Builder
	b.WriteString(header)
	for i := range n {
		fmt.Fprintf(&b, "lieu-%d,,Atelier %s,Reims,51100,51454,%d rue %s,,%.5f,%.5f,EPN,,contact%d@exemple.fr,,Mo-Fr 09:00-12:00,,,,,,2024-04-02,,,,,,,,,,,\n",
			i, place.Identifier(int64(i+1)), i%97+1, place.Identifier(int64(7*i+3)), 49.2+float64(i%200)/2000, 4.0+float64(i/200)/2000, i)
	}
	return b.String()
}

// BenchmarkDeposit carries 20,000 rows from the upload to their publication,
// then the same again.
func BenchmarkDeposit(b *testing.B) {
	text := many(20_000)
	for _, kind := range []string{"csv", "xlsx"} {
		b.Run(kind, func(b *testing.B) {
			file := []byte(text)
			if kind == "xlsx" {
				file = workbook(b, text)
			}
			for b.Loop() {
				w := newWorld(b)
				for range 2 {
					began := time.Now()
					d, err := w.office.Deposit(b.Context(), intake.Deposit{Source: "essai", File: "lieux." + kind}, bytes.NewReader(file), hub, w.Now())
					if err != nil {
						b.Fatal(err)
					}
					received := time.Since(began)
					if _, err := w.office.Preview(b.Context(), d.Number, d.Mapping, 50, hub); err != nil {
						b.Fatal(err)
					}
					previewed := time.Since(began)
					var steps [2]time.Duration
					for i, step := range []string{"lire", "publier"} {
						if err := w.step(d.Number, step, intake.StepOptions{}, hub); err != nil {
							b.Fatal(err)
						}
						w.work()
						steps[i] = time.Since(began)
					}
					if d = w.get(d.Number, hub); d.State != intake.Published {
						b.Fatalf("%s %q", d.State, d.Reasons)
					}
					var m runtime.MemStats
					runtime.ReadMemStats(&m)
					b.Logf("%s, %d MB: received %.2f s, previewed %.2f, read %.2f, published %.2f: %s, %d MB taken from the system", kind, len(file)>>20,
						received.Seconds(), (previewed - received).Seconds(), (steps[0] - previewed).Seconds(), (steps[1] - steps[0]).Seconds(), numbers(d.Changes), m.Sys>>20)
				}
			}
		})
	}
}

// workbook saves a CSV as a spreadsheet does.
func workbook(b *testing.B, text string) []byte {
	b.Helper()
	f := excelize.NewFile()
	defer f.Close()
	w, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		b.Fatal(err)
	}
	for i, line := range strings.Split(strings.TrimSpace(text), "\n") {
		var cells []any
		for _, c := range strings.Split(line, ",") {
			cells = append(cells, c)
		}
		if err := w.SetRow(fmt.Sprintf("A%d", i+1), cells); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		b.Fatal(err)
	}
	return out.Bytes()
}
