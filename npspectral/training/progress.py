"""A progress line for long training."""
import time

from ..progress import Line


def show_progress(records, epochs=None, stream=None):
    """Yield the records of `fit`, and show epoch, loss and metrics; time left if `epochs` is given.

    The line goes to `stream`, as npspectral.progress says.
    """
    line, begin, first = Line(stream), time.monotonic(), None
    try:
        for record in records:
            first = record.epoch if first is None else first
            numbers = {"loss": record.loss, **record.metrics}
            text = f"epoch {record.epoch}" + (f"/{epochs}" if epochs else "") + "".join(
                f"  {name} {value:.4g}" for name, value in numbers.items())
            if epochs:
                done = record.epoch - first + 1
                left = (time.monotonic() - begin) / done * (epochs - record.epoch)
                text += f"  {left:.0f} s left"
            line.show(text)
            yield record
    finally:                            # the caller may stop early
        line.close()
