package quality

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestPublished(t *testing.T) {
	e := engineOf(t, small)
	r := e.Evaluate(ask(t, "+telephone", "services=Insertion professionnelle via le numérique", "?pass=non@2025-10-01", "date_maj:2025-12-01"))
	p := r.Published()
	want := `"score":56.3,"niveau":"C","niveau_min":"C","niveau_max":"C","etat":"confirme","couverture":1,"confiance":73,"socle":["INF-01"],"socle_manque":[],"socle_inconnu":[],"en_reexamen":false,"referentiel":"2.1.0","date_score":"2026-01-01"`
	if got := string(p.AppendMembers(nil)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	// A place of which nothing is known has no score: not a score of 0.
	e = alone(t, "inconnu", `{"type": "declaration", "question": "pass", "resultats": {"oui": {"valeur": 1, "phrase": "o"}, "non": {"valeur": 0, "phrase": "n"}, "aucun_dispositif": {"sans_objet": true, "phrase": "s"}}}`)
	r = e.Evaluate(ask(t))
	p = r.Published()
	want = `"score":null,"niveau":null,"niveau_min":null,"niveau_max":null,"etat":"non_attribue","couverture":0,"confiance":null,"socle":[],"socle_manque":[],"socle_inconnu":[],"en_reexamen":false,"referentiel":"2.1.0","date_score":"2026-01-01"`
	if got := string(p.AppendMembers(nil)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	// Never scored.
	want = `"score":null,"niveau":null,"niveau_min":null,"niveau_max":null,"etat":null,"couverture":null,"confiance":null,"socle":[],"socle_manque":[],"socle_inconnu":[],"en_reexamen":false,"referentiel":null,"date_score":null`
	if got := string((&Published{}).AppendMembers(nil)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if never, err := ParsePublished(nil); err != nil || string(never.AppendMembers(nil)) != want {
		t.Errorf("%+v, %v", never, err)
	}
	for _, wrong := range []string{`"score":`, `"score":"56"`, `}`, "null"} {
		if _, err := ParsePublished([]byte(wrong)); err == nil {
			t.Errorf("%s is taken", wrong)
		}
	}
}

// The members are those of encoding/json, in its order, and are read back.
func TestPublishedThereAndBack(t *testing.T) {
	e := engineOf(t, string(Initial()))
	rapid.Check(t, func(r *rapid.T) {
		in := anyEntree(r)
		result := e.Evaluate(&in)
		p := result.Published()
		members := p.AppendMembers(nil)
		text, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		if got := "{" + string(members) + "}"; got != string(text) {
			r.Fatalf("got  %s\nwant %s", got, text)
		}
		back, err := ParsePublished(members)
		if diff := cmp.Diff(p, back); err != nil || diff != "" {
			r.Fatalf("%v\n%s", err, diff)
		}
	})
}
