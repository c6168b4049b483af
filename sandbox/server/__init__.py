"""The world over HTTP: tokens, limits, faults, the control plane."""
