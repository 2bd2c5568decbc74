package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"mednum/internal/place"
	"mednum/internal/postgres/pgtest"
)

// These tests run the binary as a person does: a process, arguments, a real
// database, files in and out, signals.

var binary = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "mednum-test-*")
	if err != nil {
		return "", err
	}
	name := filepath.Join(folder, "mednum")
	out, err := exec.Command("go", "build", "-buildvcs=false", "-o", name, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return name, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if name, err := binary(); err == nil {
		os.RemoveAll(filepath.Dir(name))
	}
	os.Exit(code)
}

func process(t testing.TB, url string, args ...string) *exec.Cmd {
	t.Helper()
	name, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "DATABASE_URL=" + url}
	return cmd
}

// mednum runs a command to its end.
func mednum(t testing.TB, url string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	return finish(t, process(t, url, args...))
}

func finish(t testing.TB, cmd *exec.Cmd) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}

// succeeds runs a command that must.
func succeeds(t testing.TB, url string, args ...string) string {
	t.Helper()
	code, stdout, stderr := mednum(t, url, args...)
	if code != 0 {
		t.Fatalf("mednum %v: code %d\n%s%s", args, code, stdout, stderr)
	}
	return stdout
}

// imported runs an import and gives its report.
func imported(t testing.TB, url string, args ...string) map[string]any {
	t.Helper()
	out := succeeds(t, url, append([]string{"import", "--json"}, args...)...)
	var report map[string]any
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	return report
}

// changes are the five numbers of a report, in the order in which it says them.
func changes(t testing.TB, report map[string]any) string {
	t.Helper()
	c, ok := report["changements"].(map[string]any)
	if !ok {
		t.Fatalf("no changes in %v", report)
	}
	return fmt.Sprintf("+%v ~%v =%v -%v ^%v", c["added"], c["changed"], c["unchanged"], c["withdrawn"], c["restored"])
}

func file(t testing.TB, name, text string) string {
	t.Helper()
	name = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

var header = func() string {
	names := make([]string, len(place.Columns))
	for i := range place.Columns {
		names[i] = place.Columns[i].Name
	}
	return strings.Join(names, ",") + "\n"
}()

// rows are lines of a census, written as the product writes them.
func rows(from, to int) string {
	var b strings.Builder
	for i := from; i < to; i++ {
		fmt.Fprintf(&b, "lieu-%d,,Espace numérique %d,Reims,51100,51454,%d rue de Vesle,,%v,%v,EPN,,,,Mo-Fr 09:00-12:00,,,,,,2024-04-02,,,,,,,,,,,\n",
			i, i, i+1, float64(492501+i%100)/10000, float64(40301+i/100%100)/10000)
	}
	return b.String()
}

func TestImportTwiceChangesNothing(t *testing.T) {
	url := pgtest.URL(t)
	name := file(t, "lieux.csv", header+rows(0, 30))
	report := imported(t, url, name, "--source", "essai", "--dry-run")
	if got := changes(t, report); got != "+30 ~0 =0 -0 ^0" {
		t.Errorf("dry run: %s", got)
	}
	if n := strings.Count(succeeds(t, url, "export"), "\n"); n != 1 {
		t.Fatalf("a dry run wrote: %d lines", n)
	}
	if got := changes(t, imported(t, url, name, "--source", "essai")); got != "+30 ~0 =0 -0 ^0" {
		t.Errorf("first: %s", got)
	}
	before := succeeds(t, url, "export", "--format", "geojson")
	time.Sleep(1100 * time.Millisecond) // dates are of a second
	if got := changes(t, imported(t, url, name, "--source", "essai")); got != "+0 ~0 =30 -0 ^0" {
		t.Errorf("second: %s", got)
	}
	if after := succeeds(t, url, "export", "--format", "geojson"); after != before {
		t.Error("the second import of the same file changed the census")
	}
	less := file(t, "lieux.csv", header+rows(1, 30))
	if got := changes(t, imported(t, url, less, "--source", "essai", "--partial")); got != "+0 ~0 =29 -0 ^0" {
		t.Errorf("partial: %s", got)
	}
	if got := changes(t, imported(t, url, less, "--source", "essai")); got != "+0 ~0 =29 -1 ^0" {
		t.Errorf("one less: %s", got)
	}
}

func TestRemovalsAreRefusedUnlessAccepted(t *testing.T) {
	url := pgtest.URL(t)
	imported(t, url, file(t, "lieux.csv", header+rows(0, 30)), "--source", "essai")
	few := file(t, "lieux.csv", header+rows(0, 10))
	code, _, stderr := mednum(t, url, "import", few, "--source", "essai")
	if code != exitRefused || !strings.Contains(stderr, "--allow-removals") || !strings.Contains(stderr, "20 des 30") {
		t.Errorf("code %d: %s", code, stderr)
	}
	if n := strings.Count(succeeds(t, url, "export"), "\n"); n != 31 {
		t.Errorf("a refused file changed the census: %d lines", n)
	}
	if got := changes(t, imported(t, url, few, "--source", "essai", "--allow-removals")); got != "+0 ~0 =10 -20 ^0" {
		t.Error(got)
	}
}

func TestExitCodes(t *testing.T) {
	url := pgtest.URL(t)
	good := file(t, "lieux.csv", header+rows(0, 1))
	pages := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/boucle":
			http.Redirect(w, r, "/boucle", http.StatusFound)
		case "/coupe":
			w.Header().Set("Content-Length", "1000000")
			io.WriteString(w, header+rows(0, 3))
		default:
			http.NotFound(w, r)
		}
	}))
	defer pages.Close()
	for _, c := range []struct {
		name string
		url  string
		args []string
		code int
		want string
	}{
		{"no source", url, []string{"import", good}, exitUsage, "--source"},
		{"no database", "", []string{"import", good, "--source", "x"}, exitUsage, "DATABASE_URL"},
		{"nobody there", "postgres://moi:secret@127.0.0.1:1/base", []string{"migrate"}, exitDatabase, "ne répond pas"},
		{"no such base", regexp.MustCompile(`/[^/?]*(\?|$)`).ReplaceAllString(url, "/mednum_absente$1"), []string{"migrate"}, exitDatabase, "n’existe pas"},
		{"not migrated", pgtest.EmptyURL(t), []string{"import", good, "--source", "x"}, exitDatabase, "mednum migrate"},
		{"serve, not migrated", pgtest.EmptyURL(t), []string{"serve", "--listen", "127.0.0.1:0"}, exitDatabase, "mednum migrate"},
		{"no such file", url, []string{"import", "absent.csv", "--source", "x"}, exitRefused, "« absent.csv » n’existe pas"},
		{"a folder", url, []string{"import", t.TempDir(), "--source", "x"}, exitRefused, "c’est un dossier"},
		{"not a census", url, []string{"import", file(t, "a.csv", "a,b\n1,2\n"), "--source", "x"}, exitRefused, "rien n’a été importé"},
		{"empty", url, []string{"import", file(t, "vide.csv", ""), "--source", "x"}, exitRefused, "rien n’a été importé"},
		{"page not found", url, []string{"import", pages.URL + "/rien.csv", "--source", "x"}, exitRefused, "404"},
		{"for ever", url, []string{"import", pages.URL + "/boucle", "--source", "x"}, exitRefused, "redirections"},
		{"cut", url, []string{"import", pages.URL + "/coupe", "--source", "x"}, exitRefused, "coupé"},
		{"no territories", url, []string{"territories", "import", file(t, "a.csv", "a,b\n1,2\n")}, exitRefused, "commune"},
		{"no such territories", url, []string{"territories", "import", "absent"}, exitRefused, "« absent » n’existe pas"},
		{"demo without communes", url, []string{"demo", "--places", "3"}, exitRefused, "territories import"},
		{"too many", url, []string{"demo", "--places", "999999999"}, exitUsage, "entre 0 et"},
		{"form", url, []string{"export", "--format", "xls"}, exitUsage, "« xls »"},
		{"no such source", url, []string{"export", "--source", "personne"}, exitRefused, "« personne »"},
		{"nowhere", url, []string{"export", "--output", "/absent/lieux.csv"}, exitFailure, "/absent/lieux.csv"},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, stdout, stderr := mednum(t, c.url, c.args...)
			if code != c.code || !strings.Contains(stderr, c.want) {
				t.Errorf("mednum %v: code %d instead of %d, or not %q:\n%s%s", c.args, code, c.code, c.want, stdout, stderr)
			}
			if strings.Contains(stderr, "secret") || strings.Contains(stderr, "panic") {
				t.Errorf("leak or panic: %s", stderr)
			}
		})
	}
	if n := strings.Count(succeeds(t, url, "export"), "\n"); n != 1 {
		t.Errorf("something entered: %d lines", n)
	}
}

func TestImportFromAnAddressAndFromStandardInput(t *testing.T) {
	url := pgtest.URL(t)
	pages := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/ici" {
			http.Redirect(w, r, "/lieux.csv", http.StatusFound)
			return
		}
		io.WriteString(w, header+rows(0, 5))
	}))
	defer pages.Close()
	if got := changes(t, imported(t, url, pages.URL+"/ici", "--source", "essai")); got != "+5 ~0 =0 -0 ^0" {
		t.Error(got)
	}
	cmd := process(t, url, "import", "-", "--source", "essai", "--json")
	cmd.Stdin = strings.NewReader(header + rows(0, 6))
	code, stdout, stderr := finish(t, cmd)
	if code != 0 || !strings.Contains(stdout, `"added": 1`) {
		t.Errorf("code %d\n%s%s", code, stdout, stderr)
	}
}

// TestKilledImportLeavesTheCensus kills the process, without a warning or with
// one, while the transaction is open and rows have entered it.
func TestKilledImportLeavesTheCensus(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			url := pgtest.URL(t)
			imported(t, url, file(t, "lieux.csv", header+rows(0, 20)), "--source", "essai")
			before := succeeds(t, url, "export", "--format", "geojson")

			cmd := process(t, url, "import", "-", "--source", "essai")
			var errs bytes.Buffer
			cmd.Stderr = &errs
			in, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			// Far more than is held in memory at once: by the time that the pipe
			// has taken it all, thousands of rows are in the transaction.
			if _, err := io.WriteString(in, header+rows(10, 12000)); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			if signal == syscall.SIGTERM {
				in.Close() // a read of a pipe cannot be interrupted
			}
			err = cmd.Wait()
			if signal == syscall.SIGTERM && cmd.ProcessState.ExitCode() != exitInterrupted {
				t.Errorf("%v: %s", err, errs.String())
			}
			if after := succeeds(t, url, "export", "--format", "geojson"); after != before {
				t.Error("a killed import changed the census")
			}
			// Nothing is left that would block the next one.
			if got := changes(t, imported(t, url, file(t, "lieux.csv", header+rows(0, 21)), "--source", "essai")); got != "+1 ~0 =20 -0 ^0" {
				t.Error(got)
			}
		})
	}
}

func TestExportIsReadBack(t *testing.T) {
	url := pgtest.URL(t)
	imported(t, url, file(t, "lieux.csv", header+rows(0, 40)), "--source", "essai")
	out := filepath.Join(t.TempDir(), "export.csv")
	succeeds(t, url, "export", "--source", "essai", "--output", out)
	if got := changes(t, imported(t, url, out, "--source", "essai")); got != "+0 ~0 =40 -0 ^0" {
		t.Errorf("an exported file, imported again: %s", got)
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(out), ".mednum-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
	var collection struct {
		Type     string
		Features []struct {
			ID         string
			Properties struct{ Producteur string }
		}
	}
	if err := json.Unmarshal([]byte(succeeds(t, url, "export", "--format", "geojson")), &collection); err != nil {
		t.Fatal(err)
	}
	if len(collection.Features) != 40 || collection.Features[0].Properties.Producteur != "essai" {
		t.Errorf("%d features, %+v", len(collection.Features), collection.Features[0])
	}
}

func TestStandardName(t *testing.T) {
	day := time.Date(2026, 11, 21, 23, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		o    exportOptions
		want string
	}{
		{exportOptions{format: "csv", producteur: "13002526500013", territoire: "Côte-d’Or"}, "2026-11-21_13002526500013_lieux-de-mediation-numerique_cote-d-or.csv"},
		{exportOptions{format: "geojson", territoire: "france"}, "2026-11-21_lieux-de-mediation-numerique_france.geojson"},
		{exportOptions{format: "csv", territoire: "../../etc"}, "2026-11-21_lieux-de-mediation-numerique_etc.csv"},
	} {
		if got := standardName(c.o, day); got != c.want {
			t.Errorf("%q instead of %q", got, c.want)
		}
	}
}

// serving starts the server and gives its address.
func serving(t testing.TB, url string, args ...string) (*exec.Cmd, string) {
	t.Helper()
	cmd := process(t, url, append([]string{"serve", "--listen", "127.0.0.1:0", "--geocoder-url", none, "--log-level", "warn"}, args...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if cmd.ProcessState == nil {
			cmd.Process.Kill()
			cmd.Wait()
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the server said nothing: %v", err)
	}
	found := regexp.MustCompile(`http://localhost:\d+`).FindString(line)
	if found == "" {
		t.Fatalf("no address in %q", line)
	}
	return cmd, strings.Replace(found, "localhost", "127.0.0.1", 1)
}

// TestFromARowToTheAnswer walks the whole way: a row of a CSV, the import, the
// database, the score, the API.
func TestFromARowToTheAnswer(t *testing.T) {
	url := pgtest.URL(t)
	row := `structure-1,43493312300029,Anonymal,Reims,51100,51454,12 BIS RUE DE LECLERCQ,Le patio du bois de l'Aulne,49.25831,4.03170,TIERS_LIEUX|ASSO,+33180059880,contact@laquincaillerie.tl|bonjour@exemple.fr,https://www.laquincaillerie.tl/,"Mo-Fr 09:00-12:00,14:00-18:30; Sa 08:30-12:00",Notre association propose des formations aux outils numériques.,,Hubik,Fixe,Pôle emploi,2022-06-02,Aide aux démarches administratives|Accès internet et matériel informatique,,Surdité,Gratuit sous condition,France Services|Aidants Connect,Étapes numériques (La Poste),QPV,Se présenter|Téléphoner,En autonomie|À distance,https://acceslibre.beta.gouv.fr/app/29-lampaul-plouarzel/a/bibliotheque-mediatheque/erp/mediatheque-13/,https://www.rdv-solidarites.fr/` + "\n"
	succeeds(t, url, "migrate")
	imported(t, url, file(t, "un.csv", header+row), "--source", "essai")
	server, address := serving(t, url)
	answer := get(t, address+"/collections/lieux/items?near=4.03,49.26&services=Aide%20aux%20d%C3%A9marches%20administratives")
	// What changes from one day and one port to the next.
	text := strings.ReplaceAll(answer, address, "http://serveur")
	text = regexp.MustCompile(`\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z`).ReplaceAllString(text, "AAAA-MM-JJTHH:MM:SSZ")
	text = regexp.MustCompile(`"date_score":"\d{4}-\d{2}-\d{2}"`).ReplaceAllString(text, `"date_score":"AAAA-MM-JJ"`)
	var indented bytes.Buffer
	if err := json.Indent(&indented, []byte(text), "", "  "); err != nil {
		t.Fatalf("%v in %s", err, answer)
	}
	goldenText(t, "row-to-answer.json", strings.TrimSpace(indented.String())+"\n")
	if err := server.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := server.Wait(); err != nil {
		t.Errorf("the server does not end well: %v", err)
	}
}

func goldenText(t *testing.T, name, got string) {
	t.Helper()
	name = filepath.Join("testdata", name)
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("not what %s says:\n%s", name, got)
	}
}

func get(t testing.TB, address string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept", "application/geo+json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v\n%s", address, response.Status, err, body)
	}
	return string(body)
}

// TestServerDrains asks for everything, reads slowly, and tells the server to
// stop meanwhile: the answer is whole, and the server then ends well.
func TestServerDrains(t *testing.T) {
	url := pgtest.URL(t)
	imported(t, url, file(t, "lieux.csv", header+rows(0, 9000)), "--source", "essai")
	server, address := serving(t, url)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address+"/exports/lieux.geojson", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept-Encoding", "identity")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	first := make([]byte, 1)
	if _, err := io.ReadFull(response.Body, first); err != nil {
		t.Fatal(err)
	}
	if err := server.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	// Refused to others, once it has heard.
	for range 100 {
		if _, err := http.Get(address + "/healthz"); err != nil {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	rest, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatalf("the answer was cut: %v", err)
	}
	var collection struct{ Features []json.RawMessage }
	if err := json.Unmarshal(append(first, rest...), &collection); err != nil || len(collection.Features) != 9000 {
		t.Errorf("%v, %d features", err, len(collection.Features))
	}
	if err := server.Wait(); err != nil {
		t.Errorf("the server does not end well: %v", err)
	}
}

func TestHealthcheckAndTakenPort(t *testing.T) {
	url := pgtest.URL(t)
	_, address := serving(t, url)
	listen := strings.TrimPrefix(address, "http://")
	succeeds(t, url, "healthcheck", "--listen", listen)
	code, _, stderr := mednum(t, url, "serve", "--listen", listen)
	if code != exitFailure || !strings.Contains(stderr, "déjà pris") {
		t.Errorf("code %d: %s", code, stderr)
	}
	if code, _, _ := mednum(t, url, "healthcheck", "--listen", "127.0.0.1:1"); code != exitFailure {
		t.Errorf("nobody there: code %d", code)
	}
}

// TestTheWholeOpenData imports the real file that lies beside the project.
func TestTheWholeOpenData(t *testing.T) {
	const data = "../../../shared/data"
	if _, err := os.Stat(data + "/census-dev.csv"); err != nil {
		t.Skip("no ../shared/data beside the project: nothing real to import")
	}
	url := pgtest.URL(t)
	succeeds(t, url, "territories", "import", data+"/geo")
	report := imported(t, url, data+"/census-dev.csv", "--source", "national")
	f, err := os.Open(data + "/census-dev.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(report["lignes"]), strconv.Itoa(len(all)-1); got != want {
		t.Errorf("%s rows read of %s", got, want)
	}
	kept, _ := report["gardes"].(float64)
	refusedRows, _ := report["refuses"].(float64)
	merged, _ := report["repetees"].(float64)
	if int(kept+refusedRows+merged) != len(all)-1 {
		t.Errorf("%v kept, %v refused, %v repeated, of %d rows", kept, refusedRows, merged, len(all)-1)
	}
	// A row is lost only when it has no name, or nothing that locates it.
	column := map[string]int{}
	for i, name := range all[0] {
		column[name] = i
	}
	unusable := 0
	for _, row := range all[1:] {
		located := strings.TrimSpace(row[column["latitude"]]+row[column["commune"]]+row[column["code_postal"]]+row[column["code_insee"]]+row[column["adresse"]]) != ""
		if strings.TrimSpace(row[column["nom"]]) == "" || !located {
			unusable++
		}
	}
	if int(refusedRows) > unusable {
		t.Errorf("%v rows refused, %d are unusable: %v", refusedRows, unusable, report["lignes_refusees"])
	}
	if got := changes(t, imported(t, url, data+"/census-dev.csv", "--source", "national")); !strings.HasPrefix(got, "+0 ~0 =") || !strings.HasSuffix(got, " -0 ^0") {
		t.Errorf("the second import changed something: %s", got)
	}
	out := filepath.Join(t.TempDir(), "export.csv")
	succeeds(t, url, "export", "--source", "national", "--output", out)
	t.Logf("exported and imported again: %s", changes(t, imported(t, url, out, "--source", "national", "--dry-run")))
	succeeds(t, url, "demo", "--places", "50")
	succeeds(t, url, "demo", "--places", "50", "--if-empty")
	if _, _, told := mednum(t, url, "import", data+"/census-dev.csv", "--source", "national"); !strings.Contains(told, "50 lieux de démonstration") {
		t.Errorf("an import beside made-up places says nothing of them: %q", told)
	}
	succeeds(t, url, "demo", "--places", "0")
}
