package match

import (
	"cmp"
	"slices"
)

// Cluster gives the records that are one place: each group sorted, of two or
// more, in the order of their first. It is the same whatever the order of the
// edges.
//
// What people decided is joined first, and of what they contradict themselves
// on, Different wins. What is computed is then joined, the likeliest first,
// unless that would put together two records that a person or a guard said
// Different. Such a pair is only ever together when people's own decisions
// join it through others, and no person separated it.
func Cluster(edges []Edge) [][]int64 {
	type pair struct{ a, b int64 }
	decided := make(map[pair]Edge, len(edges))
	for _, e := range edges {
		if e.A == e.B {
			continue
		}
		if e.A > e.B {
			e.A, e.B = e.B, e.A
		}
		p := pair{e.A, e.B}
		if before, ok := decided[p]; !ok || e.against(before) > 0 {
			decided[p] = e
		}
	}
	parent := map[int64]int64{}
	members := map[int64][]int64{}
	apart := map[int64][]Edge{} // by record: the pairs that may not be together
	root := func(x int64) int64 {
		if _, ok := parent[x]; !ok {
			parent[x], members[x] = x, []int64{x}
		}
		for parent[x] != x {
			parent[x] = parent[parent[x]]
			x = parent[x]
		}
		return x
	}
	var joins []Edge
	for _, e := range decided {
		switch {
		case e.Outcome == Same:
			joins = append(joins, e)
		case e.Outcome == Different && (e.Human || e.Guard):
			apart[e.A], apart[e.B] = append(apart[e.A], e), append(apart[e.B], e)
		}
	}
	slices.SortFunc(joins, func(x, y Edge) int {
		return cmp.Or(first(x.Human, y.Human), cmp.Compare(y.Score, x.Score), cmp.Compare(x.A, y.A), cmp.Compare(x.B, y.B))
	})
	for _, e := range joins {
		a, b := root(e.A), root(e.B)
		if a == b {
			continue
		}
		if len(members[a]) < len(members[b]) {
			a, b = b, a
		}
		forbidden := false
		for _, x := range members[b] {
			for _, no := range apart[x] {
				other := no.A
				if other == x {
					other = no.B
				}
				if (no.Human || !e.Human) && root(other) == a {
					forbidden = true
				}
			}
		}
		if forbidden {
			continue
		}
		parent[b] = a
		members[a] = append(members[a], members[b]...)
		delete(members, b)
	}
	var groups [][]int64
	for _, m := range members {
		if len(m) > 1 {
			slices.Sort(m)
			groups = append(groups, m)
		}
	}
	slices.SortFunc(groups, func(x, y []int64) int { return cmp.Compare(x[0], y[0]) })
	return groups
}

// against orders what is said of one pair: the strongest last.
func (e Edge) against(f Edge) int {
	firm := func(e Edge) bool { return e.Outcome == Different }
	return cmp.Or(first(f.Human, e.Human), first(f.Guard, e.Guard), first(firm(f), firm(e)), cmp.Compare(e.Score, f.Score), cmp.Compare(e.Outcome, f.Outcome))
}

// first puts what is true before what is not.
func first(x, y bool) int {
	switch {
	case x == y:
		return 0
	case x:
		return -1
	}
	return 1
}
