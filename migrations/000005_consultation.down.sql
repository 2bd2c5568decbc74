DROP TABLE journal, contests, remontees, simulations, approvals, access_keys, referentiels;
DROP FUNCTION journal_guard, referentiels_guard;
