"""Bugs to plant into the library, each with the lessons that must notice it.

A fault is a function of pytest's monkeypatch that breaks one thing; FAULTS pairs it with the number
of a lesson. A lesson that still runs to its end over a planted fault teaches something it does not
check.
"""



FAULTS = []


def fault(*lessons):
    """Mark a function as a fault that each of these lessons must notice."""

    def note(plant):
        FAULTS.extend((lesson, plant) for lesson in lessons)
        return plant

    return note


# --- lesson 1 ---

# --- lesson 2 ---

# --- lesson 3 ---

# --- lesson 4 ---

# --- lesson 5 ---

# --- lesson 6 ---

# --- lesson 7 ---

# --- lesson 8 ---

# --- lesson 9 ---

# --- lesson 10 ---
