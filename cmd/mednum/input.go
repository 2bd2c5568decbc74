package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"mednum/internal/fetch"
)

// Limits of a download. A census is some tens of megabytes: these stop what
// never ends, not what is large.
const (
	downloadMaximum = 2 << 30 // bytes
	downloadTotal   = time.Hour
)

// input is a file, an address or the standard input, opened.
type input struct {
	io.Reader
	size   int64  // -1 unknown
	notice string // French: why it may not be the whole; "" nothing says so
	close  func()
}

func open(ctx context.Context, name string, stdin io.Reader) (*input, error) {
	switch {
	case name == "-":
		return &input{Reader: stdin, size: -1, close: func() {}}, nil
	case strings.HasPrefix(name, "http://"), strings.HasPrefix(name, "https://"):
		return download(ctx, name)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, refused(fileFault(name, err))
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = errors.New("c’est un dossier, pas un fichier")
	}
	if err != nil {
		f.Close()
		return nil, refused(fmt.Errorf("« %s » : %w", name, err))
	}
	size := info.Size()
	if !info.Mode().IsRegular() {
		size = -1 // a pipe
	}
	return &input{Reader: f, size: size, close: func() { f.Close() }}, nil
}

// fileFault says in French what the system says in English.
func fileFault(name string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("le fichier « %s » n’existe pas", name)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("le fichier « %s » ne vous est pas permis", name)
	}
	return fmt.Errorf("le fichier « %s » ne peut pas être ouvert : %w", name, err)
}

// download brings what an operator's address gives, all of its pages.
func download(ctx context.Context, address string) (*input, error) {
	u, err := fetch.Check(address)
	if err != nil {
		return nil, usageError("%w", err)
	}
	client := fetch.New(fetch.Options{Private: true, Maximum: downloadMaximum, Total: downloadTotal, Agent: "mednum/" + version})
	file, err := client.Get(ctx, address, fetch.Conditions{}, nil)
	var fault *fetch.Fault
	if errors.As(err, &fault) {
		return nil, refused(fmt.Errorf("« %s » ne peut pas être téléchargé : %w", u.Redacted(), err))
	}
	if err != nil {
		return nil, err
	}
	return &input{Reader: file, size: file.Size, notice: file.Notice, close: func() { file.Close() }}, nil
}
