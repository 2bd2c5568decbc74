package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"mednum/internal/postgres/pgtest"
)

func TestJournal(t *testing.T) {
	url := pgtest.URL(t)
	lieux := file(t, "lieux.csv", "id,nom,commune,code_postal,adresse,date_maj\n1,Médiathèque du Parc,Reims,51100,1 rue du Parc,2026-01-05\n")
	says(t, url, 0, nil, "import", lieux, "--source", "Ville d’essai")
	says(t, url, 0, []string{"RÉVISION", "import", "source:Ville d’essai", "debut"}, "journal", "list")
	if out := says(t, url, 0, nil, "journal", "list", "--before", "2", "--limit", "5"); strings.Count(out, "\n") != 2 {
		t.Error(out)
	}
	says(t, url, exitUsage, []string{"« --limit » et « --before » sont des nombres"}, "journal", "list", "--limit", "0")
	out := says(t, url, 0, []string{"2 révisions, ", "Tout est tel qu’il a été écrit."}, "journal", "verify")
	_, head, _ := strings.Cut(out, "dernière révision : ")
	head, _, _ = strings.Cut(head, "\n")
	says(t, url, 0, []string{"Tout est tel"}, "journal", "verify", "--hash", head)
	says(t, url, exitRefused, []string{"le journal n’a plus la révision d’empreinte " + strings.Repeat("e", 64), "1 écart"}, "journal", "verify", "--hash", strings.Repeat("e", 64))

	ctx := context.Background()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, `
		ALTER TABLE features DISABLE TRIGGER journal_update; UPDATE features SET feature = replace(feature, 'Parc', 'Port');
		ALTER TABLE features ENABLE ALWAYS TRIGGER journal_update`); err != nil {
		t.Fatal(err)
	}
	says(t, url, exitRefused, []string{"- table features, lieu r36r1ftt : la ligne a changé après la révision 2 sans que le journal le note", "le journal ou la base ont été changés : 1 écart"}, "journal", "verify")
}

// What was exported on an instant is exported again ever after, as of it.
func TestExportAsOf(t *testing.T) {
	url := pgtest.URL(t)
	header, parc, port := "id,nom,commune,code_postal,adresse,date_maj\n", "1,Médiathèque du Parc,Reims,51100,1 rue du Parc,2026-01-05\n", "2,Médiathèque du Port,Reims,51100,9 quai du Port,2026-01-05\n"
	says(t, url, 0, nil, "import", file(t, "lieux.csv", header+parc+port), "--source", "Ville d’essai")
	then := says(t, url, 0, nil, "export")
	at := time.Now().Format(time.RFC3339Nano)
	says(t, url, 0, nil, "import", file(t, "lieux.csv", header+strings.Replace(parc, "Parc,", "Pré,", 1)), "--source", "Ville d’essai")
	now := says(t, url, 0, nil, "export")
	if now == then || !strings.Contains(then, "du Port") {
		t.Fatal("nothing changed")
	}
	if got := says(t, url, 0, nil, "export", "--as-of", at); got != then {
		t.Errorf("as of %s:\n%s\nwas:\n%s", at, got, then)
	}
	if got := says(t, url, 0, nil, "export", "--as-of", time.Now().Format(time.DateOnly)); got != now {
		t.Errorf("today:\n%s", got)
	}
	says(t, url, exitRefused, []string{"le journal commence le "}, "export", "--as-of", "1999-12-31")
	says(t, url, exitRefused, []string{"« 2999-12-31 » est à venir"}, "export", "--as-of", "2999-12-31")
	says(t, url, exitUsage, []string{"« hier » n’est ni un jour ni un instant"}, "export", "--as-of", "hier")
	says(t, url, exitUsage, []string{"--as-of et --source ne vont pas ensemble"}, "export", "--as-of", "2026-01-01", "--source", "x")
}
