"""Child processes of the adapter, and the commands that they perform."""

import json
import os


class Child:
    """A child process. It performs the commands that name it, one after another, and ends with the adapter."""

    def __init__(self, perform):
        """Forks this process. In the child, `perform` takes a command and returns the members of its answer."""
        its_commands, commands = os.pipe()
        answers, its_answers = os.pipe()
        if os.fork() == 0:
            try:
                os.close(commands)
                os.close(answers)
                serve(os.fdopen(its_commands, "rb"), os.fdopen(its_answers, "wb"), perform)
            finally:
                os._exit(0)
        os.close(its_commands)
        os.close(its_answers)
        self._commands, self._answers = os.fdopen(commands, "wb"), os.fdopen(answers, "rb")

    def ask(self, command):
        """Passes a command on, and returns the members of the answer."""
        self._commands.write(json.dumps(command).encode() + b"\n")
        self._commands.flush()
        answer = json.loads(self._answers.readline() or '{"error": "the child process has ended"}')
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["members"]


def serve(commands, answers, perform):
    for line in commands:
        try:
            answer = {"members": perform(json.loads(line)) or {}}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()
