"""The rules that repositories and teams must keep: pure functions of what GitHub shows of them."""
