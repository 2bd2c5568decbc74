package postgres

import (
	"archive/zip"
	"bufio"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"mednum/internal/access"
	"mednum/internal/place"
	"mednum/internal/quality"
	"mednum/internal/ticket"
)

// Archive writes all that is public of a territory as a ZIP of files, as of one
// instant: its places, the records beneath, what changed, what was reported,
// closed and decided. Rows go from the server to w one by one: memory does not
// grow with the census.
func (c *Census) Archive(ctx context.Context, t access.Territory, w io.Writer) error {
	err := c.reading(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SET LOCAL statement_timeout = 0`); err != nil {
			return err
		}
		a := archive{ctx: ctx, tx: tx, on: t, zip: zip.NewWriter(w)}
		if err := tx.QueryRow(ctx, `SELECT now(), data FROM data_version`).Scan(&a.at, &a.data); err != nil {
			return err
		}
		// Reading it whole would cost as much as writing it: each file counts its own.
		for _, file := range archiveFiles {
			if err := a.write(file); err != nil {
				return fmt.Errorf("%s: %w", file.name, err)
			}
		}
		if err := a.readme(); err != nil {
			return err
		}
		return a.zip.Close()
	})
	if err != nil {
		return fmt.Errorf("archive %q: %w", t, explain(err))
	}
	return nil
}

type archive struct {
	ctx  context.Context
	tx   pgx.Tx
	on   access.Territory
	zip  *zip.Writer
	at   time.Time
	data int64
	rows []int // of each file
}

// archiveFile is a file of the archive: what it is and its columns are told in
// lisez-moi.txt.
type archiveFile struct {
	name, what string
	columns    [][2]string // name, what it is; nil: those of the standard, or none
	write      func(a *archive, out io.Writer, row func(...string) error) (int, error)
}

var archiveFiles = []archiveFile{
	{"lieux.csv", "les lieux publiés, un par ligne, avec les colonnes du standard national des lieux de médiation numérique. La colonne id est notre identifiant.", nil, (*archive).places},
	{"lieux.geojson", "les mêmes lieux, avec leur position et leur score de qualité.", nil, (*archive).features},
	{"fiches.csv", "la fiche de chaque source derrière chaque lieu, même retirée : ce que la source a donné, compris puis tel quel.", slices.Concat([][2]string{
		{"lieu", "identifiant du lieu que la fiche décrit"}, {"fiche", "notre identifiant de la fiche"}, {"producteur", "nom de la source"}, {"clef", "ce qui désigne la fiche dans sa source"},
		{"arrivee_le", "jour où nous l’avons reçue"}, {"retiree_le", "jour où sa source l’a retirée ; vide : elle y est toujours"},
	}, standardColumns(), [][2]string{{"brut", "les cellules du fichier de la source, telles quelles, en JSON"}}), (*archive).records},
	{"historique.csv", "chaque changement d’un champ publié, du plus ancien au plus récent pour chaque fiche.", [][2]string{
		{"revision", "numéro de la révision du recensement"}, {"le", "instant, en temps universel"}, {"lieu", "identifiant"}, {"etat", "publie, retire, ferme ou rapproche, après le changement"},
		{"colonne", "colonne du standard ; vide : le lieu est arrivé, parti ou revenu"}, {"avant", "ce qu’elle disait ; vide : inconnu"}, {"apres", "ce qu’elle dit ; vide : inconnu"},
		{"organisation", "qui a changé"}, {"role", "son rôle"}, {"cause", "pourquoi : import, correction, confirmation…"}, {"motif", "dans ses mots"},
	}, (*archive).history},
	{"signalements.csv", "ce que des personnes ont signalé, et la réponse. Leurs messages et leurs adresses n’y sont pas.", [][2]string{
		{"numero", "numéro du signalement"}, {"lieu", "identifiant ; vide : un lieu proposé"}, {"nom", "nom du lieu"}, {"commune", "commune"}, {"sorte", "ce qui est signalé"}, {"etat", "où il en est"},
		{"recu_le", "jour"}, {"voix", "combien l’ont dit"}, {"clos_le", "jour ; vide : il est ouvert"}, {"reponse", "réponse publique"}, {"organisation", "qui a répondu"},
	}, (*archive).tickets},
	{"fermetures.csv", "les lieux fermés ou rouverts, et depuis quand.", [][2]string{
		{"lieu", "identifiant"}, {"nom", "nom du lieu"}, {"etat", "ferme ou rouvert"}, {"depuis", "jour ; vide : inconnu"}, {"motif", "pourquoi"}, {"dit_le", "instant, en temps universel"}, {"organisation", "qui l’a dit"}, {"role", "son rôle"},
	}, (*archive).closures},
	{"doublons.csv", "ce que des personnes ont décidé de deux fiches qui se ressemblent.", [][2]string{
		{"fiche_a", "identifiant"}, {"fiche_b", "identifiant"}, {"decision", "meme : le même lieu ; different : deux lieux ; a_decider : la réponse est reprise"}, {"raison", "dans leurs mots"},
		{"dit_le", "instant, en temps universel"}, {"organisation", "qui l’a dit"}, {"role", "son rôle"},
	}, (*archive).decisions},
}

func standardColumns() (out [][2]string) {
	for i := range place.Columns {
		out = append(out, [2]string{place.Columns[i].Name, place.Columns[i].Title})
	}
	return out
}

func (a *archive) create(name string) (io.Writer, error) {
	return a.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: a.at.UTC()})
}

func (a *archive) write(file archiveFile) error {
	w, err := a.create(file.name)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 64<<10)
	table := csv.NewWriter(out)
	row := func(cells ...string) error { return table.Write(cells) }
	if file.columns != nil {
		head := make([]string, len(file.columns))
		for i, column := range file.columns {
			head[i] = column[0]
		}
		if err := row(head...); err != nil {
			return err
		}
	}
	n, err := file.write(a, out, row)
	if err != nil {
		return err
	}
	if table.Flush(); table.Error() != nil {
		return table.Error()
	}
	a.rows = append(a.rows, n)
	return out.Flush()
}

// each reads rows one by one. Conditions are of the places p.
func (a *archive) each(sql string, into []any, do func() error) (int, error) {
	var w where
	sql = strings.ReplaceAll(sql, "@here", OnTerritory(a.on, "p", w.arg))
	rows, err := a.tx.Query(a.ctx, sql, append([]any{planned}, w.args...)...)
	if err != nil {
		return 0, err
	}
	n := 0
	_, err = pgx.ForEachRow(rows, into, func() error {
		n++
		return do()
	})
	return n, err
}

func (a *archive) places(out io.Writer, _ func(...string) error) (int, error) {
	if _, err := out.Write(place.AppendCSVHeader(nil)); err != nil {
		return 0, err
	}
	var id string
	var feature, line []byte
	return a.each(`SELECT p.identifier, f.feature FROM places p JOIN features f USING (seq) WHERE p.shown AND @here ORDER BY p.seq`, []any{&id, (*text)(&feature)}, func() error {
		p, _, err := place.ParseFeature(feature)
		if err != nil {
			return fmt.Errorf("place %s: %w", id, err)
		}
		p.ID = id
		line = place.AppendCSV(line[:0], &p)
		_, err = out.Write(line)
		return err
	})
}

// neverScored is what the export says of a place without a score.
var neverScored = (&quality.Published{Socle: []string{}, SocleManque: []string{}, SocleInconnu: []string{}}).AppendMembers(nil)

func (a *archive) features(out io.Writer, _ func(...string) error) (int, error) {
	if _, err := io.WriteString(out, `{"type":"FeatureCollection","features":[`); err != nil {
		return 0, err
	}
	var feature, published, line []byte
	first := true
	n, err := a.each(`SELECT f.feature, s.published FROM places p JOIN features f USING (seq) LEFT JOIN scores s USING (seq) WHERE p.shown AND @here ORDER BY p.seq`,
		[]any{(*text)(&feature), (*text)(&published)}, func() error {
			open, ok := strings.CutSuffix(string(feature), "}}")
			if !ok {
				return fmt.Errorf("a feature does not end with its properties")
			}
			line = line[:0]
			if !first {
				line = append(line, ',')
			}
			first = false
			line = append(append(append(line, '\n'), open...), ',')
			if published == nil {
				line = append(line, neverScored...)
			} else {
				line = append(line, published...)
			}
			_, err := out.Write(append(line, "}}"...))
			return err
		})
	if err == nil {
		_, err = io.WriteString(out, "\n]}\n")
	}
	return n, err
}

func (a *archive) records(_ io.Writer, row func(...string) error) (int, error) {
	var lead, id, source, key string
	var created time.Time
	var withdrawn *time.Time
	var feature, raw []byte
	return a.each(`
		SELECT p.identifier, o.identifier, s.name, o.record_key, o.created_at, o.withdrawn_at, COALESCE(m.feature, f.feature), rec.raw::text
		FROM places o
			JOIN places p ON p.seq = COALESCE(o.merged_into, o.seq)
			JOIN sources s ON s.source_id = o.source_id
			JOIN features f ON f.seq = o.seq
			JOIN records rec ON rec.seq = o.seq
			LEFT JOIN members m ON m.seq = o.seq
		WHERE @here ORDER BY o.seq`,
		[]any{&lead, &id, &source, &key, &created, &withdrawn, (*text)(&feature), (*text)(&raw)}, func() error {
			p, _, err := place.ParseFeature(feature)
			if err != nil {
				return fmt.Errorf("record %s: %w", id, err)
			}
			cells := []string{lead, id, source, key, dayText(&created), dayText(withdrawn)}
			for i := range place.Columns {
				cells = append(cells, place.Columns[i].Cell(&p))
			}
			withdrawn = nil
			return row(append(cells, string(raw))...)
		})
}

func dayText(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format(time.DateOnly)
}

func instantText(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// historyBatch bounds what is in memory: some 10 KB a record, and 3 KB a change.
const historyBatch = 500

// history tells what each revision changed in what each record publishes.
func (a *archive) history(_ io.Writer, row func(...string) error) (int, error) {
	n := 0
	for last := int64(0); ; {
		var w where
		rows, err := a.tx.Query(a.ctx, `SELECT seq FROM places p WHERE `+OnTerritory(a.on, "p", w.arg)+` AND seq > `+w.arg(last)+` ORDER BY seq LIMIT `+strconv.Itoa(historyBatch),
			append([]any{planned}, w.args...)...)
		if err != nil {
			return n, err
		}
		seqs, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil || len(seqs) == 0 {
			return n, err
		}
		last = seqs[len(seqs)-1]
		lives, err := passages(a.ctx, a.tx, seqs)
		if err != nil {
			return n, err
		}
		ends, err := closings(a.ctx, a.tx, seqs)
		if err != nil {
			return n, err
		}
		for _, seq := range seqs {
			life := lives[seq]
			slices.Reverse(life) // the first comes first
			for i := range life {
				told, err := tell(&life[i], ends[seq], row)
				if n += told; err != nil {
					return n, err
				}
			}
		}
	}
}

// tell writes what one revision made of one record, a line a field; one line of
// no field where it came, went or came back. It says how many lines that makes.
func tell(p *passage, ends []closed, row func(...string) error) (int, error) {
	if !p.visible() {
		return 0, nil
	}
	step, err := p.step(ends)
	if err != nil {
		return 0, fmt.Errorf("record %s, revision %d: %w", place.Identifier(p.seq), p.Number, err)
	}
	changes := step.Changes
	switch {
	case !p.before.there || !p.after.there:
		changes = []place.FieldChange{{}} // all of it came: lieux.csv and fiches.csv say what
	case p.before.shown != p.after.shown || p.before.into != p.after.into:
		changes = append([]place.FieldChange{{}}, changes...)
	}
	for _, c := range changes {
		err := row(strconv.FormatInt(p.Number, 10), instantText(p.At), place.Identifier(p.seq), string(step.State), c.Column, c.Before, c.After,
			p.Organisation, roleLabel(p.Role), string(p.Cause), p.Reason)
		if err != nil {
			return 0, err
		}
	}
	return len(changes), nil
}

func roleLabel(r access.Role) string {
	if r == "" {
		return ""
	}
	return r.Label()
}

func (a *archive) tickets(_ io.Writer, row func(...string) error) (int, error) {
	var number, lieu, nom, commune, answer, organisation string
	var kind ticket.Kind
	var state ticket.State
	var made time.Time
	var closed *time.Time
	var voices int
	return a.each(`
		SELECT t.number, COALESCE(q.identifier, ''), t.nom, t.commune, t.kind, t.state, t.made_at, t.voices, t.closed_at, t.answer, COALESCE(t.organisation, '')
		FROM tickets t LEFT JOIN places q USING (seq)
			CROSS JOIN LATERAL (SELECT COALESCE(q.identifier, '') AS identifier, COALESCE(q.code_insee, t.code_insee) AS code_insee, COALESCE(q.departement, t.departement) AS departement) AS p
		WHERE @here ORDER BY t.ticket_id`,
		[]any{&number, &lieu, &nom, &commune, &kind, &state, &made, &voices, &closed, &answer, &organisation}, func() error {
			cells := []string{number, lieu, nom, commune, kind.Label(), state.Label(), dayText(&made), strconv.Itoa(voices), dayText(closed), answer, organisation}
			closed = nil
			return row(cells...)
		})
}

func (a *archive) closures(_ io.Writer, row func(...string) error) (int, error) {
	var id, nom, reason, organisation string
	var closed bool
	var since *time.Time
	var made time.Time
	var role access.Role
	return a.each(`
		SELECT p.identifier, COALESCE(rec.nom, ''), k.closed, k.since, k.reason, k.made_at, k.organisation, k.role
		FROM closures k JOIN places o USING (seq) JOIN places p ON p.seq = COALESCE(o.merged_into, o.seq) JOIN records rec ON rec.seq = p.seq
		WHERE @here ORDER BY k.closure_id`,
		[]any{&id, &nom, &closed, &since, &reason, &made, &organisation, &role}, func() error {
			state := "rouvert"
			if closed {
				state = "ferme"
			}
			cells := []string{id, nom, state, dayText(since), reason, instantText(made), organisation, role.Label()}
			since = nil
			return row(cells...)
		})
}

func (a *archive) decisions(_ io.Writer, row func(...string) error) (int, error) {
	var x, y, outcome, reason, organisation string
	var made time.Time
	var role access.Role
	var w where
	sql := `
		SELECT x.identifier, y.identifier, d.outcome, d.reason, d.made_at, d.organisation, d.role
		FROM match_decisions d JOIN places x ON x.seq = d.a JOIN places y ON y.seq = d.b
		WHERE ` + OnTerritory(a.on, "x", w.arg) + ` OR ` + OnTerritory(a.on, "y", w.arg) + ` ORDER BY d.decision_id`
	rows, err := a.tx.Query(a.ctx, sql, append([]any{planned}, w.args...)...)
	if err != nil {
		return 0, err
	}
	n := 0
	_, err = pgx.ForEachRow(rows, []any{&x, &y, &outcome, &reason, &made, &organisation, &role}, func() error {
		n++
		return row(x, y, outcome, reason, instantText(made), organisation, role.Label())
	})
	return n, err
}

// readme says what each file is. It is written last, for it counts them.
func (a *archive) readme() error {
	w, err := a.create("lisez-moi.txt")
	if err != nil {
		return err
	}
	var revision int64
	if err := a.tx.QueryRow(a.ctx, `SELECT COALESCE(max(number), 0) FROM revisions`).Scan(&revision); err != nil {
		return err
	}
	on := a.on.String()
	if on == "" {
		on = "toute la France"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Lieux de médiation numérique\n\nTerritoire : %s.\nTel qu’au %s (temps universel).\nRévision du recensement : %d.\nVersion des données : %d.\n\n", on, a.at.UTC().Format("02/01/2006 15:04:05"), revision, a.data)
	b.WriteString("Chaque fichier CSV est en UTF-8, séparé par des virgules, avec une ligne de titres.\nLes listes d’une cellule sont séparées par « | ». Une cellule vide veut dire : inconnu.\n\n")
	for i, file := range archiveFiles {
		fmt.Fprintf(&b, "%s (%d)\n  %s\n", file.name, a.rows[i], capitalized(file.what))
		for _, column := range file.columns {
			fmt.Fprintf(&b, "  - %s : %s\n", column[0], column[1])
		}
		b.WriteString("\n")
	}
	b.WriteString("Les personnes n’y sont jamais nommées : qui change quelque chose est une organisation, dans un rôle.\n\nLicence : les données gardent la licence de leurs producteurs, le plus souvent la Licence ouverte 2.0.\nCitez la source de chaque fiche (colonne producteur) et la date de cette archive.\n")
	_, err = io.WriteString(w, b.String())
	return err
}

func capitalized(s string) string {
	r := []rune(s)
	return strings.ToUpper(string(r[:1])) + string(r[1:])
}
