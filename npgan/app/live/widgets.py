"""What controls are made of: buttons, and rows that go from value to value. Neither draws by itself."""

from matplotlib.widgets import AxesWidget, Button

FACE, EDGE = "#F3F3F3", "#BBBBBB"


def bare(ax, colour):
    """Axes that are nothing but a box."""
    ax.set(xlim=(0, 1), ylim=(0, 1), facecolor=colour, navigate=False)
    for axis in ax.xaxis, ax.yaxis:
        axis.set_visible(False)
    ax.spines[:].set_color(EDGE)
    return ax


class Press(Button):
    """A button that looks the same under the mouse, so that moving it costs no drawing."""

    def __init__(self, ax, text, press, font):
        super().__init__(bare(ax, FACE), text, color=FACE, hovercolor=FACE)
        bare(ax, FACE)
        self.label.set_fontsize(font)
        self.on_clicked(lambda event: press())

    def say(self, text):
        self.label.set_text(text)


class Row(AxesWidget):
    """A name, and a value between two arrows: a click left or right of it, or the wheel, takes the next one."""

    MIDDLE, START = 0.71, 0.43  # of the value; where it begins

    def __init__(self, ax, name, step, font):
        super().__init__(bare(ax, "white"))
        ax.spines[:].set_visible(False)
        self.step = step
        style = {"va": "center", "fontsize": font}
        ax.text(0.01, 0.5, name, color="#444444", **style)
        self.value = ax.text(self.MIDDLE, 0.5, "", ha="center", weight="bold", **style)
        for x, arrow in (self.START, "◂"), (0.99, "▸"):
            ax.text(x, 0.5, arrow, ha="center", color="#666666", **style)
        self.connect_event("button_press_event", self.press)
        self.connect_event("scroll_event", self.scroll)

    def say(self, text):
        self.value.set_text(text)

    def press(self, event):
        if event.inaxes is self.ax and event.button == 1 and event.xdata > self.START - 0.04:
            self.step(1 if event.xdata > self.MIDDLE else -1)

    def scroll(self, event):
        if event.inaxes is self.ax:
            self.step(1 if event.button == "up" else -1)
