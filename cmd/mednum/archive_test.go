package main

import (
	"archive/zip"
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mednum/internal/postgres/pgtest"
)

func unzipped(t testing.TB, text []byte) map[string]string {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range r.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		files[f.Name] = string(b)
	}
	return files
}

// TestArchiveIsTheSameFromEverywhere: by the command and by HTTP, and its places
// are those of the exports.
func TestArchiveIsTheSameFromEverywhere(t *testing.T) {
	url := pgtest.URL(t)
	succeeds(t, url, "territories", "import", "../../web-map/tests/territories")
	succeeds(t, url, "import", "../../web-map/tests/fixture.csv", "--source", "essai")
	succeeds(t, url, "migrate") // scores them: the server would a moment later
	_, address := serving(t, url)
	get := func(path string) []byte {
		t.Helper()
		r, err := http.Get(address + path)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		b, err := io.ReadAll(r.Body)
		if err != nil || r.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d %v %.300s", path, r.StatusCode, err, b)
		}
		return b
	}
	whole := unzipped(t, get("/territoire/archive.zip?territoire=pays"))
	if whole["lieux.csv"] != string(get("/exports/lieux.csv")) || whole["lieux.geojson"] != string(get("/exports/lieux.geojson")) {
		t.Error("the places of the archive are not those of the exports")
	}
	name := filepath.Join(t.TempDir(), "marne.zip")
	succeeds(t, url, "archive", "--territory", "departement:51", "--output", name)
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	here, there := unzipped(t, text), unzipped(t, get("/territoire/archive.zip?territoire=departement:51"))
	for file := range there {
		if file != "lisez-moi.txt" && here[file] != there[file] { // which tells the instant
			t.Errorf("%s is not the same:\n%.600s\n%.600s", file, here[file], there[file])
		}
	}
	if n := strings.Count(here["lieux.csv"], "\n"); n < 2 || n >= strings.Count(whole["lieux.csv"], "\n") {
		t.Errorf("%d lines of places", n)
	}
	for _, args := range [][]string{{"--territory", "departement:999"}, {"--territory", "lieux:abcdefgh"}, {"--territory", "canton:5"}} {
		if code, _, stderr := mednum(t, url, append([]string{"archive"}, args...)...); code != 2 || !strings.Contains(stderr, "--territory") {
			t.Errorf("%v: code %d, %s", args, code, stderr)
		}
	}
}
