"""Write a library with the functions of the unwinder that a wheel for glibc is linked with, so that it uses libgcc_s at run time.

zig would link an unwinder of its own into the wheel. CPython up to 3.13 ends threads by ``pthread_exit``, for which glibc unwinds the
stack with libgcc_s. Frames of a library with another unwinder then end the process with SIGSEGV.

``python unwinder.py TARGET LIBRARY``
"""

from __future__ import annotations

import pathlib
import subprocess
import sys

FUNCTIONS = (
    "Backtrace", "DeleteException", "FindEnclosingFunction", "ForcedUnwind", "GetCFA", "GetDataRelBase", "GetGR", "GetIP", "GetIPInfo",
    "GetLanguageSpecificData", "GetRegionStart", "GetTextRelBase", "RaiseException", "Resume", "Resume_or_Rethrow", "SetGR", "SetIP",
)  # fmt: skip


def main() -> None:
    target, library = sys.argv[1], pathlib.Path(sys.argv[2])
    library.parent.mkdir(parents=True, exist_ok=True)
    source = library.with_suffix(".c")
    source.write_text("".join(f"void _Unwind_{function}(void) {{}}\n" for function in FUNCTIONS))
    compiler = [sys.executable, "-m", "ziglang", "cc", "-target", target.replace("-unknown", "")]
    options = ["-shared", "-nostdlib", "-Wl,-soname,libgcc_s.so.1", "-o", str(library), str(source)]
    subprocess.run([*compiler, *options], check=True)


if __name__ == "__main__":
    main()
