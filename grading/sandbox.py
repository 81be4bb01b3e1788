"""Where a submission's program runs: without network, on a read-only system, with a home of its own and limits.

nbgrader stays outside and speaks to the program through sockets in one folder, which is all that the two share. Of the
system the program sees /usr, this Python with its packages, and the library; no lab, no other submission, no home, no
variable of the environment. Bubblewrap does it, as root or as anyone.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import matplotlib

LIMITS = ["--as=6442450944", "--nproc=128", "--fsize=268435456", "--core=0", "--nofile=1024"]
HOME = "/home/student"
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
APPARMOR = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
SEEN = ("/etc/ld.so.cache", "/etc/alternatives", "/etc/ssl/openssl.cnf", "/etc/nsswitch.conf")


def environment() -> dict[str, str]:
    """Returns the whole environment that a submission's program gets."""
    own = {"HOME": HOME, "USER": "student", "LOGNAME": "student", "LANG": "C.UTF-8", "MPLBACKEND": "agg"}
    paths = {"PATH": f"{Path(sys.executable).parent}:/usr/bin", "PYTHONPATH": str(library().parent)}
    plain = {"PYTHONDONTWRITEBYTECODE": "1", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    plain["MPLCONFIGDIR"] = f"{HOME}/.matplotlib"
    data = {"GENLIB_DATA": str(folder)} if (folder := datasets()) else {}
    return own | paths | plain | data | dict.fromkeys(THREADS, "1")


def library() -> Path:
    """Returns the folder of the library itself."""
    spec = importlib.util.find_spec("genlib")
    if spec is None or spec.origin is None:
        raise ValueError("genlib is not installed here, and labs need it; run make, which installs it")
    return Path(spec.origin).resolve().parent


def datasets() -> Path | None:
    """Returns the folder of larger data sets, if there is one."""
    named = os.environ.get("GENLIB_DATA")
    folder = Path(named).expanduser().resolve() if named else None
    return folder if folder and folder.is_dir() else None


def readable() -> list[Path]:
    """Returns what the program may read beside the system: this Python, its packages, the library, the data."""
    homes = [Path(sys.prefix), Path(sys.base_prefix), Path(sys.executable).resolve().parent.parent, library()]
    wanted = [*homes, *filter(None, [datasets()])]
    return [path for path in dict.fromkeys(wanted) if not path.is_relative_to("/usr")]


def unplaced(text: str) -> str:
    """Returns what a program wrote without saying where this machine keeps its Python, packages, library and data."""
    places = sorted((f"{path}/" for path in readable()), key=len, reverse=True)
    return functools.reduce(lambda told, place: told.replace(place, ""), places, text)


def walls(shared: Path) -> list[str]:
    """Returns bubblewrap's command line up to the program.

    Args:
        shared: The one folder that can be written to from inside and outside.
    """
    command = ["bwrap", "--die-with-parent", "--new-session", "--clearenv", *_namespaces()]
    command += ["--ro-bind", "/usr", "/usr", "--proc", "/proc", "--dev", "/dev"]
    for name in ("bin", "lib", "lib64", "sbin"):
        command += ["--symlink", f"usr/{name}", f"/{name}"] if Path(f"/{name}").is_symlink() else []
    command += [part for path in SEEN for part in ("--ro-bind-try", path, path)]
    command += _room("/tmp", "256", "1777") + _room("/dev/shm", "64", "1777") + _room(HOME, "256", "0777")
    for path in readable():
        command += [*_parents(path), "--ro-bind", str(path), str(path)]
    fonts = [p for p in Path(matplotlib.get_cachedir()).glob("fontlist-*.json") if p.is_file()]
    command += ["--perms", "0777", "--dir", f"{HOME}/.matplotlib"]
    command += [part for p in fonts for part in ("--ro-bind", str(p), f"{HOME}/.matplotlib/{p.name}")]
    command += [*_parents(shared), "--bind", str(shared), str(shared)]
    command += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", HOME]
    return command + [part for name, value in environment().items() for part in ("--setenv", name, value)]


def _namespaces() -> list[str]:
    if os.getuid():
        return ["--unshare-all", "--uid", "1000", "--gid", "1000"]
    kinds = [f"--unshare-{kind}" for kind in ("pid", "net", "ipc", "uts")]
    return [*kinds, "--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]


def _room(path: str, megabytes: str, mode: str) -> list[str]:
    return [*_parents(Path(path)), "--size", str(int(megabytes) << 20), "--perms", mode, "--tmpfs", path]


def _parents(path: Path) -> list[str]:
    """Bubblewrap makes missing parents for its own user alone; made by name, all may pass."""
    above = [str(p) for p in reversed(path.parents) if str(p) not in ("/", "/dev", "/usr", "/tmp")]
    return [part for name in above for part in ("--perms", "0755", "--dir", name)]


def user() -> int:
    """Returns the user that root becomes inside: limits on processes bind no root, and count for each user."""
    return 20_000 + os.getpid() % 40_000


def limits() -> list[str]:
    """Returns what stands between bubblewrap and the program: limits, and for root another user."""
    if os.getuid():
        return ["prlimit", *LIMITS]
    away = ["--reuid", str(user()), "--regid", str(user()), "--clear-groups", "--no-new-privs", "--inh-caps=-all"]
    return ["setpriv", *away, "prlimit", *LIMITS]


def command(shared: Path, *program: str) -> list[str]:
    """Returns the command line of a program in the sandbox."""
    return [*walls(shared), *limits(), *program]


@functools.cache
def missing() -> str:
    """Says why there can be no isolation here; empty where there can."""
    for name in ("bwrap", "prlimit", "setpriv"):
        if shutil.which(name) is None:
            return f"{name} is not installed (Debian and Ubuntu: apt-get install bubblewrap util-linux)"
    with tempfile.TemporaryDirectory() as folder:
        tried = subprocess.run(command(Path(folder), "true"), capture_output=True, text=True)
    why = f"bubblewrap cannot work here: {tried.stderr.strip()}"
    restricted = APPARMOR.is_file() and APPARMOR.read_text().strip() == "1"
    if tried.returncode and restricted:
        why += f"; {APPARMOR} is 1, so bubblewrap needs a profile of AppArmor's (the instructors' page has one)"
    return why if tried.returncode else ""
