"""The benchmark of what counts: simulated people and simulated cheats, with the truth of every second known."""
