package main

import (
	"context"
	"strings"
	"testing"

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
