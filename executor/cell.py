# cell - runs the script of one request inside the sandbox.
#
#	python3 -c TEXT RESULT SCRIPT [ARGUMENT...]
#		as a notebook cell: the value of a last expression and the open figures go to RESULT
#	python3 -c TEXT - FD [MODULE...]
#		started ahead: import the modules that are there, say so on FD, wait there for one job: how many
#		words the command has that would have been run, its words, its environment, each ended by NUL
import os
import sys

FIGURES_MAX = 8
FIGURE_BYTES_MAX = 700 * 1024
# No display, and no caches among the files of the workspace.
PLOTTING = {"MPLBACKEND": "Agg", "MPLCONFIGDIR": "/tmp/.cache/matplotlib", "XDG_CACHE_HOME": "/tmp/.cache"}


def script_space(path):
    """The namespace of a fresh __main__."""
    import types
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    module.__file__ = path
    module.__builtins__ = __builtins__
    return module.__dict__


def read_script(path):
    import linecache
    with open(path, "rb") as f:
        text = f.read()
    shown = text.decode("utf-8", "replace")
    linecache.cache[path] = (len(text), None, shown.splitlines(True), path)
    return text


def own_frames(error, path):
    """The error without the frames of this program."""
    t = error.__traceback__
    while t is not None and t.tb_frame.f_code.co_filename != path:
        t = t.tb_next
    return error.with_traceback(t)


def figures():
    plt = sys.modules.get("matplotlib.pyplot")
    if plt is None:
        return
    import base64
    import io
    for number in plt.get_fignums()[:FIGURES_MAX]:
        for dpi in (100, 60, 30):
            b = io.BytesIO()
            plt.figure(number).savefig(b, format="png", dpi=dpi)
            if b.tell() <= FIGURE_BYTES_MAX:
                yield "data:image/png;base64," + base64.b64encode(b.getvalue()).decode()
                break


def run_cell(path, result):
    import ast
    for name, value in PLOTTING.items():
        os.environ.setdefault(name, value)
    space = script_space(path)
    lines = []
    code = 0
    try:
        tree = ast.parse(read_script(path), path)
        last = None
        if tree.body and isinstance(tree.body[-1], ast.Expr):
            last = ast.Expression(tree.body.pop().value)
        exec(compile(tree, path, "exec"), space)
        if last is not None:
            value = eval(compile(last, path, "eval"), space)
            if value is not None:
                lines.append(repr(value))
    except SystemExit as e:
        code = e.code if isinstance(e.code, int) else 0 if e.code is None else 1
        if code and not isinstance(e.code, int):
            print(e.code, file=sys.stderr)
    except BaseException as e:
        import traceback
        traceback.print_exception(own_frames(e, path))
        code = 1
    lines.extend(figures())
    if lines:
        with open(result, "w", encoding="utf-8", errors="replace") as f:
            f.write("\n".join(lines))
    try:
        sys.stdout.flush()
    except Exception:
        pass
    sys.exit(code)


def run_script(path):
    """As python3 PATH does."""
    space = script_space(path)
    try:
        exec(compile(read_script(path), path, "exec"), space)
    except SystemExit:
        raise
    except BaseException as e:
        e = own_frames(e, path)
        sys.excepthook(type(e), e, e.__traceback__)
        sys.exit(1)


def wait_for_job(fd, modules):
    import ast, atexit, gc, linecache, shutil, threading, traceback, types
    os.environ.update(PLOTTING)
    for name in modules:
        try:
            __import__(name)
        except Exception:
            pass
    shutil.rmtree(PLOTTING["XDG_CACHE_HOME"], ignore_errors=True)
    gc.collect()
    gc.freeze()
    os.write(fd, b"r")
    text = b""
    while piece := os.read(fd, 65536):
        text += piece
    os.close(fd)
    count, *words = text.split(b"\0")[:-1]
    count = int(count)
    os.environ.clear()
    for pair in words[count:]:
        name, _, value = pair.partition(b"=")
        os.environb[name] = value
    return [os.fsdecode(w) for w in words[1:count]]


def start(result, *words):
    sys.argv = list(words)
    sys.path[0] = "/workspace"
    path = os.path.join("/workspace", words[0])
    if result is None:
        run_script(path)
    else:
        run_cell(path, result)


def end_fast(code):
    """End as Python does, but for taking the imported modules apart, which takes longer than most runs."""
    import atexit
    import gc
    import threading
    if code is not None and not isinstance(code, int):
        print(code, file=sys.stderr)
        code = 1
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.modules["__main__"].__dict__.clear()
    gc.collect()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:
            pass
    os._exit((code or 0) & 255)


def main(words):
    if words[0] == "-":
        words = wait_for_job(int(words[1]), words[2:])
        try:
            start(*(words[2:] if words[0] == "-c" else [None, *words]))
        except SystemExit as e:
            end_fast(e.code)
        end_fast(0)
    start(*words)


main(sys.argv[1:])
