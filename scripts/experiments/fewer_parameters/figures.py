"""Test error against how many numbers are trained."""
from lab.style import BLUE, GRAY, GREEN, ORANGE, band, log_ticks, panels_of

LOOKS = {"dense": (GRAY, "o"), "eigenvalues": (BLUE, "s"), "S-SVD": (GREEN, "^"),
         "S-QR": (ORANGE, "D")}
TICKS = (0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5, 0.9)


def figures(result):
    return {"fewer_parameters": lambda figure: draw(figure, result)}


def draw(figure, result):
    panels = panels_of(figure, len(result), 6.5, 5, "Two hidden layers, ReLU; mean and range over "
                       "trials\ndashed: another learning rate; dotted: as published (code)")
    for axes, (name, part) in zip(panels, result.items()):
        for arm in LOOKS:
            draw_arm(axes, part, arm, part["published_rate"], "-", arm)
            draw_arm(axes, part, arm, ~part["published_rate"], "--")
            draw_arm(axes, part, f"{arm}, as published", part["published_rate"], ":")
        axes.set(xscale="log", xlabel="trained numbers", ylabel="test error, 1 - accuracy",
                 title=name)
        log_ticks(axes, y=TICKS)


def draw_arm(axes, part, arm, chosen, line, label=None):
    """One arm, its widths joined by a line."""
    chosen = chosen & (part["arm"] == arm)
    if chosen.any():
        color, marker = LOOKS[arm.removesuffix(", as published")]
        order = part["trainable"][chosen].argsort()
        band(axes, part["trainable"][chosen][order], 1 - part["accuracy"][:, chosen][:, order],
             color, label, marker + line, markersize=5, fillstyle="full" if label else "none")
