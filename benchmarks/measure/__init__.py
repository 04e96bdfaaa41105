"""The measurements: a module for each part, and the test bed and stopwatch that they share."""
