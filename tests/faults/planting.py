"""How a function becomes a fault: it is noted here, once for each lesson that must notice it."""

PLANTED = []


def fault(*lessons):
    """Mark a function as a fault that each of these lessons must notice: numbers, or "02b" for that one."""

    def note(plant):
        PLANTED.extend((f"{lesson:0>2}", plant) for lesson in lessons)
        return plant

    return note
