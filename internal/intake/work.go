package intake

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	mathrand "math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"mednum/internal/access"
	"mednum/internal/census"
	"mednum/internal/fetch"
	"mednum/internal/french"
	"mednum/internal/history"
	"mednum/internal/mapping"
	"mednum/internal/place"
	"mednum/internal/sheet"
	"mednum/internal/territory"
)

const (
	maxAttempts = 3 // at a task: what stops the machine each time is given up
	pollEvery   = time.Second
	beatEvery   = 500 * time.Millisecond
	keepFiles   = 90 * 24 * time.Hour // after the end of a deposit
	cleanEvery  = time.Hour
	pullGrace   = 10 * time.Minute // a pull that did not begin is begun again then
	firstRetry  = 5 * time.Minute  // after a failure; then the double

	// A source that fetches itself is held when it changes more than that.
	shrinkPercent = 20   // of its places withdrawn
	movePercent   = 10   // of its places moved
	moveMetres    = 1000 // by more than that
	refusePercent = 50   // of its rows refused
)

// awake lets Run look at once.
func (o *Office) awake() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// Run does the long work, one deposit at a time, until ctx ends. What it leaves
// is begun again by the next.
func (o *Office) Run(ctx context.Context) {
	var cleaned time.Time
	for ctx.Err() == nil {
		busy, err := o.Work(ctx, 0)
		if err == nil && !busy {
			busy, err = o.pullDue(ctx)
		}
		if err == nil && !busy && o.Now().Sub(cleaned) >= cleanEvery {
			cleaned = o.Now()
			_, err = o.Store.DropFiles(ctx, cleaned.Add(-keepFiles))
		}
		if err != nil && ctx.Err() == nil {
			o.Log.Error("deposits", "error", err)
		}
		if busy {
			continue
		}
		select {
		case <-ctx.Done():
		case <-o.wake:
		case <-time.After(pollEvery):
		}
	}
}

// pullDue begins to fetch a source whose turn it is.
func (o *Office) pullDue(ctx context.Context) (bool, error) {
	now := o.Now()
	s, err := o.Store.DueSource(ctx, now, now.Add(pullGrace))
	if errors.Is(err, ErrNoSource) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if o.Fetch == nil {
		return false, nil
	}
	_, err = o.pull(ctx, s, s.Territory, "", "", now)
	return err == nil, err
}

// errLost: somebody else is on it, or it was abandoned.
var errLost = errors.New("the lease of this deposit is lost")

// Work does the long work of one deposit (number 0: the first that waits), and
// reports whether there was any.
func (o *Office) Work(ctx context.Context, number int64) (bool, error) {
	lease := rand.Text()
	k, err := o.Store.Take(ctx, number, lease, o.Lease)
	if err != nil || k == nil {
		return false, err
	}
	j := &job{Office: o, k: k}
	j.tell(Progress{Step: map[Task]string{Fetching: "téléchargement", Read: "lecture du fichier", Publish: "publication"}[k.Task], Total: k.Bytes})
	work, cancel := context.WithCancelCause(ctx)
	var beats sync.WaitGroup
	beats.Go(func() { j.beat(work, lease, cancel) })
	err = j.do(work)
	lost := errors.Is(context.Cause(work), errLost) || errors.Is(err, ErrState)
	cancel(nil)
	beats.Wait()
	after, stop := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer stop()
	switch {
	case err == nil, lost:
		return true, nil
	case ctx.Err() != nil: // the machine is asked to stop
		return true, o.Store.Release(after, k, lease)
	case k.Attempts >= maxAttempts:
		o.Log.Error("deposit given up", "deposit", k.Number, "task", string(k.Task), "error", err)
		return true, j.giveUp(after)
	}
	// The lease runs out, and it is begun again.
	return true, fmt.Errorf("deposit %d: %s: %w", k.Number, k.Task, err)
}

// job is long work under a lease.
type job struct {
	*Office
	k        *Kept
	progress atomic.Pointer[Progress]
}

func (j *job) tell(p Progress) { j.progress.Store(&p) }

// beat keeps the lease, and writes how far the work is.
func (j *job) beat(ctx context.Context, lease string, cancel context.CancelCauseFunc) {
	var written Progress
	kept := time.Now()
	for {
		p := *j.progress.Load()
		if p != written || time.Since(kept) > j.Lease/3 {
			alive, err := j.Store.Beat(ctx, j.k, lease, j.Lease, p)
			switch {
			case err == nil && !alive:
				cancel(errLost)
				return
			case err == nil:
				written, kept = p, time.Now()
			case time.Since(kept) > j.Lease:
				cancel(errLost)
				return
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(min(beatEvery, j.Lease/4)):
		}
	}
}

func (j *job) do(ctx context.Context) error {
	if j.k.Attempts > maxAttempts { // each one stopped the machine
		return j.giveUp(ctx)
	}
	switch j.k.Task {
	case Fetching:
		return j.fetch(ctx)
	case Read:
		return j.read(ctx)
	case Publish:
		return j.publish(ctx)
	}
	return fmt.Errorf("no such task: %q", j.k.Task)
}

// save keeps a step that goes on by itself, and what it makes of the source.
func (j *job) save(ctx context.Context, state State, task Task, note string, source func(*KeptSource)) error {
	j.k.State, j.k.Task, j.k.Changed = state, task, j.Now()
	return j.Store.SaveDeposit(ctx, j.k, nil, &Step{At: j.k.Changed, State: state, Note: note}, source)
}

func (j *job) giveUp(ctx context.Context) error {
	note := fmt.Sprintf("Interrompu %d fois de suite : prévenez l’exploitant de la plateforme.", maxAttempts)
	state := Received
	switch j.k.Task {
	case Fetching:
		j.k.Fault, state = note, Refused
	case Publish:
		j.k.Reasons, state = []string{note}, Held
	default:
		j.k.Reasons = []string{note}
	}
	return j.save(ctx, state, "", note, j.outcome("échec : "+french.Lower(note), true))
}

// outcome tells the source of a fetched deposit what came of it ("": it goes
// on), and when its turn comes again. Nil for a person's deposit.
func (j *job) outcome(state string, failed bool) func(*KeptSource) {
	if !j.k.Automatic {
		return nil
	}
	now := j.Now()
	return func(s *KeptSource) {
		s.LastPull = now
		if state != "" {
			s.LastState = state
		}
		s.Failures++
		if !failed {
			s.Failures = 0
		}
		if s.NextPull = (time.Time{}); s.Every > 0 && s.URL != "" {
			wait := s.Every
			if failed {
				wait = min(wait, firstRetry<<min(s.Failures-1, 16))
			}
			// Not all at once, and never quite at the same minute.
			wait += time.Duration(mathrand.Int64N(int64(wait)/10 + 1))
			s.NextPull = now.Add(wait)
		}
	}
}

// and does both; either may be nil.
func and(a, b func(*KeptSource)) func(*KeptSource) {
	return func(s *KeptSource) {
		if a != nil {
			a(s)
		}
		if b != nil {
			b(s)
		}
	}
}

// fetch brings the file of an address.
func (j *job) fetch(ctx context.Context) error {
	var source KeptSource
	var known fetch.Conditions
	var err error
	if source, err = j.Store.SourceNamed(ctx, j.k.Source); err != nil && !errors.Is(err, ErrNoSource) {
		return err
	}
	if j.k.Automatic {
		known = fetch.Conditions{ETag: source.ETag, LastModified: source.LastModified}
	}
	if j.Fetch == nil {
		return j.refuse(ctx, j.badAddress(j.k.URL), true)
	}
	file, err := j.Fetch.Get(ctx, j.k.URL, known, func(n int64) { j.tell(Progress{Step: "téléchargement", Done: n}) })
	var fault *fetch.Fault
	switch {
	case errors.As(err, &fault):
		return j.refuse(ctx, "Le fichier n’a pas pu être téléchargé : "+fault.Message+".", true)
	case err != nil:
		return err
	}
	defer file.Close()
	if j.k.Automatic && (file.NotModified || source.ContentHash != nil && string(file.Hash[:]) == string(source.ContentHash)) {
		return j.nothingNew(ctx, file, source)
	}
	j.tell(Progress{Step: "lecture des colonnes", Total: file.Size})
	j.k.Hash, j.k.Bytes = file.Hash[:], file.Size
	if name := tidy(file.Name); name != "" {
		j.k.File = name[:min(len(name), maxName)]
		j.k.File = strings.ToValidUTF8(j.k.File, "")
	}
	err = j.recognise(ctx, j.k, file, source.Mapping)
	var refused *sheet.FileError
	switch {
	case errors.As(err, &refused):
		return j.refuse(ctx, refused.Message, false)
	case err != nil:
		return err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("keep deposit: %w", err)
	}
	j.k.State, j.k.Task, j.k.Changed = Received, "", j.Now()
	note := "Fichier téléchargé."
	if file.Pages > 1 {
		note = fmt.Sprintf("Fichier téléchargé, en %d pages.", file.Pages)
	}
	j.k.Reasons = nil
	if file.Notice != "" {
		j.k.Reasons = []string{file.Notice}
	}
	if j.k.Automatic {
		j.k.State, j.k.Task = Reading, Read
	}
	step := &Step{At: j.k.Changed, State: j.k.State, Note: note}
	if !j.k.Automatic {
		return j.Store.SaveDeposit(ctx, j.k, file, step, nil)
	}
	former, err := j.Store.Unfinished(ctx, j.k.Source)
	if err != nil {
		return err
	}
	for _, f := range former { // an older fetch that nobody looked at
		if f.Automatic && f.Number < j.k.Number {
			f.State, f.Task, f.Changed = Abandoned, "", j.k.Changed
			replaced := &Step{At: f.Changed, State: Abandoned, Note: "Remplacé par un fichier plus récent de la même source."}
			if err := j.Store.SaveDeposit(ctx, f, nil, replaced, nil); err != nil && !errors.Is(err, ErrState) {
				return err
			}
		}
	}
	// Seen from now on: whatever comes of it, the same file is not taken twice.
	return j.Store.SaveDeposit(ctx, j.k, file, step, and(j.outcome("", false), func(s *KeptSource) {
		s.ETag, s.LastModified, s.ContentHash = file.ETag, file.LastModified, j.k.Hash
	}))
}

// refuse ends a deposit whose file cannot be used.
func (j *job) refuse(ctx context.Context, fault string, failed bool) error {
	j.k.Fault = fault
	source := j.outcome("échec : "+fault, true)
	if !failed && j.k.Automatic {
		source = and(j.outcome("refusé : "+fault, false), func(s *KeptSource) { s.ContentHash = j.k.Hash })
	}
	return j.save(ctx, Refused, "", fault, source)
}

// nothingNew ends a fetch that brought what is known. Its deposit stays only
// when somebody asked for it.
func (j *job) nothingNew(ctx context.Context, file *fetch.File, source KeptSource) error {
	state := "rien de nouveau"
	if strings.HasPrefix(source.LastState, "retenu") || strings.HasPrefix(source.LastState, "refusé") {
		state = source.LastState // still what a person has to look at
	}
	seen := and(j.outcome(state, false), func(s *KeptSource) {
		if !file.NotModified {
			s.ETag, s.LastModified = file.ETag, file.LastModified
		}
	})
	if j.k.KeyID == "" {
		return j.Store.DeleteDeposit(ctx, j.k, seen)
	}
	return j.save(ctx, Abandoned, "", "Rien de nouveau : le fichier est le même que la dernière fois.", seen)
}

// reading is what a load of a deposit tells beside its report.
type reading struct {
	*job
	store       census.Store
	territories census.Territories
	writer      ChangeWriter
	ctx         context.Context
	outside     map[int]bool // lines
	touched     []string     // places withdrawn
	moved       int
	changes     int
}

// Load implements census.Store: it looks at what goes by.
func (r *reading) Load(ctx context.Context, load place.Load, records iter.Seq2[*place.Record, error]) (place.Changes, error) {
	load.Told = r.told
	changes, err := r.store.Load(ctx, load, func(yield func(*place.Record, error) bool) {
		for record, err := range records {
			if err == nil && !record.Blocked() && !within(r.k.Territory, r.territories, record.CodeInsee, record.Departement) {
				r.outside[record.Line] = true
			}
			if !yield(record, err) {
				return
			}
		}
		r.tell(Progress{Step: "comparaison avec le recensement"})
	})
	return changes, err
}

func (r *reading) told(c place.LoadChange) error {
	r.changes++
	change := ChangeOf(c)
	var latitude, longitude FieldChange
	for _, f := range change.Fields {
		switch f.Column {
		case "latitude":
			latitude = f
		case "longitude":
			longitude = f
		}
	}
	switch c.Kind {
	case place.LoadWithdrawn:
		r.touched = append(r.touched, c.ID)
	case place.LoadChanged:
		if far(latitude, longitude) {
			r.moved++
		}
	}
	return r.writer.Add(r.ctx, change)
}

// ChangeOf is what a load tells, as it is shown.
func ChangeOf(c place.LoadChange) Change {
	change := Change{Kind: c.Kind, ID: c.ID, Nom: c.Nom, Lieu: c.Commune, Line: c.Line, With: c.With, WithNom: c.WithNom, Why: c.Why}
	for _, f := range c.Fields {
		change.Fields = append(change.Fields, FieldChange(f))
	}
	return change
}

// far reports whether a place moved by more than moveMetres. One of the two
// degrees that did not change moved nothing.
func far(latitude, longitude FieldChange) bool {
	degrees := func(f FieldChange) (before, after float64, ok bool) {
		if f.Before == "" && f.After == "" {
			return 0, 0, true
		}
		before, err := strconv.ParseFloat(f.Before, 64)
		if err != nil {
			return 0, 0, false // it had none, or has none any more
		}
		after, err = strconv.ParseFloat(f.After, 64)
		return before, after, err == nil
	}
	lat1, lat2, ok := degrees(latitude)
	lon1, lon2, also := degrees(longitude)
	if !ok || !also {
		return false
	}
	// Where the latitude did not change it is not told: that of France will do.
	around := lat1
	if around == 0 {
		around = 46.5
	}
	const degree = 111_195
	north, east := (lat2-lat1)*degree, (lon2-lon1)*degree*math.Cos(around*math.Pi/180)
	return math.Hypot(north, east) > moveMetres
}

// within reports whether a place is on a territory. What is unknown of it is
// not.
func within(t access.Territory, known census.Territories, codeInsee, departement string) bool {
	if t.Kind == "" {
		return len(t.Codes) == 0
	}
	var c *territory.Commune
	if known != nil && codeInsee != "" {
		c, _ = known.Commune(codeInsee)
	}
	epci, region, city := "", "", ""
	if c != nil {
		codeInsee, departement, epci, region, city = c.Code, c.Departement, c.Epci, c.Region, c.Parent
	}
	if divisions, ok := known.(interface {
		Division(kind, code string) (*territory.Division, bool)
	}); ok && region == "" && departement != "" {
		if d, ok := divisions.Division("departement", departement); ok {
			region = d.Region
		}
	}
	return t.Holds("", codeInsee, epci, departement, region) || city != "" && t.Holds("", city, epci, departement, region)
}

// load reads the file into the census, or tries.
func (j *job) load(ctx context.Context, writer ChangeWriter, dryRun bool) (*reading, census.Report, error) {
	m, err := parse(j.k.Mapping)
	if err != nil {
		return nil, census.Report{}, err
	}
	territories, err := j.Territories(ctx)
	if err != nil {
		return nil, census.Report{}, err
	}
	r := &reading{job: j, store: j.Census, territories: territories, writer: writer, ctx: ctx, outside: map[int]bool{}}
	step := "lecture du fichier"
	if !dryRun {
		step = "publication"
	}
	report, err := census.Import(ctx, census.Options{
		Source: j.k.Source, Reader: j.Store.Content(ctx, j.k.Number), Name: j.k.File, Today: j.today(),
		DryRun: dryRun, Partial: j.k.Partial, AllowRemovals: dryRun || j.k.AllowRemoval, Mapping: m, Geocoder: j.Geocoder,
		Progress: func(p census.Progress) {
			if p.Bytes < j.k.Bytes {
				j.tell(Progress{Step: step, Done: p.Bytes, Total: j.k.Bytes})
			} else {
				j.tell(Progress{Step: "comparaison avec le recensement"})
			}
		},
	}, r, territories)
	return r, report, err
}

// misfit says in French why the mapping cannot be used with the file.
func (k *Kept) misfit() (string, error) {
	m, err := parse(k.Mapping)
	if err != nil || m == nil {
		return "", err
	}
	var faults mapping.Faults
	if _, err = mapping.Compile(m, k.Columns); errors.As(err, &faults) {
		return faults.Error(), nil
	}
	return "", err
}

// read compares the file with the census and tells what it would do.
func (j *job) read(ctx context.Context) error {
	version, _, err := j.Census.Versions(ctx)
	if err != nil {
		return err
	}
	source, err := j.Store.SourceNamed(ctx, j.k.Source)
	if err != nil && !errors.Is(err, ErrNoSource) {
		return err
	}
	live, err := j.Store.Live(ctx, j.k.Source)
	if err != nil {
		return err
	}
	if fault, err := j.k.misfit(); err != nil {
		return err
	} else if fault != "" { // to be corrected: the file is not at fault
		if j.k.Automatic {
			return j.hold(ctx, "La correspondance ne convient plus au fichier. "+fault)
		}
		j.k.Reasons = []string{fault}
		return j.save(ctx, Received, "", "La correspondance ne convient pas au fichier.", nil)
	}
	writer, err := j.Store.ChangesOf(ctx, j.k.Number)
	if err != nil {
		return err
	}
	defer writer.Discard()
	r, report, err := j.load(ctx, writer, true)
	var refused *sheet.FileError
	if errors.As(err, &refused) {
		return j.refuse(ctx, refused.Message, false)
	}
	if err != nil {
		return err
	}
	lost, err := j.lost(ctx, r)
	if err != nil {
		return err
	}
	notices := j.k.Reasons // of the download
	j.k.unread()
	j.k.Report, j.k.Changes, j.k.DataVersion, j.k.Live = &report, report.Changes, version, live
	j.k.ReportOf = j.k.reportOf()
	j.k.Outside, j.k.Lost = len(r.outside), lost
	if c := report.Changes; c != nil {
		j.k.Merged, j.k.Doubtful = c.Merged, c.Doubtful
	}
	now := j.Now()
	state, task, note := Ready, Task(""), "Fichier lu : "+french.Count(report.Kept, "lieu gardé", "lieux gardés")+", "+french.Count(report.Refused, "ligne refusée", "lignes refusées")+"."
	if j.k.Automatic {
		j.k.Reasons = append(notices, j.suspicions(source, r)...)
		if state, task = Publishing, Publish; len(j.k.Reasons) > 0 {
			state, task, note = Held, "", "Retenu : "+strings.Join(j.k.Reasons, " ")
		}
	} else if len(notices) > 0 {
		j.k.Reasons = notices
	}
	j.k.State, j.k.Task, j.k.Changed = state, task, now
	var held func(*KeptSource)
	if state == Held {
		held = j.outcome("retenu : "+strings.Join(j.k.Reasons, " "), false)
	}
	return writer.Save(ctx, j.k, &Step{At: now, State: state, Note: note}, held)
}

// lost counts the places outside the territory that a load would withdraw.
func (j *job) lost(ctx context.Context, r *reading) (int, error) {
	if j.k.Territory.Kind == "" {
		return 0, nil
	}
	n := 0
	for ids := range slices.Chunk(r.touched, 5000) {
		where, err := j.Store.Whereabouts(ctx, ids)
		if err != nil {
			return 0, err
		}
		for _, w := range where {
			if !within(j.k.Territory, r.territories, w.CodeInsee, w.Departement) {
				n++
			}
		}
	}
	return n, nil
}

// suspicions tell why a file that was fetched by itself needs a person.
func (j *job) suspicions(source KeptSource, r *reading) []string {
	by := access.Key{ID: j.k.KeyID, Siren: j.k.Siren, Territory: j.k.Territory}
	reasons := j.k.guards(source, by)
	say := func(format string, args ...any) { reasons = append(reasons, fmt.Sprintf(format, args...)) }
	report, changes := j.k.Report, j.k.Report.Changes
	if changes != nil && changes.Withdrawn*100 > j.k.Live*shrinkPercent && changes.Withdrawn*2 <= j.k.Live {
		say("Le fichier a perdu %d des %d lieux de la source.", changes.Withdrawn, j.k.Live)
	}
	if r.moved*100 > j.k.Live*movePercent {
		say("%s de plus d’un kilomètre.", french.Count(r.moved, "lieu se déplace", "lieux se déplacent"))
	}
	if report.Rows > 0 && report.Refused*100 > report.Rows*refusePercent {
		say("%d des %d lignes seraient refusées.", report.Refused, report.Rows)
	}
	if source.Columns != nil {
		gone, come := missing(source.Columns, j.k.Columns), missing(j.k.Columns, source.Columns)
		if len(gone) > 0 {
			say("Des colonnes ont disparu : %s.", strings.Join(gone, ", "))
		}
		if len(come) > 0 {
			say("Des colonnes sont nouvelles : %s.", strings.Join(come, ", "))
		}
	} else if len(j.k.Mapping) > 0 && len(source.Mapping) == 0 {
		say("Personne n’a encore relu la correspondance proposée.")
	}
	return reasons
}

func missing(from, in []string) []string {
	var out []string
	for _, name := range from {
		if !slices.Contains(in, name) {
			if len(out) == 20 {
				return append(out, "…")
			}
			out = append(out, "« "+name+" »")
		}
	}
	return out
}

// publish brings the file into the census.
func (j *job) publish(ctx context.Context) error {
	if j.k.Siren != "" {
		source, err := j.Store.UpdateSource(ctx, j.k.Source, func(s *KeptSource) error {
			if s.Siren == "" {
				s.Siren = j.k.Siren // claimed by the first who publishes it
			}
			return nil
		})
		if err != nil {
			return err
		}
		if source.Siren != j.k.Siren {
			return j.hold(ctx, "La source « "+j.k.Source+" » est celle d’une autre organisation.")
		}
	}
	version, _, err := j.Census.Versions(ctx)
	if err != nil {
		return err
	}
	writer, err := j.Store.ChangesOf(ctx, j.k.Number)
	if err != nil {
		return err
	}
	defer writer.Discard()
	author := history.Author{Organisation: j.k.Organisation, Siren: j.k.Siren, Key: j.k.KeyID, Cause: history.Import, Subject: fmt.Sprintf("depot:%d", j.k.Number)}
	r, report, err := j.load(history.With(ctx, author), writer, false)
	var file *sheet.FileError
	var guarded interface{ Refusal() string }
	switch {
	case errors.As(err, &file):
		return j.hold(ctx, file.Message)
	case errors.As(err, &guarded):
		return j.hold(ctx, guarded.Refusal())
	case err != nil:
		return err
	}
	note := "Publié : " + told(report.Changes)
	if version != j.k.DataVersion {
		note = "Publié, dans un recensement qui a changé depuis le rapport : " + told(report.Changes)
	}
	now := j.Now()
	step := &Step{At: now, State: Published, Note: note}
	j.k.State, j.k.Task, j.k.Changed, j.k.Reasons = Published, "", now, nil
	source := and(j.outcome("publié : "+told(report.Changes), false), func(s *KeptSource) {
		s.Mapping, s.Columns = j.k.Mapping, j.k.Columns
	})
	if j.k.Attempts > 1 && r.changes == 0 && j.k.Changes != nil {
		// The attempt that was stopped had brought it all in: what it did is what the
		// report said.
		step.Note = "Publié."
		report.Changes = j.k.Changes
		j.k.Report = &report
		return j.Store.SaveDeposit(ctx, j.k, nil, step, source)
	}
	j.k.Report, j.k.Changes = &report, report.Changes
	if c := report.Changes; c != nil {
		j.k.Merged, j.k.Doubtful = c.Merged, c.Doubtful
	}
	return writer.Save(ctx, j.k, step, source)
}

// hold gives a deposit back to a person.
func (j *job) hold(ctx context.Context, reason string) error {
	state := Ready
	if j.k.Automatic {
		state = Held
	}
	j.k.Reasons = []string{reason}
	return j.save(ctx, state, "", reason, j.outcome("retenu : "+reason, false))
}

func told(c *place.Changes) string {
	if c == nil {
		return "rien."
	}
	var parts []string
	for _, p := range []struct {
		n         int
		one, many string
	}{
		{c.Added, "lieu ajouté", "lieux ajoutés"}, {c.Changed, "modifié", "modifiés"}, {c.Unchanged, "inchangé", "inchangés"},
		{c.Withdrawn, "retiré", "retirés"}, {c.Restored, "revenu", "revenus"},
	} {
		if p.n > 0 {
			parts = append(parts, french.Count(p.n, p.one, p.many))
		}
	}
	if len(parts) == 0 {
		return "aucun lieu."
	}
	return strings.Join(parts, ", ") + "."
}
