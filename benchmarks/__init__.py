"""Measurements of speed and quality: python -m benchmarks.steps, python -m benchmarks.quality."""
