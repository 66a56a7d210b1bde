"""lgc's side of the comparison: what `lgc bench` says of the steps of a piece of work."""

import json
import os
import pathlib
import subprocess
import sys

LGC = pathlib.Path(__file__).resolve().parents[2] / "lgc"
MALLOC = ("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_")


class Lgc:
    """lgc on a device.

    held: the limits that times are held against, GFLOP/s,GB/s, or "measured"
    """

    def __init__(self, device, seconds, held):
        self.device, self.seconds, self.held = device, seconds, held

    def _bench(self, model, batch, purpose, steps, tune, *more):
        """What lgc says of some steps of a model, by name."""
        command = [str(LGC), "bench", *model, "--batch", str(batch), "--for", purpose, "--step", ",".join(steps)]
        command += ["--seconds", str(self.seconds), "--device", self.device, "--limits", self.held, "--json", *more]
        command += ["--tune", str(tune)] if tune else []
        environment = {k: v for k, v in os.environ.items() if k not in MALLOC}  # lgc is measured as users have it
        run = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=environment)
        if run.returncode != 0:
            sys.exit("compare.py: lgc could not run: " + " ".join(command))
        return {s["step"]: s for s in json.loads(run.stdout)["steps"]}

    def sample(self, size, tokens, images, weights, tune):
        """Seconds and their floor, which is reading and writing once what a step must."""
        of = self._bench(generator(size, tokens), images, "inference", ["codes.prefill", "codes.step"], tune,
                         "--weights-type", weights)
        times = {"codes.prefill": 1, "codes.step": tokens - 1}
        return tuple(sum(n * value(of[step]) for step, n in times.items())
                     for value in (lambda s: s["seconds"], lambda s: s["least_seconds"]))

    def train(self, size, tokens, batch, precision, tune):
        return whole(self._bench(generator(size, tokens), batch, "training",
                                 ["next_token.gradients", "next_token.update"], tune, "--precision", precision))

    def tokenizer(self, what, batch, precision, tune):
        """what: decode, encode, or gan for a training step"""
        if what != "gan":
            return whole(self._bench(["vq", "-m", "VQ16"], batch, "inference", [what], tune, "--weights-type", precision))
        steps = [f"{objective}.{part}" for objective in ("tokenizer", "discriminator") for part in ("gradients", "update")]
        return whole(self._bench(["vq", "-m", "VQ16"], batch, "training", steps, tune, "--precision", precision))


def generator(size, tokens):
    return ["llamagen", "-m", "ClassToImage", "-p", f"size={size}", "-p", f"image={int(tokens**0.5) * 16}"]


def whole(of):
    return sum(s["seconds"] for s in of.values()), sum(s["least_seconds"] for s in of.values())
