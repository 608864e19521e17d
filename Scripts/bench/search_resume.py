"""The suite's mf.py with trials that pause and go on from their checkpoints. Usage: search_resume.py FOLDER_OF_THE_SUITE, and mf.py's options."""
import os
import sys

suite = sys.argv.pop(1)
sys.path.insert(0, suite)
import mf  # noqa: E402


class Resuming(mf.Ext):
    """`fidelity: {resume: true}`: an ask may be answered with a paused trial and the step that it goes on from."""

    def __init__(self, cmd, space, length, seed, count):
        settings = {"fidelity": {"metric": "step", "max": length, "resume": True}}
        if rule := os.environ.get("BENCH_RULE"):
            settings["early_terminate"] = {"type": rule}
        self.p = mf.PE.External(space, seed, count, 4, cmd=cmd, settings=settings)
        self.c = {}

    def ask(self):
        answer = self.p._send({"op": "ask"}, True)
        if answer.get("done"):
            return None
        trial, start = answer["id"], int(answer.get("from", 0))
        if start == 0:
            send = self.p._send
            self.p._send = lambda *_: answer
            _, self.c[trial] = self.p.ask()
            self.p._send = send
        return trial, self.c[trial], start


if __name__ == "__main__":
    mf.Ext = Resuming
    mf.main()
