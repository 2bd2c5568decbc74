package api

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"mednum/internal/access"
	"mednum/internal/consultation"
	"mednum/internal/intake"
	"mednum/internal/match"
	"mednum/internal/place"
	"mednum/internal/quality"
	"mednum/internal/simulation"
)

// Scores is what the API asks of the results.
type Scores interface {
	// Scored gives the score of a place with all that it came from, or an error
	// that wraps place.ErrNotFound, place.ErrGone or quality.ErrNoScore.
	Scored(ctx context.Context, id string) (quality.Scored, error)

	// Declare records answers of a place to questions of the version in force,
	// and scores it again, in one transaction. All wrong answers are told at once
	// (quality.Faults).
	Declare(ctx context.Context, id string, answers []quality.Declaration, by access.Key, at time.Time) error

	// Verify records verified evidence of a place, and scores it again.
	Verify(ctx context.Context, id string, found quality.Evidence, source string, reasons []string, by access.Key, at time.Time) error

	// Population gives the sample of the census that a simulation runs on:
	// entries and their groups, at most limit of them (0: all), evenly drawn.
	Population(ctx context.Context, limit int) ([]simulation.Place, error)
}

// Consultations is what the API asks of the versions and of what is said of
// them. Errors: consultation.ErrNoVersion, ErrNoRemontee, ErrNoContest,
// ErrChanged (somebody else saved first), *consultation.Refusal (a guard, with
// its reasons in French), access.ErrKey, access.ErrForbidden, quality.Faults.
type Consultations interface {
	Key(ctx context.Context, secret string, at time.Time) (access.Key, error)

	ReferentielVersions(ctx context.Context) ([]consultation.Version, error) // without documents, newest first
	ReferentielVersion(ctx context.Context, version string) (consultation.Version, error)
	InForce(ctx context.Context, on place.Date) (consultation.Version, error)
	Fork(ctx context.Context, from, version string, by access.Key, at time.Time) (consultation.Version, error)
	SaveDraft(ctx context.Context, version string, document []byte, ifHash string, by access.Key, at time.Time) (consultation.Version, error)
	AdvanceVersion(ctx context.Context, version string, m consultation.Move, by access.Key, at time.Time) (consultation.Version, error)
	ApproveVersion(ctx context.Context, version, vote, note string, by access.Key, at time.Time) (consultation.Version, error)

	Simulation(ctx context.Context, version string) (json.RawMessage, error) // the last report; consultation.ErrNoSimulation
	SaveSimulation(ctx context.Context, version, hash string, report json.RawMessage, by access.Key, at time.Time) error

	Remontees(ctx context.Context, version string) ([]consultation.Remontee, error)
	Remontee(ctx context.Context, number int64) (consultation.Remontee, error)
	SubmitRemontee(ctx context.Context, r consultation.Remontee, by access.Key, at time.Time) (consultation.Remontee, error)
	AnswerRemontee(ctx context.Context, number int64, d consultation.Decision, reason string, by access.Key, at time.Time) (consultation.Remontee, error)

	Contests(ctx context.Context, lieu string) ([]consultation.Contest, error)
	Contest(ctx context.Context, number int64) (consultation.Contest, error)
	OpenContest(ctx context.Context, c consultation.Contest, by access.Key, at time.Time) (consultation.Contest, error)
	StepContest(ctx context.Context, number int64, s consultation.Step, by access.Key, at time.Time) (consultation.Contest, error)

	Log(ctx context.Context, after int64, limit int) ([]consultation.Entry, error)
}

// Deposits is what the API asks of the files that people give. Errors:
// intake.ErrNoDeposit, intake.ErrNoSource, intake.ErrState, *intake.Refusal
// (guards, with their reasons in French), *sheet.FileError, mapping.Faults,
// access.ErrForbidden (the source is another organisation's, or the places are
// outside the key's territory).
type Deposits interface {
	// Deposit keeps a file, recognises it and proposes a mapping. Content is nil
	// when d.URL says where to fetch it.
	Deposit(ctx context.Context, d intake.Deposit, content io.Reader, by access.Key, at time.Time) (intake.Deposit, error)
	GetDeposit(ctx context.Context, number int64, by access.Key) (intake.Deposit, error)
	ListDeposits(ctx context.Context, by access.Key, before int64, limit int) ([]intake.Deposit, error) // newest first, those that the key may see
	// Preview makes the first rows of the file with a mapping (nil: the standard's columns).
	Preview(ctx context.Context, number int64, mapping []byte, rows int, by access.Key) ([]intake.PreviewRow, error)
	SaveMapping(ctx context.Context, number int64, mapping []byte, by access.Key, at time.Time) (intake.Deposit, error)
	// StepDeposit asks for what comes next ("lire", "publier", "abandonner"); long
	// work goes on by itself, and GetDeposit tells how far it is.
	StepDeposit(ctx context.Context, number int64, step string, o intake.StepOptions, by access.Key, at time.Time) (intake.Deposit, error)
	DepositChanges(ctx context.Context, number int64, kind string, after, limit int, by access.Key) ([]intake.Change, int, error) // total of the kind ("" all)
	// Annotated writes the file as XLSX, with what was said of each row beside it.
	Annotated(ctx context.Context, number int64, w io.Writer, by access.Key) error

	Sources(ctx context.Context, by access.Key) ([]intake.Source, error)
	Source(ctx context.Context, number int64, by access.Key) (intake.Source, error)
	SaveSource(ctx context.Context, s intake.Source, by access.Key, at time.Time) (intake.Source, error)
	PullSource(ctx context.Context, number int64, by access.Key, at time.Time) (intake.Deposit, error)
}

// Duplicates is what the API asks of one place known by several sources.
// Errors: match.ErrNoPair, place.ErrNotFound, place.ErrGone, *place.Moved,
// access.ErrForbidden, *intake.Refusal.
type Duplicates interface {
	// Doubtful gives the pairs that a person has to decide, the likeliest first.
	Doubtful(ctx context.Context, departement string, after int64, limit int, by access.Key) ([]match.Pair, int, error) // and how many there are
	Pair(ctx context.Context, number int64) (match.Pair, error)
	// Decide says Same, Different, or Undecided to take an answer back.
	Decide(ctx context.Context, number int64, o match.Outcome, reason string, by access.Key, at time.Time) (match.Pair, error)
	// Split takes a record out of the place that it joined: both are restored, and
	// it is remembered that they are not one.
	Split(ctx context.Context, lieu, record string, reason string, by access.Key, at time.Time) error
	// Beneath gives the records of every source that stand behind a place, and
	// where each published field comes from.
	Beneath(ctx context.Context, lieu string) (match.Beneath, error)
}
