"""A progress line for long training."""
import sys
import time


def show_progress(records, epochs=None, stream=None):
    """Pass records on and write one line over and over: epoch, loss, metrics, time left."""
    stream = sys.stderr if stream is None else stream
    begin, first, written = time.monotonic(), None, 0
    try:
        for record in records:
            first = record.epoch if first is None else first
            numbers = {"loss": record.loss, **record.metrics}
            line = f"epoch {record.epoch}" + (f"/{epochs}" if epochs else "") + "".join(
                f"  {name} {value:.4g}" for name, value in numbers.items())
            if epochs:
                done = record.epoch - first + 1
                left = (time.monotonic() - begin) / done * (epochs - record.epoch)
                line += f"  {left:.0f} s left"
            print("\r" + line.ljust(written), end="", file=stream, flush=True)
            written = len(line)
            yield record
    finally:                            # the caller may stop early
        if written:
            print(file=stream)
