"""What is measured: a module for each part, and the test bed and the stopwatch that they share."""
