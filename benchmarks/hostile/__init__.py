"""Random hostile cases for everything that reads a file or may be killed: python -m benchmarks.hostile."""
