"""What protecting an endpoint costs, beside other ways to do it: `python -m benchmarks`."""
