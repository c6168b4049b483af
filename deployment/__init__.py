"""The checks before `chalice deploy`: run by `make check-setup` and `make deploy`, and never deployed."""
