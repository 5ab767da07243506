"""What is kept of a session: a folder as `npgan train` writes one, with a picture; and data drawn by hand."""

from itertools import count
from pathlib import Path

import numpy as np

from npgan import checkpoint, require
from npgan.app.demos import DEMOS
from npgan.app.folder import CHECKPOINT, HISTORY, RunFolder
from npgan.app.live.session import Session
from npgan.app.resume import DIGESTS, OLDER, length, read_notes
from npgan.app.run import Run, files
from npgan.app.tables import read_arrays
from npgan.checkpoint import CheckpointError
from npgan.files import whole_file
from npgan.training import Record

DRAWN = "drawn"  # the name of data drawn by hand until they are in a file
PICTURE, ROWS = "play.png", "rows.npy"


def save(session, figure=None):
    """Save picture and checkpoint in a new folder, runs/NAME or a numbered one, and return its path, from which
    `npgan train NAME --resume --out FOLDER` and `npgan play FOLDER` go on. ValueError if it has diverged."""
    session.finish()
    if not checkpoint.is_finite(session.gan):
        raise ValueError("the parameters are no longer finite: there is nothing worth saving")
    training, demo = session.training, session.demo
    training.config = dict(session.config)
    key = length(training.config)
    if key == "steps":  # or it could not be taken up
        training.config["steps"] = max(training.config["steps"], session.step)
    own = demo.name not in DEMOS
    name = "own" if own else demo.name
    training.kept |= {"rows": list(session.data.rows)} if own else {}
    folder = RunFolder.new(None, name, [*files(demo, training), PICTURE, ROWS])
    with Run(folder, demo, training) as run:
        for record in session.history:
            run.history.extend(record)
        moves = {move: run.training.gan.__dict__.pop(move, None) for move in ("ascend", "descend")}
        try:
            run.save()
        finally:
            run.training.gan.__dict__.update({move: act for move, act in moves.items() if act})
        if figure is not None:
            with whole_file(folder.own(PICTURE)) as file:
                figure.savefig(file, format="png", metadata={"Software": None})
    return folder.path


def load(path, data_folder=None):
    """The Session that goes on from a checkpoint, or from the folder of a run. ValueError if it cannot."""
    path = Path(path)
    file = path / CHECKPOINT if path.is_dir() else path
    saved = checkpoint.load(file)
    config = OLDER | {name: value for name, value in saved.config.items() if name != DIGESTS}
    name, rows = str(config.get("demo")), None
    if name not in DEMOS:
        rows = rows_of(file.parent, saved, name)
    try:
        session = Session(config, rows, saved=saved, data_folder=data_folder)
    except KeyError as error:
        raise CheckpointError(f"{file} does not say {error}") from None
    if (file.parent / HISTORY).exists():
        history = read_notes(file.parent, session.demo, session.training, saved)
        session.history = [Record(int(row[0]), *row[1:]) for row in np.reshape(history, (-1, 5)).tolist()]
    return session


def rows_of(folder, saved, name):
    """The rows that a session with data of the user's own has kept beside its checkpoint."""
    path = folder / ROWS
    order = saved.data.get("order")
    if order is None or not path.is_file():
        raise CheckpointError(f"{folder} holds no data to go on with: they were {require.one_line(name)}")
    with open(path, "rb") as file:
        np.lib.format.read_magic(file)
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
    return np.array(read_arrays(path, shape[0], tuple(shape[1:]), dtype))


def drawn_rows(session):
    """The rows drawn by hand so far; none if the data are others."""
    return session.data.rows.tolist() if session.drawn else []


def put_down(session):
    """If the data were drawn by hand, put them into a file, drawn.csv or a numbered one; commands name it."""
    if session.config["demo"] != DRAWN:
        return
    names = ("drawn.csv" if i == 1 else f"drawn-{i}.csv" for i in count(1))
    name = next(name for name in names if not Path(name).exists())
    with whole_file(name) as file:
        np.savetxt(file, session.data.rows, delimiter=",", fmt="%.9g")
    session.config["demo"] = name
