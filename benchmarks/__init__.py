"""Measurements of speed and quality, and hostile cases: python -m benchmarks.steps, benchmarks.hostile, ..."""
