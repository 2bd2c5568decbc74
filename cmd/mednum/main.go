// Command mednum is the open census, the API and the map of France's places of
// digital mediation.
//
// This package joins the rooms of the house: each verb is a file, which reads
// what a person typed, calls the rooms and says what happened. Everything that
// is told goes to standard error; standard output belongs to answers.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // the binary needs nothing of the machine, places need their clock

	"mednum/internal/postgres"
)

// version is set when the binary is built.
var version = "dev"

// Exit codes, for scripts. They are documented in the help of the root command.
const (
	exitFailure     = 1
	exitUsage       = 2
	exitRefused     = 3 // the file cannot be read, or what it holds was refused
	exitDatabase    = 4
	exitInterrupted = 130
)

// failure is an error with the exit code that it deserves.
type failure struct {
	code int
	err  error
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

func usageError(format string, args ...any) error {
	return &failure{exitUsage, fmt.Errorf(format, args...)}
}

func refused(err error) error { return &failure{exitRefused, err} }

func main() {
	// The first signal asks everything to end by itself; the second does not wait.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return 0
	}
	code := exitCode(ctx, err)
	if code == exitInterrupted {
		fmt.Fprintln(stderr, "mednum : interrompu.")
		return code
	}
	fmt.Fprintf(stderr, "mednum : %s\n", sentence(err))
	if code == exitUsage {
		fmt.Fprintf(stderr, "Aide : %s --help\n", cmd.CommandPath())
	}
	return code
}

// interrupted reports whether a signal ended what failed: the driver then closes
// its connection, which is all that some of its errors say.
func interrupted(ctx context.Context, err error) bool {
	return ctx.Err() != nil && (errors.Is(err, context.Canceled) || errors.Is(err, net.ErrClosed))
}

func exitCode(ctx context.Context, err error) int {
	var f *failure
	var fault *postgres.Fault
	switch {
	case interrupted(ctx, err):
		return exitInterrupted
	case errors.As(err, &f):
		return f.code
	case errors.As(err, &fault):
		return exitDatabase
	}
	return exitFailure
}

// sentence is the text meant for people, where the chain has one: the rest of
// the chain is for a log.
func sentence(err error) string {
	var fault *postgres.Fault
	if !errors.As(err, &fault) {
		return err.Error()
	}
	if fault.Err != nil {
		return fmt.Sprintf("%s.\nDétail : %v", fault.Message, mask(fault.Err.Error()))
	}
	return fault.Message + "."
}
