package api

import (
	"context"
	"encoding/json"
	"time"

	"mednum/internal/access"
	"mednum/internal/consultation"
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
