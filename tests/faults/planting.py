"""How a function becomes a fault: it is noted here, once for each lesson that must notice it."""

PLANTED = []


def fault(*lessons):
    """Mark a function as a fault that each of these lessons must notice."""

    def note(plant):
        PLANTED.extend((lesson, plant) for lesson in lessons)
        return plant

    return note
