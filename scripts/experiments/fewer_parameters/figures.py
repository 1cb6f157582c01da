"""Test error against how many numbers are trained."""
from lab.style import BLUE, GRAY, GREEN, ORANGE

LOOKS = {"dense": (GRAY, "o"), "eigenvalues": (BLUE, "s"), "S-SVD": (GREEN, "^"),
         "S-QR": (ORANGE, "D")}
TICKS = (0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5, 0.9)
FILLING = {"--": "white", ":": "lightgray"}
TITLES = {"mnist": "MNIST", "fashion-mnist": "Fashion-MNIST"}


def figures(result):
    return {"fewer_parameters": lambda plt: draw(plt, result)}


def draw(plt, result):
    figure, axes = plt.subplots(1, len(result), figsize=(6.5 * len(result), 5), squeeze=False)
    for ax, (name, part) in zip(axes[0], result.items()):
        for arm in LOOKS:
            draw_arm(ax, part, arm, part["published_rate"], "-", arm)
            draw_arm(ax, part, arm, ~part["published_rate"], "--")
            draw_arm(ax, part, f"{arm}, as published", part["published_rate"], ":")
        for line, label in (("--", "another learning rate"), (":", "as published (code)")):
            ax.plot([], [], line, color="black", marker="o",
                    markerfacecolor=FILLING[line], label=label)
        ax.set(xscale="log", yscale="log", xlabel="trained numbers",
               ylabel="test error, 1 - accuracy", title=TITLES[name] + ", two hidden layers, ReLU")
        ax.set_yticks(TICKS, [f"{tick:g}" for tick in TICKS])
        ax.minorticks_off()
        ax.legend(loc="upper right")
    return figure


def draw_arm(ax, part, arm, chosen, line, label=None):
    """Mean over trials of one arm, its widths joined by a line, with the range over trials."""
    chosen = chosen & (part["arm"] == arm)
    if not chosen.any():
        return
    color, marker = LOOKS[arm.removesuffix(", as published")]
    order = part["trainable"][chosen].argsort()
    counts, values = part["trainable"][chosen][order], 1 - part["accuracy"][:, chosen][:, order]
    mean = values.mean(0)
    ax.errorbar(counts, mean, [mean - values.min(0), values.max(0) - mean], label=label,
                color=color, marker=marker, linestyle=line, markersize=5,
                markerfacecolor=FILLING.get(line, color))
