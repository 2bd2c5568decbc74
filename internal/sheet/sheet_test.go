package sheet

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares a text with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s (-golden +now; -update rewrites it):\n%s", name, diff)
	}
}

// table is a whole file, read.
type table struct {
	*File
	rows []Row
}

func read(file []byte, o Options) (table, error) {
	f, err := Open(bytes.NewReader(file), "essai", o)
	if err != nil {
		return table{}, err
	}
	defer f.Close()
	t := table{File: f}
	for {
		r, err := f.Next()
		if err == io.EOF {
			return t, nil
		}
		if err != nil {
			return t, err
		}
		t.rows = append(t.rows, r)
	}
}

func mustRead(t *testing.T, file []byte, o Options) table {
	t.Helper()
	got, err := read(file, o)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// Every real file opens, with its columns and all its rows.
func TestRealFiles(t *testing.T) {
	files, _ := filepath.Glob("../../../shared/data/raw/*")
	if len(files) == 0 {
		t.Skip("raw is not there: the test data lie beside the project, in ../shared/data")
	}
	var b strings.Builder
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := read(text, Options{})
		var fault *FileError
		if errors.As(err, &fault) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		aside, wide, interior := 0, 0, 0
		for _, r := range got.rows {
			if r.Aside != "" {
				aside++
			}
			if len(r.Cells) > len(got.Columns) {
				wide++
			}
			if r.Interior {
				interior++
			}
		}
		fmt.Fprintf(&b, "%s\n  %+v\n  %d lignes, %d à part, %d trop longues, %d géométries\n  %s\n", filepath.Base(name), got.Format, len(got.rows), aside, wide, interior, strings.Join(got.Columns, " · "))
	}
	golden(t, "raw.txt", b.String())
}
