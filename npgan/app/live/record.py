"""A recording is a training frame by frame: pictures of a scene at chosen steps, and what is said of each."""

import io
import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from npgan import metrics
from npgan.app.live.scene import Scene, name_of

SIZE = 12.8, 7.2  # inches, whatever the number of pixels: text is as large as that of the window
FONT = 11.0  # points, on a figure of that size
PARTS = 0.0025, 0.01, 0.04, 0.1, 0.25, 0.5, 1.0  # of a training: something is said at the end of each


@dataclass
class Act:
    """n moves of the sessions, each "advance", "d_step" or "g_step", seen in so many frames.

    before: said while it goes on; "" leaves what was said last. after(*sessions): what is said at its end.
    who: which sessions move; None: all.
    """

    move: str
    n: int
    frames: int
    after: Callable
    before: str = ""
    who: tuple | None = None

    def marks(self):
        """The moves after which there is a frame, the last one among them."""
        return sorted({round(self.n * (i + 1) / self.frames) for i in range(self.frames)} - {0})


@dataclass
class Frame:
    """where: which step. said: what is said of it, or was said last. alt: the picture in words. key: is it the
    end of an act, or the start? png: the picture."""

    where: str
    said: str
    alt: str
    key: bool
    png: bytes

    def image(self):
        from PIL import Image

        return Image.open(io.BytesIO(self.png))


@dataclass
class Recording:
    """title, about: what it is. shown: what the pictures show. settings: {name of a session: its config}.
    command: what made it. ended: why it ended early, or ""."""

    title: str
    about: str
    shown: str
    settings: dict
    command: str
    frames: list = field(default_factory=list)
    ended: str = ""

    @property
    def keys(self):
        return [frame for frame in self.frames if frame.key]


class Half(Scene):
    """A scene beside another one: its view, and under it D and the distance to the data over time."""

    name = ""
    MAIN = 0.115, 0.39, 0.885, 0.90  # left, bottom, right, top of the view

    def place(self):
        self.main = self.axes(*self.MAIN)
        self.losses = self.axes(0.0, 0.0, 0.1, 0.1)
        self.losses.set_visible(False)
        self.judged = self.axes(0.135, 0.225, 0.97, 0.295)
        self.distance = self.axes(0.135, 0.08, 0.97, 0.15)
        top = self.axes(0.0, 0.94, 1.0, 1.0)
        top.axis("off")
        self.headline = top.text(0.02, 0.6, "", va="center", weight="bold", fontsize=1.25 * self.font)

    def begin(self):
        super().begin()
        for ax in self.timed:  # no room for a legend within
            if ax.get_legend() is not None:
                ax.get_legend().set_loc("lower right")
                ax.get_legend().set_bbox_to_anchor((1, 0.97), ax.transAxes)

    def light(self, lit):
        pass

    def status(self):
        return f"{self.name}   step {self.session.step:,}"


class Camera:
    """Takes pictures, `width` pixels wide, of one session, or of two side by side: {name: session}."""

    def __init__(self, sessions, width=1280):
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        self.figure = Figure(figsize=SIZE, dpi=width / SIZE[0])
        self.canvas = FigureCanvasAgg(self.figure)
        self.scenes, n = [], len(sessions)
        for i, (name, session) in enumerate(sessions.items()):
            area = i / n, 0.0, (i + 1) / n, 1.0
            self.scenes.append((Half if n > 1 else Scene)(self.figure, session, area=area, font=FONT))
            self.scenes[-1].name = name

    def picture(self, lit=None):
        """The PNG of how things stand."""
        from PIL import Image

        for scene in self.scenes:
            scene.frames = 0  # each picture is measured
            scene.update(lit)
        self.canvas.draw()
        file = io.BytesIO()
        Image.fromarray(np.asarray(self.canvas.buffer_rgba())[..., :3]).save(file, "PNG", compress_level=1)
        return file.getvalue()


def shoot(recording, sessions, acts, *, opening="", width=1280, stopped=(), watch=iter):
    """Play the acts with sessions {name: session}, and note a Frame of each picture in the recording.

    opening: said at first. stopped: becomes non-empty when it is to end. watch: what to wrap the moves in, a
    progress bar.
    """
    camera, played = Camera(sessions, width), list(sessions.values())
    said = opening or (" ".join(map(told, played)) if played[0].step else "Nothing has been learned yet.")

    def note(key, lit=None, extra=""):
        where = stand(*played, extra=extra)
        words = (f"{name + ': ' if name else ''}{told(one)}" for name, one in sessions.items())
        recording.frames.append(Frame(where, said, " ".join([where, *words]), key, camera.picture(lit)))

    note(True)
    moves = ((act, i) for act in acts for i in range(1, act.n + 1))
    for act, i in watch(moves):
        moving = played if act.who is None else [played[number] for number in act.who]
        for one in moving:
            getattr(one, act.move)()
        ended = [one.ended for one in moving if one.ended and one.ended.startswith("diverged")]
        over = i == act.n or ended or stopped
        if over or i in act.marks():
            said = act.after(*played) if i == act.n else act.before or said
            if over and i < act.n:
                recording.ended = ended[0] if ended else f"stopped at step {played[0].step}"
                said = f"{recording.ended[0].upper()}{recording.ended[1:]}."
            note(over, LIT.get(act.move), f"{NAMES[act.move]} {i:,}" if act.move in NAMES else "")
        if recording.ended:
            break
    return recording


NAMES = {"d_step": "D step", "g_step": "G step"}
LIT = {"d_step": ("fake", "real", "D", "a", "V", "dV"), "g_step": ("z", "G", "fake", "D", "a", "V", "dloss")}


def acts_of(session, frames=100):
    """A whole training, its first steps more slowly than the others, in some `frames`."""
    start, end = session.step, session.training.steps
    marks = sorted({start + max(1, round((end - start) * part)) for part in PARTS if end > start})
    lengths, left, acts = np.diff([start, *marks]).tolist(), frames - 1, []
    for i, n in enumerate(lengths):  # the first are the shortest: what they cannot use is for the others
        each = min(n, max(1, round(left / (len(lengths) - i))))
        acts.append(Act("advance", n, each, after))
        left -= each
    return acts


# --- words, with the numbers of a session ---


def after(session):
    """What is said at the end of an act, and still stands there some steps later."""
    return f"After {session.step:,} step{'s' if session.step != 1 else ''}: {told(session)}"


def stand(*sessions, extra=""):
    """Where they are; extra: what more there is to say of that."""
    steps = " and ".join(f"{step:,}" for step in sorted({session.step for session in sessions}))
    return f"Step {steps}{', ' if extra else ''}{extra}."


def told(session):
    """How good G is, and what D makes of it, in a sentence or two."""
    found = session.measure()
    words = []
    if "modes" in found:
        words = [modes_told(found, session)]
    elif "w1" in found:
        real = f"real from real: {found['w1_real']:.3g}"
        words = [f"The samples of G lie {found['w1']:.3g} from the data (W1; {real})."]
    if (session.pending or session.history) and not math.isnan(judged(session).d_real):
        words.append(d_told(session))
    return " ".join(words)


def modes_told(found, session):
    quality = found["high_quality"]
    share = "" if math.isnan(quality) else f", and {quality:.0%} lie within 3 sigma of one"
    of = len(session.data.means)
    return f"G's samples find {found['modes']} of {of} modes{share} (real ones: {metrics.CEILING:.0%})."


def judged(session):
    """The latest Record."""
    return session.pending or session.history[-1]


def d_told(session):
    """What D says of the last batch."""
    record, game = judged(session), session.gan.game
    reads, at = game.reads, game.equilibrium.D
    both = "" if at is None else f"; at equilibrium both are {at:g}"
    return f"{reads} says {record.d_real:.2f} of real ones and {record.d_fake:.2f} of fakes, on average{both}."


SHOWN = {
    1: "The data's density p_data (blue, dotted), that of the samples, p_g (orange), what D says of each x "
    "(green, dashed) and what the best D would say (thick grey). Below, thin arrows: where G sends each noise "
    "z; black arrows: where its loss pushes a sample.",
    2: "The plane with real points (blue) and samples of G (orange); the background is what D says of each "
    "point, the green line where it cannot tell; black arrows: where the loss of G pushes a sample.",
    784: "64 digits that G makes of always the same noise; and how D judges real ones (blue), fakes (orange).",
}
BESIDE = {
    1: " Beside it the parts of the GAN; over time, V and the loss of G, D on real and fake, and a distance.",
    2: " Side by side, two trainings of the same seed; below each, over time, D on real and fake; a distance.",
}


def shown(sessions):
    """What the pictures show, in words."""
    first = next(iter(sessions.values()))
    beside = BESIDE[len(sessions)]
    if first.demo.pixels:
        beside = beside.replace(", D on real and fake, and a distance", ", D on real and fake")
    return SHOWN.get(first.data.d, SHOWN[784]) + beside


def new_recording(session, command):
    name = name_of(session)
    about = f"{session.demo.summary[0].upper()}{session.demo.summary[1:]}: {session.training.steps:,} steps."
    return Recording(f"A GAN learns: {name}", about, shown({"": session}), {"": dict(session.config)}, command)
