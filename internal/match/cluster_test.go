package match

import (
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestCluster(t *testing.T) {
	for name, c := range map[string]struct {
		edges []Edge
		want  [][]int64
	}{
		"nothing":                                {nil, nil},
		"undecided joins nobody":                 {[]Edge{{A: 1, B: 2, Outcome: Undecided, Score: 300}}, nil},
		"a chain":                                {[]Edge{{A: 2, B: 3, Outcome: Same}, {A: 2, B: 1, Outcome: Same}}, [][]int64{{1, 2, 3}}},
		"a guard cuts the weakest":               {[]Edge{{A: 1, B: 2, Outcome: Same, Score: 500}, {A: 2, B: 3, Outcome: Same, Score: 600}, {A: 1, B: 3, Outcome: Different, Guard: true}}, [][]int64{{2, 3}}},
		"a low score alone cuts nothing":         {[]Edge{{A: 1, B: 2, Outcome: Same, Score: 500}, {A: 2, B: 3, Outcome: Same, Score: 600}, {A: 1, B: 3, Outcome: Different}}, [][]int64{{1, 2, 3}}},
		"a person wins over the score":           {[]Edge{{A: 1, B: 2, Outcome: Same, Score: 900}, {A: 2, B: 1, Outcome: Different, Human: true}}, nil},
		"a person wins over a guard":             {[]Edge{{A: 1, B: 2, Outcome: Different, Guard: true}, {A: 2, B: 1, Outcome: Same, Human: true}}, [][]int64{{1, 2}}},
		"a person cuts a computed chain":         {[]Edge{{A: 1, B: 2, Outcome: Same, Score: 800}, {A: 2, B: 3, Outcome: Same, Score: 700}, {A: 1, B: 3, Outcome: Different, Human: true}}, [][]int64{{1, 2}}},
		"two people, one guard between":          {[]Edge{{A: 1, B: 2, Outcome: Same, Human: true}, {A: 2, B: 3, Outcome: Same, Human: true}, {A: 1, B: 3, Outcome: Different, Guard: true}}, [][]int64{{1, 2, 3}}},
		"people who contradict themselves":       {[]Edge{{A: 1, B: 2, Outcome: Same, Human: true}, {A: 1, B: 2, Outcome: Different, Human: true}}, nil},
		"an answer taken back by « à décider »":  {[]Edge{{A: 1, B: 2, Outcome: Same, Score: 800}, {A: 1, B: 2, Outcome: Undecided, Human: true}}, nil},
		"groups come in the order of their lead": {[]Edge{{A: 9, B: 4, Outcome: Same}, {A: 8, B: 3, Outcome: Same}}, [][]int64{{3, 8}, {4, 9}}},
	} {
		if got := Cluster(c.edges); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// Whatever the order and the direction of the edges, the groups are the same;
// and they keep what they promise.
func TestClusterProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var edges []Edge
		for range rapid.IntRange(0, 25).Draw(t, "n") {
			e := Edge{A: rapid.Int64Range(1, 8).Draw(t, "a"), B: rapid.Int64Range(1, 8).Draw(t, "b"), Score: rapid.IntRange(-3, 3).Draw(t, "score")}
			e.Outcome = rapid.SampledFrom([]Outcome{Same, Same, Undecided, Different}).Draw(t, "outcome")
			e.Human = rapid.IntRange(0, 4).Draw(t, "human") == 0
			e.Guard = e.Outcome == Different && rapid.Bool().Draw(t, "guard")
			edges = append(edges, e)
		}
		got := Cluster(edges)
		shuffled := rapid.Permutation(edges).Draw(t, "order")
		for i := range shuffled {
			if rapid.Bool().Draw(t, "turn") {
				shuffled[i].A, shuffled[i].B = shuffled[i].B, shuffled[i].A
			}
		}
		if again := Cluster(shuffled); !reflect.DeepEqual(got, again) {
			t.Fatalf("%v\nanother order: %v", got, again)
		}
		group := map[int64]int{}
		for i, g := range got {
			if len(g) < 2 || !slices.IsSorted(g) || i > 0 && got[i-1][0] >= g[0] {
				t.Fatalf("form of %v", got)
			}
			for _, x := range g {
				if group[x] != 0 {
					t.Fatalf("%d is in two groups: %v", x, got)
				}
				group[x] = i + 1
			}
		}
		// What stands for a pair, said the slow way.
		pairs := map[[2]int64]Edge{}
		for _, e := range edges {
			if e.A == e.B {
				continue
			}
			p := [2]int64{min(e.A, e.B), max(e.A, e.B)}
			old, ok := pairs[p]
			rank := func(e Edge) int {
				r := 0
				if e.Human {
					r += 100
				}
				if e.Guard {
					r += 10
				}
				if e.Outcome == Different {
					r++
				}
				return r
			}
			if !ok || rank(e) > rank(old) || rank(e) == rank(old) && (e.Score > old.Score || e.Score == old.Score && e.Outcome > old.Outcome) {
				pairs[p] = e
			}
		}
		together := func(p [2]int64) bool { return group[p[0]] != 0 && group[p[0]] == group[p[1]] }
		human := map[int64]int64{} // joined by people alone
		root := func(x int64) int64 {
			for human[x] != 0 {
				x = human[x]
			}
			return x
		}
		for p, e := range pairs {
			if e.Human && e.Outcome == Same && root(p[0]) != root(p[1]) {
				human[root(p[0])] = root(p[1])
			}
		}
		apart := false
		for p, e := range pairs {
			switch {
			case e.Outcome == Different && e.Human && together(p):
				t.Fatalf("%v: a person said that they are two: %v of %v", p, got, edges)
			case e.Outcome == Different && e.Guard && !e.Human && together(p) && root(p[0]) != root(p[1]):
				t.Fatalf("%v: a guard said that they are two, and nobody else: %v of %v", p, got, edges)
			}
			apart = apart || e.Outcome == Different && (e.Human || e.Guard)
		}
		// Without anything that separates, groups are what Same connects.
		if !apart {
			for p, e := range pairs {
				if e.Outcome == Same && !together(p) {
					t.Fatalf("%v are one, and apart: %v", p, got)
				}
			}
		}
		// Nobody is in a group without a Same of its own.
		for x := range group {
			if !slices.ContainsFunc(edges, func(e Edge) bool { return (e.A == x || e.B == x) && e.A != e.B && e.Outcome == Same }) {
				t.Fatalf("%d is in a group, and nothing says so: %v", x, got)
			}
		}
	})
}
