"""The command npspectral: check, judge, vectors, certify, selftest; and relevance, of a table.

Exit codes: 0 all is well; 1 a mismatch, or no case ran; 2 usage, or input that cannot be read;
3 the case files themselves are not intact.
"""
import argparse
import io
import subprocess
import sys
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path

from .. import __doc__ as MAP
from .. import __version__, relevance_command
from .candidates import Refused, load
from .output import complain, is_empty, say, write_all
from .suite import files

PASS, MISMATCH, USAGE, BAD_VECTORS = 0, 1, 2, 3
DTYPES, SUITES = ("float64", "float32", "float16", "bfloat16"), ("core", "full")
PROGRAMS = ("judge.c", "answer.rs", "answer.mjs", "answer.jl")          # among the examples
DESCRIPTION = f"""{MAP}
In Python, help(npspectral.nn) and so on say more; README.md begins with an example.
The command relevance says which columns of a CSV file matter. The others are those of the oracle:
they test an implementation of spectral layers, losses, penalties and optimizers, in any language,
against certified values and gradients.
"""
EXAMPLES = """examples:
  npspectral check mypkg.mymod:candidate --dtype float32 --suite full
  npspectral check mypkg.mymod:candidate --only 'spectral/tanh/*' --layout keras
  npspectral judge answers.json --report md --out report.md --badge badge.json
  npspectral vectors export vectors-v1
  npspectral relevance customers.csv --target bought --out relevance

exit codes: 0 pass, 1 mismatch or no case ran, 2 usage or unreadable input, 3 case files not intact
"""


def main(arguments=None):
    """Run the command with these arguments; returns the exit code."""
    try:
        options = _options(arguments)
        return int(options.run(options))
    except Refused as error:
        complain(str(error))
        return error.code
    except files.BadVectors as error:
        complain(f"bad case files: {error}")
        return BAD_VECTORS
    except OSError as error:
        complain(str(error))
        return USAGE


def _options(arguments):
    """The arguments, read; what --help prints goes the way of all output."""
    printed = io.StringIO()
    try:
        with redirect_stdout(printed):
            return _parser().parse_args(arguments)
    except SystemExit:
        say(printed.getvalue(), end="")
        raise


def _parser():
    parser = argparse.ArgumentParser(
        "npspectral", description=DESCRIPTION, epilog=EXAMPLES, allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    check = _add(commands, "check", _check, "judge a Python function candidate(case) -> arrays")
    check.add_argument("candidate", metavar="MODULE:FUNCTION")
    check.add_argument("--dtype", choices=(*DTYPES, "tf32"), default="float64")
    _add_selection(check)
    judge = _add(commands, "judge", _judge, "judge a file of answers, from any language")
    judge.add_argument("answers", metavar="ANSWERS.json")
    _add_selection(judge)
    _add_vectors(commands.add_parser("vectors", help="list, show, export or verify the cases"))
    certify = _add(commands, "certify", _certify, "rebuild every golden number with the standard "
                   "library alone and compare byte for byte")
    certify.add_argument("--write", metavar="FOLDER", help="write the files instead of "
                         "comparing; the oracle itself reads none but the installed ones")
    selftest = _add(commands, "selftest", _selftest, "plant every known mistake and see it found")
    selftest.add_argument("--dtype", choices=DTYPES, default="float64")
    selftest.add_argument("--suite", choices=SUITES, default="full")
    selftest.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    relevance_command.add_options(_add(
        commands, "relevance", relevance_command.run, "which columns of a table matter",
        epilog=relevance_command.EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter))
    return parser


def _add(commands, name, run, said, **shown):
    """The parser of one command, which calls run(options)."""
    parser = commands.add_parser(name, help=said, allow_abbrev=False, **shown)
    parser.set_defaults(run=run)
    return parser


def _add_selection(parser):
    parser.add_argument("--suite", choices=SUITES, default="core")
    _add_only(parser)
    parser.add_argument("--layout", metavar="NAME", help="conventions of the implementation: "
                        "keras, torch, julia, minus_lambda, ...")
    parser.add_argument("--forward-only", action="store_true", help="judge no gradient")
    parser.add_argument("--xfail", metavar="FILE", help="known failures, a line each: id  # why")
    parser.add_argument("--report", choices=("text", "md", "json"), default="text")
    parser.add_argument("--out", metavar="FILE", help="where to write the report")
    parser.add_argument("--badge", metavar="FILE.json", help="write the verdict as shields.io's "
                        "endpoint badge reads it")


def _add_only(parser):
    parser.add_argument("--only", metavar="GLOB", action="append",
                        help="cases whose ids match, as in 'loss/*'; may be given several times")


def _add_vectors(parser):
    commands = parser.add_subparsers(required=True, metavar="ACTION")
    listing = _add(commands, "list", _list, "ids, kinds and tiers")
    listing.add_argument("--suite", choices=SUITES, default="full")
    _add_only(listing)
    show = _add(commands, "show", _show, "one case: inputs and expected numbers")
    show.add_argument("id", metavar="ID")
    export = _add(commands, "export", _export, "copy the files, and examples that read them, "
                  "to a new or empty folder")
    export.add_argument("folder", metavar="FOLDER")
    verify = _add(commands, "verify", _verify, "check digests, fields, shapes and counts")
    verify.add_argument("folder", metavar="FOLDER", nargs="?", default=files.FOLDER)


def _check(options):
    from .checks import check
    _prepare(options)
    candidate = load(options.candidate)
    report = check(candidate, suite=options.suite, dtype=options.dtype, layout=options.layout,
                   only=options.only, xfail=options.reasons, forward_only=options.forward_only)
    given = f"check {options.candidate} --dtype {options.dtype}"
    return _finish(options, replace(report, command=given))


def _judge(options):
    from .checks import judge
    from .verdict.answer_file import BadAnswers
    _prepare(options)
    try:
        report = judge(options.answers, suite=options.suite, only=options.only,
                       layout=options.layout, xfail=options.reasons,
                       forward_only=options.forward_only)
    except BadAnswers as error:
        raise Refused(str(error)) from error
    return _finish(options, report)


def _prepare(options):
    """Refuse a selection that is none before anything of the user's runs."""
    from .verdict.layout import layout_of
    from .verdict.xfail import read_xfail
    _select(options)
    for name in ("out", "badge"):                       # a candidate may change the folder
        if getattr(options, name) is not None:
            setattr(options, name, Path(getattr(options, name)).absolute())
    try:
        layout_of(options.layout)
        options.reasons = read_xfail(options.xfail)
    except files.BadVectors:
        raise
    except ValueError as error:
        raise Refused(str(error)) from error


def _select(options):
    from .suite.case import cases
    try:
        return cases(options.suite, options.only)
    except files.BadVectors:
        raise
    except ValueError as error:
        raise Refused(f"{error}: 0 cases ran", MISMATCH) from error


def _finish(options, report):
    """Print or write the report, and a badge; the exit code follows from the report alone."""
    text = {"text": report.to_text, "md": report.to_markdown, "json": report.to_json}[
        options.report]()
    if options.badge is not None:
        _write("--badge", options.badge, report.to_badge())
    if options.out is not None:
        _write("--out", options.out, text)
    say(text if options.out is None else report.headline)
    return PASS if report.ok else MISMATCH


def _write(option, path, text):
    try:
        path.write_text(text + "\n", encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise Refused(f"{option} {path}: cannot be written: {error}") from error


def _list(options):
    say("\n".join(f"{case.id:56} {case.kind:9} {case.tier:9} {'core' if case.core else 'full':4} "
                  f"{','.join(case.dtypes)}" for case in _select(options)))
    return PASS


def _show(options):
    cases, _ = files.read(wanted=lambda case_id, core: case_id == options.id)
    if not cases:
        raise Refused(f"vectors show: no case has the id {options.id!r}; "
                      f"see: npspectral vectors list")
    case = dict(cases[0])
    inputs, expect = case.pop("inputs"), case.pop("expect")
    lines = [f"{field}: {value}" for field, value in case.items()]
    lines += [f"input {name} {tuple(entry['shape'])}: {entry.get('dec', entry.get('labels'))}"
              for name, entry in inputs.items()]
    for name, entry in expect.items():
        lines.append(f"expected {name} {tuple(entry['shape'])}:")
        columns = zip(entry["bits"], entry["about"], entry["scale"])
        for k, (bits, about, scale) in enumerate(columns):
            bracket = f"  from {entry['low'][k]} to {entry['high'][k]}" if "low" in entry else ""
            lines.append(f"  {bits}  {about:>17}  S = {scale:g}{bracket}")
    say("\n".join(lines))
    return PASS


def _export(options):
    manifest, contents = files.read_files()
    contents[files.MANIFEST] = (files.FOLDER / files.MANIFEST).read_bytes()
    examples = Path(__file__).parent / "examples"
    contents |= {f"{files.EXAMPLES}/{name}": (examples / name).read_bytes() for name in PROGRAMS}
    folder = Path(options.folder)
    try:
        if not is_empty(folder):
            raise Refused(f"vectors export: {folder} is not empty")
        write_all(folder, contents)
    except OSError as error:
        raise Refused(f"vectors export: {folder} cannot be written: {error}") from error
    say(f"{len(contents)} files of suite {manifest['suite']} are in {folder}")
    return PASS


def _verify(options):
    files.read_files(options.folder)
    solved, suite = files.read(options.folder, recorded=False)
    say(f"suite {suite}: {len(solved)} cases, {sum(map(files.count, solved))} numbers, intact")
    return PASS


def _certify(options):
    """In a process of its own, where nothing that was installed can be imported."""
    files.read_files()
    script = Path(__file__).parent / "certify" / "rebuild.py"
    write = [] if options.write is None else ["--write", options.write]
    done = subprocess.run([sys.executable, "-I", "-S", str(script), *write], check=False,
                          stdout=subprocess.PIPE, text=True)
    if done.stdout:
        say(done.stdout.rstrip("\n"))
    if done.returncode not in (PASS, MISMATCH, USAGE, BAD_VECTORS):
        raise Refused(f"certify: its process ended with exit code {done.returncode}")
    return done.returncode


def _selftest(options):
    from .mistakes.selftest import selftest
    table = io.StringIO()
    code = selftest(options.dtype, table, suite=options.suite, markdown=options.markdown)
    say(table.getvalue().rstrip("\n"))
    return code
