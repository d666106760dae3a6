"""Runs a command on a pseudo terminal: what it writes goes to stdout as it comes, what stands on stdin is typed.

terminal.py ROWS COLUMNS COMMAND...   At its end one line of JSON goes to stderr: exit code, and whether the terminal echoes again.
"""

import fcntl
import json
import os
import pty
import select
import struct
import sys
import termios

rows, columns = int(sys.argv[1]), int(sys.argv[2])
pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    os.execvp(sys.argv[3], sys.argv[3:])

echoes = None
sources = [terminal, 0]
while terminal in sources:
    for source in select.select(sources, [], [])[0]:
        try:
            data = os.read(source, 65536)
        except OSError:
            data = b""
        if source == terminal and data:
            echoes = bool(termios.tcgetattr(terminal)[3] & termios.ECHO)
            os.write(1, data)
        elif source == 0 and data:
            os.write(terminal, data)
        else:
            sources.remove(source)

_, status = os.waitpid(pid, 0)
print(json.dumps({"exitCode": os.waitstatus_to_exitcode(status), "echoes": echoes}), file=sys.stderr)
