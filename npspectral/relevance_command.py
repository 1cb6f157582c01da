"""npspectral relevance TABLE.csv --target NAME: which columns matter, with an error rate."""
import argparse
from pathlib import Path

from .oracle.candidates import Refused
from .oracle.output import is_empty, say, write_all

EXAMPLES = """examples:
  npspectral relevance customers.csv --target bought --out relevance
  npspectral relevance meter.csv --target price --without id --groups .7 --out by_groups

It prints what was done to the table, and for each column its relevance (what it contributes to the
network), its share (how much of what the network explains is lost where the column is drawn anew
given the others), and whether it is selected. --out FOLDER also has the figure, relevance.png, the
tables as CSV and all that was printed. The same seed gives the same bits.

exit codes: 0 done, 2 usage or a table that cannot be read
"""


def add_options(parser):
    parser.add_argument("table", metavar="TABLE.csv", help="its first line names the columns")
    parser.add_argument("--target", required=True, metavar="NAME", help="column to be explained")
    parser.add_argument("--q", type=_share, default=0.1, help="rate of false discoveries among the "
                        "selected (default 0.1)")
    parser.add_argument("--groups", type=_share, metavar="R", help="price columns together whose "
                        "correlations are above R, such as .7")
    parser.add_argument("--out", metavar="FOLDER", help="new or empty: for figure and tables")
    parser.add_argument("--task", choices=("classification", "regression"), help="if the target's "
                        "values do not show it")
    parser.add_argument("--strict", action="store_true", help="refuse missing cells and columns "
                        "that tell nothing, in place of filling in and leaving out")
    for name, said in (("text", "read a column's numbers as codes"), ("without", "leave it out")):
        parser.add_argument(f"--{name}", metavar="NAME", action="append", default=[],
                            help=f"{said}; may be given several times")
    parser.add_argument("--separator", metavar="SIGN", help="between cells, if it is not found")
    parser.add_argument("--decimal", choices=(".", ","), help="the decimal sign, if both may be")
    parser.add_argument("--encoding", metavar="NAME", help="such as cp1252, if it is not UTF-8 and "
                        "has no byte order mark")
    parser.add_argument("--minutes", type=float, default=10.0, help="refuse what takes longer on "
                        "one core, by estimate (default 10)")
    parser.add_argument("--seed", type=int, default=0, help="of folds, networks and draws")


def run(options):
    """Read, fit, price, print, write; returns the exit code."""
    from .data import read_table
    from .table_relevance import files_of, relevance_of
    folder = None if options.out is None else Path(options.out)
    if folder is not None and not is_empty(folder):
        raise Refused(f"--out {folder}: is not empty")
    try:
        table = read_table(options.table, options.target, task=options.task, strict=options.strict,
                           text=options.text, without=options.without, decimal=options.decimal,
                           separator=options.separator, encoding=options.encoding)
        result = relevance_of(table, options.q, options.groups, options.seed,
                              options.minutes)
    except ValueError as error:
        raise Refused(str(error)) from error
    text = "\n".join([*table.notes, "", result.to_text(), *_of_large(result.share)])
    say(text)
    if folder is not None:
        write_all(folder, {"relevance.txt": f"{text}\n".encode(), **files_of(result)})
        say(f"Figure and tables are in {folder}.")
    return 0


def _of_large(share):
    if (share > 1).any():
        yield "A share above 100 %: without what the column says, a constant would be better."


def _share(text):
    number = float(text)
    if not 0 < number < 1:
        raise argparse.ArgumentTypeError(f"{text}, expected a number between 0 and 1")
    return number
