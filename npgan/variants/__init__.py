"""What came after 2014: each module is its difference from gan.py."""
